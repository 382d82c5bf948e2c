/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns: A (or PTR for an address) of the request, over UDP or TCP; some answer has to match. Unlike the original AAAA records count
 * too, and without receive any answer will do (ldirectord.md 6, bug 11).
 */
#include "ldirectord/ld_dialog.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_BYTE = 12, MAX_NAME_BYTE = 255, MAX_JUMPS = 32, TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, CLASS_IN = 1 };

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* The name to ask for: that of the reverse zone where the request is an address. */
static int question(const char *request, char *name, size_t size)
{
	uint8_t v4[4], v6[16];
	int i, n = 0;

	if (inet_pton(AF_INET, request, v4) == 1) {
		snprintf(name, size, "%u.%u.%u.%u.in-addr.arpa", v4[3], v4[2], v4[1], v4[0]);
		return TYPE_PTR;
	}
	if (inet_pton(AF_INET6, request, v6) == 1) {
		for (i = 15; i >= 0; i--)
			n += snprintf(name + n, size - (size_t)n, "%x.%x.", v6[i] & 15, v6[i] >> 4);
		snprintf(name + n, size - (size_t)n, "ip6.arpa");
		return TYPE_PTR;
	}
	snprintf(name, size, "%s", request);
	return strchr(request, ':') ? TYPE_AAAA : TYPE_A;
}

static enum ld_verdict dns_open(struct ld_dialog *d)
{
	uint8_t packet[HEADER_BYTE + MAX_NAME_BYTE + 6] = { 0 }, length[2];
	size_t at = HEADER_BYTE, len;
	char name[MAX_NAME_BYTE + 1];
	const char *label;
	int type = question(ld_plain_request(d->conf), name, sizeof(name));

	put16(packet, (unsigned int)d->seed & 0xffff);
	packet[2] = 1; /* recursion desired */
	put16(packet + 4, 1);
	for (label = name; *label; label += len + (label[len] == '.')) {
		len = strcspn(label, ".");
		if (!len || len > 63 || at + len + 1 > HEADER_BYTE + MAX_NAME_BYTE - 1)
			return ld_fail(d, "bad name: %s", name);
		packet[at++] = (uint8_t)len;
		memcpy(packet + at, label, len);
		at += len;
	}
	at++;
	put16(packet + at, (unsigned int)type);
	put16(packet + at + 2, CLASS_IN);
	at += 4;
	put16(length, (unsigned int)at);
	if (d->conf->proto == LD_TCP)
		ld_say_bytes(d, length, 2);
	ld_say_bytes(d, packet, at);
	return LD_MORE;
}

/* Reads a name at *at, moves *at behind it. False: it is not one. text may be NULL. */
static bool get_name(const uint8_t *packet, size_t n, size_t *at, char *text)
{
	size_t pos = *at, out = 0;
	bool jumped = false;
	int jumps = 0;
	unsigned int len;

	for (;;) {
		if (pos >= n)
			return false;
		len = packet[pos];
		if ((len & 0xc0) == 0xc0) {
			if (pos + 1 >= n || ++jumps > MAX_JUMPS)
				return false;
			if (!jumped)
				*at = pos + 2;
			jumped = true;
			pos = get16(packet + pos) & 0x3fff;
			continue;
		}
		if (len & 0xc0 || pos + 1 + len > n || out + len + 1 > MAX_NAME_BYTE)
			return false;
		pos++;
		if (!len)
			break;
		if (text) {
			memcpy(text + out, packet + pos, len);
			text[out + len] = '.';
		}
		out += len + 1;
		pos += len;
	}
	if (text)
		text[out ? out - 1 : 0] = '\0';
	if (!jumped)
		*at = pos;
	return true;
}

static bool answer_matches(struct ld_dialog *d, const uint8_t *packet, size_t n, unsigned int type, size_t at, unsigned int len)
{
	char text[MAX_NAME_BYTE + 1];

	if (type == TYPE_A && len == 4)
		inet_ntop(AF_INET, packet + at, text, sizeof(text));
	else if (type == TYPE_AAAA && len == 16)
		inet_ntop(AF_INET6, packet + at, text, sizeof(text));
	else if (type != TYPE_PTR || !get_name(packet, n, &at, text))
		return false;
	snprintf(d->reason, sizeof(d->reason), "%.200s", text);
	return ld_match(d, text, strlen(text));
}

static enum ld_verdict take_packet(struct ld_dialog *d, const uint8_t *packet, size_t n)
{
	unsigned int questions, answers, type, len;
	size_t at = HEADER_BYTE;

	if (n < HEADER_BYTE || get16(packet) != (d->seed & 0xffff) || !(packet[2] & 0x80))
		return LD_MORE; /* not an answer to us: someone else's, or forged */
	if (packet[3] & 15)
		return ld_fail(d, "error code %d", packet[3] & 15);
	questions = get16(packet + 4);
	answers = get16(packet + 6);
	for (; questions; questions--) {
		if (!get_name(packet, n, &at, NULL) || at + 4 > n)
			return ld_fail(d, "broken answer");
		at += 4;
	}
	for (; answers; answers--) {
		if (!get_name(packet, n, &at, NULL) || at + 10 > n)
			return ld_fail(d, "broken answer");
		type = get16(packet + at);
		len = get16(packet + at + 8);
		at += 10;
		if (at + len > n)
			return ld_fail(d, "broken answer");
		if (answer_matches(d, packet, n, type, at, len))
			return LD_PASS;
		at += len;
	}
	return ld_fail(d, "no answer matches");
}

static enum ld_verdict dns_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	if (d->conf->proto != LD_TCP)
		return n ? take_packet(d, (const uint8_t *)buf, n) : LD_MORE;
	if (!n || !ld_keep(d, buf, n))
		return ld_fail(d, "connection closed");
	if (d->body_byte < 2 || d->body_byte < 2 + get16((const uint8_t *)d->body))
		return LD_MORE;
	return take_packet(d, (const uint8_t *)d->body + 2, get16((const uint8_t *)d->body));
}

const struct ld_dialog_type ld_check_dns = { .transport = LD_OVER_PROTO, .open = dns_open, .feed = dns_feed };
