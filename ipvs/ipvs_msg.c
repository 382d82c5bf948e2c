/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPVS requests and answers, by attribute (ipvsadm.md 11). Answers come from outside: every length is checked against
 * a policy, what must be there is asked for by a bit mask. libnl's own nla_parse takes five times as long, and a list of
 * 1,000 services with 10 servers has 22,000 nests.
 */
#include "ipvs/ipvs_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "ipvs/ipvs_proto.h"

enum { /* what a request carries */
	HAS_SVC_ID = 1,
	HAS_SVC = 2 | HAS_SVC_ID,
	HAS_DEST_ID = 4,
	HAS_DEST = 8 | HAS_DEST_ID,
	HAS_DAEMON_ID = 16,
	HAS_DAEMON = 32 | HAS_DAEMON_ID,
	HAS_TIMEOUTS = 64,
};

static const struct {
	uint8_t cmd, has;
} change_rows[IPVS_OPS] = {
	[IPVS_OP_ADD_SERVICE] = {IPVS_CMD_NEW_SERVICE, HAS_SVC},
	[IPVS_OP_EDIT_SERVICE] = {IPVS_CMD_SET_SERVICE, HAS_SVC},
	[IPVS_OP_DEL_SERVICE] = {IPVS_CMD_DEL_SERVICE, HAS_SVC_ID},
	[IPVS_OP_FLUSH] = {IPVS_CMD_FLUSH, 0},
	[IPVS_OP_ZERO] = {IPVS_CMD_ZERO, 0},
	[IPVS_OP_ZERO_SERVICE] = {IPVS_CMD_ZERO, HAS_SVC_ID},
	[IPVS_OP_ADD_DEST] = {IPVS_CMD_NEW_DEST, HAS_SVC_ID | HAS_DEST},
	[IPVS_OP_EDIT_DEST] = {IPVS_CMD_SET_DEST, HAS_SVC_ID | HAS_DEST},
	[IPVS_OP_DEL_DEST] = {IPVS_CMD_DEL_DEST, HAS_SVC_ID | HAS_DEST_ID},
	[IPVS_OP_SET_TIMEOUTS] = {IPVS_CMD_SET_CONFIG, HAS_TIMEOUTS},
	[IPVS_OP_START_DAEMON] = {IPVS_CMD_NEW_DAEMON, HAS_DAEMON},
	[IPVS_OP_STOP_DAEMON] = {IPVS_CMD_DEL_DAEMON, HAS_DAEMON_ID},
};

static const struct {
	uint8_t cmd, has;
	uint16_t flags;
} query_rows[IPVS_QUERIES] = {
	[IPVS_Q_INFO] = {IPVS_CMD_GET_INFO, 0, 0},
	[IPVS_Q_TIMEOUTS] = {IPVS_CMD_GET_CONFIG, 0, 0},
	[IPVS_Q_SERVICE] = {IPVS_CMD_GET_SERVICE, HAS_SVC_ID, 0},
	[IPVS_Q_SERVICES] = {IPVS_CMD_GET_SERVICE, 0, NLM_F_DUMP},
	[IPVS_Q_DESTS] = {IPVS_CMD_GET_DEST, HAS_SVC_ID, NLM_F_DUMP},
	[IPVS_Q_DAEMONS] = {IPVS_CMD_GET_DAEMON, 0, NLM_F_DUMP},
};

/* A mark service is its family and mark alone. */
static int put_service(struct nl_msg *msg, const struct ipvs_service *svc, int has)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_A_SERVICE);
	uint32_t flags[2] = {svc->flags, ~0U};

	if (!nest)
		return -EMSGSIZE;
	NLA_PUT_U16(msg, IPVS_S_AF, svc->af);
	if (svc->fwmark) {
		NLA_PUT_U32(msg, IPVS_S_FWMARK, svc->fwmark);
	} else {
		NLA_PUT_U16(msg, IPVS_S_PROTOCOL, svc->protocol);
		NLA_PUT(msg, IPVS_S_ADDR, sizeof(svc->addr), &svc->addr);
		NLA_PUT_U16(msg, IPVS_S_PORT, htons(svc->port));
	}
	if (has == HAS_SVC) {
		NLA_PUT_STRING(msg, IPVS_S_SCHED_NAME, svc->sched);
		if (svc->pe[0])
			NLA_PUT_STRING(msg, IPVS_S_PE_NAME, svc->pe);
		NLA_PUT(msg, IPVS_S_FLAGS, sizeof(flags), flags);
		NLA_PUT_U32(msg, IPVS_S_TIMEOUT, svc->timeout_s);
		NLA_PUT_U32(msg, IPVS_S_NETMASK, svc->netmask);
	}
	nla_nest_end(msg, nest);
	return 0;

nla_put_failure:
	return -EMSGSIZE;
}

static int put_dest(struct nl_msg *msg, const struct ipvs_dest *dest, int has)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_A_DEST);

	if (!nest)
		return -EMSGSIZE;
	if (dest->af)
		NLA_PUT_U16(msg, IPVS_D_ADDR_FAMILY, dest->af);
	NLA_PUT(msg, IPVS_D_ADDR, sizeof(dest->addr), &dest->addr);
	NLA_PUT_U16(msg, IPVS_D_PORT, htons(dest->port));
	if (has == HAS_DEST) {
		NLA_PUT_U32(msg, IPVS_D_FWD_METHOD, dest->fwd & IPVS_FWD_MASK);
		NLA_PUT_U32(msg, IPVS_D_WEIGHT, dest->weight);
		NLA_PUT_U32(msg, IPVS_D_U_THRESH, dest->u_thresh);
		NLA_PUT_U32(msg, IPVS_D_L_THRESH, dest->l_thresh);
		if ((dest->fwd & IPVS_FWD_MASK) == IPVS_FWD_TUNNEL) {
			NLA_PUT_U8(msg, IPVS_D_TUN_TYPE, dest->tun_type);
			NLA_PUT_U16(msg, IPVS_D_TUN_PORT, htons(dest->tun_port));
			NLA_PUT_U16(msg, IPVS_D_TUN_FLAGS, dest->tun_flags);
		}
	}
	nla_nest_end(msg, nest);
	return 0;

nla_put_failure:
	return -EMSGSIZE;
}

static int put_daemon(struct nl_msg *msg, const struct ipvs_daemon *daemon, int has)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_A_DAEMON);

	if (!nest)
		return -EMSGSIZE;
	NLA_PUT_U32(msg, IPVS_N_STATE, daemon->state);
	NLA_PUT_STRING(msg, IPVS_N_MCAST_IFN, daemon->mcast_ifn);
	NLA_PUT_U32(msg, IPVS_N_SYNC_ID, daemon->syncid);
	if (has == HAS_DAEMON) {
		if (daemon->sync_maxlen)
			NLA_PUT_U16(msg, IPVS_N_SYNC_MAXLEN, daemon->sync_maxlen);
		if (daemon->mcast_af == AF_INET)
			NLA_PUT_U32(msg, IPVS_N_MCAST_GROUP, daemon->mcast_group.v4.s_addr);
		if (daemon->mcast_af == AF_INET6)
			NLA_PUT(msg, IPVS_N_MCAST_GROUP6, sizeof(daemon->mcast_group), &daemon->mcast_group);
		if (daemon->mcast_port)
			NLA_PUT_U16(msg, IPVS_N_MCAST_PORT, daemon->mcast_port);
		if (daemon->mcast_ttl)
			NLA_PUT_U8(msg, IPVS_N_MCAST_TTL, daemon->mcast_ttl);
	}
	nla_nest_end(msg, nest);
	return 0;

nla_put_failure:
	return -EMSGSIZE;
}

static int put_timeouts(struct nl_msg *msg, const struct ipvs_timeouts *timeouts)
{
	NLA_PUT_U32(msg, IPVS_A_TIMEOUT_TCP, timeouts->tcp);
	NLA_PUT_U32(msg, IPVS_A_TIMEOUT_TCP_FIN, timeouts->tcp_fin);
	NLA_PUT_U32(msg, IPVS_A_TIMEOUT_UDP, timeouts->udp);
	return 0;

nla_put_failure:
	return -EMSGSIZE;
}

static int put_header(struct nl_msg *msg, int family, uint32_t seq, int flags, int cmd)
{
	return genlmsg_put(msg, NL_AUTO_PORT, seq, family, 0, flags | NLM_F_REQUEST, cmd, IPVS_FAMILY_VERSION)
		       ? 0 : -EMSGSIZE;
}

int ipvs_msg_change(struct nl_msg *msg, int family, uint32_t seq, const struct ipvs_change *change)
{
	int has = change_rows[change->op].has, err;

	err = put_header(msg, family, seq, 0, change_rows[change->op].cmd);
	if (!err && (has & HAS_SVC_ID))
		err = put_service(msg, &change->svc, has & HAS_SVC);
	if (!err && (has & HAS_DEST_ID))
		err = put_dest(msg, &change->dest, has & HAS_DEST);
	if (!err && (has & HAS_DAEMON_ID))
		err = put_daemon(msg, &change->daemon, has & HAS_DAEMON);
	if (!err && (has & HAS_TIMEOUTS))
		err = put_timeouts(msg, &change->timeouts);
	return err;
}

int ipvs_msg_query(struct nl_msg *msg, int family, uint32_t seq, enum ipvs_query query, const struct ipvs_service *svc)
{
	int err = put_header(msg, family, seq, query_rows[query].flags, query_rows[query].cmd);

	if (!err && query_rows[query].has)
		err = put_service(msg, svc, HAS_SVC_ID);
	return err;
}

/* Of the content of an attribute: at least min bytes; name: a text with its NUL, in at most so many. */
struct policy {
	uint8_t min_byte, name_byte;
};

#define U8_ATTR {sizeof(uint8_t), 0}
#define U16_ATTR {sizeof(uint16_t), 0}
#define U32_ATTR {sizeof(uint32_t), 0}
#define BYTES_ATTR(n) {(n), 0}
#define NAME_ATTR(byte) {1, (byte)}
#define NEST_ATTR {0, 0}
#define BIT(attr) (1U << (attr))

static const struct policy top_policy[IPVS_A_MAX + 1] = {
	[IPVS_A_SERVICE] = NEST_ATTR,
	[IPVS_A_DEST] = NEST_ATTR,
	[IPVS_A_DAEMON] = NEST_ATTR,
	[IPVS_A_TIMEOUT_TCP] = U32_ATTR,
	[IPVS_A_TIMEOUT_TCP_FIN] = U32_ATTR,
	[IPVS_A_TIMEOUT_UDP] = U32_ATTR,
};

static const struct policy service_policy[IPVS_S_MAX + 1] = {
	[IPVS_S_AF] = U16_ATTR,
	[IPVS_S_PROTOCOL] = U16_ATTR,
	[IPVS_S_ADDR] = BYTES_ATTR(sizeof(union ipvs_addr)),
	[IPVS_S_PORT] = U16_ATTR,
	[IPVS_S_FWMARK] = U32_ATTR,
	[IPVS_S_SCHED_NAME] = NAME_ATTR(IPVS_SCHED_BYTE),
	[IPVS_S_FLAGS] = BYTES_ATTR(2 * sizeof(uint32_t)),
	[IPVS_S_TIMEOUT] = U32_ATTR,
	[IPVS_S_NETMASK] = U32_ATTR,
	[IPVS_S_STATS] = NEST_ATTR,
	[IPVS_S_PE_NAME] = NAME_ATTR(IPVS_PE_BYTE),
	[IPVS_S_STATS64] = NEST_ATTR,
};

static const struct policy dest_policy[IPVS_D_MAX + 1] = {
	[IPVS_D_ADDR] = BYTES_ATTR(sizeof(union ipvs_addr)),
	[IPVS_D_PORT] = U16_ATTR,
	[IPVS_D_FWD_METHOD] = U32_ATTR,
	[IPVS_D_WEIGHT] = U32_ATTR,
	[IPVS_D_U_THRESH] = U32_ATTR,
	[IPVS_D_L_THRESH] = U32_ATTR,
	[IPVS_D_ACTIVE_CONNS] = U32_ATTR,
	[IPVS_D_INACT_CONNS] = U32_ATTR,
	[IPVS_D_PERSIST_CONNS] = U32_ATTR,
	[IPVS_D_STATS] = NEST_ATTR,
	[IPVS_D_ADDR_FAMILY] = U16_ATTR,
	[IPVS_D_STATS64] = NEST_ATTR,
	[IPVS_D_TUN_TYPE] = U8_ATTR,
	[IPVS_D_TUN_PORT] = U16_ATTR,
	[IPVS_D_TUN_FLAGS] = U16_ATTR,
};

static const struct policy daemon_policy[IPVS_N_MAX + 1] = {
	[IPVS_N_STATE] = U32_ATTR,
	[IPVS_N_MCAST_IFN] = NAME_ATTR(IPVS_IFNAME_BYTE),
	[IPVS_N_SYNC_ID] = U32_ATTR,
	[IPVS_N_SYNC_MAXLEN] = U16_ATTR,
	[IPVS_N_MCAST_GROUP] = U32_ATTR,
	[IPVS_N_MCAST_GROUP6] = BYTES_ATTR(sizeof(union ipvs_addr)),
	[IPVS_N_MCAST_PORT] = U16_ATTR,
	[IPVS_N_MCAST_TTL] = U8_ATTR,
};

static const struct policy info_policy[IPVS_I_MAX + 1] = {
	[IPVS_I_VERSION] = U32_ATTR,
	[IPVS_I_CONN_TAB_SIZE] = U32_ATTR,
};

/* All bits of must are attributes that were found. */
static int have(struct nlattr *const *tb, int max, uint32_t must)
{
	int attr;

	for (attr = 1; attr <= max; attr++)
		if ((must & BIT(attr)) && !tb[attr])
			return 0;
	return 1;
}

static bool fits(const struct nlattr *attr, size_t byte, const struct policy *policy)
{
	if (byte < policy->min_byte)
		return false;
	return !policy->name_byte || (byte <= policy->name_byte && !((const char *)(attr + 1))[byte - 1]);
}

/* Attributes in byte bytes at attr: tb[type] is the last of that type, NULL for none. Unknown types are passed over. */
static int parse(struct nlattr **tb, int max, struct nlattr *attr, size_t byte, const struct policy *policy)
{
	size_t step;
	int type;

	memset(tb, 0, (size_t)(max + 1) * sizeof(*tb));
	for (; byte >= sizeof(*attr); byte -= step, attr = (struct nlattr *)((char *)attr + step)) {
		if (attr->nla_len < sizeof(*attr) || attr->nla_len > byte)
			return -EBADMSG;
		type = attr->nla_type & NLA_TYPE_MASK;
		if (type > 0 && type <= max) {
			if (policy && !fits(attr, attr->nla_len - sizeof(*attr), &policy[type]))
				return -EBADMSG;
			tb[type] = attr;
		}
		step = (size_t)NLA_ALIGN(attr->nla_len);
		if (step > byte)
			step = byte;
	}
	return 0;
}

static int parse_top(const struct nlmsghdr *nlh, struct nlattr **tb, int max, const struct policy *policy)
{
	const uint32_t head = (uint32_t)nlmsg_size(GENL_HDRLEN);

	if (nlh->nlmsg_len < head)
		return -EBADMSG;
	return parse(tb, max, (struct nlattr *)((char *)nlh + head), nlh->nlmsg_len - head, policy);
}

static int parse_nest(struct nlattr **tb, int max, struct nlattr *nest, const struct policy *policy, uint32_t must)
{
	if (!nest || parse(tb, max, nest + 1, nest->nla_len - sizeof(*nest), policy) || !have(tb, max, must))
		return -EBADMSG;
	return 0;
}

/* STATS has u32 but for the byte counters, STATS64 u64 throughout; a number of either width is read by its length. */
static int parse_stats(struct nlattr *stats64, struct nlattr *stats32, struct ipvs_stats *stats)
{
	uint64_t *const number[IPVS_T_MAX + 1] = {
		NULL,	       &stats->conns,  &stats->inpkts, &stats->outpkts, &stats->inbytes, &stats->outbytes,
		&stats->cps, &stats->inpps, &stats->outpps, &stats->inbps,   &stats->outbps,
	};
	struct nlattr *tb[IPVS_T_MAX + 1];
	struct nlattr *nest = stats64 ? stats64 : stats32;
	int t;

	memset(stats, 0, sizeof(*stats));
	if (!nest)
		return 0;
	if (parse_nest(tb, IPVS_T_MAX, nest, NULL, 0))
		return -EBADMSG;
	for (t = 1; t <= IPVS_T_MAX; t++) {
		if (!tb[t] || nla_len(tb[t]) < (int)sizeof(uint32_t))
			return -EBADMSG;
		if (nla_len(tb[t]) >= (int)sizeof(uint64_t))
			memcpy(number[t], nla_data(tb[t]), sizeof(uint64_t));
		else
			*number[t] = nla_get_u32(tb[t]);
	}
	return 0;
}

/* The kernel leaves the rest of 16 bytes as it finds it when the address is IPv4. */
static void get_addr(union ipvs_addr *addr, struct nlattr *attr, int af)
{
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, nla_data(attr), af == AF_INET ? sizeof(addr->v4) : sizeof(addr->v6));
}

int ipvs_msg_info(const struct nlmsghdr *nlh, struct ipvs_info *info)
{
	struct nlattr *tb[IPVS_I_MAX + 1];

	if (parse_top(nlh, tb, IPVS_I_MAX, info_policy) || !have(tb, IPVS_I_MAX, BIT(IPVS_I_VERSION) | BIT(IPVS_I_CONN_TAB_SIZE)))
		return -EBADMSG;
	info->version = nla_get_u32(tb[IPVS_I_VERSION]);
	info->conn_tab_size = nla_get_u32(tb[IPVS_I_CONN_TAB_SIZE]);
	return 0;
}

int ipvs_msg_timeouts(const struct nlmsghdr *nlh, struct ipvs_timeouts *timeouts)
{
	static const struct ipvs_timeouts unset;
	struct nlattr *tb[IPVS_A_MAX + 1];

	if (parse_top(nlh, tb, IPVS_A_MAX, top_policy))
		return -EBADMSG;
	*timeouts = unset; /* a kernel without TCP or UDP balancing leaves theirs out */
	if (tb[IPVS_A_TIMEOUT_TCP])
		timeouts->tcp = nla_get_u32(tb[IPVS_A_TIMEOUT_TCP]);
	if (tb[IPVS_A_TIMEOUT_TCP_FIN])
		timeouts->tcp_fin = nla_get_u32(tb[IPVS_A_TIMEOUT_TCP_FIN]);
	if (tb[IPVS_A_TIMEOUT_UDP])
		timeouts->udp = nla_get_u32(tb[IPVS_A_TIMEOUT_UDP]);
	return 0;
}

int ipvs_msg_service(const struct nlmsghdr *nlh, struct ipvs_service *svc)
{
	const uint32_t must = BIT(IPVS_S_AF) | BIT(IPVS_S_SCHED_NAME) | BIT(IPVS_S_FLAGS) | BIT(IPVS_S_TIMEOUT) |
			      BIT(IPVS_S_NETMASK);
	const uint32_t must_addr = BIT(IPVS_S_PROTOCOL) | BIT(IPVS_S_ADDR) | BIT(IPVS_S_PORT);
	struct nlattr *top[IPVS_A_MAX + 1], *tb[IPVS_S_MAX + 1];
	struct ipvs_service got;

	if (parse_top(nlh, top, IPVS_A_MAX, top_policy) ||
	    parse_nest(tb, IPVS_S_MAX, top[IPVS_A_SERVICE], service_policy, must) ||
	    (!tb[IPVS_S_FWMARK] && !have(tb, IPVS_S_MAX, must_addr)))
		return -EBADMSG;
	memset(&got, 0, sizeof(got));
	got.af = nla_get_u16(tb[IPVS_S_AF]);
	if (tb[IPVS_S_FWMARK]) {
		got.fwmark = nla_get_u32(tb[IPVS_S_FWMARK]);
	} else {
		got.protocol = nla_get_u16(tb[IPVS_S_PROTOCOL]);
		get_addr(&got.addr, tb[IPVS_S_ADDR], got.af);
		got.port = ntohs(nla_get_u16(tb[IPVS_S_PORT]));
	}
	nla_strlcpy(got.sched, tb[IPVS_S_SCHED_NAME], sizeof(got.sched));
	if (tb[IPVS_S_PE_NAME])
		nla_strlcpy(got.pe, tb[IPVS_S_PE_NAME], sizeof(got.pe));
	memcpy(&got.flags, nla_data(tb[IPVS_S_FLAGS]), sizeof(got.flags));
	got.timeout_s = nla_get_u32(tb[IPVS_S_TIMEOUT]);
	got.netmask = nla_get_u32(tb[IPVS_S_NETMASK]);
	if (parse_stats(tb[IPVS_S_STATS64], tb[IPVS_S_STATS], &got.stats))
		return -EBADMSG;
	*svc = got;
	return 0;
}

int ipvs_msg_dest(const struct nlmsghdr *nlh, uint16_t svc_af, struct ipvs_dest *dest)
{
	const uint32_t must = BIT(IPVS_D_ADDR) | BIT(IPVS_D_PORT) | BIT(IPVS_D_FWD_METHOD) | BIT(IPVS_D_WEIGHT) |
			      BIT(IPVS_D_U_THRESH) | BIT(IPVS_D_L_THRESH) | BIT(IPVS_D_ACTIVE_CONNS) |
			      BIT(IPVS_D_INACT_CONNS) | BIT(IPVS_D_PERSIST_CONNS);
	struct nlattr *top[IPVS_A_MAX + 1], *tb[IPVS_D_MAX + 1];
	struct ipvs_dest got;

	if (parse_top(nlh, top, IPVS_A_MAX, top_policy) ||
	    parse_nest(tb, IPVS_D_MAX, top[IPVS_A_DEST], dest_policy, must))
		return -EBADMSG;
	memset(&got, 0, sizeof(got));
	got.af = tb[IPVS_D_ADDR_FAMILY] ? nla_get_u16(tb[IPVS_D_ADDR_FAMILY]) : svc_af;
	get_addr(&got.addr, tb[IPVS_D_ADDR], got.af);
	got.port = ntohs(nla_get_u16(tb[IPVS_D_PORT]));
	got.fwd = nla_get_u32(tb[IPVS_D_FWD_METHOD]);
	got.weight = nla_get_u32(tb[IPVS_D_WEIGHT]);
	got.u_thresh = nla_get_u32(tb[IPVS_D_U_THRESH]);
	got.l_thresh = nla_get_u32(tb[IPVS_D_L_THRESH]);
	got.active_conns = nla_get_u32(tb[IPVS_D_ACTIVE_CONNS]);
	got.inact_conns = nla_get_u32(tb[IPVS_D_INACT_CONNS]);
	got.persist_conns = nla_get_u32(tb[IPVS_D_PERSIST_CONNS]);
	if (tb[IPVS_D_TUN_TYPE])
		got.tun_type = nla_get_u8(tb[IPVS_D_TUN_TYPE]);
	if (tb[IPVS_D_TUN_PORT])
		got.tun_port = ntohs(nla_get_u16(tb[IPVS_D_TUN_PORT]));
	if (tb[IPVS_D_TUN_FLAGS])
		got.tun_flags = nla_get_u16(tb[IPVS_D_TUN_FLAGS]);
	if (parse_stats(tb[IPVS_D_STATS64], tb[IPVS_D_STATS], &got.stats))
		return -EBADMSG;
	*dest = got;
	return 0;
}

int ipvs_msg_daemon(const struct nlmsghdr *nlh, struct ipvs_daemon *daemon)
{
	const uint32_t must = BIT(IPVS_N_STATE) | BIT(IPVS_N_MCAST_IFN) | BIT(IPVS_N_SYNC_ID);
	struct nlattr *top[IPVS_A_MAX + 1], *tb[IPVS_N_MAX + 1];
	struct ipvs_daemon got;

	if (parse_top(nlh, top, IPVS_A_MAX, top_policy) ||
	    parse_nest(tb, IPVS_N_MAX, top[IPVS_A_DAEMON], daemon_policy, must))
		return -EBADMSG;
	memset(&got, 0, sizeof(got));
	got.state = nla_get_u32(tb[IPVS_N_STATE]);
	nla_strlcpy(got.mcast_ifn, tb[IPVS_N_MCAST_IFN], sizeof(got.mcast_ifn));
	got.syncid = nla_get_u32(tb[IPVS_N_SYNC_ID]);
	if (tb[IPVS_N_SYNC_MAXLEN])
		got.sync_maxlen = nla_get_u16(tb[IPVS_N_SYNC_MAXLEN]);
	if (tb[IPVS_N_MCAST_GROUP]) {
		got.mcast_af = AF_INET;
		got.mcast_group.v4.s_addr = nla_get_u32(tb[IPVS_N_MCAST_GROUP]);
	} else if (tb[IPVS_N_MCAST_GROUP6]) {
		got.mcast_af = AF_INET6;
		get_addr(&got.mcast_group, tb[IPVS_N_MCAST_GROUP6], AF_INET6);
	}
	if (tb[IPVS_N_MCAST_PORT])
		got.mcast_port = nla_get_u16(tb[IPVS_N_MCAST_PORT]);
	if (tb[IPVS_N_MCAST_TTL])
		got.mcast_ttl = nla_get_u8(tb[IPVS_N_MCAST_TTL]);
	*daemon = got;
	return 0;
}
