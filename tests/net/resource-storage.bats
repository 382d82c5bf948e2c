#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# resource.d: the scripts for disks. Filesystem works on real loop devices; drbddisk, drbdupper, LVM and Raid1 are asked
# what they call, with programs in the places of the real ones.

bats_require_minimum_version 1.5.0
load ../lib/resource

# What a test of Filesystem begins with: $loop has an ext4 file system; it is given back whatever happens.
fs_test() {
	{
		cat <<-'END'
			new_disk() { # TYPE : sets loop
				truncate -s 32M "/run/$1.img"
				"mkfs.$1" -q "/run/$1.img" >/dev/null
				loop=$(losetup -f --show "/run/$1.img")
				loops="${loops-} $loop"
			}
			trap 'set +e; umount -R /mnt/d /mnt/e 2>/dev/null; losetup -d $loops' EXIT
			new_disk ext4
			at() { findmnt -rno "$2" "$1"; }
		END
		cat
	} | rsc_test ours
}

@test "Filesystem mounts and unmounts, makes its folder, and is content to be called twice" {
	fs_test <<-'END'
		set -- $loop /mnt/d/sub/ ext4
		act 7 "$RSC_STOPPED" Filesystem "$@" status
		act 0 "$RSC_OK" Filesystem "$@" start
		act 0 "$RSC_OK" Filesystem "$@" start
		act 0 "$RSC_RUNNING" Filesystem "$@" status
		[ "$(at /mnt/d/sub SOURCE) $(at /mnt/d/sub FSTYPE)" = "$loop ext4" ]
		ln -s /mnt/d/sub /mnt/link
		act 0 "$RSC_RUNNING" Filesystem $loop /mnt/link ext4 status
		act 0 "$RSC_OK" Filesystem "$@" stop
		act 0 "$RSC_OK" Filesystem "$@" stop
		act 7 "$RSC_STOPPED" Filesystem "$@" status
	END
}

@test "Filesystem: options, label, uuid, bind and tmpfs" {
	fs_test <<-'END'
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 ro,noatime start
		[[ "$(at /mnt/d OPTIONS)" == ro,*noatime* ]]
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 ro,noatime stop
		e2label $loop datendisk
		for device in -Ldatendisk --label=datendisk "-U$(blkid -s UUID -o value $loop)" "--uuid=$(blkid -s UUID -o value $loop)"; do
			act 0 "$RSC_OK" Filesystem "$device" /mnt/d ext4 start
			[ "$(at /mnt/d SOURCE)" = $loop ]
			act 0 "$RSC_OK" Filesystem "$device" /mnt/d ext4 stop
		done
		mkdir "/mnt/a source"
		touch "/mnt/a source/file"
		act 0 "$RSC_OK" Filesystem "/mnt/a source" "/mnt/a target" none bind start
		[ -e "/mnt/a target/file" ]
		act 0 "$RSC_RUNNING" Filesystem "/mnt/a source" "/mnt/a target" none bind status
		act 0 "$RSC_OK" Filesystem "/mnt/a source" "/mnt/a target" none bind stop
		[ ! -e "/mnt/a target/file" ]
		act 0 "$RSC_OK" Filesystem scratch /mnt/d tmpfs size=1m start
		[ "$(at /mnt/d FSTYPE)" = tmpfs ]
		act 0 "$RSC_OK" Filesystem scratch /mnt/d tmpfs size=1m stop
	END
}

@test "Filesystem checks what has no journal, repairs it, and does not mount what cannot be repaired" {
	fs_test <<-'END'
		new_disk ext2
		debugfs -w -R "set_super_value state 0" $loop 2>/dev/null
		/etc/ha.d/resource.d/Filesystem $loop /mnt/d ext2 start >/run/out
		[[ "$(cat /run/out)" == "fsck from"*"$loop was not cleanly unmounted, check forced."*"$RSC_OK" ]]
		[ "$(at /mnt/d FSTYPE)" = ext2 ]
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext2 stop
		dumpe2fs -h $loop 2>/dev/null | grep -q 'Filesystem state: *clean'
		# an inode that claims another's blocks is beyond -p
		dd if=/dev/urandom of=$loop bs=1k seek=8 count=64 conv=notrunc 2>/dev/null
		debugfs -w -R "set_super_value state 0" $loop 2>/dev/null
		rc=0
		out=$(/etc/ha.d/resource.d/Filesystem $loop /mnt/d ext2 start 2>/run/err) || rc=$?
		[ $rc = 1 ]
		[[ "$out" == *"ERROR:  Generic error" ]]
		grep -q "Couldn't successfully fsck filesystem for $loop" /run/err
		act 7 "$RSC_STOPPED" Filesystem $loop /mnt/d ext2 status
	END
}

@test "Filesystem refuses wrong types, options, devices, and a folder with mounts below" {
	fs_test <<-'END'
		refused() { # CODE REASON ARGS...
			case $1 in 1) words="ERROR:  Generic error" ;; 5) words="ERROR:  Program is not installed" ;; *) words="ERROR:  Program is not configured" ;; esac
			act "$1" "$words" Filesystem "${@:3}" start
			grep -qF -e "$2" /run/err /run/ha-log
			act 7 "$RSC_STOPPED" Filesystem "${@:3}" status
			act 0 "$RSC_OK" Filesystem "${@:3}" stop
		}
		refused 5 "Couldn't find filesystem nosuch in /proc/filesystems and failed to load kernel module" $loop /mnt/d nosuch
		refused 1 "Couldn't mount device [$loop] as /mnt/d" $loop /mnt/d xfs
		refused 1 "Couldn't mount device [$loop] as /mnt/d" $loop /mnt/d ext4 nosuch
		refused 5 "Couldn't find device [/dev/nope]. Expected /dev/??? to exist" /dev/nope /mnt/d ext4
		refused 1 "Couldn't mount device [nolabel] as /mnt/d" -Lnolabel /mnt/d ext4
		mkdir -p /mnt/d/below
		mount -t tmpfs tmpfs /mnt/d/below
		refused 6 "There is one or more mounts mounted under /mnt/d." $loop /mnt/d ext4
		[ "$(at /mnt/d/below FSTYPE)" = tmpfs ]
	END
}

@test "Filesystem stop takes away what is mounted below, upon and beside it" {
	fs_test <<-'END'
		mount -m $loop /mnt/before
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 start
		mkdir -p "/mnt/d/a b/c" /mnt/d/own /mnt/e
		mount -t tmpfs tmpfs "/mnt/d/a b"
		mkdir "/mnt/d/a b/c"
		mount -t tmpfs tmpfs "/mnt/d/a b/c"
		mount --bind /mnt/d/own /mnt/e
		mount --bind /mnt/d /mnt/d
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 stop
		not grep -q /mnt /proc/mounts
		not grep -q 'sending signal' /run/ha-log
	END
}

@test "Filesystem stop of a bind mount leaves its source and its users elsewhere alone" {
	fs_test <<-'END'
		mount -m $loop /mnt/e
		mkdir /mnt/e/part
		(cd /mnt/e && exec sleep 1000) &
		bystander=$!
		act 0 "$RSC_OK" Filesystem /mnt/e/part /mnt/d none bind start
		(cd /mnt/d && exec sleep 1000) &
		user=$!
		inside() { [ "$(readlink /proc/$user/cwd)" = /mnt/d ]; }
		until_true inside
		act 0 "$RSC_OK" Filesystem /mnt/e/part /mnt/d none bind stop
		not mountpoint -q /mnt/d
		mountpoint -q /mnt/e
		kill -0 $bystander
		not kill -0 $user
		kill $bystander
		wait
	END
}

@test "Filesystem stop ends who is in the way: by TERM, and by KILL who ignores it" {
	fs_test <<-'END'
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 start
		(cd /mnt/d && exec sleep 1000) &
		sleeper=$!
		exec 7>/mnt/d/open
		(trap 'exit 7' TERM; : >/run/ready; while :; do sleep 1; done) &
		writer=$!
		exec 7>&-
		until_true test -e /run/ready
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 stop
		[ "$(sed -n 2p /run/err)" = "ocf-exit-reason:Couldn't unmount /mnt/d; trying cleanup with TERM" ]
		grep -q "sending signal TERM to: .*sleep 1000" /run/ha-log
		not wait $sleeper
		rc=0; wait $writer || rc=$?
		[ $rc = 7 ]
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 start
		rm /run/ready
		(cd /mnt/d; trap '' TERM; : >/run/ready; exec sleep 1000) &
		stubborn=$!
		until_true test -e /run/ready
		act 0 "$RSC_OK" Filesystem $loop /mnt/d ext4 stop
		[ "$(grep -c 'cleanup with TERM' /run/err) $(grep -c 'cleanup with KILL' /run/err)" = "10 1" ]
		rc=0; wait $stubborn || rc=$?
		[ $rc = 137 ]
	END
}

@test "drbddisk tries as often as the original, and says the role so that heartbeat understands it" {
	rsc_test ours <<-'END'
		fake sleep </dev/null
		fake drbdadm <<<'exit $(cat /run/code)'
		echo 0 >/run/code
		act 0 "" drbddisk r0 start
		act 0 "" drbddisk r0 stop
		act 0 "" drbddisk start
		[ "$(calls)" = "drbdadm primary r0
		drbdadm secondary r0
		drbdadm primary all" ]
		echo 11 >/run/code
		act 1 "" drbddisk r0 start
		[ "$(calls | sort | uniq -c | xargs)" = "6 drbdadm primary r0 5 sleep 1" ]
		act 1 "" drbddisk r0 stop
		[ "$(calls | sort | uniq -c | xargs)" = "3 drbdadm secondary r0 2 sleep 1" ]
		fake drbdadm <<<'case $1 in role) cat /run/role ;; sh-minor) echo 1 ;; esac'
		says() { echo "$1" >/run/role; act "$2" "$3" drbddisk r0 status; }
		says Primary/Secondary 0 "running (Primary)"
		says Secondary/Primary 3 "stopped (Secondary)"
		says Unconfigured 3 "stopped (Unconfigured)"
		says Unknown/Unknown 3 "stopped (Unconfigured)"
		act 10 "A resource name is required for status inquiries." drbddisk status
		act 1 "Usage: drbddisk [resource] {start|stop|status}" drbddisk r0 frob
		act 1 "Usage: drbddisk [resource] {start|stop|status}" drbddisk
	END
}

@test "drbdupper goes up from below and down from above" {
	rsc_test ours <<-'END'
		fake drbdadm <<<'case $* in *sh-lr-of*) echo low ;; *role*) echo "$(cat /run/role)" ;; secondary*) exit $(cat /run/code) ;; esac'
		echo Secondary/Unknown >/run/role
		echo 0 >/run/code
		act 0 "" drbdupper up start
		[ "$(calls | tr '\n' ,)" = "drbdadm -S sh-lr-of up,drbdadm primary low,drbdadm -S check-resize up,drbdadm -S adjust up,drbdadm -S wait-connect up,drbdadm -S primary up," ]
		act 0 stopped drbdupper up status
		echo Primary/Unknown >/run/role
		act 0 running drbdupper up status
		calls >/dev/null
		act 0 "" drbdupper up stop
		[ "$(calls | tr '\n' ,)" = "drbdadm -S down up,drbdadm -S sh-lr-of up,drbdadm secondary low," ]
		echo 11 >/run/code
		act 1 "" drbdupper up stop
		act 10 "A resource name is required." drbdupper start
	END
}

@test "LVM activates and deactivates a group, for a machine without LVM there is nothing to stop" {
	rsc_test ours <<-'END'
		act 0 "$RSC_OK" LVM vg0 stop
		act 5 "ERROR:  Program is not installed" LVM vg0 start
		mount -t tmpfs tmpfs /dev/shm
		fake sleep </dev/null
		fake vgscan </dev/null
		fake vgdisplay <<<'[ $1 = vg0 ]'
		fake vgchange <<<'case $1 in -aly) mkdir /run/vg0; touch /run/vg0/lv ;; -aln) [ -e /run/stuck ] || rm -r /run/vg0 ;; esac'
		mount -t tmpfs tmpfs /dev
		ln -s null /dev/none; mknod /dev/null c 1 3
		ln -s /run/vg0 /dev/vg0
		act 7 "$RSC_STOPPED" LVM vg0 status
		act 0 "$RSC_OK" LVM vg0 start
		act 0 "$RSC_RUNNING" LVM vg0 status
		act 0 "$RSC_OK" LVM vg0 stop
		[ "$(calls | tr '\n' ,)" = "vgscan,vgchange -aly vg0,vgdisplay vg0,vgchange -aln vg0," ]
		act 0 "$RSC_OK" LVM vg1 stop
		act 0 "$RSC_OK" LVM vg0 start
		touch /run/stuck
		calls >/dev/null
		act 1 "ERROR:  Generic error" LVM vg0 stop
		[ "$(calls | grep -c 'vgchange -aln vg0')" = 10 ]
	END
}

@test "Raid1 needs its configuration, and knows a device that is not assembled" {
	rsc_test ours <<-'END'
		act 5 "ERROR:  Program is not installed" Raid1 /run/md.conf /dev/md7 start
		grep -qF 'Configuration file [/run/md.conf] does not exist, or can not be opened!' /run/err
		touch /run/md.conf
		act 7 "$RSC_STOPPED" Raid1 /run/md.conf /dev/md7 status
		act 0 "$RSC_OK" Raid1 /run/md.conf /dev/md7 stop
		fake mdadm </dev/null
		act 1 "ERROR:  Generic error" Raid1 /run/md.conf /dev/md7 start
		grep -q "Couldn't start RAID for /dev/md7" /run/err
		[ "$(calls)" = "mdadm --assemble /dev/md7 --config=/run/md.conf" ]
	END
}
