/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/limit.h"

#include <stdio.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/log.h"
#include "lib/base/clock.h"
#include "lib/plan/caps.h"
#include "lib/state/job_money.h"

int64_t limit_time_s(enum lower_time_limit policy, int64_t asked_s, int64_t has_s, int64_t buys_s)
{
	int64_t new_s = buys_s - buys_s % 60;

	if (policy == LOWER_NEVER || (policy == LOWER_UNLIMITED && asked_s >= 0) || buys_s < 0)
		return -1;
	/* slurmctld has no limit of less than a minute */
	if (new_s < 60)
		new_s = 60;
	return has_s < 0 || new_s < has_s ? new_s : -1;
}

int64_t limit_asked_s(struct app *app, const struct job_facts *job)
{
	struct job_money money;
	struct err err;

	if (!app->db || !job->job_id || job->time_limit_s <= 0)
		return job->time_limit_s;
	if (job_money_lowered(app->db, job->job_id, job->restart, job->user, job->time_limit_s,
		    &money, &err) == 0)
		return money.asked_s;
	if (err.class != ERR_NOTFOUND)
		log_warn("job %s: %s", job->name, err.text);
	return job->time_limit_s;
}

void limit_restore(struct app *app, const struct demand *demand, struct plan_request *request)
{
	int64_t longest_s = 0;

	/* no limit at all is as it is */
	if (!demand->njobs || request->time_limit_s < 0)
		return;
	for (size_t i = 0; i < demand->njobs; i++) {
		int64_t asked_s = limit_asked_s(app, &demand->jobs[i]->facts);

		if (asked_s < 0 || longest_s < 0)
			longest_s = -1;
		else if (asked_s > longest_s)
			longest_s = asked_s;
	}
	request->time_limit_s = longest_s;
}

/* One RPC for both, so that nobody sees the one without the other. */
static int tell(struct app *app, const struct demand_job *job, const char *text, int64_t limit_s,
	struct err *err)
{
	struct job_change change = JOB_CHANGE_INIT;
	char buf[COMMENT_SIZE];

	comment_put(app, &change, text, buf, sizeof(buf));
	change.time_limit_s = limit_s;
	if (!change.admin_comment && !change.system_comment && limit_s < 0)
		return 0;
	return slurm_client_job_change(job->facts.name, &change, err);
}

void limit_tell(struct app *app, const struct demand_job *job, const struct plan_request *request,
	const struct plan_part *parts, size_t n, const char *text)
{
	struct plan_request own = *request;
	struct job_money money = {.job_id = job->facts.job_id,
		.restart = job->facts.restart,
		.asked_s = limit_asked_s(app, &job->facts)};
	int64_t new_s = -1, buys_s;
	char span[CLOCK_SPAN_SIZE];
	struct caps caps;
	struct err err;

	/* of jobs that share nodes each has its own */
	/* the site's bound of a job as its own */
	caps_fold(&job->intent.cost, app->conf->limits, app->conf->nlimits, &caps);
	own.limit = caps.limit;
	buys_s = plan_buys_s(&own, parts, n);
	if (own.limit.uusd && !own.limit.per_hour) {
		money.limit_uusd = own.limit.uusd;
		new_s = limit_time_s(
			app->conf->cost.lower, money.asked_s, job->facts.time_limit_s, buys_s);
	}
	money.worst_uusd = plan_worst_uusd(&own, parts, n);
	money.lowered_s = new_s > 0                                  ? new_s
			  : money.asked_s != job->facts.time_limit_s ? job->facts.time_limit_s
								     : 0;
	snprintf(money.user, sizeof(money.user), "%s", job->facts.user);
	if (money.job_id && job_money_put(app->db, &money, &err) < 0) {
		/* the next start would take it for the user's own */
		log_warn("job %s: its time limit stays: %s", job->facts.name, err.text);
		new_s = -1;
	}
	if (new_s > 0)
		log_info("its cost limit buys %s: time limit lowered to %lld min",
			clock_format_span(buys_s, span), (long long)(new_s / 60));
	if (tell(app, job, text, new_s, &err) == 0)
		return;
	log_warn("job %s could not be told: %s", job->facts.name, err.text);
	if (new_s > 0 && tell(app, job, text, -1, &err) < 0)
		log_warn("job %s could not be told: %s", job->facts.name, err.text);
}
