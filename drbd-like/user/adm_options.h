/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of drbd.conf's sections: the tables of drbd_options.def, their 8.3 names, and those that only the tools
 * know (startup, proxy, handlers). drbd-tools.md A6.4.
 */
#ifndef ADM_OPTIONS_H
#define ADM_OPTIONS_H

#include "drbd-like/core/drbd_options.h"
#include "drbd-like/user/adm_conf.h"

enum adm_option_kind { ADM_KIND_NUM, ADM_KIND_BOOL, ADM_KIND_TEXT, ADM_KIND_ENUM };

struct adm_option {
	const char *keyword;	/* as written */
	const char *name;	/* as drbdsetup and the tree have it */
	enum adm_sec sec;	/* where it goes */
	enum adm_option_kind kind;
	bool negated;		/* no-disk-flushes */
	const struct drbd_opt *opt; /* limits and values; NULL: none */
};

/* The option of that keyword in a section (syncer: the 8.3 section of that name). False: none; *option is untouched. */
bool adm_option_find(enum adm_sec sec, bool syncer, const char *keyword, struct adm_option *option);
/* One of 8.3's settings that have no effect since. */
bool adm_option_obsolete(const char *keyword);
/* The keyword of that section nearest to a word, or NULL. */
const char *adm_option_nearest(enum adm_sec sec, bool syncer, const char *word);
/* The section that does have this keyword, or NULL. */
const char *adm_option_home(const char *keyword);
/* Reports a value that this option cannot have; false then. The value of a flag is "yes" or "no". */
bool adm_option_check(struct adm_conf *conf, const struct adm_option *option, const char *value,
		      const struct adm_place *place);
/* Which section goes to which table; -1: none. */
int adm_option_ctx(enum adm_sec sec);
const char *adm_sec_name(enum adm_sec sec);

#endif
