/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables and the changes between them. */
#include "unit.h"

#include <errno.h>

#include "ipvs/ipvs_error.h"
#include "ipvs/ipvs_plan.h"
#include "ipvs/ipvs_show.h"

#include "lib/fault.h"

static struct ipvs_service service(uint32_t fwmark)
{
	struct ipvs_service svc = {.af = AF_INET, .fwmark = fwmark, .sched = "rr", .netmask = ~0U};

	return svc;
}

static struct ipvs_dest server(uint32_t last_byte)
{
	struct ipvs_dest dest = {.af = AF_INET, .weight = 1, .fwd = IPVS_FWD_MASQ};

	dest.addr.v4.s_addr = htonl(0x0a000000 + last_byte);
	return dest;
}

/* Marks 1..services, each with servers 1..dests. 0 or -errno. */
static int fill(struct ipvs_table *table, uint32_t services, uint32_t dests)
{
	uint32_t s, d;
	int err = 0;

	for (s = 1; s <= services && !err; s++) {
		struct ipvs_service svc = service(s);

		err = ipvs_table_add_service(table, &svc);
		for (d = 1; d <= dests && !err; d++) {
			struct ipvs_dest dest = server(d);

			err = ipvs_table_add_dest(table, &svc, &dest);
		}
	}
	return err;
}

static int print(const struct ipvs_change *change, void *arg)
{
	ipvs_save_change(arg, change);
	return 0;
}

/* The plan as the lines of --restore; free() it. */
static char *plan(const struct ipvs_table *want, const struct ipvs_table *have)
{
	char *text;
	size_t byte;
	FILE *out = open_memstream(&text, &byte);

	CHECK_INT(ipvs_plan_grow(want, have, print, out), 0);
	CHECK_INT(ipvs_plan_shrink(want, have, print, out), 0);
	fclose(out);
	return text;
}

#define PLANS(want, have, lines)                                                                   \
	do {                                                                                       \
		char *text_ = plan(want, have);                                                    \
		CHECK_STR(text_, lines);                                                           \
		(free)(text_);                                                                     \
	} while (0)

TEST(equal_tables_need_no_change)
{
	struct ipvs_table want = {.row = NULL}, have = {.row = NULL};

	PLANS(&want, &have, "");
	CHECK_INT(fill(&want, 5, 3), 0);
	CHECK_INT(fill(&have, 5, 3), 0);
	have.row[1].svc.flags |= IPVS_F_HASHED;
	have.row[2].svc.stats.conns = 7;
	have.row[2].dest[1].active_conns = 7;
	have.row[3].dest[1].fwd = IPVS_FWD_LOCAL;
	have.row[3].svc.timeout_s = 9; /* of a service that is not persistent */
	PLANS(&want, &have, "");
	ipvs_table_free(&want);
	ipvs_table_free(&have);
}

TEST(what_is_new_comes_first_and_what_goes_comes_last)
{
	struct ipvs_table want = {.row = NULL}, have = {.row = NULL};

	CHECK_INT(fill(&want, 3, 2), 0);
	CHECK_INT(fill(&have, 2, 3), 0);
	strcpy(want.row[1].svc.sched, "wrr");
	want.row[0].dest[1].weight = 9;
	have.row[0].svc.fwmark = 77;
	PLANS(&want, &have,
	      "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0 -m -w 1\n-a -f 1 -r 10.0.0.2:0 -m -w 9\n"
	      "-E -f 2 -s wrr\n"
	      "-A -f 3 -s rr\n-a -f 3 -r 10.0.0.1:0 -m -w 1\n-a -f 3 -r 10.0.0.2:0 -m -w 1\n"
	      "-D -f 77\n-d -f 2 -r 10.0.0.3:0\n");
	ipvs_table_free(&want);
	ipvs_table_free(&have);
}

TEST(thresholds_that_are_not_wanted_stay)
{
	struct ipvs_table want = {.row = NULL}, have = {.row = NULL};

	CHECK_INT(fill(&want, 1, 2), 0);
	CHECK_INT(fill(&have, 1, 1), 0);
	want.row[0].dest[0].u_thresh = want.row[0].dest[0].l_thresh = IPVS_KEEP;
	want.row[0].dest[1].u_thresh = want.row[0].dest[1].l_thresh = IPVS_KEEP;
	have.row[0].dest[0].u_thresh = 50;
	have.row[0].dest[0].l_thresh = 5;
	PLANS(&want, &have, "-a -f 1 -r 10.0.0.2:0 -m -w 1\n");
	want.row[0].dest[0].weight = 3;
	want.row[0].dest[0].l_thresh = 0;
	PLANS(&want, &have, "-e -f 1 -r 10.0.0.1:0 -m -w 3 -x 50\n-a -f 1 -r 10.0.0.2:0 -m -w 1\n");
	ipvs_table_free(&want);
	ipvs_table_free(&have);
}

TEST(a_table_holds_each_once)
{
	struct ipvs_table table = {.row = NULL};
	struct ipvs_service svc = service(1), other = service(2);
	struct ipvs_dest dest = server(1);

	CHECK_INT(ipvs_table_add_dest(&table, &svc, &dest), -ESRCH);
	CHECK_INT(fill(&table, 1, 1), 0);
	CHECK_INT(ipvs_table_add_service(&table, &svc), -EEXIST);
	CHECK_INT(ipvs_table_add_dest(&table, &svc, &dest), -EEXIST);
	CHECK_INT(ipvs_table_add_dest(&table, &other, &dest), -ESRCH);
	other.af = AF_INET6;
	CHECK_INT(ipvs_table_add_service(&table, &other), 0);
	ipvs_table_free(&table);
}

TEST(every_allocation_may_fail)
{
	struct ipvs_table table = {.row = NULL};
	int nth = 0, err;

	do {
		fault_arm(nth++);
		err = fill(&table, 9, 9);
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		ipvs_table_free(&table);
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	CHECK(nth > 10);
	fault_disarm();
}

TEST(errors_have_the_words_of_the_original)
{
	CHECK_STR(ipvs_op_error(IPVS_OP_ADD_SERVICE, -EEXIST), "Service already exists");
	CHECK_STR(ipvs_op_error(IPVS_OP_ADD_DEST, -EEXIST), "Destination already exists");
	CHECK_STR(ipvs_op_error(IPVS_OP_START_DAEMON, -EEXIST), "Daemon has already run");
	CHECK_STR(ipvs_op_error(IPVS_OP_DEL_DEST, -ENOENT), "No such destination");
	CHECK_STR(ipvs_op_error(IPVS_OP_EDIT_SERVICE, -ENOENT), "Scheduler or persistence engine not found");
	CHECK_STR(ipvs_op_error(IPVS_OP_ADD_DEST, -ERANGE), "Numerical result out of range");
	CHECK_STR(ipvs_service_error(-ESRCH), "No such service");
	CHECK_STR(ipvs_read_error(-EPERM), "Permission denied (you must be root)");
}

int main(void)
{
	RUN(equal_tables_need_no_change);
	RUN(what_is_new_comes_first_and_what_goes_comes_last);
	RUN(thresholds_that_are_not_wanted_stay);
	RUN(a_table_holds_each_once);
	RUN(every_allocation_may_fail);
	RUN(errors_have_the_words_of_the_original);
	return UNIT_END;
}
