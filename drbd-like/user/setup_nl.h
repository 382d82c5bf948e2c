/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "drbd" as drbdsetup uses it: requests with their option sets, answers, dumps and events as
 * plain structures. Source: drbd-netlink.md; sections are quoted. Everything is in host byte order.
 */
#ifndef SETUP_NL_H
#define SETUP_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "drbd-like/core/drbd_options.h"

/* 3 */
enum drbd_nl_cmd {
	DRBD_EVENT = 1, DRBD_ADM_GET_STATUS, DRBD_ADM_NEW_MINOR = 5, DRBD_ADM_DEL_MINOR, DRBD_ADM_NEW_RESOURCE,
	DRBD_ADM_DEL_RESOURCE, DRBD_ADM_RESOURCE_OPTS, DRBD_ADM_CONNECT, DRBD_ADM_DISCONNECT, DRBD_ADM_ATTACH,
	DRBD_ADM_RESIZE, DRBD_ADM_PRIMARY, DRBD_ADM_SECONDARY, DRBD_ADM_NEW_C_UUID, DRBD_ADM_START_OV, DRBD_ADM_DETACH,
	DRBD_ADM_INVALIDATE, DRBD_ADM_INVAL_PEER, DRBD_ADM_PAUSE_SYNC, DRBD_ADM_RESUME_SYNC, DRBD_ADM_SUSPEND_IO,
	DRBD_ADM_RESUME_IO, DRBD_ADM_OUTDATE, DRBD_ADM_GET_TIMEOUT_TYPE, DRBD_ADM_DOWN, DRBD_ADM_CHG_DISK_OPTS,
	DRBD_ADM_CHG_NET_OPTS, DRBD_ADM_GET_RESOURCES, DRBD_ADM_GET_DEVICES, DRBD_ADM_GET_CONNECTIONS,
	DRBD_ADM_GET_PEER_DEVICES, DRBD_RESOURCE_STATE, DRBD_DEVICE_STATE, DRBD_CONNECTION_STATE, DRBD_PEER_DEVICE_STATE,
	DRBD_ADM_GET_INITIAL_STATE, DRBD_HELPER = 40, DRBD_INITIAL_STATE_DONE
};

/* 4: top-level attributes; those of option sets are drbd_opt_ctx[].tla */
enum drbd_tla {
	TLA_CFG_REPLY = 1, TLA_CFG_CONTEXT, TLA_DISK_CONF, TLA_RESOURCE_OPTS, TLA_NET_CONF, TLA_STATE_INFO = 8,
	TLA_TIMEOUT_PARMS = 11, TLA_RESOURCE_INFO = 15, TLA_DEVICE_INFO, TLA_CONNECTION_INFO, TLA_PEER_DEVICE_INFO,
	TLA_RESOURCE_STATISTICS, TLA_DEVICE_STATISTICS, TLA_CONNECTION_STATISTICS, TLA_PEER_DEVICE_STATISTICS,
	TLA_NOTIFICATION_HEADER, TLA_HELPER, TLA_NR
};

#define DRBD_NO_MINOR		0xffffffffu	/* 1: the message is not about one minor */
#define DRBD_SET_DEFAULTS	1u		/* flag of the family header */
#define DRBD_NAME_MAX		128		/* with the NUL */

enum drbd_sib_reason { SIB_STATUS = 1, SIB_STATE_CHANGE, SIB_HELPER_PRE, SIB_HELPER_POST, SIB_SYNC_PROGRESS };
enum drbd_notify { NOTIFY_EXISTS, NOTIFY_CREATE, NOTIFY_CHANGE, NOTIFY_DESTROY, NOTIFY_CALL, NOTIFY_RESPONSE };
#define NOTIFY_CONTINUES 0x8000u

struct drbd_addr {
	u32 len;		/* bytes of sa; 0: not set */
	union {
		struct sockaddr any;
		u8 bytes[128];
	} sa;
};

/* One message of the module. A set is there if its bit is in `sets`; a member that was not sent is 0. */
struct drbd_nl_msg {
	u8 cmd;
	u32 seq;
	u32 minor;
	s32 ret_code;
	u32 sets;			/* 1 << enum drbd_tla */
	char info[1024];		/* texts of CFG_REPLY, a line each */
	struct drbd_nl_context {
		u32 volume;
		char resource[DRBD_NAME_MAX];
		struct drbd_addr my_addr, peer_addr;
		bool has_volume;	/* false: the resource has no volumes */
	} ctx;
	struct drbd_disk_conf disk;
	struct drbd_resource_conf resource;
	struct drbd_net_conf net;
	struct drbd_timeout_conf timeout;
	struct drbd_state_info {
		u32 reason, state, prev_state, new_state, disk_flags, helper_exit_code;
		u32 ap_bio_cnt, ap_pending_cnt, rs_pending_cnt;
		u64 capacity_sect, ed_uuid, uuid[4];
		u64 bits_total, bits_oos, bits_rs_total, bits_rs_failed;
		u64 send_sect, recv_sect, read_sect, writ_sect, al_writ_cnt, bm_writ_cnt;
		char helper[32];
		bool has_uuids, has_bits_rs;
	} si;
	struct drbd_resource_info { u32 role; u8 susp, susp_nod, susp_fen; } resource_info;
	struct drbd_device_info { u32 disk; } device_info;
	struct drbd_connection_info { u32 conn, peer_role; } connection_info;
	struct drbd_peer_device_info { u32 repl, peer_disk, susp_user, susp_peer, susp_dependency; } peer_device_info;
	struct drbd_resource_statistics { u32 write_ordering; } resource_stat;
	struct drbd_device_statistics {
		u64 size_sect, read_sect, writ_sect, al_writes, bm_writes;
		u32 upper_pending, lower_pending;
		u8 upper_blocked, lower_blocked, al_suspended;
	} device_stat;
	struct drbd_connection_statistics { u8 congested; } connection_stat;
	struct drbd_peer_device_statistics {
		u64 recv_sect, sent_sect, oos_sect, rs_failed_sect;
		u32 pending, unacked;
	} peer_device_stat;
	u32 notify;			/* enum drbd_notify | NOTIFY_CONTINUES */
	char helper[32];
	u32 helper_status;
};

static inline bool drbd_nl_has(const struct drbd_nl_msg *m, enum drbd_tla tla)
{
	return m->sets >> tla & 1;
}

struct drbd_nl;

enum { DRBD_NL_NO_FAMILY = -1, DRBD_NL_API_MISMATCH = -2, DRBD_NL_FAILED = -3 };
/* Connects to the module. 0; else DRBD_NL_*, nothing was printed. *nl is ended with drbd_nl_close(). */
int drbd_nl_open(struct drbd_nl **nl);
void drbd_nl_close(struct drbd_nl *nl);

/* A request. Fields that are NULL or 0 are not sent, but minor always is (DRBD_NO_MINOR: none). */
struct drbd_nl_req {
	enum drbd_nl_cmd cmd;
	u32 minor;
	u32 flags;			/* DRBD_SET_DEFAULTS */
	const char *resource;
	const u32 *volume;
	const struct drbd_addr *my_addr, *peer_addr;
	int opt_ctx;			/* enum drbd_opt_ctx_id, or -1: no option set */
	const void *conf;		/* its values */
	u64 given;			/* which are sent: bit i for drbd_opt_ctx[opt_ctx].opt[i] */
};

/*
 * Sends a request and waits for its answer. 0: *m is the answer; else a negative errno: the module's (-ENODEV...), or
 * -ETIMEDOUT after two minutes, -EBADMSG for an answer that makes no sense; then *m is untouched.
 */
int drbd_nl_do(struct drbd_nl *nl, const struct drbd_nl_req *req, struct drbd_nl_msg *m);

/*
 * Sends a request for a dump and hands each message to fn. fn returning non-zero ends it; that is returned then. 0, or the
 * negative errno with which the dump ended.
 */
typedef int (*drbd_nl_fn)(const struct drbd_nl_msg *m, void *arg);
int drbd_nl_dump(struct drbd_nl *nl, const struct drbd_nl_req *req, drbd_nl_fn fn, void *arg);

/* From now on nl receives events; requests go through another one, then. 0 or negative errno. */
int drbd_nl_subscribe(struct drbd_nl *nl);

/* The next event within timeout_ms (-1: wait for ever). 1: *m; 0: time is up; negative errno (-ENOBUFS: some were lost). */
int drbd_nl_event(struct drbd_nl *nl, int timeout_ms, struct drbd_nl_msg *m);

/*
 * Bytes of one netlink message to *m; for the fuzzer, too. 0; -EBADMSG: cut or over-long somewhere; -EOPNOTSUPP: a mandatory
 * member that is not known here (section 2).
 */
int drbd_nl_parse(const void *nlmsg, struct drbd_nl_msg *m);

#endif
