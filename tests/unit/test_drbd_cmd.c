/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd_world.h"

static struct drbd_promote p;
static struct drbd_disconnect d;
static struct drbd_after after;
static struct drbd_change ch;

static union drbd_state val_of(const struct drbd_change *c)
{
	union drbd_state s;

	s.i = c->val;
	return s;
}

/* --- promotion ---------------------------------------------------------------------------------------------------------- */

static int next(s32 rv)
{
	return drbd_promote_next(&p, &conn, &vol[0], rv);
}

TEST(promotion_is_one_change_if_nothing_is_in_the_way)
{
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(drbd_promote_begin(&p, false), PROMOTE_CHANGE);
	CHECK_INT(p.change.mask, DS_ROLE(R_MASK));
	CHECK_INT(p.change.val, DS_ROLE(PRI));
	CHECK_INT(next(SS_SUCCESS), PROMOTE_DONE);
	CHECK_INT(p.rv, SS_SUCCESS);
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_NOTHING_TO_DO), PROMOTE_DONE);
	CHECK_INT(p.rv, SS_NOTHING_TO_DO);
}

TEST(promotion_is_tried_once_more_with_a_log_and_then_refused)
{
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_CW_FAILED_BY_PEER), PROMOTE_CHANGE);
	CHECK_INT(p.change.flags, CS_VERBOSE);
	CHECK_INT(next(SS_CW_FAILED_BY_PEER), PROMOTE_REFUSED);
	CHECK_INT(p.rv, SS_CW_FAILED_BY_PEER);
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_NO_UP_TO_DATE_DISK), PROMOTE_CHANGE);
	CHECK_INT(next(SS_SUCCESS), PROMOTE_DONE);
}

TEST(force_makes_a_usable_disk_up_to_date)
{
	fresh(1, S(SEC, UNK, STANDALONE, INCONSISTENT, UNKNOWN));
	drbd_promote_begin(&p, true);
	CHECK_INT(next(SS_NO_UP_TO_DATE_DISK), PROMOTE_CHANGE);
	CHECK_INT(p.change.mask, DS_ROLE(R_MASK) | DS_DISK(D_MASK));
	CHECK_INT(val_of(&p.change).disk, D_UP_TO_DATE);
	CHECK(p.forced);
	CHECK_INT(request(p.change.mask, p.change.val, p.change.flags), SS_SUCCESS);
	/* without a disk there is nothing to force */
	fresh(1, S(SEC, UNK, STANDALONE, DISKLESS, UNKNOWN));
	drbd_promote_begin(&p, true);
	CHECK_INT(next(SS_NO_UP_TO_DATE_DISK), PROMOTE_CHANGE);
	CHECK(!p.forced && !(p.change.mask & DS_DISK(D_MASK)));
	CHECK_INT(next(SS_NO_UP_TO_DATE_DISK), PROMOTE_REFUSED);
}

TEST(a_consistent_disk_becomes_up_to_date_when_the_peer_is_fenced)
{
	u32 i;

	fresh(1, S(SEC, UNK, WF_CONNECTION, CONSISTENT, UNKNOWN));
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_NO_UP_TO_DATE_DISK), PROMOTE_FENCE);
	CHECK_INT(drbd_promote_fenced(&p, true), PROMOTE_CHANGE);
	CHECK_INT(val_of(&p.change).disk, D_UP_TO_DATE);
	/* the handler does not manage: bounded */
	drbd_promote_begin(&p, false);
	for (i = 0; i < 20; i++)
		if (next(SS_NO_UP_TO_DATE_DISK) != PROMOTE_FENCE || drbd_promote_fenced(&p, false) != PROMOTE_CHANGE)
			break;
	CHECK_INT(i, 3);
	CHECK_INT(p.rv, SS_NO_UP_TO_DATE_DISK);
	CHECK(!(p.change.mask & DS_DISK(D_MASK)));
}

TEST(a_peer_that_can_not_be_fenced_is_outdated_only_by_force)
{
	fresh(1, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN));
	drbd_promote_begin(&p, true);
	CHECK_INT(next(SS_PRIMARY_NOP), PROMOTE_FENCE);
	CHECK_INT(drbd_promote_fenced(&p, false), PROMOTE_CHANGE);
	CHECK_INT(val_of(&p.change).pdsk, D_OUTDATED);
	CHECK(p.split_brain_risk);
	/* it is back meanwhile and refuses: it is not called Outdated any more */
	CHECK_INT(next(SS_CW_FAILED_BY_PEER), PROMOTE_CHANGE);
	CHECK_INT(p.change.mask, DS_ROLE(R_MASK));
	CHECK_INT(p.change.val, DS_ROLE(PRI));
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_PRIMARY_NOP), PROMOTE_FENCE);
	CHECK_INT(drbd_promote_fenced(&p, false), PROMOTE_CHANGE);
	CHECK(!(p.change.mask & DS_PDSK(D_MASK)));
}

TEST(a_primary_peer_is_waited_for_once)
{
	fresh(1, S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	net.ping_timeo = 5;
	drbd_promote_begin(&p, false);
	CHECK_INT(next(SS_TWO_PRIMARIES), PROMOTE_WAIT);
	CHECK_INT(p.wait_ms, 600);
	CHECK_INT(drbd_promote_again(&p), PROMOTE_CHANGE);
	CHECK_INT(next(SS_TWO_PRIMARIES), PROMOTE_REFUSED);
	CHECK_INT(p.rv, SS_TWO_PRIMARIES);
}

TEST(a_change_of_role_makes_generations_and_tells_the_peer)
{
	const struct {
		union drbd_state s;
		u64 bitmap;
		u32 flags;
		bool forced;
		u64 cur, want_bitmap;
		const char *acts;
	} rows[] = {
		{ S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0, 0, false, 0x1001, 0, "md-write state md-sync" },
		{ S(PRI, SEC, CONNECTED, UP_TO_DATE, DISKLESS), 0, 0, false, 0x99001, 0x1000, "md-write state md-sync" },
		{ S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), 0, 0, false, 0x99001, 0x1000, "md-write md-sync" },
		{ S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), 0x500, VF_OWN_CURRENT, false, 0x1001, 0x500,
		  "md-write md-sync" },
		{ S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), 0x500, 0, false, 0x99001, 0x500, "md-write md-sync" },
		{ S(PRI, SEC, CONNECTED, UP_TO_DATE, INCONSISTENT), 0, 0, true, 0x99001, 0x1000,
		  "md-write uuids state md-sync" },
		{ S(PRI, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), 0x500, 0, true, 0x99001, 0x500, "md-write md-sync" },
		{ S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE), 0, 0, false, 0x1000, 0, "state md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0, 0, false, 0x1000, 0, "md-write state md-sync" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].s);
		vol[0].uuid[UI_BITMAP] = rows[i].bitmap;
		vol[0].flags = rows[i].flags;
		drbd_role_changed(&conn, &vol[0], rows[i].forced, 0x99000, &after);
		CHECK_MSG(vol[0].uuid[UI_CURRENT] == rows[i].cur && vol[0].uuid[UI_BITMAP] == rows[i].want_bitmap,
			  "row %u: %llx %llx", i, vol[0].uuid[UI_CURRENT], vol[0].uuid[UI_BITMAP]);
		CHECK_MSG(!strcmp(after_text(&after), rows[i].acts), "row %u: %s", i, after_text(&after));
	}
}

TEST(a_forced_promotion_keeps_what_the_bitmap_counts_from)
{
	fresh(1, S(PRI, UNK, STANDALONE, UP_TO_DATE, OUTDATED));
	vol[0].uuid[UI_BITMAP] = 0x500;
	drbd_role_changed(&conn, &vol[0], true, 0x99000, &after);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x500);	/* seeds 6778 and 14539: the peer has 0x500 */
	CHECK_INT(vol[0].uuid[UI_HISTORY_END], 0x1000);
	CHECK_INT(vol[0].ed_uuid, 0x99001);
}

/* --- disconnect ------------------------------------------------------------------------------------------------------------- */

static int answer(s32 rv)
{
	return drbd_disconnect_next(&d, &conn, rv);
}

TEST(disconnect_by_what_the_change_was_refused_for)
{
	fresh(1, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(drbd_disconnect_begin(&d, false), DISCONNECT_CHANGE);
	CHECK_INT(d.change.mask, DS_CONN(C_MASK));
	CHECK_INT(answer(SS_SUCCESS), DISCONNECT_DONE);
	drbd_disconnect_begin(&d, false);
	CHECK_INT(answer(SS_ALREADY_STANDALONE), DISCONNECT_DONE);
	CHECK_INT(d.rv, SS_SUCCESS);
	/* our fencing wants the peer outdated; the link goes meanwhile */
	drbd_disconnect_begin(&d, false);
	CHECK_INT(answer(SS_PRIMARY_NOP), DISCONNECT_CHANGE);
	CHECK_INT(val_of(&d.change).pdsk, D_OUTDATED);
	CHECK_INT(answer(SS_OUTDATE_WO_CONN), DISCONNECT_CHANGE);
	CHECK_INT(d.change.mask, DS_CONN(C_MASK));
	CHECK_INT(answer(SS_IN_TRANSIENT_STATE), DISCONNECT_REFUSED);
	/* the peer's wants us outdated */
	drbd_disconnect_begin(&d, false);
	CHECK_INT(answer(SS_CW_FAILED_BY_PEER), DISCONNECT_CHANGE);
	CHECK_INT(val_of(&d.change).disk, D_OUTDATED);
	CHECK_INT(answer(SS_LOWER_THAN_OUTDATED), DISCONNECT_CHANGE);
	CHECK_INT(d.change.flags, CS_HARD);
	CHECK_INT(d.change.mask, DS_CONN(C_MASK));
	CHECK_INT(answer(SS_SUCCESS), DISCONNECT_DONE);
	/* the link is gone: from the start, but not for ever */
	conn.cstate = C_WF_CONNECTION;
	drbd_disconnect_begin(&d, false);
	CHECK_INT(answer(SS_CW_FAILED_BY_PEER), DISCONNECT_CHANGE);
	CHECK_INT(d.change.mask, DS_CONN(C_MASK));
	while (!(d.change.mask & DS_DISK(D_MASK)) && d.tries < 50)
		answer(SS_CW_FAILED_BY_PEER);
	CHECK(d.tries < 50);
	/* by force */
	drbd_disconnect_begin(&d, true);
	CHECK_INT(d.change.flags, CS_HARD);
	CHECK_INT(answer(SS_IN_TRANSIENT_STATE), DISCONNECT_REFUSED);
	drbd_disconnect_begin(&d, false);
	CHECK_INT(answer(SS_NO_UP_TO_DATE_DISK), DISCONNECT_REFUSED);
}

TEST(a_lost_connection_is_cleaned_up)
{
	bool clear_log, fence;

	fresh(1, S(PRI, UNK, NETWORK_FAILURE, UP_TO_DATE, UNKNOWN));
	conn.flags = CNF_STATE_SENT | CNF_DISCONNECT_SENT | CNF_RC_FLAG;
	vol[0].have_peer_uuids = 1;
	vol[0].flags = VF_CONSIDER_RESYNC | VF_NEW_CUR_UUID;
	drbd_conn_cleanup(&conn, &clear_log, &fence, &ch);
	CHECK(clear_log && fence);
	CHECK_INT(conn.flags, CNF_RC_FLAG);
	CHECK(!vol[0].have_peer_uuids);
	CHECK_INT(vol[0].flags, VF_NEW_CUR_UUID);
	CHECK_INT(val_of(&ch).conn, C_UNCONNECTED);
	CHECK_INT(ch.flags & CS_HARD, CS_HARD);
	fresh(1, S(SEC, UNK, DISCONNECTING, UP_TO_DATE, UNKNOWN));
	conn.susp = 1;
	drbd_conn_cleanup(&conn, &clear_log, &fence, &ch);
	CHECK(!clear_log && !fence);
	CHECK_INT(val_of(&ch).conn, C_STANDALONE);
	fresh(1, S(PRI, UNK, TIMEOUT, UP_TO_DATE, OUTDATED));
	drbd_conn_cleanup(&conn, &clear_log, &fence, &ch);
	CHECK(!fence);
	drbd_conn_failure(C_PROTOCOL_ERROR, &ch);
	CHECK_INT(val_of(&ch).conn, C_PROTOCOL_ERROR);
	CHECK_INT(ch.flags, CS_HARD);
}

/* --- fencing ------------------------------------------------------------------------------------------------------------------- */

TEST(fencing_by_policy)
{
	fresh(2, S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN));
	CHECK_INT(drbd_fence_begin(&conn), FENCE_OK);
	disk.fencing = FP_RESOURCE;
	CHECK_INT(drbd_highest_fencing(&conn), FP_RESOURCE);
	CHECK_INT(drbd_fence_begin(&conn), FENCE_RUN_HELPER);
	conn.cstate = C_WF_REPORT_PARAMS;
	CHECK_INT(drbd_fence_begin(&conn), FENCE_CONNECTED);
	fresh(2, S(PRI, UNK, WF_CONNECTION, INCONSISTENT, UNKNOWN));
	disk.fencing = FP_STONITH;
	CHECK_INT(drbd_highest_fencing(&conn), FP_NOT_AVAIL);
	CHECK_INT(drbd_fence_begin(&conn), FENCE_FAILED);
	conn.susp_fen = 1;
	CHECK_INT(drbd_fence_begin(&conn), FENCE_FAILED_THAW);
}

TEST(exit_codes_of_fence_peer)
{
	const struct { int code; u32 disk, mask, val; bool broken; const char *meaning; } rows[] = {
		{ 0, D_UP_TO_DATE, 0, 0, true, NULL },
		{ 2, D_UP_TO_DATE, 0, 0, true, NULL },
		{ 3, D_UP_TO_DATE, PDSK(INCONSISTENT), false, "peer is inconsistent or worse" },
		{ 4, D_UP_TO_DATE, PDSK(OUTDATED), false, "peer was fenced" },
		{ 5, D_UP_TO_DATE, PDSK(OUTDATED), false, "peer is unreachable, assumed to be dead" },
		{ 5, D_CONSISTENT, 0, 0, false, "peer unreachable, doing nothing since disk != UpToDate" },
		{ 6, D_UP_TO_DATE, DISK(OUTDATED), false, "peer is active" },
		{ 7, D_CONSISTENT, PDSK(OUTDATED), false, "peer was stonithed" },
		{ 8, D_UP_TO_DATE, 0, 0, true, NULL },
		{ 127, D_UP_TO_DATE, 0, 0, true, NULL },
	};
	struct drbd_fence_result r;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, word(SEC, UNK, C_WF_CONNECTION, rows[i].disk, D_UNKNOWN));
		drbd_fence_result(&conn, rows[i].code, 0, &r);
		CHECK_INT(r.change.mask, rows[i].mask);
		CHECK_INT(r.change.val, rows[i].val);
		CHECK_INT(r.broken, rows[i].broken);
		if (rows[i].meaning)
			CHECK_STR(r.meaning, rows[i].meaning);
		else
			CHECK(!r.meaning);
	}
	/* what it found is not used if the peer has been here meanwhile */
	fresh(1, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN));
	conn.connect_cnt = 1;
	drbd_fence_result(&conn, 7, 0, &r);
	CHECK_INT(r.change.mask, 0);
	drbd_fence_result(&conn, 7, 1, &r);
	CHECK(r.change.mask);
	conn.flags |= CNF_STATE_SENT;
	drbd_fence_result(&conn, 7, 1, &r);
	CHECK_INT(r.change.mask, 0);
	conn.flags = 0;
	conn.cstate = C_WF_REPORT_PARAMS;
	drbd_fence_result(&conn, 7, 1, &r);
	CHECK_INT(r.change.mask, 0);
	CHECK(!drbd_peer_is_outdated(&conn));
	vol[0].state.pdsk = D_OUTDATED;
	CHECK(drbd_peer_is_outdated(&conn));
}

/* --- resync ------------------------------------------------------------------------------------------------------------------- */

static s32 finish(union drbd_state s, u64 failed, u64 oos, const char **helper, bool *unfence)
{
	fresh(1, s);
	disk.fencing = FP_RESOURCE;
	vol[0].have_peer_uuids = 1;
	vol[0].uuid[UI_BITMAP] = 0x500;
	vol[0].peer.uuid[UI_CURRENT] = 0x2000;
	vol[0].peer.uuid[UI_BITMAP] = 0x400;
	return drbd_resync_finished(&conn, &vol[0], failed, oos, &tr[0], helper, unfence);
}

TEST(a_resync_ends_with_equal_identifiers_unless_blocks_failed)
{
	union drbd_state t = S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE);
	union drbd_state s = S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT);
	const char *helper;
	bool unfence;

	CHECK_INT(finish(t, 0, 0, &helper, &unfence), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE).i);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x2000);
	CHECK_INT(vol[0].ed_uuid, 0x2000);
	CHECK_INT(vol[0].uuid[UI_HISTORY_START], 0x1000);
	CHECK(tr[0].now & NOW_MD_DIRTY);
	CHECK_STR(helper, "after-resync-target");
	CHECK(!unfence);
	CHECK_INT(finish(t, 3, 3, &helper, &unfence), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, INCONSISTENT, UP_TO_DATE).i);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x1000);
	CHECK_INT(finish(s, 0, 0, &helper, &unfence), SS_SUCCESS);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0);
	CHECK_INT(vol[0].uuid[UI_HISTORY_START], 0x500);
	CHECK(!helper && unfence);
	CHECK_INT(finish(s, 1, 1, &helper, &unfence), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, UP_TO_DATE, INCONSISTENT).i);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x500);
	CHECK(!unfence);
	CHECK(finish(S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0, 0, &helper, &unfence) < SS_SUCCESS);
	CHECK(finish(S(SEC, SEC, WF_BITMAP_T, OUTDATED, UP_TO_DATE), 0, 0, &helper, &unfence) < SS_SUCCESS);
	CHECK(finish(S(PRI, SEC, AHEAD, UP_TO_DATE, OUTDATED), 0, 0, &helper, &unfence) < SS_SUCCESS);
}

TEST(verify_ends_without_new_identifiers)
{
	const char *helper;
	bool unfence;

	CHECK_INT(finish(S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE), 0, 5, &helper, &unfence), SS_SUCCESS);
	CHECK_STR(helper, "out-of-sync");
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x500);
	CHECK_INT(finish(S(SEC, SEC, VERIFY_T, UP_TO_DATE, UP_TO_DATE), 0, 0, &helper, &unfence), SS_SUCCESS);
	CHECK(!helper && (tr[0].now & NOW_OV_STOP));
}

TEST(p_sync_uuid_waits_for_its_state)
{
	const struct { union drbd_state s; s32 rv; } rows[] = {
		{ S(SEC, SEC, WF_SYNC_UUID, OUTDATED, UP_TO_DATE), SS_SUCCESS },
		{ S(SEC, PRI, BEHIND, OUTDATED, UP_TO_DATE), SS_SUCCESS },
		{ S(SEC, SEC, WF_BITMAP_T, OUTDATED, UP_TO_DATE), SS_UNKNOWN_ERROR },
		{ S(SEC, SEC, STARTING_SYNC_T, OUTDATED, UP_TO_DATE), SS_UNKNOWN_ERROR },
		{ S(SEC, SEC, CONNECTED, DISKLESS, UP_TO_DATE), SS_NO_LOCAL_DISK },
		{ S(SEC, UNK, TIMEOUT, OUTDATED, UNKNOWN), SS_NEED_CONNECTION },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].s);
		vol[0].uuid[UI_BITMAP] = 0x500;
		CHECK_INT(drbd_got_sync_uuid(&vol[0], 0x8000), rows[i].rv);
		CHECK_INT(vol[0].uuid[UI_CURRENT], rows[i].rv == SS_SUCCESS ? 0x8000 : 0x1000);
		CHECK_INT(vol[0].uuid[UI_BITMAP], rows[i].rv == SS_SUCCESS ? 0 : 0x500);
	}
}

TEST(a_resync_starts_paused_if_another_comes_first)
{
	fresh(1, S(SEC, SEC, WF_SYNC_UUID, OUTDATED, UP_TO_DATE));
	drbd_resync_start(&vol[0], C_SYNC_TARGET, true, &ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE).i);
	fresh(1, S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT));
	drbd_resync_start(&vol[0], C_SYNC_SOURCE, false, &ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_PAUSED_SYNC_S);
	CHECK_INT(vol[0].state.pdsk, D_INCONSISTENT);
	CHECK(drbd_resync_helper_ok(true, 0) && drbd_resync_helper_ok(true, 3) && drbd_resync_helper_ok(false, 0));
	CHECK(!drbd_resync_helper_ok(false, 3) && !drbd_resync_helper_ok(true, 1));
}

TEST(a_full_sync_goes_on_when_all_bits_are_written)
{
	const struct { union drbd_state s; bool failed; u32 want; bool source; } rows[] = {
		{ S(SEC, SEC, STARTING_SYNC_T, OUTDATED, UP_TO_DATE), false, C_WF_SYNC_UUID, false },
		{ S(SEC, SEC, STARTING_SYNC_S, UP_TO_DATE, CONSISTENT), false, C_STARTING_SYNC_S, true },
		{ S(SEC, SEC, STARTING_SYNC_S, UP_TO_DATE, CONSISTENT), true, C_CONNECTED, false },
		{ S(SEC, SEC, STARTING_SYNC_T, OUTDATED, UP_TO_DATE), true, C_CONNECTED, false },
		{ S(SEC, UNK, TIMEOUT, OUTDATED, UNKNOWN), false, C_TIMEOUT, false },
	};
	bool source;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].s);
		drbd_full_sync_next(&vol[0], rows[i].failed, &ch, &source);
		request(ch.mask, ch.val, ch.flags);
		CHECK_INT(vol[0].state.conn, rows[i].want);
		CHECK_INT(source, rows[i].source);
	}
}

TEST(the_primary_is_the_source_of_new_space)
{
	fresh(1, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(drbd_resync_side_of_growth(&conn, &vol[0]), C_SYNC_SOURCE);
	vol[0].state = S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	conn.flags |= CNF_RC_FLAG;
	CHECK_INT(drbd_resync_side_of_growth(&conn, &vol[0]), C_WF_SYNC_UUID);
	vol[0].state.peer = SEC;
	CHECK_INT(drbd_resync_side_of_growth(&conn, &vol[0]), C_SYNC_SOURCE);
	conn.flags = 0;
	CHECK_INT(drbd_resync_side_of_growth(&conn, &vol[0]), C_WF_SYNC_UUID);
}

/* --- single commands ------------------------------------------------------------------------------------------------------------ */

TEST(invalidate_by_state)
{
	const struct { union drbd_state s; bool remote, all_bits; s32 rv; u32 mask, val; } rows[] = {
		{ S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), false, true, SS_SUCCESS, DISK(INCONSISTENT) },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), false, false, SS_SUCCESS, CONN(STARTING_SYNC_T) },
		{ S(PRI, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), false, false, SS_SUCCESS, CONN(STARTING_SYNC_T) },
		{ S(PRI, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), true, true, SS_SUCCESS, PDSK(INCONSISTENT) },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), true, false, SS_SUCCESS, CONN(STARTING_SYNC_S) },
		{ S(SEC, SEC, CONNECTED, DISKLESS, UP_TO_DATE), false, false, SS_IS_DISKLESS, 0, 0 },
	};
	bool all_bits;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].s);
		memset(&ch, 0, sizeof(ch));
		CHECK_INT(drbd_change_invalidate(&conn, &vol[0], rows[i].remote, &ch, &all_bits), rows[i].rv);
		CHECK_INT(ch.mask, rows[i].mask);
		CHECK_INT(ch.val, rows[i].val);
		CHECK_INT(all_bits, rows[i].all_bits);
	}
}

TEST(single_commands_ask_for_one_thing)
{
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_change_outdate(&ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_NOTHING_TO_DO);	/* while connected: sanitized back */
	drbd_change_verify(&ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_UNKNOWN_ERROR);
	drbd_change_detach(false, &ch);
	CHECK_INT(ch.flags, CS_VERBOSE | CS_INHIBIT_MD_IO);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_UNKNOWN_ERROR);
	drbd_change_detach(true, &ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	drbd_change_suspend(true, &ch);
	CHECK_INT(request_conn(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	vol[0].state.susp_fen = conn.susp_fen = 1;
	drbd_change_suspend(false, &ch);
	CHECK_INT(request_conn(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	CHECK(!drbd_suspended(&conn));
	fresh(1, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_change_secondary(&ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	/* the last good disk of a Primary stays */
	fresh(1, S(PRI, UNK, STANDALONE, UP_TO_DATE, UNKNOWN));
	drbd_change_detach(false, &ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_NO_UP_TO_DATE_DISK);
	drbd_change_outdate(&ch);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_NO_UP_TO_DATE_DISK);
}

TEST(pause_and_resume_sync_answer_with_configuration_codes)
{
	fresh(1, S(SEC, SEC, PAUSED_SYNC_T, INCONSISTENT, UP_TO_DATE));
	vol[0].state.user_isp = 1;
	drbd_change_pause_sync(true, &ch);
	CHECK_INT(drbd_pause_sync_result(&vol[0], true, request(ch.mask, ch.val, ch.flags)), ERR_PAUSE_IS_SET);
	drbd_change_pause_sync(false, &ch);
	CHECK_INT(drbd_pause_sync_result(&vol[0], false, request(ch.mask, ch.val, ch.flags)), NO_ERROR);
	CHECK_INT(drbd_pause_sync_result(&vol[0], false, request(ch.mask, ch.val, ch.flags)), ERR_PAUSE_IS_CLEAR);
	vol[0].state.conn = C_PAUSED_SYNC_T;
	vol[0].state.peer_isp = 1;
	CHECK_INT(drbd_pause_sync_result(&vol[0], false, SS_NOTHING_TO_DO), ERR_PIC_PEER_DEP);
	vol[0].state.aftr_isp = 1;
	CHECK_INT(drbd_pause_sync_result(&vol[0], false, SS_NOTHING_TO_DO), ERR_PIC_AFTER_DEP);
}

static void check_resume(union drbd_state state, u32 flags, s32 rv, bool write_md, bool lost, bool fail)
{
	bool wrote, was_lost, failed;

	fresh(1, state);
	vol[0].flags |= flags;
	CHECK_INT(drbd_resume_io(&conn, &vol[0], 0x99000, &wrote), rv);
	drbd_resumed_io(&conn, &was_lost, &failed);
	CHECK(wrote == write_md && was_lost == lost && failed == fail);
}

TEST(resume_io_makes_what_was_put_off)
{
	bool write_md;

	check_resume(S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), VF_NEW_CUR_UUID, SS_SUCCESS, true, true, false);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x99001);
	check_resume(S(PRI, UNK, WF_CONNECTION, DISKLESS, UNKNOWN), VF_NEW_CUR_UUID, SS_SUCCESS, false, true, true);
	CHECK_INT(vol[0].ed_uuid, 0x99000);
	CHECK(!(vol[0].flags & VF_NEW_CUR_UUID));
	check_resume(S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0, SS_SUCCESS, false, false, false);
	/* not while the peer compares: seed 568799 */
	fresh(1, S(PRI, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN));
	vol[0].flags |= VF_NEW_CUR_UUID;
	drbd_conn_state_sent(&conn);
	CHECK_INT(drbd_resume_io(&conn, &vol[0], 0x99000, &write_md), SS_IN_TRANSIENT_STATE);
	CHECK(!write_md && (vol[0].flags & VF_NEW_CUR_UUID));
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x1000);
}

/* --- attach and detach ------------------------------------------------------------------------------------------------------------- */

static struct drbd_attach_in in;

static void attach_in(u32 md_flags)
{
	memset(&in, 0, sizeof(in));
	in.conf = &disk;
	in.md_flags = md_flags;
	in.uuid[UI_CURRENT] = 0x1001;
	in.max_size_sect = in.md_size_sect = 1000;
}

TEST(attach_is_refused_with_the_code_that_says_why)
{
	fresh(1, S(SEC, UNK, STANDALONE, DISKLESS, UNKNOWN));
	CHECK_INT(drbd_attach_precheck(&conn, &vol[0], &disk), NO_ERROR);
	disk.meta_dev_idx = -4;
	CHECK_INT(drbd_attach_precheck(&conn, &vol[0], &disk), ERR_MD_IDX_INVALID);
	disk.meta_dev_idx = 0;
	disk.fencing = FP_STONITH;
	net.wire_protocol = DRBD_PROT_A;
	CHECK_INT(drbd_attach_precheck(&conn, &vol[0], &disk), ERR_STONITH_AND_PROT_A);
	vol[0].state.disk = D_FAILED;
	CHECK_INT(drbd_attach_precheck(&conn, &vol[0], &disk), ERR_DISK_CONFIGURED);

	fresh(1, S(PRI, UNK, STANDALONE, ATTACHING, UNKNOWN));
	attach_in(MDF_CONSISTENT);
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), NO_ERROR);
	in.uuid[UI_CURRENT] = 0x3000;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), ERR_DATA_NOT_CURRENT);
	vol[0].state.pdsk = D_UP_TO_DATE;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), NO_ERROR);
	vol[0].state.pdsk = D_UNKNOWN;
	vol[0].state.role = SEC;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), NO_ERROR);
	attach_in(MDF_CONSISTENT);
	in.al_unclean = 1;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), ERR_MD_UNCLEAN);
	attach_in(MDF_CONSISTENT);
	in.max_size_sect = 999;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), ERR_IMPLICIT_SHRINK);
	disk.disk_size = 900;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), NO_ERROR);
	disk.disk_size = 1001;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), ERR_DISK_TOO_SMALL);
	disk.disk_size = 0;
	in.capacity_sect = 1000;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), ERR_DISK_TOO_SMALL);
	attach_in(0);
	in.max_size_sect = 999;
	CHECK_INT(drbd_attach_check(&conn, &vol[0], &in), NO_ERROR);
}

TEST(attach_finds_the_state_that_the_super_block_says)
{
	const struct { u32 md_flags, fencing, disk, pdsk; } rows[] = {
		{ 0, FP_DONT_CARE, D_INCONSISTENT, D_UNKNOWN },
		{ MDF_WAS_UP_TO_DATE, FP_DONT_CARE, D_INCONSISTENT, D_UNKNOWN },
		{ MDF_CONSISTENT, FP_DONT_CARE, D_OUTDATED, D_UNKNOWN },
		{ MDF_CONSISTENT | MDF_WAS_UP_TO_DATE, FP_DONT_CARE, D_UP_TO_DATE, D_UNKNOWN },
		{ MDF_CONSISTENT | MDF_WAS_UP_TO_DATE, FP_RESOURCE, D_CONSISTENT, D_UNKNOWN },
		{ MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_PEER_OUT_DATED, FP_STONITH, D_UP_TO_DATE, D_OUTDATED },
		{ MDF_CONSISTENT | MDF_PEER_OUT_DATED, FP_DONT_CARE, D_OUTDATED, D_OUTDATED },
	};
	bool all_bits, degr;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, S(SEC, UNK, STANDALONE, ATTACHING, UNKNOWN));
		disk.fencing = rows[i].fencing;
		attach_in(rows[i].md_flags);
		drbd_attach_take(&conn, &vol[0], &in, &ch, &all_bits, &degr);
		CHECK_INT(val_of(&ch).disk, rows[i].disk);
		CHECK_INT(val_of(&ch).pdsk, rows[i].pdsk);
		CHECK_INT(vol[0].uuid[UI_CURRENT], 0x1000);	/* bit 0 is ours: Secondary */
		CHECK(!all_bits && !degr);
		CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	}
	/* while connected the peer is asked first */
	fresh(1, S(SEC, SEC, CONNECTED, ATTACHING, UP_TO_DATE));
	vol[0].have_peer_uuids = 1;
	attach_in(MDF_CONSISTENT | MDF_WAS_UP_TO_DATE);
	drbd_attach_take(&conn, &vol[0], &in, &ch, &all_bits, &degr);
	CHECK_INT(ch.mask, DS_DISK(D_MASK));
	CHECK_INT(val_of(&ch).disk, D_NEGOTIATING);
	CHECK_INT(vol[0].attach_state.disk, D_UP_TO_DATE);
	CHECK(!vol[0].have_peer_uuids);
}

TEST(attach_sees_a_crash)
{
	const struct { u32 role, susp_nod, md_flags; bool crashed, all_bits, degr, own; } rows[] = {
		{ SEC, 0, MDF_PRIMARY_IND | MDF_CONNECTED_IND, true, false, false, false },
		{ SEC, 0, MDF_PRIMARY_IND, true, false, true, true },
		{ SEC, 0, MDF_CRASHED_PRIMARY, true, false, false, false },
		{ SEC, 0, MDF_CONNECTED_IND, false, false, false, false },
		{ PRI, 1, MDF_PRIMARY_IND | MDF_CONNECTED_IND, false, false, false, false },
		{ PRI, 0, MDF_PRIMARY_IND | MDF_CONNECTED_IND, true, false, false, false },
		{ SEC, 0, MDF_PRIMARY_IND | MDF_AL_DISABLED, true, true, true, true },
		{ SEC, 0, MDF_AL_DISABLED, false, false, false, false },
		{ SEC, 0, MDF_FULL_SYNC, false, true, false, false },
	};
	bool all_bits, degr;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, word(rows[i].role, UNK, C_STANDALONE, D_ATTACHING, D_UNKNOWN));
		conn.susp_nod = rows[i].susp_nod;
		attach_in(rows[i].md_flags);
		drbd_attach_take(&conn, &vol[0], &in, &ch, &all_bits, &degr);
		CHECK_MSG(!!(vol[0].flags & VF_CRASHED_PRIMARY) == rows[i].crashed, "row %u", i);
		CHECK_MSG(!!(vol[0].flags & VF_OWN_CURRENT) == rows[i].own, "row %u", i);
		CHECK_MSG(all_bits == rows[i].all_bits && degr == rows[i].degr, "row %u", i);
	}
}

TEST(the_activity_log_rests_while_all_bits_are_set_and_nobody_is_connected)
{
	fresh(1, S(SEC, UNK, STANDALONE, ATTACHING, UNKNOWN));
	drbd_attach_bitmap(&vol[0], 100, 99);
	CHECK(!vol[0].flags);
	drbd_attach_bitmap(&vol[0], 0, 0);
	CHECK(!vol[0].flags);
	drbd_attach_bitmap(&vol[0], 100, 100);
	CHECK_INT(vol[0].flags, VF_AL_SUSPENDED);
	fresh(1, S(SEC, SEC, CONNECTED, ATTACHING, UP_TO_DATE));
	drbd_attach_bitmap(&vol[0], 100, 100);
	CHECK(!vol[0].flags);
}

TEST(a_disk_that_goes_leaves_nothing_behind)
{
	bool write_bitmap;

	fresh(1, S(SEC, UNK, STANDALONE, FAILED, UNKNOWN));
	drbd_detach_last(&vol[0], &write_bitmap, &ch);
	CHECK(write_bitmap);
	CHECK_INT(request(ch.mask, ch.val, ch.flags), SS_SUCCESS);
	vol[0].flags = VF_WAS_READ_ERROR | VF_AL_SUSPENDED | VF_NEW_CUR_UUID;
	vol[0].md_flags = MDF_CONSISTENT;
	drbd_vol_disk_closed(&vol[0]);
	CHECK_INT(vol[0].flags, VF_NEW_CUR_UUID);
	CHECK(!vol[0].md_flags && !vol[0].disk_conf && !vol[0].uuid[UI_CURRENT]);
	CHECK_INT(vol[0].ed_uuid, 0x1000);		/* what is presented is remembered */
	CHECK_INT(vol[0].state.disk, D_DISKLESS);
}

/* --- I/O errors, options ---------------------------------------------------------------------------------------------------------------- */

TEST(io_errors_by_policy)
{
	const struct { u32 policy, disk; enum drbd_io_err what; u32 mask, val, flags; } rows[] = {
		{ EP_PASS_ON, D_UP_TO_DATE, IOE_READ, DISK(INCONSISTENT), 0 },
		{ EP_PASS_ON, D_UP_TO_DATE, IOE_WRITE, DISK(INCONSISTENT), 0 },
		{ EP_PASS_ON, D_INCONSISTENT, IOE_WRITE, 0, 0, 0 },
		{ EP_PASS_ON, D_UP_TO_DATE, IOE_META, DISK(FAILED), VF_WAS_IO_ERROR },
		{ EP_PASS_ON, D_UP_TO_DATE, IOE_FORCE_DETACH, DISK(FAILED), VF_WAS_IO_ERROR | VF_FORCE_DETACH },
		{ EP_DETACH, D_UP_TO_DATE, IOE_READ, DISK(FAILED), VF_WAS_IO_ERROR | VF_WAS_READ_ERROR },
		{ EP_DETACH, D_INCONSISTENT, IOE_WRITE, DISK(FAILED), VF_WAS_IO_ERROR },
		{ EP_CALL_HELPER, D_UP_TO_DATE, IOE_WRITE, DISK(FAILED), VF_WAS_IO_ERROR },
		{ EP_DETACH, D_FAILED, IOE_WRITE, 0, 0, VF_WAS_IO_ERROR },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, word(SEC, SEC, C_CONNECTED, rows[i].disk, D_UP_TO_DATE));
		disk.on_io_error = rows[i].policy;
		drbd_io_error(&vol[0], rows[i].what, &ch);
		CHECK_MSG(ch.mask == rows[i].mask && ch.val == rows[i].val && vol[0].flags == rows[i].flags, "row %u", i);
		CHECK_INT(ch.flags, CS_HARD);
	}
}

TEST(net_options_are_checked_in_the_order_of_the_original)
{
	struct drbd_net_conf old, want;

	fresh(2, S(PRI, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	old = want = net;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), NO_ERROR);
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), NO_ERROR);
	old.two_primaries = 1;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), ERR_NEED_ALLOW_TWO_PRI);
	want.two_primaries = 1;
	want.wire_protocol = DRBD_PROT_B;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), ERR_NOT_PROTO_C);
	want.two_primaries = 0;
	want.wire_protocol = DRBD_PROT_A;
	want.discard_my_data = 1;
	disk.fencing = FP_STONITH;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), ERR_STONITH_AND_PROT_A);
	disk.fencing = FP_RESOURCE;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), ERR_DISCARD_IMPOSSIBLE);
	want.discard_my_data = 0;
	want.on_congestion = OC_PULL_AHEAD;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), NO_ERROR);
	want.wire_protocol = DRBD_PROT_C;
	CHECK_INT(drbd_check_net_conf(&conn, NULL, &want), ERR_CONG_NOT_PROTO_A);

	old = want = net;
	want.wire_protocol = DRBD_PROT_B;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), NO_ERROR);
	conn.apv = 99;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), ERR_NEED_APV_100);
	conn.cstate = C_WF_CONNECTION;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), NO_ERROR);
	want = old;
	strcpy(want.csums_alg, "sha1");
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), NO_ERROR);
	vol[1].state.conn = C_PAUSED_SYNC_S;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), ERR_CSUMS_RESYNC_RUNNING);
	want = old;
	strcpy(want.verify_alg, "sha1");
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), NO_ERROR);
	vol[1].state.conn = C_VERIFY_T;
	CHECK_INT(drbd_check_net_conf(&conn, &old, &want), ERR_VERIFY_RUNNING);
}

int main(void)
{
	RUN(promotion_is_one_change_if_nothing_is_in_the_way);
	RUN(promotion_is_tried_once_more_with_a_log_and_then_refused);
	RUN(force_makes_a_usable_disk_up_to_date);
	RUN(a_consistent_disk_becomes_up_to_date_when_the_peer_is_fenced);
	RUN(a_peer_that_can_not_be_fenced_is_outdated_only_by_force);
	RUN(a_primary_peer_is_waited_for_once);
	RUN(a_change_of_role_makes_generations_and_tells_the_peer);
	RUN(a_forced_promotion_keeps_what_the_bitmap_counts_from);
	RUN(disconnect_by_what_the_change_was_refused_for);
	RUN(a_lost_connection_is_cleaned_up);
	RUN(fencing_by_policy);
	RUN(exit_codes_of_fence_peer);
	RUN(a_resync_ends_with_equal_identifiers_unless_blocks_failed);
	RUN(verify_ends_without_new_identifiers);
	RUN(p_sync_uuid_waits_for_its_state);
	RUN(a_resync_starts_paused_if_another_comes_first);
	RUN(a_full_sync_goes_on_when_all_bits_are_written);
	RUN(the_primary_is_the_source_of_new_space);
	RUN(invalidate_by_state);
	RUN(single_commands_ask_for_one_thing);
	RUN(pause_and_resume_sync_answer_with_configuration_codes);
	RUN(resume_io_makes_what_was_put_off);
	RUN(attach_is_refused_with_the_code_that_says_why);
	RUN(attach_finds_the_state_that_the_super_block_says);
	RUN(attach_sees_a_crash);
	RUN(the_activity_log_rests_while_all_bits_are_set_and_nobody_is_connected);
	RUN(a_disk_that_goes_leaves_nothing_behind);
	RUN(io_errors_by_policy);
	RUN(net_options_are_checked_in_the_order_of_the_original);
	return UNIT_END;
}
