/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fault.h"

static char said[512];

static void hear(const struct conf *conf, bool is_error, unsigned int line, const char *msg, void *arg)
{
	size_t len = strlen(said);

	(void)arg;
	snprintf(said + len, sizeof(said) - len, "%s%s:%u:%s|", is_error ? "" : "w:", conf->file, line, msg);
}

static struct conf *start(char *text)
{
	static struct conf conf;

	memset(&conf, 0, sizeof(conf));
	conf.report = hear;
	said[0] = '\0';
	conf_start(&conf, "f", text);
	return &conf;
}

TEST(lines_are_numbered_and_the_last_needs_no_newline)
{
	char text[] = "one\n\ntwo\r\nthree";
	struct conf *conf = start(text);

	CHECK_STR(conf_next_line(conf), "one");
	CHECK_STR(conf_next_line(conf), "");
	CHECK_STR(conf_next_line(conf), "two\r");
	CHECK_STR(conf_next_line(conf), "three");
	CHECK_INT(conf->line, 4);
	CHECK(!conf_next_line(conf));
	conf_start(conf, "f", text + strlen(text));
	CHECK(!conf_next_line(conf));
}

TEST(words_are_cut_at_blanks_and_a_comment_ends_them)
{
	char text[] = "  a\tbc  d#e # not this", quoted[] = "x \"a b\" c\"d\\\"e\\\\\" \"\" #", open[] = "a \"b";
	struct conf *conf = start(text);
	char *word[4];

	CHECK_INT(conf_words(conf, text, word, 4, false), 3);
	CHECK_STR(word[0], "a");
	CHECK_STR(word[1], "bc");
	CHECK_STR(word[2], "d#e");
	CHECK_INT(conf_words(conf, quoted, word, 3, true), 4);
	CHECK_STR(word[1], "a b");
	CHECK_STR(word[2], "cd\"e\\");
	CHECK_INT(conf_words(conf, open, word, 4, true), -EINVAL);
	CHECK_STR(said, "f:0:no closing quote|");
}

TEST(errors_are_counted_and_carry_their_line)
{
	char text[] = "a\nb\n";
	struct conf *conf = start(text);

	conf_next_line(conf);
	conf_error(conf, "bad %s", "a");
	conf_next_line(conf);
	conf_warn(conf, "odd");
	conf_error_at(conf, 1, "again");
	CHECK_STR(said, "f:1:bad a|w:f:2:odd|f:1:again|");
	CHECK_INT(conf->errors, 2);
	CHECK_INT(conf->warnings, 1);
}

TEST(without_a_listener_errors_go_to_the_log_with_file_and_line)
{
	char text[] = "a\n", buf[64] = "";
	struct conf *conf = start(text);
	int fd[2], err;

	CHECK_INT(pipe(fd), 0);
	err = dup(2);
	dup2(fd[1], 2);
	conf->report = NULL;
	conf_error(conf, "first");
	conf_next_line(conf);
	conf_warn(conf, "second");
	dup2(err, 2);
	CHECK(read(fd[0], buf, sizeof(buf) - 1) > 0);
	CHECK_STR(buf, "f: first\nf:1: second\n");
	close(fd[0]);
	close(fd[1]);
	close(err);
}

static const struct conf_keyword keywords[] = { { "keepalive", 1 }, { "deadtime", 2 }, { "warntime", 3 }, { NULL, 0 } };

TEST(keywords_are_found_and_the_nearest_is_offered)
{
	CHECK_INT(conf_find(keywords, "deadtime")->value, 2);
	CHECK(!conf_find(keywords, "dead"));
	CHECK_STR(conf_nearest(keywords, sizeof(keywords[0]), "deatime"), "deadtime");
	CHECK_STR(conf_nearest(keywords, sizeof(keywords[0]), "keepailve"), "keepalive");
	CHECK(!conf_nearest(keywords, sizeof(keywords[0]), "zzz"));
	CHECK(!conf_nearest(keywords, sizeof(keywords[0]), ""));
	CHECK(!conf_nearest(keywords, sizeof(keywords[0]), "a-word-that-is-far-too-long-to-be-a-keyword"));
}

TEST(numbers_take_the_whole_word_and_keep_their_range)
{
	static const struct {
		const char *word;
		int err;
		int64_t value;
	} rows[] = {
		{ "0", 0, 0 },	   { "-5", 0, -5 },	 { "+7", 0, 7 },	{ "10", 0, 10 },  { "11", -ERANGE, 0 },
		{ "", -EINVAL, 0 }, { "x", -EINVAL, 0 }, { "5x", -EINVAL, 0 }, { "0x5", -EINVAL, 0 }, { " 5", -EINVAL, 0 },
		{ "-", -EINVAL, 0 }, { "- 5", -EINVAL, 0 }, { "99999999999999999999", -ERANGE, 0 }, { "-6", -ERANGE, 0 },
	};
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = 77;
		CHECK_MSG(conf_num(rows[i].word, -5, 10, &value) == rows[i].err, "'%s'", rows[i].word);
		CHECK_INT(value, rows[i].err ? 77 : rows[i].value);
	}
}

TEST(times_have_units_fractions_and_rounding)
{
	static const struct conf_unit heartbeat[] = { { "", 1000, 1 }, { "ms*", 1, 1 }, { "us*", 1, 1000 }, { NULL, 0, 0 } };
	static const struct {
		const struct conf_unit *units;
		const char *word;
		int err;
		int64_t value;
	} rows[] = {
		{ conf_time_units, "2", 0, 2000 },	 { conf_time_units, "1500ms", 0, 1500 },
		{ conf_time_units, "0.5", 0, 500 },	 { conf_time_units, ".25s", 0, 250 },
		{ conf_time_units, "499us", 0, 0 },	 { conf_time_units, "500us", 0, 1 },
		{ conf_time_units, "1.5m", 0, 90000 },	 { conf_time_units, "1h", 0, 3600000 },
		{ conf_time_units, "1500us", 0, 2 },	 { conf_time_units, "0.0004", 0, 0 },
		{ conf_time_units, "0.0005", 0, 1 },	 { conf_time_units, "5.", 0, 5000 },
		{ conf_time_units, ".", -EINVAL, 0 },	 { conf_time_units, "ms", -EINVAL, 0 },
		{ conf_time_units, "-1", -EINVAL, 0 },	 { conf_time_units, "1 s", -EINVAL, 0 },
		{ conf_time_units, "1.1.1", -EINVAL, 0 }, { conf_time_units, "1d", -EINVAL, 0 },
		{ conf_time_units, "99999999999999999999", -ERANGE, 0 },
		{ conf_time_units, "9007199254740993ms", -ERANGE, 0 },
		{ conf_time_units, "9007199254740991ms", 0, 9007199254740991LL },
		{ conf_time_units, "0.123456789012345", 0, 123 },
		{ heartbeat, "1s", -EINVAL, 0 },	 { heartbeat, "100MSec", 0, 100 },
		{ heartbeat, "1usx", 0, 0 },
	};
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = 77;
		CHECK_MSG(conf_scaled(rows[i].word, rows[i].units, &value) == rows[i].err, "'%s'", rows[i].word);
		CHECK_MSG(value == (rows[i].err ? 77 : rows[i].value), "'%s' is %lld", rows[i].word, (long long)value);
	}
}

TEST(booleans_have_five_spellings_each)
{
	bool value;

	CHECK(!conf_bool("YES", &value) && value);
	CHECK(!conf_bool("n", &value) && !value);
	CHECK(!conf_bool("on", &value) && value);
	CHECK(!conf_bool("False", &value) && !value);
	CHECK_INT(conf_bool("", &value), -EINVAL);
	CHECK_INT(conf_bool("yess", &value), -EINVAL);
}

static char path[] = "/tmp/test_conf.XXXXXX";

TEST(files_are_read_whole_and_every_failure_is_reported)
{
	static char big[20000];
	char *text = NULL;
	size_t len = 0;
	int fd = mkstemp(path), nth, err, kind;

	memset(big, 'x', sizeof(big));
	CHECK_INT(write(fd, big, sizeof(big)), (int)sizeof(big));
	CHECK_INT(conf_read_file(path, 20000, &text, &len), 0);
	CHECK_INT(len, 20000);
	CHECK(text && strlen(text) == 20000);
	free(text);
	CHECK_INT(conf_read_file(path, 19999, &text, NULL), -EFBIG);
	CHECK_INT(conf_read_file("/", 100, &text, NULL), -EISDIR);
	CHECK_INT(conf_read_file("/nonexistent", 100, &text, NULL), -ENOENT);
	for (kind = FAULT_ALLOC; kind <= FAULT_SYS; kind++)
		for (nth = 0;; nth++) {
			fault_arm_kind(kind, nth, EIO);
			err = conf_read_file(path, 20000, &text, NULL);
			CHECK_INT(err, fault_fired() ? kind == FAULT_ALLOC ? -ENOMEM : -EIO : 0);
			if (!err)
				free(text);
			CHECK_INT(fault_leaks(), 0);
			if (!fault_fired())
				break;
		}
	fault_arm_kind(FAULT_READ, 1, EINTR);
	CHECK_INT(conf_read_file(path, 20000, &text, NULL), 0);
	free(text);
	fault_arm_short(FAULT_READ, 0);
	CHECK_INT(conf_read_file(path, 20000, &text, &len), 0);
	CHECK_INT(len, 20000);
	free(text);
	CHECK_INT(pwrite(fd, "", 1, 5), 1);
	CHECK_INT(conf_read_file(path, 20000, &text, NULL), -EINVAL);
	close(fd);
	unlink(path);
}

int main(void)
{
	RUN(lines_are_numbered_and_the_last_needs_no_newline);
	RUN(words_are_cut_at_blanks_and_a_comment_ends_them);
	RUN(errors_are_counted_and_carry_their_line);
	RUN(without_a_listener_errors_go_to_the_log_with_file_and_line);
	RUN(keywords_are_found_and_the_nearest_is_offered);
	RUN(numbers_take_the_whole_word_and_keep_their_range);
	RUN(times_have_units_fractions_and_rounding);
	RUN(booleans_have_five_spellings_each);
	RUN(files_are_read_whole_and_every_failure_is_reported);
	return UNIT_END;
}
