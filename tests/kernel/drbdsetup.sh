# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a test machine with Debian's drbd.ko: our drbdsetup configures the fast rig, and in every state both drbdsetup and
# the original are asked the same; they have to agree in output, errors and exit code. The last line counts.
set -u
. /vm/fast_rig
compared=0 differ=0

both() { # ARGUMENT...
	compared=$((compared + 1))
	/opt/original/drbdsetup "$@" >/tmp/o1 2>/tmp/e1 </dev/null; r1=$?
	drbdsetup "$@" >/tmp/o2 2>/tmp/e2 </dev/null; r2=$?
	# how it names connections and resources it was not given as the object, and its smallest al-extents
	sed -i 's/(67 \.\.\./(7 .../; s/<min>67/<min>7/' /tmp/o1 /tmp/e1
	sed -i 's/^??: Failure/OBJECT: Failure/' /tmp/e1
	grep -q '^OBJECT' /tmp/e1 && sed -i 's/^.*: Failure/OBJECT: Failure/' /tmp/e2
	if [ $r1 != $r2 ] || ! cmp -s /tmp/o1 /tmp/o2 || ! cmp -s /tmp/e1 /tmp/e2; then
		differ=$((differ + 1))
		echo "=== drbdsetup $*: exit $r1 and $r2"
		diff -u /tmp/o1 /tmp/o2
		diff -u /tmp/e1 /tmp/e2
	fi
}

reports() { # what can be asked at any time
	echo "$compared compared"
	both show; both show 0 --show-defaults; both sh-status all; both sh-status 1
	both status; both status --verbose --statistics a; both status --color=always b; both status --statistics
	both events2 --now --statistics a; both role 0; both /dev/drbd1 cstate; both dstate 0; both show-gi 0; both get-gi 1
}

watch_start() { # both follow what happens
	: >/tmp/pids
	for whose in original ours; do
		tool=drbdsetup
		[ $whose = ours ] || tool=/opt/original/drbdsetup
		$tool events all >/tmp/events.$whose & echo $! >>/tmp/pids
		$tool events2 all >/tmp/events2.$whose & echo $! >>/tmp/pids
	done
	until [ -s /tmp/events2.ours ] && [ -s /tmp/events2.original ]; do sleep 0.1; done
}

watch_stop() {
	sleep 1 # the last events
	kill $(cat /tmp/pids)
	for whose in original ours; do
		# numbers of messages; what older readers make of newer messages; changes of nothing
		sed -i 's/^[0-9]* //; / R - /d; /^R - /d' /tmp/events.$whose
		sed -i '/^change [^ ]* \(name:[^ ]* \)*peer-node-id:0 conn-name:peer\( volume:[0-9]*\)*$/d' /tmp/events2.$whose
	done
	for view in events events2; do
		compared=$((compared + 1))
		[ "$(wc -l </tmp/$view.ours)" -gt 20 ] || { differ=$((differ + 1)); echo "$view: too short"; }
		diff -u /tmp/$view.original /tmp/$view.ours || differ=$((differ + 1))
	done
}

must() {
	drbdsetup "$@" || rig_fail "drbdsetup $*: exit $?"
}

mkdir -p /var/lock /var/run/drbd
rig_disks 64
rig_create

# --- nothing there, and the command line
both; both bogus; both help; both -h; both --help; both help bogus; both bogus words
for cmd in primary secondary attach disk-options detach net-options disconnect resize resource-options new-current-uuid \
	invalidate invalidate-remote pause-sync resume-sync suspend-io resume-io outdate down state role sh-status \
	cstate dstate show-gi get-gi show check-resize events events2 wait-connect wait-sync new-resource new-minor del-minor \
	del-resource verify; do
	both help $cmd
	both xml-help $cmd
done
both primary; both primary x; both primary 77; both primary all; both attach 1; both attach 1 /dev/ram1; both attach 1 /x /x internal
both attach 1 /vm/fast_rig /vm/fast_rig internal; both attach 1 /dev/ram1 /dev/ram1 internal --al-extents=10X
both new-minor; both new-minor a; both new-minor a 1; both new-minor nores 5 0; both new-minor a 3 x
both down; both down nores; both del-minor 77; both del-resource nores; both detach 77; both wait-connect 77
both disconnect 127.0.0.1:1 127.0.0.1:2; both net-options 127.0.0.1:1 127.0.0.1:2 --ping-int=3; both resource-options nores
both new-resource a/b; both new-resource ''; both wait-connect 1 --wfc-timeout=400000; both wait-connect 1 --wfc-timeout=1x
both primary 1 --bogus; both disk-options 1 --size=3; both disk-options 1 --al-extents; both status nores
reports

watch_start
must new-resource a --on-no-data-accessible=suspend-io
must new-resource b
reports
must new-minor a 0 0
must new-minor b 1 0
both new-minor a 0 0; both new-minor a 5 0; both new-minor b 0 1; both new-resource a
reports
must attach 0 /dev/ram0 /dev/ram0 internal --size=50M --resync-rate=8M --al-extents=257
both attach 0 /dev/ram0 /dev/ram0 internal; both primary 0; both invalidate-remote 0; both resume-sync 0; both outdate 0
both verify 0; both resize 0; both check-resize 0
must disk-options 0 --set-defaults --al-extents=300 --c-max-rate=200M --on-io-error=detach
must attach 1 /dev/ram1 /dev/ram1 internal
reports
must connect a ipv4:127.0.0.1:7788 ipv4:127.0.0.1:7789 --protocol=C --cram-hmac-alg=md5 --shared-secret='fo"o\x' \
	--verify-alg=sha1 --ping-int=11
reports
must connect b 127.0.0.1:7789 127.0.0.1:7788 --cram-hmac-alg=md5 --shared-secret='fo"o\x' --verify-alg=sha1
both wait-connect 0; both wait-connect 1 --wfc-timeout=5 --degr-wfc-timeout=20
both connect a 127.0.0.1:7788 127.0.0.1:7789; both connect b 127.0.0.1:7788 127.0.0.1:7705
rig_until 30 cstate a Connected
rig_until 30 cstate b Connected
reports
must disk-options 0 --resync-rate=2M --c-plan-ahead=0
must disk-options 1 --resync-rate=2M --c-plan-ahead=0
must /dev/drbd0 primary --force
rig_until 10 cstate a SyncSource
must pause-sync 0
rig_until 10 cstate b PausedSyncT
both pause-sync 0
reports
must disk-options 0 --resync-rate=500M
must disk-options 1 --resync-rate=500M
must resume-sync 0
both resume-sync 0
must wait-sync 0
rig_until 10 dstate b UpToDate/UpToDate
reports
both primary 1; both secondary 1; both new-current-uuid 0; both disconnect 127.0.0.1:7788 127.0.0.1:7789 --bogus
must verify 0
must wait-sync 0
rig_until 30 cstate b Connected
must suspend-io 0
reports
must resume-io 0
must disconnect 127.0.0.1:7788 127.0.0.1:7789
rig_until 10 cstate b WFConnection
both disconnect 127.0.0.1:7788 127.0.0.1:7789; both wait-connect 1 --wfc-timeout=1
reports
must secondary 0
must outdate 1
reports
must detach 0
reports
must down a
must down b
watch_stop
reports
both down a

# --- what only ours has
drbdsetup primary –force 0 2>/tmp/e2
[ $? = 20 ] && grep -q "'–force' begins with a typographic dash; type two plain hyphens: --force" /tmp/e2 ||
	{ differ=$((differ + 1)); cat /tmp/e2; }
rig_create
rig_attach
drbdsetup status --json >/tmp/json && grep -q '"name": "b", "role": "Secondary"' /tmp/json || { differ=$((differ + 1)); cat /tmp/json; }
[ "$(drbdsetup udev 1)" = "$(printf 'DEVICE=drbd1\nSYMLINK_BY_RES=drbd/by-res/b/0\nSYMLINK_BY_DISK=drbd/by-disk/ram1')" ] ||
	{ differ=$((differ + 1)); drbdsetup udev 1; }
must check-resize 1
grep -q "$(printf '67108864\t/dev/ram1')" /var/lib/drbd/drbd-minor-1.lkbd || { differ=$((differ + 1)); cat /var/lib/drbd/*; }
echo "$compared compared, $differ differ"
[ "$differ" = 0 ] && [ "$compared" -gt 280 ]
