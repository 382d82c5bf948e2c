/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a list of ipvsadm command sequences and writes what each command printed and returned, and what the kernel's table is
 * after each sequence:
 *
 *	ipvs_cases PROGRAM CASES >RESULTS
 *
 * PROGRAM runs under the name "ipvsadm". A line of CASES is one command, its words separated by single blanks; within words
 * \s is a blank, \t a tab, \n a newline, \r, \\, \xHH a byte and \e nothing (an empty word). A word < makes the rest of the
 * line one word, standard input; a word VAR=VALUE before the command is set for it. An empty line ends a sequence; each
 * starts with an empty table.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipvs/ipvs_nl.h"
#include "ipvs/ipvs_show.h"

enum { MAX_WORDS = 300, FDS = 3, HANG_S = 30, TRIES = 3 };

static void die(const char *what)
{
	printf("ipvs_cases: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void unescape(char *s)
{
	char *to = s;
	unsigned int byte;

	for (; *s; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		switch (*++s) {
		case 's': *to++ = ' '; break;
		case 't': *to++ = '\t'; break;
		case 'n': *to++ = '\n'; break;
		case 'r': *to++ = '\r'; break;
		case 'e': break;
		case 'x':
			if (sscanf(s + 1, "%2x", &byte) == 1)
				*to++ = (char)byte;
			s += 2;
			break;
		default: *to++ = *s;
		}
	}
	*to = 0;
}

static void change(struct ipvs_nl *nl, enum ipvs_op op, uint32_t daemon_state)
{
	struct ipvs_change c = {.op = op};

	c.daemon.state = daemon_state;
	strcpy(c.daemon.mcast_ifn, "lo");
	c.timeouts.tcp = 900;
	c.timeouts.tcp_fin = 120;
	c.timeouts.udp = 300;
	ipvs_nl_change(nl, &c); /* a daemon that does not run is none to stop */
}

static void reset(struct ipvs_nl *nl)
{
	change(nl, IPVS_OP_FLUSH, 0);
	change(nl, IPVS_OP_STOP_DAEMON, IPVS_SYNC_MASTER);
	change(nl, IPVS_OP_STOP_DAEMON, IPVS_SYNC_BACKUP);
	change(nl, IPVS_OP_SET_TIMEOUTS, 0);
}

/* The whole table as the kernel has it, by our own reader: what both programs did must look the same through it. */
static void dump(struct ipvs_nl *nl)
{
	struct ipvs_service *svc;
	struct ipvs_dest *dest;
	struct ipvs_daemon daemon[2];
	struct ipvs_timeouts timeouts;
	struct ipvs_change c = {.op = IPVS_OP_ADD_SERVICE};
	size_t services, dests, daemons, i, j;

	if (ipvs_nl_services(nl, &svc, &services) || ipvs_nl_daemons(nl, daemon, &daemons) || ipvs_nl_timeouts(nl, &timeouts))
		die("cannot read the table");
	for (i = 0; i < services; i++) {
		c.op = IPVS_OP_ADD_SERVICE;
		c.svc = svc[i];
		ipvs_save_change(stdout, &c);
		printf(" %x %u %x\n", svc[i].flags, svc[i].timeout_s, svc[i].netmask);
		if (ipvs_nl_dests(nl, &svc[i], &dest, &dests))
			die("cannot read a service");
		for (j = 0; j < dests; j++) {
			c.op = IPVS_OP_ADD_DEST;
			c.dest = dest[j];
			ipvs_save_change(stdout, &c);
			printf(" %u %u %u %u\n", dest[j].fwd, dest[j].tun_type, dest[j].tun_port, dest[j].tun_flags);
		}
		free(dest);
	}
	free(svc);
	for (i = 0; i < daemons; i++)
		ipvs_show_daemon(stdout, &daemon[i]);
	if (timeouts.tcp != 900 || timeouts.tcp_fin != 120 || timeouts.udp != 300)
		ipvs_show_timeouts(stdout, &timeouts);
}

static void copy_out(const char *title, int fd)
{
	char buf[4096], last = '\n';
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	for (printf("%s", ""); (n = read(fd, buf, sizeof(buf))) > 0; last = buf[n - 1]) {
		if (title)
			fputs(title, stdout);
		title = NULL;
		fwrite(buf, 1, (size_t)n, stdout);
	}
	if (last != '\n')
		puts("<no newline>");
	if (ftruncate(fd, 0))
		die("ftruncate");
	lseek(fd, 0, SEEK_SET);
}

static void on_alarm(int signal)
{
	(void)signal;	/* waitpid() returns */
}

/* The original, seldom, waits for ever for an answer of the kernel that does not come. True: it was killed for that. */
static bool wait_for(pid_t pid, int *status)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	bool hung = false;

	sigaction(SIGALRM, &sa, NULL);
	alarm(HANG_S);
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
		hung = true;
		kill(pid, SIGKILL);
	}
	alarm(0);
	return hung;
}

/* True: the program hung, the sequence has to be run again. */
static bool run(const char *program, char *line, const int fd[FDS])
{
	char *argv[MAX_WORDS + 1], *env[MAX_WORDS + 1], *word, *rest = line;
	char name[] = "ipvsadm", path[] = "PATH=/bin:/sbin";
	int argc = 1, envs = 1, status, i;
	posix_spawn_file_actions_t actions;
	bool hung;
	pid_t pid;

	printf("$ %s\n", line);
	argv[0] = name;
	env[0] = path;
	while ((word = strsep(&rest, " ")) && argc < MAX_WORDS && envs < MAX_WORDS) {
		if (!strcmp(word, "<")) {
			unescape(rest);
			if (write(fd[0], rest, strlen(rest)) != (ssize_t)strlen(rest))
				die("write");
			lseek(fd[0], 0, SEEK_SET);
			break;
		}
		unescape(word);
		if (argc == 1 && isupper((unsigned char)*word) && strchr(word, '='))
			env[envs++] = word;
		else
			argv[argc++] = word;
	}
	argv[argc] = NULL;
	env[envs] = NULL;
	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < FDS; i++)
		posix_spawn_file_actions_adddup2(&actions, fd[i], i);
	errno = posix_spawn(&pid, program, &actions, NULL, argv, env);
	if (errno)
		die(program);
	posix_spawn_file_actions_destroy(&actions);
	hung = wait_for(pid, &status);
	copy_out(NULL, fd[1]);
	copy_out("stderr:\n", fd[2]);
	if (ftruncate(fd[0], 0))
		die("ftruncate");
	lseek(fd[0], 0, SEEK_SET);
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("rc %d\n", WEXITSTATUS(status));
	return hung;
}

int main(int argc, char **argv)
{
	struct ipvs_nl *nl;
	FILE *cases = argc == 3 ? fopen(argv[2], "r") : NULL;
	int fd[FDS], i;
	bool fresh = false;
	long sequence = 0, results = 0; /* where this sequence begins in CASES, and its results in RESULTS */
	int tries = 0;
	char *line = NULL, path[] = "/tmp/cases.XXXXXX";
	size_t size = 0;
	ssize_t n;

	if (!cases || ipvs_nl_open(&nl))
		die("usage: ipvs_cases PROGRAM CASES, with IPVS");
	for (i = 0; i < FDS; i++) {
		strcpy(path, "/tmp/cases.XXXXXX");
		fd[i] = mkostemp(path, O_CLOEXEC);
		if (fd[i] < 0 || unlink(path))
			die(path);
	}
	while ((n = getline(&line, &size, cases)) > 0) {
		line[n - 1] = 0;
		if (*line && !fresh) {
			sequence = ftell(cases) - n;
			fflush(stdout);
			results = ftell(stdout);
			reset(nl);
		}
		fresh = *line != 0;
		if (fresh && run(argv[1], line, fd)) {
			fprintf(stderr, "%s hangs, again: %s\n", argv[1], line);
			fflush(stdout);
			if (++tries > TRIES || fseek(cases, sequence, SEEK_SET) || fseek(stdout, results, SEEK_SET) ||
			    ftruncate(STDOUT_FILENO, results))
				die("hangs");
			fresh = false;
		} else if (!fresh) {
			tries = 0;
			dump(nl);
			putchar('\n');
		}
	}
	free(line);
	fclose(cases);
	ipvs_nl_close(nl);
	return 0;
}
