/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: the words of one invocation into a command, by popt (ipvsadm.md 1). Names are asked for through names.
 */
#ifndef IPVS_ARGS_H
#define IPVS_ARGS_H

#include "ipvs/ipvs_cmd.h"
#include "ipvs/ipvs_names.h"

/*
 * argv[0] is the program's name as messages have it; argc at least 2. 0, or the rc of refusal, which is filled then.
 * CMD_HELP and CMD_VERSION leave what follows them unread.
 */
int ipvs_args_parse(int argc, const char **argv, const struct ipvs_names *names, struct ipvs_cmd *cmd,
		    struct ipvs_refusal *refusal);

/* The refusal of words that are no command at all. */
int ipvs_args_refuse(const char *program, struct ipvs_refusal *refusal);

#endif
