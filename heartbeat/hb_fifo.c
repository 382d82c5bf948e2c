/* SPDX-License-Identifier: GPL-2.0-only */
/* The fifo. Writers that cut into each other spoil their own messages, never the next one. */
#include "heartbeat/hb_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

static void take_messages(struct hb_fifo *fifo)
{
	char *start, *end, *inner;
	struct hb_msg msg;
	const char *why;

	while ((end = memmem(fifo->in, fifo->len, "<<<\n", 4))) {
		end += 4;
		/* of two starts before one end the first writer's message is spoilt */
		for (start = NULL, inner = fifo->in; (inner = memmem(inner, end - inner, ">>>\n", 4)); inner += 4)
			start = inner;
		if (!start || hb_msg_read(&msg, start, end - start, NULL, &why)) {
			log_err("NV failure (msgfromsteam): a message in the fifo is damaged");
		} else {
			fifo->message(fifo->arg, &msg);
			hb_msg_free(&msg);
		}
		fifo->len -= end - fifo->in;
		memmove(fifo->in, end, fifo->len);
	}
	if (fifo->len == sizeof(fifo->in))
		fifo->len = 0;
}

static void fifo_readable(struct ev *ev, void *arg)
{
	struct hb_fifo *fifo = arg;
	ssize_t n = read(ev->fd, fifo->in + fifo->len, sizeof(fifo->in) - fifo->len);

	if (n <= 0)
		return;
	fifo->len += (size_t)n;
	take_messages(fifo);
}

int hb_fifo_open(struct hb_fifo *fifo, struct ev_loop *loop, const char *path, void (*message)(void *arg, struct hb_msg *msg), void *arg)
{
	int err;

	memset(fifo, 0, sizeof(*fifo));
	fifo->message = message;
	fifo->arg = arg;
	unlink(path);
	/* open for writing too: it never ends when the last writer leaves */
	if (mkfifo(path, 0600) || (fifo->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
		err = -errno;
		log_err("cannot open the fifo %s: %m", path);
		return err;
	}
	return ev_add(loop, &fifo->ev, fifo->fd, EV_READ, fifo_readable, fifo);
}

void hb_fifo_close(struct hb_fifo *fifo)
{
	ev_del(&fifo->ev);
	close(fifo->fd);
}
