/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes into meta-data images for tests.
 *	md_image put FILE OFFSET HEX [TIMES]		bytes, perhaps repeated
 *	md_image tr FILE OFFSET NUMBER AL_EXTENTS START [SLOT:EXTENT ...] [-- EXTENT ...]
 *							one transaction: updates, then context from slot START on
 *	md_image get FILE OFFSET COUNT			hex to stdout
 */
#include <fcntl.h>
#include <unistd.h>

#include "drbd-like/core/drbd_al.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(int fd, off_t at, const void *data, size_t len)
{
	if (pwrite(fd, data, len, at) != (ssize_t)len)
		die("pwrite");
}

static int put_hex(int fd, off_t at, const char *hex, long times)
{
	size_t n = strlen(hex) / 2, i;
	u8 *data = malloc(n + 1);
	unsigned int byte;

	for (i = 0; i < n && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		data[i] = (u8)byte;
	for (; times-- > 0; at += (off_t)n)
		put(fd, at, data, n);
	free(data);
	return 0;
}

static int put_tr(int fd, off_t at, char **arg, int nr)
{
	static struct drbd_al_tr tr;
	u8 block[AL_BLOCK_BYTE];
	unsigned int slot, extent, context = 0;
	bool updates = true;
	int i;

	memset(&tr, 0xff, sizeof(tr));
	tr.type = AL_TR_UPDATE;
	tr.nr = 0;
	tr.number = (u32)strtoul(arg[0], NULL, 0);
	tr.context_size = (u16)strtoul(arg[1], NULL, 0);
	tr.context_start = (u16)strtoul(arg[2], NULL, 0);
	for (i = 3; i < nr; i++) {
		if (!strcmp(arg[i], "--")) {
			updates = false;
		} else if (!updates) {
			tr.context[context++] = (u32)strtoul(arg[i], NULL, 0);
		} else if (sscanf(arg[i], "%u:%u", &slot, &extent) == 2) {
			tr.slot[tr.nr] = (u16)slot;
			tr.extent[tr.nr++] = extent;
		}
	}
	drbd_al_encode(&tr, block);
	put(fd, at, block, sizeof(block));
	return 0;
}

static int get_hex(int fd, off_t at, long count)
{
	u8 byte;

	for (; count-- > 0 && pread(fd, &byte, 1, at) == 1; at++)
		printf("%02x", byte);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	off_t at;
	int fd;

	if (argc < 5)
		return 2;
	fd = open(argv[2], O_RDWR);
	if (fd < 0)
		die(argv[2]);
	at = (off_t)strtoll(argv[3], NULL, 0);
	if (!strcmp(argv[1], "put"))
		return put_hex(fd, at, argv[4], argc > 5 ? atol(argv[5]) : 1);
	if (!strcmp(argv[1], "tr") && argc >= 7)
		return put_tr(fd, at, argv + 4, argc - 4);
	if (!strcmp(argv[1], "get"))
		return get_hex(fd, at, atol(argv[4]));
	return 2;
}
