/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The administrator's commands: what is decided is in drbd_cmd.c of the core, what is parsed and answered in drbd_nl.c.
 * One command at a time per resource (adm_mutex). A command that fails leaves nothing half configured.
 */
#include "drbd_adm.h"
#include "drbd_conn.h"
#include "drbd_dev.h"
#include "drbd_io.h"
#include "drbd_nl.h"
#include "drbd_worker.h"

#define SET_DEFAULTS	1u
#define AL_WAIT_MS	30000	/* for a moment without writes */

static DEFINE_MUTEX(create_mutex);	/* new-resource, new-minor, connect: what is unique stays so */

static s32 refuse(struct nl_ctx *c, s32 code, const char *why)
{
	drbd_nl_say(c, "%s", why);
	return code;
}

static s32 lock_adm(struct nl_ctx *c)
{
	return mutex_lock_interruptible(&c->r->adm_mutex) ? ERR_INTR : NO_ERROR;
}

/* --- resources and minors ----------------------------------------------------------------------------------------------------- */

static s32 parse_cpu_mask(const char *text)
{
	for (; *text; text++)
		if (!isxdigit(*text) && *text != ',')
			return ERR_CPU_MASK_PARSE;
	return NO_ERROR;
}

/* Threads of the resource on these CPUs. */
static void apply_cpu_mask(struct drbd_resource *r)
{
	cpumask_var_t mask;
	unsigned long flags;
	struct task_struct *t = NULL;

	if (!r->conf.cpu_mask[0] || !zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;
	if (!bitmap_parse(r->conf.cpu_mask, sizeof(r->conf.cpu_mask), cpumask_bits(mask), nr_cpu_ids) &&
	    cpumask_intersects(mask, cpu_online_mask)) {
		set_cpus_allowed_ptr(r->worker, mask);
		spin_lock_irqsave(&r->lock, flags);
		if (r->receiver) {
			t = r->receiver;
			get_task_struct(t);
		}
		spin_unlock_irqrestore(&r->lock, flags);
		if (t) {
			set_cpus_allowed_ptr(t, mask);
			put_task_struct(t);
		}
	}
	free_cpumask_var(mask);
}

static s32 new_resource(struct nl_ctx *c)
{
	struct drbd_resource_conf conf;
	const char *why;
	s32 rv = NO_ERROR;

	if (!c->has_name || !c->name[0])
		return refuse(c, ERR_MANDATORY_TAG, "resource name missing");
	if (strchr(c->name, '/'))
		return refuse(c, ERR_INVALID_REQUEST, "invalid resource name");
	drbd_opts_default(DRBD_CTX_resource, &conf);
	why = drbd_nl_options(c, DRBD_CTX_resource, false, &conf);
	if (why)
		return refuse(c, ERR_MANDATORY_TAG, why);
	if (parse_cpu_mask(conf.cpu_mask) != NO_ERROR)
		return ERR_CPU_MASK_PARSE;
	mutex_lock(&create_mutex);
	if (!c->r)
		c->r = drbd_resource_find(c->name);
	if (c->r) {
		if (c->nlh->nlmsg_flags & NLM_F_EXCL)
			rv = refuse(c, ERR_INVALID_REQUEST, "resource exists");
	} else {
		c->r = drbd_resource_new(c->name, &conf);
		if (c->r) {
			drbd_resource_get(c->r);
			apply_cpu_mask(c->r);
			drbd_nl_notify_resource(c->r, NOTIFY_CREATE);
		} else {
			rv = ERR_NOMEM;
		}
	}
	mutex_unlock(&create_mutex);
	return rv;
}

/* On an established connection the new volume begins its own handshake. */
static void introduce(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool up;

	spin_lock_irqsave(&r->lock, flags);
	up = r->established && r->cs.cstate >= C_WF_REPORT_PARAMS;
	if (up)
		drbd_req_vol_connected(&dev->rv);
	spin_unlock_irqrestore(&r->lock, flags);
	if (up)
		drbd_send_volume(dev);
}

static s32 add_minor(struct nl_ctx *c)
{
	struct drbd_device *dev;
	int err;

	dev = drbd_device_volume(c->r, (u16)c->volume);
	if (dev) {
		drbd_device_put(dev);
		return ERR_INVALID_REQUEST;
	}
	err = drbd_device_new(c->r, (int)c->minor, (u16)c->volume);
	if (err == -EBUSY || err == -EEXIST)
		return ERR_MINOR_OR_VOLUME_EXISTS;
	if (err)
		return ERR_NOMEM;
	dev = drbd_device_find((int)c->minor);
	if (dev) {
		introduce(dev);
		drbd_nl_notify_device(dev, NOTIFY_CREATE);
		drbd_nl_notify_peer_device(dev, NOTIFY_CREATE);
		drbd_device_put(dev);
	}
	return NO_ERROR;
}

static s32 new_minor(struct nl_ctx *c)
{
	s32 rv;

	if (c->minor > DRBD_MINOR_MAX)
		return refuse(c, ERR_INVALID_REQUEST, "requested minor out of range");
	if (c->volume < 0 || c->volume > DRBD_VOLUME_MAX)
		return refuse(c, ERR_INVALID_REQUEST, "requested volume id out of range");
	if (c->dev)
		return c->nlh->nlmsg_flags & NLM_F_EXCL ? ERR_MINOR_OR_VOLUME_EXISTS : NO_ERROR;
	if (c->r->cs.vols == DRBD_VOLS_MAX)
		return refuse(c, ERR_INVALID_REQUEST, "too many volumes in this resource");
	mutex_lock(&create_mutex);
	mutex_lock(&c->r->adm_mutex);
	rv = add_minor(c);
	if (rv == ERR_INVALID_REQUEST)
		drbd_nl_say(c, "requested volume exists already");
	mutex_unlock(&c->r->adm_mutex);
	mutex_unlock(&create_mutex);
	return rv;
}

static s32 remove_minor(struct drbd_device *dev)
{
	struct drbd_change ch = { 0, 0, CS_VERBOSE };
	union drbd_state s = dev->vs.state;

	if (s.disk != D_DISKLESS || s.role != R_SECONDARY || dev->vs.opens)
		return ERR_MINOR_CONFIGURED;
	if (s.conn >= C_CONNECTED) {
		ch.mask = DS_CONN(C_MASK);
		ch.val = DS_CONN(C_WF_REPORT_PARAMS);
		drbd_change_wait(dev->res, dev, &ch);
	}
	drbd_nl_notify_peer_device(dev, NOTIFY_DESTROY);
	drbd_nl_notify_device(dev, NOTIFY_DESTROY);
	drbd_device_del(dev);
	return NO_ERROR;
}

static s32 del_minor(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = remove_minor(c->dev);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 del_empty_resource(struct drbd_resource *r)
{
	if (r->cs.cstate > C_STANDALONE || r->receiver)
		return ERR_NET_CONFIGURED;
	if (r->cs.vols)
		return ERR_RES_IN_USE;
	drbd_worker_flush(r);
	drbd_nl_notify_resource(r, NOTIFY_DESTROY);
	drbd_resource_del(r);
	return NO_ERROR;
}

static s32 del_resource(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = del_empty_resource(c->r);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 resource_opts(struct nl_ctx *c)
{
	struct drbd_resource_conf conf;
	unsigned long flags;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	conf = c->r->conf;
	if (c->flags & SET_DEFAULTS)
		drbd_opts_reset(DRBD_CTX_resource, &conf);
	why = drbd_nl_options(c, DRBD_CTX_resource, true, &conf);
	if (why) {
		rv = refuse(c, ERR_MANDATORY_TAG, why);
	} else if (parse_cpu_mask(conf.cpu_mask) != NO_ERROR) {
		rv = ERR_CPU_MASK_PARSE;
	} else {
		spin_lock_irqsave(&c->r->lock, flags);
		c->r->conf = conf;
		spin_unlock_irqrestore(&c->r->lock, flags);
		apply_cpu_mask(c->r);
	}
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* --- disk ------------------------------------------------------------------------------------------------------------------------ */

static s32 check_resync_after(struct drbd_device *dev, s32 after)
{
	struct drbd_resource *r;
	struct drbd_device *d;
	struct drbd_rs_dep *dep;
	u32 n = 0, i = 0;
	int err;

	if (after == -1)
		return NO_ERROR;
	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link)
		n += r->cs.vols;
	dep = kcalloc(n + 1, sizeof(*dep), GFP_KERNEL);
	list_for_each_entry(r, &drbd_resources, link)
		drbd_for_each_dev(d, r)
			if (dep && i < n) {
				dep[i].minor = d->minor;
				dep[i++].resync_after = d->disk_open ? d->conf.resync_after : -1;
			}
	mutex_unlock(&drbd_cfg_mutex);
	if (!dep)
		return ERR_NOMEM;
	err = drbd_rs_after_check(dep, i, dev->minor, after);
	kfree(dep);
	return !err ? NO_ERROR : err == -ELOOP ? ERR_RESYNC_AFTER_CYCLE : ERR_RESYNC_AFTER;
}

static void update_write_ordering(struct drbd_resource *r)
{
	struct drbd_device *dev;
	bool flushes = true, drain = true;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	drbd_for_each_dev(dev, r)
		if (dev->disk_open) {
			flushes &= dev->conf.disk_flushes;
			drain &= dev->conf.disk_drain;
		}
	r->es.wo = drbd_write_ordering(flushes, drain);
	spin_unlock_irqrestore(&r->lock, flags);
}

/* What these options ask for can not be done on this kernel. old: NULL at attach; what was said is not said again. */
static void say_disk_options(struct drbd_device *dev, const struct drbd_disk_conf *old, const struct drbd_disk_conf *conf)
{
	if (conf->disk_barrier && !(old && old->disk_barrier))
		drbd_info(dev, "disk-barrier is not available on this kernel, disk-flushes and disk-drain decide");
	if (!DRBD_CONGESTION_KNOWN && conf->read_balancing == RB_CONGESTED_REMOTE &&
	    !(old && old->read_balancing == RB_CONGESTED_REMOTE))
		drbd_info(dev, "read-balancing when-congested-remote: this kernel does not tell congestion, reads stay local");
}

/* Super block read and found good: sizes, bitmap, activity log. Nothing of it is in use before `take` */
static s32 prepare_disk(struct drbd_device *dev, struct drbd_attach_in *in)
{
	struct drbd_size_state sizes;
	unsigned long flags;
	bool too_big;
	s32 rv;

	memset(in, 0, sizeof(*in));
	in->conf = &dev->conf;
	in->md_flags = dev->md.flags;
	memcpy(in->uuid, dev->md.uuid, sizeof(in->uuid));
	in->max_size_sect = drbd_disk_max_sect(dev);
	in->md_size_sect = dev->md.la_size_sect;
	spin_lock_irqsave(&dev->res->lock, flags);
	in->capacity_sect = dev->sizes.capacity_sect;
	rv = drbd_attach_check(&dev->res->cs, &dev->vs, in);
	sizes = dev->sizes;
	sizes.own_max_sect = in->max_size_sect;
	sizes.own_max_bio = DRBD_MAX_BIO_SIZE;
	sizes.agreed_sect = in->md_size_sect;
	sizes.user_sect = dev->conf.disk_size;
	if (dev->vs.state.conn < C_CONNECTED || dev->vs.state.pdsk < D_INCONSISTENT)
		sizes.peer_max_sect = 0;	/* no growth that the peer does not see */
	if (!sizes.peer_max_bio)
		sizes.peer_max_bio = dev->md.la_peer_max_bio_size;
	sizes.capacity_sect = drbd_new_size(&sizes, sizes.user_sect, false, dev->vs.state.conn >= C_CONNECTED, &too_big);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (rv != NO_ERROR)
		return rv;
	dev->al_mem = NULL;
	if (drbd_bm_make(dev, sizes.capacity_sect, false, false))
		return ERR_NOMEM_BITMAP;
	dev->sizes = sizes;
	return drbd_al_make(dev, dev->conf.al_extents) ? ERR_NOMEM : NO_ERROR;
}

/* Room that was not there when it was last attached, all of it at the first time, is out of sync. Lock held. */
static bool set_new_bits(struct drbd_device *dev, u64 old_sect)
{
	if (dev->sizes.capacity_sect <= old_sect)
		return false;
	drbd_bm_set(&dev->bm, old_sect ? drbd_bm_bits(old_sect) - 1 : 0, dev->bm.bits - 1);
	if (old_sect && dev->vs.state.conn == C_CONNECTED)
		dev->vs.flags |= VF_RESYNC_AFTER_NEG;
	return true;
}

static s32 read_bitmap(struct drbd_device *dev, u64 old_sect, bool set_all)
{
	bool grew;
	unsigned long flags;
	int err;

	if (set_all) {
		drbd_info(dev, "Setting and writing one bitmap slot, after MDF_FULL_SYNC or a crash without activity log");
		spin_lock_irqsave(&dev->res->lock, flags);
		drbd_set_all_bits(dev);
		spin_unlock_irqrestore(&dev->res->lock, flags);
		err = drbd_bm_write(dev, true);
	} else {
		err = drbd_bm_read(dev);
	}
	spin_lock_irqsave(&dev->res->lock, flags);
	grew = !err && set_new_bits(dev, old_sect);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (grew)
		err = drbd_bm_write(dev, true);
	if (!err)
		err = drbd_al_initialize(dev);
	return err ? ERR_IO_MD_DISK : NO_ERROR;
}

/* The disk is Attaching; from here on a failure goes through the state Diskless, which closes it. */
static s32 take_disk(struct drbd_device *dev, const struct drbd_attach_in *in)
{
	struct drbd_resource *r = dev->res;
	struct drbd_change ch;
	unsigned long flags;
	bool set_all, degr;
	s32 rv;

	spin_lock_irqsave(&r->lock, flags);
	drbd_attach_take(&r->cs, &dev->vs, in, &ch, &set_all, &degr);
	dev->vs.disk_conf = &dev->conf;
	dev->disk_open = true;
	dev->detaching = false;
	dev->attached_ms = drbd_now_ms();
	dev->degr_timeout_type = degr;
	dev->disk_users++;
	spin_unlock_irqrestore(&r->lock, flags);
	rv = read_bitmap(dev, in->md_size_sect, set_all);
	spin_lock_irqsave(&r->lock, flags);
	if (rv == NO_ERROR) {
		drbd_attach_bitmap(&dev->vs, dev->bm.bits, dev->bm.set);
		drbd_md_dirty_locked(dev);
		rv = drbd_change_locked(dev, &ch);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv != ERR_IO_MD_DISK && rv >= SS_SUCCESS) {
		drbd_md_write(dev);
		dev->sizes.agreed_sect = dev->sizes.capacity_sect;
		drbd_dev_set_size(dev);
		drbd_dev_set_limits(dev);
		update_write_ordering(r);
		drbd_info(dev, "size = %llu KB, %llu bits out of sync", (unsigned long long)dev->sizes.capacity_sect / 2,
			  (unsigned long long)dev->bm.set);
		rv = NO_ERROR;
	}
	drbd_disk_put(dev);
	if (rv != NO_ERROR)
		drbd_set(dev, DS_DISK(D_MASK), DS_DISK(D_DISKLESS), CS_HARD);
	drbd_worker_flush(r);
	return rv;
}

static s32 open_and_take(struct nl_ctx *c, struct drbd_device *dev)
{
	struct drbd_change ch = { 0, 0, CS_VERBOSE };
	struct drbd_attach_in in;
	const char *why = NULL;
	s32 rv;

	rv = drbd_disk_open(dev, &dev->conf, &why);
	if (rv != NO_ERROR)
		return rv;
	rv = drbd_disk_read_md(dev, &why);
	if (rv == NO_ERROR)
		rv = prepare_disk(dev, &in);
	if (rv == ERR_IMPLICIT_SHRINK)
		drbd_nl_say(c, "volume %u: the data were %llu sectors, the device has room for %llu; give --size to shrink",
			    dev->vs.volume, (unsigned long long)in.md_size_sect, (unsigned long long)in.max_size_sect);
	if (why)
		drbd_nl_say(c, "%s", why);
	if (rv == NO_ERROR) {
		ch.mask = DS_DISK(D_MASK);
		ch.val = DS_DISK(D_ATTACHING);
		rv = drbd_change_wait(c->r, dev, &ch);
		if (rv >= SS_SUCCESS)
			return take_disk(dev, &in);
	}
	drbd_disk_close(dev);
	return rv;
}

static s32 attach(struct nl_ctx *c)
{
	struct drbd_device *dev = c->dev;
	struct drbd_disk_conf conf;
	unsigned long flags;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_worker_flush(c->r);
	drbd_opts_default(DRBD_CTX_disk, &conf);
	spin_lock_irqsave(&c->r->lock, flags);
	rv = drbd_attach_precheck(&c->r->cs, &dev->vs, &conf);	/* is there one already */
	spin_unlock_irqrestore(&c->r->lock, flags);
	if (rv == NO_ERROR && (why = drbd_nl_options(c, DRBD_CTX_disk, false, &conf)))
		rv = refuse(c, ERR_MANDATORY_TAG, why);
	if (rv == NO_ERROR) {
		spin_lock_irqsave(&c->r->lock, flags);
		rv = drbd_attach_precheck(&c->r->cs, &dev->vs, &conf);
		spin_unlock_irqrestore(&c->r->lock, flags);
	}
	if (rv == NO_ERROR)
		rv = check_resync_after(dev, conf.resync_after);
	if (rv == NO_ERROR) {
		say_disk_options(dev, NULL, &conf);
		dev->conf = conf;
		rv = open_and_take(c, dev);
		drbd_rs_dependents();
	}
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* The log begins anew with so many extents. Nothing is changed unless NO_ERROR or ERR_IO_MD_DISK. */
static s32 change_al_extents(struct nl_ctx *c, u32 al_extents)
{
	struct drbd_device *dev = c->dev;
	s32 rv = NO_ERROR;

	if (drbd_suspended(&c->r->cs))
		return refuse(c, ERR_INVALID_REQUEST, "al-extents can not be changed while I/O is suspended");
	if (!drbd_disk_get(dev, D_ATTACHING))
		return ERR_NO_DISK;
	if (!drbd_al_close(dev, AL_WAIT_MS)) {
		rv = refuse(c, ERR_INVALID_REQUEST, "the activity log is in use all the time: al-extents is not changed");
		goto put;
	}
	if (drbd_bm_write(dev, false))
		rv = ERR_IO_MD_DISK;
	else if (drbd_al_make(dev, al_extents))
		rv = ERR_NOMEM;
	else if (drbd_al_initialize(dev))
		rv = ERR_IO_MD_DISK;
	drbd_al_open(dev);
put:
	drbd_disk_put(dev);
	return rv;
}

static s32 chg_disk_opts(struct nl_ctx *c)
{
	struct drbd_device *dev = c->dev;
	struct drbd_disk_conf conf;
	unsigned long flags;
	const char *why;
	bool up;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	if (!dev->disk_open) {
		rv = ERR_NO_DISK;
		goto unlock;
	}
	conf = dev->conf;
	if (c->flags & SET_DEFAULTS)
		drbd_opts_reset(DRBD_CTX_disk, &conf);
	why = drbd_nl_options(c, DRBD_CTX_disk, true, &conf);
	if (why) {
		rv = refuse(c, ERR_MANDATORY_TAG, why);
		goto unlock;
	}
	rv = check_resync_after(dev, conf.resync_after);
	if (rv != NO_ERROR)
		goto unlock;
	if (conf.al_extents != dev->conf.al_extents)
		rv = change_al_extents(c, conf.al_extents);
	if (rv != NO_ERROR)
		goto unlock;
	say_disk_options(dev, &dev->conf, &conf);
	spin_lock_irqsave(&c->r->lock, flags);
	if (conf.c_plan_ahead != dev->conf.c_plan_ahead)
		drbd_rs_ctl_resize(&dev->ctl, conf.c_plan_ahead);
	dev->conf = conf;
	if (conf.al_updates)
		dev->vs.md_flags &= ~MDF_AL_DISABLED;
	else
		dev->vs.md_flags |= MDF_AL_DISABLED;
	up = c->r->cs.cstate >= C_WF_REPORT_PARAMS;
	spin_unlock_irqrestore(&c->r->lock, flags);
	update_write_ordering(c->r);
	drbd_md_write(dev);
	if (up)
		drbd_send_sync_param(dev);
	drbd_rs_dependents();
unlock:
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 detach_dev(struct drbd_device *dev, bool force)
{
	struct drbd_change ch;
	unsigned long flags;
	s32 rv;

	if (dev->vs.state.disk == D_DISKLESS)
		return SS_NOTHING_TO_DO;
	drbd_change_detach(force, &ch);
	if (force) {
		spin_lock_irqsave(&dev->res->lock, flags);
		dev->vs.flags |= VF_FORCE_DETACH;
		spin_unlock_irqrestore(&dev->res->lock, flags);
		return drbd_change(dev, &ch);
	}
	rv = drbd_change_wait(dev->res, dev, &ch);
	if (rv >= SS_SUCCESS)	/* until the disk is closed */
		while (dev->vs.state.disk == D_FAILED || (dev->disk_open && dev->vs.state.disk == D_DISKLESS)) {
			u32 seen = drbd_events(dev->res);

			drbd_worker_flush(dev->res);
			if (dev->vs.state.disk == D_FAILED)
				drbd_wait(dev->res, seen, 100);
			if (signal_pending(current))
				return ERR_INTR;
		}
	return rv;
}

static s32 detach(struct nl_ctx *c)
{
	struct drbd_detach_conf conf;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_opts_default(DRBD_CTX_detach, &conf);
	why = drbd_nl_options(c, DRBD_CTX_detach, false, &conf);
	rv = why ? refuse(c, ERR_MANDATORY_TAG, why) : detach_dev(c->dev, conf.force_detach);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* Nothing is held back here until so many requests have come: each starts at once. */
static void say_net_options(struct drbd_resource *r, u32 old_watermark, const struct drbd_net_conf *net)
{
	if (net->unplug_watermark != old_watermark)
		res_info(r, "unplug-watermark %u has no effect: requests are not held back", net->unplug_watermark);
}

/* --- connection -------------------------------------------------------------------------------------------------------------------- */

struct algs {
	struct drbd_tfm csums, verify, integrity, hmac;
};

static void put_algs(struct algs *a)
{
	drbd_tfm_put(&a->csums);
	drbd_tfm_put(&a->verify);
	drbd_tfm_put(&a->integrity);
	drbd_tfm_put(&a->hmac);
}

static s32 get_algs(struct algs *a, const struct drbd_net_conf *net)
{
	char name[ALG_NAME_MAX + 8];
	s32 rv = NO_ERROR;
	int err;

	memset(a, 0, sizeof(*a));
	err = drbd_tfm_get(&a->csums, net->csums_alg);
	if (err)
		rv = err == -EINVAL ? ERR_CSUMS_ALG_ND : ERR_CSUMS_ALG;
	err = rv == NO_ERROR ? drbd_tfm_get(&a->verify, net->verify_alg) : 0;
	if (err)
		rv = err == -EINVAL ? ERR_VERIFY_ALG_ND : ERR_VERIFY_ALG;
	err = rv == NO_ERROR ? drbd_tfm_get(&a->integrity, net->integrity_alg) : 0;
	if (err)
		rv = err == -EINVAL ? ERR_INTEGRITY_ALG_ND : ERR_INTEGRITY_ALG;
	if (rv == NO_ERROR && net->cram_hmac_alg[0]) {
		snprintf(name, sizeof(name), "hmac(%s)", net->cram_hmac_alg);
		err = strlen(name) < ALG_NAME_MAX ? drbd_tfm_get(&a->hmac, name) : -ENOENT;
		if (err)
			rv = err == -EINVAL ? ERR_AUTH_ALG_ND : ERR_AUTH_ALG;
	}
	if (rv != NO_ERROR)
		put_algs(a);
	return rv;
}

static s32 check_addresses(struct nl_ctx *c)
{
	struct drbd_resource *r;
	s32 rv = NO_ERROR;

	mutex_lock(&drbd_cfg_mutex);
	list_for_each_entry(r, &drbd_resources, link) {
		if (r == c->r || !r->my_addr_byte || !r->cs.net)
			continue;
		if (nla_len(c->my_addr) == r->my_addr_byte && !memcmp(nla_data(c->my_addr), &r->my_addr, r->my_addr_byte))
			rv = ERR_LOCAL_ADDR;
		else if (nla_len(c->peer_addr) == r->peer_addr_byte &&
			 !memcmp(nla_data(c->peer_addr), &r->peer_addr, r->peer_addr_byte))
			rv = ERR_PEER_ADDR;
	}
	mutex_unlock(&drbd_cfg_mutex);
	return rv;
}

static bool address_ok(struct nlattr *a)
{
	const struct sockaddr *sa = nla_data(a);

	if (nla_len(a) < (int)sizeof(sa_family_t))
		return false;
	if (sa->sa_family == AF_INET)
		return nla_len(a) >= (int)sizeof(struct sockaddr_in);
	return sa->sa_family == AF_INET6 && nla_len(a) >= (int)sizeof(struct sockaddr_in6);
}

static s32 start_connection(struct nl_ctx *c, const struct drbd_net_conf *net, struct algs *algs)
{
	struct drbd_change ch = { 0, 0, CS_VERBOSE };
	struct drbd_resource *r = c->r;
	unsigned long flags;

	drbd_tfm_put(&algs->hmac);	/* made again with the secret at each connect */
	spin_lock_irqsave(&r->lock, flags);
	r->net = *net;
	r->csums = algs->csums;
	r->verify = algs->verify;
	r->integrity = algs->integrity;
	memset(&r->my_addr, 0, sizeof(r->my_addr));
	memset(&r->peer_addr, 0, sizeof(r->peer_addr));
	r->my_addr_byte = nla_len(c->my_addr);
	r->peer_addr_byte = nla_len(c->peer_addr);
	memcpy(&r->my_addr, nla_data(c->my_addr), r->my_addr_byte);
	memcpy(&r->peer_addr, nla_data(c->peer_addr), r->peer_addr_byte);
	r->cs.net = &r->net;
	spin_unlock_irqrestore(&r->lock, flags);
	drbd_nl_notify_connection(r, NOTIFY_CREATE);
	ch.mask = DS_CONN(C_MASK);
	ch.val = DS_CONN(C_UNCONNECTED);
	return drbd_change_wait(r, NULL, &ch);
}

static s32 do_connect(struct nl_ctx *c)
{
	struct drbd_resource *r = c->r;
	struct drbd_net_conf net;
	struct algs algs;
	unsigned long flags;
	const char *why;
	u32 watermark;
	s32 rv;

	drbd_worker_flush(r);	/* what belonged to the last connection first */
	if (r->cs.cstate > C_STANDALONE || r->cs.net || r->receiver)
		return ERR_NET_CONFIGURED;
	drbd_opts_default(DRBD_CTX_net, &net);
	watermark = net.unplug_watermark;
	why = drbd_nl_options(c, DRBD_CTX_net, false, &net);
	if (why)
		return refuse(c, ERR_MANDATORY_TAG, why);
	spin_lock_irqsave(&r->lock, flags);
	rv = drbd_check_net_conf(&r->cs, NULL, &net);
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv == NO_ERROR)
		rv = get_algs(&algs, &net);
	if (rv != NO_ERROR)
		return rv;
	say_net_options(r, watermark, &net);
	return start_connection(c, &net, &algs);
}

static s32 connect(struct nl_ctx *c)
{
	s32 rv;

	if (!c->my_addr || !c->peer_addr)
		return refuse(c, ERR_INVALID_REQUEST, "connection endpoint(s) missing");
	if (!address_ok(c->my_addr) || !address_ok(c->peer_addr))
		return refuse(c, ERR_INVALID_REQUEST, "only IPv4 and IPv6 addresses are known");
	mutex_lock(&create_mutex);
	rv = check_addresses(c);
	if (rv == NO_ERROR)
		rv = lock_adm(c);
	if (rv == NO_ERROR) {
		rv = do_connect(c);
		mutex_unlock(&c->r->adm_mutex);
	}
	mutex_unlock(&create_mutex);
	return rv;
}

static s32 put_net_in_force(struct drbd_resource *r, const struct drbd_net_conf *net, struct algs *algs)
{
	struct drbd_device *dev;
	unsigned long flags;
	bool up;
	u32 i;

	mutex_lock(&r->data.mutex);
	spin_lock_irqsave(&r->lock, flags);
	up = r->established && r->cs.cstate >= C_WF_REPORT_PARAMS;
	r->net = *net;
	swap(r->csums, algs->csums);
	swap(r->verify, algs->verify);
	if (!up)
		swap(r->integrity, algs->integrity);
	spin_unlock_irqrestore(&r->lock, flags);
	mutex_unlock(&r->data.mutex);
	if (!up)
		return NO_ERROR;
	if (r->cs.apv >= 100) {
		/* the peer has to see the packet before the first one with the new digest */
		drbd_send_protocol(r, true);
		mutex_lock(&r->data.mutex);
		swap(r->integrity, algs->integrity);
		mutex_unlock(&r->data.mutex);
	}
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		drbd_send_sync_param(dev);
		drbd_device_put(dev);
	}
	return NO_ERROR;
}

static s32 change_net(struct nl_ctx *c)
{
	struct drbd_resource *r = c->r;
	struct drbd_net_conf net;
	struct algs algs;
	unsigned long flags;
	const char *why;
	s32 rv;

	if (!r->cs.net)
		return refuse(c, ERR_INVALID_REQUEST, "net conf missing, try connect");
	net = r->net;
	if (c->flags & SET_DEFAULTS)
		drbd_opts_reset(DRBD_CTX_net, &net);
	why = drbd_nl_options(c, DRBD_CTX_net, true, &net);
	if (why)
		return refuse(c, ERR_MANDATORY_TAG, why);
	spin_lock_irqsave(&r->lock, flags);
	rv = drbd_check_net_conf(&r->cs, &r->net, &net);
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv == NO_ERROR)
		rv = get_algs(&algs, &net);
	if (rv != NO_ERROR)
		return rv;
	if (r->established && strcmp(net.integrity_alg, r->net.integrity_alg)) {
		put_algs(&algs);
		return refuse(c, ERR_INVALID_REQUEST, "data-integrity-alg can only be changed while not connected");
	}
	say_net_options(r, r->net.unplug_watermark, &net);
	rv = put_net_in_force(r, &net, &algs);
	put_algs(&algs);
	return rv;
}

static s32 chg_net_opts(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = change_net(c);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 disconnect_res(struct drbd_resource *r, bool force)
{
	struct drbd_change alone = { DS_CONN(C_MASK), DS_CONN(C_STANDALONE), CS_HARD };
	enum drbd_disconnect_do what;
	struct drbd_disconnect d;
	unsigned long flags;
	u32 seen;
	s32 rv;

	spin_lock_irqsave(&r->lock, flags);
	drbd_want_barrier(r);	/* what has its ack before the connection ends needs no resync */
	spin_unlock_irqrestore(&r->lock, flags);
	what = drbd_disconnect_begin(&d, force);
	while (what == DISCONNECT_CHANGE) {
		rv = drbd_change_wait(r, NULL, &d.change);
		spin_lock_irqsave(&r->lock, flags);
		what = drbd_disconnect_next(&d, &r->cs, rv);
		spin_unlock_irqrestore(&r->lock, flags);
	}
	if (what == DISCONNECT_REFUSED || d.rv == SS_NOTHING_TO_DO)
		return d.rv;
	for (seen = drbd_events(r); READ_ONCE(r->receiver); seen = drbd_events(r))
		drbd_wait(r, seen, 500);
	if (r->cs.cstate != C_STANDALONE)
		drbd_change_conn(r, &alone);
	drbd_worker_flush(r);
	return d.rv;
}

static s32 disconnect(struct nl_ctx *c)
{
	struct drbd_disconnect_conf conf;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_opts_default(DRBD_CTX_disconnect, &conf);
	why = drbd_nl_options(c, DRBD_CTX_disconnect, false, &conf);
	rv = why ? refuse(c, ERR_MANDATORY_TAG, why) : disconnect_res(c->r, conf.force_disconnect);
	mutex_unlock(&c->r->adm_mutex);
	return rv < SS_SUCCESS || rv > NO_ERROR ? rv : NO_ERROR;
}

/* --- roles ---------------------------------------------------------------------------------------------------------------------------- */

static void wait_acked(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool pending;
	u32 seen;

	do {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		pending = dev->rv.ap_pending != 0;
		spin_unlock_irqrestore(&r->lock, flags);
		if (pending)
			drbd_wait(r, seen, 500);
	} while (pending && !signal_pending(current));
}

static s32 promote(struct drbd_device *dev, bool force)
{
	struct drbd_resource *r = dev->res;
	enum drbd_promote_do what;
	struct drbd_promote p;
	unsigned long flags;
	bool outdated;
	s32 rv;

	drbd_ping(r);		/* a peer that is gone is noticed now */
	what = drbd_promote_begin(&p, force);
	while (what != PROMOTE_DONE && what != PROMOTE_REFUSED) {
		if (what == PROMOTE_CHANGE) {
			rv = drbd_change_wait(r, dev, &p.change);
			spin_lock_irqsave(&r->lock, flags);
			what = drbd_promote_next(&p, &r->cs, &dev->vs, rv);
			spin_unlock_irqrestore(&r->lock, flags);
		} else if (what == PROMOTE_FENCE) {
			outdated = drbd_fence(r);
			what = drbd_promote_fenced(&p, outdated);
		} else {
			msleep_interruptible(p.wait_ms);
			what = drbd_promote_again(&p);
		}
	}
	if (what == PROMOTE_REFUSED || p.rv == SS_NOTHING_TO_DO)
		return p.rv;
	if (p.forced)
		drbd_warn(dev, "Forced to consider local data as UpToDate!");
	wait_acked(dev);
	drbd_role_followup(dev, p.forced);
	drbd_dev_set_ro(dev, false);
	return p.rv;
}

static s32 primary(struct nl_ctx *c)
{
	struct drbd_set_role_conf conf;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_opts_default(DRBD_CTX_set_role, &conf);
	why = drbd_nl_options(c, DRBD_CTX_set_role, false, &conf);
	rv = why ? refuse(c, ERR_MANDATORY_TAG, why) : promote(c->dev, conf.assume_uptodate);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* What was mirrored has its barrier ack, or the connection is gone, or somebody uses the device. */
static void drain_log(struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	unsigned long flags;
	bool wait;
	u32 seen;

	do {
		seen = drbd_events(r);
		spin_lock_irqsave(&r->lock, flags);
		wait = !dev->vs.opens && dev->vs.state.conn >= C_CONNECTED && !drbd_tl_drained(&r->tl);
		if (wait && drbd_tl_close_epoch(&r->tl))
			wake_up_process(r->worker);
		spin_unlock_irqrestore(&r->lock, flags);
		if (wait)
			drbd_wait(r, seen, 500);
	} while (wait && !signal_pending(current));
}

static void name_opener(struct nl_ctx *c, struct drbd_device *dev)
{
	char comm[TASK_COMM_LEN] = "";
	unsigned long flags;
	pid_t pid = 0;

	spin_lock_irqsave(&dev->res->lock, flags);
	if (!list_empty(&dev->openers)) {
		struct drbd_opener *o = list_first_entry(&dev->openers, struct drbd_opener, link);

		pid = o->pid;
		memcpy(comm, o->comm, sizeof(comm));
	}
	spin_unlock_irqrestore(&dev->res->lock, flags);
	if (!pid)
		return;
	drbd_warn(dev, "held open by %s (pid %d)", comm, pid);
	if (c)
		drbd_nl_say(c, "/dev/drbd%d is held open by %s (pid %d)", dev->minor, comm, pid);
}

static s32 demote(struct nl_ctx *c, struct drbd_device *dev)
{
	struct drbd_change ch;
	s32 rv;

	if (dev->vs.state.role == R_PRIMARY)
		drain_log(dev);
	drbd_change_secondary(&ch);
	rv = drbd_change_wait(dev->res, dev, &ch);
	if (rv == SS_DEVICE_IN_USE)
		name_opener(c, dev);
	if (rv < SS_SUCCESS || rv == SS_NOTHING_TO_DO)
		return rv;
	wait_acked(dev);
	drbd_role_followup(dev, false);
	drbd_dev_set_ro(dev, true);
	return rv;
}

static s32 secondary(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = demote(c, c->dev);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* --- resync, verify, generations -------------------------------------------------------------------------------------------------------- */

static s32 set_all_bits_now(struct drbd_device *dev)
{
	unsigned long flags;
	int err;

	if (!drbd_disk_get(dev, D_ATTACHING))
		return ERR_NO_DISK;
	spin_lock_irqsave(&dev->res->lock, flags);
	drbd_set_all_bits(dev);
	spin_unlock_irqrestore(&dev->res->lock, flags);
	err = drbd_bm_write(dev, true);
	drbd_disk_put(dev);
	return err ? ERR_IO_MD_DISK : NO_ERROR;
}

static s32 do_invalidate(struct drbd_device *dev, bool remote)
{
	struct drbd_resource *r = dev->res;
	struct drbd_change ch;
	unsigned long flags;
	bool set_all = false;
	s32 rv, err;

	spin_lock_irqsave(&r->lock, flags);
	rv = drbd_change_invalidate(&r->cs, &dev->vs, remote, &ch, &set_all);
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv < SS_UNKNOWN_ERROR)
		return rv;
	rv = drbd_change_wait(r, dev, &ch);
	if (rv < SS_SUCCESS || !set_all)
		return rv;
	err = set_all_bits_now(dev);
	return err == NO_ERROR ? rv : err;
}

static s32 invalidate(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = do_invalidate(c->dev, c->cmd == NLC_INVAL_PEER);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 outdate(struct nl_ctx *c)
{
	struct drbd_change ch;

	/* without adm_mutex: the fence-peer helper of another node may ask for it while a command runs here */
	drbd_ping(c->r);	/* it may have lost this node already; while connected the disk would stay UpToDate */
	drbd_change_outdate(&ch);
	return drbd_change_wait(c->r, c->dev, &ch);
}

static s32 pause_sync(struct nl_ctx *c)
{
	bool pause = c->cmd == NLC_PAUSE_SYNC;
	struct drbd_change ch;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_change_pause_sync(pause, &ch);
	rv = drbd_change(c->dev, &ch);
	rv = drbd_pause_sync_result(&c->dev->vs, pause, rv);
	drbd_worker_flush(c->r);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 start_ov(struct nl_ctx *c)
{
	struct drbd_start_ov_conf conf;
	struct drbd_change ch;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	conf.ov_start_sector = c->dev->ov_start_sect;
	conf.ov_stop_sector = ~0ull;
	why = drbd_nl_options(c, DRBD_CTX_start_ov, false, &conf);
	if (why) {
		rv = refuse(c, ERR_MANDATORY_TAG, why);
	} else {
		c->dev->ov_start_sect = conf.ov_start_sector & ~7ull;
		c->dev->ov_stop_sect = conf.ov_stop_sector;
		drbd_change_verify(&ch);
		rv = drbd_change_wait(c->r, c->dev, &ch);
	}
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 suspend_io(struct nl_ctx *c)
{
	struct drbd_change ch;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_change_suspend(true, &ch);
	rv = drbd_change_wait(c->r, NULL, &ch);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* What is frozen may be of a new generation: it is on disk before anything goes on. */
static s32 begin_resume(struct drbd_resource *r)
{
	struct drbd_device *dev;
	unsigned long flags;
	s32 rv = SS_SUCCESS;
	bool write_md;
	u32 i;

	spin_lock_irqsave(&r->lock, flags);
	drbd_for_each_dev(dev, r) {
		rv = drbd_resume_io(&r->cs, &dev->vs, drbd_random(), &write_md);
		if (rv < SS_SUCCESS)
			break;
		if (write_md)
			drbd_md_dirty_locked(dev);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		drbd_md_write_if_dirty(dev);
		drbd_device_put(dev);
	}
	return rv;
}

static s32 end_resume(struct drbd_resource *r)
{
	bool conn_lost, fail_frozen;
	struct drbd_change ch;
	unsigned long flags;
	s32 rv;

	drbd_change_suspend(false, &ch);
	spin_lock_irqsave(&r->lock, flags);
	rv = drbd_change_conn_locked(r, &ch);
	drbd_resumed_io(&r->cs, &conn_lost, &fail_frozen);
	spin_unlock_irqrestore(&r->lock, flags);
	if (rv < SS_SUCCESS)
		return rv;
	if (conn_lost)
		drbd_tell_log(r, NULL, RQE_CONN_LOST);
	if (fail_frozen)
		drbd_tell_log(r, NULL, RQE_FAIL_FROZEN);
	drbd_tell_log(r, NULL, RQE_RESUME);
	drbd_worker_flush(r);
	return rv;
}

static s32 resume_io(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = begin_resume(c->r);
	if (rv >= SS_SUCCESS)
		rv = end_resume(c->r);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 make_generation(struct drbd_device *dev, bool clear)
{
	struct drbd_resource *r = dev->res;
	bool skip = dev->vs.state.conn == C_CONNECTED, primary = dev->vs.state.role == R_PRIMARY;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&r->lock, flags);
	if (skip)
		drbd_uuid_skip_initial_sync(dev->vs.uuid, drbd_random(), primary);
	else
		drbd_new_generation(&dev->vs, drbd_random());
	dev->vs.ed_uuid = dev->vs.uuid[UI_CURRENT];
	if (clear && dev->bm.bits) {
		drbd_bm_clear(&dev->bm, 0, dev->bm.bits - 1);
		dev->vs.flags &= ~VF_AL_SUSPENDED;	/* not everything is out of sync any more */
		drbd_al_resume(&dev->al);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (clear)
		err = drbd_bm_write(dev, true);
	if (!err && skip) {
		drbd_send_uuids(dev, UUID_FLAG_SKIP_INITIAL_SYNC);
		spin_lock_irqsave(&r->lock, flags);
		dev->vs.uuid[UI_BITMAP] = 0;
		spin_unlock_irqrestore(&r->lock, flags);
		drbd_set(dev, DS_DISK(D_MASK) | DS_PDSK(D_MASK), DS_DISK(D_UP_TO_DATE) | DS_PDSK(D_UP_TO_DATE), CS_VERBOSE);
	}
	drbd_md_write(dev);
	drbd_worker_flush(r);
	return err ? ERR_IO_MD_DISK : NO_ERROR;
}

static s32 new_c_uuid(struct nl_ctx *c)
{
	struct drbd_device *dev = c->dev;
	struct drbd_new_c_uuid_conf conf;
	const char *why;
	bool fresh;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_opts_default(DRBD_CTX_new_c_uuid, &conf);
	why = drbd_nl_options(c, DRBD_CTX_new_c_uuid, false, &conf);
	if (why) {
		rv = refuse(c, ERR_MANDATORY_TAG, why);
	} else if (!drbd_disk_get(dev, D_ATTACHING)) {
		rv = ERR_NO_DISK;
	} else {
		fresh = dev->vs.state.conn == C_CONNECTED && c->r->cs.apv >= 90 &&
			dev->vs.uuid[UI_CURRENT] == UUID_JUST_CREATED && conf.clear_bm;
		rv = fresh || dev->vs.state.conn == C_STANDALONE ? make_generation(dev, conf.clear_bm) : ERR_CONNECTED;
		drbd_disk_put(dev);
	}
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

static s32 resize_to(struct drbd_device *dev, const struct drbd_resize_conf *conf)
{
	struct drbd_resource *r = dev->res;
	struct drbd_size_state *s = &dev->sizes;
	struct drbd_md_layout layout;
	unsigned long flags;
	bool too_big, connected;
	u64 size, old;

	if (drbd_md_layout(dev->conf.meta_dev_idx, drbd_bdev_sect(dev->meta.bdev) << 9, dev->layout.al_stripes,
			   dev->layout.al_stripe_size_4k, &layout) != MD_OK)
		return ERR_MD_LAYOUT_NO_FIT;
	spin_lock_irqsave(&r->lock, flags);
	connected = dev->vs.state.conn == C_CONNECTED;
	s->own_max_sect = drbd_md_usable_sect(dev->conf.meta_dev_idx, drbd_bdev_sect(dev->data.bdev), &layout);
	s->user_sect = dev->conf.disk_size = conf->resize_size;
	old = s->capacity_sect;
	size = drbd_new_size(s, conf->resize_size, conf->resize_force, connected, &too_big);
	if (size > old && connected && !conf->no_resync)
		dev->vs.flags |= VF_RESIZE_PENDING;
	spin_unlock_irqrestore(&r->lock, flags);
	if (too_big)
		drbd_err(dev, "Requested disk size is too big");
	if (drbd_resize(dev, size, !conf->no_resync))
		return ERR_NOMEM_BITMAP;
	if (connected) {
		drbd_send_uuids(dev, 0);
		drbd_send_sizes(dev, true, (conf->resize_force ? DDSF_FORCED : 0) | (conf->no_resync ? DDSF_NO_RESYNC : 0));
	}
	return NO_ERROR;
}

static s32 resize(struct nl_ctx *c)
{
	struct drbd_device *dev = c->dev;
	struct drbd_resize_conf conf;
	const char *why;
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	drbd_opts_default(DRBD_CTX_resize, &conf);
	conf.al_stripes = dev->layout.al_stripes;
	conf.al_stripe_size = dev->layout.al_stripe_size_4k * 4;
	why = drbd_nl_options(c, DRBD_CTX_resize, false, &conf);
	if (why)
		rv = refuse(c, ERR_MANDATORY_TAG, why);
	else if (!drbd_disk_get(dev, D_ATTACHING))
		rv = ERR_NO_DISK;
	if (rv != NO_ERROR)
		goto unlock;
	if (dev->vs.state.conn > C_CONNECTED)
		rv = ERR_RESIZE_RESYNC;
	else if (dev->vs.state.role == R_SECONDARY && dev->vs.state.peer == R_SECONDARY)
		rv = ERR_NO_PRIMARY;
	else if (conf.no_resync && dev->vs.state.conn >= C_CONNECTED && c->r->cs.apv < 93)
		rv = ERR_NEED_APV_93;
	else if (conf.al_stripes != dev->layout.al_stripes || conf.al_stripe_size != dev->layout.al_stripe_size_4k * 4)
		rv = refuse(c, ERR_INVALID_REQUEST, "al-stripes and al-stripe-size-kB can not be changed online; use drbdmeta");
	else
		rv = resize_to(dev, &conf);
	drbd_disk_put(dev);
unlock:
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* --- down ---------------------------------------------------------------------------------------------------------------------------------- */

static s32 down_steps(struct nl_ctx *c)
{
	struct drbd_resource *r = c->r;
	struct drbd_device *dev;
	s32 rv;
	u32 i;

	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		rv = demote(c, dev);
		drbd_device_put(dev);
		if (rv < SS_SUCCESS)
			return c->info[0] ? rv : refuse(c, rv, "failed to demote");
	}
	rv = disconnect_res(r, false);
	if (rv < SS_SUCCESS)
		return refuse(c, rv, "failed to disconnect");
	for (i = 0; (dev = drbd_device_nth(r, i)); i++) {
		rv = detach_dev(dev, false);
		drbd_device_put(dev);
		if (rv < SS_SUCCESS || rv > NO_ERROR)
			return refuse(c, rv, "failed to detach");
	}
	while ((dev = drbd_device_nth(r, 0))) {
		rv = remove_minor(dev);
		drbd_device_put(dev);
		if (rv != NO_ERROR)
			return refuse(c, rv, "failed to delete volume");
	}
	return del_empty_resource(r);
}

static s32 down_resource(struct nl_ctx *c)
{
	s32 rv = lock_adm(c);

	if (rv != NO_ERROR)
		return rv;
	rv = down_steps(c);
	mutex_unlock(&c->r->adm_mutex);
	return rv;
}

/* --- the table -------------------------------------------------------------------------------------------------------------------------------- */

u32 drbd_adm_timeout_type(const struct drbd_device *dev)
{
	if (dev->vs.state.pdsk == D_OUTDATED)
		return 2;
	return dev->degr_timeout_type;
}

static const struct drbd_command commands[] = {
	{ NLC_GET_STATUS,	NEED_MINOR,			NULL },
	{ NLC_GET_TIMEOUT_TYPE,	NEED_MINOR,			NULL },
	{ NLC_NEW_RESOURCE,	0,				new_resource },
	{ NLC_DEL_RESOURCE,	NEED_RESOURCE,			del_resource },
	{ NLC_RESOURCE_OPTS,	NEED_RESOURCE,			resource_opts },
	{ NLC_NEW_MINOR,	NEED_RESOURCE,			new_minor },
	{ NLC_DEL_MINOR,	NEED_MINOR,			del_minor },
	{ NLC_ATTACH,		NEED_MINOR,			attach },
	{ NLC_CHG_DISK_OPTS,	NEED_MINOR,			chg_disk_opts },
	{ NLC_DETACH,		NEED_MINOR,			detach },
	{ NLC_CONNECT,		NEED_RESOURCE,			connect },
	{ NLC_CHG_NET_OPTS,	NEED_CONNECTION,		chg_net_opts },
	{ NLC_DISCONNECT,	NEED_CONNECTION,		disconnect },
	{ NLC_PRIMARY,		NEED_MINOR,			primary },
	{ NLC_SECONDARY,	NEED_MINOR,			secondary },
	{ NLC_INVALIDATE,	NEED_MINOR,			invalidate },
	{ NLC_INVAL_PEER,	NEED_MINOR,			invalidate },
	{ NLC_OUTDATE,		NEED_MINOR,			outdate },
	{ NLC_PAUSE_SYNC,	NEED_MINOR,			pause_sync },
	{ NLC_RESUME_SYNC,	NEED_MINOR,			pause_sync },
	{ NLC_START_OV,		NEED_MINOR,			start_ov },
	{ NLC_SUSPEND_IO,	NEED_MINOR,			suspend_io },
	{ NLC_RESUME_IO,	NEED_MINOR,			resume_io },
	{ NLC_NEW_C_UUID,	NEED_MINOR,			new_c_uuid },
	{ NLC_RESIZE,		NEED_MINOR,			resize },
	{ NLC_DOWN,		NEED_RESOURCE,			down_resource },
};

const struct drbd_command *drbd_adm_command(u8 cmd)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].cmd == cmd)
			return &commands[i];
	return NULL;
}
