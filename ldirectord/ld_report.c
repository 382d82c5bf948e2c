/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told to the outside: status --json and the metrics file. */
#include "ldirectord/ld_daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

const char *ld_report_state(const struct ld_group *group, size_t nr)
{
	static const char *const names[] = { "unknown", "up", "down", "maintenance" };

	return names[group->pool.member[nr].state];
}

static void put_json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; text && *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void put_server(const struct ld_group *group, size_t nr, FILE *out)
{
	const struct ld_virtual *v = group->pool.virtual;
	const struct ld_member_info *info = &group->info[nr];
	const struct ld_member *m = &group->pool.member[nr];
	const struct ld_server *server = &v->server[nr];
	char host[LD_ADDR_TEXT];

	fprintf(out, "%s\n      {\"server\": \"%s:%u\", \"method\": \"%s\", \"weight\": %d, \"state\": \"%s\", \"failures\": %d, ", nr ? "," : "",
		ld_addr_text(&server->addr, host), server->port, ld_method_name(server->method), server->weight,
		ld_report_state(group, nr), m->failures);
	fprintf(out, "\"reason\": ");
	if (info->reason)
		put_json_text(out, info->reason);
	else
		fprintf(out, "null");
	fprintf(out, ", \"checked\": %lld, \"changed\": %lld}", (long long)info->checked, (long long)info->changed);
}

void ld_report_json(const struct ld_daemon *d, FILE *out)
{
	const struct ld_virtual *v;
	size_t i, nr;

	fprintf(out, "{\"config\": ");
	put_json_text(out, d->path);
	fprintf(out, ", \"pid\": %d, \"started\": %lld, \"checks_finished\": %llu, \"worst_late_ms\": %lld,\n  \"virtuals\": [", (int)getpid(),
		(long long)d->started, d->checker.finished, (long long)d->checker.worst_late_ms);
	for (i = 0; i < d->groups; i++) {
		v = d->group[i].pool.virtual;
		fprintf(out, "%s\n    {\"virtual\": \"%s\", \"fallback\": %s, \"servers\": [", i ? "," : "", v->id,
			d->group[i].pool.fallback_on && d->group[i].pool.has_fallback ? "true" : "false");
		for (nr = 0; nr < v->servers; nr++)
			put_server(&d->group[i], nr, out);
		fprintf(out, "]}");
	}
	fprintf(out, "]}\n");
}

/* The text format that Prometheus' node exporter collects; written aside and renamed, so that no reader sees half of it. */
int ld_report_metrics(const struct ld_daemon *d, const char *path)
{
	const struct ld_virtual *v;
	char host[LD_ADDR_TEXT], *aside;
	size_t i, nr;
	FILE *out;
	int err = 0;

	if (asprintf(&aside, "%s.%d.tmp", path, (int)getpid()) < 0)
		return -ENOMEM;
	out = fopen(aside, "we");
	if (!out)
		goto failed;
	fprintf(out, "# TYPE ldirectord_checks_total counter\nldirectord_checks_total %llu\n", d->checker.finished);
	fprintf(out, "# TYPE ldirectord_server_up gauge\n");
	for (i = 0; i < d->groups; i++)
		for (v = d->group[i].pool.virtual, nr = 0; nr < v->servers; nr++)
			fprintf(out, "ldirectord_server_up{virtual=\"%s\",server=\"%s:%u\"} %d\n", v->id,
				ld_addr_text(&v->server[nr].addr, host), v->server[nr].port, ld_pool_up(&d->group[i].pool, nr));
	fprintf(out, "# TYPE ldirectord_fallback gauge\n");
	for (i = 0; i < d->groups; i++)
		fprintf(out, "ldirectord_fallback{virtual=\"%s\"} %d\n", d->group[i].pool.virtual->id, d->group[i].pool.fallback_on);
	if (fclose(out) || rename(aside, path))
		goto failed;
	free(aside);
	return 0;

failed:
	err = -errno;
	log_err("metrics file %s: %s", path, strerror(-err));
	unlink(aside);
	free(aside);
	return err;
}
