/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: the servers of one virtual service, what is believed of each, and what the kernel's table should therefore hold
 * (ldirectord.md 4). No I/O, no clock: time is an argument, in milliseconds of the caller's monotonic clock.
 */
#ifndef LD_POOL_H
#define LD_POOL_H

#include "ldirectord/ld_conf.h"

enum ld_result { LD_RESULT_DOWN, LD_RESULT_UP, LD_RESULT_MAINTENANCE };

/* UNKNOWN: not checked yet. The first result decides. */
enum ld_state { LD_UNKNOWN, LD_UP, LD_DOWN, LD_MAINTENANCE };

struct ld_member {
	enum ld_state state;
	bool adopted;	   /* UNKNOWN, but found in the table with a weight: believed up until a result */
	bool touched;	   /* its entry has to be brought in line, whatever others have made of it */
	bool quiesce_add;  /* DOWN from the start: quiescent=yes adds it with weight 0, once */
	int failures;	   /* in a row, while believed up */
	int rises;	   /* successes in a row, while believed down */
	int64_t since_ms;  /* of this state */
	int64_t rising_ms; /* begin of its slow start; 0: none */
	int64_t drain_until_ms; /* 0: none */
};

/* A server that a reload has taken away and that may end its connections first. */
struct ld_leaving {
	struct ld_server server;
	int64_t until_ms;
};

struct ld_pool {
	const struct ld_config *config;
	const struct ld_virtual *virtual;
	struct ld_member *member; /* one for each of the virtual's servers */
	size_t *slot;		  /* its entry in the table, counted from 0: two servers may share one */
	size_t slots;
	bool has_fallback; /* that is none of the servers: it would be there only while the server is not */
	struct ld_server fallback;
	bool fallback_on; /* as last decided */
	struct ld_leaving *leaving;
	size_t leavings;
};

/* What a result did. */
enum ld_change {
	LD_NO_CHANGE,
	LD_SOFT_FAILURE, /* counted */
	LD_FAILURES_RESET,
	LD_WENT_UP,
	LD_WENT_DOWN,
	LD_SOFT_RISE,
};

enum ld_want_kind {
	LD_KEEP,	  /* whatever is there */
	LD_PRESENT,	  /* with this weight, method and thresholds */
	LD_QUIET,	  /* weight 0, if it is there */
	LD_QUIET_ADD,	  /* weight 0, added where it is missing */
	LD_ABSENT,
	LD_DRAIN,	  /* weight 0 while it has connections, then absent */
};

struct ld_want {
	enum ld_want_kind kind;
	const struct ld_server *server;
	bool fallback, leaving;
	bool touched;  /* bring an entry that is there in line too; else only what is missing is added */
	uint16_t port; /* the kernel's */
	int weight;
};

/* -ENOMEM or 0; member states start UNKNOWN. */
int ld_pool_init(struct ld_pool *pool, const struct ld_config *config, const struct ld_virtual *virtual);
void ld_pool_free(struct ld_pool *pool);

/* A result for server nr. */
enum ld_change ld_pool_result(struct ld_pool *pool, size_t nr, enum ld_result result, int64_t now_ms);

/* Is it believed up? */
bool ld_pool_up(const struct ld_pool *pool, size_t nr);
/* No server is believed up. */
bool ld_pool_all_down(const struct ld_pool *pool);

/* How many wants there can be. */
size_t ld_pool_max_wants(const struct ld_pool *pool);

/*
 * Fills want, which has room for ld_pool_max_wants; returns how many. Where two servers of the section share
 * the kernel's entry the one that wants more decides.
 */
size_t ld_pool_wanted(const struct ld_pool *pool, int64_t now_ms, struct ld_want *want);

/* The table holds what was wanted. */
void ld_pool_applied(struct ld_pool *pool);

/* Is a weight still growing, or a server ending its connections? Then the table has to be looked at again soon. */
bool ld_pool_unsettled(struct ld_pool *pool, int64_t now_ms);

/*
 * Takes over what is known of the servers that both have; same says whether a server's check is the same too. Servers that
 * only old has are left to end their connections where draintimeout says so. 0 or -ENOMEM (nobody is left).
 */
int ld_pool_inherit(struct ld_pool *pool, const struct ld_pool *old, int64_t now_ms,
		    bool (*same)(size_t nr, size_t old_nr, void *arg), void *arg);

#endif
