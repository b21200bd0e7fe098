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
	enum launch_state state;
	char *body; /* CreateFleet, without credentials */
	char *hostlist; /* whose positions the instances' tags give */
	int capacity;
	char fleet_id[64];
	char code[64];	/* of the answer's failure */
	char *message;
	int64_t sent_ms, answered_ms;
};

/* With the gang's step to GANG_LAUNCHING in the same transaction. */
int launch_prepare(struct db *db, const struct launch *launch, struct err *err);
int launch_finish(struct db *db, const char *token, enum launch_state state, const char *fleet_id,
	const char *code, const char *message, struct err *err);
int launch_list(struct db *db, const char *gang, struct launch **launches, size_t *n,
	struct err *err);
void launch_list_release(struct launch *launches, size_t n);

#endif
