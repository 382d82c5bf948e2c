/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generation identifiers: the operations on the four slots, their comparison by numbered rules, and the whole sync
 * handshake with the after-split-brain policies. Arrays are u64[UI_SIZE]: current, bitmap, two of history. The
 * caller persists what changed and passes new random numbers in. Source: drbd-wire.md 9.
 */
#ifndef DRBD_UUID_H
#define DRBD_UUID_H

#include "drbd_packet.h"

/* --- slots (9.2, 9.3) ----------------------------------------------------------------------------------------- */

/* B := C, C := random with bit 0 = primary. True if a set B was overwritten: log a warning. */
bool drbd_uuid_new_current(u64 *uuid, u64 random, bool primary);

/* C := value with bit 0 forced to the role. The caller sets ED := C. */
void drbd_uuid_set_current(u64 *uuid, u64 value, bool primary);

/* Pushes a set slot into history and sets it. */
void drbd_uuid_rotate_set(u64 *uuid, enum drbd_uuid_slot slot, u64 value);

/* B := 0, its old value into history. */
void drbd_uuid_clear_bitmap(u64 *uuid);

/* Bit 0 of C follows the role. */
void drbd_uuid_set_role(u64 *uuid, bool primary);

/* Resync starts on the source: sets B to the sync UUID and returns it, to be persisted, then sent as P_SYNC_UUID. */
u64 drbd_uuid_start_source(u64 *uuid, u64 random);

/* Resync starts on the target: P_SYNC_UUID received. */
void drbd_uuid_start_target(u64 *uuid, u64 sync_uuid, bool primary);

/* Resync ended without failures; `peer` (its copy of the peer's set) gets the values that both have now. */
void drbd_uuid_finish_source(u64 *uuid, u64 *peer);
void drbd_uuid_finish_target(u64 *uuid, u64 *peer, bool primary);

/* Administrator's new-current-uuid --clear-bitmap on fresh disks ("skip initial sync"), 9.3. */
void drbd_uuid_skip_initial_sync(u64 *uuid, u64 random, bool primary);

/* --- comparison (9.4) ------------------------------------------------------------------------------------------ */

/* Results besides -2..2. */
enum {
	HG_SPLIT_BRAIN_AUTO	= 100,	/* split brain, automatic recovery may be tried */
	HG_SPLIT_BRAIN		= -100,
	HG_UNRELATED		= -1000,
	HG_NEED_APV_91		= -1091,	/* refused: needs protocol 91 */
	HG_NEED_WSAME		= -1101	/* refused: needs protocol 101 and feature 4 */
};

struct drbd_uuid_in {
	u64 self[UI_SIZE];
	u64 peer[UI_SIZE];
	u8 self_role, peer_role;	/* enum drbd_role */
	u8 self_crashed_primary, peer_crashed_primary;
	u8 rc_flag;
	u16 apv;
	u32 features;			/* agreed DRBD_FF_* */
};

struct drbd_uuid_verdict {
	s16 hg;		/* 0 no sync; 1 source, 2 source with full sync; -1, -2 target; or HG_* */
	u16 rule;	/* number of the rule in drbd-wire.md 9.4; 0: none matched */
	/* repair: what the slots have to become (equal to the input if the flag is 0) */
	u8 self_changed, peer_changed;
	u64 self[UI_SIZE], peer[UI_SIZE];
};

void drbd_uuid_compare(const struct drbd_uuid_in *in, struct drbd_uuid_verdict *out);

/* --- sync handshake (9.4, 9.6) ----------------------------------------------------------------------------------- */

struct drbd_sync_in {
	struct drbd_uuid_in uuid;
	u64 self_bits_set;		/* count last told to the peer */
	u64 peer_bits_set;		/* count it told */
	u8 disk;			/* own disk; Negotiating already replaced by the state found at attach */
	u8 real_disk;			/* own disk as it is */
	u8 peer_disk;
	u8 after_sb_0p, after_sb_1p, after_sb_2p, rr_conflict, always_asbp;
	u8 discard_my_data;		/* own per-volume latch */
	u8 peer_discard_my_data;	/* UUID_FLAG_DISCARD_MY_DATA */
	u8 dry_run;			/* own option or the peer's flag */
	s8 demote;			/* 0: not tried; 1: the demotion asked for succeeded; -1: it failed */
};

enum drbd_sync_helper {
	SH_INITIAL_SPLIT_BRAIN	= 1 << 0,	/* run those set, lowest bit first */
	SH_SPLIT_BRAIN		= 1 << 1,
	SH_PRI_LOST_AFTER_SB	= 1 << 2,
	SH_PRI_LOST		= 1 << 3
};

enum drbd_sync_fail {
	SF_NONE, SF_UNRELATED, SF_NEED_APV_91, SF_NEED_WSAME, SF_SPLIT_BRAIN, SF_INCONSISTENT_SOURCE, SF_RR_CONFLICT,
	SF_DRY_RUN
};

struct drbd_sync_verdict {
	struct drbd_uuid_verdict uuid;	/* repairs are to be made whatever the end is */
	s16 hg;				/* after the policies */
	u8 conn;			/* C_CONNECTED, C_WF_BITMAP_S, C_WF_BITMAP_T; C_MASK: failed */
	u8 fail;			/* enum drbd_sync_fail */
	u8 try_demote;			/* undecided: run `helpers`, request role Secondary for this volume, then ask again
					 * with in.demote set; `helpers` are those still to be run then */
	u8 set_all_bits;		/* full sync: set and write all bits first; if that fails, treat as failed */
	u8 auto_solved;			/* split brain solved by policy: log */
	u8 manual_solved;		/* ... by discard-my-data */
	u8 asb_policy;			/* policy that was consulted (for the log), 255: none */
	u8 primaries;			/* how many Primaries the policy was chosen by */
	u32 helpers;			/* enum drbd_sync_helper */
};

void drbd_sync_handshake(const struct drbd_sync_in *in, struct drbd_sync_verdict *out);

const char *drbd_sync_fail_text(enum drbd_sync_fail fail);

#endif
