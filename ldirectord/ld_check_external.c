/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * external and external-perl: a program with four arguments, virtual address or mark, virtual port, real address, real port; exit
 * code 0 is up (ldirectord.md 3). A Perl check is run by perl, as it cannot be compiled in.
 */
#include "ldirectord/ld_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"
#include "lib/fault.h"

struct external {
	struct ld_check *check;
	struct run *run;
};

static void external_ended(const struct run_result *result, void *arg)
{
	struct external *ext = arg;
	struct ld_check *check = ext->check;
	int len = (int)strcspn(result->output, "\r\n");

	free(ext);
	if (result->timed_out)
		ld_check_done(check, false, "Timeout Alarm");
	else if (result->signo)
		ld_check_done(check, false, "killed by signal %d", result->signo);
	else
		ld_check_done(check, result->exit_code == 0, "exit %d%s%.*s", result->exit_code, len ? ": " : "", len > 200 ? 200 : len,
			      result->output);
}

static void external_stop(struct ld_check *check)
{
	struct external *ext = check->probe;

	if (ext->run)
		run_cancel(ext->run);
	free(ext);
}

static void external_start(struct ld_check *check)
{
	const struct ld_probe_conf *c = &check->conf;
	struct external *ext = calloc(1, sizeof(*ext));
	char real[LD_ADDR_TEXT], virtual_port[8], real_port[8];
	const char *argv[7];
	struct run_spec spec = { .argv = argv, .timeout_ms = ld_check_budget_ms(check) };
	int n = 0, err;

	if (!ext) {
		ld_check_done(check, false, "out of memory");
		return;
	}
	ext->check = check;
	check->probe = ext;
	snprintf(virtual_port, sizeof(virtual_port), "%u", c->virtual_port);
	snprintf(real_port, sizeof(real_port), "%u", c->port);
	if (c->kind == LD_EXTERNAL_PERL)
		argv[n++] = "perl";
	argv[n++] = c->command;
	argv[n++] = c->virtual_host;
	argv[n++] = virtual_port;
	argv[n++] = ld_addr_text(&c->addr, real);
	argv[n++] = real_port;
	argv[n] = NULL;
	err = run_start(&ext->run, check->checker->loop, &spec, external_ended, ext);
	if (err) {
		free(ext);
		ld_check_done(check, false, "%s: %s", c->command, strerror(-err));
	}
}

const struct ld_prober ld_prober_external = { .child = true, .start = external_start, .stop = external_stop };
