/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_bm.h"
#include "drbd-like/core/drbd_protocol.h"
#include "unit.h"

struct own_bm {
	struct drbd_bm bm;
	u64 **chunk;
	void *mem;
};

static void bm_make(struct own_bm *o, u64 bits)
{
	u32 n = drbd_bm_chunks(bits), c;

	o->chunk = calloc(n + 1, sizeof(*o->chunk));
	for (c = 0; c < n; c++)
		o->chunk[c] = calloc(1, DRBD_BM_CHUNK_BYTE);
	o->mem = malloc(drbd_bm_mem_byte(bits) + 8);
	drbd_bm_init(&o->bm, bits, o->chunk, o->mem);
}

static void bm_drop(struct own_bm *o)
{
	u32 c;

	for (c = 0; c < o->bm.chunks; c++)
		free(o->chunk[c]);
	free(o->chunk);
	free(o->mem);
}

static u32 seed = 1;

static u32 rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

TEST(bits_lie_little_endian_as_on_disk)
{
	struct own_bm o;
	const u8 *raw;

	bm_make(&o, 40000);
	raw = (const u8 *)o.chunk[0];
	drbd_bm_set(&o.bm, 9, 9);
	CHECK_INT(raw[1], 2);
	drbd_bm_set(&o.bm, 64, 71);
	CHECK_INT(raw[8], 0xff);
	drbd_bm_set(&o.bm, 32768, 32768);
	CHECK_INT(((const u8 *)o.chunk[1])[0], 1);
	CHECK_INT(o.bm.set, 10);
	bm_drop(&o);
}

/* Every operation against a plain array of bytes, over odd sizes. */
TEST(random_histories_match_a_plain_array)
{
	static const u64 sizes[] = { 1, 63, 64, 65, 32767, 32768, 32769, 3 * 32768 + 77, 70 * 32768ull + 1 };
	u32 k, step;

	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		u64 bits = sizes[k], i, n;
		u8 *ref = calloc(1, bits);
		struct own_bm o;

		bm_make(&o, bits);
		for (step = 0; step < 300; step++) {
			u64 a = rnd() % bits, len = 1 + rnd() % (step % 3 ? 50 : 40000), b = a + len - 1, changed = 0;
			u64 want_set = DRBD_BM_NONE, want_clear = DRBD_BM_NONE, in_range = 0;
			u8 to = rnd() & 1;

			b = DRBD_MIN(b, bits - 1);
			for (i = a; i <= b; i++) {
				changed += ref[i] != to;
				ref[i] = to;
			}
			CHECK_INT(to ? drbd_bm_set(&o.bm, a, b) : drbd_bm_clear(&o.bm, a, b), changed);
			a = rnd() % bits;
			b = a + rnd() % (bits - a);
			for (n = i = 0; i < bits; i++) {
				n += ref[i];
				if (i >= a && i <= b)
					in_range += ref[i];
				if (i >= a && ref[i] && want_set == DRBD_BM_NONE)
					want_set = i;
				if (i >= a && !ref[i] && want_clear == DRBD_BM_NONE)
					want_clear = i;
			}
			CHECK_INT(o.bm.set, n);
			CHECK_INT(drbd_bm_count(&o.bm, a, b), in_range);
			CHECK_INT(drbd_bm_next_set(&o.bm, a), want_set);
			CHECK_INT(drbd_bm_next_clear(&o.bm, a), want_clear);
			CHECK_INT(drbd_bm_test(&o.bm, a), ref[a]);
			if (bits > 70000 && step > 60)
				break;
		}
		CHECK_INT(drbd_bm_next_set(&o.bm, bits), DRBD_BM_NONE);
		CHECK(!drbd_bm_test(&o.bm, bits));
		bm_drop(&o);
		free(ref);
	}
}

TEST(one_pebibyte_is_searched_through_the_trees)
{
	/* all chunks but three are the same untouched page: reading another one would be seen in the counts */
	u64 bits = DRBD_BM_BITS_MAX;
	u32 n = drbd_bm_chunks(bits), c;
	u64 **chunk = malloc(n * sizeof(*chunk)), *page = calloc(4, DRBD_BM_CHUNK_BYTE);
	void *mem = malloc(drbd_bm_mem_byte(bits));
	struct drbd_bm bm;

	CHECK_INT(n, 8388608);
	for (c = 0; c < n; c++)
		chunk[c] = page;
	chunk[0] = page + 512;
	chunk[5000000] = page + 1024;
	chunk[n - 1] = page + 1536;
	drbd_bm_init(&bm, bits, chunk, mem);
	CHECK_INT(drbd_bm_next_set(&bm, 0), DRBD_BM_NONE);
	drbd_bm_set(&bm, bits - 1, bits - 1);
	CHECK_INT(drbd_bm_next_set(&bm, 0), bits - 1);
	drbd_bm_set(&bm, 5000000ull * 32768 + 12345, 5000000ull * 32768 + 12345);
	CHECK_INT(drbd_bm_next_set(&bm, 1), 5000000ull * 32768 + 12345);
	CHECK_INT(drbd_bm_next_set(&bm, 5000000ull * 32768 + 12346), bits - 1);
	CHECK_INT(drbd_bm_next_dirty(&bm, 0), 5000000);
	drbd_bm_clean(&bm, 5000000);
	CHECK_INT(drbd_bm_next_dirty(&bm, 0), n - 1);
	drbd_bm_clear(&bm, bits - 1, bits - 1);
	drbd_bm_clear(&bm, 5000000ull * 32768 + 12345, 5000000ull * 32768 + 12345);
	CHECK_INT(drbd_bm_next_set(&bm, 0), DRBD_BM_NONE);
	CHECK_INT(bm.set, 0);
	free(chunk);
	free(page);
	free(mem);
}

TEST(ranges_round_outward_for_out_of_sync_and_inward_for_in_sync)
{
	static const struct {
		u64 sector;
		u32 size_byte;
		int out;
		u64 out_first, out_last;
		int in;
		u64 in_first, in_last;
	} rows[] = {	/* device of 1001 sectors: bits 0..125, the last one is one sector */
		{ 0, 4096, 1, 0, 0, 1, 0, 0 },
		{ 0, 512, 1, 0, 0, 0, 0, 0 },
		{ 7, 1024, 1, 0, 1, 0, 0, 0 },
		{ 7, 5120, 1, 0, 2, 1, 1, 1 },	/* ends in sector 17 */
		{ 8, 8192, 1, 1, 2, 1, 1, 2 },
		{ 1000, 512, 1, 125, 125, 1, 125, 125 },
		{ 993, 4096, 1, 124, 125, 1, 125, 125 },
		{ 992, 4608, 1, 124, 125, 1, 124, 125 },
		{ 1001, 512, 1, 125, 125, 0, 0, 0 },	/* past the end but in the last bit */
		{ 1008, 512, 0, 0, 0, 0, 0, 0 },
		{ 16, 0, 0, 0, 0, 0, 0, 0 },
	};
	struct own_bm o;
	u32 i;

	bm_make(&o, drbd_bm_bits(1001));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 first = 0, last = 0;

		CHECK_MSG(drbd_bm_range_out(&o.bm, rows[i].sector, rows[i].size_byte, &first, &last) == rows[i].out &&
			  first == rows[i].out_first && last == rows[i].out_last, "out, row %u: %llu %llu", i, first, last);
		first = last = 0;
		CHECK_MSG(drbd_bm_range_in(&o.bm, 1001, rows[i].sector, rows[i].size_byte, &first, &last) == rows[i].in &&
			  first == rows[i].in_first && last == rows[i].in_last, "in, row %u: %llu %llu", i, first, last);
	}
	bm_drop(&o);
}

TEST(extent_weights_and_their_end)
{
	struct own_bm o;

	bm_make(&o, 5000);
	drbd_bm_set(&o.bm, 1000, 1100);
	drbd_bm_set(&o.bm, 4990, 4999);
	CHECK_INT(drbd_bm_al_weight(&o.bm, 0), 24);
	CHECK_INT(drbd_bm_al_weight(&o.bm, 1), 77);
	CHECK_INT(drbd_bm_al_weight(&o.bm, 4), 10);
	CHECK_INT(drbd_bm_al_weight(&o.bm, 5), 0);
	CHECK_INT(drbd_bm_rs_weight(&o.bm, 0), 101);
	CHECK_INT(drbd_bm_rs_weight(&o.bm, 1), 10);
	CHECK_INT(drbd_bm_rs_weight(&o.bm, 2), 0);
	bm_drop(&o);
}

TEST(bytes_from_disk_past_the_end_count_as_clear)
{
	struct own_bm o;

	bm_make(&o, 32768 + 70);
	memset(o.chunk[0], 0xff, DRBD_BM_CHUNK_BYTE);
	memset(o.chunk[1], 0xff, DRBD_BM_CHUNK_BYTE);
	drbd_bm_loaded(&o.bm, 0);
	drbd_bm_loaded(&o.bm, 1);
	CHECK_INT(o.bm.set, 32768 + 70);
	CHECK_INT(drbd_get_le64(o.chunk[1] + 1), 0x3f);
	CHECK_INT(o.chunk[1][2], 0);
	CHECK_INT(drbd_bm_next_clear(&o.bm, 0), DRBD_BM_NONE);
	CHECK_INT(drbd_bm_next_dirty(&o.bm, 0), DRBD_BM_NONE);
	bm_drop(&o);
}

TEST(dirty_chunks_are_those_that_changed)
{
	struct own_bm o;

	bm_make(&o, 5 * 32768);
	drbd_bm_set(&o.bm, 3 * 32768, 3 * 32768);
	CHECK_INT(drbd_bm_next_dirty(&o.bm, 0), 3);
	drbd_bm_clean(&o.bm, 3);
	drbd_bm_set(&o.bm, 3 * 32768, 3 * 32768);	/* no change */
	CHECK_INT(drbd_bm_next_dirty(&o.bm, 0), DRBD_BM_NONE);
	drbd_bm_clear(&o.bm, 0, 5 * 32768 - 1);
	CHECK_INT(drbd_bm_next_dirty(&o.bm, 0), 3);
	CHECK(drbd_bm_is_dirty(&o.bm, 3));
	drbd_bm_mark_dirty(&o.bm, 1);
	CHECK_INT(drbd_bm_next_dirty(&o.bm, 0), 1);
	bm_drop(&o);
}

TEST(resize_keeps_sets_or_drops)
{
	static const u64 sizes[] = { 100, 32768, 32769, 100000, 200000 };
	u32 a, b, set;

	for (a = 0; a < ARRAY_SIZE(sizes); a++) {
		for (b = 0; b < ARRAY_SIZE(sizes); b++) {
			for (set = 0; set < 2; set++) {
				struct own_bm from, to;
				u64 low = DRBD_MIN(sizes[a], sizes[b]);
				u32 c, shared;

				bm_make(&from, sizes[a]);
				bm_make(&to, sizes[b]);
				drbd_bm_set(&from.bm, 50, sizes[a] - 1);
				shared = DRBD_MIN(from.bm.chunks, to.bm.chunks);
				for (c = 0; c < shared; c++)
					free(to.chunk[c]);
				drbd_bm_resize(&to.bm, sizes[b], to.chunk, to.mem, &from.bm, set);
				CHECK_INT(to.bm.set, low - 50 + (set ? sizes[b] - low : 0));
				drbd_bm_clear(&to.bm, 0, low - 2);
				CHECK_INT(drbd_bm_next_set(&to.bm, 0), low - 1);
				drbd_bm_set(&to.bm, 50, low - 1);
				CHECK_INT(drbd_bm_next_set(&to.bm, 0), 50);
				CHECK_INT(drbd_bm_next_clear(&to.bm, 60), set || b <= a ? DRBD_BM_NONE : low);
				for (c = 0; c < to.bm.chunks; c++)
					CHECK(drbd_bm_is_dirty(&to.bm, c));
				for (c = 0; c < shared; c++)
					from.chunk[c] = NULL;
				bm_drop(&from);
				bm_drop(&to);
			}
		}
	}
}

TEST(growth_marks_the_block_that_was_partial)
{
	struct own_bm from, to;

	bm_make(&from, 100);
	bm_make(&to, 110);
	free(to.chunk[0]);
	drbd_bm_resize(&to.bm, 110, to.chunk, to.mem, &from.bm, true);
	CHECK_INT(drbd_bm_next_set(&to.bm, 0), 99);
	CHECK_INT(to.bm.set, 11);
	from.chunk[0] = NULL;
	bm_drop(&from);
	bm_drop(&to);
}

/* drbd-wire.md 14 */
TEST(vli_code_words_are_those_of_the_specification)
{
	static const struct {
		u64 value;
		u32 bits;
		u64 word;
	} rows[] = {
		{ 1, 2, 0x0 }, { 2, 2, 0x2 }, { 3, 3, 0x1 }, { 4, 3, 0x5 }, { 5, 5, 0x3 }, { 8, 5, 0x1b }, { 9, 7, 0x7 },
		{ 16, 7, 0x77 }, { 17, 10, 0xf }, { 48, 10, 0x3ef }, { 49, 14, 0x1f }, { 304, 14, 0x3fdf },
		{ 305, 21, 0x3f }, { 8496, 21, 0x1fff3f }, { 8497, 29, 0x7f }, { 2105648, 29, 0x1fffff7f },
		{ 2105649, 42, 0xbf }, { 17181974832ull, 42, 0x3ffffffffbfull }, { 17181974833ull, 64, 0xff },
		{ 72057611219902768ull, 64, ~0ull },
	};
	u64 word = 0, value = 0;
	u32 i, have;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(drbd_vli_encode(rows[i].value, &word), rows[i].bits);
		CHECK_INT(word, rows[i].word);
		CHECK_INT(drbd_vli_decode(word, 64, &value), rows[i].bits);
		CHECK_INT(value, rows[i].value);
		for (have = 0; have < rows[i].bits; have++)
			CHECK_INT(drbd_vli_decode(word, have, &value), 0);
	}
	CHECK_INT(drbd_vli_encode(0, &word), 0);
	CHECK_INT(drbd_vli_encode(72057611219902769ull, &word), 0);
	for (i = 1; i < 20000; i++) {
		u32 n = drbd_vli_encode(i, &word);

		CHECK(drbd_vli_decode(word | (n < 64 ? ~0ull << n : 0), 64, &value) == n && value == i);
	}
}

static void check_payload(struct drbd_bm *bm, const char *want, u32 len)
{
	struct drbd_bm_xfer x;
	u8 out[4080];
	u16 cmd;

	memset(&x, 0, sizeof(x));
	CHECK_INT(drbd_bm_send(bm, &x, true, out, sizeof(out), &cmd), len);
	CHECK_INT(cmd, P_COMPRESSED_BITMAP);
	CHECK(!memcmp(out, want, len));
	CHECK(x.done);
}

TEST(compressed_bitmaps_are_those_of_the_specification)
{
	struct own_bm o;

	bm_make(&o, 262144);
	check_payload(&o.bm, "\x32\x7f\xcf\xde\x03", 5);
	drbd_bm_set(&o.bm, 0, 262143);
	check_payload(&o.bm, "\xb2\x7f\xcf\xde\x03", 5);
	drbd_bm_clear(&o.bm, 0, 262143);
	drbd_bm_set(&o.bm, 5, 7);
	drbd_bm_set(&o.bm, 108, 127);
	check_payload(&o.bm, "\x32\x23\xdf\xcc\x1b\x7f\x4f\xde\x03", 9);
	bm_drop(&o);
}

/* Bitmaps of several kinds cross in both forms and are merged by OR. */
TEST(a_transfer_carries_every_bit)
{
	static const u64 sizes[] = { 0, 1, 64, 65, 32640, 32641, 261120, 300001 };
	static const u32 max_bytes[] = { 4080, 4088, 16 };
	u32 k, kind, rle, m, i, plain_seen = 0, rle_seen = 0;

	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		for (kind = 0; kind < 5; kind++) {
			for (m = 0; m < 3 * 2; m++) {
				struct own_bm a, b;
				struct drbd_bm_xfer tx, rx;
				u8 buf[4088];
				u32 size, max = max_bytes[m / 2], turns = 0;
				u64 bit, union_set;
				u16 cmd;

				rle = m & 1;
				bm_make(&a, sizes[k]);
				bm_make(&b, sizes[k]);
				for (i = 0; kind && sizes[k] && i < (kind == 1 ? 3u : 2000u); i++) {
					/* cppcheck-suppress zerodiv ; sizes[k] is asked for above */
					bit = rnd() % sizes[k];
					if (kind == 4)	/* sparse, then noise */
						bit = bit / 2 + sizes[k] / 2;
					drbd_bm_set(&a.bm, bit, DRBD_MIN(bit + (kind == 3 ? 900 : 0), sizes[k] - 1));
				}
				if (sizes[k])
					drbd_bm_set(&b.bm, 0, 0);
				union_set = a.bm.set + (sizes[k] && !drbd_bm_test(&a.bm, 0));
				memset(&tx, 0, sizeof(tx));
				memset(&rx, 0, sizeof(rx));
				while (!tx.done && turns++ < 100000) {
					size = drbd_bm_send(&a.bm, &tx, rle, buf, max, &cmd);
					CHECK(size <= max);
					*(cmd == P_BITMAP ? &plain_seen : &rle_seen) += 1;
					CHECK_INT(drbd_bm_receive(&b.bm, &rx, cmd, buf, size, max), 0);
					CHECK_INT(rx.bit, tx.bit);
				}
				CHECK(rx.done && tx.done);
				CHECK_INT(b.bm.set, union_set);
				for (bit = drbd_bm_next_set(&a.bm, 0); bit != DRBD_BM_NONE;
				     bit = drbd_bm_next_set(&a.bm, bit + 1))
					CHECK(drbd_bm_test(&b.bm, bit));
				CHECK_INT(drbd_bm_receive(&b.bm, &rx, P_BITMAP, buf, 0, max), -EPROTO);
				CHECK_INT(tx.bytes[0] + tx.bytes[1], rx.bytes[0] + rx.bytes[1]);
				bm_drop(&a);
				bm_drop(&b);
			}
		}
	}
	CHECK(plain_seen && rle_seen);
}

TEST(malformed_packets_are_refused)
{
	static const struct {
		const char *bytes;
		u32 len;
	} bad[] = {
		{ "", 0 }, { "\x02", 1 },			/* nothing coded */
		{ "\x01\x00", 2 }, { "\x03\x00", 2 },		/* unknown code */
		{ "\x82\x7f\xcf\xde\x03", 5 },			/* unused bits coded as a cut word */
		{ "\xb2\x7f\xcf\xde", 4 },			/* cut */
		{ "\x82\xff\xff\xff\xff\xff\xff\xff\xff", 9 },	/* far past the end, ones */
		{ "\x02\xff\xff\xff\xff\xff\xff\xff\xff", 9 },	/* ... and zeroes */
	};
	struct own_bm o;
	struct drbd_bm_xfer x;
	u8 buf[4096];
	u32 i;

	bm_make(&o, 262144);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&x, 0, sizeof(x));
		CHECK_MSG(drbd_bm_receive(&o.bm, &x, P_COMPRESSED_BITMAP, bad[i].bytes, bad[i].len, 4080) == -EPROTO,
			  "row %u", i);
		/* runs in front of the bad one are in: the peer's word that these blocks differ is kept */
		CHECK_INT(o.bm.set, i == 4 ? 262144 : 0);
		drbd_bm_clear(&o.bm, 0, 262143);
	}
	memset(buf, 0xff, sizeof(buf));
	for (i = 0; i < sizeof(buf); i++) {
		memset(&x, 0, sizeof(x));
		CHECK((drbd_bm_receive(&o.bm, &x, P_BITMAP, buf, i, 4080) == 0) == (i == 4080));
	}
	memset(&x, 0, sizeof(x));
	CHECK_INT(drbd_bm_receive(&o.bm, &x, P_DATA, buf, 8, 4080), -EPROTO);
	bm_drop(&o);
}

TEST(noise_never_leaves_the_bitmap)
{
	struct own_bm o;
	u32 i, n;

	bm_make(&o, 40001);
	for (i = 0; i < 20000; i++) {
		struct drbd_bm_xfer x;
		u8 buf[64];
		u32 len = rnd() % sizeof(buf);

		for (n = 0; n < len; n++)
			buf[n] = (u8)rnd();
		if (len && i % 2)
			buf[0] = (u8)((buf[0] & 0xf0) | 2);
		memset(&x, 0, sizeof(x));
		x.bit = rnd() % 40001;
		if (!drbd_bm_receive(&o.bm, &x, P_COMPRESSED_BITMAP, buf, len, 4080))
			CHECK(x.bit <= 40001);
		if (i % 64 == 0)
			drbd_bm_clear(&o.bm, 0, 40000);
	}
	CHECK(o.bm.set <= 40001);
	bm_drop(&o);
}

int main(void)
{
	RUN(bits_lie_little_endian_as_on_disk);
	RUN(random_histories_match_a_plain_array);
	RUN(one_pebibyte_is_searched_through_the_trees);
	RUN(ranges_round_outward_for_out_of_sync_and_inward_for_in_sync);
	RUN(extent_weights_and_their_end);
	RUN(bytes_from_disk_past_the_end_count_as_clear);
	RUN(dirty_chunks_are_those_that_changed);
	RUN(resize_keeps_sets_or_drops);
	RUN(growth_marks_the_block_that_was_partial);
	RUN(vli_code_words_are_those_of_the_specification);
	RUN(compressed_bitmaps_are_those_of_the_specification);
	RUN(a_transfer_carries_every_bit);
	RUN(malformed_packets_are_refused);
	RUN(noise_never_leaves_the_bitmap);
	return UNIT_END;
}
