#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DRBD handlers fence-peer and, called as crm-unfence-peer.sh, after-resync-target and unfence-peer: a location
# constraint in Pacemaker's CIB that keeps everybody but this node from the master role until the peer is in sync
# again. The ids are those of the original, so that both can run in one cluster.
# Exit: 4 the peer will not be promoted (it knows, or the constraint was there), 5 the peer is out of reach, 7 it was
# shot; 1: nothing is certain, I/O stays frozen.

me=$(basename "$0")
resource=$DRBD_RESOURCE master='' role=Master attribute='#uname' prefix=drbd-fence-by-handler
timeout_s=90 dc_timeout_s=20 hickup_s=0 suicide=0 unreachable_is_outdated=0 facility=local5

say() {
	logger -p "$facility.info" -t "${me}[$$]" -- "$*"
	[ ! -t 2 ] || echo "$me: $*" >&2
}

while [ $# -gt 0 ]; do
	case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
	case $1 in
	-r | --resource) resource=$2; shift ;;
	-i | --master-id) master=$2; shift ;;
	-l | --role) role=$2; shift ;;
	-a | --fencing-attribute) attribute=$2; shift ;;
	-p | --id-prefix) prefix=$2; shift ;;
	-t | --timeout) timeout_s=$2; shift ;;
	-d | --dc-timeout) dc_timeout_s=$2; shift ;;
	--net-hickup | --network-hickup) hickup_s=$2; shift ;;
	--CTS-mode) ;;
	--suicide-on-failure-if-primary) suicide=1 ;;
	--unreachable-peer-is-outdated) unreachable_is_outdated=1 ;;
	--logfacility) facility=$2; shift ;;
	*) say "option $1 is not known and ignored" ;;
	esac
	shift
done
if [ "$unreachable_is_outdated" = 1 ] && [ ! -t 0 ]; then
	say "--unreachable-peer-is-outdated is for a person at a terminal; ignored"
	unreachable_is_outdated=0
fi
if [ -z "$resource" ]; then
	say "no resource: DRBD_RESOURCE or --resource has to be set"
	exit 1
fi
case $prefix in *"-$resource") ;; *) prefix=$prefix-$resource ;; esac
PROC_DRBD=${PROC_DRBD:-/proc/drbd}
host=${HOST:-$(uname -n)}
peer=${DRBD_PEER:-}
cib='' peer_state='' dc=''

# The CIB on one line an element, so that a line tool can read it.
elements() {
	sed -e 's/>[[:space:]]*</>\n</g'
}

attr() { # NAME : of the first line on stdin
	sed -n "1s/.* $1=\"\\([^\"]*\\)\".*/\\1/p"
}

read_cib() { # WAIT_S
	cib=$(cibadmin -Q -t "$1" 2>/dev/null | elements)
	[ -n "$cib" ]
}

# The id of the <master> around the primitive whose drbd_resource is ours.
find_master() {
	awk -v want="\"$resource\"" '
		/<(master|clone) / { id = $0; sub(/.* id="/, "", id); sub(/".*/, "", id) }
		/<\/(master|clone)>/ { id = "" }
		/<nvpair / && /name="drbd_resource"/ && index($0, "value=" want) && id != "" { print id; exit }' <<<"$cib"
}

own_value() { # what the expression compares: the host's name, or this node's value of the attribute
	[ "$attribute" != '#uname' ] || { echo "$host"; return; }
	crm_attribute -Q -t nodes -n "$attribute" -N "$host" 2>/dev/null || crm_attribute -Q -t status -n "$attribute" -N "$host"
}

constraint() { # VALUE
	cat <<-END
		<rsc_location rsc="$master" id="$prefix-$master">
		  <rule role="$role" score="-INFINITY" id="$prefix-rule-$master">
		    <expression attribute="$attribute" operation="ne" value="$1" id="$prefix-expr-$master"/>
		  </rule>
		</rsc_location>
	END
}

# "none", "same" or "other"
existing_constraint() { # VALUE
	local found
	found=$(awk -v id=" id=\"$prefix-$master\"" 'index($0, "<rsc_location") && index($0, id) { on = 1 }
		on { print } /<\/rsc_location>/ { on = 0 }' <<<"$cib" | grep '<expression ' | head -n 1)
	if [ -z "$found" ]; then
		grep -q " id=\"$prefix-$master\"" <<<"$cib" && echo other || echo none
	elif [ "$(attr value <<<"$found")" = "$1" ] && [ "$(attr attribute <<<"$found")" = "$attribute" ] &&
		[ "$(attr operation <<<"$found")" = ne ]; then
		echo same
	else
		echo other
	fi
}

place() { # VALUE
	cibadmin -C -o constraints -X "$(constraint "$1")" && return
	say "the constraint could not be placed"
	return 1
}

# disk: the worst of this resource's own disks; peer_role: known when the link is up again.
look_at_drbd() {
	local minor line state
	disk=UpToDate peer_role=Unknown
	for minor in $DRBD_MINOR; do
		line=$(grep "^ *$minor: cs:" "$PROC_DRBD")
		state=${line##*ds:}
		state=${state%%/*}
		case $state in
		UpToDate) ;;
		Consistent) [ "$disk" != UpToDate ] || disk=Consistent ;;
		Diskless | Failed | Inconsistent | Outdated | Attaching | Negotiating) disk=bad ;;
		*) disk=unknown ;;
		esac
		state=${line##*ro:}
		state=${state%% *}
		[ "${state##*/}" = Unknown ] || [ -z "$line" ] || peer_role=${state##*/}
		[ "$disk" != unknown ] || return
	done
	[ -n "$DRBD_MINOR" ] || disk=unknown
}

# reachable, fenced, unreachable, unknown or DC-unreachable
look_at_peer() {
	local start=$SECONDS wait_s=1 node crmd join expected ccm
	peer_state=DC-unreachable
	while [ $((SECONDS - start)) -lt "$dc_timeout_s" ]; do
		if read_cib "$wait_s"; then
			node=$(grep '<node_state ' <<<"$cib" | grep " uname=\"$peer\"" | head -n 1)
			crmd=$(attr crmd <<<"$node") join=$(attr join <<<"$node")
			expected=$(attr expected <<<"$node") ccm=$(attr in_ccm <<<"$node")
			dc=$(head -n 1 <<<"$cib" | attr dc-uuid)
			peer_state=unknown
			# newer versions of Pacemaker give the time since when instead of true, and 0 for false
			if [ -z "$node" ] || [ "$crmd" = offline ] || [ "$crmd" = 0 ]; then
				if { [ "$ccm" = false ] || [ "$ccm" = 0 ]; } && [ "$expected" = down ] && [ "$join" != member ]; then
					peer_state=fenced
					return
				fi
				grep -q ' stonith-pending="true"\| terminate="true"' <<<"$node" || { peer_state=unreachable; return; }
			elif crmadmin -S "$peer" 2>/dev/null | grep -q '(ok)'; then
				peer_state=reachable
				[ $((SECONDS - start)) -lt "$hickup_s" ] || return
			fi
		fi
		[ "$wait_s" -ge 5 ] || wait_s=$((wait_s + 1))
		sleep 1
	done
	[ "$peer_state" != unknown ] || [ "$crmd" != offline ] || peer_state=unreachable
}

give_up() {
	say "$1"
	if [ "$suicide" = 1 ] && grep -q "^ *${DRBD_MINOR%% *}: .*ro:Primary/" "$PROC_DRBD"; then
		say "this node is Primary and has to go"
		crm_attribute -t status -N "$host" -n terminate -v true
		if grep -q 'name="stonith-enabled" value="false"' <<<"$cib"; then sleep 20; else sleep 300; fi
		reboot -f
	fi
	exit 1
}

prepare() {
	[ -n "$cib" ] || read_cib "$dc_timeout_s" || { say "the CIB can not be read"; exit 1; }
	[ -n "$master" ] || master=$(find_master)
	[ -n "$master" ] || { say "no master resource of the CIB has drbd_resource=$resource"; exit 1; }
	value=$(own_value)
	[ -n "$value" ] || { say "this node has no attribute $attribute"; exit 1; }
}

decide() { # prints "ACTION EXIT" by the first row that matches
	if [ "$peer_role" != Unknown ]; then
		echo "none 1"
	elif [ "$disk" = unknown ]; then
		echo "none 1"
	elif [ "$peer_state" = reachable ] && [ "$disk" != bad ]; then
		echo "place 4"
	elif [ "$peer_state" = fenced ] && [ "$disk" = UpToDate ]; then
		echo "place 7"
	elif [ "$disk" = UpToDate ]; then
		echo "place 5"
	elif [ "$peer_state" != reachable ] && [ "$disk" = Consistent ] && [ "$unreachable_is_outdated" = 1 ]; then
		say "WARNING: data without proof of being current will be used, because --unreachable-peer-is-outdated was given"
		echo "place 5"
	else
		echo "none 5"
	fi
}

fence() {
	local action status end=$((SECONDS + timeout_s))
	look_at_peer
	prepare
	case $(existing_constraint "$value") in
	same) say "the constraint is in place already"; exit 4 ;;
	other) give_up "a constraint $prefix-$master of another node is there" ;;
	esac
	look_at_drbd
	read -r action status < <(decide)
	say "peer $peer is $peer_state, own disk $disk, DC ${dc:-unknown}: $action"
	if [ "$action" = place ]; then
		[ "$SECONDS" -lt "$end" ] || give_up "too late: $timeout_s seconds have passed"
		place "$value" || give_up "the constraint is not in place"
	fi
	exit "$status"
}

unfence() {
	prepare
	if ! grep -q "<rsc_location .*id=\"$prefix-$master\"\|<rsc_location .*$prefix-$master" <<<"$cib"; then
		exit 0
	fi
	cibadmin -D -o constraints -X "<rsc_location rsc=\"$master\" id=\"$prefix-$master\"/>" || { say "the constraint stays"; exit 1; }
	say "the constraint is removed"
	exit 0
}

case $me in
*unfence*) unfence ;;
*) fence ;;
esac
