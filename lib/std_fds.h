/* SPDX-License-Identifier: GPL-2.0-only */
/* The first call of every program that opens anything. */
#ifndef LIB_STD_FDS_H
#define LIB_STD_FDS_H

#include <fcntl.h>
#include <unistd.h>

/*
 * Puts /dev/null where stdin, stdout or stderr is closed: else the next file opened, be it a disk, a fifo or an epoll, takes
 * that number and what is printed goes into it. It is opened the wrong way round, so reads and writes fail with EBADF as
 * they would have. Leaves with 126 where that cannot be had.
 */
static inline void hold_std_fds(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(126);
}

#endif
