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

@test "what is printed where stdout and stderr are closed goes into no file that was opened instead" {
	created
	cp i.img whole
	local closed
	for closed in '>&-' '>&- 2>&-' '<&- >&- 2>&-' '<&- >&-'; do
		truncate -s 0 i.img
		truncate -s 64M i.img
		run -10 bash -c "$M --force create-md $closed"
		cmp i.img whole
		run -10 bash -c "$M dump-md $closed"
		cmp i.img whole
		[ ! -s drbd-147-7 ]
		[ "$(cat drbd-minor-7.lkbd)" = "67108864	$PWD/i.img" ]
	done
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
	[[ "$output" == *"$PWD/i.img: the ext2 filesystem is too large by 40 KiB: shrink it to 65496 KiB for internal meta-data behind it"* ]]
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

@test "numbers of a super block that cannot be are clipped, mended or refused" {
	created
	md_image put i.img $SB ffffffffffffffff
	run -0 $M dump-md
	[[ "$output" == "# la-size-sect was too big (18446744073709551615), truncated (130992)!"*"la-size-sect 130992;"* ]]
	run -0 $M show-gi
	[[ "$output" == *"last agreed size: 64 MB (130992 sectors)"*"last agreed max bio size: 0 Byte" ]]
	md_image put i.img $((SB + 80)) 00000000
	run -0 $M get-gi
	[[ "$output" == *"bm-byte-per-bit was 0, fixed. (Set to 4096)"* ]]
	md_image put i.img $((SB + 80)) 00002000
	before=$(md5sum i.img)
	for command in get-gi dump-md apply-al outdate invalidate wipe-md create-md; do
		run -10 $M --force $command
		[[ "$output" == *"super block says 8192 bytes per bitmap bit; only 4096 is supported" ]]
	done
	[ "$before" = "$(md5sum i.img)" ]
}

@test "what does not fit the device is refused" {
	run -10 drbdmeta 7 v08 "$PWD/i.img" 1 create-md
	[[ "$output" == "Device too small: expecting meta data block at
byte offset 134217728, but $PWD/i.img is only 67108864 bytes." ]]
	run -10 drbdmeta 7 v07 "$PWD/i.img" internal create-md
	[[ "$output" == *"byte offset -67108864, but "* ]]
	truncate -s 300M i.img
	truncate -s $((134217728 + 4096)) i.img
	run -10 drbdmeta --force 7 v08 "$PWD/i.img" 1 create-md
	[[ "$output" == *"That's not enough."$'\n'"It is too small by 32 KiB." ]]
	truncate -s 68K small.img
	run -10 drbdmeta --force 7 v08 small.img internal create-md -s 1 -z 128k
	[[ "$output" == *"That's not enough."$'\n'"It is too small by 68 KiB." ]]
	truncate -s 136K small.img
	run -0 drbdmeta --force 7 v08 small.img internal create-md -s 1 -z 128k
}

@test "physical volumes and old file systems are found, with their size" {
	put() { rm -f i.img; truncate -s 64M i.img; md_image put i.img "$1" "$2"; }
	mkdir bin
	printf '#!/bin/sh\necho "  $PV_SECT"\n' >bin/pvs
	chmod +x bin/pvs
	PATH=$PWD/bin:$PATH
	put 0x218 4c564d32
	PV_SECT=131072 run -40 $M --force create-md
	[[ "$output" == *"Found LVM2 physical volume signature"*"65536 kB data area apparently used"*"Operation refused."* ]]
	PV_SECT=100000 run -0 $M --force create-md
	[[ "$output" == *"50000 kB data area apparently used"* ]]
	put 0x218 4c564d32
	PV_SECT=nonsense run -40 $M --force create-md
	[[ "$output" == *"Could not determine the size of the actually used data area."* ]]
	PV_SECT=nonsense run -0 $M --force --ignore-sanity-checks create-md
	put 0x8000 4a465331000000000001000000000000
	md_image put i.img 0x8018 00020000
	run -0 $M --force create-md
	[[ "$output" == *"Found JFS filesystem"*"128 kB data area apparently used"* ]]
	put 0x10034 52654973457246730000
	md_image put i.img 0x10000 00400000
	md_image put i.img 0x1002c 0010
	run -40 $M --force create-md
	[[ "$output" == *"Found reiser filesystem"*"65536 kB data area apparently used"* ]]
	put 0x10034 5265497345723246730000
	run -40 $M --force create-md
	[[ "$output" == *"Found reiser filesystem"* ]]
}

@test "a dump is restored to an empty device, another striping, from a pipe" {
	created
	md_image put i.img $SB 000000000001ffb0
	md_image put i.img $BM 0102030405060708
	$M set-gi 1:2:3:4:1:1 <<<yes
	$M dump-md >dump
	truncate -s 64M other.img
	other="drbdmeta --force 8 v08 $PWD/other.img internal"
	run -0 $other restore-md <(cat dump)
	[[ "$output" == *"initializing with defaults"*"Successfully restored meta data" ]]
	cmp i.img other.img
	run -0 $other verify-dump <(cat dump)
	[ "$output" = "input file parsed ok" ]
	run -0 $other restore-md -s 2 -z 32k dump
	[[ "$output" == *"override activity log striping from commandline"* ]]
	run -0 $other dump-md
	[[ "$output" == *"al-stripes 2;
al-stripe-size-4k 8;"*"0x0807060504030201;"* ]]
	run -0 drbdmeta 8 v08 "$PWD/other.img" internal apply-al
	# more device than the dump knows, and less
	truncate -s 32M small.img
	run -0 drbdmeta --force 9 v08 "$PWD/small.img" internal restore-md dump
	[[ "$output" == *"la-size-sect was too big (130992), truncated (65456)!"* ]]
	sed 's/^    252 times/    9999 times/' dump >longer
	run -0 $other restore-md longer
	[[ "$output" == *"Bitmap info too large, truncated!"* ]]
	# data that somebody may need
	truncate -s 64M used.img
	md_image put used.img 5000 01
	before=$(md5sum used.img)
	run -1 drbdmeta 9 v08 "$PWD/used.img" internal restore-md dump <<<no
	[[ "$output" == *"This might destroy existing data!"* ]]
	[ "$before" = "$(md5sum used.img)" ]
}

@test "dumps with numbers that cannot be are refused" {
	local bad
	created
	$M dump-md | grep -v '^#' >good
	before=$(md5sum i.img)
	for bad in 's/al-stripes 1/al-stripes 4294967296/' 's/al-stripes 1/al-stripes 1000000/' 's/size-4k 8/size-4k 7/' \
		's/peer-max-bio-size 0/peer-max-bio-size 99999999999/' 's/la-size-sect 0/la-size-sect 12345678901234567890/' \
		's/version "v08"/version "v07"/' 's/version "v08"/version v08/' 's/"v08"/"v08/' 's/^bm {/bm { 0x00;/' \
		's/^bm {/bm { 9999999999999999999 times 0x0000000000000000; 9999999999999999999 times 0x0000000000000000;/' \
		's/^}$/} }/' 's/per-bit 4096/per-bit 512/'; do
		sed "$bad" good >bad
		run -10 $M --force restore-md bad
		[ -n "$output" ]
	done
	run -10 $M --force restore-md /dev/null
	[[ "$output" == *"but end of file encountered" ]]
	run -10 $M restore-md
	[ "$output" = "Required Argument missing" ]
	[ "$before" = "$(md5sum i.img)" ]
}

@test "a record of the last place that fits nothing is of no use" {
	created
	cp drbd-minor-7.lkbd record
	truncate -s 300M i.img
	for bad in '' 'x' '67108864' $'67108864\t' $'12345\tx' $'999999999999\tx' $'67108864\tx\nnonsense' \
		$'67108864\tx\nuuid:\tzz'; do
		printf '%s\n' "$bad" >drbd-minor-7.lkbd
		run -255 $M dump-md
	done
	printf '67108864\t%s\nuuid:\t1234\n' "$PWD/i.img" >drbd-minor-7.lkbd
	run -255 $M dump-md
	[[ "$output" == *"Last known and found uuid differ"*"You may --force me"* ]]
	run -0 $M --force dump-md
	cp record drbd-minor-7.lkbd
	run -0 $M dump-md
	run -20 $M create-md -s 2 -z 32k
	[[ "$output" == *"Cannot move after offline resize and change AL-striping at the same time"* ]]
	run -0 $M create-md <<<yes
	[[ "$output" == *"Move internal meta data from last-known position?"*"successfully moved"* ]]
	run -0 $M get-gi
}

@test "what is in place already is asked for, and no means no" {
	created
	before=$(md5sum i.img)
	run -30 $M create-md -s 2 -z 32k <<<yes
	[[ "$output" == *"Do you want to change the activity log stripe settings *only*?"*"not yet fully implemented"* ]]
	run -1 $M create-md -s 2 -z 32k <<<$'no\nno'
	[ "$before" = "$(md5sum i.img)" ]
	run -0 $M create-md -s 2 -z 32k <<<$'no\nyes'
	rm i.img
	truncate -s 140M i.img
	ext="drbdmeta 7 v08 $PWD/i.img flex-external" old="drbdmeta 7 v07 $PWD/i.img"
	$old flex-external create-md >/dev/null 2>&1
	before=$(md5sum i.img)
	run -1 $ext create-md <<<$'no\nno'
	[[ "$output" == *"Valid v07 meta-data found, convert to v08?"*"with newly initialized v08 meta-data?"* ]]
	run -1 $old flex-external create-md <<<no
	[ "$before" = "$(md5sum i.img)" ]
	run -0 $ext create-md <<<$'no\nyes\nyes'
	run -1 $ext create-md <<<no
	run -1 $old flex-external create-md <<<no
	run -0 $old flex-external create-md <<<$'yes\nyes'
	run -0 $ext create-md <<<yes
	run -0 $ext get-gi
	[[ "$output" == 00010001000?BABE:* ]]
	rm i.img
	truncate -s 140M i.img
	$old internal create-md >/dev/null 2>&1
	before=$(md5sum i.img)
	run -1 $M create-md <<<$'no\nno'
	[[ "$output" == *"So you want me to wipe out the v07 meta-data?"* ]]
	run -1 $old internal create-md <<<no
	run -1 $old flex-internal create-md <<<no
	[ "$before" = "$(md5sum i.img)" ]
	run -0 $old flex-internal create-md <<<yes
	run -10 $M create-md
	[[ "$output" == *"both v07 fixed-size and v07 flexible-size internal meta data are in place"* ]]
	run -0 $old internal wipe-md <<<yes
	run -0 $M create-md <<<$'no\nyes'
	run -255 $old flex-internal get-gi
}

@test "errors of the disk end it with a message" {
	created
	run -10 bash -c "trap '' XFSZ; ulimit -f 1; $M --force create-md"
	[[ "$output" == *"pwrite("*"failed: File too large" ]]
	run -10 bash -c "$M dump-md >/dev/full"
	[[ "$output" == *"failed: No space left on device" ]]
	run -10 bash -c "$M get-gi >/dev/full"
	[[ "$output" == *"failed: No space left on device" ]]
	run -0 $M -vv get-gi
	[[ "$output" == *"super block"*"pread("*"4096,"* ]]
	run -0 $M get-gi more
	[[ "$output" == "Ignoring additional arguments"* ]]
	mkdir dir
	run -20 drbdmeta 7 v08 dir internal get-gi
	# somebody else works on it
	exec 8<>drbd-147-7
	DRBD_LOCK_DIR=$PWD/none run -20 $M get-gi
	[[ "$output" == "open($PWD/none/drbd-147-7): No such file or directory" ]]
}

@test "an unclean dump says so and cannot be restored" {
	created
	md_image put i.img $((SB + 60)) 8374026c
	run -0 --separate-stderr $M --force -vvvvvvvvvv dump-md
	[[ "$stderr" == *'Found meta data is "unclean", please apply-al first'* ]]
	[[ "$output" == *"This_is_an_unclean_meta_data_dump._Don't_trust_the_bitmap."* ]]
	[[ "$output" == *"#     block  0 { INITIALIZED }"* ]]
	echo "$output" >dump
	run -10 $M --force restore-md dump
	run -0 $M show-gi
	[[ "$output" == *"need apply-al"* ]]
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

@test "v06 is read and set; what it has no room for is refused" {
	local old="drbdmeta --force 3 v06 3" command
	printf '\0\0\0\001\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\203\164\002\151' >drbd3
	run -0 $old get-gi
	[ "$output" = 1:2:3:4:5:0:0:0 ]
	run -0 --separate-stderr $old set-gi 1:7:8:9:10:1:1
	[ "$output" = "previously 1:2:3:4:5:0:0:0
set GI to  1:7:8:9:10:1:1:0" ]
	[ "$(md_image get drbd3 0 24)" = 000000070000000700000008000000090000000a83740269 ]
	run -0 $old show-gi
	[[ "$output" == *"1/c |   7 |   8 |   9 |  10 | 1/p | 1/c | 0/n"* ]]
	run -0 $old invalidate
	run -0 $old dump-md
	[[ "$output" == *'version "v06";'*"14; 7; 8; 9; 10;"* ]]
	run -0 $old dstate
	[ "$output" = Inconsistent/DUnknown ]
	run -5 $old outdate
	before=$(md5sum drbd3)
	for command in create-md wipe-md apply-al "restore-md /dev/null" "write-dev-uuid 1"; do
		run -20 $old $command
		[ -n "$output" ]
	done
	run -10 $old verify-dump /dev/null
	run -255 $old check-resize
	run -20 drbdmeta 3 v06 256 get-gi
	[ "$output" = "'256' is not a valid minor number." ]
	[ "$before" = "$(md5sum drbd3)" ]
	# every byte of it changed: not 0.6 any more, or other numbers
	for at in 20 21 22 23; do
		cp drbd3 good
		md_image put drbd3 $at 11
		run -255 $old get-gi
		cp good drbd3
	done
	truncate -s 23 drbd3
	run -255 $old set-gi 1
	[ "$(stat -c %s drbd3)" = 23 ]
	rm drbd3
	run -20 $old get-gi
	[[ "$output" == "open($PWD/drbd3) failed: No such file or directory" ]]
	ln -s good drbd3
	run -20 $old set-gi 0
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
