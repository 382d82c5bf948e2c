/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_resync.h"
#include "drbd-like/core/drbd_protocol.h"
#include "unit.h"

static const struct drbd_rs_conf defaults = { 250, 20, 10, 100, 102400, 250, 2048 };

TEST(fixed_rate_is_a_fortieth_of_blocks_a_turn)
{
	struct drbd_rs_conf conf = defaults;
	struct drbd_rs_ctl ctl;

	conf.c_plan_ahead = 0;
	conf.resync_rate = 4000;
	drbd_rs_ctl_init(&ctl, 0);
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 0), 100);
	CHECK_INT(ctl.want_kib_s, 4000);
	drbd_rs_ctl_requested(&ctl, 100);
	CHECK_INT(ctl.in_flight_sect, 800);
	conf.max_buffers = 300;		/* half of them, less what is on the way */
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 0), 50);
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 800), 100);
	CHECK_INT(ctl.in_flight_sect, 0);
	conf.max_buffers = 32;
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 5000), 16);	/* more came in than was asked for */
}

/* Worked by hand from drbd-wire.md 7.6 with the defaults. */
TEST(controller_follows_the_formula)
{
	struct drbd_rs_ctl ctl;

	drbd_rs_ctl_init(&ctl, 20);
	/* nothing known: want = 50 * 20 = 1000 sectors, 50 in each turn */
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &defaults, 0), 6);
	CHECK_INT(ctl.plan_sum, 950);
	drbd_rs_ctl_requested(&ctl, 6);
	/* in flight 48 - 8: want 100; correction = 100 - 40 - 950 = -890; cps = -44; curr = 6; req = 8 + 6 */
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &defaults, 8), 1);
	CHECK_INT(ctl.want_kib_s, 40);
	CHECK_INT(ctl.plan_sum, 950 - 880 - 6);
}

TEST(controller_aims_at_delay_without_fill_target_and_obeys_max_rate)
{
	struct drbd_rs_conf conf = defaults;
	struct drbd_rs_ctl ctl;

	conf.c_fill_target = 0;
	conf.c_plan_ahead = 1;
	drbd_rs_ctl_init(&ctl, 1);
	/* want = 1000 * 10; nothing in flight after: correction 10000 in one step */
	drbd_rs_ctl_requested(&ctl, 125);
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 1000), 1024);	/* half the buffers */
	conf.max_buffers = 131072;
	conf.c_max_rate = 4000;
	drbd_rs_ctl_init(&ctl, 1);
	drbd_rs_ctl_requested(&ctl, 125);
	CHECK_INT(drbd_rs_ctl_turn(&ctl, &conf, 1000), 100);
}

TEST(controller_settles_at_the_fill_target_over_a_slow_line)
{
	struct drbd_rs_conf conf = defaults;
	struct drbd_rs_ctl ctl;
	u32 turn, back, total = 0, queue = 0, blocks;

	conf.c_fill_target = 2000;
	conf.resync_rate = 8000;
	drbd_rs_ctl_init(&ctl, 20);
	for (turn = 0; turn < 600; turn++) {
		back = queue < 800 ? queue : 800;	/* 4000 KiB/s */
		queue -= back;
		if (turn >= 300)
			total += back;
		blocks = drbd_rs_ctl_turn(&ctl, &conf, back);
		drbd_rs_ctl_requested(&ctl, blocks);
		queue += blocks * 8;
	}
	CHECK_MSG(total >= 300u * 800 * 95 / 100, "%u sectors", total);
	CHECK_MSG(ctl.in_flight_sect > 1200 && ctl.in_flight_sect < 2800, "%u in flight", ctl.in_flight_sect);
}

TEST(progress_is_printed_as_the_original_does)
{
	struct drbd_rs_show show = { 14417, 16384, 0, 0, 0 };
	struct drbd_rs rs;
	char buf[512];

	/* the sample of drbd-tools.md C2: 57668 of 65496 KiB left after one second */
	drbd_rs_begin(&rs, 16374, 1000);
	drbd_rs_format(buf, sizeof(buf), &rs, &show, 2000);
	CHECK_STR(buf, "\t[=>..................] sync'ed: 12.5% (57668/65496)K\n"
		       "\tfinish: 0:00:07 speed: 7,828 (7,828) K/sec\n");
	/* and of verify, with the rate it aims at */
	rs.verify = 1;
	show.with_want = 1;
	show.want_kib_s = 8192;
	show.left = 14334;
	drbd_rs_format(buf, sizeof(buf), &rs, &show, 2000);
	CHECK_STR(buf, "\t[==>.................] verified: 18.8% (57336/65496)K\n"
		       "\tfinish: 0:00:06 speed: 8,160 (8,160) want: 8,192 K/sec\n");
}

TEST(progress_of_large_devices_stalls_and_details)
{
	struct drbd_rs_show show = { 1ull << 30, 1ull << 31, 1234567, 1, 1 };
	struct drbd_rs rs;
	char buf[512];

	drbd_rs_begin(&rs, 1ull << 31, 0);
	rs.pos = 1ull << 30;
	drbd_rs_format(buf, sizeof(buf), &rs, &show, 1000000);
	CHECK_STR(buf, "\t[=========>..........] sync'ed: 50.1% (4194304/8388608)M\n"
		       "\tfinish: 0:16:30 speed: 4,294,964 (4,294,964 -- 4,294,964) want: 1,234,567 K/sec (stalled)\n"
		       "\t 49% sector pos: 8589934592/17179869184\n");
	show.left = 0;
	show.with_want = 0;
	show.proc_details = 0;
	drbd_rs_format(buf, sizeof(buf), &rs, &show, 1000);
	CHECK_MSG(strstr(buf, "[===================>] sync'ed:100.0% (0/8388608)M") != NULL, "%s", buf);
	show.left = (1ull << 31) + 1;		/* more than there was: shown as nothing done */
	drbd_rs_format(buf, sizeof(buf), &rs, &show, 1000);
	CHECK_MSG(strstr(buf, "[>....................] sync'ed:  0.0% ") != NULL, "%s", buf);
	CHECK_INT(drbd_rs_format(buf, 10, &rs, &show, 1000), 9);
	CHECK_INT(strlen(buf), 9);
}

TEST(marks_give_the_recent_speed_and_pauses_do_not_count)
{
	struct drbd_rs_show show = { 0, 1 << 20, 0, 0, 0 };
	struct drbd_rs rs;
	char buf[512];
	u64 now, left = 1 << 18;

	drbd_rs_begin(&rs, left, 0);
	for (now = 0; now < 60000; now += 100) {	/* 1000 bits a second for a minute */
		left -= 100;
		drbd_rs_mark(&rs, left, now);
	}
	drbd_rs_pause(&rs, now);
	drbd_rs_pause(&rs, now + 5);
	drbd_rs_mark(&rs, left - 1, now + 60000);
	drbd_rs_resume(&rs, now + 60000);
	drbd_rs_resume(&rs, now + 60000);
	CHECK_INT(rs.paused_ms, 60000);
	now += 60000;
	show.left = left;
	drbd_rs_format(buf, sizeof(buf), &rs, &show, now);
	CHECK_MSG(strstr(buf, "(4,000) K/sec") != NULL, "%s", buf);
	for (; now < 160000; now += 100) {		/* then 100 */
		left -= 10;
		drbd_rs_mark(&rs, left, now);
	}
	show.left = left;
	drbd_rs_format(buf, sizeof(buf), &rs, &show, now);
	CHECK_MSG(strstr(buf, "speed: 396 (") || strstr(buf, "speed: 400 ("), "%s", buf);
}

TEST(resync_steps_back_only_above_c_min_rate_and_for_a_reason)
{
	struct drbd_rs_conf conf = defaults;
	struct drbd_rs rs;

	drbd_rs_begin(&rs, 100000, 0);
	drbd_rs_mark(&rs, 99000, 3000);
	/* 1000 blocks in 3 s are 1333 KiB/s */
	CHECK(drbd_rs_throttled(&rs, &conf, 65, false, 99000, 3000));
	CHECK(!drbd_rs_throttled(&rs, &conf, 129, false, 99000, 3000));	/* 64 sectors more: noise */
	CHECK(drbd_rs_throttled(&rs, &conf, 129, true, 99000, 3000));
	conf.c_min_rate = 2000;
	CHECK(!drbd_rs_throttled(&rs, &conf, 1000, true, 99000, 3000));
	conf.c_min_rate = 0;
	CHECK(!drbd_rs_throttled(&rs, &conf, 9000, true, 99000, 3000));
}

TEST(requests_grow_aligned_and_within_an_extent)
{
	u32 bits;

	for (bits = 1; drbd_rs_may_grow(0, bits, 256, 0); bits++)
		;
	CHECK_INT(bits, 256);
	CHECK(!drbd_rs_may_grow(1, 1, 256, 0));		/* odd start: 4 KiB */
	CHECK(drbd_rs_may_grow(2, 1, 256, 0));
	CHECK(!drbd_rs_may_grow(2, 2, 256, 0));		/* more than 8 KiB begins on 16 KiB */
	CHECK(drbd_rs_may_grow(4, 3, 256, 0));
	CHECK(!drbd_rs_may_grow(4, 4, 256, 0));
	CHECK(!drbd_rs_may_grow(4094, 2, 256, 0));	/* next 16 MiB */
	CHECK(!drbd_rs_may_grow(0, 16, 256, 16));	/* rs-discard-granularity */
	CHECK(drbd_rs_may_grow(0, 15, 256, 16));
	CHECK_INT(drbd_rs_request_packet(true, 65536, 65536), P_CSUM_RS_REQUEST);
	CHECK_INT(drbd_rs_request_packet(false, 65536, 65536), P_RS_THIN_REQ);
	CHECK_INT(drbd_rs_request_packet(false, 4096, 65536), P_RS_DATA_REQUEST);
	CHECK_INT(drbd_rs_request_packet(false, 4096, 0), P_RS_DATA_REQUEST);
	CHECK(drbd_rs_use_csums(89, true, false, false));
	CHECK(!drbd_rs_use_csums(88, true, false, false));
	CHECK(!drbd_rs_use_csums(101, false, false, false));
	CHECK(!drbd_rs_use_csums(101, true, true, false));
	CHECK(drbd_rs_use_csums(101, true, true, true));
}

TEST(resync_extents_keep_application_writes_out)
{
	struct drbd_rs_extents x;
	u32 i;

	drbd_rs_extents_init(&x);
	CHECK(!drbd_rs_blocks_al(&x, 4));
	/* application writes are active: resync waits, and the target gives way to new ones, too (seed 1001291) */
	CHECK_INT(drbd_rs_begin_io(&x, 32768, true, true), RS_AL_BUSY);
	CHECK(!drbd_rs_blocks_al(&x, 4));
	CHECK_INT(x.used, 0);
	/* while it resyncs they wait, and it begins no more there */
	CHECK_INT(drbd_rs_begin_io(&x, 32768, false, true), RS_LOCKED);
	CHECK(drbd_rs_blocks_al(&x, 4));
	CHECK(drbd_rs_blocks_al(&x, 7));
	CHECK(!drbd_rs_blocks_al(&x, 8));
	CHECK_INT(drbd_rs_begin_io(&x, 32768, false, true), RS_STEP_BACK);
	CHECK(drbd_rs_complete_io(&x, 32768));
	CHECK(!drbd_rs_blocks_al(&x, 4));
	/* the source does not: it has to answer */
	CHECK_INT(drbd_rs_begin_io(&x, 32768, true, false), RS_AL_BUSY);
	CHECK(drbd_rs_blocks_al(&x, 4));
	CHECK_INT(drbd_rs_begin_io(&x, 32768, false, false), RS_LOCKED);
	CHECK_INT(drbd_rs_begin_io(&x, 32776, true, false), RS_LOCKED);	/* a write inside waits, so it is not */
	CHECK(!drbd_rs_cancel_io(&x, 32768));
	CHECK(!drbd_rs_complete_io(&x, 32768));
	CHECK(drbd_rs_complete_io(&x, 32776));
	CHECK(!drbd_rs_complete_io(&x, 32776));
	CHECK_INT(x.used, 0);
	for (i = 0; i < DRBD_RS_EXTENTS; i++)
		CHECK_INT(drbd_rs_begin_io(&x, (u64)i * 32768, false, true), RS_LOCKED);
	CHECK_INT(drbd_rs_begin_io(&x, 100ull * 32768, false, true), RS_NO_SLOT);
	CHECK_INT(x.starving, 1);
	drbd_rs_cancel_all(&x);
	CHECK_INT(drbd_rs_begin_io(&x, 100ull * 32768, true, true), RS_AL_BUSY);
	CHECK(drbd_rs_cancel_io(&x, 100ull * 32768));
	CHECK(!drbd_rs_cancel_io(&x, 100ull * 32768));
	CHECK_INT(x.used, 0);
}

TEST(answers_to_requests)
{
	static const struct {
		int kind, error, equal, conn, pdsk, packet, in_sync, failed;
	} t[] = {
		{ RS_READ_REQ, 0, 0, C_CONNECTED, D_DISKLESS, P_DATA_REPLY, 0, 0 },
		{ RS_READ_REQ, -EIO, 0, C_CONNECTED, D_DISKLESS, P_NEG_DREPLY, 0, 0 },
		{ RS_OV_REQ, 0, 0, C_VERIFY_T, D_UP_TO_DATE, P_OV_REPLY, 0, 0 },
		{ RS_OV_REQ, -EIO, 0, C_VERIFY_T, D_UP_TO_DATE, P_OV_REPLY, 0, 0 },
		{ RS_DATA_REQ, 0, 0, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_DATA_REPLY, 0, 0 },
		{ RS_DATA_REQ, 0, 1, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_DATA_REPLY, 0, 0 },
		{ RS_DATA_REQ, -EIO, 0, C_SYNC_SOURCE, D_INCONSISTENT, P_NEG_RS_DREPLY, 0, 1 },
		{ RS_DATA_REQ, -EIO, 0, C_AHEAD, D_INCONSISTENT, P_RS_CANCEL, 0, 0 },
		{ RS_DATA_REQ, 0, 0, C_AHEAD, D_INCONSISTENT, P_RS_CANCEL, 0, 0 },
		{ RS_DATA_REQ, 0, 0, C_CONNECTED, D_DISKLESS, 0, 0, 0 },
		{ RS_THIN_REQ, 0, 1, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_DEALLOCATED, 0, 0 },
		{ RS_THIN_REQ, 0, 0, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_DATA_REPLY, 0, 0 },
		{ RS_CSUM_REQ, 0, 1, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_IS_IN_SYNC, 1, 0 },
		{ RS_CSUM_REQ, 0, 0, C_SYNC_SOURCE, D_INCONSISTENT, P_RS_DATA_REPLY, 0, 0 },
		{ RS_CSUM_REQ, -EIO, 1, C_SYNC_SOURCE, D_INCONSISTENT, P_NEG_RS_DREPLY, 0, 1 },
	};
	struct drbd_rs_answer ans;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		drbd_rs_answer(t[i].kind, t[i].error, t[i].equal, t[i].conn, t[i].pdsk, &ans);
		CHECK_MSG(ans.packet == t[i].packet && ans.set_in_sync == t[i].in_sync &&
			  ans.count_failed == t[i].failed, "row %u: packet 0x%x", i, ans.packet);
	}
	for (i = D_DISKLESS; i <= D_UP_TO_DATE; i++) {
		CHECK_INT(drbd_rs_serve(RS_READ_REQ, i, &ans), i == D_UP_TO_DATE);
		CHECK_INT(ans.packet, P_NEG_DREPLY);
		CHECK_INT(drbd_rs_serve(RS_CSUM_REQ, i, &ans), i == D_UP_TO_DATE);
		CHECK_INT(ans.packet, P_NEG_RS_DREPLY);
	}
}

TEST(acks_of_resync_clear_bits_only_while_it_runs)
{
	u32 conn;

	for (conn = 0; conn <= C_BEHIND; conn++)
		CHECK_INT(drbd_rs_ack_clears(conn), conn >= C_SYNC_SOURCE && conn <= C_PAUSED_SYNC_T);
}

TEST(verify_walks_every_block_and_clips_the_last)
{
	struct drbd_rs rs;
	u64 sector;
	u32 size, n = 0;

	drbd_ov_begin(&rs, 4, 0, ~0ull, 0);	/* 30 sectors */
	while (drbd_ov_next(&rs, 30, &sector, &size)) {
		CHECK_INT(sector, n * 8);
		CHECK_INT(size, n == 3 ? 3072 : 4096);
		n++;
	}
	CHECK_INT(n, 4);
	CHECK(!drbd_ov_result(&rs, 1));
	CHECK(!drbd_ov_result(&rs, 1));
	CHECK(!drbd_ov_result(&rs, 1));
	CHECK(drbd_ov_result(&rs, 1));
	/* from the middle of a block, to a stop sector */
	drbd_ov_begin(&rs, 100, 83, 100, 0);
	CHECK_INT(rs.ov_start_sect, 80);
	CHECK_INT(rs.total, 90);
	for (n = 0; drbd_ov_next(&rs, 800, &sector, &size); n++)
		;
	CHECK_INT(n, 3);
	CHECK(!drbd_ov_result(&rs, 1));
	CHECK(!drbd_ov_result(&rs, 1));
	CHECK(drbd_ov_result(&rs, 1));
	drbd_ov_begin(&rs, 100, 80000, ~0ull, 0);
	CHECK(!drbd_ov_next(&rs, 800, &sector, &size));
	CHECK_INT(rs.ov_left, 0);
	CHECK_INT(drbd_ov_result_id(true), 4711);
	CHECK_INT(drbd_ov_result_id(false), 4712);
}

TEST(differing_blocks_are_logged_as_runs)
{
	struct drbd_rs rs;
	u64 sector = 0, len = 0;

	drbd_ov_begin(&rs, 100, 0, ~0ull, 0);
	CHECK(!drbd_ov_oos(&rs, 8, 8, &sector, &len));
	CHECK(!drbd_ov_oos(&rs, 16, 8, &sector, &len));
	CHECK(drbd_ov_oos(&rs, 80, 8, &sector, &len));
	CHECK_INT(sector, 8);
	CHECK_INT(len, 16);
	CHECK(drbd_ov_oos(&rs, 0, 0, &sector, &len));
	CHECK_INT(sector, 80);
	CHECK(!drbd_ov_oos(&rs, 0, 0, &sector, &len));
}

TEST(resync_after_waits_for_the_whole_chain)
{
	struct drbd_rs_dep d[] = {
		{ 1, -1, C_CONNECTED, D_UP_TO_DATE, 0 },
		{ 2, 1, C_CONNECTED, D_UP_TO_DATE, 0 },
		{ 3, 2, C_CONNECTED, D_UP_TO_DATE, 0 },
	};
	u32 conn;

	CHECK(drbd_rs_may_sync(d, 3, 3));
	CHECK(drbd_rs_may_sync(d, 3, 99));
	for (conn = 0; conn <= C_BEHIND; conn++) {
		d[0].conn = conn;
		CHECK_INT(drbd_rs_may_sync(d, 3, 3), conn < C_SYNC_SOURCE || conn > C_PAUSED_SYNC_T);
	}
	d[0].conn = C_CONNECTED;
	d[1].isp = 1;
	CHECK(!drbd_rs_may_sync(d, 3, 3));
	d[1].disk = D_DISKLESS;		/* the chain ends there */
	CHECK(drbd_rs_may_sync(d, 3, 3));
	d[2].resync_after = 7;		/* not configured */
	CHECK(drbd_rs_may_sync(d, 3, 3));
	d[2].resync_after = 2;
	CHECK_INT(drbd_rs_after_check(d, 3, 1, 3), -ELOOP);
	CHECK_INT(drbd_rs_after_check(d, 3, 1, 1), -EINVAL);
	CHECK_INT(drbd_rs_after_check(d, 3, 1, 7), -EINVAL);
	CHECK_INT(drbd_rs_after_check(d, 3, 1, -2), -EINVAL);
	CHECK_INT(drbd_rs_after_check(d, 3, 1, -1), 0);
	CHECK_INT(drbd_rs_after_check(d, 3, 3, 1), 0);
}

TEST(resync_ends_when_only_failed_blocks_are_left)
{
	struct drbd_rs rs;

	drbd_rs_begin(&rs, 10, 0);
	CHECK(!drbd_rs_finished(&rs, 1));
	CHECK(drbd_rs_finished(&rs, 0));
	rs.failed = 2;
	CHECK(drbd_rs_finished(&rs, 2));
	CHECK(!drbd_rs_finished(&rs, 3));
}

int main(void)
{
	RUN(fixed_rate_is_a_fortieth_of_blocks_a_turn);
	RUN(controller_follows_the_formula);
	RUN(controller_aims_at_delay_without_fill_target_and_obeys_max_rate);
	RUN(controller_settles_at_the_fill_target_over_a_slow_line);
	RUN(progress_is_printed_as_the_original_does);
	RUN(progress_of_large_devices_stalls_and_details);
	RUN(marks_give_the_recent_speed_and_pauses_do_not_count);
	RUN(resync_steps_back_only_above_c_min_rate_and_for_a_reason);
	RUN(requests_grow_aligned_and_within_an_extent);
	RUN(resync_extents_keep_application_writes_out);
	RUN(answers_to_requests);
	RUN(acks_of_resync_clear_bits_only_while_it_runs);
	RUN(verify_walks_every_block_and_clips_the_last);
	RUN(differing_blocks_are_logged_as_runs);
	RUN(resync_after_waits_for_the_whole_chain);
	RUN(resync_ends_when_only_failed_blocks_are_left);
	return UNIT_END;
}
