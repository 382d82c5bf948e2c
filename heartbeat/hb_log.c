/* SPDX-License-Identifier: GPL-2.0-only */
/* Log lines in the original's forms. */
#include "heartbeat/hb_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heartbeat/hb_logd.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { LOGD_CF_BYTE = 64 << 10 };

static struct {
	const char *ident, *own;
	bool syslog_form, logd, logd_there;
	char logfile[256], debugfile[256], facility_name[32];
	int facility;
	long level;
} to;

static const char *const severity[] = { "EMERG", "ALERT", "CRIT", "ERROR", "WARN", "notice", "info", "debug" };

static void file_line(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	struct tm tm;
	char when[64];

	(void)arg;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), to.syslog_form ? "%b %d %H:%M:%S" : "%Y/%m/%d_%H:%M:%S", &tm);
	if (to.syslog_form)
		snprintf(line, size, "%s %s %s: [%d]: %s: %s", when, to.own, to.ident, (int)getpid(), severity[level & 7], msg);
	else
		snprintf(line, size, "%s[%d]: %s %s: %s", to.ident, (int)getpid(), when, severity[level & 7], msg);
}

static void syslog_line(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	(void)now;
	(void)arg;
	snprintf(line, size, "[%d]: %s: %s", (int)getpid(), severity[level & 7], msg);
}

static void set_facility(const char *name)
{
	to.facility = log_facility(name);
	snprintf(to.facility_name, sizeof(to.facility_name), "%s", name);
}

/* What ha_logd would read: logfacility, logfile, debugfile. */
static void read_logd_cf(void)
{
	struct conf conf = { .file = "/etc/logd.cf" };
	char *text, *line, *word[2];

	set_facility("daemon");
	if (conf_read_file(conf.file, LOGD_CF_BYTE, &text, NULL))
		return;
	conf_start(&conf, conf.file, text);
	while ((line = conf_next_line(&conf))) {
		if (conf_words(&conf, line, word, 2, false) < 2)
			continue;
		if (!strcmp(word[0], "logfile"))
			snprintf(to.logfile, sizeof(to.logfile), "%s", word[1]);
		else if (!strcmp(word[0], "debugfile"))
			snprintf(to.debugfile, sizeof(to.debugfile), "%s", word[1]);
		else if (!strcmp(word[0], "logfacility"))
			set_facility(word[1]);
	}
	free(text);
}

static int add_file(const char *path, int level)
{
	struct log_dest dest = { .kind = LOG_KIND_FILE, .max_level = level, .path = path, .format = file_line };

	return *path ? log_add(&dest) : 0;
}

static int add_all(void)
{
	struct log_dest syslog_dest = { .kind = LOG_KIND_SYSLOG, .ident = to.ident, .facility = to.facility, .format = syslog_line,
					.max_level = to.level ? LOG_DEBUG : LOG_INFO };
	int err, first;

	log_reset();
	if (to.logd)
		log_first(hb_logd_take, NULL);
	first = add_file(to.logfile, LOG_INFO);
	err = add_file(to.debugfile, LOG_DEBUG);
	first = first ? first : err;
	err = to.facility >= 0 ? log_add(&syslog_dest) : 0;
	return first ? first : err;
}

int hb_log_setup(const struct ha_cf *cf, const char *ident, const char *own)
{
	const char *facility = ha_cf_param(cf, "logfacility");

	to.ident = ident;
	to.own = own;
	to.syslog_form = cf->syslogmsgfmt;
	to.level = cf->debug;
	set_facility(facility ? facility : "");
	snprintf(to.logfile, sizeof(to.logfile), "%s", cf->logfile ? cf->logfile : "");
	snprintf(to.debugfile, sizeof(to.debugfile), "%s", cf->debugfile ? cf->debugfile : "");
	to.logd = cf->use_logd || (!*to.logfile && !*to.debugfile && to.facility < 0);
	if (to.logd) {
		read_logd_cf();
		to.logd_there = hb_logd_use(ident, to.facility, (cf->conn_logd_ms + 999) / 1000);
	}
	return add_all();
}

void hb_log_level(long level)
{
	to.level = level;
	add_all();
}

void hb_log_env(void)
{
	setenv("HA_LOGD", to.logd_there ? "yes" : "no", 1);
	setenv("HA_LOGFILE", to.logfile, 1);
	setenv("HA_DEBUGLOG", *to.debugfile ? to.debugfile : *to.logfile ? to.logfile : "/dev/null", 1);
	setenv("HA_LOGFACILITY", to.facility_name, 1);
}
