/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: machines that run but are in trouble, or run for too long, and too many of them. What has
 * ended is judge_gangs()'; of these here EC2 still sends a bill.
 */
#include <stdio.h>
#include <stdlib.h>

#include "helper/judge_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* What AWS schedules for an instance, and in words. Its node is worth nothing afterwards. */
static const struct {
	const char *code, *words;
} events[] = {
	{"instance-retirement", "AWS will end it, since its host is to be retired,"},
	{"instance-stop", "AWS will stop it"},
	{"instance-reboot", "AWS will reboot it"},
	{"system-reboot", "AWS will reboot its host"},
	{"system-maintenance", "AWS will maintain its host"},
};

/* An instance of a gang that is up, which nobody works on, as far as can be seen. */
static bool is_up(const struct survey *survey, const struct survey_row *row)
{
	return row->row.state == INSTANCE_RUNNING && row->steady && row->region &&
	       row->region->known && row->ec2 && judge_is_tagged(survey, row->ec2) && row->gang &&
	       judge_is_ours_to_mend(row->gang) && row->gang->gang.state == GANG_ACTIVE;
}

static struct finding *add(const struct survey_row *row, enum finding_rule rule,
	struct findings *findings, struct err *err)
{
	struct finding *f = findings_add(findings, rule, err);

	if (!f)
		return NULL;
	snprintf(f->region, sizeof(f->region), "%s", row->row.region);
	snprintf(f->gang, sizeof(f->gang), "%s", row->row.gang);
	snprintf(f->instance, sizeof(f->instance), "%s", row->row.id);
	snprintf(f->node, sizeof(f->node), "%s", row->row.node);
	f->alarm = true;
	return f;
}

/* --- stopped --------------------------------------------------------------------------------- */

static int judge_stopped(const struct survey_row *row, struct findings *findings, struct err *err)
{
	bool stopped = !strcmp(row->ec2->state, "stopped");
	struct finding *f;

	if (!stopped && strcmp(row->ec2->state, "stopping") != 0)
		return 0;
	f = add(row, FINDING_INSTANCE_STOPPED, findings, err);
	if (!f)
		return -1;
	snprintf(f->why, sizeof(f->why), "it %s stopped%s%.160s%s: its job cannot go on there",
		stopped ? "has been" : "is being", *row->ec2->reason ? " (" : "", row->ec2->reason,
		*row->ec2->reason ? ")" : "");
	return 0;
}

/* --- impaired, or to be retired -------------------------------------------------------------- */

/*
 * Its node, when something may be done about it: not one that goes anyway, nor one that has been
 * told already, which its reason says.
 */
static const struct survey_node *node_of(const struct survey *survey, const struct survey_row *row)
{
	const struct survey_node *node = survey->nodes_known ? row->node : NULL;
	const struct node_facts *facts = node ? &node->facts : NULL;

	return facts && facts->registered && !facts->powered_down && !facts->powering_down &&
			       !strstr(facts->reason, row->row.id)
		       ? node
		       : NULL;
}

/* The finding for what is wrong with ROW; a node that a person took out stays as it is. */
static struct finding *trouble(const struct survey_row *row, const struct survey_node *node,
	enum finding_rule rule, struct findings *findings, struct err *err)
{
	bool theirs = persons_node(&node->facts);
	struct finding *f = add(row, theirs ? FINDING_LEFT_ALONE : rule, findings, err);

	if (f && theirs)
		snprintf(f->text, sizeof(f->text), "instance %s of node %s", row->row.id,
			row->row.node);
	return f;
}

static bool is_impaired(const char *check)
{
	return !strcmp(check, "impaired");
}

/* 1: there is a finding; 0; -1. */
static int judge_impaired(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_row *row, const struct ec2_status *status, struct findings *findings,
	struct err *err)
{
	bool host = is_impaired(status->system_check), system = is_impaired(status->instance_check);
	int64_t since_s = status->impaired_since_s ? status->impaired_since_s
						   : row->ec2->launched_s;
	const struct survey_node *node = node_of(survey, row);
	char when[CLOCK_ISO_SIZE];
	struct finding *f;

	if (!(host || system) || !node ||
		survey_age_ms(survey, since_s * 1000) < rules->guards.impaired_s * 1000)
		return 0;
	f = trouble(row, node, FINDING_INSTANCE_IMPAIRED, findings, err);
	if (!f)
		return -1;
	if (f->rule != FINDING_LEFT_ALONE)
		f->number = host;
	snprintf(f->why, sizeof(f->why), "EC2's %s failed%s%s",
		host && system ? "checks of the instance and of its host have"
		: host         ? "check of its host has"
			       : "check of the instance has",
		status->impaired_since_s ? " since " : "",
		status->impaired_since_s ? clock_format_iso(since_s, when) : "");
	return 1;
}

static const char *words_of(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (!strcmp(events[i].code, code))
			return events[i].words;
	return NULL;
}

static int judge_retiring(const struct survey *survey, const struct survey_row *row,
	const struct ec2_status *status, struct findings *findings, struct err *err)
{
	const struct survey_node *node = node_of(survey, row);
	const struct ec2_status_event *first = NULL;
	char when[CLOCK_ISO_SIZE];
	struct finding *f;

	for (size_t i = 0; i < status->nevents; i++) {
		const struct ec2_status_event *e = &status->events[i];

		if (!e->over && words_of(e->code) &&
			(!first || e->not_before_s < first->not_before_s))
			first = e;
	}
	if (!first || !node)
		return 0;
	f = trouble(row, node, FINDING_INSTANCE_RETIRING, findings, err);
	if (!f)
		return -1;
	if (f->rule != FINDING_LEFT_ALONE)
		f->number = first->not_before_s;
	snprintf(f->why, sizeof(f->why), "%s%s%s (%s)", words_of(first->code),
		first->not_before_s ? " after " : "",
		first->not_before_s ? clock_format_iso(first->not_before_s, when) : "",
		first->code);
	return 0;
}

static int compare_status(const void *id, const void *status)
{
	return strcmp(id, ((const struct ec2_status *)status)->id);
}

static int judge_machines(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->nrows; i++) {
		const struct survey_row *row = &survey->rows[i];
		const struct ec2_status *status = NULL;
		int rc;

		if (!is_up(survey, row))
			continue;
		if (judge_stopped(row, findings, err) < 0)
			return -1;
		if (row->region->statuses_known && row->region->statuses.n &&
			!strcmp(row->ec2->state, "running"))
			status = bsearch(row->row.id, row->region->statuses.all,
				row->region->statuses.n, sizeof(*status), compare_status);
		if (!status)
			continue;
		rc = judge_impaired(survey, rules, row, status, findings, err);
		if (rc < 0 || (!rc && judge_retiring(survey, row, status, findings, err) < 0))
			return -1;
	}
	return 0;
}

/* --- too long -------------------------------------------------------------------------------- */

int64_t judge_overdue_s(const struct job_facts *job, const struct slurm_site *site, int64_t now_s)
{
	int64_t end_s;

	if (job->state != JOB_STATE_RUNNING && job->state != JOB_STATE_COMPLETING)
		return 0;
	/* OverTimeLimit=UNLIMITED: a limit is none */
	if (job->time_limit_s < 0 || site->over_time_s < 0 || job->start_s <= 0)
		return 0;
	end_s = job->start_s + job->time_limit_s;
	/* it was suspended for a while, or its limit was raised */
	if (job->end_s > end_s)
		end_s = job->end_s;
	end_s += site->over_time_s + site->kill_wait_s;
	return now_s > end_s ? now_s - end_s : 0;
}

static int judge_overdue(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, struct findings *findings, struct err *err)
{
	int64_t grace_s = rules->guards.overdue_grace_s, now_s = survey->now_ms / 1000;
	uint32_t last = 0;

	nodeset_for_each (&gang->nodes, i) {
		const struct survey_row *row = survey_row_of_node(survey, gang->nodes.names[i]);
		const struct job_facts *job = row && row->node ? row->node->job : NULL;
		struct finding *f;
		int64_t late_s;

		/* a job is told once, and its instances are seen to together */
		if (!job || job->job_id == last || row->gang != gang || !is_up(survey, row))
			continue;
		late_s = judge_overdue_s(job, &survey->site, now_s);
		if (late_s <= grace_s ||
			survey_age_ms(survey, survey->now_ms - late_s * 1000) <= grace_s * 1000)
			continue;
		last = job->job_id;
		f = add(row, FINDING_INSTANCE_OVERDUE, findings, err);
		if (!f)
			return -1;
		f->number = job->job_id;
		snprintf(f->text, sizeof(f->text), "%s", job->name);
		snprintf(f->why, sizeof(f->why),
			"job %s is %lld s beyond its time limit of %lld s and has not ended",
			job->name, (long long)late_s, (long long)job->time_limit_s);
	}
	return 0;
}

/* --- never there ----------------------------------------------------------------------------- */

/* Of the gang's nodes, the first that has not registered and is not on its way down; NULL. Once it
 * is announced the others of a pool are nobody's, or another gang's. */
static const char *find_missing(const struct survey *survey, const struct survey_gang *gang)
{
	nodeset_for_each (&gang->nodes, i) {
		const struct survey_node *node = survey_node(survey, gang->nodes.names[i]);

		if (gang->gang.state == GANG_ANNOUNCED && node &&
			(!node->row || node->row->gang != gang))
			continue;
		if (node && !node->facts.registered && !node->facts.power_down &&
			!node->facts.powering_down)
			return gang->nodes.names[i];
	}
	return NULL;
}

/* Whose owner is dead is judge_gangs()'; whose owner lives and does nothing is nobody else's. */
static int judge_unregistered(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_gang *gang, struct findings *findings, struct err *err)
{
	int64_t most_s = rules->resume_timeout_s + rules->guards.not_registered_s, age_ms;
	const struct gang *g = &gang->gang;
	bool announced = g->state == GANG_ANNOUNCED;
	const char *missing;
	struct finding *f;

	if (g->state >= GANG_ACTIVE || !gang->held || !gang->steady)
		return 0;
	age_ms = survey_age_ms(survey, announced ? g->changed_ms : g->created_ms);
	if (age_ms <= most_s * 1000)
		return 0;
	missing = find_missing(survey, gang);
	if (!missing)
		return 0;
	f = findings_add(findings, FINDING_GANG_NOT_REGISTERED, err);
	if (!f)
		return -1;
	f->alarm = true;
	snprintf(f->gang, sizeof(f->gang), "%s", g->id);
	snprintf(f->node, sizeof(f->node), "%s", missing);
	snprintf(f->region, sizeof(f->region), "%s", g->region);
	snprintf(f->why, sizeof(f->why),
		"it is %s for %lld s, node %s has not registered, and the process that has it in "
		"hand does nothing about it",
		gang_state_name(g->state), (long long)(age_ms / 1000), missing);
	return 0;
}

/* --- too many -------------------------------------------------------------------------------- */

static int judge_number(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	unsigned max = rules->guards.max_nodes;
	struct finding *f;
	size_t n = 0;

	if (!max)
		return 0;
	/* a region that is not known has at least none */
	for (size_t i = 0; i < survey->nregions; i++) {
		const struct survey_region *region = &survey->regions[i];

		for (size_t k = 0; region->known && k < region->instances.n; k++) {
			const struct ec2_instance *x = &region->instances.all[k];

			n += judge_is_tagged(survey, x) &&
			     (!strcmp(x->state, "running") || !strcmp(x->state, "pending"));
		}
	}
	if (n <= max)
		return 0;
	f = findings_add(findings, FINDING_TOO_MANY_NODES, err);
	if (!f)
		return -1;
	f->alarm = true;
	f->number = (int64_t)(n - max);
	snprintf(f->text, sizeof(f->text), "the site");
	snprintf(f->why, sizeof(f->why),
		"%zu instances run, and guards.max_nodes is %u: no more are launched", n, max);
	return 0;
}

int judge_health(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	if (judge_machines(survey, rules, findings, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->ngangs; i++) {
		const struct survey_gang *gang = &survey->gangs[i];

		if (survey->nodes_known && survey->jobs_known && gang->gang.state == GANG_ACTIVE &&
			judge_overdue(survey, rules, gang, findings, err) < 0)
			return -1;
		if (survey->nodes_known &&
			judge_unregistered(survey, rules, gang, findings, err) < 0)
			return -1;
	}
	return judge_number(survey, rules, findings, err);
}
