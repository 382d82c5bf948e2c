#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our drbd.ko with itself, both ends in one kernel, driven by Debian's drbdsetup-84 and drbdmeta.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	load ../lib/fast_rig.bash
}

teardown() {
	vm_cleanup
}

works() { # KERNEL
	fast_rig_plays "$1" "$BATS_TEST_DIRNAME/drbd_rig.sh" "* things work" --modules "hmac sha1_generic md5"
}

@test "a pair in one kernel, driven by the original drbdsetup, 6.1" { works 6.1; }
@test "a pair in one kernel, driven by the original drbdsetup, 6.12" { works 6.12; }
