// SPDX-License-Identifier: GPL-2.0-only
/*
 * drbdsetup's netlink: one table of members for what is only ever received, the option tables for the rest. On plain sockets:
 * the DRBD packages are built where no netlink library is (an EL 6 with gcc, flex and rpm-build), and what is needed of one is
 * the few lines of "attributes" and "the socket".
 */
#include "drbd-like/user/setup_nl.h"

#include <assert.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER_BYTE = 8,		/* of the family: minor, flags or ret_code */
	REPLY_TIMEOUT_MS = 120 * 1000,
	SOCKET_BYTE = 1 << 20,		/* bursts of events must fit */
	ANSWER_BYTE = 32 << 10,		/* the kernel puts no more into one message of a dump */
	REQUEST_BYTE = 8 << 10
};
/* Section 2: "reject my message if you do not know this number". */
#define MEMBER_MANDATORY	0x4000
#define MEMBER_NUMBER		0x3fff

#ifndef SOL_NETLINK
#define SOL_NETLINK		270	/* not in the headers of EL 6 */
#endif

struct drbd_nl {
	int fd;
	u32 port;		/* ours, as the kernel gave it */
	u32 group;		/* of events */
	u32 seq;
	u16 family;
	/* what is left of the last datagram */
	struct nlmsghdr *next;
	int left;
	char buf[ANSWER_BYTE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* --- attributes -------------------------------------------------------------------------------------------------------- */

static bool attr_ok(const struct nlattr *a, int left)
{
	return left >= (int)sizeof(*a) && a->nla_len >= sizeof(*a) && a->nla_len <= left;
}

static const struct nlattr *attr_next(const struct nlattr *a, int *left)
{
	*left -= NLA_ALIGN(a->nla_len);
	return (const struct nlattr *)((const char *)a + NLA_ALIGN(a->nla_len));
}

static const void *attr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static int attr_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

static u32 attr_u32(const struct nlattr *a)
{
	u32 value = 0;

	memcpy(&value, attr_data(a), DRBD_MIN((size_t)attr_len(a), sizeof(value)));
	return value;
}

/* A request that grows; what does not fit sets `full`. */
struct request {
	union {
		struct nlmsghdr header;
		char bytes[REQUEST_BYTE];
	} u;
	size_t len;
	bool full;
};

static void put_bytes(struct request *r, const void *data, size_t len)
{
	if (r->full || len > sizeof(r->u.bytes) - r->len - NLA_ALIGNTO) {
		r->full = true;
		return;
	}
	if (len)
		memcpy(r->u.bytes + r->len, data, len);
	r->len += len;
	while (r->len % NLA_ALIGNTO)
		r->u.bytes[r->len++] = 0;
}

static void put_attr(struct request *r, u16 type, const void *data, size_t len)
{
	struct nlattr a = { (u16)(NLA_HDRLEN + len), type };

	put_bytes(r, &a, sizeof(a));
	put_bytes(r, data, len);
}

/* Opens a nested attribute; end_nest() takes what it returned. */
static size_t begin_nest(struct request *r, u16 type)
{
	size_t at = r->len;

	put_attr(r, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static void end_nest(struct request *r, size_t at)
{
	u16 len = (u16)(r->len - at);

	memcpy(r->u.bytes + at, &len, sizeof(len));
}

static void begin_request(struct request *r, u16 type, u16 flags, u8 cmd, u8 version)
{
	struct genlmsghdr genl = { .cmd = cmd, .version = version };

	memset(r, 0, sizeof(*r));
	r->len = NLMSG_HDRLEN;
	r->u.header.nlmsg_type = type;
	r->u.header.nlmsg_flags = NLM_F_REQUEST | flags;
	put_bytes(r, &genl, sizeof(genl));
}

/* --- members that only the module sends (4.1, 4.2, 4.7, 4.9) --------------------------------------------------------- */

static const struct member {
	u8 tla, nr;
	u16 offset, size;	/* of the field; numbers have just that length on the wire */
	char type;		/* n: number, s: string, b: binary of at most size, a: address */
} members[] = {
#define M(tla, nr, type, field) \
	{ tla, nr, offsetof(struct drbd_nl_msg, field), sizeof(((struct drbd_nl_msg *)0)->field), type }
	M(TLA_CFG_CONTEXT, 1, 'n', ctx.volume),
	M(TLA_CFG_CONTEXT, 2, 's', ctx.resource),
	M(TLA_CFG_CONTEXT, 3, 'a', ctx.my_addr),
	M(TLA_CFG_CONTEXT, 4, 'a', ctx.peer_addr),
	M(TLA_STATE_INFO, 1, 'n', si.reason),
	M(TLA_STATE_INFO, 2, 'n', si.state),
	M(TLA_STATE_INFO, 3, 'n', si.capacity_sect),
	M(TLA_STATE_INFO, 4, 'n', si.ed_uuid),
	M(TLA_STATE_INFO, 5, 'n', si.prev_state),
	M(TLA_STATE_INFO, 6, 'n', si.new_state),
	M(TLA_STATE_INFO, 7, 'b', si.uuid),
	M(TLA_STATE_INFO, 8, 'n', si.disk_flags),
	M(TLA_STATE_INFO, 9, 'n', si.bits_total),
	M(TLA_STATE_INFO, 10, 'n', si.bits_oos),
	M(TLA_STATE_INFO, 11, 'n', si.bits_rs_total),
	M(TLA_STATE_INFO, 12, 'n', si.bits_rs_failed),
	M(TLA_STATE_INFO, 13, 's', si.helper),
	M(TLA_STATE_INFO, 14, 'n', si.helper_exit_code),
	M(TLA_STATE_INFO, 15, 'n', si.send_sect),
	M(TLA_STATE_INFO, 16, 'n', si.recv_sect),
	M(TLA_STATE_INFO, 17, 'n', si.read_sect),
	M(TLA_STATE_INFO, 18, 'n', si.writ_sect),
	M(TLA_STATE_INFO, 19, 'n', si.al_writ_cnt),
	M(TLA_STATE_INFO, 20, 'n', si.bm_writ_cnt),
	M(TLA_STATE_INFO, 21, 'n', si.ap_bio_cnt),
	M(TLA_STATE_INFO, 22, 'n', si.ap_pending_cnt),
	M(TLA_STATE_INFO, 23, 'n', si.rs_pending_cnt),
	M(TLA_RESOURCE_INFO, 1, 'n', resource_info.role),
	M(TLA_RESOURCE_INFO, 2, 'n', resource_info.susp),
	M(TLA_RESOURCE_INFO, 3, 'n', resource_info.susp_nod),
	M(TLA_RESOURCE_INFO, 4, 'n', resource_info.susp_fen),
	M(TLA_DEVICE_INFO, 1, 'n', device_info.disk),
	M(TLA_CONNECTION_INFO, 1, 'n', connection_info.conn),
	M(TLA_CONNECTION_INFO, 2, 'n', connection_info.peer_role),
	M(TLA_PEER_DEVICE_INFO, 1, 'n', peer_device_info.repl),
	M(TLA_PEER_DEVICE_INFO, 2, 'n', peer_device_info.peer_disk),
	M(TLA_PEER_DEVICE_INFO, 3, 'n', peer_device_info.susp_user),
	M(TLA_PEER_DEVICE_INFO, 4, 'n', peer_device_info.susp_peer),
	M(TLA_PEER_DEVICE_INFO, 5, 'n', peer_device_info.susp_dependency),
	M(TLA_RESOURCE_STATISTICS, 1, 'n', resource_stat.write_ordering),
	M(TLA_DEVICE_STATISTICS, 1, 'n', device_stat.size_sect),
	M(TLA_DEVICE_STATISTICS, 2, 'n', device_stat.read_sect),
	M(TLA_DEVICE_STATISTICS, 3, 'n', device_stat.writ_sect),
	M(TLA_DEVICE_STATISTICS, 4, 'n', device_stat.al_writes),
	M(TLA_DEVICE_STATISTICS, 5, 'n', device_stat.bm_writes),
	M(TLA_DEVICE_STATISTICS, 6, 'n', device_stat.upper_pending),
	M(TLA_DEVICE_STATISTICS, 7, 'n', device_stat.lower_pending),
	M(TLA_DEVICE_STATISTICS, 8, 'n', device_stat.upper_blocked),
	M(TLA_DEVICE_STATISTICS, 9, 'n', device_stat.lower_blocked),
	M(TLA_DEVICE_STATISTICS, 10, 'n', device_stat.al_suspended),
	M(TLA_CONNECTION_STATISTICS, 1, 'n', connection_stat.congested),
	M(TLA_PEER_DEVICE_STATISTICS, 1, 'n', peer_device_stat.recv_sect),
	M(TLA_PEER_DEVICE_STATISTICS, 2, 'n', peer_device_stat.sent_sect),
	M(TLA_PEER_DEVICE_STATISTICS, 3, 'n', peer_device_stat.pending),
	M(TLA_PEER_DEVICE_STATISTICS, 4, 'n', peer_device_stat.unacked),
	M(TLA_PEER_DEVICE_STATISTICS, 5, 'n', peer_device_stat.oos_sect),
	M(TLA_PEER_DEVICE_STATISTICS, 6, 'n', peer_device_stat.rs_failed_sect),
	M(TLA_NOTIFICATION_HEADER, 1, 'n', notify),
	M(TLA_HELPER, 1, 's', helper),
	M(TLA_HELPER, 2, 'n', helper_status),
#undef M
};

/* Highest member numbers that are known, whether kept above or not; a mandatory one beyond it refuses the message. */
static const u8 members_known[TLA_NR] = {
	[TLA_CFG_REPLY] = 1, [TLA_CFG_CONTEXT] = 4, [TLA_STATE_INFO] = 23, [TLA_RESOURCE_INFO] = 4,
	[TLA_DEVICE_INFO] = 1, [TLA_CONNECTION_INFO] = 2, [TLA_PEER_DEVICE_INFO] = 5, [TLA_RESOURCE_STATISTICS] = 1,
	[TLA_DEVICE_STATISTICS] = 14, [TLA_CONNECTION_STATISTICS] = 1, [TLA_PEER_DEVICE_STATISTICS] = 9,
	[TLA_NOTIFICATION_HEADER] = 1, [TLA_HELPER] = 2,
};

/* Option sets that the module sends back. */
static const struct {
	u16 offset;
	u8 ctx;
} option_sets[TLA_NR] = {
	[TLA_DISK_CONF] = { offsetof(struct drbd_nl_msg, disk), DRBD_CTX_disk },
	[TLA_RESOURCE_OPTS] = { offsetof(struct drbd_nl_msg, resource), DRBD_CTX_resource },
	[TLA_NET_CONF] = { offsetof(struct drbd_nl_msg, net), DRBD_CTX_net },
	[TLA_TIMEOUT_PARMS] = { offsetof(struct drbd_nl_msg, timeout), DRBD_CTX_timeout },
};

static int get_string(const struct nlattr *a, char *to, size_t size)
{
	size_t len = strnlen(attr_data(a), (size_t)attr_len(a));

	if (len >= size)
		return -EBADMSG;
	memcpy(to, attr_data(a), len);
	to[len] = '\0';
	return 0;
}

static int get_member(const struct member *f, const struct nlattr *a, struct drbd_nl_msg *m)
{
	u8 *to = (u8 *)m + f->offset;
	struct drbd_addr *addr = (struct drbd_addr *)to;

	switch (f->type) {
	case 'n':
		if (attr_len(a) != f->size)
			return -EBADMSG;
		memcpy(to, attr_data(a), f->size);
		return 0;
	case 'b':
		if (attr_len(a) > f->size)
			return -EBADMSG;
		memcpy(to, attr_data(a), attr_len(a));
		return 0;
	case 'a':
		if (attr_len(a) > (int)sizeof(addr->sa))
			return -EBADMSG;
		addr->len = attr_len(a);
		memcpy(&addr->sa, attr_data(a), addr->len);
		return 0;
	default:
		return get_string(a, (char *)to, f->size);
	}
}

static int get_option(enum drbd_opt_ctx_id ctx, const struct nlattr *a, void *conf)
{
	const struct drbd_opt *opt = drbd_opt_by_nr(ctx, a->nla_type & MEMBER_NUMBER);
	u64 wide;

	if (!opt)
		return a->nla_type & MEMBER_MANDATORY ? -EOPNOTSUPP : 0;
	if (opt->type == OPT_STR)
		return get_string(a, (char *)conf + opt->offset, opt->size);
	if (attr_len(a) != opt->size)
		return -EBADMSG;
	if (opt->size == sizeof(wide)) {	/* attributes are aligned to 4 bytes only */
		memcpy(&wide, attr_data(a), sizeof(wide));
		drbd_opt_set(opt, conf, (s64)wide);
	} else {
		memcpy((u8 *)conf + opt->offset, attr_data(a), opt->size);
	}
	return 0;
}

/* The kernel's words, a line each; what does not fit any more is left out. */
static int add_info(const struct nlattr *a, struct drbd_nl_msg *m)
{
	size_t used = strlen(m->info), room = sizeof(m->info) - used - 1;

	snprintf(m->info + used, room + 1, "%s%.*s", used ? "\n" : "", attr_len(a), (const char *)attr_data(a));
	return 0;
}

static int get_inner(unsigned int tla, const struct nlattr *a, struct drbd_nl_msg *m)
{
	unsigned int nr = a->nla_type & MEMBER_NUMBER, i;

	if (tla == TLA_CFG_REPLY && nr == 1)
		return add_info(a, m);
	if (option_sets[tla].offset)
		return get_option(option_sets[tla].ctx, a, (u8 *)m + option_sets[tla].offset);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].tla == tla && members[i].nr == nr) {
			m->ctx.has_volume |= tla == TLA_CFG_CONTEXT && nr == 1;
			m->si.has_uuids |= tla == TLA_STATE_INFO && nr == 7;
			m->si.has_bits_rs |= tla == TLA_STATE_INFO && nr == 11;
			return get_member(&members[i], a, m);
		}
	return nr > members_known[tla] && a->nla_type & MEMBER_MANDATORY ? -EOPNOTSUPP : 0;
}

int drbd_nl_parse(const void *nlmsg, struct drbd_nl_msg *m)
{
	const struct nlmsghdr *nlh = nlmsg;
	const int fixed = NLMSG_HDRLEN + GENL_HDRLEN + HEADER_BYTE;
	const u8 *bytes = nlmsg;
	const struct nlattr *set, *a;
	int left, inner_left, err;
	unsigned int tla;

	if (nlh->nlmsg_len < (u32)fixed)
		return -EBADMSG;
	memset(m, 0, sizeof(*m));
	m->cmd = bytes[NLMSG_HDRLEN];
	m->seq = nlh->nlmsg_seq;
	memcpy(&m->minor, bytes + NLMSG_HDRLEN + GENL_HDRLEN, 4);
	memcpy(&m->ret_code, bytes + NLMSG_HDRLEN + GENL_HDRLEN + 4, 4);
	set = (const struct nlattr *)(bytes + fixed);
	for (left = (int)nlh->nlmsg_len - fixed; attr_ok(set, left); set = attr_next(set, &left)) {
		tla = set->nla_type & MEMBER_NUMBER;
		if (!tla || tla >= TLA_NR)
			continue;
		if (option_sets[tla].offset)
			drbd_opts_default(option_sets[tla].ctx, (u8 *)m + option_sets[tla].offset);
		m->sets |= 1u << tla;
		a = attr_data(set);
		for (inner_left = attr_len(set); attr_ok(a, inner_left); a = attr_next(a, &inner_left)) {
			err = get_inner(tla, a, m);
			if (err)
				return err;
		}
		if (inner_left > 0)
			return -EBADMSG;
	}
	return left > 0 ? -EBADMSG : 0;
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

static void put_member(struct request *r, u16 nr, u8 flags, const void *data, size_t len)
{
	put_attr(r, nr | (flags & OF_M ? MEMBER_MANDATORY : 0), data, len);
}

static void put_context(struct request *r, const struct drbd_nl_req *req)
{
	size_t nest;

	if (!req->resource && !req->volume && !req->my_addr)
		return;
	nest = begin_nest(r, TLA_CFG_CONTEXT);
	if (req->resource)
		put_member(r, 2, OF_M, req->resource, strlen(req->resource) + 1);
	if (req->volume)
		put_member(r, 1, OF_M, req->volume, sizeof(*req->volume));
	if (req->my_addr)
		put_member(r, 3, OF_M, &req->my_addr->sa, req->my_addr->len);
	if (req->peer_addr)
		put_member(r, 4, OF_M, &req->peer_addr->sa, req->peer_addr->len);
	end_nest(r, nest);
}

static void put_options(struct request *r, const struct drbd_nl_req *req)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[req->opt_ctx];
	size_t nest;
	u16 i;

	if (!req->given)	/* an empty set would be refused by some modules, and says nothing */
		return;
	nest = begin_nest(r, ctx->tla);
	for (i = 0; i < ctx->opts; i++) {
		const struct drbd_opt *opt = &ctx->opt[i];
		const char *at = (const char *)req->conf + opt->offset;

		if (req->given >> i & 1)
			put_member(r, opt->nr, opt->flags, at, opt->type == OPT_STR ? strlen(at) + 1 : opt->size);
	}
	end_nest(r, nest);
}

static int send_bytes(struct drbd_nl *nl, struct request *r)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	if (r->full)
		return -EMSGSIZE;
	r->u.header.nlmsg_len = (u32)r->len;
	r->u.header.nlmsg_seq = ++nl->seq;
	r->u.header.nlmsg_pid = nl->port;
	do
		n = sendto(nl->fd, r->u.bytes, r->len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int send_request(struct drbd_nl *nl, const struct drbd_nl_req *req, u16 nlmsg_flags)
{
	u32 header[2] = { req->minor, req->flags };
	struct request r;

	begin_request(&r, nl->family, nlmsg_flags, (u8)req->cmd, DRBD_API_VERSION);
	put_bytes(&r, header, sizeof(header));
	put_context(&r, req);
	if (req->opt_ctx >= 0)
		put_options(&r, req);
	return send_bytes(nl, &r);
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

static int wait_readable(struct drbd_nl *nl, int timeout_ms)
{
	struct pollfd p = { .fd = nl->fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The next message of the kernel. 1: *nlh; 0: time is up; negative errno. */
static int next_message(struct drbd_nl *nl, int timeout_ms, struct nlmsghdr **nlh)
{
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t n;

	for (;;) {
		if (NLMSG_OK(nl->next, nl->left)) {
			*nlh = nl->next;
			nl->next = NLMSG_NEXT(nl->next, nl->left);
			return 1;
		}
		nl->left = 0;
		n = wait_readable(nl, timeout_ms);
		if (n <= 0)
			return (int)n;
		from_len = sizeof(from);
		n = recvfrom(nl->fd, nl->buf, sizeof(nl->buf), MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		if (n > (ssize_t)sizeof(nl->buf))
			return -EMSGSIZE;
		nl->next = (struct nlmsghdr *)nl->buf;
		nl->left = from.nl_pid == 0 ? (int)n : 0;	/* what other processes send is not for us */
	}
}

/* The errno of an NLMSG_ERROR or NLMSG_DONE. */
static int error_of(const struct nlmsghdr *nlh)
{
	int err;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(err))
		return nlh->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&err, NLMSG_DATA(nlh), sizeof(err));
	return err > 0 ? -EBADMSG : err;
}

/* The next message of that type that answers the last request. 1: *nlh; 0: end of the dump; negative errno. */
static int next_answer(struct drbd_nl *nl, u16 type, struct nlmsghdr **nlh)
{
	int n;

	*nlh = NULL;
	for (;;) {
		n = next_message(nl, REPLY_TIMEOUT_MS, nlh);
		if (n <= 0)
			return n ? n : -ETIMEDOUT;
		assert(*nlh);
		if ((*nlh)->nlmsg_seq != nl->seq)
			continue;	/* the late answer to an earlier request */
		if ((*nlh)->nlmsg_type == NLMSG_DONE)
			return error_of(*nlh);
		if ((*nlh)->nlmsg_type == NLMSG_ERROR) {
			n = error_of(*nlh);
			if (n)
				return n;
		}
		if ((*nlh)->nlmsg_type == type)
			return 1;
	}
}

/* The same of the module's, as *m. */
static int next_parsed(struct drbd_nl *nl, struct drbd_nl_msg *m)
{
	struct nlmsghdr *nlh;
	int n = next_answer(nl, nl->family, &nlh), err;

	if (n != 1)
		return n;
	err = drbd_nl_parse(nlh, m);
	return err ? err : 1;
}

int drbd_nl_do(struct drbd_nl *nl, const struct drbd_nl_req *req, struct drbd_nl_msg *m)
{
	struct drbd_nl_msg *answer;
	int n = send_request(nl, req, 0);

	if (n)
		return n;
	answer = malloc(sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	n = next_parsed(nl, answer);
	if (n == 0 || (n == 1 && answer->cmd != req->cmd))
		n = -EBADMSG;
	if (n == 1)
		*m = *answer;
	free(answer);
	return n == 1 ? 0 : n;
}

int drbd_nl_dump(struct drbd_nl *nl, const struct drbd_nl_req *req, drbd_nl_fn fn, void *arg)
{
	struct drbd_nl_msg *m;
	int n = send_request(nl, req, NLM_F_DUMP);

	if (n)
		return n;
	m = malloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	while ((n = next_parsed(nl, m)) == 1) {
		n = fn(m, arg);
		if (n)
			break;
	}
	free(m);
	return n;
}

int drbd_nl_subscribe(struct drbd_nl *nl)
{
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->group, sizeof(nl->group)) ? -errno : 0;
}

int drbd_nl_event(struct drbd_nl *nl, int timeout_ms, struct drbd_nl_msg *m)
{
	struct timespec now;
	long long end = 0;
	struct nlmsghdr *nlh = NULL;
	int n, left = timeout_ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec * 1000LL + now.tv_nsec / 1000000 + timeout_ms;
	for (;;) {
		n = next_message(nl, left, &nlh);
		if (n <= 0)
			return n;
		assert(nlh);
		if (nlh->nlmsg_type == nl->family && nlh->nlmsg_pid == 0) {
			n = drbd_nl_parse(nlh, m);
			return n ? n : 1;
		}
		if (timeout_ms < 0)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (int)(end - (now.tv_sec * 1000LL + now.tv_nsec / 1000000));
		if (left < 0)
			left = 0;
	}
}

/* --- the socket ------------------------------------------------------------------------------------------------------------- */

/* The number of the group "events" in the list of a family's groups; 0: not there. */
static u32 find_group(const struct nlattr *groups)
{
	const struct nlattr *entry = attr_data(groups), *a;
	int left = attr_len(groups), inner;

	for (; attr_ok(entry, left); entry = attr_next(entry, &left)) {
		u32 id = 0;
		bool events = false;

		a = attr_data(entry);
		for (inner = attr_len(entry); attr_ok(a, inner); a = attr_next(a, &inner)) {
			if ((a->nla_type & MEMBER_NUMBER) == CTRL_ATTR_MCAST_GRP_ID)
				id = attr_u32(a);
			if ((a->nla_type & MEMBER_NUMBER) == CTRL_ATTR_MCAST_GRP_NAME)
				events = attr_len(a) == sizeof("events") && !memcmp(attr_data(a), "events", sizeof("events"));
		}
		if (events)
			return id;
	}
	return 0;
}

/* Asks the controller for the family (section 1). 0 or DRBD_NL_*. */
static int find_family(struct drbd_nl *nl)
{
	struct nlmsghdr *nlh;
	const struct nlattr *a;
	u32 version = 0, header_byte = 0;
	struct request r;
	int n, left;

	begin_request(&r, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	put_attr(&r, CTRL_ATTR_FAMILY_NAME, "drbd", sizeof("drbd"));
	n = send_bytes(nl, &r);
	if (!n)
		n = next_answer(nl, GENL_ID_CTRL, &nlh);
	if (n != 1)
		return n == -ENOENT ? DRBD_NL_NO_FAMILY : DRBD_NL_FAILED;
	left = (int)nlh->nlmsg_len - (int)NLMSG_LENGTH(GENL_HDRLEN);
	a = (const struct nlattr *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN);
	for (; attr_ok(a, left); a = attr_next(a, &left))
		switch (a->nla_type & MEMBER_NUMBER) {
		case CTRL_ATTR_FAMILY_ID:
			nl->family = (u16)attr_u32(a);
			break;
		case CTRL_ATTR_VERSION:
			version = attr_u32(a);
			break;
		case CTRL_ATTR_HDRSIZE:
			header_byte = attr_u32(a);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			nl->group = find_group(a);
			break;
		}
	return version == DRBD_API_VERSION && header_byte == HEADER_BYTE && nl->group ? 0 : DRBD_NL_API_MISMATCH;
}

static int open_socket(struct drbd_nl *nl)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	int size = SOCKET_BYTE;

	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return -1;
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(nl->fd, (struct sockaddr *)&addr, sizeof(addr)) || getsockname(nl->fd, (struct sockaddr *)&addr, &len)) {
		close(nl->fd);
		return -1;
	}
	nl->port = addr.nl_pid;
	return 0;
}

int drbd_nl_open(struct drbd_nl **out)
{
	struct drbd_nl *nl = calloc(1, sizeof(*nl));
	int err = DRBD_NL_FAILED;

	if (!nl || open_socket(nl))
		goto free_nl;
	nl->seq = (u32)time(NULL);
	err = find_family(nl);
	if (err)
		goto close_socket;
	*out = nl;
	return 0;

close_socket:
	close(nl->fd);
free_nl:
	free(nl);
	return err;
}

void drbd_nl_close(struct drbd_nl *nl)
{
	if (!nl)
		return;
	close(nl->fd);
	free(nl);
}
