/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for the peers at system start, with a way out for the operator (drbd-tools.md A9). */
#ifndef ADM_WAIT_H
#define ADM_WAIT_H

#include "drbd-like/user/adm_cmd.h"

/* Waits for the connection of every volume of the selected resources. Always 0: the start goes on without peers too. */
int adm_wait_connections(struct adm_run *run);

#endif
