/* SPDX-License-Identifier: GPL-2.0-only */
/* What may be said or used only once: names, numbers, addresses and devices, with the place of their first use. */
#ifndef ADM_UNIQ_H
#define ADM_UNIQ_H

#include "drbd-like/user/adm_conf.h"

/*
 * Notes the first use of a `what` ("IP", "device minor", "net section") called by the formatted key (%s, %d, %u). A second one is an error that
 * names both places; false then.
 */
bool adm_uniq(struct adm_conf *conf, const char *what, const struct adm_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
