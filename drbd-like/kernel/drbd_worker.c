/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State changes and what has to follow them, the sender, helpers, fencing, the clock. Requests of the application and
 * other work go out in the order in which they were queued: work waits until the sender's queue has passed its ticket.
 * Resync and verify are in drbd_sync.c.
 */
#include "drbd_worker.h"
#include "drbd_conn.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_nl.h"

#define ADM_WAIT_MS	30000		/* a command waits so long for a transient state to end */
#define MD_SYNC_MS	5000
#define ANSWER_KO	7		/* of a state change, where ko-count is off */
#define BARRIER_WAIT_MS	20		/* a barrier that nobody waits for waits so long for a request to go with */

/* --- queue ---------------------------------------------------------------------------------------------------------------- */

static void queue_it(struct drbd_resource *r, struct drbd_work *wk)
{
	wk->ticket = drbd_tl_ticket(&r->tl);
	wk->nr = ++r->work_nr;
	wk->conn_gen = r->conn_gen;
	wk->queued = true;
	list_add_tail(&wk->link, &r->works);
	wake_up_process(r->worker);
}

void drbd_queue(struct drbd_resource *r, struct drbd_work *wk)
{
	if (wk->dev)
		kref_get(&wk->dev->kref);
	queue_it(r, wk);
}

void drbd_queue_static(struct drbd_resource *r, struct drbd_work *wk)
{
	if (wk->queued || (wk->dev && wk->dev->gone))
		return;
	wk->static_storage = true;
	if (wk->dev)
		kref_get(&wk->dev->kref);
	queue_it(r, wk);
}

void drbd_queue_peer(struct drbd_peer *pr, void (*fn)(struct drbd_resource *, struct drbd_work *))
{
	pr->work.fn = fn;
	pr->work.peer = pr;
	pr->work.dev = pr->dev;
	pr->work.static_storage = true;
	drbd_queue(pr->dev->res, &pr->work);
}

void drbd_worker_flush(struct drbd_resource *r)
{
	unsigned long flags;
	u32 nr, seen;
	bool done;

	if (current == r->worker)
		return;
	spin_lock_irqsave(&r->lock, flags);
	nr = r->work_nr;
	spin_unlock_irqrestore(&r->lock, flags);
	for (;;) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		done = (s32)(r->work_done - nr) >= 0;
		spin_unlock_irqrestore(&r->lock, flags);
		if (done)
			return;
		drbd_wait(r, seen, 1000);
	}
}

/* --- state changes -------------------------------------------------------------------------------------------------------- */

static void do_now(struct drbd_device *dev, u32 now)
{
	struct drbd_resource *r = dev->res;

	if ((now & NOW_CLOSE_EPOCH) && drbd_tl_close_epoch(&r->tl))
		wake_up_process(r->worker);
	if (now & NOW_OV_STOP)
		dev->ov_start_sect = dev->rs.pos * 8;
	if (now & NOW_OV_BEGIN)
		drbd_ov_started(dev);
	if (now & NOW_RS_RESUME)
		drbd_rs_resume(&dev->rs, drbd_now_ms());
	if (now & (NOW_RS_TIMER | NOW_OV_TIMER))
		drbd_rs_timer(dev);
	if (now & NOW_RS_PAUSE)
		drbd_rs_pause(&dev->rs, drbd_now_ms());
	if (now & NOW_MD_DIRTY)
		drbd_md_dirty_locked(dev);
	if (now & (NOW_STOP_RECEIVER | NOW_RESTART_RECEIVER))
		drbd_receiver_stop(r);
	if ((now & NOW_AL_RESUME) && dev->disk_open)
		drbd_al_resume(&dev->al);
	if (now & NOW_HOLD_DISK)
		dev->disk_users++;
}

static int say(char *buf, int at, int len, const char *what, const char *from, const char *to)
{
	return at + scnprintf(buf + at, len - at, "%s( %s -> %s ) ", what, from, to);
}

static int say_flag(char *buf, int at, int len, const char *what, u32 os, u32 ns, u32 bit)
{
	if (!((os ^ ns) & bit))
		return at;
	return at + scnprintf(buf + at, len - at, "%s( %d -> %d ) ", what, !!(os & bit), !!(ns & bit));
}

static void log_change(struct drbd_device *dev, const struct drbd_transition *tr)
{
	union drbd_state os = tr->os, ns = tr->ns;
	char buf[300];
	int n = 0;

	if (os.role != ns.role)
		n = say(buf, n, sizeof(buf), "role", drbd_role_name(os.role), drbd_role_name(ns.role));
	if (os.peer != ns.peer)
		n = say(buf, n, sizeof(buf), "peer", drbd_role_name(os.peer), drbd_role_name(ns.peer));
	if (os.conn != ns.conn && (os.conn > C_CONNECTED || ns.conn > C_CONNECTED || ns.conn == C_CONNECTED))
		n = say(buf, n, sizeof(buf), "conn", drbd_conn_name(os.conn), drbd_conn_name(ns.conn));
	if (os.disk != ns.disk)
		n = say(buf, n, sizeof(buf), "disk", drbd_disk_name(os.disk), drbd_disk_name(ns.disk));
	if (os.pdsk != ns.pdsk)
		n = say(buf, n, sizeof(buf), "pdsk", drbd_disk_name(os.pdsk), drbd_disk_name(ns.pdsk));
	n = say_flag(buf, n, sizeof(buf), "susp", os.i, ns.i, DS_SUSP | DS_SUSP_NOD | DS_SUSP_FEN);
	n = say_flag(buf, n, sizeof(buf), "aftr_isp", os.i, ns.i, DS_AFTR_ISP);
	n = say_flag(buf, n, sizeof(buf), "peer_isp", os.i, ns.i, DS_PEER_ISP);
	n = say_flag(buf, n, sizeof(buf), "user_isp", os.i, ns.i, DS_USER_ISP);
	if (n)
		drbd_info(dev, "%s", buf);
	if (tr->warn & WARN_ABORTED_RESYNC)
		drbd_warn(dev, "Resync aborted.");
	if (tr->warn & WARN_ABORTED_VERIFY)
		drbd_warn(dev, "Online-verify aborted.");
	if (tr->warn & WARN_DISK_UPGRADED)
		drbd_warn(dev, "Implicitly upgraded disk");
	if (tr->warn & WARN_PDSK_UPGRADED)
		drbd_warn(dev, "Implicitly upgraded pdsk");
	if (tr->warn & WARN_CONNECTION_LOST_NEG)
		drbd_warn(dev, "Connection lost while negotiating, no data!");
}

static void after_vol(struct drbd_resource *r, struct drbd_work *wk);
static void after_conn(struct drbd_resource *r, struct drbd_work *wk);

void drbd_applied(struct drbd_device *dev, const struct drbd_transition *tr)
{
	struct drbd_work *wk;

	if (tr->os.i == tr->ns.i && !tr->now)
		return;
	log_change(dev, tr);
	do_now(dev, tr->now);
	wk = drbd_work_new();
	if (!WARN_ON_ONCE(!wk)) {
		wk->fn = after_vol;
		wk->dev = dev;
		wk->os = tr->os;
		wk->ns = tr->ns;
		drbd_queue(dev->res, wk);
	}
	drbd_wake(dev->res);
}

static void applied_conn(struct drbd_resource *r, const struct drbd_conn_transition *ctr)
{
	struct drbd_work *wk = drbd_work_new();
	u32 i;

	if (ctr->oc != ctr->nc)
		res_info(r, "conn( %s -> %s )", drbd_conn_name(ctr->oc), drbd_conn_name(ctr->nc));
	for (i = 0; i < r->cs.vols; i++)
		drbd_applied(drbd_dev_of(r->vols[i]), &r->tr[i]);
	if (ctr->now & (NOW_STOP_RECEIVER | NOW_RESTART_RECEIVER))
		drbd_receiver_stop(r);
	if (!WARN_ON_ONCE(!wk)) {
		wk->fn = after_conn;
		wk->ctr = *ctr;
		drbd_queue(r, wk);
	}
	drbd_wake(r);
}

static void refused(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch, s32 rv)
{
	const char *text = drbd_ss_text(rv);

	if (rv >= SS_UNKNOWN_ERROR || !(ch->flags & CS_VERBOSE))
		return;
	if (dev)
		drbd_err(dev, "State change failed: %s", text ? text : "unknown");
	else
		res_err(r, "State change failed: %s", text ? text : "unknown");
}

s32 drbd_change_locked(struct drbd_device *dev, const struct drbd_change *ch)
{
	struct drbd_transition tr;
	s32 rv = drbd_vol_request(&dev->res->cs, &dev->vs, ch, &tr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		drbd_applied(dev, &tr);
	refused(dev->res, dev, ch, rv);
	return rv;
}

s32 drbd_change_conn_locked(struct drbd_resource *r, const struct drbd_change *ch)
{
	struct drbd_conn_transition ctr;
	s32 rv = drbd_conn_request(&r->cs, ch, r->tr, &ctr);

	if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
		applied_conn(r, &ctr);
	refused(r, NULL, ch, rv);
	return rv;
}

s32 drbd_change(struct drbd_device *dev, const struct drbd_change *ch)
{
	unsigned long flags;
	s32 rv;

	spin_lock_irqsave(&dev->res->lock, flags);
	rv = drbd_change_locked(dev, ch);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	return rv;
}

s32 drbd_change_conn(struct drbd_resource *r, const struct drbd_change *ch)
{
	unsigned long flags;
	s32 rv;

	spin_lock_irqsave(&r->lock, flags);
	rv = drbd_change_conn_locked(r, ch);
	spin_unlock_irqrestore(&r->lock, flags);
	return rv;
}

s32 drbd_set(struct drbd_device *dev, u32 mask, u32 val, u32 flags)
{
	struct drbd_change ch = { mask, val, flags };

	return drbd_change(dev, &ch);
}

/* --- cluster-wide changes --------------------------------------------------------------------------------------------------- */

static s32 first_step(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch)
{
	s32 rv = dev ? drbd_change_locked(dev, ch) : drbd_change_conn_locked(r, ch);

	if (rv == SS_UNKNOWN_ERROR) {
		r->change_out = true;
		r->change_dev = dev;
	}
	return rv;
}

static s32 next_step(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch)
{
	struct drbd_conn_transition ctr;
	struct drbd_transition tr;
	s32 rv = dev ? drbd_vol_poll(&r->cs, &dev->vs, ch) : drbd_conn_poll(&r->cs, ch);

	if (rv == SS_UNKNOWN_ERROR)
		return rv;
	r->change_out = false;
	if (rv < SS_SUCCESS) {
		refused(r, dev, ch, rv);
		return rv;
	}
	if (dev) {
		rv = drbd_vol_finish(&r->cs, &dev->vs, ch, &tr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			drbd_applied(dev, &tr);
	} else {
		rv = drbd_conn_finish(&r->cs, ch, r->tr, &ctr);
		if (rv >= SS_SUCCESS && rv != SS_NOTHING_TO_DO)
			applied_conn(r, &ctr);
	}
	return rv;
}

static void send_request(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch)
{
	struct drbd_pkt pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = !dev && r->cs.apv >= 100 ? P_CONN_ST_CHG_REQ : P_STATE_CHG_REQ;
	pkt.volume = dev ? dev->vs.volume : 0;
	pkt.u.req_state.mask = ch->mask;
	pkt.u.req_state.val = ch->val;
	drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
}

/* A peer that answers pings, but no request of this kind, is as late as one that does not finish a write. */
static u64 answer_limit_ms(const struct drbd_resource *r)
{
	return (u64)(r->net.ko_count ? r->net.ko_count : ANSWER_KO) * r->net.timeout * 100;
}

static s32 change_once(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch)
{
	unsigned long flags;
	u64 deadline;
	u32 seen;
	s32 rv;

	mutex_lock(&r->state_mutex);
	deadline = drbd_now_ms() + answer_limit_ms(r);
	spin_lock_irqsave(&r->lock, flags);
	rv = first_step(r, dev, ch);
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv == SS_UNKNOWN_ERROR)
		send_request(r, dev, ch);
	while (rv == SS_UNKNOWN_ERROR) {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		rv = next_step(r, dev, ch);
		spin_unlock_irqrestore(&r->lock, flags);
		if (rv != SS_UNKNOWN_ERROR)
			break;
		if (drbd_now_ms() >= deadline)
			drbd_conn_fail(r, C_TIMEOUT, "the peer does not answer a request to change the state");
		drbd_wait(r, seen, 1000);
	}
	drbd_wake(r);
	mutex_unlock(&r->state_mutex);
	return rv;
}

s32 drbd_change_wait(struct drbd_resource *r, struct drbd_device *dev, const struct drbd_change *ch)
{
	u64 deadline = drbd_now_ms() + ADM_WAIT_MS;
	struct drbd_change quiet = *ch;
	u32 seen;
	s32 rv;

	quiet.flags &= ~CS_VERBOSE;
	for (;;) {
		seen = drbd_events(r);
		rv = change_once(r, dev, &quiet);
		if (rv != SS_IN_TRANSIENT_STATE || drbd_now_ms() >= deadline || signal_pending(current))
			break;
		drbd_wait(r, seen, 200);
	}
	refused(r, dev, ch, rv);
	drbd_worker_flush(r);
	return rv;
}

/* --- helpers ---------------------------------------------------------------------------------------------------------------- */

static void peer_env(struct drbd_resource *r, char *af, char *addr, int len)
{
	if (r->peer_addr.ss_family == AF_INET6) {
		scnprintf(af, len, "DRBD_PEER_AF=ipv6");
		scnprintf(addr, len, "DRBD_PEER_ADDRESS=%pI6", &((struct sockaddr_in6 *)&r->peer_addr)->sin6_addr);
	} else if (r->peer_addr.ss_family == AF_INET) {
		scnprintf(af, len, "DRBD_PEER_AF=ipv4");
		scnprintf(addr, len, "DRBD_PEER_ADDRESS=%pI4", &((struct sockaddr_in *)&r->peer_addr)->sin_addr);
	} else {
		scnprintf(af, len, "DRBD_PEER_AF=ssocks");
		scnprintf(addr, len, "DRBD_PEER_ADDRESS=%pI4", &((struct sockaddr_in *)&r->peer_addr)->sin_addr);
	}
}

int drbd_helper(struct drbd_resource *r, struct drbd_device *dev, const char *name)
{
	char af[64], addr[64], object[16], prog[sizeof(drbd_usermode_helper)], cmd[32];
	char *envp[] = { "HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin", af, addr, NULL };
	char *argv[] = { prog, cmd, object, NULL };
	struct drbd_device *d;
	int status;
	u32 i;

	strncpy(prog, drbd_usermode_helper, sizeof(prog) - 1);
	prog[sizeof(prog) - 1] = 0;
	scnprintf(cmd, sizeof(cmd), "%s", name);
	scnprintf(object, sizeof(object), "minor-%d", dev ? dev->minor : 0);
	if (!dev)
		argv[2] = r->name;
	peer_env(r, af, addr, sizeof(af));
	if (!r->peer_addr_byte)
		envp[3] = NULL;
	for (i = 0; (d = drbd_device_nth(r, i)); i++) {
		if (!dev || dev == d)
			drbd_md_write_if_dirty(d);
		drbd_device_put(d);
	}
	if (dev)
		drbd_info(dev, "helper command: %s %s %s", prog, name, argv[2]);
	else
		res_info(r, "helper command: %s %s %s", prog, name, argv[2]);
	r->helper = name;
	drbd_nl_helper(r, dev, name, true, 0);
	status = call_usermodehelper(prog, argv, envp, UMH_WAIT_PROC);
	r->helper = NULL;
	if (dev)
		drbd_info(dev, "helper command: %s %s %s exit code %u (0x%x)", prog, name, argv[2], (status >> 8) & 0xff,
			  status);
	else
		res_info(r, "helper command: %s %s %s exit code %u (0x%x)", prog, name, argv[2], (status >> 8) & 0xff,
			 status);
	drbd_nl_helper(r, dev, name, false, status);
	return status < 0 ? 0 : (status >> 8) & 0xff;
}

void drbd_thaw(struct drbd_resource *r, u32 susp_flags)
{
	struct drbd_change ch = { 0, 0, CS_HARD };

	ch.mask = susp_flags;
	drbd_change_conn(r, &ch);
	if (!drbd_suspended(&r->cs))
		drbd_tell_log(r, NULL, RQE_RESUME);
}

/* --- fencing ---------------------------------------------------------------------------------------------------------------- */

static void run_fence_helper(struct drbd_resource *r)
{
	u32 cnt = r->cs.connect_cnt;
	int code = drbd_helper(r, NULL, "fence-peer");
	struct drbd_fence_result res;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_fence_result(&r->cs, code, cnt, &res);
	if (res.change.mask)
		drbd_change_conn_locked(r, &res.change);
	spin_unlock_irqrestore(&r->lock, flags);
	if (res.broken)
		res_err(r, "fence-peer helper broken, returned %d", code);
	else
		res_info(r, "fence-peer helper returned %d (%s)", code, res.meaning ? res.meaning : "");
}

bool drbd_fence(struct drbd_resource *r)
{
	enum drbd_fence_do what;
	unsigned long flags;
	bool mine, outdated;
	u32 seen;

	spin_lock_irqsave(&r->lock, flags);
	mine = !r->fence_running;
	r->fence_running = true;
	what = drbd_fence_begin(&r->cs);
	spin_unlock_irqrestore(&r->lock, flags);
	for (seen = drbd_events(r); !mine && READ_ONCE(r->fence_running); seen = drbd_events(r))
		drbd_wait(r, seen, 1000);
	if (mine) {
		if (what == FENCE_FAILED || what == FENCE_FAILED_THAW)
			res_warn(r, "unable to fence peer, no fencing policy is known");
		if (what == FENCE_FAILED_THAW) {
			drbd_thaw(r, DS_SUSP_FEN);
			if (!drbd_suspended(&r->cs))
				drbd_tell_log(r, NULL, RQE_CONN_LOST);
		}
		if (what == FENCE_RUN_HELPER)
			run_fence_helper(r);
		r->fence_running = false;
		drbd_wake(r);
	}
	if (what == FENCE_OK)
		return true;
	spin_lock_irqsave(&r->lock, flags);
	outdated = drbd_peer_is_outdated(&r->cs);
	spin_unlock_irqrestore(&r->lock, flags);
	return outdated;
}

struct fence_work {
	struct work_struct work;
	struct drbd_resource *r;
};

static void fence_work(struct work_struct *work)
{
	struct fence_work *fw = container_of(work, struct fence_work, work);

	drbd_fence(fw->r);
	drbd_resource_put(fw->r);
	kfree(fw);
}

void drbd_fence_async(struct drbd_resource *r)
{
	struct fence_work *fw = kmalloc(sizeof(*fw), GFP_NOIO);

	if (!fw) {
		res_err(r, "no memory to run the fence-peer helper");
		return;
	}
	INIT_WORK(&fw->work, fence_work);
	fw->r = r;
	drbd_resource_get(r);
	schedule_work(&fw->work);
}

/* --- what follows a change --------------------------------------------------------------------------------------------------- */

static void full_sync(struct drbd_device *dev)
{
	struct drbd_change ch;
	unsigned long flags;
	bool start_source;
	int err = -EIO;

	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_set_all_bits(dev);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (drbd_disk_get(dev, D_ATTACHING)) {
		err = drbd_bm_write(dev, true);
		drbd_disk_put(dev);
	}
	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_full_sync_next(&dev->vs, err != 0, &ch, &start_source);
	if (!start_source)
		drbd_change_locked(dev, &ch);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (start_source)
		drbd_rs_start(dev, C_SYNC_SOURCE);
}

void drbd_resync_grown(struct drbd_device *dev)
{
	enum drbd_conns side;
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	side = drbd_resync_side_of_growth(&dev->res->cs, &dev->vs);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (side == C_SYNC_SOURCE)
		drbd_rs_start(dev, C_SYNC_SOURCE);
	else
		drbd_set(dev, DS_CONN(C_MASK), DS_CONN(C_WF_SYNC_UUID), 0);
}

static void send_sync_uuid(struct drbd_device *dev)
{
	struct drbd_pkt pkt;

	if (dev->vs.state.disk < D_INCONSISTENT)
		return;		/* the super block that has it was not written: the peer must not know it either */
	memset(&pkt, 0, sizeof(pkt));
	pkt.cmd = P_SYNC_UUID;
	pkt.volume = dev->vs.volume;
	pkt.u.uuid = dev->vs.uuid[UI_BITMAP];
	drbd_send(dev->res, DRBD_DATA_SOCK, &pkt, NULL);
}

static void bitmap_due(struct drbd_device *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	if (!dev->bitmap_due) {
		dev->bitmap_due = true;
		drbd_req_hold(&dev->rv);
		if (!dev->rv.ap_bio)
			drbd_queue_static(dev->res, &dev->bitmap_work);
	}
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

static void close_disk(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool busy;
	u32 seen;

	spin_lock_irqsave(&r->lock, flags);
	dev->disk_users--;		/* of NOW_HOLD_DISK */
	dev->detaching = true;
	spin_unlock_irqrestore(&r->lock, flags);
	do {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		busy = dev->disk_users != 0;
		if (!busy) {
			dev->disk_open = false;
			dev->md_dirty = false;
			dev->al_gen++;
			drbd_vol_disk_closed(&dev->vs);
			dev->vs.disk_conf = NULL;
			dev->sizes.own_max_sect = 0;
			dev->sizes.own_max_bio = 0;
		}
		spin_unlock_irqrestore(&r->lock, flags);
		if (busy)
			drbd_wait(r, seen, 1000);
	} while (busy);
	mutex_lock(&dev->md_mutex);
	mutex_lock(&dev->bm_mutex);
	drbd_disk_close(dev);
	mutex_unlock(&dev->bm_mutex);
	mutex_unlock(&dev->md_mutex);
	dev->detaching = false;
	drbd_wake(r);
}

static void bm_write_now(struct drbd_device *dev)
{
	if (drbd_disk_get(dev, D_ATTACHING)) {
		drbd_bm_write(dev, false);
		drbd_disk_put(dev);
	}
}

static void new_uuids(struct drbd_resource *r)
{
	struct drbd_device *dev;
	unsigned long flags;
	bool made;
	u32 i;

	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		spin_lock_irqsave(&r->lock, flags);
		made = drbd_pending_new_uuid(&dev->vs, drbd_random());
		spin_unlock_irqrestore(&r->lock, flags);
		if (made) {
			drbd_md_write(dev);
			drbd_send_uuids(dev, 0);
		}
		drbd_device_put(dev);
	}
}

static void drop_net_conf(struct drbd_resource *r)
{
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	r->cs.net = NULL;
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_tfm_put(&r->integrity);
	drbd_tfm_put(&r->peer_integrity);
	drbd_tfm_put(&r->csums);
	drbd_tfm_put(&r->verify);
	drbd_nl_notify_connection(r, NOTIFY_DESTROY);
}

static void tell_dev(struct drbd_device *dev, enum drbd_req_event ev)
{
	drbd_tell_log(dev->res, dev, ev);
}

static void rs_reset(struct drbd_device *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	dev->rs_sect_in = dev->rs_pending = 0;
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

static void cancel_rs_locks(struct drbd_device *dev)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_rs_cancel_all(&dev->ext);
	drbd_wake(dev->res);
	spin_unlock_irqrestore(&dev->res->lock, flags);
}

/* dev is NULL for what concerns the connection. */
static void act(struct drbd_resource *r, struct drbd_device *dev, enum drbd_act what, union drbd_state ns)
{
	switch (what) {
	case AW_HELPER_PRI_ON_INCON_DEGR:
	case AW_HELPER_LOCAL_IO_ERROR:	drbd_helper(r, dev, drbd_act_helper(what)); break;
	case AW_UNFENCE_PEER:		drbd_helper(r, NULL, drbd_act_helper(what)); break;
	case AW_TL_RESEND:		drbd_tell_log(r, NULL, RQE_RESEND); break;
	case AW_TL_RESTART_FROZEN:	tell_dev(dev, RQE_RESTART_FROZEN); break;
	case AW_TL_CONN_LOST:		drbd_tell_log(r, NULL, RQE_CONN_LOST); break;
	case AW_CLEAR_SUSP_NOD:		drbd_thaw(r, DS_SUSP_NOD); break;
	case AW_CLEAR_SUSP_FEN:		drbd_thaw(r, DS_SUSP_FEN); break;
	case AW_SEND_SYNC_UUID:		send_sync_uuid(dev); break;
	case AW_SEND_SIZES:		drbd_send_sizes(dev, false, 0); break;
	case AW_SEND_UUIDS:		drbd_send_uuids(dev, 0); break;
	case AW_SEND_STATE:		drbd_send_state(dev, ns); break;
	case AW_RS_RESET:		rs_reset(dev); break;
	case AW_SEND_BITMAP:		bitmap_due(dev); break;
	case AW_MD_WRITE:		drbd_md_write(dev); break;
	case AW_MD_SYNC:		drbd_md_write_if_dirty(dev); break;
	case AW_BM_WRITE:		bm_write_now(dev); break;
	case AW_PAUSE_DEPENDENTS:
	case AW_RESUME_DEPENDENTS:	drbd_rs_dependents(); break;
	case AW_FULL_SYNC:		full_sync(dev); break;
	case AW_ABORT_LOCAL:		tell_dev(dev, RQE_LOCAL_ABORT); break;
	case AW_RS_CANCEL_ALL:		cancel_rs_locks(dev); break;
	case AW_PUT_DISK:		drbd_disk_put(dev); break;
	case AW_CLOSE_DISK:		close_disk(dev); break;
	case AW_RESYNC_GROWN:		drbd_resync_grown(dev); break;
	case AW_START_RECEIVER:		drbd_receiver_start(r); break;
	case AW_DROP_NET_CONF:		drop_net_conf(r); break;
	case AW_NEW_UUIDS:		new_uuids(r); break;
	}
}

/* Of the connection: what concerns a disk concerns all of them. */
static void act_conn(struct drbd_resource *r, enum drbd_act what)
{
	union drbd_state none = { { 0 } };
	struct drbd_device *dev;
	u32 i;

	if (what != AW_MD_SYNC && what != AW_MD_WRITE) {
		act(r, NULL, what, none);
		return;
	}
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		act(r, dev, what, none);
		drbd_device_put(dev);
	}
}

static void run_list(struct drbd_resource *r, struct drbd_work *wk)
{
	u32 i;

	for (i = 0; i < wk->after.nr; i++)
		if (wk->dev)
			act(r, wk->dev, wk->after.act[i], wk->ns);
		else
			act_conn(r, wk->after.act[i]);
}

static void after_vol(struct drbd_resource *r, struct drbd_work *wk)
{
	struct drbd_device *dev = wk->dev;
	unsigned long flags;

	drbd_nl_state_event(dev, wk->os, wk->ns);
	spin_lock_irqsave(&r->lock, flags);
	drbd_vol_after(&r->cs, &dev->vs, wk->os, wk->ns, drbd_random(), &wk->after);
	spin_unlock_irqrestore(&r->lock, flags);
	if ((wk->os.conn < C_CONNECTED) != (wk->ns.conn < C_CONNECTED) || wk->os.disk != wk->ns.disk)
		drbd_dev_set_limits(dev);
	run_list(r, wk);
}

static void after_conn(struct drbd_resource *r, struct drbd_work *wk)
{
	unsigned long flags;

	if (wk->ctr.oc != wk->ctr.nc && r->cs.net)
		drbd_nl_notify_connection(r, NOTIFY_CHANGE);
	spin_lock_irqsave(&r->lock, flags);
	drbd_conn_after(&r->cs, &wk->ctr, &wk->after);
	spin_unlock_irqrestore(&r->lock, flags);
	run_list(r, wk);
}

static void role_list(struct drbd_resource *r, struct drbd_work *wk)
{
	run_list(r, wk);
}

void drbd_role_followup(struct drbd_device *dev, bool forced)
{
	struct drbd_resource *r = dev->res;
	struct drbd_work *wk;
	unsigned long flags;
	bool frozen;

	spin_lock_irqsave(&r->lock, flags);
	frozen = dev->vs.state.role != R_PRIMARY && drbd_suspended(&r->cs) && dev->disk_open;
	spin_unlock_irqrestore(&r->lock, flags);
	if (frozen) {
		/* what is frozen may be on this disk alone: marked, and of a new generation */
		tell_dev(dev, RQE_MARK_OOS);
		spin_lock_irqsave(&r->lock, flags);
		drbd_pending_new_uuid(&dev->vs, drbd_random());
		spin_unlock_irqrestore(&r->lock, flags);
		bm_write_now(dev);
	}
	wk = drbd_work_new();
	if (WARN_ON_ONCE(!wk))
		return;
	wk->fn = role_list;
	wk->dev = dev;
	spin_lock_irqsave(&r->lock, flags);
	drbd_role_changed(&r->cs, &dev->vs, forced, drbd_random(), &wk->after);
	wk->ns = dev->vs.state;
	if (dev->vs.state.role == R_PRIMARY)
		r->net.discard_my_data = 0;
	drbd_queue(r, wk);
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_worker_flush(r);
}

void drbd_want_barrier(struct drbd_resource *r)
{
	if (drbd_tl_want_barrier(&r->tl))
		wake_up_process(r->worker);
}

/* --- sender -------------------------------------------------------------------------------------------------------------------- */

static bool send_one(struct drbd_kreq *req)
{
	struct drbd_device *dev = req->dev;
	struct drbd_resource *r = dev->res;
	struct drbd_payload t;
	struct drbd_req_env env;
	struct drbd_pkt pkt;
	unsigned long flags;
	u8 digest[DRBD_DIGEST_MAX];
	u32 dp;

	memset(&pkt, 0, sizeof(pkt));
	memset(&t, 0, sizeof(t));
	spin_lock_irqsave(&r->lock, flags);
	drbd_env(dev, &env);
	pkt.cmd = drbd_req_packet(&req->r, &env, &dp);
	pkt.volume = dev->vs.volume;
	if (pkt.cmd != P_OUT_OF_SYNC && pkt.cmd != P_DATA_REQUEST)
		pkt.u.data.seq_num = drbd_seq_next(&dev->rv);
	spin_unlock_irqrestore(&r->lock, flags);
	if (pkt.cmd == P_OUT_OF_SYNC) {
		pkt.u.desc.sector = req->sector;
		pkt.u.desc.blksize = req->size_byte;
		return !drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
	}
	if (pkt.cmd == P_DATA_REQUEST) {
		pkt.u.req.sector = req->sector;
		pkt.u.req.block_id = req->r.block_id;
		pkt.u.req.blksize = req->size_byte;
		return !drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
	}
	pkt.u.data.sector = req->sector;
	pkt.u.data.block_id = req->r.block_id;
	pkt.u.data.dp_flags = dp;
	dev->cnt.send_sect += req->size_byte >> 9;
	if (pkt.cmd != P_DATA) {
		pkt.u.data.size_byte = req->size_byte;
		return !drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
	}
	t.bio = req->bio;
	t.pages_byte = req->size_byte;
	/* in protocol A the upper layer may change the pages as soon as TCP has them */
	t.copy = r->net.wire_protocol == DRBD_PROT_A;
	if (r->integrity.hash) {
		if (drbd_digest_bio(r->integrity.hash, req->bio, digest))
			return false;
		t.buf = digest;
		t.buf_byte = drbd_tfm_byte(&r->integrity);
	}
	return !drbd_send(r, DRBD_DATA_SOCK, &pkt, &t);
}

/* tcp-cork: the packets of a run of requests share segments; not while the worker does anything else. */
static void cork(struct drbd_resource *r, bool on)
{
	if (r->corked == on || (on && !r->net.tcp_cork))
		return;
	r->corked = on;
	drbd_cork(&r->data, on);
}

/* What the sender holds back goes. */
static void push(struct drbd_resource *r)
{
	cork(r, false);
	if (READ_ONCE(r->data.held_byte))
		drbd_send_held(r, DRBD_DATA_SOCK);
}

/* Lock held, dropped meanwhile. False: nothing to send. */
static bool sender_step(struct drbd_resource *r, unsigned long *flags)
{
	struct drbd_request *q;
	struct drbd_kreq *req;
	struct drbd_todo td;
	struct drbd_pkt pkt;
	bool up = r->established && !r->closing, sent = false, more;
	u32 nr;

	if (up && r->cs.cstate < C_WF_REPORT_PARAMS)
		return false;
	switch (drbd_tl_next_send(&r->tl, drbd_now_ms(), &q, &nr)) {
	case DRBD_SEND_BARRIER:
		if (!up)
			return true;
		r->sender_busy = true;
		more = r->tl.send.next != &r->tl.send;
		spin_unlock_irqrestore(&r->lock, *flags);
		memset(&pkt, 0, sizeof(pkt));
		pkt.cmd = P_BARRIER;
		pkt.u.barrier.barrier = nr;
		if (more)
			drbd_send_later(r, DRBD_DATA_SOCK, &pkt);
		else
			drbd_send(r, DRBD_DATA_SOCK, &pkt, NULL);
		spin_lock_irqsave(&r->lock, *flags);
		break;
	case DRBD_SEND_REQUEST:
		req = container_of(q, struct drbd_kreq, r);
		r->sender_busy = true;
		more = r->tl.send.next != &r->tl.send;
		spin_unlock_irqrestore(&r->lock, *flags);
		if (up && more)
			cork(r, true);
		if (up)
			sent = send_one(req);
		drbd_todo_init(&td);
		spin_lock_irqsave(&r->lock, *flags);
		drbd_tell(req, sent ? RQE_HANDED_OVER : RQE_SEND_FAILED, &td);
		spin_unlock_irqrestore(&r->lock, *flags);
		drbd_run(&td);
		spin_lock_irqsave(&r->lock, *flags);
		break;
	default:
		return false;
	}
	r->sender_busy = false;
	drbd_wake(r);
	return true;
}

/* Lock held, dropped meanwhile. False: no work whose turn it is. */
static bool work_step(struct drbd_resource *r, unsigned long *flags)
{
	struct drbd_work *wk;
	struct drbd_device *dev;
	bool fixed;
	u32 nr;

	if (list_empty(&r->works))
		return false;
	wk = list_first_entry(&r->works, struct drbd_work, link);
	if (!drbd_tl_passed(&r->tl, wk->ticket))
		return false;
	list_del(&wk->link);
	wk->queued = false;
	dev = wk->dev;
	nr = wk->nr;
	fixed = wk->static_storage;
	r->worker_busy = true;
	spin_unlock_irqrestore(&r->lock, *flags);
	push(r);
	wk->fn(r, wk);
	if (!fixed)
		drbd_work_free(wk);
	if (dev)
		drbd_device_put(dev);
	spin_lock_irqsave(&r->lock, *flags);
	r->worker_busy = false;
	r->work_done = nr;
	drbd_wake(r);
	return true;
}

int drbd_worker(void *arg)
{
	struct drbd_resource *r = arg;
	const unsigned long patience = msecs_to_jiffies(BARRIER_WAIT_MS) + 1;
	unsigned long since = jiffies;	/* there was nothing but a barrier to send, since then */
	unsigned long flags;
	bool lone;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		spin_lock_irqsave(&r->lock, flags);
		lone = drbd_tl_barrier_waits(&r->tl) && !r->net.on_congestion;
		if (!lone)
			since = jiffies;
		if (!list_empty(&r->works) ||
		    (drbd_tl_to_send(&r->tl) && (!lone || time_after_eq(jiffies, since + patience)))) {
			__set_current_state(TASK_RUNNING);
			if (work_step(r, &flags) || sender_step(r, &flags)) {
				spin_unlock_irqrestore(&r->lock, flags);
				continue;
			}
			set_current_state(TASK_INTERRUPTIBLE);
			/* what came between the two is seen: wakers hold the lock */
		}
		spin_unlock_irqrestore(&r->lock, flags);
		if (r->corked || READ_ONCE(r->data.held_byte)) {
			__set_current_state(TASK_RUNNING);
			push(r);
			continue;	/* what came meanwhile */
		}
		if (kthread_should_stop())
			break;
		schedule_timeout(lone ? patience : MAX_SCHEDULE_TIMEOUT);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* --- clock ----------------------------------------------------------------------------------------------------------------------- */

static void tick_conn(struct drbd_resource *r)
{
	unsigned long flags;
	bool late = false;
	u64 limit, again;

	spin_lock_irqsave(&r->lock, flags);
	limit = (u64)r->net.ko_count * r->net.timeout * 100;
	if (r->established && r->cs.cstate == C_WF_REPORT_PARAMS)
		late = drbd_tl_timed_out(&r->tl, limit, r->connected_ms, drbd_now_ms(), &again);
	spin_unlock_irqrestore(&r->lock, flags);
	if (late)
		drbd_conn_fail(r, C_TIMEOUT, "Remote failed to finish a request within ko-count * timeout");
}

static void tick_dev(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	u64 now = drbd_now_ms(), again;
	unsigned long flags;
	bool dirty = false, progress;

	spin_lock_irqsave(&r->lock, flags);
	if (dev->disk_open && drbd_req_disk_timed_out(&dev->rv, dev->conf.disk_timeout * 100ull, dev->attached_ms, now,
						      &again)) {
		drbd_err(dev, "Local backing device failed to meet the disk-timeout");
		drbd_io_failed(dev, IOE_FORCE_DETACH);
	}
	dirty = dev->md_dirty && dev->disk_open && now - dev->md_dirty_ms >= MD_SYNC_MS;
	progress = dev->vs.state.conn >= C_SYNC_SOURCE && dev->vs.state.conn <= C_VERIFY_T;
	spin_unlock_irqrestore(&r->lock, flags);
	if (dirty)
		drbd_md_write(dev);
	if (progress)
		drbd_nl_progress(dev);
}

void drbd_tick(struct work_struct *work)
{
	struct drbd_resource *r = container_of(work, struct drbd_resource, tick.work);
	struct drbd_device *dev;
	u32 i;

	tick_conn(r);
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		tick_dev(dev);
		drbd_device_put(dev);
	}
	schedule_delayed_work(&r->tick, HZ);
}
