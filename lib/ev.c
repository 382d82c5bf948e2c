/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level-triggered epoll; timers in a binary heap, ordered by time and then by when they were set; signals by signalfd.
 * Children are waited for by pid, so that a library's own children stay its own.
 */
#include "lib/ev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fault.h"

static int64_t monotonic_ms(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const struct ev_clock ev_clock_monotonic = { .now_ms = monotonic_ms };

static int64_t virtual_ms(void *arg)
{
	return *(int64_t *)arg;
}

static void virtual_jump(void *arg, int64_t to_ms)
{
	*(int64_t *)arg = to_ms;
}

struct ev_clock ev_clock_virtual(int64_t *now_ms)
{
	struct ev_clock clock = { virtual_ms, virtual_jump, now_ms };

	return clock;
}

static void reap_children(struct ev_loop *loop)
{
	struct ev_child *child;
	int status;

	for (child = loop->children; child; child = loop->next_child) {
		loop->next_child = child->next;
		if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
			ev_child_del(child);
			child->fn(child, status, child->arg);
		}
	}
	loop->next_child = NULL;
}

static void signal_readable(struct ev *ev, void *arg)
{
	struct ev_loop *loop = arg;
	struct signalfd_siginfo info;
	int signo;

	while (read(ev->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		signo = (int)info.ssi_signo;
		if (signo == SIGCHLD)
			reap_children(loop);
		if (loop->on_signal[signo].fn)
			loop->on_signal[signo].fn(loop, signo, loop->on_signal[signo].arg);
	}
}

int ev_init(struct ev_loop *loop, const struct ev_clock *clock)
{
	int err, fd;

	memset(loop, 0, sizeof(*loop));
	loop->clock = clock ? *clock : ev_clock_monotonic;
	loop->epoll_fd = fault_sys() ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	sigemptyset(&loop->signals);
	sigaddset(&loop->signals, SIGCHLD);
	fd = fault_sys() ? -1 : signalfd(-1, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto close_epoll;
	}
	err = ev_add(loop, &loop->signal_ev, fd, EV_READ, signal_readable, loop);
	if (err)
		goto close_signal;
	sigprocmask(SIG_BLOCK, &loop->signals, &loop->old_mask);
	ev_refresh_ms(loop);
	return 0;

close_signal:
	close(fd);
close_epoll:
	close(loop->epoll_fd);
	return err;
}

static void forget_watchers(struct ev_loop *loop)
{
	size_t i;

	for (i = 0; i < loop->timers; i++)
		loop->heap[i]->heap_nr = 0;
	while (loop->children)
		ev_child_del(loop->children);
	free(loop->heap);
	loop->heap = NULL;
	loop->timers = loop->heap_size = 0;
	close(loop->signal_ev.fd);
	close(loop->epoll_fd);
	sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
}

void ev_free(struct ev_loop *loop)
{
	forget_watchers(loop);
}

void ev_forked(struct ev_loop *loop)
{
	forget_watchers(loop);
}

int64_t ev_refresh_ms(struct ev_loop *loop)
{
	return loop->now_ms = loop->clock.now_ms(loop->clock.arg);
}

int64_t ev_now_ms(const struct ev_loop *loop)
{
	return loop->now_ms;
}

void ev_stop(struct ev_loop *loop)
{
	loop->stop = true;
}

int ev_add(struct ev_loop *loop, struct ev *ev, int fd, uint32_t events, ev_fn fn, void *arg)
{
	struct epoll_event event = { .events = events, .data.ptr = ev };

	if (fault_sys() || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	ev->loop = loop;
	ev->fd = fd;
	ev->events = events;
	ev->ready = 0;
	ev->fn = fn;
	ev->arg = arg;
	return 0;
}

int ev_mod(struct ev *ev, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = ev };

	if (events == ev->events)
		return 0;
	if (fault_sys() || epoll_ctl(ev->loop->epoll_fd, EPOLL_CTL_MOD, ev->fd, &event) < 0)
		return -errno;
	ev->events = events;
	return 0;
}

void ev_del(struct ev *ev)
{
	struct ev_loop *loop = ev->loop;
	struct epoll_event unused = { .events = 0 };
	int i;

	if (!loop)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, ev->fd, &unused);
	/* its event may be further down in the batch that is being served */
	for (i = loop->batch_nr; i < loop->batch_events; i++)
		if (loop->batch[i].data.ptr == ev)
			loop->batch[i].data.ptr = NULL;
	ev->loop = NULL;
}

static bool timer_before(const struct ev_timer *a, const struct ev_timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static void heap_put(struct ev_loop *loop, size_t i, struct ev_timer *timer)
{
	loop->heap[i] = timer;
	timer->heap_nr = i + 1;
}

/* Moves the timer, whose place is i, to where it belongs. */
static void heap_settle(struct ev_loop *loop, size_t i, struct ev_timer *timer)
{
	size_t child;

	for (; i && timer_before(timer, loop->heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap_put(loop, i, loop->heap[(i - 1) / 2]);
	for (; (child = 2 * i + 1) < loop->timers; i = child) {
		if (child + 1 < loop->timers && timer_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (!timer_before(loop->heap[child], timer))
			break;
		heap_put(loop, i, loop->heap[child]);
	}
	heap_put(loop, i, timer);
}

static int heap_grow(struct ev_loop *loop)
{
	size_t size = loop->heap_size ? 2 * loop->heap_size : 16;
	struct ev_timer **heap;

	if (loop->timers < loop->heap_size)
		return 0;
	heap = realloc(loop->heap, size * sizeof(struct ev_timer *));
	if (!heap)
		return -ENOMEM;
	loop->heap = heap;
	loop->heap_size = size;
	return 0;
}

int ev_timer_at(struct ev_loop *loop, struct ev_timer *timer, int64_t at_ms, ev_timer_fn fn, void *arg)
{
	int err;

	if (!timer->heap_nr) {
		err = heap_grow(loop);
		if (err)
			return err;
		heap_put(loop, loop->timers++, timer);
	}
	timer->loop = loop;
	timer->at_ms = at_ms;
	timer->seq = ++loop->timer_seq;
	timer->fn = fn;
	timer->arg = arg;
	heap_settle(loop, timer->heap_nr - 1, timer);
	return 0;
}

int ev_timer_set(struct ev_loop *loop, struct ev_timer *timer, int64_t delay_ms, ev_timer_fn fn, void *arg)
{
	return ev_timer_at(loop, timer, loop->now_ms + (delay_ms > 0 ? delay_ms : 0), fn, arg);
}

void ev_timer_stop(struct ev_timer *timer)
{
	struct ev_loop *loop = timer->loop;
	struct ev_timer *last;
	size_t i = timer->heap_nr - 1;

	if (!timer->heap_nr)
		return;
	timer->heap_nr = 0;
	last = loop->heap[--loop->timers];
	if (last != timer)
		heap_settle(loop, i, last);
}

int ev_signal(struct ev_loop *loop, int signo, ev_signal_fn fn, void *arg)
{
	sigset_t signals = loop->signals, one;

	if (signo < 1 || signo > 64 || signo == SIGKILL || signo == SIGSTOP)
		return -EINVAL;
	if (fn || signo == SIGCHLD)
		sigaddset(&signals, signo);
	else
		sigdelset(&signals, signo);
	if (fault_sys() || signalfd(loop->signal_ev.fd, &signals, 0) < 0)
		return -errno;
	loop->signals = signals;
	loop->on_signal[signo].fn = fn;
	loop->on_signal[signo].arg = arg;
	sigemptyset(&one);
	sigaddset(&one, signo);
	if (sigismember(&signals, signo))
		sigprocmask(SIG_BLOCK, &one, NULL);
	else if (!sigismember(&loop->old_mask, signo))
		sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 0;
}

void ev_child_add(struct ev_loop *loop, struct ev_child *child, pid_t pid, ev_child_fn fn, void *arg)
{
	child->loop = loop;
	child->pid = pid;
	child->fn = fn;
	child->arg = arg;
	child->prev = NULL;
	child->next = loop->children;
	if (child->next)
		child->next->prev = child;
	loop->children = child;
}

void ev_child_del(struct ev_child *child)
{
	struct ev_loop *loop = child->loop;

	if (!loop)
		return;
	if (loop->next_child == child)
		loop->next_child = child->next;
	if (child->next)
		child->next->prev = child->prev;
	if (child->prev)
		child->prev->next = child->next;
	else
		loop->children = child->next;
	child->loop = NULL;
}

/* Those due at this turn's time; what a callback sets for now runs at the next turn, after the descriptors. */
static void run_timers(struct ev_loop *loop)
{
	uint64_t last_seq = loop->timer_seq;
	struct ev_timer *timer;

	while (loop->timers) {
		timer = loop->heap[0];
		if (timer->at_ms > loop->now_ms || timer->seq > last_seq)
			break;
		ev_timer_stop(timer);
		timer->fn(timer, timer->arg);
	}
}

static void run_events(struct ev_loop *loop, int n)
{
	struct ev *ev;

	loop->batch_events = n;
	for (loop->batch_nr = 0; loop->batch_nr < n;) {
		ev = loop->batch[loop->batch_nr].data.ptr;
		if (ev)
			ev->ready = loop->batch[loop->batch_nr].events;
		loop->batch_nr++;
		if (ev)
			ev->fn(ev, ev->arg);
	}
	loop->batch_events = 0;
}

static int wait_ms(const struct ev_loop *loop, int64_t max_wait_ms)
{
	int64_t ms = max_wait_ms;

	if (loop->timers) {
		ms = loop->heap[0]->at_ms - loop->clock.now_ms(loop->clock.arg);
		ms = ms < 0 ? 0 : ms;
		if (max_wait_ms >= 0 && max_wait_ms < ms)
			ms = max_wait_ms;
	}
	return ms > 3600000 ? 3600000 : (int)ms;
}

int ev_turn(struct ev_loop *loop, int64_t max_wait_ms)
{
	int ms = wait_ms(loop, max_wait_ms);
	int n;

	n = fault_sys() ? -1 : epoll_wait(loop->epoll_fd, loop->batch, EV_MAX_BATCH, loop->clock.jump ? 0 : ms);
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n <= 0 && loop->clock.jump && loop->timers && ms > 0)
		loop->clock.jump(loop->clock.arg, loop->clock.now_ms(loop->clock.arg) + ms);
	ev_refresh_ms(loop);
	if (n > 0)
		run_events(loop, n);
	run_timers(loop);
	return 0;
}

int ev_run(struct ev_loop *loop)
{
	int err = 0;

	loop->stop = false;
	while (!loop->stop && !err)
		err = ev_turn(loop, -1);
	return err;
}
