/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/runs.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/intent/record.h"
#include "lib/state/ledger.h"

/* Records stay for weeks. What was written longer ago has been noted, unless nobody has looked for
 * days. */
#define LOOK_BACK_S (2 * 86400)

struct notes {
	struct app *app;
	const struct job_facts **jobs; /* by id */
	size_t njobs;
	char intent[PATH_MAX], ended[PATH_MAX];
	int written;
};

static int by_id(const void *a, const void *b)
{
	const struct job_facts *x = *(const struct job_facts *const *)a;
	const struct job_facts *y = *(const struct job_facts *const *)b;

	return (x->job_id > y->job_id) - (x->job_id < y->job_id);
}

static const struct job_facts *find(const struct notes *notes, uint32_t job_id)
{
	const struct job_facts wanted = {.job_id = job_id}, *key = &wanted;
	const struct job_facts **found = notes->njobs ? bsearch(&key, notes->jobs, notes->njobs,
								sizeof(*notes->jobs), by_id)
						      : NULL;

	return found ? *found : NULL;
}

/* What slurmctld says of RUN, unless that is another job of its id. */
static void add_facts(struct job_run *run, const struct job_facts *f)
{
	if (!f || f->restart < run->restart || (f->submit_s > run->began_s && !f->restart))
		return;
	snprintf(run->name, sizeof(run->name), "%s", f->name);
	snprintf(run->user, sizeof(run->user), "%s", f->user);
	snprintf(run->account, sizeof(run->account), "%s", f->account);
	snprintf(run->partition, sizeof(run->partition), "%s", f->partition);
	if (f->restart != run->restart)
		return;
	run->cpus = f->cpus;
	if (!run->ended_s && f->state == JOB_STATE_ENDED && f->end_s >= run->began_s)
		run->ended_s = f->end_s;
}

static int put(struct notes *notes, const struct job_run *run, struct err *err)
{
	int rc = job_run_note(notes->app->db, run, err);

	notes->written += rc > 0;
	return rc < 0 ? -1 : 0;
}

/* "17.0" */
static bool parse_name(const char *name, uint32_t *job_id, uint32_t *restart)
{
	int used = 0;

	return sscanf(name, "%" SCNu32 ".%" SCNu32 "%n", job_id, restart, &used) == 2 && *job_id &&
	       !name[used];
}

static int note_record(struct notes *notes, uint32_t job_id, uint32_t restart, struct err *err)
{
	const struct job_facts *f = find(notes, job_id);
	struct job_run run = {.job_id = job_id, .restart = restart};
	struct record record;
	int64_t ended_s = 0;

	/* removed since, or damaged: the next look finds it or not */
	if (record_read(notes->intent, job_id, restart, &record, NULL) < 0 || !record.written_s)
		return 0;
	run.began_s = record.written_s;
	run.nodes = record.nodes;
	if (!*record.nodes && f && f->restart == restart)
		run.nodes = f->nodes; /* a list too long for the record */
	if (record_end_read(notes->ended, job_id, restart, &ended_s, NULL) > 0)
		run.ended_s = ended_s;
	add_facts(&run, f);
	return put(notes, &run, err);
}

static int note_records(struct notes *notes, int64_t now_s, struct err *err)
{
	DIR *dir = opendir(notes->intent);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir))) {
		uint32_t job_id, restart;
		struct stat st;

		if (!parse_name(entry->d_name, &job_id, &restart) ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_mtime < now_s - LOOK_BACK_S)
			continue;
		rc = note_record(notes, job_id, restart, err);
	}
	if (dir)
		closedir(dir);
	return rc;
}

/* The ends of those that were running when it was last looked. */
static int note_ends(struct notes *notes, struct err *err)
{
	struct job_run *open = NULL;
	size_t n = 0;
	int rc = job_run_list_open(notes->app->db, &open, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct job_run *run = &open[i];
		int64_t ended_s = 0;

		if (record_end_read(notes->ended, run->job_id, run->restart, &ended_s, NULL) > 0 &&
			ended_s >= run->began_s)
			run->ended_s = ended_s;
		add_facts(run, find(notes, run->job_id));
		rc = put(notes, run, err);
	}
	job_run_list_release(open, n);
	return rc;
}

/* Where no prolog is called slurmctld alone knows. */
static int note_jobs(struct notes *notes, struct err *err)
{
	for (size_t i = 0; i < notes->njobs; i++) {
		const struct job_facts *f = notes->jobs[i];
		CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
		struct job_run run = {.job_id = f->job_id,
			.restart = f->restart,
			.nodes = f->nodes,
			.began_s = f->start_s};

		if (f->state == JOB_STATE_PENDING || !f->nodes || !*f->nodes || f->start_s <= 0 ||
			nodeset_parse(&nodes, f->nodes, NULL) < 0 || !nodes.n ||
			!conf_group_of(notes->app->conf, nodes.names[0]))
			continue;
		add_facts(&run, f);
		if (put(notes, &run, err) < 0)
			return -1;
	}
	return 0;
}

int runs_note(struct app *app, const struct job_facts *jobs, size_t n, struct err *err)
{
	cleanup_free const struct job_facts **sorted = calloc(n + 1, sizeof(*sorted));
	struct notes notes = {.app = app, .jobs = sorted, .njobs = n};

	if (!sorted)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &jobs[i];
	qsort(sorted, n, sizeof(*sorted), by_id);
	if (app_path(app, "intent", notes.intent, sizeof(notes.intent), err) < 0 ||
		app_path(app, "ended", notes.ended, sizeof(notes.ended), err) < 0 ||
		note_records(&notes, clock_now_s(), err) < 0 ||
		(!app->site.prolog && note_jobs(&notes, err) < 0) || note_ends(&notes, err) < 0)
		return -1;
	return notes.written;
}

void runs_note_now(struct app *app)
{
	struct job_facts *jobs = NULL;
	size_t n = 0;
	struct err err;

	if (slurm_client_jobs(&jobs, &n, &err) < 0 || runs_note(app, jobs, n, &err) < 0)
		log_warn("who had the nodes is not written down yet: %s", err.text);
	for (size_t i = 0; i < n; i++)
		job_facts_release(&jobs[i]);
	free(jobs);
}
