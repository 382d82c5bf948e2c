/* A unit test program: TEST(name) bodies of CHECKs, listed in main by RUN; prints TAP. */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int unit_nr, unit_failed, unit_bad;

/* Notes a failure with its place and goes on, so that one run shows all of them (at most 20 a test). */
#define CHECK(cond) CHECK_MSG(cond, "%s", #cond)
#define CHECK_MSG(cond, ...)                                                                       \
	do {                                                                                       \
		if (!(cond) && unit_bad++ < 20) {                                                  \
			printf("# %s:%d: ", __FILE__, __LINE__);                                   \
			printf(__VA_ARGS__);                                                       \
			printf("\n");                                                              \
		}                                                                                  \
	} while (0)
#define CHECK_INT(have, want)                                                                      \
	do {                                                                                       \
		long long have_ = (have), want_ = (want);                                          \
		CHECK_MSG(have_ == want_, "%s is %lld, want %lld", #have, have_, want_);           \
	} while (0)
#define CHECK_STR(have, want)                                                                      \
	do {                                                                                       \
		const char *have_ = (have), *want_ = (want);                                       \
		CHECK_MSG(have_ && !strcmp(have_, want_), "%s is \"%s\", want \"%s\"", #have,      \
			  have_ ? have_ : "(null)", want_);                                        \
	} while (0)

/* The name is a sentence about behaviour: RUN(clock_jump_back_keeps_timers). */
#define TEST(name) static void name(void)
#define RUN(name)                                                                                  \
	do {                                                                                       \
		unit_bad = 0;                                                                      \
		name();                                                                            \
		unit_failed += !!unit_bad;                                                         \
		printf("%s %d - %s\n", unit_bad ? "not ok" : "ok", ++unit_nr, #name);              \
		fflush(stdout);                                                                    \
	} while (0)
#define UNIT_END (printf("1..%d\n", unit_nr), unit_failed != 0)

#endif
