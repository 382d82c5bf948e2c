/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backing disk with a volatile write cache, and the meta-data area, which is a part of it or a disk of its own. A
 * data sector holds one number: the version of the write that filled it (0: zeroes). Meta-data are real bytes.
 * At a crash each sector that is not flushed is kept or lost, so that a request of several sectors is torn.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "sim_world.h"

#define SIM_CORRUPT	0x20000000u	/* content that nobody wrote */

enum { IO_WRITE = 1, IO_FUA = 2, IO_FLUSH = 4 };

struct sim_disk;
struct sim_bio;
/* data: versions that were read. */
typedef void (*sim_io_fn)(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content);

struct sim_disk {
	struct sim_world *w;
	struct sim_vol *v;
	u64 sectors;
	u32 *now, *stable;		/* what a read returns; what survives */
	u64 *dirty;			/* bit per sector: now may differ from stable */
	struct sim_dirty {
		u32 sector;
		u64 since;		/* sim_world.seq when it became dirty */
	} *dirty_list;
	u32 dirty_nr;
	u8 *md_now, *md_stable;
	u32 md_byte;
	u8 md_dirty[64];		/* per 4 KiB */
	bool internal;			/* one cache for data and meta-data */
	bool write_through;		/* no volatile cache */
	u32 gen;			/* changes at a crash: I/O in flight never comes back */
	u32 latency_us, in_flight;
	u32 fail_reads, fail_writes, fail_md;	/* one in n fails, 0: none */
	u64 sectors_moved;
	struct sim_io *flying;
	/* of a stacked resource: data, then meta-data, are on a DRBD device; now and md_now are what that has completed */
	struct sim_vol *below;
	struct sim_io *pokes, **pokes_last;
	sim_fn settled;
	void *settled_arg;
	bool stacked;
};

void sim_disk_init(struct sim_world *w, struct sim_vol *v, struct sim_disk *d, u64 sectors, u32 md_byte);

/* content: size_byte / 512 versions for a write (NULL: zeroes); copied. fn: NULL or called when it is done. */
void sim_disk_io(struct sim_disk *d, u32 flags, u64 sector, u32 size_byte, const u32 *content, sim_io_fn fn, void *arg,
		 u64 data);
void sim_disk_flush(struct sim_disk *d, sim_io_fn fn, void *arg, u64 data);

/* Meta-data: offset_byte in the area; write with flush and FUA, as md-flushes does. */
void sim_disk_md_write(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte, sim_io_fn fn, void *arg,
		       u64 data);
/* What a program that has the disk for itself sees. */
const u8 *sim_disk_md(const struct sim_disk *d);
void sim_disk_md_poke(struct sim_disk *d, u32 offset_byte, const void *buf, u32 size_byte);

/* The node's power fails. */
void sim_disk_crash(struct sim_disk *d);

/*
 * A stacked disk: what sim_disk_md_poke() wrote so far goes to both disks below, as they were made; from now on it is what
 * the device below has (sim_disk_stack()). sim_disk_settle(): fn is called when all pokes are on disk below.
 */
void sim_disk_stack_init(struct sim_disk *d, struct sim_vol *a, struct sim_vol *b);
void sim_disk_stack(struct sim_disk *d, struct sim_vol *below);
void sim_disk_settle(struct sim_disk *d, sim_fn fn, void *arg);
/* A request of this disk has ended below. */
void sim_disk_ended_below(struct sim_bio *bio, s32 error);

#endif
