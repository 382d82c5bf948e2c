/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which configuration file a running resource or minor came from: links in /var/run/drbd, for the handlers that the kernel
 * calls (drbd-tools.md A3). Failures are warnings: DRBD runs without.
 * drbdsetup removes them with what they stand for.
 */
#ifndef ADM_REGISTRY_H
#define ADM_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

void adm_register_resource(const char *name, const char *path);
void adm_register_minor(int minor, const char *path);

/* The file of "minor-N" or a resource into path. False: nothing is registered. */
bool adm_registered(const char *object, char *path, size_t size);

#endif
