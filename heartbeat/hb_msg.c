/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields, the two framings and their signatures. Everything that is read is hostile until its signature was right. */
#include "heartbeat/hb_msg.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#ifdef HAVE_BZIP2
#include <bzlib.h>
#endif

#include "lib/fault.h"

static const char CLASSIC_START[] = ">>>\n", CLASSIC_END[] = "<<<\n", NET_START[] = "###\n", NET_END[] = "%%%\n";
enum { MARK_BYTE = 4, NEWLINE_STANDS_AS = 19 };

/* -- fields ----------------------------------------------------------------------------------------------------------- */

static void add_field(struct hb_msg *msg, enum hb_field_type type, const char *name, size_t name_len, const void *value, size_t len)
{
	struct hb_field *field = &msg->field[msg->fields];
	char *mem;

	if (msg->fields == HB_MAX_FIELD || !(mem = malloc(name_len + 1 + len + 1))) {
		msg->failed = true;
		return;
	}
	memcpy(mem, name, name_len);
	mem[name_len] = '\0';
	field->name = mem;
	field->value = mem + name_len + 1;
	memcpy(field->value, value, len);
	field->value[len] = '\0';
	field->len = len;
	field->type = type;
	msg->fields++;
}

void hb_msg_add_typed(struct hb_msg *msg, enum hb_field_type type, const char *name, const void *value, size_t len)
{
	add_field(msg, type, name, strlen(name), value, len);
}

void hb_msg_add(struct hb_msg *msg, const char *name, const char *value)
{
	if (value)
		hb_msg_add_typed(msg, HB_STRING, name, value, strlen(value));
}

void hb_msg_addf(struct hb_msg *msg, const char *name, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hb_msg_add(msg, name, text);
}

static int find(const struct hb_msg *msg, const char *name)
{
	int i;

	for (i = 0; i < msg->fields; i++)
		if (!strcmp(msg->field[i].name, name))
			return i;
	return -1;
}

void hb_msg_del(struct hb_msg *msg, const char *name)
{
	int nr;

	while ((nr = find(msg, name)) >= 0) {
		free(msg->field[nr].name);
		msg->fields--;
		memmove(&msg->field[nr], &msg->field[nr + 1], (msg->fields - nr) * sizeof(msg->field[0]));
	}
}

void hb_msg_set(struct hb_msg *msg, const char *name, const char *value)
{
	struct hb_field *field;
	int nr = find(msg, name);

	hb_msg_add(msg, name, value);
	if (nr < 0 || msg->failed)
		return;
	field = &msg->field[--msg->fields];
	free(msg->field[nr].name);
	msg->field[nr] = *field;
}

int hb_msg_copy(struct hb_msg *to, const struct hb_msg *from)
{
	int i;

	to->fields = 0;
	to->failed = false;
	for (i = 0; i < from->fields; i++)
		hb_msg_add_typed(to, from->field[i].type, from->field[i].name, from->field[i].value, from->field[i].len);
	if (!to->failed)
		return 0;
	hb_msg_free(to);
	return -ENOMEM;
}

void hb_msg_free(struct hb_msg *msg)
{
	while (msg->fields > 0)
		free(msg->field[--msg->fields].name);
	msg->failed = false;
}

const struct hb_field *hb_msg_field(const struct hb_msg *msg, const char *name)
{
	int nr = find(msg, name);

	return nr < 0 ? NULL : &msg->field[nr];
}

const char *hb_msg_get(const struct hb_msg *msg, const char *name)
{
	const struct hb_field *field = hb_msg_field(msg, name);

	return field && field->type == HB_STRING ? field->value : NULL;
}

static bool get_number(const struct hb_msg *msg, const char *name, int base, uint64_t *value)
{
	const char *text = hb_msg_get(msg, name);
	unsigned long long n;
	char *end;

	if (!text || !isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, base);
	if (errno || *end)
		return false;
	*value = n;
	return true;
}

bool hb_msg_hex(const struct hb_msg *msg, const char *name, uint64_t *value)
{
	return get_number(msg, name, 16, value);
}

bool hb_msg_dec(const struct hb_msg *msg, const char *name, uint64_t *value)
{
	return get_number(msg, name, 10, value);
}

/* -- a buffer that grows, with a sticky error ------------------------------------------------------------------------- */

struct out {
	char *text;
	size_t len, size;
	int err;
};

static void put(struct out *out, const void *data, size_t len)
{
	size_t size = out->size ? out->size : 512;
	char *bigger;

	if (out->err)
		return;
	if (out->len + len > HB_MAX_PLAIN_BYTE) {
		out->err = -EMSGSIZE;
		return;
	}
	while (size < out->len + len + 1)
		size *= 2;
	if (size > out->size) {
		bigger = realloc(out->text, size);
		if (!bigger) {
			out->err = -ENOMEM;
			return;
		}
		out->text = bigger;
		out->size = size;
	}
	memcpy(out->text + out->len, data, len);
	out->len += len;
	out->text[out->len] = '\0';
}

static void puts_out(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

static int take_out(struct out *out, size_t max_byte, char **wire, size_t *len)
{
	if (!out->err && out->len > max_byte)
		out->err = -EMSGSIZE;
	if (out->err) {
		free(out->text);
		return out->err;
	}
	*wire = out->text;
	*len = out->len;
	return 0;
}

/* -- writing ---------------------------------------------------------------------------------------------------------- */

static void put_base64(struct out *out, const void *data, size_t len)
{
	size_t size = (len + 2) / 3 * 4;
	unsigned char *text = malloc(size + 1);

	if (!text) {
		out->err = -ENOMEM;
		return;
	}
	EVP_EncodeBlock(text, data, (int)len);
	put(out, text, size);
	free(text);
}

/* "name=value\n" or "(T)name=BASE64\n" */
static void put_classic(struct out *out, const struct hb_field *field)
{
	char type[16];
	size_t i;

	if (field->type != HB_STRING) {
		snprintf(type, sizeof(type), "(%d)", field->type);
		puts_out(out, type);
	}
	puts_out(out, field->name);
	puts_out(out, "=");
	if (field->type == HB_STRING || field->type == HB_LIST) {
		put(out, field->value, field->len);
		for (i = out->len - field->len; !out->err && i < out->len; i++)
			if (out->text[i] == '\n')
				out->text[i] = NEWLINE_STANDS_AS;
	} else if (field->type == HB_STRUCT) {
		out->err = -EINVAL; /* its classic form needs another writer; haresources mode has none */
	} else {
		put_base64(out, field->value, field->len);
	}
	puts_out(out, "\n");
}

static void put_body(struct out *out, const struct hb_msg *msg)
{
	int i;

	if (msg->failed)
		out->err = -ENOMEM;
	for (i = 0; i < msg->fields; i++)
		if (strcmp(msg->field[i].name, "auth"))
			put_classic(out, &msg->field[i]);
}

int hb_msg_body(const struct hb_msg *msg, char **body, size_t *len)
{
	struct out out = { .len = 0 };

	put(&out, "", 0);
	put_body(&out, msg);
	return take_out(&out, HB_MAX_PLAIN_BYTE, body, len);
}

/* "N HEX" over some bytes */
static int sign(char *auth, size_t size, const struct authkeys *keys, const void *data, size_t len)
{
	char hex[HB_MAX_DIGEST_BYTE + 1];
	int err = authkeys_digest(keys, keys->sign_nr, data, len, hex);

	snprintf(auth, size, "%d %s", keys->sign_nr, err ? "" : hex);
	return err;
}

static void write_classic(struct out *out, const struct hb_msg *msg, const struct authkeys *keys)
{
	char auth[HB_MAX_DIGEST_BYTE + 16];

	puts_out(out, CLASSIC_START);
	put_body(out, msg);
	if (keys && !out->err) {
		out->err = sign(auth, sizeof(auth), keys, out->text + MARK_BYTE, out->len - MARK_BYTE);
		puts_out(out, "auth=");
		puts_out(out, auth);
		puts_out(out, "\n");
	}
	puts_out(out, CLASSIC_END);
	put(out, "", 1);
}

/* "LEN:(T)name=value," */
static void put_netstring(struct out *out, enum hb_field_type type, const char *name, const void *value, size_t len)
{
	char head[64 + HB_MAX_FIELD_NAME];
	int name_len = snprintf(NULL, 0, "(%d)%s=", type, name);

	snprintf(head, sizeof(head), "%zu:(%d)%s=", (size_t)name_len + len, type, name);
	puts_out(out, head);
	put(out, value, len);
	puts_out(out, ",");
}

static void end_netstring(struct out *out, const struct authkeys *keys)
{
	char auth[HB_MAX_DIGEST_BYTE + 16], tail[HB_MAX_DIGEST_BYTE + 32];

	puts_out(out, NET_END);
	if (out->err)
		return;
	out->err = sign(auth, sizeof(auth), keys, out->text, out->len);
	snprintf(tail, sizeof(tail), "%zu:%s,", strlen(auth), auth);
	puts_out(out, tail);
}

static void write_netstring(struct out *out, const struct hb_msg *msg, const struct authkeys *keys)
{
	char auth[HB_MAX_DIGEST_BYTE + 16];
	char *body;
	size_t len;
	int i;

	out->err = hb_msg_body(msg, &body, &len);
	if (out->err)
		return;
	out->err = sign(auth, sizeof(auth), keys, body, len);
	free(body);
	puts_out(out, NET_START);
	for (i = 0; i < msg->fields; i++)
		if (strcmp(msg->field[i].name, "auth"))
			put_netstring(out, msg->field[i].type, msg->field[i].name, msg->field[i].value, msg->field[i].len);
	put_netstring(out, HB_STRING, "auth", auth, strlen(auth));
	end_netstring(out, keys);
}

int hb_msg_write(const struct hb_msg *msg, enum hb_framing framing, const struct authkeys *keys, char **wire, size_t *len)
{
	struct out out = { .len = 0 };

	if (framing == HB_FRAME_NETSTRING && keys)
		write_netstring(&out, msg, keys);
	else
		write_classic(&out, msg, keys);
	return take_out(&out, HB_MAX_WIRE_BYTE, wire, len);
}

/* -- packing ---------------------------------------------------------------------------------------------------------- */

#ifdef HAVE_BZIP2
static bool bz2_pack(char *to, unsigned int *size, const char *from, size_t len)
{
	return BZ2_bzBuffToBuffCompress(to, size, (char *)from, len, 1, 0, 30) == BZ_OK;
}
static bool bz2_unpack(char *to, unsigned int *size, const char *from, size_t len)
{
	return BZ2_bzBuffToBuffDecompress(to, size, (char *)from, len, 0, 0) == BZ_OK;
}
#else
/* ha.cf cannot ask for it; a peer that does is told to by hb_msg_read() */
static bool bz2_pack(char *to, unsigned int *size, const char *from, size_t len)
{
	(void)to, (void)size, (void)from, (void)len;
	return false;
}
#define bz2_unpack bz2_pack
#endif

static int pack(enum hb_packing packing, const char *plain, size_t len, char **packed, size_t *packed_len)
{
	size_t size = len + len / 100 + 1024;
	char *buf = malloc(size);
	uLongf zlen = size;
	unsigned int blen = size;
	int bad;

	if (!buf)
		return -ENOMEM;
	if (packing == HB_PACK_ZLIB)
		bad = compress((Bytef *)buf, &zlen, (const Bytef *)plain, len) != Z_OK;
	else
		bad = !bz2_pack(buf, &blen, plain, len);
	if (bad) {
		free(buf);
		return -EINVAL;
	}
	*packed = buf;
	*packed_len = packing == HB_PACK_ZLIB ? zlen : blen;
	return 0;
}

/* The result is at most HB_MAX_PLAIN_BYTE, however small the input. */
static int unpack(const char *how, const char *packed, size_t len, char **plain, size_t *plain_len)
{
	char *buf = malloc(HB_MAX_PLAIN_BYTE + 1);
	uLongf zlen = HB_MAX_PLAIN_BYTE;
	unsigned int blen = HB_MAX_PLAIN_BYTE;
	int bad = 1;

	if (!buf)
		return -ENOMEM;
	if (!strcmp(how, "zlib"))
		bad = uncompress((Bytef *)buf, &zlen, (const Bytef *)packed, len) != Z_OK;
	else if (!strcmp(how, "bz2"))
		bad = !bz2_unpack(buf, &blen, packed, len);
	if (bad) {
		free(buf);
		return -EBADMSG;
	}
	*plain = buf;
	*plain_len = !strcmp(how, "zlib") ? zlen : blen;
	return 0;
}

int hb_msg_pack(const struct hb_msg *msg, enum hb_packing packing, const struct authkeys *keys, char **wire, size_t *len)
{
	struct out plain = { .len = 0 }, out = { .len = 0 };
	const char *how = packing == HB_PACK_ZLIB ? "zlib" : "bz2";
	char *packed;
	size_t packed_len;
	int err;

	write_classic(&plain, msg, NULL);
	if (plain.err) {
		free(plain.text);
		return plain.err;
	}
	err = pack(packing, plain.text, plain.len, &packed, &packed_len);
	free(plain.text);
	if (err)
		return err;
	puts_out(&out, NET_START);
	put_netstring(&out, HB_BINARY, "_compressed_payload", packed, packed_len);
	put_netstring(&out, HB_STRING, "_compression_algorithm", how, strlen(how));
	free(packed);
	end_netstring(&out, keys);
	return take_out(&out, HB_MAX_WIRE_BYTE, wire, len);
}

/* -- reading ---------------------------------------------------------------------------------------------------------- */

/* "N HEX" against the bytes it signs, with key N (heartbeat.md 2.4). The comparison takes the same time wherever it fails. */
static bool signature_right(const struct authkeys *keys, const char *auth, size_t auth_len, const void *data, size_t len)
{
	char hex[HB_MAX_DIGEST_BYTE + 1];
	unsigned int nr = 0;
	size_t i = 0, digits;
	unsigned char diff = 0;

	while (i < auth_len && i < 2 && isdigit((unsigned char)auth[i]))
		nr = nr * 10 + (auth[i++] - '0');
	if (i == 0 || i == auth_len || auth[i++] != ' ' || authkeys_digest(keys, (int)nr, data, len, hex))
		return false;
	digits = strlen(hex);
	if (auth_len - i != digits)
		return false;
	while (digits--)
		diff |= hex[digits] ^ auth[i + digits];
	return !diff;
}

/* "(T)name=value" of len bytes: type digit and name */
static bool split_field(const char *text, size_t len, enum hb_field_type *type, const char **name, size_t *name_len)
{
	const char *eq;

	*type = HB_STRING;
	if (len >= 3 && text[0] == '(' && text[1] >= '0' && text[1] <= '5' && text[2] == ')') {
		*type = text[1] - '0';
		text += 3;
		len -= 3;
	}
	eq = memchr(text, '=', len);
	if (!eq || eq == text || eq - text >= HB_MAX_FIELD_NAME || memchr(text, '\0', eq - text))
		return false;
	*name = text;
	*name_len = eq - text;
	return true;
}

static bool add_base64(struct hb_msg *msg, enum hb_field_type type, const char *name, size_t name_len, const char *text, size_t len)
{
	unsigned char *buf;
	int n;

	if (len % 4)
		return false;
	buf = malloc(len + 1);
	if (!buf) {
		msg->failed = true;
		return false;
	}
	n = EVP_DecodeBlock(buf, (const unsigned char *)text, (int)len);
	/* it counts the padding as bytes */
	while (n > 0 && len && text[len - 1] == '=') {
		n--;
		len--;
	}
	if (n >= 0)
		add_field(msg, type, name, name_len, buf, n);
	free(buf);
	return n >= 0 && !msg->failed;
}

static bool add_classic_line(struct hb_msg *msg, const char *line, size_t len)
{
	enum hb_field_type type;
	const char *name, *value;
	size_t name_len, value_len, i;

	if (!split_field(line, len, &type, &name, &name_len) || msg->fields == HB_MAX_FIELD)
		return false;
	value = name + name_len + 1;
	value_len = line + len - value;
	if (type == HB_STRUCT || memchr(value, '\0', value_len))
		return false;
	if (type != HB_STRING && type != HB_LIST)
		return add_base64(msg, type, name, name_len, value, value_len);
	add_field(msg, type, name, name_len, value, value_len);
	if (!msg->failed)
		for (i = 0; i < value_len; i++)
			if (msg->field[msg->fields - 1].value[i] == NEWLINE_STANDS_AS)
				msg->field[msg->fields - 1].value[i] = '\n';
	return !msg->failed;
}

static int read_classic(struct hb_msg *msg, const char *wire, size_t len, const struct authkeys *keys, const char **why)
{
	const char *line = wire + MARK_BYTE, *end = wire + len, *next, *auth = NULL;
	size_t auth_len = 0, body_len = 0;

	for (;; line = next) {
		next = memchr(line, '\n', end - line);
		*why = "no end mark";
		if (!next)
			return -EBADMSG;
		next++;
		if (next - line == MARK_BYTE && !memcmp(line, CLASSIC_END, MARK_BYTE))
			break;
		/* fields behind the signature would be fields that nobody signed */
		*why = "a bad field";
		if (auth)
			return -EBADMSG;
		if (!strncmp(line, "auth=", 5)) {
			auth = line + 5;
			auth_len = next - 1 - auth;
			body_len = line - (wire + MARK_BYTE);
		}
		if (!add_classic_line(msg, line, next - 1 - line))
			return msg->failed ? -ENOMEM : -EBADMSG;
	}
	*why = "bytes behind the end mark";
	if (next < end && (next + 1 != end || *next))
		return -EBADMSG;
	*why = auth ? "authtoken does not match" : "no signature";
	if (keys && (!auth || !signature_right(keys, auth, auth_len, wire + MARK_BYTE, body_len)))
		return -EACCES;
	return 0;
}

/* "LEN:bytes," at *at; false when it does not fit before end */
static bool next_netstring(const char **at, const char *end, const char **data, size_t *len)
{
	const char *p = *at;
	size_t n = 0;

	while (p < end && isdigit((unsigned char)*p) && n <= HB_MAX_PLAIN_BYTE)
		n = n * 10 + (*p++ - '0');
	if (p == *at || p == end || *p++ != ':' || n >= (size_t)(end - p) || p[n] != ',')
		return false;
	*data = p;
	*len = n;
	*at = p + n + 1;
	return true;
}

static int add_netstring(struct hb_msg *msg, const char *data, size_t len)
{
	enum hb_field_type type;
	const char *name;
	size_t name_len, value_len;

	if (!split_field(data, len, &type, &name, &name_len) || msg->fields == HB_MAX_FIELD)
		return -EBADMSG;
	value_len = data + len - name - name_len - 1;
	if (type == HB_STRING && memchr(name, '\0', name_len + 1 + value_len))
		return -EBADMSG;
	add_field(msg, type, name, name_len, name + name_len + 1, value_len);
	return msg->failed ? -ENOMEM : 0;
}

static int read_netstring(struct hb_msg *msg, const char *wire, size_t len, const struct authkeys *keys, const char **why)
{
	const char *at = wire + MARK_BYTE, *end = wire + len, *data;
	size_t n, signed_len;
	int err;

	while (end - at < MARK_BYTE || memcmp(at, NET_END, MARK_BYTE)) {
		*why = "a bad field";
		if (!next_netstring(&at, end, &data, &n))
			return -EBADMSG;
		err = add_netstring(msg, data, n);
		if (err)
			return err;
	}
	at += MARK_BYTE;
	signed_len = at - wire;
	if (!keys && at == end)
		return 0;
	*why = "no signature";
	if (!next_netstring(&at, end, &data, &n))
		return -EACCES;
	*why = "bytes behind the signature";
	if (at < end && (at + 1 != end || *at))
		return -EBADMSG;
	*why = "netstring authentication failed";
	return !keys || signature_right(keys, data, n, wire, signed_len) ? 0 : -EACCES;
}

static int read_plain(struct hb_msg *msg, const char *wire, size_t len, const struct authkeys *keys, const char **why)
{
	*why = "neither >>> nor ### at its start";
	if (len < 2 * MARK_BYTE)
		return -EBADMSG;
	if (!memcmp(wire, CLASSIC_START, MARK_BYTE))
		return read_classic(msg, wire, len, keys, why);
	if (!memcmp(wire, NET_START, MARK_BYTE))
		return read_netstring(msg, wire, len, keys, why);
	return -EBADMSG;
}

/* What was packed has no signature of its own: that around it was checked. */
static int read_packed(struct hb_msg *msg, const struct hb_field *field, const char *how, const char **why)
{
	size_t len;
	char *plain;
	int err;

	*why = HB_HAS_BZ2 || strcmp(how, "bz2") ? "it cannot be unpacked" :
						  "it is packed by bz2, which this heartbeat was built without: set compression zlib there";
	err = unpack(how, field->value, field->len, &plain, &len);
	if (err)
		return err;
	hb_msg_free(msg);
	err = read_plain(msg, plain, len, NULL, why);
	free(plain);
	return err;
}

int hb_msg_read(struct hb_msg *msg, const char *wire, size_t len, const struct authkeys *keys, const char **why)
{
	const struct hb_field *field;
	const char *how;
	int err;

	msg->fields = 0;
	msg->failed = false;
	err = len > HB_MAX_WIRE_BYTE ? -EBADMSG : read_plain(msg, wire, len, keys, why);
	field = hb_msg_field(msg, "_compressed_payload");
	how = hb_msg_get(msg, "_compression_algorithm");
	if (!err && field && how)
		err = read_packed(msg, field, how, why);
	if (err)
		hb_msg_free(msg);
	return err;
}
