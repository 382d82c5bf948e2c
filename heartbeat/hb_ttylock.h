/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks of serial ports that all programs know: /var/lock/LCK..ttyS0 with the owner's pid, right-justified in 10 columns and a
 * newline. A lock whose owner is dead is nobody's.
 */
#ifndef HEARTBEAT_HB_TTYLOCK_H
#define HEARTBEAT_HB_TTYLOCK_H

#include <sys/types.h>

/* Takes the lock of the port; before: the process that took it for this one, or 0. 0, -EBUSY (another's) or -errno. */
int hb_tty_lock(const char *dev, pid_t before);
/* Gives it back if it is this process's. */
void hb_tty_unlock(const char *dev);

#endif
