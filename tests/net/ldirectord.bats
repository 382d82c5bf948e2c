#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What ldirectord does beside its table: mail, commands that it runs, files that it writes, the question who else answers for a
# virtual address. Where the original can it too, both say the same. All features are tried at once, each in a place of its own.

ALONE="mail mail_local metrics vipcheck risecount slowstart drain_reload drain_limit test_command status_json reload_failed hostile ping6 checkcount init_script resource_script sample shared"
BOTH="commands maintenance_name syslog mail_text fallbackcommand callback_autoreload callback_alone monitorfile supervised execute"

bats_require_minimum_version 1.5.0

setup_file() {
	load ../lib/ldirectord.bash
	ld_fetch_original
	ld_fetch_peers
	export O LD_PEERS HA_CACHE
	export -f ld_place
	for feature in $ALONE; do echo "ours $feature"; done >"$BATS_FILE_TMPDIR/todo"
	for feature in $BOTH; do printf '%s\n' "ours $feature" "original $feature"; done >>"$BATS_FILE_TMPDIR/todo"
	# shellcheck disable=SC2016 # for the inner shell
	sort -r "$BATS_FILE_TMPDIR/todo" | xargs -P 6 -L 1 bash -c \
		'ld_place tests/lib/ld_features.bash "$1" "$2" >"$0/$2.$1" 2>"$0/$2.$1.err" && touch "$0/$2.$1.well"; true' "$BATS_FILE_TMPDIR"
}

well() { # WHO FEATURE
	[ -e "$BATS_FILE_TMPDIR/$2.$1.well" ] || { cat "$BATS_FILE_TMPDIR/$2.$1" "$BATS_FILE_TMPDIR/$2.$1.err"; return 1; }
}
both() { # FEATURE : have done the same, and something
	well ours "$1" && well original "$1"
	diff "$BATS_FILE_TMPDIR/$1.original" "$BATS_FILE_TMPDIR/$1.ours"
	[ -s "$BATS_FILE_TMPDIR/$1.ours" ]
}

@test "mail goes to each address, again while a server is down, and in no phase but those asked for" { well ours mail; }
@test "a mail has the original's subject, sender and lines" { both mail_text; }
@test "mail without smtp= is the local mailer's, whose failure is logged" { well ours mail_local; }
@test "fallbackcommand: start when the last server goes, stop when the first is back" { both fallbackcommand; }
@test "autoreload and callback: a changed file is taken and called back, a wrong one changes nothing" { both callback_autoreload; }
@test "callback without autoreload: a changed file is called back and not taken" { both callback_alone; }
@test "monitorfile has a line for each check, in the original's words" { both monitorfile; }
@test "supervised: in the foreground, log on standard output, no pid file, TERM ends it in order" { both supervised; }
@test "execute starts and stops another configuration" { well ours execute && well original execute; }
@test "metricsfile has the state of every server and fallback, in Prometheus' format" { well ours metrics; }
@test "vipcheck names a real server that answers ARP for the virtual address, and not one with arp_ignore" { well ours vipcheck; }
@test "risecount: so many successes in a row bring a server back, but the first result decides" { well ours risecount; }
@test "slowstart: the weight of a server that is back grows step by step to its own" { well ours slowstart; }
@test "draintimeout: a server that a reload removed stays with weight 0 until its connections have ended" { well ours drain_reload; }
@test "draintimeout: a server in maintenance goes at the limit, connections or not" { well ours drain_limit; }
@test "-t names all mistakes with their lines and leaves the running daemon alone" { well ours test_command; }
@test "status --json has state, reason and times of every server, and 3 where nothing runs" { well ours status_json; }
@test "a reload that fails keeps the old configuration at work, and start and stop work after it" { well ours reload_failed; }
@test "every command answers as the original does: stopped, running, with a stale pid file, a wrong file, or none" { both commands; }
@test "checkcount is how often an unanswered ping asks" { well ours checkcount; }
@test "maintenance by host name, whole or to its first dot, with or without port" { both maintenance_name; }
@test "endless headers and bodies, drips, resets and wrong TLS cost a deadline and little memory" { well ours hostile; }
@test "ping over IPv6" { well ours ping6; }
@test "the init script starts, reloads and stops all configurations, with the exit codes of an init script" { well ours init_script; }
@test "as a resource of heartbeat it says on standard output whether it runs" { well ours resource_script; }
@test "the sample configuration is valid, with its examples too" { well ours sample; }
@test "a check that several services share is made once" { well ours shared; }
@test "systemd finds nothing wrong with the unit" {
	local root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc/systemd/system" "$root/usr/sbin"
	cp ldirectord/ldirectord.service "$root/etc/systemd/system/"
	cp "$O/ldirectord" "$root/usr/sbin/"
	run -0 systemd-analyze verify --root="$root" --man=no --recursive-errors=no ldirectord.service
	[ -z "$output" ]
}
@test "logfile= with a facility: syslog has the original's lines" { both syslog; }
