# The source tarball, and the packages from it. rpmbuild's own places are in $(O)/rpm, nothing of the user's is touched.
#   make dist              $(O)/drbd-$(VERSION).tar.gz
#   make rpms              all packages that this machine can build, into $(O)/rpm/RPMS
#   make rpm-drbd          one of them: drbd drbd-km heartbeat ldirectord ipvsadm
#   RPMOPT=...             further arguments of rpmbuild, such as --define 'kernelversion 2.6.32-431.el6.x86_64'
DIST := drbd-$(VERSION)
# where packages are Debian's, rpm's database knows none of them
RPM_NODEPS := $(if $(wildcard /etc/debian_version),--nodeps)
RPM_TOP = $(abspath $(O))/rpm
RPM_PACKAGES := drbd heartbeat ldirectord ipvsadm $(if $(wildcard drbd-like/kernel/Kbuild),drbd-km)

.PHONY: dist rpms distclean $(RPM_PACKAGES:%=rpm-%)
dist: $(O)/$(DIST).tar.gz
# Of the last commit, so that the same commit gives the same bytes.
$(O)/$(DIST).tar.gz: $(wildcard .git/HEAD .git/logs/HEAD)
	@mkdir -p $(O)/dist && rm -rf $(O)/dist/$(DIST)
	git archive --prefix=$(DIST)/ HEAD | tar -x -C $(O)/dist
	cp drbd-like/scripts/samples/README drbd-like/scripts/samples/ChangeLog $(O)/dist/$(DIST)
	tar -c -C $(O)/dist --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime="$$(git log -1 --format=%cI)" $(DIST) | gzip -n >$@
	@rm -rf $(O)/dist

rpms: $(RPM_PACKAGES:%=rpm-%)
	@find $(RPM_TOP)/RPMS -name '*.rpm' | sort
$(RPM_PACKAGES:%=rpm-%): rpm-%: $(O)/$(DIST).tar.gz
	@rm -rf $(RPM_TOP)/spec/$*
	@mkdir -p $(RPM_TOP)/SOURCES $(RPM_TOP)/spec/$*
	cp $< $(RPM_TOP)/SOURCES
	tar -x -f $< -C $(RPM_TOP)/spec/$*
	cd $(RPM_TOP)/spec/$*/$(DIST) && ./configure --enable-spec --with-km >/dev/null && \
		env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL -u O rpmbuild -bb $(RPM_NODEPS) --define '_topdir $(RPM_TOP)' $(RPMOPT) $*.spec

distclean: clean
	rm -f config.mk drbd.spec drbd-km.spec heartbeat.spec ldirectord.spec ipvsadm.spec

DEPS_TEST_DEB += rpm
