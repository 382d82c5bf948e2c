/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The out-of-sync bitmap over chunks of the caller. Beside the words there is a count for each chunk and three trees over
 * the chunks; every change goes through account(), which keeps them right.
 */
#include "drbd_bm.h"
#include "drbd_protocol.h"

/* --- little-endian words ------------------------------------------------------------------------------------------- */

static inline u64 word_get(const u64 *p)
{
	return DRBD_LITTLE_BITFIELDS ? *p : drbd_get_le64(p);
}

static inline void word_put(u64 *p, u64 w)
{
	if (DRBD_LITTLE_BITFIELDS)
		*p = w;
	else
		drbd_put_le64(p, w);
}

/* Bits lo..hi of a word, 0 <= lo <= hi <= 63. */
static inline u64 word_mask(u32 lo, u32 hi)
{
	return (~0ull << lo) & (~0ull >> (63 - hi));
}

/* --- trees: level 0 has a bit for each chunk, each level above one for each word below ---------------------------- */

static u32 tree_words(u32 chunks, int level)
{
	for (; level >= 0; level--)
		chunks = (chunks + 63) / 64;
	return chunks;
}

static size_t tree_byte(u32 chunks)
{
	size_t words = 0;
	int l;

	for (l = 0; l < DRBD_BM_LEVELS; l++)
		words += tree_words(chunks, l);
	return words * sizeof(u64);
}

static u64 *tree_init(struct drbd_bm_tree *t, u32 chunks, u64 *mem)
{
	int l;

	for (l = 0; l < DRBD_BM_LEVELS; l++) {
		t->level[l] = mem;
		mem += tree_words(chunks, l);
	}
	return mem;
}

static void tree_put(struct drbd_bm_tree *t, u32 nr, bool in)
{
	int l;

	for (l = 0; l < DRBD_BM_LEVELS; l++, nr /= 64) {
		u64 *w = &t->level[l][nr / 64];
		u64 bit = 1ull << (nr & 63);

		if (in) {
			if (*w & bit)
				return;
			*w |= bit;
		} else {
			*w &= ~bit;
			if (*w)
				return;
		}
	}
}

static bool tree_has(const struct drbd_bm_tree *t, u32 nr)
{
	return t->level[0][nr / 64] >> (nr & 63) & 1;
}

static u64 tree_next(const struct drbd_bm_tree *t, u32 chunks, u64 from)
{
	u64 nr = from, w = 0;
	int l;

	for (l = 0; l < DRBD_BM_LEVELS; l++) {
		if (nr / 64 >= tree_words(chunks, l))
			return DRBD_BM_NONE;
		w = t->level[l][nr / 64] & (~0ull << (nr & 63));
		if (w)
			break;
		nr = nr / 64 + 1;
	}
	if (!w)
		return DRBD_BM_NONE;
	nr = nr / 64 * 64 + drbd_ctz64(w);
	while (l--)
		nr = nr * 64 + drbd_ctz64(t->level[l][nr]);
	return nr;
}

/* --- chunks --------------------------------------------------------------------------------------------------------- */

static u32 chunk_bits(const struct drbd_bm *bm, u32 c)
{
	return (u32)DRBD_MIN((u64)DRBD_BM_CHUNK_BITS, bm->bits - (u64)c * DRBD_BM_CHUNK_BITS);
}

static void set_count(struct drbd_bm *bm, u32 c, u32 count)
{
	bm->set = bm->set - bm->count[c] + count;
	bm->count[c] = (u16)count;
	tree_put(&bm->some, c, count != 0);
	tree_put(&bm->open, c, count != chunk_bits(bm, c));
}

/* Bits lo..hi of a chunk: to 1 or 0. Returns how many changed. */
static u32 chunk_change(struct drbd_bm *bm, u32 c, u32 lo, u32 hi, bool to)
{
	u64 *words = bm->chunk[c];
	u32 i, changed = 0;

	/* nothing to do is the common case of repeated writes */
	if (bm->count[c] == (to ? chunk_bits(bm, c) : 0))
		return 0;
	for (i = lo / 64; i <= hi / 64; i++) {
		u64 mask = word_mask(i == lo / 64 ? lo & 63 : 0, i == hi / 64 ? hi & 63 : 63);
		u64 old = word_get(&words[i]);

		changed += drbd_hweight64((to ? ~old : old) & mask);
		word_put(&words[i], to ? old | mask : old & ~mask);
	}
	if (changed) {
		set_count(bm, c, to ? bm->count[c] + changed : bm->count[c] - changed);
		tree_put(&bm->dirty, c, true);
	}
	return changed;
}

static u32 chunk_count(const struct drbd_bm *bm, u32 c, u32 lo, u32 hi)
{
	const u64 *words = bm->chunk[c];
	u32 i, n = 0;

	if (!bm->count[c] || (lo == 0 && hi + 1 == chunk_bits(bm, c)))
		return bm->count[c];
	for (i = lo / 64; i <= hi / 64; i++)
		n += drbd_hweight64(word_get(&words[i]) & word_mask(i == lo / 64 ? lo & 63 : 0,
								    i == hi / 64 ? hi & 63 : 63));
	return n;
}

/* First bit of value `want` at or after lo in a chunk, or DRBD_BM_CHUNK_BITS. */
static u32 chunk_find(const struct drbd_bm *bm, u32 c, u32 lo, bool want)
{
	const u64 *words = bm->chunk[c];
	u32 i;

	for (i = lo / 64; i < DRBD_BM_CHUNK_WORDS; i++) {
		u64 w = word_get(&words[i]);

		if (!want)
			w = ~w;
		if (i == lo / 64)
			w &= ~0ull << (lo & 63);
		if (w)
			return i * 64 + drbd_ctz64(w);
	}
	return DRBD_BM_CHUNK_BITS;
}

/* Clears what lies past the last bit and counts anew. */
static void chunk_recount(struct drbd_bm *bm, u32 c)
{
	u64 *words = bm->chunk[c];
	u32 bits = chunk_bits(bm, c), i, n = 0;

	for (i = 0; i < DRBD_BM_CHUNK_WORDS; i++) {
		u64 w = word_get(&words[i]);

		if (i * 64 + 64 > bits) {
			w = i * 64 >= bits ? 0 : w & word_mask(0, (bits - 1) & 63);
			word_put(&words[i], w);
		}
		n += drbd_hweight64(w);
	}
	set_count(bm, c, n);
}

/* --- making one ------------------------------------------------------------------------------------------------------ */

size_t drbd_bm_mem_byte(u64 bits)
{
	u32 chunks = drbd_bm_chunks(bits);

	return 3 * tree_byte(chunks) + chunks * sizeof(u16);
}

void drbd_bm_init(struct drbd_bm *bm, u64 bits, u64 **chunk, void *mem)
{
	u64 *at = mem;
	u32 c;

	drbd_assert(bits <= DRBD_BM_BITS_MAX);
	memset(bm, 0, sizeof(*bm));
	memset(mem, 0, drbd_bm_mem_byte(bits));
	bm->bits = bits;
	bm->chunks = drbd_bm_chunks(bits);
	bm->chunk = chunk;
	at = tree_init(&bm->some, bm->chunks, at);
	at = tree_init(&bm->open, bm->chunks, at);
	at = tree_init(&bm->dirty, bm->chunks, at);
	bm->count = (u16 *)at;
	for (c = 0; c < bm->chunks; c++)
		tree_put(&bm->open, c, true);
}

void drbd_bm_resize(struct drbd_bm *to, u64 bits, u64 **chunk, void *mem, const struct drbd_bm *from, bool set_new)
{
	u32 c, shared;

	drbd_bm_init(to, bits, chunk, mem);
	shared = DRBD_MIN(to->chunks, from->chunks);
	for (c = 0; c < shared; c++) {
		chunk[c] = from->chunk[c];
		if (chunk_bits(to, c) == chunk_bits(from, c))
			set_count(to, c, from->count[c]);
		else
			chunk_recount(to, c);
	}
	/* of the last block a part may be new, too */
	if (set_new && bits && bits >= from->bits)
		drbd_bm_set(to, from->bits ? from->bits - 1 : 0, bits - 1);
	for (c = 0; c < to->chunks; c++)
		tree_put(&to->dirty, c, true);
}

/* --- bits ------------------------------------------------------------------------------------------------------------ */

bool drbd_bm_test(const struct drbd_bm *bm, u64 bit)
{
	u32 at = (u32)(bit % DRBD_BM_CHUNK_BITS);

	if (bit >= bm->bits)
		return false;
	return word_get(&bm->chunk[bit / DRBD_BM_CHUNK_BITS][at / 64]) >> (at & 63) & 1;
}

/* The part of first..last that lies in the chunk of `first`. */
static u32 chunk_part(u64 first, u64 last, u32 *lo, u32 *hi)
{
	u64 end = first | (DRBD_BM_CHUNK_BITS - 1);

	*lo = (u32)(first % DRBD_BM_CHUNK_BITS);
	*hi = (u32)(DRBD_MIN(end, last) % DRBD_BM_CHUNK_BITS);
	return (u32)(first / DRBD_BM_CHUNK_BITS);
}

static bool range_ok(const struct drbd_bm *bm, u64 first, u64 last)
{
	bool ok = first <= last && last < bm->bits;

	drbd_assert(ok);
	return ok;
}

static u64 change(struct drbd_bm *bm, u64 first, u64 last, bool to)
{
	u64 changed = 0;
	u32 c, lo, hi;

	if (!range_ok(bm, first, last))
		return 0;
	for (; first <= last; first += hi - lo + 1) {
		c = chunk_part(first, last, &lo, &hi);
		changed += chunk_change(bm, c, lo, hi, to);
	}
	return changed;
}

u64 drbd_bm_set(struct drbd_bm *bm, u64 first, u64 last)
{
	return change(bm, first, last, true);
}

u64 drbd_bm_clear(struct drbd_bm *bm, u64 first, u64 last)
{
	return change(bm, first, last, false);
}

u64 drbd_bm_count(const struct drbd_bm *bm, u64 first, u64 last)
{
	u64 n = 0;
	u32 c, lo, hi;

	if (!range_ok(bm, first, last))
		return 0;
	for (; first <= last; first += hi - lo + 1) {
		c = chunk_part(first, last, &lo, &hi);
		n += chunk_count(bm, c, lo, hi);
	}
	return n;
}

static u64 next(const struct drbd_bm *bm, u64 from, bool want)
{
	const struct drbd_bm_tree *tree = want ? &bm->some : &bm->open;
	u64 c = from / DRBD_BM_CHUNK_BITS;
	u32 at = (u32)(from % DRBD_BM_CHUNK_BITS);

	if (from >= bm->bits)
		return DRBD_BM_NONE;
	/* at most two chunks are looked into: the first may have nothing behind `from` */
	while ((c = tree_next(tree, bm->chunks, c)) != DRBD_BM_NONE) {
		if (c != from / DRBD_BM_CHUNK_BITS)
			at = 0;
		at = chunk_find(bm, (u32)c, at, want);
		if (at < chunk_bits(bm, (u32)c))
			return c * DRBD_BM_CHUNK_BITS + at;
		c++;
	}
	return DRBD_BM_NONE;
}

u64 drbd_bm_next_set(const struct drbd_bm *bm, u64 from)
{
	return next(bm, from, true);
}

u64 drbd_bm_next_clear(const struct drbd_bm *bm, u64 from)
{
	return next(bm, from, false);
}

bool drbd_bm_range_out(const struct drbd_bm *bm, u64 sector, u32 size_byte, u64 *first, u64 *last)
{
	u64 lo = sector >> DRBD_BM_SECT_SHIFT, hi;

	if (!size_byte || lo >= bm->bits)
		return false;
	hi = (sector + (size_byte >> 9) - 1) >> DRBD_BM_SECT_SHIFT;
	*first = lo;
	*last = DRBD_MIN(hi, bm->bits - 1);
	return true;
}

bool drbd_bm_range_in(const struct drbd_bm *bm, u64 capacity_sect, u64 sector, u32 size_byte, u64 *first, u64 *last)
{
	u64 end = sector + (size_byte >> 9), lo, hi;

	if (!size_byte || sector >= capacity_sect)
		return false;
	lo = (sector + 7) >> DRBD_BM_SECT_SHIFT;
	hi = end >= capacity_sect ? bm->bits : end >> DRBD_BM_SECT_SHIFT;
	if (lo >= hi || hi > bm->bits)
		return false;
	*first = lo;
	*last = hi - 1;
	return true;
}

static u32 extent_weight(const struct drbd_bm *bm, u32 nr, u32 bits_per_extent)
{
	u64 first = (u64)nr * bits_per_extent;

	if (first >= bm->bits)
		return 0;
	return (u32)drbd_bm_count(bm, first, DRBD_MIN(first + bits_per_extent, bm->bits) - 1);
}

u32 drbd_bm_al_weight(const struct drbd_bm *bm, u32 nr)
{
	return extent_weight(bm, nr, 1024);
}

u32 drbd_bm_rs_weight(const struct drbd_bm *bm, u32 nr)
{
	return extent_weight(bm, nr, 4096);
}

/* --- to and from disk -------------------------------------------------------------------------------------------------- */

void drbd_bm_loaded(struct drbd_bm *bm, u32 chunk_nr)
{
	chunk_recount(bm, chunk_nr);
}

u64 drbd_bm_next_dirty(const struct drbd_bm *bm, u32 from)
{
	return tree_next(&bm->dirty, bm->chunks, from);
}

bool drbd_bm_is_dirty(const struct drbd_bm *bm, u32 chunk_nr)
{
	return tree_has(&bm->dirty, chunk_nr);
}

void drbd_bm_clean(struct drbd_bm *bm, u32 chunk_nr)
{
	tree_put(&bm->dirty, chunk_nr, false);
}

void drbd_bm_mark_dirty(struct drbd_bm *bm, u32 chunk_nr)
{
	tree_put(&bm->dirty, chunk_nr, true);
}

/* --- variable length integers ------------------------------------------------------------------------------------------ */

static const struct vli_level {
	u8 total, prefix_bits, prefix;
} vli_levels[] = {
	{ 2, 1, 0x00 }, { 3, 2, 0x01 },	 { 5, 3, 0x03 },  { 7, 4, 0x07 },  { 10, 5, 0x0f },
	{ 14, 6, 0x1f }, { 21, 8, 0x3f }, { 29, 8, 0x7f }, { 42, 8, 0xbf }, { 64, 8, 0xff },
};

u32 drbd_vli_encode(u64 value, u64 *word)
{
	u64 base = 1;
	u32 i;

	if (!value)
		return 0;
	for (i = 0; i < ARRAY_SIZE(vli_levels); i++) {
		const struct vli_level *l = &vli_levels[i];
		u64 values = 1ull << (l->total - l->prefix_bits);

		if (value - base < values) {
			*word = (value - base) << l->prefix_bits | l->prefix;
			return l->total;
		}
		base += values;
	}
	return 0;
}

u32 drbd_vli_decode(u64 word, u32 have, u64 *value)
{
	u64 base = 1;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(vli_levels); i++) {
		const struct vli_level *l = &vli_levels[i];

		if ((word & word_mask(0, l->prefix_bits - 1)) == l->prefix) {
			if (l->total > have)
				return 0;
			*value = base + ((word & word_mask(0, l->total - 1)) >> l->prefix_bits);
			return l->total;
		}
		base += 1ull << (l->total - l->prefix_bits);
	}
	return 0;
}

/* --- on the wire --------------------------------------------------------------------------------------------------------- */

enum { RLE_CODE = 2, RLE_UNUSED_SHIFT = 4, RLE_FIRST_SET = 0x80 };

static void put_bits(u8 *code, u32 at, u64 word, u32 n)
{
	u32 i, take;

	for (i = 0; i < n; i += take, at += take) {
		take = DRBD_MIN(8 - (at & 7), n - i);
		if (!(at & 7))
			code[at / 8] = 0;
		code[at / 8] |= (u8)((word >> i & ((1u << take) - 1)) << (at & 7));
	}
}

/* Up to 64 bits from position at of a string of `bits` bits. */
static u64 get_bits(const u8 *code, u32 at, u32 bits)
{
	u32 n = DRBD_MIN(64u, bits - at), i, take;
	u64 w = 0;

	for (i = 0; i < n; i += take, at += take) {
		take = DRBD_MIN(8 - (at & 7), n - i);
		w |= (u64)(code[at / 8] >> (at & 7) & ((1u << take) - 1)) << i;
	}
	return w;
}

/* Runs from x->bit on, as many as fit. Returns the payload size and *end; 0 if plain words would take less room. */
static u32 rle_fill(const struct drbd_bm *bm, u64 start, u8 *to, u32 max_byte, u64 *end)
{
	bool value = drbd_bm_test(bm, start);
	u32 room = (max_byte - 1) * 8, used = 0, n, code_byte;
	u64 pos = start, run_end, word = 0;

	to[0] = (u8)(RLE_CODE | (value ? RLE_FIRST_SET : 0));
	while (pos < bm->bits) {
		run_end = value ? drbd_bm_next_clear(bm, pos) : drbd_bm_next_set(bm, pos);
		if (run_end == DRBD_BM_NONE)
			run_end = bm->bits;
		n = drbd_vli_encode(run_end - pos, &word);
		if (used + n > room)
			break;
		put_bits(to + 1, used, word, n);
		used += n;
		pos = run_end;
		value = !value;
	}
	code_byte = (used + 7) / 8;
	if (pos - start < (u64)code_byte * 8)
		return 0;
	to[0] |= (u8)((code_byte * 8 - used) << RLE_UNUSED_SHIFT);
	*end = pos;
	return 1 + code_byte;
}

/* How many words a plain packet at this position has. */
static u32 plain_words(const struct drbd_bm *bm, const struct drbd_bm_xfer *x, u32 max_byte)
{
	u64 words = (bm->bits + 63) / 64;

	if (x->bit >= bm->bits)
		return 0;
	return (u32)DRBD_MIN(words - x->bit / 64, (u64)max_byte / 8);
}

static void plain_advance(const struct drbd_bm *bm, struct drbd_bm_xfer *x, u32 words)
{
	u64 to = (x->bit / 64 + words) * 64;

	x->bit = DRBD_MIN(to, bm->bits);
	x->packets[0]++;
	x->bytes[0] += words * 8;
	x->last_plain = 1;
	x->done = !words;
}

static u64 *word_at(const struct drbd_bm *bm, u64 word)
{
	return &bm->chunk[word / DRBD_BM_CHUNK_WORDS][word % DRBD_BM_CHUNK_WORDS];
}

u32 drbd_bm_send(const struct drbd_bm *bm, struct drbd_bm_xfer *x, bool rle, void *to, u32 max_byte, u16 *cmd)
{
	u8 *out = to;
	u32 size = 0, words, i;
	u64 end, word;

	if (rle && x->bit < bm->bits)
		size = rle_fill(bm, x->bit, out, max_byte, &end);
	if (size) {
		*cmd = P_COMPRESSED_BITMAP;
		x->bit = end;
		x->packets[1]++;
		x->bytes[1] += size;
		x->last_plain = 0;
		x->done = end == bm->bits;
		return size;
	}
	*cmd = P_BITMAP;
	words = plain_words(bm, x, max_byte);
	word = x->bit / 64;
	for (i = 0; i < words; i++)
		drbd_put_le64(out + i * 8, word_get(word_at(bm, word + i)));
	plain_advance(bm, x, words);
	return words * 8;
}

static int receive_rle(struct drbd_bm *bm, struct drbd_bm_xfer *x, const u8 *in, u32 size_byte)
{
	bool value;
	u32 bits, at, n;
	u64 run;

	if (size_byte < 2 || (in[0] & 0xf) != RLE_CODE)
		return -EPROTO;
	value = (in[0] & RLE_FIRST_SET) != 0;
	bits = (size_byte - 1) * 8 - (in[0] >> RLE_UNUSED_SHIFT & 7);
	for (at = 0; at < bits; at += n, value = !value) {
		n = drbd_vli_decode(get_bits(in + 1, at, bits), bits - at, &run);
		if (!n || run > bm->bits - x->bit)
			return -EPROTO;
		if (value)
			drbd_bm_set(bm, x->bit, x->bit + run - 1);
		x->bit += run;
	}
	x->packets[1]++;
	x->bytes[1] += size_byte;
	x->last_plain = 0;
	x->done = x->bit == bm->bits;
	return 0;
}

static int receive_plain(struct drbd_bm *bm, struct drbd_bm_xfer *x, const u8 *in, u32 size_byte, u32 max_byte)
{
	u32 words = plain_words(bm, x, max_byte), i, hi;
	u64 first = x->bit / 64 * 64;

	if (size_byte != words * 8)
		return -EPROTO;
	for (i = 0; i < words; i++, first += 64) {
		u64 w = drbd_get_le64(in + i * 8), *own = word_at(bm, first / 64), new;
		u32 c = (u32)(first / DRBD_BM_CHUNK_BITS);

		hi = (u32)(DRBD_MIN(bm->bits - first, 64ull) - 1);
		new = w & word_mask(0, hi) & ~word_get(own);
		if (!new)
			continue;
		word_put(own, word_get(own) | new);
		set_count(bm, c, bm->count[c] + drbd_hweight64(new));
		tree_put(&bm->dirty, c, true);
	}
	plain_advance(bm, x, words);
	return 0;
}

int drbd_bm_receive(struct drbd_bm *bm, struct drbd_bm_xfer *x, u16 cmd, const void *from, u32 size_byte, u32 max_byte)
{
	if (x->done || size_byte > max_byte)
		return -EPROTO;
	if (cmd == P_COMPRESSED_BITMAP)
		return receive_rle(bm, x, from, size_byte);
	if (cmd == P_BITMAP)
		return receive_plain(bm, x, from, size_byte, max_byte);
	return -EPROTO;
}
