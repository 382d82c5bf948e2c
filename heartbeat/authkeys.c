/* SPDX-License-Identifier: GPL-2.0-only */
/* authkeys: the file, and the digests of its methods. HMAC is OpenSSL's; the CRC is the original's own (heartbeat.md 2.4). */
#include "heartbeat/authkeys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fault.h"

enum { MAX_FILE_BYTE = 64 << 10 };

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

int authkeys_digest(const struct authkeys *keys, int nr, const void *data, size_t len, char *hex)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	const struct authkey *key;
	const EVP_MD *type;
	unsigned int md_len, i;

	if (nr < 0 || nr >= HB_MAX_KEY || !keys->key[nr].method)
		return -EINVAL;
	key = &keys->key[nr];
	if (key->method == HB_SIGN_CRC) {
		sprintf(hex, "%lx", (unsigned long)crc32_msb(data, len));
		return 0;
	}
	type = key->method == HB_SIGN_MD5 ? EVP_md5() : key->method == HB_SIGN_SHA1 ? EVP_sha1() : EVP_sha256();
	if (!HMAC(type, key->text, (int)strlen(key->text), data, len, md, &md_len))
		return -EINVAL;
	for (i = 0; i < md_len; i++)
		sprintf(hex + 2 * i, "%02x", md[i]);
	return 0;
}
