/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the daemon's and its tools' messages go, as ha.cf says (heartbeat.md 3.7). */
#ifndef HEARTBEAT_HB_LOG_H
#define HEARTBEAT_HB_LOG_H

#include "heartbeat/ha_cf.h"

/*
 * Sets the destinations. ident: "heartbeat" or a tool's name, own: the node; both must stay. Without a log directive, or with
 * use_logd, /etc/logd.cf is asked as ha_logd would, and else syslog. 0 or -errno.
 */
int hb_log_setup(const struct ha_cf *cf, const char *ident, const char *own);
/* Lines at debug level are written from level 1 on. */
void hb_log_level(long level);

#endif
