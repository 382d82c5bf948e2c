/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hb_standby, hb_takeover, hb_addnode, hb_delnode, hb_setweight, hb_setsite: one message into the daemon's fifo, in one
 * write, so that two of them never mix. The name it is called by says which (heartbeat.md 6.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heartbeat/hb_msg.h"
#include "heartbeat/hb_state.h"
#include "lib/std_fds.h"

struct tool {
	const char *name, *type;
	int (*fill)(const struct tool *tool, struct hb_msg *msg, int argc, char **argv);
	const char *usage; /* behind the name */
};

static int usage(const struct tool *tool, const char *program)
{
	fprintf(stderr, tool->usage[0] == '[' ? "usage:\n%s %s\n" : "usage: %s %s\n", tool->usage[0] == '[' ? program : tool->name, tool->usage);
	return 1;
}

static void say(const char *fmt, const char *what) __attribute__((format(printf, 1, 0)));
static void say(const char *fmt, const char *what)
{
	char when[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(when, sizeof(when), "%b %d %H:%M:%S", localtime_r(&now, &tm));
	fprintf(stderr, "%s ", when);
	fprintf(stderr, fmt, what);
	fputc('\n', stderr);
}

static int fill_hold(const struct tool *tool, struct hb_msg *msg, int argc, char **argv)
{
	static const char *const words[] = { "all", "foreign", "local", "failback" };
	const char *hold = argc > 1 ? argv[1] : "all";
	int i;

	for (i = 0; i < 4 && strcmp(words[i], hold); i++)
		;
	if (i == 4) {
		fprintf(stderr, "%s: wrong resources(%s).\n", argv[0], hold);
		return usage(tool, argv[0]);
	}
	hb_msg_add(msg, "rsc_hold", i == 3 ? "foreign" : hold);
	if (!strcmp(tool->type, "ask_resources")) {
		hb_msg_add(msg, "info", "me");
		say("Going standby [%s].", i == 3 ? "foreign" : hold);
	}
	return 0;
}

static int fill_nodes(const struct tool *tool, struct hb_msg *msg, int argc, char **argv)
{
	char list[1024] = "";
	size_t used = 0;
	int i;

	if (argc < 2)
		return usage(tool, argv[0]);
	for (i = 1; i < argc && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s ", argv[i]);
	hb_msg_add(msg, "nodelist", list);
	return 0;
}

static int fill_setting(const struct tool *tool, struct hb_msg *msg, int argc, char **argv)
{
	if (argc != 3)
		return usage(tool, argv[0]);
	hb_msg_add(msg, "node", argv[1]);
	hb_msg_add(msg, tool->type + 3, argv[2]);
	return 0;
}

static const struct tool tools[] = {
	{ "hb_standby", "ask_resources", fill_hold, "[all|foreign|local|failback]" },
	{ "hb_takeover", "hb_takeover", fill_hold, "[all|foreign|local|failback]" },
	{ "hb_addnode", "addnode", fill_nodes, "<node> <node> ..." },
	{ "hb_delnode", "delnode", fill_nodes, "<node> <node> ..." },
	{ "hb_setweight", "setweight", fill_setting, "<node> <weight>" },
	{ "hb_setsite", "setsite", fill_setting, "<node> <site>" },
};

static int write_fifo(const struct hb_msg *msg)
{
	int fd = open(HB_FIFO, O_WRONLY | O_NONBLOCK), err;
	size_t len;
	char *wire;

	if (fd < 0) {
		fprintf(stderr, "ERROR: cannot reach heartbeat through %s: %s\n", HB_FIFO,
			errno == ENXIO || errno == ENOENT ? "it is not running" : strerror(errno));
		return 1;
	}
	err = hb_msg_write(msg, HB_FRAME_CLASSIC, NULL, &wire, &len);
	if (err || len > PIPE_BUF) {
		fprintf(stderr, "ERROR: the message is too long\n");
		return 1;
	}
	if (write(fd, wire, len - 1) != (ssize_t)len - 1) {
		perror(HB_FIFO);
		return 1;
	}
	free(wire);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	static struct hb_msg msg;
	unsigned int i;
	int code;

	hold_std_fds();
	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(tools[i].name, name))
			continue;
		hb_msg_add(&msg, "t", tools[i].type);
		code = tools[i].fill(&tools[i], &msg, argc, argv);
		return code ? code : write_fifo(&msg);
	}
	fprintf(stderr, "%s: call it as hb_standby, hb_takeover, hb_addnode, hb_delnode, hb_setweight or hb_setsite\n", name);
	return 1;
}
