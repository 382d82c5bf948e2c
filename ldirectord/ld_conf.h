/* SPDX-License-Identifier: GPL-2.0-only */
/* ldirectord.cf: its grammar, defaults and errors (ldirectord.md 2). Knows nothing of checks that run or of the kernel. */
#ifndef LD_CONF_H
#define LD_CONF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LD_MAX_CONF_BYTE = 16 << 20,
	LD_MAX_SERVERS = 100000, /* of one configuration, so that a mistyped range cannot eat the machine */
	LD_ADDR_TEXT = 64,	 /* "[v6]" with its NUL */
	LD_DEFAULT_INTERVAL_S = 10,
	LD_DEFAULT_CHECK_S = 5,
	LD_DEFAULT_NEGOTIATE_S = 30,
};

struct ld_addr {
	sa_family_t family; /* AF_INET or AF_INET6 */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	} ip;
};

/* IPVS_CONN_F_* of the kernel */
enum ld_method { LD_MASQ = 0, LD_IPIP = 2, LD_GATE = 3 };

enum ld_proto { LD_TCP, LD_UDP, LD_FWM };

enum ld_check_kind {
	LD_NEGOTIATE,
	LD_CONNECT,
	LD_PING,
	LD_EXTERNAL,
	LD_EXTERNAL_PERL,
	LD_COMBINED, /* one negotiate, then combined_n connects */
	LD_ON,
	LD_OFF,
};

enum ld_service {
	LD_NONE,
	LD_DNS,
	LD_FTP,
	LD_HTTP,
	LD_HTTPS,
	LD_HTTP_PROXY,
	LD_IMAP,
	LD_IMAPS,
	LD_LDAP,
	LD_LDAPS,
	LD_MYSQL,
	LD_NNTP,
	LD_ORACLE,
	LD_POP,
	LD_POPS,
	LD_RADIUS,
	LD_PGSQL,
	LD_SIMPLETCP,
	LD_SIP,
	LD_SMTP,
	LD_SUBMISSION,
	LD_SERVICES
};

/* When mail is sent: bits of emailalertstatus. */
enum ld_phase { LD_STARTING = 1, LD_RUNNING = 2, LD_STOPPING = 4, LD_RELOADING = 8, LD_ALL_PHASES = 15 };

/* What may stand before the first section and, for a part of it, inside one. -1 and NULL: not given. */
struct ld_options {
	int check_timeout_s, negotiate_timeout_s, interval_s, check_count, failure_count, rise_count;
	int slow_start_s, drain_s;
	int quiescent, readd_quiescent, clean_stop;
	int email_freq_s, email_status;
	const char *email, *smtp, *fallback_command;
};

struct ld_server {
	struct ld_addr addr;
	uint16_t port; /* 0: none was written */
	enum ld_method method;
	int weight;
	unsigned int u_thresh, l_thresh;
	const char *request, *receive; /* of this server alone; NULL: the virtual's */
	unsigned int line;
};

struct ld_virtual {
	unsigned int line;
	const char *id;	  /* "tcp:10.0.0.1:80", "fwm:1", "fwm6:1" */
	const char *name; /* "10.0.0.1:80" or "1" */
	enum ld_proto proto;
	sa_family_t family;
	struct ld_addr addr; /* not of a mark */
	uint16_t port;
	uint32_t mark;
	enum ld_service service;
	bool service_given;
	enum ld_check_kind kind;
	int combined_n;
	int checkport; /* 0: none */
	struct ld_options opt;
	const char *checkcommand, *request, *receive, *virtualhost, *httpmethod;
	const char *login, *passwd, *database, *secret;
	const char *scheduler, *schedflags, *netmask;
	int persistent_s;
	bool ops;
	const char *monitorfile, *servicename, *comment;
	bool has_fallback;
	struct ld_server fallback;
	struct ld_server *server;
	size_t servers;
};

struct ld_config {
	const char *path;
	struct ld_options opt;
	bool autoreload, fork, supervised, vip_check;
	const char *callback, *logfile, *email_from, *maintenance_dir, *metrics_file, *ipvsadm;
	const char **execute;
	size_t executes;
	bool has_fallback, has_fallback6;
	struct ld_server fallback, fallback6; /* port 0: the virtual's */
	struct ld_virtual *virtual;
	size_t virtuals;
	size_t servers; /* of all virtuals */
	unsigned int errors;
	struct ld_block *blocks; /* every string and array above */
};

/* Is told each message as it is found: with line 0 it is about the whole file. */
typedef void (*ld_report_fn)(bool is_error, unsigned int line, const char *msg, void *arg);

/*
 * Reads and checks the whole file. 0: *config is the caller's to ld_config_free. 2 (the original's exit code): mistakes, all
 * reported. -ENOMEM. On failure *config is untouched.
 */
int ld_config_read(const char *path, ld_report_fn report, void *arg, struct ld_config **config);
/* The same for text, which it writes to. */
int ld_config_parse(const char *path, char *text, ld_report_fn report, void *arg, struct ld_config **config);
void ld_config_free(struct ld_config *config);

/* Zeroed memory that lives as long as config; NULL when there is none. */
void *ld_config_alloc(struct ld_config *config, size_t size);

/* Effective values: the section's, else the file's, else the default (ldirectord.md 2.3). */
int ld_check_timeout_ms(const struct ld_config *config, const struct ld_virtual *virtual);
int ld_negotiate_timeout_ms(const struct ld_config *config, const struct ld_virtual *virtual);
int ld_option(int of_section, int of_file, int otherwise);

/* The port checks go to: checkport, else the server's own, else that of the service; 0: none. */
uint16_t ld_check_port(const struct ld_virtual *virtual, const struct ld_server *server);
/* The port that the kernel will use: it forces the virtual's for gate and ipip. */
uint16_t ld_kernel_port(const struct ld_virtual *virtual, const struct ld_server *server);
/* The fallback of a virtual, its own or the file's, with its port filled in, or NULL. */
const struct ld_server *ld_fallback(const struct ld_config *config, const struct ld_virtual *virtual,
				    struct ld_server *filled);

const char *ld_service_name(enum ld_service service);
const char *ld_method_name(enum ld_method method);
const char *ld_proto_name(enum ld_proto proto);
/* "10.0.0.1" or "[2001:db8::1]"; buf has LD_ADDR_TEXT bytes. Returns buf. */
char *ld_addr_text(const struct ld_addr *addr, char *buf);
bool ld_addr_equal(const struct ld_addr *a, const struct ld_addr *b);

#endif
