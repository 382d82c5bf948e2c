#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The agent ocf:linbit:drbd with our tools and module, on two full roots: under resource-agents' tester, then under Debian's
# Pacemaker and Corosync, which promote and move it together with a file system.

# shellcheck disable=SC2016 # the commands expand in the machines
bats_require_minimum_version 1.5.0

setup() {
	load ../lib/vm.bash
	load ../lib/root.bash
	load ../lib/drbd_module.bash
	load ../lib/walkthrough.bash
	cluster=$(original pacemaker pacemaker-cli-utils corosync resource-agents cluster-glue libxml2-utils libnl-route-3-200)
	ko=$(drbd_module "$WT_KERNEL")
}

teardown() {
	if [ -z "$BATS_TEST_COMPLETED" ] && ! vm_exec server1 'crm_mon -1 -A; tail -n 60 /var/log/pacemaker/pacemaker.log; cat /proc/drbd'; then
		echo "server1 does not answer"
	fi
	vm_cleanup
}

stage_cluster() {
	local word
	for word in usr/bin usr/lib usr/sbin usr/share/pacemaker usr/share/resource-agents; do
		mkdir -p "$WT_STAGE/$word" && cp -a "$cluster/$word/." "$WT_STAGE/$word/"
	done
	# one that misses the other is without quorum and stops all: a slow machine does no harm
	wt_write etc/corosync/corosync.conf <<-'END'
		totem {
		  version: 2
		  cluster_name: pair
		  transport: udpu
		  token: 20000
		}
		logging {
		  to_syslog: no
		  to_logfile: yes
		  logfile: /var/log/corosync.log
		}
		quorum {
		  provider: corosync_votequorum
		  expected_votes: 2
		}
		nodelist {
		  node {
		    name: server1
		    nodeid: 1
		    ring0_addr: 172.25.32.1
		  }
		  node {
		    name: server2
		    nodeid: 2
		    ring0_addr: 172.25.32.2
		  }
		}
	END
	wt_write etc/resources.xml <<-'END'
		<resources>
		  <master id="ms_demo">
		    <meta_attributes id="ms_demo-meta">
		      <nvpair id="ms_demo-notify" name="notify" value="true"/>
		      <nvpair id="ms_demo-master-max" name="master-max" value="1"/>
		      <nvpair id="ms_demo-clone-max" name="clone-max" value="2"/>
		    </meta_attributes>
		    <primitive id="demo" class="ocf" provider="linbit" type="drbd">
		      <instance_attributes id="demo-params">
		        <nvpair id="demo-resource" name="drbd_resource" value="demo"/>
		      </instance_attributes>
		      <operations>
		        <op id="demo-monitor-m" name="monitor" interval="10s" role="Master" timeout="240s"/>
		        <op id="demo-monitor-s" name="monitor" interval="20s" role="Slave" timeout="240s"/>
		        <op id="demo-start" name="start" interval="0" timeout="240s"/>
		        <op id="demo-stop" name="stop" interval="0" timeout="240s"/>
		        <op id="demo-promote" name="promote" interval="0" timeout="240s"/>
		        <op id="demo-demote" name="demote" interval="0" timeout="240s"/>
		        <op id="demo-notify" name="notify" interval="0" timeout="240s"/>
		      </operations>
		    </primitive>
		  </master>
		  <primitive id="fs" class="ocf" provider="heartbeat" type="Filesystem">
		    <instance_attributes id="fs-params">
		      <nvpair id="fs-device" name="device" value="/dev/drbd1"/>
		      <nvpair id="fs-directory" name="directory" value="/srv"/>
		      <nvpair id="fs-type" name="fstype" value="ext4"/>
		    </instance_attributes>
		    <operations>
		      <op id="fs-start" name="start" interval="0" timeout="240s"/>
		      <op id="fs-stop" name="stop" interval="0" timeout="240s"/>
		    </operations>
		  </primitive>
		</resources>
	END
	wt_write etc/constraints.xml <<-'END'
		<constraints>
		  <rsc_colocation id="fs-with-master" rsc="fs" with-rsc="ms_demo" with-rsc-role="Master" score="INFINITY"/>
		  <rsc_order id="fs-after-promote" first="ms_demo" first-action="promote" then="fs" then-action="start"/>
		  <rsc_location id="home" rsc="fs" node="server1" score="50"/>
		</constraints>
	END
}

boot() { # NODE
	vm_start "$1" "$WT_KERNEL" --root "$(vm_root)" --files "$WT_STAGE:/" --modules "$ko" --disk 64M --net "lan=172.25.32.${1#server}/24"
}

runs_on() { # NODE OTHER : promoted and mounted there, not on the other
	wt_until 240 "$1" 'drbdadm role demo | grep -qx Primary/Secondary && grep -q "^/dev/drbd1 /srv ext4" /proc/mounts'
	wt_until 60 "$2" 'drbdadm role demo | grep -qx Secondary/Primary && ! grep -q /dev/drbd1 /proc/mounts'
}

@test "Pacemaker promotes the resource and moves it, with its file system, to the other node and back" {
	local node
	vm_net lan server1 server2
	WT_STAGE=$BATS_TEST_TMPDIR/stage
	make -s -C "$VM_HOME" install DESTDIR="$WT_STAGE" PREFIX=/usr >/dev/null
	wt_configure
	stage_cluster
	for node in server1 server2; do boot $node; done
	for node in server1 server2; do
		on $node 'groupadd -r haclient && useradd -r -g haclient hacluster && cd /var/lib && mkdir -p pacemaker/cib pacemaker/pengine pacemaker/cores \
			pacemaker/blackbox corosync /var/log/pacemaker && chown -R hacluster:haclient pacemaker /var/log/pacemaker' 600
		on $node 'drbdadm create-md demo >/dev/null 2>&1 && modprobe drbd && drbdadm up demo'
	done
	wt_until 60 server1 'drbdadm cstate demo | grep -qx Connected'
	# nothing to sync: what is on the disks does not matter yet
	on server1 'drbdadm -- --clear-bitmap new-current-uuid demo/0'
	wt_until 60 server1 'drbdadm dstate demo | grep -qx UpToDate/UpToDate'
	on server1 'drbdadm primary demo && mkfs.ext4 -q /dev/drbd1 && drbdadm down demo'

	# the tester starts, promotes, demotes, stops, and what it asks twice
	run on server1 'ocf-tester -n demo -o drbd_resource=demo /usr/lib/ocf/resource.d/linbit/drbd'
	[ "$status" -eq 0 ]
	[[ $output == *"/usr/lib/ocf/resource.d/linbit/drbd passed all tests"* ]]
	on server2 'drbdadm down demo'

	for node in server1 server2; do
		on $node 'corosync && (setsid pacemakerd </dev/null >/dev/null 2>&1 &)'
	done
	wt_until 240 server1 'crm_mon -1 | grep -q "Online: .* server1 server2 "'
	on server1 'crm_attribute -n stonith-enabled -v false &&
		cibadmin -R -o resources -x /etc/resources.xml && cibadmin -R -o constraints -x /etc/constraints.xml'
	runs_on server1 server2
	on server1 'echo hello >/srv/file'
	on server1 'crm_mon -1 -A | grep "master-demo[[:space:]]*: 10000"'

	on server1 'crm_resource -r fs --move --node server2'
	runs_on server2 server1
	on server2 'grep hello /srv/file && echo there >>/srv/file'

	on server1 'crm_resource -r fs --clear'
	runs_on server1 server2
	on server1 'grep there /srv/file'
	run on server1 'crm_mon -1 -f | grep -i -A 5 failed'
	[ "$status" -eq 1 ]
	for node in server2 server1; do vm_stop $node; done
}
