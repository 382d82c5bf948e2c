/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"

static bool same_service(const struct ipvs_service *a, const struct ipvs_service *b)
{
	if (a->af != b->af || a->fwmark != b->fwmark)
		return false;
	return a->fwmark || (a->port == b->port && a->protocol == b->protocol && !memcmp(&a->addr, &b->addr, sizeof(a->addr)));
}

static bool same_dest(const struct ipvs_dest *a, const struct ipvs_dest *b)
{
	return a->port == b->port && a->af == b->af && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* guess: the row to look at first; files name the servers of a service behind it, and tables are alike more often than not. */
static struct ipvs_table_row *find_service(const struct ipvs_table *table, const struct ipvs_service *id, size_t guess)
{
	size_t i;

	if (guess < table->services && same_service(&table->row[guess].svc, id))
		return &table->row[guess];
	for (i = 0; i < table->services; i++)
		if (same_service(&table->row[i].svc, id))
			return &table->row[i];
	return NULL;
}

static struct ipvs_dest *find_dest(const struct ipvs_table_row *row, const struct ipvs_dest *id, size_t guess)
{
	size_t i;

	if (guess < row->dests && same_dest(&row->dest[guess], id))
		return &row->dest[guess];
	for (i = 0; i < row->dests; i++)
		if (same_dest(&row->dest[i], id))
			return &row->dest[i];
	return NULL;
}

/* The array with room for one more, or NULL; *room is as before then. */
static void *grow(void *array, size_t n, size_t *room, size_t byte)
{
	size_t more = *room ? *room * 2 : 4;
	void *grown;

	if (n < *room)
		return array;
	grown = realloc(array, more * byte);
	if (grown)
		*room = more;
	return grown;
}

int ipvs_table_add_service(struct ipvs_table *table, const struct ipvs_service *svc)
{
	struct ipvs_table_row *row;

	if (find_service(table, svc, table->services))
		return -EEXIST;
	row = grow(table->row, table->services, &table->room, sizeof(*row));
	if (!row)
		return -ENOMEM;
	table->row = row;
	memset(&row[table->services], 0, sizeof(*row));
	row[table->services++].svc = *svc;
	return 0;
}

int ipvs_table_add_dest(struct ipvs_table *table, const struct ipvs_service *id, const struct ipvs_dest *new)
{
	struct ipvs_table_row *row = find_service(table, id, table->services - 1);
	struct ipvs_dest *dest;

	if (!row)
		return -ESRCH;
	if (find_dest(row, new, row->dests))
		return -EEXIST;
	dest = grow(row->dest, row->dests, &row->dest_room, sizeof(*dest));
	if (!dest)
		return -ENOMEM;
	row->dest = dest;
	dest[row->dests++] = *new;
	return 0;
}

void ipvs_table_free(struct ipvs_table *table)
{
	size_t i;

	for (i = 0; i < table->services; i++)
		free(table->row[i].dest);
	free(table->row);
	memset(table, 0, sizeof(*table));
}

static bool service_differs(const struct ipvs_service *want, const struct ipvs_service *have)
{
	const bool persistent = want->flags & IPVS_F_PERSISTENT;

	/* without persistence its length and mask mean nothing */
	return strcmp(want->sched, have->sched) || strcmp(want->pe, have->pe) ||
	       ((want->flags ^ have->flags) & ~IPVS_F_HASHED) ||
	       (persistent && (want->timeout_s != have->timeout_s || want->netmask != have->netmask));
}

static bool dest_differs(const struct ipvs_dest *want, const struct ipvs_dest *have)
{
	const uint32_t fwd = have->fwd & IPVS_FWD_MASK;

	if (want->weight != have->weight || want->u_thresh != have->u_thresh || want->l_thresh != have->l_thresh)
		return true;
	if (fwd == IPVS_FWD_LOCAL) /* what old kernels make of any method when the address is their own */
		return false;
	if (want->fwd != fwd)
		return true;
	return fwd == IPVS_FWD_TUNNEL && (want->tun_type != have->tun_type || want->tun_port != have->tun_port ||
					  want->tun_flags != have->tun_flags);
}

static int plan_dests(const struct ipvs_table_row *want, const struct ipvs_table_row *have, ipvs_plan_fn fn, void *arg)
{
	struct ipvs_change change = {.svc = want->svc};
	const struct ipvs_dest *old;
	size_t i;
	int rc = 0;

	for (i = 0; i < want->dests && !rc; i++) {
		change.dest = want->dest[i];
		old = have ? find_dest(have, &want->dest[i], i) : NULL;
		if (change.dest.u_thresh == IPVS_KEEP)
			change.dest.u_thresh = old ? old->u_thresh : 0;
		if (change.dest.l_thresh == IPVS_KEEP)
			change.dest.l_thresh = old ? old->l_thresh : 0;
		change.op = old ? IPVS_OP_EDIT_DEST : IPVS_OP_ADD_DEST;
		if (!old || dest_differs(&change.dest, old))
			rc = fn(&change, arg);
	}
	return rc;
}

int ipvs_plan_grow(const struct ipvs_table *want, const struct ipvs_table *have, ipvs_plan_fn fn, void *arg)
{
	struct ipvs_change change = {.op = IPVS_OP_ADD_SERVICE};
	const struct ipvs_table_row *old;
	size_t i;
	int rc = 0;

	for (i = 0; i < want->services && !rc; i++) {
		old = find_service(have, &want->row[i].svc, i);
		change.op = old ? IPVS_OP_EDIT_SERVICE : IPVS_OP_ADD_SERVICE;
		change.svc = want->row[i].svc;
		if (!old || service_differs(&change.svc, &old->svc))
			rc = fn(&change, arg);
		if (!rc)
			rc = plan_dests(&want->row[i], old, fn, arg);
	}
	return rc;
}

int ipvs_plan_shrink(const struct ipvs_table *want, const struct ipvs_table *have, ipvs_plan_fn fn, void *arg)
{
	struct ipvs_change change = {.op = IPVS_OP_DEL_SERVICE};
	const struct ipvs_table_row *kept;
	size_t i, j;
	int rc = 0;

	for (i = 0; i < have->services && !rc; i++) {
		change.svc = have->row[i].svc;
		kept = find_service(want, &change.svc, i);
		change.op = IPVS_OP_DEL_SERVICE;
		if (!kept)
			rc = fn(&change, arg);
		change.op = IPVS_OP_DEL_DEST;
		for (j = 0; kept && j < have->row[i].dests && !rc; j++) {
			change.dest = have->row[i].dest[j];
			if (!find_dest(kept, &change.dest, j))
				rc = fn(&change, arg);
		}
	}
	return rc;
}
