/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is up, late, dead, back: heartbeat.md 2.7 and 2.9; and the serial medium through a pair of pseudo terminals. */
#include "unit.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "heartbeat/hb_member.h"
#include "lib/fault.h"

static struct ha_cf cf;
static struct hb_member m;
static int peer, link_nr;
static int64_t late;

static void init(void)
{
	memset(&cf, 0, sizeof(cf));
	cf.node[0] = "server1";
	cf.node[1] = "server2";
	cf.nodes = 2;
	cf.media[0].dev = "eth0";
	cf.media[1].dev = "10.0.0.1";
	cf.media[1].kind = HA_PING;
	cf.medias = 2;
	cf.keepalive_ms = 100;
	cf.warntime_ms = 500;
	cf.deadtime_ms = cf.deadping_ms = 1000;
	cf.initdead_ms = 5000;
	CHECK_INT(hb_member_init(&m, &cf, "server1", 0), 0);
}

static unsigned int hear(enum hb_status status, uint64_t hg, uint64_t seq, int64_t now)
{
	const struct hb_status_word word = { .status = status, .hg = hg, .seq = seq, .dt_ms = 1000, .protocol = true };

	return hb_member_status(&m, 1, &word, now, &late);
}

static unsigned int hear_ping(int64_t now)
{
	const struct hb_status_word word = { .status = HB_ST_PING, .hg = 1, .protocol = true };

	return hb_member_status(&m, 2, &word, now, &late);
}

/* Lets time pass in ticks of the keepalive until something is due or end is reached. */
static enum hb_due wait_for(int64_t from, int64_t end, int64_t *at)
{
	enum hb_due due = HB_DUE_NONE;

	for (*at = from; *at <= end && due == HB_DUE_NONE; *at += 10)
		due = hb_member_tick(&m, *at, &peer, &link_nr);
	*at -= 10;
	return due;
}

static void come_up(void)
{
	init();
	hear(HB_ST_INIT, 7, 1, 10);
	hear(HB_ST_UP, 7, 2, 11);
	hear_ping(12);
	CHECK_INT(hb_member_tick(&m, 20, &peer, &link_nr), HB_DUE_REQNODES);
	CHECK_INT(peer, 1);
	CHECK_INT(hb_member_tick(&m, 20, &peer, &link_nr), HB_DUE_NONE);
	hb_member_asked(&m, 1);
	hb_member_repnodes(&m);
	CHECK_INT(hb_member_tick(&m, 30, &peer, &link_nr), HB_DUE_COMM_UP);
	hear(HB_ST_ACTIVE, 7, 3, 40);
	hear_ping(40);
}

TEST(communication_comes_up_when_all_are_heard_and_one_has_answered)
{
	int64_t at;

	init();
	hear(HB_ST_UP, 7, 2, 10);
	CHECK_INT(wait_for(20, 900, &at), HB_DUE_NONE);
	hear_ping(900);
	CHECK_INT(wait_for(900, 1000, &at), HB_DUE_REQNODES);
	CHECK_INT(wait_for(910, 2500, &at), HB_DUE_REQNODES);
	CHECK_INT(at, 1900);
	hb_member_free(&m);
}

TEST(a_lone_node_waits_for_initdead)
{
	int64_t at;

	init();
	CHECK_INT(wait_for(10, 9000, &at), HB_DUE_DEAD);
	CHECK_INT(at, 5000);
	CHECK_INT(peer, 1);
	CHECK_INT(hb_member_tick(&m, at, &peer, &link_nr), HB_DUE_DEAD);
	CHECK_INT(peer, 2);
	CHECK_INT(hb_member_tick(&m, at, &peer, &link_nr), HB_DUE_COMM_UP);
	CHECK_INT(hb_member_alive(&m), 0);
	hb_member_free(&m);
}

TEST(silence_for_its_own_dead_time_is_death_to_the_tick)
{
	const struct hb_status_word patient = { .status = HB_ST_ACTIVE, .hg = 7, .seq = 4, .dt_ms = 3000, .protocol = true };
	int64_t at, next;

	come_up();
	CHECK(hb_member_link(&m, 1, 0, 40));
	CHECK(!hb_member_link(&m, 1, 0, 41));
	hb_member_status(&m, 1, &patient, 100, &late);
	for (next = 100; next < 4000; next += 100)
		hear_ping(next);
	CHECK_INT(wait_for(100, 5000, &at), HB_DUE_LINK_DEAD);
	CHECK_INT(at, 3050);
	CHECK_INT(wait_for(at, 5000, &at), HB_DUE_DEAD);
	CHECK_INT(at, 3100);
	CHECK_INT(peer, 1);
	hb_member_free(&m);
}

TEST(what_a_status_means)
{
	come_up();
	CHECK_INT(hear(HB_ST_ACTIVE, 7, 4, 140), 0);
	CHECK_INT(hear(HB_ST_ACTIVE, 6, 9, 150), HB_M_DROP | HB_M_REPLAY);
	CHECK_INT(hear(HB_ST_ACTIVE, 7, 5, 700), HB_M_LATE);
	CHECK_INT(late, 560);
	CHECK_INT(hear(HB_ST_ACTIVE, 7, 6, 1900), HB_M_LATE | HB_M_OVERDUE);
	/* an old one that comes late does not turn the clock back */
	CHECK_INT(hear(HB_ST_UP, 7, 2, 1910), 0);
	CHECK_INT(m.peer[1].status, HB_ST_ACTIVE);
	CHECK_INT(hear(HB_ST_INIT, 8, 1, 1950), HB_M_RESTARTED | HB_M_CHANGED);
	hb_member_free(&m);
}

TEST(a_dead_node_that_speaks_again_was_cut_off)
{
	int64_t at;

	come_up();
	CHECK_INT(wait_for(50, 3000, &at), HB_DUE_DEAD);
	CHECK_INT(peer, 1);
	CHECK_INT(hear(HB_ST_ACTIVE, 7, 3, at), HB_M_DROP);
	CHECK_INT(hear(HB_ST_ACTIVE, 7, 9, at), HB_M_RETURNED | HB_M_CHANGED);
	hb_member_free(&m);
	/* a new life that shows itself active at once, and never asked, came up in the dark; one that asked did not */
	come_up();
	wait_for(50, 3000, &at);
	CHECK_INT(hear(HB_ST_ACTIVE, 8, 30, at), HB_M_RESTARTED | HB_M_RETURNED | HB_M_CHANGED);
	hb_member_free(&m);
	come_up();
	wait_for(50, 3000, &at);
	CHECK_INT(hb_member_generation(&m, 1, 8, at), HB_M_RESTARTED);
	hb_member_asked(&m, 1);
	CHECK_INT(hear(HB_ST_ACTIVE, 8, 4, at), HB_M_CHANGED);
	hb_member_free(&m);
}

TEST(a_node_that_stood_still_calls_nobody_dead_before_it_has_read)
{
	come_up();
	hb_member_tick(&m, 100, &peer, &link_nr);
	CHECK_INT(hb_member_tick(&m, 1060, &peer, &link_nr), HB_DUE_NONE);
	hear(HB_ST_ACTIVE, 7, 4, 1061);
	hear_ping(1061);
	CHECK_INT(hb_member_tick(&m, 1170, &peer, &link_nr), HB_DUE_NONE);
	CHECK_INT(hb_member_tick(&m, 2180, &peer, &link_nr), HB_DUE_STALLED);
	hb_member_free(&m);
}

TEST(without_protocol_there_is_no_flow_control)
{
	const struct hb_status_word old = { .status = HB_ST_UP, .hg = 7, .seq = 2 };

	init();
	CHECK_INT(hb_member_status(&m, 1, &old, 10, &late), HB_M_CHANGED | HB_M_NO_FLOW);
	CHECK_INT(hb_member_status(&m, 1, &old, 10, &late), 0);
	hear_ping(11);
	CHECK_INT(hb_member_tick(&m, 20, &peer, &link_nr), HB_DUE_COMM_UP);
	hb_member_free(&m);
}

TEST(senders_are_known_by_uuid_then_name)
{
	unsigned char one[HB_UUID_BYTE] = { 1 }, two[HB_UUID_BYTE] = { 2 };

	init();
	CHECK_INT(hb_member_sender(&m, "SERVER2", one), 1);
	CHECK_INT(hb_member_sender(&m, "renamed", one), 1);
	CHECK_INT(hb_member_sender(&m, "stranger", two), -1);
	CHECK_INT(hb_member_sender(&m, "server2", two), 1);
	CHECK_INT(hb_member_add(&m, "server3", 100), 3);
	CHECK_INT(hb_member_del(&m, "server3"), -16);
	m.peer[3].status = HB_ST_DEAD;
	m.peer[1].status = HB_ST_ACTIVE;
	CHECK_INT(hb_member_del(&m, "server3"), 0);
	CHECK(hb_member_del(&m, "server1") < 0 && hb_member_del(&m, "nobody") < 0);
	hb_member_free(&m);
}

/* -- serial -- */

static char got[1024];

static void on_packet(void *arg, const char *wire, size_t len, const char *link, const char *from)
{
	(void)arg;
	(void)link;
	(void)from;
	strncat(got, wire, len);
	strcat(got, "|");
}

static void say(int fd, const char *text)
{
	CHECK_INT((int)(write)(fd, text, strlen(text)), (int)strlen(text));
}

TEST(a_serial_line_finds_messages_between_noise)
{
	static struct hb_media media;
	struct ev_loop loop;
	char out[64] = "";
	int master = posix_openpt(O_RDWR | O_NOCTTY), i;
	ssize_t n;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	memset(&cf, 0, sizeof(cf));
	cf.medias = 1;
	cf.media[0].kind = HA_SERIAL;
	cf.media[0].dev = ptsname(master);
	cf.media[0].baud = 19200;
	CHECK_INT(ev_init(&loop, NULL), 0);
	CHECK_INT(hb_media_open(&media, &cf, on_packet, NULL), 0);
	CHECK_INT(hb_media_watch(&media, &loop), 0);
	say(master, "noise>>>\nt=a\n<<<\n\1\2>>");
	say(master, ">\nt=b\n<<<\n>>>\nt=");
	say(master, "c\n<<<\n");
	for (i = 0; i < 20 && strlen(got) < 38; i++)
		ev_turn(&loop, 100);
	CHECK_STR(got, ">>>\nt=a\n<<<\n|>>>\nt=b\n<<<\n|>>>\nt=c\n<<<\n|");
	hb_media_send_serial(&media, ">>>\nx=y\n<<<\n", 12);
	n = (read)(master, out, sizeof(out) - 1);
	CHECK_INT(n, 12);
	CHECK_STR(out, ">>>\nx=y\n<<<\n");
	hb_media_close(&media);
	ev_free(&loop);
	close(master);
}

int main(void)
{
	RUN(communication_comes_up_when_all_are_heard_and_one_has_answered);
	RUN(a_lone_node_waits_for_initdead);
	RUN(silence_for_its_own_dead_time_is_death_to_the_tick);
	RUN(what_a_status_means);
	RUN(a_dead_node_that_speaks_again_was_cut_off);
	RUN(a_node_that_stood_still_calls_nobody_dead_before_it_has_read);
	RUN(without_protocol_there_is_no_flow_control);
	RUN(senders_are_known_by_uuid_then_name);
	RUN(a_serial_line_finds_messages_between_noise);
	return UNIT_END;
}
