/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipcheck: with gate a real server carries the virtual address too, and must not answer ARP for it (arp_ignore). One that does takes
 * the clients away from the director. So the director asks for its own address on every interface, as RFC 5227 probes do, and
 * names whoever answers.
 */
#include "ldirectord/ld_daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

enum { LISTEN_MS = 2000 };

struct probe {
	struct ev ev;
	struct ev_timer end;
	size_t addrs;
	struct in_addr addr[];
};

static void probe_end(struct ev_timer *timer, void *arg)
{
	struct probe *p = arg;

	(void)timer;
	ev_del(&p->ev);
	close(p->ev.fd);
	free(p);
}

/* The address, other than vip, that the neighbour table knows that station by. */
static void neighbour(const unsigned char *mac, const char *vip, char *name, size_t size)
{
	char line[256], addr[32], hw[32], want[32];
	FILE *file = fopen("/proc/net/arp", "re");

	snprintf(name, size, "an unknown station");
	snprintf(want, sizeof(want), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%31s %*s %*s %31s", addr, hw) == 2 && !strcmp(hw, want) && strcmp(addr, vip))
			snprintf(name, size, "%s", addr);
	if (file)
		fclose(file);
}

static void probe_readable(struct ev *ev, void *arg)
{
	struct probe *p = arg;
	struct ether_arp arp;
	char vip[INET_ADDRSTRLEN], name[INET6_ADDRSTRLEN];
	size_t i;

	if (recv(ev->fd, &arp, sizeof(arp), MSG_DONTWAIT) < (ssize_t)sizeof(arp) || ntohs(arp.ea_hdr.ar_op) != ARPOP_REPLY)
		return;
	for (i = 0; i < p->addrs; i++) {
		if (memcmp(arp.arp_spa, &p->addr[i], 4))
			continue;
		inet_ntop(AF_INET, &p->addr[i], vip, sizeof(vip));
		neighbour(arp.arp_sha, vip, name, sizeof(name));
		log_warn("%s at %02x:%02x:%02x:%02x:%02x:%02x answers ARP for the virtual address %s: set arp_ignore and arp_announce there", name,
			 arp.arp_sha[0], arp.arp_sha[1], arp.arp_sha[2], arp.arp_sha[3], arp.arp_sha[4], arp.arp_sha[5], vip);
	}
}

/* Asks who has addr on one interface; its own address as sender would spoil the neighbours' tables, so none is given. */
static void ask(int fd, const struct sockaddr_ll *own, struct in_addr addr)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_halen = ETH_ALEN };
	struct ether_arp arp;

	to.sll_ifindex = own->sll_ifindex;
	memset(to.sll_addr, 0xff, ETH_ALEN);
	memset(&arp, 0, sizeof(arp));
	arp.ea_hdr.ar_hrd = htons(ARPHRD_ETHER);
	arp.ea_hdr.ar_pro = htons(ETH_P_IP);
	arp.ea_hdr.ar_hln = ETH_ALEN;
	arp.ea_hdr.ar_pln = 4;
	arp.ea_hdr.ar_op = htons(ARPOP_REQUEST);
	memcpy(arp.arp_sha, own->sll_addr, ETH_ALEN);
	memcpy(arp.arp_tpa, &addr, 4);
	sendto(fd, &arp, sizeof(arp), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
}

static void ask_everywhere(const struct probe *p)
{
	struct ifaddrs *list, *at;
	size_t i;

	if (getifaddrs(&list))
		return;
	for (at = list; at; at = at->ifa_next)
		if (at->ifa_addr && at->ifa_addr->sa_family == AF_PACKET && at->ifa_flags & IFF_UP && !(at->ifa_flags & (IFF_LOOPBACK | IFF_NOARP)))
			for (i = 0; i < p->addrs; i++)
				ask(p->ev.fd, (struct sockaddr_ll *)(void *)at->ifa_addr, p->addr[i]);
	freeifaddrs(list);
}

static bool asked_already(const struct probe *p, struct in_addr addr)
{
	size_t i;

	for (i = 0; i < p->addrs; i++)
		if (p->addr[i].s_addr == addr.s_addr)
			return true;
	return false;
}

int ld_arp_probe(struct ev_loop *loop, const struct ld_config *config)
{
	struct probe *p = calloc(1, sizeof(*p) + config->virtuals * sizeof(p->addr[0]));
	const struct ld_virtual *v;
	int fd, err = -ENOMEM;

	if (!p)
		goto failed;
	for (v = config->virtual; v < config->virtual + config->virtuals; v++)
		if (v->proto != LD_FWM && v->family == AF_INET && !asked_already(p, v->addr.ip.v4))
			p->addr[p->addrs++] = v->addr.ip.v4;
	fd = fault_sys() ? -1 : socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
	err = -errno;
	if (fd < 0)
		goto free_probe;
	err = ev_add(loop, &p->ev, fd, EV_READ, probe_readable, p);
	if (!err)
		err = ev_timer_set(loop, &p->end, LISTEN_MS, probe_end, p);
	if (err)
		goto close_fd;
	ask_everywhere(p);
	return 0;

close_fd:
	ev_del(&p->ev);
	close(fd);
free_probe:
	free(p);
failed:
	log_err("vipcheck: %s", strerror(-err));
	return err;
}
