#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our drbd.ko and a peer that sends malformed, cut, over-long and unexpected packets.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

@test "a hostile peer is hung up on, and nothing is lost" {
	local ko
	ko=$(drbd_module 6.1)
	run vm_run 6.1 --modules "$ko brd" --files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" \
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta $O/drbd_hostile cmp dd md5sum" --script "$BATS_TEST_DIRNAME/drbd_hostile.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "40 attempts survived" ]
}
