#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What we ship can be built and run on EL 6: gcc 4.4, glibc 2.12, bash 4.1, make 3.81. Its compiler is not here; this is what
# today's tools can tell of it.

# shellcheck disable=SC2016 # what is between single quotes is for make, or is looked for

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# ours VARIABLE : what make has in it
ours() {
	env -u MAKEFLAGS -u MAKELEVEL make -s -f <(printf 'include Makefile\nshow: ; @printf "%%s\\n" %s\n' "$1") show O="$O"
}

@test "the programs need nothing of glibc that came after 2.12" {
	# these are as old as the others: a newer version of the symbol is what a newer glibc links
	old=' __libc_start_main clock_gettime dlopen dlsym fstat glob memcpy posix_spawn stat '
	for program in $(ours '$(PROGRAMS)'); do
		while read -r minor symbol; do
			[[ "$minor" -le 12 || "$old" == *" $symbol "* ]] || { echo "$program: $symbol is of glibc 2.$minor"; false; }
		done < <(objdump -T "$O/$program" | sed -n 's/.*(GLIBC_2\.\([0-9]*\)[0-9.]*) *\([^ ]*\)$/\1 \2/p')
	done
}

@test "the sources are C99 as gcc 4.4 knows it" {
	# a typedef repeated, members without a name, the words of C11
	ours '$(filter-out $(O)/%,$(sort $(foreach p,$(PROGRAMS),$($(p)_SRC))))' >"$BATS_TEST_TMPDIR/sources"
	flags=$(ours '$(LINT_FLAGS)')
	# shellcheck disable=SC2086 # a list of words
	xargs gcc -fsyntax-only -Wpedantic -Wc99-c11-compat -Wc11-c2x-compat -Wno-format $flags <"$BATS_TEST_TMPDIR/sources" 2>"$BATS_TEST_TMPDIR/said"
	# the bits of a DRBD state, which no designator names, and the limits of a bit mask
	run grep -E 'warning: ' "$BATS_TEST_TMPDIR/said"
	run grep -vE 'drbd_protocol.h:.*unnamed structs|enumerator values' <<<"$output"
	[ -z "$output" ] || { echo "$output"; false; }
	# what gcc 12 takes without a word
	run git grep -nE '#pragma|__has_(attribute|include)|__builtin_(bswap16|unreachable|(add|sub|mul)_overflow)|__auto_type' -- '*.[chly]' '*.def' ':!tests'
	[ "$status" -eq 1 ] || { echo "$output"; false; }
	run git grep -nE '\(union drbd_state\) *\{|union drbd_state [a-z_]+ = \{ *\.[a-hj-z]' -- '*.[ch]'
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "no script and no makefile says what bash 4.1 and make 3.81 do not understand" {
	git grep -lIE '^#!.*[/ ](ba|da)?sh|shellcheck shell=' -- . ':!tests' ':!.ci' >"$BATS_TEST_TMPDIR/scripts"
	run xargs grep -nE '(declare|local|typeset) +-[a-zA-Z]*[nA]|@[QEPAaKULu]\}|wait -[np]|(mapfile|readarray) -d|\$\{[a-zA-Z_]+\[-|\$EPOCH|%\([^)]*\)T|shopt -s (lastpipe|inherit)|(\[|test) -v ' <"$BATS_TEST_TMPDIR/scripts"
	[ -z "$output" ] || { echo "$output"; false; }
	run git grep -nE '\$\((file|guile|let|intcmp) |^[A-Za-z_]+ *(!|::|:::)=|&:|\.ONESHELL|\.SHELLFLAGS|^(private|undefine) ' -- Makefile '*.mk' '*Kbuild'
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}
