/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's messages as drbdsetup reads them: whole, cut at every byte, with strange members, and random. */
#include <errno.h>
#include <linux/netlink.h>

#include "drbd-like/user/setup_nl.h"
#include "unit.h"

/* A message under construction; lengths are patched by end_set() and finish(). */
struct out {
	union {
		struct nlmsghdr header;
		unsigned char byte[4096];
	} u;
	size_t len, set;
};

static void put(struct out *o, const void *data, size_t len)
{
	memcpy(o->u.byte + o->len, data, len);
	o->len += len;
	while (o->len % 4)
		o->u.byte[o->len++] = 0;
}

static void begin(struct out *o, u8 cmd, u32 minor, s32 ret_code)
{
	memset(o, 0, sizeof(*o));
	o->len = NLMSG_HDRLEN;
	put(o, (u8[]){ cmd, 1, 0, 0 }, 4);
	put(o, &minor, 4);
	put(o, &ret_code, 4);
}

static void begin_set(struct out *o, u16 tla)
{
	o->set = o->len;
	put(o, (u16[]){ 4, tla }, 4);
}

static void member(struct out *o, u16 nr, const void *data, u16 len)
{
	put(o, (u16[]){ (u16)(4 + len), nr }, 4);
	put(o, data, len);
}

static void end_set(struct out *o)
{
	u16 len = (u16)(o->len - o->set);

	memcpy(o->u.byte + o->set, &len, 2);
}

static const struct nlmsghdr *finish(struct out *o)
{
	o->u.header.nlmsg_len = (u32)o->len;
	o->u.header.nlmsg_seq = 77;
	return &o->u.header;
}

static void whole_status(struct out *o)
{
	u64 uuids[4] = { 1, 2, 3, 4 };

	begin(o, DRBD_ADM_GET_STATUS, 7, NO_ERROR);
	begin_set(o, TLA_CFG_CONTEXT);
	member(o, 2 | 0x4000, "demo", 5);
	member(o, 1, (u32[]){ 9 }, 4);
	member(o, 3, "\2\0\x1e\x6c\x7f\0\0\1\0\0\0\0\0\0\0\0", 16);
	end_set(o);
	begin_set(o, TLA_DISK_CONF | NLA_F_NESTED);
	member(o, 1, "/dev/vdb", 9);
	member(o, 3, (s32[]){ -3 }, 4);
	member(o, 4, (u64[]){ 102400 }, 8);
	member(o, 19, (u8[]){ 0 }, 1);
	end_set(o);
	begin_set(o, TLA_STATE_INFO);
	member(o, 1, (u32[]){ SIB_STATUS }, 4);
	member(o, 2, (u32[]){ 0x000110AA }, 4);
	member(o, 7, uuids, 32);
	member(o, 11, (u64[]){ 4096 }, 8);
	end_set(o);
}

TEST(a_status_is_read_with_defaults_for_what_was_not_sent)
{
	struct drbd_nl_msg m;
	struct out o;

	whole_status(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), 0);
	CHECK_INT(m.cmd, DRBD_ADM_GET_STATUS);
	CHECK_INT(m.seq, 77);
	CHECK_INT(m.minor, 7);
	CHECK_INT(m.ret_code, NO_ERROR);
	CHECK_STR(m.ctx.resource, "demo");
	CHECK(m.ctx.has_volume);
	CHECK_INT(m.ctx.volume, 9);
	CHECK_INT(m.ctx.my_addr.len, 16);
	CHECK_INT(m.ctx.peer_addr.len, 0);
	CHECK(drbd_nl_has(&m, TLA_DISK_CONF) && drbd_nl_has(&m, TLA_STATE_INFO) && !drbd_nl_has(&m, TLA_NET_CONF));
	CHECK_STR(m.disk.backing_dev, "/dev/vdb");
	CHECK_INT(m.disk.meta_dev_idx, -3);
	CHECK_INT(m.disk.disk_size, 102400);
	CHECK_INT(m.disk.md_flushes, 0);
	CHECK_INT(m.disk.al_extents, 1237);
	CHECK_INT(m.si.state, 0x000110AA);
	CHECK_INT(m.si.uuid[3], 4);
	CHECK(m.si.has_uuids && m.si.has_bits_rs);
}

TEST(a_message_cut_anywhere_is_refused_or_is_a_shorter_one)
{
	struct drbd_nl_msg m;
	struct out o;
	size_t len, whole;
	unsigned char *copy;

	whole_status(&o);
	finish(&o);
	whole = o.len;
	for (len = 0; len < whole; len++) {
		copy = malloc(len + NLMSG_HDRLEN);	/* exact, for the sanitizer; the header is always there */
		memcpy(copy, o.u.byte, len < NLMSG_HDRLEN ? NLMSG_HDRLEN : len);
		((struct nlmsghdr *)copy)->nlmsg_len = (u32)len;
		/* between two sets it is a message of its own */
		if (!drbd_nl_parse(copy, &m))
			CHECK(len >= NLMSG_HDRLEN + 12 && len % 4 == 0);
		free(copy);
	}
}

TEST(an_unknown_member_is_ignored_unless_it_is_mandatory)
{
	static const struct { u16 tla, known; } sets[] = { { TLA_CFG_CONTEXT, 4 }, { TLA_NET_CONF, 36 }, { TLA_STATE_INFO, 23 } };
	struct drbd_nl_msg m;
	struct out o;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		begin(&o, 1, 0, NO_ERROR);
		begin_set(&o, sets[i].tla);
		member(&o, sets[i].known + 1, "x", 1);
		end_set(&o);
		CHECK_INT(drbd_nl_parse(finish(&o), &m), 0);
		begin(&o, 1, 0, NO_ERROR);
		begin_set(&o, sets[i].tla);
		member(&o, (sets[i].known + 1) | 0x4000, "x", 1);
		end_set(&o);
		CHECK_INT(drbd_nl_parse(finish(&o), &m), -EOPNOTSUPP);
	}
	begin(&o, 1, 0, NO_ERROR);
	begin_set(&o, 99);
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), 0);
}

TEST(wrong_lengths_are_refused)
{
	char name[DRBD_NAME_MAX + 8];
	struct drbd_nl_msg m;
	struct out o;

	memset(name, 'n', sizeof(name));
	begin(&o, 1, 0, NO_ERROR);
	begin_set(&o, TLA_CFG_CONTEXT);
	member(&o, 2, name, sizeof(name));
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), -EBADMSG);
	begin(&o, 1, 0, NO_ERROR);
	begin_set(&o, TLA_STATE_INFO);
	member(&o, 2, "abc", 3);
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), -EBADMSG);
	begin(&o, 1, 0, NO_ERROR);
	begin_set(&o, TLA_DISK_CONF);
	member(&o, 4, "abcd", 4);
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), -EBADMSG);
}

TEST(texts_of_the_kernel_are_joined_and_bounded)
{
	struct drbd_nl_msg m;
	struct out o;
	char text[800];

	begin(&o, 5, 0, ERR_INVALID_REQUEST);
	begin_set(&o, TLA_CFG_REPLY);
	member(&o, 1, "first", 6);
	member(&o, 1, "second", 7);
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), 0);
	CHECK_STR(m.info, "first\nsecond");
	memset(text, 'x', sizeof(text));
	begin(&o, 5, 0, ERR_INVALID_REQUEST);
	begin_set(&o, TLA_CFG_REPLY);
	member(&o, 1, text, sizeof(text));
	member(&o, 1, text, sizeof(text));
	member(&o, 1, text, sizeof(text));
	end_set(&o);
	CHECK_INT(drbd_nl_parse(finish(&o), &m), 0);
	CHECK(strlen(m.info) < sizeof(m.info));
}

TEST(random_damage_never_reads_outside)
{
	struct drbd_nl_msg m;
	struct out o;
	unsigned int run, i;

	srand(1);
	for (run = 0; run < 20000; run++) {
		struct nlmsghdr *copy;

		whole_status(&o);
		finish(&o);
		for (i = 0; i < 1 + run % 6; i++)
			o.u.byte[NLMSG_HDRLEN + (size_t)rand() % (o.len - NLMSG_HDRLEN)] = (unsigned char)rand();
		copy = malloc(o.len);
		memcpy(copy, o.u.byte, o.len);
		drbd_nl_parse(copy, &m);
		CHECK(memchr(m.ctx.resource, 0, sizeof(m.ctx.resource)) && memchr(m.info, 0, sizeof(m.info)));
		free(copy);
	}
}

int main(void)
{
	RUN(a_status_is_read_with_defaults_for_what_was_not_sent);
	RUN(a_message_cut_anywhere_is_refused_or_is_a_shorter_one);
	RUN(an_unknown_member_is_ignored_unless_it_is_mandatory);
	RUN(wrong_lengths_are_refused);
	RUN(texts_of_the_kernel_are_joined_and_bounded);
	RUN(random_damage_never_reads_outside);
	return UNIT_END;
}
