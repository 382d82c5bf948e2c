/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For every sector and node the oracle keeps the version that the node has promised to have: `must` as long as it has
 * power, `firm` when it fails. Versions grow with the time of issue, and a sector is written by one request at a time,
 * so a disk may show that version or one that was issued later. Promises are made when an application is told that its
 * request is complete, and are void while the node is overwritten as a sync target.
 */
#include "sim_oracle.h"
#include "sim_plan.h"

#define ZERO_VERSION	0x40000000u	/* a version whose content is zeroes */
#define NUMBER(v)	((v) & ~ZERO_VERSION)

struct unfirm {
	u32 sector, version;
	u64 since;		/* sim_world.seq */
};

struct side {
	u32 *must, *firm;
	struct unfirm *unfirm;
	u32 unfirm_nr, unfirm_max;
	u8 *ahead;		/* this node has an acknowledged write here that the peer was never given */
	u32 ahead_nr;
	bool void_data, excused;
	bool current;		/* has all that the stacked node above has completed */
	/* at a crash: blocks that bitmap and activity log on disk cover */
	u8 *cover;
};

/* Of one volume of a resource. */
struct sim_oracle {
	struct sim_world *w;
	struct sim_vol *v[SIM_NODES];
	u64 sectors;
	u32 blocks;
	u32 version;
	struct side side[SIM_NODES];
	u16 *flying;		/* writes under way to this sector */
	u32 *zero_top;		/* newest version of zeroes that was issued */
	u8 *contended;		/* two writes at once were under way since the last promise */
	/* blocks whose content differs between the nodes */
	u8 *diff_sectors;
	u32 *diff_at, *diff_list, diff_nr;
	u8 *corrupted, *corrupted_late;	/* late: while verify ran */
	struct sim_bio **writer;	/* by version */
	u32 writer_max;
	struct sim_bio **open;
	u32 open_nr, open_max;
};

static struct sim_oracle *new_oracle(struct sim_world *w, u64 sectors)
{
	struct sim_oracle *o = sim_alloc(w, sizeof(*o));
	int i;

	o->w = w;
	o->sectors = sectors;
	o->blocks = (u32)((sectors + 7) / 8);
	for (i = 0; i < SIM_NODES; i++) {
		o->side[i].must = sim_alloc(w, sectors * sizeof(u32));
		o->side[i].firm = sim_alloc(w, sectors * sizeof(u32));
		o->side[i].ahead = sim_alloc(w, sectors);
		o->side[i].cover = sim_alloc(w, o->blocks);
		o->side[i].current = true;
	}
	o->flying = sim_alloc(w, sectors * sizeof(u16));
	o->zero_top = sim_alloc(w, sectors * sizeof(u32));
	o->contended = sim_alloc(w, sectors);
	o->diff_sectors = sim_alloc(w, o->blocks);
	o->diff_at = sim_alloc(w, o->blocks * sizeof(u32));
	o->diff_list = sim_alloc(w, o->blocks * sizeof(u32));
	o->corrupted = sim_alloc(w, o->blocks);
	o->corrupted_late = sim_alloc(w, o->blocks);
	return o;
}

void sim_oracle_init(struct sim_pair *pair)
{
	struct sim_oracle *o;
	u32 nr, i;

	for (nr = 0; nr < pair->vols; nr++) {
		o = new_oracle(pair->w, pair->conf->sectors);
		for (i = 0; i < SIM_NODES; i++) {
			o->v[i] = pair->node[i]->vol[nr];
			o->v[i]->oracle = o;
		}
	}
}

static struct side *side_of(struct sim_vol *v)
{
	return &v->oracle->side[v->n->nr];
}

/* Is this content as new as the promise? */
static bool fulfils(const struct sim_oracle *o, u64 s, u32 content, u32 must)
{
	if (content)
		return content >= NUMBER(must);
	return !must || (must & ZERO_VERSION) || o->zero_top[s] > must;
}

static void check_sector(struct sim_vol *v, u64 s)
{
	struct side *side = side_of(v);

	if (!side->void_data && !fulfils(v->oracle, s, v->disk.now[s], side->must[s]))
		sim_violation(v->w, "%s: sector %llu has version %u, but %u was acknowledged", v->name, s,
			      v->disk.now[s], NUMBER(side->must[s]));
}

/* --- differences between the disks ----------------------------------------------------------------------------------------- */

static void block_differs(struct sim_oracle *o, u32 b, bool differs)
{
	u32 last;

	if (differs) {
		o->diff_at[b] = o->diff_nr;
		o->diff_list[o->diff_nr++] = b;
	} else {
		last = o->diff_list[--o->diff_nr];
		o->diff_list[o->diff_at[b]] = last;
		o->diff_at[last] = o->diff_at[b];
	}
}

void sim_oracle_content(struct sim_vol *v, u64 s, u32 old, u32 version)
{
	struct sim_oracle *o = v->oracle;
	u32 other = sim_peer_vol(v)->disk.now[s], b = (u32)(s / 8);
	bool was, is;

	if (v->n->up && !side_of(v)->void_data && !fulfils(o, s, version, side_of(v)->must[s]))
		sim_violation(o->w, "%s: sector %llu goes from version %u to %u, but %u was acknowledged",
			      v->name, s, old, version, NUMBER(side_of(v)->must[s]));
	was = o->diff_sectors[b] != 0;
	o->diff_sectors[b] += (version != other) - (old != other);
	is = o->diff_sectors[b] != 0;
	if (was != is)
		block_differs(o, b, is);
}

/* --- promises ---------------------------------------------------------------------------------------------------------------- */

static void promise(struct sim_vol *v, u64 s, u32 version)
{
	struct side *side = side_of(v);

	if (side->void_data)
		return;
	side->must[s] = version;
	if (side->unfirm_nr == side->unfirm_max) {
		struct unfirm *bigger;

		side->unfirm_max = side->unfirm_max ? 2 * side->unfirm_max : 1024;
		bigger = sim_alloc(v->w, side->unfirm_max * sizeof(*bigger));
		if (side->unfirm_nr)
			memcpy(bigger, side->unfirm, side->unfirm_nr * sizeof(*bigger));
		side->unfirm = bigger;
	}
	side->unfirm[side->unfirm_nr++] = (struct unfirm){ (u32)s, version, v->w->seq };
	check_sector(v, s);
}

static void make_firm(struct side *side, u64 s, u32 version)
{
	if (!side->void_data && NUMBER(version) > NUMBER(side->firm[s]))
		side->firm[s] = version;
}

/* All that was promised before this moment is firm. */
static void all_firm(struct sim_vol *v, u64 before)
{
	struct side *side = side_of(v);
	u32 i, kept = 0;

	for (i = 0; i < side->unfirm_nr; i++) {
		if (side->unfirm[i].since < before)
			make_firm(side, side->unfirm[i].sector, side->unfirm[i].version);
		else
			side->unfirm[kept++] = side->unfirm[i];
	}
	side->unfirm_nr = kept;
}

static void set_ahead(struct side *side, u64 s, bool ahead)
{
	if (side->ahead[s] == ahead)
		return;
	side->ahead[s] = ahead;
	side->ahead_nr += ahead ? 1 : -1;
}

static void clear_ahead(struct sim_oracle *o, struct side *side)
{
	if (side->ahead_nr)
		memset(side->ahead, 0, o->sectors);
	side->ahead_nr = 0;
}

void sim_oracle_submit(struct sim_bio *bio)
{
	struct sim_oracle *o = bio->v->oracle;
	struct sim_bio **bigger;
	u32 i, sectors = bio->size_byte / 512;
	u64 s;

	if (o->open_nr == o->open_max) {
		o->open_max = o->open_max ? 2 * o->open_max : 256;
		bigger = sim_alloc(bio->v->w, o->open_max * sizeof(*bigger));
		if (o->open_nr)
			memcpy(bigger, o->open, o->open_nr * sizeof(*bigger));
		o->open = bigger;
	}
	o->open[o->open_nr++] = bio;
	bio->issued_seq = bio->v->w->seq;
	for (i = 0; i < sectors && (bio->flags & RQ_WRITE); i++) {
		s = bio->sector + i;
		if (o->flying[s]++ && bio->v->n->net.two_primaries)
			o->contended[s] = 1;
	}
}

void sim_oracle_read_from(struct sim_bio *bio, bool own_disk)
{
	const struct side *server = side_of(own_disk ? bio->v : sim_peer_vol(bio->v));
	u32 i;

	bio->expected = sim_alloc(bio->v->w, bio->size_byte / 512 * sizeof(u32) + 4);
	for (i = 0; i < bio->size_byte / 512 && !server->void_data; i++)
		bio->expected[i] = server->must[bio->sector + i];
}

static void note_writer(struct sim_oracle *o, struct sim_bio *bio)
{
	struct sim_bio **bigger;

	if (bio->version >= o->writer_max) {
		bigger = sim_alloc(o->w, 2 * (o->writer_max + 512) * sizeof(*bigger));
		if (o->writer_max)
			memcpy(bigger, o->writer, o->writer_max * sizeof(*bigger));
		o->writer = bigger;
		o->writer_max = 2 * (o->writer_max + 512);
	}
	o->writer[bio->version] = bio;
}

const struct sim_bio *sim_oracle_writer(const struct sim_vol *v, u32 version)
{
	drbd_assert(version <= v->oracle->version && v->oracle->writer[version]);
	return v->oracle->writer[version];
}

void sim_oracle_start(struct sim_bio *bio)
{
	struct sim_oracle *o = bio->v->oracle;
	u64 s;

	bio->version = ++o->version;
	bio->peer_gen = sim_peer(bio->v->n)->gen;
	if (bio->above)
		note_writer(o, bio);
	for (s = bio->sector; bio->zeroes && s < bio->sector + bio->size_byte / 512; s++)
		o->zero_top[s] = bio->version;
}

static void forget(struct sim_oracle *o, struct sim_bio *bio)
{
	u32 i;

	for (i = 0; i < o->open_nr; i++)
		if (o->open[i] == bio)
			break;
	drbd_assert(i < o->open_nr);
	o->open[i] = o->open[--o->open_nr];
}

static void landed(struct sim_oracle *o, struct sim_bio *bio)
{
	u64 s;

	for (s = bio->sector; s < bio->sector + bio->size_byte / 512; s++)
		if (!--o->flying[s])
			o->contended[s] = 0;
}

static void write_completed(struct sim_bio *bio)
{
	struct sim_vol *v = bio->v, *p = sim_peer_vol(v);
	struct sim_oracle *o = v->oracle;
	u32 version = bio->zeroes ? bio->version | ZERO_VERSION : bio->version;
	bool peer_has = bio->replicated && v->n->net.wire_protocol == DRBD_PROT_C;
	u64 s;

	for (s = bio->sector; s < bio->sector + bio->size_byte / 512; s++) {
		if (o->contended[s])
			continue;	/* two primaries: whichever was last */
		if (bio->local_ok)
			promise(v, s, version);
		/* a peer that lost power since it acked may have lost it */
		if (peer_has && p->n->up && p->n->gen == bio->peer_gen)
			promise(p, s, version);
		if (bio->local_ok && !bio->replicated)
			set_ahead(side_of(v), s, true);
		else
			set_ahead(side_of(v), s, false);
		if (bio->local_ok && (bio->flags & RQ_FUA))
			make_firm(side_of(v), s, version);
	}
	if ((bio->flags & RQ_FLUSH) && bio->local_ok)
		all_firm(v, bio->issued_seq);
}

static void read_completed(struct sim_bio *bio)
{
	struct sim_oracle *o = bio->v->oracle;
	u32 i;

	for (i = 0; i < bio->size_byte / 512; i++)
		if (!fulfils(o, bio->sector + i, bio->content[i], bio->expected[i]))
			sim_violation(bio->v->w, "%s: read %u: sector %llu has version %u, but %u was acknowledged before",
				      bio->v->name, bio->id, bio->sector + i, bio->content[i],
				      NUMBER(bio->expected[i]));
}

void sim_oracle_complete(struct sim_bio *bio, s32 error)
{
	struct sim_oracle *o = bio->v->oracle;

	if (bio->done)
		sim_violation(bio->v->w, "%s: io %u ends twice", bio->v->name, bio->id);
	bio->done = true;
	forget(o, bio);
	if (!error && (bio->flags & RQ_WRITE))
		write_completed(bio);
	if (!error && !(bio->flags & RQ_WRITE))
		read_completed(bio);
	if (bio->flags & RQ_WRITE)
		landed(o, bio);
}

void sim_oracle_barrier_acked(const struct sim_req *req)
{
	const struct sim_vol *v = req->v;
	struct sim_vol *p = sim_peer_vol(v);
	struct side *side = side_of(p);
	u64 s = req->r.iv.sector;
	u32 i;

	/* the peer may have lost power meanwhile: then the promise is what it was told when it came back */
	if (v->n->net.two_primaries || !p->n->up || !req->content || !(req->r.flags & RQ_NET_OK) ||
	    p->n->conn != v->n->conn || side->void_data)
		return;
	for (i = 0; i < req->r.iv.size_byte / 512; i++, s++) {
		if (!req->content[i] || v->oracle->contended[s])
			continue;
		if (NUMBER(side->must[s]) < req->content[i]) {
			side->must[s] = req->content[i];
			check_sector(p, s);
		}
		make_firm(side, s, req->content[i]);
	}
}

/* --- power ------------------------------------------------------------------------------------------------------------------------ */

/* What the disk of a node without power says: bitmap, and activity log if it was Primary. */
static void cover_of_disk(struct sim_vol *v)
{
	static u32 hot[AL_SLOTS_MAX];
	struct side *side = side_of(v);
	const u8 *area = sim_disk_md(&v->disk), *bm, *al;
	struct drbd_al_scan scan;
	struct drbd_md md;
	u32 b, i;

	drbd_md_get(area, &md);
	bm = area + md.bm_offset * 512;
	al = area + md.al_offset * 512;
	for (b = 0; b < v->oracle->blocks; b++)
		side->cover[b] = (md.flags & MDF_FULL_SYNC) || (bm[b / 8] >> (b % 8) & 1);
	drbd_al_scan_init(&scan);
	for (i = 0; i < 8; i++)
		drbd_al_scan_block(&scan, al + drbd_al_block_sect(1, 8, i) * 512);
	if (!(md.flags & MDF_PRIMARY_IND) || drbd_al_scan_end(&scan) != AL_REPLAY)
		return;
	memset(hot, 0xff, sizeof(hot));
	for (b = scan.oldest_b;; b = (b + 1) % 8) {
		drbd_al_replay(al + drbd_al_block_sect(1, 8, b) * 512, hot);
		if (b == scan.newest_b)
			break;
	}
	for (i = 0; i < AL_SLOTS_MAX; i++)
		for (b = 0; hot[i] != AL_NONE && b < 1024; b++)
			if (hot[i] * 1024ull + b < v->oracle->blocks)
				side->cover[hot[i] * 1024 + b] = 1;
}

void sim_oracle_closed(struct sim_vol *v)
{
	cover_of_disk(v);
}

void sim_oracle_crashed(struct sim_vol *v)
{
	struct sim_oracle *o = v->oracle;
	struct side *side = side_of(v);
	u32 i, s;

	for (i = 0; i < side->unfirm_nr; i++) {
		s = side->unfirm[i].sector;
		side->must[s] = side->firm[s];
	}
	side->unfirm_nr = 0;
	for (i = 0; i < o->open_nr;) {
		if (o->open[i]->v != v) {
			i++;
			continue;
		}
		if (o->open[i]->flags & RQ_WRITE)
			landed(o, o->open[i]);
		o->open[i] = o->open[--o->open_nr];
	}
	for (s = 0; s < o->sectors; s++)
		check_sector(v, s);
	cover_of_disk(v);
}

/* --- directions of resync ------------------------------------------------------------------------------------------------------------ */

void sim_oracle_excuse(struct sim_vol *v, const char *why)
{
	side_of(v)->excused = true;
	sim_trace(v->w, v->name, "data may be given up: %s", why);
}

void sim_oracle_target(struct sim_vol *v)
{
	struct sim_oracle *o = v->oracle;
	struct side *side = side_of(v);

	if (side->ahead_nr && !side->excused)
		sim_violation(v->w, "%s: %u sectors that only this node has acknowledged are overwritten by resync",
			      v->name, side->ahead_nr);
	clear_ahead(o, side);
	side->void_data = true;
	side->excused = side->current = false;
	side->unfirm_nr = 0;
}

void sim_oracle_synced(struct sim_vol *v)
{
	struct sim_oracle *o = v->oracle;
	struct side *side = side_of(v), *source = side_of(sim_peer_vol(v));
	u64 s;

	if (source->void_data) {	/* forced: nothing is promised of what it had */
		memset(source->must, 0, o->sectors * sizeof(u32));
		memset(source->firm, 0, o->sectors * sizeof(u32));
		source->void_data = false;
	}
	side->void_data = false;
	side->current = source->current;
	clear_ahead(o, source);
	for (s = 0; s < o->sectors; s++) {
		/* what is on the way may be complete in protocol A and B, and is not flushed here */
		side->must[s] = drbd_interval_first(&sim_peer_vol(v)->rv.writes, s, 512) ? 0 : source->must[s];
		side->firm[s] = side->must[s];
		check_sector(v, s);
	}
}

void sim_oracle_released(struct sim_vol *below)
{
	union drbd_state s = below->vs.state;

	side_of(below)->current = s.disk == D_UP_TO_DATE;
	side_of(sim_peer_vol(below))->current = s.conn >= C_CONNECTED && s.pdsk == D_UP_TO_DATE;
}

bool sim_oracle_is_current(const struct sim_vol *below)
{
	return below->oracle->side[below->n->nr].current;
}

void sim_oracle_reloaded(struct sim_vol *v)
{
	u64 s;

	for (s = 0; s < v->oracle->sectors; s++)
		check_sector(v, s);
	cover_of_disk(v);
}

void sim_oracle_corrupted(struct sim_vol *v, u64 sector)
{
	struct sim_oracle *o = v->oracle;

	o->corrupted[sector / 8] = 1;
	if (v->vs.state.conn == C_VERIFY_S || v->vs.state.conn == C_VERIFY_T)
		o->corrupted_late[sector / 8] = 1;
}

/*
 * A write that lost a conflict is on the disk of its node, one that failed on a disk that is back may be there in part; it
 * will be on both when it has started again.
 */
static bool starts_again(const struct sim_oracle *o, const struct sim_vol *v, u32 b)
{
	u32 i;

	for (i = 0; i < o->open_nr; i++)
		if (o->open[i]->v == v && (o->open[i]->again || v->n->net.two_primaries) &&
		    (o->open[i]->flags & RQ_WRITE) && o->open[i]->sector < b * 8ull + 8 &&
		    o->open[i]->sector + o->open[i]->size_byte / 512 > b * 8ull)
			return true;
	return false;
}

/*
 * With power: a set bit, or a request in the log, which sets it if the connection is lost. Without: bitmap and, on a
 * Primary, activity log on disk.
 */
static bool covers(struct sim_vol *v, u32 b)
{
	if (!v->n->up || !v->disk_open)
		return side_of(v)->cover[b];
	return (b < v->bm.bits && drbd_bm_test(&v->bm, b)) ||
	       drbd_interval_first(&v->rv.writes, b * 8ull, 4096) || starts_again(v->oracle, v, b);
}

void sim_oracle_verified(struct sim_vol *v)
{
	struct sim_oracle *o = v->oracle;
	u32 i, b;

	for (i = 0; i < o->diff_nr; i++) {
		b = o->diff_list[i];
		if (o->corrupted[b] && !o->corrupted_late[b] && !covers(v, b))
			sim_violation(v->w, "%s: verify has not found the difference in block %u", v->name, b);
	}
	memset(o->corrupted_late, 0, o->blocks);
}

/* --- after every event ------------------------------------------------------------------------------------------------------------------- */

/* Of the device, as the node has it or as its disk says. */
static u64 size_of(const struct sim_vol *v)
{
	struct drbd_md md;

	if (v->n->up && v->disk_open)
		return v->sizes.capacity_sect;
	drbd_md_get(sim_disk_md(&v->disk), &md);
	return md.la_size_sect;
}

/* How many blocks one of the nodes has; of a last one only a part may be there. */
static u32 blocks_in_use(const struct sim_oracle *o)
{
	u64 size = o->sectors;

	if (o->v[0]->n->pair->conf->limit_sect)
		size = DRBD_MAX(size_of(o->v[0]), size_of(o->v[1]));
	return size == o->sectors ? o->blocks : (u32)(size / 8);
}

static void check_cover(const struct sim_oracle *o)
{
	u32 i, b, blocks;

	if (!o->diff_nr || (o->diff_nr > 100 && o->w->steps % 64))
		return;
	blocks = blocks_in_use(o);
	for (i = 0; i < o->diff_nr; i++) {
		b = o->diff_list[i];
		if (b < blocks && !o->corrupted[b] && !covers(o->v[0], b) && !covers(o->v[1], b))
			sim_violation(o->w, "%s: block %u differs, and neither bitmap nor activity log of a node says so",
				      o->v[0]->name, b);
	}
}

static bool in_sync_state(const struct sim_vol *v)
{
	union drbd_state s = v->vs.state;

	return v->n->up && v->n->conn && s.conn == C_CONNECTED && s.disk == D_UP_TO_DATE && s.pdsk == D_UP_TO_DATE;
}

static bool both_in_sync(const struct sim_oracle *o)
{
	return in_sync_state(o->v[0]) && in_sync_state(o->v[1]) && o->v[0]->n->conn == o->v[1]->n->conn;
}

/* Space that was added and is still to be synced: a node that says UpToDate has marked it. */
static bool is_new_space(const struct sim_oracle *o, u32 block)
{
	struct sim_vol *a = o->v[0], *b = o->v[1];
	u64 limit_sect = a->n->pair->conf->limit_sect;

	if (!limit_sect || block * 8ull + 7 < limit_sect)
		return false;
	return block * 8ull + 8 > size_of(a) || block * 8ull + 8 > size_of(b) || drbd_bm_test(&a->bm, block) ||
	       drbd_bm_test(&b->bm, block);
}

static bool being_written(const struct sim_vol *v, u32 block)
{
	return drbd_interval_first(&v->rv.writes, block * 8ull, 4096) || starts_again(v->oracle, v, block);
}

static void check_equal(const struct sim_oracle *o)
{
	u32 i, block;

	for (i = 0; both_in_sync(o) && i < o->diff_nr; i++) {
		block = o->diff_list[i];
		if (!o->corrupted[block] && !is_new_space(o, block) && !being_written(o->v[0], block) &&
		    !being_written(o->v[1], block))
			sim_violation(o->w, "%s: Connected, UpToDate/UpToDate, and block %u differs", o->v[0]->name, block);
	}
}

static void check_secret(const struct sim_node *a, const struct sim_node *b)
{
	if (a->conn && a->conn == b->conn &&
	    (drbd_lowest_conn(&a->cs) >= C_CONNECTED || drbd_lowest_conn(&b->cs) >= C_CONNECTED) &&
	    strcmp(a->net.shared_secret, b->net.shared_secret))
		sim_violation(a->w, "connected without a common secret");
}

static void check_roles(const struct sim_oracle *o)
{
	const struct sim_vol *a = o->v[0], *b = o->v[1];

	if (a->n->up && b->n->up && a->n->conn && a->n->conn == b->n->conn && a->vs.state.conn >= C_CONNECTED &&
	    b->vs.state.conn >= C_CONNECTED && a->vs.state.role == R_PRIMARY && b->vs.state.role == R_PRIMARY &&
	    !a->n->net.two_primaries)
		sim_violation(o->w, "%s: two primaries", a->name);
}

/* That of the i-th volume, counted over all pairs; NULL behind the last. */
static struct sim_oracle *oracle_nr(const struct sim_world *w, u32 i)
{
	u32 p;

	for (p = 0; p < w->pairs; i -= w->pair[p++].vols)
		if (i < w->pair[p].vols)
			return w->pair[p].node[0]->vol[i]->oracle;
	return NULL;
}

void sim_oracle_step(struct sim_world *w)
{
	struct sim_oracle *o;
	u32 i;

	for (i = 0; (o = oracle_nr(w, i)); i++) {
		check_roles(o);
		check_secret(o->v[0]->n, o->v[1]->n);
		check_equal(o);
		check_cover(o);
	}
}

/* --- the end --------------------------------------------------------------------------------------------------------------------------------- */

u32 sim_oracle_outstanding(const struct sim_vol *v)
{
	struct sim_oracle *o = v->oracle;
	u32 i, nr = 0;

	for (i = 0; i < o->open_nr; i++)
		nr += o->open[i]->v == v;
	return nr;
}

/* The new space is still to be synced. */
static bool grows(const struct sim_vol *v)
{
	return v->resizing || (v->vs.flags & VF_RESIZE_PENDING);
}

bool sim_oracle_settled(struct sim_world *w)
{
	const struct sim_node *a, *b;
	struct sim_oracle *o;
	u32 i;

	for (i = 0; (o = oracle_nr(w, i)); i++) {
		a = o->v[0]->n;
		b = o->v[1]->n;
		/* at rest every mirrored write has its barrier acked: the log does not grow for ever, and a demotion ends */
		if (!both_in_sync(o) || o->open_nr || grows(o->v[0]) || grows(o->v[1]) || a->work || b->work || !drbd_tl_drained(&a->tl) ||
		    !drbd_tl_drained(&b->tl))
			return false;
	}
	return true;
}

static void check_end(struct sim_oracle *o)
{
	u64 s;
	u32 i;

	for (i = 0; i < o->diff_nr; i++)
		if (o->diff_list[i] < blocks_in_use(o) && !o->corrupted[o->diff_list[i]] &&
		    is_new_space(o, o->diff_list[i]))
			sim_violation(o->w, "%s: at rest, and block %u of the new space differs", o->v[0]->name,
				      o->diff_list[i]);
	if (o->open_nr)
		sim_violation(o->w, "%s: io %u is never answered", o->open[0]->v->name, o->open[0]->id);
	for (i = 0; i < SIM_NODES; i++)
		for (s = 0; s < o->sectors; s++)
			check_sector(o->v[i], s);
}

void sim_oracle_end(struct sim_world *w)
{
	struct sim_oracle *o;
	u32 i;

	for (i = 0; (o = oracle_nr(w, i)); i++)
		check_end(o);
}
