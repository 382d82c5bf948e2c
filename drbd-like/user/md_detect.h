/* SPDX-License-Identifier: GPL-2.0-only */
/* What the first 68 KiB of a device say about data on it (drbd-metadata.md 9.5). Pure. */
#ifndef MD_DETECT_H
#define MD_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#define MD_DETECT_BYTE 69632u

enum md_found { FOUND_NOTHING, FOUND_KNOWN, FOUND_SWAP, FOUND_LVM, FOUND_DATA };

struct md_detected {
	enum md_found what;
	const char *label;	/* "ext3 filesystem" */
	uint64_t used_byte;	/* 0: unknown; saturates */
};

/* data has MD_DETECT_BYTE bytes. */
void md_detect(const void *data, struct md_detected *d);

#endif
