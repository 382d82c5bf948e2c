#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The walkthrough for eyes: two directors in machines (qemu), real servers and a client in namespaces; nothing of this machine
# is touched. Each command is printed before it runs, and what it prints is its own. Ends with 0 when all came out as it has to.
#
#   cluster_run.bash run            sections 2 to 8, and a table of what was proven. KEEP=1 leaves it all up. FAILOVERS="NAME..." of
#                            failovers.bash, or all
#   cluster_run.bash shell NODE     commands for a node of what was left up: server1 to server4, client
#   cluster_run.bash stop           ends what was left up
#   cluster_run.bash soak N         N random failovers (SEED=...)
set -eu
cd "$(dirname "$0")/../.."
: "${O:=$PWD/build}" "${KEEP:=}" "${FAILOVERS:=standby real repl dopd stop power}"
export O
kept=$O/cluster.kept

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
	[ -s "$kept" ] || { echo "nothing was left up: make walkthrough KEEP=1" >&2; exit 1; }
	library "$(cat "$kept")"
}

step() { # TITLE COMMAND...
	local began=$SECONDS
	doing=$1
	"${@:2}"
	proven+=("$(printf '%-78s %5d s' "$1" $((SECONDS - began)))")
}

prepare() {
	dir=$(mktemp -d)
	library "$dir"
	proven=() doing="nothing yet"
	trap finish EXIT
	step "1. and 2. packages built, installed by rpm -ivh, configured" wt_boot
	step "3. DRBD starts; who is first waits for the other" wt_start_drbd
	step "4. first sync" wt_first_sync
	step "5. the disk moves by hand; two Primaries are refused, a mounted one is not demoted" wt_by_hand
}

finish() {
	local code=$?
	[ ! -s "$VM_ROOT/gaps" ] || wt_gaps
	printf '\n%s\n' "Proven:"
	[ ${#proven[@]} = 0 ] || printf '  %s\n' "${proven[@]}"
	[ $code = 0 ] || printf '\nFAILED (exit %s): %s\n' $code "$doing"
	if [ -n "$KEEP" ]; then
		echo "$dir" >"$kept"
		echo "All is left up: make walkthrough-shell NODE=server1 (2, 3, 4, client); make walkthrough-stop ends it"
		return
	fi
	end || code=1
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
	[ "$FAILOVERS" != all ] || FAILOVERS=$(cut -d' ' -f1 <<<"$WT_FAILOVERS")
	prepare
	step "6. MySQL on the disk goes over to server2 and comes back, with every row" wt_mysql
	step "7. LVS: real servers leave and return, the fallback serves, server2 takes over" wt_lvs
	step "8. everything in one haresources, a client at work" wt_all_together
	for name in $FAILOVERS; do
		step "8. $(sed -n "s/^$name *//p" <<<"$WT_FAILOVERS")" wt_failover "$name"
	done
	[ -n "$KEEP" ] || step "all stops" wt_end
}

soak() { # N
	local names name i
	: "${SEED:=$RANDOM}"
	RANDOM=$SEED
	echo "SEED=$SEED"
	prepare
	read -r -d '' -a names < <(cut -d' ' -f1 <<<"$WT_FAILOVERS"; printf '\0')
	step "8. everything in one haresources, a client at work" wt_all_together
	for ((i = 1; i <= $1; i++)); do
		name=${names[RANDOM % ${#names[@]}]}
		step "$i. $(sed -n "s/^$name *//p" <<<"$WT_FAILOVERS")" wt_failover "$name"
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
soak) soak "$2" ;;
shell) kept_library; shell "$2" ;;
stop) kept_library; end; rm "$kept" ;;
*) echo "usage: cluster_run.bash run | soak N | shell NODE | stop" >&2; exit 2 ;;
esac
