/* SPDX-License-Identifier: GPL-2.0-only */
/* Event scripts, in the order of the events. */
#include "heartbeat/hb_hook.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

static void run_next(struct hb_hooks *hooks);

void hb_hooks_init(struct hb_hooks *hooks, struct ev_loop *loop, const char *dir)
{
	memset(hooks, 0, sizeof(*hooks));
	hooks->loop = loop;
	hooks->dir = dir;
}

static void drop_first(struct hb_hooks *hooks)
{
	hb_msg_free(&hooks->queue[0].msg);
	hooks->count--;
	memmove(&hooks->queue[0], &hooks->queue[1], hooks->count * sizeof(hooks->queue[0]));
}

static void hook_done(const struct run_result *result, void *arg)
{
	struct hb_hooks *hooks = arg;

	hooks->run = NULL;
	if (result->exit_code)
		log_warn("rc.d/%s: exit code %d", hooks->queue[0].type, result->exit_code);
	if (result->output_byte)
		log_debug("rc.d/%s: %s", hooks->queue[0].type, result->output);
	drop_first(hooks);
	run_next(hooks);
}

/* HA_<field> of each string field whose name a shell can use, before the daemon's own environment. */
static char **build_env(const struct hb_hook *hook)
{
	size_t n = 0, used = 0, i;
	char **env, *name;

	while (environ[n])
		n++;
	env = calloc(n + (size_t)hook->msg.fields + 2, sizeof(*env));
	for (i = 0; env && i < (size_t)hook->msg.fields; i++) {
		const struct hb_field *field = &hook->msg.field[i];

		if (field->type != HB_STRING || strspn(field->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
							 strlen(field->name))
			continue;
		if (asprintf(&name, "HA_%s=%s", field->name, field->value) >= 0)
			env[used++] = name;
	}
	if (env && hook->old && asprintf(&name, "HA_OSTATUS=%s", hook->old) >= 0)
		env[used++] = name;
	for (i = 0; env && i < n; i++) {
		name = strdup(environ[i]);
		if (name)
			env[used++] = name;
	}
	return env;
}

static void free_env(char **env)
{
	char **p;

	for (p = env; p && *p; p++)
		free(*p);
	free(env);
}

static void run_next(struct hb_hooks *hooks)
{
	while (hooks->count && !hooks->run) {
		const char *argv[3] = { NULL, hooks->queue[0].type, NULL };
		struct run_spec spec = { .argv = argv };
		char path[512];
		char **env = build_env(&hooks->queue[0]);
		int err = -ENOMEM;

		snprintf(path, sizeof(path), "%s/harc", hooks->dir);
		argv[0] = path;
		spec.env = (const char *const *)env;
		if (env)
			err = run_start(&hooks->run, hooks->loop, &spec, hook_done, hooks);
		free_env(env);
		if (err) {
			log_err("cannot run %s %s: %s", path, argv[1], strerror(-err));
			drop_first(hooks);
		}
	}
}

void hb_hooks_run(struct hb_hooks *hooks, const struct hb_msg *msg, const char *old)
{
	const char *type = hb_msg_get(msg, "t");
	struct hb_hook *hook = &hooks->queue[hooks->count];
	char path[512];
	struct stat st;
	char *c;

	if (!type || strlen(type) >= sizeof(hook->type) || strchr(type, '/') || type[0] == '.' || !*type)
		return;
	snprintf(path, sizeof(path), "%s/rc.d/%s", hooks->dir, type);
	if (stat(path, &st) || !S_ISREG(st.st_mode) || access(path, X_OK))
		return;
	if (hooks->count == HB_MAX_HOOK) {
		log_err("rc.d/%s is not run: %d events wait already", type, HB_MAX_HOOK);
		return;
	}
	if (hb_msg_copy(&hook->msg, msg))
		return;
	snprintf(hook->type, sizeof(hook->type), "%s", type);
	for (c = hook->type; *c; c++)
		*c = tolower((unsigned char)*c);
	hook->old = old;
	hooks->count++;
	run_next(hooks);
}

void hb_hooks_free(struct hb_hooks *hooks)
{
	if (hooks->run)
		run_cancel(hooks->run);
	hooks->run = NULL;
	while (hooks->count)
		drop_first(hooks);
}
