/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stacked resource: its first node, S, has the DRBD device of a resource below as its backing disk, and runs where
 * that is Primary; its second node, C, is a third machine. What a cluster manager does for it: choose where S runs,
 * stop it, start it again with drbdmeta apply-al first.
 */
#ifndef SIM_STACK_H
#define SIM_STACK_H

#include "sim_node.h"

/* Both resources are there: lays S's meta-data out on both nodes below, begins to watch. */
void sim_stack_begin(struct sim_world *w);

/* Does S run on this volume, so that it is open? */
bool sim_stack_uses(const struct sim_vol *v);
static inline bool sim_stack_is_upper(const struct sim_node *n)
{
	return n->w->pairs > 1 && n == n->w->pair[1].node[0];
}

/* The power of a node below fails; S is stopped, and the node below goes on. */
void sim_stack_host_crashed(struct sim_node *host);
void sim_stack_stop(struct sim_world *w);
bool sim_stack_hinders(const struct sim_vol *below);

#endif
