/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slurm's nodes: those that are up without a machine, and those that slurmctld will not bring out
 * of their state by itself; and jobs that it will not.
 */
#include <stdio.h>

#include "helper/judge_internal.h"
#include "helper/lost.h"
#include "lib/base/cleanup.h"

static int64_t max_ms(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* For how long it has been powering up or down, at least. */
static int64_t powering_s(const struct survey *survey, const struct survey_node *node)
{
	int64_t since_ms = node->since_ms;

	if (!since_ms)
		return 0;
	if (node->gang)
		since_ms = max_ms(since_ms, node->gang->gang.changed_ms);
	if (node->row)
		since_ms = max_ms(since_ms, node->row->row.bound_ms);
	return judge_age_s(survey, since_ms);
}

/* A machine answers, or may, where Slurm expects it: whose, another rule says. */
static bool has_stray(const struct survey *survey, const struct survey_node *node)
{
	for (size_t i = 0; i < survey->nstrays; i++)
		if (survey->strays[i].ec2 &&
			!strcmp(survey->strays[i].ec2->private_ip, node->facts.addr))
			return true;
	return false;
}

/* Which rule a node without row and gang falls under, and why. */
static enum finding_rule judge_bare(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_node *node, char *why, size_t size)
{
	const struct node_facts *facts = &node->facts;
	int64_t powering = powering_s(survey, node);

	if (facts->powering_up) {
		/* without a job nobody knows since when, but by having looked */
		if (node->job && node->job->start_s &&
			judge_age_s(survey, node->job->start_s * 1000) > rules->grace_s) {
			snprintf(why, size, "powering up for job %s, and nothing was launched",
				node->job->name);
			return FINDING_NODE_WITHOUT_INSTANCE;
		}
		if (powering > rules->resume_timeout_s + rules->grace_s) {
			snprintf(why, size, "powering up for %lld s, ResumeTimeout is %lld s",
				(long long)powering, (long long)rules->resume_timeout_s);
			return FINDING_NODE_STUCK_UP;
		}
		return FINDING_RULES;
	}
	if (facts->powering_down) {
		if (powering <= rules->suspend_timeout_s + JUDGE_SETTLE_S)
			return FINDING_RULES;
		snprintf(why, size, "powering down for %lld s, SuspendTimeout is %lld s",
			(long long)powering, (long long)rules->suspend_timeout_s);
		return FINDING_NODE_STUCK_DOWN;
	}
	if (facts->allocated)
		return facts->powered_down ? FINDING_RULES : FINDING_NODE_WITHOUT_INSTANCE;
	if (lost_given_up(facts)) {
		snprintf(why, size, "DOWN since it did not register within ResumeTimeout");
		return FINDING_NODE_STUCK_GIVEN_UP;
	}
	if (facts->powered_down) {
		if (facts->down &&
			!strncmp(facts->reason, PERSONS_OUR_REASON, strlen(PERSONS_OUR_REASON))) {
			snprintf(why, size, "DOWN and powered down: %.150s", facts->reason);
			return FINDING_NODE_STUCK_OURS;
		}
		if (facts->idle && facts->no_respond) {
			snprintf(why, size, "powered down and not responding: no job gets it");
			return FINDING_NODE_STUCK_SILENT;
		}
		return FINDING_RULES;
	}
	return facts->idle || facts->down ? FINDING_NODE_WITHOUT_INSTANCE : FINDING_RULES;
}

/* A region that did not answer may have the machine. */
static bool all_regions_known(const struct survey *survey)
{
	for (size_t i = 0; i < survey->nregions; i++)
		if (!survey->regions[i].known)
			return false;
	return true;
}

static int judge_without_row(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_node *node, struct findings *findings, struct err *err)
{
	const struct node_facts *facts = &node->facts;
	char why[sizeof(findings->all->why)] = "";
	enum finding_rule rule = judge_bare(survey, rules, node, why, sizeof(why));
	struct finding *f;

	if (rule == FINDING_RULES)
		return 0;
	if (rule == FINDING_NODE_WITHOUT_INSTANCE && !facts->powering_up) {
		/*
		 * Where a slurmd answers there is a machine, ours or not, and perhaps a job on it.
		 * One that was bound at the first look is on its way down.
		 */
		if ((facts->power_down && !facts->allocated) || node->was_bound ||
			!all_regions_known(survey) || has_stray(survey, node) ||
			(!facts->no_respond && !facts->down &&
				strcmp(facts->addr, rules->placeholder)))
			return 0;
		snprintf(why, sizeof(why), "%.100s in Slurm, and no instance is there",
			facts->state);
	}
	f = judge_find(
		findings, persons_node(facts) ? FINDING_LEFT_ALONE : rule, NULL, NULL, node, err);
	if (!f)
		return -1;
	if (f->rule == FINDING_LEFT_ALONE)
		snprintf(f->why, sizeof(f->why), "%s (%.100s); a person gave the reason: %.100s",
			finding_info(rule)->name, facts->state, facts->reason);
	else
		snprintf(f->why, sizeof(f->why), "%s", why);
	return 0;
}

/* The address that it should have; NULL: that which it has, or nobody knows. */
static const char *right_address(const struct judge_rules *rules, const struct survey_node *node)
{
	const struct node_facts *facts = &node->facts;
	const struct survey_row *row = node->row;
	const char *ip;

	if (!row) {
		/* one that was never told an address has its own name */
		if (node->gang || node->was_bound || !facts->powered_down || facts->powering_up ||
			facts->powering_down || facts->allocated ||
			!strcmp(facts->addr, rules->placeholder) ||
			!strcmp(facts->addr, facts->name))
			return NULL;
		return rules->placeholder;
	}
	if (!row->steady || row->row.state != INSTANCE_RUNNING || !row->gang ||
		!judge_is_ours_to_mend(row->gang) ||
		(row->gang->gang.state != GANG_ANNOUNCED && row->gang->gang.state != GANG_ACTIVE) ||
		!row->region || !row->region->known || !row->ec2 || judge_is_ending(row->ec2) ||
		/* most nodes that have a job are to power down when that has ended */
		(judge_goes_down(facts) && !facts->allocated))
		return NULL;
	ip = row->ec2->private_ip;
	return *ip && strcmp(ip, facts->addr) ? ip : NULL;
}

static int judge_address(const struct judge_rules *rules, const struct survey_node *node,
	struct findings *findings, struct err *err)
{
	const char *address = right_address(rules, node);
	struct finding *f;

	if (!address)
		return 0;
	f = judge_find(findings, FINDING_ADDRESS_STALE, node->gang, node->row, node, err);
	if (!f)
		return -1;
	snprintf(f->text, sizeof(f->text), "%s", address);
	if (node->row)
		snprintf(f->why, sizeof(f->why), "Slurm has %s, instance %s has %s",
			node->facts.addr, node->row->row.id, address);
	else
		snprintf(f->why, sizeof(f->why),
			"powered down, and Slurm still has the address %s of a past instance",
			node->facts.addr);
	return 0;
}

/*
 * slurmctld takes "the last start's prolog runs" for true, or "it has steps", until it is restarted
 * (22.05; a reconfiguration is not enough): it never starts the job, and nothing of ours could.
 */
static int judge_cleaning(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_cleaning *cleaning, struct findings *findings, struct err *err)
{
	int64_t age_s = judge_age_s(survey, cleaning->since_ms);
	struct finding *f;

	if (age_s <= rules->grace_s)
		return 0;
	f = findings_add(findings, FINDING_JOB_CLEANING, err);
	if (!f)
		return -1;
	f->alarm = true;
	f->number = cleaning->job->job_id;
	snprintf(f->text, sizeof(f->text), "%s", cleaning->job->name);
	snprintf(f->why, sizeof(f->why),
		"job %s waits with reason Cleaning for %lld s: slurmctld is not done with its last "
		"start; if no PrologSlurmctld runs for it, restart slurmctld, it does not start "
		"before",
		cleaning->job->name, (long long)age_s);
	return 0;
}

int judge_nodes(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->ncleanings; i++)
		if (judge_cleaning(survey, rules, &survey->cleanings[i], findings, err) < 0)
			return -1;
	for (size_t i = 0; survey->nodes_known && i < survey->nnodes; i++) {
		const struct survey_node *node = &survey->nodes[i];

		if (node->in_hand)
			continue;
		/* which job has it says whether a node that powers up is waited for */
		if (!node->row && !node->gang && survey->jobs_known &&
			judge_without_row(survey, rules, node, findings, err) < 0)
			return -1;
		if (judge_address(rules, node, findings, err) < 0)
			return -1;
	}
	return 0;
}
