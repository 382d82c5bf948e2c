# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the scripts in this folder, which run in the machine; each ends with a line "all is well".
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
ip link set lo up

die() { echo "FAILED: $*"; exit 1; }

# check RC STDOUT STDERR COMMAND... : what COMMAND gives
check() {
	local rc=$1 out=$2 err=$3 have=0
	shift 3
	"$@" >/tmp/out.$$ 2>/tmp/err.$$ || have=$?
	[ "$have" = "$rc" ] || die "$*: rc $have, want $rc: $(cat /tmp/err.$$)"
	[ "$(cat /tmp/out.$$)" = "$out" ] || die "$*: printed $(cat /tmp/out.$$), want $out"
	[ "$(cat /tmp/err.$$)" = "$err" ] || die "$*: complained $(cat /tmp/err.$$), want $err"
}

table_is() { check 0 "$1" '' ipvsadm -Sn; }

# until_true SECONDS COMMAND... : waits for it
until_true() {
	local left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || die "never: $*"
		sleep 0.1
	done
}

addresses() { # ADDRESS... : on lo
	local a
	for a; do ip addr add "$a" dev lo nodad 2>/dev/null || ip addr add "$a" dev lo; done
}
