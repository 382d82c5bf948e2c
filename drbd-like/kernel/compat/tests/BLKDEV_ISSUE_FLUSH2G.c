/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	char c[__builtin_types_compatible_p(typeof(&blkdev_issue_flush), int (*)(struct block_device *, gfp_t)) ? 1 : -1]; (void)c;
}
