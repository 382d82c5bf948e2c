/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures of file systems, swap space and LVM. */
#include "md_detect.h"

#include "drbd-like/core/drbd_port.h"

static u32 le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static u64 times(u64 count, u64 size)
{
	return size && count > ~0ull / size ? ~0ull : count * size;
}

static bool has(const u8 *p, const char *text)
{
	return !memcmp(p, text, strlen(text));
}

static bool detect_swap(const u8 *p, struct md_detected *d)
{
	static const u32 page_byte[] = { 4096, 8192 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(page_byte); i++) {
		const u8 *at = p + page_byte[i] - 10;

		if (has(at, "SWAP-SPACE") || has(at, "SWAPSPACE2")) {
			d->what = FOUND_SWAP;
			d->label = "swap space signature";
			return true;
		}
	}
	return false;
}

static bool known(struct md_detected *d, const char *label, u64 count, u64 size)
{
	d->what = FOUND_KNOWN;
	d->label = label;
	d->used_byte = times(count, size);
	return true;
}

static bool detect_fs(const u8 *p, struct md_detected *d)
{
	if (p[0x438] == 0x53 && p[0x439] == 0xef)
		return known(d, p[0x45c] & 4 ? "ext3 filesystem" : "ext2 filesystem", le32(p + 0x404),
			     1024u << DRBD_MIN(le32(p + 0x418), 2u));
	if (has(p, "XFSB"))
		return known(d, "xfs filesystem", drbd_get_be64(p + 8), drbd_get_be32(p + 4));
	if (has(p + 0x8000, "JFS1"))
		return known(d, "JFS filesystem", drbd_get_le64(p + 0x8008), le32(p + 0x8018));
	if (has(p + 0x10034, "ReIsErFs") || has(p + 0x10034, "ReIsEr2Fs"))
		return known(d, "reiser filesystem", le32(p + 0x10000), p[0x1002c] | p[0x1002d] << 8);
	return false;
}

void md_detect(const void *data, struct md_detected *d)
{
	const u8 *p = data;
	u32 i;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < MD_DETECT_BYTE && !p[i]; i++)
		;
	if (i == MD_DETECT_BYTE || detect_swap(p, d))
		return;
	if (has(p + 0x218, "LVM2")) {
		d->what = FOUND_LVM;
		d->label = "LVM2 physical volume signature";
	} else if (!detect_fs(p, d)) {
		d->what = FOUND_DATA;
		d->label = "some data";
	}
}
