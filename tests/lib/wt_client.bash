#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# wt_client.bash db|web ADDRESS FILE: the client of the walkthrough. For ever inserts numbered rows, or fetches a page; each one
# that was acknowledged is a line "UPTIME NUMBER" of FILE.
set -u

db() { timeout 5 mariadb -h "$1" -u client --connect-timeout=2 -e "insert into shop.orders values ($2)"; }
web() { [[ $(curl -sf -m 2 "http://$1/index.html") =~ ^(server[34]|fallback)$ ]]; }

n=0
while :; do
	n=$((n + 1))
	! "$1" "$2" $n || { read -r now _ </proc/uptime && echo "$now $n" >>"$3"; }
	sleep 0.3
done
