/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resync and verify: start, turns of the controller, end; resync-after; a change of size. What to ask for and when
 * is decided in drbd_resync.[ch] of the core.
 */
#include "drbd_worker.h"
#include "drbd_conn.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_recv.h"

#define AHEAD_RETRY_MS	100

/* --- timers ---------------------------------------------------------------------------------------------------------------- */

void drbd_rs_timer(struct drbd_device *dev)
{
	if (dev->rs_timer_on || dev->gone)
		return;
	dev->rs_timer_on = true;
	mod_timer(&dev->rs_timer, jiffies + msecs_to_jiffies(DRBD_RS_TURN_MS));
}

static void rs_timer_fired(struct timer_list *t)
{
	struct drbd_device *dev = from_timer(dev, t, rs_timer);
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	dev->rs_timer_on = false;
	drbd_queue_static(dev->res, &dev->rs_work);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

static void ahead_timer_fired(struct timer_list *t)
{
	struct drbd_device *dev = from_timer(dev, t, ahead_timer);
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_queue_static(dev->res, &dev->ahead_work);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

/* --- resync-after ------------------------------------------------------------------------------------------------------------ */

/* Every volume of the node, for the rules of resync-after; drbd_cfg_mutex held. */
static struct drbd_rs_dep *all_deps(u32 *nr)
{
	struct drbd_resource *r;
	struct drbd_device *dev;
	struct drbd_rs_dep *dep;
	u32 n = 0;

	list_for_each_entry(r, &drbd_resources, link)
		n += r->cs.vols;
	dep = kcalloc(n + 1, sizeof(*dep), GFP_NOIO);
	*nr = 0;
	list_for_each_entry(r, &drbd_resources, link)
		drbd_for_each_dev(dev, r) {
			if (!dep || *nr == n)
				break;
			dep[*nr].minor = dev->minor;
			dep[*nr].resync_after = dev->disk_open ? dev->conf.resync_after : -1;
			dep[*nr].conn = dev->vs.state.conn;
			dep[*nr].disk = dev->vs.state.disk;
			dep[*nr].isp = drbd_any_isp(dev->vs.state);
			(*nr)++;
		}
	return dep;
}

static bool may_sync(struct drbd_device *dev)
{
	struct drbd_rs_dep *dep;
	bool may;
	u32 n;

	mutex_lock(&drbd_cfg_mutex);
	dep = all_deps(&n);
	may = !dep || drbd_rs_may_sync(dep, n, dev->minor);
	mutex_unlock(&drbd_cfg_mutex);
	kfree(dep);
	return may;
}

static bool update_one(struct drbd_device *dev, const struct drbd_rs_dep *dep, u32 n)
{
	bool may = drbd_rs_may_sync(dep, n, dev->minor);
	union drbd_state s = dev->vs.state;

	if (s.conn == C_STANDALONE && s.disk == D_DISKLESS)
		return false;
	if (may == !s.aftr_isp)
		return false;
	return drbd_set(dev, DS_AFTR_ISP, may ? 0 : DS_AFTR_ISP, CS_HARD) >= SS_SUCCESS;
}

void drbd_rs_dependents(void)
{
	struct drbd_resource *r;
	struct drbd_device *dev;
	struct drbd_rs_dep *dep;
	bool changed;
	u32 n, rounds = 0;

	mutex_lock(&drbd_cfg_mutex);
	do {
		changed = false;
		dep = all_deps(&n);
		list_for_each_entry(r, &drbd_resources, link)
			drbd_for_each_dev(dev, r)
				if (dep && !changed)
					changed = update_one(dev, dep, n);
		kfree(dep);
	} while (changed && ++rounds < 1000);
	mutex_unlock(&drbd_cfg_mutex);
}

/* --- start -------------------------------------------------------------------------------------------------------------------- */

static bool begin_run(struct drbd_device *dev, enum drbd_conns side, bool may)
{
	struct drbd_change ch;
	unsigned long flags;
	s32 rv;

	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_resync_start(&dev->vs, side, may, &ch);
	rv = drbd_change_locked(dev, &ch);
	if (rv >= SS_SUCCESS) {
		drbd_rs_begin(&dev->rs, dev->bm.set, drbd_now_ms());
		drbd_rs_ctl_init(&dev->ctl, dev->conf.c_plan_ahead);
		dev->rs_sect_in = dev->rs_pending = 0;
		dev->rs_finishing = false;
		drbd_info(dev, "Began resync as %s (will sync %llu KB [%llu bits set]).", drbd_conn_name(side),
			  (unsigned long long)dev->bm.set * 4, (unsigned long long)dev->bm.set);
	}
	spin_unlock_irqrestore(&dev->res->lock, flags);
	return rv >= SS_SUCCESS;
}

static bool helper_agrees(struct drbd_device *dev, bool source)
{
	int code = drbd_helper(dev->res, dev, source ? "before-resync-source" : "before-resync-target");
	struct drbd_change ch = { 0, 0, CS_HARD };

	if (drbd_resync_helper_ok(source, code))
		return true;
	drbd_info(dev, "before-resync-%s handler returned %d, dropping connection.", source ? "source" : "target", code);
	ch.mask = DS_CONN(C_MASK);
	ch.val = DS_CONN(C_DISCONNECTING);
	drbd_change_conn(dev->res, &ch);
	return false;
}

/* Before a block is overwritten: should it be lost from the cache, its bit is still set on disk. */
static void begin_target(struct drbd_device *dev)
{
	unsigned long flags;
	int err = -EIO;

	if (drbd_disk_get(dev, D_INCONSISTENT)) {
		err = drbd_bm_write(dev, false);
		if (!err)
			err = drbd_md_write(dev);
		drbd_disk_put(dev);
	}
	if (err)
		return;
	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_rs_timer(dev);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

void drbd_rs_start(struct drbd_device *dev, enum drbd_conns side)
{
	struct drbd_resource *r = dev->res;
	struct drbd_pkt pkt;
	unsigned long flags;

	if (!helper_agrees(dev, side == C_SYNC_SOURCE) || !begin_run(dev, side, may_sync(dev)))
		return;
	if (side == C_SYNC_TARGET) {
		begin_target(dev);
		return;
	}
	if (r->cs.apv >= 96)
		return;
	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_SYNC_UUID;
	spin_lock_irqsave(&r->lock, flags);
	pkt.u.uuid = drbd_make_sync_uuid(&dev->vs, drbd_random());
	spin_unlock_irqrestore(&r->lock, flags);
	/* what only the peer would have makes its data unrelated to ours */
	if (!drbd_md_write(dev))
		drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
}

static void ahead_to_source(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	unsigned long flags;
	bool go = false;

	spin_lock_irqsave(&r->lock, flags);
	dev->ahead_timer_on = false;
	if (dev->vs.state.conn == C_AHEAD && (dev->rs_pending || dev->rv.in_flight_sect)) {
		dev->ahead_timer_on = true;
		mod_timer(&dev->ahead_timer, jiffies + msecs_to_jiffies(AHEAD_RETRY_MS));
	} else {
		go = dev->vs.state.conn == C_AHEAD;
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (go)
		drbd_rs_start(dev, C_SYNC_SOURCE);
}

/* --- turns of the target --------------------------------------------------------------------------------------------------------- */

void drbd_rs_conf(const struct drbd_device *dev, struct drbd_rs_conf *c)
{
	c->resync_rate = dev->conf.resync_rate;
	c->c_plan_ahead = dev->conf.c_plan_ahead;
	c->c_delay_target = dev->conf.c_delay_target;
	c->c_fill_target = dev->conf.c_fill_target;
	c->c_max_rate = dev->conf.c_max_rate;
	c->c_min_rate = dev->conf.c_min_rate;
	c->max_buffers = dev->res->net.max_buffers;
}

static u32 granularity(const struct drbd_device *dev)
{
	const struct drbd_conn_state *cs = &dev->res->cs;

	return cs->apv >= 100 && (cs->features & DRBD_FF_THIN_RESYNC) ? dev->conf.rs_discard_granularity : 0;
}

static bool send_queue_full(struct drbd_resource *r)
{
	bool full = true;

	mutex_lock(&r->data.mutex);
	if (r->data.sock) {
		struct sock *sk = r->data.sock->sk;

		full = sk->sk_wmem_queued > sk->sk_sndbuf / 2;
	}
	mutex_unlock(&r->data.mutex);
	return full;
}

static bool send_request(struct drbd_device *dev, u16 cmd, u64 sector, u32 size_byte)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = cmd;
	pkt.volume = dev->vs.volume;
	pkt.u.req.sector = sector;
	pkt.u.req.block_id = ID_SYNCER;
	pkt.u.req.blksize = size_byte;
	return !drbd_send(dev->res, DRBD_DATA_SOCK, &pkt, NULL);
}

/* Reads the own block first; the request follows with its digest. */
static bool read_for_csum(struct drbd_device *dev, u64 sector, u32 size_byte)
{
	struct drbd_peer *pr = drbd_peer_new(dev, size_byte);

	if (!pr)
		return false;
	drbd_interval_set(&pr->p.iv, sector, size_byte);
	pr->what = PK_CSUM;
	if (!drbd_disk_get(dev, D_INCONSISTENT)) {
		drbd_peer_free(pr);
		return false;
	}
	dev->rs_sect_ev += size_byte >> 9;
	drbd_peer_submit(pr, false);
	return true;
}

/* Lock held. The next piece to ask for, at most `number` blocks; false: none now. */
static bool next_piece(struct drbd_device *dev, u32 number, u64 *sector, u32 *size_byte, u32 *blocks)
{
	u32 max = drbd_peer_max_bio(dev->res->cs.apv, DRBD_MAX_BIO_SIZE) / 4096, gran = granularity(dev) / 4096, bits;
	u64 bit = drbd_bm_next_set(&dev->bm, dev->rs.pos);

	if (bit == DRBD_BM_NONE) {
		dev->rs.pos = dev->bm.bits;
		if (!dev->rs_pending && dev->bm.set > dev->rs.failed)
			dev->rs.pos = 0;	/* something was set behind us */
		return false;
	}
	dev->rs.pos = bit;
	*sector = bit * 8;
	if (!drbd_rs_extent_begin(dev, *sector, true))
		return false;
	for (bits = 1; bits < number && bit + bits < dev->bm.bits && drbd_rs_may_grow(bit, bits, max, gran) &&
		       drbd_bm_test(&dev->bm, bit + bits); bits++)
		;
	*size_byte = (u32)(DRBD_MIN((u64)bits * 8, dev->sizes.capacity_sect - *sector) << 9);
	*blocks = bits;
	dev->rs.pos = bit + bits;
	drbd_rs_ctl_requested(&dev->ctl, bits);
	dev->rs_pending++;
	return true;
}

static void make_rs_requests(struct drbd_device *dev, u32 number)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool csums, found, sent;
	u32 size, blocks;
	u64 sector;
	u16 cmd;

	while (number && !send_queue_full(r)) {
		spin_lock_irqsave(&r->lock, flags);
		found = dev->vs.state.conn == C_SYNC_TARGET && next_piece(dev, number, &sector, &size, &blocks);
		csums = drbd_rs_use_csums(r->cs.apv, r->csums.hash != NULL, r->net.csums_after_crash_only,
					  dev->vs.flags & VF_CRASHED_PRIMARY);
		spin_unlock_irqrestore(&r->lock, flags);
		if (!found)
			return;
		number -= DRBD_MIN(number, blocks);
		cmd = drbd_rs_request_packet(csums, size, granularity(dev));
		sent = cmd == P_CSUM_RS_REQUEST ? read_for_csum(dev, sector, size) : send_request(dev, cmd, sector, size);
		if (sent)
			continue;
		/* not asked for: this block is looked at again */
		spin_lock_irqsave(&r->lock, flags);
		dev->rs_pending -= dev->rs_pending ? 1 : 0;
		dev->rs.pos = DRBD_MIN(dev->rs.pos, sector / 8);
		drbd_rs_cancel_io(&dev->ext, sector);
		drbd_rs_complete_io(&dev->ext, sector);
		spin_unlock_irqrestore(&r->lock, flags);
		return;
	}
}

static void make_ov_requests(struct drbd_device *dev, u32 number)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	u64 pos, sector;
	bool found;
	u32 size;

	while (number-- && !send_queue_full(r)) {
		spin_lock_irqsave(&r->lock, flags);
		pos = dev->rs.pos * 8;
		found = dev->vs.state.conn == C_VERIFY_S && pos < dev->sizes.capacity_sect && pos < dev->rs.ov_stop_sect &&
			drbd_rs_extent_begin(dev, pos, true);
		if (found && !drbd_ov_next(&dev->rs, dev->sizes.capacity_sect, &sector, &size)) {
			drbd_rs_complete_io(&dev->ext, pos);
			found = false;
		}
		if (found) {
			dev->rs_pending++;
			drbd_rs_ctl_requested(&dev->ctl, 1);
		}
		spin_unlock_irqrestore(&r->lock, flags);
		if (!found || !send_request(dev, P_OV_REQUEST, sector, size))
			return;
	}
}

/* Sectors the backing disk has moved, as far as this driver knows: application and peer, without resync. */
static u64 disk_events(const struct drbd_device *dev)
{
	return (u64)dev->cnt.read_sect + dev->cnt.write_sect - dev->rs_sect_ev;
}

static void rs_turn(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	struct drbd_rs_conf conf;
	unsigned long flags;
	u32 number, conn;

	spin_lock_irqsave(&r->lock, flags);
	conn = dev->vs.state.conn;
	if ((conn != C_SYNC_TARGET && conn != C_VERIFY_S) || !r->established) {
		spin_unlock_irqrestore(&r->lock, flags);
		return;
	}
	drbd_rs_timer(dev);
	drbd_rs_check_finished(dev);
	drbd_rs_conf(dev, &conf);
	number = drbd_rs_ctl_turn(&dev->ctl, &conf, dev->rs_sect_in);
	dev->rs_sect_in = 0;
	if (drbd_rs_throttled(&dev->rs, &conf, disk_events(dev), !list_empty(&dev->pending), dev->bm.set, drbd_now_ms()))
		number = 0;
	spin_unlock_irqrestore(&r->lock, flags);
	if (conn == C_SYNC_TARGET)
		make_rs_requests(dev, number);
	else
		make_ov_requests(dev, number);
}

/* --- verify ------------------------------------------------------------------------------------------------------------------------- */

void drbd_ov_started(struct drbd_device *dev)
{
	u64 start = dev->vs.state.conn == C_VERIFY_S && dev->res->cs.apv >= 90 ? dev->ov_start_sect : 0;

	if (start / 8 >= dev->bm.bits)
		start = 0;
	drbd_ov_begin(&dev->rs, dev->bm.bits, start, dev->vs.state.conn == C_VERIFY_S ? dev->ov_stop_sect : ~0ull,
		      drbd_now_ms());
	drbd_rs_ctl_init(&dev->ctl, dev->conf.c_plan_ahead);
	dev->rs_sect_in = dev->rs_pending = 0;
	dev->rs_finishing = false;
}

/* --- end ------------------------------------------------------------------------------------------------------------------------------ */

static void report_finished(struct drbd_device *dev, bool verify)
{
	u64 ms = drbd_now_ms() - dev->rs.start_ms - dev->rs.paused_ms, total = dev->rs.total * 4;

	drbd_info(dev, "%s done (total %llu sec; paused %llu sec; %llu K/sec)", verify ? "Online verify" : "Resync",
		  (unsigned long long)drbd_div(ms, 1000), (unsigned long long)drbd_div(dev->rs.paused_ms, 1000),
		  (unsigned long long)drbd_div(total * 1000, ms ? ms : 1));
	if (dev->rs.failed)
		drbd_warn(dev, "            %llu failed blocks", (unsigned long long)dev->rs.failed);
	if (verify && dev->bm.set)
		drbd_err(dev, "Online verify found %llu 4k blocks out of sync!", (unsigned long long)dev->bm.set);
	if (!verify && dev->rs.same_csum)
		drbd_info(dev, "%llu %% had equal checksums, eliminated: %lluK",
			  (unsigned long long)drbd_div(dev->rs.same_csum * 100, DRBD_MAX(dev->rs.total, 1ull)),
			  (unsigned long long)dev->rs.same_csum * 4);
}

static bool is_target(u32 conn)
{
	return conn == C_SYNC_TARGET || conn == C_PAUSED_SYNC_T;
}

/* What resync wrote is stable before the disk says UpToDate. */
static bool flush_target(struct drbd_device *dev)
{
	unsigned long flags;
	int err;

	if (!drbd_disk_get(dev, D_INCONSISTENT))
		return true;
	err = drbd_disk_flush(dev);
	if (err) {
		spin_lock_irqsave(&dev->res->lock, flags);
		drbd_io_failed(dev, IOE_WRITE);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	drbd_disk_put(dev);
	return !err;
}

static void finish_work(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	u32 conn = dev->vs.state.conn;
	bool verify = conn == C_VERIFY_S || conn == C_VERIFY_T, unfence = false;
	const char *helper = NULL;
	struct drbd_transition tr;
	unsigned long flags;
	s32 rv = SS_NOTHING_TO_DO;
	bool ready;

	/* acks of the last blocks are sent before the ping, so that the peer has processed them when it answers */
	drbd_end_written(r);
	drbd_send_acks(r);
	ready = (!is_target(conn) || flush_target(dev)) && drbd_ping(r);
	spin_lock_irqsave(&r->lock, flags);
	if (wk->conn_gen == r->conn_gen) {
		dev->rs_finishing = false;
		if (ready)
			rv = drbd_resync_finished(&r->cs, &dev->vs, dev->rs.failed, dev->bm.set, &tr, &helper, &unfence);
	}
	if (ready && rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO) {
		report_finished(dev, verify);
		drbd_applied(dev, &tr);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (!ready || rv < SS_SUCCESS)
		return;
	drbd_md_write(dev);
	if (helper)
		drbd_helper(r, dev, helper);
	if (unfence)
		drbd_helper(r, NULL, "unfence-peer");
}

void drbd_rs_finish(struct drbd_device *dev)
{
	struct drbd_work *wk;

	if (dev->rs_finishing)
		return;
	wk = drbd_work_new();
	if (!wk)
		return;		/* the next turn, or the next block, tries again */
	dev->rs_finishing = true;
	wk->fn = finish_work;
	wk->dev = dev;
	drbd_queue(dev->res, wk);
}

void drbd_rs_check_finished(struct drbd_device *dev)
{
	u32 conn = dev->vs.state.conn;

	if (conn != C_SYNC_TARGET && !(conn == C_SYNC_SOURCE && dev->res->cs.apv <= 95))
		return;
	if (!dev->rs_finishing && drbd_rs_finished(&dev->rs, dev->bm.set))
		drbd_rs_finish(dev);
}

/* --- bitmap to the peer, last use of a disk -------------------------------------------------------------------------------------------- */

static void bitmap_work(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	unsigned long flags;
	bool send;

	spin_lock_irqsave(&r->lock, flags);
	if (!dev->bitmap_due || dev->rv.ap_bio) {
		spin_unlock_irqrestore(&r->lock, flags);
		return;
	}
	dev->bitmap_due = false;
	send = dev->vs.state.conn == C_WF_BITMAP_S;
	spin_unlock_irqrestore(&r->lock, flags);
	if (send)
		drbd_send_bitmap(dev);
	spin_lock_irqsave(&r->lock, flags);
	if (drbd_req_release(&dev->rv))
		drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
}

/* The last user of a Failed disk is gone: flush it, write the bitmap, let it go. */
static void detach_work(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	struct drbd_change ch;
	unsigned long flags;
	bool write_bitmap;
	int err = drbd_disk_flush(dev);

	spin_lock_irqsave(&r->lock, flags);
	if (err)
		drbd_epochs_disk_lost(&r->es);
	drbd_detach_last(&dev->vs, &write_bitmap, &ch);
	spin_unlock_irqrestore(&r->lock, flags);
	if (write_bitmap && drbd_bm_write(dev, false) && (dev->vs.flags & VF_WAS_READ_ERROR)) {
		dev->vs.md_flags |= MDF_FULL_SYNC;
		drbd_md_write(dev);
	}
	drbd_change(dev, &ch);
}

static void md_work(struct drbd_resource *r, struct drbd_work *wk)
{
	(void)r;
	drbd_md_write_if_dirty(wk->dev);
}

void drbd_device_timers(struct drbd_device *dev)
{
	timer_setup(&dev->rs_timer, rs_timer_fired, 0);
	timer_setup(&dev->ahead_timer, ahead_timer_fired, 0);
	dev->rs_work.fn = rs_turn;
	dev->ahead_work.fn = ahead_to_source;
	dev->md_work.fn = md_work;
	dev->bitmap_work.fn = bitmap_work;
	dev->detach_work.fn = detach_work;
	dev->rs_work.dev = dev->ahead_work.dev = dev->md_work.dev = dev->bitmap_work.dev = dev->detach_work.dev = dev;
	dev->ov_stop_sect = ~0ull;
}

/* --- size -------------------------------------------------------------------------------------------------------------------------------- */

int drbd_resize(struct drbd_device *dev, u64 capacity_sect, bool set_new)
{
	struct drbd_resource *r = dev->res;
	struct drbd_md_layout layout;
	unsigned long flags;
	bool moved;
	int err;

	if (!dev->disk_open) {
		dev->sizes.capacity_sect = capacity_sect;
		drbd_dev_set_size(dev);
		return 0;
	}
	if (drbd_md_layout(dev->conf.meta_dev_idx, drbd_bdev_sect(dev->meta.bdev) << 9, dev->layout.al_stripes,
			   dev->layout.al_stripe_size_4k, &layout) != MD_OK)
		layout = dev->layout;
	moved = memcmp(&layout, &dev->layout, sizeof(layout)) != 0;
	if (!moved && capacity_sect == dev->sizes.capacity_sect)
		return 0;
	spin_lock_irqsave(&r->lock, flags);
	drbd_req_hold(&dev->rv);
	spin_unlock_irqrestore(&r->lock, flags);
	mutex_lock(&dev->bm_mutex);
	err = drbd_bm_make(dev, capacity_sect, true, set_new);
	mutex_unlock(&dev->bm_mutex);
	if (err)
		goto release;
	mutex_lock(&dev->md_mutex);
	dev->sizes.capacity_sect = dev->sizes.agreed_sect = capacity_sect;
	dev->layout = layout;
	drbd_md_place(&dev->md, &layout);
	mutex_unlock(&dev->md_mutex);
	drbd_al_close(dev, 0);	/* extents of the old size leave the log */
	err = drbd_bm_write(dev, true);
	if (!err)
		err = drbd_md_write(dev);
	if (!err && moved)
		err = drbd_al_initialize(dev);
	drbd_al_open(dev);
	drbd_dev_set_size(dev);
	drbd_info(dev, "size = %llu KB", (unsigned long long)capacity_sect / 2);
release:
	spin_lock_irqsave(&r->lock, flags);
	if (drbd_req_release(&dev->rv))
		drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	return err;
}
