/* SPDX-License-Identifier: GPL-2.0-only */
/* haresources: logical lines, groups and the words of a resource. */
#include "heartbeat/haresources.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/fault.h"

/* Four parts between dots, each of which starts with a digit: an address, perhaps with /mask/nic/broadcast. */
static bool is_address(const char *text)
{
	int part;

	for (part = 0; part < 4; part++) {
		if (!isdigit((unsigned char)*text))
			return false;
		text = strchr(text, '.');
		if (!text)
			return part == 3;
		text++;
	}
	return true;
}

int hr_res_parse(struct hr_res *res, const char *text)
{
	size_t len = strlen(text);
	struct hr_res work = { .text = NULL };
	char *rest, *copy;
	int args = 0;

	if (!len || text[0] == ':')
		return -EINVAL;
	/* the text as written, then the words cut from a copy of it */
	work.words = malloc(2 * (len + 1));
	if (!work.words)
		return -ENOMEM;
	memcpy(work.words, text, len + 1);
	copy = memcpy(work.words + len + 1, text, len + 1);
	work.text = work.words;
	if (is_address(text)) {
		work.script = "IPaddr";
		work.arg[args++] = copy;
	} else {
		work.script = copy;
		while ((rest = strstr(copy, "::"))) {
			*rest = '\0';
			copy = rest + 2;
			if (args == HR_MAX_ARG) {
				free(work.words);
				return -EINVAL;
			}
			work.arg[args++] = copy;
		}
	}
	*res = work;
	return 0;
}

void hr_res_free(struct hr_res *res)
{
	free(res->words);
	res->words = NULL;
}

static void free_group(struct hr_group *group)
{
	while (group->ress > 0)
		hr_res_free(&group->res[--group->ress]);
	free(group->res);
	free(group->words);
}

static int add_res(struct hr_group *group, struct conf *conf, const char *text)
{
	struct hr_res *bigger;
	int err;

	if (group->ress == HR_MAX_RES) {
		conf_error_at(conf, group->line, "more than %d resources in a group", HR_MAX_RES);
		return -EINVAL;
	}
	bigger = realloc(group->res, (group->ress + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	group->res = bigger;
	err = hr_res_parse(&group->res[group->ress], text);
	if (err == -EINVAL)
		conf_error_at(conf, group->line, "[%s] is not SCRIPT[::ARGUMENT...] with at most %d arguments", text, HR_MAX_ARG);
	if (!err)
		group->ress++;
	return err;
}

static bool known_node(const char *name, const char *const *node, int nodes)
{
	int i;

	for (i = 0; i < nodes; i++)
		if (!strcasecmp(node[i], name))
			return true;
	return nodes == 0;
}

/* 0 or -ENOMEM; mistakes are counted in conf and the line is left out. */
static int add_line(struct haresources *hr, struct conf *conf, char *line, unsigned int line_nr, const char *const *node, int nodes)
{
	struct hr_group group = { .line = line_nr }, *bigger;
	char *word, *rest = line, *c;
	int err = 0;

	word = strsep(&rest, " \t");
	for (c = word; *c; c++)
		*c = tolower((unsigned char)*c);
	if (!known_node(word, node, nodes)) {
		conf_error_at(conf, line_nr, "Bad nodename in %s [%s]", conf->file, word);
		return 0;
	}
	group.words = strdup(word);
	if (!group.words)
		return -ENOMEM;
	group.node = group.words;
	while (!err && (word = strsep(&rest, " \t")))
		if (*word)
			err = add_res(&group, conf, word);
	if (!err && !group.ress)
		conf_error_at(conf, line_nr, "node %s without a resource", group.node);
	else if (!err && haresources_find(hr, hr_key(&group)))
		conf_error_at(conf, line_nr, "group [%s] is already in line %u: the first resource of a line must be unique",
			      hr_key(&group), haresources_find(hr, hr_key(&group))->line);
	else if (!err && hr->groups == HR_MAX_GROUP)
		conf_error_at(conf, line_nr, "more than %d groups", HR_MAX_GROUP);
	else if (!err) {
		bigger = realloc(hr->group, (hr->groups + 1) * sizeof(*bigger));
		err = -ENOMEM;
		if (bigger) {
			hr->group = bigger;
			hr->group[hr->groups++] = group;
			return 0;
		}
	}
	free_group(&group);
	return err == -ENOMEM ? err : 0;
}

/* Joins a line that ends in a backslash with the next, in place: lines only get shorter. */
static char *logical_line(struct conf *conf, unsigned int *line_nr)
{
	char *start = conf_next_line(conf), *end = start, *more = start;
	size_t len;

	*line_nr = conf->line;
	while (more) {
		more[strcspn(more, "#\r")] = '\0';
		len = strlen(more);
		memmove(end, more, len + 1);
		end += len;
		if (!len || end[-1] != '\\')
			break;
		end[-1] = ' ';
		more = conf_next_line(conf);
	}
	return start;
}

int haresources_parse(struct haresources *hr, struct conf *conf, char *text, const char *const *node, int nodes)
{
	struct haresources work = { .groups = 0 };
	unsigned int line_nr;
	int err = 0;
	char *line;

	conf_start(conf, conf->file, text);
	while (!err && (line = logical_line(conf, &line_nr))) {
		line += strspn(line, " \t");
		if (*line)
			err = add_line(&work, conf, line, line_nr, node, nodes);
	}
	if (!err && conf->errors)
		err = -EINVAL;
	if (err)
		haresources_free(&work);
	else
		*hr = work;
	return err;
}

int haresources_load(struct haresources *hr, struct conf *conf, const char *path, const char *const *node, int nodes)
{
	char *text;
	int err = conf_read_file(path, HR_MAX_FILE_BYTE, &text, NULL);

	conf_start(conf, path, (char[]){ "" });
	if (err) {
		conf_error_at(conf, 0, "Cannot open resources file [%s]: %s", path, strerror(-err));
		return err;
	}
	err = haresources_parse(hr, conf, text, node, nodes);
	free(text);
	return err;
}

void haresources_free(struct haresources *hr)
{
	while (hr->groups > 0)
		free_group(&hr->group[--hr->groups]);
	free(hr->group);
	hr->group = NULL;
}

const struct hr_group *haresources_find(const struct haresources *hr, const char *key)
{
	int i;

	for (i = 0; i < hr->groups; i++)
		if (!strcmp(hr_key(&hr->group[i]), key))
			return &hr->group[i];
	return NULL;
}
