/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * send_arp: tells the neighbours on a link that an IPv4 address now lives at this interface's MAC, by pairs of a
 * broadcast ARP request and a broadcast ARP reply (resource-scripts.md 3.5).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/std_fds.h"

enum { EXIT_USAGE = 1, DEFAULT_INTERVAL_MS = 1000, MAX_INTERVAL_MS = 3600 * 1000, MAX_REPEAT = 1000000 };

struct announcement {
	const char *nic, *pidfile;
	struct in_addr ip;
	unsigned char mac[ETH_ALEN];
	bool mac_auto, verbose;
	long interval_ms, repeat;
};

static const char *pidfile_to_remove;

static void usage(void)
{
	fprintf(stderr, "usage: send_arp [-v] [-i interval_ms] [-r repeat] [-p pidfile] device ip-address mac-address|auto "
			"broadcast netmask\n");
	exit(EXIT_USAGE);
}

static void on_term(int signo)
{
	(void)signo;
	if (pidfile_to_remove)
		unlink(pidfile_to_remove);
	_exit(0);
}

static long number(const char *word, const char *what, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(word, &end, 10);
	if (errno || end == word || *end || n < min || n > max) {
		fprintf(stderr, "send_arp: %s '%s' is not a number from %ld to %ld\n", what, word, min, max);
		usage();
	}
	return n;
}

/* 6 octets in hexadecimal, with colons or without. */
static bool parse_mac(const char *text, unsigned char mac[ETH_ALEN])
{
	int i, used;

	for (i = 0; i < ETH_ALEN; i++) {
		unsigned int octet;

		if (sscanf(text, "%2x%n", &octet, &used) != 1 || used != 2)
			return false;
		mac[i] = octet;
		text += used;
		text += i < ETH_ALEN - 1 && *text == ':';
	}
	return !*text;
}

static void parse(struct announcement *a, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "vi:r:p:")) != -1) {
		switch (opt) {
		case 'v': a->verbose = true; break;
		case 'i': a->interval_ms = number(optarg, "interval", 0, MAX_INTERVAL_MS); break;
		case 'r': a->repeat = number(optarg, "repeat", 0, MAX_REPEAT); break;
		case 'p': a->pidfile = optarg; break;
		default: usage();
		}
	}
	if (argc - optind != 5)
		usage();
	a->nic = argv[optind];
	if (!inet_aton(argv[optind + 1], &a->ip)) {
		fprintf(stderr, "send_arp: '%s' is not an IPv4 address\n", argv[optind + 1]);
		usage();
	}
	a->mac_auto = !strcasecmp(argv[optind + 2], "auto");
	if (!a->mac_auto && !parse_mac(argv[optind + 2], a->mac)) {
		fprintf(stderr, "send_arp: '%s' is neither a MAC address nor auto\n", argv[optind + 2]);
		usage();
	}
}

/* A socket bound to the interface; fills in the MAC where it is auto. Exits on failure, nothing has been sent yet. */
static int open_link(struct announcement *a)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	struct ifreq ifr;
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP));

	if (fd < 0) {
		fprintf(stderr, "send_arp: cannot open a packet socket: %m\n");
		exit(EXIT_USAGE);
	}
	memset(&ifr, 0, sizeof(ifr));
	/* an alias such as eth0:1 shares the link of its interface */
	strncpy(ifr.ifr_name, a->nic, sizeof(ifr.ifr_name) - 1);
	ifr.ifr_name[strcspn(ifr.ifr_name, ":")] = '\0';
	if (strlen(a->nic) >= sizeof(ifr.ifr_name) || ioctl(fd, SIOCGIFINDEX, &ifr)) {
		fprintf(stderr, "send_arp: no interface %s\n", a->nic);
		exit(EXIT_USAGE);
	}
	ll.sll_ifindex = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
		fprintf(stderr, "send_arp: %s: %m\n", a->nic);
		exit(EXIT_USAGE);
	}
	if (a->mac_auto)
		memcpy(a->mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

static int send_frame(int fd, const struct announcement *a, int op)
{
	struct {
		struct ether_header eth;
		struct ether_arp arp;
	} __attribute__((packed)) frame;

	memset(&frame, 0, sizeof(frame));
	memset(frame.eth.ether_dhost, 0xff, ETH_ALEN);
	memcpy(frame.eth.ether_shost, a->mac, ETH_ALEN);
	frame.eth.ether_type = htons(ETHERTYPE_ARP);
	frame.arp.ea_hdr.ar_hrd = htons(ARPHRD_ETHER);
	frame.arp.ea_hdr.ar_pro = htons(ETHERTYPE_IP);
	frame.arp.ea_hdr.ar_hln = ETH_ALEN;
	frame.arp.ea_hdr.ar_pln = sizeof(a->ip);
	frame.arp.ea_hdr.ar_op = htons(op);
	memcpy(frame.arp.arp_sha, a->mac, ETH_ALEN);
	memcpy(frame.arp.arp_spa, &a->ip, sizeof(a->ip));
	if (op == ARPOP_REPLY)
		memcpy(frame.arp.arp_tha, a->mac, ETH_ALEN);
	memcpy(frame.arp.arp_tpa, &a->ip, sizeof(a->ip));
	if (write(fd, &frame, sizeof(frame)) == (ssize_t)sizeof(frame))
		return 0;
	fprintf(stderr, "send_arp: cannot send on %s: %m\n", a->nic);
	return -1;
}

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static int write_pidfile(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file)) {
		fprintf(stderr, "send_arp: %s: %m\n", path);
		return -1;
	}
	pidfile_to_remove = path;
	return 0;
}

int main(int argc, char **argv)
{
	static struct announcement a = { .interval_ms = DEFAULT_INTERVAL_MS, .repeat = 1 };
	int fd, status = 0;
	long nr;

	hold_std_fds();
	parse(&a, argc, argv);
	fd = open_link(&a);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	if (a.pidfile && write_pidfile(a.pidfile))
		return EXIT_USAGE;
	/* a link that is down for a moment does not end the series: the later frames are what it is for */
	for (nr = 0; nr < a.repeat; nr++) {
		status = send_frame(fd, &a, ARPOP_REQUEST);
		pause_ms(a.interval_ms / 2);
		status |= send_frame(fd, &a, ARPOP_REPLY);
		pause_ms(a.interval_ms / 2);
		if (a.verbose)
			printf("%s: pair %ld of %ld sent\n", a.nic, nr + 1, a.repeat);
	}
	if (a.pidfile)
		unlink(a.pidfile);
	return status ? EXIT_USAGE : 0;
}
