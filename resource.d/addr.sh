# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the scripts for addresses share: the argument IP[/MASK[/NIC[:LABEL]][/BROADCAST]], where an address belongs by the
# routes, adding and removing it, and telling the neighbours (resource-scripts.md 3).

# addr_parse ARGUMENT : sets addr_ip, and addr_mask, addr_nic, addr_label, addr_brd to what it says or nothing. The third
# part is the broadcast address if it begins with a digit.
addr_parse() {
	addr_ip='' addr_mask='' addr_nic='' addr_label='' addr_brd=''
	set -f
	addr_ifs=$IFS
	IFS=/
	# shellcheck disable=SC2086 # to be split
	set -- $1
	IFS=$addr_ifs
	set +f
	addr_ip=${1-}
	addr_mask=${2-}
	case ${3-} in
	[0-9]*) addr_brd=$3 ;;
	*)
		addr_nic=${3-}
		addr_brd=${4-}
		;;
	esac
	case $addr_nic in
	*:*)
		addr_label=${addr_nic#*:}
		addr_nic=${addr_nic%%:*}
		;;
	esac
}

# addr_number IP : prints an IPv4 address as a number; fails if it is none
addr_number() {
	addr_rest=$1.
	addr_sum=0
	addr_parts=0
	while [ -n "$addr_rest" ]; do
		addr_part=${addr_rest%%.*}
		addr_rest=${addr_rest#*.}
		case $addr_part in
		'' | *[!0-9]* | 0?* | ????*) return 1 ;;
		esac
		[ "$addr_part" -le 255 ] || return 1
		addr_sum=$((addr_sum * 256 + addr_part))
		addr_parts=$((addr_parts + 1))
	done
	[ "$addr_parts" -eq 4 ] && echo "$addr_sum"
}

addr_quad() { # NUMBER : prints it as an IPv4 address
	echo "$(($1 >> 24 & 255)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))"
}

# addr_bits MASK : prints a mask of bits or four numbers as bits; fails if it is none
addr_bits() {
	case $1 in
	*.*)
		addr_quad_mask=$(addr_number "$1") || return 1
		addr_bit=32
		while [ "$addr_bit" -ge 0 ]; do
			if [ "$addr_quad_mask" = $((4294967295 << (32 - addr_bit) & 4294967295)) ]; then
				echo "$addr_bit"
				return 0
			fi
			addr_bit=$((addr_bit - 1))
		done
		return 1
		;;
	*) rsc_number "$1" && [ "${#1}" -le 2 ] && [ "$1" -le 32 ] && echo "$1" ;;
	esac
}

# addr_within IP NETWORK/BITS : is the one in the other
addr_within() {
	addr_a=$(addr_number "$1") || return 1
	addr_b=$(addr_number "${2%/*}") || return 1
	addr_shift=$((32 - ${2#*/}))
	[ $((addr_a >> addr_shift)) = $((addr_b >> addr_shift)) ]
}

# addr_nics FAMILY IP : prints "NIC BITS" for each interface that has it
addr_nics() {
	ip -o -f "$1" addr show 2>/dev/null | awk -v ip="$2" '{ split($4, a, "/"); if (a[1] == ip) print $2, a[2] }'
}

# addr_route FAMILY IP [NIC] : prints "NIC BITS" of the narrowest directly connected network that holds it; fails if none
addr_route() {
	# shellcheck disable=SC2086 # two words or none
	ip -o -f "$1" route list match "$2" ${3:+dev $3} 2>/dev/null | awk -v given="${3-}" '
		$1 == "default" || / via / { next }
		{
			nic = given
			for (i = 2; i < NF; i++) if ($i == "dev") nic = $(i + 1)
			n = split($1, a, "/")
			if (n == 2 && a[2] + 0 > best) { best = a[2] + 0; found = nic " " a[2] }
		}
		END { if (found == "") exit 1; print found }'
}

# addr_broadcast NIC IP : prints the broadcast address that the interface has on the address's network, if any
addr_broadcast() {
	ip -o -f inet addr show dev "$1" 2>/dev/null |
		while read -r addr_nr addr_dev addr_family addr_net addr_word addr_value addr_more; do
			if [ "$addr_word" = brd ] && addr_within "$2" "$addr_net"; then
				echo "$addr_value"
				break
			fi
		done
}

# addr_hush : ends a sender that still tells the neighbours of the address
addr_hush() {
	addr_pidfile=$HA_RSCTMP/sender-$addr_ip
	[ -f "$addr_pidfile" ] || return 0
	read -r addr_pid <"$addr_pidfile"
	rm -f "$addr_pidfile"
	# the number may be another process's by now
	if grep -qF "$addr_ip" "/proc/$addr_pid/cmdline" 2>/dev/null && kill "$addr_pid" 2>/dev/null; then
		rsc_log INFO "killed previously running send_arp for $addr_ip"
	fi
	return 0
}

# addr_tell PROGRAM ARGUMENT... : starts heartbeat's sender in the background, or waits for it if ARP_BACKGROUND=no. An
# address that nobody is told of still works, so a missing sender is a warning.
addr_tell() {
	addr_program=$(rsc_helper "$1") || {
		rsc_log WARN "$1 is not installed: the neighbours of $addr_ip keep their old entries until these expire"
		return 0
	}
	shift
	rsc_log INFO "$addr_program $*"
	case ${ARP_BACKGROUND:-yes} in
	n* | N* | 0) "$addr_program" "$@" </dev/null >/dev/null ;;
	*)
		"$addr_program" "$@" </dev/null >/dev/null 2>&1 &
		echo $! >"$HA_RSCTMP/sender-$addr_ip"
		;;
	esac
}

# addr_tell_arp NIC IP INTERVAL_MS REPEAT : as the originals call it, ARP_INTERVAL_MS and ARP_REPEAT first
addr_tell_arp() {
	[ "$1" != lo ] || return 0
	addr_tell send_arp -i "${ARP_INTERVAL_MS:-$3}" -r "${ARP_REPEAT:-$4}" -p "$HA_RSCTMP/send_arp-$2" \
		"$1" "$2" auto "$2" "${ARP_NETMASK:-ffffffffffff}"
}
