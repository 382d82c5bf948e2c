/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocols of lines: each is a table of what to expect and what to say then (ldirectord.md 3). A goodbye is sent with the
 * verdict, without waiting for its answer.
 */
#include "ldirectord/ld_dialog.h"

#include <stdio.h>
#include <string.h>

#ifdef HAVE_OPENSSL
#include <openssl/evp.h>
#endif

/*
 * expect: how the line starts. Of SMTP's and FTP's answers of several lines ("250-...") only the last counts (multi); of IMAP's
 * untagged lines ("* ...") none does, but for the greeting (tagged).
 * say: %u login, %p password, %q and %Q the same quoted for IMAP, %a APOP's digest.
 * Then the next row, or UP where the table ends. otherwise: the row to go on at when the line is another; 0: DOWN.
 */
struct row {
	const char *expect;
	bool multi, tagged;
	const char *say;
	int otherwise;
};

static const struct row smtp_rows[] = {
	{ .expect = "2", .multi = true, .say = "EHLO localhost.localdomain\r\n" },
	{ .expect = "2", .multi = true, .say = "QUIT\r\n", .otherwise = 3 },
	{ .expect = NULL },
	{ .expect = "", .say = "HELO localhost.localdomain\r\n" }, /* takes the refusal of EHLO itself */
	{ .expect = "2", .multi = true, .say = "QUIT\r\n" },
	{ .expect = NULL },
};
static const struct row pop_rows[] = {
	{ .expect = "+OK", .say = "QUIT\r\n" },
	{ .expect = NULL },
};
static const struct row pop_login_rows[] = {
	{ .expect = "+OK", .say = "USER %u\r\n" }, { .expect = "+OK", .say = "PASS %p\r\n" },
	{ .expect = "+OK", .say = "STAT\r\n" },	   { .expect = "+OK", .say = "QUIT\r\n" },
	{ .expect = NULL },
};
static const struct row pop_apop_rows[] = {
	{ .expect = "+OK", .say = "APOP %u %a\r\n" },
	{ .expect = "+OK", .say = "STAT\r\n" },
	{ .expect = "+OK", .say = "QUIT\r\n" },
	{ .expect = NULL },
};
static const struct row imap_rows[] = {
	{ .expect = "* OK", .say = "0 LOGOUT\r\n", .otherwise = 2 },
	{ .expect = NULL },
	{ .expect = "* PREAUTH", .say = "0 LOGOUT\r\n" },
	{ .expect = NULL },
};
static const struct row imap_login_rows[] = {
	{ .expect = "* ", .say = "0 LOGIN %q %Q\r\n" },
	{ .expect = "0 OK", .tagged = true, .say = "1 LOGOUT\r\n" },
	{ .expect = NULL },
};

/* Without line ends: what is configured must not add commands of its own. */
static void say_word(struct ld_dialog *d, const char *word, bool quoted)
{
	if (quoted)
		ld_say_bytes(d, "\"", 1);
	for (; word && *word && *word != '\r' && *word != '\n'; word++) {
		if (quoted && (*word == '"' || *word == '\\'))
			ld_say_bytes(d, "\\", 1);
		ld_say_bytes(d, word, 1);
	}
	if (quoted)
		ld_say_bytes(d, "\"", 1);
}

static void say_apop(struct ld_dialog *d)
{
#ifdef HAVE_OPENSSL
	const char *passwd = d->conf->passwd ? d->conf->passwd : "";
	unsigned char md5[EVP_MAX_MD_SIZE];
	char text[sizeof(d->challenge) + 256];
	unsigned int len = 0, i;

	snprintf(text, sizeof(text), "%s%s", d->challenge, passwd);
	EVP_Digest(text, strlen(text), md5, &len, EVP_md5(), NULL);
	for (i = 0; i < len; i++)
		ld_say(d, "%02x", md5[i]);
#else
	(void)d;
#endif
}

static void say_row(struct ld_dialog *d, const char *say)
{
	const struct ld_probe_conf *c = d->conf;

	for (; *say; say++) {
		if (*say != '%') {
			ld_say_bytes(d, say, 1);
			continue;
		}
		switch (*++say) {
		case 'u':
			say_word(d, c->login, false);
			break;
		case 'p':
			say_word(d, c->passwd, false);
			break;
		case 'q':
			say_word(d, c->login, true);
			break;
		case 'Q':
			say_word(d, c->passwd, true);
			break;
		case 'a':
			say_apop(d);
			break;
		}
	}
}

/* POP's greeting may carry a timestamp, <...@...>, which asks for APOP. */
static void take_challenge(struct ld_dialog *d)
{
#ifdef HAVE_OPENSSL
	const char *from = strchr(d->line, '<'), *to = from ? strchr(from, '>') : NULL;

	if (to && memchr(from, '@', (size_t)(to - from)) && (size_t)(to - from) + 2 <= sizeof(d->challenge))
		snprintf(d->challenge, sizeof(d->challenge), "%.*s", (int)(to - from) + 1, from);
#else
	(void)d;
#endif
}

static bool has_login(const struct ld_dialog *d)
{
	return d->conf->login && *d->conf->login;
}

static const struct row *rows_of(struct ld_dialog *d)
{
	switch (d->conf->service) {
	case LD_POP:
	case LD_POPS:
		if (!has_login(d))
			return pop_rows;
		if (d->step == 0)
			take_challenge(d);
		return d->challenge[0] ? pop_apop_rows : pop_login_rows;
	case LD_IMAP:
	case LD_IMAPS:
		return has_login(d) ? imap_login_rows : imap_rows;
	default:
		return smtp_rows;
	}
}

static enum ld_verdict take_line(struct ld_dialog *d)
{
	const struct row *rows = rows_of(d), *row = &rows[d->step];
	bool matches;

	if (row->multi && strlen(d->line) > 3 && d->line[3] == '-')
		return LD_MORE;
	if (row->tagged && d->line[0] == '*')
		return LD_MORE;
	matches = !strncmp(d->line, row->expect, strlen(row->expect));
	while (!matches && row->otherwise) {
		d->step = row->otherwise;
		row = &rows[d->step];
		matches = !strncmp(d->line, row->expect, strlen(row->expect));
	}
	if (!matches)
		return ld_fail(d, "%.200s", d->line[0] ? d->line : "empty answer");
	say_row(d, row->say);
	d->step++;
	return rows[d->step].expect ? LD_MORE : ld_pass(d, "%.200s", d->line);
}

static enum ld_verdict line_open(struct ld_dialog *d)
{
	(void)d;
	return LD_MORE;
}

static enum ld_verdict line_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	enum ld_verdict verdict = LD_MORE;
	bool complete;
	size_t taken;

	if (!n)
		return ld_fail(d, "connection closed");
	for (; n && verdict == LD_MORE; buf += taken, n -= taken) {
		taken = ld_take_line(d, buf, n, &complete);
		/* a line without end is bounded by what is kept of it, and its sender by the deadline */
		if (complete)
			verdict = take_line(d);
	}
	return verdict;
}

/* nntp decides at the first byte. */
static enum ld_verdict nntp_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	if (!n)
		return ld_fail(d, "connection closed");
	if (*buf != '2')
		return ld_fail(d, "%.*s", n > 64 ? 64 : (int)n, buf);
	ld_say(d, "QUIT\r\n");
	return ld_pass(d, "%.*s", n > 64 ? 64 : (int)n, buf);
}

/* simpletcp: the request with \n for a newline, then no more; one line of the answer has to match. */

static enum ld_verdict simpletcp_open(struct ld_dialog *d)
{
	const char *at = ld_plain_request(d->conf);

	for (; *at; at++) {
		if (at[0] == '\\' && at[1] == 'n') {
			ld_say_bytes(d, "\n", 1);
			at++;
		} else {
			ld_say_bytes(d, at, 1);
		}
	}
	d->half_close = true;
	return LD_MORE;
}

static enum ld_verdict simpletcp_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	bool complete;
	size_t taken;

	if (!n) {
		/* the last line needs no newline */
		d->line[d->line_byte] = '\0';
		if (d->line_byte && ld_match(d, d->line, d->line_byte))
			return ld_pass(d, "%.200s", d->line);
		return ld_fail(d, "no line of the answer matches");
	}
	for (; n; buf += taken, n -= taken) {
		taken = ld_take_line(d, buf, n, &complete);
		if (complete && ld_match(d, d->line, strlen(d->line)))
			return ld_pass(d, "%.200s", d->line);
	}
	return LD_MORE;
}

/* sip: OPTIONS (RFC 3261 11), answered 200 OK. */

static enum ld_verdict sip_open(struct ld_dialog *d)
{
	const struct ld_probe_conf *c = d->conf;
	char local[LD_ADDR_TEXT];
	const char *login = c->login ? c->login : "ldirectord@localhost";

	ld_addr_text(&d->local, local);
	ld_say(d,
	       "OPTIONS sip:%.200s SIP/2.0\r\n"
	       "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bKhjhs8ass877\r\n"
	       "Max-Forwards: 70\r\n"
	       "To: <sip:%.200s>\r\n"
	       "From: <sip:%.200s>;tag=1928301774\r\n"
	       "Call-ID: %016llx\r\n"
	       "CSeq: 63104 OPTIONS\r\n"
	       "Contact: <sip:%.200s>\r\n"
	       "Accept: application/sdp\r\n"
	       "Content-Length: 0\r\n\r\n",
	       login, local, d->local_port, login, login, (unsigned long long)d->seed, login);
	return LD_MORE;
}

static enum ld_verdict sip_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	bool complete;

	if (!n)
		return ld_fail(d, "connection closed");
	ld_take_line(d, buf, n, &complete);
	if (!complete)
		return LD_MORE;
	if (strncmp(d->line, "SIP/2.0 200 OK", 14))
		return ld_fail(d, "%.200s", d->line);
	return ld_pass(d, "%.200s", d->line);
}

const struct ld_dialog_type ld_check_smtp = { .open = line_open, .feed = line_feed };
const struct ld_dialog_type ld_check_pop = { .open = line_open, .feed = line_feed };
const struct ld_dialog_type ld_check_pops = { .tls = true, .open = line_open, .feed = line_feed };
const struct ld_dialog_type ld_check_imap = { .open = line_open, .feed = line_feed };
const struct ld_dialog_type ld_check_imaps = { .tls = true, .open = line_open, .feed = line_feed };
const struct ld_dialog_type ld_check_nntp = { .open = line_open, .feed = nntp_feed };
const struct ld_dialog_type ld_check_simpletcp = { .open = simpletcp_open, .feed = simpletcp_feed };
const struct ld_dialog_type ld_check_sip = {
	.transport = LD_OVER_PROTO, .names_itself = true, .open = sip_open, .feed = sip_feed,
};
