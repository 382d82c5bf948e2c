/* SPDX-License-Identifier: GPL-2.0-only */
/* What two nodes agree on when they meet: see drbd_handshake.h. The comparison of generations is drbd_uuid.c's. */
#include "drbd_handshake.h"
#include "drbd_md.h"

#define BIO_SIZE_SAFE 4096u		/* what any peer takes */

/* --- sockets ------------------------------------------------------------------------------------------------------ */

enum drbd_packet drbd_first_packet(bool have_data_sock, bool *clear_rc_flag)
{
	*clear_rc_flag = have_data_sock;
	return have_data_sock ? P_INITIAL_META : P_INITIAL_DATA;
}

enum drbd_first drbd_first_received(u16 cmd, bool have_data_sock, bool have_meta_sock, bool *set_rc_flag)
{
	bool have = cmd == P_INITIAL_DATA ? have_data_sock : have_meta_sock;

	*set_rc_flag = cmd == P_INITIAL_META;
	if (cmd != P_INITIAL_DATA && cmd != P_INITIAL_META)
		return FIRST_DROP;
	return have ? FIRST_REPLACE : FIRST_ADOPT;
}

/* --- features ----------------------------------------------------------------------------------------------------- */

static void begin_packet(struct drbd_pkt *pkt, u16 cmd, u16 volume)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->cmd = cmd;
	pkt->volume = volume;
}

void drbd_features_packet(struct drbd_pkt *pkt)
{
	begin_packet(pkt, P_CONNECTION_FEATURES, 0);
	pkt->u.features.protocol_min = DRBD_PRO_VERSION_MIN;
	pkt->u.features.protocol_max = DRBD_PRO_VERSION_MAX;
	pkt->u.features.feature_flags = DRBD_FF_ALL;
}

enum drbd_hs drbd_features_agree(const struct drbd_header *h, const struct drbd_p_features *p, u16 *apv,
				 u32 *features)
{
	u32 peer_max = p->protocol_max ? p->protocol_max : p->protocol_min;

	if (h->cmd != P_CONNECTION_FEATURES || h->length != 72)
		return HS_GIVE_UP;
	if (p->protocol_min > DRBD_PRO_VERSION_MAX || peer_max < DRBD_PRO_VERSION_MIN)
		return HS_GIVE_UP;
	*apv = (u16)DRBD_MIN(peer_max, (u32)DRBD_PRO_VERSION_MAX);
	*features = p->feature_flags & DRBD_FF_ALL;
	return HS_OK;
}

/* --- authentication ----------------------------------------------------------------------------------------------- */

enum drbd_hs drbd_auth_challenge_header(const struct drbd_header *h)
{
	if (h->cmd != P_AUTH_CHALLENGE || h->length < DRBD_AUTH_CHALLENGE_SIZE || h->length > DRBD_AUTH_CHALLENGE_MAX)
		return HS_GIVE_UP;
	return HS_OK;
}

enum drbd_hs drbd_auth_challenge(struct drbd_auth *a, const u8 *challenge, u32 size_byte)
{
	if (size_byte < sizeof(a->challenge) || !memcmp(challenge, a->challenge, sizeof(a->challenge)))
		return HS_GIVE_UP;	/* answering the own challenge would hand the peer what it should prove */
	return a->hmac(a->arg, challenge, size_byte, a->response) ? HS_GIVE_UP : HS_OK;
}

enum drbd_hs drbd_auth_response_header(const struct drbd_auth *a, const struct drbd_header *h)
{
	return h->cmd == P_AUTH_RESPONSE && h->length == a->digest_byte ? HS_OK : HS_TRY_AGAIN;
}

enum drbd_hs drbd_auth_response(struct drbd_auth *a, const u8 *response)
{
	u8 want[DRBD_DIGEST_MAX], differs = 0;
	u32 i;

	if (a->hmac(a->arg, a->challenge, sizeof(a->challenge), want))
		return HS_GIVE_UP;
	for (i = 0; i < a->digest_byte; i++)	/* to the end: the time taken tells nothing */
		differs |= want[i] ^ response[i];
	return differs ? HS_GIVE_UP : HS_OK;
}

/* --- P_PROTOCOL --------------------------------------------------------------------------------------------------- */

/* With its NUL; to holds ALG_NAME_MAX zero bytes. */
static u32 put_name(char *to, const char *name)
{
	u32 byte = (u32)strlen(name) + 1;

	drbd_assert(byte <= ALG_NAME_MAX);
	memcpy(to, name, byte);
	return byte;
}

static void take_name(char *to, const char *name)
{
	memset(to, 0, ALG_NAME_MAX);
	put_name(to, name);
}

bool drbd_protocol_packet(const struct drbd_conn_state *conn, bool update, struct drbd_pkt *pkt)
{
	const struct drbd_net_conf *net = conn->net;
	struct drbd_p_protocol *p = &pkt->u.protocol;

	if (net->tentative && conn->apv < 92)
		return false;
	begin_packet(pkt, update ? P_PROTOCOL_UPDATE : P_PROTOCOL, 0);
	p->protocol = net->wire_protocol;
	p->after_sb_0p = net->after_sb_0p;
	p->after_sb_1p = net->after_sb_1p;
	p->after_sb_2p = net->after_sb_2p;
	p->conn_flags = (net->discard_my_data ? CF_DISCARD_MY_DATA : 0) | (net->tentative ? CF_DRY_RUN : 0);
	p->two_primaries = net->two_primaries;
	if (conn->apv >= 87)
		p->alg_byte = put_name(p->integrity_alg, net->integrity_alg);
	return true;
}

/* The peer's "local" is remote here. */
static u32 after_sb_from_peer(u32 policy)
{
	switch (policy) {
	case ASB_DISCARD_LOCAL:
		return ASB_DISCARD_REMOTE;
	case ASB_DISCARD_REMOTE:
		return ASB_DISCARD_LOCAL;
	default:
		return policy;
	}
}

const char *drbd_protocol_check(struct drbd_conn_state *conn, const struct drbd_p_protocol *p)
{
	const struct drbd_net_conf *net = conn->net;

	conn->flags &= ~CNF_DRY_RUN;
	if (p->conn_flags & CF_DRY_RUN)
		conn->flags |= CNF_DRY_RUN;
	if (p->protocol != net->wire_protocol)
		return "protocol";
	if (after_sb_from_peer(p->after_sb_0p) != net->after_sb_0p)
		return "after-sb-0pri";
	if (after_sb_from_peer(p->after_sb_1p) != net->after_sb_1p)
		return "after-sb-1pri";
	if (after_sb_from_peer(p->after_sb_2p) != net->after_sb_2p)
		return "after-sb-2pri";
	if ((p->conn_flags & CF_DISCARD_MY_DATA) && net->discard_my_data)
		return "discard-my-data";
	if (p->two_primaries != net->two_primaries)
		return "allow-two-primaries";
	if (conn->apv >= 87 && strcmp(p->integrity_alg, net->integrity_alg))
		return "data-integrity-alg";
	return NULL;
}

static bool net_value_ok(const char *name, u32 value)
{
	return drbd_opt_in_range(drbd_opt_by_name(DRBD_CTX_net, name), value);
}

bool drbd_protocol_update(struct drbd_net_conf *net, const struct drbd_p_protocol *p)
{
	u32 asb_0p = after_sb_from_peer(p->after_sb_0p);
	u32 asb_1p = after_sb_from_peer(p->after_sb_1p);
	u32 asb_2p = after_sb_from_peer(p->after_sb_2p);

	if (!net_value_ok("protocol", p->protocol) || !net_value_ok("after-sb-0pri", asb_0p) ||
	    !net_value_ok("after-sb-1pri", asb_1p) || !net_value_ok("after-sb-2pri", asb_2p) || p->two_primaries > 1)
		return false;
	net->wire_protocol = p->protocol;
	net->after_sb_0p = asb_0p;
	net->after_sb_1p = asb_1p;
	net->after_sb_2p = asb_2p;
	net->two_primaries = (u8)p->two_primaries;
	take_name(net->integrity_alg, p->integrity_alg);
	return true;
}

/* --- P_SYNC_PARAM ------------------------------------------------------------------------------------------------- */

void drbd_sync_param_packet(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol, struct drbd_pkt *pkt)
{
	struct drbd_p_rs_param *p = &pkt->u.rs_param;
	struct drbd_disk_conf none;
	const struct drbd_disk_conf *conf = &none;

	drbd_opts_default(DRBD_CTX_disk, &none);
	if (vol->disk_conf && vol->state.disk >= D_INCONSISTENT)
		conf = vol->disk_conf;
	begin_packet(pkt, conn->apv >= 89 ? P_SYNC_PARAM89 : P_SYNC_PARAM, vol->volume);
	p->resync_rate = conf->resync_rate;
	if (conn->apv >= 88)
		p->alg_byte = put_name(p->verify_alg, conn->net->verify_alg);
	if (conn->apv >= 89) {
		p->alg_byte = 0;
		put_name(p->csums_alg, conn->net->csums_alg);
	}
	if (conn->apv >= 95) {
		p->c_plan_ahead = conf->c_plan_ahead;
		p->c_delay_target = conf->c_delay_target;
		p->c_fill_target = conf->c_fill_target;
		p->c_max_rate = conf->c_max_rate;
	}
}

/* A number of the peer's, within what this node allows. */
static void take_number(struct drbd_disk_conf *conf, const char *name, u32 value)
{
	const struct drbd_opt *opt = drbd_opt_by_name(DRBD_CTX_disk, name);

	drbd_opt_set(opt, conf, DRBD_MIN(DRBD_MAX((s64)value, opt->min), opt->max));
}

static void take_numbers(u16 apv, const struct drbd_p_rs_param *p, struct drbd_disk_conf *conf)
{
	take_number(conf, "resync-rate", p->resync_rate);
	if (apv < 95)
		return;
	take_number(conf, "c-plan-ahead", p->c_plan_ahead);
	take_number(conf, "c-delay-target", p->c_delay_target);
	take_number(conf, "c-fill-target", p->c_fill_target);
	take_number(conf, "c-max-rate", p->c_max_rate);
}

void drbd_sync_param_received(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
			      const struct drbd_p_rs_param *p, struct drbd_disk_conf *new_disk,
			      struct drbd_net_conf *new_net, struct drbd_sync_param_verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->verify_alg_changed = conn->apv >= 88 && strcmp(p->verify_alg, new_net->verify_alg);
	v->csums_alg_changed = conn->apv >= 89 && strcmp(p->csums_alg, new_net->csums_alg);
	if (vol->state.conn == C_WF_REPORT_PARAMS && (v->verify_alg_changed || v->csums_alg_changed)) {
		v->stand_alone = v->verify_alg_changed ? "verify-alg" : "csums-alg";
		return;
	}
	if (v->verify_alg_changed)
		take_name(new_net->verify_alg, p->verify_alg);
	if (v->csums_alg_changed)
		take_name(new_net->csums_alg, p->csums_alg);
	if (vol->disk_conf && vol->state.disk >= D_INCONSISTENT) {
		u32 plan_ahead = new_disk->c_plan_ahead;

		take_numbers(conn->apv, p, new_disk);
		v->plan_changed = new_disk->c_plan_ahead != plan_ahead;
	}
}

/* --- P_SIZES ------------------------------------------------------------------------------------------------------ */

static u64 smaller_nonzero(u64 a, u64 b)
{
	return !a ? b : !b ? a : DRBD_MIN(a, b);
}

u64 drbd_new_size(const struct drbd_size_state *s, u64 user_sect, bool forced, bool connected, bool *user_too_big)
{
	u64 own = s->own_max_sect, peer = s->peer_max_sect, size;

	if (forced && !connected)
		peer = own;
	size = smaller_nonzero(own, peer);
	if ((!own || !peer) && s->agreed_sect)
		size = smaller_nonzero(size, s->agreed_sect);	/* who is not there may be smaller */
	*user_too_big = user_sect > size;
	return user_sect && !*user_too_big ? user_sect : size;
}

static u32 own_max_bio(const struct drbd_size_state *s)
{
	return s->own_max_bio ? DRBD_MIN(s->own_max_bio, DRBD_MAX_BIO_SIZE) : DRBD_MAX_BIO_SIZE;
}

/* Bytes in one request by protocol version, whatever else allows. */
static u32 max_bio_of_version(u16 apv)
{
	return apv <= 94 ? DRBD_MAX_SIZE_H80 : apv <= 99 ? DRBD_MAX_BIO_SIZE_P95 : DRBD_MAX_BIO_SIZE;
}

void drbd_sizes_packet(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
		       const struct drbd_size_state *s, bool ask, u16 dds_flags, struct drbd_pkt *pkt)
{
	struct drbd_p_sizes *p = &pkt->u.sizes;

	begin_packet(pkt, P_SIZES, vol->volume);
	p->max_bio_size = max_bio_of_version(conn->apv);
	if (vol->state.disk >= D_NEGOTIATING) {
		p->d_size = s->own_max_sect;
		p->u_size = s->user_sect;
		p->max_bio_size = DRBD_MIN(p->max_bio_size, own_max_bio(s));
	}
	p->c_size = ask ? 0 : s->capacity_sect;
	p->dds_flags = dds_flags;
}

static bool differ_much(u64 a, u64 b)
{
	u64 difference = a > b ? a - b : b - a;

	return a && b && (difference > a / 8 || difference > b / 8);
}

static void refuse_size(struct drbd_sizes_verdict *v, const char *why)
{
	memset(v, 0, sizeof(*v));
	v->stand_alone = 1;
	v->why = why;
}

static void size_with_disk(const struct drbd_vol_state *vol, const struct drbd_size_state *s,
			   const struct drbd_p_sizes *p, struct drbd_sizes_verdict *v)
{
	bool connected = vol->state.conn >= C_CONNECTED, too_big;

	v->size_differs_much = differ_much(s->own_max_sect, p->d_size);
	v->user_sect = vol->state.conn == C_WF_REPORT_PARAMS ? smaller_nonzero(s->user_sect, p->u_size) : p->u_size;
	/* DDSF_FORCED is about a peer that is not there; this one is. */
	v->size_sect = drbd_new_size(s, v->user_sect, false, connected, &too_big);
	if (v->size_sect < s->capacity_sect && (vol->state.disk >= D_OUTDATED || vol->state.role == R_PRIMARY) &&
	    (!connected || vol->state.pdsk == D_DISKLESS)) {
		refuse_size(v, "the peer's disk is too small");
		return;
	}
	v->user_too_big = too_big;
	v->set_user = v->user_sect != s->user_sect;
	v->set_size = v->size_sect != s->capacity_sect;
}

static void size_without_disk(const struct drbd_vol_state *vol, const struct drbd_size_state *s,
			      const struct drbd_p_sizes *p, struct drbd_sizes_verdict *v)
{
	/* What it exports tells more than its disk: the missing disk here may be the smaller one. */
	u64 size = p->c_size ? p->c_size : p->u_size ? p->u_size : p->d_size;

	if (!size || size == s->capacity_sect || (s->capacity_sect && !p->d_size))
		return;
	/* neither can know which of the two it is: when they meet with what they found they will */
	if (vol->state.disk == D_NEGOTIATING && vol->state.pdsk < D_INCONSISTENT && s->agreed_sect) {
		refuse_size(v, "both disks are being attached, and their sizes differ");
		return;
	}
	if (size > DRBD_MAX_SECT_FLEX) {
		refuse_size(v, "the peer's device size is out of range");
		return;
	}
	if (size < s->capacity_sect && vol->state.role == R_PRIMARY) {
		refuse_size(v, "the peer's device size is too small, demote this node first");
		return;
	}
	v->size_sect = size;
	v->set_size = 1;
}

/*
 * One side or both have less than the size that both find now, and get more before anybody compares identifiers. Both
 * see it, so both begin the resync of the new space, unless the identifiers ask for one. The original leaves it unsynced.
 */
static bool grows_at_connect(const struct drbd_size_state *s, const struct drbd_p_sizes *p, u64 size_sect)
{
	bool self = s->agreed_sect && s->capacity_sect && s->capacity_sect < size_sect;
	bool peer = p->c_size && p->c_size < size_sect;

	return s->agreed_sect && (self || peer);
}

void drbd_sizes_received(struct drbd_conn_state *conn, struct drbd_vol_state *vol, struct drbd_size_state *s,
			 const struct drbd_p_sizes *p, struct drbd_sizes_verdict *v)
{
	union drbd_state state = vol->state;
	bool has_disk = state.disk >= D_INCONSISTENT, grew;

	memset(v, 0, sizeof(*v));
	s->peer_max_sect = p->d_size;
	if (has_disk)
		size_with_disk(vol, s, p, v);
	else
		size_without_disk(vol, s, p, v);
	if (v->stand_alone)
		return;
	v->no_resync = !!(p->dds_flags & DDSF_NO_RESYNC);
	s->peer_max_bio = drbd_peer_max_bio(conn->apv, p->max_bio_size);
	if (state.conn <= C_WF_REPORT_PARAMS) {
		if (has_disk && p->d_size && grows_at_connect(s, p, v->size_sect))
			vol->flags |= VF_RESYNC_AFTER_NEG;
		return;
	}
	/* Two nodes without disks would answer each other for ever. */
	v->answer = p->c_size != (v->set_size ? v->size_sect : s->capacity_sect) && (has_disk || p->d_size);
	grew = has_disk && s->agreed_sect && v->size_sect > s->agreed_sect && state.conn == C_CONNECTED;
	if (!grew && !(vol->flags & VF_RESIZE_PENDING))
		return;
	vol->flags &= ~VF_RESIZE_PENDING;
	if (has_disk && state.pdsk >= D_INCONSISTENT)
		v->grow_resync = !v->no_resync;
	else
		vol->flags |= VF_RESYNC_AFTER_NEG;
}

u32 drbd_peer_max_bio(u16 apv, u32 sent)
{
	u32 limit = max_bio_of_version(apv);

	/* From 94 on a receiver splits what its disk does not take, so the number it sent does not matter. */
	return apv < 94 ? DRBD_MAX(DRBD_MIN(sent, limit), BIO_SIZE_SAFE) : limit;
}

u32 drbd_max_bio(const struct drbd_conn_state *conn, const struct drbd_size_state *s)
{
	u32 peer = s->peer_max_bio;

	if (conn->cstate >= C_WF_REPORT_PARAMS)
		peer = drbd_peer_max_bio(conn->apv, peer);
	peer = DRBD_MAX(peer, BIO_SIZE_SAFE);
	return DRBD_MIN(own_max_bio(s), peer);
}

u32 drbd_max_discard(const struct drbd_conn_state *conn)
{
	if (conn->cstate >= C_WF_REPORT_PARAMS && !(conn->features & DRBD_FF_TRIM))
		return 0;
	return conn->features & DRBD_FF_WSAME ? DRBD_MAX_BATCH_SIZE : DRBD_MAX_DISCARD_SIZE;
}

/* --- P_UUIDS ------------------------------------------------------------------------------------------------------ */

void drbd_uuids_packet(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u64 bits_set, u32 extra,
		       struct drbd_pkt *pkt)
{
	struct drbd_p_uuids *p = &pkt->u.uuids;

	begin_packet(pkt, P_UUIDS, vol->volume);
	memcpy(p->uuid, vol->uuid, sizeof(p->uuid));
	p->bits_set = vol->sent_bits_set = bits_set;
	p->flags = extra;
	if ((conn->net && conn->net->discard_my_data) || (vol->flags & VF_DISCARD_MY_DATA))
		p->flags |= UUID_FLAG_DISCARD_MY_DATA;
	if (vol->flags & VF_CRASHED_PRIMARY)
		p->flags |= UUID_FLAG_CRASHED_PRIMARY;
	vol->flags &= ~VF_OWN_CURRENT;
	if (vol->state.disk == D_NEGOTIATING && vol->attach_state.disk == D_INCONSISTENT)
		p->flags |= UUID_FLAG_INCONSISTENT;
}

static void skip_initial_sync(struct drbd_conn_state *conn, struct drbd_vol_state *vol, struct drbd_transition *tr)
{
	struct drbd_change ch;

	ch.mask = DS_DISK(D_MASK) | DS_PDSK(D_MASK);
	ch.val = DS_DISK(D_UP_TO_DATE) | DS_PDSK(D_UP_TO_DATE);
	ch.flags = CS_VERBOSE | CS_LOCAL_ONLY;
	drbd_uuid_set_current(vol->uuid, vol->peer.uuid[UI_CURRENT], vol->state.role == R_PRIMARY);
	vol->uuid[UI_BITMAP] = 0;
	vol->ed_uuid = vol->uuid[UI_CURRENT];
	drbd_vol_request(conn, vol, &ch, tr);
}

enum drbd_uuids_do drbd_uuids_received(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				       const struct drbd_p_uuids *p, struct drbd_transition *tr)
{
	union drbd_state s = vol->state;
	bool has_disk = s.disk >= D_INCONSISTENT;

	vol->peer = *p;
	vol->have_peer_uuids = 1;
	vol->peer_uuids_old = 0;
	/* an Inconsistent disk too: its frozen writes would go over newer ones. The original asks without a disk only. */
	if ((s.conn < C_CONNECTED || s.pdsk == D_DISKLESS) && s.disk <= D_INCONSISTENT && s.role == R_PRIMARY &&
	    ((vol->ed_uuid ^ p->uuid[UI_CURRENT]) & ~UUID_PRIMARY))
		return UUIDS_STAND_ALONE;
	if (has_disk && s.conn == C_CONNECTED && conn->apv >= 90 && vol->uuid[UI_CURRENT] == UUID_JUST_CREATED &&
	    (p->flags & UUID_FLAG_SKIP_INITIAL_SYNC)) {
		skip_initial_sync(conn, vol, tr);
		return UUIDS_SKIP_SYNC;
	}
	if (!has_disk && (s.role == R_PRIMARY || s.conn >= C_CONNECTED))
		vol->ed_uuid = p->uuid[UI_CURRENT];
	return UUIDS_STORED;
}

/* --- P_STATE ------------------------------------------------------------------------------------------------------ */

void drbd_state_packet(const struct drbd_vol_state *vol, union drbd_state state, struct drbd_pkt *pkt)
{
	begin_packet(pkt, P_STATE, vol->volume);
	pkt->u.state = state.i;
}

static bool word_ok(union drbd_state s)
{
	return s.role != R_MASK && s.conn <= C_BEHIND && s.disk <= D_UP_TO_DATE && s.disk != D_UNKNOWN;
}

/* The peer's disk, where it says "Negotiating": what it found at its attach. */
static u8 real_disk(const struct drbd_vol_state *vol, union drbd_state peer)
{
	if (peer.disk != D_NEGOTIATING)
		return peer.disk;
	if (!vol->have_peer_uuids || (vol->peer.flags & UUID_FLAG_INCONSISTENT))
		return D_INCONSISTENT;
	return D_CONSISTENT;
}

/* A resync's source hears of a peer that is UpToDate. */
static bool target_came_up(union drbd_state os, u8 peer_disk)
{
	return (os.pdsk == D_INCONSISTENT || os.pdsk == D_CONSISTENT) && peer_disk == D_UP_TO_DATE &&
	       os.conn > C_CONNECTED && os.disk == D_UP_TO_DATE;
}

static bool verify_stopped(union drbd_state os, const struct drbd_recv_state *rs)
{
	return os.conn == C_VERIFY_T && os.disk == D_UP_TO_DATE && rs->peer.conn == C_CONNECTED &&
	       rs->real_peer_disk == D_UP_TO_DATE;
}

/* Sent while the peer did not know yet that the resync is over. */
static bool is_stale(union drbd_state os, const struct drbd_recv_state *rs)
{
	return os.pdsk == D_UP_TO_DATE && rs->real_peer_disk == D_INCONSISTENT && os.conn == C_CONNECTED &&
	       rs->peer.conn > C_SYNC_SOURCE;
}

static bool both_have_disks(union drbd_state os, union drbd_state peer)
{
	return os.disk >= D_NEGOTIATING && peer.disk >= D_NEGOTIATING;
}

static bool wants_sync_handshake(const struct drbd_vol_state *vol, union drbd_state os, union drbd_state peer)
{
	if (!vol->have_peer_uuids || vol->peer_uuids_old || !both_have_disks(os, peer))
		return false;
	if (os.conn < C_CONNECTED || (vol->flags & VF_CONSIDER_RESYNC))
		return true;
	if (os.conn > C_CONNECTED)
		return false;
	return os.disk == D_NEGOTIATING || peer.disk == D_NEGOTIATING ||
	       (peer.conn >= C_STARTING_SYNC_S && peer.conn <= C_WF_BITMAP_T);
}

static void sync_in(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
		    const struct drbd_recv_state *rs, struct drbd_sync_in *in)
{
	const struct drbd_net_conf *net = conn->net;

	memset(in, 0, sizeof(*in));
	memcpy(in->uuid.self, vol->uuid, sizeof(in->uuid.self));
	memcpy(in->uuid.peer, vol->peer.uuid, sizeof(in->uuid.peer));
	in->uuid.self_role = rs->os.role;
	in->uuid.peer_role = rs->peer.role;
	in->uuid.self_crashed_primary = !!(vol->flags & VF_CRASHED_PRIMARY);
	in->uuid.peer_crashed_primary = !!(vol->peer.flags & UUID_FLAG_CRASHED_PRIMARY);
	in->uuid.rc_flag = !!(conn->flags & CNF_RC_FLAG);
	in->uuid.apv = conn->apv;
	in->uuid.features = conn->features;
	in->self_bits_set = vol->sent_bits_set;
	in->peer_bits_set = vol->peer.bits_set;
	in->disk = rs->os.disk == D_NEGOTIATING ? vol->attach_state.disk : rs->os.disk;
	in->real_disk = rs->os.disk;
	in->peer_disk = rs->real_peer_disk;
	in->after_sb_0p = (u8)net->after_sb_0p;
	in->after_sb_1p = (u8)net->after_sb_1p;
	in->after_sb_2p = (u8)net->after_sb_2p;
	in->rr_conflict = (u8)net->rr_conflict;
	in->always_asbp = net->always_asbp;
	in->discard_my_data = !!(vol->flags & VF_DISCARD_MY_DATA);
	in->peer_discard_my_data = !!(vol->peer.flags & UUID_FLAG_DISCARD_MY_DATA);
	in->dry_run = net->tentative || (conn->flags & CNF_DRY_RUN);
	in->demote = rs->demote;
}

static enum drbd_recv_state_do run_sync_handshake(const struct drbd_conn_state *conn,
						  const struct drbd_vol_state *vol, struct drbd_recv_state *rs)
{
	struct drbd_sync_in in;

	sync_in(conn, vol, rs, &in);
	drbd_sync_handshake(&in, &rs->sync);
	rs->sync_ran = 1;
	memcpy(rs->uuid, vol->uuid, sizeof(rs->uuid));
	return rs->sync.try_demote ? RS_TRY_DEMOTE : RS_SYNC;
}

static enum drbd_recv_state_do protocol_error(struct drbd_recv_state *rs)
{
	rs->conn_to = C_PROTOCOL_ERROR;
	return RS_ERROR;
}

/* drbd-wire.md 4.9; the numbers are its steps. */
enum drbd_recv_state_do drbd_recv_state_begin(struct drbd_conn_state *conn, struct drbd_vol_state *vol, u32 word,
					      u64 oos, u64 failed, struct drbd_recv_state *rs)
{
	union drbd_state os = vol->state, peer;
	s8 demote = rs->demote;

	memset(rs, 0, sizeof(*rs));
	rs->demote = demote;
	peer.i = word;
	rs->os = os;
	rs->peer = peer;
	rs->real_peer_disk = real_disk(vol, peer);				/* 1 */
	if (peer.disk < D_NEGOTIATING)
		vol->peer_uuids_old = 1;
	if (os.conn <= C_TEAR_DOWN || !word_ok(peer))				/* 2 */
		return protocol_error(rs);
	if (target_came_up(os, rs->real_peer_disk)) {				/* 3 */
		if (peer.conn > C_CONNECTED && peer.conn < C_SYNC_SOURCE)
			rs->real_peer_disk = D_INCONSISTENT;
		else if (os.conn >= C_SYNC_SOURCE && peer.conn == C_CONNECTED)
			return oos <= failed ? RS_FINISH_RESYNC : RS_NOTHING;
	}
	if (verify_stopped(os, rs))						/* 4 */
		return RS_FINISH_VERIFY;
	if (is_stale(os, rs))							/* 5 */
		rs->real_peer_disk = D_UP_TO_DATE;
	rs->new_pdsk = rs->real_peer_disk;
	rs->new_disk = os.disk;
	rs->new_conn = os.conn == C_WF_REPORT_PARAMS ? C_CONNECTED : os.conn;	/* 6 */
	if (peer.conn == C_AHEAD)
		rs->new_conn = C_BEHIND;
	if (wants_sync_handshake(vol, os, peer))				/* 7 */
		return run_sync_handshake(conn, vol, rs);
	/* Never Connected with both disks unless they have been compared. */
	if (os.conn < C_CONNECTED && both_have_disks(os, peer))
		return protocol_error(rs);
	return RS_APPLY;
}

/* Not before the end: asked again, the repaired sets would get another verdict than the one that the peer comes to. */
static void make_repairs(struct drbd_vol_state *vol, struct drbd_recv_state *rs)
{
	memcpy(vol->uuid, rs->sync.uuid.self, sizeof(vol->uuid));
	memcpy(vol->peer.uuid, rs->sync.uuid.peer, sizeof(vol->peer.uuid));
	rs->md_dirty = rs->sync.uuid.self_changed;
}

/* What a failed handshake makes of the connection (7); RSE_DONE: it stays. */
static enum drbd_recv_state_end handshake_failed(struct drbd_conn_state *conn, struct drbd_recv_state *rs)
{
	rs->new_conn = C_CONNECTED;
	if (rs->os.disk == D_NEGOTIATING) {
		rs->new_disk = D_FAILED;
		return RSE_DONE;
	}
	if (rs->peer.disk == D_NEGOTIATING) {
		rs->new_pdsk = D_DISKLESS;
		return RSE_DONE;
	}
	if (conn->flags & CNF_DRY_RUN) {
		conn->flags &= ~CNF_DRY_RUN;
		return RSE_PROTOCOL_ERROR;
	}
	return RSE_STAND_ALONE;
}

/*
 * 8: an attached disk becomes what was found on it; but while the peer has a disk too and its UUIDs have not come since
 * the attach, nobody knows yet whether the data is current.
 */
static void end_negotiation(const struct drbd_vol_state *vol, struct drbd_recv_state *rs)
{
	bool compared = rs->sync_ran || rs->peer.disk < D_NEGOTIATING;

	if (rs->new_disk == D_NEGOTIATING && compared &&
	    (rs->new_conn == C_CONNECTED || rs->new_conn == C_WF_BITMAP_S))
		rs->new_disk = vol->attach_state.disk;
}

/*
 * Compared, and of one generation: what was Outdated or Consistent is as good as the other's. The state machine lifts
 * it when nodes meet; one whose resync ended before it began, and is compared again while connected, is lifted here.
 */
static void lift_equal_disks(struct drbd_recv_state *rs)
{
	if (!rs->sync_ran || rs->sync.fail || rs->new_conn != C_CONNECTED)
		return;
	if (rs->new_disk == D_OUTDATED || rs->new_disk == D_CONSISTENT)
		rs->new_disk = D_UP_TO_DATE;
	if (rs->new_pdsk == D_OUTDATED || (rs->new_pdsk == D_CONSISTENT && rs->os.conn >= C_CONNECTED))
		rs->new_pdsk = D_UP_TO_DATE;
}

/* 9: what is frozen here was sent to a peer that has forgotten it. */
static bool peer_rebooted(const struct drbd_conn_state *conn, const struct drbd_vol_state *vol,
			  const struct drbd_recv_state *rs)
{
	return rs->new_pdsk == D_CONSISTENT && drbd_suspended(conn) && rs->new_conn == C_CONNECTED &&
	       rs->os.conn < C_CONNECTED && (vol->flags & VF_NEW_CUR_UUID);
}

static enum drbd_state_rv take_state(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
				     const struct drbd_recv_state *rs, struct drbd_transition *tr)
{
	bool connects = rs->os.conn < C_CONNECTED && rs->new_conn >= C_CONNECTED;
	struct drbd_change ch;

	ch.mask = DS_PEER(R_MASK) | DS_CONN(C_MASK) | DS_DISK(D_MASK) | DS_PDSK(D_MASK) | DS_PEER_ISP;
	ch.val = DS_PEER(rs->peer.role) | DS_CONN(rs->new_conn) | DS_DISK(rs->new_disk) | DS_PDSK(rs->new_pdsk);
	if (rs->peer.aftr_isp || rs->peer.user_isp)
		ch.val |= DS_PEER_ISP;
	ch.flags = CS_VERBOSE | CS_LOCAL_ONLY | (connects ? 0 : CS_HARD);
	return drbd_vol_request(conn, vol, &ch, tr);
}

/* It has not compared yet; or its attach is refused here, which it finds out by comparing too. */
static bool peer_has_to_decide(const struct drbd_recv_state *rs, union drbd_state ns)
{
	if (rs->peer.disk == D_NEGOTIATING)
		return ns.pdsk == D_DISKLESS;
	return rs->os.conn > C_WF_REPORT_PARAMS && ns.conn > C_CONNECTED && rs->peer.conn <= C_CONNECTED;
}

enum drbd_recv_state_end drbd_recv_state_apply(struct drbd_conn_state *conn, struct drbd_vol_state *vol,
					       struct drbd_recv_state *rs, struct drbd_transition *tr, bool *send_both)
{
	enum drbd_recv_state_end end = RSE_DONE;

	*send_both = false;
	if (vol->state.i != rs->os.i || (rs->sync_ran && memcmp(vol->uuid, rs->uuid, sizeof(rs->uuid))))
		return RSE_AGAIN;
	if (rs->sync_ran) {
		make_repairs(vol, rs);
		rs->new_conn = rs->set_bits_failed ? C_MASK : rs->sync.conn;
	}
	if (rs->new_conn == C_MASK)
		end = handshake_failed(conn, rs);
	if (end != RSE_DONE)
		return end;
	end_negotiation(vol, rs);
	lift_equal_disks(rs);
	if (peer_rebooted(conn, vol, rs))
		return RSE_REBOOTED;
	vol->flags &= ~VF_CONSIDER_RESYNC;	/* the change may set it again */
	if (take_state(conn, vol, rs, tr) < SS_SUCCESS)				/* 10 */
		return RSE_STAND_ALONE;
	*send_both = peer_has_to_decide(rs, tr->ns);				/* 11 */
	vol->flags &= ~VF_DISCARD_MY_DATA;					/* 12 */
	return RSE_DONE;
}
