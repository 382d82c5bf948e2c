/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/ha.d/rc.d: scripts that run at events, one at a time, through harc (heartbeat.md 5.2). */
#ifndef HEARTBEAT_HB_HOOK_H
#define HEARTBEAT_HB_HOOK_H

#include "heartbeat/hb_msg.h"
#include "lib/ev.h"
#include "lib/run.h"

enum { HB_MAX_HOOK = 64 };

struct hb_hooks {
	struct ev_loop *loop;
	const char *dir; /* /etc/ha.d */
	struct hb_hook {
		char type[64];
		struct hb_msg msg;
		const char *old; /* the node's status before; static text or NULL */
	} queue[HB_MAX_HOOK];
	int count;
	struct run *run;
};

void hb_hooks_init(struct hb_hooks *hooks, struct ev_loop *loop, const char *dir);
/* Runs the script of the message's type, if there is one, with its fields in the environment. */
void hb_hooks_run(struct hb_hooks *hooks, const struct hb_msg *msg, const char *old);
void hb_hooks_free(struct hb_hooks *hooks);

#endif
