/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: the lists of ipvsadm --json. One object a list, numbers in full, addresses and ports as numbers; keys are those of
 * ipvsadm(8). Calls come in the order: open, rows, close.
 */
#ifndef IPVS_JSON_H
#define IPVS_JSON_H

#include <stdio.h>

#include "ipvs/ipvs_conn.h"
#include "ipvs/ipvs_types.h"

struct ipvs_json {
	FILE *out;
	int depth;
	int filled; /* bit n: the object or array at depth n has a member */
};

void ipvs_json_open(struct ipvs_json *json, FILE *out);
void ipvs_json_close(struct ipvs_json *json);

void ipvs_json_info(struct ipvs_json *json, const struct ipvs_info *info);
/* Opens and closes an array of that name. */
void ipvs_json_array(struct ipvs_json *json, const char *name);
void ipvs_json_array_end(struct ipvs_json *json);

/* Within "services": the object stays open for its servers until ipvs_json_service_end. */
void ipvs_json_service(struct ipvs_json *json, const struct ipvs_service *svc);
void ipvs_json_dest(struct ipvs_json *json, const struct ipvs_dest *dest);
void ipvs_json_service_end(struct ipvs_json *json);

void ipvs_json_timeouts(struct ipvs_json *json, const struct ipvs_timeouts *timeouts);
void ipvs_json_daemon(struct ipvs_json *json, const struct ipvs_daemon *daemon);
void ipvs_json_conn(struct ipvs_json *json, const struct ipvs_conn *conn);

#endif
