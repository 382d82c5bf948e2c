/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: the table as ipvsadm lists and saves it, to the byte (ipvsadm.md 8 and 9). Output is buffered by the FILE; nothing
 * here looks at whether it could be written.
 */
#ifndef IPVS_SHOW_H
#define IPVS_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "ipvs/ipvs_conn.h"
#include "ipvs/ipvs_names.h"
#include "ipvs/ipvs_types.h"

enum ipvs_view_kind {
	IPVS_VIEW_DEFAULT,
	IPVS_VIEW_STATS,
	IPVS_VIEW_RATE,
	IPVS_VIEW_THRESHOLDS,
	IPVS_VIEW_PERSISTENT_CONN,
	IPVS_VIEW_TUN_INFO,
};

struct ipvs_view {
	enum ipvs_view_kind kind;
	bool exact;			/* numbers in full */
	bool pe;			/* of connections: persistence engine and its data */
	const struct ipvs_names *names; /* NULL: numeric */
};

/* Enough for what ipvs_show_endpoint writes, which is cut to it. */
enum { IPVS_ENDPOINT_BYTE = 60 };

/* addr:port, an IPv6 address or name in brackets. protocol: whose service names the port may have. */
void ipvs_show_endpoint(char text[IPVS_ENDPOINT_BYTE], int af, const union ipvs_addr *addr, uint16_t port, int protocol,
			const struct ipvs_names *names);

/* The original's order, which qsort of the same libc must be given in the kernel's order. */
void ipvs_sort_services(struct ipvs_service *svc, size_t services);
void ipvs_sort_dests(struct ipvs_dest *dest, size_t dests);

void ipvs_show_version(FILE *out, const struct ipvs_info *info);
void ipvs_show_title(FILE *out, const struct ipvs_view *view);
void ipvs_show_service(FILE *out, const struct ipvs_view *view, const struct ipvs_service *svc);
void ipvs_show_dest(FILE *out, const struct ipvs_view *view, const struct ipvs_service *svc, const struct ipvs_dest *dest);
void ipvs_show_timeouts(FILE *out, const struct ipvs_timeouts *timeouts);
void ipvs_show_daemon(FILE *out, const struct ipvs_daemon *daemon);
void ipvs_show_conn_title(FILE *out, const struct ipvs_view *view);
void ipvs_show_conn(FILE *out, const struct ipvs_view *view, const struct ipvs_conn *conn);

/* The lines of --save. */
void ipvs_save_service(FILE *out, const struct ipvs_names *names, const struct ipvs_service *svc);
void ipvs_save_dest(FILE *out, const struct ipvs_names *names, const struct ipvs_service *svc, const struct ipvs_dest *dest);
/* A change as a command line of --restore, complete: with thresholds, numbers only. */
void ipvs_save_change(FILE *out, const struct ipvs_change *change);

/* The names of flag bits, comma separated; empty when there are none to show. */
const char *ipvs_sched_flags_text(char text[32], const char *sched, uint32_t flags);
/* "Masq" and so on */
const char *ipvs_fwd_text(uint32_t fwd);

#endif
