# heartbeat in haresources mode, its tools and clients; the resource scripts are in resource.d/
HB_DIR := $(LIBDIR)/heartbeat
HB_PARSE_SRC := heartbeat/ha_cf.c heartbeat/authkeys.c heartbeat/haresources.c
HB_PKG := libcrypto

PROGRAMS += send_arp
send_arp_SRC := heartbeat/send_arp.c
send_arp_DIR := $(HB_DIR)
INSTALL += 755:$(O)/send_arp:$(HB_DIR)/send_arp

UNIT_TESTS += test_hb_conf
test_hb_conf_SRC = tests/unit/test_hb_conf.c $(HB_PARSE_SRC) lib/conf.c lib/log.c lib/fault.c
test_hb_conf_PKG = $(HB_PKG)

DEPS_DEB += libssl-dev
DEPS_EL += openssl-devel
