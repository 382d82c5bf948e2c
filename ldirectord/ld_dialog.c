/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"

const struct ld_dialog_type *ld_dialog_type(enum ld_service service)
{
	static const struct ld_dialog_type *const types[LD_SERVICES] = {
		[LD_HTTP] = &ld_check_http, [LD_HTTPS] = &ld_check_https, [LD_HTTP_PROXY] = &ld_check_http_proxy,
		[LD_FTP] = &ld_check_ftp,   [LD_SMTP] = &ld_check_smtp,	  [LD_SUBMISSION] = &ld_check_smtp,
		[LD_POP] = &ld_check_pop,   [LD_POPS] = &ld_check_pops,	  [LD_IMAP] = &ld_check_imap,
		[LD_IMAPS] = &ld_check_imaps, [LD_NNTP] = &ld_check_nntp, [LD_LDAP] = &ld_check_ldap,
		[LD_LDAPS] = &ld_check_ldaps, [LD_DNS] = &ld_check_dns,	  [LD_RADIUS] = &ld_check_radius,
		[LD_SIP] = &ld_check_sip,   [LD_SIMPLETCP] = &ld_check_simpletcp,
	};

	return types[service];
}

void ld_dialog_init(struct ld_dialog *d, const struct ld_probe_conf *conf, uint64_t seed)
{
	d->conf = conf;
	d->type = ld_dialog_type(conf->service);
	d->seed = seed;
	d->out_byte = d->line_byte = d->body_byte = d->body_size = d->head_byte = 0;
	d->half_close = false;
	d->step = d->redirects = d->status = d->http_state = 0;
	d->body = NULL;
	d->reason[0] = d->host[0] = d->location[0] = d->status_line[0] = d->challenge[0] = '\0';
	d->tls = d->type && d->type->tls;
}

void ld_dialog_free(struct ld_dialog *d)
{
	free(d->body);
	d->body = NULL;
}

void ld_say_bytes(struct ld_dialog *d, const void *bytes, size_t n)
{
	/* no request of ours comes near; a configured one may, and is then cut */
	if (n > sizeof(d->out) - d->out_byte)
		n = sizeof(d->out) - d->out_byte;
	memcpy(d->out + d->out_byte, bytes, n);
	d->out_byte += n;
}

void ld_say(struct ld_dialog *d, const char *fmt, ...)
{
	char text[LD_OUT_BYTE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ld_say_bytes(d, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

enum ld_verdict ld_fail(struct ld_dialog *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->reason, sizeof(d->reason), fmt, ap);
	va_end(ap);
	return LD_FAIL;
}

enum ld_verdict ld_pass(struct ld_dialog *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->reason, sizeof(d->reason), fmt, ap);
	va_end(ap);
	return LD_PASS;
}

bool ld_keep(struct ld_dialog *d, const char *buf, size_t n)
{
	size_t room = LD_MAX_ANSWER_BYTE - d->body_byte, size;
	bool fits = n <= room;
	char *bigger;

	n = fits ? n : room;
	if (d->body_byte + n + 1 > d->body_size) {
		size = 2 * (d->body_byte + n + 1);
		bigger = realloc(d->body, size);
		if (!bigger)
			return false;
		d->body = bigger;
		d->body_size = size;
	}
	memcpy(d->body + d->body_byte, buf, n);
	d->body_byte += n;
	d->body[d->body_byte] = '\0';
	return fits;
}

bool ld_match(const struct ld_dialog *d, const char *text, size_t n)
{
	return !d->conf->regex || ld_regex_match(d->conf->regex, text, n);
}

size_t ld_take_line(struct ld_dialog *d, const char *buf, size_t n, bool *complete)
{
	const char *end = memchr(buf, '\n', n);
	size_t taken = end ? (size_t)(end - buf) : n;
	size_t room = sizeof(d->line) - 1 - d->line_byte;
	size_t kept = taken < room ? taken : room;

	memcpy(d->line + d->line_byte, buf, kept);
	d->line_byte += kept;
	*complete = end != NULL;
	if (!end)
		return n;
	if (d->line_byte && d->line[d->line_byte - 1] == '\r')
		d->line_byte--;
	d->line[d->line_byte] = '\0';
	d->line_byte = 0;
	return taken + 1;
}

const char *ld_plain_request(const struct ld_probe_conf *conf)
{
	return conf->request + (*conf->request == '/');
}
