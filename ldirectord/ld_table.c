/* SPDX-License-Identifier: GPL-2.0-only */
/* Two ways to one table. The program's way reads the whole table once per pass, as its listing cannot be cheaper. */
#include "ldirectord/ld_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipvs/ipvs_nl.h"
#include "lib/log.h"
#include "lib/run.h"
#include "lib/fault.h"

enum { PROGRAM_TIMEOUT_MS = 30000, MAX_LIST_BYTE = 64 << 20 };

struct ld_table {
	struct ipvs_nl *nl; /* NULL: by program */
	char *program;
	struct ld_table_entry *entry;
	size_t entries;
};

static const struct {
	const char *name;
	uint32_t flag;
} flag_names[] = {
	{ "flag-1", IPVS_F_SCHED1 },	  { "flag-2", IPVS_F_SCHED2 },	    { "flag-3", IPVS_F_SCHED3 },
	{ "sh-fallback", IPVS_F_SCHED1 }, { "sh-port", IPVS_F_SCHED2 },	    { "mh-fallback", IPVS_F_SCHED1 },
	{ "mh-port", IPVS_F_SCHED2 },
};

bool ld_service_same_id(const struct ipvs_service *a, const struct ipvs_service *b)
{
	if (a->af != b->af || a->fwmark != b->fwmark)
		return false;
	if (a->fwmark)
		return true;
	return a->protocol == b->protocol && a->port == b->port &&
	       !memcmp(&a->addr, &b->addr, a->af == AF_INET6 ? sizeof(a->addr.v6) : sizeof(a->addr.v4));
}

/* Reading the listing */

/* "10.0.0.1:80" or "[2001:db8::1]:80" */
static bool read_endpoint(const char *text, uint16_t *af, union ipvs_addr *addr, uint16_t *port)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!colon || len < 3 || len >= sizeof(host))
		return false;
	memset(addr, 0, sizeof(*addr));
	*port = (uint16_t)strtoul(colon + 1, NULL, 10);
	*af = *text == '[' ? AF_INET6 : AF_INET;
	if (*af == AF_INET6)
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, text + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)len, text);
	return inet_pton(*af, host, addr) == 1;
}

static uint32_t read_flags(char *list)
{
	char *rest = NULL, *word;
	uint32_t flags = 0;
	size_t i;

	for (word = strtok_r(list, "(),", &rest); word; word = strtok_r(NULL, "(),", &rest))
		for (i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
			if (!strcmp(flag_names[i].name, word))
				flags |= flag_names[i].flag;
	return flags;
}

/* "TCP  10.0.0.1:80 rr persistent 300 mask 255.255.255.0 ops (sh-port)", "FWM  7 IPv6 wrr" */
static bool read_service(char *line, struct ipvs_service *svc)
{
	char *rest = NULL, *word = strtok_r(line, " ", &rest), *value;

	memset(svc, 0, sizeof(*svc));
	value = word ? strtok_r(NULL, " ", &rest) : NULL;
	if (!value)
		return false;
	svc->af = AF_INET;
	if (!strcmp(word, "FWM")) {
		svc->fwmark = (uint32_t)strtol(value, NULL, 10);
		if (!strncmp(rest, "IPv6 ", 5)) {
			svc->af = AF_INET6;
			strtok_r(NULL, " ", &rest);
		}
	} else {
		svc->protocol = !strcmp(word, "TCP") ? IPPROTO_TCP : !strcmp(word, "UDP") ? IPPROTO_UDP : IPPROTO_SCTP;
		if (!read_endpoint(value, &svc->af, &svc->addr, &svc->port))
			return false;
	}
	svc->netmask = svc->af == AF_INET6 ? 128 : 0xffffffff;
	word = strtok_r(NULL, " ", &rest);
	snprintf(svc->sched, sizeof(svc->sched), "%s", word ? word : "");
	while ((word = strtok_r(NULL, " ", &rest))) {
		if (!strcmp(word, "persistent") && (value = strtok_r(NULL, " ", &rest))) {
			svc->flags |= IPVS_F_PERSISTENT;
			svc->timeout_s = (uint32_t)strtoul(value, NULL, 10);
		} else if (!strcmp(word, "mask") && (value = strtok_r(NULL, " ", &rest))) {
			svc->netmask = svc->af == AF_INET6 ? (uint32_t)strtoul(value, NULL, 10) : inet_addr(value);
		} else if (!strcmp(word, "pe") && (value = strtok_r(NULL, " ", &rest))) {
			snprintf(svc->pe, sizeof(svc->pe), "%s", value);
		} else if (!strcmp(word, "ops")) {
			svc->flags |= IPVS_F_ONEPACKET;
		} else if (*word == '(') {
			svc->flags |= read_flags(word);
		}
	}
	return true;
}

/* "  -> 192.168.9.3:8080    Masq    100    0    0" */
static bool read_dest(const char *line, struct ipvs_dest *dest)
{
	char addr[80], method[16];

	memset(dest, 0, sizeof(*dest));
	if (sscanf(line, " -> %79s %15s %u %u %u", addr, method, &dest->weight, &dest->active_conns, &dest->inact_conns) != 5 ||
	    !read_endpoint(addr, &dest->af, &dest->addr, &dest->port))
		return false;
	dest->fwd = !strcmp(method, "Masq") ? IPVS_FWD_MASQ : !strcmp(method, "Tunnel") ? IPVS_FWD_TUNNEL :
		    !strcmp(method, "Local") ? IPVS_FWD_LOCAL : IPVS_FWD_ROUTE;
	return true;
}

static bool read_thresholds(const char *line, struct ipvs_dest *dest)
{
	char addr[80];

	return sscanf(line, " -> %79s %u %u", addr, &dest->u_thresh, &dest->l_thresh) == 3 &&
	       read_endpoint(addr, &dest->af, &dest->addr, &dest->port);
}

/* Makes room for element count of an array that doubles; NULL: no memory, the array is as it was. */
static void *grown(void *array, size_t count, size_t element)
{
	if (count & (count - 1))
		return array;
	return realloc(array, (count ? 2 * count : 1) * element);
}

static int add_entry(struct ld_table_entry **entry, size_t *entries, const struct ipvs_service *svc)
{
	struct ld_table_entry *bigger = grown(*entry, *entries, sizeof(**entry));

	if (!bigger)
		return -ENOMEM;
	*entry = bigger;
	memset(&bigger[*entries], 0, sizeof(*bigger));
	bigger[(*entries)++].svc = *svc;
	return 0;
}

static int add_dest(struct ld_table_entry *entry, const struct ipvs_dest *dest)
{
	struct ipvs_dest *bigger = grown(entry->dest, entry->dests, sizeof(*entry->dest));

	if (!bigger)
		return -ENOMEM;
	entry->dest = bigger;
	bigger[entry->dests++] = *dest;
	return 0;
}

static size_t line_length(const char *text)
{
	return strcspn(text, "\n");
}

/* The thresholds' listing has the same lines in the same order. */
static void add_thresholds(struct ld_table_entry *entry, size_t entries, const char *text)
{
	struct ipvs_dest dest;
	size_t e = 0, d = 0;
	char line[256];

	for (; *text; text += line_length(text), text += *text == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)line_length(text), text);
		if (!read_thresholds(line, &dest))
			continue;
		while (e < entries && d == entry[e].dests) {
			e++;
			d = 0;
		}
		if (e == entries)
			return;
		if (entry[e].dest[d].port == dest.port && !memcmp(&entry[e].dest[d].addr, &dest.addr, sizeof(dest.addr))) {
			entry[e].dest[d].u_thresh = dest.u_thresh;
			entry[e].dest[d].l_thresh = dest.l_thresh;
		}
		d++;
	}
}

int ld_table_parse(const char *list, const char *thresholds, struct ld_table_entry **out, size_t *count)
{
	struct ld_table_entry *entry = NULL;
	size_t entries = 0;
	struct ipvs_service svc;
	struct ipvs_dest dest;
	char line[256];
	int err = 0;

	for (; *list && !err; list += line_length(list), list += *list == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)line_length(list), list);
		if (entries && read_dest(line, &dest))
			err = add_dest(&entry[entries - 1], &dest);
		else if ((!strncmp(line, "TCP ", 4) || !strncmp(line, "UDP ", 4) || !strncmp(line, "SCTP ", 5) ||
			  !strncmp(line, "FWM ", 4)) && read_service(line, &svc))
			err = add_entry(&entry, &entries, &svc);
	}
	if (err) {
		ld_table_parsed_free(entry, entries);
		return err;
	}
	add_thresholds(entry, entries, thresholds);
	*out = entry;
	*count = entries;
	return 0;
}

void ld_table_parsed_free(struct ld_table_entry *entry, size_t entries)
{
	size_t i;

	for (i = 0; i < entries; i++)
		free(entry[i].dest);
	free(entry);
}

/* Writing command lines */

struct words {
	const char **word;
	int count;
	char *buf;
	size_t left;
};

static void __attribute__((format(printf, 2, 3))) add_word(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->buf, w->left, fmt, ap);
	va_end(ap);
	w->word[w->count++] = w->buf;
	w->buf += n + 1;
	w->left -= (size_t)n + 1;
}

static void add_endpoint(struct words *w, uint16_t af, const union ipvs_addr *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(af, addr, text, sizeof(text));
	add_word(w, af == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

static void add_identity(struct words *w, const struct ipvs_service *svc)
{
	if (svc->fwmark) {
		add_word(w, "-f");
		add_word(w, "%u", svc->fwmark);
		if (svc->af == AF_INET6)
			add_word(w, "-6");
		return;
	}
	add_word(w, svc->protocol == IPPROTO_UDP ? "-u" : "-t");
	add_endpoint(w, svc->af, &svc->addr, svc->port);
}

static void add_service_options(struct words *w, const struct ipvs_service *svc)
{
	bool full = svc->netmask == (svc->af == AF_INET6 ? 128 : 0xffffffff);
	struct in_addr mask = { svc->netmask };
	static const char *const plain[] = { "flag-1", "flag-2", "flag-3" };
	char flags[32] = "";
	int i;

	if (svc->flags & IPVS_F_ONEPACKET)
		add_word(w, "-o");
	add_word(w, "-s");
	add_word(w, "%s", svc->sched);
	if (svc->flags & IPVS_F_PERSISTENT) {
		add_word(w, "-p");
		add_word(w, "%u", svc->timeout_s);
		if (!full) {
			add_word(w, "-M");
			if (svc->af == AF_INET6)
				add_word(w, "%u", svc->netmask);
			else
				add_word(w, "%s", inet_ntoa(mask));
		}
	}
	for (i = 0; i < 3; i++)
		if (svc->flags & (uint32_t)(IPVS_F_SCHED1 << i)) {
			strcat(flags, *flags ? "," : "");
			strcat(flags, plain[i]);
		}
	if (*flags) {
		add_word(w, "-b");
		add_word(w, "%s", flags);
	}
}

int ld_table_words(const struct ipvs_change *change, const char **word, char *buf)
{
	static const char *const commands[IPVS_OPS] = {
		[IPVS_OP_ADD_SERVICE] = "-A", [IPVS_OP_EDIT_SERVICE] = "-E", [IPVS_OP_DEL_SERVICE] = "-D",
		[IPVS_OP_ADD_DEST] = "-a",    [IPVS_OP_EDIT_DEST] = "-e",    [IPVS_OP_DEL_DEST] = "-d",
	};
	struct words w = { .word = word, .buf = buf, .left = 512 };
	const struct ipvs_dest *dest = &change->dest;

	add_word(&w, "%s", commands[change->op]);
	add_identity(&w, &change->svc);
	if (change->op == IPVS_OP_ADD_SERVICE || change->op == IPVS_OP_EDIT_SERVICE)
		add_service_options(&w, &change->svc);
	if (change->op == IPVS_OP_ADD_DEST || change->op == IPVS_OP_EDIT_DEST) {
		add_word(&w, "-x");
		add_word(&w, "%u", dest->u_thresh);
		add_word(&w, "-y");
		add_word(&w, "%u", dest->l_thresh);
	}
	if (change->op == IPVS_OP_ADD_DEST || change->op == IPVS_OP_EDIT_DEST || change->op == IPVS_OP_DEL_DEST) {
		add_word(&w, "-r");
		add_endpoint(&w, dest->af, &dest->addr, dest->port);
	}
	if (change->op == IPVS_OP_ADD_DEST || change->op == IPVS_OP_EDIT_DEST) {
		add_word(&w, dest->fwd == IPVS_FWD_MASQ ? "-m" : dest->fwd == IPVS_FWD_TUNNEL ? "-i" : "-g");
		add_word(&w, "-w");
		add_word(&w, "%u", dest->weight);
	}
	return w.count;
}

/* The program */

static int run_program(const struct ld_table *table, const char **argv, struct run_result *result)
{
	struct run_spec spec = { .argv = argv, .timeout_ms = PROGRAM_TIMEOUT_MS, .max_output_byte = MAX_LIST_BYTE };
	int err;

	argv[0] = table->program;
	err = run_wait(&spec, result);
	if (err) {
		log_err("%s: %s", table->program, strerror(-err));
		return err;
	}
	if (result->exit_code == 0)
		return 0;
	log_err("%s failed%s: %.*s", table->program, result->timed_out ? " (timeout)" : "", (int)line_length(result->output),
		result->output);
	free((char *)result->output);
	return -EIO;
}

static int change_by_program(struct ld_table *table, const struct ipvs_change *change)
{
	const char *argv[33];
	struct run_result result;
	char buf[512];
	int count = ld_table_words(change, argv + 1, buf), err;

	argv[count + 1] = NULL;
	err = run_program(table, argv, &result);
	if (!err)
		free((char *)result.output);
	return err;
}

static int refresh_by_program(struct ld_table *table)
{
	const char *list_argv[] = { NULL, "-L", "-n", NULL }, *thresholds_argv[] = { NULL, "-L", "-n", "--thresholds", NULL };
	struct run_result list, thresholds;
	struct ld_table_entry *entry;
	size_t entries;
	int err = run_program(table, list_argv, &list);

	if (err)
		return err;
	err = run_program(table, thresholds_argv, &thresholds);
	if (err)
		goto free_list;
	err = ld_table_parse(list.output, thresholds.output, &entry, &entries);
	free((char *)thresholds.output);
	if (err)
		goto free_list;
	ld_table_parsed_free(table->entry, table->entries);
	table->entry = entry;
	table->entries = entries;
free_list:
	free((char *)list.output);
	return err;
}

static int read_by_program(const struct ld_table *table, const struct ipvs_service *id, struct ipvs_service *svc,
			   struct ipvs_dest **dest, size_t *dests)
{
	size_t i;

	for (i = 0; i < table->entries; i++)
		if (ld_service_same_id(&table->entry[i].svc, id))
			break;
	if (i == table->entries)
		return -ESRCH;
	*dest = malloc((table->entry[i].dests + 1) * sizeof(**dest));
	if (!*dest)
		return -ENOMEM;
	if (table->entry[i].dests)
		memcpy(*dest, table->entry[i].dest, table->entry[i].dests * sizeof(**dest));
	*dests = table->entry[i].dests;
	*svc = table->entry[i].svc;
	return 0;
}

/* Both */

int ld_table_open(const char *program, struct ld_table **out, const char **why)
{
	struct ld_table *table = calloc(1, sizeof(*table));
	int err;

	*why = "out of memory";
	if (!table)
		return -ENOMEM;
	if (program) {
		table->program = strdup(program);
		*why = "not an executable program";
		err = !table->program ? -ENOMEM : access(program, X_OK) ? -errno : 0;
	} else {
		err = ipvs_nl_open(&table->nl);
		if (err == -ENOENT && ipvs_nl_load_module())
			err = ipvs_nl_open(&table->nl);
		*why = err == -EPERM ? "you must be root" : "the kernel has no IPVS: modprobe ip_vs";
	}
	if (err) {
		ld_table_close(table);
		return err;
	}
	*out = table;
	return 0;
}

void ld_table_close(struct ld_table *table)
{
	if (!table)
		return;
	ipvs_nl_close(table->nl);
	ld_table_parsed_free(table->entry, table->entries);
	free(table->program);
	free(table);
}

int ld_table_refresh(struct ld_table *table)
{
	return table->nl ? 0 : refresh_by_program(table);
}

int ld_table_read(struct ld_table *table, const struct ipvs_service *id, struct ipvs_service *svc, struct ipvs_dest **dest,
		  size_t *dests)
{
	int err;

	if (!table->nl)
		return read_by_program(table, id, svc, dest, dests);
	err = ipvs_nl_service(table->nl, id, svc);
	return err ? err : ipvs_nl_dests(table->nl, id, dest, dests);
}

int ld_table_change(struct ld_table *table, const struct ipvs_change *change)
{
	return table->nl ? ipvs_nl_change(table->nl, change) : change_by_program(table, change);
}
