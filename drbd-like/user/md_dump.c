/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes and reads meta-data as text. */
#include "md_dump.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* --- writer ---------------------------------------------------------------------------------------------------------- */

/* Four words a line; a comment with the position in front of every 32nd. */
static void print_position(struct bm_printer *p)
{
	if (p->nr % 4)
		return;
	if (p->nr % 32 == 0)
		fprintf(p->out, "\n   # at %llukB", p->nr * 256);
	fprintf(p->out, "\n    ");
}

/* At the start of a line equal words that fill more than one whole line are one entry. */
static void print_run(struct bm_printer *p)
{
	u64 n;

	while (p->run) {
		n = p->nr % 4 || p->run < 8 ? 1 : p->run - p->run % 4;
		print_position(p);
		if (n == 1)
			fprintf(p->out, "%s0x%016llX;", p->nr % 4 ? " " : "", p->word);
		else
			fprintf(p->out, "%llu times 0x%016llX;", n, p->word);
		p->nr += n;
		p->run -= n;
	}
}

void bm_print_word(struct bm_printer *p, u64 word)
{
	if (p->run && word != p->word)
		print_run(p);
	p->word = word;
	p->run++;
	p->bits_set += drbd_hweight64(word);
}

void bm_print_end(struct bm_printer *p)
{
	print_run(p);
	fprintf(p->out, "\n");
}

/* --- lexer ----------------------------------------------------------------------------------------------------------- */

enum token {
	T_EOF, T_CHAR, T_NUM, T_U32, T_U64, T_STRING, T_UNKNOWN,
	/* keywords, in the order of keywords[] */
	T_VERSION, T_UUID, T_GC, T_FLAGS, T_LA_SIZE, T_BYTES_PER_BIT, T_DEVICE_UUID, T_PEER_MAX_BIO, T_STRIPES, T_STRIPE_SIZE,
	T_BM, T_TIMES
};

static const char *const keywords[] = {
	"version", "uuid", "gc", "flags", "la-size-sect", "bm-byte-per-bit", "device-uuid", "la-peer-max-bio-size",
	"al-stripes", "al-stripe-size-4k", "bm", "times",
};

enum { WORD_MAX = 100, STRING_MAX = 20, NUM_MAX = 19 };

struct lexer {
	FILE *in;
	unsigned int line;
	enum token token;
	char text[WORD_MAX + 2];
	u64 value;
	int ch;			/* T_CHAR */
};

static void complain(struct lexer *lx, const char *what)
{
	fprintf(stderr, "line %u: %s: %.20s ...\n", lx->line, what, lx->text);
	lx->token = T_UNKNOWN;
}

static int skip_blanks(struct lexer *lx)
{
	bool comment = false;
	int c;

	while ((c = getc(lx->in)) != EOF) {
		if (c == '\n') {
			lx->line++;
			comment = false;
		} else if (c == '#') {
			comment = true;
		} else if (!comment && c != ' ' && c != '\t' && c != '\r') {
			break;
		}
	}
	return c;
}

static void lex_string(struct lexer *lx)
{
	size_t n = 0;
	int c = 0;

	lx->text[n++] = '"';
	while (n <= STRING_MAX + 1 && (c = getc(lx->in)) != EOF && c != '"' && c != '\n')
		lx->text[n++] = (char)c;
	lx->text[n] = '\0';
	if (c != '"' || n == 1) {
		complain(lx, "invalid string");
		if (c == '\n')
			ungetc(c, lx->in);
		return;
	}
	memmove(lx->text, lx->text + 1, n);
	lx->token = T_STRING;
}

static bool all_of(const char *s, int (*is)(int))
{
	for (; *s; s++)
		if (!is((unsigned char)*s))
			return false;
	return true;
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void lex_word(struct lexer *lx, int c)
{
	size_t n = 0, i;

	do {
		lx->text[n++] = (char)c;
		c = getc(lx->in);
	} while (n <= WORD_MAX && c < 128 && (isalnum(c) || c == '-' || c == '_'));
	if (c != EOF)
		ungetc(c, lx->in);
	lx->text[n] = '\0';
	if (lx->text[0] == '0' && lx->text[1] == 'x' && all_of(lx->text + 2, isxdigit)) {
		if (n != 10 && n != 18) {
			complain(lx, "invalid hex number (only 8 or 16 hex digits accepted)");
			return;
		}
		lx->token = n == 10 ? T_U32 : T_U64;
		lx->value = strtoull(lx->text, NULL, 16);
		return;
	}
	if (all_of(lx->text, is_digit)) {
		if (n > NUM_MAX) {
			complain(lx, "number too big");
			return;
		}
		lx->token = T_NUM;
		lx->value = strtoull(lx->text, NULL, 10);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!strcmp(lx->text, keywords[i])) {
			lx->token = T_VERSION + (enum token)i;
			return;
		}
	}
	complain(lx, "unknown token");
}

static void next(struct lexer *lx)
{
	int c = skip_blanks(lx);

	if (c == EOF) {
		lx->token = T_EOF;
	} else if (c == '"') {
		lex_string(lx);
	} else if (c < 128 && (isalnum(c) || c == '-' || c == '_')) {
		lex_word(lx, c);
	} else {
		lx->token = T_CHAR;
		lx->ch = c;
	}
}

/* --- grammar: each step is 0 or -1 with a message -------------------------------------------------------------------- */

static int unexpected(const struct lexer *lx, const char *what)
{
	fprintf(stderr, "Parse error in line %u: %s expected", lx->line, what);
	switch (lx->token) {
	case T_EOF:
		fprintf(stderr, ", but end of file encountered");
		break;
	case T_CHAR:
		if (strchr("{};", lx->ch) && lx->ch)
			fprintf(stderr, ", not '%c'", lx->ch);
		else
			fprintf(stderr, "; got invalid input character '\\x%02x' [%c]", lx->ch,
				isprint(lx->ch) ? lx->ch : '?');
		break;
	case T_NUM:
	case T_U32:
	case T_U64:
		fprintf(stderr, ", not some number");
		break;
	case T_UNKNOWN:
		break;	/* the lexer has shown it */
	default:
		fprintf(stderr, ", not '%s'", lx->text);
	}
	fprintf(stderr, "\n");
	return -1;
}

static int want(struct lexer *lx, enum token token, const char *what)
{
	if (lx->token != token)
		return unexpected(lx, what);
	return 0;
}

static int op(struct lexer *lx, int ch)
{
	static const char *const names[] = { "opening brace ({)", "closing brace (})", "semicolon (;)" };

	if (lx->token != T_CHAR || lx->ch != ch)
		return unexpected(lx, names[ch == '{' ? 0 : ch == '}' ? 1 : 2]);
	next(lx);
	return 0;
}

static int keyword(struct lexer *lx, enum token token)
{
	char what[64];

	snprintf(what, sizeof(what), "keyword '%s'", keywords[token - T_VERSION]);
	if (want(lx, token, what))
		return -1;
	next(lx);
	return 0;
}

static int number(struct lexer *lx, enum token token, u64 max, u64 *value)
{
	if (want(lx, token, token == T_NUM ? "number ([0-9], up to 20 digits)" :
		 token == T_U32 ? "an 8-digit hex number" : "a 16-digit hex number"))
		return -1;
	if (lx->value > max) {
		fprintf(stderr, "Parse error in line %u: %s is out of range\n", lx->line, lx->text);
		return -1;
	}
	*value = lx->value;
	next(lx);
	return 0;
}

/* KEYWORD NUMBER ; */
static int setting(struct lexer *lx, enum token key, enum token kind, u64 max, u64 *value)
{
	return keyword(lx, key) || number(lx, kind, max, value) || op(lx, ';') ? -1 : 0;
}

static int parse_gc(struct lexer *lx, struct md_dump *d)
{
	u64 v = 0;
	int i;

	if (keyword(lx, T_GC) || op(lx, '{'))
		return -1;
	for (i = 0; i < 5; i++) {
		if (number(lx, T_NUM, 0xffffffff, &v) || op(lx, ';'))
			return -1;
		d->gc[i] = (u32)v;
	}
	return op(lx, '}') || setting(lx, T_LA_SIZE, T_NUM, ~0ull, &d->md.la_size_sect) ? -1 : 0;
}

static int parse_uuid(struct lexer *lx, struct md_dump *d)
{
	u64 v = 0;
	int i;

	if (keyword(lx, T_UUID) || op(lx, '{'))
		return -1;
	for (i = 0; i < 4; i++)
		if (number(lx, T_U64, ~0ull, &d->md.uuid[i]) || op(lx, ';'))
			return -1;
	if (setting(lx, T_FLAGS, T_U32, 0xffffffff, &v) || op(lx, '}'))
		return -1;
	d->md.flags = (u32)v;
	if (setting(lx, T_LA_SIZE, T_NUM, ~0ull, &d->md.la_size_sect) ||
	    setting(lx, T_BYTES_PER_BIT, T_NUM, 0xffffffff, &v))
		return -1;
	if (v != DRBD_MD_BM_BLOCK_BYTE) {
		fprintf(stderr, "Invalid value for bm-byte-per-bit: %llu; only 4096 is supported\n", v);
		return -1;
	}
	d->md.bm_bytes_per_bit = (u32)v;
	if (setting(lx, T_DEVICE_UUID, T_U64, ~0ull, &d->md.device_uuid))
		return -1;
	d->md.al_stripes = 1;
	d->md.al_stripe_size_4k = DRBD_MD_AL_BLOCKS_MIN;
	if (lx->token != T_PEER_MAX_BIO)
		return 0;
	if (setting(lx, T_PEER_MAX_BIO, T_NUM, 0xffffffff, &v))
		return -1;
	d->md.la_peer_max_bio_size = (u32)v;
	if (lx->token != T_STRIPES)
		return 0;
	d->has_stripes = true;
	if (setting(lx, T_STRIPES, T_NUM, 0xffffffff, &v))
		return -1;
	d->md.al_stripes = (u32)v;
	if (setting(lx, T_STRIPE_SIZE, T_NUM, 0xffffffff, &v))
		return -1;
	d->md.al_stripe_size_4k = (u32)v;
	if (!drbd_md_stripes_ok(d->md.al_stripes, d->md.al_stripe_size_4k)) {
		fprintf(stderr, "Parse error in line %u: al-stripes %u of %u blocks are out of range\n", lx->line,
			d->md.al_stripes, d->md.al_stripe_size_4k);
		return -1;
	}
	return 0;
}

/* (U64 ; | NUM times U64 ;)* } */
static int parse_words(struct lexer *lx, struct md_dump *d, dump_word_fn word_fn, void *arg)
{
	u64 times, word = 0;
	int err;

	while (lx->token != T_CHAR || lx->ch != '}') {
		if (lx->token != T_NUM && lx->token != T_U64)
			return unexpected(lx, "repeat count, 16-digit hex number, or closing brace (})");
		times = 1;
		if (lx->token == T_NUM) {
			times = lx->value;
			next(lx);
			if (keyword(lx, T_TIMES))
				return -1;
		}
		if (number(lx, T_U64, ~0ull, &word) || op(lx, ';'))
			return -1;
		if (d->words + times < times) {
			fprintf(stderr, "Parse error in line %u: too many words\n", lx->line);
			return -1;
		}
		d->words += times;
		err = word_fn && times ? word_fn(arg, word, times) : 0;
		if (err)
			return err;
	}
	next(lx);
	return 0;
}

int md_dump_parse(FILE *in, const char *version, struct md_dump *d, dump_word_fn word_fn, void *arg)
{
	struct lexer lx = { .in = in, .line = 1 };
	int err;

	memset(d, 0, sizeof(*d));
	next(&lx);
	if (keyword(&lx, T_VERSION) ||
	    want(&lx, T_STRING, "short quoted string (\"..up to 20 characters, no newline..\")"))
		return -1;
	snprintf(d->version, sizeof(d->version), "%.23s", lx.text);
	if (strcmp(d->version, version)) {
		fprintf(stderr, "dump is '%s' you requested '%s'.\n", d->version, version);
		return -1;
	}
	next(&lx);
	if (op(&lx, ';') || (strcmp(version, "v08") ? parse_gc(&lx, d) : parse_uuid(&lx, d)) || keyword(&lx, T_BM) ||
	    op(&lx, '{'))
		return -1;
	err = parse_words(&lx, d, word_fn, arg);
	if (err)
		return err;
	if (want(&lx, T_EOF, "end of file"))
		return -1;
	if (ferror(in)) {
		fprintf(stderr, "reading the dump failed: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}
