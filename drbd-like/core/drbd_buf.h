/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds-checked reader and writer of big-endian fields. Running past the end is remembered: every later get gives
 * 0, every later put is dropped, and *_done() says false. So a decoder reads all its fields and asks once.
 */
#ifndef DRBD_BUF_H
#define DRBD_BUF_H

#include "drbd_port.h"

struct rbuf {
	const u8 *p, *end;
	bool bad;
};

struct wbuf {
	u8 *start, *p, *end;
	bool bad;
};

static inline void rbuf_init(struct rbuf *b, const void *data, size_t size_byte)
{
	b->p = data;
	b->end = b->p + size_byte;
	b->bad = false;
}

static inline size_t rbuf_left(const struct rbuf *b)
{
	return b->bad ? 0 : (size_t)(b->end - b->p);
}

/* The next n bytes where they lie, or NULL (also for n == 0 on a bad buffer). */
static inline const u8 *rbuf_bytes(struct rbuf *b, size_t n)
{
	const u8 *at = b->p;

	if (b->bad || (size_t)(b->end - b->p) < n) {
		b->bad = true;
		return NULL;
	}
	b->p += n;
	return at;
}

static inline u8 rbuf_u8(struct rbuf *b)
{
	const u8 *at = rbuf_bytes(b, 1);

	return at ? at[0] : 0;
}

static inline u16 rbuf_u16(struct rbuf *b)
{
	const u8 *at = rbuf_bytes(b, 2);

	return at ? drbd_get_be16(at) : 0;
}

static inline u32 rbuf_u32(struct rbuf *b)
{
	const u8 *at = rbuf_bytes(b, 4);

	return at ? drbd_get_be32(at) : 0;
}

static inline u64 rbuf_u64(struct rbuf *b)
{
	const u8 *at = rbuf_bytes(b, 8);

	return at ? drbd_get_be64(at) : 0;
}

/* Copies n bytes; zeroes to if they are not there. */
static inline void rbuf_copy(struct rbuf *b, void *to, size_t n)
{
	const u8 *at = rbuf_bytes(b, n);

	if (at)
		memcpy(to, at, n);
	else
		memset(to, 0, n);
}

/* Nothing missing and nothing left over. */
static inline bool rbuf_done(const struct rbuf *b)
{
	return !b->bad && b->p == b->end;
}

static inline void wbuf_init(struct wbuf *b, void *to, size_t size_byte)
{
	b->start = b->p = to;
	b->end = b->p + size_byte;
	b->bad = false;
}

/* Room for n bytes, counted as written, or NULL. */
static inline u8 *wbuf_room(struct wbuf *b, size_t n)
{
	u8 *at = b->p;

	if (b->bad || (size_t)(b->end - b->p) < n) {
		b->bad = true;
		return NULL;
	}
	b->p += n;
	return at;
}

static inline void wbuf_u8(struct wbuf *b, u8 v)
{
	u8 *at = wbuf_room(b, 1);

	if (at)
		*at = v;
}

static inline void wbuf_u16(struct wbuf *b, u16 v)
{
	u8 *at = wbuf_room(b, 2);

	if (at)
		drbd_put_be16(at, v);
}

static inline void wbuf_u32(struct wbuf *b, u32 v)
{
	u8 *at = wbuf_room(b, 4);

	if (at)
		drbd_put_be32(at, v);
}

static inline void wbuf_u64(struct wbuf *b, u64 v)
{
	u8 *at = wbuf_room(b, 8);

	if (at)
		drbd_put_be64(at, v);
}

static inline void wbuf_copy(struct wbuf *b, const void *from, size_t n)
{
	u8 *at = wbuf_room(b, n);

	if (at && n)
		memcpy(at, from, n);
}

static inline void wbuf_zero(struct wbuf *b, size_t n)
{
	u8 *at = wbuf_room(b, n);

	if (at)
		memset(at, 0, n);
}

static inline bool wbuf_ok(const struct wbuf *b)
{
	return !b->bad;
}

/* Bytes written so far. */
static inline size_t wbuf_size(const struct wbuf *b)
{
	return (size_t)(b->p - b->start);
}

#endif
