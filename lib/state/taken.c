/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/taken.h"

#include <stdlib.h>

#include "lib/state/db_internal.h"

static int read_taken(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct taken t = {0};

	db_row_text(&row, t.subnet, sizeof(t.subnet));
	db_row_text(&row, t.type, sizeof(t.type));
	t.spot = db_row_int(&row);
	t.block = db_row_int(&row);
	t.n = (unsigned)db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct taken *)out = t;
	return 0;
}

int taken_running(struct db *db, const char *region, int64_t since_ms, struct taken **list,
	size_t *n, struct err *err)
{
	static const struct db_list rows = {sizeof(struct taken), read_taken, NULL};
	/*
	 * Both words on the state: the first names the index to use. By launch first, so that each
	 * one's request is read once. What it says of its market is not told by the instance.
	 */
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT i.subnet, i.type, i.spot, "
		"coalesce(instr(l.body, 'DefaultTargetCapacityType=capacity-block'), 0) > 0 AS "
		"block, sum(i.n) FROM "
		"(SELECT launch, subnet, type, spot, count(*) AS n FROM instance "
		"WHERE state <> 'terminated' AND state = 'running' AND region = ?1 "
		"GROUP BY launch, subnet, type, spot) AS i "
		"LEFT JOIN launch AS l ON l.token = i.launch "
		"WHERE ?2 = 0 OR l.answered_ms >= ?2 "
		"GROUP BY i.subnet, i.type, i.spot, block ORDER BY 1, 2, 3, 4",
		DB_TEXT(region), DB_INT(since_ms));

	return db_list_rows(db, stmt, &rows, list, n, err);
}

static void release_launch(void *element)
{
	free(((struct taken_launch *)element)->body);
}

static int read_launch(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct taken_launch launch = {0};

	launch.body = db_row_dup(&row);
	launch.capacity = (unsigned)db_row_int(&row);
	if (db_row_check(db, &row, err) < 0) {
		release_launch(&launch);
		return -1;
	}
	*(struct taken_launch *)out = launch;
	return 0;
}

static const struct db_list list_of_launches = {
	sizeof(struct taken_launch), read_launch, release_launch};

int taken_launches(
	struct db *db, const char *region, struct taken_launch **list, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT body, capacity FROM launch "
		"WHERE state = 'prepared' AND region = coalesce(?, region) ORDER BY seq",
		DB_TEXT(region));

	return db_list_rows(db, stmt, &list_of_launches, list, n, err);
}

void taken_launches_release(struct taken_launch *list, size_t n)
{
	db_list_release(&list_of_launches, list, n);
}

int taken_groups(struct db *db, const char *region, int64_t since_ms, unsigned *n, struct err *err)
{
	int64_t count = 0;

	if (DB_SELECT_INT(db, err, &count,
		    "SELECT count(*) FROM placement "
		    "WHERE deleted_ms = 0 AND region = ? AND created_ms > ?",
		    DB_TEXT(region), DB_INT(since_ms)) < 0)
		return -1;
	*n = (unsigned)count;
	return 0;
}

int taken_nodes(struct db *db, unsigned *n, struct err *err)
{
	int64_t running = 0, coming = 0;

	/* both words on a state: the first names the index to use */
	if (DB_SELECT_INT(db, err, &running,
		    "SELECT count(*) FROM instance "
		    "WHERE state <> 'terminated' AND state = ?",
		    DB_TEXT("running")) < 0 ||
		DB_SELECT_INT(db, err, &coming,
			"SELECT coalesce(sum(max(0, g.size - (SELECT count(*) FROM instance AS i "
			"WHERE i.gang = g.id AND i.state = ?))), 0) FROM gang AS g "
			"WHERE g.state NOT IN ('released', 'failed') AND "
			"g.state IN ('planned', 'group_ready', 'launching', 'launched')",
			DB_TEXT("running")) < 0)
		return -1;
	*n = (unsigned)(running + coming);
	return 0;
}
