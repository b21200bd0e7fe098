/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gangs that nobody has in hand. Which of them wait for something, and which are left over?
 */
#include <stdio.h>

#include "helper/judge_internal.h"
#include "helper/lost.h"

/* slurmctld counts from another moment than we do. */
#define LATE_SPARE_S 15
/* Between the last row's end and the gang's. */
#define FINISH_S 10

struct gang_nodes {
	unsigned up, missing; /* registered, and not (yet) */
	bool late;            /* some of those will not */
	bool reuse;           /* nodes of the node group outlive their jobs */
	bool idle;            /* one has an instance, and no job, and does not go down */
	const struct survey_node *first_missing;
	const struct survey_node *persons; /* somebody keeps it, by words of their own */
};

static void look_at_nodes(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, struct gang_nodes *nodes)
{
	size_t n;
	struct survey_row **rows = survey_rows_of_gang(survey, gang->gang.id, &n);

	for (size_t i = 0; i < n; i++) {
		const struct survey_node *node = rows[i]->node;

		if (rows[i]->row.state != INSTANCE_RUNNING || !node)
			continue;
		nodes->reuse = nodes->reuse || (node->group && node->group->reuse);
		if (!judge_goes_down(&node->facts) && persons_node(&node->facts))
			nodes->persons = node;
		if (!judge_goes_down(&node->facts) && !node->facts.allocated &&
			!node->facts.completing && !node->job)
			nodes->idle = true;
		if (node->facts.registered) {
			nodes->up++;
			continue;
		}
		/* on its way down: SuspendProgram is called for it */
		if (node->facts.power_down || node->facts.powering_down)
			continue;
		if (!nodes->missing++)
			nodes->first_missing = node;
		nodes->late = nodes->late || lost_given_up(&node->facts);
	}
	if (nodes->missing &&
		judge_age_s(survey, gang->gang.changed_ms) > rules->resume_timeout_s + LATE_SPARE_S)
		nodes->late = true;
}

/* Since when is nobody there for it? 0: that is not known, and it was over before the survey. */
static int64_t over_since_ms(const struct survey *survey, const struct survey_gang *gang)
{
	int64_t since_s = 0;

	for (size_t i = 0; i < gang->njobs; i++) {
		const struct job_facts *job = survey_job(survey, gang->jobs[i].job_id);

		if (job && job->restart == gang->jobs[i].restart && job->end_s > since_s)
			since_s = job->end_s;
	}
	if (!since_s)
		return gang->gang.changed_ms;
	return since_s * 1000;
}

static int judge_up(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, struct findings *findings, struct err *err)
{
	bool announced = gang->gang.state == GANG_ANNOUNCED;
	bool wanted = !gang->njobs || survey_gang_lives(survey, gang);
	struct gang_nodes nodes = {0};
	struct finding *f = NULL;

	if (!survey->nodes_known || !survey->jobs_known)
		return 0;
	look_at_nodes(survey, rules, gang, &nodes);
	/* before its jobs: slurmctld has requeued them, and they do not wait for this gang now */
	if (announced && nodes.late) {
		f = judge_find(findings, FINDING_GANG_LATE, gang, NULL, nodes.first_missing, err);
		if (!f)
			return -1;
		f->number = nodes.missing;
		snprintf(f->why, sizeof(f->why),
			"%u of its %u nodes have not registered within ResumeTimeout, the first "
			"is %s",
			nodes.missing, gang->gang.size, nodes.first_missing->facts.name);
		return 0;
	}
	if (announced && nodes.up && !nodes.missing && (wanted || nodes.reuse)) {
		f = judge_find(findings, FINDING_GANG_UP, gang, NULL, NULL, err);
		if (f)
			snprintf(f->why, sizeof(f->why),
				"all its nodes have registered, and its process has died");
		return f ? 0 : -1;
	}
	if (wanted || !(announced || (nodes.idle && !nodes.reuse)))
		return 0;
	if (!announced && judge_age_s(survey, over_since_ms(survey, gang)) <= rules->grace_s)
		return 0;
	if (nodes.persons) {
		f = judge_find(findings, FINDING_LEFT_ALONE, gang, NULL, nodes.persons, err);
		if (!f)
			return -1;
		f->alarm = true;
		snprintf(f->why, sizeof(f->why),
			"the job of its gang %s is over, and %u instance(s) still run; a person "
			"gave the reason: %.100s",
			gang->gang.id, gang->nrunning, nodes.persons->facts.reason);
		return 0;
	}
	f = judge_find(findings, FINDING_JOB_OVER, gang, NULL, NULL, err);
	if (f)
		snprintf(f->why, sizeof(f->why), "%s over, and %u instance(s) still run",
			gang->njobs > 1 ? "its jobs are" : "its job is", gang->nrunning);
	return f ? 0 : -1;
}

static int judge_lost(const struct survey *survey, const struct survey_gang *gang,
	struct findings *findings, struct err *err)
{
	struct finding *f = NULL;
	size_t n;
	struct survey_row **rows = survey_rows_of_gang(survey, gang->gang.id, &n);

	for (size_t i = 0; i < n; i++) {
		if (!judge_is_lost(rows[i]))
			continue;
		if (f) {
			f->number++;
			continue;
		}
		f = judge_find(findings, FINDING_MEMBER_LOST, gang, rows[i], rows[i]->node, err);
		if (!f)
			return -1;
		f->number = 1;
		snprintf(f->why, sizeof(f->why), "instance %s of node %s is %s without us: %.100s",
			rows[i]->row.id, rows[i]->row.node, rows[i]->ec2->state,
			*rows[i]->ec2->reason ? rows[i]->ec2->reason : "EC2 gives no reason");
	}
	return f ? 1 : 0;
}

/* Why it is left over; false: it is not. */
static bool is_left_over(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, char *why, size_t size)
{
	int64_t age_s = judge_age_s(survey, gang->gang.changed_ms);
	bool empty = !gang->nrunning && !gang->nterminating && !gang->nprepared;
	const char *state = gang_state_name(gang->gang.state);

	switch (gang->gang.state) {
	case GANG_FAILING:
		/* who failed it has died before it told Slurm */
		if (survey->jobs_known && age_s > FINISH_S && survey_gang_lives(survey, gang)) {
			snprintf(why, size, "failing for %lld s, and its job was not sent back",
				(long long)age_s);
			return true;
		}
		/* fall through */
	case GANG_RELEASING:
		/* released without a lock: whoever does it may be waiting for EC2 */
		if (age_s <= (empty ? FINISH_S : rules->grace_s))
			return false;
		snprintf(why, size, "%s for %lld s, and nobody finishes it", state,
			(long long)age_s);
		return true;
	case GANG_ANNOUNCED:
	case GANG_ACTIVE:
		if (gang->nprepared)
			snprintf(why, size, "a launch of it was never answered");
		else if (empty)
			snprintf(why, size, "nothing of it runs any more");
		return gang->nprepared || empty;
	default:
		snprintf(why, size, "its process has died in state %s", state);
		return true;
	}
}

static int judge_gang(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, struct findings *findings, struct err *err)
{
	char why[sizeof(findings->all->why)] = "";
	int rc = judge_lost(survey, gang, findings, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (is_left_over(survey, rules, gang, why, sizeof(why))) {
		struct finding *f = judge_find(
			findings, FINDING_GANG_UNOWNED, gang, NULL, NULL, err);

		if (!f)
			return -1;
		snprintf(f->why, sizeof(f->why), "%s", why);
	}
	if (gang->nrunning &&
		(gang->gang.state == GANG_ANNOUNCED || gang->gang.state == GANG_ACTIVE))
		return judge_up(survey, rules, gang, findings, err);
	return 0;
}

int judge_gangs(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->ngangs; i++)
		if (judge_is_ours_to_mend(&survey->gangs[i]) &&
			judge_gang(survey, rules, &survey->gangs[i], findings, err) < 0)
			return -1;
	return 0;
}
