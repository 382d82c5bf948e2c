/* SPDX-License-Identifier: GPL-2.0-only */
/* One drbdsetup wait-connect per volume, dots for ten seconds, then a question to the operator until all have ended. */
#include "drbd-like/user/adm_wait.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "drbd-like/user/adm_answer.h"

enum { DOTS_S = 10, CLOCK_COLUMN = 31 };

struct wait {
	struct adm_run *run;
	pid_t *pid;
	int children, left;
	int tty; /* -1: nobody to ask */
	FILE *out;
	time_t start_s;
};

static time_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void start_child(struct wait *w, const struct adm_call *call, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid < 0) {
		fprintf(stderr, "%s: fork: %m\n", w->run->program);
		return;
	}
	if (!pid) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		signal(SIGINT, SIG_DFL); /* it is how the waiting is ended, also below a script that ignores it */
		setenv("DRBD_RESOURCE", call->res->name, 1);
		execvp(call->argv[0], (char *const *)call->argv);
		fprintf(stderr, "Can not exec %s: %m\n", call->argv[0]);
		_exit(127);
	}
	w->pid[w->children++] = pid;
	w->left++;
}

/* Forgets those that have ended. */
static void reap(struct wait *w)
{
	int i;

	for (i = 0; i < w->children; i++)
		if (w->pid[i] && waitpid(w->pid[i], NULL, WNOHANG)) {
			w->pid[i] = 0;
			w->left--;
		}
}

static void stop_children(struct wait *w)
{
	int i;

	for (i = 0; i < w->children; i++)
		if (w->pid[i])
			kill(w->pid[i], SIGINT);
	for (i = 0; i < w->children; i++)
		if (w->pid[i])
			waitpid(w->pid[i], NULL, 0);
}

/* At most a second, less when a child ends or, with a terminal, a key is hit. */
static void pause_until(struct wait *w, int ms)
{
	struct pollfd pfd = { .fd = w->tty, .events = POLLIN };
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	sigset_t none;

	sigemptyset(&none);
	ppoll(&pfd, w->tty >= 0, &ts, &none); /* SIGCHLD is blocked but here */
}

static void child_ended(int signo)
{
	(void)signo;
}

static const char *seconds(const struct adm_res *res, const char *name)
{
	const struct adm_opt *opt = adm_opt_find(&res->opts[ADM_STARTUP], name);

	return opt ? opt->value : "0";
}

static void explain(struct wait *w, const struct adm_res *res)
{
	static const char stars[] = "***************************************************************";

	fprintf(w->out, "\n%s\n"
		" DRBD's start-up waits until the peer nodes are connected.\n"
		" How long depends on how this node went down (resource '%s'):\n"
		"  - it was a degraded cluster (degr-wfc-timeout): %s seconds\n"
		"  - the peer was there as well (wfc-timeout):      %s seconds\n"
		"    0 stands for ever.\n"
		"%s\n To abort waiting enter 'yes' [ -- ]:", stars, res->name, seconds(res, "degr-wfc-timeout"),
		seconds(res, "wfc-timeout"), stars);
	fflush(w->out);
}

static void show_clock(struct wait *w)
{
	fprintf(w->out, "\033[s\033[%dG[%4ld]:\033[u", CLOCK_COLUMN, (long)(now_s() - w->start_s));
	fflush(w->out);
}

/* True: the operator has had enough. */
static bool read_keys(struct wait *w, struct adm_answer *answer)
{
	struct pollfd pfd = { .fd = w->tty, .events = POLLIN };
	char key;

	while (w->tty >= 0 && poll(&pfd, 1, 0) > 0) {
		if (read(w->tty, &key, 1) != 1) {
			w->tty = -1; /* the terminal is gone: wait without it */
			return false;
		}
		if (key >= ' ' || key == '\r' || key == '\n')
			fprintf(w->out, "%c", key == '\r' ? '\n' : key);
		fflush(w->out);
		if (adm_answer_key(answer, key))
			return true;
	}
	return false;
}

/* A splash screen would hide the question. */
static void end_splash(struct wait *w)
{
	static const char *const splash[][3] = {
		{ "/bin/plymouth", "quit", NULL }, { "/usr/bin/plymouth", "quit", NULL }, { "/sbin/usplash_write", "QUIT", NULL },
	};
	struct adm_exec quiet = { .dry_run = false };
	size_t i;

	for (i = 0; i < sizeof(splash) / sizeof(splash[0]); i++)
		if (!access(splash[i][0], X_OK))
			adm_exec_run(&quiet, splash[i], NULL, w->run->conf->global.timeout_short_s, ADM_QUIET | ADM_SILENT);
}

static void ask(struct wait *w, const struct adm_res *first)
{
	unsigned int refresh_s = w->run->conf->global.dialog_refresh_s;
	struct adm_answer answer = { .len = 0 };
	struct termios saved, raw;
	bool is_tty = w->tty >= 0 && !tcgetattr(w->tty, &saved);
	time_t shown_s = 0;
	int tty = w->tty;

	if (is_tty) {
		raw = saved;
		raw.c_lflag &= (tcflag_t)~(ICANON | ECHO | ISIG);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(tty, TCSANOW, &raw);
	}
	end_splash(w);
	explain(w, first);
	while (w->left) {
		if (refresh_s && now_s() - shown_s >= (time_t)refresh_s) {
			show_clock(w);
			shown_s = now_s();
		}
		pause_until(w, 1000);
		reap(w);
		if (read_keys(w, &answer)) {
			stop_children(w);
			break;
		}
	}
	fputc('\n', w->out);
	if (is_tty)
		tcsetattr(tty, TCSANOW, &saved);
}

static void dots(struct wait *w)
{
	time_t last_s = now_s();

	while (w->left && now_s() - w->start_s < DOTS_S) {
		pause_until(w, 1000);
		reap(w);
		if (now_s() == last_s)
			continue;
		last_s = now_s();
		fputc('.', w->out);
		fflush(w->out);
	}
}

static void open_console(struct wait *w)
{
	w->tty = STDIN_FILENO;
	w->out = stdout;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return;
	fprintf(stderr, "WARN: stdin/stdout is not a TTY; using /dev/console\n");
	if (w->run->exec.dry_run)
		return;
	w->tty = open("/dev/console", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	w->out = fopen("/dev/console", "w");
	if (!w->out)
		w->out = stdout;
}

/* Every volume's call; the resource of the first is what the text speaks of. */
static const struct adm_res *start_all(struct wait *w, const sigset_t *mask)
{
	const struct adm_res *res, *first = NULL;
	const struct adm_vol *vol;
	struct adm_call *call;

	for (res = w->run->conf->res; res; res = res->next) {
		if (!adm_selected(w->run, res))
			continue;
		first = first ? first : res;
		for (vol = res->me->vols; vol; vol = vol->next) {
			call = adm_call_wait(w->run, res, vol);
			if (w->run->exec.dry_run || w->run->exec.verbose)
				adm_exec_print(stdout, call->argv);
			if (!w->run->exec.dry_run)
				start_child(w, call, mask);
		}
	}
	return first;
}

int adm_wait_connections(struct adm_run *run)
{
	struct wait w = { .run = run, .start_s = now_s() };
	struct sigaction action = { .sa_handler = child_ended }, old_action;
	sigset_t chld, old_mask;
	const struct adm_res *first;

	open_console(&w);
	w.pid = adm_alloc(&run->conf->mem, (run->conf->volumes + 1) * sizeof(*w.pid));
	fflush(NULL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old_mask);
	sigaction(SIGCHLD, &action, &old_action);
	first = start_all(&w, &old_mask);
	dots(&w);
	if (w.left)
		ask(&w, first);
	sigaction(SIGCHLD, &old_action, NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	if (w.out != stdout)
		fclose(w.out);
	return 0;
}
