/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of packets, and the codec of headers and fixed parts. Digests, data and bitmap words stay with the caller. */
#include "drbd_packet.h"

#define D DRBD_DATA_SOCK
#define M DRBD_META_SOCK
#define THIN DRBD_FF_THIN_RESYNC

/*	cmd, name		sock	phase	layout		tail		vol skip apv from..to	features */
#define PKT(cmd, sock, phase, layout, tail, vol, skip, lo, hi, ff) \
	{ cmd, #cmd, sock, phase, layout, tail, vol, skip, lo, hi, ff }
const struct drbd_packet_info drbd_packet_table[] = {
	PKT(P_DATA,		D, PH_LOOP, PL_DATA,		TAIL_DATA,	1, 0, 86, 101, 0),
	PKT(P_DATA_REPLY,	D, PH_LOOP, PL_DATA,		TAIL_DATA,	1, 0, 86, 101, 0),
	PKT(P_RS_DATA_REPLY,	D, PH_LOOP, PL_DATA,		TAIL_DATA,	1, 0, 86, 101, 0),
	PKT(P_BARRIER,		D, PH_LOOP, PL_BARRIER,		TAIL_NONE,	0, 0, 86, 101, 0),
	PKT(P_BITMAP,		D, PH_LOOP, PL_EMPTY,		TAIL_RAW,	1, 0, 86, 101, 0),
	PKT(P_BECOME_SYNC_TARGET, D, PH_NEVER, PL_EMPTY,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_BECOME_SYNC_SOURCE, D, PH_NEVER, PL_EMPTY,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_UNPLUG_REMOTE,	D, PH_LOOP, PL_EMPTY,		TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_DATA_REQUEST,	D, PH_LOOP, PL_BLOCK_REQ,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_RS_DATA_REQUEST,	D, PH_LOOP, PL_BLOCK_REQ,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_SYNC_PARAM,	D, PH_LOOP, PL_RS_PARAM,	TAIL_TEXT,	1, 1, 86, 88, 0),
	PKT(P_PROTOCOL,		D, PH_LOOP, PL_PROTOCOL,	TAIL_TEXT,	0, 0, 86, 101, 0),
	PKT(P_UUIDS,		D, PH_LOOP, PL_UUIDS,		TAIL_NONE,	1, 1, 86, 101, 0),
	PKT(P_SIZES,		D, PH_LOOP, PL_SIZES,		TAIL_NONE,	1, 1, 86, 101, 0),
	PKT(P_STATE,		D, PH_LOOP, PL_STATE,		TAIL_NONE,	1, 1, 86, 101, 0),
	PKT(P_SYNC_UUID,	D, PH_LOOP, PL_RS_UUID,		TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_AUTH_CHALLENGE,	D, PH_AUTH, PL_EMPTY,		TAIL_RAW,	0, 0, 86, 101, 0),
	PKT(P_AUTH_RESPONSE,	D, PH_AUTH, PL_EMPTY,		TAIL_RAW,	0, 0, 86, 101, 0),
	PKT(P_STATE_CHG_REQ,	D, PH_LOOP, PL_REQ_STATE,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_PING,		M, PH_LOOP, PL_EMPTY,		TAIL_NONE,	0, 0, 86, 101, 0),
	PKT(P_PING_ACK,		M, PH_LOOP, PL_EMPTY,		TAIL_NONE,	0, 0, 86, 101, 0),
	PKT(P_RECV_ACK,		M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_WRITE_ACK,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_RS_WRITE_ACK,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_SUPERSEDED,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_NEG_ACK,		M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_NEG_DREPLY,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_NEG_RS_DREPLY,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_BARRIER_ACK,	M, PH_LOOP, PL_BARRIER_ACK,	TAIL_NONE,	0, 0, 86, 101, 0),
	PKT(P_STATE_CHG_REPLY,	M, PH_LOOP, PL_REQ_STATE_REPLY,	TAIL_NONE,	1, 0, 86, 101, 0),
	PKT(P_OV_REQUEST,	D, PH_LOOP, PL_BLOCK_REQ,	TAIL_NONE,	1, 0, 88, 101, 0),
	PKT(P_OV_REPLY,		D, PH_LOOP, PL_BLOCK_REQ,	TAIL_DIGEST,	1, 0, 88, 101, 0),
	PKT(P_OV_RESULT,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 88, 101, 0),
	PKT(P_CSUM_RS_REQUEST,	D, PH_LOOP, PL_BLOCK_REQ,	TAIL_DIGEST,	1, 0, 89, 101, 0),
	PKT(P_RS_IS_IN_SYNC,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 89, 101, 0),
	PKT(P_SYNC_PARAM89,	D, PH_LOOP, PL_RS_PARAM,	TAIL_NONE,	1, 1, 89, 101, 0),
	PKT(P_COMPRESSED_BITMAP, D, PH_LOOP, PL_CBITMAP,	TAIL_RAW,	1, 0, 90, 101, 0),
	PKT(P_DELAY_PROBE,	D | M, PH_LOOP, PL_DELAY_PROBE,	TAIL_NONE,	1, 0, 93, 101, 0),
	PKT(P_OUT_OF_SYNC,	D, PH_LOOP, PL_BLOCK_DESC,	TAIL_NONE,	1, 0, 96, 101, 0),
	PKT(P_RS_CANCEL,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 96, 101, 0),
	PKT(P_CONN_ST_CHG_REQ,	D, PH_LOOP, PL_REQ_STATE,	TAIL_NONE,	0, 0, 100, 101, 0),
	PKT(P_CONN_ST_CHG_REPLY, M, PH_LOOP, PL_REQ_STATE_REPLY, TAIL_NONE,	0, 0, 100, 101, 0),
	PKT(P_RETRY_WRITE,	M, PH_LOOP, PL_BLOCK_ACK,	TAIL_NONE,	1, 0, 100, 101, 0),
	PKT(P_PROTOCOL_UPDATE,	D, PH_LOOP, PL_PROTOCOL,	TAIL_TEXT,	0, 0, 100, 101, 0),
	PKT(P_TRIM,		D, PH_LOOP, PL_TRIM,		TAIL_NONE,	1, 0, 100, 101, DRBD_FF_TRIM),
	PKT(P_RS_THIN_REQ,	D, PH_LOOP, PL_BLOCK_REQ,	TAIL_NONE,	1, 0, 100, 101, THIN),
	PKT(P_RS_DEALLOCATED,	D, PH_LOOP, PL_BLOCK_DESC,	TAIL_NONE,	1, 0, 100, 101, THIN),
	PKT(P_WSAME,		D, PH_LOOP, PL_TRIM,		TAIL_DATA,	1, 0, 100, 101, DRBD_FF_WSAME),
	PKT(P_ZEROES,		D, PH_LOOP, PL_TRIM,		TAIL_NONE,	1, 0, 100, 101, DRBD_FF_WZEROES),
	PKT(P_INITIAL_META,	M, PH_FIRST, PL_EMPTY,		TAIL_NONE,	0, 0, 80, 101, 0),
	PKT(P_INITIAL_DATA,	D, PH_FIRST, PL_EMPTY,		TAIL_NONE,	0, 0, 80, 101, 0),
	PKT(P_CONNECTION_FEATURES, D, PH_FEATURES, PL_FEATURES,	TAIL_NONE,	0, 0, 80, 101, 0),
};
#undef D
#undef M
#undef THIN

const u32 drbd_packet_table_nr = ARRAY_SIZE(drbd_packet_table);

const struct drbd_packet_info *drbd_packet_info(u16 cmd)
{
	u32 i;

	/* Up to 0x24 the number is the index; behind it there are gaps. */
	if (cmd <= P_COMPRESSED_BITMAP)
		return &drbd_packet_table[cmd];
	for (i = P_COMPRESSED_BITMAP + 1; i < drbd_packet_table_nr; i++)
		if (drbd_packet_table[i].cmd == cmd)
			return &drbd_packet_table[i];
	return NULL;
}

const char *drbd_packet_name(u16 cmd)
{
	const struct drbd_packet_info *info = drbd_packet_info(cmd);

	return info ? info->name : "unknown packet";
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

u32 drbd_header_size(u16 apv)
{
	return apv >= 100 ? 16 : 8;
}

static void set_header(struct drbd_header *h, u16 cmd, u16 volume, u32 length)
{
	h->cmd = cmd;
	h->volume = volume;
	h->length = length;
}

bool drbd_get_header(const void *buf, u16 apv, struct drbd_header *h)
{
	const u8 *b = buf;

	if (apv >= 100) {
		if (drbd_get_be32(b) != DRBD_MAGIC_100 || drbd_get_be32(b + 12))
			return false;
		set_header(h, drbd_get_be16(b + 6), drbd_get_be16(b + 4), drbd_get_be32(b + 8));
	} else if (drbd_get_be32(b) == DRBD_MAGIC) {
		set_header(h, drbd_get_be16(b + 4), 0, drbd_get_be16(b + 6));
	} else if (drbd_get_be16(b) == DRBD_MAGIC_BIG) {
		set_header(h, drbd_get_be16(b + 2), 0, drbd_get_be32(b + 4));
	} else {
		return false;
	}
	return true;
}

u32 drbd_put_header(void *buf, u16 apv, const struct drbd_header *h)
{
	u8 *b = buf;

	if (h->cmd >= P_INITIAL_META)
		apv = 80;
	if (apv >= 100) {
		drbd_put_be32(b, DRBD_MAGIC_100);
		drbd_put_be16(b + 4, h->volume);
		drbd_put_be16(b + 6, h->cmd);
		drbd_put_be32(b + 8, h->length);
		drbd_put_be32(b + 12, 0);
		return 16;
	}
	if (apv >= 95 && h->length > DRBD_MAX_SIZE_H80) {
		drbd_put_be16(b, DRBD_MAGIC_BIG);
		drbd_put_be16(b + 2, h->cmd);
		drbd_put_be32(b + 4, h->length);
		return 8;
	}
	drbd_assert(h->length <= 0xffff);
	drbd_put_be32(b, DRBD_MAGIC);
	drbd_put_be16(b + 4, h->cmd);
	drbd_put_be16(b + 6, (u16)h->length);
	return 8;
}

/* --- sizes -------------------------------------------------------------------------------------------------------------- */

static const u8 layout_byte[] = {
	[PL_EMPTY] = 0, [PL_FEATURES] = 72, [PL_PROTOCOL] = 24, [PL_RS_PARAM] = 4, [PL_SIZES] = 32, [PL_UUIDS] = 48,
	[PL_STATE] = 4, [PL_REQ_STATE] = 8, [PL_REQ_STATE_REPLY] = 4, [PL_RS_UUID] = 8, [PL_BARRIER] = 8,
	[PL_BARRIER_ACK] = 8, [PL_DATA] = 24, [PL_TRIM] = 28, [PL_BLOCK_ACK] = 24, [PL_BLOCK_REQ] = 24,
	[PL_BLOCK_DESC] = 16, [PL_DELAY_PROBE] = 8, [PL_CBITMAP] = 1,
};
#define RS_PARAM_89_BYTE (4 + 2 * ALG_NAME_MAX)
#define RS_PARAM_95_BYTE (RS_PARAM_89_BYTE + 16)
#define QLIM_BYTE 24

/* Without what TAIL_TEXT adds. */
static u32 fixed_byte_of(const struct drbd_packet_info *info, u16 apv, u32 features)
{
	if (info->cmd == P_SYNC_PARAM89)
		return apv >= 95 ? RS_PARAM_95_BYTE : RS_PARAM_89_BYTE;
	if (info->layout == PL_SIZES && features & DRBD_FF_WSAME)
		return layout_byte[PL_SIZES] + QLIM_BYTE;
	return layout_byte[info->layout];
}

/* Longest and shortest string behind the fixed part. */
static u32 text_max(const struct drbd_packet_info *info, u16 apv)
{
	if (info->tail != TAIL_TEXT)
		return 0;
	if (info->layout == PL_PROTOCOL)
		return apv >= 87 ? ALG_NAME_MAX : 0;
	return apv == 88 ? ALG_NAME_MAX : 0;
}

u32 drbd_packet_fixed(const struct drbd_packet_info *info, u16 apv, u32 features, u32 length)
{
	return info->tail == TAIL_TEXT ? length : fixed_byte_of(info, apv, features);
}

enum drbd_conns drbd_packet_failure(u8 sock)
{
	return sock == DRBD_META_SOCK ? C_NETWORK_FAILURE : C_PROTOCOL_ERROR;
}

/* Most that may follow the fixed part. */
static u32 tail_max(const struct drbd_packet_info *info, u16 apv)
{
	switch (info->tail) {
	case TAIL_TEXT:
		return text_max(info, apv);
	case TAIL_DIGEST:
		return DRBD_SOCKET_BUFFER_SIZE;
	case TAIL_DATA:
		return DRBD_MAX_BIO_SIZE + DRBD_SOCKET_BUFFER_SIZE;
	case TAIL_RAW:
		return DRBD_SOCKET_BUFFER_SIZE;
	default:
		return 0;
	}
}

enum drbd_conns drbd_packet_check(const struct drbd_header *h, u8 sock, enum drbd_phase phase, u16 apv, u32 features,
				  u32 *fixed_byte, const char **why)
{
	const struct drbd_packet_info *info = drbd_packet_info(h->cmd);
	u32 fixed;

	if (!info || info->phase != phase || !(info->sock & sock) || apv < info->apv_min || apv > info->apv_max ||
	    (info->features & ~features)) {
		*why = "unexpected packet";
		/* An unknown meta packet ends StandAlone in the original too (drbd-wire.md 2.3). */
		return sock == DRBD_META_SOCK ? C_DISCONNECTING : C_PROTOCOL_ERROR;
	}
	fixed = fixed_byte_of(info, apv, features);
	if (h->length < fixed) {
		*why = "packet too short";
		return drbd_packet_failure(sock);
	}
	if (h->length - fixed > tail_max(info, apv) || (text_max(info, apv) && h->length == fixed)) {
		*why = "packet too long";
		if (h->length == fixed)
			*why = "packet too short";
		return drbd_packet_failure(sock);
	}
	*fixed_byte = drbd_packet_fixed(info, apv, features, h->length);
	return 0;
}

/* --- layouts ------------------------------------------------------------------------------------------------------------ */

/* A string that fills what is left: 1..64 bytes, the last one NUL. */
static void get_text(struct rbuf *b, char *text, u32 *text_byte)
{
	size_t n = rbuf_left(b);

	*text_byte = (u32)n;
	if (!n || n > ALG_NAME_MAX) {
		b->bad = true;
		return;
	}
	rbuf_copy(b, text, n);
	if (text[n - 1])
		b->bad = true;
}

static void get_alg(struct rbuf *b, char *alg)
{
	rbuf_copy(b, alg, ALG_NAME_MAX);
	if (alg[ALG_NAME_MAX - 1])
		b->bad = true;
}

static void get_features(struct rbuf *b, struct drbd_p_features *p)
{
	u32 i;

	p->protocol_min = rbuf_u32(b);
	p->feature_flags = rbuf_u32(b);
	p->protocol_max = rbuf_u32(b);
	p->pad = rbuf_u32(b);
	for (i = 0; i < ARRAY_SIZE(p->reserved); i++)
		p->reserved[i] = rbuf_u64(b);
}

static void put_features(struct wbuf *b, const struct drbd_p_features *p)
{
	u32 i;

	wbuf_u32(b, p->protocol_min);
	wbuf_u32(b, p->feature_flags);
	wbuf_u32(b, p->protocol_max);
	wbuf_u32(b, p->pad);
	for (i = 0; i < ARRAY_SIZE(p->reserved); i++)
		wbuf_u64(b, p->reserved[i]);
}

static void get_protocol(struct rbuf *b, u16 apv, struct drbd_p_protocol *p)
{
	p->protocol = rbuf_u32(b);
	p->after_sb_0p = rbuf_u32(b);
	p->after_sb_1p = rbuf_u32(b);
	p->after_sb_2p = rbuf_u32(b);
	p->conn_flags = rbuf_u32(b);
	p->two_primaries = rbuf_u32(b);
	if (apv >= 87)
		get_text(b, p->integrity_alg, &p->alg_byte);
}

static void put_protocol(struct wbuf *b, u16 apv, const struct drbd_p_protocol *p)
{
	wbuf_u32(b, p->protocol);
	wbuf_u32(b, p->after_sb_0p);
	wbuf_u32(b, p->after_sb_1p);
	wbuf_u32(b, p->after_sb_2p);
	wbuf_u32(b, p->conn_flags);
	wbuf_u32(b, p->two_primaries);
	if (apv >= 87)
		wbuf_copy(b, p->integrity_alg, DRBD_MIN(p->alg_byte, (u32)ALG_NAME_MAX));
}

static void get_rs_param(struct rbuf *b, u16 apv, struct drbd_p_rs_param *p)
{
	p->resync_rate = rbuf_u32(b);
	if (apv == 88)
		get_text(b, p->verify_alg, &p->alg_byte);
	if (apv >= 89) {
		get_alg(b, p->verify_alg);
		get_alg(b, p->csums_alg);
	}
	if (apv >= 95) {
		p->c_plan_ahead = rbuf_u32(b);
		p->c_delay_target = rbuf_u32(b);
		p->c_fill_target = rbuf_u32(b);
		p->c_max_rate = rbuf_u32(b);
	}
}

static void put_rs_param(struct wbuf *b, u16 apv, const struct drbd_p_rs_param *p)
{
	wbuf_u32(b, p->resync_rate);
	if (apv == 88)
		wbuf_copy(b, p->verify_alg, DRBD_MIN(p->alg_byte, (u32)ALG_NAME_MAX));
	if (apv >= 89) {
		wbuf_copy(b, p->verify_alg, ALG_NAME_MAX);
		wbuf_copy(b, p->csums_alg, ALG_NAME_MAX);
	}
	if (apv >= 95) {
		wbuf_u32(b, p->c_plan_ahead);
		wbuf_u32(b, p->c_delay_target);
		wbuf_u32(b, p->c_fill_target);
		wbuf_u32(b, p->c_max_rate);
	}
}

static void get_sizes(struct rbuf *b, u32 features, struct drbd_p_sizes *p)
{
	p->d_size = rbuf_u64(b);
	p->u_size = rbuf_u64(b);
	p->c_size = rbuf_u64(b);
	p->max_bio_size = rbuf_u32(b);
	p->queue_order_type = rbuf_u16(b);
	p->dds_flags = rbuf_u16(b);
	if (!(features & DRBD_FF_WSAME))
		return;
	p->physical_block_size = rbuf_u32(b);
	p->logical_block_size = rbuf_u32(b);
	p->alignment_offset = rbuf_u32(b);
	p->io_min = rbuf_u32(b);
	p->io_opt = rbuf_u32(b);
	p->discard_enabled = rbuf_u8(b);
	p->discard_zeroes_data = rbuf_u8(b);
	p->write_same_capable = rbuf_u8(b);
	p->pad = rbuf_u8(b);
}

static void put_sizes(struct wbuf *b, u32 features, const struct drbd_p_sizes *p)
{
	wbuf_u64(b, p->d_size);
	wbuf_u64(b, p->u_size);
	wbuf_u64(b, p->c_size);
	wbuf_u32(b, p->max_bio_size);
	wbuf_u16(b, p->queue_order_type);
	wbuf_u16(b, p->dds_flags);
	if (!(features & DRBD_FF_WSAME))
		return;
	wbuf_u32(b, p->physical_block_size);
	wbuf_u32(b, p->logical_block_size);
	wbuf_u32(b, p->alignment_offset);
	wbuf_u32(b, p->io_min);
	wbuf_u32(b, p->io_opt);
	wbuf_u8(b, p->discard_enabled);
	wbuf_u8(b, p->discard_zeroes_data);
	wbuf_u8(b, p->write_same_capable);
	wbuf_u8(b, p->pad);
}

static void get_uuids(struct rbuf *b, struct drbd_p_uuids *p)
{
	u32 i;

	for (i = 0; i < UI_SIZE; i++)
		p->uuid[i] = rbuf_u64(b);
	p->bits_set = rbuf_u64(b);
	p->flags = rbuf_u64(b);
}

static void put_uuids(struct wbuf *b, const struct drbd_p_uuids *p)
{
	u32 i;

	for (i = 0; i < UI_SIZE; i++)
		wbuf_u64(b, p->uuid[i]);
	wbuf_u64(b, p->bits_set);
	wbuf_u64(b, p->flags);
}

static void get_data(struct rbuf *b, bool with_size, struct drbd_p_data *p)
{
	p->sector = rbuf_u64(b);
	p->block_id = rbuf_u64(b);
	p->seq_num = rbuf_u32(b);
	p->dp_flags = rbuf_u32(b);
	p->size_byte = with_size ? rbuf_u32(b) : 0;
}

static void put_data(struct wbuf *b, bool with_size, const struct drbd_p_data *p)
{
	wbuf_u64(b, p->sector);
	wbuf_u64(b, p->block_id);
	wbuf_u32(b, p->seq_num);
	wbuf_u32(b, p->dp_flags);
	if (with_size)
		wbuf_u32(b, p->size_byte);
}

static void get_layout(struct rbuf *b, u8 layout, u16 apv, u32 features, struct drbd_pkt *pkt)
{
	switch (layout) {
	case PL_EMPTY:
		break;
	case PL_FEATURES:
		get_features(b, &pkt->u.features);
		break;
	case PL_PROTOCOL:
		get_protocol(b, apv, &pkt->u.protocol);
		break;
	case PL_RS_PARAM:
		get_rs_param(b, apv, &pkt->u.rs_param);
		break;
	case PL_SIZES:
		get_sizes(b, features, &pkt->u.sizes);
		break;
	case PL_UUIDS:
		get_uuids(b, &pkt->u.uuids);
		break;
	case PL_STATE:
		pkt->u.state = rbuf_u32(b);
		break;
	case PL_REQ_STATE:
		pkt->u.req_state.mask = rbuf_u32(b);
		pkt->u.req_state.val = rbuf_u32(b);
		break;
	case PL_REQ_STATE_REPLY:
		pkt->u.retcode = (s32)rbuf_u32(b);
		break;
	case PL_RS_UUID:
		pkt->u.uuid = rbuf_u64(b);
		break;
	case PL_BARRIER:
		pkt->u.barrier.barrier = rbuf_u32(b);
		pkt->u.barrier.pad = rbuf_u32(b);
		break;
	case PL_BARRIER_ACK:
		pkt->u.barrier_ack.barrier = rbuf_u32(b);
		pkt->u.barrier_ack.set_size = rbuf_u32(b);
		break;
	case PL_DATA:
	case PL_TRIM:
		get_data(b, layout == PL_TRIM, &pkt->u.data);
		break;
	case PL_BLOCK_ACK:
		pkt->u.ack.sector = rbuf_u64(b);
		pkt->u.ack.block_id = rbuf_u64(b);
		pkt->u.ack.blksize = rbuf_u32(b);
		pkt->u.ack.seq_num = rbuf_u32(b);
		break;
	case PL_BLOCK_REQ:
		pkt->u.req.sector = rbuf_u64(b);
		pkt->u.req.block_id = rbuf_u64(b);
		pkt->u.req.blksize = rbuf_u32(b);
		pkt->u.req.pad = rbuf_u32(b);
		break;
	case PL_BLOCK_DESC:
		pkt->u.desc.sector = rbuf_u64(b);
		pkt->u.desc.blksize = rbuf_u32(b);
		pkt->u.desc.pad = rbuf_u32(b);
		break;
	case PL_DELAY_PROBE:
		pkt->u.delay.seq_num = rbuf_u32(b);
		pkt->u.delay.offset_us = rbuf_u32(b);
		break;
	case PL_CBITMAP:
		pkt->u.encoding = rbuf_u8(b);
		break;
	}
}

static void put_layout(struct wbuf *b, u8 layout, u16 apv, u32 features, const struct drbd_pkt *pkt)
{
	switch (layout) {
	case PL_EMPTY:
		break;
	case PL_FEATURES:
		put_features(b, &pkt->u.features);
		break;
	case PL_PROTOCOL:
		put_protocol(b, apv, &pkt->u.protocol);
		break;
	case PL_RS_PARAM:
		put_rs_param(b, apv, &pkt->u.rs_param);
		break;
	case PL_SIZES:
		put_sizes(b, features, &pkt->u.sizes);
		break;
	case PL_UUIDS:
		put_uuids(b, &pkt->u.uuids);
		break;
	case PL_STATE:
		wbuf_u32(b, pkt->u.state);
		break;
	case PL_REQ_STATE:
		wbuf_u32(b, pkt->u.req_state.mask);
		wbuf_u32(b, pkt->u.req_state.val);
		break;
	case PL_REQ_STATE_REPLY:
		wbuf_u32(b, (u32)pkt->u.retcode);
		break;
	case PL_RS_UUID:
		wbuf_u64(b, pkt->u.uuid);
		break;
	case PL_BARRIER:
		wbuf_u32(b, pkt->u.barrier.barrier);
		wbuf_u32(b, pkt->u.barrier.pad);
		break;
	case PL_BARRIER_ACK:
		wbuf_u32(b, pkt->u.barrier_ack.barrier);
		wbuf_u32(b, pkt->u.barrier_ack.set_size);
		break;
	case PL_DATA:
	case PL_TRIM:
		put_data(b, layout == PL_TRIM, &pkt->u.data);
		break;
	case PL_BLOCK_ACK:
		wbuf_u64(b, pkt->u.ack.sector);
		wbuf_u64(b, pkt->u.ack.block_id);
		wbuf_u32(b, pkt->u.ack.blksize);
		wbuf_u32(b, pkt->u.ack.seq_num);
		break;
	case PL_BLOCK_REQ:
		wbuf_u64(b, pkt->u.req.sector);
		wbuf_u64(b, pkt->u.req.block_id);
		wbuf_u32(b, pkt->u.req.blksize);
		wbuf_u32(b, pkt->u.req.pad);
		break;
	case PL_BLOCK_DESC:
		wbuf_u64(b, pkt->u.desc.sector);
		wbuf_u32(b, pkt->u.desc.blksize);
		wbuf_u32(b, pkt->u.desc.pad);
		break;
	case PL_DELAY_PROBE:
		wbuf_u32(b, pkt->u.delay.seq_num);
		wbuf_u32(b, pkt->u.delay.offset_us);
		break;
	case PL_CBITMAP:
		wbuf_u8(b, pkt->u.encoding);
		break;
	}
}

bool drbd_get_packet(const struct drbd_header *h, u16 apv, u32 features, const void *fixed, u32 fixed_byte,
		     struct drbd_pkt *pkt)
{
	const struct drbd_packet_info *info = drbd_packet_info(h->cmd);
	struct drbd_pkt got;
	struct rbuf b;

	if (!info || h->length < fixed_byte)
		return false;
	memset(&got, 0, sizeof(got));
	got.cmd = h->cmd;
	got.volume = h->volume;
	got.tail_byte = h->length - fixed_byte;
	rbuf_init(&b, fixed, fixed_byte);
	get_layout(&b, info->layout, apv, features, &got);
	if (!rbuf_done(&b))
		return false;
	*pkt = got;
	return true;
}

u32 drbd_put_packet(const struct drbd_pkt *pkt, u16 apv, u32 features, void *buf, u32 size_byte)
{
	const struct drbd_packet_info *info = drbd_packet_info(pkt->cmd);
	struct drbd_header h;
	struct wbuf b;
	u32 head;

	if (!info || apv < info->apv_min || apv > info->apv_max)
		return 0;
	head = drbd_header_size(pkt->cmd >= P_INITIAL_META ? 80 : apv);
	wbuf_init(&b, buf, size_byte);
	if (!wbuf_room(&b, head))
		return 0;
	put_layout(&b, info->layout, apv, features, pkt);
	if (!wbuf_ok(&b))
		return 0;
	h.cmd = pkt->cmd;
	h.volume = pkt->volume;
	h.length = (u32)wbuf_size(&b) - head + pkt->tail_byte;
	drbd_put_header(buf, apv, &h);
	return (u32)wbuf_size(&b);
}

/* --- ranges ----------------------------------------------------------------------------------------------------------------- */

static int range_ok(u64 sector, u32 size_byte, u32 max_byte, u64 capacity_sect)
{
	if (size_byte & 511 || size_byte > max_byte)
		return -EINVAL;
	if (sector > capacity_sect || size_byte >> 9 > capacity_sect - sector)
		return -EINVAL;
	return 0;
}

int drbd_packet_range(const struct drbd_pkt *pkt, u32 digest_byte, u64 capacity_sect, u32 *size_byte)
{
	const struct drbd_packet_info *info = drbd_packet_info(pkt->cmd);
	u32 size, max = DRBD_MAX_BIO_SIZE;
	u64 sector;

	if (!info)
		return -EINVAL;
	switch (info->layout) {
	case PL_DATA:
		if (pkt->tail_byte < digest_byte)
			return -EINVAL;
		sector = pkt->u.data.sector;
		size = pkt->tail_byte - digest_byte;
		if (!size && !(pkt->cmd == P_DATA && pkt->u.data.dp_flags & DP_FLUSH))
			return -EINVAL;
		break;
	case PL_TRIM:
		sector = pkt->u.data.sector;
		size = pkt->u.data.size_byte;
		max = DRBD_MAX_BATCH_SIZE;
		if (!size || (pkt->cmd != P_WSAME && pkt->tail_byte))
			return -EINVAL;
		break;
	case PL_BLOCK_REQ:
		sector = pkt->u.req.sector;
		size = pkt->u.req.blksize;
		if (!size || pkt->tail_byte != (info->tail == TAIL_DIGEST ? digest_byte : 0))
			return -EINVAL;
		break;
	case PL_BLOCK_DESC:
		sector = pkt->u.desc.sector;
		size = pkt->u.desc.blksize;
		max = DRBD_MAX_BATCH_SIZE;
		if (!size)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (range_ok(sector, size, max, capacity_sect))
		return -EINVAL;
	*size_byte = size;
	return 0;
}
