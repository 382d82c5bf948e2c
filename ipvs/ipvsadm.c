/* SPDX-License-Identifier: GPL-2.0-only */
/* ipvsadm(8): the administration of IPVS. Here is what each command does; the rest stands in ipvs_*.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipvs/ipvs_args.h"
#include "ipvs/ipvs_error.h"
#include "ipvs/ipvs_json.h"
#include "ipvs/ipvs_lines.h"
#include "ipvs/ipvs_nl.h"
#include "ipvs/ipvs_plan.h"
#include "ipvs/ipvs_proto.h"
#include "ipvs/ipvs_show.h"
#include "lib/std_fds.h"

enum { DRAIN_POLL_MS = 250 };

#define CONN_FILE "/proc/net/ip_vs_conn"

static const char version_text[] = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)";

struct ipvsadm {
	const char *program;
	struct ipvs_nl *nl;
	struct ipvs_info info;
	int rc; /* of the change reported last */
	FILE *preview;		/* --dry-run: printed when every line is right */
	struct ipvs_table want; /* --diff */
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

/* The two commands that need no kernel. */
static void run_text(struct ipvsadm *adm, enum ipvs_cmd_id id)
{
	if (id == CMD_HELP)
		help(adm->program);
	else
		puts(version_text);
	adm->rc = 0;
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

/* Where a list goes: json, or the text of view. */
struct list {
	struct ipvsadm *adm;
	struct ipvs_view view;
	bool sort, as_json;
	struct ipvs_json json;
};

static int list_service(struct list *l, const struct ipvs_service *svc)
{
	struct ipvs_dest *dest;
	size_t dests, i;
	int err = ipvs_nl_dests(l->adm->nl, svc, &dest, &dests);

	if (err)
		return list_failed(ipvs_read_error(err));
	if (l->sort)
		ipvs_sort_dests(dest, dests);
	if (l->as_json) {
		ipvs_json_service(&l->json, svc);
		for (i = 0; i < dests; i++)
			ipvs_json_dest(&l->json, &dest[i]);
		ipvs_json_service_end(&l->json);
	} else {
		ipvs_show_service(stdout, &l->view, svc);
		for (i = 0; i < dests; i++)
			ipvs_show_dest(stdout, &l->view, svc, &dest[i]);
	}
	free(dest);
	return 0;
}

/* info NULL: of a single service, whose list has no version line. */
static int list_services(struct list *l, const struct ipvs_info *info, const struct ipvs_service *svc, size_t services)
{
	size_t i;
	int rc = 0;

	if (l->as_json) {
		ipvs_json_open(&l->json, stdout);
		ipvs_json_info(&l->json, &l->adm->info);
		ipvs_json_array(&l->json, "services");
	} else {
		if (info)
			ipvs_show_version(stdout, info);
		ipvs_show_title(stdout, &l->view);
	}
	for (i = 0; i < services && !rc; i++)
		rc = list_service(l, &svc[i]);
	if (l->as_json) {
		ipvs_json_array_end(&l->json);
		ipvs_json_close(&l->json);
	}
	return rc;
}

static int list_one(struct list *l, const struct ipvs_service *id)
{
	struct ipvs_service svc;
	int err = ipvs_nl_service(l->adm->nl, id, &svc);

	if (err)
		return list_failed(ipvs_service_error(err));
	return list_services(l, NULL, &svc, 1);
}

static int list_all(struct list *l)
{
	struct ipvs_service *svc;
	size_t services;
	int err = ipvs_nl_services(l->adm->nl, &svc, &services), rc;

	if (err)
		return list_failed(ipvs_read_error(err));
	if (l->sort)
		ipvs_sort_services(svc, services);
	rc = list_services(l, &l->adm->info, svc, services);
	free(svc);
	return rc;
}

static int list_timeouts(struct list *l)
{
	struct ipvs_timeouts timeouts;
	int err = ipvs_nl_timeouts(l->adm->nl, &timeouts);

	if (err)
		return list_failed(ipvs_read_error(err));
	if (l->as_json) {
		ipvs_json_open(&l->json, stdout);
		ipvs_json_timeouts(&l->json, &timeouts);
		ipvs_json_close(&l->json);
	} else {
		ipvs_show_timeouts(stdout, &timeouts);
	}
	return 0;
}

static int list_daemons(struct list *l)
{
	struct ipvs_daemon daemon[2];
	size_t daemons, i;
	int err = ipvs_nl_daemons(l->adm->nl, daemon, &daemons);

	if (err)
		return list_failed(ipvs_read_error(err));
	if (l->as_json) {
		ipvs_json_open(&l->json, stdout);
		ipvs_json_array(&l->json, "daemons");
	}
	for (i = 0; i < daemons; i++) {
		if (l->as_json)
			ipvs_json_daemon(&l->json, &daemon[i]);
		else
			ipvs_show_daemon(stdout, &daemon[i]);
	}
	if (l->as_json) {
		ipvs_json_array_end(&l->json);
		ipvs_json_close(&l->json);
	}
	return 0;
}

static void list_connection_rows(struct list *l, FILE *file)
{
	struct ipvs_conn conn;
	char *line = NULL;
	size_t size = 0;

	if (l->as_json) {
		ipvs_json_open(&l->json, stdout);
		ipvs_json_array(&l->json, "connections");
	} else {
		ipvs_show_conn_title(stdout, &l->view);
	}
	while (getline(&line, &size, file) >= 0) {
		if (ipvs_conn_parse(line, &conn))
			continue;
		if (l->as_json)
			ipvs_json_conn(&l->json, &conn);
		else
			ipvs_show_conn(stdout, &l->view, &conn);
	}
	if (l->as_json) {
		ipvs_json_array_end(&l->json);
		ipvs_json_close(&l->json);
	}
	free(line);
}

static int list_connections(struct list *l)
{
	FILE *file = fopen(CONN_FILE, "r");
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (!file)
		return list_failed("cannot open file " CONN_FILE);
	if (getline(&line, &size, file) < 0) /* the title */
		rc = list_failed("unexpected input from " CONN_FILE);
	else
		list_connection_rows(l, file);
	free(line);
	fclose(file);
	return rc;
}

static int list(struct ipvsadm *adm, const struct ipvs_cmd *cmd)
{
	struct list l = {
		.adm = adm,
		.view = {.kind = view_kind(cmd),
			 .exact = ipvs_cmd_has(cmd, OPT_EXACT),
			 .pe = ipvs_cmd_has(cmd, OPT_PERSISTENT_CONN),
			 .names = names_for(cmd)},
		.sort = !ipvs_cmd_has(cmd, OPT_NOSORT),
		.as_json = ipvs_cmd_has(cmd, OPT_JSON),
	};

	if (ipvs_cmd_has(cmd, OPT_CONNECTION))
		return list_connections(&l);
	if (ipvs_cmd_has(cmd, OPT_SERVICE))
		return list_one(&l, &cmd->svc);
	if (ipvs_cmd_has(cmd, OPT_TIMEOUT))
		return list_timeouts(&l);
	if (ipvs_cmd_has(cmd, OPT_DAEMON))
		return list_daemons(&l);
	return list_all(&l);
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

/* The server of cmd as the kernel has it. 0 or -errno: -ENOENT, and -ESRCH when there is no such service. */
static int find_server(struct ipvsadm *adm, const struct ipvs_cmd *cmd, struct ipvs_dest *found)
{
	struct ipvs_service svc;
	struct ipvs_dest *dest;
	size_t dests, i;
	int err = ipvs_nl_service(adm->nl, &cmd->svc, &svc);

	if (!err)
		err = ipvs_nl_dests(adm->nl, &svc, &dest, &dests);
	if (err)
		return err;
	err = -ENOENT;
	for (i = 0; i < dests && err; i++)
		if (dest[i].port == cmd->dest.port && dest[i].af == cmd->dest.af &&
		    !memcmp(&dest[i].addr, &cmd->dest.addr, sizeof(dest[i].addr))) {
			*found = dest[i];
			err = 0;
		}
	free(dest);
	return err;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Weight 0, so that no new connections come; then wait until none is left, or for the deadline; then delete. */
static int drain(struct ipvsadm *adm, const struct ipvs_cmd *cmd)
{
	const struct timespec poll = {.tv_nsec = DRAIN_POLL_MS * 1000000L};
	const int64_t deadline_ms = now_ms() + (int64_t)cmd->deadline_s * 1000;
	struct ipvs_change change = {.op = IPVS_OP_EDIT_DEST, .svc = cmd->svc};
	struct ipvs_dest dest;
	int err = find_server(adm, cmd, &dest);

	if (!err) {
		change.dest = dest;
		change.dest.weight = 0;
		err = ipvs_nl_change(adm->nl, &change);
	}
	while (!err && dest.active_conns + dest.inact_conns && now_ms() < deadline_ms) {
		nanosleep(&poll, NULL);
		err = find_server(adm, cmd, &dest);
	}
	if (!err && dest.active_conns + dest.inact_conns)
		fprintf(stderr, "drain: %u active and %u inactive connections at the deadline\n", dest.active_conns,
			dest.inact_conns);
	change.op = IPVS_OP_DEL_DEST;
	if (!err)
		err = ipvs_nl_change(adm->nl, &change);
	if (err)
		fprintf(stderr, "%s\n", ipvs_op_error(IPVS_OP_DEL_DEST, err));
	return err ? IPVS_RC_FAILED : 0;
}

/* Changes are queued, all else happens at once and after what is queued. adm->rc is that of the last. */
static void run(struct ipvsadm *adm, const struct ipvs_cmd *cmd, unsigned long line)
{
	struct ipvs_change change;

	if (ipvs_cmd_change(cmd, &change)) {
		ipvs_nl_queue(adm->nl, &change, line);
		return;
	}
	if (adm->nl)
		ipvs_nl_flush(adm->nl);
	switch (cmd->id) {
	case CMD_LIST:
		adm->rc = list(adm, cmd);
		break;
	case CMD_SAVE:
		adm->rc = save(adm, cmd);
		break;
	case CMD_DRAIN:
		adm->rc = drain(adm, cmd);
		break;
	case CMD_HELP:
	case CMD_VERSION:
		run_text(adm, cmd->id);
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
		if (cmd.id == CMD_LIST || cmd.id == CMD_SAVE) /* one that fails ends the original too */
			return !adm->rc;
		return cmd.id != CMD_HELP && cmd.id != CMD_VERSION;
	}
	ipvs_nl_flush(adm->nl); /* complaints come in the order of the lines */
	adm->rc = refuse(&refusal);
	return refusal.goes_on;
}

/* Hands each line's words to fn, with the program's name before them, until it returns false. 0 or -errno. */
static int each_line(struct ipvsadm *adm, bool (*fn)(struct ipvsadm *adm, int argc, const char **argv, unsigned long line),
		     void (*idle)(void *arg))
{
	static struct ipvs_lines lines;
	const char *word[IPVS_LINE_WORDS];
	char *line;
	int n, err;

	ipvs_lines_init(&lines, STDIN_FILENO);
	lines.idle = idle;
	lines.idle_arg = adm;
	word[0] = adm->program;
	while (!(err = ipvs_lines_next(&lines, &line)) && line) {
		n = ipvs_lines_split(line, word);
		if (n < 0)
			err = n;
		if (err || (n > 1 && !fn(adm, n, word, lines.line)))
			break;
	}
	if (err) {
		if (idle)
			idle(adm);
		fprintf(stderr, "standard input, line %lu: %s\n", lines.line, strerror(-err));
		adm->rc = IPVS_RC_USAGE;
	}
	return err;
}

static void restore(struct ipvsadm *adm)
{
	each_line(adm, restore_line, flush);
	ipvs_nl_flush(adm->nl);
}

/* ---- restore --dry-run and --diff: the whole input is checked before anything is done ---- */

static void complain(struct ipvsadm *adm, unsigned long line, const char *text)
{
	fprintf(stderr, "standard input, line %lu: %s%s", line, text, text[strlen(text) - 1] == '\n' ? "" : "\n");
	adm->rc = IPVS_RC_USAGE;
}

/* The command of a line, or a complaint. */
static bool check_line(struct ipvsadm *adm, int argc, const char **argv, unsigned long line, struct ipvs_cmd *cmd)
{
	struct ipvs_refusal refusal = {.text = NULL};
	int rc = ipvs_args_parse(argc, argv, &ipvs_names_system, cmd, &refusal);

	if (!rc && cmd->id == CMD_RESTORE)
		rc = ipvs_args_refuse(adm->program, &refusal);
	if (!rc && cmd->dest.l_thresh > cmd->dest.u_thresh) /* the kernel would refuse it */
		rc = ipvs_refuse(&refusal, IPVS_RC_USAGE, "the lower threshold is above the upper one\n");
	if (rc)
		complain(adm, line, refusal.text ? refusal.text : "Memory allocation problem");
	free(refusal.text);
	return !rc;
}

static bool dry_run_line(struct ipvsadm *adm, int argc, const char **argv, unsigned long line)
{
	struct ipvs_change change;
	struct ipvs_cmd cmd;
	int i;

	if (!check_line(adm, argc, argv, line, &cmd))
		return true;
	if (ipvs_cmd_change(&cmd, &change)) {
		ipvs_save_change(adm->preview, &change);
		return true;
	}
	for (i = 1; i < argc; i++) /* changes nothing: as it was written */
		fprintf(adm->preview, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	return true;
}

static bool wanted_line(struct ipvsadm *adm, int argc, const char **argv, unsigned long line)
{
	struct ipvs_cmd cmd;
	int err;

	if (!check_line(adm, argc, argv, line, &cmd))
		return true;
	cmd.svc.line = cmd.dest.line = (uint32_t)line;
	if (!ipvs_cmd_has(&cmd, OPT_U_THRESHOLD))
		cmd.dest.u_thresh = IPVS_KEEP;
	if (!ipvs_cmd_has(&cmd, OPT_L_THRESHOLD))
		cmd.dest.l_thresh = IPVS_KEEP;
	if (cmd.id == CMD_ADD_SERVICE) {
		err = ipvs_table_add_service(&adm->want, &cmd.svc);
		if (err)
			complain(adm, line, ipvs_op_error(IPVS_OP_ADD_SERVICE, err));
	} else if (cmd.id == CMD_ADD_SERVER) {
		err = ipvs_table_add_dest(&adm->want, &cmd.svc, &cmd.dest);
		if (err)
			complain(adm, line, ipvs_op_error(IPVS_OP_ADD_DEST, err));
	} else {
		complain(adm, line, "a wanted table has -A and -a lines only");
	}
	return true;
}

static int read_table(struct ipvs_nl *nl, struct ipvs_table *table)
{
	struct ipvs_service *svc = NULL;
	size_t services = 0, i;
	struct ipvs_table_row *row;
	int err = ipvs_nl_services(nl, &svc, &services);

	memset(table, 0, sizeof(*table));
	for (i = 0; !err && i < services; i++) {
		err = ipvs_table_add_service(table, &svc[i]);
		row = table->row + table->services - 1;
		if (!err)
			err = ipvs_nl_dests(nl, &svc[i], &row->dest, &row->dests);
	}
	free(svc);
	if (err)
		ipvs_table_free(table);
	return err;
}

static int queue_change(const struct ipvs_change *change, void *arg)
{
	struct ipvsadm *adm = arg;

	ipvs_nl_queue(adm->nl, change, 0);
	return 0;
}

static int print_change(const struct ipvs_change *change, void *arg)
{
	(void)arg;
	ipvs_save_change(stdout, change);
	return 0;
}

static void diff_done(const struct ipvs_change *change, unsigned long tag, int err, void *arg)
{
	const bool of_dest = change->op == IPVS_OP_ADD_DEST || change->op == IPVS_OP_EDIT_DEST;
	struct ipvsadm *adm = arg;

	(void)tag;
	if (!err)
		return;
	complain(adm, of_dest ? change->dest.line : change->svc.line, ipvs_op_error(change->op, err));
	adm->rc = IPVS_RC_FAILED;
}

/* Back to what was: the difference from what is now. */
static void roll_back(struct ipvsadm *adm, const struct ipvs_table *was)
{
	struct ipvs_table is;
	int err = read_table(adm->nl, &is);

	if (err) {
		fprintf(stderr, "cannot go back to the table as it was: %s\n", ipvs_read_error(err));
		return;
	}
	ipvs_plan_grow(was, &is, queue_change, adm);
	ipvs_plan_shrink(was, &is, queue_change, adm);
	ipvs_nl_flush(adm->nl);
	ipvs_table_free(&is);
	fprintf(stderr, "the table is as it was before\n");
}

static void restore_diff(struct ipvsadm *adm, bool dry_run)
{
	struct ipvs_table have;
	int err;

	each_line(adm, wanted_line, NULL);
	if (adm->rc)
		return;
	err = read_table(adm->nl, &have);
	if (err) {
		fprintf(stderr, "%s\n", ipvs_read_error(err));
		adm->rc = IPVS_RC_FAILED;
		return;
	}
	if (dry_run) {
		ipvs_plan_grow(&adm->want, &have, print_change, NULL);
		ipvs_plan_shrink(&adm->want, &have, print_change, NULL);
	} else {
		ipvs_nl_on_done(adm->nl, diff_done, adm);
		ipvs_plan_grow(&adm->want, &have, queue_change, adm);
		ipvs_nl_flush(adm->nl);
		if (adm->rc)
			roll_back(adm, &have);
		else
			ipvs_plan_shrink(&adm->want, &have, queue_change, adm);
		ipvs_nl_flush(adm->nl);
	}
	ipvs_table_free(&have);
}

static void restore_dry_run(struct ipvsadm *adm)
{
	char *text = NULL;
	size_t byte = 0;

	adm->preview = open_memstream(&text, &byte);
	if (!adm->preview) {
		fprintf(stderr, "Memory allocation problem\n");
		adm->rc = IPVS_RC_FAILED;
		return;
	}
	each_line(adm, dry_run_line, NULL);
	fclose(adm->preview);
	if (!adm->rc)
		fwrite(text, 1, byte, stdout);
	free(text);
}

static void run_restore(struct ipvsadm *adm, const struct ipvs_cmd *cmd)
{
	if (ipvs_cmd_has(cmd, OPT_DIFF))
		restore_diff(adm, ipvs_cmd_has(cmd, OPT_DRY_RUN));
	else if (ipvs_cmd_has(cmd, OPT_DRY_RUN))
		restore_dry_run(adm);
	else
		restore(adm);
	ipvs_table_free(&adm->want);
}

/* Help, version and a dry run, which must work on a machine without IPVS too. */
static bool needs_kernel(const struct ipvs_cmd *cmd)
{
	return cmd->id != CMD_HELP && cmd->id != CMD_VERSION &&
	       !(ipvs_cmd_has(cmd, OPT_DRY_RUN) && !ipvs_cmd_has(cmd, OPT_DIFF));
}

int main(int argc, char **argv)
{
	static const char *list_args[] = {NULL, "-L", NULL};
	struct ipvsadm adm = {.program = argv[0]};
	struct ipvs_refusal refusal;
	struct ipvs_cmd cmd;
	int rc;

	hold_std_fds();
	list_args[0] = argv[0];
	rc = argc > 1 ? ipvs_args_parse(argc, (const char **)argv, &ipvs_names_system, &cmd, &refusal)
		      : ipvs_args_parse(2, list_args, &ipvs_names_system, &cmd, &refusal);
	/* Without IPVS that is what is wrong, whatever the words say. */
	if ((rc || needs_kernel(&cmd)) && start(&adm)) {
		if (rc)
			free(refusal.text);
		ipvs_nl_close(adm.nl);
		return IPVS_RC_USAGE;
	}
	if (adm.nl)
		ipvs_nl_on_done(adm.nl, change_done, &adm);
	if (rc)
		adm.rc = refuse(&refusal);
	else if (cmd.id == CMD_RESTORE)
		run_restore(&adm, &cmd);
	else
		run(&adm, &cmd, 0);
	if (adm.nl)
		ipvs_nl_flush(adm.nl);
	ipvs_nl_close(adm.nl);
	return adm.rc;
}
