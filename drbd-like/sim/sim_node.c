/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_node.h"
#include "sim_oracle.h"
#include "sim_plan.h"
#include "sim_stack.h"

#define TICK_US		250000
#define MD_DEVICE_BYTE	(1 << 20)	/* meta-data device, flexible external */
#define OP_LIMIT_US	30000000ull

static void poll_op(struct sim_node *n);
static void op_end(struct sim_node *n, s32 rv);
static void poll_cleanup(struct sim_node *n);
static void run_worker(struct sim_world *w, void *arg, u64 unused);

u64 sim_node_random(struct sim_node *n)
{
	return sim_random(&n->rng);
}

/* --- wake ------------------------------------------------------------------------------------------------------------ */

static void schedule_worker(struct sim_node *n)
{
	if (n->worker_timer)
		return;
	n->worker_timer = true;
	sim_after(n->w, sim_rnd(n->w, 40), &n->gen, run_worker, n, 0);
}

static void poll(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;
	struct sim_vol *v;

	(void)w;
	(void)unused;
	n->poll_timer = false;
	if (n->cleaning)
		poll_cleanup(n);
	sim_poll_receiver(n);
	for_each_vol(v, n)
		sim_poll_io(v);
	poll_op(n);
	schedule_worker(n);
}

void sim_node_wake(struct sim_node *n)
{
	if (n->poll_timer || !n->up)
		return;
	n->poll_timer = true;
	sim_after(n->w, sim_rnd(n->w, 20), &n->gen, poll, n, 0);
}

/* --- state changes ----------------------------------------------------------------------------------------------------- */

struct sim_work *sim_queue(struct sim_vol *v, enum sim_work_kind kind)
{
	struct sim_work *wk = sim_alloc(v->w, sizeof(*wk));

	wk->kind = kind;
	wk->v = v;
	wk->ticket = drbd_tl_ticket(&v->n->tl);
	*v->n->work_last = wk;
	v->n->work_last = &wk->next;
	schedule_worker(v->n);
	return wk;
}

static void do_now(struct sim_vol *v, u32 now)
{
	if ((now & NOW_CLOSE_EPOCH) && !SIM_FAULT(v->w, "epoch-not-closed"))
		drbd_tl_close_epoch(&v->n->tl);
	if (now & NOW_OV_STOP)
		v->ov_pos_sect = v->rs.pos * 8;
	if (now & NOW_OV_BEGIN)
		sim_ov_begin(v);
	if (now & NOW_RS_RESUME)
		drbd_rs_resume(&v->rs, sim_now_ms(v->w));
	if (now & (NOW_RS_TIMER | NOW_OV_TIMER))
		sim_rs_timer(v);
	if (now & NOW_RS_PAUSE)
		drbd_rs_pause(&v->rs, sim_now_ms(v->w));
	if ((now & NOW_MD_DIRTY) && !v->md_dirty) {
		v->md_dirty = true;
		v->md_dirty_since_us = v->w->now_us;
	}
	if (now & (NOW_STOP_RECEIVER | NOW_RESTART_RECEIVER))
		sim_begin_cleanup(v->n);
	if ((now & NOW_AL_RESUME) && v->disk_open)
		drbd_al_resume(&v->al);
	if (now & NOW_HOLD_DISK)
		v->disk_users++;
	sim_node_wake(v->n);
}

static void trace_change(struct sim_vol *v, union drbd_state os, union drbd_state ns)
{
	sim_trace(v->w, v->name, "state %s/%s %s %s/%s -> %s/%s %s %s/%s%s%s", drbd_role_name(os.role),
		  drbd_role_name(os.peer), drbd_conn_name(os.conn), drbd_disk_name(os.disk), drbd_disk_name(os.pdsk),
		  drbd_role_name(ns.role), drbd_role_name(ns.peer), drbd_conn_name(ns.conn), drbd_disk_name(ns.disk),
		  drbd_disk_name(ns.pdsk), ns.i & DS_SUSPENDED ? " suspended" : "", ns.i & DS_ISP ? " paused" : "");
}

static bool is_target(union drbd_state s)
{
	return s.conn == C_SYNC_TARGET || s.conn == C_PAUSED_SYNC_T;
}

void sim_applied(struct sim_vol *v, const struct drbd_transition *tr)
{
	struct sim_work *wk;

	if (tr->os.i == tr->ns.i && !tr->now)
		return;
	trace_change(v, tr->os, tr->ns);
	if (is_target(tr->ns) && !is_target(tr->os))
		sim_oracle_target(v);
	do_now(v, tr->now);
	wk = sim_queue(v, WK_AFTER);
	wk->os = tr->os;
	wk->ns = tr->ns;
}

/* tr: of each volume. */
static void applied_conn(struct sim_node *n, const struct drbd_transition *tr, const struct drbd_conn_transition *ctr)
{
	struct sim_work *wk;
	struct sim_vol *v;

	for_each_vol(v, n)
		sim_applied(v, tr++);
	do_now(n->vol[0], ctr->now);
	wk = sim_queue(n->vol[0], WK_CONN_AFTER);
	wk->ctr = *ctr;
}

s32 sim_change(struct sim_vol *v, const struct drbd_change *ch)
{
	struct drbd_transition tr;
	s32 rv = drbd_vol_request(&v->n->cs, &v->vs, ch, &tr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		sim_applied(v, &tr);
	return rv;
}

s32 sim_change_conn(struct sim_node *n, const struct drbd_change *ch)
{
	struct drbd_transition tr[SIM_VOLS];
	struct drbd_conn_transition ctr;
	s32 rv = drbd_conn_request(&n->cs, ch, tr, &ctr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		applied_conn(n, tr, &ctr);
	return rv;
}

s32 sim_set(struct sim_vol *v, u32 mask, u32 val, u32 flags)
{
	struct drbd_change ch = { mask, val, flags };

	return sim_change(v, &ch);
}

void sim_conn_fail(struct sim_node *n, enum drbd_conns why, const char *reason)
{
	struct drbd_change ch;

	if (n->cs.cstate < C_WF_CONNECTION)
		return;
	sim_trace(n->w, n->name, "connection fails: %s, %s", drbd_conn_name(why), reason);
	drbd_conn_failure(why, &ch);
	sim_change_conn(n, &ch);
	if (n->cs.cstate < C_WF_CONNECTION)
		sim_begin_cleanup(n);	/* the handshake failed before WFReportParams: no change of state says so */
}

void sim_conn_stand_alone(struct sim_node *n, const char *reason)
{
	sim_conn_fail(n, C_DISCONNECTING, reason);
}

void sim_reported_split(struct sim_node *n)
{
	n->splits_reported++;
	sim_trace(n->w, n->name, "split brain reported");
}

void sim_env(const struct sim_vol *v, struct drbd_req_env *env)
{
	union drbd_state s = v->vs.state;

	memset(env, 0, sizeof(*env));
	env->role = s.role;
	env->conn = s.conn;
	env->disk = s.disk;
	env->pdsk = s.pdsk;
	env->suspended = drbd_suspended(&v->n->cs);
	env->wire_protocol = v->n->net.wire_protocol;
	env->two_primaries = v->n->net.two_primaries;
	env->rc_flag = !!(v->n->cs.flags & CNF_RC_FLAG);
	env->on_congestion = v->n->net.on_congestion;
	env->read_balancing = v->disk_conf.read_balancing;
	env->wzeroes = !!(v->n->cs.features & DRBD_FF_WZEROES);
	env->apv = v->n->cs.apv;
	env->max_epoch_size = v->n->net.max_epoch_size;
	env->congestion_fill_sect = v->n->net.cong_fill;
	env->congestion_extents = v->n->net.cong_extents;
	env->al_used_extents = v->al.used;
	env->rs_pending = v->rs_pending;
}

/* --- worker -------------------------------------------------------------------------------------------------------------- */

static void item_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_work *wk = arg;

	(void)w;
	(void)data;
	(void)content;
	wk->waiting--;
	wk->error = error;
	schedule_worker(wk->v->n);
}

static void write_md(struct sim_vol *v, struct sim_work *wk)
{
	if (!v->disk_open || SIM_FAULT(v->w, "md-not-written"))
		return;
	wk->waiting++;
	sim_md_write(v, item_done, wk);
}

static void write_bm(struct sim_vol *v, struct sim_work *wk)
{
	if (!v->disk_open)
		return;
	wk->waiting++;
	sim_bm_write(v, item_done, wk);
}

static void full_sync(struct sim_vol *v, struct sim_work *wk)
{
	struct drbd_change ch;
	bool start_source;

	if (!wk->begun) {
		wk->begun = true;
		sim_set_all_bits(v);
		write_bm(v, wk);
		if (wk->waiting)
			return;
	}
	drbd_full_sync_next(&v->vs, wk->error != 0, &ch, &start_source);
	if (start_source)
		sim_rs_start(v, C_SYNC_SOURCE);
	else
		sim_change(v, &ch);
}

static void resync_grown(struct sim_vol *v)
{
	enum drbd_conns side = drbd_resync_side_of_growth(&v->n->cs, &v->vs);

	if (side == C_SYNC_SOURCE)
		sim_rs_start(v, C_SYNC_SOURCE);
	else
		sim_set(v, DS_CONN(C_MASK), DS_CONN(C_WF_SYNC_UUID), 0);
}

static void thaw(struct sim_node *n, u32 flag)
{
	struct drbd_change ch = { flag, 0, CS_HARD };

	sim_change_conn(n, &ch);
	if (!drbd_suspended(&n->cs))
		sim_log_event(n, NULL, RQE_RESUME);
}

static void send_sync_uuid(struct sim_vol *v)
{
	struct drbd_pkt pkt = { .cmd = P_SYNC_UUID };

	pkt.u.uuid = v->vs.uuid[UI_BITMAP];
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

/* One action; wk->waiting is set if it goes on later. */
static void act(struct sim_vol *v, struct sim_work *wk, enum drbd_act what)
{
	switch (what) {
	case AW_HELPER_PRI_ON_INCON_DEGR:
	case AW_HELPER_LOCAL_IO_ERROR:
	case AW_UNFENCE_PEER:
		sim_trace(v->w, v->name, "helper %s", drbd_act_helper(what));
		break;
	case AW_TL_RESEND:		sim_log_event(v->n, NULL, RQE_RESEND); break;
	case AW_TL_RESTART_FROZEN:	sim_log_event(v->n, v, RQE_RESTART_FROZEN); break;
	case AW_TL_CONN_LOST:		sim_log_event(v->n, NULL, RQE_CONN_LOST); break;
	case AW_CLEAR_SUSP_NOD:		thaw(v->n, DS_SUSP_NOD); break;
	case AW_CLEAR_SUSP_FEN:		thaw(v->n, DS_SUSP_FEN); break;
	case AW_SEND_SYNC_UUID:
		if (!wk->error)		/* of AW_MD_WRITE */
			send_sync_uuid(v);
		break;
	case AW_SEND_SIZES:		sim_send_sizes(v, false, 0); break;
	case AW_SEND_UUIDS:		sim_send_uuids(v, 0); break;
	case AW_SEND_STATE:		sim_send_state(v, wk->ns); break;
	case AW_RS_RESET:		v->rs_sect_in = v->rs_pending = 0; break;
	case AW_SEND_BITMAP:
		if (!v->bitmap_due) {
			v->bitmap_due = true;
			drbd_req_hold(&v->rv);
		}
		sim_node_wake(v->n);
		break;
	case AW_MD_WRITE:		write_md(v, wk); break;
	case AW_MD_SYNC:
		if (v->md_dirty)
			write_md(v, wk);
		break;
	case AW_BM_WRITE:		write_bm(v, wk); break;
	case AW_PAUSE_DEPENDENTS:
	case AW_RESUME_DEPENDENTS:	break;	/* one volume */
	case AW_FULL_SYNC:		full_sync(v, wk); break;
	case AW_ABORT_LOCAL:		sim_log_event(v->n, v, RQE_LOCAL_ABORT); break;
	case AW_RS_CANCEL_ALL:		drbd_rs_cancel_all(&v->ext); sim_node_wake(v->n); break;
	case AW_PUT_DISK:		sim_disk_put(v); break;
	case AW_CLOSE_DISK:
		drbd_assert(v->disk_users > 0);	/* of NOW_HOLD_DISK */
		v->disk_users--;
		sim_oracle_closed(v);
		v->disk_open = false;
		v->detaching = false;
		drbd_vol_disk_closed(&v->vs);
		v->vs.disk_conf = NULL;
		sim_node_wake(v->n);
		break;
	case AW_RESYNC_GROWN:		resync_grown(v); break;
	case AW_START_RECEIVER:		sim_start_receiver(v->n); break;
	case AW_DROP_NET_CONF:		v->n->cs.net = NULL; break;
	case AW_NEW_UUIDS:
		if (drbd_pending_new_uuid(&v->vs, sim_node_random(v->n))) {
			write_md(v, wk);
			if (v->n->cs.cstate >= C_WF_REPORT_PARAMS)
				sim_send_uuids(v, 0);
		}
		break;
	}
}

/* Of the connection: what concerns a disk concerns all of them. */
static void act_conn(struct sim_node *n, struct sim_work *wk, enum drbd_act what)
{
	struct sim_vol *v;

	if (what != AW_MD_SYNC && what != AW_MD_WRITE && what != AW_NEW_UUIDS) {
		act(n->vol[0], wk, what);
		return;
	}
	for_each_vol(v, n)
		act(v, wk, what);
}

/* True: the item is done. */
static bool run_list(struct sim_vol *v, struct sim_work *wk)
{
	while (wk->at < wk->after.nr) {
		if (wk->kind == WK_CONN_AFTER && !wk->begun)
			act_conn(v->n, wk, wk->after.act[wk->at]);
		else if (!wk->begun || wk->after.act[wk->at] == AW_FULL_SYNC)
			act(v, wk, wk->after.act[wk->at]);
		if (wk->waiting) {
			wk->begun = true;
			return false;
		}
		wk->begun = false;
		wk->at++;
	}
	return true;
}

static bool run_item(struct sim_vol *v, struct sim_work *wk)
{
	u64 old_uuid = v->vs.uuid[UI_CURRENT];

	switch (wk->kind) {
	case WK_AFTER:
	case WK_CONN_AFTER:
		if (!wk->ok && wk->kind == WK_AFTER)
			drbd_vol_after(&v->n->cs, &v->vs, wk->os, wk->ns, sim_node_random(v->n), &wk->after);
		else if (!wk->ok)
			drbd_conn_after(&v->n->cs, &wk->ctr, &wk->after);
		wk->ok = true;
		if (SIM_FAULT(v->w, "uuid-not-rotated") && old_uuid && wk->ns.role == R_PRIMARY &&
		    v->vs.uuid[UI_BITMAP] == old_uuid && v->vs.uuid[UI_CURRENT] != old_uuid) {
			v->vs.uuid[UI_CURRENT] = old_uuid;
			v->vs.uuid[UI_BITMAP] = 0;
		}
		return run_list(v, wk);
	case WK_CALL:
		wk->call(v, wk);
		return !wk->waiting;
	default:
		return sim_run_answer(v, wk);
	}
}

/* One item or one packet of a request; requests and work go in the order in which they were queued. */
static void run_worker(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;
	struct sim_work *wk = n->work;
	bool more;

	(void)unused;
	n->worker_timer = false;
	if (wk && drbd_tl_passed(&n->tl, wk->ticket)) {
		if (wk->waiting)
			return;
		if (!run_item(wk->v, wk))
			return;
		n->work = wk->next;
		if (wk == n->op.list)
			op_end(n, n->op.rv);
		if (!n->work) {
			n->work_last = &n->work;
			sim_node_wake(n);
		}
		more = true;
	} else {
		more = sim_sender_run(n);
	}
	(void)w;
	if (more)
		schedule_worker(n);
}

/* --- detach ---------------------------------------------------------------------------------------------------------------- */

static void last_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_work *wk = arg;

	if (error)
		drbd_epochs_disk_lost(&wk->v->n->es);
	item_done(w, wk, data, error, content);
}

/* The last user of a Failed disk is gone: flush it, write the bitmap, let it go. */
static void last_put(struct sim_vol *v, struct sim_work *wk)
{
	struct drbd_change ch;
	bool write_bitmap;

	drbd_detach_last(&v->vs, &write_bitmap, &ch);
	if (!wk->flushed) {
		wk->flushed = true;
		wk->waiting++;
		sim_disk_flush(&v->disk, last_flushed, wk, 0);
		return;
	}
	if (!wk->begun && write_bitmap) {
		wk->begun = true;
		wk->waiting++;
		sim_bm_write(v, item_done, wk);
		return;
	}
	sim_change(v, &ch);
}

void sim_disk_put(struct sim_vol *v)
{
	struct sim_work *wk;

	drbd_assert(v->disk_users > 0);
	v->disk_users--;
	if (v->disk_users || v->vs.state.disk != D_FAILED || v->detaching)
		return;
	v->detaching = true;
	wk = sim_queue(v, WK_CALL);
	wk->call = last_put;
}

/* --- attach ---------------------------------------------------------------------------------------------------------------- */

void sim_apply_al(struct sim_vol *v)
{
	static u32 hot[AL_SLOTS_MAX];
	u8 block[4096];
	const u8 *area = sim_disk_md(&v->disk), *al;
	struct drbd_al_scan scan;
	struct drbd_md md;
	u32 i, b;

	drbd_md_get(area, &md);
	al = area + md.al_offset * 512;
	drbd_al_scan_init(&scan);
	for (i = 0; i < 8; i++)
		drbd_al_scan_block(&scan, al + drbd_al_block_sect(1, 8, i) * 512);
	if (drbd_al_scan_end(&scan) == AL_REPLAY && (md.flags & MDF_PRIMARY_IND) &&
	    !SIM_FAULT(v->w, "al-not-applied")) {
		memset(hot, 0xff, sizeof(hot));
		for (b = scan.oldest_b;; b = (b + 1) % 8) {
			drbd_al_replay(al + drbd_al_block_sect(1, 8, b) * 512, hot);
			if (b == scan.newest_b)
				break;
		}
		memset(block, 0xff, 128);
		for (i = 0; i < AL_SLOTS_MAX; i++)
			if (hot[i] != AL_NONE && (u64)hot[i] * 8192 < md.la_size_sect)
				sim_disk_md_poke(&v->disk, md.bm_offset * 512 + hot[i] * 128, block, 128);
	}
	drbd_al_encode_initialized(block);
	for (i = 0; i < 8; i++)
		sim_disk_md_poke(&v->disk, md.al_offset * 512 + i * 4096, block, 4096);
	md.flags |= MDF_AL_CLEAN;
	md.magic = DRBD_MD_MAGIC_08;
	drbd_md_put(block, &md);
	sim_disk_md_poke(&v->disk, 0, block, 4096);
}

static void new_bitmap(struct sim_vol *v, u64 capacity_sect)
{
	u64 bits = drbd_bm_bits(capacity_sect);
	u32 i;

	v->bm_chunks = drbd_bm_chunks(bits);
	drbd_assert(v->bm_chunks <= ARRAY_SIZE(v->bm_chunk));
	for (i = 0; i < v->bm_chunks; i++)
		v->bm_chunk[i] = sim_alloc(v->w, DRBD_BM_CHUNK_BYTE);
	drbd_bm_init(&v->bm, bits, v->bm_chunk, sim_alloc(v->w, drbd_bm_mem_byte(bits)));
}

static void load_bitmap(struct sim_vol *v)
{
	u32 i;

	for (i = 0; i < v->bm_chunks; i++) {
		memcpy(v->bm_chunk[i], sim_disk_md(&v->disk) + v->md.bm_offset * 512 + i * 4096, 4096);
		drbd_bm_loaded(&v->bm, i);
	}
}

/* --- size ------------------------------------------------------------------------------------------------------------------ */

/* What waited for the new size. */
void sim_resized(struct sim_vol *v)
{
	bool ask = v->resize_ask, answer = v->resize_answer, sync = v->resize_sync;

	v->resizing = v->resize_ask = v->resize_answer = v->resize_sync = false;
	v->sizes.agreed_sect = v->sizes.capacity_sect;
	if (v->vs.state.conn < C_CONNECTED)
		return;
	if (ask) {
		sim_send_uuids(v, 0);
		sim_send_sizes(v, true, 0);
	}
	if (answer)
		sim_send_sizes(v, false, v->resize_flags);
	if (sync)
		resync_grown(v);
}

static void resize_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_vol *v = arg;

	(void)w;
	(void)data;
	(void)content;
	(void)error;
	sim_resized(v);
	drbd_req_release(&v->rv);
	sim_node_wake(v->n);
}

static void resize_bits_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_vol *v = arg;

	if (error)
		resize_written(w, v, data, error, content);
	else
		sim_md_write(v, resize_written, v);
}

/* The new part of the bitmap is on disk before the size; nothing is written meanwhile. */
void sim_resize(struct sim_vol *v, u64 capacity_sect)
{
	u64 bits = drbd_bm_bits(capacity_sect);
	u64 **chunk = sim_alloc(v->w, sizeof(v->bm_chunk));
	struct drbd_bm to;
	u32 i, chunks = drbd_bm_chunks(bits);

	sim_trace(v->w, v->name, "size goes from %llu to %llu", v->sizes.capacity_sect, capacity_sect);
	if (!v->disk_open) {
		v->sizes.capacity_sect = capacity_sect;
		sim_resized(v);
		return;
	}
	drbd_assert(chunks <= ARRAY_SIZE(v->bm_chunk));
	for (i = v->bm_chunks; i < chunks; i++)
		chunk[i] = sim_alloc(v->w, DRBD_BM_CHUNK_BYTE);
	drbd_bm_resize(&to, bits, chunk, sim_alloc(v->w, drbd_bm_mem_byte(bits)), &v->bm, !SIM_FAULT(v->w, "new-bits-not-set"));
	memcpy(v->bm_chunk, chunk, sizeof(v->bm_chunk));
	v->bm = to;
	v->bm_chunks = chunks;
	v->sizes.capacity_sect = capacity_sect;
	v->al.extents = (u32)((capacity_sect + 8191) / 8192);
	v->resizing = true;
	drbd_req_hold(&v->rv);
	sim_bm_write(v, resize_bits_written, v);
}

static s32 do_resize(struct sim_vol *v)
{
	bool connected = v->vs.state.conn == C_CONNECTED, too_big;
	union drbd_state s = v->vs.state;
	u64 size;

	if (v->resizing)
		return ERR_RESIZE_RESYNC;
	if (!v->disk_open || s.disk < D_INCONSISTENT)
		return ERR_NO_DISK;
	if (s.conn > C_CONNECTED)
		return ERR_RESIZE_RESYNC;
	if (s.role != R_PRIMARY && s.peer != R_PRIMARY)
		return ERR_NO_PRIMARY;
	v->sizes.user_sect = v->disk_conf.disk_size;
	size = drbd_new_size(&v->sizes, v->sizes.user_sect, false, connected, &too_big);
	v->resize_ask = connected;
	if (size == v->sizes.capacity_sect) {
		sim_resized(v);
		return NO_ERROR;
	}
	if (size > v->sizes.capacity_sect && connected)
		v->vs.flags |= VF_RESIZE_PENDING;
	sim_resize(v, size);
	return NO_ERROR;
}

static s32 attach_refused(struct sim_vol *v, s32 err)
{
	sim_trace(v->w, v->name, "attach refused: %d", err);
	sim_set(v, DS_DISK(D_MASK), DS_DISK(D_DISKLESS), CS_HARD);
	return err;
}

static s32 attach(struct sim_vol *v)
{
	struct drbd_attach_in in;
	struct drbd_change ch;
	bool set_all, degr, too_big;
	s32 rv;

	rv = drbd_attach_precheck(&v->n->cs, &v->vs, &v->disk_conf);
	if (rv != NO_ERROR)
		return rv;
	if (!v->disk.stacked)	/* else done before it was started */
		sim_apply_al(v);
	rv = sim_set(v, DS_DISK(D_MASK), DS_DISK(D_ATTACHING), CS_VERBOSE);
	if (rv < SS_SUCCESS)
		return rv;
	drbd_md_get(sim_disk_md(&v->disk), &v->md);
	rv = drbd_md_check(&v->md, DRBD_MD_IDX_FLEX_EXT, MD_DEVICE_BYTE / 512, &v->layout);
	if (rv != MD_OK)
		sim_violation(v->w, "%s: attach: meta-data: %s", v->name, drbd_md_reason(rv));
	memset(&in, 0, sizeof(in));
	in.conf = &v->disk_conf;
	in.md_flags = v->md.flags;
	memcpy(in.uuid, v->md.uuid, sizeof(in.uuid));
	in.max_size_sect = v->disk.sectors;
	in.md_size_sect = v->md.la_size_sect;
	in.capacity_sect = v->sizes.capacity_sect;
	rv = drbd_attach_check(&v->n->cs, &v->vs, &in);
	if (rv != NO_ERROR)
		return attach_refused(v, rv);
	drbd_attach_take(&v->n->cs, &v->vs, &in, &ch, &set_all, &degr);
	v->vs.disk_conf = &v->disk_conf;
	v->disk_open = true;
	v->sizes.own_max_sect = v->disk.sectors;
	v->sizes.own_max_bio = DRBD_MAX_BIO_SIZE;
	v->sizes.agreed_sect = v->md.la_size_sect;
	v->sizes.user_sect = v->disk_conf.disk_size;
	if (v->vs.state.conn < C_CONNECTED || v->vs.state.pdsk < D_INCONSISTENT)
		v->sizes.peer_max_sect = 0;	/* no growth that the peer does not see */
	v->sizes.capacity_sect = drbd_new_size(&v->sizes, v->sizes.user_sect, false, false, &too_big);
	new_bitmap(v, v->sizes.capacity_sect);
	if (set_all)
		sim_set_all_bits(v);
	else
		load_bitmap(v);
	if (v->md.la_size_sect && v->sizes.capacity_sect > v->md.la_size_sect) {
		/* there is room for more than when it was last attached */
		drbd_bm_set(&v->bm, drbd_bm_bits(v->md.la_size_sect) - 1, v->bm.bits - 1);
		if (v->vs.state.conn == C_CONNECTED)
			v->vs.flags |= VF_RESYNC_AFTER_NEG;
		sim_bm_write(v, NULL, NULL);
	}
	v->md.la_size_sect = v->sizes.agreed_sect = v->sizes.capacity_sect;
	drbd_attach_bitmap(&v->vs, v->bm.bits, v->bm.set);
	drbd_al_init(&v->al, sim_alloc(v->w, drbd_al_mem_byte(v->disk_conf.al_extents)), v->disk_conf.al_extents, 1, 8,
		     (u32)((v->sizes.capacity_sect + 8191) / 8192), 0);
	v->al_gen++;
	v->al_writing = false;
	v->md_dirty = true;
	v->md_dirty_since_us = 0;
	rv = sim_change(v, &ch);
	sim_trace(v->w, v->name, "attached: rv %d, %llu bits set%s", rv, v->bm.set, degr ? ", degraded" : "");
	if (rv < SS_SUCCESS)
		return attach_refused(v, rv);
	return NO_ERROR;
}

/* --- fencing ----------------------------------------------------------------------------------------------------------------- */

/* The fence-peer handler: it has a way of its own to the other node. */
static int fence_peer(struct sim_node *n)
{
	struct sim_node *p = sim_peer(n);
	u8 fencing = n->vol[0]->disk_conf.fencing;
	struct sim_vol *v;
	struct drbd_change ch;
	s32 rv;

	if (!p->up) {
		sim_trace(n->w, n->name, "fence-peer: peer is down");
		return fencing == FP_STONITH ? 7 : 5;
	}
	if (fencing == FP_STONITH && sim_one_in(n->w, 2)) {
		sim_node_crash(p);
		return 7;
	}
	if (drbd_highest_role(&p->cs) == R_PRIMARY)
		return 6;
	if (drbd_lowest_disk(&p->cs) == D_INCONSISTENT)
		return 3;
	drbd_change_outdate(&ch);
	for_each_vol(v, p) {
		rv = sim_change(v, &ch);
		if (rv < SS_SUCCESS || v->vs.state.disk != D_OUTDATED)
			return 1;
	}
	return 4;
}

static void fence_end(struct sim_world *w, void *arg, u64 connect_cnt)
{
	struct sim_node *n = arg;
	struct drbd_fence_result res;
	int code = fence_peer(n);

	(void)w;
	sim_trace(n->w, n->name, "fence-peer exit code %d", code);
	drbd_fence_result(&n->cs, code, (u32)connect_cnt, &res);
	if (res.change.mask)
		sim_change_conn(n, &res.change);
	n->fence_running = false;
	sim_node_wake(n);
}

static void begin_fencing(struct sim_node *n)
{
	if (n->fence_running)
		return;
	switch (drbd_fence_begin(&n->cs)) {
	case FENCE_FAILED_THAW:
		thaw(n, DS_SUSP_FEN);
		if (!drbd_suspended(&n->cs))
			sim_log_event(n, NULL, RQE_CONN_LOST);
		break;
	case FENCE_RUN_HELPER:
		n->fence_running = true;
		sim_after(n->w, 50000 + sim_rnd(n->w, 500000), &n->gen, fence_end, n, n->cs.connect_cnt);
		break;
	default:
		break;
	}
}

/* --- connection ---------------------------------------------------------------------------------------------------------------- */

void sim_start_receiver(struct sim_node *n)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_WF_CONNECTION), CS_VERBOSE };

	if (n->cs.cstate != C_UNCONNECTED)
		return;
	n->receiver_running = true;
	n->cs.apv = 80;
	if (sim_change_conn(n, &ch) >= SS_SUCCESS)
		sim_net_want(n, true);
}

void sim_begin_cleanup(struct sim_node *n)
{
	if (n->cleaning || !n->receiver_running)
		return;
	n->cleaning = true;
	sim_net_want(n, false);
	if (n->conn)
		sim_conn_close(n->conn, n->nr);
	n->conn = NULL;
	n->conn_gen++;
	n->in[0] = n->in[1] = NULL;
	n->in_last[0] = &n->in[0];
	n->in_last[1] = &n->in[1];
	n->eof[0] = n->eof[1] = false;
	sim_drop_peer_reqs(n);
	sim_node_wake(n);
}

static void forget_exchanges(struct sim_vol *v)
{
	drbd_rs_cancel_all(&v->ext);
	v->rs_pending = v->rs_sect_in = 0;
	v->rs_finishing = v->marked_oos = false;
	memset(&v->xfer_in, 0, sizeof(v->xfer_in));
	if (v->bitmap_due) {
		v->bitmap_due = false;
		drbd_req_release(&v->rv);
	}
}

/* What the lost connection left in core goes to disk; frozen: not all requests can be sent again. */
static void save_volume(struct sim_vol *v, bool frozen)
{
	if (frozen && v->marked_oos)
		drbd_pending_new_uuid(&v->vs, sim_node_random(v->n));
	if (!v->disk_open)
		return;
	sim_md_write(v, NULL, NULL);
	sim_bm_write(v, NULL, NULL);
}

bool sim_resizing(const struct sim_node *n)
{
	struct sim_vol *v;

	for_each_vol(v, n)
		if (v->resizing)
			return true;
	return false;
}

static void poll_cleanup(struct sim_node *n)
{
	struct drbd_change next;
	struct sim_vol *v;
	bool clear_log, fence;

	if (n->active_peer_reqs || n->work || n->flushing || sim_resizing(n))
		return;
	n->cleaning = false;
	drbd_tl_sender_reset(&n->tl);
	for_each_vol(v, n)
		forget_exchanges(v);
	n->ping_outstanding = false;
	n->barrier_waits = false;
	n->pings_answered = n->pings_asked;
	drbd_epochs_reset(&n->es);
	while (drbd_epochs_reap(&n->es))
		;
	drbd_conn_cleanup(&n->cs, &clear_log, &fence, &next);
	if (!clear_log)
		sim_log_event(n, NULL, RQE_CONN_LOST_FROZEN);
	else if (!SIM_FAULT(n->w, "log-not-cleared"))
		sim_log_event(n, NULL, RQE_CONN_LOST);
	for_each_vol(v, n)
		save_volume(v, !clear_log);
	if (fence)
		begin_fencing(n);
	n->receiver_running = false;
	sim_change_conn(n, &next);
	if (n->cs.cstate == C_UNCONNECTED)
		sim_start_receiver(n);
	sim_node_wake(n);
}

/* --- commands ---------------------------------------------------------------------------------------------------------------------- */

static void op_end(struct sim_node *n, s32 rv)
{
	sim_trace(n->w, n->op.v->name, "command %d ends: %d", n->op.kind, rv);
	n->op.kind = OP_NONE;
	n->op.list = NULL;
}

static void send_change_request(struct sim_vol *v, bool conn_wide)
{
	struct drbd_pkt pkt = { .cmd = conn_wide && v->n->cs.apv >= 100 ? P_CONN_ST_CHG_REQ : P_STATE_CHG_REQ };

	pkt.u.req_state.mask = v->n->op.change.mask;
	pkt.u.req_state.val = v->n->op.change.val;
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

static s32 first_step(struct sim_vol *v)
{
	struct drbd_transition tr[SIM_VOLS];
	struct drbd_conn_transition ctr;
	struct sim_op *op = &v->n->op;
	s32 rv;

	if (op->conn_wide)
		rv = drbd_conn_request(&v->n->cs, &op->change, tr, &ctr);
	else
		rv = drbd_vol_request(&v->n->cs, &v->vs, &op->change, tr);
	if (rv == SS_UNKNOWN_ERROR) {
		op->wait_change = true;
		send_change_request(v, op->conn_wide);
	} else if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO) {
		if (op->conn_wide)
			applied_conn(v->n, tr, &ctr);
		else
			sim_applied(v, tr);
	}
	return rv;
}

static s32 next_step(struct sim_vol *v)
{
	struct drbd_transition tr[SIM_VOLS];
	struct drbd_conn_transition ctr;
	struct sim_op *op = &v->n->op;
	s32 rv;

	rv = op->conn_wide ? drbd_conn_poll(&v->n->cs, &op->change) : drbd_vol_poll(&v->n->cs, &v->vs, &op->change);
	if (rv == SS_UNKNOWN_ERROR)
		return rv;
	op->wait_change = false;
	if (rv < SS_SUCCESS)
		return rv;
	if (op->conn_wide) {
		rv = drbd_conn_finish(&v->n->cs, &op->change, tr, &ctr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			applied_conn(v->n, tr, &ctr);
	} else {
		rv = drbd_vol_finish(&v->n->cs, &v->vs, &op->change, tr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			sim_applied(v, tr);
	}
	return rv;
}

/* The change of this command. SS_UNKNOWN_ERROR: ask again. */
static s32 op_change(struct sim_vol *v)
{
	s32 rv = v->n->op.wait_change ? next_step(v) : first_step(v);

	if (rv == SS_IN_TRANSIENT_STATE && v->w->now_us < v->n->op.deadline_us)
		return SS_UNKNOWN_ERROR;
	return rv;
}

static bool net_requests_pending(const struct sim_vol *v)
{
	return v->rv.ap_pending != 0;
}

/* The command ends with the list that it returns: a new generation is on disk before anything is written. */
static void role_changed(struct sim_vol *v, bool forced, s32 rv)
{
	struct sim_work *wk;

	if (v->vs.state.role != R_PRIMARY && drbd_suspended(&v->n->cs) && v->disk_open) {
		/* what is frozen may be on this disk alone: marked, and of a new generation */
		sim_log_event(v->n, v, RQE_MARK_OOS);
		drbd_pending_new_uuid(&v->vs, sim_node_random(v->n));
		wk = sim_queue(v, WK_AFTER);
		wk->after.act[wk->after.nr++] = AW_BM_WRITE;
		wk->ok = true;
	}
	wk = sim_queue(v, WK_AFTER);
	drbd_role_changed(&v->n->cs, &v->vs, forced, sim_node_random(v->n), &wk->after);
	wk->ns = v->vs.state;
	wk->ok = true;
	if (v->vs.state.role == R_PRIMARY)
		v->n->net.discard_my_data = 0;
	if (forced)
		sim_oracle_excuse(sim_peer_vol(v), "peer was forced to be primary");
	v->n->op.list = wk;
	v->n->op.rv = rv;
}

enum { ST_BEGIN, ST_CHANGE, ST_FENCE, ST_WAIT, ST_DONE };

static void promote_to(struct sim_vol *v, enum drbd_promote_do what)
{
	struct sim_op *op = &v->n->op;

	switch (what) {
	case PROMOTE_CHANGE:
		op->change = op->promote.change;
		op->step = ST_CHANGE;
		sim_node_wake(v->n);
		break;
	case PROMOTE_FENCE:
		op->step = ST_FENCE;
		begin_fencing(v->n);
		sim_node_wake(v->n);
		break;
	case PROMOTE_WAIT:
		op->step = ST_WAIT;
		op->again_us = v->w->now_us + op->promote.wait_ms * 1000ull;
		break;
	case PROMOTE_DONE:
		op->step = ST_DONE;
		sim_node_wake(v->n);
		break;
	case PROMOTE_REFUSED:
		op_end(v->n, op->promote.rv);
		break;
	}
}

static void poll_primary(struct sim_vol *v)
{
	struct sim_op *op = &v->n->op;
	s32 rv;

	switch (op->step) {
	case ST_BEGIN:
		promote_to(v, drbd_promote_begin(&op->promote, op->force));
		break;
	case ST_CHANGE:
		rv = op_change(v);
		if (rv != SS_UNKNOWN_ERROR)
			promote_to(v, drbd_promote_next(&op->promote, &v->n->cs, &v->vs, rv));
		break;
	case ST_FENCE:
		if (!v->n->fence_running)
			promote_to(v, drbd_promote_fenced(&op->promote, drbd_peer_is_outdated(&v->n->cs)));
		break;
	case ST_WAIT:
		if (v->w->now_us >= op->again_us)
			promote_to(v, drbd_promote_again(&op->promote));
		break;
	case ST_DONE:
		if (op->promote.rv == SS_NOTHING_TO_DO) {
			op_end(v->n, op->promote.rv);
			return;
		}
		if (net_requests_pending(v))
			return;
		role_changed(v, op->promote.forced, op->promote.rv);
		break;
	}
}

static void poll_secondary(struct sim_vol *v)
{
	struct sim_op *op = &v->n->op;
	s32 rv;

	if (op->step == ST_DONE) {
		if (net_requests_pending(v))
			return;
		role_changed(v, false, SS_SUCCESS);
		return;
	}
	v->vs.opens = (sim_stack_uses(v) && !SIM_FAULT(v->w, "stacked-not-open")) || sim_oracle_outstanding(v) != 0;
	if (!v->vs.opens && !op->wait_change && v->vs.state.conn >= C_CONNECTED && !drbd_tl_drained(&v->n->tl) &&
	    !SIM_FAULT(v->w, "demotion-not-drained")) {
		if (drbd_tl_close_epoch(&v->n->tl))
			schedule_worker(v->n);
		return;
	}
	drbd_change_secondary(&op->change);
	rv = op_change(v);
	if (rv == SS_UNKNOWN_ERROR)
		return;
	if (rv < SS_SUCCESS || rv == SS_NOTHING_TO_DO) {
		op_end(v->n, rv);
		return;
	}
	op->step = ST_DONE;
	sim_node_wake(v->n);
}

static void disconnect_to(struct sim_vol *v, enum drbd_disconnect_do what)
{
	struct sim_op *op = &v->n->op;

	if (what == DISCONNECT_CHANGE) {
		op->change = op->disconnect.change;
		op->step = ST_CHANGE;
		sim_node_wake(v->n);
	} else if (what == DISCONNECT_REFUSED || op->disconnect.rv == SS_NOTHING_TO_DO) {
		op_end(v->n, op->disconnect.rv);
	} else {
		op->step = ST_DONE;
		sim_node_wake(v->n);
	}
}

static void poll_disconnect(struct sim_vol *v)
{
	struct drbd_change alone = { DS_CONN(C_MASK), DS_CONN(C_STANDALONE), CS_HARD };
	struct sim_op *op = &v->n->op;
	s32 rv;

	op->conn_wide = true;
	if (op->step == ST_BEGIN) {
		disconnect_to(v, drbd_disconnect_begin(&op->disconnect, op->force));
	} else if (op->step == ST_CHANGE) {
		rv = op_change(v);
		if (rv != SS_UNKNOWN_ERROR)
			disconnect_to(v, drbd_disconnect_next(&op->disconnect, &v->n->cs, rv));
	} else if (!v->n->cleaning && !v->n->receiver_running) {
		if (v->n->cs.cstate != C_STANDALONE)
			sim_change_conn(v->n, &alone);
		op_end(v->n, op->disconnect.rv);
	}
}

static void do_connect(struct sim_node *n)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_UNCONNECTED), CS_VERBOSE };
	struct sim_vol *v;

	if (n->work)
		return;		/* what belonged to the last connection first */
	if (n->cs.cstate != C_STANDALONE || n->cs.net || n->cleaning || n->receiver_running) {
		op_end(n, ERR_NET_CONFIGURED);
		return;
	}
	n->net.discard_my_data = n->op.discard_my_data;
	if (n->op.discard_my_data)
		for_each_vol(v, n)
			sim_oracle_excuse(v, "discard-my-data");
	n->cs.net = &n->net;
	op_end(n, sim_change_conn(n, &ch));
}

static void poll_invalidate(struct sim_vol *v)
{
	bool set_all = false;
	struct sim_op *op = &v->n->op;
	bool remote = op->kind == OP_INVALIDATE_REMOTE;
	s32 rv;

	if (op->step == ST_BEGIN) {
		rv = drbd_change_invalidate(&v->n->cs, &v->vs, remote, &op->change, &set_all);
		if (rv < SS_UNKNOWN_ERROR) {
			op_end(v->n, rv);
			return;
		}
		op->after_fence = set_all;
		op->step = ST_CHANGE;
	}
	rv = op_change(v);
	if (rv == SS_UNKNOWN_ERROR)
		return;
	if (rv >= SS_SUCCESS)
		sim_oracle_excuse(remote ? sim_peer_vol(v) : v, "invalidate");
	if (rv >= SS_SUCCESS && op->after_fence && v->disk_open) {
		sim_set_all_bits(v);
		sim_bm_write(v, NULL, NULL);
	}
	op_end(v->n, rv);
}

/* The new generation is on disk. */
static void end_resume(struct sim_vol *v, struct sim_work *wk)
{
	bool conn_lost, fail_frozen;
	struct sim_node *n = v->n;
	struct drbd_change ch;

	(void)wk;
	drbd_change_suspend(false, &ch);
	n->op.rv = sim_change_conn(n, &ch);
	if (n->op.rv < SS_SUCCESS)
		return;
	drbd_resumed_io(&n->cs, &conn_lost, &fail_frozen);
	if (conn_lost)
		sim_log_event(n, NULL, RQE_CONN_LOST);
	if (fail_frozen)
		sim_log_event(n, NULL, RQE_FAIL_FROZEN);
	sim_log_event(n, NULL, RQE_RESUME);
}

static void begin_resume(struct sim_node *n)
{
	struct sim_work *wk;
	struct sim_vol *v;
	bool write;
	s32 rv;

	for_each_vol(v, n) {
		rv = drbd_resume_io(&n->cs, &v->vs, sim_node_random(n), &write);
		if (rv < SS_SUCCESS) {
			op_end(n, rv);
			return;
		}
		v->md_dirty |= write;
	}
	for_each_vol(v, n) {
		wk = sim_queue(v, WK_AFTER);
		wk->after.act[wk->after.nr++] = AW_MD_SYNC;
		wk->ok = true;
	}
	n->op.list = sim_queue(n->vol[0], WK_CALL);
	n->op.list->call = end_resume;
}

static void do_pause(struct sim_vol *v, bool pause)
{
	struct drbd_change ch;

	drbd_change_pause_sync(pause, &ch);
	op_end(v->n, drbd_pause_sync_result(&v->vs, pause, sim_change(v, &ch)));
}

/* A command that is one change. */
static void poll_simple(struct sim_vol *v)
{
	struct sim_op *op = &v->n->op;
	s32 rv;

	if (op->step == ST_BEGIN) {
		if (op->kind == OP_VERIFY)
			drbd_change_verify(&op->change);
		else if (op->kind == OP_OUTDATE)
			drbd_change_outdate(&op->change);
		else
			drbd_change_detach(op->force, &op->change);
		if (op->kind == OP_DETACH && op->force)
			v->vs.flags |= VF_FORCE_DETACH;
		op->step = ST_CHANGE;
	}
	rv = op_change(v);
	if (rv != SS_UNKNOWN_ERROR)
		op_end(v->n, rv);
}

static void poll_op(struct sim_node *n)
{
	struct sim_vol *v = n->op.v;
	struct drbd_change ch;

	if (n->op.list)
		return;
	switch (n->op.kind) {
	case OP_NONE:			break;
	case OP_PRIMARY:		poll_primary(v); break;
	case OP_SECONDARY:		poll_secondary(v); break;
	case OP_CONNECT:		do_connect(n); break;
	case OP_DISCONNECT:		poll_disconnect(v); break;
	case OP_ATTACH:
		if (v->disk_open || v->detaching || v->disk.in_flight)
			op_end(n, ERR_DISK_CONFIGURED);
		else
			op_end(n, attach(v));
		break;
	case OP_DETACH:
	case OP_VERIFY:
	case OP_OUTDATE:		poll_simple(v); break;
	case OP_INVALIDATE:
	case OP_INVALIDATE_REMOTE:	poll_invalidate(v); break;
	case OP_PAUSE:			do_pause(v, true); break;
	case OP_RESUME:			do_pause(v, false); break;
	case OP_SUSPEND_IO:
		drbd_change_suspend(true, &ch);
		op_end(n, sim_change_conn(n, &ch));
		break;
	case OP_RESUME_IO:		begin_resume(n); break;
	case OP_RESIZE:			op_end(n, do_resize(v)); break;
	}
}

bool sim_node_idle(const struct sim_node *n)
{
	return n->op.kind == OP_NONE;
}

bool sim_node_command(struct sim_vol *v, const struct sim_op *op)
{
	if (!v->n->up || v->n->op.kind != OP_NONE)
		return false;
	v->n->op = *op;
	v->n->op.v = v;
	v->n->op.step = ST_BEGIN;
	v->n->op.deadline_us = v->w->now_us + OP_LIMIT_US;
	sim_trace(v->w, v->name, "command %d%s%s", op->kind, op->force ? " force" : "",
		  op->discard_my_data ? " discard-my-data" : "");
	sim_node_wake(v->n);
	return true;
}

/* --- time ------------------------------------------------------------------------------------------------------------------------------ */

static void check_ping(struct sim_node *n)
{
	u64 idle_us = n->w->now_us - n->last_received_us;

	if (!n->conn || n->cs.cstate < C_WF_REPORT_PARAMS)
		return;
	if (n->ping_outstanding) {
		if (n->w->now_us - n->ping_sent_us > n->net.ping_timeo * 100000ull && idle_us > n->net.ping_timeo * 100000ull)
			sim_conn_fail(n, C_NETWORK_FAILURE, "ping timeout");
	} else if (idle_us > n->net.ping_int * 1000000ull) {
		sim_ping(n);
	}
}

static void check_timeouts(struct sim_node *n)
{
	u64 limit_ms = (u64)n->net.ko_count * n->net.timeout * 100, again;

	if (n->conn && n->cs.cstate == C_WF_REPORT_PARAMS &&
	    drbd_tl_timed_out(&n->tl, limit_ms, n->connected_us / 1000, sim_now_ms(n->w), &again)) {
		if (n->w->now_us > n->w->plan->end_us)
			sim_violation(n->w, "%s: request timeout while nothing is broken", n->name);
		sim_conn_fail(n, C_TIMEOUT, "request timeout");
	}
	if (n->conn && n->phase != PH_LOOP && n->w->now_us - n->connected_us > 4 * n->net.ping_timeo * 100000ull)
		sim_conn_fail(n, C_NETWORK_FAILURE, "handshake timeout");
}

static void check_disk(struct sim_vol *v)
{
	u64 again;

	if (!v->disk_open)
		return;
	if (drbd_req_disk_timed_out(&v->rv, v->disk_conf.disk_timeout * 100ull, 0, sim_now_ms(v->w), &again))
		sim_io_error(v, IOE_FORCE_DETACH);
	if (v->md_dirty && v->w->now_us - v->md_dirty_since_us > 5000000)
		sim_md_write(v, NULL, NULL);
}

static void tick(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;
	struct sim_vol *v;

	(void)unused;
	check_ping(n);
	check_timeouts(n);
	for_each_vol(v, n)
		check_disk(v);
	sim_node_wake(n);
	sim_after(w, TICK_US, &n->gen, tick, n, 0);
}

/* --- power --------------------------------------------------------------------------------------------------------------------------------- */

static void boot_volume(struct sim_vol *v)
{
	memset(&v->vs, 0, sizeof(v->vs));
	v->vs.volume = v->nr;
	drbd_vol_init(&v->n->cs, &v->vs);
	drbd_req_vol_init(&v->rv);
	drbd_rs_extents_init(&v->ext);
	memset(&v->sizes, 0, sizeof(v->sizes));
	memset(&v->xfer_in, 0, sizeof(v->xfer_in));
	v->disk_open = false;
	v->disk_users = 0;
	v->md_dirty = v->al_writing = v->detaching = false;
	v->resizing = v->resize_ask = v->resize_answer = v->resize_sync = false;
	v->bitmap_due = v->ahead_timer = v->rs_timer = v->rs_finishing = false;
	v->bios = NULL;
	v->bios_last = &v->bios;
	v->rs_sect_in = v->rs_pending = 0;
	v->ov_pos_sect = 0;
}

static void boot_connection(struct sim_node *n)
{
	const struct drbd_disk_conf *disk = &n->vol[0]->disk_conf;

	drbd_conn_state_init(&n->cs);
	n->cs.vol = n->vols;
	n->cs.vols = n->pair->vols;
	n->cs.res = &n->res;
	n->cs.apv = 80;
	drbd_tl_init(&n->tl);
	drbd_epochs_init(&n->es, sim_alloc(n->w, sizeof(struct drbd_epoch)),
			 drbd_write_ordering(disk->disk_flushes, disk->disk_drain));
	n->conn = NULL;
	n->conn_gen++;
	n->in[0] = n->in[1] = NULL;
	n->in_last[0] = &n->in[0];
	n->in_last[1] = &n->in[1];
	n->eof[0] = n->eof[1] = false;
	n->ping_outstanding = n->receiver_running = n->cleaning = n->fence_running = false;
	n->pings_asked = n->pings_answered = 0;
	n->stuck = n->stuck_read = NULL;
	n->active_peer_reqs = n->flushing = 0;
	n->barrier_waits = false;
	n->work = NULL;
	n->work_last = &n->work;
	n->worker_timer = n->poll_timer = false;
	n->net.discard_my_data = 0;
	memset(&n->op, 0, sizeof(n->op));
}

void sim_node_boot(struct sim_node *n)
{
	struct sim_vol *v;

	if (n->up)
		return;
	sim_trace(n->w, n->name, "power on");
	n->up = true;
	n->gen++;
	boot_connection(n);
	for_each_vol(v, n)
		boot_volume(v);
	sim_after(n->w, TICK_US, &n->gen, tick, n, 0);
	for_each_vol(v, n)
		attach(v);
	n->op.kind = OP_CONNECT;
	n->op.v = n->vol[0];
	sim_node_wake(n);
}

void sim_node_crash(struct sim_node *n)
{
	struct sim_vol *v;

	if (!n->up)
		return;
	sim_stack_host_crashed(n);
	sim_trace(n->w, n->name, "power fails");
	n->up = false;
	n->gen++;
	if (n->conn && sim_one_in(n->w, 2))
		sim_conn_vanish(n->conn, n->nr);
	else if (n->conn)
		sim_conn_close(n->conn, n->nr);
	n->conn = NULL;
	sim_net_want(n, false);
	for_each_vol(v, n) {
		sim_disk_crash(&v->disk);
		sim_oracle_crashed(v);
	}
}

static void write_first_md(struct sim_vol *v, const struct sim_config *c, u64 uuid)
{
	u8 block[4096];
	struct drbd_md md;
	int i;

	drbd_md_layout(DRBD_MD_IDX_FLEX_EXT, MD_DEVICE_BYTE, 1, 8, &v->layout);
	drbd_md_create(&md, &v->layout, 4096);
	if (!c->created) {
		md.uuid[UI_CURRENT] = uuid & ~1ull;
		md.la_size_sect = c->limit_sect ? c->limit_sect : c->sectors;
		md.flags = MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_AL_CLEAN;
	}
	drbd_md_put(block, &md);
	sim_disk_md_poke(&v->disk, 0, block, 4096);
	drbd_al_encode_initialized(block);
	for (i = 0; i < 8; i++)
		sim_disk_md_poke(&v->disk, md.al_offset * 512 + i * 4096, block, 4096);
}

static void new_volume(struct sim_node *n, u32 nr, u64 uuid)
{
	struct sim_vol *v = sim_alloc(n->w, sizeof(*v));

	v->w = n->w;
	v->n = n;
	v->nr = (u16)nr;
	snprintf(v->name, sizeof(v->name), n->pair->vols > 1 ? "%s/%u" : "%s", n->name, nr);
	n->vol[nr] = v;
	n->vols[nr] = &v->vs;
	drbd_opts_default(DRBD_CTX_disk, &v->disk_conf);
	sim_disk_init(n->w, v, &v->disk, n->pair->conf->sectors, SIM_MD_SECT * 512);
	write_first_md(v, n->pair->conf, uuid + 2 * nr);
}

void sim_node_new(struct sim_pair *pair, int nr, u64 uuid)
{
	struct sim_node *n = sim_alloc(pair->w, sizeof(*n));
	u32 i;

	n->w = pair->w;
	n->pair = pair;
	n->nr = nr;
	n->name[0] = "ABSC"[nr + (pair == &n->w->pair[1] ? 2 : 0)];
	n->rng = n->w->seed * 77 + n->name[0] - 'A';
	pair->node[nr] = n;
	drbd_opts_default(DRBD_CTX_net, &n->net);
	drbd_opts_default(DRBD_CTX_resource, &n->res);
	n->apv_max = DRBD_PRO_VERSION_MAX;
	n->features_mask = DRBD_FF_ALL;
	for (i = 0; i < pair->vols; i++)
		new_volume(n, i, uuid);
}
