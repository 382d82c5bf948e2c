/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: whole tables, and the changes that turn one into another. */
#ifndef IPVS_PLAN_H
#define IPVS_PLAN_H

#include "ipvs/ipvs_types.h"

struct ipvs_table_row {
	struct ipvs_service svc;
	struct ipvs_dest *dest;
	size_t dests, dest_room;
};

/* One that has been zeroed is empty. */
struct ipvs_table {
	struct ipvs_table_row *row;
	size_t services, room;
};

/* A threshold of a wanted server that the plan leaves as it is: those of --save do not say. */
#define IPVS_KEEP UINT32_MAX

/* Copies of svc and dest. 0, -ENOMEM, or -EEXIST when one of that identity is there; dest: -ESRCH without its service. */
int ipvs_table_add_service(struct ipvs_table *table, const struct ipvs_service *svc);
int ipvs_table_add_dest(struct ipvs_table *table, const struct ipvs_service *id, const struct ipvs_dest *dest);
void ipvs_table_free(struct ipvs_table *table);

/* Told of each change in turn. 0 to go on; anything else ends the plan and is its result. */
typedef int (*ipvs_plan_fn)(const struct ipvs_change *change, void *arg);

/*
 * The changes from have to want: first what is new and what differs, in the order of want, service before servers; then,
 * behind them all, what goes. So a service is never without a server in between that has one before and after, and a
 * change that the kernel may refuse comes before all that take something away.
 */
int ipvs_plan_grow(const struct ipvs_table *want, const struct ipvs_table *have, ipvs_plan_fn fn, void *arg);
int ipvs_plan_shrink(const struct ipvs_table *want, const struct ipvs_table *have, ipvs_plan_fn fn, void *arg);

#endif
