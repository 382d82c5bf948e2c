/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <net/netlink.h>

void probe(void);
void probe(void)
{
	(void)nla_nest_start_noflag((struct sk_buff *)0, 0);
}
