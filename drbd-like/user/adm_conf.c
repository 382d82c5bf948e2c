/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree of drbd.conf: its lists and its error reports. Parsing is adm_parse.c's. */
#include "drbd-like/user/adm_conf.h"

#include <stdio.h>
#include <string.h>

static void report_stderr(const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

void adm_conf_init(struct adm_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->res_end = &conf->res;
	conf->global.dialog_refresh_s = 1;
	conf->global.timeout_short_s = 5;
	conf->global.timeout_medium_s = 121;
	conf->global.timeout_long_s = 600;
	conf->report = report_stderr;
}

void adm_conf_free(struct adm_conf *conf)
{
	adm_mem_free(&conf->mem);
	adm_conf_init(conf);
}

static void report(struct adm_conf *conf, const struct adm_place *place, const char *fmt, va_list ap)
{
	char text[2048];
	int len = 0;

	if (place && place->file)
		len = snprintf(text, sizeof(text), "%s:%u: ", place->file, place->line);
	if (len < (int)sizeof(text))
		vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	conf->report(text, conf->report_arg);
}

void adm_error(struct adm_conf *conf, int exit_code, const struct adm_place *place, const char *fmt, ...)
{
	va_list ap;

	conf->errors++;
	if (exit_code > conf->exit_code)
		conf->exit_code = exit_code;
	va_start(ap, fmt);
	report(conf, place, fmt, ap);
	va_end(ap);
}

void adm_warn(struct adm_conf *conf, const struct adm_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(conf, place, fmt, ap);
	va_end(ap);
}

struct adm_opt *adm_opt_find(const struct adm_opts *opts, const char *name)
{
	struct adm_opt *opt;

	for (opt = opts->first; opt; opt = opt->next)
		if (!strcmp(opt->name, name))
			return opt;
	return NULL;
}

void adm_opt_add(struct adm_conf *conf, struct adm_opts *opts, const char *name, const char *value,
		 const struct adm_place *place)
{
	struct adm_opt *opt = adm_alloc(&conf->mem, sizeof(*opt));

	opt->name = name;
	opt->value = value;
	opt->place = *place;
	if (opts->last)
		opts->last->next = opt;
	else
		opts->first = opt;
	opts->last = opt;
}

void adm_name_add(struct adm_conf *conf, struct adm_names *names, const char *name)
{
	struct adm_name *n = adm_alloc(&conf->mem, sizeof(*n));

	n->name = name;
	if (names->last)
		names->last->next = n;
	else
		names->first = n;
	names->last = n;
}

bool adm_name_has(const struct adm_names *names, const char *name)
{
	struct adm_name *n;

	for (n = names->first; n; n = n->next)
		if (!strcmp(n->name, name))
			return true;
	return false;
}

const char *adm_names_text(struct adm_conf *conf, const struct adm_names *names)
{
	const char *text = "";
	struct adm_name *n;

	for (n = names->first; n; n = n->next)
		text = n == names->first ? n->name : adm_printf(&conf->mem, "%s %s", text, n->name);
	return text;
}

struct adm_vol *adm_vol_find(struct adm_vol *vols, unsigned int vnr)
{
	for (; vols; vols = vols->next)
		if (vols->vnr == vnr)
			return vols;
	return NULL;
}

struct adm_vol *adm_vol_get(struct adm_conf *conf, struct adm_vol **vols, unsigned int vnr)
{
	struct adm_vol *vol;

	while (*vols && (*vols)->vnr < vnr)
		vols = &(*vols)->next;
	vol = *vols;
	if (vol && vol->vnr == vnr)
		return vol;
	vol = adm_alloc(&conf->mem, sizeof(*vol));
	vol->vnr = vnr;
	vol->minor = -1;
	vol->next = *vols;
	*vols = vol;
	return vol;
}

struct adm_res *adm_res_find(const struct adm_conf *conf, const char *name)
{
	struct adm_res *res;

	for (res = conf->res; res; res = res->next)
		if (!strcmp(res->name, name))
			return res;
	return NULL;
}

/* strspn makes a table of its set at every call; this is asked for every word that is printed. */
size_t adm_plain(const char *word, const char *more)
{
	const char *at;

	for (at = word; *at; at++)
		if (!((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') && !(*at >= '0' && *at <= '9') && !strchr(more, *at))
			break;
	return (size_t)(at - word);
}
