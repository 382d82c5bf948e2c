/* SPDX-License-Identifier: GPL-2.0-only */
/* heartbeat -t: the three files together. */
#ifndef HEARTBEAT_HB_TEST_H
#define HEARTBEAT_HB_TEST_H

/* Says on stderr what is wrong and on stdout what is there. 0 or 6, as a start would exit. */
int hb_test_config(const char *dir);

#endif
