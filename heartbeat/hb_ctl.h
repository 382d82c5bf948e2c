/* SPDX-License-Identifier: GPL-2.0-only */
/* The socket of the client API: who may sign on, what is asked and answered, and which messages clients are given. */
#ifndef HEARTBEAT_HB_CTL_H
#define HEARTBEAT_HB_CTL_H

#include "heartbeat/hb_ipc.h"
#include "heartbeat/hb_node.h"
#include "lib/ev.h"

enum { HB_MAX_API_CLIENT = 128, HB_MAX_CLIENT_NAME = 32 };

struct hb_ctl;

/* What the daemon knows beside the node. */
struct hb_ctl_ops {
	/* the text of a parameter, NULL: unset */
	const char *(*param)(void *arg, const char *name);
	/* requests beyond the original; fills in fields of reply. false: no such request */
	bool (*request)(void *arg, const char *reqtype, const struct hb_msg *msg, bool root, struct hb_msg *reply);
};

/* Listens on the path, which is replaced. 0 or -errno, which was logged. */
int hb_ctl_open(struct hb_ctl **ctl, struct ev_loop *loop, struct hb_node *node, const char *path, const struct hb_ctl_ops *ops, void *arg);
/* Signs all clients off. NULL is fine. */
void hb_ctl_close(struct hb_ctl *ctl);

/* A message of the cluster or of this node, for those it is meant for. */
void hb_ctl_news(struct hb_ctl *ctl, enum hb_news news, const struct hb_msg *msg);
void hb_ctl_link(struct hb_ctl *ctl, const char *node, const char *link, bool up);
/* A respawn child has died: its client is signed off. */
void hb_ctl_child_died(struct hb_ctl *ctl, pid_t pid);
/* Reads clients again that were paused because too much is unacknowledged. */
void hb_ctl_resume(struct hb_ctl *ctl);

#endif
