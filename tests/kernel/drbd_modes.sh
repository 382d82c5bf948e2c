# shellcheck shell=sh disable=SC1091,SC2034,SC2086,SC2102,SC2119,SC2120,SC2154 # lists of options, addresses, eval
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine with our drbd.ko and Debian's drbdsetup-84 and drbdmeta: the modes of a pair that are seldom used, each
# followed by a comparison of the data. Both ends are in one kernel, on /dev/ram0 and /dev/ram1; dm devices above them can stop.
# /dev/vda is a disk for meta-data.
set -u
. /vm/fast_rig
A=ipv4:127.0.0.1:7788 B=ipv4:127.0.0.1:7789
DISK="--resync-rate=400M --c-plan-ahead=0"
mib=32
done=0
TWO=--allow-two-primaries

ok() { done=$((done + 1)); echo "ok $(cut -d. -f1 /proc/uptime) s: $*"; }
must() { "$@" || rig_fail "failed ($?): $*"; }
meta() { drbdmeta --force "$@" >/tmp/md 2>&1 || rig_fail "drbdmeta $*: $(cat /tmp/md)"; }
copy() { dd "$@" 2>/tmp/dd || rig_fail "dd $*: $(cat /tmp/dd)"; }
refused() { # COMMAND... : its exit code is not 0
	! "$@" >/tmp/refused 2>&1 || rig_fail "is not refused: $*"
}
said() { dmesg | grep -q -- "$1" || rig_fail "the kernel does not say: $1"; }
oos() { sed -n "/^ $1:/{n;s/.*oos://p;}" /proc/drbd; }
connect_a() { must drbdsetup connect a $A $B "$@"; }
connect_b() { must drbdsetup connect b $B $A "$@"; }
disconnect_a() { is cstate 0 StandAlone || must drbdsetup disconnect $A $B "$@"; }
disconnect_b() { is cstate 1 StandAlone || must drbdsetup disconnect $B $A "$@"; }
attach() { # NR [OPTION...]
	nr=$1
	shift
	must drbdsetup attach $nr /dev/mapper/l$nr /dev/mapper/l$nr internal $DISK "$@"
}
same() {
	echo 3 >/proc/sys/vm/drop_caches
	cmp -n $(($(cat /sys/block/drbd0/size) * 512)) /dev/ram0 /dev/ram1 || rig_fail "the disks differ"
}
in_sync() {
	for name in a b; do
		rig_until 30 cstate $name Connected
		rig_until 30 dstate $name UpToDate/UpToDate
	done
	same
}
noise() { dd if=/dev/urandom of="$1" bs=64k count="$2" 2>/tmp/dd; }
put() { copy if="$2" of="/dev/drbd$1" bs=64k seek="$3" oflag=direct; }	# MINOR FILE AT
holds() { # DEVICE FILE AT : these data are there
	echo 3 >/proc/sys/vm/drop_caches
	dd if="$1" bs=64k skip="$3" count=$(($(stat -c %s "$2") / 65536)) 2>/tmp/dd | cmp - "$2" || rig_fail "$1 has other data at $3"
}
stop() { must dmsetup suspend --noflush --nolockfs "l$1"; }
go() { must dmsetup resume "l$1"; }
is() { [ "$(drbdsetup $1 $2)" = $3 ]; }		# cstate|dstate MINOR WANT
alive() { kill -0 "$1" 2>/tmp/err; }
dead() { ! alive "$1"; }
until_true() { # SECONDS COMMAND...
	end=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || rig_fail "never: $*"
		sleep 0.1
	done
}
helper_ran() { grep -q "^$1 " /tmp/helped; }

# --- the base of most modes: a pair over 127.0.0.1, in sync, a is Primary; not all of the disks is used ---
meet() { connect_a "$@"; connect_b "$@"; }
meet_anew() { # [OPTION...] : with other options
	disconnect_a
	disconnect_b
	connect_a "$@"
	connect_b "$@"
	in_sync
}
create() { # [OPTION...] : resources, minors and disks with new meta-data; options of attach
	for name in a b; do
		nr=$(rig_minor $name)
		meta "$nr" v08 /dev/mapper/l$nr internal wipe-md
		meta "$nr" v08 /dev/mapper/l$nr internal create-md
		must drbdsetup new-resource $name
		must drbdsetup new-minor $name "$nr" 0
		attach "$nr" "$@"
	done
}
first_sync() {
	rig_until 30 cstate a Connected
	must drbdsetup primary 0 --force
	in_sync
}
attach_again() { # NR [OPTION...] : as drbdadm does it
	meta $1 v08 /dev/mapper/l$1 internal apply-al
	attach "$@"
}

paired=
pair() {
	create --size=24M
	meet
	first_sync
	paired=yes
}
unpair() {
	must drbdsetup secondary 0
	rig_down
	paired=
}

mode_ipv6() {
	disconnect_a
	disconnect_b
	must drbdsetup connect a ipv6:[::1]:7788 ipv6:[::1]:7789
	must drbdsetup connect b ipv6:[::1]:7789 ipv6:[::1]:7788
	in_sync
	put 0 /tmp/two 5
	same
	must drbdsetup disconnect ipv6:[::1]:7788 ipv6:[::1]:7789
	must drbdsetup disconnect ipv6:[::1]:7789 ipv6:[::1]:7788
	meet
	in_sync
	ok "IPv6 addresses"
}

mode_grown() {
	must drbdsetup detach 1
	rig_until 10 dstate a UpToDate/Diskless
	must drbdsetup resize 0 --size=0
	[ "$(cat /sys/block/drbd0/size)" -gt $((30 * 2048)) ] || rig_fail "it has not grown while the peer has no disk"
	put 0 /tmp/two 400
	attach_again 1
	in_sync
	ok "grown while the peer had no disk"
}

# Both write while apart: a, which was Primary all the time, file one; b, which became Primary later, file two. Afterwards they
# have these roles.
split() { # ROLE-OF-A ROLE-OF-B
	disconnect_a
	disconnect_b
	must drbdsetup primary 1
	put 0 /tmp/one 40
	[ -z "$b_writes" ] || put 1 /tmp/two 44
	must drbdsetup $1 0
	must drbdsetup $2 1
}
again() { # a Primary alone, as at the start
	must drbdsetup secondary 1
	must drbdsetup primary 0
	in_sync
}
wins() { # a|b NAME
	in_sync
	if [ $1 = a ]; then
		holds /dev/ram0 /tmp/one 40
	else
		holds /dev/ram0 /tmp/two 44
	fi
	again
	ok "$2: $1 wins"
}
one_is_alone() { # at least; the other one may wait for it for ever
	case "$(drbdsetup cstate 0) $(drbdsetup cstate 1)" in
	"StandAlone StandAlone"|"StandAlone WFConnection"|"WFConnection StandAlone") ;;
	*) false ;;
	esac
}
apart() { # NAME : they refuse each other; what b has is given up
	until_true 20 one_is_alone
	disconnect_a
	disconnect_b
	refused drbdsetup disconnect $A $B
	must drbdsetup secondary 1
	connect_a
	connect_b --discard-my-data
	again
	ok "$1: they stay apart"
}
mode_after_sb() {
	b_writes=yes
	split secondary secondary; meet --after-sb-0pri=disconnect; apart 0pri=disconnect
	split secondary secondary; meet --after-sb-0pri=discard-younger-primary; wins a 0pri=discard-younger-primary
	split secondary secondary; meet --after-sb-0pri=discard-older-primary; wins b 0pri=discard-older-primary
	split secondary secondary; meet --after-sb-0pri=discard-least-changes; wins b 0pri=discard-least-changes
	split secondary secondary; meet --after-sb-0pri=discard-zero-changes; apart 0pri=discard-zero-changes
	b_writes=
	split secondary secondary; meet --after-sb-0pri=discard-zero-changes; wins a 0pri=discard-zero-changes
	b_writes=yes
	split secondary secondary
	connect_a --after-sb-0pri=discard-local
	connect_b --after-sb-0pri=discard-remote
	wins b "0pri=discard-local and discard-remote"
	split primary secondary; meet --after-sb-1pri=disconnect; apart 1pri=disconnect
	split primary secondary; meet --after-sb-1pri=discard-secondary; wins a 1pri=discard-secondary
	split primary secondary; meet --after-sb-0pri=discard-younger-primary --after-sb-1pri=consensus; wins a 1pri=consensus
	split primary secondary; meet --after-sb-0pri=discard-older-primary --after-sb-1pri=consensus; apart "1pri=consensus, none"
	split primary secondary; meet --after-sb-0pri=discard-older-primary --after-sb-1pri=violently-as0p; apart 1pri=violently-as0p
	split primary secondary
	meet --after-sb-0pri=discard-older-primary --after-sb-1pri=violently-as0p --rr-conflict=violently
	wins b "1pri=violently-as0p and rr-conflict=violently"
	split primary secondary
	meet --after-sb-0pri=discard-older-primary --after-sb-1pri=call-pri-lost-after-sb
	rig_until 20 role a "Secondary/*"
	wins b 1pri=call-pri-lost-after-sb
	split primary primary; meet $TWO --after-sb-2pri=disconnect; apart 2pri=disconnect
	split primary primary
	meet $TWO --after-sb-0pri=discard-younger-primary --after-sb-2pri=violently-as0p --rr-conflict=violently
	wins a 2pri=violently-as0p
	: >/tmp/helped
	split primary primary
	# shellcheck disable=SC2217 # it holds the device open
	sleep 1000 </dev/drbd1 &
	holder=$!
	sleep 0.3
	meet $TWO --after-sb-0pri=discard-younger-primary --after-sb-2pri=call-pri-lost-after-sb
	until_true 20 helper_ran "pri-lost-after-sb"
	kill $holder
	wait $holder
	apart "2pri=call-pri-lost-after-sb, in use, the handler is called"
	helper_ran split-brain || rig_fail "the split-brain handler was not called"
}

mode_two_primaries() {
	meet_anew $TWO --protocol=C
	must drbdsetup primary 1
	before=$(dmesg | grep -c "Handshake successful")
	fight() { # MINOR KIB-OF-BLOCK AT
		i=0
		while [ $i -lt 25 ]; do
			i=$((i + 1))
			dd if=/dev/urandom of=/dev/drbd$1 bs=$2k seek=$3 count=4 oflag=direct conv=notrunc 2>/tmp/dd.$1 || exit 1
		done
	}
	fight 0 4 32 & one=$!
	fight 1 4 33 & two=$!
	fight 0 16 8 & three=$!
	fight 1 64 2 & four=$!
	for pid in $one $two $three $four; do must wait $pid; done
	rig_until 10 cstate a Connected
	in_sync
	[ "$(dmesg | grep -c "Handshake successful")" = $before ] || rig_fail "they lost each other"
	must drbdsetup secondary 1
	ok "two Primaries write to the same blocks at the same time"
}

mode_congestion() {
	meet_anew --protocol=A --on-congestion=pull-ahead --congestion-fill=128k
	stop 1
	put 0 /tmp/much 100
	rig_until 10 cstate a Ahead
	put 0 /tmp/one 200
	[ "$(oos 0)" -gt 0 ] || rig_fail "nothing is out of sync in Ahead"
	go 1
	in_sync
	said "-> Behind"
	holds /dev/ram1 /tmp/one 200
	ok "a slow peer: Ahead and Behind, and back"
	meet_anew --protocol=A --on-congestion=disconnect --congestion-fill=128k
	stop 1
	put 0 /tmp/much 100
	rig_until 10 cstate a StandAlone
	go 1
	disconnect_b
	meet --protocol=C
	in_sync
	ok "a slow peer: disconnected"
}

mode_silent_peer() {
	meet_anew --protocol=A --ko-count=0 --timeout=10 --verify-alg=md5
	stop 1
	put 0 /tmp/one 30
	copy if=/tmp/one of=/dev/drbd0 bs=64k seek=50 count=1 oflag=direct
	drbdsetup verify 0 >/tmp/err 2>&1 &
	asks=$!
	until_true 40 dead $asks
	said "does not answer a request to change the state"
	go 1
	rig_until 30 cstate a Connected
	meet_anew --protocol=C
	ok "a state change that the peer does not answer ends"
}

mode_disk_timeout() {
	must drbdsetup disk-options 0 --disk-timeout=10
	stop 0
	dd if=/tmp/one of=/dev/drbd0 bs=64k seek=60 oflag=direct 2>/tmp/dd &
	writer=$!
	until_true 20 dead $writer
	must wait $writer
	said "failed to meet the disk-timeout"
	# what comes back late has to be an error: its pages belong to others by now
	echo "0 $((mib * 2048)) error" | must dmsetup load l0
	go 0
	rig_until 20 dstate a Diskless/UpToDate
	stop 0
	echo "0 $((mib * 2048)) linear /dev/ram0 0" | must dmsetup load l0
	go 0
	holds /dev/ram1 /tmp/one 60
	attach_again 0 --size=24M
	in_sync
	ok "disk-timeout: the peer has it all"
}

mode_no_data() {
	must drbdsetup resource-options a --on-no-data-accessible=suspend-io
	must drbdsetup detach 0
	disconnect_b --force
	rig_until 20 dstate a "Diskless/DUnknown"
	dd if=/tmp/two of=/dev/drbd0 bs=64k seek=70 oflag=direct 2>/tmp/dd &
	writer=$!
	sleep 0.5
	alive $writer || rig_fail "I/O without data is not suspended"
	connect_b
	must wait $writer
	attach_again 0
	in_sync
	holds /dev/ram0 /tmp/two 70
	must drbdsetup resource-options a --on-no-data-accessible=io-error
	must drbdsetup detach 0
	disconnect_b --force
	rig_until 20 dstate a "Diskless/DUnknown"
	refused dd if=/tmp/two of=/dev/drbd0 bs=64k seek=70 oflag=direct
	connect_b
	attach_again 0
	in_sync
	ok "on-no-data-accessible: suspend-io and io-error"
}

mode_fencing() {
	: >/tmp/helped
	must drbdsetup disk-options 0 --fencing=resource-and-stonith
	: >/tmp/slow.fence-peer
	echo 7 >/tmp/exit.fence-peer
	disconnect_b --force
	until_true 20 helper_ran fence-peer
	dd if=/tmp/one of=/dev/drbd0 bs=64k seek=80 oflag=direct 2>/tmp/dd &
	writer=$!
	sleep 0.3
	alive $writer || rig_fail "I/O is not frozen while the peer is fenced"
	must wait $writer
	rig_until 10 dstate a "UpToDate/Outdated"
	grep -q "^fence-peer a ipv4 127.0.0.1" /tmp/helped || rig_fail "fence-peer: $(cat /tmp/helped)"
	connect_b
	in_sync
	until_true 20 helper_ran unfence-peer
	ok "fencing resource-and-stonith: frozen until the handler says that the peer is dead"
	rm /tmp/slow.fence-peer
	echo 1 >/tmp/exit.fence-peer
	disconnect_b --force
	rig_until 20 cstate a WFConnection
	dd if=/tmp/two of=/dev/drbd0 bs=64k seek=80 oflag=direct 2>/tmp/dd &
	writer=$!
	sleep 1
	alive $writer || rig_fail "a broken handler thaws I/O"
	connect_b
	must wait $writer
	in_sync
	holds /dev/ram1 /tmp/two 80
	must drbdsetup disk-options 0 --fencing=dont-care
	ok "fencing resource-and-stonith: a broken handler leaves it frozen until the peer is back"
}

mode_al_extents() {
	must drbdsetup disk-options 0 --al-extents=7
	put 0 /tmp/much 0
	i=0
	while [ $i -lt 12 ]; do
		i=$((i + 1))
		put 0 /tmp/one $((i * 27))
		must drbdsetup disk-options 0 --al-extents=$((i * 50 + 7)) &
		changer=$!
		put 0 /tmp/one $((i * 27 + 3))
		must wait $changer
	done
	must drbdsetup disk-options 0 --al-extents=12
	same
	put 0 /tmp/two 300
	# as after a crash: a copy of the disk in use
	copy if=/dev/ram0 of=/dev/ram2 bs=1M
	meta 5 v08 /dev/ram2 internal apply-al
	meta 5 v08 /dev/ram2 internal dump-md
	grep -q "la-peer-max-bio-size\|al-stripes" /tmp/md || rig_fail "dump-md: $(cat /tmp/md)"
	must drbdsetup new-resource c
	must drbdsetup new-minor c 5 0
	must drbdsetup attach 5 /dev/ram2 /dev/ram2 internal
	[ "$(oos 5)" -ge 4096 ] || rig_fail "the log does not tell that an extent was in use"
	must drbdsetup down c
	must drbdsetup disk-options 0 --al-extents=1237
	ok "al-extents is changed under writes"
}

mode_debugfs() {
	D=/sys/kernel/debug/drbd
	must mount -t debugfs none /sys/kernel/debug
	tells() { # FILE PATTERN
		grep -q "$2" "$D/$1" || rig_fail "$1 does not tell $2: $(cat "$D/$1")"
	}
	tells version '^PRO_VERSION_MAX=101$'
	[ "$(sed -n 's/^0x//p' $D/minors/0/data_gen_id | head -n 1)" = "$(drbdsetup get-gi 0 | cut -d: -f1)" ] ||
		rig_fail "data_gen_id: $(cat $D/minors/0/data_gen_id)"
	stop 1
	dd if=/tmp/one of=/dev/drbd0 bs=64k seek=100 count=1 oflag=direct 2>/tmp/dd &
	writer=$!
	until_true 10 grep -q "12800.128.W.*net: pending sent" $D/minors/0/oldest_requests
	tells resources/a/in_flight_summary "^0.0.*12800.128.W.*master: pending.local: in-AL completed|ok.net: pending sent"
	tells resources/a/connections/peer/oldest_requests "^0.0.*12800.128.W"
	tells resources/a/volumes/0/act_log_extents " 1      1      1$"
	tells resources/b/in_flight_summary "^1.0.12800.128.W.pending"
	tells resources/b/in_flight_summary "^unread receive buffer: 0 Byte"
	tells minors/1/resync_extents "resync: used:0/61"
	# open while its object goes
	exec 7<$D/minors/1/oldest_requests
	go 1
	must wait $writer
	must drbdsetup secondary 0
	rig_down
	refused head -c 1 <&7
	exec 7<&-
	[ "$(find $D -type f)" = $D/version ] || rig_fail "is left: $(find $D)"
	must umount /sys/kernel/debug
	pair
	ok "debugfs tells what is in flight"
}

mode_metadata() {
	pair_with() { # META-OF-A META-OF-B INDEX-OF-A INDEX-OF-B KIND [create-md OPTION...] : a pair with these meta-data, in sync
		md_a=$1 md_b=$2 idx_a=$3 idx_b=$4 kind=$5
		shift 5
		for name in a b; do
			nr=$(rig_minor $name)
			eval "md=\$md_$name idx=\$idx_$name"
			where="v08 $md $([ $idx = flexible ] && echo flex-external || echo $idx)"
			# create-md does not take stripes away
			meta "$nr" $where wipe-md
			meta "$nr" $where create-md "$@"
			must drbdsetup new-resource $name
			must drbdsetup new-minor $name "$nr" 0
			must drbdsetup attach "$nr" /dev/mapper/l$nr $md $idx $DISK --al-extents=7
		done
		meet
		first_sync
		for at in 0 70 140 210 280 350 420 100 30; do put 0 /tmp/two $at; done
		disconnect_b --force
		put 0 /tmp/one 333
		connect_b
		in_sync
		holds /dev/ram1 /tmp/one 333
		must drbdsetup secondary 0
		rig_down
		ok "$kind"
	}
	pair_with /dev/mapper/l0 /dev/mapper/l1 internal internal "internal meta-data with a striped activity log" --al-stripes=2 --al-stripe-size-kB=32
	pair_with /dev/vda /dev/vda 0 1 "two slots of one external meta-data device"
	pair_with /dev/ram2 /dev/vda flexible flexible "flexible external meta-data"
}

mode_stacked() {
	upper() { # MINOR DEVICE ADDRESS PEER-ADDRESS
		meta $1 v08 $2 internal apply-al
		must drbdsetup new-resource u$1
		must drbdsetup new-minor u$1 $1 0
		must drbdsetup attach $1 $2 $2 internal $DISK
		must drbdsetup connect u$1 $3 $4 --protocol=A
	}
	U=ipv4:127.0.0.1:7790 V=ipv4:127.0.0.1:7791
	upper_same() {
		for nr in 10 11; do
			until_true 30 is dstate $nr UpToDate/UpToDate
		done
		echo 3 >/proc/sys/vm/drop_caches
		must cmp -n $(($(cat /sys/block/drbd10/size) * 512)) $1 /dev/ram2
	}
	create
	meet
	first_sync
	meta 10 v08 /dev/drbd0 internal create-md
	copy if=/dev/zero of=/dev/ram2 bs=1M count=$mib
	meta 11 v08 /dev/ram2 internal create-md
	upper 10 /dev/drbd0 $U $V
	upper 11 /dev/ram2 $V $U
	until_true 30 is cstate 10 Connected
	must drbdsetup primary 10 --force
	put 10 /tmp/much 33
	upper_same /dev/ram0
	same
	refused drbdsetup secondary 0
	ok "stacked: three nodes have the same"
	must drbdsetup disconnect $V $U --force
	put 10 /tmp/one 200
	must drbdsetup down u10
	must drbdsetup secondary 0
	must drbdsetup primary 1
	upper 10 /dev/drbd1 $U $V
	must drbdsetup primary 10
	put 10 /tmp/two 300
	must drbdsetup connect u11 $V $U --protocol=A
	upper_same /dev/ram1
	in_sync
	must drbdsetup down u10
	must drbdsetup down u11
	must drbdsetup secondary 1
	rig_down
	ok "stacked: the upper one moves to the other lower node"
}

mode_cycles() {
	kib_used() { awk '/^(SUnreclaim|VmallocUsed|KernelStack|Percpu):/ { n += $2 } /^MemFree:/ { f = $2 } END { print n, f }' /proc/meminfo; }
	must rmmod drbd
	must dmsetup remove l0
	must dmsetup remove l1
	i=0
	while [ $i -lt 12 ]; do
		[ $i != 4 ] || { echo 3 >/proc/sys/vm/drop_caches; before=$(kib_used); }
		i=$((i + 1))
		must modprobe drbd usermode_helper=/bin/true
		rig_create
		rig_attach $DISK
		rig_connect
		rig_until 30 cstate a Connected
		must drbdsetup primary 0 --force
		put 0 /tmp/one 3
		must drbdsetup secondary 0
		rig_down
		must rmmod drbd
		[ ! -e /proc/drbd ] || rig_fail "/proc/drbd is left"
		! grep -sq drbd_ /proc/[0-9]*/comm || rig_fail "a thread is left"
	done
	echo 3 >/proc/sys/vm/drop_caches
	after=$(kib_used)
	echo "memory in KiB, used by the kernel and free, after 4 cycles: $before; after 12: $after"
	set -- $before $after
	if [ $(($3 - $1)) -ge 512 ] || [ $(($2 - $4)) -ge 3072 ]; then rig_fail "memory is lost"; fi
	ok "12 cycles of loading, attaching, connecting, unloading leave nothing"
}


# --- the walk: all modes, or those that /vm/modes names ---
must modprobe brd rd_nr=3 rd_size=$((mib * 1024))
must modprobe dm-mod
cat >/tmp/helper <<'END'
#!/bin/sh
# what it has been called for; the exit code is in a file of that name
echo "$1 $2 $DRBD_PEER_AF $DRBD_PEER_ADDRESS" >>/tmp/helped
[ ! -e "/tmp/slow.$1" ] || sleep 2
exit "$(cat "/tmp/exit.$1" 2>/dev/null || echo 0)"
END
chmod +x /tmp/helper
must modprobe drbd usermode_helper=/tmp/helper
mkdir -p /var/lib/drbd
must ip link set lo up
for nr in 0 1; do
	echo "0 $((mib * 2048)) linear /dev/ram$nr 0" | must dmsetup create l$nr
done
must dmsetup mknodes
noise /tmp/one 8
noise /tmp/two 16
noise /tmp/much 40
read -r modes </vm/modes
for mode in $modes; do
	: >/tmp/helped
	case $mode in
	metadata|stacked|cycles) [ -z "$paired" ] || unpair ;;
	*) [ -n "$paired" ] || pair ;;
	esac
	mode_$mode
done
echo "$done things work"
