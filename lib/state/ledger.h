/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: what a bill is made of: instance runs with whom they were launched for, the rates they
 * had, and when which job had which nodes. The runs are the rows of instance.h and are never
 * deleted.
 */
#ifndef BURST_LEDGER_H
#define BURST_LEDGER_H

#include "lib/base/money.h"
#include "lib/state/instance.h"

/* A start of a job. */
struct job_run {
	uint32_t job_id, restart;
	char name[64]; /* as Slurm names it, "9_1" */
	char user[64], account[64], partition[64];
	char *nodes;     /* hostlist */
	uint32_t cpus;   /* of all nodes together; 0 not known */
	int64_t began_s; /* the prolog's time: it has been given the nodes */
	int64_t ended_s; /* the epilog's; 0: it runs, or nobody has said */
};

/*
 * Write what is known of a start by now. What was known and is "" or 0 here stays; a row that would
 * not change is not written. The same (job, restart) beginning more than JOB_RUN_SAME_S apart is
 * another: slurmctld -c gives ids out again. 1: written, 0: nothing new, -1.
 */
int job_run_note(struct db *db, const struct job_run *run, struct err *err);
#define JOB_RUN_SAME_S 3600
/* Those that had nodes at any time from SINCE_S until before UNTIL_S, by their beginning; heap
 * array. */
int job_run_list(struct db *db, int64_t since_s, int64_t until_s, struct job_run **runs, size_t *n,
	struct err *err);
/* Those of whose end nobody has said. */
int job_run_list_open(struct db *db, struct job_run **runs, size_t *n, struct err *err);
void job_run_list_release(struct job_run *runs, size_t n);

/* An instance run and the gang that it was launched for. */
struct ledger_run {
	struct instance instance;
	int64_t from_s, to_s; /* instance_period() */
	/* It never was of use: its gang failed before it was active, or it was bound to none */
	bool in_vain;
	uint32_t job_id, restart; /* gang's; 0: several jobs, or none */
	char job_name[64], user[64], account[64], partition[64];
};

/* Those that ran at any time from SINCE_S until before UNTIL_S, oldest first, as of NOW_MS; heap
 * array. */
int ledger_list(struct db *db, int64_t since_s, int64_t until_s, int64_t now_ms,
	struct ledger_run **runs, size_t *n, struct err *err);

/* One of a gang's jobs: whom its nodes were launched for. */
struct ledger_job {
	char gang[48];
	uint32_t job_id, restart;
	char *nodes;
};
/* Those of all gangs with an instance that ran at any time from SINCE_S on, by gang, job and
 * restart; heap array. */
int ledger_jobs(
	struct db *db, int64_t since_s, struct ledger_job **jobs, size_t *n, struct err *err);
void ledger_jobs_release(struct ledger_job *jobs, size_t n);

struct ledger_rate {
	char instance[32];
	struct money_rate rate;
};
/* All changes of rates of instances that ran from SINCE_S on, by instance and time; heap array. */
int ledger_rates(
	struct db *db, int64_t since_s, struct ledger_rate **rates, size_t *n, struct err *err);
/* instance_cost() with the changes of its rate. */
int ledger_cost(struct db *db, const struct instance *instance, int64_t now_ms, int64_t *uusd,
	struct err *err);
/* Its rate as it is now: the last change, else that of its launch. */
int ledger_rate(struct db *db, const struct instance *instance, int64_t *uusd_hr, struct err *err);
/*
 * The part of that which lies before each of the N moments UNTIL_S, rounded up; what the minimum of
 * a minute adds is before none of them that lies before its end. So the differences of moments
 * in a row add up to the whole, exactly.
 */
int ledger_costs(struct db *db, const struct instance *instance, int64_t now_ms,
	const int64_t *until_s, size_t n, int64_t *uusd, struct err *err);
/*
 * Follow the Spot prices that AWS has said (price.h): a change for each living Spot instance whose
 * zone and type have another price than it was last known to have, from the time when that price
 * holds. One whose rate at its launch was not known has it from the launch. REAL says what of that
 * price the site pays; NULL: all of it. How many were written, or -1.
 */
typedef int64_t ledger_real(void *arg, const char *region, const char *type, int64_t uusd_hr);
int ledger_follow_prices(struct db *db, ledger_real *real, void *arg, struct err *err);

#endif
