/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message: named fields in order, in memory and in its two framings, classic and netstring, with their signatures and
 * compression (heartbeat.md 2.2-2.6). What fields mean is not known here.
 */
#ifndef HEARTBEAT_HB_MSG_H
#define HEARTBEAT_HB_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heartbeat/authkeys.h"

enum {
	HB_MAX_FIELD = 128, HB_MAX_FIELD_NAME = 128,
	HB_MAX_WIRE_BYTE = 256 << 10, /* a message as sent */
	HB_MAX_PLAIN_BYTE = 2 << 20,  /* a compressed one, unpacked */
	HB_UUID_BYTE = 16,
};

enum hb_field_type { HB_STRING = 0, HB_BINARY = 1, HB_STRUCT = 2, HB_LIST = 3, HB_COMPRESSED = 4, HB_UNCOMPRESSED = 5 };
enum hb_framing { HB_FRAME_CLASSIC, HB_FRAME_NETSTRING };
enum hb_packing { HB_PACK_ZLIB, HB_PACK_BZ2 };
#ifdef HAVE_BZIP2
enum { HB_HAS_BZ2 = 1 };
#else
enum { HB_HAS_BZ2 = 0 };
#endif

struct hb_field {
	char *name;
	char *value; /* NUL-terminated beyond len */
	size_t len;
	enum hb_field_type type;
};

/* Zeroed is empty. Additions that find no memory set failed, so that one check at the end is enough. */
struct hb_msg {
	struct hb_field field[HB_MAX_FIELD];
	int fields;
	bool failed;
};

/* Adds a field; a NULL value adds nothing. */
void hb_msg_add(struct hb_msg *msg, const char *name, const char *value);
void hb_msg_addf(struct hb_msg *msg, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void hb_msg_add_typed(struct hb_msg *msg, enum hb_field_type type, const char *name, const void *value, size_t len);
/* Replaces the field in its place or adds it. */
void hb_msg_set(struct hb_msg *msg, const char *name, const char *value);
void hb_msg_del(struct hb_msg *msg, const char *name);
/* 0 or -ENOMEM; to is overwritten. */
int hb_msg_copy(struct hb_msg *to, const struct hb_msg *from);
void hb_msg_free(struct hb_msg *msg);

const struct hb_field *hb_msg_field(const struct hb_msg *msg, const char *name);
/* The text of a string field, or NULL. */
const char *hb_msg_get(const struct hb_msg *msg, const char *name);
/* Numbers in text: false if the field is missing or is not one. */
bool hb_msg_hex(const struct hb_msg *msg, const char *name, uint64_t *value);
bool hb_msg_dec(const struct hb_msg *msg, const char *name, uint64_t *value);

/*
 * Writes the message with its signatures; keys NULL: unsigned, classic (the client API, the FIFO). An `auth` field that
 * it had is left out. *wire is malloc()ed; classic includes the final NUL in *len. 0, -ENOMEM, -EMSGSIZE or -EINVAL.
 */
int hb_msg_write(const struct hb_msg *msg, enum hb_framing framing, const struct authkeys *keys, char **wire, size_t *len);

/* Packs a written unsigned message as the only field of a signed netstring message. Errors as hb_msg_write. */
int hb_msg_pack(const struct hb_msg *msg, enum hb_packing packing, const struct authkeys *keys, char **wire, size_t *len);

/*
 * Reads one whole message of either framing, packed or not. With keys its signature must be right. msg is overwritten. 0,
 * -ENOMEM, -EBADMSG (not a message) or -EACCES (the signature is missing or wrong); *why then says what.
 */
int hb_msg_read(struct hb_msg *msg, const char *wire, size_t len, const struct authkeys *keys, const char **why);

/* The text between >>> and <<<, without a signature: what hb_msg_write signs. Same errors. */
int hb_msg_body(const struct hb_msg *msg, char **body, size_t *len);

#endif
