/* SPDX-License-Identifier: GPL-2.0-only */
/* What a parsed drbd.conf means on one host: defaults filled in, this host and its peer found, contradictions named. */
#ifndef ADM_TREE_H
#define ADM_TREE_H

#include "drbd-like/user/adm_conf.h"

struct adm_view {
	const char *nodename;	  /* uname -n, or __DRBD_NODE__ */
	const char *peer;	  /* --peer; NULL: none asked for */
	/* Whether this host has the address on an interface that is up; for floating sections. */
	bool (*has_address)(const struct adm_addr *addr, void *arg);
	void *arg;
};

/* 0; -EINVAL: errors were reported; -ENOMEM. */
int adm_resolve(struct adm_conf *conf, const struct adm_view *view);

/* Lets every resource, host and volume have the options it inherits, and turns words into drbdsetup's. The same results. */
int adm_inherit(struct adm_conf *conf);

/*
 * Numbers for drbdsetup: resync-after's resource becomes its minor, discard-node-HOST becomes local or remote. The same
 * results; a resource nobody knows is an error only if `strict`, else a warning that drops the option.
 */
int adm_translate(struct adm_conf *conf, bool strict);

/* The file's absolute path. */
const char *adm_abs_path(struct adm_conf *conf, const char *path);
/* Of the resource on this host: "normal", "stacked". */
const char *adm_res_kind(const struct adm_res *res);

#endif
