/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Activity log: which 4 MiB extents of the device may be written, in core (least recently used goes first) and on
 * disk (a ring of 4 KiB transactions), and what the disk says after a crash. Source: drbd-metadata.md 5.
 *
 * Before a write the shell does, holding its lock for each call, and no lock between them:
 *
 *	lock
 *	need = drbd_al_begin(al, first, last, &ticket)		ask again later on AL_FULL and AL_DUE
 *	if (need == AL_WRITE_FIRST && drbd_al_prepare(al, &tr))	false: someone else is writing, wait for him
 *		unlock
 *		write the bitmap pages of the extents tr.old[], where not AL_NONE, if they are dirty
 *		drbd_al_encode(&tr, block); write the block at tr.sect from the AL's start; flush
 *		lock
 *		drbd_al_committed(al, &tr, true); wake all that wait
 *	until drbd_al_ready(al, ticket): wait, and prepare again if need be
 *	unlock
 *	submit; at its end, locked: if (drbd_al_end(al, first, last)) wake all that wait
 *
 * One transaction takes up what all callers of drbd_al_begin() asked for in the meantime, at most 64 extents.
 */
#ifndef DRBD_AL_H
#define DRBD_AL_H

#include "drbd_port.h"

#define AL_EXTENT_SHIFT		22		/* bytes */
#define AL_EXTENT_SECT_SHIFT	13
#define AL_BLOCK_BYTE		4096u
#define AL_BLOCK_SECT		8u
#define AL_UPDATES_MAX		64u		/* extents a transaction replaces */
#define AL_CONTEXT		919u		/* slots a transaction describes */
#define AL_SLOTS_MAX		65534u
#define AL_NONE			0xffffffffu	/* extent number of a free slot */
#define AL_MAGIC		0x69cb65a2u
#define AL_AHEAD_MAX		16u

enum al_type { AL_TR_UPDATE = 0, AL_TR_INITIALIZED = 0xffff };

/* --- in core --------------------------------------------------------------------------------------------------- */

struct drbd_al_slot {
	u32 extent;			/* on disk now (or known free) */
	u32 new_extent;			/* differs while a change is pending */
	u32 refs;			/* writes under way */
	u32 prev, next;			/* list it is in */
	u32 chain;			/* hash chain */
	u32 batch;			/* 0: none; 1: change collected; 2: change being written */
	u32 unwritten;			/* extent is active, but not on disk: no updates were needed then */
};

struct drbd_al {
	struct drbd_al_slot *slot;	/* nr of them, and behind them three list heads */
	u32 *hash;
	u32 nr;				/* al-extents */
	u32 hash_mask;
	u32 extents;			/* of the device; those above are never activated */
	u32 ahead;			/* activate so many extents ahead of a sequential stream; 0: off */
	u32 last;			/* extent activated last, to see a stream */
	u32 in_stream;			/* the last activation continued the one before */
	u32 stripes, stripe_size_4k;
	u32 tr_number;			/* of the next transaction */
	u32 context_start;		/* first slot the next transaction describes */
	u32 idle;			/* slots that are free or without references */
	u32 collected;			/* changes that wait for the next transaction */
	u32 collecting;			/* ticket of those */
	u8 writing;			/* a transaction is under way, ticket collecting - 1 */
	u8 failed;			/* ... and could not be written: drbd_al_prepare() gives it again */
	u8 resumed;			/* updates are needed again: what is unwritten counts as missing */
	/* "act_log:" line of /proc/drbd */
	u32 used;			/* slots with references */
	u32 hits, misses, starving, locked, changed;
};

/* A transaction: all that goes to disk, a snapshot. About 4.5 KiB: not for a kernel stack. */
struct drbd_al_tr {
	u32 number;
	u64 sect;			/* where, from the start of the activity log */
	u32 nr;				/* updates */
	u16 slot[AL_UPDATES_MAX];
	u32 old[AL_UPDATES_MAX];	/* extent that is given up, or AL_NONE */
	u32 extent[AL_UPDATES_MAX];
	u16 type;			/* enum al_type */
	u16 context_size;		/* al-extents */
	u16 context_start;
	u32 context[AL_CONTEXT];
};

enum drbd_al_need {
	AL_READY,		/* go: all extents are in the log on disk */
	AL_WRITE_FIRST,		/* references are taken; wait until drbd_al_ready(ticket) */
	AL_FULL,		/* nothing taken: too many extents are in use. Again after drbd_al_end() said true */
	AL_DUE			/* nothing taken: a transaction must be written first: drbd_al_prepare(), or wait for
				 * the one under way; then again */
};

/* Bytes that drbd_al_init() wants for nr extents, any alignment of 8 (vmalloc will do). */
size_t drbd_al_mem_byte(u32 nr);

/* Largest al-extents for this many blocks of log: (blocks - 1) * 919, at most 65534. */
u32 drbd_al_nr_max(u32 stripes, u32 stripe_size_4k);

/*
 * An empty log. nr: al-extents, 7 .. drbd_al_nr_max(); mem: drbd_al_mem_byte(nr), stays the caller's and must live as long;
 * extents: ceil(device size / 4 MiB); tr_number: 0 after attach.
 */
void drbd_al_init(struct drbd_al *al, void *mem, u32 nr, u32 stripes, u32 stripe_size_4k, u32 extents, u32 tr_number);

/* Extents of a range of sectors; size_byte > 0. */
static inline u32 drbd_al_extent(u64 sector)
{
	return (u32)(sector >> AL_EXTENT_SECT_SHIFT);
}

static inline u32 drbd_al_extent_last(u64 sector, u32 size_byte)
{
	return (u32)((sector + (size_byte >> 9) - 1) >> AL_EXTENT_SECT_SHIFT);
}

/*
 * Takes one reference on each of first..last (at most 64 of them), all or none. *ticket is set with AL_WRITE_FIRST.
 * With al->ahead, extents behind a sequential stream are activated in the same transaction, and again as soon as the
 * stream enters the last of them: then AL_READY leaves al->collected != 0, and a transaction can be written in the
 * background.
 */
enum drbd_al_need drbd_al_begin(struct drbd_al *al, u32 first, u32 last, u32 *ticket);

/* Takes the references only if that needs no transaction: true as AL_READY, false: nothing taken. */
bool drbd_al_begin_fast(struct drbd_al *al, u32 first, u32 last);

/* True: tr is filled and must go to disk. False: nothing is to be written, or a transaction is still under way. */
bool drbd_al_prepare(struct drbd_al *al, struct drbd_al_tr *tr);

/*
 * tr is on stable storage; or it is not needed there (al-updates no, or VF_AL_SUSPENDED): written is false and its number is
 * not used up.
 */
void drbd_al_committed(struct drbd_al *al, const struct drbd_al_tr *tr, bool written);

/* Updates are needed from now on (NOW_AL_RESUME): what is active without being on disk is written when it is next used. */
void drbd_al_resume(struct drbd_al *al);

/* Writing failed: who waits goes on waiting, drbd_al_prepare() gives the same changes again. The shell detaches or tries so. */
void drbd_al_failed(struct drbd_al *al, const struct drbd_al_tr *tr);

/* Is what that ticket stands for on disk? */
bool drbd_al_ready(const struct drbd_al *al, u32 ticket);

/* Drops what drbd_al_begin() took. True: an extent is without references now, who waits may try again. */
bool drbd_al_end(struct drbd_al *al, u32 first, u32 last);

/* Has any of these extents references (resync must keep out)? Extents past the device count as unused. */
bool drbd_al_busy(const struct drbd_al *al, u32 first, u32 last);

/*
 * Forgets all extents, for a resize or another al-extents. False: some are in use or pending, nothing changed. The shell
 * then writes all blocks of the log as initialized.
 */
bool drbd_al_empty(struct drbd_al *al, u32 extents);

/* --- on disk ----------------------------------------------------------------------------------------------------- */

/* CRC-32C as the log uses it: initial value 0, no inversion. */
u32 drbd_al_crc32c(u32 crc, const void *data, size_t size_byte);

/*
 * A transaction without updates, as 8.4.11 writes into each block of the ring at attach (numbers 0 .. blocks - 1): encode
 * and write it, then drbd_al_committed(). Nothing may be under way.
 */
void drbd_al_idle(struct drbd_al *al, struct drbd_al_tr *tr);

/* Writes all AL_BLOCK_BYTE bytes. */
void drbd_al_encode(const struct drbd_al_tr *tr, void *block);

/* The block that says "no transaction here". */
void drbd_al_encode_initialized(void *block);

/* False: magic or checksum are wrong; tr->sect is not set. n_updates is not above 64 with true. */
bool drbd_al_decode(const void *block, struct drbd_al_tr *tr);

/* Sectors from the start of the log to block b of the ring (b: transaction number modulo blocks). */
u64 drbd_al_block_sect(u32 stripes, u32 stripe_size_4k, u32 b);

/* Block of the ring where a transaction goes. */
u32 drbd_al_ring_block(u32 stripes, u32 stripe_size_4k, u32 number);

/* --- after a crash ------------------------------------------------------------------------------------------------ */

/* First pass: each block of the ring in order b = 0, 1, ...; one struct of the caller, no other memory. */
struct drbd_al_scan {
	u32 blocks;			/* seen (sectors of the old format) */
	u32 corrupt;			/* magic or checksum wrong */
	u32 initialized;
	u32 updates;			/* transactions */
	u32 corrupt_b;			/* the last corrupt block */
	u32 oldest, newest;		/* transaction numbers */
	u32 oldest_b, newest_b;		/* and where they are */
};

enum drbd_al_verdict {
	AL_REPLAY,		/* transactions: replay blocks oldest_b .. newest_b, wrapping */
	AL_NOTHING,		/* freshly initialized */
	AL_NO_LOG,		/* no valid block at all */
	AL_NO_UPDATE		/* no transaction, though some blocks are corrupt */
};

void drbd_al_scan_init(struct drbd_al_scan *s);
void drbd_al_scan_block(struct drbd_al_scan *s, const void *block);
enum drbd_al_verdict drbd_al_scan_end(const struct drbd_al_scan *s);

/*
 * Second pass, oldest to newest: hot has AL_SLOTS_MAX entries, all AL_NONE at the start; afterwards the extents that are
 * not AL_NONE may differ from the peer. Corrupt and initialized blocks change nothing. Returns how many slot numbers were
 * out of range (and ignored).
 */
u32 drbd_al_replay(const void *block, u32 *hot);

/*
 * The log of 0.7 .. 8.3 (drbd-metadata.md 5.5): sectors of 512 bytes. Scan and replay as above, sector by sector; only
 * drbd_al_old_sectors() of them are in use.
 */
u32 drbd_al_old_sectors(u32 al_nr_extents);
bool drbd_al_old_number(const void *sector, u32 *number);
void drbd_al_scan_old(struct drbd_al_scan *s, const void *sector);
u32 drbd_al_replay_old(const void *sector, u32 *hot);

#endif
