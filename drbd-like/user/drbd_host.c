/* SPDX-License-Identifier: GPL-2.0-only */
/* Lock files, /proc/drbd and last-known backing device records. */
#include "drbd_host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { DRBD_MAJOR = 147, LOCK_TRIES = 20, LOCK_PAUSE_MS = 50 };

static const char *env_or(const char *name, const char *standard)
{
	const char *value = getuid() == geteuid() && getgid() == getegid() ? getenv(name) : NULL;

	return value && *value ? value : standard;
}

const char *drbd_lib_dir(void)
{
	return env_or("DRBD_LIB_DIR", "/var/lib/drbd");
}

const char *drbd_lock_dir(void)
{
	return env_or("DRBD_LOCK_DIR", "/var/lock");
}

int drbd_minor_of(const char *device)
{
	const char *digits = device;
	struct stat st;
	char *end;
	long minor;

	if (!strncmp(device, "/dev/drbd", 9))
		digits = device + 9;
	if (*digits >= '0' && *digits <= '9') {
		errno = 0;
		minor = strtol(digits, &end, 10);
		if (!*end && !errno && minor <= 0xfffff)
			return (int)minor;
	}
	if (!stat(device, &st) && S_ISBLK(st.st_mode) && major(st.st_rdev) == DRBD_MAJOR)
		return (int)minor(st.st_rdev);
	return -1;
}

int drbd_lock_minor(int minor)
{
	struct timespec pause = { 0, LOCK_PAUSE_MS * 1000000 };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];
	int fd, try;

	snprintf(path, sizeof(path), "%s/drbd-%d-%d", drbd_lock_dir(), DRBD_MAJOR, minor);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		fprintf(stderr, "open(%s): %m\n", path);
		return -1;
	}
	for (try = 0; fcntl(fd, F_SETLK, &lock) < 0; try++) {
		if (errno != EAGAIN && errno != EACCES) {
			fprintf(stderr, "fcntl(%s,...): %m\n", path);
			close(fd);
			return -1;
		}
		if (try == LOCK_TRIES) {
			lock.l_pid = 0;
			fcntl(fd, F_GETLK, &lock);
			fprintf(stderr, "lock on %s currently held by pid:%u\n", path, (unsigned int)lock.l_pid);
			close(fd);
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;	/* the lock goes with the process */
}

bool drbd_minor_attached(int minor)
{
	FILE *f = fopen(env_or("DRBD_PROC", "/proc/drbd"), "re");
	bool mine = false, attached = false;
	char line[4096];
	int nr, len;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		len = 0;
		if (sscanf(line, " %d:%n", &nr, &len) == 1 && len) {
			mine = nr == minor;
			attached |= mine;
		}
		if (mine && (strstr(line, "cs:Unconfigured") || strstr(line, " ds:Diskless")))
			attached = false, mine = false;
	}
	fclose(f);
	return attached;
}

/* --- last-known backing device ------------------------------------------------------------------------------------- */

static void lkbd_path(char *path, size_t size, int minor)
{
	snprintf(path, size, "%s/drbd-minor-%d.lkbd", drbd_lib_dir(), minor);
}

/* "SIZE\tNAME\n" and perhaps "uuid:\tHEX\n" */
static int lkbd_parse(FILE *f, struct lkbd *lk)
{
	char line[600], *tab, *end;

	if (!fgets(line, sizeof(line), f))
		return -1;
	errno = 0;
	lk->size_byte = strtoull(line, &tab, 10);
	end = strchr(tab, '\n');
	if (errno || tab == line || *tab != '\t' || !end || end == tab + 1 || (size_t)(end - tab) > sizeof(lk->path))
		return -1;
	*end = '\0';
	snprintf(lk->path, sizeof(lk->path), "%s", tab + 1);
	lk->uuid = 0;
	if (!fgets(line, sizeof(line), f))
		return ferror(f) ? -1 : 0;
	if (strncmp(line, "uuid:", 5))
		return -1;
	lk->uuid = strtoull(line + 5, &end, 16);
	return errno || end == line + 5 || (*end && *end != '\n') ? -1 : 0;
}

int lkbd_load(int minor, struct lkbd *lk)
{
	char path[4096];
	FILE *f;
	int err;

	memset(lk, 0, sizeof(*lk));
	lkbd_path(path, sizeof(path), minor);
	f = fopen(path, "re");
	if (!f) {
		if (errno == ENOENT)
			return 0;
		fprintf(stderr, "lk_bdev_load(%s) failed: %m\n", path);
		return -1;
	}
	err = lkbd_parse(f, lk);
	fclose(f);
	if (err) {
		fprintf(stderr, "lk_bdev_load(%s): parse error\n", path);
		memset(lk, 0, sizeof(*lk));
	}
	return err;
}

int lkbd_save(int minor, const struct lkbd *lk)
{
	char path[4096], tmp[4200];
	bool ok;
	FILE *f;

	lkbd_path(path, sizeof(path), minor);
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "we");
	if (!f)
		goto failed;
	fprintf(f, "%" PRIu64 "\t%s\n", lk->size_byte, lk->path);
	if (lk->uuid)
		fprintf(f, "uuid:\t%016" PRIX64 "\n", lk->uuid);
	ok = !fflush(f) && !fsync(fileno(f));
	if (fclose(f) || !ok || rename(tmp, path))
		goto remove_tmp;
	return 0;
remove_tmp:
	fprintf(stderr, "lk_bdev_save(%s) failed: %m\n", path);
	unlink(tmp);
	return -1;
failed:
	fprintf(stderr, "lk_bdev_save(%s) failed: %m\n", path);
	return -1;
}

int lkbd_delete(int minor)
{
	char path[4096];

	lkbd_path(path, sizeof(path), minor);
	if (!unlink(path) || errno == ENOENT)
		return 0;
	fprintf(stderr, "lk_bdev_delete(%s) failed: %m\n", path);
	return -1;
}
