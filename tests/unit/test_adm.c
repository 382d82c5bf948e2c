/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drbd.conf under pressure: every allocation fails once, every file of the corpus is mutated and cut, and the plans of
 * adjust are taken for trees that differ in one thing. Run from the top of the source tree.
 */
#include <dirent.h>
#include <errno.h>

#include "drbd-like/user/adm_answer.h"
#include "drbd-like/user/adm_parse.h"
#include "drbd-like/user/adm_plan.h"
#include "drbd-like/user/adm_tree.h"
#include "lib/conf.h"
#include "lib/fault.h"
#include "unit.h"

static void swallow(const char *text, void *arg)
{
	(void)text;
	(*(unsigned int *)arg)++;
}

static const struct adm_view view = { .nodename = "server1" };

/* The whole way of a file: parsed, resolved, inherited, translated, planned. The first error. */
static int whole_way(struct adm_conf *conf, const char *text, size_t len)
{
	struct adm_tools tools = { "drbdsetup", "drbdmeta", "drbd-proxy-ctl", { NULL, NULL } };
	struct adm_plan plan = { .conf = conf, .tools = &tools };
	struct adm_res *res;
	jmp_buf oom;
	int err;

	err = adm_parse_text(conf, "t", text, len);
	if (!err)
		err = adm_resolve(conf, &view);
	if (!err)
		err = adm_inherit(conf);
	if (!err)
		err = adm_translate(conf, true);
	if (err)
		return err;
	if (setjmp(oom)) {
		conf->mem.oom = NULL;
		return -ENOMEM;
	}
	conf->mem.oom = &oom;
	for (res = conf->res; res; res = res->next)
		if (res->me) {
			adm_plan_up(&plan, res, NULL);
			adm_plan_adjust(&plan, res, NULL);
			adm_plan_adjust(&plan, res, res);
			if (res->me->proxy && res->peer && res->peer->proxy) {
				adm_plan_proxy(&plan, res, &res->opts[ADM_PROXY], &res->plugins);
				adm_plan_proxy(&plan, res, &res->me->proxy->opts, &res->me->proxy->plugins);
			}
		}
	conf->mem.oom = NULL;
	return 0;
}

static int try_text(const char *text, size_t len, unsigned int *reports)
{
	struct adm_conf conf;
	int err;

	adm_conf_init(&conf);
	conf.report = swallow;
	conf.report_arg = reports;
	err = whole_way(&conf, text, len);
	CHECK(err != -EINVAL || conf.errors);
	CHECK(!conf.errors || err == -EINVAL || err == -ENOMEM);
	adm_conf_free(&conf);
	return err;
}

#define FILES "tests/data/drbdadm/"

/* Calls fn for every .conf of a folder. */
static int each_file(const char *dir, void (*fn)(const char *path, char *text, size_t len))
{
	struct dirent *entry;
	char path[512], *text;
	DIR *d = opendir(dir);
	size_t len;
	int n = 0;

	CHECK_MSG(d != NULL, "%s: %s", dir, strerror(errno));
	while (d && (entry = readdir(d))) {
		if (!strstr(entry->d_name, ".conf"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		CHECK_INT(conf_read_file(path, 1 << 20, &text, &len), 0);
		fn(path, text, len);
		free(text);
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

static void fails_clean(const char *path, char *text, size_t len)
{
	unsigned int reports = 0;
	int nth = 0, err;

	do {
		fault_arm(nth++);
		err = try_text(text, len, &reports);
		if (fault_fired())
			CHECK_MSG(err == -ENOMEM, "%s: allocation %d failed, and it returned %d", path, nth, err);
		CHECK_MSG(fault_leaks() == 0, "%s: allocation %d failed, %ld leaked", path, nth, fault_leaks());
	} while (fault_fired());
	fault_disarm();
}

TEST(every_allocation_fails_once)
{
	CHECK(each_file(FILES "ok", fails_clean) >= 60);
}

static unsigned int seed = 1;

static unsigned int rnd(unsigned int below)
{
	seed = seed * 1103515245u + 12345;
	return (seed >> 8) % below;
}

static const char *const tokens[] = {
	"{", "}", ";", "[", "]", ":", "\"", "#", "on ", "resource ", "volume 0 {", "disk {", "meta-disk ", "floating ",
	"stacked-on-top-of r0 {", "include \"\";", "proxy on server1 {", "plugin {", "address ipv6 [::1]:1;", "device minor ",
	"\\", "\xff\xfe", "99999999999999999999", "%eth0", "skip {", "internal", "syncer {", "\n",
};

static void mutate(const char *path, char *text, size_t len)
{
	enum { ROUNDS = 300, GROWTH = 256 };
	char *copy = malloc(len + GROWTH);
	unsigned int reports = 0;
	const char *token;
	size_t at, n;
	int round;

	(void)path;
	for (round = 0; round < ROUNDS; round++) {
		memcpy(copy, text, len);
		n = len;
		do {
			at = rnd((unsigned int)n + 1);
			token = tokens[rnd(sizeof(tokens) / sizeof(tokens[0]))];
			switch (rnd(4)) {
			case 0: /* another byte */
				if (at < n)
					copy[at] = (char)(1 + rnd(255));
				break;
			case 1: /* cut */
				n = at ? at : n;
				break;
			case 2: /* something in between */
				if (n + strlen(token) >= len + GROWTH)
					break;
				memmove(copy + at + strlen(token), copy + at, n - at);
				memcpy(copy + at, token, strlen(token));
				n += strlen(token);
				break;
			default: /* a piece gone */
				if (at + 8 < n) {
					memmove(copy + at, copy + at + 8, n - at - 8);
					n -= 8;
				}
			}
		} while (n && rnd(3));
		try_text(copy, n, &reports);
	}
	free(copy);
}

TEST(nonsense_is_refused_and_harms_nobody)
{
	CHECK(each_file(FILES "ok", mutate) >= 60);
	CHECK(each_file(FILES "bad", mutate) >= 80);
}

TEST(deep_nesting_ends)
{
	enum { DEEP = 200000 };
	char *text = malloc(DEEP);
	unsigned int reports = 0;

	memset(text, '{', DEEP);
	memcpy(text, "resource r0 ", 12);
	CHECK_INT(try_text(text, DEEP, &reports), -EINVAL);
	CHECK(reports < 2 * ADM_ERRORS_MAX);
	free(text);
}

/* ---- adjust */

static const char wanted[] =
	"common { net { ping-int 7; } }\n"
	"resource r0 { options { cpu-mask 3; } net { timeout 50; } disk { size 10G; resync-rate 10M; c-fill-target 1M; }\n"
	" volume 0 { device /dev/drbd1; disk /dev/vdb; meta-disk internal; }\n"
	" volume 1 { device /dev/drbd2; disk /dev/vdc; meta-disk /dev/vdx [1]; }\n"
	" on server1 { address 10.1.0.1:7789; } on server2 { address 10.1.0.2:7789; } }\n";

/* As `drbdsetup show` has it when all is as wanted. */
static const char shown[] =
	"resource r0 {\n    options {\n        cpu-mask        \t\"3\";\n    }\n    net {\n"
	"        timeout         \t50; # 1/10 seconds\n        ping-int        \t7; # seconds\n    }\n"
	"    _remote_host {\n        address\t\t\tipv4 10.1.0.2:7789;\n    }\n"
	"    _this_host {\n        address\t\t\tipv4 10.1.0.1:7789;\n"
	"        volume 0 {\n            device\t\t\tminor 1;\n            disk\t\t\t\"/dev/vdb\";\n"
	"            meta-disk\t\t\tinternal;\n            disk {\n                size            \t20971520s; # bytes\n"
	"                resync-rate     \t10240k; # bytes/second\n                c-fill-target   \t2048s; # bytes\n"
	"            }\n        }\n"
	"        volume 1 {\n            device\t\t\tminor 2;\n            disk\t\t\t\"/dev/vdc\";\n"
	"            meta-disk\t\t\t\"/dev/vdx\" [ 1 ];\n            disk {\n                size            \t20971520s; # bytes\n"
	"                resync-rate     \t10240k; # bytes/second\n                c-fill-target   \t2048s; # bytes\n"
	"            }\n        }\n    }\n}\n";

/* The calls, each ended by a newline, of adjust when `show` prints text; "" for none. */
static void adjusted(const char *text, char *out, size_t size)
{
	struct adm_tools tools = { "drbdsetup", "drbdmeta", "ctl", { NULL, NULL } };
	struct adm_conf conf, running;
	struct adm_plan plan = { .conf = &conf, .tools = &tools };
	const struct adm_call *call;
	jmp_buf oom;
	int stage, i;

	*out = '\0';
	adm_conf_init(&conf);
	adm_conf_init(&running);
	running.running = true;
	CHECK_INT(adm_parse_text(&conf, "wanted", wanted, strlen(wanted)), 0);
	CHECK_INT(adm_resolve(&conf, &view), 0);
	CHECK_INT(adm_inherit(&conf), 0);
	CHECK_INT(adm_translate(&conf, true), 0);
	CHECK_INT(adm_parse_text(&running, "show", text, strlen(text)), 0);
	if (setjmp(oom)) {
		CHECK(false);
		return;
	}
	conf.mem.oom = &oom;
	adm_plan_adjust(&plan, conf.res, running.res);
	for (stage = 0; stage < ADM_STAGES; stage++)
		for (call = plan.stage[stage]; call; call = call->next)
			for (i = 0; i < call->argc; i++)
				snprintf(out + strlen(out), size - strlen(out), "%s%s", call->argv[i],
					 i + 1 < call->argc ? " " : "\n");
	adm_conf_free(&running);
	adm_conf_free(&conf);
}

/* shown with one piece replaced */
static void with(const char *old, const char *new, char *out, size_t size)
{
	const char *at = strstr(shown, old);

	CHECK_MSG(at != NULL, "'%s' is not there", old);
	if (at)
		snprintf(out, size, "%.*s%s%s", (int)(at - shown), shown, new, at + strlen(old));
}

#define DISK_OPTS " --c-fill-target=1M --resync-rate=10M\n"
#define ATTACH_OPTS " --c-fill-target=1M --resync-rate=10M --size=10G\n"
#define L "ipv4:10.1.0.1:7789 "
#define R "ipv4:10.1.0.2:7789"

static const struct {
	const char *old, *new, *calls;
} cases[] = {
	{ "timeout ", "timeout ", "" },
	{ "20971520s", "10485760k", "" }, /* the same size in another unit */
	{ "        timeout         \t50;", "        timeout         \t51;",
	  "drbdsetup net-options " L R " --set-defaults --ping-int=7 --timeout=50\n" },
	{ "        ping-int        \t7; # seconds\n", "",
	  "drbdsetup net-options " L R " --set-defaults --ping-int=7 --timeout=50\n" },
	{ "ping-int        \t7; # seconds\n", "ping-int        \t7; ko-count 7;\n", "" }, /* a default is no difference */
	{ "ping-int        \t7; # seconds\n", "ping-int        \t7; ko-count 8;\n",
	  "drbdsetup net-options " L R " --set-defaults --ping-int=7 --timeout=50\n" },
	{ "ping-int        \t7; # seconds\n", "ping-int        \t7; of-the-future \"x\";\n", "" },
	{ "\"3\"", "\"f\"", "drbdsetup resource-options r0 --set-defaults --cpu-mask=3\n" },
	{ "resync-rate     \t10240k", "resync-rate     \t10241k", "drbdsetup disk-options 1 --set-defaults" DISK_OPTS },
	{ "size            \t20971520s", "size            \t20971521s",
	  "drbdsetup resize 1 --size=10G\ndrbdsetup check-resize 1\n" },
	{ "\"/dev/vdb\"", "\"/dev/vdz\"", "drbdsetup detach 1\ndrbdmeta 1 v08 /dev/vdb internal apply-al\n"
	  "drbdsetup attach 1 /dev/vdb /dev/vdb internal" ATTACH_OPTS },
	{ "\"/dev/vdx\" [ 1 ]", "\"/dev/vdy\" [ 1 ]", "drbdsetup detach 2\ndrbdmeta 2 v08 /dev/vdx 1 apply-al\n"
	  "drbdsetup attach 2 /dev/vdc /dev/vdx 1" ATTACH_OPTS },
	{ "\"/dev/vdx\" [ 1 ]", "\"/dev/vdx\" [ 2 ]", "" }, /* as the original */
	{ "minor 2;", "minor 3;", "drbdsetup detach 3\ndrbdsetup del-minor 3\ndrbdsetup new-minor r0 2 1\n"
	  "drbdmeta 2 v08 /dev/vdx 1 apply-al\ndrbdsetup attach 2 /dev/vdc /dev/vdx 1" ATTACH_OPTS },
	{ "volume 1 {", "volume 5 {", "drbdsetup detach 2\ndrbdsetup del-minor 2\ndrbdsetup new-minor r0 2 1\n"
	  "drbdmeta 2 v08 /dev/vdx 1 apply-al\ndrbdsetup attach 2 /dev/vdc /dev/vdx 1" ATTACH_OPTS },
	{ "10.1.0.2:7789", "10.1.0.2:7788", "drbdsetup disconnect " L "ipv4:10.1.0.2:7788\n"
	  "drbdsetup connect r0 " L R " --ping-int=7 --timeout=50\n" },
	{ "10.1.0.1:7789", "10.1.0.9:7789", "drbdsetup disconnect ipv4:10.1.0.9:7789 " R "\n"
	  "drbdsetup connect r0 " L R " --ping-int=7 --timeout=50\n" },
	{ "    _remote_host {\n        address\t\t\tipv4 10.1.0.2:7789;\n    }\n", "",
	  "drbdsetup connect r0 " L R " --ping-int=7 --timeout=50\n" },
};

TEST(adjust_does_what_differs_and_no_more)
{
	char text[4096], calls[4096];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		with(cases[i].old, cases[i].new, text, sizeof(text));
		adjusted(text, calls, sizeof(calls));
		CHECK_MSG(!strcmp(calls, cases[i].calls), "%s -> %s:\n%swant\n%s", cases[i].old, cases[i].new, calls,
			  cases[i].calls);
	}
}

TEST(adjust_of_nothing_running_is_up)
{
	char calls[4096];

	adjusted("", calls, sizeof(calls));
	CHECK_STR(calls, "drbdsetup new-resource r0 --cpu-mask=3\ndrbdsetup new-minor r0 1 0\ndrbdsetup new-minor r0 2 1\n"
		  "drbdmeta 1 v08 /dev/vdb internal apply-al\ndrbdsetup attach 1 /dev/vdb /dev/vdb internal" ATTACH_OPTS
		  "drbdmeta 2 v08 /dev/vdx 1 apply-al\ndrbdsetup attach 2 /dev/vdc /dev/vdx 1" ATTACH_OPTS
		  "drbdsetup connect r0 " L R " --ping-int=7 --timeout=50\n");
}

TEST(a_detached_volume_is_attached)
{
	char calls[4096];

	adjusted("resource r0 { options { cpu-mask \"3\"; } net { timeout 50; ping-int 7; } _remote_host { address ipv4 10.1.0.2:7789; }"
		 "_this_host { address ipv4 10.1.0.1:7789; volume 0 { device minor 1; } volume 1 { device minor 2; } } }",
		 calls, sizeof(calls));
	CHECK_STR(calls, "drbdmeta 1 v08 /dev/vdb internal apply-al\ndrbdsetup attach 1 /dev/vdb /dev/vdb internal" ATTACH_OPTS
		  "drbdmeta 2 v08 /dev/vdx 1 apply-al\ndrbdsetup attach 2 /dev/vdc /dev/vdx 1" ATTACH_OPTS);
}

static bool answered(const char *keys)
{
	struct adm_answer answer = { .len = 0 };

	for (; *keys; keys++)
		if (adm_answer_key(&answer, *keys))
			return true;
	return false;
}

TEST(only_yes_and_enter_or_three_interrupts_end_the_waiting)
{
	CHECK(answered("yes\n"));
	CHECK(answered("yes\r"));
	CHECK(answered("no\nyes\n"));
	CHECK(answered("\003\003\003"));
	CHECK(answered("\004x\003\004"));
	CHECK(!answered("yes"));
	CHECK(!answered("y\nes\n"));
	CHECK(!answered("yess\n"));
	CHECK(!answered("yyyyyyyyyyyyyes\n"));
	CHECK(!answered("\003\003"));
}

int main(void)
{
	RUN(every_allocation_fails_once);
	RUN(nonsense_is_refused_and_harms_nobody);
	RUN(deep_nesting_ends);
	RUN(adjust_does_what_differs_and_no_more);
	RUN(adjust_of_nothing_running_is_up);
	RUN(a_detached_volume_is_attached);
	RUN(only_yes_and_enter_or_three_interrupts_end_the_waiting);
	return UNIT_END;
}
