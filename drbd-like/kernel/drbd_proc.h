/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/drbd */
#ifndef DRBD_PROC_H
#define DRBD_PROC_H

int drbd_proc_init(void);
void drbd_proc_exit(void);

#endif
