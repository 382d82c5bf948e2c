/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_al.h"
#include "unit.h"

static struct drbd_al_tr tr;

static struct drbd_al *al_make(u32 nr, u32 stripes, u32 size_4k, u32 extents)
{
	struct drbd_al *al = malloc(sizeof(*al));

	drbd_al_init(al, malloc(drbd_al_mem_byte(nr)), nr, stripes, size_4k, extents, 0);
	return al;
}

static void al_drop(struct drbd_al *al)
{
	free(al->slot);
	free(al);
}

/* Takes and writes at once; returns the number of updates. */
static u32 activate(struct drbd_al *al, u32 first, u32 last)
{
	u32 ticket = 0;

	if (drbd_al_begin(al, first, last, &ticket) != AL_WRITE_FIRST)
		return 0;
	CHECK(!drbd_al_ready(al, ticket));
	CHECK(drbd_al_prepare(al, &tr));
	CHECK(!drbd_al_ready(al, ticket));
	drbd_al_committed(al, &tr, true);
	CHECK(drbd_al_ready(al, ticket));
	return tr.nr;
}

TEST(checksum_is_the_original_one)
{
	u8 block[4096];
	struct drbd_al_tr back;

	CHECK_INT(drbd_al_crc32c(~0u, "123456789", 9) ^ ~0u, 0xe3069283);	/* the published check value */
	drbd_al_encode_initialized(block);
	CHECK_INT(drbd_get_be32(block), 0x69cb65a2);
	CHECK_INT(drbd_get_be32(block + 8), 0x709cc651);
	CHECK_INT(drbd_get_be16(block + 12), 0xffff);
	CHECK(drbd_al_decode(block, &back));
	CHECK_INT(back.type, AL_TR_INITIALIZED);
}

TEST(ring_rotates_over_the_stripes)
{
	static const u32 want[] = { 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11 };	/* 3 stripes of 4 blocks */
	u32 t;

	for (t = 0; t < 24; t++)
		CHECK_INT(drbd_al_block_sect(3, 4, drbd_al_ring_block(3, 4, t)), want[t % 12] * 8);
	CHECK_INT(drbd_al_nr_max(1, 8), 6433);
	CHECK_INT(drbd_al_nr_max(1, 72), 65249);
	CHECK_INT(drbd_al_nr_max(1, 73), 65534);
	CHECK_INT(drbd_al_nr_max(2048, 2048), 65534);
}

TEST(first_write_needs_a_transaction_and_the_next_none)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket;

	CHECK(!drbd_al_begin_fast(al, 3, 4));
	CHECK_INT(activate(al, 3, 4), 2);
	CHECK_INT(tr.number, 0);
	CHECK_INT(tr.extent[0], 3);
	CHECK_INT(tr.old[0], AL_NONE);
	CHECK_INT(tr.context_size, 7);
	CHECK_INT(tr.context[0], AL_NONE);
	CHECK_INT(al->used, 2);
	CHECK(drbd_al_begin_fast(al, 4, 4));
	CHECK_INT(drbd_al_begin(al, 3, 4, &ticket), AL_READY);
	CHECK(drbd_al_busy(al, 0, 3));
	CHECK(!drbd_al_busy(al, 5, 200));
	CHECK(!drbd_al_end(al, 4, 4));
	CHECK(!drbd_al_end(al, 3, 4));
	CHECK(drbd_al_end(al, 3, 4));
	CHECK_INT(al->used, 0);
	CHECK_INT(al->idle, 7);
	CHECK(!drbd_al_busy(al, 0, 99));
	CHECK(drbd_al_begin_fast(al, 3, 3));	/* still active */
	al_drop(al);
}

TEST(least_recently_used_goes_first)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 e;

	for (e = 0; e < 7; e++) {
		activate(al, e * 2, e * 2);
		drbd_al_end(al, e * 2, e * 2);
	}
	CHECK(drbd_al_begin_fast(al, 0, 0));
	drbd_al_end(al, 0, 0);		/* now 2 is the oldest */
	CHECK_INT(activate(al, 50, 50), 1);
	CHECK_INT(tr.old[0], 2);
	CHECK_INT(tr.extent[0], 50);
	CHECK_INT(activate(al, 52, 52), 1);
	CHECK_INT(tr.old[0], 4);
	al_drop(al);
}

TEST(an_extent_of_the_same_request_is_not_replaced)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 e;

	for (e = 10; e < 17; e++) {
		activate(al, e, e);
		drbd_al_end(al, e, e);
	}
	CHECK_INT(activate(al, 9, 10), 1);	/* 10 is the oldest, and wanted */
	CHECK_INT(tr.old[0], 11);
	al_drop(al);
}

TEST(all_or_nothing_when_full)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket;

	activate(al, 0, 5);
	CHECK_INT(drbd_al_begin(al, 5, 7, &ticket), AL_FULL);
	CHECK_INT(al->starving, 1);
	CHECK_INT(al->used, 6);
	CHECK_INT(al->idle, 1);
	CHECK(drbd_al_end(al, 0, 0));
	CHECK_INT(activate(al, 5, 7), 2);
	al_drop(al);
}

TEST(changes_gather_while_a_transaction_is_written)
{
	struct drbd_al *al = al_make(200, 1, 8, 1000);
	u32 t1, t2, t3, t4;
	static struct drbd_al_tr second;

	CHECK_INT(drbd_al_begin(al, 1, 1, &t1), AL_WRITE_FIRST);
	CHECK(drbd_al_prepare(al, &tr));
	CHECK_INT(drbd_al_begin(al, 1, 1, &t2), AL_WRITE_FIRST);	/* in the one under way */
	CHECK_INT(t2, t1);
	CHECK_INT(drbd_al_begin(al, 2, 2, &t3), AL_WRITE_FIRST);
	CHECK_INT(drbd_al_begin(al, 1, 3, &t4), AL_WRITE_FIRST);
	CHECK_INT(t4, t3);
	CHECK(!drbd_al_prepare(al, &second));
	drbd_al_committed(al, &tr, true);
	CHECK(drbd_al_ready(al, t1));
	CHECK(!drbd_al_ready(al, t3));
	CHECK(drbd_al_prepare(al, &second));
	CHECK_INT(second.number, 1);
	CHECK_INT(second.nr, 2);
	CHECK(!drbd_al_ready(al, t3));
	drbd_al_committed(al, &second, true);
	CHECK(drbd_al_ready(al, t3));
	CHECK(!drbd_al_prepare(al, &second));
	al_drop(al);
}

TEST(a_transaction_holds_64_extents)
{
	struct drbd_al *al = al_make(200, 1, 8, 1000);
	u32 ticket;

	CHECK_INT(drbd_al_begin(al, 0, 62, &ticket), AL_WRITE_FIRST);
	CHECK_INT(drbd_al_begin(al, 100, 101, &ticket), AL_DUE);
	CHECK_INT(al->collected, 63);
	CHECK_INT(drbd_al_begin(al, 100, 100, &ticket), AL_WRITE_FIRST);
	CHECK(drbd_al_prepare(al, &tr));
	CHECK_INT(tr.nr, 64);
	drbd_al_committed(al, &tr, true);
	CHECK_INT(drbd_al_begin(al, 100, 101, &ticket), AL_WRITE_FIRST);
	al_drop(al);
}

TEST(slots_given_back_before_their_transaction_are_due_not_lost)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket;

	CHECK_INT(drbd_al_begin(al, 0, 6, &ticket), AL_WRITE_FIRST);
	drbd_al_end(al, 0, 6);
	CHECK_INT(drbd_al_begin(al, 10, 10, &ticket), AL_DUE);
	CHECK(drbd_al_prepare(al, &tr));
	drbd_al_committed(al, &tr, true);
	CHECK_INT(drbd_al_begin(al, 10, 10, &ticket), AL_WRITE_FIRST);
	al_drop(al);
}

TEST(a_failed_write_is_given_again)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket, later;

	CHECK_INT(drbd_al_begin(al, 4, 5, &ticket), AL_WRITE_FIRST);
	CHECK(drbd_al_prepare(al, &tr));
	CHECK_INT(drbd_al_begin(al, 6, 6, &later), AL_WRITE_FIRST);
	drbd_al_failed(al, &tr);
	CHECK(!drbd_al_ready(al, ticket));
	CHECK(drbd_al_prepare(al, &tr));
	CHECK(tr.number == 0 && tr.nr == 2 && tr.extent[0] == 4 && tr.extent[1] == 5);
	drbd_al_committed(al, &tr, true);
	CHECK(drbd_al_ready(al, ticket) && !drbd_al_ready(al, later));
	CHECK(drbd_al_prepare(al, &tr));
	CHECK(tr.number == 1 && tr.extent[0] == 6);
	al_drop(al);
}

TEST(without_al_updates_no_number_is_used_up)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket;

	drbd_al_begin(al, 4, 4, &ticket);
	drbd_al_prepare(al, &tr);
	drbd_al_committed(al, &tr, false);
	CHECK(drbd_al_ready(al, ticket));
	CHECK_INT(activate(al, 5, 5), 1);
	CHECK_INT(tr.number, 0);
	CHECK_INT(tr.context[0], 4);
	al_drop(al);
}

TEST(a_stream_is_run_ahead_of)
{
	struct drbd_al *al = al_make(257, 1, 8, 40);
	u32 e, ticket, writes = 0;

	al->ahead = 4;
	activate(al, 30, 30);
	CHECK_INT(tr.nr, 1);		/* one extent alone is no stream */
	for (e = 0; e < 29; e++) {
		enum drbd_al_need need = drbd_al_begin(al, e, e, &ticket);

		CHECK(need == AL_READY || e < 2);
		if (drbd_al_prepare(al, &tr)) {
			CHECK(tr.nr <= 5);
			drbd_al_committed(al, &tr, true);
			writes++;
		}
		drbd_al_end(al, e, e);
	}
	CHECK(writes <= 10);
	for (e = 31; e < 40; e++) {
		drbd_al_begin(al, e, e, &ticket);
		if (drbd_al_prepare(al, &tr))
			drbd_al_committed(al, &tr, true);
		for (ticket = 0; ticket < tr.nr; ticket++)
			CHECK(tr.extent[ticket] < 40);	/* not past the device */
	}
	al_drop(al);
}

TEST(emptied_only_when_nothing_is_in_use)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);

	activate(al, 1, 1);
	CHECK(!drbd_al_empty(al, 200));
	drbd_al_end(al, 1, 1);
	CHECK(drbd_al_empty(al, 200));
	CHECK(!drbd_al_begin_fast(al, 1, 1));
	CHECK_INT(activate(al, 150, 150), 1);
	CHECK_INT(tr.number, 1);
	al_drop(al);
}

TEST(encode_of_decode_gives_the_same_bytes)
{
	struct drbd_al *al = al_make(2000, 1, 8, 5000);
	static struct drbd_al_tr back;
	u8 block[4096], again[4096];
	u32 i, n;

	for (i = 0; i < 40; i++) {
		activate(al, i * 60, i * 60 + 59);
		CHECK_INT(tr.context_start, i % 3 * 919);
		drbd_al_encode(&tr, block);
		CHECK(drbd_al_decode(block, &back));
		drbd_al_encode(&back, again);
		CHECK(!memcmp(block, again, sizeof(block)));
		if (i < 32)
			drbd_al_end(al, i * 60, i * 60 + 59);
	}
	for (n = 0; n < 4096; n++) {	/* any byte flipped is noticed */
		block[n] ^= 0x10;
		CHECK(!drbd_al_decode(block, &back));
		block[n] ^= 0x10;
	}
	al_drop(al);
}

/* --- crash: what was in use at any time is in what replay finds ------------------------------------------------------- */

static u32 seed = 3;

static u32 rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

TEST(replay_finds_every_extent_that_may_differ)
{
	static const struct {
		u32 nr, stripes, size_4k, start;
	} rows[] = {
		{ 7, 1, 8, 0 }, { 257, 1, 8, 0 }, { 1237, 1, 8, 0xfffffff0 }, { 6433, 1, 8, 0 }, { 919, 2, 16, 77 },
		{ 3000, 3, 5, 0x7ffffffa }, { 65534, 4, 32, 0 },
	};
	u32 *hot = malloc(AL_SLOTS_MAX * sizeof(*hot));
	u32 k, b, i, step;

	for (k = 0; k < ARRAY_SIZE(rows); k++) {
		u32 blocks = rows[k].stripes * rows[k].size_4k;
		u8 *disk = malloc(blocks * 4096), torn[4096];
		struct drbd_al *al = al_make(rows[k].nr, rows[k].stripes, rows[k].size_4k, 200000);
		u32 held[16], n_held = 0;

		/* 32-bit numbers wrap: the ring must still be in order where 2^32 is a multiple of its blocks */
		al->tr_number = rows[k].start;
		for (b = 0; b < blocks; b++)
			drbd_al_encode_initialized(disk + b * 4096);
		for (step = 0; step < 400; step++) {
			struct drbd_al_scan scan;
			u32 first = rnd() % 100000, ticket;

			if (n_held == 2 || rows[k].nr > 100) {
				while (n_held && rnd() % 2) {
					drbd_al_end(al, held[n_held - 1], held[n_held - 1]);
					n_held--;
				}
			}
			if (n_held < (rows[k].nr < 100 ? 2 : 16)) {
				if (drbd_al_begin(al, first, first, &ticket) == AL_WRITE_FIRST) {
					drbd_al_prepare(al, &tr);
					drbd_al_encode(&tr, torn);
					/* a crash in mid-write leaves half of the block; then it goes through */
					memcpy(disk + tr.sect * 512, torn, step % 3 ? 512 : 4096);
					drbd_al_scan_init(&scan);
					for (b = 0; b < blocks; b++)
						drbd_al_scan_block(&scan, disk + drbd_al_block_sect(rows[k].stripes,
								   rows[k].size_4k, b) * 512);
					CHECK(scan.corrupt <= 1);
					CHECK(drbd_al_scan_end(&scan) <= AL_NOTHING);
					memcpy(disk + tr.sect * 512, torn, 4096);
					drbd_al_committed(al, &tr, true);
				}
				held[n_held++] = first;
			}
			if (step % 7 || !n_held)
				continue;
			drbd_al_scan_init(&scan);
			for (b = 0; b < blocks; b++)
				drbd_al_scan_block(&scan, disk + drbd_al_block_sect(rows[k].stripes, rows[k].size_4k, b) *
						   512);
			CHECK_INT(drbd_al_scan_end(&scan), AL_REPLAY);
			CHECK_INT(scan.newest, al->tr_number - 1);
			memset(hot, 0xff, AL_SLOTS_MAX * sizeof(*hot));
			for (b = scan.oldest_b;; b = (b + 1) % blocks) {
				CHECK_INT(drbd_al_replay(disk + drbd_al_block_sect(rows[k].stripes, rows[k].size_4k, b) *
							 512, hot), 0);
				if (b == scan.newest_b)
					break;
			}
			for (i = 0; i < n_held; i++) {
				for (b = 0; b < rows[k].nr && hot[b] != held[i]; b++)
					;
				CHECK_MSG(b < rows[k].nr, "row %u step %u: extent %u is not hot", k, step, held[i]);
			}
		}
		free(disk);
		al_drop(al);
	}
	free(hot);
}

TEST(verdicts_over_fresh_and_broken_logs)
{
	static const struct {
		const char *blocks;	/* I initialized, x corrupt, digit: transaction of that number */
		enum drbd_al_verdict verdict;
		u32 oldest_b, newest_b;
	} rows[] = {
		{ "IIIIIIII", AL_NOTHING, 0, 0 },
		{ "xIIIIIII", AL_NOTHING, 0, 0 },
		{ "IxIIIIII", AL_NO_UPDATE, 0, 0 },
		{ "xxIIIIII", AL_NO_UPDATE, 0, 0 },
		{ "xxxxxxxx", AL_NO_LOG, 0, 0 },
		{ "0IIIIIII", AL_REPLAY, 0, 0 },
		{ "012xIIII", AL_REPLAY, 0, 2 },
		{ "89234567", AL_REPLAY, 2, 1 },
		{ "89x34567", AL_REPLAY, 3, 1 },
		{ "xxxxx5xx", AL_REPLAY, 5, 5 },
	};
	u8 block[4096];
	u32 i;
	int b;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct drbd_al_scan scan;

		drbd_al_scan_init(&scan);
		for (b = 0; b < 8; b++) {
			char c = rows[i].blocks[b];

			memset(&tr, 0, sizeof(tr));
			tr.number = (u32)(c - '0');
			if (c == 'I')
				drbd_al_encode_initialized(block);
			else
				drbd_al_encode(&tr, block);
			if (c == 'x')
				block[100] ^= 1;
			drbd_al_scan_block(&scan, block);
		}
		CHECK_MSG(drbd_al_scan_end(&scan) == rows[i].verdict, "%s", rows[i].blocks);
		if (rows[i].verdict == AL_REPLAY)
			CHECK_MSG(scan.oldest_b == rows[i].oldest_b && scan.newest_b == rows[i].newest_b, "%s",
				  rows[i].blocks);
	}
}

TEST(replay_obeys_counts_and_frees_slots)
{
	u32 *hot = malloc(AL_SLOTS_MAX * sizeof(*hot));
	u8 block[4096];

	memset(hot, 0xff, AL_SLOTS_MAX * sizeof(*hot));
	memset(&tr, 0xff, sizeof(tr));
	tr.type = 0;
	tr.context_size = 10;
	tr.context_start = 5;
	hot[6] = 99;
	hot[10] = 77;
	tr.context[2] = 42;		/* slot 7 */
	tr.context[8] = 43;		/* slot 13: past the size but not free */
	tr.nr = 1;
	tr.slot[0] = 1;
	tr.extent[0] = 500;
	tr.slot[3] = 2;			/* past the count but with a slot */
	tr.extent[3] = 600;
	drbd_al_encode(&tr, block);
	CHECK_INT(drbd_al_replay(block, hot), 0);
	CHECK_INT(hot[6], AL_NONE);	/* the context says free */
	CHECK_INT(hot[7], 42);
	CHECK_INT(hot[13], 43);
	CHECK_INT(hot[10], 77);		/* beyond the size and free there: left alone */
	CHECK_INT(hot[1], 500);
	CHECK_INT(hot[2], 600);
	tr.slot[0] = 65534;
	tr.context_start = 65530;
	tr.context_size = 65535;
	tr.context[4] = 1;		/* slot 65534 */
	drbd_al_encode(&tr, block);
	CHECK(drbd_al_replay(block, hot) >= 2);
	block[30] ^= 1;
	CHECK_INT(drbd_al_replay(block, hot), 0);
	drbd_al_encode_initialized(block);
	CHECK_INT(drbd_al_replay(block, hot), 0);
	free(hot);
}

TEST(old_format_is_understood)
{
	u32 *hot = malloc(AL_SLOTS_MAX * sizeof(*hot)), i, number, x = 0;
	struct drbd_al_scan scan;
	u8 sector[512];

	memset(hot, 0xff, AL_SLOTS_MAX * sizeof(*hot));
	memset(sector, 0, sizeof(sector));
	drbd_put_be32(sector, 0x83740267);
	drbd_put_be32(sector + 4, 17);
	for (i = 0; i < 62; i++) {
		u32 slot = i ? i - 1 : 3, extent = i ? 100 + i : 7777;

		drbd_put_be32(sector + 8 + 8 * i, slot);
		drbd_put_be32(sector + 12 + 8 * i, extent);
		x ^= extent;
	}
	drbd_put_be32(sector + 8 + 8 * 62, x);
	CHECK(drbd_al_old_number(sector, &number));
	CHECK_INT(number, 17);
	CHECK_INT(drbd_al_replay_old(sector, hot), 0);
	CHECK_INT(hot[3], 7777);	/* the update wins over the context */
	CHECK_INT(hot[0], 101);
	CHECK_INT(hot[60], 161);
	drbd_al_scan_init(&scan);
	drbd_al_scan_old(&scan, sector);
	sector[100] ^= 1;
	CHECK(!drbd_al_old_number(sector, &number));
	drbd_al_scan_old(&scan, sector);
	CHECK(scan.updates == 1 && scan.corrupt == 1 && scan.newest == 17);
	CHECK_INT(drbd_al_old_sectors(127), 4);
	CHECK_INT(drbd_al_old_sectors(122), 3);
	CHECK_INT(drbd_al_old_sectors(0xffffffff), 64);
	free(hot);
}

TEST(noise_is_never_a_transaction)
{
	u32 *hot = malloc(AL_SLOTS_MAX * sizeof(*hot));
	static struct drbd_al_tr back;
	u8 block[4096];
	u32 i, n;

	for (i = 0; i < 2000; i++) {
		for (n = 0; n < 600; n++)
			block[rnd() % 4096] = (u8)rnd();
		drbd_put_be32(block, AL_MAGIC);
		drbd_al_decode(block, &back);
		/* with a checksum that fits, replay must keep to its array */
		drbd_put_be32(block + 8, 0);
		drbd_put_be32(block + 8, drbd_al_crc32c(0, block, 4096));
		CHECK(drbd_al_decode(block, &back));
		CHECK(back.nr <= 64);
		drbd_al_replay(block, hot);
	}
	free(hot);
}

TEST(what_was_active_while_suspended_is_written_after_resume)
{
	struct drbd_al *al = al_make(7, 1, 8, 100);
	u32 ticket;

	CHECK_INT(drbd_al_begin(al, 3, 4, &ticket), AL_WRITE_FIRST);
	CHECK(drbd_al_prepare(al, &tr));
	drbd_al_committed(al, &tr, false);
	drbd_al_end(al, 4, 4);
	CHECK(drbd_al_begin_fast(al, 3, 3));
	drbd_al_resume(al);
	/* one in use, one idle */
	CHECK(!drbd_al_begin_fast(al, 3, 3));
	CHECK(!drbd_al_begin_fast(al, 4, 4));
	CHECK_INT(activate(al, 3, 4), 2);
	CHECK_INT(tr.number, 0);
	CHECK_INT(tr.extent[0], 3);
	CHECK_INT(tr.extent[1], 4);
	CHECK(drbd_al_begin_fast(al, 3, 4));
	drbd_al_end(al, 3, 4);
	drbd_al_end(al, 3, 4);
	drbd_al_end(al, 3, 3);
	drbd_al_end(al, 3, 3);
	CHECK_INT(al->used, 0);
	CHECK_INT(al->idle, 7);
	al_drop(al);
}

int main(void)
{
	RUN(checksum_is_the_original_one);
	RUN(ring_rotates_over_the_stripes);
	RUN(first_write_needs_a_transaction_and_the_next_none);
	RUN(least_recently_used_goes_first);
	RUN(an_extent_of_the_same_request_is_not_replaced);
	RUN(all_or_nothing_when_full);
	RUN(changes_gather_while_a_transaction_is_written);
	RUN(a_transaction_holds_64_extents);
	RUN(slots_given_back_before_their_transaction_are_due_not_lost);
	RUN(a_failed_write_is_given_again);
	RUN(without_al_updates_no_number_is_used_up);
	RUN(a_stream_is_run_ahead_of);
	RUN(emptied_only_when_nothing_is_in_use);
	RUN(encode_of_decode_gives_the_same_bytes);
	RUN(replay_finds_every_extent_that_may_differ);
	RUN(verdicts_over_fresh_and_broken_logs);
	RUN(replay_obeys_counts_and_frees_slots);
	RUN(old_format_is_understood);
	RUN(noise_is_never_a_transaction);
	RUN(what_was_active_while_suspended_is_written_after_resume);
	return UNIT_END;
}
