/* SPDX-License-Identifier: GPL-2.0-only */
/* mysql and pgsql: the query runs in a child under the deadline, as the client libraries block. */
#include "ldirectord/ld_check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ldirectord/ld_db.h"
#include "lib/run.h"
#include "lib/fault.h"

struct db {
	struct ld_check *check;
	struct run *run;
};

static int db_child(void *arg)
{
	const struct ld_check *check = arg;
	const struct ld_probe_conf *c = &check->conf;
	char host[INET6_ADDRSTRLEN];
	struct ld_db_query query = {
		.service = c->service, .host = host, .port = c->port, .login = c->login, .passwd = c->passwd,
		.database = c->database, .request = ld_plain_request(c), .timeout_s = ld_check_budget_ms(check) / 1000,
	};

	inet_ntop(c->addr.family, &c->addr.ip, host, sizeof(host));
	return ld_db_check(&query);
}

static void db_ended(const struct run_result *result, void *arg)
{
	struct db *db = arg;
	struct ld_check *check = db->check;
	int len = (int)strcspn(result->output, "\r\n");

	free(db);
	if (result->timed_out)
		ld_check_done(check, false, "Timeout Alarm");
	else
		ld_check_done(check, result->exit_code == 0, "%.*s", len > 200 ? 200 : len, result->output);
}

static void db_stop(struct ld_check *check)
{
	struct db *db = check->probe;

	if (db->run)
		run_cancel(db->run);
	free(db);
}

static void db_start(struct ld_check *check)
{
	const struct ld_probe_conf *c = &check->conf;
	struct run_spec spec = { .child = db_child, .child_arg = check, .timeout_ms = ld_check_budget_ms(check), .kill_ms = -1 };
	struct db *db = calloc(1, sizeof(*db));
	int err;

	if (!db) {
		ld_check_done(check, false, "out of memory");
		return;
	}
	db->check = check;
	check->probe = db;
	if (!c->login || !*ld_plain_request(c)) {
		free(db);
		ld_check_done(check, false, "Error: Must specify a login and request string for MySQL, Oracle and PostgreSQL checks.");
		return;
	}
	err = run_start(&db->run, check->checker->loop, &spec, db_ended, db);
	if (err) {
		free(db);
		ld_check_done(check, false, "%s", strerror(-err));
	}
}

const struct ld_prober ld_prober_db = { .child = true, .start = db_start, .stop = db_stop };
