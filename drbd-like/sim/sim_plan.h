/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a history is made of: the configuration of each resource, and a list of what operator, application and bad luck do
 * at which time. All of it follows from the seed; any action can be left out, so that a history can be reduced.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "sim_node.h"

enum sim_act {
	ACT_LOAD, ACT_PROMOTE, ACT_DEMOTE, ACT_CRASH, ACT_BOOT, ACT_CRASH_BOTH, ACT_PARTITION, ACT_HEAL, ACT_BREAK, ACT_STALL,
	ACT_CONNECT, ACT_DISCONNECT, ACT_ATTACH, ACT_DETACH, ACT_VERIFY, ACT_INVALIDATE, ACT_INVALIDATE_REMOTE, ACT_OUTDATE,
	ACT_PAUSE, ACT_RESUME, ACT_SUSPEND, ACT_RESUME_IO, ACT_DISK_ERRORS, ACT_DISK_FINE, ACT_SLOW_DISK, ACT_CORRUPT,
	ACTS
};

#define SIM_ACTIONS_MAX 64

struct sim_action {
	u64 at_us;
	u8 what;
	u8 node;
	bool flag;		/* force, discard-my-data */
	u32 n;
	bool left_out;
};

struct sim_config {
	u32 vols;		/* volumes */
	bool stacked;		/* the first node's disk is a DRBD device */
	u64 sectors;		/* of each */
	bool created;
	u8 wire_protocol;
	bool two_primaries;
	u8 fencing, on_io_error, on_no_data, on_congestion;
	u32 cong_fill;
	u8 after_sb_0p, after_sb_1p, after_sb_2p, rr_conflict;
	bool always_asbp;
	bool csums, rle, thin;
	u64 limit_sect;		/* 0, or the size that both nodes are limited to until somebody resizes */
	u32 resize_ms[3];	/* when somebody does */
	bool auth, wrong_secret;	/* wrong: on one node, until faults stop */
	u8 ordering;		/* enum drbd_write_ordering; below WO_BDEV_FLUSH disks write through */
	bool internal[SIM_NODES];
	u16 apv_max[SIM_NODES];
	u8 read_balancing;
	u32 al_extents, max_epoch_size, resync_rate, c_plan_ahead;
	u32 hot_nr;
	u64 hot[32];		/* sectors around which the application writes */
};

struct sim_plan {
	struct sim_config conf;
	bool stacked;
	struct sim_config upper;	/* of the resource stacked on it, to a third node */
	struct sim_action action[SIM_ACTIONS_MAX];
	u32 actions;
	u64 end_us;
};

void sim_plan_make(struct sim_plan *p, u64 seed);
const char *sim_act_name(u8 what);
/* Builds both nodes; schedules the actions. */
void sim_plan_begin(struct sim_world *w, const struct sim_plan *p);
/* Faults have stopped: what an operator does until the pair is at rest; called now and then. */
void sim_plan_repair(struct sim_world *w);
void sim_plan_print(const struct sim_plan *p);

#endif
