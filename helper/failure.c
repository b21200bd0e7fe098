/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/failure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/comment.h"
#include "helper/leave.h"
#include "helper/log.h"
#include "helper/persons.h"
#include "helper/public.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/outcome.h"

/* What lies so far ahead is told with its day. */
#define DAY_TOLD_S (12 * 3600)

/* Does this start of the job still hold its nodes? */
static bool still_ours(const struct job_facts *then, const struct job_facts *now)
{
	return now->restart == then->restart &&
	       (now->state == JOB_STATE_CONFIGURING || now->state == JOB_STATE_RUNNING);
}

/* Has slurmctld sent it back by itself, after ResumeTimeout? Its next start may be a moment away,
 * so it is not waited for the end of its completing. */
static bool sent_back(const struct job_facts *then, const struct job_facts *now)
{
	return now->restart > then->restart &&
	       (now->state == JOB_STATE_PENDING || now->state == JOB_STATE_COMPLETING);
}

/*
 * Of NODES, those to force down: of jobs that still hold them, and those that nobody holds but
 * whose instance has been ended or that are coming up for a job that has gone (cancelled): they
 * would stay schedulable until they register. A node that another job was given meanwhile is left
 * alone, and one that a younger gang holds, whose job may have this start's number (a slurmctld
 * that died forgets a start). FACTS: those of them that a person has taken out of use.
 */
static int choose_nodes(struct app *app, const struct failure *failure, const struct nodeset *nodes,
	const struct nodeset *held, struct nodeset *down, struct node_facts **facts, size_t *n,
	struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset others = NODESET_INIT, ours = NODESET_INIT;
	bool ended = failure->ended;
	size_t all = 0;

	nodeset_for_each (nodes, i)
		if (failure->of && app->db &&
			leave_is_anothers(app, failure->of, nodes->names[i]) > 0 &&
			nodeset_add(&others, nodes->names[i], err) < 0)
			return -1;
	if (others.n)
		log_info("%zu node(s) are another gang's by now, %s first: left as they are",
			others.n, others.names[0]);
	if (nodeset_filter(nodes, &others, false, &ours, err) < 0 ||
		nodeset_filter(&ours, held, true, down, err) < 0)
		return -1;
	if (!ours.n)
		return 0;
	if (slurm_client_nodes(&ours, facts, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all; i++) {
		const struct node_facts *node = &(*facts)[i];
		bool theirs = persons_node(node);
		/* DOWN and powered down (ResumeTimeout): only this way it comes clean */
		bool up = !node->powered_down || (node->down && !theirs);

		if (!node->allocated && (ended || node->powering_up || node->down) && up &&
			!node->powering_down && nodeset_add(down, node->name, err) < 0)
			return -1;
		if (theirs && nodeset_contains(down, node->name))
			(*facts)[(*n)++] = *node;
	}
	return 0;
}

/* To power saving; THEIRS without a word of ours, which would take the place of the person's. */
static void force_down(struct app *app, const struct nodeset *down, const struct node_facts *theirs,
	size_t n, const char *reason)
{
	CLEANUP(nodeset_release) struct nodeset keep = NODESET_INIT, ours = NODESET_INIT;
	const struct nodeset *sets[] = {&ours, &keep};

	for (size_t i = 0; i < n; i++)
		nodeset_add(&keep, theirs[i].name, NULL);
	if (nodeset_filter(down, &keep, false, &ours, NULL) < 0) {
		log_err("out of memory");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		cleanup_free char *list = nodeset_format(sets[i]);
		struct err err;

		if (!list || !sets[i]->n)
			continue;
		if (slurm_client_force_down(list, app->conf->slurm.placeholder_address,
			    sets[i] == &ours ? reason : NULL, &err) < 0)
			log_err("nodes %s could not be sent to power saving: %s", list, err.text);
		else
			log_info("nodes %s sent to power saving", list);
	}
}

/*
 * As long may a job be on its way back to the queue, with its EpilogSlurmctld in between. Where its
 * begin time has passed by then, slurmctld 22.05 puts one in its place that is 121 s away.
 */
#define WAY_BACK_S 8
/* What is left of it, at least, when the job has been told and its nodes are down. */
#define WAY_LEFT_S 5

/* What follows from it for a batch job, decided once for all jobs. */
struct verdict {
	const struct outcome_rule *rule;
	bool hold;
	int64_t begin_s; /* of the next start; with a hold: not before it is released, nor this */
};

static struct verdict judge(const struct app *app, const struct failure *failure)
{
	const struct conf *conf = app->conf;
	struct verdict v = {.rule = outcome_of(failure->class)};
	bool counts = v.rule->counts && !failure->uncounted;
	int64_t now_s = clock_now_s(), delay_s;

	v.hold = (v.rule->person && !failure->waits) ||
		 (counts && failure->attempts >= (unsigned)conf->slurm.max_attempts);
	delay_s = conf->slurm.requeue_delay_s; /* also with a hold */
	if (!v.hold)
		delay_s = outcome_delay_s(v.rule, conf->slurm.requeue_delay_s,
			conf->slurm.requeue_delay_max_s, failure->attempts,
			random_below(UINT32_MAX));
	if (failure->not_before_s > now_s)
		delay_s = failure->not_before_s - now_s;
	v.begin_s = now_s + (delay_s > WAY_BACK_S ? delay_s : WAY_BACK_S);
	return v;
}

static void words(const struct failure *failure, const struct verdict *v, const char *job,
	bool for_good, char *text, size_t size)
{
	const char *advice = v->rule->advice, *between = *advice ? "; " : "";
	char when[32] = "";
	time_t t = (time_t)v->begin_s;
	struct tm tm;

	if (for_good)
		snprintf(
			text, size, "%s; the job had begun and may not be requeued", failure->text);
	else if (v->hold && v->rule->person)
		snprintf(text, size,
			"%s%s%s; held: change the job or the configuration, then "
			"scontrol release %s",
			failure->text, between, advice, job);
	else if (v->hold)
		snprintf(text, size,
			"%s%s%s; held after %u failed starts: scontrol release %s to try again",
			failure->text, between, advice, failure->attempts, job);
	else if (localtime_r(&t, &tm) &&
		 strftime(when, sizeof(when),
			 v->begin_s - clock_now_s() > DAY_TOLD_S ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S",
			 &tm))
		snprintf(text, size, "%s%s%s; tried again not before %s", failure->text, between,
			advice, when);
	else
		snprintf(text, size, "%s%s%s; will be tried again", failure->text, between, advice);
}

/* For status and explain, and so that the next failure knows how many there were. */
static void write_down(
	struct app *app, const struct failure *failure, const struct verdict *v, bool again)
{
	struct err err;

	if (!failure->gang || !app->db)
		return;
	if (gang_set_again(app->db, failure->gang,
		    !again    ? 0
		    : v->hold ? -1
			      : v->begin_s * 1000,
		    &err) < 0 ||
		((failure->uncounted || !v->rule->counts) &&
			gang_set_uncounted(app->db, failure->gang, &err) < 0))
		log_warn("gang %s: %s", failure->gang, err.text);
	public_gang(app, failure->gang);
}

/* Else the job would be COMPLETING there until slurmctld misses the node: SlurmdTimeout. */
static void take_down_gone(
	const struct nodeset *gone, const struct nodeset *down, const char *reason)
{
	CLEANUP(nodeset_release) struct nodeset both = NODESET_INIT;
	cleanup_free char *list = NULL;
	struct err err;

	if (nodeset_filter(gone, down, true, &both, NULL) < 0)
		return;
	list = nodeset_format(&both);
	if (list && both.n && slurm_client_down(list, reason, &err) < 0)
		log_warn("nodes %s: %s", list, err.text);
}

void failure_send_back(struct app *app, const struct demand *demand, const struct nodeset *nodes,
	const struct failure *failure)
{
	struct verdict verdict = judge(app, failure);
	bool again = false; /* an interactive job does not start again by itself */
	CLEANUP(nodeset_release) struct nodeset held = NODESET_INIT, down = NODESET_INIT;
	cleanup_free bool *back = calloc(demand->njobs + 1, sizeof(*back));
	cleanup_free bool *refit = calloc(demand->njobs + 1, sizeof(*refit));
	cleanup_free struct node_facts *persons = NULL;
	char text[COMMENT_SIZE - 16], comment[COMMENT_SIZE], reason[256], safe[COMMENT_SIZE];
	size_t npersons = 0;
	struct err err;

	if (!back || !refit) {
		log_err("out of memory");
		return;
	}
	for (size_t i = 0; i < demand->njobs; i++) {
		const struct demand_job *job = demand->jobs[i];
		CLEANUP(job_facts_release) struct job_facts now = {0};
		CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT;
		struct job_change change = JOB_CHANGE_INIT;
		bool begun;

		/* of a pool only the jobs whose node did not come */
		if (nodeset_filter(&job->nodes, nodes, true, &theirs, &err) < 0 || !theirs.n)
			continue;
		if (slurm_client_job(job->facts.job_id, &now, &err) < 0) {
			if (err.class != ERR_NOTFOUND)
				log_warn("job %s: %s", job->facts.name, err.text);
			continue;
		}
		if (still_ours(&job->facts, &now)) {
			nodeset_for_each (&theirs, k)
				nodeset_add(&held, theirs.names[k], NULL);
		} else if (!failure->requeued || !sent_back(&job->facts, &now)) {
			log_info("job %s does not wait for these nodes any more", job->facts.name);
			continue;
		}
		begun = now.state == JOB_STATE_RUNNING;
		back[i] = now.batch && (now.requeue || !begun);
		again = again || back[i];
		words(failure, &verdict, job->facts.name, begun && !now.requeue, text,
			sizeof(text));
		if (!now.batch) {
			/* an interactive job ends: there is nothing to be tried again */
			snprintf(text, sizeof(text), "%s", failure->text);
			snprintf(comment, sizeof(comment),
				"burst: %.1000s; nothing stays running for it, submit it again "
				"later",
				text_make_safe(failure->text, 1000, safe, sizeof(safe)));
			slurm_client_notify(job->facts.job_id, comment, NULL);
		}
		comment_put(app, &change, text, comment, sizeof(comment));
		/* else NODE_FAIL ends it for good, though its script never ran */
		refit[i] = now.batch && !now.requeue && !begun;
		if (refit[i])
			change.requeue = 1;
		if (slurm_client_job_change(job->facts.name, &change, &err) < 0)
			log_warn("job %s could not be told: %s", job->facts.name, err.text);
	}
	write_down(app, failure, &verdict, again);
	if (choose_nodes(app, failure, nodes, &held, &down, &persons, &npersons, &err) < 0)
		log_warn("%s", err.text);
	snprintf(reason, sizeof(reason), "burst: %s",
		text_make_safe(failure->text, 240, safe, sizeof(safe)));
	if (failure->gone)
		take_down_gone(failure->gone, &down, reason);
	force_down(app, &down, persons, npersons, reason);
	for (size_t i = 0; i < demand->njobs; i++) {
		struct job_change change = JOB_CHANGE_INIT;
		const struct job_facts *facts = &demand->jobs[i]->facts;

		if (!back[i])
			continue;
		change.hold = verdict.hold;
		change.begin_s = verdict.begin_s;
		if (change.begin_s < clock_now_s() + WAY_LEFT_S)
			change.begin_s = clock_now_s() + WAY_BACK_S;
		if (refit[i])
			change.requeue = 0;
		if (slurm_client_job_change(facts->name, &change, &err) < 0)
			log_warn("job %s: begin time or hold not set: %s", facts->name, err.text);
	}
	if (failure->class == ERR_BUSY)
		log_info("sent back: %s", failure->text);
	else
		log_err("sent back: %s", failure->text);
	persons_keep(persons, npersons);
}

bool failure_holds(const struct app *app, const struct failure *failure)
{
	return judge(app, failure).hold;
}

static int jobs_of_gang(struct app *app, const struct gang *gang, struct demand_set *set,
	struct demand *demand, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc = gang_jobs(app->db, gang->id, &jobs, &n, err);

	set->jobs = calloc(n + 1, sizeof(*set->jobs));
	demand->jobs = calloc(n + 1, sizeof(struct demand_job *));
	if (rc == 0 && (!set->jobs || !demand->jobs))
		rc = err_nomem(err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct demand_job *job = &set->jobs[set->njobs];

		if (slurm_client_job(jobs[i].job_id, &job->facts, err) < 0)
			continue; /* it is over and forgotten */
		set->njobs++;
		demand->jobs[demand->njobs++] = job;
		/* the start that the gang was for, which may not be the present one */
		job->facts.restart = jobs[i].restart;
		rc = nodeset_parse(&job->nodes, jobs[i].nodes, err);
	}
	gang_jobs_release(jobs, n);
	return rc;
}

void failure_gang(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	const struct failure *failure)
{
	CLEANUP(demand_set_release) struct demand_set set = {0};
	struct failure counted = *failure;
	struct demand demand = {0};
	struct err err;

	if (jobs_of_gang(app, gang, &set, &demand, &err) < 0)
		log_err("jobs of gang %s: %s", gang->id, err.text);
	for (size_t i = 0; i < demand.njobs; i++) {
		unsigned failures = 0;
		int64_t spent_uusd;

		gang_history(app->db, demand.jobs[i]->facts.job_id, &failures, &spent_uusd, NULL);
		if (failures > counted.attempts)
			counted.attempts = failures;
	}
	counted.gang = gang->id;
	counted.of = gang;
	failure_send_back(app, &demand, nodes, &counted);
	free(demand.jobs);
}
