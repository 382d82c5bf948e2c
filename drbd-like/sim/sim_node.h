/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One node and its volumes: the shell around the core, in the shape of the kernel's. A function takes the lock (here: it is the only one
 * that runs), calls the core, and performs the result. What the kernel does by sleeping is done here by asking again
 * when something has changed: sim_node_wake() stands for wake_up().
 *   sim_stack.c where the upper node of a stacked resource runs
 *   sim_node.c  power, state changes, worker, commands of the administrator
 *   sim_recv.c  connecting, both receivers
 *   sim_io.c    application I/O, received writes, disk, activity log, bitmap, resync, verify
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "sim_world.h"
#include "sim_disk.h"
#include "sim_link.h"
#include "drbd-like/core/drbd_al.h"
#include "drbd-like/core/drbd_bm.h"
#include "drbd-like/core/drbd_handshake.h"
#include "drbd-like/core/drbd_md.h"
#include "drbd-like/core/drbd_peer_req.h"
#include "drbd-like/core/drbd_resync.h"
#include "drbd-like/core/drbd_text.h"

/* References on activity-log extents. */
struct sim_al_hold {
	bool taken, waiting;
	u32 ticket, gen;		/* gen: sim_node.al_gen */
	u32 first, last;
};

/* One request of the application. */
struct sim_bio {
	struct sim_bio *next;		/* waiting to start */
	struct sim_vol *v;
	u64 sector;
	u32 size_byte;
	u32 flags;			/* RQ_WRITE, RQ_FLUSH, RQ_FUA, RQ_DISCARD, RQ_ZEROES, RQ_SYNC */
	u32 version;			/* of a write: given when it starts, so that they follow each other */
	u32 carried;			/* RQ_CARRIED of a record that was postponed */
	u32 *content;			/* what a read read */
	u32 id;
	/* how far it has come */
	bool counted;
	bool again;			/* waits to start again */
	struct sim_al_hold al;
	bool replicated;		/* for the oracle, at completion: the peer has promised to have it */
	bool tried_net;			/* it was mirrored at all */
	bool local_ok;
	bool done;
	bool zeroes;			/* writes zeroes, whatever its version */
	u64 issued_seq;
	u32 *expected;			/* of a read, when it began */
	struct sim_io *above;		/* of a stacked disk, as long as sim_disk.gen is this */
	u32 above_gen;
	u32 peer_gen;			/* of a write, when it began: sim_node.gen of the peer */
};

struct sim_req {
	struct drbd_request r;		/* first: a request of the core is one of these */
	struct sim_bio *bio;
	struct sim_al_hold al;
	u32 *content;			/* of a write: survives its bio */
	bool freed;
	struct sim_vol *v;
};

struct sim_peer_req {
	struct drbd_peer_req p;
	struct sim_peer_req *next;	/* waiting */
	struct sim_vol *v;
	u32 *content;
	bool zeroes;			/* P_TRIM, P_ZEROES, P_RS_DEALLOCATED */
	/* of reads: what to answer */
	u8 kind;			/* enum drbd_rs_kind */
	bool locked;			/* holds a resync extent */
	u64 digest;
	bool al_asked, failed;
	struct sim_al_hold al;
	u32 conn_gen;			/* connection it came over */
	bool submitted;
	bool ov;			/* verify: this read is compared here */
};

/* Work for the worker, in order with the sender's queue. */
enum sim_work_kind { WK_AFTER, WK_CONN_AFTER, WK_ANSWER, WK_RS_FINISH, WK_OV_REPLY, WK_CALL };

struct sim_work {
	struct sim_work *next;
	enum sim_work_kind kind;
	struct sim_vol *v;
	u32 ticket;
	union drbd_state os, ns;
	struct drbd_conn_transition ctr;
	struct drbd_after after;
	u32 at;				/* next action */
	bool begun;			/* an action has begun something ... */
	u32 waiting;			/* ... and will be told of so many */
	bool again, flushed;		/* ask again at the next wake; data are flushed */
	bool ok;			/* the list is made */
	struct sim_peer_req *pr;
	s32 error;
	void (*call)(struct sim_vol *v, struct sim_work *wk);
};

/* A command of the administrator (or of the shell itself) under way. */
enum sim_op_kind {
	OP_NONE, OP_PRIMARY, OP_SECONDARY, OP_CONNECT, OP_DISCONNECT, OP_ATTACH, OP_DETACH, OP_VERIFY, OP_INVALIDATE,
	OP_INVALIDATE_REMOTE, OP_OUTDATE, OP_PAUSE, OP_RESUME, OP_SUSPEND_IO, OP_RESUME_IO, OP_RESIZE
};

struct sim_op {
	enum sim_op_kind kind;
	struct sim_vol *v;
	bool force, discard_my_data;
	u32 step;
	u64 deadline_us;
	bool wait_change;		/* cluster-wide change is out */
	bool conn_wide;
	bool after_fence;
	struct drbd_change change;
	struct sim_work *list;		/* when it is done, the command ends with rv */
	s32 rv;
	struct drbd_promote promote;
	struct drbd_disconnect disconnect;
	u64 again_us;
};

/* One volume of a node. */
struct sim_vol {
	struct sim_world *w;
	struct sim_node *n;
	u16 nr;
	char name[8];			/* for the trace */
	struct sim_oracle *oracle;	/* shared with the volume of that number on the other node */
	struct drbd_disk_conf disk_conf;

	/* the core's objects */
	struct drbd_vol_state vs;
	struct drbd_req_vol rv;
	struct drbd_al al;
	struct drbd_bm bm;
	struct drbd_rs rs;
	struct drbd_rs_ctl ctl;
	struct drbd_rs_extents ext;
	struct drbd_size_state sizes;
	struct drbd_md md;
	struct drbd_md_layout layout;

	/* disk */
	struct sim_disk disk;
	bool disk_open;			/* a backing device is configured */
	u32 al_gen;			/* changes at attach: references of before are void */
	u32 disk_users;			/* I/O in flight and holds */
	bool md_dirty, al_writing, detaching;
	u64 md_dirty_since_us;
	struct drbd_al_tr al_tr;
	u64 *bm_chunk[4];
	bool resizing;			/* bitmap and super block of the new size are being written */
	bool resize_ask, resize_answer, resize_sync;	/* what is done then */
	u16 resize_flags;
	u32 bm_chunks;

	/* bitmap exchange */
	struct drbd_bm_xfer xfer_in;
	bool bitmap_due;		/* AW_SEND_BITMAP: when ap_bio is 0 */

	/* requests */
	struct sim_bio *bios, **bios_last;	/* waiting to start */
	bool marked_oos;		/* sim_log_event() marked something */
	bool ahead_timer;

	/* resync */
	bool rs_timer, rs_finishing;
	u32 rs_sect_in, rs_pending;
	u64 ov_pos_sect;
};

#define SIM_VOLS 2
#define SIM_MD_SECT 512	/* meta-data area */

/* What the volumes share: power, the connection, and the worker. */
struct sim_node {
	struct sim_world *w;
	struct sim_pair *pair;
	int nr;
	char name[4];
	bool up;
	u32 gen;			/* changes when the power fails */
	u64 rng;
	struct sim_vol *vol[SIM_VOLS];

	/* configuration */
	struct drbd_net_conf net;
	struct drbd_resource_conf res;
	u16 apv_max;
	u32 features_mask;

	/* the core's objects */
	struct drbd_conn_state cs;
	struct drbd_vol_state *vols[SIM_VOLS];
	struct drbd_tl tl;
	struct drbd_epochs es;

	/* network */
	struct sim_conn *conn;
	u32 conn_gen;			/* changes with every connection and loss of it */
	u8 phase;			/* PH_FEATURES, PH_AUTH, PH_LOOP */
	bool challenged;		/* the peer's challenge is answered, its response is awaited */
	struct drbd_auth auth;
	struct sim_msg *in[2], **in_last[2];
	bool eof[2];
	u64 last_received_us, ping_sent_us;
	bool ping_outstanding, receiver_running, cleaning;
	u32 pings_asked, pings_answered;
	u64 connected_us, send_blocked_since_us;
	bool fence_running;

	/* receiving */
	struct sim_peer_req *stuck;	/* at a gate: the receiver waits */
	struct sim_peer_req *stuck_read;	/* waits for an extent or an earlier write */
	u32 active_peer_reqs;
	bool barrier_waits;
	u32 flushing;			/* disks that are being flushed for a barrier */

	/* worker */
	struct sim_work *work, **work_last;
	bool worker_timer, poll_timer;

	struct sim_op op;
	/* counts for the report */
	u32 splits_reported;
};

/* A resource: two nodes and the network between them. */
struct sim_pair {
	struct sim_world *w;
	const struct sim_config *conf;
	struct sim_node *node[SIM_NODES];
	struct sim_net *net;
	u32 vols;
};

static inline struct sim_node *sim_peer(const struct sim_node *n)
{
	return n->pair->node[!n->nr];
}

static inline struct sim_vol *sim_peer_vol(const struct sim_vol *v)
{
	return sim_peer(v->n)->vol[v->nr];
}

#define for_each_vol(v, n) \
	for (u32 v##_nr = 0; v##_nr < (n)->pair->vols && ((v) = (n)->vol[v##_nr], true); v##_nr++)

/* --- for the world ------------------------------------------------------------------------------------------------- */


/* A node of a pair with disks of the size that the configuration says, switched off. uuid: of a pair that was in sync. */
void sim_node_new(struct sim_pair *pair, int nr, u64 uuid);

/* Power; up includes what an init script does: apply-al, attach, connect. */
void sim_node_boot(struct sim_node *n);
void sim_node_crash(struct sim_node *n);

/* Starts a command; false: another one is under way. */
bool sim_node_command(struct sim_vol *v, const struct sim_op *op);
bool sim_node_idle(const struct sim_node *n);

/* Application I/O; the oracle is told when it ends. */
void sim_node_submit(struct sim_vol *v, struct sim_bio *bio);

/* --- from the network ------------------------------------------------------------------------------------------------ */

void sim_node_connected(struct sim_node *n, struct sim_conn *c, bool rc_flag);
void sim_node_received(struct sim_node *n, struct sim_conn *c, int sock, struct sim_msg *m);
void sim_node_eof(struct sim_node *n, struct sim_conn *c, int sock);
void sim_node_room(struct sim_node *n, struct sim_conn *c);

/* --- among the three files -------------------------------------------------------------------------------------------- */

u64 sim_node_random(struct sim_node *n);
void sim_node_wake(struct sim_node *n);
/* Request a change and do what follows at once; the rest goes to the worker. */
s32 sim_change(struct sim_vol *v, const struct drbd_change *ch);
s32 sim_change_conn(struct sim_node *n, const struct drbd_change *ch);
s32 sim_set(struct sim_vol *v, u32 mask, u32 val, u32 flags);
void sim_applied(struct sim_vol *v, const struct drbd_transition *tr);
void sim_conn_fail(struct sim_node *n, enum drbd_conns why, const char *reason);
void sim_conn_stand_alone(struct sim_node *n, const char *reason);
struct sim_work *sim_queue(struct sim_vol *v, enum sim_work_kind kind);
void sim_env(const struct sim_vol *v, struct drbd_req_env *env);
void sim_reported_split(struct sim_node *n);

bool sim_send(struct sim_vol *v, int sock, struct drbd_pkt *pkt, const u32 *tail, u32 tail_nr, const u8 *raw);
bool sim_send_cmd(struct sim_node *n, int sock, u16 cmd);
void sim_send_state(struct sim_vol *v, union drbd_state s);
void sim_send_uuids(struct sim_vol *v, u32 extra);
void sim_send_sizes(struct sim_vol *v, bool ask, u16 dds);
void sim_poll_receiver(struct sim_node *n);
void sim_begin_cleanup(struct sim_node *n);
void sim_start_receiver(struct sim_node *n);
bool sim_send_bitmap(struct sim_vol *v);
u32 sim_ping(struct sim_node *n);
bool sim_ping_done(const struct sim_node *n, u32 ticket);

void sim_told(struct sim_req *req, u32 todo);
void sim_req_event(struct sim_req *req, enum drbd_req_event ev);
/* Every request of the log, or of one volume. */
void sim_log_event(struct sim_node *n, const struct sim_vol *v, enum drbd_req_event ev);
void sim_poll_io(struct sim_vol *v);
bool sim_sender_run(struct sim_node *n);
bool sim_run_answer(struct sim_vol *v, struct sim_work *wk);
void sim_set_oos(struct sim_vol *v, u64 sector, u32 size_byte);
void sim_set_in_sync(struct sim_vol *v, u64 sector, u32 size_byte);
void sim_set_all_bits(struct sim_vol *v);
void sim_md_write(struct sim_vol *v, sim_io_fn fn, void *arg);
void sim_bm_write(struct sim_vol *v, sim_io_fn fn, void *arg);
void sim_io_error(struct sim_vol *v, enum drbd_io_err what);
void sim_rs_began(struct sim_vol *v);
void sim_rs_timer(struct sim_vol *v);
void sim_rs_start(struct sim_vol *v, enum drbd_conns side);
void sim_rs_check_finished(struct sim_vol *v);
void sim_rs_finish(struct sim_vol *v);
void sim_ov_begin(struct sim_vol *v);
bool sim_recv_write(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m);
bool sim_step_write(struct sim_peer_req *pr);
bool sim_step_read(struct sim_peer_req *pr);
bool sim_recv_read(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m, u8 kind);
bool sim_recv_rs_data(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m);
void sim_recv_ack(struct sim_vol *v, const struct drbd_pkt *pkt);
void sim_recv_barrier_ack(struct sim_node *n, const struct drbd_pkt *pkt);
void sim_send_barrier_acks(struct sim_node *n);
/* drbdmeta apply-al, which every script runs before attach. */
void sim_apply_al(struct sim_vol *v);
void sim_resize(struct sim_vol *v, u64 capacity_sect);
void sim_resized(struct sim_vol *v);
bool sim_resizing(const struct sim_node *n);
void sim_disk_put(struct sim_vol *v);
void sim_drop_peer_reqs(struct sim_node *n);
void sim_ov_reply(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m);

#endif
