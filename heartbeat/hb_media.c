/* SPDX-License-Identifier: GPL-2.0-only */
/* What all media share, and the sockets of those on UDP. */
#include "heartbeat/hb_media.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

enum { MAX_DATAGRAM_BYTE = 65536, MAX_BATCH = 64, RCVBUF_BYTE = 256 << 10 };

static const struct hb_media_ops *const kinds[] = {
	[HA_BCAST] = &hb_bcast_ops, [HA_UCAST] = &hb_ucast_ops,	  [HA_UCAST6] = &hb_ucast_ops,
	[HA_MCAST] = &hb_mcast_ops, [HA_MCAST6] = &hb_mcast_ops,  [HA_SERIAL] = &hb_serial_ops,
	[HA_PING] = &hb_ping_ops,   [HA_PING6] = &hb_ping_ops,	  [HA_PING_GROUP] = &hb_ping_ops,
};

int hb_media_open(struct hb_media *media, const struct ha_cf *cf, hb_packet_fn packet, void *arg)
{
	int i, one, err = 0;

	memset(media, 0, sizeof(*media));
	media->packet = packet;
	media->arg = arg;
	for (i = 0; i < cf->medias; i++) {
		struct hb_medium *m = &media->medium[media->count++];

		m->conf = &cf->media[i];
		m->media = media;
		m->fd = m->send_fd = -1;
		one = kinds[m->conf->kind]->open(m);
		if (one)
			err = one;
	}
	return err;
}

static void on_readable(struct ev *ev, void *arg)
{
	struct hb_medium *m = arg;

	(void)ev;
	kinds[m->conf->kind]->readable(m);
}

int hb_media_watch(struct hb_media *media, struct ev_loop *loop)
{
	int i, err;

	media->loop = loop;
	for (i = 0; i < media->count; i++) {
		struct hb_medium *m = &media->medium[i];

		err = m->fd >= 0 && kinds[m->conf->kind]->started ? kinds[m->conf->kind]->started(m) : 0;
		if (err)
			return err;
		err = m->fd < 0 ? 0 : ev_add(loop, &m->ev, m->fd, EV_READ, on_readable, m);
		if (err)
			return err;
		log_info("%s heartbeat started on port %d interface %s", kinds[m->conf->kind]->title, m->conf->port, m->conf->dev);
	}
	return 0;
}

void hb_media_close(struct hb_media *media)
{
	int i;

	for (i = 0; i < media->count; i++) {
		struct hb_medium *m = &media->medium[i];

		ev_del(&m->ev);
		if (m->fd >= 0 && kinds[m->conf->kind]->closing)
			kinds[m->conf->kind]->closing(m);
		if (m->fd >= 0)
			close(m->fd);
		if (m->send_fd >= 0 && m->send_fd != m->fd)
			close(m->send_fd);
		m->fd = m->send_fd = -1;
		free(m->serial);
		m->serial = NULL;
	}
	media->count = 0;
}

/* A medium that fails is not given up: cables come back. It is only not talked about for ever. */
static void note_result(struct hb_medium *m, int err, size_t len)
{
	const struct hb_media_ops *ops = kinds[m->conf->kind];

	if (!err) {
		m->write_errors = 0;
		return;
	}
	if (m->write_errors++ < HB_MAX_WRITE_ERRORS)
		log_err("Unable to send %s packet %s port %d len=%zu [-1]: %s", ops->name, m->conf->dev, m->conf->port, len, strerror(-err));
	else if (m->write_errors == HB_MAX_WRITE_ERRORS + 1) {
		log_err("Temporarily Suppressing write error messages");
		log_err("Is a cable unplugged on %s %s?", ops->name, m->conf->dev);
	}
}

static bool is_ping(const struct hb_medium *m)
{
	return m->conf->kind >= HA_PING;
}

static void send_on(struct hb_medium *m, const char *wire, size_t len)
{
	if (m->fd >= 0)
		note_result(m, kinds[m->conf->kind]->send(m, wire, len), len);
}

void hb_media_send(struct hb_media *media, const char *wire, size_t len)
{
	int i;

	for (i = 0; i < media->count; i++)
		if (!is_ping(&media->medium[i]) && media->medium[i].conf->kind != HA_SERIAL)
			send_on(&media->medium[i], wire, len);
}

/* A serial port that was gone and is there again. */
static void try_reopen(struct hb_medium *m)
{
	if (m->missed++ % HB_REOPEN_SENDS || access(m->conf->dev, F_OK) || kinds[m->conf->kind]->open(m))
		return;
	if (ev_add(m->media->loop, &m->ev, m->fd, EV_READ, on_readable, m))
		log_err("%s: cannot be watched", m->conf->dev);
	else
		log_info("Serial port [%s] is back", m->conf->dev);
}

void hb_media_send_serial(struct hb_media *media, const char *wire, size_t len)
{
	int i;

	for (i = 0; i < media->count; i++)
		if (media->medium[i].conf->kind == HA_SERIAL) {
			if (media->medium[i].fd < 0)
				try_reopen(&media->medium[i]);
			send_on(&media->medium[i], wire, len);
		}
}

void hb_media_ping(struct hb_media *media, const char *name, const char *wire, size_t len)
{
	int i;

	for (i = 0; i < media->count; i++)
		if (is_ping(&media->medium[i]) && !strcmp(media->medium[i].conf->dev, name))
			send_on(&media->medium[i], wire, len);
}

/* -- UDP -------------------------------------------------------------------------------------------------------------- */

int hb_udp_socket(struct hb_medium *m, int family, const struct sockaddr *address, socklen_t len)
{
	const char *dev = m->conf->dev;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = RCVBUF_BYTE, err;

	if (fd < 0) {
		err = -errno;
		log_err("%s: cannot open a socket: %m", dev);
		return err;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))) {
		err = -errno;
		log_err("%s: cannot set up the socket: %m", dev);
	} else if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, strlen(dev) + 1)) {
		err = -errno;
		log_err("IP interface [%s] does not exist or cannot be bound to: %m", dev);
	} else if (bind(fd, address, len)) {
		err = -errno;
		log_err("%s: cannot bind to port %d: %m", dev, m->conf->port);
	} else {
		return fd;
	}
	close(fd);
	return err;
}

const char *hb_media_from(struct hb_medium *m, const struct sockaddr_storage *from, socklen_t len)
{
	socklen_t address = from->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (m->from_text[0] && !memcmp(&m->from, from, address))
		return m->from_text;
	memset(&m->from, 0, sizeof(m->from));
	memcpy(&m->from, from, address);
	if (getnameinfo((const struct sockaddr *)from, len, m->from_text, sizeof(m->from_text), NULL, 0, NI_NUMERICHOST))
		strcpy(m->from_text, "?");
	return m->from_text;
}

void hb_udp_readable(struct hb_medium *m)
{
	static char buf[MAX_DATAGRAM_BYTE];
	struct sockaddr_storage from;
	socklen_t len;
	ssize_t n;
	int i;

	/* bounded, so that a flood leaves time for everything else */
	for (i = 0; i < MAX_BATCH; i++) {
		len = sizeof(from);
		n = recvfrom(m->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		m->media->packet(m->media->arg, buf, (size_t)n, m->conf->dev, hb_media_from(m, &from, len));
		if (m->fd < 0)
			return; /* closed by what it said */
	}
}

int hb_udp_send(struct hb_medium *m, const char *wire, size_t len)
{
	if (sendto(m->send_fd, wire, len, MSG_NOSIGNAL, (struct sockaddr *)&m->to[0], m->to_len) == (ssize_t)len)
		return 0;
	return -errno;
}
