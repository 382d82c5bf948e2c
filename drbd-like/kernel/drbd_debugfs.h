/* SPDX-License-Identifier: GPL-2.0-only */
/* /sys/kernel/debug/drbd, where the kernel has debugfs; nothing of it can fail in a way that matters. */
#ifndef DRBD_DEBUGFS_H
#define DRBD_DEBUGFS_H

struct drbd_resource;
struct drbd_device;

void drbd_debugfs_init(void);
void drbd_debugfs_exit(void);

/* Caller holds neither drbd_cfg_mutex nor a lock: removal waits for who reads a file, and that takes them. */
void drbd_debugfs_add_resource(struct drbd_resource *r);
void drbd_debugfs_del_resource(struct drbd_resource *r);
void drbd_debugfs_add_device(struct drbd_device *dev);
void drbd_debugfs_del_device(struct drbd_device *dev);

#endif
