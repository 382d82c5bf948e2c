/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection with one or two volumes for the tests of the state machine: set up by fresh(), changed by request(). */
#ifndef DRBD_WORLD_H
#define DRBD_WORLD_H

#include "drbd-like/core/drbd_state.h"
#include "unit.h"

static struct drbd_conn_state conn;
static struct drbd_vol_state vol[2], *vols[2] = { &vol[0], &vol[1] };
static struct drbd_net_conf net;
static struct drbd_disk_conf disk;
static struct drbd_resource_conf res;
static struct drbd_transition tr[2];
static struct drbd_conn_transition ctr;

static inline union drbd_state word(u32 role, u32 peer, u32 c, u32 d, u32 pdsk)
{
	union drbd_state s;

	s.i = DS_ROLE(role) | DS_PEER(peer) | DS_CONN(c) | DS_DISK(d) | DS_PDSK(pdsk);
	return s;
}
#define PRI R_PRIMARY
#define SEC R_SECONDARY
#define UNK R_UNKNOWN
#define S(role, peer, c, d, p) word(role, peer, C_##c, D_##d, D_##p)

/* A connection with so many volumes, all in that state; default options, protocol 101, a verify algorithm. */
static inline void fresh(u32 vols_nr, union drbd_state s)
{
	u32 i;

	drbd_opts_default(DRBD_CTX_net, &net);
	drbd_opts_default(DRBD_CTX_disk, &disk);
	drbd_opts_default(DRBD_CTX_resource, &res);
	strcpy(net.verify_alg, "md5");
	drbd_conn_state_init(&conn);
	memset(vol, 0, sizeof(vol));
	conn.apv = 101;
	conn.net = &net;
	conn.res = &res;
	conn.vol = vols;
	conn.vols = vols_nr;
	conn.cstate = s.conn < C_WF_REPORT_PARAMS ? s.conn : C_WF_REPORT_PARAMS;
	conn.susp = s.susp;
	conn.susp_nod = s.susp_nod;
	conn.susp_fen = s.susp_fen;
	for (i = 0; i < 2; i++) {
		vol[i].state = s;
		vol[i].disk_conf = s.disk > D_DISKLESS ? &disk : NULL;
		vol[i].uuid[UI_CURRENT] = vol[i].ed_uuid = 0x1000;
		vol[i].volume = i;
	}
	memset(tr, 0, sizeof(tr));
}

static inline s32 request(u32 mask, u32 val, u32 flags)
{
	struct drbd_change ch = { mask, val, flags };

	return drbd_vol_request(&conn, &vol[0], &ch, &tr[0]);
}

static inline s32 request_conn(u32 mask, u32 val, u32 flags)
{
	struct drbd_change ch = { mask, val, flags };

	return drbd_conn_request(&conn, &ch, tr, &ctr);
}
#define ROLE(r)	DS_ROLE(R_MASK), DS_ROLE(r)
#define CONN(c)	DS_CONN(C_MASK), DS_CONN(C_##c)
#define DISK(d)	DS_DISK(D_MASK), DS_DISK(D_##d)
#define PDSK(d)	DS_PDSK(D_MASK), DS_PDSK(D_##d)

/* The list that follows a change, as the names of the actions. */
static inline const char *after_text(const struct drbd_after *a)
{
	static const char *const names[] = {
		[AW_HELPER_PRI_ON_INCON_DEGR] = "pri-on-incon-degr", [AW_HELPER_LOCAL_IO_ERROR] = "local-io-error",
		[AW_TL_RESEND] = "resend", [AW_TL_RESTART_FROZEN] = "restart", [AW_CLEAR_SUSP_NOD] = "clear-nod",
		[AW_CLEAR_SUSP_FEN] = "clear-fen", [AW_SEND_SYNC_UUID] = "sync-uuid", [AW_SEND_SIZES] = "sizes",
		[AW_SEND_UUIDS] = "uuids", [AW_SEND_STATE] = "state", [AW_RS_RESET] = "rs-reset",
		[AW_SEND_BITMAP] = "bitmap", [AW_MD_WRITE] = "md-write", [AW_MD_SYNC] = "md-sync",
		[AW_BM_WRITE] = "bm-write", [AW_PAUSE_DEPENDENTS] = "pause", [AW_RESUME_DEPENDENTS] = "resume",
		[AW_FULL_SYNC] = "full-sync", [AW_ABORT_LOCAL] = "abort", [AW_RS_CANCEL_ALL] = "rs-cancel",
		[AW_PUT_DISK] = "put", [AW_CLOSE_DISK] = "close", [AW_RESYNC_GROWN] = "grown",
		[AW_UNFENCE_PEER] = "unfence", [AW_START_RECEIVER] = "receiver", [AW_DROP_NET_CONF] = "drop-net",
		[AW_NEW_UUIDS] = "new-uuids", [AW_TL_CONN_LOST] = "conn-lost",
	};
	static char text[400];
	u32 i;

	text[0] = 0;
	for (i = 0; i < a->nr; i++) {
		strcat(text, i ? " " : "");
		strcat(text, names[a->act[i]]);
	}
	return text;
}

#endif
