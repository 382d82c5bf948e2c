/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resync and verify planning: how much to ask for in the next turn, in what pieces, what blocks whom, what the
 * answer to a request is, when it is finished, and how /proc/drbd tells it. The bitmap itself is drbd_bm.[ch], the
 * state changes around it drbd_state.[ch]. Positions are bitmap bits of 4096 bytes unless the name ends in _sect.
 * Pure: the caller holds the lock and owns all memory. Times are milliseconds of a clock that only goes forward.
 * Sources: drbd-wire.md 7 and 8, drbd-tools.md C2.
 */
#ifndef DRBD_RESYNC_H
#define DRBD_RESYNC_H

#include "drbd_port.h"

#define DRBD_RS_TURN_MS		100	/* period of the controller */
#define DRBD_RS_PLAN_MAX	300	/* largest c-plan-ahead, 0.1 s */
#define DRBD_RS_MARKS		8
#define DRBD_RS_MARK_MS		3000
#define DRBD_RS_EXTENTS		61	/* resync extents in use at once */
#define DRBD_RS_EXTENT_SECT	32768	/* 16 MiB */

/* --- controller ------------------------------------------------------------------------------------------- */

/* Options in their units of drbd-wire.md 7.6; rates in KiB/s. */
struct drbd_rs_conf {
	u32 resync_rate;
	u32 c_plan_ahead;	/* 0.1 s; 0: fixed resync_rate */
	u32 c_delay_target;	/* 0.1 s */
	u32 c_fill_target;	/* sectors */
	u32 c_max_rate;
	u32 c_min_rate;		/* 0: never throttled */
	u32 max_buffers;	/* pages of 4096 bytes */
};

struct drbd_rs_ctl {
	s32 plan[DRBD_RS_PLAN_MAX];
	s32 plan_sum;
	u32 steps, head;
	u32 in_flight_sect;	/* requested, not answered */
	u32 want_kib_s;		/* what the last turn aimed at: "want:" in /proc/drbd */
};

/* At the start of a resync or verify, and when c_plan_ahead changes (in_flight_sect survives). */
void drbd_rs_ctl_init(struct drbd_rs_ctl *ctl, u32 c_plan_ahead);
void drbd_rs_ctl_resize(struct drbd_rs_ctl *ctl, u32 c_plan_ahead);

/* One turn: sect_in sectors were answered since the last one. Returns how many 4 KiB blocks to request now. */
u32 drbd_rs_ctl_turn(struct drbd_rs_ctl *ctl, const struct drbd_rs_conf *conf, u32 sect_in);

/* That many were requested. */
void drbd_rs_ctl_requested(struct drbd_rs_ctl *ctl, u32 blocks);

/* --- one run of resync or verify --------------------------------------------------------------------------- */

struct drbd_rs {
	u64 total;		/* bits to do at the start: rs_total */
	u64 failed;		/* bits that could not be synced */
	u64 same_csum;		/* bits found equal by checksum */
	u64 start_ms;
	u64 paused_ms;		/* sum of the pauses that are over */
	u64 pause_began_ms;
	u8 paused;
	u8 verify;
	u8 last_mark;
	u64 mark_ms[DRBD_RS_MARKS], mark_left[DRBD_RS_MARKS];
	u64 last_events_sect;	/* of the throttle */
	u64 pos;		/* next bit to look at */
	/* verify only */
	u64 ov_start_sect;
	u64 ov_stop_sect;	/* all ones: none */
	u64 ov_left;		/* bits without a result yet */
	u64 ov_oos_sect, ov_oos_len_sect;	/* the run of differing sectors being collected for the log */
};

/* total: set bits; pos starts at 0. */
void drbd_rs_begin(struct drbd_rs *rs, u64 total, u64 now_ms);
void drbd_rs_pause(struct drbd_rs *rs, u64 now_ms);
void drbd_rs_resume(struct drbd_rs *rs, u64 now_ms);

/* After progress: left = set bits (verify: ov_left). Takes a mark every 3 s. */
void drbd_rs_mark(struct drbd_rs *rs, u64 left, u64 now_ms);

/* Resync: nothing left but what failed. left = set bits. */
bool drbd_rs_finished(const struct drbd_rs *rs, u64 left);

/*
 * c-min-rate: must resync step back for the application? disk_sect: sectors that the backing disk has moved
 * in its life, less those moved for resync; al_waiters: application I/O waits for the activity log.
 */
bool drbd_rs_throttled(struct drbd_rs *rs, const struct drbd_rs_conf *conf, u64 disk_sect, bool al_waiters, u64 left,
		       u64 now_ms);

/* --- requests of the target -------------------------------------------------------------------------------- */

/*
 * May a request of `bits` bits that starts at `first` take in the next bit too, if that is set? max_bits: largest
 * request; gran_bits: rs-discard-granularity if thin resync is agreed, else 0.
 */
bool drbd_rs_may_grow(u64 first, u32 bits, u32 max_bits, u32 gran_bits);

/* Does this run compare checksums; the packet (enum drbd_packet) that asks for a piece. */
bool drbd_rs_use_csums(u16 apv, bool csums_alg_set, bool after_crash_only, bool crashed_primary);
u16 drbd_rs_request_packet(bool use_csums, u32 size_byte, u32 gran_byte);

/* --- resync extents: resync and application writes keep apart --------------------------------------------- */

enum { BME_NO_WRITES = 1, BME_LOCKED = 2, BME_PRIORITY = 4, BME_YIELDS = 8 };

struct drbd_rs_extent {
	u32 nr;			/* in 16 MiB units */
	u16 refs;		/* resync requests in it; 0 without BME_NO_WRITES: free slot */
	u8 flags;
};

struct drbd_rs_extents {
	struct drbd_rs_extent slot[DRBD_RS_EXTENTS];
	u32 used, hits, misses, starving, locked, changed;	/* "resync:" line of /proc/drbd */
};

enum drbd_rs_lock {
	RS_LOCKED,		/* go on; drbd_rs_complete_io() later */
	RS_AL_BUSY,		/* application writes are active in it; new ones wait from now on: try again */
	RS_STEP_BACK,		/* the application waits for it: resync elsewhere or later */
	RS_NO_SLOT		/* all extents in use: try again */
};

void drbd_rs_extents_init(struct drbd_rs_extents *x);

/*
 * al_busy: one of the four activity-log extents of this resync extent has references. step_back: give way to
 * waiting application writes (target, while choosing requests); the source, which must answer, passes false and waits.
 */
enum drbd_rs_lock drbd_rs_begin_io(struct drbd_rs_extents *x, u64 sector, bool al_busy, bool step_back);

/* An answer is complete. True: application writes may be waiting for this extent, wake them. */
bool drbd_rs_complete_io(struct drbd_rs_extents *x, u64 sector);

/* A try that ended without lock is given up. True: wake. */
bool drbd_rs_cancel_io(struct drbd_rs_extents *x, u64 sector);

/*
 * Must an application write into this 4 MiB activity-log extent wait? Marks the extent BME_PRIORITY if so. Who would step back
 * at its next try is not waited for: that try may be far off, if resync is throttled, or never come.
 */
bool drbd_rs_blocks_al(struct drbd_rs_extents *x, u32 al_extent_nr);

/* Connection or disk lost: all locks go. */
void drbd_rs_cancel_all(struct drbd_rs_extents *x);

/* --- answers ------------------------------------------------------------------------------------------------ */

enum drbd_rs_kind { RS_DATA_REQ, RS_THIN_REQ, RS_CSUM_REQ, RS_READ_REQ, RS_OV_REQ };

struct drbd_rs_answer {
	u16 packet;		/* enum drbd_packet; 0: no answer */
	u8 set_in_sync;		/* clear own bits before sending */
	u8 count_failed;	/* own rs->failed grows by the blocks */
};

/* Is a request of the peer served at all (disk UpToDate)? If not: the answer, without reading. */
bool drbd_rs_serve(enum drbd_rs_kind kind, u8 disk, struct drbd_rs_answer *ans);

/* The block is read. equal: digests match (RS_CSUM_REQ) or all bytes are zero (RS_THIN_REQ). */
void drbd_rs_answer(enum drbd_rs_kind kind, s32 io_error, bool equal, u8 conn, u8 pdsk, struct drbd_rs_answer *ans);

/* Does P_RS_WRITE_ACK of a resync write clear our bits? Not once Ahead: they may be of newer writes. */
bool drbd_rs_ack_clears(u8 conn);

/* --- verify ------------------------------------------------------------------------------------------------- */

/* bits: of the device. start_sect is rounded down to a block; stop_sect: all ones, or where to stop. */
void drbd_ov_begin(struct drbd_rs *rs, u64 bits, u64 start_sect, u64 stop_sect, u64 now_ms);

/* The next block to ask for: false if there is none. size_byte is clipped at capacity_sect. */
bool drbd_ov_next(struct drbd_rs *rs, u64 capacity_sect, u64 *sector, u32 *size_byte);

/* A result for one block. True: the run is finished. Where it stopped, to go on from, is rs->pos. */
bool drbd_ov_result(struct drbd_rs *rs, u64 now_ms);

/*
 * Collects differing blocks that follow each other: true if a run ended, to be logged as
 * *sector, *len_sect. At the end of verify call with len 0.
 */
bool drbd_ov_oos(struct drbd_rs *rs, u64 sector, u32 len_sect, u64 *run_sect, u64 *run_len_sect);

/* P_OV_RESULT: block id in host order (4711 in sync, 4712 not). */
u64 drbd_ov_result_id(bool equal);

/* --- resync-after ------------------------------------------------------------------------------------------- */

struct drbd_rs_dep {
	s32 minor;
	s32 resync_after;	/* minor, -1: none */
	u8 conn, disk;
	u8 isp;			/* any of aftr_isp, peer_isp, user_isp */
};

/* May the device of this minor sync now, as far as its dependency chain is concerned? (false: aftr_isp = 1) */
bool drbd_rs_may_sync(const struct drbd_rs_dep *dev, u32 devs, s32 minor);

/* 0; -EINVAL: after is not a valid minor (error 132); -ELOOP: that would be a cycle (error 133). */
int drbd_rs_after_check(const struct drbd_rs_dep *dev, u32 devs, s32 minor, s32 after);

/* --- /proc/drbd ---------------------------------------------------------------------------------------------- */

struct drbd_rs_show {
	u64 left;		/* set bits - failed, or ov_left */
	u64 device_bits;
	u64 want_kib_s;
	u8 with_want;		/* SyncTarget and VerifyS */
	u8 proc_details;
};

/*
 * Writes the progress lines of drbd-tools.md C2 ("\t[==>...] sync'ed: ...\n\tfinish: ...\n" and, with proc_details,
 * "sector pos") with a terminating NUL. Returns the length, without it; len 512 is always enough.
 */
u32 drbd_rs_format(char *buf, u32 len, const struct drbd_rs *rs, const struct drbd_rs_show *show, u64 now_ms);

#endif
