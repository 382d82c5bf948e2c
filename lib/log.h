/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of a program to stderr, syslog and files. Levels are syslog's LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO and
 * LOG_DEBUG. Every call preserves errno, so that a message may stand between a failure and its report; %m works.
 * Until the first log_add messages go to stderr as they are.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>
#include <time.h>

enum { LOG_MAX_DEST = 4, LOG_MAX_LINE_BYTE = 4096 };

enum log_kind { LOG_KIND_STDERR, LOG_KIND_STDOUT, LOG_KIND_SYSLOG, LOG_KIND_FILE };

/*
 * Writes the line for msg, without newline, to line; arg is the destination's. At most size bytes with the NUL.
 */
typedef void (*log_format_fn)(char *line, size_t size, int level, time_t now, const char *msg, void *arg);

struct log_dest {
	enum log_kind kind;
	int max_level;	      /* the least important level that is written: LOG_DEBUG for all */
	const char *path;     /* FILE: opened for append at each line, so that it may be rotated; copied */
	const char *ident;    /* SYSLOG: copied */
	int facility;	      /* SYSLOG: LOG_DAEMON, LOG_LOCAL0... */
	log_format_fn format; /* NULL: the message alone */
	void *arg;
};

/*
 * Adds a destination. A FILE is opened once to see that it can be. 0 or -errno: that of open, -ENOMEM, -ENOSPC (more
 * than LOG_MAX_DEST).
 */
int log_add(const struct log_dest *dest);

/* Is asked first for each message; if it says true the destinations do not get it. */
typedef bool (*log_first_fn)(int level, time_t now, const char *msg, void *arg);
void log_first(log_first_fn fn, void *arg);

/* Back to the state at start. */
void log_reset(void);

/* The syslog facility of a name such as "local0" or "daemon", or -1. */
int log_facility(const char *name);

void log_at(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_vat(int level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

#define log_err(...) log_at(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
