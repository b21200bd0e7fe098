/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instances: rows that EC2 contradicts, and instances with our tag that no row speaks of.
 */
#include <stdio.h>

#include "helper/adopt.h"
#include "helper/judge_internal.h"
#include "helper/lost.h"

/* --- rows ------------------------------------------------------------------------------------ */

/* Since when EC2 might have forgotten it. Its own time first: our clock may have been wrong. */
static int64_t begun_ms(const struct survey_row *row)
{
	if (row->row.launched_s)
		return row->row.launched_s * 1000;
	if (row->gang)
		return row->gang->gang.created_ms;
	return row->row.last_asked_ms ? row->row.last_asked_ms : row->row.bound_ms;
}

/* Another one of the same gang, for which the same is to be done (WHY: for the same reason): told
 * with the first, of whom there may be thousands. */
static bool is_told(struct findings *findings, enum finding_rule rule, const char *gang,
	const char *region, const char *why)
{
	for (size_t i = 0; i < findings->n; i++) {
		struct finding *f = &findings->all[i];

		if (f->rule != rule || !*f->instance || strcmp(f->gang, gang) != 0 ||
			(why && strcmp(f->why, why) != 0) || strcmp(f->region, region) != 0)
			continue;
		f->number++;
		return true;
	}
	return false;
}

/* Its slurmd answers, as far as slurmctld knows. */
static bool answers(const struct node_facts *node)
{
	return node->registered && !node->no_respond && !node->down && !node->powering_down;
}

/*
 * EC2 may have a bad day, or our key be another account's: of whose node slurmctld hears it is not
 * gone, whatever EC2 says. Without slurmctld nobody knows.
 */
static int judge_absent_node(const struct survey *survey, const struct survey_row *row,
	struct findings *findings, struct err *err)
{
	static const char why[] = "EC2 does not know it any more, but its node answers slurmctld: "
				  "whose account are the credentials of?";
	struct finding *f;

	if (!survey->nodes_known)
		return 1;
	if (!row->node || !answers(&row->node->facts))
		return 0;
	if (is_told(findings, FINDING_LEFT_ALONE, row->row.gang, row->row.region, why))
		return 1;
	f = judge_find(findings, FINDING_LEFT_ALONE, row->gang, row, row->node, err);
	if (!f)
		return -1;
	f->alarm = true;
	snprintf(f->why, sizeof(f->why), "%s", why);
	return 1;
}

/* EC2 does not show it at all. */
static int judge_absent(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_row *row, struct findings *findings, struct err *err)
{
	int64_t age_s = judge_age_s(survey, begun_ms(row));
	struct finding *f;

	if (!row->looked || age_s <= rules->gone_s)
		return 0;
	if (row->row.state == INSTANCE_RUNNING && *row->row.node) {
		int rc = judge_absent_node(survey, row, findings, err);

		if (rc)
			return rc < 0 ? -1 : 0;
	}
	f = judge_find(findings, FINDING_ROW_GONE, row->gang, row, NULL, err);
	if (!f)
		return -1;
	snprintf(f->why, sizeof(f->why), "EC2 does not know it any more; launched %lld s ago",
		(long long)age_s);
	return 0;
}

static int judge_ended(const struct survey *survey, const struct survey_row *row,
	struct findings *findings, struct err *err)
{
	struct finding *f;
	int64_t since_ms = row->ec2->ended_s * 1000;

	/* its gang goes down as a whole; that of one whose process died, too */
	if (judge_is_lost(row) || (row->gang && row->gang->gang.state < GANG_ANNOUNCED))
		return 0;
	/* whoever ends it looks until it has, and writes it down */
	if (row->row.last_asked_ms > since_ms)
		since_ms = row->row.last_asked_ms;
	if (row->row.state == INSTANCE_TERMINATING &&
		judge_age_s(survey, since_ms) <= JUDGE_SETTLE_S)
		return 0;
	f = judge_find(findings, FINDING_ROW_ENDED, row->gang, row, NULL, err);
	if (!f)
		return -1;
	snprintf(f->why, sizeof(f->why), "EC2 says terminated, state.db says %s",
		instance_state_name(row->row.state));
	return 0;
}

/* Why an instance that runs has no node to be; NULL: it has one, or one may come. */
static const char *without_node(
	const struct survey *survey, const struct judge_rules *rules, const struct survey_row *row)
{
	const struct survey_node *node = row->node;
	bool old = judge_age_s(survey, row->row.bound_ms) > rules->grace_s;

	if (!row->gang)
		return "its gang is over";
	if (row->gang->gang.state != GANG_ANNOUNCED && row->gang->gang.state != GANG_ACTIVE)
		return NULL; /* gang-unowned */
	if (!*row->row.node)
		return "it is no node of its gang";
	/* what follows needs Slurm, and a gang that is not just coming up */
	if (!survey->nodes_known || row->gang->gang.state != GANG_ACTIVE || !old)
		return NULL;
	if (!node)
		return survey->nnodes ? "Slurm does not know its node" : NULL;
	if (node->facts.allocated || node->job)
		return NULL;
	if (node->facts.powered_down && !node->facts.powering_up && !node->facts.powering_down)
		return "its node is powered down";
	if (lost_given_up(&node->facts) && !node->facts.power_down && !node->facts.powering_down)
		return "its node did not register within ResumeTimeout";
	return NULL;
}

bool judge_is_to_end_again(const struct survey *survey, const struct survey_row *row)
{
	return row->region && row->region->known && row->steady &&
	       (!row->gang || judge_is_ours_to_mend(row->gang)) && row->ec2 &&
	       !judge_is_ending(row->ec2) && judge_is_tagged(survey, row->ec2) &&
	       row->row.state == INSTANCE_TERMINATING && row->row.last_asked_ms &&
	       judge_age_s(survey, row->row.last_asked_ms) > JUDGE_SETTLE_S;
}

static int judge_alive(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_row *row, struct findings *findings, struct err *err)
{
	int64_t asked_s = judge_age_s(survey, row->row.last_asked_ms);
	struct finding *f = NULL;
	const char *why;

	if (!judge_is_tagged(survey, row->ec2)) {
		/* EC2 shows tags a moment later than the instance */
		if (judge_age_s(survey, row->ec2->launched_s * 1000) <= rules->grace_s)
			return 0;
		why = ec2_instance_tag(row->ec2, "burst:cluster");
		f = judge_find(findings, FINDING_LEFT_ALONE, row->gang, row, row->node, err);
		if (!f)
			return -1;
		f->alarm = true;
		snprintf(f->why, sizeof(f->why),
			"ours by state.db, but its tag burst:cluster is %.60s, not %s: is it still "
			"ours?",
			why ? why : "gone", survey->cluster);
		return 0;
	}
	if (row->row.state == INSTANCE_TERMINATING) {
		if (!judge_is_to_end_again(survey, row) ||
			is_told(findings, FINDING_END_AGAIN, row->row.gang, row->row.region, NULL))
			return 0;
		f = judge_find(findings, FINDING_END_AGAIN, row->gang, row, row->node, err);
		if (!f)
			return -1;
		snprintf(f->why, sizeof(f->why), "it was to be ended %lld s ago and is %s",
			(long long)asked_s, row->ec2->state);
		return 0;
	}
	why = without_node(survey, rules, row);
	if (!why)
		return 0;
	f = judge_find(findings, FINDING_INSTANCE_WITHOUT_NODE, row->gang, row, row->node, err);
	if (!f)
		return -1;
	snprintf(f->why, sizeof(f->why), "%s", why);
	return 0;
}

static int judge_row(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_row *row, struct findings *findings, struct err *err)
{
	if (!row->region || !row->region->known || !row->steady ||
		(row->gang && !judge_is_ours_to_mend(row->gang)))
		return 0;
	if (!row->ec2)
		return judge_absent(survey, rules, row, findings, err);
	if (!strcmp(row->ec2->state, "terminated"))
		return judge_ended(survey, row, findings, err);
	if (judge_is_ending(row->ec2))
		return 0;
	return judge_alive(survey, rules, row, findings, err);
}

/* --- strays ---------------------------------------------------------------------------------- */

/* Which node Slurm reaches at its address, as what it is by its tags. */
static const struct survey_node *used_as(
	const struct survey *survey, const struct survey_stray *stray)
{
	const struct survey_node *node;

	if (!*stray->node)
		return NULL;
	node = survey_node(survey, stray->node);
	return node && adopt_is_node(stray->ec2, &node->facts) ? node : NULL;
}

/* A person's copy ("launch more like this") has all of our tags, and was launched by no fleet: EC2
 * alone can write such a tag. */
static bool is_of_a_fleet(const struct ec2_instance *ec2)
{
	return ec2_instance_tag(ec2, "aws:ec2:fleet-id") != NULL;
}

/* Something is going on that may still write it down. */
static bool is_moving(const struct survey *survey, const struct survey_stray *stray)
{
	const struct survey_gang *gang = survey_gang(survey, stray->gang);

	if (gang && !judge_is_ours_to_mend(gang))
		return true;
	/* its gang is seen to as a whole: gang-unowned looks for what such a launch brought */
	return stray->launch_known && stray->launch_state == LAUNCH_PREPARED;
}

/* What is to be done about a stray, and WHY; FINDING_RULES: nothing. */
static enum finding_rule rule_of(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_stray *stray, char *why, size_t size)
{
	const struct survey_node *node = used_as(survey, stray), *there;
	int64_t launched_ms = stray->ec2->launched_s * 1000;
	int64_t age_s = judge_age_s(survey, launched_ms);

	if (!launched_ms || age_s <= rules->grace_s || is_moving(survey, stray))
		return FINDING_RULES;
	if (stray->row) {
		/* EC2 may show what it showed before, for a moment */
		if (judge_age_s(survey, stray->terminated_ms) <= rules->grace_s)
			return FINDING_RULES;
		snprintf(why, size, "state.db says terminated, EC2 says %s", stray->ec2->state);
		if (!node || !node->job)
			return FINDING_ENDED_RUNS;
		/* whoever wrote it down was wrong; it is ended when the job is over */
		snprintf(why, size,
			"state.db says terminated, but EC2 says %s, and job %s runs on it as node "
			"%s",
			stray->ec2->state, node->job->name, node->facts.name);
		return FINDING_LEFT_ALONE;
	}
	if (!*stray->gang) {
		snprintf(why, size,
			"its tag burst:gang is gone, or none of our making: whose is it?");
		return FINDING_LEFT_ALONE;
	}
	if (!is_of_a_fleet(stray->ec2)) {
		snprintf(why, size,
			"it carries our tags, but no fleet launched it: copied by a person?");
		return FINDING_LEFT_ALONE;
	}
	if (node && !node->row) {
		snprintf(why, size, "Slurm uses it as node %s, and state.db does not know it",
			node->facts.name);
		return FINDING_ORPHAN_ADOPT;
	}
	there = survey_node_at(survey, stray->ec2->private_ip);
	if (there && there->job && !there->row) {
		snprintf(why, size,
			"by its tags it is no node of Slurm's, but Slurm reaches node %s there, "
			"which has job %s",
			there->facts.name, there->job->name);
		return FINDING_LEFT_ALONE;
	}
	if (stray->gang_known || stray->launch_known) {
		snprintf(why, size,
			"launched %lld s ago for gang %s, not written down, and no node of Slurm's",
			(long long)age_s, stray->gang);
		return FINDING_ORPHAN_END;
	}
	if (launched_ms < survey->rebuilt_ms) {
		snprintf(why, size, "launched before state.db was rebuilt, and no node of Slurm's");
		return FINDING_ORPHAN_END;
	}
	snprintf(why, size,
		"state.db never heard of its gang: another cluster named %s? Is state.db an old "
		"copy, reconcile --rebuild",
		survey->cluster);
	return FINDING_LEFT_ALONE;
}

/* Is there anything to be judged? */
static bool is_seen(const struct survey *survey, const struct survey_stray *stray)
{
	return stray->region && stray->region->known && stray->ec2 &&
	       !judge_is_ending(stray->ec2) && judge_is_tagged(survey, stray->ec2);
}

bool judge_is_orphan(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_stray *stray)
{
	char why[256];

	return survey->nodes_known && is_seen(survey, stray) &&
	       rule_of(survey, rules, stray, why, sizeof(why)) == FINDING_ORPHAN_END;
}

static int judge_stray(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_stray *stray, struct findings *findings, struct err *err)
{
	char why[256];
	enum finding_rule rule = rule_of(survey, rules, stray, why, sizeof(why));
	struct finding *f;

	if (rule == FINDING_RULES ||
		(rule == FINDING_LEFT_ALONE &&
			is_told(findings, rule, stray->gang, stray->region_name, why)) ||
		(rule == FINDING_ORPHAN_END &&
			is_told(findings, rule, stray->gang, stray->region_name, NULL)))
		return 0;
	f = judge_find(findings, rule, NULL, NULL, used_as(survey, stray), err);
	if (!f)
		return -1;
	snprintf(f->instance, sizeof(f->instance), "%s", stray->id);
	snprintf(f->gang, sizeof(f->gang), "%s", stray->gang);
	snprintf(f->region, sizeof(f->region), "%s", stray->region_name);
	snprintf(f->why, sizeof(f->why), "%s", why);
	f->alarm = rule == FINDING_LEFT_ALONE;
	return 0;
}

int judge_instances(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->nrows; i++)
		if (judge_row(survey, rules, &survey->rows[i], findings, err) < 0)
			return -1;
	/* which of them are in use is Slurm's to say */
	for (size_t i = 0; survey->nodes_known && i < survey->nstrays; i++) {
		const struct survey_stray *stray = &survey->strays[i];

		if (is_seen(survey, stray) && judge_stray(survey, rules, stray, findings, err) < 0)
			return -1;
	}
	return 0;
}
