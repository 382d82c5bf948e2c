/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	struct bio b; b.bi_opf = 0;
}
