/* SPDX-License-Identifier: GPL-2.0-only */
/* respawn and failfast clients (heartbeat.md 3.5). */
#ifndef HEARTBEAT_HB_CHILD_H
#define HEARTBEAT_HB_CHILD_H

#include "heartbeat/ha_cf.h"
#include "lib/ev.h"

enum { HB_CHILD_QUICK_MS = 30000, HB_CHILD_PAUSE_MS = 1000, HB_CHILD_MAX_QUICK = 10, HB_CHILD_NEVER = 100, HB_CHILD_KILL_MS = 20000 };

struct hb_children {
	struct ev_loop *loop;
	struct hb_child {
		struct hb_children *all;
		const struct ha_respawn *conf;
		struct ev_child ev;
		struct ev_timer timer;
		pid_t pid;
		int64_t start_ms;
		int quick;
	} child[HA_MAX_CLIENT];
	int count;
	bool stopping;
	void (*died)(void *arg, pid_t pid);
	void (*stopped)(void *arg);
	void *arg;
};

/* died: a child has ended, its API client is to be signed off. */
void hb_children_start(struct hb_children *all, struct ev_loop *loop, const struct ha_cf *cf, void (*died)(void *arg, pid_t pid), void *arg);
/* Ends them one by one, the last of ha.cf first; stopped is called once none is left, perhaps before this returns. */
void hb_children_stop(struct hb_children *all, void (*stopped)(void *arg));

#endif
