/* SPDX-License-Identifier: GPL-2.0-only */
/* The destinations of one process; the only state that lib/ keeps by itself. */
#include "lib/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fault.h"

static struct log_dest dests[LOG_MAX_DEST];
static int dest_count;
static log_first_fn first_fn;
static void *first_arg;

static const struct facility {
	const char *name;
	int facility;
} facilities[] = {
	{ "kern", LOG_KERN },	    { "user", LOG_USER },     { "mail", LOG_MAIL },	{ "daemon", LOG_DAEMON },
	{ "auth", LOG_AUTH },	    { "syslog", LOG_SYSLOG }, { "lpr", LOG_LPR },	{ "news", LOG_NEWS },
	{ "uucp", LOG_UUCP },	    { "cron", LOG_CRON },     { "authpriv", LOG_AUTHPRIV }, { "ftp", LOG_FTP },
	{ "local0", LOG_LOCAL0 },   { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },   { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
	{ "security", LOG_AUTH },
};

int log_facility(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (!strcmp(facilities[i].name, name))
			return facilities[i].facility;
	return -1;
}

static int open_file(const char *path)
{
	assert(path);
	return fault_sys() ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

static void free_dest(struct log_dest *dest)
{
	if (dest->kind == LOG_KIND_SYSLOG)
		closelog();
	free((char *)dest->path);
	free((char *)dest->ident);
}

int log_add(const struct log_dest *dest)
{
	struct log_dest *copy = &dests[dest_count];
	int fd, err = -ENOMEM;

	if (dest_count == LOG_MAX_DEST)
		return -ENOSPC;
	*copy = *dest;
	copy->path = dest->path ? strdup(dest->path) : NULL;
	copy->ident = dest->ident ? strdup(dest->ident) : NULL;
	if ((dest->path && !copy->path) || (dest->ident && !copy->ident))
		goto free_copy;
	if (dest->kind == LOG_KIND_FILE) {
		fd = open_file(dest->path);
		err = -errno;
		if (fd < 0)
			goto free_copy;
		close(fd);
	}
	if (dest->kind == LOG_KIND_SYSLOG)
		openlog(copy->ident, LOG_PID, dest->facility);
	dest_count++;
	return 0;

free_copy:
	free((char *)copy->path);
	free((char *)copy->ident);
	return err;
}

void log_reset(void)
{
	while (dest_count)
		free_dest(&dests[--dest_count]);
	first_fn = NULL;
}

void log_first(log_first_fn fn, void *arg)
{
	first_fn = fn;
	first_arg = arg;
}

/* A line in one write, so that lines of several processes do not mix. */
static void write_line(int fd, char *line)
{
	size_t len = strlen(line);
	size_t done = 0;
	ssize_t n;

	line[len++] = '\n';
	while (done < len) {
		n = write(fd, line + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* a full disk must not stop a cluster manager, and there is nobody to tell */
		done += (size_t)n;
	}
}

static void log_to(const struct log_dest *dest, int level, const char *msg)
{
	char line[LOG_MAX_LINE_BYTE + 1];
	int fd;

	if (dest->format)
		dest->format(line, sizeof(line) - 1, level, time(NULL), msg, dest->arg);
	else
		snprintf(line, sizeof(line) - 1, "%s", msg);
	switch (dest->kind) {
	case LOG_KIND_STDERR:
		write_line(STDERR_FILENO, line);
		break;
	case LOG_KIND_STDOUT:
		fflush(stdout);
		write_line(STDOUT_FILENO, line);
		break;
	case LOG_KIND_SYSLOG:
		syslog(level | dest->facility, "%s", line);
		break;
	case LOG_KIND_FILE:
		fd = open_file(dest->path);
		if (fd >= 0) {
			write_line(fd, line);
			close(fd);
		}
		break;
	}
}

void log_vat(int level, const char *fmt, va_list ap)
{
	static const struct log_dest to_stderr = { .kind = LOG_KIND_STDERR, .max_level = LOG_INFO };
	char msg[LOG_MAX_LINE_BYTE];
	int saved_errno = errno;
	int i;

	vsnprintf(msg, sizeof(msg), fmt, ap);
	if (first_fn && first_fn(level, time(NULL), msg, first_arg))
		goto restore_errno;
	if (!dest_count && level <= to_stderr.max_level)
		log_to(&to_stderr, level, msg);
	for (i = 0; i < dest_count; i++)
		if (level <= dests[i].max_level)
			log_to(&dests[i], level, msg);
restore_errno:
	errno = saved_errno;
}

void log_at(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vat(level, fmt, ap);
	va_end(ap);
}
