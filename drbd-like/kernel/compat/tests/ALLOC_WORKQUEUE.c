/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/workqueue.h>

void probe(void);
void probe(void)
{
	(void)alloc_workqueue("x", WQ_MEM_RECLAIM, 1);
}
