/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dopd: marks a DRBD resource outdated on the other node on behalf of drbd-peer-outdater (heartbeat.md 3.6). Runs as a respawn
 * client of heartbeat on both nodes.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "heartbeat/hb_client.h"
#include "heartbeat/hb_dopd.h"
#include "lib/ev.h"
#include "lib/log.h"
#include "lib/run.h"
#include "lib/std_fds.h"

enum { NEVER_AGAIN = 100, MAX_ASKERS = 32, OUTDATE_MS = 60000 };

struct asker {
	struct hb_ipc ipc; /* fd -1: this place is free */
	struct ev ev;
	char res[HB_DOPD_NAME]; /* it waits for this one; empty: it has not asked */
};

struct outdate {
	char node[HA_MAX_NAME + 1], res[HB_DOPD_NAME];
};

static struct {
	struct ev_loop loop;
	struct hb_client client;
	struct ev client_ev, listen_ev;
	struct asker asker[MAX_ASKERS];
} dopd;

static void close_asker(struct asker *asker)
{
	ev_del(&asker->ev);
	hb_ipc_close(&asker->ipc);
	asker->res[0] = '\0';
}

static void answer(struct asker *asker, int value)
{
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", "outdater_rc");
	hb_msg_add(&msg, "src", dopd.client.node);
	hb_msg_addf(&msg, "dop_value", "%d", value);
	if (hb_ipc_send(&asker->ipc, &msg))
		log_err("cannot answer drbd-peer-outdater");
	hb_msg_free(&msg);
	asker->res[0] = '\0';
}

/* -- the other node asks ---------------------------------------------------------------------------------------------- */

static void outdated(const struct run_result *result, void *arg)
{
	static const struct {
		int exit_code, value;
	} table[] = { { 0, HB_DOPD_OUTDATED }, { 5, HB_DOPD_INCONSISTENT }, { 17, HB_DOPD_REFUSED } };
	struct outdate *job = arg;
	struct hb_msg msg = { .fields = 0 };
	int value = HB_DOPD_ERROR;
	unsigned int i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].exit_code == result->exit_code)
			value = table[i].value;
	log_info("drbdadm outdate %s: exit code %d, telling %s %d", job->res, result->exit_code, job->node, value);
	hb_msg_add(&msg, "t", "outdate_rc");
	hb_msg_addf(&msg, "dop_value", "%d", value);
	hb_msg_add(&msg, "dop_res", job->res);
	hb_msg_add(&msg, "dest", job->node);
	if (hb_ipc_send(&dopd.client.ipc, &msg))
		log_err("cannot tell %s", job->node);
	hb_msg_free(&msg);
	free(job);
}

/* The name comes from the network: it is an argument of drbdadm, and no option of it. */
static bool is_resource_name(const char *res)
{
	return *res && *res != '-' && strlen(res) < HB_DOPD_NAME &&
	       strspn(res, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == strlen(res);
}

static void start_outdate(const struct hb_msg *msg)
{
	const char *res = hb_msg_get(msg, "dop_res"), *src = hb_msg_get(msg, "src");
	const char *argv[] = { "drbdadm", "outdate", res, NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = OUTDATE_MS };
	struct run_result failed = { .exit_code = 127 };
	struct outdate *job;

	if (!res || !src || !is_resource_name(res) || !(job = calloc(1, sizeof(*job))))
		return;
	snprintf(job->node, sizeof(job->node), "%s", src);
	snprintf(job->res, sizeof(job->res), "%s", res);
	if (run_start(NULL, &dopd.loop, &spec, outdated, job))
		outdated(&failed, job);
}

static void outdate_answered(const struct hb_msg *msg)
{
	const char *res = hb_msg_get(msg, "dop_res");
	uint64_t value;
	int i;

	for (i = 0; res && hb_msg_dec(msg, "dop_value", &value) && i < MAX_ASKERS; i++)
		if (dopd.asker[i].ipc.fd >= 0 && !strcmp(dopd.asker[i].res, res))
			answer(&dopd.asker[i], (int)value);
}

static void on_message(void *arg, struct hb_msg *msg)
{
	const char *type = hb_msg_get(msg, "t"), *src = hb_msg_get(msg, "src");

	(void)arg;
	if (!type || !src || !strcasecmp(src, dopd.client.node))
		return;
	if (!strcmp(type, "start_outdate"))
		start_outdate(msg);
	else if (!strcmp(type, "outdate_rc"))
		outdate_answered(msg);
}

static void client_readable(struct ev *ev, void *arg)
{
	struct hb_msg msg;
	int err = hb_ipc_fill(&dopd.client.ipc);

	(void)ev;
	(void)arg;
	if (err && err != -EAGAIN) {
		log_info("heartbeat has gone: %s", strerror(-err));
		ev_stop(&dopd.loop);
		return;
	}
	while (!hb_ipc_next(&dopd.client.ipc, &msg)) {
		on_message(NULL, &msg);
		hb_msg_free(&msg);
	}
}

/* -- drbd-peer-outdater asks ------------------------------------------------------------------------------------------ */

static bool is_live_node(const char *name)
{
	struct hb_msg msg;
	bool normal, alive;

	if (!strcasecmp(name, dopd.client.node) || hb_client_ask(&dopd.client, &msg, "nodetype", "node", name, NULL, NULL))
		return false;
	normal = hb_msg_get(&msg, "nodetype") && !strcmp(hb_msg_get(&msg, "nodetype"), "normal");
	hb_msg_free(&msg);
	if (!normal || hb_client_ask(&dopd.client, &msg, "nodestatus", "node", name, NULL, NULL))
		return false;
	alive = hb_msg_get(&msg, "st") && strcmp(hb_msg_get(&msg, "st"), "dead");
	hb_msg_free(&msg);
	return alive;
}

static bool is_waited_for(const char *res)
{
	int i;

	for (i = 0; i < MAX_ASKERS; i++)
		if (dopd.asker[i].ipc.fd >= 0 && !strcmp(dopd.asker[i].res, res))
			return true;
	return false;
}

static void on_question(struct asker *asker, const struct hb_msg *msg)
{
	const char *peer = hb_msg_get(msg, "outdater_peer"), *res = hb_msg_get(msg, "outdater_res"), *type = hb_msg_get(msg, "t");
	struct hb_msg out = { .fields = 0 };

	if (!type || strcmp(type, "outdater") || !peer || !res || !is_resource_name(res)) {
		answer(asker, HB_DOPD_ERROR);
		return;
	}
	if (is_waited_for(res)) {
		answer(asker, HB_DOPD_BUSY);
		return;
	}
	if (!is_live_node(peer)) {
		answer(asker, HB_DOPD_UNREACHABLE);
		return;
	}
	snprintf(asker->res, sizeof(asker->res), "%s", res);
	hb_msg_add(&out, "t", "start_outdate");
	hb_msg_add(&out, "dop_res", res);
	hb_msg_add(&out, "dest", peer);
	if (hb_ipc_send(&dopd.client.ipc, &out))
		answer(asker, HB_DOPD_UNREACHABLE);
	hb_msg_free(&out);
}

static void asker_readable(struct ev *ev, void *arg)
{
	struct asker *asker = arg;
	struct hb_msg msg;
	int err = hb_ipc_fill(&asker->ipc);

	(void)ev;
	while (!hb_ipc_next(&asker->ipc, &msg)) {
		on_question(asker, &msg);
		hb_msg_free(&msg);
	}
	if (err && err != -EAGAIN)
		close_asker(asker);
}

static void on_connect(struct ev *ev, void *arg)
{
	int fd = accept(ev->fd, NULL, NULL), i;

	(void)arg;
	if (fd < 0)
		return;
	for (i = 0; i < MAX_ASKERS && dopd.asker[i].ipc.fd >= 0; i++)
		;
	if (i == MAX_ASKERS) {
		close(fd);
		return;
	}
	hb_ipc_init(&dopd.asker[i].ipc, fd);
	if (ev_add(&dopd.loop, &dopd.asker[i].ev, fd, EV_READ, asker_readable, &dopd.asker[i]))
		hb_ipc_close(&dopd.asker[i].ipc);
}

static int listen_for_askers(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = HB_DOPD_PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), i;

	for (i = 0; i < MAX_ASKERS; i++)
		dopd.asker[i].ipc.fd = -1;
	mkdir(HB_DOPD_DIR, 0750);
	unlink(HB_DOPD_PATH);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(HB_DOPD_PATH, 0660) || listen(fd, 8)) {
		log_err("cannot listen on %s: %m", HB_DOPD_PATH);
		return -errno;
	}
	return ev_add(&dopd.loop, &dopd.listen_ev, fd, EV_READ, on_connect, NULL);
}

int main(void)
{
	struct log_dest to_syslog = { .kind = LOG_KIND_SYSLOG, .ident = "dopd", .facility = LOG_DAEMON, .max_level = LOG_INFO };

	hold_std_fds();
	log_add(&to_syslog);
	signal(SIGPIPE, SIG_IGN);
	dopd.client.other = on_message;
	if (hb_client_sign_on(&dopd.client, "dopd")) {
		log_err("Cannot sign on with heartbeat: %s", dopd.client.why);
		return NEVER_AGAIN;
	}
	if (ev_init(&dopd.loop, NULL) || listen_for_askers() ||
	    ev_add(&dopd.loop, &dopd.client_ev, dopd.client.ipc.fd, EV_READ, client_readable, NULL))
		return NEVER_AGAIN;
	return ev_run(&dopd.loop) != 0;
}
