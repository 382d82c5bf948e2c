#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# resource.d: the scripts for addresses, on a veth pair in a place of their own. What the originals say to the same calls is
# in resource-crosswise.bats.

bats_require_minimum_version 1.5.0
load ../lib/resource

@test "IPaddr takes the first free alias, tells where it is, and gives it back" {
	rsc_test ours <<-'END'
		act 7 "$RSC_STOPPED" IPaddr 172.25.77.100/24/eth0 status
		act 0 "$RSC_OK" IPaddr 172.25.77.100/24/eth0 start
		act 0 "$RSC_RUNNING" IPaddr 172.25.77.100/24/eth0 status
		act 0 "$RSC_OK" IPaddr 172.25.77.100/24/eth0 start
		act 0 "$RSC_OK" IPaddr 172.25.77.101 start
		act 0 "$RSC_OK" IPaddr 172.25.77.102/255.255.255.0/172.25.77.255 start
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.100/24 brd 172.25.77.255 scope global secondary eth0:0'
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.101/24 brd 172.25.77.255 scope global secondary eth0:1'
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.102/24 brd 172.25.77.255 scope global secondary eth0:2'
		act 0 "$RSC_OK" IPaddr 172.25.77.101 stop
		act 0 "$RSC_OK" IPaddr 172.25.77.103/25/eth0:9 start
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.103/25 brd 172.25.77.127 scope global eth0:1'
		act 0 "$RSC_OK" IPaddr 172.25.77.100 stop
		act 0 "$RSC_OK" IPaddr 172.25.77.100 stop
		act 7 "$RSC_STOPPED" IPaddr 172.25.77.100 status
	END
}

@test "IPaddr: an address on another interface is an error, and stop takes it from there" {
	rsc_test ours <<-'END'
		act 0 "$RSC_OK" IPaddr 172.25.77.100/24/eth0 start
		act 1 "ERROR:  Generic error" IPaddr 172.25.77.100/24/peer0 status
		grep -q 'is running an interface (eth0) instead of the configured one (peer0)' /run/ha-log
		act 0 "$RSC_OK" IPaddr 172.25.77.100/24/peer0 stop
		act 7 "$RSC_STOPPED" IPaddr 172.25.77.100/24/eth0 status
	END
}

@test "wrong addresses, masks and interfaces are refused with the original's codes and change nothing" {
	rsc_test ours <<-'END'
		ip -o addr show to 0/0 >/run/before
		for bad in foo 1.2.3 1.2.3.4.5 256.1.1.1 010.1.1.1 '' 1.2.3.x; do
			act 6 "ERROR:  Program is not configured" IPaddr "$bad/24/eth0" start
			act 6 "ERROR:  Program is not configured" IPaddr2 "$bad/24/eth0" start
			act 0 "$RSC_OK" IPaddr "$bad/24/eth0" stop
			act 0 "$RSC_OK" IPaddr2 "$bad/24/eth0" stop
			act 7 "$RSC_STOPPED" IPaddr "$bad/24/eth0" status
			act 7 "$RSC_STOPPED" IPaddr2 "$bad/24/eth0" status
		done
		for bad in 33 255.0.255.0 x 999; do
			act 1 "ERROR:  Generic error" IPaddr "172.25.77.100/$bad/eth0" start
			act 6 "ERROR:  Program is not configured" IPaddr2 "172.25.77.100/$bad/eth0" start
		done
		act 1 "ERROR:  Generic error" IPaddr 10.1.1.1 start
		act 1 "ERROR:  Generic error" IPaddr2 10.1.1.1 start
		act 1 "ERROR:  Generic error" IPaddr 10.1.1.1/24/nope start
		act 6 "ERROR:  Program is not configured" IPaddr2 10.1.1.1/24/nope start
		act 6 "ERROR:  Program is not configured" IPaddr2 10.1.1.1/24/eth0:abcdefghijklmnop start
		act 6 "ERROR:  Program is not configured" IPaddr2 fd00::1/64/eth0 start
		ip -o addr show to 0/0 | cmp - /run/before
	END
}

@test "IPaddr2 adds, labels and removes an address, with the network's broadcast address" {
	rsc_test ours <<-'END'
		act 7 "$RSC_STOPPED" IPaddr2 172.25.77.100/24/eth0 status
		act 0 "$RSC_OK" IPaddr2 172.25.77.100/24/eth0 start
		act 0 "$RSC_OK" IPaddr2 172.25.77.100/24/eth0 start
		act 0 "$RSC_RUNNING" IPaddr2 172.25.77.100 status
		act 7 "$RSC_STOPPED" IPaddr2 172.25.77.100/25/eth0 status
		act 7 "$RSC_STOPPED" IPaddr2 172.25.77.100/24/peer0 status
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.100/24 brd 172.25.77.255 scope global secondary eth0\\'
		act 0 "$RSC_OK" IPaddr2 172.25.77.101/24/eth0:web/172.25.77.127 start
		ip -o -4 addr show dev eth0 | grep -q '172.25.77.101/24 brd 172.25.77.127 scope global secondary eth0:web'
		act 0 "$RSC_OK" IPaddr2 10.1.1.1/255.255.0.0/peer0 start
		ip -o -4 addr show dev peer0 | grep -q 'inet 10.1.1.1/16 scope global peer0'
		for a in 172.25.77.100 172.25.77.101/24/eth0:web 10.1.1.1/16/peer0; do
			act 0 "$RSC_OK" IPaddr2 $a stop
			act 0 "$RSC_OK" IPaddr2 $a stop
		done
		[ "$(ip -o -4 addr show | wc -l)" = 2 ]
	END
}

@test "IPaddr2 on a director that is a real server moves the address between lo and the network" {
	rsc_test ours <<-'END'
		ip addr add 172.25.77.200/32 dev lo
		act 7 "$RSC_STOPPED" IPaddr2 172.25.77.200/24/eth0 status
		act 0 "$RSC_OK" IPaddr2 172.25.77.200/24/eth0 start
		act 0 "$RSC_RUNNING" IPaddr2 172.25.77.200/24/eth0 status
		[ -z "$(ip -o -4 addr show dev lo to 172.25.77.200)" ]
		[ "$(cat /run/resource-agents/172.25.77.200)" = "172.25.77.200 32 255.255.255.255 lo" ]
		act 0 "$RSC_OK" IPaddr2 172.25.77.200/24/eth0 stop
		ip -o -4 addr show dev lo | grep -q '172.25.77.200/32 brd 255.255.255.255 scope global lo'
		[ -z "$(ip -o -4 addr show dev eth0 to 172.25.77.200)" ]
		[ ! -e /run/resource-agents/172.25.77.200 ]
		act 0 "$RSC_OK" IPaddr2 172.25.77.200/24/eth0 stop
		ip -o -4 addr show dev lo | grep -q '172.25.77.200/32'
	END
}

# Captures ARP at the other end of the cable; request and reply are the lines of one pair in /run/frames.
capture() {
	cat <<-'END'
		tcpdump -l -n -e -i peer0 arp >/run/frames 2>/run/tcpdump.err &
		until_true grep -q listening /run/tcpdump.err
		frame='02:00:00:00:77:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: '
		seen() { # ADDRESS COUNT : so many pairs, in turn, and nothing else
			local ip=172.25.77.$1 i want=
			for ((i = 0; i < $2; i++)); do
				want+="Request who-has $ip tell $ip, length 28"$'\n'"Reply $ip is-at 02:00:00:00:77:01, length 28"$'\n'
			done
			[ "$(sed -n "s/^[^ ]* $frame\(.* $ip .*\)/\1/p" /run/frames)" = "${want%$'\n'}" ]
		}
	END
	cat
}

@test "IPaddr, IPaddr2 and SendArp tell the neighbours in pairs of request and reply" {
	capture <<-'END' | rsc_test ours
		act 0 "$RSC_OK" IPaddr2 172.25.77.100/24/eth0 start
		until_true seen 100 5
		act 0 "$RSC_OK" IPaddr2 172.25.77.100/24/eth0 stop
		act 7 "" SendArp 172.25.77.101/eth0 status
		act 0 "$RSC_OK" SendArp 172.25.77.101/eth0 start
		act 0 "$RSC_RUNNING" SendArp 172.25.77.101/eth0 status
		until_true seen 101 5
		act 0 "$RSC_OK" SendArp 172.25.77.101/eth0 start
		act 0 "$RSC_OK" SendArp 172.25.77.101/eth0 stop
		act 0 "$RSC_OK" SendArp 172.25.77.101/eth0 stop
		act 7 "" SendArp 172.25.77.101/eth0 status
		act 0 "$RSC_OK" IPaddr 172.25.77.102/24/eth0 start
		until_true seen 102 10
		seen 100 5
		seen 101 5
	END
}

@test "the senders obey ARP_INTERVAL_MS and ARP_REPEAT, SendArp's also in a file, and end with their address" {
	capture <<-'END' | rsc_test ours
		export ARP_INTERVAL_MS=20 ARP_REPEAT=2
		ARP_BACKGROUND=no act 0 "$RSC_OK" IPaddr 172.25.77.100/24/eth0 start
		until_true seen 100 2
		mkdir -p /etc/ha.d/conf
		echo ARP_REPEAT=3 >/etc/ha.d/conf/arp_config:eth0
		act 0 "$RSC_OK" SendArp 172.25.77.101/eth0 start
		until_true seen 101 3
		export ARP_REPEAT=1000
		act 0 "$RSC_OK" IPaddr2 172.25.77.103/24/eth0 start
		until_true grep -q 'Reply 172.25.77.103' /run/frames
		act 0 "$RSC_OK" IPaddr2 172.25.77.103/24/eth0 stop
		grep -q 'killed previously running send_arp for 172.25.77.103' /run/ha-log
		gone() { ! pgrep -x send_arp >/run/senders; }
		until_true gone
	END
}

@test "an address works without the sender, and the log says what is missing" {
	rsc_test ours <<-'END'
		rm /usr/lib/*/heartbeat/send_arp
		act 0 "$RSC_OK" IPaddr 172.25.77.100/24/eth0 start
		act 0 "$RSC_RUNNING" IPaddr 172.25.77.100/24/eth0 status
		grep -q 'WARN: send_arp is not installed' /run/ha-log
		act 1 "ERROR:  Generic error" SendArp 172.25.77.101/nope start
		act 1 "ERROR:  Generic error" SendArp 172.25.77.101 start
	END
}

@test "IPv6addr adds an address, tells the neighbours five times, and removes it however it is written" {
	rsc_test ours <<-'END'
		ip addr add fd00:77::1/64 dev eth0 nodad
		tcpdump -l -n -i peer0 'icmp6[0]==136' >/run/frames 2>/run/tcpdump.err &
		until_true grep -q listening /run/tcpdump.err
		act 7 "$RSC_STOPPED" IPv6addr fd00:77::100/64/eth0 status
		act 0 "$RSC_OK" IPv6addr fd00:77::100 start
		act 0 "$RSC_OK" IPv6addr fd00:77::100 start
		act 0 "$RSC_RUNNING" IPv6addr fd00:77:0:0::0100/64/eth0 status
		told() { [ "$(grep -c 'fd00:77::100 > ff02::1: .*neighbor advertisement, tgt is fd00:77::100' /run/frames)" = 5 ]; }
		until_true told
		act 0 "$RSC_OK" IPv6addr fd00:77:0::100/64/eth0 stop
		act 0 "$RSC_OK" IPv6addr fd00:77::100/64/eth0 stop
		[ -z "$(ip -o -6 addr show to fd00:77::100)" ]
		act 1 "ERROR:  Generic error" IPv6addr fd00:88::1 start
		act 1 "ERROR:  Generic error" IPv6addr fd00:77::100/64/nope start
	END
}

@test "IPv6addr does not take an address that a neighbour has" {
	rsc_test ours <<-'END'
		ip netns add other 2>/run/err || { mkdir -p /run/netns; ip netns add other; }
		ip link set peer0 netns other
		ip -n other link set peer0 up
		ip -n other addr add fd00:77::100/64 dev peer0 nodad
		act 1 "ERROR:  Generic error" IPv6addr fd00:77::100/64/eth0 start
		grep -q 'in use by another machine' /run/err
		[ -z "$(ip -o -6 addr show to fd00:77::100)" ]
	END
}

@test "send_ua refuses bad arguments" {
	for args in "" "fd00::1 64" "nope 64 lo" "fd00::1 129 lo" "-c 0 fd00::1 64 lo" "-i x fd00::1 64 lo" "-z fd00::1 64 lo"; do
		# shellcheck disable=SC2086 # words
		run -2 send_ua $args
	done
	run -1 send_ua fd00::1 64 nope0
	[[ "$output" == *nope0* ]]
}

@test "IPsrcaddr is the source of what goes out until it is stopped" {
	rsc_test ours <<-'END'
		act 1 "ERROR:  Generic error" IPsrcaddr 172.25.77.1 start
		ip route add default via 172.25.77.2
		ip addr add 172.25.77.9/24 dev eth0
		source() { ip route get "$1" | sed -n 's/.* src \([^ ]*\).*/\1/p'; }
		act 7 "No preferred source address defined"$'\n'"$RSC_STOPPED" IPsrcaddr 172.25.77.9 status
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.9 start
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.9 start
		act 0 "OK"$'\n'"$RSC_RUNNING" IPsrcaddr 172.25.77.9 status
		[ "$(source 198.51.100.1) $(source 172.25.77.2)" = "172.25.77.9 172.25.77.9" ]
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.1 stop
		act 0 "OK"$'\n'"$RSC_RUNNING" IPsrcaddr 172.25.77.9 status
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.9 stop
		[ "$(source 198.51.100.1) $(source 172.25.77.2)" = "172.25.77.1 172.25.77.1" ]
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.9 stop
		act 5 "ERROR:  Program is not installed" IPsrcaddr 172.25.77.77 start
		act 0 "$RSC_OK" IPsrcaddr 172.25.77.77 stop
		act 6 "ERROR:  Program is not configured" IPsrcaddr 127.0.0.1 start
	END
}
