# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The walkthrough's resource on two machines, server1 and server2, that a test boots by itself: a disk of their own each
# (/dev/vda) and eth0 on one network. Wants vm.bash. (cluster.bash has the whole walkthrough.)
#
#   wt_configure            its files below WT_STAGE, the root that goes into both
#   on server1 'COMMAND'    prints and runs it there; output and exit code are ours
#   wt_until SECONDS server1 'COMMAND'   until it succeeds

WT_KERNEL=${WT_KERNEL:-6.1}

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
	printf '127.0.0.1 localhost\n172.25.32.1 server1\n172.25.32.2 server2\n' | wt_write etc/hosts
}
