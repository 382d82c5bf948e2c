/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request on every way through its life: all sequences of what sender, peer, disk, connection and
 * administrator can do next are played, and a model that knows only the promises judges each step.
 */
#include "drbd-like/core/drbd_req.h"
#include "drbd-like/core/drbd_protocol.h"
#include "unit.h"

static struct drbd_req_env env_of(int protocol, int disk, int pdsk)
{
	struct drbd_req_env env = { .role = R_PRIMARY, .conn = C_CONNECTED, .disk = disk, .pdsk = pdsk,
				    .wire_protocol = protocol, .apv = 101, .max_epoch_size = 2048,
				    .congestion_extents = 1237, .wzeroes = 1 };

	return env;
}

/* --- all sequences ------------------------------------------------------------------------------------------- */

enum act {
	A_SEND, A_SEND_FAILS, A_RECV_ACK, A_WRITE_ACK, A_SIS, A_NEG_ACK, A_SUPERSEDED, A_RETRY, A_DATA, A_BARRIER_ACK,
	A_DISK_OK, A_DISK_BAD, A_DISK_ABORT, A_LOSE, A_SUSPEND, A_RESUME, A_RECONNECT, ACTS
};
static const char *const act_name[] = {
	"send", "send fails", "recv ack", "write ack", "rs write ack", "neg ack", "superseded", "retry", "data",
	"barrier ack", "disk ok", "disk bad", "disk abort", "connection lost", "suspend", "resume", "reconnect",
};

struct play {
	struct drbd_tl tl;
	struct drbd_req_vol vol;
	struct drbd_request req;
	struct drbd_req_env env;
	/* what the model knows */
	bool write, local, remote;
	bool queued, sent, link_up, gave_up;
	bool peer_has, peer_acked, peer_refused, retry, barrier, net_over;
	bool disk_busy, disk_ok, disk_failed, aborted;
	bool suspended, lost_while_suspended, judged_completion;
	int completed, restarted, freed, oos, in_sync, al_put;
};

static char trail[400];
static unsigned long plays;

static void take(struct play *p, u32 todo)
{
	CHECK_MSG(!p->freed, "%s: event after free", trail);
	p->oos += !!(todo & RQ_DO_SET_OOS);
	if (todo & RQ_DO_SET_IN_SYNC)
		p->in_sync++;
	p->al_put += !!(todo & RQ_DO_AL_PUT);
	p->completed += !!(todo & RQ_DO_COMPLETE);
	p->restarted += !!(todo & RQ_DO_RESTART);
	p->freed += !!(todo & RQ_DO_FREE);
	if (todo & (RQ_DO_COMPLETE | RQ_DO_RESTART))
		drbd_req_left(&p->vol);
}

/* Is the peer's part of what the upper layer waits for over? */
static bool net_satisfied(const struct play *p)
{
	if (!p->remote || p->net_over || p->peer_refused || p->peer_acked || p->retry)
		return true;
	return p->write && p->env.wire_protocol == 1 && p->sent;
}

static void judge(struct play *p)
{
	bool disk_over = !p->local || !p->disk_busy || p->aborted;
	bool may_end = disk_over && net_satisfied(p) && !p->queued && !p->suspended;
	bool ended = p->completed + p->restarted > 0;
	bool net_good = (!p->write && p->peer_has) ||
			(p->remote && !p->net_over && !p->peer_refused &&
			 (p->peer_acked || (p->write && p->env.wire_protocol == 1 && p->sent)));

	CHECK_MSG(p->completed + p->restarted <= 1, "%s: told twice", trail);
	CHECK_MSG(p->al_put <= 1 && p->al_put == (p->write && p->freed), "%s: activity log", trail);
	if (ended && !p->freed)
		CHECK_MSG(p->disk_busy || (p->remote && !p->net_over && !p->barrier) || p->queued, "%s: leaks", trail);
	if (!ended)
		CHECK_MSG(!may_end, "%s: never told", trail);
	CHECK_INT(p->vol.local_cnt, p->disk_busy);
	if (p->completed && !p->judged_completion) {
		p->judged_completion = true;
		CHECK_MSG(p->req.error ? !(p->disk_ok || net_good) : p->disk_ok || net_good,
			  "%s: told %d", trail, p->req.error);
	}
	if (!p->freed)
		return;
	CHECK_MSG(!p->vol.ap_pending && !p->vol.in_flight_sect && !p->vol.ap_bio, "%s: counters", trail);
	CHECK_MSG(!drbd_tl_first(&p->tl) && !p->vol.writes.root && !p->vol.reads.root, "%s: still listed", trail);
	if (!p->write)
		return;
	/* without a copy on both sides of which both know, the blocks are marked */
	if (!(p->disk_ok && p->peer_acked && p->barrier) && !(p->disk_ok && p->retry && p->barrier) &&
	    !(p->disk_ok && p->env.wire_protocol == 1 && p->barrier && !p->peer_refused))
		CHECK_MSG(p->oos || !p->local, "%s: difference not marked", trail);
	if (p->in_sync)
		CHECK_MSG(p->disk_ok && p->barrier && p->peer_has, "%s: cleared without two copies", trail);
}

static u32 tell(struct play *p, enum drbd_req_event ev)
{
	u32 todo = drbd_req_event(&p->tl, &p->req, ev, &p->env, 5);

	take(p, todo);
	return todo;
}

static bool peer_may_answer(const struct play *p)
{
	return p->link_up && p->remote && p->sent && !p->barrier && !p->net_over && !p->freed;
}

static bool possible(const struct play *p, enum act a)
{
	int protocol = p->env.wire_protocol;
	bool first_answer = peer_may_answer(p) && !p->peer_refused && !p->retry;

	if (p->freed)
		return false;
	switch (a) {
	case A_SEND: case A_SEND_FAILS:
		return p->queued && p->link_up && !p->gave_up;
	case A_RECV_ACK:
		return first_answer && p->write && protocol == 2 && !p->peer_acked;
	case A_WRITE_ACK: case A_SIS:
		return first_answer && p->write && (a == A_SIS || protocol == 3) && (!p->peer_acked || !p->peer_has);
	case A_NEG_ACK:
		return first_answer && (!p->peer_acked || (protocol != 3 && !p->peer_has));
	case A_SUPERSEDED: case A_RETRY:
		return first_answer && p->write && protocol == 3 && !p->peer_acked;
	case A_DATA:
		return first_answer && !p->write && !p->peer_acked;
	case A_BARRIER_ACK:
		return peer_may_answer(p) && p->write && net_satisfied(p) && p->tl.epoch != p->req.epoch;
	case A_DISK_OK: case A_DISK_BAD:
		return p->disk_busy;
	case A_DISK_ABORT:
		return p->disk_busy && !p->aborted;
	case A_LOSE:
		return p->remote && p->link_up;
	case A_SUSPEND:
		return !p->suspended && !p->lost_while_suspended && !(p->completed + p->restarted);
	case A_RESUME:
		return p->suspended;
	case A_RECONNECT:
		return p->suspended && p->lost_while_suspended;
	default:
		return false;
	}
}

static void do_send(struct play *p)
{
	struct drbd_request *req = NULL;
	u32 nr;

	CHECK_INT(drbd_tl_next_send(&p->tl, 1, &req, &nr), DRBD_SEND_REQUEST);
	CHECK(req == &p->req);
	p->queued = false;
	p->sent = true;
	tell(p, RQE_HANDED_OVER);
}

static void do_send_fails(struct play *p)
{
	struct drbd_request *req = NULL;
	u32 nr;

	CHECK_INT(drbd_tl_next_send(&p->tl, 1, &req, &nr), DRBD_SEND_REQUEST);
	p->queued = false;
	p->gave_up = true;
	tell(p, RQE_SEND_FAILED);
}

static void do_lose(struct play *p)
{
	p->link_up = false;
	p->queued = false;
	p->env.conn = C_NETWORK_FAILURE;
	p->env.pdsk = D_UNKNOWN;
	drbd_tl_sender_reset(&p->tl);
	if (p->suspended) {
		p->lost_while_suspended = true;
		if (p->completed && !p->barrier)
			p->net_over = true;
		tell(p, RQE_CONN_LOST_FROZEN);
		return;
	}
	if (!p->barrier)
		p->net_over = true;
	tell(p, RQE_CONN_LOST);
}

static void do_resume(struct play *p)
{
	p->suspended = false;
	p->env.suspended = 0;
	if (p->lost_while_suspended && !p->barrier)
		p->net_over = true;
	tell(p, p->lost_while_suspended ? RQE_CONN_LOST : RQE_RESUME);
}

static void do_reconnect(struct play *p)
{
	p->suspended = p->lost_while_suspended = false;
	p->env.suspended = 0;
	p->env.conn = C_CONNECTED;
	p->env.pdsk = D_UP_TO_DATE;
	p->link_up = true;
	p->gave_up = false;
	if (p->retry) {
		p->barrier = p->write;
	} else if (!p->barrier && !p->net_over && !(!p->write && (p->peer_acked || p->peer_refused))) {
		p->queued = true;
		p->sent = p->peer_refused = p->peer_acked = p->peer_has = false;
	}
	tell(p, RQE_RESEND);
}

static void do_barrier_ack(struct play *p)
{
	struct drbd_request *req = NULL;
	u32 nr;

	CHECK_INT(drbd_tl_next_send(&p->tl, 2, &req, &nr), DRBD_SEND_BARRIER);
	CHECK_INT(nr, p->req.epoch);
	CHECK_INT(drbd_tl_barrier_ack(&p->tl, nr, 2), -EPROTO);
	CHECK_INT(drbd_tl_barrier_ack(&p->tl, nr + 1, 1), -EPROTO);
	CHECK_INT(drbd_tl_barrier_ack(&p->tl, nr, 1), 0);
	CHECK(drbd_tl_next_in_epoch(&p->tl, nr) == &p->req);
	p->barrier = true;
	tell(p, RQE_BARRIER_ACKED);
	CHECK(!drbd_tl_next_in_epoch(&p->tl, nr));
}

static void perform(struct play *p, enum act a)
{
	switch (a) {
	case A_SEND:		do_send(p); break;
	case A_SEND_FAILS:	do_send_fails(p); break;
	case A_RECV_ACK:	p->peer_acked = true; tell(p, RQE_RECV_ACKED); break;
	case A_WRITE_ACK:	p->peer_acked = p->peer_has = true; tell(p, RQE_WRITE_ACKED); break;
	case A_SIS:		p->peer_acked = p->peer_has = true; tell(p, RQE_WRITE_ACKED_SIS); break;
	case A_NEG_ACK:		p->peer_refused = true; p->peer_acked = false; tell(p, RQE_NEG_ACKED); break;
	case A_SUPERSEDED:	p->peer_acked = p->peer_has = true; tell(p, RQE_SUPERSEDED); break;
	case A_RETRY:		p->retry = true; tell(p, RQE_POSTPONED); break;
	case A_DATA:		p->peer_acked = p->peer_has = true; tell(p, RQE_DATA_RECEIVED); break;
	case A_BARRIER_ACK:	do_barrier_ack(p); break;
	case A_DISK_OK:
		p->disk_busy = false;
		p->disk_ok = !p->aborted;
		tell(p, RQE_LOCAL_DONE);
		break;
	case A_DISK_BAD:	p->disk_busy = false; p->disk_failed = true; tell(p, RQE_LOCAL_FAILED); break;
	case A_DISK_ABORT:	p->aborted = true; tell(p, RQE_LOCAL_ABORT); break;
	case A_LOSE:		do_lose(p); break;
	case A_SUSPEND:		p->suspended = true; p->env.suspended = 1; break;
	case A_RESUME:		do_resume(p); break;
	case A_RECONNECT:	do_reconnect(p); break;
	default:		break;
	}
	judge(p);
}

static void begin(struct play *p, int protocol, bool write, bool local, bool remote)
{
	u32 todo;

	memset(p, 0, sizeof(*p));
	p->env = env_of(protocol, local ? D_UP_TO_DATE : D_DISKLESS, remote ? D_UP_TO_DATE : D_INCONSISTENT);
	if (!write && remote)
		p->env.disk = D_DISKLESS;
	if (!remote)
		p->env.conn = C_STANDALONE;
	drbd_tl_init(&p->tl);
	drbd_req_vol_init(&p->vol);
	p->write = write;
	p->local = local;
	p->remote = p->queued = remote;
	p->link_up = true;
	p->disk_busy = local;
	drbd_req_init(&p->req, &p->vol, 8, 4096, write ? RQ_WRITE | RQ_IN_ACT_LOG : 0, 77);
	CHECK(drbd_req_may_start(&p->vol, &p->env));
	todo = drbd_req_start(&p->tl, &p->req, &p->env, true, 1);
	take(p, todo);
	CHECK_INT(!!(todo & RQ_DO_SUBMIT_LOCAL), local);
	CHECK_INT(!!(todo & RQ_DO_WAKE_SENDER), remote);
	judge(p);
}

/* Plays the first n acts of the list again and then every act that is possible, to the given depth. */
static void explore(int protocol, bool write, bool local, bool remote, enum act *acts, int n, int depth)
{
	struct play p;
	size_t at = strlen(trail);
	int a, i;

	for (a = 0; a < ACTS; a++) {
		begin(&p, protocol, write, local, remote);
		for (i = 0; i < n; i++)
			perform(&p, acts[i]);
		if (!possible(&p, a))
			continue;
		plays++;
		acts[n] = a;
		snprintf(trail + at, sizeof(trail) - at, ", %s", act_name[a]);
		perform(&p, a);
		if (n + 1 < depth && !p.freed)
			explore(protocol, write, local, remote, acts, n + 1, depth);
		trail[at] = '\0';
	}
}

static void explore_all(int protocol, bool write, bool local, bool remote)
{
	enum act acts[16];

	snprintf(trail, sizeof(trail), "%s %c%s%s", write ? "write" : "read", "?ABC"[protocol], local ? " local" : "",
		 remote ? " remote" : "");
	explore(protocol, write, local, remote, acts, 0, 8);
}

TEST(every_way_of_a_write_in_protocol_a) { explore_all(1, true, true, true); explore_all(1, true, false, true); }
TEST(every_way_of_a_write_in_protocol_b) { explore_all(2, true, true, true); explore_all(2, true, false, true); }
TEST(every_way_of_a_write_in_protocol_c) { explore_all(3, true, true, true); explore_all(3, true, false, true); }
TEST(every_way_of_an_unmirrored_write) { explore_all(3, true, true, false); }
TEST(every_way_of_a_read)
{
	explore_all(3, false, true, false);
	explore_all(3, false, false, true);
	CHECK_MSG(plays > 20000, "only %lu sequences", plays);
}

/* --- single rules ----------------------------------------------------------------------------------------------- */

static struct drbd_tl tl;
static struct drbd_req_vol vol;
static struct drbd_request rq[40];

static void fresh(void)
{
	drbd_tl_init(&tl);
	drbd_req_vol_init(&vol);
	memset(rq, 0xaa, sizeof(rq));
}

static u32 start(int i, u64 sector, u32 size, u32 flags, const struct drbd_req_env *env)
{
	drbd_req_init(&rq[i], &vol, sector, size, flags, 100 + i);
	CHECK(drbd_req_may_start(&vol, env));
	return drbd_req_start(&tl, &rq[i], env, false, 10 + i);
}

static u32 event(int i, enum drbd_req_event ev, const struct drbd_req_env *env)
{
	return drbd_req_event(&tl, &rq[i], ev, env, 1000);
}

/* What the sender does next: 1000 + n for barrier n, index of a request, or -1. */
static int send_next(const struct drbd_req_env *env)
{
	struct drbd_request *req;
	u32 nr;

	switch (drbd_tl_next_send(&tl, 1000, &req, &nr)) {
	case DRBD_SEND_BARRIER:
		return 1000 + nr;
	case DRBD_SEND_REQUEST:
		drbd_req_event(&tl, req, RQE_HANDED_OVER, env, 1000);
		return req - rq;
	default:
		return -1;
	}
}

TEST(where_writes_go_in_every_state)
{
	struct drbd_req_env env;
	int conn, disk, pdsk;
	u32 todo;

	for (conn = C_CONNECTED; conn <= C_BEHIND; conn++)
	for (disk = D_DISKLESS; disk <= D_UP_TO_DATE; disk++)
	for (pdsk = D_DISKLESS; pdsk <= D_UP_TO_DATE; pdsk++) {
		bool mirror = pdsk == D_UP_TO_DATE ||
			      (pdsk >= D_INCONSISTENT && conn >= C_WF_BITMAP_T && conn < C_AHEAD);
		bool tell_oos = !mirror && (conn == C_AHEAD || conn == C_WF_BITMAP_S);
		bool good = disk == D_UP_TO_DATE || pdsk == D_UP_TO_DATE;
		bool frozen = conn == C_WF_BITMAP_T || conn == C_WF_SYNC_UUID || disk == D_ATTACHING ||
			      disk == D_NEGOTIATING;

		env = env_of(3, disk, pdsk);
		env.conn = conn;
		fresh();
		drbd_req_init(&rq[0], &vol, 0, 4096, RQ_WRITE, 1);
		CHECK_INT(drbd_req_may_start(&vol, &env), !frozen);
		if (frozen)
			continue;
		todo = drbd_req_start(&tl, &rq[0], &env, false, 0);
		if (!good) {
			CHECK_INT(todo, RQ_DO_COMPLETE | RQ_DO_FREE | RQ_DO_SET_OOS);
			CHECK_INT(rq[0].error, -EIO);
			continue;
		}
		CHECK_INT(!!(todo & RQ_DO_WAKE_SENDER), mirror || (tell_oos && conn == C_AHEAD));
		CHECK_INT(!!(todo & RQ_DO_SET_OOS), tell_oos && conn == C_AHEAD);
		CHECK_INT(!!(todo & RQ_DO_SET_OOS_TELL), tell_oos && conn != C_AHEAD);
		CHECK_INT(!!(todo & RQ_DO_SUBMIT_LOCAL), disk >= D_INCONSISTENT);
		CHECK_INT(!!(todo & RQ_DO_FREE), 0);
	}
}

TEST(new_requests_wait_while_suspended_or_held)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	env.suspended = 1;
	CHECK(!drbd_req_may_start(&vol, &env));
	env.suspended = 0;
	drbd_req_hold(&vol);
	CHECK(!drbd_req_may_start(&vol, &env));
	CHECK_INT(vol.ap_bio, 0);
	CHECK(drbd_req_release(&vol));
	env.conn = C_WF_BITMAP_S;
	env.apv = 95;
	CHECK(!drbd_req_may_start(&vol, &env));
	env.apv = 96;
	CHECK(drbd_req_may_start(&vol, &env));
	CHECK_INT(vol.ap_bio, 1);
	CHECK(drbd_req_left(&vol));
}

TEST(own_overlapping_writes_follow_each_other)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 8192, RQ_WRITE, &env);
	CHECK_INT(start(1, 8, 4096, RQ_WRITE, &env), RQ_DO_WAIT_CONFLICT);
	CHECK(start(2, 16, 4096, RQ_WRITE, &env) & RQ_DO_SUBMIT_LOCAL);
	event(0, RQE_LOCAL_DONE, &env);
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(event(0, RQE_WRITE_ACKED, &env), RQ_DO_COMPLETE | RQ_DO_WAKE);
	/* complete, if not freed: no conflict any more, but still found by its id */
	CHECK(drbd_req_find(&vol.writes, 0, 100) == &rq[0]);
	CHECK(!drbd_req_find(&vol.writes, 8, 100));
	CHECK(!drbd_req_find(&vol.writes, 0, 101));
	CHECK(start(1, 8, 4096, RQ_WRITE, &env) & RQ_DO_SUBMIT_LOCAL);
}

TEST(barriers_stand_between_epochs)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	start(1, 8, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(send_next(&env), 1);
	CHECK_INT(send_next(&env), -1);
	CHECK(event(0, RQE_LOCAL_DONE, &env) & RQ_DO_COMPLETE);		/* closes epoch 0 */
	CHECK_INT(tl.epoch, 1);
	start(2, 16, 4096, RQ_WRITE, &env);
	CHECK_INT(rq[2].epoch, 1);
	CHECK_INT(send_next(&env), 1000);
	CHECK_INT(send_next(&env), 2);
	CHECK_INT(send_next(&env), -1);
	CHECK_INT(drbd_tl_barrier_ack(&tl, 1, 1), -EPROTO);	/* not the oldest */
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 2), 0);
	CHECK(event(0, RQE_BARRIER_ACKED, &env) & RQ_DO_FREE);
	CHECK(!(event(1, RQE_BARRIER_ACKED, &env) & RQ_DO_FREE));	/* its disk is slow */
	CHECK(event(1, RQE_LOCAL_DONE, &env) & RQ_DO_FREE);
	CHECK(drbd_tl_barrier_waits(&tl) && !drbd_tl_to_send(&tl));
	CHECK(event(2, RQE_LOCAL_DONE, &env) & RQ_DO_COMPLETE);
	CHECK(drbd_tl_barrier_waits(&tl) && drbd_tl_to_send(&tl));	/* nobody waits for it */
	CHECK(drbd_tl_close_epoch(&tl));			/* now somebody does */
	CHECK(!drbd_tl_barrier_waits(&tl) && drbd_tl_to_send(&tl));
	CHECK_INT(send_next(&env), 1001);			/* idle: closed by itself */
	CHECK_INT(send_next(&env), -1);
	CHECK_INT(vol.in_flight_sect, 8);
	/* a read of a newer epoch is behind a barrier too */
	start(3, 24, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 3);
	drbd_tl_close_epoch(&tl);
	env.read_balancing = 1;
	start(4, 32, 4096, 0, &env);
	CHECK_INT(send_next(&env), 1002);
	CHECK_INT(send_next(&env), 4);
}

TEST(who_waits_for_the_log_waits_for_no_company_of_the_barrier)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	CHECK(!drbd_tl_want_barrier(&tl));			/* nothing is in it */
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 0);
	CHECK(drbd_tl_barrier_waits(&tl));
	CHECK(!drbd_tl_want_barrier(&tl));			/* its epoch is open: nothing to wake for */
	CHECK(!drbd_tl_barrier_waits(&tl) && !drbd_tl_to_send(&tl));
	CHECK(event(0, RQE_LOCAL_DONE, &env) & RQ_DO_WAKE_SENDER);
	CHECK(drbd_tl_to_send(&tl));
	CHECK_INT(send_next(&env), 1000);
	/* closed before somebody wants it */
	start(1, 8, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 1);
	CHECK(!(event(1, RQE_LOCAL_DONE, &env) & RQ_DO_WAKE_SENDER));
	CHECK(drbd_tl_barrier_waits(&tl));
	CHECK(drbd_tl_want_barrier(&tl));
	CHECK(!drbd_tl_barrier_waits(&tl));
	CHECK_INT(send_next(&env), 1001);
	CHECK(!drbd_tl_to_send(&tl));
}

TEST(an_epoch_holds_max_epoch_size_writes_and_a_flush_closes_it)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	int i;

	fresh();
	env.max_epoch_size = 3;
	for (i = 0; i < 7; i++)
		start(i, i * 8, 4096, RQ_WRITE, &env);
	for (i = 0; i < 7; i++)
		CHECK_INT(rq[i].epoch, i / 3);
	CHECK_INT(start(7, 0, 0, RQ_WRITE | RQ_FLUSH, &env), RQ_DO_SUBMIT_LOCAL | RQ_DO_WAKE_SENDER);
	CHECK_INT(tl.epoch, 3);
	CHECK_INT(event(7, RQE_LOCAL_DONE, &env), RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[7].error, 0);
	start(8, 0, 0, RQ_WRITE | RQ_FLUSH, &env);
	CHECK_INT(tl.epoch, 3);					/* nothing in it */
	CHECK_INT(event(8, RQE_LOCAL_FAILED, &env), RQ_DO_COMPLETE | RQ_DO_FREE | RQ_DO_WRITE_ERROR);
	CHECK_INT(rq[8].error, 0);				/* the peer has it all */
	env.disk = D_INCONSISTENT;
	env.conn = C_SYNC_TARGET;
	start(11, 0, 0, RQ_WRITE | RQ_FLUSH, &env);
	CHECK_INT(event(11, RQE_LOCAL_DONE, &env), RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[11].error, 0);
	env.conn = C_CONNECTED;
	env.disk = D_UP_TO_DATE;
	env.pdsk = D_UNKNOWN;
	start(12, 0, 0, RQ_WRITE | RQ_FLUSH, &env);
	CHECK_INT(event(12, RQE_LOCAL_FAILED, &env), RQ_DO_COMPLETE | RQ_DO_FREE | RQ_DO_WRITE_ERROR);
	CHECK_INT(rq[12].error, -EIO);
	env.pdsk = D_UP_TO_DATE;
	env.disk = D_DISKLESS;
	CHECK_INT(start(9, 0, 0, RQ_WRITE | RQ_FLUSH, &env), RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[9].error, 0);
	env.pdsk = D_UNKNOWN;
	CHECK_INT(start(10, 0, 0, RQ_WRITE | RQ_FLUSH, &env), RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[10].error, -EIO);
}

TEST(a_barrier_ack_before_its_acks_is_refused)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 0), -EPROTO);
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 1), -EPROTO);
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 1), -EPROTO);
	event(0, RQE_WRITE_ACKED, &env);
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 1), 0);
	CHECK(!drbd_tl_drained(&tl));
	event(0, RQE_BARRIER_ACKED, &env);
	CHECK(drbd_tl_drained(&tl));
}

TEST(sender_keeps_requests_and_other_work_in_order)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	u32 before, between;

	fresh();
	before = drbd_tl_ticket(&tl);
	CHECK(drbd_tl_passed(&tl, before));
	start(0, 0, 4096, RQ_WRITE, &env);
	between = drbd_tl_ticket(&tl);
	start(1, 8, 4096, RQ_WRITE, &env);
	CHECK(drbd_tl_passed(&tl, before));
	CHECK(!drbd_tl_passed(&tl, between));
	CHECK_INT(send_next(&env), 0);
	CHECK(drbd_tl_passed(&tl, between));
	drbd_tl_sender_reset(&tl);
	CHECK(drbd_tl_passed(&tl, drbd_tl_ticket(&tl)));
	CHECK_INT(send_next(&env), -1);
}

TEST(resending_keeps_order_and_old_epoch_numbers)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	int i;

	fresh();
	for (i = 0; i < 4; i++) {
		start(i, i * 8, 4096, RQ_WRITE, &env);
		if (i % 2)
			drbd_tl_close_epoch(&tl);
	}
	for (i = 0; i < 3; i++)
		CHECK(send_next(&env) >= 0);			/* 0, 1, barrier 0 */
	CHECK_INT(send_next(&env), 2);
	event(1, RQE_WRITE_ACKED, &env);
	env.suspended = 1;
	drbd_tl_sender_reset(&tl);
	env.suspended = 0;
	for (i = 0; i < 4; i++)
		event(i, RQE_RESEND, &env);
	CHECK_INT(vol.in_flight_sect, 0);
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(send_next(&env), 1);				/* its ack was no promise */
	CHECK_INT(send_next(&env), 1000);
	CHECK_INT(send_next(&env), 2);
	CHECK_INT(send_next(&env), 3);
	CHECK_INT(send_next(&env), 1001);
	event(0, RQE_WRITE_ACKED, &env);
	event(1, RQE_WRITE_ACKED, &env);
	CHECK_INT(drbd_tl_barrier_ack(&tl, 0, 2), 0);
	CHECK_INT(vol.in_flight_sect, 32);
}

TEST(congestion_pulls_ahead_or_disconnects)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	env.on_congestion = OC_PULL_AHEAD;
	env.congestion_fill_sect = 8;
	CHECK(!(start(0, 0, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD));
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(vol.in_flight_sect, 8);
	CHECK(start(1, 8, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD);
	CHECK_INT(rq[1].epoch, 1);				/* the epoch was closed before */
	env.on_congestion = OC_DISCONNECT;
	CHECK(start(2, 16, 4096, RQ_WRITE, &env) & RQ_DO_DISCONNECT);
	env.on_congestion = OC_BLOCK;
	CHECK(!(start(3, 24, 4096, RQ_WRITE, &env) & (RQ_DO_DISCONNECT | RQ_DO_PULL_AHEAD)));
	env.on_congestion = OC_PULL_AHEAD;
	env.congestion_fill_sect = 0;
	env.al_used_extents = env.congestion_extents;
	CHECK(start(4, 32, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD);
	env.apv = 95;
	CHECK(!(start(5, 40, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD));
	env.apv = 96;
	env.disk = D_INCONSISTENT;
	CHECK(!(start(6, 48, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD));
	env.disk = D_UP_TO_DATE;
	CHECK(start(7, 56, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD);
	env.conn = C_SYNC_SOURCE;
	CHECK(!(start(8, 64, 4096, RQ_WRITE, &env) & RQ_DO_PULL_AHEAD));
}

TEST(ahead_ends_when_nothing_is_in_flight)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	start(1, 8, 4096, RQ_WRITE, &env);
	send_next(&env);
	send_next(&env);
	env.conn = C_AHEAD;
	env.pdsk = D_CONSISTENT;
	drbd_tl_close_epoch(&tl);
	CHECK_INT(start(2, 16, 4096, RQ_WRITE, &env), RQ_DO_SET_OOS | RQ_DO_SUBMIT_LOCAL | RQ_DO_WAKE_SENDER);
	CHECK(event(2, RQE_LOCAL_DONE, &env) & RQ_DO_COMPLETE);		/* nobody waits for P_OUT_OF_SYNC */
	CHECK_INT(send_next(&env), 1000);
	CHECK_INT(send_next(&env), 2);
	CHECK(!(event(0, RQE_BARRIER_ACKED, &env) & RQ_DO_AHEAD_DONE));
	CHECK(event(1, RQE_BARRIER_ACKED, &env) & RQ_DO_AHEAD_DONE);
}

TEST(a_late_ack_clears_no_bits_once_ahead)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_INCONSISTENT);

	fresh();
	env.conn = C_SYNC_SOURCE;
	start(0, 0, 4096, RQ_WRITE, &env);
	send_next(&env);
	event(0, RQE_LOCAL_DONE, &env);
	event(0, RQE_WRITE_ACKED_SIS, &env);
	env.conn = C_AHEAD;
	CHECK_INT(event(0, RQE_BARRIER_ACKED, &env), RQ_DO_FREE | RQ_DO_AHEAD_DONE);
}

TEST(a_write_to_a_sync_target_alone_fails_when_the_source_is_lost)
{
	struct drbd_req_env env = env_of(3, D_INCONSISTENT, D_UP_TO_DATE);

	fresh();
	env.conn = C_SYNC_TARGET;
	start(0, 0, 4096, RQ_WRITE, &env);
	send_next(&env);
	event(0, RQE_LOCAL_DONE, &env);
	drbd_tl_sender_reset(&tl);
	env.conn = C_NETWORK_FAILURE;
	env.pdsk = D_UNKNOWN;
	CHECK_INT(event(0, RQE_CONN_LOST, &env), RQ_DO_SET_OOS | RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[0].error, -EIO);
}

TEST(reads_go_where_read_balancing_says)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	int i;

	fresh();
#define REMOTE(i, sector) !(start(i, sector, 4096, 0, &env) & RQ_DO_SUBMIT_LOCAL)
	CHECK(!REMOTE(0, 0));
	env.read_balancing = 1;
	CHECK(REMOTE(1, 0));
	env.read_balancing = 2;
	CHECK(REMOTE(2, 0) != REMOTE(3, 0));
	env.read_balancing = 3;
	env.rs_pending = 100;
	CHECK(!REMOTE(4, 0));
	env.rs_pending = 0;
	for (i = 5; i < 12; i++)
		start(i, 0, 4096, 0, &env);
	CHECK_MSG(vol.local_cnt > 3 && vol.ap_pending > 3, "%u %u", vol.local_cnt, vol.ap_pending);
	env.read_balancing = 4;
	CHECK(!REMOTE(12, 0));
	env.local_congested = 1;
	CHECK(REMOTE(13, 0));
	for (env.read_balancing = 5; env.read_balancing <= 10; env.read_balancing++) {
		u32 stripe = 64 << (env.read_balancing - 5);	/* 32 KiB are 64 sectors */

		CHECK(!REMOTE(14, stripe - 8));
		CHECK(REMOTE(15, stripe));
		CHECK(!REMOTE(16, 2 * stripe));
		fresh();
	}
	env.read_balancing = 1;
	env.pdsk = D_INCONSISTENT;
	CHECK(!REMOTE(17, 0));
}

TEST(reads_need_a_good_copy_and_try_each_path_once)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	int disk;
	u32 todo;

	fresh();
	for (disk = D_DISKLESS; disk <= D_UP_TO_DATE; disk++) {
		if (disk == D_ATTACHING || disk == D_NEGOTIATING)
			continue;
		env.disk = disk;
		env.pdsk = D_UNKNOWN;
		drbd_req_init(&rq[0], &vol, 0, 4096, 0, 1);
		CHECK(drbd_req_may_start(&vol, &env));
		todo = drbd_req_start(&tl, &rq[0], &env, true, 0);
		if (disk == D_UP_TO_DATE || disk == D_INCONSISTENT) {
			CHECK_INT(todo, RQ_DO_SUBMIT_LOCAL);
			event(0, RQE_LOCAL_DONE, &env);
		} else {
			CHECK_INT(todo, RQ_DO_COMPLETE | RQ_DO_FREE);
			CHECK_INT(rq[0].error, -EIO);
		}
	}
	env.disk = D_INCONSISTENT;
	CHECK_INT(start(0, 0, 4096, 0, &env), RQ_DO_COMPLETE | RQ_DO_FREE);	/* out of sync here */
	env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	start(0, 0, 4096, 0, &env);
	CHECK_INT(event(0, RQE_LOCAL_FAILED, &env), RQ_DO_SET_OOS | RQ_DO_READ_ERROR | RQ_DO_RESTART | RQ_DO_FREE);
	CHECK_INT(start(1, 0, 4096, rq[0].flags & RQ_CARRIED, &env), RQ_DO_WAKE_SENDER);
	CHECK_INT(send_next(&env), 1);
	CHECK_INT(event(1, RQE_NEG_ACKED, &env), RQ_DO_COMPLETE | RQ_DO_FREE);
	CHECK_INT(rq[1].error, -EIO);
	start(2, 0, 4096, RQ_RAHEAD, &env);
	CHECK_INT(event(2, RQE_LOCAL_FAILED, &env), RQ_DO_COMPLETE | RQ_DO_FREE);	/* read-ahead: not tried again */
	CHECK_INT(rq[2].error, -EIO);
}

/* Seed 508861: the disk failed, was attached again, and then the peer came back. */
TEST(a_write_that_the_disk_missed_starts_again_instead_of_going_to_the_peer_alone)
{
	struct drbd_req_env up = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE), away = env_of(3, D_FAILED, D_UNKNOWN);
	u8 disk;

	away.conn = C_WF_CONNECTION;
	away.suspended = 1;
	for (disk = D_DISKLESS; disk <= D_UP_TO_DATE; disk++) {
		if (disk == D_UNKNOWN)
			continue;
		fresh();
		up.disk = D_UP_TO_DATE;
		start(0, 0, 4096, RQ_WRITE, &up);
		start(1, 8, 4096, RQ_WRITE, &up);
		CHECK_INT(send_next(&up), 0);
		CHECK_INT(send_next(&up), 1);
		event(0, RQE_LOCAL_FAILED, &away);
		event(1, RQE_LOCAL_DONE, &away);
		drbd_tl_sender_reset(&tl);
		up.disk = disk;
		CHECK_INT(event(0, RQE_RESEND, &up) & (RQ_DO_RESTART | RQ_DO_WAKE_SENDER | RQ_DO_COMPLETE),
			  disk >= D_INCONSISTENT ? RQ_DO_RESTART : RQ_DO_WAKE_SENDER);
		CHECK_INT(event(1, RQE_RESEND, &up), RQ_DO_WAKE_SENDER);
	}
}

TEST(frozen_requests_start_again_when_a_disk_is_back)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UNKNOWN);

	fresh();
	env.conn = C_WF_CONNECTION;
	start(0, 0, 4096, RQ_WRITE, &env);
	env.suspended = 1;
	env.disk = D_FAILED;
	CHECK_INT(event(0, RQE_LOCAL_FAILED, &env), RQ_DO_SET_OOS | RQ_DO_WRITE_ERROR);
	env.disk = D_UP_TO_DATE;
	env.suspended = 0;
	CHECK_INT(event(0, RQE_RESTART_FROZEN, &env), RQ_DO_RESTART | RQ_DO_FREE | RQ_DO_SET_OOS);
	/* resume-io without a disk: it fails */
	start(1, 0, 4096, RQ_WRITE, &env);
	env.suspended = 1;
	event(1, RQE_LOCAL_FAILED, &env);
	env.suspended = 0;
	CHECK(event(1, RQE_FAIL_FROZEN, &env) & RQ_DO_COMPLETE);
	CHECK_INT(rq[1].error, -EIO);
}

TEST(resending_does_not_complete_what_is_still_suspended)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 0);
	event(0, RQE_LOCAL_DONE, &env);
	env.suspended = 1;
	event(0, RQE_WRITE_ACKED, &env);
	drbd_tl_sender_reset(&tl);
	CHECK_INT(event(0, RQE_CONN_LOST_FROZEN, &env), 0);
	CHECK_INT(event(0, RQE_RESEND, &env), RQ_DO_WAKE_SENDER);
	CHECK_INT(send_next(&env), 0);
	CHECK_INT(event(0, RQE_WRITE_ACKED, &env), 0);
	env.suspended = 0;
	CHECK_INT(event(0, RQE_RESUME, &env), RQ_DO_COMPLETE);
}

/* Seed 104906: it waited for the activity log while the connection went and I/O was suspended for it. */
TEST(a_write_that_started_while_suspended_is_sent_when_the_peer_is_back)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UNKNOWN), back = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	env.conn = C_NETWORK_FAILURE;
	drbd_req_init(&rq[0], &vol, 0, 4096, RQ_WRITE, 100);
	CHECK(drbd_req_may_start(&vol, &env));
	env.suspended = back.suspended = 1;
	CHECK_INT(drbd_req_start(&tl, &rq[0], &env, false, 10), RQ_DO_SUBMIT_LOCAL);
	CHECK_INT(event(0, RQE_LOCAL_DONE, &env), 0);
	CHECK_INT(event(0, RQE_CONN_LOST_FROZEN, &env), 0);
	CHECK_INT(event(0, RQE_RESEND, &back), RQ_DO_WAKE_SENDER);
	CHECK_INT(send_next(&back), 0);
	back.suspended = 0;
	CHECK_INT(event(0, RQE_RESUME, &back), 0);
	CHECK(event(0, RQE_WRITE_ACKED, &back) & RQ_DO_COMPLETE);
	/* back, but without a disk that takes it: it completes, and its blocks are marked */
	fresh();
	back.pdsk = D_DISKLESS;
	env.suspended = 0;
	start(0, 0, 4096, RQ_WRITE, &env);
	env.suspended = back.suspended = 1;
	event(0, RQE_LOCAL_DONE, &env);
	CHECK_INT(event(0, RQE_RESEND, &back), 0);
	back.suspended = 0;
	CHECK_INT(event(0, RQE_RESUME, &back), RQ_DO_COMPLETE | RQ_DO_FREE | RQ_DO_SET_OOS);
}

TEST(what_can_not_be_sent_again_is_marked_when_its_connection_goes)
{
	struct drbd_req_env env = env_of(1, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 0);
	CHECK(event(0, RQE_LOCAL_DONE, &env) & RQ_DO_COMPLETE);	/* protocol A: its data are gone */
	env.suspended = 1;
	drbd_tl_sender_reset(&tl);
	CHECK_INT(event(0, RQE_CONN_LOST_FROZEN, &env), RQ_DO_SET_OOS | RQ_DO_FREE);
}

TEST(a_demoted_node_marks_what_the_peer_may_lack)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);

	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(send_next(&env), 0);
	event(0, RQE_LOCAL_DONE, &env);
	CHECK(event(0, RQE_WRITE_ACKED, &env) & RQ_DO_COMPLETE);
	CHECK_INT(event(0, RQE_MARK_OOS, &env), RQ_DO_SET_OOS);	/* no barrier ack yet */
	env.pdsk = D_UNKNOWN;
	env.conn = C_WF_CONNECTION;
	start(1, 80, 4096, RQ_WRITE, &env);
	CHECK_INT(event(1, RQE_MARK_OOS, &env), 0);		/* marked when it ends */
}

TEST(packets_and_flags_by_version_protocol_and_kind)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	u32 dp;

#define PACKET(kind) (fresh(), start(0, 0, 4096, kind, &env), drbd_req_packet(&rq[0], &env, &dp))
	CHECK_INT(PACKET(RQ_WRITE), P_DATA);
	CHECK_INT(dp, DP_SEND_WRITE_ACK);
	CHECK_INT(PACKET(RQ_WRITE | RQ_SYNC | RQ_FUA | RQ_FLUSH), P_DATA);
	CHECK_INT(dp, DP_SEND_WRITE_ACK | DP_RW_SYNC | DP_FUA | DP_FLUSH);
	CHECK_INT(PACKET(RQ_WRITE | RQ_DISCARD), P_TRIM);
	CHECK_INT(dp, DP_SEND_WRITE_ACK | DP_DISCARD);
	CHECK_INT(PACKET(RQ_WRITE | RQ_ZEROES), P_ZEROES);
	CHECK_INT(dp, DP_SEND_WRITE_ACK | DP_ZEROES | DP_DISCARD);
	CHECK_INT(PACKET(RQ_WRITE | RQ_ZEROES | RQ_NOUNMAP), P_ZEROES);
	CHECK_INT(dp, DP_SEND_WRITE_ACK | DP_ZEROES);
	env.wzeroes = 0;
	CHECK_INT(PACKET(RQ_WRITE | RQ_ZEROES), P_TRIM);
	env.wire_protocol = 2;
	CHECK_INT(PACKET(RQ_WRITE), P_DATA);
	CHECK_INT(dp, DP_SEND_RECEIVE_ACK);
	env.wire_protocol = 1;
	CHECK_INT(PACKET(RQ_WRITE), P_DATA);
	CHECK_INT(dp, 0);
	env.conn = C_SYNC_SOURCE;
	env.pdsk = D_INCONSISTENT;
	CHECK_INT(PACKET(RQ_WRITE), P_DATA);
	CHECK_INT(dp, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK);
	env.apv = 99;
	CHECK_INT(PACKET(RQ_WRITE | RQ_FUA), P_DATA);
	CHECK_INT(dp, DP_MAY_SET_IN_SYNC | DP_FUA);
	env.apv = 94;
	env.wire_protocol = 3;
	CHECK_INT(PACKET(RQ_WRITE | RQ_FUA | RQ_SYNC), P_DATA);
	CHECK_INT(dp, DP_MAY_SET_IN_SYNC | DP_RW_SYNC);
	env = env_of(3, D_DISKLESS, D_UP_TO_DATE);
	CHECK_INT(PACKET(0), P_DATA_REQUEST);
	CHECK_INT(dp, 0);
	env = env_of(1, D_UP_TO_DATE, D_CONSISTENT);
	env.conn = C_AHEAD;
	fresh();
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK_INT(drbd_req_packet(&rq[0], &env, &dp), P_OUT_OF_SYNC);
}

TEST(a_silent_peer_times_out)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	u64 again;

	fresh();
	CHECK(!drbd_tl_timed_out(&tl, 0, 0, 1 << 30, &again));
	start(0, 0, 4096, RQ_WRITE, &env);
	CHECK(!drbd_tl_timed_out(&tl, 42000, 0, 1 << 30, &again));	/* not sent */
	CHECK_INT(send_next(&env), 0);				/* at 1000 */
	CHECK(!drbd_tl_timed_out(&tl, 42000, 0, 43000, &again));
	CHECK_INT(again, 43001);
	CHECK(drbd_tl_timed_out(&tl, 42000, 0, 43001, &again));
	CHECK(!drbd_tl_timed_out(&tl, 42000, 5000, 43001, &again));	/* connected later than that */
	event(0, RQE_WRITE_ACKED, &env);
	CHECK(!drbd_tl_timed_out(&tl, 42000, 0, 43001, &again));	/* acked, barrier not sent */
	event(0, RQE_LOCAL_DONE, &env);
	CHECK_INT(send_next(&env), 1000);
	CHECK(drbd_tl_timed_out(&tl, 42000, 0, 43001, &again));
	CHECK(!drbd_tl_timed_out(&tl, 42001, 0, 43001, &again));
}

TEST(a_silent_disk_times_out)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UNKNOWN);
	u64 again;

	fresh();
	CHECK(!drbd_req_disk_timed_out(&vol, 500, 0, 1 << 30, &again));
	start(0, 0, 4096, RQ_WRITE, &env);			/* at 10 */
	start(1, 8, 4096, RQ_WRITE, &env);
	CHECK(!drbd_req_disk_timed_out(&vol, 0, 0, 1 << 30, &again));
	CHECK(!drbd_req_disk_timed_out(&vol, 500, 0, 510, &again));
	CHECK(drbd_req_disk_timed_out(&vol, 500, 0, 511, &again));
	CHECK(!drbd_req_disk_timed_out(&vol, 500, 100, 511, &again));
	event(0, RQE_LOCAL_DONE, &env);
	CHECK(!drbd_req_disk_timed_out(&vol, 500, 0, 511, &again));
	CHECK_INT(again, 512);
	event(1, RQE_LOCAL_ABORT, &env);
	CHECK(!drbd_req_disk_timed_out(&vol, 500, 0, 9999, &again));
	CHECK(event(1, RQE_LOCAL_DONE, &env) & RQ_DO_FREE);
}

TEST(the_log_is_walked_while_its_records_go)
{
	struct drbd_req_env env = env_of(3, D_UP_TO_DATE, D_UP_TO_DATE);
	struct drbd_request *req, *next;
	int i, n = 0;

	fresh();
	for (i = 0; i < 5; i++) {
		start(i, i * 8, 4096, RQ_WRITE, &env);
		event(i, RQE_LOCAL_DONE, &env);
	}
	drbd_tl_sender_reset(&tl);
	env.conn = C_NETWORK_FAILURE;
	env.pdsk = D_UNKNOWN;
	for (req = drbd_tl_first(&tl); req; req = next) {
		next = drbd_tl_next(&tl, req);
		CHECK_INT(drbd_req_event(&tl, req, RQE_CONN_LOST, &env, 0),
			  RQ_DO_SET_OOS | RQ_DO_COMPLETE | RQ_DO_FREE);
		CHECK_INT(req->error, 0);
		n++;
	}
	CHECK_INT(n, 5);
	CHECK(!drbd_tl_first(&tl));
}

int main(void)
{
	RUN(every_way_of_a_write_in_protocol_a);
	RUN(every_way_of_a_write_in_protocol_b);
	RUN(every_way_of_a_write_in_protocol_c);
	RUN(every_way_of_an_unmirrored_write);
	RUN(every_way_of_a_read);
	RUN(where_writes_go_in_every_state);
	RUN(new_requests_wait_while_suspended_or_held);
	RUN(own_overlapping_writes_follow_each_other);
	RUN(barriers_stand_between_epochs);
	RUN(who_waits_for_the_log_waits_for_no_company_of_the_barrier);
	RUN(an_epoch_holds_max_epoch_size_writes_and_a_flush_closes_it);
	RUN(a_barrier_ack_before_its_acks_is_refused);
	RUN(sender_keeps_requests_and_other_work_in_order);
	RUN(resending_keeps_order_and_old_epoch_numbers);
	RUN(congestion_pulls_ahead_or_disconnects);
	RUN(ahead_ends_when_nothing_is_in_flight);
	RUN(a_late_ack_clears_no_bits_once_ahead);
	RUN(a_write_to_a_sync_target_alone_fails_when_the_source_is_lost);
	RUN(reads_go_where_read_balancing_says);
	RUN(reads_need_a_good_copy_and_try_each_path_once);
	RUN(a_write_that_the_disk_missed_starts_again_instead_of_going_to_the_peer_alone);
	RUN(frozen_requests_start_again_when_a_disk_is_back);
	RUN(resending_does_not_complete_what_is_still_suspended);
	RUN(a_write_that_started_while_suspended_is_sent_when_the_peer_is_back);
	RUN(what_can_not_be_sent_again_is_marked_when_its_connection_goes);
	RUN(a_demoted_node_marks_what_the_peer_may_lack);
	RUN(packets_and_flags_by_version_protocol_and_kind);
	RUN(a_silent_peer_times_out);
	RUN(a_silent_disk_times_out);
	RUN(the_log_is_walked_while_its_records_go);
	return UNIT_END;
}
