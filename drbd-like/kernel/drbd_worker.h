/* SPDX-License-Identifier: GPL-2.0-only */
/* State changes and what follows them; sender; resync and verify; timers; helpers. */
#ifndef DRBD_WORKER_H
#define DRBD_WORKER_H

#include "drbd_main.h"

int drbd_worker(void *arg);
void drbd_tick(struct work_struct *work);

/* Lock held: a change of one volume, of the connection. Queues what follows. */
s32 drbd_change_locked(struct drbd_device *dev, const struct drbd_change *ch);
s32 drbd_change_conn_locked(struct drbd_resource *r, const struct drbd_change *ch);
void drbd_applied(struct drbd_device *dev, const struct drbd_transition *tr);
/* The same without the lock held; never asks the peer. */
s32 drbd_change(struct drbd_device *dev, const struct drbd_change *ch);
s32 drbd_change_conn(struct drbd_resource *r, const struct drbd_change *ch);
s32 drbd_set(struct drbd_device *dev, u32 mask, u32 val, u32 flags);
/* Asks the peer if need be, waits for transient states and for what follows. dev NULL: the connection. */
s32 drbd_change_wait(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch);

/* Queue; lock held. Static: belongs to an object and is queued at most once. */
void drbd_queue(struct drbd_resource *r, struct drbd_work *wk);
void drbd_queue_static(struct drbd_resource *r, struct drbd_work *wk);
/* Everything queued until now is done. */
void drbd_worker_flush(struct drbd_resource *r);
/* Lock held: somebody waits for writes to leave the transfer log. */
void drbd_want_barrier(struct drbd_resource *r);
/* Lock held; fn frees pr. */
void drbd_queue_peer(struct drbd_peer *pr, void (*fn)(struct drbd_resource *, struct drbd_work *));

/* Exit status of the helper; -1: could not be run. dev NULL: for the resource. */
int drbd_helper(struct drbd_resource *r, struct drbd_device *dev, const char *name);
/* Runs the fencing procedure; true: the peer is outdated. */
bool drbd_fence(struct drbd_resource *r);
void drbd_fence_async(struct drbd_resource *r);
void drbd_thaw(struct drbd_resource *r, u32 susp_flags);

/* Resync and verify; side: C_SYNC_SOURCE or C_SYNC_TARGET. */
void drbd_rs_start(struct drbd_device *dev, enum drbd_conns side);
void drbd_rs_timer(struct drbd_device *dev);
void drbd_rs_check_finished(struct drbd_device *dev);	/* lock held */
void drbd_rs_finish(struct drbd_device *dev);		/* lock held */
void drbd_ov_started(struct drbd_device *dev);		/* lock held */
void drbd_resync_grown(struct drbd_device *dev);
void drbd_rs_dependents(void);
void drbd_rs_conf(const struct drbd_device *dev, struct drbd_rs_conf *c);
void drbd_device_timers(struct drbd_device *dev);
/* Size agreed anew: bitmap, capacity, meta-data. 0 or -errno. */
int drbd_resize(struct drbd_device *dev, u64 capacity_sect, bool set_new);
void drbd_role_followup(struct drbd_device *dev, bool forced);

#endif
