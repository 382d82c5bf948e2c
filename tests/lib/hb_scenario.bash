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
	until_says 20 dead 1 nodestatus server2
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
		on "$i" sed -i 's/^warntime .*/warntime 900ms/' /etc/ha.d/ha.cf
		on "$i" touch -d '+1 minute' /etc/ha.d/ha.cf
		on "$i" bash -c 'kill -HUP $(cat /run/heartbeat.pid)'
		until_says 30 900ms "$i" hbparameter -p warntime
		until_rsc 30 "$i" local
	done
	until_rsc 30 1 local
	until_holds 2 "$EACH"
	[ "$(wc -l <"$LAB/events")" = "$before" ]
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

scenario_serial() { # and its port is locked as all programs do
	local i
	HB_MEDIA='serial LOGFILE.tty' lab
	hb_serial_line
	lock_of() { echo "/var/lock/LCK..$(printf %s "${LAB#/tmp/}/log$1.tty" | tr -cd '[:alnum:]')"; }
	for i in 1 2; do
		[ "${KIND[i]}" = ours ] || continue
		on "$i" bash -c "printf '%10d\n' \$\$ >$(lock_of "$i"); heartbeat 2>&1 | grep 'cannot lock line $LAB/log$i.tty: another program has it'"
		! running "$i" || return 1
	done
	# whose owner is dead now
	both_up
	# the original's master gives its lock back at once
	for i in 1 2; do
		[ "${KIND[i]}" = orig ] || on "$i" cmp /run/heartbeat.pid "$(lock_of "$i")"
	done
	tool 1 hb_standby
	until_holds 15 "$ALL2"
	until_rsc 20 2 all
	stop 2
	until_holds 20 "$ALL1"
	until_stopped 20 2
	on 2 test ! -e "$(lock_of 2)"
}

until_link() { until_says 20 "$4" "$1" hblinkstatus "$2" "$3"; } # NODE PEER LINK STATE

scenario_two_links() { # the nodes do not mind which of their links is cut
	HB_MEDIA=$'ucast eth0 10.77.0.1\nucast eth0 10.77.0.2\nucast eth1 10.78.0.1\nucast eth1 10.78.0.2' lab
	hb_link eth1 10.78.0
	both_up
	local link
	for link in eth0:10.77 eth1:10.78; do
		on 1 ip link set "${link%:*}" down
		until_link 2 server1 "${link%:*}" dead
		until_link 1 server2 "${link%:*}" dead
		[ "$(on 2 cl_status nodestatus server1)" = active ]
		[ "${KIND[2]}" = orig ] || on 2 heartbeat -t 2>&1 | grep "link ${link%:*} to server1 is dead"
		on 1 ip link set "${link%:*}" up
		on 1 ip addr replace "${link#*:}.0.1/24" brd + dev "${link%:*}"
		until_link 2 server1 "${link%:*}" up
		until_link 1 server2 "${link%:*}" up
	done
	until_holds 1 "$EACH"
	! grep -q ' stop ' "$LAB/events" || return 1
	tool 1 hb_standby
	until_holds 15 "$ALL2"
}

scenario_serial_unplugged() { # an adapter goes, and comes back
	HB_MEDIA=$'serial LOGFILE.tty\nbcast eth0' lab
	hb_serial_line
	both_up
	until_link 1 server2 "$LAB/log1.tty" up
	hb_cut_serial_line
	until_text 10 "$LAB/log1" "Serial port \[$LAB/log1.tty\] is gone"
	until_link 1 server2 "$LAB/log1.tty" dead
	hb_serial_line
	until_text 10 "$LAB/log1" "Serial port \[$LAB/log1.tty\] is back"
	until_link 1 server2 "$LAB/log1.tty" up
	until_link 2 server1 "$LAB/log2.tty" up
	until_holds 1 "$EACH"
}

scenario_crc() { HB_KEYS=$'auth 2\n2 crc' lab; round; }
scenario_md5() { HB_KEYS=$'auth 3\n3 md5 hello' lab; round; }
scenario_crc_mcast() { HB_KEYS=$'auth 2\n2 crc' HB_MEDIA='mcast eth0 225.0.0.7 694 1 0' lab; round; }
scenario_crc_ucast() { HB_KEYS=$'auth 2\n2 crc' HB_MEDIA=$'ucast eth0 10.77.0.1\nucast eth0 10.77.0.2' lab; round; }
scenario_md5_mcast() { HB_KEYS=$'auth 3\n3 md5 hello' HB_MEDIA='mcast eth0 225.0.0.7 694 1 0' lab; round; }
scenario_md5_ucast() { HB_KEYS=$'auth 3\n3 md5 hello' HB_MEDIA=$'ucast eth0 10.77.0.1\nucast eth0 10.77.0.2' lab; round; }
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
# big_message FROM : one above the threshold reaches both nodes whole, and goes over the wire small
big_message() {
	local from=$1 to i text
	to=$((3 - from))
	text=$(printf 'x%.0s' {1..400})
	(
		trap - ERR # it ends with the lab
		on "$to" timeout 30 tcpdump -Uni eth0 -w "$LAB/packets" "src 10.77.0.$from and udp port 694" 2>"$LAB/tcpdump"
	) &
	until_text 10 "$LAB/tcpdump" "listening on eth0"
	printf '>>>\nt=big\na=%s\nb=%s\nc=%s\nd=%s\n<<<\n' "$text" "$text" "$text" "$text" >"$LAB/big"
	on "$from" bash -c "cat $LAB/big >/var/lib/heartbeat/fifo"
	for i in 1 2; do until_text 10 "$LAB/hooks" "server$i server$from 1600"; done
	until_text 5 "$LAB/packets" "_compressed_payload"
	! grep -q "${text:0:50}" "$LAB/packets" || return 1
	: >"$LAB/hooks"
}

compressed_with() { # ALGORITHM
	HB_CF="traditional_compression on
compression_threshold 1
compression $1" lab
	local i
	for i in 1 2; do
		on "$i" bash -c "printf '#!/bin/sh\nall=\$HA_a\$HA_b\$HA_c\$HA_d\necho server$i \$HA_src \${#all} >>$LAB/hooks\n' >/etc/ha.d/rc.d/big; chmod 755 /etc/ha.d/rc.d/big"
	done
	both_up
	big_message 1
	big_message 2
	tool 1 hb_standby
	until_holds 15 "$ALL2"
	until_rsc 20 2 all
	stop 2
	until_holds 20 "$ALL1"
}
scenario_compression() { compressed_with bz2; }
scenario_compression_zlib() { compressed_with zlib; }
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

until_text() { # SECONDS FILE TEXT
	local left=$(($1 * 10))
	while [ "$left" -gt 0 ]; do
		! grep -q -- "$3" "$2" 2>/dev/null || return 0
		pause 0.1
		left=$((left - 1))
	done
	echo "no '$3' in $2"
	return 1
}

# A ping node is an address on the node's own loopback: it goes when that goes.
PING=10.77.9.9
ping_is() { on "$1" ip addr "$2" "$PING/32" dev lo; } # NODE add|del

scenario_ipfail() { # the node that loses its ping node gives everything to the other
	HB_CF="ping $PING
respawn hacluster /usr/libexec/heartbeat/ipfail
apiauth ipfail gid=haclient uid=hacluster" lab
	ping_is 1 add
	ping_is 2 add
	both_up
	local i
	for i in 1 2; do
		until_says 20 ping "$i" nodestatus "$PING"
		until_says 20 online "$i" clientstatus "server$((3 - i))" ipfail 2000
	done
	ping_is 1 del
	until_holds 40 "$ALL2"
	until_rsc 20 2 all
	[ "$(on 1 cl_status nodestatus $PING || :)" = dead ]
	[ "$(on 2 cl_status nodestatus $PING)" = ping ]
	[ "$(on 2 cl_status clientstatus server1 ipfail 2000)" = online ]
	no_conflict
}

scenario_ping_group() { # is there while one of its hosts answers, and dead after deadping
	HB_DEADTIME=20 HB_INITDEAD=20 HB_CF=$'ping_group both 10.77.9.8 10.77.9.9\ndeadping 1' lab
	local i
	for i in 1 2; do on "$i" ip addr add 10.77.9.8/32 dev lo; on "$i" ip addr add 10.77.9.9/32 dev lo; done
	both_up
	until_says 20 ping 1 nodestatus both
	on 1 ip addr del 10.77.9.8/32 dev lo
	pause 2 # twice its deadping
	[ "$(on 1 cl_status nodestatus both)" = ping ]
	on 1 ip addr del 10.77.9.9/32 dev lo
	until_text 10 "$LAB/log1" 'node both: is dead'
	[ "$(on 1 cl_status nodestatus both || :)" = dead ]
	[ "$(on 2 cl_status nodestatus both)" = ping ]
}

scenario_dopd() { # the fence handler gets its answer from the other node's drbdadm
	local i code told
	HB_CF="debug 1
debugfile /run/debug
respawn hacluster /usr/libexec/heartbeat/dopd
apiauth dopd gid=haclient uid=hacluster" lab
	for i in 1 2; do
		on "$i" bash -c "printf '#!/bin/sh\n[ -e /run/slow ] && sleep 3\nexit \$(cat /run/drbdadm-exit)\n' >/usr/sbin/drbdadm; chmod 755 /usr/sbin/drbdadm"
	done
	both_up
	for i in 1 2; do
		until on "$i" test -S /run/heartbeat/dopd/outdater; do pause 0.1; done
	done
	# exit 5: nobody answered; a dopd has its socket before it has signed on, and the original's dies at times and comes back
	outdate_peer() {
		local tries=10 code
		while [ $((tries -= 1)) -gt 0 ]; do
			code=0
			on 1 /usr/libexec/heartbeat/drbd-peer-outdater -p server2 -r r0 -t 5 || code=$?
			[ "$code" = 5 ] || break
			pause 1
		done
		return "$code"
	}
	for code in 0:4 5:3 17:6 9:20; do
		on 2 bash -c "echo ${code%:*} >/run/drbdadm-exit"
		i=0
		outdate_peer || i=$?
		# the original's dopd may fail to run drbdadm, and tells so: what it told is what is to arrive
		told=${code#*:}
		[ "${KIND[2]}" = ours ] || told=$(on 2 sed -n 's/.*msg_start_outdate: .* command rc: .*, rc: //p' /run/debug | tail -n1)
		echo "drbdadm's ${code%:*} is ${code#*:}, $told was told, got $i"
		[ "$i" = "$told" ]
	done
	i=0
	on 1 env DRBD_PEER=Server1 DRBD_RESOURCE=r0 /usr/libexec/heartbeat/drbd-peer-outdater -t 5 || i=$?
	[ "$i" = 5 ]
	i=0
	on 1 /usr/libexec/heartbeat/drbd-peer-outdater -p nobody -r r0 -t 5 || i=$?
	[ "$i" = 5 ]
}

scenario_start_fails() { # the group is released, and after 30 s the other node has it
	lab
	echo '[ $host != server1 ] || exit 3' >"$LAB/script-start-r1"
	start 1
	start 2
	until_holds 20 'r1= r2=server2'
	until_text 5 "$LAB/log1" "Giving up resources due to failure of fake::r1"
	until_text 5 "$LAB/log1" "Return code 3 from /etc/ha.d/resource.d/fake"
	until_holds 60 "$ALL2"
	until_rsc 20 1 none
	no_conflict
}

scenario_stop_fails() { # eleven attempts, then the node goes down rather than have it twice
	lab
	both_up
	echo '[ $host != server1 ] || exit 1' >"$LAB/script-stop-r1"
	stop 1
	until_text 40 "$LAB/events" "reboot -nf"
	[ "$(grep -c 'Retrying failed stop operation' "$LAB/log1")" = 10 ]
	until_text 1 "$LAB/log1" "Resource STOP failure. Reboot required!"
}

scenario_hang() { # a start that hangs is ended after its limit, and the group released
	HB_CF=$'start_timeout fake 1' lab
	echo 'exec sleep 1000' >"$LAB/script-start-r1"
	start 1
	start 2
	until_text 20 "$LAB/log1" "its script did not end in time"
	until_holds 20 'r1= r2=server2'
}

scenario_stop_hangs() { # a stop that hangs is ended after its limit and tried again
	HB_CF=$'stop_timeout fake 1' lab
	both_up
	echo "[ -e $LAB/hung ] || { : >$LAB/hung; exec sleep 1000; }" >"$LAB/script-stop-r1"
	stop 1
	until_text 10 "$LAB/log1" "its script did not end in time"
	until_stopped 20 1
	until_holds 20 "$ALL2"
}

scenario_failback_delay() { # what was taken goes back no earlier than asked for
	HB_FAILBACK=on HB_CF='failback_delay 4' lab
	both_up
	kill9 1
	until_holds 15 "$ALL2"
	local before
	before=$(date +%s.%N)
	start 1
	until_holds 40 "$EACH"
	awk -v before="$before" '/server1 start r1/ { last = $1 } END { exit !(last >= before + 4) }' "$LAB/events"
	no_conflict
}

scenario_flap_guard() { # after so many automatic handovers resources stay, until the operator says
	HB_FAILBACK=on HB_CF='flap_guard 1 600' lab
	both_up
	kill9 1
	until_holds 15 "$ALL2"
	start 1
	until_holds 30 "$EACH"
	until_rsc 20 1 local
	kill9 1
	until_holds 15 "$ALL2"
	start 1
	until_text 30 "$LAB/log2" "flap_guard: 1 automatic handovers are enough"
	until_rsc 20 1 none
	until_holds 1 "$ALL2"
	on 2 cl_status failcount -c
	until_holds 30 "$EACH"
	no_conflict
}

scenario_uptodate() { # neither failback to nor takeover by a node whose disk is not UpToDate
	HB_FAILBACK=on HB_CF='require_uptodate on' HB_RES=$'server1 fake::r1 drbddisk::r0\nserver2 fake::r2' lab
	local i
	for i in 1 2; do
		on "$i" bash -c "printf '#!/bin/sh\ncat $LAB/dstate$i\n' >/usr/sbin/drbdadm; chmod 755 /usr/sbin/drbdadm; cp /etc/ha.d/resource.d/fake /etc/ha.d/resource.d/drbddisk"
		echo UpToDate/UpToDate >"$LAB/dstate$i"
	done
	both_up
	echo UpToDate/DUnknown >"$LAB/dstate2"
	kill9 1
	until_holds 15 "$ALL2"
	echo UpToDate/Inconsistent >"$LAB/dstate2"
	start 1
	until_text 30 "$LAB/log2" "drbddisk::r0 is not UpToDate on both nodes (UpToDate/Inconsistent"
	until_rsc 20 1 none
	until_holds 1 "$ALL2"
	echo UpToDate/UpToDate >"$LAB/dstate2"
	until_holds 30 "$EACH"
	echo Outdated/DUnknown >"$LAB/dstate2"
	kill9 1
	until_text 15 "$LAB/log2" "drbddisk::r0 is not UpToDate here (Outdated/DUnknown"
	until_holds 15 'r1= r2=server2'
	no_conflict
}

scenario_announce() { # addresses that are held are announced again and again
	local i
	HB_CF='arp_repeat 1' HB_RES=$'server1 IPaddr::10.77.0.50/24/eth0\nserver2 IPv6addr::fd77:0:0:0:0:0:0:51/64/eth0' lab
	for i in 1 2; do
		on "$i" env -u MAKEFLAGS make -s -C "$here/../.." O="$O" install-resource.d
		start "$i"
	done
	until_rsc 30 1 local
	until_rsc 30 2 local
	# what the scripts themselves announce is over
	for i in 1 2; do while on "$i" pgrep 'send_arp|send_ua'; do pause 0.1; done; done
	on 2 timeout 20 tcpdump -ni eth0 -c 3 arp src host 10.77.0.50 2>/dev/null | grep -q '10.77.0.50'
	on 1 timeout 20 tcpdump -ni eth0 -c 3 'icmp6[0] == 136 and src host fd77::51' 2>/dev/null | grep -q 'neighbor advertisement, tgt is fd77::51'
}

scenario_foreign_scripts() { # Debian's resource.d, with the OCF agents behind it, and an init script
	local i
	HB_RES='server1 IPaddr2::10.77.0.60/24/eth0 plain' lab
	for i in 1 2; do
		on "$i" bash -c "printf '#!/bin/sh\ncase \$1 in\nstart) : >$LAB/state/plain.server$i ;;\nstop) rm -f $LAB/state/plain.server$i ;;\nstatus) [ -e $LAB/state/plain.server$i ] && echo plain is running || { echo plain is stopped; exit 3; } ;;\nesac\n' >/etc/init.d/plain; chmod 755 /etc/init.d/plain"
		[ "${KIND[i]}" = orig ] || on "$i" mount -t overlay overlay -o "lowerdir=/usr:$HB_ORIG/root/usr" /usr
		on "$i" cp -a "$HB_ORIG/root/etc/ha.d/resource.d/." /etc/ha.d/resource.d/
		[ "${KIND[i]}" = ours ] || on "$i" mkdir -p /run/resource-agents
	done
	held_by() { # NODE : it has all of the group, the other nothing of it
		on "$1" ip addr show dev eth0 | grep -q 10.77.0.60/24 && [ -e "$LAB/state/plain.server$1" ] &&
			! on $((3 - $1)) ip addr | grep -q 10.77.0.60/ && [ ! -e "$LAB/state/plain.server$((3 - $1))" ]
	}
	until_held_by() {
		for _ in {1..300}; do
			! held_by "$1" || return 0
			pause 0.1
		done
		hb_logs
		return 1
	}
	start 1
	start 2
	until_held_by 1
	until_rsc 30 1 local
	until_rsc 30 2 local
	[ "${KIND[1]}" = orig ] || [ "$(on 1 stat -c %a /run/resource-agents)" = 1755 ]
	tool 1 hb_standby
	until_held_by 2
	until_rsc 30 2 all
	stop 2
	until_held_by 1
}

scenario_logs() { # through the targets of ha_logd, and into a file that was moved away
	lab
	on 1 bash -c "sed -i '/^logfile/d; /^debugfile/d; \$ause_logd on' /etc/ha.d/ha.cf; printf 'logfile $LAB/logd\nlogfacility none\n' >/etc/logd.cf"
	both_up
	until_text 5 "$LAB/logd" "server1 heartbeat: .*info: Status update for node server2: status active"
	[ ! -e "$LAB/log1" ]
	mv "$LAB/log2" "$LAB/log2.1"
	stop 1
	until_text 20 "$LAB/log2" "Received shutdown notice from 'server1'"
}

scenario_logd() { # a running ha_logd gets the messages of the daemon and of its scripts; while it is away they are written directly
	lab
	local pid
	on 1 mount -t overlay overlay -o "lowerdir=/usr:$HB_ORIG/root/usr" /usr
	on 1 bash -c "sed -i '/^logfile/d; /^debugfile/d; \$ause_logd on\nconn_logd_time 1' /etc/ha.d/ha.cf"
	on 1 bash -c "printf 'logfile $LAB/direct\nlogfacility none\n' | tee /etc/logd.cf | sed s/direct/through/ >/run/logd.cf"
	logd() {
		on 1 /usr/lib/heartbeat/ha_logd -d -c /run/logd.cf
		until on 1 socat -u OPEN:/dev/null UNIX-CONNECT:/var/lib/heartbeat/log_daemon 2>/dev/null; do pause 0.1; done
	}
	logd
	echo '. /etc/ha.d/shellfuncs; ha_log "info: $name is told to $action"' >"$LAB/script-start-r1"
	both_up
	until_text 5 "$LAB/through" "server1 heartbeat: \[[0-9]*\]: info: Status update for node server2: status active"
	until_text 5 "$LAB/through" "fake: \[[0-9]*\]: info: r1 is told to start"
	pid=$(on 1 cat /run/heartbeat.pid)
	grep -q "server1 heartbeat: \[${pid// }\]: info: Heartbeat generation" "$LAB/through"
	[ ! -s "$LAB/direct" ]
	on 1 /usr/lib/heartbeat/ha_logd -k
	tool 2 hb_standby
	until_holds 15 "$ALL1"
	until_text 5 "$LAB/direct" "server1 heartbeat: .*info: server2 wants to go standby \[all\]"
	logd
	until_rsc 10 1 all
	stop 2
	# conn_logd_time after the last message that was written directly
	until_text 20 "$LAB/through" "node server2: is dead"
	! grep -q "node server2: is dead" "$LAB/direct" || return 1
}

scenario_directives() { # what shows in no message
	local pid before
	HB_CF=$'coredumps off\nenv COLOUR=green\ncluster blue\nhbgenmethod time\nhopfudge 7' lab
	on 1 bash -c "printf '#!/bin/sh\necho \$HA_COLOUR \$HA_cluster \$HA_hopfudge \$HA_keepalive \$HA_CURHOST \$HA_msgfmt >>$LAB/hooks\n' >/etc/ha.d/rc.d/status; chmod 755 /etc/ha.d/rc.d/status"
	before=$(date +%s)
	both_up
	until_text 5 "$LAB/hooks" "^green blue 7 200ms server1 classic\$"
	pid=$(on 1 cat /run/heartbeat.pid)
	on 1 grep -qE 'Max core file size +0 +0 ' "/proc/${pid// }/limits"
	[ "$(on 1 cat /var/lib/heartbeat/hb_generation)" -ge "$before" ]
	# the tools that scripts call
	[ "$(on 1 /usr/share/heartbeat/ResourceManager listkeys server1)" = fake::r1 ]
	rm "$LAB/state/r1.server1"
	on 1 /usr/share/heartbeat/req_resource fake::r1
	until_holds 10 "$EACH"
	stop 2
	until_holds 10 "$ALL1"
	rm "$LAB/state/r2.server1"
	on 1 /usr/share/heartbeat/mach_down server2
	until_holds 10 "$ALL1"
}

scenario_nodes() { # a node comes to the configuration of both, from either, and leaves it
	local i
	lab
	both_up
	for i in 1 2; do
		on "$i" /usr/share/heartbeat/hb_addnode server3
		until_text 20 "$LAB/log1" "Adding new node\[server3\]"
		until_text 20 "$LAB/log2" "Adding new node\[server3\]"
		until_text 30 "$LAB/log1" "node server3: is dead"
		until_text 30 "$LAB/log2" "node server3: is dead"
		on "$i" /usr/share/heartbeat/hb_delnode server3
		until_text 20 "$LAB/log1" "Removing node \[server3\]"
		until_text 20 "$LAB/log2" "Removing node \[server3\]"
		[ "$(on 1 cl_status listnodes | sort | xargs)" = "server1 server2" ]
		[ "$(on 2 cl_status listnodes | sort | xargs)" = "server1 server2" ]
		: >"$LAB/log1"
		: >"$LAB/log2"
	done
	until_holds 1 "$EACH"
}

scenario_failfast() { # its death is the node's
	HB_CF='failfast root /bin/sleep 1000' lab
	both_up
	on 1 bash -c 'kill -KILL $(pgrep -f "^/bin/sleep 1000")'
	until_text 10 "$LAB/events" "reboot -nf"
}

scenario_monitor() { # what stops running is started again, and handed over if that does not help
	HB_CF=$'monitor 200ms 2\nmetrics_file LOGFILE.prom' lab
	both_up
	rm "$LAB/state/r1.server1"
	until_text 10 "$LAB/log1" "monitor: fake::r1 of group fake::r1 is not running (failure 1)"
	until_holds 10 "$EACH"
	[ "$(on 1 cl_status failcount)" = "fake::r1 1" ]
	on 1 cl_status --json | python3 -c 'import json,sys; j = json.load(sys.stdin); assert j["failures"] == {"fake::r1": 1} and len(j["nodes"]) == 2, j'
	on 1 cl_status failcount -c
	[ -z "$(on 1 cl_status failcount)" ]
	echo '[ $host != server1 ] || { echo stopped; exit; }' >"$LAB/script-status-r1"
	until_holds 20 "$ALL2"
	# at start, after the first failure, and twice in vain
	[ "$(grep -c 'server1 start r1' "$LAB/events")" = 4 ]
	until_text 10 "$LAB/log1.prom" 'heartbeat_group_failures_total{group="fake::r1"} 3'
	grep -q 'heartbeat_node_up{node="server2",type="normal"} 1' "$LAB/log1.prom"
	# the text format: a type before the samples of a name, and nothing else
	awk '/^# TYPE [a-z_]+ (gauge|counter)$/ { name = $3; next } $0 !~ "^" name "([{]([a-z]+=\"[^\"]*\",?)+[}])? [0-9]+$" { exit 1 }' "$LAB/log1.prom"
	no_conflict
}

scenario_stonith() { # nothing is taken before the dead node was reset
	HB_CF='stonith_host server2 /run/reset now' lab
	on 1 bash -c 'printf "#!/bin/sh\nexit 0\n" >/run/reset; chmod 755 /run/reset'
	on 2 bash -c "printf '#!/bin/sh\necho \"\$*\" >>$LAB/reset\n[ -e $LAB/works ]\n' >/run/reset; chmod 755 /run/reset"
	both_up
	kill9 1
	until_text 10 "$LAB/reset" "reset server1 now"
	until_text 5 "$LAB/log2" "Host server1 not reset!"
	until_holds 1 'r1= r2=server2'
	touch "$LAB/works"
	until_holds 15 "$ALL2"
	until_text 5 "$LAB/log2" "node server1 now reset."
}

scenario_stonith_glue() { # through cluster-glue's command, whose own null device can reset all that it is told of
	HB_CF='stonith_host * null server1 server2' lab
	local i
	for i in 1 2; do
		[ "${KIND[i]}" = orig ] || on "$i" mount -t overlay overlay -o "lowerdir=$HB_ORIG/root/usr:/usr" /usr
	done
	both_up
	kill9 1
	until_holds 30 "$ALL2"
	grep -qi 'Resetting node server1 with \[\(null\|NULL STONITH device\)\]' "$LAB/log2"
	grep -q "node server1 now reset." "$LAB/log2"
	no_conflict
}

scenario_stonith_broken() { # a device that does not work is told of before it is needed
	lab
	on 1 mount -t overlay overlay -o "lowerdir=/usr:$HB_ORIG/root/usr" /usr
	on 1 sed -i '$astonith_host * nosuchdevice x' /etc/ha.d/ha.cf
	both_up
	until_text 10 "$LAB/log1" "Checking status of STONITH device \[nosuchdevice\]"
	until_text 10 "$LAB/log1" "STONITH device nosuchdevice not operational!"
}

scenario_stonith_file() { # the older form of the line, with the parameters in a file
	HB_CF='stonith null /run/stonith.cf' lab
	local i
	for i in 1 2; do
		on "$i" bash -c 'echo server1 server2 >/run/stonith.cf'
		[ "${KIND[i]}" = orig ] || on "$i" mount -t overlay overlay -o "lowerdir=/usr:$HB_ORIG/root/usr" /usr
	done
	both_up
	! grep -h "not operational" "$LAB/log1" "$LAB/log2" || return 1
	kill9 1
	until_holds 30 "$ALL2"
	grep -q "node server1 now reset." "$LAB/log2"
	kill9 2
	start 1
	until_holds 60 "$ALL1"
	grep -q "node server2 now reset." "$LAB/log1"
}

scenario_files() { # heartbeat -t compares the files with those of the nodes it hears
	local i out
	# what heartbeat -t says has the words, and it ends with the code
	says() { # CODE WORDS
		local code=0
		out=$(on 1 heartbeat -t 2>&1) || code=$?
		echo "$out"
		[ "$code" = "$1" ] && [[ "$out" == *"$2"* ]]
	}
	lab
	if [ "${KIND[2]}" = orig ]; then
		both_up
		says 0 'server2 does not tell whether its files are the same: its heartbeat is not of this kind'
		tool 1 hb_standby
		until_holds 15 "$ALL2"
		return
	fi
	for i in 1 2; do
		on "$i" bash -c "sed -i 's/^logfile.*/use_logd on/; /^debugfile/d' /etc/ha.d/ha.cf; printf 'logfile $LAB/log$i\n' >/etc/logd.cf"
	done
	both_up
	says 0 'server2 has the same ha.cf, authkeys and haresources'
	on 2 sed -i '1i # the same\n\n' /etc/ha.d/haresources
	on 2 sed -i 's/bcast eth0/& # ours/; s/warntime/ &\t/; 1i ucast eth7 10.0.0.1' /etc/ha.d/ha.cf
	says 0 'server2 has the same ha.cf, authkeys and haresources'
	on 2 sed -i 's/^deadtime .*/deadtime 3/' /etc/ha.d/ha.cf
	says 0 'ha.cf is not that of server2, beyond lines that name devices'
	on 2 sed -i '$a server2 fake::r3' /etc/ha.d/haresources
	says 6 'haresources is not that of server2'
	on 2 sed -i 's/Secret/Other/' /etc/ha.d/authkeys
	says 6 'authkeys is not that of server2'
	stop 2
	until_stopped 20 2
	until_link 1 server2 eth0 dead
	says 0 'server2 is not heard: nothing was compared with it'
	stop 1
	until_stopped 20 1
	says 0 'no heartbeat runs here: nothing was compared with the other nodes'
}

scenario_hooks() { # rc.d runs for other nodes' statuses and for types of messages that only it knows
	lab
	local i
	for i in 1 2; do
		on "$i" bash -c "printf '#!/bin/sh\necho \"server$i \$1 \$HA_src \$HA_st \$HA_word\" >>$LAB/hooks\n' | tee /etc/ha.d/rc.d/status >/etc/ha.d/rc.d/mine; chmod 755 /etc/ha.d/rc.d/*"
	done
	both_up
	on 1 bash -c "printf '>>>\nt=mine\nword=hello\n<<<\n' >/var/lib/heartbeat/fifo"
	until_text 5 "$LAB/hooks" "server1 mine server1  hello"
	until_text 5 "$LAB/hooks" "server2 mine server1  hello"
	until_text 5 "$LAB/hooks" "server1 status server2 active"
	kill9 2
	until_text 10 "$LAB/hooks" "server1 status server2 dead"
	# damaged messages do not spoil the next one
	on 1 bash -c "printf '>>>\nt=mi>>>\nrubbish\n<<<\n' >/var/lib/heartbeat/fifo; printf '>>>\nt=mine\nword=again\n<<<\n' >/var/lib/heartbeat/fifo"
	until_text 5 "$LAB/hooks" "server1 mine server1  again"
}

scenario_rubbish() { # packets of strangers are counted, told once, and change nothing
	lab
	both_up
	on 2 bash -c 'for i in {1..300}; do echo "rubbish $RANDOM" >/dev/udp/10.77.0.1/694; printf ">>>\nt=status\nst=dead\nsrc=server2\nts=1\nhg=1\nseq=1\n<<<\n" >/dev/udp/10.77.0.1/694; done'
	until_text 5 "$LAB/log1" "10.77.0.2.* sent no message"
	[ "$(grep -c 'sent no message' "$LAB/log1")" = 1 ]
	until_rsc 5 1 local
	until_holds 1 "$EACH"
}

scenario_api() { # clients: who may sign on, what they are told
	HB_CF=$'respawn root /bin/bash -c "echo $$ >>/run/respawned; exec sleep 1000"\nrespawn root /bin/bash -c "echo x >>/run/never; exit 100"' lab
	both_up
	[ "$(on 1 cl_status hbstatus)" = "Heartbeat is running on this machine." ]
	[ "$(on 1 cl_status listnodes)" = $'server2\nserver1' ]
	[ "$(on 1 cl_status nodestatus server2)" = active ]
	[ "$(on 1 cl_status listhblinks server2)" = $'\teth0' ]
	[ "$(on 1 cl_status hblinkstatus server2 eth0)" = up ]
	[ "$(on 1 cl_status hbparameter -p deadtime)" = 2 ]
	[ "$(on 1 cl_status nodeweight server2)" = 100 ]
	on 2 /usr/share/heartbeat/hb_setweight server2 50
	on 2 /usr/share/heartbeat/hb_setsite server2 cellar
	until [ "$(on 1 cl_status nodeweight server2)" = 50 ]; do pause 0.1; done
	until [ "$(on 1 cl_status nodesite server2)" = cellar ]; do pause 0.1; done
	on 1 bash -c 'cl_status nodestatus nobody; [ $? = 11 ]'
	on 1 bash -c 'cl_status bogus; [ $? = 11 ]'
	# api_test is the client ping: for group haclient, and for nobody else, root included
	on 1 setpriv --regid 7121 --clear-groups /usr/libexec/heartbeat/api_test | grep 'ping: came back'
	! on 1 /usr/libexec/heartbeat/api_test || return 1
	on 1 bash -c 'kill -KILL $(cat /run/respawned)'
	until on 1 bash -c '[ "$(wc -l </run/respawned)" = 2 ]'; do pause 0.1; done
	[ "$(on 1 bash -c 'wc -l </run/never')" = 1 ]
	stop 1
	until_stopped 20 1
	on 1 bash -c 'cl_status hbstatus; [ $? = 1 ]'
	! on 1 bash -c 'kill -0 $(tail -n 1 /run/respawned)' || return 1
}

scenario_cl_status() { # either cl_status says the same of either daemon
	local i words
	HB_CF="ping $PING" lab
	ping_is 1 add
	ping_is 2 add
	both_up
	cp "$O/cl_status" "$LAB/cl_ours"
	cp "$HB_ORIG/root/usr/bin/cl_status" "$LAB/cl_theirs"
	for i in 1 2; do
		[ "${KIND[i]}" = orig ] || on "$i" mount -t overlay overlay -o "lowerdir=/usr:$HB_ORIG/root/usr" /usr
		until_says 20 ping "$i" nodestatus "$PING"
		until_link "$i" "$PING" "$PING" up
	done
	said() { on "$1" bash -c "$LAB/cl_$2 $3 2>/dev/null; echo exit \$?"; } # NODE PROGRAM WORDS
	while read -r words; do
		for i in 1 2; do
			echo "server$i: cl_status $words"
			diff <(said "$i" ours "$words") <(said "$i" theirs "$words")
		done
	done <<-END
		hbstatus
		hbstatus -m
		listnodes
		listnodes -n
		listnodes -p
		listnodes -v
		nodestatus server1
		nodestatus -m server2
		nodestatus $PING
		nodestatus nobody
		nodestatus
		nodetype server1
		nodetype $PING
		nodetype nobody
		nodeweight server2
		nodesite server2
		listhblinks server1
		listhblinks server2
		listhblinks $PING
		listhblinks nobody
		hblinkstatus server1 eth0
		hblinkstatus server2 eth0
		hblinkstatus -m server2 eth0
		hblinkstatus server2 eth9
		hblinkstatus nobody eth0
		clientstatus server1 nobody
		clientstatus server1 nobody 2000
		rscstatus
		rscstatus -m
		hbparameter -p deadtime
		hbparameter -p keepalive
		hbparameter -p auto_failback
		hbparameter -p debug
		hbparameter -p baud
		hbparameter -p udpport
		hbparameter -p watchdog
		hbparameter -p bogus
		hbparameter
		hbparameter -m -p deadtime
		listnodes -m
		nodestatus server1 -m
		nodestatus -p server1
		nodetype -m server1
		nodeweight -m server2
		nodesite -m server2
		listhblinks -m server2
		listhblinks server2 -v
		rscstatus -p
		-m rscstatus
		bogus
	END
}

scenario_closed() { # started by one who has closed stdin, stdout and stderr
	lab
	on 1 bash -c 'exec heartbeat <&- >&- 2>&-'
	start 2
	until_holds 30 "$EACH"
	[ "$(on 1 bash -c 'read -r pid </run/heartbeat.pid; readlink /proc/$pid/fd/[012]')" = $'/dev/null\n/dev/null\n/dev/null' ]
}

scenario_watchdog() { # one byte each status, the magic one at the end
	HB_CF=$'watchdog /run/wd' lab
	on 1 touch /run/wd
	on 2 touch /run/wd
	both_up
	timeout 30 nsenter -t "${NODE[1]}" -m bash -c 'until [ "$(wc -c </run/wd)" -ge 10 ]; do sleep 0.1; done'
	stop 1
	until_stopped 20 1
	[ "$(on 1 tail -c 1 /run/wd)" = V ]
}

scenario_ipv6() { # IPv6, unicast and multicast
	HB_CF='ping6 fd77::9' HB_MEDIA=$'ucast6 eth0 fd77::1\nucast6 eth0 fd77::2\nmcast6 eth0 ff02::7 695 1 0' lab
	on 1 ip addr add fd77::9/128 dev lo
	on 1 ip addr add fd77::1/64 dev eth0 nodad
	on 2 ip addr add fd77::2/64 dev eth0 nodad
	round
	until_text 1 "$LAB/log1" "Link server2:eth0 up."
	until_says 10 ping 1 nodestatus fd77::9
	on 1 ip addr del fd77::9/128 dev lo
	until_text 10 "$LAB/log1" "node fd77::9: is dead"
}

scenario_init_script() { # as the boot does it
	lab
	local i
	for i in 1 2; do
		on "$i" bash -c "mkdir -p /usr/libexec/heartbeat /var/lock/subsys 2>/dev/null; cp /usr/bin/heartbeat /usr/libexec/heartbeat/; cp $here/../../heartbeat/heartbeat.init /etc/init.d/heartbeat"
		[ "$(on "$i" /etc/init.d/heartbeat start)" = "Starting High-Availability services: Done." ]
	done
	until_holds 20 "$EACH"
	on 1 /etc/init.d/heartbeat status | grep -q 'heartbeat OK \[pid .* et al\] is running on server1 \[server1\]'
	on 1 /etc/init.d/heartbeat standby
	until_holds 10 "$ALL2"
	until_rsc 10 2 all
	[ "$(on 1 /etc/init.d/heartbeat reload)" = "Reloading High-Availability services: Done." ]
	[ "$(on 2 /etc/init.d/heartbeat stop)" = "Stopping High-Availability services: Done." ]
	until_holds 10 "$ALL1"
	on 2 bash -c '/etc/init.d/heartbeat status; [ $? = 1 ]'
}

"scenario_$name"
echo "$name $kind1 $kind2: ok"
