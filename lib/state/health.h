/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: boots that failed in a row, by node group; after so many of them the group is closed, so
 * that a broken image or script does not burn money the whole night.
 *
 * A closed group opens by itself at UNTIL_MS, on probation: one more failure closes it at once,
 * a success ends the row. Or a person opens it.
 */
#ifndef BURST_HEALTH_H
#define BURST_HEALTH_H

#include "lib/state/db.h"

struct health {
	char group[160];   /* "<partition>-<name>" */
	unsigned failures; /* in a row */
	int64_t closed_ms; /* when it was closed; 0: it was not since the last opening */
	int64_t until_ms;  /* until when; 0 as above. See health_closed() */
	char reason[256];  /* of the last failure */
};

static inline bool health_closed(const struct health *health, int64_t now_ms)
{
	return health->closed_ms && now_ms < health->until_ms;
}

/* Of one group; of one without failures everything is 0 and "", but the name. */
int health_get(struct db *db, const char *group, struct health *health, struct err *err);
/*
 * One more failure, with its REASON (cut to fit). From PROTECT_AFTER in a row on (0: never) the
 * group is closed until UNTIL_MS, and *CLOSED_NOW (may be NULL) says that this call did it. One
 * that is closed already keeps its times: what was under way when it closed says nothing new.
 */
int health_failed(struct db *db, const char *group, const char *reason, unsigned protect_after,
	int64_t now_ms, int64_t until_ms, bool *closed_now, struct err *err);
/* A boot succeeded: no failures in a row any more. Does not open a closed group. */
int health_good(struct db *db, const char *group, struct err *err);
/* Open it and forget its failures; *WAS_CLOSED (may be NULL): it was closed until now. */
int health_open(struct db *db, const char *group, bool *was_closed, struct err *err);
/* All with failures or a closing, by name; heap array, the caller frees; none is no error. */
int health_list(struct db *db, struct health **groups, size_t *n, struct err *err);

#endif
