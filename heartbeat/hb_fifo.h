/* SPDX-License-Identifier: GPL-2.0-only */
/* /var/lib/heartbeat/fifo: messages of scripts (heartbeat.md 3.3). */
#ifndef HEARTBEAT_HB_FIFO_H
#define HEARTBEAT_HB_FIFO_H

#include "heartbeat/hb_msg.h"
#include "lib/ev.h"

enum { HB_FIFO_BYTE = 8192 };

struct hb_fifo {
	struct ev ev;
	int fd;
	char in[HB_FIFO_BYTE];
	size_t len;
	void (*message)(void *arg, struct hb_msg *msg);
	void *arg;
};

/* Makes the fifo anew and reads it. 0 or -errno, logged. */
int hb_fifo_open(struct hb_fifo *fifo, struct ev_loop *loop, const char *path, void (*message)(void *arg, struct hb_msg *msg), void *arg);
void hb_fifo_close(struct hb_fifo *fifo);

#endif
