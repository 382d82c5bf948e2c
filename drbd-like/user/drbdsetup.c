// SPDX-License-Identifier: GPL-2.0-only
/*
 * drbdsetup: one netlink command a call. This file knows the commands, reads the command line and says what became of
 * it; reports are setup_show.c's, setup_status.c's and setup_events.c's. Source: drbd-tools.md part B.
 */
#include "drbd-like/user/drbdsetup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fs.h>

#include "drbd-like/core/drbd_text.h"
#include "drbd-like/user/drbd_host.h"
#include "lib/std_fds.h"

enum object { OBJ_MINOR = 1, OBJ_RESOURCE = 2, OBJ_ALL = 4, OBJ_ENDPOINTS = 8, OBJ_NEW_MINOR = 16, OBJ_DISKS = 32 };

/* Options of a command beside those of its option set. */
enum extra { X_SET_DEFAULTS = 1, X_SHOW_DEFAULTS = 2, X_WAIT = 4, X_EVENTS2 = 8, X_STATUS = 16 };

enum flags {
	F_QUERY = 1,		/* changes nothing: needs no lock */
	F_NO_INVARIANT = 2,	/* options that cannot be changed later are left out */
	F_UNDONE_IS_FINE = 4,	/* without a module the aim is reached */
	F_HIDDEN = 8		/* not in the list of commands */
};

static int do_config(struct setup_call *c);
static int do_attach(struct setup_call *c);
static int do_new_minor(struct setup_call *c);
static int do_del_minor(struct setup_call *c);
static int do_del_resource(struct setup_call *c);
static int do_down(struct setup_call *c);
static int do_check_resize(struct setup_call *c);

static const struct setup_cmd {
	const char *name;
	u8 object, extra, flags;
	int opt_ctx;		/* enum drbd_opt_ctx_id or -1 */
	u8 nl_cmd;		/* enum drbd_nl_cmd */
	int (*run)(struct setup_call *c);
} commands[] = {
#define SET(name) DRBD_CTX_##name
	{ "primary", OBJ_MINOR, 0, 0, SET(set_role), DRBD_ADM_PRIMARY, do_config },
	{ "secondary", OBJ_MINOR, 0, F_UNDONE_IS_FINE, -1, DRBD_ADM_SECONDARY, do_config },
	{ "attach", OBJ_MINOR | OBJ_DISKS, 0, 0, SET(disk), DRBD_ADM_ATTACH, do_attach },
	{ "disk-options", OBJ_MINOR, X_SET_DEFAULTS, F_NO_INVARIANT, SET(disk), DRBD_ADM_CHG_DISK_OPTS, do_config },
	{ "detach", OBJ_MINOR, 0, F_UNDONE_IS_FINE, SET(detach), DRBD_ADM_DETACH, do_config },
	{ "connect", OBJ_RESOURCE | OBJ_ENDPOINTS, 0, 0, SET(net), DRBD_ADM_CONNECT, do_config },
	{ "net-options", OBJ_ENDPOINTS, X_SET_DEFAULTS, F_NO_INVARIANT, SET(net), DRBD_ADM_CHG_NET_OPTS, do_config },
	{ "disconnect", OBJ_ENDPOINTS, 0, F_UNDONE_IS_FINE, SET(disconnect), DRBD_ADM_DISCONNECT, do_config },
	{ "resize", OBJ_MINOR, 0, 0, SET(resize), DRBD_ADM_RESIZE, do_config },
	{ "resource-options", OBJ_RESOURCE, X_SET_DEFAULTS, 0, SET(resource), DRBD_ADM_RESOURCE_OPTS, do_config },
	{ "new-current-uuid", OBJ_MINOR, 0, 0, SET(new_c_uuid), DRBD_ADM_NEW_C_UUID, do_config },
	{ "invalidate", OBJ_MINOR, 0, 0, -1, DRBD_ADM_INVALIDATE, do_config },
	{ "invalidate-remote", OBJ_MINOR, 0, 0, -1, DRBD_ADM_INVAL_PEER, do_config },
	{ "pause-sync", OBJ_MINOR, 0, 0, -1, DRBD_ADM_PAUSE_SYNC, do_config },
	{ "resume-sync", OBJ_MINOR, 0, 0, -1, DRBD_ADM_RESUME_SYNC, do_config },
	{ "suspend-io", OBJ_MINOR, 0, 0, -1, DRBD_ADM_SUSPEND_IO, do_config },
	{ "resume-io", OBJ_MINOR, 0, 0, -1, DRBD_ADM_RESUME_IO, do_config },
	{ "outdate", OBJ_MINOR, 0, 0, -1, DRBD_ADM_OUTDATE, do_config },
	{ "verify", OBJ_MINOR, 0, 0, SET(start_ov), DRBD_ADM_START_OV, do_config },
	{ "down", OBJ_RESOURCE, 0, F_UNDONE_IS_FINE, -1, DRBD_ADM_DOWN, do_down },
	{ "state", OBJ_MINOR, 0, F_QUERY, -1, 0, show_role },
	{ "role", OBJ_MINOR, 0, F_QUERY, -1, 0, show_role },
	{ "sh-status", OBJ_RESOURCE | OBJ_MINOR | OBJ_ALL, 0, F_QUERY, -1, 0, show_sh_status },
	{ "cstate", OBJ_MINOR, 0, F_QUERY, -1, 0, show_cstate },
	{ "dstate", OBJ_MINOR, 0, F_QUERY, -1, 0, show_dstate },
	{ "show-gi", OBJ_MINOR, 0, F_QUERY, -1, 0, show_show_gi },
	{ "get-gi", OBJ_MINOR, 0, F_QUERY, -1, 0, show_get_gi },
	{ "show", OBJ_RESOURCE | OBJ_MINOR | OBJ_ALL, X_SHOW_DEFAULTS, F_QUERY, -1, 0, show_show },
	{ "status", OBJ_RESOURCE | OBJ_ALL, X_STATUS, F_QUERY, -1, 0, show_status },
	{ "check-resize", OBJ_MINOR, 0, 0, -1, 0, do_check_resize },
	{ "events", OBJ_RESOURCE | OBJ_MINOR | OBJ_ALL, 0, F_QUERY, -1, 0, show_events },
	{ "events2", OBJ_RESOURCE | OBJ_ALL, X_EVENTS2, F_QUERY, -1, 0, show_events2 },
	{ "wait-connect", OBJ_MINOR, X_WAIT, F_QUERY, -1, 0, wait_connect },
	{ "wait-sync", OBJ_MINOR, X_WAIT, F_QUERY, -1, 0, wait_sync },
	{ "new-resource", OBJ_RESOURCE, 0, 0, SET(resource), DRBD_ADM_NEW_RESOURCE, do_config },
	{ "new-minor", OBJ_RESOURCE | OBJ_NEW_MINOR, 0, 0, -1, DRBD_ADM_NEW_MINOR, do_new_minor },
	{ "del-minor", OBJ_MINOR, 0, 0, -1, DRBD_ADM_DEL_MINOR, do_del_minor },
	{ "del-resource", OBJ_RESOURCE, 0, 0, -1, DRBD_ADM_DEL_RESOURCE, do_del_resource },
	{ "udev", OBJ_MINOR, 0, F_QUERY | F_HIDDEN, -1, 0, show_udev },
#undef SET
};

static const struct setup_cmd *find_command(const char *name)
{
	const struct setup_cmd *cmd;

	for (cmd = commands; cmd < commands + ARRAY_SIZE(commands); cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

/* --- options of a command ---------------------------------------------------------------------------------------------- */

/* Whether the command takes opt as an option. */
static bool takes(const struct setup_cmd *cmd, const struct drbd_opt *opt)
{
	return !(opt->flags & OF_A) && !(cmd->flags & F_NO_INVARIANT && opt->flags & OF_I);
}

/* What getopt_long returns: a letter, V_OPTION + the option's place in its set, or one of the others. */
enum { V_OPTION = 256, V_SET_DEFAULTS = 1000, V_SHOW_DEFAULTS, V_WFC, V_DEGR, V_OUTDATED, V_AFTER_SB, V_TIMESTAMPS, V_STATISTICS, V_NOW,
       V_VERBOSE, V_COLOR, V_JSON };

static const struct extra_option {
	u8 extra;
	struct option opt;
	char letter;
} extra_options[] = {
	{ X_SET_DEFAULTS, { "set-defaults", no_argument, NULL, V_SET_DEFAULTS }, 0 },
	{ X_SHOW_DEFAULTS, { "show-defaults", no_argument, NULL, V_SHOW_DEFAULTS }, 'D' },
	{ X_WAIT, { "wfc-timeout", required_argument, NULL, V_WFC }, 't' },
	{ X_WAIT, { "degr-wfc-timeout", required_argument, NULL, V_DEGR }, 'd' },
	{ X_WAIT, { "outdated-wfc-timeout", required_argument, NULL, V_OUTDATED }, 'o' },
	{ X_WAIT, { "wait-after-sb", optional_argument, NULL, V_AFTER_SB }, 'w' },
	{ X_EVENTS2, { "timestamps", no_argument, NULL, V_TIMESTAMPS }, 0 },
	{ X_STATUS, { "verbose", no_argument, NULL, V_VERBOSE }, 'v' },
	{ X_EVENTS2 | X_STATUS, { "statistics", no_argument, NULL, V_STATISTICS }, 's' },
	{ X_EVENTS2, { "now", no_argument, NULL, V_NOW }, 0 },
	{ X_STATUS, { "color", optional_argument, NULL, V_COLOR }, 'c' },
	{ X_STATUS, { "json", no_argument, NULL, V_JSON }, 'j' },
};

/* Other names of options. */
static const struct {
	const char *name, *means;
	int opt_ctx;
} aliases[] = {
	{ "dry-run", "tentative", DRBD_CTX_net },
	{ "overwrite-data-of-peer", "force", DRBD_CTX_set_role },
};

enum { OPTIONS_MAX = 64, HELP_COLUMNS = 80 };

/* --- help (B8) -------------------------------------------------------------------------------------------------------------- */

static int usage(const char *prog, const char *addition)
{
	size_t i, column = 0;

	printf("\nUSAGE: %s command device arguments options\n\nDevice is usually /dev/drbdX or /dev/drbd/X.\n\nCommands are:\n", prog);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].flags & F_HIDDEN)
			continue;
		printf("%s%-20s", column % 3 ? "" : "    ", commands[i].name);
		if (++column % 3 == 0)
			printf("\n");
	}
	printf("%s\nTo get more details about a command issue 'drbdsetup help cmd'.\n\n", column % 3 ? "\n" : "");
	if (addition)
		printf("\n%s\n", addition);
	return SX_USAGE;
}

/* Appends a word to the usage text, on a new line where it would get too wide. */
static void help_word(size_t *column, const char *word)
{
	if (*column + 1 + strlen(word) > HELP_COLUMNS) {
		printf("\n   ");
		*column = 3;
	}
	printf(" %s", word);
	*column += 1 + strlen(word);
}

static const char *object_text(const struct setup_cmd *cmd, char *buf, size_t len)
{
	snprintf(buf, len, "{%s%s%s}", cmd->object & OBJ_RESOURCE ? "resource" : "",
		 !(cmd->object & OBJ_MINOR) ? "" : cmd->object & OBJ_RESOURCE ? "|minor" : "minor",
		 cmd->object & OBJ_ALL ? "|all" : "");
	return buf;
}

static const char *option_text(const struct drbd_opt *opt, char *buf, size_t len)
{
	size_t at;
	u8 i;

	switch (opt->type) {
	case OPT_FLAG:
		snprintf(buf, len, "[--%s={yes|no}]", opt->name);
		break;
	case OPT_STR:
		snprintf(buf, len, "[--%s=<str>]", opt->name);
		break;
	case OPT_ENUM:
		at = (size_t)snprintf(buf, len, "[--%s={", opt->name);
		for (i = 0; i < opt->names_nr; i++)
			if (opt->names[i])
				at += (size_t)snprintf(buf + at, len - at, "%s%s", buf[at - 1] == '{' ? "" : "|", opt->names[i]);
		snprintf(buf + at, len - at, "}]");
		break;
	case OPT_NUM64:
		snprintf(buf, len, "[--%s=(%llu ... %llu)]", opt->name, (u64)opt->min, (u64)opt->max);
		break;
	default:
		snprintf(buf, len, "[--%s=(%lld ... %lld)]", opt->name, opt->min, opt->max);
	}
	return buf;
}

static void help_arguments(const struct setup_cmd *cmd, size_t *column)
{
	char buf[64];

	if (cmd->object & (OBJ_MINOR | OBJ_RESOURCE))
		help_word(column, object_text(cmd, buf, sizeof(buf)));
	if (cmd->object & OBJ_ENDPOINTS) {
		help_word(column, "[{af}:]{local_addr}[:{port}]");
		help_word(column, "[{af}:]{remote_addr}[:{port}]");
	}
	if (cmd->object & OBJ_NEW_MINOR) {
		help_word(column, "{minor}");
		help_word(column, "{volume}");
	}
	if (cmd->object & OBJ_DISKS) {
		help_word(column, "{lower_dev}");
		help_word(column, "{meta_data_dev}");
		help_word(column, "{meta_data_index}");
	}
}

/* Options that are hidden in `show` (of connect) come first, as they always did. */
static void each_option(const struct setup_cmd *cmd, void (*fn)(const struct drbd_opt *, void *), void *arg)
{
	const struct drbd_opt_ctx *ctx = &drbd_opt_ctx[cmd->opt_ctx < 0 ? 0 : cmd->opt_ctx];
	int hidden;
	u16 i;

	for (hidden = 1; cmd->opt_ctx >= 0 && hidden >= 0; hidden--)
		for (i = ctx->opts; i-- > 0 && hidden;)
			if (takes(cmd, &ctx->opt[i]) && ctx->opt[i].flags & OF_H)
				fn(&ctx->opt[i], arg);
	for (i = 0; cmd->opt_ctx >= 0 && i < ctx->opts; i++)
		if (takes(cmd, &ctx->opt[i]) && !(ctx->opt[i].flags & OF_H))
			fn(&ctx->opt[i], arg);
}

static void help_option(const struct drbd_opt *opt, void *arg)
{
	char buf[512];

	help_word(arg, option_text(opt, buf, sizeof(buf)));
}

static void command_usage(const char *prog, const struct setup_cmd *cmd)
{
	size_t i, column;
	char buf[64];

	printf("USAGE:\n");
	column = (size_t)printf(" %s %s", prog, cmd->name);
	help_arguments(cmd, &column);
	for (i = 0; i < ARRAY_SIZE(extra_options); i++)
		if (cmd->extra & extra_options[i].extra) {
			snprintf(buf, sizeof(buf), "[--%s%s]", extra_options[i].opt.name,
				 extra_options[i].opt.has_arg ? "=..." : "");
			help_word(&column, buf);
		}
	each_option(cmd, help_option, &column);
	printf("\n");
}

static void xml_option(const struct drbd_opt *opt, void *arg)
{
	static const char *const types[] = { [OPT_NUM] = "numeric", [OPT_NUM64] = "numeric", [OPT_SNUM] = "numeric",
					     [OPT_ENUM] = "handler", [OPT_FLAG] = "boolean", [OPT_STR] = "string" };
	u8 i;

	(void)arg;
	printf("\t<option name=\"%s\" type=\"%s\">\n", opt->name, types[opt->type]);
	switch (opt->type) {
	case OPT_ENUM:
		for (i = 0; i < opt->names_nr; i++)
			if (opt->names[i])
				printf("\t\t<handler>%s</handler>\n", opt->names[i]);
		break;
	case OPT_FLAG:
		printf("\t\t<default>%s</default>\n", opt->def ? "yes" : "no");
		break;
	case OPT_STR:
		break;
	default:
		printf("\t\t<min>%lld</min>\n\t\t<max>%llu</max>\n\t\t<default>%lld</default>\n\t\t<unit_prefix>%c</unit_prefix>\n",
		       opt->min, (u64)opt->max, /* "the end of the device" is beyond the range */
		       opt->type == OPT_NUM64 && (u64)opt->def > (u64)opt->max ? 0 : opt->def, opt->scale);
		if (opt->unit)
			printf("\t\t<unit>%s</unit>\n", opt->unit);
	}
	printf("\t</option>\n");
}

static void xml_arguments(const struct setup_cmd *cmd)
{
	static const struct {
		u8 object;
		const char *name;
	} objects[] = { { OBJ_RESOURCE, "resource" }, { OBJ_MINOR, "minor" }, { OBJ_ALL, "all" } },
	  rest[] = { { OBJ_ENDPOINTS, "local_addr" }, { OBJ_ENDPOINTS, "remote_addr" }, { OBJ_NEW_MINOR, "minor" },
		     { OBJ_NEW_MINOR, "volume" }, { OBJ_DISKS, "lower_dev" }, { OBJ_DISKS, "meta_data_dev" },
		     { OBJ_DISKS, "meta_data_index" } };
	u8 object = cmd->object & (OBJ_RESOURCE | OBJ_MINOR | OBJ_ALL);
	bool group = object & (object - 1);
	size_t i;

	if (group)
		printf("\t<group>\n");
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (object & objects[i].object)
			printf("\t%s<argument>%s</argument>\n", group ? "\t" : "", objects[i].name);
	if (group)
		printf("\t</group>\n");
	for (i = 0; i < ARRAY_SIZE(rest); i++)
		if (cmd->object & rest[i].object)
			printf("\t<argument>%s</argument>\n", rest[i].name);
}

static void xml_help(const struct setup_cmd *cmd)
{
	size_t i;

	printf("<command name=\"%s\">\n", cmd->name);
	xml_arguments(cmd);
	for (i = 0; i < ARRAY_SIZE(extra_options); i++)
		if (cmd->extra & extra_options[i].extra)
			printf("\t<option name=\"%s\" type=\"%s\">\n\t</option>\n", extra_options[i].opt.name,
			       extra_options[i].opt.has_arg ? "string" : "flag");
	each_option(cmd, xml_option, NULL);
	printf("</command>\n");
}

/* --- results (B3) ----------------------------------------------------------------------------------------------------------- */

int setup_transport_error(const struct setup_call *c, int err)
{
	(void)c;
	fprintf(stderr, "received netlink error reply: %s\n", strerror(-err));
	return SX_USAGE;
}

static int result_of(const struct drbd_nl_msg *m, const char *object)
{
	int rc = m->ret_code;

	if (rc == NO_ERROR || (rc >= SS_SUCCESS && rc <= SS_CW_NO_NEED))
		return SX_OK;
	if (rc <= 0 && rc >= SS_LOWEST) {
		fprintf(stderr, "%s: State change failed: (%d) %s\n", object, rc, rc && drbd_ss_text(rc) ? drbd_ss_text(rc) :
			"unknown error.");
		return rc == SS_NO_UP_TO_DATE_DISK ? SX_NO_UP_TO_DATE : rc == SS_NO_LOCAL_DISK ? SX_NO_LOCAL_DISK :
		       rc == SS_LOWER_THAN_OUTDATED ? SX_TIMEOUT : SX_REFUSED;
	}
	if (drbd_err_text(rc)) {
		fprintf(stderr, "%s: Failure: (%d) %s\n", object, rc, drbd_err_text(rc));
		return SX_ERROR;
	}
	fprintf(stderr, "%s: Error code %d unknown.\nYou should update the drbd userland tools.\n", object, rc);
	return SX_USAGE;
}

int setup_result(const char *object, const struct drbd_nl_msg *m, int err)
{
	int rc;

	if (err == -ETIMEDOUT || err == -EBADMSG || err == -EOPNOTSUPP) {
		fprintf(stderr, "%s: error receiving config reply: %s\n", object, strerror(-err));
		return SX_USAGE;
	}
	if (err) {
		fprintf(stderr, "%s: received netlink error reply: %s\n", object, strerror(-err));
		return SX_USAGE;
	}
	rc = result_of(m, object);
	if (*m->info)
		fprintf(stderr, "additional info from kernel:\n%s\n", m->info);
	return rc;
}

/* --- commands that change something -------------------------------------------------------------------------------------------- */

static void request_of(const struct setup_call *c, struct drbd_nl_req *req)
{
	memset(req, 0, sizeof(*req));
	req->cmd = c->cmd->nl_cmd;
	req->minor = c->minor;
	req->flags = c->set_defaults ? DRBD_SET_DEFAULTS : 0;
	req->resource = c->resource;
	if (c->cmd->object & OBJ_ENDPOINTS) {
		req->my_addr = &c->my_addr;
		req->peer_addr = &c->peer_addr;
	}
	req->opt_ctx = c->cmd->opt_ctx;
	req->conf = &c->conf;
	req->given = c->given;
}

/* How messages name a connection that was given by its addresses. */
static const char *object_name(const struct setup_call *c, char *buf, size_t len)
{
	const char *resource = getenv("DRBD_RESOURCE");
	char my[80], peer[80];

	if (c->object)
		return c->object;
	if (resource)
		return resource;
	snprintf(buf, len, "connection %s %s", addr_text(&c->my_addr, ':', my, sizeof(my)),
		 addr_text(&c->peer_addr, ':', peer, sizeof(peer)));
	return buf;
}

static int send_config(struct setup_call *c, struct drbd_nl_msg *m)
{
	struct drbd_nl_req req;
	char name[200];
	int err;

	request_of(c, &req);
	if (c->cmd->object & OBJ_NEW_MINOR) {
		req.minor = c->new_minor;
		req.volume = &c->volume;
	}
	err = drbd_nl_do(c->nl, &req, m);
	return setup_result(object_name(c, name, sizeof(name)), m, err);
}

static int do_config(struct setup_call *c)
{
	struct drbd_nl_msg m;

	return send_config(c, &m);
}

static int do_new_minor(struct setup_call *c)
{
	return do_config(c);
}

/* Both devices must be there, and be block devices, before the module is asked. */
static int check_disk(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "Can not open device '%s': %s\n", path, strerror(errno));
		return SX_USAGE;
	}
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode)) {
		fprintf(stderr, "%s is not a block device!\n", path);
		close(fd);
		return SX_USAGE;
	}
	close(fd);
	return SX_OK;
}

static int do_attach(struct setup_call *c)
{
	int rc = check_disk(c->conf.disk.backing_dev);

	if (!rc)
		rc = check_disk(c->conf.disk.meta_dev);
	return rc ? rc : do_config(c);
}

/* --- what the registry of configuration files loses (A3) -------------------------------------------------------------------------- */

static const char *run_dir(void)
{
	const char *dir = getuid() == geteuid() && getgid() == getegid() ? getenv("DRBD_RUN_DIR") : NULL;

	return dir && *dir ? dir : "/var/run/drbd";
}

static void unregister_minor(u32 minor)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/drbd-minor-%u.conf", run_dir(), minor);
	if (unlink(path) && errno != ENOENT)
		fprintf(stderr, "unlink(%s): %m\n", path);
}

static void unregister_resource(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/drbd-resource-%s.conf", run_dir(), name);
	if (unlink(path) && errno != ENOENT)
		fprintf(stderr, "unlink(%s): %m\n", path);
}

static int do_del_minor(struct setup_call *c)
{
	int rc = do_config(c);

	if (!rc)
		unregister_minor(c->minor);
	return rc;
}

static int do_del_resource(struct setup_call *c)
{
	int rc = do_config(c);

	if (!rc)
		unregister_resource(c->resource);
	return rc;
}

static int do_down(struct setup_call *c)
{
	struct drbd_nl_msg m;
	struct nl_list list;
	size_t i;
	int rc;

	rc = nl_list_get(c->nl, DRBD_ADM_GET_STATUS, c->resource, &list);
	if (rc == -ENODEV) {
		unregister_resource(c->resource);	/* it is down already */
		rc = SX_OK;
	} else if (rc) {
		rc = setup_transport_error(c, rc);
	} else {
		rc = send_config(c, &m);
		for (i = 0; !rc && i < list.nr; i++)
			if (list.m[i]->ctx.has_volume)
				unregister_minor(list.m[i]->minor);
		if (!rc)
			unregister_resource(c->resource);
	}
	nl_list_free(&list);
	return rc;
}

/* --- check-resize ------------------------------------------------------------------------------------------------------------------ */

static int device_size(const char *path, uint64_t *size_byte)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -1;
	err = ioctl(fd, BLKGETSIZE64, size_byte);
	close(fd);
	return err;
}

/* Records the size of the lower disk, so that drbdmeta finds the meta-data again after the disk grew (drbd-metadata.md 8). */
static int do_check_resize(struct setup_call *c)
{
	struct drbd_nl_msg m;
	struct lkbd old, now;
	int rc = setup_minor_status(c, &m);

	if (rc)
		return rc;
	if (!drbd_nl_has(&m, TLA_DISK_CONF) || !*m.disk.backing_dev) {
		fprintf(stderr, "Has no disk config, try with drbdmeta.\n");
		return SX_NO_DISK;
	}
	if (m.disk.meta_dev_idx >= 0 || m.disk.meta_dev_idx == -1)
		return lkbd_delete((int)c->minor) ? SX_NO_DISK : SX_OK;
	lkbd_load((int)c->minor, &old);
	memset(&now, 0, sizeof(now));
	now.uuid = old.uuid;
	snprintf(now.path, sizeof(now.path), "%s", m.disk.backing_dev);
	if (device_size(now.path, &now.size_byte)) {
		fprintf(stderr, "Can not tell the size of '%s': %m\n", now.path);
		return SX_NO_DISK;
	}
	if (old.size_byte == now.size_byte && !strcmp(old.path, now.path))
		return SX_OK;
	return lkbd_save((int)c->minor, &now) ? SX_NO_DISK : SX_OK;
}

/* --- the command line ------------------------------------------------------------------------------------------------------------------ */

/* Words that came from a page that beautifies its dashes. */
static bool has_typographic_dash(int argc, char **argv)
{
	static const char *const dashes[] = { "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94",
					      "\xe2\x80\x95", "\xe2\x88\x92" };
	size_t k;
	int i;

	for (i = 1; i < argc; i++)
		for (k = 0; k < ARRAY_SIZE(dashes); k++)
			if (!strncmp(argv[i], dashes[k], 3)) {
				const char *rest = argv[i];

				while (!strncmp(rest, "\xe2\x80", 2) || !strncmp(rest, "\xe2\x88", 2))
					rest += 3;
				fprintf(stderr, "%s: '%s' begins with a typographic dash; type two plain hyphens: --%s\n", argv[0],
					argv[i], rest);
				return true;
			}
	return false;
}

static bool parse_u32(const char *text, u32 max, u32 *value)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || v > max)
		return false;
	*value = (u32)v;
	return true;
}

static int parse_wait(const char *name, const char *text, u32 *seconds)
{
	if (!parse_u32(text, 0xffffffffu, seconds)) {
		fprintf(stderr, "%s is not a valid number\n", text);
		return SX_USAGE;
	}
	if (*seconds > 300000) {
		fprintf(stderr, "%s => %u out of range [0..300000]\n", name, *seconds);
		return SX_USAGE;
	}
	return SX_OK;
}

static int parse_yes_no(const char *name, const char *text, bool *value)
{
	if (text && strcmp(text, "yes") && strcmp(text, "no")) {
		fprintf(stderr, "--%s: '%s' is neither yes nor no\n", name, text);
		return SX_USAGE;
	}
	*value = !text || !strcmp(text, "yes");
	return SX_OK;
}

static int parse_extra(struct setup_call *c, int val, const char *arg)
{
	switch (val) {
	case V_SET_DEFAULTS:
		c->set_defaults = true;
		return SX_OK;
	case V_SHOW_DEFAULTS:
		c->show_defaults = true;
		return SX_OK;
	case V_WFC:
		return parse_wait("wfc_timeout", arg, &c->wfc_s);
	case V_DEGR:
		return parse_wait("degr_wfc_timeout", arg, &c->degr_s);
	case V_OUTDATED:
		return parse_wait("outdated_wfc_timeout", arg, &c->outdated_s);
	case V_AFTER_SB:
		return parse_yes_no("wait-after-sb", arg, &c->wait_after_sb);
	case V_TIMESTAMPS:
		c->timestamps = true;
		return SX_OK;
	case V_STATISTICS:
		c->statistics = true;
		return SX_OK;
	case V_NOW:
		c->now = true;
		return SX_OK;
	case V_VERBOSE:
		c->verbose = true;
		return SX_OK;
	case V_JSON:
		c->json = true;
		return SX_OK;
	default:
		c->color = arg ? arg : "always";
		if (!strcmp(c->color, "auto") || !strcmp(c->color, "always") || !strcmp(c->color, "never"))
			return SX_OK;
		fprintf(stderr, "--color: '%s' is none of auto, always, never\n", arg);
		return SX_USAGE;
	}
}

static int parse_option(struct setup_call *c, u16 nr, const char *text)
{
	const struct drbd_opt *opt = &drbd_opt_ctx[c->cmd->opt_ctx].opt[nr];
	int err = drbd_opt_parse(opt, text, false, &c->conf);
	u8 i;

	if (!err) {
		c->given |= 1ull << nr;
		if (opt->flags & OF_P && !drbd_opt_get(opt, &c->conf))
			c->given &= ~(1ull << nr);	/* a pure flag is not sent as "no" */
		return SX_OK;
	}
	if (opt->type == OPT_STR)
		fprintf(stderr, "--%s: '%s' is longer than %u characters\n", opt->name, text, opt->size - 1u);
	else if (opt->type == OPT_FLAG)
		fprintf(stderr, "--%s: '%s' is neither yes nor no\n", opt->name, text);
	else if (opt->type != OPT_ENUM)
		fprintf(stderr, err == -ERANGE ? "%s is out of range\n" : "%s is not a valid number\n", text);
	else {
		fprintf(stderr, "Option --%s: invalid argument '%s'; one of:", opt->name, text);
		for (i = 0; i < opt->names_nr; i++)
			if (opt->names[i])
				fprintf(stderr, " %s", opt->names[i]);
		fprintf(stderr, "\n");
	}
	return SX_USAGE;
}

static void option_table(const struct setup_cmd *cmd, struct option *table, char *letters)
{
	size_t n = 0, i;

	for (i = 0; i < ARRAY_SIZE(extra_options); i++)
		if (cmd->extra & extra_options[i].extra) {
			table[n++] = extra_options[i].opt;
			if (!extra_options[i].letter)
				continue;
			*letters++ = extra_options[i].letter;
			if (extra_options[i].opt.has_arg)
				*letters++ = ':';
			if (extra_options[i].opt.has_arg == optional_argument)
				*letters++ = ':';
		}
	*letters = '\0';
	for (i = 0; cmd->opt_ctx >= 0 && i < drbd_opt_ctx[cmd->opt_ctx].opts; i++) {
		const struct drbd_opt *opt = &drbd_opt_ctx[cmd->opt_ctx].opt[i];

		if (takes(cmd, opt))
			table[n++] = (struct option){ opt->name, opt->type == OPT_FLAG ? optional_argument : required_argument,
						      NULL, V_OPTION + (int)i };
	}
	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		const struct drbd_opt *opt = aliases[i].opt_ctx == cmd->opt_ctx ?
			drbd_opt_by_name(cmd->opt_ctx, aliases[i].means) : NULL;

		if (opt && takes(cmd, opt))
			table[n++] = (struct option){ aliases[i].name, optional_argument, NULL,
						      V_OPTION + (int)(opt - drbd_opt_ctx[cmd->opt_ctx].opt) };
	}
	drbd_assert(n < OPTIONS_MAX);
	memset(&table[n], 0, sizeof(*table));
}

static int short_option(int letter)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(extra_options); i++)
		if (extra_options[i].letter == letter)
			return extra_options[i].opt.val;
	return letter;
}

/* Takes the options out of argv; the words left over are argv[optind..argc). */
static int parse_options(struct setup_call *c, int argc, char **argv)
{
	struct option table[OPTIONS_MAX];
	char letters[32];
	int val, rc;

	if (c->cmd->opt_ctx >= 0)
		drbd_opts_default(c->cmd->opt_ctx, &c->conf);
	option_table(c->cmd, table, letters);
	optind = 1;
	while ((val = getopt_long(argc, argv, letters, table, NULL)) >= 0) {
		if (val == '?')
			return usage(c->prog, NULL);
		if (val >= V_OPTION && val < V_SET_DEFAULTS)
			rc = parse_option(c, (u16)(val - V_OPTION), optarg);
		else
			rc = parse_extra(c, short_option(val), optarg);
		if (rc)
			return rc;
	}
	return SX_OK;
}

/* Family of a name before a colon; the rest to *text. */
static int address_family(const char **text)
{
	static const struct {
		const char *name;
		int family;
	} families[] = { { "ipv4:", AF_INET }, { "ipv6:", AF_INET6 }, { "sdp:", 27 }, { "ssocks:", -2 } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (!strncmp(*text, families[i].name, strlen(families[i].name))) {
			*text += strlen(families[i].name);
			return families[i].family;
		}
	return **text == '[' ? AF_INET6 : AF_INET;
}

/* Super Sockets tell their family number in a file once their module is loaded. */
static int ssocks_family(void)
{
	static const char *const paths[] = { "/proc/sys/net/af_ssocks/af_ssocks", "/proc/net/af_ssocks/family" };
	size_t i;
	FILE *f;
	int family = -1;

	for (i = 0; i < ARRAY_SIZE(paths) && family < 0; i++) {
		f = fopen(paths[i], "re");
		if (!f)
			continue;
		if (fscanf(f, "%d", &family) != 1)
			family = -1;
		fclose(f);
	}
	return family;
}

static int resolve(const char *host, int family, u16 port, struct drbd_addr *addr)
{
	struct addrinfo hints = { .ai_family = family == AF_INET6 ? AF_INET6 : AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	int err = getaddrinfo(host, NULL, &hints, &found);

	if (err) {
		fprintf(stderr, "can not resolve the hostname: %s: %s\n", host, gai_strerror(err));
		return SX_USAGE;
	}
	memset(addr, 0, sizeof(*addr));
	addr->len = found->ai_addrlen;
	memcpy(&addr->sa, found->ai_addr, addr->len);
	freeaddrinfo(found);
	addr->sa.any.sa_family = (sa_family_t)family;
	memcpy(addr->sa.bytes + offsetof(struct sockaddr_in, sin_port), &(u16){ htons(port) }, sizeof(port));
	return SX_OK;
}

/* [family:]address[:port]; IPv6 in brackets, or bare where its last colon starts the port. */
static int parse_address(const char *word, struct drbd_addr *addr)
{
	const char *text = word, *port_text;
	char host[256], *end;
	int family = address_family(&text);
	u32 port = 7788;

	if (family == -2) {
		family = ssocks_family();
		if (family < 0) {
			fprintf(stderr, "%s: Super Sockets are not available here: load their module\n", word);
			return SX_USAGE;
		}
	}
	snprintf(host, sizeof(host), "%s", *text == '[' ? text + 1 : text);
	if (*text == '[') {
		end = strchr(host, ']');
		port_text = strchr(text, ']');
		if (!end || (port_text[1] && port_text[1] != ':')) {
			fprintf(stderr, "%s: expected an address like ipv6:[2001:db8::1]:7788\n", word);
			return SX_USAGE;
		}
		port_text = port_text[1] ? port_text + 2 : NULL;
		*end = '\0';
	} else {
		end = strrchr(host, ':');
		port_text = strrchr(text, ':');
		if (end) {
			*end = '\0';
			port_text++;
			if (family == AF_INET6)
				fprintf(stderr, "%s: taken for [%s]:%s; write IPv6 addresses in brackets\n", word, host, port_text);
		}
	}
	if (strlen(text) >= sizeof(host) || (port_text && !parse_u32(port_text, 65535, &port))) {
		fprintf(stderr, "%s: '%s' is no port number\n", word, port_text ? port_text : text);
		return SX_USAGE;
	}
	return resolve(host, family, (u16)port, addr);
}

static int missing(const struct setup_call *c, const char *what)
{
	fprintf(stderr, "%s\n", what);
	command_usage(c->prog, c->cmd);
	return SX_USAGE;
}

static int parse_object(struct setup_call *c, const char *word)
{
	u8 object = c->cmd->object;
	int minor;

	c->object = word;
	if (object & OBJ_ALL && !strcmp(word, "all"))
		return SX_OK;
	if (!strcmp(word, "all")) {
		usage(c->prog, "command does not accept argument 'all'");
		return SX_USAGE;
	}
	minor = object & OBJ_MINOR ? drbd_minor_of(word) : -1;
	if (minor >= 0) {
		c->minor = (u32)minor;
		return SX_OK;
	}
	if (!(object & OBJ_RESOURCE)) {
		fprintf(stderr, "Cannot determine minor device number of device '%s'\n", word);
		return SX_USAGE;
	}
	if (!*word) {
		fprintf(stderr, "Resource name is empty.\n");
		return SX_NO_DISK;
	}
	if (strlen(word) >= DRBD_NAME_MAX) {
		fprintf(stderr, "resource name '%s' is longer than %d characters\n", word, DRBD_NAME_MAX - 1);
		return SX_USAGE;
	}
	c->resource = word;
	return SX_OK;
}

static int parse_meta_index(const char *word, s32 *index)
{
	u32 number;

	if (!strcmp(word, "internal") || !strcmp(word, "flex-internal"))
		*index = -3;
	else if (!strcmp(word, "flexible") || !strcmp(word, "flex-external"))
		*index = -1;
	else if (parse_u32(word, 0x7fffffff, &number))
		*index = (s32)number;
	else {
		fprintf(stderr, "meta-data index '%s' is neither internal nor flexible nor a number\n", word);
		return SX_USAGE;
	}
	return SX_OK;
}

static void give(struct setup_call *c, const char *name)
{
	const struct drbd_opt *first = drbd_opt_ctx[c->cmd->opt_ctx].opt;

	c->given |= 1ull << (drbd_opt_by_name(c->cmd->opt_ctx, name) - first);
}

static int parse_disks(struct setup_call *c, char **word)
{
	struct drbd_disk_conf *disk = &c->conf.disk;
	bool internal;

	if (strlen(word[0]) >= sizeof(disk->backing_dev) || strlen(word[1]) >= sizeof(disk->meta_dev)) {
		fprintf(stderr, "device name longer than %zu characters\n", sizeof(disk->backing_dev) - 1);
		return SX_USAGE;
	}
	internal = !strcmp(word[1], "internal");
	strcpy(disk->backing_dev, word[0]);
	strcpy(disk->meta_dev, internal ? word[0] : word[1]);
	give(c, "backing-dev");
	give(c, "meta-dev");
	give(c, "meta-dev-idx");
	return parse_meta_index(word[2], &disk->meta_dev_idx);
}

/* The words that are no options, in their order; `words` of them. */
static int parse_words(struct setup_call *c, char **word, int words)
{
	static const char *const disk_args[] = { "lower_dev", "meta_data_dev", "meta_data_index" };
	char text[64];
	int rc = SX_OK, i = 0;

	if (c->cmd->object & (OBJ_MINOR | OBJ_RESOURCE)) {
		if (i == words && !(c->cmd->object & OBJ_ALL))
			return missing(c, c->cmd->object & OBJ_NEW_MINOR ? "Missing argument 'resource'" : "Missing first argument");
		rc = parse_object(c, i < words ? word[i++] : "all");
	}
	if (!rc && c->cmd->object & OBJ_ENDPOINTS) {
		if (words - i < 2)
			return missing(c, "Missing connection endpoint argument");
		rc = parse_address(word[i], &c->my_addr);
		if (!rc)
			rc = parse_address(word[i + 1], &c->peer_addr);
		i += 2;
	}
	if (!rc && c->cmd->object & OBJ_NEW_MINOR) {
		if (words - i < 2)
			return missing(c, words == i ? "Missing argument 'minor'" : "Missing argument 'volume'");
		rc = drbd_minor_of(word[i]);
		if (rc < 0) {
			fprintf(stderr, "Cannot determine minor device number of device '%s'\n", word[i]);
			return SX_USAGE;
		}
		c->new_minor = (u32)rc;
		rc = SX_OK;
		if (!parse_u32(word[i + 1], 0xffffffffu, &c->volume)) {
			fprintf(stderr, "%s is not a valid number\n", word[i + 1]);
			return SX_USAGE;
		}
		i += 2;
	}
	if (!rc && c->cmd->object & OBJ_DISKS) {
		if (words - i < 3) {
			snprintf(text, sizeof(text), "Missing argument '%s'", disk_args[words - i]);
			return missing(c, text);
		}
		rc = parse_disks(c, word + i);
		i += 3;
	}
	if (!rc && i < words) {
		fprintf(stderr, "Excess arguments:");
		for (; i < words; i++)
			fprintf(stderr, " %s", word[i]);
		fprintf(stderr, "\n");
		rc = SX_USAGE;
	}
	return rc;
}

/* --- the module ------------------------------------------------------------------------------------------------------------------------------ */

static bool module_there(void)
{
	struct stat st;

	return !stat("/proc/drbd", &st);
}

static int load_module(const struct setup_cmd *cmd)
{
	char modprobe[] = "/sbin/modprobe", drbd[] = "drbd", *argv[] = { modprobe, drbd, NULL };
	int status, tries;
	pid_t pid;

	if (module_there())
		return SX_OK;
	if (!posix_spawn(&pid, modprobe, NULL, NULL, argv, environ))
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	for (tries = 0; tries < 10 && !module_there(); tries++)
		usleep(1000);
	if (module_there())
		return SX_OK;
	if (cmd->flags & F_UNDONE_IS_FINE)
		return -1;
	fprintf(stderr, "Could not stat /proc/drbd: %m\nMake sure that the DRBD kernel module is installed and can be loaded!\n");
	return SX_USAGE;
}

static int connect_module(struct setup_call *c)
{
	switch (drbd_nl_open(&c->nl)) {
	case 0:
		return SX_OK;
	case DRBD_NL_API_MISMATCH:
		fprintf(stderr, "API mismatch!\n\tThe loaded drbd module speaks another version of the netlink interface "
			"than this drbdsetup (api:%d).\n\tInstall tools and module of the same release.\n", DRBD_API_VERSION);
		return SX_USAGE;
	default:
		fprintf(stderr, "Could not connect to 'drbd' generic netlink family\n");
		return SX_USAGE;
	}
}

static int run(struct setup_call *c, int argc, char **argv)
{
	int rc = load_module(c->cmd);

	if (rc)
		return rc < 0 ? SX_OK : rc;
	rc = connect_module(c);
	if (rc)
		return rc;
	rc = parse_options(c, argc, argv);
	if (!rc)
		rc = parse_words(c, argv + optind, argc - optind);
	if (!rc && c->minor != DRBD_NO_MINOR && !(c->cmd->flags & F_QUERY) && drbd_lock_minor((int)c->minor))
		rc = SX_USAGE;
	if (!rc)
		rc = c->cmd->run(c);
	drbd_nl_close(c->nl);
	return rc;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int help(const char *prog, const char *name, void (*print)(const char *, const struct setup_cmd *))
{
	const struct setup_cmd *cmd = name ? find_command(name) : NULL;

	if (!cmd)
		return usage(prog, name ? "unknown command" : NULL);
	print(prog, cmd);
	return SX_OK;
}

static void print_xml(const char *prog, const struct setup_cmd *cmd)
{
	(void)prog;
	xml_help(cmd);
}

static bool is_help(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help");
}

int main(int argc, char **argv)
{
	struct setup_call c = { .minor = DRBD_NO_MINOR, .color = "auto" };
	char *word;
	int i;

	hold_std_fds();
	c.prog = base_name(argv[0]);
	if (chdir("/"))		/* never keep a file system busy */
		fprintf(stderr, "%s: chdir /: %m\n", c.prog);
	if (argc < 2 || is_help(argv[1]))
		return usage(c.prog, NULL);
	if (!strcmp(argv[1], "help"))
		return help(c.prog, argv[2], command_usage);
	if (!strcmp(argv[1], "xml-help"))
		return help(c.prog, argv[2], print_xml);
	if (has_typographic_dash(argc, argv))
		return SX_USAGE;
	c.cmd = find_command(argv[1]);
	if (!c.cmd && argc > 2) {	/* the order of 8.3: object first */
		c.cmd = find_command(argv[2]);
		word = argv[1];
		argv[1] = argv[2];
		argv[2] = word;
	}
	if (!c.cmd)
		return usage(c.prog, "invalid command");
	for (i = 2; i < argc; i++)
		if (is_help(argv[i])) {
			command_usage(c.prog, c.cmd);
			return SX_OK;
		}
	return run(&c, argc - 1, argv + 1);
}
