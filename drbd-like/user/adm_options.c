/* SPDX-License-Identifier: GPL-2.0-only */
/* Keywords of drbd.conf's sections and what their values may be. */
#include "drbd-like/user/adm_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/conf.h"

static const char *const sec_names[ADM_SECS] = { "options", "net", "disk", "startup", "proxy", "handlers" };

const char *adm_sec_name(enum adm_sec sec)
{
	return sec_names[sec];
}

int adm_option_ctx(enum adm_sec sec)
{
	switch (sec) {
	case ADM_OPTIONS:
		return DRBD_CTX_resource;
	case ADM_NET:
		return DRBD_CTX_net;
	case ADM_DISK:
		return DRBD_CTX_disk;
	default:
		return -1;
	}
}

/* Names that 8.3 had for options of today; `negated` turns the flag around. */
static const struct alias {
	const char *keyword, *name;
	enum adm_sec sec;
	bool negated;
} aliases[] = {
	{ "no-tcp-cork", "tcp-cork", ADM_NET, true },
	{ "no-disk-barrier", "disk-barrier", ADM_DISK, true },
	{ "no-disk-flushes", "disk-flushes", ADM_DISK, true },
	{ "no-disk-drain", "disk-drain", ADM_DISK, true },
	{ "no-md-flushes", "md-flushes", ADM_DISK, true },
	{ "rate", "resync-rate", ADM_DISK, false },
	{ "after", "resync-after", ADM_DISK, false },
};

/* What syncer { } may hold; each goes to the section it belongs to since 8.4. */
static const struct {
	const char *keyword;
	enum adm_sec sec;
} syncer_options[] = {
	{ "rate", ADM_DISK },	     { "after", ADM_DISK },	    { "al-extents", ADM_DISK },
	{ "c-plan-ahead", ADM_DISK }, { "c-delay-target", ADM_DISK }, { "c-fill-target", ADM_DISK },
	{ "c-max-rate", ADM_DISK },   { "c-min-rate", ADM_DISK },   { "use-rle", ADM_NET },
	{ "verify-alg", ADM_NET },    { "csums-alg", ADM_NET },	    { "cpu-mask", ADM_OPTIONS },
	{ "on-no-data-accessible", ADM_OPTIONS },
};

enum { WFC_MAX_S = 300000 };
static const struct drbd_opt wfc_seconds = {
	.name = "wfc-timeout", .type = OPT_NUM, .max = WFC_MAX_S, .scale = '1', .size = 4,
};

/* Sections that only drbdadm reads. */
static const struct local {
	const char *keyword, *name;
	enum adm_sec sec;
	enum adm_option_kind kind;
	const struct drbd_opt *opt;
} locals[] = {
	{ "wfc-timeout", "wfc-timeout", ADM_STARTUP, ADM_KIND_NUM, &wfc_seconds },
	{ "degr-wfc-timeout", "degr-wfc-timeout", ADM_STARTUP, ADM_KIND_NUM, &wfc_seconds },
	{ "outdated-wfc-timeout", "outdated-wfc-timeout", ADM_STARTUP, ADM_KIND_NUM, &wfc_seconds },
	{ "wait-after-sb", "wait-after-sb", ADM_STARTUP, ADM_KIND_BOOL, NULL },
	{ "memlimit", "memlimit", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "read-loops", "read-loops", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "compression", "compression", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "bwlimit", "bwlimit", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "sndbuf-size", "sndbuf-size", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "rcvbuf-size", "rcvbuf-size", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "ping-timeout", "ping-timeout", ADM_PROXY, ADM_KIND_TEXT, NULL },
	{ "pri-on-incon-degr", "pri-on-incon-degr", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "pri-lost-after-sb", "pri-lost-after-sb", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "pri-lost", "pri-lost", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "initial-split-brain", "initial-split-brain", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "split-brain", "split-brain", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "outdate-peer", "fence-peer", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "fence-peer", "fence-peer", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "unfence-peer", "unfence-peer", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "local-io-error", "local-io-error", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "before-resync-target", "before-resync-target", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "after-resync-target", "after-resync-target", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "before-resync-source", "before-resync-source", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
	{ "out-of-sync", "out-of-sync", ADM_HANDLERS, ADM_KIND_TEXT, NULL },
};

/* 8.2's switch for a kernel interface that went; drbdsetup refuses it. */
static const struct drbd_opt use_bmbv = { .name = "use-bmbv", .type = OPT_FLAG, .max = 1, .scale = '1', .size = 1 };

static const char *const obsolete[] = {
	"delay-probe-volume", "delay-probe-interval", "throttle-threshold", "hold-off-threshold",
};

bool adm_option_obsolete(const char *keyword)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(obsolete); i++)
		if (!strcmp(keyword, obsolete[i]))
			return true;
	return false;
}

static enum adm_option_kind kind_of(const struct drbd_opt *opt)
{
	switch (opt->type) {
	case OPT_FLAG:
		return ADM_KIND_BOOL;
	case OPT_ENUM:
		return ADM_KIND_ENUM;
	case OPT_STR:
		return ADM_KIND_TEXT;
	default:
		/* resync-after is a resource's name here, its minor for drbdsetup */
		return opt->type == OPT_SNUM ? ADM_KIND_TEXT : ADM_KIND_NUM;
	}
}

static const struct drbd_opt *table_opt(enum adm_sec sec, const char *name)
{
	const struct drbd_opt *opt;

	if (sec == ADM_DISK && !strcmp(name, use_bmbv.name))
		return &use_bmbv;
	opt = drbd_opt_by_name(adm_option_ctx(sec), name);
	return opt && !(opt->flags & (OF_A | OF_H)) ? opt : NULL;
}

static bool find_local(enum adm_sec sec, const char *keyword, struct adm_option *option)
{
	const struct local *l;

	for (l = locals; l < locals + ARRAY_SIZE(locals); l++) {
		if (l->sec != sec || strcmp(l->keyword, keyword))
			continue;
		*option = (struct adm_option){ l->keyword, l->name, sec, l->kind, false, l->opt };
		return true;
	}
	return false;
}

static bool find_table(enum adm_sec sec, const char *keyword, struct adm_option *option)
{
	const struct drbd_opt *opt;
	const char *name = keyword;
	bool negated = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(aliases); i++)
		if (aliases[i].sec == sec && !strcmp(aliases[i].keyword, keyword)) {
			name = aliases[i].name;
			negated = aliases[i].negated;
		}
	opt = table_opt(sec, name);
	if (!opt)
		return false;
	*option = (struct adm_option){ keyword, opt->name, sec, kind_of(opt), negated, opt };
	return true;
}

bool adm_option_find(enum adm_sec sec, bool syncer, const char *keyword, struct adm_option *option)
{
	size_t i;

	if (!syncer)
		return adm_option_ctx(sec) < 0 ? find_local(sec, keyword, option) : find_table(sec, keyword, option);
	for (i = 0; i < ARRAY_SIZE(syncer_options); i++)
		if (!strcmp(syncer_options[i].keyword, keyword))
			return find_table(syncer_options[i].sec, keyword, option);
	return false;
}

const char *adm_option_home(const char *keyword)
{
	struct adm_option option;
	int sec;

	for (sec = 0; sec < ADM_SECS; sec++)
		if (adm_option_find((enum adm_sec)sec, false, keyword, &option))
			return sec_names[sec];
	return NULL;
}

enum { KEYWORDS_MAX = 64 };

const char *adm_option_nearest(enum adm_sec sec, bool syncer, const char *word)
{
	const char *names[KEYWORDS_MAX + 1];
	const struct drbd_opt_ctx *ctx;
	size_t i, n = 0;

	if (syncer) {
		for (i = 0; i < ARRAY_SIZE(syncer_options); i++)
			names[n++] = syncer_options[i].keyword;
	} else if (adm_option_ctx(sec) >= 0) {
		ctx = &drbd_opt_ctx[adm_option_ctx(sec)];
		for (i = 0; i < ctx->opts && n < KEYWORDS_MAX; i++)
			if (!(ctx->opt[i].flags & (OF_A | OF_H)))
				names[n++] = ctx->opt[i].name;
	} else {
		for (i = 0; i < ARRAY_SIZE(locals); i++)
			if (locals[i].sec == sec)
				names[n++] = locals[i].keyword;
		if (sec == ADM_STARTUP) {
			names[n++] = "become-primary-on";
			names[n++] = "stacked-timeouts";
		} else if (sec == ADM_PROXY) {
			names[n++] = "plugin";
		}
	}
	names[n] = NULL;
	return conf_nearest(names, sizeof(names[0]), word);
}

static bool bad_number(struct adm_conf *conf, const struct adm_option *option, const char *value,
		       const struct adm_place *place)
{
	const struct drbd_opt *opt = option->opt;
	char unit[2] = { opt->scale == '1' ? '\0' : opt->scale, '\0' };
	u64 number;

	if (drbd_opt_number(value, opt->scale, &number) == -EINVAL)
		adm_error(conf, ADM_EXIT_EXEC, place, "%s: %s is not a valid number", option->keyword, value);
	else if (drbd_opt_number(value, opt->scale, &number))
		adm_error(conf, ADM_EXIT_EXEC, place, "%s: %s is out of every range", option->keyword, value);
	else
		adm_error(conf, ADM_EXIT_CONFIG, place, "%s %s => %" PRIu64 "%s out of range [%" PRId64 "..%" PRId64 "]%s.",
			  option->keyword, value, (uint64_t)number, unit, (int64_t)opt->min, (int64_t)opt->max, unit);
	return false;
}

static bool bad_enum(struct adm_conf *conf, const struct adm_option *option, const char *value,
		     const struct adm_place *place)
{
	const char *names[KEYWORDS_MAX], *near;
	char list[512] = "";
	size_t i, n = 0;

	for (i = 0; i < option->opt->names_nr; i++)
		if (option->opt->names[i]) {
			names[n++] = option->opt->names[i];
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", *list ? "," : "",
				 option->opt->names[i]);
		}
	names[n] = NULL;
	near = conf_nearest(names, sizeof(names[0]), value);
	adm_error(conf, ADM_EXIT_CONFIG, place, "unknown %s '%s', should be one of %s%s%s%s", option->keyword, value,
		  list, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return false;
}

bool adm_option_check(struct adm_conf *conf, const struct adm_option *option, const char *value,
		      const struct adm_place *place)
{
	union {
		struct drbd_disk_conf disk;
		struct drbd_net_conf net;
		struct drbd_resource_conf resource;
	} scratch;

	if (!option->opt || option->opt->type == OPT_SNUM)
		return true;
	if (option->kind == ADM_KIND_ENUM && !strncmp(value, "discard-node-", 13) &&
	    !strcmp(option->name, "after-sb-0pri"))
		return true; /* drbdadm's own word for discard-local or discard-remote */
	if (!drbd_opt_parse(option->opt, value, true, &scratch))
		return true;
	switch (option->kind) {
	case ADM_KIND_NUM:
		return bad_number(conf, option, value, place);
	case ADM_KIND_ENUM:
		return bad_enum(conf, option, value, place);
	default:
		/* it may be a secret: its text is not shown */
		adm_error(conf, ADM_EXIT_CONFIG, place, "%s is too long: %zu characters, at most %u", option->keyword,
			  strlen(value), option->opt->size - 1u);
		return false;
	}
}
