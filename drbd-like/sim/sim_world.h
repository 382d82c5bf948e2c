/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual time, the queue of what happens when, seeded randomness, memory of one history, and the trace. One
 * struct sim_world is one history: the same seed and the same plan give the same events to the last one.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <setjmp.h>
#include "drbd-like/core/drbd_port.h"

struct sim_world;
struct sim_vol;
struct sim_node;
struct sim_pair;
struct sim_plan;

typedef void (*sim_fn)(struct sim_world *w, void *arg, u64 data);

struct sim_event {
	u64 at_us, seq;
	sim_fn fn;
	void *arg;
	u64 data;
	const u32 *gen;		/* the event is void when *gen is not gen_was any more */
	u32 gen_was;
};

#define SIM_NODES 2

struct sim_world {
	u64 seed, now_us, seq, steps;
	u32 ios;		/* application requests so far */
	u32 busy_steps;		/* without progress of time */
	u64 rng;
	struct sim_event *heap;
	u32 heap_nr, heap_max;
	/* memory of this history: handed out, never given back before the end */
	struct sim_chunk *chunks;
	struct sim_pair *pair;	/* resources; the second one, if there is one, is stacked on the first */
	u32 pairs;
	const struct sim_plan *plan;
	bool tracing;
	u64 trace_hash;
	bool quiet;		/* faults have stopped: the nodes have to find each other */
	jmp_buf violated;
	char violation[400];
	const char *fault;	/* deliberate fault of a test build, or NULL */
};

void sim_world_init(struct sim_world *w, u64 seed);
void sim_world_free(struct sim_world *w);

/* Zeroed memory that lives as long as the world. */
void *sim_alloc(struct sim_world *w, size_t size_byte);

/* Pseudo-random numbers, below n or true in one of n cases. */
u64 sim_random(u64 *rng);
u32 sim_rnd(struct sim_world *w, u32 n);
bool sim_one_in(struct sim_world *w, u32 n);

static inline u64 sim_now_ms(const struct sim_world *w)
{
	return w->now_us / 1000;
}

/* Calls fn after delay_us, unless *gen changes before; gen may be NULL. */
void sim_after(struct sim_world *w, u64 delay_us, const u32 *gen, sim_fn fn, void *arg, u64 data);

/* The next event; false if there is none before until_us (time is until_us then). */
bool sim_step(struct sim_world *w, u64 until_us);

/* A line of the trace, with time and, if not NULL, the name of a node or volume. */
void sim_trace(struct sim_world *w, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Ends the history: an invariant is broken. */
void sim_violation(struct sim_world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

/* Is this deliberate fault switched on (test builds only)? */
#ifdef SIM_FAULTS
#define SIM_FAULT(w, name) ((w)->fault && !strcmp((w)->fault, name))
#else
#define SIM_FAULT(w, name) false
#endif

#endif
