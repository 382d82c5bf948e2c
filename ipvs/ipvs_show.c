/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_show.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICE_NAME_CHARS = 33, DEST_NAME_CHARS = 28, TUNNEL_INFO_BYTE = 16 };

/* ---- names ---- */

/* Decimal digits without a NUL; the place behind them. Long lists are little but numbers, and printf is slow at them. */
static char *put_number(char *to, unsigned int n)
{
	char digits[10];
	int i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i)
		*to++ = digits[--i];
	return to;
}

static const char *addr_text(char text[INET6_ADDRSTRLEN], int af, const union ipvs_addr *addr)
{
	const uint8_t *byte = (const uint8_t *)addr;
	char *to = text;
	int i;

	if (af != AF_INET)
		return inet_ntop(af, addr, text, INET6_ADDRSTRLEN) ? text : "?";
	for (i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = put_number(to, byte[i]);
	}
	*to = 0;
	return text;
}

/* As much of from as fits before end, which is behind the last byte; the place behind it. */
static char *put_text(char *to, const char *end, const char *from)
{
	while (*from && to < end)
		*to++ = *from++;
	return to;
}

void ipvs_show_endpoint(char text[IPVS_ENDPOINT_BYTE], int af, const union ipvs_addr *addr, uint16_t port, int protocol,
			const struct ipvs_names *names)
{
	char number[INET6_ADDRSTRLEN], port_number[8];
	const char *host = NULL, *service = NULL, *end = text + IPVS_ENDPOINT_BYTE - 1;
	char *to = text;

	if (names) {
		host = names->host_name(names->arg, af, addr);
		service = names->service_name(names->arg, port, protocol);
	}
	if (!host)
		host = addr_text(number, af, addr);
	if (!service) {
		*put_number(port_number, port) = 0;
		service = port_number;
	}
	to = put_text(to, end, af == AF_INET6 ? "[" : "");
	to = put_text(to, end, host);
	to = put_text(to, end, af == AF_INET6 ? "]:" : ":");
	*put_text(to, end, service) = 0;
}

const char *ipvs_fwd_text(uint32_t fwd)
{
	static const char *const text[IPVS_FWD_MASK + 1] = {
		[IPVS_FWD_MASQ] = "Masq",   [IPVS_FWD_LOCAL] = "Local",	  [IPVS_FWD_TUNNEL] = "Tunnel",
		[IPVS_FWD_ROUTE] = "Route", [IPVS_FWD_BYPASS] = "Bypass",
	};
	const char *name = text[fwd & IPVS_FWD_MASK];

	return name ? name : "?";
}

const char *ipvs_sched_flags_text(char text[32], const char *sched, uint32_t flags)
{
	static const struct {
		const char *sched;
		const char *flag[3]; /* NULL: has no name */
	} rows[] = {
		{"sh", {"sh-fallback", "sh-port", NULL}},
		{"mh", {"mh-fallback", "mh-port", NULL}},
		{NULL, {"flag-1", "flag-2", "flag-3"}},
	};
	size_t row = 0, bit;

	while (rows[row].sched && strcmp(rows[row].sched, sched) != 0)
		row++;
	*text = 0;
	for (bit = 0; bit < 3; bit++) {
		if (!(flags & (IPVS_F_SCHED1 << bit)) || !rows[row].flag[bit])
			continue;
		if (*text)
			strcat(text, ",");
		strcat(text, rows[row].flag[bit]);
	}
	return text;
}

/* ---- order ---- */

/* All differences are 32 bits stored into an int, so far apart values compare the wrong way (ipvsadm.md 8.3). */
static int compare_addr(int af, const union ipvs_addr *a, const union ipvs_addr *b)
{
	int i, diff = 0;

	for (i = 0; i < (af == AF_INET6 ? 4 : 1) && !diff; i++)
		diff = (int)(ntohl(a->word[i]) - ntohl(b->word[i]));
	return diff;
}

static int compare_services(const void *x, const void *y)
{
	const struct ipvs_service *a = x, *b = y;
	int diff = (int)(a->fwmark - b->fwmark);

	if (!diff)
		diff = a->af - b->af;
	if (!diff)
		diff = a->protocol - b->protocol;
	if (!diff)
		diff = compare_addr(a->af, &a->addr, &b->addr);
	return diff ? diff : a->port - b->port;
}

static int compare_dests(const void *x, const void *y)
{
	const struct ipvs_dest *a = x, *b = y;
	int diff = compare_addr(a->af, &a->addr, &b->addr); /* whatever b's family is */

	return diff ? diff : a->port - b->port;
}

void ipvs_sort_services(struct ipvs_service *svc, size_t services)
{
	if (services)
		qsort(svc, services, sizeof(*svc), compare_services);
}

void ipvs_sort_dests(struct ipvs_dest *dest, size_t dests)
{
	if (dests)
		qsort(dest, dests, sizeof(*dest), compare_dests);
}

/* ---- lists ---- */

void ipvs_show_version(FILE *out, const struct ipvs_info *info)
{
	fprintf(out, "IP Virtual Server version %u.%u.%u (size=%u)\n", (info->version >> 16) & 0xff,
		(info->version >> 8) & 0xff, info->version & 0xff, info->conn_tab_size);
}

void ipvs_show_title(FILE *out, const struct ipvs_view *view)
{
	static const char local[] = "Prot LocalAddress:Port";

	switch (view->kind) {
	case IPVS_VIEW_STATS:
		fprintf(out, "%-33s %8s %8s %8s %8s %8s\n", local, "Conns", "InPkts", "OutPkts", "InBytes", "OutBytes");
		break;
	case IPVS_VIEW_RATE:
		fprintf(out, "%-33s %8s %8s %8s %8s %8s\n", local, "CPS", "InPPS", "OutPPS", "InBPS", "OutBPS");
		break;
	case IPVS_VIEW_THRESHOLDS:
		fprintf(out, "%-33s %-10s %-10s %-10s %-10s\n", local, "Uthreshold", "Lthreshold", "ActiveConn",
			"InActConn");
		break;
	case IPVS_VIEW_PERSISTENT_CONN:
		fprintf(out, "%-33s %-9s %-11s %-10s %-10s\n", local, "Weight", "PersistConn", "ActiveConn", "InActConn");
		break;
	case IPVS_VIEW_TUN_INFO:
		fprintf(out, "%s Scheduler Flags\n", local);
		fputs("  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n", out);
		return;
	case IPVS_VIEW_DEFAULT:
		fprintf(out, "%s Scheduler Flags\n", local);
		fputs("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n", out);
		return;
	}
	fputs("  -> RemoteAddress:Port\n", out);
}

/* ipvsadm.md 8.1 */
static void show_number(FILE *out, const struct ipvs_view *view, uint64_t n)
{
	static const struct {
		uint64_t below, unit;
		char letter;
	} rows[] = {
		{1000000000ULL, 1000ULL, 'K'},
		{100000000000ULL, 1000000ULL, 'M'},
		{100000000000000ULL, 1000000000ULL, 'G'},
		{UINT64_MAX, 1000000000000ULL, 'T'},
	};
	size_t row = 0;

	if (n < 100000000) {
		fprintf(out, "%9" PRIu64, n);
	} else if (view->exact) {
		fprintf(out, " %" PRIu64, n);
	} else {
		while (n >= rows[row].below && rows[row].below != UINT64_MAX)
			row++;
		fprintf(out, "%8" PRIu64 "%c", n / rows[row].unit, rows[row].letter);
	}
}

static void show_five(FILE *out, const struct ipvs_view *view, const uint64_t n[5])
{
	int i;

	for (i = 0; i < 5; i++)
		show_number(out, view, n[i]);
	putc('\n', out);
}

/* What stands left of the columns; an IPv4 one is cut to fit them. */
static void service_name(char text[IPVS_ENDPOINT_BYTE + 8], const struct ipvs_view *view, const struct ipvs_service *svc)
{
	const char *protocol = svc->protocol == IPPROTO_TCP ? "TCP" : svc->protocol == IPPROTO_UDP ? "UDP" :
			       svc->protocol == IPPROTO_SCTP ? "SCTP" : "?";
	char endpoint[IPVS_ENDPOINT_BYTE];

	if (svc->fwmark) {
		sprintf(text, "FWM  %d%s", (int)svc->fwmark, svc->af == AF_INET6 ? " IPv6" : "");
		return;
	}
	ipvs_show_endpoint(endpoint, svc->af, &svc->addr, svc->port, svc->protocol, view->names);
	sprintf(text, "%-4s %s", protocol, endpoint);
	if (svc->af == AF_INET)
		text[SERVICE_NAME_CHARS] = 0;
}

static void show_netmask(FILE *out, const char *before, const struct ipvs_service *svc)
{
	char text[INET_ADDRSTRLEN];

	if (svc->af == AF_INET6 && svc->netmask != 128)
		fprintf(out, "%s%u", before, svc->netmask);
	else if (svc->af != AF_INET6 && svc->netmask != ~0U)
		fprintf(out, "%s%s", before, inet_ntop(AF_INET, &svc->netmask, text, sizeof(text)));
}

static void show_service_flags(FILE *out, const struct ipvs_service *svc)
{
	char flags[32];

	if (svc->flags & IPVS_F_SCHED)
		fprintf(out, " (%s)", ipvs_sched_flags_text(flags, svc->sched, svc->flags));
	if (svc->flags & IPVS_F_PERSISTENT) {
		fprintf(out, " persistent %u", svc->timeout_s);
		show_netmask(out, " mask ", svc);
		if (svc->pe[0])
			fprintf(out, " pe %s", svc->pe);
	}
	if (svc->flags & IPVS_F_ONEPACKET)
		fputs(" ops", out);
	putc('\n', out);
}

void ipvs_show_service(FILE *out, const struct ipvs_view *view, const struct ipvs_service *svc)
{
	const struct ipvs_stats *s = &svc->stats;
	const uint64_t stats[5] = {s->conns, s->inpkts, s->outpkts, s->inbytes, s->outbytes};
	const uint64_t rates[5] = {s->cps, s->inpps, s->outpps, s->inbps, s->outbps};
	char name[IPVS_ENDPOINT_BYTE + 8];

	service_name(name, view, svc);
	if (view->kind == IPVS_VIEW_STATS || view->kind == IPVS_VIEW_RATE) {
		fprintf(out, "%-33s", name);
		show_five(out, view, view->kind == IPVS_VIEW_STATS ? stats : rates);
		return;
	}
	fprintf(out, "%s %s", name, svc->sched);
	show_service_flags(out, svc);
}

static const char *tunnel_info(char text[TUNNEL_INFO_BYTE], const struct ipvs_dest *dest)
{
	const char *csum = dest->tun_flags & IPVS_TUN_REMCSUM ? "r+c" : dest->tun_flags & IPVS_TUN_CSUM ? "+c" : "-c";

	if ((dest->fwd & IPVS_FWD_MASK) != IPVS_FWD_TUNNEL)
		return "n/a";
	switch (dest->tun_type) {
	case IPVS_TUN_IPIP:
		return "ipip";
	case IPVS_TUN_GUE:
		snprintf(text, TUNNEL_INFO_BYTE, "gue:%u:%s", dest->tun_port, csum);
		return text;
	case IPVS_TUN_GRE:
		snprintf(text, TUNNEL_INFO_BYTE, "gre:%s", csum);
		return text;
	default:
		return "invalid";
	}
}

/* The original reads all counters of servers but the bytes in 32 bits (ipvsadm.md 8.1); its readers compare. */
static void show_dest_numbers(FILE *out, const struct ipvs_view *view, const struct ipvs_stats *s)
{
	const uint64_t stats[5] = {(uint32_t)s->conns, (uint32_t)s->inpkts, (uint32_t)s->outpkts, s->inbytes, s->outbytes};

	if (view->kind == IPVS_VIEW_STATS) {
		show_five(out, view, stats);
		return;
	}
	fprintf(out, " %8u %8u %8u", (uint32_t)s->cps, (uint32_t)s->inpps, (uint32_t)s->outpps);
	show_number(out, view, (uint32_t)s->inbps);
	show_number(out, view, (uint32_t)s->outbps);
	putc('\n', out);
}

void ipvs_show_dest(FILE *out, const struct ipvs_view *view, const struct ipvs_service *svc, const struct ipvs_dest *dest)
{
	const char *fwd = ipvs_fwd_text(dest->fwd);
	char name[IPVS_ENDPOINT_BYTE], tunnel[TUNNEL_INFO_BYTE];

	ipvs_show_endpoint(name, dest->af, &dest->addr, dest->port, svc->protocol, view->names);
	if (dest->af != AF_INET6)
		name[DEST_NAME_CHARS] = 0;
	fprintf(out, "  -> %-28s", name);
	switch (view->kind) {
	case IPVS_VIEW_STATS:
	case IPVS_VIEW_RATE:
		show_dest_numbers(out, view, &dest->stats);
		break;
	case IPVS_VIEW_THRESHOLDS:
		fprintf(out, " %-10u %-10u %-10u %-10u\n", dest->u_thresh, dest->l_thresh, dest->active_conns,
			dest->inact_conns);
		break;
	case IPVS_VIEW_PERSISTENT_CONN:
		fprintf(out, " %-9u %-11u %-10u %-10u\n", dest->weight, dest->persist_conns, dest->active_conns,
			dest->inact_conns);
		break;
	case IPVS_VIEW_TUN_INFO:
		fprintf(out, " %-7s %-13s %-6d %-10u %-10u\n", fwd, tunnel_info(tunnel, dest), (int)dest->weight,
			dest->active_conns, dest->inact_conns);
		break;
	case IPVS_VIEW_DEFAULT:
		fprintf(out, " %-7s %-6d %-10u %-10u\n", fwd, (int)dest->weight, dest->active_conns, dest->inact_conns);
		break;
	}
}

void ipvs_show_timeouts(FILE *out, const struct ipvs_timeouts *timeouts)
{
	fprintf(out, "Timeout (tcp tcpfin udp): %u %u %u\n", timeouts->tcp, timeouts->tcp_fin, timeouts->udp);
}

void ipvs_show_daemon(FILE *out, const struct ipvs_daemon *daemon)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "%s sync daemon (mcast=%s, syncid=%u", daemon->state == IPVS_SYNC_MASTER ? "master" : "backup",
		daemon->mcast_ifn, daemon->syncid);
	if (daemon->sync_maxlen)
		fprintf(out, ", maxlen=%u", daemon->sync_maxlen);
	if (daemon->mcast_af)
		fprintf(out, ", group=%s", inet_ntop(daemon->mcast_af, &daemon->mcast_group, group, sizeof(group)));
	if (daemon->mcast_port)
		fprintf(out, ", port=%u", daemon->mcast_port);
	if (daemon->mcast_ttl)
		fprintf(out, ", ttl=%u", daemon->mcast_ttl);
	fputs(")\n", out);
}

/* ---- connections ---- */

void ipvs_show_conn_title(FILE *out, const struct ipvs_view *view)
{
	fputs("IPVS connection entries\n", out);
	fprintf(out, "pro expire %-11s %-18s %-18s ", "state", "source", "virtual");
	if (view->pe)
		fprintf(out, "%-18s %-16s %s\n", "destination", "pe name", "pe_data");
	else
		fputs("destination\n", out);
}

static int conn_protocol(const char *name)
{
	return !strcmp(name, "TCP") ? IPPROTO_TCP : !strcmp(name, "UDP") ? IPPROTO_UDP :
	       !strcmp(name, "SCTP") ? IPPROTO_SCTP : 0;
}

void ipvs_show_conn(FILE *out, const struct ipvs_view *view, const struct ipvs_conn *conn)
{
	const struct ipvs_endpoint *const end[3] = {&conn->source, &conn->virtual, &conn->dest};
	char text[3][IPVS_ENDPOINT_BYTE], expire[24];
	int i, protocol = conn_protocol(conn->protocol);

	for (i = 0; i < 3; i++)
		ipvs_show_endpoint(text[i], end[i]->af, &end[i]->addr, end[i]->port, protocol, view->names);
	snprintf(expire, sizeof(expire), "%02u:%02u", conn->expires_s / 60, conn->expires_s % 60);
	fprintf(out, "%-3s %-6s %-11s %-18s %-18s ", conn->protocol, expire, conn->state, text[0], text[1]);
	if (view->pe && conn->pe[0])
		fprintf(out, "%-16s %-18s %s\n", text[2], conn->pe, conn->pe_data);
	else
		fprintf(out, "%s\n", text[2]);
}

/* ---- save ---- */

static void save_identity(FILE *out, const struct ipvs_names *names, char command, const struct ipvs_service *svc)
{
	const char *option = svc->protocol == IPPROTO_UDP ? "-u" : svc->protocol == IPPROTO_SCTP ? "--sctp-service" : "-t";
	char endpoint[IPVS_ENDPOINT_BYTE];

	if (svc->fwmark) {
		fprintf(out, "-%c -f %d%s", command, (int)svc->fwmark, svc->af == AF_INET6 ? " -6" : "");
		return;
	}
	ipvs_show_endpoint(endpoint, svc->af, &svc->addr, svc->port, svc->protocol, names);
	fprintf(out, "-%c %s %s", command, option, endpoint);
}

static void save_service(FILE *out, const struct ipvs_names *names, char command, const struct ipvs_service *svc)
{
	char flags[32];

	save_identity(out, names, command, svc);
	fprintf(out, " -s %s", svc->sched);
	if (svc->flags & IPVS_F_PERSISTENT) {
		fprintf(out, " -p %u", svc->timeout_s);
		show_netmask(out, " -M ", svc);
	}
	if (svc->pe[0])
		fprintf(out, " --pe %s", svc->pe);
	if (svc->flags & IPVS_F_ONEPACKET)
		fputs(" -o", out);
	if (svc->flags & IPVS_F_SCHED)
		fprintf(out, " -b %s", ipvs_sched_flags_text(flags, svc->sched, svc->flags));
}

static void save_tunnel(FILE *out, const struct ipvs_dest *dest)
{
	const char *csum = dest->tun_flags & IPVS_TUN_REMCSUM ? "remcsum" : dest->tun_flags & IPVS_TUN_CSUM ? "csum" : "nocsum";

	switch (dest->tun_type) {
	case IPVS_TUN_IPIP:
		fputs(" --tun-type ipip", out);
		break;
	case IPVS_TUN_GUE:
		fprintf(out, " --tun-type gue --tun-port %u --tun-%s", dest->tun_port, csum);
		break;
	case IPVS_TUN_GRE:
		fprintf(out, " --tun-type gre --tun-%s", csum);
		break;
	}
}

static void save_dest_identity(FILE *out, const struct ipvs_names *names, char command, const struct ipvs_service *svc,
			       const struct ipvs_dest *dest)
{
	char endpoint[IPVS_ENDPOINT_BYTE];

	save_identity(out, names, command, svc);
	ipvs_show_endpoint(endpoint, dest->af ? dest->af : svc->af, &dest->addr, dest->port, svc->protocol, names);
	fprintf(out, " -r %s", endpoint);
}

static void save_dest(FILE *out, const struct ipvs_names *names, char command, const struct ipvs_service *svc,
		      const struct ipvs_dest *dest)
{
	const uint32_t fwd = dest->fwd & IPVS_FWD_MASK;

	save_dest_identity(out, names, command, svc, dest);
	fprintf(out, " -%c -w %d", fwd == IPVS_FWD_MASQ ? 'm' : fwd == IPVS_FWD_TUNNEL ? 'i' : 'g', (int)dest->weight);
	if (fwd == IPVS_FWD_TUNNEL)
		save_tunnel(out, dest);
}

void ipvs_save_service(FILE *out, const struct ipvs_names *names, const struct ipvs_service *svc)
{
	save_service(out, names, 'A', svc);
	putc('\n', out);
}

void ipvs_save_dest(FILE *out, const struct ipvs_names *names, const struct ipvs_service *svc, const struct ipvs_dest *dest)
{
	save_dest(out, names, 'a', svc, dest);
	putc('\n', out);
}

static void save_daemon(FILE *out, const struct ipvs_daemon *daemon, bool start)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "--%s-daemon %s --syncid %u", start ? "start" : "stop",
		daemon->state == IPVS_SYNC_MASTER ? "master" : "backup", daemon->syncid);
	if (!start)
		return;
	fprintf(out, " --mcast-interface %s", daemon->mcast_ifn);
	if (daemon->sync_maxlen)
		fprintf(out, " --sync-maxlen %u", daemon->sync_maxlen);
	if (daemon->mcast_af)
		fprintf(out, " --mcast-group %s", inet_ntop(daemon->mcast_af, &daemon->mcast_group, group, sizeof(group)));
	if (daemon->mcast_port)
		fprintf(out, " --mcast-port %u", daemon->mcast_port);
	if (daemon->mcast_ttl)
		fprintf(out, " --mcast-ttl %u", daemon->mcast_ttl);
}

void ipvs_save_change(FILE *out, const struct ipvs_change *change)
{
	const struct ipvs_service *svc = &change->svc;
	const struct ipvs_dest *dest = &change->dest;

	switch (change->op) {
	case IPVS_OP_ADD_SERVICE:
	case IPVS_OP_EDIT_SERVICE:
		save_service(out, NULL, change->op == IPVS_OP_ADD_SERVICE ? 'A' : 'E', svc);
		break;
	case IPVS_OP_DEL_SERVICE:
	case IPVS_OP_ZERO_SERVICE:
		save_identity(out, NULL, change->op == IPVS_OP_DEL_SERVICE ? 'D' : 'Z', svc);
		break;
	case IPVS_OP_FLUSH:
		fputs("-C", out);
		break;
	case IPVS_OP_ZERO:
		fputs("-Z", out);
		break;
	case IPVS_OP_ADD_DEST:
	case IPVS_OP_EDIT_DEST:
		save_dest(out, NULL, change->op == IPVS_OP_ADD_DEST ? 'a' : 'e', svc, dest);
		if (dest->u_thresh)
			fprintf(out, " -x %u", dest->u_thresh);
		if (dest->l_thresh)
			fprintf(out, " -y %u", dest->l_thresh);
		break;
	case IPVS_OP_DEL_DEST:
		save_dest_identity(out, NULL, 'd', svc, dest);
		break;
	case IPVS_OP_SET_TIMEOUTS:
		fprintf(out, "--set %u %u %u", change->timeouts.tcp, change->timeouts.tcp_fin, change->timeouts.udp);
		break;
	case IPVS_OP_START_DAEMON:
	case IPVS_OP_STOP_DAEMON:
		save_daemon(out, &change->daemon, change->op == IPVS_OP_START_DAEMON);
		break;
	case IPVS_OPS:
		break;
	}
	putc('\n', out);
}
