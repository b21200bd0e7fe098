/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gang: one row per gang, the nodes that one job needs resumed together.
 *
 * planned -> group_ready -> launching -> launched -> bound -> announced -> active -> releasing ->
 * released; from any of these but the last: failing -> failed. Further arrows: planned -> launching
 * (no placement group), launching -> group_ready or planned (this attempt gave nothing, the next
 * follows), announced -> releasing (the job was over before anybody saw it run). A gang's id is
 * unique for ever: "<job>-<10 hex>", "pool-<10 hex>" for pooled one-node jobs, "node-<10 hex>" for
 * nodes without a job. The functions here change or read rows; whoever changes a gang holds its
 * lock file.
 */
#ifndef BURST_GANG_H
#define BURST_GANG_H

#include "lib/base/nodeset.h"
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
/* Is there an arrow from FROM to TO? */
bool gang_state_leads(enum gang_state from, enum gang_state to);

struct gang {
	char id[48];
	enum gang_state state;
	uint32_t job_id; /* 0: none */
	uint32_t restart;
	char job_name[64]; /* as Slurm names it, "9_1" */
	char user[64], account[64], partition[64], node_group[64];
	char project[64]; /* its job's wckey; "" none */
	char *nodes;      /* hostlist of the whole gang */
	unsigned size;
	bool all_or_nothing;
	enum efa_mode efa_asked;
	bool efa; /* launched with EFA */
	struct cost_limit limit;
	char region[32];
	char group[256];       /* placement group; "" none */
	char type[32], az[32]; /* of the launch that came; "" before */
	int64_t rate_uusd_hr;  /* per instance; -1 unknown */
	char *plan;            /* the plan's reasons, text */
	char *reason;          /* why it failed, one sentence; NULL */
	char stop[128];        /* somebody's wish to stop it; "" none */
	/* when its jobs, sent back, start again at the earliest; 0 nothing was said of it, -1 they
	 * were held for a person */
	int64_t again_ms;
	int64_t created_ms, changed_ms;
};

/*
 * Write it with its nodes. STATE as given; SIZE 0 means the number of NODES, else they must agree;
 * CREATED_MS 0 means now. To be the only one for its job or nodes, look with gang_of_job() or
 * gang_nodes_conflict() in the same transaction (db_begin).
 */
int gang_insert(struct db *db, const struct gang *gang, struct err *err);

/* A start of a job that a gang is for. */
struct gang_job {
	uint32_t job_id, restart;
	char *nodes; /* hostlist: which of the gang's nodes are this job's */
};

/*
 * A further job of the gang: of a pool, or one that shares nodes. gang_insert() has written the one
 * in JOB_ID, unless 0, with all NODES. Of NODES those in the gang are kept. The same start again
 * replaces its nodes. ERR_NOTFOUND without the gang; ERR_FATAL for job 0, or where none of
 * NODES is of the gang.
 */
int gang_add_job(struct db *db, const char *gang, uint32_t job_id, uint32_t restart,
	const char *nodes, struct err *err);
/* All jobs of a gang, by id and restart count; heap array, none is no error. */
int gang_jobs(struct db *db, const char *gang, struct gang_job **jobs, size_t *n, struct err *err);
void gang_jobs_release(struct gang_job *jobs, size_t n);
/*
 * Move on; refuses (ERR_BUSY) when the row is no longer in FROM. Writes the time too. ERR_FATAL
 * where there is no such arrow; and into planned, group_ready, released or failed while an instance
 * of the gang counts as running or a launch of it as prepared: nothing is forgotten.
 */
int gang_advance(
	struct db *db, const char *id, enum gang_state from, enum gang_state to, struct err *err);
/* Any state -> failing, with the reason. 1: done, 0: it was failing or over already. */
int gang_fail(struct db *db, const char *id, const char *reason, struct err *err);
/*
 * Something of it was found that was forgotten, so it is not over: released -> releasing, failed ->
 * failing. 1: done, 0: it was not over. The one way back; for adopt.h.
 */
int gang_reopen(struct db *db, const char *id, struct err *err);
/* Where it is launched: the next try may be in another region. */
int gang_set_region(struct db *db, const char *id, const char *region, struct err *err);
int gang_set_group(struct db *db, const char *id, const char *group, struct err *err);
int gang_set_launch(struct db *db, const char *id, const char *type, const char *az, bool efa,
	int64_t rate_uusd_hr, struct err *err);
int gang_set_plan(struct db *db, const char *id, const char *plan, struct err *err);
/* When its jobs, sent back, start again: see again_ms. For people (status, explain). */
int gang_set_again(struct db *db, const char *id, int64_t again_ms, struct err *err);
/*
 * Its failure tells nothing of the job (EC2 throttled, the group was closed): gang_history() does
 * not count it among the failed starts.
 */
int gang_set_uncounted(struct db *db, const char *id, struct err *err);
/* Write the wish to stop (cut to fit); the gang's owner looks before each side effect. */
int gang_set_stop(struct db *db, const char *id, const char *why, struct err *err);

/* Find; ERR_NOTFOUND. GANG is to be released. */
int gang_get(struct db *db, const char *id, struct gang *gang, struct err *err);
/* The (youngest) gang of this start of a job that is not over, also a pool; ERR_NOTFOUND. */
int gang_of_job(
	struct db *db, uint32_t job_id, uint32_t restart, struct gang *gang, struct err *err);
/* The youngest gang of any start of a job, also a pool, over or not; ERR_NOTFOUND. */
int gang_last_of_job(struct db *db, uint32_t job_id, struct gang *gang, struct err *err);
/*
 * The gang not over that holds NODE: one with an instance bound to it that is not terminated or,
 * until it is bound itself, one with the node in its list. Of several the one whose instance is
 * running, else the youngest. ERR_NOTFOUND.
 */
int gang_of_node(struct db *db, const char *node, struct gang *gang, struct err *err);
/*
 * Which of NODES do gangs other than EXCEPT_GANG (may be NULL) hold, as above? 1 with them
 * in *HOSTLIST, which the caller frees; 0 with NULL: none; -1.
 */
int gang_nodes_conflict(struct db *db, const struct nodeset *nodes, const char *except_gang,
	char **hostlist, struct err *err);
/*
 * How many gangs of JOB failed since its last success (active or later), and what its ended
 * instances (terminating or terminated, of a known rate) cost. A pool counts for each of its jobs;
 * of the money each bears what its own nodes cost, and nobody what was bound to none. An older gang
 * of another user (where it has one: a pool's jobs may be of several) or of a higher restart count
 * is another job's, whose id slurmctld -c gave out again; with it the count ends.
 */
int gang_history(
	struct db *db, uint32_t job_id, unsigned *failures, int64_t *spent_uusd, struct err *err);
/* What a job costs. */
struct gang_spent {
	int64_t uusd;         /* all of its starts, as gang_history(), and what runs until now */
	int64_t rate_uusd_hr; /* of what runs, as Spot prices are now, with disks */
	unsigned unpriced;    /* so many have no known rate: they are in neither */
};
int gang_spent(
	struct db *db, uint32_t job_id, int64_t now_ms, struct gang_spent *spent, struct err *err);
/*
 * What the instances of a gang cost up to their end, or NOW_MS for those that run (0: these are
 * passed over). *UNPRICED (may be NULL): how many have no known rate and are not in the sum.
 */
int gang_cost(struct db *db, const char *id, int64_t now_ms, int64_t *uusd, unsigned *unpriced,
	struct err *err);

/* All that are not over (ALL: every one), oldest first; *GANGS heap array, each to be released. */
int gang_list(struct db *db, bool all, struct gang **gangs, size_t *n, struct err *err);
/*
 * All of a job, over or not, oldest first. JOB is as Slurm writes it: "1234" with all its array
 * tasks and het components, "9_1", "12+0". None is no error; ERR_USAGE: it is no job's number.
 */
int gang_list_of_job(
	struct db *db, const char *job, struct gang **gangs, size_t *n, struct err *err);
void gang_release(struct gang *gang);
void gang_list_release(struct gang *gangs, size_t n);

#endif
