/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of a descriptor, and their words (ipvsadm.md 9). */
#ifndef IPVS_LINES_H
#define IPVS_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { IPVS_LINE_BYTE = 64 << 10, IPVS_LINE_WORDS = 256 };

struct ipvs_lines {
	int fd;
	unsigned long line; /* number of the one handed out last, or that could not be; from 1 */
	/* Called before a read that may have to wait for whoever writes the lines; NULL: not. */
	void (*idle)(void *arg);
	void *idle_arg;
	bool eof;
	size_t start, end; /* of what is in buf and not yet handed out */
	char buf[IPVS_LINE_BYTE];
};

void ipvs_lines_init(struct ipvs_lines *lines, int fd);

/*
 * *line is the next line without its newline, to be written to freely until the next call, or NULL at the end. 0 or -errno:
 * -EMSGSIZE for a line that does not fit IPVS_LINE_BYTE, those of read.
 */
int ipvs_lines_next(struct ipvs_lines *lines, char **line);

/*
 * Pure: cuts a line into words in place, dropping every word "ipvsadm". word[0] is left for the program's name. Returns the
 * words with it, so 1 for none; -E2BIG for more than IPVS_LINE_WORDS.
 */
int ipvs_lines_split(char *line, const char *word[IPVS_LINE_WORDS]);

#endif
