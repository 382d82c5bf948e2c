/* SPDX-License-Identifier: GPL-2.0-only */
/* serial: classic messages on a raw line; after noise the reader finds the next start mark. A port that goes may come back. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "heartbeat/hb_media.h"
#include "heartbeat/hb_ttylock.h"
#include "lib/log.h"
#include "lib/fault.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = { { 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
	       { 460800, B460800 } };

static int set_raw(int fd, int baud)
{
	struct termios tio;
	unsigned int i;

	if (tcgetattr(fd, &tio))
		return -1;
	cfmakeraw(&tio);
	tio.c_cflag |= CS8 | CREAD | CLOCAL | CRTSCTS;
	for (i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].baud == baud) {
			cfsetispeed(&tio, speeds[i].speed);
			cfsetospeed(&tio, speeds[i].speed);
		}
	return tcsetattr(fd, TCSANOW, &tio);
}

static int lock_line(struct hb_medium *m)
{
	int err = hb_tty_lock(m->conf->dev, m->lock_pid);

	if (err)
		log_err("cannot lock line %s: %s", m->conf->dev, err == -EBUSY ? "another program has it" : strerror(-err));
	else
		m->lock_pid = getpid();
	return err;
}

static int open_serial(struct hb_medium *m)
{
	int fd, err = lock_line(m);

	if (err)
		return err;
	fd = open(m->conf->dev, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || set_raw(fd, m->conf->baud)) {
		err = -errno;
		log_err("Serial port [%s] cannot be opened: %s", m->conf->dev, strerror(-err));
		goto close_port;
	}
	if (!m->serial)
		m->serial = calloc(1, sizeof(*m->serial));
	err = -ENOMEM;
	if (!m->serial)
		goto close_port;
	m->serial->in_len = m->serial->out_len = 0;
	m->fd = m->send_fd = fd;
	return 0;

close_port:
	if (fd >= 0)
		close(fd);
	hb_tty_unlock(m->conf->dev);
	return err;
}

/* Hands on each whole message at the start of the buffer, and drops what stands before a start mark. */
static void take_messages(struct hb_medium *m)
{
	struct hb_serial *s = m->serial;
	char *start, *end;
	size_t skip;

	for (;;) {
		start = memmem(s->in, s->in_len, ">>>\n", 4);
		if (!start) {
			/* the last bytes may be the first of a mark */
			skip = s->in_len > 3 ? s->in_len - 3 : 0;
			memmove(s->in, s->in + skip, s->in_len - skip);
			s->in_len -= skip;
			return;
		}
		end = memmem(start, s->in + s->in_len - start, "\n<<<\n", 5);
		if (!end) {
			s->in_len -= start - s->in;
			memmove(s->in, start, s->in_len);
			if (s->in_len == sizeof(s->in))
				s->in_len = 0; /* no message is that long */
			return;
		}
		end += 5;
		m->media->packet(m->media->arg, start, end - start, m->conf->dev, m->conf->dev);
		if (m->fd < 0)
			return;
		s->in_len -= end - s->in;
		memmove(s->in, end, s->in_len);
	}
}

static void flush_out(struct hb_medium *m)
{
	struct hb_serial *s = m->serial;
	ssize_t n = s->out_len ? write(m->send_fd, s->out, s->out_len) : 0;

	if (n > 0) {
		s->out_len -= (size_t)n;
		memmove(s->out, s->out + n, s->out_len);
	}
	if (m->ev.loop)
		ev_mod(&m->ev, EV_READ | (s->out_len ? EV_WRITE : 0));
}

/* An adapter was unplugged: it would be readable for ever. */
static void port_gone(struct hb_medium *m)
{
	log_err("Serial port [%s] is gone", m->conf->dev);
	ev_del(&m->ev);
	close(m->fd);
	m->fd = m->send_fd = -1;
}

static void serial_readable(struct hb_medium *m)
{
	struct hb_serial *s = m->serial;
	ssize_t n;

	if (m->ev.ready & EV_WRITE)
		flush_out(m);
	n = read(m->fd, s->in + s->in_len, sizeof(s->in) - s->in_len);
	if (n > 0) {
		s->in_len += (size_t)n;
		take_messages(m);
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		port_gone(m);
	}
}

/* A message goes whole or not at all: a line that is full has nobody at its other end. */
static int send_serial(struct hb_medium *m, const char *wire, size_t len)
{
	struct hb_serial *s = m->serial;

	/* the NUL that ends a datagram would stand before the next start mark, which the original then does not find */
	if (len && !wire[len - 1])
		len--;
	if (s->out_len + len > sizeof(s->out)) {
		tcflush(m->send_fd, TCOFLUSH);
		s->out_len = 0;
		return -ENOBUFS;
	}
	memcpy(s->out + s->out_len, wire, len);
	s->out_len += len;
	flush_out(m);
	return 0;
}

static void unlock_line(struct hb_medium *m)
{
	hb_tty_unlock(m->conf->dev);
}

const struct hb_media_ops hb_serial_ops = { "serial", "Serial", open_serial, serial_readable, send_serial, lock_line, unlock_line };
