/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer that means harm: connects to a DRBD node as its peer would, and sends what no peer sends. What it does follows from
 * the number of the attempt alone. Usage: drbd_hostile OWN-IP PEER-IP PORT ATTEMPT; waits until the node hangs up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drbd-like/core/drbd_packet.h"

#define PATIENCE_MS 15000

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return below ? (uint32_t)(seed >> 33) % below : 0;
}

static int dial(const char *own, const char *peer, int port)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	int fd, tries;

	inet_pton(AF_INET, own, &from.sin_addr);
	inet_pton(AF_INET, peer, &to.sin_addr);
	to.sin_port = htons((uint16_t)port);
	for (tries = 0; tries < 150; tries++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (!bind(fd, (struct sockaddr *)&from, sizeof(from)) && !connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return fd;
		close(fd);
		poll(NULL, 0, 100);
	}
	fprintf(stderr, "drbd_hostile: %s:%d does not listen: %s\n", peer, port, strerror(errno));
	exit(1);
}

static void put(int fd, const void *data, size_t size)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n <= 0)
			return;		/* hung up: that is what should happen */
		data = (const char *)data + n;
		size -= (size_t)n;
	}
}

static void send_packet(int fd, struct drbd_pkt *pkt, u16 apv)
{
	u8 buf[4096];
	u32 n = drbd_put_packet(pkt, apv, DRBD_FF_ALL, buf, sizeof(buf));

	put(fd, buf, n);
}

static void send_header(int fd, u16 apv, u16 cmd, u16 volume, u32 length)
{
	struct drbd_header h = { cmd, volume, length };
	u8 buf[DRBD_HEADER_MAX];

	put(fd, buf, drbd_put_header(buf, apv, &h));
}

static void noise(int fd, size_t size)
{
	u8 buf[4096];
	size_t i, n;

	for (; size; size -= n) {
		n = size < sizeof(buf) ? size : sizeof(buf);
		for (i = 0; i < n; i++)
			buf[i] = rnd(4) ? (u8)rnd(256) : 0;
		put(fd, buf, n);
	}
}

static void read_away(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];

	while (poll(&p, 1, ms) > 0 && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* An honest beginning, up to where packets of any kind may come. */
static void handshake(int data)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_CONNECTION_FEATURES;
	pkt.u.features.protocol_min = DRBD_PRO_VERSION_MIN;
	pkt.u.features.protocol_max = DRBD_PRO_VERSION_MAX;
	pkt.u.features.feature_flags = DRBD_FF_ALL;
	send_packet(data, &pkt, 80);
	read_away(data, 1500);
}

static void parameters(int data)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_PROTOCOL;
	pkt.u.protocol.protocol = DRBD_PROT_C;
	pkt.u.protocol.alg_byte = 1;
	send_packet(data, &pkt, 101);
	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_SIZES;
	pkt.u.sizes.d_size = rnd(8) ? 100000 : 30000;
	pkt.u.sizes.max_bio_size = rnd(3) ? 1 << 20 : rnd(~0u);
	send_packet(data, &pkt, 101);
	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_STATE;
	pkt.u.state = DS_ROLE(R_SECONDARY) | DS_CONN(C_WF_CONNECTION) | DS_DISK(rnd(3) ? D_DISKLESS : rnd(16));
	send_packet(data, &pkt, 101);
	read_away(data, 300);
}

/* One packet of that number, wrong in one of several ways. */
static void bad_packet(int fd, u16 cmd)
{
	u32 size = rnd(2) ? rnd(64) : rnd(5000), claimed = size;

	switch (rnd(6)) {
	case 0:	claimed = rnd(~0u); break;		/* over-long */
	case 1:	claimed = size + 1 + rnd(100); break;	/* cut */
	case 2:	size = claimed = 0; break;
	case 3:	noise(fd, size); return;		/* no header at all */
	default: break;
	}
	send_header(fd, 101, cmd, rnd(4) ? 0 : (u16)rnd(65536), claimed);
	noise(fd, size);
}

static void wait_for_end(int data, int meta, int talk_on)
{
	struct pollfd p[2] = { { .fd = data, .events = POLLIN }, { .fd = meta, .events = POLLIN } };
	struct timespec begin, now;
	char buf[4096];
	int i;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!talk_on) {
		shutdown(data, SHUT_WR);
		shutdown(meta, SHUT_WR);
	}
	while (poll(p, 2, PATIENCE_MS) > 0) {
		for (i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents && recv(p[i].fd, buf, sizeof(buf), 0) <= 0)
				p[i].fd = -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((p[0].fd < 0 && p[1].fd < 0) || now.tv_sec - begin.tv_sec > PATIENCE_MS / 1000)
			break;
	}
	if (p[0].fd >= 0 || p[1].fd >= 0) {
		fprintf(stderr, "drbd_hostile: the node keeps a connection that it should have dropped\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	int data, meta, attempt, port, i;

	if (argc != 5) {
		fprintf(stderr, "usage: drbd_hostile OWN-IP PEER-IP PORT ATTEMPT\n");
		return 2;
	}
	port = atoi(argv[3]);
	attempt = atoi(argv[4]);
	seed = (uint64_t)attempt * 7919 + 1;
	rnd(0);
	data = dial(argv[1], argv[2], port);
	if (attempt % 8 == 0) {			/* not even a first packet */
		noise(data, 4 + rnd(200));
		close(data);
		return 0;
	}
	send_header(data, 80, P_INITIAL_DATA, 0, 0);
	meta = dial(argv[1], argv[2], port);
	send_header(meta, 80, P_INITIAL_META, 0, 0);
	if (attempt % 8 == 1) {			/* noise instead of features */
		noise(data, 10 + rnd(200));
	} else {
		handshake(data);
		if (attempt % 8 > 2)
			parameters(data);
		for (i = 0; i < 3; i++)
			bad_packet(attempt % 2 ? data : meta, (u16)((attempt * 3 + i) % 0x40));
	}
	/* before the handshake a socket that ends is waited for anew, alone */
	wait_for_end(data, meta, attempt % 8 == 1);
	return 0;
}
