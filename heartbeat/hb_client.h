/* SPDX-License-Identifier: GPL-2.0-only */
/* The client side of the API (heartbeat.md 3.4): sign on, ask and be answered. */
#ifndef HEARTBEAT_HB_CLIENT_H
#define HEARTBEAT_HB_CLIENT_H

#include "heartbeat/ha_cf.h"
#include "heartbeat/hb_ipc.h"

enum { HB_CLIENT_WAIT_MS = 5000, HB_MAX_LIST = 128 };

struct hb_client {
	struct hb_ipc ipc;
	char node[HA_MAX_NAME + 1]; /* the own node, as the daemon calls it */
	char name[32];
	char why[128];		    /* the reason of the last failure; may be empty */
	int64_t keepalive_ms, deadtime_ms;
	int wait_ms; /* for an answer; 0: HB_CLIENT_WAIT_MS */
	/* what came while an answer was waited for; NULL: dropped */
	void (*other)(void *arg, struct hb_msg *msg);
	void *arg;
};

/* name NULL: a casual client, which asks and no more. 0; -ECONNREFUSED or -ENOENT: no daemon; -EACCES: refused; -ETIMEDOUT. */
int hb_client_sign_on(struct hb_client *client, const char *name);
void hb_client_close(struct hb_client *client);

/* A request with up to two fields; the answer is the caller's to free. 0, -EINVAL (the daemon says it is bad) or -errno. */
int hb_client_ask(struct hb_client *client, struct hb_msg *answer, const char *reqtype, const char *name1, const char *value1,
		  const char *name2, const char *value2);
/* The next answer of a list: 0, -ENOENT (that was the last) or as above; answer is the one before, and is replaced. */
int hb_client_more(struct hb_client *client, struct hb_msg *answer);

/* An item of a list: its name, and type and status if the daemon gives them. */
struct hb_item {
	char name[HA_MAX_NAME + 1], type[16], status[32];
};

/*
 * The whole list of a request with at most one field (nodelist, iflist); field holds the names; item has room for HB_MAX_LIST.
 * Their number or -errno.
 */
int hb_client_list(struct hb_client *client, struct hb_item *item, const char *reqtype, const char *field, const char *name1,
		   const char *value1);

#endif
