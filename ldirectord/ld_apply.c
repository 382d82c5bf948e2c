/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_apply.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/fault.h"

static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{ "flag-1", IPVS_F_SCHED1 }, { "sh-fallback", IPVS_F_SCHED1 }, { "mh-fallback", IPVS_F_SCHED1 },
	{ "flag-2", IPVS_F_SCHED2 }, { "sh-port", IPVS_F_SCHED2 },     { "mh-port", IPVS_F_SCHED2 },
	{ "flag-3", IPVS_F_SCHED3 },
};

static uint32_t sched_flags(const char *list)
{
	uint32_t value = 0;
	size_t len, i;

	for (; list && *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (strlen(flags[i].name) == len && !strncmp(flags[i].name, list, len))
				value |= flags[i].flag;
	}
	return value;
}

static void set_addr(union ipvs_addr *to, const struct ld_addr *from)
{
	memset(to, 0, sizeof(*to));
	if (from->family == AF_INET6)
		to->v6 = from->ip.v6;
	else
		to->v4 = from->ip.v4;
}

void ld_apply_service(const struct ld_virtual *v, struct ipvs_service *svc)
{
	memset(svc, 0, sizeof(*svc));
	svc->af = v->family;
	svc->fwmark = v->mark;
	if (v->proto != LD_FWM) {
		svc->protocol = v->proto == LD_UDP ? IPPROTO_UDP : IPPROTO_TCP;
		set_addr(&svc->addr, &v->addr);
		svc->port = v->port;
	}
	snprintf(svc->sched, sizeof(svc->sched), "%s", v->scheduler);
	svc->netmask = v->family == AF_INET6 ? 128 : 0xffffffff;
	svc->flags = sched_flags(v->schedflags);
	if (v->proto == LD_UDP && v->ops)
		svc->flags |= IPVS_F_ONEPACKET;
	if (v->persistent_s) {
		svc->flags |= IPVS_F_PERSISTENT;
		svc->timeout_s = (uint32_t)v->persistent_s;
		if (v->netmask)
			svc->netmask = v->family == AF_INET6 ? (uint32_t)atoi(v->netmask) : inet_addr(v->netmask);
	}
}

static bool same_service(const struct ipvs_service *a, const struct ipvs_service *b)
{
	if (strcmp(a->sched, b->sched) || (a->flags & ~(uint32_t)IPVS_F_HASHED) != (b->flags & ~(uint32_t)IPVS_F_HASHED))
		return false;
	return !(a->flags & IPVS_F_PERSISTENT) || (a->timeout_s == b->timeout_s && a->netmask == b->netmask);
}

/* Entries of both tables in one order, so that one walk finds what belongs together. */
struct place {
	union ipvs_addr addr;
	uint16_t port;
	const struct ld_want *want;
	const struct ipvs_dest *dest;
};

static int compare(const void *a, const void *b)
{
	const struct place *pa = a, *pb = b;
	int order = memcmp(&pa->addr, &pb->addr, sizeof(pa->addr));

	return order ? order : (int)pa->port - (int)pb->port;
}

static void add_step(struct ld_plan *plan, enum ipvs_op op, const struct ld_want *want, const struct ipvs_dest *dest, int weight)
{
	struct ld_step *step = &plan->step[plan->steps++];

	step->op = op;
	step->want = want;
	step->dest = dest;
	step->weight = (uint32_t)weight;
}

/* The kernel marks its own addresses as local, whatever was asked for. */
static bool same_method(const struct ld_want *want, const struct ipvs_dest *dest)
{
	uint32_t fwd = dest->fwd & IPVS_FWD_MASK;

	return fwd == (uint32_t)want->server->method || fwd == IPVS_FWD_LOCAL;
}

static void plan_present(struct ld_plan *plan, const struct ld_want *want, const struct ipvs_dest *dest, bool touched)
{
	const struct ld_server *server = want->server;

	if (!dest)
		add_step(plan, IPVS_OP_ADD_DEST, want, NULL, want->weight);
	else if (touched && (dest->weight != (uint32_t)want->weight || !same_method(want, dest) ||
			     dest->u_thresh != server->u_thresh || dest->l_thresh != server->l_thresh))
		add_step(plan, IPVS_OP_EDIT_DEST, want, dest, want->weight);
}

static void plan_quiet(struct ld_plan *plan, const struct ld_want *want, const struct ipvs_dest *dest, bool touched)
{
	if (dest && touched && (dest->weight || !same_method(want, dest)))
		add_step(plan, IPVS_OP_EDIT_DEST, want, dest, 0);
}

static void plan_want(struct ld_plan *plan, const struct ld_want *want, const struct ipvs_dest *dest, bool full)
{
	bool touched = full || want->touched;

	switch (want->kind) {
	case LD_KEEP:
		break;
	case LD_PRESENT:
		plan_present(plan, want, dest, touched);
		break;
	case LD_QUIET_ADD:
		if (!dest)
			add_step(plan, IPVS_OP_ADD_DEST, want, NULL, 0);
		/* fall through */
	case LD_QUIET:
		plan_quiet(plan, want, dest, touched);
		break;
	case LD_DRAIN:
		if (dest && (dest->active_conns || dest->inact_conns)) {
			plan_quiet(plan, want, dest, touched);
			break;
		}
		/* fall through */
	case LD_ABSENT:
		if (dest && touched)
			add_step(plan, IPVS_OP_DEL_DEST, want, dest, 0);
		break;
	}
}

static void plan_service(struct ld_plan *plan, const struct ld_virtual *v, const struct ipvs_service *svc, bool full)
{
	struct ipvs_service configured;

	ld_apply_service(v, &configured);
	if (!svc)
		add_step(plan, IPVS_OP_ADD_SERVICE, NULL, NULL, 0);
	else if (full && !same_service(svc, &configured))
		add_step(plan, IPVS_OP_EDIT_SERVICE, NULL, NULL, 0);
}

/* Additions first and removals last, so that the service is never without a server that it could have. */
static int step_rank(const struct ld_step *step)
{
	switch (step->op) {
	case IPVS_OP_ADD_SERVICE:
	case IPVS_OP_EDIT_SERVICE:
		return 0;
	case IPVS_OP_ADD_DEST:
		return 1;
	case IPVS_OP_EDIT_DEST:
		return 2;
	default:
		return 3;
	}
}

static int order_steps(struct ld_plan *plan)
{
	struct ld_step *ordered = calloc(plan->steps + 1, sizeof(*ordered));
	size_t i, n = 0;
	int rank;

	if (!ordered)
		return -ENOMEM;
	for (rank = 0; rank <= 3; rank++)
		for (i = 0; i < plan->steps; i++)
			if (step_rank(&plan->step[i]) == rank)
				ordered[n++] = plan->step[i];
	free(plan->step);
	plan->step = ordered;
	return 0;
}

int ld_apply_plan(const struct ld_virtual *v, const struct ld_want *want, size_t wants, const struct ipvs_service *svc,
		  const struct ipvs_dest *dest, size_t dests, bool full, struct ld_plan *plan)
{
	struct place *place = calloc(wants + dests + 1, sizeof(*place)), *w, *d, *w_end, *d_end;
	size_t i;
	int order;

	plan->step = calloc(wants + dests + 1, sizeof(*plan->step));
	plan->steps = 0;
	if (!place || !plan->step) {
		free(place);
		free(plan->step);
		return -ENOMEM;
	}
	w = place;
	w_end = d = place + wants;
	d_end = d + dests;
	for (i = 0; i < wants; i++) {
		set_addr(&w[i].addr, &want[i].server->addr);
		w[i].port = want[i].port;
		w[i].want = &want[i];
	}
	for (i = 0; i < dests; i++) {
		d[i].addr = dest[i].addr;
		d[i].port = dest[i].port;
		d[i].dest = &dest[i];
	}
	qsort(w, wants, sizeof(*w), compare);
	qsort(d, dests, sizeof(*d), compare);
	plan_service(plan, v, svc, full);
	while (w < w_end || d < d_end) {
		order = w == w_end ? 1 : d == d_end ? -1 : compare(w, d);
		if (order <= 0)
			plan_want(plan, w->want, order ? NULL : d->dest, full);
		else if (full)
			add_step(plan, IPVS_OP_DEL_DEST, NULL, d->dest, 0);
		w += order <= 0;
		d += order >= 0;
	}
	free(place);
	if (order_steps(plan)) {
		free(plan->step);
		return -ENOMEM;
	}
	return 0;
}

void ld_apply_change(const struct ld_virtual *v, const struct ld_step *step, struct ipvs_change *change)
{
	memset(change, 0, sizeof(*change));
	change->op = step->op;
	ld_apply_service(v, &change->svc);
	if (step->dest)
		change->dest = *step->dest;
	if (!step->want)
		return;
	change->dest.af = step->want->server->addr.family;
	set_addr(&change->dest.addr, &step->want->server->addr);
	change->dest.port = step->want->port;
	change->dest.fwd = (uint32_t)step->want->server->method;
	change->dest.weight = step->weight;
	if (step->want->kind == LD_PRESENT) {
		change->dest.u_thresh = step->want->server->u_thresh;
		change->dest.l_thresh = step->want->server->l_thresh;
	}
}

static void dest_text(const struct ipvs_dest *dest, char *text, size_t size)
{
	struct ld_addr addr = { .family = dest->af };
	char host[LD_ADDR_TEXT];

	if (dest->af == AF_INET6)
		addr.ip.v6 = dest->addr.v6;
	else
		addr.ip.v4 = dest->addr.v4;
	snprintf(text, size, "%s:%u", ld_addr_text(&addr, host), dest->port);
}

void ld_apply_line(const struct ld_virtual *v, const struct ld_step *step, char line[LD_LINE_BYTE])
{
	const struct ld_want *want = step->want;
	char host[LD_ADDR_TEXT], mapped[LD_ADDR_TEXT + 32] = "", where[LD_ADDR_TEXT + 16];
	const char *what = want && want->fallback ? "fallback" : "real", *verb;

	if (step->op == IPVS_OP_ADD_SERVICE || step->op == IPVS_OP_EDIT_SERVICE) {
		snprintf(line, LD_LINE_BYTE, "%s virtual server: %s", step->op == IPVS_OP_ADD_SERVICE ? "Added" : "Changed", v->name);
		return;
	}
	if (!want || want->leaving) {
		if (step->dest)
			dest_text(step->dest, where, sizeof(where));
		snprintf(line, LD_LINE_BYTE, "%s real server (start): %s (%s)", step->op == IPVS_OP_DEL_DEST ? "Purged" : "Draining",
			 where, v->name);
		return;
	}
	ld_addr_text(&want->server->addr, host);
	if (step->op == IPVS_OP_DEL_DEST) {
		if (want->port != want->server->port)
			snprintf(mapped, sizeof(mapped), ":%u mapped from %s", want->port, host);
		snprintf(line, LD_LINE_BYTE, "Deleted %s server: %s%s:%u (%s)", what, host, mapped, want->server->port, v->name);
		return;
	}
	if (want->kind == LD_PRESENT)
		verb = step->op == IPVS_OP_ADD_DEST ? "Added" : "Restored";
	else if (want->kind == LD_DRAIN)
		verb = "Draining";
	else
		verb = step->op == IPVS_OP_ADD_DEST ? "Readd Quiescent" : "Quiescent";
	snprintf(line, LD_LINE_BYTE, "%s %s server: %s:%u (%s) (Weight set to %u)", verb, what, host, want->server->port, v->name,
		 step->weight);
}

/* Makes the change of one step; a failure is named with what it was about. */
static int carry_out(struct ld_table *table, const struct ld_virtual *v, const struct ld_step *step, ld_applied_fn applied,
		     void *arg)
{
	struct ipvs_change change;
	char line[LD_LINE_BYTE];
	int err;

	ld_apply_change(v, step, &change);
	ld_apply_line(v, step, line);
	err = ld_table_change(table, &change);
	if (err)
		log_err("failed: %s: %s", line, strerror(-err));
	else
		applied(step, line, arg);
	return err;
}

int ld_apply(struct ld_table *table, struct ld_pool *pool, int64_t now_ms, bool full, ld_applied_fn applied, void *arg)
{
	const struct ld_virtual *v = pool->virtual;
	struct ipvs_service id, svc;
	struct ipvs_dest *dest = NULL;
	struct ld_want *want = calloc(ld_pool_max_wants(pool), sizeof(*want));
	struct ld_plan plan = { .steps = 0 };
	size_t dests = 0, wants, i;
	int err, first_err = 0;
	bool present;

	if (!want)
		return -ENOMEM;
	ld_apply_service(v, &id);
	err = ld_table_read(table, &id, &svc, &dest, &dests);
	present = !err;
	if (err && err != -ESRCH) {
		log_err("reading the table for %s: %s", v->id, strerror(-err));
		goto free_want;
	}
	wants = ld_pool_wanted(pool, now_ms, want);
	err = ld_apply_plan(v, want, wants, present ? &svc : NULL, dest, dests, full || !present, &plan);
	if (err)
		goto free_dest;
	for (i = 0; i < plan.steps; i++) {
		err = carry_out(table, v, &plan.step[i], applied, arg);
		first_err = first_err ? first_err : err;
		/* without the service nothing else can be done */
		if (err && plan.step[i].op == IPVS_OP_ADD_SERVICE)
			break;
	}
	err = first_err;
	free(plan.step);
free_dest:
	free(dest);
free_want:
	free(want);
	return err;
}

static void adopt(struct ld_pool *pool, const struct ipvs_dest *dest, size_t dests, struct place *place)
{
	const struct ld_virtual *v = pool->virtual;
	struct place key, *found;
	size_t i;

	for (i = 0; i < dests; i++) {
		place[i].addr = dest[i].addr;
		place[i].port = dest[i].port;
		place[i].dest = &dest[i];
	}
	qsort(place, dests, sizeof(*place), compare);
	for (i = 0; i < v->servers; i++) {
		set_addr(&key.addr, &v->server[i].addr);
		key.port = ld_kernel_port(v, &v->server[i]);
		found = bsearch(&key, place, dests, sizeof(*place), compare);
		if (found && found->dest->weight && pool->member[i].state == LD_UNKNOWN)
			pool->member[i].adopted = true;
	}
}

int ld_apply_adopt(struct ld_table *table, struct ld_pool *pool)
{
	struct ipvs_service id, svc;
	struct ipvs_dest *dest;
	struct place *place;
	size_t dests;
	int err;

	ld_apply_service(pool->virtual, &id);
	err = ld_table_read(table, &id, &svc, &dest, &dests);
	if (err)
		return err == -ESRCH ? 0 : err;
	place = calloc(dests + 1, sizeof(*place));
	if (place)
		adopt(pool, dest, dests, place);
	else
		err = -ENOMEM;
	free(place);
	free(dest);
	return err;
}

int ld_apply_remove(struct ld_table *table, const struct ld_virtual *v, const char *when, ld_applied_fn applied, void *arg)
{
	struct ld_step step = { .op = IPVS_OP_DEL_DEST };
	struct ipvs_change change;
	struct ipvs_service svc;
	struct ipvs_dest *dest;
	char line[LD_LINE_BYTE], text[LD_ADDR_TEXT + 16];
	size_t dests, i;
	int err;

	memset(&change, 0, sizeof(change));
	ld_apply_service(v, &change.svc);
	err = ld_table_read(table, &change.svc, &svc, &dest, &dests);
	if (err)
		return err == -ESRCH ? 0 : err;
	for (i = 0; i < dests; i++) {
		/* those that are not up go with the service */
		if (!dest[i].weight)
			continue;
		dest_text(&dest[i], text, sizeof(text));
		change.op = IPVS_OP_DEL_DEST;
		change.dest = dest[i];
		snprintf(line, sizeof(line), "Purged real server (%s): %s (%s)", when, text, v->name);
		err = ld_table_change(table, &change);
		step.dest = &dest[i];
		if (!err)
			applied(&step, line, arg);
	}
	free(dest);
	step.dest = NULL;
	step.op = change.op = IPVS_OP_DEL_SERVICE;
	snprintf(line, sizeof(line), "Purged virtual server (%s): %s", when, v->name);
	err = ld_table_change(table, &change);
	if (err)
		log_err("failed: %s: %s", line, strerror(-err));
	else
		applied(&step, line, arg);
	return err;
}
