// SPDX-License-Identifier: GPL-2.0-only
/* drbdsetup's views over time: events, wait-connect, wait-sync (drbd-tools.md B6, B7). events2 is setup_status.c's. */
#include "drbd-like/user/drbdsetup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drbd-like/core/drbd_text.h"

int setup_subscribe(struct setup_call *c, struct drbd_nl **events)
{
	int err = drbd_nl_open(events);

	if (err) {
		fprintf(stderr, "Could not connect to 'drbd' generic netlink family\n");
		return SX_USAGE;
	}
	err = drbd_nl_subscribe(*events);
	if (err) {
		drbd_nl_close(*events);
		return setup_transport_error(c, err);
	}
	return 0;
}

/* --- events ------------------------------------------------------------------------------------------------------------- */

static void print_prefix(const struct drbd_nl_msg *m, const char *tag)
{
	printf("%u %s %u,%s[%u] ", m->seq, tag, m->minor, m->ctx.resource, m->ctx.volume);
}

static void print_state(const struct drbd_nl_msg *m, const char *tag, u32 word)
{
	union drbd_state s = state_of(word);

	print_prefix(m, tag);
	printf("{ cs:%s ro:%s/%s ds:%s/%s %c%c%c%c }\n", drbd_conn_name(s.conn), drbd_role_name(s.role), drbd_role_name(s.peer),
	       drbd_disk_name(s.disk), drbd_disk_name(s.pdsk), s.susp || s.susp_nod || s.susp_fen ? 's' : 'r',
	       s.aftr_isp ? 'a' : '-', s.peer_isp ? 'p' : '-', s.user_isp ? 'u' : '-');
}

static void print_progress(const struct drbd_nl_msg *m)
{
	unsigned int done = setup_permille_done(&m->si);

	print_prefix(m, "SP");
	printf("%u.%u\n", done / 10, done % 10);
}

static int print_event(const struct drbd_nl_msg *m, void *arg)
{
	const struct setup_call *c = arg;

	if (m->cmd != DRBD_EVENT && m->cmd != DRBD_ADM_GET_STATUS)
		return 0;	/* the newer notifications are events2's */
	if (c->minor != DRBD_NO_MINOR ? m->minor != c->minor : c->resource && strcmp(m->ctx.resource, c->resource))
		return 0;
	if (!drbd_nl_has(m, TLA_STATE_INFO)) {
		if (*m->info)
			printf("%u # %s\n", m->seq, m->info);
		else if (!m->ctx.has_volume)
			printf("%u R - %s\n", m->seq, m->ctx.resource);
		fflush(stdout);
		return 0;
	}
	switch (m->si.reason) {
	case SIB_STATE_CHANGE:
		print_state(m, "ST-prev", m->si.prev_state);
		print_state(m, "ST-new", m->si.new_state);
		/* fall through */
	case SIB_STATUS:
		print_state(m, "ST", m->si.state);
		break;
	case SIB_SYNC_PROGRESS:
		print_progress(m);
		break;
	case SIB_HELPER_PRE:
		print_prefix(m, "UH");
		printf("%s\n", m->si.helper);
		break;
	case SIB_HELPER_POST:
		print_prefix(m, "UH-post");
		printf("%s 0x%04x\n", m->si.helper, m->si.helper_exit_code);
		break;
	default:
		print_prefix(m, "??");
		printf("<other message, state info broadcast reason:%u>\n", m->si.reason);
	}
	fflush(stdout);
	return 0;
}

int show_events(struct setup_call *c)
{
	struct drbd_nl_req req = { .cmd = DRBD_ADM_GET_STATUS, .minor = DRBD_NO_MINOR, .resource = c->resource, .opt_ctx = -1 };
	struct drbd_nl *events;
	struct drbd_nl_msg m;
	int err = setup_subscribe(c, &events);

	if (err)
		return err;
	err = drbd_nl_dump(c->nl, &req, print_event, c);
	while (!err) {
		err = drbd_nl_event(events, -1, &m);
		if (err == 1)
			err = print_event(&m, c);
	}
	drbd_nl_close(events);
	return setup_transport_error(c, err);
}

/* --- waiting ------------------------------------------------------------------------------------------------------------- */

/* Longest wait in seconds, 0: no limit; the adjustments are B6's. 0 or exit code. */
static int wait_limit(struct setup_call *c, u32 *limit_s)
{
	struct drbd_nl_req req = { .cmd = DRBD_ADM_GET_TIMEOUT_TYPE, .minor = c->minor, .opt_ctx = -1 };
	struct drbd_nl_msg m;
	int err;

	if (c->wfc_s && (!c->degr_s || c->wfc_s < c->degr_s)) {
		fprintf(stderr, "degr-wfc-timeout has to be shorter than wfc-timeout\n");
		fprintf(stderr, "degr-wfc-timeout implicitly set to wfc-timeout (%us)\n", c->wfc_s);
		c->degr_s = c->wfc_s;
	}
	if (c->degr_s && (!c->outdated_s || c->degr_s < c->outdated_s)) {
		fprintf(stderr, "outdated-wfc-timeout has to be shorter than degr-wfc-timeout\n");
		fprintf(stderr, "outdated-wfc-timeout implicitly set to degr-wfc-timeout (%us)\n", c->degr_s);
		c->outdated_s = c->degr_s;
	}
	err = drbd_nl_do(c->nl, &req, &m);
	if (err || m.ret_code != NO_ERROR || !drbd_nl_has(&m, TLA_TIMEOUT_PARMS)) {
		fprintf(stderr, "error determining which timeout to use: %s\n",
			err ? strerror(-err) : m.ret_code == ERR_MINOR_INVALID ? "minor not available" : drbd_err_text(m.ret_code) ? drbd_err_text(m.ret_code) : "unknown answer");
		return SX_USAGE;
	}
	*limit_s = m.timeout.timeout_type == 0 ? c->wfc_s : m.timeout.timeout_type == 1 ? c->degr_s : c->outdated_s;
	return 0;
}

static int wait_until(struct setup_call *c, bool (*reached)(u32 conn))
{
	struct drbd_nl *events;
	struct drbd_nl_msg m;
	struct timespec now;
	long long end_ms = 0, now_ms;
	bool noticed = false;
	u32 limit_s;
	int n, rc = setup_subscribe(c, &events);

	if (rc)
		return rc;
	rc = wait_limit(c, &limit_s);
	if (!rc)
		rc = setup_minor_status(c, &m);
	if (rc)
		goto close_events;
	clock_gettime(CLOCK_MONOTONIC, &now);
	end_ms = (now.tv_sec + (long long)limit_s) * 1000 + now.tv_nsec / 1000000;
	for (;;) {
		u32 conn = state_of(m.si.state).conn;

		if (reached(conn))
			break;
		if (conn < C_UNCONNECTED) {
			if (!c->wait_after_sb)
				break;
			if (!noticed)
				fprintf(stderr, "%s is %s, but is waited for all the same (wait-after-sb)\n", c->object,
					drbd_conn_name(conn));
			noticed = true;
		}
		do {
			clock_gettime(CLOCK_MONOTONIC, &now);
			now_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
			n = !limit_s ? drbd_nl_event(events, -1, &m) :
			    end_ms > now_ms ? drbd_nl_event(events, (int)(end_ms - now_ms), &m) : 0;
		} while (n == 1 && (m.minor != c->minor || !drbd_nl_has(&m, TLA_STATE_INFO)));
		if (n == 0) {
			rc = SX_TIMEOUT;
			break;
		}
		if (n == -ENOBUFS) {	/* events were lost: look afresh */
			rc = setup_minor_status(c, &m);
			if (!rc)
				continue;
		} else if (n < 0) {
			rc = setup_transport_error(c, n);
		}
		if (rc)
			break;
	}
close_events:
	drbd_nl_close(events);
	return rc;
}

static bool is_connected(u32 conn)
{
	return conn >= C_CONNECTED;
}

static bool is_synced(u32 conn)
{
	return conn == C_CONNECTED;
}

int wait_connect(struct setup_call *c)
{
	return wait_until(c, is_connected);
}

int wait_sync(struct setup_call *c)
{
	return wait_until(c, is_synced);
}
