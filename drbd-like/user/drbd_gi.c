/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints generation identifiers, bare and explained. */
#include "drbd-like/user/drbd_gi.h"

#include <stdio.h>
#include <string.h>

const u32 drbd_gi_flag[DRBD_GI_FLAGS] = {
	MDF_CONSISTENT, MDF_WAS_UP_TO_DATE, MDF_PRIMARY_IND, MDF_CONNECTED_IND, MDF_FULL_SYNC, MDF_PEER_OUT_DATED,
	MDF_CRASHED_PRIMARY
};

/* The same, in words. */
static const char *const meaning[DRBD_GI_FLAGS] = {
	"Data consistency flag", "Data was/is currently up-to-date", "Node was/is currently primary",
	"Node was/is currently connected", "Node was in the progress of setting all bits in the bitmap",
	"The peer's disk was out-dated or inconsistent", "This node was a crashed primary, and has not seen its peer since ",
};

void drbd_gi_print(const u64 *uuid, u32 md_flags)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		printf("%016llX:", uuid[i]);
	for (i = 0; i < DRBD_GI_FLAGS; i++)
		printf("%s%d", i ? ":" : "", !!(md_flags & drbd_gi_flag[i]));
	printf("\n");
}

/* One line for each bit, its arrow ending below that bit. */
static void print_arrows_below(void)
{
	enum { FIRST_COLUMN = 68 };
	int bits = DRBD_GI_FLAGS, i, k;

	printf("%*s", FIRST_COLUMN, "");
	for (i = 0; i < bits; i++)
		printf("%s^", i ? " " : "");
	printf("\n");
	for (i = 0; i < bits; i++) {
		int text = (int)strlen(meaning[i]) + 10, column = FIRST_COLUMN + 2 * i;

		printf("%*s-<  %s  >--+", column + 1 - text, "", meaning[i]);
		for (k = i + 1; k < bits; k++)
			printf(" |");
		printf("\n");
	}
}

void drbd_gi_explain(const u64 *uuid, u32 flags, bool clean)
{
	printf("\n       +--<  Current data generation UUID  >-\n"
	       "       |               +--<  Bitmap's base data generation UUID  >-\n"
	       "       |               |                 +--<  younger history UUID  >-\n"
	       "       |               |                 |         +-<  older history  >-\n"
	       "       V               V                 V         V\n");
	drbd_gi_print(uuid, flags);
	print_arrows_below();
	printf("\nflags:%s %s, %s, %s%s%s\n", flags & MDF_CRASHED_PRIMARY ? " crashed" : "",
	       flags & MDF_PRIMARY_IND ? "Primary" : "Secondary", flags & MDF_CONNECTED_IND ? "Connected" : "StandAlone",
	       !(flags & MDF_CONSISTENT) ? "Inconsistent" : flags & MDF_WAS_UP_TO_DATE ? "UpToDate" : "Outdated",
	       flags & MDF_FULL_SYNC ? ", need full sync" : "", flags & MDF_PEER_OUT_DATED ? ", peer Outdated" : "");
	printf("meta-data: %s\n", clean ? "clean" : "need apply-al");
}
