/* SPDX-License-Identifier: GPL-2.0-only */
/* bcast: UDP to the broadcast address of an interface. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "lib/log.h"
#include "lib/fault.h"

static int interface_address(int fd, unsigned long request, const char *dev, struct in_addr *addr)
{
	struct ifreq ifr;
	int err;

	memset(&ifr, 0, sizeof(ifr));
	strncpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name) - 1);
	if (!ioctl(fd, request, &ifr)) {
		*addr = ((struct sockaddr_in *)&ifr.ifr_addr)->sin_addr;
		return 0;
	}
	err = -errno;
	log_err("Get broadcast for interface %s failed: %s", dev, strerror(-err));
	return err;
}

/*
 * The interface's broadcast address. One that was added without (`ip addr add` does that) says 0.0.0.0, and packets to that
 * reach nobody: both nodes would take each other for dead. Then it is made from address and netmask.
 */
static int find_broadcast(int fd, const char *dev, struct in_addr *to)
{
	struct in_addr addr, mask;
	char text[INET_ADDRSTRLEN];
	int err = interface_address(fd, SIOCGIFBRDADDR, dev, to);

	if (err || to->s_addr != INADDR_ANY)
		return err;
	err = interface_address(fd, SIOCGIFADDR, dev, &addr);
	if (!err)
		err = interface_address(fd, SIOCGIFNETMASK, dev, &mask);
	if (err)
		return err;
	to->s_addr = addr.s_addr | ~mask.s_addr;
	log_warn("interface %s has no broadcast address, %s from its netmask is used", dev,
		 inet_ntop(AF_INET, to, text, sizeof(text)));
	return 0;
}

static int open_bcast(struct hb_medium *m)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(m->conf->port) }, to = any;
	int on = 1, err, fd = hb_udp_socket(m, AF_INET, (struct sockaddr *)&any, sizeof(any));

	if (fd < 0)
		return fd;
	err = find_broadcast(fd, m->conf->dev, &to.sin_addr);
	if (err) {
		close(fd);
		return err;
	}
	memcpy(&m->to[0], &to, sizeof(to));
	m->to_len = sizeof(struct sockaddr_in);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &on, sizeof(on));
	m->fd = m->send_fd = fd;
	return 0;
}

const struct hb_media_ops hb_bcast_ops = { "bcast", "UDP Broadcast", open_bcast, hb_udp_readable, hb_udp_send, NULL, NULL };
