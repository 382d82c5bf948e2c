# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of both simulators do.

# sim_2000 PROGRAM : 2,000 seeds in two processes, so that two processors are busy
sim_2000() {
	local program=$1 half pids=() code=0
	for half in 1 1001; do
		"$program" --seeds 1000 --first-seed "$half" >"$BATS_TEST_TMPDIR/$half" 2>&1 &
		pids+=($!)
	done
	for half in "${pids[@]}"; do wait "$half" || code=$?; done
	cat "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/1001"
	[ "$code" -eq 0 ]
	[ "$(tail -qn 1 "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/1001")" = $'1000 seeds, 0 violations\n1000 seeds, 0 violations' ]
}

# sim_known_seeds PROGRAM FILE : lines "SEED why", which once found a fault
sim_known_seeds() {
	local seed reason seeds=0
	while read -r seed reason; do
		case $seed in '' | '#'*) continue ;; esac
		seeds=$((seeds + 1))
		"$1" --seeds 1 --first-seed "$seed" || { echo "seed $seed: $reason"; return 1; }
	done <"$2"
	[ "$seeds" -gt 0 ]
}

# shellcheck disable=SC2154 # run sets them
# sim_bites PROGRAM FAULT SEEDS [OPTION...] : within so many seeds the fault is found
sim_bites() {
	run "$1" --fault "$2" --seeds "$3" "${@:4}"
	[ "$status" -eq 1 ]
	[[ "$output" == *"seed "*": "* ]]
	[[ "${lines[${#lines[@]} - 1]}" == *" seeds, 1 violations" ]]
}
