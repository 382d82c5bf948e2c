/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the daemon's and its tools' messages go, as ha.cf says (heartbeat.md 3.7). */
#ifndef HEARTBEAT_HB_LOG_H
#define HEARTBEAT_HB_LOG_H

#include "heartbeat/ha_cf.h"

/*
 * Sets the destinations. ident: "heartbeat" or a tool's name, own: the node; both must stay. Without a log directive, or with
 * use_logd, messages go to ha_logd; while that does not run they go where /etc/logd.cf says, or else to syslog. 0 or -errno.
 */
int hb_log_setup(const struct ha_cf *cf, const char *ident, const char *own);
/* Tells the programs that are started where they log, by HA_LOGD, HA_LOGFILE, HA_DEBUGLOG and HA_LOGFACILITY (heartbeat.md 3.8). */
void hb_log_env(void);
/* Lines at debug level are written from level 1 on. */
void hb_log_level(long level);

#endif
