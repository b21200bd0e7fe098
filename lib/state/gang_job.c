/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of a gang. */
#include <string.h>

#include "lib/base/nodeset.h"
#include "lib/state/db_internal.h"
#include "lib/state/gang.h"

int gang_job_write(struct db *db, const char *gang, uint32_t job_id, uint32_t restart,
	const char *nodes, struct err *err)
{
	return DB_RUN(db, err,
		       "INSERT INTO gang_job (gang, job_id, restart, nodes) VALUES (?, ?, ?, ?) "
		       "ON CONFLICT (gang, job_id, restart) DO UPDATE SET nodes = excluded.nodes",
		       DB_TEXT(gang), DB_INT(job_id), DB_INT(restart), DB_TEXT(nodes)) < 0
		       ? -1
		       : 0;
}

static int add(struct db *db, const char *id, uint32_t job_id, uint32_t restart,
	const struct nodeset *nodes, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset all = NODESET_INIT, own = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_free char *text = NULL;

	/* a job may have nodes from elsewhere too, which were up already */
	if (gang_get(db, id, &gang, err) < 0 || nodeset_parse(&all, gang.nodes, err) < 0 ||
		nodeset_filter(nodes, &all, true, &own, err) < 0)
		return -1;
	if (!own.n)
		return err_set(
			err, ERR_FATAL, "gang %s has none of the nodes of job %u", id, job_id);
	text = nodeset_format(&own);
	if (!text)
		return err_nomem(err);
	return gang_job_write(db, id, job_id, restart, text, err);
}

int gang_add_job(struct db *db, const char *gang, uint32_t job_id, uint32_t restart,
	const char *nodes, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct db_scope scope;

	if (!job_id)
		return err_set(err, ERR_FATAL, "gang %s: job without an id", gang);
	if (nodeset_parse(&set, nodes ? nodes : "", err) < 0)
		return err_prefix(err, "gang %s: job %u", gang, job_id);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, add(db, gang, job_id, restart, &set, err), err);
}

static void release(void *job)
{
	free(((struct gang_job *)job)->nodes);
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct gang_job job = {0};

	job.job_id = (uint32_t)db_row_int(&row);
	job.restart = (uint32_t)db_row_int(&row);
	job.nodes = db_row_dup(&row);
	if (db_row_check(db, &row, err) < 0) {
		release(&job);
		return -1;
	}
	*(struct gang_job *)out = job;
	return 0;
}

static const struct db_list list_of_jobs = {sizeof(struct gang_job), read_row, release};

int gang_jobs(struct db *db, const char *gang, struct gang_job **jobs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT job_id, restart, nodes FROM gang_job WHERE gang = ? "
		"ORDER BY job_id, restart",
		DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_jobs, jobs, n, err);
}

void gang_jobs_release(struct gang_job *jobs, size_t n)
{
	db_list_release(&list_of_jobs, jobs, n);
}
