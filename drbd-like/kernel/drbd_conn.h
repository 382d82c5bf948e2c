/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets, handshake, authentication, threads of a connection. */
#ifndef DRBD_CONN_H
#define DRBD_CONN_H

#include "drbd_main.h"

/* What follows the fixed part of a packet. */
struct drbd_payload {
	const void *buf;		/* first: digest, challenge, bitmap */
	u32 buf_byte;
	struct page **pages;		/* then the data: pages, or a bio */
	u32 pages_byte;
	struct bio *bio;
	bool copy;			/* data may change after this returns: no zero copy */
};

/* Sends one packet; pkt->tail_byte is set from t. 0 or -errno, and then the connection is failed. Sleeps. */
int drbd_send(struct drbd_resource *r, u8 sock, struct drbd_pkt *pkt, const struct drbd_payload *t);
/* The same, but it goes with the next packet on that socket, or with drbd_send_held(), which the caller owes. No payload. */
int drbd_send_later(struct drbd_resource *r, u8 sock, struct drbd_pkt *pkt);
void drbd_send_held(struct drbd_resource *r, u8 sock);
int drbd_send_cmd(struct drbd_resource *r, u8 sock, u16 cmd);
int drbd_send_state(struct drbd_device *dev, union drbd_state s);
int drbd_send_uuids(struct drbd_device *dev, u32 extra);
int drbd_send_sizes(struct drbd_device *dev, bool ask, u16 dds_flags);
int drbd_send_sync_param(struct drbd_device *dev);
int drbd_send_protocol(struct drbd_resource *r, bool update);
int drbd_send_bitmap(struct drbd_device *dev);
/*
 * An ack of the meta socket with the next sequence number; every epoch that may be acked. What is held goes, in that order,
 * before whatever is sent there next, at the latest with drbd_send_acks(): who holds one owes that, before he sleeps.
 */
void drbd_hold_ack(struct drbd_device *dev, u16 cmd, u64 sector, u32 size_byte, u64 block_id);
void drbd_hold_barrier_acks(struct drbd_resource *r);
void drbd_send_acks(struct drbd_resource *r);
void drbd_send_ack(struct drbd_device *dev, u16 cmd, u64 sector, u32 size_byte, u64 block_id);
/* The four packets of a volume in the handshake. */
void drbd_send_volume(struct drbd_device *dev);
void drbd_cork(struct drbd_socket *s, bool on);

/* Asks for a ping; true when its answer came, false: the connection is gone. */
bool drbd_ping(struct drbd_resource *r);
u32 drbd_ping_start(struct drbd_resource *r);

/* The header of the next packet, and in the same read what comes with it. 0 or -errno. */
int drbd_recv_header(struct drbd_resource *r, void *buf, u32 size_byte);
/* What was read ahead: how much of it was taken, 0: it is used up. Reads at most so much ahead; as recvmsg. */
u32 drbd_recv_ahead(struct drbd_socket *s, void *buf, u32 size_byte);
int drbd_read_ahead(struct drbd_socket *s, u32 max_byte);
/* Reads exactly so much: 0, or -errno; wait: how long for the first byte, ms (0: for ever). */
int drbd_recv(struct drbd_resource *r, struct drbd_socket *s, void *buf, u32 size_byte);
int drbd_recv_pages(struct drbd_resource *r, struct page **pages, u32 size_byte);
int drbd_recv_skip(struct drbd_resource *r, u32 size_byte);

/* Starts the receiver unless it runs. */
void drbd_receiver_start(struct drbd_resource *r);
/* Lock held: the receiver has to clean up. */
void drbd_receiver_stop(struct drbd_resource *r);
/* Changes to a failure state, lock not held. */
void drbd_conn_fail(struct drbd_resource *r, enum drbd_conns why, const char *reason);

/* A digest by name; empty: none. 0, -ENOENT unknown, -EINVAL not a digest. */
int drbd_tfm_get(struct drbd_tfm *tfm, const char *name);
void drbd_tfm_put(struct drbd_tfm *tfm);
static inline u32 drbd_tfm_byte(const struct drbd_tfm *tfm)
{
	return tfm->hash ? crypto_shash_digestsize(tfm->hash) : 0;
}

#endif
