/* SPDX-License-Identifier: GPL-2.0-only */
/* What a node keeps in files: generation, uuid, pid; and its name (heartbeat.md 2.9, 6.3). */
#ifndef HEARTBEAT_HB_STATE_H
#define HEARTBEAT_HB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HB_VAR_LIB "/var/lib/heartbeat"
#define HB_VAR_RUN "/var/run/heartbeat"
#define HB_FIFO HB_VAR_LIB "/fifo"
#define HB_PIDFILE "/var/run/heartbeat.pid"

/* The first word of DIR/nodeinfo, else `uname -n`; lower case. */
void hb_own_name(const char *dir, char *name, size_t size);

/* Reads, raises and stores the generation; by_time: the time instead. 0 or -errno, which was logged. */
int hb_next_generation(const char *path, bool by_time, int64_t wall_s, uint64_t *generation);

/* Reads the uuid, or makes one and stores it; by_name: made from the name alone. uuid has 16 bytes. 0 or -errno, logged. */
int hb_own_uuid(const char *path, const char *name, bool by_name, unsigned char *uuid);

/* The pid in the file whose process runs this same program, 0 if there is none. there: the file exists. */
pid_t hb_running_pid(const char *path, bool *there);
/* 0 or -errno, logged. */
int hb_write_pidfile(const char *path);

#endif
