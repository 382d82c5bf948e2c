/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included before everything. Teaches older kernels the newer words, by what compat/tests/ found to compile; the
 * few things that differ in shape have a name of our own, drbd_*.
 */
#ifndef DRBD_COMPAT_H
#define DRBD_COMPAT_H

#include "compat_have.h"

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/sched.h>
#ifdef COMPAT_HAVE_SCHED_SIGNAL_H
#include <linux/sched/signal.h>
#endif
#ifdef COMPAT_HAVE_GENHD_H
#include <linux/genhd.h>
#endif
#ifdef COMPAT_HAVE_UMH_H
#include <linux/umh.h>
#endif
#include <linux/fs.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#ifdef COMPAT_HAVE_BDI_RW_CONGESTED
#include <linux/backing-dev.h>
#endif
#include <linux/random.h>
#include <linux/version.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <linux/ctype.h>
#include <linux/workqueue.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/timer.h>
#include <linux/kmod.h>
#include <net/sock.h>
#include <net/genetlink.h>

#ifndef fallthrough
#define fallthrough do {} while (0)
#endif

/* --- bio -------------------------------------------------------------------------------------------------------- */

#ifdef COMPAT_HAVE_BI_ITER
#define drbd_bio_sector(b) ((b)->bi_iter.bi_sector)
#define drbd_bio_size(b) ((b)->bi_iter.bi_size)
#define DRBD_BVEC struct bio_vec
#define DRBD_ITER struct bvec_iter
#define drbd_bv(bv) (bv)
#else
#define drbd_bio_sector(b) ((b)->bi_sector)
#define drbd_bio_size(b) ((b)->bi_size)
#define DRBD_BVEC struct bio_vec *
#define DRBD_ITER int
#define drbd_bv(bv) (*(bv))
#endif

/* What a bio is, in our own bits. */
enum { DOP_READ = 0, DOP_WRITE = 1, DOP_FLUSH = 2, DOP_FUA = 4, DOP_SYNC = 8, DOP_DISCARD = 16, DOP_ZEROES = 32,
       DOP_RAHEAD = 64, DOP_META = 128, DOP_NOUNMAP = 256 };

#ifdef COMPAT_HAVE_BI_OPF
static inline unsigned int drbd_bio_op(struct bio *b)
{
	unsigned int op = 0;

	if (bio_data_dir(b) == WRITE)
		op |= DOP_WRITE;
	if (bio_op(b) == REQ_OP_DISCARD)
		op |= DOP_DISCARD;
#ifdef COMPAT_HAVE_WRITE_ZEROES
	if (bio_op(b) == REQ_OP_WRITE_ZEROES)
		op |= DOP_ZEROES;
	if (b->bi_opf & REQ_NOUNMAP)
		op |= DOP_NOUNMAP;
#endif
	if (b->bi_opf & REQ_PREFLUSH)
		op |= DOP_FLUSH;
	if (b->bi_opf & REQ_FUA)
		op |= DOP_FUA;
	if (b->bi_opf & REQ_SYNC)
		op |= DOP_SYNC;
	if (b->bi_opf & REQ_RAHEAD)
		op |= DOP_RAHEAD;
	return op;
}

static inline unsigned int drbd_opf(unsigned int op)
{
	unsigned int f = op & DOP_WRITE ? REQ_OP_WRITE : REQ_OP_READ;

	if (op & DOP_FLUSH)
		f |= REQ_PREFLUSH;
	if (op & DOP_FUA)
		f |= REQ_FUA;
	if (op & DOP_SYNC)
		f |= REQ_SYNC;
	if (op & DOP_META)
		f |= REQ_META | REQ_PRIO;
	return f;
}
#else
#ifdef COMPAT_HAVE_BIO_RW_FLUSH	/* el6: bit numbers of its own for bios */
#define DRBD_RW_FLUSH	(1UL << BIO_RW_FLUSH)
#define DRBD_RW_FUA	(1UL << BIO_RW_FUA)
#define DRBD_RW_SYNC	((1UL << BIO_RW_SYNCIO) | (1UL << BIO_RW_UNPLUG))
#define DRBD_RW_DISCARD	(1UL << BIO_RW_DISCARD)
#define DRBD_RW_RAHEAD	(1UL << BIO_RW_AHEAD)
#define DRBD_RW_META	(1UL << BIO_RW_META)
#else
#define DRBD_RW_FLUSH	REQ_FLUSH
#define DRBD_RW_FUA	REQ_FUA
#define DRBD_RW_SYNC	REQ_SYNC
#define DRBD_RW_DISCARD	REQ_DISCARD
#define DRBD_RW_RAHEAD	REQ_RAHEAD
#define DRBD_RW_META	REQ_META
#endif
static inline unsigned int drbd_bio_op(struct bio *b)
{
	unsigned int op = 0;

	if (bio_data_dir(b) == WRITE)
		op |= DOP_WRITE;
	if (b->bi_rw & DRBD_RW_DISCARD)
		op |= DOP_DISCARD | DOP_WRITE;
	if (b->bi_rw & DRBD_RW_FLUSH)
		op |= DOP_FLUSH;
	if (b->bi_rw & DRBD_RW_FUA)
		op |= DOP_FUA;
	if (b->bi_rw & DRBD_RW_SYNC)
		op |= DOP_SYNC;
	if (b->bi_rw & DRBD_RW_RAHEAD)
		op |= DOP_RAHEAD;
	return op;
}

static inline unsigned long drbd_opf(unsigned int op)
{
	unsigned long f = op & DOP_WRITE ? WRITE : READ;

	if (op & DOP_FLUSH)
		f |= DRBD_RW_FLUSH;
	if (op & DOP_FUA)
		f |= DRBD_RW_FUA;
	if (op & DOP_SYNC)
		f |= DRBD_RW_SYNC;
	if (op & DOP_META)
		f |= DRBD_RW_META;
	return f;
}
#endif

static inline void drbd_bio_set_dev(struct bio *b, struct block_device *bdev)
{
#ifdef COMPAT_HAVE_BIO_SET_DEV
	bio_set_dev(b, bdev);
#else
	b->bi_bdev = bdev;
#endif
}

static inline void drbd_bio_end(struct bio *b, int err)
{
#ifdef COMPAT_HAVE_BI_STATUS
	b->bi_status = errno_to_blk_status(err);
	bio_endio(b);
#else
	bio_endio(b, err);
#endif
}

/* Defines the function that the block layer calls, around name##_err(bio, error). */
#ifdef COMPAT_HAVE_BI_STATUS
#define DRBD_ENDIO(name)							\
static void name(struct bio *bio)						\
{										\
	name##_err(bio, blk_status_to_errno(bio->bi_status));			\
}
#else
#define DRBD_ENDIO(name)							\
static void name(struct bio *bio, int err)					\
{										\
	if (!err && !bio_flagged(bio, BIO_UPTODATE))				\
		err = -EIO;							\
	name##_err(bio, err);							\
}
#endif

static inline void drbd_submit_bio(struct bio *b)
{
#ifdef COMPAT_HAVE_SUBMIT_BIO_NOACCT
	submit_bio(b);
#else
#ifdef COMPAT_HAVE_BI_OPF
	submit_bio(b);
#else
	submit_bio(b->bi_rw, b);
#endif
#endif
}

#ifdef COMPAT_HAVE_BIO_MAX_VECS
#define DRBD_BIO_VECS BIO_MAX_VECS
#else
#define DRBD_BIO_VECS BIO_MAX_PAGES
#endif

#ifndef COMPAT_HAVE_BLK_PLUG
struct blk_plug { int unused; };
static inline void blk_start_plug(struct blk_plug *p) { (void)p; }
static inline void blk_finish_plug(struct blk_plug *p) { (void)p; }
#endif

/* --- block devices ------------------------------------------------------------------------------------------------- */

/* A backing device that is open and claimed. */
struct drbd_bdev {
	struct block_device *bdev;
	void *handle;
	void *holder;
};

static inline int drbd_bdev_open(struct drbd_bdev *b, const char *path, void *holder)
{
#ifdef COMPAT_HAVE_BDEV_FILE_OPEN
	struct file *f = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE, holder, NULL);

	if (IS_ERR(f))
		return PTR_ERR(f);
	b->handle = f;
	b->bdev = file_bdev(f);
#else
#ifdef COMPAT_HAVE_BLKDEV_GET_BY_PATH3
	struct block_device *d = blkdev_get_by_path(path, FMODE_READ | FMODE_WRITE | FMODE_EXCL, holder);
#else
	struct block_device *d = open_bdev_exclusive(path, FMODE_READ | FMODE_WRITE, holder);
#endif

	if (IS_ERR(d))
		return PTR_ERR(d);
	b->bdev = d;
#endif
	b->holder = holder;
	return 0;
}

static inline void drbd_bdev_close(struct drbd_bdev *b)
{
	if (!b->bdev)
		return;
#ifdef COMPAT_HAVE_BDEV_FILE_OPEN
	fput((struct file *)b->handle);
#else
#ifdef COMPAT_HAVE_BLKDEV_GET_BY_PATH3
	blkdev_put(b->bdev, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
#else
	close_bdev_exclusive(b->bdev, FMODE_READ | FMODE_WRITE);
#endif
#endif
	b->bdev = NULL;
	b->handle = NULL;
}

static inline u64 drbd_bdev_sect(struct block_device *b)
{
#ifdef COMPAT_HAVE_BDEV_NR_SECTORS
	return bdev_nr_sectors(b);
#else
	return i_size_read(b->bd_inode) >> 9;
#endif
}

static inline int drbd_bdev_flush(struct block_device *b)
{
#if defined(COMPAT_HAVE_BLKDEV_ISSUE_FLUSH1)
	return blkdev_issue_flush(b);
#elif defined(COMPAT_HAVE_BLKDEV_ISSUE_FLUSH2G)
	return blkdev_issue_flush(b, GFP_NOIO);
#elif defined(COMPAT_HAVE_BLKDEV_ISSUE_FLUSH3)
	return blkdev_issue_flush(b, GFP_NOIO, NULL);
#else
	return blkdev_issue_flush(b, NULL);
#endif
}

static inline int drbd_bdev_discard(struct block_device *b, u64 sector, u64 nr)
{
#ifdef COMPAT_HAVE_BLKDEV_DISCARD4
	return blkdev_issue_discard(b, sector, nr, GFP_NOIO);
#else
	return blkdev_issue_discard(b, sector, nr, GFP_NOIO, 0);
#endif
}

static inline int drbd_bdev_zeroout(struct block_device *b, u64 sector, u64 nr, bool unmap)
{
#ifdef COMPAT_HAVE_BLKDEV_ZEROOUT5
	return blkdev_issue_zeroout(b, sector, nr, GFP_NOIO, unmap ? 0 : BLKDEV_ZERO_NOUNMAP);
#else
	return blkdev_issue_zeroout(b, sector, nr, GFP_NOIO);
#endif
}

static inline u32 drbd_bdev_discard_sect(struct block_device *b)
{
#ifdef COMPAT_HAVE_BDEV_MAX_DISCARD
	return bdev_max_discard_sectors(b);
#else
	struct request_queue *q = bdev_get_queue(b);

	return blk_queue_discard(q) ? q->limits.max_discard_sectors : 0;
#endif
}

/* Has more to do than it can take; not all kernels know. */
#ifdef COMPAT_HAVE_BDI_RW_CONGESTED
#define DRBD_CONGESTION_KNOWN true
#else
#define DRBD_CONGESTION_KNOWN false
#endif

static inline bool drbd_bdev_congested(struct block_device *b)
{
#ifndef COMPAT_HAVE_BDI_RW_CONGESTED
	(void)b;
	return false;
#elif defined(COMPAT_HAVE_Q_WRITE_CACHE)
	return bdi_rw_congested(bdev_get_queue(b)->backing_dev_info);
#else
	return bdi_rw_congested(&bdev_get_queue(b)->backing_dev_info);
#endif
}

/* --- sockets -------------------------------------------------------------------------------------------------------- */

static inline int drbd_sock_create(int family, struct socket **s)
{
#ifdef COMPAT_HAVE_SOCK_CREATE_KERN_NET
	return sock_create_kern(&init_net, family, SOCK_STREAM, IPPROTO_TCP, s);
#else
	return sock_create_kern(family, SOCK_STREAM, IPPROTO_TCP, s);
#endif
}

static inline void drbd_sock_nodelay(struct socket *s)
{
#ifdef COMPAT_HAVE_KERNEL_SETSOCKOPT
	int one = 1;

	(void)kernel_setsockopt(s, SOL_TCP, TCP_NODELAY, (char *)&one, sizeof(one));
#else
	tcp_sock_set_nodelay(s->sk);
#endif
}

static inline void drbd_sock_cork(struct socket *s, bool on)
{
#ifdef COMPAT_HAVE_KERNEL_SETSOCKOPT
	int val = on;

	(void)kernel_setsockopt(s, SOL_TCP, TCP_CORK, (char *)&val, sizeof(val));
#else
	tcp_sock_set_cork(s->sk, on);
#endif
}

static inline void drbd_sock_quickack(struct socket *s)
{
#ifdef COMPAT_HAVE_KERNEL_SETSOCKOPT
	int val = 2;

	(void)kernel_setsockopt(s, SOL_TCP, TCP_QUICKACK, (char *)&val, sizeof(val));
#else
	tcp_sock_set_quickack(s->sk, 2);
#endif
}

/* So many bytes can be read at once; 0 if the transport does not tell. */
static inline u32 drbd_sock_readable(struct socket *s)
{
	struct tcp_sock *tp = tcp_sk(s->sk);

	if (s->sk->sk_protocol != IPPROTO_TCP)
		return 0;
	return READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);
}

/* Hands a page over without a copy, if this kernel can. */
static inline int drbd_sock_sendpage(struct socket *s, struct page *page, int offset, size_t size, int flags)
{
#ifdef COMPAT_HAVE_KERNEL_SENDPAGE
	return kernel_sendpage(s, page, offset, size, flags);
#else
	struct bio_vec bv;
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	bvec_set_page(&bv, page, size, offset);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bv, 1, size);
	return sock_sendmsg(s, &msg);
#endif
}

/* --- netlink ---------------------------------------------------------------------------------------------------------- */

#ifndef COMPAT_HAVE_GENL_INFO_USERHDR
#define drbd_userhdr(info) genl_info_userhdr(info)
#else
#define drbd_userhdr(info) ((info)->userhdr)
#endif
#ifdef COMPAT_HAVE_GENL_SND_PORTID
#define drbd_portid(info) ((info)->snd_portid)
#define drbd_cb_portid(cb) NETLINK_CB((cb)->skb).portid
#else
#define drbd_portid(info) ((info)->snd_pid)
#define drbd_cb_portid(cb) NETLINK_CB((cb)->skb).pid
#endif
#ifndef COMPAT_HAVE_NLA_NEST_NOFLAG
#define nla_nest_start_noflag nla_nest_start
#endif

static inline int drbd_nla_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

/* --- the rest --------------------------------------------------------------------------------------------------------- */

#ifndef COMPAT_HAVE_TIMER_SETUP
#define from_timer(var, callback_timer, timer_fieldname) \
	container_of(callback_timer, typeof(*var), timer_fieldname)
static inline void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *), unsigned int flags)
{
	(void)flags;
	setup_timer(t, (void (*)(unsigned long))fn, (unsigned long)t);
}
#endif
#ifndef COMPAT_HAVE_TIMER_DELETE_SYNC
#define timer_delete_sync del_timer_sync
#endif

static inline struct workqueue_struct *drbd_workqueue(const char *name)
{
#ifdef COMPAT_HAVE_ALLOC_WORKQUEUE
	return alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name);
#else
	return create_singlethread_workqueue(name);
#endif
}

#ifndef COMPAT_HAVE_SYSTEM_UNBOUND_WQ
#define system_unbound_wq system_long_wq
#endif

#ifdef COMPAT_HAVE_SHASH_DESC_FLAGS
#define drbd_shash_desc_init(d, t) do { (d)->tfm = (t); (d)->flags = 0; } while (0)
#else
#define drbd_shash_desc_init(d, t) ((d)->tfm = (t))
#endif

/* --- our own disk ----------------------------------------------------------------------------------------------------- */

/* What a disk offers to the upper layers. */
struct drbd_limits {
	u32 max_sect;			/* of a request */
	u32 max_segments;		/* of a request */
	u32 logical_byte, physical_byte;
	u32 discard_sect, zeroes_sect;	/* 0: not offered */
	u32 discard_granularity;
	struct block_device *lower;	/* held, or NULL */
};

/*
 * name##_bio(private data, bio) is called with each request, split to the limits. Where the block layer does not split,
 * those who build requests ask first how much fits: the backing device has a say, which is held from
 * name##_lower_get(private data), NULL if there is none, to name##_lower_put(private data).
 */
#ifdef COMPAT_HAVE_MERGE_BVEC
#define DRBD_MERGE_FN(name)							\
static int name##_merge(struct request_queue *q, struct bvec_merge_data *at, struct bio_vec *bv) \
{										\
	u32 max = queue_max_hw_sectors(q) << 9;					\
	int fit = at->bi_size < max ? max - at->bi_size : 0;			\
	struct block_device *bdev = name##_lower_get(q->queuedata);		\
	struct request_queue *lower = bdev ? bdev_get_queue(bdev) : NULL;	\
	struct bvec_merge_data below = *at;					\
										\
	below.bi_bdev = bdev;							\
	if (lower && lower->merge_bvec_fn)					\
		fit = min(fit, lower->merge_bvec_fn(lower, &below, bv));	\
	if (bdev)								\
		name##_lower_put(q->queuedata);					\
	return fit;								\
}
#define drbd_queue_merge(q, name) blk_queue_merge_bvec(q, name##_merge)
#else
#define DRBD_MERGE_FN(name)
#define drbd_queue_merge(q, name) do { } while (0)
#endif
#ifdef COMPAT_HAVE_UNPLUG_FN	/* what waits for company in the lower queue goes */
#define DRBD_UNPLUG_FN(name)							\
static void name##_unplug(struct request_queue *q)				\
{										\
	struct block_device *bdev = name##_lower_get(q->queuedata);		\
										\
	if (!bdev)								\
		return;								\
	blk_unplug(bdev_get_queue(bdev));					\
	name##_lower_put(q->queuedata);						\
}
#define drbd_queue_unplug(q, name) ((q)->unplug_fn = name##_unplug)
#else
#define DRBD_UNPLUG_FN(name)
#define drbd_queue_unplug(q, name) do { } while (0)
#endif

#ifdef COMPAT_HAVE_FOPS_SUBMIT_BIO_VOID
#define DRBD_SUBMIT_FN(name)							\
static void name(struct bio *bio)						\
{										\
	void *private = bio->bi_bdev->bd_disk->private_data;			\
										\
	bio = bio_split_to_limits(bio);						\
	if (bio)								\
		name##_bio(private, bio);					\
}
#define DRBD_FOPS_SUBMIT(name) .submit_bio = name,
#elif defined(COMPAT_HAVE_BLK_QUEUE_SPLIT2)
#define DRBD_SUBMIT_FN(name)							\
static blk_qc_t name(struct request_queue *q, struct bio *bio)			\
{										\
	blk_queue_split(q, &bio);						\
	name##_bio(q->queuedata, bio);						\
	return BLK_QC_T_NONE;							\
}
#define DRBD_FOPS_SUBMIT(name)
#elif defined(COMPAT_HAVE_MRF_INT)	/* el6: barriers are requests of their own, which flushes have replaced */
#define DRBD_SUBMIT_FN(name)							\
static int name(struct request_queue *q, struct bio *bio)			\
{										\
	if (bio_rw_flagged(bio, BIO_RW_BARRIER))				\
		bio_endio(bio, -EOPNOTSUPP);					\
	else									\
		name##_bio(q->queuedata, bio);					\
	return 0;								\
}										\
DRBD_MERGE_FN(name)								\
DRBD_UNPLUG_FN(name)
#define DRBD_FOPS_SUBMIT(name)
#elif defined(COMPAT_HAVE_MRF_VOID)
#define DRBD_SUBMIT_FN(name)							\
static void name(struct request_queue *q, struct bio *bio)			\
{										\
	name##_bio(q->queuedata, bio);						\
}										\
DRBD_MERGE_FN(name)								\
DRBD_UNPLUG_FN(name)
#define DRBD_FOPS_SUBMIT(name)
#else
#error "how requests enter a disk of this kernel is not known to compat.h"
#endif

/* Requests to this disk go to what DRBD_SUBMIT_FN(name) made. Before the limits: where there is a queue, they are reset. */
#ifdef COMPAT_HAVE_FOPS_SUBMIT_BIO_VOID
#define drbd_gendisk_entry(d, name, private) do { } while (0)
#else
#define drbd_gendisk_entry(d, name, private) do {				\
	(d)->queue->queuedata = (private);					\
	blk_queue_make_request((d)->queue, name);				\
	drbd_queue_merge((d)->queue, name);					\
	drbd_queue_unplug((d)->queue, name);					\
} while (0)
#endif

/* name##_disk(disk, writes) and name##_close(disk) behind open and release. */
#ifdef COMPAT_HAVE_FOPS_OPEN_DISK
#define DRBD_OPEN_FN(name)							\
static int name(struct gendisk *disk, blk_mode_t mode)				\
{										\
	return name##_disk(disk, mode & BLK_OPEN_WRITE);			\
}
#define DRBD_RELEASE_FN(name)							\
static void name(struct gendisk *disk)						\
{										\
	name##_disk(disk);							\
}
#else
#define DRBD_OPEN_FN(name)							\
static int name(struct block_device *bdev, fmode_t mode)			\
{										\
	return name##_disk(bdev->bd_disk, mode & FMODE_WRITE);			\
}
#ifdef COMPAT_HAVE_FOPS_RELEASE_VOID
#define DRBD_RELEASE_FN(name)							\
static void name(struct gendisk *disk, fmode_t mode)				\
{										\
	(void)mode;								\
	name##_disk(disk);							\
}
#else
#define DRBD_RELEASE_FN(name)							\
static int name(struct gendisk *disk, fmode_t mode)				\
{										\
	(void)mode;								\
	name##_disk(disk);							\
	return 0;								\
}
#endif
#endif

#ifdef COMPAT_HAVE_BLK_ALLOC_DISK_LIM
static inline struct gendisk *drbd_gendisk_alloc(void)
{
	struct queue_limits lim = {
		.features = BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA | BLK_FEAT_STABLE_WRITES,
	};
	struct gendisk *d = blk_alloc_disk(&lim, NUMA_NO_NODE);

	return IS_ERR(d) ? NULL : d;
}

static inline void drbd_gendisk_limits(struct gendisk *d, const struct drbd_limits *l)
{
	struct queue_limits lim = queue_limits_start_update(d->queue);

	lim.max_hw_sectors = l->max_sect;
	lim.max_user_sectors = l->max_sect;
	lim.max_segments = l->max_segments;
	lim.logical_block_size = l->logical_byte;
	lim.physical_block_size = l->physical_byte;
	lim.max_hw_discard_sectors = l->discard_sect;
	lim.discard_granularity = l->discard_granularity;
	lim.max_write_zeroes_sectors = l->zeroes_sect;
	if (queue_limits_commit_update(d->queue, &lim))
		pr_warn("drbd: %s: limits refused\n", d->disk_name);
}
#else
#ifdef COMPAT_HAVE_BLK_ALLOC_DISK
static inline struct gendisk *drbd_gendisk_alloc(void)
{
	struct gendisk *d = blk_alloc_disk(NUMA_NO_NODE);

	if (!d)
		return NULL;
	blk_queue_write_cache(d->queue, true, true);
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, d->queue);
	return d;
}
#else
static inline struct gendisk *drbd_gendisk_alloc(void)
{
	struct request_queue *q = blk_alloc_queue(GFP_KERNEL);
	struct gendisk *d;

	if (!q)
		return NULL;
	d = alloc_disk(1);
	if (!d) {
		blk_cleanup_queue(q);
		return NULL;
	}
	d->queue = q;
#ifdef COMPAT_HAVE_Q_WRITE_CACHE
	blk_queue_write_cache(q, true, true);
	q->backing_dev_info->capabilities |= BDI_CAP_STABLE_WRITES;
#else
	blk_queue_flush(q, REQ_FLUSH | REQ_FUA);
	q->backing_dev_info.capabilities |= BDI_CAP_STABLE_WRITES;
#endif
	return d;
}
#endif

static inline void drbd_gendisk_limits(struct gendisk *d, const struct drbd_limits *l)
{
	struct request_queue *q = d->queue;

#ifdef COMPAT_HAVE_MERGE_BVEC	/* nothing splits below us: what the backing device can not take must not come */
	struct queue_limits lim = q->limits;

	blk_set_default_limits(&lim);
	blk_limits_max_hw_sectors(&lim, l->max_sect);
	lim.max_segments = l->max_segments;
	if (l->lower)
		(void)bdev_stack_limits(&lim, l->lower, 0);
	q->limits = lim;
#else
	blk_queue_max_hw_sectors(q, l->max_sect);
	blk_queue_max_segments(q, l->max_segments);
#endif
	blk_queue_logical_block_size(q, l->logical_byte);
	blk_queue_physical_block_size(q, l->physical_byte);
	blk_queue_max_discard_sectors(q, l->discard_sect);
	q->limits.discard_granularity = l->discard_granularity;
#ifdef COMPAT_HAVE_MAX_WRITE_ZEROES
	blk_queue_max_write_zeroes_sectors(q, l->zeroes_sect);
#endif
#ifdef COMPAT_HAVE_QUEUE_FLAG_DISCARD
	if (l->discard_sect)
		queue_flag_set_unlocked(QUEUE_FLAG_DISCARD, q);
	else
		queue_flag_clear_unlocked(QUEUE_FLAG_DISCARD, q);
#endif
}
#endif

static inline void drbd_gendisk_free(struct gendisk *d)
{
#if !defined(COMPAT_HAVE_BLK_ALLOC_DISK) && !defined(COMPAT_HAVE_BLK_ALLOC_DISK_LIM)
	blk_cleanup_queue(d->queue);
#endif
	put_disk(d);
}

static inline int drbd_gendisk_add(struct gendisk *d)
{
#ifdef COMPAT_HAVE_ADD_DISK_RET
	return add_disk(d);
#else
	add_disk(d);
	return 0;
#endif
}

static inline void drbd_gendisk_size(struct gendisk *d, u64 sect)
{
#ifdef COMPAT_HAVE_SET_CAPACITY_AND_NOTIFY
	set_capacity_and_notify(d, sect);
#else
	set_capacity(d, sect);
	revalidate_disk(d);
#endif
}

#ifdef COMPAT_HAVE_GENHD_FL_NO_PART
#define DRBD_DISK_FLAGS GENHD_FL_NO_PART
#else
#define DRBD_DISK_FLAGS 0
#endif

/* Statistics of the disk, as iostat shows them. */
static inline unsigned long drbd_io_start(struct gendisk *d, struct bio *bio)
{
#if defined(COMPAT_HAVE_BIO_IO_ACCT)
	(void)d;
	return bio_start_io_acct(bio);
#elif defined(COMPAT_HAVE_GENERIC_IO_ACCT)
	generic_start_io_acct(d->queue, bio_data_dir(bio), bio_sectors(bio), &d->part0);
	return jiffies;
#else
	int rw = bio_data_dir(bio), cpu = part_stat_lock();

	part_round_stats(cpu, &d->part0);
	part_stat_inc(cpu, &d->part0, ios[rw]);
	part_stat_add(cpu, &d->part0, sectors[rw], bio_sectors(bio));
	part_inc_in_flight(&d->part0, rw);
	part_stat_unlock();
	return jiffies;
#endif
}

static inline void drbd_io_end(struct gendisk *d, struct bio *bio, unsigned long start)
{
#if defined(COMPAT_HAVE_BIO_IO_ACCT)
	(void)d;
	bio_end_io_acct(bio, start);
#elif defined(COMPAT_HAVE_GENERIC_IO_ACCT)
	generic_end_io_acct(d->queue, bio_data_dir(bio), &d->part0, start);
#else
	int rw = bio_data_dir(bio), cpu = part_stat_lock();

	part_stat_add(cpu, &d->part0, ticks[rw], jiffies - start);
	part_round_stats(cpu, &d->part0);
	part_dec_in_flight(&d->part0, rw);
	part_stat_unlock();
#endif
}

/* Sets of bios, so that some can always be had. */
#ifdef COMPAT_HAVE_BIOSET_INIT
struct drbd_bioset { struct bio_set set; };
static inline int drbd_bioset_init(struct drbd_bioset *b)
{
	return bioset_init(&b->set, 128, 0, BIOSET_NEED_BVECS);
}
static inline void drbd_bioset_exit(struct drbd_bioset *b)
{
	bioset_exit(&b->set);
}
static inline struct bio *drbd_bioset_clone(struct drbd_bioset *b, struct bio *bio)
{
#ifdef COMPAT_HAVE_BIO_ALLOC_CLONE
	return bio_alloc_clone(bio->bi_bdev, bio, GFP_NOIO, &b->set);
#else
	return bio_clone_fast(bio, GFP_NOIO, &b->set);
#endif
}
#else
struct drbd_bioset { int unused; };
static inline int drbd_bioset_init(struct drbd_bioset *b)
{
	(void)b;
	return 0;
}
static inline void drbd_bioset_exit(struct drbd_bioset *b)
{
	(void)b;
}
static inline struct bio *drbd_bioset_clone(struct drbd_bioset *b, struct bio *bio)
{
	(void)b;
	return bio_clone(bio, GFP_NOIO);
}
#endif

static inline struct bio *drbd_bio_alloc(struct block_device *bdev, unsigned int vecs, unsigned int op)
{
#ifdef COMPAT_HAVE_BIO_ALLOC_BDEV
	return bio_alloc(bdev, vecs, drbd_opf(op), GFP_NOIO);
#else
	struct bio *b = bio_alloc(GFP_NOIO, vecs);

	if (!b)
		return NULL;
	drbd_bio_set_dev(b, bdev);
#ifdef COMPAT_HAVE_BI_OPF
	b->bi_opf = drbd_opf(op);
#else
	b->bi_rw = drbd_opf(op);
#endif
	return b;
#endif
}

#endif
