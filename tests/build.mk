# The test rings: each is a folder of bats files, `check` also has the unit programs.
# TESTS= names single files: make check-net TESTS=tests/net/ipaddr.bats

BATS_check ?= $(or $(filter tests/check/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/check/*.bats))))
BATS_sim ?= $(or $(filter tests/sim/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/sim/*.bats))))
BATS_net ?= $(or $(filter tests/net/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/net/*.bats))))
BATS_kernel ?= $(or $(filter tests/kernel/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/kernel/*.bats))))
# the machines of tests/lib/vm.bash and root.bash, the namespaces of net.bash
DEPS_TEST_DEB += qemu-system-x86 qemu-utils busybox-static cpio kmod xz-utils gcc-12 libelf1 dash mmdebstrap e2fsprogs \
	iproute2 iputils-ping procps util-linux

RING = O=$(abspath $(O)) tests/lib/ring.bash

.PHONY: tests-built check check-sim check-net check-kernel test bench lint
tests-built: all $(UNIT_TESTS:%=$(O)/%) $(TEST_TOOLS:%=$(O)/%)

check: tests-built
	@$(RING) check -j 2 $(if $(TESTS),,$(UNIT_TESTS:%=$(O)/%)) $(BATS_check)
check-sim: tests-built
	@$(RING) sim -j 1 $(BATS_sim)
check-net: tests-built
	@$(RING) net -j 2 $(BATS_net)
check-kernel: tests-built
	@$(RING) kernel -j 1 $(BATS_kernel)

# Every ring runs, whatever the one before it said; the last line counts them all.
test: deps
	@rm -rf build/results; status=0; \
	$(MAKE) --no-print-directory check SANITIZE=1 RESULTS=$(abspath build/results) || status=1; \
	for ring in check-sim check-net check-kernel; do \
		$(MAKE) --no-print-directory $$ring RESULTS=$(abspath build/results) || status=1; done; \
	tests/lib/ring.bash total build/results || status=1; exit $$status
export RESULTS

bench: tests-built
	@set -e; for b in $(sort $(wildcard tests/bench/*.bench)); do echo "== $$b"; O=$(abspath $(O)) "$$b"; done

# Sources that the linters read; generated files are not ours to lint.
LINT_C = $(sort $(filter-out $(O)/%,$(foreach p,$(PROGRAMS) $(UNIT_TESTS) $(TEST_TOOLS),$($(p)_SRC))))
LINT_SH = $(shell git grep -lIE '^\#!.*(ba)?sh' -- . ':!tests/data') $(wildcard tests/lib/*.bash)
lint:
	clang-tidy --quiet $(LINT_C) -- $(filter-out -Werror,$(ALL_CFLAGS)) -Itests/unit $(PKG_CFLAGS_ALL)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr -I. $(LINT_C)
	shellcheck -x $(sort $(LINT_SH))
