/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/sched.h>

void probe(void);
void probe(void)
{
	sched_set_fifo_low(current);
}
