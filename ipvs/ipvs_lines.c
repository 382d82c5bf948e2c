/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/fault.h"

#define BLANKS " \t\r"

void ipvs_lines_init(struct ipvs_lines *lines, int fd)
{
	memset(lines, 0, offsetof(struct ipvs_lines, buf));
	lines->fd = fd;
}

/* More bytes behind those that are there, which move to the front. 0 or -errno. */
static int fill(struct ipvs_lines *lines)
{
	struct pollfd ready = {.fd = lines->fd, .events = POLLIN};
	ssize_t n;

	memmove(lines->buf, lines->buf + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	if (lines->end == sizeof(lines->buf) - 1) /* room for a NUL behind a last line without newline */
		return -EMSGSIZE;
	if (lines->idle && poll(&ready, 1, 0) == 0)
		lines->idle(lines->idle_arg);
	do {
		n = read(lines->fd, lines->buf + lines->end, sizeof(lines->buf) - 1 - lines->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->eof = n == 0;
	lines->end += (size_t)n;
	return 0;
}

int ipvs_lines_next(struct ipvs_lines *lines, char **line)
{
	char *newline = NULL;
	int err;

	while (!(newline = memchr(lines->buf + lines->start, '\n', lines->end - lines->start)) && !lines->eof) {
		err = fill(lines);
		if (err) {
			lines->line++;
			return err;
		}
	}
	if (!newline && lines->start == lines->end) {
		*line = NULL;
		return 0;
	}
	if (!newline)
		newline = lines->buf + lines->end++;
	*newline = 0;
	*line = lines->buf + lines->start;
	lines->start = (size_t)(newline + 1 - lines->buf);
	lines->line++;
	return 0;
}

int ipvs_lines_split(char *line, const char *word[IPVS_LINE_WORDS])
{
	char *save, *w;
	int n = 1;

	for (w = strtok_r(line, BLANKS, &save); w; w = strtok_r(NULL, BLANKS, &save)) {
		if (!strcmp(w, "ipvsadm"))
			continue;
		if (n == IPVS_LINE_WORDS)
			return -E2BIG;
		word[n++] = w;
	}
	return n;
}
