/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are the configuration files alike on all nodes? `heartbeat -t` has the daemon ask the others for digests of theirs
 * (files-query, answered by files-answer; to_id keeps both from the rc.d scripts of the original, which does not answer).
 */
#ifndef HEARTBEAT_HB_FILES_H
#define HEARTBEAT_HB_FILES_H

#include "heartbeat/hb_node.h"
#include "lib/ev.h"

enum { HB_FILES = 3 };

/* ha.cf, authkeys, haresources: names of the files and of the fields. */
extern const char *const hb_file_name[HB_FILES];

struct hb_digests {
	char hex[HB_FILES][HB_MAX_DIGEST_BYTE + 1];
};

struct hb_files {
	struct ev_loop *loop;
	struct hb_node *node;
	const char *dir;
	struct {
		char node[HA_MAX_NAME + 1];
		struct hb_digests digests;
	} answer[HA_MAX_NODE];
	int answers;
};

/*
 * Digests of what the files in dir say: without comments and superfluous blanks, and ha.cf without the lines that name a
 * node's own devices. That of authkeys is made with its own key, so that it gives away no more than any message. 0 or -errno.
 */
int hb_files_read(const char *dir, struct hb_digests *digests);

void hb_files_init(struct hb_files *files, struct ev_loop *loop, struct hb_node *node, const char *dir);
/* A message of the cluster. false: it is about something else. */
bool hb_files_message(struct hb_files *files, const struct hb_msg *msg);
/* API requests: askfiles forgets the answers and asks anew, peerfiles has those of `node` if it has answered. false: neither. */
bool hb_files_request(struct hb_files *files, const char *reqtype, const struct hb_msg *msg, struct hb_msg *reply);

#endif
