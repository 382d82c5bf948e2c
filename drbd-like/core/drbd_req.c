/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests and the transfer log. There are no reference counts: the RQ_* bits say who still has a hand on a
 * record, and may_complete() and may_free() read them. So every event only sets and clears bits, keeps the lists
 * that follow from them, and lets settle() look at what has become possible.
 */
#include "drbd_req.h"
#include "drbd_protocol.h"

#define RQ_HOLDS_COMPLETION	(RQ_NET_PENDING | RQ_COMPLETION_SUSP)
#define RQ_NOWHERE		(RQ_TRIED_LOCAL | RQ_TRIED_REMOTE)	/* no copy to go to: fail, do not try again */

/* --- lists ---------------------------------------------------------------------------------------------------- */

void drbd_link_init(struct drbd_link *l)
{
	l->next = l->prev = l;
}

static bool linked(const struct drbd_link *l)
{
	return l->next != l;
}

static void link_append(struct drbd_link *list, struct drbd_link *l)
{
	l->prev = list->prev;
	l->next = list;
	list->prev->next = l;
	list->prev = l;
}

static void link_remove(struct drbd_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	drbd_link_init(l);
}

#define REQ_OF(l, member) container_of(l, struct drbd_request, member)

/* --- set-up ---------------------------------------------------------------------------------------------------- */

void drbd_tl_init(struct drbd_tl *tl)
{
	drbd_link_init(&tl->log);
	drbd_link_init(&tl->send);
	drbd_link_init(&tl->unacked);
	drbd_link_init(&tl->unbarred);
	tl->epoch = tl->epoch_writes = 0;
	tl->sent_epoch = tl->sent_writes = 0;
	tl->queued_nr = tl->left_nr = 0;
	tl->barrier_sent_ms = 0;
	tl->barrier_sent_nr = 0;
	tl->barrier_sent_any = tl->barrier_wanted = 0;
	tl->epochs_nr = 0;
}

void drbd_req_vol_init(struct drbd_req_vol *vol)
{
	drbd_interval_tree_init(&vol->writes);
	drbd_interval_tree_init(&vol->reads);
	drbd_interval_tree_init(&vol->rs_writes);
	drbd_link_init(&vol->local);
	vol->in_flight_sect = 0;
	vol->ap_bio = vol->holds = vol->ap_pending = vol->local_cnt = 0;
	vol->round_robin = 0;
	drbd_req_vol_connected(vol);
}

void drbd_req_vol_connected(struct drbd_req_vol *vol)
{
	vol->own_seq = vol->peer_seq = 0;
}

void drbd_req_init(struct drbd_request *req, struct drbd_req_vol *vol, u64 sector, u32 size_byte, u32 flags,
		   u64 block_id)
{
	drbd_assert(!(flags & ~(u32)(RQ_CARRIED | RQ_IN_ACT_LOG)));
	drbd_interval_set(&req->iv, sector, size_byte);
	req->iv.local = 1;
	drbd_link_init(&req->log_link);
	drbd_link_init(&req->net_link);
	drbd_link_init(&req->bar_link);
	drbd_link_init(&req->local_link);
	req->vol = vol;
	req->block_id = block_id;
	req->start_ms = req->sent_ms = req->local_ms = 0;
	req->flags = flags;
	req->epoch = 0;
	req->error = 0;
}

/* --- rules about the state --------------------------------------------------------------------------------------- */

bool drbd_should_replicate(const struct drbd_req_env *env)
{
	return env->pdsk == D_UP_TO_DATE ||
	       (env->pdsk >= D_INCONSISTENT && env->conn >= C_WF_BITMAP_T && env->conn < C_AHEAD);
}

bool drbd_should_send_oos(const struct drbd_req_env *env)
{
	return env->conn == C_AHEAD || (env->conn == C_WF_BITMAP_S && env->apv >= 96);
}

static bool disk_usable(const struct drbd_req_env *env)
{
	return env->disk >= D_INCONSISTENT;
}

static bool has_good_data(const struct drbd_req_env *env)
{
	return env->disk == D_UP_TO_DATE || env->pdsk == D_UP_TO_DATE;
}

bool drbd_req_may_start(struct drbd_req_vol *vol, const struct drbd_req_env *env)
{
	if (env->suspended || vol->holds)
		return false;
	if (env->conn == C_WF_BITMAP_T || env->conn == C_WF_SYNC_UUID)
		return false;
	if (env->conn == C_WF_BITMAP_S && env->apv < 96)
		return false;
	if (env->disk == D_ATTACHING || env->disk == D_NEGOTIATING)
		return false;
	vol->ap_bio++;
	return true;
}

bool drbd_req_left(struct drbd_req_vol *vol)
{
	drbd_assert(vol->ap_bio > 0);
	return --vol->ap_bio == 0;
}

void drbd_req_hold(struct drbd_req_vol *vol)
{
	vol->holds++;
}

bool drbd_req_release(struct drbd_req_vol *vol)
{
	drbd_assert(vol->holds > 0);
	return --vol->holds == 0;
}

bool drbd_req_conflict(struct drbd_req_vol *vol, u64 sector, u32 size_byte)
{
	struct drbd_interval *iv;

	for (iv = drbd_interval_first(&vol->writes, sector, size_byte); iv;
	     iv = drbd_interval_next(iv, sector, size_byte)) {
		if (iv->completed)
			continue;
		iv->waiting = 1;
		return true;
	}
	return false;
}

/* --- epochs, sender ------------------------------------------------------------------------------------------------ */

static bool close_epoch(struct drbd_tl *tl)
{
	if (!tl->epoch_writes)
		return false;
	tl->epoch++;
	tl->epoch_writes = 0;
	return true;
}

static bool barrier_due(const struct drbd_tl *tl)
{
	return tl->sent_writes && tl->sent_epoch != tl->epoch;
}

bool drbd_tl_close_epoch(struct drbd_tl *tl)
{
	bool closed = close_epoch(tl) || barrier_due(tl);

	if (closed)
		tl->barrier_wanted = 1;
	return closed;
}

bool drbd_tl_want_barrier(struct drbd_tl *tl)
{
	if (!linked(&tl->unbarred))
		return false;
	tl->barrier_wanted = 1;
	return barrier_due(tl);
}

bool drbd_tl_barrier_waits(const struct drbd_tl *tl)
{
	return !linked(&tl->send) && tl->sent_writes && !tl->barrier_wanted;
}

bool drbd_tl_to_send(const struct drbd_tl *tl)
{
	return linked(&tl->send) || barrier_due(tl);
}

bool drbd_tl_drained(const struct drbd_tl *tl)
{
	return !linked(&tl->unbarred);
}

u32 drbd_tl_ticket(const struct drbd_tl *tl)
{
	return tl->queued_nr;
}

bool drbd_tl_passed(const struct drbd_tl *tl, u32 ticket)
{
	return (s32)(tl->left_nr - ticket) >= 0;
}

static void queue_send(struct drbd_tl *tl, struct drbd_request *req)
{
	drbd_assert(!linked(&req->net_link));
	link_append(&tl->send, &req->net_link);
	tl->queued_nr++;
	req->flags |= RQ_NET_QUEUED;
}

enum drbd_send drbd_tl_next_send(struct drbd_tl *tl, u64 now_ms, struct drbd_request **req, u32 *barrier_nr)
{
	struct drbd_request *next = linked(&tl->send) ? REQ_OF(tl->send.next, net_link) : NULL;
	u32 epoch = next ? next->epoch : tl->epoch;

	if (tl->sent_writes && epoch != tl->sent_epoch) {
		*barrier_nr = tl->sent_epoch;
		tl->barrier_sent_nr = tl->sent_epoch;
		tl->barrier_sent_ms = now_ms;
		tl->barrier_sent_any = 1;
		tl->barrier_wanted = tl->barrier_wanted && epoch != tl->epoch;
		tl->sent_writes = 0;
		tl->epochs_nr++;
		return DRBD_SEND_BARRIER;
	}
	if (!next)
		return DRBD_SEND_NOTHING;
	link_remove(&next->net_link);
	tl->left_nr++;
	if (next->flags & RQ_EXP_BARR_ACK) {
		tl->sent_epoch = epoch;
		tl->sent_writes++;
	}
	*req = next;
	return DRBD_SEND_REQUEST;
}

static bool net_open(u32 f)
{
	return (f & RQ_NET_MASK) && !(f & RQ_NET_DONE);
}

void drbd_tl_sender_reset(struct drbd_tl *tl)
{
	struct drbd_request *req;
	struct drbd_link *l;

	for (l = tl->log.next; l != &tl->log; l = l->next)
		if (net_open(REQ_OF(l, log_link)->flags))
			REQ_OF(l, log_link)->flags |= RQ_NET_LOST;

	while (linked(&tl->send)) {
		req = REQ_OF(tl->send.next, net_link);
		link_remove(&req->net_link);
		req->flags &= ~RQ_NET_QUEUED;
	}
	while (linked(&tl->unacked))
		link_remove(tl->unacked.next);
	tl->left_nr = tl->queued_nr;
	tl->sent_writes = 0;
	tl->barrier_sent_any = tl->barrier_wanted = 0;
	close_epoch(tl);
}

/* --- bits and what follows from them --------------------------------------------------------------------------------- */

static bool is_mirrored_write(const struct drbd_request *req)
{
	return req->flags & RQ_EXP_BARR_ACK;
}

static void set_pending(struct drbd_request *req)
{
	if (!(req->flags & RQ_NET_PENDING))
		req->vol->ap_pending++;
	req->flags |= RQ_NET_PENDING;
}

static void clear_pending(struct drbd_request *req)
{
	if (req->flags & RQ_NET_PENDING)
		req->vol->ap_pending--;
	req->flags &= ~RQ_NET_PENDING;
	if (!(req->flags & RQ_NET_QUEUED))
		link_remove(&req->net_link);
}

static void uncount_in_flight(struct drbd_request *req)
{
	if ((req->flags & RQ_NET_SENT) && is_mirrored_write(req))
		req->vol->in_flight_sect -= req->iv.size_byte >> 9;
}

static void net_done(struct drbd_request *req)
{
	if (req->flags & RQ_NET_DONE)
		return;
	clear_pending(req);
	uncount_in_flight(req);
	link_remove(&req->bar_link);
	req->flags |= RQ_NET_DONE;
}

static bool may_complete(u32 f)
{
	if (f & (RQ_COMPLETED | RQ_HOLDS_COMPLETION))
		return false;
	if ((f & RQ_LOCAL_PENDING) && !(f & RQ_LOCAL_ABORTED))
		return false;
	/* in protocol A complete means: with TCP; nobody waits for P_OUT_OF_SYNC */
	return !(f & RQ_NET_QUEUED) || (f & RQ_NET_OOS);
}

static bool may_free(u32 f)
{
	if (!(f & RQ_COMPLETED) || (f & (RQ_LOCAL_PENDING | RQ_NET_QUEUED)))
		return false;
	return !(f & RQ_NET_MASK) || (f & RQ_NET_DONE);
}

static bool has_good_copy(u32 f, const struct drbd_req_env *env)
{
	if (f & RQ_NET_OK)
		return true;
	/* what is written to a disk that a resync is going to overwrite alone, is written nowhere */
	return (f & RQ_LOCAL_OK) && (!(f & RQ_WRITE) || env->disk > D_INCONSISTENT);
}

static bool tried_all(u32 f)
{
	return (f & RQ_NOWHERE) == RQ_NOWHERE;
}

/* Once Ahead, bits say what was written after this request, too. */
static bool is_syncing(const struct drbd_req_env *env)
{
	return env->conn >= C_SYNC_SOURCE && env->conn <= C_PAUSED_SYNC_T;
}

/* Bits of the bitmap when the record goes (drbd-wire.md 5.4). */
static u32 final_bits(const struct drbd_request *req, const struct drbd_req_env *env)
{
	u32 f = req->flags;

	if (!(f & RQ_WRITE) || !req->iv.size_byte)
		return 0;
	if ((f & RQ_LOCAL_OK) && (f & RQ_NET_OK))
		return (f & RQ_NET_SIS) && is_syncing(env) ? RQ_DO_SET_IN_SYNC : 0;
	return RQ_DO_SET_OOS;
}

/*
 * An empty flush is never sent: it closes its epoch. Whether the own disk has failed, is being synced or is not there does
 * not matter while the peer has the data; nor does what the disk is, when it did flush.
 */
static bool is_flushed(const struct drbd_request *req, const struct drbd_req_env *env)
{
	u32 f = req->flags;

	if (!(f & RQ_WRITE) || req->iv.size_byte || tried_all(f))
		return false;
	return (f & RQ_LOCAL_OK) || !(f & RQ_LOCAL_COMPLETED) || env->pdsk == D_UP_TO_DATE;
}

static u32 complete(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env)
{
	u32 f = req->flags, todo = 0;
	bool ok = has_good_copy(f, env) || is_flushed(req, env);

	if (!ok && !(f & (RQ_WRITE | RQ_RAHEAD)) && !tried_all(f))
		req->flags |= RQ_POSTPONED;
	req->error = ok ? 0 : -EIO;
	req->flags |= RQ_COMPLETED;
	req->iv.completed = 1;
	if (req->iv.waiting)
		todo |= RQ_DO_WAKE;
	if ((f & RQ_WRITE) && req->epoch == tl->epoch && close_epoch(tl) && tl->barrier_wanted)
		todo |= RQ_DO_WAKE_SENDER;
	return todo | ((req->flags & RQ_POSTPONED) ? RQ_DO_RESTART : RQ_DO_COMPLETE);
}

static u32 settle(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env)
{
	u32 todo = 0;

	if (may_complete(req->flags))
		todo |= complete(tl, req, env);
	if (!may_free(req->flags))
		return todo;
	todo |= final_bits(req, env) | RQ_DO_FREE;
	if (req->flags & RQ_IN_ACT_LOG)
		todo |= RQ_DO_AL_PUT;
	req->flags &= ~RQ_IN_ACT_LOG;
	link_remove(&req->log_link);
	drbd_interval_erase((req->flags & RQ_WRITE) ? &req->vol->writes : &req->vol->reads, &req->iv);
	return todo;
}

/* --- start ---------------------------------------------------------------------------------------------------------- */

static void go_local(struct drbd_request *req, u64 now_ms)
{
	req->flags |= RQ_LOCAL_PENDING;
	req->local_ms = now_ms;
	req->vol->local_cnt++;
	link_append(&req->vol->local, &req->local_link);
}

/* (Re-)queues for the sender; which ack completes it follows the protocol in force. */
static void go_remote(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env)
{
	if (req->flags & RQ_WRITE) {
		req->flags &= ~(RQ_EXP_RECEIVE_ACK | RQ_EXP_WRITE_ACK);
		req->flags |= RQ_EXP_BARR_ACK;
		if (env->wire_protocol == DRBD_PROT_C)
			req->flags |= RQ_EXP_WRITE_ACK;
		else if (env->wire_protocol == DRBD_PROT_B)
			req->flags |= RQ_EXP_RECEIVE_ACK;
	}
	set_pending(req);
	queue_send(tl, req);
}

/*
 * Ahead starts from Connected alone: then the bitmap identifier is unset, and the new generation that Ahead makes keeps a
 * peer that is promoted meanwhile from passing for the newer one. A congested resync source waits, as with `block`.
 */
static bool is_congested(const struct drbd_req_vol *vol, const struct drbd_req_env *env)
{
	if (!env->on_congestion || env->apv < 96 || env->disk != D_UP_TO_DATE || env->conn != C_CONNECTED)
		return false;
	return (env->congestion_fill_sect && vol->in_flight_sect >= env->congestion_fill_sect) ||
	       env->al_used_extents >= env->congestion_extents;
}

static u32 start_mirrored(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env)
{
	u32 todo = RQ_DO_WAKE_SENDER;

	if (is_congested(req->vol, env)) {
		drbd_tl_close_epoch(tl);
		todo |= env->on_congestion == OC_PULL_AHEAD ? RQ_DO_PULL_AHEAD : RQ_DO_DISCONNECT;
	}
	req->epoch = tl->epoch;
	tl->epoch_writes++;
	go_remote(tl, req, env);
	link_append(&tl->unbarred, &req->bar_link);
	if (tl->epoch_writes >= env->max_epoch_size)
		drbd_tl_close_epoch(tl);
	return todo;
}

static void queue_oos(struct drbd_tl *tl, struct drbd_request *req)
{
	drbd_assert(!(req->flags & RQ_NET_MASK));
	req->flags |= RQ_NET_OOS;
	req->epoch = tl->epoch;
	queue_send(tl, req);
}

/*
 * The peer is told even if our bits are set already: it may have cleared its own meanwhile, for resync or for a write
 * that was mirrored before, and there is no exchange of bitmaps when Ahead ends.
 */
static u32 start_ahead(struct drbd_tl *tl, struct drbd_request *req)
{
	queue_oos(tl, req);
	return RQ_DO_SET_OOS | RQ_DO_WAKE_SENDER;
}

static u32 start_write(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env, u64 now_ms)
{
	u32 todo = 0;

	req->epoch = tl->epoch;
	if (!has_good_data(env)) {
		req->flags |= RQ_NOWHERE;
		return 0;
	}
	if (!req->iv.size_byte) {
		if (drbd_should_replicate(env) && drbd_tl_close_epoch(tl))
			todo |= RQ_DO_WAKE_SENDER;
	} else {
		if (drbd_should_replicate(env))
			todo |= start_mirrored(tl, req, env);
		else if (env->conn == C_AHEAD)
			todo |= start_ahead(tl, req);
		else if (drbd_should_send_oos(env))
			todo |= RQ_DO_SET_OOS_TELL;
		drbd_interval_insert(&req->vol->writes, &req->iv);
	}
	if (disk_usable(env)) {
		go_local(req, now_ms);
		todo |= RQ_DO_SUBMIT_LOCAL;
	}
	return todo;
}

static bool balance_to_peer(struct drbd_req_vol *vol, u64 sector, const struct drbd_req_env *env)
{
	switch (env->read_balancing) {
	case 1:		/* prefer-remote */
		return true;
	case 2:		/* round-robin */
		return vol->round_robin++ & 1;
	case 3:		/* least-pending */
		return vol->local_cnt > vol->ap_pending + env->rs_pending;
	case RB_CONGESTED_REMOTE:
		return env->local_congested;
	case 5: case 6: case 7: case 8: case 9: case 10:	/* 32K-striping .. 1M-striping */
		return (sector >> (env->read_balancing - 5 + 6)) & 1;
	default:
		return false;
	}
}

static u32 start_read(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env,
		      bool range_in_sync, u64 now_ms)
{
	bool local = env->disk == D_UP_TO_DATE || (env->disk == D_INCONSISTENT && range_in_sync);
	bool remote = env->pdsk == D_UP_TO_DATE && env->conn >= C_CONNECTED;

	if (req->flags & RQ_TRIED_LOCAL)
		local = false;
	if (req->flags & RQ_TRIED_REMOTE)
		remote = false;
	if (local && remote && balance_to_peer(req->vol, req->iv.sector, env))
		local = false;
	req->epoch = tl->epoch;
	if (local) {
		go_local(req, now_ms);
		return RQ_DO_SUBMIT_LOCAL;
	}
	if (remote) {
		drbd_interval_insert(&req->vol->reads, &req->iv);
		go_remote(tl, req, env);
		return RQ_DO_WAKE_SENDER;
	}
	req->flags |= RQ_NOWHERE;
	return 0;
}

u32 drbd_req_start(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env, bool range_in_sync,
		   u64 now_ms)
{
	u32 todo;

	if ((req->flags & RQ_WRITE) && drbd_req_conflict(req->vol, req->iv.sector, req->iv.size_byte))
		return RQ_DO_WAIT_CONFLICT;
	req->start_ms = now_ms;
	link_append(&tl->log, &req->log_link);
	if (req->flags & RQ_WRITE)
		todo = start_write(tl, req, env, now_ms);
	else
		todo = start_read(tl, req, env, range_in_sync, now_ms);
	/* suspended after it was let in: it does what it can but is not told to the upper layer */
	if (env->suspended)
		req->flags |= RQ_COMPLETION_SUSP;
	return todo | settle(tl, req, env);
}

/* --- events -------------------------------------------------------------------------------------------------------- */

static void handed_over(struct drbd_tl *tl, struct drbd_request *req, u64 now_ms)
{
	req->flags &= ~RQ_NET_QUEUED;
	if (req->flags & RQ_NET_OOS) {
		net_done(req);
		return;
	}
	if (req->flags & RQ_NET_DONE)
		return;		/* the connection was lost meanwhile */
	req->flags |= RQ_NET_SENT;
	req->sent_ms = now_ms;
	if (is_mirrored_write(req)) {
		req->vol->in_flight_sect += req->iv.size_byte >> 9;
		if (!(req->flags & (RQ_EXP_RECEIVE_ACK | RQ_EXP_WRITE_ACK)) && (req->flags & RQ_NET_PENDING)) {
			clear_pending(req);
			req->flags |= RQ_NET_OK;
		}
	}
	if (req->flags & RQ_NET_PENDING)
		link_append(&tl->unacked, &req->net_link);
}

static void send_failed(struct drbd_request *req)
{
	req->flags &= ~RQ_NET_QUEUED;
	if (req->flags & RQ_NET_OOS)
		net_done(req);
}

static void acked(struct drbd_request *req, u32 set)
{
	drbd_assert(is_mirrored_write(req));
	if (req->flags & RQ_NET_DONE)
		return;
	clear_pending(req);
	req->flags |= set;
}

static u32 neg_acked(struct drbd_request *req)
{
	if (req->flags & RQ_NET_DONE)
		return 0;
	clear_pending(req);
	req->flags &= ~RQ_NET_OK;
	if (req->flags & RQ_WRITE)
		return RQ_DO_SET_OOS;	/* now, for the barrier ack may be far away */
	req->flags |= RQ_TRIED_REMOTE;
	net_done(req);
	return 0;
}

static u32 barrier_acked(struct drbd_request *req, const struct drbd_req_env *env)
{
	net_done(req);
	/* A lost conflict is no difference: the winner's write and the new try bring both nodes together. */
	if (req->flags & RQ_POSTPONED)
		req->flags |= RQ_NET_OK;
	return env->conn == C_AHEAD && !req->vol->in_flight_sect ? RQ_DO_AHEAD_DONE : 0;
}

static void local_ended(struct drbd_request *req, u32 set)
{
	drbd_assert(req->flags & RQ_LOCAL_PENDING);
	req->vol->local_cnt--;
	link_remove(&req->local_link);
	req->flags &= ~RQ_LOCAL_PENDING;
	req->flags |= RQ_LOCAL_COMPLETED;
	/* after an abort the upper layer may have been told, and the disk is not ours any more */
	if (!(req->flags & RQ_LOCAL_ABORTED))
		req->flags |= set;
}

static u32 local_failed(struct drbd_request *req)
{
	u32 f = req->flags;

	local_ended(req, 0);
	if (f & RQ_LOCAL_ABORTED)
		return 0;
	if (!(f & RQ_WRITE)) {
		req->flags |= RQ_TRIED_LOCAL;
		return (f & RQ_RAHEAD) ? 0 : RQ_DO_SET_OOS | RQ_DO_READ_ERROR;
	}
	return (req->iv.size_byte ? RQ_DO_SET_OOS : 0) | RQ_DO_WRITE_ERROR;
}

static u32 local_abort(struct drbd_request *req)
{
	if (!(req->flags & RQ_LOCAL_PENDING))
		return 0;
	req->flags |= RQ_LOCAL_ABORTED;
	link_remove(&req->local_link);
	if (!(req->flags & RQ_WRITE))
		req->flags |= RQ_TRIED_LOCAL;
	return (req->flags & RQ_WRITE) && req->iv.size_byte ? RQ_DO_SET_OOS : 0;
}

static void conn_lost(struct drbd_request *req)
{
	req->flags &= ~RQ_COMPLETION_SUSP;
	if (!net_open(req->flags))
		return;
	net_done(req);
	req->flags &= ~(RQ_NET_OK | RQ_NET_SIS);
}

static void conn_lost_frozen(struct drbd_request *req)
{
	if ((req->flags & RQ_COMPLETED) && net_open(req->flags)) {
		net_done(req);
		req->flags &= ~(RQ_NET_OK | RQ_NET_SIS);
	}
}

/* A write that was let in before I/O was suspended and went to the own disk alone: nobody was told of it yet. */
static bool never_sent(const struct drbd_request *req, bool frozen)
{
	return frozen && (req->flags & RQ_WRITE) && req->iv.size_byte && !(req->flags & (RQ_NET_MASK | RQ_NOWHERE));
}

/* Of a time without disk, or of one that failed: a disk that is back since then does not have it. */
static bool missed_by_disk(const struct drbd_request *req, const struct drbd_req_env *env)
{
	return (req->flags & RQ_WRITE) && req->iv.size_byte && env->disk >= D_INCONSISTENT &&
	       !(req->flags & (RQ_LOCAL_PENDING | RQ_LOCAL_OK));
}

static void start_anew(struct drbd_request *req)
{
	if (net_open(req->flags))
		net_done(req);
	req->flags &= ~(RQ_NET_LOST | RQ_NET_OK | RQ_NET_SIS | RQ_NOWHERE);
	req->flags |= RQ_POSTPONED;
}

static u32 resend(struct drbd_tl *tl, struct drbd_request *req, const struct drbd_req_env *env)
{
	bool frozen = (req->flags & (RQ_COMPLETION_SUSP | RQ_COMPLETED)) == RQ_COMPLETION_SUSP;

	req->flags &= ~RQ_COMPLETION_SUSP;
	if (frozen && (req->flags & RQ_NET_LOST) && missed_by_disk(req, env)) {
		start_anew(req);
		return 0;
	}
	if (never_sent(req, frozen) && drbd_should_replicate(env))
		return start_mirrored(tl, req, env);
	if (!(req->flags & RQ_NET_LOST))
		return 0;	/* started since the connection is back */
	req->flags &= ~RQ_NET_LOST;
	if (!net_open(req->flags) || (req->flags & RQ_NET_OOS)) {
		if (net_open(req->flags))
			net_done(req);
		return 0;
	}
	if (req->flags & RQ_POSTPONED) {
		net_done(req);
		return 0;
	}
	/* an ack without the barrier's is no promise: the peer may have lost power */
	uncount_in_flight(req);
	req->flags &= ~(RQ_NET_SENT | RQ_NET_OK | RQ_NET_SIS);
	go_remote(tl, req, env);
	return RQ_DO_WAKE_SENDER;
}

static void fail_frozen(struct drbd_request *req)
{
	if ((req->flags & RQ_LOCAL_COMPLETED) || !(req->flags & RQ_LOCAL_MASK))
		req->flags &= ~RQ_COMPLETION_SUSP;
}

/* The disk is back: what has no good copy is started again by a new record. */
static void restart_frozen(struct drbd_request *req, const struct drbd_req_env *env)
{
	if (env->conn < C_CONNECTED && net_open(req->flags)) {
		net_done(req);
		req->flags &= ~RQ_NET_OK;
	}
	if (!(req->flags & RQ_COMPLETION_SUSP))
		return;
	req->flags &= ~RQ_COMPLETION_SUSP;
	if (!has_good_copy(req->flags, env) && !(req->flags & (RQ_NET_PENDING | RQ_COMPLETED))) {
		req->flags |= RQ_POSTPONED;
		req->flags &= ~RQ_NOWHERE;
	}
}

u32 drbd_req_event(struct drbd_tl *tl, struct drbd_request *req, enum drbd_req_event ev,
		   const struct drbd_req_env *env, u64 now_ms)
{
	u32 todo = 0;

	switch (ev) {
	case RQE_HANDED_OVER:		handed_over(tl, req, now_ms); break;
	case RQE_SEND_FAILED:		send_failed(req); break;
	case RQE_QUEUE_OOS:		queue_oos(tl, req); todo = RQ_DO_WAKE_SENDER; break;
	case RQE_RECV_ACKED:
	case RQE_WRITE_ACKED:
	case RQE_SUPERSEDED:		acked(req, RQ_NET_OK); break;
	case RQE_WRITE_ACKED_SIS:	acked(req, RQ_NET_OK | RQ_NET_SIS); break;
	case RQE_POSTPONED:		acked(req, RQ_POSTPONED); break;
	case RQE_NEG_ACKED:		todo = neg_acked(req); break;
	case RQE_DATA_RECEIVED:		net_done(req); req->flags |= RQ_NET_OK; break;
	case RQE_BARRIER_ACKED:		todo = barrier_acked(req, env); break;
	case RQE_LOCAL_DONE:		local_ended(req, RQ_LOCAL_OK); break;
	case RQE_LOCAL_FAILED:		todo = local_failed(req); break;
	case RQE_LOCAL_ABORT:		todo = local_abort(req); break;
	case RQE_CONN_LOST:		conn_lost(req); break;
	case RQE_CONN_LOST_FROZEN:	conn_lost_frozen(req); break;
	case RQE_RESEND:		todo = resend(tl, req, env); break;
	case RQE_FAIL_FROZEN:		fail_frozen(req); break;
	case RQE_RESTART_FROZEN:	restart_frozen(req, env); break;
	case RQE_MARK_OOS:
		if (is_mirrored_write(req) && net_open(req->flags))
			todo = RQ_DO_SET_OOS;
		break;
	case RQE_RESUME:		req->flags &= ~RQ_COMPLETION_SUSP; break;
	case RQE_EVENTS:		drbd_assert(0); break;
	}
	if (env->suspended && ev <= RQE_RESEND && ev != RQE_CONN_LOST && !(req->flags & RQ_COMPLETED))
		req->flags |= RQ_COMPLETION_SUSP;
	return todo | settle(tl, req, env);
}

/* --- look-up and walks --------------------------------------------------------------------------------------------- */

struct drbd_request *drbd_req_find(const struct drbd_interval_tree *tree, u64 sector, u64 block_id)
{
	struct drbd_interval *iv;
	struct drbd_request *req;

	for (iv = drbd_interval_first(tree, sector, 512); iv; iv = drbd_interval_next(iv, sector, 512)) {
		if (!iv->local || iv->sector != sector)
			continue;
		req = REQ_OF(iv, iv);
		if (req->block_id == block_id && net_open(req->flags))
			return req;
	}
	return NULL;
}

struct drbd_request *drbd_tl_first(struct drbd_tl *tl)
{
	return linked(&tl->log) ? REQ_OF(tl->log.next, log_link) : NULL;
}

struct drbd_request *drbd_tl_next(struct drbd_tl *tl, struct drbd_request *req)
{
	return req->log_link.next != &tl->log ? REQ_OF(req->log_link.next, log_link) : NULL;
}

int drbd_tl_barrier_ack(struct drbd_tl *tl, u32 epoch, u32 set_size)
{
	struct drbd_link *l;
	u32 writes = 0;

	for (l = tl->unbarred.next; l != &tl->unbarred; l = l->next) {
		struct drbd_request *req = REQ_OF(l, bar_link);

		if (req->epoch != epoch)
			break;
		/* the ack of each write comes before the one of its epoch */
		if ((req->flags & RQ_NET_PENDING) || !(req->flags & RQ_NET_SENT))
			return -EPROTO;
		writes++;
	}
	return writes && writes == set_size ? 0 : -EPROTO;
}

struct drbd_request *drbd_tl_next_in_epoch(struct drbd_tl *tl, u32 epoch)
{
	struct drbd_request *req;

	if (!linked(&tl->unbarred))
		return NULL;
	req = REQ_OF(tl->unbarred.next, bar_link);
	return req->epoch == epoch ? req : NULL;
}

/* --- packets --------------------------------------------------------------------------------------------------------- */

static u32 dp_flags_of(u32 f, const struct drbd_req_env *env)
{
	bool may_clear = is_syncing(env);
	u32 dp = may_clear ? DP_MAY_SET_IN_SYNC : 0;

	if (f & RQ_SYNC)
		dp |= DP_RW_SYNC;
	if (env->apv >= 95)
		dp |= ((f & RQ_FUA) ? DP_FUA : 0) | ((f & RQ_FLUSH) ? DP_FLUSH : 0);
	if (env->apv >= 100) {
		if (f & RQ_EXP_RECEIVE_ACK)
			dp |= DP_SEND_RECEIVE_ACK;
		if ((f & RQ_EXP_WRITE_ACK) || may_clear)
			dp |= DP_SEND_WRITE_ACK;
	}
	return dp;
}

u16 drbd_req_packet(const struct drbd_request *req, const struct drbd_req_env *env, u32 *dp_flags)
{
	u32 f = req->flags;

	*dp_flags = 0;
	if (f & RQ_NET_OOS)
		return P_OUT_OF_SYNC;
	if (!(f & RQ_WRITE))
		return P_DATA_REQUEST;
	*dp_flags = dp_flags_of(f, env);
	if ((f & RQ_ZEROES) && env->wzeroes) {
		*dp_flags |= DP_ZEROES | ((f & RQ_NOUNMAP) ? 0 : DP_DISCARD);
		return P_ZEROES;
	}
	if (f & (RQ_DISCARD | RQ_ZEROES)) {
		*dp_flags |= DP_DISCARD;
		return P_TRIM;
	}
	return P_DATA;
}

/* --- timeouts ---------------------------------------------------------------------------------------------------------- */

/* since: when the wait began. */
static bool is_over(u64 since_ms, u64 not_before_ms, u64 limit_ms, u64 now_ms, u64 *again_ms)
{
	u64 end = (since_ms > not_before_ms ? since_ms : not_before_ms) + limit_ms;

	*again_ms = end + 1;
	return now_ms > end;
}

bool drbd_tl_timed_out(struct drbd_tl *tl, u64 limit_ms, u64 connected_ms, u64 now_ms, u64 *again_ms)
{
	struct drbd_request *req;

	*again_ms = now_ms + (limit_ms ? limit_ms : 1000);
	if (!limit_ms)
		return false;
	if (linked(&tl->unacked)) {
		req = REQ_OF(tl->unacked.next, net_link);
		return is_over(req->sent_ms, connected_ms, limit_ms, now_ms, again_ms);
	}
	if (!linked(&tl->unbarred) || !tl->barrier_sent_any)
		return false;
	req = REQ_OF(tl->unbarred.next, bar_link);
	if (!(req->flags & RQ_NET_SENT) || (s32)(tl->barrier_sent_nr - req->epoch) < 0)
		return false;	/* its barrier is not sent yet */
	return is_over(tl->barrier_sent_ms, connected_ms, limit_ms, now_ms, again_ms);
}

bool drbd_req_disk_timed_out(struct drbd_req_vol *vol, u64 limit_ms, u64 attached_ms, u64 now_ms, u64 *again_ms)
{
	*again_ms = now_ms + (limit_ms ? limit_ms : 1000);
	if (!limit_ms || !linked(&vol->local))
		return false;
	return is_over(REQ_OF(vol->local.next, local_link)->local_ms, attached_ms, limit_ms, now_ms, again_ms);
}
