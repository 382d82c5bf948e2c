/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a program, or a function in a child process, on an event loop: collects its output and exit code before a
 * deadline. The child leads a process group of its own, which is killed as a whole.
 */
#ifndef LIB_RUN_H
#define LIB_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/ev.h"

enum { RUN_KILL_MS = 2000, RUN_MAX_OUTPUT_BYTE = 64 << 10 };

struct run;

struct run_spec {
	const char *const *argv; /* argv[0] with a slash is the file, without one it is looked up in PATH */
	const char *const *env;	 /* NULL: this process's environment */
	int (*child)(void *arg); /* instead of argv: runs in the child, its return is the exit code; output by fd 1 and 2 */
	void *child_arg;
	const char *input;   /* written to its stdin; NULL: /dev/null */
	size_t input_byte;
	int timeout_ms;	     /* then SIGTERM to the group; 0: none */
	int kill_ms;	     /* and SIGKILL that much later; 0: RUN_KILL_MS; negative: SIGKILL at once */
	size_t max_output_byte; /* what is more is read and dropped; 0: RUN_MAX_OUTPUT_BYTE */
	bool keep_output;    /* stdout and stderr as they are, nothing is collected */
	bool split_stderr;   /* collect stdout alone; stderr goes to /dev/null */
	bool set_ids;	     /* become uid, gid with that user's groups */
	uid_t uid;
	gid_t gid;
	const char *dir;     /* working directory; NULL: as it is */
};

struct run_result {
	int exit_code;	 /* 0..255; 127: could not be started, output says why; -1: killed by signo */
	int signo;	 /* 0: none */
	bool timed_out;	 /* the deadline was reached, whatever the exit code says */
	bool truncated;	 /* output was longer than max_output_byte */
	const char *output; /* NUL-terminated; gone after the callback */
	size_t output_byte;
};

/* The run is over and freed after this call. */
typedef void (*run_fn)(const struct run_result *result, void *arg);

/*
 * Starts it; spec and what it points to, but for input, may go after the call; input is copied. *run (may be NULL) is
 * valid until fn is called. 0 or -errno of pipe, fork or allocation; then fn is never called.
 */
int run_start(struct run **run, struct ev_loop *loop, const struct run_spec *spec, run_fn fn, void *arg);

pid_t run_pid(const struct run *run);
/* SIGTERM to the group now, SIGKILL kill_ms later; fn is still called. */
void run_stop(struct run *run);
/* SIGKILL to the group, reap in the background; fn is not called, run is gone. */
void run_cancel(struct run *run);

/* The same without a loop of the caller's: blocks until it is over. result->output is the caller's to free(). */
int run_wait(const struct run_spec *spec, struct run_result *result);

#endif
