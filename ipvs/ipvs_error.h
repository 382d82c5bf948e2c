/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: what users are told of a kernel's refusal, by what was asked and the errno (ipvsadm.md 7). */
#ifndef IPVS_ERROR_H
#define IPVS_ERROR_H

#include "ipvs/ipvs_types.h"

/* err is -errno, as ipvs_nl.h has it. The text is static or strerror's. */
const char *ipvs_op_error(enum ipvs_op op, int err);
/* For reading one service, and for all other reads. */
const char *ipvs_service_error(int err);
const char *ipvs_read_error(int err);

#endif
