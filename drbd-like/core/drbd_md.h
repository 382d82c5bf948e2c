/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meta-data area of a volume: where super block, activity log and bitmap lie on a device of a given size, and the
 * super block's bytes. Reading and writing them is the shell's. Sectors are 512 bytes. Source: drbd-metadata.md 1..4.
 */
#ifndef DRBD_MD_H
#define DRBD_MD_H

#include "drbd_protocol.h"

#define DRBD_MD_SB_BYTE		4096u		/* super block */
#define DRBD_MD_MAGIC_07	0x8374026au
#define DRBD_MD_MAGIC_08	0x8374026bu	/* clean */
#define DRBD_MD_MAGIC_UNCLEAN	0x8374026cu	/* written by an 8.4 kernel */
#define DRBD_MD_BM_BLOCK_BYTE	4096u		/* storage of one bitmap bit */
#define DRBD_MD_FIXED_SECT	262144u		/* one indexed slot: 128 MiB */
#define DRBD_MD_AL_BLOCKS_MIN	8u
#define DRBD_MD_AL_BLOCKS_MAX	4194304u	/* 16 GiB */

/* meta_dev_idx; 0 and above: number of a fixed slot. */
enum {
	DRBD_MD_IDX_INTERNAL_07	= -1,	/* the kernel treats it like internal */
	DRBD_MD_IDX_FLEX_EXT	= -2,
	DRBD_MD_IDX_INTERNAL	= -3
};

/* Largest usable sizes. */
#define DRBD_MAX_SECT_FLEX	(sizeof(long) == 8 ? 1ull << 51 : 0xffff7fffull << 3)
#define DRBD_MAX_SECT_FIXED	((u64)(DRBD_MD_FIXED_SECT - 64 - 8) << 15)

/* The super block of 8.0 .. 8.4 as numbers. */
struct drbd_md {
	u64 la_size_sect;		/* last agreed size; 0: never agreed */
	u64 uuid[4];			/* enum drbd_uuid_slot */
	u64 device_uuid;
	u32 flags;			/* enum drbd_md_flag */
	u32 magic;
	u32 md_size_sect;
	s32 al_offset;			/* sectors from the super block, like bm_offset */
	u32 al_nr_extents;
	s32 bm_offset;
	u32 bm_bytes_per_bit;
	u32 la_peer_max_bio_size;	/* bytes */
	u32 al_stripes;
	u32 al_stripe_size_4k;
};

/* The super block of 0.7 as numbers; sizes are in sectors although the disk has KiB. */
struct drbd_md_07 {
	u64 la_size_sect;
	u32 gc[5];			/* flags, human, timeout, connected, arbitrary count */
	u32 magic;
	u32 md_size_sect;
	s32 al_offset;
	u32 al_nr_extents;
	s32 bm_offset;
};

/* Where things are. */
struct drbd_md_layout {
	u64 md_offset_sect;		/* of the super block on the device that carries the meta-data */
	u64 md_size_sect;		/* whole area */
	s64 al_offset, bm_offset;	/* sectors from the super block */
	u64 al_sect, bm_sect;		/* room for activity log and bitmap */
	u32 al_stripes, al_stripe_size_4k;
};

/* Why meta-data is not taken. */
enum drbd_md_bad {
	MD_OK,
	MD_NO_MAGIC,		/* nothing there that we know */
	MD_IS_07,		/* 0.7 meta-data: convert with drbdmeta */
	MD_UNCLEAN,		/* needs apply-al */
	MD_BAD_BITS,		/* bytes per bit is not 4096 */
	MD_BAD_STRIPES,		/* of the activity log */
	MD_BAD_AL,		/* position or size of the activity log */
	MD_BAD_BM,		/* position or size of the bitmap */
	MD_BAD_FIXED,		/* not what an indexed slot must have */
	MD_BAD_SIZE,		/* md_size_sect does not fit the device */
	MD_TOO_SMALL,		/* device cannot carry meta-data with this index */
	MD_TOO_LARGE,		/* bitmap would be larger than the format allows */
	MD_BAD_INDEX,		/* no such index */
	MD_BADS
};

/* For messages: "bitmap lies outside of the meta-data area"; never NULL. */
const char *drbd_md_reason(enum drbd_md_bad bad);
/* The kernel's answer to attach: ERR_MD_DISK_TOO_SMALL, ERR_MD_UNCLEAN, ERR_MD_IDX_INVALID, ERR_MD_INVALID; MD_OK: NO_ERROR. */
int drbd_md_attach_error(enum drbd_md_bad bad);

/* --- layout ------------------------------------------------------------------------------------------------------ */

/* Byte position of the super block on a device of size_byte; all ones if it is too small. v07: of 0.7's index -1 too. */
u64 drbd_md_offset_byte(s32 idx, u64 size_byte, bool v07);

/*
 * Layout on a device of that capacity. MD_OK, or MD_BAD_INDEX, MD_TOO_SMALL (does not hold the whole area), MD_TOO_LARGE,
 * MD_BAD_STRIPES. size_byte need not be a multiple of anything.
 */
enum drbd_md_bad drbd_md_layout(s32 idx, u64 size_byte, u32 al_stripes, u32 al_stripe_size_4k,
				struct drbd_md_layout *l);

/* Sectors the upper layer can use; backing_sect: capacity of the data device. 0: nothing is left. */
u64 drbd_md_usable_sect(s32 idx, u64 backing_sect, const struct drbd_md_layout *l);

/* Are these stripes allowed: 8 .. 4194304 blocks in all? Both 0 is not (drbd_md_get() has made it 1 and 8). */
bool drbd_md_stripes_ok(u64 al_stripes, u64 al_stripe_size_4k);

/* Bytes of bitmap in use on disk for a size: whole 64-bit words. */
u64 drbd_md_bm_byte(u64 size_sect);

/* --- super block --------------------------------------------------------------------------------------------------- */

/* raw has 4096 bytes. Any bytes decode; drbd_md_check() says whether they are meta-data. Both stripe fields 0: 1 and 8. */
void drbd_md_get(const void *raw, struct drbd_md *md);
/* Writes all 4096 bytes. */
void drbd_md_put(void *raw, const struct drbd_md *md);

/* A new one: zero, current UUID 4, clean, 257 extents, the layout's place; la_peer_max_bio_size in bytes. */
void drbd_md_create(struct drbd_md *md, const struct drbd_md_layout *l, u32 la_peer_max_bio_size);
/* Offsets, size and stripes from a layout. */
void drbd_md_place(struct drbd_md *md, const struct drbd_md_layout *l);

/*
 * All that the kernel checks at attach of meta-data on a device of md_sect sectors (drbd-metadata.md 2.5, 3.2). MD_OK: *l is
 * filled from the stored values.
 */
enum drbd_md_bad drbd_md_check(const struct drbd_md *md, s32 idx, u64 md_sect, struct drbd_md_layout *l);

/*
 * drbdmeta's weaker notion of valid, with unclean magic allowed: offsets as of the layout that the stored stripes give on a
 * device of size_byte. MD_OK: *l is that layout.
 */
enum drbd_md_bad drbd_md_check_tool(const struct drbd_md *md, s32 idx, u64 size_byte, struct drbd_md_layout *l);

/* --- 0.7 ----------------------------------------------------------------------------------------------------------- */

void drbd_md_get_07(const void *raw, struct drbd_md_07 *md);
void drbd_md_put_07(void *raw, const struct drbd_md_07 *md);
/* Offsets of a 0.7 area; size differences are allowed. MD_OK: *l is filled (no stripes: 1 and 8). */
enum drbd_md_bad drbd_md_check_07(const struct drbd_md_07 *md, s32 idx, u64 size_byte, struct drbd_md_layout *l);
enum drbd_md_bad drbd_md_layout_07(s32 idx, u64 size_byte, struct drbd_md_layout *l);
/* The conversion of drbd-metadata.md 4.3: identifiers from the generation counters; l: the place of the new area. */
void drbd_md_from_07(struct drbd_md *md, const struct drbd_md_07 *old, const struct drbd_md_layout *l);

#endif
