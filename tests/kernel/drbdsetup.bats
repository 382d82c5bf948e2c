#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our drbdsetup drives Debian's drbd.ko, and ours, and answers like Debian's drbdsetup-84 in every state on the way.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

agrees() { # KERNEL MODULE
	run vm_run "$1" --modules "$2 brd" --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/opt/original/drbdsetup $O/drbdsetup $utils/sbin/drbdmeta" --script "$BATS_TEST_DIRNAME/drbdsetup.sh"
	echo "$output" | head -n 200
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" compared, 0 differ" ]]
}

@test "our drbdsetup and the original say the same of the original module, 6.1" { agrees 6.1 drbd; }
@test "our drbdsetup and the original say the same of the original module, 6.12" { agrees 6.12 drbd; }
@test "our drbdsetup and the original say the same of our module" { agrees 6.1 "$(drbd_module 6.1)"; }
