/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event loop: file descriptors, timers, signals and children of one process.
 *
 * Watchers are embedded in the caller's objects; the loop keeps pointers to them and never owns them. Any watcher
 * may be removed or added from inside any callback, its own included. Not for use from several threads.
 */
#ifndef LIB_EV_H
#define LIB_EV_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

enum { EV_READ = EPOLLIN, EV_WRITE = EPOLLOUT, EV_HUP = EPOLLHUP, EV_ERR = EPOLLERR, EV_MAX_BATCH = 64 };

/*
 * The clock that a loop asks. now_ms never goes back. Where jump is set time is virtual: the loop never sleeps,
 * and with no descriptor ready it calls jump with the time of its next timer.
 */
struct ev_clock {
	int64_t (*now_ms)(void *arg);
	void (*jump)(void *arg, int64_t to_ms);
	void *arg;
};

/* The monotonic clock of the machine, in milliseconds since some moment in the past. */
extern const struct ev_clock ev_clock_monotonic;

/* A clock for tests: starts at *now_ms and stands still but for the loop's jumps and the test's own changes. */
struct ev_clock ev_clock_virtual(int64_t *now_ms);

struct ev_loop;
struct ev;
struct ev_timer;
struct ev_child;

typedef void (*ev_fn)(struct ev *ev, void *arg);
typedef void (*ev_timer_fn)(struct ev_timer *timer, void *arg);
typedef void (*ev_signal_fn)(struct ev_loop *loop, int signo, void *arg);
/* status is waitpid's */
typedef void (*ev_child_fn)(struct ev_child *child, int status, void *arg);

/* A watched descriptor. All members are the loop's to write, the caller's to read. */
struct ev {
	struct ev_loop *loop; /* NULL: not watched */
	int fd;
	uint32_t events; /* wanted: EV_READ, EV_WRITE */
	uint32_t ready;	 /* what the callback is called for; EV_HUP and EV_ERR come unasked */
	ev_fn fn;
	void *arg;
};

/* A single shot. One that has been zeroed is stopped. */
struct ev_timer {
	struct ev_loop *loop;
	size_t heap_nr; /* place in the heap + 1; 0: not running */
	int64_t at_ms;
	uint64_t seq; /* equal times fire in the order they were set */
	ev_timer_fn fn;
	void *arg;
};

struct ev_child {
	struct ev_loop *loop; /* NULL: not watched */
	struct ev_child *prev, *next;
	pid_t pid;
	ev_child_fn fn;
	void *arg;
};

struct ev_loop {
	int epoll_fd;
	struct ev_clock clock;
	int64_t now_ms; /* refreshed once per turn of the loop; see ev_now_ms */
	bool stop;
	struct ev_timer **heap;
	size_t timers, heap_size;
	uint64_t timer_seq;
	struct ev_child *children;
	struct ev_child *next_child; /* where the walk over the children stands */
	struct ev signal_ev;
	sigset_t signals; /* those the loop has blocked and reads from signal_ev */
	sigset_t old_mask;
	struct {
		ev_signal_fn fn;
		void *arg;
	} on_signal[65];
	struct epoll_event batch[EV_MAX_BATCH];
	int batch_nr, batch_events;
};

/*
 * Prepares the loop; blocks SIGCHLD and reads it through a signalfd. clock NULL: ev_clock_monotonic.
 * 0 or -errno; on failure nothing is left behind.
 */
int ev_init(struct ev_loop *loop, const struct ev_clock *clock);

/* Forgets all watchers and restores the signal mask found by ev_init. The descriptors stay open, their owners'. */
void ev_free(struct ev_loop *loop);

/* Runs callbacks until ev_stop. 0 or -errno of epoll_wait. */
int ev_run(struct ev_loop *loop);

/*
 * One turn: waits at most max_wait_ms (-1: as long as it takes) for the first events or timer and runs their callbacks.
 * 0 or -errno.
 */
int ev_turn(struct ev_loop *loop, int64_t max_wait_ms);

/* Makes ev_run return after the current callback's turn. */
void ev_stop(struct ev_loop *loop);

/* The time of this turn. Callbacks that ran long see the time at which the turn began. */
int64_t ev_now_ms(const struct ev_loop *loop);

/* Asks the clock anew: for a long callback that measures itself. */
int64_t ev_refresh_ms(struct ev_loop *loop);

/* Watches fd, which stays the caller's. 0 or -errno: -EPERM (a regular file), -ENOMEM, -EBADF. */
int ev_add(struct ev_loop *loop, struct ev *ev, int fd, uint32_t events, ev_fn fn, void *arg);
/* Changes the wanted events. 0 or -errno. */
int ev_mod(struct ev *ev, uint32_t events);
/* Stops watching; call it before close(fd). Harmless on one that is not watched. */
void ev_del(struct ev *ev);

/* (Re)starts the timer: fn is called once, delay_ms from now (negative: at once). 0 or -ENOMEM; never fails for a
 * timer that is running. */
int ev_timer_set(struct ev_loop *loop, struct ev_timer *timer, int64_t delay_ms, ev_timer_fn fn, void *arg);
/* The same at a time of the loop's clock. */
int ev_timer_at(struct ev_loop *loop, struct ev_timer *timer, int64_t at_ms, ev_timer_fn fn, void *arg);
void ev_timer_stop(struct ev_timer *timer);
static inline bool ev_timer_running(const struct ev_timer *timer)
{
	return timer->heap_nr != 0;
}

/*
 * Calls fn from the loop for each signo; fn NULL gives the signal back. Signals of one kind that come close together are
 * one call. SIGCHLD may be watched too, beside the children. 0 or -errno (-EINVAL: no such signal).
 */
int ev_signal(struct ev_loop *loop, int signo, ev_signal_fn fn, void *arg);

/*
 * Waits for a child of this process. The child is not watched any more when fn is called. Nobody else may wait for
 * that pid. Cannot fail.
 */
void ev_child_add(struct ev_loop *loop, struct ev_child *child, pid_t pid, ev_child_fn fn, void *arg);
void ev_child_del(struct ev_child *child);

/*
 * In a fork's child: closes the loop's own descriptors and gives the signal mask found by ev_init back, so that what is
 * exec'd gets its signals. Watchers are forgotten.
 */
void ev_forked(struct ev_loop *loop);

#endif
