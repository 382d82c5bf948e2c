# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
addresses 10.0.0.1/32 10.9.9.9/32
socat TCP4-LISTEN:8080,bind=10.9.9.9,reuseaddr,fork SYSTEM:cat 2>/dev/null &
ipvsadm -A -t 10.0.0.1:80 -s rr
ipvsadm -a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m -w 5
ipvsadm -a -t 10.0.0.1:80 -r 10.9.9.10:8080 -m -w 0
hears() { # WORD : the echo of it
	local word
	read -rt 90 word <&8 || die "the connection is cut"
	[ "$word" = "$1" ] || die "heard $word, not $1"
}
connect() { # opens a connection on descriptor 7 and proves it
	mkfifo /tmp/talk.$$ /tmp/heard.$$
	# ended by a reset, a connection is gone after 10 seconds and not after minutes
	socat - TCP4:10.0.0.1:80,linger=0 </tmp/talk.$$ >/tmp/heard.$$ 2>/dev/null &
	client=$!
	exec 7>/tmp/talk.$$ 8</tmp/heard.$$
	rm /tmp/talk.$$ /tmp/heard.$$
	echo hello >&7
	hears hello
}
until_true 90 sh -c 'echo hello | socat -t 1 - TCP4:10.9.9.9:8080 2>/dev/null | grep -q hello'
weight() { ipvsadm -Sn | awk '/10.9.9.9:8080/ { print $NF }'; }
servers() { ipvsadm -Sn | grep -c '^-a'; }

# without connections it is removed at once
check 0 '' '' ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.10:8080
[ "$(servers)" = 1 ] || die "still there"
check 255 '' 'No such destination' ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.10:8080
check 255 '' 'Service not defined' ipvsadm --drain -t 10.0.0.2:80 -r 10.9.9.9:8080
check 2 '' "You need to supply the 'real-server' option for the 'drain' command" ipvsadm --drain -t 10.0.0.1:80
check 2 '' "Illegal 'weight' option with the 'drain' command" ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.9:8080 -w 1
check 2 '' 'illegal deadline specified' ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.9:8080 --deadline soon

# with one, it gets no new ones, and is removed when that one has ended
connect
ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.9:8080 --deadline 100 7>&- 8<&- &
drain=$!
until_true 90 sh -c 'ipvsadm -Sn | grep -q "10.9.9.9:8080 -m -w 0"'
echo again >&7
hears again
[ "$(servers)" = 1 ] || die "removed with a connection"
kill -KILL $client
wait $drain || die "drain failed"
[ "$(servers)" = 0 ] || die "still there"

# and at the deadline in any case
ipvsadm -a -t 10.0.0.1:80 -r 10.9.9.9:8080 -m -w 5
connect
check 0 '' 'drain: 1 active and 0 inactive connections at the deadline' ipvsadm --drain -t 10.0.0.1:80 -r 10.9.9.9:8080 --deadline 1
[ "$(servers)" = 0 ] || die "still there"
echo "all is well"
