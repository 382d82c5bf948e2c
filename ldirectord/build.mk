# ldirectord. Client libraries of single checks are optional: what is not here is refused by name.
ifeq ($(filter ipvs,$(PARTS)),)
include ipvs/build.mk
endif
PROGRAMS += ldirectord
ldirectord_DIR := /usr/sbin
# what decides and what reads answers, without the daemon around it
LD_PURE_SRC := ldirectord/ld_conf.c ldirectord/ld_pool.c ldirectord/ld_regex.c ldirectord/ld_db.c ldirectord/ld_dialog.c \
	ldirectord/ld_check_http.c ldirectord/ld_check_line.c ldirectord/ld_check_ftp.c ldirectord/ld_check_dns.c \
	ldirectord/ld_check_ldap.c ldirectord/ld_check_radius.c
LD_CHECK_SRC := ldirectord/ld_check.c ldirectord/ld_conn.c ldirectord/ld_check_ping.c ldirectord/ld_check_external.c \
	ldirectord/ld_check_db.c
ldirectord_SRC = ldirectord/ldirectord.c ldirectord/ld_daemon.c ldirectord/ld_report.c ldirectord/ld_mail.c ldirectord/ld_arp.c \
	ldirectord/ld_apply.c ldirectord/ld_table.c $(LD_PURE_SRC) $(LD_CHECK_SRC) $(LIB_SRC) $(IPVS_NL_SRC)

ld_has = $(shell $(PKG_CONFIG) --exists $(1) && echo y)
LD_PKG := $(if $(call ld_has,openssl),openssl) $(if $(call ld_has,libpcre2-8),libpcre2-8,$(if $(call ld_has,libpcre),libpcre))
LD_FLAGS := $(if $(call ld_has,openssl),-DHAVE_OPENSSL) \
	$(if $(call ld_has,libpcre2-8),-DHAVE_PCRE2,$(if $(call ld_has,libpcre),-DHAVE_PCRE))
LD_LIBS = -ldl
# headers alone: the libraries are loaded where a check wants them
ifeq ($(call ld_has,libmariadb),y)
LD_FLAGS += -DHAVE_MYSQL $(shell $(PKG_CONFIG) --cflags libmariadb)
else ifneq ($(wildcard /usr/include/mysql/mysql.h),)
LD_FLAGS += -DHAVE_MYSQL -I/usr/include/mysql
endif
ifeq ($(call ld_has,libpq),y)
LD_FLAGS += -DHAVE_PGSQL $(shell $(PKG_CONFIG) --cflags libpq)
else ifneq ($(wildcard /usr/include/libpq-fe.h),)
LD_FLAGS += -DHAVE_PGSQL
endif
$(O)/obj/ldirectord/%.o $(O)/test/ldirectord/%.o: PKG_CFLAGS += $(LD_FLAGS)
ldirectord_PKG = $(LD_PKG) $(IPVS_NL_PKG)
ldirectord_LIBS = $(LD_LIBS)

LINT_CFLAGS += $(LD_FLAGS)

DEPS_DEB += libssl-dev libpcre2-dev libmariadb-dev libpq-dev
DEPS_EL += openssl-devel pcre-devel mysql-devel postgresql-devel

TEST_TOOLS += fake_ipvsadm ld_server
fake_ipvsadm_SRC := tests/tools/fake_ipvsadm.c
ld_server_SRC := tests/tools/ld_server.c lib/ev.c

UNIT_TESTS += test_ld_conf test_ld_pool test_ld_dialog
LD_UNIT_SRC = $(LD_PURE_SRC) lib/conf.c lib/log.c lib/fault.c
test_ld_conf_SRC = tests/unit/test_ld_conf.c $(LD_UNIT_SRC)
test_ld_pool_SRC = tests/unit/test_ld_pool.c ldirectord/ld_apply.c ldirectord/ld_table.c lib/run.c lib/ev.c $(IPVS_NL_SRC) $(LD_UNIT_SRC)
test_ld_dialog_SRC = tests/unit/test_ld_dialog.c $(LD_UNIT_SRC)
test_ld_conf_PKG = $(LD_PKG)
test_ld_pool_PKG = $(LD_PKG) $(IPVS_NL_PKG)
test_ld_dialog_PKG = $(LD_PKG)
test_ld_conf_LIBS = $(LD_LIBS)
test_ld_pool_LIBS = $(LD_LIBS)
test_ld_dialog_LIBS = $(LD_LIBS)
$(O)/test/tests/unit/test_ld_dialog.o: PKG_CFLAGS += $(LD_FLAGS)

MANPAGES += ldirectord/ldirectord.8
INSTALL += 755:$(O)/ldirectord:/usr/sbin/ldirectord:/etc/ha.d/resource.d/ldirectord \
	755:ldirectord/ldirectord.init:/etc/init.d/ldirectord \
	644:ldirectord/ldirectord.service:/usr/lib/systemd/system/ldirectord.service \
	644:ldirectord/ldirectord.logrotate:/etc/logrotate.d/ldirectord \
	644:ldirectord/ldirectord.cf:/usr/share/doc/ldirectord/ldirectord.cf
DEPS_TEST_DEB += perl openssl iproute2 util-linux
