#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DRBD handler: one mail about what has happened, by the name this is called with (notify-split-brain.sh ...).
#   notify-EVENT.sh [RECIPIENT]
# Whatever goes wrong here goes to syslog: nobody sees a handler's output.

me=$(basename "$0")
exec > >(exec logger -p "${FACILITY:-local5}.info" -t "${me}[$$]") 2>&1

recipient=${1:-root}
if [ -z "$DRBD_RESOURCE" ] || [ -z "$DRBD_PEER" ]; then
	echo "DRBD_RESOURCE and DRBD_PEER have to be set: this is called by drbdadm as a handler"
	exit 1
fi
if [ -n "$DRBD_VOLUME" ]; then
	object="$DRBD_RESOURCE/$DRBD_VOLUME (drbd$DRBD_MINOR)"
else
	object=$DRBD_RESOURCE
fi
host=$(hostname)

case $me in
notify-split-brain.sh)
	subject="DRBD split brain on resource $object"
	text="Both nodes have changes of $object that the other does not have. They stay disconnected until one side's
are given up: see what each has with 'drbdadm split-brain $DRBD_RESOURCE'."
	;;
notify-io-error.sh)
	subject="DRBD I/O error on resource $object"
	text="The backing device of $object on $host reported an error."
	;;
notify-pri-on-incon-degr.sh)
	subject="DRBD primary without usable data on resource $object"
	text="$host is Primary, $DRBD_PEER is out of reach, and the data of $object here is not up to date."
	;;
notify-pri-lost.sh)
	subject="DRBD primary to be resynced on resource $object"
	text="$host is Primary, but $DRBD_PEER has the better data of $object."
	;;
notify-pri-lost-after-sb.sh)
	subject="DRBD primary lost split brain recovery on resource $object"
	text="$host is Primary, and the changes of $object made here are to be given up after a split brain."
	;;
notify-emergency-reboot.sh)
	subject="DRBD emergency reboot of $host"
	text="$host reboots now because of $object."
	;;
notify-emergency-shutdown.sh)
	subject="DRBD emergency shutdown of $host"
	text="$host shuts down now because of $object."
	;;
notify-out-of-sync.sh)
	subject="DRBD verify found differences on resource $object"
	text="Online verify of $object found blocks that differ between $host and $DRBD_PEER. To bring them in line:
drbdadm disconnect $DRBD_RESOURCE; drbdadm connect $DRBD_RESOURCE"
	;;
*)
	subject="DRBD unspecified event on resource $object"
	text="Something happened to $object."
	;;
esac

mail -s "$subject" "$recipient" <<END
$text

host:     $host
peer:     $DRBD_PEER
resource: $object

$(cat "${PROC_DRBD:-/proc/drbd}" 2>/dev/null)
END
