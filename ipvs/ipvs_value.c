/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_BYTE = 1025 }; /* NI_MAXHOST: no longer name has an address */

bool ipvs_value_number(const char *text, long long min, long long max, uint32_t *number)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end || errno == ERANGE || n < min || n > max)
		return false;
	*number = (uint32_t)n;
	return true;
}

static bool read_port(const char *text, int protocol, const struct ipvs_names *names, uint16_t *port)
{
	uint32_t number;

	if (ipvs_value_number(text, 0, UINT16_MAX, &number)) {
		*port = (uint16_t)number;
		return true;
	}
	return names->service_port(names->arg, text, protocol, port);
}

static bool read_host4(const char *text, const struct ipvs_names *names, struct in_addr *addr)
{
	return inet_aton(text, addr) || names->host_addr(names->arg, text, addr);
}

/* What stands between brackets, or all of it. A port behind brackets goes to *port. */
static bool split_brackets(const char *text, char host[HOST_BYTE], const char **port)
{
	const char *end = text + strlen(text);

	*port = NULL;
	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end || end[1] != ':')
			return false;
		*port = end + 2;
	}
	if (end - text >= HOST_BYTE)
		return false;
	memcpy(host, text, end - text);
	host[end - text] = 0;
	return true;
}

bool ipvs_value_address(const char *text, int protocol, const struct ipvs_names *names, uint16_t *af,
			union ipvs_addr *addr, uint16_t *port)
{
	char host[HOST_BYTE];
	const char *port_text;
	char *colon;
	union ipvs_addr got = {.word = {0}};
	uint16_t got_port = *port;

	if (!text[strspn(text, "0123456789")] || !split_brackets(text, host, &port_text))
		return false;
	if (inet_pton(AF_INET6, host, &got.v6) == 1) {
		if (port_text && !read_port(port_text, protocol, names, &got_port))
			return false;
		*af = AF_INET6;
	} else {
		/* the port behind brackets is lost on IPv4: ipvsadm.md 6, item 6 */
		memset(&got, 0, sizeof(got));
		colon = strrchr(host, ':');
		if (colon)
			*colon++ = 0;
		if (!read_host4(host, names, &got.v4) || (colon && !read_port(colon, protocol, names, &got_port)))
			return false;
		*af = AF_INET;
	}
	*addr = got;
	*port = got_port;
	return true;
}

bool ipvs_value_netmask(const char *text, int af, const struct ipvs_names *names, uint32_t *netmask)
{
	struct in_addr mask;
	long prefix;

	if (af != AF_INET6) {
		if (!read_host4(text, names, &mask))
			return false;
		*netmask = mask.s_addr;
		return true;
	}
	prefix = strtol(text, NULL, 10); /* what follows the number is ignored */
	if (prefix < 1 || prefix > 128)
		return false;
	*netmask = (uint32_t)prefix;
	return true;
}

bool ipvs_value_mcast_group(const char *text, uint16_t *af, union ipvs_addr *group)
{
	union ipvs_addr got = {.word = {0}};

	*af = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*af, text, &got) != 1)
		return false;
	if (*af == AF_INET6 ? !IN6_IS_ADDR_MULTICAST(&got.v6) : !IN_MULTICAST(ntohl(got.v4.s_addr)))
		return false;
	*group = got;
	return true;
}

/* sched NULL: of any */
static const struct {
	const char *name, *sched;
	uint32_t flag;
} sched_flags[] = {
	{"flag-1", NULL, IPVS_F_SCHED1},      {"flag-2", NULL, IPVS_F_SCHED2}, {"flag-3", NULL, IPVS_F_SCHED3},
	{"sh-fallback", "sh", IPVS_F_SCHED1}, {"sh-port", "sh", IPVS_F_SCHED2}, {"mh-fallback", "mh", IPVS_F_SCHED1},
	{"mh-port", "mh", IPVS_F_SCHED2},
};

bool ipvs_value_sched_flags(const char *text, const char *sched, uint32_t *flags, const char **bad, int *bad_len,
			    bool *known)
{
	uint32_t got = 0;
	size_t len, i;
	bool any = !*text;

	*bad = text;
	*bad_len = (int)strlen(text);
	*known = false;
	for (text += strspn(text, ","); *text; text += len, text += strspn(text, ",")) {
		len = strcspn(text, ",");
		*bad = text;
		*bad_len = (int)len;
		for (i = 0; i < sizeof(sched_flags) / sizeof(*sched_flags); i++)
			if (strlen(sched_flags[i].name) == len && !strncmp(sched_flags[i].name, text, len))
				break;
		if (i == sizeof(sched_flags) / sizeof(*sched_flags))
			return false;
		if (sched_flags[i].sched && strcmp(sched_flags[i].sched, sched) != 0) {
			*known = true;
			return false;
		}
		got |= sched_flags[i].flag;
		any = true;
	}
	if (any)
		*flags |= got;
	return any;
}
