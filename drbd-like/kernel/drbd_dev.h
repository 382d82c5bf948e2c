/* SPDX-License-Identifier: GPL-2.0-only */
/* The block device: entry and completion of application requests. */
#ifndef DRBD_DEV_H
#define DRBD_DEV_H

#include "drbd_main.h"

int drbd_dev_add(struct drbd_device *dev);
void drbd_dev_remove(struct drbd_device *dev);
/* Capacity and limits of the device follow dev->sizes; may sleep. */
void drbd_dev_set_size(struct drbd_device *dev);
void drbd_dev_set_limits(struct drbd_device *dev);
void drbd_dev_set_ro(struct drbd_device *dev, bool ro);

void drbd_env(const struct drbd_device *dev, struct drbd_req_env *env);

/* Lock held: performs what the core said about a request, as far as that does not sleep; the rest goes to td. */
void drbd_told(struct drbd_kreq *req, u32 todo, struct drbd_todo *td);
/* Lock held: one event for one request. */
void drbd_tell(struct drbd_kreq *req, enum drbd_req_event ev, struct drbd_todo *td);
/* Lock not held: does the rest. */
void drbd_run(struct drbd_todo *td);
/* One event for every logged request of the connection, or of one volume. Lock not held. */
void drbd_tell_log(struct drbd_resource *r, struct drbd_device *only, enum drbd_req_event ev);

/* The work function that starts what waits. */
void drbd_submit_work(struct work_struct *work);

#endif
