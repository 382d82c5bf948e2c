/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks a start makes, and those only an operator misses later: scripts that do not exist, interfaces without a link. */
#include "heartbeat/hb_test.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heartbeat/hb_daemon.h"
#include "heartbeat/hb_rsc.h"
#include "lib/conf.h"
#include "lib/log.h"

enum { EXIT_BAD = 6 };

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
	bad = check_scripts(dir, &hr) + check_links(&setup.cf);
	if (!bad)
		printf("%s: %d nodes, %d media, %d resource groups, signed with key %d: no mistake found\n", dir, setup.cf.nodes,
		       setup.cf.medias, hr.groups, setup.keys.sign_nr);
	haresources_free(&hr);
	hb_setup_free(&setup);
	return bad ? EXIT_BAD : 0;
}
