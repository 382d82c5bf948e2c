/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop, in virtual time but for the tests of signals, children and the real clock. */
#include "unit.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ev.h"
#include "lib/fault.h"

enum { MANY = 10000 };

static struct ev_loop loop;
static int64_t clock_ms;
static char trace[256];

static void start(void)
{
	struct ev_clock clock;

	clock_ms = 1000;
	clock = ev_clock_virtual(&clock_ms);
	trace[0] = '\0';
	CHECK_INT(ev_init(&loop, &clock), 0);
}

static void note(const char *what)
{
	size_t len = strlen(trace);

	snprintf(trace + len, sizeof(trace) - len, "%s@%lld ", what, (long long)(ev_now_ms(&loop) - 1000));
}

static void note_timer(struct ev_timer *timer, void *arg)
{
	(void)timer;
	note(arg);
}

static void stop_timer(struct ev_timer *timer, void *arg)
{
	(void)timer;
	(void)arg;
	ev_stop(&loop);
}

TEST(timers_fire_in_order_of_time_and_then_of_setting)
{
	struct ev_timer a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 }, end = { 0 };

	start();
	ev_timer_set(&loop, &a, 30, note_timer, "a");
	ev_timer_set(&loop, &b, 10, note_timer, "b");
	ev_timer_set(&loop, &c, 10, note_timer, "c");
	ev_timer_set(&loop, &d, -5, note_timer, "d");
	ev_timer_set(&loop, &end, 50, stop_timer, NULL);
	CHECK_INT(ev_run(&loop), 0);
	CHECK_STR(trace, "d@0 b@10 c@10 a@30 ");
	CHECK(!ev_timer_running(&a));
	ev_free(&loop);
}

TEST(a_timer_can_be_stopped_and_set_again)
{
	struct ev_timer a = { 0 }, b = { 0 }, end = { 0 };

	start();
	ev_timer_set(&loop, &a, 10, note_timer, "a");
	ev_timer_set(&loop, &b, 20, note_timer, "b");
	ev_timer_set(&loop, &a, 30, note_timer, "a");
	ev_timer_stop(&b);
	ev_timer_stop(&b);
	ev_timer_at(&loop, &end, 1060, stop_timer, NULL);
	ev_run(&loop);
	CHECK_STR(trace, "a@30 ");
	ev_free(&loop);
}

static struct ev_timer again;
static int again_left;

static void set_again(struct ev_timer *timer, void *arg)
{
	(void)arg;
	note("x");
	if (--again_left)
		ev_timer_set(&loop, timer, 0, set_again, NULL);
	else
		ev_stop(&loop);
}

static int pipe_fd[2];
static struct ev pipe_ev, pipe_ev2;

static void note_readable(struct ev *ev, void *arg)
{
	char c;

	if (read(ev->fd, &c, 1) == 1)
		note(arg);
}

TEST(a_timer_set_for_now_by_its_own_callback_does_not_starve_descriptors)
{
	start();
	CHECK_INT(pipe(pipe_fd), 0);
	CHECK_INT(write(pipe_fd[1], "zz", 2), 2);
	ev_add(&loop, &pipe_ev, pipe_fd[0], EV_READ, note_readable, "fd");
	again_left = 3;
	ev_timer_set(&loop, &again, 0, set_again, NULL);
	ev_run(&loop);
	CHECK_STR(trace, "fd@0 x@0 fd@0 x@0 x@0 ");
	ev_del(&pipe_ev);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	ev_free(&loop);
}

static struct ev_timer many[MANY];
static int64_t many_last;
static int many_fired;

static void many_fn(struct ev_timer *timer, void *arg)
{
	(void)arg;
	CHECK(timer->at_ms >= many_last);
	many_last = timer->at_ms;
	many_fired++;
}

TEST(ten_thousand_timers_set_stopped_and_reset_at_random_fire_in_order)
{
	struct ev_timer end = { 0 };
	unsigned int seed = 1;
	int i, stopped = 0;

	start();
	many_last = 0;
	for (i = 0; i < MANY; i++)
		CHECK_INT(ev_timer_set(&loop, &many[i], rand_r(&seed) % 5000, many_fn, NULL), 0);
	for (i = 0; i < MANY; i += 3) {
		ev_timer_stop(&many[i]);
		stopped++;
	}
	for (i = 0; i < MANY; i += 6, stopped--)
		ev_timer_set(&loop, &many[i], rand_r(&seed) % 5000, many_fn, NULL);
	for (i = 1; i < MANY; i += 6)
		ev_timer_set(&loop, &many[i], rand_r(&seed) % 5000, many_fn, NULL);
	ev_timer_set(&loop, &end, 5000, stop_timer, NULL);
	ev_run(&loop);
	CHECK_INT(many_fired, MANY - stopped);
	ev_free(&loop);
}

static void delete_other(struct ev *ev, void *arg)
{
	char c;

	CHECK_INT(read(ev->fd, &c, 1), 1);
	note("first");
	ev_del(arg);
	ev_stop(&loop);
}

TEST(a_watcher_removed_by_a_callback_of_the_same_batch_is_not_called)
{
	int one[2], two[2];

	start();
	CHECK_INT(pipe(one), 0);
	CHECK_INT(pipe(two), 0);
	CHECK_INT(write(one[1], "a", 1), 1);
	CHECK_INT(write(two[1], "a", 1), 1);
	ev_add(&loop, &pipe_ev, one[0], EV_READ, delete_other, &pipe_ev2);
	ev_add(&loop, &pipe_ev2, two[0], EV_READ, delete_other, &pipe_ev);
	ev_run(&loop);
	CHECK_STR(trace, "first@0 ");
	CHECK((pipe_ev.loop == NULL) != (pipe_ev2.loop == NULL));
	ev_del(&pipe_ev);
	ev_del(&pipe_ev2);
	close(one[0]);
	close(one[1]);
	close(two[0]);
	close(two[1]);
	ev_free(&loop);
}

TEST(wanted_events_can_be_changed)
{
	start();
	CHECK_INT(pipe(pipe_fd), 0);
	ev_add(&loop, &pipe_ev, pipe_fd[0], EV_READ, note_readable, "r");
	CHECK_INT(write(pipe_fd[1], "ab", 2), 2);
	CHECK_INT(ev_mod(&pipe_ev, 0), 0);
	CHECK_INT(ev_turn(&loop, 0), 0);
	CHECK_STR(trace, "");
	CHECK_INT(ev_mod(&pipe_ev, EV_READ), 0);
	CHECK_INT(ev_mod(&pipe_ev, EV_READ), 0);
	ev_turn(&loop, 0);
	CHECK_STR(trace, "r@0 ");
	fault_arm_kind(FAULT_SYS, 0, ENOMEM);
	CHECK_INT(ev_mod(&pipe_ev, EV_READ | EV_WRITE), -ENOMEM);
	fault_disarm();
	ev_del(&pipe_ev);
	ev_del(&pipe_ev);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	ev_free(&loop);
}

TEST(a_bad_descriptor_and_a_regular_file_are_refused)
{
	FILE *file = tmpfile();

	start();
	CHECK_INT(ev_add(&loop, &pipe_ev, 9999, EV_READ, note_readable, NULL), -EBADF);
	CHECK_INT(ev_add(&loop, &pipe_ev, fileno(file), EV_READ, note_readable, NULL), -EPERM);
	fclose(file);
	ev_free(&loop);
}

static void note_signal(struct ev_loop *l, int signo, void *arg)
{
	(void)l;
	(void)arg;
	note(signo == SIGHUP ? "HUP" : "TERM");
	if (signo == SIGTERM)
		ev_stop(&loop);
}

TEST(signals_come_through_the_loop_and_the_mask_is_restored)
{
	sigset_t before, after;

	sigprocmask(SIG_SETMASK, NULL, &before);
	start();
	CHECK_INT(ev_signal(&loop, SIGHUP, note_signal, NULL), 0);
	CHECK_INT(ev_signal(&loop, SIGTERM, note_signal, NULL), 0);
	CHECK_INT(ev_signal(&loop, SIGKILL, note_signal, NULL), -EINVAL);
	CHECK_INT(ev_signal(&loop, 99, note_signal, NULL), -EINVAL);
	fault_arm_kind(FAULT_SYS, 0, EMFILE);
	CHECK_INT(ev_signal(&loop, SIGUSR1, note_signal, NULL), -EMFILE);
	fault_disarm();
	raise(SIGHUP);
	ev_turn(&loop, 1000);
	raise(SIGTERM);
	ev_run(&loop);
	CHECK_STR(trace, "HUP@0 TERM@0 ");
	CHECK_INT(ev_signal(&loop, SIGHUP, NULL, NULL), 0);
	ev_free(&loop);
	sigprocmask(SIG_SETMASK, NULL, &after);
	CHECK_INT(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
	CHECK_INT(sigismember(&after, SIGCHLD), sigismember(&before, SIGCHLD));
}

static int ended[2], ended_count;

static void child_ended(struct ev_child *child, int status, void *arg)
{
	CHECK(!child->loop);
	ended[*(int *)arg] = WEXITSTATUS(status);
	if (++ended_count == 2)
		ev_stop(&loop);
}

TEST(children_report_their_status_and_strangers_are_left_alone)
{
	struct ev_child child[2];
	int nr[2] = { 0, 1 }, i, status;
	pid_t pid, stranger;

	CHECK_INT(ev_init(&loop, NULL), 0);
	stranger = fork();
	if (!stranger)
		_exit(9);
	for (i = 0; i < 2; i++) {
		pid = fork();
		if (!pid) {
			ev_forked(&loop);
			_exit(3 + i);
		}
		ev_child_add(&loop, &child[i], pid, child_ended, &nr[i]);
	}
	ev_run(&loop);
	CHECK_INT(ended[0], 3);
	CHECK_INT(ended[1], 4);
	CHECK_INT(waitpid(stranger, &status, 0), stranger);
	CHECK_INT(WEXITSTATUS(status), 9);
	ev_free(&loop);
}

static struct ev_child twins[2];

static void delete_twin(struct ev_child *child, int status, void *arg)
{
	(void)status;
	(void)arg;
	ended_count++;
	ev_child_del(child == &twins[0] ? &twins[1] : &twins[0]);
}

TEST(a_child_watch_removed_by_another_childs_callback_is_not_called)
{
	siginfo_t info;
	pid_t pid[2];
	int i, left;

	CHECK_INT(ev_init(&loop, NULL), 0);
	ended_count = 0;
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(0);
		ev_child_add(&loop, &twins[i], pid[i], delete_twin, NULL);
	}
	for (i = 0; i < 2; i++)
		waitid(P_PID, (id_t)pid[i], &info, WEXITED | WNOWAIT);
	ev_turn(&loop, 10000);
	CHECK_INT(ended_count, 1);
	for (i = 0, left = 0; i < 2; i++)
		left += waitpid(pid[i], NULL, 0) == pid[i];
	CHECK_INT(left, 1);
	ev_free(&loop);
}

TEST(the_real_clock_waits_about_as_long_as_asked)
{
	struct ev_timer end = { 0 };
	int64_t before;

	CHECK_INT(ev_init(&loop, NULL), 0);
	before = ev_refresh_ms(&loop);
	ev_timer_set(&loop, &end, 20, stop_timer, NULL);
	ev_run(&loop);
	CHECK(ev_now_ms(&loop) - before >= 20);
	ev_free(&loop);
}

TEST(every_failing_call_is_reported_and_leaves_nothing_behind)
{
	struct ev_timer timer = { 0 };
	int nth = 0, err;

	do {
		fault_arm_kind(FAULT_SYS, nth++, EMFILE);
		err = ev_init(&loop, NULL);
		if (!err)
			err = ev_turn(&loop, 0);
		CHECK_INT(err, fault_fired() ? -EMFILE : 0);
		if (!err || nth > 3)
			ev_free(&loop);
	} while (fault_fired());
	CHECK_INT(nth, 5);
	fault_disarm();
	start();
	fault_arm(0);
	CHECK_INT(ev_timer_set(&loop, &timer, 5, stop_timer, NULL), -ENOMEM);
	CHECK(!ev_timer_running(&timer));
	CHECK_INT(ev_timer_set(&loop, &timer, 5, stop_timer, NULL), 0);
	fault_arm(0);
	CHECK_INT(ev_timer_set(&loop, &timer, 9, stop_timer, NULL), 0);
	ev_run(&loop);
	ev_free(&loop);
	fault_disarm();
}

int main(void)
{
	RUN(timers_fire_in_order_of_time_and_then_of_setting);
	RUN(a_timer_can_be_stopped_and_set_again);
	RUN(a_timer_set_for_now_by_its_own_callback_does_not_starve_descriptors);
	RUN(ten_thousand_timers_set_stopped_and_reset_at_random_fire_in_order);
	RUN(a_watcher_removed_by_a_callback_of_the_same_batch_is_not_called);
	RUN(wanted_events_can_be_changed);
	RUN(a_bad_descriptor_and_a_regular_file_are_refused);
	RUN(signals_come_through_the_loop_and_the_mask_is_restored);
	RUN(children_report_their_status_and_strangers_are_left_alone);
	RUN(a_child_watch_removed_by_another_childs_callback_is_not_called);
	RUN(the_real_clock_waits_about_as_long_as_asked);
	RUN(every_failing_call_is_reported_and_leaves_nothing_behind);
	return UNIT_END;
}
