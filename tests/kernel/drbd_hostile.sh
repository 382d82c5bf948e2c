# shellcheck shell=sh disable=SC1091
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine: the peer of node a is drbd_hostile, again and again. The node has to hang up each time, its data stay
# what they were, and an honest peer is taken afterwards as if nothing had been.
set -u
. /vm/fast_rig
A=ipv4:127.0.0.1:7788 B=ipv4:127.0.0.1:7789
OPTIONS="--connect-int=1 --ping-timeout=1 --socket-check-timeout=1"
must() { "$@" || rig_fail "failed ($?): $*"; }
sum() { dd if=/dev/ram0 bs=64k count=255 iflag=direct 2>/dev/null | md5sum; }
# shellcheck disable=SC2086 # a list
listen() { must drbdsetup connect a $A $B $OPTIONS; }

rig_disks 16
rig_create
rig_attach --resync-rate=200M --c-plan-ahead=0
must drbdsetup primary 0 --force
must dd if=/dev/urandom of=/dev/drbd0 bs=64k count=200 oflag=direct 2>/tmp/dd
must drbdsetup secondary 0
before=$(sum)
listen
i=0
while [ $i -lt 40 ]; do
	if [ "$(drbdsetup cstate 0)" = StandAlone ]; then
		must drbdsetup disconnect $A $B
		listen
	fi
	must drbd_hostile 127.0.0.1 127.0.0.1 7788 $i
	i=$((i + 1))
done
[ "$(sum)" = "$before" ] || rig_fail "the data have changed"
must drbdsetup disconnect $A $B
rig_connect
rig_until 30 dstate a UpToDate/UpToDate
rig_until 30 dstate b UpToDate/UpToDate
rig_same
rig_down
must rmmod drbd
echo "$i attempts survived"
