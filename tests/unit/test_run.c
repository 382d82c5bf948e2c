/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/fault.h"

static struct run_result last;
static char output[200001];
static int calls;

static void done(const struct run_result *result, void *arg)
{
	last = *result;
	snprintf(output, sizeof(output), "%s", result->output);
	calls++;
	ev_stop(arg);
}

/* Runs spec to its end; -errno of the start. */
static int run_it(const struct run_spec *spec)
{
	struct ev_loop loop;
	int err;

	memset(&last, 0, sizeof(last));
	err = ev_init(&loop, NULL);
	if (err)
		return err;
	err = run_start(NULL, &loop, spec, done, &loop);
	if (!err)
		ev_run(&loop);
	ev_free(&loop);
	return err;
}

static int sh(const char *script, struct run_spec spec)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	spec.argv = argv;
	return run_it(&spec);
}

#define SPEC(...) ((struct run_spec){ __VA_ARGS__ })

TEST(exit_code_and_output_of_both_streams_are_collected)
{
	CHECK_INT(sh("echo out; echo err >&2; exit 7", SPEC(.timeout_ms = 20000)), 0);
	CHECK_INT(last.exit_code, 7);
	CHECK_STR(output, "out\nerr\n");
	CHECK(!last.timed_out && !last.truncated && !last.signo);
	CHECK_INT(sh("echo out; echo err >&2", SPEC(.split_stderr = true)), 0);
	CHECK_STR(output, "out\n");
	CHECK_INT(sh("exit 3", SPEC(.keep_output = true)), 0);
	CHECK_INT(last.exit_code, 3);
}

TEST(a_program_that_is_not_there_exits_127_and_says_why)
{
	const char *argv[] = { "/nonexistent/program", NULL };
	struct run_spec spec = { .argv = argv };

	CHECK_INT(run_it(&spec), 0);
	CHECK_INT(last.exit_code, 127);
	CHECK_STR(output, "/nonexistent/program: No such file or directory\n");
	CHECK_INT(sh("true", SPEC(.dir = "/nonexistent")), 0);
	CHECK_INT(last.exit_code, 127);
}

TEST(the_deadline_ends_the_whole_group)
{
	CHECK_INT(sh("sleep 1000 & echo $!; wait", SPEC(.timeout_ms = 300)), 0);
	CHECK(last.timed_out);
	CHECK_INT(last.signo, SIGTERM);
	CHECK(atoi(output) > 0);
	/* the grandchild is gone, or a zombie that nobody has reaped yet */
	for (calls = 0; calls < 500 && !kill(atoi(output), 0); calls++) {
		char path[64], state = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", atoi(output));
		file = fopen(path, "r");
		if (!file || (fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state == 'Z')) {
			if (file)
				fclose(file);
			break;
		}
		fclose(file);
		usleep(10000);
	}
	CHECK(calls < 500);
}

TEST(one_that_ignores_sigterm_is_killed)
{
	CHECK_INT(sh("trap '' TERM; echo ready; while :; do sleep 1000; done", SPEC(.timeout_ms = 300, .kill_ms = 100)), 0);
	CHECK(last.timed_out);
	CHECK_INT(last.signo, SIGKILL);
	CHECK_INT(sh("sleep 1000", SPEC(.timeout_ms = 100, .kill_ms = -1)), 0);
	CHECK_INT(last.signo, SIGKILL);
}

TEST(a_background_grandchild_with_the_pipe_open_does_not_delay_the_end)
{
	CHECK_INT(sh("sleep 1000 & echo $!", SPEC(.timeout_ms = 60000)), 0);
	CHECK(!last.timed_out);
	CHECK_INT(last.exit_code, 0);
	CHECK_INT(kill(atoi(output), SIGKILL), 0);
}

TEST(output_is_bounded_and_the_rest_dropped)
{
	CHECK_INT(sh("head -c 100000 /dev/zero | tr '\\0' x", SPEC(.max_output_byte = 1000)), 0);
	CHECK(last.truncated);
	CHECK_INT(last.output_byte, 1000);
	CHECK_INT(last.exit_code, 0);
	CHECK_INT(sh("head -c 100000 /dev/zero | tr '\\0' x", SPEC(.max_output_byte = 100000)), 0);
	CHECK_INT(last.output_byte, 100000);
	CHECK(!last.truncated);
}

TEST(input_longer_than_a_pipe_is_written_piece_by_piece)
{
	static char big[200000];

	memset(big, 'y', sizeof(big));
	CHECK_INT(sh("wc -c", SPEC(.input = big, .input_byte = sizeof(big))), 0);
	CHECK_INT(atoi(output), 200000);
	/* nobody reads it */
	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(sh("exec <&-; sleep 0.2", SPEC(.input = big, .input_byte = sizeof(big))), 0);
	CHECK_INT(last.exit_code, 0);
	CHECK_INT(sh("kill -PIPE $$", SPEC(.timeout_ms = 10000)), 0);
	CHECK_INT(last.signo, SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

static int say_hello(void *arg)
{
	printf("hello %s", (const char *)arg);
	return 5;
}

TEST(a_function_runs_in_a_child)
{
	CHECK_INT(run_it(&SPEC(.child = say_hello, .child_arg = "you")), 0);
	CHECK_INT(last.exit_code, 5);
	CHECK_STR(output, "hello you");
}

TEST(environment_directory_and_ids_are_set)
{
	const char *env[] = { "A=b", "PATH=/usr/bin:/bin", NULL };

	CHECK_INT(sh("echo $A $(pwd)", SPEC(.env = env, .dir = "/")), 0);
	CHECK_STR(output, "b /\n");
	CHECK_INT(sh("id -u; id -g", SPEC(.set_ids = true, .uid = 65534, .gid = 65534)), 0);
	if (getuid())
		CHECK_INT(last.exit_code, 127);
	else
		CHECK_STR(output, "65534\n65534\n");
}

TEST(a_cancelled_run_is_killed_and_says_nothing)
{
	const char *argv[] = { "sleep", "1000", NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = 100000 };
	struct ev_loop loop;
	struct run *run;
	pid_t pid;

	fault_arm(1000);
	CHECK_INT(ev_init(&loop, NULL), 0);
	CHECK_INT(run_start(&run, &loop, &spec, done, &loop), 0);
	pid = run_pid(run);
	calls = 0;
	run_cancel(run);
	while (loop.children)
		ev_turn(&loop, -1);
	CHECK_INT(calls, 0);
	CHECK(kill(pid, 0) < 0);
	ev_free(&loop);
	CHECK_INT(fault_leaks(), 0);
}

TEST(run_wait_blocks_and_hands_the_output_over)
{
	const char *argv[] = { "echo", "x", NULL };
	struct run_spec spec = { .argv = argv, .timeout_ms = 20000 };
	struct run_result result;
	int nth = 0, err;

	do {
		fault_arm(nth++);
		err = run_wait(&spec, &result);
		CHECK(!err || (err == -ENOMEM && fault_fired()));
		if (!err) {
			if (!fault_fired())
				CHECK_STR(result.output, "x\n");
			free((char *)result.output);
		}
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	CHECK(nth > 3);
	fault_arm_kind(FAULT_SYS, 0, EMFILE);
	CHECK_INT(run_wait(&spec, &result), -EMFILE);
	fault_disarm();
}

TEST(run_wait_leaves_the_end_of_another_loops_child_to_that_loop)
{
	const char *quick[] = { "true", NULL }, *slow[] = { "sleep", "0.3", NULL };
	struct run_spec spec = { .argv = quick }, wait_spec = { .argv = slow, .timeout_ms = 20000 };
	struct run_result result;
	struct ev_loop loop;
	int turns;

	CHECK_INT(ev_init(&loop, NULL), 0);
	CHECK_INT(run_start(NULL, &loop, &spec, done, &loop), 0);
	CHECK_INT(run_wait(&wait_spec, &result), 0);
	free((char *)result.output);
	for (turns = 0; loop.children && turns < 10; turns++)
		CHECK_INT(ev_turn(&loop, 1000), 0);
	CHECK(!loop.children);
	ev_free(&loop);
}

TEST(every_failing_call_and_allocation_at_the_start_is_reported_without_a_leak)
{
	const char *argv[] = { "cat", NULL };
	struct run_spec spec = { .argv = argv, .input = "abc", .input_byte = 3, .timeout_ms = 20000 };
	struct ev_loop loop;
	int nth, err, kind, left;

	CHECK_INT(ev_init(&loop, NULL), 0);
	for (kind = 0; kind < 2; kind++)
		for (nth = 0;; nth++) {
			fault_arm_kind(kind ? FAULT_SYS : FAULT_ALLOC, nth, EMFILE);
			err = run_start(NULL, &loop, &spec, done, &loop);
			left = fault_fired();
			fault_disarm();
			CHECK_INT(err, !left ? 0 : kind ? -EMFILE : -ENOMEM);
			if (!err) {
				ev_run(&loop);
				CHECK_STR(output, "abc");
				break;
			}
			CHECK(!loop.children && !loop.timers);
		}
	CHECK(nth >= 5);
	/* a refused allocation later on costs the output, not the run */
	fault_arm(1000);
	CHECK_INT(run_start(NULL, &loop, &spec, done, &loop), 0);
	fault_arm(0);
	ev_run(&loop);
	CHECK(last.truncated);
	CHECK_STR(output, "");
	fault_disarm();
	ev_free(&loop);
}

int main(void)
{
	RUN(exit_code_and_output_of_both_streams_are_collected);
	RUN(a_program_that_is_not_there_exits_127_and_says_why);
	RUN(the_deadline_ends_the_whole_group);
	RUN(one_that_ignores_sigterm_is_killed);
	RUN(a_background_grandchild_with_the_pipe_open_does_not_delay_the_end);
	RUN(output_is_bounded_and_the_rest_dropped);
	RUN(input_longer_than_a_pipe_is_written_piece_by_piece);
	RUN(a_function_runs_in_a_child);
	RUN(environment_directory_and_ids_are_set);
	RUN(a_cancelled_run_is_killed_and_says_nothing);
	RUN(run_wait_blocks_and_hands_the_output_over);
	RUN(run_wait_leaves_the_end_of_another_loops_child_to_that_loop);
	RUN(every_failing_call_and_allocation_at_the_start_is_reported_without_a_leak);
	return UNIT_END;
}
