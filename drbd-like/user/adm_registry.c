/* SPDX-License-Identifier: GPL-2.0-only */
/* Links from minors and resources to their configuration file. */
#include "drbd-like/user/adm_registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *run_dir(void)
{
	const char *dir = getuid() == geteuid() ? getenv("DRBD_RUN_DIR") : NULL;

	return dir ? dir : "/var/run/drbd";
}

static bool link_path(char *path, size_t size, const char *kind, const char *name)
{
	/* a resource "a/b" has no link: it would lead elsewhere */
	return !strchr(name, '/') && snprintf(path, size, "%s/drbd-%s-%s.conf", run_dir(), kind, name) < (int)size;
}

static void link_to(const char *kind, const char *name, const char *conf)
{
	char path[4096], old[4096];
	ssize_t len;

	if (*conf != '/' || !strncmp(conf, run_dir(), strlen(run_dir())) || !link_path(path, sizeof(path), kind, name))
		return;
	len = readlink(path, old, sizeof(old) - 1);
	if (len >= 0) {
		old[len] = '\0';
		if (!strcmp(old, conf))
			return;
		unlink(path);
	}
	if (mkdir(run_dir(), 0755) && errno != EEXIST)
		fprintf(stderr, "mkdir %s: %s\n", run_dir(), strerror(errno));
	else if (symlink(conf, path))
		fprintf(stderr, "symlink %s: %s\n", path, strerror(errno));
}

void adm_register_resource(const char *name, const char *path)
{
	link_to("resource", name, path);
}

void adm_register_minor(int minor, const char *path)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", minor);
	link_to("minor", name, path);
}

bool adm_registered(const char *object, char *conf, size_t size)
{
	bool minor = !strncmp(object, "minor-", 6);
	char path[4096];
	ssize_t len;

	if (!link_path(path, sizeof(path), minor ? "minor" : "resource", minor ? object + 6 : object))
		return false;
	len = readlink(path, conf, size - 1);
	if (len <= 0)
		return false;
	conf[len] = '\0';
	return !access(conf, R_OK);
}
