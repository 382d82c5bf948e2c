/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_names.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* /etc/services is read anew for every question, and a list asks the same few ports over and over. */
enum { PORT_CACHE = 64, PORT_NAME_BYTE = 32 };

static struct {
	uint16_t port, protocol; /* protocol 0: free */
	bool named;
	char name[PORT_NAME_BYTE];
} port_cache[PORT_CACHE];

const char *ipvs_protocol_name(int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

/* gethostby* and not getaddrinfo: the original's order of sources and its first address are what users compare with. */
static bool system_host_addr(void *arg, const char *name, struct in_addr *addr)
{
	const struct hostent *host = gethostbyname(name);

	(void)arg;
	if (!host || host->h_addrtype != AF_INET || !host->h_addr_list[0])
		return false;
	memcpy(addr, host->h_addr_list[0], sizeof(*addr));
	return true;
}

static bool system_service_port(void *arg, const char *name, int protocol, uint16_t *port)
{
	const char *proto = ipvs_protocol_name(protocol);
	const struct servent *service = proto ? getservbyname(name, proto) : NULL;

	(void)arg;
	if (!service)
		return false;
	*port = ntohs((uint16_t)service->s_port);
	return true;
}

static const char *system_host_name(void *arg, int af, const union ipvs_addr *addr)
{
	const struct hostent *host = gethostbyaddr(addr, af == AF_INET ? sizeof(addr->v4) : sizeof(addr->v6), af);

	(void)arg;
	return host ? host->h_name : NULL;
}

static const char *system_service_name(void *arg, uint16_t port, int protocol)
{
	const char *proto = ipvs_protocol_name(protocol);
	const unsigned int slot = (port ^ (unsigned int)protocol) % PORT_CACHE;
	const struct servent *service;

	(void)arg;
	if (!proto)
		return NULL;
	if (port_cache[slot].port == port && port_cache[slot].protocol == protocol)
		return port_cache[slot].named ? port_cache[slot].name : NULL;
	service = getservbyport(htons(port), proto);
	if (service && strlen(service->s_name) >= PORT_NAME_BYTE)
		return service->s_name;
	port_cache[slot].port = port;
	port_cache[slot].protocol = (uint16_t)protocol;
	port_cache[slot].named = service != NULL;
	if (service)
		strcpy(port_cache[slot].name, service->s_name);
	return service ? port_cache[slot].name : NULL;
}

const struct ipvs_names ipvs_names_system = {
	system_host_addr, system_service_port, system_host_name, system_service_name, NULL,
};
