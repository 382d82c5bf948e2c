/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which requests overlap a range of sectors: a search tree of intervals whose nodes live inside the caller's
 * requests. Insert, erase and look-up take logarithmic time whatever the order of the sectors. Several nodes may
 * cover the same range. The caller holds the lock that guards the tree.
 */
#ifndef DRBD_INTERVAL_H
#define DRBD_INTERVAL_H

#include "drbd_port.h"

struct drbd_interval {
	struct drbd_interval *parent, *left, *right;
	u64 sector;		/* first sector */
	u64 end_sect;		/* one past the last */
	u64 max_end_sect;	/* largest end_sect of this node and all below it */
	u32 size_byte;
	u32 prio;		/* heap order: a parent's is not smaller than its children's */
	u8 linked;		/* is in a tree */
	u8 local;		/* owner is a struct drbd_request (1) or a struct drbd_peer_req (0) */
	u8 completed;		/* told to the upper layer or answered: no conflict any more, only found by id */
	u8 waiting;		/* somebody waits for this one to go: wake when it completes */
};

struct drbd_interval_tree {
	struct drbd_interval *root;
	u32 seed;		/* of the priorities */
};

void drbd_interval_tree_init(struct drbd_interval_tree *tree);

/* Sets the range and clears everything else; size_byte is a multiple of 512. */
void drbd_interval_set(struct drbd_interval *iv, u64 sector, u32 size_byte);

/* Enters a node that is in no tree and not empty. It stays where it is in memory until erased. */
void drbd_interval_insert(struct drbd_interval_tree *tree, struct drbd_interval *iv);

/* Takes a node out; a node that is in no tree is left alone. */
void drbd_interval_erase(struct drbd_interval_tree *tree, struct drbd_interval *iv);

/* The overlapping interval with the lowest first sector, or NULL; then each next one in order of first sector. */
struct drbd_interval *drbd_interval_first(const struct drbd_interval_tree *tree, u64 sector, u32 size_byte);
struct drbd_interval *drbd_interval_next(struct drbd_interval *iv, u64 sector, u32 size_byte);

/* True if the range lies fully inside iv's. */
bool drbd_interval_contains(const struct drbd_interval *iv, u64 sector, u32 size_byte);

#endif
