/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two receivers do with packets: decode, ask the core, do what it says. Every byte is checked before it is
 * believed: a packet that is not well-formed, or does not fit, ends the connection. Received writes are acknowledged from
 * a workqueue, reads of the peer are answered by the worker.
 */
#include "drbd_recv.h"
#include "drbd_conn.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_worker.h"

/* What a handler says: 0: go on; else the state to which the connection goes. */
typedef int (*data_handler)(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt);

#define BAD C_PROTOCOL_ERROR
#define ACK_BATCH 32		/* received writes that are ended at once */
#define SYNC_UUID_WAIT_MS 10000	/* for the state in which P_SYNC_UUID is taken */

/* --- requests of the peer: end --------------------------------------------------------------------------------------------- */

static bool same_conn(const struct drbd_peer *pr)
{
	return pr->conn_gen == pr->dev->res->conn_gen;
}

static void send_peer_ack(struct drbd_peer *pr, u16 cmd)
{
	if (same_conn(pr))
		drbd_send_ack(pr->dev, cmd, pr->p.iv.sector, pr->p.iv.size_byte, pr->p.block_id);
}

/* Lock held. A resync request is answered. */
static void rs_answered(struct drbd_device *dev, u32 size_byte, bool failed)
{
	dev->rs_pending -= dev->rs_pending ? 1 : 0;
	if (failed)
		dev->rs.failed += (size_byte + 4095) / 4096;
	drbd_rs_check_finished(dev);
	drbd_wake(dev->res);
}

/* Lock held. Out of tree and epoch; true: an epoch may be acked. */
static bool leave(struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;
	u32 todo;

	if (pr->al.taken)
		pr->p.flags |= EE_IN_ACT_LOG;
	todo = drbd_peer_req_acked(&dev->res->es, &pr->p);
	if (pr->al.taken)
		drbd_al_put(dev, &pr->al);
	drbd_wake(dev->res);
	return (todo & PR_DO_BARRIER_ACK) && same_conn(pr);
}

/* Lock held. What comes before the ack. */
static void before_ack(struct drbd_peer *pr)
{
	if (pr->todo & PR_DO_SET_OOS)
		drbd_set_oos(pr->dev, pr->p.iv.sector, pr->p.iv.size_byte);
	if (pr->todo & PR_DO_SET_IN_SYNC)
		drbd_set_in_sync(pr->dev, pr->p.iv.sector, pr->p.iv.size_byte);
}

/* Lock held. What comes after it; as leave(). */
static bool after_ack(struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;

	dev->unacked -= dev->unacked ? 1 : 0;
	if (pr->todo & PR_DO_IO_ERROR)
		drbd_io_failed(dev, IOE_WRITE);
	if (pr->p.flags & EE_RS) {
		drbd_rs_complete_io(&dev->ext, pr->p.iv.sector);
		rs_answered(dev, pr->p.iv.size_byte, !!(pr->todo & PR_DO_IO_ERROR));
	}
	return leave(pr);
}

/* The acks into the buffer, what comes after them; `done` is emptied. */
static void end_all(struct drbd_resource *r, struct list_head *done)
{
	struct drbd_peer *pr, *next;
	unsigned long flags;
	bool barrier = false;

	list_for_each_entry(pr, done, link)
		if ((pr->todo & PR_DO_ACK) && same_conn(pr))
			drbd_hold_ack(pr->dev, pr->p.ack_packet, pr->p.iv.sector, pr->p.iv.size_byte, pr->p.block_id);
	spin_lock_irqsave(&r->lock, flags);
	list_for_each_entry(pr, done, link)
		barrier |= after_ack(pr);
	spin_unlock_irqrestore(&r->lock, flags);
	if (barrier)
		drbd_hold_barrier_acks(r);
	list_for_each_entry_safe(pr, next, done, link) {
		list_del(&pr->link);
		drbd_peer_free(pr);
	}
}

/* One that was never submitted; frees it. */
static void never_submitted(struct drbd_peer *pr)
{
	struct drbd_resource *r = pr->dev->res;
	unsigned long flags;
	bool barrier;

	spin_lock_irqsave(&r->lock, flags);
	barrier = leave(pr);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_peer_free(pr);
	if (barrier)
		drbd_hold_barrier_acks(r);
}

/* The receiver ends one that goes no further; it sends the ack before it sleeps. */
static void ended(struct drbd_peer *pr, u32 todo)
{
	struct drbd_resource *r = pr->dev->res;
	unsigned long flags;
	LIST_HEAD(one);

	pr->todo = todo;
	list_add(&pr->link, &one);
	mutex_lock(&r->ack_mutex);
	spin_lock_irqsave(&r->lock, flags);
	before_ack(pr);
	spin_unlock_irqrestore(&r->lock, flags);
	end_all(r, &one);
	mutex_unlock(&r->ack_mutex);
}

/* Lock held: takes what is written, so much that the lock is not held for long. */
static void take_done(struct drbd_resource *r, struct list_head *batch)
{
	struct drbd_req_env env;
	struct drbd_peer *pr;
	u32 n;

	for (n = 0; n < ACK_BATCH && !list_empty(&r->done); n++) {
		pr = list_first_entry(&r->done, struct drbd_peer, link);
		list_move_tail(&pr->link, batch);
		drbd_env(pr->dev, &env);
		pr->todo = drbd_peer_req_done(&pr->p, pr->error, &env);
		before_ack(pr);
	}
}

void drbd_end_written(struct drbd_resource *r)
{
	LIST_HEAD(batch);
	unsigned long flags;
	bool any;

	mutex_lock(&r->ack_mutex);
	do {
		spin_lock_irqsave(&r->lock, flags);
		take_done(r, &batch);
		spin_unlock_irqrestore(&r->lock, flags);
		any = !list_empty(&batch);
		if (any)
			end_all(r, &batch);
	} while (any);
	mutex_unlock(&r->ack_mutex);
}

void drbd_ack_work(struct work_struct *work)
{
	struct drbd_resource *r = container_of(work, struct drbd_resource, ack_work);

	drbd_end_written(r);
	drbd_send_acks(r);
}

void drbd_before_sleep(struct drbd_resource *r)
{
	if (!list_empty(&r->done))
		drbd_end_written(r);
	if (READ_ONCE(r->meta.held_byte))
		drbd_send_acks(r);
}

/* The receiver waits for something of the resource. */
static void recv_wait(struct drbd_resource *r, u32 seen, u32 ms)
{
	drbd_before_sleep(r);
	drbd_wait(r, seen, ms);
}

/*
 * Written: it is acknowledged by the ack work, which sends the acks of all that are done by then at once; what is done
 * already when the receiver has submitted it, by the receiver, after all else that has come and before it sleeps.
 */
static void queue_done(struct drbd_peer *pr)
{
	struct drbd_resource *r = pr->dev->res;

	list_add_tail(&pr->link, &r->done);
	if (in_interrupt() || current != r->receiver)
		queue_work(r->ack_wq, &r->ack_work);
}

void drbd_peer_done(struct drbd_peer *pr, s32 error)
{
	struct drbd_device *dev = pr->dev;
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	pr->error = error;
	spin_lock_irqsave(&r->lock, flags);
	switch (pr->what) {
	case PK_WRITE:
		queue_done(pr);
		break;
	case PK_ANSWER:
		if (pr->locked && pr->kind != RS_OV_REQ && same_conn(pr)) {
			drbd_rs_complete_io(&dev->ext, pr->p.iv.sector);
			pr->locked = false;
		}
		drbd_queue_peer(pr, drbd_answer);
		break;
	case PK_CSUM:
		drbd_queue_peer(pr, drbd_csum_request);
		break;
	case PK_OV:
		drbd_queue_peer(pr, drbd_ov_compare);
		break;
	}
	if (error && pr->what != PK_WRITE)
		drbd_io_failed(dev, IOE_READ);
	drbd_disk_put_locked(dev);
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
}

/* --- received writes --------------------------------------------------------------------------------------------------------- */

static struct drbd_peer *new_peer(struct drbd_resource *r, struct drbd_device *dev, u32 data_byte)
{
	struct drbd_peer *pr;
	u32 seen;

	for (seen = drbd_events(r); atomic_read(&r->pages) >= (int)r->net.max_buffers && !r->closing;
	     seen = drbd_events(r))
		recv_wait(r, seen, 100);
	while (!(pr = drbd_peer_new(dev, data_byte)) && !r->closing) {
		drbd_before_sleep(r);
		msleep(20);	/* memory comes back as earlier requests end */
	}
	return pr;
}

static bool digest_differs(struct crypto_shash *tfm, struct drbd_peer *pr, u32 size_byte)
{
	u8 digest[DRBD_DIGEST_MAX];

	return drbd_digest(tfm, pr->pages, size_byte, digest) || memcmp(digest, pr->digest, pr->digest_byte);
}

/* Digest and data of a packet with data. 0 or where the connection goes. */
static int recv_data(struct drbd_resource *r, struct drbd_peer *pr, u32 digest_byte, u32 size_byte)
{
	pr->digest_byte = digest_byte;
	if (digest_byte && drbd_recv(r, &r->data, pr->digest, digest_byte))
		return C_BROKEN_PIPE;
	if (drbd_recv_pages(r, pr->pages, size_byte))
		return C_BROKEN_PIPE;
	pr->dev->cnt.recv_sect += size_byte >> 9;
	if (digest_byte && digest_differs(r->peer_integrity.hash, pr, size_byte)) {
		drbd_err(pr->dev, "Digest integrity check FAILED: %llus +%u",
			 (unsigned long long)pr->p.iv.sector, size_byte);
		return BAD;
	}
	return 0;
}

/* References on the activity log; false: the connection is going. */
static bool al_for_peer(struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool got, due;
	u32 seen;

	for (;;) {
		seen = drbd_events(r);
		due = false;
		spin_lock_irqsave(&r->lock, flags);
		got = drbd_al_get(dev, &pr->al, &due);
		if (got && pr->al.taken)
			pr->p.flags |= EE_IN_ACT_LOG;
		if (!got)
			drbd_want_barrier(r);
		spin_unlock_irqrestore(&r->lock, flags);
		if (got)
			return true;
		if (r->closing)
			return false;
		drbd_before_sleep(r);
		if (!due || !drbd_al_write(dev))
			recv_wait(r, seen, 200);
	}
}

/* On its way to the disk: a range without data is done at once. */
static void submit_write(struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	pr->what = PK_WRITE;
	spin_lock_irqsave(&r->lock, flags);
	dev->unacked++;
	if (!drbd_disk_get_locked(dev, D_INCONSISTENT)) {
		pr->error = -EIO;
		queue_done(pr);
		spin_unlock_irqrestore(&r->lock, flags);
		return;
	}
	dev->cnt.write_sect += pr->p.iv.size_byte >> 9;
	if (pr->p.flags & EE_RS)
		dev->rs_sect_ev += pr->p.iv.size_byte >> 9;
	spin_unlock_irqrestore(&r->lock, flags);
	if (!pr->p.iv.size_byte)
		drbd_peer_done(pr, drbd_disk_flush(dev));
	else if (pr->zeroes)
		drbd_peer_done(pr, drbd_zero_range(dev, pr->p.iv.sector, pr->p.iv.size_byte, pr->may_unmap));
	else
		drbd_peer_submit(pr, true);
}

/* The gates before a write may go: 0: it is on its way or over. */
static int gates(struct drbd_resource *r, struct drbd_peer *pr)
{
	struct drbd_req_env env;
	unsigned long flags;
	u32 todo, seen;

	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		drbd_env(pr->dev, &env);
		todo = drbd_peer_write_step(&pr->p, &env, r->net.ping_timeo * 100, r->net.ko_count * r->net.timeout * 100,
					    drbd_now_ms());
		if (todo & PR_DO_SET_OOS)
			drbd_set_oos(pr->dev, pr->p.iv.sector, pr->p.iv.size_byte);
		spin_unlock_irqrestore(&r->lock, flags);
		if ((todo & PR_DO_SEND_RECV_ACK) && same_conn(pr))
			drbd_hold_ack(pr->dev, P_RECV_ACK, pr->p.iv.sector, pr->p.iv.size_byte, pr->p.block_id);
		if (todo & (PR_DO_PROTOCOL_ERROR | PR_DO_TIMEOUT)) {
			never_submitted(pr);
			return todo & PR_DO_TIMEOUT ? C_TIMEOUT : BAD;
		}
		if (!(todo & PR_DO_WAIT))
			break;
		if (r->closing) {
			never_submitted(pr);
			return C_NETWORK_FAILURE;
		}
		recv_wait(r, seen, 100);
	}
	if (!(todo & PR_DO_SUBMIT)) {
		ended(pr, todo & ~PR_DO_SET_OOS);
		return 0;
	}
	if ((todo & PR_DO_AL_GET) && !al_for_peer(pr)) {
		never_submitted(pr);
		return C_NETWORK_FAILURE;
	}
	submit_write(pr);
	return 0;
}

static int got_data(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u32 digest = pkt->cmd == P_DATA ? drbd_tfm_byte(&r->peer_integrity) : 0, size;
	struct drbd_req_env env;
	struct drbd_peer *pr;
	unsigned long flags;
	int err;

	if (dev->vs.state.conn < C_CONNECTED || drbd_packet_range(pkt, digest, dev->sizes.capacity_sect, &size))
		return BAD;
	pr = new_peer(r, dev, pkt->cmd == P_DATA ? size : 0);
	if (!pr)
		return C_NETWORK_FAILURE;
	pr->zeroes = pkt->cmd != P_DATA;
	pr->may_unmap = pkt->cmd == P_ZEROES ? !!(pkt->u.data.dp_flags & DP_DISCARD) :
					       !!(r->cs.features & DRBD_FF_WZEROES);
	drbd_interval_set(&pr->p.iv, pkt->u.data.sector, size);
	err = pkt->cmd == P_DATA ? recv_data(r, pr, digest, size) : 0;
	if (err) {
		drbd_peer_free(pr);
		return err;
	}
	if (size)
		drbd_al_range(&pr->al, pkt->u.data.sector, size);
	spin_lock_irqsave(&r->lock, flags);
	drbd_env(dev, &env);
	drbd_peer_write_init(&pr->p, &dev->rv, &r->es, pkt->u.data.sector, size, pkt->u.data.block_id,
			     pkt->u.data.seq_num, pkt->u.data.dp_flags, &env);
	spin_unlock_irqrestore(&r->lock, flags);
	return gates(r, pr);
}

static int rs_write(struct drbd_resource *r, struct drbd_device *dev, struct drbd_peer *pr, u64 sector, u32 size)
{
	struct drbd_req_env env;
	unsigned long flags;
	u32 todo;

	spin_lock_irqsave(&r->lock, flags);
	dev->rs_sect_in += size >> 9;
	drbd_env(dev, &env);
	todo = drbd_peer_rs_write_init(&pr->p, &dev->rv, sector, size, &env);
	spin_unlock_irqrestore(&r->lock, flags);
	if (todo & PR_DO_SUBMIT)
		submit_write(pr);
	else
		ended(pr, todo);
	return 0;
}

static int got_rs_data(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u32 digest = drbd_tfm_byte(&r->peer_integrity), size;
	struct drbd_peer *pr;
	int err;

	if (drbd_packet_range(pkt, digest, dev->sizes.capacity_sect, &size) || !size)
		return BAD;
	pr = new_peer(r, dev, size);
	if (!pr)
		return C_NETWORK_FAILURE;
	drbd_interval_set(&pr->p.iv, pkt->u.data.sector, size);
	err = recv_data(r, pr, digest, size);
	if (err) {
		drbd_peer_free(pr);
		return err;
	}
	return rs_write(r, dev, pr, pkt->u.data.sector, size);
}

static int got_rs_deallocated(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u64 sector = pkt->u.desc.sector, cap = dev->sizes.capacity_sect;
	u32 size = pkt->u.desc.blksize;
	struct drbd_peer *pr;

	if (!size || (size & 511) || size > DRBD_MAX_BATCH_SIZE || sector > cap || (size >> 9) > cap - sector)
		return BAD;
	pr = new_peer(r, dev, 0);
	if (!pr)
		return C_NETWORK_FAILURE;
	pr->zeroes = pr->may_unmap = true;
	return rs_write(r, dev, pr, sector, size);
}

/* Data of an own read: straight into the pages of its bio. */
static int recv_into_bio(struct drbd_resource *r, struct bio *bio)
{
	DRBD_BVEC bv;
	DRBD_ITER it;
	int err;

	bio_for_each_segment(bv, bio, it) {
		err = drbd_recv(r, &r->data, kmap(drbd_bv(bv).bv_page) + drbd_bv(bv).bv_offset, drbd_bv(bv).bv_len);
		kunmap(drbd_bv(bv).bv_page);
		if (err)
			return err;
	}
	return 0;
}

static int got_data_reply(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u32 digest_byte = drbd_tfm_byte(&r->peer_integrity), size;
	u8 digest[DRBD_DIGEST_MAX], mine[DRBD_DIGEST_MAX];
	struct drbd_request *q;
	struct drbd_kreq *req;
	struct drbd_todo td;
	unsigned long flags;

	if (drbd_packet_range(pkt, digest_byte, dev->sizes.capacity_sect, &size))
		return BAD;
	spin_lock_irqsave(&r->lock, flags);
	q = drbd_req_find(&dev->rv.reads, pkt->u.data.sector, pkt->u.data.block_id);
	spin_unlock_irqrestore(&r->lock, flags);
	if (!q || q->iv.size_byte != size)
		return BAD;
	req = container_of(q, struct drbd_kreq, r);
	if (!req->bio)
		return BAD;
	if (digest_byte && drbd_recv(r, &r->data, digest, digest_byte))
		return C_BROKEN_PIPE;
	if (recv_into_bio(r, req->bio))
		return C_BROKEN_PIPE;
	dev->cnt.recv_sect += size >> 9;
	if (digest_byte && (drbd_digest_bio(r->peer_integrity.hash, req->bio, mine) || memcmp(mine, digest, digest_byte))) {
		drbd_err(dev, "Digest integrity check FAILED. Broken NICs?");
		return BAD;
	}
	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	drbd_tell(req, RQE_DATA_RECEIVED, &td);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
	return 0;
}

/* --- reads for the peer ----------------------------------------------------------------------------------------------------------- */

static bool is_zero(struct drbd_peer *pr)
{
	u32 left = pr->p.iv.size_byte, i, n;

	for (i = 0; left; i++, left -= n) {
		n = DRBD_MIN(left, (u32)PAGE_SIZE);
		if (memchr_inv(page_address(pr->pages[i]), 0, n))
			return false;
	}
	return true;
}

static int send_data(struct drbd_peer *pr, u16 cmd)
{
	struct drbd_resource *r = pr->dev->res;
	u8 digest[DRBD_DIGEST_MAX];
	struct drbd_payload t;
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	memset(&t, 0, sizeof(t));
	pkt.cmd = cmd;
	pkt.volume = pr->dev->vs.volume;
	pkt.u.data.sector = pr->p.iv.sector;
	pkt.u.data.block_id = pr->p.block_id;
	t.pages = pr->pages;
	t.pages_byte = pr->p.iv.size_byte;
	if (r->integrity.hash) {
		if (drbd_digest(r->integrity.hash, pr->pages, t.pages_byte, digest))
			return -ENOMEM;
		t.buf = digest;
		t.buf_byte = drbd_tfm_byte(&r->integrity);
	}
	pr->dev->cnt.send_sect += t.pages_byte >> 9;
	return drbd_send(r, DRBD_DATA_SOCK, &pkt, &t);
}

static int send_desc(struct drbd_peer *pr, u16 cmd)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = cmd;
	pkt.volume = pr->dev->vs.volume;
	pkt.u.desc.sector = pr->p.iv.sector;
	pkt.u.desc.blksize = pr->p.iv.size_byte;
	return drbd_send(pr->dev->res, DRBD_DATA_SOCK, &pkt, NULL);
}

/* A request or reply with a digest of the block. */
static int send_digest(struct drbd_peer *pr, u16 cmd, const u8 *digest, u32 digest_byte)
{
	struct drbd_payload t;
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	memset(&t, 0, sizeof(t));
	pkt.cmd = cmd;
	pkt.volume = pr->dev->vs.volume;
	pkt.u.req.sector = pr->p.iv.sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = pr->p.iv.size_byte;
	t.buf = digest;
	t.buf_byte = digest_byte;
	return drbd_send(pr->dev->res, DRBD_DATA_SOCK, &pkt, &t);
}

static void send_answer(struct drbd_peer *pr, u16 cmd)
{
	struct drbd_device *dev = pr->dev;
	struct drbd_resource *r = dev->res;
	u8 digest[DRBD_DIGEST_MAX];
	unsigned long flags;

	switch (cmd) {
	case P_DATA_REPLY:
	case P_RS_DATA_REPLY:
		if (cmd == P_RS_DATA_REPLY) {
			spin_lock_irqsave(&r->lock, flags);
			dev->rs_pending++;	/* its ack */
			spin_unlock_irqrestore(&r->lock, flags);
		}
		send_data(pr, cmd);
		break;
	case P_RS_DEALLOCATED:
		send_desc(pr, cmd);
		break;
	case P_OV_REPLY:
		memset(digest, 0, sizeof(digest));
		if (!r->verify.hash)
			break;
		if (!pr->failed && drbd_digest(r->verify.hash, pr->pages, pr->p.iv.size_byte, digest))
			memset(digest, 0, sizeof(digest));
		spin_lock_irqsave(&r->lock, flags);
		dev->rs_pending++;
		spin_unlock_irqrestore(&r->lock, flags);
		send_digest(pr, cmd, digest, drbd_tfm_byte(&r->verify));
		break;
	default:
		send_peer_ack(pr, cmd);
	}
}

void drbd_answer(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_peer *pr = wk->peer;
	struct drbd_device *dev = pr->dev;
	struct drbd_rs_answer ans;
	unsigned long flags;
	bool equal = false;

	if (!same_conn(pr))
		goto free;
	if (pr->kind == RS_THIN_REQ)
		equal = is_zero(pr);
	else if (pr->kind == RS_CSUM_REQ && r->csums.hash)
		equal = !digest_differs(r->csums.hash, pr, pr->p.iv.size_byte);
	spin_lock_irqsave(&r->lock, flags);
	drbd_rs_answer(pr->kind, pr->error, equal, dev->vs.state.conn, dev->vs.state.pdsk, &ans);
	pr->failed = pr->error != 0;
	if (ans.count_failed)
		dev->rs.failed += (pr->p.iv.size_byte + 4095) / 4096;
	if (ans.set_in_sync) {
		dev->rs.same_csum += pr->p.iv.size_byte / 4096;
		drbd_set_in_sync(dev, pr->p.iv.sector, pr->p.iv.size_byte);
	}
	if (pr->kind != RS_READ_REQ)
		dev->rs_sect_ev += pr->p.iv.size_byte >> 9;
	spin_unlock_irqrestore(&r->lock, flags);
	if (ans.packet)
		send_answer(pr, ans.packet);
free:
	spin_lock_irqsave(&r->lock, flags);
	dev->unacked -= dev->unacked ? 1 : 0;
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_peer_free(pr);
}

/* May it be read now? Lock held. */
static bool read_gate(struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;

	if (pr->kind == RS_READ_REQ)
		return !drbd_peer_read_wait(&dev->rv, pr->p.iv.sector, pr->p.iv.size_byte);
	if (!drbd_rs_extent_begin(dev, pr->p.iv.sector, false))
		return false;
	pr->locked = true;
	return true;
}

static int wait_and_read(struct drbd_resource *r, struct drbd_peer *pr)
{
	struct drbd_device *dev = pr->dev;
	unsigned long flags;
	bool go, usable = false;
	u32 seen;

	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		go = read_gate(pr);
		if (go) {
			usable = drbd_disk_get_locked(dev, D_INCONSISTENT);
			if (usable) {
				dev->unacked++;
				dev->cnt.read_sect += pr->p.iv.size_byte >> 9;
			} else if (pr->locked) {
				drbd_rs_complete_io(&dev->ext, pr->p.iv.sector);
			}
		}
		spin_unlock_irqrestore(&r->lock, flags);
		if (go)
			break;
		if (r->closing) {
			drbd_peer_free(pr);
			return C_NETWORK_FAILURE;
		}
		recv_wait(r, seen, 100);
	}
	if (usable) {
		pr->what = PK_ANSWER;
		drbd_peer_submit(pr, false);
		return 0;
	}
	send_peer_ack(pr, pr->kind == RS_READ_REQ ? P_NEG_DREPLY : P_NEG_RS_DREPLY);
	drbd_peer_free(pr);
	return 0;
}

static void ov_position(struct drbd_device *dev, u64 sector)
{
	if (dev->vs.state.conn == C_VERIFY_T && dev->rs.pos == 0 && dev->res->cs.apv >= 90)
		drbd_ov_begin(&dev->rs, dev->bm.bits, sector, ~0ull, drbd_now_ms());
	dev->rs.pos = sector / 8 + 1;
}

static int got_read(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt, u8 kind)
{
	struct drbd_rs_answer ans;
	struct drbd_peer *pr;
	unsigned long flags;
	bool served;
	u32 size, digest = 0;

	if (kind == RS_CSUM_REQ) {
		digest = pkt->tail_byte;
		if (!r->csums.hash || digest != drbd_tfm_byte(&r->csums))
			return BAD;
	}
	if (drbd_packet_range(pkt, digest, dev->sizes.capacity_sect, &size) || !size)
		return BAD;
	if (kind == RS_OV_REQ && !r->verify.hash)
		return BAD;
	pr = new_peer(r, dev, size);
	if (!pr)
		return C_NETWORK_FAILURE;
	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, size);
	pr->p.block_id = pkt->u.req.block_id;
	pr->kind = kind;
	pr->digest_byte = digest;
	if (digest && drbd_recv(r, &r->data, pr->digest, digest)) {
		drbd_peer_free(pr);
		return C_BROKEN_PIPE;
	}
	spin_lock_irqsave(&r->lock, flags);
	served = drbd_rs_serve(kind, dev->vs.state.disk, &ans);
	if (served && kind == RS_OV_REQ)
		ov_position(dev, pkt->u.req.sector);
	spin_unlock_irqrestore(&r->lock, flags);
	if (served)
		return wait_and_read(r, pr);
	send_peer_ack(pr, ans.packet);
	drbd_peer_free(pr);
	return 0;
}

static int got_data_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return got_read(r, dev, pkt, RS_READ_REQ);
}

static int got_rs_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return got_read(r, dev, pkt, RS_DATA_REQ);
}

static int got_thin_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return got_read(r, dev, pkt, RS_THIN_REQ);
}

static int got_csum_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return got_read(r, dev, pkt, RS_CSUM_REQ);
}

static int got_ov_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return got_read(r, dev, pkt, RS_OV_REQ);
}

/* The own block is read: ask the source whether its is the same. */
void drbd_csum_request(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_peer *pr = wk->peer;
	u8 digest[DRBD_DIGEST_MAX];

	memset(digest, 0, sizeof(digest));
	if (same_conn(pr) && r->csums.hash) {
		if (pr->error || drbd_digest(r->csums.hash, pr->pages, pr->p.iv.size_byte, digest))
			memset(digest, 0, sizeof(digest));
		send_digest(pr, P_CSUM_RS_REQUEST, digest, drbd_tfm_byte(&r->csums));
	}
	drbd_peer_free(pr);
}

/* --- verify --------------------------------------------------------------------------------------------------------------------------- */

/* Lock held: blocks that differ are told in runs. */
static void ov_differs(struct drbd_device *dev, u64 sector, u32 size_byte)
{
	u64 at, len;

	drbd_set_oos(dev, sector, size_byte);
	if (drbd_ov_oos(&dev->rs, sector, size_byte >> 9, &at, &len))
		drbd_err(dev, "Out of sync: start=%llu, size=%llu (sectors)", (unsigned long long)at,
			 (unsigned long long)len);
}

/* Lock held: one result more. */
static void ov_counted(struct drbd_device *dev)
{
	u64 at, len;

	if (!drbd_ov_result(&dev->rs, drbd_now_ms()))
		return;
	if (drbd_ov_oos(&dev->rs, 0, 0, &at, &len))
		drbd_err(dev, "Out of sync: start=%llu, size=%llu (sectors)", (unsigned long long)at,
			 (unsigned long long)len);
	drbd_rs_finish(dev);
}

static void compared(struct drbd_peer *pr, bool equal)
{
	struct drbd_device *dev = pr->dev;
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (!drbd_disk_usable(dev))
		equal = true;
	if (!equal)
		ov_differs(dev, pr->p.iv.sector, pr->p.iv.size_byte);
	drbd_rs_complete_io(&dev->ext, pr->p.iv.sector);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_send_ack(dev, P_OV_RESULT, pr->p.iv.sector, pr->p.iv.size_byte, drbd_ov_result_id(equal));
	spin_lock_irqsave(&r->lock, flags);
	ov_counted(dev);
	spin_unlock_irqrestore(&r->lock, flags);
}

void drbd_ov_compare(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_peer *pr = wk->peer;

	if (same_conn(pr))
		compared(pr, !pr->error && r->verify.hash && !digest_differs(r->verify.hash, pr, pr->p.iv.size_byte));
	drbd_peer_free(pr);
}

static int got_ov_reply(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u32 digest = pkt->tail_byte, size;
	struct drbd_peer *pr;
	unsigned long flags;
	bool usable;

	if (!r->verify.hash || digest != drbd_tfm_byte(&r->verify) ||
	    drbd_packet_range(pkt, digest, dev->sizes.capacity_sect, &size) || !size)
		return BAD;
	pr = new_peer(r, dev, size);
	if (!pr)
		return C_NETWORK_FAILURE;
	drbd_interval_set(&pr->p.iv, pkt->u.req.sector, size);
	pr->digest_byte = digest;
	if (drbd_recv(r, &r->data, pr->digest, digest)) {
		drbd_peer_free(pr);
		return C_BROKEN_PIPE;
	}
	spin_lock_irqsave(&r->lock, flags);
	dev->rs_sect_in += size >> 9;
	dev->rs_pending -= dev->rs_pending ? 1 : 0;
	usable = drbd_disk_get_locked(dev, D_INCONSISTENT);
	if (usable)
		dev->rs_sect_ev += size >> 9;
	spin_unlock_irqrestore(&r->lock, flags);
	pr->what = PK_OV;
	if (usable) {
		drbd_peer_submit(pr, false);
		return 0;
	}
	compared(pr, true);
	drbd_peer_free(pr);
	return 0;
}

/* --- barrier ---------------------------------------------------------------------------------------------------------------------------- */

/* Every disk of the connection. True: at least one knows no flush. */
static bool flush_disks(struct drbd_resource *r)
{
	struct drbd_device *dev;
	unsigned long flags;
	bool unknown = false;
	int err;
	u32 i;

	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		if (drbd_disk_get(dev, D_INCONSISTENT)) {
			err = drbd_bdev_flush(dev->data.bdev);
			unknown |= err == -EOPNOTSUPP;
			spin_lock_irqsave(&r->lock, flags);
			if (err && err != -EOPNOTSUPP) {
				drbd_epochs_disk_lost(&r->es);
				drbd_io_failed(dev, IOE_META);
			}
			drbd_disk_put_locked(dev);
			spin_unlock_irqrestore(&r->lock, flags);
		}
		drbd_device_put(dev);
	}
	return unknown;
}

static int drain(struct drbd_resource *r)
{
	unsigned long flags;
	bool unknown = false, lost;
	u32 seen, active;
	u8 wo;

	drbd_end_written(r);
	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		active = r->es.active;
		wo = r->es.wo;
		spin_unlock_irqrestore(&r->lock, flags);
		if (!active)
			break;
		if (r->closing)
			return C_NETWORK_FAILURE;
		recv_wait(r, seen, 200);
	}
	if (wo == WO_BDEV_FLUSH) {
		drbd_before_sleep(r);
		unknown = flush_disks(r);
	}
	spin_lock_irqsave(&r->lock, flags);
	lost = r->es.lost;
	if (!lost)
		drbd_epoch_drained(&r->es, unknown);
	spin_unlock_irqrestore(&r->lock, flags);
	if (lost)
		return BAD;
	drbd_hold_barrier_acks(r);
	return 0;
}

static int got_barrier(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	struct drbd_epoch *spare = kzalloc(sizeof(*spare), GFP_NOIO);
	enum drbd_barrier_do what;
	unsigned long flags;
	bool used = false;

	(void)dev;
	if (!spare)
		return C_NETWORK_FAILURE;
	spin_lock_irqsave(&r->lock, flags);
	what = drbd_epoch_barrier(&r->es, pkt->u.barrier.barrier, spare, &used);
	spin_unlock_irqrestore(&r->lock, flags);
	if (!used)
		kfree(spare);
	switch (what) {
	case BARRIER_GO_ON:
		return 0;
	case BARRIER_ACK:
		drbd_hold_barrier_acks(r);
		return 0;
	case BARRIER_DRAIN:
		return drain(r);
	default:
		return BAD;
	}
}

/* --- parameters and states ------------------------------------------------------------------------------------------------------------------ */

static int got_protocol(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	const char *differs;
	unsigned long flags;

	(void)dev;
	spin_lock_irqsave(&r->lock, flags);
	differs = drbd_protocol_check(&r->cs, &pkt->u.protocol);
	spin_unlock_irqrestore(&r->lock, flags);
	if (differs) {
		res_err(r, "incompatible %s settings", differs);
		return C_DISCONNECTING;
	}
	if (drbd_tfm_get(&r->peer_integrity, pkt->u.protocol.integrity_alg)) {
		res_err(r, "peer data-integrity-alg %s not supported", pkt->u.protocol.integrity_alg);
		return C_DISCONNECTING;
	}
	if (r->peer_integrity.hash)
		res_info(r, "peer data-integrity-alg: %s", pkt->u.protocol.integrity_alg);
	return 0;
}

static int got_protocol_update(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	unsigned long flags;
	bool ok;

	(void)dev;
	if (drbd_tfm_get(&r->peer_integrity, pkt->u.protocol.integrity_alg))
		return C_DISCONNECTING;
	spin_lock_irqsave(&r->lock, flags);
	ok = drbd_protocol_update(&r->net, &pkt->u.protocol);
	spin_unlock_irqrestore(&r->lock, flags);
	return ok ? 0 : BAD;
}

struct sync_param {
	struct drbd_disk_conf disk;
	struct drbd_net_conf net;
};

static int got_sync_param(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	struct sync_param *sp = kmalloc(sizeof(*sp), GFP_NOIO);
	struct drbd_sync_param_verdict v;
	unsigned long flags;
	int err = 0;

	if (!sp)
		return C_NETWORK_FAILURE;
	spin_lock_irqsave(&r->lock, flags);
	sp->disk = dev->conf;
	sp->net = r->net;
	drbd_sync_param_received(&r->cs, &dev->vs, &pkt->u.rs_param, &sp->disk, &sp->net, &v);
	spin_unlock_irqrestore(&r->lock, flags);
	if (v.stand_alone) {
		drbd_err(dev, "incompatible %s settings", v.stand_alone);
		err = C_DISCONNECTING;
	} else if ((v.verify_alg_changed && drbd_tfm_get(&r->verify, sp->net.verify_alg)) ||
		   (v.csums_alg_changed && drbd_tfm_get(&r->csums, sp->net.csums_alg))) {
		drbd_err(dev, "peer's verify-alg or csums-alg is not available here");
		err = C_DISCONNECTING;
	} else {
		spin_lock_irqsave(&r->lock, flags);
		dev->conf = sp->disk;
		r->net = sp->net;
		if (v.plan_changed)
			drbd_rs_ctl_resize(&dev->ctl, dev->conf.c_plan_ahead);
		spin_unlock_irqrestore(&r->lock, flags);
	}
	kfree(sp);
	return err;
}

static int got_sizes(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	struct drbd_sizes_verdict v;
	unsigned long flags;
	int err;

	memset(&v, 0, sizeof(v));
	spin_lock_irqsave(&r->lock, flags);
	drbd_sizes_received(&r->cs, &dev->vs, &dev->sizes, &pkt->u.sizes, &v);
	spin_unlock_irqrestore(&r->lock, flags);
	if (v.size_differs_much)
		drbd_warn(dev, "Considerable difference in lower level device sizes");
	if (v.user_too_big)
		drbd_err(dev, "Requested disk size is too big");
	if (v.stand_alone) {
		drbd_err(dev, "%s", v.why ? v.why : "The peer's disk size is too small!");
		return C_DISCONNECTING;
	}
	if (v.set_user) {
		dev->conf.disk_size = v.user_sect;
		dev->sizes.user_sect = v.user_sect;
	}
	if (v.set_size && v.size_sect != dev->sizes.capacity_sect) {
		err = drbd_resize(dev, v.size_sect, !v.no_resync);
		if (err)
			return C_DISCONNECTING;
	}
	drbd_dev_set_limits(dev);
	if (v.answer)
		drbd_send_sizes(dev, false, pkt->u.sizes.dds_flags);
	if (v.grow_resync)
		drbd_resync_grown(dev);
	return 0;
}

static int got_uuids(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	enum drbd_uuids_do what;
	struct drbd_transition tr;
	unsigned long flags;
	u32 seen;

	/* a cluster-wide change under way first */
	for (seen = drbd_events(r); r->change_out && dev->vs.state.disk < D_INCONSISTENT && !r->closing;
	     seen = drbd_events(r))
		recv_wait(r, seen, 200);
	spin_lock_irqsave(&r->lock, flags);
	what = drbd_uuids_received(&r->cs, &dev->vs, &pkt->u.uuids, &tr);
	if (what == UUIDS_SKIP_SYNC) {
		drbd_info(dev, "Accepted new current UUID, preparing to skip initial sync");
		if (dev->disk_open && dev->bm.bits)
			drbd_bm_clear(&dev->bm, 0, dev->bm.bits - 1);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (what == UUIDS_STAND_ALONE) {
		drbd_err(dev, "Can only connect to data with current UUID=%016llX", (unsigned long long)dev->vs.ed_uuid);
		return C_DISCONNECTING;
	}
	if (what != UUIDS_SKIP_SYNC)
		return 0;
	if (drbd_disk_get(dev, D_ATTACHING)) {
		drbd_bm_write(dev, true);
		drbd_md_write(dev);
		drbd_disk_put(dev);
	}
	spin_lock_irqsave(&r->lock, flags);
	drbd_applied(dev, &tr);
	spin_unlock_irqrestore(&r->lock, flags);
	return 0;
}

static void run_sync_helpers(struct drbd_device *dev, u32 helpers)
{
	static const char *const names[] = { "initial-split-brain", "split-brain", "pri-lost-after-sb", "pri-lost" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (helpers & (1u << i))
			drbd_helper(dev->res, dev, names[i]);
}

static void do_sync(struct drbd_device *dev, struct drbd_recv_state *rs)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	drbd_info(dev, "drbd_sync_handshake: uuid_compare()=%d by rule %d", rs->sync.uuid.hg, rs->sync.uuid.rule);
	if (rs->sync.auto_solved)
		drbd_warn(dev, "Split-Brain detected, %d primaries, automatically solved. Sync from %s node",
			  rs->sync.primaries, rs->sync.hg < 0 ? "peer" : "this");
	if (rs->sync.manual_solved)
		drbd_warn(dev, "Split-Brain detected, manually solved. Sync from %s node",
			  rs->sync.hg < 0 ? "peer" : "this");
	if (rs->sync.fail)
		drbd_err(dev, "%s", drbd_sync_fail_text(rs->sync.fail));
	run_sync_helpers(dev, rs->sync.helpers);
	if (rs->sync.set_all_bits) {
		spin_lock_irqsave(&r->lock, flags);
		drbd_set_all_bits(dev);
		spin_unlock_irqrestore(&r->lock, flags);
		rs->set_bits_failed = 1;
		if (drbd_disk_get(dev, D_ATTACHING)) {
			rs->set_bits_failed = drbd_bm_write(dev, true) != 0;
			drbd_disk_put(dev);
		}
	}
	if (rs->md_dirty)
		drbd_md_write(dev);
}

/* The peer was rebooted: what is frozen can not be sent again. */
static int peer_rebooted(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	struct drbd_change ch = { DS_SUSPENDED, 0, CS_HARD };
	unsigned long flags;
	bool made;

	drbd_err(dev, "Aborting Connect, can not thaw IO with an only Consistent peer");
	drbd_tell_log(r, NULL, RQE_CONN_LOST);
	spin_lock_irqsave(&r->lock, flags);
	made = drbd_pending_new_uuid(&dev->vs, drbd_random());
	spin_unlock_irqrestore(&r->lock, flags);
	if (made)
		drbd_md_write(dev);
	drbd_change_conn(r, &ch);
	return BAD;
}

#define STATE_TRIES 8

static int run_state(struct drbd_resource *r, struct drbd_device *dev, u32 word)
{
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	enum drbd_recv_state_do what;
	enum drbd_recv_state_end end;
	unsigned long flags;
	bool send_both = false;
	int tries;

	memset(&rs, 0, sizeof(rs));
	for (tries = 0; tries < STATE_TRIES; tries++) {
		spin_lock_irqsave(&r->lock, flags);
		what = drbd_recv_state_begin(&r->cs, &dev->vs, word, dev->bm.set, dev->rs.failed, &rs);
		if (what == RS_FINISH_RESYNC || what == RS_FINISH_VERIFY)
			drbd_rs_finish(dev);
		spin_unlock_irqrestore(&r->lock, flags);
		if (what == RS_FINISH_RESYNC || what == RS_FINISH_VERIFY)
			return 0;
		if (what == RS_ERROR)
			return rs.conn_to;
		if (what == RS_TRY_DEMOTE) {
			run_sync_helpers(dev, rs.sync.helpers);
			rs.demote = drbd_set(dev, DS_ROLE(R_MASK), DS_ROLE(R_SECONDARY), 0) >= SS_SUCCESS ? 1 : -1;
			continue;
		}
		if (what == RS_SYNC)
			do_sync(dev, &rs);
		spin_lock_irqsave(&r->lock, flags);
		end = drbd_recv_state_apply(&r->cs, &dev->vs, &rs, &tr, &send_both);
		if (end == RSE_DONE)
			drbd_applied(dev, &tr);
		spin_unlock_irqrestore(&r->lock, flags);
		switch (end) {
		case RSE_DONE:
			if (send_both) {
				drbd_send_uuids(dev, 0);
				drbd_send_state(dev, dev->vs.state);
			}
			return 0;
		case RSE_AGAIN:
			memset(&rs, 0, sizeof(rs));
			break;
		case RSE_STAND_ALONE:
			return C_DISCONNECTING;
		case RSE_PROTOCOL_ERROR:
			return BAD;
		case RSE_REBOOTED:
			return peer_rebooted(dev);
		}
	}
	drbd_err(dev, "the state that the peer sent is never settled");
	return BAD;
}

static int got_state(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return run_state(r, dev, pkt->u.state);
}

static int change_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt, bool conn_wide)
{
	struct drbd_change ch;
	struct drbd_pkt reply;
	unsigned long flags;
	bool busy;
	s32 rv;

	memset(&reply, 0, sizeof(reply));
	reply.cmd = conn_wide ? P_CONN_ST_CHG_REPLY : P_STATE_CHG_REPLY;
	reply.volume = dev ? dev->vs.volume : 0;
	spin_lock_irqsave(&r->lock, flags);
	busy = r->change_out && (conn_wide || !r->change_dev || r->change_dev == dev);
	if (drbd_peer_request(&r->cs, busy, conn_wide, &pkt->u.req_state, &ch))
		rv = SS_CONCURRENT_ST_CHG;
	else
		rv = conn_wide ? drbd_change_conn_locked(r, &ch) : drbd_change_locked(dev, &ch);
	spin_unlock_irqrestore(&r->lock, flags);
	reply.u.retcode = rv;
	drbd_send(r, DRBD_META_SOCK, &reply, NULL);
	return 0;
}

static int got_change_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	return change_request(r, dev, pkt, false);
}

static int got_conn_change_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	(void)dev;
	return change_request(r, NULL, pkt, true);
}

static int got_sync_uuid(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u64 deadline = drbd_now_ms() + SYNC_UUID_WAIT_MS;
	enum drbd_state_rv rv;
	unsigned long flags;
	u32 seen;

	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		rv = drbd_got_sync_uuid(&dev->vs, pkt->u.uuid);
		spin_unlock_irqrestore(&r->lock, flags);
		if (rv != SS_UNKNOWN_ERROR)
			break;
		if (r->closing)
			return C_NETWORK_FAILURE;
		if (drbd_now_ms() >= deadline)
			return BAD;	/* the nodes do not agree about who syncs: meet anew */
		recv_wait(r, seen, 200);
	}
	if (rv < SS_SUCCESS)
		return 0;
	drbd_md_write(dev);
	drbd_rs_start(dev, C_SYNC_TARGET);
	return 0;
}

/* --- bitmap ----------------------------------------------------------------------------------------------------------------------------------- */

static int bitmap_complete(struct drbd_device *dev)
{
	u32 conn = dev->vs.state.conn;

	memset(&dev->xfer_in, 0, sizeof(dev->xfer_in));
	if (conn == C_WF_BITMAP_T) {
		if (!drbd_send_bitmap(dev))
			drbd_set(dev, DS_CONN(C_MASK), DS_CONN(C_WF_SYNC_UUID), CS_VERBOSE);
	} else if (conn == C_WF_BITMAP_S) {
		drbd_rs_start(dev, C_SYNC_SOURCE);
	}
	return 0;
}

static int got_bitmap(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	u32 size = pkt->tail_byte, max = DRBD_SOCKET_BUFFER_SIZE - drbd_header_size(r->cs.apv), at = 0;
	u8 *buf = r->data.rbuf;
	unsigned long flags;
	int err;

	if (pkt->cmd == P_COMPRESSED_BITMAP) {
		buf[0] = pkt->u.encoding;
		at = 1;
	}
	if (size + at > max)
		return BAD;
	if (drbd_recv(r, &r->data, buf + at, size))
		return C_BROKEN_PIPE;
	spin_lock_irqsave(&r->lock, flags);
	err = dev->disk_open ? drbd_bm_receive(&dev->bm, &dev->xfer_in, pkt->cmd, buf, size + at, max) : -EPROTO;
	spin_unlock_irqrestore(&r->lock, flags);
	if (err)
		return BAD;
	return dev->xfer_in.done ? bitmap_complete(dev) : 0;
}

static int got_oos(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_set_oos(dev, pkt->u.desc.sector, pkt->u.desc.blksize);
	spin_unlock_irqrestore(&r->lock, flags);
	return 0;
}

static int got_unplug(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	(void)dev;
	(void)pkt;
	drbd_sock_quickack(r->data.sock);
	return 0;
}

static int got_ignored(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	(void)dev;
	return drbd_recv_skip(r, pkt->tail_byte) ? C_BROKEN_PIPE : 0;
}

/* --- the data socket ------------------------------------------------------------------------------------------------------------------------------ */

static const struct {
	u16 cmd;
	data_handler fn;
} data_handlers[] = {
	{ P_DATA,		got_data },
	{ P_TRIM,		got_data },
	{ P_ZEROES,		got_data },
	{ P_BARRIER,		got_barrier },
	{ P_RS_DATA_REQUEST,	got_rs_request },
	{ P_RS_DATA_REPLY,	got_rs_data },
	{ P_DATA_REQUEST,	got_data_request },
	{ P_DATA_REPLY,		got_data_reply },
	{ P_RS_THIN_REQ,	got_thin_request },
	{ P_RS_DEALLOCATED,	got_rs_deallocated },
	{ P_CSUM_RS_REQUEST,	got_csum_request },
	{ P_OV_REQUEST,		got_ov_request },
	{ P_OV_REPLY,		got_ov_reply },
	{ P_OUT_OF_SYNC,	got_oos },
	{ P_BITMAP,		got_bitmap },
	{ P_COMPRESSED_BITMAP,	got_bitmap },
	{ P_UNPLUG_REMOTE,	got_unplug },
	{ P_PROTOCOL,		got_protocol },
	{ P_PROTOCOL_UPDATE,	got_protocol_update },
	{ P_SYNC_PARAM,		got_sync_param },
	{ P_SYNC_PARAM89,	got_sync_param },
	{ P_SIZES,		got_sizes },
	{ P_UUIDS,		got_uuids },
	{ P_STATE,		got_state },
	{ P_STATE_CHG_REQ,	got_change_request },
	{ P_CONN_ST_CHG_REQ,	got_conn_change_request },
	{ P_SYNC_UUID,		got_sync_uuid },
	{ P_DELAY_PROBE,	got_ignored },
};

static data_handler handler_of(u16 cmd)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(data_handlers); i++)
		if (data_handlers[i].cmd == cmd)
			return data_handlers[i].fn;
	return NULL;
}

static int for_volume(struct drbd_resource *r, const struct drbd_header *h, const struct drbd_pkt *pkt)
{
	const struct drbd_packet_info *info = drbd_packet_info(h->cmd);
	data_handler fn = handler_of(h->cmd);
	struct drbd_device *dev;
	int err;

	if (!fn)
		return BAD;
	if (h->cmd != P_DATA && h->cmd != P_RS_DATA_REPLY && h->cmd != P_BARRIER)
		drbd_before_sleep(r);	/* these see to it, the others may take long */
	if (!info->per_volume)
		return fn(r, NULL, pkt);
	dev = drbd_device_volume(r, h->volume);
	if (!dev) {
		res_warn(r, "volume %u unknown; ignoring %s packet", h->volume, drbd_packet_name(h->cmd));
		if (!info->skip_unknown_volume)
			return BAD;
		return drbd_recv_skip(r, pkt->tail_byte) ? C_BROKEN_PIPE : 0;
	}
	err = fn(r, dev, pkt);
	drbd_device_put(dev);
	return err;
}

/* 0, or the state to which the connection goes; *why for the log. */
static int one_packet(struct drbd_resource *r, struct drbd_pkt *pkt, const char **why)
{
	struct drbd_header h;
	u32 fixed = 0;
	int err;

	*why = "end of file on the data socket";
	if (drbd_recv_header(r, r->data.rbuf, drbd_header_size(r->cs.apv)))
		return C_BROKEN_PIPE;
	r->last_received_ms = drbd_now_ms();
	*why = "bad header";
	if (!drbd_get_header(r->data.rbuf, r->cs.apv, &h))
		return BAD;
	*why = "bad packet";
	err = drbd_packet_check(&h, DRBD_DATA_SOCK, PH_LOOP, r->cs.apv, r->cs.features, &fixed, why);
	if (err)
		goto named;
	if (drbd_recv(r, &r->data, r->data.rbuf, fixed)) {
		*why = "short read on the data socket";
		return C_BROKEN_PIPE;
	}
	*why = "not well-formed";
	err = BAD;
	if (drbd_get_packet(&h, r->cs.apv, r->cs.features, r->data.rbuf, fixed, pkt)) {
		*why = "refused";
		err = for_volume(r, &h, pkt);
	}
named:
	if (err && !r->closing)
		res_err(r, "error receiving %s, l: %u: %s", drbd_packet_name(h.cmd), h.length, *why);
	return err;
}

/* An orderly disconnect is under way: its answer may still come on the other socket. */
static void wait_for_answer(struct drbd_resource *r)
{
	u64 until = drbd_now_ms() + r->net.ping_timeo * 100;
	u32 seen;

	for (seen = drbd_events(r); (r->cs.flags & CNF_DISCONNECT_SENT) && r->cs.cstate >= C_WF_REPORT_PARAMS &&
	     drbd_now_ms() < until; seen = drbd_events(r))
		drbd_wait(r, seen, 100);
}

void drbd_recv_loop(struct drbd_resource *r)
{
	struct drbd_pkt *pkt = kmalloc(sizeof(*pkt), GFP_KERNEL);
	const char *why = "no memory";
	int err = C_NETWORK_FAILURE;

	while (pkt && !r->closing) {
		err = one_packet(r, pkt, &why);
		if (err)
			break;
	}
	drbd_before_sleep(r);
	if (!r->closing) {
		if (err == C_BROKEN_PIPE)
			wait_for_answer(r);
		drbd_conn_fail(r, err, why);
	}
	kfree(pkt);
}

/* --- the meta socket ---------------------------------------------------------------------------------------------------------------------------------- */

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

/* Lock held: an ack of a resync write, on the source. */
static void rs_ack(struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (pkt->cmd != P_NEG_ACK && drbd_rs_ack_clears(dev->vs.state.conn))
		drbd_set_in_sync(dev, a->sector, a->blksize);
	rs_answered(dev, a->blksize, pkt->cmd == P_NEG_ACK);
}

/* Lock held, on the target: a request has its answer, no data come. */
static void rs_no_data(struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;
	u32 conn = dev->vs.state.conn;

	dev->rs_sect_in += a->blksize >> 9;
	if (pkt->cmd == P_RS_IS_IN_SYNC) {
		dev->rs.same_csum += a->blksize / 4096;
		drbd_set_in_sync(dev, a->sector, a->blksize);
	}
	drbd_rs_complete_io(&dev->ext, a->sector);
	if (conn == C_VERIFY_S || conn == C_VERIFY_T) {
		dev->rs_pending -= dev->rs_pending ? 1 : 0;
		ov_counted(dev);
		return;
	}
	rs_answered(dev, a->blksize, pkt->cmd == P_NEG_RS_DREPLY);
}

static void ov_result(struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;

	if (a->block_id == drbd_ov_result_id(false))
		ov_differs(dev, a->sector, a->blksize);
	drbd_rs_complete_io(&dev->ext, a->sector);
	dev->rs_pending -= dev->rs_pending ? 1 : 0;
	ov_counted(dev);
}

/* Lock held. False: it names nothing that is there. */
static bool request_ack(struct drbd_device *dev, const struct drbd_pkt *pkt, struct drbd_todo *td)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;
	struct drbd_request *q;

	q = drbd_req_find(pkt->cmd == P_NEG_DREPLY ? &dev->rv.reads : &dev->rv.writes, a->sector, a->block_id);
	if (q) {
		drbd_tell(container_of(q, struct drbd_kreq, r), event_of(pkt->cmd), td);
		return true;
	}
	if (pkt->cmd != P_NEG_ACK || dev->res->net.wire_protocol == DRBD_PROT_C)
		return false;
	drbd_set_oos(dev, a->sector, a->blksize);
	return true;
}

static int got_ack(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	const struct drbd_p_block_ack *a = &pkt->u.ack;
	struct drbd_todo td;
	unsigned long flags;
	bool ok = true;

	if (!dev)
		return C_NETWORK_FAILURE;
	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	if (drbd_seq_saw_ack(&dev->rv, a->seq_num))
		drbd_wake(r);
	if (pkt->cmd == P_NEG_RS_DREPLY || pkt->cmd == P_RS_CANCEL || pkt->cmd == P_RS_IS_IN_SYNC)
		rs_no_data(dev, pkt);
	else if (pkt->cmd == P_OV_RESULT)
		ov_result(dev, pkt);
	else if (a->block_id == ID_SYNCER)
		rs_ack(dev, pkt);
	else
		ok = request_ack(dev, pkt, &td);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
	return ok ? 0 : C_NETWORK_FAILURE;
}

static int got_barrier_ack(struct drbd_resource *r, const struct drbd_pkt *pkt)
{
	const struct drbd_p_barrier_ack *a = &pkt->u.barrier_ack;
	struct drbd_request *q;
	struct drbd_todo td;
	unsigned long flags;
	int err;

	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	err = drbd_tl_barrier_ack(&r->tl, a->barrier, a->set_size);
	while (!err && (q = drbd_tl_next_in_epoch(&r->tl, a->barrier)))
		drbd_tell(container_of(q, struct drbd_kreq, r), RQE_BARRIER_ACKED, &td);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
	if (err)
		res_err(r, "BAD! BarrierAck #%u received with n_writes=%u", a->barrier, a->set_size);
	return err ? BAD : 0;
}

static void got_reply(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	/* with apv < 100 it may belong to a connection-wide request */
	if (pkt->cmd == P_CONN_ST_CHG_REPLY || (r->change_out && !r->change_dev))
		drbd_conn_got_reply(&r->cs, pkt->u.retcode);
	else if (dev)
		drbd_vol_got_reply(&dev->vs, pkt->u.retcode);
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
}

static void got_ping_ack(struct drbd_resource *r)
{
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	r->pings_answered++;
	r->ping_sent_ms = drbd_now_ms();
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
}

static int meta_packet(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_pkt *pkt)
{
	switch (pkt->cmd) {
	case P_PING:
		drbd_send_cmd(r, DRBD_META_SOCK, P_PING_ACK);
		return 0;
	case P_PING_ACK:
		got_ping_ack(r);
		return 0;
	case P_STATE_CHG_REPLY:
	case P_CONN_ST_CHG_REPLY:
		got_reply(r, dev, pkt);
		return 0;
	case P_BARRIER_ACK:
		return got_barrier_ack(r, pkt);
	case P_DELAY_PROBE:
		return 0;
	default:
		return got_ack(r, dev, pkt);
	}
}

/* Nothing came for a while. True: the peer is dead. */
static bool silent(struct drbd_resource *r)
{
	u64 now = drbd_now_ms(), idle = now - r->last_received_ms;
	bool outstanding = r->pings_asked != r->pings_answered;

	if (outstanding)
		return now - r->ping_sent_ms >= r->net.ping_timeo * 100 && idle >= r->net.ping_timeo * 100;
	if (idle >= r->net.ping_int * 1000)
		drbd_ping_start(r);
	return false;
}

static void set_timeout(struct drbd_resource *r)
{
	bool outstanding = r->pings_asked != r->pings_answered;

	r->meta.sock->sk->sk_rcvtimeo = outstanding ? (long)r->net.ping_timeo * HZ / 10 : (long)r->net.ping_int * HZ;
}

/* Exactly so many bytes, with pings while nothing comes: 0 or where the connection goes. */
static int meta_recv(struct drbd_resource *r, u8 *buf, u32 size)
{
	u32 got = drbd_recv_ahead(&r->meta, buf, size);
	int n;

	while (got < size) {
		set_timeout(r);
		n = drbd_read_ahead(&r->meta, DRBD_SOCKET_BUFFER_SIZE);
		if (r->closing || kthread_should_stop())
			return C_NETWORK_FAILURE;
		if (n > 0) {
			r->last_received_ms = drbd_now_ms();
			got += drbd_recv_ahead(&r->meta, buf + got, size - got);
		} else if (n == -EAGAIN) {
			if (silent(r)) {
				res_err(r, "PingAck did not arrive in time.");
				return C_NETWORK_FAILURE;
			}
		} else if (n == -EINTR || n == -ERESTARTSYS) {
			flush_signals(current);
		} else {
			return C_NETWORK_FAILURE;
		}
	}
	return 0;
}

static int one_meta_packet(struct drbd_resource *r, struct drbd_pkt *pkt, const char **why)
{
	struct drbd_device *dev = NULL;
	struct drbd_header h;
	u32 fixed = 0;
	int err;

	*why = "meta connection shut down by peer";
	err = meta_recv(r, r->meta.rbuf, drbd_header_size(r->cs.apv));
	if (err)
		return err;
	*why = "bad header on the meta socket";
	if (!drbd_get_header(r->meta.rbuf, r->cs.apv, &h))
		return C_NETWORK_FAILURE;
	err = drbd_packet_check(&h, DRBD_META_SOCK, PH_LOOP, r->cs.apv, r->cs.features, &fixed, why);
	if (err)
		return err;
	err = meta_recv(r, r->meta.rbuf, fixed);
	if (err)
		return err;
	*why = drbd_packet_name(h.cmd);
	if (!drbd_get_packet(&h, r->cs.apv, r->cs.features, r->meta.rbuf, fixed, pkt) || pkt->tail_byte)
		return C_NETWORK_FAILURE;
	if (drbd_packet_info(h.cmd)->per_volume)
		dev = drbd_device_volume(r, h.volume);
	err = meta_packet(r, dev, pkt);
	if (dev)
		drbd_device_put(dev);
	return err;
}

int drbd_acker(void *arg)
{
	struct drbd_resource *r = arg;
	struct drbd_pkt *pkt = kmalloc(sizeof(*pkt), GFP_KERNEL);
	const char *why = "no memory";
	int err = C_NETWORK_FAILURE;

	allow_signal(SIGHUP);
	while (pkt && !r->closing && !kthread_should_stop()) {
		err = one_meta_packet(r, pkt, &why);
		if (err)
			break;
	}
	if (!r->closing && !kthread_should_stop()) {
		wait_for_answer(r);
		drbd_conn_fail(r, err ? err : C_NETWORK_FAILURE, why);
	}
	kfree(pkt);
	while (!kthread_should_stop()) {	/* the receiver collects this thread */
		flush_signals(current);
		schedule_timeout_interruptible(HZ / 10);
	}
	return 0;
}
