/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two sockets of a connection: how they are made, what is said on them first, how packets are sent, and what
 * is done when they are gone. drbd-wire.md 1, 3, 4.
 */
#include "drbd_conn.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_nl.h"
#include "drbd_recv.h"
#include "drbd_worker.h"

#define DRBD_SIGNAL	SIGHUP		/* takes a receiver out of a blocking call */
#define RETRY_MS	1000

/* --- digests ------------------------------------------------------------------------------------------------------------------ */

int drbd_tfm_get(struct drbd_tfm *tfm, const char *name)
{
	struct crypto_shash *hash = NULL;

	if (name[0]) {
		hash = crypto_alloc_shash(name, 0, 0);
		if (IS_ERR(hash))
			return -ENOENT;
		if (crypto_shash_digestsize(hash) > DRBD_DIGEST_MAX) {
			crypto_free_shash(hash);
			return -EINVAL;
		}
	}
	drbd_tfm_put(tfm);
	tfm->hash = hash;
	strncpy(tfm->name, name, sizeof(tfm->name) - 1);
	return 0;
}

void drbd_tfm_put(struct drbd_tfm *tfm)
{
	if (tfm->hash)
		crypto_free_shash(tfm->hash);
	memset(tfm, 0, sizeof(*tfm));
}

/* --- sending -------------------------------------------------------------------------------------------------------------------- */

static long jiffies_of(u32 tenths)
{
	return (long)tenths * HZ / 10;
}

/* After a blocked send: true, keep trying. */
static bool keep_trying(struct drbd_resource *r, struct drbd_socket *s, u32 *ko)
{
	if (r->closing || !r->established)
		return false;
	if (s == &r->meta)
		return false;
	if (!*ko)
		return true;		/* never */
	if (!--*ko)
		return false;
	res_warn(r, "[%s] sock_sendmsg time expired, ko = %u", current->comm, *ko);
	drbd_ping_start(r);
	return true;
}

static int send_kvec(struct drbd_resource *r, struct drbd_socket *s, const void *buf, u32 size, int flags, u32 *ko)
{
	struct msghdr msg;
	struct kvec kv;
	u32 done = 0;
	int n;

	while (done < size) {
		memset(&msg, 0, sizeof(msg));
		msg.msg_flags = flags | MSG_NOSIGNAL;
		kv.iov_base = (char *)buf + done;
		kv.iov_len = size - done;
		n = kernel_sendmsg(s->sock, &msg, &kv, 1, size - done);
		if (n == -EAGAIN && keep_trying(r, s, ko))
			continue;
		if (n == -EINTR && !r->closing) {
			flush_signals(current);
			continue;
		}
		if (n <= 0)
			return n ? n : -EPIPE;
		done += n;
	}
	return 0;
}

static int send_page(struct drbd_resource *r, struct drbd_socket *s, struct page *page, u32 off, u32 size, bool more,
		     bool copy, u32 *ko)
{
	int flags = more ? MSG_MORE : 0, n, err;
	u32 done = 0;

	while (!copy && done < size) {
		n = drbd_sock_sendpage(s->sock, page, off + done, size - done, flags | MSG_NOSIGNAL);
		if (n == -EAGAIN && keep_trying(r, s, ko))
			continue;
		if (n == -EINTR && !r->closing) {
			flush_signals(current);
			continue;
		}
		if (n <= 0)
			return n ? n : -EPIPE;
		done += n;
	}
	if (!copy)
		return 0;
	err = send_kvec(r, s, (char *)kmap(page) + off, size, flags, ko);
	kunmap(page);
	return err;
}

static int send_tail(struct drbd_resource *r, struct drbd_socket *s, const struct drbd_payload *t, u32 *ko)
{
	bool copy = t->copy || drbd_disable_sendpage;
	u32 left = t->pages_byte, n, i;
	DRBD_BVEC bv;
	DRBD_ITER it;
	int err = 0;

	if (t->buf_byte)
		err = send_kvec(r, s, t->buf, t->buf_byte, left ? MSG_MORE : 0, ko);
	if (!err && t->bio) {
		bio_for_each_segment(bv, t->bio, it) {
			n = drbd_bv(bv).bv_len;
			left -= n;
			err = send_page(r, s, drbd_bv(bv).bv_page, drbd_bv(bv).bv_offset, n, left != 0,
					copy || PageSlab(drbd_bv(bv).bv_page) || page_count(drbd_bv(bv).bv_page) < 1, ko);
			if (err)
				return err;
		}
	} else if (!err) {
		for (i = 0; left && !err; i++, left -= n) {
			n = DRBD_MIN(left, (u32)PAGE_SIZE);
			err = send_page(r, s, t->pages[i], 0, n, left > n, copy, ko);
		}
	}
	return err;
}

static struct drbd_socket *socket_of(struct drbd_resource *r, u8 sock)
{
	return sock == DRBD_DATA_SOCK ? &r->data : &r->meta;
}

/* Socket's mutex held. Sends what waits in its buffer. */
static int send_held(struct drbd_resource *r, struct drbd_socket *s, int flags, u32 *ko)
{
	u32 n = s->held_byte;

	s->held_byte = 0;
	return n && s->sock ? send_kvec(r, s, s->sbuf, n, flags, ko) : 0;
}

/* Socket's mutex held. Puts a packet behind those that wait in its buffer. */
static int hold(struct drbd_resource *r, struct drbd_socket *s, struct drbd_pkt *pkt)
{
	u32 ko = r->net.ko_count, n;
	int err = 0;

	if (!s->sock)
		return -ENOTCONN;
	if (s->held_byte > DRBD_SOCKET_BUFFER_SIZE - DRBD_HEADER_MAX - DRBD_FIXED_MAX)
		err = send_held(r, s, 0, &ko);
	if (err)
		return err;
	n = drbd_put_packet(pkt, r->cs.apv, r->cs.features, s->sbuf + s->held_byte,
			    DRBD_SOCKET_BUFFER_SIZE - s->held_byte);
	if (!n) {
		res_err(r, "%s does not exist in protocol %d", drbd_packet_name(pkt->cmd), r->cs.apv);
		return -EINVAL;
	}
	s->held_byte += n;
	return 0;
}

/* Socket's mutex held. */
static int send_locked(struct drbd_resource *r, struct drbd_socket *s, struct drbd_pkt *pkt, const struct drbd_payload *t)
{
	u32 ko = r->net.ko_count;
	int err;

	pkt->tail_byte = t ? t->buf_byte + t->pages_byte : 0;
	err = hold(r, s, pkt);
	if (!err)
		err = send_held(r, s, pkt->tail_byte ? MSG_MORE : 0, &ko);
	if (!err && pkt->tail_byte)
		err = send_tail(r, s, t, &ko);
	return err;
}

static void send_failed(struct drbd_resource *r, u8 sock, u16 cmd, int err)
{
	if (r->closing || !r->established)
		return;
	res_err(r, "sending %s failed: %d", drbd_packet_name(cmd), err);
	drbd_conn_fail(r, err == -EAGAIN ? C_TIMEOUT : sock == DRBD_DATA_SOCK ? C_BROKEN_PIPE : C_NETWORK_FAILURE,
		       "send");
}

int drbd_send(struct drbd_resource *r, u8 sock, struct drbd_pkt *pkt, const struct drbd_payload *t)
{
	struct drbd_socket *s = socket_of(r, sock);
	int err;

	mutex_lock(&s->mutex);
	err = send_locked(r, s, pkt, t);
	mutex_unlock(&s->mutex);
	if (err)
		send_failed(r, sock, pkt->cmd, err);
	return err;
}

int drbd_send_later(struct drbd_resource *r, u8 sock, struct drbd_pkt *pkt)
{
	struct drbd_socket *s = socket_of(r, sock);
	int err;

	mutex_lock(&s->mutex);
	err = hold(r, s, pkt);
	mutex_unlock(&s->mutex);
	if (err)
		send_failed(r, sock, pkt->cmd, err);
	return err;
}

int drbd_send_cmd(struct drbd_resource *r, u8 sock, u16 cmd)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = cmd;
	return drbd_send(r, sock, &pkt, NULL);
}

void drbd_hold_ack(struct drbd_device *dev, u16 cmd, u64 sector, u32 size_byte, u64 block_id)
{
	struct drbd_resource *r = dev->res;
	struct drbd_pkt pkt;
	unsigned long flags;
	int err;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = cmd;
	pkt.volume = dev->vs.volume;
	pkt.u.ack.sector = sector;
	pkt.u.ack.block_id = block_id;
	pkt.u.ack.blksize = size_byte;
	/* numbered in the order in which they go */
	mutex_lock(&r->meta.mutex);
	spin_lock_irqsave(&r->lock, flags);
	pkt.u.ack.seq_num = drbd_seq_next(&dev->rv);
	spin_unlock_irqrestore(&r->lock, flags);
	err = hold(r, &r->meta, &pkt);
	mutex_unlock(&r->meta.mutex);
	if (err)
		send_failed(r, DRBD_META_SOCK, cmd, err);
}

void drbd_hold_barrier_acks(struct drbd_resource *r)
{
	struct drbd_epoch *done;
	struct drbd_pkt pkt;
	unsigned long flags;
	bool more;
	int err = 0;

	/* taken and put into the buffer in one go, so that they go in order */
	mutex_lock(&r->meta.mutex);
	do {
		memset(&pkt, 0, sizeof(pkt));
		pkt.cmd = P_BARRIER_ACK;
		spin_lock_irqsave(&r->lock, flags);
		more = drbd_epoch_next_ack(&r->es, &pkt.u.barrier_ack.barrier, &pkt.u.barrier_ack.set_size, &done);
		spin_unlock_irqrestore(&r->lock, flags);
		if (more) {
			err = hold(r, &r->meta, &pkt);
			kfree(done);
		}
	} while (more && !err);
	mutex_unlock(&r->meta.mutex);
	if (err)
		send_failed(r, DRBD_META_SOCK, P_BARRIER_ACK, err);
}

void drbd_send_held(struct drbd_resource *r, u8 sock)
{
	struct drbd_socket *s = socket_of(r, sock);
	u32 ko = r->net.ko_count;
	int err;

	mutex_lock(&s->mutex);
	err = send_held(r, s, 0, &ko);
	mutex_unlock(&s->mutex);
	if (err)
		send_failed(r, sock, sock == DRBD_DATA_SOCK ? P_BARRIER : P_WRITE_ACK, err);
}

void drbd_send_acks(struct drbd_resource *r)
{
	drbd_send_held(r, DRBD_META_SOCK);
}

void drbd_send_ack(struct drbd_device *dev, u16 cmd, u64 sector, u32 size_byte, u64 block_id)
{
	drbd_hold_ack(dev, cmd, sector, size_byte, block_id);
	drbd_send_acks(dev->res);
}

int drbd_send_state(struct drbd_device *dev, union drbd_state s)
{
	struct drbd_pkt pkt;

	if (!dev->res->established)
		return -ENOTCONN;
	memset(&pkt, 0, sizeof(pkt));
	drbd_state_packet(&dev->vs, s, &pkt);
	pkt.volume = dev->vs.volume;
	return drbd_send(dev->res, DRBD_DATA_SOCK, &pkt, NULL);
}

int drbd_send_uuids(struct drbd_device *dev, u32 extra)
{
	struct drbd_resource *r = dev->res;
	struct drbd_pkt pkt;
	unsigned long flags;
	bool have;

	if (!r->established)
		return -ENOTCONN;
	memset(&pkt, 0, sizeof(pkt));
	spin_lock_irqsave(&r->lock, flags);
	have = dev->vs.state.disk >= D_NEGOTIATING;
	if (have)
		drbd_uuids_packet(&r->cs, &dev->vs, dev->bm.set, extra, &pkt);
	spin_unlock_irqrestore(&r->lock, flags);
	pkt.volume = dev->vs.volume;
	return have ? drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL) : 0;
}

int drbd_send_sizes(struct drbd_device *dev, bool ask, u16 dds_flags)
{
	struct drbd_resource *r = dev->res;
	struct drbd_pkt pkt;
	unsigned long flags;

	if (!r->established)
		return -ENOTCONN;
	memset(&pkt, 0, sizeof(pkt));
	spin_lock_irqsave(&r->lock, flags);
	drbd_sizes_packet(&r->cs, &dev->vs, &dev->sizes, ask, dds_flags, &pkt);
	if (r->cs.features & DRBD_FF_WSAME) {
		struct block_device *b = dev->disk_open ? dev->data.bdev : NULL;

		pkt.u.sizes.physical_block_size = b ? bdev_physical_block_size(b) : 512;
		pkt.u.sizes.logical_block_size = b ? bdev_logical_block_size(b) : 512;
		pkt.u.sizes.io_min = b ? bdev_io_min(b) : 512;
		pkt.u.sizes.io_opt = b ? bdev_io_opt(b) : 0;
		pkt.u.sizes.discard_enabled = drbd_can_discard(dev);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	pkt.volume = dev->vs.volume;
	return drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
}

int drbd_send_sync_param(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	struct drbd_pkt pkt;
	unsigned long flags;

	memset(&pkt, 0, sizeof(pkt));
	spin_lock_irqsave(&r->lock, flags);
	drbd_sync_param_packet(&r->cs, &dev->vs, &pkt);
	spin_unlock_irqrestore(&r->lock, flags);
	pkt.volume = dev->vs.volume;
	return drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
}

int drbd_send_protocol(struct drbd_resource *r, bool update)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	if (!drbd_protocol_packet(&r->cs, update, &pkt))
		return -EPROTO;
	return drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
}

int drbd_send_bitmap(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	u32 max = DRBD_SOCKET_BUFFER_SIZE - drbd_header_size(r->cs.apv), n;
	bool rle = r->net.use_rle && r->cs.apv >= 90;
	u8 *buf = kmalloc(DRBD_SOCKET_BUFFER_SIZE, GFP_NOIO);
	struct drbd_bm_xfer x;
	struct drbd_payload t;
	struct drbd_pkt pkt;
	unsigned long flags;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	memset(&x, 0, sizeof(x));
	mutex_lock(&r->data.mutex);	/* the packets of a bitmap have no others between them: drbd-wire.md 6.1 */
	while (!x.done && !err) {
		memset(&pkt, 0, sizeof(pkt));
		memset(&t, 0, sizeof(t));
		spin_lock_irqsave(&r->lock, flags);
		n = drbd_bm_send(&dev->bm, &x, rle, buf, max, &pkt.cmd);
		spin_unlock_irqrestore(&r->lock, flags);
		pkt.volume = dev->vs.volume;
		t.buf = buf;
		t.buf_byte = n;
		if (pkt.cmd == P_COMPRESSED_BITMAP) {	/* the encoding byte is the packet's fixed part */
			pkt.u.encoding = buf[0];
			t.buf = buf + 1;
			t.buf_byte--;
		}
		err = send_locked(r, &r->data, &pkt, &t);
	}
	mutex_unlock(&r->data.mutex);
	if (err)
		send_failed(r, DRBD_DATA_SOCK, pkt.cmd, err);
	kfree(buf);
	if (!err)
		drbd_info(dev, "send bitmap stats [Bytes(packets)]: plain %llu(%llu), RLE %llu(%llu)",
			  (unsigned long long)x.bytes[0], (unsigned long long)x.packets[0],
			  (unsigned long long)x.bytes[1], (unsigned long long)x.packets[1]);
	return err;
}

void drbd_cork(struct drbd_socket *s, bool on)
{
	mutex_lock(&s->mutex);
	if (s->sock)
		drbd_sock_cork(s->sock, on);
	mutex_unlock(&s->mutex);
}

/* --- ping -------------------------------------------------------------------------------------------------------------------------- */

u32 drbd_ping_start(struct drbd_resource *r)
{
	unsigned long flags;
	u32 nr;

	spin_lock_irqsave(&r->lock, flags);
	nr = ++r->pings_asked;
	if (r->pings_asked == r->pings_answered + 1)
		r->ping_sent_ms = drbd_now_ms();
	spin_unlock_irqrestore(&r->lock, flags);
	if (drbd_send_cmd(r, DRBD_META_SOCK, P_PING))
		return nr;
	return nr;
}

bool drbd_ping(struct drbd_resource *r)
{
	unsigned long flags;
	u32 nr, seen, gen;
	int done;

	spin_lock_irqsave(&r->lock, flags);
	gen = r->conn_gen;
	done = r->established && !r->closing && r->cs.cstate >= C_WF_REPORT_PARAMS ? 0 : -1;
	spin_unlock_irqrestore(&r->lock, flags);
	if (done)
		return false;
	nr = drbd_ping_start(r);
	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		if (gen != r->conn_gen || r->closing || !r->established)
			done = -1;
		else if ((s32)(r->pings_answered - nr) >= 0)
			done = 1;
		spin_unlock_irqrestore(&r->lock, flags);
		if (done)
			return done > 0;
		drbd_wait(r, seen, 500);
	}
}

/* --- receiving ------------------------------------------------------------------------------------------------------------------------ */

u32 drbd_recv_ahead(struct drbd_socket *s, void *buf, u32 size_byte)
{
	u32 n = DRBD_MIN(size_byte, s->ahead_byte - s->ahead_at);

	memcpy(buf, s->ahead + s->ahead_at, n);
	s->ahead_at += n;
	return n;
}

int drbd_read_ahead(struct drbd_socket *s, u32 max_byte)
{
	struct msghdr msg;
	struct kvec kv;
	int n;

	memset(&msg, 0, sizeof(msg));
	kv.iov_base = s->ahead;
	kv.iov_len = max_byte;
	s->ahead_at = s->ahead_byte = 0;
	n = kernel_recvmsg(s->sock, &msg, &kv, 1, max_byte, MSG_NOSIGNAL);
	if (n > 0)
		s->ahead_byte = n;
	return n;
}

/* The next read of so much waits for the peer. */
static void may_sleep(struct drbd_resource *r, struct drbd_socket *s, u32 size)
{
	if (s == &r->data && drbd_sock_readable(s->sock) < size)
		drbd_before_sleep(r);
}

static int recv_kvecs(struct drbd_resource *r, struct drbd_socket *s, struct kvec *kv, u32 nr, u32 size)
{
	struct msghdr msg;
	u32 done = 0, i = 0;
	int n;

	while (done < size) {
		n = drbd_recv_ahead(s, kv[i].iov_base, kv[i].iov_len);
		if (!n) {
			may_sleep(r, s, size - done);
			memset(&msg, 0, sizeof(msg));
			n = kernel_recvmsg(s->sock, &msg, kv + i, nr - i, size - done, MSG_WAITALL | MSG_NOSIGNAL);
		}
		if (n == -EINTR || n == -ERESTARTSYS) {
			if (r->closing || kthread_should_stop())
				return -EINTR;
			flush_signals(current);
			continue;
		}
		if (n <= 0)
			return n ? n : -ECONNRESET;
		done += n;
		for (; n && i < nr; i++) {	/* what is left of the vectors */
			u32 part = DRBD_MIN((u32)n, (u32)kv[i].iov_len);

			kv[i].iov_base = (char *)kv[i].iov_base + part;
			kv[i].iov_len -= part;
			n -= part;
			if (kv[i].iov_len)
				break;
		}
	}
	return 0;
}

int drbd_recv(struct drbd_resource *r, struct drbd_socket *s, void *buf, u32 size_byte)
{
	struct kvec kv;

	kv.iov_base = buf;
	kv.iov_len = size_byte;
	return size_byte ? recv_kvecs(r, s, &kv, 1, size_byte) : 0;
}

/* Data packets have a fixed part of as much: it comes with the header; what else comes is the next packet's. */
#define READ_AHEAD(header_byte) ((header_byte) + 24)

int drbd_recv_header(struct drbd_resource *r, void *buf, u32 size_byte)
{
	u32 got = drbd_recv_ahead(&r->data, buf, size_byte);
	int n;

	while (got < size_byte) {
		may_sleep(r, &r->data, size_byte - got);
		n = drbd_read_ahead(&r->data, READ_AHEAD(size_byte));
		if (n == -EINTR || n == -ERESTARTSYS) {
			if (r->closing || kthread_should_stop())
				return -EINTR;
			flush_signals(current);
			continue;
		}
		if (n <= 0)
			return n ? n : -ECONNRESET;
		got += drbd_recv_ahead(&r->data, (u8 *)buf + got, size_byte - got);
	}
	return 0;
}

int drbd_recv_pages(struct drbd_resource *r, struct page **pages, u32 size_byte)
{
	u32 n = 0, left = size_byte;

	for (; left; n++) {
		r->rvec[n].iov_base = page_address(pages[n]);
		r->rvec[n].iov_len = DRBD_MIN(left, (u32)PAGE_SIZE);
		left -= r->rvec[n].iov_len;
	}
	return size_byte ? recv_kvecs(r, &r->data, r->rvec, n, size_byte) : 0;
}

int drbd_recv_skip(struct drbd_resource *r, u32 size_byte)
{
	u32 n;
	int err;

	for (; size_byte; size_byte -= n) {
		n = DRBD_MIN(size_byte, (u32)DRBD_SOCKET_BUFFER_SIZE);
		err = drbd_recv(r, &r->data, r->data.rbuf, n);
		if (err)
			return err;
	}
	return 0;
}

/* --- failure ---------------------------------------------------------------------------------------------------------------------------- */

void drbd_receiver_stop(struct drbd_resource *r)
{
	if (!r->receiver)
		return;
	r->closing = true;
	send_sig(DRBD_SIGNAL, r->receiver, 1);
	drbd_wake(r);
	wake_up_process(r->worker);
}

void drbd_conn_fail(struct drbd_resource *r, enum drbd_conns why, const char *reason)
{
	struct drbd_change ch;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (r->cs.cstate >= C_WF_CONNECTION) {
		res_info(r, "%s: %s", drbd_conn_name(why), reason);
		drbd_conn_failure(why, &ch);
		drbd_change_conn_locked(r, &ch);
		drbd_receiver_stop(r);
	}
	spin_unlock_irqrestore(&r->lock, flags);
}

/* --- making the sockets --------------------------------------------------------------------------------------------------------------------- */

static void set_buffers(struct drbd_resource *r, struct socket *s)
{
	if (r->net.sndbuf_size) {
		s->sk->sk_sndbuf = r->net.sndbuf_size;
		s->sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	}
	if (r->net.rcvbuf_size) {
		s->sk->sk_rcvbuf = r->net.rcvbuf_size;
		s->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	}
}

static void any_port(struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = 0;
	else
		((struct sockaddr_in *)a)->sin_port = 0;
}

/* NULL with *err 0: the peer does not answer yet. */
static struct socket *try_connect(struct drbd_resource *r, int *err)
{
	struct sockaddr_storage from = r->my_addr, to = r->peer_addr;
	struct socket *s;

	*err = drbd_sock_create(r->my_addr.ss_family, &s);
	if (*err)
		return NULL;
	s->sk->sk_rcvtimeo = s->sk->sk_sndtimeo = (long)r->net.connect_int * HZ;
	s->sk->sk_reuse = 1;
	set_buffers(r, s);
	any_port(&from);
	*err = kernel_bind(s, (struct sockaddr *)&from, r->my_addr_byte);
	if (*err) {
		res_err(r, "bind before connect failed, err = %d", *err);
		goto release;
	}
	if (!kernel_connect(s, (struct sockaddr *)&to, r->peer_addr_byte, 0))
		return s;
release:
	sock_release(s);
	return NULL;
}

static struct socket *make_listener(struct drbd_resource *r)
{
	struct sockaddr_storage at = r->my_addr;
	struct socket *s;
	int err;

	err = drbd_sock_create(r->my_addr.ss_family, &s);
	if (err)
		return NULL;
	s->sk->sk_reuse = 1;
	set_buffers(r, s);
	err = kernel_bind(s, (struct sockaddr *)&at, r->my_addr_byte);
	if (!err)
		err = kernel_listen(s, 5);
	if (!err)
		return s;
	res_err(r, "can not listen on its address, err = %d", err);
	sock_release(s);
	return NULL;
}

static bool socket_alive(struct socket **s)
{
	struct msghdr msg;
	struct kvec kv;
	char buf[4];
	int n;

	if (!*s)
		return false;
	memset(&msg, 0, sizeof(msg));
	kv.iov_base = buf;
	kv.iov_len = sizeof(buf);
	n = kernel_recvmsg(*s, &msg, &kv, 1, sizeof(buf), MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0 || n == -EAGAIN)
		return true;
	sock_release(*s);
	*s = NULL;
	return false;
}

static void pause_ms(struct drbd_resource *r, u32 ms)
{
	u64 until = drbd_now_ms() + ms;
	u32 seen;

	for (seen = drbd_events(r); !r->closing && drbd_now_ms() < until; seen = drbd_events(r))
		drbd_wait(r, seen, (u32)(until - drbd_now_ms()));
}

static bool established(struct drbd_resource *r, struct socket **data, struct socket **meta)
{
	bool ok;

	if (!*data || !*meta)
		return false;
	pause_ms(r, (r->net.sock_check_timeo ? r->net.sock_check_timeo : r->net.ping_timeo) * 100);
	ok = socket_alive(data);
	return socket_alive(meta) && ok;
}

static bool send_first(struct drbd_resource *r, struct socket *s, u16 cmd)
{
	struct drbd_header h = { 0, 0, 0 };
	u8 buf[DRBD_HEADER_MAX];
	struct msghdr msg;
	struct kvec kv;

	h.cmd = cmd;
	memset(&msg, 0, sizeof(msg));
	msg.msg_flags = MSG_NOSIGNAL;
	kv.iov_base = buf;
	kv.iov_len = drbd_put_header(buf, 80, &h);
	(void)r;
	return kernel_sendmsg(s, &msg, &kv, 1, kv.iov_len) == 8;
}

static u16 recv_first(struct drbd_resource *r, struct socket *s)
{
	struct drbd_header h;
	struct msghdr msg;
	struct kvec kv;
	u8 buf[8];

	s->sk->sk_rcvtimeo = jiffies_of(4 * r->net.ping_timeo);
	memset(&msg, 0, sizeof(msg));
	kv.iov_base = buf;
	kv.iov_len = sizeof(buf);
	if (kernel_recvmsg(s, &msg, &kv, 1, sizeof(buf), MSG_WAITALL | MSG_NOSIGNAL) != sizeof(buf) ||
	    !drbd_get_header(buf, 80, &h))
		return 0xffff;
	return h.cmd;
}

static void own_attempt(struct drbd_resource *r, struct socket **data, struct socket **meta, int *err)
{
	struct socket *s;
	bool clear_rc = false;
	u16 cmd;

	if (*data && *meta)
		return;
	s = try_connect(r, err);
	if (!s)
		return;
	cmd = drbd_first_packet(*data != NULL, &clear_rc);
	if (clear_rc)
		r->cs.flags &= ~CNF_RC_FLAG;
	if (!send_first(r, s, cmd)) {
		sock_release(s);
		return;
	}
	*(*data ? meta : data) = s;
}

static void replace(struct socket **s, struct socket *by)
{
	if (*s)
		sock_release(*s);
	*s = by;
}

/* True: wait for another one. */
static bool passive_wait(struct drbd_resource *r, struct socket *listener, struct socket **data, struct socket **meta)
{
	struct socket *s, **mine;
	enum drbd_first what;
	bool set_rc = false;
	long timeo = (long)r->net.connect_int * HZ;
	u32 dice = (u32)drbd_random();
	u16 cmd;

	listener->sk->sk_rcvtimeo = dice & 1 ? timeo + timeo / 7 : timeo - timeo / 7;
	if (kernel_accept(listener, &s, 0))
		return false;
	cmd = recv_first(r, s);
	socket_alive(data);
	socket_alive(meta);
	what = drbd_first_received(cmd, *data != NULL, *meta != NULL, &set_rc);
	if (set_rc)
		r->cs.flags |= CNF_RC_FLAG;
	mine = cmd == P_INITIAL_META ? meta : data;
	if (what == FIRST_DROP)
		sock_release(s);
	else
		replace(mine, s);
	if (what == FIRST_REPLACE)
		res_warn(r, "initial packet %s crossed", drbd_packet_name(cmd));
	return what != FIRST_ADOPT && (dice & 2);
}

static void tune(struct drbd_resource *r, struct socket *s, u32 priority)
{
	s->sk->sk_reuse = 1;
	s->sk->sk_allocation = GFP_NOIO;
	s->sk->sk_priority = priority;
	s->sk->sk_rcvtimeo = s->sk->sk_sndtimeo = jiffies_of(4 * r->net.ping_timeo);
	drbd_sock_nodelay(s);
}

static void forget_buffered(struct drbd_socket *s)
{
	s->held_byte = s->ahead_at = s->ahead_byte = 0;
}

/* 1: both sockets are there; 0: told to stop; < 0: can not even try. */
static int make_sockets(struct drbd_resource *r)
{
	struct socket *listener, *data = NULL, *meta = NULL;
	unsigned long flags;
	int err = 0;

	listener = make_listener(r);
	if (!listener)
		return -EADDRINUSE;
	r->cs.flags &= ~CNF_RC_FLAG;
	while (!r->closing && !err) {
		own_attempt(r, &data, &meta, &err);
		if (err || established(r, &data, &meta))
			break;
		while (!r->closing && passive_wait(r, listener, &data, &meta))
			;
		flush_signals(current);
		if (established(r, &data, &meta))
			break;
	}
	sock_release(listener);
	if (r->closing || err) {
		replace(&data, NULL);
		replace(&meta, NULL);
		return r->closing ? 0 : err;
	}
	tune(r, data, 4);
	tune(r, meta, 6);
	mutex_lock(&r->data.mutex);
	mutex_lock(&r->meta.mutex);
	spin_lock_irqsave(&r->lock, flags);
	r->data.sock = data;
	r->meta.sock = meta;
	forget_buffered(&r->data);
	forget_buffered(&r->meta);
	r->conn_gen++;
	r->pings_asked = r->pings_answered = 0;
	r->last_received_ms = r->connected_ms = drbd_now_ms();
	r->cs.apv = 80;
	r->cs.features = 0;
	spin_unlock_irqrestore(&r->lock, flags);
	mutex_unlock(&r->meta.mutex);
	mutex_unlock(&r->data.mutex);
	return 1;
}

/* --- handshake ---------------------------------------------------------------------------------------------------------------------------------- */

static int recv_header(struct drbd_resource *r, struct drbd_header *h)
{
	u32 n = drbd_header_size(r->cs.apv);
	int err = drbd_recv(r, &r->data, r->data.rbuf, n);

	if (err)
		return err;
	return drbd_get_header(r->data.rbuf, r->cs.apv, h) ? 0 : -EPROTO;
}

static enum drbd_hs do_features(struct drbd_resource *r)
{
	struct drbd_header h;
	struct drbd_pkt pkt;
	enum drbd_hs hs;
	u32 features = 0;
	u16 apv = 80;

	memset(&pkt, 0, sizeof(pkt));
	drbd_features_packet(&pkt);
	if (drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL) || recv_header(r, &h))
		return HS_TRY_AGAIN;
	if (h.length > DRBD_FIXED_MAX || h.cmd != P_CONNECTION_FEATURES) {
		res_err(r, "expected ConnectionFeatures packet, received: %s (0x%04x)", drbd_packet_name(h.cmd), h.cmd);
		return HS_GIVE_UP;
	}
	if (drbd_recv(r, &r->data, r->data.rbuf, h.length))
		return HS_TRY_AGAIN;
	if (!drbd_get_packet(&h, 80, 0, r->data.rbuf, h.length, &pkt))
		return HS_GIVE_UP;
	hs = drbd_features_agree(&h, &pkt.u.features, &apv, &features);
	if (hs != HS_OK) {
		res_err(r, "incompatible DRBD dialects: I support %d-%d, peer supports %u-%u", DRBD_PRO_VERSION_MIN,
			DRBD_PRO_VERSION_MAX, pkt.u.features.protocol_min, pkt.u.features.protocol_max);
		return hs;
	}
	r->cs.apv = apv;
	r->cs.features = features;
	res_info(r, "Handshake successful: Agreed network protocol version %d", apv);
	res_info(r, "Feature flags enabled on protocol level: 0x%x%s%s%s%s.", features,
		 features & DRBD_FF_TRIM ? " TRIM" : "", features & DRBD_FF_THIN_RESYNC ? " THIN_RESYNC" : "",
		 features & DRBD_FF_WSAME ? " WRITE_SAME" : "", features & DRBD_FF_WZEROES ? " WRITE_ZEROES" : "");
	return HS_OK;
}

static int hmac(void *arg, const void *data, u32 size_byte, u8 *digest)
{
	struct crypto_shash *tfm = arg;
	struct shash_desc *d = kmalloc(sizeof(*d) + crypto_shash_descsize(tfm), GFP_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	drbd_shash_desc_init(d, tfm);
	err = crypto_shash_digest(d, data, size_byte, digest);
	kfree(d);
	return err;
}

static int send_auth(struct drbd_resource *r, u16 cmd, const u8 *data, u32 size_byte)
{
	struct drbd_payload t;
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	memset(&t, 0, sizeof(t));
	pkt.cmd = cmd;
	t.buf = data;
	t.buf_byte = size_byte;
	return drbd_send(r, DRBD_DATA_SOCK, &pkt, &t);
}

static enum drbd_hs auth_steps(struct drbd_resource *r, struct drbd_auth *a)
{
	struct drbd_header h;
	enum drbd_hs hs;

	get_random_bytes(a->challenge, sizeof(a->challenge));
	if (send_auth(r, P_AUTH_CHALLENGE, a->challenge, sizeof(a->challenge)) || recv_header(r, &h))
		return HS_TRY_AGAIN;
	hs = drbd_auth_challenge_header(&h);
	if (hs != HS_OK)
		return hs;
	if (drbd_recv(r, &r->data, r->data.rbuf, h.length))
		return HS_TRY_AGAIN;
	hs = drbd_auth_challenge(a, r->data.rbuf, h.length);
	if (hs != HS_OK)
		return hs;
	if (send_auth(r, P_AUTH_RESPONSE, a->response, a->digest_byte) || recv_header(r, &h))
		return HS_TRY_AGAIN;
	hs = drbd_auth_response_header(a, &h);
	if (hs != HS_OK)
		return hs;
	if (drbd_recv(r, &r->data, r->data.rbuf, h.length))
		return HS_TRY_AGAIN;
	return drbd_auth_response(a, r->data.rbuf);
}

static enum drbd_hs do_auth(struct drbd_resource *r)
{
	struct drbd_tfm tfm = { NULL, "" };
	struct drbd_auth *a;
	enum drbd_hs hs = HS_GIVE_UP;
	char name[ALG_NAME_MAX + 8];

	if (!r->net.cram_hmac_alg[0])
		return HS_OK;
	snprintf(name, sizeof(name), "hmac(%s)", r->net.cram_hmac_alg);
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a || strlen(name) >= ALG_NAME_MAX || drbd_tfm_get(&tfm, name))
		goto free;
	if (crypto_shash_setkey(tfm.hash, (u8 *)r->net.shared_secret, strlen(r->net.shared_secret)))
		goto free;
	a->digest_byte = drbd_tfm_byte(&tfm);
	a->hmac = hmac;
	a->arg = tfm.hash;
	hs = auth_steps(r, a);
	if (hs == HS_OK)
		res_info(r, "Peer authenticated using %u bytes HMAC", a->digest_byte);
	else
		res_err(r, "Authentication of peer failed%s", hs == HS_TRY_AGAIN ? ", trying again." : "");
free:
	drbd_tfm_put(&tfm);
	kfree(a);
	return hs;
}

void drbd_send_volume(struct drbd_device *dev)
{
	union drbd_state s;
	unsigned long flags;

	drbd_send_sync_param(dev);
	drbd_send_sizes(dev, false, 0);
	drbd_send_uuids(dev, 0);
	spin_lock_irqsave(&dev->res->lock, flags);
	s = dev->vs.state;
	spin_unlock_irqrestore(&dev->res->lock, flags);
	drbd_send_state(dev, s);
}

static void begin_volumes(struct drbd_resource *r)
{
	struct drbd_device *dev;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_conn_state_sent(&r->cs);
	drbd_for_each_dev(dev, r) {
		if (r->net.discard_my_data)
			dev->vs.flags |= VF_DISCARD_MY_DATA;
		drbd_req_vol_connected(&dev->rv);
		memset(&dev->xfer_in, 0, sizeof(dev->xfer_in));
	}
	spin_unlock_irqrestore(&r->lock, flags);
}

/* Requests of the peer are over, the worker is idle and the sender holds none. */
static void wait_idle(struct drbd_resource *r)
{
	unsigned long flags;
	bool idle;
	u32 seen;

	do {
		seen = drbd_events(r);
		drbd_end_written(r);
		drbd_send_acks(r);
		spin_lock_irqsave(&r->lock, flags);
		idle = !r->active_peers && list_empty(&r->works) && !r->worker_busy && !r->sender_busy;
		spin_unlock_irqrestore(&r->lock, flags);
		if (!idle) {
			wake_up_process(r->worker);
			drbd_wait(r, seen, 200);
		}
	} while (!idle);
}

static enum drbd_hs do_parameters(struct drbd_resource *r)
{
	struct drbd_change ch = { 0, 0, CS_VERBOSE };
	struct drbd_device *dev;
	u32 i;

	if (drbd_send_protocol(r, false))
		return HS_GIVE_UP;
	wait_idle(r);			/* a new generation may be due: the peer has to hear of it */
	mutex_lock(&r->state_mutex);	/* changes that are under way end first */
	begin_volumes(r);
	mutex_unlock(&r->state_mutex);
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		drbd_send_volume(dev);
		drbd_device_put(dev);
	}
	r->net.discard_my_data = 0;
	r->data.sock->sk->sk_sndtimeo = jiffies_of(r->net.timeout);
	r->data.sock->sk->sk_rcvtimeo = MAX_SCHEDULE_TIMEOUT;
	r->meta.sock->sk->sk_sndtimeo = jiffies_of(r->net.timeout);
	ch.mask = DS_CONN(C_MASK);
	ch.val = DS_CONN(C_WF_REPORT_PARAMS);
	return drbd_change_conn(r, &ch) >= SS_SUCCESS ? HS_OK : HS_TRY_AGAIN;
}

static enum drbd_hs handshake(struct drbd_resource *r)
{
	enum drbd_hs hs;

	r->established = true;
	hs = do_features(r);
	if (hs == HS_OK)
		hs = do_auth(r);
	if (hs == HS_OK)
		hs = do_parameters(r);
	return hs;
}

/* --- the receiver --------------------------------------------------------------------------------------------------------------------------------- */

static void start_acker(struct drbd_resource *r)
{
	struct task_struct *t = kthread_create(drbd_acker, r, "drbd_a_%.8s", r->name);

	if (IS_ERR(t)) {
		drbd_conn_fail(r, C_NETWORK_FAILURE, "no thread for acknowledgements");
		return;
	}
	get_task_struct(t);
	r->acker = t;
	wake_up_process(t);
}

static void stop_acker(struct drbd_resource *r)
{
	if (!r->acker)
		return;
	send_sig(DRBD_SIGNAL, r->acker, 1);
	kthread_stop(r->acker);
	put_task_struct(r->acker);
	r->acker = NULL;
}

static void close_sockets(struct drbd_resource *r)
{
	struct drbd_socket *s[2] = { &r->data, &r->meta };
	struct socket *sock;
	unsigned long flags;
	int i;

	for (i = 0; i < 2; i++)
		if (s[i]->sock)
			kernel_sock_shutdown(s[i]->sock, SHUT_RDWR);	/* who sends is woken */
	stop_acker(r);
	for (i = 0; i < 2; i++) {
		mutex_lock(&s[i]->mutex);
		spin_lock_irqsave(&r->lock, flags);
		sock = s[i]->sock;
		s[i]->sock = NULL;
		spin_unlock_irqrestore(&r->lock, flags);
		if (sock)
			sock_release(sock);
		mutex_unlock(&s[i]->mutex);
	}
}

static void reset_connection(struct drbd_resource *r)
{
	struct drbd_device *dev;
	struct drbd_epoch *e;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_tl_sender_reset(&r->tl);
	drbd_for_each_dev(dev, r) {
		drbd_rs_cancel_all(&dev->ext);
		dev->rs_pending = dev->rs_sect_in = dev->unacked = 0;
		dev->rs_finishing = false;
		if (dev->bitmap_due) {
			dev->bitmap_due = false;
			drbd_req_release(&dev->rv);
		}
	}
	drbd_epochs_reset(&r->es);
	while ((e = drbd_epochs_reap(&r->es)))
		kfree(e);
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
}

/* What the lost connection left in core goes to disk; new_uuid: what was frozen can not all be sent again. */
static void save_volume(struct drbd_device *dev, bool new_uuid)
{
	unsigned long flags;

	if (!drbd_disk_get(dev, D_ATTACHING))
		return;
	if (new_uuid) {
		spin_lock_irqsave(&dev->res->lock, flags);
		if (drbd_pending_new_uuid(&dev->vs, drbd_random()))
			drbd_md_dirty_locked(dev);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	drbd_md_write_if_dirty(dev);
	drbd_bm_write(dev, false);
	drbd_disk_put(dev);
}

static void cleanup(struct drbd_resource *r)
{
	struct drbd_change next;
	struct drbd_device *dev;
	unsigned long flags;
	bool clear_log, fence;
	u32 i;

	spin_lock_irqsave(&r->lock, flags);
	r->closing = true;
	r->conn_gen++;
	drbd_wake(r);
	spin_unlock_irqrestore(&r->lock, flags);
	flush_signals(current);
	close_sockets(r);
	wait_idle(r);
	r->established = false;
	reset_connection(r);
	spin_lock_irqsave(&r->lock, flags);
	drbd_conn_cleanup(&r->cs, &clear_log, &fence, &next);
	spin_unlock_irqrestore(&r->lock, flags);
	r->marked_oos = false;
	drbd_tell_log(r, NULL, clear_log ? RQE_CONN_LOST : RQE_CONN_LOST_FROZEN);
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		save_volume(dev, !clear_log && r->marked_oos);
		drbd_device_put(dev);
	}
	if (fence)
		drbd_fence_async(r);
	spin_lock_irqsave(&r->lock, flags);
	r->closing = false;
	if (next.mask)
		drbd_change_conn_locked(r, &next);
	r->closing = false;	/* what that change asked for is being done */
	spin_unlock_irqrestore(&r->lock, flags);
	flush_signals(current);
}

/* One connection from Unconnected to its end. */
static void connect_once(struct drbd_resource *r)
{
	struct drbd_change ch = { 0, 0, CS_VERBOSE };
	enum drbd_hs hs;
	int got;

	ch.mask = DS_CONN(C_MASK);
	ch.val = DS_CONN(C_WF_CONNECTION);
	if (drbd_change_conn(r, &ch) < SS_SUCCESS)
		return;
	do {
		r->cs.apv = 80;
		got = make_sockets(r);
		if (got < 0) {
			drbd_conn_fail(r, C_DISCONNECTING, "no socket");
			return;
		}
		if (!got)
			return;
		hs = handshake(r);
		if (hs == HS_GIVE_UP) {
			drbd_conn_fail(r, C_DISCONNECTING, "handshake failed");
			return;
		}
		if (hs == HS_OK)
			break;
		if (r->cs.cstate >= C_WF_REPORT_PARAMS) {
			drbd_conn_fail(r, C_NETWORK_FAILURE, "handshake");
			return;
		}
		r->established = false;
		close_sockets(r);
		pause_ms(r, RETRY_MS);
	} while (!r->closing);
	if (r->closing)
		return;
	start_acker(r);
	drbd_recv_loop(r);
}

static int receiver(void *arg)
{
	struct drbd_resource *r = arg;
	unsigned long flags;
	bool again;

	allow_signal(DRBD_SIGNAL);
	res_info(r, "receiver (re)started");
	do {
		connect_once(r);
		cleanup(r);
		spin_lock_irqsave(&r->lock, flags);
		again = r->cs.cstate == C_UNCONNECTED;
		if (!again) {
			r->receiver = NULL;
			drbd_wake(r);
		}
		spin_unlock_irqrestore(&r->lock, flags);
	} while (again);
	res_info(r, "receiver terminated");
	drbd_resource_put(r);
	return 0;
}

void drbd_receiver_start(struct drbd_resource *r)
{
	struct task_struct *t;
	unsigned long flags;
	bool running;

	spin_lock_irqsave(&r->lock, flags);
	running = r->receiver != NULL || r->cs.cstate != C_UNCONNECTED;
	spin_unlock_irqrestore(&r->lock, flags);
	if (running)
		return;
	t = kthread_create(receiver, r, "drbd_r_%.8s", r->name);
	if (IS_ERR(t)) {
		res_err(r, "no thread for the receiver");
		return;
	}
	drbd_resource_get(r);
	spin_lock_irqsave(&r->lock, flags);
	r->receiver = t;
	r->closing = false;
	spin_unlock_irqrestore(&r->lock, flags);
	wake_up_process(t);
}
