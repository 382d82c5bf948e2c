#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DRBD handler fence-peer: lets Pacemaker's fencing shoot every host of the peer. Exit 7: done; 1: it is not.

exec > >(exec logger -p "${FACILITY:-local5}.info" -t "$(basename "$0")[$$]") 2>&1

if [ -z "$DRBD_PEERS" ]; then
	echo "DRBD_PEERS is empty: nobody to fence"
	exit 1
fi
status=7
for host in $DRBD_PEERS; do
	if stonith_admin --fence "$host"; then
		echo "$host is fenced"
	else
		echo "stonith_admin --fence $host: exit code $?"
		status=1
	fi
done
exit "$status"
