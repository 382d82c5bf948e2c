/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device or image file that carries meta-data: opening it, reading and writing it, and finding the meta-data on it. All
 * I/O is in whole blocks of 4 KiB. A failed read or write ends the program with exit code 10 and a message.
 */
#ifndef MD_DEV_H
#define MD_DEV_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "drbd-like/core/drbd_al.h"
#include "drbd-like/core/drbd_md.h"
#include "drbd_host.h"

enum md_exit {
	MX_OK = 0,
	MX_CANCELLED = 1,
	MX_INCONSISTENT = 5,
	MX_FAILED = 10,		/* I/O, bad numbers, parse errors */
	MX_USAGE = 20,		/* command line, open, lock */
	MX_RESTRIPE = 30,
	MX_REFUSED = 40,	/* would destroy data */
	MX_NONE = 255		/* no meta-data */
};

struct md_opt {
	bool force, ignore_sanity, dry_run;
	int verbose;
	bool have_peer_max_bio, have_stripes;
	u32 peer_max_bio;
	u32 al_stripes, al_stripe_size_4k;	/* 1 and 8 if not given */
};

enum md_format { MD_V06, MD_V07, MD_V08 };

struct md_dev {
	const struct md_opt *opt;
	const char *device;		/* DEVICE argument */
	int minor;
	enum md_format format;
	const char *path;
	s32 idx;			/* v07 internal: DRBD_MD_IDX_INTERNAL_07 */
	int fd;
	bool is_block;
	u64 size_byte;
	u32 sector_byte;
	struct lkbd lk;
	/* what was found */
	bool found;
	bool at_last_known;		/* ... where it was before the device was resized */
	struct drbd_md md;		/* v08 */
	struct drbd_md_07 md7;		/* v07; v06: gc and magic */
	struct drbd_md_layout l;
};

#define MD_IO_BYTE (1u << 20)		/* largest single transfer */

/* Prints and exits with `code`. */
void md_fatal(enum md_exit code, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

/* Asks; only "yes" is yes. With --force it is. */
bool md_confirmed(const struct md_dev *dev, const char *text);

/*
 * Opens dev->path (v06: the file of the minor) and fills size and kind. exclusive_or_fail: do not ask when the device is
 * in use. Ends the program on failure.
 */
void md_open(struct md_dev *dev, bool exclusive_or_fail);

/* Aligned memory of that many bytes, never NULL; free() it. */
void *md_alloc(size_t size_byte);

/* Whole blocks at a multiple of 4096; tag names the purpose in messages. */
void md_read(const struct md_dev *dev, void *buf, size_t len, u64 offset, const char *tag);
void md_write(const struct md_dev *dev, const void *buf, size_t len, u64 offset, const char *tag);
/* The same, but of length zero bytes, which may be many. */
void md_zero(const struct md_dev *dev, u64 len, u64 offset, const char *tag);
/* Waits until all is on stable storage. */
void md_sync(const struct md_dev *dev);

/* Looks for meta-data of dev->format, for v08 internal also at the last known place. Sets found, at_last_known, md, l. */
void md_find(struct md_dev *dev);

/* Is there a super block of that format and index? Fills what is not NULL. */
bool md_probe_08(const struct md_dev *dev, s32 idx, u64 size_byte, struct drbd_md *md, struct drbd_md_layout *l);
bool md_probe_07(const struct md_dev *dev, s32 idx, struct drbd_md_07 *md, struct drbd_md_layout *l);

/* The layout for the device's size, or the end of the program with the reason. */
void md_layout_or_die(const struct md_dev *dev, u32 al_stripes, u32 al_stripe_size_4k, struct drbd_md_layout *l);

/* Writes dev->md (md7) at dev->l; v08 internal: updates the last-known record, else deletes it. */
void md_save(struct md_dev *dev);

/* Writes the record, or deletes it if the meta-data is not internal. */
void md_record(const struct md_dev *dev);

/* Sectors that the device above can use. External: as far as the bitmap goes, for the data device is not known. */
u64 md_usable_sect(const struct md_dev *dev);

static inline u64 md_al_offset_byte(const struct md_dev *dev)
{
	return (dev->l.md_offset_sect + (u64)dev->l.al_offset) << 9;
}

static inline u64 md_bm_offset_byte(const struct md_dev *dev)
{
	return (dev->l.md_offset_sect + (u64)dev->l.bm_offset) << 9;
}

static inline bool md_internal(const struct md_dev *dev)
{
	return dev->idx == DRBD_MD_IDX_INTERNAL || dev->idx == DRBD_MD_IDX_INTERNAL_07;
}

#endif
