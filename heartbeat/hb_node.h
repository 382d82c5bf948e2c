/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One node, pure: puts messages, sequence numbers, membership and takeover together. Packets, jobs that have ended and
 * the time go in; packets, jobs and news come out through the ops. Two of them live in one process in the simulator.
 */
#ifndef HEARTBEAT_HB_NODE_H
#define HEARTBEAT_HB_NODE_H

#include "heartbeat/ha_cf.h"
#include "heartbeat/hb_member.h"
#include "heartbeat/hb_msg.h"
#include "heartbeat/hb_seq.h"
#include "heartbeat/hb_takeover.h"

/* What became of a message, for those who listen (client API, rc.d). */
enum hb_news {
	HB_NEWS_STATUS,	 /* a node's status is another one; old says which it was */
	HB_NEWS_SAME,	 /* a status without a change */
	HB_NEWS_MSG,	 /* a message of the cluster */
	HB_NEWS_CLIENT,	 /* a message from client to client */
	HB_NEWS_UNKNOWN, /* of a type nobody here handles */
};

struct hb_node_ops {
	/* to all media but pings */
	void (*transmit)(void *arg, const char *wire, size_t len);
	/* an echo request to the hosts of a ping node */
	void (*ping)(void *arg, const char *name, const char *wire, size_t len);
	void (*job)(void *arg, const struct hb_job *job);
	void (*news)(void *arg, enum hb_news news, const struct hb_msg *msg, int peer, enum hb_status old);
	void (*link)(void *arg, int peer, int link, bool up);
	void (*comm_up)(void *arg);
	/* calls hb_takeover_key for the keys of the local groups, or sends for them */
	void (*request_own)(void *arg, bool peer_alive);
	bool (*stonith)(void *arg, const char *node);
	/* what is being taken is to be left where it stands: another node has it */
	void (*abandon)(void *arg);
	void (*leave)(void *arg, enum hb_leave how);
	void (*log)(void *arg, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
};

struct hb_node {
	const struct ha_cf *cf;
	const struct authkeys *keys;
	const struct hb_node_ops *ops;
	void *arg;
	char own[HA_MAX_NAME + 1];
	unsigned char uuid[HB_UUID_BYTE];
	uint64_t hg, seq, rng;
	enum hb_status status;
	bool restarting;
	int64_t status_at_ms, now_ms; /* now: of the event that is being handled */
	struct hb_member member;
	struct hb_takeover takeover;
	struct hb_sent sent;
	/* the caller's to keep fresh: they go into messages and decide nothing */
	int64_t wall_s;
	char load[64];
	struct {
		uint64_t sent, received, bad, unknown, old, resent;
	} count;
};

/* seed: of the little randomness that there is. 0 or -ENOMEM. */
int hb_node_init(struct hb_node *node, const struct ha_cf *cf, const struct authkeys *keys, const char *own, uint64_t hg,
		 const unsigned char *uuid, const struct hb_node_ops *ops, void *arg, uint64_t seed, int64_t now_ms);
void hb_node_free(struct hb_node *node);
/* Sends the first statuses. */
void hb_node_start(struct hb_node *node, int64_t now_ms);

/*
 * A packet that came in by a link (-1: none known). 0; -EACCES or -EBADMSG: *why says what is wrong, the caller knows from whom
 * it came and logs it; -ENOMEM.
 */
int hb_node_receive(struct hb_node *node, const char *wire, size_t len, int link, int64_t now_ms, const char **why);

/* Sends a message of this node, completed, to all, and gives it to this node itself. */
void hb_node_send(struct hb_node *node, struct hb_msg *msg, int64_t now_ms);
/* The same for a message from a tool or client, which may be of a type that this node must act on. */
void hb_node_submit(struct hb_node *node, struct hb_msg *msg, int64_t now_ms);
void hb_node_job_done(struct hb_node *node, const struct hb_job *job, enum hb_hold failed, int64_t now_ms);
/* The statuses from now on ask for the patience a restart needs. */
void hb_node_announce_restart(struct hb_node *node, int64_t now_ms);
void hb_node_status_now(struct hb_node *node, int64_t now_ms);
/* true: more than HB_MAX_UNACKED messages are unacknowledged, clients must wait */
bool hb_node_congested(const struct hb_node *node);

void hb_node_tick(struct hb_node *node, int64_t now_ms);
int64_t hb_node_next_ms(const struct hb_node *node);

#endif
