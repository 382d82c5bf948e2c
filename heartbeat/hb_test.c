/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks a start makes, and those only an operator misses later: scripts that do not exist, interfaces without a link,
 * files that are not those of the other nodes.
 */
#include "heartbeat/hb_test.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "heartbeat/hb_client.h"
#include "heartbeat/hb_daemon.h"
#include "heartbeat/hb_files.h"
#include "heartbeat/hb_rsc.h"
#include "lib/conf.h"
#include "lib/log.h"

enum { EXIT_BAD = 6, ASK_TRIES = 20, ASK_PAUSE_MS = 100 };

static int check_scripts(const char *dir, const struct haresources *hr)
{
	char path[HB_MAX_PATH];
	int g, r, bad = 0;

	for (g = 0; g < hr->groups; g++)
		for (r = 0; r < hr->group[g].ress; r++)
			if (hb_rsc_script(dir, &hr->group[g].res[r], path, sizeof(path))) {
				log_err("%s/haresources:%u: there is no executable script %s in %s/resource.d or /etc/init.d", dir,
					hr->group[g].line, hr->group[g].res[r].script, dir);
				bad++;
			}
	return bad;
}

static int check_links(const struct ha_cf *cf)
{
	char path[128], *text;
	int i, bad = 0;

	for (i = 0; i < cf->medias; i++) {
		const struct ha_media *media = &cf->media[i];

		if (media->kind >= HA_SERIAL)
			continue;
		if (!if_nametoindex(media->dev)) {
			log_err("interface %s does not exist", media->dev);
			bad++;
			continue;
		}
		snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", media->dev);
		if (conf_read_file(path, 16, &text, NULL)) {
			log_warn("interface %s is down", media->dev);
		} else {
			if (text[0] != '1')
				log_warn("interface %s has no link", media->dev);
			free(text);
		}
	}
	return bad;
}

/* -- the other nodes -------------------------------------------------------------------------------------------------- */

/* What a node told; some time passes until it has. false: it does not tell. */
static bool wait_for(struct hb_client *client, const char *node, struct hb_msg *answer)
{
	int tries;

	for (tries = 0; tries < ASK_TRIES; tries++) {
		if (hb_client_ask(client, answer, "peerfiles", "node", node, NULL, NULL))
			return false;
		if (hb_msg_get(answer, hb_file_name[0]))
			return true;
		hb_msg_free(answer);
		usleep(ASK_PAUSE_MS * 1000);
	}
	return false;
}

/* ha.cf may differ for a reason, the others may not. */
static int compare_with(struct hb_client *client, const char *node, const struct hb_digests *own)
{
	struct hb_msg answer;
	const char *theirs;
	int i, bad = 0, same = 0;

	if (!wait_for(client, node, &answer)) {
		log_warn("%s does not tell whether its files are the same: its heartbeat is not of this kind", node);
		return 0;
	}
	for (i = 0; i < HB_FILES; i++) {
		theirs = hb_msg_get(&answer, hb_file_name[i]);
		if (theirs && !strcmp(theirs, own->hex[i])) {
			same++;
		} else if (!strcmp(hb_file_name[i], "ha.cf")) {
			log_warn("ha.cf is not that of %s, beyond lines that name devices", node);
		} else {
			log_err("%s is not that of %s", hb_file_name[i], node);
			bad++;
		}
	}
	hb_msg_free(&answer);
	if (same == HB_FILES)
		printf("%s has the same ha.cf, authkeys and haresources\n", node);
	return bad;
}

static void check_links_to(struct hb_client *client, const char *node)
{
	static struct hb_item link[HB_MAX_LIST];
	int i, n = hb_client_list(client, link, "iflist", "ifname", "node", node);

	for (i = 0; i < n; i++)
		if (strcmp(link[i].status, "up"))
			log_warn("link %s to %s is %s", link[i].name, node, link[i].status);
}

/* Where a heartbeat runs here it asks the nodes that it hears. */
static int check_peers(const char *dir)
{
	static struct hb_item node[HB_MAX_LIST];
	struct hb_client client = { .arg = NULL };
	struct hb_digests own;
	struct hb_msg answer;
	int i, n, bad = 0;

	if (hb_client_sign_on(&client, NULL)) {
		printf("no heartbeat runs here: nothing was compared with the other nodes\n");
		return 0;
	}
	if (hb_files_read(dir, &own) || hb_client_ask(&client, &answer, "askfiles", NULL, NULL, NULL, NULL)) {
		log_err("the files cannot be compared with those of the other nodes");
		hb_client_close(&client);
		return 1;
	}
	hb_msg_free(&answer);
	n = hb_client_list(&client, node, "nodelist", "node", NULL, NULL);
	for (i = 0; i < n; i++) {
		if (!strcmp(node[i].type, "ping") || !strcasecmp(node[i].name, client.node))
			continue;
		if (!strcmp(node[i].status, "dead")) {
			log_warn("%s is not heard: nothing was compared with it", node[i].name);
			continue;
		}
		check_links_to(&client, node[i].name);
		bad += compare_with(&client, node[i].name, &own);
	}
	hb_client_close(&client);
	return bad;
}

int hb_test_config(const char *dir)
{
	struct hb_setup setup = { .dir = dir };
	struct conf conf = { .file = "haresources" };
	struct haresources hr;
	char path[HB_MAX_PATH];
	int bad;

	if (hb_setup_read(&setup))
		return EXIT_BAD;
	snprintf(path, sizeof(path), "%s/haresources", dir);
	if (haresources_load(&hr, &conf, path, setup.cf.node, setup.cf.nodes)) {
		hb_setup_free(&setup);
		return EXIT_BAD;
	}
	bad = check_scripts(dir, &hr) + check_links(&setup.cf) + check_peers(dir);
	if (!bad)
		printf("%s: %d nodes, %d media, %d resource groups, signed with key %d: no mistake found\n", dir, setup.cf.nodes,
		       setup.cf.medias, hr.groups, setup.keys.sign_nr);
	haresources_free(&hr);
	hb_setup_free(&setup);
	return bad ? EXIT_BAD : 0;
}
