/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_peer_req.h"
#include "drbd-like/core/drbd_protocol.h"
#include "unit.h"

static struct drbd_req_vol vol;
static struct drbd_epochs es;
static struct drbd_epoch epoch[10];
static struct drbd_peer_req pr[20];
static struct drbd_req_env env;
static struct drbd_tl tl;
static struct drbd_request own[4];

static void fresh(enum drbd_write_ordering wo)
{
	drbd_req_vol_init(&vol);
	drbd_epochs_init(&es, &epoch[0], wo);
	drbd_tl_init(&tl);
	memset(&env, 0, sizeof(env));
	env.role = R_SECONDARY;
	env.conn = C_CONNECTED;
	env.disk = env.pdsk = D_UP_TO_DATE;
	env.wire_protocol = 3;
	env.apv = 101;
	env.max_epoch_size = 2048;
	env.congestion_extents = 1237;
}

static void arrive(int i, u64 sector, u32 size, u32 dp_flags)
{
	drbd_peer_write_init(&pr[i], &vol, &es, sector, size, 500 + i, i + 1, dp_flags, &env);
}

static u32 step_at(int i, u64 now_ms)
{
	return drbd_peer_write_step(&pr[i], &env, 500, 42000, now_ms);
}

static u32 step(int i)
{
	return step_at(i, 0);
}

static u32 done(int i, s32 error)
{
	return drbd_peer_req_done(&pr[i], error, &env);
}

static u32 acked(int i)
{
	return drbd_peer_req_acked(&es, &pr[i]);
}

static void own_write(int i, u64 sector, u32 size)
{
	struct drbd_request *req;
	u32 nr;

	env.role = R_PRIMARY;
	drbd_req_init(&own[i], &vol, sector, size, RQ_WRITE, 900 + i);
	CHECK(drbd_req_may_start(&vol, &env));
	CHECK(drbd_req_start(&tl, &own[i], &env, false, 0) & RQ_DO_SUBMIT_LOCAL);
	while (drbd_tl_next_send(&tl, 0, &req, &nr) != DRBD_SEND_REQUEST)
		;
	drbd_req_event(&tl, req, RQE_HANDED_OVER, &env, 0);
}

static u32 own_event(int i, enum drbd_req_event ev)
{
	return drbd_req_event(&tl, &own[i], ev, &env, 0);
}

TEST(which_ack_by_flags_version_state_and_result)
{
	static const struct {
		int protocol, apv;
		u32 dp, conn;
		int error, recv_ack, ack;	/* ack: packet or 0 */
	} t[] = {
		{ 1, 101, 0, C_CONNECTED, 0, 0, 0 },
		{ 1, 101, 0, C_CONNECTED, -EIO, 0, P_NEG_ACK },
		{ 2, 101, DP_SEND_RECEIVE_ACK, C_CONNECTED, 0, 1, 0 },
		{ 2, 101, DP_SEND_RECEIVE_ACK, C_CONNECTED, -EIO, 1, P_NEG_ACK },
		{ 3, 101, DP_SEND_WRITE_ACK, C_CONNECTED, 0, 0, P_WRITE_ACK },
		{ 3, 101, DP_SEND_WRITE_ACK, C_CONNECTED, -EIO, 0, P_NEG_ACK },
		{ 3, 101, 0, C_CONNECTED, 0, 0, 0 },		/* the packet decides, not the configuration */
		{ 1, 99, 0, C_CONNECTED, 0, 0, 0 },
		{ 2, 99, 0, C_CONNECTED, 0, 1, 0 },
		{ 3, 99, 0, C_CONNECTED, 0, 0, P_WRITE_ACK },
		{ 1, 101, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK, C_SYNC_TARGET, 0, 0, P_RS_WRITE_ACK },
		{ 3, 101, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK, C_PAUSED_SYNC_T, 0, 0, P_RS_WRITE_ACK },
		{ 3, 101, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK, C_CONNECTED, 0, 0, P_WRITE_ACK },
		{ 3, 101, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK, C_BEHIND, 0, 0, P_WRITE_ACK },
		{ 3, 101, DP_SEND_WRITE_ACK, C_SYNC_TARGET, 0, 0, P_WRITE_ACK },
		{ 3, 101, DP_MAY_SET_IN_SYNC | DP_SEND_WRITE_ACK, C_SYNC_TARGET, -EIO, 0, P_NEG_ACK },
	};
	u32 i, todo;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		fresh(WO_BDEV_FLUSH);
		env.wire_protocol = t[i].protocol;
		env.apv = t[i].apv;
		env.conn = t[i].conn;
		arrive(0, 0, 4096, t[i].dp);
		todo = step(0);
		CHECK_MSG(todo == (t[i].recv_ack ? PR_DO_SEND_RECV_ACK | PR_DO_SUBMIT : PR_DO_SUBMIT), "row %u", i);
		todo = done(0, t[i].error);
		CHECK_MSG(!!(todo & PR_DO_ACK) == !!t[i].ack && !!(todo & PR_DO_NO_ACK) == !t[i].ack, "row %u", i);
		CHECK_MSG(!t[i].ack || pr[0].ack_packet == t[i].ack, "row %u: 0x%x", i, pr[0].ack_packet);
		CHECK_MSG(!!(todo & PR_DO_SET_IN_SYNC) == (t[i].ack == P_RS_WRITE_ACK), "row %u", i);
		CHECK_MSG(!!(todo & PR_DO_SET_OOS) == !!t[i].error, "row %u", i);
		CHECK_MSG(!!(todo & PR_DO_IO_ERROR) == !!t[i].error, "row %u", i);
		todo = acked(0);
		CHECK_INT(todo, PR_DO_FREE | PR_DO_WAKE);
		CHECK(!vol.writes.root);
	}
}

TEST(without_a_disk_a_write_is_counted_and_refused)
{
	u32 nr, size;
	struct drbd_epoch *gone;
	bool used;
	int disk;

	for (disk = D_DISKLESS; disk < D_INCONSISTENT; disk++) {
		fresh(WO_BDEV_FLUSH);
		env.disk = disk;
		arrive(0, 0, 4096, DP_SEND_WRITE_ACK);
		CHECK_INT(step(0), PR_DO_ACK);
		CHECK_INT(pr[0].ack_packet, P_NEG_ACK);
		acked(0);
		CHECK_INT(drbd_epoch_barrier(&es, 7, &epoch[1], &used), BARRIER_DRAIN);
		drbd_epoch_drained(&es, false);
		CHECK(drbd_epoch_next_ack(&es, &nr, &size, &gone));
		CHECK_INT(size, 1);
		CHECK_INT(vol.peer_seq, 1);
	}
}

TEST(a_barrier_is_acked_after_drain_and_flush)
{
	struct drbd_epoch *gone = NULL;
	u32 nr = 0, size = 0;
	bool used;

	fresh(WO_BDEV_FLUSH);
	CHECK_INT(drbd_epoch_barrier(&es, 1, &epoch[1], &used), BARRIER_GO_ON);	/* empty: never acked */
	CHECK(!used);
	arrive(0, 0, 4096, DP_SEND_WRITE_ACK);
	arrive(1, 8, 4096, DP_SEND_WRITE_ACK);
	step(0);
	step(1);
	CHECK_INT(drbd_epoch_barrier(&es, 0xdeadbeef, &epoch[1], &used), BARRIER_DRAIN);
	CHECK(used);
	done(0, 0);
	CHECK_INT(acked(0), PR_DO_FREE);
	CHECK(!drbd_epoch_next_ack(&es, &nr, &size, &gone));
	done(1, 0);
	CHECK_INT(acked(1), PR_DO_FREE | PR_DO_WAKE);		/* drained, not flushed */
	CHECK(!drbd_epoch_next_ack(&es, &nr, &size, &gone));
	drbd_epoch_drained(&es, false);
	CHECK(drbd_epoch_next_ack(&es, &nr, &size, &gone));
	CHECK_INT(nr, 0xdeadbeef);
	CHECK_INT(size, 2);
	CHECK(gone == &epoch[0]);
	CHECK(!drbd_epoch_next_ack(&es, &nr, &size, &gone));
	CHECK_INT(es.nr, 1);
	arrive(2, 0, 4096, DP_SEND_WRITE_ACK);
	step(2);
	done(2, 0);
	acked(2);
	CHECK_INT(drbd_epoch_barrier(&es, 8, &epoch[2], &used), BARRIER_DRAIN);
	drbd_epoch_drained(&es, true);				/* flush failed */
	CHECK_INT(es.wo, WO_DRAIN_IO);
	CHECK(drbd_epoch_next_ack(&es, &nr, &size, &gone));
}

TEST(without_ordering_epochs_run_in_parallel_and_are_acked_in_order)
{
	struct drbd_epoch *gone;
	u32 nr, size, i;
	bool used;

	fresh(WO_NONE);
	for (i = 0; i < 3; i++) {
		arrive(i, i * 8, 4096, DP_SEND_WRITE_ACK);
		step(i);
		CHECK_INT(drbd_epoch_barrier(&es, i, &epoch[i + 1], &used), BARRIER_GO_ON);
	}
	done(2, 0);
	CHECK(!(acked(2) & PR_DO_BARRIER_ACK));
	done(1, 0);
	CHECK(!(acked(1) & PR_DO_BARRIER_ACK));
	done(0, 0);
	CHECK(acked(0) & PR_DO_BARRIER_ACK);
	for (i = 0; i < 3; i++) {
		CHECK(drbd_epoch_next_ack(&es, &nr, &size, &gone));
		CHECK_INT(nr, i);
	}
	CHECK(!drbd_epoch_next_ack(&es, &nr, &size, &gone));
	arrive(3, 0, 4096, 0);
	step(3);
	done(3, 0);
	acked(3);
	CHECK_INT(drbd_epoch_barrier(&es, 3, &epoch[0], &used), BARRIER_ACK);
}

TEST(a_lost_connection_leaves_one_empty_epoch)
{
	int i, reaped = 0;
	bool used;

	fresh(WO_NONE);
	for (i = 0; i < 3; i++) {
		arrive(i, i * 8, 4096, 0);
		step(i);
		drbd_epoch_barrier(&es, i, &epoch[i + 1], &used);
	}
	arrive(3, 80, 4096, 0);			/* never submitted: still at a gate */
	for (i = 0; i < 4; i++)
		acked(i);
	drbd_epochs_reset(&es);
	while (drbd_epochs_reap(&es))
		reaped++;
	CHECK_INT(reaped, 3);
	CHECK_INT(es.nr, 1);
	CHECK_INT(drbd_epoch_barrier(&es, 9, &epoch[0], &used), BARRIER_GO_ON);
}

TEST(a_disk_lost_without_flush_ends_the_connection_at_the_next_barrier)
{
	bool used;

	fresh(WO_BDEV_FLUSH);
	drbd_epochs_disk_lost(&es);			/* no write was in its cache */
	arrive(0, 0, 4096, DP_SEND_WRITE_ACK);
	step(0);
	done(0, 0);
	acked(0);
	CHECK_INT(drbd_epoch_barrier(&es, 1, &epoch[1], &used), BARRIER_DRAIN);
	fresh(WO_BDEV_FLUSH);
	arrive(0, 0, 4096, DP_SEND_WRITE_ACK);
	step(0);
	done(0, 0);
	acked(0);
	drbd_epochs_disk_lost(&es);
	CHECK_INT(drbd_epoch_barrier(&es, 1, &epoch[1], &used), BARRIER_BAD);
	CHECK(!used);
	drbd_epochs_reset(&es);
	arrive(1, 0, 4096, DP_SEND_WRITE_ACK);
	step(1);
	done(1, 0);
	acked(1);
	CHECK_INT(drbd_epoch_barrier(&es, 2, &epoch[1], &used), BARRIER_DRAIN);
}

TEST(too_many_open_epochs_are_a_protocol_error)
{
	static struct drbd_epoch many[DRBD_EPOCHS_MAX + 1];
	static struct drbd_peer_req busy[DRBD_EPOCHS_MAX];
	bool used;
	int i;

	fresh(WO_NONE);
	for (i = 0; i < DRBD_EPOCHS_MAX; i++) {
		drbd_peer_write_init(&busy[i], &vol, &es, i * 8, 4096, 1, i, 0, &env);
		if (drbd_epoch_barrier(&es, i, &many[i], &used) == BARRIER_BAD)
			break;
	}
	CHECK_INT(i, DRBD_EPOCHS_MAX - 1);
	CHECK(!used);
}

TEST(writing_order_is_the_best_that_is_allowed)
{
	CHECK_INT(drbd_write_ordering(true, true), WO_BDEV_FLUSH);
	CHECK_INT(drbd_write_ordering(true, false), WO_BDEV_FLUSH);
	CHECK_INT(drbd_write_ordering(false, true), WO_DRAIN_IO);
	CHECK_INT(drbd_write_ordering(false, false), WO_NONE);
}

TEST(a_write_waits_for_an_earlier_one_of_the_same_blocks)
{
	fresh(WO_NONE);
	arrive(0, 0, 8192, 0);
	CHECK_INT(step(0), PR_DO_SUBMIT);
	arrive(1, 8, 4096, 0);
	CHECK_INT(step(1), PR_DO_WAIT);
	CHECK(drbd_peer_read_wait(&vol, 8, 4096));
	CHECK(!drbd_peer_read_wait(&vol, 16, 4096));
	done(0, 0);
	CHECK(acked(0) & PR_DO_WAKE);
	CHECK_INT(step(1), PR_DO_SUBMIT);
	CHECK(!drbd_peer_read_wait(&vol, 0, 4096));
}

TEST(a_write_waits_for_resync_writes_and_marks_blocks_for_a_diskless_writer)
{
	fresh(WO_BDEV_FLUSH);
	env.conn = C_SYNC_TARGET;
	env.disk = D_INCONSISTENT;
	CHECK_INT(drbd_peer_rs_write_init(&pr[0], &vol, 0, 4096, &env), PR_DO_SUBMIT);
	arrive(1, 0, 4096, DP_SEND_WRITE_ACK);
	CHECK_INT(step(1), PR_DO_WAIT);
	CHECK_INT(done(0, 0), PR_DO_SET_IN_SYNC | PR_DO_ACK);
	CHECK_INT(pr[0].ack_packet, P_RS_WRITE_ACK);
	CHECK_INT(pr[0].block_id == ID_SYNCER, 1);
	CHECK_INT(acked(0), PR_DO_FREE | PR_DO_WAKE);
	CHECK_INT(step(1), PR_DO_SUBMIT);
	env.conn = C_BEHIND;
	drbd_peer_rs_write_init(&pr[5], &vol, 320, 4096, &env);
	CHECK_INT(done(5, 0), PR_DO_ACK);
	acked(5);
	env.conn = C_SYNC_TARGET;
	drbd_peer_rs_write_init(&pr[2], &vol, 80, 4096, &env);
	CHECK_INT(done(2, -EIO), PR_DO_SET_OOS | PR_DO_IO_ERROR | PR_DO_ACK);
	CHECK_INT(pr[2].ack_packet, P_NEG_ACK);
	acked(2);
	env.disk = D_FAILED;
	CHECK_INT(drbd_peer_rs_write_init(&pr[3], &vol, 80, 4096, &env), PR_DO_ACK);
	CHECK_INT(pr[3].ack_packet, P_NEG_ACK);
	env.disk = D_UP_TO_DATE;
	env.conn = C_CONNECTED;
	env.pdsk = D_DISKLESS;
	arrive(4, 160, 4096, DP_SEND_WRITE_ACK | DP_MAY_SET_IN_SYNC);
	CHECK_INT(step(4), PR_DO_SET_OOS | PR_DO_AL_GET | PR_DO_SUBMIT);
	pr[4].flags |= EE_IN_ACT_LOG;
	env.conn = C_SYNC_TARGET;
	CHECK_INT(done(4, 0), PR_DO_ACK);
	CHECK_INT(pr[4].ack_packet, P_WRITE_ACK);	/* not RS_WRITE_ACK: the bits stay */
	CHECK(acked(4) & PR_DO_AL_PUT);
}

TEST(two_primaries_the_node_with_the_rc_flag_drops_what_meets_its_own_write)
{
	fresh(WO_BDEV_FLUSH);
	env.two_primaries = env.rc_flag = 1;
	own_write(0, 8, 8192);
	arrive(0, 8, 4096, DP_SEND_WRITE_ACK);		/* inside */
	CHECK_INT(step(0), PR_DO_ACK);
	CHECK_INT(pr[0].ack_packet, P_SUPERSEDED);
	arrive(1, 16, 8192, DP_SEND_WRITE_ACK);		/* sticks out */
	CHECK_INT(step(1), PR_DO_ACK);
	CHECK_INT(pr[1].ack_packet, P_RETRY_WRITE);
	env.apv = 99;
	arrive(2, 16, 8192, 0);
	CHECK_INT(step(2), PR_DO_ACK);
	CHECK_INT(pr[2].ack_packet, P_NEG_ACK);
	acked(0);
	acked(1);
	acked(2);
	CHECK_INT(es.active, 0);			/* released: its epoch can be acked */
	CHECK_INT(epoch[0].size, 3);
	env.apv = 101;
	arrive(3, 40, 4096, DP_SEND_WRITE_ACK);
	CHECK_INT(step(3), PR_DO_SUBMIT);
	env.two_primaries = 0;
	arrive(4, 8, 4096, DP_SEND_WRITE_ACK);
	CHECK_INT(step(4), PR_DO_SUBMIT);
}

TEST(two_primaries_the_other_node_waits_for_its_own_write)
{
	fresh(WO_BDEV_FLUSH);
	env.two_primaries = 1;
	own_write(0, 8, 4096);
	arrive(0, 8, 4096, DP_SEND_WRITE_ACK);
	CHECK_INT(step_at(0, 100), PR_DO_WAIT);
	CHECK(drbd_req_conflict(&vol, 8, 4096));
	CHECK_INT(own_event(0, RQE_POSTPONED), 0);
	CHECK_INT(step_at(0, 200), PR_DO_WAIT);		/* its disk is not done */
	CHECK(own_event(0, RQE_LOCAL_DONE) & (RQ_DO_RESTART | RQ_DO_WAKE));
	CHECK_INT(step_at(0, 300), PR_DO_SUBMIT);
	CHECK(drbd_req_conflict(&vol, 8, 4096));	/* the new try comes after it */
	done(0, 0);
	CHECK(acked(0) & PR_DO_WAKE);
	CHECK(!drbd_req_conflict(&vol, 8, 4096));
	own_write(1, 80, 4096);
	arrive(1, 80, 4096, DP_SEND_WRITE_ACK);
	CHECK_INT(step_at(1, 1000), PR_DO_WAIT);
	CHECK_INT(step_at(1, 42999), PR_DO_WAIT);
	CHECK_INT(step_at(1, 43000), PR_DO_TIMEOUT);
	CHECK_INT(drbd_peer_write_step(&pr[1], &env, 500, 0, 99999), PR_DO_WAIT);	/* ko-count 0 */
}

TEST(sequence_numbers_hold_a_write_back_until_earlier_acks_are_in)
{
	fresh(WO_BDEV_FLUSH);
	env.two_primaries = env.rc_flag = 1;
	drbd_peer_write_init(&pr[0], &vol, &es, 0, 4096, 1, 3, DP_SEND_WRITE_ACK, &env);
	CHECK_INT(step_at(0, 100), PR_DO_WAIT);
	CHECK(drbd_seq_saw_ack(&vol, 1));
	CHECK_INT(step_at(0, 200), PR_DO_WAIT);
	CHECK(!drbd_seq_saw_ack(&vol, 1));
	CHECK_INT(step_at(0, 599), PR_DO_WAIT);
	CHECK_INT(step_at(0, 600), PR_DO_PROTOCOL_ERROR);
	CHECK(drbd_seq_saw_ack(&vol, 2));
	CHECK_INT(step_at(0, 599), PR_DO_SUBMIT);
	CHECK_INT(vol.peer_seq, 3);
	vol.peer_seq = 0xfffffffe;			/* wraps */
	drbd_peer_write_init(&pr[1], &vol, &es, 80, 4096, 1, 0, DP_SEND_WRITE_ACK, &env);
	CHECK_INT(step(1), PR_DO_WAIT);
	CHECK(drbd_seq_saw_ack(&vol, 0xffffffff));
	CHECK_INT(step(1), PR_DO_SUBMIT);
	CHECK_INT(vol.peer_seq, 0);
	env.rc_flag = 0;				/* the other node only follows */
	drbd_peer_write_init(&pr[2], &vol, &es, 160, 4096, 1, 9, DP_SEND_WRITE_ACK, &env);
	CHECK_INT(step(2), PR_DO_SUBMIT);
	CHECK_INT(vol.peer_seq, 9);
	CHECK_INT(drbd_seq_next(&vol), 1);
	CHECK_INT(drbd_seq_next(&vol), 2);
}

int main(void)
{
	RUN(which_ack_by_flags_version_state_and_result);
	RUN(without_a_disk_a_write_is_counted_and_refused);
	RUN(a_barrier_is_acked_after_drain_and_flush);
	RUN(without_ordering_epochs_run_in_parallel_and_are_acked_in_order);
	RUN(a_lost_connection_leaves_one_empty_epoch);
	RUN(a_disk_lost_without_flush_ends_the_connection_at_the_next_barrier);
	RUN(too_many_open_epochs_are_a_protocol_error);
	RUN(writing_order_is_the_best_that_is_allowed);
	RUN(a_write_waits_for_an_earlier_one_of_the_same_blocks);
	RUN(a_write_waits_for_resync_writes_and_marks_blocks_for_a_diskless_writer);
	RUN(two_primaries_the_node_with_the_rc_flag_drops_what_meets_its_own_write);
	RUN(two_primaries_the_other_node_waits_for_its_own_write);
	RUN(sequence_numbers_hold_a_write_back_until_earlier_acks_are_in);
	return UNIT_END;
}
