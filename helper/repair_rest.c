/* SPDX-License-Identifier: Apache-2.0 */
/* repair: names for people, and what nobody needs any more. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/fleet_body.h"
#include "helper/lock.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/budget.h"
#include "lib/state/taken.h"

/* Does this row's instance want a Name, and know one? */
static bool is_nameless(const struct survey_row *row, const struct finding *finding)
{
	return !strcmp(row->row.gang, finding->gang) && !strcmp(row->row.region, finding->region) &&
	       row->row.state == INSTANCE_RUNNING && !row->row.named && *row->row.node &&
	       row->ec2 && !ec2_instance_tag(row->ec2, "Name");
}

/* Each has a name of its own, so each is a request. */
int repair_names(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct ec2_tag_call calls[REPAIR_NAMES_MAX];
	struct ec2_tag tags[REPAIR_NAMES_MAX];
	const char *ids[REPAIR_NAMES_MAX];
	struct aws *aws;
	size_t n = 0;

	for (size_t i = 0; i < survey->nrows; i++) {
		const struct survey_row *row = &survey->rows[i];

		if (repairs->named + n >= REPAIR_NAMES_MAX)
			break;
		if (!is_nameless(row, finding))
			continue;
		ids[n] = row->row.id;
		tags[n] = (struct ec2_tag){"Name", row->row.node};
		calls[n] = (struct ec2_tag_call){&ids[n], 1, &tags[n], 1};
		n++;
	}
	if (!n)
		return 0;
	repairs->named += n;
	aws = app_aws(app, finding->region, err);
	if (!aws || ec2_create_tags_many(aws, calls, n, err) < 0 ||
		instance_set_named(app->db, ids, n, err) < 0)
		return -1;
	snprintf(
		repairs->text, sizeof(repairs->text), "%zu instance(s) named after their nodes", n);
	return 1;
}

/* That no launch will use it follows from the survey: a group's row is written before EC2 is asked
 * to make it. EC2 itself refuses one that is in use. */
int repair_group(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	cleanup_close int lock = lock_groups(app, 0, NULL);
	struct aws *aws = lock < 0 ? NULL : app_aws(app, finding->region, err);
	struct err local;

	if (lock < 0)
		return 0;
	if (!aws)
		return -1;
	if (ec2_delete_placement_group(aws, finding->group, err) < 0)
		return err->class == ERR_BUSY ? 0 : -1;
	if (placement_set_deleted(app->db, finding->group, clock_now_ms(), &local) < 0 &&
		local.class != ERR_NOTFOUND) {
		*err = local;
		return -1;
	}
	return 1;
}

/* Has anybody come to need it since? 1, 0, -1. */
static int version_is_used(struct app *app, const struct finding *finding, struct err *err)
{
	struct taken_launch *launches = NULL;
	struct template_version *list = NULL;
	size_t n = 0, nlaunches = 0;
	int used = 0;

	if (template_list(app->db, finding->text, &list, &n, err) < 0)
		return -1;
	/* one without a number has been asked for: it may be this one */
	for (size_t i = 0; i < n; i++)
		used = used || !list[i].version || list[i].version == finding->number;
	template_list_release(list, n);
	if (taken_launches(app->db, NULL, &launches, &nlaunches, err) < 0)
		return -1;
	for (size_t i = 0; i < nlaunches; i++)
		used = used ||
		       fleet_body_launches(launches[i].body, finding->text, finding->number);
	taken_launches_release(launches, nlaunches);
	return used;
}

int repair_version(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	int used = version_is_used(app, finding, err);
	struct aws *aws;

	if (used)
		return used < 0 ? -1 : 0;
	aws = app_aws(app, finding->region, err);
	if (!aws || ec2_delete_template_version(aws, finding->text, finding->number, err) < 0)
		return -1;
	return 1;
}

int repair_records(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct judge_rules rules;
	size_t removed = 0;

	judge_rules_of(survey, &rules);
	for (size_t i = 0; i < survey->nrecords; i++) {
		const struct survey_record *record = &survey->records[i];
		char path[PATH_MAX];
		struct stat st;

		if (!judge_record_is_old(survey, &rules, record))
			continue;
		if (app_path(app, record->path, path, sizeof(path), err) < 0)
			return -1;
		/* a job id comes again when slurmctld forgets its state */
		if (lstat(path, &st) < 0 || st.st_mtime != record->changed_s)
			continue;
		if (unlink(path) < 0 && errno != ENOENT)
			return err_errno(err, ERR_FATAL, "cannot remove %s", path);
		removed++;
	}
	if (!removed)
		return 0;
	snprintf(repairs->text, sizeof(repairs->text), "%zu record(s) of jobs long gone removed",
		removed);
	return 1;
}

/* A gang that is over is nobody's any more: the state alone says whether there is anything to do.
 */
int repair_hold(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	return budget_settle(app->db, finding->gang, err);
}
