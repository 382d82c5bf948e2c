/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <net/genetlink.h>

void probe(void);
void probe(void)
{
	struct genl_family f; f.resv_start_op = 0;
}
