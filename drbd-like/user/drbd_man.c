/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the manual pages that are made from the option table: copies stdin to stdout and puts the options of a
 * context where a line reads "@options CONTEXT", as troff; "@drbdsetup CONTEXT" with the dashes of a command line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drbd-like/core/drbd_options.h"

/* Text with what troff would take for itself escaped. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void put_values(const struct drbd_opt *opt)
{
	const char *bar = "";
	int i;

	for (i = 0; i < opt->names_nr; i++)
		if (opt->names[i]) {
			printf("%s", bar);
			put(opt->names[i]);
			bar = " | ";
		}
}

static void put_head(const struct drbd_opt *opt, bool command_line)
{
	printf(".TP\n.B %s", command_line ? "\\-\\-" : "");
	put(opt->name);
	if (opt->type == OPT_FLAG) {
		printf("%s\n", opt->flags & OF_P ? "" : command_line ? "[={yes|no}]" : " [yes | no]");
		return;
	}
	printf(command_line ? "=" : " ");
	if (opt->type == OPT_ENUM)
		put_values(opt);
	else
		printf("\\fI%s\\fB", opt->type == OPT_STR ? "text" : "number");
	putchar('\n');
}

static void put_numbers(const struct drbd_opt *opt)
{
	const char *scale = opt->scale == 'k' ? "k" : opt->scale == 's' ? "s" : "";

	printf("Range %" PRId64 "%s to %" PRIu64 "%s, default %" PRId64 "%s", (int64_t)opt->min, scale, (uint64_t)opt->max, scale,
	       (int64_t)opt->def, scale);
	if (opt->unit && !strncmp(opt->unit, "bytes", 5))
		printf("; a bare number is in %s", opt->scale == 'k' ? "KiB" : opt->scale == 's' ? "sectors of 512 bytes" : "bytes");
	else if (opt->unit)
		printf(", in %s", strcmp(opt->unit, "1/10 seconds") ? opt->unit : "tenths of a second");
	printf(".\n");
}

static void put_option(const struct drbd_opt *opt, bool command_line)
{
	put_head(opt, command_line);
	put(opt->help);
	printf(".\n");
	if (opt->type == OPT_FLAG && !(opt->flags & OF_P))
		printf("Default %s.\n", opt->def ? "yes" : "no");
	else if (opt->type == OPT_ENUM) {
		printf("Default ");
		put(opt->names[opt->def]);
		printf(".\n");
	} else if (opt->type == OPT_STR)
		printf("At most %u characters.\n", opt->size - 1u);
	else if (opt->type != OPT_FLAG)
		put_numbers(opt);
	if (opt->flags & OF_N)
		printf("Modules newer than 8.4.4 only.\n");
}

static int put_context(const char *name, bool command_line)
{
	const struct drbd_opt *opt;
	int i;

	for (i = 0; i < DRBD_CTX_NR; i++) {
		if (strcmp(drbd_opt_ctx[i].name, name))
			continue;
		for (opt = drbd_opt_ctx[i].opt; opt < drbd_opt_ctx[i].opt + drbd_opt_ctx[i].opts; opt++)
			if (!(opt->flags & OF_A) && (command_line || !(opt->flags & OF_H)))
				put_option(opt, command_line);
		return 0;
	}
	fprintf(stderr, "drbd_man: no context '%s'\n", name);
	return 1;
}

int main(void)
{
	char line[1024];
	int status = 0;

	while (fgets(line, sizeof(line), stdin)) {
		if (*line != '@') {
			fputs(line, stdout);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "@options ", 9))
			status |= put_context(line + 9, false);
		else if (!strncmp(line, "@drbdsetup ", 11))
			status |= put_context(line + 11, true);
		else {
			fprintf(stderr, "drbd_man: '%s' is not understood\n", line);
			status = 1;
		}
	}
	return status || fflush(stdout);
}
