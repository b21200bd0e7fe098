/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/launch.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"
#include "lib/state/gang.h"

#define COLUMNS                                                                                    \
	"token, gang, region, state, body, hostlist, capacity, fleet_id, code, message, "          \
	"sent_ms, answered_ms"

static const char *const names[] = {
	[LAUNCH_PREPARED] = "prepared",
	[LAUNCH_ANSWERED] = "answered",
	[LAUNCH_FAILED] = "failed",
	[LAUNCH_LOST] = "lost",
};

const char *launch_state_name(enum launch_state state)
{
	return (size_t)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static int state_of_name(const char *name, enum launch_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name)) {
			*state = (enum launch_state)i;
			return 0;
		}
	return -1;
}

static int prepare(struct db *db, const struct launch *l, struct err *err)
{
	/* from launching too: the next attempt, or the second fleet of a large gang */
	static const enum gang_state from[] = {GANG_LAUNCHING, GANG_PLANNED, GANG_GROUP_READY};
	int64_t there = 0;

	if (gang_step(db, l->gang, from, ARRAY_SIZE(from), GANG_LAUNCHING, err) < 0 ||
		DB_SELECT_INT(db, err, &there, "SELECT 1 FROM launch WHERE token = ?",
			DB_TEXT(l->token)) < 0)
		return -1;
	if (there)
		return err_set(err, ERR_FATAL, "launch %s exists already", l->token);
	return DB_RUN(db, err,
		"INSERT INTO launch (token, gang, region, state, body, hostlist, capacity, "
		"fleet_id, code, "
		"message, sent_ms, answered_ms) VALUES (?, ?, ?, 'prepared', ?, ?, ?, '', '', "
		"NULL, "
		"?, 0)",
		DB_TEXT(l->token), DB_TEXT(l->gang), DB_TEXT(l->region), DB_TEXT(l->body),
		DB_TEXT(l->hostlist ? l->hostlist : ""), DB_INT(l->capacity),
		DB_INT(l->sent_ms ? l->sent_ms : clock_now_ms()));
}

int launch_prepare(struct db *db, const struct launch *launch, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (!*launch->token || !launch->body)
		return err_set(
			err, ERR_FATAL, "gang %s: launch without token or request", launch->gang);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = prepare(db, launch, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int read_state(struct db *db, const char *token, enum launch_state *state, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT state FROM launch WHERE token = ?", DB_TEXT(token));
	struct db_row row = {.stmt = stmt};
	char name[16];
	int rc;

	if (!stmt)
		return -1;
	rc = db_step(db, stmt, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no launch %s", token);
	db_row_text(&row, name, sizeof(name));
	if (db_row_check(db, &row, err) < 0 || state_of_name(name, state) < 0)
		return err_set(
			err, ERR_FATAL, "%s: launch %s in an unknown state", db->path, token);
	return 0;
}

static int finish(struct db *db, const char *token, enum launch_state state, const char *fleet_id,
	const char *code, const char *message, struct err *err)
{
	enum launch_state now = LAUNCH_PREPARED;

	if (read_state(db, token, &now, err) < 0)
		return -1;
	/* one given up as lost may yet be found by its tag; the same answer may come twice */
	if (now != LAUNCH_PREPARED && now != LAUNCH_LOST && now != state)
		return err_set(err, ERR_FATAL, "launch %s is %s already, it cannot become %s",
			token, names[now], names[state]);
	return DB_RUN(db, err,
		"UPDATE launch SET state = ?, fleet_id = ?, code = ?, message = ?, answered_ms = ? "
		"WHERE token = ?",
		DB_TEXT(names[state]), DB_TEXT(fleet_id ? fleet_id : ""), DB_TEXT(code ? code : ""),
		DB_TEXT(message), DB_INT(clock_now_ms()), DB_TEXT(token));
}

int launch_finish(struct db *db, const char *token, enum launch_state state, const char *fleet_id,
	const char *code, const char *message, struct err *err)
{
	struct db_scope scope;
	struct launch fit;
	int rc;

	if (state != LAUNCH_ANSWERED && state != LAUNCH_FAILED && state != LAUNCH_LOST)
		return err_set(
			err, ERR_FATAL, "launch %s: %s is no end", token, launch_state_name(state));
	if (db_fits("fleet id", fleet_id ? fleet_id : "", sizeof(fit.fleet_id), err) < 0 ||
		db_fits("error code", code ? code : "", sizeof(fit.code), err) < 0)
		return -1;
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = finish(db, token, state, fleet_id, code, message, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int launch_count_prepared(struct db *db, const char *gang, size_t *n, struct err *err)
{
	int64_t count = 0;

	if (DB_SELECT_INT(db, err, &count,
		    "SELECT count(*) FROM launch WHERE gang = ? AND state = 'prepared'",
		    DB_TEXT(gang)) < 0)
		return -1;
	*n = (size_t)count;
	return 0;
}

static void release(void *launch)
{
	struct launch *l = launch;

	free(l->body);
	free(l->hostlist);
	free(l->message);
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct launch l = {0};
	char state[16];

	db_row_text(&row, l.token, sizeof(l.token));
	db_row_text(&row, l.gang, sizeof(l.gang));
	db_row_text(&row, l.region, sizeof(l.region));
	db_row_text(&row, state, sizeof(state));
	l.body = db_row_dup(&row);
	l.hostlist = db_row_dup(&row);
	l.capacity = (int)db_row_int(&row);
	db_row_text(&row, l.fleet_id, sizeof(l.fleet_id));
	db_row_text(&row, l.code, sizeof(l.code));
	l.message = db_row_dup(&row);
	l.sent_ms = db_row_int(&row);
	l.answered_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		goto error;
	if (state_of_name(state, &l.state) < 0) {
		err_set(err, ERR_FATAL, "%s: launch %s in an unknown state", db->path, l.token);
		goto error;
	}
	*(struct launch *)out = l;
	return 0;
error:
	release(&l);
	return -1;
}

static const struct db_list list_of_launches = {sizeof(struct launch), read_row, release};

int launch_list(
	struct db *db, const char *gang, struct launch **launches, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM launch WHERE gang = ? ORDER BY seq", DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_launches, launches, n, err);
}

int launch_list_prepared(struct db *db, struct launch **launches, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT " COLUMNS " FROM launch WHERE state = 'prepared' ORDER BY seq", NULL, 0);

	return db_list_rows(db, stmt, &list_of_launches, launches, n, err);
}

int launch_find_state(struct db *db, const char *token, enum launch_state *state, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT state FROM launch WHERE token = ?", DB_TEXT(token));
	struct db_row row = {.stmt = stmt};
	int rc = stmt ? db_step(db, stmt, err) : -1;
	char name[16];

	if (rc <= 0)
		return rc;
	db_row_text(&row, name, sizeof(name));
	if (db_row_check(db, &row, err) < 0)
		return -1;
	if (state_of_name(name, state) < 0)
		return err_set(
			err, ERR_FATAL, "%s: launch %s in an unknown state", db->path, token);
	return 1;
}

void launch_list_release(struct launch *launches, size_t n)
{
	db_list_release(&list_of_launches, launches, n);
}
