/* SPDX-License-Identifier: GPL-2.0-only */
/* Membership; see the header. */
#include "heartbeat/hb_member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/fault.h"

static const char *const status_names[] = { "unknown", "init", "up", "active", "dead", "ping" };

const char *hb_status_name(enum hb_status status)
{
	return status_names[status];
}

bool hb_status_of(const char *name, enum hb_status *status)
{
	int i;

	for (i = HB_ST_INIT; i <= HB_ST_PING; i++)
		if (!strcmp(status_names[i], name)) {
			*status = i;
			return true;
		}
	return false;
}

static void init_peer(struct hb_member *m, struct hb_peer *peer, const char *name, bool ping, int64_t now_ms)
{
	memset(peer, 0, sizeof(*peer));
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->ping = ping;
	peer->weight = HB_DEFAULT_WEIGHT;
	peer->last_ms = now_ms;
	peer->dead_ms = ping ? m->deadping_ms : m->deadtime_ms;
}

static void add_link(struct hb_member *m, const char *name)
{
	int i;

	for (i = 0; i < m->links; i++)
		if (!strcmp(m->link[i], name))
			return;
	if (m->links < HB_MAX_LINK)
		m->link[m->links++] = name;
}

int hb_member_init(struct hb_member *m, const struct ha_cf *cf, const char *own, int64_t now_ms)
{
	int i;

	memset(m, 0, sizeof(*m));
	m->keepalive_ms = cf->keepalive_ms;
	m->deadtime_ms = cf->deadtime_ms;
	m->warntime_ms = cf->warntime_ms;
	m->initdead_ms = cf->initdead_ms;
	m->deadping_ms = cf->deadping_ms;
	m->start_ms = m->tick_ms = m->not_before_ms = now_ms;
	m->flow = true;
	m->peer = calloc(cf->nodes + cf->medias, sizeof(m->peer[0]));
	if (!m->peer)
		return -ENOMEM;
	for (i = 0; i < cf->nodes; i++) {
		if (!strcmp(cf->node[i], own))
			m->own = i;
		init_peer(m, &m->peer[m->peers++], cf->node[i], false, now_ms);
	}
	for (i = 0; i < cf->medias; i++) {
		add_link(m, cf->media[i].dev);
		if (cf->media[i].kind >= HA_PING && hb_member_find(m, cf->media[i].dev) < 0)
			init_peer(m, &m->peer[m->peers++], cf->media[i].dev, true, now_ms);
	}
	return 0;
}

void hb_member_free(struct hb_member *m)
{
	free(m->peer);
	m->peer = NULL;
}

int hb_member_find(const struct hb_member *m, const char *name)
{
	int i;

	for (i = 0; i < m->peers; i++)
		if (!strcasecmp(m->peer[i].name, name))
			return i;
	return -1;
}

int hb_member_sender(struct hb_member *m, const char *name, const void *uuid)
{
	int i;

	for (i = 0; uuid && i < m->peers; i++)
		if (m->peer[i].has_uuid && !memcmp(m->peer[i].uuid, uuid, HB_UUID_BYTE))
			return i;
	i = hb_member_find(m, name);
	if (i >= 0 && uuid) {
		memcpy(m->peer[i].uuid, uuid, HB_UUID_BYTE);
		m->peer[i].has_uuid = true;
	}
	return i;
}

int hb_member_add(struct hb_member *m, const char *name, int64_t now_ms)
{
	struct hb_peer *bigger;

	if (hb_member_find(m, name) >= 0 || m->peers >= HA_MAX_NODE || strlen(name) > HA_MAX_NAME)
		return -EINVAL;
	bigger = realloc(m->peer, (m->peers + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	m->peer = bigger;
	init_peer(m, &m->peer[m->peers], name, false, now_ms);
	return m->peers++;
}

int hb_member_del(struct hb_member *m, const char *name)
{
	int nr = hb_member_find(m, name), i;

	if (nr < 0 || nr == m->own || m->peer[nr].ping)
		return -EINVAL;
	for (i = 0; i < m->peers; i++)
		if (i != m->own && !m->peer[i].ping && (m->peer[i].status == HB_ST_DEAD) != (i == nr))
			return -EBUSY;
	m->peers--;
	memmove(&m->peer[nr], &m->peer[nr + 1], (m->peers - nr) * sizeof(m->peer[0]));
	m->own -= nr < m->own;
	return 0;
}

/*
 * A new life: what was known of the numbers of the old one is void. All of the new one from 1 on is wanted, unless this
 * node is itself new: then what was said before it came was not said to it.
 */
static void new_life(struct hb_peer *peer, uint64_t hg, int64_t now_ms)
{
	hb_recv_reset(&peer->recv);
	peer->recv.heard = peer->hg != 0;
	peer->hg = hg;
	peer->acked = peer->status_seq = peer->resource_seq = 0;
	peer->met = peer->asked = false;
	/* it is not the dead one any more; its status will say what it is */
	if (peer->status == HB_ST_DEAD) {
		peer->status = HB_ST_UNKNOWN;
		peer->last_ms = now_ms;
	}
}

unsigned int hb_member_generation(struct hb_member *m, int nr, uint64_t hg, int64_t now_ms)
{
	struct hb_peer *peer = &m->peer[nr];
	bool known = peer->hg != 0;

	if (hg < peer->hg)
		return HB_M_DROP | HB_M_REPLAY;
	if (hg == peer->hg)
		return 0;
	new_life(peer, hg, now_ms);
	return known ? HB_M_RESTARTED : 0;
}

/*
 * A node that first shows itself active, to one that is active, and has asked nobody for the list of nodes, came up while
 * it heard nobody: it holds everything, as this node may. Generations alone do not show it.
 */
static bool came_up_alone(const struct hb_member *m, const struct hb_peer *peer, const struct hb_status_word *word)
{
	return m->comm == HB_COMM_UP && m->flow && !peer->ping && !peer->met && !peer->asked && word->status == HB_ST_ACTIVE;
}

unsigned int hb_member_status(struct hb_member *m, int nr, const struct hb_status_word *word, int64_t now_ms, int64_t *late_ms)
{
	struct hb_peer *peer = &m->peer[nr];
	bool new = word->hg != peer->hg;
	unsigned int bits;

	*late_ms = now_ms - peer->last_ms;
	bits = hb_member_generation(m, nr, word->hg, now_ms);
	if (bits & HB_M_DROP)
		return bits;
	if (!new && peer->status == HB_ST_DEAD && !peer->ping) {
		if (word->seq <= peer->status_seq)
			return HB_M_DROP;
		bits |= HB_M_RETURNED;
	} else if (!new && peer->heard && !peer->ping && m->comm == HB_COMM_UP) {
		bits |= *late_ms > m->warntime_ms ? HB_M_LATE : 0;
		bits |= *late_ms > m->deadtime_ms ? HB_M_OVERDUE : 0;
	}
	if (word->status != peer->status)
		bits |= HB_M_CHANGED;
	if (came_up_alone(m, peer, word))
		bits |= HB_M_RETURNED;
	peer->met = true;
	if (!peer->ping && !word->protocol && m->flow) {
		m->flow = false;
		bits |= HB_M_NO_FLOW;
	}
	/* an old one that came late says nothing new about the status */
	if (word->seq && word->seq < peer->status_seq && word->hg == peer->hg) {
		bits &= ~HB_M_CHANGED;
	} else {
		peer->status = word->status;
		peer->status_seq = word->seq;
		if (word->dt_ms > 0)
			peer->dead_ms = word->dt_ms;
	}
	peer->heard = true;
	peer->last_ms = now_ms;
	return bits;
}

bool hb_member_link(struct hb_member *m, int nr, int link, int64_t now_ms)
{
	struct hb_peer *peer = &m->peer[nr];
	bool up = !peer->link_up[link];

	peer->link_up[link] = true;
	peer->link_ms[link] = now_ms;
	return up;
}

void hb_member_asked(struct hb_member *m, int nr)
{
	m->peer[nr].asked = true;
}

void hb_member_repnodes(struct hb_member *m)
{
	if (m->comm == HB_COMM_ASK)
		m->ask_ms = -1;
}

/* While communication comes up everybody is given initdead. */
static int64_t dead_at_ms(const struct hb_member *m, const struct hb_peer *peer)
{
	if (m->comm != HB_COMM_UP)
		return peer->heard && peer->last_ms + peer->dead_ms > m->start_ms + m->initdead_ms ? peer->last_ms + peer->dead_ms :
												     m->start_ms + m->initdead_ms;
	return peer->last_ms + peer->dead_ms;
}

static bool may_die(const struct hb_member *m, int nr)
{
	return nr != m->own && m->peer[nr].status != HB_ST_DEAD;
}

static bool all_known(const struct hb_member *m)
{
	int i;

	for (i = 0; i < m->peers; i++)
		if (i != m->own && !m->peer[i].heard && m->peer[i].status != HB_ST_DEAD)
			return false;
	return true;
}

int hb_member_alive(const struct hb_member *m)
{
	int i, alive = 0;

	for (i = 0; i < m->peers; i++)
		alive += i != m->own && !m->peer[i].ping && m->peer[i].heard && m->peer[i].status != HB_ST_DEAD;
	return alive;
}

static int first_alive(const struct hb_member *m)
{
	int i;

	for (i = 0; i < m->peers; i++)
		if (i != m->own && !m->peer[i].ping && m->peer[i].heard && m->peer[i].status != HB_ST_DEAD)
			return i;
	return -1;
}

static enum hb_due comm_due(struct hb_member *m, int64_t now_ms, int *peer)
{
	if (m->comm == HB_COMM_UP || !all_known(m))
		return HB_DUE_NONE;
	*peer = first_alive(m);
	if (m->comm == HB_COMM_WAIT) {
		m->comm = HB_COMM_ASK;
		m->ask_ms = now_ms;
	}
	if (*peer < 0 || !m->flow || m->ask_ms < 0) {
		m->comm = HB_COMM_UP;
		return HB_DUE_COMM_UP;
	}
	if (now_ms < m->ask_ms)
		return HB_DUE_NONE;
	m->ask_ms = now_ms + HB_REQNODES_MS;
	return HB_DUE_REQNODES;
}

enum hb_due hb_member_tick(struct hb_member *m, int64_t now_ms, int *peer, int *link)
{
	int64_t away_ms = now_ms - m->tick_ms;
	int i, l;

	m->tick_ms = now_ms;
	/* Messages that came while this node stood still are unread: nobody is called dead before they were. */
	if (away_ms > 2 * m->keepalive_ms)
		m->not_before_ms = now_ms + HB_CATCH_UP_MS;
	if (away_ms > m->deadtime_ms && m->comm == HB_COMM_UP)
		return HB_DUE_STALLED;
	for (i = 0; now_ms >= m->not_before_ms && i < m->peers; i++) {
		struct hb_peer *p = &m->peer[i];

		*peer = i;
		if (may_die(m, i) && now_ms >= dead_at_ms(m, p)) {
			p->status = HB_ST_DEAD;
			hb_recv_reset(&p->recv);
			return HB_DUE_DEAD;
		}
		for (l = 0; l < m->links; l++)
			if (p->link_up[l] && (p->status == HB_ST_DEAD || now_ms >= p->link_ms[l] + p->dead_ms)) {
				p->link_up[l] = false;
				*link = l;
				return HB_DUE_LINK_DEAD;
			}
	}
	return comm_due(m, now_ms, peer);
}

int64_t hb_member_next_ms(const struct hb_member *m)
{
	int64_t next = INT64_MAX, at;
	int i, l;

	for (i = 0; i < m->peers; i++) {
		const struct hb_peer *p = &m->peer[i];

		at = dead_at_ms(m, p);
		if (may_die(m, i) && at < next)
			next = at;
		for (l = 0; l < m->links; l++)
			if (p->link_up[l] && p->link_ms[l] + p->dead_ms < next)
				next = p->link_ms[l] + p->dead_ms;
	}
	if (next < m->not_before_ms)
		next = m->not_before_ms;
	if (m->comm == HB_COMM_WAIT && all_known(m))
		return m->tick_ms;
	if (m->comm == HB_COMM_ASK && m->ask_ms < next)
		next = m->ask_ms;
	return next;
}

int64_t hb_member_dt_ms(const struct hb_member *m, int64_t now_ms, bool restarting)
{
	return m->deadtime_ms + (restarting ? HB_RESTART_EXTRA_MS : now_ms - m->start_ms < HB_YOUNG_MS ? HB_YOUNG_EXTRA_MS : 0);
}

uint64_t hb_member_acked(const struct hb_member *m)
{
	uint64_t lowest = UINT64_MAX;
	int i;

	for (i = 0; i < m->peers; i++) {
		const struct hb_peer *p = &m->peer[i];

		if (i != m->own && !p->ping && p->heard && p->status == HB_ST_ACTIVE && p->acked < lowest)
			lowest = p->acked;
	}
	return lowest;
}
