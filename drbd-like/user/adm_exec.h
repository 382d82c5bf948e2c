/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the other tools, or says what would be run (drbd-tools.md A2). */
#ifndef ADM_EXEC_H
#define ADM_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct adm_exec {
	bool dry_run;
	int verbose;
	const char *sh_varname; /* NULL: no assignment before each command */
};

enum adm_exec_flag { ADM_QUIET = 1 << 0, /* stderr goes to /dev/null */
		     ADM_SILENT = 1 << 1 /* a failure is not reported */ };

/*
 * Prints the command where asked to and, unless this is a dry run, runs it on this terminal and waits at most timeout_s
 * seconds (0: for ever). res is its DRBD_RESOURCE. Returns its exit code; 20 with a message: could not be run, a signal ended it, or
 * no end in time, and it is left alone then: what hangs in the kernel can not be killed.
 */
int adm_exec_run(const struct adm_exec *exec, const char *const *argv, const char *res, unsigned int timeout_s, int flags);

/*
 * The same with its output in *out, NUL-terminated, free() by the caller; NULL if there is none. with_stderr: that too,
 * else it goes to /dev/null. Runs in a dry run as well and prints nothing.
 */
int adm_exec_capture(const char *const *argv, const char *res, unsigned int timeout_s,
		     bool with_stderr, char **out);

/* The line that a dry run prints, without the assignment. */
void adm_exec_print(FILE *out, const char *const *argv);
/* One word, with a backslash before everything a shell might take for itself. */
void adm_exec_escape(FILE *out, const char *word);

#endif
