/* SPDX-License-Identifier: GPL-2.0-only */
/* cl_respawn: starts a program again each time it ends, unless it ends with the magic exit code (heartbeat.md 6.2). */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/std_fds.h"

enum { EXIT_USAGE = 2, DEFAULT_MAGIC = 100, SHORT_LIFE_S = 1 };

static volatile sig_atomic_t child_pid, ended;

static int usage(void)
{
	fprintf(stderr, "Usage cl_respawn [-m magic_exit_code] [-p pidfile] <monitored_program> [<arg1>] [<arg2>] ...\n"
			"-m\tthe program is not started again when it exits with this code; default %d\n"
			"-p\tfile for the pid of cl_respawn\n"
			"-i, -w, -r and -l belong to apphbd, which is not here: they are refused\n", DEFAULT_MAGIC);
	return EXIT_USAGE;
}

static void on_term(int signo)
{
	ended = 1;
	if (child_pid > 0)
		kill(child_pid, signo);
}

static int write_pidfile(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file && fprintf(file, "%d\n", (int)getpid()) > 0 && !fclose(file))
		return 0;
	fprintf(stderr, "cl_respawn: %s: %s\n", path, strerror(errno));
	return -1;
}

/* The exit code of one run, or -1: killed by a signal. */
static int run_once(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		fprintf(stderr, "cl_respawn: cannot fork: %s\n", strerror(errno));
		return -1;
	}
	if (!pid) {
		execvp(argv[0], argv);
		fprintf(stderr, "cl_respawn: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	child_pid = pid;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	child_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	const char *pidfile = NULL;
	int64_t magic = DEFAULT_MAGIC;
	time_t start;
	int c, code;

	hold_std_fds();
	while ((c = getopt(argc, argv, "+m:p:h")) != -1) {
		switch (c) {
		case 'm':
			if (conf_num(optarg, 0, 255, &magic))
				return usage();
			break;
		case 'p': pidfile = optarg; break;
		default: return usage();
		}
	}
	if (optind == argc)
		return usage();
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &term, NULL);
	if (pidfile && write_pidfile(pidfile))
		return 1;
	for (;;) {
		start = time(NULL);
		code = run_once(argv + optind);
		if (ended || code == magic)
			break;
		/* one that dies at once does not take the machine with it */
		if (time(NULL) - start < SHORT_LIFE_S)
			sleep(1);
	}
	if (pidfile)
		unlink(pidfile);
	return ended ? 0 : code;
}
