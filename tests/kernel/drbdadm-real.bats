#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Sections 2 to 5 of the walkthrough on two full roots with a real udevd, one node all ours, the other all Debian's.

# shellcheck disable=SC2016 # the commands expand in the machines
bats_require_minimum_version 1.5.0

setup() {
	load ../lib/vm.bash
	load ../lib/root.bash
	load ../lib/drbd_module.bash
	load ../lib/walkthrough.bash
	utils=$(original drbd-utils)
	udev=$(original udev)
	ko=$(drbd_module "$WT_KERNEL")
}

teardown() {
	vm_cleanup
}

# udevd into the root of both. The rules of the distribution come on server2 alone, so that on server1 group and mode are what
# our rule makes them.
stage_udevd() { # NODE
	install -D "$udev/bin/udevadm" "$WT_STAGE/usr/bin/udevadm"
	mkdir -p "$WT_STAGE/usr/lib/systemd" "$WT_STAGE/usr/lib/udev/rules.d"
	ln -s /usr/bin/udevadm "$WT_STAGE/usr/lib/systemd/systemd-udevd"
	[ "$1" = server1 ] || cp "$udev"/lib/udev/rules.d/* "$WT_STAGE/usr/lib/udev/rules.d/"
}

# Debian's files where Debian's package has them, the programs of the 8.4 series under their usual names.
stage_theirs() {
	local word
	for word in etc/init.d etc/drbd.d usr/lib/drbd; do
		mkdir -p "$WT_STAGE/$word" && cp -a "$utils/$word/." "$WT_STAGE/$word/"
	done
	mkdir -p "$WT_STAGE/var/lib/drbd"
	install -D "$utils/lib/udev/rules.d/65-drbd.rules" "$WT_STAGE/usr/lib/udev/rules.d/65-drbd.rules"
	for word in drbdadm drbdsetup; do
		install -D "$utils/lib/drbd/$word-84" "$WT_STAGE/usr/sbin/$word"
		ln -s $word "$WT_STAGE/usr/sbin/$word-84"
	done
	install "$utils/sbin/drbdmeta" "$WT_STAGE/usr/sbin/"
}

boot() { # NODE STAGE MODULES
	vm_start "$1" "$WT_KERNEL" --root "$(vm_root)" --files "$2:/" --modules "$3" --disk 96M --net "lan=172.25.32.${1#server}/24"
}

asked() { # NODE : cstate, role, dstate
	vm_exec "$1" 'export DRBD_DONT_WARN_ON_VERSION_MISMATCH=1; drbdadm cstate demo; drbdadm role demo; drbdadm dstate demo' | paste -sd ' '
}

says() { # NODE WHAT
	local is end=$((SECONDS + 120))
	until is=$(asked "$1") && [ "$is" = "$2" ]; do
		[ $SECONDS -lt $end ] || { echo "$1: $is, not $2"; return 1; }
		sleep 0.5
	done
}

node_is_right() { # NODE : device node, links
	wt_until 60 "$1" '[ "$(readlink -f /dev/drbd/by-res/demo*)" = /dev/drbd1 ] && [ "$(readlink -f /dev/drbd/by-disk/vda)" = /dev/drbd1 ]'
	[ "$(vm_exec "$1" 'stat -c "%A %U %G %t,%T" /dev/drbd1')" = "brw-rw---- root disk 93,1" ]
}

@test "the walkthrough with Debian's DRBD on the other node" {
	local node
	vm_net lan server1 server2
	WT_STAGE=$BATS_TEST_TMPDIR/ours
	make -s -C "$VM_HOME" install DESTDIR="$WT_STAGE" PREFIX=/usr >/dev/null
	wt_configure
	stage_udevd server1
	boot server1 "$WT_STAGE" "$ko"
	WT_STAGE=$BATS_TEST_TMPDIR/theirs
	stage_theirs
	wt_configure
	stage_udevd server2
	boot server2 "$WT_STAGE" drbd
	for node in server1 server2; do on $node '/lib/systemd/systemd-udevd --daemon' 600; done

	# 2. configured; each has meta-data
	for node in server1 server2; do on $node 'drbdadm create-md demo'; done

	# 3. start
	on server1 '/etc/init.d/drbd start >/dev/null 2>&1 &'
	for _ in {1..120}; do grep -q "To abort waiting enter" "$(vm_console server1)" && break; sleep 1; done
	grep -q "To abort waiting enter" "$(vm_console server1)"
	on server2 '/etc/init.d/drbd start'
	wt_until 120 server1 '! pgrep -f init.d/drbd'
	for node in server1 server2; do
		says $node 'Connected Secondary/Secondary Inconsistent/Inconsistent'
		node_is_right $node
	done
	on server1 '/etc/init.d/drbd status | grep -E "demo +Connected +Secondary/Secondary +Inconsistent/Inconsistent +C"'

	# 4. first sync, in the calling order of 8.3
	on server1 'drbdsetup /dev/drbd1 primary --force'
	wt_until 180 server1 'drbdadm dstate demo | grep -qx UpToDate/UpToDate'
	says server1 'Connected Primary/Secondary UpToDate/UpToDate'
	says server2 'Connected Secondary/Primary UpToDate/UpToDate'
	on server1 'mkfs.ext4 -q /dev/drbd1'

	# 5. move the disk by hand, there and back
	on server1 'mount /dev/drbd1 /mnt && echo hello >/mnt/file'
	run on server1 'drbdadm secondary demo'
	[ "$status" -eq 11 ]
	[[ $output == *"Device is held open by someone"* ]]
	[[ $output == *"demo: /dev/drbd1 is mounted on /mnt: umount /mnt"* ]]
	run on server2 'mount /dev/drbd1 /mnt'
	[ "$status" -eq 32 ]
	run on server2 'drbdadm primary demo'
	[ "$status" -eq 11 ]
	[[ $output == *"Multiple primaries not allowed by config"* ]]
	on server1 'umount /mnt && drbdadm secondary demo'
	on server2 'drbdadm primary demo && mount /dev/drbd1 /mnt && grep hello /mnt/file && echo there >/mnt/file2'
	on server2 'umount /mnt && drbdadm secondary demo'
	on server1 'drbdadm primary demo && mount /dev/drbd1 /mnt && grep there /mnt/file2 && umount /mnt'

	on server1 'grep "^version: 8.4.4 " /proc/drbd'
	on server2 'grep "^version: 8.4.11 " /proc/drbd && cmp /usr/sbin/drbdadm /usr/sbin/drbdadm-84'
	for node in server1 server2; do
		on $node '/etc/init.d/drbd stop && ! grep -q ^drbd /proc/modules'
	done
}
