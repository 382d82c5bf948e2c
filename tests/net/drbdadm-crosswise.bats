#!/usr/bin/env bats
# drbdadm beside the original's drbdadm-84 of Debian's drbd-utils, on every file of tests/data/drbdadm/ok: the same
# argument vectors, dumps and answers for scripts, as server1 and as server2, in a network that has the addresses.
#
# What differs on purpose, and is set aside here:
# - the original's usage errors end with 1 since 9.x; 8.4.4's code is 3. A missing proxy section is 10 (drbd-tools.md A11).
# - it prints cmd-timeout-* of its own build into every global section, and leaves udev-always-use-vnr out;
# - a device given by its minor alone has its name in our dumps;
# - what an ignored resource is to be resynced after stays in our dumps;
# - options { } of a host count on that host; the original reads and forgets them;
# - a resource named like a keyword is dumped in quotes, so that the dump can be read.

bats_require_minimum_version 1.5.0

setup_file() {
	# shellcheck source=tests/lib/originals.bash
	source "$BATS_TEST_DIRNAME/../lib/originals.bash"
	local root
	root=$(original drbd-utils)
	# both are called by a name without a slash, so that neither names a folder in what it prints
	export PLACE=$BATS_FILE_TMPDIR
	mkdir "$PLACE/theirs" "$PLACE/ours"
	ln -s "$root/lib/drbd/drbdadm-84" "$PLACE/theirs/drbdadm"
	ln -s "$O/drbdadm" "$PLACE/ours/drbdadm"
}

# Every command of the list on one file; what is printed and the exit code.
answers() { # FOLDER FILE COMMAND...
	local folder=$1 file=$2 command code
	shift 2
	for command; do
		code=0
		echo "== $command"
		# shellcheck disable=SC2086 # words
		PATH=$PLACE/$folder:$PATH drbdadm -c "$file" $command 2>/dev/null || code=$?
		echo "exit $code"
	done
}
export -f answers

compare() { # COMMAND...   NODES and FILES (a pattern of their names) may narrow it
	local node file
	for node in ${NODES-server1}; do
		for file in "$BATS_TEST_DIRNAME"/../data/drbdadm/ok/*.conf; do
			[[ ${file##*/} =~ ${FILES-.} ]] && echo "$node $file"
		done
	done >"$PLACE/list"
	[ "$(wc -l <"$PLACE/list")" -ge 10 ] || return 1
	# a network of its own, with the addresses of both hosts' files
	# shellcheck disable=SC2016 # it expands inside
	unshare -n bash -c '
		ip link set lo up
		for a in 10.1.0.1 10.1.0.2 10.3.0.1 172.25.32.1 172.25.32.2; do ip addr add $a/32 dev lo; done
		for a in fd00::1 fd00::2 fe80::1 fe80::2; do ip -6 addr add $a/128 dev lo; done
		bad=0
		while read -r node file; do
			case ${file##*/} in keyword-names.conf) continue ;; esac
			cd "${file%/*}"
			export __DRBD_NODE__=$node
			answers theirs "${file##*/}" "$@" >"$PLACE/t"
			answers ours "${file##*/}" "$@" >"$PLACE/o"
			cmp -s "$PLACE/t" "$PLACE/o" || diff <(same "$PLACE/t") <(same "$PLACE/o") || { bad=1; echo "above: $node $file"; }
		done <"$PLACE/list"
		[ "$bad" = 0 ]' _ "$@"
}

# What differs on purpose, made equal.
same() {
	sed -E -e '/^    (cmd-timeout-|udev-always-use-vnr)/d' -e 's/^exit [13]$/exit 1|3/' -e 's/^drbdsetup-84 /drbdsetup /' \
		-e 's,(device +)minor ([0-9]+);,\1/dev/drbd\2 minor \2;,' -e 's,<device minor="([0-9]+)"></,<device minor="\1">/dev/drbd\1</,' "$1" |
		awk '/^== .*proxy/ { proxy = 1 } /^==/ && !/proxy/ { proxy = 0 } proxy && /^exit (1\|3|10)$/ { next }
			/cpu-mask=2$/ || /cpu-mask=1$/ { sub(/ --cpu-mask=[12]$/, "") }
			/^    disk \{$/ { held = $0; next }
			held != "" { if (/resync-after +r1;/) { skip = 1; held = ""; next } print held; held = "" }
			skip { skip = 0; next }
			/^ *<section name="disk">$/ { heldx = $0; next }
			heldx != "" { if (/"resync-after" value="r1"/) { skip = 1; heldx = ""; next } print heldx; heldx = "" }
			{ print }'
}
export -f same

@test "dumps are the original's" {
	NODES="server1 server2" compare dump dump-xml "-d dump" "-d dump-xml" "-d dump r0" "-v dump demo"
}

@test "up, adjust and down call what the original calls" {
	NODES="server1 server2" compare "-d up all" "-d -S up all"
	compare "-d adjust all" "-d down all" "-d -S adjust all" "-d -S down all" "-d up r0" "-d adjust minor-1" \
		"-d -n NAME up all" "-d new-resource all" "-d sh-new-minor all" "-d new-minor all"
}

@test "commands on disks call what the original calls" {
	FILES='disk|meta|vol|stack|device|syncer|common|quotes|every|many' compare "-d attach all" "-d detach all" "-d disk-options all" "-d create-md all" "-d resize all" "-d check-resize all" "-d invalidate all" \
		"-d invalidate-remote all" "-d outdate all" "-d apply-al all" "-d dump-md all" "-d wipe-md all" "-d show-gi all" "-d get-gi all" \
		"-d verify all" "-d pause-sync all" "-d resume-sync all" "-d suspend-io all" "-d resume-io all" "-d set-gi all" \
		"-d new-current-uuid all" "-d detach --force all" "-d disk-options --resync-rate=3M all" "-d -- --force create-md all"
}

@test "commands on connections and roles call what the original calls" {
	compare "-d connect all" "-d disconnect all" "-d net-options all" "-d resource-options all" "-d primary all" "-d primary --force all" \
		"-d secondary all" "-d role all" "-d cstate all" "-d dstate all" "-d state all" "-d wait-connect all" "-d -S wait-connect all" \
		"-d connect --discard-my-data all" "-d -- --overwrite-data-of-peer primary all" "-d -W--foo secondary all" "-d status all" \
		"-d net-options --timeout=7 all" "-d -P server2 connect all" "-d disconnect --force r0"
}

@test "what scripts ask is answered as the original does" {
	compare sh-nop sh-resources "-S sh-resources" "sh-resource all" sh-mod-parms "sh-dev all" "sh-minor all" "sh-ll-dev all" "sh-md-dev all" \
		"sh-md-idx all" "sh-ip all" "-S sh-lr-of all" "-d sh-b-pri all" "-d sh-status" "sh-udev minor-1" "sh-udev r0" \
		"-d proxy-up all" "-d proxy-down all" "-S sh-ll-dev all"
}

@test "handlers call what the original calls" {
	FILES='handlers|fencing|common|stacked|volumes|floating|everything|quotes|three' compare "-d fence-peer r0" "-d fence-peer minor-1" "-d split-brain minor-1" "-d pri-lost minor-1" "-d before-resync-target minor-1" \
		"-d after-resync-target minor-1" "-d local-io-error minor-1" "-d out-of-sync minor-1" "-d unfence-peer r0" "-d pri-on-incon-degr minor-1" \
		"-d pri-lost-after-sb minor-1" "-d initial-split-brain minor-1" "-d before-resync-source minor-1"
}

# Without a remote host in what runs the original disconnects from "N/A" or crashes; that is left out.
@test "adjust finds the differences that the original finds" {
	local change code folder n=0 bad=0
	cd "$BATS_TEST_DIRNAME/../data/drbdadm/adjust"
	printf '#!/bin/sh\ncat %q\n' "$PLACE/shown" >"$PLACE/drbdsetup"
	chmod +x "$PLACE/drbdsetup"
	while IFS= read -r change; do
		sed "$change" two-volumes.show >"$PLACE/shown"
		for folder in theirs ours; do
			code=0
			__DRBD_NODE__=server1 "$PLACE/$folder/drbdadm" -s "$PLACE/drbdsetup" -m /bin/true -c two-volumes.conf -d adjust r0 \
				>"$PLACE/$folder.out" 2>/dev/null || code=$?
			echo "exit $code" >>"$PLACE/$folder.out"
		done
		diff "$PLACE/theirs.out" "$PLACE/ours.out" || { echo "above: $change"; bad=1; }
		n=$((n + 1))
	done <changes.sed
	[ "$n" -ge 30 ] && [ "$bad" = 0 ]
}

@test "adjust sets a proxy as the original does" {
	local file node shown folder n=0 bad=0
	cd "$BATS_TEST_DIRNAME/../data/drbdadm/ok"
	printf '#!/bin/sh\ncat %q\n' "$PLACE/shown" >"$PLACE/ctl"
	printf '#!/bin/sh\necho "resource r0 { _remote_host { address ipv4 127.0.0.1:7700; } _this_host { address ipv4 10.1.0.1:7789;
		volume 0 { device minor 1; disk \\"/dev/vdb\\"; meta-disk internal; } } }"\n' >"$PLACE/drbdsetup"
	chmod +x "$PLACE/ctl" "$PLACE/drbdsetup"
	for file in proxy proxy-common proxy-options; do
		for node in server1 server2; do
			while IFS= read -r shown; do
				echo "$shown" >"$PLACE/shown"
				for folder in theirs ours; do
					__DRBD_NODE__=$node "$PLACE/$folder/drbdadm" -s "$PLACE/drbdsetup" -m /bin/true -p "$PLACE/ctl" -c $file.conf \
						-d adjust r0 >"$PLACE/$folder.out" 2>/dev/null
				done
				diff "$PLACE/theirs.out" "$PLACE/ours.out" || { echo "above: $file on $node: $shown"; bad=1; }
				n=$((n + 1))
			done <../adjust/proxy.shown
		done
	done
	[ "$n" -ge 120 ] && [ "$bad" = 0 ]
}

# shellcheck disable=SC2016 # it expands in the namespace
@test "the first of the files in /etc is read, in the original's order" {
	local name
	cd "$BATS_TEST_TMPDIR"
	mkdir etc
	for name in drbd-84 drbd-83 drbd-82 drbd-08 drbd; do
		echo "resource of-$name { device /dev/drbd1; disk /dev/vdb; meta-disk internal;
			on server1 { address 10.1.0.1:7789; } on server2 { address 10.1.0.2:7789; } }" >"etc/$name.conf"
	done
	run -0 unshare -m bash -c '
		mount --bind etc /etc
		export __DRBD_NODE__=server1
		for name in drbd-84 drbd-83 drbd-82 drbd-08 drbd none; do
			for folder in theirs ours; do PATH=$PLACE/$folder:$PATH drbdadm sh-resources 2>&1 | sed "/__DRBD_NODE__/d; /PRETEND/d; /^$/d"; done
			rm -f etc/$name.conf
		done'
	[ "$output" = "$(printf '%s\n' of-drbd-{84,84,83,83,82,82,08,08} of-drbd of-drbd; printf "Can not open '/etc/drbd.conf': No such file or directory\n%.0s" 1 2)" ]
}

# Beyond it ours has check, --json, what is to be written after -- in the original, and no --alternate-*, which are 9.x's.
@test "the help lists what the original's does, in its columns" {
	local folder command
	cd "$BATS_TEST_TMPDIR"
	for folder in theirs ours; do
		for command in help hidden-commands; do
			PATH=$PLACE/$folder:$PATH drbdadm $command >$folder.$command
		done
		grep -h '^ ' $folder.help $folder.hidden-commands | sed 's/^ check  *\(hidden-commands.*\)/ \1/' >$folder.words
		for command in $(grep -v -- '--' theirs.words); do
			PATH=$PLACE/$folder:$PATH drbdadm help "$command" | sed -n '/^OPTIONS FOR/,/^$/p' |
				sed -e '/--alternate/d' -e '/--overwrite-data/d' | sort
		done >$folder.options
	done
	diff <(sed 's/ *$//' theirs.words) <(sed 's/ *$//' ours.words)
	[ "$(wc -w <ours.words)" -gt 80 ]
	run ! grep '^<' <(diff theirs.options ours.options)
	[ "$(diff theirs.options ours.options | grep -c '^> *--')" = 8 ]
}
