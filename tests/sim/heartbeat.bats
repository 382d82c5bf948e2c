#!/usr/bin/env bats
# Histories of two and three heartbeat nodes in virtual time; and that the invariants bite.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
}

setup() {
	load ../lib/sim.bash
}

@test "2,000 histories of two nodes keep every invariant" { sim_2000 "$O/hbsim"; }
@test "seeds that once found a fault" { sim_known_seeds "$O/hbsim" tests/data/seeds/hbsim; }

@test "of three nodes all that live hear each other in the end" {
	run "$O/hbsim" --seeds 200 --nodes 3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "one seed gives one history" {
	[ "$("$O/hbsim" --seeds 20 --print-hash)" = "$("$O/hbsim" --seeds 20 --print-hash)" ]
	[ "$("$O/hbsim" --first-seed 1 --print-hash)" != "$("$O/hbsim" --first-seed 2 --print-hash)" ]
}

bites() { sim_bites "$O/hbsim" "$@"; } # FAULT SEEDS

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
