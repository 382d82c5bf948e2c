/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_db.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_MYSQL
#include <mysql.h>
#endif
#ifdef HAVE_PGSQL
#include <libpq-fe.h>
#endif

#if defined(HAVE_MYSQL) || defined(HAVE_PGSQL)
/* The first of the names that can be loaded. */
static void *load(const char *const *name)
{
	void *library = NULL;

	for (; *name && !library; name++)
		library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
	return library;
}
#endif

#ifdef HAVE_MYSQL
static struct {
	MYSQL *(*init)(MYSQL *);
	int (*options)(MYSQL *, enum mysql_option, const void *);
	MYSQL *(*real_connect)(MYSQL *, const char *, const char *, const char *, const char *, unsigned int, const char *,
			       unsigned long);
	int (*query)(MYSQL *, const char *);
	MYSQL_RES *(*store_result)(MYSQL *);
	my_ulonglong (*num_rows)(MYSQL_RES *);
	void (*free_result)(MYSQL_RES *);
	const char *(*error)(MYSQL *);
	void (*close)(MYSQL *);
} my;

static bool mysql_load(void)
{
	static const char *const names[] = { "libmariadb.so.3", "libmysqlclient.so.21", "libmysqlclient.so.18",
					     "libmysqlclient.so.16", NULL };
	void *library = my.close ? NULL : load(names);

	if (library) {
		*(void **)&my.init = dlsym(library, "mysql_init");
		*(void **)&my.options = dlsym(library, "mysql_options");
		*(void **)&my.real_connect = dlsym(library, "mysql_real_connect");
		*(void **)&my.query = dlsym(library, "mysql_query");
		*(void **)&my.store_result = dlsym(library, "mysql_store_result");
		*(void **)&my.num_rows = dlsym(library, "mysql_num_rows");
		*(void **)&my.free_result = dlsym(library, "mysql_free_result");
		*(void **)&my.error = dlsym(library, "mysql_error");
		*(void **)&my.close = dlsym(library, "mysql_close");
	}
	return my.init && my.options && my.real_connect && my.query && my.store_result && my.num_rows && my.error && my.close;
}

static int mysql_check(const struct ld_db_query *q)
{
	MYSQL *db = my.init(NULL);
	unsigned int timeout_s = (unsigned int)q->timeout_s;
	MYSQL_RES *rows = NULL;
	int failed = 1;

	if (!db)
		return 1;
	my.options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
	if (!my.real_connect(db, q->host, q->login, q->passwd, q->database, q->port, NULL, 0) || my.query(db, q->request)) {
		printf("%s", my.error(db));
	} else {
		rows = my.store_result(db);
		failed = !rows || !my.num_rows(rows);
		printf("%llu rows", rows ? (unsigned long long)my.num_rows(rows) : 0ULL);
	}
	if (rows)
		my.free_result(rows);
	my.close(db);
	return failed;
}
#endif

#ifdef HAVE_PGSQL
static struct {
	PGconn *(*connect)(const char *const *, const char *const *, int);
	ConnStatusType (*status)(const PGconn *);
	char *(*error)(const PGconn *);
	PGresult *(*exec)(PGconn *, const char *);
	int (*rows)(const PGresult *);
	ExecStatusType (*result_status)(const PGresult *);
	void (*clear)(PGresult *);
	void (*finish)(PGconn *);
} pg;

static bool pgsql_load(void)
{
	static const char *const names[] = { "libpq.so.5", NULL };
	void *library = pg.finish ? NULL : load(names);

	if (library) {
		*(void **)&pg.connect = dlsym(library, "PQconnectdbParams");
		*(void **)&pg.status = dlsym(library, "PQstatus");
		*(void **)&pg.error = dlsym(library, "PQerrorMessage");
		*(void **)&pg.exec = dlsym(library, "PQexec");
		*(void **)&pg.rows = dlsym(library, "PQntuples");
		*(void **)&pg.result_status = dlsym(library, "PQresultStatus");
		*(void **)&pg.clear = dlsym(library, "PQclear");
		*(void **)&pg.finish = dlsym(library, "PQfinish");
	}
	return pg.connect && pg.status && pg.error && pg.exec && pg.rows && pg.result_status && pg.clear && pg.finish;
}

static int pgsql_check(const struct ld_db_query *q)
{
	const char *keys[] = { "hostaddr", "port", "user", "password", "dbname", "connect_timeout", "application_name", NULL };
	char port[8], timeout[12];
	const char *values[] = { q->host, port, q->login, q->passwd, q->database, timeout, "ldirectord", NULL };
	PGconn *db;
	PGresult *result;
	int failed = 1;

	snprintf(port, sizeof(port), "%u", q->port);
	snprintf(timeout, sizeof(timeout), "%d", q->timeout_s);
	db = pg.connect(keys, values, 0);
	if (!db)
		return 1;
	if (pg.status(db) != CONNECTION_OK) {
		printf("%s", pg.error(db));
	} else {
		result = pg.exec(db, q->request);
		if (pg.result_status(result) == PGRES_TUPLES_OK) {
			failed = pg.rows(result) == 0;
			printf("%d rows", pg.rows(result));
		} else {
			printf("%s", pg.error(db));
		}
		pg.clear(result);
	}
	pg.finish(db);
	return failed;
}
#endif

const char *ld_db_missing(enum ld_service service)
{
	if (service == LD_MYSQL) {
#ifdef HAVE_MYSQL
		return mysql_load() ? NULL : "needs libmariadb.so.3 or libmysqlclient, which cannot be loaded here";
#else
		return "needs the MySQL or MariaDB client library, which this ldirectord was built without";
#endif
	}
#ifdef HAVE_PGSQL
	return pgsql_load() ? NULL : "needs libpq.so.5, which cannot be loaded here";
#else
	return "needs libpq, which this ldirectord was built without";
#endif
}

int ld_db_check(const struct ld_db_query *query)
{
	if (ld_db_missing(query->service))
		return 1;
#ifdef HAVE_MYSQL
	if (query->service == LD_MYSQL)
		return mysql_check(query);
#endif
#ifdef HAVE_PGSQL
	if (query->service == LD_PGSQL)
		return pgsql_check(query);
#endif
	return 1;
}
