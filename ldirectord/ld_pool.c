/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"

struct place {
	const struct ld_server *server;
	size_t nr;
	uint16_t port;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *pa = a, *pb = b;
	int order = memcmp(&pa->server->addr.ip, &pb->server->addr.ip, pa->server->addr.family == AF_INET6 ? 16 : 4);

	if (order)
		return order;
	if (pa->port != pb->port)
		return pa->port < pb->port ? -1 : 1;
	return pa->nr < pb->nr ? -1 : pa->nr > pb->nr;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->port == b->port && ld_addr_equal(&a->server->addr, &b->server->addr);
}

/* Gives every server its slot, in the order of the section. */
static int find_slots(struct ld_pool *pool)
{
	const struct ld_virtual *v = pool->virtual;
	struct place *place = calloc(v->servers + 1, sizeof(*place));
	size_t i;

	if (!place)
		return -ENOMEM;
	for (i = 0; i < v->servers; i++) {
		place[i].server = &v->server[i];
		place[i].nr = i;
		place[i].port = ld_kernel_port(v, &v->server[i]);
	}
	qsort(place, v->servers, sizeof(*place), compare_places);
	/* first the number of the first server with the same place, then the slot of that */
	for (i = 0; i < v->servers; i++)
		pool->slot[place[i].nr] = i && same_place(&place[i], &place[i - 1]) ? pool->slot[place[i - 1].nr] : place[i].nr;
	for (i = 0; i < v->servers; i++)
		pool->slot[i] = pool->slot[i] == i ? pool->slots++ : pool->slot[pool->slot[i]];
	free(place);
	return 0;
}

static void find_fallback(struct ld_pool *pool)
{
	const struct ld_virtual *v = pool->virtual;
	const struct ld_server *s;

	pool->has_fallback = ld_fallback(pool->config, v, &pool->fallback) != NULL;
	for (s = v->server; pool->has_fallback && s < v->server + v->servers; s++)
		if (ld_addr_equal(&s->addr, &pool->fallback.addr) && ld_kernel_port(v, s) == ld_kernel_port(v, &pool->fallback))
			pool->has_fallback = false;
}

int ld_pool_init(struct ld_pool *pool, const struct ld_config *config, const struct ld_virtual *virtual)
{
	memset(pool, 0, sizeof(*pool));
	pool->config = config;
	pool->virtual = virtual;
	pool->member = calloc(virtual->servers + 1, sizeof(*pool->member));
	pool->slot = calloc(virtual->servers + 1, sizeof(*pool->slot));
	if (!pool->member || !pool->slot || find_slots(pool)) {
		ld_pool_free(pool);
		return -ENOMEM;
	}
	find_fallback(pool);
	return 0;
}

void ld_pool_free(struct ld_pool *pool)
{
	free(pool->member);
	free(pool->slot);
	free(pool->leaving);
	pool->member = NULL;
	pool->slot = NULL;
	pool->leaving = NULL;
}

static int option(const struct ld_pool *pool, size_t offset, int otherwise)
{
	const char *section = (const char *)&pool->virtual->opt, *file = (const char *)&pool->config->opt;

	return ld_option(*(const int *)(const void *)(section + offset), *(const int *)(const void *)(file + offset), otherwise);
}

#define OPTION(pool, name, otherwise) option(pool, offsetof(struct ld_options, name), otherwise)

bool ld_pool_up(const struct ld_pool *pool, size_t nr)
{
	const struct ld_member *m = &pool->member[nr];

	return m->state == LD_UP || (m->state == LD_UNKNOWN && m->adopted);
}

bool ld_pool_all_down(const struct ld_pool *pool)
{
	size_t i;

	for (i = 0; i < pool->virtual->servers; i++)
		if (ld_pool_up(pool, i))
			return false;
	return true;
}

static void enter(struct ld_member *m, enum ld_state state, int64_t now_ms)
{
	m->state = state;
	m->since_ms = now_ms;
	m->failures = m->rises = 0;
	m->rising_ms = m->drain_until_ms = 0;
	m->quiesce_add = false;
	m->touched = true;
}

static enum ld_change result_up(struct ld_pool *pool, struct ld_member *m, int64_t now_ms)
{
	enum ld_change change = m->failures ? LD_FAILURES_RESET : LD_NO_CHANGE;
	bool first = m->state == LD_UNKNOWN;

	m->failures = 0;
	if (m->state == LD_UP)
		return change;
	if (first && m->adopted) {
		enter(m, LD_UP, now_ms);
		return change;
	}
	if (!first && ++m->rises < OPTION(pool, rise_count, 1))
		return LD_SOFT_RISE;
	enter(m, LD_UP, now_ms);
	if (!first && OPTION(pool, slow_start_s, 0) > 0)
		m->rising_ms = now_ms;
	return LD_WENT_UP;
}

static enum ld_change result_down(struct ld_pool *pool, struct ld_member *m, int64_t now_ms)
{
	bool first = m->state == LD_UNKNOWN && !m->adopted;
	bool adopted = m->adopted;

	m->rises = 0;
	if (m->state == LD_DOWN)
		return LD_NO_CHANGE;
	if (m->state == LD_MAINTENANCE) {
		enter(m, LD_DOWN, now_ms);
		return LD_NO_CHANGE;
	}
	if (!first && ++m->failures < OPTION(pool, failure_count, 1))
		return LD_SOFT_FAILURE;
	enter(m, LD_DOWN, now_ms);
	m->quiesce_add = first && !adopted;
	return LD_WENT_DOWN;
}

static enum ld_change result_maintenance(struct ld_pool *pool, struct ld_member *m, int64_t now_ms)
{
	int drain_s = OPTION(pool, drain_s, 0);
	bool up = m->state == LD_UP || (m->state == LD_UNKNOWN && m->adopted), first = m->state == LD_UNKNOWN && !m->adopted;

	if (m->state == LD_MAINTENANCE)
		return LD_NO_CHANGE;
	enter(m, LD_MAINTENANCE, now_ms);
	m->quiesce_add = first;
	if (up && drain_s > 0)
		m->drain_until_ms = now_ms + 1000LL * drain_s;
	return up || first ? LD_WENT_DOWN : LD_NO_CHANGE;
}

enum ld_change ld_pool_result(struct ld_pool *pool, size_t nr, enum ld_result result, int64_t now_ms)
{
	struct ld_member *m = &pool->member[nr];

	if (result == LD_RESULT_UP)
		return result_up(pool, m, now_ms);
	if (result == LD_RESULT_DOWN)
		return result_down(pool, m, now_ms);
	return result_maintenance(pool, m, now_ms);
}

/* From 1 to the full weight in a straight line. */
static int weight_now(const struct ld_pool *pool, const struct ld_member *m, int weight, int64_t now_ms)
{
	int64_t whole_ms = 1000LL * OPTION(pool, slow_start_s, 0), past_ms = now_ms - m->rising_ms;

	if (!m->rising_ms || past_ms >= whole_ms || weight <= 1)
		return weight;
	return 1 + (int)((int64_t)(weight - 1) * past_ms / whole_ms);
}

bool ld_pool_unsettled(struct ld_pool *pool, int64_t now_ms)
{
	struct ld_member *m;
	bool unsettled = pool->leavings != 0;
	size_t i;

	for (i = 0; i < pool->virtual->servers; i++) {
		m = &pool->member[i];
		if (m->rising_ms) {
			/* once more after its end, so that the full weight is set */
			m->touched = unsettled = true;
			if (now_ms - m->rising_ms > 1000LL * OPTION(pool, slow_start_s, 0))
				m->rising_ms = 0;
		}
		if (m->drain_until_ms) {
			m->touched = unsettled = true;
			if (now_ms > m->drain_until_ms)
				m->drain_until_ms = 0;
		}
	}
	return unsettled;
}

void ld_pool_applied(struct ld_pool *pool)
{
	size_t i;

	for (i = 0; i < pool->virtual->servers; i++)
		pool->member[i].touched = pool->member[i].quiesce_add = false;
	pool->fallback_on = ld_pool_all_down(pool);
}

static enum ld_want_kind want_kind(const struct ld_pool *pool, const struct ld_member *m, int64_t now_ms)
{
	if (m->state == LD_UP || (m->state == LD_UNKNOWN && m->adopted))
		return LD_PRESENT;
	if (m->state == LD_UNKNOWN && pool->virtual->kind != LD_OFF)
		return LD_KEEP;
	if (OPTION(pool, quiescent, 0) > 0)
		return OPTION(pool, readd_quiescent, 0) > 0 || m->quiesce_add || m->state == LD_UNKNOWN ? LD_QUIET_ADD : LD_QUIET;
	return m->drain_until_ms > now_ms ? LD_DRAIN : LD_ABSENT;
}

/* One entry of the table has one fate: that of the server that wants the most of it. */
static int claim(enum ld_want_kind kind)
{
	static const int order[] = {
		[LD_ABSENT] = 0, [LD_DRAIN] = 1, [LD_QUIET] = 2, [LD_QUIET_ADD] = 3, [LD_KEEP] = 4, [LD_PRESENT] = 5,
	};

	return order[kind];
}

size_t ld_pool_max_wants(const struct ld_pool *pool)
{
	return pool->virtual->servers + 1 + pool->leavings;
}

size_t ld_pool_wanted(const struct ld_pool *pool, int64_t now_ms, struct ld_want *want)
{
	const struct ld_virtual *v = pool->virtual;
	struct ld_want one = { .fallback = false }, *at;
	size_t i, count = 0;

	for (i = 0; i < v->servers; i++) {
		one.server = &v->server[i];
		one.kind = want_kind(pool, &pool->member[i], now_ms);
		one.touched = pool->member[i].touched;
		one.port = ld_kernel_port(v, one.server);
		one.weight = one.kind == LD_PRESENT ? weight_now(pool, &pool->member[i], one.server->weight, now_ms) : 0;
		at = &want[pool->slot[i]];
		if (pool->slot[i] == count) {
			want[count++] = one;
			continue;
		}
		one.touched |= at->touched;
		at->touched = one.touched;
		if (claim(one.kind) > claim(at->kind))
			*at = one;
	}
	for (i = 0; i < pool->leavings; i++) {
		one.server = &pool->leaving[i].server;
		one.kind = pool->leaving[i].until_ms > now_ms ? LD_DRAIN : LD_ABSENT;
		one.leaving = one.touched = true;
		one.port = ld_kernel_port(v, one.server);
		one.weight = 0;
		want[count++] = one;
	}
	if (!pool->has_fallback)
		return count;
	one.server = &pool->fallback;
	one.kind = ld_pool_all_down(pool) ? LD_PRESENT : LD_ABSENT;
	one.fallback = one.touched = true;
	one.leaving = false;
	one.port = ld_kernel_port(v, &pool->fallback);
	one.weight = pool->fallback.weight;
	want[count++] = one;
	return count;
}

static bool same_server(const struct ld_server *a, const struct ld_server *b)
{
	return a->port == b->port && ld_addr_equal(&a->addr, &b->addr);
}

static bool has_server(const struct ld_pool *pool, const struct ld_server *server, uint16_t port)
{
	const struct ld_virtual *v = pool->virtual;
	size_t i;

	for (i = 0; i < v->servers; i++)
		if (ld_addr_equal(&v->server[i].addr, &server->addr) && ld_kernel_port(v, &v->server[i]) == port)
			return true;
	return pool->has_fallback && ld_addr_equal(&pool->fallback.addr, &server->addr) &&
	       ld_kernel_port(v, &pool->fallback) == port;
}

static int find_leaving(struct ld_pool *pool, const struct ld_pool *old, int64_t now_ms)
{
	const struct ld_virtual *ov = old->virtual;
	int drain_s = OPTION(pool, drain_s, 0);
	size_t i;

	if (drain_s <= 0)
		return 0;
	pool->leaving = calloc(ov->servers + old->leavings + 1, sizeof(*pool->leaving));
	if (!pool->leaving)
		return -ENOMEM;
	for (i = 0; i < old->leavings; i++)
		if (!has_server(pool, &old->leaving[i].server, ld_kernel_port(ov, &old->leaving[i].server)))
			pool->leaving[pool->leavings++] = old->leaving[i];
	for (i = 0; i < ov->servers; i++) {
		if (old->slot[i] != i || has_server(pool, &ov->server[i], ld_kernel_port(ov, &ov->server[i])))
			continue;
		pool->leaving[pool->leavings].server = ov->server[i];
		/* the text belongs to the old configuration */
		pool->leaving[pool->leavings].server.request = pool->leaving[pool->leavings].server.receive = NULL;
		pool->leaving[pool->leavings++].until_ms = now_ms + 1000LL * drain_s;
	}
	return 0;
}

int ld_pool_inherit(struct ld_pool *pool, const struct ld_pool *old, int64_t now_ms,
		    bool (*same)(size_t nr, size_t old_nr, void *arg), void *arg)
{
	const struct ld_virtual *v = pool->virtual, *ov = old->virtual;
	size_t i, j, at = 0;

	pool->fallback_on = old->fallback_on;
	for (i = 0; i < v->servers; i++) {
		/* mostly in the same order, so that the search ends at once */
		for (j = 0; j < ov->servers && !same_server(&v->server[i], &ov->server[at]); j++)
			at = at + 1 < ov->servers ? at + 1 : 0;
		if (j == ov->servers)
			continue;
		if (same(i, at, arg)) {
			pool->member[i] = old->member[at];
		} else {
			/* another check: what was believed holds until its first result */
			pool->member[i].adopted = ld_pool_up(old, at);
			pool->member[i].since_ms = old->member[at].since_ms;
		}
		at = at + 1 < ov->servers ? at + 1 : 0;
	}
	return find_leaving(pool, old, now_ms);
}
