/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: one command of ipvsadm, and which options go with which (ipvsadm.md 2 to 5). Values are ipvs_value.h's, words are
 * ipvs_args.h's.
 */
#ifndef IPVS_CMD_H
#define IPVS_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "ipvs/ipvs_types.h"

#define COMMAND(id, name, longname, shortname, kind, arg, help) CMD_##id,
#define OPTION(id, name, matrix)
#define KEYWORD(id, option, longname, shortname, kind, arg, help)
enum ipvs_cmd_id {
#include "ipvs/ipvs_options.def"
	CMDS
};
#undef COMMAND
#undef OPTION

#define COMMAND(id, name, longname, shortname, kind, arg, help)
#define OPTION(id, name, matrix) OPT_##id,
enum ipvs_option {
#include "ipvs/ipvs_options.def"
	IPVS_OPTIONS,
	OPT_NONE = IPVS_OPTIONS
};
#undef OPTION
#undef KEYWORD

#define OPTION(id, name, matrix)
#define KEYWORD(id, option, longname, shortname, kind, arg, help) KEY_##id,
enum ipvs_keyword {
#include "ipvs/ipvs_options.def"
	IPVS_KEYWORDS
};
#undef COMMAND
#undef OPTION
#undef KEYWORD

enum { IPVS_DEADLINE_S = 300 };

struct ipvs_cmd {
	enum ipvs_cmd_id id;
	uint64_t options; /* bits 1 << enum ipvs_option */
	struct ipvs_service svc;
	struct ipvs_dest dest;
	struct ipvs_daemon daemon;
	struct ipvs_timeouts timeouts;
	uint32_t deadline_s;
};

/* A refusal: the message with its newlines, free() it, and the exit code. text NULL: no memory for it. */
struct ipvs_refusal {
	char *text;
	int rc;
	bool goes_on; /* --restore prints it and takes the next line */
};

enum { IPVS_RC_LIST = 1, IPVS_RC_USAGE = 2, IPVS_RC_FAILED = 255 };

static inline bool ipvs_cmd_has(const struct ipvs_cmd *cmd, enum ipvs_option opt)
{
	return (cmd->options >> opt) & 1;
}

/* What the options mean that are not given. */
void ipvs_cmd_init(struct ipvs_cmd *cmd, enum ipvs_cmd_id id);

/* Fills the refusal and returns its rc. */
int ipvs_refuse(struct ipvs_refusal *refusal, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Notes that an option is given. 0, or IPVS_RC_USAGE when it was given before. OPT_NONE may repeat. */
int ipvs_cmd_give(struct ipvs_cmd *cmd, enum ipvs_option opt, struct ipvs_refusal *refusal);

/*
 * The checks when all options are known, first complaint wins: the matrices of command and tunnel type, then what values
 * rule out; and the adjustments that the original makes in silence. 0 or IPVS_RC_USAGE.
 */
int ipvs_cmd_check(struct ipvs_cmd *cmd, struct ipvs_refusal *refusal);

/* The change to the table that cmd asks for; false: it is a command of another kind. */
bool ipvs_cmd_change(const struct ipvs_cmd *cmd, struct ipvs_change *change);

#endif
