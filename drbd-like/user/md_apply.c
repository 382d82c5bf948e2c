/* SPDX-License-Identifier: GPL-2.0-only */
/* apply-al: what the activity log says after a crash goes into the bitmap. Moving the area after a resize. */
#include "md_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECT = 512, EXTENT_BM_BYTE = 128 };

const char *md_size_text(char *buf, u64 kib)
{
	static const char units[] = "KMGTPE";
	size_t u = 0;

	for (; kib >= 10000 && units[u + 1]; u++)
		kib = (kib >> 10) + !!(kib & (1 << 9));
	snprintf(buf, 24, "%llu %cB", kib, units[u]);
	return buf;
}

void md_init_al(const struct md_dev *dev)
{
	u8 *blocks = md_alloc(MD_IO_BYTE);
	u64 at = md_al_offset_byte(dev), end = at + dev->l.al_sect * SECT, len;
	size_t i;

	for (i = 0; i < MD_IO_BYTE; i += AL_BLOCK_BYTE)
		drbd_al_encode_initialized(blocks + i);
	for (; at < end; at += len) {
		len = DRBD_MIN((u64)MD_IO_BYTE, end - at);
		md_write(dev, blocks, len, at, "activity log");
	}
	free(blocks);
}

/* --- reading the log: an array of extents per slot ------------------------------------------------------------------ */

struct replay {
	const struct md_dev *dev;
	bool old_format;
	u32 blocks;		/* of the ring, or sectors of the old format */
	u32 *hot;		/* AL_SLOTS_MAX */
	u8 *buf;		/* one block; the old format: all sectors */
};

static void *ring_block(const struct replay *r, u32 b)
{
	const struct drbd_md_layout *l = &r->dev->l;

	if (r->old_format)
		return r->buf + (size_t)b * SECT;
	md_read(r->dev, r->buf, AL_BLOCK_BYTE, md_al_offset_byte(r->dev) +
		drbd_al_block_sect(l->al_stripes, l->al_stripe_size_4k, b) * SECT, "activity log");
	return r->buf;
}

/* A log that was last written by 0.7 .. 8.3. */
static bool is_old_format(const struct md_dev *dev)
{
	u8 *two;
	bool old;

	if (dev->format == MD_V07)
		return true;
	if (dev->md.magic == DRBD_MD_MAGIC_UNCLEAN || dev->md.al_stripes != 1 || dev->md.al_stripe_size_4k != 8)
		return false;
	two = md_alloc(2 * AL_BLOCK_BYTE);
	md_read(dev, two, 2 * AL_BLOCK_BYTE, md_al_offset_byte(dev), "activity log");
	old = drbd_get_be32(two) != AL_MAGIC && drbd_get_be32(two + AL_BLOCK_BYTE) != AL_MAGIC;
	free(two);
	return old;
}

static void replay_all(struct replay *r, const struct drbd_al_scan *scan)
{
	u32 b, bad = 0;

	memset(r->hot, 0xff, AL_SLOTS_MAX * sizeof(*r->hot));
	for (b = scan->oldest_b;; b = b + 1 < r->blocks ? b + 1 : 0) {
		bad += r->old_format ? drbd_al_replay_old(ring_block(r, b), r->hot) :
				       drbd_al_replay(ring_block(r, b), r->hot);
		if (b == scan->newest_b)
			break;
	}
	if (bad)
		fprintf(stderr, "slot number out of range: %u times in the activity log\n", bad);
}

/* --- bitmap ------------------------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static u64 bm_byte_used(const struct md_dev *dev)
{
	u64 la = dev->format == MD_V07 ? dev->md7.la_size_sect : dev->md.la_size_sect;

	return drbd_md_bm_byte(la);
}

/* Sets the bits of all extents in hot; returns how many were clear. */
static u64 mark_extents(const struct md_dev *dev, u32 *hot)
{
	u64 bm_byte = bm_byte_used(dev), at, in_buf = ~0ull, marked = 0;
	u8 *block = md_alloc(AL_BLOCK_BYTE);
	bool changed = false;
	u32 i, k;

	qsort(hot, AL_SLOTS_MAX, sizeof(*hot), by_number);
	for (i = 0; i < AL_SLOTS_MAX && hot[i] != AL_NONE; i++) {
		u8 *p;

		at = (u64)hot[i] * EXTENT_BM_BYTE;
		if (i && hot[i] == hot[i - 1])
			continue;
		if (at >= bm_byte) {
			fprintf(stderr, "extent %u beyond end of bitmap!\n", hot[i]);
			continue;
		}
		if (at / AL_BLOCK_BYTE != in_buf) {
			if (changed)
				md_write(dev, block, AL_BLOCK_BYTE, md_bm_offset_byte(dev) + in_buf * AL_BLOCK_BYTE, "bitmap");
			changed = false;
			in_buf = at / AL_BLOCK_BYTE;
			md_read(dev, block, AL_BLOCK_BYTE, md_bm_offset_byte(dev) + in_buf * AL_BLOCK_BYTE, "bitmap");
		}
		for (k = 0, p = block + at % AL_BLOCK_BYTE; k < EXTENT_BM_BYTE; k += 8, p += 8) {
			u32 clear = 64 - drbd_hweight64(drbd_get_le64(p));

			marked += clear;
			changed |= clear != 0;
			drbd_put_le64(p, ~0ull);
		}
	}
	if (changed)
		md_write(dev, block, AL_BLOCK_BYTE, md_bm_offset_byte(dev) + in_buf * AL_BLOCK_BYTE, "bitmap");
	free(block);
	return marked;
}

/* --- apply-al ------------------------------------------------------------------------------------------------------------ */

/* Reads the log and, after a crash of a primary, marks what it says. *found: it held transactions. 0 or the exit code. */
static int apply_log(struct replay *r, bool crashed, bool *found, u64 *marked)
{
	enum drbd_al_verdict verdict;
	struct drbd_al_scan scan;
	int rv = MX_OK;
	u32 b;

	drbd_al_scan_init(&scan);
	for (b = 0; b < r->blocks; b++) {
		if (r->old_format)
			drbd_al_scan_old(&scan, ring_block(r, b));
		else
			drbd_al_scan_block(&scan, ring_block(r, b));
	}
	verdict = drbd_al_scan_end(&scan);
	if (r->old_format && verdict != AL_REPLAY) {
		fprintf(stderr, "No usable activity log found.\n");
		return MX_OK;
	}
	if (verdict == AL_NO_LOG) {
		fprintf(stderr, "No usable activity log found. Do you need to create-md?\n");
		rv = 1;
	} else if (scan.corrupt && !r->old_format) {
		fprintf(stderr, "%u corrupt AL transactions found\n", scan.corrupt);
	}
	if (verdict == AL_NO_UPDATE) {
		fprintf(stderr, "No valid AL update transaction found.\n");
		rv = 2;
	}
	if (rv && crashed)
		return rv;
	if (rv) {
		fprintf(stderr, "Error ignored, no need to apply the AL\n");
		*found = true;	/* make it a good one */
		return MX_OK;
	}
	if (verdict != AL_REPLAY)
		return MX_OK;
	*found = true;
	if (crashed) {
		replay_all(r, &scan);
		*marked = mark_extents(r->dev, r->hot);
	}
	return MX_OK;
}

int cmd_apply_al(struct md_dev *dev, const struct md_args *a)
{
	struct replay r = { .dev = dev };
	u32 flags;
	bool found = false;
	u64 marked = 0;
	char text[24];
	int rv;

	(void)a;
	md_open(dev, true);
	if (dev->format == MD_V06)
		md_fatal(MX_USAGE, "apply-al only implemented for DRBD >= 0.7\n");
	md_find(dev);
	if (dev->at_last_known)
		md_move(dev);
	if (!dev->found) {
		fprintf(stderr, "No valid meta data found\n");
		return MX_NONE;
	}
	flags = dev->format == MD_V07 ? dev->md7.gc[0] : dev->md.flags;
	r.old_format = is_old_format(dev);
	r.hot = malloc(AL_SLOTS_MAX * sizeof(*r.hot));
	r.buf = md_alloc(r.old_format ? 64 * SECT : AL_BLOCK_BYTE);
	if (!r.hot)
		md_fatal(MX_USAGE, "out of memory\n");
	r.blocks = dev->l.al_stripes * dev->l.al_stripe_size_4k;
	if (r.old_format) {
		r.blocks = drbd_al_old_sectors(dev->format == MD_V07 ? dev->md7.al_nr_extents : dev->md.al_nr_extents);
		md_read(dev, r.buf, 64 * SECT, md_al_offset_byte(dev), "activity log");
	}
	rv = apply_log(&r, flags & MDF_PRIMARY_IND, &found, &marked);
	free(r.buf);
	free(r.hot);
	if (rv)
		return rv;
	if (found && (flags & MDF_PRIMARY_IND)) {
		if (marked)
			fprintf(stderr, "Marked additional %s as out-of-sync based on AL.\n",
				md_size_text(text, marked * 4));
		else
			fprintf(stderr, "Nothing to do.\n");
	}
	/* the bits are on disk before the log that made them is gone */
	if (marked)
		md_sync(dev);
	if (dev->format == MD_V07)
		return MX_OK;
	if (found || r.old_format)
		md_init_al(dev);
	if (marked || !(flags & MDF_AL_CLEAN) || dev->md.magic != DRBD_MD_MAGIC_08) {
		dev->md.flags |= MDF_AL_CLEAN;
		dev->md.magic = DRBD_MD_MAGIC_08;
		md_save(dev);
	} else {
		md_sync(dev);
	}
	return MX_OK;
}

/* --- moving --------------------------------------------------------------------------------------------------------------- */

/* Areas may overlap: from the end backwards when moving up, else forwards. */
static void copy_area(const struct md_dev *dev, u64 from, u64 to, u64 len)
{
	u8 *buf = md_alloc(MD_IO_BYTE);
	u64 done, n, at;

	for (done = 0; from != to && done < len; done += n) {
		n = DRBD_MIN((u64)MD_IO_BYTE, len - done);
		at = to > from ? len - done - n : done;
		md_read(dev, buf, n, from + at, "move");
		md_write(dev, buf, n, to + at, "move");
	}
	free(buf);
}

void md_move(struct md_dev *dev)
{
	const struct drbd_md_layout old = dev->l;
	u64 old_sb = old.md_offset_sect, old_bm = md_bm_offset_byte(dev), new_bm;
	u64 old_al = md_al_offset_byte(dev), usable;

	md_layout_or_die(dev, dev->md.al_stripes, dev->md.al_stripe_size_4k, &dev->l);
	usable = md_usable_sect(dev);
	if (dev->md.la_size_sect > usable)
		md_fatal(MX_REFUSED, "%s: meta-data for the new size would overlap the data: last agreed size is %llu sectors, "
			 "%llu would be left. Grow the device some more.\n", dev->path, dev->md.la_size_sect, usable);
	fprintf(stderr, "Moving the internal meta data to its proper location\n");
	new_bm = md_bm_offset_byte(dev);
	copy_area(dev, old_al, md_al_offset_byte(dev), old.al_sect * SECT);
	copy_area(dev, old_bm, new_bm, DRBD_MIN(old.bm_sect, dev->l.bm_sect) * SECT);
	if (dev->l.bm_sect > old.bm_sect)
		md_zero(dev, (dev->l.bm_sect - old.bm_sect) * SECT, new_bm + old.bm_sect * SECT, "move");
	drbd_md_place(&dev->md, &dev->l);
	md_save(dev);
	if (old_sb * SECT < new_bm) {
		md_zero(dev, DRBD_MD_SB_BYTE, old_sb * SECT, "old super block");
		md_sync(dev);
	}
	dev->found = true;
	dev->at_last_known = false;
	printf("Internal drbd meta data successfully moved.\n");
}

int cmd_check_resize(struct md_dev *dev, const struct md_args *a)
{
	(void)a;
	if (dev->format != MD_V08)
		md_fatal(MX_NONE, "Operation only supported for >= v8 internal meta data\n");
	md_open(dev, false);
	md_find(dev);
	if (dev->at_last_known) {
		md_move(dev);
		return MX_OK;
	}
	if (!dev->found) {
		fprintf(stderr, "no suitable meta data found :(\n");
		return MX_NONE;
	}
	md_record(dev);
	return MX_OK;
}
