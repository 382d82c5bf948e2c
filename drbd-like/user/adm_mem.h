/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a configuration: many small pieces that live and die together. A piece is never NULL: where memory runs out the
 * code that owns the arena is left by longjmp, so that a tree builder needs no error path of its own.
 */
#ifndef ADM_MEM_H
#define ADM_MEM_H

#include <setjmp.h>
#include <stddef.h>

struct adm_mem {
	struct adm_block *blocks;
	struct adm_deferred *deferred;
	char *at;
	size_t left_byte;
	jmp_buf *oom; /* taken with value 1; must be set before the first piece */
};

/* Zeroed, aligned for any object. */
void *adm_alloc(struct adm_mem *mem, size_t byte);
char *adm_strndup(struct adm_mem *mem, const char *text, size_t byte);
char *adm_strdup(struct adm_mem *mem, const char *text);
char *adm_printf(struct adm_mem *mem, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Calls fn(arg) when the arena is freed: for what others have allocated. */
void adm_defer(struct adm_mem *mem, void (*fn)(void *arg), void *arg);
void adm_mem_free(struct adm_mem *mem);

#endif
