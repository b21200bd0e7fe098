/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/job_money.h"

#include "lib/state/db_internal.h"

#define COLUMNS                                                                                    \
	"job_id, restart, user, limit_uusd, worst_uusd, asked_s, lowered_s, warned_ms, ended_ms, " \
	"told_ms"

int job_money_put(struct db *db, const struct job_money *m, struct err *err)
{
	if (!m->job_id)
		return err_set(err, ERR_FATAL, "the money of job 0");
	return DB_RUN(db, err,
		       "INSERT OR REPLACE INTO job_money (" COLUMNS
		       ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       DB_INT(m->job_id), DB_INT(m->restart), DB_TEXT(m->user),
		       DB_INT(m->limit_uusd), DB_INT(m->worst_uusd), DB_INT(m->asked_s),
		       DB_INT(m->lowered_s), DB_INT(m->warned_ms), DB_INT(m->ended_ms),
		       DB_INT(m->told_ms)) < 0
		       ? -1
		       : 0;
}

/* The first row of STMT. */
static int read_one(
	struct db *db, sqlite3_stmt *stmt, uint32_t job_id, struct job_money *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct job_money m = {0};
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no money of job %u", (unsigned)job_id);
	if (rc < 0)
		return -1;
	m.job_id = (uint32_t)db_row_int(&row);
	m.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, m.user, sizeof(m.user));
	m.limit_uusd = db_row_int(&row);
	m.worst_uusd = db_row_int(&row);
	m.asked_s = db_row_int(&row);
	m.lowered_s = db_row_int(&row);
	m.warned_ms = db_row_int(&row);
	m.ended_ms = db_row_int(&row);
	m.told_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*out = m;
	return 0;
}

int job_money_set_warned(
	struct db *db, uint32_t job_id, uint32_t restart, int64_t warned_ms, struct err *err)
{
	return DB_RUN(db, err,
		       "UPDATE job_money SET warned_ms = ? WHERE job_id = ? AND restart = ?",
		       DB_INT(warned_ms), DB_INT(job_id), DB_INT(restart)) < 0
		       ? -1
		       : 0;
}

int job_money_get(struct db *db, uint32_t job_id, uint32_t restart, const char *user,
	struct job_money *money, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM job_money WHERE job_id = ?1 AND restart = ?2 AND "
		"user IN ('', ?3)",
		DB_INT(job_id), DB_INT(restart), DB_TEXT(user));

	return read_one(db, stmt, job_id, money, err);
}

int job_money_lowered(struct db *db, uint32_t job_id, uint32_t restart, const char *user,
	int64_t limit_s, struct job_money *money, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM job_money WHERE job_id = ?1 AND restart <= ?2 AND "
		"user IN ('', ?3) AND lowered_s > 0 AND lowered_s = ?4 "
		"ORDER BY restart DESC LIMIT 1",
		DB_INT(job_id), DB_INT(restart), DB_TEXT(user), DB_INT(limit_s));

	return read_one(db, stmt, job_id, money, err);
}
