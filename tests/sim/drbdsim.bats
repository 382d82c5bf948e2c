#!/usr/bin/env bats
# The simulator over many seeds: two processes, so that two processors are busy.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
}

setup() {
	load ../lib/sim.bash
}

@test "2,000 histories keep every invariant" { sim_2000 "$O/drbdsim"; }
@test "seeds that once found a bug stay good" { sim_known_seeds "$O/drbdsim" tests/data/seeds/drbdsim; }

@test "the same seed gives the same trace, another seed another" {
	"$O/drbdsim" --replay 7 >"$BATS_TEST_TMPDIR/1"
	"$O/drbdsim" --replay 7 >"$BATS_TEST_TMPDIR/2"
	"$O/drbdsim" --replay 8 >"$BATS_TEST_TMPDIR/3"
	cmp "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
	! cmp -s "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/3"
	grep -q 'state .*SyncTarget\|state .*Connected' "$BATS_TEST_TMPDIR/1"
	[[ "$(tail -n 1 "$BATS_TEST_TMPDIR/1")" == "seed 7: "*": no violation" ]]
}

@test "bad arguments are refused with a reason" {
	run "$O/drbdsim"
	[ "$status" -eq 2 ]
	[ "$output" = "drbdsim: say --seeds N or --replay SEED" ]
	run "$O/drbdsim" --seeds 1 --nonsense
	[ "$status" -eq 2 ]
	[ "$output" = "drbdsim: --nonsense: unknown option" ]
	run "$O/drbdsim" --fault bit-not-set --seeds 1
	[ "$status" -eq 2 ]
}
