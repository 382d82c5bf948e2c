/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists to the byte: recorded lines of the original (ipvsadm.md 8). */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>

#include "ipvs/ipvs_conn.h"
#include "ipvs/ipvs_json.h"
#include "ipvs/ipvs_show.h"

/* What is printed between BEGIN and END is in text. */
static char *text;
static size_t text_byte;
static FILE *out;

static void begin(void)
{
	out = open_memstream(&text, &text_byte);
}

#define PRINTS(call, want)                                                                         \
	do {                                                                                       \
		begin();                                                                           \
		call;                                                                              \
		fclose(out);                                                                       \
		CHECK_STR(text, want);                                                             \
		free(text);                                                                        \
	} while (0)

static struct ipvs_service service(const char *addr, uint16_t port)
{
	struct ipvs_service svc = {.af = AF_INET, .protocol = IPPROTO_TCP, .port = port, .sched = "rr", .netmask = ~0U};

	if (inet_pton(AF_INET6, addr, &svc.addr) == 1) {
		svc.af = AF_INET6;
		svc.netmask = 128;
	} else {
		inet_pton(AF_INET, addr, &svc.addr);
	}
	return svc;
}

static struct ipvs_dest dest(const char *addr, uint16_t port)
{
	struct ipvs_dest d = {.af = AF_INET, .port = port, .weight = 1, .fwd = IPVS_FWD_ROUTE};

	if (inet_pton(AF_INET6, addr, &d.addr) == 1)
		d.af = AF_INET6;
	else
		inet_pton(AF_INET, addr, &d.addr);
	return d;
}

TEST(numbers_are_scaled_by_truncation)
{
	static const struct {
		uint64_t n;
		const char *scaled, *exact;
	} rows[] = {
		{0, "        0", "        0"},
		{99999999, " 99999999", " 99999999"},
		{100000000, "  100000K", " 100000000"},
		{999999999, "  999999K", " 999999999"},
		{1000000000, "    1000M", " 1000000000"},
		{99999999999ULL, "   99999M", " 99999999999"},
		{100000000000ULL, "     100G", " 100000000000"},
		{99999999999999ULL, "   99999G", " 99999999999999"},
		{100000000000000ULL, "     100T", " 100000000000000"},
		{UINT64_MAX, "18446744T", " 18446744073709551615"},
	};
	struct ipvs_view view = {.kind = IPVS_VIEW_STATS};
	struct ipvs_service svc = service("10.0.0.1", 80);
	char want[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		svc.stats.conns = rows[i].n;
		view.exact = false;
		snprintf(want, sizeof(want), "%-33s%s        0        0        0        0\n", "TCP  10.0.0.1:80", rows[i].scaled);
		PRINTS(ipvs_show_service(out, &view, &svc), want);
		view.exact = true;
		snprintf(want, sizeof(want), "%-33s%s        0        0        0        0\n", "TCP  10.0.0.1:80", rows[i].exact);
		PRINTS(ipvs_show_service(out, &view, &svc), want);
	}
}

TEST(servers_lose_what_is_above_32_bits_but_for_bytes)
{
	struct ipvs_view view = {.kind = IPVS_VIEW_STATS, .exact = true};
	struct ipvs_service svc = service("10.0.0.1", 80);
	struct ipvs_dest d = dest("10.0.0.2", 80);

	d.stats.conns = (1ULL << 32) + 5;
	d.stats.inbytes = 1ULL << 32;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d),
	       "  -> 10.0.0.2:80                         5        0        0 4294967296        0\n");
}

TEST(services_show_their_flags_in_order)
{
	static const struct ipvs_view view;
	struct ipvs_service svc = service("10.0.0.1", 5060);

	svc.protocol = IPPROTO_UDP;
	svc.flags = IPVS_F_PERSISTENT | IPVS_F_ONEPACKET;
	svc.timeout_s = 60;
	svc.netmask = htonl(0xffffff00);
	strcpy(svc.pe, "sip");
	PRINTS(ipvs_show_service(out, &view, &svc), "UDP  10.0.0.1:5060 rr persistent 60 mask 255.255.255.0 pe sip ops\n");
	PRINTS(ipvs_save_service(out, NULL, &svc), "-A -u 10.0.0.1:5060 -s rr -p 60 -M 255.255.255.0 --pe sip -o\n");
	svc = service("2001:db8::1", 80);
	svc.flags = IPVS_F_PERSISTENT | IPVS_F_SCHED2;
	svc.timeout_s = 60;
	svc.netmask = 64;
	strcpy(svc.sched, "sh");
	PRINTS(ipvs_show_service(out, &view, &svc), "TCP  [2001:db8::1]:80 sh (sh-port) persistent 60 mask 64\n");
	svc.flags = IPVS_F_SCHED3;
	PRINTS(ipvs_show_service(out, &view, &svc), "TCP  [2001:db8::1]:80 sh ()\n");
	svc.fwmark = 4294967295U;
	svc.flags = 0;
	PRINTS(ipvs_show_service(out, &view, &svc), "FWM  -1 IPv6 sh\n");
}

TEST(servers_are_shown_in_every_view)
{
	struct ipvs_view view = {.kind = IPVS_VIEW_DEFAULT};
	struct ipvs_service svc = service("10.0.0.1", 80);
	struct ipvs_dest d = dest("192.168.9.3", 8080);

	d.fwd = IPVS_FWD_TUNNEL;
	d.weight = 7;
	d.tun_type = IPVS_TUN_GUE;
	d.tun_port = 6080;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d), "  -> 192.168.9.3:8080             Tunnel  7      0          0         \n");
	PRINTS(ipvs_save_dest(out, NULL, &svc, &d),
	       "-a -t 10.0.0.1:80 -r 192.168.9.3:8080 -i -w 7 --tun-type gue --tun-port 6080 --tun-nocsum\n");
	view.kind = IPVS_VIEW_TUN_INFO;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d),
	       "  -> 192.168.9.3:8080             Tunnel  gue:6080:-c   7      0          0         \n");
	view.kind = IPVS_VIEW_THRESHOLDS;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d),
	       "  -> 192.168.9.3:8080             0          0          0          0         \n");
	view.kind = IPVS_VIEW_PERSISTENT_CONN;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d),
	       "  -> 192.168.9.3:8080             7         0           0          0         \n");
	view.kind = IPVS_VIEW_RATE;
	PRINTS(ipvs_show_dest(out, &view, &svc, &d),
	       "  -> 192.168.9.3:8080                    0        0        0        0        0\n");
}

/* ipvsadm.md 8.3: recorded; the kernel hands out the newest first */
TEST(servers_sort_by_wrapped_differences)
{
	static const char *const added[] = {"192.168.9.5", "10.1.1.1",	 "200.0.0.1", "100.0.0.1",
					    "127.0.0.1",   "172.16.0.1", "50.0.0.1"};
	static const char *const want[] = {"50.0.0.1",	  "100.0.0.1", "127.0.0.1", "172.16.0.1",
					   "192.168.9.5", "200.0.0.1", "10.1.1.1"};
	struct ipvs_dest d[7];
	char addr[INET_ADDRSTRLEN];
	int i;

	for (i = 0; i < 7; i++)
		d[i] = dest(added[6 - i], 80);
	ipvs_sort_dests(d, 7);
	for (i = 0; i < 7; i++)
		CHECK_STR(inet_ntop(AF_INET, &d[i].addr, addr, sizeof(addr)), want[i]);
}

TEST(connections_are_read_and_shown)
{
	static const struct {
		const char *line, *want;
		int pe;
	} rows[] = {
		{"TCP 0A000102 9C41 0A000001 0050 C0A80902 0050 ESTABLISHED     894\n",
		 "TCP 14:54  ESTABLISHED 10.0.1.2:40001     10.0.0.1:80        192.168.9.2:80\n", 0},
		{"IP  0A000102 0000 00000005 0000 C0A80901 0000 ASSURED          87\n",
		 "IP  01:27  ASSURED     10.0.1.2:0         0.0.0.5:0          192.168.9.1:0\n", 0},
		{"TCP 2001:0db8:0001:0000:0000:0000:0000:0002 9C45 2001:0db8:0000:0000:0000:0000:0000:0001 0051 "
		 "2001:0db8:0009:0000:0000:0000:0000:0001 0051 ESTABLISHED     898\n",
		 "TCP 14:58  ESTABLISHED [2001:db8:1::2]:40005 [2001:db8::1]:81   [2001:db8:9::1]:81\n", 0},
		{"UDP 0A000102 0000 0A000001 13C4 C0A80902 13C4 NONE            118 sip CALLID@host\n",
		 "UDP 01:58  NONE        10.0.1.2:0         10.0.0.1:5060      192.168.9.2:5060 sip                CALLID@host\n", 1},
	};
	static const char *const bad[] = {"", "TCP", "TCP 0A000102 9C41 0A000001 0050 C0A80902 0050 ESTABLISHED",
					  "TCP 0A00010 9C41 0A000001 0050 C0A80902 0050 ESTABLISHED 894",
					  "TCP 0A0001zz 9C41 0A000001 0050 C0A80902 0050 ESTABLISHED 894"};
	struct ipvs_conn conn;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ipvs_view view = {.pe = rows[i].pe};

		CHECK_INT(ipvs_conn_parse(rows[i].line, &conn), 0);
		PRINTS(ipvs_show_conn(out, &view, &conn), rows[i].want);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(ipvs_conn_parse(bad[i], &conn), -EBADMSG);
}

static void json_of(const struct ipvs_conn *conn)
{
	struct ipvs_json json;

	ipvs_json_open(&json, out);
	ipvs_json_array(&json, "connections");
	if (conn)
		ipvs_json_conn(&json, conn);
	ipvs_json_array_end(&json);
	ipvs_json_close(&json);
}

TEST(json_holds_any_bytes_of_a_packet)
{
	struct ipvs_conn conn = {.protocol = "UDP", .pe = "sip", .pe_data = "a\"b\\c\t\x80", .state = "NONE"};

	conn.source.af = conn.virtual.af = conn.dest.af = AF_INET;
	PRINTS(json_of(NULL), "{\n  \"connections\": []\n}\n");
	PRINTS(json_of(&conn), "{\n  \"connections\": [\n    {\n      \"protocol\": \"UDP\",\n      \"expires\": 0,\n      \"state\": \"NONE\",\n"
			       "      \"source\": {\n        \"address\": \"0.0.0.0\",\n        \"port\": 0\n      },\n"
			       "      \"virtual\": {\n        \"address\": \"0.0.0.0\",\n        \"port\": 0\n      },\n"
			       "      \"destination\": {\n        \"address\": \"0.0.0.0\",\n        \"port\": 0\n      },\n"
			       "      \"persistence_engine\": \"sip\",\n      \"persistence_data\": \"a\\\"b\\\\c\\u0009\\u0080\"\n    }\n  ]\n}\n");
}

int main(void)
{
	RUN(numbers_are_scaled_by_truncation);
	RUN(servers_lose_what_is_above_32_bits_but_for_bytes);
	RUN(services_show_their_flags_in_order);
	RUN(servers_are_shown_in_every_view);
	RUN(servers_sort_by_wrapped_differences);
	RUN(connections_are_read_and_shown);
	RUN(json_holds_any_bytes_of_a_packet);
	return UNIT_END;
}
