/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon: the shell around hb_node. It opens what is to be opened, and does what the node decides. */
#ifndef HEARTBEAT_HB_DAEMON_H
#define HEARTBEAT_HB_DAEMON_H

#include "heartbeat/authkeys.h"
#include "heartbeat/ha_cf.h"
#include "heartbeat/hb_media.h"
#include "heartbeat/haresources.h"

/* What was read and opened before the daemon went to the background. */
struct hb_setup {
	const char *dir; /* /etc/ha.d */
	char own[HA_MAX_NAME + 1];
	struct ha_cf cf;
	struct authkeys keys;
	int64_t cf_mtime, keys_mtime;
	bool resume; /* a restart that kept the resources: */
	enum hb_hold_word { HB_HELD_NONE, HB_HELD_LOCAL, HB_HELD_FOREIGN, HB_HELD_ALL } held;
	bool foreground;
	const char *program; /* to execute itself again */
};

/*
 * Reads ha.cf, authkeys and haresources; every mistake of all three is reported. quiet: leave warnings out. 0 or -errno.
 */
int hb_setup_read(struct hb_setup *setup);
void hb_setup_free(struct hb_setup *setup);

/* Runs until the end of the daemon; media have been opened by the caller's process. Returns the exit code. */
int hb_daemon_run(struct hb_setup *setup, struct hb_media *media);

/* A packet from a medium; hb_media_open wants it before the daemon exists. */
void hb_daemon_packet(void *arg, const char *wire, size_t len, const char *link, const char *from);

#endif
