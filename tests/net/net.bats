#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The nodes of tests/lib/net.bash: what is their own, how they reach each other, and that nothing stays behind.

setup() {
	load ../lib/net.bash
	links=$(ip -o link | wc -l)
	net_node one
	net_node two
	net_bridge lan one=10.1.0.1/24 two=10.1.0.2/24
}

teardown() {
	net_cleanup
	[ "$(ip -o link | wc -l)" -eq "$links" ]
}

@test "nodes reach each other over their bridges, each with a name, /run and processes of its own" {
	net_bridge direct one=10.2.0.1/24 two=
	net_in two ip addr add 10.2.0.2/24 dev eth1
	net_in one ping -c 1 -W 2 10.1.0.2
	net_in two ping -c 1 -W 2 10.2.0.1
	[ "$(net_in two uname -n)" = two ]
	net_in one touch /run/mine
	net_in one test -e /run/mine
	run net_in two test -e /run/mine
	[ "$status" -eq 1 ]
	[ ! -e /run/mine ]
	[ "$(net_in one cat /proc/1/comm)" = bash ]
}

@test "a pulled cable cuts a node off, a plugged one brings it back" {
	net_cable two eth0 down
	run net_in one ping -c 1 -W 1 10.1.0.2
	[ "$status" -eq 1 ]
	net_in two grep -qx 0 /sys/class/net/eth0/carrier || net_in two ip link show eth0 | grep -q NO-CARRIER
	net_cable two eth0 up
	net_in one ping -c 3 -W 2 10.1.0.2
}

@test "each helper prints what it runs" {
	run net_in one true
	[[ $output == "+ nsenter "*" true" ]]
	run net_bridge more one=10.3.0.1/24
	[[ $output == *"ip link add more type bridge"*"ip addr add 10.3.0.1/24 brd + dev eth1"* ]]
}

@test "cleaning up ends the daemons of the nodes, and nothing else" {
	sleep 1000 &
	bystander=$!
	net_in one sleep 1000 &
	inside=$!
	until [[ $(net_in one ps -e) == *sleep*sleep* ]]; do sleep 0.05; done
	net_cleanup
	wait "$inside" || [ $? -gt 128 ]
	kill -0 "$bystander"
	kill "$bystander"
}
