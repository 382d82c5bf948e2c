/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/highmem.h>

void probe(void);
void probe(void)
{
	(void)kmap_atomic((struct page *)0);
}
