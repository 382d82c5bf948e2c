# shellcheck shell=bash disable=SC2016,SC2034 # commands for the nodes expand there
# SPDX-License-Identifier: GPL-2.0-only
# Section 8 of the walkthrough: everything in one haresources, a client that inserts numbered rows and fetches the web page all
# the time, and what can go wrong. Wants cluster.bash; for scripts with `set -e`.
#
#   wt_all_together         starts it all, and the client
#   wt_failover NAME        one row of the table below: the fault, its repair, and then: server1 has everything, server2 nothing,
#                           both disks are UpToDate, both real servers serve, and every row that was ever acknowledged is there
#   $VM_ROOT/gaps           a line for each: name, longest wait for a page and for a row in seconds, rows so far

WT_FAILOVERS='stop      heartbeat on server1 is stopped
standby   hb_standby on server1
kill      kill -9 of heartbeat on server1
power     the power of server1 is cut
heartbeat the heartbeat link is cut
repl      the replication link is cut
dopd      the replication link is cut, dopd outdates the other disk
both      both links are cut: split brain
bothdopd  both links are cut, with dopd: split brain
real      server3 loses its network
disk      the disk under DRBD fails on server1
cold12    power cut of both; server1 starts first
cold21    power cut of both; server2 starts first'

wt_names() { cut -d' ' -f1 <<<"$WT_FAILOVERS"; }
wt_title() { sed -n "s/^$1 \+//p" <<<"$WT_FAILOVERS"; } # NAME

wt_all_together() {
	wt_say "8. All together"
	WT_ALL="vip drbd mount db lvs web"
	on server2 '/etc/init.d/heartbeat stop'
	vm_alive "$(vm_dir server1)" || wt_start server1
	on server1 '/etc/init.d/heartbeat stop; /etc/init.d/drbd start'
	wt_haresources "IPaddr::$WT_VIP/24/eth0 drbddisk::demo Filesystem::/dev/drbd1::/var/lib/mysql::ext4 mariadb" \
		"ldirectord::ldirectord.cf apache2"
	on server1 '/etc/init.d/heartbeat start'
	on server2 '/etc/init.d/heartbeat start'
	wt_held 240 server1
	wt_until 120 server1 'mysql -e "create database if not exists shop; create table if not exists shop.orders (n int primary key) engine=innodb;
		create user if not exists client@\"%\"; grant all on shop.* to client@\"%\""'
	local what
	for what in db web; do
		: >"$VM_ROOT/$what"
		wt_prompt client "wt_client.bash $what $WT_VIP &"
		wt_in client "exec $VM_HOME/tests/lib/wt_client.bash $what $WT_VIP $VM_ROOT/$what" >/dev/null 2>&1 3>&- &
		disown
	done
	wt_served 120
}

# --- what the client sees ---

wt_now() { cut -d' ' -f1 /proc/uptime; }

wt_served() { # SECONDS : until a row and a page have come that were asked for from now on, or just before
	local end=$((SECONDS + $1)) since what
	since=$(wt_now)
	for what in db web; do
		until awk -v since="$since" '{ last = $1 } END { exit !(last > since) }' "$VM_ROOT/$what"; do
			[ $SECONDS -lt $end ] || { echo "the client has no $what for $1 s"; return 1; }
			sleep 0.2
		done
	done
}

wt_gap() { # db|web SINCE : the longest time without, in seconds
	awk -v since="$2" '$1 >= since && prev && $1 - prev > gap { gap = $1 - prev } { prev = $1 } END { printf "%.1f", gap }' "$VM_ROOT/$1"
}

wt_rows() { # every acknowledged row is there
	local missing
	cut -d' ' -f2 "$VM_ROOT/db" | sort >"$VM_ROOT/acknowledged"
	wt_in client "mariadb -h $WT_VIP -u client -N -e 'select n from shop.orders'" | sort >"$VM_ROOT/rows"
	missing=$(comm -23 "$VM_ROOT/acknowledged" "$VM_ROOT/rows")
	echo "--- $(wc -l <"$VM_ROOT/acknowledged") rows acknowledged, $(wc -l <"$VM_ROOT/rows") there"
	[ -z "$missing" ] || { echo "acknowledged and lost: $missing"; return 1; }
}

# --- what the faults are made of ---

wt_cut() { # NODE heartbeat|replication... : what of that arrives at the node is dropped
	local what match=''
	for what in "${@:2}"; do
		case $what in
		heartbeat) match+=' 17:dport:694' ;;
		replication) match+=' 6:dport:7789 6:sport:7789' ;;
		esac
	done
	on "$1" "tc qdisc add dev eth0 clsact; for m in$match; do IFS=: read -r protocol end port <<-E
		\$m
		E
		tc filter add dev eth0 ingress protocol ip u32 match ip protocol \$protocol 0xff match ip \$end \$port 0xffff action drop; done"
}

wt_heal() {
	on server1 'tc qdisc del dev eth0 clsact'
	on server2 'tc qdisc del dev eth0 clsact'
}

wt_logged() { # SECONDS NODE TEXT : in heartbeat's log since the failover began
	wt_until "$1" "$2" "tail -n +\$(cat /run/ha-mark) /var/log/ha-log | grep '$3'"
}

wt_uptodate() { # SECONDS
	wt_until "$1" server1 'drbdadm cstate demo | grep -qx Connected && drbdadm dstate demo | grep -qx UpToDate/UpToDate'
}

# Neither has something to give or to take any more. A node that could not take the other's resources, because their disk is
# Primary there, counts them as its own until it has given them back: it would not take them at the next fault.
wt_rests() { # SECONDS
	wt_until "$1" server1 'cl_status rscstatus | grep -qxE "local|all"'
	wt_until "$1" server2 'cl_status rscstatus | grep -qxE "local|none"'
}

wt_fencing() { # dont-care|resource-only
	wt_drbd_conf "$1"
	on server1 'drbdadm adjust demo'
	on server2 'drbdadm adjust demo'
}

wt_back() { # NODE... : these boot and start DRBD, one after the other, and when all are connected heartbeat
	local node
	for node; do
		wt_start "$node"
		on "$node" '/etc/init.d/drbd start >/run/drbd-start 2>&1 &' 400
	done
	for node; do wt_until 240 "$node" '! pgrep -f init.d/drbd && drbdadm cstate demo | grep -qx Connected'; done
	for node; do on "$node" '/etc/init.d/heartbeat start'; done
}

# --- the faults: each ends when its repair has begun ---

fault_stop() {
	on server1 '/etc/init.d/heartbeat stop'
	wt_held 240 server2
	wt_served 120
	on server1 '/etc/init.d/heartbeat start'
}

fault_standby() {
	on server1 '/usr/share/heartbeat/hb_standby'
	wt_held 240 server2
	wt_served 120
	wt_logged 60 server2 'Standby resource acquisition done'
	on server2 '/usr/share/heartbeat/hb_standby'
}

# The resources run on, without anybody who looks after them; the other node cannot have the disk, so it leaves the rest as well.
fault_kill() {
	on server1 'kill -9 $(cat /var/run/heartbeat.pid)'
	wt_logged 120 server2 'Giving up resources due to failure of drbddisk::demo'
	wt_held 120 server1
	on server1 '/etc/init.d/heartbeat start'
}

fault_power() {
	vm_kill server1
	wt_held 240 server2
	wt_served 120
	wt_back server1
}

# Each believes that the other is dead, and DRBD knows better. When they see each other again both start over.
fault_heartbeat() {
	wt_cut server1 heartbeat
	wt_cut server2 heartbeat
	wt_logged 120 server2 'Giving up resources due to failure of drbddisk::demo'
	wt_held 120 server1
	wt_heal
	wt_logged 120 server1 'returning after partition'
}

fault_repl() {
	wt_cut server1 replication
	wt_cut server2 replication
	wt_until 120 server1 'drbdadm cstate demo | grep -qvx Connected'
	wt_held 60 server1
	wt_served 120
	wt_heal
}

fault_dopd() {
	wt_fencing resource-only
	wt_cut server1 replication
	wt_cut server2 replication
	wt_until 120 server2 'drbdadm dstate demo | grep ^Outdated/'
	wt_refused server2 17 "Need access to UpToDate data" 'drbdadm primary demo'
	wt_served 120
	wt_heal
	wt_uptodate 240
	wt_fencing dont-care
}

# Both have everything, and the client its rows from one or the other. The operator decides for server1: what server2 alone has
# is saved, its disk follows, and the rows are put back.
fault_both() {
	local seen
	seen=$(cat "$(vm_console server1)" "$(vm_console server2)" | grep -ac 'Split-Brain detected') || [ "$seen" = 0 ]
	wt_cut server1 heartbeat replication
	wt_cut server2 heartbeat replication
	wt_until 240 server2 'drbdadm role demo | grep ^Primary/ && mysql -e "select 1"'
	on server1 'drbdadm role demo | grep ^Primary/ && mysql -e "select count(*) from shop.orders"'
	wt_served 180
	on server2 'mysql -e "set global read_only=1" && mysqldump --insert-ignore --no-create-info --compact shop orders >/root/orders.sql'
	on server2 '/etc/init.d/heartbeat stop'
	wt_heal
	local end=$((SECONDS + 120))
	until [ "$(cat "$(vm_console server1)" "$(vm_console server2)" | grep -ac 'Split-Brain detected')" -gt "$seen" ]; do
		[ $SECONDS -lt $end ]
		sleep 1
	done
	grep -ah 'Split-Brain detected' "$(vm_console server1)" "$(vm_console server2)" | tail -n 2
	wt_until 60 server2 'drbdadm cstate demo | grep -vx Connected'
	on server2 'drbdadm disconnect demo; drbdadm secondary demo && drbdadm connect --discard-my-data demo'
	on server1 'drbdadm disconnect demo; drbdadm connect demo'
	wt_uptodate 240
	on server2 '/etc/init.d/heartbeat start'
	wt_held 240 server1
	wt_served 180
	vm_exec server2 'cat /root/orders.sql' >"$VM_ROOT/orders.sql"
	on client "mariadb -h $WT_VIP -u client shop <$VM_ROOT/orders.sql"
}

fault_bothdopd() {
	wt_fencing resource-only
	fault_both
	wt_fencing dont-care
}

fault_real() {
	net_cable server3 eth0 down 2>/dev/null
	wt_table server1 1
	wt_served 60
	net_cable server3 eth0 up 2>/dev/null
}

# The disk is pulled out of the running machine and put back
fault_disk() {
	on server1 'basename "$(readlink -f /sys/block/vda/device)" >/run/disk; cat /run/disk >/sys/bus/virtio/drivers/virtio_blk/unbind'
	wt_until 120 server1 'drbdadm dstate demo | grep -x Diskless/UpToDate'
	wt_held 60 server1
	wt_served 120
	on server1 'cat /run/disk >/sys/bus/virtio/drivers/virtio_blk/bind && drbdadm attach demo'
}

fault_cold12() { vm_kill server1; vm_kill server2; wt_back server1 server2; }
fault_cold21() { vm_kill server1; vm_kill server2; wt_back server2 server1; }

wt_failover() { # NAME
	local since node
	wt_say "8. $(wt_title "$1")"
	for node in server1 server2; do vm_exec $node 'wc -l </var/log/ha-log >/run/ha-mark'; done
	since=$(wt_now)
	"fault_$1"
	wt_held 300 server1
	wt_rests 180
	wt_uptodate 240
	wt_table server1 2
	wt_served 180
	wt_rows
	echo "$1 $(wt_gap web "$since") $(wt_gap db "$since") $(wc -l <"$VM_ROOT/acknowledged")" >>"$VM_ROOT/gaps"
}

wt_gaps() {
	printf '\n%-58s %10s %10s %8s\n' "failover" "web gap/s" "db gap/s" rows
	local name web db rows
	while read -r name web db rows; do
		printf '%-58s %10s %10s %8s\n' "$(wt_title "$name")" "$web" "$db" "$rows"
	done <"$VM_ROOT/gaps"
}
