#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A machine with our heartbeat and one with Debian's 3.0.6: what namespaces cannot show are kernels, power cuts and a watchdog.
# shellcheck disable=SC2016 # expanded in the machine

setup() {
	load ../lib/vm.bash
	load ../lib/walkthrough.bash
	ORIG=$(original heartbeat)
	KERNEL=6.12
}

teardown() {
	local node
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for node in server1 server2; do vm_exec $node 'tail -n 60 /var/log/ha-log' 20 || echo "$node does not answer"; done
	fi
	vm_cleanup
}

# What both have, into FOLDER
common_files() {
	mkdir -p "$1/etc/ha.d/resource.d" "$1/state"
	printf 'root:x:0:0::/root:/bin/sh\nhacluster:x:115:121::/:/bin/false\n' >"$1/etc/passwd"
	printf 'root:x:0:\nhaclient:x:121:\n' >"$1/etc/group"
	printf 'auth 1\n1 sha1 Secret\n' >"$1/etc/ha.d/authkeys"
	chmod 600 "$1/etc/ha.d/authkeys"
	printf 'server1 fake::r1\nserver2 fake::r2\n' >"$1/etc/ha.d/haresources"
	cat >"$1/etc/ha.d/ha.cf" <<-'END'
		keepalive 500ms
		deadtime 8
		warntime 4
		initdead 12
		bcast eth0
		auto_failback on
		node server1 server2
		logfile /var/log/ha-log
	END
	cat >"$1/etc/ha.d/resource.d/fake" <<-'END'
		#!/bin/sh
		case $2 in
		start) : >/state/$1 ;;
		stop) rm -f /state/$1 ;;
		status) if [ -e /state/$1 ]; then echo running; else echo stopped; fi ;;
		esac
	END
	chmod 755 "$1/etc/ha.d/resource.d/fake"
}

start_ours() { # NODE
	local dir=$BATS_TEST_TMPDIR/ours program
	common_files "$dir"
	mkdir -p "$dir/usr/share/heartbeat"
	for program in hb_standby hb_takeover; do ln -sfn /usr/sbin/hb_send "$dir/usr/share/heartbeat/$program"; done
	cp heartbeat/harc "$dir/etc/ha.d/"
	echo 'watchdog /dev/watchdog' >>"$dir/etc/ha.d/ha.cf"
	vm_start "$1" "$KERNEL" --net lan --mem 192 --modules softdog --files "$dir:/" \
		--programs "tc $O/heartbeat $O/cl_status $O/hb_send"
	on "$1" 'modprobe softdog'
}

start_theirs() { # NODE
	local dir=$BATS_TEST_TMPDIR/theirs plugin programs="$ORIG/usr/libexec/heartbeat/heartbeat $ORIG/usr/bin/cl_status"
	mkdir -p "$dir"/usr/{share,lib/ocf} "$dir"/var/lib/heartbeat/cores/{root,nobody,hacluster} "$dir/etc"
	cp -a "$ORIG/etc/ha.d" "$dir/etc/"
	common_files "$dir"
	cp -a "$ORIG/usr/share/heartbeat" "$dir/usr/share/"
	cp -a "$ORIG/usr/lib/ocf/lib" "$dir/usr/lib/ocf/"
	for plugin in HBcomm/bcast InterfaceMgr/generic HBauth/sha1 compress/zlib; do
		plugin=/usr/lib/heartbeat/plugins/$plugin.so
		programs+=" $ORIG$plugin:$plugin"
	done
	vm_start "$1" "$KERNEL" --net lan --mem 192 --files "$dir:/" --programs "tc $programs"
}

# Theirs sends to the broadcast address that the kernel has for the interface, so it must have one.
boot() { # NODE
	if [ "$1" = "$OURS" ]; then start_ours "$1"; else start_theirs "$1"; fi
	on "$1" 'ip link set eth0 up && ip addr add 172.25.32.'"${1#server}"'/24 brd + dev eth0 &&
		mkdir -p /run/heartbeat /var/lib/heartbeat && chown hacluster:haclient /run/heartbeat'
}

holds() { # NODE "r1 r2"
	wt_until 60 "$1" "[ \"\$(ls /state | xargs)\" = '$2' ]"
}

rests() { # NODE HOLDINGS
	wt_until 60 "$1" "[ \"\$(cl_status rscstatus)\" = $2 ]"
}

each_has_its_own() {
	holds server1 r1
	holds server2 r2
	rests server1 local
	rests server2 local
}

has_all() { # NODE OTHER
	holds "$1" 'r1 r2'
	holds "$2" ''
	rests "$1" all
	rests "$2" none
}

# The original's message may be lost on its way through its fifo; then the operator asks again.
ask() { # NODE TOOL [WORD]
	on "$1" "before=\$(ls /state | xargs)
		for try in 1 2 3; do
			/usr/share/heartbeat/$2 ${3:-}
			for second in 1 2 3 4 5 6 7 8 9 10; do
				[ \"\$(ls /state | xargs)\" = \"\$before\" ] || exit 0
				sleep 1
			done
		done
		exit 1"
}

# ours as NODE, theirs as the other, which starts first
live_together() { # OURS THEIRS
	OURS=$1 THEIRS=$2
	vm_net lan server1 server2
	boot "$OURS" &
	boot "$THEIRS"
	wait $!
	on "$FIRST" heartbeat
	holds "$FIRST" 'r1 r2'
	on "$SECOND" heartbeat
	each_has_its_own

	ask server1 hb_standby
	has_all server2 server1
	ask server1 hb_takeover local
	each_has_its_own
	ask server2 hb_standby
	has_all server1 server2
	ask server1 hb_standby foreign
	each_has_its_own


	on server1 'heartbeat -k'
	holds server2 'r1 r2'
	holds server1 ''
	on server1 'heartbeat'
	each_has_its_own
}

@test "ours as server1, which comes second: standby, stop, a watchdog's reset, a power cut" {
	FIRST=server2 SECOND=server1
	live_together server1 server2

	# round robin, priority 1, and memreserve locked
	on server1 '[ "$(cut -d" " -f40,41 /proc/$(pidof heartbeat)/stat)" = "1 2" ]'
	on server1 'awk "/VmLck/ { exit !(\$2 > 6500) }" /proc/$(pidof heartbeat)/status'

	# the watchdog ran as long as heartbeat did, and barks when that is killed
	on server1 'cat /sys/class/watchdog/watchdog0/state /sys/class/watchdog/watchdog0/timeout; grep watchdog /var/log/ha-log'
	vm_exec server1 'kill -KILL $(pidof heartbeat)'
	holds server2 'r1 r2'
	for _ in {1..600}; do vm_alive "$(vm_dir server1)" || break; sleep 0.1; done
	grep -a 'softdog: Initiating system reboot' "$(vm_console server1)"
	boot server1
	on server1 'heartbeat'
	each_has_its_own

	# theirs loses its power; what is left stops, and its watchdog with it
	vm_kill server2
	holds server1 'r1 r2'
	rests server1 all
	on server1 '[ "$(cat /sys/class/watchdog/watchdog0/state)" = active ]'
	on server1 'heartbeat -k'
	holds server1 ''
	on server1 '[ "$(cat /sys/class/watchdog/watchdog0/state)" = inactive ]'
	vm_stop server1
}

@test "ours as server2, which comes first: standby, stop, kill -9" {
	FIRST=server2 SECOND=server1
	live_together server2 server1

	# theirs is killed, and what it held with it
	vm_exec server1 'kill -KILL $(pidof heartbeat); rm -f /state/*'
	holds server2 'r1 r2'
	on server1 'heartbeat'
	each_has_its_own

	vm_kill server1
	holds server2 'r1 r2'
	rests server2 all
}
