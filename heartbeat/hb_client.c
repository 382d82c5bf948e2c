/* SPDX-License-Identifier: GPL-2.0-only */
/* A client of the daemon; see the header. */
#include "heartbeat/hb_client.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "heartbeat/hb_state.h"

/* Waits for the answer to a request; everything else goes to other. */
static int wait_answer(struct hb_client *client, struct hb_msg *answer, const char *reqtype)
{
	const char *type, *req;
	int err;

	for (;;) {
		err = hb_ipc_wait(&client->ipc, answer, client->wait_ms ? client->wait_ms : HB_CLIENT_WAIT_MS);
		if (err)
			return err;
		type = hb_msg_get(answer, "t");
		req = hb_msg_get(answer, "reqtype");
		if (type && req && !strcmp(type, "hbapi-resp") && !strcmp(req, reqtype))
			return 0;
		if (type && !strcmp(type, "respond-cstatus") && !strcmp(reqtype, "clientstatus"))
			return 0;
		if (client->other)
			client->other(client->arg, answer);
		hb_msg_free(answer);
	}
}

static int judge(struct hb_client *client, struct hb_msg *answer)
{
	const char *result = hb_msg_get(answer, "result"), *info = hb_msg_get(answer, "info");

	if (result && strcmp(result, "badreq"))
		return 0;
	snprintf(client->why, sizeof(client->why), "%s", info ? info : "");
	hb_msg_free(answer);
	return -EINVAL;
}

int hb_client_ask(struct hb_client *client, struct hb_msg *answer, const char *reqtype, const char *name1, const char *value1,
		  const char *name2, const char *value2)
{
	struct hb_msg msg = { .fields = 0 };
	int err;

	client->why[0] = '\0';
	hb_msg_add(&msg, "t", "hbapi-req");
	hb_msg_add(&msg, "reqtype", reqtype);
	hb_msg_add(&msg, "dest", client->node);
	hb_msg_addf(&msg, "pid", "%d", (int)getpid());
	hb_msg_add(&msg, "from_id", client->name);
	if (name1)
		hb_msg_add(&msg, name1, value1);
	if (name2)
		hb_msg_add(&msg, name2, value2);
	err = hb_ipc_send(&client->ipc, &msg);
	hb_msg_free(&msg);
	err = err ? err : wait_answer(client, answer, reqtype);
	return err ? err : judge(client, answer);
}

int hb_client_more(struct hb_client *client, struct hb_msg *answer)
{
	const char *result = hb_msg_get(answer, "result"), *reqtype = hb_msg_get(answer, "reqtype");
	char type[64];
	int err;

	if (!result || strcmp(result, "ok/more"))
		return -ENOENT;
	snprintf(type, sizeof(type), "%s", reqtype);
	hb_msg_free(answer);
	err = wait_answer(client, answer, type);
	return err ? err : judge(client, answer);
}

int hb_client_sign_on(struct hb_client *client, const char *name)
{
	struct hb_msg answer;
	char uid[16], gid[16];
	const char *node;
	uint64_t ms;
	int err;

	snprintf(client->why, sizeof(client->why), "hb_api_signon: Can't initiate connection to heartbeat");
	err = hb_ipc_connect(&client->ipc, HB_REGISTER_PATH);
	if (err)
		return err;
	hb_own_name("/etc/ha.d", client->node, sizeof(client->node));
	if (name)
		snprintf(client->name, sizeof(client->name), "%s", name);
	else
		snprintf(client->name, sizeof(client->name), "%d", (int)getpid());
	snprintf(uid, sizeof(uid), "%d", (int)geteuid());
	snprintf(gid, sizeof(gid), "%d", (int)getegid());
	err = hb_client_ask(client, &answer, "signon", "uid", uid, "gid", gid);
	if (err) {
		hb_client_close(client);
		return err == -EINVAL ? -EACCES : err;
	}
	node = hb_msg_get(&answer, "node");
	if (node)
		snprintf(client->node, sizeof(client->node), "%s", node);
	client->keepalive_ms = hb_msg_hex(&answer, "keepalive", &ms) ? (int64_t)ms : 1000;
	client->deadtime_ms = hb_msg_hex(&answer, "deadtime", &ms) ? (int64_t)ms : 30000;
	hb_msg_free(&answer);
	return 0;
}

void hb_client_close(struct hb_client *client)
{
	hb_ipc_close(&client->ipc);
}

static void copy_field(char *to, size_t size, const struct hb_msg *msg, const char *field)
{
	const char *text = hb_msg_get(msg, field);

	snprintf(to, size, "%s", text ? text : "");
}

int hb_client_list(struct hb_client *client, struct hb_item *item, const char *reqtype, const char *field, const char *name1,
		   const char *value1)
{
	struct hb_msg answer;
	int n = 0, err = hb_client_ask(client, &answer, reqtype, name1, value1, NULL, NULL);

	while (!err && n < HB_MAX_LIST) {
		copy_field(item[n].name, sizeof(item[n].name), &answer, field);
		copy_field(item[n].type, sizeof(item[n].type), &answer, "nodetype");
		copy_field(item[n].status, sizeof(item[n].status), &answer, "st");
		n++;
		err = hb_client_more(client, &answer);
	}
	if (err && err != -ENOENT)
		return err;
	hb_msg_free(&answer);
	return n;
}
