/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/net.h>
#include <net/net_namespace.h>

void probe(void);
void probe(void)
{
	struct socket *s; (void)sock_create_kern(&init_net, 0, 0, 0, &s);
}
