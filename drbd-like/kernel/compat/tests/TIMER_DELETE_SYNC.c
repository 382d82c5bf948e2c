/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/timer.h>

void probe(void);
void probe(void)
{
	(void)timer_delete_sync((struct timer_list *)0);
}
