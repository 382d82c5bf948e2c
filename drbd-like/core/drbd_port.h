/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one file of the core that knows where it is compiled: in drbd.ko (__KERNEL__) or in a user program (tools,
 * simulator, tests). Everything else of the core is plain C over what is declared here.
 */
#ifndef DRBD_PORT_H
#define DRBD_PORT_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/math64.h>
#include <asm/byteorder.h>

/* In the kernel a broken assertion is reported once and lets the host live; the caller's error path takes over. */
#define drbd_assert(cond) ((void)WARN_ON_ONCE(!(cond)))

#ifdef __LITTLE_ENDIAN_BITFIELD
#define DRBD_LITTLE_BITFIELDS 1
#else
#define DRBD_LITTLE_BITFIELDS 0
#endif

/* Quotient of 64-bit values; the divisor is not 0. */
static inline u64 drbd_div(u64 dividend, u64 divisor)
{
	return div64_u64(dividend, divisor);
}

static inline u32 drbd_hweight64(u64 w)
{
	return hweight64(w);
}

/* Writes at most len bytes with the terminating NUL; returns how many it wrote, without the NUL. */
#define drbd_snprintf scnprintf

#else /* a user program */

#include <stdbool.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#define drbd_assert(cond)                                                                          \
	((cond) ? (void)0 : drbd_assert_failed(#cond, __FILE__, __LINE__))

static inline void drbd_assert_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
	abort();
}

#define DRBD_LITTLE_BITFIELDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#ifndef __BYTE_ORDER__			/* gcc 4.4 does not say; EL 6 exists on these */
#undef DRBD_LITTLE_BITFIELDS
#if defined(__i386__) || defined(__x86_64__)
#define DRBD_LITTLE_BITFIELDS 1
#else
#define DRBD_LITTLE_BITFIELDS 0
#endif
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#ifndef container_of
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#endif

static inline u64 drbd_div(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u32 drbd_hweight64(u64 w)
{
	return (u32)__builtin_popcountll(w);
}

static inline int __attribute__((format(printf, 3, 4), unused))
drbd_snprintf(char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, len, fmt, ap);
	va_end(ap);
	if (n < 0 || !len)
		return 0;
	return (size_t)n < len ? n : (int)len - 1;
}

#endif /* __KERNEL__ */

/* Compile-time assertion, inside a function. */
#define DRBD_BUILD_ASSERT(cond) ((void)sizeof(char[1 - 2 * !(cond)]))

#define DRBD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define DRBD_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Number of trailing zero bits; w is not 0. */
static inline u32 drbd_ctz64(u64 w)
{
	return (u32)w ? (u32)__builtin_ctz((u32)w) : 32 + (u32)__builtin_ctz((u32)(w >> 32));
}

/* Remainder of 64-bit values. */
static inline u64 drbd_mod(u64 dividend, u64 divisor)
{
	return dividend - drbd_div(dividend, divisor) * divisor;
}

/* Integers at any address, in a stated byte order. */
static inline u16 drbd_get_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 drbd_get_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static inline u64 drbd_get_be64(const void *p)
{
	return (u64)drbd_get_be32(p) << 32 | drbd_get_be32((const u8 *)p + 4);
}

static inline u64 drbd_get_le64(const void *p)
{
	const u8 *b = p;
	u64 v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | b[i];
	return v;
}

static inline void drbd_put_be16(void *p, u16 v)
{
	u8 *b = p;

	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void drbd_put_be32(void *p, u32 v)
{
	drbd_put_be16(p, (u16)(v >> 16));
	drbd_put_be16((u8 *)p + 2, (u16)v);
}

static inline void drbd_put_be64(void *p, u64 v)
{
	drbd_put_be32(p, (u32)(v >> 32));
	drbd_put_be32((u8 *)p + 4, (u32)v);
}

static inline void drbd_put_le64(void *p, u64 v)
{
	u8 *b = p;
	int i;

	for (i = 0; i < 8; i++, v >>= 8)
		b[i] = (u8)v;
}

#endif
