/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds which resource groups, pure: the resource protocol of heartbeat.md 4 between this node and the other one.
 * Events and the time go in; messages to send, jobs to run and lines to log come out through the ops.
 */
#ifndef HEARTBEAT_HB_TAKEOVER_H
#define HEARTBEAT_HB_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

/* From a node's own view: local are the groups that name it in haresources, foreign all others. */
enum hb_hold { HB_NONE = 0, HB_LOCAL = 1, HB_FOREIGN = 2, HB_ALL = 3 };

enum hb_phase { HB_R_INIT, HB_R_STARTING, HB_R_BOTHSTARTING, HB_R_RSCRCVD, HB_R_STABLE, HB_R_SHUTDOWN };
enum hb_standby { HB_S_NOT, HB_S_ME, HB_S_OTHER, HB_S_DONE };

enum {
	HB_SETTLE_MS = 10000,	    /* both wait for the other to be stable: the deadlock ends then */
	HB_STANDBY_ASK_MS = 10000,  /* for the answer to a standby request */
	HB_STANDBY_WORK_MS = 3600 * 1000,
	HB_FAILBACK_RETRY_MS = 1000,
	HB_FAILED_START_MS = 30000, /* from a failed start to handing the resources over, or to the next attempt */
	HB_ORPHAN_MS = 10000,	    /* resources that the stable peer should hold and does not are taken after this */
	HB_PARTITION_MS = 2000,	    /* from a healed partition to the restart */
	HB_STOP_PATIENCE_MS = 3600 * 1000,
	HB_STONITH_RETRY_MS = 5000,
	HB_MAX_FLAP = 16,
};

enum hb_job_kind {
	HB_JOB_OWN,	/* take the local groups */
	HB_JOB_DEAD,	/* take the groups of a node that is gone */
	HB_JOB_ADOPT,	/* take groups that nobody holds */
	HB_JOB_GIVE,	/* standby: release */
	HB_JOB_TAKE,	/* standby: take */
	HB_JOB_RETRY,	/* try again what did not start */
	HB_JOB_STOP,	/* release everything */
	HB_JOB_KEY_TAKE, HB_JOB_KEY_GIVE, /* legacy: one group; give says whether it was running */
	HB_JOB_CHECK,	/* may these be handed over? (require_uptodate) */
};

struct hb_job {
	enum hb_job_kind kind;
	enum hb_hold hold;    /* from the own view */
	const char *node;     /* DEAD: whose groups, NULL: all foreign ones; KEY_GIVE: who asks. Gone after the call */
	const char *key;      /* KEY_*; gone after the call */
	enum hb_hold standby; /* GIVE, TAKE: what is named in the messages */
};

struct hb_rmsg {
	const char *type; /* "resource", "ask_resources", "starting", "shutdone", "stonith" */
	enum hb_hold hold;
	int full, isstable; /* -1: not in the message */
	const char *info;   /* NULL: none */
	const char *node, *result; /* stonith */
};

enum hb_leave { HB_LEAVE_STOP, HB_LEAVE_RESTART, HB_LEAVE_EMERGENCY };

struct hb_takeover_ops {
	void (*send)(void *arg, const struct hb_rmsg *msg);
	void (*job)(void *arg, const struct hb_job *job);
	void (*log)(void *arg, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
	/* legacy: this node's groups are wanted, from the peer where it is there */
	void (*request_own)(void *arg, bool peer_alive);
	/* true: it was started and hb_takeover_stonith will be called; false: no device is configured */
	bool (*stonith)(void *arg, const char *node);
	/* ends running jobs that take resources after the script that runs */
	void (*abandon)(void *arg);
	/* resources are released and shutdone is sent */
	void (*leave)(void *arg, enum hb_leave how);
};

struct hb_takeover {
	const struct hb_takeover_ops *ops;
	void *arg;
	const char *own;
	bool nice, auto_failback, check_failback;
	int64_t failback_delay_ms, flap_window_ms;
	int flap_max;

	enum hb_phase phase;
	enum hb_hold mine, theirs;
	bool peer_alive, peer_heard, peer_stable, takeover, needfb, logged_initial;
	bool peer_starting, peer_releasing; /* it has said starting; it gives something up and is not through */
	bool peer_gap;			    /* messages of its are missing, and may say more than what was heard */
	int releasing, taking;		    /* own jobs that give something up; that take it for a standby */
	enum hb_hold taking_hold;	    /* what these take */
	enum hb_standby standby;
	enum hb_hold standby_hold; /* from the giver's view */
	int64_t standby_at_ms;	   /* its deadline */
	int jobs;
	int64_t settle_at_ms, failback_at_ms, failed_at_ms, orphan_at_ms, restart_at_ms, stop_at_ms; /* 0: not running */
	enum hb_hold failed, handed_over; /* did not start here; was handed over for that */
	bool stop_wanted, stop_delayed, checked, leaving;
	enum hb_leave leave_how;
	int64_t flap_ms[HB_MAX_FLAP];
	int flaps;
	bool flap_logged;
};

/* nice: not legacy. */
void hb_takeover_init(struct hb_takeover *t, const struct hb_takeover_ops *ops, void *arg, const char *own, bool nice, bool auto_failback);
/* After a restart that kept the resources. */
void hb_takeover_resume(struct hb_takeover *t, enum hb_hold mine);

void hb_takeover_comm_up(struct hb_takeover *t, int64_t now_ms);
void hb_takeover_peer_alive(struct hb_takeover *t);
/* heard: it was up in this node's life. */
void hb_takeover_peer_dead(struct hb_takeover *t, const char *node, bool heard, int64_t now_ms);
void hb_takeover_peer_restarted(struct hb_takeover *t, int64_t now_ms);
/* A partition has healed, or this node stood still for longer than deadtime: both start afresh. */
void hb_takeover_start_afresh(struct hb_takeover *t, int64_t now_ms);
void hb_takeover_stonith(struct hb_takeover *t, const char *node, bool reset, int64_t now_ms);

/* Messages; own: this node's, from a tool or client. */
void hb_takeover_starting(struct hb_takeover *t, int64_t now_ms);
void hb_takeover_resource(struct hb_takeover *t, const struct hb_rmsg *msg, bool own, int64_t now_ms);
void hb_takeover_ask(struct hb_takeover *t, const struct hb_rmsg *msg, const char *from, bool own, int64_t now_ms);
void hb_takeover_shutdone(struct hb_takeover *t, const char *from, int64_t now_ms);

/* Legacy mode: takes or gives one group; node is who asked for it. */
void hb_takeover_key(struct hb_takeover *t, enum hb_job_kind kind, const char *key, const char *node);
/* Starts a standby of this node, as if asked by a tool; true if it was accepted. */
bool hb_takeover_standby(struct hb_takeover *t, enum hb_hold hold, int64_t now_ms);
/* failed: the hold of the groups that did not start; CHECK, KEY_GIVE: nonzero means no. */
void hb_takeover_job_done(struct hb_takeover *t, const struct hb_job *job, enum hb_hold failed, int64_t now_ms);
/* A held group failed its monitor for good. */
void hb_takeover_failed(struct hb_takeover *t, enum hb_hold hold, int64_t now_ms);
void hb_takeover_stop(struct hb_takeover *t, int64_t now_ms);

void hb_takeover_tick(struct hb_takeover *t, int64_t now_ms);
int64_t hb_takeover_next_ms(const struct hb_takeover *t);

bool hb_takeover_stable(const struct hb_takeover *t);
/* none, local, foreign, all; legacy: none; transition where not stable */
const char *hb_takeover_rscstatus(const struct hb_takeover *t);
const char *hb_hold_name(enum hb_hold hold);
/* false: no such word */
bool hb_hold_of(const char *name, enum hb_hold *hold);
/* local seen from the other side is foreign */
enum hb_hold hb_hold_swap(enum hb_hold hold);

#endif
