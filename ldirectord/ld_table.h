/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's IPVS table: read and changed over netlink, or through an ipvsadm program where one is configured. */
#ifndef LD_TABLE_H
#define LD_TABLE_H

#include <stdbool.h>

#include "ipvs/ipvs_types.h"

struct ld_table;

/*
 * program NULL: netlink, loading ip_vs where it is missing. Done with ld_table_close. On failure -errno; *why, a text that
 * stays, says what to do.
 */
int ld_table_open(const char *program, struct ld_table **table, const char **why);
void ld_table_close(struct ld_table *table);

/* What is read from now on is asked for anew: call it at the begin of each pass. 0 or -errno. */
int ld_table_refresh(struct ld_table *table);

/*
 * The service of that identity with its servers. 0, -ESRCH when there is none, or another -errno. *dest is the caller's
 * to free().
 */
int ld_table_read(struct ld_table *table, const struct ipvs_service *id, struct ipvs_service *svc, struct ipvs_dest **dest,
		  size_t *dests);

/* Makes one change. 0 or -errno; the program's own words are logged where it failed. */
int ld_table_change(struct ld_table *table, const struct ipvs_change *change);

/* Pure: reads the output of `ipvsadm -L -n` (what stands in place of thresholds is left). Used by the program's reader and tests. */
struct ld_table_entry {
	struct ipvs_service svc;
	struct ipvs_dest *dest;
	size_t dests;
};
/* 0 or -ENOMEM; lines that are not understood are skipped. Thresholds are taken from a `-L -n --thresholds` output. */
int ld_table_parse(const char *list, const char *thresholds, struct ld_table_entry **entry, size_t *entries);
void ld_table_parsed_free(struct ld_table_entry *entry, size_t entries);
/* Pure: the command line for a change, without the program; returns the number of words. word has room for 32, buf for 512 bytes. */
int ld_table_words(const struct ipvs_change *change, const char **word, char *buf);

bool ld_service_same_id(const struct ipvs_service *a, const struct ipvs_service *b);

#endif
