/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drbdsim: histories on the core, one a seed: two nodes with one or two volumes, or three with a stacked resource. A
 * history is a plan (sim_plan.c) played in virtual time by the shells of the nodes (sim_node.c) over simulated disks and
 * networks; after every event the oracle looks at everything.
 */
#include <malloc.h>
#include <popt.h>
#include <signal.h>
#include "sim_oracle.h"
#include "sim_plan.h"

#define REPAIR_US	500000
#define REPAIR_LIMIT_US	600000000ull

static sigjmp_buf *on_abort;

static const char *const faults[] = {
	"ack-before-write", "al-not-applied", "al-not-written", "barrier-not-drained", "barrier-not-flushed",
	"barrier-not-sent", "bit-not-set", "bitmap-not-before-al", "bitmap-not-before-demotion",
	"barrier-flushes-one-volume", "bitmap-not-before-resync", "bitmap-sent-early", "meta-data-before-data", "new-bits-not-set",
	"demotion-not-drained", "epoch-not-closed", "log-not-cleared", "md-not-written", "out-of-sync-ignored", "partial-block-cleared",
	"read-out-of-sync", "read-passes-write", "resync-lock-ignored", "resync-not-flushed", "secret-not-checked", "stacked-not-open",
	"uuid-not-rotated",
};

static void caught(int sig)
{
	(void)sig;
	if (on_abort)
		siglongjmp(*on_abort, 1);
}

static void not_at_rest(struct sim_world *w)
{
	char text[300] = "";
	struct sim_vol *v;
	size_t len = 0;
	u32 i;

	for (i = 0; i < SIM_NODES * w->pairs; i++)
		for_each_vol(v, w->pair[i / SIM_NODES].node[i % SIM_NODES])
			len += snprintf(text + len, sizeof(text) - len, "%s%s %s %s %s/%s", len ? ", " : "", v->name,
					v->n->up ? "up" : "down", drbd_conn_name(v->vs.state.conn),
					drbd_disk_name(v->vs.state.disk), drbd_disk_name(v->vs.state.pdsk));
	sim_violation(w, "not at rest %llu s after faults stopped: %s", REPAIR_LIMIT_US / 1000000, text);
}

/* Plays one history. Returns false on a violation, with its text in w. */
static bool play(struct sim_world *w, u64 seed, const struct sim_plan *p, const char *fault, bool trace)
{
	sigjmp_buf aborted;
	struct sim_pair *pair;
	u64 next;

	sim_world_init(w, seed);
	w->fault = fault;
	w->tracing = trace;
	if (setjmp(w->violated))
		return false;
	if (sigsetjmp(aborted, 1)) {
		on_abort = NULL;
		snprintf(w->violation, sizeof(w->violation), "assertion failed");
		return false;
	}
	on_abort = &aborted;
	sim_plan_begin(w, p);
	while (sim_step(w, p->end_us))
		sim_oracle_step(w);
	sim_trace(w, NULL, "# faults stop");
	w->quiet = true;
	for (pair = w->pair; pair < w->pair + w->pairs; pair++)
		pair->node[0]->splits_reported = pair->node[1]->splits_reported = 0;
	for (next = p->end_us; next < p->end_us + REPAIR_LIMIT_US; next += REPAIR_US) {
		sim_plan_repair(w);
		while (sim_step(w, next))
			sim_oracle_step(w);
		if (next > p->end_us + 3 * REPAIR_US && sim_oracle_settled(w))
			break;
	}
	if (!sim_oracle_settled(w))
		not_at_rest(w);
	sim_oracle_end(w);
	on_abort = NULL;
	return true;
}

/* The same but for numbers and the node's name? */
static bool same_kind(const char *a, const char *b)
{
	for (;;) {
		a += strcspn(a, "abcdefghijklmnopqrstuvwxyz");
		b += strcspn(b, "abcdefghijklmnopqrstuvwxyz");
		if (!*a || !*b)
			return *a == *b;
		if (*a++ != *b++)
			return false;
	}
}

/* Leaves out what is not needed for a violation, larger pieces first. */
static void shrink(u64 seed, struct sim_plan *p, const char *fault, const char *text)
{
	struct sim_world w;
	u32 piece, i, j;
	bool was[SIM_ACTIONS_MAX], fails;

	for (piece = p->actions / 2; piece; piece /= 2)
		for (i = 0; i < p->actions; i += piece) {
			for (j = i; j < i + piece && j < p->actions; j++) {
				was[j] = p->action[j].left_out;
				p->action[j].left_out = true;
			}
			fails = !play(&w, seed, p, fault, false) && same_kind(w.violation, text);
			sim_world_free(&w);
			for (j = i; !fails && j < i + piece && j < p->actions; j++)
				p->action[j].left_out = was[j];
		}
}

static int replay(u64 seed, bool shrinking, const char *fault)
{
	struct sim_plan p;
	struct sim_world w;
	char text[sizeof(w.violation)];
	bool ok;

	sim_plan_make(&p, seed);
	if (shrinking) {
		ok = play(&w, seed, &p, fault, false);
		memcpy(text, w.violation, sizeof(text));
		sim_world_free(&w);
		if (ok)
			fprintf(stderr, "drbdsim: seed %llu: no violation to shrink\n", seed);
		else
			shrink(seed, &p, fault, text);
	}
	sim_plan_print(&p);
	ok = play(&w, seed, &p, fault, true);
	printf("seed %llu: %llu events, %llu s, trace %016llx: %s\n", seed, w.steps, w.now_us / 1000000, w.trace_hash,
	       ok ? "no violation" : w.violation);
	sim_world_free(&w);
	return !ok;
}

static int run(u64 first, u64 seeds, const char *fault, int stop_after)
{
	struct sim_plan p;
	struct sim_world w;
	u64 seed, violations = 0, hash = 0, steps = 0, done = 0;

	for (seed = first; seed < first + seeds; seed++) {
		sim_plan_make(&p, seed);
		if (!play(&w, seed, &p, fault, false)) {
			violations++;
			printf("seed %llu: %s\n", seed, w.violation);
			fflush(stdout);
		}
		hash = hash * 1099511628211ull ^ w.trace_hash;
		steps += w.steps;
		done++;
		sim_world_free(&w);
		if (stop_after && violations >= (u64)stop_after)
			break;
	}
	printf("%llu events, trace %016llx\n", steps, hash);
	printf("%llu seeds, %llu violations\n", done, violations);
	return violations != 0;
}

int main(int argc, const char **argv)
{
	long long first = 1, seeds = 0, replayed = -1;
	int shrinking = 0, list = 0, stop_after = 0, rc;
	char *fault = NULL;
	struct poptOption options[] = {
		{ "seeds", 'n', POPT_ARG_LONGLONG, &seeds, 0, "play this many histories", "N" },
		{ "first-seed", 's', POPT_ARG_LONGLONG, &first, 0, "seed of the first one (1)", "S" },
		{ "replay", 'r', POPT_ARG_LONGLONG, &replayed, 0, "play one history and print it as a trace", "SEED" },
		{ "shrink", 0, POPT_ARG_NONE, &shrinking, 0, "with --replay: leave out what the violation does not need", NULL },
		{ "stop-after", 0, POPT_ARG_INT, &stop_after, 0, "end after this many violations", "N" },
#ifdef SIM_FAULTS
		{ "fault", 0, POPT_ARG_STRING, &fault, 0, "switch a deliberate fault on", "NAME" },
		{ "list-faults", 0, POPT_ARG_NONE, &list, 0, "print the names of the deliberate faults", NULL },
#endif
		POPT_AUTOHELP POPT_TABLEEND
	};
	poptContext con = poptGetContext("drbdsim", argc, argv, options, 0);
	size_t i;

	rc = poptGetNextOpt(con);
	if (rc < -1 || poptPeekArg(con)) {
		fprintf(stderr, "drbdsim: %s: %s\n", rc < -1 ? poptBadOption(con, 0) : poptPeekArg(con),
			rc < -1 ? poptStrerror(rc) : "unexpected argument");
		poptFreeContext(con);
		return 2;
	}
	poptFreeContext(con);
	for (i = 0; list && i < ARRAY_SIZE(faults); i++)
		puts(faults[i]);
	if (list)
		return 0;
	for (i = 0; fault && i < ARRAY_SIZE(faults) && strcmp(fault, faults[i]); i++)
		;
	if (fault && i == ARRAY_SIZE(faults)) {
		fprintf(stderr, "drbdsim: no such fault: %s\n", fault);
		return 2;
	}
	signal(SIGABRT, caught);
	/* memory goes from history to history, not back to the system between them */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	if (replayed >= 0)
		rc = replay((u64)replayed, shrinking, fault);
	else if (seeds > 0)
		rc = run((u64)first, (u64)seeds, fault, stop_after);
	else {
		fprintf(stderr, "drbdsim: say --seeds N or --replay SEED\n");
		rc = 2;
	}
	free(fault);
	return rc;
}
