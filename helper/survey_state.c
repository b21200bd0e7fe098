/* SPDX-License-Identifier: Apache-2.0 */
/* The two looks at state.db, and the gangs' locks. */
#include <stdlib.h>
#include <string.h>

#include "helper/adopt.h"
#include "helper/fleet_body.h"
#include "helper/lock.h"
#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/state/budget.h"

/* --- the first look -------------------------------------------------------------------------- */

static int compare_gangs(const void *a, const void *b)
{
	return strcmp(((const struct gang *)a)->id, ((const struct gang *)b)->id);
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct instance *)a)->id, ((const struct instance *)b)->id);
}

void survey_first_release(struct survey_first *first)
{
	gang_list_release(first->gangs, first->ngangs);
	free(first->rows);
	free(first->held);
	*first = (struct survey_first){0};
}

int survey_state_first(struct app *app, struct survey_first *first, struct err *err)
{
	int rc;

	if (db_begin_read(app->db, err) < 0)
		return -1;
	rc = gang_list(app->db, false, &first->gangs, &first->ngangs, err);
	if (rc == 0)
		rc = instance_list(app->db, NULL, false, &first->rows, &first->nrows, err);
	db_end_read(app->db);
	if (rc < 0)
		return -1;
	if (first->ngangs)
		qsort(first->gangs, first->ngangs, sizeof(*first->gangs), compare_gangs);
	if (first->nrows)
		qsort(first->rows, first->nrows, sizeof(*first->rows), compare_rows);
	first->held = calloc(first->ngangs + 1, sizeof(*first->held));
	if (!first->held)
		return err_nomem(err);
	for (size_t i = 0; i < first->ngangs; i++)
		first->held[i] = lock_gang_held(app, first->gangs[i].id);
	return 0;
}

/* --- the second ------------------------------------------------------------------------------ */

static int take_gangs(
	struct app *app, struct survey *survey, const struct survey_first *first, struct err *err)
{
	struct gang *list = NULL;
	size_t n = 0;
	int rc = 0;

	if (gang_list(app->db, false, &list, &n, err) < 0)
		return -1;
	survey->gangs = calloc(n + 1, sizeof(*survey->gangs));
	if (!survey->gangs) {
		gang_list_release(list, n);
		return err_nomem(err);
	}
	survey->ngangs = n;
	for (size_t i = 0; i < n; i++) {
		struct survey_gang *gang = &survey->gangs[i];
		const struct gang *was;

		gang->gang = list[i];
		was = first->ngangs ? bsearch(&list[i], first->gangs, first->ngangs,
					      sizeof(*first->gangs), compare_gangs)
				    : NULL;
		gang->steady = was && was->state == list[i].state &&
			       was->changed_ms == list[i].changed_ms;
		/* one that has begun since has an owner */
		gang->held = !was || first->held[was - first->gangs];
		if (rc == 0)
			rc = gang_jobs(app->db, list[i].id, &gang->jobs, &gang->njobs, err);
	}
	free(list);
	return rc;
}

static int take_rows(
	struct app *app, struct survey *survey, const struct survey_first *first, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list(app->db, NULL, false, &list, &n, err) < 0)
		return -1;
	survey->rows = calloc(n + 1, sizeof(*survey->rows));
	if (!survey->rows)
		return err_nomem(err);
	survey->nrows = n;
	for (size_t i = 0; i < n; i++) {
		const struct instance *was;

		survey->rows[i].row = list[i];
		was = first->nrows ? bsearch(&list[i], first->rows, first->nrows,
					     sizeof(*first->rows), compare_rows)
				   : NULL;
		survey->rows[i].steady = was && was->state == list[i].state &&
					 was->bound_ms == list[i].bound_ms &&
					 was->last_asked_ms == list[i].last_asked_ms &&
					 !strcmp(was->node, list[i].node);
	}
	return 0;
}

static void mark_node(const struct survey *survey, const char *name)
{
	struct survey_node *node = survey_node(survey, name);

	if (node)
		node->was_bound = true;
}

/* Nodes that somebody had, or may have had, at the first look. */
static int mark_nodes(
	const struct survey *survey, const struct survey_first *first, struct err *err)
{
	for (size_t i = 0; i < first->nrows; i++)
		if (*first->rows[i].node)
			mark_node(survey, first->rows[i].node);
	for (size_t i = 0; i < first->ngangs; i++) {
		CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
		const struct gang *was = &first->gangs[i];
		const struct survey_gang *now = NULL;

		for (size_t k = 0; k < survey->ngangs && !now; k++)
			if (!strcmp(survey->gangs[k].gang.id, was->id))
				now = &survey->gangs[k];
		if (now && now->steady)
			continue;
		if (nodeset_parse(&nodes, was->nodes, err) < 0)
			return -1;
		nodeset_for_each (&nodes, k)
			mark_node(survey, nodes.names[k]);
	}
	return 0;
}

/* --- what EC2 shows and the rows do not ------------------------------------------------------ */

static int compare_row_id(const void *key, const void *row)
{
	return strcmp(key, ((const struct survey_row *)row)->row.id);
}

static bool is_living_row(const struct survey *survey, const char *id)
{
	return survey->nrows &&
	       bsearch(id, survey->rows, survey->nrows, sizeof(*survey->rows), compare_row_id);
}

static void copy_tag(const struct ec2_instance *instance, const char *key, char *value, size_t size)
{
	const char *text = ec2_instance_tag(instance, key);

	snprintf(value, size, "%s", text && strlen(text) < size ? text : "");
}

static int look_up_stray(struct app *app, const struct ec2_instance *ec2,
	struct survey_stray *stray, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0};
	const char *of = adopt_gang_of(ec2);
	struct instance row;
	char token[65];
	int rc;

	snprintf(stray->id, sizeof(stray->id), "%s", ec2->id);
	snprintf(stray->gang, sizeof(stray->gang), "%s", of ? of : "");
	copy_tag(ec2, "burst:job", stray->job, sizeof(stray->job));
	copy_tag(ec2, "burst:launch", token, sizeof(token));
	if (adopt_node_of(ec2, stray->node, sizeof(stray->node)) <= 0)
		stray->node[0] = '\0';
	if (instance_get(app->db, ec2->id, &row, err) == 0) {
		stray->row = true;
		stray->terminated_ms = row.terminated_ms;
		snprintf(stray->gang, sizeof(stray->gang), "%s", row.gang);
	} else if (err->class != ERR_NOTFOUND) {
		return -1;
	}
	if (*stray->gang && gang_get(app->db, stray->gang, &gang, err) == 0) {
		stray->gang_known = true;
		stray->gang_state = gang.state;
	} else if (*stray->gang && err->class != ERR_NOTFOUND) {
		return -1;
	}
	rc = *token ? launch_find_state(app->db, token, &stray->launch_state, err) : 0;
	stray->launch_known = rc > 0;
	return rc < 0 ? -1 : 0;
}

static int take_strays(struct app *app, struct survey *survey, struct err *err)
{
	size_t alloc = 0;

	/* take_rows() gave them in the order of their making */
	if (survey->nrows)
		qsort(survey->rows, survey->nrows, sizeof(*survey->rows), compare_rows);
	for (size_t r = 0; r < survey->nregions; r++) {
		const struct survey_region *region = &survey->regions[r];

		for (size_t i = 0; region->known && i < region->instances.n; i++) {
			const struct ec2_instance *ec2 = &region->instances.all[i];
			struct survey_stray *stray;

			if (!strcmp(ec2->state, "shutting-down") || is_living_row(survey, ec2->id))
				continue;
			if (survey->nstrays == alloc) {
				size_t more = alloc ? 2 * alloc : 16;

				stray = reallocarray(survey->strays, more, sizeof(*stray));
				if (!stray)
					return err_nomem(err);
				survey->strays = stray;
				alloc = more;
			}
			stray = &survey->strays[survey->nstrays++];
			memset(stray, 0, sizeof(*stray));
			snprintf(
				stray->region_name, sizeof(stray->region_name), "%s", region->name);
			if (look_up_stray(app, ec2, stray, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int take_groups(struct app *app, struct survey *survey, struct err *err)
{
	cleanup_free struct placement *removable = NULL;
	size_t n = 0;

	if (placement_living(app->db, &survey->placements, &survey->nplacements, err) < 0 ||
		placement_removable(app->db, &removable, &n, err) < 0)
		return -1;
	survey->removable = calloc(survey->nplacements + 1, sizeof(*survey->removable));
	if (!survey->removable)
		return err_nomem(err);
	/* both are oldest first, and the second is a part of the first */
	for (size_t i = 0, k = 0; i < survey->nplacements && k < n; i++)
		if (!strcmp(survey->placements[i].name, removable[k].name)) {
			survey->removable[i] = true;
			k++;
		}
	for (size_t r = 0; r < survey->nregions; r++)
		for (size_t i = 0; i < survey->regions[r].ngroups; i++) {
			struct survey_group *group = &survey->regions[r].groups[i];
			struct placement row;
			int rc = placement_find(app->db, group->name, &row, err);

			if (rc < 0)
				return -1;
			group->row = rc > 0;
			group->deleted_ms = rc > 0 ? row.deleted_ms : 0;
		}
	return 0;
}

static void compare_version(struct survey_version *version, const struct template_version *rows,
	size_t n, const struct launch *launches, size_t nlaunches)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].template_id, version->template_id))
			continue;
		version->row = version->row || rows[i].version == version->version.number;
		version->pending = version->pending || !rows[i].version;
	}
	for (size_t i = 0; i < nlaunches; i++)
		version->used = version->used ||
				(launches[i].body &&
					fleet_body_launches(launches[i].body, version->template_id,
						version->version.number));
}

/* Launches without an answer, for their gangs; and with the derived versions, for those of EC2. */
static int take_launches(struct app *app, struct survey *survey, struct err *err)
{
	struct template_version *versions = NULL;
	struct launch *launches = NULL;
	size_t nversions = 0, nlaunches = 0;
	int rc = launch_list_prepared(app->db, &launches, &nlaunches, err);

	if (rc == 0)
		rc = template_list(app->db, NULL, &versions, &nversions, err);
	for (size_t i = 0; rc == 0 && i < nlaunches; i++)
		for (size_t g = 0; g < survey->ngangs; g++)
			survey->gangs[g].nprepared += !strcmp(
				survey->gangs[g].gang.id, launches[i].gang);
	for (size_t r = 0; rc == 0 && r < survey->nregions; r++)
		for (size_t i = 0; i < survey->regions[r].nversions; i++)
			compare_version(&survey->regions[r].versions[i], versions, nversions,
				launches, nlaunches);
	template_list_release(versions, nversions);
	launch_list_release(launches, nlaunches);
	return rc;
}

static int take_rebuilt(struct app *app, struct survey *survey, struct err *err)
{
	cleanup_free char *value = NULL;

	if (meta_get(app->db, "rebuilt_ms", &value, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	survey->rebuilt_ms = strtoll(value, NULL, 10);
	return 0;
}

int survey_state_last(
	struct app *app, struct survey *survey, const struct survey_first *first, struct err *err)
{
	int rc;

	if (db_begin_read(app->db, err) < 0)
		return -1;
	rc = take_gangs(app, survey, first, err);
	if (rc == 0)
		rc = take_rows(app, survey, first, err);
	if (rc == 0)
		rc = mark_nodes(survey, first, err);
	if (rc == 0)
		rc = take_strays(app, survey, err);
	if (rc == 0)
		rc = take_groups(app, survey, err);
	if (rc == 0)
		rc = take_launches(app, survey, err);
	if (rc == 0)
		rc = take_rebuilt(app, survey, err);
	if (rc == 0)
		rc = budget_list_left(app->db, &survey->holds, &survey->nholds, err);
	db_end_read(app->db);
	return rc;
}
