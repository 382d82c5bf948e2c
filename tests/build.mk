# The test rings: each is a folder of bats files, `check` also has the unit programs.
# TESTS= names single files: make check-net TESTS=tests/net/ipaddr.bats

BATS_check ?= $(or $(filter tests/check/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/check/*.bats))))
BATS_sim ?= $(or $(filter tests/sim/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/sim/*.bats))))
BATS_net ?= $(or $(filter tests/net/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/net/*.bats))))
BATS_kernel ?= $(or $(filter tests/kernel/%,$(TESTS)),$(if $(TESTS),,$(sort $(wildcard tests/kernel/*.bats))))
# the machines of tests/lib/vm.bash and root.bash, the namespaces of net.bash
DEPS_TEST_DEB += qemu-system-x86 qemu-utils busybox-static cpio kmod xz-utils gcc-12 libelf1 dash mmdebstrap e2fsprogs \
	iproute2 iputils-ping procps util-linux apache2-bin curl mariadb-client-core

TEST_TOOLS += cut_disk
cut_disk_SRC = tests/tools/cut_disk.c

RING = O=$(abspath $(O)) tests/lib/ring.bash

.PHONY: tests-built check check-sim check-net check-kernel test bench lint demo demo-failover demo-shell demo-stop soak
tests-built: all $(UNIT_TESTS:%=$(O)/%) $(TEST_TOOLS:%=$(O)/%)

check: tests-built
	@$(RING) check -j 2 $(if $(TESTS),,$(UNIT_TESTS:%=$(O)/%)) $(BATS_check)
check-sim: tests-built
	@$(RING) sim -j 1 $(BATS_sim)
check-net: tests-built
	@$(RING) net -j 2 $(BATS_net)
check-kernel: tests-built
	@$(RING) kernel -j 1 $(BATS_kernel)

# All the modes of drbd.ko that are seldom used; the ring plays two.
.PHONY: check-modes
check-modes: tests-built
	@MODES="$(or $(MODES),all)" $(RING) modes tests/kernel/drbd_modes.bats

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

# The walkthrough: tests/lib/demo.bash. It builds packages of the last commit by itself.
demo: deps
	@O=$(abspath $(O)) tests/lib/demo.bash run
demo-failover:
	@O=$(abspath $(O)) tests/lib/demo.bash failover $(FAILOVERS)
demo-shell:
	@O=$(abspath $(O)) tests/lib/demo.bash shell $(or $(NODE),server1)
demo-stop:
	@O=$(abspath $(O)) tests/lib/demo.bash stop
soak: deps
	@O=$(abspath $(O)) tests/lib/demo.bash soak $(or $(N),30)

# Sources that the linters read; generated files are not ours to lint. What passed is read again when it, or any header,
# changes. LINT_CFLAGS: what a part needs beside its pkg-config modules.
LINT_C = $(sort $(filter-out $(O)/%,$(foreach p,$(PROGRAMS) $(UNIT_TESTS) $(TEST_TOOLS),$($(p)_SRC))))
LINT_H = $(wildcard */*.h */*.def drbd-like/*/*.h drbd-like/*/*.def tests/unit/*.h)
LINT_SH = $(shell git grep -lIE '^\#!.*[/ ](ba|da)?sh' -- . ':!tests/data') $(wildcard tests/lib/*.bash tests/data/ipvsadm/vm/*.sh)
LINT_PKG = $(sort $(foreach p,$(PROGRAMS) $(UNIT_TESTS) $(TEST_TOOLS),$($(p)_PKG)))
LINT_FLAGS = $(filter-out -Werror,$(ALL_CFLAGS)) -Itests/unit $(LINT_CFLAGS) $(shell $(PKG_CONFIG) --cflags $(LINT_PKG))
.PHONY: lint-c
lint:
	@$(MAKE) --no-print-directory -k -j "$$(nproc)" lint-c
	cppcheck --quiet -j "$$(nproc)" --error-exitcode=1 --enable=warning,portability --inline-suppr --suppress=identicalInnerCondition -I. $(LINT_C)
	shellcheck -x $(sort $(LINT_SH))
lint-c: $(LINT_C:%=$(O)/lint/%.ok)
$(O)/lint/%.ok: % $(LINT_H) .clang-tidy tests/.clang-tidy
	@mkdir -p $(@D)
	@echo clang-tidy $<
	@clang-tidy --quiet $< -- $(LINT_FLAGS) $(if $(filter tests/unit/%,$<),-DUNIT_TEST) \
		-Xclang -analyzer-config -Xclang max-nodes=50000 2>$@.err || { cat $@.err; false; }
	@touch $@
