#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The full root of tests/lib/root.bash: a machine with SysV init whose services run, and whose disk outlives it.

setup() {
	load ../lib/vm.bash
	load ../lib/root.bash
}

teardown() {
	vm_cleanup
}

@test "the full root boots with SysV init, serves Apache and MariaDB, and keeps its files over a power cut" {
	local image
	image=$(vm_root)
	echo brought >"$BATS_TEST_TMPDIR/file"
	vm_start node 6.12 --root "$image" --files "$BATS_TEST_TMPDIR/file:/srv/file" --modules dummy
	run vm_exec node 'runlevel; uname -n; cat /srv/file; modprobe dummy && ip -o link show dummy0 | cut -d: -f2; rpm --version'
	[ "$status" -eq 0 ]
	[ "$output" = "$(printf '%s\n' 'N 2' node brought ' dummy0' 'RPM version 4.18.0')" ]
	[[ $(vm_exec node 'readlink /proc/1/exe') == */init ]]
	vm_exec node 'service apache2 start && curl -sf http://127.0.0.1/ | grep -q "It works"'
	vm_exec node 'service mariadb start && mysql -e "create database d; create table d.t (x int) engine=innodb; insert into d.t values (42)"'
	vm_kill node
	vm_start node 6.1 --root "$image"
	[ "$(vm_exec node 'service mariadb start >/dev/null && mysql -N -e "select x from d.t"')" = 42 ]
	vm_stop node
}
