#!/usr/bin/env bats
# A demotion that is refused because the device is in use says what uses it. The device is a loop device of the test's own,
# called /dev/drbd1 in a mount namespace.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	truncate -s 8M disk
	LOOP=$(losetup -f --show disk)
	cat >demo.conf <<-'END'
		global { disable-ip-verification; }
		resource demo { device /dev/drbd1; disk /dev/vdb; meta-disk internal;
		  on server1 { address 172.25.32.1:7789; } on server2 { address 172.25.32.2:7789; } }
	END
	printf '#!/bin/sh\nexit 11\n' >drbdsetup
	chmod +x drbdsetup
	MAJOR=$((0x$(stat -c %t "$LOOP"))) MINOR=$((0x$(stat -c %T "$LOOP")))
	export MAJOR MINOR __DRBD_NODE__=server1
}

teardown() { losetup -d "$LOOP"; }

# shellcheck disable=SC2016
place() { # SCRIPT : with /dev/drbd1
	unshare -m bash -c 'null=/dev/null; exec 7>$null; mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod /dev/drbd1 b $MAJOR $MINOR; '"$1"
}

# shellcheck disable=SC2016 # they expand in the namespace
@test "the process that has it open" {
	run -11 place 'exec -a keeper sleep 30 8</dev/drbd1 3>&- >&7 2>&7 & pid=$!; until [ -e /proc/$pid/fd/8 ] && [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done
		drbdadm -c demo.conf -s ./drbdsetup secondary demo 3>&-; code=$?; kill $pid; echo "pid is $pid"; exit $code'
	[[ "$output" =~ demo:\ /dev/drbd1\ is\ held\ open\ by\ sleep,\ pid\ ([0-9]+) ]]
	[[ "$output" == *"pid is ${BASH_REMATCH[1]}"* ]]
}

@test "where it is mounted" {
	mkfs.ext4 -q disk
	mkdir mnt
	run -11 place 'mount /dev/drbd1 mnt && { drbdadm -c demo.conf -s ./drbdsetup secondary demo; code=$?; umount mnt; exit $code; }'
	[[ "$output" == *"demo: /dev/drbd1 is mounted on $PWD/mnt: umount $PWD/mnt"* ]]
}

@test "nothing, if nobody has it" {
	run -11 place 'drbdadm -c demo.conf -s ./drbdsetup secondary demo'
	[[ "$output" != *"/dev/drbd1 is"* ]]
}
