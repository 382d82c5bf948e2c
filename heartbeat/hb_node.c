/* SPDX-License-Identifier: GPL-2.0-only */
/* One node: which part is told of which message, and how messages are completed, numbered and repeated. */
#include "heartbeat/hb_node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "lib/fault.h"

#define LOG(n, ...) (n)->ops->log((n)->arg, __VA_ARGS__)

struct incoming {
	const struct hb_msg *msg;
	const char *type, *src;
	int peer;
	uint64_t seq, hg;
	bool own; /* from a tool or client of this node */
	int64_t now_ms;
};

static uint64_t next_random(struct hb_node *node)
{
	node->rng ^= node->rng << 13;
	node->rng ^= node->rng >> 7;
	node->rng ^= node->rng << 17;
	return node->rng;
}

/* -- sending ---------------------------------------------------------------------------------------------------------- */

/* Adds what every message carries, in the original's order. */
static void complete(struct hb_node *node, struct hb_msg *msg, bool numbered)
{
	static const char *const ours[] = { "src", "srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth" };
	const char *dest = hb_msg_get(msg, "dest");
	int to = dest ? hb_member_find(&node->member, dest) : -1;
	unsigned int i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		hb_msg_del(msg, ours[i]);
	if (to >= 0 && node->member.peer[to].has_uuid)
		hb_msg_add_typed(msg, HB_BINARY, "destuuid", node->member.peer[to].uuid, HB_UUID_BYTE);
	hb_msg_add(msg, "src", node->own);
	hb_msg_add_typed(msg, HB_BINARY, "srcuuid", node->uuid, HB_UUID_BYTE);
	if (numbered)
		hb_msg_addf(msg, "seq", "%llx", (unsigned long long)node->seq + 1);
	hb_msg_addf(msg, "hg", "%llx", (unsigned long long)node->hg);
	hb_msg_addf(msg, "ts", "%llx", (unsigned long long)node->wall_s);
	if (numbered)
		hb_msg_add(msg, "ld", node->load);
	hb_msg_addf(msg, "ttl", "%d", (int)node->cf->hopfudge + node->member.peers);
}

static int to_wire(struct hb_node *node, const struct hb_msg *msg, char **wire, size_t *len)
{
	const struct ha_cf *cf = node->cf;
	int err = hb_msg_write(msg, cf->msgfmt == HA_CLASSIC ? HB_FRAME_CLASSIC : HB_FRAME_NETSTRING, node->keys, wire, len);

	if (err || !cf->traditional_compression || *len < (size_t)cf->compression_threshold_kib << 10)
		return err;
	free(*wire);
	return hb_msg_pack(msg, cf->compression == HA_ZLIB ? HB_PACK_ZLIB : HB_PACK_BZ2, node->keys, wire, len);
}

/* true if it was sent */
static bool send_out(struct hb_node *node, struct hb_msg *msg, int64_t now_ms)
{
	const char *type = hb_msg_get(msg, "t");
	bool numbered = type && strncmp(type, "NS_", 3);
	size_t len;
	char *wire;
	int err;

	complete(node, msg, numbered);
	err = to_wire(node, msg, &wire, &len);
	if (err) {
		LOG(node, LOG_ERR, "cannot send a message of type %s: %s", type ? type : "(none)", strerror(-err));
		return false;
	}
	node->count.sent++;
	if (numbered)
		hb_sent_keep(&node->sent, ++node->seq, wire, len, now_ms);
	node->ops->transmit(node->arg, wire, len);
	if (!numbered)
		free(wire);
	return true;
}

void hb_node_send(struct hb_node *node, struct hb_msg *msg, int64_t now_ms)
{
	if (send_out(node, msg, now_ms))
		node->ops->news(node->arg, HB_NEWS_MSG, msg, node->member.own, HB_ST_UNKNOWN);
}

static void send_pings(struct hb_node *node)
{
	int i;

	for (i = 0; i < node->member.peers; i++) {
		struct hb_msg msg = { .fields = 0 };
		size_t len;
		char *wire;

		if (!node->member.peer[i].ping)
			continue;
		hb_msg_add(&msg, "t", "NS_st");
		hb_msg_add(&msg, "st", "ping");
		hb_msg_add(&msg, "info", "ping");
		complete(node, &msg, false);
		hb_msg_set(&msg, "src", node->member.peer[i].name);
		hb_msg_del(&msg, "srcuuid");
		if (!hb_msg_write(&msg, HB_FRAME_CLASSIC, node->keys, &wire, &len)) {
			node->ops->ping(node->arg, node->member.peer[i].name, wire, len);
			free(wire);
		}
		hb_msg_free(&msg);
	}
}

void hb_node_status_now(struct hb_node *node, int64_t now_ms)
{
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", "status");
	hb_msg_add(&msg, "st", hb_status_name(node->status));
	hb_msg_addf(&msg, "dt", "%llx", (unsigned long long)hb_member_dt_ms(&node->member, now_ms, node->restarting));
	hb_msg_add(&msg, "protocol", "1");
	send_out(node, &msg, now_ms);
	hb_msg_free(&msg);
	send_pings(node);
	node->status_at_ms = now_ms + node->cf->keepalive_ms;
}

void hb_node_announce_restart(struct hb_node *node, int64_t now_ms)
{
	node->restarting = true;
	hb_node_status_now(node, now_ms);
}

static void set_own_status(struct hb_node *node, enum hb_status status, int64_t now_ms)
{
	node->status = status;
	node->member.peer[node->member.own].status = status;
	node->member.peer[node->member.own].heard = true;
	hb_node_status_now(node, now_ms);
}

/* A short message of this node: type and up to three string fields. */
static void send_short(struct hb_node *node, int64_t now_ms, const char *type, const char *dest, const char *name1, const char *value1,
		       const char *name2, const char *value2)
{
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", type);
	if (dest)
		hb_msg_add(&msg, "dest", dest);
	if (name1)
		hb_msg_add(&msg, name1, value1);
	if (name2)
		hb_msg_add(&msg, name2, value2);
	send_out(node, &msg, now_ms);
	hb_msg_free(&msg);
}

/* -- what the takeover part wants done -------------------------------------------------------------------------------- */

/* The time of the event that is being handled: ops of the takeover part carry none. */
static int64_t event_ms(const struct hb_node *node)
{
	return node->now_ms;
}

static void takeover_send(void *arg, const struct hb_rmsg *rmsg)
{
	struct hb_node *node = arg;
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", rmsg->type);
	if (!strcmp(rmsg->type, "shutdone"))
		hb_msg_add(&msg, "st", "dead");
	if (!strcmp(rmsg->type, "resource") || !strcmp(rmsg->type, "ask_resources"))
		hb_msg_add(&msg, "rsc_hold", hb_hold_name(rmsg->hold));
	if (rmsg->full == 1)
		hb_msg_add(&msg, "rtype", "full");
	if (rmsg->isstable >= 0)
		hb_msg_add(&msg, "isstable", rmsg->isstable ? "1" : "0");
	hb_msg_add(&msg, "info", rmsg->info);
	hb_msg_add(&msg, "node", rmsg->node);
	hb_msg_add(&msg, "result", rmsg->result);
	hb_node_send(node, &msg, event_ms(node));
	hb_msg_free(&msg);
}

static void takeover_job(void *arg, const struct hb_job *job)
{
	struct hb_node *node = arg;

	node->ops->job(node->arg, job);
}

static void takeover_log(void *arg, int level, const char *fmt, ...)
{
	struct hb_node *node = arg;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	LOG(node, level, "%s", text);
}

static void takeover_request_own(void *arg, bool peer_alive)
{
	struct hb_node *node = arg;

	node->ops->request_own(node->arg, peer_alive);
}

static bool takeover_stonith(void *arg, const char *name)
{
	struct hb_node *node = arg;

	return node->ops->stonith(node->arg, name);
}

static void takeover_abandon(void *arg)
{
	struct hb_node *node = arg;

	node->ops->abandon(node->arg);
}

static void takeover_leave(void *arg, enum hb_leave how)
{
	struct hb_node *node = arg;

	node->ops->leave(node->arg, how);
}

static const struct hb_takeover_ops takeover_ops = { takeover_send, takeover_job, takeover_log, takeover_request_own, takeover_stonith,
						     takeover_abandon, takeover_leave };

/* -- messages --------------------------------------------------------------------------------------------------------- */

static void to_rmsg(const struct hb_msg *msg, struct hb_rmsg *rmsg)
{
	const char *hold = hb_msg_get(msg, "rsc_hold"), *full = hb_msg_get(msg, "rtype"), *stable = hb_msg_get(msg, "isstable");

	memset(rmsg, 0, sizeof(*rmsg));
	if (!hold || !hb_hold_of(hold, &rmsg->hold))
		rmsg->hold = HB_ALL;
	rmsg->full = full && !strcmp(full, "full") ? 1 : -1;
	rmsg->isstable = !stable ? -1 : !strcmp(stable, "1");
	rmsg->info = hb_msg_get(msg, "info");
}

static void peer_returned(struct hb_node *node, const struct incoming *in)
{
	LOG(node, LOG_CRIT, "Cluster node %s returning after partition.", in->src);
	LOG(node, LOG_INFO, "For information on cluster partitions, see heartbeat(8): Split brain.");
	LOG(node, LOG_WARNING, "Deadtime value may be too small.");
	hb_takeover_start_afresh(&node->takeover, in->now_ms);
	hb_node_status_now(node, in->now_ms);
}

/* A status change is news, and a node that is heard again is one to work with. */
static void status_changed(struct hb_node *node, const struct incoming *in, enum hb_status old)
{
	const struct hb_peer *peer = &node->member.peer[in->peer];

	LOG(node, LOG_INFO, "Status update for node %s: status %s", in->src, hb_status_name(peer->status));
	if (!peer->ping)
		hb_takeover_peer_alive(&node->takeover);
	node->ops->news(node->arg, HB_NEWS_STATUS, in->msg, in->peer, old);
}

/* false: nothing more is to be done with it */
static bool on_life_sign(struct hb_node *node, const struct incoming *in, const struct hb_status_word *word)
{
	enum hb_status old = node->member.peer[in->peer].status;
	int64_t late_ms;
	unsigned int bits = hb_member_status(&node->member, in->peer, word, in->now_ms, &late_ms);

	if (bits & HB_M_REPLAY)
		LOG(node, LOG_ERR, "should_drop_message: attempted replay attack [%s]? [gen = %llu, curgen = %llu]", in->src,
		    (unsigned long long)word->hg, (unsigned long long)node->member.peer[in->peer].hg);
	if (bits & HB_M_DROP)
		return false;
	if (bits & HB_M_OVERDUE)
		LOG(node, LOG_CRIT, "Late heartbeat: Node %s: interval %lld ms (> deadtime)", in->src, (long long)late_ms);
	else if (bits & HB_M_LATE)
		LOG(node, LOG_WARNING, "Late heartbeat: Node %s: interval %lld ms", in->src, (long long)late_ms);
	if (bits & HB_M_NO_FLOW)
		LOG(node, LOG_WARNING, "flow control disabled due to different version heartbeat");
	if (bits & HB_M_RESTARTED) {
		LOG(node, LOG_INFO, "Heartbeat restart on node %s", in->src);
		hb_takeover_peer_restarted(&node->takeover, in->now_ms);
	}
	if (bits & HB_M_RETURNED)
		peer_returned(node, in);
	if (bits & HB_M_CHANGED)
		status_changed(node, in, old);
	else
		node->ops->news(node->arg, HB_NEWS_SAME, in->msg, in->peer, old);
	return true;
}

static void on_status(struct hb_node *node, const struct incoming *in)
{
	struct hb_status_word word = { .hg = in->hg, .seq = in->seq };
	const char *status = hb_msg_get(in->msg, "st");
	uint64_t dt;

	if (in->own || !status || !hb_status_of(status, &word.status) || word.status == HB_ST_DEAD || word.status == HB_ST_PING)
		return;
	if (hb_msg_hex(in->msg, "dt", &dt) && dt < INT32_MAX)
		word.dt_ms = (int64_t)dt;
	word.protocol = hb_msg_field(in->msg, "protocol") != NULL;
	on_life_sign(node, in, &word);
}

static void on_ping(struct hb_node *node, const struct incoming *in)
{
	struct hb_status_word word = { .status = HB_ST_PING, .hg = in->hg, .protocol = true };

	if (node->member.peer[in->peer].ping)
		on_life_sign(node, in, &word);
}

static void on_ack(struct hb_node *node, const struct incoming *in)
{
	struct hb_peer *peer = &node->member.peer[in->peer];
	uint64_t seq;

	if (!hb_msg_hex(in->msg, "ackseq", &seq) || in->own)
		return;
	if (seq > node->seq)
		LOG(node, LOG_ERR, "HBDoMsg_T_ACK: corrupted ackseq");
	else if (seq > peer->acked)
		peer->acked = seq;
}

static void send_nak(struct hb_node *node, const struct incoming *in, uint64_t seq)
{
	char text[32];

	snprintf(text, sizeof(text), "%llx", (unsigned long long)seq);
	send_short(node, in->now_ms, "NS_nak_rexmit", in->src, "firstseq", text, "info", "seqno too low");
}

static void on_rexmit(struct hb_node *node, const struct incoming *in)
{
	struct hb_sent_msg *msg;
	uint64_t first, last, seq;
	int left = HB_MAX_RESEND;

	if (!hb_msg_dec(in->msg, "firstseq", &first) || !hb_msg_dec(in->msg, "lastseq", &last) || in->own || !first)
		return;
	for (seq = first; seq <= last && left > 0; seq++, left--) {
		switch (hb_sent_again(&node->sent, seq, in->now_ms, node->cf->max_rexmit_delay_ms - 10, &msg)) {
		case HB_RESEND:
			node->count.resent++;
			node->ops->transmit(node->arg, msg->wire, msg->len);
			break;
		case HB_RESEND_TOO_OLD: send_nak(node, in, seq); break;
		case HB_RESEND_NOT_YET_SENT:
			LOG(node, LOG_WARNING, "Rexmit of seq %llu requested. %llu is max.", (unsigned long long)seq,
			    (unsigned long long)node->seq);
			return;
		case HB_RESEND_RECENT: break;
		}
	}
}

static void on_nak(struct hb_node *node, const struct incoming *in)
{
	uint64_t seq;

	if (!hb_msg_hex(in->msg, "firstseq", &seq) || in->own)
		return;
	LOG(node, LOG_ERR, "Irretrievably lost packet: node %s seq %llu", in->src, (unsigned long long)seq);
	hb_recv_give_up(&node->member.peer[in->peer].recv, seq);
}

/* All names of normal nodes, each with a blank behind it. */
static void on_reqnodes(struct hb_node *node, const struct incoming *in)
{
	char list[HA_MAX_NODE * (HA_MAX_NAME + 1) + 2] = "";
	size_t used = 0;
	int i;

	if (in->own)
		return;
	for (i = 0; i < node->member.peers; i++)
		if (!node->member.peer[i].ping)
			used += snprintf(list + used, sizeof(list) - used, "%s ", node->member.peer[i].name);
	send_short(node, in->now_ms, "repnodes", in->src, "nodelist", list, "delnodelist", " ");
}

static void on_repnodes(struct hb_node *node, const struct incoming *in)
{
	if (!in->own)
		hb_member_repnodes(&node->member);
}

/* What is older than the newest word about resources has been overtaken by it on the way. */
static bool overtaken(struct hb_node *node, const struct incoming *in)
{
	struct hb_peer *peer = &node->member.peer[in->peer];

	if (in->own)
		return false;
	if (in->seq < peer->resource_seq)
		return true;
	peer->resource_seq = in->seq;
	return false;
}

static void on_starting(struct hb_node *node, const struct incoming *in)
{
	if (!in->own && !overtaken(node, in))
		hb_takeover_starting(&node->takeover, in->now_ms);
}

static void on_resource(struct hb_node *node, const struct incoming *in)
{
	struct hb_rmsg msg;

	to_rmsg(in->msg, &msg);
	if (hb_msg_get(in->msg, "rsc_hold") && !overtaken(node, in))
		hb_takeover_resource(&node->takeover, &msg, in->own, in->now_ms);
}

static void on_ask(struct hb_node *node, const struct incoming *in)
{
	struct hb_rmsg msg;

	to_rmsg(in->msg, &msg);
	/* what it said before a handover ended is no longer so */
	if (msg.info && !strcmp(msg.info, "done"))
		overtaken(node, in);
	hb_takeover_ask(&node->takeover, &msg, in->src, in->own, in->now_ms);
}

/* The other node is asked to go standby with what its own view calls so. */
static void on_takeover(struct hb_node *node, const struct incoming *in)
{
	struct hb_rmsg msg;

	if (in->own)
		return;
	to_rmsg(in->msg, &msg);
	hb_takeover_standby(&node->takeover, hb_hold_swap(msg.hold), in->now_ms);
}

static void on_shutdone(struct hb_node *node, const struct incoming *in)
{
	if (in->own)
		return;
	node->member.peer[in->peer].resource_seq = in->seq;
	hb_takeover_shutdone(&node->takeover, in->src, in->now_ms);
}

/* Legacy mode, 4.11: the group is asked for, given, and the asker told. */
static void on_ip_request(struct hb_node *node, const struct incoming *in)
{
	const char *key = hb_msg_get(in->msg, "ipaddr");

	if (!in->own && key && !node->takeover.nice)
		hb_takeover_key(&node->takeover, HB_JOB_KEY_GIVE, key, in->src);
}

static void on_ip_response(struct hb_node *node, const struct incoming *in)
{
	const char *key = hb_msg_get(in->msg, "ipaddr"), *ok = hb_msg_get(in->msg, "ok"), *dest = hb_msg_get(in->msg, "dest");

	if (key && ok && dest && !strcmp(ok, "OK") && !strcasecmp(dest, node->own) && (in->own || !node->takeover.nice))
		hb_takeover_key(&node->takeover, HB_JOB_KEY_TAKE, key, NULL);
}

static void for_each_name(struct hb_node *node, const struct incoming *in, bool add)
{
	const char *list = hb_msg_get(in->msg, "nodelist");
	char name[HA_MAX_NAME + 1];
	int used;

	while (list && sscanf(list, " %99s%n", name, &used) == 1) {
		list += used;
		if (add && hb_member_add(&node->member, name, in->now_ms) >= 0)
			LOG(node, LOG_INFO, "hb_add_one_node: Adding new node[%s] to configuration.", name);
		else if (!add && !hb_member_del(&node->member, name))
			LOG(node, LOG_INFO, "Removing node [%s] from configuration.", name);
		else
			LOG(node, LOG_ERR, "node [%s] cannot be %s now", name, add ? "added" : "removed");
	}
}

static void on_addnode(struct hb_node *node, const struct incoming *in)
{
	for_each_name(node, in, true);
}

static void on_delnode(struct hb_node *node, const struct incoming *in)
{
	for_each_name(node, in, false);
}

static struct hb_peer *named_peer(struct hb_node *node, const struct incoming *in)
{
	const char *name = hb_msg_get(in->msg, "node");
	int nr = name ? hb_member_find(&node->member, name) : -1;

	return nr < 0 ? NULL : &node->member.peer[nr];
}

/* Weight and site are kept for those who ask; nothing here depends on them. */
static void on_setweight(struct hb_node *node, const struct incoming *in)
{
	struct hb_peer *peer = named_peer(node, in);
	uint64_t weight;

	if (peer && hb_msg_dec(in->msg, "weight", &weight) && weight <= INT32_MAX)
		peer->weight = (int)weight;
}

static void on_setsite(struct hb_node *node, const struct incoming *in)
{
	struct hb_peer *peer = named_peer(node, in);
	const char *site = hb_msg_get(in->msg, "site");

	if (peer && site)
		snprintf(peer->site, sizeof(peer->site), "%s", site);
}

static void on_news(struct hb_node *node, const struct incoming *in)
{
	(void)node;
	(void)in;
}

static const struct handler {
	const char *type;
	void (*handle)(struct hb_node *node, const struct incoming *in);
	bool tell; /* clients see it as it is; status has news of its own */
} handlers[] = {
	{ "status", on_status, false },
	{ "NS_st", on_ping, false },
	{ "NS_ackmsg", on_ack, false },
	{ "NS_rexmit", on_rexmit, false },
	{ "NS_nak_rexmit", on_nak, false },
	{ "reqnodes", on_reqnodes, false },
	{ "repnodes", on_repnodes, false },
	{ "starting", on_starting, true },
	{ "resource", on_resource, true },
	{ "ask_resources", on_ask, true },
	{ "hb_takeover", on_takeover, true },
	{ "shutdone", on_shutdone, true },
	{ "ip-request", on_ip_request, true },
	{ "ip-request-resp", on_ip_response, true },
	{ "addnode", on_addnode, true },
	{ "delnode", on_delnode, true },
	{ "stonith", on_news, true },
	{ "setweight", on_setweight, true },
	{ "setsite", on_setsite, true },
	{ "hbapi-clstat", on_news, true },
	{ "query-cstatus", on_news, true },
	{ "respond-cstatus", on_news, true },
};

static void dispatch(struct hb_node *node, const struct incoming *in)
{
	const struct handler *handler;
	unsigned int i;

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		handler = &handlers[i];
		if (strcmp(handler->type, in->type))
			continue;
		handler->handle(node, in);
		if (handler->tell)
			node->ops->news(node->arg, HB_NEWS_MSG, in->msg, in->peer, HB_ST_UNKNOWN);
		return;
	}
	node->ops->news(node->arg, hb_msg_get(in->msg, "to_id") ? HB_NEWS_CLIENT : HB_NEWS_UNKNOWN, in->msg, in->peer, HB_ST_UNKNOWN);
}

/* Numbers: true if the message is new. Acknowledges what is due. */
static bool take_number(struct hb_node *node, const struct incoming *in)
{
	struct hb_peer *peer = &node->member.peer[in->peer];
	int64_t spread = node->cf->max_rexmit_delay_ms - HB_MIN_REXMIT_MS;
	int64_t delay = HB_MIN_REXMIT_MS + (spread > 0 ? (int64_t)(next_random(node) % spread) : 0);
	enum hb_seq_verdict verdict;
	uint64_t lost, ack;
	char text[32];

	verdict = hb_recv_seq(&peer->recv, in->seq, in->now_ms, delay, &lost, &ack);
	if (verdict == HB_SEQ_GAP)
		LOG(node, LOG_WARNING, "%llu lost packet(s) for [%s] [%llu:%llu]", (unsigned long long)lost, in->src,
		    (unsigned long long)(in->seq - lost - 1), (unsigned long long)in->seq);
	else if (verdict == HB_SEQ_LOST_MANY)
		LOG(node, LOG_ERR, "lost a lot of packets!");
	else if (verdict == HB_SEQ_FOUND && !peer->recv.missing)
		LOG(node, LOG_INFO, "No pkts missing from %s!", in->src);
	if (in->peer != node->member.own)
		node->takeover.peer_gap = peer->recv.missing;
	if (ack && node->member.flow) {
		snprintf(text, sizeof(text), "%llx", (unsigned long long)ack);
		send_short(node, in->now_ms, "NS_ackmsg", in->src, "ackseq", text, NULL, NULL);
	}
	if (verdict != HB_SEQ_DUPLICATE && verdict != HB_SEQ_OLD)
		return true;
	node->count.old += verdict == HB_SEQ_OLD;
	return false;
}

static bool for_us(const struct hb_node *node, const struct hb_msg *msg)
{
	const char *dest = hb_msg_get(msg, "dest");

	return !dest || !strcasecmp(dest, node->own);
}

/* A generation that rises with a message other than a status: the status was lost, or is behind it. */
static bool take_generation(struct hb_node *node, const struct incoming *in)
{
	unsigned int bits;

	if (!strcmp(in->type, "status") || !strncmp(in->type, "NS_", 3))
		return in->hg >= node->member.peer[in->peer].hg || !strcmp(in->type, "status");
	bits = hb_member_generation(&node->member, in->peer, in->hg, in->now_ms);
	if (bits & HB_M_RESTARTED) {
		LOG(node, LOG_INFO, "Heartbeat restart on node %s", in->src);
		hb_takeover_peer_restarted(&node->takeover, in->now_ms);
	}
	return !(bits & HB_M_DROP);
}

static void take_message(struct hb_node *node, struct incoming *in, int link)
{
	bool numbered = strncmp(in->type, "NS_", 3), new_life;

	if (link >= 0 && hb_member_link(&node->member, in->peer, link, in->now_ms))
		node->ops->link(node->arg, in->peer, link, true);
	if (in->peer == node->member.own && strcmp(in->type, "NS_st"))
		return; /* our own, by a medium that echoes */
	if (!take_generation(node, in))
		return;
	/* The status of a new life is looked at first: its number belongs to that life. */
	new_life = in->hg > node->member.peer[in->peer].hg;
	if (new_life && !strcmp(in->type, "status")) {
		on_status(node, in);
		take_number(node, in);
		return;
	}
	if (numbered && !strcmp(in->type, "status") && in->hg < node->member.peer[in->peer].hg) {
		on_status(node, in); /* says that it is a replay */
		return;
	}
	if (numbered && !take_number(node, in))
		return;
	if (!strcmp(in->type, "reqnodes"))
		hb_member_asked(&node->member, in->peer);
	if (for_us(node, in->msg))
		dispatch(node, in);
}

static int check(const struct hb_node *node, struct incoming *in, const char **why)
{
	uint64_t ts;

	(void)node;
	in->type = hb_msg_get(in->msg, "t");
	in->src = hb_msg_get(in->msg, "src");
	*why = "no type";
	if (!in->type)
		return -EBADMSG;
	*why = "no sender";
	if (!in->src)
		return -EBADMSG;
	*why = "no time stamp";
	if (!hb_msg_hex(in->msg, "ts", &ts) || !ts)
		return -EBADMSG;
	*why = "no generation";
	if (!hb_msg_hex(in->msg, "hg", &in->hg))
		return -EBADMSG;
	*why = "no sequence number";
	if (strncmp(in->type, "NS_", 3) && (!hb_msg_hex(in->msg, "seq", &in->seq) || !in->seq))
		return -EBADMSG;
	return 0;
}

/* What was sent last comes back on media that echo: it need not be checked to be known. */
static bool is_echo(const struct hb_node *node, const char *wire, size_t len)
{
	const struct hb_sent_msg *last = &node->sent.ring[node->sent.newest % HB_SENT_RING];

	return last->wire && last->len == len && !memcmp(last->wire, wire, len);
}

int hb_node_receive(struct hb_node *node, const char *wire, size_t len, int link, int64_t now_ms, const char **why)
{
	struct hb_msg msg;
	struct incoming in = { .msg = &msg, .now_ms = now_ms };
	const struct hb_field *uuid;
	int err;

	node->now_ms = now_ms;
	if (is_echo(node, wire, len)) {
		in.peer = node->member.own;
		if (link >= 0 && hb_member_link(&node->member, in.peer, link, now_ms))
			node->ops->link(node->arg, in.peer, link, true);
		return 0;
	}
	err = hb_msg_read(&msg, wire, len, node->keys, why);
	if (err) {
		node->count.bad++;
		return err;
	}
	node->count.received++;
	err = check(node, &in, why);
	if (err)
		goto free_msg;
	uuid = hb_msg_field(&msg, "srcuuid");
	in.peer = hb_member_sender(&node->member, in.src,
				   uuid && uuid->type == HB_BINARY && uuid->len == HB_UUID_BYTE ? uuid->value : NULL);
	if (in.peer < 0) {
		node->count.unknown++;
		*why = "bad node in message";
		err = -EBADMSG;
		goto free_msg;
	}
	take_message(node, &in, link);

free_msg:
	hb_msg_free(&msg);
	return err;
}

void hb_node_submit(struct hb_node *node, struct hb_msg *msg, int64_t now_ms)
{
	struct incoming in = { .msg = msg, .own = true, .now_ms = now_ms, .peer = node->member.own };

	node->now_ms = now_ms;
	in.type = hb_msg_get(msg, "t");
	if (!in.type || !strncmp(in.type, "NS_", 3) || !strcmp(in.type, "status")) {
		LOG(node, LOG_ERR, "a local message of type %s is refused", in.type ? in.type : "(none)");
		return;
	}
	if (!send_out(node, msg, now_ms))
		return;
	in.type = hb_msg_get(msg, "t");
	in.src = node->own;
	if (for_us(node, msg))
		dispatch(node, &in);
}

/* -- time ------------------------------------------------------------------------------------------------------------- */

/* Clients and scripts are told as if the node had said it itself. */
static void tell_dead(struct hb_node *node, int nr)
{
	struct hb_peer *peer = &node->member.peer[nr];
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", "status");
	hb_msg_add(&msg, "st", "dead");
	hb_msg_add(&msg, "src", peer->name);
	hb_msg_add(&msg, "info", peer->ping ? "ping" : NULL);
	if (!msg.failed)
		node->ops->news(node->arg, HB_NEWS_STATUS, &msg, nr, peer->ping ? HB_ST_PING : HB_ST_ACTIVE);
	hb_msg_free(&msg);
}

static void node_dead(struct hb_node *node, int nr, int64_t now_ms)
{
	struct hb_peer *peer = &node->member.peer[nr];
	bool heard = peer->heard;

	LOG(node, LOG_WARNING, "node %s: is dead", peer->name);
	tell_dead(node, nr);
	peer->heard = false;
	if (!peer->ping && node->member.comm == HB_COMM_UP)
		hb_takeover_peer_dead(&node->takeover, peer->name, heard, now_ms);
}

static void comm_up(struct hb_node *node, int64_t now_ms)
{
	int i;

	LOG(node, LOG_INFO, "Comm_now_up(): updating status to active");
	set_own_status(node, HB_ST_ACTIVE, now_ms);
	node->ops->comm_up(node->arg);
	hb_takeover_comm_up(&node->takeover, now_ms);
	for (i = 0; i < node->member.peers; i++)
		if (!node->member.peer[i].ping && node->member.peer[i].status == HB_ST_DEAD)
			hb_takeover_peer_dead(&node->takeover, node->member.peer[i].name, false, now_ms);
}

static void member_due(struct hb_node *node, int64_t now_ms)
{
	int peer, link = 0, guard;
	enum hb_due due;

	for (guard = 0; guard < 1000 && (due = hb_member_tick(&node->member, now_ms, &peer, &link)) != HB_DUE_NONE; guard++) {
		switch (due) {
		case HB_DUE_DEAD: node_dead(node, peer, now_ms); break;
		case HB_DUE_LINK_DEAD: node->ops->link(node->arg, peer, link, false); break;
		case HB_DUE_REQNODES:
			send_short(node, now_ms, "reqnodes", node->member.peer[peer].name, NULL, NULL, NULL, NULL);
			break;
		case HB_DUE_COMM_UP: comm_up(node, now_ms); break;
		case HB_DUE_STALLED:
			LOG(node, LOG_ERR, "No local heartbeat. Forcing restart.");
			hb_takeover_start_afresh(&node->takeover, now_ms);
			break;
		case HB_DUE_NONE: break;
		}
	}
}

static void ask_missing(struct hb_node *node, int64_t now_ms)
{
	char text[32];
	uint64_t seq;
	int i;

	for (i = 0; i < node->member.peers; i++) {
		struct hb_peer *peer = &node->member.peer[i];
		int left = HB_MAX_RESEND;

		if (peer->status != HB_ST_UP && peer->status != HB_ST_ACTIVE && peer->status != HB_ST_INIT)
			continue;
		while (left-- > 0 && (seq = hb_recv_ask(&peer->recv, now_ms, node->cf->max_rexmit_delay_ms))) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
			send_short(node, now_ms, "NS_rexmit", peer->name, "firstseq", text, "lastseq", text);
		}
	}
}

void hb_node_tick(struct hb_node *node, int64_t now_ms)
{
	node->now_ms = now_ms;
	member_due(node, now_ms);
	if (now_ms >= node->status_at_ms)
		hb_node_status_now(node, now_ms);
	ask_missing(node, now_ms);
	hb_takeover_tick(&node->takeover, now_ms);
}

int64_t hb_node_next_ms(const struct hb_node *node)
{
	int64_t next = node->status_at_ms, at = hb_member_next_ms(&node->member);
	int i;

	next = at < next ? at : next;
	at = hb_takeover_next_ms(&node->takeover);
	next = at < next ? at : next;
	for (i = 0; i < node->member.peers; i++) {
		at = hb_recv_next_ms(&node->member.peer[i].recv);
		next = at < next ? at : next;
	}
	return next;
}

void hb_node_job_done(struct hb_node *node, const struct hb_job *job, enum hb_hold failed, int64_t now_ms)
{
	struct hb_msg msg = { .fields = 0 };

	node->now_ms = now_ms;
	if (job->kind == HB_JOB_KEY_GIVE) {
		hb_msg_add(&msg, "t", "ip-request-resp");
		hb_msg_add(&msg, "dest", job->node);
		hb_msg_add(&msg, "ipaddr", job->key);
		hb_msg_add(&msg, "weown", failed ? "no" : "yes");
		hb_msg_add(&msg, "ok", "OK");
		hb_node_send(node, &msg, now_ms);
		hb_msg_free(&msg);
	}
	hb_takeover_job_done(&node->takeover, job, failed, now_ms);
}

bool hb_node_congested(const struct hb_node *node)
{
	uint64_t acked = hb_member_acked(&node->member);

	return node->member.flow && acked != UINT64_MAX && node->seq > acked + HB_MAX_UNACKED;
}

/* -- start and end ---------------------------------------------------------------------------------------------------- */

int hb_node_init(struct hb_node *node, const struct ha_cf *cf, const struct authkeys *keys, const char *own, uint64_t hg,
		 const unsigned char *uuid, const struct hb_node_ops *ops, void *arg, uint64_t seed, int64_t now_ms)
{
	int i, err;

	memset(node, 0, sizeof(*node));
	node->cf = cf;
	node->keys = keys;
	node->ops = ops;
	node->arg = arg;
	snprintf(node->own, sizeof(node->own), "%s", own);
	memcpy(node->uuid, uuid, HB_UUID_BYTE);
	node->hg = hg;
	node->rng = seed * 2 + 1;
	node->wall_s = 1;
	strcpy(node->load, "0.00 0.00 0.00 1/1 1");
	err = hb_member_init(&node->member, cf, own, now_ms);
	if (err)
		return err;
	for (i = 0; i < node->member.peers; i++)
		node->member.peer[i].recv.ack_rest = next_random(node) % HB_ACK_EVERY;
	node->now_ms = now_ms;
	hb_takeover_init(&node->takeover, &takeover_ops, node, node->own, cf->failback != HA_FAILBACK_LEGACY,
			 cf->failback == HA_FAILBACK_ON);
	node->takeover.failback_delay_ms = cf->failback_delay_ms;
	node->takeover.flap_max = (int)cf->flap_max;
	node->takeover.flap_window_ms = cf->flap_window_ms;
	node->takeover.check_failback = cf->need_uptodate;
	return 0;
}

void hb_node_start(struct hb_node *node, int64_t now_ms)
{
	set_own_status(node, HB_ST_INIT, now_ms);
	set_own_status(node, HB_ST_UP, now_ms);
}

void hb_node_free(struct hb_node *node)
{
	hb_sent_free(&node->sent);
	hb_member_free(&node->member);
}
