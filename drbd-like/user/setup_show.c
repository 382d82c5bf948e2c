// SPDX-License-Identifier: GPL-2.0-only
/* drbdsetup's one-shot reports: show, sh-status, the one-line queries, udev (drbd-tools.md B4, B5, B7). */
#include "drbd-like/user/drbdsetup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drbd-like/core/drbd_text.h"
#include "drbd-like/user/drbd_gi.h"

enum { AF_SDP_FAMILY = 27 };

/* --- lists ------------------------------------------------------------------------------------------------------------- */

int nl_list_add(struct nl_list *list, const struct drbd_nl_msg *m)
{
	struct drbd_nl_msg **grown;

	if (list->nr == list->room) {
		grown = realloc(list->m, (list->room * 2 + 16) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->m = grown;
		list->room = list->room * 2 + 16;
	}
	list->m[list->nr] = malloc(sizeof(*m));
	if (!list->m[list->nr])
		return -ENOMEM;
	*list->m[list->nr++] = *m;
	return 0;
}

static int keep_message(const struct drbd_nl_msg *m, void *arg)
{
	if (m->ret_code == ERR_RES_NOT_KNOWN)	/* some modules repeat this one for ever */
		return -ENODEV;
	return nl_list_add(arg, m);
}

int nl_list_get(struct drbd_nl *nl, enum drbd_nl_cmd cmd, const char *resource, struct nl_list *list)
{
	struct drbd_nl_req req = { .cmd = cmd, .minor = DRBD_NO_MINOR, .resource = resource, .opt_ctx = -1 };

	memset(list, 0, sizeof(*list));
	return drbd_nl_dump(nl, &req, keep_message, list);
}

void nl_list_free(struct nl_list *list)
{
	while (list->nr)
		free(list->m[--list->nr]);
	free(list->m);
}

int setup_minor_status(struct setup_call *c, struct drbd_nl_msg *m)
{
	struct drbd_nl_req req = { .cmd = DRBD_ADM_GET_STATUS, .minor = c->minor, .opt_ctx = -1 };
	int err = drbd_nl_do(c->nl, &req, m);

	return err || m->ret_code != NO_ERROR ? setup_result(c->object, m, err) : 0;
}

/* --- show ---------------------------------------------------------------------------------------------------------------- */

const char *addr_text(const struct drbd_addr *a, char sep, char *buf, size_t len)
{
	const struct sockaddr_in *in = (const void *)&a->sa;
	const struct sockaddr_in6 *in6 = (const void *)&a->sa;
	char ip[INET6_ADDRSTRLEN];
	int family = a->sa.any.sa_family;

	if (family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		snprintf(buf, len, "ipv6%c[%s]:%d", sep, ip, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
		snprintf(buf, len, "%s%c%s:%d", family == AF_INET ? "ipv4" : family == AF_SDP_FAMILY ? "sdp" : "ssocks", sep,
			 ip, ntohs(in->sin_port));
	}
	return buf;
}

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_option(const struct drbd_opt *opt, const void *conf, bool defaults, int indent)
{
	bool is_default = drbd_opt_is_default(opt, conf);
	char text[64];

	if (opt->flags & (OF_A | OF_H) || (is_default && !defaults))
		return;
	printf("%*s%-16s\t", indent, "", opt->name);
	if (opt->type == OPT_STR) {
		print_quoted(drbd_opt_get_str(opt, conf));
	} else {
		drbd_opt_print(opt, conf, text, sizeof(text));
		printf("%s", text);
	}
	printf(";");
	if (opt->unit || is_default)
		printf(" # %s%s%s", opt->unit ? opt->unit : "", opt->unit && is_default ? ", " : "",
		       is_default ? "default" : "");
	printf("\n");
}

static void print_section(const char *name, enum drbd_opt_ctx_id ctx, const void *conf, bool defaults, int indent)
{
	u16 i;

	printf("%*s%s {\n", indent, "", name);
	for (i = 0; i < drbd_opt_ctx[ctx].opts; i++)
		print_option(&drbd_opt_ctx[ctx].opt[i], conf, defaults, indent + 4);
	printf("%*s}\n", indent, "");
}

static void print_meta_disk(const struct drbd_disk_conf *disk)
{
	printf("            meta-disk\t\t\t");
	if (disk->meta_dev_idx == -3 || disk->meta_dev_idx == -2) {
		printf("internal;\n");
		return;
	}
	print_quoted(disk->meta_dev);
	if (disk->meta_dev_idx >= 0)
		printf(" [ %d ]", disk->meta_dev_idx);
	printf(";\n");
}

static void print_volume(const struct drbd_nl_msg *m, bool defaults)
{
	printf("        volume %u {\n", m->ctx.volume);
	printf("            device\t\t\tminor %u;\n", m->minor);
	if (drbd_nl_has(m, TLA_DISK_CONF) && *m->disk.backing_dev) {
		printf("            disk\t\t\t");
		print_quoted(m->disk.backing_dev);
		printf(";\n");
		print_meta_disk(&m->disk);
		print_section("disk", DRBD_CTX_disk, &m->disk, defaults, 12);
	}
	printf("        }\n");
}

static void print_address(const struct drbd_addr *a)
{
	char text[80];

	printf("        address\t\t\t%s;\n", addr_text(a, ' ', text, sizeof(text)));
}

/* One resource: messages m[0..nr) of its volumes, or the one message without volume. */
static void print_resource(struct drbd_nl_msg *const *m, size_t nr, bool defaults)
{
	size_t i;

	printf("resource %s {\n", m[0]->ctx.resource);
	if (drbd_nl_has(m[0], TLA_RESOURCE_OPTS))
		print_section("options", DRBD_CTX_resource, &m[0]->resource, defaults, 4);
	if (drbd_nl_has(m[0], TLA_NET_CONF))
		print_section("net", DRBD_CTX_net, &m[0]->net, defaults, 4);
	if (m[0]->ctx.peer_addr.len) {
		printf("    _remote_host {\n");
		print_address(&m[0]->ctx.peer_addr);
		printf("    }\n");
	}
	printf("    _this_host {\n");
	if (m[0]->ctx.my_addr.len)
		print_address(&m[0]->ctx.my_addr);
	for (i = 0; i < nr; i++)
		if (m[i]->ctx.has_volume)
			print_volume(m[i], defaults);
	printf("    }\n}\n");
}

static int show_minor(struct setup_call *c)
{
	struct drbd_nl_msg m, *one = &m;
	int rc = setup_minor_status(c, &m);

	if (!rc)
		print_resource(&one, 1, c->show_defaults);
	return rc;
}

int show_show(struct setup_call *c)
{
	struct nl_list list;
	size_t i, end;
	int err;

	if (c->minor != DRBD_NO_MINOR)
		return show_minor(c);
	err = nl_list_get(c->nl, DRBD_ADM_GET_STATUS, c->resource, &list);
	for (i = 0; !err && i < list.nr; i = end) {
		for (end = i + 1; end < list.nr; end++)
			if (strcmp(list.m[end]->ctx.resource, list.m[i]->ctx.resource))
				break;
		if (i)
			printf("\n");
		print_resource(list.m + i, end - i, c->show_defaults);
	}
	nl_list_free(&list);
	return err ? setup_transport_error(c, err) : SX_OK;
}

/* --- states --------------------------------------------------------------------------------------------------------------- */

static bool unconfigured(union drbd_state s)
{
	return s.conn == C_STANDALONE && s.disk == D_DISKLESS;
}

static int one_line(struct setup_call *c, void (*print)(union drbd_state))
{
	struct drbd_nl_msg m;
	int rc = setup_minor_status(c, &m);

	if (rc)
		return rc;
	if (unconfigured(state_of(m.si.state)))
		printf("Unconfigured\n");
	else
		print(state_of(m.si.state));
	return SX_OK;
}

static void print_roles(union drbd_state s)
{
	printf("%s/%s\n", drbd_role_name(s.role), drbd_role_name(s.peer));
}

static void print_conn(union drbd_state s)
{
	printf("%s\n", drbd_conn_name(s.conn));
}

static void print_disks(union drbd_state s)
{
	printf("%s/%s\n", drbd_disk_name(s.disk), drbd_disk_name(s.pdsk));
}

int show_role(struct setup_call *c)
{
	return one_line(c, print_roles);
}

int show_cstate(struct setup_call *c)
{
	return one_line(c, print_conn);
}

int show_dstate(struct setup_call *c)
{
	return one_line(c, print_disks);
}

unsigned int setup_permille_done(const struct drbd_state_info *si)
{
	int shift = si->bits_rs_total >> 32 ? 16 : 10;
	u64 left = si->bits_oos > si->bits_rs_failed ? (si->bits_oos - si->bits_rs_failed) >> shift : 0;
	u64 total = (si->bits_rs_total >> shift) + 1;

	return left >= total ? 0 : (unsigned int)(1000 - 1000 * left / total);
}

static void print_flag(const char *name, bool set)
{
	printf("_flags_%s=%s\n", name, set ? "1" : "");
}

static void print_sh_nothing(void)
{
	printf("_cstate=Unconfigured\n_role=\n_peer=\n_disk=\n_pdsk=\n");
	printf("_flags_susp=\n_flags_aftr_isp=\n_flags_peer_isp=\n_flags_user_isp=\n_resynced_percent=\n");
}

static void print_sh_unknown(u32 minor, const char *resource)
{
	printf("_minor=%u\n_res_name=%s\n_volume=-1\n_known=NA # not available or not yet created\n\n", minor, resource);
	print_sh_nothing();
	printf("\n_sh_status_process\n\n\n");
}

static void print_sh_status(const struct drbd_nl_msg *m)
{
	union drbd_state s = state_of(m->si.state);
	bool none = unconfigured(s);
	unsigned int done;

	printf("_minor=%u\n_res_name=%s\n_volume=%u\n", m->minor, m->ctx.resource, m->ctx.volume);
	printf("_known=%s\n\n", none ? "Unconfigured" : "Configured");
	if (none) {
		print_sh_nothing();
	} else {
		printf("_cstate=%s\n_role=%s\n_peer=%s\n", drbd_conn_name(s.conn), drbd_role_name(s.role), drbd_role_name(s.peer));
		printf("_disk=%s\n_pdsk=%s\n\n", drbd_disk_name(s.disk), drbd_disk_name(s.pdsk));
		print_flag("susp", s.susp);
		print_flag("aftr_isp", s.aftr_isp);
		print_flag("peer_isp", s.peer_isp);
		print_flag("user_isp", s.user_isp);
		printf("\n_resynced_percent=");
		if (m->si.has_bits_rs) {
			done = setup_permille_done(&m->si);
			printf("%u.%u", done / 10, done % 10);
		}
		printf("\n");
	}
	printf("\n_sh_status_process\n\n\n");
}

static int print_sh_status_of(const struct drbd_nl_msg *m, void *arg)
{
	(void)arg;
	if (m->ctx.has_volume)
		print_sh_status(m);
	else
		print_sh_unknown(m->minor, m->ctx.resource);
	return 0;
}

int show_sh_status(struct setup_call *c)
{
	struct drbd_nl_req req = { .cmd = DRBD_ADM_GET_STATUS, .minor = c->minor, .resource = c->resource, .opt_ctx = -1 };
	struct drbd_nl_msg m;
	int err;

	if (c->minor == DRBD_NO_MINOR) {
		err = drbd_nl_dump(c->nl, &req, print_sh_status_of, NULL);
		return err ? setup_transport_error(c, err) : SX_OK;
	}
	err = drbd_nl_do(c->nl, &req, &m);
	if (!err && m.ret_code == ERR_MINOR_INVALID) {
		print_sh_unknown(c->minor, "");
		return SX_OK;
	}
	if (err || m.ret_code != NO_ERROR)
		return setup_result(c->object, &m, err);
	print_sh_status(&m);
	return SX_OK;
}

/* --- generation identifiers ------------------------------------------------------------------------------------------------- */

static int with_disk(struct setup_call *c, struct drbd_nl_msg *m)
{
	int rc = setup_minor_status(c, m);

	if (rc)
		return rc;
	if (unconfigured(state_of(m->si.state))) {
		fprintf(stderr, "Device is unconfigured\n");
		return SX_NO_DISK;
	}
	if (!m->si.has_uuids) {
		fprintf(stderr, "Device has no disk\n");
		return SX_NO_DISK;
	}
	return SX_OK;
}

int show_get_gi(struct setup_call *c)
{
	struct drbd_nl_msg m;
	int rc = with_disk(c, &m);

	if (!rc)
		drbd_gi_print(m.si.uuid, m.si.disk_flags);
	return rc;
}

int show_show_gi(struct setup_call *c)
{
	struct drbd_nl_msg m;
	int rc = with_disk(c, &m);

	if (!rc)
		drbd_gi_explain(m.si.uuid, m.si.disk_flags, m.si.disk_flags & MDF_AL_CLEAN);
	return rc;
}

/* --- names for udev ------------------------------------------------------------------------------------------------------------ */

int show_udev(struct setup_call *c)
{
	struct drbd_nl_msg m;
	int rc = setup_minor_status(c, &m);

	if (rc)
		return rc;
	printf("DEVICE=drbd%u\nSYMLINK_BY_RES=drbd/by-res/%s/%u\n", m.minor, m.ctx.resource, m.ctx.volume);
	if (!strncmp(m.disk.backing_dev, "/dev/", 5))
		printf("SYMLINK_BY_DISK=drbd/by-disk/%s\n", m.disk.backing_dev + 5);
	return SX_OK;
}
