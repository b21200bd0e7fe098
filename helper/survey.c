/* SPDX-License-Identifier: Apache-2.0 */
/* The order of survey.h, and what Slurm says. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/log.h"
#include "helper/survey_health.h"
#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* Those of our configuration: others have nothing to do with us. */
static int take_nodes(struct survey *survey, struct err *err)
{
	cleanup_free struct node_facts *facts = NULL;
	size_t n = 0;

	if (slurm_client_nodes(NULL, &facts, &n, err) < 0)
		return -1;
	survey->nodes = calloc(n + 1, sizeof(*survey->nodes));
	if (!survey->nodes)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (conf_group_of(survey->conf, facts[i].name))
			survey->nodes[survey->nnodes++].facts = facts[i];
	survey_sort_nodes(survey);
	survey->nodes_known = true;
	return 0;
}

/* Jobs first: what a node does is younger than what is known of its job. */
static void ask_slurm(struct survey *survey)
{
	survey->jobs_known = slurm_client_jobs(&survey->jobs, &survey->njobs, &survey->slurm_err) ==
			     0;
	if (!survey->jobs_known || take_nodes(survey, &survey->slurm_err) < 0)
		log_warn("%s", survey->slurm_err.text);
}

/* The files of one directory, "<job>.<restart>". */
static int take_directory(const struct app *app, const char *room, struct survey *survey,
	size_t *alloc, struct err *err)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int rc = 0;
	DIR *dir;

	if (app_path(app, room, path, sizeof(path), err) < 0)
		return -1;
	dir = opendir(path);
	while (rc == 0 && dir && (entry = readdir(dir))) {
		struct survey_record *record;
		unsigned job, restart;
		struct stat st;
		int end = 0;

		if (sscanf(entry->d_name, "%u.%u%n", &job, &restart, &end) != 2 ||
			entry->d_name[end] || strlen(entry->d_name) > 21 ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		if (survey->nrecords == *alloc) {
			size_t more = *alloc ? 2 * *alloc : 64;

			record = reallocarray(survey->records, more, sizeof(*record));
			if (!record) {
				rc = err_nomem(err);
				break;
			}
			survey->records = record;
			*alloc = more;
		}
		record = &survey->records[survey->nrecords++];
		snprintf(record->path, sizeof(record->path), "%.8s/%.21s", room, entry->d_name);
		record->job_id = job;
		record->changed_s = st.st_mtime;
	}
	if (dir)
		closedir(dir);
	return rc;
}

static int take_records(const struct app *app, struct survey *survey, struct err *err)
{
	size_t alloc = 0;

	return take_directory(app, "intent", survey, &alloc, err) < 0 ||
			       take_directory(app, "ended", survey, &alloc, err) < 0
		       ? -1
		       : 0;
}

static int look(struct app *app, struct survey *survey, struct survey_first *first, struct err *err)
{
	if (survey_state_first(app, first, err) < 0 ||
		survey_ec2_regions(app, survey, first->rows, first->nrows, err) < 0)
		return -1;
	survey_ec2_tagged(app, survey);
	if (survey->parts & SURVEY_HEALTH)
		survey_health(app, survey);
	ask_slurm(survey);
	if (survey->parts & SURVEY_RECORDS && take_records(app, survey, err) < 0)
		return -1;
	if (survey_state_last(app, survey, first, err) < 0 ||
		survey_ec2_missing(app, survey, err) < 0 || survey_link(survey, err) < 0 ||
		survey_costs(app, survey, err) < 0)
		return -1;
	/* after all looks: nothing they tell of is in the future by our own clock */
	survey->now_ms = clock_now_ms();
	return survey_clock_read(app, survey, err);
}

int survey_make(struct app *app, unsigned parts, struct survey *survey, struct err *err)
{
	struct survey_first first = {0};
	int rc;

	if (app_db(app, DB_READ_ONLY, err) < 0)
		return -1;
	survey->parts = parts;
	survey->conf = app->conf;
	survey->site = app->site;
	snprintf(survey->cluster, sizeof(survey->cluster), "%s", app->cluster);
	rc = look(app, survey, &first, err);
	survey_first_release(&first);
	return rc;
}
