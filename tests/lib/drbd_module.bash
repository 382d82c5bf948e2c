# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Our drbd.ko for one of the test machines' kernels (vm.bash is loaded):
#
#   drbd_module KERNEL   builds it, if something has changed, and prints its file

drbd_module() {
	local kdir
	kdir=$(vm_kdir "$1") || return
	(
		flock 9
		# not a part of the make that runs the tests
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$VM_HOME" module O="$O" KDIR="$kdir" >&2
	) 9>"$O/.module.lock" || return
	echo "$O/module/${kdir##*/}/kernel/drbd.ko"
}
