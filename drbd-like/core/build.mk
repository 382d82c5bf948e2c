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

UNIT_TESTS += test_drbd_md test_drbd_al test_drbd_bm
test_drbd_md_SRC := tests/unit/test_drbd_md.c drbd-like/core/drbd_md.c
test_drbd_al_SRC := tests/unit/test_drbd_al.c drbd-like/core/drbd_al.c
test_drbd_bm_SRC := tests/unit/test_drbd_bm.c drbd-like/core/drbd_bm.c

UNIT_TESTS += test_drbd_uuid
test_drbd_uuid_SRC := tests/unit/test_drbd_uuid.c drbd-like/core/drbd_uuid.c

UNIT_TESTS += test_drbd_handshake
test_drbd_handshake_SRC := tests/unit/test_drbd_handshake.c $(addprefix drbd-like/core/drbd_, \
	handshake.c state.c cmd.c text.c uuid.c options.c packet.c)
test_drbd_handshake_PKG := libcrypto

UNIT_TESTS += test_drbd_fuzz
test_drbd_fuzz_SRC := tests/unit/test_drbd_fuzz.c drbd-like/user/md_dump.c $(addprefix drbd-like/core/drbd_, \
	al.c bm.c cmd.c handshake.c md.c options.c packet.c state.c uuid.c)

UNIT_TESTS += test_drbd_state test_drbd_cmd
MACHINE_SRC := $(addprefix drbd-like/core/drbd_, state.c cmd.c text.c uuid.c options.c)
test_drbd_state_SRC := tests/unit/test_drbd_state.c $(MACHINE_SRC)
test_drbd_cmd_SRC := tests/unit/test_drbd_cmd.c $(MACHINE_SRC)

UNIT_TESTS += test_drbd_options
test_drbd_options_SRC := tests/unit/test_drbd_options.c drbd-like/core/drbd_options.c
