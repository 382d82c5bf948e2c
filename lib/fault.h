/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection for unit tests: the nth allocation, read, write or system call fails, and allocations that were not
 * freed are counted. A module includes this header last; in other builds it is empty.
 *
 *	do {
 *		fault_arm(nth++);
 *		err = ha_cf_parse(&cf, text);
 *		CHECK(err == (fault_fired() ? -ENOMEM : 0));
 *		...free...
 *		CHECK(fault_leaks() == 0);
 *	} while (fault_fired());
 *
 * The names below become macros: call a member function pointer of such a name as (*ops->read)(...).
 */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H
#ifdef UNIT_TEST

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum fault_kind { FAULT_ALLOC, FAULT_READ, FAULT_WRITE, FAULT_SYS, FAULT_KINDS };

/* Lets nth allocations pass and fails the one after; forgets what has fired and starts the leak count at 0. */
void fault_arm(int nth);
/* The same for a kind; the call fails with -1 and errno error (allocations: NULL and ENOMEM). */
void fault_arm_kind(enum fault_kind kind, int nth, int error);
/* A short count instead of a failure: the nth read or write from here transfers at most one byte. */
void fault_arm_short(enum fault_kind kind, int nth);
void fault_disarm(void);
bool fault_fired(void);
/* Allocations made and not freed since the last arm. */
long fault_leaks(void);

/* The modules' view. FAULT_SYS points are written where they are needed: if (fault_sys() || fork() < 0) */
void *fault_malloc(size_t size);
void *fault_calloc(size_t n, size_t size);
void *fault_realloc(void *p, size_t size);
char *fault_strdup(const char *s);
char *fault_strndup(const char *s, size_t n);
int fault_asprintf(char **out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fault_free(void *p);
ssize_t fault_read(int fd, void *buf, size_t n);
ssize_t fault_write(int fd, const void *buf, size_t n);
bool fault_sys(void); /* true: this call is to fail; errno is set */

#ifndef FAULT_IMPLEMENTATION
#undef strdup
#undef strndup
#define malloc(n) fault_malloc(n)
#define calloc(n, size) fault_calloc(n, size)
#define realloc(p, n) fault_realloc(p, n)
#define strdup(s) fault_strdup(s)
#define strndup(s, n) fault_strndup(s, n)
#define asprintf(...) fault_asprintf(__VA_ARGS__)
#define free(p) fault_free(p)
#define read(fd, buf, n) fault_read(fd, buf, n)
#define write(fd, buf, n) fault_write(fd, buf, n)
#endif

#else
#define fault_sys() 0
#endif
#endif
