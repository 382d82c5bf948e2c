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
	bool md, flush_only;
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

static void io_done(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_io *io = arg;
	struct sim_disk *d = io->d;

	(void)unused;
	*io->at = io->next;
	if (io->next)
		io->next->at = io->at;
	d->in_flight--;
	if (!io->error && ((io->flags & IO_FLUSH) || io->flush_only)) {
		if (!io->md || d->internal)
			flush_data(d, io->submit_seq);
		if (io->md || d->internal)
			flush_md(d);
	}
	if (io->md && !io->flush_only) {
		if (!io->error)
			md_copy(d, (u32)io->sector, io->bytes, io->size_byte);
		if (!io->error && (io->flags & IO_FUA))
			flush_md(d);
	} else if (io->flags & IO_WRITE) {
		apply_write(d, io);
	} else if (!io->flush_only) {
		memcpy(io->content, d->now + io->sector, io->size_byte / 512 * sizeof(u32));
	}
	if (io->fn)
		io->fn(w, io->arg, io->data, io->error, io->content);
}

static bool fails(struct sim_world *w, u32 one_in)
{
	return one_in && sim_one_in(w, one_in);
}

static void submit(struct sim_io *io, u32 one_in)
{
	struct sim_disk *d = io->d;

	io->submit_seq = ++d->w->seq;
	io->error = fails(d->w, one_in) ? -EIO : 0;
	io->next = d->flying;
	io->at = &d->flying;
	if (d->flying)
		d->flying->at = &io->next;
	d->flying = io;
	d->in_flight++;
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

void sim_disk_md_write(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte, sim_io_fn fn, void *arg,
		       u64 data)
{
	struct sim_io *io = new_io(d, fn, arg, data);

	drbd_assert(offset_byte + size_byte <= d->md_byte);
	io->flags = IO_WRITE | IO_FUA | IO_FLUSH;
	io->md = true;
	io->sector = offset_byte;
	io->size_byte = size_byte;
	io->bytes = sim_alloc(d->w, size_byte);
	memcpy(io->bytes, buf, size_byte);
	submit(io, d->fail_md);
}

const u8 *sim_disk_md(const struct sim_disk *d)
{
	return d->md_now;
}

void sim_disk_md_poke(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte)
{
	memcpy(d->md_now + offset_byte, buf, size_byte);
	memcpy(d->md_stable + offset_byte, buf, size_byte);
}

/* What was under way reached the medium in part: each sector or not. */
static void crash_in_flight(struct sim_disk *d)
{
	struct sim_io *io;
	u32 i;

	for (io = d->flying; io; io = io->next) {
		if (!(io->flags & IO_WRITE) || io->flush_only)
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
