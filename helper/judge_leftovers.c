/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What costs nothing and yet piles up: placement groups, template versions, records; and names for
 * people.
 */
#include <inttypes.h>
#include <stdio.h>

#include "helper/judge_internal.h"
#include "helper/templates.h"

struct finding *judge_find(struct findings *findings, enum finding_rule rule,
	const struct survey_gang *gang, const struct survey_row *row,
	const struct survey_node *node, struct err *err)
{
	struct finding *f = findings_add(findings, rule, err);

	if (!f)
		return NULL;
	if (gang) {
		snprintf(f->gang, sizeof(f->gang), "%s", gang->gang.id);
		snprintf(f->region, sizeof(f->region), "%s", gang->gang.region);
	}
	if (row) {
		snprintf(f->gang, sizeof(f->gang), "%s", row->row.gang);
		snprintf(f->instance, sizeof(f->instance), "%s", row->row.id);
		snprintf(f->region, sizeof(f->region), "%s", row->row.region);
		snprintf(f->node, sizeof(f->node), "%s", row->row.node);
	}
	if (node)
		snprintf(f->node, sizeof(f->node), "%s", node->facts.name);
	return f;
}

/* --- names ----------------------------------------------------------------------------------- */

static int judge_names(const struct survey *survey, const struct survey_gang *gang,
	struct findings *findings, struct err *err)
{
	struct finding *f = NULL;
	size_t n;
	struct survey_row **rows = survey_rows_of_gang(survey, gang->gang.id, &n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i]->row.state != INSTANCE_RUNNING || !*rows[i]->row.node ||
			!rows[i]->region || !rows[i]->region->known || !rows[i]->ec2 ||
			judge_is_ending(rows[i]->ec2) || !judge_is_tagged(survey, rows[i]->ec2) ||
			ec2_instance_tag(rows[i]->ec2, "Name"))
			continue;
		if (!f)
			f = judge_find(findings, FINDING_NAME_TAG, gang, NULL, NULL, err);
		if (!f)
			return -1;
		f->number++;
	}
	if (f)
		snprintf(f->why, sizeof(f->why),
			"%" PRId64 " instance(s) have no name that a person can read", f->number);
	return 0;
}

/* --- placement groups ------------------------------------------------------------------------ */

static int add_group(const char *name, const char *gang, const char *region, const char *why,
	enum finding_rule rule, struct findings *findings, struct err *err)
{
	struct finding *f = findings_add(findings, rule, err);

	if (!f)
		return -1;
	snprintf(f->group, sizeof(f->group), "%s", name);
	snprintf(f->gang, sizeof(f->gang), "%s", gang);
	snprintf(f->region, sizeof(f->region), "%s", region);
	snprintf(f->why, sizeof(f->why), "%s", why);
	return 0;
}

/* Rows of groups that are needed no more. Who ends a gang deletes its group a little later. */
static int judge_placements(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->nplacements; i++) {
		const struct placement *p = &survey->placements[i];
		const struct survey_gang *gang = survey_gang(survey, p->gang);
		const struct survey_region *region = survey_region(survey, p->region);

		if (!survey->removable[i] || (gang && !judge_is_ours_to_mend(gang)) || !region ||
			!region->groups_known ||
			judge_age_s(survey, p->created_ms) <= rules->grace_s)
			continue;
		if (add_group(p->name, p->gang, p->region,
			    "its gang is over, and nothing of it runs", FINDING_GROUP_UNUSED,
			    findings, err) < 0)
			return -1;
	}
	return 0;
}

/* An instance with our tag is in it: what is done with that comes first. */
static bool is_in_use(const struct survey_region *region, const char *name)
{
	for (size_t i = 0; i < region->instances.n; i++)
		if (!strcmp(region->instances.all[i].group, name) &&
			strcmp(region->instances.all[i].state, "terminated") != 0)
			return true;
	return false;
}

/* Made by us by its name too, and no instance is in it. */
static bool is_unused(
	const struct survey *survey, const struct survey_region *region, const char *name)
{
	char prefix[80];

	snprintf(prefix, sizeof(prefix), "burst-%s-", survey->cluster);
	return !strncmp(name, prefix, strlen(prefix)) && region->known && !is_in_use(region, name);
}

/* Why nobody needs it; NULL: somebody may. */
static const char *why_unused(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_region *region, const struct survey_group *group)
{
	if (group->row)
		/* EC2 may list for a moment what it has deleted */
		return group->deleted_ms && judge_age_s(survey, group->deleted_ms) > rules->grace_s
			       ? "state.db says deleted, EC2 still has it"
			       : NULL;
	return survey->rebuilt_ms && is_unused(survey, region, group->name)
		       ? "state.db was rebuilt, and does not know it"
		       : NULL;
}

/* Groups with our tag that the rows know to be deleted, or do not know at all. */
static int judge_groups(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_region *region, struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < region->ngroups; i++) {
		const struct survey_group *group = &region->groups[i];
		const char *why = why_unused(survey, rules, region, group);
		enum finding_rule rule = FINDING_GROUP_UNUSED;

		if (!why && !group->row && !survey->rebuilt_ms && !is_in_use(region, group->name)) {
			/* its row is written before it is made: no row, no gang of ours */
			rule = FINDING_LEFT_ALONE;
			why = "it carries our tag, and state.db never heard of it: another "
			      "cluster's of the same name?";
		}
		if (why && add_group(group->name, "", region->name, why, rule, findings, err) < 0)
			return -1;
	}
	return 0;
}

/* --- launch template versions ---------------------------------------------------------------- */

/* Does the configuration name this very version? */
static bool is_named(const struct conf *conf, int64_t version)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, version);
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			if (!strcmp(conf->groups[i].places[k].template_version, number))
				return true;
	return false;
}

static int judge_versions(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_region *region, struct findings *findings, struct err *err)
{
	char ours[128];

	snprintf(ours, sizeof(ours), TEMPLATES_OURS, survey->cluster);
	for (size_t i = 0; i < region->nversions; i++) {
		const struct survey_version *v = &region->versions[i];
		struct finding *f;

		/* only the description says whose it is: versions have no tags */
		if (v->row || v->pending || v->used || v->version.is_default ||
			strncmp(v->version.description, ours, strlen(ours)) != 0 ||
			judge_age_s(survey, v->version.created_s * 1000) <= rules->grace_s ||
			is_named(survey->conf, v->version.number))
			continue;
		f = findings_add(findings, FINDING_VERSION_UNUSED, err);
		if (!f)
			return -1;
		f->number = v->version.number;
		snprintf(f->text, sizeof(f->text), "%s", v->template_id);
		snprintf(f->region, sizeof(f->region), "%s", region->name);
		snprintf(f->why, sizeof(f->why), "derived by us, and state.db does not know it");
	}
	return 0;
}

/* --- records --------------------------------------------------------------------------------- */

bool judge_record_is_old(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_record *record)
{
	/* a job's number may be an array's, whose tasks come and go */
	return survey->jobs_known && !survey_job(survey, record->job_id) &&
	       judge_age_s(survey, record->changed_s * 1000) > rules->record_age_s;
}

static int judge_records(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	struct finding *f;
	int64_t n = 0;

	for (size_t i = 0; i < survey->nrecords; i++)
		n += judge_record_is_old(survey, rules, &survey->records[i]);
	if (!n)
		return 0;
	f = findings_add(findings, FINDING_INTENT_OLD, err);
	if (!f)
		return -1;
	f->number = n;
	snprintf(f->why, sizeof(f->why), "slurmctld does not know their jobs any more");
	return 0;
}

/* A process of an earlier release ended the gang, which knows of no holds. */
static int judge_holds(const struct survey *survey, struct findings *findings, struct err *err)
{
	for (size_t i = 0; i < survey->nholds; i++) {
		struct finding *f = findings_add(findings, FINDING_HOLD_LEFT, err);

		if (!f)
			return -1;
		snprintf(f->gang, sizeof(f->gang), "%s", survey->holds[i]);
		snprintf(f->why, sizeof(f->why), "it is over, and holds money of budgets");
	}
	return 0;
}

int judge_leftovers(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err)
{
	for (size_t i = 0; rules->name_tags && i < survey->ngangs; i++) {
		const struct survey_gang *gang = &survey->gangs[i];

		if (judge_is_ours_to_mend(gang) &&
			(gang->gang.state == GANG_ANNOUNCED || gang->gang.state == GANG_ACTIVE) &&
			judge_names(survey, gang, findings, err) < 0)
			return -1;
	}
	if (judge_placements(survey, rules, findings, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->nregions; i++)
		if (judge_groups(survey, rules, &survey->regions[i], findings, err) < 0 ||
			judge_versions(survey, rules, &survey->regions[i], findings, err) < 0)
			return -1;
	if (judge_records(survey, rules, findings, err) < 0)
		return -1;
	return judge_holds(survey, findings, err);
}
