/* SPDX-License-Identifier: GPL-2.0-only */
/* The text form of meta-data: writer of the bitmap's part and parser of the whole (drbd-metadata.md 10). No device I/O. */
#ifndef MD_DUMP_H
#define MD_DUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "drbd-like/core/drbd_md.h"

/* --- writer: feed the words in order ------------------------------------------------------------------------------- */

struct bm_printer {
	FILE *out;
	u64 nr;			/* words printed */
	u64 word, run;		/* equal words not printed yet */
	u64 bits_set;
};

void bm_print_word(struct bm_printer *p, u64 word);
void bm_print_end(struct bm_printer *p);

/* --- parser ----------------------------------------------------------------------------------------------------------- */

struct md_dump {
	char version[24];
	struct drbd_md md;		/* v08: uuid, flags, sizes, stripes */
	u32 gc[5];			/* v06, v07 */
	bool has_stripes;
	u64 words;			/* in the bitmap */
};

/* `times` words, called in order. */
typedef int (*dump_word_fn)(void *arg, u64 word, u64 times);

/*
 * Reads a dump that has to be of that version ("v07", "v08"). 0, or -1 with a message on stderr that names the line. head is
 * complete when word_fn, which may be NULL, is called first; a result of word_fn other than 0 ends it at once and is returned.
 */
int md_dump_parse(FILE *in, const char *version, struct md_dump *head, dump_word_fn word_fn, void *arg);

#endif
