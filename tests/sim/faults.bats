#!/usr/bin/env bats
# The oracle bites: each deliberate fault of drbdsim_bad is found within so many seeds.

setup() {
	O="${O:-$BATS_TEST_DIRNAME/../../build}"
	load ../lib/sim.bash
}

bites() { sim_bites "$O/drbdsim_bad" "$@" --stop-after 1; } # FAULT SEEDS

@test "without a fault the same program finds nothing" {
	run "$O/drbdsim_bad" --seeds 500
	[ "$status" -eq 0 ]
	[ "${lines[${#lines[@]} - 1]}" = "500 seeds, 0 violations" ]
}

@test "an ack before the write is done" { bites ack-before-write 500; }
@test "an activity log that is not applied after a crash" { bites al-not-applied 500; }
@test "an activity-log transaction that is not written" { bites al-not-written 500; }
@test "a barrier ack before the epoch is drained" { bites barrier-not-drained 500; }
@test "a barrier ack without flush" { bites barrier-not-flushed 500; }
@test "a barrier ack for which one volume of two was flushed" { bites barrier-flushes-one-volume 500; }
@test "a barrier that is not sent" { bites barrier-not-sent 2000; }
@test "a bit that is not set" { bites bit-not-set 500; }
@test "an extent that leaves the activity log before its bitmap is written" { bites bitmap-not-before-al 2000; }
@test "a resync target that overwrites before its bitmap is written" { bites bitmap-not-before-resync 2000; }
@test "a bitmap that is sent while requests are on their way" { bites bitmap-sent-early 3000; }
@test "a log that is not cleared when the connection is lost" { bites log-not-cleared 500; }
@test "meta-data that are written before the data they speak of" { bites meta-data-before-data 500; }
@test "a lower device that is not open while a stacked one uses it" { bites stacked-not-open 1000; }
@test "a super block that is not written" { bites md-not-written 500; }
@test "new space that is not marked" { bites new-bits-not-set 1000; }
@test "P_OUT_OF_SYNC that is ignored" { bites out-of-sync-ignored 500; }
@test "a bit that is cleared for a part of its block" { bites partial-block-cleared 1000; }
@test "resync that ignores the locks of its extents" { bites resync-lock-ignored 3000; }
@test "an authentication that takes any answer" { bites secret-not-checked 500; }
@test "a generation identifier that is not rotated" { bites uuid-not-rotated 500; }
