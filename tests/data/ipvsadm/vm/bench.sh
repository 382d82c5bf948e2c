# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints "WHAT WHO MS KB", the best of RUNS, for a table of SERVICES with SERVERS each.
: "${RUNS:=3}" "${SERVICES:=1000}" "${SERVERS:=10}"
for ((i = 0; i < SERVICES; i++)); do
	service=10.1.$((i / 250)).$((i % 250 + 1)):80
	echo "-A -t $service -s wlc"
	for ((j = 1; j <= SERVERS; j++)); do echo "-a -t $service -r 192.168.$((i % 200)).$j:8080 -m -w $j"; done
done >/tmp/rules
sed 's/ -w .*/ -w 77/' /tmp/rules >/tmp/changed

program() { if [ "$1" = ours ]; then echo /usr/sbin/ipvsadm; else echo /opt/original; fi; }

measure() { # WHAT WHO INPUT WORD... : needs the table as it is
	local what=$1 who=$2 input=$3 from to kb
	shift 3
	read -r from _ </proc/uptime
	busybox time -f '%M' -o /tmp/kb "$(program "$who")" "$@" <"$input" >/tmp/list || die "$what: $(cat /tmp/list)"
	read -r to _ </proc/uptime
	read -r kb </tmp/kb
	echo "$what $who $((10 * (10#${to/./} - 10#${from/./}))) $kb"
}

for ((run = 0; run < RUNS; run++)); do
	for who in original ours; do
		ipvsadm -C
		measure restore $who /tmp/rules -R
		[ "$(ipvsadm -Sn | grep -c ^-)" = $((SERVICES * (1 + SERVERS))) ] || die "not all is restored"
		measure list $who /dev/null -Ln
		measure stats $who /dev/null -Ln --stats
		measure names $who /dev/null -L
		measure save $who /dev/null -S -n
		measure one $who /dev/null -E -t 10.1.0.1:80 -s wlc
	done
	measure diff-same ours /tmp/rules -R --diff
	measure diff-weights ours /tmp/changed -R --diff
done
echo "all is well"
