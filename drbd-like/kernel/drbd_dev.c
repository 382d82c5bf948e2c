/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block device: who may open it, entry of application requests, their way to the disk and their end. Where a
 * request goes is decided in the core; who sends it is in drbd_worker.c.
 */
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_worker.h"

#define AHEAD_DELAY_MS	1000

void drbd_env(const struct drbd_device *dev, struct drbd_req_env *env)
{
	const struct drbd_resource *r = dev->res;
	union drbd_state s = dev->vs.state;

	memset(env, 0, sizeof(*env));
	env->role = s.role;
	env->conn = s.conn;
	env->disk = s.disk;
	env->pdsk = s.pdsk;
	env->suspended = drbd_suspended(&r->cs);
	env->wire_protocol = r->net.wire_protocol;
	env->two_primaries = r->net.two_primaries;
	env->rc_flag = !!(r->cs.flags & CNF_RC_FLAG);
	env->on_congestion = r->net.on_congestion;
	env->read_balancing = dev->conf.read_balancing;
	if (env->read_balancing == RB_CONGESTED_REMOTE && dev->disk_open)
		env->local_congested = drbd_bdev_congested(dev->data.bdev);
	env->wzeroes = !!(r->cs.features & DRBD_FF_WZEROES);
	env->apv = r->cs.apv;
	env->max_epoch_size = r->net.max_epoch_size;
	env->congestion_fill_sect = r->net.cong_fill;
	env->congestion_extents = r->net.cong_extents;
	env->al_used_extents = dev->al.used;
	env->rs_pending = dev->rs_pending;
}

/* --- what the core said ------------------------------------------------------------------------------------------------ */

static void congested(struct drbd_device *dev, bool disconnect)
{
	struct drbd_change ch = { 0, 0, CS_LOCAL_ONLY };

	ch.mask = DS_CONN(C_MASK);
	ch.val = disconnect ? DS_CONN(C_DISCONNECTING) : DS_CONN(C_AHEAD);
	if (disconnect)
		drbd_change_conn_locked(dev->res, &ch);
	else
		drbd_change_locked(dev, &ch);
}

static void completed(struct drbd_kreq *req, struct drbd_todo *td)
{
	struct drbd_device *dev = req->dev;
	struct bio *bio = req->bio;

	req->bio = NULL;
	drbd_io_end(dev->disk, bio, req->start_jif);
	bio_list_add(req->r.error ? &td->failed : &td->ok, bio);
}

static void restart(struct drbd_kreq *req)
{
	struct drbd_device *dev = req->dev;
	int tried = (req->r.flags & RQ_TRIED_LOCAL ? 1 : 0) | (req->r.flags & RQ_TRIED_REMOTE ? 2 : 0);

	drbd_io_end(dev->disk, req->bio, req->start_jif);
	bio_list_add(&dev->restart[tried], req->bio);
	req->bio = NULL;
	atomic_inc(&dev->res->pending);
}

static void left(struct drbd_device *dev)
{
	if (drbd_req_left(&dev->rv) && dev->bitmap_due)
		drbd_queue_static(dev->res, &dev->bitmap_work);
}

static void told_net(struct drbd_kreq *req, u32 todo, struct drbd_todo *td)
{
	struct drbd_device *dev = req->dev;
	struct drbd_request *r = &req->r;

	if (todo & RQ_DO_PULL_AHEAD)
		congested(dev, false);
	if (todo & RQ_DO_DISCONNECT)
		congested(dev, true);
	if (todo & RQ_DO_SET_OOS) {
		drbd_set_oos(dev, r->iv.sector, r->iv.size_byte);
		dev->res->marked_oos = true;
	}
	if ((todo & RQ_DO_SET_OOS_TELL) && drbd_set_oos(dev, r->iv.sector, r->iv.size_byte))
		drbd_tell(req, RQE_QUEUE_OOS, td);
	if (todo & RQ_DO_SET_IN_SYNC)
		drbd_set_in_sync(dev, r->iv.sector, r->iv.size_byte);
}

void drbd_told(struct drbd_kreq *req, u32 todo, struct drbd_todo *td)
{
	struct drbd_device *dev = req->dev;
	struct drbd_resource *res = dev->res;

	told_net(req, todo, td);
	if (todo & RQ_DO_AL_PUT)
		drbd_al_put(dev, &req->al);
	if (todo & RQ_DO_SUBMIT_LOCAL) {
		dev->disk_users++;
		list_add_tail(&req->link, &td->submit);
	}
	if (todo & RQ_DO_WAKE_SENDER)
		wake_up_process(res->worker);
	if (todo & RQ_DO_READ_ERROR)
		drbd_io_failed(dev, IOE_READ);
	if (todo & RQ_DO_WRITE_ERROR)
		drbd_io_failed(dev, IOE_WRITE);
	if ((todo & RQ_DO_AHEAD_DONE) && !dev->ahead_timer_on) {
		dev->ahead_timer_on = true;
		mod_timer(&dev->ahead_timer, jiffies + msecs_to_jiffies(AHEAD_DELAY_MS));
	}
	if (todo & RQ_DO_COMPLETE)
		completed(req, td);
	if (todo & RQ_DO_RESTART)
		restart(req);
	if (todo & (RQ_DO_COMPLETE | RQ_DO_RESTART))
		left(dev);
	if (todo & RQ_DO_FREE)
		list_add_tail(&req->link, &td->gone);
	if (todo & (RQ_DO_WAKE | RQ_DO_COMPLETE | RQ_DO_RESTART | RQ_DO_AL_PUT | RQ_DO_FREE))
		drbd_wake(res);
}

void drbd_tell(struct drbd_kreq *req, enum drbd_req_event ev, struct drbd_todo *td)
{
	struct drbd_req_env env;

	drbd_env(req->dev, &env);
	drbd_told(req, drbd_req_event(&req->dev->res->tl, &req->r, ev, &env, drbd_now_ms()), td);
}

void drbd_tell_log(struct drbd_resource *r, struct drbd_device *only, enum drbd_req_event ev)
{
	struct drbd_request *q, *next;
	struct drbd_kreq *req;
	struct drbd_todo td;
	unsigned long flags;

	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	for (q = drbd_tl_first(&r->tl); q; q = next) {
		next = drbd_tl_next(&r->tl, q);
		req = container_of(q, struct drbd_kreq, r);
		if (!only || req->dev == only)
			drbd_tell(req, ev, &td);
	}
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
}

/* --- local I/O ------------------------------------------------------------------------------------------------------------ */

static void local_done(struct drbd_kreq *req, int err)
{
	struct drbd_device *dev = req->dev;
	struct drbd_resource *r = dev->res;
	struct drbd_todo td;
	unsigned long flags;

	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	drbd_tell(req, err ? RQE_LOCAL_FAILED : RQE_LOCAL_DONE, &td);
	drbd_disk_put_locked(dev);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
}

static void local_end_err(struct bio *clone, int err)
{
	struct drbd_kreq *req = clone->bi_private;

	bio_put(clone);
	local_done(req, err);
}
DRBD_ENDIO(local_end)

/* A discard, or zeroes: may sleep for long, and falls back to writing zeroes. */
static void zero_work(struct work_struct *work)
{
	struct drbd_kreq *req = container_of(work, struct drbd_kreq, work);
	bool discard = (req->flags & RQ_DISCARD) || !(req->flags & RQ_NOUNMAP);

	local_done(req, drbd_zero_range(req->dev, req->sector, req->size_byte, discard));
}

static void submit_local(struct drbd_kreq *req)
{
	struct drbd_device *dev = req->dev;
	struct bio *clone;

	if (req->flags & (RQ_DISCARD | RQ_ZEROES)) {
		INIT_WORK(&req->work, zero_work);
		queue_work(system_unbound_wq, &req->work);
		return;
	}
	clone = req->clone ? req->clone : drbd_clone(req->bio);
	req->clone = NULL;
	clone->bi_private = req;
	clone->bi_end_io = local_end;
	drbd_bio_set_dev(clone, dev->data.bdev);
	drbd_submit_bio(clone);
}

void drbd_run(struct drbd_todo *td)
{
	struct drbd_kreq *req, *next;
	struct bio *bio;

	while ((bio = bio_list_pop(&td->ok)))
		drbd_bio_end(bio, 0);
	while ((bio = bio_list_pop(&td->failed)))
		drbd_bio_end(bio, -EIO);
	list_for_each_entry_safe(req, next, &td->submit, link) {
		list_del_init(&req->link);
		submit_local(req);
	}
	list_for_each_entry_safe(req, next, &td->gone, link) {
		list_del_init(&req->link);
		drbd_kreq_free(req);
	}
}

/* --- entry ---------------------------------------------------------------------------------------------------------------- */

/* Lock held. True: it is on its way. */
static bool try_start(struct drbd_kreq *req, bool fast, bool *due, struct drbd_todo *td)
{
	struct drbd_device *dev = req->dev;
	struct drbd_req_env env;
	u64 first, last;
	bool clean;
	u32 todo;

	drbd_env(dev, &env);
	if (!req->counted && !drbd_req_may_start(&dev->rv, &env))
		return false;
	req->counted = true;
	if ((req->flags & RQ_WRITE) && req->size_byte) {
		if (fast ? !drbd_al_get_fast(dev, &req->al) : !drbd_al_get(dev, &req->al, due))
			return false;
	}
	drbd_env(dev, &env);
	drbd_req_init(&req->r, &dev->rv, req->sector, req->size_byte,
		      req->flags | (req->al.taken ? RQ_IN_ACT_LOG : 0), (u64)(unsigned long)req);
	clean = !drbd_disk_usable(dev) || !drbd_bm_range_out(&dev->bm, req->sector, req->size_byte, &first, &last) ||
		!drbd_bm_count(&dev->bm, first, last);
	todo = drbd_req_start(&dev->res->tl, &req->r, &env, clean, drbd_now_ms());
	if (todo & RQ_DO_WAIT_CONFLICT)
		return false;
	if (req->flags & RQ_WRITE)
		dev->cnt.write_sect += req->size_byte >> 9;
	else if (todo & RQ_DO_SUBMIT_LOCAL)
		dev->cnt.read_sect += req->size_byte >> 9;
	drbd_told(req, todo, td);
	return true;
}

static u32 request_flags(unsigned int op)
{
	u32 f = 0;

	if (op & DOP_WRITE)
		f |= RQ_WRITE;
	if (op & DOP_FLUSH)
		f |= RQ_FLUSH;
	if (op & DOP_FUA)
		f |= RQ_FUA;
	if (op & DOP_SYNC)
		f |= RQ_SYNC;
	if (op & DOP_DISCARD)
		f |= RQ_DISCARD;
	if (op & DOP_ZEROES)
		f |= RQ_ZEROES;
	if (op & DOP_NOUNMAP)
		f |= RQ_NOUNMAP;
	if (op & DOP_RAHEAD)
		f |= RQ_RAHEAD;
	return f;
}

static struct drbd_kreq *new_request(struct drbd_device *dev, struct bio *bio, u32 carried)
{
	struct drbd_kreq *req = drbd_kreq_new();

	req->dev = dev;
	req->bio = bio;
	req->flags = request_flags(drbd_bio_op(bio)) | carried;
	req->sector = drbd_bio_sector(bio);
	req->size_byte = drbd_bio_size(bio);
	if (req->size_byte)
		drbd_al_range(&req->al, req->sector, req->size_byte);
	else
		req->sector = 0;
	req->start_jif = drbd_io_start(dev->disk, bio);
	if (dev->disk_open && !(req->flags & (RQ_DISCARD | RQ_ZEROES)))
		req->clone = drbd_clone(bio);	/* before the lock is taken; not all need it */
	return req;
}

static void drbd_submit_bio_entry(struct drbd_device *dev, struct bio *bio)
{
	struct drbd_resource *r = dev->res;
	struct drbd_kreq *req = new_request(dev, bio, 0);
	struct drbd_todo td;
	unsigned long flags;
	bool due = false;

	drbd_todo_init(&td);
	spin_lock_irqsave(&r->lock, flags);
	if (((req->flags & RQ_WRITE) && !list_empty(&dev->pending)) || !try_start(req, true, &due, &td)) {
		list_add_tail(&req->link, &dev->pending);
		atomic_inc(&r->pending);
		queue_work(r->submit_wq, &r->submit_work);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
}

static void drbd_enter_bio(void *private, struct bio *bio)
{
	drbd_submit_bio_entry(private, bio);
}

static struct block_device *drbd_enter_lower_get(void *private)
{
	struct drbd_device *dev = private;

	return drbd_disk_get(dev, D_DISKLESS) ? dev->data.bdev : NULL;
}

static void drbd_enter_lower_put(void *private)
{
	drbd_disk_put(private);
}
DRBD_SUBMIT_FN(drbd_enter)

static void take_restarted(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	struct drbd_kreq *req;
	unsigned long flags;
	struct bio *bio;
	int i;

	for (i = 0; i < 4; i++) {
		for (;;) {
			spin_lock_irqsave(&r->lock, flags);
			bio = bio_list_pop(&dev->restart[i]);
			spin_unlock_irqrestore(&r->lock, flags);
			if (!bio)
				break;
			req = new_request(dev, bio, (i & 1 ? RQ_TRIED_LOCAL : 0) | (i & 2 ? RQ_TRIED_REMOTE : 0));
			spin_lock_irqsave(&r->lock, flags);
			list_add_tail(&req->link, &dev->pending);
			spin_unlock_irqrestore(&r->lock, flags);
		}
	}
}

/* True: something was started or has to be tried again. */
static bool start_pending(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	struct drbd_kreq *req, *next;
	bool due = false;
	struct drbd_todo td;
	unsigned long flags;

	drbd_todo_init(&td);
	take_restarted(dev);
	spin_lock_irqsave(&r->lock, flags);
	list_for_each_entry_safe(req, next, &dev->pending, link) {
		list_del_init(&req->link);
		if (try_start(req, false, &due, &td))
			atomic_dec(&r->pending);
		else
			list_add_tail(&req->link, &next->link);	/* where it was */
	}
	due |= dev->disk_open && dev->al.collected;
	if (!list_empty(&dev->pending))
		drbd_want_barrier(r);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_run(&td);
	return due && drbd_al_write(dev);
}

void drbd_submit_work(struct work_struct *work)
{
	struct drbd_resource *r = container_of(work, struct drbd_resource, submit_work);
	struct drbd_device *dev;
	u32 i, again;

	do {
		again = 0;
		for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
			again += start_pending(dev);
			drbd_device_put(dev);
		}
	} while (again);
}

/* --- open ----------------------------------------------------------------------------------------------------------------- */

static int drbd_open_disk(struct gendisk *disk, bool writes)
{
	struct drbd_device *dev = disk->private_data;
	struct drbd_resource *r = dev->res;
	struct drbd_opener *o = kzalloc(sizeof(*o), GFP_KERNEL);
	unsigned long flags;
	int err = 0;

	if (!o)
		return -ENOMEM;
	o->pid = task_pid_nr(current);
	get_task_comm(o->comm, current);
	spin_lock_irqsave(&r->lock, flags);
	if (dev->gone)
		err = -ENODEV;
	else if (dev->vs.state.role != R_PRIMARY && writes)
		err = -EROFS;
	else if (dev->vs.state.role != R_PRIMARY && !drbd_allow_oos)
		err = -EMEDIUMTYPE;
	if (!err) {
		dev->vs.opens++;
		list_add_tail(&o->link, &dev->openers);
		kref_get(&dev->kref);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (err)
		kfree(o);
	return err;
}
DRBD_OPEN_FN(drbd_open)

/* Whose it was is not told: the record of the same process goes, else the oldest. */
static void drbd_release_disk(struct gendisk *disk)
{
	struct drbd_device *dev = disk->private_data;
	struct drbd_resource *r = dev->res;
	struct drbd_opener *o, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	list_for_each_entry(o, &dev->openers, link)
		if (!found || o->pid == task_pid_nr(current)) {
			found = o;
			if (o->pid == task_pid_nr(current))
				break;
		}
	if (found)
		list_del(&found->link);
	dev->vs.opens--;
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	kfree(found);
	drbd_device_put(dev);
}
DRBD_RELEASE_FN(drbd_release)

static const struct block_device_operations drbd_fops = {
	.owner = THIS_MODULE,
	.open = drbd_open,
	.release = drbd_release,
	DRBD_FOPS_SUBMIT(drbd_enter)
};

/* --- the disk ---------------------------------------------------------------------------------------------------------------- */

void drbd_dev_set_limits(struct drbd_device *dev)
{
	struct drbd_limits l = { 0 };
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	l.lower = drbd_enter_lower_get(dev);
	spin_lock_irqsave(&r->lock, flags);
	l.max_sect = DRBD_MAX(drbd_max_bio(&r->cs, &dev->sizes), 4096u) >> 9;
	l.max_segments = dev->disk_open && dev->conf.max_bio_bvecs ? dev->conf.max_bio_bvecs : BLK_MAX_SEGMENTS;
	l.logical_byte = l.physical_byte = 512;
	if (drbd_can_discard(dev)) {
		l.discard_sect = drbd_max_discard(&r->cs) >> 9;
		l.discard_granularity = 4096;
		if (!dev->vs.have_peer_uuids || (r->cs.features & DRBD_FF_WZEROES))
			l.zeroes_sect = l.discard_sect;
	}
	if (dev->disk_open) {
		l.logical_byte = bdev_logical_block_size(dev->data.bdev);
		l.physical_byte = bdev_physical_block_size(dev->data.bdev);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_gendisk_limits(dev->disk, &l);
	if (l.lower)
		drbd_enter_lower_put(dev);
}

void drbd_dev_set_size(struct drbd_device *dev)
{
	drbd_gendisk_size(dev->disk, dev->sizes.capacity_sect);
}

void drbd_dev_set_ro(struct drbd_device *dev, bool ro)
{
	set_disk_ro(dev->disk, ro);
}

int drbd_dev_add(struct drbd_device *dev)
{
	struct gendisk *d = dev->disk;

	d->major = DRBD_MAJOR;
	d->first_minor = dev->minor;
	d->minors = 1;
	d->flags |= DRBD_DISK_FLAGS;
	d->fops = &drbd_fops;
	d->private_data = dev;
	drbd_gendisk_entry(d, drbd_enter, dev);
	snprintf(d->disk_name, sizeof(d->disk_name), "drbd%d", dev->minor);
	drbd_dev_set_limits(dev);
	set_disk_ro(d, true);
	return drbd_gendisk_add(d);
}

void drbd_dev_remove(struct drbd_device *dev)
{
	del_gendisk(dev->disk);
}
