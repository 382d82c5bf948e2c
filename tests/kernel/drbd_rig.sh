# shellcheck shell=sh disable=SC1091,SC2086 # lists of options
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine with our drbd.ko and Debian's drbdsetup-84: both ends of a connection in one kernel. Each line
# "ok ..." is something that works; the last line counts them. The first thing that does not ends the script.
set -u
. /vm/fast_rig
A=ipv4:127.0.0.1:7788 B=ipv4:127.0.0.1:7789
DISK="--resync-rate=200M --c-plan-ahead=0"
done=0

ok() { done=$((done + 1)); echo "ok $*"; }
must() { "$@" || rig_fail "failed ($?): $*"; }
refused() { # EXIT-CODE TEXT COMMAND...
	want=$1 text=$2
	shift 2
	"$@" >/tmp/refused 2>&1
	is=$?
	{ [ $is = "$want" ] && grep -q -- "$text" /tmp/refused; } || rig_fail "$* is not refused with $want, $text: $is $(cat /tmp/refused)"
}
connect_a() { must drbdsetup connect a $A $B "$@"; }
connect_b() { must drbdsetup connect b $B $A "$@"; }
disconnect_a() { must drbdsetup disconnect $A $B; }
disconnect_b() { must drbdsetup disconnect $B $A; }
synced() {
	rig_until 30 cstate a Connected
	rig_until 30 dstate a UpToDate/UpToDate
	rig_until 30 dstate b UpToDate/UpToDate
	rig_same
	ok "$@"
}
write_to() { # MINOR AT : 1.6 MiB of noise
	must dd if=/dev/urandom of="/dev/drbd$1" bs=32k count=50 seek="$2" oflag=direct 2>/tmp/dd
}
said() { dmesg | grep -q -- "$1" || rig_fail "the kernel does not say: $1"; }
oos() { sed -n "/^ $1:/{n;s/.*oos://p;}" /proc/drbd; }

# --- alone ---
rig_disks 16
must drbdsetup new-resource lonely
must drbdsetup new-minor lonely 5 0
refused 1 . dd if=/dev/drbd5 of=/dev/null count=1
must drbdsetup down lonely
ok "a Secondary can not be read, and goes down"

rig_create
rig_attach $DISK
[ "$(oos 0)" = $(($(cat /sys/block/drbd0/size) / 2)) ] || rig_fail "a disk that is new should be out of sync, all of it"
ok "all of a new disk is out of sync"
refused 17 "Need access to UpToDate data" drbdsetup primary 0
must drbdsetup primary 0 --force
write_to 0 10
must dd if=/dev/drbd0 of=/tmp/read bs=32k skip=10 count=50 iflag=direct 2>/tmp/dd
must cmp -n 1638400 /tmp/read /dev/ram0 0 327680
ok "a forced Primary without a peer writes and reads"
# shellcheck disable=SC2217 # it holds the device open
sleep 1000 </dev/drbd0 &
reader=$!
sleep 0.2
refused 11 "held open by someone" drbdsetup secondary 0
refused 11 "pid $reader" drbdsetup secondary 0
kill $reader
wait $reader
must drbdsetup secondary 0
ok "demotion of a device that is open is refused, and names who has it open"

# --- connected, with everything on ---
NET="--cram-hmac-alg=sha1 --shared-secret=geheim --data-integrity-alg=md5 --verify-alg=sha1 --csums-alg=md5"
connect_a $NET
connect_b $NET
synced "initial sync with authentication and integrity"
must drbdsetup primary 0
write_to 0 1
rig_same
ok "writes are mirrored, protocol C with integrity"
disconnect_a
write_to 0 80
[ "$(oos 0)" = 1600 ] || rig_fail "1600 KiB should be out of sync"
connect_a $NET
synced "what was written meanwhile is resynced with checksums"

must drbdsetup verify 0 --start=0
rig_until 30 cstate a Connected
rig_until 30 cstate b Connected
[ "$(oos 0) $(oos 1)" = "0 0" ] || rig_fail "verify finds differences where there are none"
must dd if=/dev/urandom of=/dev/ram1 bs=4k seek=77 count=3 conv=notrunc oflag=direct 2>/tmp/dd
must drbdsetup verify 0 --start=0
rig_until 30 cstate a Connected
rig_until 30 cstate b Connected
[ "$(oos 0) $(oos 1)" = "12 12" ] || rig_fail "verify does not find the three blocks"
disconnect_a
connect_a $NET
synced "verify finds planted differences, the next connection repairs them"

# --- protocols ---
for p in A B C; do
	disconnect_a
	disconnect_b
	write_to 0 30
	connect_a --protocol=$p
	connect_b --protocol=$p
	synced "resync with protocol $p"
	write_to 0 100
	must drbdsetup secondary 0
	rig_same
	must drbdsetup primary 1
	write_to 1 120
	must drbdsetup secondary 1
	rig_same
	must drbdsetup primary 0
	ok "writes both ways with protocol $p"
done

# --- refused connections ---
disconnect_a
disconnect_b
connect_a --cram-hmac-alg=sha1 --shared-secret=one
connect_b --cram-hmac-alg=sha1 --shared-secret=two
rig_until 20 cstate a StandAlone
rig_until 20 cstate b StandAlone
ok "another secret: no connection"
connect_a --protocol=C
connect_b --protocol=B
rig_until 20 cstate a StandAlone
disconnect_b
ok "another protocol: no connection"

# --- without a disk ---
connect_a --tcp-cork=no --unplug-watermark=200
connect_b --tcp-cork=no
said "unplug-watermark 200 has no effect"
synced "connected again, without tcp-cork"
must drbdsetup detach 0
rig_until 5 dstate a Diskless/UpToDate
must dd if=/dev/drbd0 of=/tmp/read bs=64k count=20 iflag=direct 2>/tmp/dd
must cmp -n 1310720 /tmp/read /dev/ram1
write_to 0 130
must drbdmeta --force 0 v08 /dev/ram0 internal apply-al >/tmp/md 2>&1
must drbdsetup attach 0 /dev/ram0 /dev/ram0 internal $DISK --max-bio-bvecs=2
[ "$(cat /sys/block/drbd0/queue/max_segments)" = 2 ] || rig_fail "max-bio-bvecs is not the limit of the queue"
synced "a diskless Primary reads and writes through its peer, and gets its disk back"

# --- commands of a connected pair ---
must drbdsetup invalidate 1
sleep 0.5
synced "invalidate"
must drbdsetup invalidate-remote 0
sleep 0.5
synced "invalidate-remote"
must drbdsetup pause-sync 0
refused 10 "Sync-pause flag is already set" drbdsetup pause-sync 0
must drbdsetup resume-sync 0
refused 10 "Sync-pause flag is already cleared" drbdsetup resume-sync 0
ok "sync is paused and resumed"
must drbdsetup suspend-io 0
write_to 0 20 &
writer=$!
sleep 0.5
must kill -0 $writer
must drbdsetup resume-io 0
must wait $writer
rig_same
ok "suspended writes wait for resume-io"
must drbdsetup net-options $A $B --max-buffers=3000
must drbdsetup disk-options 0 --al-extents=257 --c-min-rate=4M --disk-barrier=yes --read-balancing=when-congested-remote
said "disk-barrier is not available on this kernel"
said "this kernel does not tell congestion"
drbdsetup show a | grep -q 'max-buffers.*3000' || rig_fail "net-options"
drbdsetup show a | grep -q 'c-min-rate.*4096k' || rig_fail "disk-options"
rig_until 5 cstate a Connected
ok "options are changed while connected"

# --- split brain ---
split() { # both wrote while apart
	disconnect_a
	disconnect_b
	must drbdsetup primary 1
	write_to 0 10
	write_to 1 60
	must drbdsetup secondary 1
	must drbdsetup secondary 0
}
split
connect_a
connect_b
i=0
until [ "$(drbdsetup cstate 0)" = StandAlone ] || [ "$(drbdsetup cstate 1)" = StandAlone ]; do
	i=$((i + 1))
	[ $i -lt 100 ] || rig_fail "split brain goes by unseen"
	sleep 0.1
done
disconnect_a
disconnect_b
connect_a --discard-my-data
connect_b
synced "split brain is refused, and solved by --discard-my-data"
must drbdsetup primary 0
split
connect_a --after-sb-0pri=discard-least-changes
connect_b --after-sb-0pri=discard-least-changes
synced "split brain is solved by after-sb-0pri"

# --- cycles ---
disconnect_a
disconnect_b
connect_a
connect_b
synced "connected for the last time"
must drbdsetup primary 0
i=0
while [ $i -lt 10 ]; do
	i=$((i + 1))
	write_to 0 $((i * 10)) &
	writer=$!
	disconnect_b
	connect_b
	must wait $writer
done
synced "ten disconnects under writes"
must drbdsetup secondary 0
rig_down
must rmmod drbd
must modprobe drbd
must rmmod drbd
echo "$done things work"
