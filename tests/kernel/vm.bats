#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The machines of tests/lib/vm.bash: what comes back from them, and that no kernel's trouble goes by unseen.

setup() {
	load ../lib/vm.bash
}

teardown() {
	vm_cleanup
}

# A module that warns when it is loaded, for that kernel: prints its file.
build_warning_module() { # KERNEL
	local dir=$BATS_TEST_TMPDIR/warn
	mkdir -p "$dir"
	cat >"$dir/warn.c" <<-END
		#include <linux/module.h>
		static int __init warn_init(void)
		{
			WARN(1, "as asked");
			return 0;
		}
		static void __exit warn_exit(void) { }
		module_init(warn_init);
		module_exit(warn_exit);
		MODULE_LICENSE("GPL");
	END
	echo 'obj-m := warn.o' >"$dir/Kbuild"
	make -s -C "$(vm_kdir "$1")" M="$dir" modules >&2 && echo "$dir/warn.ko"
}

runs_script() { # KERNEL
	run vm_run "$1" --programs "stat" --modules "dummy" --files "$BATS_TEST_FILENAME:/data/here" --append "vm.test=1" <<-'END'
		uname -r
		modprobe dummy && ip link show dummy0 | grep -o 'dummy0:'
		stat --version | grep -o coreutils
		stat -c %n /data/here
		grep -o vm.test=1 /proc/cmdline
		echo to stderr >&2
		exit 7
	END
	[ "$status" -eq 7 ]
	[ "$output" = "$(printf '%s\n' "$(vm_release "$1")" dummy0: coreutils /data/here vm.test=1 'to stderr')" ]
}
@test "a script's output and exit code come back from 6.1" { runs_script 6.1; }
@test "a script's output and exit code come back from 6.12" { runs_script 6.12; }

sees_warning() { # KERNEL
	local module
	module=$(build_warning_module "$1")
	run vm_run "$1" --modules "$module" <<<'modprobe warn; echo went on'
	[ "$status" -eq 125 ]
	[[ $output == *"kernel trouble: "*"WARNING: "*warn_init* ]]
	[[ $output == *"went on"* ]]
}
@test "a module built for 6.1 is loaded there; its WARN is a failure with the console" { sees_warning 6.1; }
@test "a module built for 6.12 is loaded there; its WARN is a failure with the console" { sees_warning 6.12; }

@test "a panic is a failure with the console" {
	run vm_run 6.1 <<<'echo said before; echo c >/proc/sysrq-trigger; echo said after'
	[ "$status" -eq 125 ]
	[[ $output == *"sysrq triggered crash"* ]]
	[[ $output == *"said before"* ]]
	[[ $output != *"said after"* ]]
}

@test "a hang is a failure with the console" {
	run vm_run 6.1 --patience 8 <<<'echo before; sleep 1000'
	[ "$status" -eq 125 ]
	[[ $output == *"hangs: no output for 8 s"*"Run /init as init"*"before"* ]]
}

@test "a machine that ends without a result is lost: a failure with the console" {
	run vm_run 6.1 <<<'/vm/busybox poweroff -f'
	[ "$status" -eq 125 ]
	[[ $output == *"lost: it ended without a result"*"Power down"* ]]
}

@test "two machines reach each other, are told what to do, lose their cable and their power" {
	vm_net lan a b
	vm_start a 6.1 --net lan=10.0.0.1/24 --disk 16M
	vm_start b 6.12 --net lan=10.0.0.2/24
	vm_exec b true
	vm_exec a 'ping -c 1 -W 5 10.0.0.2'
	vm_exec b 'ping -c 1 -W 5 10.0.0.1'
	vm_cable b 0 off
	run vm_exec b 'ping -c 1 -W 1 10.0.0.1'
	[ "$status" -eq 1 ]
	vm_cable b 0 on
	vm_exec b 'ping -c 1 -W 5 10.0.0.1'

	vm_exec a 'echo kept | dd of=/dev/vda conv=sync,fsync'
	vm_kill a
	run vm_exec a true
	[ "$status" -eq 125 ]
	vm_start a 6.1 --net lan=10.0.0.1/24 --disk 16M
	run vm_exec a 'head -c 4 /dev/vda; echo " and"; exit 3'
	[ "$status" -eq 3 ]
	[ "$output" = "kept and" ]
	vm_exec a 'ping -c 1 -W 5 10.0.0.2'
	vm_stop a
	vm_stop b
}

@test "three machines share a hub" {
	local name
	vm_net lan a b c
	vm_start a 6.1 --net lan=10.0.0.1/24
	vm_start b 6.1 --net lan=10.0.0.2/24
	vm_start c 6.1 --net lan=10.0.0.3/24
	for name in a b c; do vm_exec $name true; done
	vm_exec a 'ping -c 1 -W 5 10.0.0.2 && ping -c 1 -W 5 10.0.0.3'
	vm_exec b 'ping -c 1 -W 5 10.0.0.3'
}

@test "a power cut keeps what was flushed, and keeps or loses what was not" {
	VM_SEED=1
	vm_start a 6.1 --cut-disk 4M --disk 1M
	run vm_exec a '
		tr "\0" F </dev/zero | dd of=/dev/vda bs=1M count=1 iflag=fullblock conv=fsync
		tr "\0" U </dev/zero | dd of=/dev/vda bs=1M count=1 seek=1 iflag=fullblock oflag=direct
		cat /sys/block/vda/queue/write_cache /sys/block/vdb/queue/write_cache
		dd if=/dev/vda bs=1M skip=1 count=1 iflag=direct | tr -d U | tr -d "\0" | wc -c'
	[ "$status" -eq 0 ]
	[[ $output == *"write back"*"write back"* ]]
	vm_kill a
	vm_start a 6.1 --cut-disk 4M --disk 1M
	run vm_exec a 'head -c 1048576 /dev/vda | tr -d F | wc -c; tail -c +1048577 /dev/vda | head -c 1048576 | tr -d "\0" | wc -c'
	[ "${lines[0]}" -eq 0 ]
	[ "${lines[1]}" -gt 100000 ]
	[ "${lines[1]}" -lt 900000 ]
	[ $((lines[1] % 512)) -eq 0 ]
	vm_exec a 'echo orderly | dd of=/dev/vda conv=sync oflag=direct'
	vm_stop a
	[ "$(head -c 7 "$(vm_dir a)/disk0")" = orderly ]
}

@test "machines left over fail the test that left them if their kernel had trouble" {
	vm_start a 6.1
	vm_exec a 'echo "<4>WARNING: said a test" >/dev/kmsg'
	run vm_cleanup
	[ "$status" -eq 125 ]
	[[ $output == *"WARNING: said a test"* ]]
}

# Debian's own drbd.ko with its own tools, as a pair in one machine.
syncs_originals() { # KERNEL
	load ../lib/fast_rig.bash
	fast_rig_original
	run vm_run "$1" "${RIG[@]}" <<-'END'
		set -e
		. /vm/fast_rig
		rig_disks 16
		rig_up --protocol=C
		drbdsetup primary 0 --force
		rig_until 30 dstate b UpToDate/UpToDate
		dd if=/dev/urandom of=/dev/drbd0 bs=64k count=20 conv=fsync
		cat /proc/drbd
		drbdsetup secondary 0
		rig_down
		rig_same
	END
	[ "$status" -eq 0 ]
	[[ $output == *"cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate"* ]]
	[[ $output == *"nr:17624 dw:17624"* ]]
}
@test "the original drbd of 6.1 pairs with itself on the fast rig, syncs and replicates" { syncs_originals 6.1; }
@test "the original drbd of 6.12 pairs with itself on the fast rig, syncs and replicates" { syncs_originals 6.12; }
