/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of hosts and ports: asked for through a table of functions, so that what reads and prints names stays pure.
 */
#ifndef IPVS_NAMES_H
#define IPVS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "ipvs/ipvs_types.h"

struct ipvs_names {
	/* The first IPv4 address of a host. */
	bool (*host_addr)(void *arg, const char *name, struct in_addr *addr);
	/* The port of a service of protocol IPPROTO_*. */
	bool (*service_port)(void *arg, const char *name, int protocol, uint16_t *port);
	/* NULL or a name that is good until the next call. */
	const char *(*host_name)(void *arg, int af, const union ipvs_addr *addr);
	const char *(*service_name)(void *arg, uint16_t port, int protocol);
	void *arg;
};

/* Those of the machine: /etc/hosts, DNS, /etc/services. For one thread. */
extern const struct ipvs_names ipvs_names_system;

/* "tcp", "udp", "sctp", or NULL */
const char *ipvs_protocol_name(int protocol);

#endif
