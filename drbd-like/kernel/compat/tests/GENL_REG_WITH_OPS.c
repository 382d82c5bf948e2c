/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <net/genetlink.h>

void probe(void);
void probe(void)
{
	struct genl_family *f = 0; genl_register_family_with_ops(f, (void *)0, 0);
}
