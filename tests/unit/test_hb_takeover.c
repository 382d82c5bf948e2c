/* SPDX-License-Identifier: GPL-2.0-only */
/* The resource protocol, one node against a scripted other: each row of heartbeat.md 4.3-4.8, and what seeds have found. */
#include "unit.h"

#include <stdarg.h>
#include <syslog.h>

#include "heartbeat/hb_takeover.h"

static struct hb_takeover t;
static char said[4096];
static struct hb_job job[16];
static char job_node[16][16];
static int jobs;
static bool stonith_there;
static int64_t now = 1000;

static void add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *fmt, ...)
{
	size_t used = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + used, sizeof(said) - used, fmt, ap);
	va_end(ap);
}

static void on_send(void *arg, const struct hb_rmsg *m)
{
	(void)arg;
	if (!strcmp(m->type, "resource"))
		add("resource %s%s%s%s%s; ", hb_hold_name(m->hold), m->full == 1 ? "" : " script", m->isstable < 0 ? "" : m->isstable ? " 1" : " 0",
		    m->info ? " " : "", m->info ? m->info : "");
	else if (!strcmp(m->type, "ask_resources"))
		add("ask %s %s; ", hb_hold_name(m->hold), m->info);
	else if (!strcmp(m->type, "stonith"))
		add("stonith %s %s; ", m->node, m->result);
	else
		add("%s; ", m->type);
}

static void on_job(void *arg, const struct hb_job *j)
{
	static const char *const names[] = { "own", "dead", "adopt", "give", "take", "retry", "stop", "key-take", "key-give", "check" };

	(void)arg;
	job[jobs] = *j;
	snprintf(job_node[jobs], sizeof(job_node[0]), "%s", j->node ? j->node : "");
	jobs++;
	add("<%s %s> ", names[j->kind], hb_hold_name(j->hold));
}

static void on_log(void *arg, int level, const char *fmt, ...)
{
	(void)arg;
	(void)level;
	(void)fmt;
}

static void on_request(void *arg, bool peer)
{
	(void)arg;
	add("request %d; ", peer);
}

static bool on_stonith(void *arg, const char *node)
{
	(void)arg;
	if (stonith_there)
		add("reset %s; ", node);
	return stonith_there;
}

static void on_abandon(void *arg)
{
	(void)arg;
	add("abandon; ");
}

static void on_leave(void *arg, enum hb_leave how)
{
	static const char *const names[] = { "stop", "restart", "emergency" };

	(void)arg;
	add("leave %s; ", names[how]);
}

static const struct hb_takeover_ops ops = { on_send, on_job, on_log, on_request, on_stonith, on_abandon, on_leave };

/* What was said and started since the last call. */
static const char *out(void)
{
	static char copy[sizeof(said)];

	strcpy(copy, said);
	said[0] = '\0';
	return copy;
}

static void done(enum hb_hold failed)
{
	struct hb_job first = job[0];

	first.node = job_node[0];
	jobs--;
	memmove(job, job + 1, jobs * sizeof(job[0]));
	memmove(job_node, job_node + 1, jobs * sizeof(job_node[0]));
	hb_takeover_job_done(&t, &first, failed, now);
}

static void resource(enum hb_hold hold, int stable, const char *info)
{
	const struct hb_rmsg m = { .type = "resource", .hold = hold, .full = 1, .isstable = stable, .info = info };

	hb_takeover_resource(&t, &m, false, now);
}

static void ask(enum hb_hold hold, const char *info, bool own)
{
	const struct hb_rmsg m = { .type = "ask_resources", .hold = hold, .full = -1, .isstable = -1, .info = info };

	hb_takeover_ask(&t, &m, own ? "server1" : "server2", own, now);
}

static void init(bool failback)
{
	hb_takeover_init(&t, &ops, NULL, "server1", true, failback);
	jobs = 0;
	said[0] = '\0';
	stonith_there = false;
}

/* Both up, each with its own. */
static void both_up(bool failback)
{
	init(failback);
	hb_takeover_peer_alive(&t);
	hb_takeover_comm_up(&t, now);
	hb_takeover_starting(&t, now);
	resource(HB_NONE, 0, NULL);
	done(HB_NONE);
	resource(HB_LOCAL, 1, NULL);
	CHECK(hb_takeover_stable(&t));
	out();
}

TEST(a_lone_node_takes_everything_and_is_stable_when_the_scripts_are_through)
{
	init(true);
	hb_takeover_comm_up(&t, now);
	CHECK_STR(out(), "starting; ");
	hb_takeover_peer_dead(&t, "server2", false, now);
	CHECK_STR(out(), "stonith server2 n_stnth; <dead foreign> <own local> ");
	CHECK_STR(hb_takeover_rscstatus(&t), "transition");
	done(HB_NONE);
	CHECK_STR(out(), "resource foreign script mach_down; ");
	done(HB_NONE);
	CHECK_STR(out(), "resource all 1 req_our_resources(); ");
	CHECK_STR(hb_takeover_rscstatus(&t), "all");
}

TEST(two_that_start_together_need_not_wait)
{
	init(true);
	hb_takeover_peer_alive(&t);
	hb_takeover_comm_up(&t, now);
	hb_takeover_starting(&t, now);
	CHECK_STR(out(), "starting; resource none 0; ");
	resource(HB_NONE, 0, NULL);
	CHECK_STR(out(), "<own local> resource local 1; ");
	done(HB_NONE);
	resource(HB_LOCAL, 1, NULL);
	CHECK_STR(out(), "resource local 1 req_our_resources(); resource local 1; ");
	CHECK_STR(hb_takeover_rscstatus(&t), "local");
}

TEST(the_deadlock_with_one_that_does_not_say_starting_ends_after_ten_seconds)
{
	init(true);
	hb_takeover_peer_alive(&t);
	hb_takeover_comm_up(&t, now);
	resource(HB_NONE, 0, NULL);
	out();
	CHECK_INT(hb_takeover_next_ms(&t), now + 10000);
	now += 9999;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "");
	now++;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<own local> resource local 1; ");
}

TEST(standby_given_and_taken)
{
	both_up(false);
	ask(HB_LOCAL, "me", true);
	CHECK_STR(out(), "");
	ask(HB_LOCAL, "other", false);
	CHECK_STR(out(), "resource none 0 standby; <give local> ");
	ask(HB_ALL, "me", true);
	CHECK_STR(out(), "");
	done(HB_NONE);
	CHECK_STR(out(), "ask local done; ");
	resource(HB_ALL, 1, NULL);
	CHECK_STR(out(), "resource none 1; ");
	ask(HB_LOCAL, "done", false);
	CHECK_STR(out(), "resource none 1; ");
	CHECK_STR(hb_takeover_rscstatus(&t), "none");
	/* and back: the other gives what it calls foreign */
	ask(HB_FOREIGN, "me", false);
	CHECK_STR(out(), "ask foreign other; ");
	resource(HB_LOCAL, 0, "standby");
	ask(HB_FOREIGN, "done", false);
	CHECK_STR(out(), "<take local> ");
	done(HB_NONE);
	CHECK_STR(out(), "ask foreign done; resource local 1; ");
	resource(HB_LOCAL, 1, NULL);
	CHECK_STR(hb_takeover_rscstatus(&t), "local");
}

TEST(a_standby_nobody_answers_is_cancelled)
{
	both_up(false);
	CHECK(hb_takeover_standby(&t, HB_ALL, now));
	CHECK_STR(out(), "ask all me; ");
	now += 10000;
	hb_takeover_tick(&t, now);
	CHECK(hb_takeover_stable(&t));
	CHECK_STR(hb_takeover_rscstatus(&t), "local");
}

TEST(a_death_takes_over_and_a_return_fails_back)
{
	both_up(true);
	hb_takeover_peer_dead(&t, "server2", true, now);
	CHECK_STR(out(), "stonith server2 n_stnth; <dead foreign> <own local> ");
	done(HB_NONE);
	done(HB_NONE);
	out();
	hb_takeover_peer_restarted(&t, now);
	hb_takeover_peer_alive(&t);
	hb_takeover_starting(&t, now);
	CHECK_STR(out(), "resource all 1; ");
	resource(HB_NONE, 0, NULL);
	resource(HB_NONE, 1, NULL);
	CHECK_STR(out(), "resource all 1; ask foreign me; ");
	both_up(false);
	hb_takeover_peer_dead(&t, "server2", true, now);
	done(HB_NONE);
	done(HB_NONE);
	hb_takeover_starting(&t, now);
	out();
	resource(HB_NONE, 1, NULL);
	CHECK_STR(out(), "resource all 1; ");
}

TEST(a_node_that_gave_up_its_resources_is_taken_over_at_once_and_its_death_is_no_news)
{
	both_up(true);
	resource(HB_NONE, 0, "shutdown");
	CHECK_STR(out(), "");
	hb_takeover_shutdone(&t, "server2", now);
	CHECK_STR(out(), "<dead foreign> <own local> ");
	done(HB_NONE);
	done(HB_NONE);
	out();
	hb_takeover_peer_dead(&t, "server2", true, now);
	CHECK_STR(out(), "stonith server2 unneeded; ");
	CHECK_STR(hb_takeover_rscstatus(&t), "all");
}

TEST(with_stonith_nothing_is_taken_before_the_reset)
{
	both_up(true);
	stonith_there = true;
	hb_takeover_peer_dead(&t, "server2", true, now);
	CHECK_STR(out(), "reset server2; ");
	hb_takeover_stonith(&t, "server2", false, now);
	CHECK_STR(out(), "");
	hb_takeover_stonith(&t, "server2", true, now);
	CHECK_STR(out(), "stonith server2 OK; <dead foreign> <own local> ");
}

TEST(a_stop_waits_for_running_work_and_releases_everything)
{
	both_up(true);
	ask(HB_FOREIGN, "me", false);
	out();
	hb_takeover_stop(&t, now);
	CHECK_STR(out(), "");
	ask(HB_FOREIGN, "done", false);
	CHECK_STR(out(), "<take local> ");
	done(HB_NONE);
	CHECK_STR(out(), "ask foreign done; resource local 1; resource none 0 shutdown; <stop all> ");
	hb_takeover_peer_dead(&t, "server2", true, now);
	CHECK(!strstr(out(), "<"));
	done(HB_NONE);
	CHECK_STR(out(), "shutdone; leave stop; ");
}

TEST(a_stop_before_communication_is_up_takes_nothing_any_more)
{
	init(true);
	hb_takeover_stop(&t, now);
	CHECK_STR(out(), "shutdone; leave stop; ");
	hb_takeover_comm_up(&t, now);
	hb_takeover_peer_dead(&t, "server2", false, now);
	CHECK(!strstr(out(), "<"));
}

TEST(while_scripts_stop_a_restarted_node_is_told_so)
{
	both_up(true);
	ask(HB_ALL, "me", true);
	ask(HB_ALL, "other", false);
	out();
	hb_takeover_peer_restarted(&t, now);
	hb_takeover_starting(&t, now);
	CHECK_STR(out(), "resource none 0 standby; ");
	done(HB_NONE);
	CHECK(strstr(out(), "resource none 1; "));
	/* the other side of it */
	init(true);
	hb_takeover_peer_alive(&t);
	hb_takeover_comm_up(&t, now);
	out();
	resource(HB_NONE, 0, "standby");
	now += 10000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "");
	resource(HB_NONE, 1, NULL);
	CHECK_STR(out(), "resource none 0; <own local> resource local 1; ");
}

TEST(after_a_partition_all_is_given_up_and_nothing_more_taken)
{
	both_up(true);
	ask(HB_FOREIGN, "me", false);
	out();
	hb_takeover_start_afresh(&t, now);
	CHECK_STR(out(), "abandon; ");
	ask(HB_FOREIGN, "done", false);
	CHECK_STR(out(), "");
	now += 2000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "resource none 0 shutdown; <stop all> ");
	hb_takeover_shutdone(&t, "server2", now);
	done(HB_NONE);
	CHECK_STR(out(), "shutdone; leave restart; ");
}

TEST(what_does_not_start_is_handed_over_once_and_then_tried_here)
{
	both_up(false);
	jobs = 0;
	hb_takeover_failed(&t, HB_LOCAL, now);
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "ask local me; ");
	ask(HB_LOCAL, "other", false);
	done(HB_NONE);
	ask(HB_LOCAL, "done", false);
	resource(HB_ALL, 1, NULL);
	out();
	ask(HB_FOREIGN, "me", false);
	ask(HB_FOREIGN, "done", false);
	done(HB_LOCAL);
	resource(HB_LOCAL, 1, NULL);
	out();
	now += 30000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<retry local> ");
	done(HB_NONE);
	now += 30000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "");
}

TEST(an_unanswered_standby_does_not_make_a_leaving_node_stable)
{
	both_up(false);
	CHECK(hb_takeover_standby(&t, HB_LOCAL, now));
	resource(HB_NONE, 0, "shutdown");
	out();
	now += 10000;
	hb_takeover_tick(&t, now);
	CHECK(!hb_takeover_stable(&t));
	CHECK_STR(out(), "");
}

TEST(an_old_standby_request_does_not_hold_the_node_for_long)
{
	both_up(false);
	ask(HB_FOREIGN, "me", false);
	CHECK_STR(out(), "ask foreign other; ");
	now += 10000;
	hb_takeover_tick(&t, now);
	CHECK(hb_takeover_stable(&t));
	/* one that gives may take its time */
	ask(HB_FOREIGN, "me", false);
	resource(HB_NONE, 0, "standby");
	now += 600000;
	hb_takeover_tick(&t, now);
	CHECK_INT(t.standby, HB_S_OTHER);
}

TEST(what_is_being_taken_is_held_when_the_giver_comes_again)
{
	both_up(false);
	ask(HB_LOCAL, "me", false);
	resource(HB_NONE, 0, "standby");
	ask(HB_LOCAL, "done", false);
	CHECK_STR(out(), "ask local other; <take foreign> ");
	hb_takeover_peer_restarted(&t, now);
	hb_takeover_starting(&t, now);
	CHECK_STR(out(), "resource all 1; ");
}

TEST(the_end_of_a_cancelled_take_is_told_to_nobody)
{
	both_up(false);
	ask(HB_LOCAL, "me", false);
	resource(HB_NONE, 0, "standby");
	ask(HB_LOCAL, "done", false);
	hb_takeover_peer_restarted(&t, now);
	resource(HB_NONE, 1, NULL);
	out();
	done(HB_NONE);
	CHECK_STR(out(), "resource all 1; ");
	CHECK_STR(hb_takeover_rscstatus(&t), "all");
}

TEST(the_giver_knows_what_was_taken_before_it_is_told)
{
	both_up(false);
	ask(HB_LOCAL, "me", true);
	ask(HB_LOCAL, "other", false);
	done(HB_NONE);
	ask(HB_LOCAL, "done", false);
	CHECK_INT(t.theirs & HB_FOREIGN, HB_FOREIGN);
}

TEST(nothing_is_adopted_while_messages_are_missing)
{
	both_up(false);
	t.mine = HB_NONE;
	t.peer_gap = true;
	resource(HB_LOCAL, 1, NULL);
	CHECK_STR(out(), "");
	t.peer_gap = false;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<own local> resource local 1; ");
}

TEST(a_failed_start_is_not_forgotten_when_nobody_takes_it)
{
	both_up(false);
	jobs = 0;
	hb_takeover_failed(&t, HB_LOCAL, now);
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "ask local me; ");
	t.theirs = HB_NONE;
	t.mine = HB_ALL;
	hb_takeover_peer_dead(&t, "server2", true, now);
	out();
	now += 30000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<retry local> ");
}

TEST(a_failed_start_of_a_lone_node_is_tried_again)
{
	init(true);
	hb_takeover_comm_up(&t, now);
	hb_takeover_peer_dead(&t, "server2", false, now);
	done(HB_FOREIGN);
	done(HB_NONE);
	out();
	now += 30000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<retry foreign> ");
}

TEST(what_nobody_holds_is_taken_up)
{
	both_up(true);
	resource(HB_NONE, 1, NULL);
	CHECK_STR(out(), "");
	now += 10000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "<adopt foreign> resource all 1; ");
}

TEST(the_flap_guard_ends_automatic_handovers)
{
	both_up(false);
	t.flap_max = 1;
	t.flap_window_ms = 100000;
	hb_takeover_failed(&t, HB_LOCAL, now);
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "ask local me; ");
	now += 10000;
	hb_takeover_tick(&t, now);
	t.handed_over = HB_NONE;
	hb_takeover_failed(&t, HB_LOCAL, now);
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "");
	now += 100000;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "ask local me; ");
}

TEST(failback_waits_as_asked)
{
	both_up(true);
	t.failback_delay_ms = 5000;
	hb_takeover_peer_dead(&t, "server2", true, now);
	done(HB_NONE);
	done(HB_NONE);
	hb_takeover_peer_alive(&t);
	hb_takeover_starting(&t, now);
	resource(HB_NONE, 1, NULL);
	out();
	now += 4999;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "");
	now++;
	hb_takeover_tick(&t, now);
	CHECK_STR(out(), "ask foreign me; ");
}

TEST(legacy_mode_asks_for_its_groups)
{
	hb_takeover_init(&t, &ops, NULL, "server1", false, false);
	said[0] = '\0';
	jobs = 0;
	hb_takeover_peer_alive(&t);
	hb_takeover_comm_up(&t, now);
	CHECK_STR(out(), "request 1; ");
	hb_takeover_key(&t, HB_JOB_KEY_TAKE, "r1", NULL);
	CHECK_STR(out(), "<key-take none> ");
	done(HB_NONE);
	ask(HB_ALL, "me", true);
	CHECK_STR(out(), "");
	CHECK_STR(hb_takeover_rscstatus(&t), "none");
	hb_takeover_stop(&t, now);
	CHECK_STR(out(), "<stop all> ");
	done(HB_NONE);
	CHECK_STR(out(), "shutdone; leave stop; ");
}

int main(void)
{
	RUN(a_lone_node_takes_everything_and_is_stable_when_the_scripts_are_through);
	RUN(two_that_start_together_need_not_wait);
	RUN(the_deadlock_with_one_that_does_not_say_starting_ends_after_ten_seconds);
	RUN(standby_given_and_taken);
	RUN(a_standby_nobody_answers_is_cancelled);
	RUN(a_death_takes_over_and_a_return_fails_back);
	RUN(a_node_that_gave_up_its_resources_is_taken_over_at_once_and_its_death_is_no_news);
	RUN(with_stonith_nothing_is_taken_before_the_reset);
	RUN(a_stop_waits_for_running_work_and_releases_everything);
	RUN(a_stop_before_communication_is_up_takes_nothing_any_more);
	RUN(while_scripts_stop_a_restarted_node_is_told_so);
	RUN(after_a_partition_all_is_given_up_and_nothing_more_taken);
	RUN(what_does_not_start_is_handed_over_once_and_then_tried_here);
	RUN(an_unanswered_standby_does_not_make_a_leaving_node_stable);
	RUN(an_old_standby_request_does_not_hold_the_node_for_long);
	RUN(what_is_being_taken_is_held_when_the_giver_comes_again);
	RUN(the_end_of_a_cancelled_take_is_told_to_nobody);
	RUN(the_giver_knows_what_was_taken_before_it_is_told);
	RUN(nothing_is_adopted_while_messages_are_missing);
	RUN(a_failed_start_is_not_forgotten_when_nobody_takes_it);
	RUN(a_failed_start_of_a_lone_node_is_tried_again);
	RUN(what_nobody_holds_is_taken_up);
	RUN(the_flap_guard_ends_automatic_handovers);
	RUN(failback_waits_as_asked);
	RUN(legacy_mode_asks_for_its_groups);
	return UNIT_END;
}
