/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/health.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"

#define COLUMNS "node_group, failures, closed_ms, until_ms, reason"

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct health h = {0};

	db_row_text(&row, h.group, sizeof(h.group));
	h.failures = (unsigned)db_row_int(&row);
	h.closed_ms = db_row_int(&row);
	h.until_ms = db_row_int(&row);
	db_row_text(&row, h.reason, sizeof(h.reason));
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct health *)out = h;
	return 0;
}

static int check_name(const char *group, struct err *err)
{
	struct health fit;

	if (!*group)
		return err_set(err, ERR_FATAL, "health of a node group without a name");
	return db_fits("node group's name", group, sizeof(fit.group), err);
}

int health_get(struct db *db, const char *group, struct health *health, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = NULL;
	struct health none = {0};
	int rc;

	if (check_name(group, err) < 0)
		return -1;
	stmt = DB_PREPARE(
		db, err, "SELECT " COLUMNS " FROM health WHERE node_group = ?", DB_TEXT(group));
	rc = stmt ? db_step(db, stmt, err) : -1;
	if (rc < 0)
		return -1;
	if (rc)
		return read_row(db, stmt, health, err);
	snprintf(none.group, sizeof(none.group), "%s", group);
	*health = none;
	return 0;
}

static int put(struct db *db, const struct health *h, struct err *err)
{
	return DB_RUN(db, err, "INSERT OR REPLACE INTO health (" COLUMNS ") VALUES (?, ?, ?, ?, ?)",
		       DB_TEXT(h->group), DB_INT(h->failures), DB_INT(h->closed_ms),
		       DB_INT(h->until_ms), DB_TEXT(h->reason)) < 0
		       ? -1
		       : 0;
}

static int failed(struct db *db, const char *group, const char *reason, unsigned protect_after,
	int64_t now_ms, int64_t until_ms, bool *closed_now, struct err *err)
{
	struct health h;

	if (health_get(db, group, &h, err) < 0)
		return -1;
	h.failures++;
	snprintf(h.reason, sizeof(h.reason), "%s", reason);
	*closed_now = protect_after && h.failures >= protect_after && !health_closed(&h, now_ms);
	if (*closed_now) {
		h.closed_ms = now_ms;
		h.until_ms = until_ms;
	}
	return put(db, &h, err);
}

int health_failed(struct db *db, const char *group, const char *reason, unsigned protect_after,
	int64_t now_ms, int64_t until_ms, bool *closed_now, struct err *err)
{
	struct db_scope scope;
	bool closed = false;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = failed(db, group, reason, protect_after, now_ms, until_ms, &closed, err);
	if (db_leave(db, &scope, rc, err) < 0)
		return -1;
	if (closed_now)
		*closed_now = closed;
	return 0;
}

int health_good(struct db *db, const char *group, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err, "UPDATE health SET failures = 0 WHERE node_group = ?", DB_TEXT(group));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int open_group(struct db *db, const char *group, bool *was_closed, struct err *err)
{
	struct health h;

	if (health_get(db, group, &h, err) < 0)
		return -1;
	*was_closed = health_closed(&h, clock_now_ms());
	return DB_RUN(db, err, "DELETE FROM health WHERE node_group = ?", DB_TEXT(group)) < 0 ? -1
											      : 0;
}

int health_open(struct db *db, const char *group, bool *was_closed, struct err *err)
{
	struct db_scope scope;
	bool closed = false;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	if (db_leave(db, &scope, open_group(db, group, &closed, err), err) < 0)
		return -1;
	if (was_closed)
		*was_closed = closed;
	return 0;
}

int health_list(struct db *db, struct health **groups, size_t *n, struct err *err)
{
	static const struct db_list list = {sizeof(struct health), read_row, NULL};
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT " COLUMNS " FROM health WHERE failures > 0 OR closed_ms > 0 "
		"ORDER BY node_group",
		NULL, 0);

	return db_list_rows(db, stmt, &list, groups, n, err);
}
