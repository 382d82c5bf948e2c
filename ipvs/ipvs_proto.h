/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of the generic netlink family "IPVS" (ipvsadm.md 11). They stand here because <linux/ip_vs.h> of the oldest
 * supported systems lacks the later half of them.
 */
#ifndef IPVS_PROTO_H
#define IPVS_PROTO_H

enum { IPVS_FAMILY_VERSION = 1, IPVS_MIN_VERSION = 0x010104 };
#define IPVS_FAMILY_NAME "IPVS"

enum ipvs_nl_cmd {
	IPVS_CMD_NEW_SERVICE = 1,
	IPVS_CMD_SET_SERVICE,
	IPVS_CMD_DEL_SERVICE,
	IPVS_CMD_GET_SERVICE,
	IPVS_CMD_NEW_DEST,
	IPVS_CMD_SET_DEST,
	IPVS_CMD_DEL_DEST,
	IPVS_CMD_GET_DEST,
	IPVS_CMD_NEW_DAEMON,
	IPVS_CMD_DEL_DAEMON,
	IPVS_CMD_GET_DAEMON,
	IPVS_CMD_SET_CONFIG,
	IPVS_CMD_GET_CONFIG,
	IPVS_CMD_SET_INFO,
	IPVS_CMD_GET_INFO,
	IPVS_CMD_ZERO,
	IPVS_CMD_FLUSH,
};

enum { /* top level */
	IPVS_A_SERVICE = 1,
	IPVS_A_DEST,
	IPVS_A_DAEMON,
	IPVS_A_TIMEOUT_TCP,
	IPVS_A_TIMEOUT_TCP_FIN,
	IPVS_A_TIMEOUT_UDP,
	IPVS_A_MAX = IPVS_A_TIMEOUT_UDP,
};

enum { /* within IPVS_A_SERVICE */
	IPVS_S_AF = 1,
	IPVS_S_PROTOCOL,
	IPVS_S_ADDR, /* 16 bytes; IPv4 in the first 4 */
	IPVS_S_PORT, /* network order */
	IPVS_S_FWMARK,
	IPVS_S_SCHED_NAME,
	IPVS_S_FLAGS, /* struct { u32 flags, mask; } */
	IPVS_S_TIMEOUT,
	IPVS_S_NETMASK, /* IPv4: network order mask; IPv6: prefix length, host order */
	IPVS_S_STATS,
	IPVS_S_PE_NAME,
	IPVS_S_STATS64,
	IPVS_S_MAX = IPVS_S_STATS64,
};

enum { /* within IPVS_A_DEST */
	IPVS_D_ADDR = 1,
	IPVS_D_PORT, /* network order */
	IPVS_D_FWD_METHOD,
	IPVS_D_WEIGHT,
	IPVS_D_U_THRESH,
	IPVS_D_L_THRESH,
	IPVS_D_ACTIVE_CONNS,
	IPVS_D_INACT_CONNS,
	IPVS_D_PERSIST_CONNS,
	IPVS_D_STATS,
	IPVS_D_ADDR_FAMILY,
	IPVS_D_STATS64,
	IPVS_D_TUN_TYPE,
	IPVS_D_TUN_PORT, /* network order */
	IPVS_D_TUN_FLAGS,
	IPVS_D_MAX = IPVS_D_TUN_FLAGS,
};

enum { /* within IPVS_A_DAEMON */
	IPVS_N_STATE = 1,
	IPVS_N_MCAST_IFN,
	IPVS_N_SYNC_ID,
	IPVS_N_SYNC_MAXLEN,
	IPVS_N_MCAST_GROUP,
	IPVS_N_MCAST_GROUP6,
	IPVS_N_MCAST_PORT, /* host order */
	IPVS_N_MCAST_TTL,
	IPVS_N_MAX = IPVS_N_MCAST_TTL,
};

enum { /* within STATS and STATS64, in the order of struct ipvs_stats */
	IPVS_T_CONNS = 1,
	IPVS_T_INPKTS,
	IPVS_T_OUTPKTS,
	IPVS_T_INBYTES, /* this and the next are u64 in STATS too */
	IPVS_T_OUTBYTES,
	IPVS_T_CPS,
	IPVS_T_INPPS,
	IPVS_T_OUTPPS,
	IPVS_T_INBPS,
	IPVS_T_OUTBPS,
	IPVS_T_MAX = IPVS_T_OUTBPS,
};

enum { /* answers to GET_INFO */
	IPVS_I_VERSION = 1,
	IPVS_I_CONN_TAB_SIZE,
	IPVS_I_MAX = IPVS_I_CONN_TAB_SIZE,
};

#endif
