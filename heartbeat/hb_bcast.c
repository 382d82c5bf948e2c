/* SPDX-License-Identifier: GPL-2.0-only */
/* bcast: UDP to the broadcast address of an interface. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "lib/log.h"
#include "lib/fault.h"

static int find_broadcast(int fd, const char *dev, struct sockaddr_storage *to)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strncpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFBRDADDR, &ifr)) {
		int err = -errno;

		log_err("Get broadcast for interface %s failed: %s", dev, strerror(-err));
		return err;
	}
	memcpy(to, &ifr.ifr_broadaddr, sizeof(ifr.ifr_broadaddr));
	return 0;
}

static int open_bcast(struct hb_medium *m)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(m->conf->port) };
	int on = 1, err, fd = hb_udp_socket(m, AF_INET, (struct sockaddr *)&any, sizeof(any));

	if (fd < 0)
		return fd;
	err = find_broadcast(fd, m->conf->dev, &m->to[0]);
	if (err) {
		close(fd);
		return err;
	}
	((struct sockaddr_in *)&m->to[0])->sin_port = htons(m->conf->port);
	m->to_len = sizeof(struct sockaddr_in);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &on, sizeof(on));
	m->fd = m->send_fd = fd;
	return 0;
}

const struct hb_media_ops hb_bcast_ops = { "bcast", "UDP Broadcast", open_bcast, hb_udp_readable, hb_udp_send };
