# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a machine needs for the fast rig (fast_rig.sh), as options of vm_run:
#
#   fast_rig_original     sets RIG to those with Debian's drbd.ko, drbdsetup-84 and drbdmeta
#   fast_rig_ours KO      the same with that drbd.ko and our drbdsetup and drbdmeta
#   vm_run 6.1 "${RIG[@]}" <<<'. /vm/fast_rig; rig_disks 16; rig_up --protocol=C'

fast_rig_files=$(dirname "${BASH_SOURCE[0]}")/fast_rig.sh:/vm/fast_rig

fast_rig_original() {
	local utils
	utils=$(original drbd-utils) || return
	RIG=(--modules "drbd brd" --files "$fast_rig_files"
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta")
}

fast_rig_ours() {
	# shellcheck disable=SC2034 # for the caller
	RIG=(--modules "$1 brd" --files "$fast_rig_files" --programs "$O/drbdsetup $O/drbdmeta")
}
