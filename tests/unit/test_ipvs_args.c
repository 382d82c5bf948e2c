/* SPDX-License-Identifier: GPL-2.0-only */
/* Words to commands: the values, the matrix of commands and options, and words made at random. */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "ipvs/ipvs_args.h"
#include "ipvs/ipvs_lines.h"
#include "ipvs/ipvs_value.h"

enum { MAX_ARGS = 32, FUZZ_RUNS = 20000 };

/* ---- names that no machine is asked for ---- */

static bool host_addr(void *arg, const char *name, struct in_addr *addr)
{
	(void)arg;
	addr->s_addr = htonl(0x0a000001);
	return !strcmp(name, "vip");
}

static bool service_port(void *arg, const char *name, int protocol, uint16_t *port)
{
	(void)arg;
	*port = protocol == IPPROTO_UDP ? 5060 : 80;
	return !strcmp(name, protocol == IPPROTO_UDP ? "sip" : "http") && protocol;
}

static const struct ipvs_names names = {.host_addr = host_addr, .service_port = service_port};

/* Splits line at blanks and parses it; the refusal's text, or NULL. Good until the next call. */
static const char *parse(const char *line, struct ipvs_cmd *cmd, int *rc)
{
	static char words[512], text[512];
	const char *argv[IPVS_LINE_WORDS];
	struct ipvs_refusal refusal = {.text = NULL};
	int argc;

	snprintf(words, sizeof(words), "%s", line);
	argv[0] = "prog";
	argc = ipvs_lines_split(words, argv);
	*rc = ipvs_args_parse(argc, argv, &names, cmd, &refusal);
	if (!*rc)
		return NULL;
	snprintf(text, sizeof(text), "%s", refusal.text);
	free(refusal.text);
	return text;
}

#define REFUSED(line, want_rc, want_text)                                                          \
	do {                                                                                       \
		struct ipvs_cmd cmd_;                                                              \
		int rc_;                                                                           \
		const char *text_ = parse(line, &cmd_, &rc_);                                      \
		CHECK_INT(rc_, want_rc);                                                           \
		CHECK_STR(text_, want_text);                                                       \
	} while (0)

TEST(numbers_are_whole_words_in_their_range)
{
	static const struct {
		const char *text;
		long long min, max;
		bool ok;
		uint32_t number;
	} rows[] = {
		{"0", 0, 5, true, 0},	{"5", 0, 5, true, 5},	 {"6", 0, 5, false, 0},	 {"-1", 0, 5, false, 0},
		{"+5", 0, 5, true, 5},	{" 5", 0, 5, true, 5},	 {"5 ", 0, 5, false, 0}, {"", 0, 5, false, 0},
		{"005", 0, 5, true, 5}, {"0x5", 0, 5, false, 0}, {"5a", 0, 5, false, 0}, {"a", 0, 5, false, 0},
		{"4294967295", 1, UINT32_MAX, true, UINT32_MAX},
		{"4294967296", 1, UINT32_MAX, false, 0},
		{"99999999999999999999", 0, INT64_MAX, false, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t number = 77;
		bool ok = ipvs_value_number(rows[i].text, rows[i].min, rows[i].max, &number);

		CHECK_MSG(ok == rows[i].ok && number == (ok ? rows[i].number : 77), "\"%s\": %d %u", rows[i].text, ok, number);
	}
}

TEST(addresses_follow_the_original_quirks_included)
{
	static const struct {
		const char *text;
		int protocol;
		bool ok;
		int af;
		uint32_t first; /* word, host order */
		uint16_t port;	/* 9 goes in */
	} rows[] = {
		{"10.0.0.5:80", IPPROTO_TCP, true, AF_INET, 0x0a000005, 80},
		{"10.0.0.5", IPPROTO_TCP, true, AF_INET, 0x0a000005, 9},
		{"10.1:80", IPPROTO_TCP, true, AF_INET, 0x0a000001, 80},
		{"0x0a000001:80", IPPROTO_TCP, true, AF_INET, 0x0a000001, 80},
		{"80", IPPROTO_TCP, false, 0, 0, 9},
		{"", IPPROTO_TCP, false, 0, 0, 9},
		{"10.0.0.5:", IPPROTO_TCP, false, 0, 0, 9},
		{"10.0.0.5:65536", IPPROTO_TCP, false, 0, 0, 9},
		{"10.0.0.5:http", IPPROTO_TCP, true, AF_INET, 0x0a000005, 80},
		{"10.0.0.5:http", IPPROTO_UDP, false, 0, 0, 9},
		{"10.0.0.5:http", 0, false, 0, 0, 9},
		{"vip:http", IPPROTO_TCP, true, AF_INET, 0x0a000001, 80},
		{"nohost:80", IPPROTO_TCP, false, 0, 0, 9},
		{"[2001:db8::1]:80", IPPROTO_TCP, true, AF_INET6, 0x20010db8, 80},
		{"2001:db8::1", IPPROTO_TCP, true, AF_INET6, 0x20010db8, 9},
		{"[2001:db8::1]", IPPROTO_TCP, false, 0, 0, 9},
		{"[2001:db8::1", IPPROTO_TCP, false, 0, 0, 9},
		{"[2001:db8::1]:", IPPROTO_TCP, false, 0, 0, 9},
		{"[10.0.0.1]:80", IPPROTO_TCP, true, AF_INET, 0x0a000001, 9},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		union ipvs_addr addr = {.word = {0}};
		uint16_t af = 0, port = 9;
		bool ok = ipvs_value_address(rows[i].text, rows[i].protocol, &names, &af, &addr, &port);

		CHECK_MSG(ok == rows[i].ok && af == rows[i].af && port == rows[i].port && ntohl(addr.word[0]) == rows[i].first,
			  "\"%s\": %d af %d port %u addr %x", rows[i].text, ok, af, port, ntohl(addr.word[0]));
	}
}

TEST(scheduler_flags_belong_to_schedulers)
{
	uint32_t flags = 0;
	const char *bad;
	int len;
	bool known;

	CHECK(ipvs_value_sched_flags("sh-port,sh-fallback", "sh", &flags, &bad, &len, &known));
	CHECK_INT(flags, IPVS_F_SCHED1 | IPVS_F_SCHED2);
	CHECK(!ipvs_value_sched_flags("flag-1,sh-port", "rr", &flags, &bad, &len, &known));
	CHECK(known && len == 7 && !strncmp(bad, "sh-port", 7));
	CHECK(!ipvs_value_sched_flags("flag-1,flag-12", "rr", &flags, &bad, &len, &known));
	CHECK(!known && len == 7);
	CHECK(ipvs_value_sched_flags("", "rr", &flags, &bad, &len, &known));
	CHECK(!ipvs_value_sched_flags(",,", "rr", &flags, &bad, &len, &known)); /* crashes the original */
	CHECK_INT(flags, IPVS_F_SCHED1 | IPVS_F_SCHED2);
}

/* Options in the matrix's order with a word that gives each; NULL: see the commands' own. */
static const char *const option_words[] = {
	"-n", "-c", "-t 10.0.0.1:80", "-s rr", "-p", "-M 255.0.0.0", "-r 10.0.0.2", "-g", "-w 1", "-x 1", "-y 1",
	"--mcast-interface lo", "--timeout", "--daemon", "--stats", "--rate", "--thresholds", "--persistent-conn",
	"--nosort", "--syncid 1", "-X", "-o", "--pe sip", "-b flag-1", "--mcast-group 224.0.0.1", "--mcast-port 1",
	"--mcast-ttl 1", "--sync-maxlen 1", "--tun-info", "--tun-type ipip", "--tun-port 1", "--tun-nocsum", "--tun-csum",
	"--tun-remcsum", "--json", "--dry-run", "--diff", "--deadline 1",
};

/* ipvsadm.md 4, written a second time: the letters of the commands an option goes with. */
static const char *const option_commands[] = {
	"LS", "L", "AEDLadeZq", "AE", "AE", "AE", "adeq", "ae", "ae", "ae", "ae",
	"1", "L", "L", "L", "L", "L", "L",
	"L", "L12", "L", "AE", "AE", "AE", "1", "1",
	"1", "1", "L", "ae", "ae", "ae", "ae",
	"ae", "L", "R", "R", "q",
};

static const struct {
	char letter;
	const char *words;
	const char *name;
} command_words[] = {
	{'A', "-A", "add-service"},   {'E', "-E", "edit-service"}, {'D', "-D", "delete-service"}, {'C', "-C", "flush"},
	{'L', "-L", "list"},	      {'S', "-S", "save"},	   {'a', "-a", "add-server"},	  {'d', "-d", "delete-server"},
	{'e', "-e", "edit-server"},   {'s', "--set 1 2 3", "set"}, {'1', "--start-daemon master", "start-daemon"},
	{'2', "--stop-daemon backup", "stop-daemon"}, {'R', "-R", "restore"}, {'Z', "-Z", "zero"}, {'q', "--drain", "drain"},
};

TEST(every_option_is_refused_with_every_command_it_does_not_go_with)
{
	char line[128], illegal[128];
	struct ipvs_cmd cmd;
	size_t c, o;
	int rc;

	CHECK_INT(sizeof(option_words) / sizeof(*option_words), IPVS_OPTIONS);
	CHECK_INT(sizeof(option_commands) / sizeof(*option_commands), IPVS_OPTIONS);
	for (c = 0; c < sizeof(command_words) / sizeof(*command_words); c++)
		for (o = 0; o < IPVS_OPTIONS; o++) {
			const char *text;

			snprintf(line, sizeof(line), "%s %s", command_words[c].words, option_words[o]);
			snprintf(illegal, sizeof(illegal), "option with the '%s' command", command_words[c].name);
			text = parse(line, &cmd, &rc);
			if (strchr(option_commands[o], command_words[c].letter))
				CHECK_MSG(!text || !strstr(text, "Illegal") || strstr(text, "tunnel type"), "%s: %s", line, text);
			else
				CHECK_MSG(rc == 2 && text &&
						  (strstr(text, illegal) || strstr(text, "You need to supply")),
					  "%s: %s", line, text ? text : "taken");
		}
}

TEST(complaints_have_the_original_words_and_codes)
{
	REFUSED("-q", 255, "Try `prog -h' or 'prog --help' for more information.\n");
	REFUSED("-n -L", 255, "Try `prog -h' or 'prog --help' for more information.\n");
	REFUSED("-LA", 2, "invalid option `-LA'\n");
	REFUSED("-L -q", 255, "-q: unknown option\n");
	REFUSED("-A -t", 255, "-t: missing argument\n");
	REFUSED("-L foo bar", 2, "unexpected argument foo\n");
	REFUSED("-A -t 10.0.0.1:80 -u 10.0.0.1:80", 2, "multiple 'service-address' options specified\n");
	REFUSED("-A", 2, "You need to supply the 'service-address' option for the 'add-service' command\n");
	REFUSED("-C -n", 2, "Illegal 'numeric' option with the 'flush' command\n");
	REFUSED("-L -c -t 10.0.0.1:80", 2,
		"The option 'service-address' conflicts with the 'connection' option in the 'list' command\n");
	REFUSED("-A -6", 2, "-6 used before -f\n\n");
	REFUSED("-A -t 10.0.0.1", 2, "Zero port specified for non-persistent service\n");
	REFUSED("-A -t 10.0.0.1:80 -o", 2, "One-Packet Scheduling is only for UDP virtual services\n");
	REFUSED("-a -t 10.0.0.1:80 -r [2001:db8::1]:80 -m", 2,
		"Different address family is allowed only for tunneling servers\n");
	REFUSED("-a -t 10.0.0.1:80 -r 10.0.0.2 -i --tun-type gue", 2,
		"You need to supply the 'tun-port' option for the 'gue' tunnel type\n");
	REFUSED("-a -t 10.0.0.1:80 -r 10.0.0.2 --tun-type gue", 2, "Tunnel options conflict with forward method\n");
	REFUSED("-L --timeout --stats", 2, "options conflicts in the list command\n");
	REFUSED("--set 1 2", 2, "--set option requires 3 timeout values\n");
	REFUSED("--set 1 2 x", 2, "invalid timeout value `x' specified\n");
	REFUSED("--start-daemon foo", 2, "illegal start-daemon parameter specified\n");
	REFUSED("--stop-daemon foo", 2, "illegal start_daemon specified\n");
	REFUSED("-A -t 10.0.0.1:80 -b sh-port", 2, "incompatible scheduler flag `sh-port'\n");
}

TEST(values_that_are_not_given_are_the_original_ones)
{
	struct ipvs_change change = {.op = IPVS_OPS};
	struct ipvs_cmd cmd;
	int rc;

	CHECK(!parse("-A -t 10.0.0.1:80 -p", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.op, IPVS_OP_ADD_SERVICE);
	CHECK_STR(change.svc.sched, "wlc");
	CHECK_INT(change.svc.timeout_s, 360);
	CHECK_INT(change.svc.netmask, ~0U);
	CHECK(!parse("-a -t 10.0.0.1:80 -r 10.0.0.2:99", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.dest.port, 80); /* direct routing leaves the port alone */
	CHECK_INT(change.dest.weight, 1);
	CHECK_INT(change.dest.fwd, IPVS_FWD_ROUTE);
	CHECK(!parse("-a -t 10.0.0.1:80 -r 10.0.0.2:99 -m", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.dest.port, 99);
	CHECK(!parse("-A -f 3 -M 48 -6 -s rr -p 60", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.svc.netmask, 128);
	CHECK(!parse("-Z -t 0.0.0.0:0", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.op, IPVS_OP_ZERO);
	CHECK(!parse("-Z -f 1", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_INT(change.op, IPVS_OP_ZERO_SERVICE);
	CHECK(!parse("--start-daemon master", &cmd, &rc) && ipvs_cmd_change(&cmd, &change));
	CHECK_STR(change.daemon.mcast_ifn, "eth0");
	CHECK(!parse("-L", &cmd, &rc) && !ipvs_cmd_change(&cmd, &change));
}

TEST(lines_lose_the_word_ipvsadm_and_know_their_limit)
{
	char line[] = " ipvsadm\t-A  -t 1.1.1.1:1 ipvsadm \r", none[] = " \t\r", many[2 * IPVS_LINE_WORDS + 2];
	const char *word[IPVS_LINE_WORDS];
	int i;

	CHECK_INT(ipvs_lines_split(line, word), 4);
	CHECK_STR(word[1], "-A");
	CHECK_STR(word[3], "1.1.1.1:1");
	CHECK_INT(ipvs_lines_split(none, word), 1);
	for (i = 0; i < IPVS_LINE_WORDS; i++)
		memcpy(many + 2 * i, "a ", 3);
	CHECK_INT(ipvs_lines_split(many, word), -E2BIG);
	for (i = 0; i < IPVS_LINE_WORDS - 1; i++)
		memcpy(many + 2 * i, "a ", 3);
	CHECK_INT(ipvs_lines_split(many, word), IPVS_LINE_WORDS);
}

/* ---- random words ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static const char *const pieces[] = {
	"-A", "-a", "-E", "-e", "-D", "-d", "-L", "-S", "-R", "-Z", "-C", "--set", "--start-daemon", "--stop-daemon", "--drain",
	"master", "-t", "-u", "--sctp-service", "-f", "-6", "-s", "-b", "-p", "-M", "-r", "-g", "-i", "-m", "-w", "-x", "-y", "-o", "-n",
	"-c", "--pe", "--stats", "--json", "--tun-type", "gue", "gre", "--tun-port", "--tun-csum", "--mcast-group", "--mcast-port",
	"--mcast-interface", "--syncid", "--sync-maxlen", "10.0.0.1:80", "[2001:db8::1]:80", "[", "]:", "[]:", ":", "::", "vip:http", "0",
	"1", "-1", "4294967296", "99999999999999999999999", "flag-1,flag-2", ",", ",,,", "sh", "sh-port", "ff02::1", "224.0.0.1", "--", "-",
	"rr", "abcdefghijklmnopqrstuvwxyz0123456789", "--dry-run", "--diff", "255.255.255.0", "64abc", "ipvsadm", "=", "-At", "-s=", "--pe=",
};

/* A word of the list, one of random bytes, or a word of the list with a byte changed. */
static void random_word(uint32_t *seed, char word[64])
{
	uint32_t kind = next_random(seed) % 10, i, n;

	snprintf(word, 64, "%s", pieces[next_random(seed) % (sizeof(pieces) / sizeof(*pieces))]);
	if (kind == 0) {
		n = next_random(seed) % 63;
		for (i = 0; i < n; i++)
			word[i] = (char)(1 + next_random(seed) % 255);
		word[n] = 0;
	} else if (kind == 1 && *word) {
		word[next_random(seed) % strlen(word)] = (char)(1 + next_random(seed) % 255);
	}
}

TEST(random_words_end_in_a_command_or_in_a_refusal)
{
	char words[MAX_ARGS][64];
	const char *argv[MAX_ARGS];
	uint32_t seed = 20191224;
	int run, i, argc, rc, taken = 0;

	for (run = 0; run < FUZZ_RUNS; run++) {
		struct ipvs_refusal refusal = {.text = NULL};
		struct ipvs_cmd cmd;

		argc = 2 + (int)(next_random(&seed) % (MAX_ARGS - 2));
		if (next_random(&seed) % 2)
			argc = 2 + argc % 6;
		argv[0] = "prog";
		for (i = 1; i < argc; i++) {
			random_word(&seed, words[i]);
			argv[i] = words[i];
		}
		rc = ipvs_args_parse(argc, argv, &names, &cmd, &refusal);
		CHECK_MSG(rc == 0 || ((rc == 2 || rc == 255) && refusal.text && refusal.text[strlen(refusal.text) - 1] == '\n'),
			  "run %d: rc %d", run, rc);
		taken += !rc;
		if (rc)
			free(refusal.text);
	}
	CHECK_MSG(taken > FUZZ_RUNS / 1000, "only %d of %d runs were commands", taken, FUZZ_RUNS);
}

TEST(random_lines_of_a_restore_end_in_words_or_in_a_limit)
{
	static char line[4096];
	const char *word[IPVS_LINE_WORDS];
	uint32_t seed = 13;
	int run, n;
	size_t i, len;

	for (run = 0; run < FUZZ_RUNS / 10; run++) {
		len = next_random(&seed) % (sizeof(line) - 1);
		for (i = 0; i < len; i++)
			line[i] = next_random(&seed) % 3 ? ' ' : (char)next_random(&seed);
		line[len] = 0;
		n = ipvs_lines_split(line, word);
		CHECK(n == -E2BIG || (n >= 1 && n <= IPVS_LINE_WORDS));
		for (i = 1; n > 1 && i < (size_t)n; i++)
			CHECK(*word[i] && !strpbrk(word[i], " \t\r") && strcmp(word[i], "ipvsadm") != 0);
	}
}

int main(void)
{
	RUN(numbers_are_whole_words_in_their_range);
	RUN(addresses_follow_the_original_quirks_included);
	RUN(scheduler_flags_belong_to_schedulers);
	RUN(every_option_is_refused_with_every_command_it_does_not_go_with);
	RUN(complaints_have_the_original_words_and_codes);
	RUN(values_that_are_not_given_are_the_original_ones);
	RUN(lines_lose_the_word_ipvsadm_and_know_their_limit);
	RUN(random_words_end_in_a_command_or_in_a_refusal);
	RUN(random_lines_of_a_restore_end_in_words_or_in_a_limit);
	return UNIT_END;
}
