/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink family `drbd`: how messages are parsed and made, look-up of what a command is about, status, dumps and
 * events. The commands themselves are in drbd_adm.c. Attributes are walked by hand: the mandatory bit has the value
 * of NLA_F_NET_BYTEORDER, and the validators of newer kernels refuse what the tools send. drbd-netlink.md.
 */
#include "drbd_nl.h"
#include "drbd_adm.h"
#include "drbd_io.h"
#include "drbd_worker.h"

#define MAND		0x4000
#define TYPE_MASK	0x3fff
#define NO_MINOR	0xffffffffu
#define MSG_BYTE	3600
#define MORE_FOLLOWS	0x8000u

enum {
	TLA_REPLY = 1, TLA_CONTEXT = 2, TLA_STATE_INFO = 8, TLA_RESOURCE_INFO = 15, TLA_DEVICE_INFO = 16,
	TLA_CONNECTION_INFO = 17, TLA_PEER_DEVICE_INFO = 18, TLA_RESOURCE_STAT = 19, TLA_DEVICE_STAT = 20,
	TLA_CONNECTION_STAT = 21, TLA_PEER_DEVICE_STAT = 22, TLA_NOTIFICATION = 23, TLA_HELPER = 24, TLA_MAX = 24
};
enum { CTX_VOLUME = 1, CTX_NAME, CTX_MY_ADDR, CTX_PEER_ADDR };

struct family_header {
	u32 minor;
	s32 ret_flags;
};

static struct genl_family drbd_family;
#ifndef COMPAT_HAVE_GENL_MCGRPS
static struct genl_multicast_group drbd_group;
#endif
static atomic_t event_seq = ATOMIC_INIT(2), notify_seq = ATOMIC_INIT(2);

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

struct nlattr *drbd_nl_tla(const struct nl_ctx *c, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)c->nlh, GENL_HDRLEN + sizeof(struct family_header), type);
}

static struct nlattr *nested(struct nlattr *tla, int type)
{
	struct nlattr *a;
	int rem;

	nla_for_each_nested(a, tla, rem)
		if ((a->nla_type & TYPE_MASK) == type)
			return a;
	return NULL;
}

/* Numbers above what is known are refused if their sender insists. */
static bool unknown_mandatory(struct nlattr *tla, int max)
{
	struct nlattr *a;
	int rem;

	nla_for_each_nested(a, tla, rem)
		if ((a->nla_type & MAND) && (a->nla_type & TYPE_MASK) > max)
			return true;
	return false;
}

static bool take_string(struct nlattr *a, char *to, u32 size)
{
	u32 len = nla_len(a);
	const char *text = nla_data(a);

	while (len && !text[len - 1])
		len--;
	if (len >= size || memchr(text, 0, len))
		return false;
	memset(to, 0, size);
	memcpy(to, text, len);
	return true;
}

static bool take_option(const struct drbd_opt *o, struct nlattr *a, void *conf)
{
	u32 v32;
	u64 v64;

	switch (o->type) {
	case OPT_STR:
		return take_string(a, (char *)conf + o->offset, o->size);
	case OPT_FLAG:
		if (nla_len(a) < 1)
			return false;
		drbd_opt_set(o, conf, !!*(u8 *)nla_data(a));
		return true;
	case OPT_NUM64:
		if (nla_len(a) < (int)sizeof(v64))
			return false;
		memcpy(&v64, nla_data(a), sizeof(v64));
		drbd_opt_set(o, conf, (s64)v64);
		return true;
	default:
		if (nla_len(a) < (int)sizeof(v32))
			return false;
		memcpy(&v32, nla_data(a), sizeof(v32));
		if (o->type == OPT_ENUM && !drbd_opt_in_range(o, v32))
			return false;
		drbd_opt_set(o, conf, o->type == OPT_SNUM ? (s64)(s32)v32 : (s64)v32);
		return true;
	}
}

static const char *required_missing(const struct drbd_opt_ctx *ctx, struct nlattr *tla)
{
	u32 i;

	for (i = 0; i < ctx->opts; i++)
		if ((ctx->opt[i].flags & OF_R) && (!tla || !nested(tla, ctx->opt[i].nr)))
			return "required attribute missing";
	return NULL;
}

const char *drbd_nl_options(const struct nl_ctx *c, enum drbd_opt_ctx_id id, bool change, void *conf)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[id];
	struct nlattr *tla = drbd_nl_tla(c, ctx->tla), *a;
	const struct drbd_opt *o;
	const char *missing = change ? NULL : required_missing(ctx, tla);
	int rem;

	if (missing || !tla)
		return missing;
	nla_for_each_nested(a, tla, rem) {
		o = drbd_opt_by_nr(id, a->nla_type & TYPE_MASK);
		if (!o && (a->nla_type & MAND))
			return "unknown mandatory attribute";
		if (!o)
			continue;
		if (change && (o->flags & OF_I))
			return "can not change invariant setting";
		if (!take_option(o, a, conf))
			return "invalid attribute value";
	}
	return NULL;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------- */

static int put_u32(struct sk_buff *skb, int type, u32 v)
{
	return nla_put(skb, type, sizeof(v), &v);
}

static int put_u8(struct sk_buff *skb, int type, u8 v)
{
	return nla_put(skb, type, sizeof(v), &v);
}

static int put_text(struct sk_buff *skb, int type, const char *text)
{
	return nla_put(skb, type, strlen(text) + 1, text);
}

static int put_option(struct sk_buff *skb, const struct drbd_opt *o, const void *conf)
{
	s64 v;

	if (o->type == OPT_STR)
		return put_text(skb, o->nr, drbd_opt_get_str(o, conf));
	v = drbd_opt_get(o, conf);
	if (o->type == OPT_FLAG)
		return put_u8(skb, o->nr, (u8)v);
	if (o->type == OPT_NUM64)
		return drbd_nla_put_u64(skb, o->nr, (u64)v);
	return put_u32(skb, o->nr, (u32)v);
}

static int put_conf(struct sk_buff *skb, enum drbd_opt_ctx_id id, const void *conf, bool secrets)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[id];
	struct nlattr *tla = nla_nest_start_noflag(skb, ctx->tla | NLA_F_NESTED);
	u32 i;

	if (!tla)
		return -EMSGSIZE;
	for (i = 0; i < ctx->opts; i++)
		if ((secrets || !(ctx->opt[i].flags & OF_S)) && put_option(skb, &ctx->opt[i], conf))
			return -EMSGSIZE;
	nla_nest_end(skb, tla);
	return 0;
}

/* dev NULL: of the resource, or of its connection if `addresses`. */
static int put_context(struct sk_buff *skb, struct drbd_resource *r, struct drbd_device *dev, bool addresses)
{
	struct nlattr *tla = nla_nest_start_noflag(skb, TLA_CONTEXT);

	if (!tla)
		return -EMSGSIZE;
	if (dev && put_u32(skb, CTX_VOLUME | MAND, dev->vs.volume))
		return -EMSGSIZE;
	if (put_text(skb, CTX_NAME | MAND, r->name))
		return -EMSGSIZE;
	if (addresses && r->my_addr_byte && nla_put(skb, CTX_MY_ADDR | MAND, r->my_addr_byte, &r->my_addr))
		return -EMSGSIZE;
	if (addresses && r->peer_addr_byte && nla_put(skb, CTX_PEER_ADDR | MAND, r->peer_addr_byte, &r->peer_addr))
		return -EMSGSIZE;
	nla_nest_end(skb, tla);
	return 0;
}

/* What an event adds to a status. */
struct event {
	u32 reason;
	union drbd_state os, ns;
	const char *helper;
	u32 exit_code;
};

static int put_counts(struct sk_buff *skb, struct drbd_device *dev)
{
	struct drbd_counts *n = &dev->cnt;

	return drbd_nla_put_u64(skb, 15, n->send_sect) || drbd_nla_put_u64(skb, 16, n->recv_sect) ||
	       drbd_nla_put_u64(skb, 17, n->read_sect) || drbd_nla_put_u64(skb, 18, n->write_sect) ||
	       drbd_nla_put_u64(skb, 19, n->al_writes) || drbd_nla_put_u64(skb, 20, n->bm_writes) ||
	       put_u32(skb, 21, dev->rv.ap_bio) || put_u32(skb, 22, dev->rv.ap_pending) ||
	       put_u32(skb, 23, dev->rs_pending);
}

static int put_disk_state(struct sk_buff *skb, struct drbd_device *dev)
{
	u32 conn = dev->vs.state.conn;

	if (!dev->disk_open || dev->vs.state.disk <= D_FAILED)
		return 0;
	if (nla_put(skb, 7 | MAND, sizeof(dev->vs.uuid), dev->vs.uuid) || put_u32(skb, 8 | MAND, dev->vs.md_flags) ||
	    drbd_nla_put_u64(skb, 9 | MAND, dev->bm.bits) || drbd_nla_put_u64(skb, 10 | MAND, dev->bm.set))
		return -EMSGSIZE;
	if (conn < C_SYNC_SOURCE || conn > C_PAUSED_SYNC_T)
		return 0;
	return drbd_nla_put_u64(skb, 11 | MAND, dev->rs.total) || drbd_nla_put_u64(skb, 12 | MAND, dev->rs.failed);
}

static int put_state_info(struct sk_buff *skb, struct drbd_device *dev, const struct event *ev)
{
	struct nlattr *tla = nla_nest_start_noflag(skb, TLA_STATE_INFO);

	if (!tla || put_u32(skb, 1 | MAND, ev->reason) || put_u32(skb, 2, dev->vs.state.i) ||
	    drbd_nla_put_u64(skb, 4 | MAND, dev->vs.ed_uuid) ||
	    drbd_nla_put_u64(skb, 3 | MAND, dev->sizes.capacity_sect) || put_counts(skb, dev) || put_disk_state(skb, dev))
		return -EMSGSIZE;
	if (ev->reason == SIB_STATE_CHANGE && (put_u32(skb, 5 | MAND, ev->os.i) || put_u32(skb, 6 | MAND, ev->ns.i)))
		return -EMSGSIZE;
	if (ev->reason == SIB_HELPER_POST && put_u32(skb, 14 | MAND, ev->exit_code))
		return -EMSGSIZE;
	if (ev->helper && put_text(skb, 13 | MAND, ev->helper))
		return -EMSGSIZE;
	nla_nest_end(skb, tla);
	return 0;
}

static int put_status(struct sk_buff *skb, struct drbd_resource *r, struct drbd_device *dev, const struct event *ev,
		      bool secrets)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&r->lock, flags);
	err = put_context(skb, r, dev, true) || put_conf(skb, DRBD_CTX_resource, &r->conf, secrets) ||
	      (dev && dev->disk_open && put_conf(skb, DRBD_CTX_disk, &dev->conf, secrets)) ||
	      (r->cs.net && put_conf(skb, DRBD_CTX_net, &r->net, secrets)) || (dev && put_state_info(skb, dev, ev));
	spin_unlock_irqrestore(&r->lock, flags);
	return err ? -EMSGSIZE : 0;
}

static void set_header(void *header, u32 minor, s32 ret_code)
{
	struct family_header *h = header;

	h->minor = minor;
	h->ret_flags = ret_code;
}

/* --- objects of the newer tools --------------------------------------------------------------------------------------------------- */

static int put_resource_obj(struct sk_buff *skb, struct drbd_resource *r, bool conf)
{
	struct nlattr *n;

	if (put_context(skb, r, NULL, false) || (conf && put_conf(skb, DRBD_CTX_resource, &r->conf, false)))
		return -EMSGSIZE;
	n = nla_nest_start_noflag(skb, TLA_RESOURCE_INFO | NLA_F_NESTED);
	if (!n || put_u32(skb, 1, drbd_highest_role(&r->cs)) || put_u8(skb, 2, r->cs.susp) ||
	    put_u8(skb, 3, r->cs.susp_nod) || put_u8(skb, 4, r->cs.susp_fen))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	n = nla_nest_start_noflag(skb, TLA_RESOURCE_STAT | NLA_F_NESTED);
	if (!n || put_u32(skb, 1, r->es.wo))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

static int put_device_stat(struct sk_buff *skb, struct drbd_device *dev)
{
	struct nlattr *n = nla_nest_start_noflag(skb, TLA_DEVICE_STAT | NLA_F_NESTED);
	u64 history[4] = { dev->vs.uuid[UI_HISTORY_START], dev->vs.uuid[UI_HISTORY_END], 0, 0 };

	if (!n || drbd_nla_put_u64(skb, 1, dev->sizes.capacity_sect) || drbd_nla_put_u64(skb, 2, dev->cnt.read_sect) ||
	    drbd_nla_put_u64(skb, 3, dev->cnt.write_sect) || drbd_nla_put_u64(skb, 4, dev->cnt.al_writes) ||
	    drbd_nla_put_u64(skb, 5, dev->cnt.bm_writes) || put_u32(skb, 6, dev->rv.ap_bio) ||
	    put_u32(skb, 7, dev->rv.local_cnt) || put_u8(skb, 8, dev->rv.holds || drbd_suspended(&dev->res->cs)) ||
	    put_u8(skb, 9, 0) || put_u8(skb, 10, !!(dev->vs.flags & VF_AL_SUSPENDED)) ||
	    drbd_nla_put_u64(skb, 11, dev->vs.ed_uuid))
		return -EMSGSIZE;
	if (dev->disk_open &&
	    (drbd_nla_put_u64(skb, 12, dev->vs.uuid[UI_CURRENT]) || put_u32(skb, 13, dev->vs.md_flags) ||
	     nla_put(skb, 14, sizeof(history), history)))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

static int put_device_obj(struct sk_buff *skb, struct drbd_device *dev, bool conf)
{
	struct nlattr *n;

	if (put_context(skb, dev->res, dev, false) ||
	    (conf && dev->disk_open && put_conf(skb, DRBD_CTX_disk, &dev->conf, false)))
		return -EMSGSIZE;
	n = nla_nest_start_noflag(skb, TLA_DEVICE_INFO | NLA_F_NESTED);
	if (!n || put_u32(skb, 1, dev->vs.state.disk))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return put_device_stat(skb, dev);
}

static int put_connection_obj(struct sk_buff *skb, struct drbd_resource *r, bool conf)
{
	struct nlattr *n;

	if (put_context(skb, r, NULL, true) || (conf && r->cs.net && put_conf(skb, DRBD_CTX_net, &r->net, false)))
		return -EMSGSIZE;
	n = nla_nest_start_noflag(skb, TLA_CONNECTION_INFO | NLA_F_NESTED);
	if (!n || put_u32(skb, 1, r->cs.cstate) || put_u32(skb, 2, drbd_highest_peer(&r->cs)))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	n = nla_nest_start_noflag(skb, TLA_CONNECTION_STAT | NLA_F_NESTED);
	if (!n || put_u8(skb, 1, 0))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

/* Of a peer device: all that is less than connected is off. */
static u32 replication(union drbd_state s)
{
	return DRBD_MAX((u32)C_WF_REPORT_PARAMS, (u32)s.conn);
}

static int put_peer_device_obj(struct sk_buff *skb, struct drbd_device *dev)
{
	union drbd_state s = dev->vs.state;
	struct nlattr *n;

	if (put_context(skb, dev->res, dev, true))
		return -EMSGSIZE;
	n = nla_nest_start_noflag(skb, TLA_PEER_DEVICE_INFO | NLA_F_NESTED);
	if (!n || put_u32(skb, 1, replication(s)) || put_u32(skb, 2, s.pdsk) ||
	    put_u32(skb, 3, s.user_isp) || put_u32(skb, 4, s.peer_isp) || put_u32(skb, 5, s.aftr_isp))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	n = nla_nest_start_noflag(skb, TLA_PEER_DEVICE_STAT | NLA_F_NESTED);
	if (!n || drbd_nla_put_u64(skb, 1, dev->cnt.recv_sect) || drbd_nla_put_u64(skb, 2, dev->cnt.send_sect) ||
	    put_u32(skb, 3, dev->rv.ap_pending + dev->rs_pending) || put_u32(skb, 4, dev->unacked) ||
	    drbd_nla_put_u64(skb, 5, dev->disk_open ? dev->bm.set * 8 : 0) ||
	    drbd_nla_put_u64(skb, 6, dev->rs.failed * 8) ||
	    drbd_nla_put_u64(skb, 7, dev->disk_open ? dev->vs.uuid[UI_BITMAP] : 0) ||
	    put_u32(skb, 9, dev->disk_open ? dev->vs.md_flags : 0))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

/* --- events -------------------------------------------------------------------------------------------------------------------------- */

static void multicast(struct sk_buff *skb)
{
#ifdef COMPAT_HAVE_GENL_MC_FAMILY_ARG
	genlmsg_multicast(&drbd_family, skb, 0, 0, GFP_NOIO);
#else
	genlmsg_multicast(skb, 0, drbd_group.id, GFP_NOIO);
#endif
}

static struct sk_buff *new_event(u8 cmd, atomic_t *seq, u32 minor, void **header)
{
	struct sk_buff *skb = genlmsg_new(MSG_BYTE, GFP_NOIO);

	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, atomic_inc_return(seq), &drbd_family, 0, cmd);
	if (!*header) {
		nlmsg_free(skb);
		return NULL;
	}
	set_header(*header, minor, NO_ERROR);
	return skb;
}

static void send_event(struct sk_buff *skb, void *header, int err)
{
	if (err) {
		pr_err_ratelimited("drbd: an event does not fit its message\n");
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	multicast(skb);
}

static void event(struct drbd_device *dev, const struct event *ev)
{
	void *header;
	struct sk_buff *skb = new_event(NLC_EVENT, &event_seq, dev->minor, &header);

	if (skb)
		send_event(skb, header, put_status(skb, dev->res, dev, ev, false));
}

void drbd_nl_state_event(struct drbd_device *dev, union drbd_state os, union drbd_state ns)
{
	struct event ev = { SIB_STATE_CHANGE, os, ns, NULL, 0 };

	event(dev, &ev);
	if (os.role != ns.role || (os.i & DS_SUSPENDED) != (ns.i & DS_SUSPENDED))
		drbd_nl_notify_resource(dev->res, NOTIFY_CHANGE);
	if (os.disk != ns.disk)
		drbd_nl_notify_device(dev, NOTIFY_CHANGE);
	if (os.peer != ns.peer)
		drbd_nl_notify_connection(dev->res, NOTIFY_CHANGE);
	if (replication(os) != replication(ns) || os.pdsk != ns.pdsk || (os.i & DS_ISP) != (ns.i & DS_ISP))
		drbd_nl_notify_peer_device(dev, NOTIFY_CHANGE);
}

void drbd_nl_progress(struct drbd_device *dev)
{
	struct event ev = { SIB_SYNC_PROGRESS, { { 0 } }, { { 0 } }, NULL, 0 };

	event(dev, &ev);
}

static int put_notification(struct sk_buff *skb, u32 type)
{
	struct nlattr *n = nla_nest_start_noflag(skb, TLA_NOTIFICATION | NLA_F_NESTED);

	if (!n || put_u32(skb, 1, type))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

void drbd_nl_helper(struct drbd_resource *r, struct drbd_device *dev, const char *name, bool before, int status)
{
	struct event ev = { before ? SIB_HELPER_PRE : SIB_HELPER_POST, { { 0 } }, { { 0 } }, name, (u32)status };
	void *header;
	struct sk_buff *skb;
	struct nlattr *n;
	int err;

	if (dev)
		event(dev, &ev);
	skb = new_event(NLC_HELPER, &notify_seq, dev ? dev->minor : NO_MINOR, &header);
	if (!skb)
		return;
	err = put_context(skb, r, dev, true) || put_notification(skb, before ? NOTIFY_CALL : NOTIFY_RESPONSE);
	n = err ? NULL : nla_nest_start_noflag(skb, TLA_HELPER | NLA_F_NESTED);
	err = !n || put_text(skb, 1 | MAND, name) || put_u32(skb, 2 | MAND, (u32)status);
	if (!err)
		nla_nest_end(skb, n);
	send_event(skb, header, err);
}

/* One object of kind cmd; `type` with or without MORE_FOLLOWS. */
static int put_object(struct sk_buff *skb, u8 cmd, struct drbd_resource *r, struct drbd_device *dev, u32 type)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&r->lock, flags);
	if ((type & ~MORE_FOLLOWS) == NOTIFY_DESTROY)
		err = put_context(skb, r, dev, cmd == NLC_CONNECTION_STATE || cmd == NLC_PEER_DEVICE_STATE);
	else if (cmd == NLC_RESOURCE_STATE)
		err = put_resource_obj(skb, r, false);
	else if (cmd == NLC_DEVICE_STATE)
		err = put_device_obj(skb, dev, false);
	else if (cmd == NLC_CONNECTION_STATE)
		err = put_connection_obj(skb, r, false);
	else
		err = put_peer_device_obj(skb, dev);
	spin_unlock_irqrestore(&r->lock, flags);
	return err ? err : put_notification(skb, type);
}

static void notify(u8 cmd, struct drbd_resource *r, struct drbd_device *dev, u32 type)
{
	void *header;
	/* a peer device is named by its volume */
	u32 minor = dev && cmd == NLC_DEVICE_STATE ? (u32)dev->minor : NO_MINOR;
	struct sk_buff *skb = new_event(cmd, &notify_seq, minor, &header);

	if (skb)
		send_event(skb, header, put_object(skb, cmd, r, dev, type));
}

void drbd_nl_notify_resource(struct drbd_resource *r, u32 type)
{
	notify(NLC_RESOURCE_STATE, r, NULL, type);
}

void drbd_nl_notify_device(struct drbd_device *dev, u32 type)
{
	notify(NLC_DEVICE_STATE, dev->res, dev, type);
}

void drbd_nl_notify_connection(struct drbd_resource *r, u32 type)
{
	notify(NLC_CONNECTION_STATE, r, NULL, type);
}

void drbd_nl_notify_peer_device(struct drbd_device *dev, u32 type)
{
	if (dev->res->cs.net)
		notify(NLC_PEER_DEVICE_STATE, dev->res, dev, type);
}

/* --- dumps ----------------------------------------------------------------------------------------------------------------------------- */

static struct nlattr *dump_filter(struct netlink_callback *cb, bool *missing)
{
	struct nlattr *tla = nlmsg_find_attr((struct nlmsghdr *)cb->nlh, GENL_HDRLEN + sizeof(struct family_header),
					     TLA_CONTEXT), *name;

	*missing = false;
	if (!tla)
		return NULL;
	name = nested(tla, CTX_NAME);
	*missing = !name;
	return name;
}

static bool name_is(struct nlattr *filter, const char *name)
{
	char want[DRBD_PATH_MAX];

	return !filter || (take_string(filter, want, sizeof(want)) && !strcmp(want, name));
}

static bool secrets_allowed(struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_SYS_ADMIN);
}

/* Makes one message; put is called between header and end. */
struct dump_item {
	u8 cmd;
	u32 minor;
	struct drbd_resource *r;
	struct drbd_device *dev;
	u32 type;		/* of a notification */
	bool secrets;
};

static int put_item(struct sk_buff *skb, const struct dump_item *it)
{
	struct event ev = { 1, { { 0 } }, { { 0 } }, NULL, 0 };
	unsigned long flags;
	int err;

	if (it->cmd == NLC_GET_STATUS)
		return put_status(skb, it->r, it->dev, &ev, it->secrets);
	if (it->cmd >= NLC_RESOURCE_STATE && it->cmd <= NLC_PEER_DEVICE_STATE)
		return put_object(skb, it->cmd, it->r, it->dev, it->type);
	if (it->cmd == NLC_INITIAL_STATE_DONE)
		return put_notification(skb, NOTIFY_EXISTS);
	if (!it->r)
		return 0;
	spin_lock_irqsave(&it->r->lock, flags);
	if (it->cmd == NLC_GET_RESOURCES)
		err = put_resource_obj(skb, it->r, true);
	else if (it->cmd == NLC_GET_DEVICES)
		err = put_device_obj(skb, it->dev, true);
	else if (it->cmd == NLC_GET_CONNECTIONS)
		err = put_connection_obj(skb, it->r, true);
	else
		err = put_peer_device_obj(skb, it->dev);
	spin_unlock_irqrestore(&it->r->lock, flags);
	return err;
}

static int emit(struct sk_buff *skb, struct netlink_callback *cb, const struct dump_item *it, s32 ret)
{
	void *header = genlmsg_put(skb, drbd_cb_portid(cb), cb->nlh->nlmsg_seq, &drbd_family, NLM_F_MULTI, it->cmd);

	if (!header)
		return -EMSGSIZE;
	set_header(header, it->minor, ret);
	if (put_item(skb, it)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* Walks what a dump tells: args[0] counts items that were told. */
struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	long at;
	bool full;
};

static void item(struct dump *d, const struct dump_item *it)
{
	if (d->full || d->at++ < d->cb->args[0])
		return;
	if (emit(d->skb, d->cb, it, NO_ERROR))
		d->full = true;
	else
		d->cb->args[0]++;
}

static void dump_resource(struct dump *d, u8 cmd, struct drbd_resource *r, bool secrets)
{
	struct dump_item it = { cmd, NO_MINOR, r, NULL, NOTIFY_EXISTS, secrets };
	struct drbd_device *dev;
	bool any = false;

	if (cmd == NLC_GET_RESOURCES || (cmd == NLC_GET_CONNECTIONS && r->cs.net))
		item(d, &it);
	if (cmd == NLC_GET_RESOURCES || cmd == NLC_GET_CONNECTIONS || (cmd == NLC_GET_PEER_DEVICES && !r->cs.net))
		return;
	drbd_for_each_dev(dev, r) {
		it.dev = dev;
		it.minor = dev->minor;
		item(d, &it);
		any = true;
	}
	if (!any && cmd == NLC_GET_STATUS)
		item(d, &it);
}

static void initial_kind(struct dump *d, struct drbd_resource *r, u8 cmd, u32 *left)
{
	struct dump_item it = { cmd, NO_MINOR, r, NULL, 0, false };
	struct drbd_device *dev;

	if (cmd == NLC_RESOURCE_STATE || cmd == NLC_CONNECTION_STATE) {
		it.type = NOTIFY_EXISTS | (--*left ? MORE_FOLLOWS : 0);
		item(d, &it);
		return;
	}
	drbd_for_each_dev(dev, r) {
		it.dev = dev;
		it.minor = cmd == NLC_DEVICE_STATE ? (u32)dev->minor : NO_MINOR;
		it.type = NOTIFY_EXISTS | (--*left ? MORE_FOLLOWS : 0);
		item(d, &it);
	}
}

static void dump_initial(struct dump *d, struct drbd_resource *r)
{
	bool net = r->cs.net != NULL;
	u32 left = 1 + r->cs.vols + (net ? 1 + r->cs.vols : 0);

	initial_kind(d, r, NLC_RESOURCE_STATE, &left);
	initial_kind(d, r, NLC_DEVICE_STATE, &left);
	if (net) {
		initial_kind(d, r, NLC_CONNECTION_STATE, &left);
		initial_kind(d, r, NLC_PEER_DEVICE_STATE, &left);
	}
}

static int dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	u8 cmd = ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
	struct dump d = { skb, cb, 0, false };
	struct dump_item end = { cmd == NLC_GET_INITIAL_STATE ? NLC_INITIAL_STATE_DONE : cmd, NO_MINOR, NULL, NULL, 0,
				 false };
	struct nlattr *filter;
	struct drbd_resource *r;
	bool missing, found = false, secrets = secrets_allowed(cb->skb);

	filter = dump_filter(cb, &missing);
	if (missing)
		return -EINVAL;
	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link) {
		if (!name_is(filter, r->name))
			continue;
		found = true;
		if (cmd == NLC_GET_INITIAL_STATE)
			dump_initial(&d, r);
		else
			dump_resource(&d, cmd, r, secrets);
	}
	mutex_unlock(&drbd_cfg_mutex);
	if (cmd == NLC_GET_INITIAL_STATE)
		item(&d, &end);
	if (!found && filter && cmd == NLC_GET_STATUS)
		return -ENODEV;
	if (!found && filter && !cb->args[0]) {
		emit(skb, cb, &end, ERR_RES_NOT_KNOWN);
		cb->args[0] = 1;
	}
	return skb->len;
}

/* --- commands -------------------------------------------------------------------------------------------------------------------------------- */

void drbd_nl_say(struct nl_ctx *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->info, sizeof(c->info), fmt, ap);
	va_end(ap);
}

static s32 refuse(struct nl_ctx *c, s32 code, const char *why)
{
	drbd_nl_say(c, "%s", why);
	return code;
}

static bool same_addr(struct nlattr *a, const struct sockaddr_storage *addr, int len)
{
	return a && nla_len(a) == len && !memcmp(nla_data(a), addr, len);
}

static struct drbd_resource *find_connection(struct nlattr *my, struct nlattr *peer)
{
	struct drbd_resource *r, *found = NULL;

	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link)
		if (!found && r->my_addr_byte && same_addr(my, &r->my_addr, r->my_addr_byte) &&
		    same_addr(peer, &r->peer_addr, r->peer_addr_byte)) {
			found = r;
			drbd_resource_get(r);
		}
	mutex_unlock(&drbd_cfg_mutex);
	return found;
}

static int parse_context(struct nl_ctx *c)
{
	struct nlattr *tla = drbd_nl_tla(c, TLA_CONTEXT), *a;

	c->volume = -1;
	if (!tla)
		return 0;
	if (unknown_mandatory(tla, CTX_PEER_ADDR))
		return refuse(c, ERR_MANDATORY_TAG, "unknown mandatory attribute");
	a = nested(tla, CTX_VOLUME);
	if (a && nla_len(a) >= 4)
		c->volume = *(u32 *)nla_data(a);
	a = nested(tla, CTX_NAME);
	if (a && !take_string(a, c->name, sizeof(c->name)))
		return refuse(c, ERR_MANDATORY_TAG, "invalid attribute value");
	c->has_name = a != NULL;
	c->my_addr = nested(tla, CTX_MY_ADDR);
	c->peer_addr = nested(tla, CTX_PEER_ADDR);
	if ((c->my_addr && nla_len(c->my_addr) > (int)sizeof(struct sockaddr_storage)) ||
	    (c->peer_addr && nla_len(c->peer_addr) > (int)sizeof(struct sockaddr_storage)))
		return -EINVAL;
	return 0;
}

static s32 look_up(struct nl_ctx *c, u8 need)
{
	if (c->minor != NO_MINOR)
		c->dev = drbd_device_find(c->minor);
	if (c->has_name)
		c->r = drbd_resource_find(c->name);
	if ((need & NEED_MINOR) && !c->dev)
		return refuse(c, ERR_MINOR_INVALID, "unknown minor");
	if ((need & NEED_RESOURCE) && !c->r)
		return c->has_name ? refuse(c, ERR_RES_NOT_KNOWN, "unknown resource") :
				     refuse(c, ERR_INVALID_REQUEST, "unknown resource");
	if (need & NEED_CONNECTION) {
		if (c->r)
			return refuse(c, ERR_INVALID_REQUEST, "no resource name expected");
		if (c->dev)
			return refuse(c, ERR_INVALID_REQUEST, "no minor number expected");
		if (c->my_addr && c->peer_addr)
			c->r = find_connection(c->my_addr, c->peer_addr);
		if (!c->r)
			return refuse(c, ERR_INVALID_REQUEST, "unknown connection");
	}
	if (c->dev && c->r && c->dev->res != c->r)
		return refuse(c, ERR_INVALID_REQUEST, "minor exists in different resource");
	if (c->dev && c->volume != -1 && c->volume != c->dev->vs.volume)
		return refuse(c, ERR_INVALID_REQUEST, "minor exists as different volume");
	if (c->dev && !c->r) {
		c->r = c->dev->res;
		drbd_resource_get(c->r);
	}
	return NO_ERROR;
}

static int echo_context(struct sk_buff *skb, const struct nl_ctx *c)
{
	struct nlattr *tla = drbd_nl_tla(c, TLA_CONTEXT), *n, *a;
	int rem;

	if (!tla)
		return 0;
	n = nla_nest_start_noflag(skb, tla->nla_type & ~MAND);
	if (!n)
		return -EMSGSIZE;
	nla_for_each_nested(a, tla, rem)
		if (nla_put(skb, a->nla_type & TYPE_MASK, nla_len(a), nla_data(a)))
			return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

static int put_info(struct sk_buff *skb, const struct nl_ctx *c)
{
	struct nlattr *n;

	if (!c->info[0])
		return 0;
	n = nla_nest_start_noflag(skb, TLA_REPLY);
	if (!n || put_text(skb, 1 | MAND, c->info))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

static int put_result(struct sk_buff *skb, struct nl_ctx *c)
{
	struct event ev = { 1, { { 0 } }, { { 0 } }, NULL, 0 };
	struct drbd_timeout_conf t;

	if (put_info(skb, c))
		return -EMSGSIZE;
	if (c->rv == NO_ERROR && c->cmd == NLC_GET_TIMEOUT_TYPE) {
		t.timeout_type = drbd_adm_timeout_type(c->dev);
		return put_conf(skb, DRBD_CTX_timeout, &t, false);
	}
	if (c->rv == NO_ERROR && c->cmd == NLC_GET_STATUS)
		return put_status(skb, c->r, c->dev, &ev, c->secrets);
	return 0;
}

static int reply(struct nl_ctx *c, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(MSG_BYTE, GFP_KERNEL);
	bool status = c->cmd == NLC_GET_STATUS && c->rv == NO_ERROR;
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &drbd_family, 0, c->cmd);
	if (!header)
		goto nla_failed;
	set_header(header, c->minor, c->rv);
	if ((!status && echo_context(skb, c)) || put_result(skb, c))
		goto nla_failed;
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);

nla_failed:
	nlmsg_free(skb);
	return -EMSGSIZE;
}

static int doit(struct sk_buff *skb, struct genl_info *info)
{
	struct family_header *h = drbd_userhdr(info);
	const struct drbd_command *cmd = drbd_adm_command(info->genlhdr->cmd);
	struct nl_ctx *c;
	int err;

	if (!cmd)
		return -EOPNOTSUPP;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->cmd = info->genlhdr->cmd;
	c->nlh = info->nlhdr;
	c->minor = h->minor;
	c->flags = h->ret_flags;
	c->secrets = netlink_capable(skb, CAP_SYS_ADMIN);
	err = -EPERM;
	if (!c->secrets && c->cmd != NLC_GET_STATUS)
		goto free;
	err = parse_context(c);
	if (err < 0)
		goto free;
	c->rv = err ? err : look_up(c, cmd->need);
	if (c->rv == NO_ERROR && cmd->fn)
		c->rv = cmd->fn(c);
	err = reply(c, info);
	if (c->dev)
		drbd_device_put(c->dev);
	if (c->r)
		drbd_resource_put(c->r);
free:
	kfree(c);
	return err;
}

/* --- family ------------------------------------------------------------------------------------------------------------------------------------ */

#ifdef COMPAT_HAVE_GENL_OPS_VALIDATE
#define LENIENT .validate = GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP,
#else
#define LENIENT
#endif
#define ADM(nr) { .cmd = nr, .doit = doit, .flags = GENL_ADMIN_PERM, LENIENT }
#define DUMP(nr) { .cmd = nr, .dumpit = dumpit, LENIENT }

static
#ifndef COMPAT_HAVE_GENL_REG_WITH_OPS
const
#endif
struct genl_ops drbd_ops[] = {
	{ .cmd = NLC_GET_STATUS, .doit = doit, .dumpit = dumpit, LENIENT },
	ADM(NLC_NEW_MINOR), ADM(NLC_DEL_MINOR), ADM(NLC_NEW_RESOURCE), ADM(NLC_DEL_RESOURCE), ADM(NLC_RESOURCE_OPTS),
	ADM(NLC_CONNECT), ADM(NLC_DISCONNECT), ADM(NLC_ATTACH), ADM(NLC_RESIZE), ADM(NLC_PRIMARY), ADM(NLC_SECONDARY),
	ADM(NLC_NEW_C_UUID), ADM(NLC_START_OV), ADM(NLC_DETACH), ADM(NLC_INVALIDATE), ADM(NLC_INVAL_PEER),
	ADM(NLC_PAUSE_SYNC), ADM(NLC_RESUME_SYNC), ADM(NLC_SUSPEND_IO), ADM(NLC_RESUME_IO), ADM(NLC_OUTDATE),
	ADM(NLC_GET_TIMEOUT_TYPE), ADM(NLC_DOWN), ADM(NLC_CHG_DISK_OPTS), ADM(NLC_CHG_NET_OPTS),
	DUMP(NLC_GET_RESOURCES), DUMP(NLC_GET_DEVICES), DUMP(NLC_GET_CONNECTIONS), DUMP(NLC_GET_PEER_DEVICES),
	DUMP(NLC_GET_INITIAL_STATE),
};

/* Top-level attributes of any kind and length: they are looked at by hand. */
static const struct nla_policy drbd_policy[TLA_MAX + 1] = { { 0 } };

#ifdef COMPAT_HAVE_GENL_MCGRPS
static const struct genl_multicast_group drbd_groups[] = { { .name = "events" } };
#else
static struct genl_multicast_group drbd_group = { .name = "events" };
#endif

static struct genl_family drbd_family = {
	.name = "drbd",
	.version = DRBD_API_VERSION,
	.hdrsize = sizeof(struct family_header),
	.maxattr = TLA_MAX,
#ifdef COMPAT_HAVE_GENL_FAMILY_POLICY
	.policy = drbd_policy,
#endif
#ifdef COMPAT_HAVE_GENL_OPS_IN_FAMILY
	.ops = drbd_ops,
	.n_ops = ARRAY_SIZE(drbd_ops),
	.module = THIS_MODULE,
#endif
	.parallel_ops = true,
#ifdef COMPAT_HAVE_GENL_MCGRPS
	.mcgrps = drbd_groups,
	.n_mcgrps = ARRAY_SIZE(drbd_groups),
#endif
#ifdef COMPAT_HAVE_GENL_RESV_START
	.resv_start_op = NLC_INITIAL_STATE_DONE + 1,
#endif
#ifndef COMPAT_HAVE_GENL_OPS_IN_FAMILY
	.id = GENL_ID_GENERATE,
#endif
};

int drbd_nl_init(void)
{
	(void)drbd_policy;
#ifdef COMPAT_HAVE_GENL_REG_WITH_OPS
	int err = genl_register_family_with_ops(&drbd_family, drbd_ops, ARRAY_SIZE(drbd_ops));

	if (!err) {
		err = genl_register_mc_group(&drbd_family, &drbd_group);
		if (err)
			genl_unregister_family(&drbd_family);
	}
	return err;
#else
	return genl_register_family(&drbd_family);
#endif
}

void drbd_nl_exit(void)
{
	genl_unregister_family(&drbd_family);
}
