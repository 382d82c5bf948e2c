/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * http, https and http_proxy: one GET or HEAD, redirects followed, then status 2xx and a body that matches (ldirectord.md 3).
 * The body is read to its end as HTTP/1.1 frames it, but no further than LD_MAX_ANSWER_BYTE.
 */
#include "ldirectord/ld_dialog.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATUS_LINE, HEADER, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER };
enum { TO_THE_END = -1 };

/* Log filters of users match this. */
#define USER_AGENT "libwww-perl/6.68 (ldirectord)"

/* "http://host[:port]/path" into host, target_port, tls and path. False: not an absolute URL of these schemes. */
static bool take_url(struct ld_dialog *d, const char *url)
{
	bool tls = !strncasecmp(url, "https://", 8);
	const char *host = url + 7 + tls, *end, *colon;
	size_t len = strcspn(host, "/?#");

	if (!tls && strncasecmp(url, "http://", 7))
		return false;
	end = host + len;
	/* without user:password@ */
	if (memchr(host, '@', len))
		host = (const char *)memchr(host, '@', len) + 1;
	colon = end;
	while (colon > host && *colon != ':' && *colon != ']')
		colon--;
	if (*colon != ':' || colon == end)
		colon = end;
	len = (size_t)(colon - host);
	if (!len || len >= sizeof(d->host))
		return false;
	snprintf(d->path, sizeof(d->path), "%s%s", *end == '/' ? "" : "/", end);
	d->path[strcspn(d->path, "#")] = '\0';
	memcpy(d->host, host, len);
	d->host[len] = '\0';
	d->target_port = tls ? 443 : 80;
	if (colon < end)
		d->target_port = (uint16_t)strtoul(colon + 1, NULL, 10);
	d->tls = tls;
	return true;
}

/* What may stand in a URL stays, the rest is escaped, so that no blank or line end gets into the request line. */
static void escape(const char *from, char *to, size_t size)
{
	static const char safe[] = "-_.!~*'();/?:@&=+$,[]%";
	char *end = to + size - 4;

	for (; *from && to < end; from++) {
		if (isalnum((unsigned char)*from) || strchr(safe, *from))
			*to++ = *from;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*from);
	}
	*to = '\0';
}

static void say_request(struct ld_dialog *d, const char *target, const char *host)
{
	char escaped[LD_MAX_LINE_BYTE];

	escape(target, escaped, sizeof(escaped));
	ld_say(d, "%s %s HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: %s\r\nUser-Agent: " USER_AGENT "\r\n\r\n",
	       d->conf->httpmethod, escaped, host);
	d->http_state = STATUS_LINE;
	d->head_byte = d->body_byte = d->line_byte = 0;
	d->location[0] = '\0';
	d->length = TO_THE_END;
}

static enum ld_verdict http_open(struct ld_dialog *d)
{
	const struct ld_probe_conf *c = d->conf;
	char addr[LD_ADDR_TEXT], host[sizeof(d->host) + 8];
	const char *request = c->request;

	if (d->redirects) {
		if (d->target_port == (d->tls ? 443 : 80))
			snprintf(host, sizeof(host), "%s", d->host);
		else
			snprintf(host, sizeof(host), "%s:%u", d->host, d->target_port);
		say_request(d, d->path, host);
		return LD_MORE;
	}
	snprintf(d->host, sizeof(d->host), "%s", ld_addr_text(&c->addr, addr));
	d->target_port = c->port;
	if (c->virtualhost && *c->virtualhost)
		snprintf(host, sizeof(host), "%s", c->virtualhost);
	else
		snprintf(host, sizeof(host), "%s", addr);
	host[strcspn(host, "\r\n")] = '\0';
	snprintf(d->path, sizeof(d->path), "%s%s", *request == '/' ? "" : "/", request);
	/* a server's own absolute URL keeps its path and names the host */
	if (!strncasecmp(request, "http://", 7) || !strncasecmp(request, "https://", 8)) {
		if (!take_url(d, request))
			return ld_fail(d, "500 bad URL: %s", request);
		if (!c->virtualhost || !*c->virtualhost)
			snprintf(host, sizeof(host), "%s", d->host);
		d->tls = d->type->tls;
		d->target_port = c->port;
		snprintf(d->host, sizeof(d->host), "%s", addr);
	}
	say_request(d, d->path, host);
	return LD_MORE;
}

static enum ld_verdict proxy_open(struct ld_dialog *d)
{
	const char *url = ld_plain_request(d->conf);
	char host[sizeof(d->host)];
	size_t len;

	if (d->redirects)
		return http_open(d);
	url = strstr(url, "://") ? url : d->conf->request;
	if (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8))
		return ld_fail(d, "400 URL must be absolute");
	len = strcspn(strstr(url, "://") + 3, "/?#");
	snprintf(host, sizeof(host), "%.*s", (int)len, strstr(url, "://") + 3);
	say_request(d, url, host);
	return LD_MORE;
}

static bool header_is(const char *line, const char *name, const char **value)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) || line[len] != ':')
		return false;
	*value = line + len + 1 + strspn(line + len + 1, " \t");
	return true;
}

static enum ld_verdict take_status_line(struct ld_dialog *d)
{
	const char *blank = strchr(d->line, ' ');

	if (strncmp(d->line, "HTTP/", 5) || !blank || !isdigit((unsigned char)blank[1]))
		return ld_fail(d, "500 answer is not HTTP: %.80s", d->line);
	d->status = atoi(blank + 1);
	snprintf(d->status_line, sizeof(d->status_line), "%.*s", (int)sizeof(d->status_line) - 1, blank + 1);
	d->http_state = HEADER;
	d->length = TO_THE_END;
	return LD_MORE;
}

static enum ld_verdict finish(struct ld_dialog *d)
{
	bool redirect = d->status == 301 || d->status == 302 || d->status == 303 || d->status == 307 || d->status == 308;
	char host[sizeof(d->host)];
	uint16_t port = d->target_port;
	bool tls = d->tls;

	if (redirect && d->location[0] && d->redirects < LD_MAX_REDIRECTS) {
		d->redirects++;
		if (take_url(d, d->location))
			return LD_REDIRECT;
		snprintf(host, sizeof(host), "%s", d->host);
		if (!strncmp(d->location, "//", 2)) {
			char url[LD_MAX_LINE_BYTE + 8];

			snprintf(url, sizeof(url), "%s:%s", tls ? "https" : "http", d->location);
			return take_url(d, url) ? LD_REDIRECT : ld_fail(d, "%s: bad Location", d->status_line);
		}
		if (strstr(d->location, "://"))
			return ld_fail(d, "%s: bad Location", d->status_line);
		/* the same server; a relative path stands beside the one asked for */
		if (d->location[0] == '/') {
			snprintf(d->path, sizeof(d->path), "%s", d->location);
		} else {
			char *slash;

			d->path[strcspn(d->path, "?#")] = '\0';
			slash = strrchr(d->path, '/');
			slash = slash ? slash + 1 : d->path;
			snprintf(slash, sizeof(d->path) - (size_t)(slash - d->path), "%s", d->location);
		}
		d->target_port = port;
		return LD_REDIRECT;
	}
	if (d->status < 200 || d->status > 299)
		return ld_fail(d, "%s", d->status_line);
	if (!ld_match(d, d->body ? d->body : "", d->body_byte))
		return ld_fail(d, "%.*s", (int)sizeof(d->reason) - 1, d->body ? d->body : "");
	return ld_pass(d, "%s", d->status_line);
}

static enum ld_verdict end_of_head(struct ld_dialog *d)
{
	if (d->status >= 100 && d->status < 200) {
		d->http_state = STATUS_LINE;
		return LD_MORE;
	}
	if (!strcmp(d->conf->httpmethod, "HEAD") || d->status == 204 || d->status == 304 || d->length == 0)
		return finish(d);
	if (d->http_state == HEADER)
		d->http_state = BODY;
	return LD_MORE;
}

static enum ld_verdict take_header(struct ld_dialog *d)
{
	const char *value;

	if (!d->line[0]) {
		/* chunked was noted as step, and wins over a length */
		if (d->step == CHUNK_SIZE) {
			d->step = 0;
			d->length = TO_THE_END;
			d->http_state = CHUNK_SIZE;
		}
		return end_of_head(d);
	}
	if (header_is(d->line, "Location", &value))
		snprintf(d->location, sizeof(d->location), "%s", value);
	else if (header_is(d->line, "Content-Length", &value) && isdigit((unsigned char)*value))
		d->length = strtoll(value, NULL, 10);
	else if (header_is(d->line, "Transfer-Encoding", &value) && !strncasecmp(value, "chunked", 7))
		d->step = CHUNK_SIZE;
	return LD_MORE;
}

static enum ld_verdict take_line(struct ld_dialog *d)
{
	char *end;

	switch (d->http_state) {
	case STATUS_LINE:
		return take_status_line(d);
	case HEADER:
		return take_header(d);
	case CHUNK_SIZE:
		d->length = strtoll(d->line, &end, 16);
		if (end == d->line || d->length < 0)
			return ld_fail(d, "500 bad chunk");
		d->http_state = d->length ? CHUNK : TRAILER;
		return LD_MORE;
	case CHUNK_END:
		d->http_state = CHUNK_SIZE;
		return LD_MORE;
	default: /* TRAILER */
		return d->line[0] ? LD_MORE : finish(d);
	}
}

/* Takes what belongs to the body or chunk. */
static enum ld_verdict take_body(struct ld_dialog *d, const char *buf, size_t n, size_t *taken)
{
	*taken = d->length != TO_THE_END && (uint64_t)d->length < n ? (size_t)d->length : n;
	if (!ld_keep(d, buf, *taken))
		return finish(d); /* enough is enough */
	if (d->length == TO_THE_END)
		return LD_MORE;
	d->length -= (int64_t)*taken;
	if (d->length)
		return LD_MORE;
	if (d->http_state == BODY)
		return finish(d);
	d->http_state = CHUNK_END;
	return LD_MORE;
}

static enum ld_verdict http_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	enum ld_verdict verdict = LD_MORE;
	bool complete;
	size_t taken;

	if (!n) {
		if (d->http_state == BODY && d->length == TO_THE_END)
			return finish(d);
		return ld_fail(d, "500 Server closed connection without sending %s", d->http_state == STATUS_LINE ? "any data back" : "all");
	}
	for (; n && verdict == LD_MORE; buf += taken, n -= taken) {
		if (d->http_state == BODY || d->http_state == CHUNK) {
			verdict = take_body(d, buf, n, &taken);
			continue;
		}
		taken = ld_take_line(d, buf, n, &complete);
		d->head_byte += taken;
		if (d->http_state <= HEADER && d->head_byte > LD_MAX_HEAD_BYTE)
			return ld_fail(d, "500 header too long");
		if (complete)
			verdict = take_line(d);
	}
	return verdict;
}

const struct ld_dialog_type ld_check_http = { .open = http_open, .feed = http_feed };
const struct ld_dialog_type ld_check_https = { .tls = true, .open = http_open, .feed = http_feed };
const struct ld_dialog_type ld_check_http_proxy = { .open = proxy_open, .feed = http_feed };
