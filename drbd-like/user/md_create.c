/* SPDX-License-Identifier: GPL-2.0-only */
/* create-md: what is on the device already, what the operator says to that, and the new area. */
#include "md_cmd.h"
#include "md_detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"

enum { PVS_TIMEOUT_MS = 60000 };

/* --- existing data ---------------------------------------------------------------------------------------------------- */

/* Size of an LVM physical volume in bytes, 0 if pvs does not tell. */
static u64 pv_byte(const char *path)
{
	char config[4200];
	const char *argv[] = { "pvs", "--noheadings", "--nosuffix", "--units", "s", "-o", "pv_size", "--config", config,
			       NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = PVS_TIMEOUT_MS, .split_stderr = true };
	struct run_result result;
	u64 sect = 0;
	char *end;

	if (strpbrk(path, "'\"|\\"))
		return 0;
	snprintf(config, sizeof(config), "devices { write_cache_state=0 filter = [ 'a|^%s$|', 'r|.|' ] }", path);
	if (run_wait(&spec, &result))
		return 0;
	if (result.exit_code == 0 && !result.timed_out) {
		sect = strtoull(result.output, &end, 10);
		if (end == result.output)
			sect = 0;
	}
	free((char *)result.output);
	return sect << 9;
}

#define WOULD_TRUNCATE "Device size would be truncated, which\nwould corrupt data and result in\n" \
		       "'access beyond end of device' errors.\n"

/* Refuses, or goes on at the operator's own risk. */
static void refuse_or_ignore(const struct md_dev *dev)
{
	if (dev->opt->ignore_sanity) {
		printf("\nIgnoring sanity check on user request.\n\n");
		return;
	}
	printf("If you want me to do this, you need to zero out the first part\nof the device (destroy the content).\n"
	       "You should be very sure that you mean it.\nOperation refused.\n\n");
	exit(MX_REFUSED);
}

static void proceed_or_exit(const struct md_dev *dev)
{
	if (md_confirmed(dev, "Do you want to proceed?"))
		return;
	printf("Operation canceled.\n");
	exit(MX_CANCELLED);
}

static void existing_internal(const struct md_dev *dev, const struct md_detected *d)
{
	u64 used_kib = d->used_byte / 1024 + !!(d->used_byte % 1024), left_kib = md_usable_sect(dev) / 2;

	if (d->used_byte)
		printf("%12llu kB data area apparently used\n", used_kib);
	printf("%12llu kB left usable by current configuration\n", left_kib);
	if (!d->used_byte) {
		if (d->what == FOUND_LVM)
			printf("Could not determine the size of the actually used data area.\n\n");
		printf(WOULD_TRUNCATE);
		refuse_or_ignore(dev);
		return;
	}
	if (used_kib > left_kib) {
		printf("\n" WOULD_TRUNCATE "You need to either\n   * use external meta data (recommended)\n"
		       "   * shrink that filesystem first\n   * zero out the device (destroy the filesystem)\n"
		       "Operation refused.\n\n");
		fflush(stdout);
		fprintf(stderr, "%s: the %s is too large by %llu KiB: shrink it to %llu KiB for internal meta-data behind it\n",
			dev->path, d->label, used_kib - left_kib, left_kib);
		exit(MX_REFUSED);
	}
	printf("\nEven though it looks like this would place the new meta data into\n"
	       "unused space, you still need to confirm, as this is only a guess.\n");
	proceed_or_exit(dev);
}

void md_check_existing(const struct md_dev *dev)
{
	struct md_detected d;
	void *start = md_alloc(MD_DETECT_BYTE);

	if (dev->size_byte < MD_DETECT_BYTE)
		md_fatal(MX_FAILED, "confused in check_for_existing_data: expected to read %u bytes, actually read %llu\n",
			 MD_DETECT_BYTE, dev->size_byte);
	md_read(dev, start, MD_DETECT_BYTE, 0, "check_for_existing_data");
	md_detect(start, &d);
	free(start);
	if (d.what == FOUND_NOTHING)
		return;
	if (d.what == FOUND_LVM)
		d.used_byte = pv_byte(dev->path);
	printf("md_offset %llu\nal_offset %llu\nbm_offset %llu\n\nFound %s\n", dev->l.md_offset_sect << 9,
	       md_al_offset_byte(dev), md_bm_offset_byte(dev), d.label);
	if (d.what == FOUND_DATA) {
		printf("\n ==> This might destroy existing data! <==\n");
		proceed_or_exit(dev);
	} else if (md_internal(dev)) {
		existing_internal(dev, &d);
	} else {
		printf("\nThis would corrupt existing data.\n");
		refuse_or_ignore(dev);
	}
}

/* --- other meta-data --------------------------------------------------------------------------------------------------- */

struct flavours {
	bool v07_fixed, v07_flex, v08;
	struct drbd_md_07 md7;
	struct drbd_md md8;
	u64 at7_byte, at8_byte;
};

static int cancelled(void)
{
	printf("Operation cancelled.\n");
	exit(MX_CANCELLED);
}

static void say_internal(const struct md_dev *dev, const char *what, u64 offset)
{
	fprintf(stderr, "You want me to create a %s style %s internal meta data block.\n"
		"There appears to be a %s internal meta data block\nalready in place on %s at byte offset %llu\n",
		dev->format == MD_V08 ? "v08" : "v07", dev->idx == DRBD_MD_IDX_INTERNAL_07 ? "fixed-size" : "flexible-size",
		what, dev->path, offset);
}

/* Asks what is to become of 0.7 meta-data. True: convert it. */
static bool ask_convert(const struct md_dev *dev)
{
	if (md_confirmed(dev, "Convert the existing v07 meta-data to v08?"))
		return true;
	if (!md_confirmed(dev, "So you want me to wipe out the v07 meta-data?"))
		cancelled();
	return false;
}

static bool ask_internal(const struct md_dev *dev, const struct flavours *f)
{
	bool same_striping = f->md8.al_stripes == dev->opt->al_stripes &&
			     f->md8.al_stripe_size_4k == dev->opt->al_stripe_size_4k;

	if (f->v07_fixed && f->v07_flex)
		md_fatal(MX_FAILED, "%s: both v07 fixed-size and v07 flexible-size internal meta data are in place;\n"
			 "wipe the one that is out of date\n", dev->path);
	if (f->v08) {
		say_internal(dev, "v08 flexible-size", f->at8_byte);
		if (dev->format == MD_V08 && !same_striping &&
		    md_confirmed(dev, "Do you want to change the activity log stripe settings *only*?")) {
			fprintf(stderr, "Sorry, not yet fully implemented\n"
				"Try dump-md > dump.txt; restore-md -s x -z y dump.txt\n");
			exit(MX_RESTRIPE);
		}
		if (!md_confirmed(dev, "Do you really want to overwrite the existing meta-data?"))
			cancelled();
		return false;
	}
	if (!f->v07_fixed && !f->v07_flex)
		return false;
	say_internal(dev, f->v07_fixed ? "v07 fixed-size" : "v07(plus) flexible-size", f->at7_byte);
	if (dev->format == MD_V08)
		return ask_convert(dev);
	if (!md_confirmed(dev, "Do you really want to overwrite the existing meta-data?"))
		cancelled();
	return false;
}

static bool ask_external(const struct md_dev *dev, const struct flavours *f)
{
	bool same = dev->format == MD_V08 ? f->v08 : f->v07_flex;

	if (same) {
		if (!md_confirmed(dev, "Valid meta data seems to be in place.\nDo you really want to overwrite?"))
			cancelled();
	} else if (f->v07_flex) {
		if (md_confirmed(dev, "Valid v07 meta-data found, convert to v08?"))
			return true;
		if (!md_confirmed(dev, "So you want me to replace the v07 meta-data\nwith newly initialized v08 meta-data?"))
			cancelled();
	} else if (f->v08) {
		if (!md_confirmed(dev, "So you want me to replace the v08 meta-data\nwith newly initialized v07 meta-data?"))
			cancelled();
	}
	return false;
}

static void look_for_flavours(const struct md_dev *dev, struct flavours *f)
{
	struct drbd_md_layout l;
	s32 v08_idx = md_internal(dev) ? DRBD_MD_IDX_INTERNAL : dev->idx;

	memset(f, 0, sizeof(*f));
	if (md_internal(dev) && md_probe_07(dev, DRBD_MD_IDX_INTERNAL_07, &f->md7, &l)) {
		f->v07_fixed = true;
		f->at7_byte = l.md_offset_sect << 9;
	}
	if (md_probe_07(dev, v08_idx, &f->md7, &l)) {
		f->v07_flex = true;
		f->at7_byte = l.md_offset_sect << 9;
	}
	if (md_probe_08(dev, v08_idx, dev->size_byte, &f->md8, &l)) {
		f->v08 = true;
		f->at8_byte = l.md_offset_sect << 9;
	}
}

/* --- new meta-data ------------------------------------------------------------------------------------------------------ */

static void create_fresh(struct md_dev *dev)
{
	u64 bm_byte = (drbd_md_bm_byte(dev->size_byte >> 9) + 4095) & ~4095ull;
	char text[24];

	if (dev->format == MD_V08) {
		drbd_md_create(&dev->md, &dev->l, dev->opt->peer_max_bio);
	} else {
		static const u32 gc[5] = { 0, 1, 1, 1, 1 };

		memset(&dev->md7, 0, sizeof(dev->md7));
		memcpy(dev->md7.gc, gc, sizeof(gc));
		dev->md7.magic = DRBD_MD_MAGIC_07;
		dev->md7.md_size_sect = (u32)dev->l.md_size_sect;
		dev->md7.al_offset = (s32)dev->l.al_offset;
		dev->md7.bm_offset = (s32)dev->l.bm_offset;
		dev->md7.al_nr_extents = 257;
	}
	md_check_existing(dev);
	bm_byte = DRBD_MIN(bm_byte, dev->l.bm_sect << 9);
	bm_byte = DRBD_MIN(bm_byte, (dev->size_byte - md_bm_offset_byte(dev)) & ~4095ull);
	fprintf(stderr, "initializing bitmap (%s) to all zero\n", md_size_text(text, bm_byte / 1024));
	md_zero(dev, bm_byte, md_bm_offset_byte(dev), "bitmap");
	printf("initializing activity log\n");
	if (dev->format == MD_V08)
		md_init_al(dev);
	else
		md_zero(dev, dev->l.al_sect << 9, md_al_offset_byte(dev), "activity log");
}

static void wipe_old_07(const struct md_dev *dev, const struct flavours *f)
{
	if (dev->format != MD_V08 || !(f->v07_fixed || f->v07_flex) || f->at7_byte == dev->l.md_offset_sect << 9)
		return;
	md_zero(dev, DRBD_MD_SB_BYTE, f->at7_byte, "wipe v07 super block");
	md_sync(dev);
}

/* True: meta-data found where it was before a resize is moved, and that is all. */
static bool move_instead(struct md_dev *dev)
{
	if (!dev->at_last_known)
		return false;
	if (dev->opt->al_stripes != dev->md.al_stripes || dev->opt->al_stripe_size_4k != dev->md.al_stripe_size_4k)
		md_fatal(MX_USAGE, "Cannot move after offline resize and change AL-striping at the same time, yet.\n");
	if (!md_confirmed(dev, "Move internal meta data from last-known position?"))
		return false;
	md_check_existing(dev);
	md_move(dev);
	return true;
}

int cmd_create_md(struct md_dev *dev, const struct md_args *a)
{
	struct flavours f;
	bool convert;

	(void)a;
	if (dev->format == MD_V06)
		md_fatal(MX_USAGE, "create-md is not possible for v06 meta data\n");
	md_open(dev, false);
	md_find(dev);
	if (move_instead(dev)) {
		printf("New drbd meta data block successfully created.\n");
		return MX_OK;
	}
	md_layout_or_die(dev, dev->opt->al_stripes, dev->opt->al_stripe_size_4k, &dev->l);
	look_for_flavours(dev, &f);
	convert = md_internal(dev) ? ask_internal(dev, &f) : ask_external(dev, &f);
	if (convert) {
		fprintf(stderr, "Converting meta data...\n");
		drbd_md_from_07(&dev->md, &f.md7, &dev->l);
	}
	printf("Writing meta data...\n");
	if (!convert)
		create_fresh(dev);
	md_save(dev);
	wipe_old_07(dev, &f);
	printf("New drbd meta data block successfully created.\n");
	return MX_OK;
}
