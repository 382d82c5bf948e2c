/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	blk_queue_merge_bvec((struct request_queue *)0, (merge_bvec_fn *)0);
}
