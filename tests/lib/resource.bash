# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers for the tests of resource.d: a place with network, mounts, processes and a root of its own, in which either
# our scripts or Debian's originals are installed.

RSC_TREE=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/lib/originals.bash
. "$RSC_TREE/tests/lib/originals.bash"
RSC_ORIG=$HA_CACHE/originals/resource-scripts

# Unpacks Debian's scripts, agents and what their programs need, once.
rsc_fetch_originals() {
	local dir
	[ ! -e "$RSC_ORIG/done" ] || return 0
	rm -rf "$RSC_ORIG"
	(original_unpack "$RSC_ORIG/root" heartbeat resource-agents drbd-utils cluster-glue libplumb2 libpils2 \
		liblrm2 libplumbgpl2 libheartbeat2 libltdl7 libnet1 libstonith1 libtimedate-perl) || return
	rm -rf "$RSC_ORIG/root/usr/share/doc" "$RSC_ORIG/root/usr/share/man"
	# /lib and /sbin are links on the machine that this is laid over
	for dir in bin sbin lib; do
		[ -d "$RSC_ORIG/root/$dir" ] || continue
		mkdir -p "$RSC_ORIG/root/usr/$dir"
		cp -a "$RSC_ORIG/root/$dir/." "$RSC_ORIG/root/usr/$dir/" && rm -rf "${RSC_ORIG:?}/root/$dir"
	done
	[ -x "$RSC_ORIG/root/etc/ha.d/resource.d/IPaddr" ] && touch "$RSC_ORIG/done"
}

# Our scripts as `make install` lays them out, below FOLDER.
rsc_install() { # FOLDER
	make -s -C "$RSC_TREE" O="$O" DESTDIR="$1" install-resource.d >/dev/null
}

# rsc_place ours|theirs|mixed COMMAND... : runs it as the root of a machine of its own, with our scripts, theirs, or ours on
# theirs: all that it writes, mounts and starts is gone with it. An eth0 with 172.25.77.1/24 has its other end, peer0, in the
# same namespace; no name server, no route out. The caller's folder $RSC_OUT is its /tmp/here, the checkout its /run/tree.
rsc_place() {
	local ours=$BATS_FILE_TMPDIR/ours scripts
	[ -d "$ours" ] || rsc_install "$ours" || return
	case $1 in
	ours) scripts=$ours ;;
	theirs) scripts=$RSC_ORIG/root ;;
	mixed) scripts="$RSC_ORIG/root $ours" ;;
	esac
	shift
	: "${RSC_OUT:=$BATS_TEST_TMPDIR}"
	# shellcheck disable=SC2016 # for the inner shell
	RSC_OUT=$RSC_OUT unshare --net --mount --pid --fork --kill-child bash -c '
		set -e
		scripts=$1 tree=$2
		shift 2
		mount --make-rprivate /
		base=$(mktemp -d /tmp/rsc_place.XXXXXX)
		mount -t tmpfs tmpfs "$base"
		trap "cd /; umount -l \"$base\"; rmdir \"$base\"" EXIT
		mkdir "$base/upper" "$base/work" "$base/root" "$base/scripts"
		for dir in $scripts; do cp -a "$dir/." "$base/scripts"; done	# a layer must not lie inside another
		mount -t overlay overlay -o "lowerdir=$base/scripts:/,upperdir=$base/upper,workdir=$base/work" "$base/root"
		cd "$base/root"
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount --rbind /dev dev
		mount -t tmpfs tmpfs run
		mount -t tmpfs tmpfs tmp
		mkdir tmp/here run/tree run/resource-agents run/lock
		mount --bind "$RSC_OUT" tmp/here
		mount --bind "$tree" run/tree	# wherever the checkout is mounted
		rm -f etc/resolv.conf
		ip link set lo up
		ip link add eth0 address 02:00:00:00:77:01 type veth peer name peer0 address 02:00:00:00:77:02
		ip link set eth0 up
		ip link set peer0 up
		ip addr add 172.25.77.1/24 brd + dev eth0
		env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
			HA_LOGFILE=/run/ha-log HA_DEBUGLOG=/run/ha-debug HA_LOGD=no HA_CURHOST=server1 \
			chroot . /bin/bash -c '"'cd /; \"\$@\"'"' place "$@" </dev/null' place "$scripts" "$RSC_TREE" "$@"
}

# rsc_test ours|theirs <SCRIPT : runs a script of bash in such a place; it stops at the first command that fails, and has
# the functions below.
rsc_test() {
	cat >"$BATS_TEST_TMPDIR/script"
	# shellcheck disable=SC2016 # for the inner shell
	rsc_place "$1" bash -c '
		set -eEu
		trap "echo \"line \$LINENO: \$BASH_COMMAND\" >&2" ERR
		. /run/tree/tests/lib/resource.bash
		. /tmp/here/script'
}

# act CODE STDOUT SCRIPT ARGUMENT... : runs a resource script; the code and all of stdout have to be these
act() {
	local code=$1 want=$2 rc=0
	shift 2
	out=$("/etc/ha.d/resource.d/$1" "${@:2}" 2>/run/err) || rc=$?
	[ "$rc" = "$code" ] && [ "$out" = "$want" ] && return
	printf '%s\n' "$*: exit code $rc, want $code; stdout:" "$out" "want:" "$want" "stderr:" "$(cat /run/err)"
	return 1
}
export RSC_OK='INFO:  Success' RSC_RUNNING='INFO:  Running OK' RSC_STOPPED='INFO:  Resource is stopped'

# not COMMAND... : fails if it succeeds, as ! alone does not
not() {
	if "$@"; then
		echo "should fail: $*"
		return 1
	fi
}

# until_true COMMAND... : waits up to 10 seconds until it succeeds
until_true() {
	local left=200
	until "$@"; do
		[ $((left -= 1)) -gt 0 ] || { echo "never true: $*"; return 1; }
		sleep 0.05
	done
}

# fake NAME <SCRIPT : puts a program in front of the real one; its calls are in /run/calls
fake() {
	{
		echo '#!/bin/bash'
		# shellcheck disable=SC2016 # for the fake
		echo 'echo "${0##*/}${*:+ $*}" >>/run/calls'
		cat
	} >"/usr/local/sbin/$1"
	chmod 755 "/usr/local/sbin/$1"
}

calls() { # prints what the fakes were called with since the last time
	[ ! -e /run/calls ] || cat /run/calls
	rm -f /run/calls
}
