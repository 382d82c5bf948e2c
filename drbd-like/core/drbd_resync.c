/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resync and verify planning. The controller keeps c-fill-target sectors on the way to the peer and back, or as many
 * as come back within c-delay-target: what is missing is spread over the next c-plan-ahead turns.
 */
#include "drbd_resync.h"
#include "drbd_protocol.h"

#define SECT_PER_BIT	8
#define KIB_PER_BIT	4
#define BITS_PER_EXTENT	(DRBD_RS_EXTENT_SECT / SECT_PER_BIT)
#define NO_STOP		(~(u64)0)

/* --- controller ------------------------------------------------------------------------------------------------------ */

void drbd_rs_ctl_init(struct drbd_rs_ctl *ctl, u32 c_plan_ahead)
{
	ctl->in_flight_sect = 0;
	ctl->want_kib_s = 0;
	drbd_rs_ctl_resize(ctl, c_plan_ahead);
}

void drbd_rs_ctl_resize(struct drbd_rs_ctl *ctl, u32 c_plan_ahead)
{
	u32 i;

	drbd_assert(c_plan_ahead <= DRBD_RS_PLAN_MAX);
	ctl->steps = c_plan_ahead;
	ctl->head = 0;
	ctl->plan_sum = 0;
	for (i = 0; i < DRBD_RS_PLAN_MAX; i++)
		ctl->plan[i] = 0;
}

/* Sectors to request in this turn. */
static u32 controlled(struct drbd_rs_ctl *ctl, const struct drbd_rs_conf *conf, u32 sect_in)
{
	s32 steps = ctl->steps, want, cps, curr, req, max;
	u32 i;

	if (!(ctl->in_flight_sect + sect_in))
		want = (s32)(conf->resync_rate * 2 / 10) * steps;
	else
		want = conf->c_fill_target ? conf->c_fill_target : sect_in * conf->c_delay_target;
	cps = (want - (s32)ctl->in_flight_sect - ctl->plan_sum) / steps;
	for (i = 0; i < ctl->steps; i++)
		ctl->plan[i] += cps;
	ctl->plan_sum += cps * steps;
	curr = ctl->plan[ctl->head];
	ctl->plan_sum -= curr;
	ctl->plan[ctl->head] = 0;
	ctl->head = (ctl->head + 1) % ctl->steps;
	req = (s32)sect_in + curr;
	max = conf->c_max_rate * 2 / 10;
	return req < 0 ? 0 : req > max ? max : req;
}

u32 drbd_rs_ctl_turn(struct drbd_rs_ctl *ctl, const struct drbd_rs_conf *conf, u32 sect_in)
{
	u32 blocks, buffers = conf->max_buffers / 2, busy;

	ctl->in_flight_sect -= sect_in < ctl->in_flight_sect ? sect_in : ctl->in_flight_sect;
	if (ctl->steps) {
		blocks = controlled(ctl, conf, sect_in) / SECT_PER_BIT;
		ctl->want_kib_s = blocks * KIB_PER_BIT * (1000 / DRBD_RS_TURN_MS);
	} else {
		blocks = conf->resync_rate / (KIB_PER_BIT * (1000 / DRBD_RS_TURN_MS));
		ctl->want_kib_s = conf->resync_rate;
	}
	busy = ctl->in_flight_sect / SECT_PER_BIT;
	buffers = buffers > busy ? buffers - busy : 0;
	return blocks < buffers ? blocks : buffers;
}

void drbd_rs_ctl_requested(struct drbd_rs_ctl *ctl, u32 blocks)
{
	ctl->in_flight_sect += blocks * SECT_PER_BIT;
}

/* --- one run ----------------------------------------------------------------------------------------------------------- */

void drbd_rs_begin(struct drbd_rs *rs, u64 total, u64 now_ms)
{
	int i;

	rs->total = total;
	rs->failed = rs->same_csum = 0;
	rs->start_ms = now_ms;
	rs->paused_ms = rs->pause_began_ms = 0;
	rs->paused = rs->verify = rs->last_mark = 0;
	for (i = 0; i < DRBD_RS_MARKS; i++) {
		rs->mark_ms[i] = now_ms;
		rs->mark_left[i] = total;
	}
	rs->last_events_sect = 0;
	rs->pos = 0;
	rs->ov_start_sect = rs->ov_left = 0;
	rs->ov_stop_sect = NO_STOP;
	rs->ov_oos_sect = rs->ov_oos_len_sect = 0;
}

void drbd_rs_pause(struct drbd_rs *rs, u64 now_ms)
{
	if (rs->paused)
		return;
	rs->paused = 1;
	rs->pause_began_ms = now_ms;
}

void drbd_rs_resume(struct drbd_rs *rs, u64 now_ms)
{
	if (!rs->paused)
		return;
	rs->paused = 0;
	rs->paused_ms += now_ms - rs->pause_began_ms;
}

void drbd_rs_mark(struct drbd_rs *rs, u64 left, u64 now_ms)
{
	u8 last = rs->last_mark;

	if (rs->paused || now_ms - rs->mark_ms[last] < DRBD_RS_MARK_MS || rs->mark_left[last] == left)
		return;
	rs->last_mark = last = (last + 1) % DRBD_RS_MARKS;
	rs->mark_ms[last] = now_ms;
	rs->mark_left[last] = left;
}

bool drbd_rs_finished(const struct drbd_rs *rs, u64 left)
{
	return left <= rs->failed;
}

struct speed {
	u64 dt_s;	/* not 0 */
	u64 bits;	/* done in that time */
	u64 kib_s;
	bool stalled;
};

static void speed_over(struct speed *sp, u64 from_ms, u64 to_ms, u64 from_left, u64 left)
{
	sp->dt_s = to_ms > from_ms ? drbd_div(to_ms - from_ms, 1000) : 0;
	sp->stalled = sp->dt_s > 180;
	if (!sp->dt_s)
		sp->dt_s = 1;
	sp->bits = from_left > left ? from_left - left : 0;
	sp->kib_s = drbd_div(sp->bits, sp->dt_s) * KIB_PER_BIT;
}

static void speed_since_mark(struct speed *sp, const struct drbd_rs *rs, u32 marks_ahead, u64 left, u64 now_ms)
{
	u32 i = (rs->last_mark + marks_ahead) % DRBD_RS_MARKS;

	speed_over(sp, rs->mark_ms[i], now_ms, rs->mark_left[i], left);
}

bool drbd_rs_throttled(struct drbd_rs *rs, const struct drbd_rs_conf *conf, u64 disk_sect, bool al_waiters, u64 left,
		       u64 now_ms)
{
	struct speed sp;

	if (!conf->c_min_rate)
		return false;
	if (!al_waiters && (s64)(disk_sect - rs->last_events_sect) <= 64)
		return false;
	rs->last_events_sect = disk_sect;
	/* the mark before the last: about the last 3 to 6 seconds */
	speed_since_mark(&sp, rs, DRBD_RS_MARKS - 1, left, now_ms);
	return sp.kib_s > conf->c_min_rate;
}

/* --- requests of the target ---------------------------------------------------------------------------------------------- */

bool drbd_rs_may_grow(u64 first, u32 bits, u32 max_bits, u32 gran_bits)
{
	u32 power = 1;

	if (bits >= max_bits || (gran_bits && bits == gran_bits))
		return false;
	if (!((first + bits) & (BITS_PER_EXTENT - 1)))
		return false;
	while (power <= bits)
		power <<= 1;	/* larger than power / 2: must start on a multiple of power */
	return !(first & (power - 1));
}

bool drbd_rs_use_csums(u16 apv, bool csums_alg_set, bool after_crash_only, bool crashed_primary)
{
	return apv >= 89 && csums_alg_set && (!after_crash_only || crashed_primary);
}

u16 drbd_rs_request_packet(bool use_csums, u32 size_byte, u32 gran_byte)
{
	if (use_csums)
		return P_CSUM_RS_REQUEST;
	return gran_byte && size_byte == gran_byte ? P_RS_THIN_REQ : P_RS_DATA_REQUEST;
}

/* --- resync extents --------------------------------------------------------------------------------------------------------- */

void drbd_rs_extents_init(struct drbd_rs_extents *x)
{
	x->hits = x->misses = x->starving = x->locked = x->changed = 0;
	drbd_rs_cancel_all(x);
}

void drbd_rs_cancel_all(struct drbd_rs_extents *x)
{
	u32 i;

	for (i = 0; i < DRBD_RS_EXTENTS; i++) {
		x->slot[i].nr = 0;
		x->slot[i].refs = 0;
		x->slot[i].flags = 0;
	}
	x->used = 0;
}

/* The slot of an extent, or NULL; *empty: one that is free, or NULL. */
static struct drbd_rs_extent *find_extent(struct drbd_rs_extents *x, u32 nr, struct drbd_rs_extent **empty)
{
	u32 i;

	if (empty)
		*empty = NULL;
	for (i = 0; i < DRBD_RS_EXTENTS; i++) {
		if (x->slot[i].flags & BME_NO_WRITES) {
			if (x->slot[i].nr == nr)
				return &x->slot[i];
		} else if (empty) {
			*empty = &x->slot[i];
		}
	}
	return NULL;
}

static u32 extent_of(u64 sector)
{
	return (u32)drbd_div(sector, DRBD_RS_EXTENT_SECT);
}

static void release(struct drbd_rs_extents *x, struct drbd_rs_extent *e)
{
	e->flags = 0;
	e->refs = 0;
	x->used--;
}

enum drbd_rs_lock drbd_rs_begin_io(struct drbd_rs_extents *x, u64 sector, bool al_busy, bool step_back)
{
	struct drbd_rs_extent *empty, *e = find_extent(x, extent_of(sector), &empty);

	if (!e) {
		if (!empty) {
			x->starving++;
			return RS_NO_SLOT;
		}
		x->misses++;
		x->changed++;
		x->used++;
		e = empty;
		e->nr = extent_of(sector);
		e->flags = BME_NO_WRITES;
	} else {
		x->hits++;
	}
	if (step_back && (e->flags & BME_PRIORITY)) {
		if (!e->refs)
			release(x, e);
		return RS_STEP_BACK;
	}
	if (!(e->flags & BME_LOCKED) && al_busy) {
		e->flags = step_back ? e->flags | BME_YIELDS : e->flags & ~BME_YIELDS;
		return RS_AL_BUSY;
	}
	e->flags |= BME_LOCKED;
	e->refs++;
	return RS_LOCKED;
}

bool drbd_rs_complete_io(struct drbd_rs_extents *x, u64 sector)
{
	struct drbd_rs_extent *e = find_extent(x, extent_of(sector), NULL);

	if (!e)
		return false;	/* cancelled meanwhile */
	drbd_assert(e->refs > 0);
	if (--e->refs)
		return false;
	release(x, e);
	return true;
}

bool drbd_rs_cancel_io(struct drbd_rs_extents *x, u64 sector)
{
	struct drbd_rs_extent *e = find_extent(x, extent_of(sector), NULL);

	if (!e || e->refs)
		return false;
	release(x, e);
	return true;
}

bool drbd_rs_blocks_al(struct drbd_rs_extents *x, u32 al_extent_nr)
{
	struct drbd_rs_extent *e = find_extent(x, al_extent_nr / 4, NULL);

	if (!e)
		return false;
	if (!e->refs && (e->flags & BME_YIELDS)) {
		release(x, e);
		return false;
	}
	if (!(e->flags & BME_PRIORITY))
		x->locked++;
	e->flags |= BME_PRIORITY;
	return true;
}

/* --- answers ---------------------------------------------------------------------------------------------------------------- */

bool drbd_rs_serve(enum drbd_rs_kind kind, u8 disk, struct drbd_rs_answer *ans)
{
	ans->packet = kind == RS_READ_REQ ? P_NEG_DREPLY : P_NEG_RS_DREPLY;
	ans->set_in_sync = ans->count_failed = 0;
	return disk == D_UP_TO_DATE;
}

void drbd_rs_answer(enum drbd_rs_kind kind, s32 io_error, bool equal, u8 conn, u8 pdsk, struct drbd_rs_answer *ans)
{
	ans->set_in_sync = ans->count_failed = 0;
	switch (kind) {
	case RS_READ_REQ:
		ans->packet = io_error ? P_NEG_DREPLY : P_DATA_REPLY;
		return;
	case RS_OV_REQ:
		ans->packet = P_OV_REPLY;	/* after a read error with the digest of zero bytes */
		return;
	case RS_DATA_REQ:
	case RS_THIN_REQ:
	case RS_CSUM_REQ:
		break;
	}
	if (conn == C_AHEAD) {
		ans->packet = P_RS_CANCEL;
	} else if (io_error) {
		ans->packet = P_NEG_RS_DREPLY;
		ans->count_failed = 1;
	} else if (pdsk < D_INCONSISTENT) {
		ans->packet = 0;
	} else if (kind == RS_THIN_REQ && equal) {
		ans->packet = P_RS_DEALLOCATED;
	} else if (kind == RS_CSUM_REQ && equal) {
		ans->packet = P_RS_IS_IN_SYNC;
		ans->set_in_sync = 1;
	} else {
		ans->packet = P_RS_DATA_REPLY;
	}
}

bool drbd_rs_ack_clears(u8 conn)
{
	return conn >= C_SYNC_SOURCE && conn <= C_PAUSED_SYNC_T;
}

/* --- verify ------------------------------------------------------------------------------------------------------------------- */

void drbd_ov_begin(struct drbd_rs *rs, u64 bits, u64 start_sect, u64 stop_sect, u64 now_ms)
{
	u64 first = drbd_div(start_sect, SECT_PER_BIT);

	if (first > bits)
		first = bits;
	drbd_rs_begin(rs, bits - first, now_ms);
	rs->verify = 1;
	rs->pos = first;
	rs->ov_start_sect = first * SECT_PER_BIT;
	rs->ov_stop_sect = stop_sect;
	rs->ov_left = bits - first;
}

bool drbd_ov_next(struct drbd_rs *rs, u64 capacity_sect, u64 *sector, u32 *size_byte)
{
	u64 at = rs->pos * SECT_PER_BIT;

	if (at >= capacity_sect || at >= rs->ov_stop_sect)
		return false;
	*sector = at;
	*size_byte = (u32)(capacity_sect - at < SECT_PER_BIT ? capacity_sect - at : SECT_PER_BIT) << 9;
	rs->pos++;
	return true;
}

bool drbd_ov_result(struct drbd_rs *rs, u64 now_ms)
{
	u64 bits_end = drbd_div(rs->ov_start_sect, SECT_PER_BIT) + rs->total, stop;

	if (rs->ov_left)
		rs->ov_left--;
	drbd_rs_mark(rs, rs->ov_left, now_ms);
	if (!rs->ov_left)
		return true;
	if (rs->ov_stop_sect == NO_STOP)
		return false;
	stop = drbd_div(rs->ov_stop_sect + SECT_PER_BIT - 1, SECT_PER_BIT);
	return stop < bits_end && rs->ov_left <= bits_end - stop;
}

bool drbd_ov_oos(struct drbd_rs *rs, u64 sector, u32 len_sect, u64 *run_sect, u64 *run_len_sect)
{
	bool ended;

	if (len_sect && rs->ov_oos_len_sect && rs->ov_oos_sect + rs->ov_oos_len_sect == sector) {
		rs->ov_oos_len_sect += len_sect;
		return false;
	}
	ended = rs->ov_oos_len_sect != 0;
	*run_sect = rs->ov_oos_sect;
	*run_len_sect = rs->ov_oos_len_sect;
	rs->ov_oos_sect = sector;
	rs->ov_oos_len_sect = len_sect;
	return ended;
}

u64 drbd_ov_result_id(bool equal)
{
	return equal ? ID_IN_SYNC : ID_OUT_OF_SYNC;
}

/* --- resync-after --------------------------------------------------------------------------------------------------------------- */

static const struct drbd_rs_dep *dep_of(const struct drbd_rs_dep *dev, u32 devs, s32 minor)
{
	u32 i;

	for (i = 0; i < devs; i++)
		if (dev[i].minor == minor)
			return &dev[i];
	return NULL;
}

bool drbd_rs_may_sync(const struct drbd_rs_dep *dev, u32 devs, s32 minor)
{
	const struct drbd_rs_dep *d = dep_of(dev, devs, minor);
	u32 hops;

	/* cycles are refused when configured; the bound is for the eyes of the reader */
	for (hops = 0; d && hops <= devs; hops++) {
		if (d->resync_after == -1)
			return true;
		d = dep_of(dev, devs, d->resync_after);
		if (!d || d->disk == D_DISKLESS)
			return true;
		if ((d->conn >= C_SYNC_SOURCE && d->conn <= C_PAUSED_SYNC_T) || d->isp)
			return false;
	}
	return true;
}

int drbd_rs_after_check(const struct drbd_rs_dep *dev, u32 devs, s32 minor, s32 after)
{
	const struct drbd_rs_dep *d;
	u32 hops;

	if (after == -1)
		return 0;
	if (after < -1 || after == minor || !dep_of(dev, devs, after))
		return -EINVAL;
	for (hops = 0; hops <= devs; hops++) {
		if (after == minor)
			return -ELOOP;
		d = dep_of(dev, devs, after);
		if (!d || d->resync_after == -1)
			return 0;
		after = d->resync_after;
	}
	return -ELOOP;
}

/* --- /proc/drbd -------------------------------------------------------------------------------------------------------------------- */

struct text {
	char *buf;
	u32 len, used;
};

#define PUT(t, ...) \
	((t)->used += drbd_snprintf((t)->buf + (t)->used, (t)->len - (t)->used, __VA_ARGS__))

/* With a comma between groups of three digits. */
static void put_grouped(struct text *t, u64 n)
{
	u64 unit = 1;

	while (drbd_div(n, unit) >= 1000)
		unit *= 1000;
	PUT(t, "%llu", drbd_div(n, unit));
	while (unit > 1) {
		n = drbd_mod(n, unit);
		unit = drbd_div(unit, 1000);
		PUT(t, ",%03llu", drbd_div(n, unit));
	}
}

static u32 per_mille_done(u64 left, u64 total)
{
	u32 shift = total > 0xffffffffu ? 16 : 10;

	if (left > total)
		return 0;
	return 1000 - (u32)drbd_div((left >> shift) * 1000, 1 + (total >> shift));
}

static void put_bar(struct text *t, u32 per_mille)
{
	u32 x = per_mille / 50;

	PUT(t, "\t[%.*s>%.*s] ", x ? (int)x - 1 : 0, "====================", 20 - (int)x,
	    "....................");
}

/* In MiB above 4 GiB, which are 2^20 bits. */
static void put_amount(struct text *t, const struct drbd_rs *rs, u64 left, u32 per_mille)
{
	u32 shift = rs->total > 1 << 20 ? 10 : 0;

	PUT(t, "%s:%3u.%u%% (%llu/%llu)%c\n\t", rs->verify ? "verified" : "sync'ed", per_mille / 10,
	    per_mille % 10, (left >> shift) * KIB_PER_BIT, (rs->total >> shift) * KIB_PER_BIT, shift ? 'M' : 'K');
}

static void put_finish(struct text *t, const struct speed *sp, u64 left)
{
	u64 s = drbd_div(sp->dt_s * drbd_div(left, drbd_div(sp->bits, 100) + 1), 100);
	u64 hours = drbd_div(s, 3600);
	u32 rest = (u32)(s - hours * 3600);

	PUT(t, "finish: %llu:%02u:%02u", hours, rest / 60, rest % 60);
}

static void put_position(struct text *t, const struct drbd_rs *rs, const struct drbd_rs_show *show)
{
	u64 bits = show->device_bits, pos = rs->verify ? bits - show->left : rs->pos;

	PUT(t, "\t%3u%% sector pos: %llu/%llu", (u32)drbd_div(pos, drbd_div(bits, 100) + 1), pos * SECT_PER_BIT,
	    bits * SECT_PER_BIT);
	if (rs->verify && rs->ov_stop_sect != NO_STOP)
		PUT(t, " stop sector: %llu", rs->ov_stop_sect);
	PUT(t, "\n");
}

u32 drbd_rs_format(char *buf, u32 len, const struct drbd_rs *rs, const struct drbd_rs_show *show, u64 now_ms)
{
	struct text t = { buf, len, 0 };
	u32 per_mille = per_mille_done(show->left, rs->total);
	struct speed cur, sp;

	put_bar(&t, per_mille);
	put_amount(&t, rs, show->left, per_mille);
	speed_since_mark(&cur, rs, 2, show->left, now_ms);
	put_finish(&t, &cur, show->left);
	PUT(&t, " speed: ");
	put_grouped(&t, cur.kib_s);
	PUT(&t, " (");
	if (show->proc_details >= 1) {
		speed_since_mark(&sp, rs, 7, show->left, now_ms);
		put_grouped(&t, sp.kib_s);
		PUT(&t, " -- ");
	}
	speed_over(&sp, rs->start_ms + rs->paused_ms, now_ms, rs->total, show->left);
	put_grouped(&t, sp.kib_s);
	PUT(&t, ")");
	if (show->with_want) {
		PUT(&t, " want: ");
		put_grouped(&t, show->want_kib_s);
	}
	PUT(&t, " K/sec%s\n", cur.stalled ? " (stalled)" : "");
	if (show->proc_details >= 1)
		put_position(&t, rs, show);
	return t.used;
}
