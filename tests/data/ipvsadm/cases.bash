#!/bin/bash
# Prints command sequences for tests/kernel/ipvs_cases.c, valid and invalid, on which ipvsadm and the original must agree.
#   cases.bash         what every run compares
#   cases.bash full    with the whole product of commands, options and values
set -u
full=${1-}

seq_() { printf '%s\n' "$@" ''; } # one sequence: a command an argument
each() { # TEMPLATE VALUE... : one sequence per value, which stands for @
	local template=$1 value
	shift
	for value; do seq_ "${template//@/$value}"; done
}
one_table() { # TEMPLATE VALUE... : all in one sequence, behind a table to work on
	local template=$1 value
	shift
	table
	for value; do echo "${template//@/$value}"; done
	echo
}
table() {
	printf '%s\n' \
		'-A -t 10.0.0.1:80 -s rr' \
		'-a -t 10.0.0.1:80 -r 192.168.9.1:8080 -m -w 100' \
		'-a -t 10.0.0.1:80 -r 10.9.9.9:80 -g' \
		'-A -t 10.0.0.2:443 -s wlc -p 300' \
		'-a -t 10.0.0.2:443 -r 192.168.9.1 -i -x 1000 -y 100' \
		'-A -u 10.0.0.1:53 -s wrr -o' \
		'-A -f 7 -6 -s wrr' \
		'-A -t [2001:db8::1]:80 -s wrr -p 60 -M 64' \
		'-a -t [2001:db8::1]:80 -r [2001:db8::3]:8080 -m -w 3'
}

# ---- the words ----
none=(numeric connection gatewaying ipip masquerading timeout daemon stats rate thresholds persistent-conn nosort exact ops
	tun-info tun-nocsum tun-csum tun-remcsum sort ipv6)
with=('tcp-service 10.0.0.1:80' 'udp-service 10.0.0.1:80' 'sctp-service 10.0.0.1:80' 'fwmark-service 7' 'scheduler rr'
	'persistent 60' 'netmask 255.255.255.0' 'real-server 192.168.9.1:80' 'weight 5' 'u-threshold 9' 'l-threshold 3'
	'mcast-interface lo' 'syncid 5' 'pe sip' 'sched-flags flag-1' 'mcast-group 224.0.0.90' 'mcast-port 8850'
	'mcast-ttl 2' 'sync-maxlen 1000' 'tun-type gue' 'tun-port 6080')
short=('-n' '-c' '-g' '-i' '-m' '-o' '-X' '-6' '-t 10.0.0.1:80' '-u 10.0.0.1:80' '-f 7' '-s rr' '-p' '-M 255.255.0.0'
	'-r 192.168.9.1:80' '-w 3' '-x 4' '-y 2' '-b flag-2')
bare=(-A -E -D -C -L -l -S -Z -a -d -e '--set 1 2 3' '--start-daemon master' '--stop-daemon master' '-R < -L\n')
complete=('-A -t 10.0.0.5:80' '-E -t 10.0.0.1:80' '-D -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -r 192.168.9.7'
	'-d -t 10.0.0.1:80 -r 10.9.9.9:80' '-e -t 10.0.0.1:80 -r 10.9.9.9')

# ---- first words ----
each @ -q --bogus foo '-n' '-t 10.0.0.1:80 -A' --lis --start-daemon --stop-daemon '--set' '--set 1' '--set 1 2' '\e' '-' '--' \
	'-- -L' 'foo -L' '-L foo' '-L foo bar' '-L -- foo' '-L --' '-LA' '-AL' '-Lh' '-L -A' '-L --add-service' '-L --clear' \
	'-C -C' '-L -l' '-L -Z' '-L --start-daemon master' '--list' '--list=x' '-L -q' '-Lq' '-L --bogus' '-L -t' '-L --bogus=1' \
	'-A -t' '-A -s' '-At10.0.0.9:80' '-At 10.0.0.9:80 -srr' '-A --tcp-service=10.0.0.9:80 --scheduler=wrr' '-Lnc' '-ln' '-lnX' \
	'-At=10.0.0.9:80' '--start-daemon foo' '--stop-daemon foo' '--start-daemon \e' '--start-daemon=backup --mcast-interface=lo' \
	'--start-daemon MASTER' '-S foo' '-C foo' '-Z foo' '-D foo' '-L -n=1' '-L -n1' '--clear=1' '-l' '-L --lis' 'ipvsadm -L' \
	'-A -D -t 10.0.0.1:80' '-A -t 10.0.0.1:80 -E' '-A -t 10.0.0.1:80 -ZL' '-L -t -n' '-A -t -s rr' '-A -t 10.0.0.9:80 -s -p' \
	'-A -t 10.0.0.9:80 -p -s rr' '-A -t 10.0.0.9:80 -p60 -srr' '-A -t 10.0.0.9:80 -p=60' '-A -t 10.0.0.9:80 --persistent=60' \
	'-A -t 10.0.0.9:80 --persistent 60' '-A -t 10.0.0.9:80 --persistent' '-A -t 10.0.0.9:80 --persistent=' \
	'-A -t 10.0.0.9:80 -p \e' '-A -t 10.0.0.9:80 -p foo' '-A -t 10.0.0.9:80 -p 60 70' '-A -t 10.0.0.9:80 -p -5' \
	'-a -t 10.0.0.1:80 -r 1.2.3.4 -w -1' '-a -t 10.0.0.1:80 -r 1.2.3.4 -w --' '-Ln 10.0.0.1' '-L 10.0.0.1:80'

# ---- what goes with what ----
if [ "$full" = full ]; then
	for c in "${bare[@]}" "${complete[@]}"; do
		case $c in '-R '*) each "-R @ < -L\n" "${none[@]/#/--}" "${with[@]/#/--}" "${short[@]}"; continue ;; esac
		one_table "$c @" "${none[@]/#/--}" "${with[@]/#/--}" "${short[@]}"
	done
else
	for c in "${bare[@]}"; do
		case $c in '-R '*) each "-R @ < -L\n" -n '-t 10.0.0.1:80' '--syncid 5'; continue ;; esac
		one_table "$c @" -n --nosort '--syncid 5' -o '--tun-port 6080' --sort
	done
	one_table '-L @' "${none[@]/#/--}" "${with[@]/#/--}"
	one_table '-S @' "${short[@]}"
	one_table '-D -t 10.0.0.9:80 @' "${short[@]}"
	one_table '-e -t 10.0.0.1:80 -r 10.9.9.9 @' "${short[@]}" "${with[@]/#/--}"
fi

# twice
each '-A @' '-t 1.1.1.1:1 -t 1.1.1.1:1' '-t 1.1.1.1:1 -u 1.1.1.1:1' '-f 1 -t 1.1.1.1:1' '-t 1.1.1.1:1 -s rr -s rr' '-o -o' '-p -p' \
	'-p -p 5' '-M 255.0.0.0 -M 255.0.0.0' '--pe sip --pe sip' '-b flag-1 -b flag-1' '--sctp-service 1.1.1.1:1 -t 1.1.1.1:1'
each '-a -t 10.0.0.1:80 @' '-r 1.1.1.1 -r 1.1.1.1' '-g -i' '-m -m' '-w 1 -w 1' '-x 1 -x 1' '-y 1 -y 1' '--tun-type gue --tun-type gue' \
	'--tun-port 1 --tun-port 2' '--tun-csum --tun-csum' '--tun-nocsum --tun-nocsum' '--tun-remcsum --tun-remcsum' '-g -g'
each '-L @' '-n -n' '-nn' '-c -c' '--stats --stats' '--rate --rate' '--thresholds --thresholds' '--timeout --timeout' '--exact -X' \
	'--daemon --daemon' '--nosort --nosort' '--sort --sort' '--tun-info --tun-info' '--persistent-conn --persistent-conn' '--sort --nosort'
each '--start-daemon master --mcast-interface lo @' '--syncid 1 --syncid 1' '--mcast-ttl 1 --mcast-ttl 1' '--mcast-port 1 --mcast-port 1' \
	'--mcast-interface lo' '--mcast-group 224.0.0.1 --mcast-group 224.0.0.1' '--sync-maxlen 5 --sync-maxlen 6'

# ---- values ----
numbers=(0 1 5 -1 +5 '\s7' '7\s' 007 0x10 '\e' abc 1a 1.5 2147483647 2147483648 4294967295 4294967296 65535 65536 255 256 2678400
	2678401 99999999999999999999 -99999999999999999999 ' ')
if [ "$full" = full ]; then
	each '-f @' 1
	for o in -w -x -y; do one_table "-e -t 10.0.0.1:80 -r 10.9.9.9 $o @" "${numbers[@]}"; done
	one_table '--set @ 0 0' "${numbers[@]}"
	one_table '--set 0 @ 10' "${numbers[@]}"
	one_table '--set 0 0 @' "${numbers[@]}"
	one_table '-E -t 10.0.0.1:80 -p @' "${numbers[@]}"
	each '-A -f @' "${numbers[@]}"
	for o in syncid mcast-ttl mcast-port sync-maxlen; do each "--start-daemon backup --mcast-interface lo --$o @" "${numbers[@]}"; done
	one_table '-e -t 10.0.0.2:443 -r 192.168.9.1 -i --tun-type gue --tun-port @' "${numbers[@]}"
else
	one_table '-e -t 10.0.0.1:80 -r 10.9.9.9 -w @' 0 -1 +5 '\s7' '7\s' 007 0x10 '\e' 1a 2147483647 2147483648 99999999999999999999
	one_table '-e -t 10.0.0.1:80 -r 10.9.9.9 -x @' 0 -1 '\e' 2147483647 2147483648
	one_table '-e -t 10.0.0.1:80 -r 10.9.9.9 -x 1000 -y @' 0 -1 abc 1000 1001 2147483648
	one_table '--set @ 0 0' 0 1 foo 2678400 2678401 -- '\e' +5
	one_table '--set @' '1 2' '1 2 3 4' '1 2 x' 'x y z' '5 -2 30' '1 2 3 -n' '-- -1 2 3'
	one_table '-E -t 10.0.0.1:80 -p @' 1 0 2678400 2678401 007 60s
	each '-A -f @' 0 1 -1 4294967295 4294967296 2147483648 '\e' x 0x5 +3
	each '--start-daemon backup --mcast-interface lo @' '--syncid 0' '--syncid 255' '--syncid 256' '--syncid -1' '--mcast-ttl 0' \
		'--mcast-ttl 255' '--mcast-ttl 256' '--mcast-port 0' '--mcast-port 65535' '--mcast-port 65536' '--sync-maxlen 0' \
		'--sync-maxlen 1' '--sync-maxlen 65507' '--sync-maxlen 65508'
	one_table '-e -t 10.0.0.2:443 -r 192.168.9.1 -i --tun-type gue --tun-port @' 0 1 65535 65536 x
fi
one_table '-e -t 10.0.0.2:443 -r 192.168.9.1 @' '-i --tun-type @' '-i --tun-type ipip' '-i --tun-type IPIP' '-i --tun-type \e' \
	'-i --tun-type gue' '-i --tun-type gre' '-i --tun-type gue --tun-port 6080' '-i --tun-port 6080' '-i --tun-csum' \
	'-i --tun-type gue --tun-port 6080 --tun-csum' '-i --tun-type gue --tun-port 6080 --tun-remcsum' \
	'-i --tun-type gue --tun-port 6080 --tun-nocsum' '-i --tun-type gue --tun-port 6080 --tun-csum --tun-nocsum' \
	'-i --tun-type gue --tun-port 6080 --tun-csum --tun-remcsum' '-i --tun-type gre --tun-csum' '-i --tun-type gre --tun-remcsum' \
	'-i --tun-type gre --tun-nocsum --tun-csum' '-i --tun-type gre --tun-port 5' '-g --tun-type gue' '-m --tun-csum' \
	'-g --tun-type gue --tun-port 5' '-g --tun-type ipip' '-m --tun-type gre' '-i --tun-type ipip --tun-nocsum' '--tun-type gue --tun-port 7'

# ---- addresses ----
addresses=(10.0.0.5:80 10.0.0.5 10.0.0.5: 10.0.0.5:0 10.0.0.5:65535 10.0.0.5:65536 10.0.0.5:-1 10.0.0.5:http 10.0.0.5:bogus 10.0.0.5:sip
	'10.0.0.5:\s80' '10.0.0.5:80\s' 80 '\e' : :80 ::80 10.1:80 0x0a000001:80 012.0.0.1:80 10.0.0.256:80 10.0.0.5.6:80 167772161:80
	'[2001:db8::1]:80' '[2001:db8::1]' '[2001:db8::1]:' '[2001:db8::1' '2001:db8::1]:80' 2001:db8::1 2001:db8::1:80 '[2001:db8::1]80'
	'[2001:db8::1]:http' '[2001:db8::1]:65536' '[2001:db8::1]:bogus' '[10.0.0.1]:80' '[10.0.0.1]:bogus' '[10.0.0.1:90]:80' '[]:80'
	'[vip]:80' '[vip.example.com:70]:80' vip:80 vip.example.com vip6:80 vip6.example.com:http nohost:80 'no\shost:80' '10.0.0.5\sx:80'
	'[::]:80' '[::1]:80' '[::ffff:10.0.0.1]:80' '[fe80::1]:80' '[fe80::1%lo]:80' '[ff02::1]:80' 0.0.0.0:80 255.255.255.255:80
	224.0.0.1:80 127.0.0.1:80 localhost:80 10.0.0.5:80:90 '[[2001:db8::1]]:80' '10.0.0.5:+80' 10.0.0.5:0080 10.0.0.5:0x50 /etc/hosts
	-:80 '*:80' '10.0.0.5:80,90' "$(printf 'a%.0s' {1..70}):80" "$(printf '1%.0s' {1..70}).1:80" "$(printf 'a%.0s' {1..1100}):80")
each '-A -p -t @' "${addresses[@]}"
if [ "$full" = full ]; then
	each '-A -p -u @' "${addresses[@]}"
	each '-A -p --sctp-service @' "${addresses[@]}"
	each '-D -t @' "${addresses[@]}"
	for method in -g -m -i; do
		one_table "-a -t 10.0.0.1:80 $method -r @" "${addresses[@]}"
		one_table "-a -t [2001:db8::1]:80 $method -r @" "${addresses[@]}"
		one_table "-a -f 7 -6 $method -r @" "${addresses[@]}"
		one_table "-a -r @ $method -t 10.0.0.1:80" "${addresses[@]}"
	done
else
	each '-A -p -u @' 10.0.0.5:sip 10.0.0.5:http 10.0.0.5:domain '[2001:db8::1]:sip'
	each '-A -p --sctp-service @' 10.0.0.5:sip 10.0.0.5:80 '[2001:db8::1]:5000'
	one_table '-a -t 10.0.0.1:80 -m -r @' "${addresses[@]}"
	one_table '-a -t 10.0.0.1:80 -r @' 10.1.1.1 10.1.1.2:99 rs1 rs1:http '[2001:db8::5]:80' 224.0.0.1 255.255.255.255 0.0.0.0 127.0.0.1
	one_table '-a -t 10.0.0.1:80 -i -r @' 10.1.1.1 10.1.1.2:99 '[2001:db8::5]:80' 2001:db8::6 '[fe80::1]:80' '[ff02::1]:80' '[::1]:80'
	one_table '-a -t [2001:db8::1]:80 -m -r @' '[2001:db8::5]:81' 2001:db8::6 10.1.1.1 '[fe80::1]:80' '[ff02::1]:80' '[::1]:80' '[::]:80'
	one_table '-a -f 7 -6 -m -r @' '[2001:db8::5]:81' 2001:db8::6 10.1.1.1 '[2001:db8::7]:http' '[2001:db8::7]:domain'
	one_table '-a -r @ -m -t 10.0.0.1:80' 10.1.1.1 10.1.1.2:99 10.1.1.3:http '[2001:db8::5]:http'
	one_table '-a -r @ -t 10.0.0.1:80' 10.1.1.1 10.1.1.2:99
fi
masks=(255.255.255.0 255.255.255.255 0.0.0.0 24 0 64 128 129 -1 255.255.0.255 0xffffff00 foo '\e' vip localhost 64abc abc 1.2.3.4.5 '\s64')
each '-A -t 10.0.0.5:80 -p -M @' "${masks[@]}"
each '-A -t [2001:db8::5]:80 -p -M @' "${masks[@]}"
each '-A @' '-M 255.255.255.0 -t 10.0.0.5:80 -p' '-M 64 -t [2001:db8::5]:80 -p' '-M foo -t [2001:db8::5]:80 -p' '-f 3 -M 48 -6 -s rr -p 60' \
	'-f 3 -6 -M 48 -s rr -p 60' '-f 3 -M 255.0.0.0 -p' '-f 3 -6 -6' '-6 -f 3' '-6' '-t 10.0.0.5:80 -6' '-f 3 -6 -M 0' '-t 10.0.0.5:80 -M 255.0.0.0' \
	'-f 3 -t 10.0.0.5:80' '-t [2001:db8::5]:80 -M 64' '-6 -q' '-6 -t 80'
for group in 224.0.0.90 239.255.255.255 223.0.0.1 240.0.0.1 224.1 foo '\e' ff02::1 ff05::90 2001:db8::1 : ff02::x 224.0.0.1:80 224.0.0.1.1 '\s224.0.0.1'; do
	seq_ "--start-daemon backup --mcast-interface lo --mcast-group $group" '-L --daemon'
done

# ---- schedulers and their flags ----
for s in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh none bogus '\e' RR abcdefghijklmno abcdefghijklmnop abcdefghijklmnopqrstuvwxyz wlcx; do
	seq_ "-A -t 10.0.0.5:80 -s $s" '-a -t 10.0.0.5:80 -r 10.9.9.9' '-Ln' '-S -n'
done
for s in rr sh mh wlc; do
	for b in flag-1 flag-2 flag-3 flag-1,flag-2,flag-3 sh-fallback sh-port sh-fallback,sh-port mh-fallback mh-port mh-port,mh-fallback \
		flag-1,sh-port flag-1,bogus bogus '\e' 'flag-1,' ,flag-1 flag-1,,flag-2 FLAG-1 'flag-1\sflag-2' sh-port,bogus bogus,sh-port flag-1,flag-1; do
		case $full$s in full* | sh | mh) seq_ "-A -t 10.0.0.5:80 -s $s -b $b" '-Ln' '-S -n' ;; esac
	done
done
each '@' '-A -t 10.0.0.5:80 -b sh-port' '-A -b sh-port -t 10.0.0.5:80 -s sh' '-E -t 10.0.0.5:80 -b mh-port -s mh' '-L -b flag-1' '-L -b \e' '-L -b bogus' \
	'-A -t 10.0.0.5:80 -b bogus foo' '-A -b bogus' '-C -b sh-port' '-A -t 10.0.0.5:80 -s rr -b mh-port,sh-port'
for pe in sip '\e' bogus SIP siptwentycharacters abcdefghijklmno abcdefghijklmnop abcdefghijklmnopq; do
	seq_ "-A -u 10.0.0.5:5060 -s rr -p 60 --pe $pe -o" '-Ln' '-S -n' '-E -u 10.0.0.5:5060 -s rr -p' '-Ln'
done
each '-A @' '-t 10.0.0.5:80 --pe sip' '-t 10.0.0.5:80 -p --pe sip' '-u 10.0.0.5:80 --pe sip' '-f 3 -o' '-t 10.0.0.5:80 -o' '-f 3 --pe sip -p' \
	'--sctp-service 10.0.0.5:80 -o' '-t 10.0.0.5:0 -o' '-u 10.0.0.5 -o' '-u 10.0.0.5 -p -o'

# ---- tables and their lists ----
views=('' -n --stats '--stats -n' '--stats --exact -n' --rate '--rate -n' '--rate -X -n' --thresholds '--thresholds -n' --persistent-conn '--persistent-conn -n'
	--tun-info '--tun-info -n' '--nosort -n' '--sort -n' '-c' '-c -n' '--persistent-conn -c -n' --timeout --daemon '--timeout -n' '--daemon -n' '--exact -n' '--syncid 9 -n')
one_table '-L @' "${views[@]}"
if [ "$full" = full ]; then
	listopts=(-c --timeout --daemon --stats --rate --thresholds --persistent-conn --nosort -X --tun-info --sort '-t 10.0.0.1:80' '-t 10.0.0.77:80')
	for a in "${listopts[@]}"; do one_table "-Ln $a @" "${listopts[@]}"; done
else
	one_table '-Ln @' '-c --timeout' '-c --daemon' '-c --stats' '-c --rate' '-c --thresholds' '-c --persistent-conn' '-c --tun-info' '-c --exact' '-c --nosort' \
		'--timeout --daemon' '--timeout --stats' '--daemon --rate' '--timeout --persistent-conn' '--daemon --persistent-conn' '--timeout --tun-info' \
		'--timeout --nosort' '--daemon --exact' '--stats --rate' '--rate --thresholds' '--thresholds --persistent-conn' '--persistent-conn --tun-info' \
		'--stats --tun-info' '-c -t 10.0.0.1:80' '--timeout -t 10.0.0.1:80' '--daemon -f 7'
fi
one_table '-L @' '-t 10.0.0.1:80' '-n -t 10.0.0.1:80' '-n -u 10.0.0.1:53' '-n -t 10.0.0.77:80' '-n -f 7' '-n -f 7 -6' '-n -t [2001:db8::1]:80' '-n -u 10.0.0.1:80' \
	'--stats -n -t 10.0.0.1:80' '--rate -n -t 10.0.0.1:80' '--thresholds -n -t 10.0.0.2:443' '--persistent-conn -n -t 10.0.0.2:443' '--tun-info -n -t 10.0.0.2:443' \
	'-n -t vip:http' '-t vip:http' '-n -t 10.0.0.1' '-n -6 -f 7'

sorted() { # LINE... : the table is listed in every order
	printf '%s\n' "$@" '-Ln' '-Ln --nosort' '-S -n' '-S' '-L' '-Ln --stats' '-Ln --thresholds' '-Ln --rate' '-Ln --persistent-conn' '-Ln --tun-info' '-Z' '-C' '-Ln' ''
}
sorted '-A -t 10.0.0.1:80 -s rr' '-a -t 10.0.0.1:80 -m -r 192.168.9.5:80' '-a -t 10.0.0.1:80 -m -r 10.1.1.1:80' '-a -t 10.0.0.1:80 -m -r 200.0.0.1:80' \
	'-a -t 10.0.0.1:80 -m -r 100.0.0.1:80' '-a -t 10.0.0.1:80 -m -r 127.0.0.1:80' '-a -t 10.0.0.1:80 -m -r 172.16.0.1:80' '-a -t 10.0.0.1:80 -m -r 50.0.0.1:80' \
	'-a -t 10.0.0.1:80 -m -r 50.0.0.1:8080' '-a -t 10.0.0.1:80 -m -r 50.0.0.1:79'
sorted '-A -t 192.168.9.5:80' '-A -t 10.1.1.1:80' '-A -t 200.0.0.1:80' '-A -t 100.0.0.1:80' '-A -t 1.0.0.1:80' '-A -t 172.16.0.1:80' '-A -t 50.0.0.1:80' \
	'-A -t 50.0.0.1:8080' '-A -t 50.0.0.1:79' '-A -u 50.0.0.1:79' '-A --sctp-service 50.0.0.1:79' '-A -f 5' '-A -f 5 -6' '-A -f 1' '-A -f 4294967290' \
	'-A -f 4294967295' '-A -f 2147483648' '-A -f 2147483647' '-A -t [2001:db8::1]:80' '-A -u [2001:db8::1]:80' '-A -t [::1]:80' '-A -t [ffff::1]:80' \
	'-A -t [8000::1]:80' '-A -t [2001:db8::1]:8080' '-A -t 0.0.0.0:80' '-A -t 10.0.0.1 -p' '-A -t 255.255.255.255:80'
sorted '-A -t [2001:db8::1]:80' '-a -t [2001:db8::1]:80 -m -r [2001:db8::2]:80' '-a -t [2001:db8::1]:80 -m -r [fd00::1]:80' '-a -t [2001:db8::1]:80 -m -r [2001:db8::2]:79' \
	'-a -t [2001:db8::1]:80 -i -r 10.1.1.1' '-a -t [2001:db8::1]:80 -i -r 200.1.1.1' '-a -t [2001:db8::1]:80 -i -r [2001:db8:1111:2222:3333:4444:5555:6666]:80'
sorted '-A -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -i -r [2001:db8::2]:80' '-a -t 10.0.0.1:80 -i -r 10.1.1.1' '-a -t 10.0.0.1:80 -i -r [::5]:80' '-a -t 10.0.0.1:80 -g -r 10.1.1.2' \
	'-a -t 10.0.0.1:80 -i -r 10.1.1.3 --tun-type gue --tun-port 6080' '-a -t 10.0.0.1:80 -i -r 10.1.1.4 --tun-type gue --tun-port 65535 --tun-remcsum' \
	'-a -t 10.0.0.1:80 -i -r 10.1.1.5 --tun-type gre --tun-csum' '-a -t 10.0.0.1:80 -i -r 10.1.1.6 --tun-type gre' \
	'-a -t 10.0.0.1:80 -i -r 10.1.1.7 --tun-type gue --tun-port 1 --tun-csum' '-a -t 10.0.0.1:80 -i -r 10.1.1.8 --tun-type gre --tun-nocsum'
sorted '-A -t 10.0.0.2:443 -p 300 -M 255.255.255.0' '-A -u 10.0.0.1:5060 -s rr -p 60 -M 255.255.255.0 -o --pe sip' '-A -t 10.0.0.3:80 -s sh -b sh-port,sh-fallback' \
	'-A -t 10.0.0.4:80 -s mh -b mh-port -p' '-A -t 10.0.0.5:80 -s sh -b flag-3' '-A -t 10.0.0.6:80 -s rr -b flag-1,flag-3' '-A -f 9 -p -M 255.0.0.0' \
	'-A -f 9 -6 -p 5 -M 32' '-A -t [2001:db8::9]:80 -p 2678400 -M 1' '-A -u 10.0.0.8:53 -o' '-A -f 10 -o' '-A --sctp-service [2001:db8::9]:99 -p' '-A -u 10.0.0.9 -p' \
	'-A -t 10.0.0.10:80 -p 1 -M 0.0.0.0'
sorted '-A -t vip:http -s rr' '-a -t vip:http -r rs1:http -m' '-a -t vip:http -r long:http -m' '-a -t vip:http -r long2:65000 -m' '-A -t [2001:db8::1]:http' \
	'-A -t 10.0.0.9:http' '-A -u 10.0.0.9:sip' '-a -t [2001:db8::1]:http -r [2001:db8::2]:http -m' '-A -f 3' '-a -f 3 -r rs1:http' '-a -f 3 -r rs1:443' \
	'-a -f 3 -r rs1:53 -m' '-A -t 10.0.0.11:40000' '-A -t 10.0.0.12:443' '-A -u 10.0.0.12:65535' '-A --sctp-service 10.0.0.1:80' '-a --sctp-service 10.0.0.1:80 -r 10.0.0.1:80 -m'
sorted '-A -t 255.255.255.254:65535 -s wlc' '-a -t 255.255.255.254:65535 -m -r 223.255.255.254:65535 -w 2147483647 -x 2147483647 -y 2147483647' \
	'-a -t 255.255.255.254:65535 -m -r 223.255.255.253:65535 -w 65536' '-A -t [2001:db8:1111:2222:3333:4444:5555:6666]:65535' \
	'-a -t [2001:db8:1111:2222:3333:4444:5555:6666]:65535 -m -r [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535 -w 1000000'

# ---- lives of services and servers ----
seq_ '-A -t 10.0.0.1:80' '-A -t 10.0.0.1:80 -s rr' '-E -t 10.0.0.1:80 -s rr' '-Ln' '-E -t 10.0.0.1:80 -p' '-Ln' '-E -t 10.0.0.1:80 -s sh -b sh-port' '-Ln' '-E -t 10.0.0.1:80' '-Ln' \
	'-E -t 10.0.0.1:80 -s bogus' '-E -t 10.0.0.2:80' '-D -t 10.0.0.2:80' '-Z -t 10.0.0.2:80' '-Z -t 10.0.0.1:80' '-Z' '-D -t 10.0.0.1:80' '-D -t 10.0.0.1:80' '-Ln' \
	'-E -t 10.0.0.1:80 --pe sip' '-A -t 10.0.0.1:80 --pe bogus'
seq_ '-A -u 10.0.0.1:5060 -p --pe sip' '-S -n' '-E -u 10.0.0.1:5060 -p' '-S -n' '-E -u 10.0.0.1:5060 --pe sip' '-Ln' '-S -n' '-E -u 10.0.0.1:5060 -p --pe bogus' '-S -n' '-E -u 10.0.0.1 -p' '-E -u 10.0.0.1'
seq_ '-a -t 10.0.0.1:80 -r 10.9.9.9' '-e -t 10.0.0.1:80 -r 10.9.9.9' '-d -t 10.0.0.1:80 -r 10.9.9.9' '-A -t 10.0.0.1:80' '-e -t 10.0.0.1:80 -r 10.9.9.9' '-d -t 10.0.0.1:80 -r 10.9.9.9' \
	'-a -t 10.0.0.1:80 -r 10.9.9.9 -w 7 -x 10 -y 5' '-a -t 10.0.0.1:80 -r 10.9.9.9' '-Ln --thresholds' '-e -t 10.0.0.1:80 -r 10.9.9.9 -m' '-Ln' '-Ln --thresholds' '-e -t 10.0.0.1:80 -r 10.9.9.9 -y 5' \
	'-e -t 10.0.0.1:80 -r 10.9.9.9 -x 50 -y 100' '-e -t 10.0.0.1:80 -r 10.9.9.9:80 -i' '-Ln' '-d -t 10.0.0.1:80 -r 10.9.9.9:81' '-d -t 10.0.0.1:80 -r 10.9.9.9' '-d -t 10.0.0.1:80 -r 10.9.9.9:80' '-Ln'
seq_ '-A -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -m -r 10.9.9.9' '-a -t 10.0.0.1:80 -m -r 10.9.9.9:0' '-d -t 10.0.0.1:80 -r 10.9.9.9' '-d -t 10.0.0.1:80 -r 10.9.9.9:0' '-Ln'
seq_ '-A -f 1' '-a -f 1 -r 10.9.9.9' '-a -f 1 -r 10.9.9.9:80' '-a -f 1 -r 10.9.9.9:80 -m' '-a -f 1 -r 10.9.9.8:http -m' '-e -f 1 -r 10.9.9.9:80 -i -w 3' '-a -f 1 -6 -r [2001:db8::1]:80' '-a -f 1 -r [2001:db8::1]:80' \
	'-a -f 1 -r [2001:db8::1]:80 -i' '-Ln' '-Z -f 1' '-Z -f 2' '-d -f 1 -r 10.9.9.9' '-D -f 1 -6' '-D -f 1' '-Ln'
seq_ '-A -t [2001:db8::1]:80 -s rr' '-A -t [2001:db8::1]:80 -s rr' '-a -t [2001:db8::1]:80 -r [2001:db8::2]:80' '-a -t [2001:db8::1]:80 -r [2001:db8::2]:99 -m' '-e -t [2001:db8::1]:80 -r [2001:db8::2]:80 -w 0' \
	'-Ln' '-S -n' '-E -t [2001:db8::1]:80 -s wlc -p 5 -M 64' '-Ln' '-d -t [2001:db8::1]:80 -r [2001:db8::2]:99' '-Ln' '-Z -t [2001:db8::1]:80' '-D -t [2001:db8::1]:80' '-S'
seq_ '-A -t 0.0.0.0 -p' '-Ln' '-Z -t 0.0.0.0' '-Z -t 0.0.0.0:80' '-D -t 0.0.0.0' '-Z -t 0.0.0.0' '-Z -u [::]:0' '-Z -f 1'
seq_ '-A -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -r 127.0.0.1' '-a -t 10.0.0.1:80 -r 127.0.0.1:81 -m' '-a -t 10.0.0.1:80 -r 127.0.0.2 -i' '-Ln' '-S -n'

# ---- timeouts and daemons ----
seq_ '-L --timeout' '--set 100 50 30' '-L --timeout' '--set 0 0 10' '-L --timeout' '--set 0 0 0' '-L --timeout' '--set 2678400 2678400 2678400' '-Ln --timeout'
seq_ '-L --daemon' '--start-daemon master' '--start-daemon master --mcast-interface nosuch' '--start-daemon master --mcast-interface abcdefghijklmnopqrst' '--start-daemon master --mcast-interface \e' \
	'--stop-daemon master' '--stop-daemon backup' '--start-daemon master --mcast-interface lo --syncid 9' '-L --daemon' '--start-daemon master --mcast-interface lo' \
	'--start-daemon backup --mcast-interface lo --syncid 3' '-L --daemon' '-Ln --daemon --nosort' '--stop-daemon backup --syncid 77' '-L --daemon' '--stop-daemon master' '-L --daemon'
seq_ '--start-daemon backup --mcast-interface lo --mcast-group 224.0.0.99 --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 1000' '-L --daemon' '--start-daemon master --mcast-interface lo --mcast-group ff05::90 --syncid 255' '-L --daemon' \
	'-A -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -i -r [2001:db8::2]:80' '-a -t 10.0.0.1:80 -i -r 10.1.1.1' '-Ln'
seq_ '-A -t 10.0.0.1:80' '-a -t 10.0.0.1:80 -i -r [2001:db8::2]:80' '--start-daemon master --mcast-interface lo' '-L --daemon' '--stop-daemon master --mcast-interface lo' '--stop-daemon master --mcast-ttl 3'

# ---- restore ----
restore() { printf -- '-R < %s\n-Ln\n\n' "$@"; }
restore '\e' '\n' '\n\n\s\t\r\n' '-A -t 10.0.0.1:80\n' '-A -t 10.0.0.1:80' '-A -t 10.0.0.1:80\r\n-a -t 10.0.0.1:80 -r 10.9.9.9\r\n' 'ipvsadm -A -t 10.0.0.1:80\n' \
	'ipvsadm ipvsadm\n' '-A ipvsadm -t ipvsadm 10.0.0.1:80\n' '/sbin/ipvsadm -A -t 10.0.0.1:80\n' '# comment\n-A -t 10.0.0.1:80\n' '-A -t 10.0.0.1:80 # note\n-A -t 10.0.0.2:80\n' '#\n' \
	'-A -t 10.0.0.1:80\n-A -t 10.0.0.1:80\n' '-A -t 10.0.0.1:80\n-A -t 10.0.0.1:80\n-A -t 10.0.0.2:80\n' '-A -t 10.0.0.1:80\n-w\n-A -t 10.0.0.2:80\n' '-A -t 10.0.0.1:80\n-L --zz\n-A -t 10.0.0.2:80\n' \
	'-L --zz\n' '-A -t bogus\n-A -t 10.0.0.2:80\n' '-A -t 10.0.0.2:80\n-A -s rr\n-A -t 10.0.0.3:80\n' '-A -t 10.0.0.1:80\n-R\n-A -t 10.0.0.2:80\n' '-A -t 10.0.0.1:80\n-Ln\n-A -t 10.0.0.2:80\n-S -n\n' \
	'-Ln -t 10.0.0.1:80\n-A -t 10.0.0.2:80\n' '-A -t 10.0.0.2:80\n-Ln -t 10.0.0.1:80\n' '-D -t 10.0.0.1:80\n-E -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 1.1.1.1\n-d -t 10.0.0.1:80 -r 1.1.1.1\n-Z -f 3\n--set 1 2 x\n' \
	'--set 100 50 30\n-L --timeout\n' '-A -t 10.0.0.1:80 -p\n-a -t 10.0.0.1:80 -r 1.1.1.1:8 -p\n' '-A -t "10.0.0.1:80"\n' "-A -t '10.0.0.1:80'\n" '-A\x0b-t\x0b10.0.0.1:80\n' '-A\x0c-t 10.0.0.1:80\n' \
	'-A -t 10.0.0.1:80 -s nosuch\n-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 224.0.0.1\n-a -t 10.0.0.1:80 -r 10.1.1.1\n-a -t 10.0.0.1:80 -r 10.1.1.1\n' '-L -A\n-C\n' '-C -C\n-C\n' 'foo\n-C\n' '-C\nfoo' \
	'--start-daemon master --mcast-interface lo\n-L --daemon\n--stop-daemon master\n--stop-daemon master\n' '-A -f 1 -6\n-a -f 1 -6 -r [2001:db8::1]:80 -m\n-S -n\n' '-A -t vip:http\n-a -t vip:http -r rs1:http -m\n-L\n' \
	'  -A   -t\t10.0.0.1:80  \n' '-Z\n-C\n-Z\n' '-A -f 4294967295\n' '-A -f -1\n' '-A -t 10.0.0.1:80 -s sh -b\n' '-A -t 10.0.0.1:80 -b ,\x80\n' '--save -n\n' '-S\n-q\n'
printf -- '-R < %s\n-S -n\n-Ln\n-R < %s\n-Ln\n\n' "$(for i in {1..70}; do printf -- '-A -t 10.0.1.%s:80\\n-a -t 10.0.1.%s:80 -r 10.9.9.9 -w %s\\n' "$i" "$i" "$i"; done)" \
	"$(for i in {1..90}; do printf -- '-A -t 10.0.1.%s:80\\n-D -t 10.0.1.%s:81\\n-L --bogus%s\\n' "$i" "$i" "$i"; done)"
