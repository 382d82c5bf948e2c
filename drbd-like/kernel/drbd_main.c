/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module entry and exit, parameters, and the objects: who holds a reference to what is said in drbd_main.h.
 */
#include "drbd_main.h"
#include "drbd_conn.h"
#include "drbd_debugfs.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_nl.h"
#include "drbd_proc.h"
#include "drbd_recv.h"
#include "drbd_worker.h"

#define KREQ_RESERVE	256
#define WORK_RESERVE	256

unsigned int drbd_minor_count = 32;
bool drbd_disable_sendpage, drbd_allow_oos;
int drbd_proc_details;
char drbd_usermode_helper[80] = "/sbin/drbdadm";

module_param_named(minor_count, drbd_minor_count, uint, 0444);
MODULE_PARM_DESC(minor_count, "Approximate number of volumes (1-255)");
module_param_named(disable_sendpage, drbd_disable_sendpage, bool, 0644);
MODULE_PARM_DESC(disable_sendpage, "Copy data into the socket instead of handing pages over");
module_param_named(allow_oos, drbd_allow_oos, bool, 0);
MODULE_PARM_DESC(allow_oos, "Let a Secondary be opened read-only; its data may be out of date");
module_param_named(proc_details, drbd_proc_details, int, 0644);
MODULE_PARM_DESC(proc_details, "How much /proc/drbd tells (0-2)");
module_param_string(usermode_helper, drbd_usermode_helper, sizeof(drbd_usermode_helper), 0644);
MODULE_PARM_DESC(usermode_helper, "Program that is called for handlers");
MODULE_DESCRIPTION("drbd - Distributed Replicated Block Device v" DRBD_VERSION);
MODULE_VERSION(DRBD_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_BLOCKDEV_MAJOR(DRBD_MAJOR);

DEFINE_MUTEX(drbd_cfg_mutex);
LIST_HEAD(drbd_resources);

static struct kmem_cache *kreq_cache, *work_cache;
static mempool_t *kreq_pool, *work_pool;
static struct drbd_bioset clones;

/* --- memory ----------------------------------------------------------------------------------------------------------- */

struct drbd_kreq *drbd_kreq_new(void)
{
	struct drbd_kreq *req = mempool_alloc(kreq_pool, GFP_NOIO);

	memset(req, 0, sizeof(*req));
	INIT_LIST_HEAD(&req->link);
	return req;
}

void drbd_kreq_free(struct drbd_kreq *req)
{
	if (req->clone)
		bio_put(req->clone);	/* it did not go to the disk */
	mempool_free(req, kreq_pool);
}

struct drbd_work *drbd_work_new(void)
{
	struct drbd_work *wk = mempool_alloc(work_pool, GFP_ATOMIC);

	if (wk)
		memset(wk, 0, sizeof(*wk));
	return wk;
}

void drbd_work_free(struct drbd_work *wk)
{
	mempool_free(wk, work_pool);
}

struct bio *drbd_clone(struct bio *bio)
{
	return drbd_bioset_clone(&clones, bio);
}

struct bio *drbd_bio_new(struct block_device *bdev, unsigned int vecs, unsigned int op)
{
	return drbd_bio_alloc(bdev, vecs, op);
}

void drbd_wake(struct drbd_resource *r)
{
	atomic_inc(&r->events);
	wake_up_all(&r->wait);
	if (atomic_read(&r->pending))
		queue_work(r->submit_wq, &r->submit_work);
}

/* --- resources -------------------------------------------------------------------------------------------------------- */

void drbd_resource_get(struct drbd_resource *r)
{
	kref_get(&r->kref);
}

static void free_buffers(struct drbd_socket *s)
{
	kfree(s->sbuf);
	kfree(s->rbuf);
	kfree(s->ahead);
}

static void resource_free(struct kref *kref)
{
	struct drbd_resource *r = container_of(kref, struct drbd_resource, kref);
	struct drbd_epoch *e;

	drbd_epochs_reset(&r->es);
	while ((e = drbd_epochs_reap(&r->es)))
		kfree(e);
	if (r->es.list.next != &r->es.list)
		kfree(container_of(r->es.list.next, struct drbd_epoch, link));
	drbd_tfm_put(&r->integrity);
	drbd_tfm_put(&r->peer_integrity);
	drbd_tfm_put(&r->csums);
	drbd_tfm_put(&r->verify);
	free_buffers(&r->data);
	free_buffers(&r->meta);
	kfree(r->rvec);
	vfree(r);
	module_put(THIS_MODULE);
}

void drbd_resource_put(struct drbd_resource *r)
{
	kref_put(&r->kref, resource_free);
}

struct drbd_resource *drbd_resource_find(const char *name)
{
	struct drbd_resource *r;

	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link)
		if (!strcmp(r->name, name)) {
			drbd_resource_get(r);
			mutex_unlock(&drbd_cfg_mutex);
			return r;
		}
	mutex_unlock(&drbd_cfg_mutex);
	return NULL;
}

static bool socket_buffers(struct drbd_socket *s)
{
	mutex_init(&s->mutex);
	s->sbuf = kmalloc(DRBD_SOCKET_BUFFER_SIZE, GFP_KERNEL);
	s->rbuf = kmalloc(DRBD_SOCKET_BUFFER_SIZE, GFP_KERNEL);
	s->ahead = kmalloc(DRBD_SOCKET_BUFFER_SIZE, GFP_KERNEL);
	return s->sbuf && s->rbuf && s->ahead;
}

struct drbd_resource *drbd_resource_new(const char *name, const struct drbd_resource_conf *conf)
{
	struct drbd_resource *r = vzalloc(sizeof(*r));
	struct drbd_epoch *first = kzalloc(sizeof(*first), GFP_KERNEL);
	char wq[24];

	if (!r || !first) {
		kfree(first);
		vfree(r);
		return NULL;
	}
	__module_get(THIS_MODULE);
	kref_init(&r->kref);
	strncpy(r->name, name, sizeof(r->name) - 1);
	mutex_init(&r->adm_mutex);
	mutex_init(&r->state_mutex);
	spin_lock_init(&r->lock);
	init_waitqueue_head(&r->wait);
	INIT_LIST_HEAD(&r->devices);
	INIT_LIST_HEAD(&r->works);
	mutex_init(&r->ack_mutex);
	INIT_LIST_HEAD(&r->done);
	init_completion(&r->receiver_gone);
	drbd_conn_state_init(&r->cs);
	r->cs.vol = r->vols;
	r->conf = *conf;
	r->cs.res = &r->conf;
	r->cs.apv = 80;
	drbd_opts_default(DRBD_CTX_net, &r->net);
	drbd_tl_init(&r->tl);
	drbd_epochs_init(&r->es, first, WO_BDEV_FLUSH);
	INIT_WORK(&r->ack_work, drbd_ack_work);
	INIT_WORK(&r->submit_work, drbd_submit_work);
	INIT_DELAYED_WORK(&r->tick, drbd_tick);
	r->rvec = kcalloc(DRBD_MAX_BIO_SIZE / PAGE_SIZE, sizeof(*r->rvec), GFP_KERNEL);
	if (!socket_buffers(&r->data) || !socket_buffers(&r->meta) || !r->rvec)
		goto put;
	snprintf(wq, sizeof(wq), "da_%.16s", r->name);
	r->ack_wq = drbd_workqueue(wq);
	snprintf(wq, sizeof(wq), "ds_%.16s", r->name);
	r->submit_wq = drbd_workqueue(wq);
	if (!r->ack_wq || !r->submit_wq)
		goto free_queues;
	snprintf(wq, sizeof(wq), "drbd_w_%.8s", r->name);
	r->worker = kthread_create(drbd_worker, r, "%s", wq);
	if (IS_ERR(r->worker))
		goto free_queues;
	get_task_struct(r->worker);
	wake_up_process(r->worker);
	schedule_delayed_work(&r->tick, HZ);
	list_add_tail(&r->link, &drbd_resources);
	drbd_debugfs_add_resource(r);
	return r;

free_queues:
	if (r->ack_wq)
		destroy_workqueue(r->ack_wq);
	if (r->submit_wq)
		destroy_workqueue(r->submit_wq);
put:
	drbd_resource_put(r);
	return NULL;
}

void drbd_resource_del(struct drbd_resource *r)
{
	drbd_debugfs_del_resource(r);
	mutex_lock(&drbd_cfg_mutex);
	list_del_init(&r->link);
	mutex_unlock(&drbd_cfg_mutex);
	cancel_delayed_work_sync(&r->tick);
	kthread_stop(r->worker);
	put_task_struct(r->worker);
	destroy_workqueue(r->ack_wq);
	destroy_workqueue(r->submit_wq);
	drbd_resource_put(r);
}

/* --- volumes ----------------------------------------------------------------------------------------------------------- */

static void device_free(struct kref *kref)
{
	struct drbd_device *dev = container_of(kref, struct drbd_device, kref);

	drbd_gendisk_free(dev->disk);
	drbd_resource_put(dev->res);
	vfree(dev);
}

void drbd_device_put(struct drbd_device *dev)
{
	kref_put(&dev->kref, device_free);
}

struct drbd_device *drbd_device_find(int minor)
{
	struct drbd_resource *r;
	struct drbd_device *dev;

	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link)
		drbd_for_each_dev(dev, r)
			if (dev->minor == minor) {
				kref_get(&dev->kref);
				mutex_unlock(&drbd_cfg_mutex);
				return dev;
			}
	mutex_unlock(&drbd_cfg_mutex);
	return NULL;
}

struct drbd_device *drbd_device_nth(struct drbd_resource *r, u32 i)
{
	struct drbd_device *dev;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	dev = i < r->cs.vols ? drbd_dev_of(r->vols[i]) : NULL;
	if (dev)
		kref_get(&dev->kref);
	spin_unlock_irqrestore(&r->lock, flags);
	return dev;
}

struct drbd_device *drbd_device_volume(struct drbd_resource *r, u16 volume)
{
	struct drbd_device *dev, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_for_each_dev(dev, r)
		if (dev->vs.volume == volume) {
			found = dev;
			kref_get(&dev->kref);
			break;
		}
	spin_unlock_irqrestore(&r->lock, flags);
	return found;
}

static void list_volumes(struct drbd_resource *r)
{
	struct drbd_device *dev;
	u32 n = 0;

	drbd_for_each_dev(dev, r)
		r->vols[n++] = &dev->vs;
	r->cs.vols = n;
}

/* In the order of their numbers: requests and answers of connection-wide changes go in that order. */
static void insert_device(struct drbd_resource *r, struct drbd_device *dev)
{
	struct drbd_device *at;

	drbd_for_each_dev(at, r)
		if (at->vs.volume > dev->vs.volume)
			break;
	list_add_tail(&dev->link, &at->link);
	list_volumes(r);
}

int drbd_device_new(struct drbd_resource *r, int minor, u16 volume)
{
	struct drbd_device *dev = vzalloc(sizeof(*dev));
	unsigned long flags;
	int i, err = -ENOMEM;

	if (!dev)
		return -ENOMEM;
	kref_init(&dev->kref);
	dev->res = r;
	dev->minor = minor;
	mutex_init(&dev->md_mutex);
	mutex_init(&dev->bm_mutex);
	INIT_LIST_HEAD(&dev->pending);
	INIT_LIST_HEAD(&dev->openers);
	for (i = 0; i < 4; i++)
		bio_list_init(&dev->restart[i]);
	drbd_req_vol_init(&dev->rv);
	drbd_rs_extents_init(&dev->ext);
	drbd_device_timers(dev);
	dev->disk = drbd_gendisk_alloc();
	if (!dev->disk)
		goto free;
	err = drbd_dev_add(dev);
	if (err)
		goto free_disk;
	drbd_resource_get(r);
	spin_lock_irqsave(&r->lock, flags);
	drbd_vol_init(&r->cs, &dev->vs);
	dev->vs.volume = volume;
	insert_device(r, dev);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_debugfs_add_device(dev);
	return 0;

free_disk:
	drbd_gendisk_free(dev->disk);
free:
	vfree(dev);
	return err;
}

void drbd_device_del(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;

	drbd_worker_flush(r);
	drbd_debugfs_del_device(dev);
	mutex_lock(&drbd_cfg_mutex);
	spin_lock_irqsave(&r->lock, flags);
	list_del_init(&dev->link);
	list_volumes(r);
	dev->gone = true;
	spin_unlock_irqrestore(&r->lock, flags);
	mutex_unlock(&drbd_cfg_mutex);
	timer_delete_sync(&dev->rs_timer);
	timer_delete_sync(&dev->ahead_timer);
	drbd_worker_flush(r);
	drbd_dev_remove(dev);
	drbd_device_put(dev);
}

/* --- module -------------------------------------------------------------------------------------------------------------- */

static void free_memory(void)
{
	drbd_bioset_exit(&clones);
	if (kreq_pool)
		mempool_destroy(kreq_pool);
	if (work_pool)
		mempool_destroy(work_pool);
	if (kreq_cache)
		kmem_cache_destroy(kreq_cache);
	if (work_cache)
		kmem_cache_destroy(work_cache);
}

static int make_memory(void)
{
	int err = drbd_bioset_init(&clones);

	if (err)
		return err;
	kreq_cache = kmem_cache_create("drbd_req", sizeof(struct drbd_kreq), 0, 0, NULL);
	work_cache = kmem_cache_create("drbd_work", sizeof(struct drbd_work), 0, 0, NULL);
	if (kreq_cache)
		kreq_pool = mempool_create_slab_pool(KREQ_RESERVE, kreq_cache);
	if (work_cache)
		work_pool = mempool_create_slab_pool(WORK_RESERVE, work_cache);
	if (kreq_pool && work_pool)
		return 0;
	free_memory();
	return -ENOMEM;
}

static int __init drbd_init(void)
{
	int err;

	if (drbd_minor_count < 1 || drbd_minor_count > 255) {
		pr_err("drbd: invalid minor_count (%d)\n", drbd_minor_count);
		drbd_minor_count = 32;
	}
	err = register_blkdev(DRBD_MAJOR, "drbd");
	if (err) {
		pr_err("drbd: unable to register block device major %d\n", DRBD_MAJOR);
		return err;
	}
	err = make_memory();
	if (err)
		goto unregister;
	err = drbd_proc_init();
	if (err)
		goto free;
	drbd_debugfs_init();
	err = drbd_nl_init();
	if (err) {
		pr_err("drbd: unable to register generic netlink family\n");
		goto remove_proc;
	}
	pr_info("drbd: initialized. Version: " DRBD_VERSION " (api:%d/proto:%d-%d)\n", DRBD_API_VERSION,
		DRBD_PRO_VERSION_MIN, DRBD_PRO_VERSION_MAX);
	pr_info("drbd: registered as block device major %d\n", DRBD_MAJOR);
	return 0;

remove_proc:
	drbd_debugfs_exit();
	drbd_proc_exit();
free:
	free_memory();
unregister:
	unregister_blkdev(DRBD_MAJOR, "drbd");
	return err;
}

static void __exit drbd_exit(void)
{
	drbd_proc_exit();
	drbd_nl_exit();
	drbd_debugfs_exit();
	free_memory();
	unregister_blkdev(DRBD_MAJOR, "drbd");
	pr_info("drbd: module cleanup done.\n");
}

module_init(drbd_init);
module_exit(drbd_exit);
