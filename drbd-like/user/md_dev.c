/* SPDX-License-Identifier: GPL-2.0-only */
/* Device I/O of drbdmeta, and where meta-data is looked for. */
#include "md_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#ifndef BLKZEROOUT		/* Linux before 3.7 */
#define BLKZEROOUT _IO(0x12, 127)
#endif

enum { MIN_SECT = 72, V06_BYTE = 24 };
#define DRBD_MD_MAGIC_06 0x83740269u

void md_fatal(enum md_exit code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	exit(code);
}

bool md_confirmed(const struct md_dev *dev, const char *text)
{
	char answer[16];
	bool yes;

	fflush(stdout);
	fprintf(stderr, "\n%s\n", text);
	if (dev->opt->force) {
		fprintf(stderr, "*** confirmation forced via --force option ***\n");
		return true;
	}
	fprintf(stderr, "[need to type 'yes' to confirm] ");
	yes = fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n");
	fprintf(stderr, "\n");
	return yes;
}

/* --- opening --------------------------------------------------------------------------------------------------------- */

static int open_device(const struct md_dev *dev, bool exclusive_or_fail)
{
	int flags = O_RDWR | O_DIRECT | O_CLOEXEC | (dev->idx < 0 ? O_EXCL : 0), fd;

	for (;;) {
		fd = open(dev->path, flags);
		if (fd >= 0)
			return fd;
		if (errno == EINVAL && (flags & O_DIRECT)) {
			if (dev->opt->verbose)
				fprintf(stderr, "could not open with O_DIRECT, retrying without\n");
			flags &= ~O_DIRECT;
			continue;
		}
		fprintf(stderr, "open(%s) failed: %s\n", dev->path, strerror(errno));
		if (errno != EBUSY || !(flags & O_EXCL))
			exit(MX_USAGE);
		if ((exclusive_or_fail && !dev->opt->force) ||
		    !md_confirmed(dev, "Exclusive open failed. Do it anyways?")) {
			printf("Operation canceled.\n");
			exit(MX_USAGE);
		}
		flags &= ~O_EXCL;
	}
}

static void open_06(struct md_dev *dev)
{
	static char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/drbd%d", drbd_lib_dir(), dev->minor);
	dev->path = path;
	dev->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (dev->fd < 0 || fstat(dev->fd, &st))
		md_fatal(MX_USAGE, "open(%s) failed: %s\n", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		md_fatal(MX_USAGE, "'%s' is not a plain file!\n", path);
	dev->size_byte = (u64)st.st_size;
}

void md_open(struct md_dev *dev, bool exclusive_or_fail)
{
	struct stat st;
	int sector = 512;

	if (dev->format == MD_V06) {
		open_06(dev);
		return;
	}
	if (stat(dev->path, &st))
		md_fatal(MX_USAGE, "open(%s) failed: %s\n", dev->path, strerror(errno));
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		md_fatal(MX_USAGE, "'%s' is not a block device!\n", dev->path);
	dev->fd = open_device(dev, exclusive_or_fail);
	if (fstat(dev->fd, &st) || (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)))
		md_fatal(MX_USAGE, "'%s' is not a block device!\n", dev->path);
	dev->is_block = S_ISBLK(st.st_mode);
	dev->size_byte = (u64)st.st_size;
	if (dev->is_block) {
		if (ioctl(dev->fd, BLKGETSIZE64, &dev->size_byte))
			md_fatal(MX_USAGE, "ioctl(%s, BLKGETSIZE64) failed: %s\n", dev->path, strerror(errno));
		if (ioctl(dev->fd, BLKSSZGET, &sector) || sector <= 0 || sector > 4096)
			md_fatal(MX_USAGE, "%s: sectors of %d bytes are not supported\n", dev->path, sector);
		/* others may have read it through the page cache */
		ioctl(dev->fd, BLKFLSBUF);
	}
	dev->sector_byte = (u32)sector;
	if (dev->size_byte / 512 < MIN_SECT)
		md_fatal(MX_FAILED, "%s is only %llu bytes. That's not enough.\n", dev->path, dev->size_byte);
	if (drbd_md_offset_byte(dev->idx, dev->size_byte, dev->format == MD_V07) == ~0ull) {
		u64 offset = dev->idx >= 0 ? (u64)(u32)dev->idx << 27 : 0;

		md_fatal(MX_FAILED, "Device too small: expecting meta data block at\n"
			 "byte offset %lld, but %s is only %llu bytes.\n",
			 dev->idx >= 0 ? (s64)offset : (s64)(dev->size_byte & ~4095ull) - (1 << 27), dev->path,
			 dev->size_byte);
	}
}

/* --- I/O --------------------------------------------------------------------------------------------------------------- */

void *md_alloc(size_t size_byte)
{
	void *p;

	if (posix_memalign(&p, 4096, size_byte ? size_byte : 4096))
		md_fatal(MX_USAGE, "out of memory\n");
	return p;
}

void md_read(const struct md_dev *dev, void *buf, size_t len, u64 offset, const char *tag)
{
	size_t done = 0;
	ssize_t n;

	if (dev->opt->verbose >= 2)
		fprintf(stderr, " %-26s: pread(%d, ...,%6zu,%12llu)\n", tag, dev->fd, len, offset);
	while (done < len) {
		n = pread(dev->fd, (char *)buf + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			md_fatal(MX_FAILED, "pread(%d,...,%zu,%llu) in %s failed: %s\n", dev->fd, len, offset, tag,
				 strerror(errno));
		if (!n)
			md_fatal(MX_FAILED, "confused in %s: expected to read %zu bytes, actually read %zu\n", tag, len,
				 done);
		done += (size_t)n;
	}
}

void md_write(const struct md_dev *dev, const void *buf, size_t len, u64 offset, const char *tag)
{
	size_t done = 0;
	ssize_t n;

	if (dev->opt->dry_run || dev->opt->verbose >= 2)
		fprintf(stderr, " %-26s: pwrite(%d, ...,%6zu,%12llu)%s\n", tag, dev->fd, len, offset,
			dev->opt->dry_run ? " SKIPPED DUE TO DRY-RUN" : "");
	if (dev->opt->dry_run)
		return;
	while (done < len) {
		n = pwrite(dev->fd, (const char *)buf + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			md_fatal(MX_FAILED, "pwrite(%d,...,%zu,%llu) in %s failed: %s\n", dev->fd, len, offset, tag,
				 strerror(errno));
		if (!n)
			md_fatal(MX_FAILED, "confused in %s: expected to write %zu bytes, actually wrote %zu\n", tag, len,
				 done);
		done += (size_t)n;
	}
}

void md_zero(const struct md_dev *dev, u64 len, u64 offset, const char *tag)
{
	uint64_t range[2] = { offset, len };
	u64 end = offset + len;
	void *zero;

	if (!len)
		return;
	if (!dev->opt->dry_run) {
		if (dev->is_block ? !ioctl(dev->fd, BLKZEROOUT, range) :
		    !fallocate(dev->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len))
			return;
	}
	zero = md_alloc(MD_IO_BYTE);
	memset(zero, 0, MD_IO_BYTE);
	for (; offset < end; offset += len) {
		len = DRBD_MIN((u64)MD_IO_BYTE, end - offset);
		md_write(dev, zero, len, offset, tag);
	}
	free(zero);
}

void md_sync(const struct md_dev *dev)
{
	if (!dev->opt->dry_run && fsync(dev->fd))
		md_fatal(MX_FAILED, "fsync(%s) failed: %s\n", dev->path, strerror(errno));
}

/* --- finding ------------------------------------------------------------------------------------------------------------ */

static u8 *read_sb(const struct md_dev *dev, u64 offset)
{
	u8 *raw = md_alloc(DRBD_MD_SB_BYTE);

	md_read(dev, raw, DRBD_MD_SB_BYTE, offset, "super block");
	return raw;
}

bool md_probe_08(const struct md_dev *dev, s32 idx, u64 size_byte, struct drbd_md *md, struct drbd_md_layout *l)
{
	u64 offset = drbd_md_offset_byte(idx, size_byte, false);
	struct drbd_md_layout at;
	enum drbd_md_bad bad;
	struct drbd_md m;
	u8 *raw;

	if (offset == ~0ull || offset > dev->size_byte - DRBD_MD_SB_BYTE)
		return false;
	raw = read_sb(dev, offset);
	drbd_md_get(raw, &m);
	free(raw);
	bad = drbd_md_check_tool(&m, idx, size_byte, &at);
	if (bad) {
		if (bad == MD_TOO_LARGE)
			md_fatal(MX_FAILED, "Device too large. We only support up to 1024 TB.\n");
		if (dev->opt->verbose)
			fprintf(stderr, "v08 %s\n", bad == MD_NO_MAGIC ? "Magic number not found" : drbd_md_reason(bad));
		return false;
	}
	if (md)
		*md = m;
	if (l)
		*l = at;
	return true;
}

bool md_probe_07(const struct md_dev *dev, s32 idx, struct drbd_md_07 *md, struct drbd_md_layout *l)
{
	u64 offset = drbd_md_offset_byte(idx, dev->size_byte, true);
	struct drbd_md_layout at;
	enum drbd_md_bad bad;
	struct drbd_md_07 m;
	u8 *raw;

	if (offset == ~0ull)
		return false;
	raw = read_sb(dev, offset);
	drbd_md_get_07(raw, &m);
	free(raw);
	bad = drbd_md_check_07(&m, idx, dev->size_byte, &at);
	if (bad) {
		if (dev->opt->verbose)
			fprintf(stderr, "v07 %s\n", bad == MD_NO_MAGIC ? "Magic number not found" : drbd_md_reason(bad));
		return false;
	}
	if (idx < 0 && m.md_size_sect != (u32)at.md_size_sect)
		fprintf(stderr, "strange md_size_sect %u (expected: %llu)\n", m.md_size_sect, at.md_size_sect);
	if (md)
		*md = m;
	if (l)
		*l = at;
	return true;
}

static bool probe_06(struct md_dev *dev)
{
	u8 raw[V06_BYTE];
	int i;

	if (pread(dev->fd, raw, sizeof(raw), 0) != sizeof(raw) || drbd_get_be32(raw + 20) != DRBD_MD_MAGIC_06) {
		if (dev->opt->verbose)
			fprintf(stderr, "v06 Magic number not found\n");
		return false;
	}
	memset(&dev->md7, 0, sizeof(dev->md7));
	for (i = 0; i < 5; i++)
		dev->md7.gc[i] = drbd_get_be32(raw + 4 * i);
	return true;
}

/* The place for the size on record, unless the record is of another device. */
static bool find_last_known(struct md_dev *dev)
{
	struct drbd_md_layout l;
	struct drbd_md md;

	lkbd_load(dev->minor, &dev->lk);
	if (!dev->lk.size_byte || dev->lk.size_byte == dev->size_byte) {
		if (dev->opt->verbose && !dev->lk.size_byte)
			fprintf(stderr, "no last-known offset information available.\n");
		return false;
	}
	if (dev->opt->verbose) {
		fprintf(stderr, " last known info: %llu %s\n", (u64)dev->lk.size_byte, dev->lk.path);
		if (dev->lk.uuid)
			fprintf(stderr, " last known uuid: %016llX\n", (u64)dev->lk.uuid);
	}
	if (dev->lk.size_byte > dev->size_byte) {
		if (dev->opt->verbose)
			fprintf(stderr, "Device is too small now!\n");
		return false;
	}
	if (!md_probe_08(dev, DRBD_MD_IDX_INTERNAL, dev->lk.size_byte, &md, &l))
		return false;
	fprintf(stderr, "While checking for internal meta data for drbd%d on %s,\nit appears that it may have been "
		"relocated.\nIt used to be at byte offset %llu, and seems to still be valid.\n", dev->minor, dev->path,
		l.md_offset_sect << 9);
	if (dev->lk.uuid && md.device_uuid != dev->lk.uuid) {
		fprintf(stderr, "Last known and found uuid differ!?\n%016llX != %016llX\n", (u64)dev->lk.uuid,
			md.device_uuid);
		if (!dev->opt->force) {
			fprintf(stderr, "You may --force me to ignore that.\n");
			return false;
		}
		fprintf(stderr, "You --force'ed me to ignore that.\n");
	}
	dev->md = md;
	dev->l = l;
	dev->at_last_known = true;
	return true;
}

/* No more than the area leaves room for, whatever the super block says. */
static void clip_la_size(const struct md_dev *dev, u64 *la_size_sect)
{
	u64 usable = md_usable_sect(dev);

	if (*la_size_sect <= usable)
		return;
	printf("# la-size-sect was too big (%llu), truncated (%llu)!\n", *la_size_sect, usable);
	*la_size_sect = usable;
}

void md_find(struct md_dev *dev)
{
	dev->at_last_known = false;
	if (dev->format == MD_V06) {
		dev->found = probe_06(dev);
		return;
	}
	if (dev->format == MD_V07) {
		dev->found = md_probe_07(dev, dev->idx, &dev->md7, &dev->l);
		if (dev->found)
			clip_la_size(dev, &dev->md7.la_size_sect);
		return;
	}
	dev->found = md_probe_08(dev, dev->idx, dev->size_byte, &dev->md, &dev->l);
	if (!dev->found && dev->idx == DRBD_MD_IDX_INTERNAL)
		find_last_known(dev);
	if (!dev->found && !dev->at_last_known)
		return;
	clip_la_size(dev, &dev->md.la_size_sect);
	if (!dev->md.bm_bytes_per_bit) {
		dev->md.bm_bytes_per_bit = DRBD_MD_BM_BLOCK_BYTE;
		fprintf(stderr, "bm-byte-per-bit was 0, fixed. (Set to 4096)\n");
	}
	if (dev->md.bm_bytes_per_bit != DRBD_MD_BM_BLOCK_BYTE)
		md_fatal(MX_FAILED, "%s: super block says %u bytes per bitmap bit; only 4096 is supported\n", dev->path,
			 dev->md.bm_bytes_per_bit);
}

/* --- writing -------------------------------------------------------------------------------------------------------------- */

static enum drbd_md_bad layout_on(const struct md_dev *dev, u64 size_byte, u32 al_stripes, u32 al_stripe_size_4k,
				  struct drbd_md_layout *l)
{
	enum drbd_md_bad bad = dev->format == MD_V07 ? drbd_md_layout_07(dev->idx, size_byte, l) :
			       drbd_md_layout(dev->idx, size_byte, al_stripes, al_stripe_size_4k, l);

	/* a slot may run past the end of the device, but not with its activity log */
	if (!bad && l->al_offset > 0 && (l->md_offset_sect + (u64)l->al_offset + l->al_sect) << 9 > size_byte)
		bad = MD_TOO_SMALL;
	return bad;
}

void md_layout_or_die(const struct md_dev *dev, u32 al_stripes, u32 al_stripe_size_4k, struct drbd_md_layout *l)
{
	enum drbd_md_bad bad = layout_on(dev, dev->size_byte, al_stripes, al_stripe_size_4k, l);
	u64 need_byte = dev->size_byte & ~4095ull;

	if (bad == MD_TOO_LARGE)
		md_fatal(MX_FAILED, "Device too large. We only support up to 1024 TB.\n");
	if (bad == MD_TOO_SMALL) {
		do
			need_byte += 4096;
		while (layout_on(dev, need_byte, al_stripes, al_stripe_size_4k, l) == MD_TOO_SMALL);
		md_fatal(MX_FAILED, "%s is only %llu bytes. That's not enough.\nIt is too small by %llu KiB.\n", dev->path,
			 dev->size_byte, (need_byte - dev->size_byte + 1023) >> 10);
	}
	if (bad)
		md_fatal(MX_FAILED, "%s: %s\n", dev->path, drbd_md_reason(bad));
}

void md_record(const struct md_dev *dev)
{
	struct lkbd lk = { .size_byte = dev->size_byte, .uuid = dev->md.device_uuid };

	if (dev->opt->dry_run || dev->format != MD_V08)
		return;
	snprintf(lk.path, sizeof(lk.path), "%s", dev->path);
	if (!md_internal(dev))
		lkbd_delete(dev->minor);
	else
		lkbd_save(dev->minor, &lk);	/* only costs the search after a resize: not worth failing for */
}

static void save_06(const struct md_dev *dev)
{
	u8 raw[V06_BYTE];
	int i;

	for (i = 0; i < 5; i++)
		drbd_put_be32(raw + 4 * i, dev->md7.gc[i]);
	drbd_put_be32(raw + 20, DRBD_MD_MAGIC_06);
	md_write(dev, raw, sizeof(raw), 0, "super block");
}

void md_save(struct md_dev *dev)
{
	u8 *raw;

	if (dev->format == MD_V06) {
		save_06(dev);
		md_sync(dev);
		return;
	}
	raw = md_alloc(DRBD_MD_SB_BYTE);
	if (dev->format == MD_V07)
		drbd_md_put_07(raw, &dev->md7);
	else
		drbd_md_put(raw, &dev->md);
	/* what the super block speaks of is on disk before it */
	md_sync(dev);
	md_write(dev, raw, DRBD_MD_SB_BYTE, dev->l.md_offset_sect << 9, "super block");
	md_sync(dev);
	free(raw);
	md_record(dev);
}

u64 md_usable_sect(const struct md_dev *dev)
{
	return drbd_md_usable_sect(dev->idx, dev->l.al_offset < 0 ? 0 : ~0ull, &dev->l);
}
