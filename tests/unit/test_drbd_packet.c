/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets: the table, headers, every packet of the captures of the original, every packet cut at every byte, fuzz. */
#include <glob.h>
#include "drbd-like/core/drbd_packet.h"
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

static size_t unhex(const char *text, u8 *to)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned v;

		if (*text == ' ' || *text == '|')
			continue;
		sscanf(text, "%2x", &v);
		to[n++] = (u8)v;
		text++;
	}
	return n;
}

/* --- captures --------------------------------------------------------------------------------------------- */

static unsigned seen[0x10000];

struct reader {
	u16 apv;
	u32 features;
	u8 sock;		/* sockets it can still be */
	enum drbd_phase phase;
};

/* Decodes one packet at *at; 0 and the bytes it takes, -1: incomplete, -2: wrong. */
static long one_packet(struct reader *r, const u8 *at, size_t left)
{
	u8 out[DRBD_HEADER_MAX + DRBD_FIXED_MAX + 8];
	const struct drbd_packet_info *info;
	struct drbd_header h;
	struct drbd_pkt pkt;
	u32 head = drbd_header_size(r->apv), fixed, n;
	const char *why;
	u8 sock;

	if (left < head)
		return -1;
	if (!drbd_get_header(at, r->apv, &h))
		return -2;
	info = drbd_packet_info(h.cmd);
	if (!info)
		return -2;
	r->sock &= info->sock;
	if (!r->sock)
		return -2;
	sock = r->sock & DRBD_DATA_SOCK ? DRBD_DATA_SOCK : DRBD_META_SOCK;
	if (drbd_packet_check(&h, sock, info->phase, r->apv, r->features, &fixed, &why)) {
		printf("# %s: %s\n", info->name, why);
		return -2;
	}
	if (left < head + h.length)
		return -1;
	if (!drbd_get_packet(&h, r->apv, r->features, at + head, fixed, &pkt))
		return -2;
	n = drbd_put_packet(&pkt, r->apv, r->features, out, sizeof(out));
	if (n != head + fixed || memcmp(out, at, n)) {
		printf("# %s does not encode to the same bytes\n", info->name);
		return -2;
	}
	seen[h.cmd]++;
	if (h.cmd == P_CONNECTION_FEATURES) {
		CHECK_INT(pkt.u.features.protocol_max, 101);
		CHECK_INT(pkt.u.features.feature_flags, DRBD_FF_ALL);
		r->apv = 101;
		r->features = DRBD_FF_ALL;
	}
	return head + h.length;
}

static unsigned walk_stream(const char *file, const struct pcap_stream *s)
{
	struct reader r = { 101, DRBD_FF_ALL, DRBD_DATA_SOCK | DRBD_META_SOCK, PH_LOOP };
	size_t at = 0;
	unsigned n = 0;

	if (s->from_start) {
		r.apv = 80;
		r.features = 0;
	}
	CHECK_INT(s->holes, 0);
	while (at < s->size) {
		long used = one_packet(&r, s->data + at, s->size - at);

		/* The meta socket changes over without a features packet of its own. */
		if (used == -2 && r.apv == 80 && at <= 8) {
			r.apv = 101;
			r.features = DRBD_FF_ALL;
			continue;
		}
		if (used < 0) {
			CHECK_MSG(used == -1, "%s: port %u to %u: bad packet at byte %zu", file, s->sport, s->dport,
				  at);
			/* The recorder lost the end of the initial sync, in the middle of a reply. */
			CHECK_MSG(used != -1 || (strstr(file, "/01-") && s->sport == 7001),
				  "%s: port %u to %u: %zu bytes left", file, s->sport, s->dport, s->size - at);
			break;
		}
		at += (size_t)used;
		n++;
	}
	return n;
}

TEST(every_captured_packet_decodes_and_encodes_to_the_same_bytes)
{
	static const u16 must[] = {
		P_INITIAL_DATA, P_INITIAL_META, P_CONNECTION_FEATURES, P_AUTH_CHALLENGE, P_AUTH_RESPONSE, P_PROTOCOL,
		P_SYNC_PARAM89, P_SIZES, P_UUIDS, P_STATE, P_SYNC_UUID, P_DATA, P_WRITE_ACK, P_RECV_ACK,
		P_BARRIER, P_BARRIER_ACK, P_TRIM, P_BITMAP, P_COMPRESSED_BITMAP, P_RS_DATA_REQUEST,
		P_RS_DATA_REPLY, P_RS_WRITE_ACK, P_CSUM_RS_REQUEST, P_OV_REQUEST, P_OV_REPLY,
		P_OV_RESULT, P_DATA_REQUEST, P_DATA_REPLY, P_STATE_CHG_REQ, P_STATE_CHG_REPLY,
		P_CONN_ST_CHG_REQ, P_CONN_ST_CHG_REPLY, P_PING, P_PING_ACK,
	};
	unsigned i;
	glob_t g;
	size_t f;

	CHECK(!glob(CAPTURES, 0, NULL, &g));
	CHECK_INT(g.gl_pathc, 12);
	for (f = 0; f < g.gl_pathc; f++) {
		struct pcap p;
		unsigned n = 0;
		int s;

		CHECK(!pcap_read(&p, g.gl_pathv[f]));
		for (s = 0; s < p.streams; s++)
			n += walk_stream(g.gl_pathv[f], &p.stream[s]);
		CHECK_MSG(n > 2, "%s: only %u packets", g.gl_pathv[f], n);
		pcap_free(&p);
	}
	globfree(&g);
	for (i = 0; i < ARRAY_SIZE(must); i++)
		CHECK_MSG(seen[must[i]], "no %s in the captures", drbd_packet_name(must[i]));
}

/* --- table and headers --------------------------------------------------------------------------------------- */

TEST(every_number_finds_its_row_or_none)
{
	u32 cmd, found = 0;

	for (cmd = 0; cmd <= 0xffff; cmd++) {
		const struct drbd_packet_info *info = drbd_packet_info((u16)cmd);

		if (!info)
			continue;
		found++;
		CHECK_INT(info->cmd, cmd);
		CHECK_STR(drbd_packet_name((u16)cmd), info->name);
	}
	CHECK_INT(found, drbd_packet_table_nr);
	CHECK_STR(drbd_packet_name(0x25), "unknown packet");
}

static void check_header(u16 apv, u16 cmd, u16 volume, u32 length, const char *hex)
{
	struct drbd_header h = { cmd, volume, length }, back;
	u8 want[16], have[16];
	size_t n = unhex(hex, want);

	CHECK_INT(drbd_put_header(have, apv, &h), n);
	CHECK(!memcmp(have, want, n));
	if (cmd >= P_INITIAL_META)
		apv = 80;
	CHECK(drbd_get_header(have, apv, &back));
	CHECK(back.cmd == cmd && back.volume == (apv >= 100 ? volume : 0) && back.length == length);
}

TEST(headers_look_as_in_the_test_vectors)
{
	check_header(80, P_INITIAL_DATA, 0, 0, "83740267 fff2 0000");
	check_header(101, P_INITIAL_META, 0, 0, "83740267 fff1 0000");
	check_header(80, P_CONNECTION_FEATURES, 0, 72, "83740267 fffe 0048");
	check_header(101, P_PING, 0, 0, "8620ec20 0000 0013 00000000 00000000");
	check_header(100, P_PROTOCOL, 0, 25, "8620ec20 0000 000b 00000019 00000000");
	check_header(100, P_DATA, 7, 24 + 4096, "8620ec20 0007 0000 00001018 00000000");
	check_header(95, P_DATA, 0, 0x10018, "835a 0000 00010018");
	check_header(95, P_DATA, 0, 32768, "83740267 0000 8000");
	check_header(95, P_DATA, 0, 32769, "835a 0000 00008001");
	check_header(94, P_DATA, 0, 24 + 32768, "83740267 0000 8018");
}

TEST(headers_of_another_version_are_refused)
{
	struct drbd_header h;
	u8 b[16];

	unhex("8620ec20 0000 0013 00000000 00000000", b);
	CHECK(drbd_get_header(b, 101, &h));
	CHECK(!drbd_get_header(b, 99, &h));
	b[15] = 1;
	CHECK(!drbd_get_header(b, 101, &h));
	unhex("83740267 0013 0000 83740267 0013 0000", b);
	CHECK(drbd_get_header(b, 99, &h));
	CHECK(!drbd_get_header(b, 100, &h));
	unhex("835a 0000 00010018 0000000000000000", b);
	CHECK(drbd_get_header(b, 86, &h));
	CHECK(!drbd_get_header(b, 100, &h));
}

static u32 check(u16 cmd, u8 sock, enum drbd_phase phase, u16 apv, u32 features, u32 length, u32 *fixed)
{
	struct drbd_header h = { cmd, 0, length };
	const char *why;

	return drbd_packet_check(&h, sock, phase, apv, features, fixed, &why);
}

TEST(bad_packets_lead_where_the_original_goes)
{
	u32 fixed;

	CHECK_INT(check(0x25, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 0, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(0x25, DRBD_META_SOCK, PH_LOOP, 101, 0, 0, &fixed), C_DISCONNECTING);
	CHECK_INT(check(P_DATA, DRBD_META_SOCK, PH_LOOP, 101, 0, 24, &fixed), C_DISCONNECTING);
	CHECK_INT(check(P_PING, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 0, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_PING, DRBD_META_SOCK, PH_LOOP, 101, 0, 1, &fixed), C_NETWORK_FAILURE);
	CHECK_INT(check(P_WRITE_ACK, DRBD_META_SOCK, PH_LOOP, 101, 0, 23, &fixed), C_NETWORK_FAILURE);
	CHECK_INT(check(P_STATE, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 3, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_STATE, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 5, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_BECOME_SYNC_TARGET, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 0, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_AUTH_CHALLENGE, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 64, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_DATA, DRBD_DATA_SOCK, PH_AUTH, 101, 0, 64, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_TRIM, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 28, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_TRIM, DRBD_DATA_SOCK, PH_LOOP, 101, DRBD_FF_TRIM, 28, &fixed), 0);
	CHECK_INT(check(P_SYNC_PARAM89, DRBD_DATA_SOCK, PH_LOOP, 88, 0, 132, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_PROTOCOL, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 24, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_PROTOCOL, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 24 + 65, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_PROTOCOL, DRBD_DATA_SOCK, PH_LOOP, 86, 0, 24, &fixed), 0);
	CHECK_INT(check(P_PROTOCOL, DRBD_DATA_SOCK, PH_LOOP, 86, 0, 25, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_SIZES, DRBD_DATA_SOCK, PH_LOOP, 101, DRBD_FF_WSAME, 32, &fixed), C_PROTOCOL_ERROR);
	CHECK_INT(check(P_DATA, DRBD_DATA_SOCK, PH_LOOP, 101, 0, 0xffffffff, &fixed), C_PROTOCOL_ERROR);
}

/* --- every packet, every version, cut at every byte ----------------------------------------------------------- */

/* Bytes that a decoder of this packet accepts. */
static void random_fixed(const struct drbd_packet_info *info, u16 apv, u8 *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		b[i] = (u8)rnd();
	if (info->tail == TAIL_TEXT && n > 4)
		b[n - 1] = 0;
	if (info->layout == PL_RS_PARAM && apv >= 89) {
		b[4 + 63] = 0;
		b[4 + 127] = 0;
	}
}

static void one_shape(const struct drbd_packet_info *info, u16 apv, u32 features, u32 text)
{
	u8 bytes[DRBD_FIXED_MAX + 8], out[DRBD_HEADER_MAX + DRBD_FIXED_MAX + 8];
	u8 sock = info->sock & DRBD_DATA_SOCK ? DRBD_DATA_SOCK : DRBD_META_SOCK;
	u32 fixed = drbd_packet_fixed(info, apv, features, 0), got, n, cut, head;
	struct drbd_header h = { info->cmd, 0, 0 };
	struct drbd_pkt pkt, cut_pkt;
	const char *why;

	if (info->tail == TAIL_TEXT)
		fixed = (info->layout == PL_PROTOCOL ? 24 : 4) + text;
	h.length = fixed;
	if (info->phase != PH_NEVER)
		CHECK_INT(drbd_packet_check(&h, sock, info->phase, apv, features, &got, &why), 0);
	else
		got = fixed;
	CHECK_INT(got, fixed);
	random_fixed(info, apv, bytes, fixed);
	CHECK_MSG(drbd_get_packet(&h, apv, features, bytes, fixed, &pkt), "%s at %u", info->name, apv);
	CHECK_INT(pkt.tail_byte, 0);
	n = drbd_put_packet(&pkt, apv, features, out, sizeof(out));
	head = info->cmd >= P_INITIAL_META ? 8 : drbd_header_size(apv);
	CHECK_INT(n, head + fixed);
	CHECK_MSG(!memcmp(out + head, bytes, fixed), "%s at %u encodes to other bytes", info->name, apv);
	for (cut = 0; cut < fixed; cut++) {
		/* A buffer of exactly that size, so that the sanitizer sees a read behind it. */
		u8 *part = malloc(cut ? cut : 1);
		bool may = info->tail == TAIL_TEXT && cut > fixed - text && !bytes[cut - 1];

		memcpy(part, bytes, cut);
		CHECK_MSG(drbd_get_packet(&h, apv, features, part, cut, &cut_pkt) == may, "%s at %u cut at %u",
			  info->name, apv, cut);
		CHECK_INT(drbd_put_packet(&pkt, apv, features, part, cut), 0);
		free(part);
		h.length = cut;
		if (info->phase != PH_NEVER && info->tail != TAIL_TEXT)
			CHECK(drbd_packet_check(&h, sock, info->phase, apv, features, &got, &why) != 0);
		h.length = fixed;
	}
}

TEST(every_packet_of_every_version_survives_being_cut_at_every_byte)
{
	u32 i, ff;
	u16 apv;

	for (i = 0; i < drbd_packet_table_nr; i++) {
		const struct drbd_packet_info *info = &drbd_packet_table[i];

		for (apv = 86; apv <= 101; apv++) {
			bool text = info->tail == TAIL_TEXT && (info->layout == PL_PROTOCOL ? apv >= 87 : apv == 88);

			if (apv < info->apv_min || apv > info->apv_max)
				continue;
			for (ff = info->features; ff <= DRBD_FF_ALL; ff++) {
				if (info->features & ~ff || (apv < 100 && ff))
					continue;
				one_shape(info, apv, ff, text ? 1 : 0);
				one_shape(info, apv, ff, text ? 64 : 0);
			}
		}
	}
}

TEST(a_packet_is_not_written_for_a_version_that_lacks_it)
{
	struct drbd_pkt pkt;
	u8 out[64];

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_RETRY_WRITE;
	CHECK_INT(drbd_put_packet(&pkt, 99, 0, out, sizeof(out)), 0);
	CHECK_INT(drbd_put_packet(&pkt, 100, 0, out, sizeof(out)), 40);
	CHECK_INT(drbd_put_packet(&pkt, 100, 0, out, 39), 0);
	pkt.cmd = 0x30;
	CHECK_INT(drbd_put_packet(&pkt, 100, 0, out, sizeof(out)), 0);
}

TEST(random_bytes_are_refused_or_encode_to_themselves)
{
	u32 round, i, accepted = 0;

	for (round = 0; round < 200000; round++) {
		u16 apv = (u16)(86 + rnd() % 16);
		u32 ff = (u32)rnd() & DRBD_FF_ALL, head = drbd_header_size(apv), fixed, n;
		u8 in[DRBD_HEADER_MAX + 200], out[DRBD_HEADER_MAX + 200];
		struct drbd_header h;
		struct drbd_pkt pkt;
		const char *why;
		u8 sock = rnd() & 1 ? DRBD_DATA_SOCK : DRBD_META_SOCK;

		for (i = 0; i < sizeof(in); i++)
			in[i] = rnd() % 3 ? (u8)rnd() : 0;
		h.cmd = (u16)(rnd() % 0x38);
		h.volume = (u16)(apv >= 100 ? rnd() : 0);
		h.length = (u32)(rnd() % 180);
		drbd_put_header(in, apv, &h);
		if (rnd() % 8 == 0)
			in[rnd() % head] ^= (u8)(1 << rnd() % 8);
		if (!drbd_get_header(in, apv, &h))
			continue;
		if (drbd_packet_check(&h, sock, PH_LOOP, apv, ff, &fixed, &why))
			continue;
		CHECK(fixed <= DRBD_FIXED_MAX && fixed <= h.length);
		if (!drbd_get_packet(&h, apv, ff, in + head, fixed, &pkt))
			continue;
		accepted++;
		n = drbd_put_packet(&pkt, apv, ff, out, sizeof(out));
		CHECK_INT(n, head + fixed);
		CHECK(!memcmp(out + head, in + head, fixed));
	}
	CHECK_MSG(accepted > 1000, "only %u random packets were accepted", accepted);
}

/* --- ranges ------------------------------------------------------------------------------------------------------ */

TEST(ranges_outside_the_device_or_of_odd_size_are_refused)
{
	struct drbd_pkt p;
	u32 size;

	memset(&p, 0, sizeof(p));
	p.cmd = P_DATA;
	p.tail_byte = 4096;
	CHECK(!drbd_packet_range(&p, 0, 8, &size));
	CHECK_INT(size, 4096);
	CHECK(drbd_packet_range(&p, 0, 7, &size));
	p.u.data.sector = 1;
	CHECK(drbd_packet_range(&p, 0, 8, &size));
	p.u.data.sector = ~0ull;
	CHECK(drbd_packet_range(&p, 0, 8, &size));
	p.u.data.sector = 0;
	CHECK(drbd_packet_range(&p, 4, 8, &size));
	p.tail_byte = 4100;
	CHECK(!drbd_packet_range(&p, 4, 8, &size));
	CHECK_INT(size, 4096);
	p.tail_byte = 3;
	CHECK(drbd_packet_range(&p, 4, 8, &size));
	p.tail_byte = 0;
	CHECK(drbd_packet_range(&p, 0, 8, &size));
	p.u.data.dp_flags = DP_FLUSH;
	CHECK(!drbd_packet_range(&p, 0, 8, &size));
	CHECK_INT(size, 0);
	p.tail_byte = DRBD_MAX_BIO_SIZE;
	CHECK(!drbd_packet_range(&p, 0, 1 << 20, &size));
	p.tail_byte += 512;
	CHECK(drbd_packet_range(&p, 0, 1 << 20, &size));
	p.cmd = P_TRIM;
	p.tail_byte = 0;
	p.u.data.size_byte = DRBD_MAX_BATCH_SIZE;
	CHECK(!drbd_packet_range(&p, 4, 1 << 20, &size));
	p.u.data.size_byte += 512;
	CHECK(drbd_packet_range(&p, 4, 1 << 20, &size));
	p.u.data.size_byte = 512;
	p.tail_byte = 4;
	CHECK(drbd_packet_range(&p, 4, 1 << 20, &size));
	memset(&p, 0, sizeof(p));
	p.cmd = P_OV_REPLY;
	p.u.req.blksize = 4096;
	p.tail_byte = 20;
	CHECK(!drbd_packet_range(&p, 20, 8, &size));
	CHECK(drbd_packet_range(&p, 16, 8, &size));
	p.u.req.blksize = 0;
	CHECK(drbd_packet_range(&p, 20, 8, &size));
	p.cmd = P_PING;
	CHECK(drbd_packet_range(&p, 0, 8, &size));
}

int main(void)
{
	RUN(every_captured_packet_decodes_and_encodes_to_the_same_bytes);
	RUN(every_number_finds_its_row_or_none);
	RUN(headers_look_as_in_the_test_vectors);
	RUN(headers_of_another_version_are_refused);
	RUN(bad_packets_lead_where_the_original_goes);
	RUN(every_packet_of_every_version_survives_being_cut_at_every_byte);
	RUN(a_packet_is_not_written_for_a_version_that_lacks_it);
	RUN(random_bytes_are_refused_or_encode_to_themselves);
	RUN(ranges_outside_the_device_or_of_odd_size_are_refused);
	return UNIT_END;
}
