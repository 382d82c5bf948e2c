/* SPDX-License-Identifier: GPL-2.0-only */
/* Alerts by mail, through an SMTP server or the local sendmail; each in a child, a few at a time, never in a check's way. */
#ifndef LD_MAIL_H
#define LD_MAIL_H

#include "lib/ev.h"

enum { LD_MAX_MAILS = 1000, LD_MAILS_AT_ONCE = 4, LD_MAIL_TIMEOUT_MS = 60000 };

struct ld_mail {
	struct ld_mail *next;
	struct ld_mailer *mailer;
	char *smtp; /* NULL: sendmail */
	char *from, *to, *subject, *body;
};

struct ld_mailer {
	struct ev_loop *loop;
	struct ld_mail *first, **last;
	int queued, running;
};

void ld_mailer_init(struct ld_mailer *mailer, struct ev_loop *loop);
/* Forgets what is not under way. */
void ld_mailer_free(struct ld_mailer *mailer);
/* Queues one; to is a list with commas. smtp and from may be NULL. Failures are logged. */
void ld_mail_send(struct ld_mailer *mailer, const char *smtp, const char *from, const char *to, const char *subject,
		  const char *body);
/* Pure: the whole message with its headers into out. */
void ld_mail_text(const struct ld_mail *mail, char *out, size_t size);

#endif
