/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables made from drbd_options.def. A context is what one netlink top-level attribute carries: the disk, net
 * and resource options and the small parameter sets of single commands. Its values live in struct drbd_<ctx>_conf.
 *
 * To make something else from the options (a manual page, a popt table), define any of NUM, NUM64, SNUM, ENUM, FLAG,
 * STR, CTX_BEGIN, CTX_END and include drbd_options.def; what is not defined expands to nothing. For netlink walk
 * drbd_opt_ctx[].opt: `nr`, `type`, `size` (of a string) and `flags` are its policy.
 */
#ifndef DRBD_OPTIONS_H
#define DRBD_OPTIONS_H

#include "drbd_protocol.h"

enum drbd_opt_type { OPT_NUM, OPT_NUM64, OPT_SNUM, OPT_ENUM, OPT_FLAG, OPT_STR };

enum drbd_opt_flag {
	OF_M = 1 << 0,	/* sent with the mandatory bit, 0x4000 */
	OF_I = 1 << 1,	/* refused in a change request, untouched by SET_DEFAULTS */
	OF_R = 1 << 2,	/* a request without it is refused */
	OF_S = 1 << 3,	/* secret: not in broadcasts, not told without CAP_SYS_ADMIN */
	OF_N = 1 << 4,	/* newer than 8.4.4 */
	OF_H = 1 << 5,	/* never shown */
	OF_A = 1 << 6,	/* a positional argument of drbdsetup, not an option */
	OF_P = 1 << 7	/* pure flag: "no" is not sent */
};

struct drbd_opt {
	const char *name;		/* keyword, with dashes */
	const char *help;
	const char *unit;		/* behind the value in `show`, or NULL */
	const char *const *names;	/* OPT_ENUM: by value, NULL where no such value is allowed */
	s64 min, max, def;		/* in units of `scale`; OPT_NUM64: read them as u64 */
	u16 nr;				/* netlink attribute */
	u16 offset;			/* in the conf struct */
	u16 size;			/* bytes there; OPT_STR: with the NUL */
	u8 type;			/* enum drbd_opt_type */
	u8 flags;			/* enum drbd_opt_flag */
	char scale;			/* '1', 's' or 'k' */
	u8 names_nr;			/* entries of names */
};

enum drbd_opt_ctx_id {
#define CTX_BEGIN(ctx, tla) DRBD_CTX_##ctx,
#include "drbd_options.def"
	DRBD_CTX_NR
};

struct drbd_opt_ctx {
	const char *name;
	u16 tla;			/* top-level attribute */
	u16 conf_size;			/* sizeof(struct drbd_<ctx>_conf) */
	u16 opts;
	const struct drbd_opt *opt;	/* in the order of `show` */
};

extern const struct drbd_opt_ctx drbd_opt_ctx[DRBD_CTX_NR];

#define CTX_BEGIN(ctx, tla) struct drbd_##ctx##_conf {
#define NUM(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) u32 field;
#define NUM64(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) u64 field;
#define SNUM(ctx, field, kw, nr, flags, min, max, def, scale, unit, help) s32 field;
#define ENUM(ctx, field, kw, nr, flags, names, def, help) u32 field;
#define FLAG(ctx, field, kw, nr, flags, def, help) u8 field;
#define STR(ctx, field, kw, nr, flags, size, help) char field[size];
#define CTX_END(ctx) };
#include "drbd_options.def"

/* The option of that name (keyword) or attribute number, or NULL. ctx: DRBD_CTX_disk, DRBD_CTX_net ... */
const struct drbd_opt *drbd_opt_by_name(enum drbd_opt_ctx_id ctx, const char *name);
const struct drbd_opt *drbd_opt_by_nr(enum drbd_opt_ctx_id ctx, u16 nr);

/* Fills a whole conf struct with the defaults. */
void drbd_opts_default(enum drbd_opt_ctx_id ctx, void *conf);

/* SET_DEFAULTS: resets everything that may be changed later; what is OF_I keeps its value. */
void drbd_opts_reset(enum drbd_opt_ctx_id ctx, void *conf);

/* Value of an option that is not OPT_STR; OPT_NUM64: read the result as u64. */
s64 drbd_opt_get(const struct drbd_opt *opt, const void *conf);
void drbd_opt_set(const struct drbd_opt *opt, void *conf, s64 value);

/* OPT_STR. Set: 0, or -ERANGE if text does not fit (conf is untouched). */
const char *drbd_opt_get_str(const struct drbd_opt *opt, const void *conf);
int drbd_opt_set_str(const struct drbd_opt *opt, void *conf, const char *text);

/* True if the value is within the option's range (OPT_ENUM: has a name, OPT_FLAG: 0 or 1, OPT_STR: fits). */
bool drbd_opt_in_range(const struct drbd_opt *opt, s64 value);

/*
 * Text to value, into conf: numbers with a unit suffix (drbd_opt_number()), names of enums (any case for
 * `protocol`), "yes" and "no" of flags (NULL: yes), strings. 0; -EINVAL: no such value or not a number; -ERANGE: out of
 * range or too long. conf is untouched on failure. check_range false: numbers are taken as they are, as drbdsetup does.
 */
int drbd_opt_parse(const struct drbd_opt *opt, const char *text, bool check_range, void *conf);

/*
 * "10", "10k", "512s", "1G" to a number in units of scale, rounded up. Suffixes: s (512 bytes), k, m, g in either
 * case. 0, -EINVAL: not a number, -ERANGE: too large for 64 bits; *value is untouched then.
 */
int drbd_opt_number(const char *text, char scale, u64 *value);

/* The value as `show` prints it: enum name, yes or no, number with the letter of its scale; strings raw, unquoted. */
int drbd_opt_print(const struct drbd_opt *opt, const void *conf, char *buf, size_t len);

bool drbd_opt_is_default(const struct drbd_opt *opt, const void *conf);
bool drbd_opt_equal(const struct drbd_opt *opt, const void *conf_a, const void *conf_b);

#endif
