/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /etc/ha.d/ha.cf. Every directive is a row of one table: what it is called, how its words are read, its default and its
 * help. A directive is either obeyed or refused by name with the reason; nothing is read and ignored.
 */
#ifndef HEARTBEAT_HA_CF_H
#define HEARTBEAT_HA_CF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/conf.h"

enum {
	HA_MAX_NODE = 100, HA_MAX_NAME = 99, HA_MAX_MEDIA = 64, HA_MAX_GROUP = 16, HA_MAX_CLIENT = 32, HA_MAX_IDS = 16,
	HA_MAX_PARAM = 160, HA_MAX_STONITH = 8, HA_MAX_LIMIT = 64, HA_MAX_LINE_BYTE = 5120, HA_MAX_FILE_BYTE = 1 << 20,
	HA_MAX_WORD = 64,
};

enum ha_failback { HA_FAILBACK_LEGACY, HA_FAILBACK_OFF, HA_FAILBACK_ON };
enum ha_media_kind { HA_BCAST, HA_UCAST, HA_UCAST6, HA_MCAST, HA_MCAST6, HA_SERIAL, HA_PING, HA_PING6, HA_PING_GROUP };
enum ha_msgfmt { HA_CLASSIC, HA_NETSTRING };
enum ha_compression { HA_ZLIB, HA_BZ2 };

/* One medium. Unused members are NULL or 0. */
struct ha_media {
	enum ha_media_kind kind;
	const char *dev;     /* interface, tty, or the pseudo node's name */
	const char *address; /* ucast, mcast: as text */
	const char *host[HA_MAX_GROUP]; /* ping, ping_group */
	int hosts, ttl, port, baud;
	bool loop;
};

/* One apiauth line: who may sign on as this client. No uid and no gid: nobody. */
struct ha_apiauth {
	const char *name;
	uid_t uid[HA_MAX_IDS];
	gid_t gid[HA_MAX_IDS];
	int uids, gids;
};

struct ha_respawn {
	uid_t uid;
	gid_t gid;
	const char *user, *command; /* command with its arguments, for /bin/sh */
	bool failfast;
};

/* stonith_host HOST TYPE PARAMETERS, or stonith TYPE FILE (host "*"). */
struct ha_stonith {
	const char *host, *type, *params; /* params: the rest of the line, or the file of `stonith` */
	bool from_file;
};

/* start_timeout and stop_timeout: the script's name, or "*". */
struct ha_limit {
	const char *script;
	int64_t start_ms, stop_ms; /* 0: none */
};

struct ha_param {
	const char *name, *value;
};

struct ha_chunk;

struct ha_cf {
	const char *node[HA_MAX_NODE];
	int nodes;
	const char *cluster;
	int64_t keepalive_ms, deadtime_ms, warntime_ms, initdead_ms, deadping_ms, max_rexmit_delay_ms, conn_logd_ms;
	int64_t hopfudge, baud, udpport, debug, compression_threshold_kib, rtprio, memreserve_kib;
	struct ha_media media[HA_MAX_MEDIA];
	int medias;
	int failback, msgfmt, compression; /* the enums above */
	const char *watchdog;
	struct ha_stonith stonith[HA_MAX_STONITH];
	int stoniths;
	struct ha_respawn respawn[HA_MAX_CLIENT];
	int respawns;
	struct ha_apiauth apiauth[HA_MAX_CLIENT];
	int apiauths;
	const char *logfile, *debugfile;
	int logfacility; /* syslog's; -1: none */
	bool use_logd, logd_set, syslogmsgfmt, traditional_compression, gen_by_time, uuid_from_name, realtime, coredumps, log_badpack;
	const char *coreroot;
	const char *env[HA_MAX_CLIENT]; /* NAME=VALUE */
	int envs;
	/* beyond the original; all off unless asked for */
	int64_t monitor_ms, monitor_failures, failback_delay_ms, flap_max, flap_window_ms, arp_repeat_ms;
	bool need_uptodate;
	const char *metrics_file;
	struct ha_limit limit[HA_MAX_LIMIT];
	int limits;
	struct ha_param param[HA_MAX_PARAM]; /* every directive with its text as typed, or its default */
	int params;
	struct ha_chunk *chunks; /* the memory of all strings */
};

/*
 * Reads the text of ha.cf, which is cut in place. All mistakes are reported through conf_error as file:line; own is this
 * node's name, lower case. The machine is asked only where the original does: users, groups, serial ports, commands, the
 * ha-cluster port. 0, -EINVAL (mistakes were reported) or -ENOMEM; on failure there is nothing to free.
 */
int ha_cf_parse(struct ha_cf *cf, struct conf *conf, char *text, const char *own);
void ha_cf_free(struct ha_cf *cf);

/* The text of a directive, typed or default; NULL: no such directive, or it has no value. */
const char *ha_cf_param(const struct ha_cf *cf, const char *name);

/* The limits of a resource script; its own line before "*". */
const struct ha_limit *ha_cf_limit(const struct ha_cf *cf, const char *script);

/* Writes the table of directives with defaults and help (heartbeat -D). */
void ha_cf_print_defaults(FILE *out);

/* A copy that lives as long as cf; NULL: no memory. */
const char *ha_cf_keep(struct ha_cf *cf, const char *text);

#endif
