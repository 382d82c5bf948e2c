/* SPDX-License-Identifier: GPL-2.0-only */
/* Digests of the configuration files, and their exchange; see the header. */
#include "heartbeat/hb_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "heartbeat/authkeys.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/fault.h"

#define ENDPOINT "heartbeat-files"

const char *const hb_file_name[HB_FILES] = { "ha.cf", "authkeys", "haresources" };
enum { FILE_HA_CF, FILE_AUTHKEYS };

static bool names_devices(const char *directive)
{
	static const char *const list[] = { "bcast", "udp", "ucast", "ucast6", "mcast", "mcast6", "serial", "watchdog" };
	unsigned int i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(list[i], directive))
			return true;
	return false;
}

/* The words of each line, a blank behind each and a newline behind the last, into out, which has room for text's length + 1. */
static size_t squeeze(char *text, bool ha_cf, char *out)
{
	char *line, *word, *next_line, *next_word, *at = out;

	for (line = strtok_r(text, "\n", &next_line); line; line = strtok_r(NULL, "\n", &next_line)) {
		line[strcspn(line, "#")] = '\0';
		word = strtok_r(line, " \t\r", &next_word);
		if (!word || (ha_cf && names_devices(word)))
			continue;
		for (; word; word = strtok_r(NULL, " \t\r", &next_word)) {
			at = stpcpy(at, word);
			*at++ = ' ';
		}
		at[-1] = '\n';
	}
	return (size_t)(at - out);
}

static int digest_file(const char *dir, int nr, const struct authkeys *keys, char *hex)
{
	char path[512], *text, *out;
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, hb_file_name[nr]);
	err = conf_read_file(path, HA_MAX_FILE_BYTE, &text, &len);
	if (err)
		return err;
	out = malloc(len + 2);
	err = out ? authkeys_digest(keys, keys->sign_nr, out, squeeze(text, nr == FILE_HA_CF, out), hex) : -ENOMEM;
	free(out);
	free(text);
	return err;
}

int hb_files_read(const char *dir, struct hb_digests *digests)
{
	struct authkeys own = { .sign_nr = 0 }, plain = { .sign_nr = 0 };
	struct conf conf = { .file = "authkeys" };
	char path[512], no_secret[] = "auth 1\n1 hmac-sha256 files\n";
	int i, err;

	snprintf(path, sizeof(path), "%s/authkeys", dir);
	err = authkeys_load(&own, &conf, path, NULL);
	if (err)
		return err;
	conf_start(&conf, "files", no_secret);
	err = authkeys_parse(&plain, &conf, no_secret);
	for (i = 0; !err && i < HB_FILES; i++)
		err = digest_file(dir, i, i == FILE_AUTHKEYS ? &own : &plain, digests->hex[i]);
	authkeys_free(&own);
	authkeys_free(&plain);
	return err;
}

void hb_files_init(struct hb_files *files, struct ev_loop *loop, struct hb_node *node, const char *dir)
{
	memset(files, 0, sizeof(*files));
	files->loop = loop;
	files->node = node;
	files->dir = dir;
}

static void send(struct hb_files *files, const char *type, const char *dest, const struct hb_digests *digests)
{
	struct hb_msg msg = { .fields = 0 };
	int i;

	hb_msg_add(&msg, "t", type);
	hb_msg_add(&msg, "dest", dest);
	hb_msg_add(&msg, "from_id", ENDPOINT);
	hb_msg_add(&msg, "to_id", ENDPOINT);
	for (i = 0; digests && i < HB_FILES; i++)
		hb_msg_add(&msg, hb_file_name[i], digests->hex[i]);
	hb_node_send(files->node, &msg, ev_now_ms(files->loop));
	hb_msg_free(&msg);
}

static void answer(struct hb_files *files, const char *asker)
{
	struct hb_digests digests;
	int err = hb_files_read(files->dir, &digests);

	if (err)
		log_err("%s wants to compare the files of %s, which cannot be read: %s", asker, files->dir, strerror(-err));
	else
		send(files, "files-answer", asker, &digests);
}

static void keep_answer(struct hb_files *files, const char *from, const struct hb_msg *msg)
{
	const char *hex;
	int i, nr;

	for (nr = 0; nr < files->answers && strcmp(files->answer[nr].node, from); nr++)
		;
	if (nr == HA_MAX_NODE)
		return;
	snprintf(files->answer[nr].node, sizeof(files->answer[nr].node), "%s", from);
	for (i = 0; i < HB_FILES; i++) {
		hex = hb_msg_get(msg, hb_file_name[i]);
		snprintf(files->answer[nr].digests.hex[i], sizeof(files->answer[nr].digests.hex[i]), "%s", hex ? hex : "");
	}
	if (nr == files->answers)
		files->answers++;
}

bool hb_files_message(struct hb_files *files, const struct hb_msg *msg)
{
	const char *to = hb_msg_get(msg, "to_id"), *type = hb_msg_get(msg, "t"), *src = hb_msg_get(msg, "src");
	const char *dest = hb_msg_get(msg, "dest");

	if (!to || strcmp(to, ENDPOINT) || !type || !src)
		return false;
	if (!strcasecmp(src, files->node->own) || (dest && strcasecmp(dest, files->node->own)))
		return true;
	if (!strcmp(type, "files-query"))
		answer(files, src);
	else if (!strcmp(type, "files-answer"))
		keep_answer(files, src, msg);
	return true;
}

bool hb_files_request(struct hb_files *files, const char *reqtype, const struct hb_msg *msg, struct hb_msg *reply)
{
	const char *node = hb_msg_get(msg, "node");
	int i, nr;

	if (!strcmp(reqtype, "askfiles")) {
		files->answers = 0;
		send(files, "files-query", NULL, NULL);
		return true;
	}
	if (strcmp(reqtype, "peerfiles") || !node)
		return false;
	for (nr = 0; nr < files->answers; nr++)
		for (i = 0; i < HB_FILES && !strcmp(files->answer[nr].node, node); i++)
			hb_msg_add(reply, hb_file_name[i], files->answer[nr].digests.hex[i]);
	return true;
}
