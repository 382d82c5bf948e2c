# The source tarball, and the packages from it. rpmbuild's own places are in $(O)/rpm, nothing of the user's is touched.
#   make dist              $(O)/drbd-$(VERSION).tar.gz
#   make rpms              all packages that this machine can build, into $(O)/rpm/RPMS
#   make rpm-drbd          one of them: drbd drbd-km heartbeat ldirectord ipvsadm; in place of drbd-km there are drbd-kernel,
#                          which is kmod-drbd, and drbd-dkms
#   RPMOPT=...             further arguments of rpmbuild, such as --define 'kernelversion 2.6.32-431.el6.x86_64'
DIST := drbd-$(VERSION)
# where packages are Debian's, rpm's database knows none of them
RPM_NODEPS := $(if $(wildcard /etc/debian_version),--nodeps)
RPM_TOP = $(abspath $(O))/rpm
RPM_PACKAGES := drbd heartbeat ldirectord ipvsadm drbd-km
RPM_TARGETS := $(addprefix rpm-,$(RPM_PACKAGES) drbd-kernel drbd-dkms)
.PHONY: $(RPM_TARGETS)
# the module's only where its kernel is here, or is named in RPMOPT
RPM_HAS_KERNEL := $(or $(RPMOPT),$(wildcard $(KDIR)/Makefile))

.PHONY: dist rpms distclean
dist: $(O)/$(DIST).tar.gz
# Of the last commit, so that the same commit gives the same bytes.
$(O)/$(DIST).tar.gz: $(wildcard .git/HEAD .git/logs/HEAD)
	@test -e .git || { echo "make dist: this is no git checkout; the tarball that it came from is what it would make" >&2; exit 1; }
	@mkdir -p $(O)/dist && rm -rf $(O)/dist/$(DIST)
	git archive --prefix=$(DIST)/ HEAD | tar -x -C $(O)/dist
	cp drbd-like/scripts/samples/README drbd-like/scripts/samples/ChangeLog $(O)/dist/$(DIST)
	tar -c -C $(O)/dist --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime="$$(git log -1 --format=%cI)" $(DIST) | gzip -n >$@
	@rm -rf $(O)/dist

rpms: $(patsubst %,rpm-%,$(if $(RPM_HAS_KERNEL),$(RPM_PACKAGES),$(filter-out drbd-km,$(RPM_PACKAGES))))
	@find $(RPM_TOP)/RPMS -name '*.rpm' | sort
	$(if $(RPM_HAS_KERNEL),,@echo "make rpms: without drbd-km: there are no headers of the running kernel; see spec/build.mk" >&2)
$(RPM_TARGETS): rpm-%: $(O)/$(DIST).tar.gz
	@rm -rf $(RPM_TOP)/spec/$*
	@mkdir -p $(RPM_TOP)/SOURCES $(RPM_TOP)/spec/$* $(RPM_TOP)/BUILD/$*
	cp $< $(RPM_TOP)/SOURCES
	tar -x -f $< -C $(RPM_TOP)/spec/$*
	cd $(RPM_TOP)/spec/$*/$(DIST) && ./configure --enable-spec --with-km >/dev/null && \
		env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL -u O rpmbuild -bb $(RPM_NODEPS) \
			--define '_topdir $(RPM_TOP)' --define '_builddir $(RPM_TOP)/BUILD/$*' $(RPMOPT) $*.spec

distclean: clean
	rm -f config.mk $(patsubst rpm-%,%.spec,$(RPM_TARGETS))

DEPS_TEST_DEB += rpm rpmlint openssl dkms
