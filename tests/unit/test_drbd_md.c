/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_md.h"
#include "unit.h"

#define INTERNAL DRBD_MD_IDX_INTERNAL
#define FLEX_EXT DRBD_MD_IDX_FLEX_EXT

/* drbd-metadata.md 2.4; all in bytes but md_size_sect */
static const struct {
	u64 size_byte;
	s32 idx;
	u32 stripes, stripe_4k;
	u64 md_size_sect, sb, al, bm;
} layouts[] = {
	{ 67108864, INTERNAL, 1, 8, 80, 67104768, 67072000, 67067904 },
	{ 134219264, INTERNAL, 1, 8, 88, 134213632, 134180864, 134172672 },
	{ 134222848, INTERNAL, 1, 8, 88, 134217728, 134184960, 134176768 },
	{ 314572800, INTERNAL, 1, 8, 96, 314568704, 314535936, 314523648 },
	{ 1073741824, INTERNAL, 1, 8, 136, 1073737728, 1073704960, 1073672192 },
	{ 4398046511104, INTERNAL, 1, 8, 262216, 4398046507008, 4398046474240, 4397912256512 },
	{ 314572800, INTERNAL, 2, 16, 288, 314568704, 314437632, 314425344 },
	{ 314572800, FLEX_EXT, 1, 8, 614400, 0, 4096, 36864 },
	{ 314572800, 0, 1, 8, 262144, 0, 4096, 36864 },
	{ 314572800, 1, 1, 8, 262144, 134217728, 134221824, 134254592 },
	{ 314572800, 2, 1, 8, 262144, 268435456, 268439552, 268472320 },
};

TEST(layouts_are_those_of_the_original)
{
	struct drbd_md_layout l;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		u64 sb;

		CHECK_INT(drbd_md_layout(layouts[i].idx, layouts[i].size_byte, layouts[i].stripes, layouts[i].stripe_4k,
					 &l), MD_OK);
		sb = l.md_offset_sect << 9;
		CHECK_MSG(l.md_size_sect == layouts[i].md_size_sect && sb == layouts[i].sb &&
			  sb + (u64)(l.al_offset * 512) == layouts[i].al &&
			  sb + (u64)(l.bm_offset * 512) == layouts[i].bm, "row %u", i);
	}
}

/* Whatever the size: super block, log, bitmap and data do not overlap, and the bitmap covers the data. */
TEST(parts_of_an_internal_area_never_overlap)
{
	struct drbd_md_layout l;
	u64 size, usable;
	u32 step;

	for (size = 1 << 16, step = 0; size < 1ull << 50; size += size / 7 + 513 + step % 5 * 512, step++) {
		enum drbd_md_bad bad = drbd_md_layout(INTERNAL, size, 1, 8, &l);

		CHECK_INT(bad, MD_OK);
		usable = drbd_md_usable_sect(INTERNAL, size >> 9, &l);
		CHECK(l.md_offset_sect * 512 + 4096 <= size);
		CHECK(l.md_offset_sect % 8 == 0 && l.al_offset % 8 == 0 && l.bm_offset % 8 == 0);
		CHECK_INT(usable, l.md_offset_sect + (u64)l.bm_offset);
		CHECK(drbd_md_bm_byte(usable) <= l.bm_sect * 512);
		CHECK_INT(l.md_size_sect, ((size >> 9) + 262143) / 262144 * 8 + 72);
	}
	CHECK(step > 100);
}

TEST(limits_of_size_and_index)
{
	struct drbd_md_layout l;

	CHECK_INT(drbd_md_layout(INTERNAL, 40960, 1, 8, &l), MD_OK);	/* nothing left for data */
	CHECK_INT(drbd_md_usable_sect(INTERNAL, 80, &l), 0);
	CHECK_INT(drbd_md_layout(INTERNAL, 40959, 1, 8, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_layout(INTERNAL, 0, 1, 8, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_layout(FLEX_EXT, 36864, 1, 8, &l), MD_OK);
	CHECK_INT(drbd_md_layout(FLEX_EXT, 36863, 1, 8, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_layout(-4, 1 << 30, 1, 8, &l), MD_BAD_INDEX);
	CHECK_INT(drbd_md_layout(1, (1 << 27) + 4095, 1, 8, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_layout(1, (1 << 27) + 4096, 1, 8, &l), MD_OK);
	if (sizeof(long) == 8) {
		CHECK_INT(drbd_md_layout(INTERNAL, 1ull << 50, 1, 8, &l), MD_OK);
		CHECK_INT(drbd_md_layout(INTERNAL, (1ull << 50) + 1, 1, 8, &l), MD_TOO_LARGE);
		CHECK_INT(drbd_md_layout(FLEX_EXT, 1ull << 40, 1, 8, &l), MD_OK);
		CHECK_INT(drbd_md_usable_sect(FLEX_EXT, 1ull << 60, &l), 1ull << 51);
		CHECK_INT(drbd_md_layout(FLEX_EXT, 1ull << 42, 1, 8, &l), MD_OK);
		CHECK_INT(l.md_size_sect, 0xfffffff8);
	}
	CHECK_INT(drbd_md_layout(FLEX_EXT, 40960, 1, 8, &l), MD_OK);	/* 8 sectors of bitmap */
	CHECK_INT(drbd_md_usable_sect(FLEX_EXT, 1ull << 40, &l), 8 * 32768);
	CHECK_INT(drbd_md_layout(3, 1ull << 30, 1, 8, &l), MD_OK);
	CHECK_INT(drbd_md_usable_sect(3, 1ull << 40, &l), 8587575296ull);
	CHECK_INT(drbd_md_usable_sect(3, 1000, &l), 1000);
}

TEST(stripes_have_limits)
{
	static const struct {
		u64 stripes, size;
		bool ok;
	} rows[] = {
		{ 0, 0, 0 }, { 0, 8, 0 }, { 8, 0, 0 }, { 1, 7, 0 }, { 7, 1, 0 }, { 1, 8, 1 }, { 8, 1, 1 }, { 2, 4, 1 },
		{ 1, 4194304, 1 }, { 1, 4194305, 0 }, { 2048, 2048, 1 }, { 2048, 2049, 0 }, { 1ull << 32, 1ull << 32, 0 },
		{ 1ull << 63, 2, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_MSG(drbd_md_stripes_ok(rows[i].stripes, rows[i].size) == rows[i].ok, "row %u", i);
}

/* The dump of drbd-metadata.md 3: after attach and promotion on 64 MiB. */
TEST(super_block_fields_are_where_the_original_has_them)
{
	u8 raw[4096], again[4096];
	struct drbd_md md;
	u32 i;

	for (i = 0; i < sizeof(raw); i++)
		raw[i] = i < 96 && (i < 48 || i >= 56) ? (u8)(i + 1) : 0;
	drbd_md_get(raw, &md);
	CHECK_INT(md.la_size_sect, 0x0102030405060708ull);
	CHECK_INT(md.uuid[0], 0x090a0b0c0d0e0f10ull);
	CHECK_INT(md.uuid[3], 0x2122232425262728ull);
	CHECK_INT(md.device_uuid, 0x292a2b2c2d2e2f30ull);
	CHECK_INT(md.flags, 0x393a3b3c);
	CHECK_INT(md.magic, 0x3d3e3f40);
	CHECK_INT(md.md_size_sect, 0x41424344);
	CHECK_INT(md.al_offset, 0x45464748);
	CHECK_INT(md.al_nr_extents, 0x494a4b4c);
	CHECK_INT(md.bm_offset, 0x4d4e4f50);
	CHECK_INT(md.bm_bytes_per_bit, 0x51525354);
	CHECK_INT(md.la_peer_max_bio_size, 0x55565758);
	CHECK_INT(md.al_stripes, 0x595a5b5c);
	CHECK_INT(md.al_stripe_size_4k, 0x5d5e5f60);
	memset(again, 0xee, sizeof(again));
	drbd_md_put(again, &md);
	CHECK(!memcmp(raw, again, sizeof(raw)));
	memset(raw + 88, 0, 8);
	drbd_md_get(raw, &md);
	CHECK(md.al_stripes == 1 && md.al_stripe_size_4k == 8);
}

static void fresh(struct drbd_md *md, s32 idx, u64 size_byte)
{
	struct drbd_md_layout l;

	CHECK_INT(drbd_md_layout(idx, size_byte, 1, 8, &l), MD_OK);
	drbd_md_create(md, &l, 0);
}

TEST(a_new_super_block_is_what_create_md_writes)
{
	struct drbd_md_layout l;
	struct drbd_md md;

	drbd_md_layout(INTERNAL, 67108864, 1, 8, &l);
	drbd_md_create(&md, &l, 4096);
	CHECK_INT(md.uuid[0], 4);
	CHECK_INT(md.flags, 0x80);
	CHECK_INT(md.magic, 0x8374026b);
	CHECK_INT(md.al_nr_extents, 257);
	CHECK_INT(md.al_offset, -64);
	CHECK_INT(md.bm_offset, -72);
	CHECK_INT(md.md_size_sect, 80);
	CHECK_INT(md.la_peer_max_bio_size, 4096);
}

/* One deviation after the other from good meta-data, and what the kernel's check and the tool's say. */
TEST(each_bad_field_has_its_reason)
{
	enum { INT, EXT, FIX };
	static const struct {
		int kind;
		size_t offset;
		u32 value;
		enum drbd_md_bad kernel, tool;
	} rows[] = {
#define F(field) offsetof(struct drbd_md, field)
		{ INT, F(flags), 0x80, MD_OK, MD_OK },
		{ INT, F(flags), 0x7f, MD_UNCLEAN, MD_OK },
		{ INT, F(magic), 0x8374026c, MD_UNCLEAN, MD_OK },
		{ INT, F(magic), 0x8374026a, MD_IS_07, MD_IS_07 },
		{ INT, F(magic), 0x8374026d, MD_NO_MAGIC, MD_NO_MAGIC },
		{ INT, F(magic), 0, MD_NO_MAGIC, MD_NO_MAGIC },
		{ INT, F(bm_bytes_per_bit), 0, MD_BAD_BITS, MD_OK },
		{ INT, F(bm_bytes_per_bit), 8192, MD_BAD_BITS, MD_OK },
		{ INT, F(al_stripes), 0, MD_BAD_STRIPES, MD_BAD_STRIPES },
		{ INT, F(al_stripe_size_4k), 7, MD_BAD_STRIPES, MD_BAD_STRIPES },
		{ INT, F(al_stripe_size_4k), 4194305, MD_BAD_STRIPES, MD_BAD_STRIPES },
		{ INT, F(al_stripes), 2, MD_BAD_AL, MD_BAD_AL },
		{ INT, F(al_offset), 8, MD_BAD_AL, MD_BAD_AL },
		{ INT, F(al_offset), (u32)-63, MD_BAD_AL, MD_BAD_AL },
		{ INT, F(al_offset), (u32)-72, MD_BAD_AL, MD_BAD_AL },
		{ INT, F(al_offset), 0x80000000, MD_BAD_BM, MD_BAD_AL },
		{ INT, F(bm_offset), (u32)-56, MD_BAD_BM, MD_BAD_BM },
		{ INT, F(bm_offset), (u32)-73, MD_BAD_BM, MD_BAD_BM },
		{ INT, F(bm_offset), 0x80000000, MD_BAD_SIZE, MD_BAD_BM },
		{ INT, F(md_size_sect), 79, MD_OK, MD_BAD_SIZE },
		{ INT, F(md_size_sect), 81, MD_BAD_SIZE, MD_BAD_SIZE },
		{ INT, F(md_size_sect), 131073, MD_BAD_SIZE, MD_BAD_SIZE },
		{ INT, F(la_size_sect), 0xffffffff, MD_BAD_BM, MD_OK },
		{ EXT, F(flags), 0x81, MD_OK, MD_OK },
		{ EXT, F(al_offset), 16, MD_BAD_AL, MD_BAD_AL },
		{ EXT, F(al_offset), (u32)-64, MD_BAD_AL, MD_BAD_AL },
		{ EXT, F(bm_offset), 64, MD_BAD_BM, MD_BAD_BM },
		{ EXT, F(bm_offset), 80, MD_BAD_AL, MD_BAD_BM },
		{ EXT, F(bm_offset), 0x7ffffff8, MD_BAD_BM, MD_BAD_BM },
		{ EXT, F(md_size_sect), 131073, MD_BAD_SIZE, MD_OK },
		{ EXT, F(md_size_sect), 71, MD_BAD_BM, MD_OK },
		{ EXT, F(la_size_sect), 0xffffffff, MD_BAD_BM, MD_OK },
		{ FIX, F(flags), 0x80, MD_OK, MD_OK },
		{ FIX, F(md_size_sect), 262136, MD_BAD_FIXED, MD_OK },
		{ FIX, F(al_stripe_size_4k), 16, MD_BAD_FIXED, MD_BAD_BM },
		{ FIX, F(bm_offset), 80, MD_BAD_FIXED, MD_BAD_BM },
#undef F
	};
	struct drbd_md_layout l;
	struct drbd_md md;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		s32 idx = rows[i].kind == INT ? INTERNAL : rows[i].kind == EXT ? FLEX_EXT : 0;
		u64 size = rows[i].kind == FIX ? 1ull << 28 : 1ull << 26;
		enum drbd_md_bad kernel, tool;

		fresh(&md, idx, size);
		*(u32 *)((char *)&md + rows[i].offset) = rows[i].value;
		kernel = drbd_md_check(&md, idx, size >> 9, &l);
		tool = drbd_md_check_tool(&md, idx, size, &l);
		CHECK_MSG(kernel == rows[i].kernel && tool == rows[i].tool, "row %u: kernel %s, tool %s", i,
			  drbd_md_reason(kernel), drbd_md_reason(tool));
	}
	fresh(&md, INTERNAL, 1 << 26);
	CHECK_INT(drbd_md_check(&md, INTERNAL, 2047, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_check(&md, 1, 2 * 262144 - 1, &l), MD_TOO_SMALL);
	CHECK_INT(drbd_md_check(&md, -4, 1 << 20, &l), MD_BAD_INDEX);
}

/* No byte of a super block makes the check accept an area that leaves the device. */
TEST(flipped_bytes_never_lead_outside)
{
	static const s32 idxs[] = { INTERNAL, FLEX_EXT, 0 };
	u32 k, at, bit;

	for (k = 0; k < ARRAY_SIZE(idxs); k++) {
		u64 size = 1ull << 28;
		struct drbd_md_layout l;
		struct drbd_md md;
		u8 raw[4096];

		fresh(&md, idxs[k], size);
		drbd_md_put(raw, &md);
		for (at = 0; at < 4096; at++) {
			for (bit = 0; bit < 8; bit++) {
				raw[at] ^= (u8)(1 << bit);
				drbd_md_get(raw, &md);
				if (!drbd_md_check(&md, idxs[k], size >> 9, &l)) {
					s64 bm = (s64)l.md_offset_sect + l.bm_offset, al = (s64)l.md_offset_sect +
						 l.al_offset;

					CHECK(bm >= 0 && (u64)bm + l.bm_sect <= size >> 9);
					CHECK(al >= 0 && (u64)al + l.al_sect <= size >> 9);
				}
				raw[at] ^= (u8)(1 << bit);
			}
		}
	}
}

TEST(reasons_and_codes_for_attach)
{
	int i;

	for (i = 0; i < MD_BADS; i++)
		CHECK(strlen(drbd_md_reason(i)) > 4);
	CHECK_STR(drbd_md_reason(MD_BADS + 7), drbd_md_reason(MD_NO_MAGIC));
	CHECK_INT(drbd_md_attach_error(MD_OK), NO_ERROR);
	CHECK_INT(drbd_md_attach_error(MD_UNCLEAN), 165);
	CHECK_INT(drbd_md_attach_error(MD_TOO_SMALL), 112);
	CHECK_INT(drbd_md_attach_error(MD_BAD_INDEX), 116);
	CHECK_INT(drbd_md_attach_error(MD_BAD_AL), 119);
}

TEST(conversion_from_0_7)
{
	struct drbd_md_07 old, back;
	struct drbd_md_layout l;
	struct drbd_md md;
	u8 raw[4096];

	CHECK_INT(drbd_md_layout_07(-1, 1 << 30, &l), MD_OK);
	CHECK_INT(l.md_offset_sect << 9, (1 << 30) - (1 << 27));
	CHECK_INT(l.al_offset, 8);
	memset(&old, 0, sizeof(old));
	old.la_size_sect = 2000;
	old.gc[0] = 1;
	old.gc[1] = 3;
	old.gc[2] = 4;
	old.gc[3] = 5;
	old.gc[4] = 6;
	old.magic = DRBD_MD_MAGIC_07;
	old.md_size_sect = 262144;
	old.al_offset = 8;
	old.bm_offset = 72;
	old.al_nr_extents = 127;
	drbd_md_put_07(raw, &old);
	CHECK_INT(drbd_get_be64(raw), 1000);		/* KiB on disk */
	CHECK_INT(drbd_get_be32(raw + 32), 131072);
	drbd_md_get_07(raw, &back);
	CHECK(!memcmp(&old, &back, sizeof(old)));
	CHECK_INT(drbd_md_check_07(&old, -1, 1 << 30, &l), MD_OK);
	CHECK_INT(drbd_md_check_07(&old, INTERNAL, 1 << 30, &l), MD_BAD_AL);
	old.bm_offset = 80;
	CHECK_INT(drbd_md_check_07(&old, -1, 1 << 30, &l), MD_BAD_BM);
	old.magic++;
	CHECK_INT(drbd_md_check_07(&old, -1, 1 << 30, &l), MD_NO_MAGIC);
	drbd_md_layout(INTERNAL, 1 << 30, 1, 8, &l);
	drbd_md_from_07(&md, &old, &l);
	CHECK_INT(md.uuid[0], 0x00030004000BBABEull);
	CHECK_INT(md.uuid[1], 0);
	CHECK_INT(md.uuid[2], 0x00030004000ABABEull);
	CHECK_INT(md.uuid[3], 0x000300040009BABEull);
	CHECK_INT(md.flags, 1);
	CHECK_INT(md.al_offset, -64);
	CHECK_INT(md.la_size_sect, 2000);
}

int main(void)
{
	RUN(layouts_are_those_of_the_original);
	RUN(parts_of_an_internal_area_never_overlap);
	RUN(limits_of_size_and_index);
	RUN(stripes_have_limits);
	RUN(super_block_fields_are_where_the_original_has_them);
	RUN(a_new_super_block_is_what_create_md_writes);
	RUN(each_bad_field_has_its_reason);
	RUN(flipped_bytes_never_lead_outside);
	RUN(reasons_and_codes_for_attach);
	RUN(conversion_from_0_7);
	return UNIT_END;
}
