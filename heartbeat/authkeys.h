/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/ha.d/authkeys: the keys that sign messages (heartbeat.md 1.4). */
#ifndef HEARTBEAT_AUTHKEYS_H
#define HEARTBEAT_AUTHKEYS_H

#include <stdint.h>

#include "lib/conf.h"

enum { HB_MAX_KEY = 16, HB_MAX_KEY_BYTE = 128, HB_MAX_DIGEST_BYTE = 64 };

/* HB_SIGN_SHA256 (hmac-sha256 in the file) is beyond the original; both nodes must have it. */
enum hb_sign { HB_SIGN_NONE, HB_SIGN_CRC, HB_SIGN_MD5, HB_SIGN_SHA1, HB_SIGN_SHA256 };

struct authkeys {
	struct authkey {
		enum hb_sign method; /* NONE: not in the file */
		char text[HB_MAX_KEY_BYTE];
		void *inner, *outer; /* digests that have taken in the padded key; NULL: none were made */
	} key[HB_MAX_KEY];
	int sign_nr; /* the one that own messages are signed with */
};

/*
 * Reads text, which is cut in place. Mistakes are reported as file:line. keys is zeroed or has been read before. 0, -EINVAL or
 * -ENOMEM, then it is untouched.
 */
int authkeys_parse(struct authkeys *keys, struct conf *conf, char *text);

/* Reads the file; one that group or other may read is refused. mtime may be NULL. 0 or -errno; it has been reported. */
int authkeys_load(struct authkeys *keys, struct conf *conf, const char *path, int64_t *mtime);

void authkeys_free(struct authkeys *keys);

/*
 * The digest of len bytes with one key, as lower-case hex text (crc: without leading zeros), into hex of
 * HB_MAX_DIGEST_BYTE + 1. 0 or -EINVAL (no such key).
 */
int authkeys_digest(const struct authkeys *keys, int nr, const void *data, size_t len, char *hex);

#endif
