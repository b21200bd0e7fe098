/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job_money: what a start of a job was told of its cost, and what was done to it for the sake of
 * its limit. One row per start (job id and restart count); "slurmctld -c" gives ids out again, so a
 * row counts for its user only, and a new announcement replaces it.
 */
#ifndef BURST_JOB_MONEY_H
#define BURST_JOB_MONEY_H

#include "lib/state/db.h"

struct job_money {
	uint32_t job_id, restart;
	char user[64];
	int64_t limit_uusd; /* for the whole job; 0: none */
	int64_t worst_uusd; /* what it was said to cost at most; -1: not known, or without limit */
	int64_t asked_s;    /* the time limit that its user gave it; -1: unlimited */
	int64_t lowered_s;  /* what slurmctld's was lowered to; 0: it was not */
	int64_t warned_ms;  /* that the limit will be used up; 0; below 0: was about to be */
	int64_t ended_ms;   /* it is used up, and the job was to be ended; 0 */
	int64_t told_ms;    /* it is over, and it was told what it cost; 0 */
};

/* Write it, in place of what may be there. ERR_FATAL for job 0. */
int job_money_put(struct db *db, const struct job_money *money, struct err *err);
/* Write WARNED_MS alone into the row of this start, if there is one. */
int job_money_set_warned(
	struct db *db, uint32_t job_id, uint32_t restart, int64_t warned_ms, struct err *err);
/* ERR_NOTFOUND also where USER (as far as the row has one) is another. */
int job_money_get(struct db *db, uint32_t job_id, uint32_t restart, const char *user,
	struct job_money *money, struct err *err);
/*
 * The row of this start or an earlier one, the youngest, that lowered the time limit to LIMIT_S, as
 * the job still has it: then its user asked for something else. ERR_NOTFOUND.
 */
int job_money_lowered(struct db *db, uint32_t job_id, uint32_t restart, const char *user,
	int64_t limit_s, struct job_money *money, struct err *err);

#endif
