/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_json.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "ipvs/ipvs_names.h"
#include "ipvs/ipvs_show.h"

/* What stands before a member: a comma behind another one, a new line with its indent. */
static void member(struct ipvs_json *json, const char *name)
{
	if (json->filled & (1 << json->depth))
		putc(',', json->out);
	json->filled |= 1 << json->depth;
	fprintf(json->out, "\n%*s", 2 * json->depth, "");
	if (name)
		fprintf(json->out, "\"%s\": ", name);
}

static void open_at(struct ipvs_json *json, const char *name, char bracket)
{
	if (json->depth)
		member(json, name);
	putc(bracket, json->out);
	json->depth++;
	json->filled &= ~(1 << json->depth);
}

static void close_at(struct ipvs_json *json, char bracket)
{
	const bool filled = json->filled & (1 << json->depth);

	json->depth--;
	if (filled)
		fprintf(json->out, "\n%*s", 2 * json->depth, "");
	putc(bracket, json->out);
}

/* Names come from the kernel and from packets (pe data): any byte may be in them; those above 0x7f are read as Latin-1. */
static void text(struct ipvs_json *json, const char *name, const char *value)
{
	member(json, name);
	putc('"', json->out);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fprintf(json->out, "\\%c", *value);
		else if (isprint((unsigned char)*value) && (unsigned char)*value < 0x80)
			putc(*value, json->out);
		else
			fprintf(json->out, "\\u%04x", (unsigned char)*value);
	}
	putc('"', json->out);
}

static void number(struct ipvs_json *json, const char *name, uint64_t value)
{
	member(json, name);
	fprintf(json->out, "%" PRIu64, value);
}

static void boolean(struct ipvs_json *json, const char *name, bool value)
{
	member(json, name);
	fputs(value ? "true" : "false", json->out);
}

static void address(struct ipvs_json *json, const char *name, int af, const union ipvs_addr *addr)
{
	char buf[INET6_ADDRSTRLEN];

	text(json, name, inet_ntop(af, addr, buf, sizeof(buf)) ? buf : "?");
}

void ipvs_json_open(struct ipvs_json *json, FILE *out)
{
	memset(json, 0, sizeof(*json));
	json->out = out;
	open_at(json, NULL, '{');
}

void ipvs_json_close(struct ipvs_json *json)
{
	close_at(json, '}');
	putc('\n', json->out);
}

void ipvs_json_info(struct ipvs_json *json, const struct ipvs_info *info)
{
	char version[16];

	snprintf(version, sizeof(version), "%u.%u.%u", info->version >> 16 & 0xff, info->version >> 8 & 0xff,
		 info->version & 0xff);
	text(json, "version", version);
	number(json, "connection_table_size", info->conn_tab_size);
}

void ipvs_json_array(struct ipvs_json *json, const char *name)
{
	open_at(json, name, '[');
}

void ipvs_json_array_end(struct ipvs_json *json)
{
	close_at(json, ']');
}

static void stats_members(struct ipvs_json *json, const struct ipvs_stats *s)
{
	static const char *const names[] = {"connections", "in_packets", "out_packets", "in_bytes", "out_bytes"};
	const uint64_t total[] = {s->conns, s->inpkts, s->outpkts, s->inbytes, s->outbytes};
	const uint64_t rate[] = {s->cps, s->inpps, s->outpps, s->inbps, s->outbps};
	int i;

	open_at(json, "stats", '{');
	for (i = 0; i < 5; i++)
		number(json, names[i], total[i]);
	close_at(json, '}');
	open_at(json, "rate", '{');
	for (i = 0; i < 5; i++)
		number(json, names[i], rate[i]);
	close_at(json, '}');
}

static void sched_flags(struct ipvs_json *json, const struct ipvs_service *svc)
{
	char buf[32], *save, *flag;

	open_at(json, "scheduler_flags", '[');
	ipvs_sched_flags_text(buf, svc->sched, svc->flags);
	for (flag = strtok_r(buf, ",", &save); flag; flag = strtok_r(NULL, ",", &save))
		text(json, NULL, flag);
	close_at(json, ']');
}

static void persistence(struct ipvs_json *json, const struct ipvs_service *svc)
{
	union ipvs_addr mask = {.word = {svc->netmask}};

	open_at(json, "persistence", '{');
	number(json, "timeout", svc->timeout_s);
	if (svc->af == AF_INET6)
		number(json, "prefix_length", svc->netmask);
	else
		address(json, "netmask", AF_INET, &mask);
	close_at(json, '}');
}

void ipvs_json_service(struct ipvs_json *json, const struct ipvs_service *svc)
{
	const char *protocol = ipvs_protocol_name(svc->protocol);

	open_at(json, NULL, '{');
	text(json, "family", svc->af == AF_INET6 ? "ipv6" : "ipv4");
	if (svc->fwmark) {
		number(json, "fwmark", svc->fwmark);
	} else {
		text(json, "protocol", protocol ? protocol : "?");
		address(json, "address", svc->af, &svc->addr);
		number(json, "port", svc->port);
	}
	text(json, "scheduler", svc->sched);
	sched_flags(json, svc);
	if (svc->flags & IPVS_F_PERSISTENT)
		persistence(json, svc);
	if (svc->pe[0])
		text(json, "persistence_engine", svc->pe);
	boolean(json, "one_packet", svc->flags & IPVS_F_ONEPACKET);
	stats_members(json, &svc->stats);
	open_at(json, "servers", '[');
}

void ipvs_json_service_end(struct ipvs_json *json)
{
	close_at(json, ']');
	close_at(json, '}');
}

static void tunnel(struct ipvs_json *json, const struct ipvs_dest *dest)
{
	static const char *const types[] = {[IPVS_TUN_IPIP] = "ipip", [IPVS_TUN_GUE] = "gue", [IPVS_TUN_GRE] = "gre"};

	open_at(json, "tunnel", '{');
	text(json, "type", dest->tun_type <= IPVS_TUN_GRE ? types[dest->tun_type] : "?");
	if (dest->tun_type == IPVS_TUN_GUE)
		number(json, "port", dest->tun_port);
	if (dest->tun_type != IPVS_TUN_IPIP)
		text(json, "checksum", dest->tun_flags & IPVS_TUN_REMCSUM ? "remote" : dest->tun_flags & IPVS_TUN_CSUM ? "yes" : "no");
	close_at(json, '}');
}

void ipvs_json_dest(struct ipvs_json *json, const struct ipvs_dest *dest)
{
	static const char *const methods[IPVS_FWD_MASK + 1] = {
		[IPVS_FWD_MASQ] = "masquerading", [IPVS_FWD_LOCAL] = "local",	[IPVS_FWD_TUNNEL] = "ipip",
		[IPVS_FWD_ROUTE] = "gatewaying",  [IPVS_FWD_BYPASS] = "bypass",
	};
	const char *method = methods[dest->fwd & IPVS_FWD_MASK];

	open_at(json, NULL, '{');
	address(json, "address", dest->af, &dest->addr);
	number(json, "port", dest->port);
	text(json, "forwarding_method", method ? method : "?");
	if ((dest->fwd & IPVS_FWD_MASK) == IPVS_FWD_TUNNEL)
		tunnel(json, dest);
	number(json, "weight", dest->weight);
	number(json, "upper_threshold", dest->u_thresh);
	number(json, "lower_threshold", dest->l_thresh);
	number(json, "active_connections", dest->active_conns);
	number(json, "inactive_connections", dest->inact_conns);
	number(json, "persistent_connections", dest->persist_conns);
	stats_members(json, &dest->stats);
	close_at(json, '}');
}

void ipvs_json_timeouts(struct ipvs_json *json, const struct ipvs_timeouts *timeouts)
{
	open_at(json, "timeouts", '{');
	number(json, "tcp", timeouts->tcp);
	number(json, "tcp_fin", timeouts->tcp_fin);
	number(json, "udp", timeouts->udp);
	close_at(json, '}');
}

void ipvs_json_daemon(struct ipvs_json *json, const struct ipvs_daemon *daemon)
{
	open_at(json, NULL, '{');
	text(json, "state", daemon->state == IPVS_SYNC_MASTER ? "master" : "backup");
	text(json, "mcast_interface", daemon->mcast_ifn);
	number(json, "syncid", daemon->syncid);
	if (daemon->sync_maxlen)
		number(json, "sync_maxlen", daemon->sync_maxlen);
	if (daemon->mcast_af)
		address(json, "mcast_group", daemon->mcast_af, &daemon->mcast_group);
	if (daemon->mcast_port)
		number(json, "mcast_port", daemon->mcast_port);
	if (daemon->mcast_ttl)
		number(json, "mcast_ttl", daemon->mcast_ttl);
	close_at(json, '}');
}

static void endpoint(struct ipvs_json *json, const char *name, const struct ipvs_endpoint *end)
{
	open_at(json, name, '{');
	address(json, "address", end->af, &end->addr);
	number(json, "port", end->port);
	close_at(json, '}');
}

void ipvs_json_conn(struct ipvs_json *json, const struct ipvs_conn *conn)
{
	open_at(json, NULL, '{');
	text(json, "protocol", conn->protocol);
	number(json, "expires", conn->expires_s);
	text(json, "state", conn->state);
	endpoint(json, "source", &conn->source);
	endpoint(json, "virtual", &conn->virtual);
	endpoint(json, "destination", &conn->dest);
	if (conn->pe[0]) {
		text(json, "persistence_engine", conn->pe);
		text(json, "persistence_data", conn->pe_data);
	}
	close_at(json, '}');
}
