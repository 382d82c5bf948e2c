/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/socket.h>
#include <linux/net.h>
#include <linux/uio.h>

void probe(void);
void probe(void)
{
	struct msghdr m; m.msg_iter.count = 0;
}
