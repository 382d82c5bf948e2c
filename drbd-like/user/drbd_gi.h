/* SPDX-License-Identifier: GPL-2.0-only */
/* Generation identifiers as drbdmeta and drbdsetup print them (drbd-metadata.md 9.6). */
#ifndef DRBD_GI_H
#define DRBD_GI_H

#include "drbd-like/core/drbd_protocol.h"

enum { DRBD_GI_FLAGS = 7 };
/* The super block flags (enum drbd_md_flag) of the line, in its order. */
extern const u32 drbd_gi_flag[DRBD_GI_FLAGS];

/* The line of get-gi: current, bitmap and the two history UUIDs, then the flags (enum drbd_md_flag) as 0 and 1. */
void drbd_gi_print(const u64 *uuid, u32 md_flags);
/* The same line framed by what each part means, and the flags in words. clean: the activity log needs no replay. */
void drbd_gi_explain(const u64 *uuid, u32 md_flags, bool clean);

#endif
