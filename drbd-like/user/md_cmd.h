/* SPDX-License-Identifier: GPL-2.0-only */
/* drbdmeta's larger sub-commands. Each gets the device as parsed, not opened, and returns the exit code. */
#ifndef MD_CMD_H
#define MD_CMD_H

#include "md_dev.h"

struct md_args {
	char **arg;		/* of the sub-command */
	int nr;
	char **argv;		/* of the program: dump-md quotes it */
	int argc;
};

int cmd_create_md(struct md_dev *dev, const struct md_args *a);	/* md_create.c */
int cmd_apply_al(struct md_dev *dev, const struct md_args *a);	/* md_apply.c */
int cmd_check_resize(struct md_dev *dev, const struct md_args *a);
int cmd_dump_md(struct md_dev *dev, const struct md_args *a);	/* md_text.c */
int cmd_restore_md(struct md_dev *dev, const struct md_args *a);
int cmd_verify_dump(struct md_dev *dev, const struct md_args *a);

/* The existing-data check of drbd-metadata.md 9.5 for an area at dev->l: returns, or ends the program. */
void md_check_existing(const struct md_dev *dev);

/* Writes every block of the activity log of dev->l as initialized. */
void md_init_al(const struct md_dev *dev);

/* Moves meta-data found at the last known location to where it belongs now. */
void md_move(struct md_dev *dev);

/* "64 MB"; buf has at least 16 bytes. */
const char *md_size_text(char *buf, u64 kib);

#endif
