/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ResourceManager: the groups of haresources from the command line; called as mach_down NODE or req_resource KEY it does
 * what those scripts did (heartbeat.md 5.3, 4.3, 4.7).
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "heartbeat/hb_log.h"
#include "heartbeat/hb_rsc.h"
#include "heartbeat/hb_state.h"
#include "lib/log.h"
#include "lib/std_fds.h"

enum { NOT_RUNNING = 3 };

struct manager {
	const char *dir, *program;
	char own[HA_MAX_NAME + 1];
	struct ha_cf cf;
	struct haresources hr;
	struct ev_loop loop;
	struct hb_rsc rsc;
	int code;
};

static int usage(const char *program)
{
	fprintf(stderr, "usage: %s listkeys machine | takegroup key | givegroup key|status resource\n\n", program);
	return 1;
}

/* -- lists ------------------------------------------------------------------------------------------------------------ */

static int do_listkeys(struct manager *m, const char *pattern)
{
	char anchored[512];
	regex_t re;
	int i;

	snprintf(anchored, sizeof(anchored), "^(%s)$", pattern);
	if (regcomp(&re, anchored, REG_EXTENDED | REG_ICASE | REG_NOSUB)) {
		fprintf(stderr, "%s: bad pattern %s\n", m->program, pattern);
		return 1;
	}
	for (i = 0; i < m->hr.groups; i++)
		if (!regexec(&re, m->hr.group[i].node, 0, NULL, 0))
			printf("%s\n", hr_key(&m->hr.group[i]));
	regfree(&re);
	return 0;
}

static int list_resources(struct manager *m, bool ours)
{
	int i, j;

	for (i = 0; i < m->hr.groups; i++) {
		if ((strcasecmp(m->hr.group[i].node, m->own) == 0) != ours)
			continue;
		for (j = 0; j < m->hr.group[i].ress; j++)
			printf("%s ", m->hr.group[i].res[j].text);
		printf("\n");
	}
	return 0;
}

/* -- states ----------------------------------------------------------------------------------------------------------- */

static bool is_running(const struct manager *m, const struct hr_res *res)
{
	const char *argv[HR_MAX_ARG + 3];
	struct run_spec spec = { .argv = argv, .split_stderr = true };
	struct run_result result;
	char path[HB_MAX_PATH];
	bool running;
	int i, n = 0;

	if (hb_rsc_script(m->dir, res, path, sizeof(path))) {
		log_err("Cannot locate resource script %s", res->script);
		return false;
	}
	argv[n++] = path;
	for (i = 0; res->arg[i]; i++)
		argv[n++] = res->arg[i];
	argv[n++] = "status";
	argv[n] = NULL;
	if (run_wait(&spec, &result))
		return false;
	running = hb_rsc_says_running(result.output);
	free((char *)result.output);
	return running;
}

static int do_status(struct manager *m, const char *text)
{
	struct hr_res res;
	bool running;

	if (hr_res_parse(&res, text)) {
		fprintf(stderr, "%s: %s is not a resource\n", m->program, text);
		return 1;
	}
	running = is_running(m, &res);
	hr_res_free(&res);
	return running ? 0 : NOT_RUNNING;
}

static int do_statgroup(struct manager *m, const char *key)
{
	const struct hr_group *group = haresources_find(&m->hr, key);
	int i, up = 0;

	for (i = 0; group && i < group->ress; i++)
		up += is_running(m, &group->res[i]);
	if (group)
		printf("%s\n", !up ? "NONE" : up < group->ress ? "SOME" : "ALL");
	return 0;
}

static void critical(const char *fmt, const char *what)
{
	char line[512];

	snprintf(line, sizeof(line), fmt, what);
	log_at(LOG_CRIT, "%s", line);
	fprintf(stderr, "CRITICAL: %s\n", line);
}

static int do_verifyallidle(struct manager *m)
{
	int i, active = 0;

	for (i = 0; i < m->hr.groups; i++)
		if (is_running(m, &m->hr.group[i].res[0])) {
			critical("Resource %s is active, and should not be!", hr_key(&m->hr.group[i]));
			critical("Non-idle resources can affect data integrity!%s", "");
			active++;
		}
	if (active) {
		critical("Non-idle resources will affect resource takeback!%s", "");
		critical("Non-idle resources may affect data integrity!%s", "");
	}
	return active;
}

/* -- groups ----------------------------------------------------------------------------------------------------------- */

static void job_done(void *arg, const struct hb_job *job, enum hb_hold failed)
{
	struct manager *m = arg;

	(void)job;
	m->code = failed ? m->rsc.last_code : 0;
	ev_stop(&m->loop);
}

static int run_job(struct manager *m, const struct hb_job *job)
{
	int err = hb_rsc_job(&m->rsc, job);

	if (err || ev_run(&m->loop)) {
		log_err("%s: cannot work on the group: %s", m->program, strerror(-err));
		return 1;
	}
	return m->code;
}

static int do_take(struct manager *m, const char *key)
{
	const struct hb_job job = { .kind = HB_JOB_KEY_TAKE, .key = key };

	return run_job(m, &job);
}

static int do_give(struct manager *m, const char *key)
{
	/* without asking whether it runs, as a standby does */
	const struct hb_job job = { .kind = HB_JOB_GIVE, .key = key };

	return run_job(m, &job);
}

static int tell_daemon(const char *text)
{
	int fd = open(HB_FIFO, O_WRONLY | O_NONBLOCK), err;

	if (fd < 0)
		return 1;
	err = write(fd, text, strlen(text)) != (ssize_t)strlen(text);
	close(fd);
	return err;
}

static int do_mach_down(struct manager *m, const char *node)
{
	const char *info = getenv("HA_info"), *nice = getenv("HA_NICEFAILBACK");
	int i, code = 0;

	if (!strcasecmp(node, m->own) || (info && strstr(info, "ping")))
		return 0;
	for (i = 0; i < m->hr.groups; i++) {
		if (strcasecmp(m->hr.group[i].node, node))
			continue;
		log_info("Taking over resource group %s", hr_key(&m->hr.group[i]));
		code |= do_take(m, hr_key(&m->hr.group[i]));
	}
	if (nice && !strcmp(nice, "yes")) {
		code |= tell_daemon(">>>\nt=resource\nrsc_hold=foreign\ninfo=mach_down\n<<<\n");
		log_info("mach_down: nice_failback: foreign resources acquired");
	}
	log_info("mach_down takeover complete for node %s.", node);
	return code;
}

static int do_req_resource(struct manager *m, const char *key)
{
	char text[512];

	if (do_status(m, key) == 0)
		return 0;
	snprintf(text, sizeof(text), ">>>\nt=ip-request-resp\ndest=%s\nipaddr=%s\nweown=yes\nok=OK\n<<<\n", m->own, key);
	return tell_daemon(text);
}

/* -- main ------------------------------------------------------------------------------------------------------------- */

static int do_allkeys(struct manager *m, const char *arg)
{
	(void)arg;
	return do_listkeys(m, ".*");
}

static int do_ourkeys(struct manager *m, const char *arg)
{
	(void)arg;
	return list_resources(m, true);
}

static int do_otherkeys(struct manager *m, const char *arg)
{
	(void)arg;
	return list_resources(m, false);
}

static int do_verify(struct manager *m, const char *arg)
{
	(void)arg;
	return do_verifyallidle(m);
}

static const struct command {
	const char *name;
	int args;
	int (*run)(struct manager *m, const char *arg);
} commands[] = {
	{ "listkeys", 1, do_listkeys },	  { "allkeys", 0, do_allkeys },	    { "ourkeys", 0, do_ourkeys },
	{ "otherkeys", 0, do_otherkeys }, { "status", 1, do_status },	    { "takegroup", 1, do_take },
	{ "givegroup", 1, do_give },	  { "statgroup", 1, do_statgroup }, { "verifyallidle", 0, do_verify },
};

/* The logs of ha.cf, if it can be read; else messages go to stderr. */
static void set_up_log(struct manager *m)
{
	struct conf conf = { .file = "ha.cf" };
	char path[HB_MAX_PATH], *text;

	snprintf(path, sizeof(path), "%s/ha.cf", m->dir);
	if (conf_read_file(path, 1 << 20, &text, NULL))
		return;
	conf.file = path;
	if (!ha_cf_parse(&m->cf, &conf, text, m->own))
		hb_log_setup(&m->cf, "ResourceManager", m->own);
	free(text);
}

static int run_command(struct manager *m, int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	unsigned int i;

	if (!strcmp(name, "mach_down") || !strcmp(name, "req_resource")) {
		if (argc != 2) {
			fprintf(stderr, "usage: %s %s\n", argv[0], name[0] == 'm' ? "node" : "key");
			return 1;
		}
		return name[0] == 'm' ? do_mach_down(m, argv[1]) : do_req_resource(m, argv[1]);
	}
	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, argv[1]) && argc - 2 >= commands[i].args)
			return commands[i].run(m, argc > 2 ? argv[2] : "");
	return usage(argv[0]);
}

int main(int argc, char **argv)
{
	static struct manager m = { .dir = "/etc/ha.d" };
	struct conf conf = { .file = "haresources" };
	const char *own = getenv("HA_CURHOST"), *dir = getenv("HA_DIR");
	char path[HB_MAX_PATH], *end;
	int code;

	hold_std_fds();
	m.program = argv[0];
	if (dir && *dir) {
		m.dir = strdup(dir);
		if (!m.dir)
			return 1;
		end = strrchr(m.dir, '/');
		if (end && !end[1])
			*end = '\0';
	}
	unsetenv("LC_ALL");
	unsetenv("LANGUAGE");
	if (own && *own)
		snprintf(m.own, sizeof(m.own), "%s", own);
	else
		hb_own_name(m.dir, m.own, sizeof(m.own));
	set_up_log(&m);
	snprintf(path, sizeof(path), "%s/haresources", m.dir);
	if (haresources_load(&m.hr, &conf, path, NULL, 0) || ev_init(&m.loop, NULL))
		return 1;
	if (hb_rsc_init(&m.rsc, &m.loop, m.cf.nodes ? &m.cf : NULL, m.own, m.dir, job_done, &m))
		return 1;
	code = run_command(&m, argc, argv);
	hb_rsc_free(&m.rsc);
	ev_free(&m.loop);
	haresources_free(&m.hr);
	return code;
}
