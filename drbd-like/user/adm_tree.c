/* SPDX-License-Identifier: GPL-2.0-only */
/* Inheritance and host matching over a parsed drbd.conf (drbd-tools.md A6.3), and the checks that need all of it. */
#include "drbd-like/user/adm_tree.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drbd-like/user/adm_options.h"
#include "drbd-like/user/adm_uniq.h"
#include "lib/conf.h"
#include "lib/fault.h"

/* "in resource r0, on server1 { ... }: " */
static const char *host_title(struct adm_conf *conf, const struct adm_res *res, const struct adm_host *host)
{
	return adm_printf(&conf->mem, "in resource %s, %s %s { ... }", res->name,
			  host->lower ? "stacked-on-top-of" : host->floating ? "floating" : "on",
			  host->lower ? host->lower : adm_names_text(conf, &host->names));
}

/* Where the resource begins, by the file's full name. */
static const struct adm_place *res_place(struct adm_conf *conf, const struct adm_res *res)
{
	struct adm_place *place = adm_alloc(&conf->mem, sizeof(*place));

	place->file = adm_abs_path(conf, res->place.file);
	place->line = res->place.line;
	return place;
}

/* ---- volumes */

static void fill_vol(struct adm_vol *vol, const struct adm_vol *from)
{
	if (!vol->device) {
		vol->device = from->device;
		vol->minor = from->minor;
		vol->device_place = from->device_place;
	}
	if (!vol->disk) {
		vol->disk = from->disk;
		vol->disk_place = from->disk_place;
	}
	if (!vol->meta_disk) {
		vol->meta_disk = from->meta_disk;
		vol->meta_index = from->meta_index;
		vol->meta_place = from->meta_place;
	}
}

static void fill_vols(struct adm_conf *conf, struct adm_vol **vols, const struct adm_vol *from)
{
	struct adm_vol *vol;

	for (; from; from = from->next) {
		vol = adm_vol_get(conf, vols, from->vnr);
		if (!vol->place.file) {
			vol->place = from->place;
			vol->implicit = from->implicit;
		}
		fill_vol(vol, from);
	}
}

static void missing(struct adm_conf *conf, const struct adm_res *res, const struct adm_host *host, const struct adm_vol *vol,
		    const char *keyword)
{
	const char *where = vol->implicit ? "" : adm_printf(&conf->mem, " volume %u:", vol->vnr);

	adm_error(conf, ADM_EXIT_CONFIG, &host->place, "%s:%s '%s' keyword missing.", host_title(conf, res, host), where, keyword);
}

static void check_vol(struct adm_conf *conf, const struct adm_res *res, const struct adm_host *host,
		      const struct adm_vol *vol)
{
	if (!vol->device)
		missing(conf, res, host, vol, "device");
	if (!vol->disk)
		missing(conf, res, host, vol, "disk");
	if (!vol->meta_disk)
		missing(conf, res, host, vol, "meta-disk");
}

static bool is_loopback(const struct adm_addr *addr)
{
	return !strncmp(addr->ip, "127.", 4) || !strcmp(addr->ip, "::1");
}

static void check_host(struct adm_conf *conf, const struct adm_res *res, const struct adm_host *host)
{
	const struct adm_vol *vol;
	bool implicit = false, explicit = false;

	if (host->broken || res->broken)
		return;
	if (!host->addr.ip)
		adm_error(conf, ADM_EXIT_CONFIG, &host->place, "%s: 'address' keyword missing.",
			  host_title(conf, res, host));
	if (!host->vols)
		adm_error(conf, ADM_EXIT_CONFIG, &host->place, "%s: no volume: 'device', 'disk' and 'meta-disk' are missing.",
			  host_title(conf, res, host));
	for (vol = host->vols; vol; vol = vol->next) {
		*(vol->implicit ? &implicit : &explicit) = true;
		check_vol(conf, res, host, vol);
	}
	if (implicit && explicit)
		adm_error(conf, ADM_EXIT_CONFIG, &host->place,
			  "in resource %s: you must not mix implicit and explicit volumes; put device, disk and meta-disk "
			  "into volume sections", res->name);
}

static void check_same_volumes(struct adm_conf *conf, const struct adm_res *res)
{
	const struct adm_host *first = res->hosts, *host;
	const struct adm_vol *vol;

	if (res->broken)
		return;
	for (host = first ? first->next : NULL; host; host = host->next) {
		for (vol = first->vols; vol; vol = vol->next)
			if (!adm_vol_find(host->vols, vol->vnr))
				adm_error(conf, ADM_EXIT_CONFIG, &first->place, "%s: volume %u not defined on %s",
					  host_title(conf, res, first), vol->vnr, adm_names_text(conf, &host->names));
		for (vol = host->vols; vol; vol = vol->next)
			if (!adm_vol_find(first->vols, vol->vnr))
				adm_error(conf, ADM_EXIT_CONFIG, &first->place, "%s: volume %u missing (present on %s)",
					  host_title(conf, res, first), vol->vnr, adm_names_text(conf, &host->names));
	}
}

/* A volume on top of the lower resource's volume of the same number. */
static void stack_vol(struct adm_conf *conf, const struct adm_res *res, const struct adm_host *host, struct adm_vol *vol)
{
	const struct adm_host *below = host->lower_res->me ? host->lower_res->me : host->lower_res->hosts;
	const struct adm_vol *lower = below ? adm_vol_find(below->vols, vol->vnr) : NULL;

	if (vol->disk)
		adm_error(conf, ADM_EXIT_CONFIG, &vol->disk_place, "%s: no disk here: it is the device of '%s'",
			  host_title(conf, res, host), host->lower);
	if (!lower)
		adm_error(conf, ADM_EXIT_CONFIG, &host->place, "%s: volume %u is not defined in '%s'",
			  host_title(conf, res, host), vol->vnr, host->lower);
	vol->disk = lower ? lower->device : vol->device; /* so that it is not missed as well */
	vol->disk_place = vol->place;
	vol->meta_disk = vol->meta_index = "internal";
}

static void stack_host(struct adm_conf *conf, struct adm_res *res, struct adm_host *host)
{
	struct adm_host *h;
	struct adm_name *n;
	struct adm_vol *vol;

	host->lower_res = adm_res_find(conf, host->lower);
	if (!host->lower_res) {
		adm_error(conf, ADM_EXIT_CONFIG, &host->place, "in resource %s, referenced resource '%s' not defined.",
			  res->name, host->lower);
		host->broken = true;
		return;
	}
	if (host->lower_res == res) {
		host->broken = true;
		adm_error(conf, ADM_EXIT_CONFIG, &host->place, "resource %s can not be stacked on top of itself.", res->name);
		host->lower_res = NULL;
		return;
	}
	for (h = host->lower_res->hosts; h; h = h->next)
		for (n = h->names.first; n; n = n->next)
			adm_name_add(conf, &host->names, n->name);
	for (vol = host->vols; vol; vol = vol->next)
		stack_vol(conf, res, host, vol);
}

/* ---- what may be used once on a host */

static void uniq_addr(struct adm_conf *conf, const struct adm_addr *addr, const char *host)
{
	if (is_loopback(addr))
		adm_uniq(conf, "IP", &addr->place, "%s:%s:%s", host, addr->ip, addr->port);
	else
		adm_uniq(conf, "IP", &addr->place, "%s:%s", addr->ip, addr->port);
}

static void uniq_vol(struct adm_conf *conf, const struct adm_vol *vol, const char *host)
{
	if (vol->device)
		adm_uniq(conf, "device", &vol->device_place, "device:%s:%s", host, vol->device);
	if (vol->minor >= 0)
		adm_uniq(conf, "device-minor", &vol->device_place, "device-minor:%s:%d", host, vol->minor);
	if (vol->disk)
		adm_uniq(conf, "disk", &vol->disk_place, "disk:%s:%s", host, vol->disk);
	if (vol->meta_disk && strcmp(vol->meta_disk, "internal"))
		adm_uniq(conf, "meta-disk", &vol->meta_place, "%s:%s[%s]", host, vol->meta_disk, vol->meta_index);
}

static void uniq_host(struct adm_conf *conf, const struct adm_host *host)
{
	const struct adm_names *names = &host->names;
	const struct adm_vol *vol;
	const struct adm_name *n;

	if (host->addr.ip)
		uniq_addr(conf, &host->addr, names->first ? names->first->name : "");
	for (n = names->first; n; n = n->next)
		for (vol = host->vols; vol; vol = vol->next)
			uniq_vol(conf, vol, n->name);
}

/* ---- this host and its peer */

static bool is_me(const struct adm_host *host, const struct adm_view *view)
{
	if (host->lower)
		return host->lower_res && host->lower_res->me;
	if (!host->floating)
		return adm_name_has(&host->names, view->nodename);
	return host->addr.ip && (!strcmp(host->addr.ip, view->nodename) ||
				 (view->has_address && view->has_address(&host->addr, view->arg)));
}

static void find_me(struct adm_conf *conf, struct adm_res *res, const struct adm_view *view)
{
	struct adm_host *host;

	for (host = res->hosts; host; host = host->next) {
		if (!is_me(host, view))
			continue;
		if (res->me) {
			adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s, %s %s { ... }:\n"
				  "\tThere are multiple host sections for this node.", res->name,
				  host->floating ? "floating" : "on", adm_names_text(conf, &host->names));
			return;
		}
		res->me = host;
	}
	res->stacked = res->me && res->me->lower;
}

static bool matches_peer(const struct adm_host *host, const char *peer)
{
	return adm_name_has(&host->names, peer) || (host->addr.ip && !strcmp(host->addr.ip, peer));
}

static void find_peer(struct adm_conf *conf, struct adm_res *res, const struct adm_view *view)
{
	struct adm_host *host;

	assert(res->hosts);
	if (res->hosts->next && !res->hosts->next->next) { /* --peer chooses among several; of two there is no choice */
		res->peer = res->hosts == res->me ? res->hosts->next : res->hosts;
		return;
	}
	if (view->peer && matches_peer(res->me, view->peer)) {
		res->peer_problem = adm_printf(&conf->mem, "Invoked with --peer '%s', but that matches myself!", view->peer);
		return;
	}
	for (host = res->hosts; host; host = host->next) {
		if (host == res->me || (view->peer && !matches_peer(host, view->peer)))
			continue;
		if (res->peer) {
			res->peer = NULL;
			res->peer_problem = "There are multiple host sections for the peer node.\n"
					    "\tUse the --peer option to select which peer section to use.";
			return;
		}
		res->peer = host;
	}
	if (!res->peer)
		res->peer_problem = view->peer ? adm_printf(&conf->mem, "No host ('on' or 'floating') section matches --peer '%s'",
							   view->peer)
					       : "Missing section 'on <PEER> { ... }'.";
}

static bool host_named(const struct adm_res *res, const char *name)
{
	const struct adm_host *host;

	for (host = res->hosts; host; host = host->next)
		if (adm_name_has(&host->names, name))
			return true;
	return false;
}

static void check_primary_on(struct adm_conf *conf, const struct adm_res *res, const struct adm_opts *net)
{
	const struct adm_opt *two = adm_opt_find(net, "allow-two-primaries");
	const struct adm_name *n;

	if (!two && conf->common)
		two = adm_opt_find(&conf->common->opts[ADM_NET], "allow-two-primaries");
	for (n = res->become_primary_on.first; n; n = n->next) {
		if (!strcmp(n->name, "both")) {
			if (!two || strcmp(two->value, "yes"))
				adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s:\n"
					  "become-primary-on is set to both, but allow-two-primaries is not set.", res->name);
		} else if (!host_named(res, n->name)) {
			adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s:\n\tbecome-primary-on contains '%s', "
				  "which is not named with the 'on' sections.", res->name, n->name);
		}
	}
}

static void check_proxies(struct adm_conf *conf, const struct adm_res *res)
{

	if (res->me && res->peer && !res->me->proxy != !res->peer->proxy)
		adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s:\n"
			  "\tEither both 'on' sections must contain a proxy subsection, or none.", res->name);
}

static void count_volumes(struct adm_conf *conf)
{
	const struct adm_res *res;
	const struct adm_vol *vol;

	for (res = conf->res; res; res = res->next)
		for (vol = res->me ? res->me->vols : NULL; vol; vol = vol->next)
			conf->volumes++;
}

static void resolve(struct adm_conf *conf, const struct adm_view *view)
{
	struct adm_host *host;
	struct adm_res *res;

	if (conf->common && conf->common->hosts)
		adm_error(conf, ADM_EXIT_CONFIG, &conf->common->hosts->place,
			  "in the common section, there are no host sections allowed.");
	for (res = conf->res; res; res = res->next)
		for (host = res->hosts; host; host = host->next) {
			if (host->lower) /* only its devices are its own */
				continue;
			fill_vols(conf, &host->vols, res->vols);
			if (conf->common && host->vols)
				fill_vols(conf, &host->vols, conf->common->vols);
		}
	for (res = conf->res; res; res = res->next)
		if (!res->hosts || !res->hosts->lower)
			find_me(conf, res, view);
	for (res = conf->res; res; res = res->next) {
		for (host = res->hosts; host; host = host->next) {
			if (host->lower)
				stack_host(conf, res, host);
			check_host(conf, res, host);
			uniq_host(conf, host);
		}
		check_same_volumes(conf, res);
		if (res->hosts && res->hosts->lower)
			find_me(conf, res, view);
		if (res->me)
			find_peer(conf, res, view);
		check_primary_on(conf, res, &res->opts[ADM_NET]);
		check_proxies(conf, res);
	}
	count_volumes(conf);
}

/* ---- inheritance */

/* What dst lacks, in front and so in reverse; the first of several in src counts. */
static void inherit(struct adm_conf *conf, struct adm_opts *dst, const struct adm_opts *src)
{
	const struct adm_opt *opt;
	struct adm_opt *copy;

	for (opt = src->first; opt; opt = opt->next) {
		if (adm_opt_find(dst, opt->name))
			continue;
		copy = adm_alloc(&conf->mem, sizeof(*copy));
		*copy = *opt;
		copy->next = dst->first;
		dst->first = copy;
		if (!dst->last)
			dst->last = copy;
	}
}

static void inherit_vol(struct adm_conf *conf, const struct adm_res *res, struct adm_vol *vol)
{
	struct adm_vol *from = adm_vol_find(res->vols, vol->vnr);

	inherit(conf, &vol->disk_opts, &res->opts[ADM_DISK]);
	if (from)
		inherit(conf, &vol->disk_opts, &from->disk_opts);
}

static void inherit_res(struct adm_conf *conf, struct adm_res *res)
{
	struct adm_host *host;
	struct adm_vol *vol;
	int sec;

	for (sec = 0; conf->common && sec < ADM_SECS; sec++)
		inherit(conf, &res->opts[sec], &conf->common->opts[sec]);
	if (conf->common) {
		inherit(conf, &res->plugins, &conf->common->plugins);
		if (!res->become_primary_on.first)
			res->become_primary_on = conf->common->become_primary_on;
	}
	for (host = res->hosts; host; host = host->next) {
		for (vol = host->vols; vol; vol = vol->next)
			inherit_vol(conf, res, vol);
		if (host->proxy) {
			inherit(conf, &host->proxy->opts, &res->opts[ADM_PROXY]);
			inherit(conf, &host->proxy->plugins, &res->plugins);
		}
	}
}

/* ---- words to numbers */

static struct adm_opts *drop(struct adm_opts *opts, const struct adm_opt *gone)
{
	struct adm_opt **at;

	opts->last = NULL;
	for (at = &opts->first; *at;) {
		if (*at == gone) {
			*at = gone->next;
			continue;
		}
		opts->last = *at;
		at = &(*at)->next;
	}
	return opts;
}

/* The volume that "resource" or "resource/volume" names on this host. *res is NULL if there is no such resource. */
static const struct adm_vol *named_vol(struct adm_conf *conf, const char *text, const struct adm_res **res)
{
	const char *slash = strrchr(text, '/');
	const struct adm_vol *vol;
	int64_t vnr;

	*res = adm_res_find(conf, text);
	if (*res) {
		vol = (*res)->me ? (*res)->me->vols : NULL;
		return vol && !vol->next ? vol : NULL;
	}
	if (!slash || conf_num(slash + 1, 0, 65535, &vnr))
		return NULL;
	*res = adm_res_find(conf, adm_strndup(&conf->mem, text, (size_t)(slash - text)));
	return *res && (*res)->me ? adm_vol_find((*res)->me->vols, (unsigned int)vnr) : NULL;
}

static void translate_after(struct adm_conf *conf, const struct adm_res *res, struct adm_vol *vol, bool strict)
{
	struct adm_opt *opt = adm_opt_find(&vol->disk_opts, "resync-after");
	const struct adm_vol *first;
	const struct adm_res *other;
	int64_t minor;

	if (!opt || !conf_num(opt->value, -1, -1, &minor))
		return;
	first = named_vol(conf, opt->value, &other);
	if (first) {
		opt->value = adm_printf(&conf->mem, "%d", first->minor);
		return;
	}
	if (other && other->me && !strrchr(opt->value, '/'))
		adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s:\n\tresource '%s' mentioned in 'resync-after' has more "
			  "than one volume: say %s/<volume>.", res->name, opt->value, opt->value);
	else if (!other || other->me)
		(strict ? (void)adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res),
			"in resource %s:\n\tresource '%s' mentioned in 'resync-after' option is not known.", res->name, opt->value)
			: adm_warn(conf, res_place(conf, res),
			"in resource %s:\n\tresource '%s' mentioned in 'resync-after' option is not known.", res->name, opt->value));
	drop(&vol->disk_opts, opt);
}

static void translate_asb(struct adm_conf *conf, struct adm_res *res)
{
	struct adm_opt *opt = adm_opt_find(&res->opts[ADM_NET], "after-sb-0pri");
	const char *node;

	if (!opt || strncmp(opt->value, "discard-node-", 13))
		return;
	node = opt->value + 13;
	if (!host_named(res, node))
		adm_error(conf, ADM_EXIT_CONFIG, res_place(conf, res), "in resource %s:\n\tthe nodename in the '%s' option is not known.",
			  res->name, opt->value);
	else
		opt->value = adm_name_has(&res->me->names, node) ? "discard-local" : "discard-remote";
}

/* ---- entries */

struct resolve_arg {
	const struct adm_view *view;
	bool strict;
	enum { DO_RESOLVE, DO_INHERIT, DO_TRANSLATE } what;
};

static void translate(struct adm_conf *conf, bool strict)
{
	struct adm_res *res;
	struct adm_vol *vol;

	for (res = conf->res; res; res = res->next) {
		if (!res->me)
			continue;
		translate_asb(conf, res);
		for (vol = res->me->vols; vol; vol = vol->next)
			translate_after(conf, res, vol, strict);
	}
}

static int guarded(struct adm_conf *conf, const struct resolve_arg *arg)
{
	unsigned int before = conf->errors;
	struct adm_res *res;
	jmp_buf *outer = conf->mem.oom, oom;

	if (setjmp(oom)) {
		conf->mem.oom = outer;
		return -ENOMEM;
	}
	conf->mem.oom = &oom;
	if (arg->what == DO_RESOLVE)
		resolve(conf, arg->view);
	else if (arg->what == DO_TRANSLATE)
		translate(conf, arg->strict);
	else
		for (res = conf->res; res; res = res->next)
			inherit_res(conf, res);
	conf->mem.oom = outer;
	return conf->errors > before ? -EINVAL : 0;
}

int adm_resolve(struct adm_conf *conf, const struct adm_view *view)
{
	struct resolve_arg arg = { view, false, DO_RESOLVE };

	return guarded(conf, &arg);
}

int adm_inherit(struct adm_conf *conf)
{
	struct resolve_arg arg = { NULL, false, DO_INHERIT };

	return guarded(conf, &arg);
}

int adm_translate(struct adm_conf *conf, bool strict)
{
	struct resolve_arg arg = { NULL, strict, DO_TRANSLATE };

	return guarded(conf, &arg);
}

const char *adm_abs_path(struct adm_conf *conf, const char *path)
{
	char cwd[4096];

	if (!path || *path == '/' || *path == '<' || !getcwd(cwd, sizeof(cwd)))
		return path;
	return adm_printf(&conf->mem, "%s/%s", cwd, path);
}

const char *adm_res_kind(const struct adm_res *res)
{
	return res->stacked ? "stacked" : "normal";
}
