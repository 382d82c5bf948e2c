# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The pair of the walkthrough: server1 and server2, full roots with everything that `make install` puts there, a disk of
# their own each (/dev/vda) and eth0 on one network. Needs vm.bash, root.bash and $O with all programs and drbd.ko for WT_KERNEL.
#
#   wt_boot [OPTION...]     installs, configures and boots both; options of vm_start go to both
#   on server1 'COMMAND'    prints and runs it there; output and exit code are ours
#   wt_until SECONDS server1 'COMMAND'   until it succeeds

WT_KERNEL=${WT_KERNEL:-6.1}
WT_VIP=172.25.32.100

on() { # NODE COMMAND [SECONDS]
	echo "[root@$1 ~]# $2"
	vm_exec "$1" "$2" "${3:-180}"
}

wt_until() { # SECONDS NODE COMMAND
	local end=$((SECONDS + $1))
	echo "[root@$2 ~]# until $3"
	until vm_exec "$2" "$3" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "not within $1 s"; vm_exec "$2" "$3"; return 1; }
		sleep 0.5
	done
}

wt_write() { # FILE : standard input, into the root of both
	mkdir -p "$WT_STAGE/$(dirname "$1")"
	cat >"$WT_STAGE/$1"
}

wt_configure() {
	wt_write etc/drbd.conf <<-'END'
		include "drbd.d/global_common.conf";
		include "drbd.d/*.res";
	END
	wt_write etc/drbd.d/global_common.conf <<-'END'
		global { usage-count no; }
		common { disk { c-plan-ahead 0; resync-rate 200M; } }
	END
	wt_write etc/drbd.d/demo.res <<-'END'
		resource demo {            # the resource's name
		  meta-disk internal;      # metadata at the end of the backing disk
		  device /dev/drbd1;
		  syncer { verify-alg sha1; }
		  on server1 { disk /dev/vda; address 172.25.32.1:7789; }
		  on server2 { disk /dev/vda; address 172.25.32.2:7789; }
		}
	END
	wt_write etc/ha.d/ha.cf <<-'END'
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
	END
	printf 'auth 1\n1 crc\n' | wt_write etc/ha.d/authkeys
	chmod 600 "$WT_STAGE/etc/ha.d/authkeys"
	wt_write etc/ha.d/haresources <<-END
		server1 IPaddr::$WT_VIP/24/eth0 drbddisk::demo Filesystem::/dev/drbd1::/var/lib/mysql::ext4 mariadb
	END
	# small logs: the first sync and the disk are small
	wt_write etc/mysql/mariadb.conf.d/99-small.cnf <<-'END'
		[mysqld]
		innodb_log_file_size=4M
		innodb_buffer_pool_size=16M
		innodb_flush_log_at_trx_commit=1
		bind-address=0.0.0.0
	END
	printf '127.0.0.1 localhost\n172.25.32.1 server1\n172.25.32.2 server2\n' | wt_write etc/hosts
}

wt_start() { # NODE [OPTION...] : boots it (again)
	local node=$1 image
	shift
	image=$(vm_root) || return
	vm_start "$node" "$WT_KERNEL" --root "$image" --files "$WT_STAGE:/" --modules "$O/drbd.ko ip_vs ip_vs_rr" \
		--disk 160M --net "lan=172.25.32.${node#server}/24" "$@"
}

wt_boot() { # [OPTION...]
	local node
	WT_STAGE=${BATS_TEST_TMPDIR:-$VM_ROOT}/install
	make -s -C "$VM_HOME" install DESTDIR="$WT_STAGE" PREFIX=/usr >/dev/null || return
	wt_configure
	vm_net lan server1 server2
	wt_start server1 "$@" && wt_start server2 "$@" || return
	for node in server1 server2; do # as the package does; eth0 came up without a broadcast address, as `ip addr add` leaves it
		on $node 'groupadd -r haclient && useradd -r -g haclient hacluster' || return
	done
}
