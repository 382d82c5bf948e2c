/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that two nodes, or the module and the tools, share: packets, protocol versions, features, magics, states
 * and the state word, result codes. Sources: drbd-wire.md 2 and 3, drbd-states.md 1 and 11, drbd-netlink.md 5.1.
 */
#ifndef DRBD_PROTOCOL_H
#define DRBD_PROTOCOL_H

#include "drbd_port.h"

#define DRBD_PRO_VERSION_MIN	86
#define DRBD_PRO_VERSION_MAX	101
#define DRBD_API_VERSION	1
#define DRBD_MAJOR		147

#define DRBD_MAGIC		0x83740267u	/* h80 */
#define DRBD_MAGIC_BIG		0x835a		/* h95, 16 bits */
#define DRBD_MAGIC_100		0x8620ec20u	/* h100 */

#define DRBD_FF_TRIM		1u
#define DRBD_FF_THIN_RESYNC	2u
#define DRBD_FF_WSAME		4u
#define DRBD_FF_WZEROES		8u
#define DRBD_FF_ALL		(DRBD_FF_TRIM | DRBD_FF_THIN_RESYNC | DRBD_FF_WSAME | DRBD_FF_WZEROES)

#define ID_SYNCER		(~0ull)		/* block id of resync traffic */
#define ID_IN_SYNC		4711ull		/* block id in P_OV_RESULT */
#define ID_OUT_OF_SYNC		4712ull

#define UUID_JUST_CREATED	4ull
#define UUID_NEW_BM_OFFSET	0x0001000000000000ull
#define UUID_PRIMARY		1ull		/* bit 0: a flag, masked in comparisons */

/* Lengths with the NUL. */
#define SHARED_SECRET_MAX	64
#define ALG_NAME_MAX		64
#define DRBD_CPU_MASK_SIZE	32
#define DRBD_PATH_MAX		128

#define DRBD_SOCKET_BUFFER_SIZE	4096		/* header and fixed struct fit in it */
#define DRBD_MAX_BIO_SIZE	(1u << 20)	/* apv >= 100 */
#define DRBD_MAX_BIO_SIZE_P95	(128u << 10)
#define DRBD_MAX_SIZE_H80	(32u << 10)
#define DRBD_MAX_BATCH_SIZE	(128u << 20)	/* discard, write-zeroes, write-same with FF_WSAME */
#define DRBD_MAX_DISCARD_SIZE	(4u << 20)	/* discard without FF_WSAME */
#define DRBD_VOLUME_MAX		65535
#define DRBD_MINOR_MAX		((1u << 20) - 1)
#define DRBD_AUTH_CHALLENGE_SIZE 64
#define DRBD_AUTH_CHALLENGE_MAX	128

enum drbd_packet {
	P_DATA			= 0x00,
	P_DATA_REPLY		= 0x01,
	P_RS_DATA_REPLY		= 0x02,
	P_BARRIER		= 0x03,
	P_BITMAP		= 0x04,
	P_BECOME_SYNC_TARGET	= 0x05,	/* obsolete: receiving it is an error */
	P_BECOME_SYNC_SOURCE	= 0x06,	/* obsolete: receiving it is an error */
	P_UNPLUG_REMOTE		= 0x07,
	P_DATA_REQUEST		= 0x08,
	P_RS_DATA_REQUEST	= 0x09,
	P_SYNC_PARAM		= 0x0a,
	P_PROTOCOL		= 0x0b,
	P_UUIDS			= 0x0c,
	P_SIZES			= 0x0d,
	P_STATE			= 0x0e,
	P_SYNC_UUID		= 0x0f,
	P_AUTH_CHALLENGE	= 0x10,
	P_AUTH_RESPONSE		= 0x11,
	P_STATE_CHG_REQ		= 0x12,
	P_PING			= 0x13,
	P_PING_ACK		= 0x14,
	P_RECV_ACK		= 0x15,
	P_WRITE_ACK		= 0x16,
	P_RS_WRITE_ACK		= 0x17,
	P_SUPERSEDED		= 0x18,
	P_NEG_ACK		= 0x19,
	P_NEG_DREPLY		= 0x1a,
	P_NEG_RS_DREPLY		= 0x1b,
	P_BARRIER_ACK		= 0x1c,
	P_STATE_CHG_REPLY	= 0x1d,
	P_OV_REQUEST		= 0x1e,
	P_OV_REPLY		= 0x1f,
	P_OV_RESULT		= 0x20,
	P_CSUM_RS_REQUEST	= 0x21,
	P_RS_IS_IN_SYNC		= 0x22,
	P_SYNC_PARAM89		= 0x23,
	P_COMPRESSED_BITMAP	= 0x24,
	P_DELAY_PROBE		= 0x27,	/* on both sockets; ignored */
	P_OUT_OF_SYNC		= 0x28,
	P_RS_CANCEL		= 0x29,
	P_CONN_ST_CHG_REQ	= 0x2a,
	P_CONN_ST_CHG_REPLY	= 0x2b,
	P_RETRY_WRITE		= 0x2c,
	P_PROTOCOL_UPDATE	= 0x2d,
	P_TRIM			= 0x31,
	P_RS_THIN_REQ		= 0x32,
	P_RS_DEALLOCATED	= 0x33,
	P_WSAME			= 0x34,
	P_ZEROES		= 0x36,
	P_INITIAL_META		= 0xfff1,
	P_INITIAL_DATA		= 0xfff2,
	P_CONNECTION_FEATURES	= 0xfffe
};

/* dp_flags of P_DATA, P_TRIM, P_ZEROES, P_WSAME (drbd-wire.md 5.2). */
enum drbd_dp_flag {
	DP_HARDBARRIER		= 1 << 0,	/* obsolete */
	DP_RW_SYNC		= 1 << 1,
	DP_MAY_SET_IN_SYNC	= 1 << 2,
	DP_UNPLUG		= 1 << 3,	/* obsolete */
	DP_FUA			= 1 << 4,
	DP_FLUSH		= 1 << 5,
	DP_DISCARD		= 1 << 6,
	DP_SEND_RECEIVE_ACK	= 1 << 7,
	DP_SEND_WRITE_ACK	= 1 << 8,
	DP_WSAME		= 1 << 9,
	DP_ZEROES		= 1 << 10
};

/* conn_flags of P_PROTOCOL. */
#define CF_DISCARD_MY_DATA	1u
#define CF_DRY_RUN		2u

/* dds_flags of P_SIZES. */
#define DDSF_FORCED		1u
#define DDSF_NO_RESYNC		2u

/* flags of P_UUIDS. */
#define UUID_FLAG_DISCARD_MY_DATA	1u
#define UUID_FLAG_CRASHED_PRIMARY	2u
#define UUID_FLAG_INCONSISTENT		4u
#define UUID_FLAG_SKIP_INITIAL_SYNC	8u

enum drbd_wire_protocol { DRBD_PROT_A = 1, DRBD_PROT_B = 2, DRBD_PROT_C = 3 };

enum drbd_io_error_p { EP_PASS_ON, EP_CALL_HELPER, EP_DETACH };
enum drbd_fencing_p { FP_DONT_CARE, FP_RESOURCE, FP_STONITH, FP_NOT_AVAIL = 255 };
enum drbd_on_no_data { OND_IO_ERROR, OND_SUSPEND_IO };
#define RB_CONGESTED_REMOTE 4	/* read-balancing when-congested-remote */
enum drbd_on_congestion { OC_BLOCK, OC_PULL_AHEAD, OC_DISCONNECT };

enum drbd_after_sb_p {
	ASB_DISCONNECT,
	ASB_DISCARD_YOUNGER_PRI,
	ASB_DISCARD_OLDER_PRI,
	ASB_DISCARD_ZERO_CHG,
	ASB_DISCARD_LEAST_CHG,
	ASB_DISCARD_LOCAL,
	ASB_DISCARD_REMOTE,
	ASB_CONSENSUS,
	ASB_DISCARD_SECONDARY,
	ASB_CALL_HELPER,
	ASB_VIOLENTLY
};

enum drbd_role { R_UNKNOWN, R_PRIMARY, R_SECONDARY, R_MASK = 3 };

/* The order matters; ranges are compared (drbd-states.md 1.2). */
enum drbd_conns {
	C_STANDALONE,
	C_DISCONNECTING,
	C_UNCONNECTED,
	C_TIMEOUT,
	C_BROKEN_PIPE,
	C_NETWORK_FAILURE,
	C_PROTOCOL_ERROR,
	C_TEAR_DOWN,
	C_WF_CONNECTION,
	C_WF_REPORT_PARAMS,
	C_CONNECTED,
	C_STARTING_SYNC_S,
	C_STARTING_SYNC_T,
	C_WF_BITMAP_S,
	C_WF_BITMAP_T,
	C_WF_SYNC_UUID,
	C_SYNC_SOURCE,
	C_SYNC_TARGET,
	C_VERIFY_S,
	C_VERIFY_T,
	C_PAUSED_SYNC_S,
	C_PAUSED_SYNC_T,
	C_AHEAD,
	C_BEHIND,
	C_MASK = 31
};

enum drbd_disk_state {
	D_DISKLESS,
	D_ATTACHING,
	D_FAILED,
	D_NEGOTIATING,
	D_INCONSISTENT,
	D_OUTDATED,
	D_UNKNOWN,
	D_CONSISTENT,
	D_UP_TO_DATE,
	D_MASK = 15
};

/*
 * The state word of one volume: on the wire (P_STATE, mask and val of requests, big-endian) and in netlink. `i` has
 * the same value on every machine (drbd-states.md 1.4).
 */
union drbd_state {
	struct {
#if DRBD_LITTLE_BITFIELDS
		u32 role:2, peer:2, conn:5, disk:4, pdsk:4;
		u32 susp:1, aftr_isp:1, peer_isp:1, user_isp:1, susp_nod:1, susp_fen:1, unused:9;
#else
		u32 unused:9, susp_fen:1, susp_nod:1, user_isp:1, peer_isp:1, aftr_isp:1, susp:1;
		u32 pdsk:4, disk:4, conn:5, peer:2, role:2;
#endif
	};
	u32 i;
};

/* The same as numbers, to build masks and values of requests. */
#define DS_ROLE(r)	((u32)(r))
#define DS_PEER(r)	((u32)(r) << 2)
#define DS_CONN(c)	((u32)(c) << 4)
#define DS_DISK(d)	((u32)(d) << 9)
#define DS_PDSK(d)	((u32)(d) << 13)
#define DS_SUSP		(1u << 17)
#define DS_AFTR_ISP	(1u << 18)
#define DS_PEER_ISP	(1u << 19)
#define DS_USER_ISP	(1u << 20)
#define DS_SUSP_NOD	(1u << 21)
#define DS_SUSP_FEN	(1u << 22)
#define DS_ISP		(DS_AFTR_ISP | DS_PEER_ISP | DS_USER_ISP)
#define DS_SUSPENDED	(DS_SUSP | DS_SUSP_NOD | DS_SUSP_FEN)

/* Results of state changes: >= SS_SUCCESS is success. Texts: drbd_ss_text(). */
enum drbd_state_rv {
	SS_CW_NO_NEED		= 4,
	SS_CW_SUCCESS		= 3,
	SS_NOTHING_TO_DO	= 2,
	SS_SUCCESS		= 1,
	SS_UNKNOWN_ERROR	= 0,	/* internal: keep waiting */
	SS_TWO_PRIMARIES	= -1,
	SS_NO_UP_TO_DATE_DISK	= -2,
	SS_NO_LOCAL_DISK	= -4,
	SS_NO_REMOTE_DISK	= -5,
	SS_CONNECTED_OUTDATES	= -6,
	SS_PRIMARY_NOP		= -7,
	SS_RESYNC_RUNNING	= -8,
	SS_ALREADY_STANDALONE	= -9,
	SS_CW_FAILED_BY_PEER	= -10,
	SS_IS_DISKLESS		= -11,
	SS_DEVICE_IN_USE	= -12,
	SS_NO_NET_CONFIG	= -13,
	SS_NO_VERIFY_ALG	= -14,
	SS_NEED_CONNECTION	= -15,
	SS_LOWER_THAN_OUTDATED	= -16,
	SS_NOT_SUPPORTED	= -17,
	SS_IN_TRANSIENT_STATE	= -18,
	SS_CONCURRENT_ST_CHG	= -19,
	SS_O_VOL_PEER_PRI	= -20,
	SS_OUTDATE_WO_CONN	= -21
};
#define SS_LOWEST (-21)

/* Results of configuration commands (ret_code of netlink). Texts: drbd_err_text(). */
enum drbd_ret_code {
	NO_ERROR			= 101,
	ERR_LOCAL_ADDR			= 102,
	ERR_PEER_ADDR			= 103,
	ERR_OPEN_DISK			= 104,
	ERR_OPEN_MD_DISK		= 105,
	ERR_DISK_NOT_BDEV		= 107,
	ERR_MD_NOT_BDEV			= 108,
	ERR_DISK_TOO_SMALL		= 111,
	ERR_MD_DISK_TOO_SMALL		= 112,
	ERR_BDCLAIM_DISK		= 114,
	ERR_BDCLAIM_MD_DISK		= 115,
	ERR_MD_IDX_INVALID		= 116,
	ERR_IO_MD_DISK			= 118,
	ERR_MD_INVALID			= 119,
	ERR_AUTH_ALG			= 120,
	ERR_AUTH_ALG_ND			= 121,
	ERR_NOMEM			= 122,
	ERR_DISCARD_IMPOSSIBLE		= 123,
	ERR_DISK_CONFIGURED		= 124,
	ERR_NET_CONFIGURED		= 125,
	ERR_MANDATORY_TAG		= 126,
	ERR_MINOR_INVALID		= 127,
	ERR_INTR			= 129,
	ERR_RESIZE_RESYNC		= 130,
	ERR_NO_PRIMARY			= 131,
	ERR_RESYNC_AFTER		= 132,
	ERR_RESYNC_AFTER_CYCLE		= 133,
	ERR_PAUSE_IS_SET		= 134,
	ERR_PAUSE_IS_CLEAR		= 135,
	ERR_PACKET_NR			= 137,
	ERR_NO_DISK			= 138,
	ERR_NOT_PROTO_C			= 139,
	ERR_NOMEM_BITMAP		= 140,
	ERR_INTEGRITY_ALG		= 141,
	ERR_INTEGRITY_ALG_ND		= 142,
	ERR_CPU_MASK_PARSE		= 143,
	ERR_CSUMS_ALG			= 144,
	ERR_CSUMS_ALG_ND		= 145,
	ERR_VERIFY_ALG			= 146,
	ERR_VERIFY_ALG_ND		= 147,
	ERR_CSUMS_RESYNC_RUNNING	= 148,
	ERR_VERIFY_RUNNING		= 149,
	ERR_DATA_NOT_CURRENT		= 150,
	ERR_CONNECTED			= 151,
	ERR_PERM			= 152,
	ERR_NEED_APV_93			= 153,
	ERR_STONITH_AND_PROT_A		= 154,
	ERR_CONG_NOT_PROTO_A		= 155,
	ERR_PIC_AFTER_DEP		= 156,
	ERR_PIC_PEER_DEP		= 157,
	ERR_RES_NOT_KNOWN		= 158,
	ERR_RES_IN_USE			= 159,
	ERR_MINOR_CONFIGURED		= 160,
	ERR_MINOR_OR_VOLUME_EXISTS	= 161,
	ERR_INVALID_REQUEST		= 162,
	ERR_NEED_APV_100		= 163,
	ERR_NEED_ALLOW_TWO_PRI		= 164,
	ERR_MD_UNCLEAN			= 165,
	ERR_MD_LAYOUT_CONNECTED		= 166,
	ERR_MD_LAYOUT_TOO_BIG		= 167,
	ERR_MD_LAYOUT_TOO_SMALL		= 168,
	ERR_MD_LAYOUT_NO_FIT		= 169,
	ERR_IMPLICIT_SHRINK		= 170
};

/* Flags of the super block (drbd-metadata.md, drbd-states.md 1.5). */
enum drbd_md_flag {
	MDF_CONSISTENT		= 1 << 0,
	MDF_PRIMARY_IND		= 1 << 1,
	MDF_CONNECTED_IND	= 1 << 2,
	MDF_FULL_SYNC		= 1 << 3,
	MDF_WAS_UP_TO_DATE	= 1 << 4,
	MDF_PEER_OUT_DATED	= 1 << 5,
	MDF_CRASHED_PRIMARY	= 1 << 6,
	MDF_AL_CLEAN		= 1 << 7,
	MDF_AL_DISABLED		= 1 << 8
};

#endif
