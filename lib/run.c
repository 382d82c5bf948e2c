/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One child, one pipe for its output and perhaps one for its input. The run is over when the child has been reaped; what a
 * grandchild still holds open does not delay it.
 */
#include "lib/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"

struct run {
	struct ev_loop *loop;
	struct ev out, in;
	struct ev_timer deadline;
	struct ev_child child;
	run_fn fn; /* NULL: cancelled */
	void *arg;
	pid_t pid;
	int kill_ms;
	bool timed_out, truncated;
	char *output;
	size_t output_byte, output_size, max_output_byte;
	char *input;
	size_t input_byte, input_done;
};

static void close_ev(struct ev *ev)
{
	if (!ev->loop)
		return;
	ev_del(ev);
	close(ev->fd);
}

static void run_free(struct run *run)
{
	ev_timer_stop(&run->deadline);
	close_ev(&run->out);
	close_ev(&run->in);
	ev_child_del(&run->child);
	free(run->output);
	free(run->input);
	free(run);
}

static void keep_output(struct run *run, const char *buf, size_t n)
{
	size_t room = run->max_output_byte - run->output_byte, size;
	char *bigger;

	if (n > room) {
		run->truncated = true;
		n = room;
	}
	if (run->output_byte + n + 1 > run->output_size) {
		size = 2 * (run->output_byte + n + 1);
		bigger = realloc(run->output, size);
		if (!bigger) {
			run->truncated = true;
			return;
		}
		run->output = bigger;
		run->output_size = size;
	}
	memcpy(run->output + run->output_byte, buf, n);
	run->output_byte += n;
	run->output[run->output_byte] = '\0';
}

/* Bounded: a child that writes without end must not hold the loop. False: nothing more for now. */
static bool read_some(struct run *run)
{
	char buf[4096];
	ssize_t n = read(run->out.fd, buf, sizeof(buf));

	if (n > 0) {
		keep_output(run, buf, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_ev(&run->out);
	return false;
}

static void output_readable(struct ev *ev, void *arg)
{
	(void)ev;
	read_some(arg);
}

static void input_writable(struct ev *ev, void *arg)
{
	struct run *run = arg;
	ssize_t n = write(ev->fd, run->input + run->input_done, run->input_byte - run->input_done);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		run->input_done += (size_t)n;
	if (n < 0 || run->input_done == run->input_byte)
		close_ev(&run->in);
}

static void child_ended(struct ev_child *child, int status, void *arg)
{
	struct run *run = arg;
	struct run_result result = { .exit_code = -1 };
	int i;

	(void)child;
	for (i = 0; i < 64 && run->out.loop && read_some(run); i++)
		;
	/* the rest of its group, if the deadline was the reason */
	if (run->timed_out)
		kill(-run->pid, SIGKILL);
	if (WIFEXITED(status))
		result.exit_code = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		result.signo = WTERMSIG(status);
	result.timed_out = run->timed_out;
	result.truncated = run->truncated;
	result.output = run->output ? run->output : "";
	result.output_byte = run->output_byte;
	if (run->fn)
		run->fn(&result, run->arg);
	run_free(run);
}

static void kill_group(struct ev_timer *timer, void *arg)
{
	struct run *run = arg;

	(void)timer;
	kill(-run->pid, SIGKILL);
}

void run_stop(struct run *run)
{
	if (run->kill_ms < 0) {
		kill_group(NULL, run);
		return;
	}
	kill(-run->pid, SIGTERM);
	/* the heap has room for it: this timer was in it or, without a deadline, the kill at once is the safe side */
	if (ev_timer_set(run->loop, &run->deadline, run->kill_ms, kill_group, run))
		kill_group(NULL, run);
}

static void deadline_reached(struct ev_timer *timer, void *arg)
{
	struct run *run = arg;

	(void)timer;
	run->timed_out = true;
	run_stop(run);
}

void run_cancel(struct run *run)
{
	run->fn = NULL;
	close_ev(&run->out);
	close_ev(&run->in);
	ev_timer_stop(&run->deadline);
	kill(-run->pid, SIGKILL);
}

pid_t run_pid(const struct run *run)
{
	return run->pid;
}

/* In the child. */
static int become(const struct run_spec *spec)
{
	struct passwd *pw;

	if (spec->dir && chdir(spec->dir) < 0)
		return -1;
	if (!spec->set_ids)
		return 0;
	pw = getpwuid(spec->uid);
	if ((pw ? initgroups(pw->pw_name, spec->gid) : setgroups(1, &spec->gid)) < 0)
		return -1;
	return setgid(spec->gid) < 0 || setuid(spec->uid) < 0 ? -1 : 0;
}

static void set_stdio(const struct run_spec *spec, int in, int out)
{
	int null = open("/dev/null", O_RDWR);

	dup2(in >= 0 ? in : null, STDIN_FILENO);
	if (!spec->keep_output) {
		dup2(out, STDOUT_FILENO);
		dup2(spec->split_stderr ? null : out, STDERR_FILENO);
	}
	if (null > STDERR_FILENO)
		close(null);
}

/* A child that stays this program must not hold its siblings' connections open. */
static void close_inherited(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (fd > STDERR_FILENO && fd != dirfd(dir))
			close(fd);
	}
	if (dir)
		closedir(dir);
}

static void child_main(struct ev_loop *loop, const struct run_spec *spec, int in, int out)
{
	int signo, code;

	setpgid(0, 0);
	ev_forked(loop);
	/* ignored signals would stay ignored through exec */
	for (signo = 1; signo < 32; signo++)
		signal(signo, SIG_DFL);
	set_stdio(spec, in, out);
	if (become(spec) < 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", spec->dir ? spec->dir : "setuid", strerror(errno));
		_exit(127);
	}
	if (spec->child) {
		close_inherited();
		code = spec->child(spec->child_arg);
		fflush(NULL);
		_exit(code);
	}
	if (spec->env)
		execvpe(spec->argv[0], (char *const *)spec->argv, (char *const *)spec->env);
	else
		execvp(spec->argv[0], (char *const *)spec->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", spec->argv[0], strerror(errno));
	_exit(127);
}

static int make_pipe(int fd[2], int ours)
{
	if (fault_sys() || pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	fcntl(fd[ours], F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_pipe(int fd[2])
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
}

static int run_alloc(struct run **out, struct ev_loop *loop, const struct run_spec *spec, run_fn fn, void *arg)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return -ENOMEM;
	run->loop = loop;
	run->fn = fn;
	run->arg = arg;
	run->kill_ms = spec->kill_ms ? spec->kill_ms : RUN_KILL_MS;
	run->max_output_byte = spec->max_output_byte ? spec->max_output_byte : RUN_MAX_OUTPUT_BYTE;
	if (spec->input) {
		run->input_byte = spec->input_byte;
		run->input = malloc(spec->input_byte + 1);
		if (!run->input) {
			free(run);
			return -ENOMEM;
		}
		memcpy(run->input, spec->input, spec->input_byte);
	}
	*out = run;
	return 0;
}

/* Before the fork: what may fail here must not leave a child behind. */
static int run_watch(struct run *run, const struct run_spec *spec, int in, int out)
{
	int err = 0;

	if (out >= 0)
		err = ev_add(run->loop, &run->out, out, EV_READ, output_readable, run);
	if (!err && in >= 0)
		err = ev_add(run->loop, &run->in, in, EV_WRITE, input_writable, run);
	if (!err && spec->timeout_ms > 0)
		err = ev_timer_set(run->loop, &run->deadline, spec->timeout_ms, deadline_reached, run);
	if (err) {
		ev_del(&run->out);
		ev_del(&run->in);
	}
	return err;
}

int run_start(struct run **out, struct ev_loop *loop, const struct run_spec *spec, run_fn fn, void *arg)
{
	int output[2] = { -1, -1 }, input[2] = { -1, -1 };
	struct run *run;
	int err;

	err = run_alloc(&run, loop, spec, fn, arg);
	if (err)
		return err;
	if (!spec->keep_output)
		err = make_pipe(output, 0);
	if (!err && spec->input)
		err = make_pipe(input, 1);
	if (!err)
		err = run_watch(run, spec, input[1], output[0]);
	if (err)
		goto close_pipes;
	fflush(NULL); /* or a child function would write what is buffered here once more */
	run->pid = fault_sys() ? -1 : fork();
	if (run->pid == 0)
		child_main(loop, spec, input[0], output[1]);
	if (run->pid < 0) {
		err = -errno;
		goto unwatch;
	}
	/* on both sides of the fork, so that neither a kill nor the child's own start comes too early */
	setpgid(run->pid, run->pid);
	ev_child_add(loop, &run->child, run->pid, child_ended, run);
	if (output[1] >= 0)
		close(output[1]);
	if (input[0] >= 0)
		close(input[0]);
	if (out)
		*out = run;
	return 0;

unwatch:
	ev_timer_stop(&run->deadline);
	ev_del(&run->out);
	ev_del(&run->in);
close_pipes:
	close_pipe(output);
	close_pipe(input);
	run_free(run);
	return err;
}

struct run_waiter {
	struct ev_loop loop;
	struct run_result result;
	char *output;
	int err;
};

static void waited(const struct run_result *result, void *arg)
{
	struct run_waiter *waiter = arg;

	waiter->result = *result;
	waiter->output = malloc(result->output_byte + 1);
	if (waiter->output)
		memcpy(waiter->output, result->output, result->output_byte + 1);
	else
		waiter->err = -ENOMEM;
	waiter->result.output = waiter->output;
	ev_stop(&waiter->loop);
}

int run_wait(const struct run_spec *spec, struct run_result *result)
{
	struct run_waiter waiter;
	int err;

	memset(&waiter, 0, sizeof(waiter));
	err = ev_init(&waiter.loop, NULL);
	if (err)
		return err;
	err = run_start(NULL, &waiter.loop, spec, waited, &waiter);
	if (!err)
		err = ev_run(&waiter.loop);
	if (!err)
		err = waiter.err;
	if (!err)
		*result = waiter.result;
	ev_free(&waiter.loop);
	/* its signalfd may have taken the signal of a child that another loop waits for */
	raise(SIGCHLD);
	return err;
}
