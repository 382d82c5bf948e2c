#!/usr/bin/env bats
# The simulator over many seeds: two processes, so that two processors are busy.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
}

@test "2,000 histories keep every invariant" {
	local first status_a status_b
	"$O/drbdsim" --seeds 1000 --first-seed 1 >"$BATS_TEST_TMPDIR/a" 2>&1 &
	first=$!
	"$O/drbdsim" --seeds 1000 --first-seed 1001 >"$BATS_TEST_TMPDIR/b" 2>&1 && status_b=0 || status_b=$?
	wait "$first" && status_a=0 || status_a=$?
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	[ "$status_a" -eq 0 ]
	[ "$status_b" -eq 0 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/a")" = "1000 seeds, 0 violations" ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/b")" = "1000 seeds, 0 violations" ]
}

@test "seeds that once found a bug stay good" {
	local seed reason seeds=0
	while read -r seed reason; do
		case $seed in '' | '#'*) continue ;; esac
		seeds=$((seeds + 1))
		"$O/drbdsim" --seeds 1 --first-seed "$seed" || { echo "seed $seed: $reason"; return 1; }
	done <tests/data/seeds/drbdsim
	[ "$seeds" -gt 0 ]
}

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
