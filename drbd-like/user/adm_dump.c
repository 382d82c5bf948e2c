/* SPDX-License-Identifier: GPL-2.0-only */
/* drbd.conf printed back, as text and as XML. Widths and order are those that scripts have come to read. */
#include "drbd-like/user/adm_dump.h"

#include <string.h>

#include "drbd-like/user/adm_options.h"
#include "drbd-like/user/adm_parse.h"
#include "drbd-like/user/adm_tree.h"

enum { INDENT = 4, NAME_COLUMNS = 24, MAX_LEVEL = 8 };

const char *adm_quoted(struct adm_conf *conf, const char *word)
{
	char *out, *at;

	if (*word && !word[adm_plain(word, "/._-")])
		return word;
	at = out = adm_alloc(&conf->mem, 2 * strlen(word) + 3);
	*at++ = '"';
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			*at++ = '\\';
		*at++ = *word;
	}
	*at++ = '"';
	return out;
}

/* Of a resource or host: a keyword too needs quotes then. */
static const char *quoted_name(struct adm_conf *conf, const char *name)
{
	return adm_reserved(name) ? adm_printf(&conf->mem, "\"%s\"", name) : adm_quoted(conf, name);
}

struct dump {
	FILE *out;
	struct adm_conf *conf;
	int level;
};

static void line(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct dump *d, const char *fmt, ...)
{
	va_list ap;

	fprintf(d->out, "%*s", d->level * INDENT, "");
	va_start(ap, fmt);
	vfprintf(d->out, fmt, ap);
	va_end(ap);
	putc('\n', d->out);
}

/* "name   value;", the value aligned with the others of this level */
static void setting(struct dump *d, const char *name, const char *value)
{
	line(d, "%-*s %3s;", NAME_COLUMNS - INDENT * d->level, name, value);
}

static void quoted_setting(struct dump *d, const char *name, const char *value)
{
	setting(d, name, adm_quoted(d->conf, value));
}

static void open_block(struct dump *d, const char *title)
{
	line(d, "%s {", title);
	d->level++;
}

static void close_block(struct dump *d)
{
	d->level--;
	line(d, "}");
}

static void dump_opts(struct dump *d, const struct adm_opts *opts)
{
	const struct adm_opt *opt;

	for (opt = opts->first; opt; opt = opt->next)
		if (opt->value)
			quoted_setting(d, opt->name, opt->value);
	for (opt = opts->first; opt; opt = opt->next)
		if (!opt->value)
			line(d, "%s;", opt->name);
}

static void dump_section(struct dump *d, const char *name, const struct adm_opts *opts)
{
	if (!opts->first)
		return;
	open_block(d, name);
	dump_opts(d, opts);
	close_block(d);
}

static void dump_plugins(struct dump *d, const struct adm_opts *plugins)
{
	if (!plugins->first)
		return;
	open_block(d, "plugin");
	dump_opts(d, plugins);
	close_block(d);
}

static void dump_proxy_opts(struct dump *d, const char *name, const struct adm_opts *opts, const struct adm_opts *plugins)
{
	if (!opts->first && !plugins->first)
		return;
	open_block(d, name);
	dump_opts(d, opts);
	dump_plugins(d, plugins);
	close_block(d);
}

static void dump_startup(struct dump *d, const struct adm_res *res)
{
	const struct adm_name *n;

	if (!res->opts[ADM_STARTUP].first && !res->become_primary_on.first)
		return;
	open_block(d, "startup");
	dump_opts(d, &res->opts[ADM_STARTUP]);
	if (res->become_primary_on.first) {
		fprintf(d->out, "%*sbecome-primary-on", d->level * INDENT, "");
		for (n = res->become_primary_on.first; n; n = n->next)
			fprintf(d->out, " %s", quoted_name(d->conf, n->name));
		fprintf(d->out, ";\n");
	}
	close_block(d);
}

static void dump_sections(struct dump *d, const struct adm_res *res)
{
	dump_section(d, "options", &res->opts[ADM_OPTIONS]);
	dump_section(d, "net", &res->opts[ADM_NET]);
	dump_section(d, "disk", &res->opts[ADM_DISK]);
	dump_startup(d, res);
	dump_proxy_opts(d, "proxy", &res->opts[ADM_PROXY], &res->plugins);
	dump_section(d, "handlers", &res->opts[ADM_HANDLERS]);
}

static const char *addr_text(struct dump *d, const struct adm_addr *addr)
{
	bool ipv6 = !strcmp(addr->family, "ipv6");

	return adm_printf(&d->conf->mem, "%s %s%s%s:%s", addr->family, ipv6 ? "[" : "", addr->ip, ipv6 ? "]" : "", addr->port);
}

/* Addresses and external meta-data stand at one column, whatever the level. */
static void at_column(struct dump *d, const char *name, const char *text)
{
	line(d, "%-16s %s;", name, text);
}

static void dump_meta_disk(struct dump *d, const struct adm_vol *vol)
{
	if (!strcmp(vol->meta_disk, "internal"))
		setting(d, "meta-disk", "internal");
	else if (!strcmp(vol->meta_index, "flexible"))
		at_column(d, "meta-disk", adm_quoted(d->conf, vol->meta_disk));
	else
		at_column(d, "meta-disk", adm_printf(&d->conf->mem, "%s [%s]", adm_quoted(d->conf, vol->meta_disk),
						     vol->meta_index));
}

static void dump_vol(struct dump *d, const struct adm_vol *vol, bool stacked)
{
	if (!vol->implicit) {
		line(d, "volume %u {", vol->vnr);
		d->level++;
	}
	dump_section(d, "disk", &vol->disk_opts);
	if (vol->device)
		setting(d, "device", adm_printf(&d->conf->mem, "%s minor %d", adm_quoted(d->conf, vol->device), vol->minor));
	if (vol->disk && !stacked)
		quoted_setting(d, "disk", vol->disk);
	if (vol->meta_disk && !stacked)
		dump_meta_disk(d, vol);
	if (!vol->implicit)
		close_block(d);
}

static void dump_host_proxy(struct dump *d, const struct adm_proxy *proxy)
{
	if (!proxy)
		return;
	open_block(d, adm_printf(&d->conf->mem, "proxy on %s", adm_names_text(d->conf, &proxy->names)));
	if (proxy->inside.ip)
		at_column(d, "inside", addr_text(d, &proxy->inside));
	if (proxy->outside.ip)
		at_column(d, "outside", addr_text(d, &proxy->outside));
	dump_proxy_opts(d, "options", &proxy->opts, &proxy->plugins);
	close_block(d);
}

static const char *quoted_names(struct dump *d, const struct adm_names *names)
{
	const char *text = "";
	const struct adm_name *n;

	for (n = names->first; n; n = n->next)
		text = adm_printf(&d->conf->mem, "%s%s%s", text, *text ? " " : "", quoted_name(d->conf, n->name));
	return text;
}

static void dump_host(struct dump *d, const struct adm_host *host)
{
	const struct adm_vol *vol;

	if (host->lower) {
		open_block(d, adm_printf(&d->conf->mem, "stacked-on-top-of %s", quoted_name(d->conf, host->lower)));
		line(d, "# on %s ", quoted_names(d, &host->names));
	} else if (host->floating) {
		open_block(d, adm_printf(&d->conf->mem, "floating %s", addr_text(d, &host->addr)));
	} else {
		open_block(d, adm_printf(&d->conf->mem, "on %s", quoted_names(d, &host->names)));
	}
	dump_section(d, "options", &host->opts);
	for (vol = host->vols; vol; vol = vol->next)
		dump_vol(d, vol, host->lower != NULL);
	if (host->addr.ip && !host->floating)
		at_column(d, "address", addr_text(d, &host->addr));
	dump_host_proxy(d, host->proxy);
	close_block(d);
}

static void dump_global(struct dump *d, const struct adm_global *g)
{
	struct adm_conf fresh;

	adm_conf_init(&fresh);
	if (!g->disable_ip_verification && !g->minor_count && !g->usage_count && !g->udev_always_use_vnr &&
	    g->dialog_refresh_s == fresh.global.dialog_refresh_s && g->timeout_short_s == fresh.global.timeout_short_s &&
	    g->timeout_medium_s == fresh.global.timeout_medium_s && g->timeout_long_s == fresh.global.timeout_long_s)
		return;
	open_block(d, "global");
	if (g->disable_ip_verification)
		line(d, "disable-ip-verification;");
	if (g->minor_count)
		line(d, "minor-count %u;", g->minor_count);
	if (g->dialog_refresh_s != fresh.global.dialog_refresh_s)
		line(d, "dialog-refresh %u;", g->dialog_refresh_s);
	if (g->usage_count)
		line(d, "usage-count %s;", g->usage_count);
	if (g->timeout_short_s != fresh.global.timeout_short_s)
		line(d, "cmd-timeout-short %u;", g->timeout_short_s);
	if (g->timeout_medium_s != fresh.global.timeout_medium_s)
		line(d, "cmd-timeout-medium %u;", g->timeout_medium_s);
	if (g->timeout_long_s != fresh.global.timeout_long_s)
		line(d, "cmd-timeout-long %u;", g->timeout_long_s);
	if (g->udev_always_use_vnr)
		line(d, "udev-always-use-vnr;");
	close_block(d);
	putc('\n', d->out);
}

void adm_dump_head(FILE *out, struct adm_conf *conf)
{
	struct dump d = { out, conf, 0 };

	fprintf(out, "# %s\n", conf->path);
	dump_global(&d, &conf->global);
	if (!conf->common)
		return;
	open_block(&d, "common");
	dump_sections(&d, conf->common);
	close_block(&d);
	putc('\n', out);
}

void adm_dump_res(FILE *out, struct adm_conf *conf, const struct adm_res *res, const char *nodename)
{
	struct dump d = { out, conf, 0 };
	const struct adm_host *host;

	fprintf(out, "# resource %s on %s: %s, %s\n", adm_quoted(conf, res->name), nodename,
		res->me ? "not ignored" : "ignored", res->stacked ? "stacked" : "not stacked");
	fprintf(out, "# defined at %s:%u\n", adm_abs_path(conf, res->place.file), res->place.line);
	open_block(&d, adm_printf(&conf->mem, "resource %s", quoted_name(conf, res->name)));
	for (host = res->hosts; host; host = host->next)
		dump_host(&d, host);
	dump_sections(&d, res);
	close_block(&d);
	putc('\n', out);
}

/* ---- XML */

/* Text between quotes: XML's own characters, and the two that drbd.conf quotes. */
static const char *xml(struct adm_conf *conf, const char *text)
{
	char *out = adm_alloc(&conf->mem, 7 * strlen(text) + 1), *at = out;

	for (; *text; text++) {
		switch (*text) {
		case '&':
			at = stpcpy(at, "&amp;");
			break;
		case '<':
			at = stpcpy(at, "&lt;");
			break;
		case '>':
			at = stpcpy(at, "&gt;");
			break;
		case '\'':
			at = stpcpy(at, "&apos;");
			break;
		case '"':
			at = stpcpy(at, "&quot;");
			break;
		default:
			*at++ = *text;
		}
	}
	return out;
}

static void xml_open(struct dump *d, const char *tag)
{
	line(d, "<%s>", tag);
	d->level++;
}

static void xml_close(struct dump *d, const char *tag)
{
	d->level--;
	line(d, "</%s>", tag);
}

static void xml_opt(struct dump *d, const struct adm_opt *opt)
{
	if (opt->value)
		line(d, "<option name=\"%s\" value=\"%s\"/>", xml(d->conf, opt->name), xml(d->conf, opt->value));
	else
		line(d, "<option name=\"%s\"/>", xml(d->conf, opt->name));
}

static void xml_opts(struct dump *d, const struct adm_opts *opts)
{
	const struct adm_opt *opt;

	for (opt = opts->first; opt; opt = opt->next)
		if (opt->value)
			xml_opt(d, opt);
	for (opt = opts->first; opt; opt = opt->next)
		if (!opt->value)
			xml_opt(d, opt);
}

static void xml_section_open(struct dump *d, const char *name)
{
	line(d, "<section name=\"%s\">", name);
	d->level++;
}

static void xml_section(struct dump *d, const char *name, const struct adm_opts *opts)
{
	if (!opts->first)
		return;
	xml_section_open(d, name);
	xml_opts(d, opts);
	xml_close(d, "section");
}

static void xml_proxy_opts(struct dump *d, const char *name, const struct adm_opts *opts, const struct adm_opts *plugins)
{
	if (!opts->first && !plugins->first)
		return;
	xml_section_open(d, name);
	xml_opts(d, opts);
	xml_section(d, "plugin", plugins);
	xml_close(d, "section");
}

static void xml_startup(struct dump *d, const struct adm_res *res)
{
	const char *hosts;

	if (!res->opts[ADM_STARTUP].first && !res->become_primary_on.first)
		return;
	xml_section_open(d, "startup");
	xml_opts(d, &res->opts[ADM_STARTUP]);
	hosts = adm_names_text(d->conf, &res->become_primary_on);
	if (*hosts)
		line(d, "<option name=\"become-primary-on\" value=\"%s\"/>", xml(d->conf, hosts));
	xml_close(d, "section");
}

static void xml_sections(struct dump *d, const struct adm_res *res)
{
	xml_section(d, "options", &res->opts[ADM_OPTIONS]);
	xml_section(d, "net", &res->opts[ADM_NET]);
	xml_section(d, "disk", &res->opts[ADM_DISK]);
	xml_startup(d, res);
	xml_proxy_opts(d, "proxy", &res->opts[ADM_PROXY], &res->plugins);
	xml_section(d, "handlers", &res->opts[ADM_HANDLERS]);
}

static void xml_addr(struct dump *d, const char *tag, const struct adm_addr *addr)
{
	if (addr->ip)
		line(d, "<%s family=\"%s\" port=\"%s\">%s</%s>", tag, addr->family, addr->port, addr->ip, tag);
}

static void xml_vol(struct dump *d, const struct adm_vol *vol)
{
	line(d, "<volume vnr=\"%u\">", vol->vnr);
	d->level++;
	xml_section(d, "disk", &vol->disk_opts);
	line(d, "<device minor=\"%d\">%s</device>", vol->minor, xml(d->conf, vol->device));
	line(d, "<disk>%s</disk>", xml(d->conf, vol->disk));
	if (!strcmp(vol->meta_disk, "internal") || !strcmp(vol->meta_index, "flexible"))
		line(d, "<meta-disk>%s</meta-disk>", xml(d->conf, vol->meta_disk));
	else
		line(d, "<meta-disk index=\"%s\">%s</meta-disk>", vol->meta_index, xml(d->conf, vol->meta_disk));
	xml_close(d, "volume");
}

static void xml_host(struct dump *d, const struct adm_host *host)
{
	const struct adm_vol *vol;

	if (host->floating)
		line(d, "<host floating=\"1\">");
	else
		line(d, "<host name=\"%s\">", xml(d->conf, adm_names_text(d->conf, &host->names)));
	d->level++;
	xml_section(d, "options", &host->opts);
	for (vol = host->vols; vol; vol = vol->next)
		xml_vol(d, vol);
	xml_addr(d, "address", &host->addr);
	if (host->proxy) {
		line(d, "<proxy hostname=\"%s\">", xml(d->conf, adm_names_text(d->conf, &host->proxy->names)));
		d->level++;
		xml_addr(d, "inside", &host->proxy->inside);
		xml_addr(d, "outside", &host->proxy->outside);
		xml_proxy_opts(d, "options", &host->proxy->opts, &host->proxy->plugins);
		xml_close(d, "proxy");
	}
	xml_close(d, "host");
}

static void xml_global(struct dump *d, const struct adm_global *g)
{
	if (!g->disable_ip_verification && !g->minor_count && g->dialog_refresh_s == 1)
		return;
	xml_open(d, "global");
	if (g->disable_ip_verification)
		line(d, "<disable-ip-verification/>");
	if (g->minor_count)
		line(d, "<minor-count count=\"%u\"/>", g->minor_count);
	if (g->dialog_refresh_s != 1)
		line(d, "<dialog-refresh refresh=\"%u\"/>", g->dialog_refresh_s);
	xml_close(d, "global");
}

void adm_dump_xml_head(FILE *out, struct adm_conf *conf)
{
	struct dump d = { out, conf, 1 };

	fprintf(out, "<config file=\"%s\">\n", xml(conf, conf->path));
	xml_global(&d, &conf->global);
	if (!conf->common)
		return;
	xml_open(&d, "common");
	xml_sections(&d, conf->common);
	xml_close(&d, "common");
}

void adm_dump_xml_res(FILE *out, struct adm_conf *conf, const struct adm_res *res)
{
	struct dump d = { out, conf, 1 };
	const struct adm_host *host;

	line(&d, "<resource name=\"%s\" conf-file-line=\"%s:%u\">", xml(conf, res->name),
	     xml(conf, adm_abs_path(conf, res->place.file)), res->place.line);
	d.level++;
	for (host = res->hosts; host; host = host->next)
		xml_host(&d, host);
	xml_sections(&d, res);
	xml_close(&d, "resource");
}

void adm_dump_xml_tail(FILE *out)
{
	fprintf(out, "</config>\n");
}
