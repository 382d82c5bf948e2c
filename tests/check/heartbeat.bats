#!/usr/bin/env bats
# heartbeat's programs without a daemon: configuration checks, lists, exit codes.
bats_require_minimum_version 1.5.0

setup() {
	O="${O:-$BATS_TEST_DIRNAME/../../build}"
	dir=$BATS_TEST_TMPDIR/ha.d
	mkdir -p "$dir/resource.d"
	printf '#!/bin/sh\necho stopped\n' >"$dir/resource.d/fake"
	chmod 755 "$dir/resource.d/fake"
	printf 'node server1 server2\nbcast lo\nauto_failback on\nlogfacility local0\n' >"$dir/ha.cf"
	printf 'auth 1\n1 crc\n' >"$dir/authkeys"
	chmod 600 "$dir/authkeys"
	printf 'server1 fake::a fake::b\nserver2 fake::c\n' >"$dir/haresources"
	echo server1 >"$dir/nodeinfo"
}

@test "heartbeat -t finds nothing wrong where nothing is" {
	run "$O/heartbeat" -t -c "$dir"
	[ "$status" -eq 0 ]
	[ "$output" = "no heartbeat runs here: nothing was compared with the other nodes
$dir: 2 nodes, 1 media, 2 resource groups, signed with key 1: no mistake found" ]
}

@test "the mistakes of all three files are told at once, with file and line, and the exit code is 6" {
	printf 'node server1 server2\nbcast lo\nkeepalife 2\ndeadtime never\nauto_failback on\n' >"$dir/ha.cf"
	printf 'auth 1\n1 sha1\n' >"$dir/authkeys"
	printf 'server1\n' >"$dir/haresources"
	for command in "-t -c $dir" "-f -c $dir"; do
		# shellcheck disable=SC2086 # words
		run "$O/heartbeat" $command
		[ "$status" -eq 6 ]
		[[ "$output" == *"$dir/ha.cf:3: Illegal directive [keepalife], did you mean 'keepalive'?"* ]]
		[[ "$output" == *"$dir/ha.cf:4: deadtime: 'never' is not a time"* ]]
		[[ "$output" == *"$dir/authkeys:2: Auth method [sha1] requires a key"* ]]
		[[ "$output" == *"$dir/haresources:1: node server1 without a resource"* ]]
	done
}

@test "a keyfile others may read is refused" {
	chmod 644 "$dir/authkeys"
	run "$O/heartbeat" -t -c "$dir"
	[ "$status" -eq 6 ]
	[[ "$output" == *"Bad permissions on keyfile [$dir/authkeys], 600 recommended."* ]]
}

@test "missing files are named" {
	rm "$dir/ha.cf" "$dir/haresources"
	run "$O/heartbeat" -t -c "$dir"
	[ "$status" -eq 6 ]
	[[ "$output" == *"Cannot open config file [$dir/ha.cf]: No such file or directory"* ]]
	[[ "$output" == *"Cannot open resources file [$dir/haresources]"* ]]
}

@test "scripts and interfaces that do not exist are found by -t" {
	echo 'server1 nosuch::x' >>"$dir/haresources"
	sed -i 's/bcast lo/bcast eth99/' "$dir/ha.cf"
	run "$O/heartbeat" -t -c "$dir"
	[ "$status" -eq 6 ]
	[[ "$output" == *"$dir/haresources:3: there is no executable script nosuch in $dir/resource.d or /etc/init.d"* ]]
	[[ "$output" == *"interface eth99 does not exist"* ]]
}

@test "usage errors exit 2, -V and -D need nothing" {
	run -2 "$O/heartbeat" -Z
	run -2 "$O/heartbeat" -C sometimes
	run -0 "$O/heartbeat" -V
	[[ "$output" == "3.0.6 "* ]]
	run -0 "$O/heartbeat" -D
	[[ "$output" == *"keepalive"*"1000ms"* ]]
}

@test "ResourceManager lists keys and resources" {
	export HA_DIR=$dir/ HA_CURHOST=server1
	[ "$("$O/ResourceManager" listkeys '.*')" = $'fake::a\nfake::c' ]
	[ "$("$O/ResourceManager" listkeys Server2)" = fake::c ]
	[ "$("$O/ResourceManager" ourkeys)" = "fake::a fake::b " ]
	[ "$("$O/ResourceManager" otherkeys)" = "fake::c " ]
	run -3 "$O/ResourceManager" status fake::a
	run -0 "$O/ResourceManager" verifyallidle
	run -0 "$O/ResourceManager" takegroup nosuch
	run -1 "$O/ResourceManager" what
	[[ "$output" == "usage: "* ]]
}

@test "ResourceManager takes from left to right, gives from right to left, and releases after a failed start" {
	export HA_DIR=$dir/ HA_CURHOST=server1
	cat >"$dir/resource.d/fake" <<-END
		#!/bin/sh
		echo "\$*" >>$dir/calls
		[ "\$*" != "bad start" ] || exit 4
		[ "\$2" != status ] || echo stopped
	END
	run -0 "$O/ResourceManager" takegroup fake::a
	[ "$(grep -v status "$dir/calls")" = $'a start\nb start' ]
	: >"$dir/calls"
	run -0 "$O/ResourceManager" givegroup fake::a
	[ "$(cat "$dir/calls")" = $'b stop\na stop' ]
	: >"$dir/calls"
	echo 'server1 fake::x fake::bad fake::y' >"$dir/haresources"
	run -4 "$O/ResourceManager" takegroup fake::x
	[ "$(grep -v status "$dir/calls")" = $'x start\nbad start\ny stop\nbad stop\nx stop' ]
}

@test "what a status says is what its words say" {
	export HA_DIR=$dir/ HA_CURHOST=server1
	says() { printf '#!/bin/sh\necho "%s"\nexit %s\n' "$1" "$2" >"$dir/resource.d/fake"; }
	says "mysqld (pid 1) is running..." 1
	run -0 "$O/ResourceManager" status fake
	says "INFO:  Running OK" 0
	run -0 "$O/ResourceManager" status fake
	says "it is Not Running" 0
	run -3 "$O/ResourceManager" status fake
	says "stopped" 0
	run -3 "$O/ResourceManager" status fake
	says "" 0
	run -3 "$O/ResourceManager" status fake
}

@test "cl_status without a daemon" {
	run -1 "$O/cl_status" hbstatus
	[ "$output" = "Heartbeat is stopped on this machine." ]
	run -1 "$O/cl_status" rscstatus
	[[ "$output" == *"Cannot signon with heartbeat"*"REASON: hb_api_signon: Can't initiate connection to heartbeat" ]]
	run -11 "$O/cl_status" bogus
	run -0 "$O/cl_status"
	[[ "$output" == "Usage: cl_status"* ]]
}

@test "hb_standby and its kin refuse bad words and say when no daemon listens" {
	for name in hb_standby hb_takeover hb_addnode hb_setweight; do ln -s "$O/hb_send" "$BATS_TEST_TMPDIR/$name"; done
	run -1 "$BATS_TEST_TMPDIR/hb_standby" sometimes
	[[ "$output" == *"hb_standby: wrong resources(sometimes)."* ]]
	run -1 "$BATS_TEST_TMPDIR/hb_addnode"
	[ "$output" = "usage: hb_addnode <node> <node> ..." ]
	run -1 "$BATS_TEST_TMPDIR/hb_takeover" all
	[[ "$output" == *"it is not running"* ]]
}

@test "cl_respawn runs a program until its magic exit code" {
	printf '#!/bin/sh\necho x >>%s/runs\n[ "$(wc -l <%s/runs)" -lt 2 ] || exit 7\n' "$dir" "$dir" >"$dir/program"
	chmod 755 "$dir/program"
	run -7 timeout 20 "$O/cl_respawn" -m 7 -p "$dir/pid" "$dir/program"
	[ "$(wc -l <"$dir/runs")" -eq 2 ]
	[ ! -e "$dir/pid" ]
	run -2 "$O/cl_respawn"
}

@test "drbd-peer-outdater without dopd is 5, without a peer a usage error" {
	run -5 "$O/drbd-peer-outdater" -p server2 -r r0 -t 1
	run -1 env -u DRBD_PEER "$O/drbd-peer-outdater" -r r0
}
