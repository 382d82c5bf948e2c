/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP echo, 64 bytes of data, up to checkcount attempts of checktimeout each. Needs a raw socket. */
#include "ldirectord/ld_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fault.h"

enum { DATA_BYTE = 64, HEADER_BYTE = 8 };

struct ping {
	struct ld_check *check;
	struct ev ev;
	struct ev_timer timeout;
	int attempt;
	uint16_t id;
};

static void ping_stop(struct ld_check *check)
{
	struct ping *p = check->probe;

	ev_timer_stop(&p->timeout);
	if (p->ev.loop) {
		ev_del(&p->ev);
		close(p->ev.fd);
	}
	free(p);
}

static void ping_end(struct ping *p, bool up, const char *reason)
{
	struct ld_check *check = p->check;

	ping_stop(check);
	ld_check_done(check, up, "%s", reason);
}

static uint16_t checksum(const uint8_t *packet, size_t n)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The kernel fills in the checksum of ICMPv6, not that of ICMP. */
static void ping_send(struct ping *p)
{
	bool six = p->check->conf.addr.family == AF_INET6;
	uint8_t packet[HEADER_BYTE + DATA_BYTE] = { 0 };
	uint16_t seq = htons((uint16_t)p->attempt), sum;

	packet[0] = six ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	memcpy(packet + 4, &p->id, 2);
	memcpy(packet + 6, &seq, 2);
	sum = six ? 0 : checksum(packet, sizeof(packet));
	memcpy(packet + 2, &sum, 2);
	/* a refused send is a lost packet: the timeout tries again */
	send(p->ev.fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void ping_timeout(struct ev_timer *timer, void *arg)
{
	struct ping *p = arg;
	int attempts = p->check->conf.check_count > 0 ? p->check->conf.check_count : 1;

	if (++p->attempt > attempts) {
		ping_end(p, false, "Timeout Alarm");
		return;
	}
	ping_send(p);
	ev_timer_set(p->check->checker->loop, timer, ld_check_budget_ms(p->check), ping_timeout, p);
}

static void ping_readable(struct ev *ev, void *arg)
{
	struct ping *p = arg;
	bool six = p->check->conf.addr.family == AF_INET6;
	uint8_t packet[512];
	ssize_t n = recv(ev->fd, packet, sizeof(packet), MSG_DONTWAIT);
	size_t at = 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		ping_end(p, false, strerror(errno));
		return;
	}
	if (n > 0 && !six)
		at = (size_t)(packet[0] & 15) * 4;
	if (n < 0 || (size_t)n < at + HEADER_BYTE)
		return;
	if (packet[at] == (six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && !memcmp(packet + at + 4, &p->id, 2))
		ping_end(p, true, "-");
}

/* Connected, the socket gets the packets of that address alone. */
static int ping_connect(const struct ld_addr *addr)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool six = addr->family == AF_INET6;
	int err, fd = fault_sys() ? -1 : socket(addr->family, SOCK_RAW | SOCK_CLOEXEC, six ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);

	if (fd < 0)
		return -errno;
	if (six)
		v6.sin6_addr = addr->ip.v6;
	else
		v4.sin_addr = addr->ip.v4;
	if (connect(fd, six ? (void *)&v6 : (void *)&v4, six ? sizeof(v6) : sizeof(v4)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static void ping_start(struct ld_check *check)
{
	struct ping *p = calloc(1, sizeof(*p));
	int fd, err;

	if (!p) {
		ld_check_done(check, false, "out of memory");
		return;
	}
	p->check = check;
	check->probe = p;
	p->id = (uint16_t)ld_check_random(check->checker);
	fd = ping_connect(&check->conf.addr);
	if (fd < 0) {
		ping_end(p, false, strerror(-fd));
		return;
	}
	err = ev_add(check->checker->loop, &p->ev, fd, EV_READ, ping_readable, p);
	if (err) {
		close(fd);
		ping_end(p, false, strerror(-err));
		return;
	}
	ping_timeout(&p->timeout, p);
}

const struct ld_prober ld_prober_ping = { .start = ping_start, .stop = ping_stop };
