/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs, groups and scripts: a queue, walked one script at a time. */
#include "heartbeat/hb_rsc.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

static void advance(struct hb_rsc *rsc);

/* -- haresources and scripts ------------------------------------------------------------------------------------------ */

enum hb_hold hb_rsc_hold_of(const struct hb_rsc *rsc, const struct hr_group *group)
{
	return strcmp(group->node, rsc->own) ? HB_FOREIGN : HB_LOCAL;
}

static bool is_script(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

int hb_rsc_script(const char *dir, const struct hr_res *res, char *path, size_t size)
{
	if (strchr(res->script, '/'))
		return -ENOENT;
	if (snprintf(path, size, "%s/resource.d/%s", dir, res->script) < (int)size && is_script(path))
		return 0;
	if (snprintf(path, size, "/etc/init.d/%s", res->script) < (int)size && is_script(path))
		return 0;
	return -ENOENT;
}

/* "not running" (N, R in any case) is no; else "running" (R in any case) or "OK" is yes; else no. */
bool hb_rsc_says_running(const char *output)
{
	const char *p;

	for (p = output; (p = strpbrk(p, "nN")); p++)
		if (!strncmp(p + 1, "ot ", 3) && (p[4] == 'r' || p[4] == 'R') && !strncmp(p + 5, "unning", 6))
			return false;
	for (p = output; (p = strpbrk(p, "rR")); p++)
		if (!strncmp(p + 1, "unning", 6))
			return true;
	return strstr(output, "OK") != NULL;
}

/* Reads the file if it has changed since; a wrong one is told and the old one stays. */
static int reload(struct hb_rsc *rsc)
{
	struct conf conf = { .file = rsc->path };
	struct haresources fresh;
	struct stat st;
	int64_t mtime_ns;
	int err;

	if (stat(rsc->path, &st)) {
		err = -errno;
		log_err("Cannot open resources file [%s]: %m", rsc->path);
		return err;
	}
	mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (mtime_ns == rsc->mtime_ns)
		return 0;
	err = haresources_load(&fresh, &conf, rsc->path, rsc->cf ? rsc->cf->node : NULL, rsc->cf ? rsc->cf->nodes : 0);
	if (err)
		return err;
	haresources_free(&rsc->hr);
	rsc->hr = fresh;
	rsc->mtime_ns = mtime_ns;
	return 0;
}

/* -- which groups a job is about -------------------------------------------------------------------------------------- */

static struct hb_rsc_job *current(struct hb_rsc *rsc)
{
	return &rsc->queue[0];
}

static bool gives(const struct hb_job *job)
{
	return job->kind == HB_JOB_GIVE || job->kind == HB_JOB_STOP || job->kind == HB_JOB_KEY_GIVE;
}

static bool concerns(const struct hb_rsc *rsc, const struct hb_rsc_job *rj, const struct hr_group *group)
{
	if (rj->key)
		return !strcmp(hr_key(group), rj->key);
	if (rj->job.kind == HB_JOB_DEAD && rj->node)
		return hb_rsc_hold_of(rsc, group) == HB_FOREIGN && !strcasecmp(group->node, rj->node);
	return rj->job.hold & hb_rsc_hold_of(rsc, group);
}

static const struct hr_group *group_now(const struct hb_rsc *rsc)
{
	return &rsc->hr.group[rsc->group_nr];
}

static const struct hr_res *res_now(const struct hb_rsc *rsc)
{
	return &group_now(rsc)->res[rsc->res_nr];
}

/* -- running one script ----------------------------------------------------------------------------------------------- */

static void script_done(const struct run_result *result, void *arg);
static void next_stop(struct hb_rsc *rsc);

static void log_output(const struct run_result *result)
{
	const char *line = result->output, *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (end > line)
			log_debug("%.*s", (int)(end - line), line);
	}
}

static int limit_ms(const struct hb_rsc *rsc, const char *script, const char *op)
{
	const struct ha_limit *limit = rsc->cf ? ha_cf_limit(rsc->cf, script) : NULL;

	if (!limit)
		return 0;
	return (int)(strcmp(op, "stop") ? limit->start_ms : limit->stop_ms);
}

/* script_done is called in any case; a script that cannot be started has failed. */
static void run_script(struct hb_rsc *rsc, const char *op)
{
	const struct hr_res *res = res_now(rsc);
	const char *argv[HR_MAX_ARG + 3];
	struct run_spec spec = { .argv = argv, .split_stderr = !strcmp(op, "status") };
	struct run_result failed = { .exit_code = 127, .output = "" };
	char path[HB_MAX_PATH], line[1024];
	int i, n = 0, used;

	if (hb_rsc_script(rsc->dir, res, path, sizeof(path))) {
		log_err("Cannot locate resource script %s", res->script);
		if (rsc->step == HB_STEP_STOP)
			next_stop(rsc); /* no retry would find it */
		else
			script_done(&failed, rsc);
		return;
	}
	argv[n++] = path;
	used = snprintf(line, sizeof(line), "%s ", path);
	for (i = 0; res->arg[i]; i++) {
		argv[n++] = res->arg[i];
		used += snprintf(line + used, used < (int)sizeof(line) ? sizeof(line) - used : 0, "%s ", res->arg[i]);
	}
	argv[n++] = op;
	argv[n] = NULL;
	spec.timeout_ms = limit_ms(rsc, res->script, op);
	if (strcmp(op, "status"))
		log_info("Running %s%s", line, op);
	if (run_start(&rsc->run, rsc->loop, &spec, script_done, rsc))
		script_done(&failed, rsc);
}

static void on_retry(struct ev_timer *timer, void *arg)
{
	struct hb_rsc *rsc = arg;

	(void)timer;
	rsc->step = HB_STEP_STOP;
	run_script(rsc, "stop");
}

/* A resource that cannot be stopped would be active twice: the node goes down rather (heartbeat.md 5.5). */
static void reboot_node(void)
{
	static const char *const force[] = { "reboot", "-nf", NULL }, *const ask[] = { "init", "6", NULL };
	struct run_spec spec = { .argv = force };
	struct run_result result;

	log_at(LOG_CRIT, "Resource STOP failure. Reboot required!");
	log_at(LOG_CRIT, "Killing heartbeat ungracefully!");
	if (!run_wait(&spec, &result)) {
		free((char *)result.output);
		if (!result.exit_code)
			return;
	}
	spec.argv = ask;
	if (!run_wait(&spec, &result)) {
		free((char *)result.output);
		if (!result.exit_code)
			return;
	}
	log_at(LOG_CRIT, "Unable to force reboot.");
}

/* -- the walk --------------------------------------------------------------------------------------------------------- */

static void log_group(const struct hr_group *group, const char *what)
{
	char line[1024];
	int i, used = snprintf(line, sizeof(line), "%s resource group: %s", what, group->node);

	for (i = 0; i < group->ress && used < (int)sizeof(line); i++)
		used += snprintf(line + used, sizeof(line) - used, " %s", group->res[i].text);
	log_info("%s", line);
}

static void begin_release(struct hb_rsc *rsc)
{
	log_group(group_now(rsc), "Releasing");
	rsc->res_nr = group_now(rsc)->ress - 1;
	rsc->step = HB_STEP_STOP;
	rsc->stop_failures = 0;
	run_script(rsc, "stop");
}

static void next_stop(struct hb_rsc *rsc)
{
	rsc->stop_failures = 0;
	if (rsc->res_nr-- > 0) {
		rsc->step = HB_STEP_STOP;
		run_script(rsc, "stop");
		return;
	}
	rsc->releasing = false;
	rsc->group_nr++;
	rsc->step = HB_STEP_NEXT;
	advance(rsc);
}

static void next_start(struct hb_rsc *rsc)
{
	if (++rsc->res_nr < group_now(rsc)->ress && !current(rsc)->abandoned) {
		rsc->step = HB_STEP_STATUS;
		run_script(rsc, "status");
		return;
	}
	rsc->group_nr++;
	rsc->step = HB_STEP_NEXT;
	advance(rsc);
}

static void start_failed(struct hb_rsc *rsc, int code)
{
	char path[HB_MAX_PATH];

	if (hb_rsc_script(rsc->dir, res_now(rsc), path, sizeof(path)))
		path[0] = '\0';
	log_err("Return code %d from %s", code, path);
	log_at(LOG_CRIT, "Giving up resources due to failure of %s", res_now(rsc)->text);
	rsc->failed |= hb_rsc_hold_of(rsc, group_now(rsc));
	rsc->last_code = code ? code : 1;
	rsc->releasing = true;
	begin_release(rsc);
}

static void stop_failed(struct hb_rsc *rsc)
{
	const char *text = res_now(rsc)->text;

	if (rsc->stop_retries <= 0 || rsc->stop_failures++ < rsc->stop_retries) {
		log_info("Retrying failed stop operation [%s]", text);
		if (!ev_timer_set(rsc->loop, &rsc->retry, HB_STOP_RETRY_MS, on_retry, rsc))
			return;
	}
	rsc->step = HB_STEP_STOP_STATUS;
	run_script(rsc, "status");
}

static void stop_never_worked(struct hb_rsc *rsc, bool running)
{
	const char *text = res_now(rsc)->text;

	if (running) {
		reboot_node();
	} else {
		log_err("Resource script for %s probably not LSB-compliant.", text);
		log_warn("it (%s) MUST succeed on a stop when already stopped", text);
		log_warn("Machine reboot narrowly avoided!");
	}
	next_stop(rsc);
}

/* require_uptodate: a DRBD resource that is not UpToDate here is not promoted. */
static bool wants_check(const struct hb_rsc *rsc)
{
	return rsc->cf && rsc->cf->need_uptodate && !strcmp(res_now(rsc)->script, "drbddisk") && res_now(rsc)->arg[0];
}

static void run_dstate(struct hb_rsc *rsc)
{
	const char *argv[] = { "drbdadm", "dstate", res_now(rsc)->arg[0], NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = HB_CHECK_MS };
	struct run_result failed = { .exit_code = 127, .output = "" };

	rsc->step = HB_STEP_CHECK;
	if (run_start(&rsc->run, rsc->loop, &spec, script_done, rsc))
		script_done(&failed, rsc);
}

static void run_start_script(struct hb_rsc *rsc)
{
	rsc->step = HB_STEP_START;
	run_script(rsc, "start");
}

/* The answer of `drbdadm dstate`: "UpToDate/UpToDate", own first. A handover wants the other's to be so too. */
static void checked(struct hb_rsc *rsc, const struct run_result *result)
{
	bool here = !result->exit_code && !strncmp(result->output, "UpToDate/", 9);
	bool there = here && !strncmp(result->output + 9, "UpToDate", 8);

	if (current(rsc)->job.kind == HB_JOB_CHECK) {
		if (!there) {
			log_warn("%s is not UpToDate on both nodes (%.40s): it stays here", res_now(rsc)->text, result->output);
			rsc->failed = HB_ALL;
		}
		next_start(rsc);
	} else if (here) {
		run_start_script(rsc);
	} else {
		log_at(LOG_CRIT, "%s is not UpToDate here (%.40s): it is not started", res_now(rsc)->text, result->output);
		start_failed(rsc, 1);
	}
}

static void status_done(struct hb_rsc *rsc, bool running)
{
	struct hb_rsc_job *rj = current(rsc);

	if (rj->job.kind == HB_JOB_KEY_GIVE && !rsc->giving) {
		/* 4.11: the group counts as running if its first resource does */
		if (running) {
			rsc->giving = true;
			begin_release(rsc);
		} else {
			rsc->failed = HB_ALL;
			rsc->group_nr++;
			rsc->step = HB_STEP_NEXT;
			advance(rsc);
		}
		return;
	}
	if (rj->job.kind == HB_JOB_CHECK) {
		if (wants_check(rsc))
			run_dstate(rsc);
		else
			next_start(rsc);
	} else if (running || rj->abandoned) {
		next_start(rsc);
	} else if (wants_check(rsc)) {
		run_dstate(rsc);
	} else {
		run_start_script(rsc);
	}
}

static void script_done(const struct run_result *result, void *arg)
{
	struct hb_rsc *rsc = arg;
	bool running = hb_rsc_says_running(result->output);

	rsc->run = NULL;
	if (result->timed_out)
		log_err("%s: its script did not end in time", res_now(rsc)->text);
	if (rsc->step != HB_STEP_STATUS && rsc->step != HB_STEP_STOP_STATUS)
		log_output(result);
	switch (rsc->step) {
	case HB_STEP_STATUS: status_done(rsc, running); break;
	case HB_STEP_CHECK: checked(rsc, result); break;
	case HB_STEP_START:
		if (result->exit_code)
			start_failed(rsc, result->exit_code);
		else
			next_start(rsc);
		break;
	case HB_STEP_STOP:
		if (result->exit_code)
			stop_failed(rsc);
		else
			next_stop(rsc);
		break;
	case HB_STEP_STOP_STATUS: stop_never_worked(rsc, running); break;
	case HB_STEP_NEXT: break;
	}
}

static void end_job(struct hb_rsc *rsc)
{
	struct hb_rsc_job rj = *current(rsc);
	enum hb_hold failed = rsc->failed;

	rsc->jobs--;
	memmove(&rsc->queue[0], &rsc->queue[1], rsc->jobs * sizeof(rsc->queue[0]));
	rsc->busy = false;
	rsc->step = HB_STEP_NEXT;
	rj.job.node = rj.node;
	rj.job.key = rj.key;
	rsc->done(rsc->arg, &rj.job, failed);
	free(rj.node);
	free(rj.key);
}

static void start_job(struct hb_rsc *rsc)
{
	rsc->busy = true;
	rsc->group_nr = 0;
	rsc->failed = HB_NONE;
	rsc->giving = rsc->releasing = false;
	if (reload(rsc))
		log_err("the resource groups are still those read before");
	if (current(rsc)->job.kind == HB_JOB_STOP)
		log_info("Giving up all HA resources.");
}

/* Goes on to the next group, then the next job, until a script runs or nothing is left. */
static void advance(struct hb_rsc *rsc)
{
	while (rsc->jobs && rsc->step == HB_STEP_NEXT && !rsc->run) {
		struct hb_rsc_job *rj = current(rsc);

		if (!rsc->busy)
			start_job(rsc);
		while (rsc->group_nr < rsc->hr.groups && !concerns(rsc, rj, group_now(rsc)))
			rsc->group_nr++;
		if (rsc->group_nr == rsc->hr.groups || (rj->abandoned && !gives(&rj->job))) {
			end_job(rsc);
			continue;
		}
		if (gives(&rj->job) && rj->job.kind != HB_JOB_KEY_GIVE) {
			begin_release(rsc);
			return;
		}
		if (rj->job.kind != HB_JOB_KEY_GIVE && rj->job.kind != HB_JOB_CHECK) {
			if (rj->job.kind == HB_JOB_DEAD)
				log_info("Taking over resource group %s", hr_key(group_now(rsc)));
			log_group(group_now(rsc), "Acquiring");
		}
		rsc->giving = false;
		rsc->res_nr = 0;
		rsc->step = HB_STEP_STATUS;
		run_script(rsc, "status");
		return;
	}
}

/* -- jobs ------------------------------------------------------------------------------------------------------------- */

static void on_start(struct ev_timer *timer, void *arg)
{
	(void)timer;
	advance(arg);
}

int hb_rsc_job(struct hb_rsc *rsc, const struct hb_job *job)
{
	struct hb_rsc_job *rj = &rsc->queue[rsc->jobs];

	if (rsc->jobs == HB_MAX_JOBS)
		return -ENOSPC;
	memset(rj, 0, sizeof(*rj));
	rj->job = *job;
	rj->node = job->node ? strdup(job->node) : NULL;
	rj->key = job->key ? strdup(job->key) : NULL;
	if ((job->node && !rj->node) || (job->key && !rj->key)) {
		free(rj->node);
		free(rj->key);
		return -ENOMEM;
	}
	rsc->jobs++;
	/* from the loop, so that whoever asks is done with its own state first */
	if (!rsc->busy && !ev_timer_running(&rsc->retry))
		return ev_timer_set(rsc->loop, &rsc->retry, 0, on_start, rsc);
	return 0;
}

void hb_rsc_abandon(struct hb_rsc *rsc)
{
	int i;

	for (i = 0; i < rsc->jobs; i++)
		rsc->queue[i].abandoned = true;
}

int hb_rsc_init(struct hb_rsc *rsc, struct ev_loop *loop, const struct ha_cf *cf, const char *own, const char *dir, hb_job_fn done, void *arg)
{
	const char *retries = getenv("HA_STOPRETRYMAX");

	memset(rsc, 0, sizeof(*rsc));
	rsc->loop = loop;
	rsc->cf = cf;
	rsc->own = own;
	rsc->dir = dir;
	rsc->done = done;
	rsc->arg = arg;
	rsc->stop_retries = retries ? strtol(retries, NULL, 10) : HB_STOP_RETRIES;
	snprintf(rsc->path, sizeof(rsc->path), "%s/haresources", dir);
	return reload(rsc);
}

void hb_rsc_free(struct hb_rsc *rsc)
{
	int i;

	ev_timer_stop(&rsc->retry);
	if (rsc->run)
		run_cancel(rsc->run);
	for (i = 0; i < rsc->jobs; i++) {
		free(rsc->queue[i].node);
		free(rsc->queue[i].key);
	}
	rsc->jobs = 0;
	haresources_free(&rsc->hr);
}
