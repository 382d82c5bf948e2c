# shellcheck shell=sh disable=SC1091
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine: half of one lower disk of the fast rig begins to fail, on the Primary and on the Secondary, in every
# on-io-error policy. The application sees nothing of it while the other node is there, and the disk is repaired after it.
set -u
. /vm/fast_rig
A=ipv4:127.0.0.1:7788 B=ipv4:127.0.0.1:7789
BAD=/dev/mapper/bad
done=0

ok() { done=$((done + 1)); echo "ok $*"; }
must() { "$@" || rig_fail "failed ($?): $*"; }
table() {
	must dmsetup suspend --noflush bad
	must dmsetup load bad
	must dmsetup resume bad
}
breaks() {
	printf '0 16384 linear /dev/ram0 0\n16384 8192 error\n24576 8192 linear /dev/ram0 24576\n' | table
}
heals() { echo "0 32768 linear /dev/ram0 0" | table; }
attach_bad() { must drbdsetup attach 0 $BAD $BAD internal --on-io-error="$policy" --resync-rate=200M --c-plan-ahead=0; }
in_sync() {
	rig_until 30 dstate a UpToDate/UpToDate
	rig_until 30 dstate b UpToDate/UpToDate
	rig_same
}

up() {
	for nr in 0 1; do
		disk=$([ $nr = 0 ] && echo $BAD || echo /dev/ram1)
		must drbdmeta --force $nr v08 "$disk" internal create-md >/tmp/md 2>&1
	done
	must drbdsetup new-resource a
	must drbdsetup new-minor a 0 0
	attach_bad
	must drbdsetup new-resource b
	must drbdsetup new-minor b 1 0
	must drbdsetup attach 1 /dev/ram1 /dev/ram1 internal --resync-rate=200M --c-plan-ahead=0
	rig_connect
	must drbdsetup primary 0 --force
	in_sync
}

# The bad disk has the state that its policy wants; it heals and comes back.
comes_back() {
	if [ "$policy" = pass_on ]; then
		rig_until 10 dstate a Inconsistent/UpToDate
		heals
		must drbdsetup disconnect $B $A --force
		must drbdsetup connect b $B $A
	else
		rig_until 10 dstate a Diskless/UpToDate
		heals
		must drbdmeta --force 0 v08 $BAD internal apply-al >/tmp/md 2>&1
		attach_bad
	fi
	in_sync
}

mkdir -p /var/lib/drbd
modprobe dm-mod
rig_disks 16
echo "0 32768 linear /dev/ram0 0" | must dmsetup create bad
must dmsetup mknodes
must dd if=/dev/urandom of=/tmp/noise bs=64k count=20 2>/tmp/dd
for policy in detach pass_on call-local-io-error; do
	up
	breaks
	must dd if=/tmp/noise of=/dev/drbd0 bs=64k seek=150 oflag=direct 2>/tmp/dd
	must dd if=/dev/drbd0 of=/tmp/read bs=64k skip=150 count=20 iflag=direct 2>/tmp/dd
	must cmp /tmp/noise /tmp/read
	comes_back
	ok "$policy: a write error of the Primary"
	breaks
	must dd if=/dev/drbd0 of=/tmp/read bs=64k skip=150 count=20 iflag=direct 2>/tmp/dd
	must cmp /tmp/noise /tmp/read
	comes_back
	ok "$policy: a read error of the Primary"
	must drbdsetup secondary 0
	must drbdsetup primary 1
	breaks
	must dd if=/tmp/noise of=/dev/drbd1 bs=64k seek=140 oflag=direct 2>/tmp/dd
	comes_back
	ok "$policy: a write error of the Secondary"
	must drbdsetup secondary 1
	rig_down
done

policy=pass_on
must drbdsetup new-resource a
must drbdsetup new-minor a 0 0
must drbdmeta --force 0 v08 $BAD internal apply-al >/tmp/md 2>&1
attach_bad
must drbdsetup primary 0 --force
breaks
! dd if=/tmp/noise of=/dev/drbd0 bs=64k seek=150 oflag=direct 2>/tmp/dd || rig_fail "the application is not told of a write error"
! dd if=/dev/drbd0 of=/tmp/read bs=64k skip=150 count=20 iflag=direct 2>/tmp/dd || rig_fail "nor of a read error"
must drbdsetup secondary 0
must drbdsetup detach 0 --force
ok "without a peer the application is told"
must drbdsetup down a
must dmsetup remove bad
must rmmod drbd
echo "$done things work"
