/* SPDX-License-Identifier: GPL-2.0-only */
/* Backing disk: meta-data, bitmap, activity log, I/O for the peer. */
#ifndef DRBD_IO_H
#define DRBD_IO_H

#include "drbd_main.h"

/* A reference on the disk, if it is in that state or better. */
bool drbd_disk_get(struct drbd_device *dev, enum drbd_disk_state min);
bool drbd_disk_get_locked(struct drbd_device *dev, enum drbd_disk_state min);
void drbd_disk_put(struct drbd_device *dev);
void drbd_disk_put_locked(struct drbd_device *dev);

/* Opens both devices and allocates pages: 0 or enum drbd_ret_code; *why for the administrator. */
int drbd_disk_open(struct drbd_device *dev, const struct drbd_disk_conf *conf, const char **why);
/* Reads and checks the super block into dev->md, dev->layout. */
int drbd_disk_read_md(struct drbd_device *dev, const char **why);
void drbd_disk_close(struct drbd_device *dev);
u64 drbd_disk_max_sect(const struct drbd_device *dev);

/* Bitmap of that size, all clear; keeps the old bits with `keep`. 0 or -ENOMEM. */
int drbd_bm_make(struct drbd_device *dev, u64 capacity_sect, bool keep, bool set_new);
void drbd_bm_free(struct drbd_device *dev);
int drbd_bm_read(struct drbd_device *dev);
/* Writes changed pages; all of them with `all`. The caller holds a reference on the disk; flushes before and after. */
int drbd_bm_write(struct drbd_device *dev, bool all);
/* Activity log: in core, all free; drbd_al_initialize() writes that into each block of the ring. */
int drbd_al_make(struct drbd_device *dev, u32 al_extents);
int drbd_al_initialize(struct drbd_device *dev);
/*
 * Waits until no write holds an extent, lets all of them leave the log, and lets no write begin until drbd_al_open(). False,
 * and nothing changed: the disk has failed, or wait_ms is over (0: no limit). The caller holds a reference on the disk, and
 * writes the bitmap before the log is written anew.
 */
bool drbd_al_close(struct drbd_device *dev, u32 wait_ms);
void drbd_al_open(struct drbd_device *dev);
/* The super block as the core wants it. */
int drbd_md_write(struct drbd_device *dev);
void drbd_md_write_if_dirty(struct drbd_device *dev);
void drbd_md_dirty_locked(struct drbd_device *dev);
/* Data device's cache. */
int drbd_disk_flush(struct drbd_device *dev);

/* Lock held. */
u64 drbd_set_oos(struct drbd_device *dev, u64 sector, u32 size_byte);
void drbd_set_in_sync(struct drbd_device *dev, u64 sector, u32 size_byte);
void drbd_set_all_bits(struct drbd_device *dev);
void drbd_io_failed(struct drbd_device *dev, enum drbd_io_err what);

void drbd_al_range(struct drbd_al_hold *h, u64 sector, u32 size_byte);
/* Lock held: takes the references; false: not yet, *due: a transaction has to be written first. */
bool drbd_al_get(struct drbd_device *dev, struct drbd_al_hold *h, bool *due);
void drbd_al_put(struct drbd_device *dev, struct drbd_al_hold *h);
bool drbd_al_get_fast(struct drbd_device *dev, struct drbd_al_hold *h);
/* Writes a transaction if one is due; sleeps. */
bool drbd_al_write(struct drbd_device *dev);		/* true: something was written */
/* Lock held. As drbd_rs_begin_io(), true: locked; application writes in the way are to leave the transfer log. */
bool drbd_rs_extent_begin(struct drbd_device *dev, u64 sector, bool step_back);

/* Usable for data: lock held. */
static inline bool drbd_disk_usable(const struct drbd_device *dev)
{
	return dev->disk_open && dev->vs.state.disk >= D_INCONSISTENT;
}

/* Requests of the peer. pages for size_byte; sleeps. NULL: no memory. */
struct drbd_peer *drbd_peer_new(struct drbd_device *dev, u32 size_byte);
void drbd_peer_free(struct drbd_peer *pr);
/* To the disk; the caller holds a reference on it, which the end drops. */
void drbd_peer_submit(struct drbd_peer *pr, bool write);
/* Zeroes or discards a range, as dp_flags say; sleeps. */
int drbd_zero_range(struct drbd_device *dev, u64 sector, u32 size_byte, bool discard);
bool drbd_can_discard(const struct drbd_device *dev);
int drbd_digest(struct crypto_shash *tfm, struct page **pages, u32 size_byte, u8 *digest);
int drbd_digest_bio(struct crypto_shash *tfm, struct bio *bio, u8 *digest);

#endif
