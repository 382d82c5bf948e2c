/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftp: login, passive transfer of the request, and the file has to match. EPSV where the server is at an IPv6 address. Unlike the
 * original a server is not up when nothing came (ldirectord.md 6, bug 11).
 */
#include "ldirectord/ld_dialog.h"

#include <stdio.h>
#include <string.h>

enum { GREETING, USER, PASS, CWD, TYPE, PASV, RETR, DATA };

static enum ld_verdict ftp_open(struct ld_dialog *d)
{
	(void)d;
	return LD_MORE;
}

static void say_command(struct ld_dialog *d, const char *verb, const char *word)
{
	char line[512];

	snprintf(line, sizeof(line), "%s%s%s", verb, word ? " " : "", word ? word : "");
	line[strcspn(line, "\r\n")] = '\0';
	ld_say(d, "%s\r\n", line);
}

/* "227 ... (h1,h2,h3,h4,p1,p2)" or "229 ... (|||port|)". The address is not used: it is the server's own that is checked. */
static bool take_data_port(struct ld_dialog *d)
{
	unsigned int h[4], high, low, port;
	const char *open = strchr(d->line, '(');

	if (!open)
		return false;
	if (sscanf(open, "(%u,%u,%u,%u,%u,%u", &h[0], &h[1], &h[2], &h[3], &high, &low) == 6 && high < 256 && low < 256)
		port = high << 8 | low;
	else if (sscanf(open, "(|||%u|", &port) != 1 || port > 65535)
		return false;
	d->target_port = (uint16_t)port;
	return port != 0;
}

static enum ld_verdict go_on(struct ld_dialog *d, int step, const char *verb, const char *word)
{
	d->step = step;
	say_command(d, verb, word);
	return LD_MORE;
}

/* One whole answer, by its first digit. */
static enum ld_verdict take_answer(struct ld_dialog *d)
{
	const struct ld_probe_conf *c = d->conf;
	const char *passive = c->addr.family == AF_INET6 ? "EPSV" : "PASV";
	char class = d->line[0];

	switch (d->step) {
	case GREETING:
		if (class == '1')
			return LD_MORE; /* 120: ready in a while */
		if (class == '2')
			return go_on(d, USER, "USER", c->login ? c->login : "anonymous");
		break;
	case USER:
		if (class == '3')
			return go_on(d, PASS, "PASS", c->passwd ? c->passwd : "");
		/* fall through */
	case PASS:
		if (class == '2')
			return go_on(d, CWD, "CWD", "/");
		break;
	case CWD:
		if (class == '2')
			return go_on(d, TYPE, "TYPE", "I");
		break;
	case TYPE:
		if (class == '2')
			return go_on(d, PASV, passive, NULL);
		break;
	case PASV:
		if (class == '2' && take_data_port(d)) {
			go_on(d, RETR, "RETR", ld_plain_request(c));
			return LD_OPEN_DATA;
		}
		break;
	default:
		if (class == '1' || class == '2')
			return LD_MORE; /* the data decides */
		break;
	}
	return ld_fail(d, "%.200s", d->line);
}

static enum ld_verdict ftp_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	enum ld_verdict verdict = LD_MORE;
	bool complete;
	size_t taken;

	if (!n)
		return ld_fail(d, "connection closed");
	for (; n && verdict == LD_MORE; buf += taken, n -= taken) {
		taken = ld_take_line(d, buf, n, &complete);
		/* the last line of an answer is "NNN text", those before are anything else */
		if (complete && strspn(d->line, "0123456789") == 3 && d->line[3] != '-')
			verdict = take_answer(d);
	}
	return verdict;
}

static enum ld_verdict ftp_feed_data(struct ld_dialog *d, const char *buf, size_t n)
{
	if (n && ld_keep(d, buf, n))
		return LD_MORE;
	say_command(d, "QUIT", NULL);
	if (ld_match(d, d->body ? d->body : "", d->body_byte))
		return ld_pass(d, "%zu bytes", d->body_byte);
	return ld_fail(d, "%.*s", (int)sizeof(d->reason) - 1, d->body ? d->body : "empty file");
}

const struct ld_dialog_type ld_check_ftp = { .open = ftp_open, .feed = ftp_feed, .feed_data = ftp_feed_data };
