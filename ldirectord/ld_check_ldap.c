/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ldap, ldaps: simple bind (version 3), base search at the request for (objectClass=*), and exactly one entry whose DN matches
 * (ldirectord.md 3). The four messages needed are written and read here (RFC 4511), so that no client library has to wait in a child.
 */
#include "ldirectord/ld_dialog.h"

#include <string.h>

enum { BIND, SEARCH };
enum {
	T_INTEGER = 0x02, T_OCTETS = 0x04, T_ENUM = 0x0a, T_BOOL = 0x01, T_SEQUENCE = 0x30,
	BIND_REQUEST = 0x60, BIND_RESPONSE = 0x61, UNBIND_REQUEST = 0x42, SEARCH_REQUEST = 0x63,
	SEARCH_ENTRY = 0x64, SEARCH_DONE = 0x65, SEARCH_REFERENCE = 0x73, AUTH_SIMPLE = 0x80, FILTER_PRESENT = 0x87,
};

/* Written from back to front, so that every length is known when it is due. */
struct ber {
	uint8_t buf[1536];
	size_t at; /* begin of what is written */
	bool full;
};

static void put_bytes(struct ber *b, const void *bytes, size_t n)
{
	if (n > b->at) {
		b->full = true;
		return;
	}
	b->at -= n;
	memcpy(b->buf + b->at, bytes, n);
}

static void put_byte(struct ber *b, unsigned int byte)
{
	uint8_t c = (uint8_t)byte;

	put_bytes(b, &c, 1);
}

/* Length and tag before what has been written since end. */
static void put_tag(struct ber *b, unsigned int tag, size_t end)
{
	size_t len = end - b->at;

	if (len < 128) {
		put_byte(b, (unsigned int)len);
	} else {
		put_byte(b, (unsigned int)len & 0xff);
		put_byte(b, (unsigned int)len >> 8);
		put_byte(b, 0x82);
	}
	put_byte(b, tag);
}

static void put_text(struct ber *b, unsigned int tag, const char *text)
{
	size_t end = b->at;

	put_bytes(b, text, strlen(text));
	put_tag(b, tag, end);
}

static void put_small(struct ber *b, unsigned int tag, unsigned int value)
{
	put_byte(b, value);
	put_byte(b, 1);
	put_byte(b, tag);
}

static enum ld_verdict send_message(struct ld_dialog *d, struct ber *b, unsigned int id)
{
	put_small(b, T_INTEGER, id);
	put_tag(b, T_SEQUENCE, sizeof(b->buf));
	if (b->full)
		return ld_fail(d, "request too long");
	ld_say_bytes(d, b->buf + b->at, sizeof(b->buf) - b->at);
	return LD_MORE;
}

static enum ld_verdict ldap_open(struct ld_dialog *d)
{
	struct ber b = { .at = sizeof(b.buf) };
	bool named = d->conf->login && *d->conf->login && d->conf->passwd && *d->conf->passwd;

	put_text(&b, AUTH_SIMPLE, named ? d->conf->passwd : "");
	put_text(&b, T_OCTETS, named ? d->conf->login : "");
	put_small(&b, T_INTEGER, 3);
	put_tag(&b, BIND_REQUEST, sizeof(b.buf));
	d->step = BIND;
	d->status = 0; /* entries seen */
	return send_message(d, &b, 1);
}

static enum ld_verdict search(struct ld_dialog *d)
{
	struct ber b = { .at = sizeof(b.buf) };

	put_byte(&b, 0); /* no attributes named: all */
	put_byte(&b, T_SEQUENCE);
	put_text(&b, FILTER_PRESENT, "objectClass");
	put_small(&b, T_BOOL, 0);
	put_small(&b, T_INTEGER, 0);
	put_small(&b, T_INTEGER, 0);
	put_small(&b, T_ENUM, 0); /* aliases: never */
	put_small(&b, T_ENUM, 0); /* scope: base */
	put_text(&b, T_OCTETS, ld_plain_request(d->conf));
	put_tag(&b, SEARCH_REQUEST, sizeof(b.buf));
	d->step = SEARCH;
	return send_message(d, &b, 2);
}

/* One element: tag and content; moves *at behind it. False: it is not whole. */
static bool get_element(const uint8_t *buf, size_t n, size_t *at, unsigned int *tag, const uint8_t **content, size_t *len)
{
	size_t pos = *at, bytes;

	if (pos + 2 > n)
		return false;
	*tag = buf[pos++];
	*len = buf[pos++];
	if (*len & 0x80) {
		bytes = *len & 0x7f;
		if (bytes > 4 || pos + bytes > n)
			return false;
		for (*len = 0; bytes; bytes--)
			*len = *len << 8 | buf[pos++];
	}
	if (*len > n - pos)
		return false;
	*content = buf + pos;
	*at = pos + *len;
	return true;
}

static enum ld_verdict take_result(struct ld_dialog *d, const uint8_t *op, size_t len)
{
	const uint8_t *content;
	size_t at = 0, n;
	unsigned int tag;
	int code;

	if (!get_element(op, len, &at, &tag, &content, &n) || tag != T_ENUM || n != 1)
		return ld_fail(d, "broken answer");
	code = content[0];
	if (d->step == BIND)
		return code ? ld_fail(d, "Bind failed") : search(d);
	ld_say_bytes(d, "\x30\x05\x02\x01\x03\x42\x00", 7); /* unbind */
	if (d->status != 1)
		return ld_fail(d, "No answer received");
	return d->http_state ? ld_pass(d, "Success") : ld_fail(d, "Response mismatch");
}

static enum ld_verdict take_message(struct ld_dialog *d, const uint8_t *msg, size_t len)
{
	const uint8_t *content, *dn;
	size_t at = 0, inner = 0, n, dn_len;
	unsigned int tag;

	if (!get_element(msg, len, &at, &tag, &content, &n) || tag != T_INTEGER ||
	    !get_element(msg, len, &at, &tag, &content, &n))
		return ld_fail(d, "broken answer");
	if (tag == (d->step == BIND ? BIND_RESPONSE : SEARCH_DONE))
		return take_result(d, content, n);
	if (d->step == SEARCH && tag == SEARCH_REFERENCE)
		return LD_MORE;
	if (d->step != SEARCH || tag != SEARCH_ENTRY || !get_element(content, n, &inner, &tag, &dn, &dn_len))
		return ld_fail(d, "broken answer");
	/* http_state: does the DN match? */
	if (d->status++ == 0)
		d->http_state = ld_match(d, (const char *)dn, dn_len);
	return LD_MORE;
}

static enum ld_verdict ldap_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	enum ld_verdict verdict = LD_MORE;
	const uint8_t *content;
	size_t at = 0, before = 0, len;
	unsigned int tag;

	if (!n)
		return ld_fail(d, "connection closed");
	if (!ld_keep(d, buf, n))
		return ld_fail(d, "answer too long");
	if ((uint8_t)d->body[0] != T_SEQUENCE)
		return ld_fail(d, "answer is not LDAP");
	while (verdict == LD_MORE && get_element((const uint8_t *)d->body, d->body_byte, &at, &tag, &content, &len)) {
		if (tag != T_SEQUENCE)
			return ld_fail(d, "answer is not LDAP");
		verdict = take_message(d, content, len);
		before = at;
	}
	d->body_byte -= before;
	memmove(d->body, d->body + before, d->body_byte);
	if (verdict == LD_MORE && d->body_byte && (uint8_t)d->body[0] != T_SEQUENCE)
		return ld_fail(d, "answer is not LDAP");
	return verdict;
}

const struct ld_dialog_type ld_check_ldap = { .check_timeout = true, .open = ldap_open, .feed = ldap_feed };
const struct ld_dialog_type ld_check_ldaps = { .tls = true, .check_timeout = true, .open = ldap_open, .feed = ldap_feed };
