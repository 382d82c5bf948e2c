#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# resource.d beside Debian's originals (heartbeat, resource-agents, drbd-utils): the same calls in the same place, one with
# ours and one with theirs; exit code and stdout have to be the same, and so what they leave of addresses, mounts and rules.
# Where ours differ on purpose is said at the call's end.

bats_require_minimum_version 1.5.0
load ../lib/resource

setup_file() {
	rsc_fetch_originals
}

# crosswise <SCRIPT : runs it in both places. It prints with `say SCRIPT ARGUMENT... ACTION`, or with anything; paths of their
# agents are read as those of ours.
crosswise() {
	{
		cat <<-'END'
			say() {
				local rc=0
				"/etc/ha.d/resource.d/$1" "${@:2}" >/run/out 2>/run/err || rc=$?
				echo "$*: $rc"
				cat /run/out
			}
			addresses() { ip -o addr show scope global | sed 's/ valid_lft.*//'; }
		END
		cat
	} >"$BATS_TEST_TMPDIR/calls"
	for side in theirs ours; do
		rsc_test $side <"$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/$side.all"
		sed 's,/usr/lib/ocf/resource.d//heartbeat/,/etc/ha.d/resource.d/,; s/[A-Z][a-z][a-z] [A-Z][a-z][a-z] [0-9 ]* [0-9:]* UTC [0-9]*/DATE/' \
			"$BATS_TEST_TMPDIR/$side.all" >"$BATS_TEST_TMPDIR/$side"
	done
	[ "$(grep -c ': [0-9]*$' "$BATS_TEST_TMPDIR/ours")" -gt 3 ]
	diff "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}

@test "wrong numbers of arguments, unknown actions, usage" {
	crosswise <<-'END'
		# each with one argument too few, enough, and one too many; not OCF, whose usage is its own
		tries() { # SCRIPT MIN MAX
			local words="a b c d e f" few
			[ "$2" -le 1 ] || few=$(cut -d' ' -f-$(($2 - 1)) <<<" $words")
			# shellcheck disable=SC2086 # words
			for words in "${few-}" "$(cut -d' ' -f-$(($2 + 1)) <<<" $words")" "$(cut -d' ' -f-$(($3 + 2)) <<<" $words")"; do
				say $1 $words usage
				say $1 $words frob
			done
			say $1
		}
		for s in IPaddr IPaddr2 IPv6addr SendArp IPsrcaddr LVM LinuxSCSI db2; do tries $s 1 1; done
		for s in Raid1 ServeRAID ICP; do tries $s 2 2; done
		tries portblock 3 3
		tries apache 0 1
		tries Delay 0 2
		tries MailTo 1 2
		tries Filesystem 2 3	# they take a sixth argument for the action
		tries ids 0 3
		tries drbddisk 0 1
		tries AudibleAlarm 0 0
		tries WinPopup 0 1
		say WAS
		say WAS 1 2 status
		say WAS frob status
		say IPaddr a meta-data
		say IPaddr a help
		say Xinetd
		say Xinetd a b status
		say drbdupper
		say drbdupper a
		say drbdupper a frob
	END
}

@test "IPaddr" {
	crosswise <<-'END'
		for a in status start status start stop stop status; do say IPaddr 172.25.77.100/24/eth0 $a; addresses; done
		for ip in 172.25.77.100 172.25.77.101/255.255.255.0/eth0:7/172.25.77.255 172.25.77.102/24/172.25.77.255 172.25.77.103/25/eth0; do
			say IPaddr $ip start
		done
		addresses
		say IPaddr 172.25.77.101 stop
		say IPaddr 172.25.77.104 start
		addresses
		say IPaddr 172.25.77.100/24/peer0 status
		say IPaddr 172.25.77.100/24/peer0 stop
		for ip in 10.1.1.1 10.1.1.1/24/nope foo 172.25.77.9/33/eth0; do say IPaddr $ip start; done
		for ip in 10.1.1.1 10.1.1.1/24/nope foo; do say IPaddr $ip stop; say IPaddr $ip status; done
		addresses
	END
}

@test "IPaddr2" {
	crosswise <<-'END'
		for a in status start status monitor start stop stop status; do say IPaddr2 172.25.77.100/24/eth0 $a; addresses; done
		for ip in 172.25.77.100 172.25.77.101/24/eth0:web/172.25.77.127 172.25.77.102/25/eth0 172.25.77.103/32/eth0 10.1.1.1/16/peer0; do
			say IPaddr2 $ip start
		done
		addresses
		say IPaddr2 172.25.77.100/24/peer0 status
		say IPaddr2 172.25.77.100/25/eth0 status
		say IPaddr2 172.25.77.101/24/eth0:web stop
		addresses
		for ip in 10.2.1.1 10.1.1.1/24/nope foo 172.25.77.9/33/eth0 172.25.77.9/24/eth0:abcdefghijklmnop fd00::1/64/eth0; do
			for a in start status stop; do say IPaddr2 $ip $a; done
		done
		ip addr add 172.25.77.200/32 dev lo
		for a in status start status stop stop; do
			say IPaddr2 172.25.77.200/24/eth0 $a
			addresses
			cat /run/resource-agents/172.25.77.200 2>/dev/null || :
		done
	END
}

@test "IPv6addr" {
	crosswise <<-'END'
		ip addr add fd00:77::1/64 dev eth0 nodad
		for a in status start status monitor start stop stop status; do say IPv6addr fd00:77::100/64/eth0 $a; addresses; done
		for ip in fd00:88::100 fd00:77::100/64/nope; do
			for a in start status stop; do say IPv6addr $ip $a; done
		done
	END
}

@test "SendArp and IPsrcaddr" {
	crosswise <<-'END'
		for a in status start status start monitor stop stop status; do say SendArp 172.25.77.100/eth0 $a; done
		for a in status start stop; do say IPsrcaddr 172.25.77.1 $a; done
		ip route add default via 172.25.77.2
		ip addr add 172.25.77.9/24 dev eth0
		for a in status start status start monitor; do say IPsrcaddr 172.25.77.9 $a; ip route; done
		say IPsrcaddr 172.25.77.1 status
		for a in stop status; do say IPsrcaddr 172.25.77.9 $a; ip route; done	# their second stop fails
		for ip in 172.25.77.77 127.0.0.1 foo; do
			for a in status start stop; do say IPsrcaddr $ip $a; done
		done
	END
}

@test "Filesystem" {
	crosswise <<-'END'
		truncate -s 32M /run/disk
		mkfs.ext4 -q -U 11111111-2222-3333-4444-555555555555 -L disk /run/disk
		loop=$(losetup -f --show /run/disk)
		trap 'trap - ERR; set +e; umount -R /mnt/d 2>/dev/null; losetup -d $loop' EXIT
		ln -s $loop /run/dev	# by a name that is the same on both sides
		mounts() { findmnt -rno TARGET,FSTYPE | grep /mnt/ || :; }
		for a in status start status start stop stop status; do say Filesystem /run/dev /mnt/d ext4 $a; mounts; done
		say Filesystem /run/dev /mnt/d/ ext4 ro,noatime start
		mounts
		say Filesystem /run/dev /mnt/d ext4 ro,noatime stop
		for type in nosuch xfs; do
			for a in start status stop; do say Filesystem /run/dev /mnt/d $type $a; done
		done
		say Filesystem /run/dev /mnt/d ext4 nosuch start
		for a in start status stop; do say Filesystem /dev/nope /mnt/d ext4 $a; done
		for dev in -Ldisk -U11111111-2222-3333-4444-555555555555; do
			for a in start status stop; do say Filesystem $dev /mnt/d ext4 $a; mounts; done
		done
		say Filesystem -Lnope /mnt/d ext4 start
		mkdir -p /mnt/src /mnt/d/below
		for a in start status stop; do say Filesystem /mnt/src /mnt/d none bind $a; mounts; done
		for a in start status stop; do say Filesystem some /mnt/d tmpfs size=1m $a; done
		mount -t tmpfs tmpfs /mnt/d/below
		say Filesystem /run/dev /mnt/d ext4 start
		umount /mnt/d/below
		say Filesystem /run/dev /mnt/d ext4 start
		mkdir -p /mnt/d/below
		mount -t tmpfs tmpfs /mnt/d/below
		(cd /mnt/d/below && exec sleep 1000) &
		user=$!
		inside() { [ "$(readlink /proc/$user/cwd)" = /mnt/d/below ]; }
		until_true inside
		say Filesystem /run/dev /mnt/d ext4 stop
		cat /run/err
		mounts
	END
}

@test "drbddisk and drbdupper call drbdadm the same way" {
	crosswise <<-'END'
		drbdadm() { # SCRIPT : a fake in the place that theirs calls it by
			fake drbdadm
			cp /usr/local/sbin/drbdadm /usr/sbin/drbdadm
		}
		fake sleep </dev/null
		for role in Primary/Secondary Secondary/Primary Unconfigured Unknown/Unknown Primary ""; do
			echo "$role" >/run/role
			drbdadm <<<'[ $1 != role ] || cat /run/role'
			say drbddisk r0 status
			calls
		done
		for code in 0 11; do
			drbdadm <<<"exit $code"
			say drbddisk r0 start
			say drbddisk r0 stop
			say drbddisk stop
			say drbddisk status
			calls | grep -v sleep
		done
		for role in Primary/Unknown Secondary/Unknown; do
			drbdadm <<<"case \$* in *role*) echo $role ;; *sh-lr-of*) echo low ;; esac"
			for a in status start stop; do say drbdupper up $a; calls; done
		done
	END
}

@test "LVM and Raid1" {
	crosswise <<-'END'
		say LVM vg0 start	# without LVM; their stop fails then
		say LVM vg0 status
		for tool in vgscan vgdisplay vgchange vgs lvs pvs vgck; do
			fake $tool <<<'case $* in *version*) printf "  LVM version:     2.03.16(2) (2022-05-18)\n" ;; *-aly*) mkdir -p /dev/rscvg; : >/dev/rscvg/lv ;; *-aln*) rm -r /dev/rscvg ;; esac'
		done
		mount -t tmpfs tmpfs /dev
		mknod /dev/null c 1 3
		for a in status start status monitor start stop status; do say LVM rscvg $a; done
		say Raid1 /run/nope.conf /dev/md7 status
		say Raid1 /run/nope.conf /dev/md7 start
		fake mdadm </dev/null
		fake udevadm </dev/null
		: >/run/md.conf
		for a in status start stop; do say Raid1 /run/md.conf /dev/md7 $a; done
	END
}

@test "apache" {
	crosswise <<-'END'
		say apache /run/nope.conf start
		say apache /run/nope.conf status
		say apache /run/nope.conf stop
		say apache start
		mkdir -p /run/www /run/ap
		echo '<html><body>hello</body></html>' >/run/www/index.html
		m=/usr/lib/apache2/modules
		printf '%s\n' 'ServerRoot "/run/ap"' 'ServerName localhost' 'PidFile /run/ap/httpd.pid' 'Listen 127.0.0.1:8080' \
			'DocumentRoot /run/www' 'ErrorLog /run/ap/error.log' "LoadModule mpm_event_module $m/mod_mpm_event.so" \
			"LoadModule authz_core_module $m/mod_authz_core.so" "LoadModule dir_module $m/mod_dir.so" >/run/httpd.conf
		for a in status start; do say apache /run/httpd.conf $a; done
		tr '\0' ' ' </proc/$(cat /run/ap/httpd.pid)/cmdline
		for a in status start monitor stop stop status; do say apache /run/httpd.conf $a; done
		pgrep -f apache2 || echo gone
	END
}

@test "portblock, MailTo, WinPopup, AudibleAlarm, Delay, Xinetd" {
	crosswise <<-'END'
		# with the iptables of today theirs no longer finds its rule, so only the first step compares
		say portblock tcp 80,443 block status
		say portblock tcp 80,443 block start
		iptables -S INPUT
		say portblock icmp 80,443 block start
		say portblock tcp eighty block start
		say portblock tcp 80 frob start
		say portblock tcp 80 unblock status
		say MailTo a@example.org status
		say MailTo a@example.org start
		fake mail <<<'sed "s,^ *,,; s,/.*/,," >>/run/mail'
		for a in start status start stop status stop; do say MailTo a@example.org,b@example.org $a; done
		say MailTo a@example.org "The Database" start
		sed 's/ at .* UTC [0-9]*/ at DATE/' /run/mail
		calls | sed 's/ at .* UTC [0-9]*/ at DATE/'
		say WinPopup /run/hosts start
		say WinPopup /run/hosts status
		printf 'one two\n' >/run/hosts
		fake smbclient <<<'cat >>/run/said'
		fake nmblookup </dev/null
		for a in start status start stop status; do say WinPopup /run/hosts $a; done
		sed 's/ *$//' /run/said
		touch /run/console
		mount --bind /run/console /dev/console
		for a in status start status start stop status stop; do say AudibleAlarm elsewhere $a; done
		say AudibleAlarm "$(uname -n)" start
		say AudibleAlarm "$(uname -n)" status
		for a in start start stop stop; do say Delay 0 0 $a; done	# their status takes half a minute
		say Delay soon start
		say Delay soon stop
		mkdir -p /etc/xinetd.d
		printf 'service foo\n{\n\tport = 1\n\tdisable = yes\n}\n' >/etc/xinetd.d/foo
		for a in status start stop; do say Xinetd foo $a; done
		cp /bin/bash /run/xinetd
		/run/xinetd -c 'trap : HUP; mkfifo /run/never; exec 3<>/run/never; : >/run/up; while :; do read -rt 0.05 <&3; done' &
		until_true test -e /run/up
		for a in status start status start stop status stop; do say Xinetd foo $a; cat /etc/xinetd.d/foo; done
		say Xinetd nope start
		say Xinetd nope status
	END
}

@test "the vendors' scripts where the vendors' programs are not" {
	crosswise <<-'END'
		for a in status start stop; do
			say LinuxSCSI 0:0:1 $a
			say LinuxSCSI foo $a
			say ServeRAID 1 2 $a
			say WAS 9999 $a
		done
		for a in status start; do	# their stop fails
			say ICP 1 /dev/null $a
			say db2 db2inst1 $a
			say ids /opt/ifx srv onconf $a
		done
	END
}

@test "a site's own script for an OCF agent" {
	crosswise <<-'END'
		mkdir -p /usr/lib/ocf/resource.d/heartbeat
		printf '#!/bin/sh\necho "$1 $OCF_RESKEY_word"\nexit $(cat /run/code)\n' >/usr/lib/ocf/resource.d/heartbeat/Own
		printf '%s\n' '#!/bin/sh' '. /etc/ha.d/resource.d/hto-mapfuncs' 'OCF_RESKEY_word=$1' 'OCF_TYPE=Own' \
			'OCF_RESOURCE_INSTANCE=Own_$1' 'export OCF_RESKEY_word OCF_TYPE OCF_RESOURCE_INSTANCE' 'ra_execocf $2' >/etc/ha.d/resource.d/own
		chmod 755 /usr/lib/ocf/resource.d/heartbeat/Own /etc/ha.d/resource.d/own
		for code in 0 1 2 3 4 5 6 7 8 99; do
			echo $code >/run/code
			for action in start stop status; do say own hello $action; done
		done
	END
}

@test "Debian's ResourceManager takes and gives a group of our scripts" {
	rsc_test mixed <<-'END'
		truncate -s 32M /run/disk
		mkfs.ext4 -q /run/disk
		loop=$(losetup -f --show /run/disk)
		trap 'trap - ERR; set +e; umount /mnt/d 2>/dev/null; losetup -d $loop' EXIT
		fake drbdadm <<<'[ $1 != role ] || cat /run/role; [ $1 != primary ] || echo Primary/Secondary >/run/role; [ $1 != secondary ] || echo Secondary/Secondary >/run/role'
		cp /usr/local/sbin/drbdadm /usr/sbin/drbdadm
		echo Secondary/Secondary >/run/role
		fake mail <<<'cat >/run/mail'
		echo "server1 portblock::tcp::3306::block 172.25.77.100/24/eth0 IPaddr2::172.25.77.101/24/eth0 drbddisk::r0" \
			"Filesystem::$loop::/mnt/d::ext4 MailTo::a@example.org::Data Delay::0::0 portblock::tcp::3306::unblock" >/etc/ha.d/haresources
		echo "logfile /run/ha-log" >/etc/ha.d/ha.cf
		manager() { /usr/share/heartbeat/ResourceManager "$@" >/run/out 2>&1; }
		group='portblock::tcp::3306::block'
		manager takegroup $group
		mountpoint -q /mnt/d
		[ "$(cat /run/role)" = Primary/Secondary ]
		[ "$(ip -o -4 addr show dev eth0 | grep -c '172.25.77.10[01]/24')" = 2 ]
		[ "$(iptables -S INPUT)" = "-P INPUT ACCEPT" ]
		[ "$(grep -c 'info: Running /etc/ha.d/resource.d/.* start' /run/ha-log)" = 8 ]
		manager takegroup $group		# all of it runs already
		[ "$(grep -c 'info: Running /etc/ha.d/resource.d/.* start' /run/ha-log)" = 8 ]
		for r in $(cut -d' ' -f2- /etc/ha.d/haresources); do manager status $r; done
		manager givegroup $group
		[ "$(grep -c 'info: Running /etc/ha.d/resource.d/.* stop' /run/ha-log)" = 8 ]
		for r in $(cut -d' ' -f2- /etc/ha.d/haresources); do not manager status $r; done
		[ "$(ip -o -4 addr show dev eth0 | wc -l)" = 1 ]
		not mountpoint -q /mnt/d
		[ "$(cat /run/role)" = Secondary/Secondary ]
		not grep -q 'ERROR\|CRIT\|Retrying' /run/ha-log
	END
}
