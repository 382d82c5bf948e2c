#!/usr/bin/env bats
# Histories of two and three heartbeat nodes in virtual time; and that the invariants bite.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
}

@test "2,000 histories of two nodes keep every invariant" {
	local first status_a status_b
	"$O/hbsim" --seeds 1000 --first-seed 1 >"$BATS_TEST_TMPDIR/a" 2>&1 &
	first=$!
	"$O/hbsim" --seeds 1000 --first-seed 1001 >"$BATS_TEST_TMPDIR/b" 2>&1 && status_b=0 || status_b=$?
	wait "$first" && status_a=0 || status_a=$?
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	[ "$status_a" -eq 0 ]
	[ "$status_b" -eq 0 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/a")" = "1000 seeds, 0 violations" ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/b")" = "1000 seeds, 0 violations" ]
}

@test "seeds that once found a fault" {
	local seed
	while read -r seed; do
		run "$O/hbsim" --first-seed "$seed"
		echo "$output"
		[ "$status" -eq 0 ]
	done < <(grep -o '^[0-9]*' tests/data/seeds/hbsim)
}

@test "of three nodes all that live hear each other in the end" {
	run "$O/hbsim" --seeds 200 --nodes 3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "one seed gives one history" {
	[ "$("$O/hbsim" --seeds 20 --print-hash)" = "$("$O/hbsim" --seeds 20 --print-hash)" ]
	[ "$("$O/hbsim" --first-seed 1 --print-hash)" != "$("$O/hbsim" --first-seed 2 --print-hash)" ]
}

bites() { # FAULT SEEDS
	run "$O/hbsim" --fault "$1" --seeds "$2"
	[ "$status" -eq 1 ]
	[[ "$output" == *"seed "*": "* ]]
	[[ "${lines[${#lines[@]} - 1]}" == *" seeds, 1 violations" ]]
}

@test "a standby that says done before the scripts have stopped" { bites give-done-early 200; }
@test "a standby that stops nothing" { bites gives-nothing 200; }
@test "a shutdown that says done before the scripts have stopped" { bites stop-done-early 200; }
@test "a shutdown that leaves the foreign groups running" { bites stop-keeps-foreign 200; }
@test "a takeover from a dead node that takes nothing" { bites dead-takes-nothing 200; }
@test "a takeover that goes on when the other node returns" { bites not-abandoned 1000; }
@test "a node that does not ask for lost messages" { bites no-resend 1000; }
@test "a node that never says it is stable" { bites never-stable 200; }
@test "a node that calls the other dead too early" { bites hasty 200; }
@test "a node that starts with its old generation" { bites old-generation 200; }
