#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Failing lower disks under our drbd.ko.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

@test "disk errors in every on-io-error policy" {
	local ko
	ko=$(drbd_module 6.1)
	run vm_run 6.1 --modules "$ko brd dm-mod" --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta cmp dd dmsetup" --script "$BATS_TEST_DIRNAME/drbd_errors.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" things work" ]]
}
