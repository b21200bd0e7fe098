/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit: Slurm's time limit of a job, lowered to what its --burst-cost buys, so that slurmctld
 * itself ends it (doc/limits.md). Never raised. What its user gave is kept in state.db (job_money):
 * the next start plans by that, not by what the last one could pay.
 */
#ifndef BURST_LIMIT_H
#define BURST_LIMIT_H

#include "helper/app.h"
#include "helper/demand.h"
#include "lib/plan/plan.h"

/*
 * The new time limit in whole minutes, at least one; -1: it stays. ASKED_S is what the user gave,
 * HAS_S what slurmctld has now (-1 each: unlimited), BUYS_S what the cost limit buys (-1: nothing
 * is known, or it has none). Pure.
 */
int64_t limit_time_s(enum lower_time_limit policy, int64_t asked_s, int64_t has_s, int64_t buys_s);

/* What its user gave: what slurmctld has, unless a start of ours lowered that. */
int64_t limit_asked_s(struct app *app, const struct job_facts *job);

/* REQUEST is for DEMAND: its time limit as if none of its jobs' had been lowered. */
void limit_restore(struct app *app, const struct demand *demand, struct plan_request *request);

/*
 * The job's nodes are there, PARTS at their rates: tell it TEXT, write down what it was told, and
 * lower its time limit. Problems are logged.
 */
void limit_tell(struct app *app, const struct demand_job *job, const struct plan_request *request,
	const struct plan_part *parts, size_t n, const char *text);

#endif
