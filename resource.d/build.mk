# Resource scripts for haresources, and what they call. Those for DRBD come with its tools, the others with heartbeat.
RSC_DIR := /etc/ha.d/resource.d
RSC_DRBD := drbddisk drbdupper
RSC_SCRIPTS := IPaddr IPaddr2 IPv6addr SendArp IPsrcaddr \
	Filesystem LVM Raid1 LinuxSCSI ServeRAID ICP \
	apache Xinetd db2 WAS ids OCF portblock LVSSyncDaemonSwap MailTo WinPopup AudibleAlarm Delay
RSC_INSTALL = $(foreach s,$(RSC_SCRIPTS),755:resource.d/$(s):$(RSC_DIR)/$(s)) \
	644:resource.d/hto-mapfuncs:$(RSC_DIR)/hto-mapfuncs \
	644:resource.d/lib.sh:/usr/share/heartbeat/resource-lib.sh \
	644:resource.d/addr.sh:/usr/share/heartbeat/resource-addr.sh
RSC_DRBD_INSTALL = $(foreach s,$(RSC_DRBD),755:resource.d/$(s):$(RSC_DIR)/$(s))

ifneq ($(filter drbd-like,$(PARTS)),)
INSTALL += $(RSC_DRBD_INSTALL)
MANPAGES += resource.d/drbddisk.8
endif
ifneq ($(filter heartbeat,$(PARTS)),)
PROGRAMS += send_ua
send_ua_DIR := $(HB_DIR)
send_ua_SRC := resource.d/send_ua.c
INSTALL += $(RSC_INSTALL) 755:$(O)/send_ua:$(HB_DIR)/send_ua
endif

DEPS_TEST_DEB += iproute2 util-linux gawk iputils-ping net-tools tcpdump e2fsprogs psmisc kmod procps \
	apache2-bin curl iptables python3-minimal

# The scripts alone, for their tests.
.PHONY: install-resource.d
install-resource.d: $(O)/send_ua $(O)/send_arp
	@set -e; for spec in $(RSC_INSTALL) $(RSC_DRBD_INSTALL) 755:$(O)/send_ua:$(HB_DIR)/send_ua \
			755:$(O)/send_arp:$(HB_DIR)/send_arp; do \
		IFS=: read -r mode from to <<< "$$spec"; install -D -m "$$mode" "$$from" "$(DESTDIR)$$to"; done
