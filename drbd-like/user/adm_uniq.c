/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of what has been used, growing with its content. */
#include "drbd-like/user/adm_uniq.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { UNIQ_BUCKETS_START = 256, UNIQ_KEY_BYTE = 1024 };

struct used {
	struct used *next;
	const char *what;
	struct adm_place place;
	uint32_t hash;
	char key[];
};

struct adm_uniq {
	struct used **bucket;
	uint32_t buckets, entries;
};

static uint32_t hash_of(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static void grow(struct adm_conf *conf, struct adm_uniq *uniq)
{
	uint32_t i, buckets = uniq->buckets ? uniq->buckets * 4 : UNIQ_BUCKETS_START;
	struct used **bucket = adm_alloc(&conf->mem, buckets * sizeof(struct used *)), *used, *next;

	for (i = 0; i < uniq->buckets; i++)
		for (used = uniq->bucket[i]; used; used = next) {
			next = used->next;
			used->next = bucket[used->hash % buckets];
			bucket[used->hash % buckets] = used;
		}
	uniq->bucket = bucket;
	uniq->buckets = buckets;
}

static struct adm_uniq *table(struct adm_conf *conf)
{
	if (!conf->uniq)
		conf->uniq = adm_alloc(&conf->mem, sizeof(*conf->uniq));
	if (conf->uniq->entries >= conf->uniq->buckets)
		grow(conf, conf->uniq);
	return conf->uniq;
}

/* What snprintf would do with %s, %d and %u; some ten of them for every resource make its generality felt. */
static void make_key(char *key, size_t size, const char *fmt, va_list ap)
{
	char number[16], *end = key + size - 1;
	const char *text;

	for (; *fmt && key < end; fmt++) {
		if (*fmt != '%') {
			*key++ = *fmt;
			continue;
		}
		text = number;
		if (*++fmt == 's')
			text = va_arg(ap, const char *);
		else
			snprintf(number, sizeof(number), *fmt == 'd' ? "%d" : "%u", va_arg(ap, int));
		while (*text && key < end)
			*key++ = *text++;
	}
	*key = '\0';
}

bool adm_uniq(struct adm_conf *conf, const char *what, const struct adm_place *place, const char *fmt, ...)
{
	struct adm_uniq *uniq = table(conf);
	char key[UNIQ_KEY_BYTE];
	struct used *used;
	uint32_t hash;
	va_list ap;

	va_start(ap, fmt);
	make_key(key, sizeof(key), fmt, ap);
	va_end(ap);
	hash = hash_of(hash_of(2166136261u, what), key);
	for (used = uniq->bucket[hash % uniq->buckets]; used; used = used->next) {
		if (used->hash != hash || strcmp(used->what, what) || strcmp(used->key, key))
			continue;
		adm_error(conf, ADM_EXIT_CONFIG, place, "conflicting use of %s '%s' ...", what, key);
		adm_warn(conf, &used->place, "%s '%s' first used here.", what, key);
		return false;
	}
	used = adm_alloc(&conf->mem, sizeof(*used) + strlen(key) + 1);
	used->what = what;
	used->place = *place;
	used->hash = hash;
	strcpy(used->key, key);
	used->next = uniq->bucket[hash % uniq->buckets];
	uniq->bucket[hash % uniq->buckets] = used;
	uniq->entries++;
	return true;
}
