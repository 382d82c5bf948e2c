/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim_node.h"
#include "sim_oracle.h"
#include "sim_stack.h"

#define DIGEST_BYTE	8	/* of the authentication */

/* --- sending --------------------------------------------------------------------------------------------------------- */

bool sim_send(struct sim_vol *v, int sock, struct drbd_pkt *pkt, const u32 *tail, u32 tail_nr, const u8 *raw)
{
	u16 apv = v->n->phase == PH_FEATURES ? 80 : v->n->cs.apv;

	if (!v->n->conn)
		return false;
	pkt->volume = v->nr;
	if (pkt->cmd != P_PING && pkt->cmd != P_PING_ACK)
		sim_trace(v->w, v->name, "send %s", drbd_packet_name(pkt->cmd));
	return sim_conn_send(v->n->conn, v->n->nr, sock, pkt, apv, v->n->cs.features, tail, tail_nr, raw);
}

bool sim_send_cmd(struct sim_node *n, int sock, u16 cmd)
{
	struct drbd_pkt pkt = { .cmd = cmd };

	return sim_send(n->vol[0], sock, &pkt, NULL, 0, NULL);
}

void sim_send_state(struct sim_vol *v, union drbd_state s)
{
	struct drbd_pkt pkt;

	drbd_state_packet(&v->vs, s, &pkt);
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

void sim_send_uuids(struct sim_vol *v, u32 extra)
{
	struct drbd_pkt pkt;

	if (v->vs.state.disk < D_NEGOTIATING)
		return;
	drbd_uuids_packet(&v->n->cs, &v->vs, v->bm.set, extra, &pkt);
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

void sim_send_sizes(struct sim_vol *v, bool ask, u16 dds)
{
	struct drbd_pkt pkt;

	drbd_sizes_packet(&v->n->cs, &v->vs, &v->sizes, ask, dds, &pkt);
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
}

u32 sim_ping(struct sim_node *n)
{
	n->pings_asked++;
	if (!n->ping_outstanding) {
		n->ping_outstanding = true;
		n->ping_sent_us = n->w->now_us;
	}
	sim_send_cmd(n, SIM_META, P_PING);
	return n->pings_asked;
}

bool sim_ping_done(const struct sim_node *n, u32 ticket)
{
	return (s32)(n->pings_answered - ticket) >= 0;
}

/* --- handshake --------------------------------------------------------------------------------------------------------- */

void sim_node_connected(struct sim_node *n, struct sim_conn *c, bool rc_flag)
{
	struct drbd_pkt pkt;

	sim_trace(n->w, n->name, "sockets up%s", rc_flag ? ", RC flag" : "");
	n->conn = c;
	n->conn_gen++;
	n->phase = PH_FEATURES;
	n->cs.flags &= ~CNF_RC_FLAG;
	if (rc_flag)
		n->cs.flags |= CNF_RC_FLAG;
	n->last_received_us = n->connected_us = n->w->now_us;
	n->ping_outstanding = false;
	drbd_features_packet(&pkt);
	pkt.u.features.feature_flags &= n->features_mask;
	pkt.u.features.protocol_max = n->apv_max;
	sim_send(n->vol[0], SIM_DATA, &pkt, NULL, 0, NULL);
}

static void send_volume(struct sim_vol *v)
{
	struct drbd_pkt pkt;

	if (v->n->net.discard_my_data)
		v->vs.flags |= VF_DISCARD_MY_DATA;
	drbd_req_vol_connected(&v->rv);
	drbd_sync_param_packet(&v->n->cs, &v->vs, &pkt);
	sim_send(v, SIM_DATA, &pkt, NULL, 0, NULL);
	sim_send_sizes(v, false, 0);
	sim_send_uuids(v, 0);
	sim_send_state(v, v->vs.state);
}

static void send_parameters(struct sim_node *n)
{
	struct drbd_change ch = { DS_CONN(C_MASK), DS_CONN(C_WF_REPORT_PARAMS), CS_VERBOSE };
	struct drbd_pkt pkt;
	struct sim_vol *v;

	if (!drbd_protocol_packet(&n->cs, false, &pkt)) {
		sim_conn_stand_alone(n, "peer too old for dry run");
		return;
	}
	sim_send(n->vol[0], SIM_DATA, &pkt, NULL, 0, NULL);
	drbd_conn_state_sent(&n->cs);
	for_each_vol(v, n)
		send_volume(v);
	n->net.discard_my_data = 0;
	if (sim_change_conn(n, &ch) < SS_SUCCESS)
		sim_conn_fail(n, C_NETWORK_FAILURE, "WFReportParams refused");
}

/* Stands for HMAC: what matters is that it depends on the secret and on every byte. */
static int hmac(void *arg, const void *data, u32 size_byte, u8 *digest)
{
	const struct sim_node *n = arg;
	const u8 *b = data;
	const char *s;
	u64 h = 14695981039346656037ull;

	for (s = n->net.shared_secret; *s; s++)
		h = (h ^ (u8)*s) * 1099511628211ull;
	while (size_byte--)
		h = (h ^ *b++) * 1099511628211ull;
	drbd_put_be64(digest, h);
	return 0;
}

static void send_auth(struct sim_node *n, u16 cmd, const u8 *bytes, u32 size_byte)
{
	struct drbd_pkt pkt = { .cmd = cmd, .tail_byte = size_byte };

	sim_send(n->vol[0], SIM_DATA, &pkt, NULL, 0, bytes);
}

static void begin_auth(struct sim_node *n)
{
	u32 i;

	n->phase = PH_AUTH;
	n->challenged = false;
	memset(&n->auth, 0, sizeof(n->auth));
	n->auth.digest_byte = DIGEST_BYTE;
	n->auth.hmac = hmac;
	n->auth.arg = n;
	for (i = 0; i < DRBD_AUTH_CHALLENGE_SIZE; i += 8)
		drbd_put_be64(n->auth.challenge + i, sim_node_random(n));
	send_auth(n, P_AUTH_CHALLENGE, n->auth.challenge, DRBD_AUTH_CHALLENGE_SIZE);
}

static enum drbd_hs auth_step(struct sim_node *n, const struct drbd_header *h, const u8 *payload)
{
	enum drbd_hs hs;

	if (n->challenged) {
		hs = drbd_auth_response_header(&n->auth, h);
		if (hs == HS_OK && !SIM_FAULT(n->w, "secret-not-checked"))
			hs = drbd_auth_response(&n->auth, payload);
		return hs;
	}
	hs = drbd_auth_challenge_header(h);
	if (hs == HS_OK)
		hs = drbd_auth_challenge(&n->auth, payload, h->length);
	if (hs == HS_OK)
		send_auth(n, P_AUTH_RESPONSE, n->auth.response, DIGEST_BYTE);
	return hs;
}

static void got_auth(struct sim_node *n, const struct sim_msg *m)
{
	struct drbd_header h;
	enum drbd_hs hs;

	if (!drbd_get_header(m->bytes, n->cs.apv, &h))
		sim_violation(n->w, "%s: header of %u bytes is not understood", n->name, m->size_byte);
	hs = auth_step(n, &h, m->raw);
	if (hs == HS_TRY_AGAIN) {
		sim_conn_fail(n, C_NETWORK_FAILURE, "authentication");
	} else if (hs == HS_GIVE_UP) {
		sim_conn_stand_alone(n, "authentication");
	} else if (!n->challenged) {
		n->challenged = true;
	} else {
		n->phase = PH_LOOP;
		send_parameters(n);
	}
}

static void got_features(struct sim_node *n, const struct sim_msg *m)
{
	struct drbd_header h;
	struct drbd_pkt pkt;
	u32 head = drbd_header_size(80);

	if (!drbd_get_header(m->bytes, 80, &h) ||
	    !drbd_get_packet(&h, 80, 0, m->bytes + head, m->size_byte - head, &pkt) ||
	    drbd_features_agree(&h, &pkt.u.features, &n->cs.apv, &n->cs.features) != HS_OK) {
		sim_conn_stand_alone(n, "features");
		return;
	}
	n->cs.apv = DRBD_MIN(n->cs.apv, n->apv_max);
	n->cs.features &= n->features_mask;
	sim_trace(n->w, n->name, "agreed version %u features %x", n->cs.apv, n->cs.features);
	if (n->net.cram_hmac_alg[0]) {
		begin_auth(n);
		return;
	}
	n->phase = PH_LOOP;
	send_parameters(n);
}

/* --- packets of the handshake and of states ---------------------------------------------------------------------------------- */

static void got_protocol(struct sim_node *n, const struct drbd_pkt *pkt)
{
	const char *differs = drbd_protocol_check(&n->cs, &pkt->u.protocol);

	if (differs)
		sim_conn_stand_alone(n, differs);
}

static void got_sync_param(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	struct drbd_sync_param_verdict d;
	struct drbd_disk_conf disk = v->disk_conf;
	struct drbd_net_conf net = v->n->net;

	drbd_sync_param_received(&v->n->cs, &v->vs, &pkt->u.rs_param, &disk, &net, &d);
	if (d.stand_alone) {
		sim_conn_stand_alone(v->n, d.stand_alone);
		return;
	}
	v->disk_conf = disk;
	v->n->net = net;
	if (d.plan_changed)
		drbd_rs_ctl_resize(&v->ctl, v->disk_conf.c_plan_ahead);
}

static void got_sizes(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	struct drbd_sizes_verdict d;

	drbd_sizes_received(&v->n->cs, &v->vs, &v->sizes, &pkt->u.sizes, &d);
	if (d.stand_alone) {
		sim_conn_stand_alone(v->n, d.why);
		return;
	}
	if (d.set_user)
		v->sizes.user_sect = d.user_sect;
	v->resize_answer = d.answer;
	v->resize_flags = pkt->u.sizes.dds_flags;
	v->resize_sync = d.grow_resync;
	if (!d.set_size || d.size_sect == v->sizes.capacity_sect) {
		sim_resized(v);
		return;
	}
	if (v->disk_open && v->sizes.capacity_sect && (v->disk_conf.disk_size || d.size_sect < v->sizes.capacity_sect))
		sim_violation(v->w, "%s: size changes from %llu to %llu without cause", v->name,
			      v->sizes.capacity_sect, d.size_sect);
	sim_resize(v, d.size_sect);
}

static void got_uuids(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	struct drbd_transition tr;

	switch (drbd_uuids_received(&v->n->cs, &v->vs, &pkt->u.uuids, &tr)) {
	case UUIDS_STORED:
		break;
	case UUIDS_STAND_ALONE:
		sim_conn_stand_alone(v->n, "primary without data: the peer has others");
		break;
	case UUIDS_SKIP_SYNC:
		drbd_bm_clear(&v->bm, 0, v->bm.bits - 1);
		sim_applied(v, &tr);
		break;
	}
}

/* True if done; false: ask again after something changed. */
static void run_state(struct sim_vol *v, u32 word)
{
	enum drbd_recv_state_end end;
	struct drbd_recv_state rs;
	struct drbd_transition tr;
	bool send_both;
	u32 tries;

	memset(&rs, 0, sizeof(rs));
	for (tries = 0; tries < 8; tries++) {
		switch (drbd_recv_state_begin(&v->n->cs, &v->vs, word, v->bm.set, v->rs.failed, &rs)) {
		case RS_FINISH_RESYNC:
			sim_rs_finish(v);
			return;
		case RS_FINISH_VERIFY:
			sim_rs_finish(v);
			return;
		case RS_NOTHING:
			return;
		case RS_ERROR:
			sim_conn_fail(v->n, rs.conn_to, "state");
			return;
		case RS_TRY_DEMOTE:
			v->vs.opens = sim_stack_uses(v) || sim_oracle_outstanding(v) != 0;
			rs.demote = sim_set(v, DS_ROLE(R_MASK), DS_ROLE(R_SECONDARY), 0) >= SS_SUCCESS ? 1 : -1;
			continue;
		case RS_SYNC:
			sim_trace(v->w, v->name, "sync handshake: rule %u, hg %d -> %d, conn %s%s%s", rs.sync.uuid.rule,
				  rs.sync.uuid.hg, rs.sync.hg, drbd_conn_name(rs.sync.conn),
				  rs.sync.fail ? ", " : "", rs.sync.fail ? drbd_sync_fail_text(rs.sync.fail) : "");
			sim_trace(v->w, v->name, "own %llx:%llx:%llx:%llx peer's %llx:%llx:%llx:%llx", rs.uuid[0], rs.uuid[1],
				  rs.uuid[2], rs.uuid[3], v->vs.peer.uuid[0], v->vs.peer.uuid[1], v->vs.peer.uuid[2],
				  v->vs.peer.uuid[3]);
			if (rs.sync.fail == SF_SPLIT_BRAIN || rs.sync.fail == SF_UNRELATED)
				sim_reported_split(v->n);
			if (rs.sync.auto_solved || rs.sync.manual_solved)
				sim_oracle_excuse(rs.sync.hg < 0 ? v : sim_peer_vol(v), "split brain solved");
			if (rs.sync.set_all_bits) {
				sim_set_all_bits(v);
				sim_bm_write(v, NULL, NULL);
			}
			break;
		case RS_APPLY:
			break;
		}
		end = drbd_recv_state_apply(&v->n->cs, &v->vs, &rs, &tr, &send_both);
		if (rs.md_dirty)
			sim_md_write(v, NULL, NULL);
		switch (end) {
		case RSE_DONE:
			sim_applied(v, &tr);
			if (send_both) {
				sim_send_uuids(v, 0);
				sim_send_state(v, v->vs.state);
			}
			return;
		case RSE_AGAIN:
			memset(&rs, 0, sizeof(rs));
			continue;
		case RSE_STAND_ALONE:
			sim_conn_stand_alone(v->n, "state refused");
			return;
		case RSE_PROTOCOL_ERROR:
			sim_conn_fail(v->n, C_PROTOCOL_ERROR, "state refused");
			return;
		case RSE_REBOOTED: {
			struct drbd_change ch = { DS_SUSPENDED, 0, CS_HARD };

			sim_log_event(v->n, NULL, RQE_CONN_LOST);
			if (drbd_pending_new_uuid(&v->vs, sim_node_random(v->n)))
				sim_md_write(v, NULL, NULL);
			sim_change_conn(v->n, &ch);
			sim_conn_fail(v->n, C_PROTOCOL_ERROR, "peer was rebooted");
			return;
		}
		}
	}
	sim_violation(v->w, "%s: a received state is never settled", v->name);
}

static void got_change_request(struct sim_vol *v, const struct drbd_pkt *pkt, bool conn_wide)
{
	struct drbd_pkt reply = { .cmd = conn_wide ? P_CONN_ST_CHG_REPLY : P_STATE_CHG_REPLY };
	struct drbd_change ch;
	s32 rv;

	if (drbd_peer_request(&v->n->cs, v->n->op.wait_change, conn_wide, &pkt->u.req_state, &ch))
		rv = SS_CONCURRENT_ST_CHG;
	else if (conn_wide)
		rv = sim_change_conn(v->n, &ch);
	else
		rv = sim_change(v, &ch);
	reply.u.retcode = rv;
	sim_send(v, SIM_META, &reply, NULL, 0, NULL);
}

/* False: wait for the state to change. */
static bool got_sync_uuid(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	enum drbd_state_rv rv = drbd_got_sync_uuid(&v->vs, pkt->u.uuid);

	if (rv == SS_UNKNOWN_ERROR)
		return false;
	if (rv < SS_SUCCESS)
		return true;
	sim_md_write(v, NULL, NULL);
	sim_rs_start(v, C_SYNC_TARGET);
	return true;
}

/* --- bitmap -------------------------------------------------------------------------------------------------------------------- */

bool sim_send_bitmap(struct sim_vol *v)
{
	struct drbd_bm_xfer x;
	u8 buf[4096];
	u32 max = 4096 - drbd_header_size(v->n->cs.apv);

	memset(&x, 0, sizeof(x));
	while (!x.done) {
		struct drbd_pkt pkt = { .cmd = 0 };

		pkt.tail_byte = drbd_bm_send(&v->bm, &x, v->n->net.use_rle && v->n->cs.apv >= 90, buf, max, &pkt.cmd);
		if (pkt.cmd == P_COMPRESSED_BITMAP) {	/* the encoding byte is the packet's fixed part */
			pkt.u.encoding = buf[0];
			pkt.tail_byte--;
		}
		if (!sim_send(v, SIM_DATA, &pkt, NULL, 0, pkt.cmd == P_COMPRESSED_BITMAP ? buf + 1 : buf))
			return false;
	}
	return true;
}

static void got_bitmap(struct sim_vol *v, const struct drbd_pkt *pkt, const struct sim_msg *m)
{
	u8 buf[4096];
	u32 size = pkt->tail_byte, max = 4096 - drbd_header_size(v->n->cs.apv);

	if (pkt->cmd == P_COMPRESSED_BITMAP) {
		buf[0] = pkt->u.encoding;
		memcpy(buf + 1, m->raw, size);
		size++;
	} else if (size) {
		memcpy(buf, m->raw, size);
	}
	if (drbd_bm_receive(&v->bm, &v->xfer_in, pkt->cmd, buf, size, max)) {
		sim_conn_fail(v->n, C_PROTOCOL_ERROR, "bitmap");
		return;
	}
	if (!v->xfer_in.done)
		return;
	memset(&v->xfer_in, 0, sizeof(v->xfer_in));
	sim_trace(v->w, v->name, "bitmap received, %llu bits set", v->bm.set);
	if (v->vs.state.conn == C_WF_BITMAP_T) {
		if (sim_send_bitmap(v))
			sim_set(v, DS_CONN(C_MASK), DS_CONN(C_WF_SYNC_UUID), CS_VERBOSE);
	} else if (v->vs.state.conn == C_WF_BITMAP_S) {
		sim_rs_start(v, C_SYNC_SOURCE);
	}
}

/* --- barrier ------------------------------------------------------------------------------------------------------------------------ */

static void flushed(struct sim_world *w, void *arg, u64 gen, s32 error, const u32 *content)
{
	struct sim_vol *v = arg;
	struct sim_node *n = v->n;

	(void)w;
	(void)content;
	n->flushing--;
	if (error) {
		drbd_epochs_disk_lost(&n->es);
		sim_io_error(v, IOE_META);
	}
	sim_disk_put(v);
	sim_node_wake(n);
	if (n->flushing || gen != n->conn_gen || !n->barrier_waits)
		return;
	n->barrier_waits = false;
	if (n->es.lost) {
		sim_conn_fail(n, C_PROTOCOL_ERROR, "a barrier can not be kept");
		return;
	}
	drbd_epoch_drained(&n->es, false);
	sim_send_barrier_acks(n);
}

/* An epoch is one for all volumes: every disk is flushed. */
static void flush_disks(struct sim_node *n)
{
	struct sim_vol *v;

	for_each_vol(v, n) {
		if (!v->disk_open || (v->nr && SIM_FAULT(n->w, "barrier-flushes-one-volume")))
			continue;
		n->flushing++;
		v->disk_users++;
		sim_disk_flush(&v->disk, flushed, v, n->conn_gen);
	}
}

/* False: the receiver waits. */
static bool step_barrier(struct sim_node *n)
{
	if (n->flushing)
		return false;
	if (n->es.active && !SIM_FAULT(n->w, "barrier-not-drained"))
		return false;
	if (n->es.active) {
		n->es.wo = WO_NONE;
		n->barrier_waits = false;
		return true;
	}
	if (n->es.wo == WO_BDEV_FLUSH && !SIM_FAULT(n->w, "barrier-not-flushed"))
		flush_disks(n);
	if (n->flushing)
		return false;
	n->barrier_waits = false;
	drbd_epoch_drained(&n->es, false);
	sim_send_barrier_acks(n);
	return true;
}

static void got_barrier(struct sim_node *n, const struct drbd_pkt *pkt)
{
	struct drbd_epoch *spare = sim_alloc(n->w, sizeof(*spare));
	bool used;

	switch (drbd_epoch_barrier(&n->es, pkt->u.barrier.barrier, spare, &used)) {
	case BARRIER_GO_ON:
		break;
	case BARRIER_ACK:
		sim_send_barrier_acks(n);
		break;
	case BARRIER_DRAIN:
		n->barrier_waits = true;
		break;
	case BARRIER_BAD:
		sim_conn_fail(n, C_PROTOCOL_ERROR, "a barrier can not be kept");
		break;
	}
}

void sim_send_barrier_acks(struct sim_node *n)
{
	struct drbd_pkt pkt = { .cmd = P_BARRIER_ACK };
	struct drbd_epoch *done;

	while (drbd_epoch_next_ack(&n->es, &pkt.u.barrier_ack.barrier, &pkt.u.barrier_ack.set_size, &done))
		sim_send(n->vol[0], SIM_META, &pkt, NULL, 0, NULL);
}

/* --- the receivers ------------------------------------------------------------------------------------------------------------------- */

static void got_oos(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	if (!SIM_FAULT(v->w, "out-of-sync-ignored"))
		sim_set_oos(v, pkt->u.desc.sector, pkt->u.desc.blksize);
}

/* False: the packet has to wait; it is offered again. */
static bool data_packet(struct sim_vol *v, const struct drbd_pkt *pkt, struct sim_msg *m)
{
	switch (pkt->cmd) {
	case P_PROTOCOL:		got_protocol(v->n, pkt); return true;
	case P_SYNC_PARAM:
	case P_SYNC_PARAM89:		got_sync_param(v, pkt); return true;
	case P_SIZES:			got_sizes(v, pkt); return true;
	case P_UUIDS:
		if (v->n->op.wait_change && v->vs.state.disk < D_INCONSISTENT)
			return false;	/* a running cluster-wide change first */
		got_uuids(v, pkt);
		return true;
	case P_STATE:			run_state(v, pkt->u.state); return true;
	case P_STATE_CHG_REQ:		got_change_request(v, pkt, false); return true;
	case P_CONN_ST_CHG_REQ:		got_change_request(v, pkt, true); return true;
	case P_SYNC_UUID:		return got_sync_uuid(v, pkt);
	case P_BITMAP:
	case P_COMPRESSED_BITMAP:	got_bitmap(v, pkt, m); return true;
	case P_OUT_OF_SYNC:		got_oos(v, pkt); return true;
	case P_BARRIER:			got_barrier(v->n, pkt); return true;
	case P_DATA:
	case P_TRIM:
	case P_ZEROES:			return sim_recv_write(v, pkt, m);
	case P_DATA_REQUEST:		return sim_recv_read(v, pkt, m, RS_READ_REQ);
	case P_RS_DATA_REQUEST:		return sim_recv_read(v, pkt, m, RS_DATA_REQ);
	case P_RS_THIN_REQ:		return sim_recv_read(v, pkt, m, RS_THIN_REQ);
	case P_CSUM_RS_REQUEST:		return sim_recv_read(v, pkt, m, RS_CSUM_REQ);
	case P_OV_REQUEST:		return sim_recv_read(v, pkt, m, RS_OV_REQ);
	case P_OV_REPLY:		sim_ov_reply(v, pkt, m); return true;
	case P_DATA_REPLY:
	case P_RS_DATA_REPLY:
	case P_RS_DEALLOCATED:		return sim_recv_rs_data(v, pkt, m);
	default:
		sim_violation(v->w, "%s: unexpected %s on the data socket", v->name,
			      drbd_packet_name(pkt->cmd));
	}
}

static void meta_packet(struct sim_vol *v, const struct drbd_pkt *pkt)
{
	switch (pkt->cmd) {
	case P_PING:
		sim_send_cmd(v->n, SIM_META, P_PING_ACK);
		break;
	case P_PING_ACK:
		v->n->pings_answered++;
		v->n->ping_outstanding = v->n->pings_answered != v->n->pings_asked;
		v->n->ping_sent_us = v->w->now_us;
		sim_node_wake(v->n);
		break;
	case P_STATE_CHG_REPLY:
		/* with apv < 100 it may belong to a connection-wide request */
		if (v->n->op.conn_wide && v->n->op.wait_change)
			drbd_conn_got_reply(&v->n->cs, pkt->u.retcode);
		else
			drbd_vol_got_reply(&v->vs, pkt->u.retcode);
		sim_node_wake(v->n);
		break;
	case P_CONN_ST_CHG_REPLY:
		drbd_conn_got_reply(&v->n->cs, pkt->u.retcode);
		sim_node_wake(v->n);
		break;
	case P_BARRIER_ACK:
		sim_recv_barrier_ack(v->n, pkt);
		break;
	default:
		sim_recv_ack(v, pkt);
		break;
	}
}

static bool decode(struct sim_node *n, int sock, const struct sim_msg *m, struct drbd_pkt *pkt)
{
	u8 sock_kind = sock == SIM_DATA ? DRBD_DATA_SOCK : DRBD_META_SOCK;
	struct drbd_header h;
	u32 head = drbd_header_size(n->cs.apv), fixed;
	const char *why = "header";

	if (!drbd_get_header(m->bytes, n->cs.apv, &h))
		sim_violation(n->w, "%s: header of %u bytes is not understood", n->name, m->size_byte);
	if (drbd_packet_check(&h, sock_kind, PH_LOOP, n->cs.apv, n->cs.features, &fixed, &why))
		sim_violation(n->w, "%s: %s: %s", n->name, drbd_packet_name(h.cmd), why);
	if (fixed != m->size_byte - head ||
	    !drbd_get_packet(&h, n->cs.apv, n->cs.features, m->bytes + head, fixed, pkt))
		sim_violation(n->w, "%s: %s is not decoded", n->name, drbd_packet_name(h.cmd));
	return true;
}

static struct sim_vol *vol_of(struct sim_node *n, const struct drbd_pkt *pkt)
{
	if (pkt->volume >= n->pair->vols)
		sim_violation(n->w, "%s: %s for volume %u", n->name, drbd_packet_name(pkt->cmd), pkt->volume);
	return n->vol[pkt->volume];
}

static void run_data(struct sim_node *n)
{
	struct drbd_pkt pkt;
	struct sim_msg *m;
	u32 gen = n->conn_gen;

	while (n->conn && gen == n->conn_gen && !sim_resizing(n) && (m = n->in[SIM_DATA]) != NULL) {
		if ((n->stuck && !sim_step_write(n->stuck)) || (n->stuck_read && !sim_step_read(n->stuck_read)))
			return;
		if (n->barrier_waits && !step_barrier(n))
			return;
		if (n->phase != PH_LOOP) {
			if (n->work)
				return;		/* a new generation may be due: the peer has to hear of it */
			n->in[SIM_DATA] = m->next;
			if (!m->next)
				n->in_last[SIM_DATA] = &n->in[SIM_DATA];
			if (n->phase == PH_FEATURES)
				got_features(n, m);
			else
				got_auth(n, m);
			continue;
		}
		decode(n, SIM_DATA, m, &pkt);
		if (!data_packet(vol_of(n, &pkt), &pkt, m))
			return;
		if (gen != n->conn_gen)
			return;		/* the connection is gone, and the queue with it */
		n->in[SIM_DATA] = m->next;
		if (!m->next)
			n->in_last[SIM_DATA] = &n->in[SIM_DATA];
	}
	if (!n->conn || gen != n->conn_gen || sim_resizing(n))
		return;
	if ((n->stuck && !sim_step_write(n->stuck)) || (n->stuck_read && !sim_step_read(n->stuck_read)))
		return;
	if (gen == n->conn_gen && n->barrier_waits && !step_barrier(n))
		return;
	if (gen == n->conn_gen && n->eof[SIM_DATA] && !n->in[SIM_DATA])
		sim_conn_fail(n, C_BROKEN_PIPE, "end of file on the data socket");
}

static void run_meta(struct sim_node *n)
{
	struct drbd_pkt pkt;
	struct sim_msg *m;
	u32 gen = n->conn_gen;

	/* serviced once the features are agreed and the parameters sent */
	while (n->conn && gen == n->conn_gen && n->cs.cstate >= C_WF_REPORT_PARAMS &&
	       (m = n->in[SIM_META]) != NULL) {
		n->in[SIM_META] = m->next;
		if (!m->next)
			n->in_last[SIM_META] = &n->in[SIM_META];
		decode(n, SIM_META, m, &pkt);
		meta_packet(vol_of(n, &pkt), &pkt);
	}
	if (n->conn && gen == n->conn_gen && n->eof[SIM_META] && !n->in[SIM_META])
		sim_conn_fail(n, C_NETWORK_FAILURE, "end of file on the meta socket");
}

static void send_due_bitmap(struct sim_vol *v)
{
	if (!v->bitmap_due || (v->rv.ap_bio && !SIM_FAULT(v->w, "bitmap-sent-early")))
		return;
	v->bitmap_due = false;
	if (v->vs.state.conn == C_WF_BITMAP_S)
		sim_send_bitmap(v);
	if (drbd_req_release(&v->rv))
		sim_node_wake(v->n);
}

void sim_poll_receiver(struct sim_node *n)
{
	struct sim_vol *v;

	run_meta(n);
	run_data(n);
	if (!n->conn || n->cleaning)
		return;
	for_each_vol(v, n)
		send_due_bitmap(v);
}

void sim_node_received(struct sim_node *n, struct sim_conn *c, int sock, struct sim_msg *m)
{
	if (!n->up || n->conn != c)
		return;
	n->last_received_us = n->w->now_us;
	*n->in_last[sock] = m;
	n->in_last[sock] = &m->next;
	if (sock == SIM_META)
		run_meta(n);
	else
		run_data(n);
	sim_node_wake(n);
}

void sim_node_eof(struct sim_node *n, struct sim_conn *c, int sock)
{
	if (!n->up || n->conn != c)
		return;
	n->eof[sock] = true;
	/* an orderly disconnect is under way: its answer may still come on the other socket */
	if (n->cs.flags & CNF_DISCONNECT_SENT)
		sim_trace(n->w, n->name, "end of file while disconnecting");
	sim_poll_receiver(n);
}

void sim_node_room(struct sim_node *n, struct sim_conn *c)
{
	if (n->up && n->conn == c)
		sim_node_wake(n);
}
