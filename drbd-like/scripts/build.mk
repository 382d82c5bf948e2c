# What an operator touches around DRBD: init script, unit, udev rule, handlers, completion, agents, samples, manual.
DRBD_SCRIPTS := drbd-like/scripts
DRBD_DOC_DIR := $(PREFIX)/share/doc/drbd-utils-$(VERSION)
VIM_DIR := $(PREFIX)/share/vim/vimfiles
NOTIFY_LINKS := $(foreach e,split-brain io-error pri-on-incon-degr pri-lost pri-lost-after-sb emergency-reboot emergency-shutdown \
	out-of-sync,:/usr/lib/drbd/notify-$(e).sh)
empty :=
space := $(empty) $(empty)

INSTALL += 755:$(DRBD_SCRIPTS)/drbd.init:/etc/init.d/drbd \
	644:$(DRBD_SCRIPTS)/drbd.service:/usr/lib/systemd/system/drbd.service \
	644:$(DRBD_SCRIPTS)/65-drbd.rules:$(SYSCONFDIR)/udev/rules.d/65-drbd.rules \
	755:$(DRBD_SCRIPTS)/notify.sh:/usr/lib/drbd/notify.sh$(subst $(space),,$(NOTIFY_LINKS)) \
	755:$(DRBD_SCRIPTS)/outdate-peer.sh:/usr/lib/drbd/outdate-peer.sh \
	755:$(DRBD_SCRIPTS)/crm-fence-peer.sh:/usr/lib/drbd/crm-fence-peer.sh:/usr/lib/drbd/crm-unfence-peer.sh \
	755:$(DRBD_SCRIPTS)/stonith_admin-fence-peer.sh:/usr/lib/drbd/stonith_admin-fence-peer.sh \
	755:$(DRBD_SCRIPTS)/rhcs_fence:/usr/lib/drbd/rhcs_fence \
	755:$(DRBD_SCRIPTS)/snapshot-resync-target-lvm.sh:/usr/lib/drbd/snapshot-resync-target-lvm.sh:/usr/lib/drbd/unsnapshot-resync-target-lvm.sh \
	755:$(DRBD_SCRIPTS)/drbd-overview:/usr/sbin/drbd-overview \
	644:$(DRBD_SCRIPTS)/drbdadm.completion:$(SYSCONFDIR)/bash_completion.d/drbdadm \
	755:$(DRBD_SCRIPTS)/block-drbd:$(SYSCONFDIR)/xen/scripts/block-drbd \
	755:$(DRBD_SCRIPTS)/drbd.ocf:/usr/lib/ocf/resource.d/linbit/drbd \
	644:$(DRBD_SCRIPTS)/samples/drbd.conf:$(SYSCONFDIR)/drbd.conf \
	644:$(DRBD_SCRIPTS)/samples/global_common.conf:$(SYSCONFDIR)/drbd.d/global_common.conf \
	$(foreach f,drbd.conf.example README ChangeLog,644:$(DRBD_SCRIPTS)/samples/$(f):$(DRBD_DOC_DIR)/$(f)) \
	644:COPYING:$(DRBD_DOC_DIR)/COPYING \
	$(foreach f,drbd hacf haresources ldirectord,644:$(DRBD_SCRIPTS)/vim/$(f).vim:$(VIM_DIR)/syntax/$(f).vim) \
	644:$(DRBD_SCRIPTS)/vim/ftdetect.vim:$(VIM_DIR)/ftdetect/linux-ha.vim

# Manual pages whose options come from the table.
TEST_TOOLS += drbd_man
drbd_man_SRC := drbd-like/user/drbd_man.c drbd-like/core/drbd_options.c
$(O)/drbd.conf.5 $(O)/drbdsetup.8: $(O)/%: drbd-like/user/%.in $(O)/drbd_man
	$(O)/drbd_man <$< >$@.new && mv $@.new $@
all: $(O)/drbd.conf.5 $(O)/drbdsetup.8
MANPAGES += drbd.conf.5 drbdsetup.8 drbd-like/user/drbd.8 drbd-like/user/drbdadm.8
DEPS_TEST_DEB += vim man-db libxml2-utils bsdutils systemd
