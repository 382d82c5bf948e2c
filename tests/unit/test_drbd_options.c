/* SPDX-License-Identifier: GPL-2.0-only */
/* Options: the tables against the numbers of drbd-netlink.md 4.3 to 4.6, and every option read, printed and refused. */
#include "drbd-like/core/drbd_options.h"
#include "unit.h"

/* The largest conf struct fits; aligned for any of them. */
union conf {
#define CTX_BEGIN(ctx, tla) struct drbd_##ctx##_conf ctx;
#include "drbd-like/core/drbd_options.def"
	u64 align;
	u8 bytes[1024];
};

static void each_option(void (*fn)(enum drbd_opt_ctx_id ctx, const struct drbd_opt *opt, union conf *conf))
{
	u32 ctx, i;

	for (ctx = 0; ctx < DRBD_CTX_NR; ctx++)
		for (i = 0; i < drbd_opt_ctx[ctx].opts; i++) {
			union conf conf;

			CHECK(drbd_opt_ctx[ctx].conf_size <= sizeof(conf));
			drbd_opts_default(ctx, &conf);
			fn(ctx, &drbd_opt_ctx[ctx].opt[i], &conf);
		}
}

/* --- the tables --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *ctx;
	u16 tla, nr;
	const char *name;
	char type;			/* s text, n 32 bits, N 64 bits, i signed, e one of names, f yes or no */
	s64 def, min, max;		/* text: size in max */
} golden[] = {
	{ "disk", 3, 1, "backing-dev", 's', 0, 0, 128 },
	{ "disk", 3, 2, "meta-dev", 's', 0, 0, 128 },
	{ "disk", 3, 3, "meta-dev-idx", 'i', 0, -3, 0x7fffffff },
	{ "disk", 3, 4, "size", 'N', 0, 0, 1LL << 41 },
	{ "disk", 3, 5, "max-bio-bvecs", 'n', 0, 0, 128 },
	{ "disk", 3, 6, "on-io-error", 'e', 2, 0, 2 },
	{ "disk", 3, 7, "fencing", 'e', 0, 0, 2 },
	{ "disk", 3, 8, "resync-rate", 'n', 250, 1, 4194304 },
	{ "disk", 3, 9, "resync-after", 'i', -1, -1, 1048575 },
	{ "disk", 3, 10, "al-extents", 'n', 1237, 7, 65534 },
	{ "disk", 3, 11, "c-plan-ahead", 'n', 20, 0, 300 },
	{ "disk", 3, 12, "c-delay-target", 'n', 10, 1, 100 },
	{ "disk", 3, 13, "c-fill-target", 'n', 100, 0, 1048576 },
	{ "disk", 3, 14, "c-max-rate", 'n', 102400, 250, 4194304 },
	{ "disk", 3, 15, "c-min-rate", 'n', 250, 0, 4194304 },
	{ "disk", 3, 16, "disk-barrier", 'f', 0, 0, 1 },
	{ "disk", 3, 17, "disk-flushes", 'f', 1, 0, 1 },
	{ "disk", 3, 18, "disk-drain", 'f', 1, 0, 1 },
	{ "disk", 3, 19, "md-flushes", 'f', 1, 0, 1 },
	{ "disk", 3, 20, "disk-timeout", 'n', 0, 0, 6000 },
	{ "disk", 3, 21, "read-balancing", 'e', 0, 0, 10 },
	{ "disk", 3, 23, "al-updates", 'f', 1, 0, 1 },
	{ "disk", 3, 24, "discard-zeroes-if-aligned", 'f', 1, 0, 1 },
	{ "disk", 3, 25, "rs-discard-granularity", 'n', 0, 0, 1048576 },
	{ "disk", 3, 26, "disable-write-same", 'f', 0, 0, 1 },
	{ "resource", 4, 1, "cpu-mask", 's', 0, 0, 32 },
	{ "resource", 4, 2, "on-no-data-accessible", 'e', 0, 0, 1 },
	{ "net", 5, 1, "shared-secret", 's', 0, 0, 64 },
	{ "net", 5, 2, "cram-hmac-alg", 's', 0, 0, 64 },
	{ "net", 5, 3, "data-integrity-alg", 's', 0, 0, 64 },
	{ "net", 5, 4, "verify-alg", 's', 0, 0, 64 },
	{ "net", 5, 5, "csums-alg", 's', 0, 0, 64 },
	{ "net", 5, 6, "protocol", 'e', 3, 1, 3 },
	{ "net", 5, 7, "connect-int", 'n', 10, 1, 120 },
	{ "net", 5, 8, "timeout", 'n', 60, 1, 600 },
	{ "net", 5, 9, "ping-int", 'n', 10, 1, 120 },
	{ "net", 5, 10, "ping-timeout", 'n', 5, 1, 300 },
	{ "net", 5, 11, "sndbuf-size", 'n', 0, 0, 10485760 },
	{ "net", 5, 12, "rcvbuf-size", 'n', 0, 0, 10485760 },
	{ "net", 5, 13, "ko-count", 'n', 7, 0, 200 },
	{ "net", 5, 14, "max-buffers", 'n', 2048, 32, 131072 },
	{ "net", 5, 15, "max-epoch-size", 'n', 2048, 1, 20000 },
	{ "net", 5, 16, "unplug-watermark", 'n', 128, 1, 131072 },
	{ "net", 5, 17, "after-sb-0pri", 'e', 0, 0, 6 },
	{ "net", 5, 18, "after-sb-1pri", 'e', 0, 0, 10 },
	{ "net", 5, 19, "after-sb-2pri", 'e', 0, 0, 10 },
	{ "net", 5, 20, "rr-conflict", 'e', 0, 0, 10 },
	{ "net", 5, 21, "on-congestion", 'e', 0, 0, 2 },
	{ "net", 5, 22, "congestion-fill", 'n', 0, 0, 20971520 },
	{ "net", 5, 23, "congestion-extents", 'n', 1237, 7, 65534 },
	{ "net", 5, 24, "allow-two-primaries", 'f', 0, 0, 1 },
	{ "net", 5, 25, "discard-my-data", 'f', 0, 0, 1 },
	{ "net", 5, 26, "tcp-cork", 'f', 1, 0, 1 },
	{ "net", 5, 27, "always-asbp", 'f', 0, 0, 1 },
	{ "net", 5, 28, "tentative", 'f', 0, 0, 1 },
	{ "net", 5, 29, "use-rle", 'f', 1, 0, 1 },
	{ "net", 5, 33, "csums-after-crash-only", 'f', 0, 0, 1 },
	{ "net", 5, 34, "socket-check-timeout", 'n', 0, 0, 300 },
	{ "set_role", 6, 1, "force", 'f', 0, 0, 1 },
	{ "resize", 7, 1, "size", 'N', 0, 0, 1LL << 41 },
	{ "resize", 7, 2, "assume-peer-has-space", 'f', 0, 0, 1 },
	{ "resize", 7, 3, "assume-clean", 'f', 0, 0, 1 },
	{ "resize", 7, 4, "al-stripes", 'n', 1, 1, 1024 },
	{ "resize", 7, 5, "al-stripe-size-kB", 'n', 32, 4, 16777216 },
	{ "start_ov", 9, 1, "start", 'N', 0, 0, 1LL << 41 },
	{ "start_ov", 9, 2, "stop", 'N', -1, 0, 1LL << 41 },	/* default: more than can be asked for */
	{ "new_c_uuid", 10, 1, "clear-bitmap", 'f', 0, 0, 1 },
	{ "timeout", 11, 1, "timeout-type", 'n', 0, 0, 2 },
	{ "disconnect", 12, 1, "force", 'f', 0, 0, 1 },
	{ "detach", 13, 1, "force", 'f', 0, 0, 1 },
};

TEST(every_option_is_there_once_with_its_number_default_and_range)
{
	static const char types[] = { [OPT_NUM] = 'n', [OPT_NUM64] = 'N', [OPT_SNUM] = 'i', [OPT_ENUM] = 'e',
				      [OPT_FLAG] = 'f', [OPT_STR] = 's' };
	u32 ctx, i, k, total = 0;

	for (ctx = 0; ctx < DRBD_CTX_NR; ctx++)
		total += drbd_opt_ctx[ctx].opts;
	CHECK_INT(total, ARRAY_SIZE(golden));
	for (i = 0; i < ARRAY_SIZE(golden); i++) {
		const struct drbd_opt *opt;

		for (ctx = 0; ctx < DRBD_CTX_NR && strcmp(drbd_opt_ctx[ctx].name, golden[i].ctx); ctx++)
			;
		CHECK(ctx < DRBD_CTX_NR);
		/* cppcheck-suppress arrayIndexOutOfBoundsCond ; checked above */
		CHECK_INT(drbd_opt_ctx[ctx].tla, golden[i].tla);
		opt = drbd_opt_by_name(ctx, golden[i].name);
		CHECK_MSG(opt && opt == drbd_opt_by_nr(ctx, golden[i].nr), "%s %s", golden[i].ctx, golden[i].name);
		if (!opt)
			continue;
		CHECK_MSG(types[opt->type] == golden[i].type, "%s %s", golden[i].ctx, golden[i].name);
		if (opt->type == OPT_STR) {
			CHECK_INT(opt->size, golden[i].max);
			continue;
		}
		CHECK_MSG(opt->def == golden[i].def, "%s %s: default", golden[i].ctx, golden[i].name);
		for (k = 0; k < 2; k++) {
			s64 at = k ? golden[i].max : golden[i].min;

			CHECK_MSG(drbd_opt_in_range(opt, at), "%s %s: %lld", golden[i].ctx, golden[i].name, at);
			if (opt->type != OPT_NUM64 || k)
				CHECK_MSG(!drbd_opt_in_range(opt, k ? at + 1 : at - 1), "%s %s beyond %lld",
					  golden[i].ctx, golden[i].name, at);
		}
	}
	CHECK(!drbd_opt_by_name(DRBD_CTX_disk, "resync-rat"));
	CHECK(!drbd_opt_by_nr(DRBD_CTX_disk, 22));
	CHECK(!drbd_opt_by_nr(DRBD_CTX_net, 0));
}

TEST(no_two_options_share_a_place_a_number_or_a_name)
{
	u32 ctx, i, k;

	for (ctx = 0; ctx < DRBD_CTX_NR; ctx++)
		for (i = 0; i < drbd_opt_ctx[ctx].opts; i++) {
			const struct drbd_opt *a = &drbd_opt_ctx[ctx].opt[i];

			CHECK(a->offset + a->size <= drbd_opt_ctx[ctx].conf_size);
			CHECK(a->name[0] && a->help[0] && a->nr);
			for (k = 0; k < i; k++) {
				const struct drbd_opt *b = &drbd_opt_ctx[ctx].opt[k];

				CHECK(strcmp(a->name, b->name) && a->nr != b->nr);
				CHECK(a->offset >= b->offset + b->size || b->offset >= a->offset + a->size);
			}
		}
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void print_and_parse(enum drbd_opt_ctx_id ctx, const struct drbd_opt *opt, union conf *conf)
{
	char text[80], again[80];
	union conf other;
	int n;

	CHECK(drbd_opt_is_default(opt, conf));
	n = drbd_opt_print(opt, conf, text, sizeof(text));
	CHECK_INT(n, strlen(text));
	drbd_opts_default(ctx, &other);
	memset((u8 *)&other + opt->offset, 0x5a, opt->size);
	CHECK_MSG(!drbd_opt_parse(opt, text, drbd_opt_in_range(opt, opt->def), &other), "%s: %s", opt->name, text);
	CHECK(drbd_opt_equal(opt, conf, &other));
	drbd_opt_print(opt, &other, again, sizeof(again));
	CHECK_STR(again, text);
	CHECK_INT(drbd_opt_print(opt, conf, text, 1), 0);
	CHECK_STR(text, "");
}

TEST(every_default_is_printed_and_read_back)
{
	each_option(print_and_parse);
}

static void refuse(const struct drbd_opt *opt, union conf *conf, const char *text, int err)
{
	union conf before = *conf;

	CHECK_MSG(drbd_opt_parse(opt, text, true, conf) == err, "%s: '%s'", opt->name, text);
	CHECK(!memcmp(&before, conf, sizeof(before)));
}

static void bad_values(enum drbd_opt_ctx_id ctx, const struct drbd_opt *opt, union conf *conf)
{
	static const char *const junk[] = { "", "x", "1x", "-", "1 ", " 1", "+1", "1kk", "1.5", "0x10", "no-such-value" };
	char text[200];
	u32 i;

	(void)ctx;
	if (opt->type == OPT_STR) {
		memset(text, 'a', sizeof(text));
		text[opt->size] = '\0';
		refuse(opt, conf, text, -ERANGE);
		text[opt->size - 1] = '\0';
		CHECK(!drbd_opt_parse(opt, text, true, conf));
		CHECK_STR(drbd_opt_get_str(opt, conf), text);
		CHECK(!drbd_opt_is_default(opt, conf));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(junk); i++)
		refuse(opt, conf, junk[i], -EINVAL);
	if (opt->type == OPT_ENUM || opt->type == OPT_FLAG)
		return;
	refuse(opt, conf, "99999999999999999999", -ERANGE);
	snprintf(text, sizeof(text), "%lld%c", opt->max + 1, opt->scale == '1' ? '\0' : opt->scale);
	refuse(opt, conf, text, -ERANGE);
	if (opt->min > 0) {
		snprintf(text, sizeof(text), "%lld", opt->min - 1);
		refuse(opt, conf, text, -ERANGE);
	}
	if (opt->type != OPT_SNUM)
		refuse(opt, conf, "-1", -EINVAL);
}

TEST(what_is_no_value_is_refused_and_changes_nothing)
{
	each_option(bad_values);
}

static void limits(enum drbd_opt_ctx_id ctx, const struct drbd_opt *opt, union conf *conf)
{
	char text[40];
	int k;

	(void)ctx;
	if (opt->type != OPT_NUM && opt->type != OPT_SNUM && opt->type != OPT_NUM64)
		return;
	for (k = 0; k < 2; k++) {
		s64 value = k ? opt->max : opt->min;

		if (opt->type == OPT_NUM64)
			snprintf(text, sizeof(text), "%llu", (u64)value);
		else
			snprintf(text, sizeof(text), "%lld", value);
		CHECK_MSG(!drbd_opt_parse(opt, text, true, conf), "%s: %s", opt->name, text);
		CHECK(drbd_opt_get(opt, conf) == value);
	}
	if (opt->type == OPT_NUM) {		/* as drbdsetup: the kernel judges */
		CHECK_INT(drbd_opt_parse(opt, "4294967295", false, conf), 0);
		CHECK(drbd_opt_get(opt, conf) == 0xffffffffLL);
		CHECK_INT(drbd_opt_parse(opt, "4294967296", false, conf), -ERANGE);
	}
}

TEST(limits_are_values)
{
	each_option(limits);
}

static void names(enum drbd_opt_ctx_id ctx, const struct drbd_opt *opt, union conf *conf)
{
	char text[40];
	s64 v;

	(void)ctx;
	if (opt->type == OPT_FLAG) {
		CHECK(!drbd_opt_parse(opt, "yes", true, conf) && drbd_opt_get(opt, conf) == 1);
		CHECK(!drbd_opt_parse(opt, "no", true, conf) && drbd_opt_get(opt, conf) == 0);
		CHECK(!drbd_opt_parse(opt, NULL, true, conf) && drbd_opt_get(opt, conf) == 1);
	}
	if (opt->type != OPT_ENUM)
		return;
	for (v = -1; v <= opt->names_nr; v++) {
		bool named = v >= 0 && v < opt->names_nr && opt->names[v];

		CHECK_INT(drbd_opt_in_range(opt, v), named);
		if (!named)
			continue;
		CHECK(!drbd_opt_parse(opt, opt->names[v], true, conf));
		CHECK(drbd_opt_get(opt, conf) == v);
		drbd_opt_print(opt, conf, text, sizeof(text));
		CHECK_STR(text, opt->names[v]);
	}
	CHECK_INT(drbd_opt_parse(opt, NULL, true, conf), -EINVAL);
}

TEST(every_name_of_a_value_is_read_and_printed)
{
	union conf conf;

	each_option(names);
	drbd_opts_default(DRBD_CTX_net, &conf);
	CHECK(!drbd_opt_parse(drbd_opt_by_name(DRBD_CTX_net, "protocol"), "a", true, &conf));
	CHECK_INT(conf.net.wire_protocol, DRBD_PROT_A);
	CHECK_INT(drbd_opt_parse(drbd_opt_by_name(DRBD_CTX_net, "after-sb-0pri"), "Disconnect", true, &conf), -EINVAL);
	CHECK_INT(drbd_opt_parse(drbd_opt_by_name(DRBD_CTX_net, "after-sb-0pri"), "consensus", true, &conf), -EINVAL);
}

TEST(numbers_take_units_and_round_up)
{
	static const struct {
		const char *text;
		char scale;
		int err;
		u64 value;
	} cases[] = {
		{ "10", '1', 0, 10 }, { "10k", '1', 0, 10240 }, { "10K", '1', 0, 10240 }, { "1s", '1', 0, 512 },
		{ "1m", '1', 0, 1 << 20 }, { "1G", '1', 0, 1 << 30 }, { "10", 'k', 0, 10 }, { "1M", 'k', 0, 1024 },
		{ "1s", 'k', 0, 1 }, { "3s", 'k', 0, 2 }, { "4s", 'k', 0, 2 }, { "10", 's', 0, 10 }, { "1k", 's', 0, 2 },
		{ "0", 's', 0, 0 }, { "0s", 'k', 0, 0 }, { "18446744073709551615", '1', 0, ~0ull },
		{ "18446744073709551616", '1', -ERANGE, 0 }, { "18014398509481983k", '1', 0, ~0ull - 1023 },
		{ "18014398509481984k", '1', -ERANGE, 0 }, { "17179869184g", '1', -ERANGE, 0 }, { "1T", '1', -EINVAL, 0 },
		{ "11", '1', 0, 11 }, { "k", '1', -EINVAL, 0 }, { "1k1", '1', -EINVAL, 0 }, { "", '1', -EINVAL, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 value = 4711;

		CHECK_MSG(drbd_opt_number(cases[i].text, cases[i].scale, &value) == cases[i].err, "%s", cases[i].text);
		CHECK_MSG(value == (cases[i].err ? 4711 : cases[i].value), "%s is %llu", cases[i].text, value);
	}
}

TEST(defaults_come_back_but_for_what_cannot_be_changed)
{
	u32 ctx, i;

	for (ctx = 0; ctx < DRBD_CTX_NR; ctx++) {
		union conf conf, def;

		memset(&conf, 1, sizeof(conf));
		drbd_opts_default(ctx, &def);
		drbd_opts_reset(ctx, &conf);
		for (i = 0; i < drbd_opt_ctx[ctx].opts; i++) {
			const struct drbd_opt *opt = &drbd_opt_ctx[ctx].opt[i];
			const u8 *at = conf.bytes + opt->offset, *want = def.bytes + opt->offset;
			bool kept = opt->flags & OF_I;

			if (kept)
				CHECK_MSG(at[0] == 1 && at[opt->size - 1] == 1, "%s", opt->name);
			else
				CHECK_MSG(!memcmp(at, want, opt->size), "%s", opt->name);
		}
	}
}

int main(void)
{
	RUN(every_option_is_there_once_with_its_number_default_and_range);
	RUN(no_two_options_share_a_place_a_number_or_a_name);
	RUN(every_default_is_printed_and_read_back);
	RUN(what_is_no_value_is_refused_and_changes_nothing);
	RUN(limits_are_values);
	RUN(every_name_of_a_value_is_read_and_printed);
	RUN(numbers_take_units_and_round_up);
	RUN(defaults_come_back_but_for_what_cannot_be_changed);
	return UNIT_END;
}
