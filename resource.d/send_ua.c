// SPDX-License-Identifier: GPL-2.0-only
/*
 * send_ua [-i ms] [-c count] [-p pidfile] IPv6-Address Prefix Interface
 *
 * Tells all nodes on a link that an address is at this machine: count unsolicited neighbour advertisements (RFC 4861 7.2.6)
 * to ff02::1, ms apart. The address has to be configured on the interface. Whose address it is, and since when, is the
 * business of IPv6addr, which calls this.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/std_fds.h"

enum { EXIT_USAGE = 2, MAX_MS = 60000, MAX_COUNT = 100000 };

/* what goes on the wire behind the IPv6 header; the kernel fills in the checksum */
struct advertisement {
	struct nd_neighbor_advert na;
	struct nd_opt_hdr opt;
	unsigned char mac[6];
};

static const char *pidfile;

static void usage(const char *name)
{
	fprintf(stderr, "usage: %s [-i interval_ms] [-c count] [-p pidfile] [-h] IPv6-Address Prefix Interface\n", name);
	exit(EXIT_USAGE);
}

static long number(const char *what, const char *text, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		errx(EXIT_USAGE, "%s '%s' is not a number from %ld to %ld", what, text, min, max);
	return n;
}

static void remove_pidfile(void)
{
	if (pidfile)
		unlink(pidfile);
}

static void on_term(int sig)
{
	(void)sig;
	remove_pidfile();
	_exit(0);
}

static void write_pidfile(void)
{
	FILE *f = fopen(pidfile, "w");

	if (!f || fprintf(f, "%ld\n", (long)getpid()) < 0 || fclose(f))
		err(1, "%s", pidfile);
	signal(SIGTERM, on_term);
}

/* A raw socket that sends from addr out of the interface, with the hop limit that receivers insist on. */
static int open_socket(const struct in6_addr *addr, unsigned int ifindex)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_addr = *addr, .sin6_scope_id = ifindex };
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	int hops = 255;

	if (fd < 0)
		err(1, "socket");
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex)))
		err(1, "setsockopt");
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)))
		err(1, "bind to the address to be told of");
	return fd;
}

static void fill(struct advertisement *ad, int fd, const struct in6_addr *addr, const char *nic)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	memcpy(ifr.ifr_name, nic, strlen(nic));
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		err(1, "%s: hardware address", nic);
	memset(ad, 0, sizeof(*ad));
	ad->na.nd_na_type = ND_NEIGHBOR_ADVERT;
	ad->na.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	ad->na.nd_na_target = *addr;
	ad->opt.nd_opt_type = ND_OPT_TARGET_LINKADDR;
	ad->opt.nd_opt_len = 1; /* in units of 8 bytes */
	memcpy(ad->mac, ifr.ifr_hwaddr.sa_data, sizeof(ad->mac));
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 all_nodes = { .sin6_family = AF_INET6 };
	long interval_ms = 1000, count = 1;
	struct advertisement ad;
	struct timespec pause;
	struct in6_addr addr;
	unsigned int ifindex;
	int opt, fd;

	hold_std_fds();
	while ((opt = getopt(argc, argv, "i:c:p:h")) != -1) {
		switch (opt) {
		case 'i': interval_ms = number("interval", optarg, 0, MAX_MS); break;
		case 'c': count = number("count", optarg, 1, MAX_COUNT); break;
		case 'p': pidfile = optarg; break;
		default: usage(argv[0]);
		}
	}
	if (argc - optind != 3)
		usage(argv[0]);
	if (inet_pton(AF_INET6, argv[optind], &addr) != 1)
		errx(EXIT_USAGE, "'%s' is not an IPv6 address", argv[optind]);
	number("prefix", argv[optind + 1], 0, 128);
	ifindex = if_nametoindex(argv[optind + 2]);
	if (!ifindex)
		err(1, "%s", argv[optind + 2]);

	fd = open_socket(&addr, ifindex);
	fill(&ad, fd, &addr, argv[optind + 2]);
	if (pidfile)
		write_pidfile();
	inet_pton(AF_INET6, "ff02::1", &all_nodes.sin6_addr);
	all_nodes.sin6_scope_id = ifindex;
	pause.tv_sec = interval_ms / 1000;
	pause.tv_nsec = interval_ms % 1000 * 1000000;
	for (;;) {
		if (sendto(fd, &ad, sizeof(ad), 0, (struct sockaddr *)&all_nodes, sizeof(all_nodes)) < 0) {
			warn("send on %s", argv[optind + 2]);
			remove_pidfile();
			return 1;
		}
		if (--count == 0)
			break;
		nanosleep(&pause, NULL);
	}
	remove_pidfile();
	return 0;
}
