/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch: one row per CreateFleet, with the byte-exact request, written before it is sent.
 *
 * prepared -> answered | failed | lost. A launch is identified by its ClientToken; instances
 * carry it as the tag burst:launch.
 */
#ifndef BURST_LAUNCH_H
#define BURST_LAUNCH_H

#include "lib/state/db.h"

enum launch_state { LAUNCH_PREPARED, LAUNCH_ANSWERED, LAUNCH_FAILED, LAUNCH_LOST };

struct launch {
	char token[65];
	char gang[48];
	char region[32]; /* where it was sent; "" unknown */
	enum launch_state state;
	char *body;     /* CreateFleet, without credentials */
	char *hostlist; /* whose positions the instances' tags give */
	int capacity;
	char fleet_id[64];
	char code[64]; /* of the answer's failure */
	char *message;
	int64_t sent_ms, answered_ms;
};

const char *launch_state_name(enum launch_state state);

/*
 * With the gang's step to GANG_LAUNCHING in the same transaction, from planned, group_ready or, for
 * the next attempt or a further fleet, launching itself; ERR_BUSY from any other. SENT_MS 0
 * means now. Of the answer nothing is written.
 */
int launch_prepare(struct db *db, const struct launch *launch, struct err *err);
/*
 * What came of it; texts may be NULL. From prepared, or from lost where it has been found after
 * all; the same end may be written again, another is ERR_FATAL. ERR_NOTFOUND.
 */
int launch_finish(struct db *db, const char *token, enum launch_state state, const char *fleet_id,
	const char *code, const char *message, struct err *err);
/* How many of the gang's launches have no answer. */
int launch_count_prepared(struct db *db, const char *gang, size_t *n, struct err *err);
/* Those of a gang, oldest first; heap array. */
int launch_list(
	struct db *db, const char *gang, struct launch **launches, size_t *n, struct err *err);
/* Those of all gangs that have no answer, oldest first; none is no error. */
int launch_list_prepared(struct db *db, struct launch **launches, size_t *n, struct err *err);
/* The state of one: 1; 0: there is none; -1. */
int launch_find_state(struct db *db, const char *token, enum launch_state *state, struct err *err);
void launch_list_release(struct launch *launches, size_t n);

#endif
