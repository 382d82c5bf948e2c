/* SPDX-License-Identifier: GPL-2.0-only */
/* The client API (heartbeat.md 3.4): one table of requests, one of the clients that need no apiauth line. */
#include "heartbeat/hb_ctl.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

struct client {
	struct client *next;
	struct hb_ctl *ctl;
	struct hb_ipc ipc;
	struct ev ev;
	struct ucred cred;
	char name[HB_MAX_CLIENT_NAME];
	bool signed_on, casual, dead;
	unsigned int mask; /* 1: messages and changes, 2: unchanged statuses too */
	int signo;
	uint64_t gen;
};

struct hb_ctl {
	struct ev_loop *loop;
	struct hb_node *node;
	const struct hb_ctl_ops *ops;
	void *arg;
	struct ev listen_ev;
	int fd;
	char path[108];
	struct client *clients;
	int count;
	uint64_t next_gen;
	struct ev_timer reaper;
	bool congested;
};

static void client_readable(struct ev *ev, void *arg);

/* -- sending to clients ----------------------------------------------------------------------------------------------- */

static void on_reap(struct ev_timer *timer, void *arg);

/* Freed from the loop: the client may be in use up the stack. */
static void drop_later(struct client *c)
{
	c->dead = true;
	ev_timer_set(c->ctl->loop, &c->ctl->reaper, 0, on_reap, c->ctl);
}

static void give(struct client *c, const struct hb_msg *msg)
{
	bool left = false;

	if (c->dead)
		return;
	if (hb_ipc_send(&c->ipc, msg) || hb_ipc_flush(&c->ipc, &left)) {
		log_warn("client %s (pid %d) does not read its messages: it is signed off", c->name, (int)c->cred.pid);
		drop_later(c);
		return;
	}
	ev_mod(&c->ev, EV_READ | (left ? EV_WRITE : 0));
	if (c->signo)
		kill(c->cred.pid, c->signo);
}

static void announce(struct client *c, const char *state, const char *info)
{
	struct hb_msg msg = { .fields = 0 };

	hb_msg_add(&msg, "t", "hbapi-clstat");
	hb_msg_add(&msg, "st", state);
	hb_msg_add(&msg, "from_id", c->name);
	hb_msg_add(&msg, "to_id", c->name);
	hb_msg_add(&msg, "info", info);
	hb_msg_addf(&msg, "client_gen", "%llu", (unsigned long long)c->gen);
	hb_node_send(c->ctl->node, &msg, ev_now_ms(c->ctl->loop));
	hb_msg_free(&msg);
}

static void sign_off(struct client *c, const char *info)
{
	if (c->dead)
		return;
	if (c->signed_on && !c->casual)
		announce(c, "leave", info);
	drop_later(c);
}

static void on_reap(struct ev_timer *timer, void *arg)
{
	struct hb_ctl *ctl = arg;
	struct client **at = &ctl->clients, *c;

	(void)timer;
	while ((c = *at)) {
		if (!c->dead) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		ev_del(&c->ev);
		hb_ipc_close(&c->ipc);
		free(c);
		ctl->count--;
	}
}

/* -- who may sign on -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *user, *group;
} default_auth[] = {
	{ "ipfail", "hacluster", NULL }, { "ccm", "hacluster", NULL },	 { "ping", NULL, "haclient" },
	{ "lha-snmpagent", "root", NULL }, { "anon", "root", "haclient" },
};

static const struct ha_apiauth *find_auth(const struct ha_cf *cf, const char *name)
{
	int i;

	for (i = 0; i < cf->apiauths; i++)
		if (!strcmp(cf->apiauth[i].name, name))
			return &cf->apiauth[i];
	return NULL;
}

static bool auth_allows(const struct ha_apiauth *auth, const struct ucred *cred)
{
	int i;

	for (i = 0; i < auth->uids; i++)
		if (auth->uid[i] == cred->uid)
			return true;
	for (i = 0; i < auth->gids; i++)
		if (auth->gid[i] == cred->gid)
			return true;
	return false;
}

/* NULL: yes; else why not */
static const char *refuses(const struct hb_ctl *ctl, const char *name, const struct ucred *cred)
{
	const struct ha_apiauth *auth = find_auth(ctl->node->cf, name);
	const struct passwd *pw;
	const struct group *gr;
	unsigned int i;

	if (auth)
		return auth_allows(auth, cred) ? NULL : "client failed authorization";
	for (i = 0; i < sizeof(default_auth) / sizeof(default_auth[0]); i++) {
		if (strcmp(default_auth[i].name, name))
			continue;
		pw = default_auth[i].user ? getpwnam(default_auth[i].user) : NULL;
		gr = default_auth[i].group ? getgrnam(default_auth[i].group) : NULL;
		return (pw && pw->pw_uid == cred->uid) || (gr && gr->gr_gid == cred->gid) ? NULL : "client failed authorization";
	}
	auth = find_auth(ctl->node->cf, "default");
	if (!auth)
		return "no default client auth";
	return auth_allows(auth, cred) ? NULL : "client failed authorization";
}

static struct client *find_client(struct hb_ctl *ctl, const char *name)
{
	struct client *c;

	for (c = ctl->clients; c; c = c->next)
		if (c->signed_on && !c->dead && !strcmp(c->name, name))
			return c;
	return NULL;
}

static const char *sign_on_refused(struct client *c, const struct hb_msg *msg, const char *name)
{
	uint64_t pid, uid, gid;

	if (!hb_msg_dec(msg, "pid", &pid))
		return "bad pid";
	if ((pid_t)pid != c->cred.pid)
		return "pid mismatch";
	if ((hb_msg_dec(msg, "uid", &uid) && uid != c->cred.uid) || (hb_msg_dec(msg, "gid", &gid) && gid != c->cred.gid))
		return "false credentials";
	if (c->signed_on || find_client(c->ctl, name))
		return "duplicate add request";
	return refuses(c->ctl, c->casual ? "anon" : name, &c->cred);
}

static void reply_head(struct hb_msg *reply, const char *reqtype)
{
	hb_msg_add(reply, "t", "hbapi-resp");
	hb_msg_add(reply, "reqtype", reqtype);
}

static void refuse_sign_on(struct client *c, const char *why)
{
	struct hb_msg reply = { .fields = 0 }, leave = { .fields = 0 };

	log_err("api_process_registration_msg: cannot add client(%s)", c->name);
	reply_head(&reply, "signon");
	hb_msg_add(&reply, "info", why);
	hb_msg_add(&reply, "result", "badreq");
	give(c, &reply);
	hb_msg_free(&reply);
	hb_msg_add(&leave, "t", "hbapi-clstat");
	hb_msg_add(&leave, "st", "leave");
	hb_msg_add(&leave, "from_id", c->name);
	hb_msg_add(&leave, "to_id", c->name);
	hb_msg_add(&leave, "src", c->ctl->node->own);
	hb_msg_add(&leave, "info", why);
	hb_msg_addf(&leave, "client_gen", "%llu", (unsigned long long)c->gen);
	give(c, &leave);
	hb_msg_free(&leave);
	drop_later(c);
}

static void sign_on(struct client *c, const struct hb_msg *msg)
{
	const struct hb_node *node = c->ctl->node;
	const char *name = hb_msg_get(msg, "from_id"), *why;
	struct hb_msg reply = { .fields = 0 };

	snprintf(c->name, sizeof(c->name), "%s", name ? name : "");
	c->casual = name && *name && strspn(name, "0123456789") == strlen(name);
	if (!name || !*name || strlen(name) >= HB_MAX_CLIENT_NAME)
		why = "bad client name";
	else
		why = sign_on_refused(c, msg, name);
	c->gen = c->ctl->next_gen++;
	if (why) {
		refuse_sign_on(c, why);
		return;
	}
	c->signed_on = true;
	if (!c->casual)
		announce(c, "join", "signon");
	reply_head(&reply, "signon");
	hb_msg_add(&reply, "result", "OK");
	hb_msg_addf(&reply, "deadtime", "%llx", (unsigned long long)node->cf->deadtime_ms);
	hb_msg_addf(&reply, "keepalive", "%llx", (unsigned long long)node->cf->keepalive_ms);
	hb_msg_add(&reply, "node", node->own);
	hb_msg_add(&reply, "hbversion", "3.0.6 (node: classic-ha " VERSION ")");
	hb_msg_add(&reply, "pacemaker", "false");
	hb_msg_addf(&reply, "logfacility", "%d", node->cf->logfacility);
	give(c, &reply);
	hb_msg_free(&reply);
}

/* -- requests --------------------------------------------------------------------------------------------------------- */

struct request {
	struct client *client;
	const struct hb_msg *msg;
	const char *type;
	struct hb_msg *reply;
};

enum answer { ANSWER_OK, ANSWER_BAD, ANSWER_NONE };

static int named_node(const struct request *r)
{
	const char *name = hb_msg_get(r->msg, "node");

	return name ? hb_member_find(&r->client->ctl->node->member, name) : -1;
}

static const char *status_of(const struct hb_member *m, int nr)
{
	const struct hb_peer *peer = &m->peer[nr];

	return peer->status == HB_ST_UNKNOWN ? "dead" : hb_status_name(peer->status);
}

/* One of several replies of a list; the last is left to the caller. */
static void flush_more(const struct request *r)
{
	hb_msg_add(r->reply, "result", "ok/more");
	give(r->client, r->reply);
	hb_msg_free(r->reply);
	reply_head(r->reply, r->type);
}

static enum answer on_signoff(const struct request *r)
{
	sign_off(r->client, "signoff");
	return ANSWER_NONE;
}

static enum answer on_setfilter(const struct request *r)
{
	uint64_t mask;

	/* dropped, doubled and protocol messages are not kept for anybody */
	if (!hb_msg_hex(r->msg, "fmask", &mask) || mask > 3 || (mask > 1 && r->client->cred.uid))
		return ANSWER_BAD;
	r->client->mask = (unsigned int)mask;
	return ANSWER_OK;
}

static enum answer on_setsignal(const struct request *r)
{
	uint64_t signo;

	if (!hb_msg_dec(r->msg, "signal", &signo) || signo >= 65)
		return ANSWER_BAD;
	r->client->signo = (int)signo;
	return ANSWER_OK;
}

static enum answer on_nodelist(const struct request *r)
{
	const struct hb_member *m = &r->client->ctl->node->member;
	int i;

	for (i = 0; i < m->peers; i++) {
		if (i)
			flush_more(r);
		hb_msg_add(r->reply, "node", m->peer[i].name);
		hb_msg_add(r->reply, "nodetype", m->peer[i].ping ? "ping" : "normal");
		hb_msg_add(r->reply, "st", status_of(m, i));
	}
	return ANSWER_OK;
}

static enum answer on_nodestatus(const struct request *r)
{
	int nr = named_node(r);

	if (nr < 0)
		return ANSWER_BAD;
	hb_msg_add(r->reply, "st", status_of(&r->client->ctl->node->member, nr));
	return ANSWER_OK;
}

static enum answer on_nodetype(const struct request *r)
{
	int nr = named_node(r);

	if (nr < 0)
		return ANSWER_BAD;
	hb_msg_add(r->reply, "nodetype", r->client->ctl->node->member.peer[nr].ping ? "ping" : "normal");
	return ANSWER_OK;
}

static enum answer on_nodeweight(const struct request *r)
{
	int nr = named_node(r);

	if (nr < 0)
		return ANSWER_BAD;
	hb_msg_addf(r->reply, "weight", "%d", r->client->ctl->node->member.peer[nr].weight);
	return ANSWER_OK;
}

static enum answer on_nodesite(const struct request *r)
{
	int nr = named_node(r);

	if (nr < 0)
		return ANSWER_BAD;
	hb_msg_add(r->reply, "site", r->client->ctl->node->member.peer[nr].site);
	return ANSWER_OK;
}

/* A ping node has the link of its name alone, a normal one all others. */
static bool has_link(const struct hb_member *m, int nr, int link)
{
	int other = hb_member_find(m, m->link[link]);

	if (m->peer[nr].ping)
		return other == nr;
	return other < 0 || !m->peer[other].ping;
}

static enum answer on_iflist(const struct request *r)
{
	const struct hb_member *m = &r->client->ctl->node->member;
	int nr = named_node(r), link;
	bool any = false;

	for (link = 0; nr >= 0 && link < m->links; link++) {
		if (!has_link(m, nr, link))
			continue;
		if (any)
			flush_more(r);
		any = true;
		hb_msg_add(r->reply, "ifname", m->link[link]);
		hb_msg_add(r->reply, "st", m->peer[nr].link_up[link] ? "up" : "dead");
	}
	return any ? ANSWER_OK : ANSWER_BAD;
}

static enum answer on_ifstatus(const struct request *r)
{
	const struct hb_member *m = &r->client->ctl->node->member;
	const char *name = hb_msg_get(r->msg, "ifname");
	int nr = named_node(r), link;

	for (link = 0; nr >= 0 && name && link < m->links; link++)
		if (!strcmp(m->link[link], name)) {
			hb_msg_add(r->reply, "st", m->peer[nr].link_up[link] ? "up" : "dead");
			return ANSWER_OK;
		}
	return ANSWER_BAD;
}

static enum answer on_numnodes(const struct request *r)
{
	const struct hb_member *m = &r->client->ctl->node->member;
	int i, n = 0;

	for (i = 0; i < m->peers; i++)
		n += !m->peer[i].ping;
	hb_msg_addf(r->reply, "numnodes", "%d", n);
	return ANSWER_OK;
}

static enum answer on_clientstatus(const struct request *r)
{
	struct hb_ctl *ctl = r->client->ctl;
	const char *cn = hb_msg_get(r->msg, "cn");
	struct hb_msg query = { .fields = 0 };
	int nr = named_node(r);

	if (nr < 0 || !cn)
		return ANSWER_BAD;
	if (nr == ctl->node->member.own) {
		hb_msg_add(r->reply, "subt", "respond-cstatus");
		hb_msg_add(r->reply, "cs", find_client(ctl, cn) ? "online" : "offline");
		return ANSWER_OK;
	}
	hb_msg_add(&query, "t", "query-cstatus");
	hb_msg_add(&query, "dest", ctl->node->member.peer[nr].name);
	hb_msg_add(&query, "cn", cn);
	hb_msg_add(&query, "from_id", r->client->name);
	hb_node_send(ctl->node, &query, ev_now_ms(ctl->loop));
	hb_msg_free(&query);
	return ANSWER_NONE;
}

static enum answer on_getparm(const struct request *r)
{
	struct hb_ctl *ctl = r->client->ctl;
	const char *name = hb_msg_get(r->msg, "pname");

	if (!name)
		return ANSWER_BAD;
	hb_msg_add(r->reply, "pvalue", ctl->ops->param(ctl->arg, name));
	return ANSWER_OK;
}

static enum answer on_getrsc(const struct request *r)
{
	hb_msg_add(r->reply, "rsc_hold", hb_takeover_rscstatus(&r->client->ctl->node->takeover));
	return ANSWER_OK;
}

static enum answer on_getuuid(const struct request *r)
{
	const struct hb_member *m = &r->client->ctl->node->member;
	const char *name = hb_msg_get(r->msg, "queryname");
	int nr = name ? hb_member_find(m, name) : -1;

	if (nr < 0 || (!m->peer[nr].has_uuid && nr != m->own))
		return ANSWER_BAD;
	hb_msg_add_typed(r->reply, HB_BINARY, "queryuuid", nr == m->own ? r->client->ctl->node->uuid : m->peer[nr].uuid, HB_UUID_BYTE);
	return ANSWER_OK;
}

static enum answer on_getnodename(const struct request *r)
{
	const struct hb_node *node = r->client->ctl->node;
	const struct hb_field *uuid = hb_msg_field(r->msg, "queryuuid");
	int i;

	if (!uuid || uuid->len != HB_UUID_BYTE)
		return ANSWER_BAD;
	for (i = 0; i < node->member.peers; i++)
		if (!memcmp(i == node->member.own ? node->uuid : node->member.peer[i].uuid, uuid->value, HB_UUID_BYTE)) {
			hb_msg_add(r->reply, "queryname", node->member.peer[i].name);
			return ANSWER_OK;
		}
	return ANSWER_BAD;
}

static enum answer on_sendqlen(const struct request *r)
{
	uint64_t len;

	/* the queue grows as it is used, to a bound of its own */
	return hb_msg_dec(r->msg, "sendqlen", &len) && len > 0 ? ANSWER_OK : ANSWER_BAD;
}

static const struct {
	const char *type;
	enum answer (*handle)(const struct request *r);
} requests[] = {
	{ "signoff", on_signoff },	     { "setfilter", on_setfilter },   { "setsignal", on_setsignal },
	{ "nodelist", on_nodelist },	     { "nodestatus", on_nodestatus }, { "nodetype", on_nodetype },
	{ "nodeweight", on_nodeweight },     { "nodesite", on_nodesite },     { "iflist", on_iflist },
	{ "ifstatus", on_ifstatus },	     { "numnodes", on_numnodes },     { "clientstatus", on_clientstatus },
	{ "getparm", on_getparm },	     { "getrsc", on_getrsc },	      { "getuuid", on_getuuid },
	{ "getnodename", on_getnodename },   { "set_sendqlen", on_sendqlen },
};

static enum answer ask(const struct request *r)
{
	struct hb_ctl *ctl = r->client->ctl;
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!strcmp(requests[i].type, r->type))
			return requests[i].handle(r);
	return ctl->ops->request(ctl->arg, r->type, r->msg, r->client->cred.uid == 0, r->reply) ? ANSWER_OK : ANSWER_BAD;
}

static void on_request(struct client *c, const struct hb_msg *msg)
{
	struct hb_msg reply = { .fields = 0 };
	struct request r = { .client = c, .msg = msg, .type = hb_msg_get(msg, "reqtype"), .reply = &reply };
	enum answer answer;

	if (!r.type || (!c->signed_on && strcmp(r.type, "signon"))) {
		drop_later(c);
		return;
	}
	if (!strcmp(r.type, "signon")) {
		sign_on(c, msg);
		return;
	}
	reply_head(&reply, r.type);
	answer = ask(&r);
	if (answer == ANSWER_BAD) {
		log_err("api_process_request: client %s: bad request %s", c->name, r.type);
		hb_msg_add(&reply, "info", "EINVAL");
	}
	hb_msg_add(&reply, "result", answer == ANSWER_BAD ? "badreq" : "OK");
	if (answer != ANSWER_NONE)
		give(c, &reply);
	hb_msg_free(&reply);
}

/* A message of a client to its like, or to everybody. */
static void on_client_message(struct client *c, struct hb_msg *msg)
{
	if (!c->signed_on || c->casual) {
		log_info("api_process_request: general message from casual client!");
		sign_off(c, "general message from a casual client");
		return;
	}
	hb_msg_set(msg, "from_id", c->name);
	hb_msg_set(msg, "to_id", c->name);
	hb_msg_del(msg, "client_gen");
	hb_msg_addf(msg, "client_gen", "%llu", (unsigned long long)c->gen);
	hb_node_submit(c->ctl->node, msg, ev_now_ms(c->ctl->loop));
}

static void pause_clients(struct hb_ctl *ctl)
{
	struct client *c;

	if (ctl->congested || !hb_node_congested(ctl->node))
		return;
	log_warn("all clients are now paused");
	ctl->congested = true;
	for (c = ctl->clients; c; c = c->next)
		ev_mod(&c->ev, 0);
}

void hb_ctl_resume(struct hb_ctl *ctl)
{
	struct client *c;

	if (!ctl || !ctl->congested || hb_node_congested(ctl->node))
		return;
	log_info("all clients are now resumed");
	ctl->congested = false;
	for (c = ctl->clients; c; c = c->next)
		ev_mod(&c->ev, EV_READ | (c->ipc.out_len ? EV_WRITE : 0));
}

static void client_readable(struct ev *ev, void *arg)
{
	struct client *c = arg;
	struct hb_msg msg;
	const char *type;
	bool left;
	int err = 0;

	if ((ev->ready & EV_WRITE) && !hb_ipc_flush(&c->ipc, &left) && !left)
		ev_mod(&c->ev, EV_READ);
	if (ev->ready & (EV_READ | EV_HUP | EV_ERR))
		err = hb_ipc_fill(&c->ipc);
	if (err && err != -EAGAIN) {
		sign_off(c, "EOF");
		return;
	}
	while (!c->dead && !c->ctl->congested && !(err = hb_ipc_next(&c->ipc, &msg))) {
		type = hb_msg_get(&msg, "t");
		if (type && !strcmp(type, "hbapi-req"))
			on_request(c, &msg);
		else
			on_client_message(c, &msg);
		hb_msg_free(&msg);
		pause_clients(c->ctl);
	}
	if (err == -EBADMSG)
		sign_off(c, "bad message");
}

static void on_connect(struct ev *ev, void *arg)
{
	struct hb_ctl *ctl = arg;
	int fd = accept(ev->fd, NULL, NULL);
	socklen_t len = sizeof(struct ucred);
	struct client *c;

	if (fd < 0)
		return;
	c = ctl->count < HB_MAX_API_CLIENT ? calloc(1, sizeof(*c)) : NULL;
	if (!c || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->cred, &len)) {
		free(c);
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->mask = 1;
	hb_ipc_init(&c->ipc, fd);
	if (ev_add(ctl->loop, &c->ev, fd, EV_READ, client_readable, c)) {
		hb_ipc_close(&c->ipc);
		free(c);
		return;
	}
	c->next = ctl->clients;
	ctl->clients = c;
	ctl->count++;
}

/* -- news ------------------------------------------------------------------------------------------------------------- */

static void answer_query(struct hb_ctl *ctl, const struct hb_msg *msg)
{
	const char *cn = hb_msg_get(msg, "cn"), *from = hb_msg_get(msg, "src");
	struct hb_msg reply = { .fields = 0 };

	if (!cn || !from || !strcasecmp(from, ctl->node->own))
		return;
	hb_msg_add(&reply, "t", "respond-cstatus");
	hb_msg_add(&reply, "dest", from);
	hb_msg_add(&reply, "result", "OK");
	hb_msg_add(&reply, "cn", cn);
	hb_msg_add(&reply, "to_id", hb_msg_get(msg, "from_id"));
	hb_msg_add(&reply, "cs", find_client(ctl, cn) ? "online" : "offline");
	hb_node_send(ctl->node, &reply, ev_now_ms(ctl->loop));
	hb_msg_free(&reply);
}

void hb_ctl_news(struct hb_ctl *ctl, enum hb_news news, const struct hb_msg *msg)
{
	const char *to = hb_msg_get(msg, "to_id"), *type = hb_msg_get(msg, "t"), *dest = hb_msg_get(msg, "dest");
	struct client *c;

	if (!ctl || !type || (dest && strcasecmp(dest, ctl->node->own)))
		return;
	if (!strcmp(type, "query-cstatus")) {
		answer_query(ctl, msg);
		return;
	}
	for (c = ctl->clients; c; c = c->next) {
		if (!c->signed_on || (to && strcmp(to, c->name)))
			continue;
		if (to || (c->mask & (news == HB_NEWS_SAME ? 2 : 1)))
			give(c, msg);
	}
}

void hb_ctl_link(struct hb_ctl *ctl, const char *node, const char *link, bool up)
{
	struct hb_msg msg = { .fields = 0 };

	if (!ctl)
		return;
	hb_msg_add(&msg, "t", "ifstat");
	hb_msg_add(&msg, "node", node);
	hb_msg_add(&msg, "ifname", link);
	hb_msg_add(&msg, "st", up ? "up" : "dead");
	hb_ctl_news(ctl, HB_NEWS_MSG, &msg);
	hb_msg_free(&msg);
}

void hb_ctl_child_died(struct hb_ctl *ctl, pid_t pid)
{
	struct client *c;

	for (c = ctl ? ctl->clients : NULL; c; c = c->next)
		if (c->cred.pid == pid)
			sign_off(c, "client child died");
}

/* -- open and close --------------------------------------------------------------------------------------------------- */

int hb_ctl_open(struct hb_ctl **out, struct ev_loop *loop, struct hb_node *node, const char *path, const struct hb_ctl_ops *ops, void *arg)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct hb_ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->loop = loop;
	ctl->node = node;
	ctl->ops = ops;
	ctl->arg = arg;
	snprintf(ctl->path, sizeof(ctl->path), "%s", path);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ctl->fd < 0 || bind(ctl->fd, (struct sockaddr *)&at, sizeof(at)) || chmod(path, 0777) || listen(ctl->fd, 16)) {
		err = -errno;
		log_err("cannot listen for clients on %s: %m", path);
		goto free_ctl;
	}
	err = ev_add(loop, &ctl->listen_ev, ctl->fd, EV_READ, on_connect, ctl);
	if (err)
		goto free_ctl;
	*out = ctl;
	return 0;

free_ctl:
	if (ctl->fd >= 0)
		close(ctl->fd);
	free(ctl);
	return err;
}

void hb_ctl_close(struct hb_ctl *ctl)
{
	struct client *c;

	if (!ctl)
		return;
	for (c = ctl->clients; c; c = c->next)
		c->dead = true;
	ev_timer_stop(&ctl->reaper);
	on_reap(NULL, ctl);
	ev_timer_stop(&ctl->reaper);
	ev_del(&ctl->listen_ev);
	close(ctl->fd);
	unlink(ctl->path);
	free(ctl);
}
