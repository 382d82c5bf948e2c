/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_args.h"

#include <popt.h>
#include <stdlib.h>
#include <string.h>

#include "ipvs/ipvs_value.h"

enum { DEFAULT_PERSISTENCE_S = 360 };

/* What popt hands back: a command, or above them a keyword. Never 0, which popt keeps for itself. */
enum { VAL_COMMAND = 1, VAL_KEYWORD = VAL_COMMAND + CMDS };

#define ARG POPT_ARG_STRING
#define MAY_ARG (POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL)
#define NO_ARG POPT_ARG_NONE

/* Arguments are fetched by poptGetOptArg, so nothing is written through this table. */
static const struct poptOption popt_table[] = {
#define COMMAND(id, name, longname, shortname, kind, arg, help) \
	{longname, shortname, kind, NULL, VAL_COMMAND + CMD_##id, NULL, NULL},
#define OPTION(id, name, matrix)
#define KEYWORD(id, option, longname, shortname, kind, arg, help) \
	{longname, shortname, kind, NULL, VAL_KEYWORD + KEY_##id, NULL, NULL},
#include "ipvs/ipvs_options.def"
#undef COMMAND
#undef KEYWORD
	{NULL, 'l', NO_ARG, NULL, VAL_COMMAND + CMD_LIST, NULL, NULL},
	POPT_TABLEEND
};

#define COMMAND(id, name, longname, shortname, kind, arg, help)
#define KEYWORD(id, option, longname, shortname, kind, arg, help) OPT_##option,
static const enum ipvs_option option_of[IPVS_KEYWORDS] = {
#include "ipvs/ipvs_options.def"
};
#undef COMMAND
#undef OPTION
#undef KEYWORD

/* What is known of one invocation beyond its command, until the end. */
struct parse {
	struct ipvs_cmd *cmd;
	const struct ipvs_names *names;
	struct ipvs_refusal *refusal;
	char *sched_flags; /* -b, which waits for the final -s */
};

static int refuse(struct parse *p, const char *text)
{
	return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "%s\n", text);
}

static void copy_name(char *to, const char *from, size_t size)
{
	strncpy(to, from, size - 1);
	to[size - 1] = 0;
}

static int take_number(struct parse *p, const char *text, long long min, long long max, uint32_t *number,
		       const char *complaint)
{
	return ipvs_value_number(text, min, max, number) ? 0 : refuse(p, complaint);
}

static int take_timeout(struct parse *p, const char *text, long long min, uint32_t *timeout_s)
{
	if (ipvs_value_number(text, min, IPVS_MAX_TIMEOUT_S, timeout_s))
		return 0;
	return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "invalid timeout value `%s' specified\n", text);
}

static int take_service(struct parse *p, const char *text, int protocol)
{
	struct ipvs_service *svc = &p->cmd->svc;

	svc->protocol = (uint16_t)protocol;
	if (!ipvs_value_address(text, protocol, p->names, &svc->af, &svc->addr, &svc->port))
		return refuse(p, "illegal virtual server address[:port] specified");
	if (svc->af == AF_INET6)
		svc->netmask = 128;
	return 0;
}

static int take_fwmark(struct parse *p, const char *text)
{
	p->cmd->svc.protocol = IPPROTO_TCP; /* whose names the ports of its servers have */
	if (!ipvs_value_number(text, 1, UINT32_MAX, &p->cmd->svc.fwmark))
		return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "invalid fwmark value `%s' specified\n", text);
	return 0;
}

static int take_ipv6(struct parse *p)
{
	if (!p->cmd->svc.fwmark)
		return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "-6 used before -f\n\n");
	p->cmd->svc.af = AF_INET6;
	p->cmd->svc.netmask = 128;
	return 0;
}

static int take_server(struct parse *p, const char *text)
{
	struct ipvs_dest *dest = &p->cmd->dest;

	dest->port = p->cmd->svc.port;
	if (!ipvs_value_address(text, p->cmd->svc.protocol, p->names, &dest->af, &dest->addr, &dest->port))
		return refuse(p, "illegal real server address[:port] specified");
	return 0;
}

static int take_tun_type(struct parse *p, const char *text)
{
	static const char *const types[] = {[IPVS_TUN_IPIP] = "ipip", [IPVS_TUN_GUE] = "gue", [IPVS_TUN_GRE] = "gre"};
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(text, types[i])) {
			p->cmd->dest.tun_type = (uint8_t)i;
			return 0;
		}
	return refuse(p, "illegal tunnel type specified");
}

static int take_mcast_group(struct parse *p, const char *text)
{
	struct ipvs_daemon *daemon = &p->cmd->daemon;

	if (ipvs_value_mcast_group(text, &daemon->mcast_af, &daemon->mcast_group))
		return 0;
	return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "invalid %s mcast-group `%s'\n",
			   daemon->mcast_af == AF_INET6 ? "IPv6" : "IPv4", text);
}

static int take_netmask(struct parse *p, const char *text)
{
	if (ipvs_value_netmask(text, p->cmd->svc.af, p->names, &p->cmd->svc.netmask))
		return 0;
	return refuse(p, p->cmd->svc.af == AF_INET6 ? "illegal ipv6 netmask specified"
						    : "illegal virtual server persistent mask specified");
}

/* One option. arg is NULL for one without argument, and for -p alone. */
static int take_keyword(struct parse *p, enum ipvs_keyword key, char *arg)
{
	struct ipvs_cmd *cmd = p->cmd;
	uint32_t n = 0;
	int rc = ipvs_cmd_give(cmd, option_of[key], p->refusal);

	if (rc)
		return rc;
	switch (key) {
	case KEY_TCP:
		return take_service(p, arg, IPPROTO_TCP);
	case KEY_UDP:
		return take_service(p, arg, IPPROTO_UDP);
	case KEY_SCTP:
		return take_service(p, arg, IPPROTO_SCTP);
	case KEY_FWMARK:
		return take_fwmark(p, arg);
	case KEY_IPV6:
		return take_ipv6(p);
	case KEY_SCHEDULER:
		copy_name(cmd->svc.sched, arg, sizeof(cmd->svc.sched));
		return 0;
	case KEY_PE:
		copy_name(cmd->svc.pe, arg, sizeof(cmd->svc.pe));
		return 0;
	case KEY_PERSISTENT:
		cmd->svc.flags |= IPVS_F_PERSISTENT;
		cmd->svc.timeout_s = DEFAULT_PERSISTENCE_S;
		return arg ? take_timeout(p, arg, 1, &cmd->svc.timeout_s) : 0;
	case KEY_NETMASK:
		return take_netmask(p, arg);
	case KEY_OPS:
		cmd->svc.flags |= IPVS_F_ONEPACKET;
		return 0;
	case KEY_SERVER:
		return take_server(p, arg);
	case KEY_GATEWAYING:
		cmd->dest.fwd = IPVS_FWD_ROUTE;
		return 0;
	case KEY_IPIP:
		cmd->dest.fwd = IPVS_FWD_TUNNEL;
		return 0;
	case KEY_MASQUERADING:
		cmd->dest.fwd = IPVS_FWD_MASQ;
		return 0;
	case KEY_TUN_TYPE:
		return take_tun_type(p, arg);
	case KEY_TUN_PORT:
		rc = take_number(p, arg, 1, UINT16_MAX, &n, "illegal tunnel port specified");
		cmd->dest.tun_port = (uint16_t)n;
		return rc;
	case KEY_TUN_NOCSUM:
		cmd->dest.tun_flags |= IPVS_TUN_NOCSUM;
		return 0;
	case KEY_TUN_CSUM:
		cmd->dest.tun_flags |= IPVS_TUN_CSUM;
		return 0;
	case KEY_TUN_REMCSUM:
		cmd->dest.tun_flags |= IPVS_TUN_REMCSUM;
		return 0;
	case KEY_WEIGHT:
		return take_number(p, arg, 0, INT32_MAX, &cmd->dest.weight, "illegal weight specified");
	case KEY_U_THRESHOLD:
		return take_number(p, arg, 0, INT32_MAX, &cmd->dest.u_thresh, "illegal u_threshold specified");
	case KEY_L_THRESHOLD:
		return take_number(p, arg, 0, INT32_MAX, &cmd->dest.l_thresh, "illegal l_threshold specified");
	case KEY_DEADLINE:
		return take_number(p, arg, 0, INT32_MAX, &cmd->deadline_s, "illegal deadline specified");
	case KEY_SYNCID:
		return take_number(p, arg, 0, 255, &cmd->daemon.syncid, "illegal syncid specified");
	case KEY_SYNC_MAXLEN:
		rc = take_number(p, arg, 1, IPVS_MAX_SYNC_BYTE, &n, "illegal sync-maxlen specified");
		cmd->daemon.sync_maxlen = (uint16_t)n;
		return rc;
	case KEY_MCAST_INTERFACE:
		copy_name(cmd->daemon.mcast_ifn, arg, sizeof(cmd->daemon.mcast_ifn));
		return 0;
	case KEY_MCAST_GROUP:
		return take_mcast_group(p, arg);
	case KEY_MCAST_PORT:
		rc = take_number(p, arg, 1, UINT16_MAX, &n, "illegal mcast-port specified");
		cmd->daemon.mcast_port = (uint16_t)n;
		return rc;
	case KEY_MCAST_TTL:
		rc = take_number(p, arg, 1, UINT8_MAX, &n, "illegal mcast-ttl specified");
		cmd->daemon.mcast_ttl = (uint8_t)n;
		return rc;
	default: /* those that are but given */
		return 0;
	}
}

/* "master" or "backup". The original's two complaints differ in more than the command. */
static int take_daemon_state(struct parse *p, const char *text)
{
	if (!strcmp(text, "master"))
		p->cmd->daemon.state = IPVS_SYNC_MASTER;
	else if (!strcmp(text, "backup"))
		p->cmd->daemon.state = IPVS_SYNC_BACKUP;
	else
		return refuse(p, p->cmd->id == CMD_START_DAEMON ? "illegal start-daemon parameter specified"
								: "illegal start_daemon specified");
	return 0;
}

static int take_options(struct parse *p, poptContext con)
{
	char *arg;
	int val, rc = 0;

	while (!rc && (val = poptGetNextOpt(con)) >= 0) {
		if (val < VAL_KEYWORD)
			return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "invalid option `%s'\n",
					   poptBadOption(con, POPT_BADOPTION_NOALIAS));
		arg = (char *)poptGetOptArg(con);
		rc = take_keyword(p, val - VAL_KEYWORD, arg);
		if (!rc && val == VAL_KEYWORD + KEY_SCHED_FLAGS)
			p->sched_flags = arg;
		else
			free(arg);
	}
	if (!rc && val < -1) {
		rc = ipvs_refuse(p->refusal, IPVS_RC_FAILED, "%s: %s\n", poptBadOption(con, POPT_BADOPTION_NOALIAS),
				 poptStrerror(val));
		p->refusal->goes_on = true;
	}
	return rc;
}

static int take_timeouts(struct parse *p, poptContext con)
{
	uint32_t *const timeout_s[3] = {&p->cmd->timeouts.tcp, &p->cmd->timeouts.tcp_fin, &p->cmd->timeouts.udp};
	const char *word[3];
	int i, rc = 0;

	for (i = 0; i < 3; i++) {
		word[i] = poptGetArg(con);
		if (!word[i])
			return refuse(p, "--set option requires 3 timeout values");
	}
	for (i = 0; i < 3 && !rc; i++)
		rc = take_timeout(p, word[i], 0, timeout_s[i]);
	return rc;
}

static int take_sched_flags(struct parse *p)
{
	const char *sched = *p->cmd->svc.sched ? p->cmd->svc.sched : "wlc", *bad;
	int bad_len;
	bool known;

	if (!p->sched_flags || ipvs_value_sched_flags(p->sched_flags, sched, &p->cmd->svc.flags, &bad, &bad_len, &known))
		return 0;
	return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "%s scheduler flag `%.*s'\n", known ? "incompatible" : "invalid",
			   bad_len, bad);
}

static int take_rest(struct parse *p, poptContext con)
{
	const char *word;
	int rc = 0;

	if (p->cmd->id == CMD_SET)
		rc = take_timeouts(p, con);
	if (rc)
		return rc;
	word = poptGetArg(con);
	if (word)
		return ipvs_refuse(p->refusal, IPVS_RC_USAGE, "unexpected argument %s\n", word);
	rc = take_sched_flags(p);
	return rc ? rc : ipvs_cmd_check(p->cmd, p->refusal);
}

int ipvs_args_refuse(const char *program, struct ipvs_refusal *refusal)
{
	return ipvs_refuse(refusal, IPVS_RC_FAILED, "Try `%s -h' or '%s --help' for more information.\n", program, program);
}

static int take_command(struct parse *p, poptContext con, const char *program)
{
	int val = poptGetNextOpt(con), rc = 0;
	char *arg;

	if (val < VAL_COMMAND || val >= VAL_KEYWORD)
		return ipvs_args_refuse(program, p->refusal);
	ipvs_cmd_init(p->cmd, val - VAL_COMMAND);
	arg = (char *)poptGetOptArg(con);
	if (arg)
		rc = take_daemon_state(p, arg);
	free(arg);
	return rc;
}

int ipvs_args_parse(int argc, const char **argv, const struct ipvs_names *names, struct ipvs_cmd *cmd,
		    struct ipvs_refusal *refusal)
{
	struct parse p = {.cmd = cmd, .names = names, .refusal = refusal};
	poptContext con = poptGetContext("ipvsadm", argc, argv, popt_table, 0);
	int rc;

	if (!con)
		return ipvs_refuse(refusal, IPVS_RC_FAILED, "Memory allocation problem\n");
	rc = take_command(&p, con, argv[0]);
	if (!rc && cmd->id != CMD_HELP && cmd->id != CMD_VERSION) {
		rc = take_options(&p, con);
		if (!rc)
			rc = take_rest(&p, con);
	}
	free(p.sched_flags);
	poptFreeContext(con);
	return rc;
}
