/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out-of-sync bitmap: one bit for 4 KiB of the device, 1 = differs from the peer. Set, clear, count, find, and the two
 * forms in which it crosses the wire. The words are kept as on disk, little-endian 64-bit, in chunks of 4 KiB that the
 * caller owns (pages in the kernel), so that a chunk is read and written without a copy. No call walks the whole bitmap
 * unless it says so: bits are found through trees of 64 branches over the chunks. The caller holds the lock.
 * Sources: drbd-metadata.md 6, drbd-wire.md 6.
 */
#ifndef DRBD_BM_H
#define DRBD_BM_H

#include "drbd_port.h"

#define DRBD_BM_CHUNK_BYTE	4096u
#define DRBD_BM_CHUNK_BITS	32768u		/* 128 MiB of the device */
#define DRBD_BM_CHUNK_WORDS	512u
#define DRBD_BM_SECT_SHIFT	3		/* sectors of a bit */
#define DRBD_BM_BITS_MAX	(1ull << 38)	/* 1 PiB */
#define DRBD_BM_NONE		(~0ull)
#define DRBD_BM_LEVELS		4

/* A set of chunk numbers. */
struct drbd_bm_tree {
	u64 *level[DRBD_BM_LEVELS];
};

struct drbd_bm {
	u64 bits;
	u64 set;			/* weight: how many are 1 */
	u32 chunks;
	u64 **chunk;			/* little-endian words */
	u16 *count;			/* set bits of each chunk */
	struct drbd_bm_tree some;	/* chunks with a set bit */
	struct drbd_bm_tree open;	/* chunks with a clear bit */
	struct drbd_bm_tree dirty;	/* chunks changed since drbd_bm_clean() */
};

static inline u64 drbd_bm_bits(u64 capacity_sect)
{
	return (capacity_sect + 7) >> DRBD_BM_SECT_SHIFT;
}

/* 4 KiB chunks for that many bits. */
static inline u32 drbd_bm_chunks(u64 bits)
{
	return (u32)((bits + DRBD_BM_CHUNK_BITS - 1) / DRBD_BM_CHUNK_BITS);
}

/* Bytes that drbd_bm_init() wants besides the chunks, alignment 8 (vmalloc will do): 2.4 bytes a chunk. */
size_t drbd_bm_mem_byte(u64 bits);

/*
 * All bits clear, nothing dirty. chunk: drbd_bm_chunks(bits) pointers to chunks (8-aligned), zeroed by the caller; array, chunks and
 * mem stay the caller's. bits: 0 .. DRBD_BM_BITS_MAX.
 */
void drbd_bm_init(struct drbd_bm *bm, u64 bits, u64 **chunk, void *mem);

/*
 * Another size, into a struct of its own: `to` takes over the first chunks of `from` by pointer (chunk[] of `to` is filled by
 * this call for those; the caller has filled it with zeroed chunks behind them). Bits beyond the smaller size are cleared,
 * new bits set or clear; with set_new the last old one is set, too, for its block may have been a partial one. All chunks become dirty. Walks the part that is new. `from` must not be used any more but to
 * free its arrays and the chunks that `to` has not.
 */
void drbd_bm_resize(struct drbd_bm *to, u64 bits, u64 **chunk, void *mem, const struct drbd_bm *from, bool set_new);

/* --- bits ----------------------------------------------------------------------------------------------------------- */

bool drbd_bm_test(const struct drbd_bm *bm, u64 bit);

/* Both ends included, first <= last < bits. Return how many bits changed. */
u64 drbd_bm_set(struct drbd_bm *bm, u64 first, u64 last);
u64 drbd_bm_clear(struct drbd_bm *bm, u64 first, u64 last);
u64 drbd_bm_count(const struct drbd_bm *bm, u64 first, u64 last);

/* First set (clear) bit at or after `from`, or DRBD_BM_NONE. */
u64 drbd_bm_next_set(const struct drbd_bm *bm, u64 from);
u64 drbd_bm_next_clear(const struct drbd_bm *bm, u64 from);

/*
 * Bits of a range of sectors. Out of sync: every bit it touches. In sync: only bits that it covers fully; the last bit of
 * the device is covered from its first to the last sector of the device. False: no bit, or the range is outside.
 */
bool drbd_bm_range_out(const struct drbd_bm *bm, u64 sector, u32 size_byte, u64 *first, u64 *last);
bool drbd_bm_range_in(const struct drbd_bm *bm, u64 capacity_sect, u64 sector, u32 size_byte, u64 *first, u64 *last);

/* Set bits of activity-log extent (4 MiB) or resync extent (16 MiB) nr; 0 past the end. Takes at most 64 words. */
u32 drbd_bm_al_weight(const struct drbd_bm *bm, u32 nr);
u32 drbd_bm_rs_weight(const struct drbd_bm *bm, u32 nr);

/* --- to and from disk --------------------------------------------------------------------------------------------------- */

/* The bytes of a chunk came from disk: bits past the end are cleared, the counts are made anew. Not dirty by that. */
void drbd_bm_loaded(struct drbd_bm *bm, u32 chunk_nr);

/* The next changed chunk at or after `from`, or DRBD_BM_NONE. */
u64 drbd_bm_next_dirty(const struct drbd_bm *bm, u32 from);
bool drbd_bm_is_dirty(const struct drbd_bm *bm, u32 chunk_nr);
/* Before its bytes are taken for writing; after a failed write mark it again. */
void drbd_bm_clean(struct drbd_bm *bm, u32 chunk_nr);
void drbd_bm_mark_dirty(struct drbd_bm *bm, u32 chunk_nr);

/* --- on the wire -------------------------------------------------------------------------------------------------------- */

/* Progress of one transfer in one direction; zero it at the start. */
struct drbd_bm_xfer {
	u64 bit;			/* next one to come */
	u64 packets[2], bytes[2];	/* plain, compressed: payload, for the log */
	u8 last_plain;			/* the last packet was plain: a P_BITMAP of length 0 ends the transfer */
	u8 done;
};

/*
 * Next packet to send into to[max_byte] (4096 minus header; at least 16). Sets *cmd to P_BITMAP or P_COMPRESSED_BITMAP and
 * returns the payload size, which is 0 for the P_BITMAP that ends a plain transfer. x->done: that was the last packet.
 */
u32 drbd_bm_send(const struct drbd_bm *bm, struct drbd_bm_xfer *x, bool rle, void *to, u32 max_byte, u16 *cmd);

/*
 * A packet came: its bits are set. max_byte: as the sender's. 0; -EPROTO: malformed, nothing of the offending run
 * is set. x->done: complete, no more packets.
 */
int drbd_bm_receive(struct drbd_bm *bm, struct drbd_bm_xfer *x, u16 cmd, const void *from, u32 size_byte, u32 max_byte);

/* Variable length integers, drbd-wire.md 6.5. Encode: bits of the word, 0 if value is 0 or too large. Decode: bits taken from
 * the low end of `word` of which `have` are valid, or 0 if the code word is longer than that. */
u32 drbd_vli_encode(u64 value, u64 *word);
u32 drbd_vli_decode(u64 word, u32 have, u64 *value);

#endif
