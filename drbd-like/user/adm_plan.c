/* SPDX-License-Identifier: GPL-2.0-only */
/* Wanted tree minus running tree is a list of calls. Nothing is run here. */
#include "drbd-like/user/adm_plan.h"

#include <stdio.h>
#include <string.h>

#include "drbd-like/user/adm_options.h"

enum { ARGV_START = 16 };

/* ---- calls */

void adm_call_arg(struct adm_conf *conf, struct adm_call *call, const char *arg)
{
	const char **argv;

	if (call->argc + 1 >= call->argv_max) {
		call->argv_max = call->argv_max ? call->argv_max * 2 : ARGV_START;
		argv = adm_alloc(&conf->mem, (size_t)call->argv_max * sizeof(*argv));
		if (call->argc)
			memcpy(argv, call->argv, (size_t)call->argc * sizeof(*argv));
		call->argv = argv;
	}
	call->argv[call->argc++] = arg;
	call->argv[call->argc] = NULL;
}

struct adm_call *adm_call_new(struct adm_conf *conf, const char *program, const char *step, const struct adm_res *res,
			      const struct adm_vol *vol)
{
	struct adm_call *call = adm_alloc(&conf->mem, sizeof(*call));

	call->step = step;
	call->res = res;
	call->vol = vol;
	adm_call_arg(conf, call, program);
	return call;
}

void adm_call_opts(struct adm_conf *conf, struct adm_call *call, const struct adm_opts *opts)
{
	const struct adm_opt *opt;

	for (opt = opts->first; opt; opt = opt->next)
		if (opt->value)
			adm_call_arg(conf, call, adm_printf(&conf->mem, "--%s=%s", opt->name, opt->value));
}

void adm_call_extra(struct adm_conf *conf, struct adm_call *call, const struct adm_tools *tools)
{
	const struct adm_name *n;

	for (n = tools->extra.first; n; n = n->next)
		adm_call_arg(conf, call, n->name);
}

static void arg_num(struct adm_conf *conf, struct adm_call *call, unsigned int num)
{
	adm_call_arg(conf, call, adm_printf(&conf->mem, "%u", num));
}

static struct adm_call *setup(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_new(plan->conf, plan->tools->drbdsetup, step, res, vol);

	adm_call_arg(plan->conf, call, step);
	return call;
}

struct adm_call *adm_call_minor(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = setup(plan, step, res, vol);

	arg_num(plan->conf, call, (unsigned int)vol->minor);
	return call;
}

struct adm_call *adm_call_res(struct adm_plan *plan, const char *step, const struct adm_res *res)
{
	struct adm_call *call = setup(plan, step, res, NULL);

	adm_call_arg(plan->conf, call, res->name);
	return call;
}

static bool internal(const struct adm_vol *vol)
{
	return !strcmp(vol->meta_disk, "internal");
}

static const char *meta_dev(const struct adm_vol *vol)
{
	return internal(vol) ? vol->disk : vol->meta_disk;
}

struct adm_call *adm_call_meta(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_new(plan->conf, plan->tools->drbdmeta, step, res, vol);

	arg_num(plan->conf, call, (unsigned int)vol->minor);
	adm_call_arg(plan->conf, call, "v08");
	adm_call_arg(plan->conf, call, meta_dev(vol));
	adm_call_arg(plan->conf, call, strcmp(vol->meta_index, "flexible") ? vol->meta_index : "flex-external");
	adm_call_arg(plan->conf, call, step);
	return call;
}

struct adm_opts adm_res_options(struct adm_conf *conf, const struct adm_res *res)
{
	struct adm_opts opts = { NULL, NULL };
	const struct adm_opt *opt;

	for (opt = res->opts[ADM_OPTIONS].first; opt; opt = opt->next)
		if (!adm_opt_find(&res->me->opts, opt->name))
			adm_opt_add(conf, &opts, opt->name, opt->value, &opt->place);
	for (opt = res->me->opts.first; opt; opt = opt->next)
		adm_opt_add(conf, &opts, opt->name, opt->value, &opt->place);
	return opts;
}

struct adm_call *adm_call_new_resource(struct adm_plan *plan, const struct adm_res *res)
{
	struct adm_call *call = adm_call_res(plan, "new-resource", res);
	struct adm_opts opts = adm_res_options(plan->conf, res);

	adm_call_opts(plan->conf, call, &opts);
	return call;
}

struct adm_call *adm_call_new_minor(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_res(plan, "new-minor", res);

	call->vol = vol;
	arg_num(plan->conf, call, (unsigned int)vol->minor);
	arg_num(plan->conf, call, vol->vnr);
	return call;
}

struct adm_call *adm_call_attach(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_minor(plan, "attach", res, vol);

	adm_call_arg(plan->conf, call, vol->disk);
	adm_call_arg(plan->conf, call, meta_dev(vol));
	adm_call_arg(plan->conf, call, vol->meta_index);
	adm_call_opts(plan->conf, call, &vol->disk_opts);
	return call;
}

struct adm_call *adm_call_resize(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_minor(plan, "resize", res, vol);
	const struct adm_opt *size = adm_opt_find(&vol->disk_opts, "size");

	if (size)
		adm_call_arg(plan->conf, call, adm_printf(&plan->conf->mem, "--size=%s", size->value));
	return call;
}

static const char *address(struct adm_conf *conf, const struct adm_addr *addr)
{
	if (!strcmp(addr->family, "ipv6"))
		return adm_printf(&conf->mem, "%s:[%s]:%s", addr->family, addr->ip, addr->port);
	return adm_printf(&conf->mem, "%s:%s:%s", addr->family, addr->ip, addr->port);
}

/* The own proxy's inside stands for the peer. */
static const char *remote_address(struct adm_conf *conf, const struct adm_host *me, const struct adm_host *peer)
{
	if (!peer)
		return "N/A"; /* only in a dry run, behind the error that says why */
	return address(conf, me->proxy && me->proxy->inside.ip ? &me->proxy->inside : &peer->addr);
}

struct adm_call *adm_call_path(struct adm_plan *plan, const char *step, const struct adm_res *res, const struct adm_host *me,
			       const struct adm_host *peer)
{
	struct adm_call *call = setup(plan, step, res, NULL);

	adm_call_arg(plan->conf, call, address(plan->conf, &me->addr));
	adm_call_arg(plan->conf, call, remote_address(plan->conf, me, peer));
	return call;
}

struct adm_call *adm_call_connect(struct adm_plan *plan, const struct adm_res *res)
{
	struct adm_call *call = adm_call_res(plan, "connect", res);

	adm_call_arg(plan->conf, call, address(plan->conf, &res->me->addr));
	adm_call_arg(plan->conf, call, remote_address(plan->conf, res->me, res->peer));
	adm_call_opts(plan->conf, call, &res->opts[ADM_NET]);
	return call;
}

/* ---- proxy */

const char *adm_proxy_name(struct adm_conf *conf, const struct adm_res *res)
{
	return adm_printf(&conf->mem, "%s-%s-%s", res->name, res->peer->names.first->name, res->me->names.first->name);
}

static void proxy_arg(struct adm_plan *plan, struct adm_call *call, const char *text)
{
	adm_call_arg(plan->conf, call, "-c");
	adm_call_arg(plan->conf, call, text);
}

static struct adm_call *proxy(struct adm_plan *plan, const struct adm_res *res, const char *text)
{
	struct adm_call *call = adm_call_new(plan->conf, plan->tools->proxy_ctl, "proxy", res, NULL);

	if (text)
		proxy_arg(plan, call, text);
	return call;
}

struct adm_call *adm_call_proxy_add(struct adm_plan *plan, const struct adm_res *res)
{
	const struct adm_proxy *me = res->me->proxy, *peer = res->peer->proxy;

	return proxy(plan, res, adm_printf(&plan->conf->mem, "add connection %s %s:%s %s:%s %s:%s %s:%s",
					   adm_proxy_name(plan->conf, res), me->inside.ip, me->inside.port, peer->outside.ip,
					   peer->outside.port, me->outside.ip, me->outside.port, res->me->addr.ip,
					   res->me->addr.port));
}

struct adm_call *adm_call_proxy_del(struct adm_plan *plan, const struct adm_res *res)
{
	return proxy(plan, res, adm_printf(&plan->conf->mem, "del connection %s", adm_proxy_name(plan->conf, res)));
}

static const char *set_plugin(struct adm_plan *plan, const struct adm_res *res, int nr, const char *text)
{
	return adm_printf(&plan->conf->mem, "set plugin %s %d %s", adm_proxy_name(plan->conf, res), nr, text);
}

struct adm_call *adm_call_proxy_set(struct adm_plan *plan, const struct adm_res *res)
{
	const char *name = adm_proxy_name(plan->conf, res);
	struct adm_call *call = proxy(plan, res, NULL);
	const struct adm_opt *opt;
	int nr = 0;

	for (opt = res->me->proxy->opts.first; opt; opt = opt->next)
		proxy_arg(plan, call, adm_printf(&plan->conf->mem, "set %s %s %s", opt->name, name, opt->value));
	for (opt = res->me->proxy->plugins.first; opt; opt = opt->next)
		proxy_arg(plan, call, set_plugin(plan, res, nr++, opt->name));
	if (nr)
		proxy_arg(plan, call, set_plugin(plan, res, nr, "END"));
	return call->argc > 1 ? call : NULL;
}

/* ---- plans */

static void add(struct adm_plan *plan, enum adm_stage stage, struct adm_call *call)
{
	if (plan->last[stage])
		plan->last[stage]->next = call;
	else
		plan->stage[stage] = call;
	plan->last[stage] = call;
}

static void add_attach(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol)
{
	add(plan, ADM_ADJUST_DISK, adm_call_meta(plan, "apply-al", res, vol));
	add(plan, ADM_ADJUST_DISK, adm_call_attach(plan, res, vol));
}

void adm_plan_up(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *only)
{
	const struct adm_vol *vol;

	add(plan, ADM_CREATE, adm_call_new_resource(plan, res));
	for (vol = res->me->vols; vol; vol = vol->next) {
		if (only && vol != only)
			continue;
		add(plan, ADM_CREATE, adm_call_new_minor(plan, res, vol));
		add_attach(plan, res, vol);
	}
	add(plan, ADM_ADJUST_NET, adm_call_connect(plan, res));
}

/* ---- comparing options */

union values {
	struct drbd_disk_conf disk;
	struct drbd_net_conf net;
	struct drbd_resource_conf resource;
};

/* What drbdsetup makes of a list: defaults, then each option in turn. */
static void evaluate(enum drbd_opt_ctx_id ctx, const struct adm_opts *opts, union values *values)
{
	const struct drbd_opt *known;
	const struct adm_opt *opt;

	drbd_opts_default(ctx, values);
	for (opt = opts->first; opt; opt = opt->next) {
		known = drbd_opt_by_name(ctx, opt->name);
		if (known)
			drbd_opt_parse(known, opt->value, false, values);
	}
}

static void because(struct adm_plan *plan, const struct adm_res *res, const char *what, const char *why)
{
	if (plan->because)
		plan->because(adm_printf(&plan->conf->mem, "%s: %s: %s", res->name, what, why), plan->because_arg);
}

/* with_fixed: those that can not be changed while attached count instead of the others. */
static bool options_differ(struct adm_plan *plan, const struct adm_res *res, enum drbd_opt_ctx_id id,
			   const struct adm_opts *wanted, const struct adm_opts *running, bool fixed)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[id];
	const struct drbd_opt *opt;
	union values want, run;
	bool differ = false;

	evaluate(id, wanted, &want);
	evaluate(id, running, &run);
	for (opt = ctx->opt; opt < ctx->opt + ctx->opts; opt++) {
		if (opt->flags & (OF_A | OF_H) || fixed != !!(opt->flags & OF_I) || drbd_opt_equal(opt, &want, &run))
			continue;
		because(plan, res, opt->name, "running and configured value differ");
		differ = true;
	}
	return differ;
}

static bool differs_in(const struct adm_opts *wanted, const struct adm_opts *running, const char *name)
{
	const struct drbd_opt *opt = drbd_opt_by_name(DRBD_CTX_disk, name);
	union values want, run;

	evaluate(DRBD_CTX_disk, wanted, &want);
	evaluate(DRBD_CTX_disk, running, &run);
	return !drbd_opt_equal(opt, &want, &run);
}

static struct adm_opts changeable(struct adm_conf *conf, const struct adm_opts *opts)
{
	struct adm_opts out = { NULL, NULL };
	const struct drbd_opt *known;
	const struct adm_opt *opt;

	for (opt = opts->first; opt; opt = opt->next) {
		known = drbd_opt_by_name(DRBD_CTX_disk, opt->name);
		if (!known || !(known->flags & OF_I))
			adm_opt_add(conf, &out, opt->name, opt->value, &opt->place);
	}
	return out;
}

/* ---- adjust */

static bool same_meta(const struct adm_vol *a, const struct adm_vol *b)
{
	/* indices are not compared: the same device with another index is a mistake that attach would find */
	return internal(a) == internal(b) && (internal(a) || !strcmp(a->meta_disk, b->meta_disk));
}

static void detach_and_forget(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *run)
{
	if (run->disk)
		add(plan, ADM_CREATE, adm_call_minor(plan, "detach", res, run));
	add(plan, ADM_CREATE, adm_call_minor(plan, "del-minor", res, run));
}

static void adjust_disk(struct adm_plan *plan, const struct adm_res *res, const struct adm_vol *vol, const struct adm_vol *run)
{
	struct adm_opts can_change;
	struct adm_call *call;

	if (!run->disk || strcmp(vol->disk, run->disk) || !same_meta(vol, run) ||
	    differs_in(&vol->disk_opts, &run->disk_opts, "max-bio-bvecs")) {
		because(plan, res, vol->device, run->disk ? "another disk, meta-disk or max-bio-bvecs" : "not attached");
		if (run->disk)
			add(plan, ADM_CREATE, adm_call_minor(plan, "detach", res, run));
		add_attach(plan, res, vol);
		return;
	}
	if (options_differ(plan, res, DRBD_CTX_disk, &vol->disk_opts, &run->disk_opts, false)) {
		call = adm_call_minor(plan, "disk-options", res, vol);
		adm_call_arg(plan->conf, call, "--set-defaults");
		can_change = changeable(plan->conf, &vol->disk_opts);
		adm_call_opts(plan->conf, call, &can_change);
		add(plan, ADM_ADJUST_DISK, call);
	}
	if (differs_in(&vol->disk_opts, &run->disk_opts, "size")) {
		because(plan, res, vol->device, "another size");
		add(plan, ADM_ADJUST_DISK, adm_call_resize(plan, res, vol));
		add(plan, ADM_ADJUST_DISK, adm_call_minor(plan, "check-resize", res, vol));
	}
}

static void adjust_volumes(struct adm_plan *plan, const struct adm_res *res, const struct adm_res *running)
{
	struct adm_vol *runs = running && running->me ? running->me->vols : NULL, *run;
	const struct adm_vol *vol;

	for (run = runs; run; run = run->next) {
		vol = adm_vol_find(res->me->vols, run->vnr);
		if (vol && vol->minor == run->minor)
			continue;
		because(plan, res, adm_printf(&plan->conf->mem, "minor %d", run->minor), "not configured any more");
		detach_and_forget(plan, res, run);
	}
	for (vol = res->me->vols; vol; vol = vol->next) {
		run = adm_vol_find(runs, vol->vnr);
		if (run && run->minor == vol->minor) {
			adjust_disk(plan, res, vol, run);
			continue;
		}
		add(plan, ADM_PREPARE_DISK, adm_call_new_minor(plan, res, vol));
		add_attach(plan, res, vol);
	}
}

static bool same_addr(const struct adm_addr *a, const struct adm_addr *b)
{
	return !strcmp(a->family, b->family) && !strcmp(a->ip, b->ip) && !strcmp(a->port, b->port);
}

static bool same_path(const struct adm_res *res, const struct adm_res *running)
{
	const struct adm_addr *peer;

	if (!res->peer || !running->peer || !running->peer->addr.ip || !running->me || !running->me->addr.ip)
		return false;
	peer = res->me->proxy && res->me->proxy->inside.ip ? &res->me->proxy->inside : &res->peer->addr;
	return same_addr(&res->me->addr, &running->me->addr) && same_addr(peer, &running->peer->addr);
}

static void adjust_net(struct adm_plan *plan, const struct adm_res *res, const struct adm_res *running)
{
	struct adm_call *call;

	if (running && same_path(res, running)) {
		if (!options_differ(plan, res, DRBD_CTX_net, &res->opts[ADM_NET], &running->opts[ADM_NET], false))
			return;
		call = adm_call_path(plan, "net-options", res, res->me, res->peer);
		adm_call_arg(plan->conf, call, "--set-defaults");
		adm_call_opts(plan->conf, call, &res->opts[ADM_NET]);
		add(plan, ADM_ADJUST_NET, call);
		return;
	}
	if (running && running->peer && running->peer->addr.ip && running->me && running->me->addr.ip) {
		because(plan, res, "connection", "other addresses");
		add(plan, ADM_PREPARE_NET, adm_call_path(plan, "disconnect", res, running->me, running->peer));
	}
	add(plan, ADM_ADJUST_NET, adm_call_connect(plan, res));
}

static bool same_algorithm(const char *a, const char *b)
{
	size_t len = strcspn(a, " ");

	return len == strcspn(b, " ") && !memcmp(a, b, len);
}

/* A proxy rounds what it was told: 2% are no difference. */
static bool same_memlimit(const char *a, const char *b)
{
	u64 less, more;

	if (drbd_opt_number(a, '1', &less) || drbd_opt_number(b, '1', &more))
		return !strcmp(a, b);
	return less < more ? more - less <= less / 50 : less - more <= more / 50;
}

/* The proxy takes no plugin's place for another one that it goes on using elsewhere. */
static bool plugin_moves(const struct adm_opts *wanted, const struct adm_opts *running)
{
	const struct adm_opt *want, *run, *w;

	for (want = wanted->first, run = running->first; want && run; want = want->next, run = run->next) {
		if (!strcmp(want->name, run->name))
			continue;
		for (w = wanted->first; w; w = w->next)
			if (w != want && same_algorithm(w->name, run->name))
				return true;
	}
	return false;
}

void adm_plan_proxy(struct adm_plan *plan, const struct adm_res *res, const struct adm_opts *opts,
		    const struct adm_opts *plugins)
{
	const struct adm_opt *limit = adm_opt_find(&res->me->proxy->opts, "memlimit"), *runs = adm_opt_find(opts, "memlimit");
	const struct adm_opt *want = res->me->proxy->plugins.first, *run = plugins->first;
	struct adm_call *set;
	int nr;

	if ((limit && (!runs || !same_memlimit(limit->value, runs->value))) || plugin_moves(&res->me->proxy->plugins, plugins)) {
		because(plan, res, "proxy", "another memlimit or order of plugins");
		add(plan, ADM_PREPARE_NET, adm_call_proxy_del(plan, res));
		add(plan, ADM_PREPARE_NET, adm_call_proxy_add(plan, res));
		set = adm_call_proxy_set(plan, res);
		if (set)
			add(plan, ADM_PREPARE_NET, set);
		return;
	}
	for (nr = 0; want; want = want->next, run = run ? run->next : NULL, nr++) {
		if (run && !strcmp(want->name, run->name))
			continue;
		because(plan, res, want->name, "another proxy plugin");
		add(plan, ADM_ADJUST_NET, proxy(plan, res, set_plugin(plan, res, nr, want->name)));
	}
	if (run)
		add(plan, ADM_ADJUST_NET, proxy(plan, res, set_plugin(plan, res, nr, "end")));
}

void adm_plan_adjust(struct adm_plan *plan, const struct adm_res *res, const struct adm_res *running)
{
	struct adm_opts opts = adm_res_options(plan->conf, res);
	struct adm_call *call;

	if (!running) {
		add(plan, ADM_CREATE, adm_call_new_resource(plan, res));
	} else if (options_differ(plan, res, DRBD_CTX_resource, &opts, &running->opts[ADM_OPTIONS], false)) {
		call = adm_call_res(plan, "resource-options", res);
		adm_call_arg(plan->conf, call, "--set-defaults");
		adm_call_opts(plan->conf, call, &opts);
		add(plan, ADM_ADJUST_RES, call);
	}
	adjust_volumes(plan, res, running);
	adjust_net(plan, res, running);
}
