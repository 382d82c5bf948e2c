/* SPDX-License-Identifier: GPL-2.0-only */
/* heartbeat: options, start, and the commands to a running daemon (heartbeat.md 6.3). */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heartbeat/hb_daemon.h"
#include "heartbeat/hb_log.h"
#include "heartbeat/hb_state.h"
#include "heartbeat/hb_takeover.h"
#include "heartbeat/hb_test.h"
#include "lib/log.h"
#include "lib/std_fds.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 6 };

struct options {
	char command; /* k r s D V t, or 0: start */
	bool resume, foreground, again;
	enum hb_hold held;
	long debug;
	const char *dir;
};

static int usage(void)
{
	fprintf(stderr,
		"usage: heartbeat [-dDfkrRsvVt] [-c dir] [-C none|local|foreign|all]\n"
		"  -k  stop heartbeat and wait until it has stopped\n"
		"  -r  make it read its configuration again\n"
		"  -s  say whether it runs\n"
		"  -t  check ha.cf, authkeys and haresources together, then exit\n"
		"  -D  print the directives of ha.cf with their defaults\n"
		"  -f  stay in the foreground\n"
		"  -d  one debug level more\n"
		"  -c  directory of the configuration, /etc/ha.d\n"
		"  -R -C  start with resources that are already held\n"
		"  -V  print the version\n");
	return EXIT_USAGE;
}

static int do_status(const char *own)
{
	bool there;
	pid_t pid = hb_running_pid(HB_PIDFILE, &there);

	if (!pid) {
		printf("heartbeat is stopped. No process\n");
		return there ? 1 : 3;
	}
	printf("heartbeat OK [pid %d et al] is running on %s [%s]...\n", (int)pid, own, own);
	return 0;
}

static int do_stop(void)
{
	bool there;
	pid_t pid = hb_running_pid(HB_PIDFILE, &there);

	if (!pid) {
		fprintf(stderr, "INFO: Heartbeat already stopped.\n");
		return 0;
	}
	if (kill(pid, SIGTERM)) {
		fprintf(stderr, "ERROR: Could not kill pid %d: %s\n", (int)pid, strerror(errno));
		return 1;
	}
	while (!kill(pid, 0))
		usleep(50000);
	return 0;
}

static int do_reload(void)
{
	bool there;
	pid_t pid = hb_running_pid(HB_PIDFILE, &there);

	if (!pid || kill(pid, SIGHUP)) {
		fprintf(stderr, "ERROR: heartbeat is not running.\n");
		return 1;
	}
	return 0;
}

/* Into the background; the parent's exit code says that the configuration was good. */
static int daemonize(void)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0) {
		log_err("cannot fork: %m");
		return -1;
	}
	if (pid)
		_exit(0);
	setsid();
	fd = open("/dev/null", O_RDWR);
	if (fd >= 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		if (fd > 2)
			close(fd);
	}
	return 0;
}

/* Clients reach the socket in it as members of haclient. */
static void make_run_directory(const char *path)
{
	const struct passwd *user = getpwnam("hacluster");
	const struct group *group = getgrnam("haclient");

	if (mkdir(path, 0750) || !user || !group)
		return; /* it is there already, as the init script made it */
	if (chown(path, user->pw_uid, group->gr_gid))
		log_warn("%s cannot be given to hacluster: %m", path);
}

/* Where resource agents, ours and others, keep what ends with the machine's run (heartbeat.md 6.5). */
static void make_scratch_directory(const char *path)
{
	if (!mkdir(path, 0755) && chmod(path, 01755))
		log_warn("%s: %m", path);
}

static int make_directories(const struct ha_cf *cf)
{
	char path[512];

	mkdir(HB_VAR_LIB, 0755);
	make_run_directory(HB_VAR_RUN);
	make_run_directory(HB_VAR_RUN "/dopd");
	make_scratch_directory(HB_VAR_RUN "/rsctmp");
	make_scratch_directory("/var/run/resource-agents");
	mkdir(cf->coreroot, 0755);
	snprintf(path, sizeof(path), "%s/root", cf->coreroot);
	mkdir(path, 0700);
	return chdir(path) ? chdir("/") : 0;
}

static int do_start(const struct options *opt, const char *program)
{
	static struct hb_media media;
	static struct hb_setup setup;
	bool there;
	pid_t pid = hb_running_pid(HB_PIDFILE, &there);

	setup.dir = opt->dir;
	setup.program = program;
	setup.resume = opt->resume;
	setup.held = (enum hb_hold_word)opt->held;
	setup.foreground = opt->foreground;
	/* a daemon that executes itself again finds its own pid */
	if (pid && pid != getpid()) {
		fprintf(stderr, "heartbeat: already running [pid %d].\n", (int)pid);
		return 0;
	}
	if (hb_setup_read(&setup)) {
		log_err("Heartbeat not started: configuration error.");
		log_err("Configuration error, heartbeat not started.");
		return EXIT_CONFIG;
	}
	setup.cf.debug += opt->debug;
	if (hb_media_open(&media, &setup.cf, hb_daemon_packet, NULL)) {
		log_err("Heartbeat not started: configuration error.");
		hb_media_close(&media);
		return EXIT_CONFIG;
	}
	if (hb_log_setup(&setup.cf, "heartbeat", setup.own)) {
		log_reset();
		log_err("heartbeat: the log files of ha.cf cannot be opened: %m");
		hb_media_close(&media);
		return EXIT_CONFIG;
	}
	log_info("**************************");
	log_info("Configuration validated. Starting heartbeat 3.0.6 (classic-ha " VERSION ")");
	umask(022);
	if (!opt->foreground && !opt->resume && !opt->again && daemonize())
		return 1;
	if (make_directories(&setup.cf) || hb_write_pidfile(HB_PIDFILE))
		return 1;
	return hb_daemon_run(&setup, &media);
}

static bool parse(struct options *opt, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "dDfkrRsvVtWlMXC:c:")) != -1) {
		switch (c) {
		case 'k': case 'r': case 's': case 'D': case 'V': case 't': opt->command = (char)c; break;
		case 'R': opt->resume = true; break;
		case 'X': opt->again = true; break; /* by the daemon itself, after it gave everything up */
		case 'f': opt->foreground = true; break;
		case 'd': case 'v': opt->debug++; break;
		case 'c': opt->dir = optarg; break;
		case 'C':
			if (!hb_hold_of(optarg, &opt->held))
				return false;
			break;
		default: return false;
		}
	}
	return optind == argc && (opt->resume || opt->held == HB_NONE);
}

int main(int argc, char **argv)
{
	struct options opt = { .dir = "/etc/ha.d", .held = HB_NONE };
	static char program[512];
	char own[HA_MAX_NAME + 1];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	hold_std_fds();
	if (n <= 0)
		snprintf(program, sizeof(program), "%s", argv[0]);
	if (!parse(&opt, argc, argv))
		return usage();
	hb_own_name(opt.dir, own, sizeof(own));
	switch (opt.command) {
	case 'V': printf("3.0.6 (node: classic-ha " VERSION ")\n"); return 0;
	case 'D': ha_cf_print_defaults(stdout); return 0;
	case 's': return do_status(own);
	case 'k': return do_stop();
	case 'r': return do_reload();
	case 't': return hb_test_config(opt.dir);
	default: return do_start(&opt, program);
	}
}
