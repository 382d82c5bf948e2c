# shellcheck shell=sh disable=SC2119,SC2120 # options are for callers
# SPDX-License-Identifier: GPL-2.0-only
# The fast rig: a DRBD pair within one machine. Two resources, a (minor 0 on /dev/ram0) and b (minor 1 on /dev/ram1), are each
# other's peer over 127.0.0.1. Sourced by a script in the machine (". /vm/fast_rig"), whose host gives it
# fast_rig_original or fast_rig_module of fast_rig.bash as options; needs modules drbd and brd, drbdsetup and drbdmeta.
#
#   rig_disks MIB           both disks, each that large, all zeroes
#   rig_create              new meta-data on both: they have nothing in common yet
#   rig_attach [OPTION...]  resources, minors, disks; options of drbdsetup attach
#   rig_connect [OPTION...] both ends; options of drbdsetup connect (--protocol=C...)
#   rig_up [OPTION...]      create, attach and connect (with these options), until both are Connected
#   rig_down                takes both down
#   rig_until SECONDS ...   waits until `drbdsetup cstate|dstate|role` says so (a pattern):
#                           rig_until 60 cstate a Connected
#   rig_same                both disks hold the same data

rig_fail() { echo "fast rig: $*"; cat /proc/drbd; exit 1; }
rig_minor() { [ "$1" = a ] && echo 0 || echo 1; }

rig_disks() {
	rig_mib=$1
	modprobe brd rd_nr=2 rd_size=$((rig_mib * 1024)) || rig_fail "no brd"
	modprobe drbd usermode_helper=/bin/true || rig_fail "no drbd"
}

rig_create() {
	mkdir -p /var/lib/drbd
	for rig_nr in 0 1; do
		drbdmeta --force $rig_nr v08 /dev/ram$rig_nr internal create-md >/tmp/rig.md 2>&1 ||
			rig_fail "create-md: $(cat /tmp/rig.md)"
	done
}

rig_attach() {
	for rig_name in a b; do
		rig_nr=$(rig_minor $rig_name)
		drbdsetup new-resource $rig_name || rig_fail "new-resource $rig_name"
		drbdsetup new-minor $rig_name "$rig_nr" 0 || rig_fail "new-minor $rig_nr"
		drbdsetup attach "$rig_nr" "/dev/ram$rig_nr" "/dev/ram$rig_nr" internal "$@" || rig_fail "attach $rig_nr"
	done
}

rig_connect() {
	drbdsetup connect a ipv4:127.0.0.1:7788 ipv4:127.0.0.1:7789 "$@" || rig_fail "connect a"
	drbdsetup connect b ipv4:127.0.0.1:7789 ipv4:127.0.0.1:7788 "$@" || rig_fail "connect b"
}

# SECONDS cstate|dstate|role a|b WANT (a glob pattern)
rig_until() {
	rig_end=$(($(cut -d. -f1 /proc/uptime) + $1))
	while :; do
		rig_is=$(drbdsetup "$2" "$(rig_minor "$3")")
		# shellcheck disable=SC2254 # a pattern
		case $rig_is in $4) return ;; esac
		[ "$(cut -d. -f1 /proc/uptime)" -lt "$rig_end" ] || rig_fail "$3: $2 is $rig_is after $1 s, not $4"
		sleep 0.1
	done
}

rig_up() {
	rig_create
	rig_attach
	rig_connect "$@"
	rig_until 30 cstate a Connected
	rig_until 30 cstate b Connected
}

rig_down() {
	drbdsetup down a || rig_fail "down a"
	drbdsetup down b || rig_fail "down b"
}

rig_same() {
	# what is on the disks, not what was read of them before
	echo 3 >/proc/sys/vm/drop_caches
	# what lies before the meta-data, which take at least 36 KiB at the end
	cmp -n $((rig_mib * 1048576 - 65536)) /dev/ram0 /dev/ram1 || rig_fail "the disks differ"
}
