/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	struct bio *b = 0; blk_queue_split((struct request_queue *)0, &b);
}
