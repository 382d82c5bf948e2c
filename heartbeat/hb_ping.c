/* SPDX-License-Identifier: GPL-2.0-only */
/* ping, ping6, ping_group: a signed message as the payload of an echo request comes back as the pseudo node's status. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { MAX_PING_BYTE = 4096, MAX_BATCH = 64 };

static bool is_six(const struct hb_medium *m)
{
	return m->conf->kind == HA_PING6;
}

static int resolve(struct hb_medium *m)
{
	struct addrinfo hint = { .ai_family = is_six(m) ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM }, *ai;
	int i;

	for (i = 0; i < m->conf->hosts; i++) {
		if (getaddrinfo(m->conf->host[i], NULL, &hint, &ai)) {
			log_err("cannot resolve ping host [%s]", m->conf->host[i]);
			return -EHOSTUNREACH;
		}
		memcpy(&m->to[i], ai->ai_addr, ai->ai_addrlen);
		m->to_len = ai->ai_addrlen;
		freeaddrinfo(ai);
	}
	return 0;
}

static int open_ping(struct hb_medium *m)
{
	int err = resolve(m), fd;
	struct icmp6_filter only_replies;

	if (err)
		return err;
	fd = socket(is_six(m) ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, is_six(m) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd < 0) {
		err = -errno;
		log_err("ping %s: cannot open a raw socket: %s", m->conf->dev, strerror(-err));
		return err;
	}
	if (is_six(m)) {
		ICMP6_FILTER_SETBLOCKALL(&only_replies);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only_replies);
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only_replies, sizeof(only_replies));
	}
	m->ping_id = (uint16_t)(getpid() + (m - m->media->medium));
	m->fd = m->send_fd = fd;
	return 0;
}

static uint16_t checksum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (len % 2)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The header of both versions: type, code, checksum, id, sequence; ICMPv6 sums are the kernel's. */
static int send_ping(struct hb_medium *m, const char *wire, size_t len)
{
	struct icmphdr head = { .type = is_six(m) ? ICMP6_ECHO_REQUEST : ICMP_ECHO };
	unsigned char packet[MAX_PING_BYTE];
	int i, err = 0;

	if (len + sizeof(head) > sizeof(packet))
		return -EMSGSIZE;
	head.un.echo.id = htons(m->ping_id);
	head.un.echo.sequence = htons(m->ping_seq++);
	memcpy(packet, &head, sizeof(head));
	memcpy(packet + sizeof(head), wire, len);
	if (!is_six(m)) {
		head.checksum = checksum(packet, sizeof(head) + len);
		memcpy(packet, &head, sizeof(head));
	}
	for (i = 0; i < m->conf->hosts; i++)
		if (sendto(m->send_fd, packet, sizeof(head) + len, MSG_NOSIGNAL, (struct sockaddr *)&m->to[i], m->to_len) < 0)
			err = -errno;
	return err;
}

static void take_reply(struct hb_medium *m, const char *packet, size_t len, const char *from)
{
	struct icmphdr head;
	size_t skip = 0;

	if (!is_six(m)) {
		if (len < sizeof(struct iphdr))
			return;
		skip = (size_t)(packet[0] & 15) * 4;
	}
	if (len < skip + sizeof(head))
		return;
	memcpy(&head, packet + skip, sizeof(head));
	skip += sizeof(head);
	if (head.type == (is_six(m) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && head.un.echo.id == htons(m->ping_id))
		m->media->packet(m->media->arg, packet + skip, len - skip, m->conf->dev, from);
}

static void ping_readable(struct hb_medium *m)
{
	struct sockaddr_storage from;
	char packet[MAX_PING_BYTE];
	socklen_t from_len;
	ssize_t n;
	int i;

	for (i = 0; i < MAX_BATCH && m->fd >= 0; i++) {
		from_len = sizeof(from);
		n = recvfrom(m->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		take_reply(m, packet, (size_t)n, hb_media_from(m, &from, from_len));
	}
}

const struct hb_media_ops hb_ping_ops = { "ping", "ping", open_ping, ping_readable, send_ping, NULL, NULL };
