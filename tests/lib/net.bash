# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Nodes made of namespaces, and bridges between them. Nothing of it is seen on the host, and each helper prints what it runs.
# Needs root. `load ../lib/net.bash` in bats; `net_cleanup` in teardown (elsewhere in a trap): it ends all that runs in the nodes.
#
#   net_node NAME                              network, host name, processes, mounts and an empty /run of its own
#   net_bridge NAME NODE=ADDRESS/BITS...       a bridge; each of these nodes gets its next interface there: eth0, eth1...
#                                              (NODE= for none)
#   net_in NODE COMMAND...                     runs it there, with its output, exit code and files; & for a daemon
#   net_cable NODE IFACE up|down               pulls the plug at the bridge's end
#   net_pid NODE                               process that holds the node, for `ip link set ... netns`

NET_ROOT=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-$(mktemp -d)}}/net

net_say() { # COMMAND... : prints and runs it
	echo "+ $*" >&2
	"$@"
}

net_pid() { cat "$NET_ROOT/$1.pid"; }

net_in() { # NODE COMMAND...
	local node=$1
	shift
	net_say nsenter -t "$(net_pid "$node")" --net --uts --mount --pid "$@"
}

net_node() { # NAME
	local name=$1 outer
	mkdir -p "$NET_ROOT"
	# pid 1 of the node reaps what is left to it; when it ends, so does all in the node
	# shellcheck disable=SC2016 # for the inner shell
	set -- unshare --net --uts --mount --pid --fork --kill-child --mount-proc bash -c \
		'hostname "$0" && mount -t tmpfs tmpfs /run && ip link set lo up && echo >"$1"; while :; do sleep 1000 & wait; done' \
		"$name" "$NET_ROOT/$name.ready"
	echo "+ $*" >&2
	"$@" </dev/null >"$NET_ROOT/$name.log" 2>&1 3>&- &
	outer=$!
	disown
	echo $outer >"$NET_ROOT/$name.outer"
	until [ -e "$NET_ROOT/$name.ready" ]; do
		[ ! -s "$NET_ROOT/$name.log" ] || { cat "$NET_ROOT/$name.log" >&2; return 1; }
		sleep 0.02
	done
	tr -d ' ' <"/proc/$outer/task/$outer/children" >"$NET_ROOT/$name.pid"
}

# where the bridges are; process ids mean the same there as here, so interfaces can be handed to a node by its process
net_switch() { net_say nsenter -t "$(net_pid switch)" --net "$@"; }

net_bridge() { # NAME NODE=ADDRESS/BITS...
	local bridge=$1 end node address nr
	shift
	[ -e "$NET_ROOT/switch.pid" ] || net_node switch || return
	net_switch ip link add "$bridge" type bridge && net_switch ip link set "$bridge" up || return
	for end; do
		node=${end%%=*} address=${end#*=} nr=0
		while [ -e "$NET_ROOT/$node.eth$nr" ]; do nr=$((nr + 1)); done
		echo "$node.$nr" >"$NET_ROOT/$node.eth$nr"
		net_switch ip link add "$node.$nr" type veth peer name "eth$nr" netns "$(net_pid "$node")" || return
		net_switch ip link set "$node.$nr" master "$bridge" up || return
		net_in "$node" ip link set "eth$nr" up || return
		[ -z "$address" ] || net_in "$node" ip addr add "$address" brd + dev "eth$nr" || return
	done
}

net_cable() { # NODE IFACE up|down
	net_switch ip link set "$(cat "$NET_ROOT/$1.$2")" "$3"
}

net_cleanup() {
	local file
	for file in "$NET_ROOT"/*.outer; do
		# the node's own first process goes with this one, and with that all in the node
		[ ! -e "$file" ] || net_say kill -KILL "$(cat "$file")"
	done
	for file in "$NET_ROOT"/*.pid; do
		while [ -e "$file" ] && [ -d "/proc/$(cat "$file")" ]; do sleep 0.02; done
	done
	rm -rf "$NET_ROOT"
}
