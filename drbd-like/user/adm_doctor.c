/* SPDX-License-Identifier: GPL-2.0-only */
/* What an experienced administrator would look at first. */
#include "drbd-like/user/adm_doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "drbd-like/user/adm_dump.h"

enum { SSH_TIMEOUT_S = 10, TOOL_TIMEOUT_S = 10, SSH_FAILED = 255 };

static const char *proc_path(void)
{
	const char *path = getuid() == geteuid() ? getenv("DRBD_PROC") : NULL;

	return path ? path : "/proc/drbd";
}

/* The line of /proc/drbd that begins with " N: ", and those up to the next device, in line; false: none. */
static bool proc_device(int minor, char *text, size_t size)
{
	FILE *proc = fopen(proc_path(), "re");
	char line[256], head[16];
	bool inside = false;

	*text = '\0';
	if (!proc)
		return false;
	snprintf(head, sizeof(head), "%2d: ", minor);
	while (fgets(line, sizeof(line), proc)) {
		if (strstr(line, ": cs:"))
			inside = !strncmp(line, head, strlen(head));
		if (inside)
			snprintf(text + strlen(text), size - strlen(text), "%s", line);
	}
	fclose(proc);
	return *text != '\0';
}

/* ---- check */

struct checkup {
	struct adm_run *run;
	const struct adm_res *res;
	int findings;
};

static void finding(struct checkup *c, const char *what, const char *remedy)
{
	printf("%s: %s\n\t%s\n", c->res->name, what, remedy);
	c->findings++;
}

#define TEXT(...) adm_printf(&c->run->conf->mem, __VA_ARGS__)

static void check_module(struct checkup *c)
{
	char line[128] = "";
	FILE *proc = fopen(proc_path(), "re");

	if (!proc) {
		finding(c, "the drbd module is not loaded", "modprobe drbd; if that fails, install it for this kernel (uname -r)");
		return;
	}
	if (fgets(line, sizeof(line), proc) && strncmp(line, "version: 8.4.", 13))
		finding(c, TEXT("the loaded module is not of the 8.4 series: %.*s", (int)strcspn(line, "\n"), line),
			"rmmod drbd, and load the module that came with these tools");
	fclose(proc);
}

static bool fill_sockaddr(const struct adm_addr *addr, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (!strcmp(addr->family, "ipv4")) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)atoi(addr->port));
		*len = sizeof(*in);
		return inet_pton(AF_INET, addr->ip, &in->sin_addr) == 1;
	}
	if (strcmp(addr->family, "ipv6") || strchr(addr->ip, '%'))
		return false; /* not to be tried from here */
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)atoi(addr->port));
	*len = sizeof(*in6);
	return inet_pton(AF_INET6, addr->ip, &in6->sin6_addr) == 1;
}

/* DRBD itself has the port while it is connected or waits for it. */
static bool uses_network(const struct adm_res *res)
{
	char text[1024];

	return proc_device(res->me->vols->minor, text, sizeof(text)) && !strstr(text, "cs:StandAlone") &&
	       !strstr(text, "cs:Unconfigured");
}

static void check_address(struct checkup *c)
{
	const struct adm_addr *addr = &c->res->me->addr;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, err, on = 1;

	if (uses_network(c->res) || !fill_sockaddr(addr, &ss, &len))
		return;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* what DRBD itself has just left does not count */
	err = bind(fd, (struct sockaddr *)&ss, len) ? errno : 0;
	close(fd);
	if (err == EADDRNOTAVAIL)
		finding(c, TEXT("this host does not have its address %s", addr->ip),
			"bring the interface up, or correct 'address' in the configuration (ip addr shows what there is)");
	else if (err == EADDRINUSE)
		finding(c, TEXT("port %s of %s is used by another program", addr->port, addr->ip),
			TEXT("'ss -tlnp sport = :%s' names it; choose another port on both nodes, or end it", addr->port));
	else if (err)
		finding(c, TEXT("%s:%s can not be used: %s", addr->ip, addr->port, strerror(err)), "run this as root");
}

static bool mounted_at(const char *device, char *where, size_t size)
{
	FILE *mounts = fopen("/proc/mounts", "re");
	char line[1024], dev[512], dir[512];
	bool found = false;

	while (mounts && !found && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%511s %511s", dev, dir) == 2 && !strcmp(dev, device)) {
			snprintf(where, size, "%s", dir);
			found = true;
		}
	if (mounts)
		fclose(mounts);
	return found;
}

static bool is_physical_volume(int fd)
{
	char label[4 * 512] = "";
	int i;

	if (pread(fd, label, sizeof(label), 0) != sizeof(label))
		return false;
	for (i = 0; i < 4; i++)
		if (!memcmp(label + i * 512, "LABELONE", 8))
			return true;
	return false;
}

static bool lvm_has_filter(void)
{
	FILE *conf = fopen("/etc/lvm/lvm.conf", "re");
	char line[1024], *at;
	bool found = false;

	while (conf && !found && fgets(line, sizeof(line), conf)) {
		at = line + strspn(line, " \t");
		found = (!strncmp(at, "filter", 6) || !strncmp(at, "global_filter", 13)) && strchr(at, '=');
	}
	if (conf)
		fclose(conf);
	return found;
}

/* Whether DRBD holds the backing disk. */
static bool attached(const struct adm_vol *vol)
{
	char text[1024];

	return proc_device(vol->minor, text, sizeof(text)) && !strstr(text, "ds:Diskless") && !strstr(text, "cs:Unconfigured");
}

static void check_meta(struct checkup *c, const struct adm_vol *vol)
{
	struct adm_call *call = adm_call_meta(&c->run->plan, "dstate", c->res, vol);
	char *out;
	int code = adm_exec_capture(call->argv, c->res->name, TOOL_TIMEOUT_S, true, &out);

	if (code)
		finding(c, TEXT("%s: no usable meta-data%s%s", strcmp(vol->meta_disk, "internal") ? vol->meta_disk : vol->disk,
				out && *out ? ": " : "", out ? TEXT("%.*s", (int)strcspn(out, "\n"), out) : ""),
			TEXT("if the disk is new: drbdadm create-md %s/%u; if it had some, look for the reason first", c->res->name,
			     vol->vnr));
	free(out);
}

static void check_disk(struct checkup *c, const struct adm_vol *vol)
{
	char where[512];
	struct stat st;
	int fd;

	if (attached(vol))
		return;
	if (stat(vol->disk, &st)) {
		finding(c, TEXT("%s: %s", vol->disk, strerror(errno)), "correct 'disk' in the configuration, or bring the disk up");
		return;
	}
	if (!S_ISBLK(st.st_mode)) {
		finding(c, TEXT("%s is no block device", vol->disk), "correct 'disk' in the configuration");
		return;
	}
	if (mounted_at(vol->disk, where, sizeof(where))) {
		finding(c, TEXT("%s, which DRBD is to use, is mounted on %s", vol->disk, where),
			TEXT("umount %s, and mount %s instead once it is up", where, vol->device));
		return;
	}
	fd = open(vol->disk, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0) {
		finding(c, TEXT("%s can not be had: %s", vol->disk, strerror(errno)),
			errno == EBUSY ? TEXT("'lsblk %s' shows what holds it (LVM, multipath, software RAID, swap)", vol->disk)
				       : "run this as root");
		return;
	}
	if (is_physical_volume(fd) && !lvm_has_filter())
		finding(c, TEXT("%s holds an LVM physical volume, and LVM looks at it too", vol->disk),
			TEXT("in /etc/lvm/lvm.conf: filter = [ \"r|%s|\" ], so that LVM sees it through %s alone", vol->disk, vol->device));
	close(fd);
	check_meta(c, vol);
}

static char *ssh(struct adm_run *run, const struct adm_host *host, const char *command, int *code)
{
	const char *argv[] = { "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", host->addr.ip, command, NULL };
	char *out;

	(void)run;
	*code = adm_exec_capture(argv, NULL, SSH_TIMEOUT_S, false, &out);
	return out;
}

/* What counts of a dump: without the comments, which speak of the host it was made on. */
static void drop_comments(char *text)
{
	char *out = text, *end;

	while (*text) {
		end = text + strcspn(text, "\n");
		end += *end == '\n';
		if (text[strspn(text, " ")] != '#') {
			memmove(out, text, (size_t)(end - text));
			out += end - text;
		}
		text = end;
	}
	*out = '\0';
}

/* theirs: their dump, which loses its comments; NULL: it is empty. */
static void compare_configs(struct checkup *c, const char *peer, char *theirs)
{
	char *ours = NULL;
	FILE *mem;
	size_t len;

	mem = open_memstream(&ours, &len);
	if (!mem)
		return;
	adm_dump_res(mem, c->run->conf, c->res, c->run->nodename);
	fclose(mem);
	drop_comments(ours);
	if (theirs)
		drop_comments(theirs);
	if (!theirs || strcmp(ours, theirs))
		finding(c, TEXT("its configuration differs on %s", peer),
			TEXT("make it the same on both: ssh %s drbdadm dump %s | diff - <(drbdadm dump %s)", c->res->peer->addr.ip,
			     c->res->name, c->res->name));
	free(ours);
}

static void check_peer_config(struct checkup *c)
{
	const char *peer;
	char *theirs;
	int code;

	if (!c->res->peer || !c->res->peer->addr.ip)
		return;
	peer = c->res->peer->names.first->name;
	theirs = ssh(c->run, c->res->peer, TEXT("drbdadm dump '%s'", c->res->name), &code);
	if (code == SSH_FAILED || code == ADM_EXIT_EXEC)
		printf("%s: %s can not be asked over ssh (%s): its configuration was not compared\n", c->res->name, peer,
		       c->res->peer->addr.ip);
	else if (code)
		finding(c, TEXT("%s can not use its configuration: 'drbdadm dump %s' ends with %d there", peer, c->res->name, code),
			TEXT("on %s: run that, do what it says, and see that 'uname -n' is the name after 'on'", peer));
	else
		compare_configs(c, peer, theirs);
	free(theirs);
}

int adm_cmd_check(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	struct checkup c = { run, res, 0 };

	(void)cmd;
	check_module(&c);
	check_address(&c);
	for (vol = res->me->vols; vol; vol = vol->next)
		check_disk(&c, vol);
	check_peer_config(&c);
	if (!c.findings)
		printf("%s: nothing found\n", res->name);
	return c.findings != 0;
}

/* ---- who holds a device */

/* "comm, pid N" of the processes that have the device open. */
static void print_openers(const struct adm_res *res, const struct adm_vol *vol, dev_t dev)
{
	char path[64], comm[64];
	glob_t fds;
	struct stat st;
	size_t i;
	int pid, last = 0;
	FILE *f;

	if (glob("/proc/[0-9]*/fd/*", GLOB_NOSORT, NULL, &fds))
		return;
	for (i = 0; i < fds.gl_pathc; i++) {
		pid = atoi(fds.gl_pathv[i] + 6);
		if (pid == last || stat(fds.gl_pathv[i], &st) || !S_ISBLK(st.st_mode) || st.st_rdev != dev)
			continue;
		last = pid;
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		f = fopen(path, "re");
		if (!f || !fgets(comm, sizeof(comm), f))
			snprintf(comm, sizeof(comm), "a process");
		if (f)
			fclose(f);
		comm[strcspn(comm, "\n")] = '\0';
		fprintf(stderr, "%s: %s is held open by %s, pid %d\n", res->name, vol->device, comm, pid);
	}
	globfree(&fds);
}

static void print_stacked(const struct adm_res *res, const struct adm_vol *vol, dev_t dev)
{
	char pattern[64];
	glob_t holders;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/sys/dev/block/%u:%u/holders/*", major(dev), minor(dev));
	if (glob(pattern, 0, NULL, &holders))
		return;
	for (i = 0; i < holders.gl_pathc; i++)
		fprintf(stderr, "%s: %s is in use below %s\n", res->name, vol->device, strrchr(holders.gl_pathv[i], '/') + 1);
	globfree(&holders);
}

static void print_holders(const struct adm_res *res, const struct adm_vol *vol)
{
	char where[512];
	struct stat st;

	if (stat(vol->device, &st) || !S_ISBLK(st.st_mode))
		return;
	if (mounted_at(vol->device, where, sizeof(where)))
		fprintf(stderr, "%s: %s is mounted on %s: umount %s\n", res->name, vol->device, where, where);
	print_openers(res, vol, st.st_rdev);
	print_stacked(res, vol, st.st_rdev);
}

/* ---- refusals */

/* What the peer or the data keep this node from; in this order. */
static const struct refusal {
	int code;
	const char *state; /* in the device's line of /proc/drbd */
	const char *text;  /* the peer, the resource */
} promotions[] = {
	{ DS_REFUSED, "ro:Secondary/Primary", "%s is Primary: there, umount the device and 'drbdadm secondary %s' first" },
	{ DS_NEED_UPTODATE, "ds:Diskless/", "no disk here, and no data from %s: 'drbdadm attach %s', or connect to a node that has it" },
	{ DS_NEED_UPTODATE, "ds:Outdated/", "%s has newer data: connect to it; if this older data is to be used: 'drbdadm primary --force %s'" },
	{ DS_NEED_UPTODATE, "ds:Consistent/", "%s may have newer data: connect to it; if it never will: 'drbdadm primary --force %s'" },
	{ DS_NEED_UPTODATE, "ds:Inconsistent/", "the data here is incomplete: connect to %s and let it be synchronised; if neither node has data yet: "
	  "'drbdadm primary --force %s'" },
};

static void explain_promotion(int code, const struct adm_res *res, const struct adm_vol *vol)
{
	const char *peer = res->peer && res->peer->names.first ? res->peer->names.first->name : "the peer";
	char proc[1024];
	size_t i;

	if (!proc_device(vol->minor, proc, sizeof(proc)))
		return;
	for (i = 0; i < sizeof(promotions) / sizeof(promotions[0]); i++)
		if (promotions[i].code == code && strstr(proc, promotions[i].state)) {
			fprintf(stderr, "%s: %s: ", res->name, vol->device);
			fprintf(stderr, promotions[i].text, peer, res->name);
			fputc('\n', stderr);
			return;
		}
}

void adm_explain_refusal(const char *command, int code, const struct adm_res *res, const struct adm_vol *vol)
{
	if (!strcmp(command, "primary"))
		explain_promotion(code, res, vol);
	else if (code == DS_REFUSED)
		print_holders(res, vol);
}

void adm_explain_meta_size(const struct adm_res *res, const struct adm_vol *vol)
{
	long long need_kib, have_kib;
	int fd;

	if (!strcmp(vol->meta_disk, "internal"))
		return;
	fd = open(vol->meta_disk, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	have_kib = (long long)lseek(fd, 0, SEEK_END) >> 10;
	close(fd);
	/* drbd-metadata.md: 128 MiB for each index, 1 MiB is the least of a flexible one */
	need_kib = strcmp(vol->meta_index, "flexible") ? (atoll(vol->meta_index) + 1) << 17 : 1 << 10;
	if (have_kib < need_kib)
		fprintf(stderr, "%s: meta-disk %s [%s] is too small by %lld KiB: it has %lld KiB and needs %lld KiB; take a larger device%s\n",
			res->name, vol->meta_disk, vol->meta_index, need_kib - have_kib, have_kib, need_kib,
			need_kib > 1 << 17 ? ", or a lower index" : "");
}

/* ---- split-brain */

bool adm_gi_parse(const char *text, struct adm_gi *gi)
{
	return sscanf(text, "%" SCNx64 ":%" SCNx64 ":%" SCNx64 ":%" SCNx64, &gi->current, &gi->bitmap, &gi->history[0],
		      &gi->history[1]) == 4;
}

static bool same(uint64_t a, uint64_t b)
{
	return (a & ~1ull) == (b & ~1ull) && (a & ~1ull);
}

static bool descends(uint64_t ancestor, const struct adm_gi *gi)
{
	return same(ancestor, gi->bitmap) || same(ancestor, gi->history[0]) || same(ancestor, gi->history[1]);
}

enum adm_relation adm_gi_relation(const struct adm_gi *ours, const struct adm_gi *theirs)
{
	int i;

	if (same(ours->current, theirs->current))
		return ADM_GI_EQUAL;
	if (descends(theirs->current, ours))
		return ADM_GI_WE_ARE_NEWER;
	if (descends(ours->current, theirs))
		return ADM_GI_PEER_IS_NEWER;
	if (descends(ours->bitmap, theirs))
		return ADM_GI_SPLIT_BRAIN;
	for (i = 0; i < ADM_GI_HISTORY; i++)
		if (descends(ours->history[i], theirs))
			return ADM_GI_SPLIT_BRAIN;
	return ADM_GI_UNRELATED;
}

static bool own_gi(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol, struct adm_gi *gi)
{
	struct adm_call *call = adm_call_minor(&run->plan, "get-gi", res, vol);
	bool ok;
	char *out;

	ok = !adm_exec_capture(call->argv, res->name, TOOL_TIMEOUT_S, false, &out) && out && adm_gi_parse(out, gi);
	free(out);
	if (ok)
		return true;
	call = adm_call_meta(&run->plan, "get-gi", res, vol);
	ok = !adm_exec_capture(call->argv, res->name, TOOL_TIMEOUT_S, false, &out) && out && adm_gi_parse(out, gi);
	free(out);
	return ok;
}

/* KiB out of sync in a device's lines of /proc/drbd; -1: not there. */
static long long out_of_sync_kib(const char *text)
{
	const char *oos = strstr(text, "oos:");

	return oos ? atoll(oos + 4) : -1;
}

static void print_side(const char *name, const struct adm_gi *gi, const char *proc)
{
	long long kib = out_of_sync_kib(proc);

	printf("  %s\n    current %016" PRIX64 ", bitmap %016" PRIX64 ", history %016" PRIX64 " %016" PRIX64 "\n", name, gi->current,
	       gi->bitmap, gi->history[0], gi->history[1]);
	if (kib >= 0)
		printf("    changed since the two came apart: %lld KiB\n", kib);
}

static const char *const relation_text[] = {
	"both sides have the same data generation: no split brain; drbdadm connect will do",
	"this node's data is newer: no split brain; drbdadm connect will bring the peer up to date",
	"the peer's data is newer: no split brain; drbdadm connect will bring this node up to date",
	"SPLIT BRAIN: both sides have changes that the other does not have",
	"the two sides never had data in common: one has to be given up as a whole",
};

static void explain_way_out(const char *res, const char *victim, const char *survivor)
{
	printf("To give up what was changed on %s and keep what is on %s:\n"
	       "    on %s:  drbdadm secondary %s; drbdadm disconnect %s; drbdadm connect --discard-my-data %s\n"
	       "    on %s:  drbdadm connect %s      (not needed where it says WFConnection)\n",
	       victim, survivor, victim, res, res, res, survivor, res);
}

/* The minor may have another number over there: it is asked by the volume's name. */
static bool peer_side(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol, struct adm_gi *gi, char **proc)
{
	const char *object = adm_printf(&run->conf->mem, "'%s/%u'", res->name, vol->vnr);
	char *out;
	bool ok;
	int code;

	*proc = NULL;
	if (!res->peer || !res->peer->addr.ip)
		return false;
	out = ssh(run, res->peer, adm_printf(&run->conf->mem, "drbdadm get-gi %s", object), &code);
	ok = !code && out && adm_gi_parse(out, gi);
	free(out);
	if (ok)
		*proc = ssh(run, res->peer, adm_printf(&run->conf->mem,
			"minor=$(drbdadm sh-minor %s) && sed -n \"/^ *$minor: /,/oos:/p\" /proc/drbd", object), &code);
	return ok;
}

static bool is_connected(const char *proc)
{
	static const char *const apart[] = {
		"cs:StandAlone", "cs:Disconnecting", "cs:Unconnected", "cs:Timeout", "cs:BrokenPipe", "cs:NetworkFailure",
		"cs:ProtocolError", "cs:TearDown", "cs:WFConnection", "cs:WFReportParams", "cs:Unconfigured",
	};
	size_t i;

	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (strstr(proc, apart[i]))
			return false;
	return true;
}

static int report_volume(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol)
{
	const char *me = run->nodename, *peer = res->peer && res->peer->names.first ? res->peer->names.first->name : "the peer";
	struct adm_gi ours, theirs;
	enum adm_relation relation;
	char proc[1024], *peer_proc;

	printf("%s/%u (minor %d)\n", res->name, vol->vnr, vol->minor);
	if (proc_device(vol->minor, proc, sizeof(proc)) && is_connected(proc)) {
		printf("  the nodes are connected: there is no split brain now\n");
		return 0;
	}
	if (!own_gi(run, res, vol, &ours)) {
		fprintf(stderr, "%s/%u: the data generation of this node can not be read; is there meta-data?\n", res->name, vol->vnr);
		return ADM_EXIT_EXEC;
	}
	print_side(me, &ours, proc);
	if (!peer_side(run, res, vol, &theirs, &peer_proc)) {
		printf("  %s can not be asked over ssh; run there: drbdadm split-brain %s\n", peer, res->name);
		relation = ADM_GI_SPLIT_BRAIN;
	} else {
		print_side(peer, &theirs, peer_proc ? peer_proc : "");
		relation = adm_gi_relation(&ours, &theirs);
		printf("  %s\n", relation_text[relation]);
	}
	free(peer_proc);
	if (relation == ADM_GI_SPLIT_BRAIN || relation == ADM_GI_UNRELATED) {
		explain_way_out(res->name, peer, me);
		explain_way_out(res->name, me, peer);
	}
	return 0;
}

int adm_cmd_split_brain(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol)
{
	const struct adm_vol *v;
	int code = 0;

	if (run->minor_given)
		return adm_cmd_handler(run, cmd, res, vol);
	for (v = res->me->vols; v && !code; v = v->next)
		if (!vol || v == vol)
			code = report_volume(run, res, v);
	return code;
}
