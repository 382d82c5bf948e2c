/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drbd.conf to a tree (drbd-tools.md A6). After a mistake parsing goes on with the next statement, so that one run names
 * all of them, each with its place, what was expected and the nearest keyword.
 */
#ifndef ADM_PARSE_H
#define ADM_PARSE_H

#include "drbd-like/user/adm_conf.h"

enum { ADM_INCLUDE_MAX = 16, ADM_ERRORS_MAX = 50, ADM_FILE_MAX_BYTE = 64 << 20 };

/*
 * Parses a file and what it includes into conf, which may hold another file's content already. 0; -EINVAL: errors were
 * reported; -ENOMEM; -errno of reading the file itself, unreported.
 */
int adm_parse_file(struct adm_conf *conf, const char *path);

/* The same for len bytes of text, called name in messages; includes are relative to dir ("" is the working directory). */
int adm_parse_text(struct adm_conf *conf, const char *name, const char *text, size_t len);

/* Whether a word is a keyword, which as a name of something needs quotes. */
bool adm_reserved(const char *word);

#endif
