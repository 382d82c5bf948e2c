/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life of a write received from the peer: sequence, conflicts with own writes, overlap with resync writes, epoch,
 * which acknowledgement when; and the receiving side of epochs (P_BARRIER, P_BARRIER_ACK, write ordering). Same
 * rules of use as drbd_req.h; the result bits are PR_DO_*. Sources: drbd-wire.md 5.2, 5.3, 5.5, 5.8.
 */
#ifndef DRBD_PEER_REQ_H
#define DRBD_PEER_REQ_H

#include "drbd_req.h"

enum drbd_write_ordering { WO_NONE, WO_DRAIN_IO, WO_BDEV_FLUSH };

enum drbd_peer_req_flag {
	EE_WRITE		= 1 << 0,
	EE_SEND_RECEIVE_ACK	= 1 << 1,	/* protocol B */
	EE_SEND_WRITE_ACK	= 1 << 2,	/* protocol C, and any while resync runs */
	EE_MAY_SET_IN_SYNC	= 1 << 3,
	EE_RS			= 1 << 4,	/* resync write (no epoch, id ID_SYNCER) */
	EE_IN_ACT_LOG		= 1 << 5,	/* caller: holds activity-log references */
	EE_FLUSH		= 1 << 6,
	EE_FUA			= 1 << 7,
	EE_DISCARD		= 1 << 8,
	EE_ZEROES		= 1 << 9,
	EE_COUNTED		= 1 << 10,	/* is in its epoch's size and active count */
	EE_RECEIVE_ACKED	= 1 << 11,
	EE_SEQ_DONE		= 1 << 12,
	EE_WAITED		= 1 << 13,	/* deadline_ms of a wait is running */
	EE_SUBMITTED		= 1 << 14,
	EE_DROPPED		= 1 << 15,	/* superseded or to be retried: not written */
	EE_FAILED		= 1 << 16,
	EE_RESTARTS		= 1 << 17	/* own postponed writes wait for this one */
};

enum drbd_peer_req_do {
	PR_DO_PROTOCOL_ERROR	= 1 << 0,	/* a wait expired: drop the connection, conn = ProtocolError */
	PR_DO_TIMEOUT		= 1 << 1,	/* the same with conn = Timeout (conflict wait) */
	PR_DO_SEND_RECV_ACK	= 1 << 2,	/* P_RECV_ACK now, with drbd_seq_next() */
	PR_DO_WAIT		= 1 << 3,	/* step again at the next wake-up of the volume, or at deadline_ms */
	PR_DO_SET_OOS		= 1 << 4,	/* mark its blocks out of sync */
	PR_DO_AL_GET		= 1 << 5,	/* activity log for it before it is submitted; set EE_IN_ACT_LOG */
	PR_DO_SUBMIT		= 1 << 6,	/* write it */
	PR_DO_SET_IN_SYNC	= 1 << 7,	/* clear own bits of the blocks it covers */
	PR_DO_ACK		= 1 << 8,	/* send preq->ack_packet with drbd_seq_next(), then drbd_peer_req_acked() */
	PR_DO_NO_ACK		= 1 << 9,	/* nothing to send: drbd_peer_req_acked() */
	PR_DO_IO_ERROR		= 1 << 10,	/* apply on-io-error */
	PR_DO_AL_PUT		= 1 << 11,
	PR_DO_BARRIER_ACK	= 1 << 12,	/* drbd_epoch_next_ack() has something */
	PR_DO_WAKE		= 1 << 13,	/* somebody waits for overlapping writes, a sequence number or a drain */
	PR_DO_FREE		= 1 << 14
};

/* One received epoch. */
struct drbd_epoch {
	struct drbd_link link;
	u32 barrier_nr;		/* opaque, echoed */
	u32 size;		/* writes received in it */
	u32 active;		/* of these not finished or not acked */
	u8 have_barrier;	/* its P_BARRIER has come */
	u8 stable;		/* what write ordering asks for is done: it may be acked */
};

/* Receiving side of one connection. */
struct drbd_epochs {
	struct drbd_link list;	/* oldest first, the last one is open */
	u32 active;		/* over all of them */
	u32 nr;			/* epochs in the list, for /proc/drbd */
	u8 wo;			/* enum drbd_write_ordering in force */
	u8 lost;		/* a disk went without flush while writes of unacked epochs were in its cache */
};

struct drbd_peer_req {
	struct drbd_interval iv;
	struct drbd_req_vol *vol;
	struct drbd_epoch *epoch;
	u64 block_id;		/* opaque, echoed */
	u64 deadline_ms;	/* with PR_DO_WAIT and EE_WAITED */
	u32 seq;		/* of its packet */
	u32 flags;		/* enum drbd_peer_req_flag */
	u16 ack_packet;		/* with PR_DO_ACK: enum drbd_packet */
};

/* Next number for a data packet or an ack that we send; numbers received in acks; comparison wraps. */
u32 drbd_seq_next(struct drbd_req_vol *vol);
/* True if somebody may wait for it: wake. */
bool drbd_seq_saw_ack(struct drbd_req_vol *vol, u32 seq);

/* first: the open epoch, memory of the caller. */
void drbd_epochs_init(struct drbd_epochs *es, struct drbd_epoch *first, enum drbd_write_ordering wo);

/* After a lost connection, when no write is active: back to one open epoch; each drbd_epochs_reap() is the caller's to free. */
void drbd_epochs_reset(struct drbd_epochs *es);

/* Strongest ordering that all attached volumes allow: flushes, else drain, else none (drbd-wire.md 5.5). */
enum drbd_write_ordering drbd_write_ordering(bool flushes, bool drain);

/*
 * dp_flags: of the packet. wire_protocol in env decides the acks for apv < 100. The record is counted in the open
 * epoch. Then call drbd_peer_write_step() until it does not say PR_DO_WAIT.
 * A volume without a usable disk: the step says PR_DO_ACK with P_NEG_ACK; the caller swallows the payload.
 */
void drbd_peer_write_init(struct drbd_peer_req *pr, struct drbd_req_vol *vol, struct drbd_epochs *es, u64 sector,
			  u32 size_byte, u64 block_id, u32 seq, u32 dp_flags, const struct drbd_req_env *env);

/*
 * ping_timeout_ms bounds the wait for a sequence number, conflict_ms (ko-count x timeout, 0: no bound) the wait for
 * an own write that conflicts.
 */
u32 drbd_peer_write_step(struct drbd_peer_req *pr, const struct drbd_req_env *env, u32 ping_timeout_ms,
			 u32 conflict_ms, u64 now_ms);

/* A resync write (P_RS_DATA_REPLY, P_RS_DEALLOCATED): entered at once, to be submitted (PR_DO_SUBMIT) or refused (PR_DO_ACK). */
u32 drbd_peer_rs_write_init(struct drbd_peer_req *pr, struct drbd_req_vol *vol, u64 sector, u32 size_byte,
			    const struct drbd_req_env *env);

/* P_DATA_REQUEST: true if a received write of that range is not on disk yet: ask again after PR_DO_WAKE. */
bool drbd_peer_read_wait(struct drbd_req_vol *vol, u64 sector, u32 size_byte);

/* The disk is done with it (error: 0 or -errno). Says which ack to send, and the bits to set or clear before. */
u32 drbd_peer_req_done(struct drbd_peer_req *pr, s32 error, const struct drbd_req_env *env);

/* Its ack is sent (or none was due, or the connection is gone): leaves tree and epoch. */
u32 drbd_peer_req_acked(struct drbd_epochs *es, struct drbd_peer_req *pr);

/* P_BARRIER: what the receiver does before it reads on. */
enum drbd_barrier_do {
	BARRIER_GO_ON,		/* nothing */
	BARRIER_ACK,		/* drbd_epoch_next_ack() has something, then go on */
	BARRIER_DRAIN,		/* wait until es->active == 0; WO_BDEV_FLUSH: flush every disk; then drbd_epoch_drained() */
	BARRIER_BAD		/* -> ProtocolError: too many open epochs, or a disk was lost */
};
#define DRBD_EPOCHS_MAX 4096

/*
 * spare: memory for the new open epoch, used if *spare_used becomes true (when the one that ends is not empty).
 */
enum drbd_barrier_do drbd_epoch_barrier(struct drbd_epochs *es, u32 barrier_nr, struct drbd_epoch *spare,
					bool *spare_used);

/*
 * A disk was given up and its last flush failed: nobody can promise the writes of the open epochs any more. Their barrier
 * is not acked but ends the connection, so that the writer marks them out of sync.
 */
void drbd_epochs_disk_lost(struct drbd_epochs *es);

/*
 * After BARRIER_DRAIN. flush_failed: a disk knows no flush (-EOPNOTSUPP); the ordering falls back to WO_DRAIN_IO. A flush
 * that fails otherwise is a write error: drbd_epochs_disk_lost(), on-io-error.
 */
void drbd_epoch_drained(struct drbd_epochs *es, bool flush_failed);

/*
 * The next P_BARRIER_ACK, oldest epoch first: true and the values to send; *done is then the caller's to free
 * (or keep as the next spare).
 */
bool drbd_epoch_next_ack(struct drbd_epochs *es, u32 *barrier_nr, u32 *set_size, struct drbd_epoch **done);

/* After drbd_epochs_reset(): an epoch to free, or NULL. */
struct drbd_epoch *drbd_epochs_reap(struct drbd_epochs *es);

#endif
