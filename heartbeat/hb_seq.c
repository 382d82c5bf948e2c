/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequence numbers; see the header. */
#include "heartbeat/hb_seq.h"

#include <stdlib.h>
#include <string.h>

#include "lib/fault.h"

static void drop_missing(struct hb_recv *recv, int nr)
{
	recv->missing--;
	memmove(&recv->miss[nr], &recv->miss[nr + 1], (recv->missing - nr) * sizeof(recv->miss[0]));
}

static int find_missing(const struct hb_recv *recv, uint64_t seq)
{
	int i;

	for (i = 0; i < recv->missing; i++)
		if (recv->miss[i].seq == seq)
			return i;
	return -1;
}

/* Remembers last+1 .. seq-1; where there is no room the oldest are given up. */
static void remember_gap(struct hb_recv *recv, uint64_t seq, int64_t ask_at_ms)
{
	uint64_t n;

	for (n = recv->last + 1; n < seq; n++) {
		if (recv->missing == HB_MAX_GAP)
			drop_missing(recv, 0);
		recv->miss[recv->missing].seq = n;
		recv->miss[recv->missing++].ask_at_ms = ask_at_ms;
	}
}

/* Acknowledgements mean "all up to here": none while something is missing. */
static uint64_t ack_due(const struct hb_recv *recv, enum hb_seq_verdict verdict)
{
	uint64_t back = (recv->last % HB_ACK_EVERY + HB_ACK_EVERY - recv->ack_rest) % HB_ACK_EVERY;

	if (recv->missing || (verdict == HB_SEQ_NEXT && back) || recv->last <= back)
		return 0;
	return recv->last - back;
}

enum hb_seq_verdict hb_recv_seq(struct hb_recv *recv, uint64_t seq, int64_t now_ms, int64_t ask_delay_ms, uint64_t *lost, uint64_t *ack)
{
	enum hb_seq_verdict verdict = HB_SEQ_NEXT;
	int nr;

	*lost = *ack = 0;
	if (recv->heard && seq == recv->last)
		return HB_SEQ_DUPLICATE;
	if (recv->heard && seq < recv->last) {
		nr = find_missing(recv, seq);
		if (nr < 0)
			return HB_SEQ_OLD;
		drop_missing(recv, nr);
		*ack = ack_due(recv, HB_SEQ_FOUND);
		return HB_SEQ_FOUND;
	}
	if (recv->heard && seq > recv->last + 1) {
		*lost = seq - recv->last - 1;
		verdict = *lost > HB_MAX_GAP ? HB_SEQ_LOST_MANY : HB_SEQ_GAP;
		if (verdict == HB_SEQ_GAP)
			remember_gap(recv, seq, now_ms + ask_delay_ms);
		else
			recv->missing = 0;
	}
	recv->heard = true;
	recv->last = seq;
	*ack = ack_due(recv, verdict);
	return verdict;
}

uint64_t hb_recv_ask(struct hb_recv *recv, int64_t now_ms, int64_t again_ms)
{
	int i;

	for (i = 0; i < recv->missing; i++)
		if (recv->miss[i].ask_at_ms <= now_ms) {
			recv->miss[i].ask_at_ms = now_ms + again_ms;
			return recv->miss[i].seq;
		}
	return 0;
}

int64_t hb_recv_next_ms(const struct hb_recv *recv)
{
	int64_t next = INT64_MAX;
	int i;

	for (i = 0; i < recv->missing; i++)
		if (recv->miss[i].ask_at_ms < next)
			next = recv->miss[i].ask_at_ms;
	return next;
}

void hb_recv_give_up(struct hb_recv *recv, uint64_t seq)
{
	int nr = find_missing(recv, seq);

	if (nr >= 0)
		drop_missing(recv, nr);
}

void hb_recv_reset(struct hb_recv *recv)
{
	recv->heard = false;
	recv->missing = 0;
	recv->last = 0;
}

void hb_sent_keep(struct hb_sent *sent, uint64_t seq, char *wire, size_t len, int64_t now_ms)
{
	struct hb_sent_msg *slot = &sent->ring[seq % HB_SENT_RING];

	free(slot->wire);
	slot->seq = seq;
	slot->wire = wire;
	slot->len = len;
	slot->sent_ms = now_ms;
	sent->newest = seq;
}

enum hb_resend hb_sent_again(struct hb_sent *sent, uint64_t seq, int64_t now_ms, int64_t quiet_ms, struct hb_sent_msg **msg)
{
	struct hb_sent_msg *slot = &sent->ring[seq % HB_SENT_RING];

	if (seq > sent->newest)
		return HB_RESEND_NOT_YET_SENT;
	if (slot->seq != seq || !slot->wire)
		return HB_RESEND_TOO_OLD;
	if (now_ms - slot->sent_ms < quiet_ms)
		return HB_RESEND_RECENT;
	slot->sent_ms = now_ms;
	*msg = slot;
	return HB_RESEND;
}

void hb_sent_free(struct hb_sent *sent)
{
	int i;

	for (i = 0; i < HB_SENT_RING; i++) {
		free(sent->ring[i].wire);
		sent->ring[i].wire = NULL;
	}
}
