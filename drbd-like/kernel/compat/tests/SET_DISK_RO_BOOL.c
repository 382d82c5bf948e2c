/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	char c[__builtin_types_compatible_p(typeof(&set_disk_ro), void (*)(struct gendisk *, bool)) ? 1 : -1]; (void)c;
}
