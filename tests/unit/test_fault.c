/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault injector itself: it has to fail exactly what was asked for, and to see every leak. */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "lib/fault.h"

TEST(the_nth_allocation_fails_once)
{
	void *a, *b, *c;

	fault_arm(1);
	a = malloc(1);
	b = malloc(1);
	CHECK(a && !b && fault_fired());
	CHECK_INT(errno, ENOMEM);
	c = calloc(2, 2);
	CHECK(c);
	free(a);
	free(c);
	CHECK_INT(fault_leaks(), 0);
}

TEST(every_kind_of_allocation_is_counted_as_a_leak_until_freed)
{
	char *a = NULL, *d = NULL;
	void *b, *c;

	fault_arm(100);
	CHECK_INT(asprintf(&a, "%d", 42), 2);
	CHECK_STR(a, "42");
	b = strdup("x");
	c = strndup("xyz", 2);
	CHECK_STR((char *)c, "xy");
	/* cppcheck-suppress memleakOnRealloc ; none fails here */
	d = realloc(d, 5);
	CHECK_INT(fault_leaks(), 4);
	/* cppcheck-suppress memleakOnRealloc ; none fails here */
	d = realloc(d, 500);
	CHECK_INT(fault_leaks(), 4);
	free(a);
	free(b);
	free(c);
	free(d);
	CHECK_INT(fault_leaks(), 0);
	CHECK(!fault_fired());
}

TEST(realloc_keeps_the_content_and_a_failed_one_the_block)
{
	char *p = strdup("abc"), *q;

	/* cppcheck-suppress memleakOnRealloc ; none fails here */
	p = realloc(p, 100);
	CHECK_STR(p, "abc");
	fault_arm(0);
	q = realloc(p, 1000);
	CHECK(!q);
	CHECK_STR(p, "abc");
	free(p);
}

TEST(a_size_that_overflows_is_refused)
{
	volatile size_t huge = (size_t)-1;

	fault_disarm();
	/* cppcheck-suppress leakReturnValNotUsed */
	CHECK(!calloc(huge / 2, 4));
	/* cppcheck-suppress leakReturnValNotUsed */
	CHECK(!malloc(huge));
}

TEST(blocks_of_an_earlier_round_are_not_counted)
{
	void *p = malloc(1);

	fault_arm(5);
	free(p);
	CHECK_INT(fault_leaks(), 0);
}

TEST(reads_and_writes_fail_or_come_up_short)
{
	char buf[8];
	int fd[2];

	CHECK_INT(pipe(fd), 0);
	fault_arm_kind(FAULT_WRITE, 0, EIO);
	CHECK_INT(write(fd[1], "abcd", 4), -1);
	CHECK_INT(errno, EIO);
	CHECK_INT(write(fd[1], "abcd", 4), 4);
	fault_arm_kind(FAULT_READ, 1, EINTR);
	CHECK_INT(read(fd[0], buf, 2), 2);
	CHECK_INT(read(fd[0], buf, 2), -1);
	CHECK_INT(errno, EINTR);
	fault_arm_short(FAULT_READ, 0);
	CHECK_INT(read(fd[0], buf, 2), 1);
	fault_arm_short(FAULT_WRITE, 0);
	CHECK_INT(write(fd[1], "abcd", 4), 1);
	CHECK(fault_fired());
	close(fd[0]);
	close(fd[1]);
}

TEST(a_system_call_point_fails_when_due)
{
	fault_arm_kind(FAULT_SYS, 1, EMFILE);
	CHECK(!fault_sys());
	CHECK(fault_sys());
	CHECK_INT(errno, EMFILE);
	CHECK(!fault_sys());
	fault_arm_kind(FAULT_SYS, 0, EMFILE);
	fault_disarm();
	CHECK(!fault_sys());
}

int main(void)
{
	RUN(the_nth_allocation_fails_once);
	RUN(every_kind_of_allocation_is_counted_as_a_leak_until_freed);
	RUN(realloc_keeps_the_content_and_a_failed_one_the_block);
	RUN(a_size_that_overflows_is_refused);
	RUN(blocks_of_an_earlier_round_are_not_counted);
	RUN(reads_and_writes_fail_or_come_up_short);
	RUN(a_system_call_point_fails_when_due);
	return UNIT_END;
}
