/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks at a host and says what is wrong and what to do about it. Changes nothing. */
#ifndef ADM_DOCTOR_H
#define ADM_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drbd-like/user/adm_cmd.h"

/* `check`: each finding with its remedy on stdout; 1 if there is one. Once for each resource of this host. */
int adm_cmd_check(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);

/*
 * `split-brain`: with a resource's name the histories of both sides, what has changed, and the commands that resolve it; with
 * minor-N, as the kernel calls it, the handler of that name.
 */
int adm_cmd_split_brain(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);

/* On stderr: what stood in the way of primary, secondary or down, which ended with that code, and what to do. */
void adm_explain_refusal(const char *command, int code, const struct adm_res *res, const struct adm_vol *vol);

/* On stderr: by how much the meta-disk is too small, if it is. After a failure of attach or create-md. */
void adm_explain_meta_size(const struct adm_res *res, const struct adm_vol *vol);

/* Data generation identifiers of one side, as get-gi prints them. */
enum { ADM_GI_HISTORY = 2 };
struct adm_gi {
	uint64_t current, bitmap, history[ADM_GI_HISTORY];
};

/* False: this is no output of get-gi. */
bool adm_gi_parse(const char *text, struct adm_gi *gi);

enum adm_relation { ADM_GI_EQUAL, ADM_GI_WE_ARE_NEWER, ADM_GI_PEER_IS_NEWER, ADM_GI_SPLIT_BRAIN, ADM_GI_UNRELATED };
/* How two sides' data came apart; the lowest bit of an identifier, a role, does not count. */
enum adm_relation adm_gi_relation(const struct adm_gi *ours, const struct adm_gi *theirs);

#endif
