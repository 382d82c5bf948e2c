/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: the values of options as ipvsadm reads them, quirks included (ipvsadm.md 6). Each returns true and fills its out
 * values, or false and leaves them.
 */
#ifndef IPVS_VALUE_H
#define IPVS_VALUE_H

#include "ipvs/ipvs_names.h"
#include "ipvs/ipvs_types.h"

enum {
	IPVS_MAX_TIMEOUT_S = 31 * 24 * 3600,
	IPVS_MAX_SYNC_BYTE = 65507,
};

/* A whole word in base 10, blanks and a sign before it allowed. */
bool ipvs_value_number(const char *text, long long min, long long max, uint32_t *number);

/*
 * host[:port], [v6]:port or v6. protocol: whose service names count, 0: none. *port stays as it is when the word has none.
 */
bool ipvs_value_address(const char *text, int protocol, const struct ipvs_names *names, uint16_t *af,
			union ipvs_addr *addr, uint16_t *port);

/* The mask of ipvs_service.netmask: af AF_INET6 reads a prefix length. */
bool ipvs_value_netmask(const char *text, int af, const struct ipvs_names *names, uint32_t *netmask);

/* An address of the family that its text looks like (a colon: AF_INET6), in *af even when it is none or not multicast. */
bool ipvs_value_mcast_group(const char *text, uint16_t *af, union ipvs_addr *group);

/*
 * The comma list of -b for a scheduler. On failure *bad (with bad_len bytes) is the flag in text, *known whether other
 * schedulers have it.
 */
bool ipvs_value_sched_flags(const char *text, const char *sched, uint32_t *flags, const char **bad, int *bad_len,
			    bool *known);

#endif
