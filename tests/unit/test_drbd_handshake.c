/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two nodes meet: every step of drbd-wire.md 3 and 4 alone, then whole handshakes between two of ours in every version,
 * and those of the captures, where the originals on both ends say what has to come out.
 */
#include <glob.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "drbd-like/core/drbd_handshake.h"
#include "drbd-like/core/drbd_text.h"
#include "unit.h"
#include "pcap.h"

#define CAPTURES "tests/data/drbd-captures/*.pcap"

static u64 rng = 88172645463325252ull;

static u64 rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* --- one node ----------------------------------------------------------------------------------------------------- */

struct node {
	struct drbd_conn_state conn;
	struct drbd_vol_state vol, *vols[1];
	struct drbd_net_conf net;
	struct drbd_disk_conf disk;
	struct drbd_resource_conf res;
	struct drbd_size_state sizes;
};

/* In the handshake, with or without a disk, Secondary. */
static void node_init(struct node *n, u8 disk)
{
	memset(n, 0, sizeof(*n));
	drbd_opts_default(DRBD_CTX_net, &n->net);
	drbd_opts_default(DRBD_CTX_disk, &n->disk);
	drbd_opts_default(DRBD_CTX_resource, &n->res);
	drbd_conn_state_init(&n->conn);
	n->conn.cstate = C_WF_REPORT_PARAMS;
	n->conn.apv = 101;
	n->conn.features = DRBD_FF_ALL;
	n->conn.net = &n->net;
	n->conn.res = &n->res;
	n->conn.vol = n->vols;
	n->conn.vols = 1;
	n->vols[0] = &n->vol;
	drbd_vol_init(&n->conn, &n->vol);
	n->vol.state.disk = disk;
	n->vol.disk_conf = disk ? &n->disk : NULL;
	n->sizes.own_max_sect = n->sizes.agreed_sect = n->sizes.capacity_sect = disk ? 2048 : 0;
	n->sizes.own_max_bio = disk ? DRBD_MAX_BIO_SIZE : 0;
}

static void set_uuids(u64 *to, u64 c, u64 b, u64 h1, u64 h2)
{
	const u64 uuid[UI_SIZE] = { c, b, h1, h2 };

	memcpy(to, uuid, sizeof(uuid));
}

/* The packet as the other node decodes it. */
static void through(struct drbd_pkt *pkt, u16 apv, u32 features)
{
	u8 buf[DRBD_HEADER_MAX + DRBD_FIXED_MAX];
	struct drbd_header h;
	struct drbd_pkt got;
	u32 n = drbd_put_packet(pkt, apv, features, buf, sizeof(buf)), head, fixed;
	u16 header_apv = pkt->cmd >= P_INITIAL_META ? 80 : apv;
	const char *why;

	head = drbd_header_size(header_apv);
	CHECK(n > head);
	CHECK(drbd_get_header(buf, header_apv, &h));
	CHECK(!drbd_packet_check(&h, DRBD_DATA_SOCK, pkt->cmd >= P_INITIAL_META ? PH_FEATURES : PH_LOOP, apv, features,
				 &fixed, &why));
	CHECK_INT(fixed, n - head);
	CHECK(drbd_get_packet(&h, apv, features, buf + head, fixed, &got));
	*pkt = got;
}

/* --- sockets ------------------------------------------------------------------------------------------------------ */

TEST(who_accepts_the_meta_socket_has_the_rc_flag)
{
	bool flag;

	CHECK_INT(drbd_first_packet(false, &flag), P_INITIAL_DATA);
	CHECK(!flag);
	CHECK_INT(drbd_first_packet(true, &flag), P_INITIAL_META);
	CHECK(flag);
	CHECK_INT(drbd_first_received(P_INITIAL_DATA, false, false, &flag), FIRST_ADOPT);
	CHECK_INT(drbd_first_received(P_INITIAL_DATA, false, true, &flag), FIRST_ADOPT);
	CHECK_INT(drbd_first_received(P_INITIAL_DATA, true, false, &flag), FIRST_REPLACE);
	CHECK(!flag);
	CHECK_INT(drbd_first_received(P_INITIAL_META, true, false, &flag), FIRST_ADOPT);
	CHECK(flag);
	CHECK_INT(drbd_first_received(P_INITIAL_META, true, true, &flag), FIRST_REPLACE);
	CHECK(flag);
	CHECK_INT(drbd_first_received(P_PING, false, false, &flag), FIRST_DROP);
	CHECK(!flag);
}

/* --- features ----------------------------------------------------------------------------------------------------- */

TEST(the_highest_common_version_and_the_common_features_are_agreed)
{
	struct drbd_header h = { P_CONNECTION_FEATURES, 0, 72 };
	struct drbd_p_features p;
	u32 min, max, features;
	u16 apv;

	memset(&p, 0, sizeof(p));
	for (min = 80; min < 120; min++)
		for (max = 0; max < 120; max += max ? 1 : 80) {
			u32 peer_max = max ? max : min;
			bool fits = min <= 101 && peer_max >= 86;

			p.protocol_min = min;
			p.protocol_max = max;
			p.feature_flags = (u32)rnd();
			apv = 7;
			features = 7;
			CHECK_INT(drbd_features_agree(&h, &p, &apv, &features), fits ? HS_OK : HS_GIVE_UP);
			CHECK_INT(apv, !fits ? 7 : peer_max < 101 ? peer_max : 101);
			CHECK_INT(features, fits ? p.feature_flags & 15 : 7);
		}
	p.protocol_min = 86;
	p.protocol_max = 101;
	h.length = 71;
	CHECK_INT(drbd_features_agree(&h, &p, &apv, &features), HS_GIVE_UP);
	h.length = 72;
	h.cmd = P_AUTH_CHALLENGE;
	CHECK_INT(drbd_features_agree(&h, &p, &apv, &features), HS_GIVE_UP);
}

TEST(our_features_packet_is_that_of_the_test_vector)
{
	static const u8 want[] = { 0x83, 0x74, 0x02, 0x67, 0xff, 0xfe, 0, 0x48, 0, 0, 0, 0x56, 0, 0, 0, 15, 0, 0, 0, 0x65 };
	u8 buf[100], zero[60] = { 0 };
	struct drbd_pkt pkt;

	drbd_features_packet(&pkt);
	CHECK_INT(drbd_put_packet(&pkt, 80, 0, buf, sizeof(buf)), 80);
	CHECK(!memcmp(buf, want, sizeof(want)));
	CHECK(!memcmp(buf + sizeof(want), zero, 80 - sizeof(want)));
}

/* --- authentication ----------------------------------------------------------------------------------------------- */

struct secret {
	const char *alg, *key;
	int fails;
};

static int hmac(void *arg, const void *data, u32 size_byte, u8 *digest)
{
	struct secret *s = arg;
	unsigned n;

	if (s->fails)
		return -EIO;
	HMAC(EVP_get_digestbyname(s->alg), s->key, (int)strlen(s->key), data, size_byte, digest, &n);
	return 0;
}

static void auth_init(struct drbd_auth *a, struct secret *s, u8 fill)
{
	u32 i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < sizeof(a->challenge); i++)
		a->challenge[i] = (u8)(fill + i);
	a->digest_byte = (u32)EVP_MD_size(EVP_get_digestbyname(s->alg));
	a->hmac = hmac;
	a->arg = s;
}

TEST(nodes_with_the_same_secret_accept_each_other_and_others_do_not)
{
	static const char *const algs[] = { "md5", "sha1", "sha256", "sha512" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		struct secret right = { algs[i], "secret", 0 }, wrong = { algs[i], "secreT", 0 };
		struct drbd_auth a, b, stranger;

		auth_init(&a, &right, 0);
		auth_init(&b, &right, 100);
		auth_init(&stranger, &wrong, 200);
		CHECK_INT(drbd_auth_challenge(&b, a.challenge, 64), HS_OK);
		CHECK_INT(drbd_auth_response(&a, b.response), HS_OK);
		CHECK_INT(drbd_auth_challenge(&stranger, a.challenge, 64), HS_OK);
		CHECK_INT(drbd_auth_response(&a, stranger.response), HS_GIVE_UP);
		CHECK_INT(drbd_auth_response(&b, b.response), HS_GIVE_UP);
	}
}

TEST(the_response_is_that_of_the_test_vector)
{
	static const u8 md5[] = { 0x33, 0x31, 0x42, 0xba, 0x1d, 0xb4, 0x4c, 0x59 };
	struct secret s = { "md5", "secret", 0 };
	struct drbd_auth a, b;

	auth_init(&a, &s, 100);
	auth_init(&b, &s, 0);
	CHECK_INT(drbd_auth_challenge(&a, b.challenge, 64), HS_OK);
	CHECK(!memcmp(a.response, md5, sizeof(md5)));
}

TEST(the_own_challenge_sent_back_is_refused)
{
	struct secret s = { "sha1", "secret", 0 };
	struct drbd_auth a;
	u8 longer[DRBD_AUTH_CHALLENGE_MAX] = { 0 };

	auth_init(&a, &s, 9);
	CHECK_INT(drbd_auth_challenge(&a, a.challenge, 64), HS_GIVE_UP);
	memcpy(longer, a.challenge, 64);
	CHECK_INT(drbd_auth_challenge(&a, longer, 128), HS_GIVE_UP);
	longer[63]++;
	CHECK_INT(drbd_auth_challenge(&a, longer, 128), HS_OK);
	CHECK_INT(drbd_auth_challenge(&a, longer, 63), HS_GIVE_UP);
}

TEST(every_wrong_byte_of_a_response_is_noticed)
{
	struct secret s = { "sha256", "secret", 0 };
	struct drbd_auth a, b;
	u32 i;

	auth_init(&a, &s, 9);
	auth_init(&b, &s, 10);
	drbd_auth_challenge(&b, a.challenge, 64);
	for (i = 0; i < a.digest_byte; i++) {
		b.response[i] ^= 1;
		CHECK_INT(drbd_auth_response(&a, b.response), HS_GIVE_UP);
		b.response[i] ^= 1;
	}
	CHECK_INT(drbd_auth_response(&a, b.response), HS_OK);
	s.fails = 1;
	CHECK_INT(drbd_auth_response(&a, b.response), HS_GIVE_UP);
	CHECK_INT(drbd_auth_challenge(&b, a.challenge, 64), HS_GIVE_UP);
}

TEST(packets_out_of_place_end_the_authentication)
{
	struct secret s = { "sha1", "secret", 0 };
	struct drbd_header h = { P_AUTH_CHALLENGE, 0, 0 };
	struct drbd_auth a;

	auth_init(&a, &s, 9);
	for (h.length = 0; h.length < 200; h.length++) {
		h.cmd = P_AUTH_CHALLENGE;
		CHECK_INT(drbd_auth_challenge_header(&h),
			  h.length >= 64 && h.length <= 128 ? HS_OK : HS_GIVE_UP);
		CHECK_INT(drbd_auth_response_header(&a, &h), HS_TRY_AGAIN);
		h.cmd = P_AUTH_RESPONSE;
		CHECK_INT(drbd_auth_challenge_header(&h), HS_GIVE_UP);
		CHECK_INT(drbd_auth_response_header(&a, &h), h.length == 20 ? HS_OK : HS_TRY_AGAIN);
	}
}

/* --- P_PROTOCOL --------------------------------------------------------------------------------------------------- */

TEST(the_protocol_packet_is_that_of_the_test_vector)
{
	static const u8 want[] = { 0x86, 0x20, 0xec, 0x20, 0, 0, 0, 0x0b, 0, 0, 0, 0x19, 0, 0, 0, 0, 0, 0, 0, 3 };
	u8 buf[100];
	struct drbd_pkt pkt;
	struct node n;

	node_init(&n, D_UP_TO_DATE);
	CHECK(drbd_protocol_packet(&n.conn, false, &pkt));
	CHECK_INT(drbd_put_packet(&pkt, 101, DRBD_FF_ALL, buf, sizeof(buf)), 16 + 25);
	CHECK(!memcmp(buf, want, sizeof(want)));
	CHECK(drbd_protocol_packet(&n.conn, true, &pkt));
	CHECK_INT(pkt.cmd, P_PROTOCOL_UPDATE);
}

/* Sends a's packet to b. */
static const char *differs(struct node *a, struct node *b)
{
	struct drbd_pkt pkt;

	CHECK(drbd_protocol_packet(&a->conn, false, &pkt));
	through(&pkt, a->conn.apv, a->conn.features);
	return drbd_protocol_check(&b->conn, &pkt.u.protocol);
}

TEST(every_parameter_that_differs_is_named)
{
	struct node a, b;

	node_init(&a, D_UP_TO_DATE);
	node_init(&b, D_UP_TO_DATE);
	CHECK(!differs(&a, &b));
	a.net.wire_protocol = DRBD_PROT_A;
	CHECK_STR(differs(&a, &b), "protocol");
	a.net = b.net;
	a.net.after_sb_0p = ASB_DISCARD_ZERO_CHG;
	CHECK_STR(differs(&a, &b), "after-sb-0pri");
	a.net.after_sb_0p = ASB_DISCARD_LOCAL;
	b.net.after_sb_0p = ASB_DISCARD_REMOTE;
	CHECK(!differs(&a, &b));
	CHECK(!differs(&b, &a));
	b.net.after_sb_0p = ASB_DISCARD_LOCAL;
	CHECK_STR(differs(&a, &b), "after-sb-0pri");
	a.net = b.net;
	a.net.after_sb_0p = ASB_DISCARD_REMOTE;
	a.net.after_sb_1p = ASB_CONSENSUS;
	CHECK_STR(differs(&a, &b), "after-sb-1pri");
	a.net.after_sb_1p = b.net.after_sb_1p;
	a.net.after_sb_2p = ASB_VIOLENTLY;
	CHECK_STR(differs(&a, &b), "after-sb-2pri");
	a.net.after_sb_2p = b.net.after_sb_2p;
	a.net.discard_my_data = 1;
	CHECK(!differs(&a, &b));
	b.net.discard_my_data = 1;
	CHECK_STR(differs(&a, &b), "discard-my-data");
	a.net.discard_my_data = b.net.discard_my_data = 0;
	a.net.two_primaries = 1;
	CHECK_STR(differs(&a, &b), "allow-two-primaries");
	a.net.two_primaries = 0;
	strcpy(a.net.integrity_alg, "sha1");
	CHECK_STR(differs(&a, &b), "data-integrity-alg");
	a.conn.apv = b.conn.apv = 86;		/* knows no such thing */
	a.conn.features = b.conn.features = 0;
	CHECK(!differs(&a, &b));
}

TEST(a_dry_run_is_told_and_needs_version_92)
{
	struct drbd_pkt pkt;
	struct node a, b;

	node_init(&a, D_UP_TO_DATE);
	node_init(&b, D_UP_TO_DATE);
	a.net.tentative = 1;
	CHECK(!differs(&a, &b));
	CHECK(b.conn.flags & CNF_DRY_RUN);
	a.net.tentative = 0;
	CHECK(!differs(&a, &b));
	CHECK(!(b.conn.flags & CNF_DRY_RUN));
	a.net.tentative = 1;
	a.conn.apv = 91;
	CHECK(!drbd_protocol_packet(&a.conn, false, &pkt));
	a.conn.apv = 92;
	CHECK(drbd_protocol_packet(&a.conn, false, &pkt));
}

TEST(an_update_is_taken_over_or_refused_untouched)
{
	struct drbd_p_protocol p, bad;
	struct drbd_net_conf net, before;
	u32 i;

	drbd_opts_default(DRBD_CTX_net, &net);
	strcpy(net.integrity_alg, "a-longer-name");
	memset(&p, 0, sizeof(p));
	p.protocol = DRBD_PROT_A;
	p.after_sb_0p = ASB_DISCARD_LOCAL;
	p.after_sb_1p = ASB_CONSENSUS;
	p.after_sb_2p = ASB_VIOLENTLY;
	p.two_primaries = 1;
	strcpy(p.integrity_alg, "crc32c");
	CHECK(drbd_protocol_update(&net, &p));
	CHECK_INT(net.wire_protocol, DRBD_PROT_A);
	CHECK_INT(net.after_sb_0p, ASB_DISCARD_REMOTE);
	CHECK_INT(net.after_sb_1p, ASB_CONSENSUS);
	CHECK_INT(net.after_sb_2p, ASB_VIOLENTLY);
	CHECK_INT(net.two_primaries, 1);
	CHECK_STR(net.integrity_alg, "crc32c");
	before = net;
	for (i = 0; i < 7; i++) {
		bad = p;
		if (i == 0)
			bad.protocol = 0;
		if (i == 1)
			bad.protocol = 4;
		if (i == 2)
			bad.after_sb_0p = ASB_CONSENSUS;
		if (i == 3)
			bad.after_sb_1p = ASB_DISCARD_LOCAL;
		if (i == 4)
			bad.after_sb_2p = 11;
		if (i == 5)
			bad.two_primaries = 2;
		if (i == 6)
			bad.after_sb_2p = 0xffffffff;
		CHECK_MSG(!drbd_protocol_update(&net, &bad), "case %u", i);
		CHECK(!memcmp(&net, &before, sizeof(net)));
	}
}

/* --- P_SYNC_PARAM ------------------------------------------------------------------------------------------------- */

static void sync_param(struct node *a, struct node *b, struct drbd_sync_param_verdict *v)
{
	struct drbd_pkt pkt;

	drbd_sync_param_packet(&a->conn, &a->vol, &pkt);
	CHECK_INT(pkt.cmd, a->conn.apv >= 89 ? P_SYNC_PARAM89 : P_SYNC_PARAM);
	through(&pkt, a->conn.apv, a->conn.features);
	drbd_sync_param_received(&b->conn, &b->vol, &pkt.u.rs_param, &b->disk, &b->net, v);
}

TEST(resync_numbers_are_taken_over_as_far_as_the_version_carries_them)
{
	struct drbd_sync_param_verdict v;
	struct node a, b;
	u16 apv;

	for (apv = 86; apv <= 101; apv++) {
		node_init(&a, D_UP_TO_DATE);
		node_init(&b, D_INCONSISTENT);
		a.conn.apv = b.conn.apv = apv;
		a.conn.features = b.conn.features = apv >= 100 ? DRBD_FF_ALL : 0;
		a.disk.resync_rate = 1000;
		a.disk.c_plan_ahead = 77;
		a.disk.c_delay_target = 78;
		a.disk.c_fill_target = 79;
		a.disk.c_max_rate = 80000;
		a.disk.c_min_rate = 81;
		sync_param(&a, &b, &v);
		CHECK(!v.stand_alone && !v.verify_alg_changed && !v.csums_alg_changed);
		CHECK_INT(b.disk.resync_rate, 1000);
		CHECK_INT(b.disk.c_plan_ahead, apv >= 95 ? 77 : 20);
		CHECK_INT(b.disk.c_delay_target, apv >= 95 ? 78 : 10);
		CHECK_INT(b.disk.c_fill_target, apv >= 95 ? 79 : 100);
		CHECK_INT(b.disk.c_max_rate, apv >= 95 ? 80000 : 102400);
		CHECK_INT(b.disk.c_min_rate, 250);
		CHECK_INT(v.plan_changed, apv >= 95);
		sync_param(&a, &b, &v);
		CHECK(!v.plan_changed);
	}
}

TEST(without_a_disk_defaults_are_sent_and_nothing_is_taken)
{
	struct drbd_sync_param_verdict v;
	struct node a, b;

	node_init(&a, D_DISKLESS);
	node_init(&b, D_UP_TO_DATE);
	a.disk.resync_rate = 5000;
	b.disk.resync_rate = 6000;
	b.disk.c_plan_ahead = 3;
	sync_param(&a, &b, &v);
	CHECK_INT(b.disk.resync_rate, 250);
	CHECK_INT(b.disk.c_plan_ahead, 20);
	sync_param(&b, &a, &v);
	CHECK_INT(a.disk.resync_rate, 5000);
	CHECK(!v.plan_changed);
}

TEST(numbers_of_the_peer_stay_within_our_limits)
{
	struct drbd_sync_param_verdict v;
	struct drbd_p_rs_param p;
	struct node b;

	node_init(&b, D_UP_TO_DATE);
	memset(&p, 0xff, sizeof(p));
	memset(p.verify_alg, 0, sizeof(p.verify_alg));
	memset(p.csums_alg, 0, sizeof(p.csums_alg));
	drbd_sync_param_received(&b.conn, &b.vol, &p, &b.disk, &b.net, &v);
	CHECK_INT(b.disk.resync_rate, 4 << 20);
	CHECK_INT(b.disk.c_plan_ahead, 300);
	CHECK_INT(b.disk.c_delay_target, 100);
	CHECK_INT(b.disk.c_fill_target, 1 << 20);
	CHECK_INT(b.disk.c_max_rate, 4 << 20);
	memset(&p, 0, sizeof(p));
	drbd_sync_param_received(&b.conn, &b.vol, &p, &b.disk, &b.net, &v);
	CHECK_INT(b.disk.resync_rate, 1);
	CHECK_INT(b.disk.c_plan_ahead, 0);
	CHECK_INT(b.disk.c_delay_target, 1);
	CHECK_INT(b.disk.c_max_rate, 250);
}

TEST(algorithms_must_match_in_the_handshake_and_are_adopted_later)
{
	struct drbd_sync_param_verdict v;
	struct node a, b;
	u16 apv;

	for (apv = 86; apv <= 101; apv++) {
		node_init(&a, D_UP_TO_DATE);
		node_init(&b, D_UP_TO_DATE);
		a.conn.apv = b.conn.apv = apv;
		a.conn.features = b.conn.features = apv >= 100 ? DRBD_FF_ALL : 0;
		a.disk.resync_rate = 1000;
		strcpy(a.net.csums_alg, "md5");
		sync_param(&a, &b, &v);
		CHECK((v.stand_alone != NULL) == (apv >= 89));
		if (apv >= 89)
			CHECK_STR(v.stand_alone, "csums-alg");
		CHECK_INT(b.disk.resync_rate, apv >= 89 ? 250 : 1000);
		strcpy(a.net.verify_alg, "sha1");
		sync_param(&a, &b, &v);
		CHECK((v.stand_alone != NULL) == (apv >= 88));
		if (apv >= 88)
			CHECK_STR(v.stand_alone, "verify-alg");
		CHECK_STR(b.net.verify_alg, "");
		b.vol.state.conn = C_CONNECTED;
		sync_param(&a, &b, &v);
		CHECK(!v.stand_alone);
		CHECK_INT(v.verify_alg_changed, apv >= 88);
		CHECK_INT(v.csums_alg_changed, apv >= 89);
		CHECK_STR(b.net.verify_alg, apv >= 88 ? "sha1" : "");
		CHECK_STR(b.net.csums_alg, apv >= 89 ? "md5" : "");
		sync_param(&a, &b, &v);
		CHECK(!v.verify_alg_changed && !v.csums_alg_changed);
	}
}

/* --- P_SIZES ------------------------------------------------------------------------------------------------------ */

TEST(the_combined_size_is_the_rule_for_every_combination)
{
	static const u64 sizes[] = { 0, 8, 16, 1000, 1ull << 40 };
	u32 i;

	for (i = 0; i < 5 * 5 * 5 * 5 * 4; i++) {
		u64 own = sizes[i % 5], peer = sizes[i / 5 % 5], agreed = sizes[i / 25 % 5], user = sizes[i / 125 % 5];
		bool forced = i / 625 & 1, connected = i / 625 & 2, too_big;
		struct drbd_size_state s;
		u64 want = 0, have;

		memset(&s, 0, sizeof(s));
		s.own_max_sect = own;
		s.peer_max_sect = peer;
		s.agreed_sect = agreed;
		have = drbd_new_size(&s, user, forced, connected, &too_big);
		if (forced && !connected)
			peer = own;
		if (own && peer) {
			want = own < peer ? own : peer;
		} else if (agreed) {
			want = agreed;
			if (own && own < want)
				want = own;
			if (peer && peer < want)
				want = peer;
		} else {
			want = own ? own : peer;
		}
		CHECK_INT(too_big, user > want);
		if (user && user <= want)
			want = user;
		CHECK_INT(have, want);
	}
}

static void sizes(struct node *a, struct node *b, bool ask, u16 dds, struct drbd_sizes_verdict *v)
{
	struct drbd_pkt pkt;

	drbd_sizes_packet(&a->conn, &a->vol, &a->sizes, ask, dds, &pkt);
	through(&pkt, a->conn.apv, a->conn.features);
	drbd_sizes_received(&b->conn, &b->vol, &b->sizes, &pkt.u.sizes, v);
}

TEST(the_smaller_disk_decides_but_data_is_never_cut_off_while_connecting)
{
	struct drbd_sizes_verdict v;
	u8 conn, disk, pdsk, role;
	struct node a, b;

	for (conn = C_WF_REPORT_PARAMS; conn <= C_SYNC_TARGET; conn++)
	for (role = R_PRIMARY; role <= R_SECONDARY; role++)
		for (disk = D_INCONSISTENT; disk <= D_UP_TO_DATE; disk++)
			for (pdsk = D_DISKLESS; pdsk <= D_UP_TO_DATE; pdsk++) {
				bool refused = (disk >= D_OUTDATED || role == R_PRIMARY) &&	/* seed 99685 */
					       (conn < C_CONNECTED || pdsk == D_DISKLESS);

				if (disk == D_UNKNOWN)
					continue;
				node_init(&a, D_UP_TO_DATE);
				node_init(&b, disk);
				a.sizes.own_max_sect = a.sizes.capacity_sect = 2000;
				b.vol.state.conn = conn;
				b.vol.state.role = role;
				b.vol.state.pdsk = pdsk;
				sizes(&a, &b, false, 0, &v);
				CHECK_INT(b.sizes.peer_max_sect, 2000);
				CHECK_INT(v.stand_alone, refused);
				CHECK_INT(v.set_size, !refused);
				CHECK(refused == (v.why != NULL));
				if (refused)
					continue;
				CHECK_INT(v.size_sect, 2000);
				CHECK(!v.answer);
				CHECK(!v.size_differs_much);
			}
}

TEST(the_smaller_limit_of_the_administrators_holds_at_connect_and_the_peers_later)
{
	struct drbd_sizes_verdict v;
	struct node a, b;

	node_init(&a, D_UP_TO_DATE);
	node_init(&b, D_INCONSISTENT);
	a.sizes.user_sect = 1000;
	b.sizes.user_sect = 800;
	sizes(&a, &b, false, 0, &v);
	CHECK(!v.set_user);
	CHECK_INT(v.size_sect, 800);
	sizes(&b, &a, false, 0, &v);
	CHECK(v.stand_alone);			/* its data does not fit */
	a.vol.state.disk = D_INCONSISTENT;
	sizes(&b, &a, false, 0, &v);
	CHECK(v.set_user && v.set_size);
	CHECK_INT(v.user_sect, 800);
	CHECK_INT(v.size_sect, 800);
	b.vol.state.conn = C_CONNECTED;
	b.sizes.capacity_sect = 800;
	sizes(&a, &b, false, 0, &v);
	CHECK(v.set_user);
	CHECK_INT(v.user_sect, 1000);
	CHECK_INT(v.size_sect, 1000);
	a.sizes.user_sect = 5000;
	sizes(&a, &b, false, 0, &v);
	CHECK(v.user_too_big);
	CHECK_INT(v.size_sect, 2048);
	a.sizes.user_sect = 0;
	a.sizes.own_max_sect = 2048 * 9 / 8 + 1;
	sizes(&a, &b, false, 0, &v);
	CHECK(v.size_differs_much);
}

TEST(a_node_without_a_disk_takes_the_size_that_the_peer_exports)
{
	static const struct {
		u64 c, u, d, own;
		u8 role, stand_alone;
		u64 size;	/* 0: unchanged */
	} cases[] = {
		{ 0, 0, 0, 0, R_SECONDARY, 0, 0 },
		{ 0, 0, 0, 500, R_SECONDARY, 0, 0 },
		{ 500, 0, 600, 500, R_PRIMARY, 0, 0 },
		{ 500, 700, 600, 0, R_SECONDARY, 0, 500 },
		{ 0, 700, 600, 0, R_SECONDARY, 0, 700 },
		{ 0, 0, 600, 0, R_PRIMARY, 0, 600 },
		{ 400, 0, 0, 500, R_SECONDARY, 0, 0 },		/* a diskless peer knows nothing */
		{ 400, 0, 600, 500, R_SECONDARY, 0, 400 },
		{ 400, 0, 600, 500, R_PRIMARY, 1, 0 },
		{ 600, 0, 600, 500, R_PRIMARY, 0, 600 },
		{ ~0ull, 0, 600, 0, R_SECONDARY, 1, 0 },
		{ 0, 0, DRBD_MAX_SIZE_H80, 0, R_SECONDARY, 0, DRBD_MAX_SIZE_H80 },
	};
	struct drbd_sizes_verdict v;
	struct drbd_p_sizes p;
	struct node n;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		node_init(&n, D_DISKLESS);
		n.vol.state.role = cases[i].role;
		n.sizes.capacity_sect = cases[i].own;
		memset(&p, 0, sizeof(p));
		p.c_size = cases[i].c;
		p.u_size = cases[i].u;
		p.d_size = cases[i].d;
		drbd_sizes_received(&n.conn, &n.vol, &n.sizes, &p, &v);
		CHECK_MSG(v.stand_alone == cases[i].stand_alone, "case %u", i);
		CHECK_MSG(v.set_size == !!cases[i].size, "case %u", i);
		if (v.set_size)
			CHECK_INT(v.size_sect, cases[i].size);
		CHECK(!v.set_user);
	}
}

TEST(two_disks_being_attached_of_different_size_do_not_change_places)
{
	static const struct { u8 disk, pdsk; u64 agreed, size; bool refused; } rows[] = {
		{ D_NEGOTIATING, D_DISKLESS, 2048, 1000, true },	/* seed 41819 */
		{ D_NEGOTIATING, D_NEGOTIATING, 2048, 3000, true },	/* seed 614745 */
		{ D_NEGOTIATING, D_DISKLESS, 2048, 2048, false },
		{ D_NEGOTIATING, D_DISKLESS, 0, 1000, false },		/* just created */
		{ D_NEGOTIATING, D_UP_TO_DATE, 2048, 3000, false },
		{ D_DISKLESS, D_DISKLESS, 2048, 3000, false },
	};
	struct drbd_sizes_verdict v;
	struct node a, b;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		node_init(&a, D_NEGOTIATING);
		node_init(&b, rows[i].disk);
		a.vol.state.conn = b.vol.state.conn = C_CONNECTED;
		b.vol.state.pdsk = rows[i].pdsk;
		b.sizes.agreed_sect = rows[i].agreed;
		b.sizes.capacity_sect = 2048;
		a.sizes.capacity_sect = rows[i].size;
		sizes(&a, &b, false, 0, &v);
		CHECK_MSG(v.stand_alone == rows[i].refused, "row %u", i);
		CHECK_MSG(v.set_size == (!rows[i].refused && rows[i].size != 2048), "row %u", i);
	}
}

TEST(sizes_are_answered_until_both_nodes_agree)
{
	struct drbd_sizes_verdict v;
	struct node a, b;

	node_init(&a, D_UP_TO_DATE);
	node_init(&b, D_UP_TO_DATE);
	sizes(&a, &b, true, 0, &v);
	CHECK(!v.answer);			/* in the handshake it comes anyway */
	a.vol.state.conn = b.vol.state.conn = C_CONNECTED;
	a.vol.state.pdsk = b.vol.state.pdsk = D_UP_TO_DATE;
	sizes(&a, &b, true, 0, &v);
	CHECK(v.answer);
	sizes(&b, &a, false, 0, &v);
	CHECK(!v.answer);
	a.vol.state.disk = b.vol.state.disk = D_DISKLESS;
	a.sizes.capacity_sect = 500;
	sizes(&a, &b, false, 0, &v);
	CHECK(!v.answer && !v.set_size);	/* two nodes without disks would never end */
}

TEST(a_device_that_grew_is_resynced_now_later_or_not_at_all)
{
	struct drbd_sizes_verdict v;
	struct node a, b;
	u32 i;

	for (i = 0; i < 32; i++) {
		bool pending = i & 1, clean = i & 2, usable = i & 4, grows = i & 8, idle = i & 16;
		bool due = pending || (grows && idle);

		node_init(&a, D_UP_TO_DATE);
		node_init(&b, D_UP_TO_DATE);
		b.vol.state.conn = idle ? C_CONNECTED : C_SYNC_SOURCE;
		b.vol.state.pdsk = usable ? D_UP_TO_DATE : D_FAILED;
		b.vol.flags = pending ? VF_RESIZE_PENDING : 0;
		if (grows)
			a.sizes.own_max_sect = b.sizes.own_max_sect = a.sizes.capacity_sect = 4096;
		sizes(&a, &b, false, clean ? DDSF_NO_RESYNC : 0, &v);
		CHECK_INT(v.set_size, grows);
		CHECK_INT(v.no_resync, clean);
		CHECK_INT(v.grow_resync, due && usable && !clean);
		CHECK_INT(!!(b.vol.flags & VF_RESYNC_AFTER_NEG), due && !usable);
		CHECK(!(b.vol.flags & VF_RESIZE_PENDING));
	}
}

/* Nobody compares what is beyond the old size: found by drbdsim, seeds 136 and 838 of the resize plans. */
TEST(growth_at_connect_is_seen_by_both_and_synced)
{
	static const struct { u64 capacity, agreed, c_size, d_size; bool due; } rows[] = {
		{ 800, 800, 1000, 1000, true },		/* we grow */
		{ 1000, 1000, 800, 1000, true },	/* the peer grows */
		{ 800, 800, 800, 1000, true },		/* both */
		{ 1000, 1000, 1000, 1000, false },
		{ 1000, 0, 800, 1000, false },		/* fresh meta-data: a full sync anyway */
		{ 1000, 1000, 800, 0, false },		/* the peer has no disk */
	};
	struct drbd_sizes_verdict v;
	struct drbd_p_sizes p;
	struct node n;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		node_init(&n, D_UP_TO_DATE);
		n.vol.state.conn = C_WF_REPORT_PARAMS;
		n.sizes.own_max_sect = 1000;
		n.sizes.capacity_sect = rows[i].capacity;
		n.sizes.agreed_sect = rows[i].agreed;
		memset(&p, 0, sizeof(p));
		p.c_size = rows[i].c_size;
		p.d_size = rows[i].d_size;
		drbd_sizes_received(&n.conn, &n.vol, &n.sizes, &p, &v);
		CHECK_INT(!!(n.vol.flags & VF_RESYNC_AFTER_NEG), rows[i].due);
	}
}

TEST(a_forced_size_is_nothing_to_a_peer_that_is_there)
{
	struct drbd_sizes_verdict v;
	struct node a, b;

	node_init(&a, D_UP_TO_DATE);
	node_init(&b, D_INCONSISTENT);
	a.sizes.own_max_sect = a.sizes.capacity_sect = 1000;
	sizes(&a, &b, false, DDSF_FORCED, &v);
	CHECK_INT(v.size_sect, 1000);
}

TEST(requests_are_as_large_as_both_disks_and_the_version_allow)
{
	struct drbd_size_state s;
	struct drbd_pkt pkt;
	struct node n;
	u16 apv;

	for (apv = 86; apv <= 101; apv++) {
		u32 limit = apv <= 94 ? 32768 : apv <= 99 ? 131072 : 1 << 20;

		node_init(&n, D_UP_TO_DATE);
		n.conn.apv = apv;
		drbd_sizes_packet(&n.conn, &n.vol, &n.sizes, false, 0, &pkt);
		CHECK_INT(pkt.u.sizes.max_bio_size, limit);
		n.sizes.own_max_bio = 16384;
		drbd_sizes_packet(&n.conn, &n.vol, &n.sizes, false, 0, &pkt);
		CHECK_INT(pkt.u.sizes.max_bio_size, 16384);
		n.vol.state.disk = D_DISKLESS;
		drbd_sizes_packet(&n.conn, &n.vol, &n.sizes, false, 0, &pkt);
		CHECK_INT(pkt.u.sizes.max_bio_size, limit);
		CHECK(!pkt.u.sizes.d_size && !pkt.u.sizes.u_size);
		CHECK_INT(drbd_peer_max_bio(apv, 8192), apv < 94 ? 8192 : limit);
		CHECK_INT(drbd_peer_max_bio(apv, 0), apv < 94 ? 4096 : limit);
		CHECK_INT(drbd_peer_max_bio(apv, ~0u), limit);
		memset(&s, 0, sizeof(s));
		CHECK_INT(drbd_max_bio(&n.conn, &s), apv < 94 ? 4096 : limit);
		s.own_max_bio = 16384;
		s.peer_max_bio = 8192;
		CHECK_INT(drbd_max_bio(&n.conn, &s), apv < 94 ? 8192 : 16384);
		n.conn.cstate = C_STANDALONE;
		CHECK_INT(drbd_max_bio(&n.conn, &s), 8192);
		s.peer_max_bio = 0;
		CHECK_INT(drbd_max_bio(&n.conn, &s), 4096);
	}
}

TEST(discards_are_sent_only_where_they_are_understood)
{
	struct node n;

	node_init(&n, D_UP_TO_DATE);
	CHECK_INT(drbd_max_discard(&n.conn), 128 << 20);
	n.conn.features = DRBD_FF_TRIM;
	CHECK_INT(drbd_max_discard(&n.conn), 4 << 20);
	n.conn.features = DRBD_FF_WSAME;
	CHECK_INT(drbd_max_discard(&n.conn), 0);
	n.conn.features = 0;
	n.conn.cstate = C_STANDALONE;
	CHECK_INT(drbd_max_discard(&n.conn), 4 << 20);
}

/* --- P_UUIDS ------------------------------------------------------------------------------------------------------ */

TEST(identifiers_are_told_with_the_flags_that_matter)
{
	struct drbd_pkt pkt;
	struct node n;
	u32 i;

	for (i = 0; i < 32; i++) {
		node_init(&n, i & 4 ? D_NEGOTIATING : D_UP_TO_DATE);
		set_uuids(n.vol.uuid, 1, 2, 3, 4);
		n.vol.flags = (i & 1 ? VF_DISCARD_MY_DATA : 0) | (i & 2 ? VF_CRASHED_PRIMARY : 0) | VF_OWN_CURRENT;
		n.vol.attach_state.disk = i & 8 ? D_INCONSISTENT : D_UP_TO_DATE;
		n.net.discard_my_data = i >> 4;
		drbd_uuids_packet(&n.conn, &n.vol, 77, UUID_FLAG_SKIP_INITIAL_SYNC, &pkt);
		through(&pkt, 101, DRBD_FF_ALL);
		CHECK_INT(pkt.cmd, P_UUIDS);
		CHECK(!memcmp(pkt.u.uuids.uuid, n.vol.uuid, sizeof(n.vol.uuid)));
		CHECK_INT(pkt.u.uuids.bits_set, 77);
		CHECK_INT(n.vol.sent_bits_set, 77);
		CHECK(!(n.vol.flags & VF_OWN_CURRENT));		/* seed 577198 */
		CHECK_INT(pkt.u.uuids.flags, 8 | (i & 17 ? 1 : 0) | (i & 2) | ((i & 12) == 12 ? 4 : 0));
	}
}

TEST(a_primary_without_good_data_accepts_only_what_it_worked_on)
{
	struct drbd_transition tr;
	struct drbd_p_uuids p;
	u8 conn, disk, pdsk, role, same;
	struct node n;

	memset(&p, 0, sizeof(p));
	for (conn = C_WF_REPORT_PARAMS; conn <= C_CONNECTED; conn++)
	for (disk = D_DISKLESS; disk <= D_UP_TO_DATE; disk++)
	for (pdsk = D_DISKLESS; pdsk <= D_UP_TO_DATE; pdsk++)
	for (role = R_PRIMARY; role <= R_SECONDARY; role++)
	for (same = 0; same < 2; same++) {
		bool usable = disk >= D_INCONSISTENT;
		bool foreign = disk <= D_INCONSISTENT && role == R_PRIMARY && !same &&	/* seed 133969 */
			       (conn < C_CONNECTED || pdsk == D_DISKLESS);
		bool follows = !usable && (role == R_PRIMARY || conn >= C_CONNECTED);

		node_init(&n, disk);
		n.vol.state.conn = conn;
		n.vol.state.pdsk = pdsk;
		n.vol.state.role = role;
		n.vol.ed_uuid = 0x1001;
		p.uuid[UI_CURRENT] = same ? 0x1000 : 0x2000;
		CHECK_INT(drbd_uuids_received(&n.conn, &n.vol, &p, &tr), foreign ? UUIDS_STAND_ALONE : UUIDS_STORED);
		CHECK(n.vol.have_peer_uuids);
		CHECK_INT(n.vol.ed_uuid, foreign || !follows ? 0x1001 : p.uuid[UI_CURRENT]);
	}
}

TEST(fresh_disks_skip_the_first_sync_when_told_so)
{
	struct drbd_transition tr;
	struct drbd_p_uuids p;
	struct node n;
	u32 i;

	memset(&p, 0, sizeof(p));
	p.uuid[UI_CURRENT] = 0x1001;
	for (i = 0; i < 32; i++) {
		node_init(&n, i & 1 ? D_INCONSISTENT : D_DISKLESS);
		n.conn.apv = i & 2 ? 90 : 89;
		p.flags = i & 4 ? UUID_FLAG_SKIP_INITIAL_SYNC : 0;
		set_uuids(n.vol.uuid, i & 8 ? UUID_JUST_CREATED : 0x500, 0x77, 0, 0);
		n.vol.state.conn = i & 16 ? C_CONNECTED : C_SYNC_SOURCE;
		n.vol.state.pdsk = D_INCONSISTENT;
		n.vol.state.peer = R_SECONDARY;
		CHECK_INT(drbd_uuids_received(&n.conn, &n.vol, &p, &tr), i == 31 ? UUIDS_SKIP_SYNC : UUIDS_STORED);
		if (i != 31)
			continue;
		CHECK_INT(n.vol.uuid[UI_CURRENT], 0x1000);
		CHECK_INT(n.vol.uuid[UI_BITMAP], 0);
		CHECK_INT(n.vol.ed_uuid, 0x1000);
		CHECK(tr.rv >= SS_SUCCESS);
		CHECK(tr.ns.disk == D_UP_TO_DATE && tr.ns.pdsk == D_UP_TO_DATE);
		CHECK_INT(n.vol.state.i, tr.ns.i);
	}
}

/* --- P_STATE ------------------------------------------------------------------------------------------------------ */

/* drbd-wire.md 4.9, steps 1 to 7, in its words; but identifiers of a disk that the peer gave up do not count. */
static enum drbd_recv_state_do want_begin(const struct node *n, union drbd_state ps, bool finished, u8 *pdsk)
{
	union drbd_state os = n->vol.state;
	bool uuids = n->vol.have_peer_uuids, old = n->vol.peer_uuids_old, run;
	bool both = ps.disk >= D_NEGOTIATING && os.disk >= D_NEGOTIATING;
	u8 real = ps.disk;

	if (os.conn <= C_TEAR_DOWN)
		return RS_ERROR;
	if (real == D_NEGOTIATING)
		real = !uuids || (n->vol.peer.flags & 4) ? D_INCONSISTENT : D_CONSISTENT;
	if ((os.pdsk == D_INCONSISTENT || os.pdsk == D_CONSISTENT) && real == D_UP_TO_DATE && os.conn > C_CONNECTED &&
	    os.disk == D_UP_TO_DATE) {
		if (ps.conn > C_CONNECTED && ps.conn < C_SYNC_SOURCE)
			real = D_INCONSISTENT;
		else if (os.conn >= C_SYNC_SOURCE && ps.conn == C_CONNECTED)
			return finished ? RS_FINISH_RESYNC : RS_NOTHING;
	}
	if (os.conn == C_VERIFY_T && os.disk == D_UP_TO_DATE && ps.conn == C_CONNECTED && real == D_UP_TO_DATE)
		return RS_FINISH_VERIFY;
	if (os.pdsk == D_UP_TO_DATE && real == D_INCONSISTENT && os.conn == C_CONNECTED && ps.conn > C_SYNC_SOURCE)
		real = D_UP_TO_DATE;
	*pdsk = real;
	run = os.conn < C_CONNECTED || (n->vol.flags & VF_CONSIDER_RESYNC);
	run |= os.conn == C_CONNECTED && (ps.disk == D_NEGOTIATING || os.disk == D_NEGOTIATING);
	run |= os.conn == C_CONNECTED && ps.conn >= C_STARTING_SYNC_S && ps.conn <= C_WF_BITMAP_T;
	if (both && uuids && !old && run)
		return RS_SYNC;
	return both && os.conn < C_CONNECTED ? RS_ERROR : RS_APPLY;
}

TEST(a_received_state_is_judged_by_the_steps_in_every_state)
{
	struct drbd_recv_state rs;
	struct node n;
	u32 walk, i, count[RS_ERROR + 1] = { 0 };

	node_init(&n, D_UP_TO_DATE);
	set_uuids(n.vol.uuid, 0x1000, 0, 0, 0);
	set_uuids(n.vol.peer.uuid, 0x1000, 0, 0, 0);
	for (walk = 0; walk < 24 * 9 * 9 * 24 * 9; walk++) {
		enum drbd_recv_state_do want, have;
		union drbd_state ps = { .i = 0 }; /* cppcheck-suppress legacyUninitvar ; a member, not the i above */
		u8 pdsk = 0;
		u64 oos = rnd() % 3, failed = rnd() % 3;

		n.vol.state.conn = walk % 24;
		n.vol.state.disk = walk / 24 % 9;
		n.vol.state.pdsk = walk / 216 % 9;
		n.vol.attach_state.disk = D_UP_TO_DATE;
		ps.role = R_SECONDARY;
		ps.conn = walk / 1944 % 24;
		ps.disk = walk / 46656;
		if (n.vol.state.disk == D_UNKNOWN || ps.disk == D_UNKNOWN)
			continue;
		n.vol.have_peer_uuids = rnd() % 4 != 0;
		n.vol.peer_uuids_old = rnd() % 4 == 0;
		n.vol.flags = rnd() % 4 ? 0 : VF_CONSIDER_RESYNC;
		n.vol.peer.flags = rnd() & UUID_FLAG_INCONSISTENT;
		memset(&rs, 0, sizeof(rs));
		have = drbd_recv_state_begin(&n.conn, &n.vol, ps.i, oos, failed, &rs);
		want = want_begin(&n, ps, oos <= failed, &pdsk);
		CHECK_MSG(have == want, "%s %s/%s, peer %s %s: %d, want %d", drbd_conn_name(n.vol.state.conn),
			  drbd_disk_name(n.vol.state.disk), drbd_disk_name(n.vol.state.pdsk), drbd_conn_name(ps.conn),
			  drbd_disk_name(ps.disk), have, want);
		if (have == RS_SYNC || have == RS_APPLY)
			CHECK_INT(rs.new_pdsk, pdsk);
		if (have == RS_ERROR)
			CHECK_INT(rs.conn_to, C_PROTOCOL_ERROR);
		count[have]++;
	}
	for (i = 0; i <= RS_ERROR; i++)
		CHECK_MSG(count[i] || i == RS_TRY_DEMOTE, "outcome %u was never met", i);
}

TEST(a_word_that_is_no_state_of_a_node_is_refused)
{
	static const u32 bad[] = {
		DS_ROLE(3), DS_CONN(24), DS_CONN(31), DS_DISK(9), DS_DISK(15), DS_DISK(D_UNKNOWN), 0xffffffff
	};
	struct drbd_recv_state rs;
	struct node n;
	u32 i;

	node_init(&n, D_UP_TO_DATE);
	n.vol.state.conn = C_CONNECTED;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&rs, 0, sizeof(rs));
		CHECK_INT(drbd_recv_state_begin(&n.conn, &n.vol, bad[i], 0, 0, &rs), RS_ERROR);
		CHECK_INT(rs.conn_to, C_PROTOCOL_ERROR);
	}
}

/* A node that reads P_STATE as the shells do; *end is the last of drbd_recv_state_apply(). */
static enum drbd_recv_state_do receive_state(struct node *n, union drbd_state ps, struct drbd_recv_state *rs,
					     struct drbd_transition *tr, bool *both, enum drbd_recv_state_end *end)
{
	enum drbd_recv_state_do what;

	memset(rs, 0, sizeof(*rs));
	what = drbd_recv_state_begin(&n->conn, &n->vol, ps.i, 0, 0, rs);
	if (what == RS_APPLY || what == RS_SYNC)
		*end = drbd_recv_state_apply(&n->conn, &n->vol, rs, tr, both);
	return what;
}

static union drbd_state peer_state(u8 role, u8 conn, u8 disk)
{
	union drbd_state s = { .i = DS_ROLE(role) | DS_CONN(conn) | DS_DISK(disk) };

	return s;
}

TEST(an_attached_disk_waits_for_the_peers_identifiers)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;

	node_init(&n, D_NEGOTIATING);
	n.vol.state.conn = C_CONNECTED;
	n.vol.state.peer = R_SECONDARY;
	n.vol.state.pdsk = D_UP_TO_DATE;
	n.vol.attach_state.disk = D_UP_TO_DATE;
	set_uuids(n.vol.uuid, 0x500, 0, 0, 0);
	CHECK_INT(receive_state(&n, peer_state(R_PRIMARY, C_CONNECTED, D_UP_TO_DATE), &rs, &tr, &both, &end), RS_APPLY);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.state.peer, R_PRIMARY);
	CHECK_INT(n.vol.state.disk, D_NEGOTIATING);
	n.vol.have_peer_uuids = 1;
	set_uuids(n.vol.peer.uuid, 0x1001, 0x500, 0, 0);
	CHECK_INT(receive_state(&n, peer_state(R_PRIMARY, C_CONNECTED, D_UP_TO_DATE), &rs, &tr, &both, &end), RS_SYNC);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.state.conn, C_WF_BITMAP_T);
	CHECK(n.vol.state.disk >= D_INCONSISTENT && n.vol.state.disk <= D_OUTDATED);
	CHECK(both);				/* the peer has not decided yet: it was Connected */
}

/*
 * The peer's disk went as a sync target, after it had our sync UUID, and is attached again; it fails before the peer could
 * send its identifiers. Those it sent before the resync would say that it never got the sync UUID (rule 71), and our
 * bitmap would count from an identifier that the peer does not have any more: unrelated data for ever.
 */
TEST(identifiers_of_a_disk_that_the_peer_gave_up_are_not_compared)
{
	struct drbd_p_uuids uuids = { .flags = 0 };
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;

	node_init(&n, D_UP_TO_DATE);
	n.vol.state.conn = C_CONNECTED;
	n.vol.state.role = R_PRIMARY;
	n.vol.state.peer = R_SECONDARY;
	n.vol.state.pdsk = D_INCONSISTENT;
	set_uuids(n.vol.uuid, 0x4001, 0x3001, 0x2001, 0x1001);
	set_uuids(uuids.uuid, 0x2000, 0, 0, 0);
	CHECK_INT(drbd_uuids_received(&n.conn, &n.vol, &uuids, &tr), UUIDS_STORED);
	receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, D_FAILED), &rs, &tr, &both, &end);
	receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, D_DISKLESS), &rs, &tr, &both, &end);
	CHECK_INT(receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, D_NEGOTIATING), &rs, &tr, &both, &end), RS_APPLY);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.state.conn, C_CONNECTED);
	CHECK(n.vol.uuid[UI_BITMAP] == 0x3001);
	set_uuids(uuids.uuid, 0x3000, 0, 0, 0);
	CHECK_INT(drbd_uuids_received(&n.conn, &n.vol, &uuids, &tr), UUIDS_STORED);
	CHECK_INT(receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, D_NEGOTIATING), &rs, &tr, &both, &end), RS_SYNC);
	CHECK_INT(rs.sync.uuid.rule, 70);
	CHECK_INT(n.vol.state.conn, C_WF_BITMAP_S);
}

TEST(an_attached_disk_is_what_was_found_if_the_peer_has_none)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;

	node_init(&n, D_NEGOTIATING);
	n.vol.state.conn = C_CONNECTED;
	n.vol.state.peer = R_SECONDARY;
	n.vol.state.pdsk = D_DISKLESS;
	n.vol.attach_state.disk = D_UP_TO_DATE;
	CHECK_INT(receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, D_DISKLESS), &rs, &tr, &both, &end), RS_APPLY);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.state.disk, D_UP_TO_DATE);
	CHECK(!both);
}

/* Unrelated data: what ends depends on whose disk was being negotiated. */
TEST(a_failed_comparison_ends_the_attach_or_the_connection)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end = RSE_AGAIN;
	struct node n;
	bool both;
	u32 i;

	for (i = 0; i < 5; i++) {
		u8 conn = i < 2 ? C_CONNECTED : C_WF_REPORT_PARAMS;

		node_init(&n, i == 0 ? D_NEGOTIATING : D_UP_TO_DATE);
		n.vol.state.conn = conn;
		n.vol.attach_state.disk = D_UP_TO_DATE;
		if (conn == C_CONNECTED) {
			n.vol.state.peer = R_SECONDARY;
			n.vol.state.pdsk = i == 0 ? D_UP_TO_DATE : D_DISKLESS;
		}
		set_uuids(n.vol.uuid, 0x1000, 0, 0x10, 0x20);
		set_uuids(n.vol.peer.uuid, 0x2000, 0, 0x30, 0x40);
		n.vol.have_peer_uuids = 1;
		n.conn.flags = i == 3 ? CNF_DRY_RUN : 0;
		n.net.tentative = i == 4;
		CHECK_INT(receive_state(&n, peer_state(R_SECONDARY, i == 1 ? C_CONNECTED : C_WF_CONNECTION,
						       i == 1 ? D_NEGOTIATING : D_UP_TO_DATE), &rs, &tr, &both, &end), RS_SYNC);
		CHECK_INT(end, i < 2 ? RSE_DONE : i == 3 ? RSE_PROTOCOL_ERROR : RSE_STAND_ALONE);
		if (i < 2) {
			CHECK_INT(n.vol.state.conn, C_CONNECTED);
			CHECK_INT(n.vol.state.disk, i == 0 ? D_FAILED : D_UP_TO_DATE);
			CHECK_INT(n.vol.state.pdsk, i == 0 ? D_UP_TO_DATE : D_DISKLESS);
			CHECK_INT(both, i == 1);	/* or it would wait for ever */
		}
		CHECK(!(n.conn.flags & CNF_DRY_RUN));
	}
}

TEST(a_full_sync_whose_bits_cannot_be_set_fails)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	struct node n;
	bool both;

	node_init(&n, D_INCONSISTENT);
	set_uuids(n.vol.uuid, UUID_JUST_CREATED, 0, 0, 0);
	set_uuids(n.vol.peer.uuid, 0x1001, 4, 0, 0);
	n.vol.have_peer_uuids = 1;
	memset(&rs, 0, sizeof(rs));
	CHECK_INT(drbd_recv_state_begin(&n.conn, &n.vol, peer_state(R_PRIMARY, C_WF_CONNECTION, D_UP_TO_DATE).i, 0, 0,
					&rs), RS_SYNC);
	CHECK(rs.sync.set_all_bits);
	rs.set_bits_failed = 1;
	CHECK_INT(drbd_recv_state_apply(&n.conn, &n.vol, &rs, &tr, &both), RSE_STAND_ALONE);
	CHECK_INT(n.vol.state.conn, C_WF_REPORT_PARAMS);
}

TEST(what_changed_meanwhile_is_judged_again)
{
	union drbd_state ps = peer_state(R_SECONDARY, C_WF_CONNECTION, D_UP_TO_DATE);
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	struct node n;
	bool both;

	node_init(&n, D_UP_TO_DATE);
	/* rule 34: was source, missed the end of the resync */
	set_uuids(n.vol.uuid, 0x1000, 0x500, 0x400, 0x300);
	set_uuids(n.vol.peer.uuid, 0x1000, 0, 0x500, 0x400);
	n.vol.have_peer_uuids = 1;
	memset(&rs, 0, sizeof(rs));
	CHECK_INT(drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs), RS_SYNC);
	CHECK_INT(rs.sync.uuid.rule, 34);
	n.vol.state.role = R_PRIMARY;
	CHECK_INT(drbd_recv_state_apply(&n.conn, &n.vol, &rs, &tr, &both), RSE_AGAIN);
	CHECK(!rs.md_dirty);
	n.vol.state.role = R_SECONDARY;
	n.vol.uuid[UI_CURRENT] = 0x1002;
	CHECK_INT(drbd_recv_state_apply(&n.conn, &n.vol, &rs, &tr, &both), RSE_AGAIN);
	n.vol.uuid[UI_CURRENT] = 0x1000;
	memset(&rs, 0, sizeof(rs));
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.uuid.rule, 34);	/* the same verdict as before */
	CHECK_INT(drbd_recv_state_apply(&n.conn, &n.vol, &rs, &tr, &both), RSE_DONE);
	CHECK(rs.md_dirty);
	CHECK_INT(n.vol.uuid[UI_BITMAP], 0);
	CHECK_INT(n.vol.uuid[UI_HISTORY_START], 0x500);
	CHECK_INT(n.vol.state.conn, C_WF_BITMAP_S);
}

TEST(requests_frozen_for_a_peer_that_rebooted_are_not_sent_again)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;
	u32 i;

	for (i = 0; i < 8; i++) {
		node_init(&n, D_UP_TO_DATE);
		n.vol.state.role = R_PRIMARY;
		n.vol.state.susp_fen = n.conn.susp_fen = i & 1;
		n.vol.flags = i & 2 ? VF_NEW_CUR_UUID : 0;
		set_uuids(n.vol.uuid, 0x1001, 0, 0, 0);
		set_uuids(n.vol.peer.uuid, 0x1000, 0, 0, 0);
		n.vol.have_peer_uuids = 1;
		receive_state(&n, peer_state(R_SECONDARY, C_WF_CONNECTION, i & 4 ? D_CONSISTENT : D_UP_TO_DATE), &rs, &tr,
			      &both, &end);
		CHECK_INT(end, i == 7 ? RSE_REBOOTED : RSE_DONE);
	}
}

TEST(flags_of_the_handshake_end_with_the_first_state)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;
	union drbd_state ps = peer_state(R_SECONDARY, C_WF_CONNECTION, D_DISKLESS);

	node_init(&n, D_UP_TO_DATE);
	n.vol.flags = VF_DISCARD_MY_DATA | VF_CONSIDER_RESYNC | VF_CRASHED_PRIMARY;
	ps.user_isp = 1;
	receive_state(&n, ps, &rs, &tr, &both, &end);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.flags, VF_CRASHED_PRIMARY);
	CHECK_INT(n.vol.state.conn, C_CONNECTED);
	CHECK(n.vol.state.peer_isp);
	ps.user_isp = 0;
	ps.aftr_isp = 1;
	receive_state(&n, ps, &rs, &tr, &both, &end);
	CHECK(n.vol.state.peer_isp);
	ps.aftr_isp = 0;
	ps.peer_isp = 1;
	receive_state(&n, ps, &rs, &tr, &both, &end);
	CHECK(!n.vol.state.peer_isp);
}

TEST(a_primary_that_loses_a_split_brain_is_asked_to_step_down_first)
{
	union drbd_state ps = peer_state(R_PRIMARY, C_WF_CONNECTION, D_UP_TO_DATE);
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	struct node n;
	bool both;
	int demoted;

	for (demoted = 0; demoted < 2; demoted++) {
		node_init(&n, D_UP_TO_DATE);
		n.vol.state.role = R_PRIMARY;
		n.net.two_primaries = 1;
		n.net.after_sb_0p = ASB_DISCARD_LOCAL;
		n.net.after_sb_2p = ASB_CALL_HELPER;
		set_uuids(n.vol.uuid, 0x1001, 0x500, 0, 0);
		set_uuids(n.vol.peer.uuid, 0x2001, 0x500, 0, 0);
		n.vol.have_peer_uuids = 1;
		memset(&rs, 0, sizeof(rs));
		CHECK_INT(drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs), RS_TRY_DEMOTE);
		CHECK_INT(rs.sync.helpers, SH_INITIAL_SPLIT_BRAIN);
		rs.demote = demoted ? 1 : -1;
		if (demoted)
			n.vol.state.role = R_SECONDARY;
		CHECK_INT(drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs), RS_SYNC);
		CHECK_INT(rs.sync.helpers, demoted ? 0 : SH_PRI_LOST_AFTER_SB | SH_SPLIT_BRAIN);
		CHECK_INT(drbd_recv_state_apply(&n.conn, &n.vol, &rs, &tr, &both), demoted ? RSE_DONE : RSE_STAND_ALONE);
		CHECK_INT(n.vol.state.conn, demoted ? C_WF_BITMAP_T : C_WF_REPORT_PARAMS);
	}
}

TEST(two_primaries_are_refused_while_connecting_and_taken_as_a_fact_later)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;
	u32 i;

	for (i = 0; i < 4; i++) {
		node_init(&n, D_UP_TO_DATE);
		n.vol.state.role = R_PRIMARY;
		n.net.two_primaries = i & 1;
		set_uuids(n.vol.uuid, 0x1001, 0, 0, 0);
		set_uuids(n.vol.peer.uuid, 0x1001, 0, 0, 0);
		n.vol.have_peer_uuids = 1;
		if (i & 2) {
			n.vol.state.conn = C_CONNECTED;
			n.vol.state.peer = R_SECONDARY;
			n.vol.state.pdsk = D_UP_TO_DATE;
		}
		receive_state(&n, peer_state(R_PRIMARY, C_CONNECTED, D_UP_TO_DATE), &rs, &tr, &both, &end);
		CHECK_INT(end, i ? RSE_DONE : RSE_STAND_ALONE);
		CHECK_INT(n.vol.state.peer, i ? R_PRIMARY : R_UNKNOWN);
	}
}

TEST(a_peer_that_has_not_decided_yet_is_sent_what_it_needs)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;
	u32 i;

	for (i = 0; i < 16; i++) {
		bool known = i & 1, decided = i & 2, negotiating = i & 4, resync = i & 8;

		node_init(&n, D_UP_TO_DATE);
		set_uuids(n.vol.uuid, 0x1001, 0x500, 0, 0);
		set_uuids(n.vol.peer.uuid, resync ? 0x500 : 0x1001, resync ? 0 : 0x500, 0, 0);
		n.vol.have_peer_uuids = 1;
		n.vol.flags = VF_CONSIDER_RESYNC;
		if (known) {
			n.vol.state.conn = C_CONNECTED;
			n.vol.state.peer = R_SECONDARY;
			n.vol.state.pdsk = D_INCONSISTENT;
		}
		receive_state(&n, peer_state(R_SECONDARY, decided ? C_WF_BITMAP_T : C_CONNECTED,
					     negotiating ? D_NEGOTIATING : D_CONSISTENT), &rs, &tr, &both, &end);
		CHECK_INT(end, RSE_DONE);
		CHECK_INT(n.vol.state.conn, resync ? C_WF_BITMAP_S : C_CONNECTED);
		CHECK_INT(both, known && !decided && !negotiating && resync);
	}
}

TEST(behind_a_peer_that_is_ahead)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;

	node_init(&n, D_UP_TO_DATE);
	n.vol.state.conn = C_CONNECTED;
	n.vol.state.peer = R_PRIMARY;
	n.vol.state.pdsk = D_UP_TO_DATE;
	receive_state(&n, peer_state(R_PRIMARY, C_AHEAD, D_UP_TO_DATE), &rs, &tr, &both, &end);
	CHECK_INT(end, RSE_DONE);
	CHECK_INT(n.vol.state.conn, C_BEHIND);
	CHECK_INT(n.vol.state.disk, D_OUTDATED);
}

TEST(disks_that_are_compared_and_equal_are_both_current)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_end end;
	struct node n;
	bool both;
	u32 i;

	for (i = 0; i < 8; i++) {
		bool same = i & 1, attached = i & 2, fails = i & 4;

		node_init(&n, attached ? D_NEGOTIATING : D_OUTDATED);
		n.vol.state.conn = C_CONNECTED;
		n.vol.state.peer = R_SECONDARY;
		n.vol.state.pdsk = attached ? D_OUTDATED : D_DISKLESS;
		n.vol.attach_state.disk = D_UP_TO_DATE;
		n.vol.have_peer_uuids = 1;
		set_uuids(n.vol.uuid, 0x1000, 0, fails ? 0x10 : 0, 0x20);
		set_uuids(n.vol.peer.uuid, same ? 0x1000 : 0x2000, same ? 0 : fails ? 0 : 0x1000, 0x30, 0x40);
		receive_state(&n, peer_state(R_SECONDARY, C_CONNECTED, attached ? D_OUTDATED : D_NEGOTIATING), &rs, &tr,
			      &both, &end);
		CHECK_INT(end, RSE_DONE);
		if (same)
			CHECK(n.vol.state.disk == D_UP_TO_DATE && n.vol.state.pdsk == D_UP_TO_DATE);
		else if (fails)
			CHECK(n.vol.state.conn == C_CONNECTED && n.vol.state.disk != D_UP_TO_DATE);
		else
			CHECK(n.vol.state.conn == C_WF_BITMAP_T && n.vol.state.disk != D_UP_TO_DATE);
	}
}

TEST(options_of_the_connection_reach_the_sync_handshake)
{
	union drbd_state ps = peer_state(R_SECONDARY, C_CONNECTED, D_UP_TO_DATE);
	struct drbd_recv_state rs;
	struct node n;

	node_init(&n, D_UP_TO_DATE);
	set_uuids(n.vol.uuid, 0x1000, 0x510, 0x300, 0);		/* rule 100 */
	set_uuids(n.vol.peer.uuid, 0x2000, 0x520, 0x300, 0);
	n.vol.have_peer_uuids = 1;
	n.net.after_sb_0p = ASB_DISCARD_LOCAL;
	memset(&rs, 0, sizeof(rs));
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.fail, SF_SPLIT_BRAIN);
	n.net.always_asbp = 1;
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.conn, C_WF_BITMAP_T);
	n.net.two_primaries = 1;
	n.net.after_sb_1p = ASB_VIOLENTLY;
	n.vol.state.role = R_PRIMARY;
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.fail, SF_RR_CONFLICT);
	n.net.rr_conflict = ASB_VIOLENTLY;
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.conn, C_WF_BITMAP_T);
}

TEST(a_disk_being_attached_is_judged_by_what_was_found_on_it)
{
	union drbd_state ps = peer_state(R_SECONDARY, C_CONNECTED, D_UP_TO_DATE);
	struct drbd_recv_state rs;
	struct node n;

	node_init(&n, D_NEGOTIATING);
	n.vol.state.conn = C_CONNECTED;
	n.vol.state.pdsk = D_UP_TO_DATE;
	n.vol.state.role = R_PRIMARY;
	n.vol.have_peer_uuids = 1;
	set_uuids(n.vol.uuid, 0x501, 0, 0, 0);
	set_uuids(n.vol.peer.uuid, 0x1000, 0x500, 0, 0);
	n.vol.attach_state.disk = D_UP_TO_DATE;
	memset(&rs, 0, sizeof(rs));
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.conn, C_WF_BITMAP_T);		/* nobody uses it yet: a Primary may sync it */
	set_uuids(n.vol.uuid, 0x1001, 0x500, 0, 0);
	set_uuids(n.vol.peer.uuid, 0x500, 0, 0, 0);
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.conn, C_WF_BITMAP_S);
	n.vol.attach_state.disk = D_INCONSISTENT;
	drbd_recv_state_begin(&n.conn, &n.vol, ps.i, 0, 0, &rs);
	CHECK_INT(rs.sync.conn, C_WF_BITMAP_T);
}

/* --- two of ours -------------------------------------------------------------------------------------------------- */

/* What a node sends before it has heard anything. */
struct hello {
	struct drbd_pkt uuids, state;
	bool has_uuids;
};

static void say_hello(struct node *n, struct hello *h)
{
	union drbd_state s = n->vol.state;

	s.conn = C_WF_CONNECTION;
	h->has_uuids = s.disk >= D_NEGOTIATING;
	if (h->has_uuids) {
		drbd_uuids_packet(&n->conn, &n->vol, n->vol.sent_bits_set, 0, &h->uuids);
		through(&h->uuids, n->conn.apv, n->conn.features);
	}
	drbd_state_packet(&n->vol, s, &h->state);
	through(&h->state, n->conn.apv, n->conn.features);
}

static enum drbd_recv_state_end hear(struct node *n, const struct hello *h, struct drbd_recv_state *rs)
{
	enum drbd_recv_state_end end = RSE_PROTOCOL_ERROR;
	struct drbd_transition tr;
	union drbd_state ps;
	bool both;

	memset(rs, 0, sizeof(*rs));
	if (h->has_uuids && drbd_uuids_received(&n->conn, &n->vol, &h->uuids.u.uuids, &tr) == UUIDS_STAND_ALONE)
		return RSE_STAND_ALONE;
	ps.i = h->state.u.state;
	CHECK(receive_state(n, ps, rs, &tr, &both, &end) != RS_ERROR);
	return end;
}

/* What conn has to be here if it is that there. */
static bool fits(u8 a, u8 b)
{
	return (a == C_CONNECTED && b == C_CONNECTED) || (a == C_WF_BITMAP_S && b == C_WF_BITMAP_T) ||
	       (a == C_WF_BITMAP_T && b == C_WF_BITMAP_S);
}

static void random_node(struct node *n, u16 apv, u32 features)
{
	static const u8 disks[] = { D_DISKLESS, D_INCONSISTENT, D_OUTDATED, D_CONSISTENT, D_UP_TO_DATE };

	node_init(n, disks[rnd() % 5]);
	n->conn.apv = apv;
	n->conn.features = features;
	n->vol.sent_bits_set = rnd() % 3;
	n->vol.flags = rnd() % 4 ? 0 : VF_CRASHED_PRIMARY;
	if (n->vol.state.disk == D_UP_TO_DATE && rnd() % 3 == 0)
		n->vol.state.role = R_PRIMARY;
}

/* As they come about: a common ancestor, then each may have gone on, begun a resync, been made anew or replaced. */
static void random_uuids(struct node *n, u64 mine)
{
	u64 *u = n->vol.uuid;

	set_uuids(u, 0x500, 0, 0x400, 0x300);
	switch (rnd() % 6) {
	case 0:
		drbd_uuid_new_current(u, mine, rnd() & 1);
		break;
	case 1:
		drbd_uuid_new_current(u, mine, rnd() & 1);
		drbd_uuid_start_source(u, 0x7777);
		break;
	case 2:
		set_uuids(u, UUID_JUST_CREATED, 0, 0, 0);
		break;
	case 3:
		set_uuids(u, mine + 1, 0, mine + 2, mine + 4);
		break;
	}
	drbd_uuid_set_role(u, n->vol.state.role == R_PRIMARY);
	n->vol.ed_uuid = u[UI_CURRENT];
}

static bool same_data(const struct node *a, const struct node *b)
{
	return !((a->vol.uuid[UI_CURRENT] ^ b->vol.uuid[UI_CURRENT]) & ~UUID_PRIMARY);
}

/*
 * Each node decides alone. Where both let the connection stand they are each other's mirror, and without a resync
 * they have the same data; where one refuses, the other loses the connection, whatever it had decided.
 */
TEST(two_nodes_come_to_mirrored_states_or_do_not_connect)
{
	u32 round, connected = 0, resyncs = 0, splits = 0;

	for (round = 0; round < 200000; round++) {
		u16 apv = (u16)(86 + rnd() % 16);
		u32 features = apv >= 100 ? (u32)rnd() & DRBD_FF_ALL : 0;
		enum drbd_recv_state_end end_a, end_b;
		struct drbd_recv_state rs_a, rs_b;
		struct hello from_a, from_b;
		struct node a, b;

		random_node(&a, apv, features);
		random_node(&b, apv, features);
		random_uuids(&a, 0x10000);
		random_uuids(&b, 0x20000);
		a.net.after_sb_0p = b.net.after_sb_0p = rnd() % ASB_DISCARD_LOCAL;
		a.net.after_sb_1p = b.net.after_sb_1p = rnd() & 1 ? ASB_DISCARD_SECONDARY : ASB_CONSENSUS;
		a.net.two_primaries = b.net.two_primaries = rnd() & 1;
		a.conn.flags = CNF_RC_FLAG;
		say_hello(&a, &from_a);
		say_hello(&b, &from_b);
		end_a = hear(&a, &from_b, &rs_a);
		end_b = hear(&b, &from_a, &rs_b);
		CHECK_INT(rs_a.sync.fail == SF_SPLIT_BRAIN, rs_b.sync.fail == SF_SPLIT_BRAIN);
		CHECK_INT(rs_a.sync.fail == SF_UNRELATED, rs_b.sync.fail == SF_UNRELATED);
		splits += rs_a.sync.fail == SF_SPLIT_BRAIN;
		if (end_a != RSE_DONE || end_b != RSE_DONE)
			continue;
		connected++;
		resyncs += a.vol.state.conn != C_CONNECTED;
		CHECK_MSG(fits(a.vol.state.conn, b.vol.state.conn), "%s here, %s there (rules %u and %u)",
			  drbd_conn_name(a.vol.state.conn), drbd_conn_name(b.vol.state.conn), rs_a.sync.uuid.rule,
			  rs_b.sync.uuid.rule);
		if (a.vol.state.conn == C_CONNECTED && from_a.has_uuids && from_b.has_uuids)
			CHECK(same_data(&a, &b));
	}
	CHECK_MSG(connected > 10000 && resyncs > 1000 && splits > 1000, "%u connected, %u resyncs, %u split brains",
		  connected, resyncs, splits);
}

/* --- the originals ------------------------------------------------------------------------------------------------ */

/* What one end said in a captured handshake; a bit in `has` for each packet. */
struct said {
	struct drbd_pkt features, protocol, rs_param, sizes, uuids, state;
	const u8 *raw[6];		/* the same, in that order, with their headers */
	u32 raw_byte[6];
	const u8 *challenge, *response;
	bool has_uuids, has_next;
	union drbd_state next;		/* second P_STATE: what it decided */
};

static void note(struct said *t, struct drbd_pkt *to, const struct drbd_pkt *pkt, int nr, const u8 *raw, u32 byte)
{
	*to = *pkt;
	t->raw[nr] = raw;
	t->raw_byte[nr] = byte;
}

static void note_packet(struct said *t, const struct drbd_pkt *pkt, const u8 *raw, u32 head, u32 byte)
{
	switch (pkt->cmd) {
	case P_CONNECTION_FEATURES:
		note(t, &t->features, pkt, 0, raw, byte);
		break;
	case P_PROTOCOL:
		note(t, &t->protocol, pkt, 1, raw, byte);
		break;
	case P_SYNC_PARAM89:
		note(t, &t->rs_param, pkt, 2, raw, byte);
		break;
	case P_SIZES:
		if (!t->raw[3])
			note(t, &t->sizes, pkt, 3, raw, byte);
		break;
	case P_UUIDS:
		if (!t->raw[4])
			note(t, &t->uuids, pkt, 4, raw, byte);
		t->has_uuids = true;
		break;
	case P_AUTH_CHALLENGE:
		t->challenge = raw + head;
		break;
	case P_AUTH_RESPONSE:
		t->response = raw + head;
		break;
	case P_STATE:
		if (!t->raw[5]) {
			note(t, &t->state, pkt, 5, raw, byte);
		} else if (!t->has_next) {
			t->has_next = true;
			t->next.i = pkt->u.state;
		}
		break;
	}
}

/* False: no handshake in this stream. */
static bool read_said(const struct pcap_stream *s, struct said *t)
{
	size_t at = 0;
	u16 apv = 80;

	memset(t, 0, sizeof(*t));
	while (s->from_start && at + drbd_header_size(apv) <= s->size && !t->has_next) {
		u32 head = drbd_header_size(apv), fixed;
		struct drbd_header h;
		struct drbd_pkt pkt;

		if (!drbd_get_header(s->data + at, apv, &h) || at + head + h.length > s->size)
			break;
		if (h.cmd == P_INITIAL_META)
			return false;
		fixed = drbd_packet_fixed(drbd_packet_info(h.cmd), apv, DRBD_FF_ALL, h.length);
		CHECK(drbd_get_packet(&h, apv, DRBD_FF_ALL, s->data + at + head, fixed, &pkt));
		note_packet(t, &pkt, s->data + at, head, head + fixed);
		if (h.cmd == P_CONNECTION_FEATURES)
			apv = 101;
		at += head + h.length;
	}
	return t->raw[5] != NULL;
}

/* The node that said it, as far as its words tell, when the lists have been sent. */
static void node_of(struct node *n, const struct said *t, bool rc_flag)
{
	const struct drbd_p_protocol *p = &t->protocol.u.protocol;
	const struct drbd_p_rs_param *rs = &t->rs_param.u.rs_param;
	const struct drbd_p_sizes *s = &t->sizes.u.sizes;
	const struct drbd_p_uuids *u = &t->uuids.u.uuids;

	node_init(n, D_DISKLESS);
	n->conn.flags = rc_flag ? CNF_RC_FLAG : 0;
	n->net.wire_protocol = p->protocol;
	n->net.after_sb_0p = p->after_sb_0p;
	n->net.after_sb_1p = p->after_sb_1p;
	n->net.after_sb_2p = p->after_sb_2p;
	n->net.two_primaries = (u8)p->two_primaries;
	n->net.discard_my_data = p->conn_flags & CF_DISCARD_MY_DATA;
	strcpy(n->net.integrity_alg, p->integrity_alg);
	strcpy(n->net.verify_alg, rs->verify_alg);
	strcpy(n->net.csums_alg, rs->csums_alg);
	n->disk.resync_rate = rs->resync_rate;
	n->disk.c_plan_ahead = rs->c_plan_ahead;
	n->disk.c_delay_target = rs->c_delay_target;
	n->disk.c_fill_target = rs->c_fill_target;
	n->disk.c_max_rate = rs->c_max_rate;
	n->sizes.own_max_sect = s->d_size;
	n->sizes.user_sect = s->u_size;
	n->sizes.capacity_sect = n->sizes.agreed_sect = s->c_size;
	n->sizes.own_max_bio = s->max_bio_size;
	n->vol.state.i = t->state.u.state;
	n->vol.disk_conf = n->vol.state.disk ? &n->disk : NULL;
	memcpy(n->vol.uuid, u->uuid, sizeof(u->uuid));
	n->vol.ed_uuid = u->uuid[UI_CURRENT];
	n->vol.flags = (u->flags & UUID_FLAG_CRASHED_PRIMARY ? VF_CRASHED_PRIMARY : 0) |
		       (u->flags & UUID_FLAG_DISCARD_MY_DATA ? VF_DISCARD_MY_DATA : 0);
}

static void check_bytes(const char *file, const struct said *t, int nr, struct drbd_pkt *pkt)
{
	u8 buf[DRBD_HEADER_MAX + DRBD_FIXED_MAX];
	u32 n = drbd_put_packet(pkt, nr ? 101 : 80, DRBD_FF_ALL, buf, sizeof(buf));

	CHECK_MSG(n == t->raw_byte[nr] && !memcmp(buf, t->raw[nr], n), "%s: our %s differs", file,
		  drbd_packet_name(pkt->cmd));
}

/* Ours would have said the same, byte for byte. */
static void check_words(const char *file, struct node *n, const struct said *t)
{
	const struct drbd_p_sizes *limits = &t->sizes.u.sizes;
	struct drbd_pkt pkt;

	drbd_features_packet(&pkt);
	check_bytes(file, t, 0, &pkt);
	CHECK(drbd_protocol_packet(&n->conn, false, &pkt));
	check_bytes(file, t, 1, &pkt);
	drbd_sync_param_packet(&n->conn, &n->vol, &pkt);
	check_bytes(file, t, 2, &pkt);
	drbd_sizes_packet(&n->conn, &n->vol, &n->sizes, false, 0, &pkt);
	pkt.u.sizes.physical_block_size = limits->physical_block_size;	/* of the disk: the shell's */
	pkt.u.sizes.logical_block_size = limits->logical_block_size;
	pkt.u.sizes.io_min = limits->io_min;
	pkt.u.sizes.io_opt = limits->io_opt;
	pkt.u.sizes.discard_enabled = limits->discard_enabled;
	check_bytes(file, t, 3, &pkt);
	if (t->has_uuids) {
		drbd_uuids_packet(&n->conn, &n->vol, t->uuids.u.uuids.bits_set, 0, &pkt);
		check_bytes(file, t, 4, &pkt);
	}
	drbd_state_packet(&n->vol, n->vol.state, &pkt);
	check_bytes(file, t, 5, &pkt);
	n->net.discard_my_data = 0;		/* single shot */
	n->vol.state.conn = C_WF_REPORT_PARAMS;
}

/* Ours hears what the peer said and decides what the original decided. */
static void check_decision(const char *file, struct node *n, const struct said *t, const struct said *peer)
{
	struct drbd_header h = { P_CONNECTION_FEATURES, 0, 72 };
	struct drbd_sync_param_verdict param;
	struct drbd_sizes_verdict sizes_verdict;
	struct drbd_recv_state rs;
	struct hello hello;
	u32 features;
	u16 apv;

	CHECK_INT(drbd_features_agree(&h, &peer->features.u.features, &apv, &features), HS_OK);
	CHECK(apv == 101 && features == DRBD_FF_ALL);
	CHECK(!drbd_protocol_check(&n->conn, &peer->protocol.u.protocol));
	drbd_sync_param_received(&n->conn, &n->vol, &peer->rs_param.u.rs_param, &n->disk, &n->net, &param);
	CHECK(!param.stand_alone && !param.verify_alg_changed && !param.csums_alg_changed);
	drbd_sizes_received(&n->conn, &n->vol, &n->sizes, &peer->sizes.u.sizes, &sizes_verdict);
	CHECK(!sizes_verdict.stand_alone && !sizes_verdict.answer);
	hello.has_uuids = peer->has_uuids;
	hello.uuids = peer->uuids;
	hello.state = peer->state;
	CHECK_INT(hear(n, &hello, &rs), t->has_next ? RSE_DONE : RSE_STAND_ALONE);
	if (!t->has_next) {
		CHECK_MSG(strstr(file, "split-brain"), "%s: there is no second P_STATE", file);
		CHECK_INT(rs.sync.fail, SF_SPLIT_BRAIN);
		return;
	}
	CHECK_MSG(n->vol.state.i == t->next.i, "%s: ours %s %s/%s, original %s %s/%s", file,
		  drbd_conn_name(n->vol.state.conn), drbd_disk_name(n->vol.state.disk),
		  drbd_disk_name(n->vol.state.pdsk), drbd_conn_name(t->next.conn), drbd_disk_name(t->next.disk),
		  drbd_disk_name(t->next.pdsk));
}

static void check_auth(const struct said *t, const struct said *peer)
{
	struct secret right = { "sha1", "right", 0 }, wrong = { "sha1", "wrong", 0 };
	struct drbd_auth a;

	auth_init(&a, &right, 0);
	memcpy(a.challenge, t->challenge, sizeof(a.challenge));
	CHECK_INT(drbd_auth_challenge(&a, peer->challenge, 64), HS_OK);
	CHECK(!memcmp(a.response, t->response, 20));
	CHECK_INT(drbd_auth_response(&a, peer->response), HS_OK);
	a.arg = &wrong;
	CHECK_INT(drbd_auth_response(&a, peer->response), HS_GIVE_UP);
}

/* The other direction of a stream, or NULL. */
static const struct pcap_stream *reverse(const struct pcap *p, int nr)
{
	const struct pcap_stream *s = &p->stream[nr];
	int i;

	for (i = 0; i < p->streams; i++)
		if (p->stream[i].sport == s->dport && p->stream[i].dport == s->sport)
			return &p->stream[i];
	return NULL;
}

/* The port that accepted the meta socket which came after the data socket `nr`. */
static u16 meta_port(const struct pcap *p, int nr)
{
	static const u8 first[] = { 0x83, 0x74, 0x02, 0x67, 0xff, 0xf1, 0, 0 };

	for (nr++; nr < p->streams; nr++)
		if (p->stream[nr].size >= 8 && !memcmp(p->stream[nr].data, first, 8))
			return p->stream[nr].dport;
	return 0;
}

static int replay(const char *file, const struct pcap *p)
{
	int i, n = 0;

	for (i = 0; i < p->streams; i++) {
		const struct pcap_stream *back = reverse(p, i);
		struct said said[2];
		struct node node[2];
		u16 rc;

		/* the stream from the node that connected to the one that listens */
		if (p->stream[i].dport > 8000 || !back || !read_said(&p->stream[i], &said[0]) ||
		    !read_said(back, &said[1]))
			continue;
		rc = meta_port(p, i);
		CHECK(rc);
		node_of(&node[0], &said[0], rc != p->stream[i].dport);
		node_of(&node[1], &said[1], rc == p->stream[i].dport);
		check_words(file, &node[0], &said[0]);
		check_words(file, &node[1], &said[1]);
		check_decision(file, &node[0], &said[0], &said[1]);
		check_decision(file, &node[1], &said[1], &said[0]);
		if (strstr(file, "auth")) {
			check_auth(&said[0], &said[1]);
			check_auth(&said[1], &said[0]);
		}
		n++;
	}
	return n;
}

TEST(captured_handshakes_are_spoken_and_decided_as_by_the_originals)
{
	int handshakes = 0;
	struct pcap p;
	size_t f;
	glob_t g;

	CHECK(!glob(CAPTURES, 0, NULL, &g));
	for (f = 0; f < g.gl_pathc; f++) {
		CHECK(!pcap_read(&p, g.gl_pathv[f]));
		handshakes += replay(g.gl_pathv[f], &p);
		pcap_free(&p);
	}
	globfree(&g);
	CHECK_INT(handshakes, 10);
}

int main(void)
{
	RUN(who_accepts_the_meta_socket_has_the_rc_flag);
	RUN(the_highest_common_version_and_the_common_features_are_agreed);
	RUN(our_features_packet_is_that_of_the_test_vector);
	RUN(nodes_with_the_same_secret_accept_each_other_and_others_do_not);
	RUN(the_response_is_that_of_the_test_vector);
	RUN(the_own_challenge_sent_back_is_refused);
	RUN(every_wrong_byte_of_a_response_is_noticed);
	RUN(packets_out_of_place_end_the_authentication);
	RUN(the_protocol_packet_is_that_of_the_test_vector);
	RUN(every_parameter_that_differs_is_named);
	RUN(a_dry_run_is_told_and_needs_version_92);
	RUN(an_update_is_taken_over_or_refused_untouched);
	RUN(resync_numbers_are_taken_over_as_far_as_the_version_carries_them);
	RUN(without_a_disk_defaults_are_sent_and_nothing_is_taken);
	RUN(numbers_of_the_peer_stay_within_our_limits);
	RUN(algorithms_must_match_in_the_handshake_and_are_adopted_later);
	RUN(the_combined_size_is_the_rule_for_every_combination);
	RUN(the_smaller_disk_decides_but_data_is_never_cut_off_while_connecting);
	RUN(the_smaller_limit_of_the_administrators_holds_at_connect_and_the_peers_later);
	RUN(a_node_without_a_disk_takes_the_size_that_the_peer_exports);
	RUN(two_disks_being_attached_of_different_size_do_not_change_places);
	RUN(sizes_are_answered_until_both_nodes_agree);
	RUN(a_device_that_grew_is_resynced_now_later_or_not_at_all);
	RUN(growth_at_connect_is_seen_by_both_and_synced);
	RUN(a_forced_size_is_nothing_to_a_peer_that_is_there);
	RUN(requests_are_as_large_as_both_disks_and_the_version_allow);
	RUN(discards_are_sent_only_where_they_are_understood);
	RUN(identifiers_are_told_with_the_flags_that_matter);
	RUN(a_primary_without_good_data_accepts_only_what_it_worked_on);
	RUN(fresh_disks_skip_the_first_sync_when_told_so);
	RUN(a_received_state_is_judged_by_the_steps_in_every_state);
	RUN(a_word_that_is_no_state_of_a_node_is_refused);
	RUN(an_attached_disk_waits_for_the_peers_identifiers);
	RUN(identifiers_of_a_disk_that_the_peer_gave_up_are_not_compared);
	RUN(an_attached_disk_is_what_was_found_if_the_peer_has_none);
	RUN(a_failed_comparison_ends_the_attach_or_the_connection);
	RUN(a_full_sync_whose_bits_cannot_be_set_fails);
	RUN(what_changed_meanwhile_is_judged_again);
	RUN(requests_frozen_for_a_peer_that_rebooted_are_not_sent_again);
	RUN(flags_of_the_handshake_end_with_the_first_state);
	RUN(a_primary_that_loses_a_split_brain_is_asked_to_step_down_first);
	RUN(two_primaries_are_refused_while_connecting_and_taken_as_a_fact_later);
	RUN(a_peer_that_has_not_decided_yet_is_sent_what_it_needs);
	RUN(behind_a_peer_that_is_ahead);
	RUN(disks_that_are_compared_and_equal_are_both_current);
	RUN(options_of_the_connection_reach_the_sync_handshake);
	RUN(a_disk_being_attached_is_judged_by_what_was_found_on_it);
	RUN(two_nodes_come_to_mirrored_states_or_do_not_connect);
	RUN(captured_handshakes_are_spoken_and_decided_as_by_the_originals);
	return UNIT_END;
}
