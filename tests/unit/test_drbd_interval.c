/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/core/drbd_interval.h"
#include "unit.h"

#define NODES 400

static u32 rnd_state = 1;

static u32 rnd(u32 below)
{
	rnd_state = rnd_state * 1103515245 + 12345;
	return (rnd_state >> 8) % below;
}

static struct drbd_interval node[NODES];

static int height(const struct drbd_interval *iv)
{
	int l, r;

	if (!iv)
		return 0;
	l = height(iv->left);
	r = height(iv->right);
	return 1 + (l > r ? l : r);
}

static bool overlaps(const struct drbd_interval *iv, u64 sector, u32 size_byte)
{
	return iv->linked && size_byte && iv->sector < sector + (size_byte >> 9) && sector < iv->end_sect;
}

/* Every overlap of the range is found once, in order. */
static void check_query(const struct drbd_interval_tree *tree, u64 sector, u32 size_byte)
{
	struct drbd_interval *iv;
	u64 last = 0;
	int want = 0, have = 0, i;

	for (i = 0; i < NODES; i++)
		want += overlaps(&node[i], sector, size_byte);
	for (iv = drbd_interval_first(tree, sector, size_byte); iv; iv = drbd_interval_next(iv, sector, size_byte)) {
		CHECK(overlaps(iv, sector, size_byte));
		CHECK(iv->sector >= last);
		last = iv->sector;
		if (++have > want)
			break;
	}
	CHECK_INT(have, want);
}

TEST(overlaps_are_found_as_by_trying_all)
{
	struct drbd_interval_tree tree;
	int step, i;

	drbd_interval_tree_init(&tree);
	memset(node, 0, sizeof(node));
	for (step = 0; step < 6000; step++) {
		i = rnd(NODES);
		if (node[i].linked) {
			drbd_interval_erase(&tree, &node[i]);
		} else {
			drbd_interval_set(&node[i], rnd(500), (1 + rnd(20)) * 512);
			drbd_interval_insert(&tree, &node[i]);
		}
		check_query(&tree, rnd(520), rnd(30) * 512);
	}
}

TEST(ascending_sectors_make_no_long_paths)
{
	static struct drbd_interval many[20000];
	struct drbd_interval_tree tree;
	int i;

	drbd_interval_tree_init(&tree);
	for (i = 0; i < 20000; i++) {
		drbd_interval_set(&many[i], i, 4096);
		drbd_interval_insert(&tree, &many[i]);
	}
	CHECK_MSG(height(tree.root) < 60, "height %d of 20000 nodes", height(tree.root));
	for (i = 0; i < 20000; i++)
		drbd_interval_erase(&tree, &many[i]);
	CHECK(!tree.root);
}

TEST(edges_touch_but_do_not_overlap)
{
	struct drbd_interval_tree tree;

	drbd_interval_tree_init(&tree);
	CHECK(!drbd_interval_first(&tree, 0, 4096));
	drbd_interval_set(&node[0], 8, 4096);
	drbd_interval_insert(&tree, &node[0]);
	CHECK(!drbd_interval_first(&tree, 0, 4096));
	CHECK(!drbd_interval_first(&tree, 16, 4096));
	CHECK(!drbd_interval_first(&tree, 8, 0));
	CHECK(drbd_interval_first(&tree, 7, 1024) == &node[0]);
	CHECK(drbd_interval_first(&tree, 15, 512) == &node[0]);
	CHECK(drbd_interval_contains(&node[0], 8, 4096));
	CHECK(drbd_interval_contains(&node[0], 9, 512));
	CHECK(!drbd_interval_contains(&node[0], 7, 1024));
	CHECK(!drbd_interval_contains(&node[0], 15, 1024));
	drbd_interval_erase(&tree, &node[0]);
	drbd_interval_erase(&tree, &node[0]);
	CHECK(!tree.root);
}

int main(void)
{
	RUN(overlaps_are_found_as_by_trying_all);
	RUN(ascending_sectors_make_no_long_paths);
	RUN(edges_touch_but_do_not_overlap);
	return UNIT_END;
}
