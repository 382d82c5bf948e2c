#!/usr/bin/env bats
# The agent ocf:linbit:drbd under resource-agents' own tester, and Xen's block-drbd; DRBD's tools are scripts with a
# memory. Needs root for a device node.

# shellcheck disable=SC2016 # the bodies of the scripts expand there
bats_require_minimum_version 1.5.0

setup_file() {
	export CACHE=${HA_CACHE:-$HOME/.cache/classic-ha}/resource-agents
	if [ ! -e "$CACHE/root/usr/sbin/ocf-tester" ]; then
		mkdir -p "$CACHE"
		(cd "$CACHE" && apt-get download resource-agents && dpkg -x resource-agents_*.deb root)
	fi
}

setup() {
	W=$(mktemp -d) # where nobody may look in, too: the tester does that
	chmod 755 "$W"
	cd "$W" || return
	mkdir bin
	fake drbdadm 'echo "drbdadm $*" >>log
		words=()
		while [ $# -gt 0 ]; do
			case $1 in
			-c | --peer) shift ;;
			-S) exit 3 ;;
			--version) echo DRBDADM_VERSION_CODE=0x080404; exit ;;
			-*) ;;
			*) words+=("$1") ;;
			esac
			shift
		done
		[ ! -e "code.${words[0]}" ] || exit "$(cat "code.${words[0]}")"
		case ${words[0]} in
		sh-dev) [ "${words[1]}" = demo ] && echo "$PWD/drbd1" ;;
		attach) [ -e state ] || echo Secondary >state ;;
		primary) echo Primary >state ;;
		secondary) [ ! -e state ] || echo Secondary >state ;;
		down) rm -f state ;;
		dump) cat dump ;;
		esac'
	fake drbdsetup 'echo "drbdsetup $*" >>log
		[ -e state ] && printf "_cstate=%s\n_role=%s\n_peer=Unknown\n_disk=%s\n_pdsk=%s\n" WFConnection "$(cat state)" "$(cat disk)" "$(cat pdsk)" || echo _cstate=Unconfigured'
	fake crm_master 'echo "crm_master $*" >>log'
	echo UpToDate >disk
	echo DUnknown >pdsk
	echo version >proc
	: >drbd.conf
	mknod drbd1 b 147 1
	cp "$BATS_TEST_DIRNAME/../../drbd-like/scripts/drbd.ocf" agent
	chmod 755 agent
	cp -r "$CACHE/root/usr/lib/ocf" .
	chmod -R a+rX .
	export OCF_ROOT=$W/ocf PATH=$W/bin:$PATH PROC_DRBD=$W/proc HA_LOGFILE=/dev/null
	export OCF_RESKEY_drbd_resource=demo OCF_RESKEY_drbdconf=$W/drbd.conf OCF_RESOURCE_INSTANCE=demo
	export OCF_RESKEY_CRM_meta_notify=true HA_RSCTMP=$W
}

teardown() { rm -rf "$W"; }

fake() { # NAME BODY
	printf '#!/bin/bash\ncd %q\n%s\n' "$PWD" "$2" >"bin/$1"
	chmod +x "bin/$1"
}

@test "ocf-tester is content" {
	sed "s,/usr/share\$,$CACHE/root/usr/share," "$CACHE/root/usr/sbin/ocf-tester" >tester
	unset OCF_RESKEY_drbd_resource OCF_RESKEY_drbdconf
	run -0 bash tester -n demo -o drbd_resource=demo -o "drbdconf=$W/drbd.conf" "$W/agent"
	[[ "$output" == *"$W/agent passed all tests"* ]]
}

@test "codes: not running 7, Secondary 0, Primary 8" {
	run -7 ./agent monitor
	run -0 ./agent start
	run -0 ./agent monitor
	run -0 ./agent promote
	run -8 ./agent monitor
	run -0 ./agent demote
	run -0 ./agent monitor
	run -0 ./agent stop
	run -7 ./agent monitor
	run -0 ./agent stop
}

@test "start attaches and does not connect; the notification does" {
	run -0 ./agent start
	run ! grep -E ' (adjust|connect)' log
	export OCF_RESKEY_CRM_meta_notify_type=post OCF_RESKEY_CRM_meta_notify_operation=start OCF_RESKEY_CRM_meta_notify_start_uname=other
	run -0 ./agent notify
	grep -q ' --peer other -v adjust demo$' log
}

@test "the master score says how good the data is" {
	echo Secondary >state
	score() { : >log; ./agent monitor || :; sed -n 's/^crm_master //p' log; }
	[ "$(score)" = "-Q -l reboot -v 1000" ]
	echo UpToDate >pdsk
	[ "$(score)" = "-Q -l reboot -v 10000" ]
	echo Consistent >disk
	[ "$(score)" = "-Q -l reboot -v 10" ]
	echo DUnknown >pdsk
	[ "$(score)" = "-Q -l reboot -v 5" ]
	echo Outdated >disk
	[ "$(score)" = "-l reboot -D" ]
	echo Attaching >disk
	[ -z "$(score)" ]
	echo UpToDate >disk
	OCF_RESKEY_adjust_master_score="1 2 3 4"
	export OCF_RESKEY_adjust_master_score
	[ "$(score)" = "-Q -l reboot -v 3" ]
	OCF_RESKEY_adjust_master_score="4 3 2 1"
	[ "$(score)" = "-Q -l reboot -v 1000" ]
}

@test "attach that fails twice fails the start" {
	echo 10 >code.attach
	run -1 ./agent start
	[ "$(grep -c ' attach demo' log)" = 2 ]
}

@test "wrong settings are refused" {
	OCF_RESKEY_CRM_meta_clone_max=3 run -6 ./agent start
	OCF_RESKEY_CRM_meta_master_node_max=2 run -6 ./agent start
	OCF_RESKEY_CRM_meta_notify=false run -6 ./agent start
	OCF_RESKEY_drbd_resource='a b' run -6 ./agent start
	OCF_RESKEY_drbd_resource='' run -6 ./agent start
	OCF_RESKEY_drbdconf=/nonexistent run -5 ./agent start
	OCF_RESKEY_drbd_resource=other run -5 ./agent start
	echo "    protocol C;" >dump
	OCF_RESKEY_CRM_meta_master_max=2 run -6 ./agent start
	echo "        allow-two-primaries yes;" >dump
	OCF_RESKEY_CRM_meta_master_max=2 run -0 ./agent start
	run -3 ./agent dance
	run -2 ./agent
}

@test "stop outdates only where it is asked to and another node is master" {
	export OCF_RESKEY_CRM_meta_notify_master_uname=other
	echo Secondary >state
	run -0 ./agent stop
	run ! grep -q ' outdate ' log
	echo Secondary >state
	OCF_RESKEY_stop_outdates_secondary=true run -0 ./agent stop
	grep -q ' outdate demo$' log
	grep -q '^crm_master -Q -l reboot -v -INFINITY$' log
}

@test "xen: the resource is promoted for the guest and demoted after it; what is in use is refused" {
	cp "$BATS_TEST_DIRNAME/../../drbd-like/scripts/block-drbd" .
	cat >block-common.sh <<-'END'
		command=$1
		xenstore_read_default() { [ -e "xs/${1##*/}" ] && cat "xs/${1##*/}" || echo "$2"; }
		xenstore_read() { cat "xs/${1##*/}"; }
		claim_lock() { echo "lock $1" >>log; }
		release_lock() { echo "unlock $1" >>log; }
		write_dev() { echo "write_dev $1" >>log; }
		ebusy() { echo "busy: $*" >&2; exit 1; }
		fatal() { echo "fatal: $*" >&2; exit 1; }
	END
	fake drbdadm 'echo "drbdadm $*" >>log
		case $1 in
		role) echo "$(cat state)/Unknown" ;;
		primary) [ ! -e never ] && echo Primary >state ;;
		secondary) echo Secondary >state ;;
		sh-dev) echo "$PWD/drbd1" ;;
		esac'
	mkdir xs
	echo demo >xs/params
	echo w >xs/mode
	echo Secondary >state
	export XENBUS_PATH=/x
	run -0 ./block-drbd add
	[ "$(grep -v role log)" = "drbdadm primary demo
drbdadm sh-dev demo
lock block
write_dev $PWD/drbd1
unlock block" ]
	run -0 ./block-drbd remove
	[ "$(cat state)" = Secondary ]
	fake xenstore-list 'case $1 in */vbd) echo 5 ;; *) echo 51712 ;; esac'
	stat -L -c %t:%T drbd1 >xs/physical-device
	run -0 ./block-drbd add # this one has its device already
	printf 'xenstore_read_default() { case $1 in /x/physical-device) echo "$2" ;; *) cat "xs/${1##*/}" 2>/dev/null ;; esac; }\n' >>block-common.sh
	run -1 ./block-drbd add
	[[ "$output" == *"busy: Device $PWD/drbd1 is in use by another guest."* ]]
	echo 'w!' >xs/mode
	run -0 ./block-drbd add
	echo Secondary >state
	touch never
	run -1 ./block-drbd add
	[[ "$output" == *"fatal: DRBD resource demo can not become Primary"* ]]
}
