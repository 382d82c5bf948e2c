#!/bin/bash
# One history of two heartbeat nodes.
#   hb_scenario.bash NAME KIND1 KIND2     each KIND ours or orig; exit 0 if all went as it says
# shellcheck disable=SC2016 # expanded on the node
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${O:=$PWD/build}"
# shellcheck source=tests/lib/heartbeat.bash
. "$here/heartbeat.bash"
trap hb_lab_end EXIT
trap 'hb_logs; echo "failed in line $LINENO of $0"' ERR
set -E
name=$1 kind1=$2 kind2=$3
lab() { hb_lab "$kind1" "$kind2"; }
# As an operator would; the original's own message may be lost in its fifo (its writers mix), then he asks again.
tool() { # NODE TOOL ARGS
	local before tries=3
	before=$(holders)
	while :; do
		on "$1" "/usr/share/heartbeat/$2" "${@:3}" >/dev/null
		[ "${KIND[$1]}" = orig ] || return 0
		tries=$((tries - 1))
		for _ in {1..60}; do
			[ "$(holders)" = "$before" ] || return 0
			pause 0.1
		done
		[ "$tries" -gt 0 ] || return 0
	done
}
ALL1='r1=server1 r2=server1' ALL2='r1=server2 r2=server2' EACH='r1=server1 r2=server2'

both_up() {
	start 1
	start 2
	until_holds 30 "$EACH"
	until_rsc 20 1 local
	until_rsc 20 2 local
}

scenario_start_stop_failback() { # graceful stops of either, and the return of what was taken
	HB_FAILBACK=on lab
	both_up
	stop 1
	until_holds 15 "$ALL2"
	until_stopped 20 1
	until_rsc 20 2 all
	start 1
	until_holds 30 "$EACH"
	until_rsc 20 1 local
	stop 2
	until_holds 15 "$ALL1"
	until_stopped 20 2
	stop 1
	until_stopped 30 1
	until_holds 1 'r1= r2='
	no_conflict
}

scenario_kill_nofailback() { # a death is noticed after deadtime; what was taken stays
	HB_FAILBACK=off lab
	both_up
	kill9 1
	until_holds 15 "$ALL2"
	start 1
	until_rsc 20 2 all
	until_rsc 20 1 none
	until_holds 1 "$ALL2"
	tool 1 hb_takeover all
	until_holds 15 "$ALL1"
	until_rsc 20 1 all
	kill9 2
	pause 2
	start 2
	until_rsc 20 2 none
	until_holds 1 "$ALL1"
	no_conflict
}

scenario_standby() { # every standby and takeover, asked for on either node
	lab
	both_up
	tool 1 hb_standby
	until_holds 15 "$ALL2"
	until_rsc 20 1 none
	until_rsc 20 2 all
	tool 2 hb_standby foreign
	until_holds 15 "$EACH"
	until_rsc 20 1 local
	until_rsc 20 2 local
	tool 2 hb_standby local
	until_holds 15 "$ALL1"
	until_rsc 20 1 all
	until_rsc 20 2 none
	tool 2 hb_takeover local
	until_holds 15 "$EACH"
	until_rsc 20 2 local
	until_rsc 20 1 local
	tool 1 hb_takeover all
	until_holds 15 "$ALL1"
	until_rsc 20 2 none
	until_rsc 20 1 all
	tool 1 hb_standby failback
	until_holds 15 "$EACH"
	no_conflict
}

lose() { # NODE : the netfilter way, for kernels without netem
	on "$1" iptables -A INPUT -p udp --dport 694 ! -s "10.77.0.$1" -m statistic --mode random --probability 0.1 -j DROP
}
scenario_loss() { # one packet in ten is lost, either way
	HB_FAILBACK=on lab
	lose 1
	lose 2
	both_up
	tool 1 hb_standby
	until_holds 20 "$ALL2"
	until_rsc 20 2 all
	until_rsc 20 1 none
	tool 2 hb_standby foreign
	until_holds 20 "$EACH"
	until_rsc 20 1 local
	stop 2
	until_holds 20 "$ALL1"
	until_stopped 30 2
	start 2
	until_holds 30 "$EACH"
	no_conflict
}

scenario_partition() { # both take everything while cut apart; when the link heals each group ends on one node
	HB_FAILBACK=on lab
	both_up
	on 1 ip link set eth0 down
	until_holds 15 'r1=server1,server2 r2=server1,server2'
	on 1 ip link set eth0 up
	on 1 ip addr replace 10.77.0.1/24 brd + dev eth0
	until_holds 60 "$EACH"
	until_rsc 30 1 local
	until_rsc 30 2 local
}

scenario_wrong_key() { # another key is another cluster, until it is mended
	HB_KEYS=$'auth 1\n1 sha1 Secret' lab
	on 2 sed -i 's/Secret/Other/' /etc/ha.d/authkeys
	start 1
	start 2
	until_holds 30 'r1=server1,server2 r2=server1,server2'
	grep -qi "authentication" "$LAB/log1"
	grep -qi "authentication" "$LAB/log2"
	on 2 sed -i 's/Other/Secret/' /etc/ha.d/authkeys
	on 2 touch -d '+1 minute' /etc/ha.d/authkeys
	# where the original comes up alone it holds on to all; a fresh start of one settles it
	stop 2
	until_stopped 40 2
	until_holds 10 "$ALL1"
	start 2
	until_rsc 40 2 none
	until_holds 5 "$ALL1"
}

scenario_reload() { # a new ha.cf is taken over without touching resources, from either side
	lab
	both_up
	local before i
	before=$(wc -l <"$LAB/events")
	for i in 1 2; do
		on "$i" sed -i 's/^warntime .*/warntime 600ms/' /etc/ha.d/ha.cf
		on "$i" touch -d '+1 minute' /etc/ha.d/ha.cf
		on "$i" bash -c 'kill -HUP $(cat /run/heartbeat.pid)'
		pause 4
		until_rsc 30 "$i" local
	done
	until_rsc 30 1 local
	until_holds 2 "$EACH"
	[ "$(wc -l <"$LAB/events")" = "$before" ]
	[ "$(on 1 cl_status hbparameter -p warntime)" = 600ms ]
	stop 1
	until_holds 15 "$ALL2"
}

scenario_second_starts_late() { # one comes up alone, the other joins it
	HB_FAILBACK=on lab
	start 2
	until_holds 30 "$ALL2"
	until_rsc 30 2 all
	start 1
	until_holds 30 "$EACH"
	until_rsc 20 1 local
	until_rsc 20 2 local
	no_conflict
}

scenario_both_stop() { # nothing is left running when both go
	lab
	both_up
	stop 1
	stop 2
	until_stopped 30 1
	until_stopped 30 2
	until_holds 1 'r1= r2='
	no_conflict
}

# Any medium, signature, framing: up, standby, stop.
round() {
	both_up
	tool 1 hb_standby
	until_holds 15 "$ALL2"
	until_rsc 20 2 all
	stop 2
	until_holds 20 "$ALL1"
}
scenario_mcast() { HB_MEDIA='mcast eth0 225.0.0.7 694 1 0' lab; round; }
scenario_ucast() { HB_MEDIA=$'ucast eth0 10.77.0.1\nucast eth0 10.77.0.2' lab; round; }
scenario_two_media() { HB_MEDIA=$'bcast eth0\nmcast eth0 225.0.0.7 695 1 0' lab; round; }
scenario_crc() { HB_KEYS=$'auth 2\n2 crc' lab; round; }
scenario_md5() { HB_KEYS=$'auth 3\n3 md5 hello' lab; round; }
scenario_sha256() { HB_KEYS=$'auth 3\n3 hmac-sha256 hello' lab; round; }
# On ours alone: with it the original loses its own shutdone, beside its like too.
scenario_netstring() {
	lab
	local i
	for i in 1 2; do
		[ "${KIND[i]}" = orig ] || on "$i" sed -i '$amsgfmt netstring' /etc/ha.d/ha.cf
	done
	round
}
scenario_compression() { HB_CF=$'traditional_compression on\ncompression_threshold 1\ncompression bz2' lab; round; }
scenario_legacy() {
	HB_FAILBACK=legacy lab
	start 1
	until_holds 30 "$ALL1"
	start 2
	until_holds 30 "$EACH"
	stop 1
	until_holds 20 "$ALL2"
	until_stopped 30 1
	start 1
	until_holds 30 "$EACH"
}

"scenario_$name"
echo "$name $kind1 $kind2: ok"
