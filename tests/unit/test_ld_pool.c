/* SPDX-License-Identifier: GPL-2.0-only */
/* Histories of results against the wanted table, and the plan that brings a kernel's table there. No I/O. */
#include "unit.h"

#include <errno.h>

#include "ldirectord/ld_apply.h"
#include "lib/fault.h"

static struct ld_config *config;
static struct ld_pool pool;

static void hear(bool is_error, unsigned int line, const char *msg, void *arg)
{
	(void)arg;
	CHECK_MSG(!is_error, "line %u: %s", line, msg);
}

static void start(const char *global, const char *section)
{
	char text[1024];

	snprintf(text, sizeof(text), "%svirtual=10.0.0.1:80\n\treal=10.0.1.1:80 gate 5\n\treal=10.0.1.2:80 masq 1 l:1 u:2\n%s", global, section);
	CHECK_INT(ld_config_parse("f.cf", text, hear, NULL, &config), 0);
	CHECK_INT(ld_pool_init(&pool, config, &config->virtual[0]), 0);
}

static void end(void)
{
	ld_pool_free(&pool);
	ld_config_free(config);
}

/* The wanted table in short: one word a server, K P5 Q A (quiet) +(quiet, add) D(rain) -, then F or f for the fallback. */
static const char *wanted(int64_t now_ms)
{
	static char text[128];
	struct ld_want want[8];
	size_t i, n = ld_pool_wanted(&pool, now_ms, want);

	text[0] = '\0';
	for (i = 0; i < n; i++) {
		char *end = text + strlen(text);

		if (want[i].fallback)
			strcpy(end, want[i].kind == LD_PRESENT ? "F " : "f ");
		else if (want[i].kind == LD_PRESENT)
			sprintf(end, "P%d ", want[i].weight);
		else
			sprintf(end, "%c ", "KPQ+-D"[want[i].kind]);
	}
	return text;
}

static const enum ld_result UP = LD_RESULT_UP, DOWN = LD_RESULT_DOWN, MAINT = LD_RESULT_MAINTENANCE;

TEST(the_first_result_decides_and_then_failurecount_in_a_row)
{
	start("failurecount=3\n", "\tfallback=127.0.0.1:80\n");
	CHECK_STR(wanted(0), "K K F ");
	CHECK_INT(ld_pool_result(&pool, 0, UP, 1), LD_WENT_UP);
	CHECK_INT(ld_pool_result(&pool, 1, DOWN, 1), LD_WENT_DOWN);
	CHECK_STR(wanted(1), "P5 - f ");
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 2), LD_SOFT_FAILURE);
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 3), LD_SOFT_FAILURE);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 4), LD_FAILURES_RESET);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 4), LD_NO_CHANGE);
	ld_pool_result(&pool, 0, DOWN, 5);
	ld_pool_result(&pool, 0, DOWN, 6);
	CHECK_STR(wanted(6), "P5 - f ");
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 7), LD_WENT_DOWN);
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 8), LD_NO_CHANGE);
	CHECK_STR(wanted(8), "- - F ");
	CHECK_INT(ld_pool_result(&pool, 1, UP, 9), LD_WENT_UP);
	CHECK_STR(wanted(9), "- P1 f ");
	end();
}

TEST(an_adopted_server_is_up_until_it_has_failed_failurecount_times)
{
	start("failurecount=2\n", "\tfallback=127.0.0.1:80\n");
	pool.member[0].adopted = true;
	CHECK_STR(wanted(0), "P5 K f ");
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 1), LD_SOFT_FAILURE);
	CHECK_STR(wanted(1), "P5 K f ");
	CHECK_INT(ld_pool_result(&pool, 0, DOWN, 2), LD_WENT_DOWN);
	CHECK_STR(wanted(2), "- K F ");
	end();
	start("", "");
	pool.member[0].adopted = true;
	CHECK_INT(ld_pool_result(&pool, 0, UP, 1), LD_NO_CHANGE);
	CHECK_STR(wanted(1), "P5 K ");
	end();
}

TEST(quiescent_keeps_the_dead_with_weight_0_and_adds_those_never_seen_alive_once)
{
	start("quiescent=yes\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 1, DOWN, 1);
	CHECK_STR(wanted(1), "P5 + ");
	ld_pool_applied(&pool);
	CHECK_STR(wanted(1), "P5 Q ");
	ld_pool_result(&pool, 0, DOWN, 2);
	CHECK_STR(wanted(2), "Q Q ");
	end();
	start("quiescent=yes\nreaddquiescent=yes\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 0, DOWN, 2);
	ld_pool_applied(&pool);
	CHECK_STR(wanted(2), "+ K ");
	end();
	start("quiescent=yes\n", "\tquiescent=no\n");
	ld_pool_result(&pool, 0, DOWN, 2);
	CHECK_STR(wanted(2), "- K ");
	end();
}

TEST(risecount_asks_for_several_successes_after_a_failure_but_not_at_first)
{
	start("risecount=3\n", "");
	CHECK_INT(ld_pool_result(&pool, 0, UP, 1), LD_WENT_UP);
	ld_pool_result(&pool, 0, DOWN, 2);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 3), LD_SOFT_RISE);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 4), LD_SOFT_RISE);
	ld_pool_result(&pool, 0, DOWN, 5);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 6), LD_SOFT_RISE);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 7), LD_SOFT_RISE);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 8), LD_WENT_UP);
	end();
}

TEST(slowstart_lets_the_weight_grow_and_end_at_its_full_value)
{
	start("slowstart=10\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	CHECK_STR(wanted(1), "P5 K ");
	ld_pool_result(&pool, 0, DOWN, 2);
	ld_pool_result(&pool, 0, UP, 1000);
	CHECK_STR(wanted(1000), "P1 K ");
	CHECK_STR(wanted(6000), "P3 K ");
	CHECK(ld_pool_unsettled(&pool, 6000));
	CHECK_STR(wanted(11000), "P5 K ");
	CHECK(ld_pool_unsettled(&pool, 11001));
	CHECK(!ld_pool_unsettled(&pool, 11002));
	CHECK_STR(wanted(11002), "P5 K ");
	end();
}

TEST(maintenance_takes_a_server_out_at_once_and_drains_it_where_asked)
{
	start("failurecount=3\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	CHECK_INT(ld_pool_result(&pool, 0, MAINT, 2), LD_WENT_DOWN);
	CHECK_STR(wanted(2), "- K ");
	CHECK_INT(ld_pool_result(&pool, 0, MAINT, 3), LD_NO_CHANGE);
	CHECK_INT(ld_pool_result(&pool, 0, UP, 4), LD_WENT_UP);
	end();
	start("draintimeout=5\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 0, MAINT, 1000);
	CHECK_STR(wanted(2000), "D K ");
	CHECK(ld_pool_unsettled(&pool, 2000));
	CHECK_STR(wanted(6000), "- K ");
	ld_pool_result(&pool, 1, UP, 1);
	ld_pool_result(&pool, 1, DOWN, 2);
	CHECK_STR(wanted(3), "D - ");
	end();
}

TEST(off_never_comes_up_and_one_found_in_the_table_stays)
{
	start("", "\tchecktype=off\n\tfallback=127.0.0.1:80\n");
	CHECK_STR(wanted(0), "- - F ");
	pool.member[0].adopted = true;
	CHECK_STR(wanted(0), "P5 - f ");
	end();
}

TEST(servers_that_share_an_entry_are_in_the_table_while_one_is_up)
{
	char text[] = "virtual=10.0.0.1:80\n\treal=10.0.1.1:80 gate 1\n\treal=10.0.1.1:81 gate 2\n\treal=10.0.1.1:82 masq 3\n";

	CHECK_INT(ld_config_parse("f.cf", text, hear, NULL, &config), 0);
	CHECK_INT(ld_pool_init(&pool, config, &config->virtual[0]), 0);
	CHECK_INT(pool.slots, 2);
	ld_pool_result(&pool, 0, DOWN, 1);
	ld_pool_result(&pool, 1, UP, 1);
	ld_pool_result(&pool, 2, DOWN, 1);
	CHECK_STR(wanted(1), "P2 - ");
	ld_pool_result(&pool, 1, DOWN, 1);
	CHECK_STR(wanted(1), "- - ");
	end();
}

TEST(a_fallback_that_is_a_server_is_no_fallback)
{
	start("", "\tfallback=10.0.1.1:80\n");
	CHECK_STR(wanted(0), "K K ");
	end();
}

static bool always(size_t nr, size_t old_nr, void *arg)
{
	(void)nr;
	(void)old_nr;
	return *(bool *)arg;
}

TEST(a_reload_keeps_what_is_known_unless_the_check_is_another)
{
	char text[] = "draintimeout=5\nvirtual=10.0.0.1:80\n\treal=10.0.1.9:80 gate\n\treal=10.0.1.1:80 gate 7\n";
	struct ld_config *new_config;
	struct ld_pool old, new;
	struct ld_want want[8];
	bool same = true;

	start("failurecount=3\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 0, DOWN, 2);
	ld_pool_result(&pool, 1, UP, 2);
	CHECK_INT(ld_config_parse("f.cf", text, hear, NULL, &new_config), 0);
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), 0);
	CHECK_INT(ld_pool_inherit(&new, &pool, 100, always, &same), 0);
	CHECK_INT(new.member[0].state, LD_UNKNOWN);
	CHECK_INT(new.member[1].state, LD_UP);
	CHECK_INT(new.member[1].failures, 1);
	/* 10.0.1.2 is gone from the configuration and may end its connections */
	CHECK_INT(new.leavings, 1);
	CHECK_INT(ld_pool_wanted(&new, 200, want), 3);
	CHECK(want[2].leaving && want[2].kind == LD_DRAIN);
	CHECK_INT(ld_pool_wanted(&new, 6000, want), 3);
	CHECK_INT(want[2].kind, LD_ABSENT);
	ld_pool_free(&new);
	same = false;
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), 0);
	CHECK_INT(ld_pool_inherit(&new, &pool, 100, always, &same), 0);
	CHECK_INT(new.member[1].state, LD_UNKNOWN);
	CHECK(new.member[1].adopted);
	old = new;
	fault_arm(0);
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), -ENOMEM);
	fault_arm(1);
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), -ENOMEM);
	fault_arm(2);
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), -ENOMEM);
	CHECK_INT(fault_leaks(), 0);
	CHECK_INT(ld_pool_init(&new, new_config, &new_config->virtual[0]), 0);
	fault_arm(0);
	CHECK_INT(ld_pool_inherit(&new, &pool, 100, always, &same), -ENOMEM);
	fault_disarm();
	ld_pool_free(&new);
	ld_pool_free(&old);
	ld_config_free(new_config);
	end();
}

/* A kernel's entry by its text form. */
static struct ipvs_dest dest(const char *addr, uint16_t port, uint32_t fwd, uint32_t weight)
{
	struct ipvs_dest d = { .af = AF_INET, .port = port, .fwd = fwd, .weight = weight };
	unsigned int a, b, c, e;

	sscanf(addr, "%u.%u.%u.%u", &a, &b, &c, &e);
	d.addr.v4.s_addr = htonl(a << 24 | b << 16 | c << 8 | e);
	return d;
}

static char lines[2048];

/* The plan's log lines and command lines. */
static const char *plan(const struct ipvs_service *svc, const struct ipvs_dest *dests, size_t n, bool full)
{
	struct ipvs_change change;
	struct ld_want want[8];
	struct ld_plan steps;
	const char *word[32];
	char line[LD_LINE_BYTE], buf[512];
	size_t i;
	int w, words;

	lines[0] = '\0';
	CHECK_INT(ld_apply_plan(&config->virtual[0], want, ld_pool_wanted(&pool, 5, want), svc, dests, n, full, &steps), 0);
	for (i = 0; i < steps.steps; i++) {
		ld_apply_line(&config->virtual[0], &steps.step[i], line);
		ld_apply_change(&config->virtual[0], &steps.step[i], &change);
		words = ld_table_words(&change, word, buf);
		strcat(lines, line);
		strcat(lines, ":");
		for (w = 0; w < words; w++) {
			strcat(lines, " ");
			strcat(lines, word[w]);
		}
		strcat(lines, "\n");
	}
	free(steps.step);
	return lines;
}

TEST(an_empty_table_gets_the_service_then_the_living)
{
	start("", "\tscheduler=sh\n\tpersistent=300\n\tnetmask=255.255.255.0\n\tschedflags=sh-port\n\tfallback=127.0.0.1:8000 masq\n");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 1, UP, 1);
	CHECK_STR(plan(NULL, NULL, 0, true),
		  "Added virtual server: 10.0.0.1:80: -A -t 10.0.0.1:80 -s sh -p 300 -M 255.255.255.0 -b flag-2\n"
		  "Added real server: 10.0.1.1:80 (10.0.0.1:80) (Weight set to 5): -a -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.1:80 -g -w 5\n"
		  "Added real server: 10.0.1.2:80 (10.0.0.1:80) (Weight set to 1): -a -t 10.0.0.1:80 -x 2 -y 1 -r 10.0.1.2:80 -m -w 1\n");
	end();
}

TEST(only_the_difference_is_planned_additions_before_removals)
{
	struct ipvs_service svc;
	struct ipvs_dest table[4];

	start("", "\tfallback=127.0.0.1:80 gate\n");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 1, DOWN, 1);
	ld_apply_service(&config->virtual[0], &svc);
	table[0] = dest("10.0.1.2", 80, IPVS_FWD_MASQ, 1);
	table[1] = dest("127.0.0.1", 80, IPVS_FWD_LOCAL, 1);
	table[2] = dest("10.9.9.9", 80, IPVS_FWD_ROUTE, 1);
	CHECK_STR(plan(&svc, table, 3, false),
		  "Added real server: 10.0.1.1:80 (10.0.0.1:80) (Weight set to 5): -a -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.1:80 -g -w 5\n"
		  "Deleted real server: 10.0.1.2:80 (10.0.0.1:80): -d -t 10.0.0.1:80 -r 10.0.1.2:80\n"
		  "Deleted fallback server: 127.0.0.1:80 (10.0.0.1:80): -d -t 10.0.0.1:80 -r 127.0.0.1:80\n");
	/* at start what nobody configured goes too */
	plan(&svc, table, 3, true);
	CHECK(strstr(lines, "Purged real server (start): 10.9.9.9:80 (10.0.0.1:80): -d -t 10.0.0.1:80 -r 10.9.9.9:80\n"));
	table[0] = dest("10.0.1.1", 80, IPVS_FWD_ROUTE, 5);
	CHECK_STR(plan(&svc, table, 1, true), "");
	strcpy(svc.sched, "rr");
	CHECK_STR(plan(&svc, table, 1, true), "Changed virtual server: 10.0.0.1:80: -E -t 10.0.0.1:80 -s wrr\n");
	CHECK_STR(plan(&svc, table, 1, false), "");
	end();
}

TEST(what_another_hand_changed_is_left_until_the_next_transition_and_what_it_removed_comes_back)
{
	struct ipvs_service svc;
	struct ipvs_dest table[2];

	start("", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 1, UP, 1);
	ld_pool_applied(&pool);
	ld_apply_service(&config->virtual[0], &svc);
	table[0] = dest("10.0.1.1", 80, IPVS_FWD_ROUTE, 0);
	CHECK_STR(plan(&svc, table, 1, false),
		  "Added real server: 10.0.1.2:80 (10.0.0.1:80) (Weight set to 1): -a -t 10.0.0.1:80 -x 2 -y 1 -r 10.0.1.2:80 -m -w 1\n");
	ld_pool_result(&pool, 0, DOWN, 2);
	ld_pool_result(&pool, 0, UP, 3);
	plan(&svc, table, 1, false);
	CHECK(strstr(lines, "Restored real server: 10.0.1.1:80 (10.0.0.1:80) (Weight set to 5): -e -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.1:80 -g -w 5"));
	end();
}

TEST(quiescent_servers_get_weight_0_with_the_original_words)
{
	struct ipvs_service svc;
	struct ipvs_dest table[2];

	start("quiescent=yes\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 0, DOWN, 1);
	ld_pool_result(&pool, 1, DOWN, 1);
	ld_apply_service(&config->virtual[0], &svc);
	table[0] = dest("10.0.1.1", 80, IPVS_FWD_ROUTE, 5);
	CHECK_STR(plan(&svc, table, 1, false),
		  "Readd Quiescent real server: 10.0.1.2:80 (10.0.0.1:80) (Weight set to 0): -a -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.2:80 -m -w 0\n"
		  "Quiescent real server: 10.0.1.1:80 (10.0.0.1:80) (Weight set to 0): -e -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.1:80 -g -w 0\n");
	end();
}

TEST(a_draining_server_goes_when_its_connections_have_ended)
{
	struct ipvs_service svc;
	struct ipvs_dest table[1];

	start("draintimeout=60\n", "");
	ld_pool_result(&pool, 0, UP, 1);
	ld_pool_result(&pool, 0, MAINT, 2);
	ld_apply_service(&config->virtual[0], &svc);
	table[0] = dest("10.0.1.1", 80, IPVS_FWD_ROUTE, 5);
	table[0].active_conns = 3;
	CHECK_STR(plan(&svc, table, 1, false),
		  "Draining real server: 10.0.1.1:80 (10.0.0.1:80) (Weight set to 0): -e -t 10.0.0.1:80 -x 0 -y 0 -r 10.0.1.1:80 -g -w 0\n");
	table[0].weight = 0;
	CHECK_STR(plan(&svc, table, 1, false), "");
	table[0].active_conns = 0;
	CHECK_STR(plan(&svc, table, 1, false), "Deleted real server: 10.0.1.1:80 (10.0.0.1:80): -d -t 10.0.0.1:80 -r 10.0.1.1:80\n");
	end();
}

TEST(a_plan_without_memory_says_so)
{
	struct ld_want want[8];
	struct ld_plan steps;
	size_t n;
	int nth;

	start("", "");
	n = ld_pool_wanted(&pool, 5, want);
	for (nth = 0; nth < 3; nth++) {
		fault_arm(nth);
		CHECK_INT(ld_apply_plan(&config->virtual[0], want, n, NULL, NULL, 0, true, &steps), -ENOMEM);
		CHECK_INT(fault_leaks(), 0);
	}
	fault_disarm();
	end();
}

static const char listing[] =
	"IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
	"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	"TCP  10.0.0.1:80 rr\n"
	"  -> 192.168.9.3:8080             Masq    100    3          4         \n"
	"  -> 10.9.9.9:80                  Route   1      0          0         \n"
	"TCP  10.0.0.2:443 sh persistent 300 mask 255.255.255.0 (sh-fallback,sh-port)\n"
	"UDP  10.0.0.1:53 wrr ops\n"
	"TCP  [2001:db8::1]:80 wrr persistent 60 mask 64\n"
	"  -> [2001:db8::3]:8080           Local   3      0          0         \n"
	"FWM  1 rr\n"
	"FWM  7 IPv6 wrr\n";
static const char thresholds[] =
	"TCP  10.0.0.1:80 rr\n  -> 192.168.9.3:8080             0          0          0          0         \n"
	"  -> 10.9.9.9:80                  1000       100        0          0         \n"
	"TCP  [2001:db8::1]:80 wrr\n  -> [2001:db8::3]:8080           7          5          0          0         \n";

TEST(the_listing_of_an_ipvsadm_is_read_back)
{
	struct ld_table_entry *e;
	size_t n;

	CHECK_INT(ld_table_parse(listing, thresholds, &e, &n), 0);
	CHECK_INT(n, 6);
	if (n != 6)
		return;
	CHECK_INT(e[0].dests, 2);
	CHECK_INT(e[0].dest[0].weight, 100);
	CHECK_INT(e[0].dest[0].active_conns, 3);
	CHECK_INT(e[0].dest[0].fwd, IPVS_FWD_MASQ);
	CHECK_INT(e[0].dest[1].u_thresh, 1000);
	CHECK_INT(e[0].dest[1].l_thresh, 100);
	CHECK_INT(e[1].svc.flags, IPVS_F_PERSISTENT | IPVS_F_SCHED1 | IPVS_F_SCHED2);
	CHECK_INT(e[1].svc.timeout_s, 300);
	CHECK_INT(e[1].svc.netmask, htonl(0xffffff00));
	CHECK_INT(e[2].svc.protocol, IPPROTO_UDP);
	CHECK_INT(e[2].svc.flags, IPVS_F_ONEPACKET);
	CHECK_INT(e[3].svc.af, AF_INET6);
	CHECK_INT(e[3].svc.netmask, 64);
	CHECK_INT(e[3].dest[0].l_thresh, 5);
	CHECK_INT(e[3].dest[0].fwd, IPVS_FWD_LOCAL);
	CHECK_INT(e[4].svc.fwmark, 1);
	CHECK_INT(e[5].svc.fwmark, 7);
	CHECK_INT(e[5].svc.af, AF_INET6);
	CHECK(!ld_service_same_id(&e[4].svc, &e[5].svc));
	CHECK(ld_service_same_id(&e[4].svc, &e[4].svc));
	ld_table_parsed_free(e, n);
}

TEST(a_listing_cut_at_any_byte_or_read_without_memory_is_survived)
{
	struct ld_table_entry *e;
	char text[sizeof(listing)];
	size_t n, cut;
	int nth = 0, err;

	for (cut = 0; cut < sizeof(listing); cut++) {
		memcpy(text, listing, cut);
		text[cut] = '\0';
		CHECK_INT(ld_table_parse(text, thresholds, &e, &n), 0);
		ld_table_parsed_free(e, n);
	}
	do {
		fault_arm(nth++);
		err = ld_table_parse(listing, thresholds, &e, &n);
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		if (!err)
			ld_table_parsed_free(e, n);
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
}

int main(void)
{
	RUN(the_first_result_decides_and_then_failurecount_in_a_row);
	RUN(an_adopted_server_is_up_until_it_has_failed_failurecount_times);
	RUN(quiescent_keeps_the_dead_with_weight_0_and_adds_those_never_seen_alive_once);
	RUN(risecount_asks_for_several_successes_after_a_failure_but_not_at_first);
	RUN(slowstart_lets_the_weight_grow_and_end_at_its_full_value);
	RUN(maintenance_takes_a_server_out_at_once_and_drains_it_where_asked);
	RUN(off_never_comes_up_and_one_found_in_the_table_stays);
	RUN(servers_that_share_an_entry_are_in_the_table_while_one_is_up);
	RUN(a_fallback_that_is_a_server_is_no_fallback);
	RUN(a_reload_keeps_what_is_known_unless_the_check_is_another);
	RUN(an_empty_table_gets_the_service_then_the_living);
	RUN(only_the_difference_is_planned_additions_before_removals);
	RUN(what_another_hand_changed_is_left_until_the_next_transition_and_what_it_removed_comes_back);
	RUN(quiescent_servers_get_weight_0_with_the_original_words);
	RUN(a_draining_server_goes_when_its_connections_have_ended);
	RUN(a_plan_without_memory_says_so);
	RUN(the_listing_of_an_ipvsadm_is_read_back);
	RUN(a_listing_cut_at_any_byte_or_read_without_memory_is_survived);
	return UNIT_END;
}
