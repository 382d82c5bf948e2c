/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink requests and answers. Requests and answers use the same attributes, so what is written must be read back. */
#include "unit.h"

#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "ipvs/ipvs_msg.h"
#include "ipvs/ipvs_proto.h"

enum { FAMILY = 27, FUZZ_RUNS = 20000 };

static const struct ipvs_service web = {
	.af = AF_INET6, .protocol = IPPROTO_TCP, .port = 8080, .addr = {.word = {1, 2, 3, 4}}, .sched = "abcdefghijklmno",
	.pe = "sip", .flags = IPVS_F_PERSISTENT | IPVS_F_SCHED1, .timeout_s = 300, .netmask = 64,
};
static const struct ipvs_dest server = {
	.af = AF_INET, .addr = {.word = {0x0102a8c0}}, .port = 81, .fwd = IPVS_FWD_TUNNEL, .weight = 7, .u_thresh = 9,
	.l_thresh = 3, .tun_type = IPVS_TUN_GUE, .tun_port = 6080, .tun_flags = IPVS_TUN_REMCSUM,
};

static struct nl_msg *request(enum ipvs_op op, const struct ipvs_service *svc, const struct ipvs_dest *dest)
{
	struct nl_msg *msg = nlmsg_alloc_size(IPVS_MSG_MAX_BYTE);
	struct ipvs_change change = {.op = op};

	if (svc)
		change.svc = *svc;
	if (dest)
		change.dest = *dest;
	CHECK_INT(ipvs_msg_change(msg, FAMILY, 5, &change), 0);
	return msg;
}

/* What a kernel adds to a server in its answer; the nest must be the last attribute. */
static void add_counters(struct nl_msg *msg, int wide)
{
	struct nlattr *dest = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, IPVS_A_DEST), *stats;
	int t;

	NLA_PUT_U32(msg, IPVS_D_ACTIVE_CONNS, 11);
	NLA_PUT_U32(msg, IPVS_D_INACT_CONNS, 12);
	NLA_PUT_U32(msg, IPVS_D_PERSIST_CONNS, 13);
	stats = nla_nest_start(msg, wide ? IPVS_D_STATS64 : IPVS_D_STATS);
	for (t = 1; t <= IPVS_T_MAX; t++) {
		if (wide || t == IPVS_T_INBYTES || t == IPVS_T_OUTBYTES)
			NLA_PUT_U64(msg, t, (wide ? 1ULL << 40 : 0) + (unsigned int)t);
		else
			NLA_PUT_U32(msg, t, (uint32_t)t);
	}
	nla_nest_end(msg, stats);
	nla_nest_end(msg, dest);
	return;
nla_put_failure:
	CHECK(!"room for the counters");
}

static struct nl_msg *dest_answer(int wide)
{
	struct nl_msg *msg = request(IPVS_OP_ADD_DEST, &web, &server);

	add_counters(msg, wide);
	return msg;
}

TEST(a_service_is_read_back_as_written)
{
	struct nl_msg *msg = request(IPVS_OP_ADD_SERVICE, &web, NULL);
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	struct ipvs_service got;

	CHECK_INT(nlmsg_hdr(msg)->nlmsg_type, FAMILY);
	CHECK_INT(nlmsg_hdr(msg)->nlmsg_seq, 5);
	CHECK_INT(genl->cmd, IPVS_CMD_NEW_SERVICE);
	CHECK_INT(genl->version, 1);
	CHECK_INT(ipvs_msg_service(nlmsg_hdr(msg), &got), 0);
	CHECK(!memcmp(&got, &web, sizeof(web)));
	nlmsg_free(msg);
}

TEST(a_mark_service_is_its_family_and_mark)
{
	struct ipvs_service mark = {.af = AF_INET, .fwmark = 4294967295U, .sched = "rr", .netmask = ~0U}, got;
	struct nl_msg *msg = request(IPVS_OP_EDIT_SERVICE, &mark, NULL);

	CHECK_INT(ipvs_msg_service(nlmsg_hdr(msg), &got), 0);
	CHECK(!memcmp(&got, &mark, sizeof(got)));
	nlmsg_free(msg);
}

TEST(a_server_is_read_back_with_counters_of_either_width)
{
	struct ipvs_dest got;
	int wide;

	for (wide = 0; wide < 2; wide++) {
		struct nl_msg *msg = dest_answer(wide);

		CHECK_INT(ipvs_msg_dest(nlmsg_hdr(msg), AF_INET6, &got), 0);
		CHECK_INT(got.weight, 7);
		CHECK_INT(got.af, AF_INET);
		CHECK_INT(got.port, 81);
		CHECK_INT(got.tun_port, 6080);
		CHECK_INT(got.tun_flags, IPVS_TUN_REMCSUM);
		CHECK_INT(got.persist_conns, 13);
		CHECK_INT(got.stats.conns, (wide ? 1LL << 40 : 0) + 1);
		CHECK_INT(got.stats.outbps, (wide ? 1LL << 40 : 0) + 10);
		nlmsg_free(msg);
	}
}

TEST(every_request_fits_its_buffer)
{
	struct ipvs_change change = {.op = 0};
	int op;

	change.svc = web;
	change.dest = server;
	change.daemon.mcast_af = AF_INET6;
	change.daemon.sync_maxlen = change.daemon.mcast_port = change.daemon.mcast_ttl = 1;
	memset(change.daemon.mcast_ifn, 'x', IPVS_IFNAME_BYTE - 1);
	for (op = 0; op < IPVS_OPS; op++) {
		struct nl_msg *msg = nlmsg_alloc_size(IPVS_MSG_MAX_BYTE), *tiny = nlmsg_alloc_size(NLMSG_HDRLEN);

		change.op = op;
		CHECK_INT(ipvs_msg_change(msg, FAMILY, 1, &change), 0);
		CHECK_INT(ipvs_msg_change(tiny, FAMILY, 1, &change), -EMSGSIZE);
		nlmsg_free(msg);
		nlmsg_free(tiny);
	}
}

/* Each kind of answer, cut to every shorter length: inside, the nest's own length then says more than there is. */
static int read_all(struct nlmsghdr *nlh)
{
	struct ipvs_service svc;
	struct ipvs_dest dest;
	struct ipvs_daemon daemon;
	struct ipvs_info info;
	struct ipvs_timeouts timeouts;
	int taken = 0;

	taken += !ipvs_msg_service(nlh, &svc);
	taken += !ipvs_msg_dest(nlh, AF_INET, &dest);
	taken += !ipvs_msg_daemon(nlh, &daemon);
	taken += !ipvs_msg_info(nlh, &info);
	ipvs_msg_timeouts(nlh, &timeouts); /* may be empty */
	return taken;
}

TEST(answers_cut_at_every_byte_are_refused)
{
	struct nl_msg *answers[2];
	size_t i;

	answers[0] = request(IPVS_OP_ADD_SERVICE, &web, NULL);
	answers[1] = dest_answer(1);
	for (i = 0; i < 2; i++) {
		const struct nlmsghdr *whole = nlmsg_hdr(answers[i]);
		uint32_t len;

		for (len = NLMSG_HDRLEN; len < whole->nlmsg_len; len++) {
			struct nlmsghdr *cut = malloc(len); /* exactly: a read behind it is seen */

			memcpy(cut, whole, len);
			cut->nlmsg_len = len;
			CHECK_MSG(read_all(cut) == 0, "answer %zu cut to %u of %u is taken", i, len, whole->nlmsg_len);
			free(cut);
		}
		nlmsg_free(answers[i]);
	}
}

TEST(answers_with_random_bytes_are_read_or_refused)
{
	struct nl_msg *answers[2];
	uint32_t seed = 7, run, n;

	answers[0] = request(IPVS_OP_ADD_SERVICE, &web, NULL);
	answers[1] = dest_answer(1);
	for (run = 0; run < FUZZ_RUNS; run++) {
		const struct nlmsghdr *whole = nlmsg_hdr(answers[run % 2]);
		struct nlmsghdr *copy = malloc(whole->nlmsg_len);

		memcpy(copy, whole, whole->nlmsg_len);
		for (n = 0; n <= run % 3; n++) {
			seed = seed * 1664525 + 1013904223;
			((unsigned char *)copy)[NLMSG_HDRLEN + (seed >> 8) % (whole->nlmsg_len - NLMSG_HDRLEN)] = (unsigned char)(seed >> 24);
		}
		read_all(copy);
		free(copy);
	}
	nlmsg_free(answers[0]);
	nlmsg_free(answers[1]);
}

int main(void)
{
	RUN(a_service_is_read_back_as_written);
	RUN(a_mark_service_is_its_family_and_mark);
	RUN(a_server_is_read_back_with_counters_of_either_width);
	RUN(every_request_fits_its_buffer);
	RUN(answers_cut_at_every_byte_are_refused);
	RUN(answers_with_random_bytes_are_read_or_refused);
	return UNIT_END;
}
