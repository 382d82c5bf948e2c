/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two nodes agree on when they meet, and later again: version and features, authentication, connection
 * parameters, resync parameters, sizes, generation identifiers, and the decisions on a received P_STATE.
 * Source: drbd-wire.md 3, 4. Packets are decoded (drbd_packet.h); the shell sends and stores.
 */
#ifndef DRBD_HANDSHAKE_H
#define DRBD_HANDSHAKE_H

#include "drbd_state.h"

/* How a step of the handshake ended; drbd-wire.md 1.5. */
enum drbd_hs { HS_OK, HS_TRY_AGAIN, HS_GIVE_UP };

/* Role of the two sockets (1.3): what to do with a fresh one. */
enum drbd_first { FIRST_ADOPT, FIRST_REPLACE, FIRST_DROP };
/* Own connect() succeeded: the packet to send; P_INITIAL_META clears the RC flag. */
enum drbd_packet drbd_first_packet(bool have_data_sock, bool *clear_rc_flag);
/* An accepted socket said cmd. ADOPT: use it; REPLACE: close the own one, use it, then flip; DROP: close it, then flip. */
enum drbd_first drbd_first_received(u16 cmd, bool have_data_sock, bool have_meta_sock, bool *set_rc_flag);

/* --- features (4.2) ----------------------------------------------------------------------------------------------- */

void drbd_features_packet(struct drbd_pkt *pkt);
/* h: header of the packet received, p its content. *apv and *features are the agreed ones on HS_OK. */
enum drbd_hs drbd_features_agree(const struct drbd_header *h, const struct drbd_p_features *p, u16 *apv,
				 u32 *features);

/* --- authentication (4.3) ------------------------------------------------------------------------------------------ */

#define DRBD_DIGEST_MAX 64

/* hmac(alg) over data with the shared secret; writes drbd_auth.digest_byte bytes; 0 or -errno. The caller's. */
typedef int (*drbd_hmac_fn)(void *arg, const void *data, u32 size_byte, u8 *digest);

struct drbd_auth {
	u8 challenge[DRBD_AUTH_CHALLENGE_SIZE];	/* own; shell fills in random bytes */
	u8 response[DRBD_DIGEST_MAX];		/* to send, after drbd_auth_challenge() */
	u32 digest_byte;			/* shell */
	drbd_hmac_fn hmac;			/* shell */
	void *arg;
};
/* 1. send P_AUTH_CHALLENGE(challenge). 2. a header arrived: may its payload be read? */
enum drbd_hs drbd_auth_challenge_header(const struct drbd_header *h);
/* 3. its payload; HS_OK: send P_AUTH_RESPONSE(response, digest_byte). */
enum drbd_hs drbd_auth_challenge(struct drbd_auth *a, const u8 *challenge, u32 size_byte);
/* 4. a header arrived. 5. its payload; HS_OK: the peer knows the secret. */
enum drbd_hs drbd_auth_response_header(const struct drbd_auth *a, const struct drbd_header *h);
enum drbd_hs drbd_auth_response(struct drbd_auth *a, const u8 *response);

/* --- P_PROTOCOL (4.4) ------------------------------------------------------------------------------------------------ */

/* False: dry run was asked for and the peer is too old (HS_GIVE_UP). update: P_PROTOCOL_UPDATE. */
bool drbd_protocol_packet(const struct drbd_conn_state *conn, bool update, struct drbd_pkt *pkt);
/* NULL: compatible, CNF_DRY_RUN is set if the peer asks for it. Else the name of the option that differs -> StandAlone. */
const char *drbd_protocol_check(struct drbd_conn_state *conn, const struct drbd_p_protocol *p);
/* P_PROTOCOL_UPDATE: takes it over. False: it holds a number out of range -> C_PROTOCOL_ERROR. */
bool drbd_protocol_update(struct drbd_net_conf *net, const struct drbd_p_protocol *p);

/* --- P_SYNC_PARAM (4.5) ------------------------------------------------------------------------------------------------- */

void drbd_sync_param_packet(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol, struct drbd_pkt *pkt);
struct drbd_sync_param_verdict {
	const char *stand_alone;	/* option that differs in the handshake -> C_DISCONNECTING */
	u8 verify_alg_changed, csums_alg_changed;	/* instantiate; then take over; failure -> C_DISCONNECTING */
	u8 plan_changed;		/* drbd_rs_ctl_resize() */
};
/* new_disk, new_net: copies that the shell made of its configuration; changed here, to be put in force if !stand_alone. */
void drbd_sync_param_received(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
			      const struct drbd_p_rs_param *p, struct drbd_disk_conf *new_disk,
			      struct drbd_net_conf *new_net, struct drbd_sync_param_verdict *v);

/* --- P_SIZES (4.6) ---------------------------------------------------------------------------------------------------------- */

struct drbd_size_state {
	u64 own_max_sect;	/* backing device after meta-data, 0: none usable (disk < Negotiating) */
	u64 peer_max_sect;	/* last d_size of the peer */
	u64 agreed_sect;	/* last agreed size, from meta-data */
	u64 user_sect;		/* own configured limit, 0: none */
	u64 capacity_sect;	/* of the DRBD device now */
	u32 own_max_bio;	/* bytes: backing device's limit, 0: no disk */
	u32 peer_max_bio;	/* bytes: last known limit of the peer */
};
/* The combined size. *user_too_big: the limit is larger than possible (log; it is ignored). connected: conn >= Connected... */
u64 drbd_new_size(const struct drbd_size_state *s, u64 user_sect, bool forced, bool connected, bool *user_too_big);

/* ask: c_size 0, to force an answer. The o_qlim fields are the shell's to fill in if DRBD_FF_WSAME is agreed. */
void drbd_sizes_packet(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
		       const struct drbd_size_state *s, bool ask, u16 dds_flags, struct drbd_pkt *pkt);

struct drbd_sizes_verdict {
	u8 stand_alone;		/* -> C_DISCONNECTING, *why says it */
	u8 set_user;		/* store user_sect as own limit (disk_size) and in meta-data */
	u8 set_size;		/* size_sect is the new capacity: resize bitmap (new bits set unless no_resync), persist, export;
				 * then it is s->capacity_sect and, with a disk, s->agreed_sect */
	u8 no_resync;
	u8 answer;		/* send own P_SIZES with the same dds_flags */
	u8 grow_resync;		/* start a resync of the new space: drbd_resync_side_of_growth() */
	u8 size_differs_much;	/* log */
	u8 user_too_big;	/* log */
	u64 user_sect, size_sect;
	const char *why;
};
/* peer_max_sect and peer_max_bio in s are updated; flags of vol may change (VF_RESIZE_PENDING, VF_RESYNC_AFTER_NEG). */
void drbd_sizes_received(struct drbd_conn_state *conn, struct drbd_vol_state *vol, struct drbd_size_state *s,
			 const struct drbd_p_sizes *p, struct drbd_sizes_verdict *v);
/* Largest request in bytes that may be offered to the upper layers now. */
u32 drbd_max_bio(const struct drbd_conn_state *conn, const struct drbd_size_state *s);
/* Peer's limit by version: value it sent and apv in, effective one out. */
u32 drbd_peer_max_bio(u16 apv, u32 sent);
/* Largest discard in bytes; 0: discards must not be sent. */
u32 drbd_max_discard(const struct drbd_conn_state *conn);

/* --- P_UUIDS (4.7) -------------------------------------------------------------------------------------------------------------- */

/* bits_set is remembered in vol. extra: UUID_FLAG_SKIP_INITIAL_SYNC or 0. Only if own disk >= Negotiating. */
void drbd_uuids_packet(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 bits_set, u32 extra,
		       struct drbd_pkt *pkt);
enum drbd_uuids_do {
	UUIDS_STORED,
	UUIDS_STAND_ALONE,	/* Primary without good data: others than it worked on -> C_DISCONNECTING */
	UUIDS_SKIP_SYNC		/* clear the bitmap and write it; write super block; apply tr (done in vol) */
};
/* tr is filled in for UUIDS_SKIP_SYNC (both disks UpToDate). */
enum drbd_uuids_do drbd_uuids_received(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				       const struct drbd_p_uuids *p, struct drbd_transition *tr);

/* --- P_STATE (4.9) ---------------------------------------------------------------------------------------------------------------- */

void drbd_state_packet(const struct drbd_vol_state *vol, union drbd_state state, struct drbd_pkt *pkt);

enum drbd_recv_state_do {
	RS_APPLY,		/* drbd_recv_state_apply() */
	RS_SYNC,		/* first do rs.sync: run the helpers, set all bits; then RS_APPLY. rs.set_bits_failed: set it if
				 * that failed */
	RS_TRY_DEMOTE,		/* run rs.sync.helpers, request role Secondary (plain, one try), set rs.demote to 1 or -1, then
				 * drbd_recv_state_begin() again with the same rs: its helpers are those still to be run */
	RS_FINISH_RESYNC,	/* the peer finished: finish the resync, nothing else */
	RS_FINISH_VERIFY,	/* verify ended at a stop sector: finish it, nothing else */
	RS_NOTHING,		/* the peer says it finished, but blocks are still to come: ignore it */
	RS_ERROR		/* connection is being torn down already, or no state a peer can be in: see rs.conn_to */
};
struct drbd_recv_state {
	s8 demote;		/* shell: 0 at the first call */
	u8 set_bits_failed;	/* shell */
	/* the core's, and for the log */
	union drbd_state os, peer;	/* state the decision was made in; received word */
	u8 real_peer_disk, new_conn, new_pdsk, new_disk;
	u64 uuid[UI_SIZE];		/* own, that were compared */
	u8 sync_ran;
	u8 md_dirty;			/* by drbd_recv_state_apply(), whatever it returns: UUIDs in vol were repaired, write them */
	u8 conn_to;		/* with RS_ERROR: C_PROTOCOL_ERROR */
	struct drbd_sync_verdict sync;
};
/* oos, failed: set bits and failed blocks of a running resync. */
enum drbd_recv_state_do drbd_recv_state_begin(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u32 word,
					      u64 oos, u64 failed, struct drbd_recv_state *rs);

enum drbd_recv_state_end {
	RSE_DONE,		/* applied: tr; send P_UUIDS and P_STATE if *send_both */
	RSE_AGAIN,		/* state or UUIDs changed meanwhile: drbd_recv_state_begin() again, demote = 0 */
	RSE_STAND_ALONE,	/* -> C_DISCONNECTING */
	RSE_PROTOCOL_ERROR,	/* dry run is over -> C_PROTOCOL_ERROR */
	RSE_REBOOTED		/* step 9: RQE_CONN_LOST for the log, drbd_pending_new_uuid(), change susp = 0 (all three
				 * flags, hard), then -> C_PROTOCOL_ERROR */
};
enum drbd_recv_state_end drbd_recv_state_apply(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
					       struct drbd_recv_state *rs, struct drbd_transition *tr, bool *send_both);

#endif
