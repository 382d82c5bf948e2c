/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_node.h"
#include "sim_oracle.h"

#define AHEAD_DELAY_US	1000000
#define AHEAD_RETRY_US	100000
#define DIGEST_BYTE	8

static bool disk_usable(const struct sim_vol *v)
{
	return v->disk_open && v->vs.state.disk >= D_INCONSISTENT;
}

/* --- bitmap ----------------------------------------------------------------------------------------------------------- */

static u64 set_oos(struct sim_vol *v, u64 sector, u32 size_byte)
{
	u64 first, last, changed;

	if (!v->disk_open || SIM_FAULT(v->w, "bit-not-set") ||
	    !drbd_bm_range_out(&v->bm, sector, size_byte, &first, &last))
		return 0;
	changed = drbd_bm_set(&v->bm, first, last);
	if (changed)
		sim_trace(v->w, v->name, "bits %llu..%llu set", first, last);
	return changed;
}

void sim_set_oos(struct sim_vol *v, u64 sector, u32 size_byte)
{
	set_oos(v, sector, size_byte);
}

void sim_set_in_sync(struct sim_vol *v, u64 sector, u32 size_byte)
{
	u64 first, last;

	if (!v->disk_open)
		return;
	if (SIM_FAULT(v->w, "partial-block-cleared")) {
		if (!drbd_bm_range_out(&v->bm, sector, size_byte, &first, &last))
			return;
	} else if (!drbd_bm_range_in(&v->bm, v->sizes.capacity_sect, sector, size_byte, &first, &last)) {
		return;
	}
	if (drbd_bm_clear(&v->bm, first, last)) {
		sim_trace(v->w, v->name, "bits %llu..%llu cleared, %llu left", first, last, v->bm.set);
		drbd_rs_mark(&v->rs, v->bm.set, sim_now_ms(v->w));
	}
	sim_rs_check_finished(v);
}

void sim_set_all_bits(struct sim_vol *v)
{
	if (v->disk_open && v->bm.bits)
		drbd_bm_set(&v->bm, 0, v->bm.bits - 1);
	sim_trace(v->w, v->name, "all bits set");
}

/* --- meta-data ---------------------------------------------------------------------------------------------------------- */

struct md_io {
	struct sim_vol *v;
	sim_io_fn fn;
	void *arg;
	u32 left;
	s32 error;
	u8 block[4096];
};

static void md_io_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;
	struct sim_vol *v = io->v;

	(void)content;
	if (error)
		io->error = error;
	/* what is not on disk is written again before anything relies on it */
	if (error && data && v->disk_open && data - 1 < v->bm_chunks)
		drbd_bm_mark_dirty(&v->bm, (u32)data - 1);
	if (--io->left)
		return;
	if (io->error)
		sim_io_error(v, IOE_META);
	if (io->fn)
		io->fn(w, io->arg, v->n->nr, io->error, NULL);
	sim_disk_put(v);
	sim_node_wake(v->n);
}

static struct md_io *new_md_io(struct sim_vol *v, sim_io_fn fn, void *arg)
{
	struct md_io *io = sim_alloc(v->w, sizeof(*io));

	io->v = v;
	io->fn = fn;
	io->arg = arg;
	io->left = 1;
	v->disk_users++;
	return io;
}

/*
 * Meta-data take protection away: a cleared bit, an extent that leaves the activity log, a Primary that is none any
 * more. So what they speak of is flushed first; where data and meta-data share a cache, the flush that goes with the
 * write of the meta-data does that.
 */
static void data_first(struct sim_vol *v, sim_io_fn fn, void *arg)
{
	if (v->disk.internal || v->disk.write_through || SIM_FAULT(v->w, "meta-data-before-data"))
		fn(v->w, arg, 0, 0, NULL);
	else
		sim_disk_flush(&v->disk, fn, arg, 0);
}

static void md_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;

	(void)data;
	(void)content;
	if (error)
		md_io_done(w, io, 0, error, NULL);
	else
		sim_disk_md_write(&io->v->disk, 0, io->block, sizeof(io->block), md_io_done, io, 0);
}

static void md_bits_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;

	(void)data;
	(void)content;
	if (error)
		md_io_done(w, io, 0, error, NULL);
	else
		data_first(io->v, md_flushed, io);
}

void sim_md_write(struct sim_vol *v, sim_io_fn fn, void *arg)
{
	struct md_io *io = new_md_io(v, fn, arg);
	bool loses_log = (v->md.flags & ~v->vs.md_flags) & MDF_PRIMARY_IND;

	v->md_dirty = false;
	memcpy(v->md.uuid, v->vs.uuid, sizeof(v->md.uuid));
	v->md.flags = v->vs.md_flags & ~MDF_AL_CLEAN;
	v->md.magic = DRBD_MD_MAGIC_UNCLEAN;
	v->md.la_size_sect = v->sizes.capacity_sect;
	drbd_md_put(io->block, &v->md);
	/* without the primary indicator nobody looks at the activity log: the bits are on disk before */
	if (loses_log && !SIM_FAULT(v->w, "bitmap-not-before-demotion"))
		sim_bm_write(v, md_bits_written, io);
	else
		data_first(v, md_flushed, io);
}

static void write_chunk(struct sim_vol *v, u32 chunk, struct md_io *io)
{
	drbd_bm_clean(&v->bm, chunk);
	io->left++;
	sim_disk_md_write(&v->disk, v->md.bm_offset * 512 + chunk * 4096, v->bm_chunk[chunk], 4096, md_io_done, io,
			  chunk + 1);
}

static void bm_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;
	u64 c;

	(void)data;
	(void)content;
	for (c = 0; !error && (c = drbd_bm_next_dirty(&io->v->bm, (u32)c)) != DRBD_BM_NONE; c++)
		write_chunk(io->v, (u32)c, io);
	md_io_done(w, io, 0, error, NULL);
}

static void bm_now(struct sim_world *w, void *arg, u64 unused)
{
	struct md_io *io = arg;

	(void)w;
	(void)unused;
	data_first(io->v, bm_flushed, io);
}

void sim_bm_write(struct sim_vol *v, sim_io_fn fn, void *arg)
{
	sim_after(v->w, 1, &v->n->gen, bm_now, new_md_io(v, fn, arg), 0);
}

void sim_io_error(struct sim_vol *v, enum drbd_io_err what)
{
	struct drbd_change ch;

	if (!v->disk_open || v->vs.state.disk <= D_FAILED)
		return;
	sim_trace(v->w, v->name, "I/O error, kind %d", what);
	drbd_io_error(&v->vs, what, &ch);
	/* on-io-error pass_on: Inconsistent data are synced from the peer, be they newer or not */
	if ((ch.mask & DS_DISK(D_MASK)) && ch.val == DS_DISK(D_INCONSISTENT))
		sim_oracle_excuse(v, "pass_on");
	if (ch.mask)
		sim_change(v, &ch);
}

/* --- activity log --------------------------------------------------------------------------------------------------------- */

static void al_written(struct sim_world *w, void *arg, u64 gen, s32 error, const u32 *content)
{
	struct sim_vol *v = arg;

	(void)w;
	(void)content;
	if (gen == v->al_gen) {
		v->al_writing = false;
		if (error)
			drbd_al_failed(&v->al, &v->al_tr);
		else
			drbd_al_committed(&v->al, &v->al_tr, true);
	}
	if (error)
		sim_io_error(v, IOE_META);
	sim_disk_put(v);
	sim_node_wake(v->n);
}

static void al_bitmap_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_vol *v = arg;
	u8 block[AL_BLOCK_BYTE];

	(void)content;
	(void)data;
	v->disk_users++;
	if (error || SIM_FAULT(w, "al-not-written")) {
		al_written(w, v, v->al_gen, error, NULL);
		return;
	}
	drbd_al_encode(&v->al_tr, block);
	sim_disk_md_write(&v->disk, v->md.al_offset * 512 + (u32)v->al_tr.sect * 512, block, sizeof(block), al_written, v,
			  v->al_gen);
}

/* A transaction, if one is due: the bitmap of what is given up goes first. */
static void al_write(struct sim_vol *v)
{
	if (v->al_writing || !v->disk_open || !drbd_al_prepare(&v->al, &v->al_tr))
		return;
	if ((v->vs.flags & VF_AL_SUSPENDED) || !v->disk_conf.al_updates || v->vs.state.disk <= D_FAILED) {
		drbd_al_committed(&v->al, &v->al_tr, false);
		sim_node_wake(v->n);
		return;
	}
	v->al_writing = true;
	sim_trace(v->w, v->name, "activity log transaction %u, %u extents", v->al_tr.number, v->al_tr.nr);
	if (SIM_FAULT(v->w, "bitmap-not-before-al"))
		al_bitmap_written(v->w, v, 0, 0, NULL);
	else
		sim_bm_write(v, al_bitmap_written, v);
}

static void al_range(struct sim_al_hold *h, u64 sector, u32 size_byte)
{
	h->first = drbd_al_extent(sector);
	h->last = drbd_al_extent_last(sector, size_byte);
}

/* References for a write; h is its progress. True: go on. */
static bool al_get(struct sim_vol *v, struct sim_al_hold *h)
{
	enum drbd_al_need need;
	u32 e;

	if (!disk_usable(v))
		return true;
	if (h->gen != v->al_gen)
		h->taken = false;
	h->gen = v->al_gen;
	if (!h->taken) {
		for (e = h->first; e <= h->last; e++)
			if (drbd_rs_blocks_al(&v->ext, e) && !SIM_FAULT(v->w, "resync-lock-ignored"))
				return false;
		need = drbd_al_begin(&v->al, h->first, h->last, &h->ticket);
		if (need == AL_FULL || need == AL_DUE) {
			al_write(v);
			return false;
		}
		h->taken = true;
		h->waiting = need == AL_WRITE_FIRST;
	}
	if (h->waiting && !drbd_al_ready(&v->al, h->ticket))
		al_write(v);
	h->waiting = h->waiting && !drbd_al_ready(&v->al, h->ticket);
	return !h->waiting;
}

static void al_put(struct sim_vol *v, struct sim_al_hold *h)
{
	if (h->taken && h->gen == v->al_gen && v->disk_open && drbd_al_end(&v->al, h->first, h->last))
		sim_node_wake(v->n);
	h->taken = false;
}

static bool al_busy(struct sim_vol *v, u64 sector)
{
	u32 e = (u32)(sector / DRBD_RS_EXTENT_SECT) * 4;

	return drbd_al_busy(&v->al, e, e + 3);
}

/* --- requests ----------------------------------------------------------------------------------------------------------------- */

static void restart(struct sim_vol *v, struct sim_req *req)
{
	struct sim_bio *bio = req->bio;

	drbd_assert(bio);
	sim_trace(v->w, v->name, "io %u starts again", bio->id);
	bio->carried = req->r.flags & (RQ_TRIED_LOCAL | RQ_TRIED_REMOTE);
	bio->counted = false;
	bio->again = true;
	bio->al.taken = false;
	bio->next = NULL;
	*v->bios_last = bio;
	v->bios_last = &bio->next;
}

static void local_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_req *req = arg;
	struct sim_vol *v = req->v;

	(void)w;
	(void)data;
	if (!error && !(req->r.flags & (RQ_WRITE | RQ_LOCAL_ABORTED)))
		memcpy(req->bio->content, content, req->bio->size_byte / 512 * sizeof(u32));
	sim_req_event(req, error ? RQE_LOCAL_FAILED : RQE_LOCAL_DONE);
	sim_disk_put(v);
}

static void submit_local(struct sim_vol *v, struct sim_req *req)
{
	u32 f = req->r.flags, io = 0;

	v->disk_users++;
	if (f & RQ_WRITE)
		io |= IO_WRITE;
	if (f & RQ_FUA)
		io |= IO_FUA;
	if (f & RQ_FLUSH)
		io |= IO_FLUSH;
	if (!req->r.iv.size_byte)
		sim_disk_flush(&v->disk, local_done, req, 0);
	else
		sim_disk_io(&v->disk, io, req->r.iv.sector, req->r.iv.size_byte, req->content, local_done, req, 0);
}

static void ahead_to_source(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_vol *v = arg;

	(void)unused;
	v->ahead_timer = false;
	if (v->vs.state.conn != C_AHEAD)
		return;
	if (v->rs_pending || v->rv.in_flight_sect) {
		v->ahead_timer = true;
		sim_after(w, AHEAD_RETRY_US, &v->n->gen, ahead_to_source, v, 0);
		return;
	}
	sim_rs_start(v, C_SYNC_SOURCE);
}

static void congested(struct sim_vol *v, bool disconnect)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_DISCONNECTING), CS_LOCAL_ONLY };

	if (disconnect)
		sim_change_conn(v->n, &ch);
	else
		sim_set(v, DS_CONN(C_MASK), DS_CONN(C_AHEAD), 0);
}

static void complete(struct sim_vol *v, struct sim_req *req)
{
	struct sim_bio *bio = req->bio;

	bio->replicated = !!(req->r.flags & RQ_NET_OK);
	bio->tried_net = !!(req->r.flags & RQ_EXP_BARR_ACK);
	bio->local_ok = !!(req->r.flags & RQ_LOCAL_OK);
	sim_trace(v->w, v->name, "io %u ends: %d%s", bio->id, req->r.error, bio->replicated ? ", peer has it" : "");
	sim_oracle_complete(bio, req->r.error);
	req->bio = NULL;
	if (bio->above)
		sim_disk_ended_below(bio, req->r.error);
}

/* Does what the core said, from the lowest bit to the highest. */
void sim_told(struct sim_req *req, u32 todo)
{
	struct sim_vol *v = req->v;
	struct drbd_req_env env;
	struct drbd_request *r = &req->r;

	drbd_assert(!req->freed);
	if (todo & RQ_DO_PULL_AHEAD)
		congested(v, false);
	if (todo & RQ_DO_DISCONNECT)
		congested(v, true);
	if (todo & RQ_DO_SET_OOS) {
		set_oos(v, r->iv.sector, r->iv.size_byte);
		v->marked_oos = true;
	}
	if ((todo & RQ_DO_SET_OOS_TELL) && set_oos(v, r->iv.sector, r->iv.size_byte)) {
		sim_env(v, &env);
		drbd_req_event(&v->n->tl, r, RQE_QUEUE_OOS, &env, sim_now_ms(v->w));
		sim_node_wake(v->n);
	}
	if (todo & RQ_DO_SET_IN_SYNC)
		sim_set_in_sync(v, r->iv.sector, r->iv.size_byte);
	if (todo & RQ_DO_AL_PUT)
		al_put(v, &req->al);
	if (todo & RQ_DO_SUBMIT_LOCAL)
		submit_local(v, req);
	if (todo & RQ_DO_READ_ERROR)
		sim_io_error(v, IOE_READ);
	if (todo & RQ_DO_WRITE_ERROR)
		sim_io_error(v, IOE_WRITE);
	if ((todo & RQ_DO_AHEAD_DONE) && !v->ahead_timer) {
		v->ahead_timer = true;
		sim_after(v->w, AHEAD_DELAY_US, &v->n->gen, ahead_to_source, v, 0);
	}
	if (todo & RQ_DO_COMPLETE)
		complete(v, req);
	if (todo & RQ_DO_RESTART)
		restart(v, req);
	if (todo & (RQ_DO_COMPLETE | RQ_DO_RESTART))
		drbd_req_left(&v->rv);
	if (todo & RQ_DO_FREE)
		req->freed = true;
	sim_node_wake(v->n);
}

void sim_req_event(struct sim_req *req, enum drbd_req_event ev)
{
	struct drbd_req_env env;

	sim_env(req->v, &env);
	sim_told(req, drbd_req_event(&req->v->n->tl, &req->r, ev, &env, sim_now_ms(req->v->w)));
}

void sim_log_event(struct sim_node *n, const struct sim_vol *v, enum drbd_req_event ev)
{
	struct drbd_request *r, *next;

	for (r = drbd_tl_first(&n->tl); r; r = next) {
		next = drbd_tl_next(&n->tl, r);
		if (!v || r->vol == &v->rv)
			sim_req_event(container_of(r, struct sim_req, r), ev);
	}
}

/* True: it is on its way. */
static bool try_start(struct sim_vol *v, struct sim_bio *bio)
{
	struct drbd_req_env env;
	struct sim_req *req;
	u64 first, last;
	bool clean;
	u32 i, todo, flags;

	sim_env(v, &env);
	if (!bio->counted && !drbd_req_may_start(&v->rv, &env))
		return false;
	bio->counted = true;
	if ((bio->flags & RQ_WRITE) && bio->size_byte &&
	    !al_get(v, &bio->al))
		return false;
	sim_env(v, &env);
	req = sim_alloc(v->w, sizeof(*req));
	req->v = v;
	req->bio = bio;
	req->al = bio->al;
	flags = bio->flags | bio->carried | (bio->al.taken ? RQ_IN_ACT_LOG : 0);
	drbd_req_init(&req->r, &v->rv, bio->sector, bio->size_byte, flags, (u64)(unsigned long)req);
	if (bio->flags & RQ_WRITE) {
		req->content = sim_alloc(v->w, bio->size_byte / 512 * sizeof(u32) + 4);
		sim_oracle_start(bio);
		for (i = 0; i < bio->size_byte / 512; i++)
			req->content[i] = bio->zeroes ? 0 : bio->version;
	}
	clean = !disk_usable(v) || !drbd_bm_range_out(&v->bm, bio->sector, bio->size_byte, &first, &last) ||
		!drbd_bm_count(&v->bm, first, last) || SIM_FAULT(v->w, "read-out-of-sync");
	todo = drbd_req_start(&v->n->tl, &req->r, &env, clean, sim_now_ms(v->w));
	if (todo & RQ_DO_WAIT_CONFLICT)
		return false;
	bio->again = false;
	if (!(bio->flags & RQ_WRITE))
		sim_oracle_read_from(bio, !!(todo & RQ_DO_SUBMIT_LOCAL));
	else
		sim_trace(v->w, v->name, "io %u starts, version %u", bio->id, bio->version);
	sim_told(req, todo);
	return true;
}

void sim_poll_io(struct sim_vol *v)
{
	struct sim_bio *todo = v->bios, *bio;

	v->bios = NULL;
	v->bios_last = &v->bios;
	while ((bio = todo)) {
		todo = bio->next;
		bio->next = NULL;
		if (try_start(v, bio))
			continue;
		*v->bios_last = bio;
		v->bios_last = &bio->next;
	}
	if (v->disk_open)
		al_write(v);
}

void sim_node_submit(struct sim_vol *v, struct sim_bio *bio)
{
	bio->v = v;
	bio->next = NULL;
	if (bio->size_byte)
		al_range(&bio->al, bio->sector, bio->size_byte);
	if (!(bio->flags & RQ_WRITE))
		bio->content = sim_alloc(v->w, bio->size_byte / 512 * sizeof(u32));
	sim_trace(v->w, v->name, "io %u: %s%s%s%s %llu+%u", bio->id, bio->flags & RQ_WRITE ? "write" : "read",
		  bio->zeroes ? " zeroes" : "", bio->flags & RQ_FLUSH ? " flush" : "", bio->flags & RQ_FUA ? " fua" : "",
		  bio->sector, bio->size_byte / 512);
	sim_oracle_submit(bio);
	*v->bios_last = bio;
	v->bios_last = &bio->next;
	sim_node_wake(v->n);
}

/* --- sender --------------------------------------------------------------------------------------------------------------------------- */

static bool send_request(struct sim_vol *v, struct sim_req *req)
{
	struct drbd_request *r = &req->r;
	struct drbd_req_env env;
	struct drbd_pkt pkt = { .cmd = 0 };
	u32 dp, sectors = r->iv.size_byte / 512;

	sim_env(v, &env);
	pkt.cmd = drbd_req_packet(r, &env, &dp);
	if (pkt.cmd == P_OUT_OF_SYNC) {
		pkt.u.desc.sector = r->iv.sector;
		pkt.u.desc.blksize = r->iv.size_byte;
		return sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	if (pkt.cmd == P_DATA_REQUEST) {
		pkt.u.req.sector = r->iv.sector;
		pkt.u.req.block_id = r->block_id;
		pkt.u.req.blksize = r->iv.size_byte;
		return sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	pkt.u.data.sector = r->iv.sector;
	pkt.u.data.block_id = r->block_id;
	pkt.u.data.seq_num = drbd_seq_next(&v->rv);
	pkt.u.data.dp_flags = dp;
	if (pkt.cmd != P_DATA) {
		pkt.u.data.size_byte = r->iv.size_byte;
		return sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	pkt.tail_byte = r->iv.size_byte;
	return sim_send(v, SIM_DATA, &pkt, req->content, sectors, NULL);
}

/* The connection is going down: nothing can be sent. */
static bool fail_request(struct sim_node *n)
{
	struct drbd_request *r;
	u32 nr;
	enum drbd_send what = drbd_tl_next_send(&n->tl, sim_now_ms(n->w), &r, &nr);

	if (what == DRBD_SEND_REQUEST)
		sim_req_event(container_of(r, struct sim_req, r), RQE_SEND_FAILED);
	return what != DRBD_SEND_NOTHING;
}

/* One packet of the send queue; false: nothing to do, or the socket is full. */
bool sim_sender_run(struct sim_node *n)
{
	struct drbd_pkt pkt = { .cmd = P_BARRIER };
	struct drbd_request *r;
	struct sim_req *req;
	u32 nr;

	if (!n->conn || n->cleaning)
		return fail_request(n);
	if (n->cs.cstate < C_WF_REPORT_PARAMS)
		return false;
	if (!sim_conn_room(n->conn, n->nr, SIM_DATA)) {
		if (!n->send_blocked_since_us)
			n->send_blocked_since_us = n->w->now_us;
		if (n->net.ko_count && n->w->now_us - n->send_blocked_since_us > (u64)n->net.ko_count * n->net.timeout * 100000)
			sim_conn_fail(n, C_TIMEOUT, "send timeout");
		return false;
	}
	n->send_blocked_since_us = 0;
	switch (drbd_tl_next_send(&n->tl, sim_now_ms(n->w), &r, &nr)) {
	case DRBD_SEND_BARRIER:
		pkt.u.barrier.barrier = nr;
		if (!SIM_FAULT(n->w, "barrier-not-sent"))
			sim_send(n->vol[0], SIM_DATA, &pkt, NULL, 0, NULL);
		return true;
	case DRBD_SEND_REQUEST:
		req = container_of(r, struct sim_req, r);
		sim_req_event(req, send_request(req->v, req) ? RQE_HANDED_OVER : RQE_SEND_FAILED);
		return true;
	default:
		return false;
	}
}

/* --- acks ------------------------------------------------------------------------------------------------------------------------------- */

static enum drbd_req_event event_of(u16 cmd)
{
	switch (cmd) {
	case P_RECV_ACK:	return RQE_RECV_ACKED;
	case P_WRITE_ACK:	return RQE_WRITE_ACKED;
	case P_RS_WRITE_ACK:	return RQE_WRITE_ACKED_SIS;
	case P_SUPERSEDED:	return RQE_SUPERSEDED;
	case P_RETRY_WRITE:	return RQE_POSTPONED;
	default:		return RQE_NEG_ACKED;
	}
}

static void rs_answered(struct sim_vol *v, u64 sector, u32 size_byte, bool failed)
{
	v->rs_pending -= v->rs_pending ? 1 : 0;
	if (failed)
		v->rs.failed += (size_byte + 4095) / 4096;
	(void)sector;
	sim_rs_check_finished(v);
	sim_node_wake(v->n);
}

/* An ack of a resync write, on the source. */
static void rs_ack(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (pkt->cmd == P_NEG_ACK)
		rs_answered(v, a->sector, a->blksize, true);
	else if (drbd_rs_ack_clears(v->vs.state.conn))
		sim_set_in_sync(v, a->sector, a->blksize);
}

/* On the target: a request has its answer, no data come. */
static void rs_no_data(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	v->rs_sect_in += a->blksize / 512;
	if (pkt->cmd == P_RS_IS_IN_SYNC)
		sim_set_in_sync(v, a->sector, a->blksize);
	drbd_rs_complete_io(&v->ext, a->sector);
	if (v->vs.state.conn == C_VERIFY_S || v->vs.state.conn == C_VERIFY_T) {
		v->rs_pending -= v->rs_pending ? 1 : 0;
		if (drbd_ov_result(&v->rs, sim_now_ms(v->w)))
			sim_rs_finish(v);
		return;
	}
	rs_answered(v, a->sector, a->blksize, pkt->cmd == P_NEG_RS_DREPLY);
}

static void ov_result(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (a->block_id == drbd_ov_result_id(false))
		set_oos(v, a->sector, a->blksize);
	drbd_rs_complete_io(&v->ext, a->sector);
	v->rs_pending -= v->rs_pending ? 1 : 0;
	if (drbd_ov_result(&v->rs, sim_now_ms(v->w)) && v->vs.state.conn == C_VERIFY_T)
		sim_rs_finish(v);
}

void sim_recv_ack(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;
	struct drbd_request *r;
	bool read = pkt->cmd == P_NEG_DREPLY;

	if (drbd_seq_saw_ack(&v->rv, a->seq_num))
		sim_node_wake(v->n);
	switch (pkt->cmd) {
	case P_NEG_RS_DREPLY:
	case P_RS_CANCEL:
	case P_RS_IS_IN_SYNC:
		rs_no_data(v, pkt);
		return;
	case P_OV_RESULT:
		ov_result(v, pkt);
		return;
	}
	if (a->block_id == ID_SYNCER) {
		rs_ack(v, pkt);
		return;
	}
	r = drbd_req_find(read ? &v->rv.reads : &v->rv.writes, a->sector, a->block_id);
	if (!r) {
		if (pkt->cmd == P_NEG_ACK && v->n->net.wire_protocol != DRBD_PROT_C)
			set_oos(v, a->sector, a->blksize);
		else
			sim_conn_fail(v->n, C_NETWORK_FAILURE, "ack of an unknown request");
		return;
	}
	sim_req_event(container_of(r, struct sim_req, r), event_of(pkt->cmd));
}

void sim_recv_barrier_ack(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_barrier_ack *a = &pkt->u.barrier_ack;
	struct drbd_request *r;

	if (drbd_tl_barrier_ack(&n->tl, a->barrier, a->set_size)) {
		sim_violation(n->w, "%s: P_BARRIER_ACK %u of %u writes does not match", n->name, a->barrier,
			      a->set_size);
	}
	while ((r = drbd_tl_next_in_epoch(&n->tl, a->barrier))) {
		sim_oracle_barrier_acked(container_of(r, struct sim_req, r));
		sim_req_event(container_of(r, struct sim_req, r), RQE_BARRIER_ACKED);
	}
}

/* --- received writes -------------------------------------------------------------------------------------------------------------------- */

static void send_ack(struct sim_vol *v, struct sim_peer_req *pr, u16 cmd)
{
	struct drbd_pkt pkt = { .cmd = cmd };

	pkt.u.ack.sector = pr->p.iv.sector;
	pkt.u.ack.block_id = pr->p.block_id;
	pkt.u.ack.blksize = pr->p.iv.size_byte;
	pkt.u.ack.seq_num = drbd_seq_next(&v->rv);
	if (pr->conn_gen == v->n->conn_gen)
		sim_send(v, SIM_META, &pkt, NULL, 0, NULL);
}

static void acked(struct sim_vol *v, struct sim_peer_req *pr)
{
	u32 todo = drbd_peer_req_acked(&v->n->es, &pr->p);

	if (todo & PR_DO_AL_PUT)
		al_put(v, &pr->al);
	v->n->active_peer_reqs--;
	if ((todo & PR_DO_BARRIER_ACK) && pr->conn_gen == v->n->conn_gen)
		sim_send_barrier_acks(v->n);
	sim_node_wake(v->n);
}

/* Bits that end a received write: what comes before the ack, the ack, the end. */
static void ended(struct sim_vol *v, struct sim_peer_req *pr, u32 todo)
{
	bool early = SIM_FAULT(v->w, "ack-before-write");

	if (todo & PR_DO_SET_OOS)
		set_oos(v, pr->p.iv.sector, pr->p.iv.size_byte);
	if (todo & PR_DO_SET_IN_SYNC)
		sim_set_in_sync(v, pr->p.iv.sector, pr->p.iv.size_byte);
	if ((todo & PR_DO_ACK) && !(early && pr->submitted))
		send_ack(v, pr, pr->p.ack_packet);
	if (todo & PR_DO_IO_ERROR)
		sim_io_error(v, IOE_WRITE);
	if (todo & (PR_DO_ACK | PR_DO_NO_ACK)) {
		if (pr->p.flags & EE_RS) {
			drbd_rs_complete_io(&v->ext, pr->p.iv.sector);
			rs_answered(v, pr->p.iv.sector, pr->p.iv.size_byte, !!(todo & PR_DO_IO_ERROR));
		}
		acked(v, pr);
	}
}

static void peer_write_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_vol *v = pr->v;
	struct drbd_req_env env;

	(void)w;
	(void)data;
	(void)content;
	sim_env(v, &env);
	ended(v, pr, drbd_peer_req_done(&pr->p, error, &env));
	sim_disk_put(v);
}

static void submit_peer_write(struct sim_vol *v, struct sim_peer_req *pr)
{
	u32 io = IO_WRITE | ((pr->p.flags & EE_FUA) ? IO_FUA : 0) | ((pr->p.flags & EE_FLUSH) ? IO_FLUSH : 0);

	pr->submitted = true;
	if (SIM_FAULT(v->w, "ack-before-write") && (pr->p.flags & EE_SEND_WRITE_ACK))
		send_ack(v, pr, P_WRITE_ACK);
	v->disk_users++;
	sim_disk_io(&v->disk, io, pr->p.iv.sector, pr->p.iv.size_byte, pr->zeroes ? NULL : pr->content, peer_write_done,
		    pr, 0);
}

static struct sim_peer_req *new_peer_req(struct sim_vol *v, const u32 *content, u32 sectors)
{
	struct sim_peer_req *pr = sim_alloc(v->w, sizeof(*pr));

	pr->v = v;
	pr->conn_gen = v->n->conn_gen;
	if (content) {
		pr->content = sim_alloc(v->w, sectors * sizeof(u32));
		memcpy(pr->content, content, sectors * sizeof(u32));
	}
	v->n->active_peer_reqs++;
	return pr;
}

bool sim_recv_write(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct drbd_req_env env;
	struct sim_peer_req *pr;
	u32 size;

	if (v->vs.state.conn < C_CONNECTED)
		sim_violation(v->w, "%s: data before the handshake is over", v->name);
	if (drbd_packet_range(pkt, 0, v->sizes.capacity_sect, &size))
		sim_violation(v->w, "%s: %s with a bad range", v->name, drbd_packet_name(pkt->cmd));
	pr = new_peer_req(v, m->tail, m->tail_nr);
	pr->zeroes = pkt->cmd != P_DATA;
	al_range(&pr->al, pkt->u.data.sector, size);
	sim_env(v, &env);
	drbd_peer_write_init(&pr->p, &v->rv, &v->n->es, pkt->u.data.sector, size, pkt->u.data.block_id, pkt->u.data.seq_num,
			     pkt->u.data.dp_flags, &env);
	v->n->stuck = pr;
	sim_step_write(pr);
	return true;
}

/* The write at the gates goes on; false: it still waits. */
bool sim_step_write(struct sim_peer_req *pr)
{
	struct sim_vol *v = pr->v;
	struct drbd_req_env env;
	u32 todo;

	if (!pr->al_asked) {
		sim_env(v, &env);
		todo = drbd_peer_write_step(&pr->p, &env, v->n->net.ping_timeo * 100, v->n->net.ko_count * v->n->net.timeout * 100,
					    sim_now_ms(v->w));
		if (todo & (PR_DO_PROTOCOL_ERROR | PR_DO_TIMEOUT)) {
			sim_conn_fail(v->n, todo & PR_DO_TIMEOUT ? C_TIMEOUT : C_PROTOCOL_ERROR, "a received write waits");
			return false;
		}
		if (todo & PR_DO_SEND_RECV_ACK)
			send_ack(v, pr, P_RECV_ACK);
		if (todo & PR_DO_WAIT)
			return false;
		if (todo & PR_DO_SET_OOS)
			set_oos(v, pr->p.iv.sector, pr->p.iv.size_byte);
		if (!(todo & PR_DO_SUBMIT)) {
			v->n->stuck = NULL;
			ended(v, pr, todo);
			return true;
		}
		pr->al_asked = !!(todo & PR_DO_AL_GET);
	}
	if (pr->al_asked) {
		if (!al_get(v, &pr->al))
			return false;
		if (pr->al.taken)
			pr->p.flags |= EE_IN_ACT_LOG;
	}
	v->n->stuck = NULL;
	if (disk_usable(v)) {
		submit_peer_write(v, pr);
	} else {
		/* the disk failed while this waited for the activity log */
		sim_env(v, &env);
		ended(v, pr, drbd_peer_req_done(&pr->p, -EIO, &env));
	}
	return true;
}

void sim_drop_peer_reqs(struct sim_node *n)
{
	if (n->stuck) {
		if (n->stuck->al.taken)
			n->stuck->p.flags |= EE_IN_ACT_LOG;
		acked(n->stuck->v, n->stuck);
	}
	if (n->stuck_read)
		n->active_peer_reqs--;
	n->stuck = n->stuck_read = NULL;
}

/* --- reads for the peer ----------------------------------------------------------------------------------------------------------------- */

static u64 digest_of(const u32 *content, u32 sectors)
{
	u64 h = 14695981039346656037ull;
	u32 i;

	for (i = 0; i < sectors; i++)
		h = (h ^ content[i]) * 1099511628211ull;
	return h;
}

static bool is_zero(const u32 *content, u32 sectors)
{
	while (sectors--)
		if (content[sectors])
			return false;
	return true;
}

static void send_block(struct sim_vol *v, struct sim_peer_req *pr, u16 cmd)
{
	struct drbd_pkt pkt = { .cmd = cmd };
	u32 sectors = pr->p.iv.size_byte / 512;
	u64 digest = 0;

	if (cmd == P_DATA_REPLY || cmd == P_RS_DATA_REPLY) {
		pkt.u.data.sector = pr->p.iv.sector;
		pkt.u.data.block_id = pr->p.block_id;
		pkt.tail_byte = pr->p.iv.size_byte;
		sim_send(v, SIM_DATA, &pkt, pr->content, sectors, NULL);
	} else if (cmd == P_RS_DEALLOCATED) {
		pkt.u.desc.sector = pr->p.iv.sector;
		pkt.u.desc.blksize = pr->p.iv.size_byte;
		sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
	} else if (cmd == P_OV_REPLY) {
		if (!pr->failed)
			digest = digest_of(pr->content, sectors);
		pkt.u.req.sector = pr->p.iv.sector;
		pkt.u.req.block_id = ID_SYNCER;
		pkt.u.req.blksize = pr->p.iv.size_byte;
		pkt.tail_byte = DIGEST_BYTE;
		v->rs_pending++;
		sim_send(v, SIM_DATA, &pkt, (const u32 *)&digest, 2, NULL);
	} else {
		send_ack(v, pr, cmd);
	}
}

/* VerifyS compares its own block with the peer's digest. */
static void compare(struct sim_vol *v, struct sim_peer_req *pr, s32 error)
{
	struct drbd_pkt pkt = { .cmd = P_OV_RESULT };
	bool equal = !error && digest_of(pr->content, pr->p.iv.size_byte / 512) == pr->digest;


	if (!disk_usable(v))
		equal = true;
	if (!equal)
		set_oos(v, pr->p.iv.sector, pr->p.iv.size_byte);
	drbd_rs_complete_io(&v->ext, pr->p.iv.sector);
	pkt.u.ack.sector = pr->p.iv.sector;
	pkt.u.ack.blksize = pr->p.iv.size_byte;
	pkt.u.ack.block_id = drbd_ov_result_id(equal);
	pkt.u.ack.seq_num = drbd_seq_next(&v->rv);
	sim_send(v, SIM_META, &pkt, NULL, 0, NULL);
	if (drbd_ov_result(&v->rs, sim_now_ms(v->w)))
		sim_rs_finish(v);
}

/* In the worker: the block is read, answer. */
bool sim_run_answer(struct sim_vol *v, struct sim_work *wk)
{
	struct sim_peer_req *pr = wk->pr;
	struct drbd_rs_answer ans;
	u32 sectors;
	bool equal;

	if (wk->kind == WK_RS_FINISH) {
		wk->call(v, wk);
		return !wk->waiting && !wk->again;
	}
	v->n->active_peer_reqs--;
	if (pr->conn_gen != v->n->conn_gen) {
		sim_node_wake(v->n);
		return true;
	}
	if (wk->kind == WK_OV_REPLY) {
		compare(v, pr, wk->error);
		return true;
	}
	sectors = pr->p.iv.size_byte / 512;
	equal = pr->kind == RS_THIN_REQ ? is_zero(pr->content, sectors) :
		digest_of(pr->content, sectors) == pr->digest;
	drbd_rs_answer(pr->kind, wk->error, equal, v->vs.state.conn, v->vs.state.pdsk, &ans);
	pr->failed = wk->error != 0;
	if (ans.count_failed)
		v->rs.failed += sectors / 8;
	if (ans.set_in_sync)
		sim_set_in_sync(v, pr->p.iv.sector, pr->p.iv.size_byte);
	if (ans.packet)
		send_block(v, pr, ans.packet);
	sim_node_wake(v->n);
	return true;
}

static void read_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_vol *v = pr->v;
	struct sim_work *wk;

	(void)w;
	(void)data;
	pr->content = sim_alloc(v->w, pr->p.iv.size_byte / 512 * sizeof(u32));
	if (!error)
		memcpy(pr->content, content, pr->p.iv.size_byte / 512 * sizeof(u32));
	wk = sim_queue(v, pr->ov ? WK_OV_REPLY : WK_ANSWER);
	wk->pr = pr;
	wk->error = error;
	if (pr->locked && pr->kind != RS_OV_REQ && pr->conn_gen == v->n->conn_gen)
		drbd_rs_complete_io(&v->ext, pr->p.iv.sector);
	if (error)
		sim_io_error(v, IOE_READ);
	sim_disk_put(v);
	sim_node_wake(v->n);
}

static void submit_read(struct sim_vol *v, struct sim_peer_req *pr)
{
	v->disk_users++;
	sim_disk_io(&v->disk, 0, pr->p.iv.sector, pr->p.iv.size_byte, NULL, read_done, pr, 0);
}

bool sim_step_read(struct sim_peer_req *pr)
{
	struct sim_vol *v = pr->v;
	u64 sector = pr->p.iv.sector;

	if (pr->kind == RS_READ_REQ) {
		if (drbd_peer_read_wait(&v->rv, sector, pr->p.iv.size_byte) && !SIM_FAULT(v->w, "read-passes-write"))
			return false;
	} else if (!SIM_FAULT(v->w, "resync-lock-ignored")) {
		if (drbd_rs_begin_io(&v->ext, sector, al_busy(v, sector), false) != RS_LOCKED)
			return false;
		pr->locked = true;
	}
	v->n->stuck_read = NULL;
	if (disk_usable(v)) {
		submit_read(v, pr);
		return true;
	}
	if (pr->locked)
		drbd_rs_complete_io(&v->ext, sector);
	v->n->active_peer_reqs--;
	send_ack(v, pr, pr->kind == RS_READ_REQ ? P_NEG_DREPLY : P_NEG_RS_DREPLY);
	return true;
}

bool sim_recv_read(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m, u8 kind)
{
	struct drbd_rs_answer ans;
	struct sim_peer_req *pr;
	u32 size;

	if (drbd_packet_range(pkt, kind == RS_CSUM_REQ ? DIGEST_BYTE : 0, v->sizes.capacity_sect, &size))
		sim_violation(v->w, "%s: %s with a bad range", v->name, drbd_packet_name(pkt->cmd));
	pr = new_peer_req(v, NULL, 0);
	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, size);
	pr->p.block_id = pkt->u.req.block_id;
	pr->kind = kind;
	if (m->tail_nr == 2)
		memcpy(&pr->digest, m->tail, sizeof(pr->digest));
	if (!drbd_rs_serve(kind, v->vs.state.disk, &ans)) {
		v->n->active_peer_reqs--;
		send_ack(v, pr, ans.packet);
		return true;
	}
	if (kind == RS_OV_REQ && v->vs.state.conn == C_VERIFY_T && v->rs.pos == 0 && v->n->cs.apv >= 90)
		drbd_ov_begin(&v->rs, v->bm.bits, pkt->u.req.sector, ~0ull, sim_now_ms(v->w));
	if (kind == RS_OV_REQ)
		v->rs.pos = pkt->u.req.sector / 8 + 1;
	v->n->stuck_read = pr;
	sim_step_read(pr);
	return true;
}

/* --- resync ----------------------------------------------------------------------------------------------------------------------------- */

/* P_DATA_REPLY, P_RS_DATA_REPLY, P_RS_DEALLOCATED. */
bool sim_recv_rs_data(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct drbd_req_env env;
	struct drbd_request *r;
	struct sim_peer_req *pr;
	struct sim_req *req;
	u64 sector = pkt->cmd == P_RS_DEALLOCATED ? pkt->u.desc.sector : pkt->u.data.sector;
	u32 size = pkt->cmd == P_RS_DEALLOCATED ? pkt->u.desc.blksize : pkt->tail_byte, todo;

	sim_env(v, &env);
	if (pkt->cmd == P_DATA_REPLY) {
		r = drbd_req_find(&v->rv.reads, sector, pkt->u.data.block_id);
		if (!r || r->iv.size_byte != size)
			sim_violation(v->w, "%s: data for an unknown read", v->name);
		req = container_of(r, struct sim_req, r);
		memcpy(req->bio->content, m->tail, size / 512 * sizeof(u32));
		sim_req_event(req, RQE_DATA_RECEIVED);
		return true;
	}
	v->rs_sect_in += size / 512;
	pr = new_peer_req(v, m->tail, m->tail_nr);
	pr->zeroes = pkt->cmd == P_RS_DEALLOCATED;
	todo = drbd_peer_rs_write_init(&pr->p, &v->rv, sector, size, &env);
	if (todo & PR_DO_SUBMIT)
		submit_peer_write(v, pr);
	else
		ended(v, pr, todo);
	return true;
}

static void csum_read(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_vol *v = pr->v;
	struct drbd_pkt pkt = { .cmd = P_CSUM_RS_REQUEST };
	u64 digest = 0;

	(void)w;
	(void)data;
	v->n->active_peer_reqs--;
	if (!error)
		digest = digest_of(content, pr->p.iv.size_byte / 512);
	pkt.u.req.sector = pr->p.iv.sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = pr->p.iv.size_byte;
	pkt.tail_byte = DIGEST_BYTE;
	if (pr->conn_gen == v->n->conn_gen)
		sim_send(v, SIM_DATA, &pkt, (const u32 *)&digest, 2, NULL);
	if (error)
		sim_io_error(v, IOE_READ);
	sim_disk_put(v);
	sim_node_wake(v->n);
}

static void send_rs_request(struct sim_vol *v, u64 sector, u32 size)
{
	bool csums = drbd_rs_use_csums(v->n->cs.apv, v->n->net.csums_alg[0], v->n->net.csums_after_crash_only,
				       v->vs.flags & VF_CRASHED_PRIMARY);
	u32 gran = v->n->cs.apv >= 100 && (v->n->cs.features & DRBD_FF_THIN_RESYNC) ? v->disk_conf.rs_discard_granularity : 0;
	struct drbd_pkt pkt = { .cmd = drbd_rs_request_packet(csums, size, gran) };
	struct sim_peer_req *pr;

	v->rs_pending++;
	if (pkt.cmd == P_CSUM_RS_REQUEST) {
		pr = new_peer_req(v, NULL, 0);
		drbd_interval_set(&pr->p.iv, sector, size);
		v->disk_users++;
		sim_disk_io(&v->disk, 0, sector, size, NULL, csum_read, pr, 0);
		return;
	}
	pkt.u.req.sector = sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = size;
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

static void rs_conf(const struct sim_vol *v, struct drbd_rs_conf *c)
{
	c->resync_rate = v->disk_conf.resync_rate;
	c->c_plan_ahead = v->disk_conf.c_plan_ahead;
	c->c_delay_target = v->disk_conf.c_delay_target;
	c->c_fill_target = v->disk_conf.c_fill_target;
	c->c_max_rate = v->disk_conf.c_max_rate;
	c->c_min_rate = v->disk_conf.c_min_rate;
	c->max_buffers = v->n->net.max_buffers;
}

static u32 limit_of(u16 apv)
{
	return drbd_peer_max_bio(apv, DRBD_MAX_BIO_SIZE) / 4096;
}

static void make_rs_requests(struct sim_vol *v, u32 number)
{
	u32 gran = v->n->cs.apv >= 100 && (v->n->cs.features & DRBD_FF_THIN_RESYNC) ? v->disk_conf.rs_discard_granularity / 4096 : 0;
	u32 max = limit_of(v->n->cs.apv), bits;
	u64 bit, sector, size;

	while (number && sim_conn_queued(v->n->conn, v->n->nr, SIM_DATA) <= v->n->pair->net->sndbuf_byte / 2) {
		bit = drbd_bm_next_set(&v->bm, v->rs.pos);
		if (bit == DRBD_BM_NONE) {
			v->rs.pos = v->bm.bits;
			if (!v->rs_pending && v->bm.set > v->rs.failed)
				v->rs.pos = 0;		/* something was set behind us */
			return;
		}
		v->rs.pos = bit;
		sector = bit * 8;
		if (!SIM_FAULT(v->w, "resync-lock-ignored") &&
		    drbd_rs_begin_io(&v->ext, sector, al_busy(v, sector), true) != RS_LOCKED)
			return;
		for (bits = 1; bits < number && bit + bits < v->bm.bits && drbd_rs_may_grow(bit, bits, max, gran) &&
			       drbd_bm_test(&v->bm, bit + bits); bits++)
			;
		size = DRBD_MIN((u64)bits * 8, v->sizes.capacity_sect - sector);
		v->rs.pos = bit + bits;
		drbd_rs_ctl_requested(&v->ctl, bits);
		number -= DRBD_MIN(number, bits);
		send_rs_request(v, sector, (u32)size * 512);
	}
}

static void make_ov_requests(struct sim_vol *v, u32 number)
{
	struct drbd_pkt pkt = { .cmd = P_OV_REQUEST };
	u64 pos = v->rs.pos;

	while (number--) {
		if (pos * 8 >= v->sizes.capacity_sect || pos * 8 >= v->rs.ov_stop_sect)
			return;
		if (drbd_rs_begin_io(&v->ext, pos * 8, al_busy(v, pos * 8), true) != RS_LOCKED)
			return;
		if (!drbd_ov_next(&v->rs, v->sizes.capacity_sect, &pkt.u.req.sector, &pkt.u.req.blksize))
			return;
		pkt.u.req.block_id = ID_SYNCER;
		v->rs_pending++;
		drbd_rs_ctl_requested(&v->ctl, 1);
		sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
		pos = v->rs.pos;
	}
}

static void rs_turn(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_vol *v = arg;
	struct drbd_rs_conf conf;
	u32 number, conn = v->vs.state.conn;

	(void)w;
	(void)unused;
	v->rs_timer = false;
	if ((conn != C_SYNC_TARGET && conn != C_VERIFY_S) || !v->n->conn)
		return;
	sim_rs_timer(v);
	sim_rs_check_finished(v);
	rs_conf(v, &conf);
	number = drbd_rs_ctl_turn(&v->ctl, &conf, v->rs_sect_in);
	v->rs_sect_in = 0;
	if (drbd_rs_throttled(&v->rs, &conf, v->disk.sectors_moved, v->bios != NULL, v->bm.set, sim_now_ms(w)))
		return;
	if (conn == C_SYNC_TARGET)
		make_rs_requests(v, number);
	else
		make_ov_requests(v, number);
}

void sim_rs_timer(struct sim_vol *v)
{
	if (v->rs_timer)
		return;
	v->rs_timer = true;
	sim_after(v->w, DRBD_RS_TURN_MS * 1000, &v->n->gen, rs_turn, v, 0);
}

/* Both are on disk: bits that the exchange has set, and that the disk is Inconsistent. */
/* Versions before 96. The target must not know an identifier that the source may lose. */
static void source_md_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct drbd_pkt pkt = { .cmd = P_SYNC_UUID };
	struct sim_vol *v = arg;

	(void)w;
	(void)data;
	(void)content;
	if (error || (v->vs.state.conn != C_SYNC_SOURCE && v->vs.state.conn != C_PAUSED_SYNC_S))
		return;
	pkt.u.uuid = v->vs.uuid[UI_BITMAP];
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

static void target_md_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	(void)w;
	(void)data;
	(void)content;
	if (!error)
		sim_rs_timer(arg);
}

static void target_bm_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	(void)w;
	(void)data;
	(void)content;
	if (!error)
		sim_md_write(arg, target_md_written, arg);
}

/* side: C_SYNC_SOURCE or C_SYNC_TARGET. */
void sim_rs_start(struct sim_vol *v, enum drbd_conns side)
{
	struct drbd_change ch;
	s32 rv;

	drbd_resync_start(&v->vs, side, true, &ch);
	rv = sim_change(v, &ch);
	sim_trace(v->w, v->name, "resync starts as %s, %llu bits: %d", drbd_conn_name(side), v->bm.set, rv);
	if (rv < SS_SUCCESS)
		return;
	drbd_rs_begin(&v->rs, v->bm.set, sim_now_ms(v->w));
	drbd_rs_ctl_init(&v->ctl, v->disk_conf.c_plan_ahead);
	v->rs_sect_in = v->rs_pending = 0;
	v->rs_finishing = false;
	if (side == C_SYNC_TARGET) {
		/* before a block is overwritten: should it be lost from the cache, its bit is still set on disk */
		if (SIM_FAULT(v->w, "bitmap-not-before-resync"))
			sim_md_write(v, target_md_written, v);
		else
			sim_bm_write(v, target_bm_written, v);
		return;
	}
	if (v->n->cs.apv < 96) {
		drbd_make_sync_uuid(&v->vs, sim_node_random(v->n));
		sim_md_write(v, source_md_written, v);
	}
}

void sim_rs_check_finished(struct sim_vol *v)
{
	u32 conn = v->vs.state.conn;

	if (v->rs_finishing || !drbd_rs_finished(&v->rs, v->bm.set))
		return;
	if (conn == C_SYNC_TARGET || (conn == C_SYNC_SOURCE && v->n->cs.apv <= 95))
		sim_rs_finish(v);
}

static void finish_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_work *wk = arg;

	(void)w;
	(void)data;
	(void)content;
	(void)error;
	wk->waiting = 0;
	sim_node_wake(wk->v->n);
}

static void finish_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	finish_written(w, arg, data, error, content);
	sim_disk_put(((struct sim_work *)arg)->v);
}

static void finish(struct sim_vol *v, struct sim_work *wk)
{
	struct drbd_transition tr;
	const char *helper;
	bool verify = v->vs.state.conn == C_VERIFY_S || v->vs.state.conn == C_VERIFY_T;
	bool unfence, target = v->vs.state.conn == C_SYNC_TARGET || v->vs.state.conn == C_PAUSED_SYNC_T;

	if (wk->begun) {
		wk->waiting = 0;
		wk->again = false;
		return;		/* meta-data are written */
	}
	if (wk->at != v->n->conn_gen || !v->n->conn) {
		wk->waiting = 0;
		wk->again = false;
		return;
	}
	if (!wk->flushed && target && v->disk_open && !SIM_FAULT(v->w, "resync-not-flushed")) {
		/* what resync wrote is stable before the disk says UpToDate */
		wk->flushed = true;
		wk->waiting = 1;
		v->disk_users++;
		sim_disk_flush(&v->disk, finish_flushed, wk, 0);
		return;
	}
	wk->again = !sim_ping_done(v->n, (u32)wk->error);
	if (wk->again)
		return;
	wk->waiting = 0;
	v->rs_finishing = false;
	if (drbd_resync_finished(&v->n->cs, &v->vs, v->rs.failed, v->bm.set, &tr, &helper, &unfence) < SS_SUCCESS)
		return;
	sim_trace(v->w, v->name, "resync or verify finished, %llu failed%s%s", v->rs.failed, helper ? ", helper " : "",
		  helper ? helper : "");
	if (target && !v->rs.failed)
		sim_oracle_synced(v);
	if (verify && !v->rs.ov_start_sect && !v->rs.ov_left)
		sim_oracle_verified(v);
	sim_applied(v, &tr);
	if (!v->disk_open)
		return;
	wk->begun = true;
	wk->waiting = 1;
	sim_md_write(v, finish_written, wk);
}

/* Pings first, so that all acks that were sent before are processed. */
void sim_rs_finish(struct sim_vol *v)
{
	struct sim_work *wk;

	if (v->rs_finishing)
		return;
	v->rs_finishing = true;
	wk = sim_queue(v, WK_RS_FINISH);
	wk->call = finish;
	wk->at = v->n->conn_gen;
	wk->error = (s32)sim_ping(v->n);
}

/* --- verify ----------------------------------------------------------------------------------------------------------------------------- */

void sim_ov_begin(struct sim_vol *v)
{
	u64 start = v->vs.state.conn == C_VERIFY_S && v->n->cs.apv >= 90 ? v->ov_pos_sect : 0;

	if (start / 8 >= v->bm.bits)
		start = 0;
	drbd_ov_begin(&v->rs, v->bm.bits, start, ~0ull, sim_now_ms(v->w));
	drbd_rs_ctl_init(&v->ctl, v->disk_conf.c_plan_ahead);
	v->rs_sect_in = v->rs_pending = 0;
	v->rs_finishing = false;
}

void sim_ov_reply(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct sim_peer_req *pr = new_peer_req(v, NULL, 0);

	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, pkt->u.req.blksize);
	memcpy(&pr->digest, m->tail, sizeof(pr->digest));
	pr->ov = true;
	v->rs_sect_in += pkt->u.req.blksize / 512;
	v->rs_pending -= v->rs_pending ? 1 : 0;
	if (disk_usable(v)) {
		submit_read(v, pr);
		return;
	}
	v->n->active_peer_reqs--;
	pr->content = sim_alloc(v->w, pr->p.iv.size_byte / 512 * sizeof(u32));
	compare(v, pr, 0);
}
