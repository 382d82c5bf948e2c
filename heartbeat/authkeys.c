/* SPDX-License-Identifier: GPL-2.0-only */
/* authkeys: the file, and the digests of its methods. HMAC is OpenSSL's; the CRC is the original's own (heartbeat.md 2.4). */
#include "heartbeat/authkeys.h"

#include <errno.h>
#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fault.h"

enum { MAX_FILE_BYTE = 64 << 10, MAX_BLOCK_BYTE = 64 };

static const struct conf_keyword methods[] = {
	{ "crc", HB_SIGN_CRC }, { "md5", HB_SIGN_MD5 }, { "sha1", HB_SIGN_SHA1 }, { "hmac-sha256", HB_SIGN_SHA256 }, { NULL, 0 },
};

static void read_auth(struct authkeys *keys, struct conf *conf, char **word, int words)
{
	int64_t nr;

	if (words != 2)
		conf_error(conf, "Invalid auth line: write 'auth NUMBER'");
	else if (conf_num(word[1], 0, HB_MAX_KEY - 1, &nr))
		conf_error(conf, "Invalid authnum [%s]: 0 to %d", word[1], HB_MAX_KEY - 1);
	else
		keys->sign_nr = (int)nr;
}

static void read_key(struct authkeys *keys, struct conf *conf, char **word, int words)
{
	const struct conf_keyword *method = words > 1 ? conf_find(methods, word[1]) : NULL;
	int64_t nr;

	if (conf_num(word[0], 0, HB_MAX_KEY - 1, &nr))
		conf_error(conf, "Invalid authnum [%s]: 0 to %d", word[0], HB_MAX_KEY - 1);
	else if (!method)
		conf_error(conf, "Invalid authtype [%s]: crc, md5, sha1 or hmac-sha256", words > 1 ? word[1] : "");
	else if (keys->key[nr].method)
		conf_error(conf, "key %lld is there twice", (long long)nr);
	else if (method->value == HB_SIGN_CRC && words > 2)
		conf_error(conf, "Auth method [crc] doesn't use a key");
	else if (method->value != HB_SIGN_CRC && words < 3)
		conf_error(conf, "Auth method [%s] requires a key", method->name);
	else if (words > 2 && strlen(word[2]) >= HB_MAX_KEY_BYTE)
		conf_error(conf, "key %lld is longer than %d bytes", (long long)nr, HB_MAX_KEY_BYTE - 1);
	else {
		keys->key[nr].method = method->value;
		snprintf(keys->key[nr].text, HB_MAX_KEY_BYTE, "%s", words > 2 ? word[2] : "");
	}
}

static const EVP_MD *digest_type(enum hb_sign method)
{
	return method == HB_SIGN_MD5 ? EVP_md5() : method == HB_SIGN_SHA1 ? EVP_sha1() : EVP_sha256();
}

/* A digest that has taken in the key, padded to a block and mixed with a byte: half of an HMAC (RFC 2104). */
static EVP_MD_CTX *start_half(const EVP_MD *type, const unsigned char *block, size_t len, unsigned char mix)
{
	EVP_MD_CTX *ctx = fault_sys() ? NULL : EVP_MD_CTX_create();
	unsigned char mixed[MAX_BLOCK_BYTE];
	size_t i;

	for (i = 0; i < len; i++)
		mixed[i] = block[i] ^ mix;
	if (ctx && EVP_DigestInit_ex(ctx, type, NULL) && EVP_DigestUpdate(ctx, mixed, len))
		return ctx;
	EVP_MD_CTX_destroy(ctx);
	return NULL;
}

/* Looking a digest up costs OpenSSL more than computing it: that is done once, here. */
static int prepare_key(struct authkey *key)
{
	unsigned char block[MAX_BLOCK_BYTE] = { 0 };
	const EVP_MD *type = digest_type(key->method);
	size_t size = (size_t)EVP_MD_block_size(type), len = strlen(key->text);

	if (size > sizeof(block) || EVP_MD_size(type) > HB_MAX_DIGEST_BYTE / 2)
		return -EINVAL;
	if (len > size) {
		if (!EVP_Digest(key->text, len, block, NULL, type, NULL))
			return -ENOMEM;
	} else {
		memcpy(block, key->text, len);
	}
	key->inner = start_half(type, block, size, 0x36);
	key->outer = start_half(type, block, size, 0x5c);
	return key->inner && key->outer ? 0 : -ENOMEM;
}

static int prepare(struct authkeys *keys)
{
	int i, err = 0;

	for (i = 0; !err && i < HB_MAX_KEY; i++)
		if (keys->key[i].method > HB_SIGN_CRC)
			err = prepare_key(&keys->key[i]);
	return err;
}

void authkeys_free(struct authkeys *keys)
{
	int i;

	for (i = 0; i < HB_MAX_KEY; i++) {
		EVP_MD_CTX_destroy(keys->key[i].inner);
		EVP_MD_CTX_destroy(keys->key[i].outer);
		keys->key[i].inner = keys->key[i].outer = NULL;
	}
}

int authkeys_parse(struct authkeys *keys, struct conf *conf, char *text)
{
	struct authkeys work = { .sign_nr = -1 };
	char *line, *word[4];
	int words;

	conf_start(conf, conf->file, text);
	while ((line = conf_next_line(conf))) {
		line[strcspn(line, "#\r")] = '\0';
		words = conf_words(conf, line, word, 4, false);
		if (words <= 0)
			continue;
		if (!strcmp(word[0], "auth"))
			read_auth(&work, conf, word, words);
		else
			read_key(&work, conf, word, words);
	}
	if (work.sign_nr < 0)
		conf_error_at(conf, 0, "Missing auth directive in keyfile");
	else if (!work.key[work.sign_nr].method)
		conf_error_at(conf, 0, "Auth Key [%d] not found in keyfile", work.sign_nr);
	if (conf->errors)
		return -EINVAL;
	if (prepare(&work)) {
		authkeys_free(&work);
		return -ENOMEM;
	}
	authkeys_free(keys);
	*keys = work;
	return 0;
}

int authkeys_load(struct authkeys *keys, struct conf *conf, const char *path, int64_t *mtime)
{
	struct stat st;
	char *text;
	int err;

	conf_start(conf, path, (char[]){ "" });
	if (fault_sys() || stat(path, &st)) {
		err = -errno;
		conf_error_at(conf, 0, "Cannot open keyfile [%s].  Stop.", path);
		return err;
	}
	if (st.st_mode & 044) {
		conf_error_at(conf, 0, "Bad permissions on keyfile [%s], 600 recommended.", path);
		return -EPERM;
	}
	err = conf_read_file(path, MAX_FILE_BYTE, &text, NULL);
	if (err) {
		conf_error_at(conf, 0, "Cannot read keyfile [%s]: %s", path, strerror(-err));
		return err;
	}
	err = authkeys_parse(keys, conf, text);
	free(text);
	if (!err && mtime)
		*mtime = st.st_mtime;
	return err;
}

/* Polynomial 0x04C11DB7, most significant bit first, start 0, complemented at the end; no length is added. */
static uint32_t crc32_msb(const unsigned char *p, size_t len)
{
	uint32_t crc = 0;
	int bit;

	while (len--)
		for (crc ^= (uint32_t)*p++ << 24, bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04C11DB7 : crc << 1;
	return ~crc;
}

static bool finish_half(const EVP_MD_CTX *half, const void *data, size_t len, unsigned char *md, unsigned int *md_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_create();
	bool done = ctx && EVP_MD_CTX_copy_ex(ctx, half) && EVP_DigestUpdate(ctx, data, len) && EVP_DigestFinal_ex(ctx, md, md_len);

	EVP_MD_CTX_destroy(ctx);
	return done;
}

int authkeys_digest(const struct authkeys *keys, int nr, const void *data, size_t len, char *hex)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	const struct authkey *key;
	unsigned int md_len, i;
	bool done;

	if (nr < 0 || nr >= HB_MAX_KEY || !keys->key[nr].method)
		return -EINVAL;
	key = &keys->key[nr];
	if (key->method == HB_SIGN_CRC) {
		sprintf(hex, "%lx", (unsigned long)crc32_msb(data, len));
		return 0;
	}
	if (key->inner)
		done = finish_half(key->inner, data, len, md, &md_len) && finish_half(key->outer, md, md_len, md, &md_len);
	else
		done = HMAC(digest_type(key->method), key->text, (int)strlen(key->text), data, len, md, &md_len) != NULL;
	if (!done)
		return -EINVAL;
	for (i = 0; i < md_len; i++)
		sprintf(hex + 2 * i, "%02x", md[i]);
	return 0;
}
