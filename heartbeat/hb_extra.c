/* SPDX-License-Identifier: GPL-2.0-only */
/* Monitor, announcements, metrics; see the header. */
#include "heartbeat/hb_extra.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

static void monitor_step(struct hb_extra *x);

static bool is_held(const struct hb_extra *x, const struct hr_group *group)
{
	return x->node->takeover.mine & hb_rsc_hold_of(x->rsc, group);
}

/* Nothing is looked at while scripts run or resources move. */
static bool is_quiet(const struct hb_extra *x)
{
	return !x->rsc->jobs && x->node->takeover.phase == HB_R_STABLE && x->node->takeover.standby == HB_S_NOT;
}

static struct hb_fail *fail_of(struct hb_extra *x, const char *key)
{
	int i;

	for (i = 0; i < x->fails; i++)
		if (!strcmp(x->fail[i].key, key))
			return &x->fail[i];
	if (x->fails == HR_MAX_GROUP)
		return &x->fail[0];
	memset(&x->fail[x->fails], 0, sizeof(x->fail[0]));
	snprintf(x->fail[x->fails].key, sizeof(x->fail[0].key), "%s", key);
	return &x->fail[x->fails++];
}

/* -- monitor ---------------------------------------------------------------------------------------------------------- */

static void on_monitor(struct ev_timer *timer, void *arg)
{
	struct hb_extra *x = arg;

	(void)timer;
	if (x->run)
		return;
	x->group_nr = x->res_nr = 0;
	monitor_step(x);
}

static void plan_monitor(struct hb_extra *x)
{
	ev_timer_set(x->loop, &x->monitor, x->cf->monitor_ms, on_monitor, x);
}

/* A group that failed is taken anew in place: what runs is left alone, the rest started in order. */
static void group_failed(struct hb_extra *x, const struct hr_group *group, const struct hr_res *res)
{
	struct hb_fail *fail = fail_of(x, hr_key(group));

	fail->in_row++;
	fail->total++;
	log_err("monitor: %s of group %s is not running (failure %d)", res->text, hr_key(group), fail->in_row);
	if (fail->in_row > x->cf->monitor_failures) {
		log_err("monitor: group %s failed too often here and is handed over", hr_key(group));
		fail->in_row = 0;
		hb_takeover_failed(&x->node->takeover, hb_rsc_hold_of(x->rsc, group), ev_now_ms(x->loop));
	} else {
		hb_takeover_key(&x->node->takeover, HB_JOB_KEY_TAKE, hr_key(group), NULL);
	}
}

static void next_group(struct hb_extra *x)
{
	x->group_nr++;
	x->res_nr = 0;
	monitor_step(x);
}

static void monitor_done(const struct run_result *result, void *arg)
{
	struct hb_extra *x = arg;
	const struct hr_group *group;

	x->run = NULL;
	if (!is_quiet(x) || x->group_nr >= x->rsc->hr.groups || x->res_nr >= x->rsc->hr.group[x->group_nr].ress) {
		plan_monitor(x);
		return;
	}
	group = &x->rsc->hr.group[x->group_nr];
	if (is_held(x, group) && !hb_rsc_says_running(result->output)) {
		group_failed(x, group, &group->res[x->res_nr]);
		next_group(x);
		return;
	}
	if (++x->res_nr == group->ress) {
		fail_of(x, hr_key(group))->in_row = 0;
		next_group(x);
		return;
	}
	monitor_step(x);
}

static void monitor_step(struct hb_extra *x)
{
	const char *argv[HR_MAX_ARG + 3];
	struct run_spec spec = { .argv = argv, .split_stderr = true, .timeout_ms = HB_MONITOR_MS };
	char path[HB_MAX_PATH];
	const struct hr_res *res;
	int i, n = 0;

	while (x->group_nr < x->rsc->hr.groups && !is_held(x, &x->rsc->hr.group[x->group_nr]))
		x->group_nr++;
	if (!is_quiet(x) || x->group_nr >= x->rsc->hr.groups) {
		plan_monitor(x);
		return;
	}
	res = &x->rsc->hr.group[x->group_nr].res[x->res_nr];
	if (hb_rsc_script(x->rsc->dir, res, path, sizeof(path))) {
		next_group(x);
		return;
	}
	argv[n++] = path;
	for (i = 0; res->arg[i]; i++)
		argv[n++] = res->arg[i];
	argv[n++] = "status";
	argv[n] = NULL;
	if (run_start(&x->run, x->loop, &spec, monitor_done, x))
		plan_monitor(x);
}

/* -- addresses -------------------------------------------------------------------------------------------------------- */

static bool has_address(const struct ifaddrs *ifa, int family, const void *ip)
{
	const struct sockaddr *sa = ifa->ifa_addr;

	if (!sa || sa->sa_family != family || (ifa->ifa_flags & IFF_LOOPBACK))
		return false;
	if (family == AF_INET)
		return !memcmp(&((const struct sockaddr_in *)sa)->sin_addr, ip, sizeof(struct in_addr));
	return !memcmp(&((const struct sockaddr_in6 *)sa)->sin6_addr, ip, sizeof(struct in6_addr));
}

/* The interface that has the address now; false: none */
static bool find_interface(int family, const void *ip, char *name)
{
	struct ifaddrs *list, *ifa;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (ifa = list; ifa && !found; ifa = ifa->ifa_next) {
		found = has_address(ifa, family, ip);
		if (found)
			snprintf(name, IFNAMSIZ, "%s", ifa->ifa_name);
	}
	freeifaddrs(list);
	return found;
}

static void announced(const struct run_result *result, void *arg)
{
	(void)arg;
	if (result->exit_code)
		log_warn("announcing an address: exit code %d: %s", result->exit_code, result->output);
}

static void announce(struct hb_extra *x, const struct hr_res *res)
{
	char ip_text[64], nic[IFNAMSIZ];
	const char *const arp[] = { LIBDIR "/heartbeat/send_arp", "-i", "200", "-r", "1", nic, ip_text, "auto", "not_used", "not_used", NULL };
	const char *const advert[] = { LIBDIR "/heartbeat/send_ua", ip_text, "128", nic, NULL };
	int family = strcmp(res->script, "IPv6addr") ? AF_INET : AF_INET6;
	struct run_spec spec = { .argv = family == AF_INET ? arp : advert, .timeout_ms = HB_ARP_RUN_MS };
	unsigned char ip[sizeof(struct in6_addr)];

	if ((family == AF_INET && strncmp(res->script, "IPaddr", 6)) || !res->arg[0])
		return;
	snprintf(ip_text, sizeof(ip_text), "%.*s", (int)strcspn(res->arg[0], "/"), res->arg[0]);
	if (inet_pton(family, ip_text, ip) == 1 && find_interface(family, ip, nic))
		run_start(NULL, x->loop, &spec, announced, x);
}

static void on_arp(struct ev_timer *timer, void *arg)
{
	struct hb_extra *x = arg;
	int g, r;

	(void)timer;
	for (g = 0; g < x->rsc->hr.groups && is_quiet(x); g++)
		for (r = 0; is_held(x, &x->rsc->hr.group[g]) && r < x->rsc->hr.group[g].ress; r++)
			announce(x, &x->rsc->hr.group[g].res[r]);
	ev_timer_set(x->loop, &x->arp, x->cf->arp_repeat_ms, on_arp, x);
}

/* -- metrics ---------------------------------------------------------------------------------------------------------- */

static void write_metrics(const struct hb_extra *x, FILE *out)
{
	const struct hb_member *m = &x->node->member;
	const struct hb_takeover *t = &x->node->takeover;
	int i, l;

	fprintf(out, "# TYPE heartbeat_node_up gauge\n");
	for (i = 0; i < m->peers; i++)
		fprintf(out, "heartbeat_node_up{node=\"%s\",type=\"%s\"} %d\n", m->peer[i].name, m->peer[i].ping ? "ping" : "normal",
			i == m->own || (m->peer[i].heard && m->peer[i].status != HB_ST_DEAD));
	fprintf(out, "# TYPE heartbeat_link_up gauge\n");
	for (i = 0; i < m->peers; i++)
		for (l = 0; l < m->links; l++)
			if (i != m->own && !m->peer[i].ping)
				fprintf(out, "heartbeat_link_up{node=\"%s\",link=\"%s\"} %d\n", m->peer[i].name, m->link[l], m->peer[i].link_up[l]);
	fprintf(out, "# TYPE heartbeat_holds gauge\nheartbeat_holds{resources=\"local\"} %d\nheartbeat_holds{resources=\"foreign\"} %d\n",
		!!(t->mine & HB_LOCAL), !!(t->mine & HB_FOREIGN));
	fprintf(out, "# TYPE heartbeat_stable gauge\nheartbeat_stable %d\n", hb_takeover_stable(t));
	fprintf(out, "# TYPE heartbeat_messages_total counter\n");
	fprintf(out, "heartbeat_messages_total{kind=\"sent\"} %llu\n", (unsigned long long)x->node->count.sent);
	fprintf(out, "heartbeat_messages_total{kind=\"received\"} %llu\n", (unsigned long long)x->node->count.received);
	fprintf(out, "heartbeat_messages_total{kind=\"bad\"} %llu\n", (unsigned long long)x->node->count.bad);
	fprintf(out, "heartbeat_messages_total{kind=\"resent\"} %llu\n", (unsigned long long)x->node->count.resent);
	fprintf(out, "# TYPE heartbeat_group_failures_total counter\n");
	for (i = 0; i < x->fails; i++)
		fprintf(out, "heartbeat_group_failures_total{group=\"%s\"} %d\n", x->fail[i].key, x->fail[i].total);
}

/* Replaced whole: a reader never sees half of it. */
static void on_metrics(struct ev_timer *timer, void *arg)
{
	struct hb_extra *x = arg;
	char temp[HB_MAX_PATH];
	FILE *out;

	(void)timer;
	snprintf(temp, sizeof(temp), "%s.new", x->cf->metrics_file);
	out = fopen(temp, "we");
	if (out) {
		write_metrics(x, out);
		if (fclose(out) || rename(temp, x->cf->metrics_file))
			log_warn("cannot write %s: %m", x->cf->metrics_file);
	} else {
		log_warn("cannot write %s: %m", temp);
	}
	ev_timer_set(x->loop, &x->metrics, HB_METRICS_MS, on_metrics, x);
}

/* -- requests --------------------------------------------------------------------------------------------------------- */

static void list_failures(const struct hb_extra *x, struct hb_msg *reply)
{
	char list[8192] = "";
	size_t used = 0;
	int i;

	for (i = 0; i < x->fails && used < sizeof(list); i++)
		if (x->fail[i].total)
			used += snprintf(list + used, sizeof(list) - used, "%s %d\n", x->fail[i].key, x->fail[i].total);
	hb_msg_add(reply, "counts", list);
}

bool hb_extra_request(struct hb_extra *x, const char *reqtype, bool root, struct hb_msg *reply)
{
	if (!strcmp(reqtype, "failcounts")) {
		list_failures(x, reply);
		return true;
	}
	if (!strcmp(reqtype, "clearfails") && root) {
		x->fails = 0;
		x->node->takeover.failed = HB_NONE;
		x->node->takeover.handed_over = HB_NONE;
		x->node->takeover.flaps = 0;
		return true;
	}
	return false;
}

void hb_extra_init(struct hb_extra *x, struct ev_loop *loop, struct hb_node *node, struct hb_rsc *rsc, const struct ha_cf *cf)
{
	memset(x, 0, sizeof(*x));
	x->loop = loop;
	x->node = node;
	x->rsc = rsc;
	x->cf = cf;
	if (cf->monitor_ms)
		plan_monitor(x);
	if (cf->arp_repeat_ms)
		ev_timer_set(loop, &x->arp, cf->arp_repeat_ms, on_arp, x);
	if (cf->metrics_file)
		ev_timer_set(loop, &x->metrics, 0, on_metrics, x);
}
