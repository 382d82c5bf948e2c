/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backing disk: opening it, meta-data, bitmap and activity log on it, and I/O for the peer. What takes protection
 * away (a cleared bit, an extent that leaves the log, a primary indicator) goes to disk after a flush of the data; where
 * both are on one device, the flush that comes with the meta-data write is that flush.
 */
#include "drbd_io.h"
#include "drbd_dev.h"
#include "drbd_recv.h"
#include "drbd_worker.h"

#define BITMAP_CHUNK_EXTENTS (DRBD_BM_CHUNK_BITS / 1024)	/* activity-log extents in a bitmap page */

static int shared_md_holder;	/* its address claims meta-data devices with several slots */

/* --- references ---------------------------------------------------------------------------------------------------------- */

bool drbd_disk_get_locked(struct drbd_device *dev, enum drbd_disk_state min)
{
	if (!dev->disk_open || dev->detaching || dev->vs.state.disk < min)
		return false;
	dev->disk_users++;
	return true;
}

bool drbd_disk_get(struct drbd_device *dev, enum drbd_disk_state min)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&dev->res->lock, flags);
	got = drbd_disk_get_locked(dev, min);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	return got;
}

void drbd_disk_put_locked(struct drbd_device *dev)
{
	drbd_assert(dev->disk_users > 0);
	if (--dev->disk_users)
		return;
	drbd_wake(dev->res);
	if (dev->vs.state.disk != D_FAILED || dev->detaching || !dev->disk_open)
		return;
	dev->detaching = true;
	drbd_queue_static(dev->res, &dev->detach_work);
}

void drbd_disk_put(struct drbd_device *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_disk_put_locked(dev);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

/* --- one page ------------------------------------------------------------------------------------------------------------- */

struct page_wait {
	struct completion done;
	int error;
};

static void page_end_err(struct bio *bio, int err)
{
	struct page_wait *w = bio->bi_private;

	w->error = err;
	complete(&w->done);
}
DRBD_ENDIO(page_end)

static int pages_io(struct block_device *bdev, u64 sector, struct page **pages, u32 size_byte, unsigned int op)
{
	struct bio *bio = drbd_bio_new(bdev, DIV_ROUND_UP(size_byte, PAGE_SIZE), op | DOP_SYNC | DOP_META);
	struct page_wait w;
	u32 done = 0, n;
	int i;

	if (!bio)
		return -ENOMEM;
	init_completion(&w.done);
	w.error = -EIO;
	drbd_bio_sector(bio) = sector;
	bio->bi_private = &w;
	bio->bi_end_io = page_end;
	for (i = 0; done < size_byte; i++, done += n) {
		n = DRBD_MIN(size_byte - done, (u32)PAGE_SIZE);
		if (bio_add_page(bio, pages[i], n, 0) != (int)n)
			break;
	}
	if (!done) {
		bio_put(bio);
		return -EIO;
	}
	drbd_submit_bio(bio);
	wait_for_completion(&w.done);
	bio_put(bio);
	if (!w.error && done < size_byte)	/* this device takes less at once */
		return pages_io(bdev, sector + (done >> 9), pages + i, size_byte - done, op & ~DOP_FLUSH);
	return w.error;
}

static unsigned int md_op(const struct drbd_device *dev, unsigned int op)
{
	return dev->conf.md_flushes ? op : op & ~(DOP_FLUSH | DOP_FUA);
}

static void md_failed(struct drbd_device *dev, const char *what, int err)
{
	unsigned long flags;

	drbd_err(dev, "%s: error %d on the meta-data device", what, err);
	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_io_failed(dev, IOE_META);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

int drbd_disk_flush(struct drbd_device *dev)
{
	int err = drbd_bdev_flush(dev->data.bdev);

	return err == -EOPNOTSUPP ? 0 : err;
}

/* --- open and close --------------------------------------------------------------------------------------------------------- */

static void free_pages_of(struct drbd_device *dev)
{
	int i;

	if (dev->md_page)
		__free_page(dev->md_page);
	if (dev->al_page)
		__free_page(dev->al_page);
	for (i = 0; i < DRBD_BM_BATCH; i++)
		if (dev->bm_page[i])
			__free_page(dev->bm_page[i]);
	dev->md_page = dev->al_page = NULL;
	memset(dev->bm_page, 0, sizeof(dev->bm_page));
}

static bool alloc_pages_of(struct drbd_device *dev)
{
	int i;

	dev->md_page = alloc_page(GFP_KERNEL);
	dev->al_page = alloc_page(GFP_KERNEL);
	for (i = 0; i < DRBD_BM_BATCH; i++)
		dev->bm_page[i] = alloc_page(GFP_KERNEL);
	return dev->md_page && dev->al_page && dev->bm_page[DRBD_BM_BATCH - 1];
}

int drbd_disk_open(struct drbd_device *dev, const struct drbd_disk_conf *conf, const char **why)
{
	bool internal = conf->meta_dev_idx == DRBD_MD_IDX_INTERNAL || conf->meta_dev_idx == DRBD_MD_IDX_INTERNAL_07;
	void *holder = conf->meta_dev_idx >= 0 ? (void *)&shared_md_holder : (void *)dev;
	int err;

	*why = NULL;
	err = drbd_bdev_open(&dev->data, conf->backing_dev, dev);
	if (err) {
		drbd_err(dev, "open(\"%s\") failed with %d", conf->backing_dev, err);
		return ERR_OPEN_DISK;
	}
	err = drbd_bdev_open(&dev->meta, conf->meta_dev, holder);
	if (err) {
		drbd_err(dev, "open(\"%s\") failed with %d", conf->meta_dev, err);
		drbd_disk_close(dev);
		return ERR_OPEN_MD_DISK;
	}
	if ((dev->data.bdev == dev->meta.bdev) != internal) {
		drbd_disk_close(dev);
		return ERR_MD_IDX_INVALID;
	}
	dev->md_internal = internal;
	if (!alloc_pages_of(dev)) {
		drbd_disk_close(dev);
		return ERR_NOMEM;
	}
	return NO_ERROR;
}

void drbd_disk_close(struct drbd_device *dev)
{
	drbd_bdev_close(&dev->meta);
	drbd_bdev_close(&dev->data);
	free_pages_of(dev);
	drbd_bm_free(dev);
	vfree(dev->al_mem);
	dev->al_mem = NULL;
}

int drbd_disk_read_md(struct drbd_device *dev, const char **why)
{
	u64 size = drbd_bdev_sect(dev->meta.bdev) << 9;
	u64 at = drbd_md_offset_byte(dev->conf.meta_dev_idx, size, false);
	enum drbd_md_bad bad;
	int err;

	if (at == ~0ull) {
		*why = drbd_md_reason(MD_TOO_SMALL);
		return ERR_MD_DISK_TOO_SMALL;
	}
	err = pages_io(dev->meta.bdev, at >> 9, &dev->md_page, DRBD_MD_SB_BYTE, DOP_READ);
	if (err) {
		drbd_err(dev, "reading the super block of \"%s\": error %d", dev->conf.meta_dev, err);
		return ERR_IO_MD_DISK;
	}
	drbd_md_get(page_address(dev->md_page), &dev->md);
	bad = drbd_md_check(&dev->md, dev->conf.meta_dev_idx, size >> 9, &dev->layout);
	if (bad == MD_OK)
		return NO_ERROR;
	drbd_err(dev, "meta-data on \"%s\": %s", dev->conf.meta_dev, drbd_md_reason(bad));
	return drbd_md_attach_error(bad);
}

u64 drbd_disk_max_sect(const struct drbd_device *dev)
{
	return drbd_md_usable_sect(dev->conf.meta_dev_idx, drbd_bdev_sect(dev->data.bdev), &dev->layout);
}

/* --- bitmap ------------------------------------------------------------------------------------------------------------------- */

static void free_chunks(u64 **chunk, u32 from, u32 to)
{
	for (; from < to; from++)
		if (chunk[from])
			free_page((unsigned long)chunk[from]);
}

void drbd_bm_free(struct drbd_device *dev)
{
	if (dev->bm_chunk)
		free_chunks(dev->bm_chunk, 0, dev->bm_chunks);
	vfree(dev->bm_chunk);
	vfree(dev->bm_mem);
	dev->bm_chunk = NULL;
	dev->bm_mem = NULL;
	dev->bm_chunks = 0;
	memset(&dev->bm, 0, sizeof(dev->bm));
}

int drbd_bm_make(struct drbd_device *dev, u64 capacity_sect, bool keep, bool set_new)
{
	u64 bits = drbd_bm_bits(capacity_sect);
	u32 chunks = drbd_bm_chunks(bits), have = keep ? DRBD_MIN(dev->bm_chunks, chunks) : 0, i, old_chunks;
	u64 **chunk = vzalloc(sizeof(*chunk) * (chunks + 1)), **old_chunk;
	void *mem = vzalloc(drbd_bm_mem_byte(bits) + 8), *old_mem;
	struct drbd_bm to;
	unsigned long flags;

	if (!chunk || !mem)
		goto free;
	for (i = have; i < chunks; i++) {
		chunk[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!chunk[i])
			goto free;
	}
	spin_lock_irqsave(&dev->res->lock, flags);
	if (keep && dev->bm_chunk)
		drbd_bm_resize(&to, bits, chunk, mem, &dev->bm, set_new);
	else
		drbd_bm_init(&to, bits, chunk, mem);
	old_chunk = dev->bm_chunk;
	old_chunks = dev->bm_chunks;
	old_mem = dev->bm_mem;
	dev->bm = to;
	dev->bm_chunk = chunk;
	dev->bm_chunks = chunks;
	dev->bm_mem = mem;
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (old_chunk)
		free_chunks(old_chunk, have, old_chunks);
	vfree(old_chunk);
	vfree(old_mem);
	return 0;

free:
	if (chunk)
		free_chunks(chunk, have, chunks);
	vfree(chunk);
	vfree(mem);
	return -ENOMEM;
}

static u64 chunk_sect(const struct drbd_device *dev, u32 chunk)
{
	return dev->layout.md_offset_sect + dev->layout.bm_offset + (u64)chunk * (DRBD_BM_CHUNK_BYTE >> 9);
}

/* The last page only as far as the area goes. */
static u32 chunks_byte(const struct drbd_device *dev, u32 first, u32 nr)
{
	u64 left = (dev->layout.bm_sect << 9) - (u64)first * DRBD_BM_CHUNK_BYTE;

	return (u32)DRBD_MIN(left, (u64)nr * DRBD_BM_CHUNK_BYTE);
}

int drbd_bm_read(struct drbd_device *dev)
{
	unsigned long flags;
	u32 first, nr, i;
	int err;

	for (first = 0; first < dev->bm_chunks; first += nr) {
		nr = DRBD_MIN(dev->bm_chunks - first, (u32)DRBD_BM_BATCH);
		for (i = 0; i < nr; i++)
			clear_page(page_address(dev->bm_page[i]));
		err = pages_io(dev->meta.bdev, chunk_sect(dev, first), dev->bm_page, chunks_byte(dev, first, nr), DOP_READ);
		if (err)
			return err;
		for (i = 0; i < nr; i++) {
			spin_lock_irqsave(&dev->res->lock, flags);
			memcpy(dev->bm_chunk[first + i], page_address(dev->bm_page[i]), DRBD_BM_CHUNK_BYTE);
			drbd_bm_loaded(&dev->bm, first + i);
			spin_unlock_irqrestore(&dev->res->lock, flags);
		}
	}
	return 0;
}

/* Lock held: takes a run of changed pages from `from` on; 0: there is none. */
static u32 take_run(struct drbd_device *dev, u32 *from, u32 max)
{
	u64 c = drbd_bm_next_dirty(&dev->bm, *from);
	u32 nr = 0;

	if (c == DRBD_BM_NONE || c >= dev->bm_chunks)
		return 0;
	*from = (u32)c;
	do {
		drbd_bm_clean(&dev->bm, *from + nr);
		memcpy(page_address(dev->bm_page[nr]), dev->bm_chunk[*from + nr], DRBD_BM_CHUNK_BYTE);
		nr++;
	} while (nr < max && *from + nr < dev->bm_chunks && drbd_bm_is_dirty(&dev->bm, *from + nr));
	return nr;
}

static void untake_run(struct drbd_device *dev, u32 first, u32 nr)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	while (nr--)
		drbd_bm_mark_dirty(&dev->bm, first + nr);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

/* Changed pages of first..last; bm_mutex held. */
static int write_chunks(struct drbd_device *dev, u32 first, u32 last, bool *flushed)
{
	unsigned long flags;
	u32 from = first, nr;
	int err = 0;

	for (;; from += nr) {
		spin_lock_irqsave(&dev->res->lock, flags);
		nr = from > last ? 0 : take_run(dev, &from, DRBD_MIN(last - from + 1, (u32)DRBD_BM_BATCH));
		if (nr && from > last) {	/* the next one is behind the end */
			while (nr--)
				drbd_bm_mark_dirty(&dev->bm, from + nr);
			nr = 0;
		}
		spin_unlock_irqrestore(&dev->res->lock, flags);
		if (!nr)
			return 0;
		if (!*flushed && !dev->md_internal)
			err = drbd_disk_flush(dev);
		if (!err)
			err = pages_io(dev->meta.bdev, chunk_sect(dev, from), dev->bm_page, chunks_byte(dev, from, nr),
				       DOP_WRITE | (!*flushed && dev->md_internal ? md_op(dev, DOP_FLUSH) : 0));
		*flushed = true;
		if (err) {
			untake_run(dev, from, nr);
			return err;
		}
		dev->cnt.bm_writes += nr;
	}
}

static void mark_all_dirty(struct drbd_device *dev)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&dev->res->lock, flags);
	for (i = 0; i < dev->bm_chunks; i++)
		drbd_bm_mark_dirty(&dev->bm, i);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

int drbd_bm_write(struct drbd_device *dev, bool all)
{
	bool flushed = false;
	int err = 0;

	mutex_lock(&dev->bm_mutex);
	if (all)
		mark_all_dirty(dev);
	if (dev->bm_chunks)
		err = write_chunks(dev, 0, dev->bm_chunks - 1, &flushed);
	if (!err && flushed && dev->conf.md_flushes)
		err = drbd_bdev_flush(dev->meta.bdev);
	if (err == -EOPNOTSUPP)
		err = 0;
	mutex_unlock(&dev->bm_mutex);
	if (err)
		md_failed(dev, "writing the bitmap", err);
	return err;
}

u64 drbd_set_oos(struct drbd_device *dev, u64 sector, u32 size_byte)
{
	u64 first, last;

	if (!dev->disk_open || !drbd_bm_range_out(&dev->bm, sector, size_byte, &first, &last))
		return 0;
	return drbd_bm_set(&dev->bm, first, last);
}

void drbd_set_in_sync(struct drbd_device *dev, u64 sector, u32 size_byte)
{
	u64 first, last;

	if (!dev->disk_open || !drbd_bm_range_in(&dev->bm, dev->sizes.capacity_sect, sector, size_byte, &first, &last))
		return;
	if (drbd_bm_clear(&dev->bm, first, last))
		drbd_rs_mark(&dev->rs, dev->bm.set, drbd_now_ms());
	drbd_rs_check_finished(dev);
}

void drbd_set_all_bits(struct drbd_device *dev)
{
	if (dev->disk_open && dev->bm.bits)
		drbd_bm_set(&dev->bm, 0, dev->bm.bits - 1);
}

/* --- super block ----------------------------------------------------------------------------------------------------------------- */

void drbd_md_dirty_locked(struct drbd_device *dev)
{
	if (dev->md_dirty)
		return;
	dev->md_dirty = true;
	dev->md_dirty_ms = drbd_now_ms();
}

/* Lock held: dev->md as the core wants it. True: the primary indicator goes. */
static bool fill_md(struct drbd_device *dev)
{
	bool loses_log = (dev->md.flags & ~dev->vs.md_flags) & MDF_PRIMARY_IND;

	dev->md_dirty = false;
	memcpy(dev->md.uuid, dev->vs.uuid, sizeof(dev->md.uuid));
	dev->md.flags = dev->vs.md_flags & ~MDF_AL_CLEAN;
	dev->md.magic = DRBD_MD_MAGIC_UNCLEAN;
	dev->md.la_size_sect = dev->sizes.capacity_sect;
	dev->md.al_nr_extents = dev->al.nr;
	dev->md.la_peer_max_bio_size = dev->sizes.peer_max_bio;
	return loses_log;
}

int drbd_md_write(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool loses_log;
	int err = 0;

	mutex_lock(&dev->md_mutex);
	spin_lock_irqsave(&r->lock, flags);
	if (!dev->disk_open) {
		spin_unlock_irqrestore(&r->lock, flags);
		mutex_unlock(&dev->md_mutex);
		return 0;
	}
	dev->disk_users++;
	loses_log = (dev->md.flags & ~dev->vs.md_flags) & MDF_PRIMARY_IND;
	spin_unlock_irqrestore(&r->lock, flags);
	/* without the primary indicator nobody looks at the activity log: the bits are on disk before */
	if (loses_log)
		err = drbd_bm_write(dev, false);
	spin_lock_irqsave(&r->lock, flags);
	fill_md(dev);
	drbd_md_put(page_address(dev->md_page), &dev->md);
	spin_unlock_irqrestore(&r->lock, flags);
	if (!err && !dev->md_internal)
		err = drbd_disk_flush(dev);
	if (!err)
		err = pages_io(dev->meta.bdev, dev->layout.md_offset_sect, &dev->md_page, DRBD_MD_SB_BYTE,
			       DOP_WRITE | md_op(dev, DOP_FLUSH | DOP_FUA));
	mutex_unlock(&dev->md_mutex);
	if (err)
		md_failed(dev, "writing the super block", err);
	drbd_disk_put(dev);
	return err;
}

void drbd_md_write_if_dirty(struct drbd_device *dev)
{
	if (READ_ONCE(dev->md_dirty))
		drbd_md_write(dev);
}

void drbd_io_failed(struct drbd_device *dev, enum drbd_io_err what)
{
	static const char *const names[] = { "read", "write", "meta-data", "force-detach" };
	struct drbd_change ch;

	if (!dev->disk_open || dev->vs.state.disk <= D_FAILED)
		return;
	drbd_err(dev, "local %s IO error", names[what]);
	drbd_io_error(&dev->vs, what, &ch);
	if (ch.mask)
		drbd_change_locked(dev, &ch);
}

/* --- activity log ------------------------------------------------------------------------------------------------------------------ */

static u32 al_device_extents(u64 capacity_sect)
{
	return (u32)((capacity_sect + (1 << AL_EXTENT_SECT_SHIFT) - 1) >> AL_EXTENT_SECT_SHIFT);
}

int drbd_al_make(struct drbd_device *dev, u32 al_extents)
{
	u32 max = drbd_al_nr_max(dev->layout.al_stripes, dev->layout.al_stripe_size_4k);
	u32 nr = DRBD_MIN(DRBD_MAX(al_extents, 7u), max);
	void *mem = vzalloc(drbd_al_mem_byte(nr));
	unsigned long flags;
	void *old;

	if (!mem)
		return -ENOMEM;
	spin_lock_irqsave(&dev->res->lock, flags);
	old = dev->al_mem;
	dev->al_mem = mem;
	drbd_al_init(&dev->al, mem, nr, dev->layout.al_stripes, dev->layout.al_stripe_size_4k,
		     al_device_extents(dev->sizes.capacity_sect), 0);
	dev->al.ahead = AL_AHEAD_MAX;
	dev->al_gen++;
	dev->al_writing = false;
	spin_unlock_irqrestore(&dev->res->lock, flags);
	vfree(old);
	return 0;
}

bool drbd_al_close(struct drbd_device *dev, u32 wait_ms)
{
	u64 deadline = drbd_now_ms() + wait_ms;
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool closed;
	u32 seen;

	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		closed = !dev->al_writing && drbd_al_empty(&dev->al, al_device_extents(dev->sizes.capacity_sect));
		dev->al_closed = closed;
		if (!closed)
			drbd_want_barrier(r);
		spin_unlock_irqrestore(&r->lock, flags);
		if (closed || dev->vs.state.disk <= D_FAILED || (wait_ms && drbd_now_ms() >= deadline))
			return closed;
		if (!drbd_al_write(dev))
			drbd_wait(r, seen, 200);
	}
}

void drbd_al_open(struct drbd_device *dev)
{
	dev->al_closed = false;
	drbd_wake(dev->res);
}

static int write_tr(struct drbd_device *dev, const struct drbd_al_tr *tr)
{
	drbd_al_encode(tr, page_address(dev->al_page));
	return pages_io(dev->meta.bdev, dev->layout.md_offset_sect + dev->layout.al_offset + tr->sect, &dev->al_page,
			AL_BLOCK_BYTE, DOP_WRITE | md_op(dev, DOP_FLUSH | DOP_FUA));
}

int drbd_al_initialize(struct drbd_device *dev)
{
	u32 blocks = dev->layout.al_stripes * dev->layout.al_stripe_size_4k, i;
	unsigned long flags;
	int err;

	for (i = 0; i < blocks; i++) {
		spin_lock_irqsave(&dev->res->lock, flags);
		drbd_al_idle(&dev->al, &dev->al_tr);
		spin_unlock_irqrestore(&dev->res->lock, flags);
		err = write_tr(dev, &dev->al_tr);
		if (err)
			return err;
		spin_lock_irqsave(&dev->res->lock, flags);
		drbd_al_committed(&dev->al, &dev->al_tr, true);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	return 0;
}

void drbd_al_range(struct drbd_al_hold *h, u64 sector, u32 size_byte)
{
	h->first = drbd_al_extent(sector);
	h->last = drbd_al_extent_last(sector, size_byte);
}

static bool resync_blocks(struct drbd_device *dev, const struct drbd_al_hold *h)
{
	bool blocks = false;
	u32 e;

	for (e = h->first; e <= h->last; e++)
		blocks |= drbd_rs_blocks_al(&dev->ext, e);
	return blocks;
}

/* References that outlived their disk are void. */
static void check_gen(struct drbd_device *dev, struct drbd_al_hold *h)
{
	if (h->gen != dev->al_gen)
		h->taken = h->waiting = false;
	h->gen = dev->al_gen;
}

bool drbd_al_get(struct drbd_device *dev, struct drbd_al_hold *h, bool *due)
{
	enum drbd_al_need need;

	if (!drbd_disk_usable(dev))
		return true;
	check_gen(dev, h);
	if (!h->taken) {
		if (dev->al_closed || resync_blocks(dev, h))
			return false;
		need = drbd_al_begin(&dev->al, h->first, h->last, &h->ticket);
		if (need == AL_FULL || need == AL_DUE) {
			*due = true;
			return false;
		}
		h->taken = true;
		h->waiting = need == AL_WRITE_FIRST;
	}
	h->waiting = h->waiting && !drbd_al_ready(&dev->al, h->ticket);
	if (h->waiting)
		*due = true;
	return !h->waiting;
}

bool drbd_al_get_fast(struct drbd_device *dev, struct drbd_al_hold *h)
{
	if (!drbd_disk_usable(dev))
		return true;
	check_gen(dev, h);
	if (h->taken)
		return !h->waiting;
	if (dev->al_closed || resync_blocks(dev, h) || !drbd_al_begin_fast(&dev->al, h->first, h->last))
		return false;
	h->taken = true;
	return true;
}

void drbd_al_put(struct drbd_device *dev, struct drbd_al_hold *h)
{
	if (h->taken && h->gen == dev->al_gen && dev->disk_open && drbd_al_end(&dev->al, h->first, h->last))
		drbd_wake(dev->res);
	h->taken = false;
}

bool drbd_rs_extent_begin(struct drbd_device *dev, u64 sector, bool step_back)
{
	u32 e = (u32)(sector / DRBD_RS_EXTENT_SECT) * 4;
	bool busy = drbd_al_busy(&dev->al, e, e + 3);

	if (busy)
		drbd_want_barrier(dev->res);
	return drbd_rs_begin_io(&dev->ext, sector, busy, step_back) == RS_LOCKED;
}

/* The bitmap of what is given up goes first. */
static int write_transaction(struct drbd_device *dev, const struct drbd_al_tr *tr)
{
	bool flushed = false;
	u32 i, chunk;
	int err = 0;

	mutex_lock(&dev->bm_mutex);
	for (i = 0; i < tr->nr && !err; i++) {
		chunk = tr->old[i] / BITMAP_CHUNK_EXTENTS;
		if (tr->old[i] != AL_NONE && chunk < dev->bm_chunks)
			err = write_chunks(dev, chunk, chunk, &flushed);
	}
	mutex_unlock(&dev->bm_mutex);
	if (!err && !dev->md_internal && !flushed)
		err = drbd_disk_flush(dev);
	return err ? err : write_tr(dev, tr);
}

bool drbd_al_write(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool needed;
	u32 gen;
	int err = 0;

	spin_lock_irqsave(&r->lock, flags);
	if (dev->al_writing || !dev->disk_open || !drbd_al_prepare(&dev->al, &dev->al_tr)) {
		spin_unlock_irqrestore(&r->lock, flags);
		return false;
	}
	needed = !(dev->vs.flags & VF_AL_SUSPENDED) && dev->conf.al_updates && dev->vs.state.disk > D_FAILED;
	dev->al_writing = true;
	dev->disk_users++;
	gen = dev->al_gen;
	spin_unlock_irqrestore(&r->lock, flags);
	if (needed)
		err = write_transaction(dev, &dev->al_tr);
	spin_lock_irqsave(&r->lock, flags);
	if (gen == dev->al_gen) {
		dev->al_writing = false;
		if (err)
			drbd_al_failed(&dev->al, &dev->al_tr);
		else
			drbd_al_committed(&dev->al, &dev->al_tr, needed);
		dev->cnt.al_writes += needed;
	}
	if (err)
		drbd_io_failed(dev, IOE_META);
	drbd_disk_put_locked(dev);
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	return true;
}

/* --- requests of the peer ------------------------------------------------------------------------------------------------------------ */

struct drbd_peer *drbd_peer_new(struct drbd_device *dev, u32 size_byte)
{
	u32 nr = DIV_ROUND_UP(size_byte, PAGE_SIZE);
	struct drbd_peer *pr = kzalloc(sizeof(*pr) + nr * sizeof(pr->pages[0]), GFP_NOIO);
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	if (!pr)
		return NULL;
	INIT_LIST_HEAD(&pr->link);
	pr->dev = dev;
	for (; pr->pages_nr < nr; pr->pages_nr++) {
		pr->pages[pr->pages_nr] = alloc_page(GFP_NOIO);
		if (!pr->pages[pr->pages_nr])
			break;
	}
	atomic_add(pr->pages_nr, &r->pages);
	spin_lock_irqsave(&r->lock, flags);
	pr->conn_gen = r->conn_gen;
	r->active_peers++;
	spin_unlock_irqrestore(&r->lock, flags);
	kref_get(&dev->kref);
	if (pr->pages_nr == nr)
		return pr;
	drbd_peer_free(pr);
	return NULL;
}

void drbd_peer_free(struct drbd_peer *pr)
{
	struct drbd_resource *r = pr->dev->res;
	unsigned long flags;
	u32 i;

	for (i = 0; i < pr->pages_nr; i++)
		__free_page(pr->pages[i]);
	atomic_sub(pr->pages_nr, &r->pages);
	spin_lock_irqsave(&r->lock, flags);
	r->active_peers--;
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_device_put(pr->dev);
	kfree(pr);
}

static void peer_bio_end_err(struct bio *bio, int err)
{
	struct drbd_peer *pr = bio->bi_private;
	struct drbd_device *dev = pr->dev;

	if (err)
		pr->error = err;
	bio_put(bio);
	if (atomic_dec_and_test(&pr->bios))
		drbd_peer_done(pr, pr->error);
	(void)dev;
}
DRBD_ENDIO(peer_bio_end)

/* Fills one bio of at most so many pages with what follows the first `done` bytes; returns how many bytes it took. */
static u32 fill_bio(struct bio *bio, struct drbd_peer *pr, u32 done, u32 vecs)
{
	u32 size = DRBD_MIN(pr->p.iv.size_byte, done + vecs * (u32)PAGE_SIZE), took = 0, n;

	while (done + took < size) {
		n = DRBD_MIN(size - done - took, (u32)PAGE_SIZE);
		if (bio_add_page(bio, pr->pages[(done + took) / PAGE_SIZE], n, 0) != (int)n)
			break;
		took += n;
	}
	return took;
}

void drbd_peer_submit(struct drbd_peer *pr, bool write)
{
	unsigned int op = write ? DOP_WRITE : DOP_READ;
	u32 done = 0, took, size = pr->p.iv.size_byte, vecs = DRBD_BIO_VECS;
	struct blk_plug plug;
	struct bio *bio;

	if (write && (pr->p.flags & EE_FUA))
		op |= DOP_FUA;
	if (write && (pr->p.flags & EE_FLUSH))
		op |= DOP_FLUSH;
	if (pr->dev->conf.max_bio_bvecs)
		vecs = DRBD_MIN(vecs, pr->dev->conf.max_bio_bvecs);
	atomic_set(&pr->bios, 1);
	blk_start_plug(&plug);
	while (done < size) {
		bio = drbd_bio_new(pr->dev->data.bdev, DRBD_MIN(DIV_ROUND_UP(size - done, PAGE_SIZE),
								(unsigned long)vecs), op);
		if (bio)
			drbd_bio_sector(bio) = pr->p.iv.sector + (done >> 9);	/* how much fits depends on it */
		took = bio ? fill_bio(bio, pr, done, vecs) : 0;
		if (!took) {
			if (bio)
				bio_put(bio);
			pr->error = -EIO;
			break;
		}
		bio->bi_private = pr;
		bio->bi_end_io = peer_bio_end;
		atomic_inc(&pr->bios);
		drbd_submit_bio(bio);
		done += took;
	}
	blk_finish_plug(&plug);
	if (atomic_dec_and_test(&pr->bios))
		drbd_peer_done(pr, pr->error);
}

/* --- zeroes, discards ------------------------------------------------------------------------------------------------------------------- */

bool drbd_can_discard(const struct drbd_device *dev)
{
	return !dev->disk_open || drbd_bdev_discard_sect(dev->data.bdev) != 0;
}

int drbd_zero_range(struct drbd_device *dev, u64 sector, u32 size_byte, bool discard)
{
	struct block_device *bdev = dev->data.bdev;
	u64 end = sector + (size_byte >> 9), first, last, gran;
	int err;

	gran = DRBD_MAX(bdev_get_queue(bdev)->limits.discard_granularity >> 9, 1u);
	first = drbd_div(sector + gran - 1, gran) * gran;
	last = drbd_div(end, gran) * gran;
	if (!discard || !dev->conf.discard_zeroes_if_aligned || !drbd_bdev_discard_sect(bdev) || first >= last)
		return drbd_bdev_zeroout(bdev, sector, end - sector, discard);
	err = first > sector ? drbd_bdev_zeroout(bdev, sector, first - sector, false) : 0;
	if (!err && last < end)
		err = drbd_bdev_zeroout(bdev, last, end - last, false);
	if (!err && drbd_bdev_discard(bdev, first, last - first))
		err = drbd_bdev_zeroout(bdev, first, last - first, true);
	return err;
}

/* --- digests ------------------------------------------------------------------------------------------------------------------------------ */

static struct shash_desc *digest_begin(struct crypto_shash *tfm)
{
	struct shash_desc *d = kmalloc(sizeof(*d) + crypto_shash_descsize(tfm), GFP_NOIO);

	if (!d)
		return NULL;
	drbd_shash_desc_init(d, tfm);
	if (crypto_shash_init(d)) {
		kfree(d);
		return NULL;
	}
	return d;
}

static int digest_end(struct shash_desc *d, u8 *digest)
{
	int err = crypto_shash_final(d, digest);

	kfree(d);
	return err;
}

int drbd_digest(struct crypto_shash *tfm, struct page **pages, u32 size_byte, u8 *digest)
{
	struct shash_desc *d = digest_begin(tfm);
	u32 done, n;

	if (!d)
		return -ENOMEM;
	for (done = 0; done < size_byte; done += n) {
		n = DRBD_MIN(size_byte - done, (u32)PAGE_SIZE);
		crypto_shash_update(d, page_address(pages[done / PAGE_SIZE]), n);
	}
	return digest_end(d, digest);
}

int drbd_digest_bio(struct crypto_shash *tfm, struct bio *bio, u8 *digest)
{
	struct shash_desc *d = digest_begin(tfm);
	DRBD_BVEC bv;
	DRBD_ITER it;

	if (!d)
		return -ENOMEM;
	bio_for_each_segment(bv, bio, it) {
		crypto_shash_update(d, kmap(drbd_bv(bv).bv_page) + drbd_bv(bv).bv_offset, drbd_bv(bv).bv_len);
		kunmap(drbd_bv(bv).bv_page);
	}
	return digest_end(d, digest);
}
