/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	(void)bio_alloc_clone((struct block_device *)0, (struct bio *)0, GFP_NOIO, (struct bio_set *)0);
}
