#!/usr/bin/env bats
# One node of ours and one of Debian's heartbeat 3.0.6: after each history exactly one holds each group.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export O="${O:-$PWD/build}"
	. tests/lib/heartbeat.bash
	. tests/lib/hb_parallel.bash
	hb_fetch_original || return 1
	grep -oE 'went [a-z0-9_]+ (ours orig|orig ours)' "$BATS_TEST_FILENAME" | cut -d' ' -f2- | hb_run_all 5
}

setup() {
	. tests/lib/hb_parallel.bash
}

@test "stops, starts and failback, ours first" { went start_stop_failback ours orig; }
@test "stops, starts and failback, theirs first" { went start_stop_failback orig ours; }
@test "ours is killed, and theirs" { went kill_nofailback ours orig; }
@test "theirs is killed, and ours" { went kill_nofailback orig ours; }
@test "standby and takeover, ours as server1" { went standby ours orig; }
@test "standby and takeover, theirs as server1" { went standby orig ours; }
@test "one packet in ten lost, ours as server1" { went loss ours orig; }
@test "one packet in ten lost, theirs as server1" { went loss orig ours; }
@test "a partition heals" { went partition ours orig; }
@test "other keys" { went wrong_key ours orig; }
@test "reload of either" { went reload ours orig; }
@test "theirs alone first" { went second_starts_late ours orig; }
@test "ours alone first" { went second_starts_late orig ours; }
@test "both stop at once" { went both_stop ours orig; }
@test "multicast" { went mcast orig ours; }
@test "unicast" { went ucast ours orig; }
@test "heartbeat -t beside theirs" { went files ours orig; }
@test "serial line" { went serial ours orig; }
@test "one of two links is cut" { went two_links orig ours; }
@test "stonith by cluster-glue" { went stonith_glue orig ours; }
@test "a stonith device that does not work is told of at the start" { went stonith_broken ours orig; }
@test "a running ha_logd, which goes and comes back" { went logd ours orig; }
@test "stonith by cluster-glue, parameters in a file" { went stonith_file orig ours; }
@test "signed with crc" { went crc ours orig; }
@test "signed with md5" { went md5 orig ours; }
@test "signed with crc, multicast" { went crc_mcast orig ours; }
@test "signed with crc, unicast" { went crc_ucast ours orig; }
@test "signed with md5, multicast" { went md5_mcast ours orig; }
@test "signed with md5, unicast" { went md5_ucast orig ours; }
@test "netstrings" { went netstring ours orig; }
@test "messages compressed by bz2" { went compression orig ours; }
@test "messages compressed by zlib" { went compression_zlib ours orig; }
@test "Debian's resource scripts and an init script, under either" { went foreign_scripts ours orig; }
@test "cl_status of either kind says the same of either daemon" { went cl_status ours orig; }
@test "hb_addnode and hb_delnode, on either node" { went nodes ours orig; }
@test "legacy mode" { went legacy ours orig; }
@test "ipfail, ours loses its ping node" { went ipfail ours orig; }
@test "ipfail, theirs loses its ping node" { went ipfail orig ours; }
# the original's dopd dies of a signal when it is asked, beside its like too: it answers, and does not ask
@test "dopd, theirs is told to outdate" { went dopd ours orig; }
