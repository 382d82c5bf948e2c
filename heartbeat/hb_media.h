/* SPDX-License-Identifier: GPL-2.0-only */
/* The media: broadcast, unicast, multicast, serial lines and pings. Each message goes to all; what comes in is handed on. */
#ifndef HEARTBEAT_HB_MEDIA_H
#define HEARTBEAT_HB_MEDIA_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "heartbeat/ha_cf.h"
#include "lib/ev.h"

enum { HB_SERIAL_BYTE = 8192, HB_SERIAL_QUEUE_BYTE = 32768, HB_MAX_WRITE_ERRORS = 10, HB_REOPEN_SENDS = 10 };

struct hb_medium;

/* One packet; link is the medium's name, from the sender's address as text. */
typedef void (*hb_packet_fn)(void *arg, const char *wire, size_t len, const char *link, const char *from);

struct hb_serial {
	char in[HB_SERIAL_BYTE], out[HB_SERIAL_QUEUE_BYTE];
	size_t in_len, out_len;
};

struct hb_medium {
	const struct ha_media *conf;
	struct hb_media *media;
	int fd;	      /* receives; -1: closed */
	int send_fd;  /* sends; may be fd */
	struct ev ev;
	struct sockaddr_storage to[HA_MAX_GROUP];
	socklen_t to_len;
	int tos;
	uint16_t ping_id, ping_seq;
	struct hb_serial *serial;
	pid_t lock_pid; /* who took the lock of the serial port: this process, or the one that it was forked from */
	int write_errors; /* in a row */
	unsigned int missed; /* sends that found a serial port gone */
	/* the last sender and its address as text: mostly it is the same one again */
	struct sockaddr_storage from;
	char from_text[64];
};

struct hb_media {
	struct hb_medium medium[HA_MAX_MEDIA];
	int count;
	struct ev_loop *loop;
	hb_packet_fn packet;
	void *arg;
};

/* What one kind of medium does. */
struct hb_media_ops {
	const char *name, *title; /* for messages */
	/* 0 or -errno, which it has logged */
	int (*open)(struct hb_medium *m);
	void (*readable)(struct hb_medium *m);
	/* 0 or -errno */
	int (*send)(struct hb_medium *m, const char *wire, size_t len);
	/* NULL, or: the daemon has become the process that it stays, 0 or -errno; it is about to close the medium */
	int (*started)(struct hb_medium *m);
	void (*closing)(struct hb_medium *m);
};

/* Opens all media of cf. Each that cannot be opened is logged; 0 or the -errno of the last one. */
int hb_media_open(struct hb_media *media, const struct ha_cf *cf, hb_packet_fn packet, void *arg);
/* Starts to watch them. 0 or -errno. */
int hb_media_watch(struct hb_media *media, struct ev_loop *loop);
void hb_media_close(struct hb_media *media);

/* To all media but pings and serial lines; to serial lines, which take the classic framing alone. */
void hb_media_send(struct hb_media *media, const char *wire, size_t len);
void hb_media_send_serial(struct hb_media *media, const char *wire, size_t len);
/* An echo request to every host of a ping node. */
void hb_media_ping(struct hb_media *media, const char *name, const char *wire, size_t len);

/* For the kinds: */
extern const struct hb_media_ops hb_bcast_ops, hb_ucast_ops, hb_mcast_ops, hb_serial_ops, hb_ping_ops;
/* A UDP socket bound to the device, with the medium's port where bound. fd or -errno, which it has logged. */
int hb_udp_socket(struct hb_medium *m, int family, const struct sockaddr *address, socklen_t len);
/* The sender's address as text, valid until the next call. */
const char *hb_media_from(struct hb_medium *m, const struct sockaddr_storage *from, socklen_t len);
/* Receives and hands on what is there. */
void hb_udp_readable(struct hb_medium *m);
int hb_udp_send(struct hb_medium *m, const char *wire, size_t len);

#endif
