#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Ranges without data, and sizes, under our drbd.ko.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

@test "discards, zeroes, thin resync, reads while out of sync, resize" {
	local ko
	ko=$(drbd_module 6.1)
	run vm_run 6.1 --modules "$ko" --disk 32M --disk 32M --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta cmp dd md5sum blkdiscard blockdev" --script "$BATS_TEST_DIRNAME/drbd_ranges.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" things work" ]]
}
