/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tools share about a minor on this host: its lock file, whether it is attached, and the record of the backing
 * device it was last seen on (drbd-metadata.md 8 and 9.2).
 */
#ifndef DRBD_HOST_H
#define DRBD_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where records are kept; DRBD_LIB_DIR and DRBD_LOCK_DIR of the environment only count for a program without setuid. */
const char *drbd_lib_dir(void);
const char *drbd_lock_dir(void);

/* Minor of "7", "/dev/drbd7" or a block node of major 147; -1 if it is none. */
int drbd_minor_of(const char *device);

/*
 * Takes the minor's lock, waiting up to a second; it is held until the program ends. 0; -1 with a message: who holds it, or
 * why it cannot be had.
 */
int drbd_lock_minor(int minor);

/* Reads /proc/drbd, or what DRBD_PROC of the environment names. No such file: not attached. */
bool drbd_minor_attached(int minor);

struct lkbd {
	uint64_t size_byte;	/* 0: no record */
	char path[512];
	uint64_t uuid;		/* 0: none */
};

/* 0, also without a record; -1 with a message: unreadable. Then *lk is empty. */
int lkbd_load(int minor, struct lkbd *lk);
/* 0 or -1 with a message; the old record stays whole if the new one cannot be written. */
int lkbd_save(int minor, const struct lkbd *lk);
/* 0, also if there is none; -1 with a message. */
int lkbd_delete(int minor);

#endif
