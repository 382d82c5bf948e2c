#!/usr/bin/env bats
# Ours and Debian's ldirectord live through the same histories; each has network, processes and table of its own. Here the table is
# kept by a program; tests/kernel/ldirectord.bats has that of the kernel.

bats_require_minimum_version 1.5.0

setup_file() {
	load ../lib/ldirectord.bash
	ld_fetch_original
}

setup() {
	load ../lib/ldirectord.bash
}

@test "ours and Debian's end each step of at least 40 histories with the table named there, and with the same ipvsadm -Sn" {
	local histories=tests/data/ldirectord/histories
	ld_play original "$histories" "$BATS_TEST_TMPDIR/tables" >"$BATS_TEST_TMPDIR/original" &
	ld_play ours "$histories" "$BATS_TEST_TMPDIR/tables"
	wait $! || { cat "$BATS_TEST_TMPDIR/original"; return 1; }
	run -0 ld_same_tables "$histories" "$BATS_TEST_TMPDIR/tables" original ours
	echo "$output"
	[[ ${lines[-1]} =~ ^([0-9]+)\ steps\ of\ ([0-9]+)\ histories:\ the\ same$ ]]
	[ "${BASH_REMATCH[2]}" -ge 40 ]
}
