/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drbdmeta: command line, table of sub-commands and the small ones. Creating, dumping and applying the activity log are in
 * md_create.c, md_text.c and md_apply.c. Source: drbd-metadata.md 9, where exit codes and texts come from.
 */
#include "md_cmd.h"
#include "drbd-like/user/drbd_gi.h"
#include "lib/std_fds.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is common to both kinds of super block -------------------------------------------------------------------- */

static u32 *flags_of(struct md_dev *dev)
{
	return dev->format == MD_V08 ? &dev->md.flags : &dev->md7.gc[0];
}

static u64 la_size_of(const struct md_dev *dev)
{
	return dev->format == MD_V08 ? dev->md.la_size_sect : dev->md7.la_size_sect;
}

/* Opens and finds; MX_OK or MX_NONE. */
static int open_found(struct md_dev *dev)
{
	md_open(dev, false);
	md_find(dev);
	return dev->found ? MX_OK : MX_NONE;
}

/* --- get-gi, show-gi, set-gi ------------------------------------------------------------------------------------------ */

/* Flag bits in the order in which they are shown. */
static const u32 gi_flags_07[] = { MDF_PRIMARY_IND, MDF_CONNECTED_IND, MDF_FULL_SYNC };

static void print_gi(struct md_dev *dev)
{
	u32 flags = *flags_of(dev), i;

	if (dev->format == MD_V08) {
		drbd_gi_print(dev->md.uuid, flags);
		return;
	}
	printf("%d", !!(flags & MDF_CONSISTENT));
	for (i = 1; i < 5; i++)
		printf(":%u", dev->md7.gc[i]);
	for (i = 0; i < ARRAY_SIZE(gi_flags_07); i++)
		printf(":%d", !!(flags & gi_flags_07[i]));
	printf("\n");
}

static int cmd_get_gi(struct md_dev *dev, const struct md_args *a)
{
	(void)a;
	if (open_found(dev))
		return MX_NONE;
	print_gi(dev);
	return MX_OK;
}

static void show_gi_08(struct md_dev *dev)
{
	bool clean = dev->md.magic == DRBD_MD_MAGIC_08 && (dev->md.flags & MDF_AL_CLEAN);

	drbd_gi_explain(dev->md.uuid, dev->md.flags, clean);
}

static void show_gi_07(struct md_dev *dev)
{
	static const char *const names[] = { "HumanCnt", "TimeoutCnt", "ConnectedCnt", "ArbitraryCnt", "lastState",
					     "ConnectedInd", "WantFullSync" };
	const u32 *gc = dev->md7.gc;
	int i, k;

	printf("\n");
	for (i = (int)ARRAY_SIZE(names) - 1; i >= 0; i--) {
		printf("%*s |", 16 + 6 * i, names[i]);
		for (k = i + 1; k < (int)ARRAY_SIZE(names); k++)
			printf("     |");
		printf("\n");
	}
	printf("Consistent |     |     |     |     |     |     |     |\n"
	       "   --------+-----+-----+-----+-----+-----+-----+-----+\n"
	       "       %3s | %3u | %3u | %3u | %3u | %3s | %3s | %3s  \n", gc[0] & MDF_CONSISTENT ? "1/c" : "0/i", gc[1], gc[2],
	       gc[3], gc[4], gc[0] & MDF_PRIMARY_IND ? "1/p" : "0/s", gc[0] & MDF_CONNECTED_IND ? "1/c" : "0/n",
	       gc[0] & MDF_FULL_SYNC ? "1/y" : "0/n");
	printf("\n");
}

static int cmd_show_gi(struct md_dev *dev, const struct md_args *a)
{
	char text[24];
	u64 la;

	(void)a;
	if (open_found(dev))
		return MX_NONE;
	if (dev->format == MD_V08)
		show_gi_08(dev);
	else
		show_gi_07(dev);
	la = la_size_of(dev);
	if (!la) {
		printf("zero size device -- never seen peer yet?\n");
		return MX_OK;
	}
	printf("last agreed size: %s (%llu sectors)\n", md_size_text(text, la >> 1), la);
	if (dev->format == MD_V08)
		printf("last agreed max bio size: %u Byte\n", dev->md.la_peer_max_bio_size);
	return MX_OK;
}

/* The next element of a colon list; false if it is empty or the list has ended. */
static bool gi_element(char **list, char **element)
{
	char *at = *list ? strsep(list, ":") : NULL;

	*element = at;
	return at && *at;
}

static u64 gi_number(const char *text, int base, u64 max)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, base);
	if (*end || errno || v > max || *text == '-' || *text == '+')
		md_fatal(MX_FAILED, "'%s' is not a number.\n", text);
	return v;
}

static void gi_flag(const char *text, u32 *flags, u32 flag)
{
	u64 v = gi_number(text, 10, 0x7fffffff);

	if (v > 1)
		md_fatal(MX_FAILED, "'%d' is not 0 or 1.\n", (int)v);
	*flags = v ? *flags | flag : *flags & ~flag;
}

static void take_gi(struct md_dev *dev, char *list)
{
	u32 *flags = flags_of(dev), i;
	char *e;

	if (dev->format == MD_V08) {
		for (i = 0; i < 4; i++)
			if (gi_element(&list, &e))
				dev->md.uuid[i] = gi_number(e, 16, ~0ull);
		for (i = 0; i < DRBD_GI_FLAGS; i++)
			if (gi_element(&list, &e))
				gi_flag(e, flags, drbd_gi_flag[i]);
		return;
	}
	if (gi_element(&list, &e))
		gi_flag(e, flags, MDF_CONSISTENT);
	for (i = 1; i < 5; i++)
		if (gi_element(&list, &e))
			dev->md7.gc[i] = (u32)gi_number(e, 10, 0xffffffff);
	for (i = 0; i < ARRAY_SIZE(gi_flags_07); i++)
		if (gi_element(&list, &e))
			gi_flag(e, flags, gi_flags_07[i]);
}

static int cmd_set_gi(struct md_dev *dev, const struct md_args *a)
{
	struct md_dev trial = *dev;
	char *list;

	if (a->nr < 1)
		md_fatal(MX_FAILED, "Required Argument missing\n");
	list = strdup(a->arg[0]);
	if (!list)
		md_fatal(MX_USAGE, "out of memory\n");
	take_gi(&trial, list);		/* errors come before any question */
	free(list);
	if (open_found(dev))
		return MX_NONE;
	printf("previously ");
	print_gi(dev);
	take_gi(dev, a->arg[0]);
	printf("set GI to  ");
	print_gi(dev);
	if (!md_confirmed(dev, "Write new GI to disk?")) {
		printf("Operation canceled.\n");
		return MX_OK;
	}
	md_save(dev);
	return MX_OK;
}

/* --- state ------------------------------------------------------------------------------------------------------------- */

static int cmd_outdate(struct md_dev *dev, const struct md_args *a)
{
	u32 *flags;

	(void)a;
	if (open_found(dev)) {
		fprintf(stderr, "No valid meta data found\n");
		return MX_NONE;
	}
	if (dev->format != MD_V08)
		fprintf(stderr, "Can not outdate GC based meta data!\n");
	flags = flags_of(dev);
	if (dev->format != MD_V08 || !(*flags & MDF_CONSISTENT)) {
		fprintf(stderr, "Device is inconsistent.\n");
		return MX_INCONSISTENT;
	}
	*flags &= ~(u32)MDF_WAS_UP_TO_DATE;
	md_save(dev);
	return MX_OK;
}

static int cmd_invalidate(struct md_dev *dev, const struct md_args *a)
{
	u32 *flags;

	(void)a;
	if (open_found(dev))
		return MX_NONE;
	flags = flags_of(dev);
	*flags = (*flags & ~(u32)(MDF_CONSISTENT | MDF_WAS_UP_TO_DATE)) | MDF_FULL_SYNC;
	md_save(dev);
	return MX_OK;
}

static int cmd_dstate(struct md_dev *dev, const struct md_args *a)
{
	u32 flags;

	(void)a;
	if (open_found(dev)) {
		fprintf(stderr, "No valid meta data found\n");
		return MX_NONE;
	}
	flags = *flags_of(dev);
	if (!(flags & MDF_CONSISTENT))
		printf("Inconsistent/DUnknown\n");
	else if (!(flags & MDF_WAS_UP_TO_DATE))
		printf("Outdated/DUnknown\n");
	else
		printf("%s\n", flags & MDF_PEER_OUT_DATED ? "UpToDate/Outdated" : "Consistent/DUnknown");
	return MX_OK;
}

static int cmd_wipe_md(struct md_dev *dev, const struct md_args *a)
{
	(void)a;
	if (dev->format == MD_V06)
		md_fatal(MX_USAGE, "wipe-md is not possible for v06 meta data\n");
	if (open_found(dev)) {
		fprintf(stderr, "There appears to be no drbd meta data to wipe out?\n");
		return MX_OK;
	}
	if (!md_confirmed(dev, "Do you really want to wipe out the DRBD meta data?")) {
		printf("Operation cancelled.\n");
		return MX_CANCELLED;
	}
	printf("Wiping meta data...\n");
	md_zero(dev, DRBD_MD_SB_BYTE, dev->l.md_offset_sect << 9, "super block");
	md_sync(dev);
	if (!dev->opt->dry_run)
		lkbd_delete(dev->minor);
	printf("DRBD meta data block successfully wiped out.\n");
	return MX_OK;
}

/* --- device uuid --------------------------------------------------------------------------------------------------------- */

static int cmd_read_dev_uuid(struct md_dev *dev, const struct md_args *a)
{
	(void)a;
	if (open_found(dev))
		return MX_NONE;
	printf("%016llX\n", dev->format == MD_V08 ? dev->md.device_uuid : 0ull);
	return MX_OK;
}

static int cmd_write_dev_uuid(struct md_dev *dev, const struct md_args *a)
{
	u64 uuid;

	if (a->nr < 1)
		md_fatal(MX_FAILED, "Required Argument missing\n");
	uuid = gi_number(a->arg[0], 16, ~0ull);
	if (open_found(dev))
		return MX_NONE;
	if (dev->format != MD_V08)
		md_fatal(MX_USAGE, "write-dev-uuid is only possible for v08 meta data\n");
	dev->md.device_uuid = uuid;
	md_save(dev);
	return MX_OK;
}

/* --- command line ----------------------------------------------------------------------------------------------------------- */

static const struct command {
	const char *name, *args;
	int max_args;
	bool shown;
	int (*run)(struct md_dev *dev, const struct md_args *a);
} commands[] = {
	{ "get-gi", "", 0, true, cmd_get_gi },
	{ "show-gi", "", 0, true, cmd_show_gi },
	{ "dump-md", "", 0, true, cmd_dump_md },
	{ "restore-md", "file", 1, true, cmd_restore_md },
	{ "verify-dump", "file", 1, true, cmd_verify_dump },
	{ "apply-al", "", 0, true, cmd_apply_al },
	{ "wipe-md", "", 0, true, cmd_wipe_md },
	{ "outdate", "", 0, true, cmd_outdate },
	{ "invalidate", "", 0, true, cmd_invalidate },
	{ "dstate", "", 0, true, cmd_dstate },
	{ "check-resize", "", 0, true, cmd_check_resize },
	{ "create-md", "[--peer-max-bio-size {val}] [--al-stripes {val}] [--al-stripe-size-kB {val}]", 0, true,
	  cmd_create_md },
	{ "read-dev-uuid", "", 0, false, cmd_read_dev_uuid },
	{ "write-dev-uuid", "HEX", 1, false, cmd_write_dev_uuid },
	{ "set-gi", "LIST", 1, false, cmd_set_gi },
};

static void usage(const char *argv0)
{
	const char *base = strrchr(argv0, '/');
	size_t i;

	printf("\nUSAGE: %s [--force] DEVICE FORMAT [FORMAT ARGS...] COMMAND [CMD ARGS...]\n\nFORMATS:\n"
	       "  v06 minor\n  v07 device index\n  v08 device index\n\nCOMMANDS:\n", base ? base + 1 : argv0);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].shown)
			printf("  %s %s\n", commands[i].name, commands[i].args);
	printf("\n");
	exit(MX_USAGE);
}

/* A number with a unit; `unit` is that of a bare number. */
static u64 scaled(const char *text, char unit, u64 max)
{
	unsigned long long v;
	int shift = 0;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (end == text || *text == '-' || (*end && end[1]))
		md_fatal(MX_USAGE, "%s is not a valid number\n", text);
	switch (*end ? *end : unit) {
	case '1': break;
	case 's': shift = 9; break;
	case 'k': case 'K': shift = 10; break;
	case 'm': case 'M': shift = 20; break;
	case 'g': case 'G': shift = 30; break;
	default: md_fatal(MX_USAGE, "%s is not a valid number\n", text);
	}
	if (errno || v > max >> shift)
		return max + 1;		/* out of any range */
	return v << shift;
}

static void check_options(struct md_opt *opt, const struct command *cmd, u64 stripes, u64 stripe_byte)
{
	bool create = cmd->run == cmd_create_md;

	if (opt->have_peer_max_bio && !create)
		md_fatal(MX_FAILED, "The --peer-max-bio-size option is only allowed with create-md\n");
	if (!opt->have_stripes)
		return;
	if (!create && cmd->run != cmd_restore_md)
		md_fatal(MX_FAILED, "The --al-stripe* options are only allowed with create-md and restore-md\n");
	if (stripes * (stripe_byte / 4096) > 8192)
		md_fatal(MX_FAILED, "invalid (too large) al-stripe* settings\n");
	if (stripes * (stripe_byte / 4096) < 8)
		md_fatal(MX_FAILED, "invalid (too small) al-stripe* settings\n");
	opt->al_stripes = (u32)stripes;
	opt->al_stripe_size_4k = (u32)(stripe_byte / 4096);
}

static s32 parse_index(const char *text, enum md_format format)
{
	char *end;
	long idx;

	if (!strcmp(text, "internal"))
		return format == MD_V07 ? DRBD_MD_IDX_INTERNAL_07 : DRBD_MD_IDX_INTERNAL;
	if (!strcmp(text, "flex-internal"))
		return DRBD_MD_IDX_INTERNAL;
	if (!strcmp(text, "flex-external"))
		return DRBD_MD_IDX_FLEX_EXT;
	errno = 0;
	idx = strtol(text, &end, 0);
	if (end == text || *end || errno || idx < 0 || idx > 255)
		md_fatal(MX_USAGE, "'%s' is not a valid index number.\n", text);
	return (s32)idx;
}

/* FORMAT and its arguments; returns how many words it took. */
static int parse_format(struct md_dev *dev, char **word, int nr)
{
	static const char *const names[] = { "v06", "v07", "v08" };
	char *end;
	long minor;
	size_t i;

	if (nr < 1)
		md_fatal(MX_USAGE, "Format identifier missing\n");
	for (i = 0; i < ARRAY_SIZE(names) && strcmp(word[0], names[i]); i++)
		;
	if (i == ARRAY_SIZE(names))
		md_fatal(MX_USAGE, "Unknown format '%s'.\n", word[0]);
	dev->format = (enum md_format)i;
	if (nr < (dev->format == MD_V06 ? 2 : 3))
		md_fatal(MX_USAGE, "Too few arguments for format\n");
	if (dev->format == MD_V06) {
		errno = 0;
		minor = strtol(word[1], &end, 0);
		if (end == word[1] || *end || errno || minor < 0 || minor > 255)
			md_fatal(MX_USAGE, "'%s' is not a valid minor number.\n", word[1]);
		dev->minor = (int)minor;
		return 2;
	}
	dev->path = word[1];
	dev->idx = parse_index(word[2], dev->format);
	return 3;
}

static const struct command *parse_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	md_fatal(MX_USAGE, "Unknown command '%s'.\n", name);
}

static const struct option long_options[] = {
	{ "force", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "ignore-sanity-checks", no_argument, NULL, 1000 },
	{ "dry-run", no_argument, NULL, 1001 },
	{ "peer-max-bio-size", required_argument, NULL, 'p' },
	{ "al-stripes", required_argument, NULL, 's' },
	{ "al-stripe-size-kB", required_argument, NULL, 'z' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct md_opt opt = { .al_stripes = 1, .al_stripe_size_4k = 8 };
	u64 stripes = 1, stripe_byte = 32768, max_bio;
	struct md_dev dev = { .opt = &opt, .fd = -1 };
	const struct command *cmd;
	char *argv_as_given[argc + 1];
	struct md_args args = { .argv = argv_as_given, .argc = argc };
	int c, minor;

	hold_std_fds();
	/* getopt permutes argv; dump-md shows the command as it was given */
	memcpy(argv_as_given, argv, sizeof(argv_as_given));
	if (argc < 4)
		usage(argc ? argv[0] : "drbdmeta");
	while ((c = getopt_long(argc, argv, "fvp:s:z:", long_options, NULL)) >= 0) {
		switch (c) {
		case 'f': opt.force = true; break;
		case 'v': opt.verbose++; break;
		case 1000: opt.ignore_sanity = true; break;
		case 1001: opt.dry_run = true; break;
		case 'p':
			max_bio = scaled(optarg, '1', 1 << 17);
			if (max_bio > 1 << 17)
				md_fatal(MX_FAILED, "peer-max-bio-size out of range (0...128k)\n");
			opt.peer_max_bio = (u32)max_bio;
			opt.have_peer_max_bio = true;
			break;
		case 's': stripes = scaled(optarg, '1', 1 << 20); opt.have_stripes = true; break;
		case 'z': stripe_byte = scaled(optarg, 'k', 1ull << 34); opt.have_stripes = true; break;
		default: usage(argv[0]);
		}
	}
	if (optind >= argc)
		usage(argv[0]);
	dev.device = argv[optind++];
	optind += parse_format(&dev, argv + optind, argc - optind);
	if (optind >= argc)
		md_fatal(MX_USAGE, "command missing\n");
	cmd = parse_command(argv[optind++]);
	check_options(&opt, cmd, stripes, stripe_byte);
	args.arg = argv + optind;
	args.nr = argc - optind;
	if (args.nr > cmd->max_args)
		fprintf(stderr, "Ignoring additional arguments\n");
	minor = drbd_minor_of(dev.device);
	if (minor < 0)
		md_fatal(MX_USAGE, "Cannot determine minor device number of device '%s'\n", dev.device);
	if (dev.format != MD_V06)
		dev.minor = minor;
	if (drbd_lock_minor(minor))
		return MX_USAGE;
	if (drbd_minor_attached(minor) && !(opt.force && cmd->run == cmd_dump_md))
		md_fatal(MX_USAGE, "Device '%s' is configured!\n", dev.device);
	c = cmd->run(&dev, &args);
	if (fflush(stdout) && !c)
		md_fatal(MX_FAILED, "writing to stdout failed: %s\n", strerror(errno));
	return c;
}
