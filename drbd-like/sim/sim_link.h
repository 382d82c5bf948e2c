/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network between the nodes, and one connection on it: two TCP-like streams, each with its own delay, that can
 * stall, break and be cut in the middle of a packet. Within a stream nothing is reordered or lost; a broken stream
 * delivers what was complete, then end of file. Packets are encoded and decoded by drbd_packet.[ch]; the bytes of the
 * data behind the fixed part stand as one number a sector.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "sim_world.h"
#include "drbd-like/core/drbd_packet.h"

struct sim_msg {
	struct sim_msg *next;
	u8 bytes[DRBD_HEADER_MAX + DRBD_FIXED_MAX];
	u32 size_byte;		/* of bytes */
	u32 wire_byte;		/* all of it */
	u32 *tail;		/* versions, digest words or bitmap code */
	u32 tail_nr;
	u8 *raw;		/* bitmap bytes */
	u64 arrives_us;
};

enum { SIM_DATA, SIM_META };

struct sim_stream {
	struct sim_msg *first, **last;
	u64 busy_until_us;	/* the line is taken until then */
	u32 queued_byte;	/* handed to TCP, not delivered */
	bool cut;		/* what is not delivered yet is lost; end of file follows */
	bool timer;
};

struct sim_conn {
	struct sim_net *net;
	struct sim_stream s[SIM_NODES][2];	/* [sender][data or meta] */
	bool open[SIM_NODES];			/* this end is not closed */
	bool silent[SIM_NODES];			/* ... it vanished */
	bool eof[SIM_NODES][2];			/* to be read by this node on this socket */
};

struct sim_net {
	struct sim_world *w;
	struct sim_pair *pair;
	u32 latency_us, us_per_kib, sndbuf_byte;
	bool partitioned;	/* nothing arrives, nobody is told */
	u64 stalled_until_us[2];	/* per sender */
	struct sim_conn *conn;		/* newest */
	bool wants[SIM_NODES];		/* node is in WFConnection */
	u32 gen;
};

void sim_net_init(struct sim_pair *pair);

/* A node waits for its peer, or does not any more. When both do and the line is up, they meet. */
void sim_net_want(struct sim_node *n, bool wants);

/* Room for more in the send buffer? */
bool sim_conn_room(const struct sim_conn *c, int node, int sock);
u32 sim_conn_queued(const struct sim_conn *c, int node, int sock);

/* Encodes and sends; tail as in struct sim_msg, copied. False: broken. */
bool sim_conn_send(struct sim_conn *c, int node, int sock, const struct drbd_pkt *pkt, u16 apv, u32 features,
		   const u32 *tail, u32 tail_nr, const u8 *raw);

/* This end closes both sockets; the other one reads what is on the way, then end of file. */
void sim_conn_close(struct sim_conn *c, int node);

/* This end is gone without a word: nothing more arrives, no end of file either. */
void sim_conn_vanish(struct sim_conn *c, int node);

/* Cable pulled or put back; a break that both ends see; a stall of one direction. */
void sim_net_partition(struct sim_net *net, bool on);
void sim_net_break(struct sim_net *net);
void sim_net_stall(struct sim_net *net, int sender, u64 us);

#endif
