# drbd.ko, built in a copy below $(O) so that nothing is left in the tree. `make module KDIR=...` builds for that kernel;
# `make` builds it where the running kernel's headers are installed.
KDIR ?= /lib/modules/$(shell uname -r)/build
MODULE_DIR = $(O)/module/$(notdir $(patsubst %/,%,$(patsubst %/build,%,$(KDIR))))
KERNEL_SRC = $(shell find drbd-like/kernel drbd-like/core -type f ! -name build.mk)

.PHONY: module
module: $(KERNEL_SRC)
	@test -e $(KDIR)/Makefile || { echo "make module: no kernel headers at $(KDIR); give KDIR=" >&2; exit 1; }
	@mkdir -p $(MODULE_DIR)/kernel $(MODULE_DIR)/core
	@cp -Rpu drbd-like/core/. $(MODULE_DIR)/core/
	@cp -Rpu drbd-like/kernel/. $(MODULE_DIR)/kernel/
	@# our O= is not the kernel's
	env -u MAKEFLAGS $(MAKE) -s -j2 --no-print-directory -C $(KDIR) M=$(abspath $(MODULE_DIR))/kernel modules
	@cp -p $(MODULE_DIR)/kernel/drbd.ko $(O)/drbd.ko

.PHONY: install-module
install-module: module
	@set -e; kernel=$$(modinfo -F vermagic $(MODULE_DIR)/kernel/drbd.ko | cut -d" " -f1); to=/lib/modules/$$kernel/updates/drbd.ko; \
		echo "install $$to"; \
		install -D -m 644 $(MODULE_DIR)/kernel/drbd.ko "$(DESTDIR)$$to"; \
		[ -n "$(DESTDIR)" ] || depmod "$$kernel"

ifneq ($(wildcard $(KDIR)/Makefile),)
all: module
install: $(if $(filter /lib/modules/,$(SKIP)),,install-module)
endif

TEST_TOOLS += drbd_io
drbd_io_SRC := tests/tools/drbd_io.c
DEPS_TEST_DEB += dmsetup
TEST_TOOLS += drbd_hostile
drbd_hostile_SRC := tests/tools/drbd_hostile.c drbd-like/core/drbd_packet.c
