#!/usr/bin/env bats
# The core compiles unchanged into a kernel of 2010: gnu89, no libc, no floats, small stacks.
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

build() { # SOURCE OBJECT
	gcc -std=gnu89 -O2 -Wall -Wextra -Wdeclaration-after-statement -Wframe-larger-than=1024 -Werror -ffreestanding \
		-fno-builtin -msoft-float -mno-sse -I. -c -o "$2" "$1"
}

# What an object needs and a kernel has not. drbd_port.h has words of user space for the kernel's: WARN_ON_ONCE, scnprintf,
# hweight64.
foreign() { # OBJECT
	nm -u "$1" | awk -v port='^(abort|fprintf|stderr|vsnprintf|__popcountdi2)$' \
		'$2 !~ /^(drbd_.*|mem(cpy|set|cmp|move)|str(cmp|len))$/ && $2 !~ port { print $2 }'
}

@test "the core is gnu89 without libc, floats or large stacks" {
	local source count=0
	for source in drbd-like/core/*.c; do
		build "$source" "$BATS_TEST_TMPDIR/core.o"
		[ "$source needs $(foreign "$BATS_TEST_TMPDIR/core.o")" = "$source needs " ]
		count=$((count + 1))
	done
	[ "$count" -ge 14 ]
}

@test "a float, a libc call, a large stack or a C99 declaration in the core would be noticed" {
	local code
	for code in 'double f(int n); double f(int n) { return n * 0.5; }' \
		'int f(int n); int f(int n) { char a[2000]; a[n] = 1; return a[n + 1]; }' \
		'int f(int n); int f(int n) { n++; int k = n; return k; }'; do
		echo "$code" >"$BATS_TEST_TMPDIR/bad.c"
		run ! build "$BATS_TEST_TMPDIR/bad.c" "$BATS_TEST_TMPDIR/bad.o"
	done
	echo 'void *malloc(unsigned long); void *f(void); void *f(void) { return malloc(1); }' >"$BATS_TEST_TMPDIR/bad.c"
	build "$BATS_TEST_TMPDIR/bad.c" "$BATS_TEST_TMPDIR/bad.o"
	[ "$(foreign "$BATS_TEST_TMPDIR/bad.o")" = malloc ]
}
