/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd_world.h"

/* --- verdicts ---------------------------------------------------------------------------------------------------------- */

/* drbd-states.md 3.1, row: from, column: to. */
static const char *const conn_matrix[] = {
	"=a.ccccccccccccccccccccc",	/* StandAlone */
	".=ttttttttcccccccccccccc",	/* Disconnecting */
	"..=.......cccccccccccccc",	/* Unconnected */
	"t..=ttttttcccccccccccccc",	/* Timeout */
	"t..t=tttttcccccccccccccc",	/* BrokenPipe */
	"t..tt=ttttcccccccccccccc",	/* NetworkFailure */
	"t..ttt=tttcccccccccccccc",	/* ProtocolError */
	"t..tttt=ttcccccccccccccc",	/* TearDown */
	"........=.cccccccccccccc",	/* WFConnection */
	".........=..............",	/* WFReportParams */
	"..........=.............",	/* Connected */
	"...........=............",	/* StartingSyncS */
	"............=...........",	/* StartingSyncT */
	".............=..........",	/* WFBitMapS */
	"..............=.........",	/* WFBitMapT */
	"...............=........",	/* WFSyncUUID */
	"................=.......",	/* SyncSource */
	".................=......",	/* SyncTarget */
	"..................=.....",	/* VerifyS */
	"...................=....",	/* VerifyT */
	"....................=...",	/* PausedSyncS */
	".....................=..",	/* PausedSyncT */
	"......................=.",	/* Ahead */
	".......................=",	/* Behind */
};

TEST(every_pair_of_connection_states_has_its_verdict)
{
	static const struct { char c; s32 rv; } codes[] = {
		{ '=', SS_NOTHING_TO_DO }, { '.', SS_SUCCESS }, { 'a', SS_ALREADY_STANDALONE },
		{ 'c', SS_NEED_CONNECTION }, { 't', SS_IN_TRANSIENT_STATE },
	};
	u32 oc, nc, i;

	CHECK_INT(ARRAY_SIZE(conn_matrix), C_BEHIND + 1);
	for (oc = 0; oc <= C_BEHIND; oc++) {
		CHECK_INT(strlen(conn_matrix[oc]), C_BEHIND + 1);
		for (nc = 0; nc <= C_BEHIND; nc++) {
			for (i = 0; codes[i].c != conn_matrix[oc][nc]; i++)
				;
			CHECK_MSG(drbd_conn_verdict(oc, nc) == codes[i].rv, "%s -> %s: %d", drbd_conn_name(oc),
				  drbd_conn_name(nc), drbd_conn_verdict(oc, nc));
		}
	}
}

TEST(every_pair_of_disk_states_is_possible_but_one)
{
	u32 od, nd;

	for (od = 0; od <= D_UP_TO_DATE; od++)
		for (nd = 0; nd <= D_UP_TO_DATE; nd++)
			CHECK_INT(drbd_hard_verdict(word(SEC, SEC, C_CONNECTED, od, D_UP_TO_DATE),
						    word(SEC, SEC, C_CONNECTED, nd, D_UP_TO_DATE)),
				  nd == D_UNKNOWN ? SS_NOT_SUPPORTED :
				  od == D_DISKLESS && nd == D_FAILED ? SS_IS_DISKLESS : SS_SUCCESS);
}

TEST(no_state_out_of_range_gets_in_even_by_force)
{
	u32 bad[] = { DS_ROLE(3), DS_PEER(3), DS_CONN(24), DS_CONN(31), DS_DISK(9), DS_DISK(15), DS_PDSK(9) }, i;
	u32 mask[] = { DS_ROLE(3), DS_PEER(3), DS_CONN(31), DS_CONN(31), DS_DISK(15), DS_DISK(15), DS_PDSK(15) };

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
		CHECK_INT(request(mask[i], bad[i], CS_HARD), SS_NOT_SUPPORTED);
		CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE).i);
	}
}

/* What has to be so for a row of the valid or soft rules. */
enum { W_TWO = 1, W_OPEN = 2, W_FENCING = 4, W_NO_ALG = 8, W_APV_87 = 16, W_OTHER_PRIMARY = 32, W_SENT = 64 };

static void with(u32 what)
{
	net.two_primaries = !!(what & W_TWO);
	vol[0].opens = !!(what & W_OPEN);
	disk.fencing = what & W_FENCING ? FP_RESOURCE : FP_DONT_CARE;
	if (what & W_NO_ALG)
		net.verify_alg[0] = 0;
	if (what & W_APV_87)
		conn.apv = 87;
	if (what & W_OTHER_PRIMARY)
		vol[1].state.peer = PRI;
	if (what & W_SENT)
		conn.flags |= CNF_STATE_SENT;
}

TEST(validity_of_a_state_by_the_first_rule_that_hits)
{
	static const struct {
		u8 rule, with, role, peer, conn, disk, pdsk;
		s8 rv;
	} rows[] = {
		{ 1, 0, PRI, PRI, C_CONNECTED, D_UP_TO_DATE, D_UP_TO_DATE, SS_TWO_PRIMARIES },
		{ 1, W_TWO, PRI, PRI, C_CONNECTED, D_UP_TO_DATE, D_UP_TO_DATE, SS_SUCCESS },
		{ 2, W_OTHER_PRIMARY, PRI, SEC, C_CONNECTED, D_UP_TO_DATE, D_UP_TO_DATE, SS_O_VOL_PEER_PRI },
		{ 3, W_OPEN, SEC, SEC, C_CONNECTED, D_UP_TO_DATE, D_UP_TO_DATE, SS_DEVICE_IN_USE },
		{ 4, 0, PRI, UNK, C_WF_CONNECTION, D_CONSISTENT, D_UNKNOWN, SS_NO_UP_TO_DATE_DISK },
		{ 4, W_FENCING, PRI, UNK, C_WF_CONNECTION, D_CONSISTENT, D_UNKNOWN, SS_NO_UP_TO_DATE_DISK },
		{ 5, W_FENCING, PRI, UNK, C_WF_CONNECTION, D_UP_TO_DATE, D_UNKNOWN, SS_PRIMARY_NOP },
		{ 5, W_FENCING, PRI, UNK, C_WF_CONNECTION, D_UP_TO_DATE, D_OUTDATED, SS_SUCCESS },
		{ 5, 0, PRI, UNK, C_WF_CONNECTION, D_UP_TO_DATE, D_UNKNOWN, SS_SUCCESS },
		{ 6, 0, PRI, SEC, C_CONNECTED, D_INCONSISTENT, D_INCONSISTENT, SS_NO_UP_TO_DATE_DISK },
		{ 7, 0, SEC, SEC, C_SYNC_SOURCE, D_DISKLESS, D_UP_TO_DATE, SS_NO_LOCAL_DISK },
		{ 8, 0, SEC, SEC, C_SYNC_SOURCE, D_UP_TO_DATE, D_DISKLESS, SS_NO_REMOTE_DISK },
		{ 9, 0, SEC, SEC, C_SYNC_SOURCE, D_CONSISTENT, D_CONSISTENT, SS_NO_UP_TO_DATE_DISK },
		{ 10, 0, SEC, SEC, C_CONNECTED, D_OUTDATED, D_UP_TO_DATE, SS_CONNECTED_OUTDATES },
		{ 10, 0, SEC, SEC, C_WF_BITMAP_S, D_OUTDATED, D_UP_TO_DATE, SS_CONNECTED_OUTDATES },
		{ 10, 0, SEC, SEC, C_WF_BITMAP_T, D_OUTDATED, D_UP_TO_DATE, SS_SUCCESS },
		{ 11, W_NO_ALG, SEC, SEC, C_VERIFY_S, D_UP_TO_DATE, D_UP_TO_DATE, SS_NO_VERIFY_ALG },
		{ 12, W_APV_87, SEC, SEC, C_VERIFY_T, D_UP_TO_DATE, D_UP_TO_DATE, SS_NOT_SUPPORTED },
		{ 13, 0, PRI, SEC, C_CONNECTED, D_CONSISTENT, D_OUTDATED, SS_NO_UP_TO_DATE_DISK },
		{ 14, 0, SEC, SEC, C_STARTING_SYNC_T, D_UP_TO_DATE, D_UNKNOWN, SS_NEED_CONNECTION },
		{ 15, 0, SEC, SEC, C_CONNECTED, D_UP_TO_DATE, D_UNKNOWN, SS_CONNECTED_OUTDATES },
		{ 0, 0, SEC, SEC, C_CONNECTED, D_UP_TO_DATE, D_UP_TO_DATE, SS_SUCCESS },
		{ 0, 0, SEC, UNK, C_STANDALONE, D_OUTDATED, D_UNKNOWN, SS_SUCCESS },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(2, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
		with(rows[i].with);
		CHECK_MSG(drbd_valid_verdict(&conn, &vol[0], word(rows[i].role, rows[i].peer, rows[i].conn, rows[i].disk,
								  rows[i].pdsk)) == rows[i].rv,
			  "row %u, rule %u", i, rows[i].rule);
	}
}

TEST(soft_transitions_by_the_last_rule_that_hits)
{
	const struct {
		u32 rule, with;
		union drbd_state os, ns;
		s32 rv;
	} rows[] = {
		{ 1, 0, S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT),
		  S(SEC, SEC, STARTING_SYNC_S, UP_TO_DATE, INCONSISTENT), SS_RESYNC_RUNNING },
		{ 2, 0, S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), S(SEC, UNK, DISCONNECTING, UP_TO_DATE, UNKNOWN),
		  SS_ALREADY_STANDALONE },
		{ 3, 0, S(SEC, UNK, STANDALONE, DISKLESS, UNKNOWN), S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN),
		  SS_IS_DISKLESS },
		{ 3, 0, S(SEC, UNK, STANDALONE, DISKLESS, UNKNOWN), S(SEC, UNK, STANDALONE, ATTACHING, UNKNOWN),
		  SS_SUCCESS },
		{ 4, 0, S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  SS_NO_NET_CONFIG },
		{ 5, 0, S(SEC, UNK, STANDALONE, INCONSISTENT, UNKNOWN), S(SEC, UNK, STANDALONE, OUTDATED, UNKNOWN),
		  SS_LOWER_THAN_OUTDATED },
		{ 5, 0, S(SEC, UNK, STANDALONE, ATTACHING, UNKNOWN), S(SEC, UNK, STANDALONE, OUTDATED, UNKNOWN),
		  SS_SUCCESS },
		{ 6, 0, S(SEC, UNK, UNCONNECTED, UP_TO_DATE, UNKNOWN), S(SEC, UNK, DISCONNECTING, UP_TO_DATE, UNKNOWN),
		  SS_IN_TRANSIENT_STATE },
		{ 7, W_SENT, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN),
		  S(PRI, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), SS_IN_TRANSIENT_STATE },
		{ 7, W_SENT, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), SS_SUCCESS },
		{ 7, W_SENT, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN),
		  S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT), SS_SUCCESS },
		{ 8, 0, S(SEC, SEC, WF_BITMAP_T, OUTDATED, UP_TO_DATE), S(PRI, SEC, WF_BITMAP_T, OUTDATED, UP_TO_DATE),
		  SS_IN_TRANSIENT_STATE },
		{ 8, 0, S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE),
		  S(PRI, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE), SS_SUCCESS },
		{ 9, 0, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), S(SEC, UNK, VERIFY_S, UP_TO_DATE, UP_TO_DATE),
		  SS_NEED_CONNECTION },
		{ 10, 0, S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT),
		  S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE), SS_RESYNC_RUNNING },
		{ 11, 0, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  S(SEC, UNK, STARTING_SYNC_T, INCONSISTENT, UP_TO_DATE), SS_NEED_CONNECTION },
		{ 12, 0, S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  S(SEC, UNK, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT), SS_NEED_CONNECTION },
		{ 13, 0, S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  S(PRI, UNK, DISCONNECTING, UP_TO_DATE, OUTDATED), SS_OUTDATE_WO_CONN },
		/* 6 and 13: the last counts */
		{ 13, 0, S(PRI, UNK, UNCONNECTED, UP_TO_DATE, UNKNOWN), S(PRI, UNK, DISCONNECTING, UP_TO_DATE, OUTDATED),
		  SS_OUTDATE_WO_CONN },
		{ 0, 0, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE),
		  SS_SUCCESS },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].os);
		with(rows[i].with);
		CHECK_MSG(drbd_soft_verdict(&conn, rows[i].os, rows[i].ns) == rows[i].rv, "row %u, rule %u: %d", i,
			  rows[i].rule, drbd_soft_verdict(&conn, rows[i].os, rows[i].ns));
	}
}

TEST(what_was_as_bad_before_is_no_reason_to_refuse)
{
	fresh(1, S(PRI, UNK, WF_CONNECTION, CONSISTENT, UNKNOWN));
	CHECK_INT(drbd_valid_verdict(&conn, &vol[0], vol[0].state), SS_NO_UP_TO_DATE_DISK);
	CHECK_INT(request_conn(CONN(WF_REPORT_PARAMS), 0), SS_SUCCESS);
	vol[0].opens = 1;
	CHECK_INT(request(ROLE(SEC), 0), SS_DEVICE_IN_USE);
}

/* --- sanitizing -------------------------------------------------------------------------------------------------------- */

TEST(a_wanted_state_is_made_consistent_by_the_sanitizing_rules)
{
	const struct {
		u32 rule;
		union drbd_state os, in, out;
		u32 warn;
	} rows[] = {
		{ 1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, NETWORK_FAILURE, UP_TO_DATE, UP_TO_DATE),
		  S(SEC, UNK, NETWORK_FAILURE, UP_TO_DATE, UNKNOWN), 0 },
		{ 1, S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT),
		  S(SEC, SEC, TIMEOUT, UP_TO_DATE, INCONSISTENT), S(SEC, UNK, TIMEOUT, UP_TO_DATE, INCONSISTENT), 0 },
		{ 1, S(SEC, SEC, CONNECTED, UP_TO_DATE, DISKLESS), S(SEC, SEC, TIMEOUT, UP_TO_DATE, DISKLESS),
		  S(SEC, UNK, TIMEOUT, UP_TO_DATE, UNKNOWN), 0 },
		{ 3, S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE), S(SEC, SEC, SYNC_TARGET, INCONSISTENT, FAILED),
		  S(SEC, SEC, CONNECTED, INCONSISTENT, FAILED), WARN_ABORTED_RESYNC },
		{ 3, S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, VERIFY_S, FAILED, UP_TO_DATE),
		  S(SEC, SEC, CONNECTED, FAILED, UP_TO_DATE), WARN_ABORTED_VERIFY },
		{ 4, S(SEC, SEC, CONNECTED, NEGOTIATING, UP_TO_DATE), S(SEC, SEC, TIMEOUT, NEGOTIATING, UP_TO_DATE),
		  S(SEC, UNK, TIMEOUT, OUTDATED, OUTDATED), 0 },
		{ 5, S(SEC, UNK, WF_REPORT_PARAMS, CONSISTENT, UNKNOWN), S(SEC, SEC, CONNECTED, CONSISTENT, OUTDATED),
		  S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0 },
		{ 5, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, CONNECTED, OUTDATED, UP_TO_DATE),
		  S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0 },
		{ 5, S(SEC, SEC, CONNECTED, NEGOTIATING, UP_TO_DATE), S(SEC, SEC, CONNECTED, OUTDATED, UP_TO_DATE),
		  S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), 0 },
		{ 6, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), S(SEC, PRI, WF_BITMAP_T, UP_TO_DATE, UP_TO_DATE),
		  S(SEC, PRI, WF_BITMAP_T, OUTDATED, UP_TO_DATE), 0 },
		{ 6, S(SEC, SEC, CONNECTED, NEGOTIATING, UP_TO_DATE),
		  S(SEC, SEC, WF_BITMAP_T, NEGOTIATING, UP_TO_DATE), S(SEC, SEC, WF_BITMAP_T, INCONSISTENT, UP_TO_DATE), 0 },
		{ 6, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, UP_TO_DATE),
		  S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT), 0 },
		{ 6, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(PRI, SEC, AHEAD, UP_TO_DATE, UP_TO_DATE),
		  S(PRI, SEC, AHEAD, UP_TO_DATE, CONSISTENT), 0 },
		{ 6, S(SEC, SEC, CONNECTED, INCONSISTENT, UP_TO_DATE), S(SEC, SEC, VERIFY_S, INCONSISTENT, UP_TO_DATE),
		  S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE), WARN_DISK_UPGRADED },
		{ 6, S(SEC, SEC, CONNECTED, UP_TO_DATE, INCONSISTENT),
		  S(SEC, SEC, STARTING_SYNC_T, INCONSISTENT, INCONSISTENT),
		  S(SEC, SEC, STARTING_SYNC_T, INCONSISTENT, UP_TO_DATE), WARN_PDSK_UPGRADED },
	};
	u32 i, warn;
	union drbd_state out;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].os);
		vol[0].attach_state.disk = D_OUTDATED;
		vol[0].attach_state.pdsk = D_OUTDATED;
		out = drbd_sanitize(&conn, &vol[0], rows[i].os, rows[i].in, &warn);
		CHECK_MSG(out.i == rows[i].out.i && warn == rows[i].warn, "row %u, rule %u: %s %s/%s warn %x", i,
			  rows[i].rule, drbd_conn_name(out.conn), drbd_disk_name(out.disk), drbd_disk_name(out.pdsk), warn);
	}
}

TEST(a_disk_is_lost_if_its_peer_goes_before_it_said_what_it_is)
{
	fresh(1, S(SEC, SEC, CONNECTED, NEGOTIATING, UP_TO_DATE));
	vol[0].ed_uuid = 0x2000;
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_DISKLESS);
	CHECK_INT(tr[0].warn, WARN_CONNECTION_LOST_NEG);
	CHECK(tr[0].now & NOW_HOLD_DISK);
}

TEST(io_freezes_for_fencing_and_for_lack_of_data)
{
	fresh(2, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	disk.fencing = FP_STONITH;
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	CHECK(conn.susp_fen && vol[0].state.susp_fen && vol[1].state.susp_fen);
	CHECK_INT(request_conn(DS_SUSP_FEN, 0, CS_HARD), SS_SUCCESS);
	CHECK_INT(request_conn(CONN(UNCONNECTED), CS_HARD), SS_SUCCESS);
	CHECK(!conn.susp_fen);				/* not again for the same loss */

	fresh(1, S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE));
	CHECK_INT(request_conn(CONN(TIMEOUT), CS_HARD), SS_SUCCESS);
	CHECK(!drbd_suspended(&conn));
	fresh(1, S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE));
	res.on_no_data = OND_SUSPEND_IO;
	CHECK_INT(request_conn(CONN(TIMEOUT), CS_HARD), SS_SUCCESS);
	CHECK(conn.susp_nod && vol[0].state.susp_nod);
}

TEST(pause_flags_pause_and_resume_a_resync)
{
	fresh(1, S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE));
	CHECK_INT(request(DS_USER_ISP, DS_USER_ISP, 0), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_PAUSED_SYNC_T);
	CHECK_INT(tr[0].now & (NOW_RS_PAUSE | NOW_RS_RESUME | NOW_RS_TIMER), NOW_RS_PAUSE);
	CHECK_INT(request(DS_PEER_ISP, DS_PEER_ISP, 0), SS_SUCCESS);
	CHECK_INT(request(DS_USER_ISP, 0, 0), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_PAUSED_SYNC_T);
	CHECK_INT(request(DS_PEER_ISP, 0, 0), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_SYNC_TARGET);
	CHECK_INT(tr[0].now & (NOW_RS_PAUSE | NOW_RS_RESUME | NOW_RS_TIMER), NOW_RS_RESUME | NOW_RS_TIMER);
}

TEST(sanitizing_twice_changes_nothing_more)
{
	u32 oc, od, op, c, d, p, role, warn;
	union drbd_state once, twice, os;

	for (role = 0; role < 4; role++)
	for (oc = 0; oc <= C_BEHIND; oc += 5)
	for (od = 0; od <= D_UP_TO_DATE; od++)
	for (op = 0; op <= D_UP_TO_DATE; op += 2)
	for (c = 0; c <= C_BEHIND; c++)
	for (d = 0; d <= D_UP_TO_DATE; d++)
	for (p = 0; p <= D_UP_TO_DATE; p++) {
		os = word(role & 1 ? PRI : SEC, SEC, oc, od, op);
		fresh(1, os);
		disk.fencing = role & 2 ? FP_STONITH : FP_DONT_CARE;
		once = drbd_sanitize(&conn, &vol[0], os, word(role & 1 ? PRI : SEC, SEC, c, d, p), &warn);
		twice = drbd_sanitize(&conn, &vol[0], once, once, &warn);
		CHECK_MSG(once.i == twice.i, "%s %s/%s from %s %s/%s", drbd_conn_name(c), drbd_disk_name(d),
			  drbd_disk_name(p), drbd_conn_name(oc), drbd_disk_name(od), drbd_disk_name(op));
	}
}

/* --- found by the simulator ----------------------------------------------------------------------------------------------- */

TEST(a_resync_that_is_aborted_makes_no_old_disk_current)
{
	/* target: the source's disk fails */
	fresh(1, S(SEC, SEC, WF_BITMAP_T, OUTDATED, UP_TO_DATE));
	CHECK_INT(request(PDSK(FAILED), CS_HARD), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, OUTDATED, FAILED).i);
	CHECK_INT(request(PDSK(DISKLESS), CS_HARD), SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_OUTDATED);
	/* source, and Ahead: the own disk fails */
	fresh(1, S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT));
	CHECK_INT(request(DISK(FAILED), CS_HARD), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, FAILED, CONSISTENT).i);
	fresh(1, S(PRI, SEC, AHEAD, UP_TO_DATE, OUTDATED));
	CHECK_INT(request(DISK(FAILED), CS_HARD), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(PRI, SEC, CONNECTED, FAILED, OUTDATED).i);
}

TEST(outdating_an_inconsistent_disk_while_connected_is_refused)
{
	fresh(1, S(SEC, PRI, CONNECTED, INCONSISTENT, UP_TO_DATE));
	CHECK(request(DISK(OUTDATED), 0) < SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_INCONSISTENT);
}

TEST(no_request_is_granted_by_calling_a_disk_up_to_date)
{
	fresh(1, S(SEC, SEC, CONNECTED, INCONSISTENT, UP_TO_DATE));
	CHECK_INT(request(CONN(VERIFY_S), 0), SS_NO_UP_TO_DATE_DISK);
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, INCONSISTENT));
	CHECK_INT(request(CONN(VERIFY_S), 0), SS_NO_UP_TO_DATE_DISK);
	CHECK_INT(request(CONN(STARTING_SYNC_T), 0), SS_NO_UP_TO_DATE_DISK);
	CHECK_INT(vol[0].state.i, S(SEC, SEC, CONNECTED, UP_TO_DATE, INCONSISTENT).i);
	fresh(1, S(SEC, SEC, CONNECTED, INCONSISTENT, UP_TO_DATE));
	CHECK_INT(request(CONN(STARTING_SYNC_S), 0), SS_NO_UP_TO_DATE_DISK);
	fresh(1, S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT));
	CHECK(request(DISK(INCONSISTENT), 0) != SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_UP_TO_DATE);
	/* both UpToDate: the peer is asked */
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(request(CONN(VERIFY_S), 0), SS_UNKNOWN_ERROR);
}

static const char *follow(union drbd_state os, union drbd_state ns)
{
	static struct drbd_after after;

	drbd_vol_after(&conn, &vol[0], os, ns, 0x7777000, &after);
	return after_text(&after);
}

TEST(ahead_begins_a_new_generation)
{
	union drbd_state os = S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);

	fresh(1, os);
	CHECK_INT(request(CONN(AHEAD), 0), SS_SUCCESS);
	CHECK_STR(follow(os, vol[0].state), "md-write uuids state md-sync");
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777001);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x1000);
}

TEST(frozen_requests_are_sent_again_after_a_plain_suspend_io)
{
	union drbd_state os, ns;

	fresh(1, S(PRI, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN));
	CHECK_INT(request_conn(DS_SUSP, DS_SUSP, 0), SS_SUCCESS);
	os = vol[0].state;
	CHECK_INT(request(DS_CONN(C_MASK) | DS_PDSK(D_MASK) | DS_PEER(R_MASK),
			  DS_CONN(C_CONNECTED) | DS_PDSK(D_UP_TO_DATE) | DS_PEER(SEC), 0), SS_SUCCESS);
	ns = vol[0].state;
	CHECK_STR(follow(os, ns), "resend state md-sync");
	CHECK(conn.susp);				/* that is the administrator's to end */
}

TEST(what_was_frozen_is_sent_again_before_io_goes_on_however_late_the_worker_is)
{
	union drbd_state before = S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), between, ns;

	before.susp_fen = 1;
	fresh(1, before);
	CHECK_INT(request_conn(CONN(WF_REPORT_PARAMS), 0), SS_SUCCESS);
	between = vol[0].state;
	CHECK_INT(request(DS_CONN(C_MASK) | DS_PDSK(D_MASK) | DS_PEER(R_MASK),
			  DS_CONN(C_CONNECTED) | DS_PDSK(D_UP_TO_DATE) | DS_PEER(SEC), 0), SS_SUCCESS);
	ns = vol[0].state;
	CHECK_STR(follow(before, between), "md-sync");	/* the item of before, done after */
	CHECK_STR(follow(between, ns), "resend new-uuids clear-fen state md-sync");
}

TEST(a_volume_that_has_met_the_peer_does_not_let_go_what_another_still_has_to_send)
{
	union drbd_state away = S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), meets, met;

	fresh(2, S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE));
	away.susp_nod = 1;
	meets = met = away;
	meets.conn = C_WF_REPORT_PARAMS;
	met.conn = C_CONNECTED;
	met.pdsk = D_UP_TO_DATE;
	vol[1].state = vol[0].state;
	vol[0].state = met;
	vol[0].state.susp_nod = vol[1].state.susp_nod = conn.susp_nod = 1;
	CHECK_STR(follow(away, meets), "md-sync");	/* an item of before: seed 604699 */
	CHECK_STR(follow(meets, met), "resend restart new-uuids clear-nod state md-sync");
	vol[1].state.conn = C_WF_REPORT_PARAMS;
	CHECK_STR(follow(meets, met), "state md-sync");
}

TEST(a_new_generation_that_waited_for_fencing_is_made_when_it_ends)
{
	union drbd_state os = S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), ns;
	struct drbd_after after;

	fresh(1, os);
	disk.fencing = FP_STONITH;
	request_conn(CONN(NETWORK_FAILURE), CS_HARD);
	ns = vol[0].state;
	CHECK_STR(follow(os, ns), "md-sync");
	CHECK(vol[0].flags & VF_NEW_CUR_UUID);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0);
	/* the handler succeeds */
	request_conn(CONN(UNCONNECTED), CS_HARD);
	CHECK_INT(request_conn(PDSK(OUTDATED), CS_VERBOSE), SS_SUCCESS);
	drbd_conn_after(&conn, &ctr, &after);
	CHECK_STR(after_text(&after), "new-uuids conn-lost clear-fen md-sync");
	CHECK(drbd_pending_new_uuid(&vol[0], 0x55000));
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x1000);
	CHECK(!drbd_pending_new_uuid(&vol[0], 0x66000));
	/* or the flag is cleared by force */
	fresh(1, ns);
	vol[0].flags |= VF_NEW_CUR_UUID;
	CHECK_INT(request_conn(DS_SUSP_FEN, 0, CS_HARD), SS_SUCCESS);
	CHECK_STR(follow(ns, vol[0].state), "md-write md-sync");
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777001);
}

TEST(a_peer_that_comes_back_without_its_disk_leaves_the_new_generation_due)
{
	union drbd_state os = S(PRI, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN);
	struct { u32 pdsk; bool due; } rows[] = { { D_DISKLESS, true }, { D_UP_TO_DATE, false } };
	u32 i;

	os.susp_fen = 1;
	for (i = 0; i < 2; i++) {
		fresh(1, os);
		vol[0].flags |= VF_NEW_CUR_UUID;
		CHECK_INT(request(DS_CONN(C_MASK) | DS_PDSK(D_MASK) | DS_PEER(R_MASK),
				  DS_CONN(C_CONNECTED) | DS_PDSK(rows[i].pdsk) | DS_PEER(SEC), 0), SS_SUCCESS);
		follow(os, vol[0].state);
		CHECK_INT(!!(vol[0].flags & VF_NEW_CUR_UUID), rows[i].due);
	}
}

TEST(a_peer_that_is_primary_without_disk_gets_its_generation_although_our_io_waits)
{
	union drbd_state os = S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE);

	os.susp = 1;
	fresh(1, os);
	CHECK_INT(request(PDSK(FAILED), CS_HARD), SS_SUCCESS);
	follow(os, vol[0].state);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777000);	/* seed 16854 */
}

TEST(a_source_left_alone_begins_a_generation_and_keeps_what_its_bitmap_counts_from)
{
	union drbd_state os = S(PRI, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT);

	fresh(1, os);
	vol[0].uuid[UI_BITMAP] = 0x500;
	vol[0].uuid[UI_HISTORY_START] = 0x300;
	vol[0].uuid[UI_HISTORY_END] = 0x200;
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	CHECK_STR(follow(os, vol[0].state), "md-write resume md-sync");
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777001);	/* the target may have 0x1000 by now: seeds 2557, 12806, 15172 */
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x500);
	CHECK_INT(vol[0].uuid[UI_HISTORY_START], 0x300);
	CHECK_INT(vol[0].uuid[UI_HISTORY_END], 0x1000);
	/* gone before the identifier of the resync was made: seed 1015998 */
	fresh(1, os);
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	follow(os, vol[0].state);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777001);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x1000);
}

TEST(what_a_peer_that_was_primary_on_our_data_may_still_send_is_of_another_generation)
{
	union drbd_state os = S(PRI, PRI, CONNECTED, UP_TO_DATE, FAILED);

	fresh(1, os);
	vol[0].uuid[UI_BITMAP] = 0x500;
	CHECK_INT(request(PDSK(DISKLESS), CS_HARD), SS_SUCCESS);
	CHECK_STR(follow(os, vol[0].state), "md-sync");
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x1000);	/* it still gets what is written */
	os = vol[0].state;
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	follow(os, vol[0].state);
	CHECK_INT(vol[0].uuid[UI_CURRENT], 0x7777001);
	CHECK_INT(vol[0].uuid[UI_BITMAP], 0x500);
}

/* Its frozen writes belong to these data and to no others: seeds 133969, 43398. */
TEST(a_primary_without_good_data_remembers_the_generation_that_it_worked_on)
{
	static const struct { u8 role, disk, pdsk; bool remembers; } rows[] = {
		{ R_PRIMARY, D_INCONSISTENT, D_UP_TO_DATE, true },
		{ R_PRIMARY, D_DISKLESS, D_UP_TO_DATE, true },
		{ R_PRIMARY, D_UP_TO_DATE, D_UP_TO_DATE, false },
		{ R_PRIMARY, D_INCONSISTENT, D_INCONSISTENT, false },
		{ R_SECONDARY, D_INCONSISTENT, D_UP_TO_DATE, false },
	};
	u32 i, known;

	for (i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		known = i % 2;
		fresh(1, word(rows[i / 2].role, SEC, C_CONNECTED, rows[i / 2].disk, rows[i / 2].pdsk));
		vol[0].ed_uuid = 0x1000;
		vol[0].have_peer_uuids = known;
		vol[0].peer.uuid[UI_CURRENT] = 0x2000;
		CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
		CHECK_MSG(vol[0].ed_uuid == (known && rows[i / 2].remembers ? 0x2000 : 0x1000), "row %u: %llx", i,
			  vol[0].ed_uuid);
	}
}

/* --- effects -------------------------------------------------------------------------------------------------------------- */

TEST(immediate_effects_of_a_change)
{
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_CLOSE_EPOCH | NOW_MD_DIRTY | NOW_RESTART_RECEIVER | NOW_WAKE);
	CHECK_INT(request_conn(CONN(UNCONNECTED), CS_HARD), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_WAKE);
	CHECK_INT(request_conn(CONN(DISCONNECTING), CS_HARD), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_STOP_RECEIVER | NOW_WAKE);
	CHECK_INT(request(DISK(FAILED), CS_HARD), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_HOLD_DISK | NOW_WAKE);
	CHECK_INT(request(DISK(DISKLESS), CS_HARD), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_HOLD_DISK | NOW_WAKE);

	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	vol[0].md_flags = drbd_md_flags(&vol[0], vol[0].state);
	CHECK_INT(request(CONN(VERIFY_S), CS_LOCAL_ONLY), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_OV_BEGIN | NOW_OV_TIMER | NOW_WAKE);
	CHECK_INT(request(CONN(CONNECTED), 0), SS_SUCCESS);
	CHECK_INT(tr[0].now, NOW_OV_STOP | NOW_WAKE);

	fresh(1, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN));
	vol[0].flags |= VF_AL_SUSPENDED;
	drbd_conn_state_sent(&conn);
	CHECK(conn.flags & CNF_STATE_SENT);
	CHECK_INT(request(DS_CONN(C_MASK) | DS_PDSK(D_MASK), DS_CONN(C_CONNECTED) | DS_PDSK(D_UP_TO_DATE), 0), SS_SUCCESS);
	CHECK(tr[0].now & NOW_AL_RESUME);
	CHECK_INT(conn.connect_cnt, 1);
	CHECK(!(conn.flags & CNF_STATE_SENT));
}

TEST(flags_of_the_super_block_follow_from_the_state)
{
	const struct { union drbd_state s; u32 flags; } rows[] = {
		{ S(SEC, UNK, STANDALONE, INCONSISTENT, UNKNOWN), 0 },
		{ S(SEC, UNK, STANDALONE, OUTDATED, UNKNOWN), MDF_CONSISTENT },
		{ S(SEC, UNK, STANDALONE, CONSISTENT, UNKNOWN), MDF_CONSISTENT | MDF_WAS_UP_TO_DATE },
		{ S(PRI, UNK, STANDALONE, UP_TO_DATE, OUTDATED),
		  MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_PRIMARY_IND | MDF_PEER_OUT_DATED },
		{ S(SEC, PRI, CONNECTED, UP_TO_DATE, DISKLESS),
		  MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_PRIMARY_IND | MDF_CONNECTED_IND },
		{ S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE), MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_CONNECTED_IND },
		{ S(SEC, PRI, SYNC_TARGET, INCONSISTENT, UP_TO_DATE), MDF_CONNECTED_IND },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].s);
		vol[0].md_flags = MDF_AL_CLEAN | MDF_FULL_SYNC;
		CHECK_INT(drbd_md_flags(&vol[0], rows[i].s), rows[i].flags | MDF_FULL_SYNC);
		vol[0].flags |= VF_CRASHED_PRIMARY;
		disk.al_updates = 0;
		vol[0].md_flags = 0;
		CHECK_INT(drbd_md_flags(&vol[0], rows[i].s), rows[i].flags | MDF_CRASHED_PRIMARY | MDF_AL_DISABLED);
	}
}

TEST(a_crash_is_forgotten_when_both_disks_are_up_to_date)
{
	fresh(1, S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT));
	vol[0].flags |= VF_CRASHED_PRIMARY;
	vol[0].peer.flags = UUID_FLAG_CRASHED_PRIMARY | UUID_FLAG_INCONSISTENT;
	CHECK_INT(request(DS_CONN(C_MASK) | DS_PDSK(D_MASK), DS_CONN(C_CONNECTED) | DS_PDSK(D_UP_TO_DATE), CS_HARD), SS_SUCCESS);
	CHECK(!(vol[0].flags & VF_CRASHED_PRIMARY));
	CHECK_INT(vol[0].peer.flags, UUID_FLAG_INCONSISTENT);
	CHECK(!(vol[0].md_flags & MDF_CRASHED_PRIMARY));
}

TEST(what_follows_a_change)
{
	const struct {
		union drbd_state os, ns;
		const char *want;
	} rows[] = {
		{ S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT), S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT),
		  "md-write sync-uuid md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, DISKLESS), S(SEC, SEC, CONNECTED, UP_TO_DATE, CONSISTENT),
		  "rs-reset uuids state md-sync" },
		{ S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT),
		  "bitmap state md-sync" },
		{ S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(PRI, UNK, TIMEOUT, UP_TO_DATE, UNKNOWN),
		  "md-write md-sync" },
		{ S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, UNK, TIMEOUT, UP_TO_DATE, UNKNOWN), "md-sync" },
		{ S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, PRI, CONNECTED, UP_TO_DATE, FAILED),
		  "md-write uuids md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, DISKLESS), S(SEC, PRI, CONNECTED, UP_TO_DATE, DISKLESS),
		  "md-write uuids md-sync" },
		{ S(SEC, PRI, CONNECTED, UP_TO_DATE, DISKLESS), S(SEC, SEC, CONNECTED, UP_TO_DATE, DISKLESS),
		  "bm-write md-sync" },
		{ S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
		  "bm-write md-sync" },
		{ S(SEC, SEC, CONNECTED, ATTACHING, UP_TO_DATE), S(SEC, SEC, CONNECTED, NEGOTIATING, UP_TO_DATE),
		  "sizes uuids state md-sync" },
		{ S(PRI, UNK, STANDALONE, ATTACHING, UNKNOWN), S(PRI, UNK, STANDALONE, UP_TO_DATE, UNKNOWN),
		  "md-write md-sync" },
		{ S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN), S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE),
		  "state md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, STARTING_SYNC_T, OUTDATED, UP_TO_DATE),
		  "full-sync md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, CONNECTED, FAILED, UP_TO_DATE),
		  "state rs-cancel md-sync put md-sync" },
		{ S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), S(SEC, UNK, STANDALONE, FAILED, UNKNOWN),
		  "rs-cancel md-sync put md-sync" },
		{ S(SEC, SEC, CONNECTED, FAILED, UP_TO_DATE), S(SEC, SEC, CONNECTED, DISKLESS, UP_TO_DATE),
		  "state close md-sync" },
		{ S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, CONNECTED, INCONSISTENT, UP_TO_DATE),
		  "state md-sync" },
		{ S(SEC, SEC, SYNC_TARGET, INCONSISTENT, UP_TO_DATE), S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE),
		  "resume state bm-write md-sync" },
		{ S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE), S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE),
		  "resume state bm-write md-sync" },
		{ S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE), S(PRI, UNK, TIMEOUT, DISKLESS, UNKNOWN),
		  "pri-on-incon-degr md-sync" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, rows[i].ns);
		CHECK_MSG(!strcmp(follow(rows[i].os, rows[i].ns), rows[i].want), "row %u: %s", i,
			  follow(rows[i].os, rows[i].ns));
	}
}

TEST(a_failed_disk_runs_the_helper_and_aborts_what_a_forced_detach_left)
{
	union drbd_state os = S(SEC, UNK, STANDALONE, UP_TO_DATE, UNKNOWN), ns = S(SEC, UNK, STANDALONE, FAILED, UNKNOWN);

	fresh(1, ns);
	disk.on_io_error = EP_CALL_HELPER;
	vol[0].flags |= VF_WAS_IO_ERROR | VF_FORCE_DETACH;
	CHECK_STR(follow(os, ns), "local-io-error abort rs-cancel md-sync put md-sync");
	CHECK(!(vol[0].flags & VF_FORCE_DETACH));
	CHECK_STR(drbd_act_helper(AW_HELPER_LOCAL_IO_ERROR), "local-io-error");
	CHECK(!drbd_act_helper(AW_MD_SYNC));
}

TEST(versions_decide_about_sync_uuid_and_stop_sector)
{
	union drbd_state os = S(SEC, SEC, WF_BITMAP_S, UP_TO_DATE, CONSISTENT);
	union drbd_state ns = S(SEC, SEC, SYNC_SOURCE, UP_TO_DATE, INCONSISTENT);
	union drbd_state ov = S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE);
	union drbd_state done = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	u32 apv;

	for (apv = 90; apv <= 101; apv++) {
		fresh(1, ns);
		conn.apv = apv;
		CHECK_STR(follow(os, ns), apv >= 96 ? "md-write sync-uuid md-sync" : "md-sync");
		fresh(1, done);
		conn.apv = apv;
		CHECK_STR(follow(ov, done), apv >= 97 && apv != 100 ? "resume state bm-write md-sync" :
								      "resume bm-write md-sync");
	}
}

/* --- cluster-wide --------------------------------------------------------------------------------------------------------- */

TEST(the_peer_is_asked_where_it_has_a_say)
{
	union drbd_state c = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);

	CHECK(drbd_is_cluster_wide(c, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, SEC, STARTING_SYNC_T, OUTDATED, UP_TO_DATE)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, SEC, STARTING_SYNC_S, UP_TO_DATE, CONSISTENT)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, SEC, CONNECTED, FAILED, UP_TO_DATE)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, SEC, VERIFY_S, UP_TO_DATE, UP_TO_DATE)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN)));
	CHECK(drbd_is_cluster_wide(c, S(SEC, UNK, DISCONNECTING, UP_TO_DATE, UNKNOWN)));
	CHECK(!drbd_is_cluster_wide(c, S(SEC, SEC, VERIFY_T, UP_TO_DATE, UP_TO_DATE)));
	CHECK(!drbd_is_cluster_wide(c, S(SEC, UNK, TIMEOUT, UP_TO_DATE, UNKNOWN)));
	CHECK(!drbd_is_cluster_wide(S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), c));
	CHECK(!drbd_is_cluster_wide(S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN),
				    S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN)));
}

TEST(a_cluster_wide_change_waits_for_the_answer)
{
	struct drbd_change ch = { ROLE(PRI), 0 };

	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(drbd_vol_request(&conn, &vol[0], &ch, &tr[0]), SS_UNKNOWN_ERROR);
	CHECK_INT(tr[0].os.i, tr[0].ns.i);
	CHECK_INT(drbd_vol_poll(&conn, &vol[0], &ch), SS_UNKNOWN_ERROR);
	drbd_vol_got_reply(&vol[0], SS_NOTHING_TO_DO);
	CHECK_INT(drbd_vol_poll(&conn, &vol[0], &ch), SS_CW_SUCCESS);
	CHECK_INT(drbd_vol_finish(&conn, &vol[0], &ch, &tr[0]), SS_SUCCESS);
	CHECK_INT(vol[0].state.role, PRI);
	/* refused */
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_vol_request(&conn, &vol[0], &ch, &tr[0]);
	drbd_vol_got_reply(&vol[0], SS_TWO_PRIMARIES);
	CHECK_INT(drbd_vol_poll(&conn, &vol[0], &ch), SS_CW_FAILED_BY_PEER);
	/* the connection goes meanwhile: local then */
	drbd_vol_request(&conn, &vol[0], &ch, &tr[0]);
	request_conn(CONN(TIMEOUT), CS_HARD);
	CHECK_INT(drbd_vol_poll(&conn, &vol[0], &ch), SS_CW_NO_NEED);
	CHECK_INT(drbd_vol_finish(&conn, &vol[0], &ch, &tr[0]), SS_SUCCESS);
	/* own rules forbid it meanwhile */
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_vol_request(&conn, &vol[0], &ch, &tr[0]);
	vol[0].state.peer = PRI;
	CHECK_INT(drbd_vol_poll(&conn, &vol[0], &ch), SS_TWO_PRIMARIES);
}

TEST(a_connection_changes_with_all_its_volumes_or_not_at_all)
{
	fresh(2, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	vol[1].state = S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE);
	CHECK_INT(request_conn(CONN(DISCONNECTING), 0), SS_NO_UP_TO_DATE_DISK);
	CHECK_INT(conn.cstate, C_WF_REPORT_PARAMS);
	CHECK_INT(vol[0].state.conn, C_CONNECTED);
	CHECK_INT(tr[0].os.i, tr[0].ns.i);
	CHECK_INT(request_conn(CONN(DISCONNECTING), CS_HARD), SS_SUCCESS);
	CHECK_INT(conn.cstate, C_DISCONNECTING);
	CHECK_INT(vol[0].state.conn, C_DISCONNECTING);
	CHECK_INT(vol[1].state.conn, C_DISCONNECTING);
	CHECK_INT(ctr.oc, C_WF_REPORT_PARAMS);
	CHECK_INT(ctr.now, 0);
	CHECK_INT(request_conn(CONN(DISCONNECTING), CS_HARD), SS_NOTHING_TO_DO);
	CHECK_INT(request_conn(CONN(UNCONNECTED), CS_HARD), SS_IN_TRANSIENT_STATE);
}

TEST(a_graceful_disconnect_asks_the_peer)
{
	struct drbd_change ch = { CONN(DISCONNECTING), 0 };

	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(drbd_conn_request(&conn, &ch, tr, &ctr), SS_UNKNOWN_ERROR);
	CHECK(conn.flags & CNF_DISCONNECT_SENT);
	CHECK_INT(drbd_conn_poll(&conn, &ch), SS_UNKNOWN_ERROR);
	drbd_conn_got_reply(&conn, SS_SUCCESS);
	CHECK_INT(drbd_conn_poll(&conn, &ch), SS_CW_SUCCESS);
	CHECK_INT(drbd_conn_finish(&conn, &ch, tr, &ctr), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_DISCONNECTING);
	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	drbd_conn_request(&conn, &ch, tr, &ctr);
	drbd_conn_got_reply(&conn, SS_PRIMARY_NOP);
	CHECK_INT(drbd_conn_poll(&conn, &ch), SS_CW_FAILED_BY_PEER);
	CHECK(!(conn.flags & CNF_DISCONNECT_SENT));
	drbd_conn_request(&conn, &ch, tr, &ctr);
	request_conn(CONN(BROKEN_PIPE), CS_HARD);
	CHECK_INT(drbd_conn_poll(&conn, &ch), SS_CW_NO_NEED);
}

TEST(a_connection_without_volumes_changes_alone)
{
	fresh(0, S(SEC, UNK, STANDALONE, DISKLESS, UNKNOWN));
	CHECK_INT(request_conn(CONN(WF_CONNECTION), 0), SS_NEED_CONNECTION);
	CHECK_INT(request_conn(CONN(UNCONNECTED), 0), SS_SUCCESS);
	CHECK_INT(request_conn(CONN(DISCONNECTING), 0), SS_IN_TRANSIENT_STATE);
	CHECK_INT(request_conn(CONN(DISCONNECTING), CS_HARD), SS_SUCCESS);
	CHECK_INT(ctr.now, NOW_STOP_RECEIVER | NOW_WAKE);
	CHECK_INT(request_conn(DS_SUSP, DS_SUSP, 0), SS_SUCCESS);
	CHECK(conn.susp);
	drbd_vol_init(&conn, &vol[0]);
	CHECK(vol[0].state.susp && vol[0].state.conn == C_DISCONNECTING);
	drbd_conn_state_sent(&conn);
	CHECK(!(conn.flags & CNF_STATE_SENT));
	CHECK_INT(drbd_highest_role(&conn), SEC);
	CHECK_INT(drbd_highest_pdsk(&conn), D_UNKNOWN);
	CHECK_INT(drbd_lowest_conn(&conn), C_DISCONNECTING);
}

/* What each volume made of the suspension is due in each: found by drbdsim, seed 1868, as a split brain nobody saw. */
TEST(a_suspension_is_a_change_of_every_volume)
{
	struct drbd_after after;

	fresh(2, S(PRI, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN));
	CHECK_INT(request_conn(DS_SUSP, DS_SUSP, 0), SS_SUCCESS);
	CHECK(!tr[0].os.susp && tr[0].ns.susp && !tr[1].os.susp && tr[1].ns.susp);
	vol[1].flags |= VF_NEW_CUR_UUID;
	CHECK_INT(request_conn(DS_SUSP, 0, 0), SS_SUCCESS);
	CHECK(tr[0].os.susp && !tr[0].ns.susp && tr[1].os.susp && !tr[1].ns.susp);
	CHECK(tr[1].now & NOW_WAKE);
	drbd_vol_after(&conn, &vol[1], tr[1].os, tr[1].ns, 0x7000, &after);
	CHECK_STR(after_text(&after), "md-write md-sync");
	CHECK(vol[1].uuid[UI_CURRENT] == 0x7001);
	CHECK_INT(request_conn(DS_SUSP, 0, 0), SS_NOTHING_TO_DO);
}

/* The other volumes may still be in the handshake. */
TEST(a_volume_that_grew_is_resynced_while_others_connect)
{
	fresh(2, S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN));
	drbd_conn_state_sent(&conn);
	vol[0].state = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(CONN(SYNC_SOURCE), 0), SS_SUCCESS);
	vol[0].state = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(CONN(WF_SYNC_UUID), 0), SS_SUCCESS);
	vol[0].state = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(ROLE(PRI), 0), SS_IN_TRANSIENT_STATE);
	CHECK_INT(request(CONN(VERIFY_S), 0), SS_IN_TRANSIENT_STATE);
	CHECK(conn.flags & CNF_STATE_SENT);
}

TEST(the_resync_of_growth_at_connect_is_not_used_up_by_an_item_of_before)
{
	union drbd_state connecting = S(SEC, UNK, WF_REPORT_PARAMS, UP_TO_DATE, UNKNOWN);

	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	vol[0].flags |= VF_RESYNC_AFTER_NEG;
	CHECK_STR(follow(S(SEC, UNK, WF_CONNECTION, UP_TO_DATE, UNKNOWN), connecting), "md-sync");
	CHECK(vol[0].flags & VF_RESYNC_AFTER_NEG);	/* seed 41027 and 25 others */
	CHECK_STR(follow(connecting, vol[0].state), "state grown md-sync");
	CHECK(!(vol[0].flags & VF_RESYNC_AFTER_NEG));
}

/* Seeds 514447, 537537. */
TEST(growth_that_could_not_be_synced_is_synced_when_two_secondaries_meet_again)
{
	static const struct { u8 role, peer, disk; bool rc, due, bitmap, keeps; } rows[] = {
		{ R_SECONDARY, R_SECONDARY, D_UP_TO_DATE, true, true, false, true },
		{ R_SECONDARY, R_SECONDARY, D_UP_TO_DATE, false, true, false, false },
		{ R_SECONDARY, R_SECONDARY, D_UP_TO_DATE, true, false, false, false },
		{ R_SECONDARY, R_SECONDARY, D_UP_TO_DATE, true, true, true, false },
		{ R_SECONDARY, R_SECONDARY, D_INCONSISTENT, true, true, false, false },
		{ R_PRIMARY, R_SECONDARY, D_UP_TO_DATE, true, true, false, false },
		{ R_SECONDARY, R_PRIMARY, D_UP_TO_DATE, true, true, false, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(1, word(rows[i].role, rows[i].peer, C_CONNECTED, rows[i].disk, D_UP_TO_DATE));
		conn.flags |= rows[i].rc ? CNF_RC_FLAG : 0;
		vol[0].flags |= rows[i].due ? VF_RESYNC_AFTER_NEG : 0;
		vol[0].uuid[UI_BITMAP] = rows[i].bitmap ? 0x500 : 0;
		CHECK_INT(request_conn(CONN(NETWORK_FAILURE), CS_HARD), SS_SUCCESS);
		CHECK_MSG(vol[0].uuid[UI_BITMAP] == (rows[i].keeps ? 0x1000 + UUID_NEW_BM_OFFSET : rows[i].bitmap ? 0x500 : 0),
			  "row %u: %llx", i, vol[0].uuid[UI_BITMAP]);
	}
}

TEST(roles_stay_while_the_peer_grows)
{
	fresh(1, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	vol[0].flags |= VF_RESIZE_PENDING;
	CHECK_INT(request(ROLE(SEC), 0), SS_IN_TRANSIENT_STATE);	/* seed 26362 */
	CHECK_INT(request(DS_PEER(R_MASK), DS_PEER(PRI), CS_LOCAL_ONLY), SS_TWO_PRIMARIES);
	vol[0].state = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(DS_PEER(R_MASK), DS_PEER(PRI), CS_LOCAL_ONLY), SS_IN_TRANSIENT_STATE);
	CHECK_INT(request(CONN(DISCONNECTING), CS_LOCAL_ONLY), SS_SUCCESS);
	vol[0].state = S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(ROLE(SEC), CS_HARD), SS_SUCCESS);
	vol[0].flags = 0;
	vol[0].state = S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);
	CHECK_INT(request(ROLE(SEC), 0), SS_SUCCESS);
}

TEST(extremes_are_over_all_volumes)
{
	fresh(2, S(SEC, UNK, WF_CONNECTION, OUTDATED, UNKNOWN));
	vol[1].state = S(PRI, SEC, CONNECTED, UP_TO_DATE, OUTDATED);
	CHECK_INT(drbd_highest_role(&conn), PRI);
	CHECK_INT(drbd_highest_peer(&conn), SEC);
	CHECK_INT(drbd_highest_disk(&conn), D_UP_TO_DATE);
	CHECK_INT(drbd_lowest_disk(&conn), D_OUTDATED);
	CHECK_INT(drbd_highest_pdsk(&conn), D_UNKNOWN);
	CHECK_INT(drbd_lowest_conn(&conn), C_WF_CONNECTION);
}

/* --- requests of the peer --------------------------------------------------------------------------------------------------- */

static s32 asked(u32 mask, u32 val, bool wide)
{
	struct drbd_p_req_state req = { mask, val };
	struct drbd_change ch;

	CHECK(!drbd_peer_request(&conn, false, wide, &req, &ch));
	return wide ? drbd_conn_request(&conn, &ch, tr, &ctr) : drbd_vol_request(&conn, &vol[0], &ch, &tr[0]);
}

TEST(the_peers_requests_are_applied_from_our_side)
{
	union drbd_state start = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE);

	fresh(1, start);
	CHECK_INT(asked(ROLE(PRI), false), SS_SUCCESS);
	CHECK_INT(vol[0].state.i, S(SEC, PRI, CONNECTED, UP_TO_DATE, UP_TO_DATE).i);
	fresh(1, S(PRI, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK_INT(asked(ROLE(PRI), false), SS_TWO_PRIMARIES);
	fresh(1, start);
	CHECK_INT(asked(DISK(FAILED), false), SS_SUCCESS);
	CHECK_INT(vol[0].state.pdsk, D_FAILED);
	fresh(1, S(PRI, SEC, CONNECTED, DISKLESS, UP_TO_DATE));
	CHECK_INT(asked(DISK(FAILED), false), SS_NO_UP_TO_DATE_DISK);
	fresh(1, start);
	CHECK_INT(asked(CONN(VERIFY_S), false), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_VERIFY_T);
	fresh(1, start);
	CHECK_INT(asked(CONN(STARTING_SYNC_T), false), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_STARTING_SYNC_S);
	fresh(1, start);
	CHECK_INT(asked(CONN(DISCONNECTING), true), SS_SUCCESS);
	CHECK_INT(vol[0].state.conn, C_TEAR_DOWN);
	fresh(1, start);
	CHECK_INT(asked(DS_CONN(C_MASK) | DS_PDSK(D_MASK), DS_CONN(C_DISCONNECTING) | DS_PDSK(D_OUTDATED), true), SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_OUTDATED);
	/* a worse disk stays as it is */
	fresh(1, S(SEC, PRI, SYNC_TARGET, INCONSISTENT, UP_TO_DATE));
	CHECK_INT(asked(DS_CONN(C_MASK) | DS_PDSK(D_MASK), DS_CONN(C_DISCONNECTING) | DS_PDSK(D_OUTDATED), true), SS_SUCCESS);
	CHECK_INT(vol[0].state.disk, D_INCONSISTENT);
}

TEST(one_of_two_concurrent_changes_wins)
{
	struct drbd_p_req_state req = { ROLE(PRI) };
	struct drbd_change ch;

	fresh(1, S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE));
	CHECK(!drbd_peer_request(&conn, true, false, &req, &ch));
	conn.flags |= CNF_RC_FLAG;
	CHECK(drbd_peer_request(&conn, true, false, &req, &ch));
	CHECK(!drbd_peer_request(&conn, false, false, &req, &ch));
}

TEST(the_peer_changes_nothing_that_is_ours_and_no_noise_gets_in)
{
	union drbd_state start = S(SEC, SEC, CONNECTED, UP_TO_DATE, UP_TO_DATE), s;
	u32 i, seed = 1;

	fresh(1, start);
	CHECK_INT(asked(DS_PEER(R_MASK) | DS_SUSPENDED, DS_PEER(PRI) | DS_SUSPENDED, false), SS_NOTHING_TO_DO);
	CHECK_INT(asked(PDSK(UP_TO_DATE), false), SS_NOT_SUPPORTED);
	CHECK_INT(asked(PDSK(INCONSISTENT), false), SS_NOT_SUPPORTED);
	CHECK_INT(asked(CONN(AHEAD), false), SS_NOT_SUPPORTED);
	CHECK_INT(asked(CONN(STANDALONE), false), SS_NOT_SUPPORTED);
	CHECK_INT(vol[0].state.i, start.i);
	for (i = 0; i < 200000; i++) {
		u32 mask, val;

		seed = seed * 1664525 + 1013904223;
		mask = seed ^ seed >> 16;
		seed = seed * 1664525 + 1013904223;
		val = seed ^ seed >> 16;
		fresh(1, start);
		asked(mask, val, i & 1);
		s = vol[0].state;
		CHECK(s.role == SEC && !s.susp && !s.susp_nod && !s.susp_fen && !s.user_isp && !s.aftr_isp);
		CHECK(s.conn <= C_BEHIND && s.disk <= D_UP_TO_DATE && s.pdsk <= D_UP_TO_DATE);
		CHECK_MSG(s.disk == D_UP_TO_DATE || s.disk == D_OUTDATED, "%x %x: %s", mask, val, drbd_disk_name(s.disk));
	}
}

TEST(texts_and_names_are_complete)
{
	int i;

	CHECK_STR(drbd_conn_name(C_WF_REPORT_PARAMS), "WFReportParams");
	CHECK_STR(drbd_conn_name(24), "TOO_LARGE");
	CHECK_STR(drbd_role_name(PRI), "Primary");
	CHECK_STR(drbd_role_name(3), "TOO_LARGE");
	CHECK_STR(drbd_disk_name(D_UNKNOWN), "DUnknown");
	CHECK_STR(drbd_disk_name(9), "TOO_LARGE");
	for (i = SS_LOWEST; i < 0; i++)
		CHECK(!!drbd_ss_text(i) == (i != -3));
	CHECK(!drbd_ss_text(0) && !drbd_ss_text(1) && !drbd_ss_text(SS_LOWEST - 1));
	for (i = NO_ERROR; i <= ERR_IMPLICIT_SHRINK; i++)
		CHECK(drbd_err_text(i) && drbd_err_text(i)[0]);
	CHECK(!drbd_err_text(100) && !drbd_err_text(171));
	CHECK_STR(drbd_ss_text(SS_NO_UP_TO_DATE_DISK), "Need access to UpToDate data");
	CHECK_STR(drbd_err_text(ERR_CONNECTED), "Need to be StandAlone");
}

int main(void)
{
	RUN(every_pair_of_connection_states_has_its_verdict);
	RUN(every_pair_of_disk_states_is_possible_but_one);
	RUN(no_state_out_of_range_gets_in_even_by_force);
	RUN(validity_of_a_state_by_the_first_rule_that_hits);
	RUN(soft_transitions_by_the_last_rule_that_hits);
	RUN(what_was_as_bad_before_is_no_reason_to_refuse);
	RUN(a_wanted_state_is_made_consistent_by_the_sanitizing_rules);
	RUN(a_disk_is_lost_if_its_peer_goes_before_it_said_what_it_is);
	RUN(io_freezes_for_fencing_and_for_lack_of_data);
	RUN(pause_flags_pause_and_resume_a_resync);
	RUN(sanitizing_twice_changes_nothing_more);
	RUN(a_resync_that_is_aborted_makes_no_old_disk_current);
	RUN(outdating_an_inconsistent_disk_while_connected_is_refused);
	RUN(no_request_is_granted_by_calling_a_disk_up_to_date);
	RUN(ahead_begins_a_new_generation);
	RUN(frozen_requests_are_sent_again_after_a_plain_suspend_io);
	RUN(what_was_frozen_is_sent_again_before_io_goes_on_however_late_the_worker_is);
	RUN(a_volume_that_has_met_the_peer_does_not_let_go_what_another_still_has_to_send);
	RUN(a_new_generation_that_waited_for_fencing_is_made_when_it_ends);
	RUN(a_peer_that_comes_back_without_its_disk_leaves_the_new_generation_due);
	RUN(a_peer_that_is_primary_without_disk_gets_its_generation_although_our_io_waits);
	RUN(a_source_left_alone_begins_a_generation_and_keeps_what_its_bitmap_counts_from);
	RUN(what_a_peer_that_was_primary_on_our_data_may_still_send_is_of_another_generation);
	RUN(a_primary_without_good_data_remembers_the_generation_that_it_worked_on);
	RUN(immediate_effects_of_a_change);
	RUN(flags_of_the_super_block_follow_from_the_state);
	RUN(a_crash_is_forgotten_when_both_disks_are_up_to_date);
	RUN(what_follows_a_change);
	RUN(a_failed_disk_runs_the_helper_and_aborts_what_a_forced_detach_left);
	RUN(versions_decide_about_sync_uuid_and_stop_sector);
	RUN(the_peer_is_asked_where_it_has_a_say);
	RUN(a_cluster_wide_change_waits_for_the_answer);
	RUN(a_connection_changes_with_all_its_volumes_or_not_at_all);
	RUN(a_graceful_disconnect_asks_the_peer);
	RUN(a_connection_without_volumes_changes_alone);
	RUN(a_suspension_is_a_change_of_every_volume);
	RUN(a_volume_that_grew_is_resynced_while_others_connect);
	RUN(the_resync_of_growth_at_connect_is_not_used_up_by_an_item_of_before);
	RUN(growth_that_could_not_be_synced_is_synced_when_two_secondaries_meet_again);
	RUN(roles_stay_while_the_peer_grows);
	RUN(extremes_are_over_all_volumes);
	RUN(the_peers_requests_are_applied_from_our_side);
	RUN(one_of_two_concurrent_changes_wins);
	RUN(the_peer_changes_nothing_that_is_ours_and_no_noise_gets_in);
	RUN(texts_and_names_are_complete);
	return UNIT_END;
}
