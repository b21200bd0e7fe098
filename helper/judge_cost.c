/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: jobs whose --burst-cost for the whole of them is used up, or soon will be.
 *
 * What a job has cost when its instances have ended is what it has cost until now, what it costs
 * until the next pass, for it could not be ended before, and what it costs from its end to that of
 * its instances. That sum is held against its limit: who is ended now has kept it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "helper/judge_internal.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

int64_t judge_cost_when_ended(
	const struct survey_cost *cost, const struct judge_rules *rules, int64_t now_s)
{
	int64_t until_next_s = rules->cost.interval_s, more, sum;

	/* slurmctld ends it before */
	if (cost->job->time_limit_s >= 0 && cost->job->end_s > 0 &&
		cost->job->end_s - now_s < until_next_s)
		until_next_s = cost->job->end_s > now_s ? cost->job->end_s - now_s : 0;
	if (money_cost(cost->rate_uusd_hr, until_next_s + rules->cost.release_s, 1, &more, NULL) <
			0 ||
		__builtin_add_overflow(cost->uusd, more, &sum))
		return INT64_MAX;
	return sum;
}

static struct finding *add(const struct survey_cost *cost, enum finding_rule rule,
	struct findings *findings, struct err *err)
{
	struct finding *f = findings_add(findings, rule, err);

	if (!f)
		return NULL;
	f->number = cost->job->job_id;
	snprintf(f->text, sizeof(f->text), "%s", cost->job->name);
	snprintf(f->gang, sizeof(f->gang), "%s", cost->gang);
	return f;
}

int judge_cost(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	__extension__ typedef __int128 wide;

	for (size_t i = 0; i < survey->ncosts; i++) {
		const struct survey_cost *cost = &survey->costs[i];
		int64_t then = judge_cost_when_ended(cost, rules, survey->now_ms / 1000), left_s;
		char has[32], limit[32], rate[32], span[CLOCK_SPAN_SIZE];
		struct finding *f;

		money_format(cost->uusd, has, sizeof(has));
		money_format(cost->limit_uusd, limit, sizeof(limit));
		if (then > cost->limit_uusd && rules->cost.at_limit != AT_LIMIT_NONE) {
			f = add(cost, FINDING_COST_LIMIT, findings, err);
			if (!f)
				return -1;
			snprintf(f->why, sizeof(f->why),
				"it has cost %s of %s USD, and what is left goes on the end of its "
				"instances",
				has, limit);
			continue;
		}
		if (cost->warned || !rules->cost.warn_percent ||
			(wide)then * 100 < (wide)cost->limit_uusd * rules->cost.warn_percent)
			continue;
		f = add(cost, FINDING_COST_WARNING, findings, err);
		if (!f)
			return -1;
		f->alarm = true;
		money_buys(then < cost->limit_uusd ? cost->limit_uusd - then : 0,
			cost->rate_uusd_hr, 1, &left_s, NULL);
		snprintf(f->why, sizeof(f->why),
			"it has cost %s of %s USD, and at %s USD/h its limit is used up in %s", has,
			limit, money_format(cost->rate_uusd_hr, rate, sizeof(rate)),
			clock_format_span(left_s, span));
	}
	return 0;
}
