/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/workqueue.h>

void probe(void);
void probe(void)
{
	(void)system_unbound_wq;
}
