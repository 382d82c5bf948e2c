/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends requests to the kernel's IPVS and collects its answers. What they mean is ipvs_msg.c's.
 *
 * Requests to change are laid end to end in one buffer and sent at once. The kernel works through them before the send
 * returns; it answers each that failed, and the last one in any case because that one alone asks for an
 * acknowledgement. So all answers are there to be read when the send is done, and none is ever waited for.
 */
#include "ipvs/ipvs_nl.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "ipvs/ipvs_msg.h"
#include "ipvs/ipvs_proto.h"

enum {
	BATCH_MAX = 64, /* requests; every answer to them, at 2.3 KiB of kernel memory, must fit the receive buffer */
	BATCH_BYTE = 16 << 10,
	/* More than net.core.rmem_max is cut to that, which nowhere is below 106 KiB; the kernel doubles it. */
	RECV_BUFFER_BYTE = 256 << 10,
	SEND_BUFFER_BYTE = 64 << 10,
	ANSWER_BYTE = 32 << 10, /* the kernel puts no more into one message of a dump */
};

struct ipvs_nl {
	struct nl_sock *sock;
	int family;
	uint32_t seq;
	ipvs_nl_done_fn done;
	void *done_arg;
	unsigned int queued;
	size_t batch_byte;
	size_t last_byte; /* where in batch the last request starts */
	/* what follows is not cleared at the start: memory that is never used is never there */
	struct {
		struct ipvs_change change;
		unsigned long tag;
		int err;
	} queue[BATCH_MAX];
	char batch[BATCH_BYTE] __attribute__((aligned(NLMSG_ALIGNTO)));
	char answer[ANSWER_BYTE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* libnl's own error numbers say less than the errnos they were made from; few can come from open. */
static int open_error(int nl_err)
{
	switch (-nl_err) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_AF_NOSUPPORT:
		return -EAFNOSUPPORT;
	default:
		return -EIO;
	}
}

int ipvs_nl_open(struct ipvs_nl **out)
{
	struct ipvs_nl *nl = malloc(sizeof(*nl));
	int err = -ENOMEM;

	if (!nl)
		return -ENOMEM;
	memset(nl, 0, offsetof(struct ipvs_nl, queue));
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		goto free_nl;
	err = genl_connect(nl->sock);
	if (err < 0) {
		err = open_error(err);
		goto free_sock;
	}
	nl->family = genl_ctrl_resolve(nl->sock, IPVS_FAMILY_NAME);
	if (nl->family < 0) {
		err = open_error(nl->family);
		goto free_sock;
	}
	nl_socket_set_buffer_size(nl->sock, RECV_BUFFER_BYTE, SEND_BUFFER_BYTE);
	err = nl_socket_set_nonblocking(nl->sock) < 0 ? -EIO : 0;
	if (err)
		goto free_sock;
	*out = nl;
	return 0;

free_sock:
	nl_socket_free(nl->sock);
free_nl:
	free(nl);
	return err;
}

void ipvs_nl_close(struct ipvs_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl);
}

int ipvs_nl_load_module(void)
{
	char modprobe[] = "/sbin/modprobe", dashes[] = "--", module[] = "ip_vs";
	char *argv[] = {modprobe, dashes, module, NULL};
	int status;
	pid_t pid;

	if (posix_spawn(&pid, modprobe, NULL, NULL, argv, environ))
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One datagram of answers, in nl->answer. Bytes, or -errno; never 0. nl_recv would allocate and free for each. */
static int receive(struct ipvs_nl *nl)
{
	struct sockaddr_nl from;
	socklen_t from_byte;
	ssize_t n;

	do {
		from_byte = sizeof(from);
		n = recvfrom(nl_socket_get_fd(nl->sock), nl->answer, sizeof(nl->answer), MSG_TRUNC,
			     (struct sockaddr *)&from, &from_byte);
	} while ((n < 0 && errno == EINTR) || (n > 0 && from.nl_pid != 0)); /* from another process: not for us */
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOBUFS; /* an answer that should be there was dropped */
	return n > (ssize_t)sizeof(nl->answer) ? -EMSGSIZE : (int)n;
}

/* The error of an NLMSG_ERROR: 0 is an acknowledgement. */
static int error_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);

	return nlh->nlmsg_len < (uint32_t)nlmsg_size(sizeof(*e)) ? -EBADMSG : e->error;
}

static int send_bytes(struct ipvs_nl *nl, void *bytes, size_t byte)
{
	errno = 0;
	if (nl_sendto(nl->sock, bytes, byte) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

/* Notes the answers to the requests first_seq.. of the queue. 0 when the last was answered, else -errno. */
static int read_acks(struct ipvs_nl *nl, uint32_t first_seq)
{
	struct nlmsghdr *nlh;
	bool last_seen = false;
	uint32_t slot;
	int left, err = 0;

	while (!last_seen && !err) {
		left = receive(nl);
		if (left < 0)
			return left;
		for (nlh = (struct nlmsghdr *)nl->answer; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
			slot = nlh->nlmsg_seq - first_seq;
			if (nlh->nlmsg_type != NLMSG_ERROR || slot >= nl->queued)
				continue;
			nl->queue[slot].err = error_of(nlh);
			if (slot == nl->queued - 1)
				last_seen = true;
		}
	}
	return err;
}

void ipvs_nl_flush(struct ipvs_nl *nl)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(nl->batch + nl->last_byte);
	unsigned int i, n = nl->queued;
	int err;

	if (!n)
		return;
	last->nlmsg_flags |= NLM_F_ACK;
	err = send_bytes(nl, nl->batch, nl->batch_byte);
	if (!err)
		err = read_acks(nl, nl->seq - n + 1);
	nl->queued = 0;
	nl->batch_byte = 0;
	for (i = 0; i < n; i++) /* an answer that was lost may have been anyone's */
		nl->done(&nl->queue[i].change, nl->queue[i].tag, nl->queue[i].err ? nl->queue[i].err : err, nl->done_arg);
}

void ipvs_nl_on_done(struct ipvs_nl *nl, ipvs_nl_done_fn done, void *arg)
{
	nl->done = done;
	nl->done_arg = arg;
}

/* Appends the request to the batch, which has room for it. 0 or -errno. */
static int append(struct ipvs_nl *nl, const struct ipvs_change *change)
{
	struct nl_msg *msg = nlmsg_alloc_size(IPVS_MSG_MAX_BYTE);
	struct nlmsghdr *nlh;
	int err;

	if (!msg)
		return -ENOMEM;
	err = ipvs_msg_change(msg, nl->family, nl->seq + 1, change);
	if (!err) {
		nl_complete_msg(nl->sock, msg);
		nlh = nlmsg_hdr(msg);
		nlh->nlmsg_flags &= ~NLM_F_ACK; /* asked for by the last one alone */
		nl->last_byte = nl->batch_byte;
		memcpy(nl->batch + nl->batch_byte, nlh, nlh->nlmsg_len);
		nl->batch_byte += NLMSG_ALIGN(nlh->nlmsg_len);
		nl->seq++;
	}
	nlmsg_free(msg);
	return err;
}

void ipvs_nl_queue(struct ipvs_nl *nl, const struct ipvs_change *change, unsigned long tag)
{
	int err = append(nl, change);

	if (err) {
		ipvs_nl_flush(nl);
		nl->done(change, tag, err, nl->done_arg);
		return;
	}
	nl->queue[nl->queued].change = *change;
	nl->queue[nl->queued].tag = tag;
	nl->queue[nl->queued++].err = 0;
	if (nl->queued == BATCH_MAX || nl->batch_byte + IPVS_MSG_MAX_BYTE > BATCH_BYTE)
		ipvs_nl_flush(nl);
}

static void note_error(const struct ipvs_change *change, unsigned long tag, int err, void *arg)
{
	(void)change;
	(void)tag;
	*(int *)arg = err;
}

int ipvs_nl_change(struct ipvs_nl *nl, const struct ipvs_change *change)
{
	ipvs_nl_done_fn done = nl->done;
	void *arg = nl->done_arg;
	int err = 0;

	ipvs_nl_flush(nl);
	ipvs_nl_on_done(nl, note_error, &err);
	ipvs_nl_queue(nl, change, 0);
	ipvs_nl_flush(nl);
	ipvs_nl_on_done(nl, done, arg);
	return err;
}

/* Given each answer to a query; 0 or -errno. */
typedef int (*answer_fn)(const struct nlmsghdr *nlh, void *arg);

static int send_query(struct ipvs_nl *nl, enum ipvs_query query, const struct ipvs_service *svc)
{
	struct nl_msg *msg;
	int err;

	ipvs_nl_flush(nl);
	msg = nlmsg_alloc_size(IPVS_MSG_MAX_BYTE);
	if (!msg)
		return -ENOMEM;
	err = ipvs_msg_query(msg, nl->family, ++nl->seq, query, svc);
	if (!err) {
		nl_complete_msg(nl->sock, msg);
		if (!(nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP))
			nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
		err = send_bytes(nl, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	}
	nlmsg_free(msg);
	return err;
}

/* Every answer is read to its end, after a bad one too, so that the socket is clean for the next request. */
static int query(struct ipvs_nl *nl, enum ipvs_query what, const struct ipvs_service *svc, answer_fn answer, void *arg)
{
	struct nlmsghdr *nlh;
	bool over = false;
	int left, err = send_query(nl, what, svc);

	if (err)
		return err;
	while (!over) {
		left = receive(nl);
		if (left < 0)
			return left;
		for (nlh = (struct nlmsghdr *)nl->answer; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
			if (nlh->nlmsg_seq != nl->seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				over = true;
			if (nlh->nlmsg_type == NLMSG_ERROR && !err)
				err = error_of(nlh);
			if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && !err)
				err = (*answer)(nlh, arg);
		}
	}
	return err;
}

static int info_answer(const struct nlmsghdr *nlh, void *arg)
{
	return ipvs_msg_info(nlh, arg);
}

int ipvs_nl_info(struct ipvs_nl *nl, struct ipvs_info *info)
{
	return query(nl, IPVS_Q_INFO, NULL, info_answer, info);
}

static int timeouts_answer(const struct nlmsghdr *nlh, void *arg)
{
	return ipvs_msg_timeouts(nlh, arg);
}

int ipvs_nl_timeouts(struct ipvs_nl *nl, struct ipvs_timeouts *timeouts)
{
	return query(nl, IPVS_Q_TIMEOUTS, NULL, timeouts_answer, timeouts);
}

static int service_answer(const struct nlmsghdr *nlh, void *arg)
{
	return ipvs_msg_service(nlh, arg);
}

int ipvs_nl_service(struct ipvs_nl *nl, const struct ipvs_service *id, struct ipvs_service *svc)
{
	return query(nl, IPVS_Q_SERVICE, id, service_answer, svc);
}

struct daemons {
	struct ipvs_daemon daemon[2];
	size_t n;
};

static int daemon_answer(const struct nlmsghdr *nlh, void *arg)
{
	struct daemons *d = arg;
	int err;

	if (d->n == 2)
		return -EBADMSG;
	err = ipvs_msg_daemon(nlh, &d->daemon[d->n]);
	d->n += !err;
	return err;
}

int ipvs_nl_daemons(struct ipvs_nl *nl, struct ipvs_daemon daemon[2], size_t *daemons)
{
	struct daemons d = {.n = 0};
	int err = query(nl, IPVS_Q_DAEMONS, NULL, daemon_answer, &d);

	if (err)
		return err;
	memcpy(daemon, d.daemon, sizeof(d.daemon));
	*daemons = d.n;
	return 0;
}

/* A growing array of rows of one size. */
struct rows {
	char *row;
	size_t n, room, row_byte;
	uint16_t svc_af;
};

static void *next_row(struct rows *rows)
{
	size_t room = rows->room ? rows->room * 2 : 16;
	char *row;

	if (rows->n == rows->room) {
		row = realloc(rows->row, room * rows->row_byte);
		if (!row)
			return NULL;
		rows->row = row;
		rows->room = room;
	}
	return rows->row + rows->n * rows->row_byte;
}

static int services_answer(const struct nlmsghdr *nlh, void *arg)
{
	struct rows *rows = arg;
	struct ipvs_service *svc = next_row(rows);
	int err = svc ? ipvs_msg_service(nlh, svc) : -ENOMEM;

	rows->n += !err;
	return err;
}

int ipvs_nl_services(struct ipvs_nl *nl, struct ipvs_service **svc, size_t *services)
{
	struct rows rows = {.row_byte = sizeof(**svc)};
	int err = query(nl, IPVS_Q_SERVICES, NULL, services_answer, &rows);

	if (err) {
		free(rows.row);
		return err;
	}
	*svc = (struct ipvs_service *)rows.row;
	*services = rows.n;
	return 0;
}

static int dests_answer(const struct nlmsghdr *nlh, void *arg)
{
	struct rows *rows = arg;
	struct ipvs_dest *dest = next_row(rows);
	int err = dest ? ipvs_msg_dest(nlh, rows->svc_af, dest) : -ENOMEM;

	rows->n += !err;
	return err;
}

int ipvs_nl_dests(struct ipvs_nl *nl, const struct ipvs_service *id, struct ipvs_dest **dest, size_t *dests)
{
	struct rows rows = {.row_byte = sizeof(**dest), .svc_af = id->af};
	int err = query(nl, IPVS_Q_DESTS, id, dests_answer, &rows);

	if (err) {
		free(rows.row);
		return err;
	}
	*dest = (struct ipvs_dest *)rows.row;
	*dests = rows.n;
	return 0;
}
