/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines, words, keywords and numbers of configuration files; nothing here knows what they mean. */
#include "lib/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

enum { NEAREST_MAX_LEN = 40 };

/* Reads what there is, so that pipes and /proc work as well as files. */
static int read_all(int fd, size_t max_byte, char **text, size_t *len)
{
	size_t size = 4096, used = 0;
	char *buf = NULL, *bigger;
	ssize_t n;
	int err;

	for (;;) {
		bigger = realloc(buf, size + 1);
		err = -ENOMEM;
		if (!bigger)
			goto free_buf;
		buf = bigger;
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		err = -errno;
		if (n < 0)
			goto free_buf;
		if (n == 0)
			break;
		used += (size_t)n;
		err = -EFBIG;
		if (used > max_byte)
			goto free_buf;
		if (used == size)
			size *= 2;
	}
	err = -EINVAL;
	if (memchr(buf, '\0', used))
		goto free_buf;
	buf[used] = '\0';
	*text = buf;
	*len = used;
	return 0;

free_buf:
	free(buf);
	return err;
}

int conf_read_file(const char *path, size_t max_byte, char **text, size_t *len)
{
	int fd = fault_sys() ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length;
	int err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, max_byte, text, len ? len : &length);
	close(fd);
	return err;
}

void conf_start(struct conf *conf, const char *file, char *text)
{
	conf->file = file;
	conf->line = 0;
	conf->errors = conf->warnings = 0;
	conf->next = *text ? text : NULL;
}

char *conf_next_line(struct conf *conf)
{
	char *line = conf->next, *end;

	if (!line)
		return NULL;
	conf->line++;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	conf->next = end && end[1] ? end + 1 : NULL;
	return line;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one "..." off at in (after its opening quote), writes it to *out; the place after it, or NULL. */
static char *quoted(char *in, char **out)
{
	while (*in && *in != '"') {
		if (in[0] == '\\' && (in[1] == '"' || in[1] == '\\'))
			in++;
		*(*out)++ = *in++;
	}
	return *in ? in + 1 : NULL;
}

int conf_words(struct conf *conf, char *line, char **word, int max, bool quotes)
{
	char *in = line, *out, *start, end;
	int n = 0;

	for (;;) {
		while (is_blank(*in))
			in++;
		if (!*in || *in == '#')
			return n;
		start = out = in;
		while (*in && !is_blank(*in)) {
			if (quotes && *in == '"') {
				in = quoted(in + 1, &out);
				if (!in) {
					conf_error(conf, "no closing quote");
					return -EINVAL;
				}
			} else {
				*out++ = *in++;
			}
		}
		end = *in;
		*out = '\0';
		if (n < max)
			word[n] = start;
		n++;
		if (end)
			in++;
	}
}

static void report(struct conf *conf, bool is_error, unsigned int line, const char *fmt, va_list ap)
{
	char msg[LOG_MAX_LINE_BYTE / 2];
	int level = is_error ? LOG_ERR : LOG_WARNING;

	vsnprintf(msg, sizeof(msg), fmt, ap);
	conf->errors += is_error;
	conf->warnings += !is_error;
	if (conf->report)
		conf->report(conf, is_error, line, msg, conf->report_arg);
	else if (line)
		log_at(level, "%s:%u: %s", conf->file, line, msg);
	else
		log_at(level, "%s: %s", conf->file, msg);
}

void conf_error(struct conf *conf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(conf, true, conf->line, fmt, ap);
	va_end(ap);
}

void conf_warn(struct conf *conf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(conf, false, conf->line, fmt, ap);
	va_end(ap);
}

void conf_error_at(struct conf *conf, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(conf, true, line, fmt, ap);
	va_end(ap);
}

const struct conf_keyword *conf_find(const struct conf_keyword *table, const char *word)
{
	for (; table->name; table++)
		if (!strcmp(table->name, word))
			return table;
	return NULL;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Levenshtein, row by row; both at most NEAREST_MAX_LEN long. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAREST_MAX_LEN + 1], diagonal, above;
	size_t lb = strlen(b), i, j;

	for (j = 0; j <= lb; j++)
		row[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0];
		row[0] = (unsigned int)i + 1;
		for (j = 0; j < lb; j++) {
			above = row[j + 1];
			row[j + 1] = min3(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[lb];
}

const char *conf_nearest(const void *table, size_t row_byte, const char *word)
{
	const char *row, *name, *best = NULL;
	unsigned int d, best_d;

	if (strlen(word) > NEAREST_MAX_LEN)
		return NULL;
	/* a third of the letters may differ: a word of two never resembles anything */
	best_d = (unsigned int)strlen(word) / 3 + 1;
	for (row = table; (name = *(const char *const *)row); row += row_byte) {
		d = strlen(name) > NEAREST_MAX_LEN ? best_d : distance(word, name);
		if (d < best_d) {
			best_d = d;
			best = name;
		}
	}
	return best;
}

int conf_num(const char *word, int64_t min, int64_t max, int64_t *num)
{
	long long value;
	char *end;

	if (!(*word == '-' || *word == '+' || (*word >= '0' && *word <= '9')))
		return -EINVAL;
	errno = 0;
	value = strtoll(word, &end, 10);
	if (*end || end[-1] < '0' || end[-1] > '9')
		return -EINVAL;
	if (errno || value < min || value > max)
		return -ERANGE;
	*num = value;
	return 0;
}

const struct conf_unit conf_time_units[] = {
	{ "", 1000, 1 }, { "s", 1000, 1 }, { "ms", 1, 1 }, { "us", 1, 1000 }, { "m", 60000, 1 }, { "h", 3600000, 1 },
	{ NULL, 0, 0 },
};

static bool unit_is(const char *name, const char *suffix)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '*')
		return !strncasecmp(name, suffix, len - 1);
	return !strcasecmp(name, suffix);
}

int conf_scaled(const char *word, const struct conf_unit *units, int64_t *value)
{
	const uint64_t limit = 1ULL << 53, nano = 1000000000;
	uint64_t whole = 0, fraction = 0, scale = nano, rest;
	const char *p = word;
	bool digits = false;

	for (; *p >= '0' && *p <= '9'; p++, digits = true) {
		if (whole > limit)
			return -ERANGE;
		whole = whole * 10 + (uint64_t)(*p - '0');
	}
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, digits = true) {
			scale /= 10;
			fraction += (uint64_t)(*p - '0') * scale;
		}
	if (!digits)
		return -EINVAL;
	for (; units->name && !unit_is(units->name, p); units++)
		;
	if (!units->name)
		return -EINVAL;
	if (whole > limit / units->mul)
		return -ERANGE;
	/* whole and fraction apart, so that neither product passes 2^63; the rest of the division joins the fraction */
	whole *= units->mul;
	rest = (whole % units->div) * nano + fraction * units->mul;
	*value = (int64_t)(whole / units->div + (rest / units->div + nano / 2) / nano);
	return 0;
}

int conf_bool(const char *word, bool *value)
{
	static const char *const names[2][5] = { { "false", "off", "no", "n", "0" }, { "true", "on", "yes", "y", "1" } };
	int i, truth;

	for (truth = 0; truth < 2; truth++)
		for (i = 0; i < 5; i++)
			if (!strcasecmp(word, names[truth][i])) {
				*value = truth;
				return 0;
			}
	return -EINVAL;
}
