// SPDX-License-Identifier: GPL-2.0-only
/* drbdsetup's netlink: one table of members for what is only ever received, the option tables for the rest. */
#include "drbd-like/user/setup_nl.h"

#include <assert.h>
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER_BYTE = 8,		/* of the family: minor, flags or ret_code */
	REPLY_TIMEOUT_MS = 120 * 1000,
	BUFFER_BYTE = 1 << 20,		/* of the socket: bursts of events must fit */
	ANSWER_BYTE = 32 << 10
};
/* Section 2: "reject my message if you do not know this number". */
#define MEMBER_MANDATORY	0x4000
#define MEMBER_NUMBER		0x3fff

struct drbd_nl {
	struct nl_sock *sock;
	int family, group;
	unsigned int seq;
	/* what is left of the last datagram */
	unsigned char *buf;
	struct nlmsghdr *next;
	int left;
};

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
	size_t len = strnlen(nla_data(a), nla_len(a));

	if (len >= size)
		return -EBADMSG;
	memcpy(to, nla_data(a), len);
	to[len] = '\0';
	return 0;
}

static int get_member(const struct member *f, const struct nlattr *a, struct drbd_nl_msg *m)
{
	u8 *to = (u8 *)m + f->offset;
	struct drbd_addr *addr = (struct drbd_addr *)to;

	switch (f->type) {
	case 'n':
		if (nla_len(a) != f->size)
			return -EBADMSG;
		memcpy(to, nla_data(a), f->size);
		return 0;
	case 'b':
		if (nla_len(a) > f->size)
			return -EBADMSG;
		memcpy(to, nla_data(a), nla_len(a));
		return 0;
	case 'a':
		if (nla_len(a) > (int)sizeof(addr->sa))
			return -EBADMSG;
		addr->len = nla_len(a);
		memcpy(&addr->sa, nla_data(a), addr->len);
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
	if (nla_len(a) != opt->size)
		return -EBADMSG;
	if (opt->size == sizeof(wide)) {	/* attributes are aligned to 4 bytes only */
		memcpy(&wide, nla_data(a), sizeof(wide));
		drbd_opt_set(opt, conf, (s64)wide);
	} else {
		memcpy((u8 *)conf + opt->offset, nla_data(a), opt->size);
	}
	return 0;
}

/* The kernel's words, a line each; what does not fit any more is left out. */
static int add_info(const struct nlattr *a, struct drbd_nl_msg *m)
{
	size_t used = strlen(m->info), room = sizeof(m->info) - used - 1;

	snprintf(m->info + used, room + 1, "%s%.*s", used ? "\n" : "", nla_len(a), (const char *)nla_data(a));
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
	for (left = (int)nlh->nlmsg_len - fixed; nla_ok(set, left); set = nla_next(set, &left)) {
		tla = set->nla_type & MEMBER_NUMBER;
		if (!tla || tla >= TLA_NR)
			continue;
		if (option_sets[tla].offset)
			drbd_opts_default(option_sets[tla].ctx, (u8 *)m + option_sets[tla].offset);
		m->sets |= 1u << tla;
		a = nla_data(set);
		for (inner_left = nla_len(set); nla_ok(a, inner_left); a = nla_next(a, &inner_left)) {
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

static int put_member(struct nl_msg *msg, int nr, u8 flags, const void *data, size_t len)
{
	return nla_put(msg, nr | (flags & OF_M ? MEMBER_MANDATORY : 0), (int)len, data) < 0 ? -EMSGSIZE : 0;
}

static int put_context(struct nl_msg *msg, const struct drbd_nl_req *req)
{
	struct nlattr *nest;
	int err = 0;

	if (!req->resource && !req->volume && !req->my_addr)
		return 0;
	nest = nla_nest_start(msg, TLA_CFG_CONTEXT | NLA_F_NESTED);
	if (!nest)
		return -EMSGSIZE;
	if (req->resource)
		err = put_member(msg, 2, OF_M, req->resource, strlen(req->resource) + 1);
	if (!err && req->volume)
		err = put_member(msg, 1, OF_M, req->volume, sizeof(*req->volume));
	if (!err && req->my_addr)
		err = put_member(msg, 3, OF_M, &req->my_addr->sa, req->my_addr->len);
	if (!err && req->peer_addr)
		err = put_member(msg, 4, OF_M, &req->peer_addr->sa, req->peer_addr->len);
	nla_nest_end(msg, nest);
	return err;
}

static int put_options(struct nl_msg *msg, const struct drbd_nl_req *req)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[req->opt_ctx];
	struct nlattr *nest;
	int err = 0;
	u16 i;

	if (!req->given)	/* an empty set would be refused by some modules, and says nothing */
		return 0;
	nest = nla_nest_start(msg, ctx->tla | NLA_F_NESTED);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ctx->opts && !err; i++) {
		const struct drbd_opt *opt = &ctx->opt[i];
		const char *at = (const char *)req->conf + opt->offset;

		if (req->given >> i & 1)
			err = put_member(msg, opt->nr, opt->flags, at, opt->type == OPT_STR ? strlen(at) + 1 : opt->size);
	}
	nla_nest_end(msg, nest);
	return err;
}

static int send_request(struct drbd_nl *nl, const struct drbd_nl_req *req, int nlmsg_flags)
{
	struct nl_msg *msg = nlmsg_alloc();
	u32 *header;
	int err = -ENOMEM;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put(msg, NL_AUTO_PORT, ++nl->seq, nl->family, HEADER_BYTE, nlmsg_flags, req->cmd, DRBD_API_VERSION);
	if (!header)
		goto free_msg;
	header[0] = req->minor;
	header[1] = req->flags;
	err = put_context(msg, req);
	if (!err && req->opt_ctx >= 0)
		err = put_options(msg, req);
	if (!err) {
		errno = 0;
		err = nl_send_auto(nl->sock, msg) < 0 ? -(errno ? errno : EIO) : 0;
	}
free_msg:
	nlmsg_free(msg);
	return err;
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

static int wait_readable(struct drbd_nl *nl, int timeout_ms)
{
	struct pollfd p = { .fd = nl_socket_get_fd(nl->sock), .events = POLLIN };
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
	int n;

	for (;;) {
		if (nl->buf && nlmsg_ok(nl->next, nl->left)) {
			*nlh = nl->next;
			nl->next = nlmsg_next(nl->next, &nl->left);
			return 1;
		}
		free(nl->buf);
		nl->buf = NULL;
		n = wait_readable(nl, timeout_ms);
		if (n <= 0)
			return n;
		errno = 0;
		n = nl_recv(nl->sock, &from, &nl->buf, NULL);
		if (n <= 0) {
			nl->buf = NULL;
			if (n < 0 && errno == EAGAIN)
				continue;
			return n == -NLE_MSG_TRUNC ? -EMSGSIZE : errno ? -errno : -ENOBUFS;
		}
		nl->next = (struct nlmsghdr *)nl->buf;
		nl->left = from.nl_pid == 0 ? n : 0;	/* what other processes send is not for us */
	}
}

/* The errno of an NLMSG_ERROR or NLMSG_DONE. */
static int error_of(const struct nlmsghdr *nlh)
{
	int err;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(err))
		return nlh->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&err, nlmsg_data(nlh), sizeof(err));
	return err > 0 ? -EBADMSG : err;
}

/* The next message that answers the last request: 1: *m; 0: end of the dump; negative errno. */
static int next_answer(struct drbd_nl *nl, struct drbd_nl_msg *m)
{
	struct nlmsghdr *nlh = NULL;
	int n;

	for (;;) {
		n = next_message(nl, REPLY_TIMEOUT_MS, &nlh);
		if (n <= 0)
			return n ? n : -ETIMEDOUT;
		assert(nlh);
		if (nlh->nlmsg_seq != nl->seq)
			continue;	/* the late answer to an earlier request */
		if (nlh->nlmsg_type == NLMSG_DONE)
			return error_of(nlh);
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			n = error_of(nlh);
			if (n)
				return n;
			continue;
		}
		if (nlh->nlmsg_type != nl->family)
			continue;
		n = drbd_nl_parse(nlh, m);
		return n ? n : 1;
	}
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
	n = next_answer(nl, answer);
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
	while ((n = next_answer(nl, m)) == 1) {
		n = fn(m, arg);
		if (n)
			break;
	}
	free(m);
	return n;
}

int drbd_nl_subscribe(struct drbd_nl *nl)
{
	errno = 0;
	return nl_socket_add_membership(nl->sock, nl->group) < 0 ? -(errno ? errno : EIO) : 0;
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

/* --- the connection --------------------------------------------------------------------------------------------------------- */

static int find_family(struct drbd_nl *nl)
{
	struct nl_cache *cache;
	struct genl_family *family;
	int err = 0;

	if (genl_ctrl_alloc_cache(nl->sock, &cache) < 0)
		return DRBD_NL_FAILED;
	family = genl_ctrl_search_by_name(cache, "drbd");
	if (!family) {
		err = DRBD_NL_NO_FAMILY;
	} else {
		nl->family = genl_family_get_id(family);
		if (genl_family_get_version(family) != DRBD_API_VERSION || genl_family_get_hdrsize(family) != HEADER_BYTE)
			err = DRBD_NL_API_MISMATCH;
		nl_object_put((struct nl_object *)family);
	}
	nl_cache_free(cache);
	if (err)
		return err;
	nl->group = genl_ctrl_resolve_grp(nl->sock, "drbd", "events");
	return nl->group < 0 ? DRBD_NL_API_MISMATCH : 0;
}

int drbd_nl_open(struct drbd_nl **out)
{
	struct drbd_nl *nl = calloc(1, sizeof(*nl));
	int err = DRBD_NL_FAILED;

	if (!nl)
		return err;
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		goto free_nl;
	nl_socket_disable_auto_ack(nl->sock);
	if (genl_connect(nl->sock) < 0)
		goto free_sock;
	err = find_family(nl);
	if (err)
		goto free_sock;
	nl_socket_disable_seq_check(nl->sock);
	nl_socket_set_buffer_size(nl->sock, BUFFER_BYTE, 0);
	nl_socket_set_msg_buf_size(nl->sock, ANSWER_BYTE);
	nl_socket_disable_msg_peek(nl->sock);
	if (nl_socket_set_nonblocking(nl->sock) < 0) {
		err = DRBD_NL_FAILED;
		goto free_sock;
	}
	nl->seq = (unsigned int)time(NULL);
	*out = nl;
	return 0;

free_sock:
	nl_socket_free(nl->sock);
free_nl:
	free(nl);
	return err;
}

void drbd_nl_close(struct drbd_nl *nl)
{
	if (!nl)
		return;
	free(nl->buf);
	nl_socket_free(nl->sock);
	free(nl);
}
