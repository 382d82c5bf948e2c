/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/module.h>
#include <linux/blkdev.h>
#include <linux/bio.h>

void probe(void);
void probe(void)
{
	int x = REQ_OP_WRITE_ZEROES; (void)x;
}
