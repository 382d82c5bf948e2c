/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the original does not have, each off unless ha.cf asks for it: status checks of held resources, repeated announcements
 * of held addresses, and a file of metrics.
 */
#ifndef HEARTBEAT_HB_EXTRA_H
#define HEARTBEAT_HB_EXTRA_H

#include "heartbeat/hb_node.h"
#include "heartbeat/hb_rsc.h"

enum { HB_METRICS_MS = 5000, HB_ARP_RUN_MS = 10000, HB_MONITOR_MS = 60000 };

struct hb_extra {
	struct ev_loop *loop;
	struct hb_node *node;
	struct hb_rsc *rsc;
	const struct ha_cf *cf;
	struct ev_timer monitor, arp, metrics;
	/* where the monitor stands, and how often each group has failed */
	int group_nr, res_nr;
	struct run *run;
	struct hb_fail {
		char key[128];
		int in_row, total;
	} fail[HR_MAX_GROUP];
	int fails;
};

void hb_extra_init(struct hb_extra *extra, struct ev_loop *loop, struct hb_node *node, struct hb_rsc *rsc, const struct ha_cf *cf);
/* API requests: failcounts (a list in `counts`), clearfails (root). false: not one of them. */
bool hb_extra_request(struct hb_extra *extra, const char *reqtype, bool root, struct hb_msg *reply);

#endif
