#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compiles each compat/tests/*.c as part of a module; for those that compile, prints a line for compat_have.h.
# Usage: probe.sh TESTS_DIR COMPILER FLAGS...
# Warnings stay on: without them a missing function would look like one that is there.

tests=$1
shift
echo "/* made by probe.sh: what this kernel has */"
for t in "$tests"/*.c; do
	name=$(basename "$t" .c)
	if "$@" -DMODULE -DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"' '-DKBUILD_STR(s)=#s' \
		-Werror-implicit-function-declaration -fsyntax-only "$t" 2>/dev/null; then
		echo "#define COMPAT_HAVE_$name 1"
	fi
done
