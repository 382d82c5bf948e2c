/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: what a check says to a server and what it makes of the answer. Bytes, end or nothing in; MORE, UP or DOWN out. One row of the
 * table for each service; the connection, TLS, deadline and name resolution are ld_check's.
 */
#ifndef LD_DIALOG_H
#define LD_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ldirectord/ld_conf.h"
#include "ldirectord/ld_regex.h"

enum {
	LD_MAX_ANSWER_BYTE = 1 << 20, /* what is kept of one answer; the rest is not looked at */
	LD_MAX_LINE_BYTE = 1024,
	LD_MAX_HEAD_BYTE = 64 << 10, /* of all header lines of one HTTP answer */
	LD_OUT_BYTE = 4096,
	LD_REASON_BYTE = 256,
	LD_MAX_REDIRECTS = 7,
};

/* One check as configured: of one server, perhaps for several virtual services. Strings are the configuration's. */
struct ld_probe_conf {
	enum ld_check_kind kind;
	enum ld_service service;
	enum ld_proto proto;
	struct ld_addr addr;
	uint16_t port;
	int check_timeout_ms, negotiate_timeout_ms, check_count, combined_n;
	const char *request, *receive, *virtualhost, *httpmethod, *login, *passwd, *database, *secret, *command;
	const char *virtual_host; /* first two arguments of an external check */
	uint16_t virtual_port;
	struct ld_regex *regex; /* of receive; NULL where that is empty */
};

enum ld_verdict {
	LD_MORE,
	LD_PASS,
	LD_FAIL,
	LD_REDIRECT,  /* connect to dialog->host, port, tls and call open again */
	LD_OPEN_DATA, /* connect to the server's data port as well and feed its bytes to feed_data */
};

enum ld_transport { LD_OVER_TCP, LD_OVER_UDP, LD_OVER_PROTO /* of the virtual service */ };

struct ld_dialog;

struct ld_dialog_type {
	enum ld_transport transport;
	bool tls;
	bool check_timeout; /* bounded by checktimeout, not by negotiatetimeout */
	bool names_itself;  /* wants to know its end of the connection */
	/* Called when connected: says the first words, if it is the client that speaks first. */
	enum ld_verdict (*open)(struct ld_dialog *d);
	/* n bytes of the answer; 0: its end. A datagram comes whole. */
	enum ld_verdict (*feed)(struct ld_dialog *d, const char *buf, size_t n);
	enum ld_verdict (*feed_data)(struct ld_dialog *d, const char *buf, size_t n);
};

struct ld_dialog {
	const struct ld_probe_conf *conf;
	const struct ld_dialog_type *type;
	uint64_t seed;		/* of identifiers that must not repeat; changes from check to check */
	struct ld_addr local;	/* this end of the connection, where names_itself */
	uint16_t local_port;
	char out[LD_OUT_BYTE];	/* to be sent; the caller empties it */
	size_t out_byte;
	bool half_close;	/* after that, end the sending direction */
	char reason[LD_REASON_BYTE];
	char line[LD_MAX_LINE_BYTE];
	size_t line_byte;
	int step;
	char *body; /* what has to match as a whole; freed by ld_dialog_free */
	size_t body_byte, body_size;
	/* HTTP and its redirects; the data port of FTP */
	char host[256], path[LD_MAX_LINE_BYTE];
	uint16_t target_port;
	bool tls;
	int redirects, status, http_state;
	int64_t length; /* left of the body or chunk; -1: to the end */
	size_t head_byte;
	char location[LD_MAX_LINE_BYTE], status_line[LD_REASON_BYTE - 16];
	uint8_t digest_in[16]; /* RADIUS: authenticator of the request */
	char challenge[128];   /* POP: timestamp of the greeting */
};

/* The row for a service, or NULL: not a dialog (none, mysql, pgsql, oracle). */
const struct ld_dialog_type *ld_dialog_type(enum ld_service service);

void ld_dialog_init(struct ld_dialog *d, const struct ld_probe_conf *conf, uint64_t seed);
void ld_dialog_free(struct ld_dialog *d);

/* For the rows' code */
void ld_say(struct ld_dialog *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ld_say_bytes(struct ld_dialog *d, const void *bytes, size_t n);
enum ld_verdict ld_fail(struct ld_dialog *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum ld_verdict ld_pass(struct ld_dialog *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Keeps bytes for a match; false: no memory or already LD_MAX_ANSWER_BYTE (the rest is dropped). */
bool ld_keep(struct ld_dialog *d, const char *buf, size_t n);
/* receive is empty, or it matches */
bool ld_match(const struct ld_dialog *d, const char *text, size_t n);
/*
 * Takes bytes up to the next newline into d->line, without it and a carriage return. Returns how many were taken; *complete says
 * whether the line is. A line longer than LD_MAX_LINE_BYTE is cut.
 */
size_t ld_take_line(struct ld_dialog *d, const char *buf, size_t n, bool *complete);
/* The request without the slash that the parser puts in front. */
const char *ld_plain_request(const struct ld_probe_conf *conf);

extern const struct ld_dialog_type ld_check_http, ld_check_https, ld_check_http_proxy, ld_check_ftp, ld_check_smtp, ld_check_pop,
	ld_check_pops, ld_check_imap, ld_check_imaps, ld_check_nntp, ld_check_ldap, ld_check_ldaps, ld_check_dns, ld_check_radius,
	ld_check_sip, ld_check_simpletcp;

#endif
