# Helpers for the tests of heartbeat: two nodes, each with network, mounts, processes and a host name of its own, and each
# running ours or Debian's original, which is unpacked privately.
# shellcheck shell=bash disable=SC2016,SC2013

: "${HA_CACHE:=$HOME/.cache/classic-ha}"
HB_ORIG=$HA_CACHE/heartbeat-orig

# Unpacks Debian's heartbeat with the libraries it needs, once.
hb_fetch_original() {
	local packages
	[ ! -e "$HB_ORIG/done" ] || return 0
	rm -rf "$HB_ORIG"
	mkdir -p "$HB_ORIG/deb"
	packages=$(apt-get -s install --no-install-recommends heartbeat | awk '/^Inst/ { print $2 }')
	# shellcheck disable=SC2086 # a list of words
	(cd "$HB_ORIG/deb" && apt-get download -qq $packages) || return
	find "$HB_ORIG/deb" -name '*.deb' -exec dpkg -x {} "$HB_ORIG/root" \; || return
	[ -e "$HB_ORIG/root/usr/libexec/heartbeat/heartbeat" ] && touch "$HB_ORIG/done"
}

pause() { # SECONDS
	sleep "$1"
}

# hb_lab KIND1 KIND2 : two nodes server1 and server2, each ours or orig, joined by a link eth0 (10.77.0.1, .2 / 24). Sets LAB.
hb_lab() {
	LAB=$(mktemp -d /tmp/hb_lab.XXXXXX)
	mkdir "$LAB/state" "$LAB/conf"
	: >"$LAB/events"
	hb_write_conf
	local i
	for i in 1 2; do
		unshare --net --mount --uts --ipc --pid --fork --kill-child --mount-proc \
			bash "$HB_LIB/hb_node.bash" "$i" "${!i}" "$LAB" "$O" "$HB_ORIG" >"$LAB/node$i.out" 2>&1 &
		echo $! >"$LAB/unshare$i"
		until [ -e "$LAB/ready$i" ] || ! kill -0 "$(cat "$LAB/unshare$i")"; do pause 0.02; done
		NODE[i]=$(cat "/proc/$(cat "$LAB/unshare$i")/task/$(cat "$LAB/unshare$i")/children")
		NODE[i]=${NODE[i]% }
		KIND[i]=${!i}
	done
	hb_link eth0 10.77.0
}
declare -a NODE KIND

# hb_link INTERFACE NET : joins the nodes, as NET.1 and NET.2 / 24
hb_link() {
	local i
	ip link add name "hbl$$" netns "${NODE[1]}" type veth peer name "$1" netns "${NODE[2]}"
	on 1 ip link set "hbl$$" name "$1"
	for i in 1 2; do
		on "$i" ip addr add "$2.$i/24" brd + dev "$1"
		on "$i" ip link set "$1" up
	done
}

# A serial line between the files $LAB/log1.tty and $LAB/log2.tty
hb_serial_line() {
	(
		trap - ERR # it is to be cut
		on 1 bash -c "echo \$\$ >$LAB/line; exec socat pty,raw,echo=0,link=$LAB/log1.tty pty,raw,echo=0,link=$LAB/log2.tty"
	) &
	until [ -e "$LAB/log1.tty" ] && [ -e "$LAB/log2.tty" ]; do pause 0.05; done
}
hb_cut_serial_line() { on 1 kill "$(cat "$LAB/line")"; }
HB_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

on() { # NODE COMMAND... : runs it on the node
	local node=$1
	shift
	nsenter -t "${NODE[node]}" -m -n -u -i -p -- "$@"
}

hb_lab_end() {
	local i pid
	[ -n "${LAB:-}" ] || return 0
	trap - ERR
	for i in 1 2; do
		pid=$(cat "$LAB/unshare$i" 2>/dev/null) || continue
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	# its processes may be writing their last words
	for i in {1..50}; do
		rm -rf "$LAB" 2>/dev/null && break
		pause 0.1
	done
	LAB=
}

# What both nodes read; HB_CF: more lines, or others, of ha.cf, HB_RES: haresources, HB_KEYS: authkeys
hb_write_conf() {
	printf '%s\n' "${HB_KEYS:-auth 1
1 sha1 Secret}" >"$LAB/conf/authkeys"
	chmod 600 "$LAB/conf/authkeys"
	printf '%s\n' "${HB_RES:-server1 fake::r1
server2 fake::r2}" >"$LAB/conf/haresources"
	printf '%s\n' "${HB_CF_ALL:-keepalive ${HB_KEEPALIVE:-200ms}
deadtime ${HB_DEADTIME:-2}
warntime ${HB_WARNTIME:-1}
initdead ${HB_INITDEAD:-3}
udpport 694
${HB_MEDIA:-bcast eth0}
auto_failback ${HB_FAILBACK:-off}
node server1 server2
logfile LOGFILE
debugfile LOGFILE.debug
${HB_CF:-}}" >"$LAB/conf/ha.cf"
}

start() { # NODE
	local i=$1
	if [ "${KIND[i]}" = ours ]; then
		on "$i" heartbeat
	else
		on "$i" /usr/libexec/heartbeat/heartbeat
	fi
}

# Asks to stop and does not wait
stop() { # NODE
	local i=$1
	on "$i" bash -c 'kill -TERM $(cat /run/heartbeat.pid)'
}

# All processes of the node's heartbeat, at once
kill9() { # NODE
	on "$1" bash -c 'p=$(pgrep -x "heartbeat" || :; pgrep -f "^heartbeat: " || :); [ -z "$p" ] || kill -KILL $p 2>/dev/null || :'
	hb_power_off "$1"
}

# What a node that lost its power does not hold any more
hb_power_off() {
	rm -f "$LAB"/state/*.server"$1"
}

running() { # NODE
	on "$1" bash -c 'p=$(cat /run/heartbeat.pid 2>/dev/null) && kill -0 $p 2>/dev/null'
}

# Who has which group: "r1=server1 r2=server1"
holders() {
	local f out='' g
	for g in $(awk '{ sub(".*::", "", $2); print $2 }' "$LAB/conf/haresources"); do
		out+=" $g="
		for f in "$LAB/state/$g".*; do
			[ ! -e "$f" ] || out+="${f##*.},"
		done
		out=${out%,}
	done
	echo "${out# }"
}

# until_holds SECONDS "r1=server1 r2=server2" : waits for it, and that it stays so for a moment
until_holds() {
	local left=$(($1 * 20)) have
	while [ "$left" -gt 0 ]; do
		have=$(holders)
		if [ "$have" = "$2" ]; then
			pause 0.3
			[ "$(holders)" != "$2" ] || return 0
		fi
		pause 0.05
		left=$((left - 1))
	done
	echo "held is '$have', want '$2'"
	hb_logs
	return 1
}

# until_says SECONDS WORD NODE ARGUMENT... : until cl_status there prints the word
until_says() {
	local left=$(($1 * 10)) have
	while [ "$left" -gt 0 ]; do
		have=$(on "$3" cl_status "${@:4}" 2>/dev/null || :)
		[ "$have" != "$2" ] || return 0
		pause 0.1
		left=$((left - 1))
	done
	echo "cl_status ${*:4} of server$3 is '$have', want '$2'"
	hb_logs
	return 1
}
until_rsc() { until_says "$1" "$3" "$2" rscstatus; } # SECONDS NODE WORD

until_stopped() { # SECONDS NODE
	local left=$(($1 * 20))
	while [ "$left" -gt 0 ]; do
		running "$2" || return 0
		pause 0.05
		left=$((left - 1))
	done
	echo "server$2 still runs"
	hb_logs
	return 1
}

hb_logs() {
	local i
	for i in 1 2; do
		echo "--- server$i (${KIND[i]})"
		tail -n 60 "$LAB/log$i" 2>/dev/null || echo "no log"
		cat "$LAB/node$i.out"
	done
	echo "--- events"
	tail -n 40 "$LAB/events"
}

# No group was ever started where the other node had it.
no_conflict() {
	! grep CONFLICT "$LAB/events"
}
