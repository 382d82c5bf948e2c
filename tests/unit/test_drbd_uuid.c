/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generation identifiers: operations on the slots, every combination of the comparison's facts against the rules as
 * drbd-wire.md 9.4 words them, and the sync handshake with every after-split-brain policy, seen from both nodes.
 */
#include "drbd-like/core/drbd_uuid.h"
#include "unit.h"

#define C UI_CURRENT
#define B UI_BITMAP
#define H1 UI_HISTORY_START
#define H2 UI_HISTORY_END

#define OFFSET UUID_NEW_BM_OFFSET

static u64 rng = 88172645463325252ull;

static u64 rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static bool equal(const u64 *a, const u64 *b)
{
	return !memcmp(a, b, UI_SIZE * sizeof(*a));
}

static bool is(const u64 *uuid, u64 c, u64 b, u64 h1, u64 h2)
{
	const u64 want[UI_SIZE] = { c, b, h1, h2 };

	return equal(uuid, want);
}

/* --- slots ------------------------------------------------------------------------------------------------------ */

TEST(a_new_current_identifier_moves_the_old_one_to_the_bitmap_slot)
{
	u64 u[UI_SIZE] = { 0x11, 0, 0x30, 0x40 };

	CHECK(!drbd_uuid_new_current(u, 0x1000, true));
	CHECK(is(u, 0x1001, 0x11, 0x30, 0x40));
	CHECK(drbd_uuid_new_current(u, 0x2001, false));
	CHECK(is(u, 0x2000, 0x1001, 0x30, 0x40));
}

TEST(bit_0_of_the_current_identifier_follows_the_role)
{
	u64 u[UI_SIZE] = { 0x10, 0x21, 0x31, 0x41 };

	drbd_uuid_set_role(u, true);
	CHECK(is(u, 0x11, 0x21, 0x31, 0x41));
	drbd_uuid_set_role(u, true);
	CHECK(is(u, 0x11, 0x21, 0x31, 0x41));
	drbd_uuid_set_role(u, false);
	CHECK(is(u, 0x10, 0x21, 0x31, 0x41));
	drbd_uuid_set_current(u, 0x51, false);
	CHECK(is(u, 0x50, 0x21, 0x31, 0x41));
}

TEST(a_set_slot_goes_into_history_and_an_unset_one_does_not)
{
	u64 u[UI_SIZE] = { 0x10, 0x20, 0x30, 0x40 };

	drbd_uuid_rotate_set(u, UI_BITMAP, 0x50);
	CHECK(is(u, 0x10, 0x50, 0x20, 0x30));
	drbd_uuid_clear_bitmap(u);
	CHECK(is(u, 0x10, 0, 0x50, 0x20));
	drbd_uuid_clear_bitmap(u);
	CHECK(is(u, 0x10, 0, 0x50, 0x20));
	drbd_uuid_rotate_set(u, UI_BITMAP, 0x60);
	CHECK(is(u, 0x10, 0x60, 0x50, 0x20));
}

TEST(a_resync_leaves_the_same_set_on_both_nodes)
{
	u64 source[UI_SIZE] = { 0x101, 0x200, 0x300, 0x400 }, target[UI_SIZE] = { 0x200, 0, 0x300, 0x400 };
	u64 source_of_peer[UI_SIZE], target_of_peer[UI_SIZE], s;

	memcpy(source_of_peer, target, sizeof(target));
	memcpy(target_of_peer, source, sizeof(source));
	s = drbd_uuid_start_source(source, 0x9999);
	CHECK(s == 0x200 + OFFSET);
	CHECK(is(source, 0x101, s, 0x200, 0x300));
	drbd_uuid_start_target(target, s, false);
	CHECK(is(target, s, 0, 0x300, 0x400));
	drbd_uuid_finish_source(source, source_of_peer);
	drbd_uuid_finish_target(target, target_of_peer, false);
	CHECK(is(source, 0x101, 0, s, 0x200));
	CHECK(is(target, 0x100, 0, s, 0x200));
	CHECK(equal(source_of_peer, source));
	CHECK(equal(target_of_peer, target));
}

TEST(a_resync_without_a_common_generation_gets_a_random_identifier)
{
	u64 unset[UI_SIZE] = { 0x10, 0, 0x30, 0x40 }, created[UI_SIZE] = { 0x10, UUID_JUST_CREATED, 0x30, 0x40 };

	CHECK(drbd_uuid_start_source(unset, 0x777) == 0x777);
	CHECK(is(unset, 0x10, 0x777, 0x30, 0x40));
	CHECK(drbd_uuid_start_source(created, 0x777) == 0x777);
	CHECK(is(created, 0x10, 0x777, UUID_JUST_CREATED, 0x30));
}

TEST(skipping_the_initial_sync_leaves_no_bitmap_identifier)
{
	u64 u[UI_SIZE] = { UUID_JUST_CREATED, 0, 0, 0 }, v[UI_SIZE] = { UUID_JUST_CREATED, 0x20, 0x30, 0 };

	drbd_uuid_skip_initial_sync(u, 0x1235, false);
	CHECK(is(u, 0x1234, 0, 0, 0));
	drbd_uuid_skip_initial_sync(v, 0x1234, true);
	CHECK(is(v, 0x1235, 0, 0x20, 0x30));
}

/* --- the rules, in the words of drbd-wire.md 9.4 ---------------------------------------------------------------- */

struct want {
	int rule, hg;
	u64 self[UI_SIZE], peer[UI_SIZE];
};

static u64 m(u64 uuid)
{
	return uuid & ~1ull;
}

static bool h(u64 uuid, const u64 *set)
{
	return m(uuid) == m(set[H1]) || m(uuid) == m(set[H2]);
}

static struct want *say(struct want *w, int rule, int hg)
{
	w->rule = rule;
	w->hg = hg;
	return w;
}

static struct want *shift_in(struct want *w, u64 *set)
{
	set[H2] = set[H1];
	set[H1] = set[B];
	set[B] = 0;
	return w;
}

static struct want *shift_out(struct want *w, u64 *set)
{
	set[B] = set[H1];
	set[H1] = set[H2];
	return w;
}

static struct want *crash_rules(const struct drbd_uuid_in *in, struct want *w)
{
	bool self_pri = in->self_role == R_PRIMARY, peer_pri = in->peer_role == R_PRIMARY;

	if (!in->self_crashed_primary && !in->peer_crashed_primary)
		return say(w, 40, 0);
	if ((self_pri || peer_pri) && !(in->features & DRBD_FF_WSAME))
		return say(w, 41, HG_NEED_WSAME);
	if (self_pri && peer_pri)
		return say(w, 41, -100);
	if (self_pri || peer_pri)
		return say(w, 41, self_pri ? 1 : -1);
	if (in->self_crashed_primary && in->peer_crashed_primary)
		return say(w, 40, in->rc_flag ? -1 : 1);
	return say(w, 40, in->self_crashed_primary ? 1 : -1);
}

static struct want *rules(const struct drbd_uuid_in *in, struct want *w)
{
	const u64 *s = in->self, *p = in->peer;
	bool old = in->apv < 91;

	memcpy(w->self, s, sizeof(w->self));
	memcpy(w->peer, p, sizeof(w->peer));
	if (m(s[C]) == 4 && m(p[C]) == 4)
		return say(w, 10, 0);
	if ((m(s[C]) == 4 || !m(s[C])) && m(p[C]) != 4)
		return say(w, 20, -2);
	if (m(s[C]) != 4 && (m(p[C]) == 4 || !m(p[C])))
		return say(w, 30, 2);
	if (m(s[C]) == m(p[C])) {
		if (!p[B] && s[B]) {
			if (old)
				return say(w, 34, HG_NEED_APV_91);
			if (m(s[B]) == m(p[H1]) && m(s[H1]) == m(p[H2]))
				return shift_in(say(w, 34, 1), w->self);
			return say(w, 36, 1);
		}
		if (!s[B] && p[B]) {
			if (old)
				return say(w, 35, HG_NEED_APV_91);
			if (m(s[H1]) == m(p[B]) && m(s[H2]) == m(p[H1]))
				return shift_in(say(w, 35, -1), w->peer);
			return say(w, 37, -1);
		}
		return crash_rules(in, w);
	}
	if (m(s[C]) == m(p[B]))
		return say(w, 50, -1);
	if (m(s[C]) == m(p[H1]) && (in->apv >= 96 ? m(p[H1]) + OFFSET == m(p[B]) : m(s[H1]) == m(p[H2])))
		return old ? say(w, 51, HG_NEED_APV_91) : shift_out(say(w, 51, -1), w->peer);
	if (h(s[C], p))
		return say(w, 60, -2);
	if (m(s[B]) == m(p[C]))
		return say(w, 70, 1);
	if (m(s[H1]) == m(p[C]) && (in->apv >= 96 ? m(s[H1]) + OFFSET == m(s[B]) : m(s[H2]) == m(p[H1])))
		return old ? say(w, 71, HG_NEED_APV_91) : shift_out(say(w, 71, 1), w->self);
	if (h(p[C], s))
		return say(w, 80, 2);
	if (m(s[B]) == m(p[B]) && m(s[B]))
		return say(w, 90, 100);
	if (h(s[H1], p) || h(s[H2], p) || (m(s[B]) && h(s[B], p)) || (m(p[B]) && h(p[B], s)))
		return say(w, 100, -100);
	return say(w, 0, HG_UNRELATED);
}

static unsigned seen[128];

static int mirrored_rule(int rule)
{
	switch (rule) {
	case 20: return 30;
	case 30: return 20;
	case 34: return 35;
	case 35: return 34;
	case 36: return 37;
	case 37: return 36;
	case 50: return 70;
	case 70: return 50;
	case 51: return 71;
	case 71: return 51;
	case 60: return 80;
	case 80: return 60;
	default: return rule;
	}
}

static void swap_sides(const struct drbd_uuid_in *in, struct drbd_uuid_in *peer)
{
	*peer = *in;
	memcpy(peer->self, in->peer, sizeof(peer->self));
	memcpy(peer->peer, in->self, sizeof(peer->peer));
	peer->self_role = in->peer_role;
	peer->peer_role = in->self_role;
	peer->self_crashed_primary = in->peer_crashed_primary;
	peer->peer_crashed_primary = in->self_crashed_primary;
	peer->rc_flag = !in->rc_flag;
}

/*
 * Impossible with real nodes: both never had data, or each one's data is an ancestor of the other's. There the
 * two need not agree; what each says is still the rule's.
 */
static bool impossible(const u64 *s, const u64 *p)
{
	if (!m(s[C]) && !m(p[C]))
		return true;
	return m(s[C]) != m(p[C]) && (m(s[C]) == m(p[B]) || h(s[C], p)) && (m(p[C]) == m(s[B]) || h(p[C], s));
}

static void check_rules(const struct drbd_uuid_in *in)
{
	struct drbd_uuid_verdict v, pv;
	struct drbd_uuid_in peer;
	struct want w;
	bool decided;

	drbd_uuid_compare(in, &v);
	rules(in, &w);
	CHECK_MSG(v.rule == w.rule && v.hg == w.hg, "rule %d: %d, want rule %d: %d", v.rule, v.hg, w.rule, w.hg);
	CHECK(equal(v.self, w.self) && equal(v.peer, w.peer));
	CHECK(v.self_changed || equal(v.self, in->self));
	CHECK(v.peer_changed || equal(v.peer, in->peer));
	seen[v.rule]++;
	if (impossible(in->self, in->peer))
		return;
	swap_sides(in, &peer);
	drbd_uuid_compare(&peer, &pv);
	decided = v.hg >= -2 && v.hg <= 2;
	CHECK_MSG(pv.hg == (decided ? -v.hg : v.hg), "rule %d says %d here, rule %d says %d there", v.rule, v.hg,
		  pv.rule, pv.hg);
	CHECK_INT(pv.rule, mirrored_rule(v.rule));
	CHECK(equal(pv.peer, v.self) && equal(pv.self, v.peer));
}

TEST(every_combination_of_slots_finds_its_rule_and_the_peer_finds_its_mirror)
{
	static const u64 values[] = { 0, UUID_JUST_CREATED, 0xa0, 0xa0 + OFFSET, 0xb0 };
	static const u16 versions[] = { 90, 95, 96, 101 };
	struct drbd_uuid_in in;
	u32 combination, rest, i;

	memset(&in, 0, sizeof(in));
	in.self_role = in.peer_role = R_SECONDARY;
	for (combination = 0; combination < 390625; combination++) {
		u64 primary = rnd();

		for (rest = combination, i = 0; i < 4; i++, rest /= 25) {
			/* bit 0 changes no verdict; only a slot that is set has one */
			in.self[i] = values[rest % 5];
			in.peer[i] = values[rest / 5 % 5];
			in.self[i] |= in.self[i] && (primary >> i & 1);
			in.peer[i] |= in.peer[i] && (primary >> (i + 4) & 1);
		}
		in.apv = versions[combination % ARRAY_SIZE(versions)];
		check_rules(&in);
		if (in.self[C] != in.peer[C]) {
			in.apv = versions[(combination + 2) % ARRAY_SIZE(versions)];
			check_rules(&in);
		}
	}
}

TEST(every_combination_of_roles_and_flags_finds_its_rule)
{
	static const u64 values[] = { 0, 0xb0, 0xc0 };
	static const u16 versions[] = { 86, 90, 91, 95, 96, 100, 101 };
	struct drbd_uuid_in in;
	u32 slots, flags, v;

	memset(&in, 0, sizeof(in));
	for (slots = 0; slots < 729; slots++)
		for (flags = 0; flags < 64; flags++)
			for (v = 0; v < ARRAY_SIZE(versions); v++) {
				in.self[C] = in.peer[C] = 0xa0;
				in.self[B] = values[slots % 3];
				in.peer[B] = values[slots / 3 % 3];
				in.self[H1] = values[slots / 9 % 3];
				in.peer[H1] = values[slots / 27 % 3];
				in.self[H2] = values[slots / 81 % 3];
				in.peer[H2] = values[slots / 243 % 3];
				in.self_role = flags & 1 ? R_PRIMARY : R_SECONDARY;
				in.peer_role = flags & 2 ? R_PRIMARY : R_SECONDARY;
				in.self_crashed_primary = !!(flags & 4);
				in.peer_crashed_primary = !!(flags & 8);
				in.rc_flag = !!(flags & 16);
				in.features = flags & 32 ? DRBD_FF_ALL : DRBD_FF_ALL & ~DRBD_FF_WSAME;
				in.apv = versions[v];
				check_rules(&in);
			}
}

TEST(every_rule_was_met)
{
	static const u8 all[] = { 0, 10, 20, 30, 34, 35, 36, 37, 40, 41, 50, 51, 60, 70, 71, 80, 90, 100 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		CHECK_MSG(seen[all[i]], "rule %u was never met", all[i]);
}

static void situation(struct drbd_uuid_in *in, u64 c, u64 b, u64 h1, u64 h2, u64 pc, u64 pb, u64 ph1, u64 ph2)
{
	const u64 self[UI_SIZE] = { c, b, h1, h2 }, peer[UI_SIZE] = { pc, pb, ph1, ph2 };

	memset(in, 0, sizeof(*in));
	memcpy(in->self, self, sizeof(self));
	memcpy(in->peer, peer, sizeof(peer));
	in->self_role = in->peer_role = R_SECONDARY;
	in->apv = 101;
	in->features = DRBD_FF_ALL;
}

static void expect(const struct drbd_uuid_in *in, int rule, int hg)
{
	struct drbd_uuid_verdict v;

	drbd_uuid_compare(in, &v);
	CHECK_MSG(v.rule == rule && v.hg == hg, "rule %d: %d, want rule %d: %d", v.rule, v.hg, rule, hg);
}

/* drbd-wire.md 9.8 */
TEST(situations_of_real_clusters_end_as_documented)
{
	struct drbd_uuid_in in;

	situation(&in, 0x1001, 4, 0, 0, 4, 0, 0, 0);
	expect(&in, 30, 2);				/* fresh pair, this one was forced */
	situation(&in, 0x1001, 0x500, 0x300, 0, 0x500, 0, 0x300, 0);
	expect(&in, 70, 1);				/* outage, this one wrote on */
	situation(&in, 0x500, 0, 0x300, 0, 0x500, 0, 0x300, 0);
	expect(&in, 40, 0);				/* outage, nobody wrote */
	situation(&in, 0x1001, 0x500 + OFFSET, 0x500, 0x300, 0x500 + OFFSET, 0, 0x300, 0);
	expect(&in, 70, 1);				/* resync was interrupted */
	situation(&in, 0x1001, 0x500 + OFFSET, 0x500, 0x300, 0x500, 0, 0x300, 0);
	expect(&in, 71, 1);				/* P_SYNC_UUID was lost */
	situation(&in, 0x1001, 0x500 + OFFSET, 0x500, 0x300, 0x1000, 0, 0x500 + OFFSET, 0x500);
	expect(&in, 34, 1);				/* "finished" was lost */
	situation(&in, 0x1001, 0x501, 0x300, 0, 0x2001, 0x500, 0x300, 0);
	expect(&in, 90, 100);				/* both were promoted while apart */
	situation(&in, 0x1001, 0, 0x900, 0x800, 0x800, 0, 0x700, 0);
	expect(&in, 80, 2);				/* the peer is a stale copy */
	situation(&in, 0x1001, 0, 0x900, 0x800, 0x2000, 0, 0x700, 0x600);
	expect(&in, 0, HG_UNRELATED);
	situation(&in, 0x1001, 0, 0, 0, 0x2000, 0, 0, 0);
	expect(&in, 100, -100);
	/* forced while the source of a resync that never arrived went on: seed 15169 */
	situation(&in, 0x1001, 0x500 + OFFSET, 0x500, 0x900, 0x2001, 0x500, 0, 0);
	expect(&in, 100, -100);
}

/* --- sync handshake --------------------------------------------------------------------------------------------- */

/* Both UpToDate and of different generations: identifiers that give hg 100 (rule 90) or -100 (rule 100). */
static void split(struct drbd_sync_in *in, bool common_bitmap)
{
	memset(in, 0, sizeof(*in));
	situation(&in->uuid, 0x1000, common_bitmap ? 0x500 : 0x510, 0x300, 0, 0x2000, common_bitmap ? 0x500 : 0x520,
		  0x300, 0);
	in->disk = in->real_disk = in->peer_disk = D_UP_TO_DATE;
}

static void other_side(const struct drbd_sync_in *in, struct drbd_sync_in *peer)
{
	*peer = *in;
	swap_sides(&in->uuid, &peer->uuid);
	peer->self_bits_set = in->peer_bits_set;
	peer->peer_bits_set = in->self_bits_set;
	peer->disk = peer->real_disk = in->peer_disk;
	peer->peer_disk = in->disk;
	peer->discard_my_data = in->peer_discard_my_data;
	peer->peer_discard_my_data = in->discard_my_data;
	if (in->after_sb_0p == ASB_DISCARD_LOCAL)
		peer->after_sb_0p = ASB_DISCARD_REMOTE;
	if (in->after_sb_0p == ASB_DISCARD_REMOTE)
		peer->after_sb_0p = ASB_DISCARD_LOCAL;
}

/* drbd-wire.md 9.6, the table of 0pri: 0 is "none". */
static int want_0p(const struct drbd_sync_in *in)
{
	int self = in->uuid.self[B] & 1, peer = in->uuid.peer[B] & 1, tie = in->uuid.rc_flag ? -1 : 1, zero = 0, least;

	if (!in->self_bits_set && !in->peer_bits_set)
		zero = tie;
	else if (!in->peer_bits_set)
		zero = 1;
	else if (!in->self_bits_set)
		zero = -1;
	least = in->self_bits_set < in->peer_bits_set ? -1 : in->self_bits_set > in->peer_bits_set ? 1 : tie;
	switch (in->after_sb_0p) {
	case ASB_DISCARD_YOUNGER_PRI:	return self != peer ? self - peer : zero ? zero : least;
	case ASB_DISCARD_OLDER_PRI:	return self != peer ? peer - self : zero ? zero : least;
	case ASB_DISCARD_ZERO_CHG:	return zero;
	case ASB_DISCARD_LEAST_CHG:	return least;
	case ASB_DISCARD_LOCAL:		return -1;
	case ASB_DISCARD_REMOTE:	return 1;
	default:			return 0;
	}
}

/* 0: none; 2: this node has to be demoted first. `demote` is not looked at. */
static int want_policy(const struct drbd_sync_in *in)
{
	bool self = in->uuid.self_role == R_PRIMARY, peer = in->uuid.peer_role == R_PRIMARY;
	int as_0p = want_0p(in);

	if (!self && !peer)
		return as_0p;
	switch (self && peer ? in->after_sb_2p : in->after_sb_1p) {
	case ASB_VIOLENTLY:
		return as_0p;
	case ASB_CALL_HELPER:
		return self && as_0p < 0 ? 2 : as_0p;
	case ASB_CONSENSUS:
		if (self && peer)
			return 0;
		return as_0p == (self ? 1 : -1) ? as_0p : 0;
	case ASB_DISCARD_SECONDARY:
		if (self && peer)
			return 0;
		return self ? 1 : -1;
	default:
		return 0;
	}
}

static void check_verdict(const struct drbd_sync_in *in, const struct drbd_sync_verdict *v, bool common_bitmap)
{
	bool consulted = common_bitmap || in->always_asbp;
	int decided = consulted ? want_policy(in) : 0, hg, full = common_bitmap ? 1 : 2;
	u32 helpers = SH_INITIAL_SPLIT_BRAIN;
	int fail = SF_NONE;

	if (decided == 2) {
		CHECK(v->try_demote);
		CHECK_INT(v->helpers, SH_INITIAL_SPLIT_BRAIN);
		CHECK_INT(v->conn, C_MASK);
		CHECK_INT(v->fail, SF_NONE);
		return;
	}
	CHECK(!v->try_demote);
	hg = decided * full;
	if (!hg && in->discard_my_data && !in->peer_discard_my_data)
		hg = -full;
	if (!hg && !in->discard_my_data && in->peer_discard_my_data)
		hg = full;
	if (!hg) {
		helpers |= SH_SPLIT_BRAIN;
		fail = SF_SPLIT_BRAIN;
		hg = -100;
	} else if (hg < 0 && in->uuid.self_role == R_PRIMARY && in->rr_conflict != ASB_VIOLENTLY) {
		if (in->rr_conflict == ASB_CALL_HELPER)
			helpers |= SH_PRI_LOST;
		fail = SF_RR_CONFLICT;
	}
	CHECK_INT(v->fail, fail);
	CHECK_INT(v->hg, hg);
	CHECK_INT(v->helpers, helpers);
	CHECK_INT(v->auto_solved, decided != 0);
	CHECK_INT(v->manual_solved, !decided && hg != -100);
	CHECK_INT(v->conn, fail ? C_MASK : hg < 0 ? C_WF_BITMAP_T : C_WF_BITMAP_S);
	CHECK_INT(v->set_all_bits, !fail && full == 2);
	CHECK_INT(v->primaries, consulted * ((in->uuid.self_role == R_PRIMARY) + (in->uuid.peer_role == R_PRIMARY)));
	CHECK((v->asb_policy == 255) == !consulted);
}

/* The other node decides the opposite, unless one of them refuses. */
static void check_both_sides(const struct drbd_sync_in *in, bool common_bitmap)
{
	struct drbd_sync_verdict v, pv;
	struct drbd_sync_in peer;

	drbd_sync_handshake(in, &v);
	check_verdict(in, &v, common_bitmap);
	other_side(in, &peer);
	drbd_sync_handshake(&peer, &pv);
	check_verdict(&peer, &pv, common_bitmap);
	if (v.hg != -100 && pv.hg != -100)
		CHECK_INT(v.hg, -pv.hg);
	if (!v.try_demote && !pv.try_demote)
		CHECK_INT(v.hg == -100, pv.hg == -100);
}

TEST(every_after_split_brain_policy_decides_the_same_on_both_nodes)
{
	static const u8 rr[] = { ASB_DISCONNECT, ASB_CALL_HELPER, ASB_VIOLENTLY };
	struct drbd_sync_in in;
	u32 walk, kind, extra;

	for (walk = 0; walk < 11 * 11 * 11 * 3 * 4 * 4; walk++)
		for (kind = 0; kind < 3; kind++) {
			split(&in, kind == 0);
			in.always_asbp = kind == 2;
			in.after_sb_0p = walk % 11;
			in.after_sb_1p = walk / 11 % 11;
			in.after_sb_2p = walk / 121 % 11;
			in.rr_conflict = rr[walk / 1331 % 3];
			in.discard_my_data = walk / 3993 & 1;
			in.peer_discard_my_data = walk / 3993 >> 1 & 1;
			in.uuid.self_role = walk / 15972 & 1 ? R_PRIMARY : R_SECONDARY;
			in.uuid.peer_role = walk / 15972 & 2 ? R_PRIMARY : R_SECONDARY;
			extra = (u32)rnd();
			in.uuid.rc_flag = extra & 1;
			in.uuid.self[B] |= extra >> 1 & 1;
			in.uuid.peer[B] |= extra >> 2 & 1;
			in.self_bits_set = extra & 8 ? extra >> 8 & 3 : 0;
			in.peer_bits_set = extra & 16 ? extra >> 10 & 3 : 0;
			check_both_sides(&in, kind == 0);
		}
}

/* What discard-younger and -older say about every history of the last Primary, and every count of changes. */
TEST(every_policy_without_primaries_weighs_roles_and_changes)
{
	struct drbd_sync_in in;
	u32 walk;

	for (walk = 0; walk < 11 * 2 * 2 * 2 * 3 * 3; walk++) {
		split(&in, true);
		in.after_sb_0p = walk % 11;
		in.uuid.rc_flag = walk / 11 & 1;
		in.uuid.self[B] |= walk / 22 & 1;
		in.uuid.peer[B] |= walk / 44 & 1;
		in.self_bits_set = walk / 88 % 3 * 10;
		in.peer_bits_set = walk / 264 % 3 * 10;
		check_both_sides(&in, true);
	}
}

TEST(a_primary_that_loses_is_demoted_before_it_becomes_the_target)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;

	split(&in, true);
	in.uuid.self_role = in.uuid.peer_role = R_PRIMARY;
	in.after_sb_2p = ASB_CALL_HELPER;
	in.after_sb_0p = ASB_DISCARD_LEAST_CHG;
	in.peer_bits_set = 5;
	drbd_sync_handshake(&in, &v);
	CHECK(v.try_demote);
	CHECK_INT(v.helpers, SH_INITIAL_SPLIT_BRAIN);

	in.demote = -1;
	drbd_sync_handshake(&in, &v);
	CHECK(!v.try_demote);
	CHECK_INT(v.fail, SF_SPLIT_BRAIN);
	CHECK_INT(v.helpers, SH_PRI_LOST_AFTER_SB | SH_SPLIT_BRAIN);

	in.demote = 1;
	in.uuid.self_role = R_SECONDARY;
	drbd_sync_handshake(&in, &v);
	CHECK(!v.try_demote);
	CHECK_INT(v.fail, SF_NONE);
	CHECK_INT(v.hg, -1);
	CHECK_INT(v.conn, C_WF_BITMAP_T);
	CHECK_INT(v.helpers, 0);
	CHECK_INT(v.primaries, 2);
	CHECK(v.auto_solved);
}

TEST(an_inconsistent_disk_is_the_target_whatever_the_identifiers_say)
{
	static const u8 disks[] = { D_INCONSISTENT, D_OUTDATED, D_CONSISTENT, D_UP_TO_DATE };
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;
	u32 i, k;

	for (i = 1; i < ARRAY_SIZE(disks); i++)
		for (k = 0; k < 6; k++) {
			bool self_bad = k & 1, full = k >= 4;

			split(&in, k < 4);
			if (k == 2 || k == 3)
				situation(&in.uuid, 0x1000, 0, 0, 0, 0x1000, 0, 0, 0);
			in.disk = in.real_disk = self_bad ? D_INCONSISTENT : disks[i];
			in.peer_disk = self_bad ? disks[i] : D_INCONSISTENT;
			drbd_sync_handshake(&in, &v);
			CHECK_INT(v.fail, SF_NONE);
			CHECK_INT(v.hg, (self_bad ? -1 : 1) * (full ? 2 : 1));
			CHECK_INT(v.helpers, 0);
		}
}

TEST(nobody_syncs_from_an_inconsistent_disk)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;

	split(&in, true);
	situation(&in.uuid, 0x1001, 0x500, 0, 0, 0x500, 0, 0, 0);
	in.disk = in.real_disk = in.peer_disk = D_INCONSISTENT;
	drbd_sync_handshake(&in, &v);
	CHECK_INT(v.fail, SF_INCONSISTENT_SOURCE);
	CHECK_INT(v.conn, C_MASK);
}

TEST(a_primary_in_use_becomes_target_only_by_violence)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;
	u32 real, rr;

	for (real = D_DISKLESS; real <= D_UP_TO_DATE; real++)
		for (rr = 0; rr <= ASB_VIOLENTLY; rr++) {
			bool refused = real >= D_CONSISTENT && rr != ASB_VIOLENTLY;

			split(&in, true);
			situation(&in.uuid, 0x500, 0, 0, 0, 0x1001, 0x500, 0, 0);
			in.uuid.self_role = R_PRIMARY;
			in.real_disk = real;
			in.rr_conflict = rr;
			drbd_sync_handshake(&in, &v);
			CHECK_INT(v.fail, refused ? SF_RR_CONFLICT : SF_NONE);
			CHECK_INT(v.conn, refused ? C_MASK : C_WF_BITMAP_T);
			CHECK_INT(v.helpers, refused && rr == ASB_CALL_HELPER ? SH_PRI_LOST : 0);
		}
}

TEST(a_dry_run_decides_and_then_fails)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;

	split(&in, true);
	situation(&in.uuid, 0x1001, 0x500, 0, 0, 0x500, 0, 0, 0);
	in.dry_run = 1;
	drbd_sync_handshake(&in, &v);
	CHECK_INT(v.fail, SF_DRY_RUN);
	CHECK_INT(v.hg, 1);
	CHECK_INT(v.conn, C_MASK);
	CHECK(!v.set_all_bits);
}

TEST(what_cannot_be_compared_fails_with_its_reason)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;
	int i;

	split(&in, true);
	situation(&in.uuid, 0x1000, 0, 0x900, 0x800, 0x2000, 0, 0x700, 0x600);
	in.always_asbp = 1;
	in.discard_my_data = 1;
	drbd_sync_handshake(&in, &v);
	CHECK_INT(v.fail, SF_UNRELATED);
	CHECK_INT(v.helpers, 0);
	situation(&in.uuid, 0x1000, 0x900, 0, 0, 0x1000, 0, 0, 0);
	in.uuid.apv = 90;
	drbd_sync_handshake(&in, &v);
	CHECK_INT(v.fail, SF_NEED_APV_91);
	situation(&in.uuid, 0x1000, 0, 0, 0, 0x1001, 0, 0, 0);
	in.uuid.peer_role = R_PRIMARY;
	in.uuid.peer_crashed_primary = 1;
	in.uuid.features = 0;
	drbd_sync_handshake(&in, &v);
	CHECK_INT(v.fail, SF_NEED_WSAME);
	for (i = SF_NONE; i <= SF_DRY_RUN; i++)
		CHECK(strcmp(drbd_sync_fail_text(i), "unknown reason"));
	CHECK_STR(drbd_sync_fail_text(SF_DRY_RUN + 1), "unknown reason");
}

TEST(plain_verdicts_lead_to_the_exchange_of_bitmaps_or_straight_to_connected)
{
	struct drbd_sync_verdict v;
	struct drbd_sync_in in;

	split(&in, true);
	situation(&in.uuid, 0x1000, 0, 0, 0, 0x1000, 0, 0, 0);
	drbd_sync_handshake(&in, &v);
	CHECK(v.conn == C_CONNECTED && !v.fail && !v.hg && !v.set_all_bits);
	situation(&in.uuid, 0x1001, 4, 0, 0, 4, 0, 0, 0);
	drbd_sync_handshake(&in, &v);
	CHECK(v.conn == C_WF_BITMAP_S && v.set_all_bits && v.hg == 2);
	situation(&in.uuid, 4, 0, 0, 0, 0x1001, 4, 0, 0);
	drbd_sync_handshake(&in, &v);
	CHECK(v.conn == C_WF_BITMAP_T && v.set_all_bits && v.hg == -2);
}

int main(void)
{
	RUN(a_new_current_identifier_moves_the_old_one_to_the_bitmap_slot);
	RUN(bit_0_of_the_current_identifier_follows_the_role);
	RUN(a_set_slot_goes_into_history_and_an_unset_one_does_not);
	RUN(a_resync_leaves_the_same_set_on_both_nodes);
	RUN(a_resync_without_a_common_generation_gets_a_random_identifier);
	RUN(skipping_the_initial_sync_leaves_no_bitmap_identifier);
	RUN(every_combination_of_slots_finds_its_rule_and_the_peer_finds_its_mirror);
	RUN(every_combination_of_roles_and_flags_finds_its_rule);
	RUN(every_rule_was_met);
	RUN(situations_of_real_clusters_end_as_documented);
	RUN(every_after_split_brain_policy_decides_the_same_on_both_nodes);
	RUN(every_policy_without_primaries_weighs_roles_and_changes);
	RUN(a_primary_that_loses_is_demoted_before_it_becomes_the_target);
	RUN(an_inconsistent_disk_is_the_target_whatever_the_identifiers_say);
	RUN(nobody_syncs_from_an_inconsistent_disk);
	RUN(a_primary_in_use_becomes_target_only_by_violence);
	RUN(a_dry_run_decides_and_then_fails);
	RUN(what_cannot_be_compared_fails_with_its_reason);
	RUN(plain_verdicts_lead_to_the_exchange_of_bitmaps_or_straight_to_connected);
	return UNIT_END;
}
