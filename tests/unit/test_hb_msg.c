/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages in both framings against the vectors of heartbeat.md 2.12; each byte cut and changed; sequence numbers. */
#include "unit.h"

#include <errno.h>

#include "heartbeat/hb_msg.h"
#include "heartbeat/hb_seq.h"
#include "lib/fault.h"

static struct authkeys keys = { .sign_nr = 1 };

static void use(enum hb_sign method)
{
	memset(&keys, 0, sizeof(keys));
	keys.sign_nr = 1;
	keys.key[1].method = method;
	strcpy(keys.key[1].text, method == HB_SIGN_CRC ? "" : "SecretKey");
}

static void fill(struct hb_msg *msg)
{
	static const unsigned char uuid[HB_UUID_BYTE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

	memset(msg, 0, sizeof(*msg));
	hb_msg_add(msg, "t", "status");
	hb_msg_add(msg, "st", "active");
	hb_msg_add(msg, "dt", "3e8");
	hb_msg_add(msg, "protocol", "1");
	hb_msg_add(msg, "src", "server1");
	hb_msg_add_typed(msg, HB_BINARY, "srcuuid", uuid, sizeof(uuid));
	hb_msg_add(msg, "seq", "4f7");
	hb_msg_add(msg, "hg", "6b02decb");
	hb_msg_add(msg, "ts", "6b02df48");
	hb_msg_add(msg, "ld", "0.01 0.02 0.03 1/100 1234");
	hb_msg_add(msg, "ttl", "3");
}

static struct hb_msg msg, back;

TEST(the_vectors_come_out_byte_for_byte)
{
	static const struct { enum hb_sign method; const char *inner; } rows[] = {
		{ HB_SIGN_SHA1, "3525bb5357a00ec617d01df0e672698cf2b712f3" },
		{ HB_SIGN_MD5, "efee8d6c8a6ff6a9cff622da3959f4a7" }, { HB_SIGN_CRC, "bab236bb" } };
	static const char *const outer[] = { "1b5cd413da5df0776b6e283e26b390a2f4765bfc", "04f888111ac99b32d700204c26b27b3e", "f7178198" };
	char *wire, hex[HB_MAX_DIGEST_BYTE + 1], line[128];
	size_t len, i;

	fill(&msg);
	CHECK_INT(hb_msg_body(&msg, &wire, &len), 0);
	CHECK_INT(len, 152);
	CHECK(strstr(wire, "\n(1)srcuuid=AAECAwQFBgcICQoLDA0ODw==\n"));
	free(wire);
	for (i = 0; i < 3; i++) {
		use(rows[i].method);
		CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
		snprintf(line, sizeof(line), "\nauth=1 %s\n<<<\n", rows[i].inner);
		CHECK(strstr(wire, line));
		CHECK(len == strlen(wire) + 1);
		free(wire);
	}
	use(HB_SIGN_SHA1);
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
	CHECK_INT(len, 209);
	free(wire);
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_NETSTRING, &keys, &wire, &len), 0);
	CHECK_INT(len, 313);
	for (i = 0; i < 3; i++) {
		use(rows[i].method);
		CHECK_INT(authkeys_digest(&keys, 1, wire, 267, hex), 0);
		CHECK_STR(hex, outer[i]);
	}
	CHECK(!memcmp(wire + 267, "42:1 1b5cd413da5df0776b6e283e26b390a2f4765bfc,", 46));
	free(wire);
	hb_msg_free(&msg);
}

static bool equal(const struct hb_msg *a, const struct hb_msg *b)
{
	int i, j = 0;

	for (i = 0; i < b->fields; i++) {
		if (!strcmp(b->field[i].name, "auth"))
			continue;
		if (j == a->fields || strcmp(a->field[j].name, b->field[i].name) || a->field[j].type != b->field[i].type ||
		    a->field[j].len != b->field[i].len || memcmp(a->field[j].value, b->field[i].value, a->field[j].len))
			return false;
		j++;
	}
	return j == a->fields;
}

/* wire must be read as msg; each cut and each changed bit must not. */
static void round_trip(const char *wire, size_t len, size_t whole)
{
	char *bent = malloc(len);
	const char *why;
	size_t i, bit;

	CHECK_INT(hb_msg_read(&back, wire, len, &keys, &why), 0);
	CHECK(equal(&msg, &back));
	hb_msg_free(&back);
	for (i = 0; i < whole; i++) {
		memcpy(bent, wire, i);
		if (!hb_msg_read(&back, bent, i, &keys, &why)) {
			CHECK_MSG(0, "cut at %zu of %zu is accepted", i, len);
			hb_msg_free(&back);
		}
	}
	for (i = 0; i < whole; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(bent, wire, len);
			bent[i] ^= 1 << bit;
			if (!hb_msg_read(&back, bent, len, &keys, &why)) {
				CHECK_MSG(equal(&msg, &back), "bit %zu of byte %zu changes the message", bit, i);
				hb_msg_free(&back);
			}
		}
	free(bent);
}

TEST(messages_survive_the_way_and_nothing_else_is_taken_for_one)
{
	static const enum hb_sign methods[] = { HB_SIGN_CRC, HB_SIGN_MD5, HB_SIGN_SHA1, HB_SIGN_SHA256 };
	char *wire;
	size_t len, i;

	fill(&msg);
	hb_msg_add(&msg, "info", "two\nlines=x, y");
	for (i = 0; i < 4; i++) {
		use(methods[i]);
		CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
		round_trip(wire, len, len - 1);
		free(wire);
		CHECK_INT(hb_msg_write(&msg, HB_FRAME_NETSTRING, &keys, &wire, &len), 0);
		round_trip(wire, len, len);
		free(wire);
	}
	CHECK_INT(hb_msg_pack(&msg, HB_PACK_ZLIB, &keys, &wire, &len), 0);
	round_trip(wire, len, len);
	free(wire);
	CHECK_INT(hb_msg_pack(&msg, HB_PACK_BZ2, &keys, &wire, &len), HB_HAS_BZ2 ? 0 : -EINVAL);
	if (HB_HAS_BZ2) {
		round_trip(wire, len, len);
		free(wire);
	}
	hb_msg_free(&msg);
}

TEST(a_key_that_is_not_ours_is_refused)
{
	const char *why;
	char *wire;
	size_t len;
	int framing;

	fill(&msg);
	for (framing = 0; framing < 2; framing++) {
		use(HB_SIGN_SHA1);
		CHECK_INT(hb_msg_write(&msg, framing, &keys, &wire, &len), 0);
		strcpy(keys.key[1].text, "Other");
		CHECK_INT(hb_msg_read(&back, wire, len, &keys, &why), -EACCES);
		keys.sign_nr = 2;
		keys.key[2] = keys.key[1];
		keys.key[1].method = HB_SIGN_NONE;
		CHECK_INT(hb_msg_read(&back, wire, len, &keys, &why), -EACCES);
		/* another signing key, the sender's still listed: a change of keys without an outage */
		strcpy(keys.key[1].text, "SecretKey");
		keys.key[1].method = HB_SIGN_SHA1;
		CHECK_INT(hb_msg_read(&back, wire, len, &keys, &why), 0);
		hb_msg_free(&back);
		free(wire);
	}
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, NULL, &wire, &len), 0);
	CHECK_INT(hb_msg_read(&back, wire, len, &keys, &why), -EACCES);
	CHECK_INT(hb_msg_read(&back, wire, len, NULL, &why), 0);
	hb_msg_free(&back);
	free(wire);
	hb_msg_free(&msg);
}

TEST(what_is_not_signed_is_not_part_of_the_message)
{
	const char *why;
	char *wire, *more;
	size_t len;

	use(HB_SIGN_CRC);
	fill(&msg);
	CHECK_INT(hb_msg_write(&msg, HB_FRAME_CLASSIC, &keys, &wire, &len), 0);
	more = malloc(len + 32);
	memcpy(more, wire, len - 5);
	strcpy(more + len - 5, "st=dead\n<<<\n");
	CHECK_INT(hb_msg_read(&back, more, strlen(more), &keys, &why), -EBADMSG);
	free(more);
	free(wire);
	hb_msg_free(&msg);
}

static uint32_t rnd_state = 1;

static uint32_t rnd(uint32_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return rnd_state % below;
}

TEST(fuzzed_messages_do_no_harm)
{
	char *wire, *bent;
	const char *why;
	size_t len, i;
	int round;

	use(HB_SIGN_CRC);
	fill(&msg);
	for (round = 0; round < 60000; round++) {
		if (round % 3 == 2)
			CHECK_INT(hb_msg_pack(&msg, round % 2 && HB_HAS_BZ2, &keys, &wire, &len), 0);
		else
			CHECK_INT(hb_msg_write(&msg, round % 3, &keys, &wire, &len), 0);
		bent = malloc(len);
		memcpy(bent, wire, len);
		for (i = 0; i <= rnd(6); i++)
			bent[rnd(len)] = rnd(3) ? "\n:,()=0129>#<%\0\x13"[rnd(17)] : (char)rnd(256);
		/* without keys the parser itself is what the bytes meet */
		if (!hb_msg_read(&back, bent, rnd(4) ? len : rnd(len), rnd(2) ? NULL : &keys, &why))
			hb_msg_free(&back);
		free(bent);
		free(wire);
	}
	hb_msg_free(&msg);
}

TEST(every_allocation_of_a_message_fails_once)
{
	int nth, framing, err;
	const char *why;
	char *wire;
	size_t len;

	use(HB_SIGN_SHA1);
	for (framing = 0; framing < 2; framing++) {
		nth = 0;
		do {
			fault_arm(nth++);
			fill(&msg);
			err = hb_msg_write(&msg, framing, &keys, &wire, &len);
			if (!err) {
				err = hb_msg_read(&back, wire, len, &keys, &why);
				if (!err)
					hb_msg_free(&back);
				free(wire);
			}
			CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
			hb_msg_free(&msg);
			CHECK_INT(fault_leaks(), 0);
		} while (fault_fired());
	}
	fault_disarm();
}

TEST(numbers_are_read_whole)
{
	uint64_t n = 7;

	memset(&msg, 0, sizeof(msg));
	hb_msg_add(&msg, "a", "1f");
	hb_msg_add(&msg, "b", "12x");
	hb_msg_add(&msg, "c", "-1");
	hb_msg_add(&msg, "d", "fffffffffffffffff");
	CHECK(hb_msg_hex(&msg, "a", &n) && n == 31);
	CHECK(!hb_msg_dec(&msg, "a", &n));
	CHECK(!hb_msg_dec(&msg, "b", &n) && !hb_msg_dec(&msg, "c", &n) && !hb_msg_hex(&msg, "d", &n) && !hb_msg_hex(&msg, "e", &n));
	hb_msg_set(&msg, "a", "2");
	CHECK(hb_msg_hex(&msg, "a", &n) && n == 2 && msg.fields == 4);
	hb_msg_free(&msg);
}

/* -- sequence numbers -- */

static struct hb_recv recv;
static uint64_t lost, ack;

static enum hb_seq_verdict hear(uint64_t seq)
{
	return hb_recv_seq(&recv, seq, 1000, 60, &lost, &ack);
}

TEST(gaps_are_remembered_asked_for_and_closed)
{
	memset(&recv, 0, sizeof(recv));
	recv.ack_rest = 3;
	CHECK_INT(hear(1), HB_SEQ_NEXT);
	CHECK_INT(hear(1), HB_SEQ_DUPLICATE);
	CHECK_INT(hear(2), HB_SEQ_NEXT);
	CHECK_INT(ack, 0);
	CHECK_INT(hear(3), HB_SEQ_NEXT);
	CHECK_INT(ack, 3);
	CHECK_INT(hear(6), HB_SEQ_GAP);
	CHECK_INT(lost, 2);
	CHECK_INT(hb_recv_next_ms(&recv), 1060);
	CHECK_INT(hb_recv_ask(&recv, 1059, 250), 0);
	CHECK_INT(hb_recv_ask(&recv, 1060, 250), 4);
	CHECK_INT(hb_recv_ask(&recv, 1060, 250), 5);
	CHECK_INT(hb_recv_ask(&recv, 1060, 250), 0);
	CHECK_INT(hb_recv_next_ms(&recv), 1310);
	CHECK_INT(hear(13), HB_SEQ_GAP);
	CHECK_INT(hear(5), HB_SEQ_FOUND);
	CHECK_INT(hear(5), HB_SEQ_OLD);
	CHECK_INT(ack, 0);
	hb_recv_give_up(&recv, 4);
	for (uint64_t n = 7; n < 13; n++)
		CHECK_INT(hear(n), HB_SEQ_FOUND);
	CHECK_INT(ack, 13);
	CHECK_INT(recv.missing, 0);
	CHECK_INT(hb_recv_next_ms(&recv), INT64_MAX);
	CHECK_INT(hear(264), HB_SEQ_GAP);
	CHECK_INT(recv.missing, 250);
	CHECK_INT(hear(266), HB_SEQ_GAP);
	CHECK_INT(recv.missing, 250);
	CHECK_INT(recv.miss[0].seq, 15);
	CHECK_INT(hear(600), HB_SEQ_LOST_MANY);
	CHECK_INT(recv.missing, 0);
	CHECK_INT(hear(599), HB_SEQ_OLD);
}

TEST(sent_messages_are_kept_and_sent_again)
{
	static struct hb_sent sent;
	struct hb_sent_msg *again;
	uint64_t n;

	for (n = 1; n <= 700; n++)
		hb_sent_keep(&sent, n, strdup("x"), 1, 1000);
	CHECK_INT(hb_sent_again(&sent, 701, 2000, 240, &again), HB_RESEND_NOT_YET_SENT);
	CHECK_INT(hb_sent_again(&sent, 200, 2000, 240, &again), HB_RESEND_TOO_OLD);
	CHECK_INT(hb_sent_again(&sent, 201, 1100, 240, &again), HB_RESEND_RECENT);
	CHECK_INT(hb_sent_again(&sent, 201, 1240, 240, &again), HB_RESEND);
	CHECK_INT(again->seq, 201);
	CHECK_INT(hb_sent_again(&sent, 201, 1400, 240, &again), HB_RESEND_RECENT);
	hb_sent_free(&sent);
}

int main(void)
{
	RUN(the_vectors_come_out_byte_for_byte);
	RUN(messages_survive_the_way_and_nothing_else_is_taken_for_one);
	RUN(a_key_that_is_not_ours_is_refused);
	RUN(what_is_not_signed_is_not_part_of_the_message);
	RUN(fuzzed_messages_do_no_harm);
	RUN(every_allocation_of_a_message_fails_once);
	RUN(numbers_are_read_whole);
	RUN(gaps_are_remembered_asked_for_and_closed);
	RUN(sent_messages_are_kept_and_sent_again);
	return UNIT_END;
}
