/* SPDX-License-Identifier: GPL-2.0-only */
/* api_test: signs on as the client `ping`, asks everything once, and prints what it hears for a while. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heartbeat/hb_client.h"
#include "lib/std_fds.h"

enum { DEFAULT_LISTEN_S = 0 };

static void print_message(void *arg, struct hb_msg *msg)
{
	int i;

	(void)arg;
	for (i = 0; i < msg->fields; i++)
		if (msg->field[i].type == HB_STRING)
			printf("%s%s=%s", i ? " " : "heard: ", msg->field[i].name, msg->field[i].value);
	printf("\n");
}

static int ask_all(struct hb_client *client)
{
	static const struct {
		const char *reqtype, *name, *field;
	} table[] = {
		{ "numnodes", NULL, "numnodes" }, { "nodestatus", "node", "st" },      { "nodetype", "node", "nodetype" },
		{ "nodeweight", "node", "weight" }, { "getparm", "pname", "pvalue" },  { "getrsc", NULL, "rsc_hold" },
	};
	struct hb_msg answer;
	unsigned int i;
	int bad = 0, err;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *arg = table[i].name && !strcmp(table[i].name, "pname") ? "deadtime" : client->node, *value;

		err = hb_client_ask(client, &answer, table[i].reqtype, table[i].name, arg, NULL, NULL);
		if (err) {
			printf("%s: failed: %s\n", table[i].reqtype, strerror(-err));
			bad = 1;
			continue;
		}
		value = hb_msg_get(&answer, table[i].field);
		printf("%s: %s\n", table[i].reqtype, value ? value : "(none)");
		hb_msg_free(&answer);
	}
	return bad;
}

/* A message to itself must come back through the daemon. */
static int ping_self(struct hb_client *client)
{
	struct hb_msg msg = { .fields = 0 };
	const char *type;
	int tries, err;

	hb_msg_add(&msg, "t", "ping");
	hb_msg_add(&msg, "dest", client->node);
	err = hb_ipc_send(&client->ipc, &msg);
	hb_msg_free(&msg);
	for (tries = 0; !err && tries < 1000; tries++) {
		err = hb_ipc_wait(&client->ipc, &msg, HB_CLIENT_WAIT_MS);
		if (err)
			break;
		type = hb_msg_get(&msg, "t");
		if (type && !strcmp(type, "ping")) {
			printf("ping: came back\n");
			hb_msg_free(&msg);
			return 0;
		}
		hb_msg_free(&msg);
	}
	printf("ping: failed: %s\n", strerror(-err));
	return 1;
}

int main(int argc, char **argv)
{
	static struct hb_client client = { .other = print_message };
	int listen_s = argc > 1 ? atoi(argv[1]) : DEFAULT_LISTEN_S, bad;
	struct hb_msg msg;
	time_t end;

	hold_std_fds();
	if (hb_client_sign_on(&client, "ping")) {
		fprintf(stderr, "api_test: cannot sign on with heartbeat: %s\n", client.why);
		return 1;
	}
	bad = ask_all(&client) | ping_self(&client);
	for (end = time(NULL) + listen_s; time(NULL) < end;)
		if (!hb_ipc_wait(&client.ipc, &msg, 1000)) {
			print_message(NULL, &msg);
			hb_msg_free(&msg);
		}
	hb_client_close(&client);
	return bad;
}
