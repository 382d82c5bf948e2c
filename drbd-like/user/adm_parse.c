/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recursive descent over drbd.conf. Every parse function leaves the token behind its statement as the current one, or
 * returns false with an error reported; the section's loop then skips to the next statement. What can only be judged
 * with the whole tree is adm_tree.c's.
 */
#include "drbd-like/user/adm_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drbd-like/user/adm_options.h"
#include "drbd-like/user/adm_scan.h"
#include "drbd-like/user/adm_uniq.h"
#include "lib/conf.h"
#include "lib/fault.h"

struct parser {
	struct adm_conf *conf;
	struct adm_scan scan;
	const char *file;
	const struct parser *includer; /* NULL: the file itself */
	dev_t dev;
	ino_t ino;
	int depth; /* of includes */
	int token;
};

/* Where volume statements go. */
struct scope {
	const struct adm_res *res;
	const struct adm_host *host; /* NULL: the resource's own, for all hosts */
	struct adm_vol **vols;
	unsigned int vnr;
	bool explicit_vol;
};

static struct adm_place place(const struct parser *p)
{
	struct adm_place here = { p->file, p->scan.line };

	return here;
}

static void next(struct parser *p)
{
	p->token = adm_scan_next(&p->scan);
}

/* Words with a meaning of their own can not be names unless they are quoted. */
static const char *const reserved[] = {
	"global", "common", "resource", "skip", "include", "on", "floating", "stacked-on-top-of", "ignore-on", "volume",
	"device", "disk", "meta-disk", "flexible-meta-disk", "address", "minor", "options", "net", "syncer", "startup",
	"handlers", "proxy", "plugin", "inside", "outside", "protocol", "internal", NULL,
};

bool adm_reserved(const char *word)
{
	const char *const *r;

	for (r = reserved; *r; r++)
		if (!strcmp(*r, word))
			return true;
	return false;
}

static bool unexpected_near(struct parser *p, const char *expected, const char *near)
{
	enum { SHOWN = 20 };
	struct adm_place here = place(p);
	char op[2] = { (char)p->token, '\0' };
	const char *got = p->scan.text ? p->scan.text : p->token == ADM_EOF ? "end of file" : op;

	adm_error(p->conf, ADM_EXIT_CONFIG, &here, "Parse error: '%s' expected,\n\tbut got '%.*s%s'%s%s%s%s", expected,
		  SHOWN, got, strlen(got) > SHOWN ? "..." : "",
		  p->token != ADM_BAD ? "" : *got == '"' ? " (unterminated double quoted string)" : " (it needs quotes)",
		  near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	return false;
}

static bool unexpected(struct parser *p, const char *expected)
{
	return unexpected_near(p, expected, NULL);
}

static bool expect(struct parser *p, int op)
{
	char expected[2] = { (char)op, '\0' };

	if (p->token != op)
		return unexpected(p, expected);
	next(p);
	return true;
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token == ADM_WORD && !strcmp(p->scan.text, word);
}

static bool take_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	next(p);
	return true;
}

/* A name or value. NULL with an error: something else, or a reserved word without quotes. */
static const char *name(struct parser *p, const char *expected)
{
	const char *text = p->scan.text;
	struct adm_place here = place(p);

	if (p->token == ADM_WORD && adm_reserved(text)) {
		adm_error(p->conf, ADM_EXIT_CONFIG, &here,
			  "Parse error: '%s' expected,\n\tbut got the keyword '%s'; as a name it needs quotes: \"%s\"",
			  expected, text, text);
		return NULL;
	}
	if (p->token == ADM_WORD && strlen(text) > ADM_WORD_MAX) {
		adm_error(p->conf, ADM_EXIT_CONFIG, &here, "Token too long >>>%.20s...<<<", text);
		return NULL;
	}
	if (p->token != ADM_WORD && p->token != ADM_STRING) {
		unexpected(p, expected);
		return NULL;
	}
	next(p);
	return text;
}

/* The value of an option: as name(), but any word and IPv6 addresses will do. */
static const char *value(struct parser *p)
{
	const char *text = p->scan.text;

	if (p->token != ADM_WORD && p->token != ADM_STRING && p->token != ADM_IPV6) {
		unexpected(p, "a value");
		return NULL;
	}
	next(p);
	return text;
}

/* -1 with an error: no number, or out of range. */
static int number(struct parser *p, const char *what, int min, int max)
{
	struct adm_place here = place(p);
	const char *text = p->scan.text;
	int64_t num;

	if (p->token != ADM_WORD || conf_num(text, INT64_MIN, INT64_MAX, &num) == -EINVAL) {
		unexpected(p, what);
		return -1;
	}
	next(p);
	if (!conf_num(text, min, max, &num))
		return (int)num;
	adm_error(p->conf, ADM_EXIT_CONFIG, &here, "%s %s => %s out of range [%d..%d].", what, text, text, min, max);
	return -1;
}

/* Behind a mistake: to the end of the statement, or to the brace that ends the section. */
static void recover(struct parser *p)
{
	int depth = 0;

	for (; p->token != ADM_EOF; next(p)) {
		if (p->token == '{')
			depth++;
		if (p->token == '}' && depth-- == 0)
			return;
		if ((p->token == ';' || p->token == '}') && depth == 0) {
			next(p);
			return;
		}
	}
}

/* Errors without end help nobody: a file that is no drbd.conf at all. */
static bool enough(struct parser *p)
{
	if (p->conf->errors < ADM_ERRORS_MAX)
		return false;
	while (p->token != ADM_EOF)
		next(p);
	return true;
}

/* { statement... }; fn parses one and may fail. */
static bool block(struct parser *p, bool (*fn)(struct parser *p, void *arg), void *arg)
{
	unsigned int first = p->scan.line;
	struct adm_place here;

	if (!expect(p, '{'))
		return false;
	while (p->token != '}') {
		if (p->token == ADM_EOF) {
			here = place(p);
			adm_error(p->conf, ADM_EXIT_CONFIG, &here, "Parse error: '}' expected,\n"
				  "\tbut got the end of the file; the block starts in line %u", first);
			return false;
		}
		if (!fn(p, arg) && !enough(p))
			recover(p);
	}
	next(p);
	return true;
}

/* How messages call a place: "r0:server1:vol 0". */
static const char *scope_name(struct adm_conf *conf, const struct scope *scope)
{
	const struct adm_host *host = scope->host;
	const char *name = scope->res->key;

	if (host)
		name = adm_printf(&conf->mem, "%s:%s", name, host->lower ? host->lower : host->names.first->name);
	return scope->explicit_vol ? adm_printf(&conf->mem, "%s:vol %u", name, scope->vnr) : name;
}

/* What may stand once: *first is where it did, and nowhere yet without a file. */
static void once(struct parser *p, struct adm_place *first, const struct scope *scope, const char *what, const char *keyword)
{
	struct adm_place here = place(p);
	const char *name;

	if (!first->file || p->conf->running) {
		*first = here;
		return;
	}
	name = scope_name(p->conf, scope);
	adm_error(p->conf, ADM_EXIT_CONFIG, &here, "conflicting use of %s '%s:%s' ...", what, name, keyword);
	adm_warn(p->conf, first, "%s '%s:%s' first used here.", what, name, keyword);
}

/* ---- addresses */

static const struct conf_keyword families[] = {
	{ "ipv4", 0 }, { "ipv6", 0 }, { "sdp", 0 }, { "ssocks", 0 }, { "sci", 0 }, { NULL, 0 },
};

static const char *family_word(struct parser *p)
{
	const char *family;

	if (p->token != ADM_WORD || !conf_find(families, p->scan.text))
		return NULL;
	family = strcmp(p->scan.text, "sci") ? p->scan.text : "ssocks";
	next(p);
	return family;
}

static bool is_ipv6(const char *text)
{
	char ip[INET6_ADDRSTRLEN + 1];
	size_t len = strcspn(text, "%");
	struct in6_addr addr;

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	return inet_pton(AF_INET6, ip, &addr) == 1;
}

static bool ip_text(struct parser *p, bool ipv6, const char **ip)
{
	struct in_addr addr;

	*ip = p->scan.text;
	if (ipv6) {
		if ((p->token != ADM_IPV6 && p->token != ADM_WORD) || !is_ipv6(*ip))
			return unexpected(p, "<ipv6 address>");
	} else if (p->token != ADM_WORD || inet_pton(AF_INET, *ip, &addr) != 1) {
		return unexpected(p, "ssocks | sdp | ipv4 | ipv6 | <ipv4 address>");
	}
	next(p);
	return true;
}

static bool parse_addr(struct parser *p, struct adm_addr *addr)
{
	const char *family = family_word(p), *port;
	struct adm_addr got = { family ? family : "ipv4", NULL, NULL, place(p) };
	bool ipv6 = !strcmp(got.family, "ipv6");

	if (ipv6 && !expect(p, '['))
		return false;
	if (!ipv6 && p->token == '[')
		return unexpected(p, "ssocks | sdp | ipv4 | ipv6 | <ipv4 address>");
	if (!ip_text(p, ipv6, &got.ip) || (ipv6 && !expect(p, ']')) || !expect(p, ':'))
		return false;
	port = p->scan.text;
	if (number(p, "port", 1, 65535) < 0)
		return false;
	got.port = port;
	*addr = got;
	return true;
}

/* ---- sections of options */

struct section {
	struct adm_res *res; /* NULL: a volume's or a host's own */
	struct adm_opts *opts;
	enum adm_sec sec;
	bool syncer;
};

/* The text of a flag's value, or NULL with an error. */
static const char *flag_value(struct parser *p, const struct adm_option *option)
{
	bool yes = true;

	if (p->token != ';') {
		if (is_word(p, "no"))
			yes = false;
		else if (!is_word(p, "yes")) {
			unexpected(p, "yes | no | ;");
			return NULL;
		}
		next(p);
	}
	return yes != option->negated ? "yes" : "no";
}

static const char *upper(struct adm_conf *conf, const char *text)
{
	char *up = adm_strdup(&conf->mem, text), *c;

	for (c = up; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return up;
}

static bool option_value(struct parser *p, const struct adm_option *option, struct adm_opts *opts,
			 const struct adm_place *here)
{
	const char *text;

	if (option->kind == ADM_KIND_BOOL) {
		text = flag_value(p, option);
	} else {
		text = value(p);
		if (text && !p->conf->running && !adm_option_check(p->conf, option, text, here)) {
			if (p->token == ';')
				next(p);
			return true; /* reported; the statement is whole */
		}
	}
	if (!text || !expect(p, ';'))
		return false;
	if (option->opt && option->opt->type == OPT_ENUM && !strcmp(option->name, "protocol"))
		text = upper(p->conf, text);
	adm_opt_add(p->conf, opts, option->name, text, here);
	return true;
}

static bool parse_plugin_line(struct parser *p, void *arg)
{
	struct adm_place here = place(p);
	const char *line = NULL, *word;

	while (p->token != ';') {
		word = value(p);
		if (!word)
			return false;
		line = line ? adm_printf(&p->conf->mem, "%s %s", line, word) : word;
	}
	next(p);
	if (line)
		adm_opt_add(p->conf, arg, line, NULL, &here);
	return true;
}

static bool parse_become_primary_on(struct parser *p, struct adm_res *res)
{
	const char *host;

	do {
		host = name(p, "both | <host name>");
		if (!host)
			return false;
		adm_name_add(p->conf, &res->become_primary_on, host);
	} while (p->token != ';');
	next(p);
	return true;
}

/* Statements of startup and proxy that are no plain options. *done: it was one of them. */
static bool parse_special(struct parser *p, const struct section *s, bool *done)
{
	struct adm_place here = place(p);

	*done = true;
	if (s->sec == ADM_STARTUP && take_word(p, "become-primary-on"))
		return parse_become_primary_on(p, s->res);
	if (s->sec == ADM_STARTUP && take_word(p, "stacked-timeouts")) {
		adm_opt_add(p->conf, s->opts, "stacked-timeouts", NULL, &here);
		return expect(p, ';');
	}
	if (s->sec == ADM_PROXY && s->res && take_word(p, "plugin"))
		return block(p, parse_plugin_line, &s->res->plugins);
	*done = false;
	return true;
}

/* 8.3's settings without effect since 8.4, and what `drbdsetup show` of a newer module may print. */
static bool skip_option(struct parser *p)
{
	next(p);
	while (p->token != ';') {
		if (p->token == '}' || p->token == '{' || p->token == ADM_EOF)
			return unexpected(p, ";");
		next(p);
	}
	next(p);
	return true;
}

static bool parse_option(struct parser *p, void *arg)
{
	const struct section *s = arg;
	struct adm_place here = place(p);
	struct adm_option option;
	struct adm_opts *opts;
	bool done, ok;

	ok = parse_special(p, s, &done);
	if (done)
		return ok;
	if (p->token != ADM_WORD)
		return unexpected(p, "an option keyword");
	if (!adm_option_find(s->sec, s->syncer, p->scan.text, &option)) {
		if (adm_option_obsolete(p->scan.text) || p->conf->running)
			return skip_option(p);
		if (adm_option_home(p->scan.text)) {
			adm_error(p->conf, ADM_EXIT_CONFIG, &here, "Parse error: '%s' belongs into the %s section.",
				  p->scan.text, adm_option_home(p->scan.text));
			return false;
		}
		return unexpected_near(p, s->syncer ? "a syncer option keyword" : "an option keyword",
				       adm_option_nearest(s->sec, s->syncer, p->scan.text));
	}
	next(p);
	opts = s->syncer ? &s->res->opts[option.sec] : s->opts;
	return option_value(p, &option, opts, &here);
}

static bool parse_section(struct parser *p, struct adm_res *res, struct adm_opts *opts, enum adm_sec sec)
{
	struct section s = { res, opts, sec, false };

	return block(p, parse_option, &s);
}

/* ---- volumes */

static struct adm_vol *scope_vol(struct parser *p, const struct scope *scope)
{
	struct adm_vol *vol = adm_vol_get(p->conf, scope->vols, scope->vnr);

	if (!vol->place.file) {
		vol->place = place(p);
		vol->implicit = !scope->explicit_vol;
	}
	return vol;
}

/* A name like drbd7, with or without /dev/; *minor is what its digits say, -1 without. */
static bool drbd_name(const char *device, int *minor)
{
	int64_t num;

	if (!strncmp(device, "/dev/", 5))
		device += 5;
	*minor = -1;
	if (strncmp(device, "drbd", 4))
		return false;
	if (!conf_num(device + 4, 0, (1 << 20) - 1, &num))
		*minor = (int)num;
	return true;
}

static void check_device(struct parser *p, const struct adm_place *here, struct adm_vol *vol)
{
	const char *base = !strncmp(vol->device, "/dev/", 5) ? vol->device + 5 : vol->device;
	bool is_drbd;
	int named;

	is_drbd = drbd_name(vol->device, &named);
	if (!is_drbd)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "device name must start with /dev/drbd\n"
			  "\t(/dev/ is optional, but drbd is required)");
	else if (vol->minor >= 0 && named >= 0 && named != vol->minor)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "explicit minor number must match with device name\n"
			  "\tTry \"device /dev/drbd%d minor %d;\",\n"
			  "\tor leave off either device name or explicit minor.\n"
			  "\tArbitrary device names must start with /dev/drbd_\n"
			  "\tmind the '_'! (/dev/ is optional, but drbd_ is required)", vol->minor, vol->minor);
	else if (vol->minor >= 0 && named < 0 && strncmp(base, "drbd_", 5))
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "arbitrary device name must start with /dev/drbd_\n"
			  "\tmind the '_'! (/dev/ is optional, but drbd_ is required)");
	else if (vol->minor < 0 && named < 0)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "no minor given nor device name contains a minor number");
	else if (vol->minor < 0)
		vol->minor = named;
	if (base == vol->device)
		vol->device = adm_printf(&p->conf->mem, "/dev/%s", base);
}

static bool parse_device(struct parser *p, struct adm_vol *vol)
{
	struct adm_place here = place(p);
	int minor = -1;

	vol->device = NULL;
	vol->minor = -1;
	if (!is_word(p, "minor")) {
		vol->device = name(p, "minor | <device name>");
		if (!vol->device)
			return false;
	}
	if (take_word(p, "minor")) {
		minor = number(p, "minor", 0, (1 << 20) - 1);
		if (minor < 0)
			return false;
	}
	vol->minor = minor;
	if (!vol->device)
		vol->device = adm_printf(&p->conf->mem, "/dev/drbd%d", minor);
	else
		check_device(p, &here, vol);
	return expect(p, ';');
}

static bool parse_meta_disk(struct parser *p, struct adm_vol *vol)
{
	int nr;

	if (take_word(p, "internal")) {
		vol->meta_disk = vol->meta_index = "internal";
		return expect(p, ';');
	}
	vol->meta_disk = name(p, "internal | <device name>");
	if (!vol->meta_disk)
		return false;
	vol->meta_index = "flexible";
	if (p->token == '[') {
		next(p);
		nr = number(p, "meta-disk index", 0, INT32_MAX);
		if (nr < 0 || !expect(p, ']'))
			return false;
		vol->meta_index = adm_printf(&p->conf->mem, "%d", nr);
	}
	return expect(p, ';');
}

static bool parse_disk(struct parser *p, struct adm_vol *vol)
{
	vol->disk = name(p, "<device name>");
	return vol->disk && expect(p, ';');
}

/* disk NAME; or, of the same volume, disk { options } */
static bool parse_disk_word(struct parser *p, const struct scope *scope)
{
	struct adm_vol *vol = scope_vol(p, scope);
	bool section;

	next(p);
	section = p->token == '{';
	if (section)
		once(p, &vol->disk_section_place, scope, "disk section", "disk");
	else
		once(p, &vol->disk_place, scope, "disk statement", "disk");
	return section ? parse_section(p, NULL, &vol->disk_opts, ADM_DISK) : parse_disk(p, vol);
}

/* device, disk, meta-disk of a scope. *mine: it was one of them. */
static bool parse_vol_statement(struct parser *p, const struct scope *scope, bool *mine)
{
	static const struct conf_keyword words[] = {
		{ "device", 0 }, { "disk", 1 }, { "meta-disk", 2 }, { "flexible-meta-disk", 3 }, { NULL, 0 },
	};
	const struct conf_keyword *word = p->token == ADM_WORD ? conf_find(words, p->scan.text) : NULL;
	struct adm_vol *vol;

	*mine = word != NULL;
	if (!word)
		return true;
	if (word->value == 1)
		return parse_disk_word(p, scope);
	vol = scope_vol(p, scope);
	if (word->value) /* both spellings of meta-disk are one */
		once(p, &vol->meta_place, scope, "meta-disk statement", "meta-disk");
	else
		once(p, &vol->device_place, scope, "device statement", "device");
	next(p);
	return word->value ? parse_meta_disk(p, vol) : parse_device(p, vol);
}

static bool parse_vol_body(struct parser *p, void *arg)
{
	static const char *const words[] = { "device", "disk", "meta-disk", "flexible-meta-disk", NULL };
	const struct scope *scope = arg;
	bool mine, ok;

	ok = parse_vol_statement(p, scope, &mine);
	return mine ? ok : unexpected_near(p, "device | disk | meta-disk | flexible-meta-disk",
					   p->token == ADM_WORD ? conf_nearest(words, sizeof(words[0]), p->scan.text) : NULL);
}

enum { VNR_MAX = 65535 };

static bool parse_volume(struct parser *p, const struct scope *outer)
{
	struct scope scope = *outer;
	int vnr;

	next(p);
	vnr = number(p, "volume", 0, VNR_MAX);
	if (vnr < 0)
		return false;
	scope.vnr = (unsigned int)vnr;
	once(p, &adm_vol_get(p->conf, scope.vols, scope.vnr)->section_place, outer, "volume section",
	     adm_printf(&p->conf->mem, "vol %d", vnr));
	scope.explicit_vol = true;
	scope_vol(p, &scope);
	return block(p, parse_vol_body, &scope);
}

/* ---- hosts */

struct host_ctx {
	struct adm_host *host;
	struct scope scope;
};

struct proxy_ctx {
	struct adm_proxy *proxy;
	struct adm_opts opts;
};

/* options { memlimit...; plugin { } } of a host's proxy */
static bool parse_proxy_option(struct parser *p, void *arg)
{
	struct adm_proxy *proxy = arg;
	struct section s = { NULL, &proxy->opts, ADM_PROXY, false };

	if (take_word(p, "plugin"))
		return block(p, parse_plugin_line, &proxy->plugins);
	return parse_option(p, &s);
}

static bool parse_proxy_body(struct parser *p, void *arg)
{
	struct adm_proxy *proxy = arg;
	bool inside = is_word(p, "inside");

	if (inside || is_word(p, "outside")) {
		next(p);
		return parse_addr(p, inside ? &proxy->inside : &proxy->outside) && expect(p, ';');
	}
	if (take_word(p, "options"))
		return block(p, parse_proxy_option, proxy);
	return unexpected(p, "inside | outside | options");
}

static bool parse_host_names(struct parser *p, struct adm_names *names)
{
	const char *host;

	do {
		host = name(p, "<host name>");
		if (!host)
			return false;
		adm_name_add(p->conf, names, host);
	} while (p->token == ADM_WORD || p->token == ADM_STRING);
	return true;
}

static bool parse_host_proxy(struct parser *p, struct adm_host *host)
{
	struct adm_proxy *proxy = adm_alloc(&p->conf->mem, sizeof(*proxy));

	proxy->place = place(p);
	if (!take_word(p, "on"))
		return unexpected(p, "on");
	if (!parse_host_names(p, &proxy->names))
		return false;
	host->proxy = proxy;
	return block(p, parse_proxy_body, proxy);
}

static bool parse_host_body(struct parser *p, void *arg)
{
	static const struct conf_keyword words[] = {
		{ "address", 0 }, { "volume", 0 }, { "proxy", 0 },     { "options", 0 },
		{ "device", 0 },  { "disk", 0 },   { "meta-disk", 0 }, { "flexible-meta-disk", 0 }, { NULL, 0 },
	};
	struct host_ctx *ctx = arg;
	struct adm_host *host = ctx->host;
	struct adm_place here = place(p);
	bool mine, ok;

	if (is_word(p, "volume"))
		return parse_volume(p, &ctx->scope);
	ok = parse_vol_statement(p, &ctx->scope, &mine);
	if (mine)
		return ok;
	if (is_word(p, "address")) {
		if (host->floating) {
			adm_error(p->conf, ADM_EXIT_CONFIG, &here, "a floating host has its address in its head, not as a statement.");
			return false;
		}
		once(p, &host->addr.place, &ctx->scope, "address statement", "address");
		next(p);
		return parse_addr(p, &host->addr) && expect(p, ';');
	}
	if (is_word(p, "proxy")) {
		once(p, &host->proxy_place, &ctx->scope, "proxy section", "proxy");
		next(p);
		return parse_host_proxy(p, host);
	}
	if (is_word(p, "options")) {
		once(p, &host->options_place, &ctx->scope, "options section", "options");
		next(p);
		return parse_section(p, NULL, &host->opts, ADM_OPTIONS);
	}
	return unexpected_near(p, "address | volume | device | disk | meta-disk | flexible-meta-disk | options | proxy",
			       p->token == ADM_WORD ? conf_nearest(words, sizeof(words[0]), p->scan.text) : NULL);
}

static struct adm_host *host_new(struct parser *p)
{
	struct adm_host *host = adm_alloc(&p->conf->mem, sizeof(*host));

	host->place = place(p);
	return host;
}

static void host_add(struct adm_res *res, struct adm_host *host)
{
	struct adm_host **at;

	for (at = &res->hosts; *at; at = &(*at)->next)
		;
	*at = host;
}

/* One that is there already is parsed for its own mistakes and forgotten. */
static bool parse_host_block(struct parser *p, struct adm_res *res, struct adm_host *host, bool twice)
{
	struct host_ctx ctx = { host, { res, host, &host->vols, 0, false } };
	unsigned int before = p->conf->errors;
	bool ok;

	if (!twice)
		host_add(res, host);
	ok = block(p, parse_host_body, &ctx);
	host->broken = p->conf->errors > before;
	return ok;
}

static bool parse_on(struct parser *p, struct adm_res *res)
{
	struct adm_host *host = host_new(p);
	bool twice = false;
	struct adm_name *n;

	if (!parse_host_names(p, &host->names))
		return false;
	for (n = host->names.first; n; n = n->next)
		twice |= !adm_uniq(p->conf, "host section", &host->place, "%s: on %s", res->key, n->name);
	return parse_host_block(p, res, host, twice);
}

static bool parse_floating(struct parser *p, struct adm_res *res)
{
	struct adm_host *host = host_new(p);
	bool twice;

	host->floating = true;
	if (!parse_addr(p, &host->addr))
		return false;
	adm_name_add(p->conf, &host->names, adm_printf(&p->conf->mem, "%s:%s", host->addr.ip, host->addr.port));
	twice = !adm_uniq(p->conf, "floating host section", &host->place, "%s:%s:%s", res->key, host->addr.ip,
			  host->addr.port);
	if (p->token != ';')
		return parse_host_block(p, res, host, twice);
	next(p);
	if (!twice)
		host_add(res, host);
	return true;
}

static bool parse_stacked(struct parser *p, struct adm_res *res)
{
	struct adm_host *host = host_new(p);

	host->lower = name(p, "<resource name>");
	if (!host->lower)
		return false;
	return parse_host_block(p, res, host, !adm_uniq(p->conf, "stacked-on-top-of", &host->place, "%s", host->lower));
}

/* _this_host and _remote_host of `drbdsetup show` */
static bool parse_shown_host(struct parser *p, struct adm_res *res, bool me)
{
	struct adm_host *host = host_new(p);

	adm_name_add(p->conf, &host->names, me ? "_this_host" : "_remote_host");
	if (me)
		res->me = host;
	else
		res->peer = host;
	return parse_host_block(p, res, host, false);
}

/* ---- resources */

static bool parse_ignore_on(struct parser *p, struct adm_res *res)
{
	struct adm_place here = place(p);
	struct adm_names names = { NULL, NULL };

	adm_warn(p->conf, &here, "in resource %s, WARN: The 'ignore-on' keyword is deprecated.", res->name);
	return parse_host_names(p, &names) && expect(p, ';');
}

static bool parse_protocol(struct parser *p, struct adm_res *res)
{
	struct adm_place here = place(p);
	struct adm_option option;

	adm_option_find(ADM_NET, false, "protocol", &option);
	return option_value(p, &option, &res->opts[ADM_NET], &here);
}

enum res_word { W_PROTOCOL, W_ON, W_FLOATING, W_STACKED, W_IGNORE_ON, W_THIS_HOST, W_REMOTE_HOST, W_VOLUME, W_SYNCER,
		W_OPTIONS, W_NET, W_DISK, W_STARTUP, W_PROXY, W_HANDLERS };

static const struct conf_keyword res_words[] = {
	{ "protocol", W_PROTOCOL }, { "on", W_ON }, { "floating", W_FLOATING }, { "stacked-on-top-of", W_STACKED },
	{ "ignore-on", W_IGNORE_ON }, { "_this_host", W_THIS_HOST }, { "_remote_host", W_REMOTE_HOST },
	{ "volume", W_VOLUME }, { "syncer", W_SYNCER }, { "options", W_OPTIONS }, { "net", W_NET }, { "disk", W_DISK },
	{ "startup", W_STARTUP }, { "proxy", W_PROXY }, { "handlers", W_HANDLERS }, { "device", -1 },
	{ "meta-disk", -1 }, { "flexible-meta-disk", -1 }, { NULL, 0 },
};

static const char res_expected[] = "protocol | on | disk | net | syncer | startup | handlers | ignore-on | stacked-on-top-of | "
				   "floating | device | meta-disk | flexible-meta-disk | volume | options | proxy";

static const char *const section_kind[ADM_SECS] = {
	"options section", "net section", "disk section", "startup section", "proxy section", "handlers section",
};

/* A section that may stand once; `disk x;` is the volume's statement. */
static bool parse_res_section(struct parser *p, struct adm_res *res, enum adm_sec sec, const struct scope *scope)
{
	struct adm_vol *vol;

	next(p);
	if (sec == ADM_DISK && p->token != '{') {
		vol = scope_vol(p, scope);
		once(p, &vol->disk_place, scope, "disk statement", "disk");
		return parse_disk(p, vol);
	}
	once(p, &res->section_place[sec], scope, section_kind[sec], adm_sec_name(sec));
	return parse_section(p, res, &res->opts[sec], sec);
}

static bool parse_syncer(struct parser *p, struct adm_res *res)
{
	struct section s = { res, NULL, ADM_DISK, true };

	return block(p, parse_option, &s);
}

static bool parse_res_word(struct parser *p, struct adm_res *res, enum res_word word, const struct scope *scope)
{
	if (word >= W_OPTIONS)
		return parse_res_section(p, res, (enum adm_sec)(word - W_OPTIONS), scope);
	if (word == W_VOLUME)
		return parse_volume(p, scope);
	if (word == W_SYNCER)
		once(p, &res->syncer_place, scope, "syncer section", "syncer");
	if (word == W_PROTOCOL)
		once(p, &res->protocol_place, scope, "protocol statement", "protocol");
	next(p);
	switch (word) {
	case W_PROTOCOL:
		return parse_protocol(p, res);
	case W_ON:
		return parse_on(p, res);
	case W_FLOATING:
		return parse_floating(p, res);
	case W_STACKED:
		return parse_stacked(p, res);
	case W_IGNORE_ON:
		return parse_ignore_on(p, res);
	case W_SYNCER:
		return parse_syncer(p, res);
	default:
		return parse_shown_host(p, res, word == W_THIS_HOST);
	}
}

static bool parse_res_body(struct parser *p, void *arg)
{
	struct adm_res *res = arg;
	struct scope scope = { res, NULL, &res->vols, 0, false };
	const struct conf_keyword *word = p->token == ADM_WORD ? conf_find(res_words, p->scan.text) : NULL;
	bool mine;

	if (word && (word->value == W_THIS_HOST || word->value == W_REMOTE_HOST) && !p->conf->running)
		word = NULL;
	if (!word)
		return unexpected_near(p, res_expected, p->token != ADM_WORD ? NULL :
				       conf_nearest(res_words, sizeof(res_words[0]), p->scan.text));
	if (word->value < 0)
		return parse_vol_statement(p, &scope, &mine);
	return parse_res_word(p, res, (enum res_word)word->value, &scope);
}

static bool parse_resource_block(struct parser *p, struct adm_res *res)
{
	unsigned int before = p->conf->errors;
	bool ok = block(p, parse_res_body, res);

	res->broken = p->conf->errors > before;
	return ok;
}

static bool parse_resource(struct parser *p)
{
	struct adm_res *res = adm_alloc(&p->conf->mem, sizeof(*res));

	res->place = place(p);
	next(p);
	res->name = res->key = name(p, "<resource name>");
	if (!res->name)
		return false;
	if (!p->conf->running && !adm_uniq(p->conf, "resource section", &res->place, "%s", res->name)) {
		res->key = adm_printf(&p->conf->mem, "%s, line %u", res->name, res->place.line);
		return parse_resource_block(p, res);
	}
	*p->conf->res_end = res;
	p->conf->res_end = &res->next;
	p->conf->resources++;
	return parse_resource_block(p, res);
}

static bool parse_common(struct parser *p)
{
	struct adm_res *res = adm_alloc(&p->conf->mem, sizeof(*res));

	res->place = place(p);
	res->name = res->key = "common";
	if (adm_uniq(p->conf, "common section", &res->place, "common"))
		p->conf->common = res;
	next(p);
	return block(p, parse_res_body, res);
}

/* ---- the rest of the file */

static bool parse_global_number(struct parser *p, unsigned int *out, const char *what, int min, int max)
{
	int num = number(p, what, min, max);

	if (num >= 0)
		*out = (unsigned int)num;
	return (num >= 0 || p->token == ';') && expect(p, ';');
}

static bool parse_usage_count(struct parser *p, struct adm_global *global)
{
	if (!is_word(p, "yes") && !is_word(p, "no") && !is_word(p, "ask"))
		return unexpected(p, "yes | no | ask");
	if (!is_word(p, "ask")) /* the default */
		global->usage_count = p->scan.text;
	next(p);
	return expect(p, ';');
}

enum { TIMEOUT_MAX_S = 86400 };

static bool parse_global_option(struct parser *p, void *arg)
{
	static const struct conf_keyword words[] = {
		{ "usage-count", 0 }, { "minor-count", 1 }, { "dialog-refresh", 2 }, { "disable-ip-verification", 3 },
		{ "cmd-timeout-short", 4 }, { "cmd-timeout-medium", 5 }, { "cmd-timeout-long", 6 },
		{ "udev-always-use-vnr", 7 }, { NULL, 0 },
	};
	struct adm_global *global = &p->conf->global;
	unsigned int *const seconds[] = { &global->timeout_short_s, &global->timeout_medium_s, &global->timeout_long_s };
	const struct conf_keyword *word = p->token == ADM_WORD ? conf_find(words, p->scan.text) : NULL;
	struct adm_place here = place(p);

	(void)arg;
	if (!word)
		return unexpected_near(p, "dialog-refresh | minor-count | disable-ip-verification | usage-count | "
				       "cmd-timeout-short | cmd-timeout-medium | cmd-timeout-long | udev-always-use-vnr",
				       p->token != ADM_WORD ? NULL : conf_nearest(words, sizeof(words[0]), p->scan.text));
	adm_uniq(p->conf, "global option", &here, "global:%s", word->name);
	next(p);
	switch (word->value) {
	case 0:
		return parse_usage_count(p, global);
	case 1:
		return parse_global_number(p, &global->minor_count, word->name, 1, 255);
	case 2:
		return parse_global_number(p, &global->dialog_refresh_s, word->name, 0, 600);
	case 3:
		global->disable_ip_verification = true;
		return expect(p, ';');
	case 7:
		global->udev_always_use_vnr = true;
		return expect(p, ';');
	default:
		return parse_global_number(p, seconds[word->value - 4], word->name, 0, TIMEOUT_MAX_S);
	}
}

static bool parse_global(struct parser *p)
{
	struct adm_place here = place(p);

	adm_uniq(p->conf, "global section", &here, "global");
	if (p->conf->res)
		adm_error(p->conf, ADM_EXIT_CONFIG, &here, "You should put the global {} section in front of any resource");
	next(p);
	return block(p, parse_global_option, NULL);
}

/* Anything with balanced braces */
static bool parse_skip(struct parser *p)
{
	int depth = 0;

	next(p);
	if (p->token == ADM_WORD && !strcmp(p->scan.text, "resource"))
		next(p);
	if (p->token == ADM_WORD || p->token == ADM_STRING)
		next(p);
	if (p->token != '{')
		return unexpected(p, "[ some_text ] {");
	do {
		if (p->token == '{')
			depth++;
		else if (p->token == '}')
			depth--;
		else if (p->token == ADM_EOF)
			return unexpected(p, "}");
		next(p);
	} while (depth);
	return true;
}

static void parse_tokens(struct parser *p);

static void free_text(void *arg)
{
	free(*(char **)arg);
}

/* A file that is being read already; -ELOOP if it is to be included again. */
static int identify(struct parser *p, const char *path)
{
	const struct parser *up;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	for (up = p->includer; up; up = up->includer)
		if (up->dev == p->dev && up->ino == p->ino)
			return -ELOOP;
	return p->depth < ADM_INCLUDE_MAX ? 0 : -EMLINK;
}

/* -errno of reading; what is in the file is reported. */
static int parse_one(struct adm_conf *conf, const char *path, const struct parser *includer)
{
	struct parser p = { .conf = conf, .file = path, .includer = includer, .depth = includer ? includer->depth + 1 : 0 };
	char **text = adm_alloc(&conf->mem, sizeof(*text)), *longer;
	size_t len;
	int err = identify(&p, path);

	if (err)
		return err;
	adm_defer(&conf->mem, free_text, text);
	err = conf_read_file(path, ADM_FILE_MAX_BYTE, text, &len);
	if (err && err != -ENOMEM)
		return err;
	longer = err ? NULL : realloc(*text, len + 2); /* flex wants two NULs */
	if (!longer)
		longjmp(*conf->mem.oom, 1);
	*text = longer;
	longer[len] = longer[len + 1] = '\0';
	adm_scan_start(&p.scan, &conf->mem, longer, len);
	parse_tokens(&p);
	free(*text);
	*text = NULL;
	return 0;
}

/* The pattern below the directory of the file that holds the include. */
static const char *include_pattern(struct parser *p, const char *text)
{
	const char *slash = strrchr(p->file, '/');

	if (*text == '/' || !slash)
		return text;
	return adm_printf(&p->conf->mem, "%.*s/%s", (int)(slash - p->file), p->file, text);
}

static void free_glob(void *arg)
{
	globfree(arg);
}

static void include_file(struct parser *p, const struct adm_place *here, const char *path)
{
	int err = parse_one(p->conf, path, p);

	if (err == -ELOOP)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "include file '%s' includes itself.", path);
	else if (err == -EMLINK)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "include file '%s': more than %d files deep.", path, ADM_INCLUDE_MAX);
	else if (err)
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "Failed to open include file '%s'.", path);
}

static void include_files(struct parser *p, const struct adm_place *here, const char *pattern)
{
	glob_t *found = adm_alloc(&p->conf->mem, sizeof(*found));
	size_t i;

	adm_defer(&p->conf->mem, free_glob, found);
	if (glob(pattern, 0, NULL, found) && !strpbrk(pattern, "*?["))
		adm_error(p->conf, ADM_EXIT_CONFIG, here, "Failed to open include file '%s'.", pattern);
	for (i = 0; i < found->gl_pathc; i++)
		include_file(p, here, found->gl_pathv[i]);
}

static bool parse_include(struct parser *p)
{
	struct adm_place here = place(p);
	const char *text;

	next(p);
	text = name(p, "<file name or pattern>");
	if (!text || !expect(p, ';'))
		return false;
	include_files(p, &here, include_pattern(p, text));
	return true;
}

static bool parse_top(struct parser *p)
{
	static const struct conf_keyword words[] = {
		{ "global", 0 }, { "common", 1 }, { "resource", 2 }, { "skip", 3 }, { "include", 4 }, { NULL, 0 },
	};
	static bool (*const fns[])(struct parser *) = {
		parse_global, parse_common, parse_resource, parse_skip, parse_include,
	};
	const struct conf_keyword *word = p->token == ADM_WORD ? conf_find(words, p->scan.text) : NULL;

	if (!word)
		return unexpected_near(p, "global | common | resource | skip | include", p->token != ADM_WORD ? NULL :
				       conf_nearest(words, sizeof(words[0]), p->scan.text));
	return fns[word->value](p);
}

static void parse_tokens(struct parser *p)
{
	next(p);
	while (p->token != ADM_EOF) {
		if (parse_top(p) || enough(p))
			continue;
		recover(p);
		if (p->token == '}')
			next(p);
	}
}

/* Runs fn with the arena's escape in place. */
static int guarded(struct adm_conf *conf, int (*fn)(struct adm_conf *conf, const void *arg), const void *arg)
{
	unsigned int before = conf->errors;
	jmp_buf *outer = conf->mem.oom, oom;
	int err;

	if (setjmp(oom)) {
		conf->mem.oom = outer;
		return -ENOMEM;
	}
	conf->mem.oom = &oom;
	err = fn(conf, arg);
	conf->mem.oom = outer;
	if (!err && conf->errors > before)
		err = -EINVAL;
	return err;
}

static int file_fn(struct adm_conf *conf, const void *arg)
{
	return parse_one(conf, adm_strdup(&conf->mem, arg), NULL);
}

int adm_parse_file(struct adm_conf *conf, const char *path)
{
	return guarded(conf, file_fn, path);
}

struct text_arg {
	const char *name, *text;
	size_t len;
};

static int text_fn(struct adm_conf *conf, const void *arg)
{
	const struct text_arg *t = arg;
	struct parser p = { .conf = conf, .file = adm_strdup(&conf->mem, t->name) };
	char *copy = adm_alloc(&conf->mem, t->len + 2);

	memcpy(copy, t->text, t->len);
	adm_scan_start(&p.scan, &conf->mem, copy, t->len);
	parse_tokens(&p);
	return 0;
}

int adm_parse_text(struct adm_conf *conf, const char *name, const char *text, size_t len)
{
	struct text_arg t = { name, text, len };

	return guarded(conf, text_fn, &t);
}
