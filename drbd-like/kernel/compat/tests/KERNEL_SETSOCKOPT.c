/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/net.h>

void probe(void);
void probe(void)
{
	(void)kernel_setsockopt((struct socket *)0, 0, 0, (char *)0, 0);
}
