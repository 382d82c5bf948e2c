/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of options from drbd_options.def; reading, printing and comparing one value. Sections and files are others'. */
#include "drbd_options.h"

static const char *const drbd_names_on_io_error[] = { "pass_on", "call-local-io-error", "detach" };
static const char *const drbd_names_fencing[] = { "dont-care", "resource-only", "resource-and-stonith" };
static const char *const drbd_names_read_balancing[] = {
	"prefer-local", "prefer-remote", "round-robin", "least-pending", "when-congested-remote",
	"32K-striping", "64K-striping", "128K-striping", "256K-striping", "512K-striping", "1M-striping",
};
static const char *const drbd_names_on_no_data[] = { "io-error", "suspend-io" };
static const char *const drbd_names_wire_protocol[] = { NULL, "A", "B", "C" };
static const char *const drbd_names_on_congestion[] = { "block", "pull-ahead", "disconnect" };
static const char *const drbd_names_after_sb_0p[] = {
	"disconnect", "discard-younger-primary", "discard-older-primary", "discard-zero-changes",
	"discard-least-changes", "discard-local", "discard-remote",
};
static const char *const drbd_names_after_sb_1p[] = {
	"disconnect", NULL, NULL, NULL, NULL, NULL, NULL,
	"consensus", "discard-secondary", "call-pri-lost-after-sb", "violently-as0p",
};
static const char *const drbd_names_after_sb_2p[] = {
	"disconnect", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "call-pri-lost-after-sb", "violently-as0p",
};
static const char *const drbd_names_rr_conflict[] = {
	"disconnect", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "call-pri-lost", "violently",
};

#define FIELD(ctx, field)                                                                          \
	offsetof(struct drbd_##ctx##_conf, field), sizeof(((struct drbd_##ctx##_conf *)0)->field)

#define CTX_BEGIN(ctx, tla) static const struct drbd_opt drbd_opts_##ctx[] = {
#define CTX_END(ctx) };
#define NUM(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) \
	{ kw, help, unit, NULL, min, (s64)(max), (s64)(def), nr, FIELD(ctx, field), OPT_NUM, flags, scale, 0 },
#define NUM64(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) \
	{ kw, help, unit, NULL, min, (s64)(max), (s64)(def), nr, FIELD(ctx, field), OPT_NUM64, flags, scale, 0 },
#define SNUM(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) \
	{ kw, help, unit, NULL, min, max, def, nr, FIELD(ctx, field), OPT_SNUM, flags, scale, 0 },
#define ENUM(ctx, field, kw, nr, flags, names, def, help) \
	{ kw, help, NULL, drbd_names_##names, 0, ARRAY_SIZE(drbd_names_##names) - 1, def, nr, FIELD(ctx, field), \
	  OPT_ENUM, flags, '1', ARRAY_SIZE(drbd_names_##names) },
#define FLAG(ctx, field, kw, nr, flags, def, help) \
	{ kw, help, NULL, NULL, 0, 1, def, nr, FIELD(ctx, field), OPT_FLAG, flags, '1', 0 },
#define STR(ctx, field, kw, nr, flags, size, help) \
	{ kw, help, NULL, NULL, 0, 0, 0, nr, FIELD(ctx, field), OPT_STR, flags, '1', 0 },
#include "drbd_options.def"

const struct drbd_opt_ctx drbd_opt_ctx[DRBD_CTX_NR] = {
#define CTX_BEGIN(ctx, tla)                                                                        \
	{ #ctx, tla, sizeof(struct drbd_##ctx##_conf), ARRAY_SIZE(drbd_opts_##ctx), drbd_opts_##ctx },
#include "drbd_options.def"
};

const struct drbd_opt *drbd_opt_by_name(enum drbd_opt_ctx_id ctx, const char *name)
{
	const struct drbd_opt *opt = drbd_opt_ctx[ctx].opt, *end = opt + drbd_opt_ctx[ctx].opts;

	for (; opt < end; opt++)
		if (!strcmp(opt->name, name))
			return opt;
	return NULL;
}

const struct drbd_opt *drbd_opt_by_nr(enum drbd_opt_ctx_id ctx, u16 nr)
{
	const struct drbd_opt *opt = drbd_opt_ctx[ctx].opt, *end = opt + drbd_opt_ctx[ctx].opts;

	for (; opt < end; opt++)
		if (opt->nr == nr)
			return opt;
	return NULL;
}

void drbd_opts_default(enum drbd_opt_ctx_id ctx, void *conf)
{
	const struct drbd_opt *opt = drbd_opt_ctx[ctx].opt, *end = opt + drbd_opt_ctx[ctx].opts;

	memset(conf, 0, drbd_opt_ctx[ctx].conf_size);
	for (; opt < end; opt++)
		if (opt->type != OPT_STR)
			drbd_opt_set(opt, conf, opt->def);
}

void drbd_opts_reset(enum drbd_opt_ctx_id ctx, void *conf)
{
	const struct drbd_opt *opt = drbd_opt_ctx[ctx].opt, *end = opt + drbd_opt_ctx[ctx].opts;

	for (; opt < end; opt++) {
		if (opt->flags & OF_I)
			continue;
		if (opt->type == OPT_STR)
			memset((u8 *)conf + opt->offset, 0, opt->size);
		else
			drbd_opt_set(opt, conf, opt->def);
	}
}

s64 drbd_opt_get(const struct drbd_opt *opt, const void *conf)
{
	const u8 *at = (const u8 *)conf + opt->offset;

	switch (opt->type) {
	case OPT_NUM:
	case OPT_ENUM:
		return *(const u32 *)at;
	case OPT_SNUM:
		return *(const s32 *)at;
	case OPT_NUM64:
		return (s64)*(const u64 *)at;
	case OPT_FLAG:
		return *at;
	default:
		drbd_assert(0);
		return 0;
	}
}

void drbd_opt_set(const struct drbd_opt *opt, void *conf, s64 value)
{
	u8 *at = (u8 *)conf + opt->offset;

	switch (opt->type) {
	case OPT_NUM:
	case OPT_ENUM:
		*(u32 *)at = (u32)value;
		break;
	case OPT_SNUM:
		*(s32 *)at = (s32)value;
		break;
	case OPT_NUM64:
		*(u64 *)at = (u64)value;
		break;
	case OPT_FLAG:
		*at = !!value;
		break;
	default:
		drbd_assert(0);
	}
}

const char *drbd_opt_get_str(const struct drbd_opt *opt, const void *conf)
{
	drbd_assert(opt->type == OPT_STR);
	return (const char *)conf + opt->offset;
}

int drbd_opt_set_str(const struct drbd_opt *opt, void *conf, const char *text)
{
	size_t len = strlen(text);

	drbd_assert(opt->type == OPT_STR);
	if (len >= opt->size)
		return -ERANGE;
	memset((u8 *)conf + opt->offset, 0, opt->size);
	memcpy((u8 *)conf + opt->offset, text, len);
	return 0;
}

bool drbd_opt_in_range(const struct drbd_opt *opt, s64 value)
{
	switch (opt->type) {
	case OPT_ENUM:
		return value >= 0 && value < opt->names_nr && opt->names[value];
	case OPT_NUM64:
		return (u64)value >= (u64)opt->min && (u64)value <= (u64)opt->max;
	case OPT_STR:
		return true;
	default:
		return value >= opt->min && value <= opt->max;
	}
}

/* log2 of what a suffix (or scale) stands for; 0xff: none. */
static u8 unit_shift(char c)
{
	switch (c) {
	case '\0':
	case '1':
		return 0;
	case 's':
		return 9;
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return 0xff;
	}
}

int drbd_opt_number(const char *text, char scale, u64 *value)
{
	u8 from, to = unit_shift(scale);
	u64 v = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		u32 digit = (u32)(*text - '0');

		if (v > (~0ull - digit) / 10)
			return -ERANGE;
		v = v * 10 + digit;
	}
	from = *text ? unit_shift(*text) : to;
	if (*text == '1' || from == 0xff || (*text && text[1]))
		return -EINVAL;
	if (from >= to) {
		if (v > ~0ull >> (from - to))
			return -ERANGE;
		v <<= from - to;
	} else {
		u64 round = (1ull << (to - from)) - 1;

		v = (v >> (to - from)) + !!(v & round);
	}
	*value = v;
	return 0;
}

static bool same_word(const char *a, const char *b, bool any_case)
{
	for (; *a || *b; a++, b++) {
		char ca = *a, cb = *b;

		if (any_case && ca >= 'a' && ca <= 'z')
			ca = (char)(ca - 'a' + 'A');
		if (ca != cb)
			return false;
	}
	return true;
}

static int parse_num(const struct drbd_opt *opt, const char *text, bool check_range, void *conf)
{
	bool minus = opt->type == OPT_SNUM && *text == '-';
	u64 v;
	int err = drbd_opt_number(text + minus, opt->scale, &v);

	if (err)
		return err;
	if (opt->type == OPT_NUM && v > 0xffffffffu)
		return -ERANGE;
	if (opt->type == OPT_SNUM && v > 0x7fffffffu)
		return -ERANGE;
	if (minus)
		v = (u64)-(s64)v;
	if (check_range && !drbd_opt_in_range(opt, (s64)v))
		return -ERANGE;
	drbd_opt_set(opt, conf, (s64)v);
	return 0;
}

int drbd_opt_parse(const struct drbd_opt *opt, const char *text, bool check_range, void *conf)
{
	u8 i;

	switch (opt->type) {
	case OPT_FLAG:
		if (text && strcmp(text, "yes") && strcmp(text, "no"))
			return -EINVAL;
		drbd_opt_set(opt, conf, !text || !strcmp(text, "yes"));
		return 0;
	case OPT_ENUM:
		for (i = 0; text && i < opt->names_nr; i++)
			if (opt->names[i] &&
			    same_word(text, opt->names[i], opt->names == drbd_names_wire_protocol)) {
				drbd_opt_set(opt, conf, i);
				return 0;
			}
		return -EINVAL;
	case OPT_STR:
		return text ? drbd_opt_set_str(opt, conf, text) : -EINVAL;
	default:
		return text ? parse_num(opt, text, check_range, conf) : -EINVAL;
	}
}

int drbd_opt_print(const struct drbd_opt *opt, const void *conf, char *buf, size_t len)
{
	char unit[2] = { 0, 0 };
	s64 v;

	if (opt->type == OPT_STR)
		return drbd_snprintf(buf, len, "%s", drbd_opt_get_str(opt, conf));
	v = drbd_opt_get(opt, conf);
	if (opt->scale != '1')
		unit[0] = opt->scale;
	switch (opt->type) {
	case OPT_FLAG:
		return drbd_snprintf(buf, len, "%s", v ? "yes" : "no");
	case OPT_ENUM:
		if (drbd_opt_in_range(opt, v))
			return drbd_snprintf(buf, len, "%s", opt->names[v]);
		return drbd_snprintf(buf, len, "%lld", v);
	case OPT_NUM64:
		return drbd_snprintf(buf, len, "%llu%s", (u64)v, unit);
	default:
		return drbd_snprintf(buf, len, "%lld%s", v, unit);
	}
}

bool drbd_opt_equal(const struct drbd_opt *opt, const void *conf_a, const void *conf_b)
{
	if (opt->type == OPT_STR)
		return !strcmp(drbd_opt_get_str(opt, conf_a), drbd_opt_get_str(opt, conf_b));
	return drbd_opt_get(opt, conf_a) == drbd_opt_get(opt, conf_b);
}

bool drbd_opt_is_default(const struct drbd_opt *opt, const void *conf)
{
	if (opt->type == OPT_STR)
		return !*drbd_opt_get_str(opt, conf);
	return drbd_opt_get(opt, conf) == opt->def;
}
