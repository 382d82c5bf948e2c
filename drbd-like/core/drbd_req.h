/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life of an application request: where it goes, what it waits for, when it is complete, when its record may be
 * freed; and the transfer log with its epochs, which belongs to the connection. What the other node does with a
 * mirrored write is in drbd_peer_req.[ch].
 *
 * Use: fill a struct drbd_req_env from the state, under the lock; call one function; drop the lock; perform the
 * RQ_DO_* bits that it returned from the lowest bit to the highest. RQ_DO_FREE comes last, and after it the core
 * holds no pointer to the request. All memory is the caller's. Times are milliseconds of a clock that only
 * goes forward. Sources: drbd-wire.md 5.1..5.10 and 10, drbd-states.md 8 and 9.
 *
 * What no function here can do, and every caller owes; the simulator loses data without any one of it:
 * - Meta-data that take protection away (bitmap pages, super block, activity-log transactions) go to disk after a flush
 *   of the data device, unless both share one cache and the write of the meta-data flushes that.
 * - Before the super block loses the primary indicator, the changed bitmap pages are written.
 * - A resync target has its merged bitmap and the super block that says Inconsistent on disk before it overwrites the
 *   first block, and flushes the data device before it says UpToDate.
 * - A disk is flushed before it is let go; if that fails: drbd_epochs_disk_lost().
 * - A demotion first closes the epoch and waits for drbd_tl_drained() or the loss of the connection. While I/O is
 *   suspended it tells the log RQE_MARK_OOS, makes a pending new generation (drbd_pending_new_uuid()) and writes the
 *   bitmap before the super block.
 * - If a connection is lost while I/O is suspended, and RQE_CONN_LOST_FROZEN marks anything, a pending new generation is made
 *   and on disk before the next connection: not all can be sent again, so the nodes have to resync.
 * - A write is not submitted to a disk that failed while it waited for the activity log.
 * - The sender fails what is queued (RQE_SEND_FAILED) once the connection goes down, or work with a later ticket waits for
 *   ever.
 * - References on the activity log do not outlive the disk they were taken on: compare a number that attach raises.
 */
#ifndef DRBD_REQ_H
#define DRBD_REQ_H

#include "drbd_port.h"
#include "drbd_interval.h"

struct drbd_link {
	struct drbd_link *next, *prev;	/* of itself: in no list */
};

/* What a request is and how far it has come. Nothing but these bits decides when it completes and goes. */
enum drbd_req_flag {
	/* local disk */
	RQ_LOCAL_PENDING	= 1 << 0,	/* bio is with the backing disk (or about to be) */
	RQ_LOCAL_COMPLETED	= 1 << 1,	/* it came back */
	RQ_LOCAL_OK		= 1 << 2,	/* ... with success */
	RQ_LOCAL_ABORTED	= 1 << 3,	/* force-detach: upper layer does not wait for it, the record does */
	/* peer */
	RQ_NET_PENDING		= 1 << 4,	/* the acknowledgement (or data) that completes it is outstanding */
	RQ_NET_QUEUED		= 1 << 5,	/* in the sender's queue */
	RQ_NET_SENT		= 1 << 6,	/* handed to TCP */
	RQ_NET_DONE		= 1 << 7,	/* nothing more is expected from the peer */
	RQ_NET_OK		= 1 << 8,	/* the peer has it, or gave it */
	RQ_NET_SIS		= 1 << 9,	/* P_RS_WRITE_ACK: peer cleared its bits, so may we */
	RQ_NET_OOS		= 1 << 10,	/* only P_OUT_OF_SYNC is sent, nobody waits for it */
	/* which acknowledgement completes it; RQ_EXP_BARR_ACK: counted in its epoch */
	RQ_EXP_RECEIVE_ACK	= 1 << 11,
	RQ_EXP_WRITE_ACK	= 1 << 12,
	RQ_EXP_BARR_ACK		= 1 << 13,
	/* holds and marks */
	RQ_COMPLETION_SUSP	= 1 << 14,	/* I/O is suspended: not told to the upper layer yet */
	RQ_POSTPONED		= 1 << 15,	/* lost a conflict, or a read failed: start again with a new record */
	RQ_COMPLETED		= 1 << 16,	/* told to the upper layer (or handed back to be started again) */
	RQ_IN_ACT_LOG		= 1 << 17,	/* holds a reference on its activity-log extents; set by the caller */
	/* what it is; set by the caller */
	RQ_WRITE		= 1 << 18,	/* any of P_DATA, P_TRIM, P_ZEROES */
	RQ_FLUSH		= 1 << 19,	/* flush the disk's cache first; size 0: nothing but that */
	RQ_FUA			= 1 << 20,
	RQ_SYNC			= 1 << 21,	/* somebody waits for it: DP_RW_SYNC */
	RQ_DISCARD		= 1 << 22,
	RQ_ZEROES		= 1 << 23,
	RQ_NOUNMAP		= 1 << 24,	/* with RQ_ZEROES: blocks stay allocated */
	RQ_RAHEAD		= 1 << 25,	/* read-ahead: fails rather than tries again */
	/* carried over from the record that was postponed, so that a read tries each path once */
	RQ_TRIED_LOCAL		= 1 << 26,
	RQ_TRIED_REMOTE		= 1 << 27,
	RQ_NET_LOST		= 1 << 28	/* its connection went; RQE_RESEND is for these */
};
#define RQ_LOCAL_MASK	(RQ_LOCAL_PENDING | RQ_LOCAL_COMPLETED | RQ_LOCAL_OK | RQ_LOCAL_ABORTED)
#define RQ_NET_MASK	(RQ_NET_PENDING | RQ_NET_QUEUED | RQ_NET_SENT | RQ_NET_DONE | RQ_NET_OK | RQ_NET_SIS | \
			 RQ_NET_OOS)
#define RQ_CARRIED	(RQ_WRITE | RQ_FLUSH | RQ_FUA | RQ_SYNC | RQ_DISCARD | RQ_ZEROES | RQ_NOUNMAP | RQ_RAHEAD | \
			 RQ_TRIED_LOCAL | RQ_TRIED_REMOTE)

/* What to do, lowest bit first. */
enum drbd_req_do {
	RQ_DO_WAIT_CONFLICT	= 1 << 0,	/* not started: an overlapping write is on its way; try again after
						 * RQ_DO_WAKE or PR_DO_WAKE of this volume */
	RQ_DO_PULL_AHEAD	= 1 << 1,	/* congested: request conn = Ahead (this write is still mirrored) */
	RQ_DO_DISCONNECT	= 1 << 2,	/* congested: request conn = Disconnecting */
	RQ_DO_SET_OOS		= 1 << 3,	/* mark its blocks out of sync */
	RQ_DO_SET_OOS_TELL	= 1 << 4,	/* the same now; if any bit was newly set: event RQE_QUEUE_OOS */
	RQ_DO_SET_IN_SYNC	= 1 << 5,	/* clear the bits of the blocks it covers fully */
	RQ_DO_AL_PUT		= 1 << 6,	/* drop its activity-log references (RQ_IN_ACT_LOG is cleared) */
	RQ_DO_SUBMIT_LOCAL	= 1 << 7,	/* submit to the backing disk */
	RQ_DO_WAKE_SENDER	= 1 << 8,	/* drbd_tl_next_send() has something */
	RQ_DO_READ_ERROR	= 1 << 9,	/* apply on-io-error for a read; its blocks were marked by SET_OOS */
	RQ_DO_WRITE_ERROR	= 1 << 10,	/* apply on-io-error for a write */
	RQ_DO_AHEAD_DONE	= 1 << 11,	/* conn is Ahead and nothing is in flight any more: resync in 1 s */
	RQ_DO_COMPLETE		= 1 << 12,	/* end it towards the upper layer with req->error */
	RQ_DO_RESTART		= 1 << 13,	/* instead of COMPLETE: start its bio again with a new record, flags
						 * initialised to req->flags & RQ_CARRIED */
	RQ_DO_WAKE		= 1 << 14,	/* somebody waits for overlapping writes of this volume */
	RQ_DO_FREE		= 1 << 15	/* the record is out of every list and tree */
};

enum drbd_req_event {
	RQE_HANDED_OVER,	/* sender: its packet is with TCP (P_DATA.., P_DATA_REQUEST or P_OUT_OF_SYNC) */
	RQE_SEND_FAILED,	/* sender: could not be sent; the connection is going down */
	RQE_QUEUE_OOS,		/* after RQ_DO_SET_OOS_TELL, if bits were newly set: queue P_OUT_OF_SYNC */
	RQE_RECV_ACKED,		/* P_RECV_ACK */
	RQE_WRITE_ACKED,	/* P_WRITE_ACK */
	RQE_WRITE_ACKED_SIS,	/* P_RS_WRITE_ACK */
	RQE_NEG_ACKED,		/* P_NEG_ACK of a write, P_NEG_DREPLY of a read */
	RQE_SUPERSEDED,		/* P_SUPERSEDED */
	RQE_POSTPONED,		/* P_RETRY_WRITE */
	RQE_DATA_RECEIVED,	/* P_DATA_REPLY of the right size */
	RQE_BARRIER_ACKED,	/* see drbd_tl_barrier_ack() */
	RQE_LOCAL_DONE,		/* local I/O succeeded */
	RQE_LOCAL_FAILED,	/* local I/O failed; of a discard: writing zeroes instead failed, too */
	RQE_LOCAL_ABORT,	/* force-detach or disk-timeout: complete it as failed without waiting for the disk */
	RQE_CONN_LOST,		/* connection gone, nothing is suspended (or fencing succeeded, or resume-io) */
	RQE_CONN_LOST_FROZEN,	/* connection gone while I/O is suspended: what is complete can not be sent again, for its
				 * data are the upper layer's: it is marked unless the peer is known to have it on disk */
	RQE_RESEND,		/* connection is back while I/O was suspended (for any reason): in log order */
	RQE_FAIL_FROZEN,	/* resume-io without a disk: those without a copy anywhere fail */
	RQE_RESTART_FROZEN,	/* a disk is back (susp_nod): submit again those without a good copy */
	RQE_MARK_OOS,		/* demotion while I/O is suspended and the peer is away: what it may lack is marked, for
				 * the activity log of a Secondary is not looked at after a crash */
	RQE_RESUME,		/* I/O is not suspended any more: complete what only waited for that */
	RQE_EVENTS
};

/* What the verdicts depend on; the values are those of drbd_state.h, the options those of drbd_options.def. */
struct drbd_req_env {
	u8 role, conn, disk, pdsk;
	u8 suspended;			/* susp, susp_nod or susp_fen */
	u8 wire_protocol;		/* 1 A, 2 B, 3 C */
	u8 two_primaries;
	u8 rc_flag;
	u8 on_congestion;		/* 0 block, 1 pull-ahead, 2 disconnect */
	u8 read_balancing;		/* codes of drbd-wire.md 11 */
	u8 wzeroes;			/* FF_WZEROES agreed */
	u8 local_congested;		/* backing device's queue is congested (when-congested-remote) */
	u16 apv;
	u32 max_epoch_size;
	u32 congestion_fill_sect;	/* 0: off */
	u32 congestion_extents;
	u32 al_used_extents;		/* extents of the activity log in use now */
	u32 rs_pending;			/* resync requests that the peer has not answered (least-pending) */
};

/* The transfer log, one per connection. */
struct drbd_tl {
	struct drbd_link log;		/* every request until it is freed, oldest first */
	struct drbd_link send;		/* those the sender still has to send, in order */
	struct drbd_link unacked;	/* sent, the ack that completes them is outstanding, oldest first */
	struct drbd_link unbarred;	/* mirrored writes of the epochs not yet barrier-acked, oldest first */
	u32 epoch;			/* number of the open epoch */
	u32 epoch_writes;		/* mirrored writes in it */
	/* the sender's view */
	u32 sent_epoch;			/* epoch of the last write sent */
	u32 sent_writes;		/* writes sent in it */
	u32 queued_nr, left_nr;		/* requests that ever came into, and left, the send queue */
	u64 barrier_sent_ms;		/* when the last P_BARRIER was sent */
	u32 barrier_sent_nr;
	u8 barrier_sent_any;
	u8 barrier_wanted;		/* somebody waits for the barrier of a closed epoch */
	u32 epochs_nr;			/* P_BARRIER sent since start, for /proc/drbd */
};

/* One volume's share. */
struct drbd_req_vol {
	struct drbd_interval_tree writes;	/* own and received writes */
	struct drbd_interval_tree reads;	/* own reads that went to the peer */
	struct drbd_interval_tree rs_writes;	/* received resync writes */
	struct drbd_link local;			/* local I/O in flight, oldest first */
	u32 in_flight_sect;			/* sent, neither barrier-acked nor lost (congestion-fill) */
	u32 ap_bio;				/* /proc/drbd ap: requests the upper layer waits for */
	u32 holds;				/* new ones wait */
	u32 ap_pending;				/* share of pe: waiting for the peer's answer */
	u32 local_cnt;				/* share of lo: local I/O of application requests */
	u32 round_robin;
	/* sequence numbers, drbd-wire.md 5.3; used by drbd_peer_req.h too */
	u32 own_seq, peer_seq;
};

struct drbd_request {
	struct drbd_interval iv;	/* iv.sector, iv.size_byte: its range */
	struct drbd_link log_link, net_link, bar_link, local_link;
	struct drbd_req_vol *vol;
	u64 block_id;			/* on the wire; the caller's, unique among live records, not ID_SYNCER */
	u64 start_ms;			/* started */
	u64 sent_ms;			/* handed to TCP */
	u64 local_ms;			/* handed to the disk */
	u32 flags;			/* enum drbd_req_flag */
	u32 epoch;
	s32 error;			/* valid with RQ_DO_COMPLETE: 0 or -EIO */
};

void drbd_link_init(struct drbd_link *l);
void drbd_tl_init(struct drbd_tl *tl);
void drbd_req_vol_init(struct drbd_req_vol *vol);

/* At the start of a connection's data phase: sequence numbers begin at 0. */
void drbd_req_vol_connected(struct drbd_req_vol *vol);

/*
 * May application I/O start now (drbd-wire.md 5.1)? Ask before taking activity-log references. If so it is counted in
 * vol->ap_bio, until RQ_DO_COMPLETE or RQ_DO_RESTART are performed and drbd_req_left() is called. A record that has
 * to wait in drbd_req_start() stays counted.
 */
bool drbd_req_may_start(struct drbd_req_vol *vol, const struct drbd_req_env *env);

/* True: no application I/O is in flight: wake who holds it back (drbd_req_hold). */
bool drbd_req_left(struct drbd_req_vol *vol);

/* Holds new application I/O back while a bitmap is sent or written; the bitmap may go when vol->ap_bio is 0. */
void drbd_req_hold(struct drbd_req_vol *vol);
/* True: the last hold is gone, wake who waits to start. */
bool drbd_req_release(struct drbd_req_vol *vol);

/* True if a new write of this range would have to wait for another; marks that one so that its end says WAKE. */
bool drbd_req_conflict(struct drbd_req_vol *vol, u64 sector, u32 size_byte);

/*
 * Prepares a record. flags: what it is, plus RQ_IN_ACT_LOG, plus RQ_CARRIED of a postponed one.
 * block_id: see struct drbd_request.
 */
void drbd_req_init(struct drbd_request *req, struct drbd_req_vol *vol, u64 sector, u32 size_byte, u32 flags,
		   u64 block_id);

/*
 * Decides where a request goes and enters it. range_in_sync: for reads, no bit of the range is set.
 * With RQ_DO_WAIT_CONFLICT nothing was entered. Otherwise it is in the log until RQ_DO_FREE, which may come at once.
 */
u32 drbd_req_start(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env, bool range_in_sync,
		   u64 now_ms);

/* One event of one request. An event that cannot happen in its state is an assertion failure. */
u32 drbd_req_event(struct drbd_tl *tl, struct drbd_request *req, enum drbd_req_event ev,
		   const struct drbd_req_env *env, u64 now_ms);

/* The live write or remote read that an ack or reply names, or NULL: protocol error (for P_NEG_ACK in A and B: not). */
struct drbd_request *drbd_req_find(const struct drbd_interval_tree *tree, u64 sector, u64 block_id);

/* The packet that carries a queued request, enum drbd_packet, and its dp_flags. */
u16 drbd_req_packet(const struct drbd_request *req, const struct drbd_req_env *env, u32 *dp_flags);

/*
 * Closes the open epoch if it holds writes. True if so, or if the barrier of one that was closed has not been sent: wake the
 * sender, it is wanted. For state changes (drbd-states.md 5.1).
 */
bool drbd_tl_close_epoch(struct drbd_tl *tl);

/*
 * Somebody waits for a write to leave the log (its activity-log extents, say): the barrier of the open epoch does not wait
 * for company when its writes have closed it. True: one is due, wake the sender.
 */
bool drbd_tl_want_barrier(struct drbd_tl *tl);

/* There is something to send. */
bool drbd_tl_to_send(const struct drbd_tl *tl);

/*
 * Nothing but a barrier is, or will be, to be sent, of an epoch that its own writes close as they complete. Nobody waits for
 * it: the sender may keep it until the next request, with which it goes in one packet, but not for ever, for the records of
 * these writes and their activity-log extents wait for its ack. A flush or a state change wants it at once.
 */
bool drbd_tl_barrier_waits(const struct drbd_tl *tl);

/*
 * No mirrored write waits for its barrier ack. A demotion closes the epoch and waits for this, or for the loss of the
 * connection, before it changes the role: a Secondary that loses writes on the way makes no new generation, and the
 * nodes would not see that they differ.
 */
bool drbd_tl_drained(const struct drbd_tl *tl);

/* What the sender has to put on the data socket next. */
enum drbd_send { DRBD_SEND_NOTHING, DRBD_SEND_BARRIER, DRBD_SEND_REQUEST };

/*
 * DRBD_SEND_REQUEST: *req is out of the queue; send it, then tell RQE_HANDED_OVER or RQE_SEND_FAILED.
 * DRBD_SEND_BARRIER: send P_BARRIER(*barrier_nr), then ask again.
 */
enum drbd_send drbd_tl_next_send(struct drbd_tl *tl, u64 now_ms, struct drbd_request **req, u32 *barrier_nr);

/*
 * Order between requests and other work of the sender (P_SYNC_UUID, P_STATE, resync replies): work takes a ticket
 * when it is queued, and goes when the ticket has passed: then all requests queued before it have left the queue,
 * and none queued after it.
 */
u32 drbd_tl_ticket(const struct drbd_tl *tl);
bool drbd_tl_passed(const struct drbd_tl *tl, u32 ticket);

/*
 * The connection is gone and the sender holds no request: its queue and numbering begin anew. Then tell every request
 * RQE_CONN_LOST, or RQE_CONN_LOST_FROZEN while I/O is suspended: then what is left is sent again by RQE_RESEND.
 */
void drbd_tl_sender_reset(struct drbd_tl *tl);

/*
 * P_BARRIER_ACK: 0 if number and size match the oldest epoch, else -EPROTO. Then tell each request that
 * drbd_tl_next_in_epoch() gives RQE_BARRIER_ACKED, until it gives NULL.
 */
int drbd_tl_barrier_ack(struct drbd_tl *tl, u32 epoch, u32 set_size);
struct drbd_request *drbd_tl_next_in_epoch(struct drbd_tl *tl, u32 epoch);

/* Walks the log in order; take the next before telling an event, for the event may free the record. */
struct drbd_request *drbd_tl_first(struct drbd_tl *tl);
struct drbd_request *drbd_tl_next(struct drbd_tl *tl, struct drbd_request *req);

/*
 * Is the peer too slow (drbd-wire.md 10, request timeout)? limit_ms = ko-count x timeout, 0: never.
 * True: force conn = Timeout. Else *again_ms: when to ask again.
 */
bool drbd_tl_timed_out(struct drbd_tl *tl, u64 limit_ms, u64 connected_ms, u64 now_ms, u64 *again_ms);

/* The same for the disk: limit_ms = disk-timeout, 0: never. True: force-detach. */
bool drbd_req_disk_timed_out(struct drbd_req_vol *vol, u64 limit_ms, u64 attached_ms, u64 now_ms, u64 *again_ms);

/* Are writes mirrored in this state; is P_OUT_OF_SYNC sent instead (drbd-wire.md 5.1)? */
bool drbd_should_replicate(const struct drbd_req_env *env);
bool drbd_should_send_oos(const struct drbd_req_env *env);

#endif
