/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey_health: which of our instances fail EC2's status checks, or are to be retired.
 *
 * EC2 is asked for all of the account's that are in trouble, which are few, and not for all of
 * ours, which would be a request for each hundred.
 */
#ifndef BURST_SURVEY_HEALTH_H
#define BURST_SURVEY_HEALTH_H

#include "helper/survey.h"

/*
 * Fill statuses of each region that is known and has instances of ours; one that does not answer is
 * logged, and not known. Needs the regions' instances, sorted. -1 only without memory.
 */
int survey_health(struct app *app, struct survey *survey, struct err *err);

#endif
