/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes from network and disk that somebody bent: packets, handshakes, bitmaps, super blocks, activity logs, dump files. Each
 * input lies in memory of exactly its size, so that the sanitizers see a read past its end. The seed is fixed; another
 * one, and the number of rounds, can be given: test_drbd_fuzz SEED ROUNDS
 */
#include <glob.h>
#include "drbd-like/core/drbd_al.h"
#include "drbd-like/core/drbd_bm.h"
#include "drbd-like/core/drbd_handshake.h"
#include "drbd-like/core/drbd_md.h"
#include "drbd-like/user/md_dump.h"
#include "unit.h"
#include "pcap.h"

#define CAPTURES "tests/data/drbd-captures/*.pcap"

static u64 rng = 88172645463325252ull;
static u32 rounds = 1;		/* factor */

static u64 rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* Numbers that break things: 0, all ones, powers of two and their neighbours. */
static u64 odd_number(void)
{
	u64 n = 1ull << rnd() % 64;

	switch (rnd() % 6) {
	case 0:
		return 0;
	case 1:
		return ~0ull;
	case 2:
		return n;
	case 3:
		return n - 1;
	case 4:
		return 0 - n;
	default:
		return rnd();
	}
}

/* A copy of the bytes, bent: flipped, cut, overwritten with odd numbers or noise. *size is at most what it was. */
static u8 *bent(const u8 *from, u32 *size)
{
	u32 i, n = (u32)(rnd() % 4), cut = rnd() % 8 ? *size : (u32)(rnd() % (*size + 1));
	u8 *b = malloc(cut ? cut : 1);

	memcpy(b, from, cut);
	for (i = 0; i < n && cut; i++) {
		u32 at = (u32)(rnd() % cut);
		u64 value = odd_number();

		switch (rnd() % 3) {
		case 0:
			b[at] ^= (u8)(1u << rnd() % 8);
			break;
		case 1:
			b[at] = (u8)value;
			break;
		case 2:
			at &= ~7u;
			if (at + 8 <= cut)
				drbd_put_be64(b + at, value);
			break;
		}
	}
	*size = cut;
	return b;
}

/* --- packets that the originals sent ------------------------------------------------------------------------------ */

struct sample {
	u8 *bytes;		/* header and what follows it, at most 4096 */
	u32 size_byte;
	u16 apv;
};
static struct sample samples[4000];
static u32 sample_nr;

static void take_samples(const struct pcap_stream *s)
{
	u16 apv = s->from_start ? 80 : 101;
	size_t at = 0;

	while (at + drbd_header_size(apv) <= s->size && sample_nr < ARRAY_SIZE(samples)) {
		struct sample *to = &samples[sample_nr];
		struct drbd_header h;
		u32 size;

		if (!drbd_get_header(s->data + at, apv, &h)) {
			if (apv == 101)
				return;
			apv = 101;	/* meta socket: no features packet of its own */
			continue;
		}
		size = drbd_header_size(apv) + h.length;
		if (at + size > s->size)
			return;
		to->size_byte = DRBD_MIN(size, 4096u);
		to->bytes = malloc(to->size_byte);
		memcpy(to->bytes, s->data + at, to->size_byte);
		to->apv = apv;
		/* of the data there is enough soon */
		if (rnd() % 64 == 0 || (h.cmd != P_RS_DATA_REPLY && h.cmd != P_RS_WRITE_ACK && h.cmd != P_DATA))
			sample_nr++;
		else
			free(to->bytes);
		if (h.cmd == P_CONNECTION_FEATURES)
			apv = 101;
		at += size;
	}
}

static void read_samples(void)
{
	struct pcap p;
	size_t f;
	glob_t g;
	int i;

	CHECK(!glob(CAPTURES, 0, NULL, &g));
	for (f = 0; f < g.gl_pathc; f++) {
		CHECK(!pcap_read(&p, g.gl_pathv[f]));
		for (i = 0; i < p.streams; i++)
			take_samples(&p.stream[i]);
		pcap_free(&p);
	}
	globfree(&g);
}

static void free_samples(void)
{
	while (sample_nr)
		free(samples[--sample_nr].bytes);
}

/* A header that is accepted has a table row, and its fixed part fits what the callers have for it. */
static void one_packet(const u8 *b, u32 size, u16 apv, u32 features, struct drbd_pkt *pkt)
{
	u32 head = drbd_header_size(apv), fixed = 0xa5a5a5a5;
	u8 sock = rnd() & 1 ? DRBD_DATA_SOCK : DRBD_META_SOCK, *part, out[DRBD_HEADER_MAX + DRBD_FIXED_MAX];
	enum drbd_phase phase = rnd() % 4 ? PH_LOOP : (enum drbd_phase)(rnd() % 4);
	struct drbd_pkt before;
	struct drbd_header h, untouched;
	const char *why = NULL;
	u32 range;

	memset(&h, 0xa5, sizeof(h));
	untouched = h;
	if (size < head)
		return;
	if (!drbd_get_header(b, apv, &h)) {
		CHECK(!memcmp(&h, &untouched, sizeof(h)));
		return;
	}
	if (drbd_packet_check(&h, sock, phase, apv, features, &fixed, &why)) {
		CHECK(why && fixed == 0xa5a5a5a5);
		return;
	}
	CHECK(fixed <= DRBD_FIXED_MAX && fixed <= h.length);
	if (size - head < fixed)
		return;		/* the socket would still wait */
	part = malloc(fixed ? fixed : 1);
	memcpy(part, b + head, fixed);
	memset(pkt, 0xa5, sizeof(*pkt));
	before = *pkt;
	if (!drbd_get_packet(&h, apv, features, part, fixed, pkt)) {
		CHECK(!memcmp(pkt, &before, sizeof(before)));
		pkt->cmd = 0xffff;
	} else {
		CHECK_INT(drbd_put_packet(pkt, apv, features, out, sizeof(out)),
			  fixed + (pkt->cmd >= P_INITIAL_META ? 8 : head));
		range = 0xa5a5a5a5;
		if (drbd_packet_range(pkt, (u32)(rnd() % 3 * 20), odd_number(), &range))
			CHECK(range == 0xa5a5a5a5);
	}
	free(part);
}

TEST(bent_packets_are_refused_or_decoded_and_nothing_else)
{
	u32 i;

	for (i = 0; i < 60000 * rounds; i++) {
		const struct sample *s = &samples[rnd() % sample_nr];
		u16 apv = rnd() % 4 ? s->apv : (u16)(86 + rnd() % 16);
		u32 size = s->size_byte;
		u8 *b = bent(s->bytes, &size);
		struct drbd_pkt pkt;

		one_packet(b, size, apv, rnd() & 1 ? DRBD_FF_ALL : (u32)rnd() & DRBD_FF_ALL, &pkt);
		free(b);
	}
}

/* --- handshake ---------------------------------------------------------------------------------------------------- */

struct node {
	struct drbd_conn_state conn;
	struct drbd_vol_state vol, *vols[1];
	struct drbd_net_conf net;
	struct drbd_disk_conf disk;
	struct drbd_resource_conf res;
	struct drbd_size_state sizes;
};

static void node_init(struct node *n)
{
	u32 i;

	memset(n, 0, sizeof(*n));
	drbd_opts_default(DRBD_CTX_net, &n->net);
	drbd_opts_default(DRBD_CTX_disk, &n->disk);
	drbd_opts_default(DRBD_CTX_resource, &n->res);
	drbd_conn_state_init(&n->conn);
	n->conn.cstate = C_WF_REPORT_PARAMS;
	n->conn.apv = (u16)(86 + rnd() % 16);
	n->conn.features = (u32)rnd() & DRBD_FF_ALL;
	n->conn.net = &n->net;
	n->conn.res = &n->res;
	n->conn.vol = n->vols;
	n->conn.vols = 1;
	n->conn.flags = (u32)rnd() & (CNF_RC_FLAG | CNF_STATE_SENT);
	n->vols[0] = &n->vol;
	drbd_vol_init(&n->conn, &n->vol);
	if (rnd() & 1)
		n->vol.state.disk = D_NEGOTIATING + rnd() % 3;
	n->vol.attach_state.disk = D_INCONSISTENT + rnd() % 2;
	n->vol.state.role = rnd() % 4 ? R_SECONDARY : R_PRIMARY;
	n->vol.disk_conf = n->vol.state.disk ? &n->disk : NULL;
	for (i = 0; i < UI_SIZE; i++)
		n->vol.uuid[i] = rnd() % 5 * 16;
	n->sizes.own_max_sect = n->sizes.capacity_sect = n->sizes.agreed_sect = n->vol.state.disk ? 4096 : 0;
}

static bool options_ok(enum drbd_opt_ctx_id ctx, const void *conf)
{
	u32 i;

	for (i = 0; i < drbd_opt_ctx[ctx].opts; i++) {
		const struct drbd_opt *opt = &drbd_opt_ctx[ctx].opt[i];

		if (opt->type == OPT_STR ? !memchr(drbd_opt_get_str(opt, conf), 0, opt->size) :
					   !drbd_opt_in_range(opt, drbd_opt_get(opt, conf)))
			return false;
	}
	return true;
}

static void hear_state(struct node *n, u32 word)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	bool both;

	memset(&rs, 0, sizeof(rs));
	switch (drbd_recv_state_begin(&n->conn, &n->vol, word, rnd() % 3, rnd() % 3, &rs)) {
	case RS_SYNC:
		rs.set_bits_failed = rnd() & 1;
		/* fall through */
	case RS_APPLY:
		drbd_recv_state_apply(&n->conn, &n->vol, &rs, &tr, &both);
		break;
	case RS_ERROR:
		CHECK_INT(rs.conn_to, C_PROTOCOL_ERROR);
		break;
	default:
		break;
	}
}

static void hear(struct node *n, const struct drbd_pkt *pkt)
{
	struct drbd_header h = { pkt->cmd, 0, 72 };
	struct drbd_sync_param_verdict param;
	struct drbd_sizes_verdict size;
	struct drbd_transition tr;
	struct drbd_change ch;
	u32 features;
	u16 apv;

	switch (pkt->cmd) {
	case P_CONNECTION_FEATURES:
		if (drbd_features_agree(&h, &pkt->u.features, &apv, &features) == HS_OK)
			CHECK(apv >= 86 && apv <= 101 && !(features & ~DRBD_FF_ALL));
		break;
	case P_PROTOCOL:
		drbd_protocol_check(&n->conn, &pkt->u.protocol);
		break;
	case P_PROTOCOL_UPDATE:
		drbd_protocol_update(&n->net, &pkt->u.protocol);
		break;
	case P_SYNC_PARAM:
	case P_SYNC_PARAM89:
		drbd_sync_param_received(&n->conn, &n->vol, &pkt->u.rs_param, &n->disk, &n->net, &param);
		break;
	case P_SIZES:
		drbd_sizes_received(&n->conn, &n->vol, &n->sizes, &pkt->u.sizes, &size);
		if (size.set_size && !size.stand_alone) {
			CHECK(size.size_sect && size.size_sect <= DRBD_MAX_SECT_FLEX);
			CHECK(n->vol.state.disk < D_INCONSISTENT || size.size_sect <= n->sizes.own_max_sect);
			n->sizes.capacity_sect = size.size_sect;
		}
		CHECK(drbd_max_bio(&n->conn, &n->sizes) >= 4096);
		break;
	case P_UUIDS:
		drbd_uuids_received(&n->conn, &n->vol, &pkt->u.uuids, &tr);
		break;
	case P_STATE:
		hear_state(n, pkt->u.state);
		break;
	case P_STATE_CHG_REQ:
	case P_CONN_ST_CHG_REQ:
		if (!drbd_peer_request(&n->conn, false, false, &pkt->u.req_state, &ch))
			drbd_vol_request(&n->conn, &n->vol, &ch, &tr);
		break;
	}
}

TEST(a_handshake_of_bent_packets_leaves_a_state_that_exists)
{
	static const u16 cmds[] = {
		P_CONNECTION_FEATURES, P_PROTOCOL, P_PROTOCOL_UPDATE, P_SYNC_PARAM, P_SYNC_PARAM89, P_SIZES, P_UUIDS, P_STATE,
		P_STATE_CHG_REQ, P_CONN_ST_CHG_REQ
	};
	u32 i, k, heard = 0;

	for (i = 0; i < 20000 * rounds; i++) {
		struct node n;

		node_init(&n);
		for (k = 0; k < 12; k++) {
			const struct sample *s = &samples[rnd() % sample_nr];
			u16 apv = n.conn.apv;
			u8 noise[DRBD_HEADER_MAX + DRBD_FIXED_MAX], *b;
			struct drbd_header h = { 0, 0, 0 };
			u32 size = s->size_byte, at;
			struct drbd_pkt pkt;

			pkt.cmd = 0xffff;
			if (rnd() & 1) {
				b = bent(s->bytes, &size);
				apv = s->apv;
			} else {		/* noise behind a header that fits */
				h.cmd = cmds[rnd() % ARRAY_SIZE(cmds)];
				h.length = drbd_packet_fixed(drbd_packet_info(h.cmd), apv, n.conn.features, 0);
				h.length += h.cmd == P_PROTOCOL || h.cmd == P_PROTOCOL_UPDATE ? 1 : 0;
				memset(noise, 0, sizeof(noise));
				for (at = 0; at + 8 <= sizeof(noise); at += 8)
					if (rnd() & 1)
						drbd_put_be64(noise + at, odd_number() & (rnd() & 1 ? ~0ull : 0x1ff));
				size = drbd_put_header(noise, apv, &h) + h.length;
				b = malloc(size);
				memcpy(b, noise, size);
			}
			one_packet(b, size, apv, n.conn.features, &pkt);
			free(b);
			if (pkt.cmd == 0xffff)
				continue;
			heard++;
			hear(&n, &pkt);
			CHECK_MSG(n.vol.state.role < R_MASK && n.vol.state.peer < R_MASK && n.vol.state.conn <= C_BEHIND &&
			      n.vol.state.disk <= D_UP_TO_DATE && n.vol.state.disk != D_UNKNOWN &&
			      n.vol.state.pdsk <= D_UP_TO_DATE, "state word %08x after %s", n.vol.state.i,
			      drbd_packet_name(pkt.cmd));
			CHECK(options_ok(DRBD_CTX_net, &n.net));
			CHECK(options_ok(DRBD_CTX_disk, &n.disk));
		}
	}
	CHECK_MSG(heard > 20000, "only %u packets were heard", heard);
}

/* --- bitmaps ------------------------------------------------------------------------------------------------------ */

TEST(a_bent_bitmap_sets_only_bits_that_exist)
{
	static const u64 sizes[] = { 1, 63, 64, 65, 512, 32767, 40000 };
	u32 i, k;

	for (i = 0; i < 3000 * rounds; i++) {
		u64 bits = sizes[rnd() % ARRAY_SIZE(sizes)];
		struct drbd_bm bm, from;
		u64 *chunk[4], *chunk_from[4];
		u8 *mem = malloc(drbd_bm_mem_byte(bits)), *mem_from = malloc(drbd_bm_mem_byte(bits)), *b, buf[4096];
		struct drbd_bm_xfer in, out;
		u16 cmd = 0;

		for (k = 0; k < drbd_bm_chunks(bits); k++) {
			chunk[k] = calloc(1, DRBD_BM_CHUNK_BYTE);
			chunk_from[k] = calloc(1, DRBD_BM_CHUNK_BYTE);
		}
		drbd_bm_init(&bm, bits, chunk, mem);
		drbd_bm_init(&from, bits, chunk_from, mem_from);
		for (k = (u32)(rnd() % 6); k; k--) {
			u64 first = rnd() % bits, last = first + rnd() % 1000;

			drbd_bm_set(&from, first, DRBD_MIN(last, bits - 1));
		}
		memset(&in, 0, sizeof(in));
		memset(&out, 0, sizeof(out));
		while (!out.done && !in.done) {
			u32 size = drbd_bm_send(&from, &out, rnd() & 1, buf, sizeof(buf) - 16, &cmd);

			b = bent(buf, &size);
			if (rnd() % 16 == 0)
				cmd = cmd == P_BITMAP ? P_COMPRESSED_BITMAP : P_BITMAP;
			k = drbd_bm_receive(&bm, &in, cmd, b, size, sizeof(buf) - 16) != 0;
			free(b);
			if (k)
				break;
		}
		CHECK(bm.set <= bits);
		CHECK(bm.set == drbd_bm_count(&bm, 0, bits - 1));
		for (k = 0; k < drbd_bm_chunks(bits); k++) {
			free(chunk[k]);
			free(chunk_from[k]);
		}
		free(mem);
		free(mem_from);
	}
}

/* --- super blocks ------------------------------------------------------------------------------------------------- */

/* Whatever is accepted lies on the device, and the bitmap has room for the size it was agreed for. */
static void check_accepted(const struct drbd_md *md, s32 idx, u64 size_byte, const struct drbd_md_layout *l, bool kernel)
{
	u64 first = l->md_offset_sect, last = first + DRBD_MD_SB_BYTE / 512, device = size_byte / 512;
	bool internal = idx == DRBD_MD_IDX_INTERNAL || idx == DRBD_MD_IDX_INTERNAL_07;

	CHECK(drbd_md_stripes_ok(l->al_stripes, l->al_stripe_size_4k));
	CHECK(internal == (l->al_offset < 0));
	if (internal) {
		CHECK((u64)-l->bm_offset <= first);
		CHECK(l->bm_offset + (s64)l->bm_sect <= l->al_offset && l->al_offset + (s64)l->al_sect <= 0);
	} else {
		last = DRBD_MAX((u64)(first + (u64)l->al_offset) + l->al_sect, first + (u64)l->bm_offset + l->bm_sect);
		CHECK(l->al_offset >= 8 && l->bm_offset >= l->al_offset + (s64)l->al_sect);
	}
	/* of an indexed slot the tools ask no more than that the super block is there */
	CHECK_MSG(last <= device || (idx >= 0 && !kernel), "index %d: area ends at %llu of %llu", idx, last, device);
	if (kernel)
		CHECK_MSG(md->la_size_sect / 8 / 8 / 512 <= l->bm_sect, "size %llu, bitmap %llu sectors",
			  md->la_size_sect, l->bm_sect);
}

static void check_super_block(const u8 *raw, s32 idx, u64 size_byte, u32 *accepted)
{
	struct drbd_md_layout l, before;
	struct drbd_md_07 md7;
	struct drbd_md md, again;
	enum drbd_md_bad bad;
	u8 out[DRBD_MD_SB_BYTE];

	memset(&l, 0xa5, sizeof(l));
	before = l;
	drbd_md_get(raw, &md);
	drbd_md_put(out, &md);
	drbd_md_get(out, &again);
	CHECK(!memcmp(&md, &again, sizeof(md)));
	bad = drbd_md_check(&md, idx, size_byte / 512, &l);
	CHECK(bad < MD_BADS && drbd_md_reason(bad)[0]);
	if (bad)
		CHECK(!memcmp(&l, &before, sizeof(l)) && drbd_md_attach_error(bad) != NO_ERROR);
	else
		check_accepted(&md, idx, size_byte, &l, true);
	*accepted += !bad;
	l = before;
	bad = drbd_md_check_tool(&md, idx, size_byte, &l);
	if (bad)
		CHECK(!memcmp(&l, &before, sizeof(l)));
	else
		check_accepted(&md, idx, size_byte, &l, false);
	l = before;
	drbd_md_get_07(raw, &md7);
	bad = drbd_md_check_07(&md7, idx, size_byte, &l);
	if (bad)
		CHECK(!memcmp(&l, &before, sizeof(l)));
	else
		drbd_md_from_07(&md, &md7, &l);
}

static const s32 indexes[] = { 0, 1, DRBD_MD_IDX_INTERNAL, DRBD_MD_IDX_INTERNAL_07, DRBD_MD_IDX_FLEX_EXT };

/* Returns the size of the device that it is for. */
static u64 make_super_block(u8 *raw, s32 idx)
{
	u64 size_byte = (256ull << 20) + (rnd() % 1000) * 512 + (rnd() % 4 ? 0 : rnd() % (1ull << 44));
	u32 stripes = 1, stripe_size_4k = 8;
	struct drbd_md_layout l;
	struct drbd_md md;

	if (idx < 0 && idx != DRBD_MD_IDX_INTERNAL_07 && rnd() & 1) {
		stripes = (u32)(1 + rnd() % 4);
		stripe_size_4k = (u32)(8 + rnd() % 64);
	}
	CHECK_INT(drbd_md_layout(idx, size_byte, stripes, stripe_size_4k, &l), MD_OK);
	drbd_md_create(&md, &l, 4096);
	md.la_size_sect = drbd_md_usable_sect(idx, size_byte / 512, &l);
	drbd_md_put(raw, &md);
	return size_byte;
}

TEST(a_bent_super_block_is_refused_or_lies_within_its_device)
{
	u32 i, accepted = 0;

	for (i = 0; i < 100000 * rounds; i++) {
		s32 idx = indexes[rnd() % ARRAY_SIZE(indexes)];
		u8 raw[DRBD_MD_SB_BYTE], *b;
		u64 size_byte = make_super_block(raw, idx);
		u32 size = 128;		/* behind it is nothing */

		b = bent(raw, &size);
		memcpy(raw, b, size);
		free(b);
		if (rnd() % 32 == 0)
			size_byte = odd_number() >> 1;
		if (rnd() % 32 == 0)
			idx = (s32)odd_number();
		check_super_block(raw, idx, size_byte, &accepted);
	}
	CHECK_MSG(accepted > 1000, "only %u were accepted", accepted);
}

TEST(every_flipped_bit_of_a_super_block_is_judged)
{
	u8 raw[DRBD_MD_SB_BYTE];
	u32 i, k, accepted = 0;

	for (k = 0; k < ARRAY_SIZE(indexes); k++) {
		u64 size_byte = make_super_block(raw, indexes[k]);

		for (i = 0; i < 128 * 8; i++) {
			raw[i / 8] ^= (u8)(1u << i % 8);
			check_super_block(raw, indexes[k], size_byte, &accepted);
			raw[i / 8] ^= (u8)(1u << i % 8);
		}
	}
	CHECK(accepted > 100);
}

/* --- activity log ------------------------------------------------------------------------------------------------- */

static u32 hot[AL_SLOTS_MAX];

static void make_transaction(u8 *block)
{
	static struct drbd_al_tr tr;
	u32 i;

	memset(&tr, 0, sizeof(tr));
	tr.number = (u32)rnd();
	tr.nr = (u32)(rnd() % (AL_UPDATES_MAX + 1));
	tr.context_size = (u16)(7 + rnd() % 1230);
	tr.context_start = (u16)(rnd() % tr.context_size);
	for (i = 0; i < AL_UPDATES_MAX; i++) {
		tr.slot[i] = i < tr.nr ? (u16)(rnd() % tr.context_size) : 0xffff;
		tr.extent[i] = i < tr.nr ? (u32)(rnd() % 1000) : AL_NONE;
	}
	for (i = 0; i < AL_CONTEXT; i++)
		tr.context[i] = i < tr.context_size && rnd() & 1 ? (u32)(rnd() % 1000) : AL_NONE;
	drbd_al_encode(&tr, block);
}

/* The checksum made right again: the bytes 8 to 11, over the block without them. */
static void seal(u8 *block)
{
	drbd_put_be32(block, AL_MAGIC);
	drbd_put_be32(block + 8, 0);
	drbd_put_be32(block + 8, drbd_al_crc32c(0, block, AL_BLOCK_BYTE));
}

TEST(every_flipped_bit_of_a_transaction_is_noticed)
{
	static struct drbd_al_tr tr;
	u8 *block = malloc(AL_BLOCK_BYTE);
	u32 i;

	make_transaction(block);
	CHECK(drbd_al_decode(block, &tr));
	for (i = 0; i < AL_BLOCK_BYTE * 8; i += 1 + (u32)(rnd() % 8)) {
		block[i / 8] ^= (u8)(1u << i % 8);
		CHECK(!drbd_al_decode(block, &tr));
		block[i / 8] ^= (u8)(1u << i % 8);
	}
	CHECK(drbd_al_decode(block, &tr));
	seal(block);
	CHECK(drbd_al_decode(block, &tr));
	free(block);
}

TEST(a_bent_activity_log_replays_into_slots_that_exist)
{
	static struct drbd_al_tr tr;
	u32 i, k, replayed = 0;
	u8 *block = malloc(AL_BLOCK_BYTE), *b;

	for (i = 0; i < 200 * rounds; i++) {
		struct drbd_al_scan scan, old;

		memset(hot, 0xff, sizeof(hot));
		drbd_al_scan_init(&scan);
		drbd_al_scan_init(&old);
		for (k = 0; k < 8; k++) {
			u32 size = AL_BLOCK_BYTE;

			make_transaction(block);
			b = bent(block, &size);
			memcpy(block, b, size);
			free(b);
			if (rnd() & 1)
				seal(block);
			drbd_al_scan_block(&scan, block);
			if (drbd_al_decode(block, &tr)) {
				CHECK(tr.nr <= AL_UPDATES_MAX);
				replayed++;
			}
			drbd_al_replay(block, hot);
			drbd_al_scan_old(&old, block + 512 * k);
			drbd_al_replay_old(block + 512 * k, hot);
		}
		if (drbd_al_scan_end(&scan) == AL_REPLAY)
			CHECK(scan.oldest_b < 8 && scan.newest_b < 8);
		CHECK_INT(scan.blocks, 8);
	}
	CHECK(replayed > 100);
	free(block);
}

/* --- dump files --------------------------------------------------------------------------------------------------- */

static const char dump_08[] =
	"# DRBD meta data dump\nversion \"v08\";\n\n# md_size_sect 2056\n\nuuid {\n    0x0000000000000004; 0x0000000000000000; "
	"0x0123456789ABCDEF; 0x0000000000000000;\n    flags 0x00000080;\n}\n# al-extents 257;\nla-size-sect 2048;\n"
	"bm-byte-per-bit 4096;\ndevice-uuid 0x6B3C2A1900000001;\nla-peer-max-bio-size 4096;\nal-stripes 1;\n"
	"al-stripe-size-4k 8;\n# bm-bytes 64;\nbm {\n   # at 0kB\n    0x00000000000000FF; 0x0000000000000000; 4 times "
	"0xFFFFFFFFFFFFFFFF;\n    2 times 0x0000000000000000;\n}\n# bits-set 264;\n";
static const char dump_07[] =
	"version \"v07\";\n\ngc {\n    1; 2; 3; 4; 5;\n}\nla-size-sect 2048;\nbm {\n    8 times 0x0000000000000000;\n}\n";

static const char *const dump_bits[] = {
	"{", "}", ";", "\"v08\"", "\"", "version", "uuid", "gc", "bm", "times", "18446744073709551615", "9999999999999999999", "0x",
	"0xFFFFFFFFFFFFFFFF", "0xFFFFFFFF", "4096", "al-stripes", "0", "#", "\n", "-1", "\377", "flags",
};

struct words {
	u64 count;
	u32 calls;
};

static int count_words(void *arg, u64 word, u64 times)
{
	struct words *w = arg;

	(void)word;
	w->count += times;
	w->calls++;
	return w->calls > 100000 ? -7 : 0;
}

static int parse(const char *text, size_t size, const char *version, struct md_dump *d, struct words *w)
{
	FILE *f = fmemopen((void *)text, size, "r");
	int err;

	CHECK(f != NULL);
	memset(w, 0, sizeof(*w));
	err = md_dump_parse(f, version, d, count_words, w);
	/* cppcheck-suppress nullPointerRedundantCheck ; checked above */
	fclose(f);
	return err;
}

/* A copy with bits of the language put in, taken out or bent. */
static char *bent_dump(const char *from, size_t size, size_t *out_size)
{
	char *b = malloc(size + 256);
	u32 n = (u32)(rnd() % 4);

	memcpy(b, from, size);
	while (n--) {
		size_t at = rnd() % size, len;
		const char *bit = dump_bits[rnd() % ARRAY_SIZE(dump_bits)];

		switch (rnd() % 4) {
		case 0:
			b[at] ^= (char)(1u << rnd() % 8);
			break;
		case 1:
			len = strlen(bit);
			memmove(b + at + len, b + at, size - at);
			memcpy(b + at, bit, len);
			size += len;
			break;
		case 2:
			len = rnd() % 16;
			len = DRBD_MIN(len, size - at);
			memmove(b + at, b + at + len, size - at - len);
			size -= len;
			break;
		case 3:
			if (rnd() % 8 == 0)
				size = at;
			break;
		}
		if (!size)
			b[size++] = ' ';
	}
	*out_size = size;
	return realloc(b, size);
}

TEST(a_bent_dump_is_refused_or_says_only_what_it_may)
{
	struct md_dump d;
	struct words w;
	u32 i, good = 0;

	CHECK_INT(parse(dump_08, sizeof(dump_08) - 1, "v08", &d, &w), 0);
	CHECK(w.count == 8 && d.words == 8 && d.md.uuid[2] == 0x0123456789abcdefull && d.has_stripes);
	CHECK_INT(parse(dump_07, sizeof(dump_07) - 1, "v07", &d, &w), 0);
	CHECK(w.count == 8 && d.gc[4] == 5);
	CHECK(freopen("/dev/null", "w", stderr) != NULL);
	for (i = 0; i < 40000 * rounds; i++) {
		bool v07 = rnd() & 1;
		size_t size;
		char *b = bent_dump(v07 ? dump_07 : dump_08, (v07 ? sizeof(dump_07) : sizeof(dump_08)) - 1, &size);

		if (!parse(b, size, v07 ? "v07" : "v08", &d, &w)) {
			good++;
			CHECK_INT(d.words, w.count);
			CHECK_STR(d.version, v07 ? "v07" : "v08");
			CHECK(v07 || drbd_md_stripes_ok(d.md.al_stripes, d.md.al_stripe_size_4k));
		}
		free(b);
	}
	CHECK_MSG(good > 1000, "only %u of %u were good", good, i);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rng = strtoull(argv[1], NULL, 0) | 1;
	if (argc > 2)
		rounds = (u32)atoi(argv[2]);
	read_samples();
	RUN(bent_packets_are_refused_or_decoded_and_nothing_else);
	RUN(a_handshake_of_bent_packets_leaves_a_state_that_exists);
	free_samples();
	RUN(a_bent_bitmap_sets_only_bits_that_exist);
	RUN(a_bent_super_block_is_refused_or_lies_within_its_device);
	RUN(every_flipped_bit_of_a_super_block_is_judged);
	RUN(every_flipped_bit_of_a_transaction_is_noticed);
	RUN(a_bent_activity_log_replays_into_slots_that_exist);
	RUN(a_bent_dump_is_refused_or_says_only_what_it_may);
	return UNIT_END;
}
