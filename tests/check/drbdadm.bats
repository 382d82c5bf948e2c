#!/usr/bin/env bats
# drbdadm on its own: every mistake of tests/data/drbdadm/bad, the command line, and what it does around the tools it
# calls, which are scripts here. The comparison with the original is tests/net/drbdadm-crosswise.bats.

# shellcheck disable=SC2016,SC2030,SC2031 # the bodies of those scripts expand there; tests are subshells
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	data=$BATS_TEST_DIRNAME/../data/drbdadm
	export __DRBD_NODE__=server1 DRBD_RUN_DIR=$PWD/run DRBD_PROC=/dev/null
	mkdir bin
	fake drbdsetup 'echo "drbdsetup $*" >>log; [ "$1" != show ] || cat show 2>/dev/null; exit "$(cat code.$1 2>/dev/null || echo 0)"'
	fake drbdmeta 'echo "drbdmeta $*" >>log; exit "$(cat code.md.$5 2>/dev/null || echo 0)"'
	cat >demo.conf <<-'END'
		global { disable-ip-verification; }
		resource demo {
		  meta-disk internal; device /dev/drbd1; syncer { verify-alg sha1; }
		  on server1 { disk /dev/vdb; address 172.25.32.1:7789; }
		  on server2 { disk /dev/vdb; address 172.25.32.2:7789; }
		}
	END
	cat >two.conf <<-'END'
		global { disable-ip-verification; }
		resource two {
		  volume 0 { device /dev/drbd1; disk /dev/vdb; meta-disk internal; }
		  volume 1 { device /dev/drbd2; disk /dev/vdc; meta-disk internal; }
		  handlers { fence-peer "env | grep ^DRBD_ | sort; exit 4"; split-brain "echo $DRBD_MINOR $DRBD_VOLUME $DRBD_LL_DISK"; }
		  on server1 { address 172.25.32.1:7789; }
		  on server2 { address 172.25.32.2:7789; }
		}
	END
}

fake() { # NAME BODY
	printf '#!/bin/bash\ncd %q\n%s\n' "$PWD" "$2" >bin/"$1"
	chmod +x bin/"$1"
}

adm() { # CONFIG ARGS... with the fakes
	local conf=$1
	shift
	drbdadm -c "$conf" -s "$PWD/bin/drbdsetup" -m "$PWD/bin/drbdmeta" "$@"
}

try() { # -CODE COMMAND...: run, with stderr apart and without the note about the node's name
	run "$1" --separate-stderr "${@:2}"
	stderr=$(sed '/__DRBD_NODE__/d; /PRETENDING/d; /^$/d' <<<"$stderr")
}

calls() { cat log 2>/dev/null; }

@test "every mistake is named with file, line and what was expected" {
	cd "$data/bad"
	n=0
	for conf in *.conf; do
		code=0
		drbdadm -d -c "$conf" up all >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || code=$?
		sed -e "/found __DRBD_NODE__/d; /PRETENDING/d; /^\$/d; s,$PWD/,,g" "$BATS_TEST_TMPDIR/err" >"$BATS_TEST_TMPDIR/have"
		echo "exit $code" >>"$BATS_TEST_TMPDIR/have"
		diff -u "${conf%.conf}.err" "$BATS_TEST_TMPDIR/have"
		[ "$code" -ge 10 ]
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		n=$((n + 1))
	done
	[ "$n" -ge 80 ]
}

@test "every good configuration is good, and its dump is read back to the same dump" {
	n=0
	for conf in "$data"/ok/*.conf; do
		(cd "$data/ok" && drbdadm -d -c "${conf##*/}" dump >"$BATS_TEST_TMPDIR/first" 2>/dev/null)
		sed '/^#/d' first >again.conf
		drbdadm -d -c again.conf dump 2>/dev/null | sed '/^#/d' >second
		# the second reading prepends what it inherits once more: the same lines in another order
		diff <(sort again.conf) <(sort second)
		n=$((n + 1))
	done
	[ "$n" -ge 60 ]
}

@test "walkthrough: the calls of the demo resource" {
	try -0 adm demo.conf up demo
	run -0 calls
	[ "$output" = "drbdsetup new-resource demo
drbdsetup new-minor demo 1 0
drbdmeta 1 v08 /dev/vdb internal apply-al
drbdsetup attach 1 /dev/vdb /dev/vdb internal
drbdsetup connect demo ipv4:172.25.32.1:7789 ipv4:172.25.32.2:7789 --verify-alg=sha1" ]
	[ "$(readlink run/drbd-minor-1.conf)" = "$PWD/demo.conf" ]
	[ "$(readlink run/drbd-resource-demo.conf)" = "$PWD/demo.conf" ]
}

@test "a failed step ends the resource's others, and the code is 1" {
	echo 17 >code.new-resource
	try -1 adm demo.conf up demo
	[ "$(calls)" = "drbdsetup new-resource demo" ]
	[[ "$stderr" == *"terminated with exit code 17"*"drbdadm: new-minor demo: skipped due to earlier error"* ]]
	[ ! -e run/drbd-resource-demo.conf ]
}

@test "a failed apply-al keeps its volume from being attached" {
	echo 20 >code.md.apply-al
	try -1 adm demo.conf up demo
	[[ "$(calls)" != *attach* ]]
}

@test "adjust does nothing where all is as configured" {
	printf 'resource demo { net { verify-alg "sha1"; } _remote_host { address ipv4 172.25.32.2:7789; } _this_host { address ipv4 172.25.32.1:7789;
		volume 0 { device minor 1; disk "/dev/vdb"; meta-disk internal; } } }' >show
	try -0 adm demo.conf adjust demo
	[ "$(calls)" = "drbdsetup show demo" ]
}

@test "adjust changes nothing if it does not understand what runs" {
	echo 'resource demo { net {' >show
	try -20 adm demo.conf adjust demo
	[ "$(calls)" = "drbdsetup show demo" ]
	[[ "$stderr" == *"nothing is changed"* ]]
}

@test "adjust-with-progress says which stage is at work and what failed" {
	echo 10 >code.connect
	try -1 adm demo.conf adjust-with-progress all
	[ "$output" = "[
     create res: demo
   prepare disk: demo
    adjust disk: demo
     adjust net: demo:failed(connect:10)
]" ]
	[ -z "$stderr" ]
}

@test "the answer of drbdsetup counts, and drbdmeta is asked where it has none" {
	echo 17 >code.dstate
	try -17 adm demo.conf dstate demo
	[ "$(calls)" = "drbdsetup dstate 1" ]
	echo 10 >code.dstate
	rm log
	try -0 adm demo.conf dstate demo
	[ "$(calls)" = "drbdsetup dstate 1
drbdmeta 1 v08 /dev/vdb internal dstate" ]
}

@test "outdate asks drbdmeta unless drbdsetup has done it or must not" {
	try -0 adm demo.conf outdate demo
	[ "$(calls)" = "drbdsetup outdate 1" ]
	echo 17 >code.outdate
	try -17 adm demo.conf outdate demo
	echo 5 >code.outdate
	echo 20 >code.md.outdate
	try -5 adm demo.conf outdate demo
}

@test "the exit code of a tool is drbdadm's, and at 20 it stops" {
	echo 17 >code.primary
	try -17 adm two.conf primary two
	[ "$(calls)" = "drbdsetup primary 1" ]
}

@test "a tool that hangs is left behind after its time, with a message" {
	fake drbdsetup 'exec 3>&- 4>&-; echo $$ >pid; exec sleep 30 >/dev/null 2>&1'
	sed -i '1s/{/{ cmd-timeout-short 1;/' demo.conf
	try -20 adm demo.conf role demo
	[[ "$stderr" == *"drbdsetup role 1' did not terminate within 1 seconds" ]]
	kill "$(cat pid)"
}

@test "a tool that is not there is named" {
	echo '#!/nonexistent' >bin/drbdsetup
	try -20 adm demo.conf primary demo
	[ "$stderr" = "Can not exec $PWD/bin/drbdsetup: No such file or directory" ]
	try -3 drbdadm -c demo.conf -s "$PWD/none" role demo
	[[ "$stderr" == *"$PWD/none is not executable: No such file or directory" ]]
}

@test "a handler gets its environment and its exit code is passed on" {
	try -4 adm two.conf fence-peer two
	[ "$output" = "DRBD_CONF=$PWD/two.conf
DRBD_MINOR=1 2
DRBD_PEER=server2
DRBD_PEERS=server2
DRBD_PEER_ADDRESS=172.25.32.2
DRBD_PEER_AF=ipv4
DRBD_PROC=/dev/null
DRBD_RESOURCE=two
DRBD_RUN_DIR=$PWD/run" ]
	try -0 adm two.conf split-brain minor-2
	[ "$output" = "2 1 /dev/vdc" ]
	try -0 adm two.conf pri-lost minor-2
	[ -z "$output" ]
}

@test "the kernel's handlers find the file that the minor came from" {
	mkdir run
	ln -s "$PWD/two.conf" run/drbd-minor-2.conf
	try -0 drbdadm split-brain minor-2
	[ "$output" = "2 1 /dev/vdc" ]
	[[ "$stderr" != *"Don't know"* ]]
}

@test "options of the command and set-up options reach the tool" {
	adm demo.conf primary demo --force
	adm demo.conf --overwrite-data-of-peer primary demo
	adm demo.conf -W--foo verify demo
	adm demo.conf connect --discard-my-data demo
	try -0 adm demo.conf -- --force create-md demo
	[ "$(calls | grep -v dev-uuid)" = "drbdsetup primary 1 --force
drbdsetup primary 1 --overwrite-data-of-peer
drbdsetup verify 1 --foo
drbdsetup connect demo ipv4:172.25.32.1:7789 ipv4:172.25.32.2:7789 --verify-alg=sha1 --discard-my-data
drbdmeta 1 v08 /dev/vdb internal create-md --force" ]
}

@test "create-md keeps the device's identity, or gives it one" {
	fake drbdmeta 'echo "drbdmeta $*" >>log; [ "$5" != read-dev-uuid ] || cat uuid'
	echo 0123456789ABCDEF >uuid
	try -0 adm demo.conf create-md demo
	[ "$(calls)" = "drbdmeta 1 v08 /dev/vdb internal read-dev-uuid
drbdmeta 1 v08 /dev/vdb internal create-md
drbdmeta 1 v08 /dev/vdb internal write-dev-uuid 0123456789ABCDEF" ]
	: >uuid
	try -0 adm demo.conf create-md demo
	[[ "$(calls | tail -n 1)" =~ write-dev-uuid\ [0-9A-F]{16}$ ]]
	rm log
	fake drbdmeta 'echo "drbdmeta $*" >>log; exit 1'
	try -1 adm demo.conf create-md demo
	[ "$(calls | tail -n 1)" = "drbdmeta 1 v08 /dev/vdb internal create-md" ]
}

@test "wrong use is told, with code 3" {
	try -3 drbdadm
	[[ "$stderr" == *"No command specified"* ]]
	try -3 drbdadm -c demo.conf primary
	[[ "$stderr" == *"No resource names specified"* ]]
	try -3 drbdadm -c demo.conf up --force demo
	[ "$stderr" = "drbdadm: unrecognized option '--force'
try 'drbdadm help up'" ]
	try -3 drbdadm primery demo
	[ "$stderr" = "drbdadm: Unknown command 'primery' (did you mean 'primary'?)" ]
	try -3 adm demo.conf up deno
	[ "$stderr" = "'deno' not defined in your config (for this host). Did you mean 'demo'?" ]
	try -3 adm two.conf set-gi two
	[[ "$stderr" == "set-gi requires a specific volume id, but none is specified."* ]]
	try -3 adm two.conf down two/1
	[ "$stderr" = "down operates on whole resources, but you specified a specific volume!" ]
	try -3 adm demo.conf -t two.conf up demo
	[ "$stderr" = "drbdadm: --config-to-test (-t) goes with dump, dump-xml and sh-nop only" ]
	try -3 adm demo.conf -n 'a b' up demo
	[ "$stderr" = "drbdadm: 'a b' is no name for a shell variable: letters, digits and '_' only" ]
	try -3 adm demo.conf primary demo -W
	[[ "$stderr" == "drbdadm: option '-W' requires an argument"* ]]
	try -3 adm demo.conf -S up all
	[ "$stderr" = "WARN: nothing stacked for this host (server1), nothing to do in stacked mode!" ]
	try -3 adm demo.conf sh-lr-of demo
	[ "$stderr" = "drbdadm: sh-lower-resource only available in stacked mode" ]
	try -0 adm demo.conf sh-resources demo
	[ "$output" = demo ]
	[ "$stderr" = "This command will ignore resource names!" ]
	try -3 adm demo.conf -S up demo
	[ "$stderr" = "'demo' is a normal resource, and not available in stacked mode." ]
}

@test "a host that is not named is told its name, the names there are and the nearest" {
	export __DRBD_NODE__=servr1
	try -3 adm demo.conf up demo
	[ "$stderr" = "'demo' ignored, since this host (servr1) is not mentioned with an 'on' keyword.
	uname -n says 'servr1'; the 'on' sections of demo name: server1 server2 (did you mean 'server1'?)" ]
	try -3 adm demo.conf up all
	[[ "$stderr" == "WARN: no normal resources defined for this host (servr1)!?"*"did you mean 'server1'?)" ]]
}

@test "what is out of date or leads nowhere is warned of, and the rest is done" {
	sed -i 's/^}/ignore-on server9; disk { resync-after gone; } }/' demo.conf
	try -0 adm demo.conf state demo
	[ "$stderr" = "'drbdadm state' is deprecated, use 'drbdadm role' instead.
demo.conf:6: in resource demo, WARN: The 'ignore-on' keyword is deprecated.
$PWD/demo.conf:2: in resource demo:
	resource 'gone' mentioned in 'resync-after' option is not known." ]
	[ "$(calls)" = "drbdsetup role 1" ]
	# an operator is there to mend it
	run -10 script -qec "$O/drbdadm -c demo.conf -s $PWD/bin/drbdsetup attach demo" /dev/null
	[[ "$output" == *"resource 'gone' mentioned in 'resync-after' option is not known."* ]]
	[ "$(calls)" = "drbdsetup role 1" ]
}

@test "a file to be tested is read beside the configuration" {
	sed -i '1d; s#/dev/drbd#&1#; s#/dev/vd.#&1#; s/:7789/:7790/' two.conf
	try -0 adm demo.conf -t two.conf dump
	[[ "$output" == *"resource demo {"* && "$output" == *"resource two {"* ]]
	sed -i 's/resource two/resource demo/' two.conf
	try -10 adm demo.conf -t two.conf dump
	[[ "$stderr" == *"two.conf:1: conflicting use of resource section 'demo' ..."* ]]
	[ -z "$output" ]
}

@test "a module of the 8.3 series needs the tool of that series" {
	echo "version: 8.3.16 (api:88/proto:86-97)" >proc
	DRBD_PROC=$PWD/proc try -20 adm demo.conf up demo
	[ "$stderr" = "drbdadm: the loaded module is DRBD 8.3.16, and there is no /lib/drbd/drbdadm-83 for it" ]
	[ ! -e log ]
}

@test "an address that this host does not have is refused" {
	sed -i 1d demo.conf
	try -10 adm demo.conf connect demo
	[ "$stderr" = "demo.conf:3: in resource demo, on server1:
	IP 172.25.32.1 not found on this host." ]
	[ ! -e log ]
	try -10 adm demo.conf dump
	[ -z "$output" ]
	try -0 adm demo.conf dump demo
	[[ "$output" == *"resource demo {"* && "$stderr" == *"IP 172.25.32.1 not found on this host." ]]
}

@test "a missing or ambiguous peer is refused, and --peer chooses" {
	sed -i '/server2/d' demo.conf
	try -10 adm demo.conf connect demo
	[[ "$stderr" == *"Missing section 'on <PEER> { ... }'." ]]
	sed -i 's/^}/on server2 { disk \/dev\/vdb; address 172.25.32.2:7789; } on server3 { disk \/dev\/vdb; address 172.25.32.3:7789; } }/' demo.conf
	try -10 adm demo.conf connect demo
	[[ "$stderr" == *"There are multiple host sections for the peer node."* ]]
	try -10 adm demo.conf -P server1 connect demo
	[[ "$stderr" == *"Invoked with --peer 'server1', but that matches myself!" ]]
	try -0 adm demo.conf -P server3 connect demo
	[ "$(calls)" = "drbdsetup connect demo ipv4:172.25.32.1:7789 ipv4:172.25.32.3:7789 --verify-alg=sha1" ]
}

@test "no configuration, an unreadable one and an empty one" {
	try -10 adm none.conf up all
	[ "$stderr" = "Can not open 'none.conf': No such file or directory" ]
	try -10 adm "$PWD" up all
	: >empty.conf
	try -3 adm empty.conf up all
	[ "$stderr" = "no resources defined!" ]
	try -0 adm - sh-resources <demo.conf
	[ "$output" = demo ]
}

@test "skip leaves a whole resource out, as its manual says" {
	sed -i 's/^resource/skip resource/' demo.conf
	try -0 adm demo.conf sh-resources
	[ -z "$output" ]
}

@test "the version is for eval, and a module of another version is warned of" {
	echo "version: 8.4.11 (api:1/proto:86-101)" >proc
	DRBD_PROC=$PWD/proc try -0 drbdadm --version
	eval "$output"
	[ "$DRBDADM_VERSION" = 8.4.4 ]
	[ "$DRBDADM_VERSION_CODE" = 0x080404 ]
	[ "$DRBD_KERNEL_VERSION_CODE" = 0x08040b ]
	DRBD_PROC=$PWD/proc try -0 adm demo.conf sh-nop
	[ "$stderr" = "DRBD module version: 8.4.11
   userland version: 8.4.4
you should upgrade your drbd tools!" ]
	DRBD_PROC=$PWD/proc DRBD_DONT_WARN_ON_VERSION_MISMATCH=1 try -0 adm demo.conf sh-nop
	[ -z "$stderr" ]
}

@test "status as JSON" {
	fake drbdsetup 'printf "_minor=1\n_known=Configured\n\n_cstate=SyncSource\n_role=Primary\n_peer=Secondary\n_disk=UpToDate\n_pdsk=Inconsistent\n\n_resynced_percent=18.8\n"'
	try -0 adm demo.conf status --json
	[ "$output" = '[
  {"resource": "demo", "volumes": [
    {"volume": 0, "minor": 1, "device": "/dev/drbd1", "disk": "/dev/vdb", "known": true, "connection-state": "SyncSource", "role": "Primary", "peer-role": "Secondary", "disk-state": "UpToDate", "peer-disk-state": "Inconsistent", "resynced-percent": 18.8}]}
]' ]
}

@test "wait-con-int waits for all, with dots" {
	fake drbdsetup 'echo "drbdsetup $*" >>log; sleep 1.2'
	try -0 adm two.conf wait-con-int
	[ "$(sort log)" = "drbdsetup wait-connect 1
drbdsetup wait-connect 2" ]
}

@test "sh-b-pri tries five times, and only where this host is to be primary" {
	adm demo.conf sh-b-pri demo
	[ ! -e log ]
	sed -i 's/^}/startup { become-primary-on server1; } }/' demo.conf
	fake drbdsetup 'echo "drbdsetup $*" >>log; [ $(wc -l <log) -ge 2 ]'
	try -0 adm demo.conf sh-b-pri demo
	[ "$(wc -l <log)" = 2 ]
}

@test "split-brain shows both sides and the way out, and changes nothing" {
	fake drbdsetup 'echo "drbdsetup $*" >>log; echo 1111111111111111:AAAAAAAAAAAAAAAA:0000000000000000:0000000000000000:1:1:0:1:0:0:0'
	fake ssh 'echo "$*" >>ssh.log; case "$*" in *get-gi*) cat peer-gi ;; *) echo "    ns:0 oos:777" ;; esac'
	PATH=$PWD/bin:$PATH
	printf 'version: 8.4.4\n 1: cs:StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown   r-----\n    ns:0 oos:42\n' >proc
	export DRBD_PROC=$PWD/proc DRBD_DONT_WARN_ON_VERSION_MISMATCH=1
	echo 2222222222222222:AAAAAAAAAAAAAAAB:0000000000000000:0000000000000000:1:1:0:1:0:0:0 >peer-gi
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"changed since the two came apart: 42 KiB"*"changed since the two came apart: 777 KiB"*"SPLIT BRAIN"* ]]
	[[ "$output" == *"on server2:  drbdadm secondary demo; drbdadm disconnect demo; drbdadm connect --discard-my-data demo"* ]]
	[[ "$output" == *"on server1:  drbdadm secondary demo"* ]]
	[ "$(cat log)" = "drbdsetup get-gi 1" ]
	run ! grep -vE 'get-gi|sh-minor' ssh.log
	echo 1111111111111110:0000000000000000:0000000000000000:0000000000000000:1:1:0:1:0:0:0 >peer-gi
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"the same data generation"* && "$output" != *discard* ]]
	echo AAAAAAAAAAAAAAAA:0000000000000000:0000000000000000:0000000000000000:1:1:0:1:0:0:0 >peer-gi
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"this node's data is newer"* ]]
	echo 3333333333333333:1111111111111111:0000000000000000:0000000000000000:1:1:0:1:0:0:0 >peer-gi
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"the peer's data is newer"* ]]
	echo 3333333333333333:4444444444444444:0000000000000000:0000000000000000:1:1:0:1:0:0:0 >peer-gi
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"never had data in common"* ]]
	fake ssh 'exit 255'
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"server2 can not be asked over ssh; run there: drbdadm split-brain demo"* ]]
	sed -i 's/StandAlone/SyncTarget/' proc
	try -0 adm demo.conf split-brain demo
	[[ "$output" == *"there is no split brain now" ]]
}

@test "check names what is wrong, and what to do" {
	fake ssh 'exit 255'
	PATH=$PWD/bin:$PATH
	export DRBD_PROC=$PWD/none
	sed -i "s,/dev/vdb,$PWD/demo.conf," demo.conf
	try -1 adm demo.conf check demo
	[ "$output" = "demo: the drbd module is not loaded
	modprobe drbd; if that fails, install it for this kernel (uname -r)
demo: this host does not have its address 172.25.32.1
	bring the interface up, or correct 'address' in the configuration (ip addr shows what there is)
demo: $PWD/demo.conf is no block device
	correct 'disk' in the configuration
demo: server2 can not be asked over ssh (172.25.32.2): its configuration was not compared" ]
	[ ! -e log ]
}

@test "check: a peer with another configuration is told" {
	fake ssh 'echo "$*" >>ssh.log; cat theirs'
	PATH=$PWD/bin:$PATH
	printf 'version: 8.4.4\n 1: cs:Connected ro:Secondary/Secondary ds:UpToDate/UpToDate C r-----\n' >proc
	export DRBD_PROC=$PWD/proc
	drbdadm -c demo.conf dump demo >theirs 2>/dev/null
	try -0 adm demo.conf check
	[ "$output" = "demo: nothing found" ]
	sed -i 's/sha1/md5/' theirs
	try -1 adm demo.conf check
	[[ "$output" == "demo: its configuration differs on server2"* ]]
	: >theirs
	try -1 adm demo.conf check
	[[ "$output" == "demo: its configuration differs on server2"* ]]
	fake ssh 'exit 3'
	try -1 adm demo.conf check
	[ "$output" = "demo: server2 can not use its configuration: 'drbdadm dump demo' ends with 3 there
	on server2: run that, do what it says, and see that 'uname -n' is the name after 'on'" ]
	[[ "$(cat ssh.log)" == *"172.25.32.2 drbdadm dump 'demo'"* ]]
}

@test "wait-con-int: the operator is asked after ten seconds and ends it with yes" {
	fake drbdsetup 'exec 3>&- 4>&-; trap "echo INT >>log; exit 5" INT; echo "$*" >>log; for ((i = 0; i < 300; i++)); do sleep 0.1; done'
	sed -i 's/^}/startup { wfc-timeout 33; degr-wfc-timeout 44; } }/' demo.conf
	mkfifo keys
	script -qec "$O/drbdadm -c demo.conf -s $PWD/bin/drbdsetup wait-con-int" /dev/null <keys >screen 3>&- &
	exec 9>keys
	for ((i = 0; i < 300; i++)); do
		! grep -q "To abort waiting enter 'yes'" screen || break
		sleep 0.1
	done
	echo no >&9
	echo yes >&9
	wait $!
	exec 9>&-
	grep -q '^\.\.\.\.\.\.\.' screen
	grep -q "resource 'demo'" screen
	grep -q 'degr-wfc-timeout): 44 seconds' screen
	grep -q 'wfc-timeout):  *33 seconds' screen
	[ "$(cat log)" = "wait-connect 1 --wfc-timeout=33 --degr-wfc-timeout=44
INT" ]
}

@test "a refused promotion says why, and what to do" {
	local code state text n=0
	export DRBD_PROC=$PWD/proc DRBD_DONT_WARN_ON_VERSION_MISMATCH=1
	while IFS='|' read -r code state text; do
		fake drbdsetup "exit $code"
		printf 'version: 8.4.4\n 1: cs:x %s C r-----\n' "$state" >proc
		try "-$code" adm demo.conf primary demo
		[ "$(tail -n +2 <<<"$stderr")" = "${text:+demo: /dev/drbd1: $text}" ]
		n=$((n + 1))
	done <<-'END'
		11|ro:Secondary/Primary ds:UpToDate/UpToDate|server2 is Primary: there, umount the device and 'drbdadm secondary demo' first
		11|ro:Secondary/Secondary ds:UpToDate/UpToDate|
		17|ro:Secondary/Unknown ds:Diskless/DUnknown|no disk here, and no data from server2: 'drbdadm attach demo', or connect to a node that has it
		17|ro:Secondary/Unknown ds:Outdated/DUnknown|server2 has newer data: connect to it; if this older data is to be used: 'drbdadm primary --force demo'
		17|ro:Secondary/Unknown ds:Consistent/DUnknown|server2 may have newer data: connect to it; if it never will: 'drbdadm primary --force demo'
		17|ro:Secondary/Secondary ds:Inconsistent/Inconsistent|the data here is incomplete: connect to server2 and let it be synchronised; if neither node has data yet: 'drbdadm primary --force demo'
	END
	[ "$n" = 6 ]
}

@test "a meta-disk that is too small says by how much" {
	sed -i "s,meta-disk internal,meta-disk $PWD/meta [1]," demo.conf
	truncate -s $((256 * 1024 - 36))K meta
	echo 112 >code.attach
	try -112 adm demo.conf attach demo
	[[ "$stderr" == *"demo: meta-disk $PWD/meta [1] is too small by 36 KiB: it has 262108 KiB and needs 262144 KiB; take a larger device, or a lower index" ]]
	try -1 adm demo.conf up demo
	[[ "$stderr" == *"is too small by 36 KiB"* ]]
	echo 40 >code.md.create-md
	try -40 adm demo.conf create-md demo
	[[ "$stderr" == *"is too small by 36 KiB"* ]]
	truncate -s 256M meta
	try -112 adm demo.conf attach demo
	[[ "$stderr" != *"too small"* ]]
}

@test "a refused demotion is passed on, and a device that nobody holds adds nothing" {
	fake drbdsetup 'exit 11'
	try -11 adm demo.conf secondary demo
	[[ "$stderr" == "Command '$PWD/bin/drbdsetup secondary 1' terminated with exit code 11" ]]
}
