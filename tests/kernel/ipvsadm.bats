#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# ipvsadm beside the original on the kernels of 6.1 and 6.12: every list of commands is run by both, and what they print, return
# and leave in the table is the same. Then what ours can beyond the original.
# One machine for each kernel; the long comparisons run in both at once, the rest in network namespaces of their own.

bats_require_minimum_version 1.5.0

setup_file() {
	export VM_ROOT=$BATS_FILE_TMPDIR/vm
	load ../lib/vm.bash
	load ../lib/ipvsadm.bash
	bash "$BATS_TEST_DIRNAME/../data/ipvsadm/cases.bash" >"$BATS_FILE_TMPDIR/cases"
	for kernel in 6.1 6.12; do
		ipvs_vm_start "v$kernel" "$kernel" --files "$BATS_FILE_TMPDIR/cases:/cases" \
			--files "$BATS_TEST_DIRNAME/../data/ipvsadm/vm:/tests" --files "$VM_HOME/ipvs/ipvsadm.init:/etc/init.d/ipvsadm"
	done
	for kernel in 6.1 6.12; do vm_exec "v$kernel" 'sh /tests/compare.sh >/tmp/compare 2>&1 &'; done
}

setup() {
	load ../lib/vm.bash
}

teardown_file() {
	load ../lib/vm.bash
	vm_cleanup
}

# The script in a network namespace of its own, with the functions of lib.sh; what it leaves running ends with it.
beyond() { # SCRIPT [KERNEL]
	vm_exec "v${2:-6.12}" "unshare -n -p -f bash -euc '. /tests/lib.sh; . /tests/$1'" 400
}

lists_connections() { # KERNEL
	run beyond connections.sh "$1"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "all is well" ]
}
@test "6.1: lists of connections and counters are the original's, byte for byte" { lists_connections 6.1; }
@test "6.12: lists of connections and counters are the original's, byte for byte" { lists_connections 6.12; }

@test "--json has every list, numbers in full" {
	run -0 beyond json.sh
	perl -MJSON::PP -e '
		local $/ = "\0";
		my @doc = map { decode_json($_) } split /^--\n/m, <STDIN>;
		my ($all, $one, $timeouts, $daemons, $conns, $empty) = @doc;
		@doc == 6 or die "documents: " . @doc;
		my ($mark, $web, $sip) = @{$all->{services}};	# as in the list: marks count as signed
		$all->{version} eq "1.2.1" && $all->{connection_table_size} == 4096 or die "info";
		$web->{address} eq "10.0.0.1" && $web->{port} == 80 && $web->{protocol} eq "tcp" && $web->{scheduler} eq "wlc" or die "web";
		my @servers = @{$web->{servers}};
		@servers == 2 or die "servers";
		$servers[1]{weight} == 7 && $servers[1]{upper_threshold} == 9 && $servers[1]{lower_threshold} == 3 or die "server";
		$servers[1]{tunnel}{type} eq "gue" && $servers[1]{tunnel}{port} == 6080 && $servers[1]{tunnel}{checksum} eq "no" or die "tunnel";
		$servers[0]{stats}{connections} >= 1 && $servers[0]{active_connections} + $servers[0]{inactive_connections} >= 1 or die "stats";
		$sip->{persistence}{timeout} == 60 && $sip->{persistence}{netmask} eq "255.255.255.0" or die "persistence";
		$sip->{persistence_engine} eq "sip" && $sip->{one_packet} or die "pe";
		$mark->{fwmark} == 4294967295 && $mark->{family} eq "ipv6" or die "mark";
		$one->{services}[0]{port} == 80 && @{$one->{services}} == 1 or die "one";
		$timeouts->{timeouts}{tcp} == 900 or die "timeouts";
		$daemons->{daemons}[0]{state} eq "backup" && $daemons->{daemons}[0]{syncid} == 5 or die "daemons";
		my ($conn) = grep { $_->{virtual}{port} == 80 } @{$conns->{connections}};
		$conn->{destination}{address} eq "10.9.9.9" && $conn->{protocol} eq "TCP" && $conn->{expires} > 0 or die "connection";
		@{$empty->{services}} == 0 or die "empty";
	' <<<"$output"
}

@test "--restore --dry-run checks all lines and changes nothing" {
	run -0 beyond dry_run.sh
	[ "${lines[-1]}" = "all is well" ]
}

@test "--restore --diff changes what differs and nothing else; one bad line and nothing changes" {
	run -0 beyond diff.sh
	[ "${lines[-1]}" = "all is well" ]
}

@test "--drain waits for connections to end, or for its deadline, and then removes the server" {
	run -0 beyond drain.sh
	[ "${lines[-1]}" = "all is well" ]
}

@test "ipvsadm-save and ipvsadm-restore are each other's inverse and behave as the original's" {
	run -0 beyond wrappers.sh
	[ "${lines[-1]}" = "all is well" ]
}

same_as_original() { # KERNEL
	run -0 vm_exec "v$1" 'until [ -e /tmp/compared ]; do sleep 1; done; cat /tmp/compare' 1200
	[[ ${lines[-1]} =~ ^([0-9]+)\ commands\ in\ ([0-9]+)\ sequences:\ all\ the\ same$ ]]
	[ "${BASH_REMATCH[2]}" -ge 400 ]
}
@test "6.1: at least 400 sequences of commands do what the original does" { same_as_original 6.1; }
@test "6.12: at least 400 sequences of commands do what the original does" { same_as_original 6.12; }

@test "the init script loads, saves, clears and unloads; a failed save keeps the rules" {
	run -0 vm_exec v6.12 "bash -euc '. /tests/lib.sh; . /tests/init_script.sh'" 400
	[ "${lines[-1]}" = "all is well" ]
}

@test "without its module ipvsadm says which is missing and how to load it; help and version need none" {
	run -0 vm_exec v6.12 "bash -euc '. /tests/lib.sh; . /tests/no_module.sh'" 400
	[ "${lines[-1]}" = "all is well" ]
}
