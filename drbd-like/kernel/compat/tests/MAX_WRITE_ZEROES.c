/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	struct queue_limits l; l.max_write_zeroes_sectors = 0;
}
