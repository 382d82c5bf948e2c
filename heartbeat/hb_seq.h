/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence numbers, pure: what has been received from one sender and what is missing; what has been sent and can be sent
 * again; how far it was acknowledged (heartbeat.md 2.8).
 */
#ifndef HEARTBEAT_HB_SEQ_H
#define HEARTBEAT_HB_SEQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HB_MAX_GAP = 250, HB_SENT_RING = 500, HB_MAX_RESEND = 50, HB_ACK_EVERY = 10, HB_MIN_REXMIT_MS = 50,
	HB_MAX_UNACKED = 250,
};

enum hb_seq_verdict {
	HB_SEQ_NEXT,	  /* the one after the last, or the first of all */
	HB_SEQ_GAP,	  /* accepted; lost says how many are missing before it */
	HB_SEQ_LOST_MANY, /* accepted; the history was forgotten */
	HB_SEQ_FOUND,	  /* one of the missing */
	HB_SEQ_DUPLICATE, /* the last one again, by another medium */
	HB_SEQ_OLD,
};

/* One sender. Zeroed: nothing heard. */
struct hb_recv {
	uint64_t last;
	bool heard;
	int missing;
	struct hb_missing {
		uint64_t seq;
		int64_t ask_at_ms;
	} miss[HB_MAX_GAP];
	unsigned int ack_rest; /* messages whose number mod HB_ACK_EVERY is this are acknowledged */
};

/*
 * Takes note of seq; lost and ack are filled in: how many are missing since, and the number to acknowledge now (0: none).
 * ask_delay_ms: how long the first request for a missing one waits, HB_MIN_REXMIT_MS or more.
 */
enum hb_seq_verdict hb_recv_seq(struct hb_recv *recv, uint64_t seq, int64_t now_ms, int64_t ask_delay_ms, uint64_t *lost, uint64_t *ack);

/* The next missing number whose request is due, which is put off by again_ms; 0: none. */
uint64_t hb_recv_ask(struct hb_recv *recv, int64_t now_ms, int64_t again_ms);
/* When the next request is due; INT64_MAX: none. */
int64_t hb_recv_next_ms(const struct hb_recv *recv);
/* It cannot be had any more. */
void hb_recv_give_up(struct hb_recv *recv, uint64_t seq);
void hb_recv_reset(struct hb_recv *recv);

/* What was sent, as it went out. Zeroed: nothing. */
struct hb_sent {
	uint64_t newest; /* 0: none yet */
	struct hb_sent_msg {
		uint64_t seq;
		char *wire;
		size_t len;
		int64_t sent_ms;
	} ring[HB_SENT_RING];
};

/* Keeps wire, which becomes the ring's. seq must be newest + 1. */
void hb_sent_keep(struct hb_sent *sent, uint64_t seq, char *wire, size_t len, int64_t now_ms);
enum hb_resend { HB_RESEND, HB_RESEND_RECENT, HB_RESEND_TOO_OLD, HB_RESEND_NOT_YET_SENT };
/* RESEND: *msg is it, and now counts as sent now. RECENT: it went out less than quiet_ms ago. */
enum hb_resend hb_sent_again(struct hb_sent *sent, uint64_t seq, int64_t now_ms, int64_t quiet_ms, struct hb_sent_msg **msg);
void hb_sent_free(struct hb_sent *sent);

#endif
