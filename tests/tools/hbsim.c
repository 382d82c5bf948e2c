/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulator of heartbeat: one seed, one history of two or three nodes with lost, delayed, doubled and reordered
 * messages, partitions, crashes, standstills, operators, and scripts that fail or hang. Time is virtual.
 *
 *   hbsim [--seeds N] [--first-seed N] [--nodes 2|3] [--fault NAME] [--trace] [--print-hash]
 *
 * What must hold: no group is started on a node while another one that it hears, and that hears it, has it active; no two
 * such nodes keep one group for longer than a healed partition takes; a stop leaves nothing active; and when the faults have
 * stopped, the nodes agree and every group is active on exactly one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "heartbeat/hb_node.h"

enum { MAX_NODES = 3, GROUPS = 3, MAX_PACKETS = 4096, MAX_JOBS = 32, LINKS = 2,
	KEEPALIVE_MS = 500, DEADTIME_MS = 2500, INITDEAD_MS = 6000,
	FAULTS_MS = 60000, SETTLE_MS = 120000, OVERLAP_MS = 12000 };

static const char *fault = "";
static bool trace_on;

static bool is_fault(const char *name)
{
	return !strcmp(fault, name);
}

/* -- the world -------------------------------------------------------------------------------------------------------- */

struct packet {
	int64_t at_ms;
	int to, link;
	size_t len;
	char *wire;
};

struct sim_job {
	struct hb_job job;
	char node[16];
	int step;
	enum hb_hold failed;
	bool abandoned;
};

enum state { OFF, RUNNING, LEFT, AWAY /* between the two lives of a restart */ };

struct sim_node {
	struct world *world;
	int nr;
	char name[16];
	enum state state;
	struct hb_node node;
	uint64_t hg;
	bool active[GROUPS], wanted_up;
	struct sim_job queue[MAX_JOBS];
	int jobs;
	int64_t script_at_ms; /* the running script ends; 0: none runs */
	int64_t up_at_ms;     /* of its next life, or of the end of a standstill */
	int64_t end_at_ms;    /* it has left and vanishes then */
	bool standing_still;
	int fails_group;      /* starts of this group fail here while faults last; -1: none */
	enum hb_leave how;
};

struct world {
	uint64_t rng, hash;
	int64_t now_ms;
	int nodes;
	struct ha_cf cf;
	struct authkeys keys;
	struct sim_node node[MAX_NODES];
	struct packet packet[MAX_PACKETS];
	int packets;
	int loss_pct, dup_pct, delay_ms;
	bool cut[MAX_NODES][MAX_NODES][LINKS]; /* from, to */
	int64_t overlap_ms[GROUPS], next_fault_ms;
	char violation[256];
};

static uint32_t rnd(struct world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return below ? (uint32_t)((w->rng >> 16) % below) : 0;
}

static void note(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct world *w, const char *fmt, ...)
{
	char line[600], *c;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (c = line; *c; c++)
		w->hash = (w->hash ^ (unsigned char)*c) * 1099511628211ull;
	if (trace_on)
		printf("%7lld.%03lld %s\n", (long long)w->now_ms / 1000, (long long)w->now_ms % 1000, line);
}

static void violated(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void violated(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->violation[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->violation, sizeof(w->violation), fmt, ap);
	va_end(ap);
	note(w, "VIOLATION %s", w->violation);
}

static bool is_local(const struct sim_node *n, int group)
{
	return group % n->world->nodes == n->nr;
}

static bool hears(const struct sim_node *a, const struct sim_node *b)
{
	const struct hb_peer *peer = &a->node.member.peer[b->nr];

	return a->state == RUNNING && b->state == RUNNING && !a->standing_still && !b->standing_still && peer->heard &&
	       peer->status != HB_ST_DEAD && a->node.member.comm == HB_COMM_UP && peer->hg == b->hg;
}

/* -- scripts ---------------------------------------------------------------------------------------------------------- */

static bool gives(enum hb_job_kind kind)
{
	return kind == HB_JOB_GIVE || kind == HB_JOB_STOP;
}

static bool concerns(const struct sim_node *n, const struct sim_job *sj, int group)
{
	if (is_fault("stop-keeps-foreign") && sj->job.kind == HB_JOB_STOP && !is_local(n, group))
		return false;
	if (is_fault("dead-takes-nothing") && sj->job.kind == HB_JOB_DEAD)
		return false;
	if (is_fault("gives-nothing") && sj->job.kind == HB_JOB_GIVE)
		return false;
	if (sj->job.kind == HB_JOB_DEAD && n->world->nodes > 2)
		return !is_local(n, group) && !strcmp(n->world->node[group % n->world->nodes].name, sj->node);
	return sj->job.hold & (is_local(n, group) ? HB_LOCAL : HB_FOREIGN);
}

static void check_start(struct sim_node *n, int group)
{
	struct world *w = n->world;
	int i;

	/*
	 * Of three nodes the membership alone is judged: haresources is made for two. A node that has found a partition healed
	 * is about to give up all, and the other need not have noticed yet: how long that takes is judged by check_overlaps.
	 */
	for (i = 0; i < w->nodes && w->nodes == 2; i++)
		if (i != n->nr && w->node[i].active[group] && hears(n, &w->node[i]) && hears(&w->node[i], n) &&
		    !w->node[i].node.takeover.restart_at_ms)
			violated(w, "%s starts group %d while %s has it and they hear each other", n->name, group, w->node[i].name);
}

static int64_t script_ms(struct sim_node *n)
{
	/* now and then one hangs until its time limit */
	return rnd(n->world, 40) ? 1 + rnd(n->world, 300) : 1 + rnd(n->world, 6000);
}

static void end_job(struct sim_node *n)
{
	struct sim_job sj = n->queue[0];

	n->jobs--;
	memmove(&n->queue[0], &n->queue[1], n->jobs * sizeof(n->queue[0]));
	sj.job.node = sj.node;
	note(n->world, "%s: job %d of %s ends, failed %s", n->name, sj.job.kind, hb_hold_name(sj.job.hold), hb_hold_name(sj.failed));
	hb_node_job_done(&n->node, &sj.job, sj.failed, n->world->now_ms);
}

/* Starts the next script of the first job; jobs without scripts left end. */
static void run_scripts(struct sim_node *n)
{
	struct world *w = n->world;

	while (n->jobs && !n->script_at_ms && (n->state == RUNNING || n->state == LEFT)) {
		struct sim_job *sj = &n->queue[0];

		while (sj->step < GROUPS && (!concerns(n, sj, sj->step) || (!gives(sj->job.kind) && n->active[sj->step])))
			sj->step++;
		if (sj->step == GROUPS || (sj->abandoned && !gives(sj->job.kind))) {
			end_job(n);
			continue;
		}
		if (!gives(sj->job.kind)) {
			check_start(n, sj->step);
			n->active[sj->step] = true; /* from its first moment on it may be */
			note(w, "%s: starts group %d", n->name, sj->step);
		}
		n->script_at_ms = w->now_ms + script_ms(n);
	}
}

static void script_ends(struct sim_node *n)
{
	struct sim_job *sj = &n->queue[0];
	bool fails = n->world->now_ms < FAULTS_MS && n->fails_group == sj->step;

	n->script_at_ms = 0;
	if (gives(sj->job.kind)) {
		n->active[sj->step] = false;
		note(n->world, "%s: has stopped group %d", n->name, sj->step);
	} else if (fails) {
		n->active[sj->step] = false;
		sj->failed |= is_local(n, sj->step) ? HB_LOCAL : HB_FOREIGN;
		note(n->world, "%s: start of group %d fails", n->name, sj->step);
	}
	sj->step++;
	run_scripts(n);
}

/* -- what a node wants done ------------------------------------------------------------------------------------------- */

static bool carries(const char *wire, const char *text)
{
	return strstr(wire, text) != NULL;
}

static void transmit(void *arg, const char *wire, size_t len)
{
	struct sim_node *n = arg;
	struct world *w = n->world;
	int to, link, copies;

	if (is_fault("no-resend") && carries(wire, "t=NS_rexmit"))
		return;
	if (is_fault("never-stable") && carries(wire, "isstable=1"))
		return;
	for (to = 0; to < w->nodes; to++)
		for (link = 0; link < LINKS; link++) {
			if (to == n->nr || w->cut[n->nr][to][link] || (int)rnd(w, 100) < w->loss_pct)
				continue;
			for (copies = (int)rnd(w, 100) < w->dup_pct ? 2 : 1; copies > 0 && w->packets < MAX_PACKETS; copies--) {
				struct packet *p = &w->packet[w->packets++];

				p->at_ms = w->now_ms + 1 + rnd(w, 1 + w->delay_ms);
				p->to = to;
				p->link = link;
				p->len = len;
				p->wire = malloc(len);
				memcpy(p->wire, wire, len);
			}
		}
}

static void no_ping(void *arg, const char *name, const char *wire, size_t len)
{
	(void)arg;
	(void)name;
	(void)wire;
	(void)len;
}

static void add_job(void *arg, const struct hb_job *job)
{
	struct sim_node *n = arg;
	struct sim_job *sj;

	if (n->jobs == MAX_JOBS) {
		violated(n->world, "%s: more than %d jobs", n->name, MAX_JOBS);
		return;
	}
	sj = &n->queue[n->jobs++];
	memset(sj, 0, sizeof(*sj));
	sj->job = *job;
	snprintf(sj->node, sizeof(sj->node), "%s", job->node ? job->node : "");
	note(n->world, "%s: job %d of %s", n->name, job->kind, hb_hold_name(job->hold));
}

static void no_news(void *arg, enum hb_news news, const struct hb_msg *msg, int peer, enum hb_status old)
{
	(void)arg;
	(void)news;
	(void)msg;
	(void)peer;
	(void)old;
}

static void no_link(void *arg, int peer, int link, bool up)
{
	(void)arg;
	(void)peer;
	(void)link;
	(void)up;
}

static void on_comm_up(void *arg)
{
	(void)arg;
}

static void no_request(void *arg, bool peer_alive)
{
	(void)arg;
	(void)peer_alive;
}

static bool no_stonith(void *arg, const char *node)
{
	(void)arg;
	(void)node;
	return false;
}

static void abandon(void *arg)
{
	struct sim_node *n = arg;
	int i;

	for (i = 0; i < n->jobs && !is_fault("not-abandoned"); i++)
		n->queue[i].abandoned = true;
}

static void leave(void *arg, enum hb_leave how)
{
	struct sim_node *n = arg;
	int g;

	for (g = 0; g < GROUPS; g++)
		if (n->active[g])
			violated(n->world, "%s leaves with group %d active", n->name, g);
	n->how = how;
	n->end_at_ms = n->world->now_ms + 2000;
}

static void sim_log(void *arg, int level, const char *fmt, ...)
{
	struct sim_node *n = arg;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (level < LOG_DEBUG)
		note(n->world, "%s: %s", n->name, text);
}

static const struct hb_node_ops ops = {
	.transmit = transmit, .ping = no_ping, .job = add_job, .news = no_news, .link = no_link, .comm_up = on_comm_up,
	.request_own = no_request, .stonith = no_stonith, .abandon = abandon, .leave = leave, .log = sim_log,
};

/* -- lives ------------------------------------------------------------------------------------------------------------ */

static void boot(struct sim_node *n)
{
	unsigned char uuid[HB_UUID_BYTE] = { 0 };
	struct world *w = n->world;

	uuid[0] = 1 + n->nr;
	n->hg += is_fault("old-generation") && n->hg ? 0 : 1;
	if (n->hg == 1)
		n->hg = 1000;
	if (hb_node_init(&n->node, &w->cf, &w->keys, n->name, n->hg, uuid, &ops, n, rnd(w, 1 << 30), w->now_ms))
		abort();
	if (is_fault("hasty"))
		n->node.member.deadtime_ms = KEEPALIVE_MS;
	n->jobs = 0;
	n->script_at_ms = n->end_at_ms = n->up_at_ms = 0;
	n->standing_still = false;
	n->state = RUNNING;
	note(w, "%s: boots, generation %llu", n->name, (unsigned long long)n->hg);
	hb_node_start(&n->node, w->now_ms);
}

static void end_life(struct sim_node *n, enum state state)
{
	if (n->state == RUNNING || n->state == LEFT)
		hb_node_free(&n->node);
	n->state = state;
	n->jobs = 0;
	n->script_at_ms = n->end_at_ms = 0;
	n->standing_still = false;
}

static void crash(struct sim_node *n)
{
	note(n->world, "%s: loses power", n->name);
	end_life(n, OFF);
	memset(n->active, 0, sizeof(n->active));
	n->up_at_ms = n->world->now_ms + (rnd(n->world, 3) ? 3000 + rnd(n->world, 15000) : 100 + rnd(n->world, 2000));
}

static void left(struct sim_node *n)
{
	note(n->world, "%s: is gone", n->name);
	end_life(n, n->how == HB_LEAVE_RESTART ? AWAY : OFF);
	n->up_at_ms = n->world->now_ms + (n->how == HB_LEAVE_RESTART ? DEADTIME_MS + 1000 : 500 + rnd(n->world, 9000));
}

/* -- faults ----------------------------------------------------------------------------------------------------------- */

static void cut_some(struct world *w)
{
	int a = rnd(w, w->nodes), b = (a + 1 + rnd(w, w->nodes - 1)) % w->nodes, link;
	bool both = rnd(w, 3);

	for (link = 0; link < LINKS; link++) {
		w->cut[a][b][link] = true;
		w->cut[b][a][link] |= both;
	}
	note(w, "partition: %d to %d%s", a, b, both ? ", both ways" : "");
}

static void random_fault(struct world *w)
{
	struct sim_node *n = &w->node[rnd(w, w->nodes)];
	bool up = n->state == RUNNING && !n->standing_still;

	switch (rnd(w, 12)) {
	case 0: case 1:
		if (up)
			crash(n);
		break;
	case 2:
		if (up)
			hb_takeover_stop(&n->node.takeover, w->now_ms);
		note(w, "%s: operator stops it", n->name);
		break;
	case 3: case 4:
		if (up)
			hb_takeover_standby(&n->node.takeover, 1 + rnd(w, 3), w->now_ms);
		note(w, "%s: operator wants standby", n->name);
		break;
	case 5: cut_some(w); break;
	case 6: case 7:
		memset(w->cut, 0, sizeof(w->cut));
		note(w, "network heals");
		break;
	case 8:
		w->loss_pct = rnd(w, 2) ? 0 : rnd(w, 30);
		w->dup_pct = rnd(w, 20);
		w->delay_ms = rnd(w, 4) ? rnd(w, 50) : rnd(w, 400);
		break;
	case 9:
		if (up) {
			n->standing_still = true;
			n->up_at_ms = w->now_ms + rnd(w, 6000);
			note(w, "%s: stands still", n->name);
		}
		break;
	case 10: n->fails_group = (int)rnd(w, GROUPS + 1) - 1; break;
	case 11: n->node.wall_s = 1 + rnd(w, 1 << 30); break; /* the wall clock jumps */
	}
	w->next_fault_ms = w->now_ms + 200 + rnd(w, 6000);
}

static void end_faults(struct world *w)
{
	memset(w->cut, 0, sizeof(w->cut));
	w->loss_pct = w->dup_pct = 0;
	w->delay_ms = 20;
	w->next_fault_ms = INT64_MAX;
	note(w, "faults end");
}

/* -- invariants ------------------------------------------------------------------------------------------------------- */

static void check_overlaps(struct world *w, int64_t passed_ms)
{
	int g, a, b;

	for (g = 0; g < GROUPS; g++) {
		bool overlap = false;

		for (a = 0; a < w->nodes; a++)
			for (b = a + 1; b < w->nodes; b++)
				overlap |= w->node[a].active[g] && w->node[b].active[g] && hears(&w->node[a], &w->node[b]) &&
					   hears(&w->node[b], &w->node[a]);
		w->overlap_ms[g] = overlap ? w->overlap_ms[g] + passed_ms : 0;
		if (w->overlap_ms[g] > OVERLAP_MS && w->nodes == 2)
			violated(w, "group %d is on two nodes that hear each other for %lld ms", g, (long long)w->overlap_ms[g]);
	}
}

static void check_end(struct world *w)
{
	int g, i;

	for (i = 0; i < w->nodes; i++) {
		if (w->node[i].state != RUNNING)
			violated(w, "%s is not up at the end", w->node[i].name);
		else if (!hb_takeover_stable(&w->node[i].node.takeover) && w->nodes == 2)
			violated(w, "%s is not stable at the end", w->node[i].name);
	}
	for (g = 0; g < GROUPS && w->nodes == 2; g++) {
		int holders = 0;

		for (i = 0; i < w->nodes; i++)
			holders += w->node[i].active[g];
		if (holders != 1)
			violated(w, "group %d ends on %d nodes", g, holders);
	}
	for (i = 0; i < w->nodes * w->nodes; i++)
		if (i / w->nodes != i % w->nodes && !hears(&w->node[i / w->nodes], &w->node[i % w->nodes]))
			violated(w, "%s does not hear %s at the end", w->node[i / w->nodes].name, w->node[i % w->nodes].name);
}

/* -- time ------------------------------------------------------------------------------------------------------------- */

static bool runs(const struct sim_node *n)
{
	return n->state == RUNNING && !n->standing_still;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int64_t next_event_ms(struct world *w)
{
	int64_t next = sooner(w->next_fault_ms, w->now_ms < FAULTS_MS ? FAULTS_MS : 0);
	int i;

	for (i = 0; i < w->packets; i++)
		if (w->packet[i].at_ms < next && !w->node[w->packet[i].to].standing_still)
			next = w->packet[i].at_ms;
	for (i = 0; i < w->nodes; i++) {
		struct sim_node *n = &w->node[i];

		next = sooner(next, n->script_at_ms);
		next = sooner(next, n->up_at_ms);
		next = sooner(next, n->end_at_ms);
		if (runs(n))
			next = sooner(next, hb_node_next_ms(&n->node));
	}
	return next > w->now_ms ? next : w->now_ms + 1;
}

static void deliver(struct world *w)
{
	int i;

	for (i = 0; i < w->packets; i++) {
		struct packet p = w->packet[i];
		struct sim_node *n = &w->node[p.to];
		const char *why;

		if (p.at_ms > w->now_ms || n->standing_still)
			continue;
		w->packet[i--] = w->packet[--w->packets];
		if (runs(n))
			hb_node_receive(&n->node, p.wire, p.len, p.link, w->now_ms, &why);
		free(p.wire);
	}
}

static void step_node(struct sim_node *n)
{
	struct world *w = n->world;

	if (n->up_at_ms && n->up_at_ms <= w->now_ms) {
		n->up_at_ms = 0;
		if (n->standing_still) {
			n->standing_still = false;
			note(w, "%s: goes on", n->name);
		} else if (n->state != RUNNING) {
			boot(n);
		}
	}
	if (n->end_at_ms && n->end_at_ms <= w->now_ms)
		left(n);
	if (n->script_at_ms && n->script_at_ms <= w->now_ms && !n->standing_still)
		script_ends(n);
	if (runs(n) && hb_node_next_ms(&n->node) <= w->now_ms)
		hb_node_tick(&n->node, w->now_ms);
	/* the faulty variants end jobs whose scripts have not run */
	if (runs(n) && n->jobs && ((is_fault("give-done-early") && n->queue[0].job.kind == HB_JOB_GIVE) ||
				   (is_fault("stop-done-early") && n->queue[0].job.kind == HB_JOB_STOP))) {
		n->script_at_ms = 0;
		end_job(n);
	}
	if (!n->standing_still)
		run_scripts(n);
}

static void start_world(struct world *w, uint64_t seed, int nodes)
{
	int i;

	memset(w, 0, sizeof(*w));
	w->rng = seed * 0x9E3779B97F4A7C15ull + 1;
	for (i = 0; i < 10; i++)
		rnd(w, 2);
	w->nodes = nodes;
	w->now_ms = 1000;
	w->keys.sign_nr = 1;
	w->keys.key[1].method = HB_SIGN_CRC;
	w->cf.keepalive_ms = KEEPALIVE_MS;
	w->cf.deadtime_ms = w->cf.deadping_ms = DEADTIME_MS;
	w->cf.warntime_ms = DEADTIME_MS / 2;
	w->cf.initdead_ms = INITDEAD_MS;
	w->cf.max_rexmit_delay_ms = 250;
	w->cf.hopfudge = 1;
	w->cf.failback = rnd(w, 2) ? HA_FAILBACK_ON : HA_FAILBACK_OFF;
	/* what is beyond the original in some histories */
	w->cf.failback_delay_ms = seed % 4 == 3 ? 3000 : 0;
	w->cf.flap_max = seed % 8 >= 6 ? 2 : 0;
	w->cf.flap_window_ms = FAULTS_MS;
	w->cf.msgfmt = HA_CLASSIC;
	w->cf.medias = LINKS;
	w->cf.media[0].dev = "eth0";
	w->cf.media[1].dev = "eth1";
	w->delay_ms = 5;
	w->next_fault_ms = 500 + rnd(w, 15000);
	for (i = 0; i < nodes; i++) {
		struct sim_node *n = &w->node[i];

		n->world = w;
		n->nr = i;
		n->fails_group = -1;
		snprintf(n->name, sizeof(n->name), "server%d", i + 1);
		w->cf.node[i] = n->name;
		n->up_at_ms = 1 + w->now_ms + rnd(w, 9000);
	}
	w->cf.nodes = nodes;
}

static void end_world(struct world *w)
{
	int i;

	for (i = 0; i < w->nodes; i++)
		end_life(&w->node[i], OFF);
	while (w->packets)
		free(w->packet[--w->packets].wire);
}

static void run_seed(struct world *w, uint64_t seed, int nodes)
{
	int64_t next;
	int i;

	start_world(w, seed, nodes);
	while (w->now_ms < FAULTS_MS + SETTLE_MS && !w->violation[0]) {
		next = next_event_ms(w);
		check_overlaps(w, next - w->now_ms);
		if (w->now_ms < FAULTS_MS && next >= FAULTS_MS) {
			w->now_ms = FAULTS_MS;
			end_faults(w);
			continue;
		}
		w->now_ms = next;
		deliver(w);
		for (i = 0; i < w->nodes; i++)
			step_node(&w->node[i]);
		if (w->now_ms >= w->next_fault_ms)
			random_fault(w);
	}
	if (!w->violation[0])
		check_end(w);
}

int main(int argc, char **argv)
{
	static struct world world;
	uint64_t seed, first = 1, seeds = 1, violations = 0;
	bool print_hash = false;
	int nodes = 2, i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--trace"))
			trace_on = true;
		else if (!strcmp(argv[i], "--print-hash"))
			print_hash = true;
		else if (i + 1 < argc && !strcmp(argv[i], "--seeds"))
			seeds = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && !strcmp(argv[i], "--first-seed"))
			first = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && !strcmp(argv[i], "--nodes"))
			nodes = atoi(argv[++i]);
		else if (i + 1 < argc && !strcmp(argv[i], "--fault"))
			fault = argv[++i];
		else {
			fprintf(stderr, "usage: hbsim [--seeds N] [--first-seed N] [--nodes 2|3] [--fault NAME] [--trace] [--print-hash]\n");
			return 2;
		}
	}
	if (nodes < 2 || nodes > MAX_NODES) {
		fprintf(stderr, "hbsim: 2 or 3 nodes\n");
		return 2;
	}
	for (seed = first; seed < first + seeds; seed++) {
		run_seed(&world, seed, nodes);
		if (world.violation[0]) {
			violations++;
			printf("seed %llu: %s\n", (unsigned long long)seed, world.violation);
		}
		if (print_hash)
			printf("seed %llu: %016llx\n", (unsigned long long)seed, (unsigned long long)world.hash);
		end_world(&world);
		if (violations && fault[0]) {
			seed++;
			break;
		}
	}
	printf("%llu seeds, %llu violations\n", (unsigned long long)(seed - first), (unsigned long long)violations);
	return violations != 0;
}
