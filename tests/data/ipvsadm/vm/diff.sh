# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
addresses 10.0.0.1/32 10.9.9.9/32
socat TCP4-LISTEN:8080,bind=10.9.9.9,reuseaddr,fork SYSTEM:cat 2>/dev/null &
first='-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m -w 1
-a -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 1
-A -u 10.0.0.1:53 -s rr
-A -f 3 -s wlc'
check 0 '' '' ipvsadm -R --diff <<<"$first"
check 0 '' '' ipvsadm -R --diff --dry-run <<<"$first"
ipvsadm -e -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -x 50 -y 10
ipvsadm -Z
until_true 90 sh -c 'ipvsadm -e -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 0 -x 50 -y 10; echo hello | socat -t 5 - TCP4:10.0.0.1:80 2>/dev/null | grep -q hello'
ipvsadm -e -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 1 -x 50 -y 10
counters() { ipvsadm -Ln --stats --exact -t 10.0.0.1:80 | awk '/10.9.9.9:8080/ { print $3 }'; }
counted() { [ "$(counters)" -ge "${1:-1}" ]; }
until_true 90 counted	# the kernel sums up every two seconds
before=$(counters)

second='-A -t 10.0.0.1:80 -s wrr
-a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m -w 1
-a -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 9
-a -t 10.0.0.1:80 -r 10.9.9.11:8080 -m -w 2
-A -t 10.0.0.2:80 -s rr
-A -f 3 -s wlc'
plan='-E -t 10.0.0.1:80 -s wrr
-e -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 9 -x 50 -y 10
-a -t 10.0.0.1:80 -r 10.9.9.11:8080 -m -w 2
-A -t 10.0.0.2:80 -s rr
-D -u 10.0.0.1:53'
was=$(ipvsadm -Sn)
check 0 "$plan" '' ipvsadm -R --diff --dry-run <<<"$second"
table_is "$was"

# one bad line of any kind: nothing changes, and the line is named
refused() { # TEXT LINE... : behind the lines of $second
	local text=$1
	shift
	check "${RC:-2}" '' "standard input, line 7: $text" ipvsadm -R --diff <<<"$second
$(printf '%s\n' "$@")"
	table_is "$was"
}
refused 'illegal weight specified' '-a -t 10.0.0.1:80 -r 10.9.9.12 -w many'
refused 'Service already exists' '-A -f 3'
refused 'Destination already exists' '-a -t 10.0.0.1:80 -r 10.9.9.11:8080 -m'
refused 'Service not defined' '-a -t 10.0.0.77:80 -r 10.9.9.11:8080 -m'
refused 'a wanted table has -A and -a lines only' '-C'
refused 'the lower threshold is above the upper one' '-a -t 10.0.0.2:80 -r 10.9.9.12 -y 5'
refused "Try \`ipvsadm -h' or 'ipvsadm --help' for more information." 'nonsense'
refused '--bogus: unknown option' '-A -t 10.0.0.5:80 --bogus'
# what only the kernel can tell is undone
RC=255 refused 'Scheduler or persistence engine not found
the table is as it was before' '-A -t 10.0.0.5:80 -s nosuch'
RC=255 refused 'Invalid operation.  Possibly wrong module version, address not unicast, ...
the table is as it was before' '-a -t 10.0.0.2:80 -r 224.0.0.1'

check 0 '' '' ipvsadm -R --diff <<<"$second"
check 0 '' '' ipvsadm -R --diff --dry-run <<<"$second"
counted "$before" || die "the counters of a server that stays are gone"
ipvsadm -Ln --thresholds | grep -q '10.9.9.10:8080 *50 *10 ' || die "thresholds that no line gives are gone"
check 0 '' '' ipvsadm -R --diff </dev/null
table_is ''
echo "all is well"
