/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: which calls of drbdsetup and drbdmeta bring a host from what runs to what is wanted (drbd-tools.md A4, A5). The
 * trees are resolved, inherited and translated (adm_tree.h); argument vectors live in the arena of the wanted one.
 */
#ifndef ADM_PLAN_H
#define ADM_PLAN_H

#include "drbd-like/user/adm_conf.h"

/* In this order, all resources in each before the next. */
enum adm_stage { ADM_CREATE, ADM_ADJUST_RES, ADM_PREPARE_DISK, ADM_ADJUST_DISK, ADM_PREPARE_NET, ADM_ADJUST_NET, ADM_STAGES };

struct adm_tools {
	const char *drbdsetup, *drbdmeta, *proxy_ctl;
	struct adm_names extra; /* given on the command line; goes to the end of every call that takes it */
};

struct adm_call {
	struct adm_call *next;
	const char **argv; /* NULL at the end */
	int argc, argv_max;
	const char *step; /* "new-minor", "attach": for messages */
	const struct adm_res *res;
	const struct adm_vol *vol;
};

struct adm_plan {
	struct adm_conf *conf;
	const struct adm_tools *tools;
	struct adm_call *stage[ADM_STAGES], *last[ADM_STAGES];
	/* why a step is needed, for -v -v -v; NULL: nobody asks */
	void (*because)(const char *text, void *arg);
	void *because_arg;
};

/* Single calls. */
struct adm_call *adm_call_new(struct adm_conf *conf, const char *program, const char *step, const struct adm_res *res,
			      const struct adm_vol *vol);
void adm_call_arg(struct adm_conf *conf, struct adm_call *call, const char *arg);
/* Every option as --name=value. */
void adm_call_opts(struct adm_conf *conf, struct adm_call *call, const struct adm_opts *opts);
void adm_call_extra(struct adm_conf *conf, struct adm_call *call, const struct adm_tools *tools);

struct adm_call *adm_call_minor(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_vol *vol);
struct adm_call *adm_call_res(struct adm_plan *plan, const char *step, const struct adm_res *res);
struct adm_call *adm_call_meta(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_vol *vol);
struct adm_call *adm_call_new_resource(struct adm_plan *plan, const struct adm_res *res);
struct adm_call *adm_call_new_minor(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol);
struct adm_call *adm_call_attach(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol);
/* To the size of the configuration, or all there is. */
struct adm_call *adm_call_resize(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol);
struct adm_call *adm_call_connect(struct adm_plan *plan, const struct adm_res *res);
/* With the local and remote address as arguments: disconnect, net-options. */
struct adm_call *adm_call_path(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_host *me,
			       const struct adm_host *peer);
/* For drbd-proxy-ctl (drbd-tools.md A11), whose connections have names of their own. The settings are NULL if there are none. */
const char *adm_proxy_name(struct adm_conf *conf, const struct adm_res *res);
struct adm_call *adm_call_proxy_add(struct adm_plan *plan, const struct adm_res *res);
struct adm_call *adm_call_proxy_del(struct adm_plan *plan, const struct adm_res *res);
struct adm_call *adm_call_proxy_set(struct adm_plan *plan, const struct adm_res *res);
/* What of the host's options and its resource's applies to this host. */
struct adm_opts adm_res_options(struct adm_conf *conf, const struct adm_res *res);

/* Adds the steps of `up` for one resource; vol NULL: all its volumes. */
void adm_plan_up(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol);
/* running NULL: the resource does not run. */
void adm_plan_adjust(struct adm_plan *plan, const struct adm_res *res, const struct adm_res *running);
/* opts and plugins: the proxy section that drbd-proxy-ctl shows of the resource's connection. Both ends have a proxy. */
void adm_plan_proxy(struct adm_plan *plan, const struct adm_res *res, const struct adm_opts *opts,
		    const struct adm_opts *plugins);

#endif
