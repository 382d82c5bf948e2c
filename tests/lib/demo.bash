#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The walkthrough for eyes, and as test: two directors in machines (qemu), real servers and a client in namespaces; nothing of
# this machine is touched. Each command is printed before it runs, and what it prints is its own. Ends with 0 when all came out
# as it has to.
#
#   demo.bash run            sections 1 to 8, and a table of what was proven. KEEP=1 leaves it all up. FAILOVERS="NAME..." of
#                            failovers.bash, or all; if not given those that differ most
#   demo.bash failover NAME...   some more of them with what was left up
#   demo.bash shell NODE     commands for a node of what was left up: server1 to server4, client
#   demo.bash stop           ends what was left up
#   demo.bash soak N         N random failovers (SEED=...)
set -eu
cd "$(dirname "$0")/../.."
: "${O:=$PWD/build}" "${KEEP:=}" "${FAILOVERS:=stop standby kill bothdopd real power}"
export O
kept=$O/demo.kept
proven=() doing="nothing yet"

library() { # FOLDER : of a run
	export VM_ROOT=$1/vm
	mkdir -p "$VM_ROOT"
	# shellcheck source=tests/lib/vm.bash
	. tests/lib/vm.bash
	# shellcheck source=tests/lib/root.bash
	. tests/lib/root.bash
	# shellcheck source=tests/lib/net.bash
	. tests/lib/net.bash
	# shellcheck source=tests/lib/rpm.bash
	. tests/lib/rpm.bash
	# shellcheck source=tests/lib/cluster.bash
	. tests/lib/cluster.bash
	# shellcheck source=tests/lib/failovers.bash
	. tests/lib/failovers.bash
	NET_ROOT=$1/net
}

kept_library() {
	[ -s "$kept" ] || { echo "nothing was left up: make demo KEEP=1" >&2; exit 1; }
	dir=$(cat "$kept")
	library "$dir"
}

step() { # TITLE COMMAND...
	local began=$SECONDS
	doing=$1
	"${@:2}"
	proven+=("$(printf '%-90s %5d s' "$1" $((SECONDS - began)))")
}

failover() { # NAME
	step "8. $(wt_title "$1")" wt_failover "$1"
}

prepare() {
	dir=$(mktemp -d)
	library "$dir"
	trap finish EXIT; trap "exit 130" INT; trap "exit 143" TERM
	step "1. eight packages of DRBD and those of the rest are built; 2. installed by rpm -ivh" wt_boot
	step "3. DRBD starts; who is first waits for the other" wt_start_drbd
	step "4. first sync, in the calling order of 8.3" wt_first_sync
	step "5. the disk moves by hand; two Primaries are refused, a mounted one is not demoted" wt_by_hand
}

finish() {
	local code=$?
	trap - EXIT
	[ ! -s "$VM_ROOT/gaps" ] || wt_gaps
	printf '\n%s\n' "Proven:"
	[ ${#proven[@]} = 0 ] || printf '  %s\n' "${proven[@]}"
	if [ $code = 0 ]; then echo "All of it in $SECONDS s."; else printf '\nFAILED (exit %s): %s\n' $code "$doing"; fi
	if [ -n "$KEEP" ]; then
		echo "$dir" >"$kept"
		echo "All is left up: make demo-shell NODE=server1 (2, 3, 4, client); make demo-stop ends it"
	else
		end || code=1
	fi
	exit $code
}

end() { # fails if a kernel had trouble that nobody has met yet
	local code=0
	vm_cleanup || code=$?
	net_cleanup 2>/dev/null
	rm -rf "${VM_ROOT%/vm}"
	return $code
}

run() {
	local name
	prepare
	[ "$FAILOVERS" != all ] || FAILOVERS=$(wt_names)
	step "6. MySQL on the disk goes over to server2 and comes back, with every row" wt_mysql
	step "7. LVS: real servers leave and return, the fallback serves, server2 takes over" wt_lvs
	step "8. everything in one haresources, a client at work" wt_all_together
	for name in $FAILOVERS; do failover "$name"; done
	[ -n "$KEEP" ] || step "all stops, and nothing holds the disk" wt_end
}

more() { # NAME... : of the failovers
	local name
	kept_library
	KEEP=1
	trap finish EXIT; trap "exit 130" INT; trap "exit 143" TERM
	for name; do failover "$name"; done
}

soak() { # N
	local names name i
	: "${SEED:=$RANDOM}"
	RANDOM=$SEED
	echo "SEED=$SEED"
	prepare
	step "8. everything in one haresources, a client at work" wt_all_together
	mapfile -t names < <(wt_names)
	for ((i = 1; i <= $1; i++)); do
		name=${names[RANDOM % ${#names[@]}]}
		echo "--- $i of $1"
		failover "$name"
	done
}

shell() { # NODE
	local line
	case $1 in
	server[12]) ;;
	server[34] | client) exec nsenter -t "$(net_pid "$1")" --net --uts --mount --pid bash ;;
	*) echo "no node $1: server1 to server4, client" >&2; exit 1 ;;
	esac
	echo "Single commands: nothing that asks, no cd that lasts. End with exit."
	while read -r -e -p "[root@$1 ~]# " line && [ "$line" != exit ]; do
		vm_exec "$1" "$line" || echo "(exit $?)"
	done
}

case ${1-} in
run) run ;;
failover) more "${@:2}" ;;
soak) soak "$2" ;;
shell) kept_library; shell "$2" ;;
stop) kept_library; end; rm "$kept" ;;
*) echo "usage: demo.bash run | failover NAME... | shell NODE | stop | soak N" >&2; exit 2 ;;
esac
