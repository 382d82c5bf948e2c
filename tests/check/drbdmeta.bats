#!/usr/bin/env bats
# drbdmeta on image files: prompts, messages, exit codes, refusals. The comparison with the original is
# tests/net/drbdmeta_crosswise.bats.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	export DRBD_LIB_DIR=$PWD DRBD_LOCK_DIR=$PWD DRBD_PROC=/dev/null
	truncate -s 64M i.img
	M="drbdmeta 7 v08 $PWD/i.img internal"
	SB=67104768 AL=67072000 BM=67067904	# drbd-metadata.md 2.4
}

created() {
	$M --force create-md >/dev/null 2>&1
}

@test "create-md says what the original says" {
	run -0 --separate-stderr $M create-md
	[ "$output" = "Writing meta data...
initializing activity log
New drbd meta data block successfully created." ]
	[ "$stderr" = "initializing bitmap (4 KB) to all zero" ]
	[ "$(md_image get i.img $AL 16)" = 69cb65a200000000709cc651ffff0000 ]
	[ "$(md_image get i.img $((SB + 56)) 40)" = \
		000000808374026b00000050ffffffc000000101ffffffb800001000000000000000000100000008 ]
	[ "$(cat drbd-minor-7.lkbd)" = "67108864	$PWD/i.img" ]
	run -0 $M get-gi
	[ "$output" = 0000000000000004:0000000000000000:0000000000000000:0000000000000000:0:0:0:0:0:0:0 ]
	run -0 $M dstate
	[ "$output" = Inconsistent/DUnknown ]
}

@test "only yes is yes" {
	created
	before=$(md5sum i.img)
	run -1 --separate-stderr $M create-md <<<no
	[ "$output" = "Operation cancelled." ]
	[[ "$stderr" == *"already in place on $PWD/i.img at byte offset 67104768"*"[need to type 'yes' to confirm]"* ]]
	run -1 $M wipe-md <<<y
	run -0 $M set-gi 1 <<<""
	$M dump-md >dump
	run -255 $M restore-md dump <<<no
	[ "$before" = "$(md5sum i.img)" ]
	run -0 $M wipe-md <<<yes
	[ ! -e drbd-minor-7.lkbd ]
	run -255 $M get-gi
	run -0 $M wipe-md
	[ "$output" = "There appears to be no drbd meta data to wipe out?" ]
}

@test "command line errors have their texts and codes" {
	check() { # CODE TEXT ARGS...
		local code=$1 text=$2
		shift 2
		run -"$code" --separate-stderr drbdmeta "$@"
		[ "$stderr" = "$text" ]
	}
	check 20 "Unknown command 'frob'." 7 v08 i.img internal frob
	check 20 "command missing" 7 v08 i.img internal
	check 20 "Unknown format 'v10'." 7 v10 i.img internal dstate
	check 20 "Too few arguments for format" 7 v08 i.img
	check 20 "'256' is not a valid index number." 7 v08 i.img 256 dstate
	check 20 "'none' is not a valid index number." 7 v08 i.img none dstate
	check 20 "Cannot determine minor device number of device 'foo'" foo v08 i.img internal dstate
	check 20 "open(gone) failed: No such file or directory" 7 v08 gone internal dstate
	check 20 "'/dev/null' is not a block device!" 7 v08 /dev/null internal dstate
	check 20 "x is not a valid number" 7 v08 i.img internal create-md -s x
	check 10 "peer-max-bio-size out of range (0...128k)" 7 v08 i.img internal create-md -p 129k
	check 10 "The --peer-max-bio-size option is only allowed with create-md" 7 v08 i.img internal dstate -p 4k
	check 10 "The --al-stripe* options are only allowed with create-md and restore-md" 7 v08 i.img internal dstate -s 2
	check 10 "invalid (too small) al-stripe* settings" 7 v08 i.img internal create-md -z 16
	check 10 "invalid (too large) al-stripe* settings" 7 v08 i.img internal create-md -s 2 -z 32M
	check 10 "Required Argument missing" 7 v08 i.img internal set-gi
	check 10 "'2' is not 0 or 1." 7 v08 i.img internal set-gi ::::2
	check 10 "'x' is not a number." 7 v08 i.img internal set-gi x
	check 20 "open of 'gone' failed." 7 v08 i.img internal restore-md gone
	truncate -s 36352 small.img
	check 10 "small.img is only 36352 bytes. That's not enough." 7 v08 small.img internal create-md
	run -20 drbdmeta 7
	[[ "$output" == *"USAGE: drbdmeta "*create-md* ]]
}

@test "an attached device is not touched" {
	created
	printf 'version: 8.4.11\n 7: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n    ns:0\n 8: cs:Unconfigured\n' >proc
	export DRBD_PROC=$PWD/proc
	run -20 $M dstate
	[ "$output" = "Device '7' is configured!" ]
	run -0 $M --force dump-md
	run -0 drbdmeta 8 v08 "$PWD/i.img" internal dstate
	sed -i 's/ds:UpToDate/ds:Diskless/' proc
	run -0 $M dstate
}

@test "file systems are not overwritten" {
	put() { rm -f i.img; truncate -s 64M i.img; md_image put i.img "$1" "$2"; }
	put 0x438 53ef
	md_image put i.img 0x404 00000100	# 65536 blocks of 1 KiB: all of the device
	before=$(md5sum i.img)
	run -40 $M --force create-md
	[[ "$output" == *"Found ext2 filesystem"*"65536 kB data area apparently used"*"65496 kB left usable"*"Operation refused."* ]]
	run -40 $M --force --ignore-sanity-checks create-md
	[ "$before" = "$(md5sum i.img)" ]
	md_image put i.img 0x404 00800000	# half of it
	run -1 $M create-md <<<no
	[[ "$output" == *"unused space, you still need to confirm"*"Operation canceled."* ]]
	run -0 $M create-md <<<yes
	run -40 drbdmeta --force 7 v08 "$PWD/i.img" flex-external create-md
	[[ "$output" == *"This would corrupt existing data."* ]]
	put 4086 535741505350414345320000	# SWAPSPACE2
	run -40 $M --force create-md
	[[ "$output" == *"Found swap space signature"* ]]
	run -0 $M --force --ignore-sanity-checks create-md
	put 0 5846534200001000ffffffffffffffff	# a size that overflows
	run -40 $M --force create-md
	[[ "$output" == *"Found xfs filesystem"* ]]
	put 5000 01
	run -1 $M create-md <<<no
	[[ "$output" == *"Found some data"*"==> This might destroy existing data! <=="* ]]
}

# drbd-metadata.md 12.3
@test "apply-al marks what was hot when a primary crashed" {
	created
	md_image put i.img $SB 000000000001ffb0
	md_image put i.img $((SB + 56)) 00000083
	md_image tr i.img $AL 0 257 0 0:3
	run -0 $M apply-al
	[ "$output" = "Marked additional 4096 KB as out-of-sync based on AL." ]
	run -0 $M dump-md
	[[ "$output" == *"    48 times 0x0000000000000000;
    16 times 0xFFFFFFFFFFFFFFFF;
   # at 16384kB
    192 times 0x0000000000000000;
}
# bits-set 1024;" ]]
	[[ "$output" == *"flags 0x00000083;"* ]]
	[ "$(md_image get i.img $AL 16)" = 69cb65a200000000709cc651ffff0000 ]
	run -0 $M apply-al
	[ -z "$output" ]
}

@test "a log that cannot be read stops apply-al after a crash only" {
	created
	md_image put i.img $SB 000000000001ffb0
	md_image put i.img $((SB + 56)) 000000038374026c
	md_image put i.img $((AL + 4096)) 00000000
	before=$(md5sum i.img)
	run -2 $M apply-al
	[[ "$output" == *"No valid AL update transaction found."* ]]
	for b in 0 2 3 4 5 6 7; do md_image put i.img $((AL + b * 4096)) 00000000; done
	before=$(md5sum i.img)
	run -1 $M apply-al
	[ "$output" = "No usable activity log found. Do you need to create-md?" ]
	[ "$before" = "$(md5sum i.img)" ]
	run -255 $M dump-md
	[ "$output" = 'Found meta data is "unclean", please apply-al first' ]
	md_image put i.img $((SB + 56)) 00000001
	run -0 $M apply-al
	[[ "$output" == *"Error ignored, no need to apply the AL" ]]
	run -0 $M dump-md
}

@test "meta-data moves to the end of a grown device and refuses to cover data" {
	created
	$M --force set-gi 1:2:3:4:1:1 >/dev/null 2>&1
	$M write-dev-uuid 00C0FFEE00C0FFEE
	md_image put i.img $SB 000000000001ffb0
	md_image put i.img $((BM + 100)) aabb
	$M dump-md | sed -n '/^uuid/,$p' >before
	truncate -s 300M i.img
	run -255 $M get-gi
	run -0 $M dump-md
	[[ "$output" == *"### Device seems to have been resized!"* ]]
	run -0 $M check-resize
	[[ "$output" == *"Internal drbd meta data successfully moved." ]]
	run -0 $M dump-md
	sed -n '/^uuid/,$p' <<<"$output" | diff - before
	[ "$(md_image get i.img $SB 64 | tr -d 0)" = "" ]
	# 4 KiB more device, but its bitmap needs as much: nothing is won for a device that was full
	rm -f i.img
	truncate -s 128M i.img
	created
	md_image put i.img $((134217728 - 4096)) "$(printf %016x $((134176768 / 512)))"
	truncate -s $((134217728 + 512)) i.img
	before=$(md5sum i.img)
	run -40 $M check-resize
	[[ "$output" == *"would overlap the data"* ]]
	[ "$before" = "$(md5sum i.img)" ]
}

@test "a dump with any byte changed is refused or means something" {
	created
	md_image put i.img $SB 000000000001ffb0
	md_image put i.img $BM 0102030405060708
	$M dump-md | grep -v '^#' >good
	before=$(md5sum i.img)
	refused=0
	for at in $(seq 0 7 "$(($(stat -c %s good) - 1))"); do
		for c in '@' 'x' '9'; do
			head -c "$at" good >bad
			printf '%s' "$c" >>bad
			tail -c +$((at + 2)) good >>bad
			rc=0
			drbdmeta 7 v08 "$PWD/i.img" internal verify-dump bad >out 2>&1 || rc=$?
			[ $rc = 0 ] || [ $rc = 10 ]
			[ $rc = 0 ] && continue
			grep -Eq 'line [0-9]+|dump is|bm-byte-per-bit' out
			drbdmeta --force 7 v08 "$PWD/i.img" internal restore-md bad >out 2>&1 && false
			refused=$((refused + 1))
		done
	done
	[ $refused -gt 100 ]
	[ "$before" = "$(md5sum i.img)" ]
	head -n -1 good >bad
	run -10 $M --force restore-md bad
	[[ "$output" == *", but end of file encountered"* ]]
	sed 's/^    [0-9]* times.*//' good >bad
	run -10 $M --force restore-md bad
	[[ "$output" == *"bitmap has "*" needs 256" ]]
	[ "$before" = "$(md5sum i.img)" ]
	run -0 $M --force restore-md good
	[ "$before" = "$(md5sum i.img)" ]
}

@test "v07 is read, set and converted" {
	truncate -s 300M i.img
	old="drbdmeta --force 7 v07 $PWD/i.img internal"
	$old create-md >/dev/null 2>&1
	run -0 --separate-stderr $old set-gi 1:3:4:5:6:0:0:0
	[ "$output" = "previously 0:1:1:1:1:0:0:0
set GI to  1:3:4:5:6:0:0:0" ]
	run -0 $M --force create-md
	[[ "$output" == *"v07 fixed-size internal meta data block"*"Convert the existing v07 meta-data to v08?"* ]]
	run -0 $M get-gi
	[ "$output" = 00030004000BBABE:0000000000000000:00030004000ABABE:000300040009BABE:1:0:0:0:0:0:0 ]
	run -255 $old get-gi
}

@test "dry-run writes nothing" {
	created
	before=$(md5sum i.img drbd-minor-7.lkbd)
	run -0 $M --force --dry-run create-md
	[[ "$output" == *"SKIPPED DUE TO DRY-RUN"* ]]
	run -0 $M --dry-run invalidate
	run -0 $M --dry-run --force wipe-md
	[ "$before" = "$(md5sum i.img drbd-minor-7.lkbd)" ]
}
