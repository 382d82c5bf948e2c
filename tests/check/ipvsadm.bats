#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# ipvsadm as far as it goes without a kernel: help, version, and restores that are only checked. Beside the original:
# tests/kernel/ipvsadm.bats.

bats_require_minimum_version 1.5.0

@test "help and version need no IPVS" {
	for word in -h --help; do
		run -0 --separate-stderr ipvsadm $word -q whatever
		[ "${lines[0]}" = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)" ]
		[ -z "$stderr" ]
	done
	for word in -v --version; do
		run -0 --separate-stderr ipvsadm $word
		[ "$output" = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)" ]
	done
}

@test "every option of the help is in the manual" {
	while read -r option; do
		grep -qF -- "${option//-/\\-}" "$BATS_TEST_DIRNAME/../../ipvs/ipvsadm.8" || { echo "not in ipvsadm(8): $option"; false; }
	done < <(ipvsadm --help | awk '$1 ~ /^--/ { print $1 }')
}

@test "a bad line is refused in the original's words, with its number, and no other line is done" {
	refused() { # TEXT LINE
		run -2 --separate-stderr ipvsadm -R --dry-run < <(printf -- '-A -t 10.0.0.1:80\n\n%s\n' "$2")
		[ -z "$output" ]
		[ "$stderr" = "standard input, line 3: $1" ]
	}
	refused 'illegal virtual server address[:port] specified' '-A -t 80'
	refused 'illegal virtual server address[:port] specified' '-A -t 10.0.0.1:65536'
	refused 'illegal virtual server address[:port] specified' '-A -t [2001:db8::1]'
	refused 'illegal virtual server address[:port] specified' "-A -t $(printf 'a%.0s' {1..2000}):80"
	refused 'illegal real server address[:port] specified' '-a -t 10.0.0.1:80 -r 10.0.0.256:80'
	refused 'illegal weight specified' '-a -t 10.0.0.1:80 -r 10.0.0.2 -w -1'
	refused 'illegal weight specified' '-a -t 10.0.0.1:80 -r 10.0.0.2 -w 2147483648'
	refused 'illegal u_threshold specified' '-a -t 10.0.0.1:80 -r 10.0.0.2 -x many'
	refused 'illegal l_threshold specified' '-a -t 10.0.0.1:80 -r 10.0.0.2 -y 1.5'
	refused "invalid fwmark value \`4294967296' specified" '-A -f 4294967296'
	refused "invalid timeout value \`0' specified" '-A -t 10.0.0.2:80 -p 0'
	refused 'illegal virtual server persistent mask specified' '-A -t 10.0.0.2:80 -p -M 1.2.3.4.5'
	refused "incompatible scheduler flag \`sh-port'" '-A -t 10.0.0.2:80 -b sh-port'
	refused "invalid scheduler flag \`,,'" '-A -t 10.0.0.2:80 -b ,,'
	refused 'illegal syncid specified' '--start-daemon master --syncid 256'
	refused "invalid IPv4 mcast-group \`10.0.0.1'" '--start-daemon master --mcast-group 10.0.0.1'
	refused 'illegal tunnel type specified' '-a -t 10.0.0.1:80 -r 10.0.0.2 -i --tun-type vxlan'
	refused '--bogus: unknown option' '-L --bogus'
	refused '-t: missing argument' '-A -t'
	refused "Try \`ipvsadm -h' or 'ipvsadm --help' for more information." '-R'
	# names that are too long are cut, as the original cuts them
	run -0 ipvsadm -R --dry-run <<<"-A -t 10.0.0.2:80 -s abcdefghijklmnopqrstuvwxyz"
	[ "$output" = "-A -t 10.0.0.2:80 -s abcdefghijklmno" ]
	run -0 ipvsadm -R --dry-run <<<"--start-daemon backup --mcast-interface abcdefghijklmnopqrstuvwxyz"
	[ "$output" = "--start-daemon backup --syncid 0 --mcast-interface abcdefghijklmno" ]
}

@test "lines and words have limits that are named" {
	run -2 --separate-stderr ipvsadm -R --dry-run < <(printf -- '-L\n'; head -c 70000 /dev/zero | tr '\0' a)
	[ "$stderr" = "standard input, line 2: Message too long" ]
	run -2 --separate-stderr ipvsadm -R --dry-run < <(printf -- '-n %.0s' {1..300})
	[ "$stderr" = "standard input, line 1: Argument list too long" ]
}

# Lines of words and of noise: what is meant to be taken, with a byte or a word that is not.
noise() { # SEED
	LC_ALL=C awk -v seed="$1" '
		function word(  w, i, n) {
			w = piece[1 + int(rand() * pieces)]
			if (rand() < .1) {
				w = ""
				n = int(rand() * 40)
				for (i = 0; i < n; i++) w = w sprintf("%c", 1 + int(rand() * 255))
			} else if (rand() < .05)
				w = substr(w, 1, int(rand() * length(w))) sprintf("%c", 1 + int(rand() * 255)) w
			return w
		}
		BEGIN {
			srand(seed)
			pieces = split("-A -A -a -a -E -e -D -d -L -S -Z -C --set --start-daemon --stop-daemon --drain master backup -t -u -f -r -s -p -M -o -g " \
				"-i -m -w -x -y -b -6 -n -c --pe --tun-type --tun-port --tun-csum --syncid --mcast-group --mcast-port --mcast-interface " \
				"--sync-maxlen gue gre sip rr sh sh-port flag-1,flag-2 ,,, 0 1 80 65536 4294967296 -1 10.0.0.1:80 10.0.0.2 " \
				"[2001:db8::1]:80 [::1 ]:80 :: 224.0.0.1 ff02::1 255.255.255.0 64x ipvsadm = -- - foo", piece, " ")
			for (i = 0; i < 4000; i++) {
				line = rand() < .7 ? (rand() < .5 ? "-A -t 10.0.0.1:80" : "-a -t 10.0.0.1:80 -r 10.0.0.2") : ""
				for (n = int(rand() * 8); n > 0; n--) line = line " " word()
				print line
			}
		}'
}

@test "restores of random lines end in commands or in complaints that name their line" {
	for seed in 1 2 3; do
		noise $seed >"$BATS_TEST_TMPDIR/noise"
		run -2 --separate-stderr ipvsadm -R --dry-run <"$BATS_TEST_TMPDIR/noise"
		[ -z "$output" ]
		[ "$(grep -ac '^standard input, line [0-9]*: ' <<<"$stderr")" -gt 1000 ]
		[[ $stderr != *Sanitizer* && $stderr != *"runtime error"* ]]
		# without the lines that it names nothing is wrong
		grep -ao '^standard input, line [0-9]*: ' <<<"$stderr" | tr -dc '0-9\n' >"$BATS_TEST_TMPDIR/bad"
		awk 'NR == FNR { bad[$1]; next } !(FNR in bad)' "$BATS_TEST_TMPDIR/bad" "$BATS_TEST_TMPDIR/noise" >"$BATS_TEST_TMPDIR/good"
		run -0 ipvsadm -R --dry-run <"$BATS_TEST_TMPDIR/good"
		[ "${#lines[@]}" -gt 100 ]
	done
}
