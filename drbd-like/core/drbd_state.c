/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state machine: sanitizing, verdicts, applying a change, cluster-wide changes, and what follows a change. The
 * commands that lead to changes are in drbd_cmd.c. Numbers in comments are those of drbd-states.md.
 */
#include "drbd_state.h"

/* Sets of connection states. */
#define C(name)		(1u << C_##name)
#define C_UP_TO(a, b)	(((2u << C_##b) - 1) & ~((1u << C_##a) - 1))
#define C_ANY		(~0u)
#define C_VERIFY	(C(VERIFY_S) | C(VERIFY_T))

static bool in_set(u32 conn, u32 set)
{
	return (1u << conn) & set;
}

void drbd_conn_state_init(struct drbd_conn_state *conn)
{
	memset(conn, 0, sizeof(*conn));
	conn->cstate = C_STANDALONE;
	conn->apv = 80;
}

static u32 susp_bits(const struct drbd_conn_state *conn)
{
	return (conn->susp ? DS_SUSP : 0) | (conn->susp_nod ? DS_SUSP_NOD : 0) | (conn->susp_fen ? DS_SUSP_FEN : 0);
}

static union drbd_state fresh_state(const struct drbd_conn_state *conn)
{
	union drbd_state s;

	s.i = DS_ROLE(R_SECONDARY) | DS_PEER(R_UNKNOWN) | DS_CONN(conn->cstate) | DS_DISK(D_DISKLESS) |
	      DS_PDSK(D_UNKNOWN) | susp_bits(conn);
	return s;
}

void drbd_vol_init(const struct drbd_conn_state *conn, struct drbd_vol_state *vol)
{
	vol->state = fresh_state(conn);
}

/* --- over all volumes ------------------------------------------------------------------------------------------------- */

/* Secondary is more than Unknown, Primary more than Secondary. */
static u32 role_rank(u32 role)
{
	return role == R_PRIMARY ? 2 : role == R_SECONDARY ? 1 : 0;
}

static u32 field_role(union drbd_state s) { return s.role; }
static u32 field_peer(union drbd_state s) { return s.peer; }
static u32 field_disk(union drbd_state s) { return s.disk; }
static u32 field_pdsk(union drbd_state s) { return s.pdsk; }
static u32 field_conn(union drbd_state s) { return s.conn; }
static u32 rank_itself(u32 value) { return value; }

/* The field's highest value over the volumes (sign 1), or its lowest (-1). */
static u32 extreme(const struct drbd_conn_state *conn, u32 (*field)(union drbd_state), u32 (*rank)(u32), int sign)
{
	u32 i, best, value;

	if (!conn->vols)
		return field(fresh_state(conn));
	best = field(conn->vol[0]->state);
	for (i = 1; i < conn->vols; i++) {
		value = field(conn->vol[i]->state);
		if (sign * ((int)rank(value) - (int)rank(best)) > 0)
			best = value;
	}
	return best;
}

enum drbd_role drbd_highest_role(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_role, role_rank, 1);
}

enum drbd_role drbd_highest_peer(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_peer, role_rank, 1);
}

enum drbd_disk_state drbd_highest_disk(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_disk, rank_itself, 1);
}

enum drbd_disk_state drbd_lowest_disk(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_disk, rank_itself, -1);
}

enum drbd_disk_state drbd_highest_pdsk(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_pdsk, rank_itself, 1);
}

enum drbd_conns drbd_lowest_conn(const struct drbd_conn_state *conn)
{
	return extreme(conn, field_conn, rank_itself, -1);
}

/* --- sanitizing (3.4) ------------------------------------------------------------------------------------------------- */

/* Rule 6: what the disks can be in a connection state. */
struct disk_range {
	u32 conns;
	u8 disk_min, disk_max, pdsk_min, pdsk_max;
};
static const struct disk_range disk_ranges[] = {
	{ C(WF_BITMAP_T) | C(PAUSED_SYNC_T) | C(STARTING_SYNC_T) | C(WF_SYNC_UUID) | C(BEHIND),
	  D_INCONSISTENT, D_OUTDATED, D_UP_TO_DATE, D_UP_TO_DATE },
	{ C(SYNC_TARGET), D_INCONSISTENT, D_INCONSISTENT, D_UP_TO_DATE, D_UP_TO_DATE },
	{ C(WF_BITMAP_S) | C(PAUSED_SYNC_S) | C(STARTING_SYNC_S) | C(AHEAD),
	  D_UP_TO_DATE, D_UP_TO_DATE, D_INCONSISTENT, D_CONSISTENT },
	{ C(SYNC_SOURCE), D_UP_TO_DATE, D_UP_TO_DATE, D_INCONSISTENT, D_INCONSISTENT },
	{ C_VERIFY, D_UP_TO_DATE, D_UP_TO_DATE, D_UP_TO_DATE, D_UP_TO_DATE },
	{ C(CONNECTED), D_DISKLESS, D_UP_TO_DATE, D_DISKLESS, D_UP_TO_DATE },
	{ C_ANY, D_DISKLESS, D_UP_TO_DATE, D_INCONSISTENT, D_UNKNOWN },
};

static const struct disk_range *disk_range(u32 conn)
{
	const struct disk_range *r = disk_ranges;

	while (!in_set(conn, r->conns))
		r++;
	return r;
}

/* Returns what the value becomes; *upgraded: it was raised to UpToDate. */
static u32 clip(u32 value, u32 min, u32 max, bool *upgraded)
{
	*upgraded = value < min && min == D_UP_TO_DATE;
	return value < min ? min : value > max ? max : value;
}

/* Rules 1 and 2: without a connection nothing is known of the peer but what it can not improve on its own. */
static void forget_peer(union drbd_state *ns)
{
	if (ns->conn < C_CONNECTED) {
		ns->peer_isp = 0;
		ns->peer = R_UNKNOWN;
		if (ns->pdsk > D_UNKNOWN || ns->pdsk < D_INCONSISTENT)
			ns->pdsk = D_UNKNOWN;
	}
	if (ns->conn == C_STANDALONE && ns->disk == D_DISKLESS && ns->role == R_SECONDARY)
		ns->aftr_isp = 0;
}

/* Rule 3. And a verify that runs does not make a disk UpToDate that is none any more, as the original's does. */
static void abort_without_disks(union drbd_state os, union drbd_state *ns, u32 *warn)
{
	u32 least = in_set(os.conn, C_VERIFY) && in_set(ns->conn, C_VERIFY) ? D_UP_TO_DATE : D_NEGOTIATING;

	if (ns->conn <= C_CONNECTED || (ns->disk >= least && ns->pdsk >= least))
		return;
	*warn |= in_set(ns->conn, C_VERIFY) ? WARN_ABORTED_VERIFY : WARN_ABORTED_RESYNC;
	ns->conn = C_CONNECTED;
}

/* Rule 4: the peer is gone before it said what the attached disk is. */
static void end_negotiation(const struct drbd_vol_state *vol, union drbd_state *ns, u32 *warn)
{
	if (ns->conn >= C_CONNECTED || ns->disk != D_NEGOTIATING)
		return;
	if (!((vol->ed_uuid ^ vol->uuid[UI_CURRENT]) & ~UUID_PRIMARY)) {
		ns->disk = vol->attach_state.disk;
		ns->pdsk = vol->attach_state.pdsk;
	} else {
		*warn |= WARN_CONNECTION_LOST_NEG;
		ns->disk = D_DISKLESS;
		ns->pdsk = D_UNKNOWN;
	}
}

/*
 * Rule 5: who gets connected and need not sync is UpToDate. A disk that was worse while connected was to be synced: that
 * this ended early, or that somebody wants to outdate it, makes no data current.
 */
static u32 lift(u32 old_conn, u32 old_disk, u32 disk)
{
	if (disk != D_CONSISTENT && disk != D_OUTDATED)
		return disk;
	if (old_conn >= C_CONNECTED && old_disk >= D_INCONSISTENT && old_disk < D_UP_TO_DATE)
		return disk;
	return D_UP_TO_DATE;
}

static void lift_disks(union drbd_state os, union drbd_state *ns)
{
	if (ns->conn < C_CONNECTED || ns->conn >= C_AHEAD)
		return;
	ns->disk = lift(os.conn, os.disk, ns->disk);
	ns->pdsk = lift(os.conn, os.pdsk, ns->pdsk);
}

static void clip_disks(union drbd_state *ns, u32 *warn)
{
	const struct disk_range *r = disk_range(ns->conn);
	bool disk_up, pdsk_up;

	ns->disk = clip(ns->disk, r->disk_min, r->disk_max, &disk_up);
	ns->pdsk = clip(ns->pdsk, r->pdsk_min, r->pdsk_max, &pdsk_up);
	*warn |= (disk_up ? WARN_DISK_UPGRADED : 0) | (pdsk_up ? WARN_PDSK_UPGRADED : 0);
}

/* The policy of a volume without a usable disk is not known (3.2). */
static u32 fencing_of(const struct drbd_vol_state *vol, union drbd_state s)
{
	return vol->disk_conf && s.disk >= D_INCONSISTENT ? vol->disk_conf->fencing : FP_DONT_CARE;
}

static bool peer_may_run(union drbd_state s)
{
	return s.role == R_PRIMARY && s.conn < C_CONNECTED && s.pdsk > D_OUTDATED;
}

static bool primary_without_data(union drbd_state s)
{
	return s.role == R_PRIMARY && s.disk < D_UP_TO_DATE && s.pdsk < D_UP_TO_DATE;
}

/* Rules 7 and 8. */
static void suspend_io(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol, union drbd_state os,
		       union drbd_state *ns)
{
	if (fencing_of(vol, os) == FP_STONITH && peer_may_run(*ns) && !peer_may_run(os))
		ns->susp_fen = 1;
	if (conn->res && conn->res->on_no_data == OND_SUSPEND_IO && primary_without_data(*ns) &&
	    !primary_without_data(os))
		ns->susp_nod = 1;
}

/* Rule 9. */
static void pause_or_resume(union drbd_state *ns)
{
	bool paused = drbd_any_isp(*ns);

	if (ns->conn == C_SYNC_SOURCE || ns->conn == C_PAUSED_SYNC_S)
		ns->conn = paused ? C_PAUSED_SYNC_S : C_SYNC_SOURCE;
	if (ns->conn == C_SYNC_TARGET || ns->conn == C_PAUSED_SYNC_T)
		ns->conn = paused ? C_PAUSED_SYNC_T : C_SYNC_TARGET;
}

union drbd_state drbd_sanitize(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
			       union drbd_state os, union drbd_state ns, u32 *warn)
{
	*warn = 0;
	forget_peer(&ns);
	abort_without_disks(os, &ns, warn);
	end_negotiation(vol, &ns, warn);
	lift_disks(os, &ns);
	pause_or_resume(&ns);	/* before the disks are clipped, for a resync that goes on allows less than a paused one */
	clip_disks(&ns, warn);
	suspend_io(conn, vol, os, &ns);
	return ns;
}

/* --- verdicts (3.1 to 3.3) ---------------------------------------------------------------------------------------------- */

/* The first row that matches decides; from equals to is asked before. */
struct conn_rule {
	u32 from, to;
	s8 rv;
};
static const struct conn_rule conn_rules[] = {
	{ C(STANDALONE),		C(DISCONNECTING),			SS_ALREADY_STANDALONE },
	{ C(STANDALONE),		~C(UNCONNECTED),			SS_NEED_CONNECTION },
	{ C_UP_TO(STANDALONE, WF_CONNECTION), C_UP_TO(CONNECTED, BEHIND),	SS_NEED_CONNECTION },
	{ C_UP_TO(TIMEOUT, TEAR_DOWN),	~(C(UNCONNECTED) | C(DISCONNECTING)),	SS_IN_TRANSIENT_STATE },
	{ C(DISCONNECTING),		~C(STANDALONE),				SS_IN_TRANSIENT_STATE },
	{ C_ANY,			C_ANY,					SS_SUCCESS },
};

enum drbd_state_rv drbd_conn_verdict(enum drbd_conns oc, enum drbd_conns nc)
{
	const struct conn_rule *r = conn_rules;

	if (oc == nc)
		return SS_NOTHING_TO_DO;
	while (!in_set(oc, r->from) || !in_set(nc, r->to))
		r++;
	return r->rv;
}

/* A word that came over the network may hold anything. */
static bool out_of_range(union drbd_state s)
{
	return s.role > R_SECONDARY || s.peer > R_SECONDARY || s.conn > C_BEHIND || s.disk > D_UP_TO_DATE ||
	       s.disk == D_UNKNOWN || s.pdsk > D_UP_TO_DATE;
}

enum drbd_state_rv drbd_hard_verdict(union drbd_state os, union drbd_state ns)
{
	enum drbd_state_rv rv;

	if (out_of_range(ns))
		return SS_NOT_SUPPORTED;
	if (os.disk == D_DISKLESS && ns.disk == D_FAILED)
		return SS_IS_DISKLESS;
	rv = drbd_conn_verdict(os.conn, ns.conn);
	return rv == SS_NOTHING_TO_DO ? SS_SUCCESS : rv;
}

/* One rule whose condition has been evaluated. */
struct rule {
	bool hit;
	s8 rv;
};

static bool two_primaries(const struct drbd_conn_state *conn, union drbd_state ns)
{
	return conn->net && !conn->net->two_primaries && ns.role == R_PRIMARY && ns.peer == R_PRIMARY;
}

static bool other_volume_primary_there(const struct drbd_conn_state *conn, union drbd_state ns)
{
	return conn->net && !conn->net->two_primaries && ns.role == R_PRIMARY &&
	       drbd_highest_peer(conn) == R_PRIMARY;
}

enum drbd_state_rv drbd_valid_verdict(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				      union drbd_state ns)
{
	bool verify = in_set(ns.conn, C_VERIFY), primary = ns.role == R_PRIMARY;
	bool fenced = fencing_of(vol, vol->state) >= FP_RESOURCE;
	const struct rule rules[] = {
		{ two_primaries(conn, ns), SS_TWO_PRIMARIES },
		{ other_volume_primary_there(conn, ns), SS_O_VOL_PEER_PRI },
		{ ns.role == R_SECONDARY && vol->opens, SS_DEVICE_IN_USE },
		{ primary && ns.conn < C_CONNECTED && ns.disk < D_UP_TO_DATE, SS_NO_UP_TO_DATE_DISK },
		{ fenced && primary && ns.conn < C_CONNECTED && ns.pdsk >= D_UNKNOWN, SS_PRIMARY_NOP },
		{ primary && ns.disk <= D_INCONSISTENT && ns.pdsk <= D_INCONSISTENT, SS_NO_UP_TO_DATE_DISK },
		{ ns.conn > C_CONNECTED && ns.disk < D_INCONSISTENT, SS_NO_LOCAL_DISK },
		{ ns.conn > C_CONNECTED && ns.pdsk < D_INCONSISTENT, SS_NO_REMOTE_DISK },
		{ ns.conn > C_CONNECTED && ns.disk < D_UP_TO_DATE && ns.pdsk < D_UP_TO_DATE, SS_NO_UP_TO_DATE_DISK },
		{ in_set(ns.conn, C(CONNECTED) | C(WF_BITMAP_S) | C(SYNC_SOURCE) | C(PAUSED_SYNC_S)) &&
		  ns.disk == D_OUTDATED, SS_CONNECTED_OUTDATES },
		{ verify && !(conn->net && conn->net->verify_alg[0]), SS_NO_VERIFY_ALG },
		{ verify && conn->apv < 88, SS_NOT_SUPPORTED },
		{ primary_without_data(ns), SS_NO_UP_TO_DATE_DISK },
		{ in_set(ns.conn, C(STARTING_SYNC_S) | C(STARTING_SYNC_T)) && ns.pdsk == D_UNKNOWN,
		  SS_NEED_CONNECTION },
		{ ns.conn >= C_CONNECTED && ns.pdsk == D_UNKNOWN, SS_CONNECTED_OUTDATES },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].hit)
			return rules[i].rv;
	return SS_SUCCESS;
}

/* A volume that is through with the handshake syncs what it has grown by, whatever the others are at. */
static bool resyncs_growth(union drbd_state os, union drbd_state ns)
{
	return os.conn == C_CONNECTED && os.role == ns.role &&
	       in_set(ns.conn, C(SYNC_SOURCE) | C(PAUSED_SYNC_S) | C(WF_SYNC_UUID));
}

/* While the lists of the handshake are under way only the handshake itself goes on. */
static bool disturbs_handshake(const struct drbd_conn_state *conn, union drbd_state os, union drbd_state ns)
{
	if (!(conn->flags & CNF_STATE_SENT))
		return false;
	return !(os.conn == C_WF_CONNECTION && ns.conn == C_WF_REPORT_PARAMS) &&
	       !(os.conn == C_WF_REPORT_PARAMS && ns.conn >= C_CONNECTED) && !resyncs_growth(os, ns);
}

static bool promotes_during_sync_handshake(union drbd_state os, union drbd_state ns)
{
	return os.role != R_PRIMARY && ns.role == R_PRIMARY && ns.pdsk == D_UP_TO_DATE && ns.disk != D_UP_TO_DATE &&
	       ns.disk != D_DISKLESS && (ns.conn <= C_WF_SYNC_UUID || ns.conn != os.conn);
}

enum drbd_state_rv drbd_soft_verdict(const struct drbd_conn_state *conn, union drbd_state os, union drbd_state ns)
{
	bool starting = in_set(ns.conn, C(STARTING_SYNC_S) | C(STARTING_SYNC_T));
	bool verify = in_set(ns.conn, C_VERIFY);
	const struct rule rules[] = {
		{ starting && os.conn > C_CONNECTED, SS_RESYNC_RUNNING },
		{ os.conn == C_STANDALONE && ns.conn == C_DISCONNECTING, SS_ALREADY_STANDALONE },
		{ os.disk == D_DISKLESS && ns.disk > D_ATTACHING, SS_IS_DISKLESS },
		{ ns.conn == C_WF_CONNECTION && os.conn < C_UNCONNECTED, SS_NO_NET_CONFIG },
		/* while attaching, Outdated may be what was found */
		{ ns.disk == D_OUTDATED && os.disk < D_OUTDATED && os.disk != D_ATTACHING && os.disk != D_NEGOTIATING,
		  SS_LOWER_THAN_OUTDATED },
		{ os.conn == C_UNCONNECTED && ns.conn == C_DISCONNECTING, SS_IN_TRANSIENT_STATE },
		{ disturbs_handshake(conn, os, ns), SS_IN_TRANSIENT_STATE },
		{ promotes_during_sync_handshake(os, ns), SS_IN_TRANSIENT_STATE },
		{ verify && os.conn < C_CONNECTED, SS_NEED_CONNECTION },
		{ verify && ns.conn != os.conn && os.conn > C_CONNECTED, SS_RESYNC_RUNNING },
		{ starting && os.conn < C_CONNECTED, SS_NEED_CONNECTION },
		{ in_set(ns.conn, C(SYNC_SOURCE) | C(SYNC_TARGET)) && os.conn < C_WF_REPORT_PARAMS,
		  SS_NEED_CONNECTION },
		{ ns.conn == C_DISCONNECTING && ns.pdsk == D_OUTDATED && os.conn < C_CONNECTED &&
		  os.pdsk > D_OUTDATED, SS_OUTDATE_WO_CONN },
	};
	u32 i = ARRAY_SIZE(rules);

	while (i--)
		if (rules[i].hit)
			return rules[i].rv;
	return SS_SUCCESS;
}

/*
 * The roles decide who is the source of new space: they stay until both nodes have decided. The peer decides when it answers,
 * and its answer is in order with its own changes.
 */
static bool disturbs_growth(const struct drbd_vol_state *vol, union drbd_state ns)
{
	return (vol->flags & VF_RESIZE_PENDING) && ns.conn >= C_CONNECTED &&
	       (ns.role != vol->state.role || ns.peer != vol->state.peer);
}

/* What is wrong with a change that is not forced. */
static enum drbd_state_rv polite_verdict(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
					 union drbd_state ns, u32 warn)
{
	union drbd_state os = vol->state;
	enum drbd_state_rv rv = drbd_valid_verdict(conn, vol, ns);

	/* what is not better than before is no reason to refuse */
	if (rv < SS_SUCCESS && drbd_valid_verdict(conn, vol, os) != rv)
		return rv;
	rv = drbd_soft_verdict(conn, os, ns);
	if (rv >= SS_SUCCESS && disturbs_growth(vol, ns))
		return SS_IN_TRANSIENT_STATE;
	/* no data are called UpToDate only because the wanted state needs them to be */
	if (rv >= SS_SUCCESS && (warn & (WARN_DISK_UPGRADED | WARN_PDSK_UPGRADED)))
		return SS_NO_UP_TO_DATE_DISK;
	return rv;
}

/* --- one volume ------------------------------------------------------------------------------------------------------------ */

enum drbd_state_rv drbd_vol_check(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
				  const struct drbd_change *ch, struct drbd_transition *tr)
{
	union drbd_state os = vol->state, ns;
	enum drbd_state_rv rv;
	u32 warn;

	ns.i = (os.i & ~ch->mask) | (ch->val & ch->mask);
	rv = drbd_hard_verdict(os, ns);
	if (rv != SS_NOT_SUPPORTED) {
		ns = drbd_sanitize(conn, vol, os, ns, &warn);
		if ((ch->flags & CS_IGN_OUTD_FAIL) && ns.disk == D_OUTDATED && os.disk < D_OUTDATED)
			ns.disk = os.disk;
		rv = ns.i == os.i ? SS_NOTHING_TO_DO : drbd_hard_verdict(os, ns);
		if (rv == SS_SUCCESS && !(ch->flags & CS_HARD))
			rv = polite_verdict(conn, vol, ns, warn);
		tr->warn = warn;
	} else {
		tr->warn = 0;
	}
	tr->os = os;
	tr->ns = rv < SS_SUCCESS ? os : ns;
	tr->rv = rv;
	tr->now = 0;
	return rv;
}

static bool is_replicated(union drbd_state s)
{
	return s.pdsk == D_UP_TO_DATE || (s.pdsk >= D_INCONSISTENT && s.conn >= C_WF_BITMAP_T && s.conn < C_AHEAD);
}

/* The first row that matches counts. */
struct now_rule {
	u32 from, to;
	u32 now;
};
static const struct now_rule resync_now[] = {
	{ C_VERIFY,		C_UP_TO(STANDALONE, CONNECTED),	NOW_OV_STOP },
	{ C(CONNECTED),		C(VERIFY_S),			NOW_OV_BEGIN | NOW_OV_TIMER },
	{ C(CONNECTED),		C(VERIFY_T),			NOW_OV_BEGIN },
	{ C(PAUSED_SYNC_S),	C(SYNC_SOURCE),			NOW_RS_RESUME },
	{ C(PAUSED_SYNC_T),	C(SYNC_TARGET),			NOW_RS_RESUME | NOW_RS_TIMER },
	{ C(SYNC_SOURCE),	C(PAUSED_SYNC_S),		NOW_RS_PAUSE },
	{ C(SYNC_TARGET),	C(PAUSED_SYNC_T),		NOW_RS_PAUSE },
	{ C_ANY,		C_ANY,				0 },
};

static u32 now_for_resync(union drbd_state os, union drbd_state ns)
{
	const struct now_rule *r = resync_now;

	while (!in_set(os.conn, r->from) || !in_set(ns.conn, r->to))
		r++;
	return r->now;
}

static u32 now_for_receiver(u32 oc, u32 nc)
{
	if (oc == nc)
		return 0;
	if (nc == C_DISCONNECTING || nc == C_STANDALONE)
		return NOW_STOP_RECEIVER;
	return oc > C_WF_CONNECTION && in_set(nc, C_UP_TO(TIMEOUT, TEAR_DOWN)) ? NOW_RESTART_RECEIVER : 0;
}

static bool entered_disk(union drbd_state os, union drbd_state ns, u32 disk)
{
	return os.disk != disk && ns.disk == disk;
}

static bool any_volume_in(const struct drbd_conn_state *conn, u32 c)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (conn->vol[i]->state.conn == c)
			return true;
	return false;
}

/* The suspend flags are the resource's: every volume shows the same. */
static void spread_susp(struct drbd_conn_state *conn, union drbd_state ns)
{
	u32 i;

	conn->susp = ns.susp;
	conn->susp_nod = ns.susp_nod;
	conn->susp_fen = ns.susp_fen;
	for (i = 0; i < conn->vols; i++)
		conn->vol[i]->state.i = (conn->vol[i]->state.i & ~DS_SUSPENDED) | (ns.i & DS_SUSPENDED);
}

/* Both are current: nothing of a crash is left to be found out. */
static void settle_crash(struct drbd_vol_state *vol, union drbd_state ns)
{
	if (ns.disk != D_UP_TO_DATE || ns.pdsk != D_UP_TO_DATE)
		return;
	vol->flags &= ~VF_CRASHED_PRIMARY;
	vol->peer.flags &= ~(u64)UUID_FLAG_CRASHED_PRIMARY;
}

static u32 update_md(struct drbd_vol_state *vol, union drbd_state os, union drbd_state ns)
{
	u32 flags;

	if (ns.disk < D_INCONSISTENT)
		return 0;
	if (os.disk < D_CONSISTENT && ns.disk >= D_CONSISTENT)
		vol->ed_uuid = vol->uuid[UI_CURRENT];
	flags = drbd_md_flags(vol, ns);
	if (flags == vol->md_flags)
		return 0;
	vol->md_flags = flags;
	return NOW_MD_DIRTY;
}

static u32 reached_connected(struct drbd_conn_state *conn, struct drbd_vol_state *vol)
{
	bool suspended = vol->flags & VF_AL_SUSPENDED;

	conn->connect_cnt++;
	vol->flags &= ~VF_AL_SUSPENDED;
	return suspended ? NOW_AL_RESUME : 0;
}

static bool peer_promoted_without_data(union drbd_state os, union drbd_state ns)
{
	return os.disk == D_INCONSISTENT && os.pdsk == D_INCONSISTENT && os.peer == R_SECONDARY &&
	       ns.peer == R_PRIMARY;
}

/* The applications of a Primary without good data saw the peer's, and it loses them now. */
static void remember_exposed(struct drbd_vol_state *vol, union drbd_state os, union drbd_state ns)
{
	if (ns.role == R_PRIMARY && ns.disk <= D_INCONSISTENT && os.pdsk == D_UP_TO_DATE && ns.pdsk != D_UP_TO_DATE &&
	    vol->have_peer_uuids)
		vol->ed_uuid = vol->peer.uuid[UI_CURRENT];
}

/*
 * The connection goes before the new space is synced. A Primary begins a generation and is the source by that; of two
 * Secondaries the one that would have been it looks like the source of a resync that never began.
 */
static u32 keep_growth(const struct drbd_conn_state *conn, struct drbd_vol_state *vol, union drbd_state os,
		       union drbd_state ns)
{
	if (os.conn != C_CONNECTED || ns.conn >= C_CONNECTED || !(vol->flags & VF_RESYNC_AFTER_NEG) ||
	    ns.role == R_PRIMARY || os.peer == R_PRIMARY || ns.disk != D_UP_TO_DATE || vol->uuid[UI_BITMAP] ||
	    !(conn->flags & CNF_RC_FLAG))
		return 0;
	vol->uuid[UI_BITMAP] = vol->uuid[UI_CURRENT] + UUID_NEW_BM_OFFSET;
	return NOW_MD_DIRTY;
}

void drbd_vol_apply(struct drbd_conn_state *conn, struct drbd_vol_state *vol, union drbd_state ns,
		    struct drbd_transition *tr)
{
	union drbd_state os = vol->state;
	u32 now = NOW_WAKE;

	drbd_assert(!out_of_range(ns));
	vol->state = ns;
	spread_susp(conn, ns);
	if (is_replicated(os) != is_replicated(ns))
		now |= NOW_CLOSE_EPOCH;
	if (os.conn == C_WF_REPORT_PARAMS && ns.conn != os.conn && !any_volume_in(conn, C_WF_REPORT_PARAMS))
		conn->flags &= ~CNF_STATE_SENT;
	now |= now_for_resync(os, ns) | now_for_receiver(os.conn, ns.conn);
	settle_crash(vol, ns);
	remember_exposed(vol, os, ns);
	now |= keep_growth(conn, vol, os, ns);
	if (peer_promoted_without_data(os, ns))
		vol->flags |= VF_CONSIDER_RESYNC;
	if (os.conn < C_CONNECTED && ns.conn >= C_CONNECTED)
		now |= reached_connected(conn, vol);
	now |= update_md(vol, os, ns);
	if (entered_disk(os, ns, D_FAILED) || entered_disk(os, ns, D_DISKLESS))
		now |= NOW_HOLD_DISK;
	tr->os = os;
	tr->ns = ns;
	tr->now = now;
	tr->rv = SS_SUCCESS;
}

static enum drbd_state_rv check_and_apply(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
					  const struct drbd_change *ch, struct drbd_transition *tr)
{
	enum drbd_state_rv rv = drbd_vol_check(conn, vol, ch, tr);

	if (rv == SS_SUCCESS)
		drbd_vol_apply(conn, vol, tr->ns, tr);
	return rv;
}

bool drbd_is_cluster_wide(union drbd_state os, union drbd_state ns)
{
	bool both = os.conn >= C_CONNECTED && ns.conn >= C_CONNECTED;

	if (both && os.role != R_PRIMARY && ns.role == R_PRIMARY)
		return true;
	if (both && os.conn != ns.conn && in_set(ns.conn, C(STARTING_SYNC_S) | C(STARTING_SYNC_T)))
		return true;
	if (both && entered_disk(os, ns, D_FAILED))
		return true;
	if (os.conn == C_CONNECTED && (ns.conn == C_VERIFY_S || ns.conn == C_WF_REPORT_PARAMS))
		return true;
	return os.conn >= C_CONNECTED && ns.conn == C_DISCONNECTING;
}

enum drbd_state_rv drbd_vol_request(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				    const struct drbd_change *ch, struct drbd_transition *tr)
{
	enum drbd_state_rv rv = drbd_vol_check(conn, vol, ch, tr);

	if (rv != SS_SUCCESS)
		return rv;
	if (!(ch->flags & (CS_HARD | CS_LOCAL_ONLY)) && drbd_is_cluster_wide(tr->os, tr->ns)) {
		vol->flags &= ~(VF_CW_SUCCESS | VF_CW_FAIL);
		tr->ns = tr->os;
		tr->rv = SS_UNKNOWN_ERROR;
		return SS_UNKNOWN_ERROR;
	}
	drbd_vol_apply(conn, vol, tr->ns, tr);
	return SS_SUCCESS;
}

void drbd_vol_got_reply(struct drbd_vol_state *vol, s32 retcode)
{
	vol->flags |= retcode >= SS_SUCCESS ? VF_CW_SUCCESS : VF_CW_FAIL;
}

enum drbd_state_rv drbd_vol_poll(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				 const struct drbd_change *ch)
{
	u32 answer = vol->flags & (VF_CW_SUCCESS | VF_CW_FAIL);
	struct drbd_transition tr;
	enum drbd_state_rv rv;

	vol->flags &= ~answer;
	if (answer)
		return answer & VF_CW_SUCCESS ? SS_CW_SUCCESS : SS_CW_FAILED_BY_PEER;
	rv = drbd_vol_check(conn, vol, ch, &tr);
	if (rv < SS_SUCCESS)
		return rv;
	return rv == SS_SUCCESS && drbd_is_cluster_wide(tr.os, tr.ns) ? SS_UNKNOWN_ERROR : SS_CW_NO_NEED;
}

enum drbd_state_rv drbd_vol_finish(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				   const struct drbd_change *ch, struct drbd_transition *tr)
{
	return check_and_apply(conn, vol, ch, tr);
}

/* --- the whole connection ---------------------------------------------------------------------------------------------------- */

/* Without volumes: only the connection's own state and the suspend flags change. */
static union drbd_state lone_state(const struct drbd_conn_state *conn, const struct drbd_change *ch)
{
	union drbd_state s = fresh_state(conn);
	u32 mask = ch->mask & (DS_CONN(C_MASK) | DS_SUSPENDED);

	s.i = (s.i & ~mask) | (ch->val & mask);
	return s;
}

static enum drbd_state_rv lone_verdict(const struct drbd_conn_state *conn, const struct drbd_change *ch)
{
	union drbd_state os = fresh_state(conn), ns = lone_state(conn, ch);
	enum drbd_state_rv rv;

	if (ns.i == os.i)
		return SS_NOTHING_TO_DO;
	rv = drbd_hard_verdict(os, ns);
	return rv == SS_SUCCESS && !(ch->flags & CS_HARD) ? drbd_soft_verdict(conn, os, ns) : rv;
}

/* Checks everything, applies nothing. */
static enum drbd_state_rv conn_verdict(const struct drbd_conn_state *conn, const struct drbd_change *ch)
{
	enum drbd_state_rv rv = SS_NOTHING_TO_DO, one;
	struct drbd_transition tr;
	union drbd_state val;
	u32 i;

	val.i = ch->val;
	if (ch->mask & DS_CONN(C_MASK)) {
		if (val.conn > C_WF_REPORT_PARAMS)
			return SS_NOT_SUPPORTED;
		rv = drbd_conn_verdict(conn->cstate, val.conn);
	}
	if (!conn->vols)
		return lone_verdict(conn, ch);
	for (i = 0; i < conn->vols && rv >= SS_SUCCESS; i++) {
		one = drbd_vol_check(conn, conn->vol[i], ch, &tr);
		if (one != SS_NOTHING_TO_DO)
			rv = one;
	}
	return rv;
}

/* The first volume whose change carries a suspend flag sets it for all of them: it is a change of each. */
static void tell_susp(const struct drbd_conn_state *conn, union drbd_state was, struct drbd_transition *tr)
{
	u32 i;

	for (i = 0; i < conn->vols; i++) {
		tr[i].os.i = (tr[i].os.i & ~DS_SUSPENDED) | (was.i & DS_SUSPENDED);
		tr[i].ns.i = (tr[i].ns.i & ~DS_SUSPENDED) | (conn->vol[i]->state.i & DS_SUSPENDED);
		if (tr[i].os.i == tr[i].ns.i || tr[i].now)
			continue;
		tr[i].rv = SS_SUCCESS;
		tr[i].now = NOW_WAKE;
	}
}

static void conn_apply(struct drbd_conn_state *conn, const struct drbd_change *ch, struct drbd_transition *tr,
		       struct drbd_conn_transition *ctr)
{
	union drbd_state val, was;
	u32 i;

	val.i = ch->val;
	was.i = conn->vols ? conn->vol[0]->state.i : 0;
	ctr->oc = conn->cstate;
	if (ch->mask & DS_CONN(C_MASK))
		conn->cstate = val.conn;
	ctr->nc = conn->cstate;
	ctr->now = conn->vols ? 0 : NOW_WAKE | now_for_receiver(ctr->oc, ctr->nc);
	if (!conn->vols)
		spread_susp(conn, lone_state(conn, ch));
	for (i = 0; i < conn->vols; i++)
		check_and_apply(conn, conn->vol[i], ch, &tr[i]);
	tell_susp(conn, was, tr);
	ctr->max_pdsk = drbd_highest_pdsk(conn);
	ctr->max_susp_fen = conn->susp_fen;
	ctr->rv = SS_SUCCESS;
}

static void unchanged(const struct drbd_conn_state *conn, enum drbd_state_rv rv, struct drbd_transition *tr,
		      struct drbd_conn_transition *ctr)
{
	u32 i;

	memset(ctr, 0, sizeof(*ctr));
	ctr->oc = ctr->nc = conn->cstate;
	ctr->rv = rv;
	for (i = 0; i < conn->vols; i++) {
		memset(&tr[i], 0, sizeof(tr[i]));
		tr[i].os = tr[i].ns = conn->vol[i]->state;
		tr[i].rv = rv;
	}
}

/* 4.1: only a polite disconnect is asked for. */
static bool conn_wide_asks(const struct drbd_conn_state *conn, const struct drbd_change *ch)
{
	union drbd_state val;

	val.i = ch->val;
	return (ch->mask & DS_CONN(C_MASK)) && val.conn == C_DISCONNECTING && conn->cstate == C_WF_REPORT_PARAMS &&
	       !(ch->flags & (CS_HARD | CS_LOCAL_ONLY));
}

enum drbd_state_rv drbd_conn_request(struct drbd_conn_state *conn, const struct drbd_change *ch,
				     struct drbd_transition *tr, struct drbd_conn_transition *ctr)
{
	enum drbd_state_rv rv = conn_verdict(conn, ch);

	if (rv == SS_SUCCESS && conn_wide_asks(conn, ch)) {
		conn->flags &= ~(CNF_CW_SUCCESS | CNF_CW_FAIL);
		conn->flags |= CNF_DISCONNECT_SENT;
		rv = SS_UNKNOWN_ERROR;
	}
	if (rv == SS_SUCCESS)
		conn_apply(conn, ch, tr, ctr);
	else
		unchanged(conn, rv, tr, ctr);
	return rv;
}

void drbd_conn_got_reply(struct drbd_conn_state *conn, s32 retcode)
{
	conn->flags |= retcode >= SS_SUCCESS ? CNF_CW_SUCCESS : CNF_CW_FAIL;
}

enum drbd_state_rv drbd_conn_poll(struct drbd_conn_state *conn, const struct drbd_change *ch)
{
	u32 answer = conn->flags & (CNF_CW_SUCCESS | CNF_CW_FAIL);
	enum drbd_state_rv rv;

	conn->flags &= ~answer;
	if (answer)
		rv = answer & CNF_CW_SUCCESS ? SS_CW_SUCCESS : SS_CW_FAILED_BY_PEER;
	else
		rv = conn_verdict(conn, ch);
	if (rv < SS_SUCCESS)
		conn->flags &= ~CNF_DISCONNECT_SENT;
	if (answer || rv < SS_SUCCESS)
		return rv;
	return rv == SS_SUCCESS && conn_wide_asks(conn, ch) ? SS_UNKNOWN_ERROR : SS_CW_NO_NEED;
}

enum drbd_state_rv drbd_conn_finish(struct drbd_conn_state *conn, const struct drbd_change *ch,
				    struct drbd_transition *tr, struct drbd_conn_transition *ctr)
{
	enum drbd_state_rv rv = conn_verdict(conn, ch);

	if (rv == SS_SUCCESS)
		conn_apply(conn, ch, tr, ctr);
	else
		unchanged(conn, rv, tr, ctr);
	return rv;
}

/* --- requests and states of the peer (4.3) --------------------------------------------------------------------------------- */

/* What our connection state becomes by its wish; the rest is its own business. */
static const u8 peer_conn[C_MASK + 1] = {
	[C_WF_REPORT_PARAMS] = C_WF_REPORT_PARAMS,
	[C_CONNECTED] = C_CONNECTED,
	[C_STARTING_SYNC_S] = C_STARTING_SYNC_T,
	[C_STARTING_SYNC_T] = C_STARTING_SYNC_S,
	[C_DISCONNECTING] = C_TEAR_DOWN,
	[C_VERIFY_S] = C_VERIFY_T,
	[C_MASK] = C_MASK,
};

union drbd_state drbd_convert_state(union drbd_state peer)
{
	union drbd_state s = peer;

	s.role = peer.peer;
	s.peer = peer.role;
	s.disk = peer.pdsk;
	s.pdsk = peer.disk;
	s.conn = peer_conn[peer.conn];
	s.peer_isp = peer.aftr_isp | peer.user_isp;
	return s;
}

/* The hard rules refuse it. */
static void change_to_no_state(struct drbd_change *ch)
{
	ch->mask = DS_CONN(C_MASK);
	ch->val = DS_CONN(C_MASK);
}

/* Every field as a whole or not at all, and no value but what a peer may ask for. */
static bool may_ask(union drbd_state mask, union drbd_state val)
{
	return (!mask.peer || mask.peer == R_MASK) && (!mask.pdsk || mask.pdsk == D_MASK) &&
	       (!mask.conn || (mask.conn == C_MASK && val.conn != C_STANDALONE)) &&
	       (!mask.disk || (mask.disk == D_MASK && val.disk == D_OUTDATED));
}

bool drbd_peer_request(const struct drbd_conn_state *conn, bool busy, bool conn_wide,
		       const struct drbd_p_req_state *req, struct drbd_change *ch)
{
	union drbd_state mask, val;
	u32 peer_conn_mask;

	if (busy && (conn->flags & CNF_RC_FLAG))
		return true;
	mask.i = req->mask;
	val.i = req->val;
	peer_conn_mask = mask.conn;
	mask = drbd_convert_state(mask);
	mask.conn = peer_conn_mask;
	val = drbd_convert_state(val);
	/* our role, our pauses and whether our I/O waits are not the peer's to change */
	ch->mask = mask.i & (DS_PEER(R_MASK) | DS_CONN(C_MASK) | DS_DISK(D_MASK) | DS_PDSK(D_MASK));
	ch->val = val.i & ch->mask;
	ch->flags = CS_VERBOSE | CS_LOCAL_ONLY | (conn_wide ? CS_IGN_OUTD_FAIL : 0);
	if (!may_ask(mask, val))
		change_to_no_state(ch);
	return false;
}

void drbd_conn_state_sent(struct drbd_conn_state *conn)
{
	if (conn->vols)
		conn->flags |= CNF_STATE_SENT;
}

/* --- what follows (5.2) ---------------------------------------------------------------------------------------------------- */

static void add(struct drbd_after *after, enum drbd_act act)
{
	drbd_assert(after->nr < DRBD_AFTER_MAX);
	after->act[after->nr++] = act;
}

/* The change and its list, while it is made. */
struct follow {
	struct drbd_conn_state *conn;
	struct drbd_vol_state *vol;
	union drbd_state os, ns;
	u64 random;
	struct drbd_after *after;
};

static bool entered(const struct follow *f, u32 conns)
{
	return !in_set(f->os.conn, conns) && in_set(f->ns.conn, conns);
}

static bool has_disk(const struct follow *f)
{
	return f->vol->state.disk >= D_INCONSISTENT;
}

static bool is_suspended(union drbd_state s)
{
	return (s.i & DS_SUSPENDED) != 0;
}

static void new_uuid(const struct follow *f)
{
	drbd_new_generation(f->vol, f->random);
	add(f->after, AW_MD_WRITE);
	if (f->ns.conn >= C_CONNECTED)
		add(f->after, AW_SEND_UUIDS);
}

/*
 * Every volume has data that are current, here or there; this one in the state that the item is about. A peer counts only
 * when all volumes have met it, for then what was frozen is sent again first.
 */
static bool data_within_reach(const struct follow *f)
{
	bool met = f->ns.conn >= C_CONNECTED;
	u32 i;

	if (met && drbd_lowest_conn(f->conn) < C_CONNECTED)
		return false;
	for (i = 0; i < f->conn->vols; i++) {
		union drbd_state s = f->conn->vol[i] == f->vol ? f->ns : f->conn->vol[i]->state;

		if (s.disk != D_UP_TO_DATE && (!met || s.pdsk != D_UP_TO_DATE))
			return false;
	}
	return true;
}

/* The peer has what it had when I/O froze, and gets the rest again: that is no new generation. */
static void forget_new_uuids(struct drbd_conn_state *conn)
{
	u32 i;

	for (i = 0; i < conn->vols; i++)
		if (conn->vol[i]->state.pdsk >= D_INCONSISTENT)
			conn->vol[i]->flags &= ~VF_NEW_CUR_UUID;
}

/*
 * 3 and 4, and a plain suspend-io: what was frozen goes on, or at least over the new connection. Items are late: nothing
 * is let go by what the state has become since, for the item that sends again comes first.
 */
static void follow_frozen(const struct follow *f)
{
	bool back = f->os.conn < C_CONNECTED && f->ns.conn >= C_CONNECTED && drbd_lowest_conn(f->conn) >= C_CONNECTED;

	if (!is_suspended(f->ns))
		return;
	if (back) {
		forget_new_uuids(f->conn);
		add(f->after, AW_TL_RESEND);
	}
	if (f->conn->susp_nod && data_within_reach(f)) {
		add(f->after, AW_TL_RESTART_FROZEN);
		add(f->after, AW_NEW_UUIDS);
		add(f->after, AW_CLEAR_SUSP_NOD);
	}
	if (f->conn->susp_fen && back) {
		add(f->after, AW_NEW_UUIDS);
		add(f->after, AW_CLEAR_SUSP_FEN);
	}
}

static bool is_source(u32 conn)
{
	return in_set(conn, C(SYNC_SOURCE) | C(PAUSED_SYNC_S));
}

/* 5 to 7. */
static void follow_resync_begin(const struct follow *f)
{
	if (entered(f, C(SYNC_SOURCE) | C(PAUSED_SYNC_S)) && is_source(f->vol->state.conn) && f->conn->apv >= 96) {
		drbd_make_sync_uuid(f->vol, f->random);
		add(f->after, AW_MD_WRITE);
		add(f->after, AW_SEND_SYNC_UUID);
	}
	if (f->os.pdsk == D_DISKLESS && f->ns.pdsk > D_DISKLESS && f->ns.pdsk != D_UNKNOWN) {
		add(f->after, AW_RS_RESET);
		add(f->after, AW_SEND_UUIDS);
		add(f->after, AW_SEND_STATE);
	}
	if (entered(f, C(WF_BITMAP_S)) && f->vol->state.conn == C_WF_BITMAP_S)
		add(f->after, AW_SEND_BITMAP);
}

/* drbd-wire.md 9.3: the peer's copy was there, or may have been, and can not be relied on now. */
static bool peer_data_lost(u32 old, u32 new_pdsk)
{
	if (old == D_UNKNOWN)
		return new_pdsk == D_DISKLESS || new_pdsk == D_FAILED || new_pdsk == D_OUTDATED;
	return (old == D_INCONSISTENT || old >= D_CONSISTENT) &&
	       (new_pdsk < D_INCONSISTENT || new_pdsk == D_UNKNOWN || new_pdsk == D_OUTDATED);
}

/* A Primary gets its disk back while nobody else takes its writes. */
static bool attached_alone(const struct follow *f)
{
	return f->ns.role == R_PRIMARY && f->os.disk < D_INCONSISTENT && f->ns.conn < C_CONNECTED;
}

/* A Primary that was told to resync all, but nothing has come and it has what the peer has: its writes are current. */
static bool resync_not_begun(const struct follow *f)
{
	return f->ns.role == R_PRIMARY && f->ns.disk == D_OUTDATED && f->vol->have_peer_uuids &&
	       in_set(f->os.conn, C(STARTING_SYNC_T) | C(WF_SYNC_UUID)) &&
	       !((f->vol->uuid[UI_CURRENT] ^ f->vol->peer.uuid[UI_CURRENT]) & ~UUID_PRIMARY);
}

/* The peer may have our current one, being synced, or as a Primary on our data: what is written without it needs another. */
static bool out_of_reach(const struct follow *f)
{
	if (f->os.conn < C_CONNECTED || (f->os.pdsk < D_INCONSISTENT && f->os.peer != R_PRIMARY))
		return false;
	return f->ns.conn < C_CONNECTED || (f->os.pdsk >= D_INCONSISTENT && f->ns.pdsk < D_INCONSISTENT);
}

/* 8 and 9; and in Ahead, too, the peer does not get what is written. */
static bool generation_ends(const struct follow *f)
{
	bool written = f->ns.role == R_PRIMARY || f->ns.peer == R_PRIMARY;
	bool lost = written && peer_data_lost(f->os.pdsk, f->ns.pdsk);

	if (!has_disk(f) || (f->ns.disk != D_UP_TO_DATE && !resync_not_begun(f)))
		return false;
	if (f->vol->uuid[UI_BITMAP])
		return written && out_of_reach(f);
	/* a peer that was to be synced stays Inconsistent: lost all the same, be the resync's identifier made or not */
	return lost || (written && out_of_reach(f)) || attached_alone(f) || entered(f, C(AHEAD)) ||
	       (f->ns.pdsk < D_INCONSISTENT && f->os.peer != R_PRIMARY && f->ns.peer == R_PRIMARY);
}

static void follow_generation(const struct follow *f)
{
	bool ends = generation_ends(f);

	/* what a peer without disk writes here is not held back by our suspension */
	if (ends && is_suspended(f->ns) && f->ns.peer != R_PRIMARY)
		f->vol->flags |= VF_NEW_CUR_UUID;
	else if (ends)
		new_uuid(f);
	/* I/O goes on by whatever way: what waited for that is due now */
	if (is_suspended(f->os) && !drbd_suspended(f->conn) && drbd_pending_new_uuid(f->vol, f->random)) {
		add(f->after, AW_MD_WRITE);
		if (f->ns.conn >= C_CONNECTED)
			add(f->after, AW_SEND_UUIDS);
	}
}

/* 9 and 10: what only a Primary's activity log protects is in the bitmap when there is none. */
static void follow_demotion(const struct follow *f)
{
	bool peer = f->ns.pdsk < D_INCONSISTENT && f->os.peer == R_PRIMARY && f->ns.peer == R_SECONDARY;
	bool self = f->os.role == R_PRIMARY && f->ns.role == R_SECONDARY && f->vol->state.conn <= C_CONNECTED;

	if ((peer || self) && has_disk(f))
		add(f->after, AW_BM_WRITE);
}

/* 11 to 16. */
static void follow_tell_peer(const struct follow *f)
{
	bool connected = f->ns.conn >= C_CONNECTED;

	if (connected && f->os.disk == D_ATTACHING && f->ns.disk == D_NEGOTIATING) {
		add(f->after, AW_SEND_SIZES);
		add(f->after, AW_SEND_UUIDS);
		add(f->after, AW_SEND_STATE);
	}
	if (connected && ((f->os.i ^ f->ns.i) & (DS_AFTR_ISP | DS_USER_ISP)))
		add(f->after, AW_SEND_STATE);
	if (!drbd_any_isp(f->os) && drbd_any_isp(f->ns))
		add(f->after, AW_PAUSE_DEPENDENTS);
	if (connected && f->os.conn == C_WF_REPORT_PARAMS)
		add(f->after, AW_SEND_STATE);
	if (entered(f, C(AHEAD)))
		add(f->after, AW_SEND_STATE);
	if (f->os.conn != f->ns.conn && in_set(f->ns.conn, C(STARTING_SYNC_S) | C(STARTING_SYNC_T)))
		add(f->after, AW_FULL_SYNC);
}

/* 17 to 19. */
static void follow_disk(const struct follow *f)
{
	bool connected = f->ns.conn >= C_CONNECTED;
	const struct drbd_disk_conf *conf = f->vol->disk_conf;

	if (entered_disk(f->os, f->ns, D_FAILED)) {
		if (conf && conf->on_io_error == EP_CALL_HELPER && (f->vol->flags & VF_WAS_IO_ERROR))
			add(f->after, AW_HELPER_LOCAL_IO_ERROR);
		if (f->vol->flags & VF_FORCE_DETACH)
			add(f->after, AW_ABORT_LOCAL);
		f->vol->flags &= ~VF_FORCE_DETACH;
		if (connected)
			add(f->after, AW_SEND_STATE);
		add(f->after, AW_RS_CANCEL_ALL);
		add(f->after, AW_MD_SYNC);
		add(f->after, AW_PUT_DISK);
	}
	if (entered_disk(f->os, f->ns, D_DISKLESS)) {
		if (connected)
			add(f->after, AW_SEND_STATE);
		add(f->after, AW_CLOSE_DISK);
	}
	if (f->os.disk == D_UP_TO_DATE && f->ns.disk == D_INCONSISTENT && connected)
		add(f->after, AW_SEND_STATE);
}

/* The agreed version has a stop sector of verify. */
static bool has_stop_sector(u32 apv)
{
	return apv >= 97 && apv != 100;
}

/* 20 to 24. */
static void follow_resync_end(const struct follow *f)
{
	union drbd_state os = f->os, ns = f->ns;

	/* an item of before the nodes met does not use it up */
	if (ns.conn >= C_CONNECTED && ns.disk > D_NEGOTIATING && ns.pdsk > D_NEGOTIATING &&
	    (f->vol->flags & VF_RESYNC_AFTER_NEG)) {
		f->vol->flags &= ~VF_RESYNC_AFTER_NEG;
		if (ns.conn == C_CONNECTED)
			add(f->after, AW_RESYNC_GROWN);
	}
	if ((os.conn > C_CONNECTED && ns.conn <= C_CONNECTED) || (os.peer_isp && !ns.peer_isp) ||
	    (os.user_isp && !ns.user_isp))
		add(f->after, AW_RESUME_DEPENDENTS);
	if (os.disk < D_UP_TO_DATE && os.conn >= C_SYNC_SOURCE && ns.conn == C_CONNECTED)
		add(f->after, AW_SEND_STATE);
	if (os.conn == C_VERIFY_S && ns.conn == C_CONNECTED && has_stop_sector(f->conn->apv))
		add(f->after, AW_SEND_STATE);
	if (os.conn > C_CONNECTED && os.conn < C_AHEAD && (ns.conn == C_CONNECTED || ns.conn >= C_AHEAD) && has_disk(f))
		add(f->after, AW_BM_WRITE);
}

void drbd_vol_after(struct drbd_conn_state *conn, struct drbd_vol_state *vol, union drbd_state os, union drbd_state ns,
		    u64 random, struct drbd_after *after)
{
	struct follow f;

	f.conn = conn;
	f.vol = vol;
	f.os = os;
	f.ns = ns;
	f.random = random;
	f.after = after;
	after->nr = 0;
	if (primary_without_data(ns) && !primary_without_data(os))
		add(after, AW_HELPER_PRI_ON_INCON_DEGR);
	follow_frozen(&f);
	follow_resync_begin(&f);
	follow_generation(&f);
	follow_demotion(&f);
	follow_tell_peer(&f);
	follow_disk(&f);
	follow_resync_end(&f);
	add(after, AW_MD_SYNC);
}

void drbd_conn_after(struct drbd_conn_state *conn, const struct drbd_conn_transition *ctr, struct drbd_after *after)
{
	after->nr = 0;
	if (ctr->oc == C_STANDALONE && ctr->nc == C_UNCONNECTED)
		add(after, AW_START_RECEIVER);
	if (ctr->oc == C_DISCONNECTING && ctr->nc == C_STANDALONE)
		add(after, AW_DROP_NET_CONF);
	/* 7, case 1: fencing succeeded */
	if (conn->susp_fen && ctr->max_susp_fen && ctr->max_pdsk <= D_OUTDATED) {
		add(after, AW_NEW_UUIDS);
		add(after, AW_TL_CONN_LOST);
		add(after, AW_CLEAR_SUSP_FEN);
	}
	add(after, AW_MD_SYNC);
}

void drbd_new_generation(struct drbd_vol_state *vol, u64 random)
{
	bool primary = vol->state.role == R_PRIMARY;

	if (!vol->uuid[UI_BITMAP]) {
		drbd_uuid_new_current(vol->uuid, random, primary);
	} else {
		vol->uuid[UI_HISTORY_END] = vol->uuid[UI_CURRENT];
		drbd_uuid_set_current(vol->uuid, random, primary);
	}
	vol->ed_uuid = vol->uuid[UI_CURRENT];
	vol->flags |= VF_OWN_CURRENT;
}

bool drbd_pending_new_uuid(struct drbd_vol_state *vol, u64 random)
{
	if (!(vol->flags & VF_NEW_CUR_UUID) || vol->state.disk < D_INCONSISTENT)
		return false;
	vol->flags &= ~VF_NEW_CUR_UUID;
	if (vol->uuid[UI_BITMAP] && (vol->flags & VF_OWN_CURRENT))
		return false;	/* there is one since */
	drbd_new_generation(vol, random);
	return true;
}

const char *drbd_act_helper(enum drbd_act act)
{
	switch (act) {
	case AW_HELPER_PRI_ON_INCON_DEGR:	return "pri-on-incon-degr";
	case AW_HELPER_LOCAL_IO_ERROR:		return "local-io-error";
	case AW_UNFENCE_PEER:			return "unfence-peer";
	default:				return NULL;
	}
}

/* --- meta-data ----------------------------------------------------------------------------------------------------------------- */

u32 drbd_md_flags(const struct drbd_vol_state *vol, union drbd_state ns)
{
	bool primary = ns.role == R_PRIMARY || (ns.pdsk < D_INCONSISTENT && ns.peer == R_PRIMARY);
	u32 flags = vol->md_flags & MDF_FULL_SYNC;

	flags |= ns.disk > D_INCONSISTENT ? MDF_CONSISTENT : 0;
	flags |= primary ? MDF_PRIMARY_IND : 0;
	flags |= ns.conn > C_WF_REPORT_PARAMS ? MDF_CONNECTED_IND : 0;
	flags |= ns.disk > D_OUTDATED ? MDF_WAS_UP_TO_DATE : 0;
	flags |= ns.pdsk >= D_INCONSISTENT && ns.pdsk <= D_OUTDATED ? MDF_PEER_OUT_DATED : 0;
	flags |= vol->flags & VF_CRASHED_PRIMARY ? MDF_CRASHED_PRIMARY : 0;
	flags |= vol->disk_conf && !vol->disk_conf->al_updates ? MDF_AL_DISABLED : 0;
	return flags;
}
