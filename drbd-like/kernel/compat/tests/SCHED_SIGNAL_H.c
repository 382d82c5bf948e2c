/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/sched/signal.h>

void probe(void);
void probe(void)
{
	return;
}
