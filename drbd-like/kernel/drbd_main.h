/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of the driver: a resource with its one connection, its volumes, and what they own. One spinlock, the
 * resource's, guards everything that the core knows; nothing sleeps under it. Threads and contexts:
 *	worker		one a resource, always there: sends on the data socket in order, does what follows a state change
 *	receiver	while connecting or connected: makes the connection, reads the data socket, cleans up after it
 *	ack receiver	reads the meta socket, pings
 *	ack work	sends acknowledgements of received writes (workqueue); the receiver does, of those that were on disk
 *			as soon as it had submitted them, before it sleeps
 *	submit work	starts application I/O that had to wait, writes the activity log (workqueue)
 * Who waits for something of the resource sleeps on `wait` until drbd_wake() has counted `events` up.
 * References: a resource is held by the list of resources, its threads and each volume; a volume by the list of
 * volumes, and by every command that found it.
 */
#ifndef DRBD_MAIN_H
#define DRBD_MAIN_H

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/mutex.h>
#include <linux/kthread.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <linux/timer.h>
#include <linux/mempool.h>
#include <linux/socket.h>
#include <linux/net.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <net/sock.h>
#include <crypto/hash.h>

#include "../core/drbd_al.h"
#include "../core/drbd_bm.h"
#include "../core/drbd_handshake.h"
#include "../core/drbd_md.h"
#include "../core/drbd_peer_req.h"
#include "../core/drbd_req.h"
#include "../core/drbd_resync.h"
#include "../core/drbd_state.h"

#define DRBD_VERSION	"8.4.4"
#define DRBD_BM_BATCH	32		/* bitmap pages in one write */
#define DRBD_VOLS_MAX	128		/* of one resource */

struct drbd_device;
struct drbd_resource;

/* References on activity-log extents. */
struct drbd_al_hold {
	bool taken, waiting;
	u32 ticket, gen;		/* gen: drbd_device.al_gen */
	u32 first, last;
};

/* A request of the application; lives from its submission until the core says RQ_DO_FREE. */
struct drbd_kreq {
	struct drbd_request r;		/* first: a request of the core is one of these */
	struct list_head link;		/* waiting to start; or to be submitted; or to be freed */
	struct drbd_device *dev;
	struct bio *bio;		/* of the upper layer, until it is completed */
	struct bio *clone;		/* for the backing disk, until it is submitted */
	struct drbd_al_hold al;
	struct work_struct work;	/* a discard, or zeroes */
	unsigned long start_jif;
	u32 flags;			/* what it is: RQ_WRITE ... and what it carries over */
	u64 sector;
	u32 size_byte;
	bool counted, started;
};

/* Work for the worker, in order with the sender's queue. */
struct drbd_work {
	struct list_head link;
	u32 ticket;
	u32 nr;				/* counts up in the order of queueing */
	void (*fn)(struct drbd_resource *r, struct drbd_work *wk);
	struct drbd_device *dev;
	union drbd_state os, ns;
	struct drbd_conn_transition ctr;
	struct drbd_after after;
	struct drbd_peer *peer;
	u32 arg, conn_gen;
	bool static_storage;		/* belongs to an object; `queued` guards it */
	bool queued;
};

enum drbd_peer_kind { PK_WRITE, PK_ANSWER, PK_CSUM, PK_OV };

/* A request of the peer, or a resync request of our own that has to read first. */
struct drbd_peer {
	struct drbd_peer_req p;
	struct list_head link;
	struct drbd_device *dev;
	u8 what;			/* enum drbd_peer_kind */
	u8 kind;			/* enum drbd_rs_kind */
	bool locked;			/* holds a resync extent */
	bool failed;
	bool zeroes;			/* range without data: P_TRIM, P_ZEROES, P_RS_DEALLOCATED */
	bool may_unmap;
	struct drbd_al_hold al;
	u32 conn_gen;			/* connection it came over */
	s32 error;
	u32 todo;			/* enum drbd_peer_do, on its way from `done` to its end */
	atomic_t bios;
	struct drbd_work work;		/* when its turn comes */
	u32 digest_byte;
	u8 digest[DRBD_DIGEST_MAX];
	u32 pages_nr;
	struct page *pages[];
};

/* What has to happen after the lock is dropped. */
struct drbd_todo {
	struct bio_list ok, failed;
	struct list_head submit, gone;
};

/* Who holds a device open. */
struct drbd_opener {
	struct list_head link;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

struct drbd_counts {
	u32 send_sect, recv_sect, read_sect, write_sect, al_writes, bm_writes;
};

struct drbd_device {
	struct drbd_resource *res;
	struct kref kref;
	struct list_head link;		/* of its resource */
	int minor;
	bool gone;
	struct gendisk *disk;

	/* the core's objects; under res->lock */
	struct drbd_vol_state vs;
	struct drbd_req_vol rv;
	struct drbd_al al;
	struct drbd_bm bm;
	struct drbd_rs rs;
	struct drbd_rs_ctl ctl;
	struct drbd_rs_extents ext;
	struct drbd_size_state sizes;

	/* disk */
	struct drbd_disk_conf conf;
	bool disk_open, detaching, md_dirty, al_writing, al_closed, md_internal, md_wiped;
	u32 disk_users;			/* I/O in flight and holds */
	u32 al_gen;			/* changes at attach: references of before are void */
	u64 md_dirty_ms, attached_ms;
	struct drbd_bdev data, meta;
	struct drbd_md md;
	struct drbd_md_layout layout;
	struct mutex md_mutex;		/* md_page, and the order of super blocks */
	struct mutex bm_mutex;		/* bm_page */
	struct page *md_page, *al_page, *bm_page[DRBD_BM_BATCH];
	void *al_mem, *bm_mem;
	u64 **bm_chunk;
	u32 bm_chunks;
	struct drbd_al_tr al_tr;
	u32 degr_timeout_type;

	/* connection */
	struct drbd_bm_xfer xfer_in;
	bool bitmap_due;
	u32 rs_sect_in, rs_pending, unacked;
	bool rs_finishing, rs_timer_on, ahead_timer_on, congested_said;
	u64 ov_start_sect, ov_stop_sect;
	struct timer_list rs_timer, ahead_timer;
	struct drbd_work rs_work, ahead_work, md_work, bitmap_work, detach_work;
	u64 event_ms;			/* last progress event */
	u64 rs_sect_ev;			/* sectors moved for resync */

	/* application I/O */
	struct list_head pending;	/* struct drbd_kreq: waiting to start */
	struct bio_list restart[4];	/* to be started again, by what they have tried */
	struct drbd_counts cnt;
	struct list_head openers;
	u32 writers;
	struct dentry *debug, *debug_minor;
};

struct drbd_socket {
	struct socket *sock;
	struct mutex mutex;		/* one packet at a time */
	u8 *sbuf, *rbuf;		/* DRBD_SOCKET_BUFFER_SIZE each; rbuf: its receiver's */
	u32 held_byte;			/* packets in sbuf that go with the next one */
	u8 *ahead;			/* as large: read, from ahead_at on not looked at yet; its receiver's */
	u32 ahead_at, ahead_byte;
};

struct drbd_tfm {
	struct crypto_shash *hash;
	char name[ALG_NAME_MAX];
};

struct drbd_resource {
	char name[DRBD_PATH_MAX];
	struct kref kref;
	struct list_head link;
	struct mutex adm_mutex;		/* one command at a time */
	struct mutex state_mutex;	/* one cluster-wide change at a time */
	spinlock_t lock;
	wait_queue_head_t wait;
	atomic_t events;

	/* the core's objects */
	struct drbd_conn_state cs;
	struct drbd_tl tl;
	struct drbd_epochs es;
	struct drbd_vol_state *vols[DRBD_VOLS_MAX];
	struct drbd_transition tr[DRBD_VOLS_MAX];
	struct list_head devices;
	u32 active_writes;		/* of the peer, in any state */

	/* configuration */
	struct drbd_resource_conf conf;
	struct drbd_net_conf net;
	struct sockaddr_storage my_addr, peer_addr;
	int my_addr_byte, peer_addr_byte;

	/* connection */
	struct drbd_socket data, meta;
	u32 conn_gen;			/* changes with every connection and loss of it */
	bool established;		/* packets may be sent */
	bool closing;			/* the receiver has to clean up */
	bool change_out;		/* a cluster-wide change waits for its answer */
	struct drbd_device *change_dev;	/* of this volume; NULL: of the connection */
	u64 last_received_ms, ping_sent_ms, connected_ms;
	u32 pings_asked, pings_answered;
	bool marked_oos;		/* an event for the whole log marked something */
	struct task_struct *receiver, *acker;
	struct completion receiver_gone;
	bool fence_running;
	u32 active_peers;		/* requests of the peer that are not finished */
	atomic_t pages;			/* of received data */
	struct drbd_tfm integrity, peer_integrity, csums, verify;
	struct kvec *rvec;		/* the data receiver's */

	/* worker */
	struct task_struct *worker;
	struct list_head works;
	u32 work_nr, work_done;
	bool worker_busy, sender_busy;
	bool corked;			/* the data socket; the worker's own */
	struct delayed_work tick;

	/* acknowledgements and delayed I/O */
	struct workqueue_struct *ack_wq, *submit_wq;
	struct work_struct ack_work, submit_work;
	struct mutex ack_mutex;		/* one at a time ends what is in `done` */
	struct list_head done;		/* struct drbd_peer: written */
	atomic_t pending;		/* requests of all volumes that wait to start */
	const char *helper;		/* running now */
	struct dentry *debug, *debug_volumes;
};

/* --- module-wide -------------------------------------------------------------------------------------------------- */

extern unsigned int drbd_minor_count;
extern bool drbd_disable_sendpage, drbd_allow_oos;
extern int drbd_proc_details;
extern char drbd_usermode_helper[80];

/* Guards the lists of resources and volumes; nothing else sleeps under it for long. */
extern struct mutex drbd_cfg_mutex;
extern struct list_head drbd_resources;

struct drbd_resource *drbd_resource_find(const char *name);	/* a reference, or NULL */
struct drbd_resource *drbd_resource_new(const char *name, const struct drbd_resource_conf *conf);
void drbd_resource_get(struct drbd_resource *r);
void drbd_resource_put(struct drbd_resource *r);
/* Takes it out of the list and stops the worker: no volume, no connection. */
void drbd_resource_del(struct drbd_resource *r);

struct drbd_device *drbd_device_find(int minor);		/* a reference, or NULL */
int drbd_device_new(struct drbd_resource *r, int minor, u16 volume);
void drbd_device_put(struct drbd_device *dev);
void drbd_device_del(struct drbd_device *dev);
/* The i-th volume of a resource with a reference, or NULL: to walk all of them and sleep. */
struct drbd_device *drbd_device_nth(struct drbd_resource *r, u32 i);
/* That volume of the resource, with a reference, or NULL. */
struct drbd_device *drbd_device_volume(struct drbd_resource *r, u16 volume);

/* Caller holds drbd_cfg_mutex, or the resource's lock. */
#define drbd_for_each_dev(dev, r) list_for_each_entry(dev, &(r)->devices, link)

struct drbd_kreq *drbd_kreq_new(void);		/* sleeps, never fails */
void drbd_kreq_free(struct drbd_kreq *req);
struct drbd_work *drbd_work_new(void);		/* any context */
void drbd_work_free(struct drbd_work *wk);
struct bio *drbd_clone(struct bio *bio);
struct bio *drbd_bio_new(struct block_device *bdev, unsigned int vecs, unsigned int op);

static inline u64 drbd_now_ms(void)
{
	return (u64)ktime_to_ms(ktime_get());
}

static inline u64 drbd_random(void)
{
	u64 v;

	get_random_bytes(&v, sizeof(v));
	return v;
}

static inline struct drbd_device *drbd_dev_of(const struct drbd_vol_state *vs)
{
	return container_of(vs, struct drbd_device, vs);
}

/* Something has changed for who waits; any context. */
void drbd_wake(struct drbd_resource *r);

static inline u32 drbd_events(const struct drbd_resource *r)
{
	return (u32)atomic_read(&r->events);
}

/* Until drbd_wake() after `seen` was read, or so long. Not interruptible. */
static inline void drbd_wait(struct drbd_resource *r, u32 seen, u32 ms)
{
	wait_event_timeout(r->wait, drbd_events(r) != seen, msecs_to_jiffies(ms) + 1);
}

static inline void drbd_todo_init(struct drbd_todo *td)
{
	bio_list_init(&td->ok);
	bio_list_init(&td->failed);
	INIT_LIST_HEAD(&td->submit);
	INIT_LIST_HEAD(&td->gone);
}

#define drbd_err(dev, fmt, ...) pr_err("block drbd%d: " fmt "\n", (dev)->minor, ##__VA_ARGS__)
#define drbd_warn(dev, fmt, ...) pr_warn("block drbd%d: " fmt "\n", (dev)->minor, ##__VA_ARGS__)
#define drbd_info(dev, fmt, ...) pr_info("block drbd%d: " fmt "\n", (dev)->minor, ##__VA_ARGS__)
#define res_err(r, fmt, ...) pr_err("drbd %s: " fmt "\n", (r)->name, ##__VA_ARGS__)
#define res_warn(r, fmt, ...) pr_warn("drbd %s: " fmt "\n", (r)->name, ##__VA_ARGS__)
#define res_info(r, fmt, ...) pr_info("drbd %s: " fmt "\n", (r)->name, ##__VA_ARGS__)

#endif
