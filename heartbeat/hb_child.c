/* SPDX-License-Identifier: GPL-2.0-only */
/* Clients that are kept running, and ended in order. */
#include "heartbeat/hb_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/run.h"
#include "lib/fault.h"

static void start_child(struct hb_child *child);
static void stop_next(struct hb_children *all);

static void on_restart(struct ev_timer *timer, void *arg)
{
	(void)timer;
	start_child(arg);
}

static void reboot_now(const struct hb_child *child)
{
	static const char *const argv[] = { "reboot", "-nf", NULL };
	struct run_spec spec = { .argv = argv };
	struct run_result result;

	log_at(LOG_EMERG, "Rebooting system.  Reason: %s", child->conf->command);
	if (!run_wait(&spec, &result))
		free((char *)result.output);
}

static void log_exit(const struct hb_child *child, int status)
{
	const char *command = child->conf->command;

	if (WIFSIGNALED(status))
		log_err("Client %s (pid=%d) killed by signal %d.", command, (int)child->pid, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_err("Client %s exited with return code %d.", command, WEXITSTATUS(status));
	log_info("Managed %s process %d exited with return code %d.", command, (int)child->pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void respawn(struct hb_child *child)
{
	int64_t ran_ms = ev_now_ms(child->all->loop) - child->start_ms;
	bool quick = ran_ms < HB_CHILD_QUICK_MS;

	child->quick = quick ? child->quick + 1 : 0;
	if (child->quick > HB_CHILD_MAX_QUICK) {
		log_err("Client %s \"respawning too fast\"", child->conf->command);
		return;
	}
	log_info("Respawning client \"%s\":", child->conf->command);
	ev_timer_set(child->all->loop, &child->timer, quick ? HB_CHILD_PAUSE_MS : 0, on_restart, child);
}

static void child_died(struct ev_child *ev, int status, void *arg)
{
	struct hb_child *child = arg;
	struct hb_children *all = child->all;
	pid_t pid = child->pid;

	(void)ev;
	log_exit(child, status);
	ev_timer_stop(&child->timer);
	child->pid = 0;
	all->died(all->arg, pid);
	if (child->conf->failfast && (WIFSIGNALED(status) || (!all->stopping && WEXITSTATUS(status))))
		reboot_now(child);
	if (all->stopping)
		stop_next(all);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != HB_CHILD_NEVER)
		respawn(child);
}

static void become_client(const struct hb_child *child, struct ev_loop *loop)
{
	const struct ha_respawn *conf = child->conf;
	char line[HA_MAX_LINE_BYTE + 16];
	int fd;

	ev_forked(loop);
	setpgid(0, 0);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(HB_CHILD_NEVER);
	if (initgroups(conf->user, conf->gid) || setgid(conf->gid) || setuid(conf->uid))
		_exit(HB_CHILD_NEVER);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	snprintf(line, sizeof(line), "exec %s", conf->command);
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(HB_CHILD_NEVER);
}

static void start_child(struct hb_child *child)
{
	struct hb_children *all = child->all;
	const struct ha_respawn *conf = child->conf;
	pid_t pid;

	if (all->stopping)
		return;
	log_info("Starting child client \"%s\" (%d,%d)", conf->command, (int)conf->uid, (int)conf->gid);
	child->start_ms = ev_now_ms(all->loop);
	pid = fault_sys() ? -1 : fork();
	if (pid < 0) {
		log_err("cannot start \"%s\": %m", conf->command);
		respawn(child);
		return;
	}
	if (!pid)
		become_client(child, all->loop);
	child->pid = pid;
	log_info("Starting \"%s\" as uid %d  gid %d (pid %d)", conf->command, (int)conf->uid, (int)conf->gid, (int)pid);
	ev_child_add(all->loop, &child->ev, pid, child_died, child);
}

void hb_children_start(struct hb_children *all, struct ev_loop *loop, const struct ha_cf *cf, void (*died)(void *arg, pid_t pid), void *arg)
{
	int i;

	memset(all, 0, sizeof(*all));
	all->loop = loop;
	all->died = died;
	all->arg = arg;
	for (i = 0; i < cf->respawns; i++) {
		struct hb_child *child = &all->child[all->count++];

		child->all = all;
		child->conf = &cf->respawn[i];
		start_child(child);
	}
}

static void on_kill(struct ev_timer *timer, void *arg)
{
	struct hb_child *child = arg;

	(void)timer;
	log_warn("Client %s (pid=%d) does not end on SIGTERM: it is killed", child->conf->command, (int)child->pid);
	kill(-child->pid, SIGKILL);
}

static void stop_next(struct hb_children *all)
{
	int i;

	for (i = all->count - 1; i >= 0; i--) {
		struct hb_child *child = &all->child[i];

		if (!child->pid)
			continue;
		kill(child->pid, SIGTERM);
		ev_timer_set(all->loop, &child->timer, HB_CHILD_KILL_MS, on_kill, child);
		return;
	}
	all->stopped(all->arg);
}

void hb_children_stop(struct hb_children *all, void (*stopped)(void *arg))
{
	int i;

	all->stopping = true;
	all->stopped = stopped;
	for (i = 0; i < all->count; i++)
		ev_timer_stop(&all->child[i].timer);
	stop_next(all);
}
