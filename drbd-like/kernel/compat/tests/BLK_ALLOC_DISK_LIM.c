/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	(void)blk_alloc_disk((struct queue_limits *)0, NUMA_NO_NODE);
}
