/* SPDX-License-Identifier: GPL-2.0-only */
/* The client's side of ha_logd. It never waits: what does not fit into the socket is counted, and the count is told. */
#include "heartbeat/hb_logd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "heartbeat/hb_ipc.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { LD_LOGIT = 2, ENTITY_BYTE = 64, OLD_ENTITY_BYTE = 32, TIME_BYTE = 8 };

/* cluster-glue before 1.0.6 (EL 6), whose entity is shorter, is told by its library */
#define OLD_GLUE LIBDIR "/libplumb.so.2.0.0"

static struct {
	const char *entity;
	int facility, fd;
	size_t entity_byte;
	time_t again; /* not tried before */
	int64_t retry_s;
	unsigned int dropped;
} to = { .fd = -1 };

static bool is_connected(time_t now)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = HB_LOGD_PATH };

	/* a clock that was set back does not make it wait */
	if (to.fd >= 0 || (now < to.again && to.again - now <= to.retry_s))
		return to.fd >= 0;
	to.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (to.fd >= 0 && !connect(to.fd, (struct sockaddr *)&addr, sizeof(addr)))
		return true;
	if (to.fd >= 0)
		close(to.fd);
	to.fd = -1;
	to.again = now + to.retry_s;
	return false;
}

/* 0, -EAGAIN (no room) or -errno: the connection is of no use any more. */
static int send_message(int level, time_t now, const char *text)
{
	const int32_t text_byte = (int32_t)strlen(text) + 1;
	const int32_t body_byte = 6 * 4 + (int32_t)to.entity_byte + TIME_BYTE + text_byte;
	const int32_t head[] = { body_byte, HB_IPC_MARK, LD_LOGIT, to.facility, level, text_byte, true, getpid() };
	char buf[sizeof(head) + ENTITY_BYTE + TIME_BYTE + LOG_MAX_LINE_BYTE] = "";
	char *entity = buf + sizeof(head), *when = entity + to.entity_byte;
	const ssize_t all = (ssize_t)sizeof(int32_t) * 2 + body_byte;
	const int64_t seconds = now;
	ssize_t n;

	memcpy(buf, head, sizeof(head));
	snprintf(entity, to.entity_byte, "%s", to.entity);
	memcpy(when, &seconds, TIME_BYTE);
	memcpy(when + TIME_BYTE, text, (size_t)text_byte);
	n = send(to.fd, buf, (size_t)all, MSG_NOSIGNAL);
	if (n == all)
		return 0;
	/* part of a message is the end of the stream */
	return n < 0 ? -errno : -EPIPE;
}

bool hb_logd_take(int level, time_t now, const char *msg, void *arg)
{
	char lost[64];
	int err;

	(void)arg;
	if (!is_connected(now))
		return false;
	snprintf(lost, sizeof(lost), "cl_log: %u messages were dropped", to.dropped);
	if (to.dropped && !send_message(LOG_ERR, now, lost))
		to.dropped = 0;
	err = send_message(level, now, msg);
	if (err == -EAGAIN)
		to.dropped++;
	if (!err || err == -EAGAIN)
		return true;
	close(to.fd);
	to.fd = -1;
	to.again = now + to.retry_s;
	return false;
}

bool hb_logd_use(const char *entity, int facility, int64_t retry_s)
{
	to.entity = entity;
	to.facility = facility;
	to.retry_s = retry_s;
	to.again = 0;
	to.entity_byte = access(OLD_GLUE, F_OK) ? ENTITY_BYTE : OLD_ENTITY_BYTE;
	return is_connected(time(NULL));
}
