/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>
#include <linux/backing-dev.h>

void probe(void);
void probe(void)
{
	(void)bdi_rw_congested((struct backing_dev_info *)0);
}
