/* SPDX-License-Identifier: Apache-2.0 */
/* repair: jobs whose --burst-cost is used up, or soon will be. */
#include <stdio.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/log.h"
#include "helper/notice_hit.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/job_money.h"

static const struct survey_cost *cost_of(const struct survey *survey, int64_t job_id)
{
	for (size_t i = 0; i < survey->ncosts; i++)
		if (survey->costs[i].job->job_id == job_id)
			return &survey->costs[i];
	return NULL;
}

/* Is it still the start that was judged, and does it run? 1 with NOW, to be released; 0; -1. */
static int look_again(const struct survey_cost *cost, struct job_facts *now, struct err *err)
{
	if (slurm_client_job(cost->job->job_id, now, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	return now->restart == cost->job->restart && !strcmp(now->user, cost->job->user) &&
	       (now->state == JOB_STATE_RUNNING || now->state == JOB_STATE_CONFIGURING ||
		       now->state == JOB_STATE_OTHER);
}

/* What is written down of it; a row where there was none. */
static void read_money(
	struct app *app, const struct survey_cost *cost, struct job_money *money, struct err *err)
{
	if (job_money_get(app->db, cost->job->job_id, cost->job->restart, cost->job->user, money,
		    err) == 0)
		return;
	*money = (struct job_money){.job_id = cost->job->job_id,
		.restart = cost->job->restart,
		.limit_uusd = cost->limit_uusd,
		.worst_uusd = -1,
		.asked_s = cost->job->time_limit_s};
	snprintf(money->user, sizeof(money->user), "%s", cost->job->user);
}

/* A component of a heterogeneous job does not live alone: its leader stands for all. */
static const char *name_of(const struct job_facts *job, char *buf, size_t size)
{
	if (!job->het_leader)
		return job->name;
	snprintf(buf, size, "%u", job->het_leader);
	return buf;
}

/* To the terminal, or into the output of the script. Its nodes must be there for that. */
static void notify(const struct job_facts *job, const char *text)
{
	char line[COMMENT_SIZE];

	if (job->batch && job->state != JOB_STATE_RUNNING)
		return;
	snprintf(line, sizeof(line), "burst: %s", text);
	slurm_client_notify(job->job_id, line, NULL);
}

static bool may_requeue(const struct app *app, const struct job_facts *job)
{
	return app->conf->cost.at_limit == AT_LIMIT_REQUEUE && job->batch && job->requeue;
}

int repair_cost_warning(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const struct survey_cost *cost = cost_of(survey, finding->number);
	const char *what = app->conf->cost.warn_signal;
	int signal = notice_signal_number(what), rc;
	CLEANUP(job_facts_release) struct job_facts job = {0};
	char text[COMMENT_SIZE - 16], name[64], sent[64] = "";
	struct job_money money;
	struct err local;
	bool begun;

	rc = cost ? look_again(cost, &job, err) : 0;
	if (rc <= 0)
		return rc;
	read_money(app, cost, &money, &local);
	/*
	 * Words twice do no harm, a signal may: who was killed here has perhaps sent it, and has
	 * perhaps told nobody.
	 */
	begun = money.warned_ms < 0;
	money.warned_ms = -clock_now_ms();
	if (!begun && job_money_put(app->db, &money, err) < 0)
		return -1;
	if (begun && signal) {
		snprintf(sent, sizeof(sent), "; %s may have been sent before", what);
	} else if (signal && job.state == JOB_STATE_RUNNING) {
		if (slurm_client_signal(name_of(&job, name, sizeof(name)), signal,
			    job.batch ? app->conf->spot.signal_to : SIGNAL_STEPS, &local) == 0)
			snprintf(sent, sizeof(sent), "; %s sent", what);
		else
			log_warn("job %s: %s", job.name, local.text);
	}
	snprintf(text, sizeof(text), COST_WARNING "%s%s; %s", finding->why, sent,
		app->conf->cost.at_limit == AT_LIMIT_NONE ? "nothing ends it then"
		: may_requeue(app, &job)                  ? "then it goes back into the queue, held"
							  : "then it is ended");
	comment_job(app, job.name, text);
	notify(&job, text);
	/* this alone: meanwhile its nodes may have been bound, and its time limit lowered */
	if (job_money_set_warned(app->db, money.job_id, money.restart, clock_now_ms(), &local) < 0)
		log_warn("job %s is told once more: %s", job.name, local.text);
	snprintf(repairs->text, sizeof(repairs->text), "told: %s%s", finding->why, sent);
	return 1;
}

/* It has been sent back: it would spend what it has not. */
static void hold(struct app *app, const struct job_facts *job, const char *why)
{
	struct job_change change = JOB_CHANGE_INIT;
	char text[COMMENT_SIZE - 16], buf[COMMENT_SIZE], name[64];
	struct err err;

	snprintf(text, sizeof(text),
		"ended: %s; back in the queue, and held: a cost limit cannot be changed, so cancel "
		"it and submit it anew with a higher --burst-cost",
		why);
	comment_put(app, &change, text, buf, sizeof(buf));
	change.hold = true;
	if (slurm_client_job_change(name_of(job, name, sizeof(name)), &change, &err) < 0)
		log_err("job %s is back in the queue and cannot be held: %s", job->name, err.text);
}

int repair_cost_limit(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const struct survey_cost *cost = cost_of(survey, finding->number);
	CLEANUP(job_facts_release) struct job_facts job = {0};
	char text[COMMENT_SIZE - 16], name[64];
	struct job_money money;
	struct err local;
	bool back;
	int rc;

	rc = cost ? look_again(cost, &job, err) : 0;
	if (rc <= 0)
		return rc;
	back = may_requeue(app, &job);
	read_money(app, cost, &money, &local);
	money.ended_ms = clock_now_ms();
	if (job_money_put(app->db, &money, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "ended: %s", finding->why);
	comment_job(app, job.name, text);
	notify(&job, text);
	if (back) {
		if (slurm_client_requeue(name_of(&job, name, sizeof(name)), err) < 0)
			return err->class == ERR_BUSY || err->class == ERR_NOTFOUND ? 0 : -1;
		hold(app, &job, finding->why);
	} else if (slurm_client_cancel(name_of(&job, name, sizeof(name)), err) < 0) {
		return -1;
	}
	snprintf(repairs->text, sizeof(repairs->text), "%s: %s",
		back ? "back into the queue, held" : "ended", finding->why);
	return 1;
}
