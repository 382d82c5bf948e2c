/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ipvsadm for machines without IPVS: the table is the file FAKE_IPVS_TABLE, locked for the time of a run. Knows what
 * the two directors call: -A -E -D -a -e -d, -L -n [--thresholds], -S -n, -C. Forces the service's port for -g and -i, as
 * the kernel does, shows local addresses as local, and the flags of sh by their names. The file FAKE_IPVS_TABLE.conns, if there is
 * one, has lines "ADDR:PORT ACTIVE" for what -L shows as connections.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MAX_SERVICES = 2000, MAX_DESTS = 20000, TEXT = 80 };

struct service {
	char proto[4], addr[TEXT], sched[16], rest[128]; /* rest: "persistent 300 mask ..." as -L shows it */
	char save[160];
	int six;
};

struct dest {
	char service[TEXT + 8], addr[TEXT];
	char method;
	unsigned int weight, upper, lower;
};

static struct service service[MAX_SERVICES];
static struct dest dest[MAX_DESTS];
static int services, dests;

static void load(FILE *file)
{
	char line[512];
	struct service *s;
	struct dest *d;

	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		s = &service[services];
		d = &dest[dests];
		if (line[0] == 'S' && sscanf(line, "S|%3[^|]|%79[^|]|%d|%15[^|]|%127[^|]|%159[^|]", s->proto, s->addr, &s->six, s->sched,
					     s->rest, s->save) == 6)
			services++;
		else if (line[0] == 'D' && sscanf(line, "D|%87[^|]|%79[^|]|%c|%u|%u|%u", d->service, d->addr, &d->method, &d->weight,
						  &d->upper, &d->lower) == 6)
			dests++;
	}
}

static void save(FILE *file)
{
	int i;

	rewind(file);
	if (ftruncate(fileno(file), 0))
		exit(1);
	for (i = 0; i < services; i++)
		fprintf(file, "S|%s|%s|%d|%s|%s|%s\n", service[i].proto, service[i].addr, service[i].six, service[i].sched,
			service[i].rest, service[i].save);
	for (i = 0; i < dests; i++)
		fprintf(file, "D|%s|%s|%c|%u|%u|%u\n", dest[i].service, dest[i].addr, dest[i].method, dest[i].weight, dest[i].upper,
			dest[i].lower);
}

static int find_service(const char *proto, const char *addr, int six)
{
	int i;

	for (i = 0; i < services; i++)
		if (!strcmp(service[i].proto, proto) && !strcmp(service[i].addr, addr) && service[i].six == six)
			return i;
	return -1;
}

static int find_dest(const char *key, const char *addr)
{
	int i;

	for (i = 0; i < dests; i++)
		if (!strcmp(dest[i].service, key) && !strcmp(dest[i].addr, addr))
			return i;
	return -1;
}

static void fail(const char *text, int code)
{
	fprintf(stderr, "%s\n", text);
	exit(code);
}

static const char *method_name(const struct dest *d)
{
	if (!strncmp(d->addr, "127.", 4) || !strncmp(d->addr, "[::1]", 5))
		return "Local";
	return d->method == 'm' ? "Masq" : d->method == 'i' ? "Tunnel" : "Route";
}

static unsigned int active_conns(const char *addr)
{
	const char *table = getenv("FAKE_IPVS_TABLE");
	char path[512], line[TEXT];
	unsigned int n, conns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s.conns", table ? table : "");
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (fscanf(file, "%79s %u", line, &n) == 2)
		if (!strcmp(line, addr))
			conns = n;
	fclose(file);
	return conns;
}

static void list(int thresholds)
{
	char key[TEXT + 8], name[TEXT + 8];
	int i, j;

	printf("IP Virtual Server version 1.2.1 (size=4096)\n");
	printf(thresholds ? "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port\n" :
			    "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n");
	for (i = 0; i < services; i++) {
		snprintf(key, sizeof(key), "%s%s%s", service[i].proto, service[i].addr, service[i].six ? "6" : "");
		snprintf(name, sizeof(name), "%s%s", service[i].addr, service[i].six && service[i].proto[1] == 'f' ? " IPv6" : "");
		printf("%s  %s %s%s\n", service[i].proto[1] == 't' ? "TCP" : service[i].proto[1] == 'u' ? "UDP" : "FWM", name,
		       service[i].sched, service[i].rest[0] == '-' ? "" : service[i].rest);
		for (j = 0; j < dests; j++) {
			if (strcmp(dest[j].service, key))
				continue;
			if (thresholds)
				printf("  -> %-28s %-10u %-10u %-10u %-10u\n", dest[j].addr, dest[j].upper, dest[j].lower, 0U, 0U);
			else
				printf("  -> %-28s %-7s %-6u %-10u %-10u\n", dest[j].addr, method_name(&dest[j]), dest[j].weight,
				       active_conns(dest[j].addr), 0U);
		}
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* -S -n, sorted, so that two tables compare */
static void dump(void)
{
	static char *lines[MAX_SERVICES + MAX_DESTS];
	int i, j, n = 0;
	char *at, line[512];
	const char *key;
	int six;

	for (i = 0; i < services; i++) {
		snprintf(line, sizeof(line), "-A %.3s %.79s%s%.159s", service[i].proto, service[i].addr,
			 service[i].six && service[i].proto[1] == 'f' ? " -6" : "", service[i].save);
		lines[n++] = strdup(line);
	}
	for (j = 0; j < dests; j++) {
		/* of IPv6 the key ends with a 6 */
		key = dest[j].service;
		six = dest[j].addr[0] == '[';
		snprintf(line, sizeof(line), "-a %.2s %.*s%s -r %.79s -%c -w %u", key, (int)strlen(key) - 2 - six, key + 2,
			 six && key[1] == 'f' ? " -6" : "", dest[j].addr, !strcmp(method_name(&dest[j]), "Local") ? 'g' : dest[j].method,
			 dest[j].weight);
		lines[n++] = strdup(line);
	}
	qsort(lines, (size_t)n, sizeof(*lines), compare_lines);
	for (i = 0; i < n; i++) {
		at = lines[i];
		printf("%s\n", at);
		free(at);
	}
}

int main(int argc, char **argv)
{
	const char *path = getenv("FAKE_IPVS_TABLE"), *real = NULL, *sched = "wlc", *persistent = NULL, *mask = NULL, *flags = NULL;
	char command = 0, proto[4] = "", addr[TEXT] = "", key[TEXT + 8], real_addr[TEXT], method = 'g';
	unsigned int weight = 1, upper = 0, lower = 0;
	int six = 0, thresholds = 0, ops = 0, i, at;
	FILE *file;

	if (!path)
		path = "/tmp/fake_ipvs_table";
	for (i = 1; i < argc; i++) {
		const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";

		if (word[0] == '-' && word[1] && strchr("AEDadeLSC", word[1]) && !word[2]) {
			command = word[1];
		} else if (!strcmp(word, "-t") || !strcmp(word, "-u") || !strcmp(word, "-f")) {
			strcpy(proto, word);
			snprintf(addr, sizeof(addr), "%s", next);
			i++;
		} else if (!strcmp(word, "-6")) {
			six = 1;
		} else if (!strcmp(word, "-r")) {
			real = argv[++i];
		} else if (!strcmp(word, "-s")) {
			sched = argv[++i];
		} else if (!strcmp(word, "-p")) {
			persistent = argv[++i];
		} else if (!strcmp(word, "-M")) {
			mask = argv[++i];
		} else if (!strcmp(word, "-b")) {
			flags = argv[++i];
		} else if (!strcmp(word, "-w")) {
			weight = (unsigned int)atoi(argv[++i]);
		} else if (!strcmp(word, "-x")) {
			upper = (unsigned int)atoi(argv[++i]);
		} else if (!strcmp(word, "-y")) {
			lower = (unsigned int)atoi(argv[++i]);
		} else if (!strcmp(word, "-o")) {
			ops = 1;
		} else if (!strcmp(word, "-g") || !strcmp(word, "-i") || !strcmp(word, "-m")) {
			method = word[1];
		} else if (!strcmp(word, "--thresholds")) {
			thresholds = 1;
		} else if (strcmp(word, "-n")) {
			fprintf(stderr, "%s: unknown option\n", word);
			return 255;
		}
	}
	six |= addr[0] == '[';
	if (flags && !strcmp(sched, "sh"))
		flags = !strcmp(flags, "flag-1") ? "sh-fallback" : !strcmp(flags, "flag-2") ? "sh-port" : flags;
	file = fopen(path, "a+");
	if (!file || flock(fileno(file), LOCK_EX))
		fail(path, 2);
	rewind(file);
	load(file);
	at = find_service(proto, addr, six);
	snprintf(key, sizeof(key), "%s%s%s", proto, addr, six ? "6" : "");
	if (real) {
		const char *port = strrchr(addr, ':');

		snprintf(real_addr, sizeof(real_addr), "%s", real);
		if (proto[1] != 'f' && port && (method != 'm' || command == 'd')) {
			char *colon = strrchr(real_addr, ':');

			/* -d has no method: the entry decides */
			if (colon && command != 'd')
				strcpy(colon, port);
		}
	}
	switch (command) {
	case 'A':
	case 'E':
		if ((at >= 0) == (command == 'A'))
			fail(at >= 0 ? "Service already exists" : "No such service", 255);
		if (at < 0)
			at = services++;
		strcpy(service[at].proto, proto);
		strcpy(service[at].addr, addr);
		service[at].six = six;
		snprintf(service[at].sched, sizeof(service[at].sched), "%s", sched);
		snprintf(service[at].rest, sizeof(service[at].rest), "%s%s%s%s%s%s%s%s%s", persistent ? " persistent " : "",
			 persistent ? persistent : "", mask ? " mask " : "", mask ? mask : "", ops ? " ops" : "", flags ? " (" : "",
			 flags ? flags : "", flags ? ")" : "", persistent || ops || flags ? "" : "-");
		snprintf(service[at].save, sizeof(service[at].save), " -s %s%s%s%s%s%s%s%s", sched, persistent ? " -p " : "",
			 persistent ? persistent : "", mask ? " -M " : "", mask ? mask : "", ops ? " -o" : "", flags ? " -b " : "",
			 flags ? flags : "");
		break;
	case 'D':
		if (at < 0)
			fail("No such service", 255);
		service[at] = service[--services];
		for (i = 0; i < dests;)
			if (!strcmp(dest[i].service, key))
				dest[i] = dest[--dests];
			else
				i++;
		break;
	case 'C':
		services = dests = 0;
		break;
	case 'a':
	case 'e':
	case 'd':
		if (at < 0)
			fail("Service not defined", 255);
		i = find_dest(key, real_addr);
		if (command == 'a' && i >= 0)
			fail("Destination already exists", 255);
		if (command != 'a' && i < 0)
			fail("No such destination", 255);
		if (command == 'd') {
			dest[i] = dest[--dests];
			break;
		}
		if (i < 0)
			i = dests++;
		strcpy(dest[i].service, key);
		strcpy(dest[i].addr, real_addr);
		dest[i].method = method;
		dest[i].weight = weight;
		dest[i].upper = upper;
		dest[i].lower = lower;
		break;
	case 'L':
		list(thresholds);
		return 0;
	case 'S':
		dump();
		return 0;
	default:
		return 255;
	}
	save(file);
	return fclose(file) ? 1 : 0;
}
