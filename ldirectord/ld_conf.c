/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directive is one row of a table: its name, where it may stand, how its value is read and where it goes, and the original's
 * complaint. What needs the whole section (protocol, addresses, ports) is resolved at the section's end.
 */
#include "ldirectord/ld_conf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "ldirectord/ld_db.h"
#include "ldirectord/ld_regex.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { INDENT = 4, MAX_PERSISTENT_S = 2678400 };

static const char *const service_names[LD_SERVICES] = {
	[LD_NONE] = "none",	  [LD_DNS] = "dns",	  [LD_FTP] = "ftp",	    [LD_HTTP] = "http",
	[LD_HTTPS] = "https",	  [LD_HTTP_PROXY] = "http_proxy", [LD_IMAP] = "imap", [LD_IMAPS] = "imaps",
	[LD_LDAP] = "ldap",	  [LD_LDAPS] = "ldaps",	  [LD_MYSQL] = "mysql",	    [LD_NNTP] = "nntp",
	[LD_ORACLE] = "oracle",	  [LD_POP] = "pop",	  [LD_POPS] = "pops",	    [LD_RADIUS] = "radius",
	[LD_PGSQL] = "pgsql",	  [LD_SIMPLETCP] = "simpletcp", [LD_SIP] = "sip",   [LD_SMTP] = "smtp",
	[LD_SUBMISSION] = "submission",
};

static const struct {
	uint16_t port;
	enum ld_service service;
} service_ports[] = {
	{ 21, LD_FTP },	   { 25, LD_SMTP },   { 53, LD_DNS },	  { 80, LD_HTTP },     { 110, LD_POP },
	{ 119, LD_NNTP },  { 143, LD_IMAP },  { 389, LD_LDAP },	  { 443, LD_HTTPS },   { 587, LD_SUBMISSION },
	{ 636, LD_LDAPS }, { 993, LD_IMAPS }, { 995, LD_POPS },	  { 1521, LD_ORACLE }, { 1812, LD_RADIUS },
	{ 3128, LD_HTTP_PROXY }, { 3306, LD_MYSQL }, { 5060, LD_SIP }, { 5432, LD_PGSQL },
};

static const struct conf_keyword methods[] = { { "gate", LD_GATE }, { "masq", LD_MASQ }, { "ipip", LD_IPIP }, { NULL, 0 } };
static const struct conf_keyword kinds[] = {
	{ "negotiate", LD_NEGOTIATE }, { "connect", LD_CONNECT },	      { "ping", LD_PING }, { "external", LD_EXTERNAL },
	{ "external-perl", LD_EXTERNAL_PERL }, { "on", LD_ON }, { "off", LD_OFF }, { NULL, 0 },
};
static const struct conf_keyword phases[] = {
	{ "all", LD_ALL_PHASES }, { "none", 0 },	    { "starting", LD_STARTING }, { "running", LD_RUNNING },
	{ "stopping", LD_STOPPING }, { "reloading", LD_RELOADING }, { NULL, 0 },
};
static const char *const sched_flags[] = { "flag-1", "flag-2", "flag-3", "sh-fallback", "sh-port", "mh-fallback", "mh-port" };

struct ld_block {
	struct ld_block *next;
	long long data[]; /* aligned for all that is kept here */
};

/* A line of a section that is resolved at its end. */
struct pending {
	struct pending *next;
	const char *text;
	unsigned int line;
	bool fallback;
};

struct parser {
	struct conf lines;
	struct ld_config *config;
	ld_report_fn report;
	void *arg;
	unsigned int line; /* the one being read, or the one that is being resolved */
	bool no_memory;
	const char *end_of_text;
	/* the open section */
	bool in_section;
	struct ld_virtual *v;
	const char *head, *head_port; /* as written; head NULL: a mark */
	bool proto_given;
	struct pending *pending, **last_pending;
	size_t virtual_size, server_size, execute_size;
};

const char *ld_service_name(enum ld_service service)
{
	return service_names[service];
}

const char *ld_method_name(enum ld_method method)
{
	return method == LD_GATE ? "gate" : method == LD_IPIP ? "ipip" : "masq";
}

const char *ld_proto_name(enum ld_proto proto)
{
	return proto == LD_TCP ? "tcp" : proto == LD_UDP ? "udp" : "fwm";
}

char *ld_addr_text(const struct ld_addr *addr, char *buf)
{
	if (addr->family == AF_INET6) {
		buf[0] = '[';
		inet_ntop(AF_INET6, &addr->ip.v6, buf + 1, LD_ADDR_TEXT - 2);
		strcat(buf, "]");
	} else {
		inet_ntop(AF_INET, &addr->ip.v4, buf, LD_ADDR_TEXT);
	}
	return buf;
}

bool ld_addr_equal(const struct ld_addr *a, const struct ld_addr *b)
{
	if (a->family != b->family)
		return false;
	return a->family == AF_INET6 ? !memcmp(&a->ip.v6, &b->ip.v6, 16) : a->ip.v4.s_addr == b->ip.v4.s_addr;
}

/* Memory */

void *ld_config_alloc(struct ld_config *config, size_t size)
{
	struct ld_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = config->blocks;
	config->blocks = block;
	return block->data;
}

void ld_config_free(struct ld_config *config)
{
	struct ld_block *block;

	if (!config)
		return;
	while ((block = config->blocks)) {
		config->blocks = block->next;
		free(block);
	}
	free(config);
}

/* A failed allocation is noted; parsing ends at the next line. */
static void *keep(struct parser *p, size_t size)
{
	void *mem = ld_config_alloc(p->config, size);

	p->no_memory |= !mem;
	return mem;
}

static const char *keep_text(struct parser *p, const char *text, size_t len)
{
	char *copy = keep(p, len + 1);

	return copy ? memcpy(copy, text, len) : "";
}

/* Room for one more element; *array moves. False: no memory. */
static bool grow(struct parser *p, void **array, size_t count, size_t *size, size_t element)
{
	size_t bigger = *size ? 2 * *size : 8;
	void *mem;

	if (count < *size)
		return true;
	mem = keep(p, bigger * element);
	if (!mem)
		return false;
	if (count)
		memcpy(mem, *array, count * element);
	*array = mem;
	*size = bigger;
	return true;
}

/* Messages */

static void say(struct parser *p, bool is_error, unsigned int line, const char *fmt, va_list ap)
{
	char msg[2048];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	p->config->errors += is_error;
	p->report(is_error, line, msg, p->arg);
}

static void __attribute__((format(printf, 2, 3))) fail(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(p, true, p->line, fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 2, 3))) warn(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(p, false, p->line, fmt, ap);
	va_end(ap);
}

/* Values. Each reader gets the text after '='; it returns false when the directive is not written the way it must be. */

struct directive;
typedef bool (*value_fn)(struct parser *p, const struct directive *d, const char *value, void *field);

struct directive {
	const char *name;
	int where;
	value_fn read;
	size_t offset; /* of struct ld_options for OPTION, of struct ld_virtual for SECTION, else of struct ld_config */
	const char *error, *section_error; /* the section's wording where it differs */
};

enum { IN_FILE = 1, IN_SECTION = 2, OPTION = 4 };

static const char *blame(const struct parser *p, const struct directive *d)
{
	return p->in_section && d->section_error ? d->section_error : d->error;
}

/* The first run of digits, above 0. */
static bool read_number(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *digits = value + strcspn(value, "0123456789");
	unsigned long n = strtoul(digits, NULL, 10);

	if (!n || n > INT32_MAX / 1000)
		fail(p, "%s", blame(p, d));
	else
		*(int *)field = (int)n;
	return true;
}

static bool read_count(struct parser *p, const struct directive *d, const char *value, void *field)
{
	unsigned int errors = p->config->errors;

	read_number(p, d, value, field);
	if (!p->in_section && p->config->errors == errors)
		warn(p, "checkcount option is deprecated and slated for removal.  please see 'failurecount'");
	return true;
}

/* As above, but 0 is a number too and it stands at the start. */
static bool read_seconds(struct parser *p, const struct directive *d, const char *value, void *field)
{
	unsigned long n = strtoul(value, NULL, 10);

	if (!isdigit((unsigned char)*value) || n > INT32_MAX / 1000)
		fail(p, "%s", blame(p, d));
	else
		*(int *)field = (int)n;
	return true;
}

static bool yes_no(struct parser *p, const struct directive *d, const char *value, bool *yes)
{
	*yes = !strcmp(value, "yes");
	if (!*yes && strcmp(value, "no")) {
		fail(p, "%s must be 'yes' or 'no'", d->name);
		return false;
	}
	return true;
}

static bool read_flag(struct parser *p, const struct directive *d, const char *value, void *field)
{
	bool yes;

	if (yes_no(p, d, value, &yes))
		*(bool *)field = yes;
	return true;
}

static bool read_option_flag(struct parser *p, const struct directive *d, const char *value, void *field)
{
	bool yes;

	if (yes_no(p, d, value, &yes))
		*(int *)field = yes;
	return true;
}

/* Between the first quote, which must come at once, and the last. */
static bool unquote(const char *value, const char **text, size_t *len)
{
	const char *last = strrchr(value, '"');

	if (*value != '"' || last == value)
		return false;
	*text = value + 1;
	*len = (size_t)(last - *text);
	return true;
}

static bool read_quoted(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *text;
	size_t len;

	if (!unquote(value, &text, &len))
		return false;
	if (!len && d->error)
		fail(p, "%s", d->error);
	else
		*(const char **)field = keep_text(p, text, len);
	return true;
}

/* Text with or without quotes; must not be empty where the row has a complaint for it. */
static bool read_text(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *text = value;
	size_t len;

	if (!unquote(value, &text, &len)) {
		text += *text == '"';
		len = strlen(text);
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (!len && blame(p, d))
		fail(p, "%s", blame(p, d));
	else
		*(const char **)field = keep_text(p, text, len);
	return true;
}

/* Text as it stands, quotes too. */
static bool read_raw(struct parser *p, const struct directive *d, const char *value, void *field)
{
	if (p->in_section)
		return read_text(p, d, value, field);
	if (!*value)
		fail(p, "%s", blame(p, d));
	else
		*(const char **)field = keep_text(p, value, strlen(value));
	return true;
}

static bool read_request(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *text;
	size_t len;
	char *path;

	if (!unquote(value, &text, &len))
		return false;
	if (!len) {
		fail(p, "%s", d->error);
		return true;
	}
	path = keep(p, len + 2);
	if (path)
		snprintf(path, len + 2, "%s%.*s", *text == '/' ? "" : "/", (int)len, text);
	*(const char **)field = path;
	return true;
}

static void check_regex(struct parser *p, const char *pattern)
{
	struct ld_regex *regex;
	const char *why = NULL;
	int err = ld_regex_compile(pattern, &regex, &why);

	if (!err)
		ld_regex_free(regex);
	else if (err == -ENOMEM)
		p->no_memory = true;
	else
		fail(p, "invalid receive string: %s", why);
}

static bool read_receive(struct parser *p, const struct directive *d, const char *value, void *field)
{
	bool well_formed = read_quoted(p, d, value, field);

	if (well_formed && *(const char **)field)
		check_regex(p, *(const char **)field);
	return well_formed;
}

static size_t host_length(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-");
}

static bool read_smtp(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = host_length(value);

	if (len)
		*(const char **)field = keep_text(p, value, len);
	else
		fail(p, "%s", d->error);
	return true;
}

static bool read_phases(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const struct conf_keyword *phase;
	int mask = 0, words = 0;
	bool none = false;
	char word[64], first[64] = "";
	size_t len;

	(void)d;
	for (value += strspn(value, ", \t\r"); *value; value += strspn(value, ", \t\r")) {
		len = strcspn(value, ", \t\r");
		snprintf(word, sizeof(word), "%.*s", (int)len, value);
		value += len;
		phase = conf_find(phases, word);
		if (!phase) {
			fail(p, "invalid email alert status at: \"%s\"", word);
			return true;
		}
		if (words && (none || !phase->value)) {
			fail(p, "invalid email alert status: \"%s\" specified with \"none\"", none ? word : first);
			return true;
		}
		if (!words++)
			strcpy(first, word);
		none |= !phase->value;
		mask |= phase->value;
	}
	*(int *)field = mask;
	return true;
}

static bool read_logfile(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *path;
	FILE *file;

	if (!read_quoted(p, d, value, field))
		return false;
	path = *(const char **)field;
	if (!path || *path != '/') {
		if (path && log_facility(path) < 0)
			fail(p, "unable to open logfile: %s", path);
		return true;
	}
	file = fopen(path, "ae");
	if (file)
		fclose(file);
	else
		fail(p, "unable to open logfile: %s", path);
	return true;
}

static bool read_monitorfile(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *path;
	FILE *file;

	read_text(p, d, value, field);
	path = *(const char **)field;
	file = path ? fopen(path, "ae") : NULL;
	if (file)
		fclose(file);
	else
		fail(p, "unable to open monitorfile %s: %s", path ? path : "", strerror(errno));
	return true;
}

static bool read_maintenance(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *path;
	struct stat st;

	read_text(p, d, value, field);
	path = *(const char **)field;
	if (path && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
		warn(p, "maintenance directory does not exist");
	return true;
}

static bool read_supervised(struct parser *p, const struct directive *d, const char *value, void *field)
{
	return read_flag(p, d, value, field);
}

static bool read_execute(struct parser *p, const struct directive *d, const char *value, void *field)
{
	struct ld_config *c = p->config;
	const char *name = NULL;

	(void)field;
	read_text(p, d, value, &name);
	if (name && grow(p, (void **)&c->execute, c->executes, &p->execute_size, sizeof(*c->execute)))
		c->execute[c->executes++] = name;
	return true;
}

static bool read_service(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = strcspn(value, " \t\r"), i;

	(void)field;
	if (len > 1 && *value == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	for (i = 0; i < LD_SERVICES; i++)
		if (strlen(service_names[i]) == len && !strncmp(service_names[i], value, len)) {
			p->v->service = (enum ld_service)i;
			p->v->service_given = true;
			return true;
		}
	fail(p, "%s", d->error);
	return true;
}

static bool read_checktype(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *start = value + (*value == '"'), *digits;
	const struct conf_keyword *kind;
	char word[32];

	(void)field;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(start, " \t\r\""), start);
	kind = conf_find(kinds, word);
	digits = value + strcspn(value, "0123456789");
	if (kind) {
		p->v->kind = (enum ld_check_kind)kind->value;
	} else if (*digits) {
		p->v->kind = LD_COMBINED;
		p->v->combined_n = (int)(strtoul(digits, NULL, 10) % 1000000);
	} else {
		fail(p, "%s", d->error);
	}
	return true;
}

static bool read_checkport(struct parser *p, const struct directive *d, const char *value, void *field)
{
	unsigned long port;

	(void)d;
	value += strcspn(value, "0123456789");
	port = strtoul(value, NULL, 10);
	if (!*value)
		fail(p, "invalid port");
	else if (!port || port > 65535)
		fail(p, "checkport must be in range 1..65536");
	else
		*(int *)field = (int)port;
	return true;
}

static bool read_httpmethod(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = strcspn(value, " \t\r");

	value += len && *value == '"';
	if (!strncasecmp(value, "GET", 3) && !isalnum((unsigned char)value[3]))
		*(const char **)field = "GET";
	else if (!strncasecmp(value, "HEAD", 4) && !isalnum((unsigned char)value[4]))
		*(const char **)field = "HEAD";
	else
		fail(p, "%s", d->error);
	return true;
}

static bool read_scheduler(struct parser *p, const struct directive *d, const char *value, void *field)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t len;

	value += strcspn(value, letters);
	len = strspn(value, letters);
	if (!len || len > 15)
		fail(p, "%s", d->error);
	else
		*(const char **)field = keep_text(p, value, len);
	return true;
}

static bool read_persistent(struct parser *p, const struct directive *d, const char *value, void *field)
{
	int seconds = 0;

	read_seconds(p, d, value, &seconds);
	if (isdigit((unsigned char)*value) && (!seconds || seconds > MAX_PERSISTENT_S))
		fail(p, "%s: the kernel takes 1 to %d", d->error, MAX_PERSISTENT_S);
	*(int *)field = seconds;
	return true;
}

static bool read_netmask(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = strcspn(value, " \t\r");
	struct in_addr mask;
	char word[64];
	int64_t n;

	(void)d;
	snprintf(word, sizeof(word), "%.*s", (int)len, value);
	if (value[len + strspn(value + len, " \t\r")])
		word[0] = '\0';
	if (p->v->family == AF_INET6 && conf_num(word, 1, 128, &n))
		fail(p, "invalid netmask: a prefix length between 1 and 128 is required");
	else if (p->v->family == AF_INET && inet_pton(AF_INET, word, &mask) != 1)
		fail(p, "invalid netmask: dotted quad notation is required");
	else
		*(const char **)field = keep_text(p, word, strlen(word));
	return true;
}

static bool known_sched_flag(const char *flag, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(sched_flags) / sizeof(sched_flags[0]); i++)
		if (strlen(sched_flags[i]) == len && !strncmp(sched_flags[i], flag, len))
			return true;
	return false;
}

static bool read_schedflags(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = strcspn(value, " \t\r"), part;
	const char *flag;

	if (!len) {
		fail(p, "%s", d->error);
		return true;
	}
	for (flag = value; flag < value + len; flag += part + 1) {
		part = strcspn(flag, ", \t\r");
		if (!known_sched_flag(flag, part)) {
			fail(p, "%s: '%.*s'", d->error, (int)part, flag);
			return true;
		}
	}
	*(const char **)field = keep_text(p, value, len);
	return true;
}

static bool read_protocol(struct parser *p, const struct directive *d, const char *value, void *field)
{
	char word[16];

	(void)field;
	snprintf(word, sizeof(word), "%.*s", (int)strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), value);
	if (!*word) {
		fail(p, "%s", d->error);
	} else if (p->v->proto == LD_FWM) {
		if (strcmp(word, "fwm"))
			fail(p, "protocol must be fwm if the virtual service is a fwmark (a number)");
	} else if (strcmp(word, "tcp") && strcmp(word, "udp")) {
		fail(p, "protocol must be tcp or udp if the virtual service is an address and port");
	} else {
		p->v->proto = *word == 'u' ? LD_UDP : LD_TCP;
		p->proto_given = true;
	}
	return true;
}

static bool read_load(struct parser *p, const struct directive *d, const char *value, void *field)
{
	const char *ignored = NULL;

	(void)field;
	return read_quoted(p, d, value, &ignored);
}

static bool read_deprecated(struct parser *p, const struct directive *d, const char *value, void *field)
{
	(void)value;
	(void)field;
	fail(p, "%s directive deprecated in favour of %s", d->name, d->error);
	return true;
}

/* real= and fallback= wait for the section's end; the file's fallback is resolved at once. */
static bool read_server(struct parser *p, const struct directive *d, const char *value, void *field);

#define OPT(m) offsetof(struct ld_options, m)
#define SEC(m) offsetof(struct ld_virtual, m)
#define CFG(m) offsetof(struct ld_config, m)

static const struct directive directives[] = {
	{ "checktimeout", IN_FILE | IN_SECTION | OPTION, read_number, OPT(check_timeout_s), "invalid check timeout value",
	  "invalid check timeout" },
	{ "negotiatetimeout", IN_FILE | IN_SECTION | OPTION, read_number, OPT(negotiate_timeout_s),
	  "invalid negotiate timeout value", "invalid negotiate timeout" },
	{ "checkinterval", IN_FILE | IN_SECTION | OPTION, read_number, OPT(interval_s), "invalid check interval value",
	  "invalid checkinterval" },
	{ "checkcount", IN_FILE | IN_SECTION | OPTION, read_count, OPT(check_count), "invalid check count value",
	  "invalid check count" },
	{ "failurecount", IN_FILE | IN_SECTION | OPTION, read_number, OPT(failure_count), "invalid failure count value",
	  "invalid failure count" },
	{ "risecount", IN_FILE | IN_SECTION | OPTION, read_number, OPT(rise_count), "invalid rise count", NULL },
	{ "slowstart", IN_FILE | IN_SECTION | OPTION, read_seconds, OPT(slow_start_s), "invalid slow start time", NULL },
	{ "draintimeout", IN_FILE | IN_SECTION | OPTION, read_seconds, OPT(drain_s), "invalid drain timeout", NULL },
	{ "quiescent", IN_FILE | IN_SECTION | OPTION, read_option_flag, OPT(quiescent), NULL, NULL },
	{ "readdquiescent", IN_FILE | OPTION, read_option_flag, OPT(readd_quiescent), NULL, NULL },
	{ "cleanstop", IN_FILE | IN_SECTION | OPTION, read_option_flag, OPT(clean_stop), NULL, NULL },
	{ "emailalert", IN_FILE | IN_SECTION | OPTION, read_text, OPT(email), "no email address specified", NULL },
	{ "emailalertfreq", IN_FILE | IN_SECTION | OPTION, read_seconds, OPT(email_freq_s), "invalid email alert frequency",
	  NULL },
	{ "emailalertstatus", IN_FILE | IN_SECTION | OPTION, read_phases, OPT(email_status), NULL, NULL },
	{ "smtp", IN_FILE | IN_SECTION | OPTION, read_smtp, OPT(smtp), "invalid SMTP server address", NULL },
	{ "fallbackcommand", IN_FILE | IN_SECTION | OPTION, read_raw, OPT(fallback_command), "invalid fallback command", NULL },

	{ "autoreload", IN_FILE, read_flag, CFG(autoreload), NULL, NULL },
	{ "fork", IN_FILE, read_flag, CFG(fork), NULL, NULL },
	{ "supervised", IN_FILE, read_supervised, CFG(supervised), NULL, NULL },
	{ "vipcheck", IN_FILE, read_flag, CFG(vip_check), NULL, NULL },
	{ "callback", IN_FILE, read_quoted, CFG(callback), NULL, NULL },
	{ "logfile", IN_FILE, read_logfile, CFG(logfile), NULL, NULL },
	{ "execute", IN_FILE, read_execute, 0, "no configuration to execute specified", NULL },
	{ "emailalertfrom", IN_FILE, read_text, CFG(email_from), "no email from address specified", NULL },
	{ "maintenancedir", IN_FILE, read_maintenance, CFG(maintenance_dir), "maintenance directory not specified", NULL },
	{ "metricsfile", IN_FILE, read_text, CFG(metrics_file), "no metrics file specified", NULL },
	{ "ipvsadm", IN_FILE, read_text, CFG(ipvsadm), "no ipvsadm program specified", NULL },
	{ "timeout", IN_FILE, read_deprecated, 0, "checktimeout and negotiatetimeout", NULL },
	{ "connecttimeout", IN_FILE | IN_SECTION, read_deprecated, 0, "negotiatetimeout", NULL },
	{ "fallback", IN_FILE | IN_SECTION, read_server, 0, NULL, NULL },
	{ "fallback6", IN_FILE | IN_SECTION, read_server, 0, NULL, NULL },

	{ "real", IN_SECTION, read_server, 0, NULL, NULL },
	{ "real6", IN_SECTION, read_server, 0, NULL, NULL },
	{ "service", IN_SECTION, read_service, 0,
	  "service must be dns, ftp, http, https, http_proxy, imap, imaps, ldap, ldaps, mysql, nntp, none, oracle, pop, pops, "
	  "radius, pgsql, simpletcp, sip, smtp or submission", NULL },
	{ "checktype", IN_SECTION, read_checktype, 0,
	  "checktype must be \"connect\", \"negotiate\", \"on\", \"off\", \"ping\", \"external\", \"external-perl\" or a positive "
	  "number", NULL },
	{ "checkport", IN_SECTION, read_checkport, SEC(checkport), NULL, NULL },
	{ "checkcommand", IN_SECTION, read_text, SEC(checkcommand), "invalid check command", NULL },
	{ "request", IN_SECTION, read_request, SEC(request), "no request string specified", NULL },
	{ "receive", IN_SECTION, read_receive, SEC(receive), "invalid receive string", NULL },
	{ "virtualhost", IN_SECTION, read_text, SEC(virtualhost), NULL, NULL },
	{ "httpmethod", IN_SECTION, read_httpmethod, SEC(httpmethod), "httpmethod must be GET or HEAD", NULL },
	{ "login", IN_SECTION, read_quoted, SEC(login), "invalid login string", NULL },
	{ "passwd", IN_SECTION, read_quoted, SEC(passwd), "invalid password", NULL },
	{ "database", IN_SECTION, read_quoted, SEC(database), "invalid database", NULL },
	{ "secret", IN_SECTION, read_quoted, SEC(secret), "invalid secret", NULL },
	{ "load", IN_SECTION, read_load, 0, "invalid string for load testing", NULL },
	{ "scheduler", IN_SECTION, read_scheduler, SEC(scheduler), "invalid scheduler, should be only lowercase letters (a-z)",
	  NULL },
	{ "persistent", IN_SECTION, read_persistent, SEC(persistent_s), "invalid persistent timeout", NULL },
	{ "netmask", IN_SECTION, read_netmask, SEC(netmask), NULL, NULL },
	{ "schedflags", IN_SECTION, read_schedflags, SEC(schedflags), "invalid sched-flags", NULL },
	{ "protocol", IN_SECTION, read_protocol, 0, "invalid protocol", NULL },
	{ "ops", IN_SECTION, read_flag, SEC(ops), NULL, NULL },
	{ "monitorfile", IN_SECTION, read_monitorfile, SEC(monitorfile), NULL, NULL },
	{ "servicename", IN_SECTION, read_text, SEC(servicename), NULL, NULL },
	{ "comment", IN_SECTION, read_text, SEC(comment), NULL, NULL },
	{ NULL, 0, NULL, 0, NULL, NULL },
};

/* Addresses */

static bool resolve_host(const char *text, sa_family_t family, struct ld_addr *addr)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *info;
	size_t len = strlen(text);
	char host[256];

	if (!len || len >= sizeof(host))
		return false;
	strcpy(host, text);
	if (family == AF_INET6 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		addr->family = AF_INET6;
		return inet_pton(AF_INET6, host + 1, &addr->ip.v6) == 1;
	}
	if (strpbrk(host, "[]:"))
		return false;
	if (family == AF_INET && inet_pton(AF_INET, host, &addr->ip.v4) == 1) {
		addr->family = AF_INET;
		return true;
	}
	/* four numbers with dots are an address or a mistake, never a name */
	if (host[strspn(host, "0123456789.")] == '\0' || getaddrinfo(host, NULL, &hints, &info))
		return false;
	addr->family = family;
	if (family == AF_INET6)
		addr->ip.v6 = ((struct sockaddr_in6 *)(void *)info->ai_addr)->sin6_addr;
	else
		addr->ip.v4 = ((struct sockaddr_in *)(void *)info->ai_addr)->sin_addr;
	freeaddrinfo(info);
	return true;
}

static bool resolve_port(const char *text, enum ld_proto proto, uint16_t *port)
{
	struct servent *service;
	int64_t n;

	if (isdigit((unsigned char)*text)) {
		if (conf_num(text, 0, 65535, &n))
			return false;
		*port = (uint16_t)n;
		return true;
	}
	service = *text ? getservbyname(text, proto == LD_UDP ? "udp" : "tcp") : NULL;
	if (service)
		*port = ntohs((uint16_t)service->s_port);
	return service != NULL;
}

/* Cuts "host:port" at the last colon outside of brackets; the port may be missing (""). */
static void split_port(char *text, const char **port)
{
	char *close = strrchr(text, ']');
	char *colon = strrchr(close ? close : text, ':');

	*port = "";
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r");
}

/* "host[:port] [method]" of a fallback; false with an error reported. */
static bool parse_fallback(struct parser *p, const char *text, sa_family_t family, enum ld_proto proto, struct ld_server *server)
{
	char host[512], method[16];
	const struct conf_keyword *found;
	size_t len = strcspn(text, " \t\r");
	const char *port, *rest;

	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	rest = skip_blanks(text + len);
	len = strlen(rest);
	while (len && isspace((unsigned char)rest[len - 1]))
		len--;
	snprintf(method, sizeof(method), "%.*s", (int)len, rest);
	found = conf_find(methods, *method ? method : "gate");
	if (!found || len >= sizeof(method)) {
		fail(p, "forward method must be gate, masq or ipip");
		return false;
	}
	split_port(host, &port);
	if (!resolve_host(host, family, &server->addr)) {
		fail(p, "invalid %s address or could not resolve for fallback server: %s", family == AF_INET6 ? "IPv6" : "IPv4", host);
		return false;
	}
	server->port = 0;
	if (*port && !resolve_port(port, proto, &server->port)) {
		fail(p, "invalid port for fallback server");
		return false;
	}
	server->method = (enum ld_method)found->value;
	server->weight = 1;
	server->line = p->line;
	return true;
}

static bool read_server(struct parser *p, const struct directive *d, const char *value, void *field)
{
	size_t len = strlen(d->name);
	bool six = d->name[len - 1] == '6';
	struct ld_config *c = p->config;
	struct pending *pending;

	(void)field;
	if (!p->in_section) {
		if (six)
			c->has_fallback6 |= parse_fallback(p, value, AF_INET6, LD_TCP, &c->fallback6);
		else
			c->has_fallback |= parse_fallback(p, value, AF_INET, LD_TCP, &c->fallback);
		return true;
	}
	if (six != (p->v->family == AF_INET6)) {
		len -= six;
		fail(p, "cannot specify \"%s\" here.  please use \"%.*s%s\" instead", d->name, (int)len, d->name, six ? "" : "6");
		return true;
	}
	pending = keep(p, sizeof(*pending));
	if (!pending)
		return true;
	pending->text = keep_text(p, value, strlen(value));
	pending->line = p->line;
	pending->fallback = *d->name == 'f';
	*p->last_pending = pending;
	p->last_pending = &pending->next;
	return true;
}

/* A real server's line, taken from left to right; each taker moves *text behind what it took. */

static bool take_number(const char **text, const char *prefix, unsigned long *n)
{
	const char *at = skip_blanks(*text);
	char *end;

	if (at == *text || strncmp(at, prefix, strlen(prefix)) || !isdigit((unsigned char)at[strlen(prefix)]))
		return false;
	*n = strtoul(at + strlen(prefix), &end, 10);
	*text = end;
	return true;
}

/* "request", "receive" */
static void take_strings(struct parser *p, const char **text, struct ld_server *server)
{
	const char *at = skip_blanks(*text), *request, *close, *receive;

	if (at == *text || *at != '"')
		return;
	request = at + 1;
	close = strchr(request, '"');
	if (!close || !close[1] || !strchr(", \t", close[1]))
		return;
	at = skip_blanks(close + 1 + (close[1] == ','));
	if (*at != '"')
		return;
	receive = at + 1;
	at = strchr(receive, '"');
	if (!at)
		return;
	server->request = keep_text(p, request, (size_t)(close - request));
	server->receive = keep_text(p, receive, (size_t)(at - receive));
	if (*server->receive)
		check_regex(p, server->receive);
	*text = at + 1;
}

static void add_server(struct parser *p, const struct ld_server *server)
{
	struct ld_virtual *v = p->v;

	if (p->config->servers >= LD_MAX_SERVERS) {
		if (p->config->servers++ == LD_MAX_SERVERS)
			fail(p, "more than %d real servers", LD_MAX_SERVERS);
		return;
	}
	if (!grow(p, (void **)&v->server, v->servers, &p->server_size, sizeof(*v->server)))
		return;
	v->server[v->servers++] = *server;
	p->config->servers++;
}

/* Every address from the server's to last. */
static void add_range(struct parser *p, struct ld_server *server, const char *first_text, const char *last_text)
{
	struct ld_addr last;
	uint32_t ip, end;

	if (server->addr.family == AF_INET6) {
		fail(p, "Address range for IPv6 is not supported yet");
		return;
	}
	if (!resolve_host(last_text, AF_INET, &last)) {
		fail(p, "invalid address (%s) for real server (could not resolve end host)", last_text);
		return;
	}
	ip = ntohl(server->addr.ip.v4.s_addr);
	end = ntohl(last.ip.v4.s_addr);
	if (ip > end) {
		fail(p, "Invalid Range: %s-%s: First value must be greater than or equal to the second value", first_text, last_text);
		return;
	}
	if (end - ip >= LD_MAX_SERVERS) {
		fail(p, "Invalid Range: %s-%s: more than %d real servers", first_text, last_text, LD_MAX_SERVERS);
		return;
	}
	for (;; ip++) {
		server->addr.ip.v4.s_addr = htonl(ip);
		add_server(p, server);
		if (ip == end)
			return;
	}
}

static void parse_real(struct parser *p, const char *text)
{
	struct ld_server server = { .weight = 1, .line = p->line };
	const struct conf_keyword *method = NULL;
	const char *port, *rest;
	size_t len = strcspn(text, " \t\r");
	unsigned long n;
	char host[512], word[16], *last;
	bool taken;

	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	rest = skip_blanks(text + len);
	if (!*rest || !len) {
		fail(p, "invalid address for real server (wrong format)");
		return;
	}
	split_port(host, &port);
	last = strstr(host, "->");
	if (last) {
		*last = '\0';
		last += 2;
	}
	if (!resolve_host(host, p->v->family, &server.addr)) {
		fail(p, "invalid address (%s) for real server (could not resolve host)", host);
		return;
	}
	if (*port && !resolve_port(port, p->v->proto, &server.port)) {
		fail(p, "invalid port (%s) for real server (could not resolve port)", port);
		return;
	}
	len = strcspn(rest, " \t\r");
	if (len < sizeof(word)) {
		snprintf(word, sizeof(word), "%.*s", (int)len, rest);
		method = conf_find(methods, word);
	}
	if (!method) {
		fail(p, "forward method must be gate, masq or ipip");
		return;
	}
	server.method = (enum ld_method)method->value;
	rest += len;
	if (take_number(&rest, "", &n)) {
		server.weight = n > INT32_MAX ? -1 : (int)n;
		if (server.weight < 0) {
			fail(p, "Invalid real server line, around \" %lu\"", n);
			return;
		}
	}
	take_strings(p, &rest, &server);
	do {
		taken = false;
		if (take_number(&rest, "l:", &n)) {
			server.l_thresh = (unsigned int)(n > INT32_MAX ? INT32_MAX : n);
			taken = true;
		}
		if (take_number(&rest, "u:", &n)) {
			server.u_thresh = (unsigned int)(n > INT32_MAX ? INT32_MAX : n);
			taken = true;
		}
	} while (taken);
	if (*skip_blanks(rest)) {
		fail(p, "Invalid real server line, around \"%s\"", rest);
		return;
	}
	if (server.u_thresh && server.l_thresh > server.u_thresh) {
		fail(p, "Invalid real server line, around \"%s\": l: is above u:", rest);
		return;
	}
	if (last)
		add_range(p, &server, host, last);
	else
		add_server(p, &server);
}

/* Sections */

static void options_unset(struct ld_options *opt)
{
	opt->check_timeout_s = opt->negotiate_timeout_s = opt->interval_s = opt->check_count = opt->failure_count = -1;
	opt->rise_count = opt->slow_start_s = opt->drain_s = opt->quiescent = opt->readd_quiescent = opt->clean_stop = -1;
	opt->email_freq_s = opt->email_status = -1;
}

/* The head's address and port, or mark. False with an error reported. */
static bool parse_head(struct parser *p, const char *value, bool six)
{
	size_t len = strcspn(value, " \t\r#"), host;
	unsigned long mark;
	const char *close;
	struct in6_addr v6;
	char literal[64];

	if (*value == '[') {
		close = strchr(value, ']');
		if (!close || close[1] != ':' || !isalnum((unsigned char)close[2]) ||
		    value[1 + strspn(value + 1, "0123456789abcdefABCDEF:.")] != ']')
			goto invalid;
		if (!six) {
			fail(p, "cannot specify an IPv6 address here. please use \"virtual6\" instead.");
			return false;
		}
		snprintf(literal, sizeof(literal), "%.*s", (int)(close - value - 1), value + 1);
		if (inet_pton(AF_INET6, literal, &v6) != 1) {
			fail(p, "invalid ipv6 address for virtual server");
			return false;
		}
		p->head = keep_text(p, value, (size_t)(close + 1 - value));
		p->head_port = keep_text(p, close + 2, len - (size_t)(close + 2 - value));
		return true;
	}
	host = host_length(value);
	if (host && value[host] == ':' && isalnum((unsigned char)value[host + 1])) {
		p->head = keep_text(p, value, host);
		p->head_port = keep_text(p, value + host + 1, host_length(value + host + 1));
		return true;
	}
	mark = strtoul(value, NULL, 10);
	/* the original reads an address without a port as the mark of its first number */
	if (!isdigit((unsigned char)*value) || !mark || mark > UINT32_MAX || memchr(value, '.', len) || memchr(value, ':', len))
		goto invalid;
	p->v->mark = (uint32_t)mark;
	p->v->proto = LD_FWM;
	return true;

invalid:
	fail(p, "invalid address for virtual server");
	return false;
}

static void start_section(struct parser *p, const char *value, bool six)
{
	struct ld_config *c = p->config;
	struct ld_virtual *v;

	if (!grow(p, (void **)&c->virtual, c->virtuals, &p->virtual_size, sizeof(*c->virtual)))
		return;
	v = p->v = &c->virtual[c->virtuals];
	memset(v, 0, sizeof(*v));
	options_unset(&v->opt);
	v->line = p->line;
	v->family = six ? AF_INET6 : AF_INET;
	v->checkcommand = "/bin/true";
	v->request = "/";
	v->receive = "";
	v->httpmethod = "GET";
	v->scheduler = "wrr";
	p->head = p->head_port = NULL;
	p->proto_given = false;
	p->pending = NULL;
	p->last_pending = &p->pending;
	p->server_size = 0;
	p->in_section = true;
	if (parse_head(p, value, six) && p->head && (!strcmp(p->head_port, "53") || !strcmp(p->head_port, "domain")))
		v->proto = LD_UDP;
}

static const char *keep_format(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *keep_format(struct parser *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return keep_text(p, text, strlen(text));
}

static const char *host_name(struct parser *p)
{
	const char *host = getenv("HOSTNAME");
	struct utsname name;

	if (host && *host)
		return host;
	return uname(&name) < 0 ? "localhost" : keep_text(p, name.nodename, strlen(name.nodename));
}

static void default_service(struct ld_virtual *v)
{
	size_t i;

	for (i = 0; v->proto != LD_FWM && i < sizeof(service_ports) / sizeof(service_ports[0]); i++)
		if (service_ports[i].port == v->port)
			v->service = service_ports[i].service;
}

static void default_login(struct parser *p, struct ld_virtual *v)
{
	if (v->service == LD_FTP && !v->login)
		v->login = "anonymous";
	if (v->service == LD_FTP && !v->passwd)
		v->passwd = keep_format(p, "ldirectord@%s", host_name(p));
	if (v->service == LD_SIP && !v->login)
		v->login = keep_format(p, "ldirectord@%s", host_name(p));
}

/* A check that this build or machine cannot do is refused by name. */
static void check_abilities(struct parser *p, const struct ld_virtual *v)
{
	bool negotiates = v->kind == LD_NEGOTIATE || v->kind == LD_COMBINED;
	const char *why = NULL;

	p->line = v->line;
	if (!negotiates || !v->servers)
		return;
	if (v->service == LD_ORACLE)
		why = "has no client library here: use checktype=external or external-perl";
	else if (v->service == LD_MYSQL || v->service == LD_PGSQL)
		why = ld_db_missing(v->service);
#ifndef HAVE_OPENSSL
	else if (v->service == LD_HTTPS || v->service == LD_IMAPS || v->service == LD_POPS || v->service == LD_LDAPS ||
		 v->service == LD_RADIUS)
		why = "needs OpenSSL, which this ldirectord was built without";
#endif
	if (why)
		fail(p, "service %s %s", ld_service_name(v->service), why);
}

static void end_section(struct parser *p)
{
	struct ld_config *c = p->config;
	struct ld_virtual *v = p->v;
	struct pending *pending;
	unsigned int end_line = p->line;
	bool resolved = true;
	char text[LD_ADDR_TEXT];
	size_t i;

	p->in_section = false;
	p->line = v->line;
	if (p->head) {
		v->addr.family = v->family;
		resolved = resolve_host(p->head, v->family, &v->addr) && resolve_port(p->head_port, v->proto, &v->port);
		if (!resolved)
			fail(p, "invalid address for virtual service");
	}
	for (pending = p->pending; pending; pending = pending->next) {
		p->line = pending->line;
		if (!pending->fallback)
			parse_real(p, pending->text);
		else if (parse_fallback(p, pending->text, v->family, v->proto, &v->fallback))
			v->has_fallback = true;
	}
	if (!v->service_given)
		default_service(v);
	else
		default_login(p, v);
	check_abilities(p, v);
	p->line = end_line;
	if ((!p->head && v->proto != LD_FWM) || !resolved)
		return;
	if (v->proto == LD_FWM) {
		v->id = keep_format(p, "fwm%s:%u", v->family == AF_INET6 ? "6" : "", v->mark);
		v->name = keep_format(p, "%u", v->mark);
	} else {
		v->name = keep_format(p, "%s:%u", ld_addr_text(&v->addr, text), v->port);
		v->id = keep_format(p, "%s:%s", ld_proto_name(v->proto), v->name);
	}
	for (i = 0; i < c->virtuals; i++)
		if (!strcmp(c->virtual[i].id, v->id)) {
			fail(p, "duplicate virtual server");
			return;
		}
	c->virtuals++;
}

/* The value of "KEY = VALUE" when line starts with that key, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len))
		return NULL;
	line += len + strspn(line + len, " \t");
	return *line == '=' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static void *field_of(struct parser *p, const struct directive *d)
{
	if (d->where & OPTION)
		return (char *)(p->in_section ? &p->v->opt : &p->config->opt) + d->offset;
	return (char *)(p->in_section ? (void *)p->v : (void *)p->config) + d->offset;
}

static bool read_directive(struct parser *p, const char *line)
{
	const struct directive *d;
	const char *value;

	for (d = directives; d->name; d++) {
		value = d->where & (p->in_section ? IN_SECTION : IN_FILE) ? value_of(line, d->name) : NULL;
		if (value)
			return (*d->read)(p, d, value, field_of(p, d));
	}
	return false;
}

/* With a tab for four blanks: is it a line of the section? */
static size_t indent_of(const char *line)
{
	size_t indent = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		indent += *line == '\t' ? INDENT : 1;
	return indent;
}

static void section_line(struct parser *p, char *line, const char *newline)
{
	char *raw = strdup(line), *hash = strchr(line, '#');

	if (!raw) {
		p->no_memory = true;
		return;
	}
	if (hash)
		*hash = '\0';
	if (!read_directive(p, line + strspn(line, " \t")))
		fail(p, "Unknown command \"%s%s\"", raw, newline);
	free(raw);
}

static void file_line(struct parser *p, const char *line, const char *newline)
{
	const char *value = value_of(line, "virtual"), *value6 = value_of(line, "virtual6");

	if (value || value6) {
		start_section(p, value ? value : value6, value6 != NULL);
	} else if (!strcmp(line + strspn(line, " \t"), "supervised")) {
		warn(p, "please update your config not to use a bare supervised directive");
		p->config->supervised = true;
	} else if (!read_directive(p, line)) {
		fail(p, "Unknown command %s%s ", line, newline);
	}
}

static void parse_line(struct parser *p, char *line)
{
	const char *newline = line + strlen(line) < p->end_of_text ? "\n" : "";
	const char *text = line + strspn(line, " \t\r");
	size_t indent = indent_of(line);

	if (p->in_section) {
		if (*text == '#')
			return;
		if (indent >= INDENT && (*text || indent > INDENT)) {
			section_line(p, line, newline);
			return;
		}
		end_section(p);
	}
	if (*text && *text != '#')
		file_line(p, line, newline);
}

/* The fallback of the file toggled by its own servers would be there only while the server is down. */
static void check_fallbacks(struct parser *p)
{
	struct ld_config *c = p->config;
	struct ld_server filled;
	const struct ld_server *fallback, *server;
	struct ld_virtual *v;
	char text[LD_ADDR_TEXT];

	for (v = c->virtual; v < c->virtual + c->virtuals; v++) {
		fallback = ld_fallback(c, v, &filled);
		for (server = v->server; fallback && server < v->server + v->servers; server++)
			if (ld_addr_equal(&fallback->addr, &server->addr) && ld_kernel_port(v, fallback) == ld_kernel_port(v, server)) {
				p->line = fallback->line;
				warn(p, "fallback server %s:%u of %s is one of its real servers: not used as fallback",
				     ld_addr_text(&server->addr, text), server->port, v->id);
				break;
			}
		p->line = 0;
		if (v->opt.interval_s >= 0 && !c->fork)
			warn(p, "checkinterval in virtual service %s ignored when fork=no", v->id);
	}
}

int ld_config_parse(const char *path, char *text, ld_report_fn report, void *arg, struct ld_config **config)
{
	struct parser p = { .report = report, .arg = arg };
	char *line;

	p.config = calloc(1, sizeof(*p.config));
	if (!p.config)
		return -ENOMEM;
	options_unset(&p.config->opt);
	p.config->logfile = "/var/log/ldirectord.log";
	p.config->path = keep_text(&p, path, strlen(path));
	p.end_of_text = text + strlen(text);
	conf_start(&p.lines, path, text);
	while (!p.no_memory && (line = conf_next_line(&p.lines))) {
		p.line = p.lines.line;
		parse_line(&p, line);
	}
	if (p.in_section && !p.no_memory) {
		p.line++;
		end_section(&p);
	}
	if (!p.no_memory && !p.config->errors)
		check_fallbacks(&p);
	if (p.no_memory || p.config->errors) {
		ld_config_free(p.config);
		return p.no_memory ? -ENOMEM : 2;
	}
	*config = p.config;
	return 0;
}

int ld_config_read(const char *path, ld_report_fn report, void *arg, struct ld_config **config)
{
	char msg[512], *text;
	int err = conf_read_file(path, LD_MAX_CONF_BYTE, &text, NULL);

	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(msg, sizeof(msg), "can not open file %s: %s", path, err == -EINVAL ? "holds a NUL byte" : strerror(-err));
		report(true, 0, msg, arg);
		return 2;
	}
	err = ld_config_parse(path, text, report, arg, config);
	free(text);
	return err;
}

/* Effective values */

int ld_option(int of_section, int of_file, int otherwise)
{
	return of_section >= 0 ? of_section : of_file >= 0 ? of_file : otherwise;
}

int ld_check_timeout_ms(const struct ld_config *c, const struct ld_virtual *v)
{
	return 1000 * ld_option(ld_option(v->opt.check_timeout_s, v->opt.negotiate_timeout_s, -1),
				ld_option(c->opt.check_timeout_s, c->opt.negotiate_timeout_s, -1), LD_DEFAULT_CHECK_S);
}

int ld_negotiate_timeout_ms(const struct ld_config *c, const struct ld_virtual *v)
{
	return 1000 * ld_option(ld_option(v->opt.negotiate_timeout_s, v->opt.check_timeout_s, -1),
				ld_option(c->opt.negotiate_timeout_s, c->opt.check_timeout_s, -1), LD_DEFAULT_NEGOTIATE_S);
}

uint16_t ld_check_port(const struct ld_virtual *v, const struct ld_server *server)
{
	size_t i;

	if (v->checkport)
		return (uint16_t)v->checkport;
	if (server->port)
		return server->port;
	for (i = 0; i < sizeof(service_ports) / sizeof(service_ports[0]); i++)
		if (service_ports[i].service == v->service)
			return service_ports[i].port;
	return 0;
}

uint16_t ld_kernel_port(const struct ld_virtual *v, const struct ld_server *server)
{
	return v->proto != LD_FWM && server->method != LD_MASQ ? v->port : server->port;
}

const struct ld_server *ld_fallback(const struct ld_config *c, const struct ld_virtual *v, struct ld_server *filled)
{
	if (v->has_fallback)
		*filled = v->fallback;
	else if (v->proto != LD_FWM && (v->family == AF_INET6 ? c->has_fallback6 : c->has_fallback))
		*filled = v->family == AF_INET6 ? c->fallback6 : c->fallback;
	else
		return NULL;
	if (!filled->port)
		filled->port = v->port;
	return filled;
}
