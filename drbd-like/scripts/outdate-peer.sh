#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DRBD handler fence-peer: outdates the peer's disk over ssh, by whichever of its addresses answers.
#   outdate-peer.sh on HOST IP... on HOST IP...
# Exit: 3 peer inconsistent, 4 outdated, 5 out of reach, 6 peer is Primary; 10 wrong use.

TIMEOUT_S=${TIMEOUT_S:-6}
SSH=${SSH:-ssh}
me=${HOST:-$(uname -n)}

usage() {
	echo "usage: outdate-peer.sh on HOST IP... on HOST IP..., with DRBD_RESOURCE set" >&2
	exit 10
}

[ -n "$DRBD_RESOURCE" ] || usage
peer_ips=() found_me=0 host=''
while [ $# -gt 0 ]; do
	case $1 in
	on)
		shift
		[ $# -gt 0 ] || usage
		host=$1
		[ "$host" != "$me" ] || found_me=1
		;;
	*)
		[ -n "$host" ] || usage
		[ "$host" = "$me" ] || peer_ips+=("$1")
		;;
	esac
	shift
done
if [ "$found_me" = 0 ] || [ "${#peer_ips[@]}" -eq 0 ]; then usage; fi

dir=$(mktemp -d) || exit 5
trap 'rm -rf "$dir"' EXIT
# shellcheck disable=SC2029 # the resource's name is this side's
for ip in "${peer_ips[@]}"; do
	{
		timeout "$TIMEOUT_S" "$SSH" -o BatchMode=yes -o ConnectTimeout="$TIMEOUT_S" "$ip" "drbdadm outdate '$DRBD_RESOURCE'"
		echo $? >"$dir/$ip"
	} &
done
wait
for ip in "${peer_ips[@]}"; do
	case $(cat "$dir/$ip") in
	0) exit 4 ;;
	5) exit 3 ;;
	17) exit 6 ;;
	esac
done
exit 5
