/* SPDX-License-Identifier: GPL-2.0-only */
/* Lock files of serial ports. */
#include "heartbeat/hb_ttylock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fault.h"

#define LOCK_DIR "/var/lock"

enum { LOCK_BYTE = 11, MAX_PATH_BYTE = 256 };

/* The name is that of the port behind /dev/, letters and digits alone (cluster-glue's lock of a tty). */
static void lock_path(char *path, size_t size, const char *prefix, const char *dev)
{
	size_t used = (size_t)snprintf(path, size, LOCK_DIR "/%s", prefix);

	for (dev += strnlen(dev, strlen("/dev/")); *dev && used < size - 1; dev++)
		if (isalnum((unsigned char)*dev))
			path[used++] = *dev;
	path[used] = '\0';
}

/* Whose it is; 0: nobody's, or a dead one's. */
static pid_t owner(const char *path)
{
	char *text;
	pid_t pid;

	if (conf_read_file(path, MAX_PATH_BYTE, &text, NULL))
		return 0;
	pid = atoi(text);
	free(text);
	return pid > 1 && (!kill(pid, 0) || errno != ESRCH) ? pid : 0;
}

/* The file gets its name with its content in it: nobody sees it empty. */
int hb_tty_lock(const char *dev, pid_t before)
{
	char path[MAX_PATH_BYTE], temporary[MAX_PATH_BYTE], prefix[32], text[LOCK_BYTE + 1];
	int fd, err = 0;
	pid_t pid;

	lock_path(path, sizeof(path), "LCK..", dev);
	pid = owner(path);
	if (pid && pid != getpid() && pid != before)
		return -EBUSY;
	snprintf(prefix, sizeof(prefix), "tmp%d-", (int)getpid());
	lock_path(temporary, sizeof(temporary), prefix, dev);
	snprintf(text, sizeof(text), "%10d\n", (int)getpid());
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	/* one of two who find a dead owner's lock gets it */
	if (write(fd, text, LOCK_BYTE) != LOCK_BYTE || (pid && rename(temporary, path)) ||
	    (!pid && ((unlink(path) && errno != ENOENT) || link(temporary, path))))
		err = errno == EEXIST ? -EBUSY : -errno;
	unlink(temporary);
	close(fd);
	return err;
}

void hb_tty_unlock(const char *dev)
{
	char path[MAX_PATH_BYTE];

	lock_path(path, sizeof(path), "LCK..", dev);
	if (owner(path) == getpid())
		unlink(path);
}
