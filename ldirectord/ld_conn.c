/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connect checks and dialogs: sockets, TLS, the deadline and, for redirects, name resolution in a child. What is said is
 * ld_dialog's.
 */
#include "ldirectord/ld_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifdef HAVE_OPENSSL
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

#include "lib/run.h"
#include "lib/fault.h"

enum { READ_BYTE = 16384, RESENDS = 3 };

struct probe;

struct conn {
	struct probe *probe;
	struct ev ev;
	bool connecting, datagram, data;
	size_t sent; /* of the dialog's out */
#ifdef HAVE_OPENSSL
	SSL *ssl;
	bool handshaking;
#endif
};

struct probe {
	struct ld_check *check;
	struct ld_dialog *dialog; /* NULL: connect alone */
	struct conn main, data;
	struct ev_timer deadline, resend;
	struct run *resolving;
};

static void conn_event(struct ev *ev, void *arg);
static void take(struct probe *p, enum ld_verdict verdict);

static void conn_close(struct conn *c)
{
#ifdef HAVE_OPENSSL
	SSL_free(c->ssl);
	c->ssl = NULL;
#endif
	if (!c->ev.loop)
		return;
	ev_del(&c->ev);
	close(c->ev.fd);
}

static void probe_free(struct probe *p)
{
	ev_timer_stop(&p->deadline);
	ev_timer_stop(&p->resend);
	conn_close(&p->main);
	conn_close(&p->data);
	if (p->resolving)
		run_cancel(p->resolving);
	if (p->dialog)
		ld_dialog_free(p->dialog);
	free(p->dialog);
	free(p);
}

static void conn_stop(struct ld_check *check)
{
	probe_free(check->probe);
}

static void end(struct probe *p, bool up, const char *reason)
{
	struct ld_check *check = p->check;
	char text[LD_REASON_BYTE];

	snprintf(text, sizeof(text), "%s", reason);
	probe_free(p);
	ld_check_done(check, up, "%s", text);
}

static bool is_http(const struct probe *p)
{
	enum ld_service s = p->check->conf.service;

	return p->dialog && (s == LD_HTTP || s == LD_HTTPS || s == LD_HTTP_PROXY);
}

static void end_error(struct probe *p, const char *why)
{
	char text[LD_REASON_BYTE];

	if (is_http(p))
		snprintf(text, sizeof(text), "500 Can't connect to %.64s:%u (%.128s)", p->dialog->host, p->dialog->target_port, why);
	else
		snprintf(text, sizeof(text), "%s", why);
	end(p, false, text);
}

static void deadline_reached(struct ev_timer *timer, void *arg)
{
	struct probe *p = arg;

	(void)timer;
	end(p, false, is_http(p) ? "500 Timeout Alarm" : "Timeout Alarm");
}

/* TLS. Certificates are not verified: the question is whether the server answers, and the original meant it so. */

#ifdef HAVE_OPENSSL
static SSL_CTX *tls_context(struct ld_checker *checker)
{
	if (!checker->tls) {
		checker->tls = SSL_CTX_new(SSLv23_client_method());
		if (!checker->tls)
			return NULL;
		SSL_CTX_set_verify(checker->tls, SSL_VERIFY_NONE, NULL);
		SSL_CTX_set_mode(checker->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
		SSL_CTX_set_options(checker->tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
	}
	return checker->tls;
}

/* The name for SNI: of the redirect, else the virtual host; an address gets none. */
static void tls_set_name(struct probe *p)
{
	const char *name = p->dialog->redirects ? p->dialog->host : p->check->conf.virtualhost;
	char host[256];
	struct in_addr v4;

	if (!name || !*name || *name == '[')
		return;
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(name, ":"), name);
	if (inet_pton(AF_INET, host, &v4) != 1)
		SSL_set_tlsext_host_name(p->main.ssl, host);
}

static bool tls_start(struct probe *p)
{
	SSL_CTX *context = tls_context(p->check->checker);

	p->main.ssl = context ? SSL_new(context) : NULL;
	if (!p->main.ssl || !SSL_set_fd(p->main.ssl, p->main.ev.fd))
		return false;
	tls_set_name(p);
	p->main.handshaking = true;
	return true;
}

static void tls_end(struct probe *p, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());
	char text[LD_REASON_BYTE];

	snprintf(text, sizeof(text), "%s: %s", what, why ? why : "connection closed");
	ERR_clear_error();
	end_error(p, text);
}

/* 1: done; 0: waits; -1: failed. */
static int tls_wait(struct conn *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		ev_mod(&c->ev, EV_READ);
		return 0;
	case SSL_ERROR_WANT_WRITE:
		ev_mod(&c->ev, EV_WRITE);
		return 0;
	default:
		return -1;
	}
}

static int tls_handshake(struct conn *c)
{
	int result;

	ERR_clear_error();
	result = SSL_connect(c->ssl);
	return result == 1 ? 1 : tls_wait(c, result);
}
#endif

/* Bytes to the socket; -1 with errno. */
static ssize_t conn_write(struct conn *c, const char *buf, size_t n)
{
#ifdef HAVE_OPENSSL
	int result;

	if (c->ssl) {
		ERR_clear_error();
		result = SSL_write(c->ssl, buf, (int)n);
		if (result > 0)
			return result;
		errno = tls_wait(c, result) ? EPIPE : EAGAIN;
		return -1;
	}
#endif
	return send(c->ev.fd, buf, n, MSG_NOSIGNAL);
}

static ssize_t conn_read(struct conn *c, char *buf, size_t n)
{
#ifdef HAVE_OPENSSL
	int result;

	if (c->ssl) {
		ERR_clear_error();
		result = SSL_read(c->ssl, buf, (int)n);
		if (result > 0)
			return result;
		if (SSL_get_error(c->ssl, result) == SSL_ERROR_ZERO_RETURN)
			return 0;
		errno = tls_wait(c, result) ? ECONNRESET : EAGAIN;
		return -1;
	}
#endif
	return recv(c->ev.fd, buf, n, 0);
}

/* Sends what the dialog has to say; false: the probe has ended. */
static bool flush(struct probe *p)
{
	struct ld_dialog *d = p->dialog;
	struct conn *c = &p->main;
	ssize_t n;

	while (c->sent < d->out_byte) {
		n = conn_write(c, d->out + c->sent, d->out_byte - c->sent);
		if (n < 0 && errno == EAGAIN) {
			ev_mod(&c->ev, c->ev.events | EV_WRITE);
			return true;
		}
		if (n < 0 && errno != EINTR) {
			end_error(p, strerror(errno));
			return false;
		}
		if (n > 0)
			c->sent += (size_t)n;
	}
	if (c->datagram) {
		c->sent = 0; /* and keep it, for sending it again */
	} else {
		c->sent = d->out_byte = 0;
		if (d->half_close)
			shutdown(c->ev.fd, SHUT_WR);
		d->half_close = false;
	}
	ev_mod(&c->ev, EV_READ);
	return true;
}

static void send_again(struct ev_timer *timer, void *arg)
{
	struct probe *p = arg;

	ev_timer_set(timer->loop, timer, ld_check_budget_ms(p->check) / RESENDS, send_again, p);
	flush(p);
}

static socklen_t socket_address(const struct ld_addr *addr, uint16_t port, struct sockaddr_storage *sa)
{
	struct sockaddr_in *v4 = (void *)sa;
	struct sockaddr_in6 *v6 = (void *)sa;

	memset(sa, 0, sizeof(*sa));
	if (addr->family == AF_INET6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		v6->sin6_addr = addr->ip.v6;
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	v4->sin_addr = addr->ip.v4;
	return sizeof(*v4);
}

/* False: the probe has ended. */
static bool conn_open(struct probe *p, struct conn *c, const struct ld_addr *addr, uint16_t port, bool datagram)
{
	struct sockaddr_storage sa;
	socklen_t len = socket_address(addr, port, &sa);
	int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = fault_sys() ? -1 : socket(addr->family, type, 0), err;

	if (fd < 0) {
		end_error(p, strerror(errno));
		return false;
	}
	c->probe = p;
	c->datagram = datagram;
	c->sent = 0;
	c->connecting = true;
	err = connect(fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS ? -errno : 0;
	if (!err)
		err = ev_add(p->check->checker->loop, &c->ev, fd, EV_WRITE, conn_event, c);
	if (err) {
		close(fd);
		end_error(p, strerror(-err));
		return false;
	}
	return true;
}

static void note_local(struct probe *p)
{
	struct sockaddr_storage sa;
	struct sockaddr_in *v4 = (void *)&sa;
	struct sockaddr_in6 *v6 = (void *)&sa;
	socklen_t len = sizeof(sa);

	memset(&sa, 0, sizeof(sa));
	getsockname(p->main.ev.fd, (struct sockaddr *)&sa, &len);
	p->dialog->local.family = sa.ss_family;
	if (sa.ss_family == AF_INET6) {
		p->dialog->local.ip.v6 = v6->sin6_addr;
		p->dialog->local_port = ntohs(v6->sin6_port);
	} else {
		p->dialog->local.ip.v4 = v4->sin_addr;
		p->dialog->local_port = ntohs(v4->sin_port);
	}
}

static void start_dialog(struct probe *p)
{
	int budget_ms = ld_check_budget_ms(p->check);

	if (p->dialog->type->names_itself)
		note_local(p);
	if (p->main.datagram)
		ev_timer_set(p->check->checker->loop, &p->resend, budget_ms / RESENDS, send_again, p);
	take(p, p->dialog->type->open(p->dialog));
}

static void connected(struct probe *p)
{
	if (!p->dialog) {
		end(p, true, "-");
		return;
	}
#ifdef HAVE_OPENSSL
	if (p->dialog->tls) {
		if (tls_start(p))
			conn_event(&p->main.ev, &p->main);
		else
			tls_end(p, "TLS");
		return;
	}
#endif
	start_dialog(p);
}

/* Redirects */

static void connect_to(struct probe *p, const struct ld_addr *addr)
{
#ifndef HAVE_OPENSSL
	if (p->dialog->tls) {
		end(p, false, "redirected to https, which needs OpenSSL");
		return;
	}
#endif
	conn_open(p, &p->main, addr, p->dialog->target_port, false);
}

static int resolve_in_child(void *arg)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *info;
	char text[128];

	if (getaddrinfo(arg, NULL, &hints, &info) ||
	    getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST))
		return 1;
	printf("%s", text);
	return 0;
}

static bool parse_addr(const char *text, struct ld_addr *addr)
{
	char host[128];

	if (inet_pton(AF_INET, text, &addr->ip.v4) == 1) {
		addr->family = AF_INET;
		return true;
	}
	snprintf(host, sizeof(host), "%s", text + (*text == '['));
	host[strcspn(host, "]")] = '\0';
	addr->family = AF_INET6;
	return inet_pton(AF_INET6, host, &addr->ip.v6) == 1;
}

static void resolved(const struct run_result *result, void *arg)
{
	struct probe *p = arg;
	struct ld_addr addr;

	p->resolving = NULL;
	if (result->exit_code || !parse_addr(result->output, &addr))
		end_error(p, "Bad hostname");
	else
		connect_to(p, &addr);
}

static void redirect(struct probe *p)
{
	struct ld_dialog *d = p->dialog;
	struct run_spec spec = { .child = resolve_in_child, .child_arg = d->host, .split_stderr = true, .kill_ms = -1 };
	struct ld_addr addr;
	int err;

	conn_close(&p->main);
	d->out_byte = 0;
	if (parse_addr(d->host, &addr)) {
		connect_to(p, &addr);
		return;
	}
	err = run_start(&p->resolving, p->check->checker->loop, &spec, resolved, p);
	if (err)
		end_error(p, strerror(-err));
}

/* What a dialog has decided. p may be gone after this. */
static void take(struct probe *p, enum ld_verdict verdict)
{
	switch (verdict) {
	case LD_REDIRECT:
		redirect(p);
		return;
	case LD_OPEN_DATA:
		if (conn_open(p, &p->data, &p->check->conf.addr, p->dialog->target_port, false))
			flush(p);
		return;
	case LD_MORE:
		flush(p);
		return;
	case LD_PASS:
	case LD_FAIL:
		/* a goodbye, if the socket takes it at once */
		if (p->dialog->out_byte && !p->main.datagram && p->main.ev.loop)
			conn_write(&p->main, p->dialog->out, p->dialog->out_byte);
		end(p, verdict == LD_PASS, p->dialog->reason[0] ? p->dialog->reason : "-");
		return;
	}
}

static void conn_readable(struct conn *c)
{
	struct probe *p = c->probe;
	struct ld_dialog *d = p->dialog;
	static char buf[READ_BYTE];
	ssize_t n = conn_read(c, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		end_error(p, strerror(errno));
		return;
	}
	if (c->datagram && n == 0)
		return;
	if (c->data) {
		if (n == 0)
			conn_close(c);
		take(p, d->type->feed_data(d, buf, (size_t)n));
	} else {
		take(p, d->type->feed(d, buf, (size_t)n));
	}
}

static void conn_event(struct ev *ev, void *arg)
{
	struct conn *c = arg;
	struct probe *p = c->probe;
	int err = 0;
	socklen_t len = sizeof(err);

	if (c->connecting) {
		if (ev->ready & (EV_ERR | EV_HUP))
			getsockopt(ev->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err) {
			end_error(p, strerror(err));
			return;
		}
		c->connecting = false;
		if (c->data)
			ev_mod(ev, EV_READ);
		else
			connected(p);
		return;
	}
#ifdef HAVE_OPENSSL
	if (c->ssl && c->handshaking) {
		int done = tls_handshake(c);

		if (done < 0)
			tls_end(p, "TLS");
		if (done <= 0)
			return;
		c->handshaking = false;
		ev_mod(ev, EV_READ);
		start_dialog(p);
		return;
	}
#endif
	if (!c->data && ev->ready & EV_WRITE && c->sent < p->dialog->out_byte && !flush(p))
		return;
	if (ev->ready & ~(uint32_t)EV_WRITE)
		conn_readable(c);
}

static void conn_start(struct ld_check *check)
{
	const struct ld_probe_conf *c = &check->conf;
	const struct ld_dialog_type *type = ld_check_negotiates(check) ? ld_dialog_type(c->service) : NULL;
	struct probe *p = calloc(1, sizeof(*p));
	bool datagram = type && (type->transport == LD_OVER_UDP || (type->transport == LD_OVER_PROTO && c->proto == LD_UDP));

	if (!p)
		goto no_memory;
	p->check = check;
	p->data.data = true;
	check->probe = p;
	if (type) {
		p->dialog = malloc(sizeof(*p->dialog));
		if (!p->dialog)
			goto free_probe;
		ld_dialog_init(p->dialog, c, ld_check_random(check->checker));
		ld_addr_text(&c->addr, p->dialog->host);
		p->dialog->target_port = c->port;
	}
	if (ev_timer_set(check->checker->loop, &p->deadline, ld_check_budget_ms(check), deadline_reached, p))
		goto free_probe;
	if (!c->port && !datagram) {
		end(p, false, "no port to check: give the server one, or checkport");
		return;
	}
	conn_open(p, &p->main, &c->addr, c->port, datagram);
	return;

free_probe:
	probe_free(p);
no_memory:
	ld_check_done(check, false, "out of memory");
}

const struct ld_prober ld_prober_conn = { .start = conn_start, .stop = conn_stop };
