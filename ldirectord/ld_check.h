/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When checks run, how many at once and for how long; how one is made is the business of a row in the table of kinds, which
 * ld_conn.c and ld_check_*.c fill. A check is one server asked in one way, perhaps for several virtual services.
 */
#ifndef LD_CHECK_H
#define LD_CHECK_H

#include "ldirectord/ld_dialog.h"
#include "lib/ev.h"

enum {
	LD_MAX_CHILDREN = 64, /* checks in child processes at once */
	LD_FIRST_ROUND_MS = 300, /* over which the first checks are spread, if they are few; later ones over the interval */
};

struct ld_check;
struct ld_checker;

/* reason lives for the call */
typedef void (*ld_check_fn)(struct ld_check *check, bool up, const char *reason, void *arg);

/* How a kind of check is made. start calls ld_check_done once, at once or later; stop forgets a started one, silently. */
struct ld_prober {
	bool child; /* counts as a child process, not as a connection */
	void (*start)(struct ld_check *check);
	void (*stop)(struct ld_check *check);
};

struct ld_check {
	struct ld_checker *checker;
	struct ld_probe_conf conf;
	int interval_ms;
	struct ev_timer timer;
	int64_t slot_ms; /* when it is next due */
	int64_t started_ms;
	int phase;	 /* of a combined check: how many connects have been made since the negotiate */
	const struct ld_prober *prober; /* NULL: not running */
	void *probe;	 /* the prober's */
	bool queued;
	struct ld_check *next_queued;
	int64_t late_ms; /* how late it started last */
	void *owner;	 /* the caller's */
};

struct ld_checker {
	struct ev_loop *loop;
	ld_check_fn fn;
	void *arg;
	int max_connections, connections, children;
	struct ld_check *first_queued[2], **last_queued[2]; /* for connections, for children */
	bool draining_queue;
	bool paused; /* while many are stopped: none that waits takes the place of one */
	void *tls; /* SSL_CTX */
	uint64_t seed;
	int64_t worst_late_ms;
	unsigned long long finished;
};

/* Raises the limit of open files as far as it may and takes what it gives as the limit of connections. 0 or -errno. */
int ld_checker_init(struct ld_checker *checker, struct ev_loop *loop, ld_check_fn fn, void *arg);
void ld_checker_free(struct ld_checker *checker);

/* Starts the rounds: the first after first_ms, then every interval. check->conf and interval_ms are set. 0 or -ENOMEM. */
int ld_check_start(struct ld_checker *checker, struct ld_check *check, int64_t first_ms);
/* Ends a running one and makes no more. */
void ld_check_stop(struct ld_check *check);

/* The probers' way back. */
void ld_check_done(struct ld_check *check, bool up, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The budget of the check that runs now. */
int ld_check_budget_ms(const struct ld_check *check);
/* A number for identifiers that should not repeat. */
uint64_t ld_check_random(struct ld_checker *checker);
/* Does it negotiate this time, or only connect? */
bool ld_check_negotiates(const struct ld_check *check);

extern const struct ld_prober ld_prober_conn, ld_prober_ping, ld_prober_external, ld_prober_db;

#endif
