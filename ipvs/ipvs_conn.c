/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ADDR_BYTE = 40 }; /* eight groups of four digits */

/* Eight hex digits in host order, or eight groups of four. */
static int parse_endpoint(const char *text, unsigned int port, struct ipvs_endpoint *end)
{
	unsigned int addr;
	int read_byte = 0;

	memset(end, 0, sizeof(*end));
	end->port = (uint16_t)port;
	if (inet_pton(AF_INET6, text, &end->addr.v6) == 1) {
		end->af = AF_INET6;
		return 0;
	}
	if (strlen(text) != 8 || sscanf(text, "%8x%n", &addr, &read_byte) != 1 || read_byte != 8)
		return -EBADMSG;
	end->af = AF_INET;
	end->addr.v4.s_addr = htonl(addr);
	return 0;
}

int ipvs_conn_parse(const char *line, struct ipvs_conn *conn)
{
	char source[ADDR_BYTE], virtual[ADDR_BYTE], dest[ADDR_BYTE];
	unsigned int source_port, virtual_port, dest_port;
	struct ipvs_conn got;

	memset(&got, 0, sizeof(got));
	if (sscanf(line, "%7s %39s %4x %39s %4x %39s %4x %63s %u %63s %1023s", got.protocol, source, &source_port, virtual,
		   &virtual_port, dest, &dest_port, got.state, &got.expires_s, got.pe, got.pe_data) < 9)
		return -EBADMSG;
	if (parse_endpoint(source, source_port, &got.source) || parse_endpoint(virtual, virtual_port, &got.virtual) ||
	    parse_endpoint(dest, dest_port, &got.dest))
		return -EBADMSG;
	*conn = got;
	return 0;
}
