/* SPDX-License-Identifier: GPL-2.0-only */
/* A node among packets: replayed, of strangers, lost and asked for again, and signed ones that make no sense. */
#include "unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>

#include "heartbeat/hb_node.h"
#include "lib/fault.h"

static struct ha_cf cf;
static struct authkeys keys;
static struct hb_node node, other;
static int64_t now;
static int jobs, dead;

enum { MAX_SENT = 256 };
static struct sent {
	char *wire;
	size_t len;
} sent[MAX_SENT];
static int sents;

static void on_transmit(void *arg, const char *wire, size_t len)
{
	struct sent *s = &sent[sents % MAX_SENT];

	(void)arg;
	free(s->wire);
	s->wire = malloc(len + 1);
	memcpy(s->wire, wire, len);
	s->wire[len] = '\0';
	s->len = len;
	sents++;
}

static void on_ping(void *arg, const char *name, const char *wire, size_t len)
{
	(void)arg;
	(void)name;
	(void)wire;
	(void)len;
}

static void on_job(void *arg, const struct hb_job *job)
{
	struct hb_job copy = *job;

	jobs++;
	copy.node = copy.key = NULL;
	(void)copy;
	(void)arg;
}

static void on_news(void *arg, enum hb_news news, const struct hb_msg *msg, int peer, enum hb_status old)
{
	const char *st = hb_msg_get(msg, "st");

	(void)arg;
	(void)peer;
	(void)old;
	dead += news == HB_NEWS_STATUS && st && !strcmp(st, "dead");
}

static void on_link(void *arg, int peer, int link, bool up)
{
	(void)arg;
	(void)peer;
	(void)link;
	(void)up;
}

static void nothing(void *arg)
{
	(void)arg;
}

static void on_request(void *arg, bool peer_alive)
{
	(void)arg;
	(void)peer_alive;
}

static bool on_stonith(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return false;
}

static void on_leave(void *arg, enum hb_leave how)
{
	(void)arg;
	(void)how;
}

static void on_log(void *arg, int level, const char *fmt, ...)
{
	(void)arg;
	(void)level;
	(void)fmt;
}

static const struct hb_node_ops ops = {
	.transmit = on_transmit, .ping = on_ping, .job = on_job, .news = on_news, .link = on_link, .comm_up = nothing,
	.request_own = on_request, .stonith = on_stonith, .abandon = nothing, .leave = on_leave, .log = on_log,
};

static void init(void)
{
	static const unsigned char uuid1[HB_UUID_BYTE] = { 1 }, uuid2[HB_UUID_BYTE] = { 2 };

	now = 1000;
	memset(&cf, 0, sizeof(cf));
	cf.node[0] = "server1";
	cf.node[1] = "server2";
	cf.nodes = 2;
	cf.media[0].dev = "eth0";
	cf.medias = 1;
	cf.keepalive_ms = 100;
	cf.warntime_ms = 500;
	cf.deadtime_ms = 1000;
	cf.initdead_ms = 3000;
	cf.max_rexmit_delay_ms = 250;
	cf.failback = HA_FAILBACK_ON;
	keys.sign_nr = 1;
	keys.key[1].method = HB_SIGN_CRC;
	sents = jobs = dead = 0;
	CHECK_INT(hb_node_init(&node, &cf, &keys, "server1", 100, uuid1, &ops, NULL, 1, now), 0);
	CHECK_INT(hb_node_init(&other, &cf, &keys, "server2", 200, uuid2, &ops, NULL, 2, now), 0);
}

static void end(void)
{
	hb_node_free(&node);
	hb_node_free(&other);
}

/* What from sends on an event goes to the other one; returns how many. */
static int pass(struct hb_node *to, int from)
{
	const char *why;
	int i;

	for (i = from; i < sents; i++) {
		struct sent copy = { malloc(sent[i % MAX_SENT].len), sent[i % MAX_SENT].len };

		memcpy(copy.wire, sent[i % MAX_SENT].wire, copy.len);
		hb_node_receive(to, copy.wire, copy.len, 0, now, &why);
		free(copy.wire);
	}
	return i - from;
}

static void come_up(void)
{
	int from;

	init();
	from = sents;
	hb_node_start(&other, now);
	pass(&node, from);
	from = sents;
	hb_node_start(&node, now);
	pass(&other, from);
	CHECK_INT(node.member.peer[1].status, HB_ST_UP);
}

TEST(a_replayed_packet_changes_nothing)
{
	struct sent old;
	const char *why;
	int64_t last;
	int from;

	come_up();
	from = sents;
	now += 100;
	hb_node_status_now(&other, now);
	old.len = sent[from % MAX_SENT].len;
	old.wire = malloc(old.len);
	memcpy(old.wire, sent[from % MAX_SENT].wire, old.len);
	pass(&node, from);
	from = sents;
	now += 100;
	hb_node_status_now(&other, now);
	pass(&node, from);
	last = node.member.peer[1].last_ms;
	CHECK_INT(last, now);
	now += 500;
	CHECK_INT(hb_node_receive(&node, old.wire, old.len, 0, now, &why), 0);
	CHECK_INT(node.member.peer[1].last_ms, last);
	CHECK_INT(node.count.old, 1);
	/* of a life that is past */
	hb_member_generation(&node.member, 1, 201, now);
	CHECK_INT(hb_node_receive(&node, old.wire, old.len, 0, now, &why), 0);
	CHECK_INT(node.member.peer[1].hg, 201);
	free(old.wire);
	end();
}

TEST(strangers_and_damage_are_counted)
{
	static const char plain[] = ">>>\nt=status\nst=active\nsrc=server2\nts=1\nhg=c8\nseq=1\n<<<\n";
	struct hb_msg msg = { .fields = 0 };
	const char *why;
	size_t len;
	char *wire;

	come_up();
	CHECK_INT(hb_node_receive(&node, plain, sizeof(plain), 0, now, &why), -EACCES);
	CHECK_INT(hb_node_receive(&node, "x", 1, 0, now, &why), -EBADMSG);
	CHECK_INT(node.count.bad, 2);
	hb_msg_add(&msg, "t", "status");
	hb_msg_add(&msg, "src", "stranger");
	hb_msg_add(&msg, "ts", "1");
	hb_msg_add(&msg, "hg", "1");
	hb_msg_add(&msg, "seq", "1");
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
	CHECK_INT(hb_node_receive(&node, wire, len, 0, now, &why), -EBADMSG);
	CHECK_STR(why, "bad node in message");
	CHECK_INT(node.count.unknown, 1);
	free(wire);
	hb_msg_set(&msg, "ts", "0");
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
	CHECK_INT(hb_node_receive(&node, wire, len, 0, now, &why), -EBADMSG);
	CHECK_STR(why, "no time stamp");
	free(wire);
	hb_msg_free(&msg);
	end();
}

TEST(a_lost_message_is_asked_for_and_sent_again)
{
	int from, before;

	come_up();
	now += 100;
	hb_node_status_now(&other, now); /* lost */
	now += 100;
	from = sents;
	hb_node_status_now(&other, now);
	pass(&node, from);
	CHECK_INT(node.member.peer[1].recv.missing, 1);
	now += 300;
	from = sents;
	hb_node_tick(&node, now);
	before = sents;
	CHECK(before > from);
	pass(&other, from);
	CHECK_INT(other.count.resent, 1);
	pass(&node, before);
	CHECK_INT(node.member.peer[1].recv.missing, 0);
	end();
}

static uint32_t rnd_state = 7;

static uint32_t rnd(uint32_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return rnd_state % below;
}

/* Whoever has the key may be mad: nothing it says is trusted to be in range. */
TEST(signed_nonsense_does_no_harm)
{
	static const char *const types[] = { "status", "NS_st", "NS_ackmsg", "NS_rexmit", "NS_nak_rexmit", "reqnodes", "repnodes", "starting",
		"resource", "ask_resources", "hb_takeover", "shutdone", "ip-request", "ip-request-resp", "addnode", "delnode", "stonith",
		"hbapi-clstat", "query-cstatus", "respond-cstatus", "other", "" };
	static const char *const names[] = { "st", "dt", "protocol", "dest", "ackseq", "firstseq", "lastseq", "rsc_hold", "rtype", "isstable",
		"info", "nodelist", "ipaddr", "ok", "srcuuid", "to_id", "node", "oseq" };
	static const char *const values[] = { "active", "init", "up", "dead", "ping", "0", "1", "ffffffffffffffff", "18446744073709551615",
		"-1", "", "server1", "server2", "all", "none", "local", "foreign", "full", "me", "other", "done", "mach_down", "shutdown",
		"standby", "OK", "a b c server2 server1 ", "7fffffff" };
	const char *why;
	size_t len;
	char *wire;
	int i, fields;

	come_up();
	for (i = 0; i < 60000; i++) {
		struct hb_msg msg = { .fields = 0 };

		hb_msg_add(&msg, "t", types[rnd(22)]);
		hb_msg_add(&msg, "src", rnd(8) ? "server2" : values[rnd(27)]);
		hb_msg_addf(&msg, "seq", "%x", rnd(4) ? (unsigned int)i / 8 + rnd(600) : rnd(UINT32_MAX));
		hb_msg_addf(&msg, "hg", "%x", rnd(50) ? 200 + (unsigned int)i / 3000 : rnd(400));
		hb_msg_add(&msg, "ts", "1");
		for (fields = rnd(7); fields > 0; fields--)
			hb_msg_add(&msg, names[rnd(18)], values[rnd(27)]);
		if (!hb_msg_write(&msg, rnd(2), &keys, &wire, &len)) {
			hb_node_receive(&node, wire, len, rnd(2) - 1, now, &why);
			free(wire);
		}
		hb_msg_free(&msg);
		now += rnd(40);
		if (!rnd(5))
			hb_node_tick(&node, now);
		CHECK(node.member.peers <= HA_MAX_NODE);
		CHECK(node.member.peer[1].recv.missing <= HB_MAX_GAP);
	}
	end();
}

int main(void)
{
	RUN(a_replayed_packet_changes_nothing);
	RUN(strangers_and_damage_are_counted);
	RUN(a_lost_message_is_asked_for_and_sent_again);
	RUN(signed_nonsense_does_no_harm);
	return UNIT_END;
}
