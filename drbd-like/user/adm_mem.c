/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a configuration, handed out in order from large blocks. */
#include "drbd-like/user/adm_mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"

#ifdef UNIT_TEST
enum { BLOCK_BYTE = 256, ALIGN_BYTE = 8 }; /* so that nearly every piece may be the one that fails */
#else
enum { BLOCK_BYTE = 64 << 10, ALIGN_BYTE = 8 };
#endif

struct adm_block {
	struct adm_block *next;
	char data[];
};

struct adm_deferred {
	struct adm_deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

static char *more(struct adm_mem *mem, size_t byte)
{
	size_t size = byte > BLOCK_BYTE / 4 ? byte : BLOCK_BYTE;
	struct adm_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		longjmp(*mem->oom, 1);
	block->next = mem->blocks;
	mem->blocks = block;
	if (size == byte)
		return block->data; /* large: alone in its block */
	mem->at = block->data + byte;
	mem->left_byte = size - byte;
	return block->data;
}

static size_t aligned(size_t byte)
{
	return (byte + ALIGN_BYTE - 1) & ~(size_t)(ALIGN_BYTE - 1);
}

void *adm_alloc(struct adm_mem *mem, size_t byte)
{
	char *piece = mem->at;

	byte = aligned(byte);
	if (byte > mem->left_byte)
		return more(mem, byte);
	mem->at += byte;
	mem->left_byte -= byte;
	return piece;
}

/* Text needs no alignment: it is taken from the end of what is left. */
char *adm_strndup(struct adm_mem *mem, const char *text, size_t byte)
{
	char *piece;

	if (byte + 1 > mem->left_byte) {
		piece = adm_alloc(mem, byte + 1);
	} else {
		mem->left_byte -= byte + 1;
		piece = mem->at + mem->left_byte;
	}
	return memcpy(piece, text, byte);
}

char *adm_strdup(struct adm_mem *mem, const char *text)
{
	return adm_strndup(mem, text, strlen(text));
}

/* Into what is left of the block, if it fits; if not, that is zeroed again. */
char *adm_printf(struct adm_mem *mem, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(mem->at, mem->left_byte, fmt, ap);
	va_end(ap);
	if (aligned((size_t)len + 1) <= mem->left_byte)
		return adm_alloc(mem, (size_t)len + 1);
	if (mem->left_byte)
		memset(mem->at, 0, mem->left_byte);
	text = adm_alloc(mem, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void adm_defer(struct adm_mem *mem, void (*fn)(void *arg), void *arg)
{
	struct adm_deferred *d = adm_alloc(mem, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->next = mem->deferred;
	mem->deferred = d;
}

void adm_mem_free(struct adm_mem *mem)
{
	struct adm_deferred *d;
	struct adm_block *block;

	for (d = mem->deferred; d; d = d->next)
		d->fn(d->arg);
	while ((block = mem->blocks)) {
		mem->blocks = block->next;
		free(block);
	}
	memset(mem, 0, sizeof(*mem));
}
