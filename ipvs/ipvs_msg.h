/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: IPVS requests into netlink messages and netlink answers into structs (ipvsadm.md 11). No socket here: see ipvs_nl.h.
 */
#ifndef IPVS_MSG_H
#define IPVS_MSG_H

#include <netlink/msg.h>

#include "ipvs/ipvs_types.h"

enum { IPVS_MSG_MAX_BYTE = 512 }; /* the longest request is well below */

/* What can be asked for. A dump is answered by several messages and NLMSG_DONE. */
enum ipvs_query {
	IPVS_Q_INFO,
	IPVS_Q_TIMEOUTS,
	IPVS_Q_SERVICE,	 /* one, by identity */
	IPVS_Q_SERVICES, /* dump */
	IPVS_Q_DESTS,	 /* dump of one service's */
	IPVS_Q_DAEMONS,	 /* dump */
	IPVS_QUERIES,
};

/* Writes a request for family into an empty msg. 0 or -EMSGSIZE (msg is too small). */
int ipvs_msg_change(struct nl_msg *msg, int family, uint32_t seq, const struct ipvs_change *change);
/* svc: for IPVS_Q_SERVICE and IPVS_Q_DESTS its identity, else unused. */
int ipvs_msg_query(struct nl_msg *msg, int family, uint32_t seq, enum ipvs_query query, const struct ipvs_service *svc);

/*
 * Read one answer, a netlink message whose nlmsg_len has been checked against its buffer. 0, or -EBADMSG for one that is
 * cut short, lacks what it must have, or holds something else; the out-value is then as it was.
 */
int ipvs_msg_info(const struct nlmsghdr *nlh, struct ipvs_info *info);
int ipvs_msg_timeouts(const struct nlmsghdr *nlh, struct ipvs_timeouts *timeouts);
int ipvs_msg_service(const struct nlmsghdr *nlh, struct ipvs_service *svc);
/* svc_af: the family of servers from kernels that do not name it */
int ipvs_msg_dest(const struct nlmsghdr *nlh, uint16_t svc_af, struct ipvs_dest *dest);
int ipvs_msg_daemon(const struct nlmsghdr *nlh, struct ipvs_daemon *daemon);

#endif
