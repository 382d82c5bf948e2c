/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files: their lines, words, keywords and numbers. Errors are counted and parsing goes on, so that one
 * run shows all of them, each with its file and line. What words mean is the caller's.
 */
#ifndef LIB_CONF_H
#define LIB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;

/* Told of each error and warning; the default writes "file:line: message" by log_err and log_warn. */
typedef void (*conf_report_fn)(const struct conf *conf, bool is_error, unsigned int line, const char *msg, void *arg);

struct conf {
	const char *file;    /* name for messages; the caller's */
	unsigned int line;   /* the line last handed out, from 1; 0: none yet, messages then name the file alone */
	unsigned int errors; /* reported so far */
	unsigned int warnings;
	conf_report_fn report;
	void *report_arg;
	char *next; /* rest of the text; NULL at its end */
};

/*
 * Reads a whole file of at most max_byte into *text, NUL-terminated, free() by the caller. *len, without the NUL, may be
 * NULL. 0 or -errno: -EFBIG when longer, -EISDIR, -EINVAL when it holds a NUL byte.
 */
int conf_read_file(const char *path, size_t max_byte, char **text, size_t *len);

/* Starts on text, which is cut into lines in place and must outlive the use. */
void conf_start(struct conf *conf, const char *file, char *text);

/* The next line without its newline (a carriage return stays), or NULL at the end. */
char *conf_next_line(struct conf *conf);

/*
 * Cuts a line into words at blanks, in place. '#' at the start of a word ends the line. With quotes, "..." holds blanks and
 * \" and \\ . Returns the number of words, which may exceed max (only the first max are stored), or -EINVAL with an
 * error reported for an open quote.
 */
int conf_words(struct conf *conf, char *line, char **word, int max, bool quotes);

/* Reports "file:line: ..." for the current line, or for a given one. */
void conf_error(struct conf *conf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void conf_warn(struct conf *conf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void conf_error_at(struct conf *conf, unsigned int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A keyword table ends with a NULL name. Tables of richer rows start each row with the name. */
struct conf_keyword {
	const char *name;
	int value;
};

/* The row of that name or NULL. */
const struct conf_keyword *conf_find(const struct conf_keyword *table, const char *word);

/*
 * The name nearest to word by edit distance, for "did you mean", or NULL if none is near. Rows are row_byte apart and
 * start with the name; the table ends with a NULL name.
 */
const char *conf_nearest(const void *table, size_t row_byte, const char *word);

/* A decimal number, the whole word, within min..max. 0, -EINVAL (no number) or -ERANGE. */
int conf_num(const char *word, int64_t min, int64_t max, int64_t *num);

/*
 * Units of a number: value = number * mul / div. A name that ends with '*' stands for every suffix that starts so; the
 * empty name is the bare number. The table ends with a NULL name.
 */
struct conf_unit {
	const char *name;
	unsigned int mul, div;
};

/* Times in milliseconds: us, ms, s, m, h; a bare number is seconds. */
extern const struct conf_unit conf_time_units[];

/*
 * A decimal number, perhaps with a fraction of at most nine digits, and a unit directly after it; rounded half up. 0,
 * -EINVAL (no number or no such unit) or -ERANGE (more than 2^53).
 */
int conf_scaled(const char *word, const struct conf_unit *units, int64_t *value);

/* true on yes y 1, false off no n 0, in any case. 0 or -EINVAL. */
int conf_bool(const char *word, bool *value);

#endif
