/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/drbd: the format of 8.4, drbd-tools.md C. */
#include "drbd_proc.h"
#include "drbd_main.h"

static char letter_of_protocol(const struct drbd_resource *r)
{
	return r->cs.net ? (char)('A' + r->net.wire_protocol - DRBD_PROT_A) : ' ';
}

static char wo_letter(const struct drbd_resource *r)
{
	static const char letters[] = { 'n', 'd', 'f' };

	return r->es.wo < sizeof(letters) ? letters[r->es.wo] : '?';
}

static char blocked_letter(const struct drbd_device *dev)
{
	if (dev->rv.holds)
		return 'd';
	return dev->res->helper ? 'c' : '-';
}

static void show_progress(struct seq_file *m, struct drbd_device *dev)
{
	struct drbd_rs_show show;
	u32 conn = dev->vs.state.conn;
	bool verify = conn == C_VERIFY_S || conn == C_VERIFY_T;
	char buf[512];

	if (conn < C_SYNC_SOURCE || conn > C_VERIFY_T)
		return;
	memset(&show, 0, sizeof(show));
	show.left = verify ? dev->rs.ov_left : dev->bm.set - DRBD_MIN(dev->rs.failed, dev->bm.set);
	show.device_bits = dev->bm.bits;
	show.want_kib_s = dev->ctl.want_kib_s;
	show.with_want = conn == C_SYNC_TARGET || conn == C_VERIFY_S;
	show.proc_details = (u8)drbd_proc_details;
	drbd_rs_format(buf, sizeof(buf), &dev->rs, &show, drbd_now_ms());
	seq_puts(m, buf);
}

static void show_caches(struct seq_file *m, const struct drbd_device *dev)
{
	const struct drbd_rs_extents *x = &dev->ext;
	const struct drbd_al *al = &dev->al;

	if (drbd_proc_details >= 1 && dev->disk_open) {
		seq_printf(m, "\tresync: used:%u/%u hits:%u misses:%u starving:%u locked:%u changed:%u\n", x->used,
			   DRBD_RS_EXTENTS, x->hits, x->misses, x->starving, x->locked, x->changed);
		seq_printf(m, "\tact_log: used:%u/%u hits:%u misses:%u starving:%u locked:%u changed:%u\n", al->used,
			   al->nr, al->hits, al->misses, al->starving, al->locked, al->changed);
	}
	if (drbd_proc_details >= 2)
		seq_printf(m, "\tblocked on activity log: %u\n", list_empty(&dev->pending) ? 0 : 1);
}

static void show_device(struct seq_file *m, struct drbd_device *dev)
{
	struct drbd_resource *r = dev->res;
	union drbd_state s = dev->vs.state;
	u64 oos = dev->disk_open ? dev->bm.set * 4 : 0;

	if (s.conn == C_STANDALONE && s.disk == D_DISKLESS && s.role == R_SECONDARY) {
		seq_printf(m, "%2d: cs:Unconfigured\n", dev->minor);
		return;
	}
	seq_printf(m, "%2d: cs:%s ro:%s/%s ds:%s/%s %c %c%c%c%c%c%c\n", dev->minor, drbd_conn_name(s.conn),
		   drbd_role_name(s.role), drbd_role_name(s.peer), drbd_disk_name(s.disk), drbd_disk_name(s.pdsk),
		   letter_of_protocol(r), drbd_suspended(&r->cs) ? 's' : 'r', s.aftr_isp ? 'a' : '-',
		   s.peer_isp ? 'p' : '-', s.user_isp ? 'u' : '-', blocked_letter(dev),
		   dev->vs.flags & VF_AL_SUSPENDED ? 's' : '-');
	seq_printf(m, "    ns:%u nr:%u dw:%u dr:%u al:%u bm:%u lo:%u pe:%u ua:%u ap:%u ep:%u wo:%c oos:%llu\n",
		   dev->cnt.send_sect / 2, dev->cnt.recv_sect / 2, dev->cnt.write_sect / 2, dev->cnt.read_sect / 2,
		   dev->cnt.al_writes, dev->cnt.bm_writes, dev->rv.local_cnt, dev->rv.ap_pending + dev->rs_pending,
		   dev->unacked, dev->rv.ap_bio, r->es.nr, wo_letter(r), (unsigned long long)oos);
	show_progress(m, dev);
	show_caches(m, dev);
}

/* The volume with the lowest minor above `after`; drbd_cfg_mutex held. */
static struct drbd_device *next_minor(int after)
{
	struct drbd_resource *r;
	struct drbd_device *dev, *best = NULL;

	list_for_each_entry(r, &drbd_resources, link)
		drbd_for_each_dev(dev, r)
			if (dev->minor > after && (!best || dev->minor < best->minor))
				best = dev;
	return best;
}

static int show(struct seq_file *m, void *v)
{
	struct drbd_device *dev;
	int last = -1;
	unsigned long flags;

	seq_printf(m, "version: " DRBD_VERSION " (api:%d/proto:%d-%d)\n", DRBD_API_VERSION, DRBD_PRO_VERSION_MIN,
		   DRBD_PRO_VERSION_MAX);
	seq_printf(m, "srcversion: %-24s\n", THIS_MODULE->srcversion ? THIS_MODULE->srcversion : "");
	mutex_lock(&drbd_cfg_mutex);
	while ((dev = next_minor(last))) {
		if (dev->minor != last + 1)
			seq_putc(m, '\n');
		last = dev->minor;
		spin_lock_irqsave(&dev->res->lock, flags);
		show_device(m, dev);
		spin_unlock_irqrestore(&dev->res->lock, flags);
	}
	mutex_unlock(&drbd_cfg_mutex);
	return 0;
}

static int proc_open(struct inode *inode, struct file *file)
{
	return single_open(file, show, NULL);
}

#ifdef COMPAT_HAVE_PROC_OPS
static const struct proc_ops proc_file = {
	.proc_open = proc_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};
#else
static const struct file_operations proc_file = {
	.owner = THIS_MODULE,
	.open = proc_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};
#endif

int drbd_proc_init(void)
{
	return proc_create_data("drbd", S_IFREG | 0444, NULL, &proc_file, NULL) ? 0 : -ENOMEM;
}

void drbd_proc_exit(void)
{
	remove_proc_entry("drbd", NULL);
}
