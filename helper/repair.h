/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair: carries out what judge() found, one finding at a time.
 *
 * The survey is old by the time its turn comes, so each repair first takes the gang's lock, where
 * the finding is of a gang, and looks again at what it is about to change: at the row, at Slurm's
 * node, and before an end at EC2's tags. What has changed meanwhile is left alone. Everything is
 * written down before it is asked for (doc/state.md). Instances are ended by release.h only, jobs
 * sent back by lost.h and failure.h.
 *
 *	struct repairs repairs = {0};
 *	for (i = 0; i < findings.n; i++)
 *		rc = repair(app, survey, &findings.all[i], &repairs, err);
 *	repair_settle(app, &repairs, wait_ms);
 *	repairs_release(&repairs);
 */
#ifndef BURST_REPAIR_H
#define BURST_REPAIR_H

#include "helper/app.h"
#include "helper/judge.h"
#include "helper/survey.h"

/* What the repairs of one pass leave for its end. */
struct repairs {
	struct nodeset revive;   /* DOWN, sent to power saving: to be resumed (lost_revive()) */
	struct nodeset given_up; /* the same, by slurmctld itself */
	bool settle;             /* something ends at EC2: release_settle() */
	unsigned named;          /* Name tags written so far */
	char text[1024];         /* of the last repair() that did something: one line */
};
void repairs_release(struct repairs *repairs);

/*
 * Carry out FINDING. 1: done, and REPAIRS->text says what; 0: nothing was to be done, since it has
 * changed meanwhile, or another process sees to it; -1: it could not be done. Log lines and the
 * counter are written here.
 */
int repair(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err);

/*
 * After the last: wait at most WAIT_MS for what ends at EC2, finish gangs, bring nodes that were
 * sent to power saving to powered down. Problems are logged: the next pass sees them.
 */
void repair_settle(struct app *app, struct repairs *repairs, int64_t wait_ms);

#endif
