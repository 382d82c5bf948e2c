/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts allocations and lets the chosen call fail. Linked into unit tests alone. */
#ifndef UNIT_TEST
#define UNIT_TEST
#endif
#define FAULT_IMPLEMENTATION
#include "lib/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

static struct {
	enum fault_kind kind;
	long left; /* calls that pass before the failing one; -1: not armed */
	int error;
	bool shorten, fired;
	long live;
} fault = { .left = -1 };

/* Allocations made before the last arm are freed without being counted: each block says in which round it was made. */
static unsigned long fault_round = 1;

struct fault_block {
	unsigned long round;
	size_t size;
	union fault_align { /* of any type; max_align_t is newer than gcc 4.4 */
		long long integer;
		long double real;
		void *pointer;
	} data[];
};

static void fault_start(enum fault_kind kind, int nth, int error, bool shorten)
{
	fault.kind = kind;
	fault.left = nth;
	fault.error = error;
	fault.shorten = shorten;
	fault.fired = false;
	fault.live = 0;
	fault_round++;
}

void fault_arm(int nth)
{
	fault_start(FAULT_ALLOC, nth, ENOMEM, false);
}

void fault_arm_kind(enum fault_kind kind, int nth, int error)
{
	fault_start(kind, nth, error, false);
}

void fault_arm_short(enum fault_kind kind, int nth)
{
	fault_start(kind, nth, 0, true);
}

void fault_disarm(void)
{
	fault.left = -1;
}

bool fault_fired(void)
{
	return fault.fired;
}

long fault_leaks(void)
{
	return fault.live;
}

static bool fault_due(enum fault_kind kind)
{
	if (fault.kind != kind || fault.left < 0 || fault.left-- > 0)
		return false;
	fault.fired = true;
	if (!fault.shorten)
		errno = fault.error;
	return true;
}

bool fault_sys(void)
{
	return fault_due(FAULT_SYS);
}

static struct fault_block *fault_block(void *p)
{
	return (struct fault_block *)((char *)p - offsetof(struct fault_block, data));
}

void *fault_realloc(void *p, size_t size)
{
	struct fault_block *old = p ? fault_block(p) : NULL, *block;

	if (fault_due(FAULT_ALLOC))
		return NULL;
	if (size > (size_t)-1 / 2) {
		errno = ENOMEM;
		return NULL;
	}
	/* always moves, so that a pointer kept across it is a use after free */
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->round = fault_round;
	block->size = size;
	fault.live++;
	if (old) {
		memcpy(block->data, old->data, old->size < size ? old->size : size);
		fault_free(p);
	}
	return block->data;
}

void *fault_malloc(size_t size)
{
	return fault_realloc(NULL, size);
}

void *fault_calloc(size_t n, size_t size)
{
	void *p;

	if (size && n > (size_t)-1 / size) {
		errno = ENOMEM;
		return NULL;
	}
	p = fault_malloc(n * size);
	if (p)
		memset(p, 0, n * size);
	return p;
}

char *fault_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = fault_malloc(len + 1);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *fault_strdup(const char *s)
{
	return fault_strndup(s, strlen(s));
}

int fault_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : fault_malloc((size_t)n + 1);
	if (!p)
		return -1;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	*out = p;
	return n;
}

void fault_free(void *p)
{
	struct fault_block *block;

	if (!p)
		return;
	block = fault_block(p);
	fault.live -= block->round == fault_round;
	free(block);
}

ssize_t fault_read(int fd, void *buf, size_t n)
{
	if (fault_due(FAULT_READ)) {
		if (!fault.shorten)
			return -1;
		n = n > 1;
	}
	return read(fd, buf, n);
}

ssize_t fault_write(int fd, const void *buf, size_t n)
{
	if (fault_due(FAULT_WRITE)) {
		if (!fault.shorten)
			return -1;
		n = n > 1;
	}
	return write(fd, buf, n);
}
