# Resource scripts for haresources, and what they call.
RSC_DIR := /etc/ha.d/resource.d
RSC_SCRIPTS := IPaddr IPaddr2 IPv6addr SendArp IPsrcaddr Filesystem drbddisk drbdupper LVM Raid1

PROGRAMS += send_ua
send_ua_SRC := resource.d/send_ua.c

RSC_INSTALL = $(foreach s,$(RSC_SCRIPTS),755:resource.d/$(s):$(RSC_DIR)/$(s)) \
	644:resource.d/lib.sh:/usr/share/heartbeat/resource-lib.sh \
	644:resource.d/addr.sh:/usr/share/heartbeat/resource-addr.sh \
	755:$(O)/send_ua:$(LIBDIR)/heartbeat/send_ua
INSTALL += $(RSC_INSTALL)

DEPS_TEST_DEB += iproute2 util-linux gawk iputils-ping net-tools tcpdump e2fsprogs psmisc kmod

# The scripts alone, for their tests.
.PHONY: install-resource.d
install-resource.d: $(O)/send_ua
	@set -e; for spec in $(RSC_INSTALL); do \
		IFS=: read -r mode from to <<< "$$spec"; install -D -m "$$mode" "$$from" "$(DESTDIR)$$to"; done
