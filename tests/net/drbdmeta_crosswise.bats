#!/usr/bin/env bats
# drbdmeta against the original of Debian's drbd-utils: each reads what the other wrote, byte for byte.
# The original speaks of things that later versions added; expand() and the flags of its dumps, which it always prints as
# 0, are all that is set aside.

bats_require_minimum_version 1.5.0

setup_file() {
	export CACHE=${HA_CACHE:-$HOME/.cache/classic-ha}/drbd-utils
	if [ ! -x "$CACHE/root/sbin/drbdmeta" ] && [ ! -x "$CACHE/root/usr/sbin/drbdmeta" ]; then
		mkdir -p "$CACHE"
		(cd "$CACHE" && apt-get download drbd-utils && dpkg -x drbd-utils_*.deb root)
	fi
	ORIG=$(ls "$CACHE"/root/sbin/drbdmeta "$CACHE"/root/usr/sbin/drbdmeta 2>/dev/null | head -n 1)
	export ORIG
	# sparse files of any size, if the tmpfs is there
	export ROOM
	ROOM=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "$BATS_FILE_TMPDIR")" drbdmeta.XXXXXX)
}

teardown_file() {
	# the original knows only this place; no one has a minor of that number
	rm -rf "$ROOM" /var/lib/drbd/drbd-minor-9960.lkbd /var/lock/drbd-147-9960
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

# Each reads a damaged image the same way: same exit class, same dump.
@test "flipped bytes are read as the original reads them" {
	local seed=7 at was n=0
	idx_internal=1 fill 67108864 internal 83
	cp a.img base.img
	for at in 67104768 67104775 67104824 67104827 67104828 67104831 67104832 67104835 67104836 67104839 67104840 67104843 \
		67104844 67104847 67104851 67104856 67104859 67104860 67104863 67104900 67108863 67072000 67072007 67072012 \
		67072015 67072017 67072019 67072036 67072164 67072420 67076096 67076108 67076110 67080192; do
		for flip in 01 80; do
			cp base.img t.img
			was=$(md_image get t.img $at 1)
			md_image put t.img $at "$(printf %02x $((0x$was ^ 0x$flip)))"
			cp t.img o.img
			ot=0; theirs internal "$PWD/t.img" apply-al >out.t || ot=$?
			ou=0; ours internal "$PWD/o.img" apply-al >out.o || ou=$?
			echo "byte $at ^ $flip: theirs $ot ours $ou: $(cat err.theirs err.ours)"
			cp base.img was.img
			md_image put was.img $at "$(printf %02x $((0x$was ^ 0x$flip)))"
			# refused, and then nothing is written; or the same as the original does
			if [ $ou != 0 ]; then
				cmp was.img o.img
				[ -s err.ours ]
			else
				[ $ot = 0 ]
				cmp t.img o.img
				same=$((${same-0} + 1))
			fi
			n=$((n + 1))
		done
	done
	[ $n -gt 50 ]
	[ "$same" -gt 30 ]
}
