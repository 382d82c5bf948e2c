/* SPDX-License-Identifier: GPL-2.0-only */
/* drbdadm: the command line, which configuration counts, and which resources a command is for (drbd-tools.md A1 to A4). */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "drbd-like/core/drbd_options.h"
#include "drbd-like/user/adm_cmd.h"
#include "drbd-like/user/adm_doctor.h"
#include "drbd-like/user/adm_dump.h"
#include "drbd-like/user/adm_parse.h"
#include "drbd-like/user/adm_registry.h"
#include "drbd-like/user/adm_tree.h"
#include "drbd-like/user/adm_wait.h"
#include "lib/conf.h"
#include "lib/std_fds.h"

static const char build_tag[] = "drbd-like " VERSION;
enum { API_VERSION = 1, LEGACY_EXEC_FAILED = 20 };

/* ---- commands */

#define DISK DRBD_CTX_disk
#define NET DRBD_CTX_net
#define RES_HANDLER(name) { name, 3, adm_cmd_handler, AC_HANDLER | AC_RES, ADM_VERY_LONG, -1 }
#define HANDLER(name) { name, 3, adm_cmd_handler, AC_HANDLER | AC_RES | AC_VOL, ADM_VERY_LONG, -1 }

static const struct adm_cmd commands[] = {
	{ "attach", 1, adm_cmd_attach, AC_VOL, ADM_LONG, DISK },
	{ "status", 1, adm_cmd_status, AC_RES | AC_ALL, ADM_SHORT, -1 },
	{ "disk-options", 1, adm_cmd_minor, AC_VOL, ADM_LONG, DISK },
	{ "detach", 1, adm_cmd_minor, AC_VOL, ADM_LONG, DRBD_CTX_detach },
	{ "connect", 1, adm_cmd_connect, AC_RES | AC_IP | AC_PEER, ADM_SHORT, NET },
	{ "net-options", 1, adm_cmd_path, AC_RES | AC_IP | AC_PEER, ADM_SHORT, NET },
	{ "disconnect", 1, adm_cmd_path, AC_RES | AC_PEER, ADM_SHORT, DRBD_CTX_disconnect },
	{ "up", 1, adm_cmd_up, AC_RES | AC_VOL | AC_IP | AC_PEER, ADM_SHORT, -1 },
	{ "resource-options", 1, adm_cmd_res, AC_RES, ADM_SHORT, DRBD_CTX_resource },
	{ "down", 1, adm_cmd_down, AC_RES, ADM_LONG, -1 },
	{ "primary", 1, adm_cmd_role, AC_VOL, ADM_LONG, DRBD_CTX_set_role },
	{ "secondary", 1, adm_cmd_role, AC_VOL, ADM_LONG, -1 },
	{ "invalidate", 1, adm_cmd_minor_or_meta, AC_VOL, ADM_SHORT, -1 },
	{ "invalidate-remote", 1, adm_cmd_minor, AC_VOL | AC_IP, ADM_LONG, -1 },
	{ "outdate", 1, adm_cmd_outdate, AC_VOL, ADM_SHORT, -1 },
	{ "resize", 1, adm_cmd_resize, AC_VOL | AC_IP, ADM_SHORT, DRBD_CTX_resize },
	{ "verify", 1, adm_cmd_minor, AC_VOL | AC_IP, ADM_SHORT, DRBD_CTX_start_ov },
	{ "pause-sync", 1, adm_cmd_minor, AC_VOL | AC_IP, ADM_SHORT, -1 },
	{ "resume-sync", 1, adm_cmd_minor, AC_VOL | AC_IP, ADM_SHORT, -1 },
	{ "adjust", 1, adm_cmd_adjust, AC_RES | AC_IP | AC_PEER, ADM_SHORT, -1 },
	{ "adjust-with-progress", 1, adm_cmd_adjust, AC_RES | AC_IP | AC_PEER, ADM_SHORT, -1 },
	{ "wait-connect", 1, adm_cmd_wait_connect, AC_VOL | AC_IP, ADM_FOREVER, -1 },
	{ "wait-con-int", 1, NULL, 0, ADM_FOREVER, -1 },
	{ "role", 1, adm_cmd_minor, AC_VOL, ADM_SHORT, -1 },
	{ "cstate", 1, adm_cmd_minor, AC_VOL, ADM_SHORT, -1 },
	{ "dstate", 1, adm_cmd_minor_or_meta, AC_VOL, ADM_SHORT, -1 },
	{ "dump", 1, NULL, AC_RES | AC_ALL | AC_RAW, ADM_SHORT, -1 },
	{ "dump-xml", 1, NULL, AC_RES | AC_ALL | AC_RAW, ADM_SHORT, -1 },
	{ "create-md", 1, adm_cmd_create_md, AC_VOL, ADM_FOREVER, -1 },
	{ "show-gi", 1, adm_cmd_minor_or_meta, AC_VOL, ADM_SHORT, -1 },
	{ "get-gi", 1, adm_cmd_minor_or_meta, AC_VOL, ADM_SHORT, -1 },
	{ "dump-md", 1, adm_cmd_meta, AC_VOL, ADM_VERY_LONG, -1 },
	{ "wipe-md", 1, adm_cmd_meta, AC_VOL, ADM_FOREVER, -1 },
	{ "apply-al", 1, adm_cmd_meta, AC_VOL, ADM_VERY_LONG, -1 },
	{ "check", 1, adm_cmd_check, AC_RES | AC_ALL | AC_RAW, ADM_SHORT, -1 },
	{ "hidden-commands", 1, NULL, AC_NO_CONF, ADM_SHORT, -1 },
	{ "sh-nop", 2, NULL, 0, ADM_SHORT, -1 },
	{ "sh-resources", 2, NULL, 0, ADM_SHORT, -1 },
	{ "sh-resource", 2, adm_cmd_print, AC_RES, ADM_SHORT, -1 },
	{ "sh-mod-parms", 2, NULL, 0, ADM_SHORT, -1 },
	{ "sh-dev", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-udev", 2, adm_cmd_udev, AC_VOL | AC_ONE_VOL | AC_HANDLER, ADM_SHORT, -1 },
	{ "sh-minor", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-ll-dev", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-md-dev", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-md-idx", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-ip", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-lr-of", 2, adm_cmd_print, AC_VOL, ADM_SHORT, -1 },
	{ "sh-b-pri", 2, adm_cmd_b_pri, AC_VOL, ADM_SHORT, -1 },
	{ "sh-status", 2, NULL, 0, ADM_SHORT, -1 },
	{ "proxy-up", 2, adm_cmd_proxy, AC_RES, ADM_SHORT, -1 },
	{ "proxy-down", 2, adm_cmd_proxy, AC_RES, ADM_SHORT, -1 },
	{ "new-resource", 2, adm_cmd_new_resource, AC_RES, ADM_SHORT, -1 },
	HANDLER("before-resync-target"), HANDLER("after-resync-target"), HANDLER("before-resync-source"),
	HANDLER("pri-on-incon-degr"), HANDLER("pri-lost-after-sb"), RES_HANDLER("fence-peer"), RES_HANDLER("unfence-peer"),
	HANDLER("local-io-error"), HANDLER("pri-lost"), HANDLER("initial-split-brain"),
	{ "split-brain", 3, adm_cmd_split_brain, AC_HANDLER | AC_RES | AC_VOL, ADM_VERY_LONG, -1 },
	HANDLER("out-of-sync"),
	{ "sh-new-minor", 4, adm_cmd_new_minor, AC_VOL, ADM_SHORT, -1 },
	{ "new-minor", 4, adm_cmd_new_minor, AC_VOL, ADM_SHORT, -1 },
	{ "suspend-io", 4, adm_cmd_minor, AC_VOL, ADM_SHORT, -1 },
	{ "resume-io", 4, adm_cmd_minor, AC_VOL, ADM_SHORT, -1 },
	{ "set-gi", 4, adm_cmd_meta, AC_VOL | AC_ONE_VOL, ADM_FOREVER, -1 },
	{ "new-current-uuid", 4, adm_cmd_minor, AC_VOL | AC_ONE_VOL, ADM_SHORT, DRBD_CTX_new_c_uuid },
	{ "check-resize", 4, adm_cmd_check_resize, AC_VOL, ADM_SHORT, -1 },
	{ NULL, 0, NULL, 0, ADM_SHORT, -1 },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) - 1 };

static const struct adm_cmd *find_command(const char *name)
{
	int i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Words of 8.3 for commands of today */
static const char *current_word(const char *program, const char *word)
{
	static const char *const old[][2] = { { "state", "role" }, { "outdate-peer", "fence-peer" } };
	size_t i;

	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (!strcmp(old[i][0], word)) {
			fprintf(stderr, "'%s %s' is deprecated, use '%s %s' instead.\n", program, word, program, old[i][1]);
			return old[i][1];
		}
	return word;
}

/* ---- the command line */

struct args {
	const struct adm_cmd *cmd;
	const char *config, *test_config, *drbdsetup, *drbdmeta, *proxy_ctl, *peer, *sh_varname;
	const char **names;
	int names_nr;
	const char **extra;
	int extra_nr;
	bool stacked, dry_run, help, version, json;
	int verbose;
};

static const struct option general_options[] = {
	{ "stacked", no_argument, NULL, 'S' },		 { "dry-run", no_argument, NULL, 'd' },
	{ "verbose", no_argument, NULL, 'v' },		 { "config-file", required_argument, NULL, 'c' },
	{ "config-to-test", required_argument, NULL, 't' }, { "drbdsetup", required_argument, NULL, 's' },
	{ "drbdmeta", required_argument, NULL, 'm' },	 { "drbd-proxy-ctl", required_argument, NULL, 'p' },
	{ "sh-varname", required_argument, NULL, 'n' },	 { "peer", required_argument, NULL, 'P' },
	{ "version", no_argument, NULL, 'V' },		 { "setup-option", required_argument, NULL, 'W' },
	{ "help", no_argument, NULL, 'h' },
};

enum { GENERAL_OPTIONS = sizeof(general_options) / sizeof(general_options[0]), OPTIONS_MAX = 96, OPT_SETUP = 256, OPT_JSON };

/* Options of drbdsetup that this command takes as its own. */
static bool offered(const struct adm_cmd *cmd, const struct drbd_opt *opt)
{
	if (opt->flags & OF_A)
		return false;
	return strcmp(cmd->name, "disk-options") && strcmp(cmd->name, "net-options") ? true : !(opt->flags & OF_I);
}

static int command_options(const struct adm_cmd *cmd, struct option *opts, int n)
{
	const struct drbd_opt_ctx *ctx;
	u16 i;

	if (!strcmp(cmd->name, "status"))
		opts[n++] = (struct option){ "json", no_argument, NULL, OPT_JSON };
	if (cmd->ctx < 0)
		return n;
	ctx = &drbd_opt_ctx[cmd->ctx];
	if (cmd->ctx == DRBD_CTX_set_role)
		opts[n++] = (struct option){ "overwrite-data-of-peer", optional_argument, NULL, OPT_SETUP };
	for (i = 0; i < ctx->opts && n < OPTIONS_MAX - 1; i++)
		if (offered(cmd, &ctx->opt[i]))
			opts[n++] = (struct option){ ctx->opt[i].name, ctx->opt[i].type == OPT_FLAG ? optional_argument
												    : required_argument,
						     NULL, OPT_SETUP };
	return n;
}

static void print_columns(int level)
{
	int i, n = 0;

	for (i = 0; i < COMMANDS; i++)
		if (commands[i].level == level)
			printf(n % 2 ? "%-35s\n" : " %-35s", commands[i].name), n++;
	printf(n % 2 ? "\n\n" : "\n");
}

static void usage(const char *program, const struct adm_cmd *cmd)
{
	struct option opts[OPTIONS_MAX];
	int i, n;

	if (cmd)
		printf("\nUSAGE: %s %s [OPTION...] {all|RESOURCE...}\n\nGENERAL OPTIONS:\n", program, cmd->name);
	else
		printf("\nUSAGE: %s COMMAND [OPTION...] {all|RESOURCE...}\n\nGENERAL OPTIONS:\n", program);
	for (i = 0; i < GENERAL_OPTIONS; i++)
		printf(general_options[i].has_arg ? "  --%s=..., -%c ...\n" : "  --%s, -%c\n", general_options[i].name,
		       general_options[i].val);
	if (cmd) {
		n = command_options(cmd, opts, 0);
		if (n)
			printf("\nOPTIONS FOR %s:\n", cmd->name);
		for (i = 0; i < n; i++)
			printf("  --%s%s\n", opts[i].name, opts[i].has_arg == required_argument ? "=..." :
			       opts[i].has_arg == optional_argument ? "[=...]" : "");
	} else {
		printf("\nCOMMANDS:\n");
		print_columns(1);
	}
	printf("%sVersion: %s (api:%d)\n%s\n", cmd ? "\n" : "", VERSION, API_VERSION, build_tag);
}

static int usage_error(const char *program, const struct adm_cmd *cmd, const char *what)
{
	usage(program, cmd);
	fprintf(stderr, "\n%s\n", what);
	return ADM_EXIT_USAGE;
}

static int hidden_commands(void)
{
	static const char *const intro[] = {
		NULL, NULL, "\nFor shell scripts around drbdadm:\n\n", "Called by the kernel module when something happens:\n\n",
		"For experts and developers:\n\n",
	};
	int level;

	for (level = 2; level <= 4; level++) {
		printf("%s", intro[level]);
		print_columns(level);
	}
	return 0;
}

/* 0x080404 of "8.4.4"; 0: none */
static unsigned int version_code(const char *text)
{
	unsigned int major, minor, sub;

	return sscanf(text, "%u.%u.%u", &major, &minor, &sub) == 3 ? major << 16 | minor << 8 | sub : 0;
}

static unsigned int kernel_version(char *text, size_t size)
{
	const char *path = getuid() == geteuid() && getenv("DRBD_PROC") ? getenv("DRBD_PROC") : "/proc/drbd";
	FILE *proc = fopen(path, "re");
	char line[128];

	*text = '\0';
	if (!proc)
		return 0;
	if (fgets(line, sizeof(line), proc) && !strncmp(line, "version: ", 9)) {
		line[9 + strcspn(line + 9, " \n")] = '\0';
		snprintf(text, size, "%s", line + 9);
	}
	fclose(proc);
	return version_code(text);
}

static int print_version(void)
{
	char text[128];

	printf("DRBDADM_BUILDTAG=");
	adm_exec_escape(stdout, build_tag);
	printf("\nDRBDADM_API_VERSION=%d\nDRBD_KERNEL_VERSION_CODE=0x%06x\nDRBDADM_VERSION_CODE=0x%06x\nDRBDADM_VERSION=%s\n",
	       API_VERSION, kernel_version(text, sizeof(text)), version_code(VERSION), VERSION);
	return 0;
}

static bool is_assignable(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

/* 0 or an exit code with a message. */
static int general_option(const char *program, struct args *args, int opt)
{
	switch (opt) {
	case 'S':
		args->stacked = true;
		break;
	case 'd':
		args->dry_run = true;
		break;
	case 'v':
		args->verbose++;
		break;
	case 'c':
		args->config = optarg;
		break;
	case 't':
		args->test_config = optarg;
		break;
	case 's':
		args->drbdsetup = optarg;
		break;
	case 'm':
		args->drbdmeta = optarg;
		break;
	case 'p':
		args->proxy_ctl = optarg;
		break;
	case 'n':
		if (!is_assignable(optarg)) {
			fprintf(stderr, "%s: '%s' is no name for a shell variable: letters, digits and '_' only\n", program, optarg);
			return ADM_EXIT_USAGE;
		}
		args->sh_varname = optarg;
		break;
	case 'P':
		args->peer = optarg;
		break;
	case 'V':
		args->version = true;
		break;
	case 'W':
		args->extra[args->extra_nr++] = optarg;
		break;
	case 'h':
		args->help = true;
		break;
	}
	return 0;
}

/* A word that is no option: the command, "help" around it, then resources. */
static int plain_word(const char *program, struct args *args, struct option *opts, const char *word)
{
	if (!args->cmd && !strcmp(word, "help")) {
		args->help = true;
		return 0;
	}
	if (args->cmd) {
		if (!strcmp(word, "help") && !args->names_nr)
			args->help = true;
		else
			args->names[args->names_nr++] = word;
		return 0;
	}
	args->cmd = find_command(current_word(program, word));
	if (!args->cmd) {
		const char *near = conf_nearest(commands, sizeof(commands[0]), word);

		fprintf(stderr, "%s: Unknown command '%s'%s%s%s\n", program, word, near ? " (did you mean '" : "", near ? near : "",
			near ? "'?)" : "");
		return ADM_EXIT_USAGE;
	}
	command_options(args->cmd, opts, GENERAL_OPTIONS);
	return 0;
}

static int unknown_option(const char *program, struct args *args, char *word, int opt)
{
	if (opt == ':') {
		fprintf(stderr, "%s: option '%s' requires an argument\n", program, word);
	} else if (!args->cmd && !strncmp(word, "--", 2)) {
		args->extra[args->extra_nr++] = word; /* 8.3's way to hand something to drbdsetup */
		return 0;
	} else {
		fprintf(stderr, "%s: unrecognized option '%s'\n", program, word);
	}
	if (args->cmd)
		fprintf(stderr, "try '%s help %s'\n", program, args->cmd->name);
	else
		fprintf(stderr, "try '%s help'\n", program);
	return ADM_EXIT_USAGE;
}

static int parse_args(const char *program, int argc, char **argv, struct args *args)
{
	struct option opts[OPTIONS_MAX + 1];
	int opt, code = 0, at;

	memset(opts, 0, sizeof(opts));
	memcpy(opts, general_options, sizeof(general_options));
	opterr = 0;
	while (!code) {
		at = optind;
		opt = getopt_long(argc, argv, "-:Sdvc:t:s:m:p:n:P:VW:h", opts, NULL);
		if (opt == -1)
			break;
		if (opt == 1)
			code = plain_word(program, args, opts, optarg);
		else if (opt == '?' || opt == ':')
			code = unknown_option(program, args, argv[optind > at ? optind - 1 : at], opt);
		else if (opt == OPT_SETUP)
			args->extra[args->extra_nr++] = argv[optind - 1];
		else if (opt == OPT_JSON)
			args->json = true;
		else
			code = general_option(program, args, opt);
	}
	for (; !code && optind < argc; optind++) { /* behind -- */
		if (!args->cmd && *argv[optind] == '-')
			args->extra[args->extra_nr++] = argv[optind];
		else
			code = plain_word(program, args, opts, argv[optind]);
	}
	return code;
}

/* ---- configuration */

static const char *const default_configs[] = {
	"/etc/drbd-84.conf", "/etc/drbd-83.conf", "/etc/drbd-82.conf", "/etc/drbd-08.conf", "/etc/drbd.conf",
};

static const char *find_config(struct adm_run *run, const struct args *args)
{
	char path[4096];
	size_t i;

	if (args->config)
		return args->config;
	if (args->cmd->flags & AC_HANDLER && args->names_nr) {
		if (adm_registered(args->names[0], path, sizeof(path)))
			return adm_strdup(&run->conf->mem, path);
		if (!strncmp(args->names[0], "minor-", 6))
			fprintf(stderr, "Don't know which config file belongs to minor %s, trying default ones...\n",
				args->names[0] + 6);
		else
			fprintf(stderr, "Don't know which config file belongs to resource %s, trying default ones...\n",
				args->names[0]);
	}
	for (i = 0; i < sizeof(default_configs) / sizeof(default_configs[0]); i++)
		if (!access(default_configs[i], R_OK))
			return default_configs[i];
	return default_configs[i - 1];
}

static int parse_stdin(struct adm_conf *conf)
{
	size_t len = 0, size = 1 << 16;
	char *text = malloc(size), *more;
	ssize_t n;
	int err = -ENOMEM;

	while (text) {
		n = read(STDIN_FILENO, text + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len < size)
			continue;
		size *= 2;
		more = size <= ADM_FILE_MAX_BYTE ? realloc(text, size) : NULL;
		if (!more) {
			free(text);
			return -EFBIG;
		}
		text = more;
	}
	if (text)
		err = adm_parse_text(conf, "STDIN", text, len);
	free(text);
	return err;
}

static int parse_failed(const char *path, const struct adm_conf *conf, int err)
{
	if (err == -EINVAL && conf->errors)
		return conf->exit_code;
	fprintf(stderr, "Can not open '%s': %s\n", path, strerror(-err));
	return ADM_EXIT_CONFIG;
}

/* An interface that is up has it. Other families can not be looked up. */
static bool has_address(const struct adm_addr *addr, void *arg)
{
	bool ipv6 = !strcmp(addr->family, "ipv6");
	unsigned char want[16], *have;
	struct ifaddrs *all, *ifa;
	char ip[64];
	bool found = false;

	(void)arg;
	if (!ipv6 && strcmp(addr->family, "ipv4"))
		return true;
	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(addr->ip, "%"), addr->ip);
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, ip, want) != 1 || getifaddrs(&all))
		return false;
	for (ifa = all; ifa && !found; ifa = ifa->ifa_next) {
		if (!ifa->ifa_addr || !(ifa->ifa_flags & IFF_UP) || ifa->ifa_addr->sa_family != (ipv6 ? AF_INET6 : AF_INET))
			continue;
		have = ipv6 ? (void *)&((struct sockaddr_in6 *)ifa->ifa_addr)->sin6_addr
			    : (void *)&((struct sockaddr_in *)ifa->ifa_addr)->sin_addr;
		found = !memcmp(have, want, ipv6 ? 16 : 4);
	}
	freeifaddrs(all);
	return found;
}

static int read_config(struct adm_run *run, const struct args *args)
{
	struct adm_view view = { run->nodename, args->peer, has_address, NULL };
	const char *path = find_config(run, args);
	int err;

	run->no_registry = args->dry_run || !strcmp(path, "-");
	run->conf->path = strcmp(path, "-") ? adm_abs_path(run->conf, path) : "STDIN";
	path = adm_strdup(&run->conf->mem, path);
	err = strcmp(path, "-") ? adm_parse_file(run->conf, path) : parse_stdin(run->conf);
	if (!err && args->test_config) {
		path = args->test_config;
		err = adm_parse_file(run->conf, path);
	}
	if (err && !run->conf->errors)
		return parse_failed(path, run->conf, err);
	if (adm_resolve(run->conf, &view) || err)
		return run->conf->exit_code ? run->conf->exit_code : ADM_EXIT_EXEC;
	return 0;
}

/* What the shell commands and the kernel need is the whole truth; a dump shows what was written. */
static int prepare(struct adm_run *run, const struct adm_cmd *cmd)
{
	if (cmd->flags & AC_RAW && !run->exec.dry_run && !run->exec.verbose)
		return 0;
	if (adm_inherit(run->conf))
		return ADM_EXIT_EXEC;
	if (cmd->flags & AC_RAW)
		return 0;
	return adm_translate(run->conf, isatty(STDIN_FILENO) && !run->exec.dry_run) ? run->conf->exit_code : 0;
}

/* ---- which resources */

static const char *nearest_host(struct adm_run *run, const struct adm_res *res)
{
	const char *names[64];
	const struct adm_host *host;
	const struct adm_name *n;
	size_t nr = 0;

	for (host = res->hosts; host; host = host->next)
		for (n = host->names.first; n && nr < 63; n = n->next)
			names[nr++] = n->name;
	names[nr] = NULL;
	return conf_nearest(names, sizeof(names[0]), run->nodename);
}

static void explain_hosts(struct adm_run *run, const struct adm_res *res)
{
	const char *near = nearest_host(run, res), *list = "";
	const struct adm_host *host;

	for (host = res->hosts; host; host = host->next)
		list = adm_printf(&run->conf->mem, "%s %s", list, adm_names_text(run->conf, &host->names));
	fprintf(stderr, "\tuname -n says '%s'; the 'on' sections of %s name:%s", run->nodename, res->name, list);
	if (near)
		fprintf(stderr, " (did you mean '%s'?)", near);
	fputc('\n', stderr);
}

static void ignored(struct adm_run *run, const struct adm_res *res)
{
	fprintf(stderr, "'%s' ignored, since this host (%s) is not mentioned with an 'on' keyword.\n", res->name, run->nodename);
	explain_hosts(run, res);
}

static int check_ip(struct adm_run *run, const struct adm_res *res)
{
	if (run->exec.dry_run || run->conf->global.disable_ip_verification || has_address(&res->me->addr, NULL))
		return 0;
	fprintf(stderr, "%s:%u: in resource %s, on %s:\n\tIP %s not found on this host.\n", res->place.file,
		res->me->addr.place.line, res->name, adm_names_text(run->conf, &res->me->names), res->me->addr.ip);
	return ADM_EXIT_CONFIG;
}

static int check_peer(struct adm_run *run, const struct adm_res *res)
{
	if (res->peer)
		return 0;
	fprintf(stderr, "%s:%u: in resource %s:\n\t%s\n", adm_abs_path(run->conf, res->place.file), res->place.line, res->name,
		res->peer_problem);
	return run->exec.dry_run ? 0 : ADM_EXIT_CONFIG;
}

static int each_volume(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *only)
{
	const struct adm_vol *vol;
	int code;

	if (!(cmd->flags & AC_VOL) || cmd->flags & AC_RES || only)
		return cmd->fn(run, cmd, res, only);
	for (vol = res->me->vols; vol; vol = vol->next) {
		code = cmd->fn(run, cmd, res, vol);
		if (code)
			return code;
	}
	return 0;
}

static int on_resource(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	int code = 0;

	if (cmd->flags & AC_IP)
		code = check_ip(run, res);
	if (!code && cmd->flags & AC_PEER)
		code = check_peer(run, res);
	return code ? code : each_volume(run, cmd, res, vol);
}

/* "name", "name/volume", "minor-N". False: nothing of that name. */
static bool find_object(struct adm_run *run, const char *object, const struct adm_res **res, const struct adm_vol **vol)
{
	const char *slash = strrchr(object, '/');
	int64_t num;

	*vol = NULL;
	*res = adm_res_find(run->conf, object);
	if (*res)
		return true;
	if (!strncmp(object, "minor-", 6) && !conf_num(object + 6, 0, 1 << 20, &num)) {
		for (*res = run->conf->res; *res; *res = (*res)->next)
			for (*vol = (*res)->me ? (*res)->me->vols : NULL; *vol; *vol = (*vol)->next)
				if ((*vol)->minor == (int)num)
					return true;
		return false;
	}
	if (!slash || conf_num(slash + 1, 0, 65535, &num))
		return false;
	*res = adm_res_find(run->conf, adm_strndup(&run->conf->mem, object, (size_t)(slash - object)));
	if (!*res || !(*res)->me)
		return *res != NULL;
	*vol = adm_vol_find((*res)->me->vols, (unsigned int)num);
	return *vol != NULL;
}

static void not_defined(struct adm_run *run, const char *object)
{
	const char **names = adm_alloc(&run->conf->mem, (run->conf->resources + 1) * sizeof(*names)), *near;
	const struct adm_res *res;
	size_t n = 0;

	for (res = run->conf->res; res; res = res->next)
		names[n++] = res->name;
	near = conf_nearest(names, sizeof(names[0]), object);
	fprintf(stderr, "'%s' not defined in your config (for this host).%s%s%s\n", object, near ? " Did you mean '" : "",
		near ? near : "", near ? "'?" : "");
}

static int on_object(struct adm_run *run, const struct adm_cmd *cmd, const char *object)
{
	const struct adm_res *res;
	const struct adm_vol *vol;

	if (!find_object(run, object, &res, &vol)) {
		not_defined(run, object);
		return ADM_EXIT_USAGE;
	}
	if (!res->me) {
		ignored(run, res);
		return ADM_EXIT_USAGE;
	}
	if (cmd->flags & AC_HANDLER)
		run->stacked = res->stacked; /* the kernel does not know about modes */
	if (!adm_selected(run, res)) {
		fprintf(stderr, "'%s' is a %s resource, and not available in %s mode.\n", res->name, adm_res_kind(res),
			run->stacked ? "stacked" : "normal");
		return ADM_EXIT_USAGE;
	}
	if (vol && !(cmd->flags & AC_VOL) && res->me->vols->next) {
		fprintf(stderr, "%s operates on whole resources, but you specified a specific volume!\n", cmd->name);
		return ADM_EXIT_USAGE;
	}
	if (!vol && cmd->flags & AC_ONE_VOL && res->me->vols->next) {
		fprintf(stderr, "%s requires a specific volume id, but none is specified.\n"
			"Try '%s minor-<minor_number>' or '%s %s/<vnr>'\n", cmd->name, cmd->name, cmd->name, res->name);
		return ADM_EXIT_USAGE;
	}
	run->minor_given = !strncmp(object, "minor-", 6);
	return on_resource(run, cmd, res, vol);
}

static int on_all(struct adm_run *run, const struct adm_cmd *cmd)
{
	const struct adm_res *res;
	bool any = false;
	int code = 0, one;

	if (!run->conf->res) {
		fprintf(stderr, "no resources defined!\n");
		return ADM_EXIT_USAGE;
	}
	for (res = run->conf->res; res; res = res->next) {
		if (!adm_selected(run, res))
			continue;
		any = true;
		one = on_resource(run, cmd, res, NULL);
		if (one > code)
			code = one;
		if (one >= ADM_EXIT_EXEC)
			return one;
	}
	if (any)
		return code;
	if (run->stacked) {
		fprintf(stderr, "WARN: nothing stacked for this host (%s), nothing to do in stacked mode!\n", run->nodename);
		return ADM_EXIT_USAGE;
	}
	fprintf(stderr, "WARN: no normal resources defined for this host (%s)!?\n"
		"Misspelled name of the local machine with the 'on' keyword ?\n", run->nodename);
	explain_hosts(run, run->conf->res);
	return ADM_EXIT_USAGE;
}

static bool dumped(const struct args *args, const struct adm_res *res)
{
	int i;

	if (!args->names_nr || !strcmp(args->names[0], "all"))
		return true;
	for (i = 0; i < args->names_nr; i++)
		if (!strcmp(args->names[i], res->name))
			return true;
	return false;
}

static int dump(struct adm_run *run, const struct args *args)
{
	bool xml = !strcmp(args->cmd->name, "dump-xml"), all = !args->names_nr || !strcmp(args->names[0], "all");
	const struct adm_res *res;
	int i, code = 0;

	for (i = 0; !all && i < args->names_nr; i++) {
		res = adm_res_find(run->conf, args->names[i]);
		if (!res || !res->me) {
			res ? ignored(run, res) : not_defined(run, args->names[i]);
			return ADM_EXIT_USAGE;
		}
	}
	/* what was asked for by name is shown in spite of that, as by the original */
	for (res = run->conf->res; res && !code; res = res->next)
		if (res->me && dumped(args, res) && check_ip(run, res) && all)
			code = ADM_EXIT_CONFIG;
	if (code)
		return code;
	if (xml)
		adm_dump_xml_head(stdout, run->conf);
	else if (all)
		adm_dump_head(stdout, run->conf);
	for (res = run->conf->res; res; res = res->next) {
		if (!dumped(args, res))
			continue;
		if (xml)
			adm_dump_xml_res(stdout, run->conf, res);
		else
			adm_dump_res(stdout, run->conf, res, run->nodename);
	}
	if (xml)
		adm_dump_xml_tail(stdout);
	return 0;
}

static int without_object(struct adm_run *run, const struct args *args)
{
	const char *name = args->cmd->name;

	if (args->names_nr)
		fprintf(stderr, "This command will ignore resource names!\n");
	if (!strcmp(name, "sh-resources"))
		return adm_cmd_resources(run);
	if (!strcmp(name, "sh-mod-parms"))
		return adm_cmd_mod_parms(run);
	if (!strcmp(name, "sh-status"))
		return adm_cmd_sh_status(run);
	if (!strcmp(name, "wait-con-int"))
		return adm_wait_connections(run);
	return 0; /* sh-nop: the configuration is good */
}

static int on_names(struct adm_run *run, const struct args *args)
{
	int i, code = 0;

	if (!args->names_nr && !(args->cmd->flags & AC_ALL))
		return usage_error(run->program, args->cmd, "No resource names specified");
	if (run->json && (!args->names_nr || !strcmp(args->names[0], "all")))
		return adm_cmd_status_json(run, NULL);
	if (!args->names_nr || !strcmp(args->names[0], "all"))
		return on_all(run, args->cmd);
	for (i = 0; i < args->names_nr; i++) {
		code = on_object(run, args->cmd, args->names[i]);
		if (code >= ADM_EXIT_EXEC)
			break;
	}
	return code;
}

static int perform(struct adm_run *run, const struct args *args)
{
	int code;

	if (!strncmp(args->cmd->name, "dump", 4) && strcmp(args->cmd->name, "dump-md"))
		return dump(run, args);
	if (!args->cmd->fn)
		return without_object(run, args);
	code = on_names(run, args);
	if (code)
		return code;
	return adm_run_plan(run, !strcmp(args->cmd->name, "adjust-with-progress") && !run->exec.dry_run && !run->exec.verbose);
}

/* ---- around it */

static void warn_versions(void)
{
	unsigned int ours = version_code(VERSION), module;
	char text[128];
	const char *advice;

	module = kernel_version(text, sizeof(text));
	if (!module || module == ours || getenv("DRBD_DONT_WARN_ON_VERSION_MISMATCH"))
		return;
	if (module >> 16 != ours >> 16)
		advice = "mixing different major numbers will not work!";
	else if (ours < module)
		advice = "you should upgrade your drbd tools!";
	else if (module >> 8 != ours >> 8)
		advice = "please don't mix different DRBD series.";
	else
		advice = "preferably kernel and userland versions should match.";
	fprintf(stderr, "DRBD module version: %s\n   userland version: %s\n%s\n", text, VERSION, advice);
}

/* 8.3 modules speak another language; its tool may lie beside. Returns an exit code if it does not, 0 if none is needed. */
static int legacy_module(const char *program, char **argv)
{
	char text[128];
	unsigned int module = kernel_version(text, sizeof(text));

	if (!module || module >= 0x080400)
		return 0;
	execv("/lib/drbd/drbdadm-83", argv);
	fprintf(stderr, "%s: the loaded module is DRBD %s, and there is no /lib/drbd/drbdadm-83 for it\n", program, text);
	return LEGACY_EXEC_FAILED;
}

/* Beside this program if it was called with a path, else wherever PATH finds it. */
static const char *helper(struct adm_run *run, const char *given, const char *argv0, const char *name)
{
	const char *slash = strrchr(argv0, '/'), *path;

	if (given)
		return given;
	if (!slash)
		return name;
	path = adm_printf(&run->conf->mem, "%.*s/%s", (int)(slash - argv0), argv0, name);
	return access(path, X_OK) ? name : path;
}

static int check_given(const char *program, const char *given)
{
	if (!given || !access(given, X_OK))
		return 0;
	fprintf(stderr, "%s: %s is not executable: %s\n", program, given, strerror(errno));
	return ADM_EXIT_USAGE;
}

static const char *node_name(struct adm_run *run)
{
	const char *pretend = getenv("__DRBD_NODE__");
	struct utsname uts;

	if (!pretend) {
		uname(&uts);
		return adm_strdup(&run->conf->mem, uts.nodename);
	}
	fprintf(stderr, "\n   found __DRBD_NODE__ in environment\n   PRETENDING that I am >>%s<<\n\n", pretend);
	return pretend;
}

static void print_reason(const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static int run_command(struct adm_run *run, const struct args *args, const char *argv0)
{
	int i, code;

	run->nodename = node_name(run);
	run->stacked = args->stacked;
	run->json = args->json;
	run->exec = (struct adm_exec){ args->dry_run, args->verbose, args->sh_varname };
	run->tools.drbdsetup = helper(run, args->drbdsetup, argv0, "drbdsetup");
	run->tools.drbdmeta = helper(run, args->drbdmeta, argv0, "drbdmeta");
	run->tools.proxy_ctl = helper(run, args->proxy_ctl, argv0, "drbd-proxy-ctl");
	for (i = 0; i < args->extra_nr; i++)
		adm_name_add(run->conf, &run->tools.extra, args->extra[i]);
	run->plan.conf = run->conf;
	run->plan.tools = &run->tools;
	if (args->verbose >= 3)
		run->plan.because = print_reason;
	code = read_config(run, args);
	if (!code)
		code = prepare(run, args->cmd);
	return code ? code : perform(run, args);
}

static int check_args(const char *program, const struct args *args)
{
	if (!args->cmd)
		return usage_error(program, NULL, "No command specified");
	if (args->test_config && strncmp(args->cmd->name, "dump", 4) && strcmp(args->cmd->name, "sh-nop")) {
		fprintf(stderr, "%s: --config-to-test (-t) goes with dump, dump-xml and sh-nop only\n", program);
		return ADM_EXIT_USAGE;
	}
	if (check_given(program, args->drbdsetup) || check_given(program, args->drbdmeta) ||
	    check_given(program, args->proxy_ctl))
		return ADM_EXIT_USAGE;
	return 0;
}

static int with_memory(struct adm_run *run, struct args *args, int argc, char **argv)
{
	struct adm_mem *mem = &run->conf->mem;
	int code;

	args->names = adm_alloc(mem, (size_t)argc * sizeof(*args->names));
	args->extra = adm_alloc(mem, (size_t)argc * sizeof(*args->extra));
	code = parse_args(run->program, argc, argv, args);
	if (code)
		return code;
	if (args->version)
		return print_version();
	if (args->help) {
		usage(run->program, args->cmd);
		return 0;
	}
	code = check_args(run->program, args);
	if (code)
		return code;
	if (args->cmd->flags & AC_NO_CONF)
		return hidden_commands();
	code = legacy_module(run->program, argv);
	if (code)
		return code;
	warn_versions();
	return run_command(run, args, argv[0]);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct adm_run run = { .program = slash ? slash + 1 : argv[0] };
	struct args args = { .cmd = NULL };
	struct adm_conf conf;
	jmp_buf oom;
	int code;

	hold_std_fds();
	adm_conf_init(&conf);
	run.conf = &conf;
	if (setjmp(oom)) {
		fprintf(stderr, "drbdadm: out of memory\n");
		return ADM_EXIT_EXEC;
	}
	conf.mem.oom = &oom;
	code = with_memory(&run, &args, argc, argv);
	if (fflush(stdout)) {
		fprintf(stderr, "drbdadm: stdout: %s\n", strerror(errno));
		code = code ? code : ADM_EXIT_EXEC;
	}
	adm_conf_free(&conf);
	return code;
}
