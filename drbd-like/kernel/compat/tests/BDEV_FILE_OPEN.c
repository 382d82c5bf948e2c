/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	struct file *f = bdev_file_open_by_path("", 0, (void *)0, (const struct blk_holder_ops *)0); (void)f;
}
