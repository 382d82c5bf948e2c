/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Activity log. A slot is on one of three lists: idle (free, or no references; oldest first), collected (its change waits
 * for the next transaction) or writing (its change is in the transaction under way); a slot that is referenced and needs
 * no change is on none. It is hashed by the extent it will have.
 */
#include "drbd_al.h"

enum { IDLE, COLLECTED, WRITING, LISTS };	/* also the values of slot->batch, 0: not changing */

#define NO_SLOT 0xffffffffu

/* --- lists and hash -------------------------------------------------------------------------------------------------- */

static void list_del(struct drbd_al *al, u32 s)
{
	struct drbd_al_slot *slot = &al->slot[s];

	al->slot[slot->prev].next = slot->next;
	al->slot[slot->next].prev = slot->prev;
	slot->prev = slot->next = s;
}

static void list_add_tail(struct drbd_al *al, u32 s, u32 list)
{
	u32 head = al->nr + list;

	al->slot[s].prev = al->slot[head].prev;
	al->slot[s].next = head;
	al->slot[al->slot[head].prev].next = s;
	al->slot[head].prev = s;
}

static u32 list_first(const struct drbd_al *al, u32 list)
{
	u32 s = al->slot[al->nr + list].next;

	return s < al->nr ? s : NO_SLOT;
}

/* Neighbouring extents in neighbouring buckets: streams and random writes spread alike. */
static u32 *bucket(const struct drbd_al *al, u32 extent)
{
	return &al->hash[extent & al->hash_mask];
}

static u32 find(const struct drbd_al *al, u32 extent)
{
	u32 s = *bucket(al, extent);

	while (s != NO_SLOT && al->slot[s].new_extent != extent)
		s = al->slot[s].chain;
	return s;
}

static void hash_del(struct drbd_al *al, u32 s)
{
	u32 *at = bucket(al, al->slot[s].new_extent);

	while (*at != s)
		at = &al->slot[*at].chain;
	*at = al->slot[s].chain;
}

static void hash_add(struct drbd_al *al, u32 s)
{
	u32 *at = bucket(al, al->slot[s].new_extent);

	al->slot[s].chain = *at;
	*at = s;
}

/* --- set-up ------------------------------------------------------------------------------------------------------------ */

static u32 hash_size(u32 nr)
{
	u32 size = 64;

	while (size < nr)
		size *= 2;
	return size;
}

size_t drbd_al_mem_byte(u32 nr)
{
	return (nr + LISTS) * sizeof(struct drbd_al_slot) + hash_size(nr) * sizeof(u32);
}

u32 drbd_al_nr_max(u32 stripes, u32 stripe_size_4k)
{
	u64 nr = ((u64)stripes * stripe_size_4k - 1) * AL_CONTEXT;

	return (u32)DRBD_MIN(nr, (u64)AL_SLOTS_MAX);
}

/* All slots free, all lists empty but the idle one. */
static void reset_slots(struct drbd_al *al)
{
	u32 s;

	for (s = 0; s <= al->hash_mask; s++)
		al->hash[s] = NO_SLOT;
	memset(al->slot, 0, (al->nr + LISTS) * sizeof(*al->slot));
	for (s = al->nr; s < al->nr + LISTS; s++)
		al->slot[s].prev = al->slot[s].next = s;
	for (s = 0; s < al->nr; s++) {
		al->slot[s].extent = al->slot[s].new_extent = AL_NONE;
		list_add_tail(al, s, IDLE);
	}
	al->idle = al->nr;
	al->collected = 0;
	al->context_start = 0;
	al->last = AL_NONE - 1;
	al->in_stream = 0;
	al->resumed = 0;
}

void drbd_al_init(struct drbd_al *al, void *mem, u32 nr, u32 stripes, u32 stripe_size_4k, u32 extents, u32 tr_number)
{
	drbd_assert(nr && nr <= AL_SLOTS_MAX);
	memset(al, 0, sizeof(*al));
	al->slot = mem;
	al->hash = (u32 *)(al->slot + nr + LISTS);
	al->nr = nr;
	al->hash_mask = hash_size(nr) - 1;
	al->extents = extents;
	al->stripes = stripes;
	al->stripe_size_4k = stripe_size_4k;
	al->tr_number = tr_number;
	al->collecting = 1;
	reset_slots(al);
}

bool drbd_al_empty(struct drbd_al *al, u32 extents)
{
	if (al->used || al->writing)
		return false;
	al->extents = extents;
	reset_slots(al);
	return true;
}

/* --- references --------------------------------------------------------------------------------------------------------- */

static void take(struct drbd_al *al, u32 s)
{
	struct drbd_al_slot *slot = &al->slot[s];

	if (slot->refs++)
		return;
	al->used++;
	if (!slot->batch) {
		list_del(al, s);
		al->idle--;
	}
}

/* Gives the slot that is idle longest to an extent; it stays with its old one on disk until the transaction is there. */
static u32 replace(struct drbd_al *al, u32 extent)
{
	u32 s = list_first(al, IDLE);
	struct drbd_al_slot *slot = &al->slot[s];

	if (slot->new_extent != AL_NONE)
		hash_del(al, s);
	slot->new_extent = extent;
	slot->batch = COLLECTED;
	hash_add(al, s);
	list_del(al, s);
	al->idle--;
	list_add_tail(al, s, COLLECTED);
	al->collected++;
	return s;
}

static bool is_unwritten(const struct drbd_al *al, u32 s)
{
	return al->resumed && al->slot[s].unwritten && !al->slot[s].batch;
}

/* The slot keeps its extent and goes to disk with the next transaction. */
static void write_late(struct drbd_al *al, u32 s)
{
	struct drbd_al_slot *slot = &al->slot[s];

	if (!slot->refs) {
		list_del(al, s);
		al->idle--;
	}
	slot->batch = COLLECTED;
	list_add_tail(al, s, COLLECTED);
	al->collected++;
}

/* Extents behind a stream, unreferenced, taking at most a quarter of what is idle. */
static void look_ahead(struct drbd_al *al)
{
	u32 room = DRBD_MIN(AL_UPDATES_MAX - al->collected, al->idle / 4), e, i;

	room = DRBD_MIN(room, DRBD_MIN(al->ahead, AL_AHEAD_MAX));
	for (i = 0, e = al->last + 1; i < room && e < al->extents; i++, e++) {
		if (find(al, e) != NO_SLOT)
			break;
		replace(al, e);
		al->last = e;
	}
}

enum drbd_al_need drbd_al_begin(struct drbd_al *al, u32 first, u32 last, u32 *ticket)
{
	u32 e, s, missing = 0, late = 0, idle = al->idle, newest = 0, first_new = AL_NONE;

	drbd_assert(first <= last && last - first < AL_UPDATES_MAX);
	for (e = first; e <= last; e++) {
		s = find(al, e);
		if (s == NO_SLOT) {
			missing++;
			continue;
		}
		if (!al->slot[s].refs && !al->slot[s].batch)
			idle--;		/* will be taken itself, not replaced */
		late += is_unwritten(al, s);
	}
	if (missing > idle) {
		if (al->collected || al->writing) {
			al->locked++;
			return AL_DUE;	/* may leave slots without references */
		}
		al->starving++;
		return AL_FULL;
	}
	if (al->collected + missing + late > AL_UPDATES_MAX) {
		al->locked++;
		return AL_DUE;
	}
	/* first those that are there, lest one of them be replaced */
	for (e = first; e <= last; e++) {
		s = find(al, e);
		if (s == NO_SLOT)
			continue;
		if (is_unwritten(al, s))
			write_late(al, s);
		take(al, s);
		newest = DRBD_MAX(newest, al->slot[s].batch == COLLECTED ? 2u : al->slot[s].batch == WRITING);
		al->hits++;
	}
	for (e = first; missing && e <= last; e++) {
		if (find(al, e) != NO_SLOT)
			continue;
		if (first_new == AL_NONE)
			first_new = e;
		take(al, replace(al, e));
		newest = 2;
		al->misses++;
	}
	if (first_new != AL_NONE) {
		al->in_stream = first_new == al->last + 1;
		al->last = last;
	}
	if (al->ahead && al->in_stream && last == al->last)
		look_ahead(al);
	if (!newest)
		return AL_READY;
	*ticket = al->collecting - (newest == 1);
	return AL_WRITE_FIRST;
}

bool drbd_al_begin_fast(struct drbd_al *al, u32 first, u32 last)
{
	u32 e, s;

	for (e = first; e <= last; e++) {
		s = find(al, e);
		if (s == NO_SLOT || al->slot[s].batch || is_unwritten(al, s))
			return false;
	}
	for (e = first; e <= last; e++) {
		take(al, find(al, e));
		al->hits++;
	}
	if (al->ahead && al->in_stream && last == al->last)
		look_ahead(al);
	return true;
}

bool drbd_al_end(struct drbd_al *al, u32 first, u32 last)
{
	bool wake = false;
	u32 e, s;

	for (e = first; e <= last; e++) {
		s = find(al, e);
		drbd_assert(s != NO_SLOT && al->slot[s].refs);
		if (s == NO_SLOT || !al->slot[s].refs || --al->slot[s].refs)
			continue;
		al->used--;
		wake = true;
		if (!al->slot[s].batch) {
			list_add_tail(al, s, IDLE);
			al->idle++;
		}
	}
	return wake;
}

bool drbd_al_busy(const struct drbd_al *al, u32 first, u32 last)
{
	u32 e, s;

	for (e = first; e <= last && e < al->extents; e++) {
		s = find(al, e);
		if (s != NO_SLOT && al->slot[s].refs)
			return true;
	}
	return false;
}

/* --- transactions -------------------------------------------------------------------------------------------------------- */

u64 drbd_al_block_sect(u32 stripes, u32 stripe_size_4k, u32 b)
{
	return ((u64)(b % stripes) * stripe_size_4k + b / stripes) * AL_BLOCK_SECT;
}

u32 drbd_al_ring_block(u32 stripes, u32 stripe_size_4k, u32 number)
{
	return number % (stripes * stripe_size_4k);
}

/* Everything but the updates. */
static void snapshot(const struct drbd_al *al, struct drbd_al_tr *tr)
{
	u32 i, s;

	tr->number = al->tr_number;
	tr->sect = drbd_al_block_sect(al->stripes, al->stripe_size_4k,
				      drbd_al_ring_block(al->stripes, al->stripe_size_4k, al->tr_number));
	tr->nr = 0;
	memset(tr->slot, 0xff, sizeof(tr->slot));
	memset(tr->old, 0xff, sizeof(tr->old));
	memset(tr->extent, 0xff, sizeof(tr->extent));
	tr->type = AL_TR_UPDATE;
	tr->context_size = (u16)al->nr;
	tr->context_start = (u16)al->context_start;
	for (i = 0, s = al->context_start; i < AL_CONTEXT; i++, s++)
		tr->context[i] = s < al->nr ? al->slot[s].extent : AL_NONE;
}

void drbd_al_idle(struct drbd_al *al, struct drbd_al_tr *tr)
{
	drbd_assert(!al->writing);
	snapshot(al, tr);
	al->collecting++;
	al->writing = 1;
}

bool drbd_al_prepare(struct drbd_al *al, struct drbd_al_tr *tr)
{
	struct drbd_al_slot *slot;
	u32 s;

	if (al->writing && !al->failed)
		return false;
	if (!al->writing) {
		if (!al->collected)
			return false;
		while ((s = list_first(al, COLLECTED)) != NO_SLOT) {
			list_del(al, s);
			list_add_tail(al, s, WRITING);
			al->slot[s].batch = WRITING;
		}
		al->collected = 0;
		al->collecting++;
		al->writing = 1;
	}
	al->failed = 0;
	snapshot(al, tr);
	for (s = al->slot[al->nr + WRITING].next; s < al->nr; s = slot->next) {
		slot = &al->slot[s];
		tr->slot[tr->nr] = (u16)s;
		tr->old[tr->nr] = slot->extent;
		tr->extent[tr->nr++] = slot->new_extent;
	}
	return true;
}

void drbd_al_committed(struct drbd_al *al, const struct drbd_al_tr *tr, bool written)
{
	u32 s;

	drbd_assert(al->writing && tr->number == al->tr_number);
	while ((s = list_first(al, WRITING)) != NO_SLOT) {
		struct drbd_al_slot *slot = &al->slot[s];

		list_del(al, s);
		slot->extent = slot->new_extent;
		slot->batch = 0;
		slot->unwritten = !written;
		al->changed++;
		if (!slot->refs) {
			list_add_tail(al, s, IDLE);
			al->idle++;
		}
	}
	al->writing = al->failed = 0;
	if (!written)
		return;
	al->tr_number++;
	al->context_start += AL_CONTEXT;
	if (al->context_start >= al->nr)
		al->context_start = 0;
}

void drbd_al_resume(struct drbd_al *al)
{
	al->resumed = 1;
}

void drbd_al_failed(struct drbd_al *al, const struct drbd_al_tr *tr)
{
	drbd_assert(al->writing && tr->number == al->tr_number);
	al->failed = 1;
}

bool drbd_al_ready(const struct drbd_al *al, u32 ticket)
{
	/* how far behind the transaction that is being collected: 1 is the one being written, if any is */
	s32 behind = (s32)(al->collecting - ticket);

	return behind > 1 || (behind == 1 && !al->writing);
}

/* --- on disk ---------------------------------------------------------------------------------------------------------------- */

/* Reflected polynomial 0x82f63b78. */
static const u32 crc32c_table[256] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c,
	0x26a1e7e8, 0xd4ca64eb, 0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b,
	0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24, 0x105ec76f, 0xe235446c,
	0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
	0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc,
	0xbc267848, 0x4e4dfb4b, 0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a,
	0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35, 0xaa64d611, 0x580f5512,
	0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
	0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad,
	0x1642ae59, 0xe4292d5a, 0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a,
	0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595, 0x417b1dbc, 0xb3109ebf,
	0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
	0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f,
	0xed03a29b, 0x1f682198, 0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927,
	0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38, 0xdbfc821c, 0x2997011f,
	0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
	0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e,
	0x4767748a, 0xb50cf789, 0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859,
	0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46, 0x7198540d, 0x83f3d70e,
	0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
	0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de,
	0xdde0eb2a, 0x2f8b6829, 0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c,
	0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93, 0x082f63b7, 0xfa44e0b4,
	0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
	0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b,
	0xb4091bff, 0x466298fc, 0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c,
	0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033, 0xa24bb5a6, 0x502036a5,
	0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
	0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975,
	0x0e330a81, 0xfc588982, 0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d,
	0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622, 0x38cc2a06, 0xcaa7a905,
	0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
	0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8,
	0xe52cc12c, 0x1747422f, 0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff,
	0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0, 0xd3d3e1ab, 0x21b862a8,
	0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
	0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78,
	0x7fab5e8c, 0x8dc0dd8f, 0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee,
	0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1, 0x69e9f0d5, 0x9b8273d6,
	0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
	0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69,
	0xd5cf889d, 0x27a40b9e, 0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e,
	0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
};

u32 drbd_al_crc32c(u32 crc, const void *data, size_t size_byte)
{
	const u8 *p = data;

	while (size_byte--)
		crc = crc32c_table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return crc;
}

enum { CRC_AT = 8 };

static u32 block_crc(const void *block)
{
	static const u8 zero[4];
	const u8 *p = block;
	u32 crc = drbd_al_crc32c(0, p, CRC_AT);

	crc = drbd_al_crc32c(crc, zero, 4);
	return drbd_al_crc32c(crc, p + CRC_AT + 4, AL_BLOCK_BYTE - CRC_AT - 4);
}

/* Where fields of a block are. */
enum { TYPE_AT = 12, N_UPDATES_AT = 14, SIZE_AT = 16, START_AT = 18, SLOT_AT = 36, EXTENT_AT = 164, CONTEXT_AT = 420 };

void drbd_al_encode(const struct drbd_al_tr *tr, void *block)
{
	u8 *p = block;
	u32 i;

	memset(p, 0, SLOT_AT);
	drbd_put_be32(p, AL_MAGIC);
	drbd_put_be32(p + 4, tr->number);
	drbd_put_be16(p + TYPE_AT, tr->type);
	drbd_put_be16(p + N_UPDATES_AT, (u16)tr->nr);
	drbd_put_be16(p + SIZE_AT, tr->context_size);
	drbd_put_be16(p + START_AT, tr->context_start);
	for (i = 0; i < AL_UPDATES_MAX; i++) {
		drbd_put_be16(p + SLOT_AT + 2 * i, tr->slot[i]);
		drbd_put_be32(p + EXTENT_AT + 4 * i, tr->extent[i]);
	}
	for (i = 0; i < AL_CONTEXT; i++)
		drbd_put_be32(p + CONTEXT_AT + 4 * i, tr->context[i]);
	drbd_put_be32(p + CRC_AT, block_crc(p));
}

void drbd_al_encode_initialized(void *block)
{
	u8 *p = block;

	memset(p, 0, AL_BLOCK_BYTE);
	drbd_put_be32(p, AL_MAGIC);
	drbd_put_be16(p + TYPE_AT, AL_TR_INITIALIZED);
	drbd_put_be32(p + CRC_AT, block_crc(p));
}

static bool block_ok(const u8 *p)
{
	return drbd_get_be32(p) == AL_MAGIC && drbd_get_be32(p + CRC_AT) == block_crc(p);
}

bool drbd_al_decode(const void *block, struct drbd_al_tr *tr)
{
	const u8 *p = block;
	u32 i;

	if (!block_ok(p))
		return false;
	tr->number = drbd_get_be32(p + 4);
	tr->type = drbd_get_be16(p + TYPE_AT);
	tr->nr = drbd_get_be16(p + N_UPDATES_AT);
	tr->nr = DRBD_MIN(tr->nr, AL_UPDATES_MAX);
	tr->context_size = drbd_get_be16(p + SIZE_AT);
	tr->context_start = drbd_get_be16(p + START_AT);
	memset(tr->old, 0xff, sizeof(tr->old));
	for (i = 0; i < AL_UPDATES_MAX; i++) {
		tr->slot[i] = drbd_get_be16(p + SLOT_AT + 2 * i);
		tr->extent[i] = drbd_get_be32(p + EXTENT_AT + 4 * i);
	}
	for (i = 0; i < AL_CONTEXT; i++)
		tr->context[i] = drbd_get_be32(p + CONTEXT_AT + 4 * i);
	return true;
}

/* --- after a crash -------------------------------------------------------------------------------------------------------------- */

void drbd_al_scan_init(struct drbd_al_scan *s)
{
	memset(s, 0, sizeof(*s));
}

static void scan_corrupt(struct drbd_al_scan *s)
{
	s->corrupt++;
	s->corrupt_b = s->blocks++;
}

static void scan_update(struct drbd_al_scan *s, u32 number)
{
	if (!s->updates || (s32)(number - s->oldest) < 0) {
		s->oldest = number;
		s->oldest_b = s->blocks;
	}
	if (!s->updates || (s32)(number - s->newest) > 0) {
		s->newest = number;
		s->newest_b = s->blocks;
	}
	s->updates++;
	s->blocks++;
}

void drbd_al_scan_block(struct drbd_al_scan *s, const void *block)
{
	const u8 *p = block;

	if (!block_ok(p)) {
		scan_corrupt(s);
	} else if (drbd_get_be16(p + TYPE_AT) == AL_TR_INITIALIZED) {
		s->initialized++;
		s->blocks++;
	} else {
		scan_update(s, drbd_get_be32(p + 4));
	}
}

enum drbd_al_verdict drbd_al_scan_end(const struct drbd_al_scan *s)
{
	if (s->updates)
		return AL_REPLAY;
	if (s->corrupt == s->blocks)
		return AL_NO_LOG;
	/* the first transaction ever may have been cut short by the crash */
	if (!s->corrupt || (s->corrupt == 1 && s->corrupt_b == 0))
		return AL_NOTHING;
	return AL_NO_UPDATE;
}

static u32 put_hot(u32 *hot, u32 slot, u32 extent)
{
	if (slot >= AL_SLOTS_MAX)
		return 1;
	hot[slot] = extent;
	return 0;
}

u32 drbd_al_replay(const void *block, u32 *hot)
{
	const u8 *p = block;
	u32 n_updates, context_size, slot, extent, i, bad = 0;

	if (!block_ok(p) || drbd_get_be16(p + TYPE_AT) == AL_TR_INITIALIZED)
		return 0;
	n_updates = drbd_get_be16(p + N_UPDATES_AT);
	context_size = drbd_get_be16(p + SIZE_AT);
	for (i = 0; i < AL_CONTEXT; i++) {
		slot = drbd_get_be16(p + START_AT) + i;
		extent = drbd_get_be32(p + CONTEXT_AT + 4 * i);
		if (extent != AL_NONE || slot < context_size)
			bad += put_hot(hot, slot, extent);
	}
	for (i = 0; i < AL_UPDATES_MAX; i++) {
		slot = drbd_get_be16(p + SLOT_AT + 2 * i);
		if (i < n_updates || slot != 0xffff)
			bad += put_hot(hot, slot, drbd_get_be32(p + EXTENT_AT + 4 * i));
	}
	return bad;
}

/* --- 0.7 .. 8.3 ---------------------------------------------------------------------------------------------------------------- */

enum { OLD_MAGIC = 0x83740267, OLD_PAIRS = 62, OLD_SECTORS = 64 };

u32 drbd_al_old_sectors(u32 al_nr_extents)
{
	u64 n = 1 + ((u64)al_nr_extents + OLD_PAIRS - 2) / (OLD_PAIRS - 1);

	return (u32)DRBD_MIN(n, (u64)OLD_SECTORS);
}

bool drbd_al_old_number(const void *sector, u32 *number)
{
	const u8 *p = sector;
	u32 i, x = 0;

	for (i = 0; i < OLD_PAIRS; i++)
		x ^= drbd_get_be32(p + 8 + 8 * i + 4);
	if (drbd_get_be32(p) != (u32)OLD_MAGIC || drbd_get_be32(p + 8 + 8 * OLD_PAIRS) != x)
		return false;
	*number = drbd_get_be32(p + 4);
	return true;
}

void drbd_al_scan_old(struct drbd_al_scan *s, const void *sector)
{
	u32 number;

	if (drbd_al_old_number(sector, &number))
		scan_update(s, number);
	else
		scan_corrupt(s);
}

u32 drbd_al_replay_old(const void *sector, u32 *hot)
{
	const u8 *p = sector;
	u32 i, number, bad = 0;

	if (!drbd_al_old_number(sector, &number))
		return 0;
	/* the update, pair 0, counts for more than the context */
	for (i = OLD_PAIRS; i-- > 0;)
		bad += put_hot(hot, drbd_get_be32(p + 8 + 8 * i), drbd_get_be32(p + 8 + 8 * i + 4));
	return bad;
}
