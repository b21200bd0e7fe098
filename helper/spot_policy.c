/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/spot_policy.h"

#include "helper/demand.h"
#include "helper/log.h"
#include "lib/base/clock.h"
#include "lib/state/notice.h"

bool spot_over(const struct conf *conf, unsigned times, int64_t first_ms, int64_t now_ms)
{
	if (!times || !conf->launch.fallback_on_demand)
		return false;
	return (conf->spot.on_demand_after && times >= conf->spot.on_demand_after) ||
	       (conf->spot.on_demand_after_s &&
		       now_ms - first_ms >= conf->spot.on_demand_after_s * 1000);
}

bool spot_is_over(struct app *app, uint32_t job_id, const char *user, unsigned *times)
{
	int64_t first_ms = 0;
	unsigned n = 0;
	struct err err;

	if (notice_count_job(app->db, job_id, user, &n, &first_ms, &err) < 0)
		log_warn("how often job %u was interrupted is not known: %s", job_id, err.text);
	if (times)
		*times = n;
	return spot_over(app->conf, n, first_ms, clock_now_ms());
}

unsigned spot_over_of_demand(struct app *app, const struct demand *demand)
{
	unsigned most = 0;

	if (!app->db || !demand->group || demand->group->market == MARKET_ON_DEMAND)
		return 0;
	for (size_t i = 0; i < demand->njobs; i++) {
		const struct job_facts *job = &demand->jobs[i]->facts;
		unsigned times = 0;

		if (spot_is_over(app, job->het_leader ? job->het_leader : job->job_id, job->user,
			    &times) &&
			times > most)
			most = times;
	}
	return most;
}
