/* SPDX-License-Identifier: GPL-2.0-only */
/* ldirectord.cf: every recorded case of tests/data/ldirectord/parser.cases, values and defaults, faults, and noise. */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "ldirectord/ld_conf.h"
#include "lib/conf.h"
#include "lib/fault.h"

static char said[1 << 16];

static void hear(bool is_error, unsigned int line, const char *msg, void *arg)
{
	size_t len = strlen(said);
	char number[16] = ":";

	(void)arg;
	if (line)
		snprintf(number, sizeof(number), " %u:", line);
	snprintf(said + len, sizeof(said) - len, "%s%s%s %s", len ? "\n" : "", is_error ? "Error" : "Warning", number, msg);
}

static int parse(const char *text, struct ld_config **config)
{
	char *copy = strdup(text);
	int err;

	said[0] = '\0';
	*config = NULL;
	if (!copy)
		return -ENOMEM;
	err = ld_config_parse("f.cf", copy, hear, NULL, config);
	free(copy);
	return err;
}

static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text != '\\') {
			*out++ = *text;
			continue;
		}
		switch (*++text) {
		case 'n':
			*out++ = '\n';
			break;
		case 't':
			*out++ = '\t';
			break;
		case 'r':
			*out++ = '\r';
			break;
		case 'x':
			*out++ = '|';
			text += 2;
			break;
		default:
			*out++ = *text;
		}
	}
	*out = '\0';
}

TEST(every_recorded_case_is_answered_as_the_original_or_as_we_say)
{
	struct ld_config *config;
	char *text, *line, *next, *code, *conf, *want;
	int cases = 0, err;

	CHECK_INT(conf_read_file("tests/data/ldirectord/parser.cases", 1 << 20, &text, NULL), 0);
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (*line == '#')
			continue;
		code = strchr(line, '|') + 1;
		conf = strchr(code, '|') + 1;
		want = strchr(conf, '|');
		*want++ = '\0';
		unescape(conf);
		unescape(want);
		err = parse(conf, &config);
		CHECK_MSG(err == atoi(code), "exit code %d for %s", err, conf);
		CHECK_MSG(!strcmp(said, want), "'%s' for %s", said, conf);
		ld_config_free(config);
		cases++;
	}
	CHECK(cases > 250);
	free(text);
}

static const char whole[] =
	"checktimeout=3\n"
	"# comment\n"
	"negotiatetimeout = 7\n"
	"checkinterval=2\nfailurecount=4\nautoreload=yes\ncallback=\"/bin/call back\"\nquiescent=yes\n"
	"fallback=127.0.0.1 masq\nfallback6=[::1]:81\nfallbackcommand=\"a\" b\nlogfile=\"local0\"\nexecute=x.cf\nexecute=y.cf\n"
	"emailalert=\"a@b, c@d\"\nemailalertfreq=60\nemailalertstatus=starting,stopping\nsmtp=mail.example:25\nfork=yes\n"
	"risecount=3\nslowstart=20\ndraintimeout=30\nmetricsfile=/tmp/m\nvipcheck=yes\nipvsadm=\"/sbin/ipvsadm\"\n"
	"virtual=10.0.0.1:http\n"
	"\treal=10.0.1.1->10.0.1.3 gate 2 \"/a\", \"b c\" l:5 u:9 # comment\n"
	"\t# comment\n"
	"    real = 10.0.2.1:8080 masq\n"
	"\tservice=http\n\tchecktype=3\n\tcheckport=81\n\trequest=\"x\"\n\treceive=\"^o+k$\"\n\tvirtualhost=\"www\"\n"
	"\thttpmethod=head\n\tscheduler=sh\n\tpersistent=300\n\tnetmask=255.255.255.0\n\tschedflags=sh-port,sh-fallback\n"
	"\tquiescent=no\n\tnegotiatetimeout=9\n\tcheckinterval=5\n\tcomment=a comment\n\tservicename=\"shop\"\n"
	"virtual=10.0.0.1:53\n\treal=10.0.1.1:53 ipip 0\n\tops=yes\n\n"
	"virtual6=7\n\treal6=[2001:db8::1] gate\n\tservice=ftp\n\tfallback6=[2001:db8::9]\n"
	"virtual=10.0.0.1:5060\n\tservice=sip\n\tlogin=\"me\"\n";

TEST(values_and_defaults_of_a_whole_file)
{
	struct ld_config *c;
	struct ld_server filled;
	const struct ld_virtual *v;

	CHECK_INT(parse(whole, &c), 0);
	CHECK_STR(said, "");
	if (!c)
		return;
	CHECK_INT(c->virtuals, 4);
	CHECK_INT(c->servers, 6);
	CHECK(c->autoreload && c->fork && c->vip_check && !c->supervised);
	CHECK_STR(c->callback, "/bin/call back");
	CHECK_STR(c->opt.fallback_command, "\"a\" b");
	CHECK_STR(c->opt.smtp, "mail.example");
	CHECK_STR(c->opt.email, "a@b, c@d");
	CHECK_INT(c->opt.email_status, LD_STARTING | LD_STOPPING);
	CHECK_INT(c->opt.rise_count, 3);
	CHECK_STR(c->ipvsadm, "/sbin/ipvsadm");
	CHECK_INT(c->executes, 2);
	CHECK_STR(c->execute[1], "y.cf");
	v = &c->virtual[0];
	CHECK_STR(v->id, "tcp:10.0.0.1:80");
	CHECK_STR(v->name, "10.0.0.1:80");
	CHECK_INT(v->servers, 4);
	CHECK_INT(ntohl(v->server[2].addr.ip.v4.s_addr), 0x0a000103);
	CHECK_INT(v->server[0].weight, 2);
	CHECK_STR(v->server[0].request, "/a");
	CHECK_STR(v->server[0].receive, "b c");
	CHECK_INT(v->server[0].l_thresh, 5);
	CHECK_INT(v->server[0].u_thresh, 9);
	CHECK_INT(v->server[3].method, LD_MASQ);
	CHECK_INT(v->kind, LD_COMBINED);
	CHECK_INT(v->combined_n, 3);
	CHECK_STR(v->request, "/x");
	CHECK_STR(v->httpmethod, "HEAD");
	CHECK_INT(ld_check_port(v, &v->server[3]), 81);
	CHECK_INT(ld_kernel_port(v, &v->server[0]), 80);
	CHECK_INT(ld_kernel_port(v, &v->server[3]), 8080);
	CHECK_INT(ld_check_timeout_ms(c, v), 9000);
	CHECK_INT(ld_negotiate_timeout_ms(c, v), 9000);
	CHECK(ld_fallback(c, v, &filled) && filled.port == 80 && filled.method == LD_MASQ);
	v = &c->virtual[1];
	CHECK_STR(v->id, "udp:10.0.0.1:53");
	CHECK(v->ops);
	CHECK_INT(v->service, LD_DNS);
	CHECK_INT(v->server[0].weight, 0);
	CHECK_STR(v->scheduler, "wrr");
	CHECK_STR(v->request, "/");
	CHECK_INT(ld_check_timeout_ms(c, v), 3000);
	CHECK_INT(ld_negotiate_timeout_ms(c, v), 7000);
	v = &c->virtual[2];
	CHECK_STR(v->id, "fwm6:7");
	CHECK_STR(v->name, "7");
	CHECK_STR(v->login, "anonymous");
	CHECK(!strncmp(v->passwd, "ldirectord@", 11));
	CHECK_INT(ld_check_port(v, &v->server[0]), 21);
	CHECK_INT(ld_kernel_port(v, &v->server[0]), 0);
	CHECK(ld_fallback(c, v, &filled) && filled.port == 0);
	CHECK_STR(c->virtual[3].login, "me");
	ld_config_free(c);
}

TEST(a_mark_gets_no_fallback_from_the_file_and_nothing_given_means_the_defaults)
{
	struct ld_config *c;
	struct ld_server filled;

	CHECK_INT(parse("fallback=127.0.0.1:80\nvirtual=7\n\treal=10.0.0.3:80 gate\n", &c), 0);
	if (!c)
		return;
	CHECK(!ld_fallback(c, &c->virtual[0], &filled));
	CHECK_INT(ld_check_timeout_ms(c, &c->virtual[0]), 5000);
	CHECK_INT(ld_negotiate_timeout_ms(c, &c->virtual[0]), 30000);
	CHECK_INT(c->virtual[0].service, LD_NONE);
	CHECK_INT(c->opt.quiescent, -1);
	CHECK_STR(c->logfile, "/var/log/ldirectord.log");
	ld_config_free(c);
}

TEST(a_fallback_that_is_a_server_is_warned_of_and_a_range_is_bounded)
{
	struct ld_config *c;

	CHECK_INT(parse("virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate\n\tfallback=10.0.0.3:80\n", &c), 0);
	CHECK_STR(said, "Warning 3: fallback server 10.0.0.3:80 of tcp:10.0.0.1:80 is one of its real servers: not used as fallback");
	ld_config_free(c);
	CHECK_INT(parse("virtual=10.0.0.1:80\n\treal=0.0.0.0->255.255.255.255:80 gate\n", &c), 2);
	CHECK_STR(said, "Error 2: Invalid Range: 0.0.0.0-255.255.255.255: more than 100000 real servers");
	/* the original finds no server here: it compares the numbers as text */
	CHECK_INT(parse("virtual=10.0.0.1:80\n\treal=59.154.201.254->59.154.202.1:80 gate\n", &c), 0);
	CHECK_INT(c ? c->servers : 0, 4);
	ld_config_free(c);
}

TEST(oracle_is_refused_by_name)
{
	struct ld_config *c;

	CHECK_INT(parse("virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate\n\tservice=oracle\n", &c), 2);
	CHECK_STR(said, "Error 1: service oracle has no client library here: use checktype=external or external-perl");
	CHECK_INT(parse("virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate\n\tservice=oracle\n\tchecktype=connect\n", &c), 0);
	ld_config_free(c);
}

TEST(every_failed_allocation_is_reported_without_a_leak)
{
	struct ld_config *c;
	int nth = 0, err;

	do {
		fault_arm(nth++);
		err = parse(whole, &c);
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		if (!err)
			ld_config_free(c);
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	CHECK(nth > 50);
}

TEST(an_unreadable_file_is_an_error_of_the_configuration)
{
	struct ld_config *c;

	said[0] = '\0';
	CHECK_INT(ld_config_read("/nonexistent/ld.cf", hear, NULL, &c), 2);
	CHECK_STR(said, "Error: can not open file /nonexistent/ld.cf: No such file or directory");
}

/* Not resolvable from here, but names would ask the network: noise gets none. */
static void no_names(char *text)
{
	for (; *text; text++)
		if (strchr("ghijklmnopqrstuvwxyz", *text) && text[1] == '.')
			*text = '1';
}

TEST(noise_is_survived)
{
	static const char *const words[] = {
		"virtual=", "virtual6=", "10.0.0.1:80", "[::1]:80", "\n", "\n\t", "\n    ", "real=", "real6=", "->", ":80", " gate", " masq",
		" 5", " \"a\"", ",", " l:5", " u:", "fallback=", "service=", "http", "checktype=", "negotiate", "\"", "#", "=", "yes", "no",
		"emailalertstatus=", "all", "none", "receive=\"", "(", "[", "*", "schedflags=", "sh-port", "persistent=", "99999999999999",
		"netmask=", "255.255.255.0", "\r", " ", "\t", "checkport=", "7", "quiescent=", "\xff", "10.0.0.1", "10.0.0.9",
	};
	struct ld_config *c;
	unsigned int seed = 7;
	char text[2000];
	int round, i, err;

	fault_disarm();
	for (round = 0; round < 4000; round++) {
		text[0] = '\0';
		if (round % 2)
			strcpy(text, "virtual=10.0.0.1:80\n\treal=10.0.0.2:80 gate\n\t");
		for (i = rand_r(&seed) % 24; i; i--)
			strcat(text, words[(size_t)rand_r(&seed) % (sizeof(words) / sizeof(words[0]))]);
		no_names(text);
		err = parse(text, &c);
		CHECK_MSG(err == 0 || err == 2, "%d for %s", err, text);
		CHECK_MSG((err == 2) == (strstr(said, "Error") != NULL), "%s", text);
		ld_config_free(c);
	}
}

int main(void)
{
	RUN(every_recorded_case_is_answered_as_the_original_or_as_we_say);
	RUN(values_and_defaults_of_a_whole_file);
	RUN(a_mark_gets_no_fallback_from_the_file_and_nothing_given_means_the_defaults);
	RUN(a_fallback_that_is_a_server_is_warned_of_and_a_range_is_bounded);
	RUN(oracle_is_refused_by_name);
	RUN(every_failed_allocation_is_reported_without_a_leak);
	RUN(an_unreadable_file_is_an_error_of_the_configuration);
	RUN(noise_is_survived);
	return UNIT_END;
}
