/* SPDX-License-Identifier: GPL-2.0-only */
/* The two receivers' packets, and the acks of what was written. */
#ifndef DRBD_RECV_H
#define DRBD_RECV_H

#include "drbd_main.h"

/* Reads packets from the data socket until the connection has to go. */
void drbd_recv_loop(struct drbd_resource *r);
/* The meta socket's thread. */
int drbd_acker(void *arg);
void drbd_ack_work(struct work_struct *work);
/*
 * Ends the received writes that are on disk: their acks are held when it returns (drbd_conn.h), also of those that another
 * thread had begun to end.
 */
void drbd_end_written(struct drbd_resource *r);
/* The receiver: before it sleeps, for more data or anything else, the peer has the acks of what is on disk. */
void drbd_before_sleep(struct drbd_resource *r);
/* The peer's requests that are over without I/O. */
void drbd_peer_done(struct drbd_peer *pr, s32 error);
/* Worker: answers a read of the peer. */
void drbd_answer(struct drbd_resource *r, struct drbd_work *wk);
/* Worker: our own csum request, verify comparison. */
void drbd_csum_request(struct drbd_resource *r, struct drbd_work *wk);
void drbd_ov_compare(struct drbd_resource *r, struct drbd_work *wk);
void drbd_run_state(struct drbd_device *dev, u32 word);

#endif
