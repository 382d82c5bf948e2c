#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DRBD handlers before- and after-resync-target: keep an LVM snapshot of the good old data while a resync makes the disk
# inconsistent. Called as unsnapshot-resync-target-lvm.sh it removes the snapshot.
#   [-p PERCENT] [-a KIB] [-n] [-v] [-- LVCREATE-OPTION...]
#   -p, --percent          of the volume's size for the snapshot, beside what is out of sync (10)
#   -a, --additional       that many KiB on top (10240)
#   -n, --disconnect-on-error   a snapshot that can not be made keeps the resync from starting
#   -v, --verbose

SNAP_PERC=10
SNAP_ADDITIONAL=10240
DISCONNECT_ON_ERROR=0
LVC_OPTIONS=''
BE_VERBOSE=0
# shellcheck disable=SC1091
[ ! -f /etc/default/drbd-snapshot ] || . /etc/default/drbd-snapshot

me=$(basename "$0")
say() {
	logger -p local5.info -t "${me}[$$]" -- "$*"
	echo "$me: $*"
}

options=$(getopt -o p:a:nv --long percent:,additional:,disconnect-on-error,verbose -n "$me" -- "$@") || exit 0
eval set -- "$options"
while [ "$1" != -- ]; do
	case $1 in
	-p | --percent) SNAP_PERC=$2; shift ;;
	-a | --additional) SNAP_ADDITIONAL=$2; shift ;;
	-n | --disconnect-on-error) DISCONNECT_ON_ERROR=1 ;;
	-v | --verbose) BE_VERBOSE=1 ;;
	esac
	shift
done
shift
[ $# -eq 0 ] || LVC_OPTIONS=$*

if [ -z "$DRBD_RESOURCE" ] || [ -z "$DRBD_LL_DISK" ]; then
	say "DRBD_RESOURCE and DRBD_LL_DISK have to be set: this is called by drbdadm as a handler"
	exit 0
fi
DRBDADM=${DRBDADM:-/sbin/drbdadm}
PROC_DRBD=${PROC_DRBD:-/proc/drbd}
volume=$DRBD_RESOURCE${DRBD_VOLUME:+/$DRBD_VOLUME}

# The logical volume is below the lowest DRBD.
suffix=''
if device=$("$DRBDADM" sh-ll-dev "$volume" 2>/dev/null) && [ -n "$device" ]; then
	:
else
	suffix=-stacked
	lower=$("$DRBDADM" -S sh-lr-of "$volume") || { say "$volume: no configuration"; exit 0; }
	device=$("$DRBDADM" sh-ll-dev "$lower${DRBD_VOLUME:+/$DRBD_VOLUME}") || { say "$lower: no lower device"; exit 0; }
fi
info=$(lvs --noheadings --nosuffix --units k --separator , -o vg_name,lv_name,lv_size "$device" 2>/dev/null)
if [ -z "$info" ]; then
	[ "$BE_VERBOSE" = 0 ] || say "$device is no logical volume"
	exit 0
fi
IFS=, read -r vg lv size_kib <<<"${info//[[:space:]]/}"
snapshot=$lv-before-resync$suffix

if [[ $me == *unsnapshot* ]]; then
	say "removing snapshot $vg/$snapshot"
	lvremove -f "$vg/$snapshot"
	exit 0
fi

minor=${DRBD_MINOR%% *}
oos_kib=$(awk -v m="$minor:" '$1 == m { on = 1 } on && match($0, /oos:[0-9]+/) { print substr($0, RSTART + 4, RLENGTH - 4); exit }' \
	"$PROC_DRBD" 2>/dev/null)
snap_kib=$((${oos_kib:-0} + SNAP_ADDITIONAL + ${size_kib%%.*} * SNAP_PERC / 100))
say "creating snapshot $vg/$snapshot of ${snap_kib}k"
# shellcheck disable=SC2086 # words
lvcreate -s -n "$snapshot" -L "${snap_kib}k" $LVC_OPTIONS "$vg/$lv"
status=$?
[ "$DISCONNECT_ON_ERROR" = 1 ] || status=0
exit "$status"
