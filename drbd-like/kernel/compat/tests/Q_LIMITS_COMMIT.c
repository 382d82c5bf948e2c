/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	(void)queue_limits_commit_update((struct request_queue *)0, (struct queue_limits *)0);
}
