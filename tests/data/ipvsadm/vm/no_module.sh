# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
lsmod | awk '/^ip_vs_/ { print $1 }' | xargs -r rmmod
[ ! -e /proc/net/ip_vs ] || rmmod ip_vs

# it is loaded by itself
check 0 '' '' ipvsadm -Sn
[ -e /proc/net/ip_vs ] || die "not loaded"
rmmod ip_vs

# where it cannot be, as the original but for the line that names it
mv /lib/modules /lib/modules.away
/opt/original -Ln >/tmp/out 2>/tmp/original && die "the original has IPVS"
for words in -Ln '-A -t 10.0.0.1:80' --bogus '-R --diff'; do
	rc=0
	# shellcheck disable=SC2086
	ipvsadm $words </dev/null >/tmp/out 2>/tmp/ours || rc=$?
	[ $rc = 2 ] || die "$words: rc $rc"
	[ "$(tail -n 1 /tmp/ours)" = "The kernel module ip_vs is missing; the command to load it is: modprobe ip_vs" ] || die "$(cat /tmp/ours)"
	sed '$d' /tmp/ours | cmp - /tmp/original || die "$words: $(cat /tmp/ours)"
done
ipvsadm -v | grep -q '^ipvsadm v1.31 ' || die version
ipvsadm --help | grep -q -- '--add-service' || die help
check 0 '-A -t 10.0.0.1:80 -s wlc' '' ipvsadm -R --dry-run <<<'-A -t 10.0.0.1:80'
mv /lib/modules.away /lib/modules
check 0 '' '' ipvsadm -Sn
echo "all is well"
