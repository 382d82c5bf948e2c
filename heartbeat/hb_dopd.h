/* SPDX-License-Identifier: GPL-2.0-only */
/* What dopd and drbd-peer-outdater say to each other (heartbeat.md 3.6). */
#ifndef HEARTBEAT_HB_DOPD_H
#define HEARTBEAT_HB_DOPD_H

#define HB_DOPD_DIR "/var/run/heartbeat/dopd"
#define HB_DOPD_PATH HB_DOPD_DIR "/outdater"

enum { HB_DOPD_NAME = 128 };

/* Exit codes of drbd-peer-outdater; what DRBD makes of them is in drbd-tools.md. */
enum {
	HB_DOPD_INCONSISTENT = 3, HB_DOPD_OUTDATED = 4, HB_DOPD_UNREACHABLE = 5, HB_DOPD_REFUSED = 6, HB_DOPD_ERROR = 20, HB_DOPD_BUSY = 21,
};

#endif
