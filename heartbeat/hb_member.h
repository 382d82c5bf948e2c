/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Membership, pure: which nodes and links are up, late, dead or back, and when communication counts as up (heartbeat.md
 * 2.7, 2.9). Time is an argument; nothing is sent or logged here.
 */
#ifndef HEARTBEAT_HB_MEMBER_H
#define HEARTBEAT_HB_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "heartbeat/ha_cf.h"
#include "heartbeat/hb_msg.h"
#include "heartbeat/hb_seq.h"

enum {
	HB_MAX_LINK = 16, HB_MAX_SITE = 64, HB_DEFAULT_WEIGHT = 100,
	HB_REQNODES_MS = 1000,	  /* between two requests for the node list */
	HB_YOUNG_MS = 5000,	  /* a node's first time, in which it asks for more patience */
	HB_YOUNG_EXTRA_MS = 2000,
	HB_RESTART_EXTRA_MS = 30000,
	HB_CATCH_UP_MS = 100,	  /* after this node was stopped for a while, to read what has come meanwhile */
};

enum hb_status { HB_ST_UNKNOWN, HB_ST_INIT, HB_ST_UP, HB_ST_ACTIVE, HB_ST_DEAD, HB_ST_PING };

struct hb_peer {
	char name[HA_MAX_NAME + 1];
	unsigned char uuid[HB_UUID_BYTE];
	bool has_uuid, ping, heard;
	bool met, asked; /* in its present life: a status was heard, it has asked for the nodes */
	enum hb_status status;
	uint64_t hg, status_seq, acked;
	int64_t last_ms; /* last status */
	int64_t dead_ms; /* its own word, or deadtime */
	struct hb_recv recv;
	uint64_t resource_seq; /* of its newest word about resources */
	int weight;
	char site[HB_MAX_SITE];
	bool link_up[HB_MAX_LINK];
	int64_t link_ms[HB_MAX_LINK];
};

/* comm: waiting for the nodes, asking one for its list, up */
enum hb_comm { HB_COMM_WAIT, HB_COMM_ASK, HB_COMM_UP };

struct hb_member {
	struct hb_peer *peer; /* the nodes of ha.cf, then its ping nodes */
	int peers, own;
	const char *link[HB_MAX_LINK]; /* names; media may share one */
	int links;
	int64_t keepalive_ms, deadtime_ms, warntime_ms, initdead_ms, deadping_ms;
	int64_t start_ms, tick_ms, not_before_ms, ask_ms;
	enum hb_comm comm;
	bool flow; /* all nodes know acknowledgements */
};

/* What a status said. */
struct hb_status_word {
	enum hb_status status;
	uint64_t hg, seq;
	int64_t dt_ms; /* 0: not said */
	bool protocol;
};

/* What a status meant, as bits. */
enum {
	HB_M_DROP = 1,	    /* nothing was changed: a replay, or stale */
	HB_M_REPLAY = 2,    /* a generation that is past */
	HB_M_RESTARTED = 4, /* a new generation */
	HB_M_RETURNED = 8,  /* the partition has healed: a dead node speaks again, or one is found that came up alone */
	HB_M_LATE = 16,	    /* later than warntime */
	HB_M_OVERDUE = 32,  /* later than deadtime */
	HB_M_CHANGED = 64,  /* another status than before */
	HB_M_NO_FLOW = 128, /* it knows no acknowledgements: flow control ends */
};

enum hb_due { HB_DUE_NONE, HB_DUE_DEAD, HB_DUE_LINK_DEAD, HB_DUE_REQNODES, HB_DUE_COMM_UP, HB_DUE_STALLED };

/* Takes the nodes, ping nodes and times from cf, and own's place among them. 0 or -ENOMEM. */
int hb_member_init(struct hb_member *m, const struct ha_cf *cf, const char *own, int64_t now_ms);
void hb_member_free(struct hb_member *m);

/* The number of a node by name, or -1. */
int hb_member_find(const struct hb_member *m, const char *name);
/* By uuid first, then by name; a node whose uuid is new or has changed is recorded with it. */
int hb_member_sender(struct hb_member *m, const char *name, const void *uuid);
/* Adds a node; its dead timer runs. Its number or -errno. */
int hb_member_add(struct hb_member *m, const char *name, int64_t now_ms);
/* -EBUSY unless it is dead and all others are up. */
int hb_member_del(struct hb_member *m, const char *name);

/* A status of peer; late_ms is how long the one before it is past. */
unsigned int hb_member_status(struct hb_member *m, int peer, const struct hb_status_word *word, int64_t now_ms, int64_t *late_ms);
/* A message other than a status came with this generation: HB_M_DROP, HB_M_RESTARTED or 0. */
unsigned int hb_member_generation(struct hb_member *m, int peer, uint64_t hg, int64_t now_ms);
/* Something came from peer by link: true if the link is up from now on. */
bool hb_member_link(struct hb_member *m, int peer, int link, int64_t now_ms);
/* The peer has sent reqnodes, to whomever: it does not come up alone. */
void hb_member_asked(struct hb_member *m, int peer);
/* The answer to reqnodes. */
void hb_member_repnodes(struct hb_member *m);

/* The next thing that is due, one a call; peer and link say whose. Call until HB_DUE_NONE. */
enum hb_due hb_member_tick(struct hb_member *m, int64_t now_ms, int *peer, int *link);
/* When hb_member_tick may next have something. */
int64_t hb_member_next_ms(const struct hb_member *m);

/* The dead time that own statuses announce. */
int64_t hb_member_dt_ms(const struct hb_member *m, int64_t now_ms, bool restarting);
/* Normal nodes beside the own one that are not dead or unheard. */
int hb_member_alive(const struct hb_member *m);
/* The lowest number of own messages that every live node has acknowledged; none there: UINT64_MAX. */
uint64_t hb_member_acked(const struct hb_member *m);

const char *hb_status_name(enum hb_status status);
/* false: no such word */
bool hb_status_of(const char *name, enum hb_status *status);

#endif
