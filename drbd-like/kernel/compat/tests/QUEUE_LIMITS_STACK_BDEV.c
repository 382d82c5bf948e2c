/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	queue_limits_stack_bdev((struct queue_limits *)0, (struct block_device *)0, 0, "");
}
