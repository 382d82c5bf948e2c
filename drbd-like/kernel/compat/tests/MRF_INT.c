/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>

void probe(void);
void probe(void)
{
	int (*f)(struct request_queue *, struct bio *) = 0; char c[__builtin_types_compatible_p(make_request_fn *, typeof(f)) ? 1 : -1]; (void)c; (void)f;
}
