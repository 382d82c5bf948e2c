# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a machine needs for the fast rig (fast_rig.sh), as options of vm_run:
#
#   fast_rig_original     sets RIG to those with Debian's drbd.ko, drbdsetup-84 and drbdmeta
#   fast_rig_module KERNEL    the same with our drbd.ko, made for that kernel (drbd_module.bash is loaded)
#   vm_run 6.1 "${RIG[@]}" <<<'. /vm/fast_rig; rig_disks 16; rig_up --protocol=C'
#   fast_rig_plays KERNEL SCRIPT LAST [OPTION...]    in bats: with our drbd.ko SCRIPT ends well, its last line is like LAST

fast_rig_files=$(dirname "${BASH_SOURCE[0]}")/fast_rig.sh:/vm/fast_rig

fast_rig_original() {
	local utils
	utils=$(original drbd-utils) || return
	RIG=(--modules "drbd brd" --files "$fast_rig_files"
		--programs "$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta")
}

fast_rig_module() { # KERNEL
	local ko
	ko=$(drbd_module "$1") && fast_rig_original && RIG[1]="$ko brd"
}

# shellcheck disable=SC2154 # run sets output, status and lines
fast_rig_plays() { # KERNEL SCRIPT LAST [OPTION...]
	local kernel=$1 script=$2 last=$3
	shift 3
	fast_rig_module "$kernel"
	run vm_run "$kernel" "${RIG[@]}" --programs "cmp dd md5sum" --script "$script" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2053 # LAST is a pattern
	[[ ${lines[-1]} == $last ]]
}
