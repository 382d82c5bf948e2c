#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our drbd.ko with itself, both ends in one kernel, driven by Debian's drbdsetup-84 and drbdmeta.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

works() { # KERNEL
	local ko
	ko=$(drbd_module "$1")
	run vm_run "$1" --modules "$ko brd hmac sha1_generic md5" --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta cmp dd" --script "$BATS_TEST_DIRNAME/drbd_rig.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" things work" ]]
}

@test "a pair in one kernel, driven by the original drbdsetup, 6.1" { works 6.1; }
@test "a pair in one kernel, driven by the original drbdsetup, 6.12" { works 6.12; }

@test "our drbdsetup and the original say the same of our module" {
	local ko
	ko=$(drbd_module 6.1)
	run vm_run 6.1 --modules "$ko brd" --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/opt/original/drbdsetup $O/drbdsetup $utils/sbin/drbdmeta" --script "$BATS_TEST_DIRNAME/drbdsetup.sh"
	echo "$output" | head -n 200
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" compared, 0 differ" ]]
}
