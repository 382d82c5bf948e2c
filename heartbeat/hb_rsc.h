/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs resource scripts: groups are taken from left to right and given up from right to left, one script at a time,
 * with the retries of heartbeat.md 5.3-5.5. The daemon and the ResourceManager command both work through this.
 */
#ifndef HEARTBEAT_HB_RSC_H
#define HEARTBEAT_HB_RSC_H

#include "heartbeat/ha_cf.h"
#include "heartbeat/haresources.h"
#include "heartbeat/hb_takeover.h"
#include "lib/ev.h"
#include "lib/run.h"

enum {
	HB_MAX_JOBS = 64, HB_STOP_RETRIES = 10, HB_STOP_RETRY_MS = 1000, HB_MAX_PATH = 512, HB_CHECK_MS = 10000,
};

struct hb_rsc;

/* failed: the holds of groups that did not start; KEY_GIVE, CHECK: HB_ALL means no. */
typedef void (*hb_job_fn)(void *arg, const struct hb_job *job, enum hb_hold failed);

struct hb_rsc_job {
	struct hb_job job;
	char *node, *key; /* copies */
	bool abandoned;
};

struct hb_rsc {
	struct ev_loop *loop;
	const struct ha_cf *cf; /* NULL: no limits */
	const char *own, *dir;	/* this node; /etc/ha.d */
	char path[HB_MAX_PATH];	/* of haresources */
	struct haresources hr;
	int64_t mtime_ns;
	long stop_retries; /* <= 0: without end */
	hb_job_fn done;
	void *arg;

	struct hb_rsc_job queue[HB_MAX_JOBS];
	int jobs;
	/* the first job, as far as it has come */
	bool busy;
	int group_nr, res_nr;
	enum { HB_STEP_NEXT, HB_STEP_STATUS, HB_STEP_START, HB_STEP_STOP, HB_STEP_STOP_STATUS, HB_STEP_CHECK } step;
	bool giving, releasing; /* this group is given up; it is because a start failed */
	long stop_failures;
	enum hb_hold failed;
	struct ev_timer retry;
	struct run *run;
	int last_code; /* exit code of the last start that failed */
};

/* 0 or -errno. haresources is read anew before each job if it has changed; one that is wrong changes nothing. */
int hb_rsc_init(struct hb_rsc *rsc, struct ev_loop *loop, const struct ha_cf *cf, const char *own, const char *dir, hb_job_fn done, void *arg);
void hb_rsc_free(struct hb_rsc *rsc);

/* Adds a job; done is called from the loop when it has ended, in the order of the jobs. -ENOSPC, -ENOMEM. */
int hb_rsc_job(struct hb_rsc *rsc, const struct hb_job *job);
/* Jobs that take are ended after the script that runs. */
void hb_rsc_abandon(struct hb_rsc *rsc);

/* From a group's view: is it local or foreign here? */
enum hb_hold hb_rsc_hold_of(const struct hb_rsc *rsc, const struct hr_group *group);
/* The script of a resource: DIR/resource.d or /etc/init.d. 0 or -ENOENT. */
int hb_rsc_script(const char *dir, const struct hr_res *res, char *path, size_t size);
/* What a status output says (heartbeat.md 5.3). */
bool hb_rsc_says_running(const char *output);

#endif
