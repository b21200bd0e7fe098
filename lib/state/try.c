/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/try.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"

static int begin(struct db *db, const struct try *t, int64_t *number, struct err *err)
{
	int64_t known = 0;

	if (DB_SELECT_INT(db, err, &known, "SELECT 1 FROM gang WHERE id = ?", DB_TEXT(t->gang)) < 0)
		return -1;
	if (!known)
		return err_set(err, ERR_NOTFOUND, "no gang %s to try a launch for", t->gang);
	if (DB_SELECT_INT(db, err, number,
		    "SELECT coalesce(max(number), 0) + 1 FROM try WHERE gang = ?",
		    DB_TEXT(t->gang)) < 0)
		return -1;
	return DB_RUN(db, err,
		"INSERT INTO try (gang, number, region, asked, launch, class, code, text, "
		"reasons, began_ms, ended_ms) VALUES (?, ?, ?, ?, '', '', '', NULL, ?, ?, 0)",
		DB_TEXT(t->gang), DB_INT(*number), DB_TEXT(t->region), DB_TEXT(t->asked),
		DB_TEXT(t->reasons), DB_INT(t->began_ms ? t->began_ms : clock_now_ms()));
}

int try_begin(struct db *db, struct try *t, struct err *err)
{
	struct db_scope scope;
	int64_t number = 0;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = begin(db, t, &number, err);
	if (db_leave(db, &scope, rc < 0 ? -1 : 0, err) < 0)
		return -1;
	t->number = (unsigned)number;
	return 0;
}

int try_end(struct db *db, const char *gang, unsigned number, const char *launch, const char *class,
	const char *code, const char *text, int64_t now_ms, struct err *err)
{
	struct db_scope scope;
	struct try fit;
	int rc;

	launch = launch ? launch : "";
	class = class ? class : "";
	code = code ? code : "";
	if (db_fits("launch token", launch, sizeof(fit.launch), err) < 0 ||
		db_fits("error class", class, sizeof(fit.class), err) < 0 ||
		db_fits("error code", code, sizeof(fit.code), err) < 0)
		return -1;
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"UPDATE try SET launch = ?, class = ?, code = ?, text = ?, ended_ms = ? "
		"WHERE gang = ? AND number = ?",
		DB_TEXT(launch), DB_TEXT(class), DB_TEXT(code), DB_TEXT(text), DB_INT(now_ms),
		DB_TEXT(gang), DB_INT(number));
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no try %u of gang %s", number, gang);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static void release(void *element)
{
	struct try *t = element;

	free(t->text);
	free(t->reasons);
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct try t = {0};

	db_row_text(&row, t.gang, sizeof(t.gang));
	t.number = (unsigned)db_row_int(&row);
	db_row_text(&row, t.region, sizeof(t.region));
	db_row_text(&row, t.asked, sizeof(t.asked));
	db_row_text(&row, t.launch, sizeof(t.launch));
	db_row_text(&row, t.class, sizeof(t.class));
	db_row_text(&row, t.code, sizeof(t.code));
	t.text = db_row_dup(&row);
	t.reasons = db_row_dup(&row);
	t.began_ms = db_row_int(&row);
	t.ended_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0) {
		release(&t);
		return -1;
	}
	*(struct try *)out = t;
	return 0;
}

static const struct db_list list_of_tries = {sizeof(struct try), read_row, release};

int try_list(struct db *db, const char *gang, struct try **tries, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT gang, number, region, asked, launch, class, code, text, reasons, began_ms, "
		"ended_ms FROM try WHERE gang = ? ORDER BY number",
		DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_tries, tries, n, err);
}

void try_list_release(struct try *tries, size_t n)
{
	db_list_release(&list_of_tries, tries, n);
}
