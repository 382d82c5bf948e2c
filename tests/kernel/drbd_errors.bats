#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Failing lower disks under our drbd.ko.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	load ../lib/fast_rig.bash
}

teardown() {
	vm_cleanup
}

@test "disk errors in every on-io-error policy" {
	fast_rig_plays 6.1 "$BATS_TEST_DIRNAME/drbd_errors.sh" "* things work" --modules dm-mod --programs dmsetup
}
