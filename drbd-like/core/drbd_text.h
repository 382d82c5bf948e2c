/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of states and texts of result codes, as users and scripts know them. Source: drbd-netlink.md 5.1. */
#ifndef DRBD_TEXT_H
#define DRBD_TEXT_H

#include "drbd_protocol.h"

/* "Primary", "WFConnection", "UpToDate"; out of range: "TOO_LARGE". */
const char *drbd_role_name(u32 role);
const char *drbd_conn_name(u32 conn);
const char *drbd_disk_name(u32 disk);

/*
 * Text of an enum drbd_state_rv below 0, or of an enum drbd_ret_code; NULL if there is no such code. Printers end the line;
 * a few texts of the original end in a newline of their own, and so do these.
 */
const char *drbd_ss_text(int rv);
const char *drbd_err_text(int code);

#endif
