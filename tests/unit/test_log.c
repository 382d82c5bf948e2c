/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/fault.h"

static char path[] = "/tmp/test_log.XXXXXX";

static const char *content(void)
{
	static char buf[2 * LOG_MAX_LINE_BYTE];
	int fd = open(path, O_RDONLY);
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	close(fd);
	return buf;
}

static int add_file(const char *file, int max_level, log_format_fn format, char *arg)
{
	struct log_dest dest = { .kind = LOG_KIND_FILE, .max_level = max_level, .path = file, .format = format, .arg = arg };

	log_reset();
	return log_add(&dest);
}

static void bracket(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	snprintf(line, size, "[%s|%d|%d] %s", (char *)arg, level, now > 1000, msg);
}

TEST(levels_formats_and_errno_are_kept)
{
	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(add_file(path, LOG_INFO, bracket, "www"), 0);
	errno = ENOENT;
	log_err("%s: %m", "x");
	CHECK_INT(errno, ENOENT);
	log_debug("not this");
	log_info("this");
	CHECK_STR(content(), "[www|3|1] x: No such file or directory\n[www|6|1] this\n");
}

static bool only_errors(int level, time_t now, const char *msg, void *arg)
{
	(void)now;
	(void)msg;
	++*(int *)arg;
	return level == LOG_ERR;
}

TEST(who_is_asked_first_keeps_messages_from_the_others)
{
	int asked = 0;

	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(add_file(path, LOG_INFO, NULL, NULL), 0);
	log_first(only_errors, &asked);
	log_err("taken");
	log_info("not taken");
	log_reset();
	CHECK_INT(asked, 2);
	CHECK_STR(content(), "not taken\n");
}

TEST(a_long_message_is_cut_to_one_line)
{
	static char big[2 * LOG_MAX_LINE_BYTE];

	memset(big, 'x', sizeof(big) - 1);
	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(add_file(path, LOG_INFO, NULL, NULL), 0);
	log_warn("%s", big);
	CHECK_INT(strlen(content()), LOG_MAX_LINE_BYTE);
	CHECK(content()[LOG_MAX_LINE_BYTE - 1] == '\n');
}

TEST(a_rotated_file_is_made_anew)
{
	CHECK_INT(add_file(path, LOG_INFO, NULL, NULL), 0);
	unlink(path);
	log_info("new");
	CHECK_STR(content(), "new\n");
}

TEST(short_and_interrupted_writes_are_continued_and_a_failing_one_is_given_up)
{
	CHECK_INT(truncate(path, 0), 0);
	CHECK_INT(add_file(path, LOG_INFO, NULL, NULL), 0);
	fault_arm_short(FAULT_WRITE, 0);
	log_info("abc");
	fault_arm_kind(FAULT_WRITE, 0, EINTR);
	log_info("def");
	fault_arm_kind(FAULT_WRITE, 0, ENOSPC);
	log_info("lost");
	fault_arm_kind(FAULT_SYS, 0, EMFILE);
	log_info("lost too");
	CHECK(fault_fired());
	CHECK_STR(content(), "abc\ndef\n");
}

TEST(destinations_are_bounded_and_failures_leave_none)
{
	struct log_dest dest = { .kind = LOG_KIND_SYSLOG, .max_level = LOG_INFO, .ident = "t", .facility = LOG_LOCAL0 };
	int i, nth = 0, err;

	log_reset();
	for (i = 0; i < LOG_MAX_DEST; i++)
		CHECK_INT(log_add(&dest), 0);
	CHECK_INT(log_add(&dest), -ENOSPC);
	log_reset();
	dest.kind = LOG_KIND_FILE;
	dest.path = path;
	do {
		fault_arm(nth++);
		err = log_add(&dest);
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		log_reset();
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	fault_disarm();
	CHECK_INT(add_file("/nonexistent/x", LOG_INFO, NULL, NULL), -ENOENT);
}

TEST(stderr_is_used_until_told_otherwise_and_stdout_on_request)
{
	struct log_dest dest = { .kind = LOG_KIND_STDOUT, .max_level = LOG_DEBUG };
	int fd = open(path, O_RDWR | O_TRUNC | O_APPEND), out, err;

	log_reset();
	fflush(stdout);
	out = dup(1);
	err = dup(2);
	dup2(fd, 1);
	dup2(fd, 2);
	log_err("e");
	log_debug("no");
	log_add(&dest);
	log_debug("o");
	dup2(out, 1);
	dup2(err, 2);
	CHECK_STR(content(), "e\no\n");
	log_reset();
	close(fd);
	close(out);
	close(err);
}

TEST(facilities_have_names)
{
	CHECK_INT(log_facility("local0"), LOG_LOCAL0);
	CHECK_INT(log_facility("daemon"), LOG_DAEMON);
	CHECK_INT(log_facility("nonsense"), -1);
}

int main(void)
{
	close(mkstemp(path));
	RUN(levels_formats_and_errno_are_kept);
	RUN(who_is_asked_first_keeps_messages_from_the_others);
	RUN(a_long_message_is_cut_to_one_line);
	RUN(a_rotated_file_is_made_anew);
	RUN(short_and_interrupted_writes_are_continued_and_a_failing_one_is_given_up);
	RUN(destinations_are_bounded_and_failures_leave_none);
	RUN(stderr_is_used_until_told_otherwise_and_stdout_on_request);
	RUN(facilities_have_names);
	unlink(path);
	return UNIT_END;
}
