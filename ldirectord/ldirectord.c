/* SPDX-License-Identifier: GPL-2.0-only */
/* ldirectord [options] [CONFIG] COMMAND: options, commands, pid file, log and signals (ldirectord.md 1, 5). */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ldirectord/ld_daemon.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/run.h"
#include "lib/std_fds.h"

#define DIRECTOR "Linux Director v1.186-ha"
#ifndef LD_RUN_DIR
#define LD_RUN_DIR "/var/run"
#endif
#ifndef LD_CONF_DIR
#define LD_CONF_DIR "/etc/ha.d"
#endif

enum { EXIT_INIT = 1, EXIT_CONFIG = 2, EXIT_STOPPED = 3, EXIT_USAGE = 255, STOP_WAIT_S = 60, POLL_US = 20000 };

static struct {
	bool debug, test, dry_run, json;
	const char *config_arg, *command; /* config_arg NULL: the default */
	char path[PATH_MAX];	/* as the search found it */
	char real_path[PATH_MAX]; /* absolute */
	char name[256];		/* CFGNAME */
	char pid_file[512], socket_path[512];
	bool supervised, in_foreground;
} opt;

static void usage(void)
{
	printf("Usage: ldirectord [OPTION...] [CONFIG] {start|stop|restart|try-restart|reload|force-reload|status}\n"
	       "       ldirectord -t [CONFIG]\n"
	       "\n"
	       "  -d, --debug     stay in the foreground and log to stderr\n"
	       "  -t, --test      check CONFIG and say what is wrong with it\n"
	       "  -n, --dry-run   with start: print what would be changed in the IPVS table, and change nothing\n"
	       "      --json      with status: every server with its state, last reason and time\n"
	       "  -h, --help      this text\n"
	       "  -v, --version   version and license\n"
	       "\n"
	       "CONFIG is looked for in /etc/ha.d, /etc/ha.d/conf and as it is given; default: ldirectord.cf. See ldirectord(8).\n");
}

static void version(void)
{
	printf(DIRECTOR "\n"
	       "Part of the HA suite " VERSION "; health checks and failover for the Linux Virtual Server\n"
	       "See ldirectord(8)\n"
	       "\n"
	       "This program comes with no warranty, to the extent permitted by law.\n"
	       "It is free software: you may redistribute it under the terms of\n"
	       "the GNU General Public License, version 2.\n");
}

/* Logging */

static void file_format(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	char date[32];

	(void)level;
	ctime_r(&now, date);
	snprintf(line, size, "[%.24s|%s|%d] %s", date, (const char *)arg, (int)getpid(), msg);
}

static void stdout_format(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	char date[32];

	(void)level;
	(void)arg;
	ctime_r(&now, date);
	snprintf(line, size, "[%.24s] %s", date, msg);
}

static void debug_format(char *line, size_t size, int level, time_t now, const char *msg, void *arg)
{
	(void)now;
	(void)arg;
	snprintf(line, size, "%s%s", level == LOG_DEBUG ? "DEBUG2: " : "", msg);
}

static void open_log(const struct ld_config *config)
{
	struct log_dest dest = { .kind = LOG_KIND_FILE, .max_level = LOG_INFO, .format = file_format, .arg = opt.name };
	const char *logfile = config ? config->logfile : "/var/log/ldirectord.log";

	log_reset();
	if (opt.debug) {
		dest.kind = LOG_KIND_STDERR;
		dest.max_level = LOG_DEBUG;
		dest.format = debug_format;
	} else if (opt.supervised) {
		dest.kind = LOG_KIND_STDOUT;
		dest.format = stdout_format;
	} else if (*logfile == '/') {
		dest.path = logfile;
	} else {
		dest.kind = LOG_KIND_SYSLOG;
		dest.ident = "ldirectord";
		dest.facility = log_facility(logfile);
		dest.format = NULL;
	}
	/* without a log the director still directs */
	if (log_add(&dest) && dest.path)
		fprintf(stderr, "%s: %s\n", dest.path, strerror(errno));
}

static void report_to_stderr(bool is_error, unsigned int line, const char *msg, void *arg)
{
	const char *what = is_error ? "Error" : "Warning";

	(void)arg;
	if (line)
		fprintf(stderr, "%s [%d] reading file %s at line %u: %s\n", what, (int)getpid(), opt.path, line, msg);
	else
		fprintf(stderr, "%s [%d]: %s\n", what, (int)getpid(), msg);
}

static int leave(int code, const char *why)
{
	if (code)
		log_info("Exiting with exit_status %d: %s", code, why);
	return code;
}

/* The configuration and what is named after it */

static bool find_config(void)
{
	static const char *const places[] = { LD_CONF_DIR "/", LD_CONF_DIR "/conf/", "" };
	const char *config = opt.config_arg ? opt.config_arg : "ldirectord.cf", *slash = strrchr(config, '/');
	size_t i;

	/* the default's files are not those of the same name given */
	snprintf(opt.name, sizeof(opt.name), "%.250s", !opt.config_arg ? "ldirectord" : slash ? slash + 1 : config);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((size_t)snprintf(opt.path, sizeof(opt.path), "%s%s", places[i], config) >= sizeof(opt.path))
			continue;
		if (!access(opt.path, F_OK))
			return true;
	}
	return false;
}

static void name_files(void)
{
	if (!realpath(opt.path, opt.real_path))
		snprintf(opt.real_path, sizeof(opt.real_path), "%s", opt.path);
	snprintf(opt.pid_file, sizeof(opt.pid_file), LD_RUN_DIR "/ldirectord.%s.pid", opt.name);
	snprintf(opt.socket_path, sizeof(opt.socket_path), LD_RUN_DIR "/ldirectord.%s.sock", opt.name);
}

/* Is it running? */

enum running { RUNNING, STOPPED, STALE };

/* Is that process one of ours, by its command line? */
static bool is_director(pid_t pid)
{
	char path[64], words[4096];
	ssize_t len, i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, words, sizeof(words) - 1);
	close(fd);
	for (i = 0; i < len; i++)
		if (!words[i])
			words[i] = ' ';
	words[len > 0 ? len : 0] = '\0';
	return strstr(words, "ldirectord") != NULL;
}

static enum running find_running(pid_t *pid)
{
	int64_t n = 0;
	char *text;

	if (conf_read_file(opt.pid_file, 64, &text, NULL))
		return STOPPED;
	text[strcspn(text, " \n")] = '\0';
	if (conf_num(text, 1, INT32_MAX, &n))
		n = 0;
	free(text);
	*pid = (pid_t)n;
	return n && is_director(*pid) ? RUNNING : STALE;
}

/* Until the process is gone; false: it did not go. The stop itself may have to wait for the table. */
static bool wait_gone(pid_t pid)
{
	int left;

	for (left = STOP_WAIT_S * (1000000 / POLL_US); left; left--) {
		if (!is_director(pid)) /* nor is one that waits to be reaped */
			return true;
		usleep(POLL_US);
	}
	return false;
}

/* Commands */

static int print_json(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char buf[8192];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.107s", opt.socket_path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		fprintf(stderr, "%s: %s\n", opt.socket_path, strerror(errno));
		return leave(EXIT_INIT, "no answer for status --json");
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(fd);
	return 0;
}

/* The status of what `execute` started is part of ours. */
static void status_of_executed(const struct ld_config *config, const char *self)
{
	size_t i;

	for (i = 0; i < config->executes; i++) {
		const char *argv[] = { self, config->execute[i], "status", NULL };
		struct run_spec spec = { .argv = argv, .keep_output = true, .timeout_ms = 10000 };
		struct run_result result;

		if (!run_wait(&spec, &result))
			free((char *)result.output);
	}
}

static int command_status(const struct ld_config *config, const char *self)
{
	pid_t pid;

	switch (find_running(&pid)) {
	case RUNNING:
		if (opt.json)
			return print_json();
		fprintf(stderr, "ldirectord for %s is running with pid: %d\n", opt.path, (int)pid);
		/* heartbeat looks for the word on stdout */
		if (strstr(self, "/resource.d/"))
			printf("ldirectord for %s is running with pid: %d\n", opt.path, (int)pid);
		log_info("ldirectord for %s is running with pid: %d", opt.path, (int)pid);
		status_of_executed(config, self);
		log_info("Exiting from ldirectord status");
		return 0;
	case STALE:
		fprintf(stderr, "ldirectord stale pid file %s for %s\n", opt.pid_file, opt.path);
		log_info("ldirectord stale pid file %s for %s", opt.pid_file, opt.path);
		printf("ldirectord is stopped for %s\n", opt.path);
		return leave(EXIT_INIT, "Exiting from ldirectord status");
	default:
		printf("ldirectord is stopped for %s\n", opt.path);
		return leave(EXIT_STOPPED, "Exiting from ldirectord status");
	}
}

/* Sends TERM and waits until the table is clean. */
static int command_stop(void)
{
	pid_t pid;

	if (find_running(&pid) != RUNNING)
		return 0;
	if (kill(pid, SIGTERM) < 0 && errno != ESRCH) {
		fprintf(stderr, "ldirectord: pid %d: %s\n", (int)pid, strerror(errno));
		return leave(EXIT_INIT, "could not stop");
	}
	if (wait_gone(pid))
		return 0;
	fprintf(stderr, "ldirectord for %s with pid %d has not ended after %d s\n", opt.path, (int)pid, STOP_WAIT_S);
	return leave(EXIT_INIT, "could not stop");
}

static int command_reload(void)
{
	pid_t pid;

	if (find_running(&pid) != RUNNING) {
		log_info("ldirectord is stopped for %s", opt.path);
		return leave(EXIT_INIT, "Exiting from ldirectord reload");
	}
	if (kill(pid, SIGHUP) < 0) {
		fprintf(stderr, "ldirectord: pid %d: %s\n", (int)pid, strerror(errno));
		return leave(EXIT_INIT, "could not reload");
	}
	return 0;
}

/* The daemon */

static void on_stop(struct ev_loop *loop, int signo, void *arg)
{
	struct ld_daemon *daemon = arg;

	if (daemon->stop_signal) {
		log_err("Exit Handler Repeatedly Called");
		_exit(EXIT_INIT);
	}
	daemon->stop_signal = signo;
	ev_stop(loop);
}

static void on_hup(struct ev_loop *loop, int signo, void *arg)
{
	(void)loop;
	(void)signo;
	log_info("Reloading Linux Director Daemon config on signal: HUP");
	ld_daemon_reload(arg);
}

/* The parent stays until the child has its pid file and log, so that start's end means a daemon that can be stopped. */
static int daemonize(void)
{
	int ready[2], null;
	char byte = 1;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return -errno;
	if (pid) {
		close(ready[1]);
		exit(read(ready[0], &byte, 1) == 1 && !byte ? 0 : EXIT_INIT);
	}
	setsid();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid)
		_exit(0);
	if (chdir("/") < 0)
		return -errno;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (null > 2)
		close(null);
	close(ready[0]);
	return ready[1];
}

static int write_pid_file(void)
{
	FILE *file = fopen(opt.pid_file, "we");

	if (!file)
		return -errno;
	fprintf(file, "%d\n", (int)getpid());
	return fclose(file) ? -errno : 0;
}

static const char *signal_name(int signo)
{
	switch (signo) {
	case SIGINT:
		return "INT";
	case SIGQUIT:
		return "QUIT";
	case SIGXCPU:
		return "XCPU";
	default:
		return "TERM";
	}
}

static int serve(struct ld_daemon *daemon, struct ev_loop *loop, struct ld_config *config, struct ld_table *table, int ready)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGQUIT, SIGXCPU };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(stops) / sizeof(stops[0]); i++)
		err = ev_signal(loop, stops[i], on_stop, daemon);
	if (!err)
		err = ev_signal(loop, SIGHUP, on_hup, daemon);
	if (err) {
		ld_config_free(config);
		return err;
	}
	err = ld_daemon_start(daemon, loop, config, table);
	if (err)
		return err;
	if (ready >= 0) {
		if (write(ready, "", 1) != 1)
			log_warn("start: the parent is gone");
		close(ready);
	}
	err = ev_run(loop);
	if (err)
		log_err("epoll: %s", strerror(-err));
	ld_daemon_stop(daemon);
	log_info("Linux Director Daemon terminated on signal: %s", signal_name(daemon->stop_signal));
	return 0;
}

static int run_daemon(struct ld_config *config, struct ld_table *table, const char *self)
{
	struct ld_daemon daemon = { .path = opt.real_path, .self = self, .socket_path = opt.socket_path, .relog = open_log };
	struct ev_loop loop;
	int ready = -1, err;

	if (opt.in_foreground) {
		log_info("Starting " DIRECTOR " with pid: %d", (int)getpid());
		daemon.socket_path = opt.debug ? NULL : opt.socket_path;
	} else {
		log_info("Starting " DIRECTOR " as daemon");
		ready = daemonize();
		if (ready < 0) {
			log_err("fork: %s", strerror(-ready));
			return EXIT_INIT;
		}
		err = write_pid_file();
		if (err) {
			log_err("%s: %s", opt.pid_file, strerror(-err));
			return leave(EXIT_INIT, "Could not write the pid file");
		}
	}
	signal(SIGPIPE, SIG_IGN);
	err = ev_init(&loop, NULL);
	if (!err) {
		err = serve(&daemon, &loop, config, table, ready);
		ev_free(&loop);
	}
	ld_table_close(table);
	if (!opt.in_foreground)
		unlink(opt.pid_file);
	if (err)
		log_err("start: %s", strerror(-err));
	return err ? leave(EXIT_INIT, "Initialisation Error") : 0;
}

static int open_table(const struct ld_config *config, struct ld_table **table)
{
	const char *why;
	int err = ld_table_open(config->ipvsadm, table, &why);

	if (!err)
		return 0;
	fprintf(stderr, "ldirectord: %s: %s (%s)\n", config->ipvsadm ? config->ipvsadm : "IPVS", strerror(-err), why);
	log_err("%s: %s (%s)", config->ipvsadm ? config->ipvsadm : "IPVS", strerror(-err), why);
	return leave(EXIT_INIT, "Initialisation Error");
}

/* The commands of an ipvsadm that would do the same. */
static void print_plan(const struct ld_virtual *v, const struct ld_plan *plan)
{
	struct ipvs_change change;
	const char *word[32];
	char buf[512];
	size_t i;
	int w, n;

	for (i = 0; i < plan->steps; i++) {
		ld_apply_change(v, &plan->step[i], &change);
		n = ld_table_words(&change, word, buf);
		printf("ipvsadm");
		for (w = 0; w < n; w++)
			printf(" %s", word[w]);
		printf("\n");
	}
}

/* What a start would change if every server that has not been seen yet were up. */
static int dry_run(const struct ld_config *config, struct ld_table *table)
{
	struct ipvs_service id, svc;
	struct ipvs_dest *dest;
	struct ld_want *want;
	struct ld_pool pool;
	struct ld_plan plan;
	size_t i, j, dests, wants;
	int err = ld_table_refresh(table);

	for (i = 0; !err && i < config->virtuals; i++) {
		const struct ld_virtual *v = &config->virtual[i];

		ld_apply_service(v, &id);
		dest = NULL;
		dests = 0;
		err = ld_table_read(table, &id, &svc, &dest, &dests);
		if ((err && err != -ESRCH) || ld_pool_init(&pool, config, v))
			break;
		for (j = 0; v->kind != LD_OFF && j < v->servers; j++)
			ld_pool_result(&pool, j, LD_RESULT_UP, 1);
		want = calloc(ld_pool_max_wants(&pool), sizeof(*want));
		if (!want)
			break;
		wants = ld_pool_wanted(&pool, 1, want);
		err = ld_apply_plan(v, want, wants, err ? NULL : &svc, dest, dests, true, &plan);
		if (!err) {
			print_plan(v, &plan);
			free(plan.step);
		}
		free(want);
		free(dest);
		ld_pool_free(&pool);
	}
	ld_table_close(table);
	if (err)
		fprintf(stderr, "ldirectord: reading the table: %s\n", strerror(-err));
	return err ? leave(EXIT_INIT, "Initialisation Error") : 0;
}

static int command_start(struct ld_config *config, const char *self)
{
	struct ld_table *table;
	pid_t pid;
	int err;

	if (!opt.in_foreground && !opt.dry_run && find_running(&pid) == RUNNING) {
		ld_config_free(config);
		return 0;
	}
	err = open_table(config, &table);
	if (err) {
		ld_config_free(config);
		return err;
	}
	if (!opt.dry_run)
		return run_daemon(config, table, self);
	err = dry_run(config, table);
	ld_config_free(config);
	return err;
}

static int run_command(struct ld_config *config, const char *self)
{
	const char *command = opt.command;
	pid_t pid;
	int err = 0;

	if (!strcmp(command, "start"))
		return command_start(config, self);
	if (!strcmp(command, "restart") || (!strcmp(command, "try-restart") && find_running(&pid) == RUNNING)) {
		err = command_stop();
		if (!err)
			return command_start(config, self);
	} else if (!strcmp(command, "stop")) {
		err = command_stop();
	} else if (!strcmp(command, "reload") || !strcmp(command, "force-reload")) {
		err = command_reload();
	} else if (!strcmp(command, "status")) {
		err = command_status(config, self);
	}
	ld_config_free(config);
	return err;
}

static bool known_command(const char *command)
{
	static const char *const commands[] = { "start", "stop", "restart", "try-restart", "reload", "force-reload", "status" };
	size_t i;

	for (i = 0; command && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i], command))
			return true;
	return false;
}

/* False: usage was printed. */
static bool parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "debug", no_argument, NULL, 'd' }, { "test", no_argument, NULL, 't' },  { "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },  { "help", no_argument, NULL, 'h' },  { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c, left;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+dtnh?v", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			opt.debug = true;
			break;
		case 't':
			opt.test = true;
			break;
		case 'n':
			opt.dry_run = true;
			break;
		case 'j':
			opt.json = true;
			break;
		case 'v':
			version();
			exit(0);
		case '?':
			/* the option -?, or an unknown one */
			if (optopt && optopt != '?') {
				fprintf(stderr, "Unknown option: %c\n", optopt);
				usage();
				return false;
			}
			if (optopt != '?' && strcmp(argv[optind - 1], "-?")) {
				fprintf(stderr, "Unknown option: %s\n", argv[optind - 1] + strspn(argv[optind - 1], "-"));
				usage();
				return false;
			}
			/* fall through */
		case 'h':
			usage();
			exit(0);
		}
	}
	left = argc - optind;
	if (opt.test) {
		if (left)
			opt.config_arg = argv[optind];
		return true;
	}
	if (left >= 2)
		opt.config_arg = argv[optind];
	opt.command = left >= 2 ? argv[optind + 1] : left ? argv[optind] : NULL;
	/* status --json too */
	if (left > 2 && !strcmp(argv[argc - 1], "--json"))
		opt.json = true;
	else if (left == 2 && !strcmp(argv[optind + 1], "--json")) {
		opt.json = true;
		opt.config_arg = NULL;
		opt.command = argv[optind];
	}
	if (!known_command(opt.command)) {
		usage();
		return false;
	}
	return true;
}

static void log_invocation(int argc, char **argv)
{
	char words[1024] = "";
	size_t len = 0;
	int i;

	for (i = 0; i < argc && len < sizeof(words); i++)
		len += (size_t)snprintf(words + len, sizeof(words) - len, "%s ", argv[i]);
	log_info("Invoking ldirectord invoked as: %s", words);
}

int main(int argc, char **argv)
{
	struct ld_config *config;
	int err;

	hold_std_fds();
	if (!parse_options(argc, argv))
		return EXIT_USAGE;
	if (!find_config()) {
		open_log(NULL);
		fprintf(stderr, "Config file %s not found\n", opt.config_arg ? opt.config_arg : "ldirectord.cf");
		log_info("Config file %s not found", opt.config_arg ? opt.config_arg : "ldirectord.cf");
		return leave(EXIT_INIT, "Initialisation Error");
	}
	name_files();
	err = ld_config_read(opt.path, report_to_stderr, NULL, &config);
	if (opt.test) {
		if (!err) {
			printf("%s: configuration is valid: %zu virtual, %zu real servers\n", opt.path, config->virtuals, config->servers);
			ld_config_free(config);
		}
		return err ? EXIT_CONFIG : 0;
	}
	if (err) {
		open_log(NULL);
		return leave(EXIT_CONFIG, "config_error: Configuration Error");
	}
	opt.supervised = config->supervised;
	opt.in_foreground = config->supervised || opt.debug;
	open_log(config);
	log_invocation(argc, argv);
	return run_command(config, argv[0]);
}
