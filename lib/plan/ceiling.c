/* SPDX-License-Identifier: Apache-2.0 */
/* Limits besides the job's own: a second one per hour, and what is left of budgets. */
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"
#include "lib/plan/candidate.h"

#define MONEY_SIZE 32

bool request_has_ceiling(const struct plan_request *request)
{
	return request->hour.uusd || request->nceilings;
}

static size_t count(const struct plan_request *request)
{
	return request->nceilings + (request->hour.uusd != 0);
}

/* The limit per hour comes behind those given. */
static struct plan_ceiling ceiling_at(const struct plan_request *request, size_t i)
{
	if (i < request->nceilings)
		return request->ceilings[i];
	return (struct plan_ceiling){
		.what = request->hour_why ? request->hour_why : "its cost limit",
		.uusd = request->hour.uusd,
		.per_hour = true,
		.most_uusd = request->hour.uusd,
		.again_s = INT64_MAX,
	};
}

/* What it takes of the ceiling; -1: not known, or it has no end. */
static int64_t takes(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_ceiling *ceiling)
{
	if (ceiling->per_hour)
		return candidate->gang_uusd_hr;
	return candidate->job_uusd < 0 ? -1 : candidate->job_uusd - request->spent_uusd;
}

static bool keeps_below(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_ceiling *ceiling)
{
	int64_t uusd = takes(candidate, request, ceiling);

	return uusd >= 0 && uusd <= ceiling->uusd;
}

bool candidate_keeps_below(const struct candidate *candidate, const struct plan_request *request)
{
	for (size_t i = 0; i < count(request); i++) {
		struct plan_ceiling ceiling = ceiling_at(request, i);

		if (!keeps_below(candidate, request, &ceiling))
			return false;
	}
	return true;
}

static int64_t again_s(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_ceiling *ceiling)
{
	int64_t uusd = takes(candidate, request, ceiling);

	return uusd < 0 || uusd > ceiling->most_uusd ? INT64_MAX : ceiling->again_s;
}

struct bound {
	struct plan_ceiling ceiling;
	size_t index;
	int64_t until_s; /* it binds; -1: nothing does */
};

/* Of those that it breaks the one that does so for longest. */
static struct bound worst_of(const struct candidate *candidate, const struct plan_request *request)
{
	struct bound worst = {.ceiling = {.what = ""}, .until_s = -1};

	for (size_t i = 0; i < count(request); i++) {
		struct plan_ceiling ceiling = ceiling_at(request, i);
		int64_t s = again_s(candidate, request, &ceiling);

		if (!keeps_below(candidate, request, &ceiling) && s > worst.until_s)
			worst = (struct bound){ceiling, i, s};
	}
	return worst;
}

/* "16.00 USD for 2 nodes", or why that is not known. */
static void describe(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_ceiling *ceiling, struct strbuf *sb)
{
	int64_t uusd = takes(candidate, request, ceiling);
	char usd[MONEY_SIZE];

	if (uusd < 0)
		strbuf_addstr(sb, "the job has no time limit");
	else
		strbuf_addf(sb, "%u x %s may cost %s USD%s", request_cost_nodes(request),
			candidate->choice->type, money_format(uusd, usd, sizeof(usd)),
			ceiling->per_hour ? "/h" : "");
}

/* What it breaks: the job's limit per hour (the last one) says how much that is itself. */
static void name(const struct plan_request *request, const struct bound *bound, struct strbuf *sb)
{
	char usd[MONEY_SIZE];

	strbuf_addstr(sb, bound->ceiling.what);
	if (bound->index == request->nceilings)
		strbuf_addf(
			sb, " is %s USD/h", money_format(bound->ceiling.uusd, usd, sizeof(usd)));
}

void request_explain_ceilings(const struct plan_request *request, struct strbuf *sb)
{
	for (size_t i = 0; i < count(request); i++) {
		struct bound bound = {ceiling_at(request, i), i, -1};

		name(request, &bound, sb);
		strbuf_addch(sb, '\n');
	}
}

void candidate_explain_ceiling(
	const struct candidate *candidate, const struct plan_request *request, struct strbuf *sb)
{
	struct bound worst = worst_of(candidate, request);

	describe(candidate, request, &worst.ceiling, sb);
	strbuf_addstr(sb, ", but ");
	name(request, &worst, sb);
}

int candidate_fail_ceiling(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT, cost = STRBUF_INIT;
	const struct candidate *best = NULL;
	const char *cure = "";
	struct bound worst;

	for (size_t i = 0; i < n; i++)
		if (candidates[i].verdict == REFUSED_CEILING &&
			(!best || candidates[i].gang_uusd_hr < best->gang_uusd_hr))
			best = &candidates[i];
	if (!best)
		return -1;
	worst = worst_of(best, request);
	name(request, &worst, &what);
	describe(best, request, &worst.ceiling, &cost);
	if (takes(best, request, &worst.ceiling) < 0)
		cure = "; give one (--time) or a limit for the whole job (--burst-cost)";
	else if (worst.until_s == INT64_MAX)
		cure = worst.ceiling.per_hour
			       ? ", the cheapest allowed; fewer nodes or a higher limit "
				 "would meet it"
			       : ", the cheapest allowed; a shorter time limit, fewer nodes "
				 "or a higher limit would meet it";
	return err_set(err, ERR_BUDGET, "%s; %s%s", what.buf, cost.buf, cure);
}

int64_t plan_again_s(const struct plan_request *request)
{
	int64_t soonest = -1;

	for (size_t i = 0; i < request->nchoices; i++) {
		struct candidate candidate;
		int64_t until_s;

		candidate_init(&candidate, request, &request->choices[i]);
		if (candidate.with_efa != REFUSED_CEILING && candidate.without != REFUSED_CEILING)
			continue;
		until_s = worst_of(&candidate, request).until_s;
		if (soonest < 0 || until_s < soonest)
			soonest = until_s;
	}
	return soonest;
}
