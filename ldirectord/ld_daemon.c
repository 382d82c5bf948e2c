/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shell around the pools. A result goes to every pool that shares the check; a pool that changed is dirty; the dirty ones are
 * brought in line together at the next turn of the loop, so that a burst of results costs one pass.
 */
#include "ldirectord/ld_daemon.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/log.h"
#include "lib/run.h"
#include "lib/fault.h"

enum {
	SECOND_MS = 1000,
	RETRY_MS = 1000,	   /* after a change that the kernel refused */
	RESYNC_MS = 5000,	   /* how often the table is looked at for what others have removed, at most */
	RESYNC_PROGRAM_MS = 30000, /* where that costs a program */
	VIP_CHECK_MS = 10000,
	NAMING_TIMEOUT_MS = 120000,
	KEY_BYTE = 4096,
};

static void apply_dirty(struct ev_timer *timer, void *arg);

static int option(const struct ld_group *group, int of_section, int of_file, int otherwise)
{
	(void)group;
	return ld_option(of_section, of_file, otherwise);
}

static const struct ld_virtual *virtual_of(const struct ld_group *group)
{
	return group->pool.virtual;
}

static void mark_dirty(struct ld_group *group)
{
	struct ld_daemon *d = group->daemon;

	group->dirty = true;
	if (!ev_timer_running(&d->apply_timer))
		ev_timer_set(d->loop, &d->apply_timer, 0, apply_dirty, d);
}

/* Mail */

static const char *phase_name(enum ld_phase phase)
{
	return phase == LD_STARTING ? "starting" : phase == LD_RUNNING ? "running" : phase == LD_STOPPING ? "stopping" : "reloading";
}

/* The section's setting of a text option, else the file's. */
static const char *text_option(const char *of_section, const char *of_file)
{
	return of_section ? of_section : of_file;
}

static void send_alert(struct ld_group *group, const char *line)
{
	struct ld_daemon *d = group->daemon;
	const struct ld_virtual *v = virtual_of(group);
	const struct ld_options *file = &d->config->opt;
	const char *to = text_option(v->opt.email, file->email);
	int phases = option(group, v->opt.email_status, file->email_status, LD_ALL_PHASES);
	char subject[2 * LD_LINE_BYTE], body[2048];
	struct utsname name;
	int n;

	if (!to || !*to || !(phases & (int)d->phase))
		return;
	if (v->servicename)
		snprintf(subject, sizeof(subject), "[%.200s] %s", v->servicename, line);
	else
		snprintf(subject, sizeof(subject), "%s", line);
	uname(&name);
	n = snprintf(body, sizeof(body), "ldirectord host: %s\nLog-Message: %s\nDaemon-Status: %s\n", name.nodename, subject,
		     phase_name(d->phase));
	if (v->servicename || v->comment)
		n += snprintf(body + n, sizeof(body) - (size_t)n, "\n");
	if (v->servicename)
		n += snprintf(body + n, sizeof(body) - (size_t)n, "Service name: %.500s\n", v->servicename);
	if (v->comment)
		snprintf(body + n, sizeof(body) - (size_t)n, "Comment: %.500s\n", v->comment);
	log_info("emailalert: %s", line);
	ld_mail_send(&d->mailer, text_option(v->opt.smtp, file->smtp), d->config->email_from, to, subject, body);
}

/* Those down are named again from time to time. */
static void repeat_alerts(struct ld_group *group)
{
	const struct ld_virtual *v = virtual_of(group);
	struct ld_daemon *d = group->daemon;
	int64_t now_ms = ev_now_ms(d->loop), every_ms;
	char line[LD_LINE_BYTE], host[LD_ADDR_TEXT];
	size_t i;

	every_ms = 1000LL * option(group, v->opt.email_freq_s, d->config->opt.email_freq_s, 0);
	if (!every_ms)
		return;
	for (i = 0; i < v->servers; i++) {
		struct ld_member_info *info = &group->info[i];

		if (ld_pool_up(&group->pool, i) || group->pool.member[i].state == LD_UNKNOWN) {
			info->mail_ms = 0;
		} else if (!info->mail_ms) {
			info->mail_ms = now_ms + every_ms;
		} else if (info->mail_ms <= now_ms) {
			info->mail_ms = now_ms + every_ms;
			snprintf(line, sizeof(line), "Inaccessible real server: %s:%u (%s)", ld_addr_text(&v->server[i].addr, host),
				 v->server[i].port, v->name);
			send_alert(group, line);
		}
	}
}

/* The fallback command */

static void run_command(struct ld_group *group);

static void command_ended(const struct run_result *result, void *arg)
{
	struct ld_group *group = arg;

	group->command = NULL;
	if (result->exit_code)
		log_err("fallbackcommand of %s: exit %d", virtual_of(group)->id, result->exit_code);
	run_command(group);
}

/* Tells the command what it does not know yet; one at a time, so that start and stop keep their order. */
static void run_command(struct ld_group *group)
{
	const struct ld_virtual *v = virtual_of(group);
	struct ld_daemon *d = group->daemon;
	const char *command = text_option(v->opt.fallback_command, d->config->opt.fallback_command);
	bool on = ld_pool_all_down(&group->pool);
	char line[1024], host[LD_ADDR_TEXT];
	const char *argv[] = { "/bin/sh", "-c", line, NULL };
	struct run_spec spec = { .argv = argv };
	size_t i;

	if (!command || !*command || group->command || (group->command_known && group->command_on == on) ||
	    (!group->command_known && !on && d->phase != LD_STARTING))
		return;
	/* at start it waits until it is known that all are down */
	for (i = 0; on && i < v->servers; i++)
		if (group->pool.member[i].state == LD_UNKNOWN && v->kind != LD_OFF)
			return;
	if (!group->command_known && !on) {
		group->command_known = true;
		group->command_on = false;
		return;
	}
	if (v->proto == LD_FWM)
		snprintf(line, sizeof(line), "%s %s %u:0 fwm", command, on ? "start" : "stop", v->mark);
	else
		snprintf(line, sizeof(line), "%s %s %s:%u %s", command, on ? "start" : "stop", ld_addr_text(&v->addr, host), v->port,
			 ld_proto_name(v->proto));
	group->command_known = true;
	group->command_on = on;
	if (run_start(&group->command, d->loop, &spec, command_ended, group))
		log_err("fallbackcommand of %s could not be started", v->id);
}

/* The table */

static void applied(const struct ld_step *step, const char *line, void *arg)
{
	struct ld_group *group = arg;

	log_info("%s", line);
	if (step->op == IPVS_OP_ADD_SERVICE || step->op == IPVS_OP_EDIT_SERVICE || step->op == IPVS_OP_DEL_SERVICE)
		return;
	/* mail is about servers alone, and knows no readd (ldirectord.md 5) */
	send_alert(group, strncmp(line, "Readd ", 6) ? line : line + 6);
}

static void apply_dirty(struct ev_timer *timer, void *arg)
{
	struct ld_daemon *d = arg;
	bool failed = ld_table_refresh(d->table) != 0;
	struct ld_group *group;

	for (group = d->group; !failed && group < d->group + d->groups; group++) {
		if (!group->dirty)
			continue;
		if (ld_apply(d->table, &group->pool, ev_now_ms(d->loop), group->full, applied, group)) {
			failed = true;
			continue;
		}
		group->dirty = group->full = false;
		ld_pool_applied(&group->pool);
		run_command(group);
	}
	if (failed)
		ev_timer_set(d->loop, timer, RETRY_MS, apply_dirty, d);
	else if (d->phase == LD_STARTING && !d->unchecked)
		d->phase = LD_RUNNING;
}

/* Results */

/* "negotiate http tcp 10.0.0.3 80 1 gate / [up] 200 OK" with a date in front (ldirectord.md 5). */
static void write_monitor(const struct ld_group *group, const struct ld_node *node, bool up, const char *reason)
{
	const char *path = virtual_of(group)->monitorfile, *at;
	char date[32];
	time_t now = time(NULL);
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	ctime_r(&now, date);
	fprintf(file, "[%.24s] [%d] ", date, (int)getpid());
	for (at = node->key; *at && *at != '\n'; at++) {
		if (*at == ':' && at > node->key && at[-1] == ':')
			continue;
		if (*at != '\\')
			fputc(*at == ':' ? ' ' : *at, file);
	}
	fprintf(file, " [%s] ", up ? "up" : "down");
	for (at = *reason ? reason : "-"; *at; at++) {
		if (strchr("%|\r\n", *at))
			fprintf(file, "%%%02x", (unsigned char)*at);
		else
			fputc(*at, file);
	}
	fputc('\n', file);
	fclose(file);
}

static void note_reason(struct ld_member_info *info, const char *reason)
{
	if (info->reason && !strcmp(info->reason, reason))
		return;
	free(info->reason);
	info->reason = strdup(reason);
}

static void log_change(const struct ld_group *group, size_t nr, enum ld_change change, int failures_before)
{
	const struct ld_virtual *v = virtual_of(group);
	const struct ld_server *server = &v->server[nr];
	const struct ld_member *m = &group->pool.member[nr];
	char host[LD_ADDR_TEXT];

	ld_addr_text(&server->addr, host);
	if (change == LD_SOFT_FAILURE)
		log_info("Soft failure real server: %s:%u (%s) failure %d/%d", host, server->port, v->id, m->failures,
			 option(group, v->opt.failure_count, group->daemon->config->opt.failure_count, 1));
	else if (change == LD_SOFT_RISE)
		log_info("Soft recovery real server: %s:%u (%s) success %d/%d", host, server->port, v->id, m->rises,
			 option(group, v->opt.rise_count, group->daemon->config->opt.rise_count, 1));
	else if (change == LD_FAILURES_RESET || (change == LD_WENT_UP && failures_before))
		log_info("Resetting soft failure count: %s:%u (%s)", host, server->port, v->id);
}

static void take_result(struct ld_member_info *info, enum ld_result result, const char *reason)
{
	struct ld_group *group = info->group;
	struct ld_daemon *d = group->daemon;
	struct ld_member *m = &group->pool.member[info->nr];
	enum ld_state before = m->state;
	int failures = m->failures;
	enum ld_change change = ld_pool_result(&group->pool, info->nr, result, ev_now_ms(d->loop));

	log_change(group, info->nr, change, failures);
	info->checked = time(NULL);
	if (m->state != before)
		info->changed = info->checked;
	note_reason(info, reason);
	/* one found in the table that proves to be up changes nothing there */
	if (m->state != before && (before != LD_UNKNOWN || (change != LD_NO_CHANGE && change != LD_FAILURES_RESET)))
		mark_dirty(group);
	else
		run_command(group);
	/* the start is over with the changes of its last result */
	if (before == LD_UNKNOWN && m->state != LD_UNKNOWN && d->unchecked && !--d->unchecked && d->phase == LD_STARTING)
		mark_dirty(group);
}

static void check_finished(struct ld_check *check, bool up, const char *reason, void *arg)
{
	struct ld_node *node = check->owner;
	struct ld_member_info *info;

	(void)arg;
	for (info = node->members; info; info = info->next) {
		write_monitor(info->group, node, up && !info->in_maintenance, info->in_maintenance ? "Server in maintenance" : reason);
		if (info->in_maintenance)
			take_result(info, LD_RESULT_MAINTENANCE, "Server in maintenance");
		else
			take_result(info, up ? LD_RESULT_UP : LD_RESULT_DOWN, reason);
	}
}

/* Maintenance: files in a directory named after servers. Host names are looked up once, in a child. */

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int name_servers(void *arg)
{
	const struct ld_daemon *d = arg;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char host[NI_MAXHOST], text[LD_ADDR_TEXT];
	const struct ld_addr *addr;
	size_t i;

	for (i = 0; i < d->nodes; i++) {
		addr = &d->node[i]->check.conf.addr;
		v4.sin_addr = addr->ip.v4;
		v6.sin6_addr = addr->ip.v6;
		if (!getnameinfo(addr->family == AF_INET6 ? (void *)&v6 : (void *)&v4,
				 addr->family == AF_INET6 ? sizeof(v6) : sizeof(v4), host, sizeof(host), NULL, 0, NI_NAMEREQD))
			printf("%s %s\n", ld_addr_text(addr, text), host);
	}
	return 0;
}

static void forget_names(struct ld_daemon *d)
{
	size_t i;

	for (i = 0; i < d->names; i++)
		free(d->name[i]);
	free(d->name);
	d->name = NULL;
	d->names = 0;
}

static void servers_named(const struct run_result *result, void *arg)
{
	struct ld_daemon *d = arg;
	const char *line;
	size_t len;

	d->naming = NULL;
	forget_names(d);
	d->name = calloc(d->nodes + 1, sizeof(*d->name));
	for (line = result->output; d->name && *line && d->names < d->nodes; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		d->name[d->names] = strndup(line, len);
		if (!d->name[d->names])
			break;
		d->names++;
	}
}

static void start_naming(struct ld_daemon *d)
{
	struct run_spec spec = { .child = name_servers, .child_arg = d, .timeout_ms = NAMING_TIMEOUT_MS,
				 .max_output_byte = 16 << 20, .split_stderr = true, .kill_ms = -1 };

	if (d->config->maintenance_dir && !d->naming)
		run_start(&d->naming, d->loop, &spec, servers_named, d);
}

/* The file of a server: ADDR:PORT, ADDR, and the same with its name, whole and up to the first dot. */
static bool listed(const struct ld_daemon *d, char **file, size_t files, const struct ld_server *server)
{
	char addr[LD_ADDR_TEXT], text[NI_MAXHOST + 16], *p = text;
	const char *name = NULL;
	size_t i, len;
	int form;

	ld_addr_text(&server->addr, addr);
	len = strlen(addr);
	for (i = 0; i < d->names && !name; i++)
		if (!strncmp(d->name[i], addr, len) && d->name[i][len] == ' ')
			name = d->name[i] + len + 1;
	for (form = 0; form < (name ? 6 : 2); form++) {
		int cut = form < 4 ? 255 : (int)strcspn(name, ".");

		snprintf(text, sizeof(text), "%.*s", cut, form < 2 ? addr : name);
		if (form % 2 == 0)
			snprintf(text + strlen(text), 16, ":%u", server->port);
		if (bsearch(&p, file, files, sizeof(*file), compare_text))
			return true;
	}
	return false;
}

static void set_maintenance(struct ld_daemon *d, char **file, size_t files)
{
	struct ld_group *group;
	size_t i;

	for (group = d->group; group < d->group + d->groups; group++)
		for (i = 0; i < virtual_of(group)->servers; i++) {
			struct ld_member_info *info = &group->info[i];

			info->in_maintenance = files && listed(d, file, files, &virtual_of(group)->server[i]);
			if (info->in_maintenance && group->pool.member[i].state != LD_MAINTENANCE)
				take_result(info, LD_RESULT_MAINTENANCE, "Server in maintenance");
		}
}

static void scan_maintenance(struct ld_daemon *d)
{
	DIR *dir = d->config->maintenance_dir ? opendir(d->config->maintenance_dir) : NULL;
	char **file = NULL, **bigger;
	struct dirent *entry;
	size_t files = 0, size = 0;

	/* a directory that is gone for a moment changes nothing */
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (files == size) {
			size = size ? 2 * size : 16;
			bigger = realloc(file, size * sizeof(*file));
			if (!bigger)
				break;
			file = bigger;
		}
		file[files] = strdup(entry->d_name);
		if (!file[files])
			break;
		files++;
	}
	closedir(dir);
	if (files)
		qsort(file, files, sizeof(*file), compare_text);
	set_maintenance(d, file, files);
	while (files)
		free(file[--files]);
	free(file);
}

/* Once a second */

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 1469598103934665603ULL;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

static uint64_t hash_file(const char *path)
{
	uint64_t hash;
	char *text;

	if (conf_read_file(path, LD_MAX_CONF_BYTE, &text, NULL))
		return 0;
	hash = hash_text(text);
	free(text);
	return hash;
}

/* Changes with every write, also within one second. */
static int64_t stamp(const struct stat *st)
{
	return ((int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec) ^ st->st_size;
}

static void callback_ended(const struct run_result *result, void *arg)
{
	(void)arg;
	if (result->exit_code)
		log_err("callback: exit %d", result->exit_code);
}

static void watch_config(struct ld_daemon *d)
{
	char *callback = d->config->callback ? strdup(d->config->callback) : NULL;
	const char *argv[] = { callback, d->path, NULL };
	struct run_spec spec = { .argv = argv };
	struct stat st;
	uint64_t hash;

	if (stat(d->path, &st) < 0 || stamp(&st) == d->config_stamp)
		goto free_callback;
	d->config_stamp = stamp(&st);
	hash = hash_file(d->path);
	if (!hash || hash == d->config_hash)
		goto free_callback;
	d->config_hash = hash;
	log_info("Configuration file '%s' has changed on disk", d->path);
	if (d->config->autoreload) {
		log_info(" - reread new configuration");
		ld_daemon_reload(d);
	} else {
		log_info(" - ignore new configuration");
	}
	if (callback && !access(callback, X_OK) && run_start(NULL, d->loop, &spec, callback_ended, NULL))
		log_err("callback %s could not be started", callback);
free_callback:
	free(callback);
}

/* Has some server been removed by another hand? And what grows or drains needs another look. */
static void look_at_tables(struct ld_daemon *d)
{
	int64_t now_ms = ev_now_ms(d->loop);
	struct ld_group *group;
	bool resync = now_ms >= d->resync_ms;

	if (resync)
		d->resync_ms = now_ms + (d->config->ipvsadm ? RESYNC_PROGRAM_MS : RESYNC_MS);
	for (group = d->group; group < d->group + d->groups; group++) {
		if (ld_pool_unsettled(&group->pool, now_ms) || resync)
			mark_dirty(group);
		repeat_alerts(group);
	}
}

static void every_second(struct ev_timer *timer, void *arg)
{
	struct ld_daemon *d = arg;
	int64_t now_ms = ev_now_ms(d->loop);

	ev_timer_set(d->loop, timer, SECOND_MS, every_second, d);
	scan_maintenance(d);
	look_at_tables(d);
	if (d->config->metrics_file && now_ms >= d->metrics_ms) {
		d->metrics_ms = now_ms + 1000LL * ld_option(d->config->opt.interval_s, -1, LD_DEFAULT_INTERVAL_S);
		ld_report_metrics(d, d->config->metrics_file);
	}
	if (d->config->vip_check && now_ms >= d->vip_check_ms) {
		d->vip_check_ms = now_ms + VIP_CHECK_MS;
		ld_arp_probe(d->loop, d->config);
	}
	watch_config(d); /* last: it may replace the configuration */
}

/* status --json: whoever connects gets it and is done. */

static void control_readable(struct ev *ev, void *arg)
{
	struct timeval send_timeout = { .tv_sec = 2 };
	int fd = accept4(ev->fd, NULL, NULL, SOCK_CLOEXEC);
	char *text = NULL;
	size_t len = 0, done = 0;
	FILE *out;
	ssize_t n;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof(send_timeout));
	out = open_memstream(&text, &len);
	if (out) {
		ld_report_json(arg, out);
		fclose(out);
		for (; done < len; done += (size_t)n) {
			n = send(fd, text + done, len - done, MSG_NOSIGNAL);
			if (n <= 0)
				break;
		}
	}
	free(text);
	close(fd);
}

static void open_control(struct ld_daemon *d)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd;

	if (!d->socket_path || strlen(d->socket_path) >= sizeof(sa.sun_path))
		return;
	strcpy(sa.sun_path, d->socket_path);
	unlink(d->socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	mask = umask(077);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 8) < 0 ||
	    ev_add(d->loop, &d->control, fd, EV_READ, control_readable, d)) {
		log_warn("%s: %m: no status --json", d->socket_path);
		close(fd);
	}
	umask(mask);
}

static void close_control(struct ld_daemon *d)
{
	if (!d->control.loop)
		return;
	ev_del(&d->control);
	close(d->control.fd);
	unlink(d->socket_path);
}

/* Other configurations that run beside this one */

static void executed(const struct run_result *result, void *arg)
{
	(void)arg;
	if (result->exit_code)
		log_err("execute: exit %d: %.200s", result->exit_code, result->output);
}

static bool executes(const struct ld_config *config, const char *name)
{
	size_t i;

	for (i = 0; config && i < config->executes; i++)
		if (!strcmp(config->execute[i], name))
			return true;
	return false;
}

/* Runs verb for those of a that b does not have. wait: until it is done. */
static void execute(struct ld_daemon *d, const struct ld_config *a, const struct ld_config *b, const char *verb, bool wait)
{
	struct run_result result;
	size_t i;

	for (i = 0; a && i < a->executes; i++) {
		const char *argv[] = { d->self, a->execute[i], verb, NULL };
		struct run_spec spec = { .argv = argv, .timeout_ms = 60000 };

		if (executes(b, a->execute[i]))
			continue;
		if (!wait)
			run_start(NULL, d->loop, &spec, executed, d);
		else if (!run_wait(&spec, &result))
			free((char *)result.output);
	}
}

/* Building groups and checks from a configuration */

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static const char *kind_name(const struct ld_virtual *v, char *buf, size_t size)
{
	static const char *const names[] = { "negotiate", "connect", "ping", "external", "external-perl", "", "on", "off" };

	if (v->kind != LD_COMBINED)
		return names[v->kind];
	snprintf(buf, size, "%d", v->combined_n);
	return buf;
}

static void fill_conf(const struct ld_config *c, const struct ld_virtual *v, const struct ld_server *s, struct ld_probe_conf *conf)
{
	conf->kind = v->kind;
	conf->service = v->service;
	conf->proto = v->proto;
	conf->addr = s->addr;
	conf->port = ld_check_port(v, s);
	conf->check_timeout_ms = ld_check_timeout_ms(c, v);
	conf->negotiate_timeout_ms = ld_negotiate_timeout_ms(c, v);
	conf->check_count = ld_option(v->opt.check_count, c->opt.check_count, 1);
	conf->combined_n = v->combined_n;
	conf->request = s->request ? s->request : v->request;
	conf->receive = s->receive ? s->receive : v->receive;
	conf->virtualhost = v->virtualhost;
	conf->httpmethod = v->httpmethod;
	conf->login = v->login;
	conf->passwd = v->passwd;
	conf->database = v->database;
	conf->secret = v->secret;
	conf->command = v->checkcommand;
	conf->virtual_port = v->port;
}

/* The identity of ldirectord.md 3; then, for us alone, whatever else makes the check another one. */
static char *make_key(const struct ld_virtual *v, const struct ld_server *s, const struct ld_probe_conf *conf, int interval_ms)
{
	bool external = v->kind == LD_EXTERNAL || v->kind == LD_EXTERNAL_PERL;
	char host[LD_ADDR_TEXT], number[16], checkport[8] = "", *key;

	if (v->checkport)
		snprintf(checkport, sizeof(checkport), "%d", v->checkport);
	if (asprintf(&key, "%s:%s:%s:%s:%u:%s:%s:%d:%s:%s:%s\n%d:%d:%d:%d:%u:%s:%s:%s:%s:%s:%s", kind_name(v, number, sizeof(number)),
		     external ? v->checkcommand : ld_service_name(v->service), ld_proto_name(v->proto), ld_addr_text(&s->addr, host),
		     s->port, text_or_empty(v->virtualhost), checkport, s->weight, ld_method_name(s->method), conf->request,
		     conf->receive, interval_ms, conf->check_timeout_ms, conf->negotiate_timeout_ms, conf->check_count, conf->port,
		     conf->httpmethod, text_or_empty(v->login), text_or_empty(v->passwd), text_or_empty(v->database),
		     text_or_empty(v->secret), external ? v->id : "") < 0)
		return NULL;
	return key;
}

static struct ld_node *make_node(struct ld_config *c, const struct ld_virtual *v, const struct ld_server *s)
{
	struct ld_node *node = calloc(1, sizeof(*node));
	int interval_s = c->fork ? v->opt.interval_s : -1;
	char host[LD_ADDR_TEXT], *text;
	const char *why;

	if (!node)
		return NULL;
	fill_conf(c, v, s, &node->check.conf);
	node->check.interval_ms = 1000 * ld_option(interval_s, c->opt.interval_s, LD_DEFAULT_INTERVAL_S);
	node->check.owner = node;
	if (v->kind == LD_EXTERNAL || v->kind == LD_EXTERNAL_PERL) {
		text = ld_config_alloc(c, LD_ADDR_TEXT);
		if (!text)
			goto free_node;
		if (v->proto == LD_FWM)
			snprintf(text, LD_ADDR_TEXT, "%u", v->mark);
		else
			strcpy(text, ld_addr_text(&v->addr, host));
		node->check.conf.virtual_host = text;
	}
	node->key = make_key(v, s, &node->check.conf, node->check.interval_ms);
	if (!node->key)
		goto free_node;
	if (*node->check.conf.receive && ld_regex_compile(node->check.conf.receive, &node->check.conf.regex, &why) == -ENOMEM)
		goto free_key;
	return node;

free_key:
	free(node->key);
free_node:
	free(node);
	return NULL;
}

static void free_node(struct ld_node *node)
{
	if (!node)
		return;
	ld_check_stop(&node->check);
	ld_regex_free(node->check.conf.regex);
	free(node->key);
	free(node);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(struct ld_node *const *)a)->key, (*(struct ld_node *const *)b)->key);
}

/* Nodes with one key become one; *nodes shrinks. */
static void merge_nodes(struct ld_node **node, size_t *nodes)
{
	struct ld_member_info *info;
	size_t i, kept = 0;

	qsort(node, *nodes, sizeof(*node), compare_nodes);
	for (i = 0; i < *nodes; i++) {
		if (!kept || strcmp(node[kept - 1]->key, node[i]->key)) {
			node[kept++] = node[i];
			continue;
		}
		info = node[i]->members;
		info->node = node[kept - 1];
		info->next = node[kept - 1]->members;
		node[kept - 1]->members = info;
		free_node(node[i]);
	}
	*nodes = kept;
}

struct build {
	struct ld_group *group;
	struct ld_node **node;
	size_t groups, nodes;
};

static void free_build(struct build *b)
{
	size_t i, j;

	for (i = 0; i < b->nodes; i++)
		free_node(b->node[i]);
	for (i = 0; i < b->groups; i++) {
		for (j = 0; b->group[i].info && j < virtual_of(&b->group[i])->servers; j++)
			free(b->group[i].info[j].reason);
		if (b->group[i].command)
			run_cancel(b->group[i].command);
		free(b->group[i].info);
		ld_pool_free(&b->group[i].pool);
	}
	free(b->group);
	free(b->node);
}

static int build_group(struct ld_daemon *d, struct build *b, struct ld_config *c, const struct ld_virtual *v)
{
	struct ld_group *group = &b->group[b->groups];
	struct ld_node *node;
	size_t i;

	if (ld_pool_init(&group->pool, c, v))
		return -ENOMEM;
	b->groups++;
	group->daemon = d;
	group->dirty = group->full = true;
	group->info = calloc(v->servers + 1, sizeof(*group->info));
	if (!group->info)
		return -ENOMEM;
	for (i = 0; i < v->servers; i++) {
		node = make_node(c, v, &v->server[i]);
		if (!node)
			return -ENOMEM;
		group->info[i].group = group;
		group->info[i].nr = i;
		group->info[i].node = node;
		node->members = &group->info[i];
		b->node[b->nodes++] = node;
	}
	return 0;
}

static int build(struct ld_daemon *d, struct ld_config *c, struct build *b)
{
	size_t i;
	int err = 0;

	memset(b, 0, sizeof(*b));
	b->group = calloc(c->virtuals + 1, sizeof(*b->group));
	b->node = calloc(c->servers + 1, sizeof(struct ld_node *));
	if (!b->group || !b->node)
		err = -ENOMEM;
	for (i = 0; !err && i < c->virtuals; i++)
		err = build_group(d, b, c, &c->virtual[i]);
	if (err)
		free_build(b);
	else
		merge_nodes(b->node, &b->nodes);
	return err;
}

static void adopt_build(struct ld_daemon *d, struct ld_config *c, const struct build *b)
{
	size_t i, j;

	d->config = c;
	d->group = b->group;
	d->groups = b->groups;
	d->node = b->node;
	d->nodes = b->nodes;
	d->unchecked = 0;
	for (i = 0; i < b->groups; i++) {
		d->group[i].daemon = d;
		for (j = 0; j < virtual_of(&d->group[i])->servers; j++)
			d->unchecked += virtual_of(&d->group[i])->kind != LD_OFF && d->group[i].pool.member[j].state == LD_UNKNOWN;
	}
}

static int start_checks(struct ld_daemon *d)
{
	size_t spread_ms = d->nodes * 2 / 5, i;
	int err = 0;

	/* no more of them at once than a core can serve */
	if (spread_ms < LD_FIRST_ROUND_MS)
		spread_ms = LD_FIRST_ROUND_MS;
	for (i = 0; !err && i < d->nodes; i++)
		err = ld_check_start(&d->checker, &d->node[i]->check, (int64_t)(spread_ms * i / d->nodes));
	return err;
}

static void stop_checks(struct ld_daemon *d)
{
	size_t i;

	d->checker.paused = true;
	for (i = 0; i < d->nodes; i++)
		ld_check_stop(&d->node[i]->check);
	d->checker.paused = false;
}

static void note_config(struct ld_daemon *d)
{
	struct stat st;

	d->config_stamp = stat(d->path, &st) < 0 ? 0 : stamp(&st);
	d->config_hash = hash_file(d->path);
}

int ld_daemon_start(struct ld_daemon *d, struct ev_loop *loop, struct ld_config *config, struct ld_table *table)
{
	struct build b;
	size_t i;
	int err;

	d->loop = loop;
	d->table = table;
	d->phase = LD_STARTING;
	d->started = time(NULL);
	note_config(d);
	ld_mailer_init(&d->mailer, loop);
	ld_checker_init(&d->checker, loop, check_finished, d);
	err = build(d, config, &b);
	if (err) {
		ld_config_free(config);
		return err;
	}
	adopt_build(d, config, &b);
	err = ld_table_refresh(table);
	for (i = 0; !err && i < d->groups; i++)
		err = ld_apply_adopt(table, &d->group[i].pool);
	if (err)
		log_err("reading the table: %s", strerror(-err));
	/* the services stand before the first check, so that a table of nothing but dead servers is there too */
	apply_dirty(&d->apply_timer, d);
	err = start_checks(d);
	if (!err)
		err = ev_timer_set(loop, &d->second_timer, SECOND_MS, every_second, d);
	d->resync_ms = ev_now_ms(loop) + (config->ipvsadm ? RESYNC_PROGRAM_MS : RESYNC_MS);
	open_control(d);
	start_naming(d);
	execute(d, config, NULL, "start", false);
	return err;
}

/* Reload */

static void report_to_log(bool is_error, unsigned int line, const char *msg, void *arg)
{
	const struct ld_daemon *d = arg;
	const char *what = is_error ? "Error" : "Warning";

	if (line)
		log_at(is_error ? LOG_ERR : LOG_WARNING, "%s [%d] reading file %s at line %u: %s", what, (int)getpid(), d->path, line, msg);
	else
		log_at(is_error ? LOG_ERR : LOG_WARNING, "%s [%d]: %s", what, (int)getpid(), msg);
}

struct same_check {
	const struct ld_group *group, *old;
};

static bool has_same_check(size_t nr, size_t old_nr, void *arg)
{
	const struct same_check *same = arg;

	return !strcmp(same->group->info[nr].node->key, same->old->info[old_nr].node->key);
}

static struct ld_group *find_group(struct ld_group *group, size_t groups, const char *id)
{
	size_t i;

	for (i = 0; i < groups; i++)
		if (!strcmp(virtual_of(&group[i])->id, id))
			return &group[i];
	return NULL;
}

/* What the outside was told about a server stays with it. */
static void inherit_info(struct ld_group *group, struct ld_group *old)
{
	const struct ld_virtual *v = virtual_of(group), *ov = virtual_of(old);
	size_t i, j;

	for (i = 0; i < v->servers; i++)
		for (j = i < ov->servers ? i : 0; j < ov->servers; j++)
			if (v->server[i].port == ov->server[j].port && ld_addr_equal(&v->server[i].addr, &ov->server[j].addr)) {
				group->info[i].reason = old->info[j].reason;
				group->info[i].checked = old->info[j].checked;
				group->info[i].changed = old->info[j].changed;
				group->info[i].mail_ms = old->info[j].mail_ms;
				old->info[j].reason = NULL;
				break;
			}
	group->command_on = old->command_on;
	group->command_known = old->command_known;
}

static int inherit(struct ld_daemon *d, const struct build *b)
{
	struct same_check same;
	struct ld_group *old;
	size_t i;
	int err;

	for (i = 0; i < b->groups; i++) {
		old = find_group(d->group, d->groups, virtual_of(&b->group[i])->id);
		if (!old) {
			err = ld_apply_adopt(d->table, &b->group[i].pool);
			if (err)
				log_err("reading the table: %s", strerror(-err));
			continue;
		}
		same.group = &b->group[i];
		same.old = old;
		err = ld_pool_inherit(&b->group[i].pool, &old->pool, ev_now_ms(d->loop), has_same_check, &same);
		if (err)
			return err;
	}
	for (i = 0; i < b->groups; i++) {
		old = find_group(d->group, d->groups, virtual_of(&b->group[i])->id);
		if (old)
			inherit_info(&b->group[i], old);
	}
	return 0;
}

static void purge_removed(struct ld_daemon *d, struct build *old)
{
	struct ld_group *group;

	for (group = old->group; group < old->group + old->groups; group++)
		if (!find_group(d->group, d->groups, virtual_of(group)->id))
			ld_apply_remove(d->table, virtual_of(group), "start", applied, group);
}

int ld_daemon_reload(struct ld_daemon *d)
{
	struct build b, old = { d->group, d->node, d->groups, d->nodes };
	struct ld_config *config, *old_config = d->config;
	int err;

	err = ld_config_read(d->path, report_to_log, d, &config);
	if (err) {
		log_err("reload of %s failed: %s; the configuration in use stays", d->path,
			err == -ENOMEM ? strerror(ENOMEM) : "configuration error");
		return -1;
	}
	err = build(d, config, &b);
	if (!err) {
		ld_table_refresh(d->table);
		err = inherit(d, &b);
		if (err)
			free_build(&b);
	}
	if (err) {
		ld_config_free(config);
		log_err("reload of %s failed: %s; the configuration in use stays", d->path, strerror(-err));
		return -1;
	}
	d->phase = LD_RELOADING;
	if (d->naming)
		run_cancel(d->naming);
	d->naming = NULL;
	stop_checks(d);
	adopt_build(d, config, &b);
	if (d->relog)
		d->relog(config);
	note_config(d);
	purge_removed(d, &old);
	apply_dirty(&d->apply_timer, d);
	execute(d, old_config, config, "stop", false);
	execute(d, config, old_config, "start", false);
	free_build(&old);
	ld_config_free(old_config);
	d->phase = LD_RUNNING;
	start_naming(d);
	if (start_checks(d))
		log_err("reload of %s: out of memory", d->path);
	return 0;
}

void ld_daemon_stop(struct ld_daemon *d)
{
	struct build b = { d->group, d->node, d->groups, d->nodes };
	const struct ld_virtual *v;
	size_t i;

	d->phase = LD_STOPPING;
	close_control(d);
	ev_timer_stop(&d->second_timer);
	ev_timer_stop(&d->apply_timer);
	execute(d, d->config, NULL, "stop", true);
	stop_checks(d);
	if (ld_table_refresh(d->table))
		log_err("reading the table: %m");
	for (i = 0; i < d->groups; i++) {
		v = virtual_of(&d->group[i]);
		if (ld_option(v->opt.clean_stop, d->config->opt.clean_stop, 1))
			ld_apply_remove(d->table, v, "stop", applied, &d->group[i]);
	}
	if (d->naming)
		run_cancel(d->naming);
	forget_names(d);
	free_build(&b);
	/* alerts of the stop itself are still under way */
	while (d->mailer.running || d->mailer.first)
		if (ev_turn(d->loop, LD_MAIL_TIMEOUT_MS))
			break;
	ld_mailer_free(&d->mailer);
	ld_checker_free(&d->checker);
	ld_config_free(d->config);
}
