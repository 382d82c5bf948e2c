#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The main job, step by step: the run of `make demo`.

@test "the walkthrough: packages by rpm, DRBD, the disk by hand, MySQL and LVS under heartbeat, and failovers with a client at work" {
	TMPDIR=$BATS_TEST_TMPDIR "$BATS_TEST_DIRNAME/../lib/demo.bash" run
}
