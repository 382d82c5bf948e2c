/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resets a dead node before its resources are taken: through the `stonith` command of cluster-glue, or, where the type is
 * the full path of a program, as PROGRAM reset NODE PARAMETERS.
 */
#ifndef HEARTBEAT_HB_STONITH_H
#define HEARTBEAT_HB_STONITH_H

#include "heartbeat/ha_cf.h"
#include "lib/ev.h"
#include "lib/run.h"

enum { HB_STONITH_MS = 120000, HB_STONITH_CHECK_MS = 3600 * 1000 };

struct hb_stonith {
	struct ev_loop *loop;
	const struct ha_stonith *device; /* NULL: none is configured for this node */
	char node[HA_MAX_NAME + 1];
	struct run *run;
	struct ev_timer retry, check;
	struct run *checking;
	void (*done)(void *arg, const char *node, bool reset);
	void *arg;
};

void hb_stonith_init(struct hb_stonith *stonith, struct ev_loop *loop, const struct ha_cf *cf, const char *own,
		     void (*done)(void *arg, const char *node, bool reset), void *arg);
/* Asks a device of cluster-glue whether it works, now and every hour; that it does not is logged. A program is not asked. */
void hb_stonith_watch(struct hb_stonith *stonith);
/* false: no device. Failures are told to done and tried again until it works. */
bool hb_stonith_reset(struct hb_stonith *stonith, const char *node);

#endif
