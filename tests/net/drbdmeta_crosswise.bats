#!/usr/bin/env bats
# drbdmeta against the original of Debian's drbd-utils: each reads what the other wrote, byte for byte.
# The original speaks of things that later versions added; expand() and the flags of its dumps, which it always prints as
# 0, are all that is set aside.

bats_require_minimum_version 1.5.0

setup_file() {
	# shellcheck source=tests/lib/originals.bash
	source "$BATS_TEST_DIRNAME/../lib/originals.bash"
	local root
	root=$(original drbd-utils)
	ORIG=$(ls "$root/sbin/drbdmeta" "$root/usr/sbin/drbdmeta" 2>/dev/null | head -n 1)
	export ORIG
	# sparse files of any size, if the tmpfs is there
	export ROOM
	ROOM=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "$BATS_FILE_TMPDIR")" drbdmeta.XXXXXX)
	# the original keeps its records only here
	[ -d /var/lib/drbd ] || { mkdir /var/lib/drbd && touch "$ROOM/made-var-lib-drbd"; }
}

teardown_file() {
	# the original knows only these places; no one has a minor of these numbers
	rm -f /var/lib/drbd/drbd-minor-9960.lkbd /var/lock/drbd-147-9960 /var/lib/drbd/drbd250 /var/lock/drbd-147-250
	[ ! -e "$ROOM/made-var-lib-drbd" ] || [ ! -d /var/lib/drbd ] || rmdir --ignore-fail-on-non-empty /var/lib/drbd
	rm -rf "$ROOM"
}

setup() {
	cd "$ROOM" || return
	rm -f ./*.img
	export DRBD_LIB_DIR=$ROOM DRBD_LOCK_DIR=$ROOM DRBD_PROC=/dev/null
}

teardown() {
	for loop in ${LOOPS-}; do losetup -d "$loop"; done
	rm -f "$ROOM"/*.img
}

theirs() { # INDEX FILE COMMAND...
	local idx=$1 dev=$2
	shift 2
	"$ORIG" --force 9960 v08 "$dev" "$idx" "$@" 2>err.theirs
}

ours() {
	local idx=$1 dev=$2
	shift 2
	drbdmeta --force 9960 v08 "$dev" "$idx" "$@" 2>err.ours
}

# A dump with its bitmap as one word a line, without the words after the last that is not zero, which are fewer with us.
expand() {
	awk '/^# [0-9][0-9][0-9][0-9]-/ || /^# .*> / || /flags 0x/ || /^# bm-bytes/ || /You should "apply-al"/ { next }
		/^bm \{/ { bm = 1; print; next }
		bm && /^}/ { bm = 0 }
		bm && !/^ *#/ {
			gsub(/;/, "")
			for (i = 1; i <= NF; i++) {
				n = 1
				if ($(i + 1) == "times") { n = $i; i += 2 }
				for (; n > 0; n--) {
					if ($i ~ /^0x0+$/) { zeros++; continue }
					for (; zeros > 0; zeros--) print "0"
					print $i
				}
			}
			zeros = 0 + zeros
			next
		}
		!bm { zeros = 0; print }' "$1"
}

# The meta-data of two sparse images of the same size: the last 1/16384 and some (internal), or the first bytes.
cmp_area() { # FILE FILE
	local size start
	size=$(stat -c %s "$1")
	[ "$size" = "$(stat -c %s "$2")" ]
	start=$((size > 1 << 33 ? size - size / 16384 - (1 << 20) : 0))
	cmp -i "$start" "$1" "$2"
	cmp -n $((64 << 20)) "$1" "$2"
}

same_dump() { # INDEX DEVICE
	theirs "$1" "$2" dump-md >dump.theirs
	ours "$1" "$2" dump-md >dump.ours
	expand dump.theirs >expanded.theirs
	expand dump.ours >expanded.ours
	diff expanded.theirs expanded.ours
}

# Both create on devices of that size, with the same bytes or the same exit code.
create_both() { # SIZE INDEX [OPTION...]
	local size=$1 idx=$2 ot ou
	shift 2
	rm -f t.img o.img
	truncate -s "$size" t.img o.img
	ot=0; theirs "$idx" "$PWD/t.img" create-md "$@" >/dev/null || ot=$?
	ou=0; ours "$idx" "$PWD/o.img" create-md "$@" >/dev/null || ou=$?
	echo "$size $idx $*: theirs $ot ours $ou"
	[ "$ot" = "$ou" ]
	[ "$ot" = 0 ] || return 0
	cmp_area t.img o.img
	same_dump "$idx" "$PWD/o.img"
}

@test "the same bytes are created at every size and index" {
	for size in 131072 135168 200192 1048576 1049088 67108864 134217728 134219264 134221824 134222848 134225920 \
		268435456 314572800 1073741824 1073742336 5368709120; do
		for idx in internal flex-external; do create_both $size $idx; done
	done
	for slot in 0 1 2 3; do create_both 314572800 $slot; done
	create_both 134217728 1
	create_both 40960 internal
	create_both 36352 flex-external
}

@test "the same bytes are created with stripes and bio size" {
	create_both 300M internal -s 2 -z 64
	create_both 300M flex-external -s 3 -z 20k
	create_both 64M internal -s 8 -z 4
	create_both 1G internal -s 32 -z 1M
	create_both 64M internal -p 128k
	create_both 128K internal -s 32 -z 1M
	create_both 64M internal -s 1 -z 4
	create_both 64M internal -s 100 -z 1M
}

# An image with bits set and two transactions; FLAGS: two hex digits.
fill() { # SIZE INDEX FLAGS
	local size=$1 idx=$2 flags=$3 la bytes last md_offset al_offset bm_offset
	truncate -s "$size" a.img
	drbdmeta --force 9960 v08 "$PWD/a.img" "$idx" create-md >/dev/null 2>&1
	eval "$(drbdmeta 9960 v08 "$PWD/a.img" "$idx" dump-md | awk '/^# (md|al|bm)_offset/ { print $2 "=" $3 }')"
	la=$((idx_internal ? bm_offset / 512 : size / 512))
	bytes=$(((la / 8 + 63) / 64 * 8))
	last=$((bytes / 128 - 1))
	md_image put a.img "$md_offset" "$(printf %016x "$la")"
	md_image put a.img $((md_offset + 56)) "000000$flags"
	md_image put a.img "$bm_offset" 00010203
	md_image put a.img $((bm_offset + bytes / 2)) ff 40
	md_image put a.img $((bm_offset + bytes / 3)) 5a 500
	md_image put a.img $((bm_offset + bytes - 8)) 01
	md_image tr a.img "$al_offset" 0 257 0 0:0 1:$((last / 2)) 2:$last 3:5
	md_image tr a.img $((al_offset + 4096)) 1 257 0 3:4294967295 4:$((last / 3)) 5:$((last + 9999)) -- \
		0 $((last / 2)) $last 5
}

content_both() { # SIZE INDEX FLAGS
	local size=$1 idx=$2 idx_internal
	idx_internal=$([ "$2" = internal ] && echo 1 || echo 0)
	rm -f ./*.img
	fill "$size" "$idx" "$3"
	cp --sparse=always a.img t.img
	same_dump "$idx" "$PWD/a.img"
	theirs "$idx" "$PWD/a.img" -vvvvvvvvvv dump-md | sed -n '/^# al {/,$p' >al.theirs
	ours "$idx" "$PWD/a.img" -vvvvvvvvvv dump-md | sed -n '/^# al {/,$p' >al.ours
	diff al.theirs al.ours
	theirs "$idx" "$PWD/t.img" apply-al
	ours "$idx" "$PWD/a.img" apply-al
	echo "$size $idx $3: $(cat err.ours)"
	# the later original names the limit that an extent is beyond of
	diff <(sed -e '/BLKSSZGET/d' -e '/^lk_bdev_save/d' -e 's/ (.*>=.*)$//' err.theirs) err.ours
	cmp_area t.img a.img
	same_dump "$idx" "$PWD/a.img"
	# and each restores what the other has dumped; theirs has lost the flags
	sed -i "s/flags 0x00000000/$(grep -o 'flags 0x[0-9A-F]*' dump.ours)/" dump.theirs
	rm t.img
	truncate -s "$size" t.img o.img
	theirs "$idx" "$PWD/t.img" create-md >/dev/null
	ours "$idx" "$PWD/o.img" create-md >/dev/null
	theirs "$idx" "$PWD/t.img" restore-md dump.ours
	ours "$idx" "$PWD/o.img" restore-md dump.theirs
	cmp_area o.img a.img
	# runs of millions of words are put in the wrong place by the original, from its own dumps too
	[ "$size" -gt $((1 << 40)) ] || cmp_area t.img a.img
}

@test "bits and transactions are read and applied alike" {
	for size in 67108864 134219264 1073741824; do
		for flags in 83 81 13 00; do content_both $size internal $flags; done
		content_both $size flex-external 83
		content_both $size flex-external 13
	done
	content_both 314572800 1 83
}

@test "terabytes, sparse" {
	create_both $((1 << 40)) internal
	create_both $(((1 << 41) - 4096)) flex-external # the original's md_size_sect wraps at 2 TiB
	content_both $((1 << 42)) internal 13
	create_both $((1 << 44)) internal
}

@test "a loop device with 4096-byte sectors" {
	[ "$(id -u)" = 0 ]
	LOOPS=""
	truncate -s 64M t.img o.img
	t=$(losetup -f --show --sector-size 4096 t.img)
	LOOPS=$t
	o=$(losetup -f --show --sector-size 4096 o.img)
	LOOPS="$t $o"
	for idx in internal flex-external; do
		theirs $idx "$t" create-md >/dev/null
		ours $idx "$o" create-md >/dev/null
		cmp "$t" "$o"
		same_dump $idx "$o"
	done
	# with content: what ours dumps from one, theirs restores to the other
	ours internal "$o" create-md >/dev/null
	theirs internal "$t" create-md >/dev/null
	ours internal "$o" set-gi 1:2:3:4:1:1 >/dev/null
	ours internal "$o" dump-md >dump.ours
	theirs internal "$t" restore-md dump.ours
	cmp "$t" "$o"
}

# Each reads a damaged image the same way: refused, and then nothing is written, or the same bytes afterwards. Every byte of
# the super block that means something, and all kinds of them in the activity log.
@test "flipped bytes are read as the original reads them" {
	local at flip was ot ou n=0 same=0
	idx_internal=1 fill 67108864 internal 83
	local sb=67104768 al=67072000
	cp --sparse=always a.img base.img
	for at in $(seq $sb $((sb + 95))) $((sb + 100)) $((sb + 4095)) $al $((al + 7)) $((al + 12)) $((al + 15)) $((al + 17)) \
		$((al + 19)) $((al + 36)) $((al + 164)) $((al + 420)) $((al + 4096)) $((al + 4108)) $((al + 4110)) $((al + 8192)); do
		flip=$((at % 2 ? 0x01 : 0x80))
		was=0x$(md_image get base.img "$at" 1)
		md_image put base.img "$at" "$(printf %02x $((was ^ flip)))"
		cp --sparse=always base.img t.img
		cp --sparse=always base.img o.img
		ot=0; theirs internal "$PWD/t.img" apply-al >out.t || ot=$?
		ou=0; ours internal "$PWD/o.img" apply-al >out.o || ou=$?
		echo "byte $at ^ $flip: theirs $ot ours $ou: $(cat err.theirs err.ours)"
		if [ $ou != 0 ]; then
			cmp base.img o.img
			[ -s err.ours ]
		else
			[ $ot = 0 ]
			# later ones take the bitmap of another last agreed size as up to 4 KiB longer
			cmp -i "$((at < sb + 8 ? al : 0))" t.img o.img
			same=$((same + 1))
		fi
		md_image put base.img "$at" "$(printf %02x $((was)))"
		n=$((n + 1))
	done
	cmp base.img a.img
	[ $n -gt 100 ]
	[ "$same" -gt 60 ]
}

# Both run a command on their copy: the same exit code, the same bytes after it, the same words.
command_both() { # FORMAT INDEX COMMAND...
	local format=$1 idx=$2 ot=0 ou=0
	shift 2
	"$ORIG" --force 9960 "$format" "$PWD/t.img" "$idx" "$@" >out.theirs 2>err.theirs || ot=$?
	drbdmeta --force 9960 "$format" "$PWD/o.img" "$idx" "$@" >out.ours 2>err.ours || ou=$?
	echo "$format $idx $*: theirs $ot ours $ou"
	# "no meta-data" is 255 with 8.4, and 1 with what later versions made of it
	[ "$ot" = "$ou" ] || [ "$ot$ou" = 1255 ]
	cmp t.img o.img
	# of external meta-data that is in place the later original warns as of some data
	[[ $idx == *internal || $1 != @(create|restore)-md ]] || return 0
	words theirs >words.theirs
	words ours >words.ours
	diff words.theirs words.ours
}

# What was said on both outputs, without what later versions added or left out, and without the name of the image.
words() { # WHOSE
	sed -e '/BLKSSZGET/d' -e '/BLKZEROOUT/d' -e '/using pwrite/d' -e '/^reinitializing/d' -e 's/[to]\.img/img/' \
		-e '/^No valid meta data found/d' -e '/^Found meta data is "unclean"/d' \
		-e 's/^Convert the existing v07 meta-data to v08?/Valid v07 meta-data found, convert to v08?/' \
		-e 's/^There appears to be a v07(plus)/There appears to be a v07/' -e '/^Operation only supported for/d' \
		-e '/^# [0-9]*-[0-9]*-[0-9]* /d' -e '/> drbdmeta /d' -e '/This_is_an_unclean/,+2d' -e 's,/DUnknown$,,' \
		-e 's,^UpToDate/Outdated$,UpToDate,' -e 's/flags 0x[0-9A-F]*/flags/' "out.$1" "err.$1" | sort
}

@test "every small command does and says what the original does, whatever the flags" {
	local bits value
	truncate -s 64M t.img
	theirs internal "$PWD/t.img" create-md >/dev/null
	cp t.img o.img
	for bits in 0 1 3 5 7 9 33 35 65 66 85 99 100 127; do
		value=$(for i in 0 1 2 3 4 5 6; do printf ':%d' $((bits >> i & 1)); done)
		command_both v08 internal set-gi "00${bits}1:FFFFFFFFFFFFFFF0:4:$value"
		for command in get-gi show-gi dstate outdate dstate get-gi invalidate show-gi; do
			command_both v08 internal $command
		done
	done
	command_both v08 internal set-gi "::::1:1"
	command_both v08 internal set-gi "1:2:3:4:1:1:1:1:1:1:1:9"
	command_both v08 internal set-gi "1:2:3:4:2"
	command_both v08 internal write-dev-uuid FEDCBA9876543210
	command_both v08 internal read-dev-uuid
	command_both v08 internal check-resize
	command_both v08 internal wipe-md
	for command in get-gi show-gi dstate outdate invalidate dump-md apply-al check-resize read-dev-uuid wipe-md; do
		command_both v08 internal $command
	done
}

@test "meta-data of 0.7 is written, read, restored and converted alike" {
	local idx command
	for idx in internal flex-internal flex-external 0 1; do
		rm -f t.img o.img
		truncate -s 300M t.img o.img
		command_both v07 $idx create-md
		command_both v07 $idx set-gi 1:2:3:4:5:0:1:0
		for command in get-gi show-gi dump-md outdate invalidate apply-al read-dev-uuid; do command_both v07 $idx $command; done
		drbdmeta 9960 v07 "$PWD/o.img" $idx dump-md >dump
		command_both v07 $idx restore-md dump
		command_both v08 $idx create-md
		command_both v08 $idx get-gi
		command_both v08 $idx apply-al
		command_both v08 $idx dump-md
		command_both v07 $idx get-gi
	done
}

# The later original refuses to write these, so only what it reads can be compared.
@test "meta-data of 0.6 is read alike" {
	local command
	printf '\0\0\0\013\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\203\164\002\151' >drbd250
	cp drbd250 /var/lib/drbd/drbd250
	for command in get-gi show-gi outdate; do
		ot=0; "$ORIG" --force 250 v06 250 $command >out.theirs 2>err.theirs || ot=$?
		ou=0; drbdmeta --force 250 v06 250 $command >out.ours 2>err.ours || ou=$?
		[ "$ot" = "$ou" ]
		diff out.theirs out.ours
		diff err.theirs err.ours
	done
	cmp drbd250 /var/lib/drbd/drbd250
}

@test "a changed byte of a dump is accepted or refused as by the original" {
	local at c ot ou n=0 refused=0
	idx_internal=1 fill 67108864 internal 83
	drbdmeta 9960 v08 "$PWD/a.img" internal dump-md | grep -v '^#' >good
	for at in $(seq 0 13 $(($(stat -c %s good) - 1))); do
		for c in @ 9 '"' '}'; do
			{ head -c "$at" good; printf '%s' "$c"; tail -c +$((at + 2)) good; } >bad
			ot=0; theirs internal "$PWD/a.img" verify-dump bad >/dev/null || ot=$?
			ou=0; ours internal "$PWD/a.img" verify-dump bad >/dev/null || ou=$?
			[ $ot = $ou ] || { echo "byte $at $c: theirs $ot ours $ou"; cat err.theirs err.ours; return 1; }
			n=$((n + 1))
			refused=$((refused + (ou != 0)))
		done
	done
	[ $n -gt 80 ]
	[ $refused -gt 40 ]
}
