/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * radius: an Access-Request with User-Name, User-Password and NAS-IP-Address, answered by an Access-Accept whose authenticator proves
 * the secret (RFC 2865 3, 5.2). Needs MD5 from OpenSSL.
 */
#include "ldirectord/ld_dialog.h"

#include <string.h>

enum {
	ACCESS_REQUEST = 1, ACCESS_ACCEPT = 2, ACCESS_REJECT = 3,
	USER_NAME = 1, USER_PASSWORD = 2, NAS_IP_ADDRESS = 4,
	HEADER_BYTE = 20, MAX_PASSWORD_BYTE = 128, MAX_PACKET_BYTE = 4096,
};

#ifdef HAVE_OPENSSL
#include <openssl/evp.h>

static const char *secret_of(const struct ld_dialog *d)
{
	return d->conf->secret ? d->conf->secret : "";
}

static void md5(const void *a, size_t a_len, const void *b, size_t b_len, const void *c, size_t c_len, uint8_t out[16])
{
	uint8_t text[2 * MAX_PACKET_BYTE];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;

	memcpy(text, a, a_len);
	memcpy(text + a_len, b, b_len);
	memcpy(text + a_len + b_len, c, c_len);
	EVP_Digest(text, a_len + b_len + c_len, digest, &len, EVP_md5(), NULL);
	memcpy(out, digest, 16);
}

static size_t put_attribute(uint8_t *packet, size_t at, int type, const void *value, size_t len)
{
	packet[at] = (uint8_t)type;
	packet[at + 1] = (uint8_t)(len + 2);
	memcpy(packet + at + 2, value, len); /* cppcheck-suppress uninitvar ; len bytes are there */
	return at + len + 2;
}

/* Blocks of 16, each xored with MD5(secret + block before); the first block before is the authenticator. */
static size_t hide_password(struct ld_dialog *d, uint8_t hidden[MAX_PASSWORD_BYTE])
{
	const char *secret = secret_of(d), *passwd = d->conf->passwd ? d->conf->passwd : "";
	size_t len = strlen(passwd), at, i;
	const uint8_t *before = d->digest_in;
	uint8_t mask[16];

	if (len > MAX_PASSWORD_BYTE)
		len = MAX_PASSWORD_BYTE;
	memset(hidden, 0, MAX_PASSWORD_BYTE);
	memcpy(hidden, passwd, len);
	len = len ? (len + 15) / 16 * 16 : 16;
	for (at = 0; at < len; at += 16) {
		md5(secret, strlen(secret), before, 16, "", 0, mask);
		for (i = 0; i < 16; i++)
			hidden[at + i] ^= mask[i];
		before = hidden + at;
	}
	return len;
}

static enum ld_verdict radius_open(struct ld_dialog *d)
{
	uint8_t packet[HEADER_BYTE + 3 * 257], hidden[MAX_PASSWORD_BYTE];
	const char *login = d->conf->login ? d->conf->login : "";
	size_t at = HEADER_BYTE, len = strlen(login);

	if (strlen(secret_of(d)) > 1024)
		return ld_fail(d, "secret too long");
	md5(&d->seed, sizeof(d->seed), login, len > 253 ? 253 : len, secret_of(d), strlen(secret_of(d)), d->digest_in);
	packet[0] = ACCESS_REQUEST;
	packet[1] = (uint8_t)d->seed;
	memcpy(packet + 4, d->digest_in, 16);
	at = put_attribute(packet, at, USER_NAME, login, len > 253 ? 253 : len);
	at = put_attribute(packet, at, USER_PASSWORD, hidden, hide_password(d, hidden));
	if (d->local.family == AF_INET)
		at = put_attribute(packet, at, NAS_IP_ADDRESS, &d->local.ip.v4, 4);
	packet[2] = (uint8_t)(at >> 8);
	packet[3] = (uint8_t)at;
	ld_say_bytes(d, packet, at);
	return LD_MORE;
}

static enum ld_verdict radius_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	uint8_t packet[MAX_PACKET_BYTE], authenticator[16], expected[16];
	size_t len;

	if (n < HEADER_BYTE || n > sizeof(packet))
		return LD_MORE;
	memcpy(packet, buf, n);
	len = (size_t)packet[2] << 8 | packet[3];
	if (packet[1] != (uint8_t)d->seed || len < HEADER_BYTE || len > n)
		return LD_MORE;
	memcpy(authenticator, packet + 4, 16);
	memcpy(packet + 4, d->digest_in, 16);
	md5(packet, len, secret_of(d), strlen(secret_of(d)), "", 0, expected);
	if (memcmp(authenticator, expected, 16))
		return ld_fail(d, "bad response authenticator");
	return packet[0] == ACCESS_ACCEPT ? ld_pass(d, "Access-Accept") :
	       packet[0] == ACCESS_REJECT ? ld_fail(d, "Access-Reject") : ld_fail(d, "answer of type %d", packet[0]);
}
#else
/* Such a service is refused when the configuration is read. */
static enum ld_verdict radius_open(struct ld_dialog *d)
{
	return ld_fail(d, "built without OpenSSL");
}

static enum ld_verdict radius_feed(struct ld_dialog *d, const char *buf, size_t n)
{
	(void)buf;
	(void)n;
	return ld_fail(d, "built without OpenSSL");
}
#endif

const struct ld_dialog_type ld_check_radius = {
	.transport = LD_OVER_UDP, .check_timeout = true, .names_itself = true, .open = radius_open, .feed = radius_feed,
};
