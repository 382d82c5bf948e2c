/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	struct block_device_operations o; void (*f)(struct gendisk *, fmode_t) = 0; char c[__builtin_types_compatible_p(typeof(o.release), typeof(f)) ? 1 : -1]; (void)c; (void)f;
}
