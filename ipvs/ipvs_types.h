/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual services, real servers and what changes them, as all of ipvs/ and ldirectord know them. Ports and marks are in
 * host order, addresses as struct in_addr and in6_addr hold them.
 */
#ifndef IPVS_TYPES_H
#define IPVS_TYPES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	IPVS_SCHED_BYTE = 16, /* names with their NUL */
	IPVS_PE_BYTE = 17,
	IPVS_IFNAME_BYTE = 16,
};

enum { /* ipvs_service.flags */
	IPVS_F_PERSISTENT = 0x1,
	IPVS_F_HASHED = 0x2, /* the kernel's own */
	IPVS_F_ONEPACKET = 0x4,
	IPVS_F_SCHED1 = 0x8, /* sh-fallback, mh-fallback */
	IPVS_F_SCHED2 = 0x10, /* sh-port, mh-port */
	IPVS_F_SCHED3 = 0x20,
	IPVS_F_SCHED = IPVS_F_SCHED1 | IPVS_F_SCHED2 | IPVS_F_SCHED3,
};

enum ipvs_fwd {
	IPVS_FWD_MASQ,
	IPVS_FWD_LOCAL,
	IPVS_FWD_TUNNEL,
	IPVS_FWD_ROUTE,
	IPVS_FWD_BYPASS,
	IPVS_FWD_MASK = 7,
};

enum ipvs_tun { IPVS_TUN_IPIP, IPVS_TUN_GUE, IPVS_TUN_GRE };
enum ipvs_tun_flags { IPVS_TUN_NOCSUM, IPVS_TUN_CSUM, IPVS_TUN_REMCSUM };
enum ipvs_sync_state { IPVS_SYNC_MASTER = 1, IPVS_SYNC_BACKUP = 2 };

union ipvs_addr {
	struct in_addr v4;
	struct in6_addr v6;
	uint32_t word[4]; /* network order; IPv4 in the first, the others then 0 */
};

/* In the order of IPVS_T_*; packets, bytes and connections since start or zero, then rates per second. */
struct ipvs_stats {
	uint64_t conns, inpkts, outpkts, inbytes, outbytes;
	uint64_t cps, inpps, outpps, inbps, outbps;
};

/* Identified by af and fwmark, or, where fwmark is 0, by af, protocol, addr and port. */
struct ipvs_service {
	uint16_t af;	   /* AF_INET or AF_INET6 */
	uint16_t protocol; /* IPPROTO_TCP, _UDP, _SCTP */
	union ipvs_addr addr;
	uint16_t port;
	uint32_t fwmark;
	char sched[IPVS_SCHED_BYTE];
	char pe[IPVS_PE_BYTE]; /* empty: none */
	uint32_t flags;	       /* IPVS_F_* */
	uint32_t timeout_s;    /* of persistence */
	uint32_t netmask;      /* IPv4: mask in network order; IPv6: prefix length 1..128 */
	struct ipvs_stats stats;
	uint32_t line; /* of the file that names it; 0: none */
};

/* Identified by af, addr and port within its service. */
struct ipvs_dest {
	uint16_t af; /* 0 in a request: that of the service */
	union ipvs_addr addr;
	uint16_t port;
	uint32_t fwd; /* enum ipvs_fwd */
	uint32_t weight;
	uint32_t u_thresh, l_thresh; /* connections; 0: no limit */
	uint8_t tun_type;	     /* enum ipvs_tun; this and the next two count for IPVS_FWD_TUNNEL only */
	uint16_t tun_port;
	uint16_t tun_flags;				/* enum ipvs_tun_flags */
	uint32_t active_conns, inact_conns, persist_conns; /* of answers */
	struct ipvs_stats stats;
	uint32_t line; /* as in ipvs_service */
};

struct ipvs_daemon {
	uint32_t state; /* enum ipvs_sync_state */
	char mcast_ifn[IPVS_IFNAME_BYTE];
	uint32_t syncid;
	uint16_t sync_maxlen; /* 0 here and below: not given */
	uint16_t mcast_af;
	union ipvs_addr mcast_group;
	uint16_t mcast_port;
	uint8_t mcast_ttl;
};

/* Seconds; 0 in a request: as it is. */
struct ipvs_timeouts {
	uint32_t tcp, tcp_fin, udp;
};

struct ipvs_info {
	uint32_t version; /* 0x010201: 1.2.1 */
	uint32_t conn_tab_size;
};

/* What can be done to the kernel's table; each reads the members of ipvs_change named behind it. */
enum ipvs_op {
	IPVS_OP_ADD_SERVICE,	/* svc */
	IPVS_OP_EDIT_SERVICE,	/* svc; replaces all but its identity */
	IPVS_OP_DEL_SERVICE,	/* svc: identity */
	IPVS_OP_FLUSH,		/* nothing */
	IPVS_OP_ZERO,		/* nothing: all services */
	IPVS_OP_ZERO_SERVICE,	/* svc: identity */
	IPVS_OP_ADD_DEST,	/* svc: identity, dest */
	IPVS_OP_EDIT_DEST,	/* the same; replaces all but its identity */
	IPVS_OP_DEL_DEST,	/* svc, dest: identities */
	IPVS_OP_SET_TIMEOUTS,	/* timeouts */
	IPVS_OP_START_DAEMON,	/* daemon */
	IPVS_OP_STOP_DAEMON,	/* daemon: state, mcast_ifn, syncid */
	IPVS_OPS,
};

struct ipvs_change {
	enum ipvs_op op;
	struct ipvs_service svc;
	struct ipvs_dest dest;
	struct ipvs_daemon daemon;
	struct ipvs_timeouts timeouts;
};

#endif
