/* SPDX-License-Identifier: GPL-2.0-only */
/* drbd.conf's tokens (drbd-tools.md A6.1). The scanner is made by flex from drbdadm_scanner.l. */
#ifndef ADM_SCAN_H
#define ADM_SCAN_H

#include "drbd-like/user/adm_mem.h"

/* Operators are tokens of their own character. */
enum adm_token {
	ADM_EOF,
	ADM_WORD = 256, /* unquoted: keyword, name, number, address */
	ADM_STRING,	/* quoted; its text is without the quotes */
	ADM_IPV6,	/* more than one colon */
	ADM_BAD		/* what may not stand outside of quotes; an open quote */
};

enum { ADM_WORD_MAX = 128 };

struct adm_scan {
	struct adm_mem *mem;
	void *flex;
	const char *text; /* of the token, in the arena; NULL for operators and the end */
	unsigned int line;
};

/* Prepares for text of len bytes with two NULs behind it, which is written to. All memory is the arena's. */
void adm_scan_start(struct adm_scan *scan, struct adm_mem *mem, char *text, size_t len);
/* The next token; line and text are its own. */
int adm_scan_next(struct adm_scan *scan);

#endif
