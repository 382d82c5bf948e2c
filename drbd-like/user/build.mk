# The administrator's tools. Keep each program's block separate.

# What drbdmeta and drbdsetup both know of a minor on this host.
DRBD_HOST_SRC := drbd-like/user/drbd_host.c

# --- drbdmeta
DRBDMETA_SRC := drbd-like/user/md_dev.c drbd-like/user/md_dump.c drbd-like/user/md_detect.c drbd-like/user/md_text.c \
	drbd-like/user/md_create.c drbd-like/user/md_apply.c drbd-like/core/drbd_md.c drbd-like/core/drbd_al.c
PROGRAMS += drbdmeta
drbdmeta_SRC = drbd-like/user/drbdmeta.c drbd-like/user/drbd_gi.c $(DRBDMETA_SRC) $(DRBD_HOST_SRC) $(LIB_SRC)
INSTALL += 755:drbdmeta:/usr/sbin/drbdmeta:/sbin/drbdmeta
INSTALL_DIRS += /var/lib/drbd
MANPAGES += drbd-like/user/drbdmeta.8
TEST_TOOLS += md_image
md_image_SRC := tests/md_image.c drbd-like/core/drbd_al.c

# --- drbdadm
ADM_PARSE_SRC := drbd-like/user/adm_mem.c drbd-like/user/adm_conf.c drbd-like/user/adm_uniq.c drbd-like/user/adm_options.c \
	drbd-like/user/adm_parse.c drbd-like/user/adm_tree.c drbd-like/core/drbd_options.c \
	$(O)/gen/drbd-like/user/drbdadm_scanner.c
DRBDADM_SRC := drbd-like/user/adm_dump.c drbd-like/user/adm_plan.c drbd-like/user/adm_exec.c drbd-like/user/adm_cmd.c \
	drbd-like/user/adm_registry.c drbd-like/user/adm_wait.c drbd-like/user/adm_answer.c drbd-like/user/adm_doctor.c
PROGRAMS += drbdadm
drbdadm_SRC = drbd-like/user/drbdadm.c $(DRBDADM_SRC) $(ADM_PARSE_SRC) lib/conf.c lib/log.c
INSTALL += 755:drbdadm:/usr/sbin/drbdadm:/sbin/drbdadm
$(O)/gen/drbd-like/user/drbdadm_scanner.c: drbd-like/user/drbdadm_scanner.l
	@mkdir -p $(@D)
	$(FLEX) -o $@ $<
UNIT_TESTS += test_adm
test_adm_SRC = tests/unit/test_adm.c drbd-like/user/adm_answer.c drbd-like/user/adm_plan.c $(ADM_PARSE_SRC) lib/conf.c lib/log.c \
	$(LIB_TEST_SRC)

# --- drbdsetup
SETUP_NL_SRC := drbd-like/user/setup_nl.c drbd-like/core/drbd_options.c
PROGRAMS += drbdsetup
drbdsetup_SRC = drbd-like/user/drbdsetup.c drbd-like/user/setup_show.c drbd-like/user/setup_status.c \
	drbd-like/user/setup_events.c drbd-like/user/drbd_gi.c drbd-like/core/drbd_text.c $(SETUP_NL_SRC) $(DRBD_HOST_SRC)
INSTALL += 755:drbdsetup:/usr/sbin/drbdsetup:/sbin/drbdsetup
UNIT_TESTS += test_setup_nl
test_setup_nl_SRC := tests/unit/test_setup_nl.c $(SETUP_NL_SRC)
