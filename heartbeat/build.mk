# heartbeat in haresources mode, its tools and clients; the resource scripts are in resource.d/
HB_DIR := $(LIBDIR)/heartbeat
HB_PARSE_SRC := heartbeat/ha_cf.c heartbeat/authkeys.c heartbeat/haresources.c
HB_PURE_SRC := heartbeat/hb_msg.c heartbeat/hb_seq.c heartbeat/hb_member.c heartbeat/hb_takeover.c heartbeat/hb_node.c
HB_PKG := libcrypto
# zlib comes with OpenSSL's headers; bzip2 is used where it is
HB_BZIP2 := $(shell echo '\#include <bzlib.h>' | $(CC) -E - >/dev/null 2>&1 && echo y)
HB_FLAGS := $(if $(HB_BZIP2),-DHAVE_BZIP2)
HB_LIBS := -lz $(if $(HB_BZIP2),-lbz2)
$(O)/obj/heartbeat/%.o $(O)/test/heartbeat/%.o $(O)/obj/tests/tools/hbsim.o $(O)/test/tests/unit/test_hb_msg.o \
	$(O)/test/tests/unit/test_hb_conf.o: PKG_CFLAGS += $(HB_FLAGS)
LINT_CFLAGS += $(HB_FLAGS)

HB_MEDIA_SRC := heartbeat/hb_media.c heartbeat/hb_bcast.c heartbeat/hb_ucast.c heartbeat/hb_mcast.c heartbeat/hb_serial.c \
	heartbeat/hb_ttylock.c heartbeat/hb_ping.c

PROGRAMS += heartbeat
heartbeat_SRC = heartbeat/heartbeat.c heartbeat/hb_daemon.c heartbeat/hb_rsc.c heartbeat/hb_ctl.c heartbeat/hb_ipc.c \
	heartbeat/hb_state.c heartbeat/hb_fifo.c heartbeat/hb_child.c heartbeat/hb_hook.c heartbeat/hb_log.c \
	heartbeat/hb_logd.c heartbeat/hb_stonith.c heartbeat/hb_extra.c heartbeat/hb_test.c heartbeat/hb_files.c heartbeat/hb_client.c \
	$(HB_MEDIA_SRC) $(HB_PURE_SRC) $(HB_PARSE_SRC) $(LIB_SRC)
heartbeat_PKG = $(HB_PKG)
heartbeat_LIBS = $(HB_LIBS)
INSTALL += 755:$(O)/heartbeat:$(HB_DIR)/heartbeat \
	755:heartbeat/heartbeat.init:/etc/init.d/heartbeat \
	644:$(O)/heartbeat.service:/usr/lib/systemd/system/heartbeat.service \
	644:heartbeat/heartbeat.logrotate:/etc/logrotate.d/heartbeat \
	755:heartbeat/harc:/etc/ha.d/harc 755:heartbeat/rc.d/status:/etc/ha.d/rc.d/status 644:heartbeat/shellfuncs:/etc/ha.d/shellfuncs
MANPAGES += ha.cf.5 heartbeat/authkeys.5 heartbeat/haresources.5 heartbeat/heartbeat.8 heartbeat/cl_status.1 \
	heartbeat/hb_standby.1 heartbeat/hb_takeover.1 heartbeat/hb_addnode.1 heartbeat/hb_delnode.1
all: $(O)/ha.cf.5 $(O)/heartbeat.service

# The table of directives is the program's own.
$(O)/ha.cf.5: heartbeat/ha.cf.5.in $(O)/heartbeat
	$(O)/heartbeat -D | awk 'NR > 1 { name = $$1; default_ = substr($$0, 26, 26); help = substr($$0, 53); sub(/ +$$/, "", default_); \
		print ".TP\n.B " name (default_ == "" ? "" : "\n[" default_ "]"); print help }' >$@.table
	sed -e '/@DIRECTIVES@/{' -e 'r $@.table' -e 'd' -e '}' $< >$@
	rm $@.table
$(O)/heartbeat.service: heartbeat/heartbeat.service.in
	@mkdir -p $(@D)
	sed 's|@HB_DIR@|$(HB_DIR)|' $< >$@

HB_SHARE := /usr/share/heartbeat
HB_CLIENT_SRC := heartbeat/hb_client.c heartbeat/hb_ipc.c heartbeat/hb_msg.c heartbeat/authkeys.c heartbeat/hb_state.c lib/conf.c lib/log.c
PROGRAMS += cl_status hb_send ResourceManager
cl_status_SRC = heartbeat/cl_status.c $(HB_CLIENT_SRC)
cl_status_PKG = $(HB_PKG)
cl_status_LIBS = $(HB_LIBS)
hb_send_SRC = heartbeat/hb_send.c heartbeat/hb_msg.c heartbeat/authkeys.c lib/conf.c lib/log.c
hb_send_PKG = $(HB_PKG)
hb_send_LIBS = $(HB_LIBS)
ResourceManager_SRC = heartbeat/resource_manager.c heartbeat/hb_rsc.c heartbeat/hb_log.c heartbeat/hb_logd.c heartbeat/hb_state.c $(HB_PARSE_SRC) $(LIB_SRC)
ResourceManager_PKG = $(HB_PKG)
ResourceManager_LIBS = $(HB_LIBS)
PROGRAMS += ipfail dopd drbd-peer-outdater cl_respawn api_test
ipfail_SRC = heartbeat/ipfail.c $(HB_CLIENT_SRC)
ipfail_PKG = $(HB_PKG)
ipfail_LIBS = $(HB_LIBS)
dopd_SRC = heartbeat/dopd.c $(HB_CLIENT_SRC) lib/ev.c lib/run.c
dopd_PKG = $(HB_PKG)
dopd_LIBS = $(HB_LIBS)
drbd-peer-outdater_SRC = heartbeat/drbd_peer_outdater.c heartbeat/hb_ipc.c heartbeat/hb_msg.c heartbeat/authkeys.c heartbeat/hb_state.c \
	lib/conf.c lib/log.c
drbd-peer-outdater_PKG = $(HB_PKG)
drbd-peer-outdater_LIBS = $(HB_LIBS)
cl_respawn_SRC = heartbeat/cl_respawn.c lib/conf.c lib/log.c
api_test_SRC = heartbeat/api_test.c $(HB_CLIENT_SRC)
api_test_PKG = $(HB_PKG)
api_test_LIBS = $(HB_LIBS)
INSTALL += 755:$(O)/ipfail:$(HB_DIR)/ipfail 755:$(O)/dopd:$(HB_DIR)/dopd 755:$(O)/drbd-peer-outdater:$(HB_DIR)/drbd-peer-outdater \
	755:$(O)/api_test:$(HB_DIR)/api_test 755:$(O)/cl_respawn:/usr/bin/cl_respawn
INSTALL += 2755:$(O)/cl_status:/usr/bin/cl_status \
	755:$(O)/hb_send:$(HB_DIR)/hb_send:$(HB_SHARE)/hb_standby:$(HB_SHARE)/hb_takeover:$(HB_SHARE)/hb_addnode:$(HB_SHARE)/hb_delnode:$(HB_SHARE)/hb_setweight:$(HB_SHARE)/hb_setsite \
	755:$(O)/ResourceManager:$(HB_DIR)/ResourceManager:$(HB_SHARE)/ResourceManager:$(HB_SHARE)/mach_down:$(HB_SHARE)/req_resource

PROGRAMS += send_arp
send_arp_SRC := heartbeat/send_arp.c
send_arp_DIR := $(HB_DIR)
INSTALL += 755:$(O)/send_arp:$(HB_DIR)/send_arp

UNIT_TESTS += test_hb_conf test_hb_msg test_hb_takeover test_hb_member test_hb_node
test_hb_conf_SRC = tests/unit/test_hb_conf.c heartbeat/hb_state.c $(HB_PARSE_SRC) lib/conf.c lib/log.c lib/fault.c
test_hb_conf_PKG = $(HB_PKG)

test_hb_msg_SRC = tests/unit/test_hb_msg.c $(HB_PURE_SRC) heartbeat/authkeys.c lib/conf.c lib/log.c lib/fault.c
test_hb_msg_PKG = $(HB_PKG)
test_hb_msg_LIBS = $(HB_LIBS)
test_hb_node_SRC = tests/unit/test_hb_node.c $(HB_PURE_SRC) heartbeat/authkeys.c lib/conf.c lib/log.c lib/fault.c
test_hb_node_PKG = $(HB_PKG)
test_hb_node_LIBS = $(HB_LIBS)
test_hb_member_SRC = tests/unit/test_hb_member.c heartbeat/hb_member.c heartbeat/hb_seq.c $(HB_MEDIA_SRC) lib/conf.c lib/ev.c lib/log.c lib/fault.c
test_hb_takeover_SRC = tests/unit/test_hb_takeover.c heartbeat/hb_takeover.c

TEST_TOOLS += hbsim
hbsim_SRC = tests/tools/hbsim.c $(HB_PURE_SRC) $(HB_PARSE_SRC) lib/conf.c lib/log.c
hbsim_PKG = $(HB_PKG)
hbsim_LIBS = $(HB_LIBS)

DEPS_DEB += libssl-dev zlib1g-dev libbz2-dev
DEPS_TEST_DEB += iproute2 iptables util-linux procps python3
DEPS_EL += openssl-devel
