/* SPDX-License-Identifier: GPL-2.0-only */
/* The running director: wires checks to pools and pools to the kernel's table; reload, stop, and all that is told to others. */
#ifndef LD_DAEMON_H
#define LD_DAEMON_H

#include <stdio.h>
#include <time.h>

#include "ldirectord/ld_apply.h"
#include "ldirectord/ld_check.h"
#include "ldirectord/ld_mail.h"
#include "ldirectord/ld_pool.h"

struct run;
struct ld_group;

/* One server of one virtual service, as the outside sees it. */
struct ld_member_info {
	struct ld_group *group;
	size_t nr;
	struct ld_node *node; /* its check */
	struct ld_member_info *next; /* that shares the check */
	char *reason; /* of the last result; NULL: none yet */
	time_t checked, changed; /* wall clock; 0: never */
	bool in_maintenance;
	int64_t mail_ms; /* when it is due again; 0: not */
};

/* A check and those who want its results. */
struct ld_node {
	struct ld_check check;
	char *key; /* the identity of ldirectord.md 3, a newline, and what else makes it another check */
	struct ld_member_info *members;
};

struct ld_group {
	struct ld_daemon *daemon;
	struct ld_pool pool;
	struct ld_member_info *info;
	bool dirty, full;
	bool command_on, command_known; /* what fallbackcommand was told last */
	struct run *command;
};

struct ld_daemon {
	struct ev_loop *loop;
	const char *path, *self; /* configuration and program; absolute where they can be */
	const char *socket_path; /* for status --json; NULL: none */
	struct ld_config *config;
	uint64_t config_hash;
	struct ld_group *group;
	struct ld_node **node;
	size_t groups, nodes, unchecked;
	struct ld_checker checker;
	struct ld_table *table;
	struct ld_mailer mailer;
	enum ld_phase phase;
	struct ev_timer apply_timer, second_timer;
	int64_t resync_ms, metrics_ms, vip_check_ms;
	time_t started;
	int64_t config_stamp;
	struct ev control;
	struct run *naming;
	char **name; /* for maintenance: the host names of all servers, "ADDR NAME", sorted */
	size_t names;
	void (*relog)(const struct ld_config *config); /* opens the log anew after a reload */
	int stop_signal;
};

/* config becomes the daemon's, whether it succeeds or not. 0 or -errno, logged. */
int ld_daemon_start(struct ld_daemon *daemon, struct ev_loop *loop, struct ld_config *config, struct ld_table *table);
/* Re-reads the file; a bad one changes nothing and is logged. 0 or -1. */
int ld_daemon_reload(struct ld_daemon *daemon);
/* Cleans the table where cleanstop says so and frees everything. */
void ld_daemon_stop(struct ld_daemon *daemon);

/* Told to others */
void ld_report_json(const struct ld_daemon *daemon, FILE *out);
int ld_report_metrics(const struct ld_daemon *daemon, const char *path);
const char *ld_report_state(const struct ld_group *group, size_t nr);

/* Sends an ARP probe for each IPv4 virtual address; answers are logged with the server they come from. -errno or 0. */
int ld_arp_probe(struct ev_loop *loop, const struct ld_config *config);

#endif
