/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gang: one row per gang, the nodes that one job needs resumed together.
 *
 * planned -> group_ready -> launching -> launched -> bound -> announced -> active -> releasing -> released
 * and from any of the first six: failing -> failed. A gang's id is unique for ever: "<job>-<10 hex>",
 * "pool-<10 hex>" for pooled one-node jobs, "node-<10 hex>" for nodes without a job.
 * The functions here change or read rows; whoever changes a gang holds its lock file.
 */
#ifndef BURST_GANG_H
#define BURST_GANG_H

#include "lib/intent/intent.h"
#include "lib/state/db.h"

enum gang_state {
	GANG_PLANNED,
	GANG_GROUP_READY,
	GANG_LAUNCHING,
	GANG_LAUNCHED,
	GANG_BOUND,
	GANG_ANNOUNCED,
	GANG_ACTIVE,
	GANG_RELEASING,
	GANG_RELEASED,
	GANG_FAILING,
	GANG_FAILED,
};
const char *gang_state_name(enum gang_state state);
/* Nothing more will happen to it: released or failed. */
bool gang_state_over(enum gang_state state);

struct gang {
	char id[48];
	enum gang_state state;
	uint32_t job_id; /* 0: none */
	uint32_t restart;
	char job_name[64]; /* as Slurm names it, "9_1" */
	char user[64], account[64], partition[64], node_group[64];
	char *nodes;	   /* hostlist of the whole gang */
	unsigned size;
	bool all_or_nothing;
	enum efa_mode efa_asked;
	bool efa;	   /* launched with EFA */
	struct cost_limit limit;
	char region[32];
	char group[256];   /* placement group; "" none */
	char type[32], az[32]; /* of the launch that came; "" before */
	int64_t rate_uusd_hr;  /* per instance; -1 unknown */
	char *plan;	   /* the plan's reasons, text */
	char *reason;	   /* why it failed, one sentence; NULL */
	char stop[128];	   /* somebody's wish to stop it; "" none */
	int64_t created_ms, changed_ms;
};

int gang_insert(struct db *db, const struct gang *gang, struct err *err);
/* Move on; refuses (ERR_BUSY) when the row is no longer in FROM. Writes the time too. */
int gang_advance(struct db *db, const char *id, enum gang_state from, enum gang_state to,
	struct err *err);
/* Any state but the two last -> failing, with the reason. 1: done, 0: it was failing or over already. */
int gang_fail(struct db *db, const char *id, const char *reason, struct err *err);
int gang_set_group(struct db *db, const char *id, const char *group, struct err *err);
int gang_set_launch(struct db *db, const char *id, const char *type, const char *az, bool efa,
	int64_t rate_uusd_hr, struct err *err);
int gang_set_plan(struct db *db, const char *id, const char *plan, struct err *err);
/* Write the wish to stop; the gang's owner looks before each side effect. */
int gang_set_stop(struct db *db, const char *id, const char *why, struct err *err);

/* Find; ERR_NOTFOUND. GANG is to be released. */
int gang_get(struct db *db, const char *id, struct gang *gang, struct err *err);
/* The gang of this start of a job that is not over; ERR_NOTFOUND. */
int gang_of_job(struct db *db, uint32_t job_id, uint32_t restart, struct gang *gang, struct err *err);
/* The youngest gang of any start of a job, over or not; ERR_NOTFOUND. */
int gang_last_of_job(struct db *db, uint32_t job_id, struct gang *gang, struct err *err);
/* How many gangs of JOB failed since its last success, and what its ended instances cost. */
int gang_history(struct db *db, uint32_t job_id, unsigned *failures, int64_t *spent_uusd,
	struct err *err);

/* All that are not over (ALL: every one), oldest first; *GANGS heap array, each to be released. */
int gang_list(struct db *db, bool all, struct gang **gangs, size_t *n, struct err *err);
void gang_release(struct gang *gang);
void gang_list_release(struct gang *gangs, size_t n);

#endif
