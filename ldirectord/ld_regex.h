/* SPDX-License-Identifier: GPL-2.0-only */
/* The `receive` expressions: Perl's, by PCRE2 or PCRE; where neither was there at build time, POSIX extended ones. */
#ifndef LD_REGEX_H
#define LD_REGEX_H

#include <stdbool.h>
#include <stddef.h>

struct ld_regex;

/* 0, -EINVAL (with *why, a text that stays) or -ENOMEM. */
int ld_regex_compile(const char *pattern, struct ld_regex **regex, const char **why);
/* Searches; the work is bounded, an expression that would take for ever does not match. */
bool ld_regex_match(const struct ld_regex *regex, const char *text, size_t len);
void ld_regex_free(struct ld_regex *regex);

#endif
