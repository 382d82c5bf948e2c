/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: the rows of /proc/net/ip_vs_conn (ipvsadm.md 8.6). */
#ifndef IPVS_CONN_H
#define IPVS_CONN_H

#include "ipvs/ipvs_types.h"

struct ipvs_endpoint {
	uint16_t af;
	union ipvs_addr addr;
	uint16_t port;
};

enum { IPVS_CONN_WORD_BYTE = 64, IPVS_CONN_DATA_BYTE = 1024 };

struct ipvs_conn {
	char protocol[8];
	struct ipvs_endpoint source, virtual, dest;
	char state[IPVS_CONN_WORD_BYTE];
	uint32_t expires_s;
	char pe[IPVS_CONN_WORD_BYTE]; /* empty: none */
	char pe_data[IPVS_CONN_DATA_BYTE];
};

/* Reads one row. 0, or -EBADMSG for what is none. */
int ipvs_conn_parse(const char *line, struct ipvs_conn *conn);

#endif
