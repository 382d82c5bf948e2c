/* SPDX-License-Identifier: GPL-2.0-only */
/* Framed messages on a local socket; see the header. */
#include "heartbeat/hb_ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/fault.h"

struct head {
	int32_t len;
	uint32_t mark;
};

void hb_ipc_init(struct hb_ipc *ipc, int fd)
{
	memset(ipc, 0, sizeof(*ipc));
	ipc->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int hb_ipc_connect(struct hb_ipc *ipc, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), err;

	if (fd < 0)
		return -errno;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		err = -errno;
		close(fd);
		return err;
	}
	hb_ipc_init(ipc, fd);
	return 0;
}

void hb_ipc_close(struct hb_ipc *ipc)
{
	if (ipc->fd >= 0)
		close(ipc->fd);
	ipc->fd = -1;
	free(ipc->in);
	free(ipc->out);
	ipc->in = ipc->out = NULL;
	ipc->in_len = ipc->in_size = ipc->out_len = ipc->out_size = 0;
}

/* Makes room for more bytes behind len. */
static int make_room(char **buf, size_t len, size_t *size, size_t more, size_t max)
{
	size_t want = *size ? *size : 1024;
	char *bigger;

	if (len + more > max)
		return -ENOBUFS;
	while (want < len + more)
		want *= 2;
	if (want == *size)
		return 0;
	bigger = realloc(*buf, want);
	if (!bigger)
		return -ENOMEM;
	*buf = bigger;
	*size = want;
	return 0;
}

int hb_ipc_flush(struct hb_ipc *ipc, bool *left)
{
	ssize_t n;

	while (ipc->out_len) {
		n = send(ipc->fd, ipc->out, ipc->out_len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n < 0)
			break;
		ipc->out_len -= (size_t)n;
		memmove(ipc->out, ipc->out + n, ipc->out_len);
	}
	*left = ipc->out_len != 0;
	return 0;
}

int hb_ipc_send(struct hb_ipc *ipc, const struct hb_msg *msg)
{
	struct head head = { .mark = HB_IPC_MARK };
	size_t len;
	char *wire;
	bool left;
	int err;

	if (ipc->fd < 0)
		return -EPIPE;
	err = hb_msg_write(msg, HB_FRAME_CLASSIC, NULL, &wire, &len);
	if (err)
		return err;
	head.len = (int32_t)len;
	err = make_room(&ipc->out, ipc->out_len, &ipc->out_size, sizeof(head) + len, HB_MAX_IPC_QUEUE_BYTE);
	if (!err) {
		memcpy(ipc->out + ipc->out_len, &head, sizeof(head));
		memcpy(ipc->out + ipc->out_len + sizeof(head), wire, len);
		ipc->out_len += sizeof(head) + len;
		err = hb_ipc_flush(ipc, &left);
	}
	free(wire);
	return err;
}

int hb_ipc_fill(struct hb_ipc *ipc)
{
	ssize_t n;
	int err;

	err = make_room(&ipc->in, ipc->in_len, &ipc->in_size, 1024, HB_MAX_IPC_BYTE + 2048);
	if (err)
		return err;
	n = recv(ipc->fd, ipc->in + ipc->in_len, ipc->in_size - ipc->in_len, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -EPIPE;
	ipc->in_len += (size_t)n;
	return 0;
}

int hb_ipc_next(struct hb_ipc *ipc, struct hb_msg *msg)
{
	struct head head;
	const char *why;
	size_t whole;
	int err;

	if (ipc->in_len < sizeof(head))
		return -EAGAIN;
	memcpy(&head, ipc->in, sizeof(head));
	if (head.mark != HB_IPC_MARK || head.len <= 0 || head.len > HB_MAX_IPC_BYTE)
		return -EBADMSG;
	whole = sizeof(head) + (size_t)head.len;
	if (ipc->in_len < whole)
		return -EAGAIN;
	err = hb_msg_read(msg, ipc->in + sizeof(head), (size_t)head.len, NULL, &why);
	ipc->in_len -= whole;
	memmove(ipc->in, ipc->in + whole, ipc->in_len);
	return err ? -EBADMSG : 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int hb_ipc_wait(struct hb_ipc *ipc, struct hb_msg *msg, int timeout_ms)
{
	struct pollfd p = { .fd = ipc->fd, .events = POLLIN };
	int64_t end_ms = now_ms() + timeout_ms, left_ms;
	int err;

	for (;;) {
		err = hb_ipc_next(ipc, msg);
		if (err != -EAGAIN)
			return err;
		left_ms = end_ms - now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left_ms) > 0) {
			err = hb_ipc_fill(ipc);
			if (err && err != -EAGAIN)
				return err;
		}
	}
}
