/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_link.h"
#include "sim_node.h"

void sim_net_init(struct sim_pair *pair)
{
	struct sim_world *w = pair->w;
	struct sim_net *net = sim_alloc(w, sizeof(*net));

	net->w = w;
	net->pair = pair;
	pair->net = net;
	net->latency_us = 50 + sim_rnd(w, 3000);
	net->us_per_kib = 1 + sim_rnd(w, 20);
	net->sndbuf_byte = 128 << 10 << sim_rnd(w, 4);
}

static void meet(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_net *net = arg;
	struct sim_conn *c;
	int a, b, rc;

	(void)unused;
	if (net->partitioned || !net->wants[0] || !net->wants[1])
		return;
	c = sim_alloc(w, sizeof(*c));
	c->net = net;
	for (a = 0; a < SIM_NODES; a++) {
		c->open[a] = true;
		for (b = 0; b < 2; b++)
			c->s[a][b].last = &c->s[a][b].first;
	}
	net->conn = c;
	net->wants[0] = net->wants[1] = false;
	rc = sim_rnd(w, 2);
	for (a = 0; a < SIM_NODES; a++)
		sim_node_connected(net->pair->node[a], c, a == rc);
}

void sim_net_want(struct sim_node *n, bool wants)
{
	struct sim_net *net = n->pair->net;
	struct sim_world *w = net->w;

	net->wants[n->nr] = wants;
	net->gen++;
	if (net->wants[0] && net->wants[1] && !net->partitioned)
		sim_after(w, 1000 + sim_rnd(w, 400000), &net->gen, meet, net, 0);
}

bool sim_conn_room(const struct sim_conn *c, int node, int sock)
{
	return c->s[node][sock].queued_byte < c->net->sndbuf_byte;
}

u32 sim_conn_queued(const struct sim_conn *c, int node, int sock)
{
	return c->s[node][sock].queued_byte;
}

static void deliver(struct sim_world *w, void *arg, u64 which);

static void schedule(struct sim_conn *c, int from, int sock)
{
	struct sim_stream *st = &c->s[from][sock];
	struct sim_world *w = c->net->w;
	u64 at;

	if (st->timer || !st->first || c->net->partitioned)
		return;
	at = DRBD_MAX(st->first->arrives_us, c->net->stalled_until_us[from]);
	at = DRBD_MAX(at, w->now_us);
	st->timer = true;
	sim_after(w, at - w->now_us, NULL, deliver, c, from * 2 + sock);
}

static void tell_eof(struct sim_world *w, void *arg, u64 which)
{
	struct sim_conn *c = arg;
	int to = which / 2, sock = which % 2;

	(void)w;
	if (!c->open[to] || c->silent[!to] || c->net->partitioned)
		return;
	c->eof[to][sock] = true;
	sim_node_eof(c->net->pair->node[to], c, sock);
}

static void deliver(struct sim_world *w, void *arg, u64 which)
{
	struct sim_conn *c = arg;
	int from = which / 2, sock = which % 2, to = !from;
	struct sim_stream *st = &c->s[from][sock];
	struct sim_msg *m = st->first;

	st->timer = false;
	if (!m || c->net->partitioned)
		return;
	if (w->now_us < c->net->stalled_until_us[from]) {
		schedule(c, from, sock);
		return;
	}
	st->first = m->next;
	if (!st->first)
		st->last = &st->first;
	st->queued_byte -= m->wire_byte;
	if (c->open[to]) {
		m->next = NULL;
		sim_node_received(c->net->pair->node[to], c, sock, m);
	}
	if (c->open[from])
		sim_node_room(c->net->pair->node[from], c);
	if (st->first)
		schedule(c, from, sock);
	else if (st->cut)
		sim_after(w, c->net->latency_us, NULL, tell_eof, c, to * 2 + sock);
}

bool sim_conn_send(struct sim_conn *c, int node, int sock, const struct drbd_pkt *pkt, u16 apv, u32 features,
		   const u32 *tail, u32 tail_nr, const u8 *raw)
{
	struct sim_world *w = c->net->w;
	struct sim_stream *st = &c->s[node][sock];
	struct sim_msg *m;

	if (!c->open[node] || st->cut)
		return false;
	m = sim_alloc(w, sizeof(*m));
	m->size_byte = drbd_put_packet(pkt, apv, features, m->bytes, sizeof(m->bytes));
	if (!m->size_byte)
		sim_violation(w, "packet %s can not be sent at version %u", drbd_packet_name(pkt->cmd), apv);
	m->wire_byte = m->size_byte + pkt->tail_byte;
	if (tail_nr) {
		m->tail = sim_alloc(w, tail_nr * sizeof(u32));
		memcpy(m->tail, tail, tail_nr * sizeof(u32));
		m->tail_nr = tail_nr;
	}
	if (raw) {
		m->raw = sim_alloc(w, pkt->tail_byte);
		memcpy(m->raw, raw, pkt->tail_byte);
	}
	st->busy_until_us = DRBD_MAX(st->busy_until_us, w->now_us) + m->wire_byte * c->net->us_per_kib / 1024;
	m->arrives_us = st->busy_until_us + c->net->latency_us;
	st->queued_byte += m->wire_byte;
	*st->last = m;
	st->last = &m->next;
	schedule(c, node, sock);
	return true;
}

/* What is complete on the way may still arrive: a random part of it, the rest is lost. */
static void cut(struct sim_conn *c, int from, int sock)
{
	struct sim_stream *st = &c->s[from][sock];
	struct sim_world *w = c->net->w;
	struct sim_msg **m = &st->first;

	if (st->cut)
		return;
	st->cut = true;
	while (*m && !sim_one_in(w, 4))
		m = &(*m)->next;
	*m = NULL;
	st->last = m;
	st->queued_byte = 0;
	for (m = &st->first; *m; m = &(*m)->next)
		st->queued_byte += (*m)->wire_byte;
	if (!st->first)
		sim_after(w, c->net->latency_us, NULL, tell_eof, c, !from * 2 + sock);
}

void sim_conn_close(struct sim_conn *c, int node)
{
	if (!c->open[node])
		return;
	c->open[node] = false;
	cut(c, node, SIM_DATA);
	cut(c, node, SIM_META);
}

void sim_conn_vanish(struct sim_conn *c, int node)
{
	int sock;

	c->open[node] = false;
	for (sock = 0; sock < 2; sock++) {
		c->s[node][sock].cut = true;
		c->s[node][sock].first = NULL;
		c->s[node][sock].last = &c->s[node][sock].first;
	}
	c->silent[node] = true;
}

void sim_net_partition(struct sim_net *net, bool on)
{
	struct sim_world *w = net->w;
	int a, b;

	net->partitioned = on;
	if (on)
		return;
	net->gen++;
	if (net->wants[0] && net->wants[1])
		sim_after(w, 1000 + sim_rnd(w, 400000), &net->gen, meet, net, 0);
	for (a = 0; net->conn && a < SIM_NODES; a++)
		for (b = 0; b < 2; b++) {
			schedule(net->conn, a, b);
			if (!net->conn->s[a][b].first && net->conn->s[a][b].cut)
				sim_after(w, net->latency_us, NULL, tell_eof, net->conn, !a * 2 + b);
		}
}

void sim_net_break(struct sim_net *net)
{
	struct sim_conn *c = net->conn;
	int a;

	for (a = 0; c && a < SIM_NODES; a++) {
		cut(c, a, SIM_DATA);
		cut(c, a, SIM_META);
	}
}

void sim_net_stall(struct sim_net *net, int sender, u64 us)
{
	net->stalled_until_us[sender] = net->w->now_us + us;
}
