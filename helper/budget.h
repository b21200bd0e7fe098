/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: what the site allows to be spent, on a gang's way up: what is left of its budgets before
 * a plan is made, its hold before EC2 is asked, and alarms.
 */
#ifndef BURST_HELPER_BUDGET_H
#define BURST_HELPER_BUDGET_H

#include "helper/attempt.h"
#include "helper/failure.h"
#include "lib/plan/caps.h"
#include "lib/state/budget.h"

/*
 * All budgets, those of the configuration first; of a name that stands in both places the
 * configuration's counts. Heap array.
 */
int budgets_load(struct app *app, struct budget **budgets, size_t *n, struct err *err);

/* What DEMAND's limit is with the site's bounds of a job. */
void budget_caps(const struct conf *conf, const struct demand *demand, struct caps *caps);

void budget_ceilings_release(struct budget_ceilings *ceilings);
/* For DEMAND, without what GANG (may be NULL) holds. Replaces what was there. */
int budget_ceilings_look(struct app *app, const struct demand *demand, const char *gang,
	struct budget_ceilings *ceilings, struct err *err);

/* The same for an attempt, into its base request: before each plan. */
int budget_before_plan(struct attempt *a, struct err *err);
/* No plan could be made, be it for the ceilings: note when another start is worth it. */
void budget_note_failure(struct attempt *a, const struct err *why);
/*
 * Hold what the plan may cost. 0: held; of a gang that takes what comes perhaps for some of its
 * jobs only: the nodes of the others are in a->over. 1: refused, and the next plan will be cheaper.
 * -1.
 */
int budget_hold_plan(struct attempt *a, struct err *err);

/*
 * FAILURE of DEMAND's start, if it is for want of a budget that frees itself (WAITS; AGAIN_S as
 * attempt.h says): nobody needs to act, and no start has failed. Where nothing says when, the
 * pauses grow with the starts. Pure.
 */
void budget_wait(struct failure *failure, const struct demand *demand, bool waits, int64_t again_s);

/* Thresholds that are reached: an alarm for each, once a period. Not within a transaction. Problems
 * are logged. */
void budget_alarms(struct app *app);

#endif
