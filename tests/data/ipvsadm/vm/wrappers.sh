# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
rules='-A -t 10.0.0.7:80 -s rr -p 60 -M 255.255.255.0
-a -t 10.0.0.7:80 -r 192.168.9.1:8080 -m -w 3
-A -f 3 -6 -s wlc'
named='-A -t vip.example.com:http -s rr -p 60 -M 255.255.255.0
-a -t vip.example.com:http -r rs1.example.com:http-alt -m -w 3
-A -f 3 -6 -s wlc'
ipvsadm -A -t 10.0.0.99:80
check 0 '' '' ipvsadm-restore <<<"# a comment
$rules"
table_is "$rules"
saved=$(ipvsadm-save -n)
check 0 "$(ipvsadm -S)" '' ipvsadm-save
[ "$(ipvsadm-save | sort)" = "$(sort <<<"$named")" ] || die "names: $(ipvsadm-save)"
ipvsadm-save >/tmp/named
check 0 '' '' ipvsadm-restore </tmp/named
table_is "$saved"
if ipvsadm-save -x >/tmp/out 2>/tmp/err; then die "-x is taken"; fi
[ ! -s /tmp/out ] || die "ipvsadm-save -x prints a table"
[ "$(wc -l </tmp/err)" = 2 ] || die "help of ipvsadm-save"
check 2 '' 'illegal weight specified' ipvsadm-restore <<<"-A -t 10.0.0.1:80
-a -t 10.0.0.1:80 -r 10.9.9.9 -w x
-A -t 10.0.0.2:80"
table_is '-A -t 10.0.0.1:80 -s wlc'
check 0 '' '' ipvsadm-restore </dev/null
table_is ''
echo "all is well"
