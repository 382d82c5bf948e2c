/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state machine of a resource: what a requested change becomes (sanitize), whether it is allowed, who has to be
 * asked, and what has to follow it; and the decisions of the administrator's commands, fencing and I/O errors.
 * Sources: drbd-states.md (sections are quoted), drbd-wire.md 9.3.
 *
 * The shell owns one struct drbd_conn_state per connection and one struct drbd_vol_state per volume, guarded by one
 * lock (the resource's). Nothing here sleeps, sends or writes; a change goes like this:
 *
 *	lock
 *	rv = drbd_vol_request(conn, vol, &ch, &tr)	checks and, unless the peer must be asked, applies
 *	do tr.now (NOW_* bits, lowest first)		still under the lock
 *	queue tr.os, tr.ns for the worker		one item a change, in order
 *	unlock
 *	worker: drbd_vol_after(conn, vol, os, ns, random, &after); perform after.act[0..nr) in order
 *
 * If rv is SS_UNKNOWN_ERROR the change is cluster-wide: send P_STATE_CHG_REQ(ch.mask, ch.val), wait (wake-ups come from
 * every state change and from drbd_vol_got_reply()) until drbd_vol_poll() is not SS_UNKNOWN_ERROR, then do the same with
 * what drbd_vol_finish() made. All that under the volume's state mutex (apv < 100: one mutex per connection), so that
 * only one such change is under way. SS_IN_TRANSIENT_STATE of an administrator's request means: wait for the next state
 * change, then try again.
 */
#ifndef DRBD_STATE_H
#define DRBD_STATE_H

#include "drbd_options.h"
#include "drbd_text.h"
#include "drbd_uuid.h"

/* --- what the core knows (1.6) ---------------------------------------------------------------------------------- */

enum drbd_vol_flag {
	VF_CRASHED_PRIMARY	= 1 << 0,
	VF_CONSIDER_RESYNC	= 1 << 1,
	VF_RESYNC_AFTER_NEG	= 1 << 2,	/* grew while a side had no usable disk: resync the new part later */
	VF_RESIZE_PENDING	= 1 << 3,	/* local resize waits for the peer's P_SIZES */
	VF_NEW_CUR_UUID		= 1 << 4,	/* a new current UUID is due, deferred while I/O is suspended */
	VF_DISCARD_MY_DATA	= 1 << 5,	/* latched from the options when the handshake starts */
	VF_WAS_IO_ERROR		= 1 << 6,
	VF_WAS_READ_ERROR	= 1 << 7,
	VF_FORCE_DETACH		= 1 << 8,
	VF_AL_SUSPENDED		= 1 << 9,	/* no activity-log updates needed: everything is out of sync anyway */
	VF_CW_SUCCESS		= 1 << 10,	/* the peer's answer to a cluster-wide request */
	VF_CW_FAIL		= 1 << 11,
	VF_OWN_CURRENT		= 1 << 12	/* the current UUID was made here and told to nobody yet */
};

/* One volume. The shell zeroes it and calls drbd_vol_init(); afterwards it changes only what is marked "shell". */
struct drbd_vol_state {
	union drbd_state state;
	union drbd_state attach_state;		/* disk and pdsk found at attach, while disk is Negotiating */
	u32 flags;				/* enum drbd_vol_flag */
	u32 md_flags;				/* enum drbd_md_flag, as the super block has to say */
	u64 uuid[UI_SIZE];			/* of the own disk */
	u64 ed_uuid;				/* exposed data UUID */
	struct drbd_p_uuids peer;		/* what the peer last said; valid with have_peer_uuids */
	u64 sent_bits_set;			/* shell: bit count in the last P_UUIDS sent */
	u8 have_peer_uuids;
	u8 peer_uuids_old;			/* of a disk that the peer has given up: nothing to compare with */
	u16 volume;				/* shell: number */
	u32 opens;				/* shell: who holds the device open */
	const struct drbd_disk_conf *disk_conf;	/* shell: NULL without a disk */
};

enum drbd_conn_flag {
	CNF_RC_FLAG		= 1 << 0,	/* shell: set at connect (drbd-wire.md 1.3) */
	CNF_STATE_SENT		= 1 << 1,	/* handshake under way; set by drbd_conn_state_sent() */
	CNF_DRY_RUN		= 1 << 2,	/* disconnect after the resync handshake */
	CNF_DISCONNECT_SENT	= 1 << 3,	/* an EOF is expected */
	CNF_CW_SUCCESS		= 1 << 4,
	CNF_CW_FAIL		= 1 << 5
};

struct drbd_conn_state {
	u8 cstate;				/* enum drbd_conns, 0..9 */
	u8 susp;				/* shell: nothing; the three flags live in every volume's state and here */
	u8 susp_nod, susp_fen;
	u16 apv;				/* shell: agreed version, 80 before */
	u32 features;				/* shell: agreed */
	u32 flags;				/* enum drbd_conn_flag */
	u32 connect_cnt;			/* connections established so far */
	const struct drbd_net_conf *net;	/* shell: NULL without network configuration */
	const struct drbd_resource_conf *res;	/* shell */
	struct drbd_vol_state **vol;		/* shell: its volumes, changed only under the lock */
	u32 vols;
};

void drbd_conn_state_init(struct drbd_conn_state *conn);
/* Secondary/Unknown, the connection's cstate, Diskless/DUnknown; the connection's susp flags. */
void drbd_vol_init(const struct drbd_conn_state *conn, struct drbd_vol_state *vol);

static inline bool drbd_suspended(const struct drbd_conn_state *conn)
{
	return conn->susp || conn->susp_nod || conn->susp_fen;
}

static inline bool drbd_any_isp(union drbd_state s)
{
	return (s.i & DS_ISP) != 0;
}

/* Over all volumes; with no volume: what a fresh volume would say. Roles: Unknown < Secondary < Primary. */
enum drbd_role drbd_highest_role(const struct drbd_conn_state *conn);
enum drbd_role drbd_highest_peer(const struct drbd_conn_state *conn);
enum drbd_disk_state drbd_highest_disk(const struct drbd_conn_state *conn);
enum drbd_disk_state drbd_lowest_disk(const struct drbd_conn_state *conn);
enum drbd_disk_state drbd_highest_pdsk(const struct drbd_conn_state *conn);
enum drbd_conns drbd_lowest_conn(const struct drbd_conn_state *conn);

/* --- changes (2..4) -------------------------------------------------------------------------------------------------- */

enum drbd_change_flag {
	CS_HARD			= 1 << 0,	/* forced: only the hard rules apply, the peer is not asked */
	CS_LOCAL_ONLY		= 1 << 1,	/* the peer is not asked */
	CS_IGN_OUTD_FAIL	= 1 << 2,	/* conn-wide: a disk below Outdated stays when Outdated is asked */
	CS_VERBOSE		= 1 << 3,	/* for the shell: log a refusal */
	CS_INHIBIT_MD_IO	= 1 << 4	/* for the shell: graceful detach, no meta-data I/O meanwhile */
};

/* new state = (old & ~mask) | val; both are state words, made with DS_*(). */
struct drbd_change {
	u32 mask, val;
	u32 flags;			/* enum drbd_change_flag */
};

/* Immediate effects (5.1), to be done under the lock, lowest bit first. */
enum drbd_now {
	NOW_CLOSE_EPOCH		= 1 << 0,	/* drbd_tl_close_epoch() */
	NOW_OV_STOP		= 1 << 1,	/* verify ended: remember the position */
	NOW_OV_BEGIN		= 1 << 2,	/* verify begins: drbd_ov_begin() */
	NOW_OV_TIMER		= 1 << 3,	/* ... and this side sends the requests: start the timer */
	NOW_RS_RESUME		= 1 << 4,	/* drbd_rs_resume() */
	NOW_RS_TIMER		= 1 << 5,	/* ... and this side is the target: start the timer */
	NOW_RS_PAUSE		= 1 << 6,	/* drbd_rs_pause() */
	NOW_MD_DIRTY		= 1 << 7,	/* md_flags or UUIDs changed */
	NOW_STOP_RECEIVER	= 1 << 8,
	NOW_RESTART_RECEIVER	= 1 << 9,	/* it cleans up and connects again */
	NOW_AL_RESUME		= 1 << 10,	/* VF_AL_SUSPENDED was cleared: drbd_al_resume() */
	NOW_HOLD_DISK		= 1 << 11,	/* take a reference on the disk until the after-work ran */
	NOW_WAKE		= 1 << 12	/* always: whoever waits for a state change */
};

/* Remarks for the log (3.4). */
enum drbd_warn {
	WARN_ABORTED_RESYNC	= 1 << 0,	/* "Resync aborted." */
	WARN_ABORTED_VERIFY	= 1 << 1,	/* "Online-verify aborted." */
	WARN_DISK_UPGRADED	= 1 << 2,	/* "Implicitly upgraded disk" */
	WARN_PDSK_UPGRADED	= 1 << 3,	/* "Implicitly upgraded pdsk" */
	WARN_CONNECTION_LOST_NEG = 1 << 4	/* "Connection lost while negotiating, no data!" */
};

struct drbd_transition {
	union drbd_state os, ns;	/* equal if nothing changed */
	s32 rv;				/* enum drbd_state_rv */
	u32 now;			/* enum drbd_now */
	u32 warn;			/* enum drbd_warn */
};

/* Pure pieces, also for the tests. All take the state as it is from conn and vol, and the wanted one. */
union drbd_state drbd_sanitize(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
			       union drbd_state os, union drbd_state ns, u32 *warn);
enum drbd_state_rv drbd_hard_verdict(union drbd_state os, union drbd_state ns);
enum drbd_state_rv drbd_conn_verdict(enum drbd_conns oc, enum drbd_conns nc);
enum drbd_state_rv drbd_valid_verdict(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				      union drbd_state ns);
enum drbd_state_rv drbd_soft_verdict(const struct drbd_conn_state *conn, union drbd_state os, union drbd_state ns);
/* Must the peer agree (4.1)? */
bool drbd_is_cluster_wide(union drbd_state os, union drbd_state ns);

/* What the change would become now: rv in tr->rv. Nothing is applied. */
enum drbd_state_rv drbd_vol_check(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				  const struct drbd_change *ch, struct drbd_transition *tr);

/*
 * A local change, or the first step of a cluster-wide one. >= SS_SUCCESS: applied (SS_NOTHING_TO_DO: nothing to apply);
 * SS_UNKNOWN_ERROR: ask the peer, see above; below 0: refused.
 */
enum drbd_state_rv drbd_vol_request(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				    const struct drbd_change *ch, struct drbd_transition *tr);

/* P_STATE_CHG_REPLY arrived for this volume: wake who polls. With apv < 100 it may belong to the connection. */
void drbd_vol_got_reply(struct drbd_vol_state *vol, s32 retcode);
/* SS_UNKNOWN_ERROR: keep waiting; >= SS_SUCCESS: go on with drbd_vol_finish(); else: refused. */
enum drbd_state_rv drbd_vol_poll(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				 const struct drbd_change *ch);
enum drbd_state_rv drbd_vol_finish(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				   const struct drbd_change *ch, struct drbd_transition *tr);

/* Applies what is already decided (after drbd_vol_check() under the same lock). */
void drbd_vol_apply(struct drbd_conn_state *conn, struct drbd_vol_state *vol, union drbd_state ns,
		    struct drbd_transition *tr);

/* The same for the whole connection. tr: one entry per volume, in the order of conn->vol. */
struct drbd_conn_transition {
	u8 oc, nc;			/* cstate */
	u32 now;			/* NOW_STOP_RECEIVER, NOW_RESTART_RECEIVER, NOW_WAKE if there are no volumes */
	s32 rv;
	/* over the volumes, after the change */
	u8 max_pdsk, max_susp_fen;
};
enum drbd_state_rv drbd_conn_request(struct drbd_conn_state *conn, const struct drbd_change *ch,
				     struct drbd_transition *tr, struct drbd_conn_transition *ctr);
void drbd_conn_got_reply(struct drbd_conn_state *conn, s32 retcode);
enum drbd_state_rv drbd_conn_poll(struct drbd_conn_state *conn, const struct drbd_change *ch);
enum drbd_state_rv drbd_conn_finish(struct drbd_conn_state *conn, const struct drbd_change *ch,
				    struct drbd_transition *tr, struct drbd_conn_transition *ctr);

/*
 * Responder (4.3). busy: the own corresponding state mutex is locked. True: answer at once with -19
 * (SS_CONCURRENT_ST_CHG). Else apply *ch (already in our perspective) with drbd_vol_request() or, for
 * P_CONN_ST_CHG_REQ (and for P_STATE_CHG_REQ with apv < 100), drbd_conn_request(), and send its rv.
 */
bool drbd_peer_request(const struct drbd_conn_state *conn, bool busy, bool conn_wide,
		       const struct drbd_p_req_state *req, struct drbd_change *ch);
/* A state word of the peer as we see it. */
union drbd_state drbd_convert_state(union drbd_state peer);

/* Handshake lists are about to be sent: refuse other changes until every volume left WFReportParams (drbd-wire.md 4.1). */
void drbd_conn_state_sent(struct drbd_conn_state *conn);

/* --- what follows (5.2) ------------------------------------------------------------------------------------------------ */

enum drbd_act {
	AW_HELPER_PRI_ON_INCON_DEGR = 1,	/* run the helper of that name for this volume */
	AW_HELPER_LOCAL_IO_ERROR,
	AW_TL_RESEND,		/* every logged request of the connection: RQE_RESEND */
	AW_TL_RESTART_FROZEN,	/* ... of this volume: RQE_RESTART_FROZEN */
	AW_CLEAR_SUSP_NOD,	/* connection-wide change susp_nod = 0, then RQE_RESUME */
	AW_CLEAR_SUSP_FEN,	/* the same with susp_fen */
	AW_SEND_SYNC_UUID,	/* P_SYNC_UUID(uuid[UI_BITMAP]); comes after AW_MD_WRITE, and not at all if that failed */
	AW_SEND_SIZES,
	AW_SEND_UUIDS,
	AW_SEND_STATE,		/* P_STATE(ns of this item) */
	AW_RS_RESET,		/* reset resync accounting */
	AW_SEND_BITMAP,		/* when no application I/O is in flight any more, if conn is still WFBitMapS */
	AW_MD_WRITE,		/* write the super block now */
	AW_MD_SYNC,		/* write it if it is dirty */
	AW_BM_WRITE,		/* write changed bitmap pages */
	AW_PAUSE_DEPENDENTS,	/* resync-after: re-evaluate, some must pause */
	AW_RESUME_DEPENDENTS,	/* ... some may go on */
	AW_FULL_SYNC,		/* set and write all bits, then drbd_full_sync_next() */
	AW_ABORT_LOCAL,		/* local requests in flight: RQE_LOCAL_ABORT */
	AW_RS_CANCEL_ALL,	/* drop resync locks */
	AW_PUT_DISK,		/* drop the reference of NOW_HOLD_DISK; when the last one is gone: drbd_detach_last() */
	AW_CLOSE_DISK,		/* disk is Diskless: free the backing device */
	AW_RESYNC_GROWN,	/* start a resync of the new space: drbd_resync_side_of_growth() */
	AW_UNFENCE_PEER,	/* helper unfence-peer for the resource */
	/* of the connection */
	AW_START_RECEIVER,
	AW_DROP_NET_CONF,	/* forget network options and keys */
	AW_NEW_UUIDS,		/* every volume: drbd_pending_new_uuid() */
	AW_TL_CONN_LOST		/* every logged request: RQE_CONN_LOST */
};
#define DRBD_AFTER_MAX 40

struct drbd_after {
	u32 nr;
	u8 act[DRBD_AFTER_MAX];		/* enum drbd_act */
};

/* Fresh random bits; UUIDs are changed in vol (then the list has AW_MD_WRITE before anything that relies on it). */
void drbd_vol_after(struct drbd_conn_state *conn, struct drbd_vol_state *vol, union drbd_state os, union drbd_state ns,
		    u64 random, struct drbd_after *after);
void drbd_conn_after(struct drbd_conn_state *conn, const struct drbd_conn_transition *ctr, struct drbd_after *after);

/*
 * A new current UUID (drbd-wire.md 9.3). While a bitmap UUID is set it stays, for the bitmap counts from there, and the
 * current one becomes the end of the history: of a resync that may have ended without this node noticing the peer has our
 * current UUID, and after a forced promotion the bitmap is still good. The original keeps the current UUID in the first
 * case and overwrites the bitmap's in the second. The newer history stays, for drbd-wire.md 9.4 rule 71 asks for it.
 */
void drbd_new_generation(struct drbd_vol_state *vol, u64 random);
/* True if a deferred new current UUID was due and is made: write the super block; send P_UUIDS if connected. */
bool drbd_pending_new_uuid(struct drbd_vol_state *vol, u64 random);

/* Name of a helper, for AW_HELPER_*, AW_UNFENCE_PEER. */
const char *drbd_act_helper(enum drbd_act act);

/* After AW_FULL_SYNC: the change to request (T -> WFSyncUUID, S -> start as source, error -> Connected). */
void drbd_full_sync_next(const struct drbd_vol_state *vol, bool failed, struct drbd_change *ch, bool *start_source);

/* Last reference on a Failed disk is gone (5.2, 17): write the bitmap if *write_bitmap (VF_WAS_READ_ERROR: on failure set
 * MDF_FULL_SYNC), then apply ch (disk = Diskless, forced). */
void drbd_detach_last(const struct drbd_vol_state *vol, bool *write_bitmap, struct drbd_change *ch);

/* --- resync start and end (drbd-wire.md 7.1, 7.7) ------------------------------------------------------------------------ */

/* Exit status of before-resync-target/-source: false: disconnect. */
bool drbd_resync_helper_ok(bool as_source, int exit_code);

/* The change that starts it (C_SYNC_SOURCE or C_SYNC_TARGET); may_sync: resync-after allows. */
void drbd_resync_start(const struct drbd_vol_state *vol, enum drbd_conns side, bool may_sync, struct drbd_change *ch);

/*
 * P_SYNC_UUID: SS_SUCCESS: UUIDs are set in vol: write them, then start as SyncTarget with drbd_resync_start().
 * SS_UNKNOWN_ERROR: wait for the next state change and ask again; below 0: ignore (no disk or no connection).
 */
enum drbd_state_rv drbd_got_sync_uuid(struct drbd_vol_state *vol, u64 sync_uuid);

/* apv < 96: after conn is SyncSource: makes the sync UUID; write super block, send P_SYNC_UUID(returned). Else use the after-work. */
u64 drbd_make_sync_uuid(struct drbd_vol_state *vol, u64 random);

/*
 * Resync or verify is over (ping and its answer lie behind). failed: blocks that could not be synced. oos: set bits, for
 * verify. Changes UUIDs and applies the state. tr->rv below SS_SUCCESS: not running any more, nothing done.
 * *helper: NULL or a name to run afterwards ("after-resync-target", "out-of-sync"). *unfence: run unfence-peer.
 */
enum drbd_state_rv drbd_resync_finished(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 failed, u64 oos,
					struct drbd_transition *tr, const char **helper, bool *unfence);

/* Online grow (drbd-wire.md 4.6): which side is the source of the new space: C_SYNC_SOURCE or C_WF_SYNC_UUID. */
enum drbd_conns drbd_resync_side_of_growth(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol);

/* --- connection loss (6.1) ------------------------------------------------------------------------------------------------ */

/* Change for a failed connection: C_TIMEOUT..C_TEAR_DOWN, or C_DISCONNECTING to end StandAlone. Hard. */
void drbd_conn_failure(enum drbd_conns why, struct drbd_change *ch);

/*
 * Receiver cleanup, after sockets are closed and peer requests are gone. Frees the copies of the peer's UUIDs.
 * *clear_log: tell every logged request RQE_CONN_LOST (not suspended); false: RQE_CONN_LOST_FROZEN, and if that marked anything
 * out of sync: drbd_pending_new_uuid(), and write super block and bitmap before `next`. *fence: run the fencing procedure asynchronously.
 * next: then apply this change (Unconnected: connect again; or StandAlone).
 */
void drbd_conn_cleanup(struct drbd_conn_state *conn, bool *clear_log, bool *fence, struct drbd_change *next);

/* --- fencing (7) -------------------------------------------------------------------------------------------------------------- */

enum drbd_fence_do {
	FENCE_FAILED,		/* no policy can be told: not outdated */
	FENCE_FAILED_THAW,	/* the same, and I/O is frozen for it: hard change susp_fen = 0; if nothing else suspends then,
				 * RQE_CONN_LOST for the log */
	FENCE_OK,		/* dont-care: nothing to do */
	FENCE_CONNECTED,	/* connected meanwhile: not outdated */
	FENCE_RUN_HELPER	/* run fence-peer with the resource name, then drbd_fence_result() */
};
/* connect_cnt: remember conn->connect_cnt for drbd_fence_result(). */
enum drbd_fence_do drbd_fence_begin(const struct drbd_conn_state *conn);

struct drbd_fence_result {
	struct drbd_change change;	/* connection-wide; mask 0: none */
	u8 broken;			/* log: "fence-peer helper broken, returned %d" */
	const char *meaning;		/* for the log, "peer was fenced" ... */
};
void drbd_fence_result(const struct drbd_conn_state *conn, int exit_code, u32 connect_cnt_before,
		       struct drbd_fence_result *res);
/* After the change: is the peer outdated (or worse)? */
bool drbd_peer_is_outdated(const struct drbd_conn_state *conn);
/* Highest policy over volumes with disk >= Consistent; FP_NOT_AVAIL if none. */
enum drbd_fencing_p drbd_highest_fencing(const struct drbd_conn_state *conn);

/* --- commands (6) ----------------------------------------------------------------------------------------------------------------- */

/*
 * Promotion (6.4). drbd_promote_begin(), then do what *p says until PROMOTE_DONE or PROMOTE_REFUSED:
 *   PROMOTE_CHANGE: request p->change (serialized, with waiting for the after-work), give its rv to drbd_promote_next()
 *   PROMOTE_FENCE: run the fencing procedure, give "is outdated" to drbd_promote_fenced()
 *   PROMOTE_WAIT: sleep p->wait_ms, then drbd_promote_again()
 * PROMOTE_DONE: wait until no network request is pending, then drbd_role_changed().
 */
enum drbd_promote_do { PROMOTE_CHANGE, PROMOTE_FENCE, PROMOTE_WAIT, PROMOTE_DONE, PROMOTE_REFUSED };
struct drbd_promote {
	struct drbd_change change;
	u8 force, tries, last, forced, split_brain_risk;
	u32 wait_ms;
	s32 rv;				/* final result */
};
enum drbd_promote_do drbd_promote_begin(struct drbd_promote *p, bool force);
enum drbd_promote_do drbd_promote_next(struct drbd_promote *p, const struct drbd_conn_state *conn,
				       const struct drbd_vol_state *vol, enum drbd_state_rv rv);
enum drbd_promote_do drbd_promote_fenced(struct drbd_promote *p, bool outdated);
enum drbd_promote_do drbd_promote_again(struct drbd_promote *p);

/* After a successful change of role: UUIDs, and what to send and write. Clear net option discard_my_data on promotion. */
void drbd_role_changed(struct drbd_conn_state *conn, struct drbd_vol_state *vol, bool forced, u64 random,
		       struct drbd_after *after);

/* Changes of single commands: ready to be requested. */
void drbd_change_secondary(struct drbd_change *ch);
void drbd_change_outdate(struct drbd_change *ch);
void drbd_change_verify(struct drbd_change *ch);
/* force: hard; set VF_FORCE_DETACH before. */
void drbd_change_detach(bool force, struct drbd_change *ch);
void drbd_change_suspend(bool on, struct drbd_change *ch);

/*
 * Invalidate, invalidate-remote (6.7). *set_all_bits: local case; set and write all bits after the change.
 * Result below 0: refused at once.
 */
enum drbd_state_rv drbd_change_invalidate(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
					  bool remote, struct drbd_change *ch, bool *set_all_bits);

/* pause-sync, resume-sync: NO_ERROR if rv is success; else 134, 135, 156, 157. Request `ch` first. */
void drbd_change_pause_sync(bool pause, struct drbd_change *ch);
enum drbd_ret_code drbd_pause_sync_result(const struct drbd_vol_state *vol, bool pause, enum drbd_state_rv rv);

/*
 * resume-io (8) thaws every volume. First each of them: below SS_SUCCESS: refused, during a handshake; *write_md: a new
 * UUID was made, write the super block. With all on disk request drbd_change_suspend(false). If that succeeds, ask
 * drbd_resumed_io() under the same lock, and tell the log RQE_CONN_LOST if *conn_lost, RQE_FAIL_FROZEN if *fail_frozen,
 * and RQE_RESUME.
 */
enum drbd_state_rv drbd_resume_io(const struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 random,
				  bool *write_md);
void drbd_resumed_io(const struct drbd_conn_state *conn, bool *conn_lost, bool *fail_frozen);

/* Disconnect (6.8): request d->change connection-wide, give rv to drbd_disconnect_next() until DISCONNECT_DONE/REFUSED. */
enum drbd_disconnect_do { DISCONNECT_CHANGE, DISCONNECT_DONE, DISCONNECT_REFUSED };
struct drbd_disconnect {
	struct drbd_change change;
	u8 step, tries;
	s32 rv;				/* DISCONNECT_DONE: >= SS_SUCCESS: wait for the receiver, then force StandAlone */
};
enum drbd_disconnect_do drbd_disconnect_begin(struct drbd_disconnect *d, bool force);
enum drbd_disconnect_do drbd_disconnect_next(struct drbd_disconnect *d, const struct drbd_conn_state *conn,
					     enum drbd_state_rv rv);

/* Attach (6.2) --------------------------------------------------------------------------------------------------------------------- */

struct drbd_attach_in {
	const struct drbd_disk_conf *conf;
	u32 md_flags;			/* of the super block */
	u64 uuid[UI_SIZE];
	u64 max_size_sect;		/* what the backing device offers after meta-data */
	u64 md_size_sect;		/* agreed size in the super block (la_size) */
	u64 capacity_sect;		/* current size of the DRBD device, 0: none */
	u8 al_unclean;			/* activity log needs drbdmeta apply-al */
};
/* Before anything is read: NO_ERROR, 124, 116, 154. */
enum drbd_ret_code drbd_attach_precheck(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
					const struct drbd_disk_conf *conf);
/* With the super block: NO_ERROR, 165, 111, 150, 170. */
enum drbd_ret_code drbd_attach_check(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				     const struct drbd_attach_in *in);
/*
 * Takes UUIDs, flags and options over into vol. *ch: the change that ends the attach (disk Negotiating, or the state
 * found); *set_all_bits: set and write all bits instead of reading the bitmap, then clear
 * MDF_FULL_SYNC in vol->md_flags; *degr_timeout: hint for user space (timeout type 1).
 */
void drbd_attach_take(struct drbd_conn_state *conn, struct drbd_vol_state *vol, const struct drbd_attach_in *in,
		      struct drbd_change *ch, bool *set_all_bits, bool *degr_timeout);
/* Bitmap is there: all bits set and not connected: activity-log updates are not needed. */
void drbd_attach_bitmap(struct drbd_vol_state *vol, u64 bits, u64 set);
/* The bits of a super block's flags that follow from a state (1.5). */
u32 drbd_md_flags(const struct drbd_vol_state *vol, union drbd_state ns);
/* A disk is gone (after AW_CLOSE_DISK): forget what belonged to it. */
void drbd_vol_disk_closed(struct drbd_vol_state *vol);

/* Option checks of CONNECT and CHG_NET_OPTS (drbd-netlink.md 6) but for the algorithms. old: NULL for CONNECT. */
enum drbd_ret_code drbd_check_net_conf(const struct drbd_conn_state *conn, const struct drbd_net_conf *old,
				       const struct drbd_net_conf *new_conf);

/* --- I/O errors (9) ------------------------------------------------------------------------------------------------------------------- */

enum drbd_io_err { IOE_READ, IOE_WRITE, IOE_META, IOE_FORCE_DETACH };
/* mask 0: nothing changes (only logged). Sets VF_WAS_*; the change is hard. */
void drbd_io_error(struct drbd_vol_state *vol, enum drbd_io_err what, struct drbd_change *ch);

#endif
