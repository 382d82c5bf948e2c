/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	struct bio_set bs; (void)bioset_init(&bs, 1, 0, 0);
}
