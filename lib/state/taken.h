/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taken: what our launches have taken of a region, or are about to take: for those who compare it
 * with what EC2 has left.
 */
#ifndef BURST_TAKEN_H
#define BURST_TAKEN_H

#include "lib/state/db.h"

/* Instances of one subnet, type and market. */
struct taken {
	char subnet[64];
	char type[32];
	bool spot;
	bool block; /* in a capacity block, a market of its own */
	unsigned n;
};
/*
 * Those of REGION that run (one that is being terminated has given back what it took, or is about
 * to) and whose launch was answered at SINCE_MS or later (0: all, adopted ones too). Heap array,
 * none is no error.
 */
int taken_running(struct db *db, const char *region, int64_t since_ms, struct taken **list,
	size_t *n, struct err *err);

/* A CreateFleet under way: sent, or about to be, and without an answer. */
struct taken_launch {
	char *body;
	unsigned capacity;
};
/* Those of REGION (NULL: of all), oldest first; heap array, none is no error. */
int taken_launches(
	struct db *db, const char *region, struct taken_launch **list, size_t *n, struct err *err);
void taken_launches_release(struct taken_launch *list, size_t n);

/* How many placement groups of REGION were written down at SINCE_MS or later and are not deleted.
 */
int taken_groups(struct db *db, const char *region, int64_t since_ms, unsigned *n, struct err *err);

/*
 * How many nodes there are or will be, in all regions: instances that run (one that is being
 * terminated costs nothing any more), and of gangs on their way up, planned to launched, the nodes
 * that have none yet. In the transaction that writes a further gang down it is exact.
 */
int taken_nodes(struct db *db, unsigned *n, struct err *err);

#endif
