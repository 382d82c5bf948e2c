/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/backing-dev.h>

void probe(void);
void probe(void)
{
	int a = BDI_CAP_STABLE_WRITES; (void)a;
}
