/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of a node; each is replaced whole, or not at all. */
#include "heartbeat/hb_state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { SMALL_FILE_BYTE = 4096, UUID_BYTE = 16 };

void hb_own_name(const char *dir, char *name, size_t size)
{
	struct utsname uts;
	char path[512], *text, *c;

	snprintf(path, sizeof(path), "%s/nodeinfo", dir);
	if (!conf_read_file(path, SMALL_FILE_BYTE, &text, NULL)) {
		text[strcspn(text, " \t\r\n")] = '\0';
		snprintf(name, size, "%s", text);
		free(text);
	} else {
		uname(&uts);
		snprintf(name, size, "%s", uts.nodename);
	}
	for (c = name; *c; c++)
		*c = tolower((unsigned char)*c);
}

/* Written beside it, synced, renamed: after a power cut there is the old one or the new one. */
static int replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char temp[512];
	int fd, err = 0;

	snprintf(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	if (write(fd, data, len) != (ssize_t)len || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

int hb_next_generation(const char *path, bool by_time, int64_t wall_s, uint64_t *generation)
{
	char *text, line[32];
	unsigned long long old = 0;
	int err;

	if (!conf_read_file(path, SMALL_FILE_BYTE, &text, NULL)) {
		if (sscanf(text, "%llu", &old) != 1)
			old = 0;
		free(text);
	}
	if (by_time && (unsigned long long)wall_s > old) {
		old = (unsigned long long)wall_s - 1;
	} else if (!old) {
		old = (unsigned long long)wall_s;
		log_info("No Previous generation - starting at %llu", old + 1);
	}
	snprintf(line, sizeof(line), "%15llu\n", old + 1);
	err = replace_file(path, line, strlen(line), 0644);
	if (err) {
		log_err("cannot store the generation in %s: %s", path, strerror(-err));
		return err;
	}
	*generation = old + 1;
	return 0;
}

static int random_uuid(unsigned char *uuid)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, uuid, 16) != 16)
		err = -EIO;
	close(fd);
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return err;
}

/* As the original makes it: 32 hexadecimal digits from glibc's rand(), seeded by a hash of the name. */
static void uuid_of_name(const char *name, unsigned char *uuid)
{
	struct random_data data = { .state = NULL };
	int32_t high, low;
	unsigned int seed = 0;
	char state[128];
	int i;

	while (*name)
		seed = 31 * seed + (unsigned char)*name++;
	initstate_r(seed, state, sizeof(state), &data);
	for (i = 0; i < UUID_BYTE; i++) {
		random_r(&data, &high);
		random_r(&data, &low);
		uuid[i] = (unsigned char)(high % 16 << 4 | low % 16);
	}
}

int hb_own_uuid(const char *path, const char *name, bool by_name, unsigned char *uuid)
{
	int fd, err;
	ssize_t n;

	if (by_name) {
		uuid_of_name(name, uuid);
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, uuid, 16);
		close(fd);
		if (n == 16)
			return 0;
	}
	err = random_uuid(uuid);
	if (!err)
		err = replace_file(path, uuid, 16, 0600);
	if (err)
		log_err("cannot make a uuid in %s: %s", path, strerror(-err));
	return err;
}

/* /proc/PID/exe without what the kernel adds when the file has been replaced. Returns false where it cannot be read. */
static bool program_of(const char *link, char *path, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlink(link, path, size - 1);

	if (n < 0)
		return false;
	path[n] = '\0';
	if (n >= (ssize_t)sizeof(deleted) && !strcmp(path + n - (sizeof(deleted) - 1), deleted))
		path[n - (sizeof(deleted) - 1)] = '\0';
	return true;
}

/*
 * Another program that got the pid of one that is gone is not this one. The daemon that ran before an upgrade is: who took
 * it for stopped would start a second one, and could not stop the first.
 */
static bool runs_this_program(pid_t pid)
{
	char link[64], mine[512], theirs[512];
	struct stat my_file, their_file;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (!stat(link, &their_file) && !stat("/proc/self/exe", &my_file) && my_file.st_dev == their_file.st_dev &&
	    my_file.st_ino == their_file.st_ino)
		return true;
	return program_of(link, theirs, sizeof(theirs)) && program_of("/proc/self/exe", mine, sizeof(mine)) && !strcmp(mine, theirs);
}

pid_t hb_running_pid(const char *path, bool *there)
{
	char *text;
	long pid;

	*there = !conf_read_file(path, SMALL_FILE_BYTE, &text, NULL);
	if (!*there)
		return 0;
	pid = strtol(text, NULL, 10);
	free(text);
	return pid > 0 && !kill((pid_t)pid, 0) && runs_this_program((pid_t)pid) ? (pid_t)pid : 0;
}

int hb_write_pidfile(const char *path)
{
	char line[32];
	int err;

	snprintf(line, sizeof(line), "%10d\n", (int)getpid());
	err = replace_file(path, line, strlen(line), 0644);
	if (err)
		log_err("cannot write %s: %s", path, strerror(-err));
	return err;
}
