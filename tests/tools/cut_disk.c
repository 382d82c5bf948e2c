/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk with a volatile write cache for a test machine, by the NBD protocol over a Unix socket:
 *
 *	cut_disk IMAGE SOCKET SEED
 *
 * What is written is read back at once, but reaches the image only with a flush (or with its own FUA flag). A client that
 * disconnects in order has flushed. One that vanishes was cut off its power: of each page then unflushed, by SEED, all
 * sectors, none, or some reach the image. Serves one client, then ends; prints how many sectors were kept and lost.
 * Protocol: NetworkBlockDevice/nbd doc/proto.md, fixed newstyle.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECTOR = 512, PAGE_SECTORS = 8, MAX_OPTION = 4096, CONNECT_S = 60 };
enum { CMD_READ, CMD_WRITE, CMD_DISC, CMD_FLUSH };
enum { CMD_FLAG_FUA = 1 };
enum { OPT_ABORT = 2, OPT_GO = 7 };
enum { REP_ACK = 1, REP_INFO = 3 };
enum { HAS_FLAGS = 1, SEND_FLUSH = 4, SEND_FUA = 8 };
#define REP_ERR_UNSUP 0x80000001u
#define OPTION_MAGIC 0x49484156454F5054ull	/* "IHAVEOPT" */
#define REPLY_MAGIC 0x3e889045565a9ull
#define CMD_MAGIC 0x25609513u
#define ANSWER_MAGIC 0x67446698u

struct disk {
	int fd;
	size_t size_byte;
	unsigned char *cache;	/* private mapping of the image: what the client sees */
	bool *dirty;		/* by sector: in the cache alone */
};

struct command {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t handle, offset;
	uint32_t len;
} __attribute__((packed));

struct answer {
	uint32_t magic, error;
	uint64_t handle;
} __attribute__((packed));

struct option {
	uint64_t magic;
	uint32_t option, len;
} __attribute__((packed));

struct reply {
	uint64_t magic;
	uint32_t option, type, len;
} __attribute__((packed));

struct export_info {
	uint16_t type;
	uint64_t size_byte;
	uint16_t flags;
} __attribute__((packed));

static void die(const char *what)
{
	fprintf(stderr, "cut_disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool get(int fd, void *to, size_t len)
{
	return !len || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

static bool put(int fd, const void *from, size_t len)
{
	const char *p = from;
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

/* makes dirty sectors of the cache durable: all, or those that choose() picks */
static void write_back(struct disk *d, bool (*choose)(size_t sector))
{
	size_t s;

	for (s = 0; s < d->size_byte / SECTOR; s++) {
		if (!d->dirty[s] || (choose && !choose(s)))
			continue;
		if (pwrite(d->fd, d->cache + s * SECTOR, SECTOR, s * SECTOR) != SECTOR)
			die("write to the image");
		d->dirty[s] = false;
	}
}

/* at a power cut: the page of a sector fares well, ill, or differently for each sector */
static bool survives(size_t sector)
{
	static size_t page = SIZE_MAX;
	static int fate;

	if (sector / PAGE_SECTORS != page) {
		page = sector / PAGE_SECTORS;
		fate = random() % 3;
	}
	return fate == 2 ? random() % 2 : fate;
}

static bool reply(int fd, uint32_t option, uint32_t type, const void *data, uint32_t len)
{
	struct reply r = { htobe64(REPLY_MAGIC), option, htobe32(type), htobe32(len) };

	return put(fd, &r, sizeof(r)) && put(fd, data, len);
}

/* the options phase: until the client goes on to the only export there is */
static bool negotiate(int fd, const struct disk *d)
{
	struct { uint64_t magic, options; uint16_t flags; } __attribute__((packed)) hello = {
		htobe64(0x4e42444d41474943ull /* "NBDMAGIC" */), htobe64(OPTION_MAGIC), htobe16(1)
	};
	struct export_info info = { 0, htobe64(d->size_byte), htobe16(HAS_FLAGS | SEND_FLUSH | SEND_FUA) };
	char ignored[MAX_OPTION];
	struct option o;
	uint32_t flags;

	if (!put(fd, &hello, sizeof(hello)) || !get(fd, &flags, sizeof(flags)))
		return false;
	while (get(fd, &o, sizeof(o)) && be64toh(o.magic) == OPTION_MAGIC && be32toh(o.len) <= sizeof(ignored) &&
	       get(fd, ignored, be32toh(o.len))) {
		switch (be32toh(o.option)) {
		case OPT_GO:
			return reply(fd, o.option, REP_INFO, &info, sizeof(info)) && reply(fd, o.option, REP_ACK, "", 0);
		case OPT_ABORT:
			reply(fd, o.option, REP_ACK, "", 0);
			return false;
		default:
			if (!reply(fd, o.option, REP_ERR_UNSUP, "", 0))
				return false;
		}
	}
	return false;
}

/* true: served, and the answer is out */
static bool serve(int fd, struct disk *d, const struct command *c)
{
	struct answer a = { htobe32(ANSWER_MAGIC), 0, c->handle };
	uint64_t offset = be64toh(c->offset);
	uint32_t len = be32toh(c->len);

	switch (be16toh(c->type)) {
	case CMD_READ:
		return put(fd, &a, sizeof(a)) && put(fd, d->cache + offset, len);
	case CMD_WRITE:
		if (!get(fd, d->cache + offset, len))
			return false;
		memset(d->dirty + offset / SECTOR, true, len / SECTOR);
		if (be16toh(c->flags) & CMD_FLAG_FUA)
			write_back(d, NULL);
		return put(fd, &a, sizeof(a));
	case CMD_FLUSH:
		write_back(d, NULL);
		return put(fd, &a, sizeof(a));
	}
	return false;
}

/* true: the client has said good bye */
static bool serve_all(int fd, struct disk *d)
{
	struct command c;
	uint64_t end;

	while (get(fd, &c, sizeof(c))) {
		end = be64toh(c.offset) + be32toh(c.len);
		if (be16toh(c.type) == CMD_DISC)
			return true;
		if (be32toh(c.magic) != CMD_MAGIC || end < be32toh(c.len) || end > d->size_byte || end % SECTOR) {
			fprintf(stderr, "cut_disk: not a command for this disk\n");
			exit(1);
		}
		if (!serve(fd, d, &c))
			return false;
	}
	return false;
}

static int accept_one(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(addr.sun_path, path, strlen(path));
	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 1))
		die(path);
	alarm(CONNECT_S);	/* a machine that did not start leaves nothing behind */
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	alarm(0);
	close(listener);
	return fd;
}

static size_t count_dirty(const struct disk *d)
{
	size_t s, count = 0;

	for (s = 0; s < d->size_byte / SECTOR; s++)
		count += d->dirty[s];
	return count;
}

int main(int argc, char **argv)
{
	size_t unflushed, lost;
	struct disk d;
	struct stat st;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: cut_disk IMAGE SOCKET SEED\n");
		return 2;
	}
	srandom(strtoul(argv[3], NULL, 0));
	d.fd = open(argv[1], O_RDWR);
	if (d.fd < 0 || fstat(d.fd, &st))
		die(argv[1]);
	d.size_byte = st.st_size / SECTOR * SECTOR;
	d.cache = mmap(NULL, d.size_byte, PROT_READ | PROT_WRITE, MAP_PRIVATE, d.fd, 0);
	d.dirty = calloc(d.size_byte / SECTOR, sizeof(*d.dirty));
	if (d.cache == MAP_FAILED || !d.dirty)
		die("memory for the cache");

	fd = accept_one(argv[2]);
	if (negotiate(fd, &d) && serve_all(fd, &d))
		write_back(&d, NULL);
	unflushed = count_dirty(&d);
	write_back(&d, survives);
	lost = count_dirty(&d);
	printf("kept %zu lost %zu\n", unflushed - lost, lost);
	free(d.dirty);
	return 0;
}
