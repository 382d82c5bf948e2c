/* SPDX-License-Identifier: GPL-2.0-only */
/* Every protocol's answers: whole, cut at every byte, byte by byte, and noise; what is said must be what the original says. */
#include "unit.h"

#include <errno.h>

#include "ldirectord/ld_dialog.h"
#include "lib/fault.h"

static struct ld_dialog d;
static char said[16384];
static size_t said_byte;

static struct ld_probe_conf base(enum ld_service service)
{
	struct ld_probe_conf c = { .kind = LD_NEGOTIATE, .service = service, .port = 80, .request = "/", .receive = "", .httpmethod = "GET" };

	c.addr.family = AF_INET;
	c.addr.ip.v4.s_addr = htonl(0x0a000003);
	return c;
}

static void hear(void)
{
	memcpy(said + said_byte, d.out, d.out_byte);
	said_byte += d.out_byte;
	said[said_byte] = '\0';
	d.out_byte = 0;
}

/* Feeds in pieces of step bytes, then the end where at_end; the verdict that came first. */
static enum ld_verdict feed(const struct ld_probe_conf *c, const char *text, size_t n, size_t step, bool at_end)
{
	enum ld_verdict verdict;
	size_t at, len;

	said_byte = 0;
	said[0] = '\0';
	ld_dialog_init(&d, c, 0x1234);
	d.local.family = AF_INET;
	d.local.ip.v4.s_addr = htonl(0x0a000001);
	d.local_port = 4000;
	ld_addr_text(&c->addr, d.host);
	d.target_port = c->port;
	verdict = d.type->open(&d);
	hear();
	for (at = 0; at < n && verdict == LD_MORE; at += len) {
		len = n - at < step ? n - at : step;
		verdict = d.type->feed(&d, text + at, len);
		hear();
	}
	if (verdict == LD_MORE && at_end)
		verdict = d.type->feed(&d, "", 0);
	hear();
	return verdict;
}

static const char *name(enum ld_verdict verdict)
{
	static const char *const names[] = { "MORE", "UP", "DOWN", "REDIRECT", "DATA" };

	return names[verdict];
}

/* The same verdict however the stream is cut, and never UP from a part of it that the protocol cannot decide on. */
static void stream(struct ld_probe_conf c, const char *receive, const char *answer, bool at_end, const char *want)
{
	const char *why;
	size_t n = strlen(answer), step;
	enum ld_verdict verdict;

	if (receive && ld_regex_compile(receive, &c.regex, &why))
		CHECK_MSG(0, "%s: %s", receive, why);
	for (step = 1; step <= n + 1; step = step < 16 ? step + 1 : step * 2) {
		verdict = feed(&c, answer, n, step > n ? n + 1 : step, at_end);
		CHECK_MSG(!strcmp(name(verdict), want), "%s by %zu: %s, want %s (%s)", answer, step, name(verdict), want, d.reason);
		ld_dialog_free(&d);
	}
	ld_regex_free(c.regex);
}

TEST(http_asks_as_the_original_does)
{
	struct ld_probe_conf c = base(LD_HTTP);

	c.request = "/a b\r\nX: y?q=\"1\"";
	c.virtualhost = "www.example";
	feed(&c, "", 0, 1, false);
	CHECK_STR(said, "GET /a%20b%0D%0AX:%20y?q=%221%22 HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\n"
			"Host: www.example\r\nUser-Agent: libwww-perl/6.68 (ldirectord)\r\n\r\n");
	c.virtualhost = NULL;
	c.httpmethod = "HEAD";
	c.request = "http://other.example:8080/p";
	feed(&c, "", 0, 1, false);
	CHECK_MSG(!strncmp(said, "HEAD /p HTTP/1.1\r\n", 18), "%s", said);
	CHECK(strstr(said, "\r\nHost: other.example\r\n"));
	c = base(LD_HTTP_PROXY);
	c.request = "/http://www.example/x";
	feed(&c, "", 0, 1, false);
	CHECK_MSG(!strncmp(said, "GET http://www.example/x HTTP/1.1\r\n", 35), "%s", said);
	CHECK(strstr(said, "\r\nHost: www.example\r\n"));
	c.request = "/x";
	CHECK_INT(feed(&c, "", 0, 1, false), LD_FAIL);
}

TEST(http_answers_are_framed_and_matched)
{
	static const struct {
		const char *answer, *receive, *want;
		bool at_end;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest Page", "Test", "UP", false },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest Page", "^Page", "DOWN", false },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest Page", NULL, "UP", false },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest", NULL, "DOWN", true },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest", NULL, "MORE", false },
		{ "HTTP/1.0 200 OK\n\nTest Page", "Page$", "UP", true },
		{ "HTTP/1.1 204 No Content\r\n\r\n", NULL, "UP", false },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL, "UP", false },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nTest\r\n5;x=y\r\n Page\r\n0\r\nA: b\r\n\r\n", "^Test Page$", "UP", false },
		{ "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nzz\r\n", NULL, "DOWN", false },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", "UP", false },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nTest", "Test", "DOWN", false },
		{ "HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", NULL, "DOWN", false },
		{ "HTTP/1.1 304 Not Modified\r\n\r\n", NULL, "DOWN", false },
		{ "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n", NULL, "REDIRECT", false },
		{ "HTTP/1.1 301 Moved\r\nlocation: http://other/x\r\nContent-Length: 0\r\n\r\n", NULL, "REDIRECT", false },
		{ "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", NULL, "DOWN", false },
		{ "HTTP/1.1 302 Found\r\nLocation: gopher://x/\r\nContent-Length: 0\r\n\r\n", NULL, "DOWN", false },
		{ "SSH-2.0-OpenSSH\r\n", NULL, "DOWN", false },
		{ "", NULL, "DOWN", true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		stream(base(LD_HTTP), rows[i].receive, rows[i].answer, rows[i].at_end, rows[i].want);
}

TEST(http_redirects_go_where_they_say_and_end_after_seven)
{
	struct ld_probe_conf c = base(LD_HTTP);
	char answer[] = "HTTP/1.1 302 Found\r\nLocation: https://h.example:444/x#y\r\nContent-Length: 0\r\n\r\n";
	char relative[] = "HTTP/1.1 302 Found\r\nLocation: next.html\r\nContent-Length: 0\r\n\r\n";
	int i;

	c.request = "/dir/page?q=/z";
	CHECK_INT(feed(&c, relative, strlen(relative), 9999, false), LD_REDIRECT);
	CHECK_STR(d.path, "/dir/next.html");
	CHECK_STR(d.host, "10.0.0.3");
	CHECK_INT(d.target_port, 80);
	ld_dialog_free(&d);
	CHECK_INT(feed(&c, answer, strlen(answer), 9999, false), LD_REDIRECT);
	CHECK_STR(d.host, "h.example");
	CHECK_STR(d.path, "/x");
	CHECK_INT(d.target_port, 444);
	CHECK(d.tls);
	for (i = 0; i < LD_MAX_REDIRECTS - 1; i++) {
		d.type->open(&d);
		CHECK(memmem(d.out, d.out_byte, "\r\nHost: h.example:444\r\n", 23));
		d.out_byte = 0;
		CHECK_INT(d.type->feed(&d, answer, strlen(answer)), LD_REDIRECT);
	}
	d.type->open(&d);
	CHECK_INT(d.type->feed(&d, answer, strlen(answer)), LD_FAIL);
	ld_dialog_free(&d);
}

TEST(http_memory_is_bounded_whatever_comes)
{
	struct ld_probe_conf c = base(LD_HTTP);
	static char big[1 << 16];
	enum ld_verdict verdict = LD_MORE;
	int i;

	memset(big, 'x', sizeof(big));
	/* an endless header */
	feed(&c, "HTTP/1.1 200 OK\r\nX: ", 20, 99, false);
	for (i = 0; verdict == LD_MORE && i < 100; i++)
		verdict = d.type->feed(&d, big, sizeof(big));
	CHECK_INT(verdict, LD_FAIL);
	CHECK_STR(d.reason, "500 header too long");
	ld_dialog_free(&d);
	/* an endless body: what fits is what counts */
	verdict = feed(&c, "HTTP/1.1 200 OK\r\n\r\n", 19, 99, false);
	for (i = 0; verdict == LD_MORE && i < 100; i++)
		verdict = d.type->feed(&d, big, sizeof(big));
	CHECK_INT(verdict, LD_PASS);
	CHECK(d.body_byte <= LD_MAX_ANSWER_BYTE);
	ld_dialog_free(&d);
	/* no memory: down or up, but whole */
	fault_arm(0);
	verdict = feed(&c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 41, 99, false);
	CHECK(verdict == LD_PASS || verdict == LD_FAIL);
	ld_dialog_free(&d);
	fault_disarm();
	CHECK_INT(fault_leaks(), 0);
}

TEST(a_regular_expression_that_would_take_for_ever_does_not_match)
{
	struct ld_regex *regex;
	const char *why;
	char text[64];

	memset(text, 'a', sizeof(text));
	CHECK_INT(ld_regex_compile("(a+)+$b", &regex, &why), 0);
	CHECK(!ld_regex_match(regex, text, sizeof(text)));
	ld_regex_free(regex);
}

TEST(mail_and_news_speak_their_tables)
{
	static const struct {
		enum ld_service service;
		const char *login, *passwd, *answer, *want, *said;
	} rows[] = {
		{ LD_SMTP, NULL, NULL, "220-a\r\n220 b\r\n250-c\r\n250 d\r\n", "UP", "EHLO localhost.localdomain\r\nQUIT\r\n" },
		{ LD_SMTP, NULL, NULL, "220 b\r\n502 no\r\n250 d\r\n", "UP", "EHLO localhost.localdomain\r\nHELO localhost.localdomain\r\nQUIT\r\n" },
		{ LD_SMTP, NULL, NULL, "220 b\r\n502 no\r\n502 no\r\n", "DOWN", NULL },
		{ LD_SUBMISSION, NULL, NULL, "554 no\r\n", "DOWN", "" },
		{ LD_POP, NULL, NULL, "+OK\r\n", "UP", "QUIT\r\n" },
		{ LD_POP, NULL, NULL, "-ERR\r\n", "DOWN", "" },
		{ LD_POP, "u", "p\r\nDELE 1", "+OK\r\n+OK\r\n+OK\r\n+OK 0 0\r\n", "UP", "USER u\r\nPASS p\r\nSTAT\r\nQUIT\r\n" },
		{ LD_POP, "u", "p", "+OK\r\n+OK\r\n-ERR bad\r\n", "DOWN", NULL },
#ifdef HAVE_OPENSSL
		{ LD_POP, "mrose", "tanstaaf", "+OK <1896.697170952@dbc.mtview.ca.us>\r\n+OK\r\n+OK\r\n", "UP",
		  "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\nSTAT\r\nQUIT\r\n" },
#endif
		{ LD_IMAP, NULL, NULL, "* OK hi\r\n", "UP", "0 LOGOUT\r\n" },
		{ LD_IMAP, NULL, NULL, "* PREAUTH hi\r\n", "UP", "0 LOGOUT\r\n" },
		{ LD_IMAP, NULL, NULL, "* BYE\r\n", "DOWN", "" },
		{ LD_IMAP, "u", "p\"q", "* OK hi\r\n* CAPABILITY x\r\n0 OK in\r\n", "UP", "0 LOGIN \"u\" \"p\\\"q\"\r\n1 LOGOUT\r\n" },
		{ LD_IMAP, "u", "p", "* OK hi\r\n0 NO bad\r\n", "DOWN", NULL },
		{ LD_NNTP, NULL, NULL, "200 hi\r\n", "UP", "QUIT\r\n" },
		{ LD_NNTP, NULL, NULL, "400 no\r\n", "DOWN", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ld_probe_conf c = base(rows[i].service);

		c.login = rows[i].login;
		c.passwd = rows[i].passwd;
		stream(c, NULL, rows[i].answer, false, rows[i].want);
		if (rows[i].said)
			CHECK_STR(said, rows[i].said);
		stream(c, NULL, "", true, "DOWN");
	}
}

TEST(ftp_fetches_the_file_and_matches_it)
{
	static const char talk[] = "220-hi\r\n 220 no\r\n220 x\r\n331 p\r\n230 in\r\n250 ok\r\n200 I\r\n227 Entering (10,9,9,9,4,1)\r\n";
	struct ld_probe_conf c = base(LD_FTP);
	const char *why;

	c.request = "/welcome.msg";
	c.login = "anonymous";
	c.passwd = "x@y";
	stream(c, NULL, talk, false, "DATA");
	CHECK_STR(said, "USER anonymous\r\nPASS x@y\r\nCWD /\r\nTYPE I\r\nPASV\r\nRETR welcome.msg\r\n");
	CHECK_INT(d.target_port, 1025);
	CHECK_INT(ld_regex_compile("hello", &c.regex, &why), 0);
	feed(&c, talk, strlen(talk), 9999, false);
	CHECK_INT(d.type->feed(&d, "150 here\r\n", 10), LD_MORE);
	CHECK_INT(d.type->feed_data(&d, "say hel", 7), LD_MORE);
	CHECK_INT(d.type->feed(&d, "226 done\r\n", 10), LD_MORE);
	CHECK_INT(d.type->feed_data(&d, "lo\n", 3), LD_MORE);
	CHECK_INT(d.type->feed_data(&d, "", 0), LD_PASS);
	ld_dialog_free(&d);
	feed(&c, talk, strlen(talk), 9999, false);
	CHECK_INT(d.type->feed_data(&d, "", 0), LD_FAIL);
	ld_dialog_free(&d);
	ld_regex_free(c.regex);
	c.regex = NULL;
	stream(c, NULL, "220 x\r\n331 p\r\n530 no\r\n", false, "DOWN");
	stream(c, NULL, "220 x\r\n230 in\r\n250 ok\r\n200 I\r\n227 Entering (1,2,3,4,0,0)\r\n", false, "DOWN");
	c.addr.family = AF_INET6;
	stream(c, NULL, "220 x\r\n230 in\r\n250 ok\r\n200 I\r\n229 Entering (|||6446|)\r\n", false, "DATA");
	CHECK_INT(d.target_port, 6446);
}

TEST(simpletcp_and_sip)
{
	struct ld_probe_conf c = base(LD_SIMPLETCP);

	c.request = "/GET / HTTP/1.0\\n\\n";
	stream(c, "^HTTP.* 200", "x\r\nHTTP/1.0 200 OK\r\n", false, "UP");
	CHECK_STR(said, "GET / HTTP/1.0\n\n");
	CHECK(d.half_close);
	stream(c, "^HTTP.* 200", "x\r\nHTTP/1.0 404 no", true, "DOWN");
	stream(c, "^HTTP.* 200", "HTTP/1.0 200", true, "UP");
	stream(c, NULL, "x\n", false, "UP");
	stream(c, NULL, "", true, "DOWN");
	c = base(LD_SIP);
	c.login = "a@b";
	stream(c, NULL, "SIP/2.0 200 OK\r\nx\r\n", false, "UP");
	CHECK(strstr(said, "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:4000;branch=z9hG4bKhjhs8ass877\r\n"));
	CHECK(strstr(said, "\r\nCSeq: 63104 OPTIONS\r\n"));
	CHECK(strstr(said, ";tag=1928301774\r\n"));
	stream(c, NULL, "SIP/2.0 486 Busy\r\n", false, "DOWN");
}

/* Answer with A 10.1.2.3 (compressed name), AAAA 2001:db8::1, to query 0x1234. */
static const char dns_answer[] =
	"\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00" "\x03www\x02" "ab\x00\x00\x01\x00\x01"
	"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x03"
	"\xc0\x0c\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01";
static const char dns_ptr[] =
	"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" "\x01x\x00\x00\x0c\x00\x01"
	"\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x3c\x00\x08\x04host\x01" "b\x00";

static enum ld_verdict datagram(struct ld_probe_conf c, const char *receive, const char *packet, size_t n)
{
	enum ld_verdict verdict;
	const char *why;

	if (receive)
		ld_regex_compile(receive, &c.regex, &why);
	verdict = feed(&c, packet, n, n ? n : 1, false);
	ld_dialog_free(&d);
	ld_regex_free(c.regex);
	return verdict;
}

TEST(dns_matches_any_answer_and_survives_every_cut_and_loop)
{
	struct ld_probe_conf c = base(LD_DNS);
	char packet[sizeof(dns_answer)];
	size_t n = sizeof(dns_answer) - 1, cut;

	c.proto = LD_UDP;
	c.request = "/www.ab";
	CHECK_INT(datagram(c, "^10\\.1\\.", dns_answer, n), LD_PASS);
	CHECK_INT(said_byte, 12 + 8 + 4);
	CHECK(!memcmp(said, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x02" "ab\x00\x00\x01\x00\x01", 24));
	CHECK_INT(datagram(c, "2001:db8::1", dns_answer, n), LD_PASS);
	CHECK_INT(datagram(c, NULL, dns_answer, n), LD_PASS);
	CHECK_INT(datagram(c, "10.9", dns_answer, n), LD_FAIL);
	CHECK_INT(datagram(c, "^host.b$", dns_ptr, sizeof(dns_ptr) - 1), LD_PASS);
	c.request = "/10.1.2.3";
	feed(&c, "", 0, 1, false);
	CHECK(!memcmp(said + 12, "\x01""3\x01""2\x01""1\x02""10\x07in-addr\x04""arpa\x00\x00\x0c\x00\x01", 28));
	for (cut = 0; cut < n; cut++)
		CHECK(datagram(c, "nothing", dns_answer, cut) != LD_PASS);
	memcpy(packet, dns_answer, sizeof(packet));
	packet[0] ^= 1; /* somebody else's */
	CHECK_INT(datagram(c, NULL, packet, n), LD_MORE);
	packet[0] ^= 1;
	packet[3] = (char)0x83;
	CHECK_INT(datagram(c, NULL, packet, n), LD_FAIL);
	/* a name that points at itself */
	CHECK_INT(datagram(c, NULL, "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01", 18), LD_FAIL);
	c.request = "/..";
	CHECK_INT(datagram(c, NULL, "", 0), LD_FAIL);
}

TEST(dns_over_tcp_has_a_length_in_front)
{
	struct ld_probe_conf c = base(LD_DNS);
	char packet[2 + sizeof(dns_answer)] = { 0, sizeof(dns_answer) - 1 };
	size_t step;

	c.proto = LD_TCP;
	c.request = "/www.ab";
	memcpy(packet + 2, dns_answer, sizeof(dns_answer));
	for (step = 1; step < 60; step++) {
		CHECK_INT(feed(&c, packet, sizeof(dns_answer) + 1, step, true), LD_PASS);
		ld_dialog_free(&d);
	}
	CHECK_INT((unsigned char)said[1], 24);
	CHECK_INT(feed(&c, packet, 30, 7, true), LD_FAIL);
	ld_dialog_free(&d);
}

static const char ldap_bind_ok[] = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
static const char ldap_bind_bad[] = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00";
static const char ldap_entry[] = "\x30\x12\x02\x01\x02\x64\x0d\x04\x09" "dc=ab,c=d" "\x30\x00";
static const char ldap_done[] = "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00";

static enum ld_verdict ldap(struct ld_probe_conf c, const char *receive, size_t step, int entries)
{
	char talk[256];
	size_t n = 0;

	memcpy(talk, ldap_bind_ok, sizeof(ldap_bind_ok) - 1);
	n += sizeof(ldap_bind_ok) - 1;
	while (entries--) {
		memcpy(talk + n, ldap_entry, sizeof(ldap_entry) - 1);
		n += sizeof(ldap_entry) - 1;
	}
	memcpy(talk + n, ldap_done, sizeof(ldap_done) - 1);
	n += sizeof(ldap_done) - 1;
	{
		const char *why;
		enum ld_verdict verdict;

		if (receive)
			ld_regex_compile(receive, &c.regex, &why);
		verdict = feed(&c, talk, n, step, true);
		ld_dialog_free(&d);
		ld_regex_free(c.regex);
		return verdict;
	}
}

TEST(ldap_wants_exactly_one_entry_that_matches)
{
	struct ld_probe_conf c = base(LD_LDAP);
	size_t step;

	c.request = "/dc=ab";
	for (step = 1; step < 60; step++) {
		CHECK_INT(ldap(c, NULL, step, 1), LD_PASS);
		CHECK_INT(ldap(c, "^dc=ab", step, 1), LD_PASS);
		CHECK_INT(ldap(c, "^dc=xy", step, 1), LD_FAIL);
		CHECK_STR(d.reason, "Response mismatch");
		CHECK_INT(ldap(c, NULL, step, 0), LD_FAIL);
		CHECK_STR(d.reason, "No answer received");
		CHECK_INT(ldap(c, NULL, step, 2), LD_FAIL);
		CHECK_INT(feed(&c, ldap_bind_bad, sizeof(ldap_bind_bad) - 1, step, true), LD_FAIL);
		CHECK_STR(d.reason, "Bind failed");
		ld_dialog_free(&d);
	}
	feed(&c, "", 0, 1, false);
	CHECK(!memcmp(said, "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", 14));
	c.login = "cn=x";
	c.passwd = "pw";
	feed(&c, "", 0, 1, false);
	CHECK(!memcmp(said, "\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04" "cn=x\x80\x02pw", 20));
	feed(&c, ldap_bind_ok, sizeof(ldap_bind_ok) - 1, 99, false);
	CHECK(!memcmp(said + 20, "\x30\x2a\x02\x01\x02\x63\x25\x04\x05" "dc=ab\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00", 44));
	ld_dialog_free(&d);
}

#ifdef HAVE_OPENSSL
TEST(radius_proves_the_secret_both_ways)
{
	struct ld_probe_conf c = base(LD_RADIUS);
	/* made with another implementation of RFC 2865 for this request: see the real server in tests/net/ldirectord-peers.bats */
	char answer[20] = { 2, 0x34, 0, 20 };
	size_t cut;

	c.login = "user";
	c.passwd = "a password of more than 16 bytes";
	c.secret = "secret";
	feed(&c, "", 0, 1, false);
	CHECK_INT((unsigned char)said[0], 1);
	CHECK_INT(said_byte, 20 + 6 + 34 + 6);
	CHECK_INT((said[2] << 8) + said[3], said_byte);
	CHECK(!memmem(said, said_byte, "password", 8));
	CHECK_INT(feed(&c, answer, sizeof(answer), 20, false), LD_FAIL);
	CHECK_STR(d.reason, "bad response authenticator");
	for (cut = 1; cut < 20; cut++)
		CHECK_INT(feed(&c, answer, cut, 20, false), LD_MORE);
	answer[1] = 0x35;
	CHECK_INT(feed(&c, answer, sizeof(answer), 20, false), LD_MORE);
}
#endif

TEST(noise_from_a_server_is_survived_by_every_protocol)
{
	static const char *const seeds[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", "220-x\r\n220 y\r\n331\r\n230\r\n227 (1,2,3,4,5,6)\r\n150\r\n",
		"+OK <a@b>\r\n+OK\r\n", "* OK\r\n0 OK\r\n", "SIP/2.0 200 OK\r\n", "200\r\n",
	};
	unsigned int seed = 11;
	char text[512];
	int round, service, i;
	size_t n;

	for (round = 0; round < 1500; round++)
		for (service = 0; service < LD_SERVICES; service++) {
			struct ld_probe_conf c = base((enum ld_service)service);

			if (!ld_dialog_type(c.service))
				continue;
			c.proto = round % 2 ? LD_TCP : LD_UDP;
			c.login = round % 3 ? "u" : NULL;
			c.passwd = "p";
			c.request = "http://x/y";
			if (c.service == LD_LDAP || c.service == LD_LDAPS) {
				memcpy(text, ldap_bind_ok, sizeof(ldap_bind_ok) - 1);
				memcpy(text + sizeof(ldap_bind_ok) - 1, ldap_entry, sizeof(ldap_entry));
				n = sizeof(ldap_bind_ok) + sizeof(ldap_entry) - 2;
			} else if (c.service == LD_DNS) {
				memcpy(text, dns_answer, sizeof(dns_answer));
				n = sizeof(dns_answer) - 1;
			} else {
				strcpy(text, seeds[(size_t)rand_r(&seed) % (sizeof(seeds) / sizeof(seeds[0]))]);
				n = strlen(text);
			}
			for (i = rand_r(&seed) % 4; i; i--)
				text[(size_t)rand_r(&seed) % n] = (char)rand_r(&seed);
			feed(&c, text, n, 1 + (size_t)rand_r(&seed) % 40, round % 5 == 0);
			if (d.type->feed_data)
				d.type->feed_data(&d, text, n);
			ld_dialog_free(&d);
		}
	CHECK(1);
}

int main(void)
{
	RUN(http_asks_as_the_original_does);
	RUN(http_answers_are_framed_and_matched);
	RUN(http_redirects_go_where_they_say_and_end_after_seven);
	RUN(http_memory_is_bounded_whatever_comes);
	RUN(a_regular_expression_that_would_take_for_ever_does_not_match);
	RUN(mail_and_news_speak_their_tables);
	RUN(ftp_fetches_the_file_and_matches_it);
	RUN(simpletcp_and_sip);
	RUN(dns_matches_any_answer_and_survives_every_cut_and_loop);
	RUN(dns_over_tcp_has_a_length_in_front);
	RUN(ldap_wants_exactly_one_entry_that_matches);
#ifdef HAVE_OPENSSL
	RUN(radius_proves_the_secret_both_ways);
#endif
	RUN(noise_from_a_server_is_survived_by_every_protocol);
	return UNIT_END;
}
