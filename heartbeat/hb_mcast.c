/* SPDX-License-Identifier: GPL-2.0-only */
/* mcast, mcast6: UDP to a multicast group that is joined on the interface. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "lib/log.h"
#include "lib/fault.h"

static int join4(int fd, const struct hb_medium *m, const struct sockaddr_in *group)
{
	struct ip_mreqn mreq = { .imr_multiaddr = group->sin_addr, .imr_ifindex = (int)if_nametoindex(m->conf->dev) };
	unsigned char ttl = m->conf->ttl, loop = m->conf->loop;

	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) ||
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) ||
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) ||
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof(loop));
}

static int join6(int fd, const struct hb_medium *m, const struct sockaddr_in6 *group)
{
	int index = (int)if_nametoindex(m->conf->dev), ttl = m->conf->ttl, loop = m->conf->loop;
	struct ipv6_mreq mreq = { .ipv6mr_multiaddr = group->sin6_addr, .ipv6mr_interface = index };

	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq, sizeof(mreq)) ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)) ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof(ttl)) ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loop, sizeof(loop));
}

static int open_mcast(struct hb_medium *m)
{
	struct sockaddr_in *to = (struct sockaddr_in *)&m->to[0];
	struct sockaddr_in6 *to6 = (struct sockaddr_in6 *)&m->to[0];
	bool six = m->conf->kind == HA_MCAST6;
	int fd, err;

	/* bound to the group's address: packets of others on this port are not for us */
	if (six) {
		to6->sin6_family = AF_INET6;
		to6->sin6_port = htons(m->conf->port);
		to6->sin6_scope_id = if_nametoindex(m->conf->dev);
		inet_pton(AF_INET6, m->conf->address, &to6->sin6_addr);
	} else {
		to->sin_family = AF_INET;
		to->sin_port = htons(m->conf->port);
		inet_pton(AF_INET, m->conf->address, &to->sin_addr);
	}
	m->to_len = six ? sizeof(*to6) : sizeof(*to);
	fd = hb_udp_socket(m, six ? AF_INET6 : AF_INET, (struct sockaddr *)&m->to[0], m->to_len);
	if (fd < 0)
		return fd;
	if (six ? join6(fd, m, to6) : join4(fd, m, to)) {
		err = -errno;
		log_err("mcast device [%s] is invalid or not set up properly: %m", m->conf->dev);
		close(fd);
		return err;
	}
	m->fd = m->send_fd = fd;
	return 0;
}

const struct hb_media_ops hb_mcast_ops = { "mcast", "UDP multicast", open_mcast, hb_udp_readable, hb_udp_send, NULL, NULL };
