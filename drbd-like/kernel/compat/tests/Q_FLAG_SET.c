/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	blk_queue_flag_set(0, (struct request_queue *)0);
}
