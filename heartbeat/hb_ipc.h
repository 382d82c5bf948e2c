/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages on a local stream socket: a length and a mark, both in host order, then the unsigned classic text with its NUL
 * (heartbeat.md 3.4). Server and clients use the same.
 */
#ifndef HEARTBEAT_HB_IPC_H
#define HEARTBEAT_HB_IPC_H

#include "heartbeat/hb_msg.h"

#define HB_REGISTER_PATH "/var/run/heartbeat/register"

enum { HB_IPC_MARK = 0xabcd, HB_MAX_IPC_BYTE = 256 << 10, HB_MAX_IPC_QUEUE_BYTE = 1 << 20 };

struct hb_ipc {
	int fd; /* -1: closed */
	char *in, *out;
	size_t in_len, in_size, out_len, out_size;
};

void hb_ipc_init(struct hb_ipc *ipc, int fd);
/* Connects to a socket of that path. 0 or -errno. */
int hb_ipc_connect(struct hb_ipc *ipc, const char *path);
void hb_ipc_close(struct hb_ipc *ipc);

/* Queues a message and writes what can be written at once. 0, -ENOBUFS (more than the queue holds), -EPIPE or -errno. */
int hb_ipc_send(struct hb_ipc *ipc, const struct hb_msg *msg);
/* Writes more of the queue; *left says whether something is left. 0 or -errno. */
int hb_ipc_flush(struct hb_ipc *ipc, bool *left);

/* Reads what has come. 0, -EAGAIN (nothing), -EPIPE (the end) or -errno. */
int hb_ipc_fill(struct hb_ipc *ipc);
/* Takes the next whole message from what was read: 0, -EAGAIN (none) or -EBADMSG (the stream is no use any more). */
int hb_ipc_next(struct hb_ipc *ipc, struct hb_msg *msg);
/* Waits for a message, at most timeout_ms: 0, -ETIMEDOUT or as above. */
int hb_ipc_wait(struct hb_ipc *ipc, struct hb_msg *msg, int timeout_ms);

#endif
