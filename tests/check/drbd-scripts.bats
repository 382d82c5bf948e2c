#!/usr/bin/env bats
# What an operator touches around DRBD: the init script, the handlers, drbd-overview, completion and the editor's colours,
# with scripts in place of the tools that they call.

# shellcheck disable=SC2016,SC2030,SC2031 # the bodies of those scripts expand there; tests are subshells
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	S=$BATS_TEST_DIRNAME/../../drbd-like/scripts
	mkdir bin
	export PATH=$PWD/bin:$PATH
	fake logger 'while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done; shift; [ $# -gt 0 ] && echo "$*" >>syslog || cat >>syslog'
	cat >proc <<-'END'
		version: 8.4.4 (api:1/proto:86-101)
		GIT-hash: 74402fecf24da8e5438171ee8c19e28627e1c98a build by root@build, 2014-01-01 00:00:00
		 0: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----
		    ns:7828 nr:0 dw:0 dr:7828 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:57668
			[=>..................] sync'ed: 12.5% (57668/65496)K
			finish: 0:00:07 speed: 7,828 (7,828) K/sec
		 1: cs:StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown   r-----
		    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
		 2: cs:Unconfigured
	END
	cat >sh-status <<-'END'
		_conf_res_name=demo
		_conf_file_line=/etc/drbd.conf:1

		_stacked_on=
		_stacked_on_device=
		_stacked_on_minor=
		_conf_volume=0
		_minor=0
		_conf_res_name=two
		_stacked_on_minor=
		_conf_volume=0
		_minor=1
		_conf_volume=1
		_minor=2
	END
	fake drbdadm 'echo "drbdadm $*" >>log
		case $1 in
		sh-status) cat sh-status ;;
		sh-nop) [ ! -e bad ] || { echo "drbd.conf:3: Parse error"; exit 10; } ;;
		adjust-with-progress) echo "[ ]"; exit $(cat code 2>/dev/null || echo 0) ;;
		esac'
	fake drbdsetup 'echo "drbdsetup $*" >>log; [ "$*" != "all show" ] || printf "resource demo {\n}\nresource two {\n}\n"'
	fake modprobe 'echo "modprobe $*" >>log; [ ! -e nomodule ] && cp proc loaded'
	fake rmmod 'echo "rmmod $*" >>log; rm loaded'
	export DRBDADM=$PWD/bin/drbdadm DRBDSETUP=$PWD/bin/drbdsetup MODPROBE=$PWD/bin/modprobe RMMOD=$PWD/bin/rmmod
	export PROC_DRBD=$PWD/loaded LOCK=$PWD/lock DEFAULTS=/dev/null
}

fake() { # NAME BODY
	printf '#!/bin/bash\ncd %q\n%s\n' "$PWD" "$2" >"bin/$1"
	chmod +x "bin/$1"
}

@test "init: start loads the module, adjusts, waits and promotes" {
	run -0 "$S/drbd.init" start
	[[ "$output" == "Starting DRBD resources: [ ]"* ]]
	[ "$(cat log)" = "drbdadm sh-nop
modprobe -s drbd
drbdadm adjust-with-progress all
drbdadm sh-dev all
drbdadm wait-con-int
drbdadm sh-b-pri all" ]
	[ -e lock ]
}

@test "init: nothing is done with a bad configuration" {
	touch bad
	run -1 "$S/drbd.init" start
	[[ "$output" == *"drbd.conf:3: Parse error" ]]
	[ "$(cat log)" = "drbdadm sh-nop" ]
	run -1 "$S/drbd.init" reload
	run -1 "$S/drbd.init" stop
}

@test "init: a missing module ends the start with 20" {
	touch nomodule
	run -20 "$S/drbd.init" start
	[[ "$output" == *"Can not load the drbd module."* ]]
}

@test "init: a failed step goes on, a broken tool ends the start" {
	echo 1 >code
	run -0 "$S/drbd.init" start
	echo 20 >code
	run -20 "$S/drbd.init" start
}

@test "init: stop takes all down and removes the module" {
	cp proc loaded
	touch lock
	run -0 "$S/drbd.init" stop
	[ "$(cat log)" = "drbdadm sh-nop
drbdsetup all show
drbdsetup demo down
drbdsetup two down
rmmod drbd" ]
	[ ! -e lock ]
}

@test "init: stop tries twice" {
	cp proc loaded
	fake rmmod 'echo "rmmod $*" >>log; exit 1'
	run -0 "$S/drbd.init" stop
	[[ "$output" == *"Retrying once..."* ]]
	[ "$(grep -c rmmod log)" = 2 ]
}

@test "init: status is a table" {
	run -3 --separate-stderr "$S/drbd.init" status
	[ "$stderr" = "drbd not loaded" ]
	cp proc loaded
	run -0 "$S/drbd.init" status
	[ "${lines[0]}" = "drbd driver loaded OK; device status:" ]
	[ "${lines[1]}" = "version: 8.4.4 (api:1/proto:86-101)" ]
	[[ "${lines[3]}" =~ ^m:res\ +cs\ +ro\ +ds\ +p\ +mounted\ +fstype$ ]]
	[[ "${lines[4]}" =~ ^0:demo\ +SyncSource\ +Primary/Secondary\ +UpToDate/Inconsistent\ +C$ ]]
	[[ "${lines[5]}" =~ ^\.\.\.\ +sync\'ed:\ +12\.5%\ +\(57668/65496\)K$ ]]
	[[ "${lines[6]}" =~ ^1:two/0\ +StandAlone\ +Secondary/Unknown\ +UpToDate/DUnknown\ +-$ ]]
	[ "${#lines[@]}" = 7 ]
}

@test "init: reload adjusts, other words are refused" {
	run -0 "$S/drbd.init" reload
	[ "$(tail -n 1 log)" = "drbdadm adjust all" ]
	run -1 "$S/drbd.init" what
	[ "$output" = "Usage: /etc/init.d/drbd {start|stop|status|reload|restart|force-reload}" ]
	DRBDADM=/nonexistent run -5 "$S/drbd.init" start
}

@test "notify: each link has its mail" {
	fake mail 'echo "$*" >>mails; cat >>mails'
	export DRBD_RESOURCE=demo DRBD_PEER=server2 DRBD_VOLUME=0 DRBD_MINOR=1
	for event in split-brain io-error pri-on-incon-degr pri-lost pri-lost-after-sb emergency-reboot emergency-shutdown out-of-sync; do
		ln -s "$S/notify.sh" "notify-$event.sh"
		run -0 "./notify-$event.sh" admin
	done
	[ "$(grep -c '^-s DRBD .* admin$' mails)" = 8 ]
	[ "$(grep '^-s' mails | sort -u | wc -l)" = 8 ]
	grep -q '^-s DRBD split brain on resource demo/0 (drbd1) admin$' mails
	unset DRBD_PEER
	run -1 ./notify-split-brain.sh
}

@test "outdate-peer: the peer's answer becomes the kernel's" {
	export DRBD_RESOURCE=demo HOST=server1
	fake ssh 'echo "$*" >>log; exit $(cat code)'
	for pair in 0:4 5:3 17:6 255:5; do
		echo "${pair%:*}" >code
		run "-${pair#*:}" "$S/outdate-peer.sh" on server1 10.0.0.1 on server2 10.0.0.2
	done
	[[ "$(tail -n 1 log)" == *"10.0.0.2 drbdadm outdate 'demo'" ]]
	run -10 "$S/outdate-peer.sh" on server2 10.0.0.2
	run -10 "$S/outdate-peer.sh"
}

@test "stonith_admin: all hosts of the peer have to be shot" {
	fake stonith_admin 'echo "$*" >>log; [ "$2" != c ]'
	DRBD_PEERS="a b" run -7 "$S/stonith_admin-fence-peer.sh"
	[ "$(cat log)" = "--fence a
--fence b" ]
	DRBD_PEERS="a c" run -1 "$S/stonith_admin-fence-peer.sh"
	DRBD_PEERS="" run -1 "$S/stonith_admin-fence-peer.sh"
}

@test "rhcs_fence: the peer is shot only for data that is up to date" {
	fake cman_tool '[ "$1" != nodes ] || printf "   1   M    148   2014-01-01 00:00:00  server1\n   2   X    148   2014-01-01 00:00:00  server2.example\n"'
	fake fence_node 'echo "$*" >>log'
	export DRBD_RESOURCE=demo DRBD_PEERS=server2 PROC_DRBD=$PWD/proc
	DRBD_MINOR=0 run -7 "$S/rhcs_fence"
	[ "$(cat log)" = server2.example ]
	DRBD_MINOR="0 2" run -1 "$S/rhcs_fence"
	DRBD_PEERS=server9 DRBD_MINOR=0 run -1 "$S/rhcs_fence"
}

@test "snapshot: made before, removed after the resync" {
	fake drbdadm '[ "$*" != "sh-ll-dev demo/0" ] || echo /dev/vg0/demo'
	fake lvs 'echo "  vg0,demo,1048576.00"'
	fake lvcreate 'echo "lvcreate $*" >>log; exit 5'
	fake lvremove 'echo "lvremove $*" >>log'
	export DRBD_RESOURCE=demo DRBD_VOLUME=0 DRBD_MINOR=0 DRBD_LL_DISK=/dev/vg0/demo PROC_DRBD=$PWD/proc
	run -0 "$S/snapshot-resync-target-lvm.sh" -p 20 -- -c 16k
	run -5 "$S/snapshot-resync-target-lvm.sh" -n --additional=0
	ln -s "$S/snapshot-resync-target-lvm.sh" unsnapshot-resync-target-lvm.sh
	run -0 ./unsnapshot-resync-target-lvm.sh
	[ "$(cat log)" = "lvcreate -s -n demo-before-resync -L 277623k -c 16k vg0/demo
lvcreate -s -n demo-before-resync -L 162525k vg0/demo
lvremove -f vg0/demo-before-resync" ]
	fake lvs 'exit 5'
	run -0 "$S/snapshot-resync-target-lvm.sh" -n
}

cib() { # PEER-NODE-STATE CONSTRAINTS
	cat >cib <<-END
		<cib dc-uuid="1"><configuration><resources><master id="ms-demo"><primitive id="p-demo"><instance_attributes id="x">
		<nvpair id="y" name="drbd_resource" value="demo"/></instance_attributes></primitive></master></resources>
		<constraints>$2</constraints></configuration><status><node_state uname="server1" crmd="online" in_ccm="true" join="member" expected="member"/>
		$1</status></cib>
	END
}

fence() { # CODE STATE-OF-OWN-DISK PEER-ROLE
	echo " 7: cs:WFConnection ro:Primary/$3 ds:$2/DUnknown C r-----" >proc
	HOST=server1 DRBD_RESOURCE=demo DRBD_PEER=server2 DRBD_MINOR=7 PROC_DRBD=$PWD/proc run "-$1" "$S/crm-fence-peer.sh" -d 2
}

@test "crm-fence-peer: what is known of the peer decides" {
	fake cibadmin 'echo "cibadmin $*" >>log; [ "$1" != -Q ] || cat cib'
	fake crmadmin '[ ! -e alive ] || echo "Status of crmd@server2: S_NOT_DC (ok)"'
	fake crm_attribute 'echo "crm_attribute $*" >>log'
	cib '<node_state uname="server2" crmd="offline" in_ccm="true" join="down" expected="member"/>'
	fence 5 UpToDate Unknown
	grep -q '<rsc_location rsc="ms-demo" id="drbd-fence-by-handler-demo-ms-demo">' log
	grep -q 'expression attribute="#uname" operation="ne" value="server1" id="drbd-fence-by-handler-demo-expr-ms-demo"' log
	grep -q '<rule role="Master" score="-INFINITY" id="drbd-fence-by-handler-demo-rule-ms-demo">' log
	rm log
	fence 5 Consistent Unknown
	run ! grep -q -- -C log
	fence 1 UpToDate Secondary
	cib '<node_state uname="server2" crmd="offline" in_ccm="false" join="down" expected="down"/>'
	fence 7 UpToDate Unknown
	touch alive
	cib '<node_state uname="server2" crmd="online" in_ccm="true" join="member" expected="member"/>'
	fence 4 Consistent Unknown
	cib '' '<rsc_location rsc="ms-demo" id="drbd-fence-by-handler-demo-ms-demo"><rule role="Master"><expression attribute="#uname" operation="ne" value="server1" id="e"/></rule></rsc_location>'
	fence 4 UpToDate Unknown
	cib '' '<rsc_location rsc="ms-demo" id="drbd-fence-by-handler-demo-ms-demo"><rule role="Master"><expression attribute="#uname" operation="ne" value="server2" id="e"/></rule></rsc_location>'
	fence 1 UpToDate Unknown
	fake cibadmin 'echo "cibadmin $*" >>log; [ "$1" = -Q ] && cat cib'
	cib '<node_state uname="server2" crmd="offline" in_ccm="true" join="down" expected="member"/>'
	fence 1 UpToDate Unknown
}

@test "crm-unfence-peer: removes the constraint, if there is one" {
	fake cibadmin 'echo "cibadmin $*" >>log; [ "$1" != -Q ] || cat cib'
	ln -s "$S/crm-fence-peer.sh" crm-unfence-peer.sh
	export DRBD_RESOURCE=demo
	cib ''
	run -0 ./crm-unfence-peer.sh
	run ! grep -q -- -D log
	cib '' '<rsc_location rsc="ms-demo" id="drbd-fence-by-handler-demo-ms-demo"/>'
	run -0 ./crm-unfence-peer.sh
	grep -q -- '-D -o constraints -X <rsc_location rsc="ms-demo" id="drbd-fence-by-handler-demo-ms-demo"/>' log
	unset DRBD_RESOURCE
	run -1 ./crm-unfence-peer.sh
}

@test "drbd-overview: a line a device, and what it is used for" {
	for tool in pvs virsh xm; do fake "$tool" 'exit 1'; done
	fake df 'echo "/dev/drbd0 ext4 62M 1.2M 56M 3% /mnt"'
	run -0 "$S/drbd-overview" --proc-drbd proc
	[ "${lines[0]}" = "  0:demo/0 SyncSource   Primary/Secondary UpToDate/Inconsistent C r----- /mnt ext4 62M 1.2M 56M 3%" ]
	[[ "${lines[1]}" == *"sync'ed: 12.5% (57668/65496)K" ]]
	[ "${lines[2]}" = "  1:two/0  StandAlone   Secondary/Unknown UpToDate/DUnknown     - r-----" ]
	[ "${lines[3]}" = "  2:two/1  Unconfigured . . . ." ]
	run -0 "$S/drbd-overview" --proc-drbd none
	[ "$output" = "drbd not loaded" ]
}

complete_for() { # WORD... : what is offered for the last
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_drbdadm
	printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

@test "completion: commands, resources by their state, options" {
	rm bin/drbdadm
	cat >demo.conf <<-'END'
		resource up { device /dev/drbd1; disk /dev/vdb; meta-disk internal; on server1 { address 10.0.0.1:7789; } on server2 { address 10.0.0.2:7789; } }
		resource down { device /dev/drbd2; disk /dev/vdc; meta-disk internal; on server1 { address 10.0.0.1:7790; } on server2 { address 10.0.0.2:7790; } }
	END
	fake drbdsetup '[ "$2" = 1 ] && echo Primary/Secondary || echo Secondary/Primary'
	fake drbdadm "exec env __DRBD_NODE__=server1 $O/drbdadm -s \$PWD/bin/drbdsetup -c demo.conf \"\$@\""
	# shellcheck source=drbd-like/scripts/drbdadm.completion
	. "$S/drbdadm.completion"
	[ "$(complete_for drbdadm prim)" = "primary " ]
	[ "$(complete_for drbdadm --d)" = "--dry-run " ]
	[ "$(complete_for drbdadm primary '')" = "down " ]
	[ "$(complete_for drbdadm secondary '')" = "up " ]
	[ "$(complete_for drbdadm dump '')" = "all down up " ]
	[[ "$(complete_for drbdadm primary up --)" == *"--force "* ]]
}

# The name of what vim gives the first WORD of FILE.
colour() { # FILE WORD
	vim -N -u NONE -i NONE -n -es -c "set rtp^=$PWD/rt" -c 'filetype on' -c 'syntax on' -c "edit $1" \
		-c "call search('\\V$2', 'c')" -c 'redir! > colour' -c 'silent echo synIDattr(synID(line("."), col("."), 1), "name")' \
		-c 'redir END' -c 'qa!' </dev/null
	tr -d '\n\r' <colour
}

@test "vim: the four files are known and coloured" {
	mkdir -p rt/syntax rt/ftdetect
	cp "$S"/vim/{drbd,hacf,haresources,ldirectord}.vim rt/syntax/
	cp "$S/vim/ftdetect.vim" rt/ftdetect/
	printf 'resource demo {\n\tnet { ping-int 5; shared-secret "x"; }\n}\nskip resource gone {\n\tnet { }\n}\n# comment\n' >drbd.conf
	[ "$(colour drbd.conf resource)" = drbdSection ]
	[ "$(colour drbd.conf ping-int)" = drbdOption ]
	[ "$(colour drbd.conf 5)" = drbdNumber ]
	[ "$(colour drbd.conf '"x')" = drbdString ]
	[ "$(colour drbd.conf gone)" = drbdSkip ]
	[ "$(colour drbd.conf comment)" = drbdComment ]
	printf 'keepalive 2\nbcast eth0\nnosuch 3\n' >ha.cf
	[ "$(colour ha.cf keepalive)" = hacfDirective ]
	[ "$(colour ha.cf nosuch)" = hacfUnknown ]
	printf 'server1 IPaddr::172.25.32.100/24/eth0 drbddisk::demo mysqld\n' >haresources
	[ "$(colour haresources server1)" = haresourcesNode ]
	[ "$(colour haresources IPaddr)" = haresourcesAgent ]
	[ "$(colour haresources mysqld)" = haresourcesAgent ]
	printf 'checktimeout=3\nvirtual=172.25.32.100:80\n\treal=172.25.32.3:80 gate\n\tnosuch=1\n' >ldirectord.cf
	[ "$(colour ldirectord.cf checktimeout)" = ldirectordGlobal ]
	[ "$(colour ldirectord.cf virtual)" = ldirectordVirtual ]
	[ "$(colour ldirectord.cf gate)" = ldirectordForward ]
	[ "$(colour ldirectord.cf nosuch)" = ldirectordUnknown ]
}

@test "vim: every option of the table has its colour" {
	sed -nE 's/^(NUM|NUM64|SNUM|ENUM|FLAG|STR)\( *(disk|net|resource), *[a-z_0-9]+,[ \t]*"([^"]+)",.*/\3/p' \
		"$S/../core/drbd_options.def" | grep -vxE 'backing-dev|meta-dev|meta-dev-idx|discard-my-data|tentative' >options
	[ "$(wc -l <options)" -ge 50 ]
	grep '^syntax keyword drbdOption' "$S/vim/drbd.vim" | tr ' ' '\n' | sort >known
	run -0 comm -23 <(sort options) known
	[ -z "$output" ]
}

@test "manual: the pages are well-formed and name every option and command" {
	for page in "$O/drbd.conf.5" "$O/drbdsetup.8" "$S/../user/drbd.8" "$S/../user/drbdadm.8"; do
		run -0 --separate-stderr man -l --warnings -E UTF-8 "$page"
		[ -z "$stderr" ]
	done
	sed -nE 's/^(NUM|NUM64|SNUM|ENUM|FLAG|STR)\( *(disk|net|resource), *[a-z_0-9]+,[ \t]*"([^"]+)",.*/\3/p' \
		"$S/../core/drbd_options.def" | grep -vxE 'backing-dev|meta-dev|meta-dev-idx|discard-my-data|tentative' |
		while read -r option; do grep -q -- "^.B ${option//-/\\\\-}" "$O/drbd.conf.5" || { echo "$option"; exit 1; }; done
}

@test "samples: they are understood as they are" {
	for node in alpha.example.org gamma.example.org; do
		__DRBD_NODE__=$node run -0 drbdadm -d -c "$S/samples/drbd.conf.example" up all
	done
	mkdir -p etc/drbd.d
	cp "$S/samples/drbd.conf" etc/
	cp "$S/samples/global_common.conf" etc/drbd.d/
	rm bin/drbdadm
	run -0 drbdadm -c etc/drbd.conf sh-nop
}

@test "udev: one rule line, and what it asks is answered" {
	[ "$(grep -vc '^#' "$S/65-drbd.rules")" = 1 ]
	grep -q 'IMPORT{program}="/sbin/drbdadm sh-udev minor-%m"' "$S/65-drbd.rules"
}

@test "unit: systemd understands all of it" {
	mkdir -p root/etc/init.d root/usr/lib/systemd/system
	cp "$S/drbd.init" root/etc/init.d/drbd
	cp "$S/drbd.service" root/usr/lib/systemd/system/
	run -0 systemd-analyze verify --root="$PWD/root" --man=no --recursive-errors=no drbd.service
	sed -i 's/^Type=.*/&\nTyp=simple/' root/usr/lib/systemd/system/drbd.service
	run -1 systemd-analyze verify --root="$PWD/root" --man=no --recursive-errors=no drbd.service
	[[ "$output" == *"Unknown key 'Typ'"* ]]
}
