#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# `drbdadm check`: everything that it can find, one thing wrong at a time on a host that is otherwise right. The disk is a loop
# device; the address, /etc and /dev/drbd belong to a namespace; the module is a file in place of /proc/drbd.

# shellcheck disable=SC2016 # the scripts expand in the namespace
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export __DRBD_NODE__=server1 DRBD_PROC=$PWD/proc DRBD_LIB_DIR=$PWD DRBD_LOCK_DIR=$PWD
	truncate -s 16M disk
	LOOP=$(losetup -f --show disk)
	export LOOP
	drbdmeta 9961 v08 "$LOOP" internal create-md >/dev/null 2>&1
	echo "version: 8.4.4 (api:1/proto:86-101)" >proc
	mkdir bin etc etc/lvm
	printf '#!/bin/sh\nexit 255\n' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH
	cat >demo.conf <<-END
		resource demo {
		  device /dev/drbd9961; disk $LOOP; meta-disk internal;
		  on server1 { address 172.25.32.1:7789; }
		  on server2 { address 172.25.32.2:7789; }
		}
	END
}

teardown() {
	losetup -d "$LOOP"
}

check() { # CODE FINDING REMEDY [SCRIPT] : SCRIPT runs before it, in the namespace; what it leaves behind ends with that
	run --separate-stderr unshare -mnp --fork --kill-child bash -c '
		ip link set lo up && ip addr add 172.25.32.1/32 dev lo && mount --bind etc /etc
		eval "$1"
		drbdadm -c demo.conf check demo' _ "${4-}"
	echo "$output"
	echo "$stderr"
	[ "$status" = "$1" ]
	[ "$(grep -v "server2 can not be asked over ssh" <<<"$output")" = "demo: $2${3:+$'\n\t'$3}" ]
}

@test "nothing, where all is right" {
	check 0 "nothing found" ""
}

@test "a module of another series, or none" {
	echo "version: 9.1.7 (api:2/proto:110-121)" >proc
	check 1 "the loaded module is not of the 8.4 series: version: 9.1.7 (api:2/proto:110-121)" \
		"rmmod drbd, and load the module that came with these tools"
	rm proc
	check 1 "the drbd module is not loaded" "modprobe drbd; if that fails, install it for this kernel (uname -r)"
}

@test "an address that this host does not have" {
	sed -i 's/172.25.32.1:/172.25.32.9:/; 1i global { disable-ip-verification; }' demo.conf
	check 1 "this host does not have its address 172.25.32.9" \
		"bring the interface up, or correct 'address' in the configuration (ip addr shows what there is)"
}

# "listen": somebody does; "closed": a connection to there has ended and is in TIME-WAIT, as DRBD leaves its own
port() { # listen|closed
	echo "perl -MIO::Socket::INET -e '
		\$l = IO::Socket::INET->new(LocalAddr => q(172.25.32.1), LocalPort => 7789, Listen => 1, ReuseAddr => 1) or die;
		if (q($1) eq q(closed)) { \$c = IO::Socket::INET->new(q(172.25.32.1:7789)) or die; \$s = \$l->accept; close \$s; sysread \$c, \$b, 1; exit }
		open \$r, q(>), q(ready); close \$r; sleep 60' & until [ -e ready ] || ! kill -0 \$! 2>/dev/null; do :; done"
}

@test "a port that another program uses, but not one that was used" {
	check 1 "port 7789 of 172.25.32.1 is used by another program" \
		"'ss -tlnp sport = :7789' names it; choose another port on both nodes, or end it" "$(port listen)"
	rm ready
	check 0 "nothing found" "" "$(port closed); ss -tan | grep -q TIME-WAIT || exit 9"
	echo "9961: cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----" >>proc
	check 0 "nothing found" "" "$(port listen)"
}

@test "a disk that is not there, or is none" {
	sed -i "s,$LOOP,/dev/none," demo.conf
	check 1 "/dev/none: No such file or directory" "correct 'disk' in the configuration, or bring the disk up"
	sed -i "s,/dev/none,$PWD/disk," demo.conf
	check 1 "$PWD/disk is no block device" "correct 'disk' in the configuration"
}

@test "a disk that is mounted" {
	mkfs.ext4 -q -F "$LOOP"
	mkdir mnt
	check 1 "$LOOP, which DRBD is to use, is mounted on $PWD/mnt" "umount $PWD/mnt, and mount /dev/drbd9961 instead once it is up" \
		'mount "$LOOP" mnt'
}

@test "a disk that something else holds" {
	check 1 "$LOOP can not be had: Device or resource busy" "'lsblk $LOOP' shows what holds it (LVM, multipath, software RAID, swap)" \
		'perl -MFcntl -e "sysopen my \$f, \$ENV{LOOP}, O_RDONLY | O_EXCL or die; open my \$r, q(>), q(ready); close \$r; sleep 60" &
		until [ -e ready ]; do :; done'
}

@test "a disk without meta-data" {
	drbdmeta --force 9961 v08 "$LOOP" internal wipe-md >/dev/null 2>&1
	check 1 "$LOOP: no usable meta-data: No valid meta data found" \
		"if the disk is new: drbdadm create-md demo/0; if it had some, look for the reason first"
	echo "9961: cs:StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown   r-----" >>proc
	check 0 "nothing found" ""
}

@test "a physical volume that LVM looks at below DRBD" {
	printf 'LABELONE' | dd of="$LOOP" bs=512 seek=1 conv=notrunc 2>/dev/null
	printf 'devices {\n\t# filter = [ "a|.*|" ]\n}\n' >etc/lvm/lvm.conf
	check 1 "$LOOP holds an LVM physical volume, and LVM looks at it too" \
		"in /etc/lvm/lvm.conf: filter = [ \"r|$LOOP|\" ], so that LVM sees it through /dev/drbd9961 alone"
	printf 'devices {\n\tfilter = [ "r|%s|" ]\n}\n' "$LOOP" >etc/lvm/lvm.conf
	check 0 "nothing found" ""
}

@test "several things at once, each volume for itself" {
	sed -i "s,device .*,volume 0 { device /dev/drbd9961; disk $LOOP; meta-disk internal; } volume 1 { device /dev/drbd9962; disk /dev/none; meta-disk internal; }," demo.conf
	rm proc
	check 1 "the drbd module is not loaded" "modprobe drbd; if that fails, install it for this kernel (uname -r)
demo: /dev/none: No such file or directory
	correct 'disk' in the configuration, or bring the disk up"
}
