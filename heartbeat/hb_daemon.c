/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's life: start, loop, reload, leaving. What is decided is decided in hb_node. */
#include "heartbeat/hb_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "heartbeat/hb_child.h"
#include "heartbeat/hb_ctl.h"
#include "heartbeat/hb_extra.h"
#include "heartbeat/hb_fifo.h"
#include "heartbeat/hb_files.h"
#include "heartbeat/hb_hook.h"
#include "heartbeat/hb_log.h"
#include "heartbeat/hb_node.h"
#include "heartbeat/hb_rsc.h"
#include "heartbeat/hb_state.h"
#include "heartbeat/hb_stonith.h"
#include "lib/ev.h"
#include "lib/log.h"
#include "lib/fault.h"

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

enum {
	MAX_FILE_BYTE = 1 << 20, LINGER_MS = 1000, BAD_SENDERS = 32, BAD_LOG_MS = 60000, WATCHDOG_EXTRA_MS = 10,
};

struct hb_daemon {
	struct hb_setup *setup;
	struct ev_loop loop;
	struct hb_media *media;
	struct hb_node node;
	struct hb_rsc rsc;
	struct hb_ctl *ctl;
	struct hb_fifo fifo;
	struct hb_hooks hooks;
	struct hb_children children;
	struct hb_stonith stonith;
	struct hb_extra extra;
	struct hb_files files;
	struct ev_timer tick, leave;
	bool children_started, leaving, has_serial;
	enum hb_leave how;
	bool exec_again, exec_resume;
	int watchdog_fd;
	long debug;
	struct {
		char from[64];
		uint64_t count;
		int64_t logged_ms;
	} bad[BAD_SENDERS];
	int bad_senders;
};

static void plan_tick(struct hb_daemon *d);

/* -- setup ------------------------------------------------------------------------------------------------------------ */

static int read_ha_cf(struct hb_setup *setup, struct conf *conf)
{
	struct stat st;
	char path[512], *text = NULL;
	int err;

	snprintf(path, sizeof(path), "%s/ha.cf", setup->dir);
	conf->file = path;
	conf_start(conf, path, (char[]){ "" });
	err = stat(path, &st) ? -errno : conf_read_file(path, MAX_FILE_BYTE, &text, NULL);
	if (err) {
		conf_error_at(conf, 0, "Cannot open config file [%s]: %s", path, strerror(-err));
		return err;
	}
	err = ha_cf_parse(&setup->cf, conf, text, setup->own);
	free(text);
	setup->cf_mtime = st.st_mtime;
	return err;
}

int hb_setup_read(struct hb_setup *setup)
{
	struct conf conf = { .file = "ha.cf" };
	struct haresources hr;
	char path[512];
	int err, more;
	bool have_cf;

	hb_own_name(setup->dir, setup->own, sizeof(setup->own));
	err = read_ha_cf(setup, &conf);
	have_cf = !err;
	snprintf(path, sizeof(path), "%s/authkeys", setup->dir);
	more = authkeys_load(&setup->keys, &conf, path, &setup->keys_mtime);
	err = err ? err : more;
	snprintf(path, sizeof(path), "%s/haresources", setup->dir);
	/* without the nodes of ha.cf any name will do */
	more = haresources_load(&hr, &conf, path, have_cf ? setup->cf.node : NULL, have_cf ? setup->cf.nodes : 0);
	if (!more)
		haresources_free(&hr);
	err = err ? err : more;
	if (err && have_cf)
		ha_cf_free(&setup->cf);
	if (err)
		authkeys_free(&setup->keys);
	return err;
}

void hb_setup_free(struct hb_setup *setup)
{
	ha_cf_free(&setup->cf);
	authkeys_free(&setup->keys);
}

/* -- what the node wants done ----------------------------------------------------------------------------------------- */

static int64_t now_ms(const struct hb_daemon *d)
{
	return ev_now_ms(&d->loop);
}

/* Serial lines take the classic form alone. */
static void send_serial(struct hb_daemon *d, const char *wire, size_t len)
{
	struct hb_msg msg;
	const char *why;
	char *classic;
	size_t classic_len;

	if (wire[0] == '>') {
		hb_media_send_serial(d->media, wire, len);
		return;
	}
	if (hb_msg_read(&msg, wire, len, NULL, &why))
		return;
	if (!hb_msg_write(&msg, HB_FRAME_CLASSIC, &d->setup->keys, &classic, &classic_len)) {
		hb_media_send_serial(d->media, classic, classic_len);
		free(classic);
	}
	hb_msg_free(&msg);
}

static void on_transmit(void *arg, const char *wire, size_t len)
{
	struct hb_daemon *d = arg;

	hb_media_send(d->media, wire, len);
	if (d->has_serial)
		send_serial(d, wire, len);
}

static void on_ping(void *arg, const char *name, const char *wire, size_t len)
{
	struct hb_daemon *d = arg;

	hb_media_ping(d->media, name, wire, len);
}

static void on_job(void *arg, const struct hb_job *job)
{
	struct hb_daemon *d = arg;
	int err = hb_rsc_job(&d->rsc, job);

	if (!err)
		return;
	/* nothing was done, and the node must not wait for it */
	log_err("a resource job cannot be run: %s", strerror(-err));
	hb_node_job_done(&d->node, job, job->hold, now_ms(d));
}

static void on_news(void *arg, enum hb_news news, const struct hb_msg *msg, int peer, enum hb_status old)
{
	struct hb_daemon *d = arg;

	if (news == HB_NEWS_CLIENT && hb_files_message(&d->files, msg))
		return;
	hb_ctl_news(d->ctl, news, msg);
	if (news == HB_NEWS_STATUS && peer != d->node.member.own)
		hb_hooks_run(&d->hooks, msg, hb_status_name(old));
	else if (news == HB_NEWS_UNKNOWN)
		hb_hooks_run(&d->hooks, msg, NULL);
}

static void on_link(void *arg, int peer, int link, bool up)
{
	struct hb_daemon *d = arg;
	const char *node = d->node.member.peer[peer].name, *name = d->node.member.link[link];

	log_at(up ? LOG_INFO : LOG_WARNING, "Link %s:%s %s.", node, name, up ? "up" : "dead");
	hb_ctl_link(d->ctl, node, name, up);
}

static const char *param(void *arg, const char *name)
{
	struct hb_daemon *d = arg;

	return ha_cf_param(&d->setup->cf, name);
}

static bool request(void *arg, const char *reqtype, const struct hb_msg *msg, bool root, struct hb_msg *reply)
{
	struct hb_daemon *d = arg;

	return hb_extra_request(&d->extra, reqtype, root, reply) || hb_files_request(&d->files, reqtype, msg, reply);
}

static void child_died(void *arg, pid_t pid)
{
	struct hb_daemon *d = arg;

	hb_ctl_child_died(d->ctl, pid);
}

static void on_comm_up(void *arg)
{
	static const struct hb_ctl_ops ops = { param, request };
	struct hb_daemon *d = arg;

	if (hb_ctl_open(&d->ctl, &d->loop, &d->node, HB_REGISTER_PATH, &ops, d))
		d->ctl = NULL;
	hb_stonith_watch(&d->stonith);
	hb_children_start(&d->children, &d->loop, &d->setup->cf, child_died, d);
	d->children_started = true;
}

/* Legacy mode: each local group is asked for, or taken where nobody is there to ask. */
static void on_request_own(void *arg, bool peer_alive)
{
	struct hb_daemon *d = arg;
	int i;

	for (i = 0; i < d->rsc.hr.groups; i++) {
		const struct hr_group *group = &d->rsc.hr.group[i];
		struct hb_msg msg = { .fields = 0 };

		if (hb_rsc_hold_of(&d->rsc, group) != HB_LOCAL)
			continue;
		if (!peer_alive) {
			hb_takeover_key(&d->node.takeover, HB_JOB_KEY_TAKE, hr_key(group), NULL);
			continue;
		}
		hb_msg_add(&msg, "t", "ip-request");
		hb_msg_add(&msg, "ipaddr", hr_key(group));
		hb_node_send(&d->node, &msg, now_ms(d));
		hb_msg_free(&msg);
	}
}

static bool on_stonith(void *arg, const char *node)
{
	struct hb_daemon *d = arg;

	return hb_stonith_reset(&d->stonith, node);
}

static void stonith_done(void *arg, const char *node, bool reset)
{
	struct hb_daemon *d = arg;

	hb_takeover_stonith(&d->node.takeover, node, reset, now_ms(d));
	plan_tick(d);
}

static void on_abandon(void *arg)
{
	struct hb_daemon *d = arg;

	hb_rsc_abandon(&d->rsc);
}

static void on_log(void *arg, int level, const char *fmt, ...)
{
	va_list ap;

	(void)arg;
	va_start(ap, fmt);
	log_vat(level, fmt, ap);
	va_end(ap);
}

static void on_leave(void *arg, enum hb_leave how);

static const struct hb_node_ops node_ops = {
	.transmit = on_transmit, .ping = on_ping, .job = on_job, .news = on_news, .link = on_link, .comm_up = on_comm_up,
	.request_own = on_request_own, .stonith = on_stonith, .abandon = on_abandon, .leave = on_leave, .log = on_log,
};

/* -- packets ---------------------------------------------------------------------------------------------------------- */

/* Whoever sends rubbish is named once a minute, with the count; there is room for so many such senders and no more. */
static void note_bad(struct hb_daemon *d, const char *from, const char *why, int err)
{
	int i;

	for (i = 0; i < d->bad_senders && strcmp(d->bad[i].from, from); i++)
		;
	if (i == BAD_SENDERS)
		i = BAD_SENDERS - 1; /* the last place is everybody else's */
	if (i == d->bad_senders) {
		d->bad_senders++;
		snprintf(d->bad[i].from, sizeof(d->bad[i].from), "%s", i == BAD_SENDERS - 1 ? "others" : from);
		d->bad[i].logged_ms = now_ms(d) - BAD_LOG_MS;
	}
	d->bad[i].count++;
	if (!d->setup->cf.log_badpack || now_ms(d) - d->bad[i].logged_ms < BAD_LOG_MS)
		return;
	d->bad[i].logged_ms = now_ms(d);
	log_warn("string2msg_ll: node [%s] failed authentication or sent no message: %s (%s); %llu such packet(s) so far", from, why,
		 err == -EACCES ? "ignored, check authkeys" : "ignored", (unsigned long long)d->bad[i].count);
}

static int find_link(const struct hb_member *m, const char *name)
{
	int i;

	for (i = 0; i < m->links; i++)
		if (!strcmp(m->link[i], name))
			return i;
	return -1;
}

void hb_daemon_packet(void *arg, const char *wire, size_t len, const char *link, const char *from)
{
	struct hb_daemon *d = arg;
	const char *why = "";
	int err;

	if (d->leaving && d->exec_again)
		return;
	err = hb_node_receive(&d->node, wire, len, find_link(&d->node.member, link), now_ms(d), &why);
	if (err)
		note_bad(d, from, why, err);
	plan_tick(d);
}

static void on_fifo(void *arg, struct hb_msg *msg)
{
	struct hb_daemon *d = arg;

	hb_node_submit(&d->node, msg, now_ms(d));
	plan_tick(d);
}

static void on_job_done(void *arg, const struct hb_job *job, enum hb_hold failed)
{
	struct hb_daemon *d = arg;

	hb_node_job_done(&d->node, job, failed, now_ms(d));
	plan_tick(d);
}

/* -- time ------------------------------------------------------------------------------------------------------------- */

/* A word to the watchdog proves that this loop turns, no more. */
static void feed_watchdog(struct hb_daemon *d)
{
	if (d->watchdog_fd >= 0 && write(d->watchdog_fd, "", 1) != 1)
		log_err("cannot write to the watchdog device: %m");
}

static void refresh_words(struct hb_daemon *d)
{
	int64_t wall_s = time(NULL);
	char *text;

	/* the load is there to be read by people */
	if (wall_s == d->node.wall_s)
		return;
	d->node.wall_s = wall_s;
	if (conf_read_file("/proc/loadavg", 256, &text, NULL))
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(d->node.load, sizeof(d->node.load), "%s", text);
	free(text);
}

static void on_tick(struct ev_timer *timer, void *arg)
{
	struct hb_daemon *d = arg;

	(void)timer;
	if (now_ms(d) >= d->node.status_at_ms) {
		refresh_words(d);
		feed_watchdog(d);
	}
	hb_node_tick(&d->node, now_ms(d));
	hb_ctl_resume(d->ctl);
	plan_tick(d);
}

static void plan_tick(struct hb_daemon *d)
{
	if (!(d->leaving && d->exec_again))
		ev_timer_at(&d->loop, &d->tick, hb_node_next_ms(&d->node), on_tick, d);
}

/* -- leaving ---------------------------------------------------------------------------------------------------------- */

static void on_end(struct ev_timer *timer, void *arg)
{
	struct hb_daemon *d = arg;

	(void)timer;
	ev_stop(&d->loop);
}

/* Silent for longer than anybody's patience, then a new life. */
static void wait_for_new_life(struct hb_daemon *d)
{
	d->exec_again = true;
	ev_timer_stop(&d->tick);
	hb_media_close(d->media);
	ev_timer_set(&d->loop, &d->leave, d->setup->cf.deadtime_ms + LINGER_MS, on_end, d);
}

static void on_lingered(struct ev_timer *timer, void *arg)
{
	struct hb_daemon *d = arg;

	(void)timer;
	hb_ctl_close(d->ctl);
	d->ctl = NULL;
	if (d->how == HB_LEAVE_RESTART && !d->exec_resume)
		wait_for_new_life(d);
	else
		ev_stop(&d->loop);
}

static void children_stopped(void *arg)
{
	struct hb_daemon *d = arg;

	hb_node_status_now(&d->node, now_ms(d));
	/* what was lost of the last words can still be asked for */
	ev_timer_set(&d->loop, &d->leave, d->exec_resume ? 0 : LINGER_MS, on_lingered, d);
}

static void close_watchdog(struct hb_daemon *d)
{
	if (d->watchdog_fd < 0)
		return;
	if (write(d->watchdog_fd, "V", 1) != 1)
		log_err("the watchdog device cannot be told to stop: %m");
	close(d->watchdog_fd);
	d->watchdog_fd = -1;
}

static void stop_children(struct hb_daemon *d)
{
	if (d->children_started)
		hb_children_stop(&d->children, children_stopped);
	else
		children_stopped(d);
}

static void on_leave(void *arg, enum hb_leave how)
{
	struct hb_daemon *d = arg;

	if (d->leaving)
		return;
	d->leaving = true;
	d->how = how;
	close_watchdog(d);
	if (how == HB_LEAVE_RESTART)
		hb_node_announce_restart(&d->node, now_ms(d));
	stop_children(d);
}

/* -- signals ---------------------------------------------------------------------------------------------------------- */

static void on_term(struct ev_loop *loop, int signo, void *arg)
{
	struct hb_daemon *d = arg;

	(void)loop;
	(void)signo;
	if (d->exec_again) { /* between two lives there is nothing to give up */
		d->exec_again = false;
		ev_stop(&d->loop);
		return;
	}
	log_info("Heartbeat shutdown in progress. (%d)", (int)getpid());
	if (d->leaving)
		d->how = HB_LEAVE_STOP;
	hb_node_status_now(&d->node, now_ms(d));
	hb_takeover_stop(&d->node.takeover, now_ms(d));
	plan_tick(d);
}

static bool file_changed(const char *dir, const char *name, int64_t mtime)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !stat(path, &st) && st.st_mtime != mtime;
}

static void reread_keys(struct hb_daemon *d)
{
	struct conf conf = { .file = "authkeys" };
	char path[512];

	log_info("Rereading authentication file.");
	snprintf(path, sizeof(path), "%s/authkeys", d->setup->dir);
	if (authkeys_load(&d->setup->keys, &conf, path, &d->setup->keys_mtime))
		log_err("Authentication configuration error: the keys are still those read before");
}

/* Reload is read, check, then swap: a wrong file changes nothing. */
static void restart_keeping_resources(struct hb_daemon *d)
{
	struct hb_setup fresh = { .dir = d->setup->dir };

	if (d->leaving || d->rsc.busy || !hb_takeover_stable(&d->node.takeover)) {
		log_err("reload is refused while resources are in transition");
		return;
	}
	if (hb_setup_read(&fresh)) {
		log_err("Configuration error: heartbeat goes on with what it read before");
		return;
	}
	hb_setup_free(&fresh);
	log_info("Restarting heartbeat, resources stay as they are");
	d->leaving = d->exec_resume = true;
	d->how = HB_LEAVE_RESTART;
	close_watchdog(d);
	hb_node_announce_restart(&d->node, now_ms(d));
	stop_children(d);
}

static void on_hup(struct ev_loop *loop, int signo, void *arg)
{
	struct hb_daemon *d = arg;

	(void)loop;
	(void)signo;
	if (file_changed(d->setup->dir, "ha.cf", d->setup->cf_mtime))
		restart_keeping_resources(d);
	else if (file_changed(d->setup->dir, "authkeys", d->setup->keys_mtime))
		reread_keys(d);
	else
		log_info("Configuration unchanged.");
}

static void on_usr(struct ev_loop *loop, int signo, void *arg)
{
	struct hb_daemon *d = arg;

	(void)loop;
	if (signo == SIGUSR1)
		d->debug++;
	else if (d->debug > 0)
		d->debug--;
	hb_log_level(d->debug);
	log_info("debug level is %ld", d->debug);
}

static int watch_signals(struct hb_daemon *d)
{
	static const struct {
		int signo;
		ev_signal_fn fn;
	} table[] = { { SIGTERM, on_term }, { SIGHUP, on_hup }, { SIGUSR1, on_usr }, { SIGUSR2, on_usr } };
	unsigned int i;
	int err = 0;

	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; !err && i < sizeof(table) / sizeof(table[0]); i++)
		err = ev_signal(&d->loop, table[i].signo, table[i].fn, d);
	return err;
}

/* -- start ------------------------------------------------------------------------------------------------------------ */

static void set_env(const struct hb_setup *setup)
{
	const struct ha_cf *cf = &setup->cf;
	const char *path = getenv("PATH");
	char name[160], value[1024];
	int i;

	for (i = 0; i < cf->params; i++) {
		snprintf(name, sizeof(name), "HA_%s", cf->param[i].name);
		setenv(name, cf->param[i].value, 1);
	}
	for (i = 0; i < cf->envs; i++) {
		size_t len = strcspn(cf->env[i], "=");

		snprintf(name, sizeof(name), "HA_%.*s", (int)(len < 100 ? len : 100), cf->env[i]);
		setenv(name, cf->env[i] + len + 1, 1);
	}
	snprintf(value, sizeof(value), "%s/", setup->dir);
	setenv("HA_DIR", value, 1);
	setenv("HA_ETC", setup->dir, 1);
	snprintf(value, sizeof(value), "%s/shellfuncs", setup->dir);
	setenv("HA_FUNCS", value, 1);
	snprintf(value, sizeof(value), "%s/rc.d", setup->dir);
	setenv("HA_RCDIR", value, 1);
	snprintf(value, sizeof(value), "%s/resource.d", setup->dir);
	setenv("HA_RESOURCEDIR", value, 1);
	setenv("HA_CURHOST", setup->own, 1);
	setenv("HA_DATEFMT", "%Y/%m/%d_%T ", 1);
	hb_log_env();
	setenv("HA_FIFO", HB_FIFO, 1);
	setenv("HA_BIN", LIBDIR "/heartbeat", 1);
	setenv("OCF_ROOT", "/usr/lib/ocf", 1);
	setenv("HA_cluster_type", "heartbeat", 1);
	if (cf->failback != HA_FAILBACK_LEGACY)
		setenv("HA_NICEFAILBACK", "yes", 1);
	snprintf(value, sizeof(value), "%s/heartbeat:/usr/sbin:/usr/share/heartbeat:%s", LIBDIR, path ? path : "/sbin:/usr/bin:/bin");
	if (!path || strncmp(path, LIBDIR "/heartbeat:", strlen(LIBDIR "/heartbeat:")))
		setenv("PATH", value, 1);
}

/* Late heartbeats come from pages that must be read and from processes that do not yield. */
static void become_realtime(const struct ha_cf *cf)
{
	struct sched_param rt = { .sched_priority = (int)cf->rtprio };
	struct rlimit none = { 0, 0 };
	size_t reserve = (size_t)cf->memreserve_kib << 10;
	char *room;

	if (!cf->coredumps)
		setrlimit(RLIMIT_CORE, &none);
	if (!cf->realtime)
		return;
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &rt))
		log_warn("Cannot get real-time priority %d: %m", (int)cf->rtprio);
	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		log_err("Cannot lock ourselves into memory:  System limits on locked-in memory are too small.");
		return;
	}
	/* the heap keeps what it was once given */
	mallopt(M_TRIM_THRESHOLD, (int)reserve + (1 << 20));
	mallopt(M_MMAP_THRESHOLD, (int)reserve + (1 << 20));
	room = malloc(reserve);
	if (room)
		memset(room, 0, reserve);
	free(room);
}

static void open_watchdog(struct hb_daemon *d)
{
	const struct ha_cf *cf = &d->setup->cf;
	int seconds = (int)((cf->deadtime_ms + WATCHDOG_EXTRA_MS + 999) / 1000);

	d->watchdog_fd = -1;
	if (!cf->watchdog)
		return;
	d->watchdog_fd = open(cf->watchdog, O_WRONLY | O_CLOEXEC);
	if (d->watchdog_fd < 0) {
		log_err("Cannot open watchdog device: %s: %m", cf->watchdog);
		return;
	}
	if (ioctl(d->watchdog_fd, WDIOC_SETTIMEOUT, &seconds))
		log_warn("WDIOC_SETTIMEOUT: Failed to set watchdog timer to %d seconds: %m", seconds);
	log_info("Using watchdog device: %s", cf->watchdog);
}

static int start(struct hb_daemon *d)
{
	struct hb_setup *setup = d->setup;
	unsigned char uuid[HB_UUID_BYTE];
	uint64_t generation;
	int i, err;

	err = ev_init(&d->loop, NULL);
	if (err)
		return err;
	err = hb_next_generation(HB_VAR_LIB "/hb_generation", setup->cf.gen_by_time, time(NULL), &generation);
	err = err ? err : hb_own_uuid(HB_VAR_LIB "/hb_uuid", setup->own, setup->cf.uuid_from_name, uuid);
	err = err ? err : hb_node_init(&d->node, &setup->cf, &setup->keys, setup->own, generation, uuid, &node_ops, d,
				       generation ^ (uint64_t)getpid() << 20, now_ms(d));
	err = err ? err : hb_rsc_init(&d->rsc, &d->loop, &setup->cf, setup->own, setup->dir, on_job_done, d);
	err = err ? err : hb_fifo_open(&d->fifo, &d->loop, HB_FIFO, on_fifo, d);
	err = err ? err : watch_signals(d);
	err = err ? err : hb_media_watch(d->media, &d->loop);
	if (err)
		return err;
	hb_hooks_init(&d->hooks, &d->loop, setup->dir);
	hb_stonith_init(&d->stonith, &d->loop, &setup->cf, setup->own, stonith_done, d);
	hb_files_init(&d->files, &d->loop, &d->node, setup->dir);
	hb_extra_init(&d->extra, &d->loop, &d->node, &d->rsc, &setup->cf);
	for (i = 0; i < setup->cf.medias; i++)
		d->has_serial |= setup->cf.media[i].kind == HA_SERIAL;
	if (setup->resume)
		hb_takeover_resume(&d->node.takeover, (enum hb_hold)setup->held);
	open_watchdog(d);
	become_realtime(&setup->cf);
	refresh_words(d);
	hb_node_start(&d->node, now_ms(d));
	plan_tick(d);
	return 0;
}

static void execute_again(struct hb_daemon *d)
{
	const char *hold = hb_hold_name(d->node.takeover.mine), *argv[8];
	int n = 0;

	argv[n++] = d->setup->program;
	if (d->setup->foreground)
		argv[n++] = "-f";
	if (d->exec_resume) {
		argv[n++] = "-R";
		argv[n++] = "-C";
		argv[n++] = hold;
	} else {
		argv[n++] = "-X";
	}
	argv[n] = NULL;
	ev_free(&d->loop);
	munlockall();
	execv(d->setup->program, (char *const *)argv);
	log_at(LOG_CRIT, "cannot execute %s again: %m", d->setup->program);
}

int hb_daemon_run(struct hb_setup *setup, struct hb_media *media)
{
	static struct hb_daemon daemon;
	struct hb_daemon *d = &daemon;
	int err;

	d->setup = setup;
	d->media = media;
	d->debug = (long)setup->cf.debug;
	media->arg = d;
	set_env(setup);
	err = start(d);
	if (err) {
		log_err("heartbeat cannot start: %s", strerror(-err));
		return 1;
	}
	log_info("Heartbeat generation: %llu", (unsigned long long)d->node.hg);
	err = ev_run(&d->loop);
	if (err)
		log_at(LOG_CRIT, "Emergency Shutdown: %s", strerror(-err));
	if (!err && (d->exec_again || d->exec_resume)) {
		execute_again(d);
		return 1;
	}
	hb_fifo_close(&d->fifo);
	hb_hooks_free(&d->hooks);
	hb_rsc_free(&d->rsc);
	hb_media_close(d->media);
	log_info("%s Heartbeat shutdown complete.", setup->own);
	hb_node_free(&d->node);
	ev_free(&d->loop);
	return err || d->how == HB_LEAVE_EMERGENCY;
}
