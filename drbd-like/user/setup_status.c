// SPDX-License-Identifier: GPL-2.0-only
/*
 * drbdsetup status, status --json and events2 (drbd-tools.md B7): resources, devices, connections and peer devices as
 * the newer half of the interface reports them (commands 30 to 41 of drbd-netlink.md). A connection has one peer here, so
 * the peer devices of a resource are its devices' other sides.
 */
#include "drbd-like/user/drbdsetup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "drbd-like/core/drbd_text.h"

/* --- words ------------------------------------------------------------------------------------------------------------ */

static const char *connection_word(u32 conn)
{
	return conn == C_WF_CONNECTION ? "Connecting" : conn >= C_WF_REPORT_PARAMS ? "Connected" : drbd_conn_name(conn);
}

static const char *replication_word(u32 repl)
{
	return repl <= C_WF_REPORT_PARAMS ? "Off" : repl == C_CONNECTED ? "Established" : drbd_conn_name(repl);
}

/* The names whose condition holds, joined by commas; "no" if none does. */
static const char *word_list(char *buf, size_t len, int nr, const bool *holds, const char *const *name)
{
	size_t at = 0;
	int i;

	snprintf(buf, len, "no");
	for (i = 0; i < nr; i++)
		if (holds[i])
			at += (size_t)snprintf(buf + at, len - at, "%s%s", at ? "," : "", name[i]);
	return buf;
}

enum { LIST_BYTE = 40 };

static const char *suspended_word(const struct drbd_nl_msg *m, char *buf)
{
	static const char *const names[] = { "user", "no-data", "fencing" };
	const struct drbd_resource_info *i = &m->resource_info;
	const bool holds[] = { i->susp, i->susp_nod, i->susp_fen };

	return word_list(buf, LIST_BYTE, 3, holds, names);
}

static const char *resync_suspended_word(const struct drbd_nl_msg *m, char *buf)
{
	static const char *const names[] = { "user", "peer", "dependency" };
	const struct drbd_peer_device_info *i = &m->peer_device_info;
	const bool holds[] = { i->susp_user, i->susp_peer, i->susp_dependency };

	return word_list(buf, LIST_BYTE, 3, holds, names);
}

static const char *blocked_word(const struct drbd_nl_msg *m, char *buf)
{
	static const char *const names[] = { "upper", "lower" };
	const bool holds[] = { m->device_stat.upper_blocked, m->device_stat.lower_blocked };

	return word_list(buf, LIST_BYTE, 2, holds, names);
}

static const char *ordering_word(const struct drbd_nl_msg *m)
{
	static const char *const names[] = { "none", "drain", "flush", "barrier" };
	u32 nr = m->resource_stat.write_ordering;

	return nr < ARRAY_SIZE(names) ? names[nr] : "unknown";
}

static bool syncing(u32 repl)
{
	return repl >= C_SYNC_SOURCE && repl <= C_PAUSED_SYNC_T;
}

static double percent_done(const struct drbd_nl_msg *device, const struct drbd_nl_msg *peer)
{
	u64 size = device ? device->device_stat.size_sect : 0;

	return size ? 100.0 * (1 - (double)peer->peer_device_stat.oos_sect / (double)size) : 100.0;
}

/* --- what there is ------------------------------------------------------------------------------------------------------ */

struct picture {
	struct nl_list resources, devices, connections, peer_devices;
};

static int get_picture(struct setup_call *c, struct picture *p)
{
	int err;

	memset(p, 0, sizeof(*p));
	err = nl_list_get(c->nl, DRBD_ADM_GET_RESOURCES, NULL, &p->resources);
	if (!err)
		err = nl_list_get(c->nl, DRBD_ADM_GET_DEVICES, c->resource, &p->devices);
	if (!err)
		err = nl_list_get(c->nl, DRBD_ADM_GET_CONNECTIONS, c->resource, &p->connections);
	if (!err)
		err = nl_list_get(c->nl, DRBD_ADM_GET_PEER_DEVICES, c->resource, &p->peer_devices);
	return err;
}

static void free_picture(struct picture *p)
{
	nl_list_free(&p->resources);
	nl_list_free(&p->devices);
	nl_list_free(&p->connections);
	nl_list_free(&p->peer_devices);
}

static bool same_resource(const struct drbd_nl_msg *a, const struct drbd_nl_msg *b)
{
	return !strcmp(a->ctx.resource, b->ctx.resource);
}

/* The next member of the list from *at on that belongs to the resource, or NULL. */
static const struct drbd_nl_msg *next_of(const struct nl_list *list, const struct drbd_nl_msg *resource, size_t *at)
{
	while (*at < list->nr) {
		const struct drbd_nl_msg *m = list->m[(*at)++];

		if (m->ret_code == NO_ERROR && same_resource(m, resource))
			return m;
	}
	return NULL;
}

static const struct drbd_nl_msg *device_of(const struct picture *p, const struct drbd_nl_msg *peer)
{
	const struct drbd_nl_msg *m;
	size_t at = 0;

	while ((m = next_of(&p->devices, peer, &at)))
		if (m->ctx.volume == peer->ctx.volume)
			return m;
	return NULL;
}

/* --- status: lines of at most 80 columns ------------------------------------------------------------------------------------ */

enum { COLUMNS = 80 };

struct line {
	int column, indent;	/* indent: of the lines that go on */
	bool first;		/* nothing stands behind the indent yet */
};

static void line_begin(struct line *l, int first_indent, int indent)
{
	printf("%*s", first_indent, "");
	l->column = first_indent;
	l->indent = indent;
	l->first = true;
}

static void line_next(struct line *l)
{
	printf("\n");
	line_begin(l, l->indent, l->indent);
}

static const char color_end[] = "\033[0m";

/* One "name:value". The colour's bytes count, as they always did. */
static void line_word(struct line *l, const char *name, const char *color, const char *value)
{
	int width = (int)(strlen(name) + strlen(value) + (color ? strlen(color) + strlen(color_end) : 0));
	bool first = l->first;

	l->first = false;
	if (!first && l->column + 1 + width >= COLUMNS) {
		line_next(l);
		l->first = false;
		first = true;
	}
	printf("%s%s%s%s%s", first ? "" : " ", name, color ? color : "", value, color ? color_end : "");
	l->column += width + !first;
}

static void line_number(struct line *l, const char *name, u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	line_word(l, name, NULL, text);
}

static const char *const local_color[] = { "\033[1;31m", "\033[1;32m" }, *const peer_color[] = { "\033[31m", "\033[32m" };

static bool colored(const struct setup_call *c)
{
	return !strcmp(c->color, "always") || (!strcmp(c->color, "auto") && isatty(1));
}

static const char *replication_color(u32 repl)
{
	switch (repl) {
	case C_WF_BITMAP_S:
	case C_SYNC_SOURCE:
		return peer_color[0];
	case C_WF_BITMAP_T:
	case C_WF_SYNC_UUID:
	case C_SYNC_TARGET:
	case C_PAUSED_SYNC_T:
		return local_color[0];
	default:
		return NULL;
	}
}

static void status_resource(const struct setup_call *c, const struct drbd_nl_msg *m)
{
	bool color = colored(c);
	char buf[LIST_BYTE];
	struct line l;

	line_begin(&l, 0, 4);
	line_word(&l, m->ctx.resource, NULL, "");
	line_word(&l, "role:", color && m->resource_info.role == R_PRIMARY ? "\033[1;36m" : NULL,
		  drbd_role_name(m->resource_info.role));
	if (c->verbose || strcmp(suspended_word(m, buf), "no"))
		line_word(&l, "suspended:", NULL, suspended_word(m, buf));
	if (c->verbose && c->statistics) {
		line_next(&l);
		line_word(&l, "write-ordering:", NULL, ordering_word(m));
	}
	printf("\n");
}

static void status_device(const struct setup_call *c, const struct drbd_nl_msg *m, bool alone)
{
	const struct drbd_device_statistics *s = &m->device_stat;
	char buf[LIST_BYTE];
	struct line l;

	line_begin(&l, 2, 6);
	if (c->verbose || !alone)
		line_number(&l, "volume:", m->ctx.volume);
	if (c->verbose)
		line_number(&l, "minor:", m->minor);
	line_word(&l, "disk:", colored(c) ? local_color[m->device_info.disk == D_UP_TO_DATE] : NULL,
		  drbd_disk_name(m->device_info.disk));
	if (c->statistics) {
		line_next(&l);
		if (c->verbose)
			line_number(&l, "size:", s->size_sect / 2);
		line_number(&l, "read:", s->read_sect / 2);
		line_number(&l, "written:", s->writ_sect / 2);
	}
	if (c->statistics && c->verbose) {
		line_number(&l, "al-writes:", s->al_writes);
		line_number(&l, "bm-writes:", s->bm_writes);
		line_number(&l, "upper-pending:", s->upper_pending);
		line_number(&l, "lower-pending:", s->lower_pending);
		line_word(&l, "al-suspended:", NULL, s->al_suspended ? "yes" : "no");
	}
	if (c->verbose || strcmp(blocked_word(m, buf), "no"))
		line_word(&l, "blocked:", NULL, blocked_word(m, buf));
	printf("\n");
}

static void status_connection(const struct setup_call *c, const struct drbd_nl_msg *m)
{
	bool connected = m->connection_info.conn >= C_WF_REPORT_PARAMS;
	struct line l;

	line_begin(&l, 2, 6);
	line_word(&l, "peer", NULL, "");
	if (c->verbose || !connected)
		line_word(&l, "connection:", colored(c) && !connected ? local_color[0] : NULL,
			  connection_word(m->connection_info.conn));
	if (c->verbose || connected)
		line_word(&l, "role:", colored(c) && m->connection_info.peer_role == R_PRIMARY ? "\033[36m" : NULL,
			  drbd_role_name(m->connection_info.peer_role));
	if (c->verbose || m->connection_stat.congested)
		line_word(&l, "congested:", NULL, m->connection_stat.congested ? "yes" : "no");
	printf("\n");
}

static void status_peer_device(const struct setup_call *c, const struct picture *p, const struct drbd_nl_msg *m, bool alone)
{
	const struct drbd_peer_device_statistics *s = &m->peer_device_stat;
	const struct drbd_peer_device_info *i = &m->peer_device_info;
	bool color = colored(c), off = i->repl <= C_WF_REPORT_PARAMS;
	char buf[LIST_BYTE];
	struct line l;

	line_begin(&l, 4, 8);
	if (c->verbose || !alone)
		line_number(&l, "volume:", m->ctx.volume);
	if (c->verbose || !off)
		line_word(&l, "replication:", color ? replication_color(i->repl) : NULL, replication_word(i->repl));
	if (c->verbose || c->statistics || !off)
		line_word(&l, "peer-disk:", color ? peer_color[i->peer_disk == D_UP_TO_DATE] : NULL,
			  drbd_disk_name(i->peer_disk));
	if (syncing(i->repl)) {
		snprintf(buf, sizeof(buf), "%.2f", percent_done(device_of(p, m), m));
		line_word(&l, "done:", NULL, buf);
	}
	if (c->verbose || strcmp(resync_suspended_word(m, buf), "no"))
		line_word(&l, "resync-suspended:", NULL, resync_suspended_word(m, buf));
	if (c->statistics) {
		line_next(&l);
		line_number(&l, "received:", s->recv_sect / 2);
		line_number(&l, "sent:", s->sent_sect / 2);
		if (c->verbose || s->oos_sect)
			line_number(&l, "out-of-sync:", s->oos_sect / 2);
	}
	if (c->statistics && c->verbose) {
		line_number(&l, "pending:", s->pending);
		line_number(&l, "unacked:", s->unacked);
	}
	printf("\n");
}

static void status_text(const struct setup_call *c, const struct picture *p, const struct drbd_nl_msg *resource)
{
	const struct drbd_nl_msg *m, *conn;
	size_t at = 0, devices = 0, peer_at;
	bool off;

	status_resource(c, resource);
	while (next_of(&p->devices, resource, &at))
		devices++;
	for (at = 0; (m = next_of(&p->devices, resource, &at));)
		status_device(c, m, devices == 1);
	for (at = 0; (conn = next_of(&p->connections, resource, &at));) {
		status_connection(c, conn);
		off = conn->connection_info.conn < C_WF_REPORT_PARAMS;
		for (peer_at = 0; (m = next_of(&p->peer_devices, resource, &peer_at));)
			if (c->verbose || c->statistics || !off)
				status_peer_device(c, p, m, devices == 1);
	}
	printf("\n");
}

/* --- status --json ------------------------------------------------------------------------------------------------------------ */

static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static void json_device(const struct drbd_nl_msg *m)
{
	const struct drbd_device_statistics *s = &m->device_stat;
	char buf[LIST_BYTE];

	printf("      {\"volume\": %u, \"minor\": %u, \"disk-state\": \"%s\", \"size\": %llu, \"read\": %llu, \"written\": %llu,\n"
	       "       \"al-writes\": %llu, \"bm-writes\": %llu, \"upper-pending\": %u, \"lower-pending\": %u,\n"
	       "       \"al-suspended\": %s, \"blocked\": \"%s\"}", m->ctx.volume, m->minor, drbd_disk_name(m->device_info.disk),
	       s->size_sect / 2, s->read_sect / 2, s->writ_sect / 2, s->al_writes, s->bm_writes, s->upper_pending,
	       s->lower_pending, truth(s->al_suspended), blocked_word(m, buf));
}

static void json_peer_device(const struct picture *p, const struct drbd_nl_msg *m)
{
	const struct drbd_peer_device_statistics *s = &m->peer_device_stat;
	char buf[LIST_BYTE];

	printf("          {\"volume\": %u, \"replication-state\": \"%s\", \"peer-disk-state\": \"%s\",\n"
	       "           \"resync-suspended\": \"%s\", \"received\": %llu, \"sent\": %llu, \"out-of-sync\": %llu,\n"
	       "           \"pending\": %u, \"unacked\": %u, \"percent-in-sync\": %.2f}", m->ctx.volume,
	       replication_word(m->peer_device_info.repl), drbd_disk_name(m->peer_device_info.peer_disk),
	       resync_suspended_word(m, buf), s->recv_sect / 2, s->sent_sect / 2, s->oos_sect / 2, s->pending, s->unacked,
	       percent_done(device_of(p, m), m));
}

static void status_json(const struct picture *p, const struct drbd_nl_msg *r)
{
	const struct drbd_nl_msg *m, *peer;
	size_t at = 0, peer_at;
	const char *comma = "";
	char buf[LIST_BYTE];

	printf("  {\"name\": ");
	json_string(r->ctx.resource);
	suspended_word(r, buf);
	printf(", \"role\": \"%s\", \"suspended\": %s, \"suspended-by\": \"%s\", \"write-ordering\": \"%s\",\n    \"devices\": [",
	       drbd_role_name(r->resource_info.role), truth(strcmp(buf, "no")), buf, ordering_word(r));
	for (; (m = next_of(&p->devices, r, &at)); comma = ",") {
		printf("%s\n", comma);
		json_device(m);
	}
	printf("],\n    \"connections\": [");
	for (at = 0, comma = ""; (m = next_of(&p->connections, r, &at)); comma = ",") {
		printf("%s\n      {\"peer-node-id\": 0, \"name\": \"peer\", \"connection-state\": \"%s\", \"congested\": %s,\n"
		       "       \"peer-role\": \"%s\", \"peer_devices\": [", comma, connection_word(m->connection_info.conn),
		       truth(m->connection_stat.congested), drbd_role_name(m->connection_info.peer_role));
		for (peer_at = 0, comma = ""; (peer = next_of(&p->peer_devices, r, &peer_at)); comma = ",") {
			printf("%s\n", comma);
			json_peer_device(p, peer);
		}
		printf("]}");
	}
	printf("]}");
}

int show_status(struct setup_call *c)
{
	bool found = false;
	struct picture p;
	size_t i;
	int err = get_picture(c, &p);

	if (!err && c->json)
		printf("[");
	for (i = 0; !err && i < p.resources.nr; i++) {
		const struct drbd_nl_msg *r = p.resources.m[i];

		if (c->resource && strcmp(r->ctx.resource, c->resource))
			continue;
		if (c->json) {
			printf("%s\n", found ? "," : "");
			status_json(&p, r);
		} else {
			status_text(c, &p, r);
		}
		found = true;
	}
	if (!err && c->json)
		printf("\n]\n");
	free_picture(&p);
	if (err == -ENODEV)	/* none of that name; found is false */
		err = 0;
	if (err == -EOPNOTSUPP) {
		fprintf(stderr, "status: the loaded drbd module is older than this report; use 'drbdsetup sh-status' or /proc/drbd\n");
		return SX_USAGE;
	}
	if (err)
		return setup_transport_error(c, err);
	if (c->resource && !found) {
		fprintf(stderr, "%s: No such resource\n", c->resource);
		return SX_ERROR;
	}
	return SX_OK;
}

/* --- events2 -------------------------------------------------------------------------------------------------------------------- */

static const char *const notify_words[] = { "exists", "create", "change", "destroy", "call", "response" };

/* What was last told of every object, so that a change can name what changed alone. */
struct events2 {
	struct setup_call *c;
	struct nl_list seen;
	u32 last_seq;
	bool have_seq;
};

static struct drbd_nl_msg **seen_slot(struct events2 *e, const struct drbd_nl_msg *m)
{
	size_t i;

	for (i = 0; i < e->seen.nr; i++) {
		const struct drbd_nl_msg *s = e->seen.m[i];

		if (s->cmd == m->cmd && same_resource(s, m) && s->ctx.volume == m->ctx.volume)
			return &e->seen.m[i];
	}
	return NULL;
}

static int remember(struct events2 *e, const struct drbd_nl_msg *m)
{
	struct drbd_nl_msg **slot = seen_slot(e, m);

	if (!slot)
		return nl_list_add(&e->seen, m);
	**slot = *m;
	return 0;
}

static void forget(struct events2 *e, const struct drbd_nl_msg *m)
{
	struct drbd_nl_msg **slot = seen_slot(e, m);

	if (!slot)
		return;
	free(*slot);
	*slot = e->seen.m[--e->seen.nr];
}

/* The properties of an object, "name:value" each behind a blank, into buf. Statistics stand behind the others. */
enum { PROPS_MAX = 12, PROP_BYTE = 96 };
struct props {
	int nr;
	int counters, counters_end;	/* those in between are told whenever anything is */
	char text[PROPS_MAX][PROP_BYTE];
};

static void prop(struct props *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void prop(struct props *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->text[p->nr++], PROP_BYTE, fmt, ap);
	va_end(ap);
}

static void props_of(const struct drbd_nl_msg *m, bool statistics, struct props *p)
{
	const struct drbd_device_statistics *d = &m->device_stat;
	const struct drbd_peer_device_statistics *r = &m->peer_device_stat;
	char buf[LIST_BYTE];

	memset(p, 0, sizeof(*p));
	switch (m->cmd) {
	case DRBD_RESOURCE_STATE:
		prop(p, "role:%s", drbd_role_name(m->resource_info.role));
		prop(p, "suspended:%s", suspended_word(m, buf));
		if (statistics)
			prop(p, "write-ordering:%s", ordering_word(m));
		break;
	case DRBD_CONNECTION_STATE:
		prop(p, "connection:%s", connection_word(m->connection_info.conn));
		prop(p, "role:%s", drbd_role_name(m->connection_info.peer_role));
		if (statistics)
			prop(p, "congested:%s", m->connection_stat.congested ? "yes" : "no");
		break;
	case DRBD_DEVICE_STATE:
		prop(p, "disk:%s", drbd_disk_name(m->device_info.disk));
		if (!statistics)
			break;
		p->counters = p->nr;
		prop(p, "size:%llu", d->size_sect / 2);
		prop(p, "read:%llu", d->read_sect / 2);
		prop(p, "written:%llu", d->writ_sect / 2);
		prop(p, "al-writes:%llu", d->al_writes);
		prop(p, "bm-writes:%llu", d->bm_writes);
		prop(p, "upper-pending:%u", d->upper_pending);
		prop(p, "lower-pending:%u", d->lower_pending);
		p->counters_end = p->nr;
		prop(p, "al-suspended:%s", d->al_suspended ? "yes" : "no");
		prop(p, "blocked:%s", blocked_word(m, buf));
		break;
	default:
		prop(p, "replication:%s", replication_word(m->peer_device_info.repl));
		prop(p, "peer-disk:%s", drbd_disk_name(m->peer_device_info.peer_disk));
		prop(p, "resync-suspended:%s", resync_suspended_word(m, buf));
		if (!statistics)
			break;
		p->counters = p->nr;
		prop(p, "received:%llu", r->recv_sect / 2);
		prop(p, "sent:%llu", r->sent_sect / 2);
		prop(p, "out-of-sync:%llu", r->oos_sect / 2);
		prop(p, "pending:%u", r->pending);
		prop(p, "unacked:%u", r->unacked);
		p->counters_end = p->nr;
	}
}

static void event_key(const struct drbd_nl_msg *m, char *key, size_t len)
{
	const char *peer = m->ctx.peer_addr.len ? " conn-name:peer" : "";
	const char *name = m->ctx.resource;

	switch (m->cmd) {
	case DRBD_RESOURCE_STATE:
		snprintf(key, len, "resource name:%s", name);
		break;
	case DRBD_CONNECTION_STATE:
		snprintf(key, len, "connection name:%s peer-node-id:0%s", name, peer);
		break;
	case DRBD_DEVICE_STATE:
		snprintf(key, len, "device name:%s volume:%u minor:%u", name, m->ctx.volume, m->minor);
		break;
	case DRBD_HELPER:
		snprintf(key, len, "helper name:%s", name);
		if (m->ctx.peer_addr.len)
			snprintf(key + strlen(key), len - strlen(key), " peer-node-id:0%s", peer);
		if (m->ctx.has_volume)
			snprintf(key + strlen(key), len - strlen(key), " volume:%u minor:%u", m->ctx.volume, m->minor);
		break;
	default:
		snprintf(key, len, "peer-device name:%s peer-node-id:0%s volume:%u", name, peer, m->ctx.volume);
	}
}

static void event_stamp(const struct events2 *e)
{
	struct timeval now;
	char day[32], zone[8];
	struct tm tm;

	if (!e->c->timestamps)
		return;
	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	printf("%s.%06u%.3s:%s ", day, (unsigned int)now.tv_usec, zone, zone + 3);
}

/* Whether the state of an object differs, be it in something that has no word of its own. */
static bool info_differs(const struct drbd_nl_msg *a, const struct drbd_nl_msg *b)
{
	return memcmp(&a->resource_info, &b->resource_info, sizeof(a->resource_info)) ||
	       memcmp(&a->device_info, &b->device_info, sizeof(a->device_info)) ||
	       memcmp(&a->connection_info, &b->connection_info, sizeof(a->connection_info)) ||
	       memcmp(&a->peer_device_info, &b->peer_device_info, sizeof(a->peer_device_info));
}

static void event_object(struct events2 *e, const struct drbd_nl_msg *m, u32 what, const char *key)
{
	struct drbd_nl_msg **old = what == NOTIFY_CHANGE ? seen_slot(e, m) : NULL;
	struct props now = { 0 }, before = { 0 };
	bool any;
	int i;

	if (what != NOTIFY_DESTROY)
		props_of(m, e->c->statistics, &now);
	if (old)
		props_of(*old, e->c->statistics, &before);
	any = !old || info_differs(m, *old);
	for (i = 0; i < now.nr && !any; i++)
		any = strcmp(now.text[i], before.text[i]) != 0;
	if (!any)
		return;
	event_stamp(e);
	printf("%s %s", notify_words[what], key);
	for (i = 0; i < now.nr; i++)
		if (!old || (i >= now.counters && i < now.counters_end) || strcmp(now.text[i], before.text[i]))
			printf(" %s", now.text[i]);
	printf("\n");
}

static int event2(struct events2 *e, const struct drbd_nl_msg *m)
{
	u32 what = m->notify & ~NOTIFY_CONTINUES;
	char key[300];
	int err = 0;

	if (m->cmd < DRBD_RESOURCE_STATE || m->cmd > DRBD_HELPER || what > NOTIFY_RESPONSE)
		return 0;	/* those of the older interface */
	if (e->c->resource && strcmp(m->ctx.resource, e->c->resource))
		return 0;
	event_key(m, key, sizeof(key));
	if (m->cmd == DRBD_HELPER) {
		event_stamp(e);
		printf("%s %s helper:%s", notify_words[what], key, m->helper);
		if (what == NOTIFY_RESPONSE)
			printf(" status:%u", m->helper_status);
		printf("\n");
	} else {
		event_object(e, m, what, key);
		if (what == NOTIFY_DESTROY)
			forget(e, m);
		else
			err = remember(e, m);
	}
	fflush(stdout);
	return err;
}

static int event2_of_dump(const struct drbd_nl_msg *m, void *arg)
{
	return event2(arg, m);
}

static void note_gap(struct events2 *e, const struct drbd_nl_msg *m)
{
	if (m->cmd == DRBD_EVENT)	/* counted apart */
		return;
	if (e->have_seq && m->seq != e->last_seq + 1)
		printf("- skipped %d\n", (s32)(m->seq - e->last_seq - 1));	/* some modules number across each other */
	e->last_seq = m->seq;
	e->have_seq = true;
}

static int follow(struct events2 *e, struct drbd_nl *events)
{
	struct drbd_nl_msg m;
	int err;

	for (;;) {
		err = drbd_nl_event(events, -1, &m);
		if (err == -ENOBUFS)
			continue;	/* the gap in the numbers will tell */
		if (err != 1)
			return err;
		note_gap(e, &m);
		err = event2(e, &m);
		if (err)
			return err;
	}
}

int show_events2(struct setup_call *c)
{
	struct drbd_nl_req req = { .cmd = DRBD_ADM_GET_INITIAL_STATE, .minor = DRBD_NO_MINOR, .opt_ctx = -1 };
	struct events2 e = { .c = c };
	struct drbd_nl *events = NULL;
	int err = 0;

	if (!c->now) {
		err = setup_subscribe(c, &events);
		if (err)
			return err;
	}
	err = drbd_nl_dump(c->nl, &req, event2_of_dump, &e);
	if (!err) {
		event_stamp(&e);
		printf("exists -\n");
		fflush(stdout);
		if (!c->now)
			err = follow(&e, events);
	}
	nl_list_free(&e.seen);
	drbd_nl_close(events);
	return err ? setup_transport_error(c, err) : SX_OK;
}
