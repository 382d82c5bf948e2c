/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of drbdsetup share: the parsed command line, and results. Source: drbd-tools.md part B. */
#ifndef DRBDSETUP_H
#define DRBDSETUP_H

#include "drbd-like/user/setup_nl.h"

/* Exit codes (B3). */
enum { SX_OK = 0, SX_NO_DISK = 1, SX_TIMEOUT = 5, SX_ERROR = 10, SX_REFUSED = 11, SX_NO_LOCAL_DISK = 16,
       SX_NO_UP_TO_DATE = 17, SX_USAGE = 20 };

/* One call. Strings are argv's. */
struct setup_call {
	const struct setup_cmd *cmd;
	const char *prog;		/* name the program was called by */
	const char *object;		/* as typed; "all" where it was left out */
	u32 minor;			/* DRBD_NO_MINOR: the object is none */
	const char *resource;		/* NULL: "all", or the object is a minor */
	struct drbd_addr my_addr, peer_addr;
	u32 volume;
	u32 new_minor;			/* new-minor */
	u64 given;			/* options given: bit i for opt[i] of the command's option set */
	union {				/* their values */
		struct drbd_disk_conf disk;
		struct drbd_net_conf net;
		struct drbd_resource_conf resource;
		struct drbd_set_role_conf set_role;
		struct drbd_resize_conf resize;
		struct drbd_start_ov_conf start_ov;
		struct drbd_new_c_uuid_conf new_c_uuid;
		struct drbd_disconnect_conf disconnect;
		struct drbd_detach_conf detach;
	} conf;
	bool set_defaults, show_defaults, wait_after_sb;
	bool timestamps, statistics, now, verbose, json;
	const char *color;		/* auto, always, never */
	u32 wfc_s, degr_s, outdated_s;
	struct drbd_nl *nl;
};

/*
 * Says what the module answered, if it is not success, and gives the exit code (B3). object: as it is named to the
 * operator. err: negative errno of the transport, then m is not looked at.
 */
int setup_result(const char *object, const struct drbd_nl_msg *m, int err);
/* "received netlink error reply: ..." on stderr; SX_USAGE. */
int setup_transport_error(const struct setup_call *c, int err);

/* Every message of a dump, in order, kept. */
struct nl_list {
	struct drbd_nl_msg **m;
	size_t nr, room;
};
/* Dumps cmd, of the call's resource or of all. 0 or negative errno; the list is to be freed in either case. */
int nl_list_get(struct drbd_nl *nl, enum drbd_nl_cmd cmd, const char *resource, struct nl_list *list);
/* Adds a copy. 0 or -ENOMEM. */
int nl_list_add(struct nl_list *list, const struct drbd_nl_msg *m);
void nl_list_free(struct nl_list *list);

/*
 * Subscribes to events with a connection of its own, so that none can slip away between the pieces of a dump. 0 or an exit
 * code, with a message.
 */
int setup_subscribe(struct setup_call *c, struct drbd_nl **events);

/* The status of the call's minor. 0, or the exit code, with a message. */
int setup_minor_status(struct setup_call *c, struct drbd_nl_msg *m);

/* Queries; each prints its answer and gives the exit code. */
int show_show(struct setup_call *c);
int show_sh_status(struct setup_call *c);
int show_role(struct setup_call *c);
int show_cstate(struct setup_call *c);
int show_dstate(struct setup_call *c);
int show_get_gi(struct setup_call *c);
int show_show_gi(struct setup_call *c);
int show_udev(struct setup_call *c);
int show_status(struct setup_call *c);
int show_events(struct setup_call *c);
int show_events2(struct setup_call *c);
int wait_connect(struct setup_call *c);
int wait_sync(struct setup_call *c);

/* Text of "ipv4 127.0.0.1:7001" or, with sep ':', "ipv4:127.0.0.1:7001" into buf. */
const char *addr_text(const struct drbd_addr *a, char sep, char *buf, size_t len);

static inline union drbd_state state_of(u32 word)
{
	union drbd_state s;

	s.i = word;
	return s;
}

/* Percent done in tenths, from a resync's totals (B5). */
unsigned int setup_permille_done(const struct drbd_state_info *si);

#endif
