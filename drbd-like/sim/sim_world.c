/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_world.h"

#define CHUNK_BYTE	(1 << 20)
#define LIVELOCK_US	100000
#define LIVELOCK_STEPS	200000

struct sim_chunk {
	struct sim_chunk *next;
	size_t size, used;
};

void sim_world_init(struct sim_world *w, u64 seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->rng = seed * 0x9e3779b97f4a7c15ull + 0x1234567;
	w->trace_hash = 14695981039346656037ull;
}

void sim_world_free(struct sim_world *w)
{
	struct sim_chunk *c, *next;

	for (c = w->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(w->heap);
	w->chunks = NULL;
	w->heap = NULL;
}

void *sim_alloc(struct sim_world *w, size_t size_byte)
{
	size_t size = (size_byte + 15) & ~(size_t)15, room = size > CHUNK_BYTE ? size : CHUNK_BYTE;
	struct sim_chunk *c = w->chunks;
	void *p;

	if (!c || c->used + size > c->size) {
		c = malloc(sizeof(*c) + 16 + room);
		if (!c) {
			fprintf(stderr, "drbdsim: out of memory\n");
			exit(2);
		}
		c->next = w->chunks;
		c->size = room;
		c->used = 0;
		w->chunks = c;
	}
	p = (char *)(c + 1) + c->used;
	c->used += size;
	return memset(p, 0, size_byte);
}

u64 sim_random(u64 *rng)
{
	u64 z = *rng += 0x9e3779b97f4a7c15ull;	/* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

u32 sim_rnd(struct sim_world *w, u32 n)
{
	return n ? (u32)(sim_random(&w->rng) % n) : 0;
}

bool sim_one_in(struct sim_world *w, u32 n)
{
	return sim_rnd(w, n) == 0;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->seq < b->seq;
}

void sim_after(struct sim_world *w, u64 delay_us, const u32 *gen, sim_fn fn, void *arg, u64 data)
{
	struct sim_event ev = { w->now_us + delay_us, w->seq++, fn, arg, data, gen, gen ? *gen : 0 };
	u32 i, up;

	if (w->heap_nr == w->heap_max) {
		w->heap_max = w->heap_max ? 2 * w->heap_max : 256;
		w->heap = realloc(w->heap, w->heap_max * sizeof(*w->heap));
		if (!w->heap) {
			fprintf(stderr, "drbdsim: out of memory\n");
			exit(2);
		}
	}
	for (i = w->heap_nr++; i; i = up) {
		up = (i - 1) / 2;
		if (!before(&ev, &w->heap[up]))
			break;
		w->heap[i] = w->heap[up];
	}
	w->heap[i] = ev;
}

static struct sim_event take_first(struct sim_world *w)
{
	struct sim_event first = w->heap[0], last = w->heap[--w->heap_nr];
	u32 i = 0, child;

	while ((child = 2 * i + 1) < w->heap_nr) {
		if (child + 1 < w->heap_nr && before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return first;
}

bool sim_step(struct sim_world *w, u64 until_us)
{
	struct sim_event ev;

	while (w->heap_nr && w->heap[0].at_us <= until_us) {
		ev = take_first(w);
		if (ev.gen && *ev.gen != ev.gen_was)
			continue;
		w->steps++;
		if (ev.at_us / LIVELOCK_US != w->now_us / LIVELOCK_US)
			w->busy_steps = 0;
		else if (++w->busy_steps > LIVELOCK_STEPS)
			sim_violation(w, "livelock: %u events within 0.1 s", LIVELOCK_STEPS);
		w->now_us = ev.at_us;
		ev.fn(w, ev.arg, ev.data);
		return true;
	}
	w->now_us = until_us;
	return false;
}

void sim_trace(struct sim_world *w, const char *who, const char *fmt, ...)
{
	char line[600];
	va_list ap;
	int len, i;

	len = snprintf(line, sizeof(line), "%9llu.%03llu %s  ", w->now_us / 1000, w->now_us % 1000,
		       who ? who : "-");
	va_start(ap, fmt);
	len += vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	for (i = 0; i < len; i++)
		w->trace_hash = (w->trace_hash ^ (u8)line[i]) * 1099511628211ull;
	if (w->tracing)
		puts(line);
}

void sim_violation(struct sim_world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->violation, sizeof(w->violation), fmt, ap);
	va_end(ap);
	sim_trace(w, NULL, "VIOLATION: %s", w->violation);
	longjmp(w->violated, 1);
}
