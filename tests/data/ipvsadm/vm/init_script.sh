# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
init() { bash /etc/init.d/ipvsadm "$@"; }
rules=/etc/sysconfig/ipvsadm
mkdir -p /etc/sysconfig /var/lock/subsys
modprobe ip_vs
ipvsadm -C
check 6 "ipvsadm: loading the table: $rules is missing: FAILED" '' init start
printf '%s\n' '# saved' '-A -t 10.0.0.1:80 -s rr' '-a -t 10.0.0.1:80 -r 10.9.9.9:80 -g -w 1' >$rules
check 0 'ipvsadm: loading the table: OK' '' init start
[ -e /var/lock/subsys/ipvsadm ] || die "no lock"
table_is "$(sed 1d $rules)"
init status | grep -q '10.9.9.9:80' || die "status"
ipvsadm -A -f 9
check 0 "ipvsadm: saving the table to $rules: OK" '' init save
grep -q -- '-A -f 9 -s wlc' $rules || die "not saved"
check 0 'ipvsadm: clearing the table: OK' '' init panic
table_is ''
check 0 'ipvsadm: loading the table anew: OK' '' init restart
table_is "$(cat $rules)"
# the table cannot be read: the rules stay
was=$(cat $rules)
mv /usr/sbin/ipvsadm-save /usr/sbin/ipvsadm-save.away
init save >/dev/null 2>&1 && die "saved without ipvsadm-save"
mv /usr/sbin/ipvsadm-save.away /usr/sbin/ipvsadm-save
[ "$(cat $rules)" = "$was" ] || die "the rules are lost"
echo IPVS_SAVE_ON_STOP=yes >/etc/sysconfig/ipvsadm-config
ipvsadm -D -f 9
check 0 'ipvsadm: clearing the table: OK' '' init stop
grep -q -- '-f 9' $rules && die "not saved at stop"
[ ! -e /proc/net/ip_vs ] || die "not unloaded"
[ ! -e /var/lock/subsys/ipvsadm ] || die "locked"
check 3 'ipvsadm: IPVS is not loaded' '' init status
check 0 'ipvsadm: clearing the table: OK' '' init stop
[ -s $rules ] || die "the rules are lost"
init bogus >/dev/null && die "bogus is taken"
echo "all is well"
