# ipvsadm. Other programs use IPVS_NL_SRC with IPVS_NL_PKG.
IPVS_NL_SRC := ipvs/ipvs_nl.c ipvs/ipvs_msg.c ipvs/ipvs_error.c
IPVS_NL_PKG := libnl-3.0 libnl-genl-3.0
DEPS_DEB += libnl-3-dev libnl-genl-3-dev libpopt-dev
DEPS_EL += libnl3-devel popt-devel

IPVS_ARGS_SRC := ipvs/ipvs_args.c ipvs/ipvs_cmd.c ipvs/ipvs_value.c ipvs/ipvs_names.c ipvs/ipvs_lines.c
IPVS_SHOW_SRC := ipvs/ipvs_show.c ipvs/ipvs_json.c ipvs/ipvs_conn.c

# ldirectord reads this file for the above, also where ipvsadm itself takes no part.
ifneq ($(filter ipvs,$(PARTS)),)
PROGRAMS += ipvsadm
ipvsadm_SRC := ipvs/ipvsadm.c $(IPVS_NL_SRC) $(IPVS_ARGS_SRC) ipvs/ipvs_plan.c $(IPVS_SHOW_SRC)
# popt says nothing to pkg-config before 1.14
ipvsadm_PKG := $(IPVS_NL_PKG)
ipvsadm_LIBS := -lpopt

TEST_TOOLS += ipvs_cases
ipvs_cases_SRC := tests/kernel/ipvs_cases.c $(IPVS_NL_SRC) $(IPVS_SHOW_SRC) ipvs/ipvs_names.c
ipvs_cases_PKG := $(IPVS_NL_PKG)

UNIT_TESTS += test_ipvs_args
test_ipvs_args_SRC := tests/unit/test_ipvs_args.c $(IPVS_ARGS_SRC) lib/fault.c
test_ipvs_args_LIBS := -lpopt
UNIT_TESTS += test_ipvs_msg test_ipvs_show test_ipvs_plan
test_ipvs_msg_SRC := tests/unit/test_ipvs_msg.c ipvs/ipvs_msg.c
test_ipvs_msg_PKG := $(IPVS_NL_PKG)
test_ipvs_show_SRC := tests/unit/test_ipvs_show.c $(IPVS_SHOW_SRC) ipvs/ipvs_names.c
test_ipvs_plan_SRC := tests/unit/test_ipvs_plan.c ipvs/ipvs_plan.c ipvs/ipvs_error.c $(IPVS_SHOW_SRC) ipvs/ipvs_names.c lib/fault.c

MANPAGES += ipvs/ipvsadm.8 ipvs/ipvsadm-save.8 ipvs/ipvsadm-restore.8
INSTALL += 755:$(O)/ipvsadm:/sbin/ipvsadm \
	755:ipvs/ipvsadm-save:/sbin/ipvsadm-save \
	755:ipvs/ipvsadm-restore:/sbin/ipvsadm-restore \
	755:ipvs/ipvsadm.init:/etc/init.d/ipvsadm \
	600:ipvs/ipvsadm-config:/etc/sysconfig/ipvsadm-config \
	644:ipvs/ipvsadm.service:/usr/lib/systemd/system/ipvsadm.service \
	644:ipvs/ipvsadm.completion:/etc/bash_completion.d/ipvsadm
endif
DEPS_TEST_DEB += socat diffutils perl
