/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children on this terminal. lib/run is not used: it gives each child a process group of its own, where drbdmeta could
 * not ask the operator, and it waits for what it killed, which a child that hangs in the kernel never lets it see.
 */
#include "drbd-like/user/adm_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drbd-like/user/adm_conf.h"

enum { CAPTURE_MAX_BYTE = 16 << 20, EXEC_FAILED = 127 };

void adm_exec_escape(FILE *out, const char *word)
{

	size_t len;

	for (;;) {
		len = adm_plain(word, "%+-./:=@_");
		fwrite(word, 1, len, out);
		word += len;
		if (!*word)
			return;
		putc('\\', out);
		putc(*word++, out);
	}
}

void adm_exec_print(FILE *out, const char *const *argv)
{
	const char *const *arg;

	for (arg = argv; *arg; arg++) {
		if (arg > argv)
			putc(' ', out);
		adm_exec_escape(out, *arg);
	}
	putc('\n', out);
}

static void complain(const char *const *argv, const char *fmt, int number)
{
	const char *const *arg;

	fprintf(stderr, "Command '");
	for (arg = argv; *arg; arg++)
		fprintf(stderr, "%s%s", arg > argv ? " " : "", *arg);
	fprintf(stderr, fmt, number);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until then SIGCHLD is blocked, so that sigtimedwait sees it. *status is waitpid's. False: too late. */
static bool wait_until(pid_t pid, int64_t deadline_ms, int *status)
{
	struct timespec ts;
	int64_t left_ms;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		if (waitpid(pid, status, deadline_ms ? WNOHANG : 0) == pid)
			return true;
		if (!deadline_ms)
			continue; /* EINTR */
		left_ms = deadline_ms - now_ms();
		if (left_ms <= 0)
			return false;
		ts.tv_sec = left_ms / 1000;
		ts.tv_nsec = left_ms % 1000 * 1000000;
		sigtimedwait(&chld, NULL, &ts);
	}
}

static void child(const char *const *argv, const char *res, int out_fd, bool with_stderr, bool quiet, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (out_fd >= 0) {
		dup2(out_fd, STDOUT_FILENO);
		if (with_stderr)
			dup2(out_fd, STDERR_FILENO);
	}
	if (quiet && null >= 0)
		dup2(null, STDERR_FILENO);
	if (res)
		setenv("DRBD_RESOURCE", res, 1);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], (char *const *)argv);
	if (!quiet)
		fprintf(stderr, "Can not exec %s: %s\n", argv[0], strerror(errno));
	_exit(EXEC_FAILED);
}

/* All that comes until the end or the deadline; what is more than may be is dropped. */
static char *collect(int fd, int64_t deadline_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char *buf = NULL, *more, scrap[4096];
	size_t len = 0;
	int64_t left_ms;
	ssize_t n;

	for (;;) {
		left_ms = deadline_ms ? deadline_ms - now_ms() : -1;
		if (deadline_ms && left_ms <= 0)
			return buf;
		if (poll(&pfd, 1, (int)left_ms) <= 0)
			continue;
		n = read(fd, scrap, sizeof(scrap));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return buf;
		if (len + (size_t)n > CAPTURE_MAX_BYTE)
			continue;
		more = realloc(buf, len + (size_t)n + 1);
		if (!more)
			continue;
		buf = more;
		memcpy(buf + len, scrap, (size_t)n);
		len += (size_t)n;
		buf[len] = '\0';
	}
}

struct spawn {
	const char *res;
	unsigned int timeout_s;
	bool with_stderr, quiet, silent;
	char **out; /* NULL: to this terminal */
};

static int exit_code(const char *const *argv, const struct spawn *s, int status)
{
	if (WIFSIGNALED(status)) {
		complain(argv, "' was ended by signal %d\n", WTERMSIG(status));
		return ADM_EXIT_EXEC;
	}
	if (WEXITSTATUS(status) == EXEC_FAILED)
		return ADM_EXIT_EXEC;
	if (WEXITSTATUS(status) >= 10 && !s->silent)
		complain(argv, "' terminated with exit code %d\n", WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

static int spawn(const char *const *argv, const struct spawn *s)
{
	int64_t deadline_ms = s->timeout_s ? now_ms() + (int64_t)s->timeout_s * 1000 : 0;
	int pipefd[2] = { -1, -1 }, status, code = ADM_EXIT_EXEC;
	sigset_t chld, old;
	pid_t pid;

	fflush(NULL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	if (s->out && pipe2(pipefd, O_CLOEXEC)) {
		fprintf(stderr, "pipe: %s\n", strerror(errno));
		goto unblock;
	}
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "fork: %s\n", strerror(errno));
		goto unpipe;
	}
	if (!pid)
		child(argv, s->res, pipefd[1], s->with_stderr, s->quiet, &old);
	if (s->out) {
		close(pipefd[1]);
		pipefd[1] = -1;
		*s->out = collect(pipefd[0], deadline_ms);
	}
	if (wait_until(pid, deadline_ms, &status))
		code = exit_code(argv, s, status);
	else
		complain(argv, "' did not terminate within %d seconds\n", (int)s->timeout_s);
unpipe:
	if (pipefd[0] >= 0)
		close(pipefd[0]);
	if (pipefd[1] >= 0)
		close(pipefd[1]);
unblock:
	sigprocmask(SIG_SETMASK, &old, NULL);
	return code;
}

int adm_exec_run(const struct adm_exec *exec, const char *const *argv, const char *res, unsigned int timeout_s, int flags)
{
	struct spawn s = { res, timeout_s, false, flags & ADM_QUIET, flags & ADM_SILENT, NULL };

	if (exec->dry_run || exec->verbose) {
		if (exec->sh_varname && res) {
			printf("%s=", exec->sh_varname);
			adm_exec_escape(stdout, res);
			putchar('\n');
		}
		adm_exec_print(stdout, argv);
	}
	return exec->dry_run ? 0 : spawn(argv, &s);
}

int adm_exec_capture(const char *const *argv, const char *res, unsigned int timeout_s,
		     bool with_stderr, char **out)
{
	struct spawn s = { res, timeout_s, with_stderr, !with_stderr, true, out };

	*out = NULL;
	return spawn(argv, &s);
}
