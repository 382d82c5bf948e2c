/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/proc_fs.h>

void probe(void);
void probe(void)
{
	struct proc_ops p; p.proc_open = 0;
}
