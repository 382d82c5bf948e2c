/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's IPVS table over generic netlink: one socket, requests in batches. All errors are negative errnos as the
 * kernel gave them; ipvs_op_error in ipvs_error.h has the words for them. Needs CAP_NET_ADMIN, for reading too.
 */
#ifndef IPVS_NL_H
#define IPVS_NL_H

#include "ipvs/ipvs_types.h"

struct ipvs_nl;

/*
 * Connects; *nl is ended by ipvs_nl_close. 0 or -errno: -ENOENT when the kernel has no IPVS (see ipvs_nl_load_module),
 * -ENOMEM, those of socket.
 */
int ipvs_nl_open(struct ipvs_nl **nl);
/* Sends nothing: what is queued and not flushed is forgotten, and not reported. nl may be NULL. */
void ipvs_nl_close(struct ipvs_nl *nl);

/* Runs /sbin/modprobe -- ip_vs and waits for it. True: it exited with 0. */
int ipvs_nl_load_module(void);

/* The answers to reads. A read sends what is queued first. 0 or -errno; arrays are the caller's to free(). */
int ipvs_nl_info(struct ipvs_nl *nl, struct ipvs_info *info);
int ipvs_nl_timeouts(struct ipvs_nl *nl, struct ipvs_timeouts *timeouts);
/* At most one master and one backup; *daemons of the two are filled. */
int ipvs_nl_daemons(struct ipvs_nl *nl, struct ipvs_daemon daemon[2], size_t *daemons);
/* All services in the kernel's order. */
int ipvs_nl_services(struct ipvs_nl *nl, struct ipvs_service **svc, size_t *services);
/* The service with the identity of id; -ESRCH when there is none. */
int ipvs_nl_service(struct ipvs_nl *nl, const struct ipvs_service *id, struct ipvs_service *svc);
/* Its real servers in the kernel's order, newest first; none when the service does not exist. */
int ipvs_nl_dests(struct ipvs_nl *nl, const struct ipvs_service *id, struct ipvs_dest **dest, size_t *dests);

/* Makes one change now. 0 or -errno. Sends what is queued first. */
int ipvs_nl_change(struct ipvs_nl *nl, const struct ipvs_change *change);

/*
 * Changes in batches: many go to the kernel in one message to it, which makes them one after the other in the order they were
 * queued, each whatever became of the one before. done is told of every change, once and in that order, with 0 or -errno,
 * from within a later ipvs_nl_queue or _flush; tag is the caller's, such as a line number. done must not use nl.
 */
typedef void (*ipvs_nl_done_fn)(const struct ipvs_change *change, unsigned long tag, int err, void *arg);
void ipvs_nl_on_done(struct ipvs_nl *nl, ipvs_nl_done_fn done, void *arg);
/* change is copied. Sends the batch when it is full. */
void ipvs_nl_queue(struct ipvs_nl *nl, const struct ipvs_change *change, unsigned long tag);
/* Sends what is queued; when it returns all has been reported. */
void ipvs_nl_flush(struct ipvs_nl *nl);

#endif
