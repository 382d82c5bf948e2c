/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_disk.h"
#include "sim_node.h"
#include "sim_oracle.h"

struct sim_io {
	struct sim_io *next, **at;	/* in d->flying */
	struct sim_disk *d;
	u32 flags;
	u64 sector;
	u32 size_byte;
	u32 *content;
	bool md, flush_only, flushed;
	u8 *bytes;
	s32 error;
	u64 submit_seq;
	sim_io_fn fn;
	void *arg;
	u64 data;
};

void sim_disk_init(struct sim_world *w, struct sim_vol *v, struct sim_disk *d, u64 sectors, u32 md_byte)
{
	memset(d, 0, sizeof(*d));
	d->w = w;
	d->v = v;
	d->sectors = sectors;
	d->now = sim_alloc(w, sectors * sizeof(u32));
	d->stable = sim_alloc(w, sectors * sizeof(u32));
	d->dirty = sim_alloc(w, (sectors / 64 + 1) * sizeof(u64));
	d->dirty_list = sim_alloc(w, sectors * sizeof(*d->dirty_list));
	d->md_byte = md_byte;
	d->md_now = sim_alloc(w, md_byte);
	d->md_stable = sim_alloc(w, md_byte);
	d->latency_us = 500;
	drbd_assert(md_byte <= sizeof(d->md_dirty) * 4096);
}

static void set_sector(struct sim_disk *d, u64 s, u32 version)
{
	if (d->now[s] != version) {
		sim_oracle_content(d->v, s, d->now[s], version);
		d->now[s] = version;
	}
	if (!(d->dirty[s / 64] >> (s % 64) & 1)) {
		d->dirty[s / 64] |= 1ull << (s % 64);
		d->dirty_list[d->dirty_nr++] = (struct sim_dirty){ (u32)s, d->w->seq };
	}
}

static void make_stable(struct sim_disk *d, u64 s)
{
	d->stable[s] = d->now[s];
}

/* What became dirty before the flush was submitted is stable now. */
static void flush_data(struct sim_disk *d, u64 before_seq)
{
	u32 i, kept = 0, s;

	for (i = 0; i < d->dirty_nr; i++) {
		if (d->dirty_list[i].since >= before_seq) {
			d->dirty_list[kept++] = d->dirty_list[i];
			continue;
		}
		s = d->dirty_list[i].sector;
		make_stable(d, s);
		d->dirty[s / 64] &= ~(1ull << (s % 64));
	}
	d->dirty_nr = kept;
}

static void flush_md(struct sim_disk *d)
{
	u32 i;

	for (i = 0; i < (d->md_byte + 4095) / 4096; i++)
		if (d->md_dirty[i]) {
			memcpy(d->md_stable + i * 4096, d->md_now + i * 4096,
			       DRBD_MIN(4096, d->md_byte - i * 4096));
			d->md_dirty[i] = 0;
		}
}

/* Who wrote this version of a sector below, and what. */
static const struct sim_io *writer_below(const struct sim_vol *below, u64 s, u32 version, u32 *at)
{
	const struct sim_bio *bio = sim_oracle_writer(below, version);

	*at = (u32)(s - bio->sector);
	return bio->above;
}

static u32 content_below(const struct sim_vol *below, u64 s, u32 version)
{
	const struct sim_io *io;
	u32 at;

	if (!version)
		return 0;
	io = writer_below(below, s, version, &at);
	return io->content ? io->content[at] : 0;
}

static const u8 *bytes_below(const struct sim_vol *below, u64 s, u32 version)
{
	const struct sim_io *io;
	u32 at;

	io = writer_below(below, s, version, &at);
	return io->bytes + at * 512;
}

static void apply_write(struct sim_disk *d, const struct sim_io *io)
{
	u64 s = io->sector;
	u32 i;

	for (i = 0; i < io->size_byte / 512; i++) {
		if (io->error && sim_one_in(d->w, 2))
			continue;	/* a failed write may have left anything */
		set_sector(d, s + i, io->content ? io->content[i] : 0);
		if (((io->flags & IO_FUA) && !io->error) || d->write_through)
			make_stable(d, s + i);
	}
}

static void md_copy(struct sim_disk *d, u32 offset, const u8 *bytes, u32 len)
{
	u32 i;

	memcpy(d->md_now + offset, bytes, len);
	for (i = offset / 4096; i <= (offset + len - 1) / 4096; i++)
		d->md_dirty[i] = 1;
}

static void flush_before(struct sim_disk *d, const struct sim_io *io)
{
	if (!io->md || d->internal)
		flush_data(d, io->submit_seq);
	if (io->md || d->internal)
		flush_md(d);
}

static void io_done(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_io *io = arg;
	struct sim_disk *d = io->d;

	(void)unused;
	*io->at = io->next;
	if (io->next)
		io->next->at = io->at;
	d->in_flight--;
	if (!io->error && ((io->flags & IO_FLUSH) || io->flush_only))
		flush_before(d, io);
	if (io->md && !io->flush_only) {
		if (!io->error)
			md_copy(d, (u32)io->sector, io->bytes, io->size_byte);
		if (!io->error && (io->flags & IO_FUA))
			flush_md(d);
	} else if (io->flags & IO_WRITE) {
		apply_write(d, io);
	} else if (!io->flush_only && !d->stacked) {
		memcpy(io->content, d->now + io->sector, io->size_byte / 512 * sizeof(u32));
	}
	if (io->fn)
		io->fn(w, io->arg, io->data, io->error, io->content);
}

static void poked(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content);

static bool fails(struct sim_world *w, u32 one_in)
{
	return one_in && sim_one_in(w, one_in);
}

static void link_flying(struct sim_io *io)
{
	struct sim_disk *d = io->d;

	io->next = d->flying;
	io->at = &d->flying;
	if (d->flying)
		d->flying->at = &io->next;
	d->flying = io;
	d->in_flight++;
}

static void submit_below(struct sim_io *io)
{
	struct sim_disk *d = io->d;
	struct sim_bio *bio = sim_alloc(d->w, sizeof(*bio));

	bio->id = ++d->w->ios;
	bio->above = io;
	bio->above_gen = d->gen;
	bio->sector = io->md ? d->sectors + io->sector / 512 : io->sector;
	bio->size_byte = io->size_byte;
	if (io->flush_only || (io->flags & IO_WRITE))
		bio->flags = RQ_WRITE;
	if (io->flush_only || (io->flags & IO_FLUSH))
		bio->flags |= RQ_FLUSH;
	if (io->flags & IO_FUA)
		bio->flags |= RQ_FUA;
	link_flying(io);
	sim_node_submit(d->below, bio);
}

static void submit(struct sim_io *io, u32 one_in)
{
	struct sim_disk *d = io->d;

	if (d->stacked) {
		submit_below(io);
		return;
	}
	io->submit_seq = ++d->w->seq;
	io->error = fails(d->w, one_in) ? -EIO : 0;
	link_flying(io);
	sim_after(d->w, d->latency_us / 2 + sim_rnd(d->w, d->latency_us), &d->gen, io_done, io, 0);
}

static struct sim_io *new_io(struct sim_disk *d, sim_io_fn fn, void *arg, u64 data)
{
	struct sim_io *io = sim_alloc(d->w, sizeof(*io));

	io->d = d;
	io->fn = fn;
	io->arg = arg;
	io->data = data;
	return io;
}

void sim_disk_io(struct sim_disk *d, u32 flags, u64 sector, u32 size_byte, const u32 *content, sim_io_fn fn, void *arg,
		 u64 data)
{
	struct sim_io *io = new_io(d, fn, arg, data);

	drbd_assert(sector + size_byte / 512 <= d->sectors);
	io->flags = flags;
	io->sector = sector;
	io->size_byte = size_byte;
	if (!(flags & IO_WRITE) || content)
		io->content = sim_alloc(d->w, size_byte / 512 * sizeof(u32));
	if (content)
		memcpy(io->content, content, size_byte / 512 * sizeof(u32));
	d->sectors_moved += size_byte / 512;
	submit(io, (flags & IO_WRITE) ? d->fail_writes : d->fail_reads);
}

void sim_disk_flush(struct sim_disk *d, sim_io_fn fn, void *arg, u64 data)
{
	struct sim_io *io = new_io(d, fn, arg, data);

	io->flush_only = true;
	submit(io, d->fail_writes);
}

static struct sim_io *new_md_io(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte, sim_io_fn fn,
				void *arg, u64 data)
{
	struct sim_io *io = new_io(d, fn, arg, data);

	drbd_assert(offset_byte + size_byte <= d->md_byte);
	io->flags = IO_WRITE | IO_FUA | IO_FLUSH;
	io->md = true;
	io->sector = offset_byte;
	io->size_byte = size_byte;
	io->bytes = sim_alloc(d->w, size_byte);
	memcpy(io->bytes, buf, size_byte);
	return io;
}

void sim_disk_md_write(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte, sim_io_fn fn, void *arg,
		       u64 data)
{
	submit(new_md_io(d, offset_byte, buf, size_byte, fn, arg, data), d->fail_md);
}

/* One after the other, as drbdmeta writes them. */
static void poked(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_disk *d = arg;
	struct sim_io *io = d->pokes;

	(void)data;
	(void)error;
	(void)content;
	if (!io) {
		d->settled(w, d->settled_arg, 0);
		return;
	}
	d->pokes = io->next;
	if (!d->pokes)
		d->pokes_last = &d->pokes;
	submit(io, 0);
}

void sim_disk_settle(struct sim_disk *d, sim_fn fn, void *arg)
{
	d->settled = fn;
	d->settled_arg = arg;
	poked(d->w, d, 0, 0, NULL);
}

const u8 *sim_disk_md(const struct sim_disk *d)
{
	return d->md_now;
}

void sim_disk_md_poke(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte)
{
	struct sim_io *io;
	u32 first, end;

	memcpy(d->md_now + offset_byte, buf, size_byte);
	memcpy(d->md_stable + offset_byte, buf, size_byte);
	if (!d->below)
		return;
	/* whole sectors */
	first = offset_byte & ~511u;
	end = (offset_byte + size_byte + 511) & ~511u;
	io = new_md_io(d, first, d->md_now + first, end - first, poked, d, 0);
	*d->pokes_last = io;
	d->pokes_last = &io->next;
}

/* A write that flushes first has either done that, or nothing of it reached the medium. */
static void crash_in_flush(struct sim_disk *d)
{
	struct sim_io *io;

	for (io = d->flying; io; io = io->next) {
		if (!(io->flags & IO_FLUSH) || io->flush_only)
			continue;
		io->flushed = sim_one_in(d->w, 2);
		if (io->flushed)
			flush_before(d, io);
	}
}

/* What was under way reached the medium in part: each sector or not. */
static void crash_in_flight(struct sim_disk *d)
{
	struct sim_io *io;
	u32 i;

	for (io = d->flying; io; io = io->next) {
		if (!(io->flags & IO_WRITE) || io->flush_only || ((io->flags & IO_FLUSH) && !io->flushed))
			continue;
		for (i = 0; i < io->size_byte / 512; i++) {
			if (sim_one_in(d->w, 2))
				continue;
			if (io->md) {
				memcpy(d->md_stable + io->sector + i * 512, io->bytes + i * 512, 512);
			} else {
				set_sector(d, io->sector + i, io->content ? io->content[i] : 0);
				make_stable(d, io->sector + i);
			}
		}
	}
	d->flying = NULL;
	d->in_flight = 0;
}

void sim_disk_crash(struct sim_disk *d)
{
	u32 i, s;

	d->gen++;
	if (d->stacked) {
		d->flying = NULL;
		d->in_flight = 0;
		d->pokes = NULL;
		d->pokes_last = &d->pokes;
		return;
	}
	crash_in_flush(d);
	for (i = 0; i < d->dirty_nr; i++) {
		s = d->dirty_list[i].sector;
		if (d->now[s] != d->stable[s] && sim_one_in(d->w, 2))
			make_stable(d, s);
	}
	for (i = 0; i < d->dirty_nr; i++) {
		s = d->dirty_list[i].sector;
		if (d->now[s] != d->stable[s])
			sim_oracle_content(d->v, s, d->now[s], d->stable[s]);
		d->now[s] = d->stable[s];
		d->dirty[s / 64] = 0;
	}
	d->dirty_nr = 0;
	for (i = 0; i < d->md_byte / 512; i++)
		if (sim_one_in(d->w, 2))
			memcpy(d->md_stable + i * 512, d->md_now + i * 512, 512);
	crash_in_flight(d);
	for (i = 0; i < d->dirty_nr; i++)
		d->dirty[d->dirty_list[i].sector / 64] = 0;
	d->dirty_nr = 0;
	memcpy(d->md_now, d->md_stable, d->md_byte);
	memset(d->md_dirty, 0, sizeof(d->md_dirty));
}

/* --- stacked --------------------------------------------------------------------------------------------------------------- */

void sim_disk_ended_below(struct sim_bio *bio, s32 error)
{
	struct sim_io *io = bio->above;
	struct sim_disk *d = io->d;
	u32 i;

	if (bio->above_gen != d->gen)
		return;
	io->error = error;
	if (!error && !(bio->flags & RQ_WRITE))
		for (i = 0; i < io->size_byte / 512; i++)
			io->content[i] = content_below(bio->v, bio->sector + i, bio->content[i]);
	io_done(d->w, io, 0);
}

void sim_disk_stack(struct sim_disk *d, struct sim_vol *below)
{
	const u32 *now = below->disk.now;
	u32 version;
	u64 s;

	d->below = below;
	for (s = 0; s < d->sectors; s++) {
		version = content_below(below, s, now[s]);
		if (version != d->now[s]) {
			sim_oracle_content(d->v, s, d->now[s], version);
			d->now[s] = version;
		}
	}
	for (s = 0; s < d->md_byte / 512; s++)
		memcpy(d->md_now + s * 512, bytes_below(below, d->sectors + s, now[d->sectors + s]), 512);
}

void sim_disk_stack_init(struct sim_disk *d, struct sim_vol *a, struct sim_vol *b)
{
	struct sim_bio *bio = sim_alloc(d->w, sizeof(*bio));
	u64 s;

	drbd_assert(d->sectors + d->md_byte / 512 <= a->disk.sectors);
	d->stacked = d->internal = true;
	d->pokes_last = &d->pokes;
	bio->v = a;
	bio->sector = d->sectors;
	bio->above = new_md_io(d, 0, d->md_now, d->md_byte, NULL, NULL, 0);
	sim_oracle_start(bio);
	for (s = d->sectors; s < d->sectors + d->md_byte / 512; s++) {
		sim_oracle_content(a, s, 0, bio->version);
		a->disk.now[s] = a->disk.stable[s] = bio->version;
		sim_oracle_content(b, s, 0, bio->version);
		b->disk.now[s] = b->disk.stable[s] = bio->version;
	}
}
