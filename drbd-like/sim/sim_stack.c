/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_stack.h"
#include "sim_oracle.h"
#include "sim_plan.h"

#define WATCH_US	300000
#define PATIENCE_US	100000000ull

static struct sim_vol *upper(const struct sim_world *w)
{
	return w->pair[1].node[0]->vol[0];
}

bool sim_stack_uses(const struct sim_vol *v)
{
	return v->w->pairs > 1 && upper(v->w)->disk.below == v;
}

/* --- stop ------------------------------------------------------------------------------------------------------------------ */

static void went(struct sim_vol *v)
{
	sim_oracle_released(v->disk.below);
	if (v->n->up)
		sim_node_crash(v->n);
	else
		sim_disk_crash(&v->disk);	/* drbdmeta was at work */
	v->disk.below = NULL;
}

/* S went with its host; or the only disk below lost what it had told complete, and nobody may go on as if it had not. */
void sim_stack_host_crashed(struct sim_node *host)
{
	const struct sim_vol *below;

	if (host->w->pairs < 2)
		return;
	below = upper(host->w)->disk.below;
	if (below && (below->n == host || (sim_peer(below->n) == host && below->vs.state.disk != D_UP_TO_DATE)))
		went(upper(host->w));
}

void sim_stack_stop(struct sim_world *w)
{
	struct sim_vol *v = upper(w);

	if (!v->disk.below)
		return;
	sim_trace(w, v->name, "is stopped on %s", v->disk.below->name);
	went(v);
}

/* --- start ----------------------------------------------------------------------------------------------------------------- */

/* drbdmeta is through, what it wrote is on disk. */
static void prepared(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_vol *v = arg;

	(void)w;
	(void)unused;
	sim_node_boot(v->n);
}

static bool is_consistent(const struct sim_vol *v)
{
	struct drbd_md md;

	drbd_md_get(sim_disk_md(&v->disk), &md);
	return md.flags & MDF_CONSISTENT;
}

/* drbdmeta create-md. */
static void create_anew(struct sim_vol *v)
{
	u8 block[4096];
	struct drbd_md md;

	sim_oracle_excuse(v, "the resource below has lost them");
	sim_oracle_target(v);
	drbd_md_get(sim_disk_md(&v->disk), &md);
	memset(md.uuid, 0, sizeof(md.uuid));
	md.uuid[UI_CURRENT] = UUID_JUST_CREATED;
	md.flags = MDF_FULL_SYNC;
	drbd_md_put(block, &md);
	sim_disk_md_poke(&v->disk, 0, block, sizeof(block));
	sim_oracle_closed(v);
}

/* The data were given up below: take the third node's. Should that have got only a part of them, begin anew there, too. */
static void give_up(struct sim_vol *v)
{
	struct sim_vol *c = sim_peer_vol(v);

	create_anew(v);
	if (is_consistent(c))
		return;
	sim_node_crash(c->n);
	create_anew(c);
}

static void start(struct sim_vol *v, struct sim_vol *below, bool lost)
{
	sim_trace(v->w, v->name, "is started on %s%s", below->name, lost ? ", which has lost its data" : "");
	sim_disk_stack(&v->disk, below);
	if (lost)
		give_up(v);
	sim_oracle_reloaded(v);
	sim_apply_al(v);
	sim_disk_settle(&v->disk, prepared, v);
}

/* When faults have stopped, a node below that can not connect as a Primary is demoted first. */
bool sim_stack_hinders(const struct sim_vol *below)
{
	const struct sim_node *n = below->n, *p = sim_peer(n);

	return below->w->quiet && below->vs.state.conn < C_CONNECTED &&
	       (n->splits_reported || p->splits_reported || below->w->now_us > below->w->plan->end_us + PATIENCE_US);
}

/* Can S run here? The manager knows which node has what S wrote last. */
static bool fit(const struct sim_vol *below)
{
	return below->n->up && !sim_stack_hinders(below) && below->vs.state.role == R_PRIMARY && below->vs.state.disk == D_UP_TO_DATE &&
	       below->n->op.kind == OP_NONE && !drbd_suspended(&below->n->cs) && !sim_oracle_outstanding(below);
}

static void command(struct sim_vol *v, enum sim_op_kind kind)
{
	struct sim_op op = { .kind = kind };

	sim_node_command(v, &op);
}

static void watch(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_vol *v = arg, *a = w->pair[0].node[0]->vol[0], *b = w->pair[0].node[1]->vol[0], *l;

	(void)unused;
	sim_after(w, WATCH_US, NULL, watch, v, 0);
	if (v->disk.below) {
		if (v->n->up && v->vs.state.role != R_PRIMARY && !w->quiet && sim_one_in(w, 4))
			command(v, OP_PRIMARY);
		return;
	}
	l = fit(a) ? a : b;
	if (!fit(l)) {
		if (a->vs.state.role != R_PRIMARY && b->vs.state.role != R_PRIMARY && !sim_stack_hinders(a) &&
		    !sim_stack_hinders(b) && sim_one_in(w, 4))
			command(sim_one_in(w, 2) ? a : b, OP_PRIMARY);
		return;
	}
	if (sim_oracle_is_current(l))
		start(v, l, false);
	else if (w->quiet && !sim_oracle_is_current(sim_peer_vol(l)) && sim_one_in(w, 10))
		start(v, l, true);
}

void sim_stack_begin(struct sim_world *w)
{
	struct sim_vol *v = upper(w);

	sim_disk_stack_init(&v->disk, w->pair[0].node[0]->vol[0], w->pair[0].node[1]->vol[0]);
	sim_after(w, WATCH_US, NULL, watch, v, 0);
}
