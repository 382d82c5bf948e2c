/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drbd.conf as a tree (drbd-tools.md A6). All of it lives in the arena of its struct adm_conf; text is NUL-terminated.
 * adm_parse() fills it as written, adm_resolve() (adm_tree.h) adds what follows from the host it is read on.
 */
#ifndef ADM_CONF_H
#define ADM_CONF_H

#include <stdarg.h>
#include <stdbool.h>

#include "drbd-like/user/adm_mem.h"

enum { ADM_EXIT_STEP = 1, ADM_EXIT_USAGE = 3, ADM_EXIT_CONFIG = 10, ADM_EXIT_EXEC = 20, ADM_EXIT_INTERNAL = 42 };

/* Sections of options, in the order in which `dump` prints them. */
enum adm_sec { ADM_OPTIONS, ADM_NET, ADM_DISK, ADM_STARTUP, ADM_PROXY, ADM_HANDLERS, ADM_SECS };

struct adm_place {
	const char *file; /* as given on the command line, or as found by an include */
	unsigned int line;
};

struct adm_opt {
	struct adm_opt *next;
	const char *name;
	const char *value; /* NULL: a flag without value (stacked-timeouts) */
	struct adm_place place;
};

struct adm_opts {
	struct adm_opt *first, *last;
};

struct adm_name {
	struct adm_name *next;
	const char *name;
};

struct adm_names {
	struct adm_name *first, *last;
};

struct adm_addr {
	const char *family; /* "ipv4", "ipv6", "sdp", "ssocks"; NULL: no address here */
	const char *ip;
	const char *port;
	struct adm_place place;
};

struct adm_vol {
	struct adm_vol *next; /* ascending vnr */
	unsigned int vnr;
	int minor;	   /* -1: none known */
	bool implicit;	   /* from statements outside of a volume section */
	const char *device; /* "/dev/drbd1"; NULL: not said */
	const char *disk;
	const char *meta_disk;	/* "internal" or a device; NULL: not said */
	const char *meta_index; /* "internal", "flexible" or a number */
	struct adm_opts disk_opts;
	struct adm_place place;
	struct adm_place device_place, disk_place, meta_place;		 /* of the statements */
	struct adm_place section_place, disk_section_place; /* of volume N { } and its disk { } */
};

struct adm_proxy {
	struct adm_names names;
	struct adm_addr inside, outside;
	struct adm_opts opts, plugins;
	struct adm_place place;
};

struct adm_host {
	struct adm_host *next;
	struct adm_names names; /* of `on`; a floating one's address; a stacked one's: the names of the lower resource */
	struct adm_addr addr;
	struct adm_vol *vols;
	struct adm_opts opts; /* options { } of this host */
	struct adm_place options_place, proxy_place;
	struct adm_proxy *proxy;
	const char *lower; /* of stacked-on-top-of; NULL: not stacked */
	struct adm_res *lower_res;
	bool floating;
	bool broken; /* it has mistakes: what is missing may be due to them */
	struct adm_place place;
};

struct adm_res {
	struct adm_res *next;
	const char *name;
	const char *key; /* the name, for finding duplicates; another one where the resource itself is one */
	bool broken;
	struct adm_place place;
	struct adm_opts opts[ADM_SECS];
	struct adm_place section_place[ADM_SECS], syncer_place, protocol_place;
	struct adm_opts plugins; /* of the proxy section */
	struct adm_names become_primary_on;
	struct adm_vol *vols; /* defaults for all hosts */
	struct adm_host *hosts;

	/* after adm_resolve() */
	struct adm_host *me;   /* NULL: this host has no part in it (`ignored`) */
	struct adm_host *peer; /* NULL: not known; peer_problem says why */
	const char *peer_problem;
	bool stacked;
};

struct adm_global {
	const char *usage_count; /* NULL: "ask", the default */
	unsigned int minor_count, dialog_refresh_s;
	bool disable_ip_verification, udev_always_use_vnr;
	unsigned int timeout_short_s, timeout_medium_s, timeout_long_s; /* 0: none */
};

struct adm_conf {
	struct adm_mem mem;
	const char *path; /* absolute where there is a file */
	struct adm_global global;
	struct adm_res *common; /* NULL: no such section */
	struct adm_res *res, **res_end;
	unsigned int resources, volumes;
	struct adm_uniq *uniq; /* adm_uniq.h */
	unsigned int errors;
	int exit_code; /* the largest of the errors' */
	bool running;  /* what `drbdsetup show` prints: values are not judged */

	/* Told of every error and warning, without newline at the end; the default writes to stderr. */
	void (*report)(const char *text, void *arg);
	void *report_arg;
};

void adm_conf_init(struct adm_conf *conf);
void adm_conf_free(struct adm_conf *conf);

/* Counts an error for exit_code and reports "FILE:LINE: text"; place NULL: the text alone. */
void adm_error(struct adm_conf *conf, int exit_code, const struct adm_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void adm_warn(struct adm_conf *conf, const struct adm_place *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct adm_opt *adm_opt_find(const struct adm_opts *opts, const char *name);
void adm_opt_add(struct adm_conf *conf, struct adm_opts *opts, const char *name, const char *value,
		 const struct adm_place *place);
void adm_name_add(struct adm_conf *conf, struct adm_names *names, const char *name);
bool adm_name_has(const struct adm_names *names, const char *name);
/* The names with a blank between them. */
const char *adm_names_text(struct adm_conf *conf, const struct adm_names *names);

/* The volume of that number, made if there is none. */
struct adm_vol *adm_vol_get(struct adm_conf *conf, struct adm_vol **vols, unsigned int vnr);
struct adm_vol *adm_vol_find(struct adm_vol *vols, unsigned int vnr);
/* How many characters at the start of word are ASCII letters, digits or one of more. */
size_t adm_plain(const char *word, const char *more);
struct adm_res *adm_res_find(const struct adm_conf *conf, const char *name);

#endif
