/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	(void)blkdev_issue_flush((struct block_device *)0, GFP_NOIO, (sector_t *)0);
}
