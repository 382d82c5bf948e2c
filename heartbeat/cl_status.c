/* SPDX-License-Identifier: GPL-2.0-only */
/* cl_status: asks the daemon and prints the answer (heartbeat.md 6.1); --json prints everything at once. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heartbeat/hb_client.h"
#include "heartbeat/hb_state.h"
#include "lib/conf.h"
#include "lib/std_fds.h"

enum { OK = 0, NO = 1, BAD_PARAMETER = 11, TIMED_OUT = 12, UNKNOWN_ERROR = 13, CLIENT_STATUS_MS = 500 };

struct call {
	struct hb_client client;
	bool normal, ping, verbose, human, clear;
	const char *parameter;
	char **word; /* behind the options */
	int words;
};

static void error_head(void)
{
	char when[64], own[HA_MAX_NAME + 1];
	time_t now = time(NULL);
	struct tm tm;

	strftime(when, sizeof(when), "%b %d %H:%M:%S", localtime_r(&now, &tm));
	hb_own_name("/etc/ha.d", own, sizeof(own));
	fprintf(stderr, "%s %s cl_status: [%d]: ERROR: ", when, own, (int)getpid());
}

#define error(...) (error_head(), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))

static int failed(const struct call *call, int err, const char *what, int code)
{
	if (err == -ETIMEDOUT) {
		error("No response from heartbeat.");
		return TIMED_OUT;
	}
	error("%s", what);
	error("REASON: %s", call->client.why);
	return code;
}

/* One answer with one field of interest; the text is the caller's to free, NULL: none. */
static int ask_field(struct call *call, const char *reqtype, const char *field, const char *name1, const char *value1, const char *name2,
		     const char *value2, char **text)
{
	struct hb_msg answer;
	const char *value;
	int err = hb_client_ask(&call->client, &answer, reqtype, name1, value1, name2, value2);

	if (err)
		return err;
	value = hb_msg_get(&answer, field);
	*text = value ? strdup(value) : NULL;
	hb_msg_free(&answer);
	return 0;
}

static int missing(const char *what)
{
	error("%s required", what);
	return BAD_PARAMETER;
}

/* -- lists ------------------------------------------------------------------------------------------------------------ */

static int list_links(struct call *call, const char *node, bool verbose)
{
	struct hb_item item[HB_MAX_LIST];
	int i, n = hb_client_list(&call->client, item, "iflist", "ifname", "node", node);

	if (n < 0)
		return n;
	if (call->human)
		printf("\tthis node has the following heartbeat links:\n");
	for (i = 0; i < n; i++)
		if (verbose)
			printf("\t%s\t%s\n", item[i].name, item[i].status);
		else
			printf("\t%s\n", item[i].name);
	return 0;
}

static int do_listnodes(struct call *call)
{
	struct hb_item item[HB_MAX_LIST];
	int i, n = hb_client_list(&call->client, item, "nodelist", "node", NULL, NULL);

	if (n < 0)
		return failed(call, n, "Cannot start node walk", UNKNOWN_ERROR);
	if (call->human)
		printf("The nodes are as follow:\n");
	for (i = n - 1; i >= 0; i--) {
		bool ping = !strcmp(item[i].type, "ping");

		if ((call->normal && ping) || (call->ping && !ping))
			continue;
		if (!call->verbose) {
			printf("%s\n", item[i].name);
			continue;
		}
		printf("\n%s\t%s\t(nodetype: %s)\n", item[i].name, item[i].status, item[i].type);
		list_links(call, item[i].name, true);
	}
	return OK;
}

static int do_hbstatus(struct call *call)
{
	printf("Heartbeat is running on this machine.\n");
	if (!call->verbose)
		return OK;
	printf("version:\t3.0.6 (node: classic-ha " VERSION ")\nmanaged by:\t\"haresources\"\n");
	return do_listnodes(call);
}

/* -- nodes and links -------------------------------------------------------------------------------------------------- */

/* Prints the field, or the sentence in which it stands behind the node; the text is the caller's to free. */
static int ask_node(struct call *call, const char *reqtype, const char *field, const char *before, const char *behind, char **text)
{
	int err;

	if (call->words < 1)
		return missing("node name");
	err = ask_field(call, reqtype, field, "node", call->word[0], NULL, NULL, text);
	if (err == -EINVAL) {
		fprintf(stderr, "Error. May be due to incorrect node name\n");
		return BAD_PARAMETER;
	}
	if (err)
		return failed(call, err, "Cannot ask for the node", UNKNOWN_ERROR);
	if (call->human)
		printf("%s %s%s ", before, call->word[0], behind);
	printf("%s\n", *text ? *text : "");
	return OK;
}

static int print_node(struct call *call, const char *reqtype, const char *field, const char *before, const char *behind)
{
	char *text = NULL;
	int code = ask_node(call, reqtype, field, before, behind, &text);

	free(text);
	return code;
}

static int do_nodestatus(struct call *call)
{
	char *text = NULL;
	int code = ask_node(call, "nodestatus", "st", "The cluster node", " is", &text);

	if (!code && text && strcmp(text, "active") && strcmp(text, "up") && strcmp(text, "ping"))
		code = NO;
	free(text);
	return code;
}

static int do_nodetype(struct call *call)
{
	return print_node(call, "nodetype", "nodetype", "The node", "'s type:");
}

static int do_nodeweight(struct call *call)
{
	return print_node(call, "nodeweight", "weight", "The weight of the cluster node", " is");
}

static int do_nodesite(struct call *call)
{
	return print_node(call, "nodesite", "site", "The site of the cluster node", " is");
}

static int do_listhblinks(struct call *call)
{
	int err;

	if (call->words < 1)
		return missing("node name");
	err = list_links(call, call->word[0], call->verbose);
	return err ? failed(call, err, "Cannot start heartbeat link interface walk.", UNKNOWN_ERROR) : OK;
}

static int do_hblinkstatus(struct call *call)
{
	char *text = NULL;
	int err;

	if (call->words < 2)
		return missing("node name and link name");
	err = ask_field(call, "ifstatus", "st", "node", call->word[0], "ifname", call->word[1], &text);
	if (err || !text)
		return failed(call, err, "Cannot get heartbeat link status", UNKNOWN_ERROR);
	if (call->human)
		printf("The node %s's heartbeat link %s is ", call->word[0], call->word[1]);
	printf("%s\n", text);
	err = strcmp(text, "up") ? NO : OK;
	free(text);
	return err;
}

static int do_clientstatus(struct call *call)
{
	static const char *const states[] = { "online", "offline", "join", "leave" };
	int64_t wait_ms = CLIENT_STATUS_MS;
	char *text = NULL;
	int err, i;

	if (call->words < 2)
		return missing("node name and client name");
	if (call->words > 2 && (conf_num(call->word[2], 1, INT_MAX, &wait_ms))) {
		error("timeout [%s] is not a number of milliseconds", call->word[2]);
		return BAD_PARAMETER;
	}
	call->client.wait_ms = (int)wait_ms;
	err = ask_field(call, "clientstatus", "cs", "node", call->word[0], "cn", call->word[1], &text);
	if (err == -ETIMEDOUT) {
		printf("No timely response.\n");
		return UNKNOWN_ERROR;
	}
	if (err || !text)
		return failed(call, err, "Cannot get client status", UNKNOWN_ERROR);
	printf("%s\n", text);
	for (i = 0; i < 4 && strcmp(states[i], text); i++)
		;
	free(text);
	return i < 4 ? i : UNKNOWN_ERROR;
}

/* -- resources and parameters ----------------------------------------------------------------------------------------- */

static int do_rscstatus(struct call *call)
{
	char *text = NULL;
	int err = ask_field(call, "getrsc", "rsc_hold", NULL, NULL, NULL, NULL, &text);

	if (err || !text)
		return failed(call, err, "Cannot get cluster resource status", UNKNOWN_ERROR);
	if (call->human)
		printf("This node is holding %s resources.\n", text);
	else
		printf("%s\n", text);
	free(text);
	return OK;
}

static int do_hbparameter(struct call *call)
{
	char *text = NULL;
	int err;

	if (!call->parameter) {
		error("parameter name required");
		return BAD_PARAMETER;
	}
	err = ask_field(call, "getparm", "pvalue", "pname", call->parameter, NULL, NULL, &text);
	if (err || !text) {
		error("Cannot get parameter %s's value", call->parameter);
		error("REASON: %s", call->client.why);
		return NO;
	}
	if (call->human)
		printf("Heartbeat parameter %s's value: ", call->parameter);
	printf("%s\n", text);
	free(text);
	return OK;
}

static int do_failcount(struct call *call)
{
	char *text = NULL;
	int err = call->clear ? ask_field(call, "clearfails", "result", NULL, NULL, NULL, NULL, &text) :
				ask_field(call, "failcounts", "counts", NULL, NULL, NULL, NULL, &text);

	if (err)
		return failed(call, err, call->clear ? "Cannot clear the counts: only root may" : "Cannot get the counts", UNKNOWN_ERROR);
	if (!call->clear && text)
		printf("%s", text);
	free(text);
	return OK;
}

/* -- JSON ------------------------------------------------------------------------------------------------------------- */

static void print_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	putchar('"');
}

static void print_pair(const char *before, const char *name, const char *value)
{
	printf("%s\"%s\":", before, name);
	print_json_string(value);
}

static int do_json(struct call *call)
{
	static struct hb_item node[HB_MAX_LIST], link[HB_MAX_LIST];
	char *held = NULL, *line, *next, *counts = NULL;
	int i, j, n, links;

	n = ask_field(call, "getrsc", "rsc_hold", NULL, NULL, NULL, NULL, &held);
	if (!n)
		n = hb_client_list(&call->client, node, "nodelist", "node", NULL, NULL);
	if (n < 0) {
		free(held);
		return failed(call, n, "Cannot get the status", UNKNOWN_ERROR);
	}
	print_pair("{", "node", call->client.node);
	print_pair(",", "resources", held ? held : "");
	printf(",\"nodes\":[");
	for (i = 0; i < n; i++) {
		print_pair(i ? ",{" : "{", "name", node[i].name);
		print_pair(",", "type", node[i].type);
		print_pair(",", "status", node[i].status);
		printf(",\"links\":[");
		links = hb_client_list(&call->client, link, "iflist", "ifname", "node", node[i].name);
		for (j = 0; j < links; j++) {
			print_pair(j ? ",{" : "{", "name", link[j].name);
			print_pair(",", "status", link[j].status);
			printf("}");
		}
		printf("]}");
	}
	printf("],\"failures\":{");
	if (!ask_field(call, "failcounts", "counts", NULL, NULL, NULL, NULL, &counts) && counts)
		for (line = counts, j = 0; *line; line = next, j++) {
			char *blank;

			next = line + strcspn(line, "\n");
			if (*next)
				*next++ = '\0';
			blank = strrchr(line, ' ');
			if (!blank)
				continue;
			*blank = '\0';
			printf("%s", j ? "," : "");
			print_json_string(line);
			printf(":%d", atoi(blank + 1));
		}
	printf("}}\n");
	free(counts);
	free(held);
	return OK;
}

/* -- the table -------------------------------------------------------------------------------------------------------- */

static const struct subcommand {
	const char *name, *options;
	int (*run)(struct call *call);
	const char *args, *help;
} subcommands[] = {
	{ "clientstatus", "m", do_clientstatus, "NODE CLIENT [MS]", "whether a client is signed on at a node" },
	{ "hblinkstatus", "m", do_hblinkstatus, "NODE LINK", "state of a link to a node" },
	{ "hbstatus", "mv", do_hbstatus, "[-v]", "whether heartbeat runs here; -v: and the nodes" },
	{ "listnodes", "mnpv", do_listnodes, "[-n|-p] [-v]", "the nodes; -n normal ones, -p ping nodes, -v with state and links" },
	{ "listhblinks", "mv", do_listhblinks, "NODE [-v]", "the links to a node; -v with state" },
	{ "nodestatus", "m", do_nodestatus, "NODE", "state of a node" },
	{ "nodeweight", "m", do_nodeweight, "NODE", "weight of a node" },
	{ "nodesite", "m", do_nodesite, "NODE", "site of a node" },
	{ "nodetype", "m", do_nodetype, "NODE", "normal or ping" },
	{ "rscstatus", "m", do_rscstatus, "", "which resources this node holds" },
	{ "hbparameter", "mp:", do_hbparameter, "-p NAME", "value of a directive of ha.cf" },
	{ "failcount", "c", do_failcount, "[-c]", "failures found by monitor; -c clears them" },
	{ "--json", "", do_json, "", "everything, as JSON" },
	{ NULL, NULL, NULL, NULL, NULL }
};

static int usage(void)
{
	const struct subcommand *sub;

	printf("Usage: cl_status <sub-command> [<options>] [<parameters>]\n\nOption of all but the last two: -m for sentences\n\n"
	       "Sub-commands:\n");
	for (sub = subcommands; sub->name; sub++)
		printf("%s %s\n\t%s\n", sub->name, sub->args, sub->help);
	return OK;
}

static int parse(struct call *call, const struct subcommand *sub, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, sub->options)) != -1) {
		switch (c) {
		case 'n': call->normal = true; break;
		case 'v': call->verbose = true; break;
		case 'm': call->human = true; break;
		case 'c': call->clear = true; break;
		case 'p':
			call->ping = true;
			call->parameter = optarg;
			break;
		default: return BAD_PARAMETER;
		}
	}
	call->word = argv + optind;
	call->words = argc - optind;
	return OK;
}

static int not_running(const struct call *call, const struct subcommand *sub, int err)
{
	bool there;

	if (sub->run == do_hbstatus) {
		if (err == -EACCES || (err != -EACCES && err != -ENOENT && err != -ECONNREFUSED && hb_running_pid(HB_PIDFILE, &there))) {
			printf("Heartbeat is apparently running on this machine, but refuses my connection\n");
			return OK;
		}
		printf("Heartbeat is stopped on this machine.\n");
		return NO;
	}
	error("Cannot signon with heartbeat");
	error("REASON: %s", call->client.why);
	return NO;
}

int main(int argc, char **argv)
{
	const struct subcommand *sub;
	static struct call call;
	int code, err;

	hold_std_fds();
	if (argc < 2)
		return usage();
	for (sub = subcommands; sub->name && strcmp(sub->name, argv[1]); sub++)
		;
	if (!sub->name) {
		error("%s: invalid sub-command.", argv[1]);
		return BAD_PARAMETER;
	}
	code = parse(&call, sub, argc - 1, argv + 1);
	if (code)
		return code;
	err = hb_client_sign_on(&call.client, NULL);
	if (err)
		return not_running(&call, sub, err);
	code = sub->run(&call);
	hb_client_close(&call.client);
	return code;
}
