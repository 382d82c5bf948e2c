/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages handed to a running ha_logd. Each is, behind the length and mark of hb_ipc.h: type 2, facility, priority, bytes of
 * text with its NUL, 1 (the severity is written as a word), pid, entity[64], 8 bytes of time, text; numbers are of 4 bytes and
 * in host order (captured from ha_logger of cluster-glue 1.0.12).
 */
#ifndef HEARTBEAT_HB_LOGD_H
#define HEARTBEAT_HB_LOGD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define HB_LOGD_PATH "/var/lib/heartbeat/log_daemon"

/*
 * From now on hb_logd_take tries. entity must stay; facility is syslog's or -1; retry_s: so long is a daemon that was not there
 * left alone. True if it is there.
 */
bool hb_logd_use(const char *entity, int facility, int64_t retry_s);
/* As log_first_fn. False: there is no ha_logd, the message is for the others. */
bool hb_logd_take(int level, time_t now, const char *msg, void *arg);

#endif
