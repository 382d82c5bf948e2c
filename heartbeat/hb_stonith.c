/* SPDX-License-Identifier: GPL-2.0-only */
/* Resets, one at a time; see the header. */
#include "heartbeat/hb_stonith.h"

#include <stdio.h>
#include <string.h>

#include "heartbeat/hb_takeover.h"
#include "lib/log.h"
#include "lib/fault.h"

static void start_reset(struct hb_stonith *stonith);

void hb_stonith_init(struct hb_stonith *stonith, struct ev_loop *loop, const struct ha_cf *cf, const char *own,
		     void (*done)(void *arg, const char *node, bool reset), void *arg)
{
	int i;

	memset(stonith, 0, sizeof(*stonith));
	stonith->loop = loop;
	stonith->done = done;
	stonith->arg = arg;
	for (i = 0; i < cf->stoniths && !stonith->device; i++)
		if (!strcmp(cf->stonith[i].host, "*") || !strcasecmp(cf->stonith[i].host, own))
			stonith->device = &cf->stonith[i];
}

static void on_retry(struct ev_timer *timer, void *arg)
{
	(void)timer;
	start_reset(arg);
}

static void finish(struct hb_stonith *stonith, bool reset)
{
	char node[HA_MAX_NAME + 1];

	if (!reset) {
		log_err("Host %s not reset!", stonith->node);
		ev_timer_set(stonith->loop, &stonith->retry, HB_STONITH_RETRY_MS, on_retry, stonith);
		stonith->done(stonith->arg, stonith->node, false);
		return;
	}
	strcpy(node, stonith->node);
	stonith->node[0] = '\0';
	stonith->done(stonith->arg, node, true);
}

static void reset_done(const struct run_result *result, void *arg)
{
	struct hb_stonith *stonith = arg;

	stonith->run = NULL;
	if (result->exit_code && result->output_byte)
		log_err("%s: %s", stonith->device->type, result->output);
	finish(stonith, !result->exit_code);
}

static void start_reset(struct hb_stonith *stonith)
{
	const struct ha_stonith *device = stonith->device;
	const char *params = device->params ? device->params : "";
	const char *const script[] = { device->type, "reset", stonith->node, *params ? params : NULL, NULL };
	const char *const glue[] = { "stonith", "-t", device->type, device->from_file ? "-F" : "-p", params, "-T", "reset", stonith->node, NULL };
	struct run_spec spec = { .argv = device->type[0] == '/' ? script : glue, .timeout_ms = HB_STONITH_MS };

	log_info("Resetting node %s with [%s]", stonith->node, device->type);
	if (run_start(&stonith->run, stonith->loop, &spec, reset_done, stonith))
		finish(stonith, false);
}

static void check_done(const struct run_result *result, void *arg)
{
	struct hb_stonith *stonith = arg;

	stonith->checking = NULL;
	if (!result->exit_code)
		return;
	log_err("STONITH device %s not operational!", stonith->device->type);
	log_warn("STONITH status operation failed.");
	log_info("This may mean that the STONITH device has failed!");
}

static void on_check(struct ev_timer *timer, void *arg)
{
	(void)timer;
	hb_stonith_watch(arg);
}

void hb_stonith_watch(struct hb_stonith *stonith)
{
	const struct ha_stonith *device = stonith->device;
	const char *argv[] = { "stonith", "-t", NULL, NULL, NULL, "-S", NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = HB_STONITH_MS };

	if (!device || device->type[0] == '/')
		return;
	argv[2] = device->type;
	argv[3] = device->from_file ? "-F" : "-p";
	argv[4] = device->params ? device->params : "";
	log_info("Checking status of STONITH device [%s]", device->type);
	if (!stonith->checking && run_start(&stonith->checking, stonith->loop, &spec, check_done, stonith))
		log_err("STONITH device %s cannot be asked", device->type);
	ev_timer_set(stonith->loop, &stonith->check, HB_STONITH_CHECK_MS, on_check, stonith);
}

bool hb_stonith_reset(struct hb_stonith *stonith, const char *node)
{
	if (!stonith->device)
		return false;
	if (!strcmp(stonith->node, node))
		return true; /* it is being tried */
	snprintf(stonith->node, sizeof(stonith->node), "%s", node);
	start_reset(stonith);
	return true;
}
