/* SPDX-License-Identifier: GPL-2.0-only */
/* The wanted table minus the kernel's table is a list of IPVS changes. The plan is pure; ld_apply carries it out. */
#ifndef LD_APPLY_H
#define LD_APPLY_H

#include "ipvs/ipvs_types.h"
#include "ldirectord/ld_pool.h"
#include "ldirectord/ld_table.h"

enum { LD_LINE_BYTE = 256 };

struct ld_step {
	enum ipvs_op op;
	const struct ld_want *want;	/* NULL: the service itself, or an entry that nobody has configured */
	const struct ipvs_dest *dest;	/* the kernel's entry where there is one */
	uint32_t weight;
};

struct ld_plan {
	struct ld_step *step;
	size_t steps;
};

/* The service as configured. */
void ld_apply_service(const struct ld_virtual *virtual, struct ipvs_service *svc);

/*
 * svc NULL: the kernel has no such service. full: as at start or reload, all is brought in line and what is not configured
 * is removed; else only what is touched, and what is missing is added. 0 or -ENOMEM; plan->step is the caller's to free().
 */
int ld_apply_plan(const struct ld_virtual *virtual, const struct ld_want *want, size_t wants, const struct ipvs_service *svc,
		  const struct ipvs_dest *dest, size_t dests, bool full, struct ld_plan *plan);

/* The change for a step, and the line that is logged for it (ldirectord.md 4). */
void ld_apply_change(const struct ld_virtual *virtual, const struct ld_step *step, struct ipvs_change *change);
void ld_apply_line(const struct ld_virtual *virtual, const struct ld_step *step, char line[LD_LINE_BYTE]);

/* Told of each step that was carried out, with its line. */
typedef void (*ld_applied_fn)(const struct ld_step *step, const char *line, void *arg);

/*
 * Reads the kernel's entry of the pool's service and brings it in line. Every failure is logged and the rest goes on; 0 if
 * all went well, else the first -errno.
 */
int ld_apply(struct ld_table *table, struct ld_pool *pool, int64_t now_ms, bool full, ld_applied_fn applied, void *arg);

/* Believes what the table says: servers with a weight are up until their first result. */
int ld_apply_adopt(struct ld_table *table, struct ld_pool *pool);

/* Removes the service with its servers as at stop ("stop") or after a reload without it ("start"). */
int ld_apply_remove(struct ld_table *table, const struct ld_virtual *virtual, const char *when, ld_applied_fn applied, void *arg);

#endif
