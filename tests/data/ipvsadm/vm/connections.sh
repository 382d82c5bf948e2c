# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Services with traffic of every kind; each list is taken by both programs until no second has passed between the two.
addresses 10.0.0.1/32 10.9.9.9/32 10.9.9.8/32 2001:db8::1/128 2001:db8:9::9/128
serve() { # SOCAT-ADDRESS
	socat "$1" SYSTEM:'cat',nofork >/dev/null 2>&1 &
}
for server in 10.9.9.9 10.9.9.8; do
	serve "TCP4-LISTEN:8080,bind=$server,reuseaddr,fork"
	serve "UDP4-RECVFROM:5060,bind=$server,fork"
	serve "UDP4-RECVFROM:53,bind=$server,fork"
done
serve "TCP6-LISTEN:8080,bind=[2001:db8:9::9],reuseaddr,fork"

ipvsadm -R <<-END
	-A -t 10.0.0.1:80 -s rr
	-a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m -x 9 -y 3
	-a -t 10.0.0.1:80 -r 10.9.9.8:8080 -m -w 2
	-A -t 10.0.0.1:443 -s rr -p 300 -M 255.255.255.0
	-a -t 10.0.0.1:443 -r 10.9.9.9:8080 -m
	-A -u 10.0.0.1:53 -s rr
	-a -u 10.0.0.1:53 -r 10.9.9.9:53 -m
	-A -u 10.0.0.1:5060 -s rr -p 120 --pe sip -o
	-a -u 10.0.0.1:5060 -r 10.9.9.9:5060 -m
	-A -t [2001:db8::1]:80 -s wlc -p 90 -M 64
	-a -t [2001:db8::1]:80 -r [2001:db8:9::9]:8080 -m
	-A -f 5 -s rr -p 100
	-a -f 5 -r 10.9.9.8:0 -g
	-A -f 6 -6 -s rr
	-a -f 6 -6 -r [2001:db8:9::9]:53 -m
END
talk() { # SOCAT-ADDRESS [TEXT] : says it; the connection stays
	(printf '%b' "${2:-hello\n}"; sleep 600) | socat -T 600 - "$1" >/dev/null 2>&1 &
}
for port in 40001 40002 40003; do talk "TCP4:10.0.0.1:80,bind=10.0.0.1:$port"; done
talk TCP4:10.0.0.1:443,bind=10.0.0.1:40004
talk UDP4:10.0.0.1:53,bind=10.0.0.1:40005
talk 'TCP6:[2001:db8::1]:80,bind=[2001:db8::1]:40006'
talk UDP4:10.0.0.1:5060,bind=10.0.0.1:40007 \
	'INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nCall-ID: 4711-abc@caller.example.com\r\nContent-Length: 0\r\n\r\n'
# marked as by netfilter: SO_MARK
talk UDP4:10.9.9.8:53,bind=10.0.0.1:40008,setsockopt-int=1:36:5
talk 'UDP6:[2001:db8:9::9]:53,bind=[2001:db8::1]:40009,setsockopt-int=1:36:6'
# the first three, those of 443, 53 and the IPv6 service, with their templates
for port in 9C41 9C42 9C43 9C44 9C45 9C46 9C48 9C49; do until_true 90 grep -q " $port " /proc/net/ip_vs_conn; done
until_true 90 grep -q 4711-abc /proc/net/ip_vs_conn
until_true 90 grep -q '^IP ' /proc/net/ip_vs_conn

both() { # ARGUMENTS : a list that both give; a number that moves between the two is given another chance, 30 times
	local original ours
	for _ in {1..30}; do
		/opt/original "$@" >/tmp/original 2>&1
		original=$?
		/usr/sbin/ipvsadm "$@" >/tmp/ours 2>&1
		ours=$?
		# the minutes and seconds that a connection has left run on between the two: their form alone is compared
		sed -i -E 's/^([A-Z]+ +)[0-9]{2}:[0-9]{2} /\1MM:SS /' /tmp/original /tmp/ours
		if [ $original = $ours ] && cmp -s /tmp/original /tmp/ours; then
			[ -s /tmp/ours ] || die "$*: nothing"
			return
		fi
	done
	diff -U 3 /tmp/original /tmp/ours
	die "$*: differs"
}
set +e
for words in '' -n -c '-n -c' '-c --persistent-conn' '-n -c --persistent-conn' '-c -n --nosort' '-c -n --exact' --stats '--stats -n' \
	'--stats --exact' --rate '--rate -n' '--rate --exact -n' --thresholds '--thresholds -n' --persistent-conn '--persistent-conn -n' \
	'--tun-info -n' '--nosort -n' '--stats -n -t 10.0.0.1:80' '--rate -n -f 5' '-n -f 6 -6' '-n -u 10.0.0.1:5060' \
	'--persistent-conn -n -t 10.0.0.1:443' '--thresholds -n -t [2001:db8::1]:80'; do
	# shellcheck disable=SC2086 # words
	both -L $words
done
ipvsadm -Lnc --persistent-conn
ipvsadm -Z -t 10.0.0.1:80
both -Ln --stats
ipvsadm -Z
both -Ln --stats
echo "all is well"
