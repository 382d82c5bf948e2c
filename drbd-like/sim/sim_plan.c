/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_plan.h"
#include "sim_oracle.h"
#include "sim_stack.h"

#define SECOND 1000000ull

static const char *const act_names[ACTS] = {
	"load", "promote", "demote", "crash", "boot", "crash-both", "partition", "heal", "break", "stall", "connect",
	"disconnect", "attach", "detach", "verify", "invalidate", "invalidate-remote", "outdate", "pause", "resume",
	"suspend-io", "resume-io", "disk-errors", "disk-fine", "slow-disk", "corrupt",
};

const char *sim_act_name(u8 what)
{
	return what < ACTS ? act_names[what] : "?";
}

/* How often each action comes, in 1000. */
static const u16 weight[ACTS] = {
	[ACT_LOAD] = 300, [ACT_PROMOTE] = 100, [ACT_DEMOTE] = 50, [ACT_CRASH] = 70, [ACT_BOOT] = 80, [ACT_CRASH_BOTH] = 15,
	[ACT_PARTITION] = 35, [ACT_HEAL] = 50, [ACT_BREAK] = 45, [ACT_STALL] = 25, [ACT_CONNECT] = 45,
	[ACT_DISCONNECT] = 30, [ACT_ATTACH] = 30, [ACT_DETACH] = 25, [ACT_VERIFY] = 15, [ACT_INVALIDATE] = 10,
	[ACT_INVALIDATE_REMOTE] = 8, [ACT_OUTDATE] = 6, [ACT_PAUSE] = 10, [ACT_RESUME] = 15, [ACT_SUSPEND] = 8,
	[ACT_RESUME_IO] = 15, [ACT_DISK_ERRORS] = 8, [ACT_DISK_FINE] = 10, [ACT_SLOW_DISK] = 10, [ACT_CORRUPT] = 5,
};

static u32 rnd(u64 *rng, u32 n)
{
	return (u32)(sim_random(rng) % n);
}

static bool one_in(u64 *rng, u32 n)
{
	return rnd(rng, n) == 0;
}

static u8 pick_action(u64 *rng)
{
	u32 sum = 0, at, i;

	for (i = 0; i < ACTS; i++)
		sum += weight[i];
	at = rnd(rng, sum);
	for (i = 0; at >= weight[i]; i++)
		at -= weight[i];
	return (u8)i;
}

static void make_config(struct sim_config *c, u64 *rng)
{
	static const u16 versions[] = { 95, 96, 97, 99, 100 };
	u32 i, proto = rnd(rng, 10);

	memset(c, 0, sizeof(*c));
	c->sectors = one_in(rng, 2) ? 61440 + rnd(rng, 20000) : 3000 + rnd(rng, 22000);
	c->created = one_in(rng, 4);
	c->wire_protocol = proto < 6 ? DRBD_PROT_C : proto < 8 ? DRBD_PROT_B : DRBD_PROT_A;
	c->two_primaries = c->wire_protocol == DRBD_PROT_C && one_in(rng, 6);
	if (one_in(rng, 3) && c->wire_protocol != DRBD_PROT_A)
		c->fencing = FP_RESOURCE + rnd(rng, 2);
	c->on_io_error = one_in(rng, 4) ? EP_PASS_ON : EP_DETACH;
	c->on_no_data = one_in(rng, 4) ? OND_SUSPEND_IO : OND_IO_ERROR;
	if (c->wire_protocol == DRBD_PROT_A && one_in(rng, 2)) {
		c->on_congestion = one_in(rng, 4) ? OC_DISCONNECT : OC_PULL_AHEAD;
		c->cong_fill = 8 << rnd(rng, 8);
	}
	if (one_in(rng, 3)) {
		static const u8 p0[] = { ASB_DISCONNECT, ASB_DISCARD_YOUNGER_PRI, ASB_DISCARD_OLDER_PRI,
			ASB_DISCARD_ZERO_CHG, ASB_DISCARD_LEAST_CHG };
		static const u8 p1[] = { ASB_DISCONNECT, ASB_CONSENSUS, ASB_VIOLENTLY, ASB_DISCARD_SECONDARY,
			ASB_CALL_HELPER };
		static const u8 p2[] = { ASB_DISCONNECT, ASB_VIOLENTLY, ASB_CALL_HELPER };

		c->after_sb_0p = p0[rnd(rng, 5)];
		c->after_sb_1p = p1[rnd(rng, 5)];
		c->after_sb_2p = p2[rnd(rng, 3)];
		c->always_asbp = one_in(rng, 4);
	}
	c->csums = one_in(rng, 4);
	c->rle = !one_in(rng, 4);
	c->thin = one_in(rng, 4);
	c->ordering = one_in(rng, 4) ? rnd(rng, 2) : WO_BDEV_FLUSH;
	for (i = 0; i < SIM_NODES; i++) {
		c->internal[i] = one_in(rng, 2);
		c->apv_max[i] = one_in(rng, 8) ? versions[rnd(rng, ARRAY_SIZE(versions))] : DRBD_PRO_VERSION_MAX;
	}
	if (c->two_primaries)	/* below 100 a conflict can leave blocks out of sync, by the protocol */
		c->apv_max[0] = c->apv_max[1] = DRBD_PRO_VERSION_MAX;
	c->read_balancing = one_in(rng, 3) ? rnd(rng, 11) : 0;
	c->al_extents = 7 + rnd(rng, 3);
	c->max_epoch_size = one_in(rng, 3) ? 1 + rnd(rng, 10) : 2048;
	c->resync_rate = 4000 << rnd(rng, 5);
	c->c_plan_ahead = one_in(rng, 3) ? 0 : 1 + rnd(rng, 30);
	c->vols = 1;
	c->hot_nr = 2 + rnd(rng, 20);
	for (i = 0; i < c->hot_nr; i++)
		c->hot[i] = rnd(rng, (u32)c->sectors - 64);
}

/* Drawn apart from the rest, so that older seeds keep their plans. */
static void make_auth(struct sim_config *c, u64 seed)
{
	u64 rng = seed * 0x9e3779b97f4a7c15ull + 7;

	c->auth = one_in(&rng, 3);
	c->wrong_secret = c->auth && one_in(&rng, 20);
}

static void make_resize(struct sim_config *c, u64 seed)
{
	u64 rng = seed * 0xd1342543de82ef95ull + 3;
	u32 i;

	if (!one_in(&rng, 8))
		return;
	c->limit_sect = c->sectors / 2 + rnd(&rng, (u32)c->sectors / 4);
	for (i = 0; i < ARRAY_SIZE(c->resize_ms); i++)
		c->resize_ms[i] = 3000 + rnd(&rng, 60000);
}

/* The header names the volume from version 100 on. */
static void make_volumes(struct sim_config *c, u64 seed)
{
	u64 rng = seed * 0xaf251af3b0f025b5ull + 5;
	u32 i;

	if (!one_in(&rng, 6))
		return;
	c->vols = SIM_VOLS;
	for (i = 0; i < SIM_NODES; i++)
		c->apv_max[i] = DRBD_MAX(c->apv_max[i], 100);
}

/*
 * Nobody but S uses the device below; it has no errors to tell, and what it says is done is on both nodes. The third node is
 * never Primary.
 */
static void make_stack(struct sim_plan *p, u64 seed)
{
	u64 rng = seed * 0x8cb92ba72f3d8dd7ull + 9;
	struct sim_config *c = &p->conf, *u = &p->upper;
	u32 i;

	if (!one_in(&rng, 6))
		return;
	p->stacked = true;
	c->vols = 1;
	c->created = c->two_primaries = c->thin = false;
	c->limit_sect = c->on_congestion = 0;
	c->wire_protocol = DRBD_PROT_C;
	c->on_io_error = EP_DETACH;
	c->on_no_data = OND_SUSPEND_IO;
	make_config(u, &rng);
	u->stacked = true;
	u->sectors = c->sectors - SIM_MD_SECT;
	u->created = u->two_primaries = u->thin = false;
	u->fencing = FP_DONT_CARE;
	u->on_io_error = EP_DETACH;
	u->ordering = WO_BDEV_FLUSH;
	for (i = 0; i < u->hot_nr; i++)
		u->hot[i] = rnd(&rng, (u32)u->sectors - 64);
}

void sim_plan_make(struct sim_plan *p, u64 seed)
{
	u64 rng = seed * 0x2545f4914f6cdd1dull + 99, at = 2 * SECOND;
	struct sim_action *a;

	memset(p, 0, sizeof(*p));
	make_config(&p->conf, &rng);
	make_auth(&p->conf, seed);
	make_resize(&p->conf, seed);
	make_volumes(&p->conf, seed);
	make_stack(p, seed);
	p->actions = 12 + rnd(&rng, SIM_ACTIONS_MAX - 12);
	for (a = p->action; a < p->action + p->actions; a++) {
		a->what = a < p->action + 3 ? (a == p->action ? ACT_PROMOTE : ACT_LOAD) : pick_action(&rng);
		a->node = a < p->action + 3 ? 0 : rnd(&rng, SIM_NODES);
		a->flag = one_in(&rng, 4) || (a == p->action && p->conf.created);
		a->n = rnd(&rng, 1 << 20);
		at += one_in(&rng, 3) ? rnd(&rng, 20000) : rnd(&rng, 2500000);
		a->at_us = at;
	}
	p->end_us = at + 2 * SECOND;
}

static void print_config(const struct sim_config *c)
{
	printf("# %s%u volumes of %llu sectors%s, protocol %c%s, fencing %u, on-io-error %u, on-no-data %u, "
	       "on-congestion %u/%u, after-sb %u/%u/%u, ordering %u, versions %u/%u, al-extents %u, max-epoch-size %u, "
	       "limit %llu%s%s\n", c->stacked ? "stacked, " : "", c->vols, c->sectors, c->created ? " fresh" : "",
	       "?ABC"[c->wire_protocol], c->two_primaries ? ", two primaries" : "", c->fencing, c->on_io_error,
	       c->on_no_data, c->on_congestion, c->cong_fill, c->after_sb_0p, c->after_sb_1p, c->after_sb_2p, c->ordering,
	       c->apv_max[0], c->apv_max[1], c->al_extents, c->max_epoch_size, c->limit_sect,
	       c->auth ? ", authentication" : "", c->wrong_secret ? " with a wrong secret" : "");
}

void sim_plan_print(const struct sim_plan *p)
{
	u32 i;

	print_config(&p->conf);
	if (p->stacked)
		print_config(&p->upper);
	for (i = 0; i < p->actions; i++)
		if (!p->action[i].left_out)
			printf("# %2u: %llu ms %s %s%s %u\n", i, p->action[i].at_us / 1000, p->action[i].node ? "B" : "A",
			       act_names[p->action[i].what], p->action[i].flag ? " (force)" : "", p->action[i].n);
}

/* --- the nodes ------------------------------------------------------------------------------------------------------------- */

static void configure_volume(struct sim_vol *v, const struct sim_config *c)
{
	v->disk_conf.disk_size = c->limit_sect;
	v->disk_conf.fencing = c->fencing;
	v->disk_conf.on_io_error = c->on_io_error;
	v->disk_conf.al_extents = c->al_extents;
	v->disk_conf.resync_rate = c->resync_rate;
	v->disk_conf.c_plan_ahead = c->c_plan_ahead;
	v->disk_conf.c_fill_target = 2000;
	v->disk_conf.read_balancing = c->read_balancing;
	v->disk_conf.rs_discard_granularity = c->thin ? 16384 : 0;
	v->disk_conf.disk_flushes = c->ordering == WO_BDEV_FLUSH;
	v->disk_conf.disk_drain = c->ordering != WO_NONE;
	v->disk.write_through = c->ordering != WO_BDEV_FLUSH;
	v->disk.internal = c->internal[v->n->nr];
}

static void configure(struct sim_node *n, const struct sim_config *c)
{
	struct sim_vol *v;

	n->net.wire_protocol = c->wire_protocol;
	n->net.two_primaries = c->two_primaries;
	n->net.on_congestion = c->on_congestion;
	n->net.cong_fill = c->cong_fill;
	n->net.after_sb_0p = c->after_sb_0p;
	n->net.after_sb_1p = c->after_sb_1p;
	n->net.after_sb_2p = c->after_sb_2p;
	n->net.always_asbp = c->always_asbp;
	n->net.max_epoch_size = c->max_epoch_size;
	n->net.ping_int = 1;
	n->net.timeout = 10;
	n->net.ko_count = 5;
	n->net.use_rle = c->rle;
	strcpy(n->net.verify_alg, "crc32c");
	if (c->csums)
		strcpy(n->net.csums_alg, "crc32c");
	if (c->auth) {
		strcpy(n->net.cram_hmac_alg, "sha1");
		strcpy(n->net.shared_secret, c->wrong_secret && n->nr ? "guess" : "secret");
	}
	n->res.on_no_data = c->on_no_data;
	n->apv_max = c->apv_max[n->nr];
	for_each_vol(v, n)
		configure_volume(v, c);
}

/* --- application --------------------------------------------------------------------------------------------------------------- */

struct load {
	struct sim_vol *v;
	u32 left;
	u32 gap_us;
};

static struct sim_bio *make_bio(const struct sim_vol *v)
{
	struct sim_world *w = v->w;
	const struct sim_config *c = v->n->pair->conf;
	u64 capacity_sect = v->sizes.capacity_sect;
	struct sim_bio *bio = sim_alloc(w, sizeof(*bio));
	u32 kind = sim_rnd(w, 20);

	bio->id = ++w->ios;
	if (kind == 0 && !c->stacked) {
		bio->flags = RQ_WRITE | RQ_FLUSH;
		return bio;
	}
	bio->sector = c->hot[sim_rnd(w, c->hot_nr)] + sim_rnd(w, 24);
	bio->size_byte = sim_one_in(w, 3) ? (1 + sim_rnd(w, 40)) * 512 : (1 + sim_rnd(w, 4)) * 4096;
	if (sim_one_in(w, 2))
		bio->sector &= ~7ull;
	if (bio->sector >= capacity_sect)
		bio->sector %= capacity_sect;
	bio->size_byte = (u32)DRBD_MIN(bio->size_byte, (capacity_sect - bio->sector) * 512);
	if (kind < 6)
		return bio;	/* a read */
	bio->flags = RQ_WRITE;
	if (kind == 6 && !c->two_primaries && !c->stacked && c->apv_max[0] >= 100 && c->apv_max[1] >= 100) {
		bio->flags |= sim_one_in(w, 2) ? RQ_DISCARD : RQ_ZEROES;
		bio->zeroes = true;
		return bio;
	}
	if (kind < 9)
		bio->flags |= RQ_FUA | (sim_one_in(w, 2) ? RQ_FLUSH : 0);
	return bio;
}

static void load_next(struct sim_world *w, void *arg, u64 unused)
{
	struct load *l = arg;
	struct sim_vol *v = l->v;

	(void)unused;
	/* a device whose role is being changed is not open */
	if (v->vs.state.role == R_PRIMARY &&
	    ((v->n->op.kind != OP_PRIMARY && v->n->op.kind != OP_SECONDARY) || v->n->op.v != v) &&
	    sim_oracle_outstanding(v) < 64 && v->sizes.capacity_sect)
		sim_node_submit(v, make_bio(v));
	if (--l->left)
		sim_after(w, sim_rnd(w, l->gap_us), &v->n->gen, load_next, l, 0);
}

static void begin_load(struct sim_vol *v, u32 r)
{
	struct load *l = sim_alloc(v->w, sizeof(*l));

	if (!v->n->up)
		return;
	l->v = v;
	l->left = 1 + r % 60;
	l->gap_us = 10u << (r / 64 % 14);
	sim_after(v->w, 0, &v->n->gen, load_next, l, 0);
}

/* --- actions ----------------------------------------------------------------------------------------------------------------------- */

static void command(struct sim_vol *v, enum sim_op_kind kind, bool flag)
{
	struct sim_op op;

	memset(&op, 0, sizeof(op));
	op.kind = kind;
	op.force = flag && kind != OP_CONNECT;
	op.discard_my_data = flag && kind == OP_CONNECT;
	sim_node_command(v, &op);
}

static void corrupt(struct sim_vol *v)
{
	struct sim_world *w = v->w;
	const struct sim_config *c = v->n->pair->conf;
	u64 s = c->hot[sim_rnd(w, c->hot_nr)];
	u32 was = v->disk.now[s];

	if (s >= v->sizes.capacity_sect || !sim_oracle_settled(w) || v->rv.writes.root || sim_peer_vol(v)->rv.writes.root)
		return;
	sim_oracle_corrupted(v, s);
	v->disk.now[s] = v->disk.stable[s] = SIM_CORRUPT + sim_rnd(w, 1 << 20);
	sim_oracle_content(v, s, was, v->disk.now[s]);
	sim_trace(w, v->name, "sector %llu corrupted", s);
}

static void disk_errors(struct sim_disk *d, u32 n)
{
	d->fail_reads = n & 1 ? 20 : 0;
	d->fail_writes = n & 2 ? 20 : 0;
	/* a disk that can keep neither data nor meta-data has to be replaced, not attached again */
	d->fail_md = n & 3 ? 0 : 20;
}

/* Which resource an action is for: the application uses the upper one. */
static struct sim_pair *pair_of(struct sim_world *w, const struct sim_action *a)
{
	if (w->pairs == 1 || a->what == ACT_CORRUPT)
		return &w->pair[0];
	return &w->pair[a->what == ACT_LOAD || a->n / 3 % 2];
}

/* What cannot be done to a stacked resource, or is not: S starts, and its disk comes and goes, with the node below. */
static bool not_stacked(const struct sim_pair *pair, const struct sim_action *a)
{
	if (pair == pair->w->pair)
		return pair->w->pairs > 1 && (a->what == ACT_CORRUPT || a->what == ACT_DISK_ERRORS);
	switch (a->what) {
	case ACT_PROMOTE:
	case ACT_INVALIDATE:
	case ACT_INVALIDATE_REMOTE:
	case ACT_DISK_ERRORS:
	case ACT_SLOW_DISK:
	case ACT_OUTDATE:	return true;
	case ACT_ATTACH:
	case ACT_DETACH:
	case ACT_CRASH_BOTH:
	case ACT_BOOT:		return a->node == 0;
	default:		return false;
	}
}

static void crash(struct sim_node *n)
{
	if (sim_stack_is_upper(n))
		sim_stack_stop(n->w);
	else
		sim_node_crash(n);
}

static void act(struct sim_world *w, void *arg, u64 unused)
{
	const struct sim_action *a = arg;
	struct sim_pair *pair = pair_of(w, a);
	struct sim_node *n = pair->node[a->what == ACT_LOAD && w->pairs > 1 ? 0 : a->node];
	struct sim_vol *v = n->vol[a->n / 7 % pair->vols];

	(void)unused;
	if (not_stacked(pair, a))
		return;
	sim_trace(w, NULL, "# %s %s%s %u", act_names[a->what], v->name, a->flag ? " (force)" : "", a->n);
	switch (a->what) {
	case ACT_LOAD:		begin_load(v, a->n); break;
	case ACT_PROMOTE:	command(v, OP_PRIMARY, a->flag && (w->now_us < 6 * SECOND || a->n % 8 == 0)); break;
	case ACT_DEMOTE:	command(v, OP_SECONDARY, false); break;
	case ACT_CRASH:		crash(n); break;
	case ACT_BOOT:		sim_node_boot(n); break;
	case ACT_CRASH_BOTH:	sim_node_crash(w->pair[0].node[0]); sim_node_crash(w->pair[0].node[1]); break;
	case ACT_PARTITION:	sim_net_partition(pair->net, true); break;
	case ACT_HEAL:		sim_net_partition(pair->net, false); break;
	case ACT_BREAK:		sim_net_break(pair->net); break;
	case ACT_STALL:		sim_net_stall(pair->net, a->node, (a->n % 1000) * 4000); break;
	case ACT_CONNECT:	command(v, OP_CONNECT, a->flag && a->n % 4 == 0); break;
	case ACT_DISCONNECT:	command(v, OP_DISCONNECT, a->flag); break;
	case ACT_ATTACH:	command(v, OP_ATTACH, false); break;
	case ACT_DETACH:	command(v, OP_DETACH, a->flag); break;
	case ACT_VERIFY:	command(v, OP_VERIFY, false); break;
	case ACT_INVALIDATE:	command(v, OP_INVALIDATE, false); break;
	case ACT_INVALIDATE_REMOTE: command(v, OP_INVALIDATE_REMOTE, false); break;
	case ACT_OUTDATE:	command(v, OP_OUTDATE, false); break;
	case ACT_PAUSE:		command(v, OP_PAUSE, false); break;
	case ACT_RESUME:	command(v, OP_RESUME, false); break;
	case ACT_SUSPEND:	command(v, OP_SUSPEND_IO, false); break;
	case ACT_RESUME_IO:	command(v, OP_RESUME_IO, false); break;
	case ACT_DISK_ERRORS:	disk_errors(&v->disk, a->n); break;
	case ACT_DISK_FINE:	disk_errors(&v->disk, 4); v->disk.fail_md = 0; break;
	case ACT_SLOW_DISK:	v->disk.latency_us = a->flag ? 100000 : 500; break;
	case ACT_CORRUPT:	corrupt(v); break;
	}
}

/* The configuration files say so on both nodes from now on. */
static void resize(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_vol *v = arg;

	(void)w;
	(void)unused;
	if (v->vs.state.conn != C_CONNECTED)
		return;
	v->disk_conf.disk_size = sim_peer_vol(v)->disk_conf.disk_size = 0;
	command(v, OP_RESIZE, false);
}

/* What nobody has written yet is different on both disks. */
static void fill_rest(struct sim_vol *v)
{
	u64 s;

	for (s = v->n->pair->conf->limit_sect; s < v->disk.sectors; s++) {
		v->disk.now[s] = v->disk.stable[s] = 1 + v->n->nr;
		sim_oracle_content(v, s, 0, 1 + v->n->nr);
	}
}

static void begin_pair(struct sim_world *w, const struct sim_config *c)
{
	struct sim_pair *pair = &w->pair[w->pairs++];
	u64 uuid = sim_random(&w->rng);
	struct sim_vol *v;
	u32 i, j;

	pair->w = w;
	pair->conf = c;
	pair->vols = c->vols;
	sim_net_init(pair);
	for (i = 0; i < SIM_NODES; i++) {
		sim_node_new(pair, i, uuid);
		configure(pair->node[i], c);
	}
	sim_oracle_init(pair);
	for (i = 0; c->limit_sect && i < SIM_NODES; i++)
		for_each_vol(v, pair->node[i]) {
			fill_rest(v);
			for (j = i; j < ARRAY_SIZE(c->resize_ms); j += SIM_NODES)
				sim_after(w, c->resize_ms[j] * 1000ull, NULL, resize, v, 0);
		}
	for (i = 0; i < SIM_NODES; i++)
		if (!sim_stack_is_upper(pair->node[i]))
			sim_node_boot(pair->node[i]);
}

void sim_plan_begin(struct sim_world *w, const struct sim_plan *p)
{
	const struct sim_action *a;

	w->plan = p;
	w->pair = sim_alloc(w, 2 * sizeof(*w->pair));
	begin_pair(w, &p->conf);
	if (p->stacked) {
		begin_pair(w, &p->upper);
		sim_stack_begin(w);
	}
	for (a = p->action; a < p->action + p->actions; a++)
		if (!a->left_out)
			sim_after(w, a->at_us, NULL, act, (void *)a, 0);
}

/* --- when faults have stopped ---------------------------------------------------------------------------------------------------------- */

/* What an operator does next for this volume; false: nothing. */
static bool repair_volume(struct sim_vol *v)
{
	struct sim_node *n = v->n, *p = sim_peer(n);
	struct sim_vol *pv = sim_peer_vol(v);
	struct sim_world *w = n->w;
	bool split = n->splits_reported || p->splits_reported;
	union drbd_state s = v->vs.state;

/* --- when faults have stopped ---------------------------------------------------------------------------------------------------------- */

	if ((sim_stack_uses(v) && sim_stack_hinders(v)) || (v->disk.stacked && !v->disk_open))
		sim_stack_stop(w);
	else if (n->cs.susp || ((n->cs.susp_nod || n->cs.susp_fen) && w->now_us > w->plan->end_us + 60 * SECOND))
		command(v, OP_RESUME_IO, false);
	else if (s.user_isp)
		command(v, OP_RESUME, false);
	else if (s.disk == D_NEGOTIATING && !sim_rnd(w, 20))
		command(v, OP_DISCONNECT, false);	/* the peer saw a split brain and says nothing */
	else if (!v->disk_open && s.disk == D_DISKLESS && s.conn == C_CONNECTED &&
		 (split || s.pdsk == D_INCONSISTENT) && !sim_rnd(w, 8))
		/* found at an attach, or nobody has good data: solved when they meet again */
		command(v, s.role == R_PRIMARY ? OP_SECONDARY : OP_DISCONNECT, false);
	else if (!v->disk_open && s.disk == D_DISKLESS && (s.role != R_PRIMARY || s.pdsk == D_UP_TO_DATE || !sim_rnd(w, 4)))
		command(v, OP_ATTACH, false);
	else if (s.role == R_PRIMARY && !sim_stack_uses(v) && (split || !v->disk_open || w->now_us > w->plan->end_us + 100 * SECOND))
		command(v, OP_SECONDARY, false);
	else if (v->disk_open && s.role != R_PRIMARY && s.conn < C_CONNECTED && v->sizes.user_sect &&
		 !v->disk_conf.disk_size && s.disk >= D_INCONSISTENT)
		command(v, OP_DETACH, false);	/* it was away when the device was resized: attach it without the limit */
	else if (n->cs.cstate == C_STANDALONE && s.disk == D_INCONSISTENT && pv->vs.state.disk <= D_INCONSISTENT &&
		 n->nr == 0 && !sim_rnd(w, 20))
		command(v, OP_PRIMARY, true);	/* nobody has good data: take this node's */
	else if (s.conn > C_CONNECTED && w->now_us > w->plan->end_us + 60 * SECOND && !sim_rnd(w, 40))
		command(v, OP_DISCONNECT, false);	/* a resync with failed blocks */
	else if (s.conn == C_CONNECTED && s.disk != D_UP_TO_DATE && s.pdsk != D_UP_TO_DATE && n->nr == 0 &&
		 s.disk >= D_INCONSISTENT)
		command(v, OP_PRIMARY, true);
	else if (s.conn == C_CONNECTED && s.disk == D_INCONSISTENT && s.pdsk == D_UP_TO_DATE && !sim_rnd(w, 8))
		command(v, OP_INVALIDATE, false);
	else if (s.conn == C_CONNECTED && s.pdsk == D_INCONSISTENT && s.disk == D_UP_TO_DATE && !sim_rnd(w, 8))
		command(v, OP_INVALIDATE_REMOTE, false);
	else
		return false;
	return true;
}

static void repair_node(struct sim_node *n)
{
	struct sim_vol *v;

	if (!sim_stack_is_upper(n))
		sim_node_boot(n);
	if (!n->up || !sim_node_idle(n))
		return;
	for_each_vol(v, n)
		if (repair_volume(v))
			return;
	if (n->cs.cstate == C_STANDALONE)
		command(n->vol[0], OP_CONNECT, (n->splits_reported || sim_peer(n)->splits_reported) &&
			n->nr == (int)(n->w->seed & 1));
}

static void repair_disk(struct sim_disk *d)
{
	d->fail_reads = d->fail_writes = d->fail_md = 0;
	d->latency_us = 500;
}

void sim_plan_repair(struct sim_world *w)
{
	struct sim_pair *pair;
	struct sim_vol *v;
	u32 i;

	for (pair = w->pair; pair < w->pair + w->pairs; pair++) {
		for (i = 0; i < SIM_NODES; i++) {
			for_each_vol(v, pair->node[i])
				repair_disk(&v->disk);
			if (pair->conf->auth)
				strcpy(pair->node[i]->net.shared_secret, "secret");
			repair_node(pair->node[i]);
		}
		if (pair->net->partitioned)
			sim_net_partition(pair->net, false);
	}
}
