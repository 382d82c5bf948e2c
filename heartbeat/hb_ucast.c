/* SPDX-License-Identifier: GPL-2.0-only */
/* ucast, ucast6: UDP to one host. A line with this node's own address is harmless, so that one ha.cf serves both nodes. */
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ip.h>
#include <string.h>

#include "heartbeat/hb_media.h"
#include "lib/log.h"
#include "lib/fault.h"

static int resolve(struct hb_medium *m, int family)
{
	struct addrinfo hint = { .ai_family = family, .ai_socktype = SOCK_DGRAM }, *ai;

	if (getaddrinfo(m->conf->address, NULL, &hint, &ai)) {
		log_err("ucast: cannot resolve hostname [%s]", m->conf->address);
		return -EHOSTUNREACH;
	}
	memcpy(&m->to[0], ai->ai_addr, ai->ai_addrlen);
	m->to_len = ai->ai_addrlen;
	freeaddrinfo(ai);
	if (family == AF_INET6) {
		struct sockaddr_in6 *to = (struct sockaddr_in6 *)&m->to[0];

		to->sin6_port = htons(m->conf->port);
		if (!to->sin6_scope_id)
			to->sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(&to->sin6_addr) ? if_nametoindex(m->conf->dev) : 0;
	} else {
		((struct sockaddr_in *)&m->to[0])->sin_port = htons(m->conf->port);
	}
	return 0;
}

static int open_ucast(struct hb_medium *m)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(m->conf->port) };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(m->conf->port) };
	bool six = m->conf->kind == HA_UCAST6;
	int tos = IPTOS_LOWDELAY, err = resolve(m, six ? AF_INET6 : AF_INET), fd;

	if (err)
		return err;
	fd = six ? hb_udp_socket(m, AF_INET6, (struct sockaddr *)&any6, sizeof(any6)) :
		   hb_udp_socket(m, AF_INET, (struct sockaddr *)&any, sizeof(any));
	if (fd < 0)
		return fd;
	if (!six)
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	m->fd = m->send_fd = fd;
	return 0;
}

const struct hb_media_ops hb_ucast_ops = { "ucast", "UDP Unicast", open_ucast, hb_udp_readable, hb_udp_send, NULL, NULL };
