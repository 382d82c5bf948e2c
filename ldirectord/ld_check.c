/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef HAVE_OPENSSL
#include <openssl/ssl.h>
#endif

#include "lib/fault.h"

enum { SPARE_FILES = 64, MAX_CONNECTIONS = 1000 /* about 9 KiB each while it runs */ };

static int raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	/* an FTP check has two */
	if (limit.rlim_cur > 2 * MAX_CONNECTIONS + SPARE_FILES)
		return MAX_CONNECTIONS;
	return limit.rlim_cur > 2 * SPARE_FILES ? (int)(limit.rlim_cur - SPARE_FILES) / 2 : SPARE_FILES / 2;
}

static int read_random(void *bytes, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, bytes, n);

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)n ? 0 : -EIO;
}

int ld_checker_init(struct ld_checker *checker, struct ev_loop *loop, ld_check_fn fn, void *arg)
{
	memset(checker, 0, sizeof(*checker));
	checker->loop = loop;
	checker->fn = fn;
	checker->arg = arg;
	checker->max_connections = raise_file_limit();
	checker->last_queued[0] = &checker->first_queued[0];
	checker->last_queued[1] = &checker->first_queued[1];
	if (read_random(&checker->seed, sizeof(checker->seed)))
		checker->seed = (uint64_t)ev_now_ms(loop);
	return 0;
}

uint64_t ld_check_random(struct ld_checker *checker)
{
	checker->seed = checker->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return checker->seed >> 16;
}

void ld_checker_free(struct ld_checker *checker)
{
#ifdef HAVE_OPENSSL
	SSL_CTX_free(checker->tls);
#endif
	checker->tls = NULL;
}

bool ld_check_negotiates(const struct ld_check *check)
{
	return check->conf.kind == LD_NEGOTIATE || (check->conf.kind == LD_COMBINED && check->phase == 0);
}

int ld_check_budget_ms(const struct ld_check *check)
{
	const struct ld_probe_conf *c = &check->conf;
	const struct ld_dialog_type *type = ld_dialog_type(c->service);

	return ld_check_negotiates(check) && !(type && type->check_timeout) ? c->negotiate_timeout_ms : c->check_timeout_ms;
}

/* NULL: there is nothing to do, it is up. */
static const struct ld_prober *prober_of(const struct ld_check *check)
{
	const struct ld_probe_conf *c = &check->conf;

	switch (c->kind) {
	case LD_ON:
	case LD_OFF:
		return NULL;
	case LD_PING:
		return &ld_prober_ping;
	case LD_EXTERNAL:
	case LD_EXTERNAL_PERL:
		return &ld_prober_external;
	default:
		break;
	}
	if (!ld_check_negotiates(check))
		return c->proto == LD_UDP ? &ld_prober_ping : &ld_prober_conn;
	if (c->service == LD_MYSQL || c->service == LD_PGSQL)
		return &ld_prober_db;
	return ld_dialog_type(c->service) ? &ld_prober_conn : NULL;
}

static void run_check(struct ld_check *check, const struct ld_prober *prober)
{
	struct ld_checker *checker = check->checker;

	check->started_ms = ev_now_ms(checker->loop);
	check->late_ms = check->started_ms - check->slot_ms;
	if (check->late_ms > checker->worst_late_ms)
		checker->worst_late_ms = check->late_ms;
	if (!prober) {
		ld_check_done(check, true, "-");
		return;
	}
	check->prober = prober;
	if (prober->child)
		checker->children++;
	else
		checker->connections++;
	prober->start(check);
}

static bool has_room(const struct ld_checker *checker, bool child)
{
	return child ? checker->children < LD_MAX_CHILDREN : checker->connections < checker->max_connections;
}

static void enqueue(struct ld_check *check, bool child)
{
	struct ld_checker *checker = check->checker;

	check->queued = true;
	check->next_queued = NULL;
	*checker->last_queued[child] = check;
	checker->last_queued[child] = &check->next_queued;
}

static struct ld_check *dequeue(struct ld_checker *checker, bool child)
{
	struct ld_check *check = checker->first_queued[child];

	checker->first_queued[child] = check->next_queued;
	if (!checker->first_queued[child])
		checker->last_queued[child] = &checker->first_queued[child];
	check->queued = false;
	return check;
}

static void forget_queued(struct ld_check *check)
{
	struct ld_checker *checker = check->checker;
	struct ld_check **at;
	int child;

	for (child = 0; child < 2; child++)
		for (at = &checker->first_queued[child]; *at; at = &(*at)->next_queued)
			if (*at == check) {
				*at = check->next_queued;
				if (!*at)
					checker->last_queued[child] = at;
				check->queued = false;
				return;
			}
}

static void check_due(struct ev_timer *timer, void *arg)
{
	struct ld_check *check = arg;
	const struct ld_prober *prober = prober_of(check);

	(void)timer;
	if (prober && !has_room(check->checker, prober->child))
		enqueue(check, prober->child);
	else
		run_check(check, prober);
}

/* A steady place in the interval for each check, so that they do not come in bursts. */
static int64_t phase_ms(const struct ld_check *check)
{
	const unsigned char *bytes = (const unsigned char *)&check->conf.addr.ip;
	uint32_t hash = 2166136261u;
	size_t i, n = check->conf.addr.family == AF_INET6 ? 16 : 4;

	for (i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	hash = (hash ^ check->conf.port) * 16777619u;
	hash ^= hash >> 15;
	return (int64_t)(hash % (uint32_t)check->interval_ms);
}

int ld_check_start(struct ld_checker *checker, struct ld_check *check, int64_t first_ms)
{
	check->checker = checker;
	if (check->conf.kind == LD_OFF)
		return 0;
	check->slot_ms = ev_now_ms(checker->loop) + first_ms;
	return ev_timer_at(checker->loop, &check->timer, check->slot_ms, check_due, check);
}

/* The next slot of the steady rhythm; those missed by a long check are left out. */
static void schedule_next(struct ld_check *check)
{
	int64_t now_ms = ev_refresh_ms(check->checker->loop), interval_ms = check->interval_ms;
	int64_t base_ms = now_ms - now_ms % interval_ms + phase_ms(check);

	/* the first slot after now, and at least half an interval after the last start */
	while (base_ms <= now_ms || base_ms < check->started_ms + interval_ms / 2)
		base_ms += interval_ms;
	while (base_ms - interval_ms > now_ms && base_ms - interval_ms >= check->started_ms + interval_ms / 2)
		base_ms -= interval_ms;
	check->slot_ms = base_ms;
	/* cannot fail: this timer ran, so the heap has room for it */
	ev_timer_at(check->checker->loop, &check->timer, check->slot_ms, check_due, check);
}

static void run_queued(struct ld_checker *checker, bool child)
{
	struct ld_check *check;

	/* one that ends at once comes back here: the walk below goes on with the next, not a deeper one */
	if (checker->draining_queue || checker->paused)
		return;
	checker->draining_queue = true;
	while (checker->first_queued[child] && has_room(checker, child)) {
		check = dequeue(checker, child);
		run_check(check, prober_of(check));
	}
	checker->draining_queue = false;
}

static void release(struct ld_check *check)
{
	if (!check->prober)
		return;
	if (check->prober->child)
		check->checker->children--;
	else
		check->checker->connections--;
	check->prober = NULL;
	check->probe = NULL;
}

void ld_check_done(struct ld_check *check, bool up, const char *fmt, ...)
{
	struct ld_checker *checker = check->checker;
	bool child = check->prober && check->prober->child;
	char reason[LD_REASON_BYTE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	release(check);
	checker->finished++;
	if (check->conf.kind == LD_COMBINED)
		check->phase = up && check->phase < check->conf.combined_n ? check->phase + 1 : 0;
	schedule_next(check);
	checker->fn(check, up, reason, checker->arg);
	run_queued(checker, child);
}

void ld_check_stop(struct ld_check *check)
{
	struct ld_checker *checker = check->checker;
	bool child;

	if (!checker)
		return;
	ev_timer_stop(&check->timer);
	if (check->queued)
		forget_queued(check);
	if (!check->prober)
		return;
	child = check->prober->child;
	check->prober->stop(check);
	release(check);
	run_queued(checker, child);
}
