/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	(void)bio_alloc((struct block_device *)0, 1, 0, GFP_NOIO);
}
