/* SPDX-License-Identifier: Apache-2.0 */
/* survey: what running jobs have cost that have a limit for the whole of it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/intent/record.h"
#include "lib/plan/caps.h"
#include "lib/state/job_money.h"
#include "lib/state/ledger.h"

/* It has nodes, and costs; of one that ends nothing is to be decided any more. */
static bool is_running(const struct job_facts *job)
{
	return job->state == JOB_STATE_RUNNING || job->state == JOB_STATE_CONFIGURING ||
	       job->state == JOB_STATE_OTHER;
}

/*
 * The limit for the whole job, by what was written down when its nodes came, else by the record of
 * its prolog and the site's bounds: it may have been given another job's nodes. 1, 0: none, -1.
 */
static int find_limit(struct app *app, const char *records, const struct job_facts *job,
	struct survey_cost *cost, struct err *err)
{
	struct cost_limit asked = {0};
	struct job_money money;
	struct record record;
	struct caps caps;

	if (job_money_get(app->db, job->job_id, job->restart, job->user, &money, err) < 0) {
		if (err->class != ERR_NOTFOUND)
			return -1;
	} else if (!money.told_ms) {
		cost->limit_uusd = money.limit_uusd;
		cost->warned = money.warned_ms > 0;
		return money.limit_uusd > 0;
	}
	/* else that one is over: slurmctld has begun its ids anew */
	if (record_read(records, job->job_id, job->restart, &record, NULL) == 0 &&
		record.kind == RECORD_INTENT)
		asked = record.intent.cost;
	caps_fold(&asked, app->conf->limits, app->conf->nlimits, &caps);
	cost->limit_uusd = caps.limit.per_hour ? 0 : caps.limit.uusd;
	return cost->limit_uusd > 0;
}

static bool is_launched_for(const struct survey_gang *gang, uint32_t job_id)
{
	for (size_t i = 0; i < gang->njobs; i++)
		if (gang->jobs[i].job_id == job_id)
			return true;
	return false;
}

/* Nodes that were up already, for another job: from this one's start on. */
static int add_borrowed(struct app *app, const struct survey *survey, const struct job_facts *job,
	struct survey_cost *cost, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;

	if (!job->nodes || nodeset_parse(&nodes, job->nodes, NULL) < 0)
		return 0;
	nodeset_for_each (&nodes, i) {
		const struct survey_row *row = survey_row_of_node(survey, nodes.names[i]);
		struct instance instance;
		int64_t uusd, rate;

		if (!row || !row->gang || is_launched_for(row->gang, job->job_id)) {
			if (row && row->gang && !*cost->gang)
				snprintf(cost->gang, sizeof(cost->gang), "%s", row->row.gang);
			continue;
		}
		instance = row->row;
		if (instance.rate_uusd_hr < 0) {
			cost->unpriced++;
			continue;
		}
		if (instance.launched_s < job->start_s)
			instance.launched_s = job->start_s;
		if (ledger_cost(app->db, &instance, clock_now_ms(), &uusd, err) < 0 ||
			ledger_rate(app->db, &instance, &rate, err) < 0)
			return -1;
		rate += instance.disk_uusd_hr;
		if (__builtin_add_overflow(cost->uusd, uusd, &cost->uusd) ||
			__builtin_add_overflow(cost->rate_uusd_hr, rate, &cost->rate_uusd_hr))
			return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
	}
	return 0;
}

static int find_cost(struct app *app, const struct survey *survey, const struct job_facts *job,
	struct survey_cost *cost, struct err *err)
{
	struct gang_spent spent;

	if (gang_spent(app->db, job->job_id, clock_now_ms(), &spent, err) == 0) {
		cost->uusd = spent.uusd;
		cost->rate_uusd_hr = spent.rate_uusd_hr;
		cost->unpriced = spent.unpriced;
		if (add_borrowed(app, survey, job, cost, err) == 0)
			return 0;
	}
	if (err->class != ERR_BUDGET)
		return -1;
	/* more than any limit */
	cost->uusd = INT64_MAX;
	return 0;
}

int survey_costs(struct app *app, struct survey *survey, struct err *err)
{
	char records[PATH_MAX];

	if (!survey->jobs_known)
		return 0;
	if (app_path(app, "intent", records, sizeof(records), err) < 0)
		return -1;
	survey->costs = calloc(survey->njobs + 1, sizeof(*survey->costs));
	if (!survey->costs)
		return err_nomem(err);
	for (size_t i = 0; i < survey->njobs; i++) {
		const struct job_facts *job = &survey->jobs[i];
		struct survey_cost *cost = &survey->costs[survey->ncosts];
		int rc;

		if (!is_running(job) || !conf_has_partition(app->conf, job->partition))
			continue;
		*cost = (struct survey_cost){.job = job};
		rc = find_limit(app, records, job, cost, err);
		if (rc < 0 || (rc > 0 && find_cost(app, survey, job, cost, err) < 0))
			return -1;
		survey->ncosts += rc > 0;
	}
	return 0;
}
