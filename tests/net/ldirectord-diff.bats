#!/usr/bin/env bats
# Ours and Debian's ldirectord live through the same histories; each has network, processes and table of its own.

setup_file() {
	load ../lib/ldirectord.bash
	ld_fetch_original
}

setup() {
	load ../lib/ldirectord.bash
	histories=tests/data/ldirectord/histories
}

play_all() { # WHO : all histories, some at a time; prints those that failed
	local who=$1 name failed=0
	export -f ld_place
	export O HA_CACHE
	sed -n 's/^case //p' "$histories" >"$BATS_TEST_TMPDIR/names"
	xargs -P "${LD_JOBS:-10}" -I{} bash -c \
		'ld_place tests/lib/ld_history.bash "$0" "$1" "$2" >"$3/$2.$0.out" 2>&1 || echo "$2" >>"$3/failed.$0"' \
		"$who" "$histories" {} "$BATS_TEST_TMPDIR" <"$BATS_TEST_TMPDIR/names"
	[ -e "$BATS_TEST_TMPDIR/failed.$who" ] || return 0
	while read -r name; do
		failed=$((failed + 1))
		cat "$BATS_TEST_TMPDIR/$name.$who.out"
	done <"$BATS_TEST_TMPDIR/failed.$who"
	echo "$failed histories failed"
	return 1
}

@test "there are at least 40 histories" {
	[ "$(grep -c '^case ' "$histories")" -ge 40 ]
}

@test "Debian's ldirectord ends each step of each history with the table named there" {
	play_all original
}

@test "ours ends each step of each history with the same table" {
	play_all ours
}
