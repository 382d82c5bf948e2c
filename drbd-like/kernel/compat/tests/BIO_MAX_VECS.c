/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	int a = BIO_MAX_VECS; (void)a;
}
