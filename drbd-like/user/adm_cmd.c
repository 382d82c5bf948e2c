/* SPDX-License-Identifier: GPL-2.0-only */
/* What each of drbdadm's commands calls and prints. */
#include "drbd-like/user/adm_cmd.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drbd-like/user/adm_doctor.h"
#include "drbd-like/user/adm_dump.h"
#include "drbd-like/user/adm_parse.h"
#include "drbd-like/user/adm_registry.h"
#include "drbd-like/user/adm_tree.h"


static unsigned int limit_s(const struct adm_run *run, enum adm_limit limit)
{
	const struct adm_global *g = &run->conf->global;

	switch (limit) {
	case ADM_SHORT:
		return g->timeout_short_s;
	case ADM_LONG:
		return g->timeout_medium_s;
	case ADM_VERY_LONG:
		return g->timeout_long_s;
	default:
		return 0;
	}
}

bool adm_selected(const struct adm_run *run, const struct adm_res *res)
{
	return res->me && res->stacked == run->stacked;
}

static int execute(struct adm_run *run, const struct adm_call *call, enum adm_limit limit, int flags)
{
	return adm_exec_run(&run->exec, call->argv, call->res ? call->res->name : NULL, limit_s(run, limit), flags);
}

static int with_extra(struct adm_run *run, const struct adm_cmd *cmd, struct adm_call *call, int flags)
{
	adm_call_extra(run->conf, call, &run->tools);
	return execute(run, call, cmd->limit, flags);
}

int adm_cmd_minor(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	return with_extra(run, cmd, adm_call_minor(&run->plan, cmd->name, res, vol), 0);
}

int adm_cmd_role(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = adm_cmd_minor(run, cmd, res, vol);

	adm_explain_refusal(cmd->name, code, res, vol);
	return code;
}

int adm_cmd_meta(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	return with_extra(run, cmd, adm_call_meta(&run->plan, cmd->name, res, vol), 0);
}

int adm_cmd_res(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)vol;
	return with_extra(run, cmd, adm_call_res(&run->plan, cmd->name, res), 0);
}

int adm_cmd_down(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = adm_cmd_res(run, cmd, res, vol);

	for (vol = res->me->vols; vol; vol = vol->next)
		adm_explain_refusal(cmd->name, code, res, vol);
	return code;
}

int adm_cmd_path(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)vol;
	return with_extra(run, cmd, adm_call_path(&run->plan, cmd->name, res, res->me, res->peer), 0);
}

/* 16 hexadecimal digits of text, or new ones. */
static const char *device_uuid(struct adm_conf *conf, const char *text)
{
	enum { DIGITS = 16 };
	uint64_t uuid = 0;
	FILE *random;

	if (text && strspn(text, "0123456789abcdefABCDEF") == DIGITS && strspn(text, "0") != DIGITS)
		return adm_strndup(&conf->mem, text, DIGITS);
	random = fopen("/dev/urandom", "re");
	if (!random || fread(&uuid, sizeof(uuid), 1, random) != 1)
		uuid = 0;
	if (random)
		fclose(random);
	return uuid ? adm_printf(&conf->mem, "%016" PRIX64, uuid) : NULL;
}

/* The device keeps its identity, or gets one, over new meta-data (drbd-metadata.md 11). */
int adm_cmd_create_md(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_meta(&run->plan, "read-dev-uuid", res, vol);
	const char *uuid;
	char *old = NULL;
	int code;

	if (!run->exec.dry_run)
		adm_exec_capture(call->argv, res->name, limit_s(run, ADM_SHORT), false, &old);
	uuid = device_uuid(run->conf, old);
	free(old);
	code = adm_cmd_meta(run, cmd, res, vol);
	if (code)
		adm_explain_meta_size(res, vol);
	if (code || run->exec.dry_run || !uuid)
		return code;
	call = adm_call_meta(&run->plan, "write-dev-uuid", res, vol);
	adm_call_arg(run->conf, call, uuid);
	return execute(run, call, ADM_SHORT, 0);
}

/* drbdsetup knows better; where it has no answer the meta-data has one. */
int adm_cmd_minor_or_meta(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_minor(&run->plan, cmd->name, res, vol);
	char *out;
	int code;

	adm_call_extra(run->conf, call, &run->tools);
	if (run->exec.dry_run) {
		execute(run, call, cmd->limit, 0);
		return adm_cmd_meta(run, cmd, res, vol);
	}
	if (run->exec.verbose)
		adm_exec_print(stdout, call->argv);
	code = adm_exec_capture(call->argv, res->name, limit_s(run, cmd->limit), true, &out);
	if (out && (!code || code == DS_REFUSED || code == DS_NEED_UPTODATE))
		fputs(out, code ? stderr : stdout);
	free(out);
	if (!code || code == DS_REFUSED || code == DS_NEED_UPTODATE)
		return code;
	return adm_cmd_meta(run, cmd, res, vol);
}

int adm_cmd_outdate(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = with_extra(run, cmd, adm_call_minor(&run->plan, cmd->name, res, vol), ADM_QUIET | ADM_SILENT), meta;

	if (!run->exec.dry_run && (!code || code == DS_NEED_UPTODATE))
		return code;
	meta = adm_cmd_meta(run, cmd, res, vol);
	return meta && code == DS_TIMEOUT ? DS_TIMEOUT : meta;
}

int adm_cmd_attach(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_meta(&run->plan, "apply-al", res, vol);
	int code;

	adm_call_extra(run->conf, call, &run->tools);
	code = execute(run, call, ADM_VERY_LONG, 0);
	if (!code)
		code = with_extra(run, cmd, adm_call_attach(&run->plan, res, vol), 0);
	if (code)
		adm_explain_meta_size(res, vol);
	return code;
}

int adm_cmd_connect(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)vol;
	return with_extra(run, cmd, adm_call_connect(&run->plan, res), 0);
}

int adm_cmd_new_resource(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = with_extra(run, cmd, adm_call_new_resource(&run->plan, res), 0);

	(void)vol;
	if (!code && !run->no_registry)
		adm_register_resource(res->name, run->conf->path);
	return code;
}

int adm_cmd_new_minor(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = with_extra(run, cmd, adm_call_new_minor(&run->plan, res, vol), 0);

	if (!code && !run->no_registry)
		adm_register_minor(vol->minor, run->conf->path);
	return code;
}

static struct adm_call *resize_call(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_resize(&run->plan, res, vol);

	adm_call_extra(run->conf, call, &run->tools);
	return call;
}

int adm_cmd_resize(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = execute(run, resize_call(run, res, vol), cmd->limit, 0);

	if (code)
		return code;
	execute(run, adm_call_minor(&run->plan, "check-resize", res, vol), cmd->limit, 0);
	return 0;
}

int adm_cmd_check_resize(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int flags = ADM_QUIET | ADM_SILENT;

	if (!execute(run, resize_call(run, res, vol), cmd->limit, flags)) {
		execute(run, adm_call_minor(&run->plan, "check-resize", res, vol), cmd->limit, flags);
		return 0;
	}
	return execute(run, adm_call_meta(&run->plan, "check-resize", res, vol), cmd->limit, flags);
}

struct adm_call *adm_call_wait(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_minor(&run->plan, "wait-connect", res, vol);

	adm_call_opts(run->conf, call, &res->opts[ADM_STARTUP]);
	return call;
}

/* Above another DRBD the usual patience would hold up the whole start; two attempts to connect are enough. */
static const char *stacked_timeout(struct adm_conf *conf, const struct adm_res *res)
{
	const struct adm_opt *connect_int = adm_opt_find(&res->opts[ADM_NET], "connect-int");

	return adm_printf(&conf->mem, "%d", connect_int ? 2 * atoi(connect_int->value) : 20);
}

int adm_cmd_wait_connect(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call;

	if (run->stacked && !adm_opt_find(&res->opts[ADM_STARTUP], "stacked-timeouts")) {
		call = adm_call_minor(&run->plan, "wait-connect", res, vol);
		adm_call_arg(run->conf, call, "--wfc-timeout");
		adm_call_arg(run->conf, call, stacked_timeout(run->conf, res));
	} else {
		call = adm_call_wait(run, res, vol);
	}
	return with_extra(run, cmd, call, 0);
}

int adm_cmd_b_pri(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	enum { TRIES = 5, PAUSE_S = 1 };
	int i, code;

	if (!adm_name_has(&res->become_primary_on, run->nodename) && !adm_name_has(&res->become_primary_on, "both"))
		return 0;
	for (i = 0;; i++) {
		code = with_extra(run, cmd, adm_call_minor(&run->plan, "primary", res, vol), 0);
		if (!code || i + 1 >= TRIES)
			return code;
		sleep(PAUSE_S);
	}
}

/* ---- what scripts ask */

static const char *plain_name(const char *device)
{
	return strncmp(device, "/dev/", 5) ? device : device + 5;
}

int adm_cmd_print(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	const char *what = cmd->name + 3; /* sh- */

	if (!strcmp(what, "resource"))
		printf("%s\n", res->name);
	else if (!strcmp(what, "dev"))
		printf("%s\n", vol->device);
	else if (!strcmp(what, "minor"))
		printf("%d\n", vol->minor);
	else if (!strcmp(what, "ll-dev"))
		printf("%s\n", vol->disk);
	else if (!strcmp(what, "md-dev"))
		printf("%s\n", strcmp(vol->meta_disk, "internal") ? vol->meta_disk : vol->disk);
	else if (!strcmp(what, "md-idx"))
		printf("%s\n", vol->meta_index);
	else if (!strcmp(what, "ip"))
		printf("%s\n", res->me->addr.ip);
	else if (res->stacked)
		printf("%s\n", res->me->lower);
	else {
		fprintf(stderr, "%s: sh-lower-resource only available in stacked mode\n", run->program);
		return ADM_EXIT_USAGE;
	}
	return 0;
}

int adm_cmd_udev(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)cmd;
	if (vol->implicit && !run->conf->global.udev_always_use_vnr)
		printf("RESOURCE=%s\n", res->name);
	else
		printf("RESOURCE=%s/%u\n", res->name, vol->vnr);
	if (!strncmp(vol->device, "/dev/drbd", 9))
		printf("DEVICE=%s\n", plain_name(vol->device));
	else
		printf("DEVICE=drbd%d\n", vol->minor);
	printf("DISK=%s\n", plain_name(vol->disk));
	return 0;
}

int adm_cmd_resources(struct adm_run *run)
{
	const struct adm_res *res;
	bool any = false;

	for (res = run->conf->res; res; res = res->next) {
		if (!adm_selected(run, res))
			continue;
		printf("%s%s", any ? " " : "", adm_quoted(run->conf, res->name));
		any = true;
	}
	if (any)
		putchar('\n');
	return 0;
}

int adm_cmd_mod_parms(struct adm_run *run)
{
	unsigned int count = run->conf->global.minor_count;

	if (!count) {
		count = run->conf->volumes + 3;
		count = count < 32 ? 32 : count > 255 ? 255 : count;
	}
	printf("minor_count=%u\n", count);
	return 0;
}

static void shell_value(const char *name, const char *value)
{
	printf("%s=", name);
	adm_exec_escape(stdout, value);
	putchar('\n');
}

static int sh_status_vol(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_minor(&run->plan, "sh-status", res, vol);
	const struct adm_vol *lower = res->stacked ? adm_vol_find(res->me->lower_res->me->vols, vol->vnr) : NULL;

	if (lower) {
		shell_value("_stacked_on_device", lower->device);
		printf("_stacked_on_minor=%d\n", lower->minor);
	} else if (vol == res->me->vols) {
		printf("_stacked_on_device=\n_stacked_on_minor=\n");
	}
	printf("_conf_volume=%u\n", vol->vnr);
	return execute(run, call, ADM_SHORT, 0);
}

int adm_cmd_sh_status(struct adm_run *run)
{
	const struct adm_res *res;
	const struct adm_vol *vol;
	int code = 0, one;

	if (!run->exec.dry_run) {
		printf("_drbd_version=%s\n_drbd_api=1\n", VERSION);
		shell_value("_config_file", run->conf->path);
		printf("\n\n");
	}
	for (res = run->conf->res; res; res = res->next) {
		if (!res->me)
			continue;
		shell_value("_conf_res_name", res->name);
		printf("_conf_file_line=");
		adm_exec_escape(stdout, adm_abs_path(run->conf, res->place.file));
		printf(":%u\n\n", res->place.line);
		shell_value("_stacked_on", res->stacked ? res->me->lower : "");
		for (vol = res->me->vols; vol; vol = vol->next) {
			one = sh_status_vol(run, res, vol);
			if (one > code)
				code = one;
			if (one >= ADM_EXIT_EXEC)
				return one;
		}
	}
	return code;
}

int adm_cmd_status(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)vol;
	if (run->json)
		return adm_cmd_status_json(run, res->name);
	return with_extra(run, cmd, adm_call_res(&run->plan, cmd->name, res), 0);
}

/* ---- handlers */

static const struct adm_host *handler_peer(const struct adm_res *res)
{
	const char *ip = getenv("DRBD_PEER_ADDRESS");
	const struct adm_host *host;

	if (res->peer)
		return res->peer;
	for (host = res->hosts; ip && host; host = host->next)
		if (host != res->me && host->addr.ip && !strcmp(host->addr.ip, ip))
			return host;
	return NULL;
}

static void export_peer(struct adm_run *run, const struct adm_host *peer)
{
	if (!peer || !peer->names.first)
		return;
	setenv("DRBD_PEER", peer->names.first->name, 1);
	setenv("DRBD_PEERS", adm_names_text(run->conf, &peer->names), 1);
	if (peer->addr.ip) {
		setenv("DRBD_PEER_AF", peer->addr.family, 1);
		setenv("DRBD_PEER_ADDRESS", peer->addr.ip, 1);
	}
}

static void export_volumes(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	const char *minors = "";

	if (vol) {
		setenv("DRBD_MINOR", adm_printf(&run->conf->mem, "%d", vol->minor), 1);
		setenv("DRBD_VOLUME", adm_printf(&run->conf->mem, "%u", vol->vnr), 1);
		setenv("DRBD_LL_DISK", vol->disk, 1);
		return;
	}
	for (vol = res->me->vols; vol; vol = vol->next)
		minors = adm_printf(&run->conf->mem, "%s%s%d", minors, *minors ? " " : "", vol->minor);
	setenv("DRBD_MINOR", minors, 1);
}

int adm_cmd_handler(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	const struct adm_opt *handler = adm_opt_find(&res->opts[ADM_HANDLERS], cmd->name);
	const char *argv[] = { "/bin/sh", "-c", handler ? handler->value : NULL, NULL };

	if (!handler)
		return 0;
	setenv("DRBD_RESOURCE", res->name, 1);
	setenv("DRBD_CONF", run->conf->path, 1);
	export_peer(run, handler_peer(res));
	export_volumes(run, res, vol);
	return adm_exec_run(&run->exec, argv, res->name, limit_s(run, cmd->limit), 0);
}

/* ---- proxy */

static const char *proxy_problem(struct adm_run *run, const struct adm_res *res)
{
	if (!res->me->proxy)
		return "there is no proxy config for host";
	if (!adm_name_has(&res->me->proxy->names, run->nodename))
		return "the proxy config in this host's section is not for host";
	if (!res->peer)
		return "cannot determine the peer in";
	if (!res->peer->proxy)
		return "there is no proxy config in the peer section of";
	return NULL;
}

int adm_cmd_proxy(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	const char *problem = proxy_problem(run, res);
	struct adm_call *set;
	int code;

	(void)vol;
	if (problem) {
		fprintf(stderr, "%s:%u: in resource %s: %s '%s'.\n", adm_abs_path(run->conf, res->place.file), res->place.line,
			res->name, problem, problem[strlen(problem) - 1] == 't' ? run->nodename : res->name);
		return ADM_EXIT_CONFIG;
	}
	if (!strcmp(cmd->name, "proxy-down"))
		return execute(run, adm_call_proxy_del(&run->plan, res), cmd->limit, 0);
	code = execute(run, adm_call_proxy_add(&run->plan, res), cmd->limit, 0);
	set = adm_call_proxy_set(&run->plan, res);
	return code || !set ? code : execute(run, set, cmd->limit, 0);
}

/* ---- up and adjust */

int adm_cmd_up(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	(void)cmd;
	adm_plan_up(&run->plan, res, vol);
	return 0;
}

/* What runs now, as a tree of its own. 0, or an exit code with a message. *running NULL: nothing. */
static int read_running(struct adm_run *run, const struct adm_res *res, struct adm_conf *conf, const struct adm_res **running)
{
	struct adm_call *call = adm_call_res(&run->plan, "show", res);
	char *text;
	int err = 0;

	*running = NULL;
	adm_exec_capture(call->argv, res->name, limit_s(run, ADM_SHORT), false, &text);
	if (text) {
		conf->running = true;
		err = adm_parse_text(conf, "<drbdsetup show>", text, strlen(text));
		*running = err ? NULL : adm_res_find(conf, res->name);
	}
	free(text);
	if (err == -ENOMEM)
		longjmp(*run->conf->mem.oom, 1);
	if (!err)
		return 0;
	fprintf(stderr, "%s: %s: the output of '%s show' is not understood; nothing is changed\n", run->program, res->name,
		run->tools.drbdsetup);
	return ADM_EXIT_EXEC;
}

static void free_conf(void *arg)
{
	adm_conf_free(arg);
}

/* As read_running(), of the proxy's own settings. A proxy that does not show them is left alone, as the original does. */
static int adjust_proxy(struct adm_run *run, const struct adm_res *res, struct adm_conf *conf)
{
	const char *argv[] = { run->tools.proxy_ctl, "-c", NULL, NULL }, *text;
	char *shown;
	int err = 0;

	argv[2] = adm_printf(&run->conf->mem, "show proxy-settings %s", adm_proxy_name(run->conf, res));
	adm_exec_capture(argv, res->name, limit_s(run, ADM_SHORT), false, &shown);
	text = shown && !strncmp(shown + strspn(shown, " \t\r\n"), "proxy", 5) ? adm_printf(&run->conf->mem, "common { %s }", shown) : NULL;
	free(shown);
	conf->running = true;
	if (!text)
		fprintf(stderr, "%s: %s: '%s -c \"%s\"' shows no proxy section; the proxy is left as it is\n", run->program, res->name,
			argv[0], argv[2]);
	else
		err = adm_parse_text(conf, argv[2], text, strlen(text));
	if (err == -ENOMEM)
		longjmp(*run->conf->mem.oom, 1);
	if (!err && conf->common)
		adm_plan_proxy(&run->plan, res, &conf->common->opts[ADM_PROXY], &conf->common->plugins);
	return err ? ADM_EXIT_EXEC : 0;
}

/* A tree that lives as long as the configuration: its text is used in argument vectors. */
static struct adm_conf *new_conf(struct adm_run *run)
{
	struct adm_conf *conf = adm_alloc(&run->conf->mem, sizeof(*conf));

	adm_conf_init(conf);
	adm_defer(&run->conf->mem, free_conf, conf);
	return conf;
}

int adm_cmd_adjust(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	const struct adm_res *running;
	int code;

	(void)cmd;
	(void)vol;
	code = read_running(run, res, new_conf(run), &running);
	if (!code && !proxy_problem(run, res))
		code = adjust_proxy(run, res, new_conf(run));
	if (!code)
		adm_plan_adjust(&run->plan, res, running);
	return code;
}

static const char *const stage_label[ADM_STAGES] = {
	"create res", "adjust res", "prepare disk", "adjust disk", "prepare net", "adjust net",
};

/* Without what these make the rest of the resource's steps make no sense. */
static bool essential(enum adm_stage stage)
{
	return stage == ADM_CREATE || stage == ADM_PREPARE_DISK;
}

static void registered(struct adm_run *run, const struct adm_call *call)
{
	if (run->no_registry)
		return;
	if (!strcmp(call->step, "new-resource"))
		adm_register_resource(call->res->name, run->conf->path);
	else if (!strcmp(call->step, "new-minor"))
		adm_register_minor(call->vol->minor, run->conf->path);
}

static enum adm_limit step_limit(const struct adm_call *call)
{
	if (!strcmp(call->step, "apply-al"))
		return ADM_VERY_LONG;
	return !strcmp(call->step, "attach") || !strcmp(call->step, "detach") || !strcmp(call->step, "disk-options") ? ADM_LONG
														      : ADM_SHORT;
}

/* Steps of one resource in one stage up to the first failure that others depend on. The first failure's code. */
static int run_stage(struct adm_run *run, enum adm_stage stage, bool progress, struct adm_names *failed)
{
	const struct adm_call *call, *no_attach = NULL;
	const struct adm_res *last = NULL;
	int code, worst = 0;

	for (call = run->plan.stage[stage]; call; call = call->next) {
		assert(call->res); /* each call is one of a resource */
		if (progress && call->res != last)
			printf(" %s", call->res->name);
		last = call->res;
		if (adm_name_has(failed, call->res->name) || (no_attach && !strcmp(call->step, "attach") &&
							      no_attach->vol == call->vol)) {
			if (progress)
				printf(" [skipped:%s]", call->res->name);
			else
				fprintf(stderr, "%s: %s %s: skipped due to earlier error\n", run->program, call->step,
					call->res->name);
			continue;
		}
		code = execute(run, call, step_limit(call), progress ? ADM_QUIET | ADM_SILENT : 0);
		if (!code) {
			if (!run->exec.dry_run)
				registered(run, call);
			continue;
		}
		worst = code;
		if (stage == ADM_ADJUST_DISK && call->vol && !progress)
			adm_explain_meta_size(call->res, call->vol);
		if (progress)
			printf(":failed(%s:%d)", call->step, code);
		if (!strcmp(call->step, "apply-al"))
			no_attach = call;
		if (essential(stage))
			adm_name_add(run->conf, failed, call->res->name);
	}
	return worst;
}

int adm_run_plan(struct adm_run *run, bool progress)
{
	struct adm_names failed = { NULL, NULL };
	int stage, status = 0;

	if (progress)
		printf("[");
	for (stage = 0; stage < ADM_STAGES; stage++) {
		if (!run->plan.stage[stage])
			continue;
		if (progress)
			printf("\n%15s:", stage_label[stage]);
		if (run_stage(run, (enum adm_stage)stage, progress, &failed))
			status = ADM_EXIT_STEP;
		if (status && !progress)
			break;
	}
	if (progress)
		printf("\n]\n");
	return status;
}

/* ---- status as JSON */

static void json_text(const char *text, size_t len)
{
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			putchar('\\');
		if ((unsigned char)text[i] < 0x20)
			printf("\\u%04x", text[i]);
		else
			putchar(text[i]);
	}
	putchar('"');
}

static void json_str(const char *text)
{
	json_text(text, strlen(text));
}

/* The value of NAME= in the output of sh-status; NULL: not there. */
static const char *sh_value(const char *out, const char *name, size_t *len)
{
	size_t name_len = strlen(name);
	const char *at;

	for (at = out; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, name_len) && at[name_len] == '=') {
			*len = strcspn(at + name_len + 1, "\n");
			return at + name_len + 1;
		}
	}
	return NULL;
}

static void json_status_vol(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	static const char *const fields[][2] = {
		{ "connection-state", "_cstate" }, { "role", "_role" }, { "peer-role", "_peer" }, { "disk-state", "_disk" },
		{ "peer-disk-state", "_pdsk" }, { "resynced-percent", "_resynced_percent" },
	};
	struct adm_call *call = adm_call_minor(&run->plan, "sh-status", res, vol);
	const char *value;
	char *out;
	size_t len, i;
	int code;

	code = adm_exec_capture(call->argv, res->name, limit_s(run, ADM_SHORT), false, &out);
	printf("{\"volume\": %u, \"minor\": %d, \"device\": ", vol->vnr, vol->minor);
	json_str(vol->device);
	printf(", \"disk\": ");
	json_str(vol->disk);
	printf(", \"known\": %s", !code && out && strstr(out, "_known=Configured") ? "true" : "false");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		value = out ? sh_value(out, fields[i][1], &len) : NULL;
		if (!value || !len)
			continue;
		printf(", \"%s\": ", fields[i][0]);
		if (!strcmp(fields[i][1], "_resynced_percent"))
			printf("%.*s", (int)len, value);
		else
			json_text(value, len);
	}
	putchar('}');
	free(out);
}

int adm_cmd_status_json(struct adm_run *run, const char *name)
{
	const struct adm_res *res;
	const struct adm_vol *vol;
	bool any = false;

	printf("[");
	for (res = run->conf->res; res; res = res->next) {
		if (!adm_selected(run, res) || (name && strcmp(name, res->name)))
			continue;
		printf("%s\n  {\"resource\": ", any ? "," : "");
		any = true;
		json_str(res->name);
		printf(", \"volumes\": [");
		for (vol = res->me->vols; vol; vol = vol->next) {
			printf(vol == res->me->vols ? "\n    " : ",\n    ");
			json_status_vol(run, res, vol);
		}
		printf("]}");
	}
	printf("%s]\n", any ? "\n" : "");
	return 0;
}
