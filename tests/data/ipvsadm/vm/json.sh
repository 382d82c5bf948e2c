# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Documents with a line -- behind each: all, one service, timeouts, daemons, connections, an empty table.
addresses 10.0.0.1/32 10.9.9.9/32
socat TCP4-LISTEN:8080,bind=10.9.9.9,reuseaddr,fork SYSTEM:cat 2>/dev/null &
ipvsadm -R <<-END
	-A -t 10.0.0.1:80
	-a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m
	-A -u 10.0.0.1:5060 -s rr -p 60 -M 255.255.255.0 -o --pe sip
	-A -f 4294967295 -6
	--start-daemon backup --mcast-interface lo --syncid 5
END
until_true 90 sh -c 'echo hello | socat -t 5 - TCP4:10.0.0.1:80 2>/dev/null | grep -q hello'
ipvsadm -a -t 10.0.0.1:80 -r 10.9.9.200 -i --tun-type gue --tun-port 6080 -w 7 -x 9 -y 3
until_true 90 sh -c 'ipvsadm -L --json | grep -q "\"connections\": [1-9]"'	# the kernel sums up every two seconds
for words in -L '-L -t 10.0.0.1:80' '-L --timeout' '-L --daemon' -Lc; do
	# shellcheck disable=SC2086
	ipvsadm $words --json
	echo --
done
ipvsadm --stop-daemon backup
ipvsadm -C
ipvsadm -L --json
