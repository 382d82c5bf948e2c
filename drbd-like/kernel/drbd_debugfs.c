/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/debug/drbd: what is in flight, for who looks for a write that hangs. Names of folders and files are those of 8.4;
 * what a file tells begins with its format, "v: 0". Ages are milliseconds.
 *	version
 *	minors/MINOR -> ../resources/NAME/volumes/VOLUME
 *	resources/NAME/in_flight_summary
 *	resources/NAME/connections/peer/oldest_requests
 *	resources/NAME/volumes/VOLUME/{oldest_requests,act_log_extents,resync_extents,data_gen_id,ed_gen_id}
 * A file knows its object by address only and looks for it in the lists, so that an open file outlives what it tells of.
 */
#include "drbd_debugfs.h"
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include "drbd_main.h"

#define OLDEST_MAX	32	/* requests that one file lists */
#define SLOTS_AT_ONCE	256	/* of the activity log, under the lock */

static struct dentry *root, *resources, *minors;

/* --- requests --- */

static const char *why_or_none(u32 flags, u32 bit, const char *text)
{
	return flags & bit ? text : "";
}

static void show_flags(struct seq_file *m, u32 f)
{
	seq_printf(m, "\t0x%08x\tmaster:%s%s", f, f & RQ_COMPLETED ? " completed" : " pending",
		   why_or_none(f, RQ_COMPLETION_SUSP, "|suspended"));
	seq_printf(m, "\tlocal:%s%s%s", why_or_none(f, RQ_IN_ACT_LOG, " in-AL"), why_or_none(f, RQ_LOCAL_PENDING, " pending"),
		   why_or_none(f, RQ_LOCAL_ABORTED, " aborted"));
	if (f & RQ_LOCAL_COMPLETED)
		seq_puts(m, f & RQ_LOCAL_OK ? " completed|ok" : " completed|failed");
	seq_printf(m, "\tnet:%s%s%s%s%s%s\n", why_or_none(f, RQ_NET_PENDING, " pending"), why_or_none(f, RQ_NET_QUEUED, " queued"),
		   why_or_none(f, RQ_NET_SENT, " sent"), why_or_none(f, RQ_NET_DONE, " done"),
		   why_or_none(f, RQ_NET_SIS, " sis"), why_or_none(f, RQ_NET_OK, " ok"));
}

static void show_age(struct seq_file *m, u64 then_ms, u64 now_ms, bool happened)
{
	if (happened && then_ms)
		seq_printf(m, "\t%u", (u32)(now_ms - then_ms));
	else
		seq_puts(m, "\t-");
}

static void show_request(struct seq_file *m, const struct drbd_request *req, u64 now_ms)
{
	u32 f = req->flags;

	seq_printf(m, "0x%x\t%llu\t%u\t%c", req->epoch, (unsigned long long)req->iv.sector, req->iv.size_byte >> 9,
		   f & RQ_WRITE ? 'W' : 'R');
	show_age(m, req->start_ms, now_ms, true);
	show_age(m, req->local_ms, now_ms, f & RQ_LOCAL_MASK);
	show_age(m, req->sent_ms, now_ms, f & RQ_NET_SENT);
	show_flags(m, f);
}

/* Those of one volume or, if dev is NULL, of all; r->lock held. */
static void show_oldest(struct seq_file *m, struct drbd_resource *r, const struct drbd_device *dev)
{
	u64 now_ms = drbd_now_ms();
	const struct drbd_link *l;
	u32 n = 0;

	for (l = r->tl.log.next; l != &r->tl.log && n < OLDEST_MAX; l = l->next) {
		const struct drbd_request *req = container_of(l, struct drbd_request, log_link);
		const struct drbd_device *of = container_of(req->vol, struct drbd_device, rv);

		if (dev && of != dev)
			continue;
		n++;
		if (!dev)
			seq_printf(m, "%d\t%u\t", of->minor, of->vs.volume);
		show_request(m, req, now_ms);
	}
}

static void show_peer_requests(struct seq_file *m, const struct drbd_device *dev)
{
	struct drbd_interval *iv;
	u32 n = 0;

	for (iv = drbd_interval_first(&dev->rv.writes, 0, ~0U); iv && n < OLDEST_MAX; iv = drbd_interval_next(iv, 0, ~0U)) {
		if (iv->local)
			continue;
		n++;
		seq_printf(m, "%d\t%u\t%llu\t%u\tW\t%s\n", dev->minor, dev->vs.volume, (unsigned long long)iv->sector,
			   iv->size_byte >> 9, iv->completed ? "answered" : "pending");
	}
}

static void show_waiting(struct seq_file *m, const struct drbd_device *dev)
{
	const struct drbd_kreq *req, *oldest = NULL;
	u32 n = 0;

	list_for_each_entry(req, &dev->pending, link) {
		if (!n++)
			oldest = req;
	}
	if (oldest)
		seq_printf(m, "%d\t%u\t%u\t%u\n", dev->minor, dev->vs.volume,
			   jiffies_to_msecs(jiffies - oldest->start_jif), n);
}

/* r->lock held: the sockets are let go under it. */
static void show_sockets(struct seq_file *m, const struct drbd_resource *r)
{
	const struct tcp_sock *tp;

	if (!r->data.sock)
		return;
	tp = tcp_sk(r->data.sock->sk);
	seq_printf(m, "unread receive buffer: %u Byte\n", tp->rcv_nxt - tp->copied_seq);
	seq_printf(m, "unacked send buffer: %u Byte\n", tp->write_seq - tp->snd_una);
}

static void in_flight(struct seq_file *m, struct drbd_resource *r)
{
	const struct drbd_device *dev;

	seq_puts(m, "v: 0\n\nmeta data IO\nminor\tvnr\tintent\n");
	drbd_for_each_dev(dev, r)
		if (dev->al_writing)
			seq_printf(m, "%d\t%u\tactivity log\n", dev->minor, dev->vs.volume);
	seq_puts(m, "\nsocket buffer stats\n");
	show_sockets(m, r);
	seq_puts(m, "\noldest peer requests\nminor\tvnr\tsector\tsize\trw\tstate\n");
	drbd_for_each_dev(dev, r)
		show_peer_requests(m, dev);
	seq_puts(m, "\napplication requests waiting for activity log\nminor\tvnr\tage\t#waiting\n");
	drbd_for_each_dev(dev, r)
		show_waiting(m, dev);
	seq_puts(m, "\noldest application requests\nminor\tvnr\tepoch\tsector\tsize\trw\tstart\tsubmit\tsent\tstate\n");
	show_oldest(m, r, NULL);
}

static void connection_oldest(struct seq_file *m, struct drbd_resource *r)
{
	seq_puts(m, "v: 0\n\nminor\tvnr\tepoch\tsector\tsize\trw\tstart\tsubmit\tsent\tstate\n");
	show_oldest(m, r, NULL);
}

/* --- one volume --- */

static void volume_oldest(struct seq_file *m, struct drbd_device *dev)
{
	seq_puts(m, "v: 0\n\nepoch\tsector\tsize\trw\tstart\tsubmit\tsent\tstate\n");
	show_oldest(m, dev->res, dev);
}

static void resync_extents(struct seq_file *m, struct drbd_device *dev)
{
	const struct drbd_rs_extents *x = &dev->ext;
	u32 i;

	seq_printf(m, "v: 0\n\n\tresync: used:%u/%u hits:%u misses:%u starving:%u locked:%u changed:%u\n", x->used,
		   DRBD_RS_EXTENTS, x->hits, x->misses, x->starving, x->locked, x->changed);
	seq_puts(m, "\tnn: extent refcnt flags\n");
	for (i = 0; i < DRBD_RS_EXTENTS; i++) {
		const struct drbd_rs_extent *e = &x->slot[i];

		if (e->refs || e->flags)
			seq_printf(m, "\t%5u: %6u %6u %s%s%s\n", i, e->nr, e->refs, e->flags & BME_NO_WRITES ? " NO_WRITES" : "",
				   e->flags & BME_LOCKED ? " LOCKED" : "", e->flags & BME_PRIORITY ? " PRIORITY" : "");
	}
}

static void data_gen_id(struct seq_file *m, struct drbd_device *dev)
{
	u32 i;

	for (i = 0; dev->disk_open && i < UI_SIZE; i++)
		seq_printf(m, "0x%016llX\n", (unsigned long long)dev->vs.uuid[i]);
}

static void ed_gen_id(struct seq_file *m, struct drbd_device *dev)
{
	seq_printf(m, "0x%016llX\n", (unsigned long long)dev->vs.ed_uuid);
}

/* Slots with an extent, from *i on; the log goes with its disk, so each piece looks whether it is there. r->lock held. */
static bool show_slots(struct seq_file *m, const struct drbd_device *dev, u32 *i)
{
	const struct drbd_al *al = &dev->al;
	u32 end = *i + SLOTS_AT_ONCE;

	if (!dev->disk_open)
		return false;
	for (; *i < al->nr && *i < end; ++*i)
		if (al->slot[*i].extent != AL_NONE || al->slot[*i].new_extent != AL_NONE)
			seq_printf(m, "\t%5u: %6d %6d %6u\n", *i, (s32)al->slot[*i].extent, (s32)al->slot[*i].new_extent,
				   al->slot[*i].refs);
	return *i < al->nr;
}

/* --- files --- */

/* drbd_cfg_mutex held; the address is not followed before it is found. */
static struct drbd_resource *find_resource(const void *key)
{
	struct drbd_resource *r;

	list_for_each_entry(r, &drbd_resources, link)
		if (r == key)
			return r;
	return NULL;
}

static struct drbd_device *find_device(const void *key)
{
	struct drbd_resource *r;
	struct drbd_device *dev;

	list_for_each_entry(r, &drbd_resources, link)
		drbd_for_each_dev(dev, r)
			if (dev == key)
				return dev;
	return NULL;
}

static int show_resource(struct seq_file *m, void (*show)(struct seq_file *m, struct drbd_resource *r))
{
	struct drbd_resource *r;
	unsigned long flags;

	mutex_lock(&drbd_cfg_mutex);
	r = find_resource(m->private);
	if (r) {
		spin_lock_irqsave(&r->lock, flags);
		show(m, r);
		spin_unlock_irqrestore(&r->lock, flags);
	}
	mutex_unlock(&drbd_cfg_mutex);
	return r ? 0 : -ENODEV;
}

static int show_device(struct seq_file *m, void (*show)(struct seq_file *m, struct drbd_device *dev))
{
	struct drbd_device *dev;
	unsigned long flags;

	mutex_lock(&drbd_cfg_mutex);
	dev = find_device(m->private);
	if (dev) {
		spin_lock_irqsave(&dev->res->lock, flags);
		show(m, dev);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	mutex_unlock(&drbd_cfg_mutex);
	return dev ? 0 : -ENODEV;
}

static int act_log_extents_show(struct seq_file *m, void *v)
{
	struct drbd_device *dev;
	unsigned long flags;
	bool more = true;
	u32 i = 0;

	mutex_lock(&drbd_cfg_mutex);
	dev = find_device(m->private);
	if (dev) {
		const struct drbd_al *al = &dev->al;

		seq_printf(m, "v: 0\n\n\tact_log: used:%u/%u hits:%u misses:%u starving:%u locked:%u changed:%u\n", al->used, al->nr,
			   al->hits, al->misses, al->starving, al->locked, al->changed);
		seq_puts(m, "\tnn: extent    new refcnt\n");
	}
	while (dev && more) {
		spin_lock_irqsave(&dev->res->lock, flags);
		more = show_slots(m, dev, &i);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	mutex_unlock(&drbd_cfg_mutex);
	return dev ? 0 : -ENODEV;
}

static int version_show(struct seq_file *m, void *v)
{
	seq_printf(m, "# srcversion: %s\n", THIS_MODULE->srcversion ? THIS_MODULE->srcversion : "");
	seq_printf(m, "VERSION=" DRBD_VERSION "\nAPI_VERSION=%d\nPRO_VERSION_MIN=%d\nPRO_VERSION_MAX=%d\n", DRBD_API_VERSION,
		   DRBD_PRO_VERSION_MIN, DRBD_PRO_VERSION_MAX);
	return 0;
}

#define SHOW(kind, name)	static int name##_show(struct seq_file *m, void *v) { return show_##kind(m, name); }
SHOW(resource, in_flight)
SHOW(resource, connection_oldest)
SHOW(device, volume_oldest)
SHOW(device, resync_extents)
SHOW(device, data_gen_id)
SHOW(device, ed_gen_id)

#define FILE(name) \
	static int name##_open(struct inode *inode, struct file *file) \
	{ \
		return single_open(file, name##_show, inode->i_private); \
	} \
	static const struct file_operations name##_file = { \
		.owner = THIS_MODULE, .open = name##_open, .read = seq_read, .llseek = seq_lseek, .release = single_release \
	};
FILE(version)
FILE(in_flight)
FILE(connection_oldest)
FILE(volume_oldest)
FILE(act_log_extents)
FILE(resync_extents)
FILE(data_gen_id)
FILE(ed_gen_id)

/* NULL if there is no folder above it, for that would be debugfs' own, or no debugfs. */
static struct dentry *folder(const char *name, struct dentry *in)
{
	struct dentry *d = in ? debugfs_create_dir(name, in) : NULL;

	return IS_ERR(d) ? NULL : d;
}

static void file(const char *name, struct dentry *in, void *object, const struct file_operations *ops)
{
	if (in)
		debugfs_create_file(name, 0440, in, object, ops);
}

void drbd_debugfs_add_resource(struct drbd_resource *r)
{
	struct dentry *peer;

	r->debug = folder(r->name, resources);
	r->debug_volumes = folder("volumes", r->debug);
	peer = folder("peer", folder("connections", r->debug));
	file("in_flight_summary", r->debug, r, &in_flight_file);
	file("oldest_requests", peer, r, &connection_oldest_file);
}

void drbd_debugfs_del_resource(struct drbd_resource *r)
{
	debugfs_remove_recursive(r->debug);
	r->debug = r->debug_volumes = NULL;
}

void drbd_debugfs_add_device(struct drbd_device *dev)
{
	char name[16], target[sizeof(dev->res->name) + 40];

	snprintf(name, sizeof(name), "%u", dev->vs.volume);
	dev->debug = folder(name, dev->res->debug_volumes);
	if (!dev->debug)
		return;
	file("oldest_requests", dev->debug, dev, &volume_oldest_file);
	file("act_log_extents", dev->debug, dev, &act_log_extents_file);
	file("resync_extents", dev->debug, dev, &resync_extents_file);
	file("data_gen_id", dev->debug, dev, &data_gen_id_file);
	file("ed_gen_id", dev->debug, dev, &ed_gen_id_file);
	snprintf(name, sizeof(name), "%d", dev->minor);
	snprintf(target, sizeof(target), "../resources/%s/volumes/%u", dev->res->name, dev->vs.volume);
	dev->debug_minor = minors ? debugfs_create_symlink(name, minors, target) : NULL;
	if (IS_ERR(dev->debug_minor))
		dev->debug_minor = NULL;
}

void drbd_debugfs_del_device(struct drbd_device *dev)
{
	debugfs_remove(dev->debug_minor);
	debugfs_remove_recursive(dev->debug);
	dev->debug_minor = dev->debug = NULL;
}

void drbd_debugfs_init(void)
{
	root = debugfs_create_dir("drbd", NULL);
	if (IS_ERR(root))
		root = NULL;
	resources = folder("resources", root);
	minors = folder("minors", root);
	if (root)
		debugfs_create_file("version", 0444, root, NULL, &version_file);
}

void drbd_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}
