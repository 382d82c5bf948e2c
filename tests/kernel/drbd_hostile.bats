#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our drbd.ko and a peer that sends malformed, cut, over-long and unexpected packets.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	load ../lib/fast_rig.bash
}

teardown() {
	vm_cleanup
}

@test "a hostile peer is hung up on, and nothing is lost" {
	fast_rig_plays 6.1 "$BATS_TEST_DIRNAME/drbd_hostile.sh" "40 attempts survived" --programs "$O/drbd_hostile"
}
