/* SPDX-License-Identifier: GPL-2.0-only */
/* The operator's answer to the question whether to stop waiting, key by key (drbd-tools.md A9). Pure. */
#ifndef ADM_ANSWER_H
#define ADM_ANSWER_H

#include <stdbool.h>

struct adm_answer {
	char line[8];
	unsigned int len, interrupts;
};

/* True: the waiting is to end: "yes" and Enter, or ctrl-C or ctrl-D three times. */
bool adm_answer_key(struct adm_answer *answer, char key);

#endif
