/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/notice.h"

#include <string.h>

#include "lib/state/db_internal.h"

#define COLUMNS                                                                                    \
	"seq, instance, gang, kind, source, seen_ms, deadline_ms, signalled_ms, acted_ms, "        \
	"done_ms, text"

static const char *const kinds[] = {
	[NOTICE_INTERRUPTION] = "interruption",
	[NOTICE_REBALANCE] = "rebalance",
};

const char *notice_kind_name(enum notice_kind kind)
{
	return kinds[kind];
}

/* --- the notice ------------------------------------------------------------------------------ */

static int read_notice(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct notice n = {0};
	char kind[24];
	size_t k = 0;

	n.seq = db_row_int(&row);
	db_row_text(&row, n.instance, sizeof(n.instance));
	db_row_text(&row, n.gang, sizeof(n.gang));
	db_row_text(&row, kind, sizeof(kind));
	db_row_text(&row, n.source, sizeof(n.source));
	n.seen_ms = db_row_int(&row);
	n.deadline_ms = db_row_int(&row);
	n.signalled_ms = db_row_int(&row);
	n.acted_ms = db_row_int(&row);
	n.done_ms = db_row_int(&row);
	db_row_text(&row, n.text, sizeof(n.text));
	if (db_row_check(db, &row, err) < 0)
		return -1;
	while (k < ARRAY_SIZE(kinds) && strcmp(kinds[k], kind) != 0)
		k++;
	if (k == ARRAY_SIZE(kinds))
		return err_set(err, ERR_FATAL, "notice of instance %s: unknown kind", n.instance);
	n.kind = (enum notice_kind)k;
	*(struct notice *)out = n;
	return 0;
}

static const struct db_list list_of_notices = {sizeof(struct notice), read_notice, NULL};

/* Of two that tell a deadline the earlier is believed. */
static int insert(struct db *db, struct notice *n, struct err *err)
{
	int64_t known = 0;
	int added;

	if (DB_SELECT_INT(db, err, &known, "SELECT 1 FROM instance WHERE id = ?",
		    DB_TEXT(n->instance)) < 0)
		return -1;
	if (!known)
		return err_set(
			err, ERR_NOTFOUND, "no instance %s that a notice could be of", n->instance);
	added = DB_RUN(db, err,
		"INSERT INTO notice (instance, gang, kind, source, seen_ms, deadline_ms, "
		"signalled_ms, acted_ms, done_ms, text) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, ?) "
		"ON CONFLICT (instance, kind) DO NOTHING",
		DB_TEXT(n->instance), DB_TEXT(n->gang), DB_TEXT(notice_kind_name(n->kind)),
		DB_TEXT(n->source), DB_INT(n->seen_ms), DB_INT(n->deadline_ms), DB_TEXT(n->text));
	if (added < 0)
		return -1;
	if (!added && n->deadline_ms &&
		DB_RUN(db, err,
			"UPDATE notice SET deadline_ms = ? WHERE instance = ? AND kind = ? AND "
			"(deadline_ms = 0 OR deadline_ms > ?)",
			DB_INT(n->deadline_ms), DB_TEXT(n->instance),
			DB_TEXT(notice_kind_name(n->kind)), DB_INT(n->deadline_ms)) < 0)
		return -1;
	if (DB_SELECT_INT(db, err, &n->seq,
		    "SELECT seq FROM notice WHERE instance = ? AND kind = ?", DB_TEXT(n->instance),
		    DB_TEXT(notice_kind_name(n->kind))) < 0)
		return -1;
	return added;
}

int notice_insert(struct db *db, struct notice *notice, struct err *err)
{
	struct db_scope scope;
	struct notice fit;

	if (db_fits("source of a notice", notice->source, sizeof(fit.source), err) < 0 ||
		db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, insert(db, notice, err), err);
}

int notice_open(struct db *db, struct notice **notices, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT " COLUMNS " FROM notice WHERE done_ms = 0 ORDER BY seq", NULL, 0);

	return db_list_rows(db, stmt, &list_of_notices, notices, n, err);
}

int notice_list(
	struct db *db, const char *gang, struct notice **notices, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM notice WHERE ?1 IS NULL OR gang = ?1 ORDER BY seq",
		DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_notices, notices, n, err);
}

int notice_set(struct db *db, int64_t seq, enum notice_step step, int64_t now_ms, struct err *err)
{
	static const char *const updates[] = {
		[NOTICE_SIGNALLED] = "UPDATE notice SET signalled_ms = CASE signalled_ms WHEN 0 "
				     "THEN ? ELSE signalled_ms END WHERE seq = ?",
		[NOTICE_ACTED] = "UPDATE notice SET acted_ms = CASE acted_ms WHEN 0 "
				 "THEN ? ELSE acted_ms END WHERE seq = ?",
		[NOTICE_DONE] = "UPDATE notice SET done_ms = CASE done_ms WHEN 0 "
				"THEN ? ELSE done_ms END WHERE seq = ?",
	};
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err, updates[step], DB_INT(now_ms), DB_INT(seq));
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no notice %lld", (long long)seq);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

/* --- whom it hits ---------------------------------------------------------------------------- */

int notice_add_job(struct db *db, int64_t seq, const struct notice_job *job, struct err *err)
{
	struct db_scope scope;
	struct notice_job fit;
	int rc;

	if (!job->job_id)
		return err_set(err, ERR_FATAL, "a notice hits job 0");
	if (db_fits("job's name", job->name, sizeof(fit.name), err) < 0 ||
		db_fits("user", job->user, sizeof(fit.user), err) < 0 ||
		db_enter(db, &scope, err) < 0)
		return -1;
	/* what another notice under way has had done of this very start holds for this one too */
	rc = DB_RUN(db, err,
		"INSERT INTO notice_job (notice, job_id, restart, name, user, signalled_ms, "
		"ended_ms, requeued) SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(j.signalled_ms), 0), "
		"coalesce(max(j.ended_ms), 0), coalesce(max(j.requeued), 0) FROM notice_job j "
		"JOIN notice n ON n.seq = j.notice WHERE n.done_ms = 0 AND j.job_id = ?2 AND "
		"j.restart = ?3 ON CONFLICT (notice, job_id, restart) DO NOTHING",
		DB_INT(seq), DB_INT(job->job_id), DB_INT(job->restart), DB_TEXT(job->name),
		DB_TEXT(job->user));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int read_job(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct notice_job j = {0};

	j.job_id = (uint32_t)db_row_int(&row);
	j.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, j.name, sizeof(j.name));
	db_row_text(&row, j.user, sizeof(j.user));
	j.signalled_ms = db_row_int(&row);
	j.ended_ms = db_row_int(&row);
	j.requeued = db_row_int(&row) != 0;
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct notice_job *)out = j;
	return 0;
}

int notice_jobs(struct db *db, int64_t seq, struct notice_job **jobs, size_t *n, struct err *err)
{
	static const struct db_list list = {sizeof(struct notice_job), read_job, NULL};
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT job_id, restart, name, user, signalled_ms, ended_ms, requeued "
		"FROM notice_job WHERE notice = ? ORDER BY job_id, restart",
		DB_INT(seq));

	return db_list_rows(db, stmt, &list, jobs, n, err);
}

int notice_set_job(struct db *db, const struct notice_job *job, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"UPDATE notice_job SET signalled_ms = ?, ended_ms = ?, requeued = ? "
		"WHERE job_id = ? AND restart = ? AND notice IN "
		"(SELECT seq FROM notice WHERE done_ms = 0)",
		DB_INT(job->signalled_ms), DB_INT(job->ended_ms), DB_INT(job->requeued),
		DB_INT(job->job_id), DB_INT(job->restart));
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no notice hits job %s", job->name);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int notice_count_job(struct db *db, uint32_t job_id, const char *user, unsigned *n,
	int64_t *first_ms, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = NULL;
	int rc;

	stmt = DB_PREPARE(db, err,
		"SELECT count(DISTINCT j.restart), coalesce(min(n.seen_ms), 0) "
		"FROM notice_job j JOIN notice n ON n.seq = j.notice WHERE j.job_id = ?1 AND "
		"j.user = ?2 AND (n.kind = 'interruption' OR j.requeued)",
		DB_INT(job_id), DB_TEXT(user));
	rc = stmt ? db_step(db, stmt, err) : -1;
	if (rc < 0)
		return -1;
	*n = rc ? (unsigned)sqlite3_column_int64(stmt, 0) : 0;
	*first_ms = rc ? sqlite3_column_int64(stmt, 1) : 0;
	return 0;
}
