/* SPDX-License-Identifier: GPL-2.0-only */
/* The administrator's commands, behind netlink. */
#ifndef DRBD_ADM_H
#define DRBD_ADM_H

#include "drbd_main.h"

enum drbd_nl_cmd {
	NLC_EVENT = 1, NLC_GET_STATUS = 2, NLC_NEW_MINOR = 5, NLC_DEL_MINOR, NLC_NEW_RESOURCE, NLC_DEL_RESOURCE,
	NLC_RESOURCE_OPTS, NLC_CONNECT, NLC_DISCONNECT, NLC_ATTACH, NLC_RESIZE, NLC_PRIMARY, NLC_SECONDARY, NLC_NEW_C_UUID,
	NLC_START_OV, NLC_DETACH, NLC_INVALIDATE, NLC_INVAL_PEER, NLC_PAUSE_SYNC, NLC_RESUME_SYNC, NLC_SUSPEND_IO,
	NLC_RESUME_IO, NLC_OUTDATE, NLC_GET_TIMEOUT_TYPE, NLC_DOWN, NLC_CHG_DISK_OPTS, NLC_CHG_NET_OPTS, NLC_GET_RESOURCES,
	NLC_GET_DEVICES, NLC_GET_CONNECTIONS, NLC_GET_PEER_DEVICES, NLC_RESOURCE_STATE, NLC_DEVICE_STATE,
	NLC_CONNECTION_STATE, NLC_PEER_DEVICE_STATE, NLC_GET_INITIAL_STATE, NLC_HELPER = 40, NLC_INITIAL_STATE_DONE
};

enum { NEED_MINOR = 1, NEED_RESOURCE = 2, NEED_CONNECTION = 4 };

/* One command under way. */
struct nl_ctx {
	u8 cmd;
	u32 minor, flags;		/* flags: 1: SET_DEFAULTS */
	const struct nlmsghdr *nlh;
	struct drbd_resource *r;	/* references, or NULL */
	struct drbd_device *dev;
	s32 volume;			/* -1: not given */
	bool has_name, secrets;
	char name[DRBD_PATH_MAX];
	struct nlattr *my_addr, *peer_addr;
	s32 rv;
	char info[256];			/* for the administrator */
};

struct drbd_command {
	u8 cmd, need;
	s32 (*fn)(struct nl_ctx *c);	/* enum drbd_ret_code or drbd_state_rv */
};

const struct drbd_command *drbd_adm_command(u8 cmd);
u32 drbd_adm_timeout_type(const struct drbd_device *dev);

/* Of drbd_nl.c: the top-level attribute, or NULL. */
struct nlattr *drbd_nl_tla(const struct nl_ctx *c, int type);
/* Options of a request into conf, which holds what stays; change: the invariant ones are refused. NULL, or why not. */
const char *drbd_nl_options(const struct nl_ctx *c, enum drbd_opt_ctx_id id, bool change, void *conf);
void drbd_nl_say(struct nl_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
