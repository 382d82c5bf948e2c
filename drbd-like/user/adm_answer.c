/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd-like/user/adm_answer.h"

#include <string.h>

enum { KEY_INTERRUPT = 3, KEY_EOF = 4, INTERRUPTS = 3 };

bool adm_answer_key(struct adm_answer *answer, char key)
{
	if (key == KEY_INTERRUPT || key == KEY_EOF)
		return ++answer->interrupts >= INTERRUPTS;
	if (key == '\r' || key == '\n') {
		bool yes = answer->len == 3 && !memcmp(answer->line, "yes", 3);

		answer->len = 0;
		return yes;
	}
	if (answer->len < sizeof(answer->line))
		answer->line[answer->len++] = key;
	return false;
}
