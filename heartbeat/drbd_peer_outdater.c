/* SPDX-License-Identifier: GPL-2.0-only */
/* drbd-peer-outdater: DRBD's fence-peer handler; asks dopd and exits with its answer. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heartbeat/hb_dopd.h"
#include "heartbeat/hb_ipc.h"
#include "heartbeat/hb_state.h"
#include "lib/conf.h"
#include "lib/std_fds.h"

enum { DEFAULT_TIMEOUT_S = 60, EXIT_USAGE = 1 };

static int usage(void)
{
	fprintf(stderr, "usage: drbd-peer-outdater -r <string> -p <string> [-t <int>]\n"
			"\t-p <string>\tdrbd peer\n"
			"\t-r <string>\tdrbd resource\n"
			"\t-t <int>\ttimeout in seconds; default: %d\n\n"
			"Where -p or -r is left out, $DRBD_PEER or $DRBD_RESOURCE is used.\n", DEFAULT_TIMEOUT_S);
	return EXIT_USAGE;
}

static int ask(const char *peer, const char *res, int timeout_s)
{
	struct hb_msg msg = { .fields = 0 };
	struct hb_ipc ipc;
	char own[100];
	uint64_t value;
	int err;

	if (hb_ipc_connect(&ipc, HB_DOPD_PATH))
		return HB_DOPD_UNREACHABLE;
	hb_own_name("/etc/ha.d", own, sizeof(own));
	hb_msg_add(&msg, "t", "outdater");
	hb_msg_add(&msg, "src", own);
	hb_msg_add(&msg, "outdater_peer", peer);
	hb_msg_add(&msg, "outdater_res", res);
	err = hb_ipc_send(&ipc, &msg);
	hb_msg_free(&msg);
	if (err || hb_ipc_wait(&ipc, &msg, timeout_s * 1000))
		return HB_DOPD_UNREACHABLE;
	err = hb_msg_dec(&msg, "dop_value", &value) && value < 256 ? (int)value : HB_DOPD_ERROR;
	hb_msg_free(&msg);
	hb_ipc_close(&ipc);
	return err;
}

int main(int argc, char **argv)
{
	const char *peer = getenv("DRBD_PEER"), *res = getenv("DRBD_RESOURCE");
	int64_t timeout_s = DEFAULT_TIMEOUT_S;
	char lower[100];
	int c, i;

	hold_std_fds();
	while ((c = getopt(argc, argv, "p:r:t:")) != -1) {
		switch (c) {
		case 'p': peer = optarg; break;
		case 'r': res = optarg; break;
		case 't':
			if (conf_num(optarg, 1, 86400, &timeout_s))
				return usage();
			break;
		default: return usage();
		}
	}
	if (!peer || !res || !*peer || !*res || optind != argc || strlen(peer) >= sizeof(lower))
		return usage();
	for (i = 0; peer[i]; i++)
		lower[i] = (char)tolower((unsigned char)peer[i]);
	lower[i] = '\0';
	return ask(lower, res, (int)timeout_s);
}
