#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What is seldom used of our drbd.ko: split-brain policies, two Primaries, congestion, frozen I/O, fencing, meta-data elsewhere,
# stacking, cycles of loading. The ring plays the last two, `make check-modes` all; MODES="debugfs stacked" plays these (each mode_*
# of drbd_modes.sh is one), MODES_MODULE=drbd takes the kernel's own module, MODES_KERNEL=6.12 another kernel.

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
}

teardown() {
	vm_cleanup
}

@test "the seldom used modes of a pair" {
	local ko modes kernel=${MODES_KERNEL:-6.1}
	ko=${MODES_MODULE:-$(drbd_module "$kernel")}
	modes=${MODES:-stacked cycles}
	[ "$modes" != all ] || modes=$(sed -n 's/^mode_\([a-z0-9_]*\)() {/\1/p' "$BATS_TEST_DIRNAME/drbd_modes.sh" | tr '\n' ' ')
	echo "$modes" >"$BATS_TEST_TMPDIR/modes"
	run vm_run "$kernel" --modules "$ko brd dm-mod virtio_blk md5" --disk 260M \
		--files "$BATS_TEST_DIRNAME/../lib/fast_rig.sh:/vm/fast_rig" --files "$BATS_TEST_TMPDIR/modes:/vm/modes" \
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta cmp dd dmsetup" \
		--script "$BATS_TEST_DIRNAME/drbd_modes.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *" things work" ]]
}
