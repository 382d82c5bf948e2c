# One build for the whole suite: every part adds its own lines in */build.mk; outputs go to $(O).
#
#   make                     the user programs, and the kernel module where kernel headers are installed
#   make module KDIR=...     the kernel module alone
#   make install DESTDIR=    into the places of an EL system
#   make deps                what building and testing needs, by the system's package manager
#   make check | check-sim | check-net | check-kernel | test | bench | lint
#
# What a build.mk says:
#   PROGRAMS   += name       name_SRC = sources; name_PKG = pkg-config modules; name_LIBS = -lfoo; name_DIR = /sbin
#   UNIT_TESTS += name       the same, run by `make check`; compiled with -DUNIT_TEST
#   TEST_TOOLS += name       the same, used by a test, never installed
#   INSTALL    += MODE:FROM:TO[:link...]   a file that `make install` copies (FROM in the tree or in $(O))
#   INSTALL_DIRS += /dir     an empty folder that a program expects
#   DEPS_DEB, DEPS_EL, DEPS_TEST_DEB       packages that `make deps` installs

SHELL := /bin/bash
-include config.mk	# what ./configure has decided; nothing needs it
VERSION := 8.4.4
SANITIZE ?=
# Our own checkouts stop at a warning; a user's tarball does not.
WERROR ?= $(if $(wildcard .git),1)
O ?= build$(if $(SANITIZE),/sanitize)
CC ?= gcc
OPT ?= -O2 -g
FLEX ?= flex
BISON ?= bison
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr
SYSCONFDIR ?= /etc
LIBDIR ?= $(shell if [ -d /usr/lib64 ] && [ ! -f /etc/debian_version ]; then echo /usr/lib64; \
	  elif [ -d "/usr/lib/$$($(CC) -dumpmachine)" ]; then echo "/usr/lib/$$($(CC) -dumpmachine)"; \
	  else echo /usr/lib; fi)
MANDIR ?= $(PREFIX)/share/man
# Init scripts go to INITDIR; units, where it is not empty, to UNITDIR.
INITDIR ?= /etc/init.d
UNITDIR ?= /usr/lib/systemd/system
# The folders that take part: a package of one of them needs none of the others.
PARTS ?= drbd-like heartbeat ipvs ldirectord lib resource.d spec tests

ALL_CFLAGS = -std=gnu99 -D_GNU_SOURCE $(OPT) -Wall -Wextra $(if $(WERROR),-Werror) \
	-I. -I$(O)/gen -DVERSION='"$(VERSION)"' -DLIBDIR='"$(LIBDIR)"' $(SAN_FLAGS) $(CFLAGS)
SAN_FLAGS = $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer)
comma := ,

PROGRAMS :=
UNIT_TESTS :=
TEST_TOOLS :=
INSTALL :=
INSTALL_DIRS :=
MANPAGES :=
DEPS_DEB := gcc make pkg-config flex bison
DEPS_EL := gcc make pkgconfig flex bison
DEPS_TEST_DEB := bats git clang-tidy clang-format cppcheck shellcheck

.PHONY: all
all:

include $(sort $(wildcard $(PARTS:%=%/build.mk) $(PARTS:%=%/*/build.mk)))

all: $(PROGRAMS:%=$(O)/%)

# Objects keep their path below $(O)/obj; the unit tests' own copies, with fault points, below $(O)/test.
$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
$(O)/obj/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
$(O)/test/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -DUNIT_TEST -Itests/unit -MMD -MP -c -o $@ $<
$(O)/test/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -DUNIT_TEST -Itests/unit -MMD -MP -c -o $@ $<

# $(call objects,obj|test,sources): a source may stand in the tree or, generated, below $(O)/gen
objects = $(patsubst %.c,$(O)/$(1)/%.o,$(patsubst $(O)/gen/%,%,$(2)))
# $(call link,name,obj|test): how one program is linked. clock_gettime is in librt before glibc 2.17.
define link
$(O)/$(1): $(call objects,$(2),$($(1)_SRC))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(1)_LIBS) \
		$$(if $$($(1)_PKG),$$(shell $$(PKG_CONFIG) --libs $$($(1)_PKG))) -lrt
$(if $($(1)_PKG),$(call objects,$(2),$($(1)_SRC)): PKG_CFLAGS += $$(shell $$(PKG_CONFIG) --cflags $($(1)_PKG)))
-include $(patsubst %.o,%.d,$(call objects,$(2),$($(1)_SRC)))
endef
$(foreach p,$(PROGRAMS) $(TEST_TOOLS),$(eval $(call link,$(p),obj)))
$(foreach p,$(UNIT_TESTS),$(eval $(call link,$(p),test)))

# ./configure --without-X leaves out what goes to these places
SKIP ?=
WANTED = $(foreach s,$(INSTALL),$(if $(strip $(foreach d,$(SKIP),$(findstring :$(d),$(s)))),,$(s)))

.PHONY: install
install: all
	@set -e; for spec in $(WANTED); do \
		IFS=: read -r mode from to links <<< "$$spec"; \
		[ -e "$$from" ] || from="$(O)/$$from"; \
		case $$to in \
		/etc/init.d/*) to="$(INITDIR)$${to#/etc/init.d}" ;; \
		/usr/lib/systemd/system/*) [ -n "$(UNITDIR)" ] || continue; \
			to="$(UNITDIR)$${to#/usr/lib/systemd/system}" ;; \
		esac; \
		echo "install $$to"; \
		install -D -m "$$mode" "$$from" "$(DESTDIR)$$to"; \
		for link in $${links//:/ }; do mkdir -p "$(DESTDIR)$${link%/*}"; \
			[ "$(DESTDIR)$$link" -ef "$(DESTDIR)$$to" ] && [ ! -L "$(DESTDIR)$$link" ] || \
				ln -sf "$$to" "$(DESTDIR)$$link"; done; \
	done
	@set -e; for dir in $(INSTALL_DIRS); do install -d -m 755 "$(DESTDIR)$$dir"; done
	@set -e; for page in $(MANPAGES); do \
		[ -e "$$page" ] || page="$(O)/$$page"; \
		install -D -m 644 "$$page" "$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; done

.PHONY: deps clean
deps:
	@tests/lib/deps.bash --deb "$(DEPS_DEB) $(DEPS_TEST_DEB)" --el "$(DEPS_EL)"

clean:
	rm -rf $(O)
