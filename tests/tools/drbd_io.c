/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to a block device with so many requests in flight, for the bench.
 * Usage: drbd_io DEVICE rand|seq BLOCK-BYTES DEPTH SECONDS; prints "IOPS MB/s".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX 256

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

struct load {
	int fd;
	int sequential;
	size_t block;
	uint64_t blocks, at, seed;
	void *data;
};

/* slot: the request's place among those in flight; it comes back with its event. */
static int submit(struct load *l, aio_context_t ctx, struct iocb *cb, long slot)
{
	struct iocb *list[1] = { cb };
	uint64_t nr = l->sequential ? l->at++ % l->blocks : next_random(&l->seed) % l->blocks;

	memset(cb, 0, sizeof(*cb));
	cb->aio_data = (uint64_t)slot;
	cb->aio_fildes = (uint32_t)l->fd;
	cb->aio_lio_opcode = IOCB_CMD_PWRITE;
	cb->aio_buf = (uintptr_t)l->data;
	cb->aio_nbytes = l->block;
	cb->aio_offset = (int64_t)(nr * l->block);
	return syscall(SYS_io_submit, ctx, 1, list) == 1 ? 0 : -errno;
}

static long run(struct load *l, int depth, double seconds)
{
	static struct iocb cb[DEPTH_MAX];
	struct io_event ev[DEPTH_MAX];
	aio_context_t ctx = 0;
	double end = now() + seconds;
	long done = 0, n, i;

	if (syscall(SYS_io_setup, DEPTH_MAX, &ctx))
		return -errno;
	for (i = 0; i < depth; i++)
		if (submit(l, ctx, &cb[i], i))
			return -EIO;
	while (now() < end) {
		n = syscall(SYS_io_getevents, ctx, 1L, (long)DEPTH_MAX, ev, NULL);
		for (i = 0; i < n; i++) {
			if (ev[i].res != (int64_t)l->block || submit(l, ctx, &cb[ev[i].data], (long)ev[i].data))
				return -EIO;
			done++;
		}
	}
	syscall(SYS_io_destroy, ctx);
	return done;
}

int main(int argc, char **argv)
{
	struct load l = { .seed = 7 };
	double begin, took;
	int depth;
	long done;

	if (argc != 6) {
		fprintf(stderr, "usage: drbd_io DEVICE rand|seq BLOCK-BYTES DEPTH SECONDS\n");
		return 2;
	}
	l.sequential = !strcmp(argv[2], "seq");
	l.block = (size_t)atol(argv[3]);
	depth = atoi(argv[4]);
	l.fd = open(argv[1], O_RDWR | O_DIRECT);
	if (l.fd < 0 || depth < 1 || depth > DEPTH_MAX || posix_memalign(&l.data, 4096, l.block)) {
		fprintf(stderr, "drbd_io: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	memset(l.data, 0x5a, l.block);
	l.blocks = (uint64_t)lseek(l.fd, 0, SEEK_END) / l.block;
	begin = now();
	done = run(&l, depth, atof(argv[5]));
	took = now() - begin;
	if (done < 0 || !l.blocks) {
		fprintf(stderr, "drbd_io: %s: write: %s\n", argv[1], strerror((int)-done));
		return 1;
	}
	printf("%.0f %.1f\n", (double)done / took, (double)done * (double)l.block / took / 1e6);
	return 0;
}
