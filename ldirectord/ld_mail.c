/* SPDX-License-Identifier: GPL-2.0-only */
#include "ldirectord/ld_mail.h"

#include <errno.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/run.h"
#include "lib/fault.h"

enum { MESSAGE_BYTE = 4096 };

void ld_mailer_init(struct ld_mailer *mailer, struct ev_loop *loop)
{
	memset(mailer, 0, sizeof(*mailer));
	mailer->loop = loop;
	mailer->last = &mailer->first;
}

static void mail_free(struct ld_mail *mail)
{
	if (!mail)
		return;
	free(mail->smtp);
	free(mail->from);
	free(mail->to);
	free(mail->subject);
	free(mail->body);
	free(mail);
}

void ld_mailer_free(struct ld_mailer *mailer)
{
	struct ld_mail *mail;

	while ((mail = mailer->first)) {
		mailer->first = mail->next;
		mail_free(mail);
	}
	mailer->last = &mailer->first;
	mailer->queued = 0;
}

void ld_mail_text(const struct ld_mail *mail, char *out, size_t size)
{
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", localtime_r(&now, &tm));
	snprintf(out, size, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n\r\n%s", mail->from, mail->to, mail->subject, date,
		 mail->body);
}

/* In the child, which may block: one SMTP session. */

struct smtp {
	FILE *in, *out;
};

static bool smtp_connect(struct smtp *smtp, const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *info, *at;
	int fd = -1;

	if (getaddrinfo(host, "25", &hints, &info))
		return false;
	for (at = info; at && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(info);
	if (fd < 0)
		return false;
	smtp->in = fdopen(fd, "r");
	smtp->out = fdopen(dup(fd), "w");
	return smtp->in && smtp->out;
}

/* Says a line (NULL: nothing) and takes the answer; true if it starts with class. */
static bool smtp_say(struct smtp *smtp, char class, const char *verb, const char *word, const char *end)
{
	char line[1024];

	if (verb)
		fprintf(smtp->out, "%s%s%s\r\n", verb, word, end);
	fflush(smtp->out);
	do {
		if (!fgets(line, sizeof(line), smtp->in))
			return false;
	} while (strlen(line) > 3 && line[3] == '-');
	if (line[0] != class)
		printf("%.200s", line);
	return line[0] == class;
}

/* The text with a dot doubled at the start of a line, and every line ended by CRLF. */
static void smtp_body(FILE *smtp, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && *text == '.')
			fputc('.', smtp);
		start = *text == '\n';
		if (start && text[-1] != '\r')
			fputc('\r', smtp);
		fputc(*text, smtp);
	}
	fputs("\r\n", smtp);
}

static int smtp_child(void *arg)
{
	const struct ld_mail *mail = arg;
	struct smtp smtp;
	char text[MESSAGE_BYTE], list[1024], *rest = NULL, *to;

	if (!smtp_connect(&smtp, mail->smtp)) {
		printf("%s: %s", mail->smtp, strerror(errno));
		return 1;
	}
	ld_mail_text(mail, text, sizeof(text));
	if (!smtp_say(&smtp, '2', NULL, NULL, NULL) ||
	    (!smtp_say(&smtp, '2', "EHLO ", "localhost.localdomain", "") && !smtp_say(&smtp, '2', "HELO ", "localhost.localdomain", "")) ||
	    !smtp_say(&smtp, '2', "MAIL FROM:<", mail->from, ">"))
		return 1;
	/* one RCPT for each address (ldirectord.md 6, bug 23) */
	snprintf(list, sizeof(list), "%s", mail->to);
	for (to = strtok_r(list, ", ", &rest); to; to = strtok_r(NULL, ", ", &rest))
		if (!smtp_say(&smtp, '2', "RCPT TO:<", to, ">"))
			return 1;
	if (!smtp_say(&smtp, '3', "DATA", "", ""))
		return 1;
	smtp_body(smtp.out, text);
	if (!smtp_say(&smtp, '2', ".", "", ""))
		return 1;
	smtp_say(&smtp, '2', "QUIT", "", "");
	return 0;
}

static void run_next(struct ld_mailer *mailer);

static void mail_ended(const struct run_result *result, void *arg)
{
	struct ld_mail *mail = arg;
	struct ld_mailer *mailer = mail->mailer;
	int len = (int)strcspn(result->output, "\r\n");

	if (result->exit_code)
		log_err("failed to send %semail message%s%.*s", mail->smtp ? "SMTP " : "", len ? ": " : "", len > 200 ? 200 : len,
			result->output);
	mailer->running--;
	mail_free(mail);
	run_next(mailer);
}

static int start_mail(struct ld_mailer *mailer, struct ld_mail *mail)
{
	const char *argv[] = { "/usr/sbin/sendmail", "-i", "-t", NULL };
	struct run_spec spec = { .timeout_ms = LD_MAIL_TIMEOUT_MS };
	char text[MESSAGE_BYTE], *cr;

	if (mail->smtp) {
		spec.child = smtp_child;
		spec.child_arg = mail;
	} else {
		ld_mail_text(mail, text, sizeof(text));
		while ((cr = strchr(text, '\r')))
			memmove(cr, cr + 1, strlen(cr));
		spec.argv = argv;
		spec.input = text;
		spec.input_byte = strlen(text);
	}
	return run_start(NULL, mailer->loop, &spec, mail_ended, mail);
}

static void run_next(struct ld_mailer *mailer)
{
	struct ld_mail *mail;
	int err;

	while (mailer->first && mailer->running < LD_MAILS_AT_ONCE) {
		mail = mailer->first;
		mailer->first = mail->next;
		if (!mailer->first)
			mailer->last = &mailer->first;
		mailer->queued--;
		err = start_mail(mailer, mail);
		if (err) {
			log_err("failed to send %semail message: %s", mail->smtp ? "SMTP " : "", strerror(-err));
			mail_free(mail);
		} else {
			mailer->running++;
		}
	}
}

static char *default_from(void)
{
	struct passwd *pw = getpwuid(getuid());
	struct utsname name;
	char *from;

	if (uname(&name) < 0 || asprintf(&from, "%s@%s", pw ? pw->pw_name : "root", name.nodename) < 0)
		return NULL;
	return from;
}

void ld_mail_send(struct ld_mailer *mailer, const char *smtp, const char *from, const char *to, const char *subject, const char *body)
{
	struct ld_mail *mail;

	if (mailer->queued >= LD_MAX_MAILS) {
		log_err("failed to send email message: %d are waiting already: %s", LD_MAX_MAILS, subject);
		return;
	}
	mail = calloc(1, sizeof(*mail));
	if (!mail)
		return;
	mail->mailer = mailer;
	mail->smtp = smtp ? strdup(smtp) : NULL;
	mail->from = from ? strdup(from) : default_from();
	mail->to = strdup(to);
	mail->subject = strdup(subject);
	mail->body = strdup(body);
	if ((smtp && !mail->smtp) || !mail->from || !mail->to || !mail->subject || !mail->body) {
		log_err("failed to send email message: out of memory: %s", subject);
		mail_free(mail);
		return;
	}
	*mailer->last = mail;
	mailer->last = &mail->next;
	mailer->queued++;
	run_next(mailer);
}
