/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A treap ordered by first sector, in which every node knows the largest end below it. The random priorities come
 * from a generator in the tree, so the shape does not depend on what an application writes where, and one history
 * gives one tree.
 */
#include "drbd_interval.h"

void drbd_interval_tree_init(struct drbd_interval_tree *tree)
{
	tree->root = NULL;
	tree->seed = 0x9e3779b9;
}

void drbd_interval_set(struct drbd_interval *iv, u64 sector, u32 size_byte)
{
	iv->parent = iv->left = iv->right = NULL;
	iv->sector = sector;
	iv->end_sect = iv->max_end_sect = sector + (size_byte >> 9);
	iv->size_byte = size_byte;
	iv->prio = 0;
	iv->linked = iv->local = iv->completed = iv->waiting = 0;
}

static u32 next_prio(struct drbd_interval_tree *tree)
{
	u32 x = tree->seed;	/* xorshift32: never 0 */

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return tree->seed = x;
}

static void update_max(struct drbd_interval *iv)
{
	u64 max = iv->end_sect;

	if (iv->left && iv->left->max_end_sect > max)
		max = iv->left->max_end_sect;
	if (iv->right && iv->right->max_end_sect > max)
		max = iv->right->max_end_sect;
	iv->max_end_sect = max;
}

/* Puts `to` (may be NULL) where `from` hangs. */
static void replace(struct drbd_interval_tree *tree, struct drbd_interval *from, struct drbd_interval *to)
{
	struct drbd_interval *up = from->parent;

	if (!up)
		tree->root = to;
	else if (up->left == from)
		up->left = to;
	else
		up->right = to;
	if (to)
		to->parent = up;
}

/* Turns a node above its parent. */
static void rotate_up(struct drbd_interval_tree *tree, struct drbd_interval *iv)
{
	struct drbd_interval *down = iv->parent, *moved;

	replace(tree, down, iv);
	if (down->left == iv) {
		moved = iv->right;
		iv->right = down;
		down->left = moved;
	} else {
		moved = iv->left;
		iv->left = down;
		down->right = moved;
	}
	down->parent = iv;
	if (moved)
		moved->parent = down;
	update_max(down);
	update_max(iv);
}

void drbd_interval_insert(struct drbd_interval_tree *tree, struct drbd_interval *iv)
{
	struct drbd_interval **at = &tree->root, *up = NULL;

	drbd_assert(!iv->linked);
	while (*at) {
		up = *at;
		if (iv->end_sect > up->max_end_sect)
			up->max_end_sect = iv->end_sect;
		at = iv->sector < up->sector ? &up->left : &up->right;
	}
	iv->left = iv->right = NULL;
	iv->parent = up;
	iv->max_end_sect = iv->end_sect;
	iv->prio = next_prio(tree);
	iv->linked = 1;
	*at = iv;
	while (iv->parent && iv->parent->prio < iv->prio)
		rotate_up(tree, iv);
}

void drbd_interval_erase(struct drbd_interval_tree *tree, struct drbd_interval *iv)
{
	struct drbd_interval *up;

	if (!iv->linked)
		return;
	while (iv->left && iv->right)
		rotate_up(tree, iv->left->prio > iv->right->prio ? iv->left : iv->right);
	up = iv->parent;
	replace(tree, iv, iv->left ? iv->left : iv->right);
	for (; up; up = up->parent)
		update_max(up);
	iv->parent = iv->left = iv->right = NULL;
	iv->linked = 0;
}

/* The first in order at or below iv that overlaps [from, to), given that iv->max_end_sect > from. */
static struct drbd_interval *first_below(struct drbd_interval *iv, u64 from, u64 to)
{
	while (iv) {
		if (iv->left && iv->left->max_end_sect > from) {
			/* If anything on the left begins early enough, the answer is there: what ends last there
			 * begins before iv, and if that is too late everything from here on is. */
			iv = iv->left;
			continue;
		}
		if (iv->sector >= to)
			return NULL;
		if (iv->end_sect > from)
			return iv;
		if (!iv->right || iv->right->max_end_sect <= from)
			return NULL;
		iv = iv->right;
	}
	return NULL;
}

struct drbd_interval *drbd_interval_first(const struct drbd_interval_tree *tree, u64 sector, u32 size_byte)
{
	if (!tree->root || !size_byte || tree->root->max_end_sect <= sector)
		return NULL;
	return first_below(tree->root, sector, sector + (size_byte >> 9));
}

struct drbd_interval *drbd_interval_next(struct drbd_interval *iv, u64 sector, u32 size_byte)
{
	u64 to = sector + (size_byte >> 9);
	struct drbd_interval *was;

	if (iv->right && iv->right->max_end_sect > sector) {
		was = first_below(iv->right, sector, to);
		if (was)
			return was;
		/* what is on the right begins too late, and so does all that follows */
		return NULL;
	}
	for (;;) {
		was = iv;
		iv = iv->parent;
		if (!iv)
			return NULL;
		if (iv->left != was)
			continue;
		if (iv->sector >= to)
			return NULL;
		if (iv->end_sect > sector)
			return iv;
		if (iv->right && iv->right->max_end_sect > sector)
			return first_below(iv->right, sector, to);
	}
}

bool drbd_interval_contains(const struct drbd_interval *iv, u64 sector, u32 size_byte)
{
	return iv->sector <= sector && sector + (size_byte >> 9) <= iv->end_sect;
}
