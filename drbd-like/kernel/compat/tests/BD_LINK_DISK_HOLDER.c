/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/fs.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	(void)bd_link_disk_holder((struct block_device *)0, (struct gendisk *)0);
}
