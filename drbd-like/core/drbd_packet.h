/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of protocol 86..101: the table of all of them, headers, and encoding and decoding of the part of fixed
 * layout. What a packet means is decided elsewhere. Source: drbd-wire.md 2.
 *
 * Receiving: read drbd_header_size(apv) bytes, drbd_get_header(); drbd_packet_check() says how many bytes to read next;
 * drbd_get_packet() decodes those. pkt.tail_byte bytes are still on the socket then: digest, data, bitmap words.
 * Sending: fill a struct drbd_pkt with the tail_byte that will follow, drbd_put_packet() writes header and
 * fixed part into one buffer, send it and then the tail.
 */
#ifndef DRBD_PACKET_H
#define DRBD_PACKET_H

#include "drbd_buf.h"
#include "drbd_protocol.h"

enum { DRBD_DATA_SOCK = 1, DRBD_META_SOCK = 2 };

/* In which phase of a connection a packet is expected. */
enum drbd_phase { PH_FIRST, PH_FEATURES, PH_AUTH, PH_LOOP, PH_NEVER };

/* What follows the fixed part. */
enum drbd_tail {
	TAIL_NONE,
	TAIL_TEXT,	/* a string: read and decoded together with the fixed part */
	TAIL_DIGEST,	/* a digest alone */
	TAIL_DATA,	/* [digest] data */
	TAIL_RAW	/* bitmap, challenge, response */
};

/* Which member of struct drbd_pkt.u it uses. */
enum drbd_layout {
	PL_EMPTY, PL_FEATURES, PL_PROTOCOL, PL_RS_PARAM, PL_SIZES, PL_UUIDS, PL_STATE, PL_REQ_STATE, PL_REQ_STATE_REPLY,
	PL_RS_UUID, PL_BARRIER, PL_BARRIER_ACK, PL_DATA, PL_TRIM, PL_BLOCK_ACK, PL_BLOCK_REQ, PL_BLOCK_DESC,
	PL_DELAY_PROBE, PL_CBITMAP
};

struct drbd_packet_info {
	u16 cmd;			/* enum drbd_packet */
	const char *name;		/* "P_DATA" */
	u8 sock;			/* DRBD_DATA_SOCK | DRBD_META_SOCK */
	u8 phase;			/* enum drbd_phase */
	u8 layout;			/* enum drbd_layout */
	u8 tail;			/* enum drbd_tail */
	u8 per_volume;			/* header carries a volume number (apv >= 100) */
	u8 skip_unknown_volume;		/* logged and skipped if the volume is not there, instead of an error */
	u8 apv_min, apv_max;
	u32 features;			/* DRBD_FF_* that must be agreed */
};

struct drbd_header {
	u16 cmd;
	u16 volume;
	u32 length;			/* bytes behind the header */
};

struct drbd_p_features {
	u32 protocol_min, feature_flags, protocol_max, pad;
	u64 reserved[7];
};

struct drbd_p_protocol {
	u32 protocol, after_sb_0p, after_sb_1p, after_sb_2p;
	u32 conn_flags;			/* CF_* */
	u32 two_primaries;
	u32 alg_byte;			/* length of integrity_alg on the wire with its NUL; 0 for apv 86 */
	char integrity_alg[ALG_NAME_MAX];
};

/* Fields that the agreed version does not carry are 0. */
struct drbd_p_rs_param {
	u32 resync_rate;		/* KiB/s */
	u32 c_plan_ahead, c_delay_target;	/* 0.1 s */
	u32 c_fill_target;		/* sectors */
	u32 c_max_rate;			/* KiB/s */
	u32 alg_byte;			/* apv 88: length of verify_alg with its NUL */
	char verify_alg[ALG_NAME_MAX], csums_alg[ALG_NAME_MAX];
};

struct drbd_p_sizes {
	u64 d_size, u_size, c_size;	/* sectors */
	u32 max_bio_size;		/* bytes */
	u16 queue_order_type;
	u16 dds_flags;			/* DDSF_* */
	/* only with DRBD_FF_WSAME, else 0 */
	u32 physical_block_size, logical_block_size, alignment_offset, io_min, io_opt;
	u8 discard_enabled, discard_zeroes_data, write_same_capable, pad;
};

/* Slots of generation identifiers, here and in meta-data. */
enum drbd_uuid_slot { UI_CURRENT, UI_BITMAP, UI_HISTORY_START, UI_HISTORY_END, UI_SIZE };

struct drbd_p_uuids {
	u64 uuid[UI_SIZE];
	u64 bits_set;
	u64 flags;			/* UUID_FLAG_* */
};

struct drbd_p_req_state {
	u32 mask, val;
};

struct drbd_p_barrier {
	u32 barrier;			/* opaque */
	u32 pad;
};

struct drbd_p_barrier_ack {
	u32 barrier;			/* echo */
	u32 set_size;
};

struct drbd_p_data {
	u64 sector;
	u64 block_id;			/* opaque */
	u32 seq_num;
	u32 dp_flags;			/* DP_* */
	u32 size_byte;			/* PL_TRIM only: affected range */
};

struct drbd_p_block_ack {
	u64 sector;
	u64 block_id;
	u32 blksize;
	u32 seq_num;
};

struct drbd_p_block_req {
	u64 sector;
	u64 block_id;
	u32 blksize;
	u32 pad;			/* 0 when we send; garbage from others */
};

struct drbd_p_block_desc {
	u64 sector;
	u32 blksize;
	u32 pad;
};

struct drbd_p_delay_probe {
	u32 seq_num;
	u32 offset_us;
};

struct drbd_pkt {
	u16 cmd;			/* enum drbd_packet */
	u16 volume;
	u32 tail_byte;			/* bytes behind the fixed part */
	union {
		struct drbd_p_features features;
		struct drbd_p_protocol protocol;
		struct drbd_p_rs_param rs_param;
		struct drbd_p_sizes sizes;
		struct drbd_p_uuids uuids;
		u32 state;		/* state word */
		struct drbd_p_req_state req_state;
		s32 retcode;		/* enum drbd_state_rv */
		u64 uuid;
		struct drbd_p_barrier barrier;
		struct drbd_p_barrier_ack barrier_ack;
		struct drbd_p_data data;
		struct drbd_p_block_ack ack;
		struct drbd_p_block_req req;
		struct drbd_p_block_desc desc;
		struct drbd_p_delay_probe delay;
		u8 encoding;		/* P_COMPRESSED_BITMAP, drbd-wire.md 6.4 */
	} u;
};

#define DRBD_HEADER_MAX		16
#define DRBD_FIXED_MAX		148	/* largest fixed part, with TAIL_TEXT */

extern const struct drbd_packet_info drbd_packet_table[];
extern const u32 drbd_packet_table_nr;

/* NULL if there is no such packet. */
const struct drbd_packet_info *drbd_packet_info(u16 cmd);

/* "P_DATA"; "P_0x0042" never: unknown numbers give "unknown packet". For logs. */
const char *drbd_packet_name(u16 cmd);

/* 8 below apv 100, else 16. Before features are agreed pass 80 as apv. */
u32 drbd_header_size(u16 apv);

/* buf holds drbd_header_size(apv) bytes. False: no header of this version (bad magic or pad). */
bool drbd_get_header(const void *buf, u16 apv, struct drbd_header *h);

/* Returns its size. The kind follows from apv and, for 95..99, from the length; P_INITIAL_* and features are always h80. */
u32 drbd_put_header(void *buf, u16 apv, const struct drbd_header *h);

/*
 * Is this header acceptable on that socket (one of DRBD_DATA_SOCK, DRBD_META_SOCK) in that phase?
 * 0: yes; *fixed_byte is what to read and give to drbd_get_packet(). Else the connection state to go to
 * (C_PROTOCOL_ERROR, C_NETWORK_FAILURE, C_DISCONNECTING), and *why a reason for the log.
 */
enum drbd_conns drbd_packet_check(const struct drbd_header *h, u8 sock, enum drbd_phase phase, u16 apv, u32 features,
				  u32 *fixed_byte, const char **why);

/* Size of the fixed part of a packet with this header, without checks; TAIL_TEXT counts as fixed. */
u32 drbd_packet_fixed(const struct drbd_packet_info *info, u16 apv, u32 features, u32 length);

/* fixed: exactly the *fixed_byte bytes of drbd_packet_check(). False: not well-formed (same consequence as a bad size). */
bool drbd_get_packet(const struct drbd_header *h, u16 apv, u32 features, const void *fixed, u32 fixed_byte,
		     struct drbd_pkt *pkt);

/* Writes header and fixed part; returns their size, or 0 if buf is too small or the packet does not exist for apv. */
u32 drbd_put_packet(const struct drbd_pkt *pkt, u16 apv, u32 features, void *buf, u32 size_byte);

/* Where a bad packet leads: C_PROTOCOL_ERROR on the data socket, C_NETWORK_FAILURE on the meta socket. */
enum drbd_conns drbd_packet_failure(u8 sock);

/*
 * Range of a P_DATA, P_DATA_REPLY, P_RS_DATA_REPLY, P_TRIM, P_ZEROES, P_WSAME (drbd-wire.md 5.2) or of a request
 * (P_DATA_REQUEST, P_RS_*_REQUEST, P_OV_*: 5.6). digest_byte: size of the digest this packet carries (0: none; none with
 * P_TRIM and P_ZEROES). 0 and *size_byte; or -EINVAL: C_PROTOCOL_ERROR.
 * A data size of 0 is accepted for P_DATA with DP_FLUSH.
 */
int drbd_packet_range(const struct drbd_pkt *pkt, u32 digest_byte, u64 capacity_sect, u32 *size_byte);

#endif
