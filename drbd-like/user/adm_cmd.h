/* SPDX-License-Identifier: GPL-2.0-only */
/* drbdadm's commands on one resource or volume (drbd-tools.md A4). Which command needs what is drbdadm.c's table. */
#ifndef ADM_CMD_H
#define ADM_CMD_H

#include "drbd-like/user/adm_conf.h"
#include "drbd-like/user/adm_exec.h"
#include "drbd-like/user/adm_plan.h"

/* drbdsetup's exit codes that are an answer, not a reason to ask drbdmeta */
enum { DS_TIMEOUT = 5, DS_REFUSED = 11, DS_NEED_UPTODATE = 17 };

enum adm_limit { ADM_SHORT, ADM_LONG, ADM_VERY_LONG, ADM_FOREVER };

struct adm_run {
	struct adm_conf *conf;
	struct adm_exec exec;
	struct adm_plan plan; /* what up and adjust schedule; also holds the tools */
	struct adm_tools tools;
	const char *program; /* for messages */
	const char *nodename;
	bool stacked;	    /* -S */
	bool no_registry;   /* -d, or a configuration from stdin */
	bool json;
	bool minor_given;   /* the object was typed as minor-N, as the kernel does */
};

/* What a command is called with. vol NULL: the whole resource. Returns an exit code. */
struct adm_cmd;
typedef int (*adm_cmd_fn)(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);

struct adm_cmd {
	const char *name;
	int level; /* of the help: 1 shown there; 2 for scripts, 3 handlers, 4 experts: hidden-commands */
	adm_cmd_fn fn;
	unsigned int flags; /* enum adm_cmd_flag */
	enum adm_limit limit;
	int ctx; /* options that may be given directly: DRBD_CTX_..., -1: none */
};

enum adm_cmd_flag {
	AC_VOL = 1 << 0,     /* once per volume */
	AC_RES = 1 << 1,     /* once per resource */
	AC_ONE_VOL = 1 << 2, /* a volume has to be named if there are several */
	AC_IP = 1 << 3,	     /* the own address has to be on this host */
	AC_PEER = 1 << 4,    /* the peer has to be known */
	AC_ALL = 1 << 5,     /* no name means all */
	AC_NO_CONF = 1 << 6, /* before any configuration is read */
	AC_HANDLER = 1 << 7, /* called by the kernel */
	AC_RAW = 1 << 8,     /* shows the file's content, nothing inherited */
};

int adm_cmd_minor(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_role(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_down(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_minor_or_meta(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_meta(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_create_md(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_res(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_path(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_attach(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_connect(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_new_resource(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_new_minor(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_resize(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_check_resize(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_outdate(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_wait_connect(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_up(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_adjust(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_b_pri(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_print(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_udev(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_handler(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_proxy(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);
int adm_cmd_status(struct adm_run *run, const struct adm_cmd *cmd, const struct adm_res *res, const struct adm_vol *vol);

/* Commands without an object. */
int adm_cmd_resources(struct adm_run *run);
int adm_cmd_mod_parms(struct adm_run *run);
int adm_cmd_sh_status(struct adm_run *run);
/* JSON of what `status` shows, over these resources' volumes on this host; name NULL: all. */
int adm_cmd_status_json(struct adm_run *run, const char *name);

/* Runs what up or adjust has scheduled. progress: say so on stdout, stage by stage. */
int adm_run_plan(struct adm_run *run, bool progress);

/* wait-connect for a volume, with its resource's startup options. */
struct adm_call *adm_call_wait(struct adm_run *run, const struct adm_res *res, const struct adm_vol *vol);

/* Whether this resource takes part: here, and in the stacking mode asked for. */
bool adm_selected(const struct adm_run *run, const struct adm_res *res);

#endif
