/* SPDX-License-Identifier: GPL-2.0-only */
/* ha.cf, authkeys and haresources: every directive, every mistake with its place, every allocation failing once. */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heartbeat/authkeys.h"
#include "heartbeat/ha_cf.h"
#include "heartbeat/haresources.h"
#include "heartbeat/hb_state.h"
#include "heartbeat/hb_msg.h"
#include "lib/fault.h"

static char heard[8192];

static void hear(const struct conf *conf, bool is_error, unsigned int line, const char *msg, void *arg)
{
	size_t used = strlen(heard);

	(void)conf;
	(void)arg;
	snprintf(heard + used, sizeof(heard) - used, "%s%u: %s\n", is_error ? "" : "W", line, msg);
}

static struct ha_cf cf;

#define BASE "node server1 server2\nbcast eth0\nauto_failback on\nlogfacility local0\n"

static int parse(const char *text)
{
	struct conf conf = { .file = "ha.cf", .report = hear };
	char *copy = strdup(text);
	int err;

	heard[0] = '\0';
	err = ha_cf_parse(&cf, &conf, copy, "server1");
	free(copy);
	return err;
}

/* The text on a base that is right must be refused with exactly this. */
static void refused(const char *line, const char *want)
{
	char text[4096];

	snprintf(text, sizeof(text), BASE "%s\n", line);
	CHECK_INT(parse(text), -EINVAL);
	CHECK_MSG(strstr(heard, want), "'%s' says '%s', want '%s'", line, heard, want);
}

static bool accepted(const char *line)
{
	char text[4096];
	int err;

	snprintf(text, sizeof(text), BASE "%s\n", line);
	err = parse(text);
	CHECK_MSG(err == 0, "'%s' is refused: %s", line, heard);
	return err == 0;
}

TEST(the_usual_file_is_read)
{
	CHECK_INT(parse("logfacility local0\nkeepalive 2 # often\ndeadtime 30\nwarntime 10\ninitdead 60\nudpport 694\nbcast eth0, eth1\n"
			"auto_failback on\nnode Server1\nnode server2\nping 127.0.0.1\nrespawn root /bin/sh -c x\n"
			"apiauth ipfail gid=root uid=root,daemon\n"), 0);
	CHECK_INT(cf.keepalive_ms, 2000);
	CHECK_INT(cf.deadtime_ms, 30000);
	CHECK_INT(cf.initdead_ms, 60000);
	CHECK_INT(cf.deadping_ms, 30000);
	CHECK_INT(cf.medias, 3);
	CHECK_STR(cf.media[1].dev, "eth1");
	CHECK_INT(cf.media[2].kind, HA_PING);
	CHECK_STR(cf.node[0], "server1");
	CHECK_INT(cf.failback, HA_FAILBACK_ON);
	CHECK_STR(cf.respawn[0].command, "/bin/sh -c x");
	CHECK_INT(cf.apiauth[0].uids, 2);
	CHECK_STR(ha_cf_param(&cf, "keepalive"), "2");
	CHECK_STR(ha_cf_param(&cf, "hopfudge"), "1");
	CHECK_STR(ha_cf_param(&cf, "max_rexmit_delay"), "250");
	CHECK(!ha_cf_param(&cf, "watchdog"));
	ha_cf_free(&cf);
}

TEST(times_have_the_originals_units_and_rounding)
{
	static const struct { const char *text; int ms; } rows[] = { { "2", 2000 }, { "0.5", 500 }, { "500ms", 500 }, { "500MSEC", 500 },
		{ "1500us", 2 }, { "1499us", 1 }, { "1.25", 1250 } };
	static const char *const bad[] = { "1s", "1sec", "2min", "x", "", "-1", "0", "400us", "1h" };
	char line[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "keepalive %s", rows[i].text);
		if (accepted(line)) {
			CHECK_INT(cf.keepalive_ms, rows[i].ms);
			ha_cf_free(&cf);
		}
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "keepalive %s", bad[i]);
		refused(line, "5: keepalive");
	}
}

TEST(each_directive_is_obeyed)
{
	static const char *const good[] = { "cluster a", "hopfudge 255", "baud 9600", "udpport 65535", "ucast eth0 10.0.0.2",
		"ucast6 eth0 fe80::1", "mcast eth0 225.0.0.1 694 1 0", "mcast6 eth0 ff02::1:2 694 1 0", "ping 127.0.0.1", "ping6 ::1",
		"ping_group g 127.0.0.1 127.0.0.2", "nice_failback on", "watchdog /dev/watchdog", "stonith external/ssh /etc/passwd",
		"stonith_host * external/ssh a b", "failfast root /bin/true", "apiauth x uid=root", "apiauth x gid=0", "logfile /tmp/l",
		"debugfile /tmp/d", "logfacility none", "use_logd on", "conn_logd_time 5", "syslogmsgfmt false", "debug 3",
		"msgfmt netstring", "compression zlib", "compression_threshold 1", "traditional_compression on", "hbgenmethod time",
		"uuidfrom nodename", "realtime off", "rtprio 2", "memreserve 100", "max_rexmit_delay 100", "autojoin none", "crm off",
		"crm no", "pacemaker off", "env A=B", "coredumps off", "coreroot /tmp", "log_badpack off", "use_apphbd off", "udp eth1",
		"monitor 10 3", "monitor 500ms", "start_timeout * 60", "stop_timeout Filesystem 90", "failback_delay 5",
		"require_uptodate on", "flap_guard 3 600", "arp_repeat 30", "metrics_file /tmp/m", "keepalive 1 2", "warntime 5" };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (accepted(good[i]))
			ha_cf_free(&cf);
	if (!HB_HAS_BZ2)
		refused("compression bz2", "5: compression bz2: this heartbeat was built without bzip2; write: compression zlib");
	else if (accepted("compression bz2"))
		ha_cf_free(&cf);
	CHECK(accepted("max_rexmit_delay 100\nstart_timeout * 60\nstop_timeout Filesystem 90"));
	CHECK_INT(cf.max_rexmit_delay_ms, 100);
	CHECK_INT(ha_cf_limit(&cf, "Filesystem")->stop_ms, 90000);
	CHECK_INT(ha_cf_limit(&cf, "IPaddr")->start_ms, 60000);
	ha_cf_free(&cf);
}

/* what the original sends where its name is server1 */
TEST(a_uuid_from_the_name_is_the_originals)
{
	static const unsigned char want[] = { 0xe0, 0x87, 0xc4, 0x40, 0xd8, 0x8d, 0xb9, 0x17,
					      0x17, 0xa6, 0x58, 0xe6, 0x94, 0x78, 0x9c, 0xf7 };
	unsigned char uuid[sizeof(want)];

	CHECK_INT(hb_own_uuid("/nonexistent", "server1", true, uuid), 0);
	CHECK(!memcmp(uuid, want, sizeof(want)));
}

TEST(each_mistake_has_its_line)
{
	refused("stonith null /nonexistent", "5: Invalid Stonith config file [/nonexistent]");
	refused("stonith_host * /nonexistent a", "5: Invalid Stonith type [/nonexistent]: the program cannot be run");
	refused("keepalife 2", "5: Illegal directive [keepalife], did you mean 'keepalive'?");
	refused("node server1", "5: node [server1] is named twice");
	refused("crm on", "5: crm on is refused");
	refused("autojoin any", "5: autojoin any: R1 style resource management conflicts");
	refused("tipc x", "5: directive 'tipc' is refused");
	refused("use_apphbd on", "5: use_apphbd on is refused");
	refused("quorum_server x", "5: directive 'quorum_server' is refused");
	refused("baud 1234", "5: invalid baudrate [1234] specified.");
	refused("udpport 0", "5: invalid port [0] specified.");
	refused("hopfudge 256", "5: hopfudge:");
	refused("logfacility foo", "5: Log facility(foo) not valid");
	refused("watchdog a b", "5: Watchdog device multiply specified.");
	refused("ucast eth0", "5: ucast: [eth0] missing target IP address/hostname");
	refused("mcast eth0 10.0.0.1 694 1 0", "5: mcast: bad multicast address [10.0.0.1]");
	refused("mcast eth0 225.0.0.1 694 9 0", "5: mcast: bad ttl [9]");
	refused("mcast eth0 225.0.0.1 694", "5: mcast: missing ttl");
	refused("serial ttyS0", "5: Serial port not full pathname [ttyS0]");
	refused("serial /dev/nosuch", "5: Nonexistent serial port [/dev/nosuch]");
	refused("ping_group g", "5: ping_group [g]: no hosts");
	refused("apiauth x", "5: Missing uid or gid in apiauth [x]");
	refused("apiauth x uid=nobodyhere", "5: apiauth x: Invalid user id name [nobodyhere]");
	refused("apiauth x uid=root,,root", "5: apiauth x: Bad uid list");
	refused("apiauth x what=1", "5: Invalid apiauth directive [what=1]");
	refused("apiauth x uid=0\napiauth x uid=0", "6: Duplicate apiauth directive for API client [x]");
	refused("respawn nobodyhere /bin/true", "5: Invalid uid [nobodyhere] specified for client child");
	refused("respawn root true", "5: Client child command [true] is not full pathname");
	refused("respawn root /etc/passwd", "5: Client child command [/etc/passwd] is not executable");
	refused("msgfmt x", "5: msgfmt: Illegal value [x]");
	refused("hbgenmethod x", "5: hbgenmethod: Illegal value [x]");
	refused("auto_failback sometimes", "5: auto_failback: Illegal value [sometimes]");
	refused("realtime maybe", "5: realtime: 'maybe' is not a boolean");
	refused("env x", "5: env: [x] is not NAME=VALUE");
	refused("keepalive", "5: keepalive: no value");
	refused("deadtime 1\nkeepalive 500ms", "0: Dead time [1000] is too small compared to keeplive [500]");
	refused("initdead 5\ndeadtime 10", "0: Initial dead time [5000] is smaller than deadtime [10000]");
	refused("deadping 500ms", "0: Ping dead time [500] is too small compared to keeplive [1000]");
	refused("start_timeout 5", "5: start_timeout: write SCRIPT TIME");
	refused("monitor 1 0", "5: monitor: write TIME");
}

TEST(all_mistakes_are_told_at_once)
{
	CHECK_INT(parse("nonsense\nkeepalive x\nauto_failback on\nnode other\n"), -EINVAL);
	CHECK_STR(heard, "1: Illegal directive [nonsense]\n"
			 "2: keepalive: 'x' is not a time: write seconds (2, 0.5), or ms or us (500ms)\n"
			 "0: Current node [server1] not in configuration!\n0: No heartbeat media defined\n");
}

TEST(every_allocation_of_ha_cf_fails_once)
{
	int nth = 0, err;

	do {
		struct conf conf = { .file = "ha.cf", .report = hear };
		char text[] = BASE "ucast eth0 10.0.0.2\nrespawn root /bin/true x\nstart_timeout * 3\nstonith_host * a b\nenv A=B\n";

		heard[0] = '\0';
		fault_arm(nth++);
		err = ha_cf_parse(&cf, &conf, text, "server1");
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		if (!err)
			ha_cf_free(&cf);
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	fault_disarm();
}

static struct authkeys keys;

static int parse_keys(const char *text)
{
	struct conf conf = { .file = "authkeys", .report = hear };
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	heard[0] = '\0';
	return authkeys_parse(&keys, &conf, copy);
}

TEST(keys_are_read_and_mistakes_named)
{
	CHECK_INT(parse_keys("auth 1\n1 sha1 SecretKey # x\n2 md5 Other\n3 crc\n15 hmac-sha256 k\n"), 0);
	CHECK_INT(keys.sign_nr, 1);
	CHECK_INT(keys.key[15].method, HB_SIGN_SHA256);
	CHECK_STR(keys.key[2].text, "Other");
	CHECK_INT(parse_keys("1 sha1\n2 crc key\n16 md5 x\n3 foo x\nauth 1\n3 crc\n3 crc\n"), -EINVAL);
	CHECK_STR(heard, "1: Auth method [sha1] requires a key\n2: Auth method [crc] doesn't use a key\n3: Invalid authnum [16]: 0 to 15\n"
			 "4: Invalid authtype [foo]: crc, md5, sha1 or hmac-sha256\n7: key 3 is there twice\n"
			 "0: Auth Key [1] not found in keyfile\n");
	CHECK_INT(parse_keys("1 crc\n"), -EINVAL);
	CHECK_STR(heard, "0: Missing auth directive in keyfile\n");
}

TEST(digests_are_the_originals)
{
	char hex[HB_MAX_DIGEST_BYTE + 1];

	CHECK_INT(parse_keys("auth 0\n0 crc\n1 md5 key\n2 sha1 key\n3 hmac-sha256 key\n"), 0);
	CHECK_INT(authkeys_digest(&keys, 0, "123456789", 9, hex), 0);
	CHECK_STR(hex, "765e7680");
	CHECK_INT(authkeys_digest(&keys, 1, "The quick brown fox jumps over the lazy dog", 43, hex), 0);
	CHECK_STR(hex, "80070713463e7749b90c2dc24911e275");
	CHECK_INT(authkeys_digest(&keys, 2, "The quick brown fox jumps over the lazy dog", 43, hex), 0);
	CHECK_STR(hex, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
	CHECK_INT(authkeys_digest(&keys, 3, "The quick brown fox jumps over the lazy dog", 43, hex), 0);
	CHECK_STR(hex, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
	CHECK_INT(authkeys_digest(&keys, 4, "", 0, hex), -EINVAL);
	/* a key longer than a block (RFC 2202, test case 6 has 80 bytes of 0xaa) */
	CHECK_INT(parse_keys("auth 1\n1 sha1 "
			     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
			     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
			     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
			     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\n"), 0);
	CHECK_INT(authkeys_digest(&keys, 1, "Test Using Larger Than Block-Size Key - Hash Key First", 54, hex), 0);
	CHECK_STR(hex, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
	authkeys_free(&keys);
}

TEST(a_key_that_cannot_be_prepared_leaves_the_old_ones)
{
	int nth, err;

	for (nth = 0; nth < 2; nth++) {
		CHECK_INT(parse_keys("auth 1\n1 crc\n"), 0);
		fault_arm_kind(FAULT_SYS, nth, ENOMEM);
		err = parse_keys("auth 1\n1 sha1 key\n");
		CHECK_INT(err, -ENOMEM);
		CHECK_INT(keys.key[1].method, HB_SIGN_CRC);
		fault_disarm();
	}
}

TEST(a_keyfile_others_may_read_is_refused)
{
	char path[] = "/tmp/authkeysXXXXXX";
	struct conf conf = { .file = "authkeys", .report = hear };
	int fd = mkstemp(path);

	CHECK_INT((int)(write)(fd, "auth 1\n1 crc\n", 13), 13);
	heard[0] = '\0';
	CHECK_INT(fchmod(fd, 0602), 0);
	CHECK_INT(authkeys_load(&keys, &conf, path, NULL), 0);
	CHECK_INT(fchmod(fd, 0640), 0);
	CHECK_INT(authkeys_load(&keys, &conf, path, NULL), -EPERM);
	CHECK(strstr(heard, "0: Bad permissions on keyfile ["));
	close(fd);
	unlink(path);
	CHECK_INT(authkeys_load(&keys, &conf, path, NULL), -ENOENT);
	CHECK(strstr(heard, "Cannot open keyfile ["));
}

static struct haresources hr;

static int parse_hr(const char *text)
{
	static const char *const nodes[] = { "server1", "server2" };
	struct conf conf = { .file = "haresources", .report = hear };
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", text);
	heard[0] = '\0';
	return haresources_parse(&hr, &conf, copy, nodes, 2);
}

TEST(groups_are_read)
{
	CHECK_INT(parse_hr("# all\nServer1 172.25.32.100/24/eth0 drbddisk::demo \\\n  Filesystem::/dev/drbd1::/var/lib/mysql::ext4 \\ # x\nmysqld\n"
			   "\nserver2\tfake\n"), -EINVAL);
	CHECK_STR(heard, "4: Bad nodename in haresources [mysqld]\n");
	CHECK_INT(parse_hr("# all\nServer1 172.25.32.100/24/eth0 drbddisk::demo \\\n  Filesystem::/dev/drbd1::/var/lib/mysql::ext4 \\\nmysqld\n"
			   "\nserver2\tfake::a:b::\n"), 0);
	CHECK_INT(hr.groups, 2);
	CHECK_STR(hr.group[0].node, "server1");
	CHECK_INT(hr.group[0].ress, 4);
	CHECK_STR(hr.group[0].res[0].script, "IPaddr");
	CHECK_STR(hr.group[0].res[0].arg[0], "172.25.32.100/24/eth0");
	CHECK_STR(hr.group[0].res[2].script, "Filesystem");
	CHECK_STR(hr.group[0].res[2].arg[2], "ext4");
	CHECK(!hr.group[0].res[2].arg[3]);
	CHECK_STR(hr.group[1].res[0].arg[0], "a:b");
	CHECK_STR(hr.group[1].res[0].arg[1], "");
	CHECK(haresources_find(&hr, "fake::a:b::") == &hr.group[1]);
	CHECK(!haresources_find(&hr, "172x25.32.100/24/eth0"));
	haresources_free(&hr);
}

TEST(mistakes_in_haresources_have_lines)
{
	CHECK_INT(parse_hr("server1\nserver3 x\nserver1 a b\nserver2 a\nserver2 ::x\nserver1 s::1::2::3::4::5::6::7::8::9::10::11::12::13::14::15::16::17\n"),
		  -EINVAL);
	CHECK_STR(heard, "1: node server1 without a resource\n2: Bad nodename in haresources [server3]\n"
			 "4: group [a] is already in line 3: the first resource of a line must be unique\n"
			 "5: [::x] is not SCRIPT[::ARGUMENT...] with at most 16 arguments\n"
			 "6: [s::1::2::3::4::5::6::7::8::9::10::11::12::13::14::15::16::17] is not SCRIPT[::ARGUMENT...] with at most 16 arguments\n");
}

TEST(every_allocation_of_haresources_fails_once)
{
	int nth = 0, err;

	do {
		fault_arm(nth++);
		err = parse_hr("server1 a b::c\nserver2 1.2.3.4\n");
		CHECK_INT(err, fault_fired() ? -ENOMEM : 0);
		if (!err)
			haresources_free(&hr);
		CHECK_INT(fault_leaks(), 0);
	} while (fault_fired());
	fault_disarm();
}

int main(void)
{
	RUN(the_usual_file_is_read);
	RUN(times_have_the_originals_units_and_rounding);
	RUN(each_directive_is_obeyed);
	RUN(a_uuid_from_the_name_is_the_originals);
	RUN(each_mistake_has_its_line);
	RUN(all_mistakes_are_told_at_once);
	RUN(every_allocation_of_ha_cf_fails_once);
	RUN(keys_are_read_and_mistakes_named);
	RUN(digests_are_the_originals);
	RUN(a_key_that_cannot_be_prepared_leaves_the_old_ones);
	RUN(a_keyfile_others_may_read_is_refused);
	RUN(groups_are_read);
	RUN(mistakes_in_haresources_have_lines);
	RUN(every_allocation_of_haresources_fails_once);
	return UNIT_END;
}
