/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands and events ask of the state machine: roles, disconnect, attach, detach, fencing, the start and the end of
 * a resync, lost connections, I/O errors. Declared in drbd_state.h; numbers in comments are those of drbd-states.md.
 */
#include "drbd_state.h"

#define PROMOTE_TRIES 4

static void change(struct drbd_change *ch, u32 mask, u32 val, u32 flags)
{
	ch->mask = mask;
	ch->val = val;
	ch->flags = flags;
}

static void change_conn(struct drbd_change *ch, enum drbd_conns conn, u32 flags)
{
	change(ch, DS_CONN(C_MASK), DS_CONN(conn), flags);
}

static void change_disk(struct drbd_change *ch, enum drbd_disk_state disk, u32 flags)
{
	change(ch, DS_DISK(D_MASK), DS_DISK(disk), flags);
}

static void and_set(struct drbd_change *ch, u32 mask, u32 val)
{
	ch->mask |= mask;
	ch->val = (ch->val & ~mask) | val;
}

static void add(struct drbd_after *after, enum drbd_act act)
{
	after->act[after->nr++] = act;
}

static bool is_primary(const struct drbd_vol_state *vol)
{
	return vol->state.role == R_PRIMARY;
}

static bool has_disk(const struct drbd_vol_state *vol)
{
	return vol->state.disk >= D_INCONSISTENT;
}

static bool is_verify(u32 conn)
{
	return conn == C_VERIFY_S || conn == C_VERIFY_T;
}

static bool is_target(u32 conn)
{
	return conn == C_SYNC_TARGET || conn == C_PAUSED_SYNC_T;
}

static bool is_source(u32 conn)
{
	return conn == C_SYNC_SOURCE || conn == C_PAUSED_SYNC_S;
}

/* --- resync ------------------------------------------------------------------------------------------------------------- */

bool drbd_resync_helper_ok(bool as_source, int exit_code)
{
	return exit_code == 0 || (as_source && exit_code == 3);
}

void drbd_full_sync_next(const struct drbd_vol_state *vol, bool failed, struct drbd_change *ch, bool *start_source)
{
	u32 conn = vol->state.conn;
	bool starting = conn == C_STARTING_SYNC_S || conn == C_STARTING_SYNC_T;

	*start_source = !failed && conn == C_STARTING_SYNC_S;
	change(ch, 0, 0, 0);
	if (starting && failed)
		change_conn(ch, C_CONNECTED, CS_VERBOSE | CS_HARD);
	else if (conn == C_STARTING_SYNC_T)
		change_conn(ch, C_WF_SYNC_UUID, CS_VERBOSE);
}

void drbd_resync_start(const struct drbd_vol_state *vol, enum drbd_conns side, bool may_sync, struct drbd_change *ch)
{
	(void)vol;
	change_conn(ch, side, CS_VERBOSE);
	if (side == C_SYNC_SOURCE)
		and_set(ch, DS_PDSK(D_MASK), DS_PDSK(D_INCONSISTENT));
	else
		and_set(ch, DS_DISK(D_MASK), DS_DISK(D_INCONSISTENT));
	and_set(ch, DS_AFTR_ISP, may_sync ? 0 : DS_AFTR_ISP);
}

enum drbd_state_rv drbd_got_sync_uuid(struct drbd_vol_state *vol, u64 sync_uuid)
{
	union drbd_state s = vol->state;

	if (s.conn < C_CONNECTED)
		return SS_NEED_CONNECTION;
	if (s.disk < D_NEGOTIATING)
		return SS_NO_LOCAL_DISK;
	if (s.pdsk < D_INCONSISTENT)
		return SS_NO_REMOTE_DISK;	/* the source lost it meanwhile: nothing will come */
	if (s.conn != C_WF_SYNC_UUID && s.conn != C_BEHIND)
		return SS_UNKNOWN_ERROR;
	drbd_uuid_start_target(vol->uuid, sync_uuid, is_primary(vol));
	vol->ed_uuid = vol->uuid[UI_CURRENT];
	return SS_SUCCESS;
}

u64 drbd_make_sync_uuid(struct drbd_vol_state *vol, u64 random)
{
	return drbd_uuid_start_source(vol->uuid, random);
}

static bool all_up_to_date(const struct drbd_conn_state *conn)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (conn->vol[i]->state.disk != D_UP_TO_DATE || conn->vol[i]->state.pdsk != D_UP_TO_DATE)
			return false;
	return true;
}

static void finish_uuids(struct drbd_vol_state *vol, bool target)
{
	if (target)
		drbd_uuid_finish_target(vol->uuid, vol->peer.uuid, is_primary(vol));
	else
		drbd_uuid_finish_source(vol->uuid, vol->peer.uuid);
	vol->ed_uuid = vol->uuid[UI_CURRENT];
}

enum drbd_state_rv drbd_resync_finished(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 failed, u64 oos,
					struct drbd_transition *tr, const char **helper, bool *unfence)
{
	u32 was = vol->state.conn;
	bool target = is_target(was), verify = is_verify(was);
	struct drbd_change ch;
	enum drbd_state_rv rv;

	*helper = NULL;
	*unfence = false;
	tr->os = tr->ns = vol->state;
	tr->rv = SS_NEED_CONNECTION;
	tr->now = tr->warn = 0;
	if (!target && !verify && !is_source(was))
		return SS_NEED_CONNECTION;
	/* without the peer's identifiers nobody can say whose data these are now */
	if (target && !vol->have_peer_uuids)
		failed = 1;
	change_conn(&ch, C_CONNECTED, CS_VERBOSE | CS_HARD);
	if (!verify) {
		and_set(&ch, DS_DISK(D_MASK), DS_DISK(failed && target ? D_INCONSISTENT : D_UP_TO_DATE));
		and_set(&ch, DS_PDSK(D_MASK), DS_PDSK(failed && !target ? D_INCONSISTENT : D_UP_TO_DATE));
	}
	rv = drbd_vol_check(conn, vol, &ch, tr);
	if (rv != SS_SUCCESS)
		return rv;
	if (!verify && !failed)
		finish_uuids(vol, target);
	drbd_vol_apply(conn, vol, tr->ns, tr);
	tr->now |= NOW_MD_DIRTY;
	if (target)
		*helper = "after-resync-target";
	else if (verify && oos)
		*helper = "out-of-sync";
	*unfence = is_source(was) && vol->disk_conf && vol->disk_conf->fencing != FP_DONT_CARE && all_up_to_date(conn);
	return SS_SUCCESS;
}

enum drbd_conns drbd_resync_side_of_growth(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol)
{
	union drbd_state s = vol->state;
	bool source = s.role != s.peer ? s.role == R_PRIMARY : !!(conn->flags & CNF_RC_FLAG);

	return source ? C_SYNC_SOURCE : C_WF_SYNC_UUID;
}

/* --- connection loss (6.1) ------------------------------------------------------------------------------------------------ */

void drbd_conn_failure(enum drbd_conns why, struct drbd_change *ch)
{
	change_conn(ch, why, CS_HARD);
}

static void forget_peer(struct drbd_vol_state *vol)
{
	vol->have_peer_uuids = vol->peer_uuids_old = 0;
	memset(&vol->peer, 0, sizeof(vol->peer));
	vol->flags &= ~(VF_CONSIDER_RESYNC | VF_RESIZE_PENDING | VF_RESYNC_AFTER_NEG | VF_CW_SUCCESS | VF_CW_FAIL);
}

void drbd_conn_cleanup(struct drbd_conn_state *conn, bool *clear_log, bool *fence, struct drbd_change *next)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		forget_peer(conn->vol[i]);
	conn->flags &= ~(CNF_STATE_SENT | CNF_DRY_RUN | CNF_DISCONNECT_SENT | CNF_CW_SUCCESS | CNF_CW_FAIL);
	*clear_log = !drbd_suspended(conn);
	*fence = drbd_highest_role(conn) == R_PRIMARY && drbd_highest_pdsk(conn) >= D_UNKNOWN;
	change_conn(next, conn->cstate == C_DISCONNECTING ? C_STANDALONE : C_UNCONNECTED, CS_VERBOSE | CS_HARD);
}

/* --- fencing (7) -------------------------------------------------------------------------------------------------------------- */

enum drbd_fencing_p drbd_highest_fencing(const struct drbd_conn_state *conn)
{
	enum drbd_fencing_p best = FP_NOT_AVAIL, one;
	u32 i;

	for (i = 0; i < conn->vols; i++) {
		const struct drbd_vol_state *vol = conn->vol[i];

		if (vol->state.disk < D_CONSISTENT || !vol->disk_conf)
			continue;
		one = vol->disk_conf->fencing;
		if (best == FP_NOT_AVAIL || one > best)
			best = one;
	}
	return best;
}

enum drbd_fence_do drbd_fence_begin(const struct drbd_conn_state *conn)
{
	if (conn->cstate >= C_WF_REPORT_PARAMS)
		return FENCE_CONNECTED;
	switch (drbd_highest_fencing(conn)) {
	case FP_NOT_AVAIL:
		return conn->susp_fen ? FENCE_FAILED_THAW : FENCE_FAILED;
	case FP_DONT_CARE:
		return FENCE_OK;
	default:
		return FENCE_RUN_HELPER;
	}
}

/* Exit codes of fence-peer from 3 on. */
static const struct fence_exit {
	u32 mask, val;
	const char *meaning;
} fence_exits[] = {
	{ DS_PDSK(D_MASK), DS_PDSK(D_INCONSISTENT), "peer is inconsistent or worse" },
	{ DS_PDSK(D_MASK), DS_PDSK(D_OUTDATED), "peer was fenced" },
	{ DS_PDSK(D_MASK), DS_PDSK(D_OUTDATED), "peer is unreachable, assumed to be dead" },
	{ DS_DISK(D_MASK), DS_DISK(D_OUTDATED), "peer is active" },
	{ DS_PDSK(D_MASK), DS_PDSK(D_OUTDATED), "peer was stonithed" },
};
#define FENCE_EXIT_FIRST	3
#define FENCE_UNREACHABLE	5

void drbd_fence_result(const struct drbd_conn_state *conn, int exit_code, u32 connect_cnt_before,
		       struct drbd_fence_result *res)
{
	const struct fence_exit *e;

	change(&res->change, 0, 0, CS_VERBOSE);
	res->broken = exit_code < FENCE_EXIT_FIRST || exit_code >= FENCE_EXIT_FIRST + (int)ARRAY_SIZE(fence_exits);
	res->meaning = NULL;
	if (res->broken)
		return;
	e = &fence_exits[exit_code - FENCE_EXIT_FIRST];
	res->meaning = e->meaning;
	if (exit_code == FENCE_UNREACHABLE && drbd_highest_disk(conn) != D_UP_TO_DATE) {
		res->meaning = "peer unreachable, doing nothing since disk != UpToDate";
		return;
	}
	/* what the handler found is of yesterday if the peer has been here meanwhile */
	if (conn->cstate >= C_WF_REPORT_PARAMS || (conn->flags & CNF_STATE_SENT) ||
	    conn->connect_cnt != connect_cnt_before)
		return;
	and_set(&res->change, e->mask, e->val);
}

bool drbd_peer_is_outdated(const struct drbd_conn_state *conn)
{
	return drbd_highest_pdsk(conn) <= D_OUTDATED;
}

/* --- roles (6.4, 6.5) ----------------------------------------------------------------------------------------------------------- */

static enum drbd_promote_do refuse_promotion(struct drbd_promote *p, s32 rv)
{
	p->rv = rv;
	return PROMOTE_REFUSED;
}

static enum drbd_promote_do try_promotion(struct drbd_promote *p)
{
	return p->tries++ < PROMOTE_TRIES ? PROMOTE_CHANGE : PROMOTE_REFUSED;
}

enum drbd_promote_do drbd_promote_begin(struct drbd_promote *p, bool force)
{
	memset(p, 0, sizeof(*p));
	p->force = force;
	change(&p->change, DS_ROLE(R_MASK), DS_ROLE(R_PRIMARY), 0);
	return try_promotion(p);
}

/* The peer may be dying, and its connection with it. */
static enum drbd_promote_do wait_for_peer(struct drbd_promote *p, const struct drbd_conn_state *conn)
{
	if (p->tries >= PROMOTE_TRIES)
		return PROMOTE_REFUSED;
	p->tries = PROMOTE_TRIES - 1;
	p->wait_ms = conn->net ? (conn->net->ping_timeo + 1) * 100 : 100;
	return PROMOTE_WAIT;
}

enum drbd_promote_do drbd_promote_next(struct drbd_promote *p, const struct drbd_conn_state *conn,
				       const struct drbd_vol_state *vol, enum drbd_state_rv rv)
{
	bool no_data = rv == SS_NO_UP_TO_DATE_DISK, pdsk_set = p->change.mask & DS_PDSK(D_MASK);
	u32 disk = vol->state.disk;

	p->rv = rv;
	if (rv >= SS_SUCCESS)
		return PROMOTE_DONE;
	if (p->last)
		return refuse_promotion(p, rv);
	if (rv == SS_CW_FAILED_BY_PEER && pdsk_set) {
		p->change.mask &= ~DS_PDSK(D_MASK);
		p->change.val &= ~DS_PDSK(D_MASK);
		return try_promotion(p);
	}
	if (no_data && p->force && disk >= D_INCONSISTENT && disk < D_UP_TO_DATE) {
		and_set(&p->change, DS_DISK(D_MASK), DS_DISK(D_UP_TO_DATE));
		p->forced = 1;
		return try_promotion(p);
	}
	if ((no_data && disk == D_CONSISTENT && !pdsk_set) || (rv == SS_PRIMARY_NOP && !pdsk_set))
		return PROMOTE_FENCE;
	if (rv == SS_TWO_PRIMARIES)
		return wait_for_peer(p, conn);
	p->last = 1;
	p->change.flags |= CS_VERBOSE;
	return PROMOTE_CHANGE;
}

enum drbd_promote_do drbd_promote_fenced(struct drbd_promote *p, bool outdated)
{
	if (p->rv == SS_NO_UP_TO_DATE_DISK && outdated)
		and_set(&p->change, DS_DISK(D_MASK), DS_DISK(D_UP_TO_DATE));
	if (p->rv == SS_PRIMARY_NOP && !outdated && p->force) {
		and_set(&p->change, DS_PDSK(D_MASK), DS_PDSK(D_OUTDATED));
		p->split_brain_risk = 1;
	}
	return try_promotion(p);
}

enum drbd_promote_do drbd_promote_again(struct drbd_promote *p)
{
	return try_promotion(p);
}

/* Promoted against what the data say, or alone: a new generation begins, unless the peer can not know of this one. */
static bool promotion_needs_uuid(const struct drbd_vol_state *vol, bool forced)
{
	bool alone = vol->state.conn < C_CONNECTED || vol->state.pdsk <= D_FAILED;

	return forced || (alone && !(vol->uuid[UI_BITMAP] && (vol->flags & VF_OWN_CURRENT)));
}

void drbd_role_changed(struct drbd_conn_state *conn, struct drbd_vol_state *vol, bool forced, u64 random,
		       struct drbd_after *after)
{
	after->nr = 0;
	if (vol->state.disk >= D_ATTACHING && vol->disk_conf) {
		if (is_primary(vol) && promotion_needs_uuid(vol, forced))
			drbd_new_generation(vol, random);
		drbd_uuid_set_role(vol->uuid, is_primary(vol));
		vol->ed_uuid = vol->uuid[UI_CURRENT];
		add(after, AW_MD_WRITE);
	}
	if (conn->cstate >= C_WF_REPORT_PARAMS) {
		if (forced)
			add(after, AW_SEND_UUIDS);
		add(after, AW_SEND_STATE);
	}
	add(after, AW_MD_SYNC);
}

/* --- single commands ------------------------------------------------------------------------------------------------------------ */

void drbd_change_secondary(struct drbd_change *ch)
{
	change(ch, DS_ROLE(R_MASK), DS_ROLE(R_SECONDARY), CS_VERBOSE);
}

void drbd_change_outdate(struct drbd_change *ch)
{
	change_disk(ch, D_OUTDATED, CS_VERBOSE);
}

void drbd_change_verify(struct drbd_change *ch)
{
	change_conn(ch, C_VERIFY_S, CS_VERBOSE);
}

void drbd_change_detach(bool force, struct drbd_change *ch)
{
	change_disk(ch, D_FAILED, force ? CS_HARD : CS_VERBOSE | CS_INHIBIT_MD_IO);
}

void drbd_change_suspend(bool on, struct drbd_change *ch)
{
	change(ch, on ? DS_SUSP : DS_SUSPENDED, on ? DS_SUSP : 0, CS_VERBOSE);
}

enum drbd_state_rv drbd_change_invalidate(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
					  bool remote, struct drbd_change *ch, bool *set_all_bits)
{
	(void)conn;
	*set_all_bits = vol->state.conn == C_STANDALONE && is_primary(vol) == remote;
	if (!has_disk(vol))
		return SS_IS_DISKLESS;
	if (!*set_all_bits)
		change_conn(ch, remote ? C_STARTING_SYNC_S : C_STARTING_SYNC_T, CS_VERBOSE);
	else if (remote)
		change(ch, DS_PDSK(D_MASK), DS_PDSK(D_INCONSISTENT), CS_VERBOSE);
	else
		change_disk(ch, D_INCONSISTENT, CS_VERBOSE);
	return SS_SUCCESS;
}

void drbd_change_pause_sync(bool pause, struct drbd_change *ch)
{
	change(ch, DS_USER_ISP, pause ? DS_USER_ISP : 0, CS_VERBOSE);
}

enum drbd_ret_code drbd_pause_sync_result(const struct drbd_vol_state *vol, bool pause, enum drbd_state_rv rv)
{
	union drbd_state s = vol->state;

	if (rv < SS_SUCCESS)
		return (enum drbd_ret_code)rv;
	if (rv != SS_NOTHING_TO_DO)
		return NO_ERROR;
	if (pause)
		return ERR_PAUSE_IS_SET;
	if (s.conn == C_PAUSED_SYNC_S || s.conn == C_PAUSED_SYNC_T) {
		if (s.aftr_isp)
			return ERR_PIC_AFTER_DEP;
		if (s.peer_isp)
			return ERR_PIC_PEER_DEP;
	}
	return ERR_PAUSE_IS_CLEAR;
}

enum drbd_state_rv drbd_resume_io(const struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 random,
				  bool *write_md)
{
	*write_md = false;
	if (conn->flags & CNF_STATE_SENT)
		return SS_IN_TRANSIENT_STATE;	/* the peer is comparing what it was told */
	*write_md = drbd_pending_new_uuid(vol, random);
	if (vol->flags & VF_NEW_CUR_UUID) {
		/* no disk: what was frozen is lost, and no old data may pass for the newest any more */
		vol->flags &= ~VF_NEW_CUR_UUID;
		vol->ed_uuid = random;
	}
	return SS_SUCCESS;
}

void drbd_resumed_io(const struct drbd_conn_state *conn, bool *conn_lost, bool *fail_frozen)
{
	u32 i;

	*conn_lost = *fail_frozen = false;
	for (i = 0; i < conn->vols; i++) {
		*conn_lost |= conn->vol[i]->state.conn < C_CONNECTED;
		*fail_frozen |= conn->vol[i]->state.disk == D_DISKLESS || conn->vol[i]->state.disk == D_FAILED;
	}
}

/* --- disconnect (6.8) -------------------------------------------------------------------------------------------------------------- */

enum { DIS_PLAIN, DIS_PEER_OUTDATED, DIS_SELF_OUTDATED, DIS_LAST };
#define DISCONNECT_TRIES 8

static enum drbd_disconnect_do ask(struct drbd_disconnect *d, u8 step, u32 mask, u32 val, u32 flags)
{
	d->step = step;
	change_conn(&d->change, C_DISCONNECTING, flags);
	and_set(&d->change, mask, val);
	return DISCONNECT_CHANGE;
}

enum drbd_disconnect_do drbd_disconnect_begin(struct drbd_disconnect *d, bool force)
{
	memset(d, 0, sizeof(*d));
	return ask(d, force ? DIS_LAST : DIS_PLAIN, 0, 0, force ? CS_HARD : 0);
}

enum drbd_disconnect_do drbd_disconnect_next(struct drbd_disconnect *d, const struct drbd_conn_state *conn,
					     enum drbd_state_rv rv)
{
	d->rv = rv;
	if (rv == SS_ALREADY_STANDALONE)
		d->rv = SS_SUCCESS;
	if (d->rv >= SS_SUCCESS)
		return DISCONNECT_DONE;
	if (d->step == DIS_PLAIN && rv == SS_PRIMARY_NOP)
		return ask(d, DIS_PEER_OUTDATED, DS_PDSK(D_MASK), DS_PDSK(D_OUTDATED), 0);
	if (d->step == DIS_PEER_OUTDATED && rv == SS_OUTDATE_WO_CONN)
		return ask(d, DIS_LAST, 0, 0, CS_VERBOSE);
	if (d->step == DIS_PLAIN && rv == SS_CW_FAILED_BY_PEER) {
		if (conn->cstate <= C_WF_CONNECTION && d->tries++ < DISCONNECT_TRIES)
			return ask(d, DIS_PLAIN, 0, 0, 0);
		return ask(d, DIS_SELF_OUTDATED, DS_DISK(D_MASK), DS_DISK(D_OUTDATED), 0);
	}
	if (d->step == DIS_SELF_OUTDATED && (rv == SS_IS_DISKLESS || rv == SS_LOWER_THAN_OUTDATED))
		return ask(d, DIS_LAST, 0, 0, CS_HARD);
	return DISCONNECT_REFUSED;
}

/* --- attach (6.2) ------------------------------------------------------------------------------------------------------------------ */

static bool stonith_without_ack(const struct drbd_net_conf *net, const struct drbd_disk_conf *disk)
{
	return net && disk && net->wire_protocol == DRBD_PROT_A && disk->fencing == FP_STONITH;
}

enum drbd_ret_code drbd_attach_precheck(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
					const struct drbd_disk_conf *conf)
{
	if (vol->state.disk > D_DISKLESS)
		return ERR_DISK_CONFIGURED;
	if (conf->meta_dev_idx < -3)
		return ERR_MD_IDX_INVALID;
	if (stonith_without_ack(conn->net, conf))
		return ERR_STONITH_AND_PROT_A;
	return NO_ERROR;
}

/* Other data than those that are in use, here or by the peer through us. */
static bool data_not_current(const struct drbd_vol_state *vol, const u64 *uuid)
{
	bool in_use = is_primary(vol) || vol->state.peer == R_PRIMARY;

	return vol->state.pdsk != D_UP_TO_DATE && in_use && vol->ed_uuid &&
	       ((vol->ed_uuid ^ uuid[UI_CURRENT]) & ~UUID_PRIMARY);
}

enum drbd_ret_code drbd_attach_check(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				     const struct drbd_attach_in *in)
{
	u64 limit = in->conf->disk_size;

	(void)conn;
	if (in->al_unclean)
		return ERR_MD_UNCLEAN;
	if (in->max_size_sect < limit || in->max_size_sect < in->capacity_sect)
		return ERR_DISK_TOO_SMALL;
	if (data_not_current(vol, in->uuid))
		return ERR_DATA_NOT_CURRENT;
	/* smaller than agreed only if the administrator says so */
	if ((in->md_flags & MDF_CONSISTENT) && in->max_size_sect < in->md_size_sect && !limit)
		return ERR_IMPLICIT_SHRINK;
	return NO_ERROR;
}

/* What the super block says about the data. */
static void found_state(const struct drbd_attach_in *in, union drbd_state *s)
{
	bool was_current = in->md_flags & MDF_WAS_UP_TO_DATE;

	s->disk = D_INCONSISTENT;
	if (in->md_flags & MDF_CONSISTENT)
		s->disk = was_current ? D_CONSISTENT : D_OUTDATED;
	if (in->md_flags & MDF_PEER_OUT_DATED)
		s->pdsk = D_OUTDATED;
	if (s->disk == D_CONSISTENT && (s->pdsk == D_OUTDATED || in->conf->fencing == FP_DONT_CARE))
		s->disk = D_UP_TO_DATE;
}

/* A Primary that was frozen for lack of this disk did not crash. */
static bool crashed_primary(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol, u32 md_flags)
{
	if (md_flags & MDF_CRASHED_PRIMARY)
		return true;
	return (md_flags & MDF_PRIMARY_IND) && !(is_primary(vol) && conn->susp_nod);
}

void drbd_attach_take(struct drbd_conn_state *conn, struct drbd_vol_state *vol, const struct drbd_attach_in *in,
		      struct drbd_change *ch, bool *set_all_bits, bool *degr_timeout)
{
	union drbd_state found = vol->state;
	bool crashed = crashed_primary(conn, vol, in->md_flags);

	memcpy(vol->uuid, in->uuid, sizeof(vol->uuid));
	drbd_uuid_set_role(vol->uuid, is_primary(vol));
	vol->disk_conf = in->conf;
	vol->md_flags = in->md_flags;
	vol->flags &= ~(VF_CRASHED_PRIMARY | VF_WAS_IO_ERROR | VF_WAS_READ_ERROR | VF_FORCE_DETACH | VF_AL_SUSPENDED |
			VF_OWN_CURRENT);
	vol->flags |= crashed ? VF_CRASHED_PRIMARY : 0;
	*degr_timeout = (in->md_flags & (MDF_PRIMARY_IND | MDF_CONNECTED_IND)) == MDF_PRIMARY_IND;
	if (*degr_timeout)
		vol->flags |= VF_OWN_CURRENT;	/* made when it was left alone, or promoted alone */
	*set_all_bits = (in->md_flags & MDF_FULL_SYNC) || (crashed && (in->md_flags & MDF_AL_DISABLED));
	found_state(in, &found);
	if (vol->state.conn == C_CONNECTED) {
		vol->attach_state = found;
		vol->have_peer_uuids = 0;
		change_disk(ch, D_NEGOTIATING, CS_VERBOSE);
	} else {
		change_disk(ch, found.disk, CS_VERBOSE);
		and_set(ch, DS_PDSK(D_MASK), DS_PDSK(found.pdsk));
	}
}

void drbd_attach_bitmap(struct drbd_vol_state *vol, u64 bits, u64 set)
{
	if (bits && bits == set && vol->state.conn < C_CONNECTED)
		vol->flags |= VF_AL_SUSPENDED;
}

void drbd_detach_last(const struct drbd_vol_state *vol, bool *write_bitmap, struct drbd_change *ch)
{
	*write_bitmap = vol->disk_conf != NULL;
	change_disk(ch, D_DISKLESS, CS_HARD);
}

void drbd_vol_disk_closed(struct drbd_vol_state *vol)
{
	memset(vol->uuid, 0, sizeof(vol->uuid));
	vol->attach_state.i = 0;
	vol->md_flags = 0;
	vol->flags &= ~(VF_WAS_IO_ERROR | VF_WAS_READ_ERROR | VF_FORCE_DETACH | VF_AL_SUSPENDED);
	vol->disk_conf = NULL;
}

/* --- options ------------------------------------------------------------------------------------------------------------------------ */

static bool both_primary(const struct drbd_conn_state *conn)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (is_primary(conn->vol[i]) && conn->vol[i]->state.peer == R_PRIMARY)
			return true;
	return false;
}

static bool stonith_anywhere(const struct drbd_conn_state *conn, const struct drbd_net_conf *net)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (stonith_without_ack(net, conn->vol[i]->disk_conf))
			return true;
	return false;
}

static bool any_conn(const struct drbd_conn_state *conn, bool (*is)(u32 conn))
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (is(conn->vol[i]->state.conn))
			return true;
	return false;
}

static bool is_resync(u32 conn)
{
	return is_source(conn) || is_target(conn);
}

/* What an established connection of an old version, or what runs on it, does not let change. */
static enum drbd_ret_code check_change(const struct drbd_conn_state *conn, const struct drbd_net_conf *old,
				       const struct drbd_net_conf *new_conf)
{
	bool parameters = old->wire_protocol != new_conf->wire_protocol ||
			  old->two_primaries != new_conf->two_primaries ||
			  strcmp(old->integrity_alg, new_conf->integrity_alg);

	if (conn->cstate == C_WF_REPORT_PARAMS && conn->apv < 100 && parameters)
		return ERR_NEED_APV_100;
	if (strcmp(old->csums_alg, new_conf->csums_alg) && any_conn(conn, is_resync))
		return ERR_CSUMS_RESYNC_RUNNING;
	if (strcmp(old->verify_alg, new_conf->verify_alg) && any_conn(conn, is_verify))
		return ERR_VERIFY_RUNNING;
	return NO_ERROR;
}

enum drbd_ret_code drbd_check_net_conf(const struct drbd_conn_state *conn, const struct drbd_net_conf *old,
				       const struct drbd_net_conf *new_conf)
{
	if (old && old->two_primaries && !new_conf->two_primaries && both_primary(conn))
		return ERR_NEED_ALLOW_TWO_PRI;
	if (new_conf->two_primaries && new_conf->wire_protocol != DRBD_PROT_C)
		return ERR_NOT_PROTO_C;
	if (stonith_anywhere(conn, new_conf))
		return ERR_STONITH_AND_PROT_A;
	if (new_conf->discard_my_data && drbd_highest_role(conn) == R_PRIMARY)
		return ERR_DISCARD_IMPOSSIBLE;
	if (new_conf->on_congestion != OC_BLOCK && new_conf->wire_protocol != DRBD_PROT_A)
		return ERR_CONG_NOT_PROTO_A;
	return old ? check_change(conn, old, new_conf) : NO_ERROR;
}

/* --- I/O errors (9) -------------------------------------------------------------------------------------------------------------------- */

void drbd_io_error(struct drbd_vol_state *vol, enum drbd_io_err what, struct drbd_change *ch)
{
	bool data = what == IOE_READ || what == IOE_WRITE;

	change(ch, 0, 0, CS_HARD);
	if (data && vol->disk_conf && vol->disk_conf->on_io_error == EP_PASS_ON) {
		if (vol->state.disk > D_INCONSISTENT)
			change_disk(ch, D_INCONSISTENT, CS_HARD);
		return;
	}
	vol->flags |= VF_WAS_IO_ERROR;
	if (what == IOE_READ)
		vol->flags |= VF_WAS_READ_ERROR;
	if (what == IOE_FORCE_DETACH)
		vol->flags |= VF_FORCE_DETACH;
	if (vol->state.disk > D_FAILED)
		change_disk(ch, D_FAILED, CS_HARD);
}
