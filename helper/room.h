/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room: the site-wide maximum of nodes (guards.max_nodes), when a gang begins.
 *
 * A gang beyond it is not launched: its job goes back to the queue, is told, and it counts neither
 * as a failed start nor against any pool. Of one-node jobs launched together as many go on as there
 * is room for.
 */
#ifndef BURST_ROOM_H
#define BURST_ROOM_H

#include "helper/app.h"
#include "helper/demand.h"

struct room {
	bool full;           /* none of the demand's nodes may come */
	struct nodeset keep; /* some may, some not: those that may */
	struct nodeset back; /* those that may not; empty: there is room */
	enum err_class class;
	unsigned taken, max;
	char why[256]; /* one sentence, for the jobs */
};
#define ROOM_INIT                                                                                  \
	{                                                                                          \
		.keep = NODESET_INIT, .back = NODESET_INIT                                         \
	}
void room_release(struct room *room);

/* What of DEMAND may come where TAKEN of MAX (0: no maximum) nodes are there. Pure. */
int room_choose(const struct demand *demand, unsigned taken, unsigned max, struct room *room,
	struct err *err);

/* The same by configuration and state.db: in the transaction that then writes the gang down, so
 * that of two at once one is second. */
int room_look(struct app *app, const struct demand *demand, struct room *room, struct err *err);

/* Somebody should know: an alarm, if ROOM is too small. Not within the transaction. */
void room_tell(struct app *app, const struct room *room);

#endif
