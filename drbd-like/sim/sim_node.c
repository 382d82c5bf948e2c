/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_node.h"
#include "sim_oracle.h"
#include "sim_plan.h"

#define TICK_US		250000
#define MD_DEVICE_BYTE	(1 << 20)	/* meta-data device, flexible external */
#define MD_BYTE		(256 << 10)	/* what is used of it */
#define OP_LIMIT_US	30000000ull

static void poll_op(struct sim_node *n);
static void poll_cleanup(struct sim_node *n);
static void run_worker(struct sim_world *w, void *arg, u64 unused);

const char *sim_node_name(const struct sim_node *n)
{
	return n->nr ? "B" : "A";
}

u64 sim_node_random(struct sim_node *n)
{
	return sim_random(&n->rng);
}

static struct sim_node *peer_of(const struct sim_node *n)
{
	return n->w->node[!n->nr];
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

	(void)w;
	(void)unused;
	n->poll_timer = false;
	if (n->cleaning)
		poll_cleanup(n);
	sim_poll_receiver(n);
	sim_poll_io(n);
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

struct sim_work *sim_queue(struct sim_node *n, enum sim_work_kind kind)
{
	struct sim_work *wk = sim_alloc(n->w, sizeof(*wk));

	wk->kind = kind;
	wk->ticket = drbd_tl_ticket(&n->tl);
	*n->work_last = wk;
	n->work_last = &wk->next;
	schedule_worker(n);
	return wk;
}

static void do_now(struct sim_node *n, u32 now)
{
	if ((now & NOW_CLOSE_EPOCH) && !SIM_FAULT(n->w, "epoch-not-closed"))
		drbd_tl_close_epoch(&n->tl);
	if (now & NOW_OV_STOP)
		n->ov_pos_sect = n->rs.pos * 8;
	if (now & NOW_OV_BEGIN)
		sim_ov_begin(n);
	if (now & NOW_RS_RESUME)
		drbd_rs_resume(&n->rs, sim_now_ms(n->w));
	if (now & (NOW_RS_TIMER | NOW_OV_TIMER))
		sim_rs_timer(n);
	if (now & NOW_RS_PAUSE)
		drbd_rs_pause(&n->rs, sim_now_ms(n->w));
	if ((now & NOW_MD_DIRTY) && !n->md_dirty) {
		n->md_dirty = true;
		n->md_dirty_since_us = n->w->now_us;
	}
	if (now & (NOW_STOP_RECEIVER | NOW_RESTART_RECEIVER))
		sim_begin_cleanup(n);
	if ((now & NOW_AL_RESUME) && n->disk_open)
		drbd_al_resume(&n->al);
	if (now & NOW_HOLD_DISK)
		n->disk_users++;
	sim_node_wake(n);
}

static void trace_change(struct sim_node *n, union drbd_state os, union drbd_state ns)
{
	sim_trace(n->w, n, "state %s/%s %s %s/%s -> %s/%s %s %s/%s%s%s", drbd_role_name(os.role),
		  drbd_role_name(os.peer), drbd_conn_name(os.conn), drbd_disk_name(os.disk), drbd_disk_name(os.pdsk),
		  drbd_role_name(ns.role), drbd_role_name(ns.peer), drbd_conn_name(ns.conn), drbd_disk_name(ns.disk),
		  drbd_disk_name(ns.pdsk), ns.i & DS_SUSPENDED ? " suspended" : "", ns.i & DS_ISP ? " paused" : "");
}

static bool is_target(union drbd_state s)
{
	return s.conn == C_SYNC_TARGET || s.conn == C_PAUSED_SYNC_T;
}

void sim_applied(struct sim_node *n, const struct drbd_transition *tr)
{
	struct sim_work *wk;

	if (tr->os.i == tr->ns.i && !tr->now)
		return;
	trace_change(n, tr->os, tr->ns);
	if (is_target(tr->ns) && !is_target(tr->os))
		sim_oracle_target(n);
	do_now(n, tr->now);
	wk = sim_queue(n, WK_AFTER);
	wk->os = tr->os;
	wk->ns = tr->ns;
}

static void applied_conn(struct sim_node *n, const struct drbd_transition *tr, const struct drbd_conn_transition *ctr)
{
	struct sim_work *wk;

	sim_applied(n, tr);
	do_now(n, ctr->now);
	wk = sim_queue(n, WK_CONN_AFTER);
	wk->ctr = *ctr;
}

s32 sim_change(struct sim_node *n, const struct drbd_change *ch)
{
	struct drbd_transition tr;
	s32 rv = drbd_vol_request(&n->cs, &n->vs, ch, &tr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		sim_applied(n, &tr);
	return rv;
}

s32 sim_change_conn(struct sim_node *n, const struct drbd_change *ch)
{
	struct drbd_transition tr[1];
	struct drbd_conn_transition ctr;
	s32 rv = drbd_conn_request(&n->cs, ch, tr, &ctr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		applied_conn(n, tr, &ctr);
	return rv;
}

s32 sim_set(struct sim_node *n, u32 mask, u32 val, u32 flags)
{
	struct drbd_change ch = { mask, val, flags };

	return sim_change(n, &ch);
}

void sim_conn_fail(struct sim_node *n, enum drbd_conns why, const char *reason)
{
	struct drbd_change ch;

	if (n->cs.cstate < C_WF_CONNECTION)
		return;
	sim_trace(n->w, n, "connection fails: %s, %s", drbd_conn_name(why), reason);
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
	sim_trace(n->w, n, "split brain reported");
}

void sim_env(const struct sim_node *n, struct drbd_req_env *env)
{
	union drbd_state s = n->vs.state;

	memset(env, 0, sizeof(*env));
	env->role = s.role;
	env->conn = s.conn;
	env->disk = s.disk;
	env->pdsk = s.pdsk;
	env->suspended = drbd_suspended(&n->cs);
	env->wire_protocol = n->net.wire_protocol;
	env->two_primaries = n->net.two_primaries;
	env->rc_flag = !!(n->cs.flags & CNF_RC_FLAG);
	env->on_congestion = n->net.on_congestion;
	env->read_balancing = n->disk_conf.read_balancing;
	env->wzeroes = !!(n->cs.features & DRBD_FF_WZEROES);
	env->apv = n->cs.apv;
	env->max_epoch_size = n->net.max_epoch_size;
	env->congestion_fill_sect = n->net.cong_fill;
	env->congestion_extents = n->net.cong_extents;
	env->al_used_extents = n->al.used;
	env->rs_pending = n->rs_pending;
}

/* --- worker -------------------------------------------------------------------------------------------------------------- */

static void item_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_work *wk = arg;
	struct sim_node *n = w->node[data];

	(void)content;
	wk->waiting = false;
	wk->error = error;
	schedule_worker(n);
}

static void write_md(struct sim_node *n, struct sim_work *wk)
{
	if (!n->disk_open || SIM_FAULT(n->w, "md-not-written"))
		return;
	wk->waiting = true;
	sim_md_write(n, item_done, wk);
}

static void write_bm(struct sim_node *n, struct sim_work *wk)
{
	if (!n->disk_open)
		return;
	wk->waiting = true;
	sim_bm_write(n, item_done, wk);
}

static void full_sync(struct sim_node *n, struct sim_work *wk)
{
	struct drbd_change ch;
	bool start_source;

	if (!wk->begun) {
		wk->begun = true;
		sim_set_all_bits(n);
		write_bm(n, wk);
		if (wk->waiting)
			return;
	}
	drbd_full_sync_next(&n->vs, wk->error != 0, &ch, &start_source);
	if (start_source)
		sim_rs_start(n, C_SYNC_SOURCE);
	else
		sim_change(n, &ch);
}

static void resync_grown(struct sim_node *n)
{
	enum drbd_conns side = drbd_resync_side_of_growth(&n->cs, &n->vs);

	if (side == C_SYNC_SOURCE)
		sim_rs_start(n, C_SYNC_SOURCE);
	else
		sim_set(n, DS_CONN(C_MASK), DS_CONN(C_WF_SYNC_UUID), 0);
}

static void thaw(struct sim_node *n, u32 flag)
{
	struct drbd_change ch = { flag, 0, CS_HARD };

	sim_change_conn(n, &ch);
	if (!drbd_suspended(&n->cs))
		sim_log_event(n, RQE_RESUME);
}

static void send_sync_uuid(struct sim_node *n)
{
	struct drbd_pkt pkt = { .cmd = P_SYNC_UUID };

	pkt.u.uuid = n->vs.uuid[UI_BITMAP];
	sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
}

/* One action; wk->waiting is set if it goes on later. */
static void act(struct sim_node *n, struct sim_work *wk, enum drbd_act what)
{
	switch (what) {
	case AW_HELPER_PRI_ON_INCON_DEGR:
	case AW_HELPER_LOCAL_IO_ERROR:
	case AW_UNFENCE_PEER:
		sim_trace(n->w, n, "helper %s", drbd_act_helper(what));
		break;
	case AW_TL_RESEND:		sim_log_event(n, RQE_RESEND); break;
	case AW_TL_RESTART_FROZEN:	sim_log_event(n, RQE_RESTART_FROZEN); break;
	case AW_TL_CONN_LOST:		sim_log_event(n, RQE_CONN_LOST); break;
	case AW_CLEAR_SUSP_NOD:		thaw(n, DS_SUSP_NOD); break;
	case AW_CLEAR_SUSP_FEN:		thaw(n, DS_SUSP_FEN); break;
	case AW_SEND_SYNC_UUID:
		if (!wk->error)		/* of AW_MD_WRITE */
			send_sync_uuid(n);
		break;
	case AW_SEND_SIZES:		sim_send_sizes(n, false, 0); break;
	case AW_SEND_UUIDS:		sim_send_uuids(n, 0); break;
	case AW_SEND_STATE:		sim_send_state(n, wk->ns); break;
	case AW_RS_RESET:		n->rs_sect_in = n->rs_pending = 0; break;
	case AW_SEND_BITMAP:
		if (!n->bitmap_due) {
			n->bitmap_due = true;
			drbd_req_hold(&n->rv);
		}
		sim_node_wake(n);
		break;
	case AW_MD_WRITE:		write_md(n, wk); break;
	case AW_MD_SYNC:
		if (n->md_dirty)
			write_md(n, wk);
		break;
	case AW_BM_WRITE:		write_bm(n, wk); break;
	case AW_PAUSE_DEPENDENTS:
	case AW_RESUME_DEPENDENTS:	break;	/* one volume */
	case AW_FULL_SYNC:		full_sync(n, wk); break;
	case AW_ABORT_LOCAL:		sim_log_event(n, RQE_LOCAL_ABORT); break;
	case AW_RS_CANCEL_ALL:		drbd_rs_cancel_all(&n->ext); sim_node_wake(n); break;
	case AW_PUT_DISK:		sim_disk_put(n); break;
	case AW_CLOSE_DISK:
		drbd_assert(n->disk_users > 0);	/* of NOW_HOLD_DISK */
		n->disk_users--;
		sim_oracle_closed(n);
		n->disk_open = false;
		n->detaching = false;
		drbd_vol_disk_closed(&n->vs);
		n->vs.disk_conf = NULL;
		sim_node_wake(n);
		break;
	case AW_RESYNC_GROWN:		resync_grown(n); break;
	case AW_START_RECEIVER:		sim_start_receiver(n); break;
	case AW_DROP_NET_CONF:		n->cs.net = NULL; break;
	case AW_NEW_UUIDS:
		if (drbd_pending_new_uuid(&n->vs, sim_node_random(n))) {
			write_md(n, wk);
			if (n->cs.cstate >= C_WF_REPORT_PARAMS)
				sim_send_uuids(n, 0);
		}
		break;
	}
}

/* True: the item is done. */
static bool run_list(struct sim_node *n, struct sim_work *wk)
{
	while (wk->at < wk->after.nr) {
		if (!wk->begun || wk->after.act[wk->at] == AW_FULL_SYNC)
			act(n, wk, wk->after.act[wk->at]);
		if (wk->waiting) {
			wk->begun = true;
			return false;
		}
		wk->begun = false;
		wk->at++;
	}
	return true;
}

/* A fault leaves one kind of action out. */
static void leave_out(struct sim_node *n, struct drbd_after *after, const char *fault, u8 act)
{
	u32 i;

	(void)n;
	(void)fault;
	for (i = 0; SIM_FAULT(n->w, fault) && i < after->nr; i++)
		if (after->act[i] == act)
			after->act[i] = AW_PAUSE_DEPENDENTS;
}

static bool run_item(struct sim_node *n, struct sim_work *wk)
{
	u64 old_uuid = n->vs.uuid[UI_CURRENT];

	switch (wk->kind) {
	case WK_AFTER:
	case WK_CONN_AFTER:
		if (!wk->ok && wk->kind == WK_AFTER)
			drbd_vol_after(&n->cs, &n->vs, wk->os, wk->ns, sim_node_random(n), &wk->after);
		else if (!wk->ok)
			drbd_conn_after(&n->cs, &wk->ctr, &wk->after);
		wk->ok = true;
		if (SIM_FAULT(n->w, "uuid-not-rotated") && old_uuid && wk->ns.role == R_PRIMARY &&
		    n->vs.uuid[UI_BITMAP] == old_uuid && n->vs.uuid[UI_CURRENT] != old_uuid) {
			n->vs.uuid[UI_CURRENT] = old_uuid;
			n->vs.uuid[UI_BITMAP] = 0;
		}
		leave_out(n, &wk->after, "bitmap-not-sent-on-detach", AW_BM_WRITE);
		return run_list(n, wk);
	case WK_CALL:
		wk->call(n, wk);
		return !wk->waiting;
	default:
		return sim_run_answer(n, wk);
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
		if (!run_item(n, wk))
			return;
		n->work = wk->next;
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
	struct sim_node *n = w->node[data];

	if (error)
		drbd_epochs_disk_lost(&n->es);
	item_done(w, wk, data, error, content);
}

/* The last user of a Failed disk is gone: flush it, write the bitmap, let it go. */
static void last_put(struct sim_node *n, struct sim_work *wk)
{
	struct drbd_change ch;
	bool write_bitmap;

	drbd_detach_last(&n->vs, &write_bitmap, &ch);
	if (!wk->flushed) {
		wk->flushed = wk->waiting = true;
		sim_disk_flush(&n->disk, last_flushed, wk, n->nr);
		return;
	}
	if (!wk->begun && write_bitmap) {
		wk->begun = wk->waiting = true;
		sim_bm_write(n, item_done, wk);
		return;
	}
	sim_change(n, &ch);
}

void sim_disk_put(struct sim_node *n)
{
	struct sim_work *wk;

	drbd_assert(n->disk_users > 0);
	n->disk_users--;
	if (n->disk_users || n->vs.state.disk != D_FAILED || n->detaching)
		return;
	n->detaching = true;
	wk = sim_queue(n, WK_CALL);
	wk->call = last_put;
}

/* --- attach ---------------------------------------------------------------------------------------------------------------- */

/* drbdmeta apply-al, which every script runs before attach. */
static void apply_al(struct sim_node *n)
{
	static u32 hot[AL_SLOTS_MAX];
	u8 block[4096];
	const u8 *area = sim_disk_md(&n->disk), *al;
	struct drbd_al_scan scan;
	struct drbd_md md;
	u32 i, b;

	drbd_md_get(area, &md);
	al = area + md.al_offset * 512;
	drbd_al_scan_init(&scan);
	for (i = 0; i < 8; i++)
		drbd_al_scan_block(&scan, al + drbd_al_block_sect(1, 8, i) * 512);
	if (drbd_al_scan_end(&scan) == AL_REPLAY && (md.flags & MDF_PRIMARY_IND) &&
	    !SIM_FAULT(n->w, "al-not-applied")) {
		memset(hot, 0xff, sizeof(hot));
		for (b = scan.oldest_b;; b = (b + 1) % 8) {
			drbd_al_replay(al + drbd_al_block_sect(1, 8, b) * 512, hot);
			if (b == scan.newest_b)
				break;
		}
		memset(block, 0xff, 128);
		for (i = 0; i < AL_SLOTS_MAX; i++)
			if (hot[i] != AL_NONE && (u64)hot[i] * 8192 < md.la_size_sect)
				sim_disk_md_poke(&n->disk, md.bm_offset * 512 + hot[i] * 128, block, 128);
	}
	drbd_al_encode_initialized(block);
	for (i = 0; i < 8; i++)
		sim_disk_md_poke(&n->disk, md.al_offset * 512 + i * 4096, block, 4096);
	md.flags |= MDF_AL_CLEAN;
	md.magic = DRBD_MD_MAGIC_08;
	drbd_md_put(block, &md);
	sim_disk_md_poke(&n->disk, 0, block, 4096);
}

static void new_bitmap(struct sim_node *n, u64 capacity_sect)
{
	u64 bits = drbd_bm_bits(capacity_sect);
	u32 i;

	n->bm_chunks = drbd_bm_chunks(bits);
	drbd_assert(n->bm_chunks <= ARRAY_SIZE(n->bm_chunk));
	for (i = 0; i < n->bm_chunks; i++)
		n->bm_chunk[i] = sim_alloc(n->w, DRBD_BM_CHUNK_BYTE);
	drbd_bm_init(&n->bm, bits, n->bm_chunk, sim_alloc(n->w, drbd_bm_mem_byte(bits)));
}

static void load_bitmap(struct sim_node *n)
{
	u32 i;

	for (i = 0; i < n->bm_chunks; i++) {
		memcpy(n->bm_chunk[i], sim_disk_md(&n->disk) + n->md.bm_offset * 512 + i * 4096, 4096);
		drbd_bm_loaded(&n->bm, i);
	}
}

/* --- size ------------------------------------------------------------------------------------------------------------------ */

/* What waited for the new size. */
void sim_resized(struct sim_node *n)
{
	bool ask = n->resize_ask, answer = n->resize_answer, sync = n->resize_sync;

	n->resizing = n->resize_ask = n->resize_answer = n->resize_sync = false;
	n->sizes.agreed_sect = n->sizes.capacity_sect;
	if (n->vs.state.conn < C_CONNECTED)
		return;
	if (ask) {
		sim_send_uuids(n, 0);
		sim_send_sizes(n, true, 0);
	}
	if (answer)
		sim_send_sizes(n, false, n->resize_flags);
	if (sync)
		resync_grown(n);
}

static void resize_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_node *n = arg;

	(void)w;
	(void)data;
	(void)content;
	(void)error;
	sim_resized(n);
	drbd_req_release(&n->rv);
	sim_node_wake(n);
}

static void resize_bits_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_node *n = arg;

	if (error)
		resize_written(w, n, data, error, content);
	else
		sim_md_write(n, resize_written, n);
}

/* The new part of the bitmap is on disk before the size; nothing is written meanwhile. */
void sim_resize(struct sim_node *n, u64 capacity_sect)
{
	u64 bits = drbd_bm_bits(capacity_sect);
	u64 **chunk = sim_alloc(n->w, sizeof(n->bm_chunk));
	struct drbd_bm to;
	u32 i, chunks = drbd_bm_chunks(bits);

	sim_trace(n->w, n, "size goes from %llu to %llu", n->sizes.capacity_sect, capacity_sect);
	if (!n->disk_open) {
		n->sizes.capacity_sect = capacity_sect;
		sim_resized(n);
		return;
	}
	drbd_assert(chunks <= ARRAY_SIZE(n->bm_chunk));
	for (i = n->bm_chunks; i < chunks; i++)
		chunk[i] = sim_alloc(n->w, DRBD_BM_CHUNK_BYTE);
	drbd_bm_resize(&to, bits, chunk, sim_alloc(n->w, drbd_bm_mem_byte(bits)), &n->bm, !SIM_FAULT(n->w, "new-bits-not-set"));
	memcpy(n->bm_chunk, chunk, sizeof(n->bm_chunk));
	n->bm = to;
	n->bm_chunks = chunks;
	n->sizes.capacity_sect = capacity_sect;
	n->al.extents = (u32)((capacity_sect + 8191) / 8192);
	n->resizing = true;
	drbd_req_hold(&n->rv);
	sim_bm_write(n, resize_bits_written, n);
}

static s32 do_resize(struct sim_node *n)
{
	bool connected = n->vs.state.conn == C_CONNECTED, too_big;
	union drbd_state s = n->vs.state;
	u64 size;

	if (n->resizing)
		return ERR_RESIZE_RESYNC;
	if (!n->disk_open || s.disk < D_INCONSISTENT)
		return ERR_NO_DISK;
	if (s.conn > C_CONNECTED)
		return ERR_RESIZE_RESYNC;
	if (s.role != R_PRIMARY && s.peer != R_PRIMARY)
		return ERR_NO_PRIMARY;
	n->sizes.user_sect = n->disk_conf.disk_size;
	size = drbd_new_size(&n->sizes, n->sizes.user_sect, false, connected, &too_big);
	n->resize_ask = connected;
	if (size == n->sizes.capacity_sect) {
		sim_resized(n);
		return NO_ERROR;
	}
	if (size > n->sizes.capacity_sect && connected)
		n->vs.flags |= VF_RESIZE_PENDING;
	sim_resize(n, size);
	return NO_ERROR;
}

static s32 attach_refused(struct sim_node *n, s32 err)
{
	sim_trace(n->w, n, "attach refused: %d", err);
	sim_set(n, DS_DISK(D_MASK), DS_DISK(D_DISKLESS), CS_HARD);
	return err;
}

static s32 attach(struct sim_node *n)
{
	struct drbd_attach_in in;
	struct drbd_change ch;
	bool set_all, degr, too_big;
	s32 rv;

	rv = drbd_attach_precheck(&n->cs, &n->vs, &n->disk_conf);
	if (rv != NO_ERROR)
		return rv;
	apply_al(n);
	rv = sim_set(n, DS_DISK(D_MASK), DS_DISK(D_ATTACHING), CS_VERBOSE);
	if (rv < SS_SUCCESS)
		return rv;
	drbd_md_get(sim_disk_md(&n->disk), &n->md);
	rv = drbd_md_check(&n->md, DRBD_MD_IDX_FLEX_EXT, MD_DEVICE_BYTE / 512, &n->layout);
	if (rv != MD_OK)
		sim_violation(n->w, "%s: attach: meta-data: %s", sim_node_name(n), drbd_md_reason(rv));
	memset(&in, 0, sizeof(in));
	in.conf = &n->disk_conf;
	in.md_flags = n->md.flags;
	memcpy(in.uuid, n->md.uuid, sizeof(in.uuid));
	in.max_size_sect = n->disk.sectors;
	in.md_size_sect = n->md.la_size_sect;
	in.capacity_sect = n->sizes.capacity_sect;
	rv = drbd_attach_check(&n->cs, &n->vs, &in);
	if (rv != NO_ERROR)
		return attach_refused(n, rv);
	drbd_attach_take(&n->cs, &n->vs, &in, &ch, &set_all, &degr);
	n->vs.disk_conf = &n->disk_conf;
	n->disk_open = true;
	n->sizes.own_max_sect = n->disk.sectors;
	n->sizes.own_max_bio = DRBD_MAX_BIO_SIZE;
	n->sizes.agreed_sect = n->md.la_size_sect;
	n->sizes.user_sect = n->disk_conf.disk_size;
	if (n->vs.state.conn < C_CONNECTED)
		n->sizes.peer_max_sect = 0;	/* no growth that the peer does not see */
	n->sizes.capacity_sect = drbd_new_size(&n->sizes, n->sizes.user_sect, false, false, &too_big);
	new_bitmap(n, n->sizes.capacity_sect);
	if (set_all)
		sim_set_all_bits(n);
	else
		load_bitmap(n);
	if (n->md.la_size_sect && n->sizes.capacity_sect > n->md.la_size_sect) {
		/* there is room for more than when it was last attached */
		drbd_bm_set(&n->bm, drbd_bm_bits(n->md.la_size_sect) - 1, n->bm.bits - 1);
		if (n->vs.state.conn == C_CONNECTED)
			n->vs.flags |= VF_RESYNC_AFTER_NEG;
		sim_bm_write(n, NULL, NULL);
	}
	n->md.la_size_sect = n->sizes.capacity_sect;
	drbd_attach_bitmap(&n->vs, n->bm.bits, n->bm.set);
	drbd_al_init(&n->al, sim_alloc(n->w, drbd_al_mem_byte(n->disk_conf.al_extents)), n->disk_conf.al_extents, 1, 8,
		     (u32)((n->sizes.capacity_sect + 8191) / 8192), 0);
	n->al_gen++;
	n->al_writing = false;
	n->md_dirty = true;
	n->md_dirty_since_us = 0;
	rv = sim_change(n, &ch);
	sim_trace(n->w, n, "attached: rv %d, %llu bits set%s", rv, n->bm.set, degr ? ", degraded" : "");
	if (rv < SS_SUCCESS)
		return attach_refused(n, rv);
	return NO_ERROR;
}

void sim_attach(struct sim_node *n)
{
	attach(n);
}

/* --- fencing ----------------------------------------------------------------------------------------------------------------- */

/* The fence-peer handler: it has a way of its own to the other node. */
static int fence_peer(struct sim_node *n)
{
	struct sim_node *p = peer_of(n);
	struct drbd_change ch;
	s32 rv;

	if (!p->up) {
		sim_trace(n->w, n, "fence-peer: peer is down");
		return n->disk_conf.fencing == FP_STONITH ? 7 : 5;
	}
	if (n->disk_conf.fencing == FP_STONITH && sim_one_in(n->w, 2)) {
		sim_node_crash(p);
		return 7;
	}
	if (p->vs.state.disk == D_INCONSISTENT)
		return 3;
	if (p->vs.state.role == R_PRIMARY)
		return 6;
	drbd_change_outdate(&ch);
	rv = sim_change(p, &ch);
	return rv >= SS_SUCCESS && p->vs.state.disk == D_OUTDATED ? 4 : 1;
}

static void fence_end(struct sim_world *w, void *arg, u64 connect_cnt)
{
	struct sim_node *n = arg;
	struct drbd_fence_result res;
	int code = fence_peer(n);

	(void)w;
	sim_trace(n->w, n, "fence-peer exit code %d", code);
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
			sim_log_event(n, RQE_CONN_LOST);
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
		sim_net_want(n->w, n, true);
}

void sim_begin_cleanup(struct sim_node *n)
{
	if (n->cleaning || !n->receiver_running)
		return;
	n->cleaning = true;
	sim_net_want(n->w, n, false);
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

static void poll_cleanup(struct sim_node *n)
{
	struct drbd_change next;
	bool clear_log, fence;

	if (n->active_peer_reqs || n->work || n->flushing || n->resizing)
		return;
	n->cleaning = false;
	drbd_rs_cancel_all(&n->ext);
	drbd_tl_sender_reset(&n->tl);
	n->rs_pending = n->rs_sect_in = 0;
	n->rs_finishing = false;
	n->ping_outstanding = false;
	n->barrier_waits = false;
	n->pings_answered = n->pings_asked;
	if (n->bitmap_due) {
		n->bitmap_due = false;
		drbd_req_release(&n->rv);
	}
	drbd_epochs_reset(&n->es);
	while (drbd_epochs_reap(&n->es))
		;
	drbd_conn_cleanup(&n->cs, &clear_log, &fence, &next);
	n->marked_oos = false;
	if (!clear_log)
		sim_log_event(n, RQE_CONN_LOST_FROZEN);
	else if (!SIM_FAULT(n->w, "log-not-cleared"))
		sim_log_event(n, RQE_CONN_LOST);
	if (!clear_log && n->marked_oos)
		drbd_pending_new_uuid(&n->vs, sim_node_random(n));
	if (n->disk_open) {
		sim_md_write(n, NULL, NULL);
		sim_bm_write(n, NULL, NULL);
	}
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
	sim_trace(n->w, n, "command %d ends: %d", n->op.kind, rv);
	n->op.kind = OP_NONE;
}

static void send_change_request(struct sim_node *n, bool conn_wide)
{
	struct drbd_pkt pkt = { .cmd = conn_wide && n->cs.apv >= 100 ? P_CONN_ST_CHG_REQ : P_STATE_CHG_REQ };

	pkt.u.req_state.mask = n->op.change.mask;
	pkt.u.req_state.val = n->op.change.val;
	sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
}

static s32 first_step(struct sim_node *n)
{
	struct drbd_transition tr[1];
	struct drbd_conn_transition ctr;
	struct sim_op *op = &n->op;
	s32 rv;

	if (op->conn_wide)
		rv = drbd_conn_request(&n->cs, &op->change, tr, &ctr);
	else
		rv = drbd_vol_request(&n->cs, &n->vs, &op->change, tr);
	if (rv == SS_UNKNOWN_ERROR) {
		op->wait_change = true;
		send_change_request(n, op->conn_wide);
	} else if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO) {
		if (op->conn_wide)
			applied_conn(n, tr, &ctr);
		else
			sim_applied(n, tr);
	}
	return rv;
}

static s32 next_step(struct sim_node *n)
{
	struct drbd_transition tr[1];
	struct drbd_conn_transition ctr;
	struct sim_op *op = &n->op;
	s32 rv;

	rv = op->conn_wide ? drbd_conn_poll(&n->cs, &op->change) : drbd_vol_poll(&n->cs, &n->vs, &op->change);
	if (rv == SS_UNKNOWN_ERROR)
		return rv;
	op->wait_change = false;
	if (rv < SS_SUCCESS)
		return rv;
	if (op->conn_wide) {
		rv = drbd_conn_finish(&n->cs, &op->change, tr, &ctr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			applied_conn(n, tr, &ctr);
	} else {
		rv = drbd_vol_finish(&n->cs, &n->vs, &op->change, tr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			sim_applied(n, tr);
	}
	return rv;
}

/* The change of this command. SS_UNKNOWN_ERROR: ask again. */
static s32 op_change(struct sim_node *n)
{
	s32 rv = n->op.wait_change ? next_step(n) : first_step(n);

	if (rv == SS_IN_TRANSIENT_STATE && n->w->now_us < n->op.deadline_us)
		return SS_UNKNOWN_ERROR;
	return rv;
}

static bool net_requests_pending(const struct sim_node *n)
{
	return n->rv.ap_pending != 0;
}

static void role_changed(struct sim_node *n, bool forced)
{
	struct sim_work *wk;

	if (n->vs.state.role != R_PRIMARY && drbd_suspended(&n->cs) && n->disk_open) {
		/* what is frozen may be on this disk alone: marked, and of a new generation */
		sim_log_event(n, RQE_MARK_OOS);
		drbd_pending_new_uuid(&n->vs, sim_node_random(n));
		wk = sim_queue(n, WK_AFTER);
		wk->after.act[wk->after.nr++] = AW_BM_WRITE;
		wk->ok = true;
	}
	wk = sim_queue(n, WK_AFTER);
	drbd_role_changed(&n->cs, &n->vs, forced, sim_node_random(n), &wk->after);
	wk->ns = n->vs.state;
	wk->ok = true;
	if (n->vs.state.role == R_PRIMARY)
		n->net.discard_my_data = 0;
	if (forced)
		sim_oracle_excuse(peer_of(n), "peer was forced to be primary");
}

enum { ST_BEGIN, ST_CHANGE, ST_FENCE, ST_WAIT, ST_DONE };

static void promote_to(struct sim_node *n, enum drbd_promote_do what)
{
	struct sim_op *op = &n->op;

	switch (what) {
	case PROMOTE_CHANGE:
		op->change = op->promote.change;
		op->step = ST_CHANGE;
		sim_node_wake(n);
		break;
	case PROMOTE_FENCE:
		op->step = ST_FENCE;
		begin_fencing(n);
		sim_node_wake(n);
		break;
	case PROMOTE_WAIT:
		op->step = ST_WAIT;
		op->again_us = n->w->now_us + op->promote.wait_ms * 1000ull;
		break;
	case PROMOTE_DONE:
		op->step = ST_DONE;
		sim_node_wake(n);
		break;
	case PROMOTE_REFUSED:
		op_end(n, op->promote.rv);
		break;
	}
}

static void poll_primary(struct sim_node *n)
{
	struct sim_op *op = &n->op;
	s32 rv;

	switch (op->step) {
	case ST_BEGIN:
		promote_to(n, drbd_promote_begin(&op->promote, op->force));
		break;
	case ST_CHANGE:
		rv = op_change(n);
		if (rv != SS_UNKNOWN_ERROR)
			promote_to(n, drbd_promote_next(&op->promote, &n->cs, &n->vs, rv));
		break;
	case ST_FENCE:
		if (!n->fence_running)
			promote_to(n, drbd_promote_fenced(&op->promote, drbd_peer_is_outdated(&n->cs)));
		break;
	case ST_WAIT:
		if (n->w->now_us >= op->again_us)
			promote_to(n, drbd_promote_again(&op->promote));
		break;
	case ST_DONE:
		if (op->promote.rv == SS_NOTHING_TO_DO) {
			op_end(n, op->promote.rv);
			return;
		}
		if (net_requests_pending(n))
			return;
		role_changed(n, op->promote.forced);
		op_end(n, op->promote.rv);
		break;
	}
}

static void poll_secondary(struct sim_node *n)
{
	struct sim_op *op = &n->op;
	s32 rv;

	if (op->step == ST_DONE) {
		if (net_requests_pending(n))
			return;
		role_changed(n, false);
		op_end(n, SS_SUCCESS);
		return;
	}
	n->vs.opens = sim_oracle_outstanding(n->w, n) != 0;
	if (!n->vs.opens && !op->wait_change && n->vs.state.conn >= C_CONNECTED && !drbd_tl_drained(&n->tl) &&
	    !SIM_FAULT(n->w, "demotion-not-drained")) {
		if (drbd_tl_close_epoch(&n->tl))
			schedule_worker(n);
		return;
	}
	drbd_change_secondary(&op->change);
	rv = op_change(n);
	if (rv == SS_UNKNOWN_ERROR)
		return;
	if (rv < SS_SUCCESS || rv == SS_NOTHING_TO_DO) {
		op_end(n, rv);
		return;
	}
	op->step = ST_DONE;
	sim_node_wake(n);
}

static void disconnect_to(struct sim_node *n, enum drbd_disconnect_do what)
{
	struct sim_op *op = &n->op;

	if (what == DISCONNECT_CHANGE) {
		op->change = op->disconnect.change;
		op->step = ST_CHANGE;
		sim_node_wake(n);
	} else if (what == DISCONNECT_REFUSED || op->disconnect.rv == SS_NOTHING_TO_DO) {
		op_end(n, op->disconnect.rv);
	} else {
		op->step = ST_DONE;
		sim_node_wake(n);
	}
}

static void poll_disconnect(struct sim_node *n)
{
	struct drbd_change alone = { DS_CONN(C_MASK), DS_CONN(C_STANDALONE), CS_HARD };
	struct sim_op *op = &n->op;
	s32 rv;

	op->conn_wide = true;
	if (op->step == ST_BEGIN) {
		disconnect_to(n, drbd_disconnect_begin(&op->disconnect, op->force));
	} else if (op->step == ST_CHANGE) {
		rv = op_change(n);
		if (rv != SS_UNKNOWN_ERROR)
			disconnect_to(n, drbd_disconnect_next(&op->disconnect, &n->cs, rv));
	} else if (!n->cleaning && !n->receiver_running) {
		if (n->cs.cstate != C_STANDALONE)
			sim_change_conn(n, &alone);
		op_end(n, op->disconnect.rv);
	}
}

static void do_connect(struct sim_node *n)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_UNCONNECTED), CS_VERBOSE };

	if (n->work)
		return;		/* what belonged to the last connection first */
	if (n->cs.cstate != C_STANDALONE || n->cs.net || n->cleaning || n->receiver_running) {
		op_end(n, ERR_NET_CONFIGURED);
		return;
	}
	n->net.discard_my_data = n->op.discard_my_data;
	if (n->op.discard_my_data)
		sim_oracle_excuse(n, "discard-my-data");
	n->cs.net = &n->net;
	op_end(n, sim_change_conn(n, &ch));
}

static void poll_invalidate(struct sim_node *n)
{
	bool set_all = false;
	struct sim_op *op = &n->op;
	bool remote = op->kind == OP_INVALIDATE_REMOTE;
	s32 rv;

	if (op->step == ST_BEGIN) {
		rv = drbd_change_invalidate(&n->cs, &n->vs, remote, &op->change, &set_all);
		if (rv < SS_UNKNOWN_ERROR) {
			op_end(n, rv);
			return;
		}
		op->after_fence = set_all;
		op->step = ST_CHANGE;
	}
	rv = op_change(n);
	if (rv == SS_UNKNOWN_ERROR)
		return;
	if (rv >= SS_SUCCESS)
		sim_oracle_excuse(remote ? peer_of(n) : n, "invalidate");
	if (rv >= SS_SUCCESS && op->after_fence && n->disk_open) {
		sim_set_all_bits(n);
		sim_bm_write(n, NULL, NULL);
	}
	op_end(n, rv);
}

static void do_resume_io(struct sim_node *n)
{
	struct drbd_change ch;
	bool write_md, conn_lost, fail_frozen;
	s32 rv;

	drbd_resume_io(&n->vs, sim_node_random(n), &write_md, &conn_lost, &fail_frozen);
	drbd_change_suspend(false, &ch);
	rv = sim_change_conn(n, &ch);
	if (write_md && n->disk_open)
		sim_md_write(n, NULL, NULL);
	if (conn_lost)
		sim_log_event(n, RQE_CONN_LOST);
	if (fail_frozen)
		sim_log_event(n, RQE_FAIL_FROZEN);
	sim_log_event(n, RQE_RESUME);
	op_end(n, rv);
}

static void do_pause(struct sim_node *n, bool pause)
{
	struct drbd_change ch;

	drbd_change_pause_sync(pause, &ch);
	op_end(n, drbd_pause_sync_result(&n->vs, pause, sim_change(n, &ch)));
}

/* A command that is one change. */
static void poll_simple(struct sim_node *n)
{
	struct sim_op *op = &n->op;
	s32 rv;

	if (op->step == ST_BEGIN) {
		if (op->kind == OP_VERIFY)
			drbd_change_verify(&op->change);
		else if (op->kind == OP_OUTDATE)
			drbd_change_outdate(&op->change);
		else
			drbd_change_detach(op->force, &op->change);
		if (op->kind == OP_DETACH && op->force)
			n->vs.flags |= VF_FORCE_DETACH;
		op->step = ST_CHANGE;
	}
	rv = op_change(n);
	if (rv != SS_UNKNOWN_ERROR)
		op_end(n, rv);
}

static void poll_op(struct sim_node *n)
{
	struct drbd_change ch;

	switch (n->op.kind) {
	case OP_NONE:			break;
	case OP_PRIMARY:		poll_primary(n); break;
	case OP_SECONDARY:		poll_secondary(n); break;
	case OP_CONNECT:		do_connect(n); break;
	case OP_DISCONNECT:		poll_disconnect(n); break;
	case OP_ATTACH:
		if (n->disk_open || n->detaching || n->disk.in_flight)
			op_end(n, ERR_DISK_CONFIGURED);
		else
			op_end(n, attach(n));
		break;
	case OP_DETACH:
	case OP_VERIFY:
	case OP_OUTDATE:		poll_simple(n); break;
	case OP_INVALIDATE:
	case OP_INVALIDATE_REMOTE:	poll_invalidate(n); break;
	case OP_PAUSE:			do_pause(n, true); break;
	case OP_RESUME:			do_pause(n, false); break;
	case OP_SUSPEND_IO:
		drbd_change_suspend(true, &ch);
		op_end(n, sim_change_conn(n, &ch));
		break;
	case OP_RESUME_IO:		do_resume_io(n); break;
	case OP_RESIZE:			op_end(n, do_resize(n)); break;
	}
}

bool sim_node_idle(const struct sim_node *n)
{
	return n->op.kind == OP_NONE;
}

bool sim_node_command(struct sim_node *n, const struct sim_op *op)
{
	if (!n->up || n->op.kind != OP_NONE)
		return false;
	n->op = *op;
	n->op.step = ST_BEGIN;
	n->op.deadline_us = n->w->now_us + OP_LIMIT_US;
	sim_trace(n->w, n, "command %d%s%s", op->kind, op->force ? " force" : "",
		  op->discard_my_data ? " discard-my-data" : "");
	sim_node_wake(n);
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
			sim_violation(n->w, "%s: request timeout while nothing is broken", sim_node_name(n));
		sim_conn_fail(n, C_TIMEOUT, "request timeout");
	}
	if (n->conn && n->phase != PH_LOOP && n->w->now_us - n->connected_us > 4 * n->net.ping_timeo * 100000ull)
		sim_conn_fail(n, C_NETWORK_FAILURE, "handshake timeout");
	if (n->disk_open && drbd_req_disk_timed_out(&n->rv, n->disk_conf.disk_timeout * 100ull, 0, sim_now_ms(n->w), &again))
		sim_io_error(n, IOE_FORCE_DETACH);
}

static void tick(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;

	(void)unused;
	check_ping(n);
	check_timeouts(n);
	if (n->md_dirty && n->disk_open && w->now_us - n->md_dirty_since_us > 5000000)
		sim_md_write(n, NULL, NULL);
	sim_node_wake(n);
	sim_after(w, TICK_US, &n->gen, tick, n, 0);
}

/* --- power --------------------------------------------------------------------------------------------------------------------------------- */

void sim_node_boot(struct sim_node *n)
{
	if (n->up)
		return;
	sim_trace(n->w, n, "power on");
	n->up = true;
	n->gen++;
	drbd_conn_state_init(&n->cs);
	memset(&n->vs, 0, sizeof(n->vs));
	n->vols[0] = &n->vs;
	n->cs.vol = n->vols;
	n->cs.vols = 1;
	n->cs.res = &n->res;
	n->cs.apv = 80;
	drbd_vol_init(&n->cs, &n->vs);
	drbd_tl_init(&n->tl);
	drbd_req_vol_init(&n->rv);
	drbd_epochs_init(&n->es, sim_alloc(n->w, sizeof(struct drbd_epoch)),
			 drbd_write_ordering(n->disk_conf.disk_flushes, n->disk_conf.disk_drain));
	drbd_rs_extents_init(&n->ext);
	memset(&n->sizes, 0, sizeof(n->sizes));
	n->disk_open = false;
	n->disk_users = 0;
	n->md_dirty = n->al_writing = n->detaching = false;
	n->resizing = n->resize_ask = n->resize_answer = n->resize_sync = false;
	n->conn = NULL;
	n->conn_gen++;
	n->in[0] = n->in[1] = NULL;
	n->in_last[0] = &n->in[0];
	n->in_last[1] = &n->in[1];
	n->eof[0] = n->eof[1] = false;
	n->ping_outstanding = n->receiver_running = n->cleaning = n->fence_running = false;
	n->pings_asked = n->pings_answered = 0;
	n->stuck = n->stuck_read = NULL;
	n->active_peer_reqs = 0;
	n->barrier_waits = n->flushing = n->bitmap_due = false;
	n->work = NULL;
	n->work_last = &n->work;
	n->worker_timer = n->poll_timer = n->ahead_timer = n->rs_timer = n->rs_finishing = false;
	n->bios = NULL;
	n->bios_last = &n->bios;
	n->rs_sect_in = n->rs_pending = 0;
	n->ov_pos_sect = 0;
	n->net.discard_my_data = 0;
	memset(&n->op, 0, sizeof(n->op));
	sim_after(n->w, TICK_US, &n->gen, tick, n, 0);
	sim_attach(n);
	n->op.kind = OP_CONNECT;
	sim_node_wake(n);
}

void sim_node_crash(struct sim_node *n)
{
	if (!n->up)
		return;
	sim_trace(n->w, n, "power fails");
	n->up = false;
	n->gen++;
	if (n->conn && sim_one_in(n->w, 2))
		sim_conn_vanish(n->conn, n->nr);
	else if (n->conn)
		sim_conn_close(n->conn, n->nr);
	n->conn = NULL;
	sim_net_want(n->w, n, false);
	sim_disk_crash(&n->disk);
	sim_oracle_crashed(n);
}

static void write_first_md(struct sim_node *n, u64 sectors, bool created, u64 uuid)
{
	u8 block[4096];
	struct drbd_md md;
	int i;

	drbd_md_layout(DRBD_MD_IDX_FLEX_EXT, MD_DEVICE_BYTE, 1, 8, &n->layout);
	drbd_md_create(&md, &n->layout, 4096);
	if (!created) {
		md.uuid[UI_CURRENT] = uuid & ~1ull;
		md.la_size_sect = n->w->plan->conf.limit_sect ? n->w->plan->conf.limit_sect : sectors;
		md.flags = MDF_CONSISTENT | MDF_WAS_UP_TO_DATE | MDF_AL_CLEAN;
	}
	drbd_md_put(block, &md);
	sim_disk_md_poke(&n->disk, 0, block, 4096);
	drbd_al_encode_initialized(block);
	for (i = 0; i < 8; i++)
		sim_disk_md_poke(&n->disk, md.al_offset * 512 + i * 4096, block, 4096);
}

struct sim_node *sim_node_new(struct sim_world *w, int nr, u64 sectors, bool created, u64 uuid)
{
	struct sim_node *n = sim_alloc(w, sizeof(*n));

	n->w = w;
	n->nr = nr;
	n->rng = w->seed * 77 + nr;
	w->node[nr] = n;
	drbd_opts_default(DRBD_CTX_net, &n->net);
	drbd_opts_default(DRBD_CTX_disk, &n->disk_conf);
	drbd_opts_default(DRBD_CTX_resource, &n->res);
	n->apv_max = DRBD_PRO_VERSION_MAX;
	n->features_mask = DRBD_FF_ALL;
	sim_disk_init(w, n, &n->disk, sectors, MD_BYTE);
	write_first_md(n, sectors, created, uuid);
	return n;
}
