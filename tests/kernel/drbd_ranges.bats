#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Ranges without data, and sizes, under our drbd.ko.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	load ../lib/fast_rig.bash
}

teardown() {
	vm_cleanup
}

@test "discards, zeroes, thin resync, reads while out of sync, resize" {
	fast_rig_plays 6.1 "$BATS_TEST_DIRNAME/drbd_ranges.sh" "* things work" --disk 32M --disk 32M --programs "blkdiscard blockdev"
}
