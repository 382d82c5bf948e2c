/* SPDX-License-Identifier: GPL-2.0-only */
/* One of three libraries behind one face; the build says which (HAVE_PCRE2, HAVE_PCRE). */
#include "ldirectord/ld_regex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#elif defined(HAVE_PCRE)
#include <pcre.h>
#else
#include <regex.h>
#endif

#include "lib/fault.h"

/* Backtracking steps: some milliseconds, and the loop serves all other checks meanwhile. */
enum { LD_MATCH_LIMIT = 200000 };

#ifdef HAVE_PCRE2

struct ld_regex {
	pcre2_code *code;
};

int ld_regex_compile(const char *pattern, struct ld_regex **out, const char **why)
{
	static char message[128];
	struct ld_regex *regex = calloc(1, sizeof(*regex));
	PCRE2_SIZE at;
	int code;

	if (!regex)
		return -ENOMEM;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
	if (!regex->code) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message));
		*why = message;
		ld_regex_free(regex);
		return -EINVAL;
	}
	*out = regex;
	return 0;
}

bool ld_regex_match(const struct ld_regex *regex, const char *text, size_t len)
{
	/* made for each match: kept, their frames would be 20 KiB for each server */
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	bool matches = false;

	if (context && data) {
		pcre2_set_match_limit(context, LD_MATCH_LIMIT);
		matches = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, data, context) >= 0;
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return matches;
}

void ld_regex_free(struct ld_regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	free(regex);
}

#elif defined(HAVE_PCRE)

struct ld_regex {
	pcre *code;
};

int ld_regex_compile(const char *pattern, struct ld_regex **out, const char **why)
{
	struct ld_regex *regex = calloc(1, sizeof(*regex));
	int at;

	if (!regex)
		return -ENOMEM;
	regex->code = pcre_compile(pattern, 0, why, &at, NULL);
	if (!regex->code) {
		free(regex);
		return -EINVAL;
	}
	*out = regex;
	return 0;
}

bool ld_regex_match(const struct ld_regex *regex, const char *text, size_t len)
{
	pcre_extra extra = { .flags = PCRE_EXTRA_MATCH_LIMIT | PCRE_EXTRA_MATCH_LIMIT_RECURSION,
			     .match_limit = LD_MATCH_LIMIT, .match_limit_recursion = 5000 };
	int at[30];

	return pcre_exec(regex->code, &extra, text, (int)len, 0, 0, at, 30) >= 0;
}

void ld_regex_free(struct ld_regex *regex)
{
	if (!regex)
		return;
	pcre_free(regex->code);
	free(regex);
}

#else

struct ld_regex {
	regex_t code;
};

int ld_regex_compile(const char *pattern, struct ld_regex **out, const char **why)
{
	static char message[128];
	struct ld_regex *regex = calloc(1, sizeof(*regex));
	int err;

	if (!regex)
		return -ENOMEM;
	err = regcomp(&regex->code, pattern, REG_EXTENDED | REG_NOSUB);
	if (err) {
		regerror(err, &regex->code, message, sizeof(message));
		*why = message;
		free(regex);
		return -EINVAL;
	}
	*out = regex;
	return 0;
}

bool ld_regex_match(const struct ld_regex *regex, const char *text, size_t len)
{
	(void)len; /* NUL-terminated by all callers */
	return regexec(&regex->code, text, 0, NULL, 0) == 0;
}

void ld_regex_free(struct ld_regex *regex)
{
	if (!regex)
		return;
	regfree(&regex->code);
	free(regex);
}

#endif
