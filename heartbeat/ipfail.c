/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipfail: the node that reaches fewer ping nodes gives its resources to the other (heartbeat.md 3.6). Runs as a respawn
 * client of heartbeat.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "heartbeat/hb_client.h"
#include "lib/log.h"
#include "lib/std_fds.h"

enum { NEVER_AGAIN = 100, COMPARE_AGAIN_MS = 10000, IDLE_MS = 60000 };

struct ipfail {
	struct hb_client client;
	char other[HA_MAX_NAME + 1]; /* the other normal node */
	bool auto_failback, other_stable;
	const char *giving;	     /* "all" or "foreign": what is to be given up; NULL: nothing */
	int64_t give_at_ms;	     /* 0: not planned */
	int64_t compare_at_ms;	     /* 0: not planned */
	int links_down;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Calls visit for each node; returns how many there are, or -errno. */
static int walk_nodes(struct ipfail *f, void (*visit)(struct ipfail *f, const char *name, bool ping, bool up, int *sum), int *sum)
{
	struct hb_msg answer;
	int n = 0, err = hb_client_ask(&f->client, &answer, "nodelist", NULL, NULL, NULL, NULL);

	while (!err) {
		const char *name = hb_msg_get(&answer, "node"), *type = hb_msg_get(&answer, "nodetype"), *st = hb_msg_get(&answer, "st");

		if (name && type && st)
			visit(f, name, !strcmp(type, "ping"), !strcmp(st, "ping"), sum);
		n++;
		err = hb_client_more(&f->client, &answer);
	}
	if (err == -ENOENT) {
		hb_msg_free(&answer);
		return n;
	}
	return err;
}

static void find_other(struct ipfail *f, const char *name, bool ping, bool up, int *sum)
{
	(void)up;
	(void)sum;
	if (!ping && strcasecmp(name, f->client.node))
		snprintf(f->other, sizeof(f->other), "%s", name);
}

static void count_ping(struct ipfail *f, const char *name, bool ping, bool up, int *sum)
{
	(void)f;
	(void)name;
	*sum += ping && up;
}

static void send_short(struct ipfail *f, const char *type, const char *name, const char *value)
{
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", type);
	if (name)
		hb_msg_add(&msg, name, value);
	hb_msg_add(&msg, "dest", f->other);
	if (hb_ipc_send(&f->client.ipc, &msg))
		log_err("cannot send %s", type);
	hb_msg_free(&msg);
}

static void send_count(struct ipfail *f)
{
	char text[16];
	int n = 0;

	if (walk_nodes(f, count_ping, &n) < 0)
		return;
	snprintf(text, sizeof(text), "%d", n);
	log_info("Telling other node that we have %d ping nodes.", n);
	send_short(f, "num_ping_nodes", "num_ping", text);
}

static void plan(struct ipfail *f, const char *what)
{
	log_info("Giving up %s resources in %lld ms unless the other node says no.", what, (long long)(2 * f->client.keepalive_ms));
	f->giving = what;
	f->give_at_ms = now_ms() + 2 * f->client.keepalive_ms;
}

static void cancel(struct ipfail *f)
{
	if (f->giving)
		log_info("No giveup.");
	f->giving = NULL;
	f->give_at_ms = 0;
}

/* 3.6, one row each */
static void on_count(struct ipfail *f, const struct hb_msg *msg)
{
	const char *text = hb_msg_get(msg, "num_ping");
	int mine = 0, theirs = text ? atoi(text) : 0;

	if (!text || walk_nodes(f, count_ping, &mine) < 0)
		return;
	log_info("Ping node count: %d here, %d on the other node.", mine, theirs);
	if (mine > theirs) {
		send_short(f, "you_are_dead", NULL, NULL);
	} else if (mine < theirs) {
		plan(f, "all");
	} else {
		send_short(f, "abort_giveup", NULL, NULL);
		cancel(f);
		if (f->auto_failback && f->other_stable)
			plan(f, "foreign");
	}
}

static void on_resource(struct ipfail *f, const struct hb_msg *msg)
{
	const char *stable = hb_msg_get(msg, "isstable"), *src = hb_msg_get(msg, "src");

	if (!stable || !src || strcasecmp(src, f->other))
		return;
	f->other_stable = !strcmp(stable, "1");
	if (f->other_stable && !hb_msg_get(msg, "info") && f->giving && !f->give_at_ms)
		f->compare_at_ms = now_ms() + COMPARE_AGAIN_MS;
}

static void on_message(struct ipfail *f, const struct hb_msg *msg)
{
	const char *type = hb_msg_get(msg, "t"), *st = hb_msg_get(msg, "st"), *src = hb_msg_get(msg, "src");
	bool from_other = src && !strcasecmp(src, f->other);

	if (!type)
		return;
	if (!strcmp(type, "num_ping_nodes") && from_other)
		on_count(f, msg);
	else if (!strcmp(type, "you_are_dead") && from_other)
		plan(f, "all");
	else if (!strcmp(type, "abort_giveup") && from_other)
		cancel(f);
	else if (!strcmp(type, "resource"))
		on_resource(f, msg);
	else if ((!strcmp(type, "ifstat") && st && !strcmp(st, "dead")) || (!strcmp(type, "status") && st && !strcmp(st, "ping")))
		send_count(f);
	else if (!strcmp(type, "hbapi-clstat") && st && !strcmp(st, "join") && from_other)
		send_count(f);
	else if (!strcmp(type, "status") && from_other && st && !strcmp(st, "dead"))
		f->other_stable = false;
}

/* Messages that come while an answer is waited for are looked at after it: answers must not nest. */
enum { MAX_WAITING = 64 };
static struct hb_msg waiting[MAX_WAITING];
static int waiting_count;

static void keep_for_later(void *arg, struct hb_msg *msg)
{
	(void)arg;
	if (waiting_count < MAX_WAITING && !hb_msg_copy(&waiting[waiting_count], msg))
		waiting_count++;
}

static void work_off(struct ipfail *f)
{
	struct hb_msg first;

	while (waiting_count) {
		first = waiting[0];
		memmove(&waiting[0], &waiting[1], --waiting_count * sizeof(waiting[0]));
		on_message(f, &first);
		hb_msg_free(&first);
	}
}

static void give_up(struct ipfail *f)
{
	struct hb_msg msg = { .fields = 0 };

	f->give_at_ms = 0;
	if (!f->other_stable) {
		log_info("The other node is not stable: resources stay until it is.");
		return;
	}
	log_info("giveup() called (timeout worked)");
	hb_msg_add(&msg, "t", "ask_resources");
	hb_msg_add(&msg, "rsc_hold", f->giving);
	hb_msg_add(&msg, "info", "me");
	if (hb_ipc_send(&f->client.ipc, &msg))
		log_err("cannot ask for standby");
	hb_msg_free(&msg);
	f->giving = NULL;
}

static int wait_ms(const struct ipfail *f)
{
	int64_t at = f->give_at_ms && (!f->compare_at_ms || f->give_at_ms < f->compare_at_ms) ? f->give_at_ms : f->compare_at_ms;
	int64_t left = at ? at - now_ms() : IDLE_MS;

	return left < 0 ? 0 : (int)left;
}

static int run(struct ipfail *f)
{
	struct hb_msg msg;
	int err;

	for (;;) {
		work_off(f);
		err = hb_ipc_wait(&f->client.ipc, &msg, wait_ms(f));
		if (!err) {
			on_message(f, &msg);
			hb_msg_free(&msg);
		} else if (err != -ETIMEDOUT) {
			log_info("heartbeat has gone: %s", strerror(-err));
			return 0;
		}
		if (f->compare_at_ms && now_ms() >= f->compare_at_ms) {
			f->compare_at_ms = 0;
			send_count(f);
		}
		if (f->give_at_ms && now_ms() >= f->give_at_ms)
			give_up(f);
	}
}

static bool ask_text(struct ipfail *f, const char *reqtype, const char *pname, const char *field, char *text, size_t size)
{
	struct hb_msg answer;
	const char *value;

	if (hb_client_ask(&f->client, &answer, reqtype, pname ? "pname" : NULL, pname, NULL, NULL))
		return false;
	value = hb_msg_get(&answer, field);
	snprintf(text, size, "%s", value ? value : "");
	hb_msg_free(&answer);
	return true;
}

static void set_up_log(void)
{
	const char *name = getenv("HA_LOGFACILITY"), *file = getenv("HA_LOGFILE");
	struct log_dest to_syslog = { .kind = LOG_KIND_SYSLOG, .ident = "ipfail", .facility = LOG_DAEMON, .max_level = LOG_INFO };
	struct log_dest to_file = { .kind = LOG_KIND_FILE, .path = file, .max_level = LOG_INFO };

	if (name && log_facility(name) >= 0)
		to_syslog.facility = log_facility(name);
	if (!file || !*file || log_add(&to_file))
		log_add(&to_syslog);
}

int main(void)
{
	static struct ipfail f = { .other_stable = true };
	char text[64];

	hold_std_fds();
	set_up_log();
	signal(SIGPIPE, SIG_IGN);
	f.client.other = keep_for_later;
	f.client.arg = &f;
	if (hb_client_sign_on(&f.client, "ipfail")) {
		log_err("Cannot sign on with heartbeat: %s", f.client.why);
		return NEVER_AGAIN;
	}
	if (!ask_text(&f, "getparm", "auto_failback", "pvalue", text, sizeof(text)) || !strcmp(text, "legacy")) {
		log_err("ipfail needs auto_failback on or off");
		return NEVER_AGAIN;
	}
	f.auto_failback = !strcmp(text, "on");
	if (!ask_text(&f, "getrsc", NULL, "rsc_hold", text, sizeof(text)) || !*text || walk_nodes(&f, find_other, NULL) < 0 || !*f.other) {
		log_err("ipfail needs haresources and a second node");
		return NEVER_AGAIN;
	}
	log_info("[We are %s, the other node is %s]", f.client.node, f.other);
	send_count(&f);
	return run(&f);
}
