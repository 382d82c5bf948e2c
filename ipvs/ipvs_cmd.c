/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIT(opt) (1ULL << (opt))
#define MATRIX_CMDS (CMD_DRAIN + 1) /* help and version take no options */

#define COMMAND(id, name, longname, shortname, kind, arg, help) name,
#define OPTION(id, name, matrix)
#define KEYWORD(id, option, longname, shortname, kind, arg, help)
static const char *const command_names[CMDS] = {
#include "ipvs/ipvs_options.def"
};
#undef COMMAND
#undef OPTION

#define COMMAND(id, name, longname, shortname, kind, arg, help)
#define OPTION(id, name, matrix) {name, matrix},
static const struct {
	const char *name;
	char cmd[MATRIX_CMDS + 1];
} option_rows[IPVS_OPTIONS] = {
#include "ipvs/ipvs_options.def"
};
#undef COMMAND
#undef OPTION
#undef KEYWORD

/* Columns: OPT_TUN_PORT to OPT_TUN_REMCSUM (ipvsadm.md 4). */
static const struct {
	const char *name;
	char opt[OPT_TUN_REMCSUM - OPT_TUN_PORT + 2];
} tunnel_rows[] = {
	[IPVS_TUN_IPIP] = {"ipip", "    "},
	[IPVS_TUN_GUE] = {"gue", "+111"},
	[IPVS_TUN_GRE] = {"gre", " 11 "},
};

void ipvs_cmd_init(struct ipvs_cmd *cmd, enum ipvs_cmd_id id)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->id = id;
	cmd->svc.af = AF_INET;
	cmd->svc.netmask = ~0U;
	cmd->dest.fwd = IPVS_FWD_ROUTE;
	cmd->dest.weight = 1;
	cmd->deadline_s = IPVS_DEADLINE_S;
}

int ipvs_refuse(struct ipvs_refusal *refusal, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&refusal->text, fmt, ap) < 0)
		refusal->text = NULL;
	va_end(ap);
	refusal->rc = rc;
	refusal->goes_on = false;
	return rc;
}

int ipvs_cmd_give(struct ipvs_cmd *cmd, enum ipvs_option opt, struct ipvs_refusal *refusal)
{
	if (opt == OPT_NONE)
		return 0;
	if (ipvs_cmd_has(cmd, opt))
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "multiple '%s' options specified\n", option_rows[opt].name);
	cmd->options |= BIT(opt);
	return 0;
}

/*
 * One option against one cell. *one is the option that took the place of which there is but one, or OPT_NONE. where words
 * the complaint: "the 'list' command", "the 'gue' tunnel type".
 */
static int check_cell(const struct ipvs_cmd *cmd, enum ipvs_option opt, char cell, enum ipvs_option *one,
		      const char *where, const char *kind, struct ipvs_refusal *refusal)
{
	const char *name = option_rows[opt].name;

	if (!ipvs_cmd_has(cmd, opt)) {
		if (cell == '+')
			return ipvs_refuse(refusal, IPVS_RC_USAGE, "You need to supply the '%s' option for the '%s' %s\n",
					   name, where, kind);
		return 0;
	}
	if (cell == ' ')
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "Illegal '%s' option with the '%s' %s\n", name, where, kind);
	if (cell == '1' && *one != OPT_NONE)
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "The option '%s' conflicts with the '%s' option in the '%s' %s\n",
				   name, option_rows[*one].name, where, kind);
	if (cell == '1')
		*one = opt;
	return 0;
}

static int check_matrix(const struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	enum ipvs_option one = OPT_NONE;
	int opt, rc = 0;

	for (opt = 0; opt < IPVS_OPTIONS && !rc; opt++)
		rc = check_cell(cmd, opt, option_rows[opt].cmd[cmd->id], &one, command_names[cmd->id], "command", refusal);
	return rc;
}

static int check_tunnel(const struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	enum ipvs_option one = OPT_NONE;
	int opt, rc = 0;

	for (opt = OPT_TUN_PORT; opt <= OPT_TUN_REMCSUM && !rc; opt++)
		rc = check_cell(cmd, opt, tunnel_rows[cmd->dest.tun_type].opt[opt - OPT_TUN_PORT], &one,
				tunnel_rows[cmd->dest.tun_type].name, "tunnel type", refusal);
	return rc;
}

static int check_service(struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	if (!cmd->svc.fwmark && !cmd->svc.port && !(cmd->svc.flags & IPVS_F_PERSISTENT))
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "Zero port specified for non-persistent service\n");
	if ((cmd->svc.flags & IPVS_F_ONEPACKET) && !cmd->svc.fwmark && cmd->svc.protocol != IPPROTO_UDP)
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "One-Packet Scheduling is only for UDP virtual services\n");
	if (!cmd->svc.sched[0])
		strcpy(cmd->svc.sched, "wlc");
	return 0;
}

static int check_server(struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	const uint64_t tunnel = BIT(OPT_TUN_TYPE) | BIT(OPT_TUN_PORT) | BIT(OPT_TUN_NOCSUM) | BIT(OPT_TUN_CSUM) |
				BIT(OPT_TUN_REMCSUM);

	if (cmd->dest.af != cmd->svc.af && cmd->dest.fwd != IPVS_FWD_TUNNEL)
		return ipvs_refuse(refusal, IPVS_RC_USAGE,
				   "Different address family is allowed only for tunneling servers\n");
	if ((cmd->options & tunnel) && cmd->dest.fwd != IPVS_FWD_TUNNEL)
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "Tunnel options conflict with forward method\n");
	if (check_tunnel(cmd, refusal))
		return refusal->rc;
	/* Both leave the packet's port alone; a mark service has none to give. */
	if (!cmd->svc.fwmark && (cmd->dest.fwd == IPVS_FWD_TUNNEL || cmd->dest.fwd == IPVS_FWD_ROUTE))
		cmd->dest.port = cmd->svc.port;
	return 0;
}

static int check_list(const struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	const uint64_t other = BIT(OPT_TIMEOUT) | BIT(OPT_DAEMON);
	const uint64_t view = BIT(OPT_STATS) | BIT(OPT_RATE) | BIT(OPT_THRESHOLDS);

	if (((cmd->options & (other | BIT(OPT_CONNECTION))) && (cmd->options & view)) ||
	    ((cmd->options & other) && ipvs_cmd_has(cmd, OPT_PERSISTENT_CONN)))
		return ipvs_refuse(refusal, IPVS_RC_USAGE, "options conflicts in the list command\n");
	return 0;
}

int ipvs_cmd_check(struct ipvs_cmd *cmd, struct ipvs_refusal *refusal)
{
	int rc = check_matrix(cmd, refusal);

	if (rc)
		return rc;
	switch (cmd->id) {
	case CMD_ADD_SERVICE:
	case CMD_EDIT_SERVICE:
		return check_service(cmd, refusal);
	case CMD_ADD_SERVER:
	case CMD_EDIT_SERVER:
		return check_server(cmd, refusal);
	case CMD_LIST:
		return check_list(cmd, refusal);
	case CMD_START_DAEMON:
		if (!cmd->daemon.mcast_ifn[0])
			strcpy(cmd->daemon.mcast_ifn, "eth0");
		return 0;
	default:
		return 0;
	}
}

bool ipvs_cmd_change(const struct ipvs_cmd *cmd, struct ipvs_change *change)
{
	static const union ipvs_addr no_addr;
	static const int ops[CMDS] = {
		/* one more than the op, so that 0 is none */
		[CMD_ADD_SERVICE] = IPVS_OP_ADD_SERVICE + 1,
		[CMD_EDIT_SERVICE] = IPVS_OP_EDIT_SERVICE + 1,
		[CMD_DELETE_SERVICE] = IPVS_OP_DEL_SERVICE + 1,
		[CMD_CLEAR] = IPVS_OP_FLUSH + 1,
		[CMD_ADD_SERVER] = IPVS_OP_ADD_DEST + 1,
		[CMD_DELETE_SERVER] = IPVS_OP_DEL_DEST + 1,
		[CMD_EDIT_SERVER] = IPVS_OP_EDIT_DEST + 1,
		[CMD_SET] = IPVS_OP_SET_TIMEOUTS + 1,
		[CMD_START_DAEMON] = IPVS_OP_START_DAEMON + 1,
		[CMD_STOP_DAEMON] = IPVS_OP_STOP_DAEMON + 1,
		[CMD_ZERO] = IPVS_OP_ZERO + 1,
	};

	if (!ops[cmd->id])
		return false;
	change->op = ops[cmd->id] - 1;
	change->svc = cmd->svc;
	change->dest = cmd->dest;
	change->daemon = cmd->daemon;
	change->timeouts = cmd->timeouts;
	/* -Z of 0.0.0.0:0 zeroes all, as the original does (ipvsadm.md 11) */
	if (change->op == IPVS_OP_ZERO &&
	    (cmd->svc.fwmark || cmd->svc.port || memcmp(&cmd->svc.addr, &no_addr, sizeof(no_addr)) != 0))
		change->op = IPVS_OP_ZERO_SERVICE;
	return true;
}
