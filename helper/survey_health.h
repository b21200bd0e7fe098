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
 * Fill statuses of each region that is known and has running instances; needs its instances, sorted
 * by id. One that does not answer is logged, and its statuses are not known.
 */
void survey_health(struct app *app, struct survey *survey);

#endif
