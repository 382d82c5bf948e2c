# The pure core: one list of sources for the tools, the simulator and the tests (drbd.ko reads the folder itself).
CORE_SRC := $(wildcard drbd-like/core/*.c)

UNIT_TESTS += test_drbd_interval test_drbd_req test_drbd_peer_req test_drbd_resync
test_drbd_interval_SRC = tests/unit/test_drbd_interval.c drbd-like/core/drbd_interval.c
test_drbd_req_SRC = tests/unit/test_drbd_req.c drbd-like/core/drbd_req.c drbd-like/core/drbd_interval.c
test_drbd_peer_req_SRC = tests/unit/test_drbd_peer_req.c drbd-like/core/drbd_peer_req.c \
	drbd-like/core/drbd_req.c drbd-like/core/drbd_interval.c
test_drbd_resync_SRC = tests/unit/test_drbd_resync.c drbd-like/core/drbd_resync.c

UNIT_TESTS += test_drbd_packet
test_drbd_packet_SRC := tests/unit/test_drbd_packet.c drbd-like/core/drbd_packet.c
