#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The main job, step by step, on two full roots: DRBD by hand, then MariaDB on it under heartbeat.

setup() {
	load ../lib/vm.bash
	load ../lib/root.bash
	load ../lib/walkthrough.bash
	make -s -C "$VM_HOME" module O="$O" KDIR="$(vm_kdir "$WT_KERNEL")" >/dev/null
}

teardown() {
	vm_cleanup
}

# Exactly one of them holds everything.
holds() { # NODE
	vm_exec "$1" "drbdadm role demo | grep -q ^Primary/ && grep -q '^/dev/drbd1 /var/lib/mysql ' /proc/mounts &&
		mysql -e 'select 1' >/dev/null && ip addr show eth0 | grep -q $WT_VIP/"
}

holds_nothing() { # NODE
	vm_exec "$1" "! drbdadm role demo | grep -q ^Primary/ && ! grep -q /dev/drbd1 /proc/mounts &&
		! pgrep mariadbd && ! ip addr show eth0 | grep -q $WT_VIP/"
}

@test "the walkthrough: create, sync, move by hand, MySQL under heartbeat, failover and failback" {
	wt_boot

	# 3. start
	on server1 'drbdadm create-md demo'
	on server2 'drbdadm create-md demo'
	on server1 '/etc/init.d/drbd start >/dev/null 2>&1 &'
	for _ in {1..120}; do grep -q "To abort waiting enter" "$(vm_console server1)" && break; sleep 1; done
	grep -q "To abort waiting enter" "$(vm_console server1)"
	on server2 '/etc/init.d/drbd start'
	wt_until 180 server1 '! pgrep -f init.d/drbd'
	[ "$(vm_exec server1 'drbdadm cstate demo; drbdadm role demo; drbdadm dstate demo')" = \
		$'Connected\nSecondary/Secondary\nInconsistent/Inconsistent' ]
	on server1 'grep "version: 8.4.4 (api:1/proto:86-101)" /proc/drbd'

	# 4. first sync, in the calling order of 8.3
	on server1 'drbdsetup /dev/drbd1 primary --force'
	wt_until 180 server1 'drbdadm dstate demo | grep -qx UpToDate/UpToDate'
	on server2 'grep "cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate" /proc/drbd'
	on server1 'mkfs.ext4 -q /dev/drbd1'

	# 5. move the disk by hand
	on server1 'mount /dev/drbd1 /mnt && echo hello >/mnt/file'
	run on server1 'drbdadm secondary demo'
	[ "$status" -eq 11 ]
	[[ $output == *"Device is held open by someone"* ]]
	run on server2 'mount /dev/drbd1 /mnt'
	[ "$status" -eq 32 ]
	run on server2 'drbdadm primary demo'
	[ "$status" -eq 11 ]
	[[ $output == *"Multiple primaries not allowed by config"* ]]
	on server1 'umount /mnt && drbdadm secondary demo'
	on server2 'drbdadm primary demo && mount /dev/drbd1 /mnt && grep hello /mnt/file'

	# 6. MySQL on the disk
	on server2 'cp -a /var/lib/mysql/. /mnt/ && chown mysql:mysql /mnt && umount /mnt && drbdadm secondary demo'
	on server1 '/etc/init.d/heartbeat start'
	on server2 '/etc/init.d/heartbeat start'
	wt_until 180 server1 'mysql -e "create database shop; create table shop.t (n int primary key) engine=innodb"'
	holds server1
	holds_nothing server2
	on server1 'for n in 1 2 3 4 5; do mysql -e "insert into shop.t values ($n)"; done'

	# stop: everything goes over
	on server1 '/etc/init.d/heartbeat stop'
	wt_until 180 server2 'mysql -N -e "select count(*) from shop.t" | grep -qx 5'
	holds server2
	holds_nothing server1
	on server2 'mysql -e "insert into shop.t values (6)"'

	# start again: with auto_failback it comes back
	on server1 '/etc/init.d/heartbeat start'
	wt_until 180 server1 'mysql -N -e "select count(*) from shop.t" | grep -qx 6'
	holds server1
	holds_nothing server2

	# power cut: every committed row is there
	on server1 'mysql -e "insert into shop.t values (7)"'
	vm_kill server1
	wt_until 180 server2 'mysql -N -e "select count(*) from shop.t" | grep -qx 7'
	holds server2
	on server2 'mysql -e "insert into shop.t values (8)"'

	# and back
	wt_start server1
	on server1 '/etc/init.d/drbd start'
	wt_until 180 server1 'drbdadm dstate demo | grep -qx UpToDate/UpToDate'
	on server1 '/etc/init.d/heartbeat start'
	wt_until 180 server1 'mysql -N -e "select count(*) from shop.t" | grep -qx 8'
	holds server1
	holds_nothing server2
	on server1 '/etc/init.d/heartbeat stop && drbdadm down demo && modprobe -r drbd'
	on server2 '/etc/init.d/heartbeat stop && drbdadm down demo && modprobe -r drbd'
	vm_stop server1
	vm_stop server2
}
