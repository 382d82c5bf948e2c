/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_node.h"
#include "sim_oracle.h"

#define AHEAD_DELAY_US	1000000
#define AHEAD_RETRY_US	100000
#define DIGEST_BYTE	8

static bool disk_usable(const struct sim_node *n)
{
	return n->disk_open && n->vs.state.disk >= D_INCONSISTENT;
}

/* --- bitmap ----------------------------------------------------------------------------------------------------------- */

static u64 set_oos(struct sim_node *n, u64 sector, u32 size_byte)
{
	u64 first, last, changed;

	if (!n->disk_open || SIM_FAULT(n->w, "bit-not-set") ||
	    !drbd_bm_range_out(&n->bm, sector, size_byte, &first, &last))
		return 0;
	changed = drbd_bm_set(&n->bm, first, last);
	if (changed)
		sim_trace(n->w, n, "bits %llu..%llu set", first, last);
	return changed;
}

void sim_set_oos(struct sim_node *n, u64 sector, u32 size_byte)
{
	set_oos(n, sector, size_byte);
}

void sim_set_in_sync(struct sim_node *n, u64 sector, u32 size_byte)
{
	u64 first, last;

	if (!n->disk_open)
		return;
	if (SIM_FAULT(n->w, "partial-block-cleared")) {
		if (!drbd_bm_range_out(&n->bm, sector, size_byte, &first, &last))
			return;
	} else if (!drbd_bm_range_in(&n->bm, n->sizes.capacity_sect, sector, size_byte, &first, &last)) {
		return;
	}
	if (drbd_bm_clear(&n->bm, first, last)) {
		sim_trace(n->w, n, "bits %llu..%llu cleared, %llu left", first, last, n->bm.set);
		drbd_rs_mark(&n->rs, n->bm.set, sim_now_ms(n->w));
	}
	sim_rs_check_finished(n);
}

void sim_set_all_bits(struct sim_node *n)
{
	if (n->disk_open && n->bm.bits)
		drbd_bm_set(&n->bm, 0, n->bm.bits - 1);
	sim_trace(n->w, n, "all bits set");
}

/* --- meta-data ---------------------------------------------------------------------------------------------------------- */

struct md_io {
	struct sim_node *n;
	sim_io_fn fn;
	void *arg;
	u32 left;
	s32 error;
	u8 block[4096];
};

static void md_io_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;
	struct sim_node *n = io->n;

	(void)content;
	if (error)
		io->error = error;
	/* what is not on disk is written again before anything relies on it */
	if (error && data && n->disk_open && data - 1 < n->bm_chunks)
		drbd_bm_mark_dirty(&n->bm, (u32)data - 1);
	if (--io->left)
		return;
	if (io->error)
		sim_io_error(n, IOE_META);
	if (io->fn)
		io->fn(w, io->arg, n->nr, io->error, NULL);
	sim_disk_put(n);
	sim_node_wake(n);
}

static struct md_io *new_md_io(struct sim_node *n, sim_io_fn fn, void *arg)
{
	struct md_io *io = sim_alloc(n->w, sizeof(*io));

	io->n = n;
	io->fn = fn;
	io->arg = arg;
	io->left = 1;
	n->disk_users++;
	return io;
}

/*
 * Meta-data take protection away: a cleared bit, an extent that leaves the activity log, a Primary that is none any
 * more. So what they speak of is flushed first; where data and meta-data share a cache, the flush that goes with the
 * write of the meta-data does that.
 */
static void data_first(struct sim_node *n, sim_io_fn fn, void *arg)
{
	if (n->disk.internal || n->disk.write_through || SIM_FAULT(n->w, "meta-data-before-data"))
		fn(n->w, arg, 0, 0, NULL);
	else
		sim_disk_flush(&n->disk, fn, arg, 0);
}

static void md_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;

	(void)data;
	(void)content;
	if (error)
		md_io_done(w, io, 0, error, NULL);
	else
		sim_disk_md_write(&io->n->disk, 0, io->block, sizeof(io->block), md_io_done, io, 0);
}

static void md_bits_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;

	(void)data;
	(void)content;
	if (error)
		md_io_done(w, io, 0, error, NULL);
	else
		data_first(io->n, md_flushed, io);
}

void sim_md_write(struct sim_node *n, sim_io_fn fn, void *arg)
{
	struct md_io *io = new_md_io(n, fn, arg);
	bool loses_log = (n->md.flags & ~n->vs.md_flags) & MDF_PRIMARY_IND;

	n->md_dirty = false;
	memcpy(n->md.uuid, n->vs.uuid, sizeof(n->md.uuid));
	n->md.flags = n->vs.md_flags & ~MDF_AL_CLEAN;
	n->md.magic = DRBD_MD_MAGIC_UNCLEAN;
	n->md.la_size_sect = n->sizes.capacity_sect;
	drbd_md_put(io->block, &n->md);
	/* without the primary indicator nobody looks at the activity log: the bits are on disk before */
	if (loses_log && !SIM_FAULT(n->w, "bitmap-not-before-demotion"))
		sim_bm_write(n, md_bits_written, io);
	else
		data_first(n, md_flushed, io);
}

static void write_chunk(struct sim_node *n, u32 chunk, struct md_io *io)
{
	drbd_bm_clean(&n->bm, chunk);
	io->left++;
	sim_disk_md_write(&n->disk, n->md.bm_offset * 512 + chunk * 4096, n->bm_chunk[chunk], 4096, md_io_done, io,
			  chunk + 1);
}

static void bm_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct md_io *io = arg;
	u64 c;

	(void)data;
	(void)content;
	for (c = 0; !error && (c = drbd_bm_next_dirty(&io->n->bm, (u32)c)) != DRBD_BM_NONE; c++)
		write_chunk(io->n, (u32)c, io);
	md_io_done(w, io, 0, error, NULL);
}

static void bm_now(struct sim_world *w, void *arg, u64 unused)
{
	struct md_io *io = arg;

	(void)w;
	(void)unused;
	data_first(io->n, bm_flushed, io);
}

void sim_bm_write(struct sim_node *n, sim_io_fn fn, void *arg)
{
	sim_after(n->w, 1, &n->gen, bm_now, new_md_io(n, fn, arg), 0);
}

void sim_io_error(struct sim_node *n, enum drbd_io_err what)
{
	struct drbd_change ch;

	if (!n->disk_open || n->vs.state.disk <= D_FAILED)
		return;
	sim_trace(n->w, n, "I/O error, kind %d", what);
	drbd_io_error(&n->vs, what, &ch);
	/* on-io-error pass_on: Inconsistent data are synced from the peer, be they newer or not */
	if ((ch.mask & DS_DISK(D_MASK)) && ch.val == DS_DISK(D_INCONSISTENT))
		sim_oracle_excuse(n, "pass_on");
	if (ch.mask)
		sim_change(n, &ch);
}

/* --- activity log --------------------------------------------------------------------------------------------------------- */

static void al_written(struct sim_world *w, void *arg, u64 gen, s32 error, const u32 *content)
{
	struct sim_node *n = arg;

	(void)w;
	(void)content;
	if (gen == n->al_gen) {
		n->al_writing = false;
		if (error)
			drbd_al_failed(&n->al, &n->al_tr);
		else
			drbd_al_committed(&n->al, &n->al_tr, true);
	}
	if (error)
		sim_io_error(n, IOE_META);
	sim_disk_put(n);
	sim_node_wake(n);
}

static void al_bitmap_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_node *n = arg;
	u8 block[AL_BLOCK_BYTE];

	(void)content;
	(void)data;
	n->disk_users++;
	if (error || SIM_FAULT(w, "al-not-written")) {
		al_written(w, n, n->al_gen, error, NULL);
		return;
	}
	drbd_al_encode(&n->al_tr, block);
	sim_disk_md_write(&n->disk, n->md.al_offset * 512 + (u32)n->al_tr.sect * 512, block, sizeof(block), al_written, n,
			  n->al_gen);
}

/* A transaction, if one is due: the bitmap of what is given up goes first. */
static void al_write(struct sim_node *n)
{
	if (n->al_writing || !n->disk_open || !drbd_al_prepare(&n->al, &n->al_tr))
		return;
	if ((n->vs.flags & VF_AL_SUSPENDED) || !n->disk_conf.al_updates || n->vs.state.disk <= D_FAILED) {
		drbd_al_committed(&n->al, &n->al_tr, false);
		sim_node_wake(n);
		return;
	}
	n->al_writing = true;
	sim_trace(n->w, n, "activity log transaction %u, %u extents", n->al_tr.number, n->al_tr.nr);
	if (SIM_FAULT(n->w, "bitmap-not-before-al"))
		al_bitmap_written(n->w, n, 0, 0, NULL);
	else
		sim_bm_write(n, al_bitmap_written, n);
}

static void al_range(struct sim_al_hold *h, u64 sector, u32 size_byte)
{
	h->first = drbd_al_extent(sector);
	h->last = drbd_al_extent_last(sector, size_byte);
}

/* References for a write; h is its progress. True: go on. */
static bool al_get(struct sim_node *n, struct sim_al_hold *h)
{
	enum drbd_al_need need;
	u32 e;

	if (!disk_usable(n))
		return true;
	if (h->gen != n->al_gen)
		h->taken = false;
	h->gen = n->al_gen;
	if (!h->taken) {
		for (e = h->first; e <= h->last; e++)
			if (drbd_rs_blocks_al(&n->ext, e) && !SIM_FAULT(n->w, "resync-lock-ignored"))
				return false;
		need = drbd_al_begin(&n->al, h->first, h->last, &h->ticket);
		if (need == AL_FULL || need == AL_DUE) {
			al_write(n);
			return false;
		}
		h->taken = true;
		h->waiting = need == AL_WRITE_FIRST;
	}
	if (h->waiting && !drbd_al_ready(&n->al, h->ticket))
		al_write(n);
	h->waiting = h->waiting && !drbd_al_ready(&n->al, h->ticket);
	return !h->waiting;
}

static void al_put(struct sim_node *n, struct sim_al_hold *h)
{
	if (h->taken && h->gen == n->al_gen && n->disk_open && drbd_al_end(&n->al, h->first, h->last))
		sim_node_wake(n);
	h->taken = false;
}

static bool al_busy(struct sim_node *n, u64 sector)
{
	u32 e = (u32)(sector / DRBD_RS_EXTENT_SECT) * 4;

	return drbd_al_busy(&n->al, e, e + 3);
}

/* --- requests ----------------------------------------------------------------------------------------------------------------- */

static void restart(struct sim_node *n, struct sim_req *req)
{
	struct sim_bio *bio = req->bio;

	drbd_assert(bio);
	sim_trace(n->w, n, "io %u starts again", bio->id);
	bio->carried = req->r.flags & (RQ_TRIED_LOCAL | RQ_TRIED_REMOTE);
	bio->counted = false;
	bio->al.taken = false;
	bio->next = NULL;
	*n->bios_last = bio;
	n->bios_last = &bio->next;
}

static void local_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_req *req = arg;
	struct sim_node *n = req->n;
	struct drbd_req_env env;

	(void)data;
	if (!error && !(req->r.flags & (RQ_WRITE | RQ_LOCAL_ABORTED)))
		memcpy(req->bio->content, content, req->bio->size_byte / 512 * sizeof(u32));
	sim_env(n, &env);
	sim_told(n, req, drbd_req_event(&n->tl, &req->r, error ? RQE_LOCAL_FAILED : RQE_LOCAL_DONE, &env,
					w->now_us / 1000));
	sim_disk_put(n);
}

static void submit_local(struct sim_node *n, struct sim_req *req)
{
	u32 f = req->r.flags, io = 0;

	n->disk_users++;
	if (f & RQ_WRITE)
		io |= IO_WRITE;
	if (f & RQ_FUA)
		io |= IO_FUA;
	if (f & RQ_FLUSH)
		io |= IO_FLUSH;
	if (!req->r.iv.size_byte)
		sim_disk_flush(&n->disk, local_done, req, 0);
	else
		sim_disk_io(&n->disk, io, req->r.iv.sector, req->r.iv.size_byte, req->content, local_done, req, 0);
}

static void ahead_to_source(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;

	(void)unused;
	n->ahead_timer = false;
	if (n->vs.state.conn != C_AHEAD)
		return;
	if (n->rs_pending || n->rv.in_flight_sect) {
		n->ahead_timer = true;
		sim_after(w, AHEAD_RETRY_US, &n->gen, ahead_to_source, n, 0);
		return;
	}
	sim_rs_start(n, C_SYNC_SOURCE);
}

static void congested(struct sim_node *n, bool disconnect)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_DISCONNECTING), 0 };

	if (disconnect)
		sim_change_conn(n, &ch);
	else
		sim_set(n, DS_CONN(C_MASK), DS_CONN(C_AHEAD), 0);
}

static void complete(struct sim_node *n, struct sim_req *req)
{
	struct sim_bio *bio = req->bio;

	bio->replicated = !!(req->r.flags & RQ_NET_OK);
	bio->tried_net = !!(req->r.flags & RQ_EXP_BARR_ACK);
	bio->local_ok = !!(req->r.flags & RQ_LOCAL_OK);
	sim_trace(n->w, n, "io %u ends: %d%s", bio->id, req->r.error, bio->replicated ? ", peer has it" : "");
	sim_oracle_complete(bio, req->r.error);
	req->bio = NULL;
}

/* Does what the core said, from the lowest bit to the highest. */
void sim_told(struct sim_node *n, struct sim_req *req, u32 todo)
{
	struct drbd_req_env env;
	struct drbd_request *r = &req->r;

	drbd_assert(!req->freed);
	if (todo & RQ_DO_PULL_AHEAD)
		congested(n, false);
	if (todo & RQ_DO_DISCONNECT)
		congested(n, true);
	if (todo & RQ_DO_SET_OOS) {
		set_oos(n, r->iv.sector, r->iv.size_byte);
		n->marked_oos = true;
	}
	if ((todo & RQ_DO_SET_OOS_TELL) && set_oos(n, r->iv.sector, r->iv.size_byte)) {
		sim_env(n, &env);
		drbd_req_event(&n->tl, r, RQE_QUEUE_OOS, &env, sim_now_ms(n->w));
		sim_node_wake(n);
	}
	if (todo & RQ_DO_SET_IN_SYNC)
		sim_set_in_sync(n, r->iv.sector, r->iv.size_byte);
	if (todo & RQ_DO_AL_PUT)
		al_put(n, &req->al);
	if (todo & RQ_DO_SUBMIT_LOCAL)
		submit_local(n, req);
	if (todo & RQ_DO_READ_ERROR)
		sim_io_error(n, IOE_READ);
	if (todo & RQ_DO_WRITE_ERROR)
		sim_io_error(n, IOE_WRITE);
	if ((todo & RQ_DO_AHEAD_DONE) && !n->ahead_timer) {
		n->ahead_timer = true;
		sim_after(n->w, AHEAD_DELAY_US, &n->gen, ahead_to_source, n, 0);
	}
	if (todo & RQ_DO_COMPLETE)
		complete(n, req);
	if (todo & RQ_DO_RESTART)
		restart(n, req);
	if (todo & (RQ_DO_COMPLETE | RQ_DO_RESTART))
		drbd_req_left(&n->rv);
	if (todo & RQ_DO_FREE)
		req->freed = true;
	sim_node_wake(n);
}

void sim_log_event(struct sim_node *n, enum drbd_req_event ev)
{
	struct drbd_request *r, *next;
	struct drbd_req_env env;

	for (r = drbd_tl_first(&n->tl); r; r = next) {
		next = drbd_tl_next(&n->tl, r);
		sim_env(n, &env);
		sim_told(n, container_of(r, struct sim_req, r), drbd_req_event(&n->tl, r, ev, &env, sim_now_ms(n->w)));
	}
}

/* True: it is on its way. */
static bool try_start(struct sim_node *n, struct sim_bio *bio)
{
	struct drbd_req_env env;
	struct sim_req *req;
	u64 first, last;
	bool clean;
	u32 i, todo, flags;

	sim_env(n, &env);
	if (!bio->counted && !drbd_req_may_start(&n->rv, &env))
		return false;
	bio->counted = true;
	if ((bio->flags & RQ_WRITE) && bio->size_byte &&
	    !al_get(n, &bio->al))
		return false;
	sim_env(n, &env);
	req = sim_alloc(n->w, sizeof(*req));
	req->n = n;
	req->bio = bio;
	req->al = bio->al;
	flags = bio->flags | bio->carried | (bio->al.taken ? RQ_IN_ACT_LOG : 0);
	drbd_req_init(&req->r, &n->rv, bio->sector, bio->size_byte, flags, (u64)(unsigned long)req);
	if (bio->flags & RQ_WRITE) {
		req->content = sim_alloc(n->w, bio->size_byte / 512 * sizeof(u32) + 4);
		sim_oracle_start(bio);
		for (i = 0; i < bio->size_byte / 512; i++)
			req->content[i] = bio->zeroes ? 0 : bio->version;
	}
	clean = !disk_usable(n) || !drbd_bm_range_out(&n->bm, bio->sector, bio->size_byte, &first, &last) ||
		!drbd_bm_count(&n->bm, first, last) || SIM_FAULT(n->w, "read-out-of-sync");
	todo = drbd_req_start(&n->tl, &req->r, &env, clean, sim_now_ms(n->w));
	if (todo & RQ_DO_WAIT_CONFLICT)
		return false;
	if (!(bio->flags & RQ_WRITE))
		sim_oracle_read_from(bio, !!(todo & RQ_DO_SUBMIT_LOCAL));
	else
		sim_trace(n->w, n, "io %u starts, version %u", bio->id, bio->version);
	sim_told(n, req, todo);
	return true;
}

void sim_poll_io(struct sim_node *n)
{
	struct sim_bio *todo = n->bios, *bio;

	n->bios = NULL;
	n->bios_last = &n->bios;
	while ((bio = todo)) {
		todo = bio->next;
		bio->next = NULL;
		if (try_start(n, bio))
			continue;
		*n->bios_last = bio;
		n->bios_last = &bio->next;
	}
	if (n->disk_open)
		al_write(n);
}

void sim_node_submit(struct sim_node *n, struct sim_bio *bio)
{
	bio->n = n;
	bio->next = NULL;
	if (bio->size_byte)
		al_range(&bio->al, bio->sector, bio->size_byte);
	if (!(bio->flags & RQ_WRITE))
		bio->content = sim_alloc(n->w, bio->size_byte / 512 * sizeof(u32));
	sim_trace(n->w, n, "io %u: %s%s%s%s %llu+%u", bio->id, bio->flags & RQ_WRITE ? "write" : "read",
		  bio->zeroes ? " zeroes" : "", bio->flags & RQ_FLUSH ? " flush" : "", bio->flags & RQ_FUA ? " fua" : "",
		  bio->sector, bio->size_byte / 512);
	sim_oracle_submit(bio);
	*n->bios_last = bio;
	n->bios_last = &bio->next;
	sim_node_wake(n);
}

/* --- sender --------------------------------------------------------------------------------------------------------------------------- */

static bool send_request(struct sim_node *n, struct sim_req *req)
{
	struct drbd_request *r = &req->r;
	struct drbd_req_env env;
	struct drbd_pkt pkt = { .cmd = 0 };
	u32 dp, sectors = r->iv.size_byte / 512;

	sim_env(n, &env);
	pkt.cmd = drbd_req_packet(r, &env, &dp);
	if (pkt.cmd == P_OUT_OF_SYNC) {
		pkt.u.desc.sector = r->iv.sector;
		pkt.u.desc.blksize = r->iv.size_byte;
		return sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	if (pkt.cmd == P_DATA_REQUEST) {
		pkt.u.req.sector = r->iv.sector;
		pkt.u.req.block_id = r->block_id;
		pkt.u.req.blksize = r->iv.size_byte;
		return sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	pkt.u.data.sector = r->iv.sector;
	pkt.u.data.block_id = r->block_id;
	pkt.u.data.seq_num = drbd_seq_next(&n->rv);
	pkt.u.data.dp_flags = dp;
	if (pkt.cmd != P_DATA) {
		pkt.u.data.size_byte = r->iv.size_byte;
		return sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
	}
	pkt.tail_byte = r->iv.size_byte;
	return sim_send(n, SIM_DATA, &pkt, req->content, sectors, NULL);
}

/* The connection is going down: nothing can be sent. */
static bool fail_request(struct sim_node *n)
{
	struct drbd_request *r;
	struct drbd_req_env env;
	u32 nr;
	enum drbd_send what = drbd_tl_next_send(&n->tl, sim_now_ms(n->w), &r, &nr);

	if (what == DRBD_SEND_REQUEST) {
		sim_env(n, &env);
		sim_told(n, container_of(r, struct sim_req, r),
			 drbd_req_event(&n->tl, r, RQE_SEND_FAILED, &env, sim_now_ms(n->w)));
	}
	return what != DRBD_SEND_NOTHING;
}

/* One packet of the send queue; false: nothing to do, or the socket is full. */
bool sim_sender_run(struct sim_node *n)
{
	struct drbd_pkt pkt = { .cmd = P_BARRIER };
	struct drbd_request *r;
	struct drbd_req_env env;
	u32 nr;
	bool sent;

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
			sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
		return true;
	case DRBD_SEND_REQUEST:
		sent = send_request(n, container_of(r, struct sim_req, r));
		sim_env(n, &env);
		sim_told(n, container_of(r, struct sim_req, r),
			 drbd_req_event(&n->tl, r, sent ? RQE_HANDED_OVER : RQE_SEND_FAILED, &env, sim_now_ms(n->w)));
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

static void rs_answered(struct sim_node *n, u64 sector, u32 size_byte, bool failed)
{
	n->rs_pending -= n->rs_pending ? 1 : 0;
	if (failed)
		n->rs.failed += (size_byte + 4095) / 4096;
	(void)sector;
	sim_rs_check_finished(n);
	sim_node_wake(n);
}

/* An ack of a resync write, on the source. */
static void rs_ack(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (pkt->cmd == P_NEG_ACK)
		rs_answered(n, a->sector, a->blksize, true);
	else if (drbd_rs_ack_clears(n->vs.state.conn))
		sim_set_in_sync(n, a->sector, a->blksize);
}

/* On the target: a request has its answer, no data come. */
static void rs_no_data(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	n->rs_sect_in += a->blksize / 512;
	if (pkt->cmd == P_RS_IS_IN_SYNC)
		sim_set_in_sync(n, a->sector, a->blksize);
	drbd_rs_complete_io(&n->ext, a->sector);
	if (n->vs.state.conn == C_VERIFY_S || n->vs.state.conn == C_VERIFY_T) {
		n->rs_pending -= n->rs_pending ? 1 : 0;
		if (drbd_ov_result(&n->rs, sim_now_ms(n->w)))
			sim_rs_finish(n);
		return;
	}
	rs_answered(n, a->sector, a->blksize, pkt->cmd == P_NEG_RS_DREPLY);
}

static void ov_result(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (a->block_id == drbd_ov_result_id(false))
		set_oos(n, a->sector, a->blksize);
	drbd_rs_complete_io(&n->ext, a->sector);
	n->rs_pending -= n->rs_pending ? 1 : 0;
	if (drbd_ov_result(&n->rs, sim_now_ms(n->w)) && n->vs.state.conn == C_VERIFY_T)
		sim_rs_finish(n);
}

void sim_recv_ack(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;
	struct drbd_request *r;
	struct drbd_req_env env;
	bool read = pkt->cmd == P_NEG_DREPLY;

	if (drbd_seq_saw_ack(&n->rv, a->seq_num))
		sim_node_wake(n);
	switch (pkt->cmd) {
	case P_NEG_RS_DREPLY:
	case P_RS_CANCEL:
	case P_RS_IS_IN_SYNC:
		rs_no_data(n, pkt);
		return;
	case P_OV_RESULT:
		ov_result(n, pkt);
		return;
	}
	if (a->block_id == ID_SYNCER) {
		rs_ack(n, pkt);
		return;
	}
	r = drbd_req_find(read ? &n->rv.reads : &n->rv.writes, a->sector, a->block_id);
	if (!r) {
		if (pkt->cmd == P_NEG_ACK && n->net.wire_protocol != DRBD_PROT_C)
			set_oos(n, a->sector, a->blksize);
		else
			sim_conn_fail(n, C_NETWORK_FAILURE, "ack of an unknown request");
		return;
	}
	sim_env(n, &env);
	sim_told(n, container_of(r, struct sim_req, r),
		 drbd_req_event(&n->tl, r, event_of(pkt->cmd), &env, sim_now_ms(n->w)));
}

void sim_recv_barrier_ack(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const struct drbd_p_barrier_ack *a = &pkt->u.barrier_ack;
	struct drbd_request *r;
	struct drbd_req_env env;

	if (drbd_tl_barrier_ack(&n->tl, a->barrier, a->set_size)) {
		sim_violation(n->w, "%s: P_BARRIER_ACK %u of %u writes does not match", sim_node_name(n), a->barrier,
			      a->set_size);
	}
	while ((r = drbd_tl_next_in_epoch(&n->tl, a->barrier))) {
		sim_oracle_barrier_acked(n, container_of(r, struct sim_req, r));
		sim_env(n, &env);
		sim_told(n, container_of(r, struct sim_req, r),
			 drbd_req_event(&n->tl, r, RQE_BARRIER_ACKED, &env, sim_now_ms(n->w)));
	}
}

/* --- received writes -------------------------------------------------------------------------------------------------------------------- */

static void send_ack(struct sim_node *n, struct sim_peer_req *pr, u16 cmd)
{
	struct drbd_pkt pkt = { .cmd = cmd };

	pkt.u.ack.sector = pr->p.iv.sector;
	pkt.u.ack.block_id = pr->p.block_id;
	pkt.u.ack.blksize = pr->p.iv.size_byte;
	pkt.u.ack.seq_num = drbd_seq_next(&n->rv);
	if (pr->conn_gen == n->conn_gen)
		sim_send(n, SIM_META, &pkt, NULL, 0, NULL);
}

static void acked(struct sim_node *n, struct sim_peer_req *pr)
{
	u32 todo = drbd_peer_req_acked(&n->es, &pr->p);

	if (todo & PR_DO_AL_PUT)
		al_put(n, &pr->al);
	n->active_peer_reqs--;
	if ((todo & PR_DO_BARRIER_ACK) && pr->conn_gen == n->conn_gen)
		sim_send_barrier_acks(n);
	sim_node_wake(n);
}

/* Bits that end a received write: what comes before the ack, the ack, the end. */
static void ended(struct sim_node *n, struct sim_peer_req *pr, u32 todo)
{
	bool early = SIM_FAULT(n->w, "ack-before-write");

	if (todo & PR_DO_SET_OOS)
		set_oos(n, pr->p.iv.sector, pr->p.iv.size_byte);
	if (todo & PR_DO_SET_IN_SYNC)
		sim_set_in_sync(n, pr->p.iv.sector, pr->p.iv.size_byte);
	if ((todo & PR_DO_ACK) && !(early && pr->submitted))
		send_ack(n, pr, pr->p.ack_packet);
	if (todo & PR_DO_IO_ERROR)
		sim_io_error(n, IOE_WRITE);
	if (todo & (PR_DO_ACK | PR_DO_NO_ACK)) {
		if (pr->p.flags & EE_RS) {
			drbd_rs_complete_io(&n->ext, pr->p.iv.sector);
			rs_answered(n, pr->p.iv.sector, pr->p.iv.size_byte, !!(todo & PR_DO_IO_ERROR));
		}
		acked(n, pr);
	}
}

static void peer_write_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_node *n = pr->n;
	struct drbd_req_env env;

	(void)w;
	(void)data;
	(void)content;
	sim_env(n, &env);
	ended(n, pr, drbd_peer_req_done(&pr->p, error, &env));
	sim_disk_put(n);
}

static void submit_peer_write(struct sim_node *n, struct sim_peer_req *pr)
{
	u32 io = IO_WRITE | ((pr->p.flags & EE_FUA) ? IO_FUA : 0) | ((pr->p.flags & EE_FLUSH) ? IO_FLUSH : 0);

	pr->submitted = true;
	if (SIM_FAULT(n->w, "ack-before-write") && (pr->p.flags & EE_SEND_WRITE_ACK))
		send_ack(n, pr, P_WRITE_ACK);
	n->disk_users++;
	sim_disk_io(&n->disk, io, pr->p.iv.sector, pr->p.iv.size_byte, pr->zeroes ? NULL : pr->content, peer_write_done,
		    pr, 0);
}

static struct sim_peer_req *new_peer_req(struct sim_node *n, const u32 *content, u32 sectors)
{
	struct sim_peer_req *pr = sim_alloc(n->w, sizeof(*pr));

	pr->n = n;
	pr->conn_gen = n->conn_gen;
	if (content) {
		pr->content = sim_alloc(n->w, sectors * sizeof(u32));
		memcpy(pr->content, content, sectors * sizeof(u32));
	}
	n->active_peer_reqs++;
	return pr;
}

bool sim_recv_write(struct sim_node *n, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct drbd_req_env env;
	struct sim_peer_req *pr;
	u32 size;

	if (n->vs.state.conn < C_CONNECTED)
		sim_violation(n->w, "%s: data before the handshake is over", sim_node_name(n));
	if (drbd_packet_range(pkt, 0, n->sizes.capacity_sect, &size))
		sim_violation(n->w, "%s: %s with a bad range", sim_node_name(n), drbd_packet_name(pkt->cmd));
	pr = new_peer_req(n, m->tail, m->tail_nr);
	pr->zeroes = pkt->cmd != P_DATA;
	al_range(&pr->al, pkt->u.data.sector, size);
	sim_env(n, &env);
	drbd_peer_write_init(&pr->p, &n->rv, &n->es, pkt->u.data.sector, size, pkt->u.data.block_id, pkt->u.data.seq_num,
			     pkt->u.data.dp_flags, &env);
	n->stuck = pr;
	sim_step_write(n);
	return true;
}

/* The write at the gates goes on; false: it still waits. */
bool sim_step_write(struct sim_node *n)
{
	struct sim_peer_req *pr = n->stuck;
	struct drbd_req_env env;
	u32 todo;

	if (!pr->al_asked) {
		sim_env(n, &env);
		todo = drbd_peer_write_step(&pr->p, &env, n->net.ping_timeo * 100, n->net.ko_count * n->net.timeout * 100,
					    sim_now_ms(n->w));
		if (todo & (PR_DO_PROTOCOL_ERROR | PR_DO_TIMEOUT)) {
			sim_conn_fail(n, todo & PR_DO_TIMEOUT ? C_TIMEOUT : C_PROTOCOL_ERROR, "a received write waits");
			return false;
		}
		if (todo & PR_DO_SEND_RECV_ACK)
			send_ack(n, pr, P_RECV_ACK);
		if (todo & PR_DO_WAIT)
			return false;
		if (todo & PR_DO_SET_OOS)
			set_oos(n, pr->p.iv.sector, pr->p.iv.size_byte);
		if (!(todo & PR_DO_SUBMIT)) {
			n->stuck = NULL;
			ended(n, pr, todo);
			return true;
		}
		pr->al_asked = !!(todo & PR_DO_AL_GET);
	}
	if (pr->al_asked) {
		if (!al_get(n, &pr->al))
			return false;
		if (pr->al.taken)
			pr->p.flags |= EE_IN_ACT_LOG;
	}
	n->stuck = NULL;
	if (disk_usable(n)) {
		submit_peer_write(n, pr);
	} else {
		/* the disk failed while this waited for the activity log */
		sim_env(n, &env);
		ended(n, pr, drbd_peer_req_done(&pr->p, -EIO, &env));
	}
	return true;
}

void sim_drop_peer_reqs(struct sim_node *n)
{
	if (n->stuck) {
		if (n->stuck->al.taken)
			n->stuck->p.flags |= EE_IN_ACT_LOG;
		acked(n, n->stuck);
	}
	if (n->stuck_read)
		n->active_peer_reqs--;
	n->stuck = n->stuck_read = NULL;
}

/* --- reads for the peer ----------------------------------------------------------------------------------------------------------------- */

static void digest_of(const u32 *content, u32 sectors, u32 digest[2])
{
	u64 h = 14695981039346656037ull;
	u32 i;

	for (i = 0; i < sectors; i++)
		h = (h ^ content[i]) * 1099511628211ull;
	digest[0] = (u32)h;
	digest[1] = (u32)(h >> 32);
}

static bool is_zero(const u32 *content, u32 sectors)
{
	while (sectors--)
		if (content[sectors])
			return false;
	return true;
}

static void send_block(struct sim_node *n, struct sim_peer_req *pr, u16 cmd)
{
	struct drbd_pkt pkt = { .cmd = cmd };
	u32 sectors = pr->p.iv.size_byte / 512;

	if (cmd == P_DATA_REPLY || cmd == P_RS_DATA_REPLY) {
		pkt.u.data.sector = pr->p.iv.sector;
		pkt.u.data.block_id = pr->p.block_id;
		pkt.tail_byte = pr->p.iv.size_byte;
		sim_send(n, SIM_DATA, &pkt, pr->content, sectors, NULL);
	} else if (cmd == P_RS_DEALLOCATED) {
		pkt.u.desc.sector = pr->p.iv.sector;
		pkt.u.desc.blksize = pr->p.iv.size_byte;
		sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
	} else if (cmd == P_OV_REPLY) {
		u32 digest[2] = { 0, 0 };

		if (!pr->failed)
			digest_of(pr->content, sectors, digest);
		pkt.u.req.sector = pr->p.iv.sector;
		pkt.u.req.block_id = ID_SYNCER;
		pkt.u.req.blksize = pr->p.iv.size_byte;
		pkt.tail_byte = DIGEST_BYTE;
		n->rs_pending++;
		sim_send(n, SIM_DATA, &pkt, digest, 2, NULL);
	} else {
		send_ack(n, pr, cmd);
	}
}

/* VerifyS compares its own block with the peer's digest. */
static void compare(struct sim_node *n, struct sim_peer_req *pr, s32 error)
{
	struct drbd_pkt pkt = { .cmd = P_OV_RESULT };
	u32 digest[2];
	bool equal;

	digest_of(pr->content, pr->p.iv.size_byte / 512, digest);
	equal = !error && digest[0] == pr->digest[0] && digest[1] == pr->digest[1];
	if (!disk_usable(n))
		equal = true;
	if (!equal)
		set_oos(n, pr->p.iv.sector, pr->p.iv.size_byte);
	drbd_rs_complete_io(&n->ext, pr->p.iv.sector);
	pkt.u.ack.sector = pr->p.iv.sector;
	pkt.u.ack.blksize = pr->p.iv.size_byte;
	pkt.u.ack.block_id = drbd_ov_result_id(equal);
	pkt.u.ack.seq_num = drbd_seq_next(&n->rv);
	sim_send(n, SIM_META, &pkt, NULL, 0, NULL);
	if (drbd_ov_result(&n->rs, sim_now_ms(n->w)))
		sim_rs_finish(n);
}

/* In the worker: the block is read, answer. */
bool sim_run_answer(struct sim_node *n, struct sim_work *wk)
{
	struct sim_peer_req *pr = wk->pr;
	struct drbd_rs_answer ans;
	u32 sectors, digest[2];
	bool equal;

	if (wk->kind == WK_RS_FINISH) {
		wk->call(n, wk);
		return !wk->waiting && !wk->again;
	}
	n->active_peer_reqs--;
	if (pr->conn_gen != n->conn_gen) {
		sim_node_wake(n);
		return true;
	}
	if (wk->kind == WK_OV_REPLY) {
		compare(n, pr, wk->error);
		return true;
	}
	sectors = pr->p.iv.size_byte / 512;
	digest_of(pr->content, sectors, digest);
	equal = pr->kind == RS_THIN_REQ ? is_zero(pr->content, sectors) :
		digest[0] == pr->digest[0] && digest[1] == pr->digest[1];
	drbd_rs_answer(pr->kind, wk->error, equal, n->vs.state.conn, n->vs.state.pdsk, &ans);
	pr->failed = wk->error != 0;
	if (ans.count_failed)
		n->rs.failed += sectors / 8;
	if (ans.set_in_sync)
		sim_set_in_sync(n, pr->p.iv.sector, pr->p.iv.size_byte);
	if (ans.packet)
		send_block(n, pr, ans.packet);
	sim_node_wake(n);
	return true;
}

static void read_done(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_node *n = pr->n;
	struct sim_work *wk;

	(void)w;
	(void)data;
	pr->content = sim_alloc(n->w, pr->p.iv.size_byte / 512 * sizeof(u32));
	if (!error)
		memcpy(pr->content, content, pr->p.iv.size_byte / 512 * sizeof(u32));
	wk = sim_queue(n, pr->ov ? WK_OV_REPLY : WK_ANSWER);
	wk->pr = pr;
	wk->error = error;
	if (pr->locked && pr->kind != RS_OV_REQ && pr->conn_gen == n->conn_gen)
		drbd_rs_complete_io(&n->ext, pr->p.iv.sector);
	if (error)
		sim_io_error(n, IOE_READ);
	sim_disk_put(n);
	sim_node_wake(n);
}

static void submit_read(struct sim_node *n, struct sim_peer_req *pr)
{
	n->disk_users++;
	sim_disk_io(&n->disk, 0, pr->p.iv.sector, pr->p.iv.size_byte, NULL, read_done, pr, 0);
}

bool sim_step_read(struct sim_node *n)
{
	struct sim_peer_req *pr = n->stuck_read;
	u64 sector = pr->p.iv.sector;

	if (pr->kind == RS_READ_REQ) {
		if (drbd_peer_read_wait(&n->rv, sector, pr->p.iv.size_byte) && !SIM_FAULT(n->w, "read-passes-write"))
			return false;
	} else if (!SIM_FAULT(n->w, "resync-lock-ignored")) {
		if (drbd_rs_begin_io(&n->ext, sector, al_busy(n, sector), false) != RS_LOCKED)
			return false;
		pr->locked = true;
	}
	n->stuck_read = NULL;
	if (disk_usable(n)) {
		submit_read(n, pr);
		return true;
	}
	if (pr->locked)
		drbd_rs_complete_io(&n->ext, sector);
	n->active_peer_reqs--;
	send_ack(n, pr, pr->kind == RS_READ_REQ ? P_NEG_DREPLY : P_NEG_RS_DREPLY);
	return true;
}

bool sim_recv_read(struct sim_node *n, const struct drbd_pkt *pkt, struct sim_msg *m, u8 kind)
{
	struct drbd_rs_answer ans;
	struct sim_peer_req *pr;
	u32 size;

	if (drbd_packet_range(pkt, kind == RS_CSUM_REQ ? DIGEST_BYTE : 0, n->sizes.capacity_sect, &size))
		sim_violation(n->w, "%s: %s with a bad range", sim_node_name(n), drbd_packet_name(pkt->cmd));
	pr = new_peer_req(n, NULL, 0);
	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, size);
	pr->p.block_id = pkt->u.req.block_id;
	pr->kind = kind;
	if (m->tail_nr == 2)
		memcpy(pr->digest, m->tail, sizeof(pr->digest));
	if (!drbd_rs_serve(kind, n->vs.state.disk, &ans)) {
		n->active_peer_reqs--;
		send_ack(n, pr, ans.packet);
		return true;
	}
	if (kind == RS_OV_REQ && n->vs.state.conn == C_VERIFY_T && n->rs.pos == 0 && n->cs.apv >= 90)
		drbd_ov_begin(&n->rs, n->bm.bits, pkt->u.req.sector, ~0ull, sim_now_ms(n->w));
	if (kind == RS_OV_REQ)
		n->rs.pos = pkt->u.req.sector / 8 + 1;
	n->stuck_read = pr;
	sim_step_read(n);
	return true;
}

/* --- resync ----------------------------------------------------------------------------------------------------------------------------- */

/* P_DATA_REPLY, P_RS_DATA_REPLY, P_RS_DEALLOCATED. */
bool sim_recv_rs_data(struct sim_node *n, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct drbd_req_env env;
	struct drbd_request *r;
	struct sim_peer_req *pr;
	struct sim_req *req;
	u64 sector = pkt->cmd == P_RS_DEALLOCATED ? pkt->u.desc.sector : pkt->u.data.sector;
	u32 size = pkt->cmd == P_RS_DEALLOCATED ? pkt->u.desc.blksize : pkt->tail_byte, todo;

	sim_env(n, &env);
	if (pkt->cmd == P_DATA_REPLY) {
		r = drbd_req_find(&n->rv.reads, sector, pkt->u.data.block_id);
		if (!r || r->iv.size_byte != size)
			sim_violation(n->w, "%s: data for an unknown read", sim_node_name(n));
		req = container_of(r, struct sim_req, r);
		memcpy(req->bio->content, m->tail, size / 512 * sizeof(u32));
		sim_told(n, req, drbd_req_event(&n->tl, r, RQE_DATA_RECEIVED, &env, sim_now_ms(n->w)));
		return true;
	}
	n->rs_sect_in += size / 512;
	pr = new_peer_req(n, m->tail, m->tail_nr);
	pr->zeroes = pkt->cmd == P_RS_DEALLOCATED;
	todo = drbd_peer_rs_write_init(&pr->p, &n->rv, sector, size, &env);
	if (todo & PR_DO_SUBMIT)
		submit_peer_write(n, pr);
	else
		ended(n, pr, todo);
	return true;
}

static void csum_read(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_peer_req *pr = arg;
	struct sim_node *n = pr->n;
	struct drbd_pkt pkt = { .cmd = P_CSUM_RS_REQUEST };
	u32 digest[2] = { 0, 0 };

	(void)w;
	(void)data;
	n->active_peer_reqs--;
	if (!error)
		digest_of(content, pr->p.iv.size_byte / 512, digest);
	pkt.u.req.sector = pr->p.iv.sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = pr->p.iv.size_byte;
	pkt.tail_byte = DIGEST_BYTE;
	if (pr->conn_gen == n->conn_gen)
		sim_send(n, SIM_DATA, &pkt, digest, 2, NULL);
	if (error)
		sim_io_error(n, IOE_READ);
	sim_disk_put(n);
	sim_node_wake(n);
}

static void send_rs_request(struct sim_node *n, u64 sector, u32 size)
{
	bool csums = drbd_rs_use_csums(n->cs.apv, n->net.csums_alg[0], n->net.csums_after_crash_only,
				       n->vs.flags & VF_CRASHED_PRIMARY);
	u32 gran = n->cs.apv >= 100 && (n->cs.features & DRBD_FF_THIN_RESYNC) ? n->disk_conf.rs_discard_granularity : 0;
	struct drbd_pkt pkt = { .cmd = drbd_rs_request_packet(csums, size, gran) };
	struct sim_peer_req *pr;

	n->rs_pending++;
	if (pkt.cmd == P_CSUM_RS_REQUEST) {
		pr = new_peer_req(n, NULL, 0);
		drbd_interval_set(&pr->p.iv, sector, size);
		n->disk_users++;
		sim_disk_io(&n->disk, 0, sector, size, NULL, csum_read, pr, 0);
		return;
	}
	pkt.u.req.sector = sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = size;
	sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
}

static void rs_conf(const struct sim_node *n, struct drbd_rs_conf *c)
{
	c->resync_rate = n->disk_conf.resync_rate;
	c->c_plan_ahead = n->disk_conf.c_plan_ahead;
	c->c_delay_target = n->disk_conf.c_delay_target;
	c->c_fill_target = n->disk_conf.c_fill_target;
	c->c_max_rate = n->disk_conf.c_max_rate;
	c->c_min_rate = n->disk_conf.c_min_rate;
	c->max_buffers = n->net.max_buffers;
}

static u32 limit_of(u16 apv)
{
	return drbd_peer_max_bio(apv, DRBD_MAX_BIO_SIZE) / 4096;
}

static void make_rs_requests(struct sim_node *n, u32 number)
{
	u32 gran = n->cs.apv >= 100 && (n->cs.features & DRBD_FF_THIN_RESYNC) ? n->disk_conf.rs_discard_granularity / 4096 : 0;
	u32 max = limit_of(n->cs.apv), bits;
	u64 bit, sector, size;

	while (number && sim_conn_queued(n->conn, n->nr, SIM_DATA) <= n->w->net->sndbuf_byte / 2) {
		bit = drbd_bm_next_set(&n->bm, n->rs.pos);
		if (bit == DRBD_BM_NONE) {
			n->rs.pos = n->bm.bits;
			if (!n->rs_pending && n->bm.set > n->rs.failed)
				n->rs.pos = 0;		/* something was set behind us */
			return;
		}
		n->rs.pos = bit;
		sector = bit * 8;
		if (!SIM_FAULT(n->w, "resync-lock-ignored") &&
		    drbd_rs_begin_io(&n->ext, sector, al_busy(n, sector), true) != RS_LOCKED)
			return;
		for (bits = 1; bits < number && bit + bits < n->bm.bits && drbd_rs_may_grow(bit, bits, max, gran) &&
			       drbd_bm_test(&n->bm, bit + bits); bits++)
			;
		size = DRBD_MIN((u64)bits * 8, n->sizes.capacity_sect - sector);
		n->rs.pos = bit + bits;
		drbd_rs_ctl_requested(&n->ctl, bits);
		number -= DRBD_MIN(number, bits);
		send_rs_request(n, sector, (u32)size * 512);
	}
}

static void make_ov_requests(struct sim_node *n, u32 number)
{
	struct drbd_pkt pkt = { .cmd = P_OV_REQUEST };
	u64 pos = n->rs.pos;

	while (number--) {
		if (pos * 8 >= n->sizes.capacity_sect || pos * 8 >= n->rs.ov_stop_sect)
			return;
		if (drbd_rs_begin_io(&n->ext, pos * 8, al_busy(n, pos * 8), true) != RS_LOCKED)
			return;
		if (!drbd_ov_next(&n->rs, n->sizes.capacity_sect, &pkt.u.req.sector, &pkt.u.req.blksize))
			return;
		pkt.u.req.block_id = ID_SYNCER;
		n->rs_pending++;
		drbd_rs_ctl_requested(&n->ctl, 1);
		sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
		pos = n->rs.pos;
	}
}

static void rs_turn(struct sim_world *w, void *arg, u64 unused)
{
	struct sim_node *n = arg;
	struct drbd_rs_conf conf;
	u32 number, conn = n->vs.state.conn;

	(void)w;
	(void)unused;
	n->rs_timer = false;
	if ((conn != C_SYNC_TARGET && conn != C_VERIFY_S) || !n->conn)
		return;
	sim_rs_timer(n);
	sim_rs_check_finished(n);
	rs_conf(n, &conf);
	number = drbd_rs_ctl_turn(&n->ctl, &conf, n->rs_sect_in);
	n->rs_sect_in = 0;
	if (drbd_rs_throttled(&n->rs, &conf, n->disk.sectors_moved, n->bios != NULL, n->bm.set, sim_now_ms(w)))
		return;
	if (conn == C_SYNC_TARGET)
		make_rs_requests(n, number);
	else
		make_ov_requests(n, number);
}

void sim_rs_timer(struct sim_node *n)
{
	if (n->rs_timer)
		return;
	n->rs_timer = true;
	sim_after(n->w, DRBD_RS_TURN_MS * 1000, &n->gen, rs_turn, n, 0);
}

/* Both are on disk: bits that the exchange has set, and that the disk is Inconsistent. */
/* Versions before 96. The target must not know an identifier that the source may lose. */
static void source_md_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct drbd_pkt pkt = { .cmd = P_SYNC_UUID };
	struct sim_node *n = arg;

	(void)w;
	(void)data;
	(void)content;
	if (error || (n->vs.state.conn != C_SYNC_SOURCE && n->vs.state.conn != C_PAUSED_SYNC_S))
		return;
	pkt.u.uuid = n->vs.uuid[UI_BITMAP];
	sim_send(n, SIM_DATA, &pkt, NULL, 0, NULL);
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
void sim_rs_start(struct sim_node *n, enum drbd_conns side)
{
	struct drbd_change ch;
	s32 rv;

	drbd_resync_start(&n->vs, side, true, &ch);
	rv = sim_change(n, &ch);
	sim_trace(n->w, n, "resync starts as %s, %llu bits: %d", drbd_conn_name(side), n->bm.set, rv);
	if (rv < SS_SUCCESS)
		return;
	drbd_rs_begin(&n->rs, n->bm.set, sim_now_ms(n->w));
	drbd_rs_ctl_init(&n->ctl, n->disk_conf.c_plan_ahead);
	n->rs_sect_in = n->rs_pending = 0;
	n->rs_finishing = false;
	if (side == C_SYNC_TARGET) {
		/* before a block is overwritten: should it be lost from the cache, its bit is still set on disk */
		if (SIM_FAULT(n->w, "bitmap-not-before-resync"))
			sim_md_write(n, target_md_written, n);
		else
			sim_bm_write(n, target_bm_written, n);
		return;
	}
	if (n->cs.apv < 96) {
		drbd_make_sync_uuid(&n->vs, sim_node_random(n));
		sim_md_write(n, source_md_written, n);
	}
}

void sim_rs_check_finished(struct sim_node *n)
{
	u32 conn = n->vs.state.conn;

	if (n->rs_finishing || !drbd_rs_finished(&n->rs, n->bm.set))
		return;
	if (conn == C_SYNC_TARGET || (conn == C_SYNC_SOURCE && n->cs.apv <= 95))
		sim_rs_finish(n);
}

static void finish_written(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	struct sim_work *wk = arg;

	(void)content;
	(void)error;
	wk->waiting = false;
	sim_node_wake(w->node[data]);
}

static void finish_flushed(struct sim_world *w, void *arg, u64 data, s32 error, const u32 *content)
{
	finish_written(w, arg, data, error, content);
	sim_disk_put(w->node[data]);
}

static void finish(struct sim_node *n, struct sim_work *wk)
{
	struct drbd_transition tr;
	const char *helper;
	bool verify = n->vs.state.conn == C_VERIFY_S || n->vs.state.conn == C_VERIFY_T;
	bool unfence, target = n->vs.state.conn == C_SYNC_TARGET || n->vs.state.conn == C_PAUSED_SYNC_T;

	if (wk->begun) {
		wk->waiting = wk->again = false;
		return;		/* meta-data are written */
	}
	if (wk->at != n->conn_gen || !n->conn) {
		wk->waiting = wk->again = false;
		return;
	}
	if (!wk->flushed && target && n->disk_open && !SIM_FAULT(n->w, "resync-not-flushed")) {
		/* what resync wrote is stable before the disk says UpToDate */
		wk->flushed = wk->waiting = true;
		n->disk_users++;
		sim_disk_flush(&n->disk, finish_flushed, wk, n->nr);
		return;
	}
	wk->again = !sim_ping_done(n, (u32)wk->error);
	if (wk->again)
		return;
	wk->waiting = false;
	n->rs_finishing = false;
	if (drbd_resync_finished(&n->cs, &n->vs, n->rs.failed, n->bm.set, &tr, &helper, &unfence) < SS_SUCCESS)
		return;
	sim_trace(n->w, n, "resync or verify finished, %llu failed%s%s", n->rs.failed, helper ? ", helper " : "",
		  helper ? helper : "");
	if (target && !n->rs.failed)
		sim_oracle_synced(n);
	if (verify && !n->rs.ov_start_sect && !n->rs.ov_left)
		sim_oracle_verified(n);
	sim_applied(n, &tr);
	if (!n->disk_open)
		return;
	wk->begun = wk->waiting = true;
	sim_md_write(n, finish_written, wk);
}

/* Pings first, so that all acks that were sent before are processed. */
void sim_rs_finish(struct sim_node *n)
{
	struct sim_work *wk;

	if (n->rs_finishing)
		return;
	n->rs_finishing = true;
	wk = sim_queue(n, WK_RS_FINISH);
	wk->call = finish;
	wk->at = n->conn_gen;
	wk->error = (s32)sim_ping(n);
}

/* --- verify ----------------------------------------------------------------------------------------------------------------------------- */

void sim_ov_begin(struct sim_node *n)
{
	u64 start = n->vs.state.conn == C_VERIFY_S && n->cs.apv >= 90 ? n->ov_pos_sect : 0;

	if (start / 8 >= n->bm.bits)
		start = 0;
	drbd_ov_begin(&n->rs, n->bm.bits, start, ~0ull, sim_now_ms(n->w));
	drbd_rs_ctl_init(&n->ctl, n->disk_conf.c_plan_ahead);
	n->rs_sect_in = n->rs_pending = 0;
	n->rs_finishing = false;
}

void sim_ov_reply(struct sim_node *n, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	struct sim_peer_req *pr = new_peer_req(n, NULL, 0);

	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, pkt->u.req.blksize);
	memcpy(pr->digest, m->tail, sizeof(pr->digest));
	pr->ov = true;
	n->rs_sect_in += pkt->u.req.blksize / 512;
	n->rs_pending -= n->rs_pending ? 1 : 0;
	if (disk_usable(n)) {
		submit_read(n, pr);
		return;
	}
	n->active_peer_reqs--;
	pr->content = sim_alloc(n->w, pr->p.iv.size_byte / 512 * sizeof(u32));
	compare(n, pr, 0);
}
