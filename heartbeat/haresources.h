/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/ha.d/haresources: which node prefers which resource groups (heartbeat.md 1.5). */
#ifndef HEARTBEAT_HARESOURCES_H
#define HEARTBEAT_HARESOURCES_H

#include <stdbool.h>

#include "lib/conf.h"

enum { HR_MAX_GROUP = 256, HR_MAX_RES = 64, HR_MAX_ARG = 16, HR_MAX_FILE_BYTE = 1 << 20 };

/* A resource with its words: script, then its arguments; words point into memory of its own. */
struct hr_res {
	const char *text; /* as written: script::arg::arg, or an address */
	const char *script;
	const char *arg[HR_MAX_ARG + 1]; /* NULL-terminated */
	char *words;
};

/* One logical line. The key is the text of its first resource. */
struct hr_group {
	const char *node; /* lower case */
	struct hr_res *res;
	int ress;
	unsigned int line;
	char *words;
};

struct haresources {
	struct hr_group *group;
	int groups;
};

/*
 * Reads the text, which is cut in place. node lists the configured nodes, nodes their number; 0: any node will do. Mistakes
 * are reported as file:line. 0, -EINVAL or -ENOMEM; on failure there is nothing to free.
 */
int haresources_parse(struct haresources *hr, struct conf *conf, char *text, const char *const *node, int nodes);
/* The same from a file; that it cannot be read is reported too. */
int haresources_load(struct haresources *hr, struct conf *conf, const char *path, const char *const *node, int nodes);
void haresources_free(struct haresources *hr);

static inline const char *hr_key(const struct hr_group *group)
{
	return group->res[0].text;
}

/* The group of that key or NULL. Keys are compared as text, dots stand for themselves. */
const struct hr_group *haresources_find(const struct haresources *hr, const char *key);

/* Splits one resource; free with hr_res_free. 0, -EINVAL (too many arguments, empty) or -ENOMEM. */
int hr_res_parse(struct hr_res *res, const char *text);
void hr_res_free(struct hr_res *res);

#endif
