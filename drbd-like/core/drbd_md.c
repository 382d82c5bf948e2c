/* SPDX-License-Identifier: GPL-2.0-only */
/* Where meta-data lies on a device, and the bytes of the super blocks of 8.0 .. 8.4 and of 0.7. */
#include "drbd_md.h"
#include "drbd_buf.h"

enum { SB_SECT = 8, AL_STRIPE_SECT = 8, FIXED_BYTE_SHIFT = 27, SECT_PER_BM_SECT_SHIFT = 15 };

#define BM_SECT_MAX	(sizeof(long) == 8 ? 1ull << 26 : 1ull << 20)
#define AL_NR_DEFAULT	257

static const struct {
	const char *reason;
	int attach_error;
} bads[MD_BADS] = {
	[MD_OK]		= { "valid", NO_ERROR },
	[MD_NO_MAGIC]	= { "no meta-data found; run 'drbdmeta create-md'", ERR_MD_INVALID },
	[MD_IS_07]	= { "meta-data of DRBD 0.7 found; convert it with 'drbdmeta create-md'", ERR_MD_INVALID },
	[MD_UNCLEAN]	= { "unclean meta-data found; run 'drbdmeta apply-al'", ERR_MD_UNCLEAN },
	[MD_BAD_BITS]	= { "a bitmap bit does not stand for 4096 bytes", ERR_MD_INVALID },
	[MD_BAD_STRIPES] = { "stripes of the activity log are out of range", ERR_MD_INVALID },
	[MD_BAD_AL]	= { "activity log is misplaced or does not match its stripes", ERR_MD_INVALID },
	[MD_BAD_BM]	= { "bitmap is misplaced or too small for the device", ERR_MD_INVALID },
	[MD_BAD_FIXED]	= { "layout is not that of an indexed slot", ERR_MD_INVALID },
	[MD_BAD_SIZE]	= { "size of the meta-data area does not fit the device", ERR_MD_INVALID },
	[MD_TOO_SMALL]	= { "device is too small for its meta-data", ERR_MD_DISK_TOO_SMALL },
	[MD_TOO_LARGE]	= { "device is too large", ERR_MD_INVALID },
	[MD_BAD_INDEX]	= { "no such meta-data index", ERR_MD_IDX_INVALID },
};

const char *drbd_md_reason(enum drbd_md_bad bad)
{
	return bads[(u32)bad < MD_BADS ? bad : MD_NO_MAGIC].reason;
}

int drbd_md_attach_error(enum drbd_md_bad bad)
{
	return bads[(u32)bad < MD_BADS ? bad : MD_NO_MAGIC].attach_error;
}

/* --- layout ------------------------------------------------------------------------------------------------------ */

bool drbd_md_stripes_ok(u64 al_stripes, u64 al_stripe_size_4k)
{
	u64 blocks;

	if (!al_stripes || !al_stripe_size_4k || al_stripes > DRBD_MD_AL_BLOCKS_MAX ||
	    al_stripe_size_4k > DRBD_MD_AL_BLOCKS_MAX)
		return false;
	blocks = al_stripes * al_stripe_size_4k;
	return blocks >= DRBD_MD_AL_BLOCKS_MIN && blocks <= DRBD_MD_AL_BLOCKS_MAX;
}

u64 drbd_md_bm_byte(u64 size_sect)
{
	return ((size_sect + 7) / 8 + 63) / 64 * 8;
}

u64 drbd_md_offset_byte(s32 idx, u64 size_byte, bool v07)
{
	u64 end = size_byte & ~(u64)(DRBD_MD_SB_BYTE - 1), offset, area = DRBD_MD_SB_BYTE;

	if (idx == DRBD_MD_IDX_INTERNAL_07 && v07)
		area = 1ull << FIXED_BYTE_SHIFT;
	if (size_byte < area)
		return ~0ull;
	if (idx == DRBD_MD_IDX_INTERNAL || idx == DRBD_MD_IDX_INTERNAL_07)
		return end - area;
	offset = idx == DRBD_MD_IDX_FLEX_EXT ? 0 : (u64)(u32)idx << FIXED_BYTE_SHIFT;
	return offset <= size_byte - DRBD_MD_SB_BYTE ? offset : ~0ull;
}

static u64 internal_bm_sect(u64 size_byte)
{
	u64 sect = (size_byte >> 24) + !!(size_byte & 0xffffff);

	return (sect + 7) & ~7ull;
}

static enum drbd_md_bad layout(s32 idx, u64 size_byte, u32 al_stripes, u32 al_stripe_size_4k, bool v07,
			       struct drbd_md_layout *out)
{
	struct drbd_md_layout l;
	u64 offset;

	if (idx < DRBD_MD_IDX_INTERNAL)
		return MD_BAD_INDEX;
	if (!drbd_md_stripes_ok(al_stripes, al_stripe_size_4k))
		return MD_BAD_STRIPES;
	offset = drbd_md_offset_byte(idx, size_byte, v07);
	if (offset == ~0ull)
		return MD_TOO_SMALL;
	l.md_offset_sect = offset >> 9;
	l.al_stripes = al_stripes;
	l.al_stripe_size_4k = al_stripe_size_4k;
	l.al_sect = (u64)al_stripes * al_stripe_size_4k * AL_STRIPE_SECT;
	if (idx == DRBD_MD_IDX_INTERNAL || (idx == DRBD_MD_IDX_INTERNAL_07 && !v07)) {
		l.bm_sect = internal_bm_sect(size_byte);
		l.md_size_sect = SB_SECT + l.al_sect + l.bm_sect;
		l.al_offset = -(s64)l.al_sect;
		l.bm_offset = l.al_offset - (s64)l.bm_sect;
		if (l.md_offset_sect < l.al_sect + l.bm_sect)
			return MD_TOO_SMALL;
	} else {
		/* the super block has 32 bits for it; that is room for far more than the largest bitmap */
		l.md_size_sect = idx == DRBD_MD_IDX_FLEX_EXT ? DRBD_MIN(size_byte >> 9, 0xfffffff8ull) : DRBD_MD_FIXED_SECT;
		l.al_offset = SB_SECT;
		l.bm_offset = SB_SECT + (s64)l.al_sect;
		if (l.md_size_sect < SB_SECT + l.al_sect)
			return MD_TOO_SMALL;
		l.bm_sect = l.md_size_sect - SB_SECT - l.al_sect;
	}
	/* a flexible external area may be larger than any bitmap; only what lies inside one has to fit */
	if (l.al_offset < 0 && l.bm_sect > BM_SECT_MAX)
		return MD_TOO_LARGE;
	*out = l;
	return MD_OK;
}

enum drbd_md_bad drbd_md_layout(s32 idx, u64 size_byte, u32 al_stripes, u32 al_stripe_size_4k,
				struct drbd_md_layout *l)
{
	return layout(idx, size_byte, al_stripes, al_stripe_size_4k, false, l);
}

u64 drbd_md_usable_sect(s32 idx, u64 backing_sect, const struct drbd_md_layout *l)
{
	u64 max = idx >= 0 ? DRBD_MAX_SECT_FIXED : DRBD_MAX_SECT_FLEX, usable;

	if (l->al_offset < 0) {
		usable = l->md_offset_sect - (u64)-l->bm_offset;
	} else {
		usable = backing_sect;
		if (l->bm_sect < BM_SECT_MAX)
			usable = DRBD_MIN(usable, l->bm_sect << SECT_PER_BM_SECT_SHIFT);
	}
	return DRBD_MIN(usable, max);
}

/* --- super block --------------------------------------------------------------------------------------------------- */

void drbd_md_get(const void *raw, struct drbd_md *md)
{
	struct rbuf b;
	int i;

	rbuf_init(&b, raw, DRBD_MD_SB_BYTE);
	md->la_size_sect = rbuf_u64(&b);
	for (i = 0; i < 4; i++)
		md->uuid[i] = rbuf_u64(&b);
	md->device_uuid = rbuf_u64(&b);
	rbuf_bytes(&b, 8);
	md->flags = rbuf_u32(&b);
	md->magic = rbuf_u32(&b);
	md->md_size_sect = rbuf_u32(&b);
	md->al_offset = (s32)rbuf_u32(&b);
	md->al_nr_extents = rbuf_u32(&b);
	md->bm_offset = (s32)rbuf_u32(&b);
	md->bm_bytes_per_bit = rbuf_u32(&b);
	md->la_peer_max_bio_size = rbuf_u32(&b);
	md->al_stripes = rbuf_u32(&b);
	md->al_stripe_size_4k = rbuf_u32(&b);
	if (!md->al_stripes && !md->al_stripe_size_4k) {
		md->al_stripes = 1;
		md->al_stripe_size_4k = 8;
	}
}

void drbd_md_put(void *raw, const struct drbd_md *md)
{
	struct wbuf b;
	int i;

	wbuf_init(&b, raw, DRBD_MD_SB_BYTE);
	wbuf_u64(&b, md->la_size_sect);
	for (i = 0; i < 4; i++)
		wbuf_u64(&b, md->uuid[i]);
	wbuf_u64(&b, md->device_uuid);
	wbuf_u64(&b, 0);
	wbuf_u32(&b, md->flags);
	wbuf_u32(&b, md->magic);
	wbuf_u32(&b, md->md_size_sect);
	wbuf_u32(&b, (u32)md->al_offset);
	wbuf_u32(&b, md->al_nr_extents);
	wbuf_u32(&b, (u32)md->bm_offset);
	wbuf_u32(&b, md->bm_bytes_per_bit);
	wbuf_u32(&b, md->la_peer_max_bio_size);
	wbuf_u32(&b, md->al_stripes);
	wbuf_u32(&b, md->al_stripe_size_4k);
	wbuf_zero(&b, DRBD_MD_SB_BYTE - wbuf_size(&b));
}

void drbd_md_place(struct drbd_md *md, const struct drbd_md_layout *l)
{
	md->md_size_sect = (u32)l->md_size_sect;
	md->al_offset = (s32)l->al_offset;
	md->bm_offset = (s32)l->bm_offset;
	md->al_stripes = l->al_stripes;
	md->al_stripe_size_4k = l->al_stripe_size_4k;
}

void drbd_md_create(struct drbd_md *md, const struct drbd_md_layout *l, u32 la_peer_max_bio_size)
{
	memset(md, 0, sizeof(*md));
	md->uuid[0] = UUID_JUST_CREATED;
	md->flags = MDF_AL_CLEAN;
	md->magic = DRBD_MD_MAGIC_08;
	md->al_nr_extents = AL_NR_DEFAULT;
	md->bm_bytes_per_bit = DRBD_MD_BM_BLOCK_BYTE;
	md->la_peer_max_bio_size = la_peer_max_bio_size;
	drbd_md_place(md, l);
}

/* The offsets against each other; fills the sizes that follow from them. */
static enum drbd_md_bad check_offsets(const struct drbd_md *md, s32 idx, struct drbd_md_layout *l)
{
	bool internal = idx == DRBD_MD_IDX_INTERNAL || idx == DRBD_MD_IDX_INTERNAL_07;

	if (idx >= 0 && (md->md_size_sect != DRBD_MD_FIXED_SECT || md->al_offset != SB_SECT || md->bm_offset != 72 ||
			 md->al_stripes != 1 || md->al_stripe_size_4k != 8))
		return MD_BAD_FIXED;
	if (internal != (md->al_offset < 0))
		return MD_BAD_AL;
	l->al_offset = md->al_offset;
	l->bm_offset = md->bm_offset;
	l->md_size_sect = md->md_size_sect;
	if (internal) {
		if (l->bm_offset > l->al_offset)
			return MD_BAD_BM;
		l->al_sect = (u64)-l->al_offset;
		l->bm_sect = (u64)(l->al_offset - l->bm_offset);
	} else {
		if (l->al_offset != SB_SECT)
			return MD_BAD_AL;
		if (l->bm_offset < SB_SECT + (s64)l->al_sect || (u64)l->bm_offset > l->md_size_sect)
			return MD_BAD_BM;
		if ((u64)l->bm_offset - SB_SECT != l->al_sect)
			return MD_BAD_AL;
		l->bm_sect = l->md_size_sect - (u64)l->bm_offset;
	}
	if (l->al_sect != (u64)md->al_stripes * md->al_stripe_size_4k * AL_STRIPE_SECT)
		return MD_BAD_AL;
	if (l->bm_offset & 7)
		return MD_BAD_BM;
	return MD_OK;
}

enum drbd_md_bad drbd_md_check(const struct drbd_md *md, s32 idx, u64 md_sect, struct drbd_md_layout *out)
{
	u64 least_sect = idx < 0 ? 2048 : (u64)DRBD_MD_FIXED_SECT * ((u64)idx + 1), first;
	struct drbd_md_layout l;
	enum drbd_md_bad bad;

	if (idx < DRBD_MD_IDX_INTERNAL)
		return MD_BAD_INDEX;
	if (md_sect < least_sect)
		return MD_TOO_SMALL;
	if (md->magic == DRBD_MD_MAGIC_UNCLEAN || (md->magic == DRBD_MD_MAGIC_08 && !(md->flags & MDF_AL_CLEAN)))
		return MD_UNCLEAN;
	if (md->magic == DRBD_MD_MAGIC_07)
		return MD_IS_07;
	if (md->magic != DRBD_MD_MAGIC_08)
		return MD_NO_MAGIC;
	if (md->bm_bytes_per_bit != DRBD_MD_BM_BLOCK_BYTE)
		return MD_BAD_BITS;
	if (!drbd_md_stripes_ok(md->al_stripes, md->al_stripe_size_4k))
		return MD_BAD_STRIPES;
	memset(&l, 0, sizeof(l));
	l.al_stripes = md->al_stripes;
	l.al_stripe_size_4k = md->al_stripe_size_4k;
	l.al_sect = (u64)md->al_stripes * md->al_stripe_size_4k * AL_STRIPE_SECT;
	l.md_offset_sect = drbd_md_offset_byte(idx, md_sect << 9, false) >> 9;
	bad = check_offsets(md, idx, &l);
	if (bad)
		return bad;
	if (l.bm_sect < (md->la_size_sect / 8 + !!(md->la_size_sect & 7)) / 8 / 512)
		return MD_BAD_BM;
	/* the first sector of the area, and whether all of it lies on the device */
	if (l.al_offset < 0) {
		if ((u64)-l.bm_offset > l.md_offset_sect)
			return MD_BAD_SIZE;
		first = l.md_offset_sect - (u64)-l.bm_offset;
	} else {
		first = l.md_offset_sect;
	}
	if (md_sect < l.md_size_sect || md_sect - l.md_size_sect < first)
		return MD_BAD_SIZE;
	*out = l;
	return MD_OK;
}

enum drbd_md_bad drbd_md_check_tool(const struct drbd_md *md, s32 idx, u64 size_byte, struct drbd_md_layout *out)
{
	struct drbd_md_layout l;
	enum drbd_md_bad bad;

	if (md->magic != DRBD_MD_MAGIC_08 && md->magic != DRBD_MD_MAGIC_UNCLEAN)
		return md->magic == DRBD_MD_MAGIC_07 ? MD_IS_07 : MD_NO_MAGIC;
	bad = drbd_md_layout(idx, size_byte, md->al_stripes, md->al_stripe_size_4k, &l);
	if (bad)
		return bad;
	if (md->al_offset != l.al_offset)
		return MD_BAD_AL;
	if (md->bm_offset != l.bm_offset)
		return MD_BAD_BM;
	if (l.al_offset < 0 && md->md_size_sect != l.md_size_sect)
		return MD_BAD_SIZE;
	*out = l;
	return MD_OK;
}

/* --- 0.7 ----------------------------------------------------------------------------------------------------------- */

void drbd_md_get_07(const void *raw, struct drbd_md_07 *md)
{
	struct rbuf b;
	int i;

	rbuf_init(&b, raw, DRBD_MD_SB_BYTE);
	md->la_size_sect = rbuf_u64(&b) << 1;
	for (i = 0; i < 5; i++)
		md->gc[i] = rbuf_u32(&b);
	md->magic = rbuf_u32(&b);
	md->md_size_sect = rbuf_u32(&b) << 1;
	md->al_offset = (s32)rbuf_u32(&b);
	md->al_nr_extents = rbuf_u32(&b);
	md->bm_offset = (s32)rbuf_u32(&b);
}

void drbd_md_put_07(void *raw, const struct drbd_md_07 *md)
{
	struct wbuf b;
	int i;

	wbuf_init(&b, raw, DRBD_MD_SB_BYTE);
	wbuf_u64(&b, md->la_size_sect >> 1);
	for (i = 0; i < 5; i++)
		wbuf_u32(&b, md->gc[i]);
	wbuf_u32(&b, md->magic);
	wbuf_u32(&b, md->md_size_sect >> 1);
	wbuf_u32(&b, (u32)md->al_offset);
	wbuf_u32(&b, md->al_nr_extents);
	wbuf_u32(&b, (u32)md->bm_offset);
	wbuf_zero(&b, DRBD_MD_SB_BYTE - wbuf_size(&b));
}

enum drbd_md_bad drbd_md_layout_07(s32 idx, u64 size_byte, struct drbd_md_layout *l)
{
	return layout(idx, size_byte, 1, DRBD_MD_AL_BLOCKS_MIN, true, l);
}

enum drbd_md_bad drbd_md_check_07(const struct drbd_md_07 *md, s32 idx, u64 size_byte, struct drbd_md_layout *out)
{
	struct drbd_md_layout l;
	enum drbd_md_bad bad;

	if (md->magic != DRBD_MD_MAGIC_07)
		return MD_NO_MAGIC;
	bad = drbd_md_layout_07(idx, size_byte, &l);
	if (bad)
		return bad;
	if (md->al_offset != l.al_offset)
		return MD_BAD_AL;
	if (md->bm_offset != l.bm_offset)
		return MD_BAD_BM;
	*out = l;
	return MD_OK;
}

void drbd_md_from_07(struct drbd_md *md, const struct drbd_md_07 *old, const struct drbd_md_layout *l)
{
	const u32 *gc = old->gc;	/* flags, human, timeout, connected, arbitrary */
	u64 current_uuid = (u64)(gc[1] & 0xffff) << 48 | (u64)(gc[2] & 0xffff) << 32 |
			   (u64)((gc[3] + gc[4]) & 0xffff) << 16 | 0xbabe;

	memset(md, 0, sizeof(*md));
	md->la_size_sect = old->la_size_sect;
	md->uuid[0] = current_uuid;
	md->uuid[2] = current_uuid - 0x10000;
	md->uuid[3] = current_uuid - 0x20000;
	md->flags = gc[0];
	md->magic = DRBD_MD_MAGIC_08;
	md->al_nr_extents = old->al_nr_extents;
	md->bm_bytes_per_bit = DRBD_MD_BM_BLOCK_BYTE;
	drbd_md_place(md, l);
}
