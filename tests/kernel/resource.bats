#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# resource.d: LVM and Raid1 with the real lvm and mdadm on the disks of a machine of their own.

bats_require_minimum_version 1.5.0
load ../lib/vm

setup() {
	export VM_ROOT=$BATS_TEST_TMPDIR/vm
	rsc=$BATS_TEST_TMPDIR/rsc
	make -s -C "$VM_HOME" O="$O" DESTDIR="$rsc" install-resource.d
}

teardown() {
	vm_cleanup
}

# machine PROGRAMS MODULES <SCRIPT : runs it with our scripts; say SCRIPT ARGUMENT... ACTION prints the code and stdout
machine() {
	{
		cat <<-'END'
			#!/bin/sh
			set -e
			export DM_DISABLE_UDEV=1 HA_LOGFILE=/run/log
			mkdir -p /dev/shm /var/lock
			say() {
				name=$1
				shift
				code=0
				"/etc/ha.d/resource.d/$name" "$@" >/run/said 2>/run/err || code=$?
				eval "action=\$$#"
				echo "$name $action: $code $(xargs </run/said)"
			}
		END
		cat
	} >"$BATS_TEST_TMPDIR/script"
	vm_run 6.1 --programs "$1 ps fuser" --modules "$2" --files "$rsc/etc:/etc" --files "$rsc/usr/share:/usr/share" \
		--disk 64M --disk 64M --script "$BATS_TEST_TMPDIR/script"
}

@test "LVM: a volume group is active where it is started, and not given away while it is open" {
	lvm=$(original lvm2)
	run -0 machine "$(find "$lvm" -type f -name lvm -perm -1):/sbin/lvm" dm_mod <<-'END'
		modprobe dm_mod
		for tool in pvcreate vgcreate lvcreate vgscan vgchange vgdisplay; do ln -s lvm /sbin/$tool; done
		{
			pvcreate /dev/vda
			vgcreate vg0 /dev/vda
			lvcreate -y -Zn -n lv0 -L 16M vg0
			vgchange -an vg0
		} >/run/prepared 2>&1 || { cat /run/prepared; exit 1; }
		for action in status start start status; do say LVM vg0 $action; done
		[ -b /dev/vg0/lv0 ]
		exec 7</dev/vg0/lv0
		say LVM vg0 stop
		exec 7<&-
		for action in stop stop status; do say LVM vg0 $action; done
		say LVM nosuch start
		say LVM nosuch stop
	END
	[ "$output" = "LVM status: 7 INFO: Resource is stopped
LVM start: 0 INFO: Success
LVM start: 0 INFO: Success
LVM status: 0 INFO: Running OK
LVM stop: 1 ERROR: Generic error
LVM stop: 0 INFO: Success
LVM stop: 0 INFO: Success
LVM status: 7 INFO: Resource is stopped
LVM start: 1 ERROR: Generic error
LVM stop: 0 INFO: Success" ]
}

@test "Raid1: an array is assembled, runs degraded, and is stopped although it is open" {
	mdadm=$(original mdadm)
	run -0 machine "$(find "$mdadm" -type f -name mdadm -path '*sbin*'):/sbin/mdadm" "raid1" <<-'END'
		modprobe raid1
		{
			mdadm --create /dev/md0 --run --level=1 --metadata=1.2 --raid-devices=2 /dev/vda /dev/vdb
			{ echo "DEVICE /dev/vda /dev/vdb"; mdadm --detail --brief /dev/md0; } >/run/md.conf
			mdadm --stop /dev/md0
		} >/run/prepared 2>&1 || { cat /run/prepared; exit 1; }
		for action in status start start status; do say Raid1 /run/md.conf /dev/md0 $action; done
		mdadm --wait /dev/md0 2>/run/err || [ $? = 1 ]
		mdadm --fail /dev/md0 /dev/vdb 2>/run/err
		say Raid1 /run/md.conf /dev/md0 status
		grep -c 'WARNING: /dev/md0 is degraded' /run/log
		sleep 1000 </dev/md0 &
		say Raid1 /run/md.conf /dev/md0 stop
		wait $! || echo "the user ended: $?"
		for action in stop status; do say Raid1 /run/md.conf /dev/md0 $action; done
		say Raid1 /run/nosuch.conf /dev/md0 start
	END
	[ "$output" = "Raid1 status: 7 INFO: Resource is stopped
Raid1 start: 0 INFO: Success
Raid1 start: 0 INFO: Success
Raid1 status: 0 INFO: Running OK
Raid1 status: 0 INFO: Running OK
1
Raid1 stop: 0 INFO: Success
the user ended: 143
Raid1 stop: 0 INFO: Success
Raid1 status: 7 INFO: Resource is stopped
Raid1 start: 5 ERROR: Program is not installed" ]
}
