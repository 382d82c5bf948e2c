/* SPDX-License-Identifier: GPL-2.0-only */
/* The resource protocol; the numbers in comments are sections of heartbeat.md. */
#include "heartbeat/hb_takeover.h"

#include <stddef.h>
#include <string.h>
#include <syslog.h>

#define LOG(t, ...) (t)->ops->log((t)->arg, __VA_ARGS__)

static void try_stop(struct hb_takeover *t, int64_t now_ms);
static void stopped(struct hb_takeover *t);
static void start_adoption(struct hb_takeover *t, int64_t now_ms);

static const char *const hold_names[] = { "none", "local", "foreign", "all" };

const char *hb_hold_name(enum hb_hold hold)
{
	return hold_names[hold & HB_ALL];
}

bool hb_hold_of(const char *name, enum hb_hold *hold)
{
	int i;

	for (i = HB_NONE; i <= HB_ALL; i++)
		if (!strcmp(hold_names[i], name)) {
			*hold = i;
			return true;
		}
	return false;
}

enum hb_hold hb_hold_swap(enum hb_hold hold)
{
	return (hold & HB_LOCAL ? HB_FOREIGN : 0) | (hold & HB_FOREIGN ? HB_LOCAL : 0);
}

bool hb_takeover_stable(const struct hb_takeover *t)
{
	return t->peer_stable && !t->takeover && t->standby == HB_S_NOT && !t->jobs &&
	       (t->phase == HB_R_STABLE || t->phase == HB_R_SHUTDOWN || t->phase == HB_R_INIT);
}

const char *hb_takeover_rscstatus(const struct hb_takeover *t)
{
	return !t->nice ? "none" : hb_takeover_stable(t) ? hb_hold_name(t->mine) : "transition";
}

static void send_resource(struct hb_takeover *t, bool stable, const char *info)
{
	const struct hb_rmsg msg = { .type = "resource", .hold = t->mine, .full = 1, .isstable = stable, .info = info };

	t->ops->send(t->arg, &msg);
}

/*
 * The answer to whoever has just come or become stable. While scripts still stop what the holdings no longer name, it is
 * not stable and says so with the reason: the other node must not start it yet.
 */
static void send_current(struct hb_takeover *t)
{
	if (t->phase == HB_R_SHUTDOWN)
		send_resource(t, false, "shutdown");
	else if (t->releasing)
		send_resource(t, false, "standby");
	else
		send_resource(t, t->phase == HB_R_STABLE, NULL);
}

static void send_ask(struct hb_takeover *t, enum hb_hold hold, const char *info)
{
	const struct hb_rmsg msg = { .type = "ask_resources", .hold = hold, .full = -1, .isstable = -1, .info = info };

	t->ops->send(t->arg, &msg);
}

static void send_stonith(struct hb_takeover *t, const char *node, const char *result)
{
	const struct hb_rmsg msg = { .type = "stonith", .full = -1, .isstable = -1, .node = node, .result = result };

	t->ops->send(t->arg, &msg);
}

static bool takes(enum hb_job_kind kind)
{
	return kind == HB_JOB_OWN || kind == HB_JOB_DEAD || kind == HB_JOB_ADOPT || kind == HB_JOB_TAKE || kind == HB_JOB_RETRY;
}

static void start_job(struct hb_takeover *t, enum hb_job_kind kind, enum hb_hold hold, const char *node)
{
	const struct hb_job job = { .kind = kind, .hold = hold, .node = node, .standby = t->standby_hold };

	/* a node that is about to start afresh gives up all: it takes nothing more */
	if (t->restart_at_ms && takes(kind))
		return;
	t->jobs++;
	t->releasing += kind == HB_JOB_GIVE;
	t->taking += kind == HB_JOB_TAKE;
	if (kind == HB_JOB_TAKE)
		t->taking_hold |= hold;
	t->ops->job(t->arg, &job);
}

void hb_takeover_init(struct hb_takeover *t, const struct hb_takeover_ops *ops, void *arg, const char *own, bool nice, bool auto_failback)
{
	memset(t, 0, sizeof(*t));
	t->ops = ops;
	t->arg = arg;
	t->own = own;
	t->nice = nice;
	t->auto_failback = auto_failback && nice;
}

void hb_takeover_resume(struct hb_takeover *t, enum hb_hold mine)
{
	t->mine = mine;
	t->phase = HB_R_STABLE;
}

static void become_stable(struct hb_takeover *t, const char *trigger)
{
	t->phase = HB_R_STABLE;
	t->settle_at_ms = 0;
	if (!t->logged_initial)
		LOG(t, LOG_INFO, "Initial resource acquisition complete (%s)", trigger);
	t->logged_initial = true;
}

/* -- taking ----------------------------------------------------------------------------------------------------------- */

/* 4.3: the local groups, unless somebody has them */
static void acquire_own(struct hb_takeover *t, bool force)
{
	if (!force && ((t->theirs & HB_FOREIGN) || ((t->mine & HB_LOCAL) && t->standby == HB_S_NOT))) {
		LOG(t, LOG_INFO, "Local Resource acquisition completed. (none)");
		return;
	}
	t->mine |= HB_LOCAL;
	start_job(t, HB_JOB_OWN, HB_LOCAL, NULL);
}

/*
 * 4.7: everything of a node that is gone. The own groups follow behind: those that run are left alone, and the
 * others' clients wait.
 */
static void take_foreign(struct hb_takeover *t, const char *node)
{
	if (t->phase == HB_R_SHUTDOWN) {
		LOG(t, LOG_INFO, "Resource takeover cancelled - shutdown in progress.");
		return;
	}
	LOG(t, LOG_INFO, "Resources being acquired from %s.", node);
	t->mine |= HB_FOREIGN;
	t->theirs = HB_NONE;
	t->peer_stable = true;
	t->takeover = true;
	start_job(t, HB_JOB_DEAD, HB_FOREIGN, node);
	acquire_own(t, true);
	/* nobody is left to agree with */
	if (t->nice && t->phase != HB_R_STABLE)
		become_stable(t, "mach_down");
}

static void cancel_standby(struct hb_takeover *t)
{
	if (t->standby == HB_S_NOT)
		return;
	LOG(t, LOG_INFO, "Cancelling pending standby operation");
	t->standby = HB_S_NOT;
	t->standby_at_ms = 0;
}

/* -- start ------------------------------------------------------------------------------------------------------------ */

void hb_takeover_comm_up(struct hb_takeover *t, int64_t now_ms)
{
	const struct hb_rmsg msg = { .type = "starting", .full = -1, .isstable = -1 };

	if (t->phase == HB_R_SHUTDOWN)
		return;
	if (!t->nice) {
		t->phase = HB_R_STABLE;
		t->peer_stable = true;
		t->ops->request_own(t->arg, t->peer_alive);
	} else {
		if (t->phase == HB_R_INIT)
			t->phase = HB_R_STARTING;
		t->ops->send(t->arg, &msg);
	}
	try_stop(t, now_ms);
}

void hb_takeover_peer_alive(struct hb_takeover *t)
{
	t->peer_alive = t->peer_heard = true;
}

void hb_takeover_starting(struct hb_takeover *t, int64_t now_ms)
{
	if (!t->nice)
		return;
	if (t->phase == HB_R_INIT) {
		LOG(t, LOG_ERR, "Received 'starting' message in state %d", t->phase);
		t->peer_starting = true;
		return;
	}
	if (t->phase == HB_R_STARTING)
		t->phase = HB_R_BOTHSTARTING;
	/* it has not heard of what it asks for, nor of what the old life of its node may have held */
	t->peer_starting = true;
	t->peer_stable = false;
	send_current(t);
	try_stop(t, now_ms);
}

/* -- failback --------------------------------------------------------------------------------------------------------- */

/* Automatic handovers are counted; more than flap_max within the window end them until it has passed. */
static bool flap_allows(struct hb_takeover *t, int64_t now_ms)
{
	int i, recent = 0;

	if (!t->flap_max)
		return true;
	for (i = 0; i < t->flaps; i++)
		if (now_ms - t->flap_ms[i] < t->flap_window_ms)
			t->flap_ms[recent++] = t->flap_ms[i];
	t->flaps = recent;
	if (recent < t->flap_max) {
		t->flap_logged = false;
		return true;
	}
	if (!t->flap_logged)
		LOG(t, LOG_WARNING, "flap_guard: %d automatic handovers are enough, resources stay where they are", recent);
	t->flap_logged = true;
	return false;
}

static bool automatic_standby(struct hb_takeover *t, enum hb_hold hold, int64_t now_ms)
{
	if (!flap_allows(t, now_ms) || !hb_takeover_standby(t, hold, now_ms))
		return false;
	if (t->flaps < HB_MAX_FLAP)
		t->flap_ms[t->flaps++] = now_ms;
	return true;
}

/* 4.6: the survivor gives the returned node its resources */
static void try_failback(struct hb_takeover *t, int64_t now_ms)
{
	if (!t->auto_failback || !t->needfb || !(t->mine & HB_FOREIGN) || t->stop_wanted || !t->peer_alive ||
	    t->phase == HB_R_SHUTDOWN) {
		t->failback_at_ms = 0;
		return;
	}
	if (t->standby != HB_S_NOT || !t->peer_stable || t->phase != HB_R_STABLE || t->jobs || (t->failed & HB_FOREIGN)) {
		LOG(t, LOG_DEBUG, "Auto failback delayed.");
		t->failback_at_ms = now_ms + HB_FAILBACK_RETRY_MS;
		return;
	}
	if (t->check_failback && !t->checked) {
		t->failback_at_ms = 0;
		start_job(t, HB_JOB_CHECK, HB_FOREIGN, NULL);
		return;
	}
	t->checked = false;
	t->failback_at_ms = 0;
	if (automatic_standby(t, HB_FOREIGN, now_ms))
		t->needfb = false;
	else
		t->failback_at_ms = now_ms + HB_SETTLE_MS;
}

static void plan_failback(struct hb_takeover *t, int64_t now_ms)
{
	if (!t->auto_failback || !t->needfb)
		return;
	if (t->failback_delay_ms)
		t->failback_at_ms = now_ms + t->failback_delay_ms;
	else
		try_failback(t, now_ms);
}

/* -- resource messages ------------------------------------------------------------------------------------------------ */

static void audit(struct hb_takeover *t)
{
	if ((t->mine & HB_LOCAL) && (t->theirs & HB_FOREIGN))
		LOG(t, LOG_ERR, "Both machines own our resources!");
	if ((t->mine & HB_FOREIGN) && (t->theirs & HB_LOCAL))
		LOG(t, LOG_ERR, "Both machines own foreign resources!");
	if (!hb_takeover_stable(t) || t->phase != HB_R_STABLE)
		return;
	if (!(t->mine & HB_LOCAL) && !(t->theirs & HB_FOREIGN))
		LOG(t, LOG_ERR, "No one owns our local resources!");
	if (!(t->mine & HB_FOREIGN) && !(t->theirs & HB_LOCAL))
		LOG(t, LOG_ERR, "No one owns foreign resources!");
}

static void own_resource(struct hb_takeover *t, const struct hb_rmsg *msg, int64_t now_ms)
{
	t->mine = msg->full == 1 || msg->hold == HB_NONE ? msg->hold : t->mine | msg->hold;
	if (msg->info && !strcmp(msg->info, "mach_down")) {
		t->mine |= HB_FOREIGN;
		t->needfb = t->peer_stable = true;
		LOG(t, LOG_INFO, "mach_down takeover complete.");
		plan_failback(t, now_ms);
	}
}

static void peer_resource(struct hb_takeover *t, const struct hb_rmsg *msg, int64_t now_ms)
{
	bool fresh = t->peer_starting && msg->full == 1 && msg->hold == HB_NONE && msg->isstable == 0 && !msg->info;

	t->theirs = msg->full == 1 || msg->hold == HB_NONE ? msg->hold : t->theirs | msg->hold;
	t->peer_releasing = msg->isstable == 0 && msg->info && (!strcmp(msg->info, "standby") || !strcmp(msg->info, "shutdown"));
	if (t->peer_releasing && t->standby == HB_S_OTHER)
		t->standby_at_ms = now_ms + HB_STANDBY_WORK_MS;
	if (msg->isstable == 1) {
		t->peer_starting = false;
		if (!t->peer_stable) {
			LOG(t, LOG_INFO, "remote resource transition completed.");
			t->peer_stable = true;
			send_current(t);
			plan_failback(t, now_ms);
		}
	} else if (msg->isstable == 0) {
		t->peer_stable = false;
	}
	/*
	 * Where both have just started and hold nothing, each waits for the other to be stable, and the original lets ten
	 * seconds pass. That the peer said "starting" and then "none" is reason enough.
	 */
	if (t->phase != HB_R_STABLE && t->phase != HB_R_SHUTDOWN && (t->peer_stable || (fresh && t->mine == HB_NONE))) {
		acquire_own(t, false);
		become_stable(t, "T_RESOURCES(them)");
		send_resource(t, true, NULL);
		plan_failback(t, now_ms);
	}
}

void hb_takeover_resource(struct hb_takeover *t, const struct hb_rmsg *msg, bool own, int64_t now_ms)
{
	if (!t->nice)
		return;
	if (t->phase == HB_R_INIT) {
		LOG(t, LOG_ERR, "Received a resource message in state %d", t->phase);
		return;
	}
	if (t->phase == HB_R_STARTING || t->phase == HB_R_BOTHSTARTING) {
		t->phase = HB_R_RSCRCVD;
		t->settle_at_ms = now_ms + HB_SETTLE_MS;
	}
	if (own)
		own_resource(t, msg, now_ms);
	else
		peer_resource(t, msg, now_ms);
	audit(t);
	start_adoption(t, now_ms);
	try_stop(t, now_ms);
}

/*
 * Beyond the original, which logs and waits for an operator: resources that nobody holds, after a node was lost half-way
 * through a handover, are taken up again. The own ones at once; those that are the peer's to take after a while.
 */
static void start_adoption(struct hb_takeover *t, int64_t now_ms)
{
	if (!t->nice || !t->peer_alive || t->stop_wanted || t->phase != HB_R_STABLE || !hb_takeover_stable(t) || t->peer_gap) {
		t->orphan_at_ms = 0;
		return;
	}
	if (!(t->mine & HB_LOCAL) && !(t->theirs & HB_FOREIGN)) {
		acquire_own(t, true);
		send_resource(t, true, NULL);
	}
	if ((t->mine & HB_FOREIGN) || (t->theirs & HB_LOCAL))
		t->orphan_at_ms = 0;
	else if (!t->orphan_at_ms)
		t->orphan_at_ms = now_ms + HB_ORPHAN_MS;
}

static void adopt_foreign(struct hb_takeover *t)
{
	t->orphan_at_ms = 0;
	if (!hb_takeover_stable(t) || t->phase != HB_R_STABLE || (t->mine & HB_FOREIGN) || (t->theirs & HB_LOCAL))
		return;
	t->mine |= HB_FOREIGN;
	t->needfb = true;
	start_job(t, HB_JOB_ADOPT, HB_FOREIGN, NULL);
	send_resource(t, true, NULL);
}

/* -- standby (4.5) ---------------------------------------------------------------------------------------------------- */

static void set_standby(struct hb_takeover *t, enum hb_standby state, int64_t deadline_ms)
{
	t->standby = state;
	t->standby_at_ms = deadline_ms;
}

static bool standby_possible(struct hb_takeover *t, const char *info, const char *from, int64_t now_ms)
{
	if (t->standby != HB_S_NOT)
		LOG(t, LOG_WARNING, "Standby in progress- new request from %s ignored [%lld seconds left]", from,
		    (long long)(t->standby_at_ms - now_ms) / 1000);
	else if (!t->peer_stable)
		LOG(t, LOG_WARNING, "standby message [%s] from %s ignored.  Other side is in flux.", info, from);
	else if (t->phase != HB_R_STABLE)
		LOG(t, LOG_WARNING, "standby message [%s] from %s ignored.  local resources in flux.", info, from);
	else
		return true;
	return false;
}

static bool ask_me(struct hb_takeover *t, enum hb_hold hold, const char *from, bool own, int64_t now_ms)
{
	if (!standby_possible(t, "me", from, now_ms))
		return false;
	LOG(t, LOG_INFO, "%s wants to go standby [%s]", from, hb_hold_name(hold));
	t->standby_hold = hold;
	if (own) {
		t->peer_stable = false;
		set_standby(t, HB_S_ME, now_ms + HB_STANDBY_ASK_MS);
	} else {
		/* until it says that it gives: its request may be an old one */
		set_standby(t, HB_S_OTHER, now_ms + HB_STANDBY_ASK_MS);
		send_ask(t, hold, "other");
	}
	return true;
}

static bool ask_other(struct hb_takeover *t, const char *from, int64_t now_ms)
{
	if (t->standby != HB_S_ME)
		return false;
	LOG(t, LOG_INFO, "standby: %s can take our %s resources", from, hb_hold_name(t->standby_hold));
	t->mine &= ~t->standby_hold;
	t->failed &= ~t->standby_hold;
	send_resource(t, false, "standby");
	set_standby(t, HB_S_ME, now_ms + HB_STANDBY_WORK_MS);
	start_job(t, HB_JOB_GIVE, t->standby_hold, NULL);
	return true;
}

static bool ask_done(struct hb_takeover *t, const char *from, int64_t now_ms)
{
	if (t->standby == HB_S_OTHER) {
		LOG(t, LOG_INFO, "standby: acquire [%s] resources from %s", hb_hold_name(t->standby_hold), from);
		set_standby(t, HB_S_DONE, now_ms + HB_STANDBY_WORK_MS);
		start_job(t, HB_JOB_TAKE, hb_hold_swap(t->standby_hold), NULL);
		return true;
	}
	if (t->standby == HB_S_DONE) {
		LOG(t, LOG_INFO, "Other node completed standby takeover of %s resources.", hb_hold_name(t->standby_hold));
		set_standby(t, HB_S_NOT, 0);
		/* its own word about that may be on its way still */
		t->theirs |= hb_hold_swap(t->standby_hold);
		send_resource(t, true, NULL);
		return true;
	}
	return false;
}

void hb_takeover_ask(struct hb_takeover *t, const struct hb_rmsg *msg, const char *from, bool own, int64_t now_ms)
{
	const char *info = msg->info ? msg->info : "";
	bool known = false;

	if (!t->nice) {
		LOG(t, LOG_INFO, "Standby mode only implemented when nice_failback on");
		return;
	}
	if (t->phase == HB_R_SHUTDOWN || t->restart_at_ms)
		return;
	if (!strcmp(info, "me")) {
		ask_me(t, msg->hold, from, own, now_ms);
		known = true;
	} else if (!own && !strcmp(info, "other")) {
		known = ask_other(t, from, now_ms);
	} else if (!own && !strcmp(info, "done")) {
		known = ask_done(t, from, now_ms);
	}
	if (!known)
		LOG(t, LOG_ERR, "Ignored standby message '%s' from %s in state %d", info, from, t->standby);
	try_stop(t, now_ms);
}

bool hb_takeover_standby(struct hb_takeover *t, enum hb_hold hold, int64_t now_ms)
{
	if (!t->nice || t->restart_at_ms || !standby_possible(t, "me", t->own, now_ms))
		return false;
	send_ask(t, hold, "me");
	return ask_me(t, hold, t->own, true, now_ms);
}

static void gave(struct hb_takeover *t)
{
	/* the peer may have gone meanwhile, and only one that has come again waits */
	if (t->standby != HB_S_ME) {
		if (t->phase != HB_R_SHUTDOWN)
			send_current(t);
		return;
	}
	LOG(t, LOG_INFO, "Local standby process completed [%s].", hb_hold_name(t->standby_hold));
	t->standby = HB_S_DONE;
	send_ask(t, t->standby_hold, "done");
}

static void took(struct hb_takeover *t, const struct hb_job *job)
{
	/* its standby was cancelled: nobody waits for this end, and the other node may wait for that of another standby */
	if (t->standby != HB_S_DONE && !t->taking) {
		if (!t->releasing)
			t->mine |= job->hold;
		if (t->phase != HB_R_SHUTDOWN)
			send_current(t);
		return;
	}
	t->mine |= job->hold;
	/* the other node has come again since and asked for another standby, which is not done yet */
	if (t->taking)
		return;
	LOG(t, LOG_INFO, "Standby resource acquisition done [%s].", hb_hold_name(job->standby));
	set_standby(t, HB_S_NOT, 0);
	send_ask(t, job->standby, "done");
	send_resource(t, true, NULL);
}

/* -- the other node goes ---------------------------------------------------------------------------------------------- */

void hb_takeover_shutdone(struct hb_takeover *t, const char *from, int64_t now_ms)
{
	LOG(t, LOG_INFO, "Received shutdown notice from '%s'.", from);
	cancel_standby(t);
	t->peer_stable = true;
	t->peer_starting = t->peer_releasing = false;
	t->theirs = HB_NONE;
	/* alive it is still, but not one to hand anything to */
	t->peer_alive = false;
	if (t->phase != HB_R_INIT)
		take_foreign(t, from);
	try_stop(t, now_ms);
}

/* 4.7, what it had said it had released */
static void peer_had_nothing(struct hb_takeover *t, const char *node)
{
	LOG(t, LOG_INFO, "Dead node %s gave up resources.", node);
	send_stonith(t, node, "unneeded");
	t->peer_stable = true;
	if ((t->mine & HB_ALL) == HB_ALL || t->phase == HB_R_SHUTDOWN)
		return;
	if (!(t->mine & HB_FOREIGN))
		take_foreign(t, node);
	else
		acquire_own(t, true);
}

void hb_takeover_peer_dead(struct hb_takeover *t, const char *node, bool heard, int64_t now_ms)
{
	cancel_standby(t);
	t->peer_alive = t->peer_starting = t->peer_releasing = false;
	t->needfb = true;
	t->handed_over = HB_NONE;
	if (t->phase == HB_R_INIT)
		return; /* told again when communication is up */
	if (t->nice && heard && t->theirs == HB_NONE) {
		peer_had_nothing(t, node);
	} else if (t->phase == HB_R_SHUTDOWN) {
		t->peer_stable = true;
	} else if (!t->ops->stonith(t->arg, node)) {
		send_stonith(t, node, "n_stnth");
		LOG(t, LOG_WARNING, "No STONITH device configured.");
		LOG(t, LOG_WARNING, "Shared disks are not protected.");
		take_foreign(t, node);
	}
	try_stop(t, now_ms);
}

void hb_takeover_stonith(struct hb_takeover *t, const char *node, bool reset, int64_t now_ms)
{
	if (!reset) {
		LOG(t, LOG_ERR, "STONITH of %s failed.  Retrying...", node);
		return;
	}
	LOG(t, LOG_INFO, "node %s now reset.", node);
	send_stonith(t, node, "OK");
	take_foreign(t, node);
	try_stop(t, now_ms);
}

/* It was gone for less than its dead time: nothing is taken, it asks for what it wants. */
void hb_takeover_peer_restarted(struct hb_takeover *t, int64_t now_ms)
{
	/* what scripts are still taking is as good as held: the new life must not start it too */
	t->mine |= t->taking_hold;
	cancel_standby(t);
	t->peer_stable = t->peer_releasing = false;
	t->theirs = HB_NONE;
	t->needfb = true;
	try_stop(t, now_ms);
}

/* -- stopping --------------------------------------------------------------------------------------------------------- */

static void begin_shutdown(struct hb_takeover *t, enum hb_leave how)
{
	t->leave_how = how;
	t->phase = HB_R_SHUTDOWN;
	t->mine = HB_NONE;
	t->stop_wanted = true;
	set_standby(t, HB_S_NOT, 0);
	t->settle_at_ms = t->failback_at_ms = t->failed_at_ms = t->orphan_at_ms = t->restart_at_ms = 0;
	if (t->nice)
		send_resource(t, false, "shutdown");
	start_job(t, HB_JOB_STOP, HB_ALL, NULL);
}

static void try_stop(struct hb_takeover *t, int64_t now_ms)
{
	(void)now_ms;
	if (!t->stop_wanted || t->phase == HB_R_SHUTDOWN || t->leaving)
		return;
	if (t->phase == HB_R_INIT) {
		/* nothing was taken yet, so there is nothing to wait for */
		t->phase = HB_R_SHUTDOWN;
		stopped(t);
	} else if (hb_takeover_stable(t)) {
		begin_shutdown(t, HB_LEAVE_STOP);
	} else if (!t->stop_delayed) {
		LOG(t, LOG_WARNING, "Shutdown delayed until current resource activity finishes.");
		t->stop_delayed = true;
	}
}

void hb_takeover_stop(struct hb_takeover *t, int64_t now_ms)
{
	if (!t->stop_wanted)
		t->stop_at_ms = now_ms + HB_STOP_PATIENCE_MS;
	t->stop_wanted = true;
	/* a restart that was under way becomes a stop */
	t->leave_how = HB_LEAVE_STOP;
	try_stop(t, now_ms);
}

void hb_takeover_start_afresh(struct hb_takeover *t, int64_t now_ms)
{
	if (t->phase == HB_R_SHUTDOWN || t->restart_at_ms)
		return;
	cancel_standby(t);
	t->restart_at_ms = now_ms + HB_PARTITION_MS;
	t->ops->abandon(t->arg);
}

/* -- jobs and time ---------------------------------------------------------------------------------------------------- */

static void stopped(struct hb_takeover *t)
{
	const struct hb_rmsg msg = { .type = "shutdone", .full = -1, .isstable = -1 };

	LOG(t, LOG_INFO, "All HA resources relinquished.");
	t->ops->send(t->arg, &msg);
	t->leaving = true;
	t->ops->leave(t->arg, t->leave_how);
}

static void took_dead(struct hb_takeover *t, int64_t now_ms)
{
	const struct hb_rmsg msg = { .type = "resource", .hold = HB_FOREIGN, .full = -1, .isstable = -1, .info = "mach_down" };

	t->takeover = false;
	t->needfb = true;
	if (!t->nice || t->phase == HB_R_SHUTDOWN)
		return;
	LOG(t, LOG_INFO, "mach_down takeover complete.");
	t->ops->send(t->arg, &msg);
	plan_failback(t, now_ms);
}

/* 5.4: what did not start is handed over after a while, or tried again where nobody else could do better. */
static void note_result(struct hb_takeover *t, const struct hb_job *job, enum hb_hold failed, int64_t now_ms)
{
	t->failed = (t->failed & ~job->hold) | failed;
	t->handed_over &= ~(job->hold & ~failed);
	if (!t->failed)
		t->failed_at_ms = 0;
	else if (t->phase != HB_R_SHUTDOWN)
		t->failed_at_ms = now_ms + HB_FAILED_START_MS;
}

void hb_takeover_failed(struct hb_takeover *t, enum hb_hold hold, int64_t now_ms)
{
	t->failed |= hold;
	if (t->phase != HB_R_SHUTDOWN)
		t->failed_at_ms = now_ms;
}

static void act_on_failure(struct hb_takeover *t, int64_t now_ms)
{
	enum hb_hold hold = t->failed & t->mine;

	t->failed_at_ms = 0;
	if (!hold || t->stop_wanted || t->phase == HB_R_SHUTDOWN)
		return;
	t->failed_at_ms = now_ms + HB_FAILED_START_MS;
	/* what came back because the other node could not start it either is not passed to and fro */
	if (t->nice && t->peer_alive && !(t->handed_over & hold)) {
		if (automatic_standby(t, hold, now_ms))
			t->handed_over |= hold;
		return;
	}
	if (!t->jobs && t->standby == HB_S_NOT)
		start_job(t, HB_JOB_RETRY, hold, NULL);
}

static void act_on_job(struct hb_takeover *t, const struct hb_job *job, enum hb_hold failed, int64_t now_ms)
{
	switch (job->kind) {
	case HB_JOB_OWN:
		LOG(t, LOG_INFO, "Local Resource acquisition completed.");
		if (t->nice && t->phase != HB_R_SHUTDOWN)
			send_resource(t, true, "req_our_resources()");
		break;
	case HB_JOB_DEAD: took_dead(t, now_ms); break;
	case HB_JOB_GIVE: gave(t); break;
	case HB_JOB_TAKE: took(t, job); break;
	case HB_JOB_STOP: stopped(t); break;
	case HB_JOB_CHECK:
		t->checked = !failed;
		if (failed)
			t->failback_at_ms = now_ms + HB_SETTLE_MS;
		else
			try_failback(t, now_ms);
		break;
	default: break;
	}
}

void hb_takeover_job_done(struct hb_takeover *t, const struct hb_job *job, enum hb_hold failed, int64_t now_ms)
{
	t->jobs--;
	t->releasing -= job->kind == HB_JOB_GIVE;
	t->taking -= job->kind == HB_JOB_TAKE;
	if (!t->taking)
		t->taking_hold = HB_NONE;
	if (takes(job->kind))
		note_result(t, job, failed, now_ms);
	act_on_job(t, job, failed, now_ms);
	if (t->leaving)
		return;
	start_adoption(t, now_ms);
	try_stop(t, now_ms);
}

void hb_takeover_key(struct hb_takeover *t, enum hb_job_kind kind, const char *key, const char *node)
{
	const struct hb_job job = { .kind = kind, .key = key, .node = node };

	if (t->phase == HB_R_SHUTDOWN)
		return;
	t->jobs++;
	t->ops->job(t->arg, &job);
}

static bool due(int64_t at_ms, int64_t now_ms)
{
	return at_ms && now_ms >= at_ms;
}

static void settle(struct hb_takeover *t, int64_t now_ms)
{
	t->settle_at_ms = 0;
	if (t->phase != HB_R_RSCRCVD)
		return;
	if (t->peer_releasing && t->peer_alive) {
		t->settle_at_ms = now_ms + HB_SETTLE_MS;
		return;
	}
	acquire_own(t, false);
	LOG(t, LOG_INFO, "local resource transition completed.");
	become_stable(t, "T_RESOURCES(us)");
	send_resource(t, true, NULL);
	plan_failback(t, now_ms);
}

void hb_takeover_tick(struct hb_takeover *t, int64_t now_ms)
{
	if (t->leaving)
		return;
	if (due(t->settle_at_ms, now_ms))
		settle(t, now_ms);
	if (t->standby != HB_S_NOT && due(t->standby_at_ms, now_ms)) {
		LOG(t, LOG_WARNING, "No reply to standby request.  Standby request cancelled.");
		set_standby(t, HB_S_NOT, 0);
		/* unless it has said since why it is not */
		t->peer_stable = !t->peer_releasing && !t->peer_starting;
	}
	if (due(t->failback_at_ms, now_ms))
		try_failback(t, now_ms);
	if (due(t->failed_at_ms, now_ms))
		act_on_failure(t, now_ms);
	if (due(t->orphan_at_ms, now_ms))
		adopt_foreign(t);
	if (due(t->restart_at_ms, now_ms))
		begin_shutdown(t, t->stop_wanted ? HB_LEAVE_STOP : HB_LEAVE_RESTART);
	if (due(t->stop_at_ms, now_ms)) {
		t->stop_at_ms = 0;
		LOG(t, LOG_CRIT, "Emergency Shutdown: resources could not be released in time.");
		t->leaving = true;
		t->ops->leave(t->arg, HB_LEAVE_EMERGENCY);
		return;
	}
	start_adoption(t, now_ms);
	try_stop(t, now_ms);
}

int64_t hb_takeover_next_ms(const struct hb_takeover *t)
{
	const int64_t times[] = { t->settle_at_ms, t->standby_at_ms, t->failback_at_ms, t->failed_at_ms, t->orphan_at_ms,
		t->restart_at_ms, t->stop_at_ms };
	int64_t next = INT64_MAX;
	unsigned int i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] && times[i] < next && !t->leaving)
			next = times[i];
	return next;
}
