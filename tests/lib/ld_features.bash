#!/bin/bash
# Runs one feature of ldirectord beyond its table inside ld_place, on one director.
#   ld_features.bash ours|original FEATURE    exit 0 if all was as it has to be; what both must have in common goes to standard output
set -eu
here=$(dirname "$0")
# shellcheck source=tests/lib/ldirectord.bash
. "$here/ldirectord.bash"
who=$1
dir=$(mktemp -d /run/feature.XXXXXX)
chmod 755 "$dir"
mkdir "$dir/modes"
conf=$dir/feature.cf
export FAKE_IPVS_TABLE=$dir/table

director() {
	if [ "$who" = original ]; then ld_original "$@"; else "$O/ldirectord" "$@"; fi
}

fail() {
	echo "$1" >&2
	tail -v -n 40 "$dir/log" "$dir"/spool/*log "$dir/exim.out" "$dir"/*.calls >&2 2>/dev/null
	exit 1
}

soon() { # COMMAND... : is true before the patience ends
	local end=$((SECONDS + ${LD_PATIENCE_S:-60}))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "never: $*"
		sleep 0.1
	done
}
has() { grep -qsF -- "$2" "$1"; }		# FILE TEXT
lines() { [ -e "$1" ] && [ "$(grep -cF -- "$2" "$1")" -ge "$3" ]; }	# FILE TEXT COUNT
mode() { echo "${*:2}" >"$dir/modes/10.9.1.$1"; }
table() { LD_SETTLE=0.3 ld_until "${LD_PATIENCE_S:-60}" "$1" >&2 || fail "after $1"; }

write_conf() { # LINES FOR THE FILE, LINES OF THE SECTION, MORE
	{
		if [ "$who" = original ]; then echo; else echo "ipvsadm=/usr/sbin/ipvsadm"; fi
		printf 'logfile="%s"\nchecktimeout=3\ncheckinterval=1\n%s\n' "$dir/log" "$1"
		printf 'virtual=172.25.32.100:80\n\treal=10.9.1.1:8099 masq\n\treal=10.9.1.2:8099 masq 5\n\tservice=http\n\treceive="Test Page"\n%s\n\n' "$2"
	} >"$conf.new"
	mv "$conf.new" "$conf"
}

server() {
	"$O/ld_server" 8099 10.9.1.1 9 "$dir/modes" >"$dir/ready" &
	soon has "$dir/ready" ready
}

script() { # FILE : notes how it was called in FILE.calls
	printf '#!/bin/sh\necho "$*" >>%s.calls\n' "$1" >"$1"
	chmod 755 "$1"
}

# Exim of ld_fetch_peers takes mail for anybody on 10.9.1.9, to one file, once for each recipient.
mail_server() {
	mkdir "$dir/mail"
	ld_lay_peers "$dir"
	ld_exim "$dir" 10.9.1.9
	chown Debian-exim "$dir/mail"
	cat >>"$dir/exim.conf" <<-END
		acl_smtp_rcpt = accept
		qualify_domain = peer.example
		begin routers
		all:
			driver = accept
			transport = to_file
		begin transports
		to_file:
			driver = appendfile
			file = $dir/mail/all
			envelope_to_add
			check_string =
			user = Debian-exim
	END
	exim4 -C "$dir/exim.conf" -bdf -oX 25 >"$dir/exim.out" 2>&1 &
	soon bash -c ': </dev/tcp/10.9.1.9/25' 2>>"$dir/exim.out"
}

# Two addresses, each a recipient of its own; repeated while the server is down; in no phase but the one asked for.
feature_mail() {
	mail_server
	server
	write_conf $'emailalertfrom=director@peer.example\nsmtp=10.9.1.9' \
		$'\temailalert="one@peer.example, two@peer.example"\n\temailalertfreq=1\n\temailalertstatus=running\n\tservicename=shop\n\tcomment=call Joe'
	director "$conf" start
	table "1=1 2=5"
	mode 1 error
	table "2=5"
	soon lines "$dir/mail/all" 'Subject: [shop] Inaccessible real server: 10.9.1.1:8099 (172.25.32.100:80)' 4
	mode 1 up
	table "1=1 2=5"
	soon has "$dir/mail/all" 'Subject: [shop] Added real server: 10.9.1.1:8099 (172.25.32.100:80) (Weight set to 1)'
	director "$conf" stop
	table gone
	local text
	for text in 'Envelope-to: one@peer.example' 'Envelope-to: two@peer.example' \
		 'Subject: [shop] Deleted real server: 10.9.1.1:8099 (172.25.32.100:80)' 'Daemon-Status: running' 'Service name: shop' \
		'Comment: call Joe' 'From: director@peer.example' 'To: one@peer.example, two@peer.example' "ldirectord host: $(uname -n)"; do
		has "$dir/mail/all" "$text" || fail "no '$text' in: $(cat "$dir/mail/all")"
	done
	if grep -E 'Daemon-Status: (starting|stopping)' "$dir/mail/all"; then fail "mail in another phase"; fi
}

# What the original sends too, word for word but for times.
feature_mail_text() {
	mail_server
	server
	mode 1 error
	write_conf $'emailalert="one@peer.example"\nsmtp=10.9.1.9\nquiescent=yes\nemailalertstatus=running,stopping' $'\tservicename=shop'
	director "$conf" start
	table "1=0 2=5"
	mode 1 up
	table "1=1 2=5"
	mode 2 error
	table "1=1 2=0"
	soon has "$dir/mail/all" 'Quiescent real server: 10.9.1.2'
	director "$conf" stop
	table gone
	soon has "$dir/mail/all" 'Purged real server (stop): 10.9.1.1:8099'
	grep -E '^(From:|To:|Subject:|ldirectord host:|Log-Message:|Daemon-Status:|Service name:)' "$dir/mail/all" | sort -u
}

# Without smtp= it is the local mailer's.
feature_mail_local() {
	printf '#!/bin/sh\necho "$*" >>%s/calls; cat >>%s/sent\n' "$dir" "$dir" >/usr/sbin/sendmail
	chmod 755 /usr/sbin/sendmail
	server
	write_conf 'emailalert="one@peer.example"' ''
	director "$conf" start
	table "1=1 2=5"
	mode 1 error
	table "2=5"
	soon has "$dir/sent" 'Subject: Deleted real server: 10.9.1.1:8099 (172.25.32.100:80)'
	has "$dir/sent" 'To: one@peer.example'
	has "$dir/calls" '-t'
	# a mailer that fails is named in the log
	printf '#!/bin/sh\necho "no room"\nexit 1\n' >/usr/sbin/sendmail
	mode 1 up
	soon has "$dir/log" 'failed to send email message: no room'
	director "$conf" stop
}

feature_fallbackcommand() {
	script "$dir/command"
	server
	write_conf '' "	fallbackcommand=\"$dir/command with words\""
	director "$conf" start
	table "1=1 2=5"
	soon lines "$dir/log" 'Added real server' 2
	: >"$dir/command.calls"
	mode 1 error
	table "2=5"
	mode 2 error
	table none
	soon has "$dir/command.calls" start
	mode 1 up
	table "1=1"
	soon has "$dir/command.calls" stop
	mode 2 up
	table "1=1 2=5"
	director "$conf" stop
	table gone
	cat "$dir/command.calls"
}

feature_callback() { # AUTORELOAD TABLE AFTER THE CHANGE
	script "$dir/callback"
	server
	write_conf "autoreload=$1"$'\n'"callback=\"$dir/callback\"" ''
	director "$conf" start
	table "1=1 2=5"
	write_conf "autoreload=$1"$'\n'"callback=\"$dir/callback\"" $'\treal=10.9.1.3:8099 masq 7'
	soon has "$dir/callback.calls" "$conf"
	table "$2"
	# a file with a mistake is called back too, and changes nothing
	write_conf "autoreload=$1"$'\n'"callback=\"$dir/callback\"" $'\tmistake=yes'
	soon lines "$dir/callback.calls" "$conf" 2
	table "$2"
	write_conf "autoreload=$1"$'\n'"callback=\"$dir/callback\"" ''
	soon lines "$dir/callback.calls" "$conf" 3
	director "$conf" stop
	table gone
	sed "s,$dir,DIR,g" "$dir/callback.calls"
	grep -E 'changed on disk| - (reread|ignore)|at line' "$dir/log" | sed -e 's/^\[[^]]*\] //' -e 's/\[[0-9]*\]/[PID]/' -e "s,$dir,DIR,g" -e 's/: Unknown.*//'
}
feature_callback_autoreload() { feature_callback yes "1=1 2=5 3=7"; }
feature_callback_alone() { feature_callback no "1=1 2=5"; }

# One line for each check: identity, state, what was said.
feature_monitorfile() {
	server
	mode 2 wrong
	write_conf '' "	monitorfile=\"$dir/monitor\""$'\n\trequest="x%y"\n\tvirtualhost=www.example'
	director "$conf" start
	table "1=1"
	mode 1 error
	table none
	director "$conf" stop
	table gone
	sed 's/^\[[A-Z][a-z][a-z] [^]]*\] \[[0-9]*\] //' "$dir/monitor" | sort -u
}

# In the foreground, with the log on standard output and no pid file; TERM ends it in order.
feature_supervised() {
	server
	write_conf 'supervised=yes' ''
	director "$conf" start >"$dir/out" 2>"$dir/err" &
	pid=$!
	table "1=1 2=5"
	[ ! -e /run/ldirectord.feature.cf.pid ] || fail "there is a pid file"
	code=0
	director "$conf" status >"$dir/status" 2>&1 || code=$?
	echo "status: $code"
	# the original's is a shell's child here
	pid=$(pgrep -P $pid . || echo $pid)
	kill -TERM "$pid"
	table gone
	soon [ ! -e "/proc/$pid/exe" ]
	grep -oE '^\[[A-Z][a-z]{2} [A-Z][a-z]{2} .* 20[0-9]{2}\] (Starting Linux Director|Added virtual|Purged virtual|Linux Director Daemon terminated).*' "$dir/out" |
		sed -e 's/^\[[^]]*\]/[DATE]/' -e "s/pid: [0-9]*/pid: PID/"
}

feature_metrics() {
	server
	write_conf "metricsfile=$dir/metrics" $'\tfallback=127.0.0.1:80'
	director "$conf" start
	server=ldirectord_server_up'{virtual="tcp:172.25.32.100:80",server="10.9.1'
	soon has "$dir/metrics" "$server.1:8099\"} 1"
	soon has "$dir/metrics" "$server.2:8099\"} 1"
	has "$dir/metrics" 'ldirectord_fallback{virtual="tcp:172.25.32.100:80"} 0'
	mode 1 error
	soon has "$dir/metrics" "$server.1:8099\"} 0"
	mode 2 error
	soon has "$dir/metrics" 'ldirectord_fallback{virtual="tcp:172.25.32.100:80"} 1'
	soon has "$dir/metrics" "$server.2:8099\"} 0"
	# every line is in the format: a comment, or name, labels and number
	if grep -vE '^(# TYPE [a-z_]+ (counter|gauge)|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9]+)$' "$dir/metrics"; then fail "not a metric"; fi
	checks=$(awk '/^ldirectord_checks_total/ { print $2 }' "$dir/metrics")
	soon bash -c "[ \"\$(awk '/^ldirectord_checks_total/ { print \$2 }' $dir/metrics)\" -gt $checks ]"
	director "$conf" stop
}

# A real server with the virtual address on lo, without arp_ignore, is named; with arp_ignore it is not. The second virtual address
# is on its Ethernet, so it is named in both cases: that shows that the director goes on asking.
feature_vipcheck() {
	unshare --net sleep 1000 &
	there=$!
	soon bash -c "[ \"\$(readlink /proc/$there/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
	ip link add d0 type veth peer name r0 netns "$there"
	ip link set d0 up
	ip addr add 10.7.0.1/24 dev d0
	ip addr add 172.25.32.100/32 dev d0
	nsenter -t "$there" -n bash -c 'ip link set lo up; ip link set r0 up; ip addr add 10.7.0.2/24 dev r0
		ip addr add 172.25.32.100/32 dev lo; ip addr add 172.25.32.101/32 dev r0'
	printf 'ipvsadm=/usr/sbin/ipvsadm\nlogfile="%s"\nchecktimeout=3\ncheckinterval=1\nvipcheck=yes\n%s\n%s\n' "$dir/log" \
		$'virtual=172.25.32.100:80\n\treal=10.7.0.2 gate\n\tchecktype=ping' $'virtual=172.25.32.101:80\n\treal=10.7.0.2 gate\n\tchecktype=ping' >"$conf"
	director "$conf" start
	table "2=1 2=1"
	mac=$(nsenter -t "$there" -n cat /proc/net/arp | wc -l) # is readable
	mac=$(nsenter -t "$there" -n ip -br link show r0 | awk '{ print $3 }')
	soon has "$dir/log" "10.7.0.2 at $mac answers ARP for the virtual address 172.25.32.100:"
	# shellcheck disable=SC2016 # for the inner shell
	nsenter -t "$there" -n unshare --mount bash -c 'mount -t sysfs sysfs /sys 2>/dev/null; echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore'
	before=$(grep -c 'virtual address 172.25.32.100:' "$dir/log")
	again=$(grep -c 'virtual address 172.25.32.101:' "$dir/log")
	soon lines "$dir/log" 'virtual address 172.25.32.101:' $((again + 2))
	[ "$(grep -c 'virtual address 172.25.32.100:' "$dir/log")" -le $((before + 1)) ] || fail "named although it is silent"
	director "$conf" stop
}

# Where it looks for itself, and finds not ours.
original_in_place() {
	[ "$who" != original ] || { cp "$LD_ORIG/root/usr/sbin/ldirectord" /usr/sbin/; PATH=/usr/sbin:$PATH; }
}

# answer ARGS... : exit code and what is said, without what differs each time
answer() {
	local code=0
	director "$@" >"$dir/out" 2>"$dir/err" || code=$?
	echo "${*//$dir/DIR}: $code"
	sed -e "s,$dir,DIR,g" -e 's/\(pid: \|\[\)[0-9][0-9]*/\1PID/' -e 's/^/ out /' "$dir/out"
	sed -e "s,$dir,DIR,g" -e 's/\(pid: \|\[\)[0-9][0-9]*/\1PID/' -e 's/^/ err /' "$dir/err"
}

feature_commands() {
	server
	original_in_place
	write_conf '' ''
	pid_file=/run/ldirectord.feature.cf.pid
	for command in status stop try-restart reload force-reload; do answer "$conf" $command; done
	answer "$conf" start
	table "1=1 2=5"
	first=$(cat "$pid_file")
	for command in status start reload force-reload; do answer "$conf" $command; done
	[ "$(cat "$pid_file")" = "$first" ] || fail "another process"
	answer "$conf" restart
	table "1=1 2=5"
	[ "$(cat "$pid_file")" != "$first" ] || fail "the same process"
	first=$(cat "$pid_file")
	answer "$conf" try-restart
	table "1=1 2=5"
	[ "$(cat "$pid_file")" != "$first" ] || fail "the same process"
	kill -KILL "$(cat "$pid_file")"
	soon [ ! -e "/proc/$(cat "$pid_file")/exe" ]
	for command in status reload try-restart stop start; do answer "$conf" $command; done
	table "1=1 2=5"
	answer "$conf" stop
	table gone
	soon [ ! -e "$pid_file" ]
	answer "$dir/missing.cf" start
	printf 'mistake=yes\n\n' >"$conf"
	for command in status stop start reload try-restart; do answer "$conf" $command; done
	# the usage is a text of its own
	for words in "$conf nonsense" "nonsense" "-z $conf start" ""; do
		# shellcheck disable=SC2086 # words
		answer $words >"$dir/usage"
		sed '/^ out /d' "$dir/usage"
		grep -q '^ out ' "$dir/usage" || fail "no usage: $words"
	done
}

# An address behind which nothing is: every echo request is counted by the kernel and lost.
feature_checkcount() {
	ip link add hole type veth peer name floor
	ip link set floor up
	ip link set hole up
	ip addr add 10.8.0.1/24 dev hole
	ip neigh replace 10.8.0.2 lladdr 02:00:00:00:00:01 dev hole
	printf 'ipvsadm=/usr/sbin/ipvsadm\nlogfile="%s"\nchecktimeout=1\ncheckinterval=60\ncheckcount=3\n%s\n\n' "$dir/log" \
		$'virtual=172.25.32.100:80\n\treal=10.8.0.2:80 masq\n\tchecktype=ping' >"$conf"
	asked() { awk '/^Icmp:/ { for (i = 2; i <= NF; i++) if (names) { if (name[i] == "OutEchos") print $i } else name[i] = $i; names = 1 }' /proc/net/snmp; }
	director "$conf" start 2>/dev/null
	until [ "$(asked)" -ge 3 ]; do sleep 0.1; done
	# and not once more
	sleep 2.5
	[ "$(asked)" = 3 ] || fail "asked $(asked) times"
	director "$conf" stop 2>/dev/null
}

feature_maintenance_name() {
	printf '127.0.0.1 localhost\n10.9.1.1 web1.example\n10.9.1.2 web2.example\n' >"$dir/hosts"
	mount --bind "$dir/hosts" /etc/hosts
	mkdir "$dir/maintenance"
	server
	write_conf "maintenancedir=$dir/maintenance" ''
	director "$conf" start
	table "1=1 2=5"
	for name in web1 web1.example web1:8099 web1.example:8099; do
		touch "$dir/maintenance/$name"
		table "2=5"
		rm "$dir/maintenance/$name"
		table "1=1 2=5"
		echo "$name"
	done
	# of another port or host: nothing
	touch "$dir/maintenance/web1:80" "$dir/maintenance/web" "$dir/maintenance/web1.example.org"
	sleep 2.5
	table "1=1 2=5"
	director "$conf" stop
	table gone
}

feature_hostile() {
	server
	{
		printf 'ipvsadm=/usr/sbin/ipvsadm\nlogfile="%s"\nnegotiatetimeout=2\ncheckinterval=1\n' "$dir/log"
		printf 'virtual=172.25.32.100:80\n\treal=10.9.1.1->10.9.1.8:8099 masq\n\tservice=http\n\treceive="Test Page"\n'
		printf 'virtual=172.25.32.101:443\n\treal=10.9.1.1->10.9.1.9:8099 masq 2\n\tservice=https\n'
		printf 'virtual=172.25.32.102:25\n\treal=10.9.1.1->10.9.1.8:8099 masq 3\n\tservice=smtp\n'
		printf 'virtual=172.25.32.103:21\n\treal=10.9.1.2->10.9.1.8:8099 masq 4\n\tservice=ftp\n\trequest="x"\n\treceive="y"\n\n'
	} >"$conf"
	mode 2 drip
	mode 3 huge
	mode 4 reset
	mode 5 silent
	mode 6 refuse
	mode 7 greet "$(head -c 100 /dev/zero | tr '\0' x)"
	mode 8 wrong
	mode 9 greet 220 me
	director "$conf" start
	table "1=1"
	pid=$(cat /run/ldirectord.feature.cf.pid)
	finished() { director "$conf" status --json | sed -n 's/.*"checks_finished": \([0-9]*\).*/\1/p'; }
	# 32 checks: a few rounds of all
	before=$(finished)
	soon bash -c "[ \"\$('$O/ldirectord' '$conf' status --json | sed -n 's/.*\"checks_finished\": \([0-9]*\).*/\1/p')\" -gt $((before + 160)) ]"
	table "1=1"
	director "$conf" status --json >"$dir/json"
	[ "$(grep -c '"state": "down"' "$dir/json")" = 31 ] || fail "not all are down: $(cat "$dir/json")"
	grown=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	[ "$grown" -lt $((${LD_MEMORY_KB:-32} * 1024)) ] || fail "$grown KiB"
	director "$conf" stop
}

feature_ping6() {
	printf 'ipvsadm=/usr/sbin/ipvsadm\nlogfile="%s"\nchecktimeout=3\ncheckinterval=1\n%s\n\n' "$dir/log" \
		$'virtual6=[fd77::100]:80\n\treal6=[fd09::1]:80 masq\n\treal6=[fd09::2]:80 masq 2\n\tchecktype=ping' >"$conf"
	director "$conf" start
	table "1=1 2=2"
	ip addr del fd09::1/128 dev lo
	table "2=2"
	ip addr add fd09::1/128 dev lo
	table "1=1 2=2"
	director "$conf" stop
	table gone
}

in_log() { sed -n "s/^\[[^]]*\] \($1.*\)/\1/p" "$dir/log"; } # START OF A MESSAGE : all that start so
log_second() { # START OF A MESSAGE : when it was written last
	local at
	at=$(sed -n "s/^\[\([^|]*\)|[^]]*\] $1.*/\1/p" "$dir/log" | tail -n 1)
	[ -n "$at" ] || fail "not in the log: $1"
	date -d "$at" +%s
}

feature_risecount() {
	server
	write_conf 'risecount=3' ''
	director "$conf" start
	table "1=1 2=5"
	[ -z "$(in_log 'Soft recovery')" ] || fail "the first result did not decide"
	mode 1 error
	table "2=5"
	mode 1 up
	table "1=1 2=5"
	in_log '\(Soft recovery\|Added\|Deleted\) real server: 10.9.1.1' | tail -n 4 >"$dir/have"
	cat >"$dir/want" <<-END
		Deleted real server: 10.9.1.1:8099 (172.25.32.100:80)
		Soft recovery real server: 10.9.1.1:8099 (tcp:172.25.32.100:80) success 1/3
		Soft recovery real server: 10.9.1.1:8099 (tcp:172.25.32.100:80) success 2/3
		Added real server: 10.9.1.1:8099 (172.25.32.100:80) (Weight set to 1)
	END
	diff "$dir/want" "$dir/have" >&2 || fail "not three successes"
	director "$conf" stop
}

feature_slowstart() {
	server
	write_conf 'slowstart=6' ''
	director "$conf" start
	table "1=1 2=5"
	[ -z "$(in_log Restored)" ] || fail "a start is slow"
	mode 2 error
	table "1=1"
	mode 2 up
	table "1=1 2=5"
	# 1, then ever more, and 5 at last
	in_log '\(Added\|Restored\) real server: 10.9.1.2' | tail -n +2 | sed 's/.*Weight set to \([0-9]*\).*/\1/' >"$dir/weights"
	[ "$(head -n 1 "$dir/weights")" -lt 3 ] || fail "starts with $(cat "$dir/weights")"
	[[ $(tail -n 1 "$dir/weights") = 5 && $(wc -l <"$dir/weights") -ge 3 ]] || fail "grows by $(cat "$dir/weights")"
	sort -nuc "$dir/weights" >&2 || fail "does not grow"
	director "$conf" stop
}

feature_drain_reload() {
	server
	write_conf 'draintimeout=600' ''
	director "$conf" start
	table "1=1 2=5"
	echo "10.9.1.2:8099 3" >"$FAKE_IPVS_TABLE.conns"
	sed -i '/10.9.1.2/d' "$conf"
	director "$conf" reload
	table "1=1 2=0"
	: >"$FAKE_IPVS_TABLE.conns"
	table "1=1"
	# without connections it does not stay
	write_conf 'draintimeout=600' ''
	director "$conf" reload
	table "1=1 2=5"
	sed -i '/10.9.1.2/d' "$conf"
	: >"$dir/log"
	director "$conf" reload
	table "1=1"
	has "$dir/log" 'Purged real server (start): 10.9.1.2:8099' || fail "not removed"
	if has "$dir/log" 'Draining'; then fail "drained although it had no connection"; fi
	director "$conf" stop
}

feature_drain_limit() {
	server
	mkdir "$dir/maintenance"
	write_conf "maintenancedir=$dir/maintenance" $'\tdraintimeout=4'
	director "$conf" start
	table "1=1 2=5"
	echo "10.9.1.2:8099 3" >"$FAKE_IPVS_TABLE.conns"
	touch "$dir/maintenance/10.9.1.2"
	table "1=1"
	before=$(log_second 'Draining real server: 10.9.1.2')
	after=$(log_second 'Deleted real server: 10.9.1.2')
	# the log has whole seconds
	[ $((after - before)) -ge 3 ] || fail "drained for $((after - before)) s"
	rm "$dir/maintenance/10.9.1.2"
	table "1=1 2=5"
	# a server that fails is not drained
	mode 2 error
	table "1=1"
	[ "$(in_log Draining | wc -l)" = 1 ] || fail "one that failed was drained"
	director "$conf" stop
}

feature_test_command() {
	server
	write_conf '' ''
	director "$conf" start
	table "1=1 2=5"
	director -t "$conf" >"$dir/out" 2>&1 || fail "-t of a good file: $?"
	[ ! -s "$dir/out" ] || [ "$(grep -c Error "$dir/out")" = 0 ] || fail "-t of a good file says $(cat "$dir/out")"
	cp "$conf" "$dir/good"
	printf 'checkinterval=x\nvirtual=10.0.0.1:80\n\tservice=telnet\n\treal=1.2.3.4:80 gates\n\treceive="("\n\n' >"$conf"
	code=0
	director -t "$conf" >"$dir/out" 2>"$dir/err" || code=$?
	[ "$code" = 2 ] || fail "-t of a bad file: $code"
	sed -n 's/^Error \[[0-9]*\] reading file .* at line \([0-9]*\): .*/\1/p' "$dir/err" | sort -n | tr '\n' ' ' >"$dir/at"
	[ "$(cat "$dir/at")" = "1 3 4 5 " ] || fail "mistakes in lines $(cat "$dir/at"): $(cat "$dir/err")"
	# a command beside a running daemon fails with the file, and does not take the daemon's pid file away
	code=0
	director "$conf" status >"$dir/out" 2>&1 || code=$?
	[ "$code" = 2 ] || fail "status with a bad file: $code"
	[ -e /run/ldirectord.feature.cf.pid ] || fail "the pid file is gone"
	cp "$dir/good" "$conf"
	director "$conf" status >"$dir/out" 2>&1 || fail "status: $?"
	table "1=1 2=5"
	director "$conf" stop
	table gone
}

json() { perl -MJSON::PP -0777 -e 'my $j = decode_json(<STDIN>); my ($s, $t) = @{$j->{virtuals}[0]{servers}}; print '"$1" <"$dir/json"; }
json_says() { director "$conf" status --json >"$dir/json" && [ "$(json "$1")" = "$2" ]; } # EXPRESSION VALUE

# shellcheck disable=SC2016 # the expressions are Perl's
feature_status_json() {
	server
	mkdir "$dir/maintenance"
	write_conf "maintenancedir=$dir/maintenance" $'\tfallback=127.0.0.1:80'
	code=0
	director "$conf" status --json >"$dir/json" 2>&1 || code=$?
	[ "$code" = 3 ] || fail "status of nothing: $code"
	began=$(date +%s)
	director "$conf" start
	table "1=1 2=5"
	soon json_says '"$s->{server} $s->{state} $s->{reason} $t->{server} $t->{state} $t->{weight}"' \
		'10.9.1.1:8099 up 200 OK 10.9.1.2:8099 up 5'
	first=$(json '$s->{changed}')
	[[ $first -ge $began && $first -le $(date +%s) ]] || fail "changed at $first, began at $began"
	# the times are whole seconds: the change has to come in a later one
	soon json_says '$s->{checked} > '"$first"' ? "later" : "now"' later
	mode 1 error
	soon json_says '"$s->{state} $s->{reason}"' 'down 500 Internal Server Error'
	[ "$(json '$s->{changed}')" -gt "$first" ] || fail "the change has no new time"
	[ "$(json '$t->{changed}')" -le "$(json '$s->{changed}')" ] || fail "the other changed too"
	changed=$(json '$s->{changed}')
	# the last check goes on, the last change does not
	soon json_says '$s->{checked} - $s->{changed} > 1 ? "later" : "now"' later
	[ "$(json '$s->{changed}')" = "$changed" ] || fail "changed without a change"
	touch "$dir/maintenance/10.9.1.2"
	soon json_says '"$t->{state} $t->{reason} $j->{virtuals}[0]{fallback}"' 'maintenance Server in maintenance 1'
	[ "$(json '$j->{pid}')" = "$(cat /run/ldirectord.feature.cf.pid)" ] || fail "pid"
	director "$conf" stop
	[ ! -e /run/ldirectord.feature.cf.sock ] || fail "the socket is left"
}

# Bugs 2, 3 and 5 of ldirectord.md 6 do not come back: the daemon goes on with what it had, and its end can be waited for.
feature_reload_failed() {
	server
	write_conf '' ''
	director "$conf" start
	table "1=1 2=5"
	cp "$conf" "$dir/good"
	printf 'mistake=yes\n' | cat - "$dir/good" >"$conf"
	code=0
	director "$conf" reload >"$dir/out" 2>&1 || code=$?
	[ "$code" = 2 ] || fail "reload of a bad file: $code"
	kill -HUP "$(cat /run/ldirectord.feature.cf.pid)"
	soon has "$dir/log" 'the configuration in use stays'
	mode 1 error
	table "2=5"
	mode 1 up
	table "1=1 2=5"
	cp "$dir/good" "$conf"
	pid=$(cat /run/ldirectord.feature.cf.pid)
	director "$conf" start
	[ "$(cat /run/ldirectord.feature.cf.pid)" = "$pid" ] || fail "a second daemon"
	director "$conf" stop
	# at its return all is done
	[ ! -e "/proc/$pid/exe" ] || fail "stop did not wait"
	[ "$(ld_table)" = gone ] || fail "the table is not clean"
}

feature_init_script() {
	server
	write_conf '' ''
	sed -e 's/172.25.32.100/172.25.32.200/' -e '/10.9.1.2/d' -e 's/10.9.1.1/10.9.1.3/' "$conf" >"$dir/other.cf"
	mkdir "$dir/default"
	echo "CONFIG_FILES='$conf $dir/other.cf'" >"$dir/default/ldirectord"
	mount --bind "$dir/default" /etc/default
	cp "$O/ldirectord" /usr/sbin/
	init() { # CODE WORD COMMAND : its exit code, and a word of what it says
		local code=0
		bash "$here/../../ldirectord/ldirectord.init" "$3" >"$dir/out" 2>&1 || code=$?
		[ "$code" = "$1" ] || fail "$3: exit $code: $(cat "$dir/out")"
		has "$dir/out" "$2" || fail "$3 says: $(cat "$dir/out")"
	}
	init 3 stopped status
	init 0 OK start
	table "1=1 2=5 3=1"
	init 0 running status
	init 0 OK start
	init 0 OK reload
	init 0 OK restart
	table "1=1 2=5 3=1"
	init 0 OK condrestart
	table "1=1 2=5 3=1"
	director "$dir/other.cf" stop
	init 3 stopped status
	cp "$conf" "$dir/good"
	echo "mistake=yes" >"$conf"
	init 2 FAILED start
	cp "$dir/good" "$conf"
	init 0 OK stop
	table gone
	init 3 stopped status
	init 2 Usage nonsense
}

feature_resource_script() {
	server
	write_conf '' ''
	mkdir "$dir/resource.d"
	ln -s "$O/ldirectord" "$dir/resource.d/ldirectord"
	resource() { "$dir/resource.d/ldirectord" "$conf" "$1" 2>/dev/null; }
	said=$(resource status) && fail "status of a stopped one is 0"
	[[ $said == *stopped* && $said != *running* ]] || fail "stopped: $said"
	resource start
	table "1=1 2=5"
	said=$(resource status) || fail "status: $?"
	[[ $said == *running* ]] || fail "running: $said"
	resource start
	resource stop
	[ "$(ld_table)" = gone ] || fail "stop was too early"
	resource stop
}

feature_sample() {
	sample=$here/../../ldirectord/ldirectord.cf
	director -t "$sample" >"$dir/out" || fail "the sample: $?"
	# its examples are commented out
	sed -e 's/^# *\(virtual\)/\1/' -e 's/^#\([ \t]\{1,\}[a-z0-9]* *=\)/\1/' "$sample" >"$dir/all.cf"
	director -t "$dir/all.cf" >"$dir/out" 2>"$dir/err" || fail "its examples: $(cat "$dir/err")"
	[ "$(sed -n 's/.*valid: \([0-9]*\) virtual.*/\1/p' "$dir/out")" = "$(grep -c '^virtual6\?=' "$dir/all.cf")" ] || fail "$(cat "$dir/out")"
}

feature_shared() {
	server
	write_conf '' ''
	sed -n '/^virtual/,$p' "$conf" | sed 's/172.25.32.100/172.25.32.101/' >"$dir/second"
	cat "$dir/second" >>"$conf"
	before=$SECONDS
	director "$conf" start
	table "1=1 1=1 2=5 2=5"
	mode 1 error
	table "2=5 2=5"
	while [ $((SECONDS - before)) -lt 6 ]; do sleep 0.5; done
	director "$conf" status --json >"$dir/json"
	# two checks a second, not four
	checks=$(sed -n 's/.*"checks_finished": \([0-9]*\).*/\1/p' "$dir/json")
	[ "$checks" -le $((2 * (SECONDS - before + 2))) ] || fail "$checks checks in $((SECONDS - before)) s"
	director "$conf" stop
}

# The lines of the log go to a facility: priority, name and text, without date and pid.
feature_syslog() {
	mkdir "$dir/dev"
	mount -t tmpfs tmpfs "$dir/dev"
	cp -a /dev/null /dev/zero /dev/urandom /dev/tty "$dir/dev/"
	ln -s /proc/self/fd "$dir/dev/fd"
	mount --bind "$dir/dev" /dev
	socat -u UNIX-RECV:/dev/log,mode=666 "OPEN:$dir/syslog,creat,append" &
	soon [ -S /dev/log ]
	server
	write_conf '' ''
	sed -i 's/^logfile=.*/logfile="local3"/' "$conf"
	director "$conf" start
	table "1=1 2=5"
	mode 2 error
	table "1=1"
	director "$conf" stop
	table gone
	soon has "$dir/syslog" 'terminated on signal'
	# datagrams stand one after the other; the original adds and removes each server before its first check
	tr '\0' '\n' <"$dir/syslog" | sed 's/\(<[0-9]*>\)/\n\1/g' | grep -E 'Added virtual|Deleted.*10.9.1.2|Purged|terminated' |
		sed -e 's/>[A-Z][a-z][a-z] .* ldirectord\[[0-9]*\]/>DATE ldirectord[PID]/' | uniq | tail -n 5
}

# Another configuration goes with this one.
feature_execute() {
	server
	original_in_place
	write_conf '' ''
	sed -e 's/172.25.32.100/172.25.32.200/' -e 's/10.9.1.2:8099 masq 5/10.9.1.3:8099 masq 9/' "$conf" >"$dir/other.cf"
	write_conf "execute=$dir/other.cf" ''
	director "$conf" start
	table "1=1 1=1 2=5 3=9"
	director "$conf" stop
	table gone
}

"feature_$2"
