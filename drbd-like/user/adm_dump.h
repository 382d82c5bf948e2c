/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration as text that parses to the same, and as XML (drbd-tools.md A8). */
#ifndef ADM_DUMP_H
#define ADM_DUMP_H

#include <stdio.h>

#include "drbd-like/user/adm_conf.h"

/* File, global and common section. */
void adm_dump_head(FILE *out, struct adm_conf *conf);
void adm_dump_res(FILE *out, struct adm_conf *conf, const struct adm_res *res, const char *nodename);
void adm_dump_xml_head(FILE *out, struct adm_conf *conf);
void adm_dump_xml_res(FILE *out, struct adm_conf *conf, const struct adm_res *res);
void adm_dump_xml_tail(FILE *out);

/* A word as drbd.conf wants it: in quotes where it needs them. */
const char *adm_quoted(struct adm_conf *conf, const char *word);

#endif
