#!/usr/bin/env bats
# Two nodes of ours, each in namespaces of its own.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
	. tests/lib/hb_parallel.bash
	grep -o 'went [a-z0-9_]* ours ours' "$BATS_TEST_FILENAME" | cut -d' ' -f2- | hb_run_all 5
}

setup() {
	. tests/lib/hb_parallel.bash
}

@test "stops, starts and failback" { went start_stop_failback ours ours; }
@test "a killed node is taken over and gets nothing back unasked" { went kill_nofailback ours ours; }
@test "standby and takeover, every kind, from either node" { went standby ours ours; }
@test "one packet in ten lost" { went loss ours ours; }
@test "a partition heals" { went partition ours ours; }
@test "nodes with other keys are strangers" { went wrong_key ours ours; }
@test "reload keeps the resources" { went reload ours ours; }
@test "one comes up alone, the other joins" { went second_starts_late ours ours; }
@test "both stop at once" { went both_stop ours ours; }
@test "multicast" { went mcast ours ours; }
@test "unicast" { went ucast ours ours; }
@test "two media" { went two_media ours ours; }
@test "serial line" { went serial ours ours; }
@test "a serial port is unplugged and comes back" { went serial_unplugged ours ours; }
@test "one of two links is cut" { went two_links ours ours; }
@test "signed with crc" { went crc ours ours; }
@test "signed with md5" { went md5 ours ours; }
@test "signed with hmac-sha256" { went sha256 ours ours; }
@test "netstrings" { went netstring ours ours; }
@test "compressed messages" { went compression ours ours; }
@test "legacy mode" { went legacy ours ours; }
@test "ipfail moves resources to where the ping node is heard" { went ipfail ours ours; }
@test "a ping group answers while one of its hosts does" { went ping_group ours ours; }
@test "dopd answers the fence handler" { went dopd ours ours; }
@test "a group that does not start goes to the other node" { went start_fails ours ours; }
@test "a resource that does not stop reboots the node" { went stop_fails ours ours; }
@test "a start that hangs has a limit" { went hang ours ours; }
@test "a stop that hangs has a limit" { went stop_hangs ours ours; }
@test "failback waits as asked" { went failback_delay ours ours; }
@test "flapping ends" { went flap_guard ours ours; }
@test "only an UpToDate disk is handed over or taken" { went uptodate ours ours; }
@test "held addresses are announced again" { went announce ours ours; }
@test "the targets of ha_logd where that does not run, rotated logs" { went logs ours ours; }
@test "environment, core dumps, generation, and the tools of scripts" { went directives ours ours; }
@test "the death of a failfast child reboots the node" { went failfast ours ours; }
@test "monitor starts again, counts, and hands over" { went monitor ours ours; }
@test "stonith comes before takeover" { went stonith ours ours; }
@test "heartbeat -t compares the files of the nodes" { went files ours ours; }
@test "event scripts and the fifo" { went hooks ours ours; }
@test "rubbish on the wire" { went rubbish ours ours; }
@test "clients of the API, respawn, cl_status" { went api ours ours; }
@test "the watchdog is fed and told to stop" { went watchdog ours ours; }
@test "started with stdin, stdout and stderr closed" { went closed ours ours; }
@test "IPv6" { went ipv6 ours ours; }
@test "the init script" { went init_script ours ours; }
