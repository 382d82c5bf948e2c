/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server for checks, on many addresses at once: ld_server PORT FIRST_ADDR COUNT [DIR]; the addresses are IPv4 or IPv6. What it does
 * with a connection is read from the file DIR/ADDR at that moment, else "up":
 *	up		answers any HTTP request with 200 and "Test Page"; other first lines with the same text
 *	wrong		200 and another page
 *	error		500
 *	slow SECONDS	as up, that much later
 *	silent		accepts and says nothing
 *	drip		a byte of an endless header every 100 ms
 *	huge		200 and an endless body
 *	reset		resets the connection
 *	refuse		closes at once
 *	greet TEXT	says TEXT as a line at once, then closes when the client does
 * With LD_SERVER_LOG=FILE the time of each connection to the first address is appended to it, in milliseconds; with
 * LD_SERVER_FIRST=FILE that of the first connection to each address.
 * Prints "ready" when it listens on all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/ev.h"

static struct ev_loop loop;
static const char *dir;

struct listener {
	struct ev ev;
	char addr[INET6_ADDRSTRLEN];
	bool first, seen;
};

struct client {
	struct ev ev;
	struct ev_timer timer;
	char mode[128];
	bool answered;
};

static void drop(struct client *c)
{
	ev_timer_stop(&c->timer);
	ev_del(&c->ev);
	close(c->ev.fd);
	free(c);
}

static void say(struct client *c, const char *text)
{
	if (send(c->ev.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		c->answered = true;
}

static void answer(struct client *c, const char *status, const char *body)
{
	char text[256];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
	say(c, text);
	drop(c);
}

static void late_answer(struct ev_timer *timer, void *arg)
{
	(void)timer;
	answer(arg, "200 OK", "Test Page\n");
}

static void drip(struct ev_timer *timer, void *arg)
{
	say(arg, "x");
	ev_timer_set(&loop, timer, 100, drip, arg);
}

static void pour(struct client *c)
{
	static char block[65536];

	memset(block, 'y', sizeof(block));
	if (send(c->ev.fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		drop(c);
}

static void client_event(struct ev *ev, void *arg)
{
	struct client *c = arg;
	char buf[4096];
	ssize_t n;

	if (ev->ready & EV_WRITE && c->answered && !strcmp(c->mode, "huge")) {
		pour(c);
		return;
	}
	n = recv(ev->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	if (c->answered)
		return;
	c->answered = true;
	if (!strncmp(c->mode, "slow ", 5)) {
		ev_timer_set(&loop, &c->timer, (int64_t)(1000 * atof(c->mode + 5)), late_answer, c);
	} else if (!strcmp(c->mode, "wrong")) {
		answer(c, "200 OK", "Under construction\n");
	} else if (!strcmp(c->mode, "error")) {
		answer(c, "500 Internal Server Error", "no\n");
	} else if (!strcmp(c->mode, "drip")) {
		say(c, "HTTP/1.1 200 OK\r\nX-Long: ");
		drip(&c->timer, c);
	} else if (!strcmp(c->mode, "huge")) {
		say(c, "HTTP/1.1 200 OK\r\n\r\n");
		ev_mod(&c->ev, EV_READ | EV_WRITE);
	} else if (strcmp(c->mode, "silent") && strncmp(c->mode, "greet ", 6)) {
		answer(c, "200 OK", "Test Page\n");
	}
}

static void read_mode(struct client *c, const char *addr)
{
	char path[512];
	FILE *file;

	strcpy(c->mode, "up");
	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, addr);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(c->mode, sizeof(c->mode), file))
		c->mode[strcspn(c->mode, "\n")] = '\0';
	fclose(file);
}

/* One line for whoever measures rounds. */
static void note_time(const char *variable)
{
	const char *path = getenv(variable);
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	fprintf(file, "%lld\n", (long long)ev_refresh_ms(&loop));
	fclose(file);
}

static void accept_client(struct ev *ev, void *arg)
{
	struct listener *l = arg;
	struct linger linger = { .l_onoff = 1 };
	int fd = accept4(ev->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c = fd < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (l->first)
		note_time("LD_SERVER_LOG");
	if (!l->seen)
		note_time("LD_SERVER_FIRST");
	l->seen = true;
	read_mode(c, l->addr);
	if (!strcmp(c->mode, "reset"))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (!strcmp(c->mode, "reset") || !strcmp(c->mode, "refuse") || ev_add(&loop, &c->ev, fd, EV_READ, client_event, c)) {
		close(fd);
		free(c);
		return;
	}
	if (!strncmp(c->mode, "greet ", 6)) {
		say(c, c->mode + 6);
		say(c, "\r\n");
	}
}

/* The address that is so many after the first. */
static bool listen_on(struct listener *l, const char *first, unsigned int nr, unsigned short port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = { .sa = { .sa_family = strchr(first, ':') ? AF_INET6 : AF_INET } };
	bool six = at.sa.sa_family == AF_INET6;
	void *addr = six ? (void *)&at.v6.sin6_addr : (void *)&at.v4.sin_addr;
	uint32_t last;
	int fd, one = 1;

	if (inet_pton(at.sa.sa_family, first, addr) != 1)
		return false;
	/* the last four bytes count */
	memcpy(&last, (char *)addr + (six ? 12 : 0), 4);
	last = htonl(ntohl(last) + nr);
	memcpy((char *)addr + (six ? 12 : 0), &last, 4);
	inet_ntop(at.sa.sa_family, addr, l->addr, sizeof(l->addr));
	at.v4.sin_port = htons(port); /* in the same place in both */
	fd = socket(at.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return !bind(fd, &at.sa, six ? sizeof(at.v6) : sizeof(at.v4)) && !listen(fd, 128) &&
	       !ev_add(&loop, &l->ev, fd, EV_READ, accept_client, l);
}

int main(int argc, char **argv)
{
	struct listener *listeners;
	struct rlimit files;
	int i, count;

	if (argc < 4)
		return 2;
	dir = argc > 4 ? argv[4] : NULL;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	if (ev_init(&loop, NULL))
		return 1;
	count = atoi(argv[3]);
	listeners = calloc((size_t)count, sizeof(*listeners));
	for (i = 0; i < count; i++) {
		listeners[i].first = i == 0;
		if (!listen_on(&listeners[i], argv[2], (unsigned int)i, (unsigned short)atoi(argv[1]))) {
			perror("listen");
			return 1;
		}
	}
	printf("ready\n");
	fflush(stdout);
	return ev_run(&loop) != 0;
}
