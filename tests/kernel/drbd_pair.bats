#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Mixed pairs: our drbd.ko in machine A, Debian's in machine B, both driven by Debian's drbdsetup-84. Disks are files of the host,
# with meta-data at their end; what lies before has to be the same on both when the test says so.

DISK_MIB=32

setup() {
	load ../lib/vm.bash
	load ../lib/originals.bash
	load ../lib/drbd_module.bash
	utils=$(original drbd-utils)
	programs="$utils/lib/drbd/drbdsetup-84:/usr/sbin/drbdsetup $utils/sbin/drbdmeta dd"
	crypto="hmac sha1_generic md5 crc32c_generic"
	KERNEL=6.1
	ours=$(drbd_module $KERNEL)
	vm_net n A B
}

teardown() {
	local code=0 name
	for name in A B; do
		[ -n "$BATS_TEST_COMPLETED" ] || { echo "--- $name"; grep -a drbd "$(vm_console $name)" | tail -n 25; }
	done
	vm_cleanup || code=$?
	return $code
}

own() { [ "$1" = A ] && echo ipv4:10.0.0.1:7788 || echo ipv4:10.0.0.2:7788; }
peer() { if [ "$1" = A ]; then own B; else own A; fi; }

power_on() { # NAME
	local module=drbd ip=10.0.0.2/24
	[ "$1" = B ] || { module=$ours ip=10.0.0.1/24; }
	vm_start "$1" "$KERNEL" --modules "$module $crypto" --programs "$programs" --net "n=$ip" --disk ${DISK_MIB}M
	vm_exec "$1" "modprobe virtio_blk; for m in $crypto; do modprobe \$m || exit; done
		modprobe drbd usermode_helper=/bin/true && mkdir -p /var/lib/drbd"
}

bring_up() { # NAME CONNECT-OPTION...
	local name=$1
	shift
	vm_exec "$name" "drbdmeta --force 0 v08 /dev/vda internal apply-al >/tmp/md 2>&1
		drbdsetup new-resource r && drbdsetup new-minor r 0 0 &&
		drbdsetup attach 0 /dev/vda /dev/vda internal --resync-rate=200M --c-plan-ahead=0 &&
		drbdsetup connect r $(own "$name") $(peer "$name") $*"
}

new_pair() { # CONNECT-OPTION...
	local name
	power_on A
	power_on B
	for name in A B; do
		vm_exec $name "drbdmeta --force 0 v08 /dev/vda internal create-md >/tmp/md 2>&1"
		bring_up $name "$@"
	done
	becomes A cstate Connected
}

becomes() { # NAME cstate|dstate PATTERN
	local end=$((SECONDS + 60)) is
	while :; do
		is=$(vm_exec "$1" "drbdsetup $2 0")
		# shellcheck disable=SC2053 # a pattern
		[[ $is != $3 ]] || return 0
		if [ $SECONDS -ge $end ]; then
			echo "$1: $2 is $is, not $3"
			vm_exec "$1" "cat /proc/drbd"
			return 1
		fi
	done
}

synced() {
	local name
	for name in A B; do
		becomes $name cstate Connected
		becomes $name dstate UpToDate/UpToDate
	done
	same
}

same() { # the disks' contents below the meta-data
	local name
	for name in A B; do vm_exec $name "sync; blockdev --flushbufs /dev/vda"; done
	cmp -n $(((DISK_MIB - 1) * 1048576)) "$(vm_dir A)/disk0" "$(vm_dir B)/disk0"
}

writes() { # NAME AT [COUNT]
	vm_exec "$1" "dd if=/dev/urandom of=/dev/drbd0 bs=32k seek=$2 count=${3:-50} oflag=direct 2>/tmp/dd || { cat /tmp/dd; false; }"
}
setup_on() { vm_exec "$1" "drbdsetup $2"; } # NAME ARGUMENTS

apart_and_back() { # WRITER AT CONNECT-OPTION... : it disconnects, writes, and connects again
	local name=$1 at=$2
	shift 2
	setup_on "$name" "disconnect $(own "$name") $(peer "$name")"
	writes "$name" "$at"
	setup_on "$name" "connect r $(own "$name") $(peer "$name") $*"
	synced
}

@test "ours and the real module: sync both ways, all protocols, integrity, verify, invalidate" {
	local p
	net="--cram-hmac-alg=sha1 --shared-secret=geheim --data-integrity-alg=md5 --verify-alg=sha1 --csums-alg=crc32c"
	# shellcheck disable=SC2086 # a list
	new_pair $net
	setup_on A "primary 0 --force"
	synced
	writes A 1
	same
	apart_and_back A 60 "$net"
	setup_on A "secondary 0"
	setup_on B "primary 0"
	writes B 100
	same
	apart_and_back B 160 "$net"

	# a difference that only verify can see, found by either side
	for name in A B; do
		vm_exec $name "dd if=/dev/urandom of=/dev/vda bs=4k seek=900 count=2 conv=notrunc oflag=direct 2>/dev/null"
		setup_on $name "verify 0 --start=0"
		becomes A cstate Connected
		becomes B cstate Connected
		for p in A B; do [ "$(vm_exec $p "sed -n 's/.*oos://p' /proc/drbd")" = 8 ]; done
		setup_on B "disconnect $(own B) $(peer B)"
		setup_on B "connect r $(own B) $(peer B) $net"
		synced
	done

	setup_on B "secondary 0"
	setup_on A "invalidate 0"
	synced
	setup_on B "invalidate 0"
	synced

	for p in A B C; do
		setup_on A "disconnect $(own A) $(peer A)"
		setup_on B "disconnect $(own B) $(peer B)"
		setup_on A "connect r $(own A) $(peer A) --protocol=$p"
		setup_on B "connect r $(own B) $(peer B) --protocol=$p"
		synced
		setup_on A "primary 0"
		writes A 200
		setup_on A "secondary 0"
		same
		setup_on B "primary 0"
		writes B 250
		setup_on B "secondary 0"
		same
	done
	for name in A B; do vm_exec $name "drbdsetup down r && rmmod drbd"; done
}

@test "power cuts: ours and the real module come back in sync, whoever was Primary" {
	local name other
	new_pair --ping-timeout=20
	setup_on A "primary 0 --force"
	synced
	for name in A B; do
		other=$([ $name = A ] && echo B || echo A)
		# the Secondary loses power while the Primary writes
		vm_exec $name "(dd if=/dev/urandom of=/dev/drbd0 bs=8k count=2000 oflag=direct 2>/dev/null; echo done >/tmp/done) </dev/null >/dev/null 2>&1 &"
		vm_kill $other
		power_on $other
		bring_up $other --ping-timeout=20
		synced
		vm_exec $name "while [ ! -e /tmp/done ]; do sleep 0.2; done"
		# the Primary loses power in the middle of writing; the other one is promoted meanwhile
		vm_exec $name "dd if=/dev/urandom of=/dev/drbd0 bs=8k seek=1000 count=2000 oflag=direct </dev/null >/dev/null 2>&1 &"
		vm_kill $name
		becomes $other cstate WFConnection
		setup_on $other "primary 0"
		writes $other 300 10
		power_on $name
		bring_up $name --ping-timeout=20
		synced
		# for the next round
		setup_on $other "secondary 0"
		setup_on $other "primary 0"
	done
}
