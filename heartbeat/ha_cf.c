/* SPDX-License-Identifier: GPL-2.0-only */
/* ha.cf: one table of directives, the readers of their words, and the checks between them (heartbeat.md 1.1-1.3). */
#include "heartbeat/ha_cf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heartbeat/hb_msg.h"
#include "lib/log.h"
#include "lib/fault.h"

enum { DEFAULT_PORT = 694, MIN_INITDEAD_MS = 10000 };

struct ha_chunk {
	struct ha_chunk *next;
	char text[];
};

struct parser {
	struct ha_cf *cf;
	struct conf *conf;
	bool no_memory, media_seen;
};

struct directive;
/* Reads one word (or, of a whole-line directive, all words); says what is wrong itself. */
typedef void (*read_fn)(struct parser *p, const struct directive *d, char **word, int words);

struct directive {
	const char *name;
	read_fn apply;
	bool whole_line; /* all words at once; otherwise each word is applied by itself, in turn */
	size_t offset;	 /* of the number, time, flag or string */
	int64_t min, max;
	const struct conf_keyword *keywords;
	const char *def, *help;
};

static const char *keep(struct parser *p, const char *text)
{
	const char *copy = ha_cf_keep(p->cf, text);

	p->no_memory |= !copy;
	return copy;
}

const char *ha_cf_keep(struct ha_cf *cf, const char *text)
{
	size_t len = strlen(text) + 1;
	struct ha_chunk *chunk = malloc(sizeof(*chunk) + len);

	if (!chunk)
		return NULL;
	memcpy(chunk->text, text, len);
	chunk->next = cf->chunks;
	cf->chunks = chunk;
	return chunk->text;
}

/* "a b c" of words from first on. */
static const char *keep_joined(struct parser *p, char **word, int first, int words)
{
	char line[HA_MAX_LINE_BYTE + 1] = "";
	size_t used = 0;
	int i;

	for (i = first; i < words; i++)
		used += snprintf(line + used, sizeof(line) - used, "%s%s", i > first ? " " : "", word[i]);
	return keep(p, line);
}

#define FIELD(p, d, type) (*(type *)((char *)(p)->cf + (d)->offset))

/* Times: a bare number is seconds; a suffix that starts with ms or us, in any case, its unit (heartbeat.md 1.1). */
static int parse_ms(const char *word, unsigned int bare_mul, int64_t *ms)
{
	const struct conf_unit units[] = { { "", bare_mul, 1 }, { "ms*", 1, 1 }, { "us*", 1, 1000 }, { NULL, 0, 0 } };
	char lower[64];
	size_t i;

	for (i = 0; i < sizeof(lower) - 1 && word[i]; i++)
		lower[i] = tolower((unsigned char)word[i]);
	lower[i] = '\0';
	return word[i] ? -EINVAL : conf_scaled(lower, units, ms);
}

static void read_time(struct parser *p, const struct directive *d, char **word, int words)
{
	int64_t ms;

	(void)words;
	/* max_rexmit_delay alone counts bare milliseconds */
	if (parse_ms(word[0], d->offset == offsetof(struct ha_cf, max_rexmit_delay_ms) ? 1 : 1000, &ms))
		conf_error(p->conf, "%s: '%s' is not a time: write seconds (2, 0.5), or ms or us (500ms)", d->name, word[0]);
	else if (ms < d->min || ms > d->max)
		conf_error(p->conf, "%s: time [%s] is out of range", d->name, word[0]);
	else
		FIELD(p, d, int64_t) = ms;
}

static void read_num(struct parser *p, const struct directive *d, char **word, int words)
{
	int64_t n;

	(void)words;
	if (conf_num(word[0], d->min, d->max, &n))
		conf_error(p->conf, "%s: '%s' is not a number from %lld to %lld", d->name, word[0], (long long)d->min,
			   (long long)d->max);
	else
		FIELD(p, d, int64_t) = n;
}

static void read_flag(struct parser *p, const struct directive *d, char **word, int words)
{
	bool value;

	(void)words;
	if (!strcasecmp(word[0], "true"))
		value = true;
	else if (!strcasecmp(word[0], "false"))
		value = false;
	else if (conf_bool(word[0], &value)) {
		conf_error(p->conf, "%s: '%s' is not a boolean: write on or off", d->name, word[0]);
		return;
	}
	FIELD(p, d, bool) = value;
}

static void read_text(struct parser *p, const struct directive *d, char **word, int words)
{
	(void)words;
	FIELD(p, d, const char *) = keep(p, word[0]);
}

static void read_keyword(struct parser *p, const struct directive *d, char **word, int words)
{
	const struct conf_keyword *kw = conf_find(d->keywords, word[0]);
	char list[160] = "";
	size_t used = 0;

	(void)words;
	if (kw) {
		FIELD(p, d, int) = kw->value;
		return;
	}
	for (kw = d->keywords; kw->name; kw++)
		used += snprintf(list + used, sizeof(list) - used, " %s", kw->name);
	conf_error(p->conf, "%s: Illegal value [%s], one of:%s", d->name, word[0], list);
}

static void read_compression(struct parser *p, const struct directive *d, char **word, int words)
{
	if (!HB_HAS_BZ2 && !strcmp(word[0], "bz2"))
		conf_error(p->conf, "compression bz2: this heartbeat was built without bzip2; write: compression zlib");
	else
		read_keyword(p, d, word, words);
}

static void read_node(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_cf *cf = p->cf;
	char *c;
	int i;

	(void)d;
	(void)words;
	for (c = word[0]; *c; c++)
		*c = tolower((unsigned char)*c);
	if (c - word[0] > HA_MAX_NAME) {
		conf_error(p->conf, "node name [%s] is longer than %d characters", word[0], HA_MAX_NAME);
		return;
	}
	for (i = 0; i < cf->nodes; i++)
		if (cf->node[i] && !strcmp(cf->node[i], word[0])) {
			conf_error(p->conf, "node [%s] is named twice", word[0]);
			return;
		}
	if (cf->nodes == HA_MAX_NODE)
		conf_error(p->conf, "more than %d nodes", HA_MAX_NODE);
	else
		cf->node[cf->nodes++] = keep(p, word[0]);
}

static void read_baud(struct parser *p, const struct directive *d, char **word, int words)
{
	static const int rates[] = { 9600, 19200, 38400, 57600, 115200, 230400, 460800 };
	int64_t n;
	size_t i;

	(void)words;
	if (p->media_seen)
		conf_warn(p->conf, "baud setting must precede media statements");
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (!conf_num(word[0], 0, 460800, &n) && n == rates[i]) {
			FIELD(p, d, int64_t) = n;
			return;
		}
	conf_error(p->conf, "invalid baudrate [%s] specified.", word[0]);
}

static void read_port(struct parser *p, const struct directive *d, char **word, int words)
{
	int64_t n;

	(void)words;
	if (p->media_seen)
		conf_warn(p->conf, "udpport setting must precede media statements");
	if (conf_num(word[0], 1, 65535, &n))
		conf_error(p->conf, "invalid port [%s] specified.", word[0]);
	else
		FIELD(p, d, int64_t) = n;
}

static void read_watchdog(struct parser *p, const struct directive *d, char **word, int words)
{
	(void)words;
	if (p->cf->watchdog)
		conf_error(p->conf, "Watchdog device multiply specified.");
	else
		FIELD(p, d, const char *) = keep(p, word[0]);
}

static void read_facility(struct parser *p, const struct directive *d, char **word, int words)
{
	int facility = strcmp(word[0], "none") ? log_facility(word[0]) : -1;

	(void)words;
	if (facility < 0 && strcmp(word[0], "none"))
		conf_error(p->conf, "Log facility(%s) not valid", word[0]);
	else
		FIELD(p, d, int) = facility;
}

static void read_use_logd(struct parser *p, const struct directive *d, char **word, int words)
{
	read_flag(p, d, word, words);
	p->cf->logd_set = true;
}

static void read_nice_failback(struct parser *p, const struct directive *d, char **word, int words)
{
	bool on;

	(void)words;
	if (conf_bool(word[0], &on)) {
		conf_error(p->conf, "%s: '%s' is not a boolean: write on or off", d->name, word[0]);
		return;
	}
	conf_warn(p->conf, "nice_failback is obsolete: write 'auto_failback %s'", on ? "off" : "legacy");
	p->cf->failback = on ? HA_FAILBACK_OFF : HA_FAILBACK_LEGACY;
}

/* Only the value that means "haresources mode" is obeyed. */
static void read_only_value(struct parser *p, const struct directive *d, char **word, int words)
{
	bool on;

	(void)words;
	if (!strcmp(word[0], d->def) || (!strcmp(d->def, "off") && !conf_bool(word[0], &on) && !on))
		return;
	if (!strcmp(d->name, "autojoin"))
		conf_error(p->conf, "autojoin %s: R1 style resource management conflicts with autojoin set: the nodes must be listed",
			   word[0]);
	else
		conf_error(p->conf, "%s %s is refused: %s", d->name, word[0], d->help);
}

static void read_refused(struct parser *p, const struct directive *d, char **word, int words)
{
	(void)word;
	(void)words;
	conf_error(p->conf, "directive '%s' is refused: %s", d->name, d->help);
}

static void read_env(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_cf *cf = p->cf;

	(void)d;
	(void)words;
	if (!strchr(word[0], '=') || word[0][0] == '=')
		conf_error(p->conf, "env: [%s] is not NAME=VALUE", word[0]);
	else if (cf->envs == HA_MAX_CLIENT)
		conf_error(p->conf, "more than %d env settings", HA_MAX_CLIENT);
	else
		cf->env[cf->envs++] = keep(p, word[0]);
}

/* -- media ------------------------------------------------------------------------------------------------------------ */

static struct ha_media *new_media(struct parser *p, enum ha_media_kind kind, const char *dev)
{
	struct ha_cf *cf = p->cf;
	struct ha_media *media;

	if (cf->medias == HA_MAX_MEDIA) {
		conf_error(p->conf, "Too many media specified (> %d)", HA_MAX_MEDIA);
		return NULL;
	}
	p->media_seen = true;
	media = &cf->media[cf->medias++];
	media->kind = kind;
	media->dev = keep(p, dev);
	media->port = (int)cf->udpport;
	media->baud = (int)cf->baud;
	return media;
}

static void check_device(struct parser *p, const struct directive *d, const char *dev)
{
	/* whether the interface exists is seen when it is opened: it may come with the daemon's start */
	if (strlen(dev) >= IFNAMSIZ)
		conf_error(p->conf, "%s: interface name [%s] is longer than %d characters", d->name, dev, IFNAMSIZ - 1);
}

static void read_bcast(struct parser *p, const struct directive *d, char **word, int words)
{
	(void)words;
	if (!strcmp(d->name, "udp"))
		conf_warn(p->conf, "directive 'udp' replaced by 'bcast'");
	check_device(p, d, word[0]);
	new_media(p, HA_BCAST, word[0]);
}

static void read_serial(struct parser *p, const struct directive *d, char **word, int words)
{
	struct stat st;

	(void)d;
	(void)words;
	if (word[0][0] != '/')
		conf_error(p->conf, "Serial port not full pathname [%s]", word[0]);
	else if (stat(word[0], &st) || !S_ISCHR(st.st_mode))
		conf_error(p->conf, "Nonexistent serial port [%s]", word[0]);
	else
		new_media(p, HA_SERIAL, word[0]);
}

static void read_ucast(struct parser *p, const struct directive *d, char **word, int words)
{
	bool six = !strcmp(d->name, "ucast6");
	struct ha_media *media;
	struct in_addr in;
	struct in6_addr in6;

	if (words != 2) {
		conf_error(p->conf, "%s: [%s] %s", d->name, word[0],
			   words < 2 ? "missing target IP address/hostname" : "has words after the address");
		return;
	}
	check_device(p, d, word[0]);
	if (six ? inet_pton(AF_INET6, word[1], &in6) != 1 : !inet_aton(word[1], &in)) {
		struct addrinfo hint = { .ai_family = six ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM }, *ai;

		if (getaddrinfo(word[1], NULL, &hint, &ai)) {
			conf_error(p->conf, "%s: cannot resolve hostname [%s]", d->name, word[1]);
			return;
		}
		freeaddrinfo(ai);
	}
	media = new_media(p, six ? HA_UCAST6 : HA_UCAST, word[0]);
	if (media)
		media->address = keep(p, word[1]);
}

static void read_mcast(struct parser *p, const struct directive *d, char **word, int words)
{
	static const char *const names[] = { "device", "mcast address", "port", "ttl", "loop" };
	bool six = !strcmp(d->name, "mcast6");
	struct ha_media *media;
	struct in6_addr in6;
	struct in_addr in;
	int64_t port, ttl, loop;

	if (words != 5) {
		conf_error(p->conf, words < 5 ? "%s: missing %s: write device address port ttl loop" : "%s: words after the %s", d->name,
			   names[words < 5 ? words : 4]);
		return;
	}
	check_device(p, d, word[0]);
	if (six ? inet_pton(AF_INET6, word[1], &in6) != 1 || !IN6_IS_ADDR_MULTICAST(&in6) :
		  inet_pton(AF_INET, word[1], &in) != 1 || !IN_MULTICAST(ntohl(in.s_addr)))
		conf_error(p->conf, "%s: bad multicast address [%s]", d->name, word[1]);
	else if (conf_num(word[2], 1, 65535, &port))
		conf_error(p->conf, "%s: bad port [%s]", d->name, word[2]);
	else if (conf_num(word[3], 0, 4, &ttl))
		conf_error(p->conf, "%s: bad ttl [%s], 0 to 4", d->name, word[3]);
	else if (conf_num(word[4], 0, 1, &loop))
		conf_error(p->conf, "%s: bad loop [%s], 0 or 1", d->name, word[4]);
	else if ((media = new_media(p, six ? HA_MCAST6 : HA_MCAST, word[0]))) {
		media->address = keep(p, word[1]);
		media->port = (int)port;
		media->ttl = (int)ttl;
		media->loop = loop;
	}
}

static void add_ping_host(struct parser *p, struct ha_media *media, bool six, const char *host)
{
	struct addrinfo hint = { .ai_family = six ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM }, *ai;

	if (getaddrinfo(host, NULL, &hint, &ai)) {
		conf_error(p->conf, "cannot resolve ping host [%s]", host);
		return;
	}
	freeaddrinfo(ai);
	if (media->hosts == HA_MAX_GROUP)
		conf_error(p->conf, "ping_group %s: more than %d hosts", media->dev, HA_MAX_GROUP);
	else
		media->host[media->hosts++] = keep(p, host);
}

static void read_ping(struct parser *p, const struct directive *d, char **word, int words)
{
	bool six = !strcmp(d->name, "ping6");
	struct ha_media *media = new_media(p, six ? HA_PING6 : HA_PING, word[0]);

	(void)words;
	if (media)
		add_ping_host(p, media, six, word[0]);
}

static void read_ping_group(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_media *media;
	int i;

	(void)d;
	if (words < 2) {
		conf_error(p->conf, "ping_group [%s]: no hosts", word[0]);
		return;
	}
	media = new_media(p, HA_PING_GROUP, word[0]);
	for (i = 1; media && i < words; i++)
		add_ping_host(p, media, false, word[i]);
}

/* -- clients, stonith ------------------------------------------------------------------------------------------------- */

/* A name or number of the user or group database. */
static bool find_id(const char *name, bool group, unsigned int *id)
{
	const struct passwd *pw = group ? NULL : getpwnam(name);
	const struct group *gr = group ? getgrnam(name) : NULL;
	int64_t n;

	if (pw || gr)
		*id = pw ? pw->pw_uid : gr->gr_gid;
	else if (!conf_num(name, 0, UINT32_MAX - 1, &n))
		*id = (unsigned int)n;
	else
		return false;
	return true;
}

static void read_id_list(struct parser *p, struct ha_apiauth *auth, bool group, char *list)
{
	char *rest = list, *name;
	unsigned int id;

	while ((name = strsep(&rest, ","))) {
		if (!*name)
			conf_error(p->conf, "apiauth %s: Bad %s list [%s]", auth->name, group ? "gid" : "uid", list);
		else if (!find_id(name, group, &id))
			conf_error(p->conf, "apiauth %s: Invalid %s id name [%s]", auth->name, group ? "group" : "user", name);
		else if ((group ? auth->gids : auth->uids) == HA_MAX_IDS)
			conf_error(p->conf, "apiauth %s: more than %d names", auth->name, HA_MAX_IDS);
		else if (group)
			auth->gid[auth->gids++] = id;
		else
			auth->uid[auth->uids++] = id;
	}
}

static void read_apiauth(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_cf *cf = p->cf;
	struct ha_apiauth *auth;
	int i;

	(void)d;
	for (i = 0; i < cf->apiauths; i++)
		if (cf->apiauth[i].name && !strcmp(cf->apiauth[i].name, word[0])) {
			conf_error(p->conf, "Duplicate apiauth directive for API client [%s]", word[0]);
			return;
		}
	if (words < 2) {
		conf_error(p->conf, "Missing uid or gid in apiauth [%s]", word[0]);
		return;
	}
	if (cf->apiauths == HA_MAX_CLIENT) {
		conf_error(p->conf, "more than %d apiauth lines", HA_MAX_CLIENT);
		return;
	}
	auth = &cf->apiauth[cf->apiauths++];
	auth->name = keep(p, word[0]);
	if (!auth->name)
		return;
	for (i = 1; i < words; i++) {
		if (!strncmp(word[i], "uid=", 4) || !strncmp(word[i], "gid=", 4))
			read_id_list(p, auth, word[i][0] == 'g', word[i] + 4);
		else
			conf_error(p->conf, "Invalid apiauth directive [%s]", word[i]);
	}
}

static void read_respawn(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_cf *cf = p->cf;
	struct ha_respawn *child;
	const struct passwd *pw = getpwnam(word[0]);
	struct stat st;

	if (words < 2)
		conf_error(p->conf, "%s: no command after the user [%s]", d->name, word[0]);
	else if (!pw)
		conf_error(p->conf, "Invalid uid [%s] specified for client child", word[0]);
	else if (word[1][0] != '/')
		conf_error(p->conf, "Client child command [%s] is not full pathname", word[1]);
	else if (stat(word[1], &st) || !S_ISREG(st.st_mode) || access(word[1], X_OK))
		conf_error(p->conf, "Client child command [%s] is not executable", word[1]);
	else if (cf->respawns == HA_MAX_CLIENT)
		conf_error(p->conf, "more than %d client children", HA_MAX_CLIENT);
	else {
		child = &cf->respawn[cf->respawns++];
		child->uid = pw->pw_uid;
		child->gid = pw->pw_gid;
		child->user = keep(p, word[0]);
		child->failfast = !strcmp(d->name, "failfast");
		child->command = keep_joined(p, word, 1, words);
	}
}

static void read_stonith(struct parser *p, const struct directive *d, char **word, int words)
{
	bool from_file = !strcmp(d->name, "stonith");
	struct ha_stonith *stonith;
	const char *type;

	if (words < 2 || (from_file && words != 2)) {
		conf_error(p->conf, from_file ? "stonith: write TYPE FILE" : "stonith_host: write HOST TYPE PARAMETERS");
		return;
	}
	type = word[from_file ? 0 : 1];
	if (type[0] == '/' && access(type, X_OK)) {
		conf_error(p->conf, "Invalid Stonith type [%s]: the program cannot be run", type);
		return;
	}
	if (from_file && access(word[1], R_OK)) {
		conf_error(p->conf, "Invalid Stonith config file [%s]", word[1]);
		return;
	}
	if (p->cf->stoniths == HA_MAX_STONITH) {
		conf_error(p->conf, "more than %d stonith devices", HA_MAX_STONITH);
		return;
	}
	stonith = &p->cf->stonith[p->cf->stoniths++];
	stonith->from_file = from_file;
	stonith->host = keep(p, from_file ? "*" : word[0]);
	stonith->type = keep(p, type);
	stonith->params = from_file ? keep(p, word[1]) : keep_joined(p, word, 2, words);
}

/* -- beyond the original ---------------------------------------------------------------------------------------------- */

/* monitor TIME [FAILURES] */
static void read_monitor(struct parser *p, const struct directive *d, char **word, int words)
{
	p->cf->monitor_failures = 3;
	read_time(p, d, word, 1);
	if (words > 2 || (words == 2 && conf_num(word[1], 1, 1000, &p->cf->monitor_failures)))
		conf_error(p->conf, "monitor: write TIME [FAILURES before the group is handed over, 1 to 1000]");
}

/* flap_guard HANDOVERS TIME */
static void read_flap_guard(struct parser *p, const struct directive *d, char **word, int words)
{
	if (words != 2 || conf_num(word[0], 1, 1000, &p->cf->flap_max))
		conf_error(p->conf, "flap_guard: write HANDOVERS (1 to 1000) TIME");
	else
		read_time(p, d, word + 1, 1);
}

/* start_timeout SCRIPT|* TIME, stop_timeout likewise */
static void read_limit(struct parser *p, const struct directive *d, char **word, int words)
{
	struct ha_cf *cf = p->cf;
	int64_t ms;
	int i;

	if (words != 2 || parse_ms(word[1], 1000, &ms) || ms <= 0) {
		conf_error(p->conf, "%s: write SCRIPT TIME, or * TIME for all scripts", d->name);
		return;
	}
	for (i = 0; i < cf->limits && strcmp(cf->limit[i].script, word[0]); i++)
		;
	if (i == HA_MAX_LIMIT) {
		conf_error(p->conf, "more than %d scripts with time limits", HA_MAX_LIMIT);
		return;
	}
	if (i == cf->limits) {
		cf->limit[i].script = keep(p, word[0]);
		if (!cf->limit[i].script)
			return;
		cf->limits++;
	}
	*(strcmp(d->name, "start_timeout") ? &cf->limit[i].stop_ms : &cf->limit[i].start_ms) = ms;
}

const struct ha_limit *ha_cf_limit(const struct ha_cf *cf, const char *script)
{
	const struct ha_limit *all = NULL;
	int i;

	for (i = 0; i < cf->limits; i++) {
		if (!strcmp(cf->limit[i].script, script))
			return &cf->limit[i];
		if (!strcmp(cf->limit[i].script, "*"))
			all = &cf->limit[i];
	}
	return all;
}

/* -- the table -------------------------------------------------------------------------------------------------------- */

static const struct conf_keyword failback_words[] = { { "on", HA_FAILBACK_ON }, { "off", HA_FAILBACK_OFF },
	{ "yes", HA_FAILBACK_ON }, { "no", HA_FAILBACK_OFF }, { "true", HA_FAILBACK_ON }, { "false", HA_FAILBACK_OFF },
	{ "y", HA_FAILBACK_ON }, { "n", HA_FAILBACK_OFF }, { "1", HA_FAILBACK_ON }, { "0", HA_FAILBACK_OFF },
	{ "legacy", HA_FAILBACK_LEGACY }, { NULL, 0 } };
static const struct conf_keyword msgfmt_words[] = { { "classic", HA_CLASSIC }, { "netstring", HA_NETSTRING }, { NULL, 0 } };
static const struct conf_keyword compression_words[] = { { "zlib", HA_ZLIB }, { "bz2", HA_BZ2 }, { NULL, 0 } };
static const struct conf_keyword gen_words[] = { { "file", false }, { "time", true }, { NULL, 0 } };
static const struct conf_keyword uuid_words[] = { { "file", false }, { "nodename", true }, { NULL, 0 } };

/* a keyword whose two values are a flag */
static void read_choice(struct parser *p, const struct directive *d, char **word, int words)
{
	const struct conf_keyword *kw = conf_find(d->keywords, word[0]);

	(void)words;
	if (kw)
		FIELD(p, d, bool) = kw->value;
	else
		conf_error(p->conf, "%s: Illegal value [%s], one of: %s %s", d->name, word[0], d->keywords[0].name, d->keywords[1].name);
}

#define AT(field) offsetof(struct ha_cf, field)
#define TIME(n, f, lo, def, help) { n, read_time, false, AT(f), lo, INT32_MAX, NULL, def, help }
#define NUM(n, f, lo, hi, def, help) { n, read_num, false, AT(f), lo, hi, NULL, def, help }
#define FLAG(n, f, def, help) { n, read_flag, false, AT(f), 0, 0, NULL, def, help }
#define TEXT(n, f, def, help) { n, read_text, false, AT(f), 0, 0, NULL, def, help }
#define WORD(n, fn, f, words, def, help) { n, fn, false, AT(f), 0, 0, words, def, help }
#define EACH(n, fn, help) { n, fn, false, 0, 0, 0, NULL, NULL, help }
#define LINE(n, fn, help) { n, fn, true, 0, 0, 0, NULL, NULL, help }
#define ONLY(n, value, help) { n, read_only_value, false, 0, 0, 0, NULL, value, help }
#define REFUSED(n, help) { n, read_refused, true, 0, 0, 0, NULL, NULL, help }

static const struct directive directives[] = {
	EACH("node", read_node, "names of the nodes, as `uname -n` prints them"),
	TEXT("cluster", cluster, "linux-ha", "name of the cluster, for scripts"),
	TIME("keepalive", keepalive_ms, 1, "1000ms", "time between two heartbeats"),
	TIME("deadtime", deadtime_ms, 1, "30000ms", "silence after which a node is dead"),
	TIME("warntime", warntime_ms, 1, NULL, "silence that is logged as late; half of deadtime if unset"),
	TIME("initdead", initdead_ms, 1, NULL, "deadtime while starting"),
	TIME("deadping", deadping_ms, 1, NULL, "deadtime of ping nodes; deadtime if unset"),
	NUM("hopfudge", hopfudge, 0, 255, "1", "hops a message may take beyond the number of nodes"),
	WORD("baud", read_baud, baud, NULL, "19200", "speed of the serial media that follow"),
	WORD("udpport", read_port, udpport, NULL, "694", "UDP port of the media that follow"),
	EACH("bcast", read_bcast, "interfaces to broadcast on"),
	EACH("udp", read_bcast, "old name of bcast"),
	LINE("ucast", read_ucast, "interface and address of the other node"),
	LINE("ucast6", read_ucast, "interface and IPv6 address of the other node"),
	LINE("mcast", read_mcast, "interface, group, port, ttl and loop"),
	LINE("mcast6", read_mcast, "interface, IPv6 group, port, ttl and loop"),
	EACH("serial", read_serial, "serial ports"),
	EACH("ping", read_ping, "hosts that are pinged as pseudo nodes"),
	EACH("ping6", read_ping, "IPv6 hosts that are pinged as pseudo nodes"),
	LINE("ping_group", read_ping_group, "pseudo node and its hosts, of which one must answer"),
	WORD("auto_failback", read_keyword, failback, failback_words, "legacy", "give a returning node its resources"),
	WORD("nice_failback", read_nice_failback, failback, NULL, NULL, "old opposite of auto_failback"),
	WORD("watchdog", read_watchdog, watchdog, NULL, NULL, "watchdog device"),
	LINE("stonith", read_stonith, "type and parameter file of the device that resets a dead node"),
	LINE("stonith_host", read_stonith, "host, type and parameters of a device that resets a dead node"),
	LINE("respawn", read_respawn, "user and command that is kept running"),
	LINE("failfast", read_respawn, "like respawn; its death reboots the node"),
	LINE("apiauth", read_apiauth, "client name with uid= and gid= that may sign on"),
	TEXT("logfile", logfile, NULL, "file for messages"),
	TEXT("debugfile", debugfile, NULL, "file for messages and debugging"),
	WORD("logfacility", read_facility, logfacility, NULL, NULL, "syslog facility or none"),
	WORD("use_logd", read_use_logd, use_logd, NULL, NULL, "log by ha_logd, and while it does not run to the targets of /etc/logd.cf"),
	TIME("conn_logd_time", conn_logd_ms, 1, "60", "time between attempts to reach ha_logd"),
	FLAG("syslogmsgfmt", syslogmsgfmt, "true", "log files look like syslog's"),
	NUM("debug", debug, 0, 255, "0", "debug level"),
	WORD("msgfmt", read_keyword, msgfmt, msgfmt_words, "classic", "framing of messages sent"),
	WORD("compression", read_compression, compression, compression_words, "zlib", "how big messages are compressed"),
	NUM("compression_threshold", compression_threshold_kib, 1, 1024, "2", "KiB from which messages are compressed"),
	FLAG("traditional_compression", traditional_compression, "no", "compress whole messages"),
	WORD("hbgenmethod", read_choice, gen_by_time, gen_words, "file", "where a new generation comes from"),
	WORD("uuidfrom", read_choice, uuid_from_name, uuid_words, "file", "where the node's uuid comes from"),
	FLAG("realtime", realtime, "true", "real-time priority and locked memory"),
	NUM("rtprio", rtprio, 1, 99, "1", "real-time priority"),
	NUM("memreserve", memreserve_kib, 0, 1 << 20, "6500", "KiB of stack and heap touched in advance"),
	TIME("max_rexmit_delay", max_rexmit_delay_ms, 1, "250", "ms between requests for a lost message"),
	ONLY("autojoin", "none", "nodes are listed in ha.cf"),
	ONLY("crm", "off", "this program manages haresources; a cluster resource manager is not part of it"),
	ONLY("pacemaker", "off", "this program manages haresources; a cluster resource manager is not part of it"),
	EACH("env", read_env, "NAME=VALUE exported as HA_NAME"),
	FLAG("coredumps", coredumps, "true", "allow core dumps"),
	TEXT("coreroot", coreroot, "/var/lib/heartbeat/cores", "directory of core dumps"),
	FLAG("log_badpack", log_badpack, "true", "log packets that fail authentication"),
	ONLY("use_apphbd", "off", "apphbd is not part of this program"),
	REFUSED("hbaping", "Fibre Channel pings need a vendor library; use ping"),
	REFUSED("rds", "the RDS medium is not part of this program; use ucast"),
	REFUSED("tipc", "the TIPC medium is not part of this program; use mcast"),
	REFUSED("openais", "the openais medium is not part of this program; use mcast"),
	REFUSED("quorum_server", "it belongs to the cluster resource manager, not to haresources"),
	REFUSED("crm_daemon_dir", "it belongs to the cluster resource manager, not to haresources"),
	REFUSED("crmd_spawns_pengine", "it belongs to the cluster resource manager, not to haresources"),
	REFUSED("record_config_changes", "it belongs to the cluster resource manager, not to haresources"),
	REFUSED("record_pengine_inputs", "it belongs to the cluster resource manager, not to haresources"),
	REFUSED("enable_config_writes", "it belongs to the cluster resource manager, not to haresources"),
	{ "monitor", read_monitor, true, AT(monitor_ms), 100, INT32_MAX, NULL, NULL,
	  "time between status checks of held resources, failures before the group is handed over" },
	LINE("start_timeout", read_limit, "script (or *) and the time its start may take"),
	LINE("stop_timeout", read_limit, "script (or *) and the time its stop may take"),
	TIME("failback_delay", failback_delay_ms, 0, NULL, "how long a returned node waits before it gets its resources"),
	FLAG("require_uptodate", need_uptodate, NULL, "take groups with drbddisk only where the disk is UpToDate"),
	{ "flap_guard", read_flap_guard, true, AT(flap_window_ms), 1, INT32_MAX, NULL, NULL,
	  "handovers within a time after which automatic ones stop" },
	TIME("arp_repeat", arp_repeat_ms, 1000, NULL, "time between announcements of held addresses"),
	TEXT("metrics_file", metrics_file, NULL, "text file for a node exporter"),
	{ NULL, NULL, false, 0, 0, 0, NULL, NULL, NULL }
};

void ha_cf_print_defaults(FILE *out)
{
	const struct directive *d;

	fprintf(out, "%-24s %-26s %s\n", "Directive", "Default", "Description");
	for (d = directives; d->name; d++)
		fprintf(out, "%-24s %-26s %s%s\n", d->name, d->def ? d->def : "", d->apply == read_refused ? "refused: " : "", d->help);
}

/* -- the whole file --------------------------------------------------------------------------------------------------- */

static void set_param(struct parser *p, const char *name, const char *value)
{
	struct ha_cf *cf = p->cf;
	int i;

	for (i = 0; i < cf->params && strcmp(cf->param[i].name, name); i++)
		;
	if (i == HA_MAX_PARAM)
		return;
	cf->param[i].value = keep(p, value);
	cf->param[i].name = name;
	if (cf->param[i].value && i == cf->params)
		cf->params++;
}

const char *ha_cf_param(const struct ha_cf *cf, const char *name)
{
	int i;

	for (i = 0; i < cf->params; i++)
		if (!strcmp(cf->param[i].name, name))
			return cf->param[i].value;
	return NULL;
}

static void apply_defaults(struct parser *p)
{
	const struct directive *d;
	struct servent *service = getservbyname("ha-cluster", "udp");

	p->cf->logfacility = -1;
	for (d = directives; d->name; d++)
		if (d->def) {
			char text[64], *word = text;

			snprintf(text, sizeof(text), "%s", d->def);
			d->apply(p, d, &word, 1);
			set_param(p, d->name, d->def);
		}
	p->cf->logd_set = false;
	p->cf->udpport = service ? ntohs(service->s_port) : DEFAULT_PORT;
}

static void read_line(struct parser *p, char *line)
{
	char *word[HA_MAX_WORD], *rest, name[64];
	const struct directive *d;
	int words, i;

	line[strcspn(line, "#\r")] = '\0';
	line += strspn(line, " \t");
	if (!*line)
		return;
	if (strlen(line) > HA_MAX_LINE_BYTE) {
		conf_error(p->conf, "line is longer than %d bytes", HA_MAX_LINE_BYTE);
		return;
	}
	rest = line + strcspn(line, " \t,");
	snprintf(name, sizeof(name), "%.*s", (int)(rest - line), line);
	for (d = directives; d->name && strcmp(d->name, name); d++)
		;
	if (!d->name) {
		const char *near = conf_nearest(directives, sizeof(directives[0]), name);

		conf_error(p->conf, "Illegal directive [%s]%s%s%s", name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
		return;
	}
	rest += strspn(rest, " \t,");
	for (i = strlen(rest); i > 0 && strchr(" \t", rest[i - 1]); i--)
		rest[i - 1] = '\0';
	if (d->whole_line)
		set_param(p, d->name, rest);
	for (words = 0; *rest; words++) {
		if (words == HA_MAX_WORD) {
			conf_error(p->conf, "%s: more than %d words", d->name, HA_MAX_WORD);
			return;
		}
		word[words] = rest;
		rest += strcspn(rest, d->whole_line ? " \t" : " \t,");
		if (*rest)
			*rest++ = '\0';
		rest += strspn(rest, d->whole_line ? " \t" : " \t,");
	}
	if (!words && d->apply != read_refused) {
		conf_error(p->conf, "%s: no value", d->name);
		return;
	}
	if (d->whole_line)
		d->apply(p, d, word, words);
	for (i = 0; !d->whole_line && i < words; i++) {
		set_param(p, d->name, word[i]);
		d->apply(p, d, word + i, 1);
	}
}

/* Defaults that follow from other values. */
static void derive(struct ha_cf *cf)
{
	if (!cf->warntime_ms)
		cf->warntime_ms = cf->deadtime_ms / 2;
	if (!cf->deadping_ms)
		cf->deadping_ms = cf->deadtime_ms;
	if (!cf->initdead_ms)
		cf->initdead_ms = cf->deadtime_ms > 10000 ? cf->deadtime_ms : cf->deadtime_ms < 6000 ? 12000 : 2 * cf->deadtime_ms;
}

/* heartbeat.md 1.3; these speak of the file as a whole, so they name no line */
static void check_together(struct parser *p, const char *own)
{
	struct ha_cf *cf = p->cf;
	struct conf *conf = p->conf;
	bool own_found = false;
	int i;

	for (i = 0; i < cf->nodes; i++)
		own_found |= cf->node[i] && !strcmp(cf->node[i], own);
	if (!cf->nodes)
		conf_error_at(conf, 0, "no nodes defined");
	else if (!own_found)
		conf_error_at(conf, 0, "Current node [%s] not in configuration!", own);
	if (cf->nodes > 2)
		conf_warn(conf, "%d nodes: resource groups are taken over between two, more of them only watch each other", cf->nodes);
	if (!cf->medias)
		conf_error_at(conf, 0, "No heartbeat media defined");
	if (cf->deadtime_ms <= 2 * cf->keepalive_ms)
		conf_error_at(conf, 0, "Dead time [%lld] is too small compared to keeplive [%lld]", (long long)cf->deadtime_ms,
			      (long long)cf->keepalive_ms);
	if (cf->deadping_ms <= 2 * cf->keepalive_ms)
		conf_error_at(conf, 0, "Ping dead time [%lld] is too small compared to keeplive [%lld]", (long long)cf->deadping_ms,
			      (long long)cf->keepalive_ms);
	if (cf->initdead_ms < cf->deadtime_ms)
		conf_error_at(conf, 0, "Initial dead time [%lld] is smaller than deadtime [%lld]", (long long)cf->initdead_ms,
			      (long long)cf->deadtime_ms);
	if (cf->failback == HA_FAILBACK_LEGACY)
		conf_warn(conf, "Deprecated 'legacy' auto_failback option selected. Please convert to 'auto_failback on'.");
	if (!cf->logfile && !cf->debugfile && cf->logfacility < 0 && cf->logd_set && !cf->use_logd)
		conf_error_at(conf, 0, "nothing to log to: use_logd is off and there is no logfile, debugfile or logfacility");
}

int ha_cf_parse(struct ha_cf *cf, struct conf *conf, char *text, const char *own)
{
	struct ha_cf work = { .nodes = 0 };
	struct parser p = { .cf = &work, .conf = conf };
	char *line;

	conf_start(conf, conf->file, text);
	apply_defaults(&p);
	while (!p.no_memory && (line = conf_next_line(conf)))
		read_line(&p, line);
	if (p.no_memory)
		goto free_work;
	derive(&work);
	check_together(&p, own);
	if (conf->errors)
		goto free_work;
	*cf = work;
	return 0;

free_work:
	ha_cf_free(&work);
	return p.no_memory ? -ENOMEM : -EINVAL;
}

void ha_cf_free(struct ha_cf *cf)
{
	struct ha_chunk *chunk;

	while ((chunk = cf->chunks)) {
		cf->chunks = chunk->next;
		free(chunk);
	}
}
