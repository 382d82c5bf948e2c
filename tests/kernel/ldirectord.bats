#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our ldirectord on a real IPVS, over netlink: histories whose every step Debian's ldirectord is proven to end with the same
# table by tests/net/ldirectord-diff.bats. All at once, each in a network namespace of its own.

bats_require_minimum_version 1.5.0

setup() {
	load ../lib/vm.bash
	load ../lib/ipvsadm.bash
}

teardown() {
	vm_cleanup
}

@test "over netlink every step of a history ends with the table named there" {
	cat >"$BATS_TEST_TMPDIR/play.sh" <<-'END'
		ln -s /proc/self/fd /dev/fd
		export O=/usr/sbin LD_PATIENCE_S=120 LD_SETTLE=2
		modprobe ip_vs
		names="quiescent-fallback mark-fallback gate-port"
		for name in $names; do
			unshare -n -p -f bash -c 'ip link set lo up
				for i in 1 2 3 4 5 6 7 8 9; do ip addr add "10.9.1.$i/32" dev lo; ip addr add "fd09::$i/128" dev lo; done
				/tests/lib/ld_history.bash kernel /tests/histories "$0" >"/tmp/$0" 2>&1' "$name" &
		done
		wait
		well=0
		for name in $names; do
			if [ "$(tail -n 1 "/tmp/$name")" = "$name (kernel): ok" ]; then well=$((well + 1)); else tail -n 40 "/tmp/$name"; fi
		done
		echo "$well of $(echo $names | wc -w) are well"
	END
	ipvs_vm_start director 6.12 --mem 512 --files "$VM_HOME/tests/lib:/tests/lib" --files "$BATS_TEST_TMPDIR/play.sh:/tests/play.sh" \
		--files "$VM_HOME/tests/data/ldirectord/histories:/tests/histories" \
		--programs "$O/ldirectord:/usr/sbin/ldirectord $O/ld_server:/usr/sbin/ld_server"
	run -0 vm_exec director 'bash /tests/play.sh' 400
	[ "${lines[-1]}" = "3 of 3 are well" ]
}
