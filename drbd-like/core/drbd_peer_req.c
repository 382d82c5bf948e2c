/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Received writes and epochs. A received write passes its gates in a fixed order (drbd-wire.md 5.2); a step that
 * says PR_DO_WAIT is repeated and starts at the gate where it stood.
 */
#include "drbd_peer_req.h"
#include "drbd_protocol.h"

/* --- sequence numbers ----------------------------------------------------------------------------------------------- */

u32 drbd_seq_next(struct drbd_req_vol *vol)
{
	return ++vol->own_seq;
}

static void raise_peer_seq(struct drbd_req_vol *vol, u32 seq)
{
	if ((s32)(seq - vol->peer_seq) > 0)
		vol->peer_seq = seq;
}

bool drbd_seq_saw_ack(struct drbd_req_vol *vol, u32 seq)
{
	u32 old = vol->peer_seq;

	raise_peer_seq(vol, seq);
	return vol->peer_seq != old;
}

/* --- epochs ---------------------------------------------------------------------------------------------------------- */

#define EPOCH_OF(l) container_of(l, struct drbd_epoch, link)

static void open_epoch(struct drbd_epochs *es, struct drbd_epoch *e)
{
	e->barrier_nr = e->size = e->active = 0;
	e->have_barrier = e->stable = 0;
	e->link.prev = es->list.prev;
	e->link.next = &es->list;
	es->list.prev->next = &e->link;
	es->list.prev = &e->link;
	es->nr++;
}

static void drop_epoch(struct drbd_epochs *es, struct drbd_epoch *e)
{
	e->link.prev->next = e->link.next;
	e->link.next->prev = e->link.prev;
	drbd_link_init(&e->link);
	es->nr--;
}

static struct drbd_epoch *opened(struct drbd_epochs *es)
{
	return EPOCH_OF(es->list.prev);
}

void drbd_epochs_init(struct drbd_epochs *es, struct drbd_epoch *first, enum drbd_write_ordering wo)
{
	drbd_link_init(&es->list);
	es->active = es->nr = 0;
	es->lost = 0;
	es->wo = wo;
	open_epoch(es, first);
}

void drbd_epochs_reset(struct drbd_epochs *es)
{
	struct drbd_epoch *e = opened(es);

	drbd_assert(!es->active);
	e->barrier_nr = e->size = 0;
	e->have_barrier = e->stable = 0;
	es->lost = 0;
}

void drbd_epochs_disk_lost(struct drbd_epochs *es)
{
	if (es->nr > 1 || opened(es)->size)
		es->lost = 1;
}

struct drbd_epoch *drbd_epochs_reap(struct drbd_epochs *es)
{
	struct drbd_epoch *e = EPOCH_OF(es->list.next);

	if (e == opened(es))
		return NULL;
	drop_epoch(es, e);
	return e;
}

enum drbd_write_ordering drbd_write_ordering(bool flushes, bool drain)
{
	return flushes ? WO_BDEV_FLUSH : drain ? WO_DRAIN_IO : WO_NONE;
}

static bool may_ack(const struct drbd_epoch *e)
{
	return e->have_barrier && e->stable && !e->active;
}

enum drbd_barrier_do drbd_epoch_barrier(struct drbd_epochs *es, u32 barrier_nr, struct drbd_epoch *spare,
					bool *spare_used)
{
	struct drbd_epoch *e = opened(es);

	*spare_used = false;
	if (!e->size)
		return BARRIER_GO_ON;
	if (es->nr >= DRBD_EPOCHS_MAX || es->lost)
		return BARRIER_BAD;
	*spare_used = true;
	e->barrier_nr = barrier_nr;
	e->have_barrier = 1;
	open_epoch(es, spare);
	if (es->wo != WO_NONE)
		return BARRIER_DRAIN;
	e->stable = 1;
	return may_ack(EPOCH_OF(es->list.next)) ? BARRIER_ACK : BARRIER_GO_ON;
}

void drbd_epoch_drained(struct drbd_epochs *es, bool flush_failed)
{
	struct drbd_link *l;

	drbd_assert(!es->active);
	if (flush_failed && es->wo == WO_BDEV_FLUSH)
		es->wo = WO_DRAIN_IO;
	for (l = es->list.next; l != &es->list; l = l->next)
		if (EPOCH_OF(l)->have_barrier)
			EPOCH_OF(l)->stable = 1;
}

bool drbd_epoch_next_ack(struct drbd_epochs *es, u32 *barrier_nr, u32 *set_size, struct drbd_epoch **done)
{
	struct drbd_epoch *e = EPOCH_OF(es->list.next);

	if (!may_ack(e))
		return false;
	*barrier_nr = e->barrier_nr;
	*set_size = e->size;
	*done = e;
	drop_epoch(es, e);
	return true;
}

/* --- received writes -------------------------------------------------------------------------------------------------- */

static u32 acks_of(u32 dp_flags, const struct drbd_req_env *env)
{
	if (env->apv < 100)
		return env->wire_protocol == DRBD_PROT_C ? EE_SEND_WRITE_ACK :
		       env->wire_protocol == DRBD_PROT_B ? EE_SEND_RECEIVE_ACK : 0;
	return ((dp_flags & DP_SEND_RECEIVE_ACK) ? EE_SEND_RECEIVE_ACK : 0) |
	       ((dp_flags & DP_SEND_WRITE_ACK) ? EE_SEND_WRITE_ACK : 0);
}

static void init(struct drbd_peer_req *pr, struct drbd_req_vol *vol, u64 sector, u32 size_byte, u64 block_id)
{
	drbd_interval_set(&pr->iv, sector, size_byte);
	pr->vol = vol;
	pr->epoch = NULL;
	pr->block_id = block_id;
	pr->deadline_ms = 0;
	pr->seq = 0;
	pr->flags = EE_WRITE;
	pr->ack_packet = 0;
}

void drbd_peer_write_init(struct drbd_peer_req *pr, struct drbd_req_vol *vol, struct drbd_epochs *es, u64 sector,
			  u32 size_byte, u64 block_id, u32 seq, u32 dp_flags, const struct drbd_req_env *env)
{
	init(pr, vol, sector, size_byte, block_id);
	pr->seq = seq;
	pr->flags |= acks_of(dp_flags, env) | EE_COUNTED;
	pr->flags |= (dp_flags & DP_MAY_SET_IN_SYNC) ? EE_MAY_SET_IN_SYNC : 0;
	pr->flags |= (dp_flags & DP_FLUSH) ? EE_FLUSH : 0;
	pr->flags |= (dp_flags & DP_FUA) ? EE_FUA : 0;
	pr->flags |= (dp_flags & DP_DISCARD) ? EE_DISCARD : 0;
	pr->flags |= (dp_flags & DP_ZEROES) ? EE_ZEROES : 0;
	pr->epoch = opened(es);
	pr->epoch->size++;
	pr->epoch->active++;
	es->active++;
}

/* A gate is closed: wait, at most limit_ms (0: without bound). True if the limit has passed. */
static bool wait_expired(struct drbd_peer_req *pr, u32 limit_ms, u64 now_ms)
{
	if (!limit_ms)
		return false;
	if (!(pr->flags & EE_WAITED)) {
		pr->flags |= EE_WAITED;
		pr->deadline_ms = now_ms + limit_ms;
	}
	return now_ms >= pr->deadline_ms;
}

/* Only the node with the RC flag tracks the peer's acks, and only two primaries need it. */
static bool sequence_open(struct drbd_peer_req *pr, const struct drbd_req_env *env)
{
	if (pr->flags & EE_SEQ_DONE)
		return true;
	if (env->two_primaries && env->rc_flag && (s32)(pr->vol->peer_seq - (pr->seq - 1)) < 0)
		return false;
	raise_peer_seq(pr->vol, pr->seq);
	pr->flags |= EE_SEQ_DONE;
	return true;
}

static struct drbd_interval *first_conflict(struct drbd_peer_req *pr, bool local)
{
	struct drbd_interval *iv;
	u64 sector = pr->iv.sector;
	u32 size = pr->iv.size_byte;

	for (iv = drbd_interval_first(&pr->vol->writes, sector, size); iv; iv = drbd_interval_next(iv, sector, size))
		if (iv != &pr->iv && !iv->completed && iv->local == local)
			return iv;
	return NULL;
}

static u32 send_ack(struct drbd_peer_req *pr, u16 packet)
{
	pr->ack_packet = packet;
	return PR_DO_ACK;
}

/*
 * The node with the RC flag drops the peer's write that meets an own one (drbd-wire.md 5.8). Below 100 there is no
 * packet that makes the peer try again, and what sticks out of our write is not superseded: it is refused, so that the
 * peer marks it out of sync.
 */
static u32 drop(struct drbd_peer_req *pr, const struct drbd_interval *own, const struct drbd_req_env *env)
{
	bool inside = drbd_interval_contains(own, pr->iv.sector, pr->iv.size_byte);

	pr->flags |= EE_DROPPED;
	return send_ack(pr, inside ? P_SUPERSEDED : env->apv < 100 ? P_NEG_ACK : P_RETRY_WRITE);
}

/* Entered already, so that what comes later waits for it; an earlier received one goes first. */
static bool earlier_received(struct drbd_peer_req *pr)
{
	struct drbd_interval *iv = first_conflict(pr, false);

	if (!iv || pr->iv.linked)
		return false;
	iv->waiting = 1;
	return true;
}

static u32 expired_or_wait(struct drbd_peer_req *pr, u32 limit_ms, u64 now_ms, u32 verdict)
{
	return wait_expired(pr, limit_ms, now_ms) ? verdict : PR_DO_WAIT;
}

u32 drbd_peer_write_step(struct drbd_peer_req *pr, const struct drbd_req_env *env, u32 ping_timeout_ms,
			 u32 conflict_ms, u64 now_ms)
{
	struct drbd_interval *iv;
	u32 todo = 0;

	if (env->disk < D_INCONSISTENT) {
		raise_peer_seq(pr->vol, pr->seq);
		pr->flags |= EE_DROPPED;
		return send_ack(pr, P_NEG_ACK);
	}
	if ((pr->flags & EE_SEND_RECEIVE_ACK) && !(pr->flags & EE_RECEIVE_ACKED)) {
		pr->flags |= EE_RECEIVE_ACKED;
		todo |= PR_DO_SEND_RECV_ACK;
	}
	if (!sequence_open(pr, env))
		return todo | expired_or_wait(pr, ping_timeout_ms, now_ms, PR_DO_PROTOCOL_ERROR);
	if (earlier_received(pr))
		return todo | PR_DO_WAIT;
	iv = env->two_primaries ? first_conflict(pr, true) : NULL;
	if (iv && env->rc_flag)
		return todo | drop(pr, iv, env);
	if (!pr->iv.linked) {
		drbd_interval_insert(&pr->vol->writes, &pr->iv);
		pr->flags &= ~EE_WAITED;
	}
	if (iv) {
		iv->waiting = 1;
		return todo | expired_or_wait(pr, conflict_ms, now_ms, PR_DO_TIMEOUT);
	}
	iv = drbd_interval_first(&pr->vol->rs_writes, pr->iv.sector, pr->iv.size_byte);
	if (iv) {
		iv->waiting = 1;
		return todo | PR_DO_WAIT;
	}
	if (env->pdsk < D_INCONSISTENT) {
		pr->flags &= ~EE_MAY_SET_IN_SYNC;
		todo |= PR_DO_SET_OOS | PR_DO_AL_GET;
	}
	pr->flags |= EE_SUBMITTED;
	return todo | PR_DO_SUBMIT;
}

u32 drbd_peer_rs_write_init(struct drbd_peer_req *pr, struct drbd_req_vol *vol, u64 sector, u32 size_byte,
			    const struct drbd_req_env *env)
{
	init(pr, vol, sector, size_byte, ID_SYNCER);
	pr->flags |= EE_RS;
	if (env->disk < D_INCONSISTENT) {
		pr->flags |= EE_DROPPED;
		return send_ack(pr, P_NEG_ACK);
	}
	drbd_interval_insert(&vol->rs_writes, &pr->iv);
	pr->flags |= EE_SUBMITTED;
	return PR_DO_SUBMIT;
}

bool drbd_peer_read_wait(struct drbd_req_vol *vol, u64 sector, u32 size_byte)
{
	struct drbd_interval *iv;

	for (iv = drbd_interval_first(&vol->writes, sector, size_byte); iv;
	     iv = drbd_interval_next(iv, sector, size_byte)) {
		if (iv->local || iv->completed)
			continue;
		iv->waiting = 1;
		return true;
	}
	return false;
}

u32 drbd_peer_req_done(struct drbd_peer_req *pr, s32 error, const struct drbd_req_env *env)
{
	bool syncing = env->conn >= C_SYNC_SOURCE && env->conn <= C_PAUSED_SYNC_T;

	if (error) {
		pr->flags |= EE_FAILED;
		return PR_DO_SET_OOS | PR_DO_IO_ERROR | send_ack(pr, P_NEG_ACK);
	}
	if (pr->flags & EE_RS)	/* Behind: a bit set since may be of a newer write */
		return (syncing ? PR_DO_SET_IN_SYNC : 0) | send_ack(pr, P_RS_WRITE_ACK);
	if (!(pr->flags & EE_SEND_WRITE_ACK))
		return PR_DO_NO_ACK;
	if (syncing && (pr->flags & EE_MAY_SET_IN_SYNC))
		return PR_DO_SET_IN_SYNC | send_ack(pr, P_RS_WRITE_ACK);
	return send_ack(pr, P_WRITE_ACK);
}

u32 drbd_peer_req_acked(struct drbd_epochs *es, struct drbd_peer_req *pr)
{
	u32 todo = PR_DO_FREE;

	if (pr->iv.waiting)
		todo |= PR_DO_WAKE;
	drbd_interval_erase((pr->flags & EE_RS) ? &pr->vol->rs_writes : &pr->vol->writes, &pr->iv);
	if (pr->flags & EE_IN_ACT_LOG)
		todo |= PR_DO_AL_PUT;
	pr->flags &= ~EE_IN_ACT_LOG;
	if (!(pr->flags & EE_COUNTED))
		return todo;
	pr->flags &= ~EE_COUNTED;
	drbd_assert(pr->epoch->active > 0 && es->active > 0);
	pr->epoch->active--;
	if (!--es->active)
		todo |= PR_DO_WAKE;
	if (may_ack(EPOCH_OF(es->list.next)))
		todo |= PR_DO_BARRIER_ACK;
	return todo;
}
