# shellcheck shell=sh disable=SC1091
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine with two disks that can discard, /dev/vda and /dev/vdb, as a pair: discards, zeroes, thin resync, reads of
# blocks that are out of sync, online resize.
set -u
. /vm/fast_rig
A=ipv4:127.0.0.1:7788 B=ipv4:127.0.0.1:7789
done=0
ok() { done=$((done + 1)); echo "ok $*"; }
must() { "$@" || rig_fail "failed ($?): $*"; }
same() {
	echo 3 >/proc/sys/vm/drop_caches
	cmp -n 30000000 /dev/vda /dev/vdb || rig_fail "the disks differ"
}
in_sync() {
	rig_until 60 cstate a Connected
	rig_until 60 dstate a UpToDate/UpToDate
	rig_until 60 dstate b UpToDate/UpToDate
	same
}
sum() { dd if="$1" bs=64k skip="$2" count="$3" iflag=direct 2>/dev/null | md5sum; }

modprobe virtio_blk
must modprobe drbd usermode_helper=/bin/true
mkdir -p /var/lib/drbd
for name in a b; do
	nr=$(rig_minor $name)
	must drbdmeta --force "$nr" v08 /dev/vd$name internal create-md >/tmp/md 2>&1
	must drbdsetup new-resource $name
	must drbdsetup new-minor $name "$nr" 0
	must drbdsetup attach "$nr" /dev/vd$name /dev/vd$name internal --resync-rate=400M --c-plan-ahead=0 --rs-discard-granularity=65536
done
must drbdsetup connect a $A $B
must drbdsetup connect b $B $A
rig_until 30 cstate a Connected
must drbdsetup primary 0 --force
in_sync
# all was zero: nearly nothing of it has crossed the wire
sent=$(sed -n '/^ 0:/{n;s/.*ns:\([0-9]*\).*/\1/p;}' /proc/drbd)
[ "$sent" -lt 1000 ] || rig_fail "$sent KiB of zeroes were sent"
ok "thin resync"

must dd if=/dev/urandom of=/dev/drbd0 bs=1M count=20 oflag=direct 2>/tmp/dd
must /usr/sbin/blkdiscard -o 1M -l 4M /dev/drbd0
must /usr/sbin/blkdiscard -z -o 8M -l 3M /dev/drbd0
[ "$(sum /dev/drbd0 128 48)" = "$(dd if=/dev/zero bs=64k count=48 2>/dev/null | md5sum)" ] || rig_fail "no zeroes"
same
ok "discards and zeroes are mirrored"

must drbdsetup secondary 0
must drbdsetup primary 1
must drbdsetup disk-options 0 --resync-rate=100 --c-plan-ahead=0
must drbdsetup invalidate 0
must dd if=/dev/urandom of=/dev/drbd1 bs=64k count=50 seek=200 oflag=direct 2>/tmp/dd
must drbdsetup secondary 1
must drbdsetup primary 0
rig_until 5 cstate a SyncTarget
[ "$(sum /dev/drbd0 190 70)" = "$(sum /dev/vdb 190 70)" ] || rig_fail "a SyncTarget reads stale data"
must drbdsetup disk-options 0 --resync-rate=400M --c-plan-ahead=0
in_sync
ok "a Primary that is SyncTarget reads from its peer what it does not have"

must drbdsetup resize 0 --size=20M
rig_until 30 cstate a Connected
[ "$(blockdev --getsize64 /dev/drbd0)" = 20971520 ] || rig_fail "it is not 20 MiB"
must drbdsetup resize 0
[ "$(blockdev --getsize64 /dev/drbd0)" -gt 33000000 ] || rig_fail "it has not grown"
in_sync
ok "it shrinks and grows while connected"
must drbdsetup secondary 0
rig_down
must rmmod drbd
echo "$done things work"
