/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/counter.h"

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct counter c = {0};

	db_row_text(&row, c.name, sizeof(c.name));
	c.value = db_row_int(&row);
	c.changed_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct counter *)out = c;
	return 0;
}

static int add(struct db *db, const char *name, int64_t n, struct err *err)
{
	int64_t value;

	if (counter_get(db, name, &value, err) < 0)
		return -1;
	if (__builtin_add_overflow(value, n, &value))
		value = INT64_MAX;
	return DB_RUN(db, err,
		       "INSERT OR REPLACE INTO counter (name, value, changed_ms) VALUES (?, ?, ?)",
		       DB_TEXT(name), DB_INT(value), DB_INT(clock_now_ms())) < 0
		       ? -1
		       : 0;
}

int counter_add(struct db *db, const char *name, int64_t n, struct err *err)
{
	struct db_scope scope;
	struct counter fit;

	if (!*name || n < 0)
		return err_set(
			err, ERR_FATAL, "counter \"%s\": no name, or fewer than before", name);
	if (db_fits("counter's name", name, sizeof(fit.name), err) < 0 ||
		db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, add(db, name, n, err), err);
}

int counter_get(struct db *db, const char *name, int64_t *value, struct err *err)
{
	return DB_SELECT_INT(
		db, err, value, "SELECT value FROM counter WHERE name = ?", DB_TEXT(name));
}

int counter_list(struct db *db, struct counter **counters, size_t *n, struct err *err)
{
	static const struct db_list list = {sizeof(struct counter), read_row, NULL};
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT name, value, changed_ms FROM counter ORDER BY name", NULL, 0);

	return db_list_rows(db, stmt, &list, counters, n, err);
}
