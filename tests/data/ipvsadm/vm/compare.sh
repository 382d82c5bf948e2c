# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs /cases by the original and by ours; the last line of the output tells whether all is the same.
trap 'touch /tmp/compared' EXIT
modprobe ip_vs
ipvs_cases /opt/original /cases >/tmp/original.txt || exit
ipvs_cases /usr/sbin/ipvsadm /cases >/tmp/ours.txt || exit
if cmp -s /tmp/original.txt /tmp/ours.txt; then
	echo "$(grep -c '^\$ ' /tmp/ours.txt) commands in $(grep -c '^$' /cases) sequences: all the same"
else
	diff -U 8 /tmp/original.txt /tmp/ours.txt | head -n 300
fi
