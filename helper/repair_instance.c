/* SPDX-License-Identifier: Apache-2.0 */
/* repair: instances that state.db does not know, or knows otherwise than EC2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/adopt.h"
#include "helper/ends.h"
#include "helper/lock.h"
#include "helper/release.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* The row of the finding's instance as it is now. 1, 0: there is none, -1. */
static int find_row(
	struct app *app, const struct finding *finding, struct instance *row, struct err *err)
{
	if (instance_get(app->db, finding->instance, row, err) == 0)
		return !strcmp(row->gang, finding->gang);
	return err->class == ERR_NOTFOUND ? 0 : -1;
}

/* What EC2 had of the finding's gang (ORPHANS: that nobody uses) and state.db still has not; *ALL
 * is a heap array. */
static int collect(struct app *app, const struct survey *survey, const struct finding *finding,
	bool orphans, const struct ec2_instance ***all, size_t *n, struct err *err)
{
	struct judge_rules rules;
	cleanup_free struct instance *rows = NULL;
	size_t nrows = 0;

	if (instance_list(app->db, finding->gang, true, &rows, &nrows, err) < 0)
		return -1;
	judge_rules_of(survey, &rules);
	*n = 0;
	*all = calloc(survey->nstrays + 1, sizeof(**all));
	if (!*all)
		return err_nomem(err);
	for (size_t i = 0; i < survey->nstrays; i++) {
		const struct survey_stray *stray = &survey->strays[i];
		bool known = !stray->ec2 || !stray->region || stray->row ||
			     strcmp(stray->gang, finding->gang) != 0 ||
			     strcmp(stray->region->name, finding->region) != 0 ||
			     (orphans && !judge_is_orphan(survey, &rules, stray));

		for (size_t k = 0; k < nrows && !known; k++)
			known = !strcmp(rows[k].id, stray->ec2->id);
		if (!known)
			(*all)[(*n)++] = stray->ec2;
	}
	return 0;
}

/* They are written down as to be ended: do it. WHY is in the rows then. */
static int end_members(struct app *app, const char *gang_id,
	const struct ec2_instance *const *members, size_t n, const char *why, struct err *err)
{
	cleanup_free struct instance *list = NULL, *some = calloc(n + 1, sizeof(*some));
	size_t nlist = 0, count = 0;

	if (!some)
		return err_nomem(err);
	if (instance_list(app->db, gang_id, false, &list, &nlist, err) < 0)
		return -1;
	for (size_t i = 0; i < nlist; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcmp(list[i].id, members[k]->id))
				some[count++] = list[i];
	return release_instances(app, some, count, why, RELEASE_CHECK_TAGS, err);
}

/* The lock of a gang that may have no row yet: 1 with *LOCK, 0: somebody has it, -1. */
static int lock_any(struct app *app, const char *gang, int *lock, struct err *err)
{
	struct err local;

	*lock = lock_gang(app, gang, 0, &local);
	if (*lock >= 0)
		return 1;
	if (local.class == ERR_BUSY)
		return 0;
	*err = local;
	return -1;
}

int repair_orphan_adopt(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	cleanup_free const struct ec2_instance **members = NULL;
	cleanup_close int lock = -1;
	struct instance row;
	size_t n = 0;
	int rc = lock_any(app, finding->gang, &lock, err);

	if (rc <= 0)
		return rc;
	/* those of the gang together: the first finding of it does the work of all, who need not
	 * look through thousands of rows for that */
	if (instance_get(app->db, finding->instance, &row, NULL) == 0)
		return 0;
	if (collect(app, survey, finding, false, &members, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	rc = adopt_gang(app, finding->region, members, n, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		repairs->settle = true;
		if (end_members(app, finding->gang, members, n, "nobody uses it", err) < 0)
			return -1;
	}
	snprintf(repairs->text, sizeof(repairs->text), "%zu instance(s) of gang %s %s: %.250s", n,
		finding->gang, rc ? "written down again" : "ended, since Slurm uses none of them",
		finding->why);
	return 1;
}

int repair_orphan_end(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	cleanup_free const struct ec2_instance **members = NULL;
	cleanup_close int lock = -1;
	size_t n = 0;
	int rc = lock_any(app, finding->gang, &lock, err);

	if (rc <= 0)
		return rc;
	if (collect(app, survey, finding, true, &members, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (n > 1)
		snprintf(repairs->text, sizeof(repairs->text), "%zu instance(s) ended: %s", n,
			finding->why);
	repairs->settle = true;
	if (adopt_to_end(app, finding->region, members, n, finding->why, err) < 0 ||
		end_members(app, finding->gang, members, n, finding->why, err) < 0)
		return -1;
	return 1;
}

int repair_ended_runs(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct instance row = {0};
	int rc = find_row(app, finding, &row, err);

	if (rc <= 0 || row.state != INSTANCE_TERMINATED)
		return rc < 0 ? -1 : 0;
	return release_again(app, finding->region, finding->instance, finding->why, err);
}

/* Write the finding's instance down as ended, as EC2 shows it in SEEN (NULL: not any more). With
 * the gang's lock, as its owner would see to the consequences. */
static int set_ended(struct app *app, const struct finding *finding,
	const struct ec2_instance *seen, struct repairs *repairs, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_close int lock = -1;
	struct instance row = {0};
	int rc = repair_lock_gang(app, finding, true, &lock, &gang, err);

	if (rc > 0)
		rc = find_row(app, finding, &row, err);
	if (rc <= 0 || row.state == INSTANCE_TERMINATED)
		return rc < 0 ? -1 : 0;
	/* it may have been the last of its gang */
	repairs->settle = true;
	if (ends_note(app, &row, seen, err) < 0)
		return -1;
	return 1;
}

int repair_row_ended(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const struct survey_row *row = survey_row(survey, finding->instance);
	struct ec2_instance seen = {0};
	struct aws *aws = app_aws(app, finding->region, err);

	if (!aws)
		return -1;
	if (row && row->ec2) {
		seen = *row->ec2;
		ends_ask(aws, &seen, 1);
	}
	return set_ended(app, finding, *seen.id ? &seen : NULL, repairs, err);
}

int repair_row_gone(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const char *id = finding->instance;
	struct ec2_filter filter = {.name = "instance-id", .values = &id, .nvalues = 1};
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	struct aws *aws = app_aws(app, finding->region, err);

	if (!aws || ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, err) < 0)
		return -1;
	return found.n ? 0 : set_ended(app, finding, NULL, repairs, err);
}

/* Has the node of ROW been taken up again, or given to a job, since the survey? 1, 0, -1. */
static int node_has_come_back(
	const struct survey *survey, const struct instance *row, struct err *err)
{
	const struct survey_row *then = survey_row(survey, row->id);
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	cleanup_free struct node_facts *now = NULL;
	size_t n = 0;

	if (!*row->node || !then)
		return 0;
	if (nodeset_add(&nodes, row->node, err) < 0 ||
		slurm_client_nodes(&nodes, &now, &n, err) < 0)
		return -1;
	if (!n || !then->node)
		return n ? 1 : 0;
	return strcmp(now[0].state, then->node->facts.state) != 0;
}

int repair_instance_without_node(struct app *app, const struct survey *survey,
	const struct finding *finding, struct repairs *repairs, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_close int lock = -1;
	struct instance row = {0};
	int rc = repair_lock_gang(app, finding, true, &lock, &gang, err);

	if (rc > 0)
		rc = find_row(app, finding, &row, err);
	if (rc <= 0)
		return rc;
	if (row.state != INSTANCE_RUNNING || gang.state < GANG_ANNOUNCED)
		return 0;
	rc = gang_state_over(gang.state) ? 0 : node_has_come_back(survey, &row, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	repairs->settle = true;
	return release_instances(app, &row, 1, finding->why, RELEASE_CHECK_TAGS, err) < 0 ? -1 : 1;
}

int repair_end_again(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	cleanup_free struct instance *some = NULL;
	struct survey_row **rows;
	struct instance row = {0};
	size_t n, count = 0;
	int rc = find_row(app, finding, &row, err);

	if (rc <= 0 || row.state != INSTANCE_TERMINATING)
		return rc < 0 ? -1 : 0;
	/* of its gang all that the finding is about; who has asked meanwhile is seen below */
	rows = survey_rows_of_gang(survey, finding->gang, &n);
	some = calloc(n + 1, sizeof(*some));
	if (!some)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (judge_is_to_end_again(survey, rows[i]) &&
			!strcmp(rows[i]->row.region, finding->region))
			some[count++] = rows[i]->row;
	if (!count)
		return 0;
	if (count > 1)
		snprintf(repairs->text, sizeof(repairs->text),
			"%zu instance(s) asked to end again: %s", count, finding->why);
	repairs->settle = true;
	return release_instances(app, some, count, finding->why, RELEASE_CHECK_TAGS, err) < 0 ? -1
											      : 1;
}
