/* SPDX-License-Identifier: GPL-2.0-only */
/* ipvsadm(8): the administration of IPVS. Here is what each command does; the rest stands in ipvs_*.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipvs/ipvs_args.h"
#include "ipvs/ipvs_error.h"
#include "ipvs/ipvs_lines.h"
#include "ipvs/ipvs_nl.h"
#include "ipvs/ipvs_proto.h"
#include "ipvs/ipvs_show.h"

#define CONN_FILE "/proc/net/ip_vs_conn"

static const char version_text[] = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)";

struct ipvsadm {
	const char *program;
	struct ipvs_nl *nl;
	struct ipvs_info info;
	int rc; /* of the change reported last */
};

/* ---- help ---- */

static void help_line(const char *longname, char shortname, const char *arg, const char *text)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%.1s%s%s", longname, shortname ? " -" : "", shortname ? &shortname : "",
		 arg ? " " : "", arg ? arg : "");
	printf("  %-35s %s\n", left, text);
}

static void help(const char *program)
{
	static const char *const forms[] = {
		"-A|E SERVICE [-s NAME] [-b LIST] [-p [SECONDS]] [-M MASK] [--pe NAME] [-o]",
		"-D SERVICE",
		"-C",
		"-R [--dry-run] [--diff]",
		"-S [-n]",
		"-a|e SERVICE -r HOST[:PORT] [-g|i|m] [-w N] [-x N] [-y N] [TUNNEL]",
		"-d SERVICE -r HOST[:PORT]",
		"--drain SERVICE -r HOST[:PORT] [--deadline SECONDS]",
		"-L|l [SERVICE | -c | --timeout | --daemon] [OPTIONS]",
		"-Z [SERVICE]",
		"--set TCP TCPFIN UDP",
		"--start-daemon master|backup [DAEMON OPTIONS]",
		"--stop-daemon master|backup",
		"-h | -v",
	};
	size_t i;

	printf("%s\nUsage:\n", version_text);
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		printf("  %s %s\n", program, forms[i]);
	puts("\nCommands:");
#define COMMAND(id, name, longname, shortname, kind, arg, text) help_line(longname, shortname, arg, text);
#define OPTION(id, name, matrix)
#define KEYWORD(id, option, longname, shortname, kind, arg, text)
#include "ipvs/ipvs_options.def"
#undef COMMAND
#undef KEYWORD
	puts("\nOptions:");
#define COMMAND(id, name, longname, shortname, kind, arg, text)
#define KEYWORD(id, option, longname, shortname, kind, arg, text) help_line(longname, shortname, arg, text);
#include "ipvs/ipvs_options.def"
#undef COMMAND
#undef OPTION
#undef KEYWORD
}

/* ---- the kernel ---- */

/* Finds IPVS, loading its module if need be. 0 or -errno, -ENOPROTOOPT where there is none. */
static int open_kernel(struct ipvsadm *adm)
{
	int err = ipvs_nl_open(&adm->nl);

	if (err == -ENOENT && ipvs_nl_load_module())
		err = ipvs_nl_open(&adm->nl);
	if (err == -ENOENT)
		return geteuid() ? -EPERM : -ENOPROTOOPT;
	return err ? err : ipvs_nl_info(adm->nl, &adm->info);
}

static int start(struct ipvsadm *adm)
{
	const unsigned int v = IPVS_MIN_VERSION;
	int err = open_kernel(adm);

	if (err) {
		fprintf(stderr, "Can't initialize ipvs: %s\nAre you sure that IP Virtual Server is built in the kernel or as module?\n",
			ipvs_read_error(err));
		if (err == -ENOPROTOOPT)
			fprintf(stderr, "The kernel module ip_vs is missing; the command to load it is: modprobe ip_vs\n");
		return IPVS_RC_USAGE;
	}
	if (adm->info.version < v) {
		fprintf(stderr, "Warning: IPVS version mismatch: \n  Kernel compiled with IPVS version %u.%u.%u\n",
			adm->info.version >> 16 & 0xff, adm->info.version >> 8 & 0xff, adm->info.version & 0xff);
		fprintf(stderr, "  ipvsadm v1.31  requires minimum IPVS version %u.%u.%u\n\n", v >> 16, v >> 8 & 0xff, v & 0xff);
	}
	return 0;
}

static int list_failed(const char *text)
{
	fprintf(stderr, "%s\n", text);
	return IPVS_RC_LIST;
}

/* ---- lists ---- */

/* The first that is given decides (ipvsadm.md 8). */
static enum ipvs_view_kind view_kind(const struct ipvs_cmd *cmd)
{
	static const struct {
		enum ipvs_option opt;
		enum ipvs_view_kind kind;
	} rows[] = {
		{OPT_STATS, IPVS_VIEW_STATS},
		{OPT_RATE, IPVS_VIEW_RATE},
		{OPT_THRESHOLDS, IPVS_VIEW_THRESHOLDS},
		{OPT_PERSISTENT_CONN, IPVS_VIEW_PERSISTENT_CONN},
		{OPT_TUN_INFO, IPVS_VIEW_TUN_INFO},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (ipvs_cmd_has(cmd, rows[i].opt))
			return rows[i].kind;
	return IPVS_VIEW_DEFAULT;
}

static const struct ipvs_names *names_for(const struct ipvs_cmd *cmd)
{
	return ipvs_cmd_has(cmd, OPT_NUMERIC) ? NULL : &ipvs_names_system;
}

static int list_service(struct ipvsadm *adm, const struct ipvs_cmd *cmd, const struct ipvs_view *view,
			const struct ipvs_service *svc)
{
	struct ipvs_dest *dest;
	size_t dests, i;
	int err = ipvs_nl_dests(adm->nl, svc, &dest, &dests);

	if (err)
		return list_failed(ipvs_read_error(err));
	if (!ipvs_cmd_has(cmd, OPT_NOSORT))
		ipvs_sort_dests(dest, dests);
	ipvs_show_service(stdout, view, svc);
	for (i = 0; i < dests; i++)
		ipvs_show_dest(stdout, view, svc, &dest[i]);
	free(dest);
	return 0;
}

static int list_one(struct ipvsadm *adm, const struct ipvs_cmd *cmd, const struct ipvs_view *view)
{
	struct ipvs_service svc;
	int err = ipvs_nl_service(adm->nl, &cmd->svc, &svc);

	if (err)
		return list_failed(ipvs_service_error(err));
	ipvs_show_title(stdout, view);
	return list_service(adm, cmd, view, &svc);
}

static int list_all(struct ipvsadm *adm, const struct ipvs_cmd *cmd, const struct ipvs_view *view)
{
	struct ipvs_service *svc;
	size_t services, i;
	int err = ipvs_nl_services(adm->nl, &svc, &services), rc = 0;

	if (err)
		return list_failed(ipvs_read_error(err));
	if (!ipvs_cmd_has(cmd, OPT_NOSORT))
		ipvs_sort_services(svc, services);
	ipvs_show_version(stdout, &adm->info);
	ipvs_show_title(stdout, view);
	for (i = 0; i < services && !rc; i++)
		rc = list_service(adm, cmd, view, &svc[i]);
	free(svc);
	return rc;
}

static int list_timeouts(struct ipvsadm *adm)
{
	struct ipvs_timeouts timeouts;
	int err = ipvs_nl_timeouts(adm->nl, &timeouts);

	if (err)
		return list_failed(ipvs_read_error(err));
	ipvs_show_timeouts(stdout, &timeouts);
	return 0;
}

static int list_daemons(struct ipvsadm *adm)
{
	struct ipvs_daemon daemon[2];
	size_t daemons, i;
	int err = ipvs_nl_daemons(adm->nl, daemon, &daemons);

	if (err)
		return list_failed(ipvs_read_error(err));
	for (i = 0; i < daemons; i++)
		ipvs_show_daemon(stdout, &daemon[i]);
	return 0;
}

static int list_connections(const struct ipvs_view *view)
{
	FILE *file = fopen(CONN_FILE, "r");
	struct ipvs_conn conn;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return list_failed("cannot open file " CONN_FILE);
	if (getline(&line, &size, file) < 0) {
		fclose(file);
		free(line);
		return list_failed("unexpected input from " CONN_FILE);
	}
	ipvs_show_conn_title(stdout, view);
	while (getline(&line, &size, file) >= 0)
		if (!ipvs_conn_parse(line, &conn))
			ipvs_show_conn(stdout, view, &conn);
	free(line);
	fclose(file);
	return 0;
}

static int list(struct ipvsadm *adm, const struct ipvs_cmd *cmd)
{
	const struct ipvs_view view = {
		.kind = view_kind(cmd),
		.exact = ipvs_cmd_has(cmd, OPT_EXACT),
		.pe = ipvs_cmd_has(cmd, OPT_PERSISTENT_CONN),
		.names = names_for(cmd),
	};

	if (ipvs_cmd_has(cmd, OPT_CONNECTION))
		return list_connections(&view);
	if (ipvs_cmd_has(cmd, OPT_SERVICE))
		return list_one(adm, cmd, &view);
	if (ipvs_cmd_has(cmd, OPT_TIMEOUT))
		return list_timeouts(adm);
	if (ipvs_cmd_has(cmd, OPT_DAEMON))
		return list_daemons(adm);
	return list_all(adm, cmd, &view);
}

static int save(struct ipvsadm *adm, const struct ipvs_cmd *cmd)
{
	const struct ipvs_names *names = names_for(cmd);
	struct ipvs_service *svc;
	struct ipvs_dest *dest;
	size_t services, dests, i, j;
	int err = ipvs_nl_services(adm->nl, &svc, &services);

	if (err)
		return list_failed(ipvs_read_error(err));
	ipvs_sort_services(svc, services);
	for (i = 0; i < services && !err; i++) {
		err = ipvs_nl_dests(adm->nl, &svc[i], &dest, &dests);
		if (err)
			break;
		ipvs_sort_dests(dest, dests);
		ipvs_save_service(stdout, names, &svc[i]);
		for (j = 0; j < dests; j++)
			ipvs_save_dest(stdout, names, &svc[i], &dest[j]);
		free(dest);
	}
	free(svc);
	return err ? list_failed(ipvs_read_error(err)) : 0;
}

/* ---- changes ---- */

static void change_done(const struct ipvs_change *change, unsigned long tag, int err, void *arg)
{
	struct ipvsadm *adm = arg;

	(void)tag;
	adm->rc = err ? IPVS_RC_FAILED : 0;
	if (err)
		fprintf(stderr, "%s\n", ipvs_op_error(change->op, err));
}

static int refuse(struct ipvs_refusal *refusal)
{
	fputs(refusal->text ? refusal->text : "Memory allocation problem\n", stderr);
	free(refusal->text);
	return refusal->rc;
}

/* Changes are queued, all else happens at once and after what is queued. adm->rc is that of the last. */
static void run(struct ipvsadm *adm, const struct ipvs_cmd *cmd, unsigned long line)
{
	struct ipvs_change change;

	if (ipvs_cmd_change(cmd, &change)) {
		ipvs_nl_queue(adm->nl, &change, line);
		return;
	}
	ipvs_nl_flush(adm->nl);
	switch (cmd->id) {
	case CMD_LIST:
		adm->rc = list(adm, cmd);
		break;
	case CMD_SAVE:
		adm->rc = save(adm, cmd);
		break;
	default:
		break;
	}
}

static void flush(void *arg)
{
	struct ipvsadm *adm = arg;

	ipvs_nl_flush(adm->nl);
}

/* One line. False: it ends the restore. */
static bool restore_line(struct ipvsadm *adm, int argc, const char **argv, unsigned long line)
{
	struct ipvs_refusal refusal;
	struct ipvs_cmd cmd;
	int rc;

	rc = ipvs_args_parse(argc, argv, &ipvs_names_system, &cmd, &refusal);
	if (!rc && cmd.id == CMD_RESTORE)
		rc = ipvs_args_refuse(adm->program, &refusal);
	if (!rc) {
		run(adm, &cmd, line);
		return true;
	}
	ipvs_nl_flush(adm->nl); /* complaints come in the order of the lines */
	adm->rc = refuse(&refusal);
	return refusal.goes_on;
}

static int restore(struct ipvsadm *adm)
{
	static struct ipvs_lines lines;
	const char *word[IPVS_LINE_WORDS];
	bool go_on = true;
	char *line;
	int n, err;

	ipvs_lines_init(&lines, STDIN_FILENO);
	lines.idle = flush;
	lines.idle_arg = adm;
	word[0] = adm->program;
	while (go_on && !(err = ipvs_lines_next(&lines, &line)) && line) {
		n = ipvs_lines_split(line, word);
		if (n < 0)
			break;
		if (n > 1)
			go_on = restore_line(adm, n, word, lines.line);
	}
	ipvs_nl_flush(adm->nl);
	return adm->rc;
}

int main(int argc, char **argv)
{
	static const char *list_args[] = {NULL, "-L", NULL};
	struct ipvsadm adm = {.program = argv[0]};
	struct ipvs_refusal refusal;
	struct ipvs_cmd cmd;
	int rc;

	list_args[0] = argv[0];
	rc = argc > 1 ? ipvs_args_parse(argc, (const char **)argv, &ipvs_names_system, &cmd, &refusal)
		      : ipvs_args_parse(2, list_args, &ipvs_names_system, &cmd, &refusal);
	if (!rc && cmd.id == CMD_HELP) {
		help(argv[0]);
		return 0;
	}
	if (!rc && cmd.id == CMD_VERSION) {
		puts(version_text);
		return 0;
	}
	/* Without IPVS that is what is wrong, whatever the words say. */
	if (start(&adm)) {
		if (rc)
			free(refusal.text);
		ipvs_nl_close(adm.nl);
		return IPVS_RC_USAGE;
	}
	ipvs_nl_on_done(adm.nl, change_done, &adm);
	if (rc) {
		adm.rc = refuse(&refusal);
	} else if (cmd.id == CMD_RESTORE) {
		restore(&adm);
	} else {
		run(&adm, &cmd, 0);
		ipvs_nl_flush(adm.nl);
	}
	ipvs_nl_close(adm.nl);
	return adm.rc;
}
