/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must be true whatever happens. The oracle sees everything at once: both disks, what the applications were told,
 * and when power failed; it knows nothing of how the core decides.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "sim_node.h"

/* One for each volume of a resource. */
void sim_oracle_init(struct sim_pair *pair);

/* A sector's content changes on this node's disk (as a read would see it). */
void sim_oracle_content(struct sim_vol *v, u64 sector, u32 old, u32 version);

/* A write starts (or starts again): gives it its version. */
void sim_oracle_start(struct sim_bio *bio);
/* A read goes to the own disk, or to the peer. */
void sim_oracle_read_from(struct sim_bio *bio, bool own_disk);
/* An application request starts; ends. Not called for requests of a node whose power fails: sim_oracle_crashed(). */
void sim_oracle_submit(struct sim_bio *bio);
void sim_oracle_complete(struct sim_bio *bio, s32 error);
/* After a flush or FUA write was told complete: these survive a crash of this node. */
void sim_oracle_crashed(struct sim_vol *v);
/* The node has given its backing device up: from now on the disk speaks for itself. */
void sim_oracle_closed(struct sim_vol *v);
/* Data that this node sent as flushed to its peer: P_BARRIER_ACK of an epoch was received, WO_BDEV_FLUSH. */
void sim_oracle_barrier_acked(const struct sim_req *req);

/* The write that gave a sector this version. */
const struct sim_bio *sim_oracle_writer(const struct sim_vol *v, u32 version);

/*
 * Stacked: the upper node leaves this volume; is what is on this one all that it has completed? A disk that it finds there has
 * to keep what was promised of it.
 */
void sim_oracle_released(struct sim_vol *below);
bool sim_oracle_is_current(const struct sim_vol *below);
void sim_oracle_reloaded(struct sim_vol *v);

/* Somebody decided that this node's data may go: discard-my-data, a policy, invalidate, force. */
void sim_oracle_excuse(struct sim_vol *v, const char *why);
/* The handshake made this node a sync target; its data are the peer's from the end of the resync on. */
void sim_oracle_target(struct sim_vol *v);
void sim_oracle_synced(struct sim_vol *v);
/* Silent corruption by the simulator, to be found by verify. */
void sim_oracle_corrupted(struct sim_vol *v, u64 sector);
/* A verify of the whole device ended on this node: it has marked what differs. */
void sim_oracle_verified(struct sim_vol *v);

/* After every event. */
void sim_oracle_step(struct sim_world *w);
/* At the end, when faults have stopped for long: connected or split brain, all requests answered. NULL or what is wrong. */
void sim_oracle_end(struct sim_world *w);
/* Is the pair at rest: connected and equal, or a reported split brain? */
bool sim_oracle_settled(struct sim_world *w);

u32 sim_oracle_outstanding(const struct sim_vol *v);

#endif
