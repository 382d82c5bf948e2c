/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generation identifiers: see drbd_uuid.h. What the two nodes do about the verdict (states, bitmaps, packets) is decided
 * in drbd_handshake.c and drbd_state.c.
 */
#include "drbd_uuid.h"

/* --- slots ------------------------------------------------------------------------------------------------------ */

static u64 plain(u64 uuid)
{
	return uuid & ~UUID_PRIMARY;
}

static void push_history(u64 *uuid, u64 value)
{
	uuid[UI_HISTORY_END] = uuid[UI_HISTORY_START];
	uuid[UI_HISTORY_START] = value;
}

bool drbd_uuid_new_current(u64 *uuid, u64 random, bool primary)
{
	bool overwritten = uuid[UI_BITMAP] != 0;

	uuid[UI_BITMAP] = uuid[UI_CURRENT];
	drbd_uuid_set_current(uuid, random, primary);
	return overwritten;
}

void drbd_uuid_set_current(u64 *uuid, u64 value, bool primary)
{
	uuid[UI_CURRENT] = plain(value) | (primary ? UUID_PRIMARY : 0);
}

void drbd_uuid_rotate_set(u64 *uuid, enum drbd_uuid_slot slot, u64 value)
{
	if (uuid[slot])
		push_history(uuid, uuid[slot]);
	uuid[slot] = value;
}

void drbd_uuid_clear_bitmap(u64 *uuid)
{
	drbd_uuid_rotate_set(uuid, UI_BITMAP, 0);
}

void drbd_uuid_set_role(u64 *uuid, bool primary)
{
	drbd_uuid_set_current(uuid, uuid[UI_CURRENT], primary);
}

u64 drbd_uuid_start_source(u64 *uuid, u64 random)
{
	u64 sync_uuid = random;

	if (uuid[UI_BITMAP] && uuid[UI_BITMAP] != UUID_JUST_CREATED)
		sync_uuid = uuid[UI_BITMAP] + UUID_NEW_BM_OFFSET;
	drbd_uuid_rotate_set(uuid, UI_BITMAP, sync_uuid);
	return sync_uuid;
}

void drbd_uuid_start_target(u64 *uuid, u64 sync_uuid, bool primary)
{
	drbd_uuid_set_current(uuid, sync_uuid, primary);
	uuid[UI_BITMAP] = 0;
}

void drbd_uuid_finish_source(u64 *uuid, u64 *peer)
{
	drbd_uuid_clear_bitmap(uuid);
	memcpy(peer, uuid, UI_SIZE * sizeof(*uuid));
}

void drbd_uuid_finish_target(u64 *uuid, u64 *peer, bool primary)
{
	u64 sync_uuid = uuid[UI_CURRENT];

	/* The peer's set as it was before the resync: repeat on it what the source did. */
	memcpy(uuid, peer, UI_SIZE * sizeof(*uuid));
	drbd_uuid_set_current(uuid, peer[UI_CURRENT], primary);
	drbd_uuid_rotate_set(uuid, UI_BITMAP, sync_uuid);
	drbd_uuid_finish_source(uuid, peer);
}

void drbd_uuid_skip_initial_sync(u64 *uuid, u64 random, bool primary)
{
	drbd_uuid_clear_bitmap(uuid);
	drbd_uuid_set_current(uuid, random, primary);
}

/* --- comparison ------------------------------------------------------------------------------------------------- */

/* What the rules ask about the two sets; p: of the peer. Bit 0 is masked, but for "is set". */
enum {
	SELF_NEW	= 1 << 0,	/* C == 4 */
	PEER_NEW	= 1 << 1,
	SELF_NONE	= 1 << 2,	/* C == 0 */
	PEER_NONE	= 1 << 3,
	SAME		= 1 << 4,	/* C == p.C */
	SELF_BM		= 1 << 5,	/* B is set */
	PEER_BM		= 1 << 6,
	SELF_MISSED	= 1 << 7,	/* what a source looks like that missed "finished" */
	PEER_MISSED	= 1 << 8,
	SELF_CRASHED	= 1 << 9,
	PEER_CRASHED	= 1 << 10,
	SELF_PRI	= 1 << 11,
	PEER_PRI	= 1 << 12,
	RC_FLAG		= 1 << 13,
	WSAME		= 1 << 14,	/* agreed: the peer knows rule 41 */
	APV_91		= 1 << 15,
	IN_PEER_BM	= 1 << 16,	/* C == p.B */
	IN_PEER_HIST	= 1 << 17,	/* C is p.H1 or p.H2 */
	IN_SELF_BM	= 1 << 18,	/* B == p.C */
	IN_SELF_HIST	= 1 << 19,	/* p.C is H1 or H2 */
	PEER_STARTED	= 1 << 20,	/* C == p.H1, and the peer is the source of a resync that did not begin here */
	SELF_STARTED	= 1 << 21,	/* the reverse */
	BM_SAME		= 1 << 22,	/* B == p.B, both set */
	HIST_SAME	= 1 << 23	/* one of H1, H2 is one of p.H1, p.H2, 0 counts too; or one's B is in the other's */
};

enum repair { RP_NONE, RP_SELF_FINISHED, RP_PEER_FINISHED, RP_SELF_UNDO, RP_PEER_UNDO };

/* The first row decides whose `yes` facts are all given and whose `no` facts are all not. drbd-wire.md 9.4. */
static const struct uuid_rule {
	u16 rule;
	u32 yes, no;
	s16 hg;
	u8 repair;
} uuid_rules[] = {
	{ 10, SELF_NEW | PEER_NEW,		0,				0,	RP_NONE },
	{ 20, SELF_NEW,				PEER_NEW,			-2,	RP_NONE },
	{ 20, SELF_NONE,			PEER_NEW,			-2,	RP_NONE },
	{ 30, PEER_NEW,				SELF_NEW,			2,	RP_NONE },
	{ 30, PEER_NONE,			SELF_NEW,			2,	RP_NONE },

	{ 34, SAME | SELF_BM,			PEER_BM | APV_91,		HG_NEED_APV_91, RP_NONE },
	{ 34, SAME | SELF_BM | SELF_MISSED,	PEER_BM,			1,	RP_SELF_FINISHED },
	{ 36, SAME | SELF_BM,			PEER_BM,			1,	RP_NONE },
	{ 35, SAME | PEER_BM,			SELF_BM | APV_91,		HG_NEED_APV_91, RP_NONE },
	{ 35, SAME | PEER_BM | PEER_MISSED,	SELF_BM,			-1,	RP_PEER_FINISHED },
	{ 37, SAME | PEER_BM,			SELF_BM,			-1,	RP_NONE },
	{ 40, SAME,				SELF_CRASHED | PEER_CRASHED,	0,	RP_NONE },
	{ 41, SAME | SELF_PRI,			WSAME,				HG_NEED_WSAME, RP_NONE },
	{ 41, SAME | PEER_PRI,			WSAME,				HG_NEED_WSAME, RP_NONE },
	{ 41, SAME | SELF_PRI | PEER_PRI,	0,				HG_SPLIT_BRAIN, RP_NONE },
	{ 41, SAME | SELF_PRI,			0,				1,	RP_NONE },
	{ 41, SAME | PEER_PRI,			0,				-1,	RP_NONE },
	{ 40, SAME | SELF_CRASHED,		PEER_CRASHED,			1,	RP_NONE },
	{ 40, SAME | PEER_CRASHED,		SELF_CRASHED,			-1,	RP_NONE },
	{ 40, SAME | RC_FLAG,			0,				-1,	RP_NONE },
	{ 40, SAME,				0,				1,	RP_NONE },

	{ 50, IN_PEER_BM,			0,				-1,	RP_NONE },
	{ 51, PEER_STARTED,			APV_91,				HG_NEED_APV_91, RP_NONE },
	{ 51, PEER_STARTED,			0,				-1,	RP_PEER_UNDO },
	{ 60, IN_PEER_HIST,			0,				-2,	RP_NONE },
	{ 70, IN_SELF_BM,			0,				1,	RP_NONE },
	{ 71, SELF_STARTED,			APV_91,				HG_NEED_APV_91, RP_NONE },
	{ 71, SELF_STARTED,			0,				1,	RP_SELF_UNDO },
	{ 80, IN_SELF_HIST,			0,				2,	RP_NONE },
	{ 90, BM_SAME,				0,				HG_SPLIT_BRAIN_AUTO, RP_NONE },
	{ 100, HIST_SAME,			0,				HG_SPLIT_BRAIN, RP_NONE },
	{ 0,  0,				0,				HG_UNRELATED, RP_NONE },
};

static bool same(u64 a, u64 b)
{
	return plain(a) == plain(b);
}

static bool in_history(u64 uuid, const u64 *set)
{
	return same(uuid, set[UI_HISTORY_START]) || same(uuid, set[UI_HISTORY_END]);
}

/* Facts that are asked of either side, as seen from one: its own are `own` << shift, in the order of the enum. */
static u32 facts_of(const u64 *own, const u64 *other, u32 shift)
{
	u32 facts = 0;

	if (plain(own[UI_CURRENT]) == UUID_JUST_CREATED)
		facts |= SELF_NEW;
	if (plain(own[UI_CURRENT]) == 0)
		facts |= SELF_NONE;
	if (own[UI_BITMAP])
		facts |= SELF_BM;
	if (same(own[UI_BITMAP], other[UI_HISTORY_START]) && same(own[UI_HISTORY_START], other[UI_HISTORY_END]))
		facts |= SELF_MISSED;
	return facts << shift;
}

/*
 * `source` began a resync towards `target`, whose current identifier is now the newest of source's history, but
 * P_SYNC_UUID never came. From 96 on the identifier of the resync tells; before, the older history has to agree.
 */
static bool started_in_vain(const u64 *source, const u64 *target, u16 apv)
{
	if (!same(target[UI_CURRENT], source[UI_HISTORY_START]))
		return false;
	if (apv < 96)
		return same(target[UI_HISTORY_START], source[UI_HISTORY_END]);
	return plain(source[UI_HISTORY_START]) + UUID_NEW_BM_OFFSET == plain(source[UI_BITMAP]);
}

static u32 fact_if(bool cond, u32 fact)
{
	return cond ? fact : 0;
}

/*
 * A set bitmap identifier was a current one, too: who is that far apart has still begun with the same data. The original
 * looks at the histories alone, and would call these data unrelated.
 */
static bool share_history(const u64 *self, const u64 *peer)
{
	return in_history(self[UI_HISTORY_START], peer) || in_history(self[UI_HISTORY_END], peer) ||
	       (plain(self[UI_BITMAP]) && in_history(self[UI_BITMAP], peer)) ||
	       (plain(peer[UI_BITMAP]) && in_history(peer[UI_BITMAP], self));
}

static u32 uuid_facts(const struct drbd_uuid_in *in)
{
	const u64 *self = in->self, *peer = in->peer;

	return facts_of(self, peer, 0) | facts_of(peer, self, 1) |
	       fact_if(same(self[UI_CURRENT], peer[UI_CURRENT]), SAME) |
	       fact_if(in->self_crashed_primary, SELF_CRASHED) |
	       fact_if(in->peer_crashed_primary, PEER_CRASHED) |
	       fact_if(in->self_role == R_PRIMARY, SELF_PRI) |
	       fact_if(in->peer_role == R_PRIMARY, PEER_PRI) |
	       fact_if(in->rc_flag, RC_FLAG) |
	       fact_if(in->features & DRBD_FF_WSAME, WSAME) |
	       fact_if(in->apv >= 91, APV_91) |
	       fact_if(same(self[UI_CURRENT], peer[UI_BITMAP]), IN_PEER_BM) |
	       fact_if(in_history(self[UI_CURRENT], peer), IN_PEER_HIST) |
	       fact_if(same(self[UI_BITMAP], peer[UI_CURRENT]), IN_SELF_BM) |
	       fact_if(in_history(peer[UI_CURRENT], self), IN_SELF_HIST) |
	       fact_if(started_in_vain(peer, self, in->apv), PEER_STARTED) |
	       fact_if(started_in_vain(self, peer, in->apv), SELF_STARTED) |
	       fact_if(same(self[UI_BITMAP], peer[UI_BITMAP]) && plain(self[UI_BITMAP]), BM_SAME) |
	       fact_if(share_history(self, peer), HIST_SAME);
}

/* Back to what the set was before the resync began. */
static void undo_start(u64 *uuid)
{
	uuid[UI_BITMAP] = uuid[UI_HISTORY_START];
	uuid[UI_HISTORY_START] = uuid[UI_HISTORY_END];
}

static void make_repair(struct drbd_uuid_verdict *out, enum repair repair)
{
	switch (repair) {
	case RP_NONE:
		return;
	case RP_SELF_FINISHED:
		drbd_uuid_clear_bitmap(out->self);
		break;
	case RP_PEER_FINISHED:
		drbd_uuid_clear_bitmap(out->peer);
		break;
	case RP_SELF_UNDO:
		undo_start(out->self);
		break;
	case RP_PEER_UNDO:
		undo_start(out->peer);
		break;
	}
	out->self_changed = repair == RP_SELF_FINISHED || repair == RP_SELF_UNDO;
	out->peer_changed = !out->self_changed;
}

void drbd_uuid_compare(const struct drbd_uuid_in *in, struct drbd_uuid_verdict *out)
{
	const struct uuid_rule *r = uuid_rules;
	u32 facts = uuid_facts(in);

	while ((facts & r->yes) != r->yes || (facts & r->no))
		r++;			/* the last row matches everything */
	memset(out, 0, sizeof(*out));
	out->hg = r->hg;
	out->rule = r->rule;
	memcpy(out->self, in->self, sizeof(out->self));
	memcpy(out->peer, in->peer, sizeof(out->peer));
	make_repair(out, r->repair);
}

/* --- after split brain ------------------------------------------------------------------------------------------ */

/* Who has fewer changes becomes the target; the RC flag breaks a tie. */
static s16 least_changes(const struct drbd_sync_in *in)
{
	if (in->self_bits_set != in->peer_bits_set)
		return in->self_bits_set < in->peer_bits_set ? -1 : 1;
	return in->uuid.rc_flag ? -1 : 1;
}

static s16 recover_0p(const struct drbd_sync_in *in)
{
	bool self_was_pri = in->uuid.self[UI_BITMAP] & UUID_PRIMARY;
	bool peer_was_pri = in->uuid.peer[UI_BITMAP] & UUID_PRIMARY;

	switch (in->after_sb_0p) {
	case ASB_DISCARD_YOUNGER_PRI:
		if (self_was_pri != peer_was_pri)
			return self_was_pri ? 1 : -1;
		return least_changes(in);
	case ASB_DISCARD_OLDER_PRI:
		if (self_was_pri != peer_was_pri)
			return self_was_pri ? -1 : 1;
		return least_changes(in);
	case ASB_DISCARD_ZERO_CHG:
		if (in->self_bits_set && in->peer_bits_set)
			return HG_SPLIT_BRAIN;
		return least_changes(in);
	case ASB_DISCARD_LEAST_CHG:
		return least_changes(in);
	case ASB_DISCARD_LOCAL:
		return -1;
	case ASB_DISCARD_REMOTE:
		return 1;
	default:			/* disconnect, or not a policy of this case */
		return HG_SPLIT_BRAIN;
	}
}

/* As without a Primary, but a Primary that loses has to give up its role first. */
static s16 recover_by_demotion(const struct drbd_sync_in *in, bool self_pri, struct drbd_sync_verdict *out)
{
	s16 hg = recover_0p(in);

	if (hg != -1 || !self_pri)
		return hg;
	if (in->demote > 0)
		return hg;
	if (in->demote < 0)
		out->helpers |= SH_PRI_LOST_AFTER_SB;
	else
		out->try_demote = 1;
	return HG_SPLIT_BRAIN;
}

static s16 recover_1p(const struct drbd_sync_in *in, bool self_pri, struct drbd_sync_verdict *out)
{
	s16 hg;

	switch (in->after_sb_1p) {
	case ASB_CONSENSUS:
		hg = recover_0p(in);
		return hg == (self_pri ? 1 : -1) ? hg : HG_SPLIT_BRAIN;
	case ASB_VIOLENTLY:
		return recover_0p(in);
	case ASB_DISCARD_SECONDARY:
		return self_pri ? 1 : -1;
	case ASB_CALL_HELPER:
		return recover_by_demotion(in, self_pri, out);
	default:
		return HG_SPLIT_BRAIN;
	}
}

static s16 recover_2p(const struct drbd_sync_in *in, struct drbd_sync_verdict *out)
{
	switch (in->after_sb_2p) {
	case ASB_VIOLENTLY:
		return recover_0p(in);
	case ASB_CALL_HELPER:
		return recover_by_demotion(in, true, out);
	default:
		return HG_SPLIT_BRAIN;
	}
}

static s16 recover(const struct drbd_sync_in *in, struct drbd_sync_verdict *out)
{
	bool self_pri = in->uuid.self_role == R_PRIMARY;

	out->primaries = self_pri + (in->uuid.peer_role == R_PRIMARY);
	switch (out->primaries) {
	case 0:
		out->asb_policy = in->after_sb_0p;
		return recover_0p(in);
	case 1:
		out->asb_policy = in->after_sb_1p;
		return recover_1p(in, self_pri, out);
	default:
		out->asb_policy = in->after_sb_2p;
		return recover_2p(in, out);
	}
}

/* --- sync handshake --------------------------------------------------------------------------------------------- */

static bool is_split_brain(s16 hg)
{
	return hg == HG_SPLIT_BRAIN || hg == HG_SPLIT_BRAIN_AUTO;
}

/* An Inconsistent disk never is the source, whatever the identifiers say. */
static s16 forced_by_disks(const struct drbd_sync_in *in, s16 hg)
{
	bool full = hg == HG_SPLIT_BRAIN || hg == 2 || hg == -2;
	bool self_bad = in->disk == D_INCONSISTENT && in->peer_disk > D_INCONSISTENT;
	bool peer_bad = in->peer_disk == D_INCONSISTENT && in->disk > D_INCONSISTENT;

	if (!self_bad && !peer_bad)
		return hg;
	return (peer_bad ? 1 : -1) * (full ? 2 : 1);
}

static s16 solve_split_brain(const struct drbd_sync_in *in, s16 hg, struct drbd_sync_verdict *out)
{
	/* No common bitmap identifier: the bits need not cover what differs. */
	s16 full = hg == HG_SPLIT_BRAIN ? 2 : 1;

	if (!in->demote)
		out->helpers |= SH_INITIAL_SPLIT_BRAIN;
	if (hg == HG_SPLIT_BRAIN_AUTO || in->always_asbp) {
		hg = recover(in, out);
		if (out->try_demote)
			return hg;
		out->auto_solved = !is_split_brain(hg);
	}
	if (hg == HG_SPLIT_BRAIN && !in->discard_my_data != !in->peer_discard_my_data) {
		hg = in->discard_my_data ? -1 : 1;
		out->manual_solved = 1;
	}
	if (hg == HG_SPLIT_BRAIN) {
		out->helpers |= SH_SPLIT_BRAIN;
		return hg;
	}
	return hg * full;
}

static enum drbd_sync_fail refuse_rr_conflict(const struct drbd_sync_in *in, struct drbd_sync_verdict *out)
{
	/* The real disk: one that is being negotiated holds nothing that anybody uses. */
	if (out->hg >= 0 || in->uuid.self_role != R_PRIMARY || in->demote > 0 || in->real_disk < D_CONSISTENT ||
	    in->rr_conflict == ASB_VIOLENTLY)
		return SF_NONE;
	if (in->rr_conflict == ASB_CALL_HELPER)
		out->helpers |= SH_PRI_LOST;
	return SF_RR_CONFLICT;
}

static enum drbd_sync_fail judge(const struct drbd_sync_in *in, struct drbd_sync_verdict *out)
{
	enum drbd_sync_fail fail;

	switch (out->uuid.hg) {
	case HG_UNRELATED:
		return SF_UNRELATED;
	case HG_NEED_APV_91:
		return SF_NEED_APV_91;
	case HG_NEED_WSAME:
		return SF_NEED_WSAME;
	}
	out->hg = forced_by_disks(in, out->hg);
	if (is_split_brain(out->hg))
		out->hg = solve_split_brain(in, out->hg, out);
	if (out->hg == HG_SPLIT_BRAIN)
		return SF_SPLIT_BRAIN;
	if (out->hg > 0 && in->disk <= D_INCONSISTENT)
		return SF_INCONSISTENT_SOURCE;
	fail = refuse_rr_conflict(in, out);
	if (fail == SF_NONE && in->dry_run)
		fail = SF_DRY_RUN;
	return fail;
}

void drbd_sync_handshake(const struct drbd_sync_in *in, struct drbd_sync_verdict *out)
{
	struct drbd_sync_in was = *in;

	if (in->demote > 0)
		was.uuid.self_role = R_PRIMARY;		/* it gave that up for this very decision */
	memset(out, 0, sizeof(*out));
	out->asb_policy = 255;
	drbd_uuid_compare(&was.uuid, &out->uuid);
	out->hg = out->uuid.hg;
	out->fail = judge(&was, out);
	if (out->try_demote)
		out->fail = SF_NONE;
	out->conn = C_MASK;
	if (out->fail || out->try_demote)
		return;
	out->set_all_bits = out->hg == 2 || out->hg == -2;
	out->conn = out->hg > 0 ? C_WF_BITMAP_S : out->hg < 0 ? C_WF_BITMAP_T : C_CONNECTED;
}

const char *drbd_sync_fail_text(enum drbd_sync_fail fail)
{
	switch (fail) {
	case SF_NONE:
		return "agreed";
	case SF_UNRELATED:
		return "Unrelated data, aborting!";
	case SF_NEED_APV_91:
		return "both nodes need protocol 91 to resolve this";
	case SF_NEED_WSAME:
		return "both nodes need protocol 101 and feature 4 to resolve this";
	case SF_SPLIT_BRAIN:
		return "Split-Brain detected but unresolved, dropping connection!";
	case SF_INCONSISTENT_SOURCE:
		return "I shall become SyncSource, but I am inconsistent!";
	case SF_RR_CONFLICT:
		return "I shall become SyncTarget, but I am primary!";
	case SF_DRY_RUN:
		return "dry run";
	}
	return "unknown reason";
}
