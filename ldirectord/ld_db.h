/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MySQL and PostgreSQL by their client libraries, which are loaded at run time and only where a check wants them. Built
 * without their headers (HAVE_MYSQL, HAVE_PGSQL) the service is refused.
 */
#ifndef LD_DB_H
#define LD_DB_H

#include "ldirectord/ld_conf.h"

/* Why that service cannot be checked here, a text that stays; NULL: it can, and the library is loaded. */
const char *ld_db_missing(enum ld_service service);

struct ld_db_query {
	enum ld_service service;
	const char *host; /* an address without brackets */
	uint16_t port;
	const char *login, *passwd, *database, *request; /* passwd and database may be NULL */
	int timeout_s;
};

/*
 * Connects, runs the request and counts its rows; blocks, so it runs in a child. Returns 0 when there are rows, else 1; prints the
 * reason to stdout.
 */
int ld_db_check(const struct ld_db_query *query);

#endif
