/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spot_policy: "spot, then on-demand": whether a job was interrupted so often, or so long ago for
 * the first time, that its next start is not to be on spot (spot.on_demand_after, _after_s).
 * Whether it may be bought on-demand at all is launch.fallback_on_demand's to say.
 */
#ifndef BURST_SPOT_POLICY_H
#define BURST_SPOT_POLICY_H

#include "helper/app.h"

struct demand;

/* *TIMES (may be NULL): how often it was interrupted. What cannot be read counts as never. */
bool spot_is_over(struct app *app, uint32_t job_id, const char *user, unsigned *times);

/* Any of its jobs; 0, or how often the one that was interrupted most. */
unsigned spot_over_of_demand(struct app *app, const struct demand *demand);

/* Pure. */
bool spot_over(const struct conf *conf, unsigned times, int64_t first_ms, int64_t now_ms);

#endif
