/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink family `drbd`: commands, dumps, events. */
#ifndef DRBD_NL_H
#define DRBD_NL_H

#include "drbd_main.h"

int drbd_nl_init(void);
void drbd_nl_exit(void);

/* Reasons of an event. */
enum { SIB_STATE_CHANGE = 2, SIB_HELPER_PRE = 3, SIB_HELPER_POST = 4, SIB_SYNC_PROGRESS = 5 };

void drbd_nl_state_event(struct drbd_device *dev, union drbd_state os, union drbd_state ns);
void drbd_nl_progress(struct drbd_device *dev);
void drbd_nl_helper(struct drbd_resource *r, struct drbd_device *dev, const char *name, bool before, int status);

/* Notifications of objects: type NOTIFY_*. */
enum { NOTIFY_EXISTS, NOTIFY_CREATE, NOTIFY_CHANGE, NOTIFY_DESTROY, NOTIFY_CALL, NOTIFY_RESPONSE };
void drbd_nl_notify_resource(struct drbd_resource *r, u32 type);
void drbd_nl_notify_device(struct drbd_device *dev, u32 type);
void drbd_nl_notify_connection(struct drbd_resource *r, u32 type);
void drbd_nl_notify_peer_device(struct drbd_device *dev, u32 type);

#endif
