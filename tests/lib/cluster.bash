# shellcheck shell=bash disable=SC2016,SC2034 # commands for the nodes expand there
# SPDX-License-Identifier: GPL-2.0-only
# The walkthrough: two directors, two real servers and a client, and what sections 2 to 7 do with them. server1 and server2 are
# full roots in machines with our packages, a disk of their own each (/dev/vda) and eth0 on one network; server3, server4 and
# client are namespaces on the same. Needs vm.bash, root.bash, net.bash and rpm.bash. For scripts with `set -e`: what does not
# come out as it has to fails.
#
#   wt_boot                 sections 1 and 2: builds and installs the packages, configures and boots all
#   wt_start_drbd  wt_first_sync  wt_by_hand  wt_mysql  wt_lvs       sections 3 to 7, in this order
#   on server1 'COMMAND'    prints and runs it there; output and exit code are ours
#   wt_until SECONDS server1 'COMMAND'   until it succeeds
#   wt_held SECONDS server1              until it has each of $WT_ALL and the other director none
#   wt_put FILE             standard input becomes that file on both directors, now and after each boot
#   wt_end                  stops all, orderly

WT_KERNEL=${WT_KERNEL:-6.1}
WT_VIP=172.25.32.100
WT_ALL=''

WT_BOLD='' WT_GREEN='' WT_PLAIN=''
[ ! -t 1 ] || WT_BOLD=$'\033[1m' WT_GREEN=$'\033[32m' WT_PLAIN=$'\033[0m'

wt_say() { printf '\n%s=== %s (at %s s)%s\n' "$WT_BOLD" "$*" "$SECONDS" "$WT_PLAIN"; }
wt_prompt() { printf '%s[root@%s ~]# %s%s\n' "$WT_GREEN" "$1" "$2" "$WT_PLAIN"; } # NODE COMMAND

wt_in() { # NODE COMMAND [SECONDS]
	case $1 in
	server[12]) vm_exec "$1" "$2" "${3:-180}" ;;
	*) nsenter -t "$(net_pid "$1")" --net --uts --mount --pid bash -c "$2" </dev/null 3>&- ;;
	esac
}

on() { # NODE COMMAND [SECONDS]
	wt_prompt "$1" "$2"
	wt_in "$@"
}

wt_refused() { # NODE CODE TEXT COMMAND : it fails with that code and says that
	local out code=0
	wt_prompt "$1" "$4"
	out=$(wt_in "$1" "$4") || code=$?
	echo "$out"
	if [ "$code" -ne "$2" ] || [[ $out != *"$3"* ]]; then echo "exit $code, and not $2 with '$3'"; return 1; fi
}

wt_until() { # SECONDS NODE COMMAND
	local end=$((SECONDS + $1))
	wt_prompt "$2" "until $3"
	until wt_in "$2" "$3" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "not within $1 s"; wt_in "$2" "$3"; return 1; }
		sleep 0.5
	done
}

# --- who has what ---

wt_resources() { # NODE : prints those that it has, in the order of haresources
	vm_exec "$1" "set -- \$(ip addr show eth0 | grep -q ' $WT_VIP/' && echo vip)
		drbdadm role demo 2>/dev/null | grep -q ^Primary/ && set -- \$* drbd
		grep -q '^/dev/drbd1 /var/lib/mysql ' /proc/mounts && set -- \$* mount
		pgrep -x mariadbd >/dev/null && set -- \$* db
		ipvsadm -Ln 2>/dev/null | grep -q ' $WT_VIP:80 ' && set -- \$* lvs
		pgrep -x apache2 >/dev/null && set -- \$* web
		echo \$*"
}

wt_held() { # SECONDS NODE
	local end=$((SECONDS + $1)) node=$2 other=server1 has='' others=''
	[ "$node" != server1 ] || other=server2
	until has=$(wt_resources "$node") && [ "$has" = "$WT_ALL" ] &&
			{ ! vm_alive "$(vm_dir $other)" || { others=$(wt_resources $other) && [ -z "$others" ]; }; }; do
		if [ $SECONDS -ge $end ]; then
			echo "not within $1 s: $node has '$has', $other '$others'"
			for node in server1 server2; do
				! vm_alive "$(vm_dir $node)" || vm_exec $node 'hostname; tail -n 60 /var/log/ha-log; cat /proc/drbd; ip addr show eth0'
			done
			return 1
		fi
		sleep 0.5
	done
	echo "--- $node has $has, $other none of it"
}

# --- section 2: the machines and their configuration ---

wt_put() { # FILE
	local node text
	mkdir -p "$WT_STAGE/$(dirname "$1")"
	cat >"$WT_STAGE/$1"
	for node in server1 server2; do
		vm_alive "$(vm_dir $node)" || continue
		text=$(base64 -w 0 "$WT_STAGE/$1")
		vm_exec $node "echo $text | base64 -d >/$1" || return
	done
}

wt_haresources() { # RESOURCE... : of the one group, preferred by server1
	echo "/etc/ha.d/haresources: server1 $*"
	echo "server1 $*" | wt_put etc/ha.d/haresources
}

wt_drbd_conf() { # FENCING : the common part
	wt_put etc/drbd.d/global_common.conf <<-END
		global { usage-count no; }
		common {
		  disk { c-plan-ahead 0; resync-rate 200M; fencing $1; }
		  handlers { fence-peer "/usr/lib64/heartbeat/drbd-peer-outdater -t 10"; }
		}
	END
}

wt_configure() {
	wt_put etc/drbd.conf <<-'END'
		include "drbd.d/global_common.conf";
		include "drbd.d/*.res";
	END
	wt_drbd_conf dont-care
	wt_put etc/drbd.d/demo.res <<-'END'
		resource demo {            # the resource's name
		  meta-disk internal;      # metadata at the end of the backing disk
		  device /dev/drbd1;
		  syncer { verify-alg sha1; }
		  on server1 { disk /dev/vda; address 172.25.32.1:7789; }
		  on server2 { disk /dev/vda; address 172.25.32.2:7789; }
		}
	END
	wt_put etc/ha.d/ha.cf <<-END
		logfile /var/log/ha-log
		keepalive 500ms
		deadtime 10
		warntime 5
		initdead 20
		udpport 694
		bcast eth0
		auto_failback on
		node server1
		node server2
		ping 172.25.32.250
		respawn hacluster /usr/lib64/heartbeat/ipfail
		apiauth ipfail gid=haclient uid=hacluster
		respawn hacluster /usr/lib64/heartbeat/dopd
		apiauth dopd gid=haclient uid=hacluster
	END
	printf 'auth 1\n1 crc\n' | wt_put etc/ha.d/authkeys
	chmod 600 "$WT_STAGE/etc/ha.d/authkeys"
	wt_put etc/ha.d/ldirectord.cf <<-END
		checktimeout=3
		checkinterval=1
		autoreload=yes
		quiescent=no
		virtual=$WT_VIP:80
		        real=172.25.32.3:80 gate
		        real=172.25.32.4:80 gate
		        fallback=127.0.0.1:80 gate
		        service=http
		        scheduler=rr
		        protocol=tcp
		        checktype=negotiate
		        checkport=80
		        request="index.html"
	END
	echo fallback | wt_put var/www/html/index.html
	# small logs: the first sync and the disk are small
	wt_put etc/mysql/mariadb.conf.d/99-small.cnf <<-'END'
		[mysqld]
		innodb_log_file_size=4M
		innodb_buffer_pool_size=16M
		innodb_flush_log_at_trx_commit=1
		skip-name-resolve
		bind-address=0.0.0.0
	END
	printf '127.0.0.1 localhost\n172.25.32.1 server1\n172.25.32.2 server2\n' | wt_put etc/hosts
}

wt_start() { # NODE [OPTION...] : boots it (again); only drbd.ko of the packages does not outlive a boot
	local node=$1 image
	shift
	image=$(vm_root) || return
	vm_start "$node" "$WT_KERNEL" --root "$image" --files "$WT_STAGE:/" \
		--modules "$WT_STAGE.ko/drbd.ko ip_vs ip_vs_rr sch_ingress cls_u32 act_gact" \
		--disk 160M --net "lan=172.25.32.${node#server}/24" "$@"
}

wt_real_server() { # NODE : Apache, and the virtual address on lo, for which nobody here answers ARP
	wt_in "$1" "mkdir -p /run/www /run/ap && chmod 755 /run/www && echo $1 >/run/www/index.html
		printf '%s\n' 'ServerName $1' 'Listen 80' 'PidFile /run/ap/pid' 'DefaultRuntimeDir /run/ap' 'DocumentRoot /run/www' \
			'ErrorLog /run/ap/log' 'User nobody' 'Group nogroup' >/run/httpd.conf
		for m in mpm_event authz_core; do
			echo \"LoadModule \${m}_module /usr/lib/apache2/modules/mod_\$m.so\" >>/run/httpd.conf
		done" &&
	on "$1" "sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip addr add $WT_VIP/32 dev lo
		apache2 -f /run/httpd.conf -k start"
}

wt_boot() {
	local node rpms base release
	wt_say "1. The packages (about a minute)"
	wt_prompt build './configure --enable-spec --with-km && rpmbuild -bb drbd.spec && rpmbuild -bb drbd-km.spec && ...; ls RPMS'
	rpms=$(rpm_packages "$WT_KERNEL") && base=$(rpm_base "$(vm_root)") && release=$(vm_release "$WT_KERNEL") || return
	(cd "$rpms" && ls -- *.rpm)
	[ "$(find "$rpms" -name 'drbd-*.rpm' | wc -l)" = 8 ] || return
	WT_STAGE=$VM_ROOT/install
	mkdir -p "$WT_STAGE.ko"
	(cd "$WT_STAGE.ko" && rpm2cpio "$rpms"/drbd-km-*.rpm | cpio --quiet -idu "*/$release/updates/drbd.ko" &&
		mv "lib/modules/$release/updates/drbd.ko" .) || return

	wt_say "2. server1 and server2 boot (emulated: a minute) and are configured; server3, server4 and client are there"
	wt_configure || return
	wt_haresources "IPaddr::$WT_VIP/24/eth0 drbddisk::demo Filesystem::/dev/drbd1::/var/lib/mysql::ext4 mariadb" || return
	for node in server3 server4 client; do net_node $node 2>/dev/null || return; done
	net_bridge lan server3=172.25.32.3/24 server4=172.25.32.4/24 client=172.25.32.250/24 2>/dev/null || return
	vm_net lan server1 server2 "$(net_pid switch):machines"
	until net_switch ip link set machines master lan up 2>/dev/null; do sleep 0.1; done
	for node in server1 server2; do
		wt_start $node --files "$rpms:/root/rpms" --files "$base:/root/debian-base.rpm" || return
	done
	wt_real_server server3 && wt_real_server server4 || return
	for node in server1 server2; do # both at once
		vm_exec $node 'rpm -i /root/debian-base.rpm && rpm -ivh /root/rpms/*.rpm' 400 >"$VM_ROOT/rpm.$node" 2>&1 3>&- &
		echo $! >"$VM_ROOT/rpm.$node.pid"
	done
	for node in server1 server2; do
		wt_prompt $node 'rpm -ivh /root/rpms/*.rpm'
		wait "$(cat "$VM_ROOT/rpm.$node.pid")" || { cat "$VM_ROOT/rpm.$node"; return 1; }
		cat "$VM_ROOT/rpm.$node"
		# dopd runs as hacluster, and outdates disks
		on $node 'chgrp haclient /sbin/drbdsetup /sbin/drbdmeta && chmod 4750 /sbin/drbdsetup /sbin/drbdmeta' || return
	done
	on server1 'cat /etc/drbd.conf /etc/drbd.d/*.conf /etc/drbd.d/*.res; grep . /etc/ha.d/ha.cf /etc/ha.d/haresources /etc/ha.d/ldirectord.cf'
}

# --- sections 3 to 7 ---

wt_start_drbd() {
	wt_say "3. DRBD starts; the first node waits for the other"
	on server1 'drbdadm create-md demo'
	on server2 'drbdadm create-md demo'
	on server1 '/etc/init.d/drbd start >/dev/null 2>&1 &'
	local end=$((SECONDS + 180))
	until grep -a "To abort waiting enter" "$(vm_console server1)"; do [ $SECONDS -lt $end ]; sleep 1; done
	on server2 '/etc/init.d/drbd start'
	wt_until 180 server1 '! pgrep -f init.d/drbd'
	on server1 'ls -l /dev/drbd1; cat /proc/drbd; grep -q "version: 8.4.4 (api:1/proto:86-101)" /proc/drbd'
	on server1 'test "$(drbdadm cstate demo; drbdadm role demo; drbdadm dstate demo)" = \
		"$(printf "%s\n" Connected Secondary/Secondary Inconsistent/Inconsistent)"'
}

wt_first_sync() {
	local line last='' end=$((SECONDS + 600)) over=$'\n'
	[ ! -t 1 ] || over=$'\r' # one line that moves
	wt_say "4. First sync, in the calling order of 8.3"
	on server1 'drbdsetup /dev/drbd1 primary --force'
	until line=$(vm_exec server1 'drbdadm dstate demo; sed -n "/sync.ed:/{N;s/\n/ /;s/[\t ]\+/ /gp}" /proc/drbd') &&
			[[ $line == UpToDate/UpToDate* ]]; do
		[ "$line" = "$last" ] || printf '%s%s' "${line#*$'\n'}" "$over"
		last=$line
		[ $SECONDS -lt $end ]
		sleep 1
	done
	[ "$over" = $'\n' ] || echo
	on server2 'cat /proc/drbd; grep -q "cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate" /proc/drbd'
	on server1 'mkfs.ext4 -q /dev/drbd1'
}

wt_by_hand() {
	wt_say "5. The disk is moved by hand"
	on server1 'mount /dev/drbd1 /mnt && echo hello >/mnt/file'
	wt_refused server1 11 "Device is held open by someone" 'drbdadm secondary demo'
	wt_refused server2 32 "" 'mount /dev/drbd1 /mnt'
	wt_refused server2 11 "Multiple primaries not allowed by config" 'drbdadm primary demo'
	on server1 'umount /mnt && drbdadm secondary demo'
	on server2 'drbdadm primary demo && mount /dev/drbd1 /mnt && grep hello /mnt/file'
	on server2 'cp -a /var/lib/mysql/. /mnt/ && chown mysql:mysql /mnt && umount /mnt && drbdadm secondary demo'
}

wt_count() { # NODE N : so many rows are in shop.t
	wt_until 180 "$1" "mysql -N -e 'select count(*) from shop.t' | grep -qx $2"
}

wt_mysql() {
	wt_say "6. MySQL on the disk, under heartbeat"
	WT_ALL="vip drbd mount db"
	on server1 '/etc/init.d/heartbeat start'
	on server2 '/etc/init.d/heartbeat start'
	wt_until 180 server1 'mysql -e "create database shop; create table shop.t (n int primary key) engine=innodb"'
	wt_held 60 server1
	on server1 'for n in 1 2 3 4 5; do mysql -e "insert into shop.t values ($n)"; done'

	wt_say "6. heartbeat stops on server1: everything goes over"
	on server1 '/etc/init.d/heartbeat stop'
	wt_count server2 5
	wt_held 60 server2
	on server2 'mysql -e "insert into shop.t values (6)"'

	wt_say "6. It starts again: with auto_failback on everything comes back"
	on server1 '/etc/init.d/heartbeat start'
	wt_count server1 6
	wt_held 60 server1
}

wt_pages() { # PAGE PAGE... : what the client gets, one request after the other; the order may begin anywhere
	local want got
	want=$(printf '%s\n' "$@" | sort)
	wt_prompt client "for n in $*; do curl http://$WT_VIP/index.html; done"
	got=$(wt_in client "for n in $*; do curl -s -m 10 http://$WT_VIP/index.html; done")
	echo "$got"
	[ "$(sort <<<"$got")" = "$want" ] && { [ $# -lt 2 ] || [ "$1" = "$2" ] || [ "$(uniq <<<"$got" | wc -l)" = $# ]; }
}

wt_table() { # NODE N : so many real servers are in the table
	wt_until 60 "$1" "test \$(ipvsadm -Ln | grep -c '^  -> 172.25.32.[34]:80 *Route ') = $2"
}

wt_lvs() {
	wt_say "7. LVS-DR with health checks, under heartbeat"
	WT_ALL="vip lvs web"
	on server2 '/etc/init.d/heartbeat stop'
	on server1 '/etc/init.d/heartbeat stop'
	wt_haresources "IPaddr::$WT_VIP/24/eth0 ldirectord::ldirectord.cf apache2"
	on server1 '/etc/init.d/heartbeat start'
	on server2 '/etc/init.d/heartbeat start'
	wt_held 180 server1
	wt_table server1 2
	on server1 'ipvsadm -Ln'
	wt_pages server3 server4 server3 server4

	wt_say "7. Apache on server3 stops and starts"
	on server3 'apache2 -f /run/httpd.conf -k stop'
	wt_table server1 1
	wt_pages server4 server4 server4
	on server3 'apache2 -f /run/httpd.conf -k start'
	wt_table server1 2
	wt_pages server3 server4 server3 server4

	wt_say "7. Both stop: the fallback serves"
	on server3 'apache2 -f /run/httpd.conf -k stop'
	on server4 'apache2 -f /run/httpd.conf -k stop'
	wt_until 60 server1 "ipvsadm -Ln | grep '127.0.0.1:80 '"
	on server1 'ipvsadm -Ln'
	wt_pages fallback fallback
	on server3 'apache2 -f /run/httpd.conf -k start'
	on server4 'apache2 -f /run/httpd.conf -k start'
	wt_table server1 2

	wt_say "7. The power of server1 is cut: server2 has address and table"
	vm_kill server1
	wt_held 120 server2
	wt_table server2 2
	on server2 'ipvsadm -Ln'
	wt_pages server3 server4 server3 server4
}

wt_end() {
	local node
	for node in server2 server1; do on $node '/etc/init.d/heartbeat stop'; done
	for node in server1 server2; do
		on $node 'drbdadm down demo && modprobe -r drbd'
		vm_stop $node
	done
}
