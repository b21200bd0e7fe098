/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/pool.h"

#include <string.h>

#include "lib/state/db_internal.h"

#define COLUMNS "region, az, type, subnet, family, spot, grouped, nodes, code, failed_ms, until_ms"
#define SAME_POOL                                                                                  \
	"region = ?1 AND az = ?2 AND type = ?3 AND subnet = ?4 AND family = ?5 AND spot = ?6"
#define POOL_VALUES(f)                                                                             \
	DB_TEXT((f)->region), DB_TEXT((f)->az), DB_TEXT((f)->type), DB_TEXT((f)->subnet),          \
		DB_TEXT((f)->family), DB_INT((f)->spot)

static int check_scope(const struct pool_failure *f, struct err *err)
{
	bool pool = *f->az && *f->type, half = !*f->az != !*f->type;

	if (!*f->region || half || pool + !!*f->subnet + !!*f->family != 1)
		return err_set(err, ERR_FATAL,
			"a failed pool is az and type, or subnet, or family, of a region; not "
			"\"%s\", "
			"\"%s\", \"%s\", \"%s\" of \"%s\"",
			f->az, f->type, f->subnet, f->family, f->region);
	return 0;
}

static int remember(struct db *db, const struct pool_failure *f, struct err *err)
{
	if (DB_RUN(db, err, "DELETE FROM pool_failure WHERE until_ms <= ?", DB_INT(f->failed_ms)) <
			0 ||
		DB_RUN(db, err,
			"INSERT INTO pool_failure (" COLUMNS ") "
			"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			"ON CONFLICT (region, az, type, subnet, family, spot, grouped) DO UPDATE "
			"SET "
			"nodes = min(nodes, excluded.nodes), "
			"code = CASE WHEN excluded.failed_ms >= failed_ms THEN excluded.code "
			"ELSE code END, "
			"failed_ms = max(failed_ms, excluded.failed_ms), "
			"until_ms = max(until_ms, excluded.until_ms)",
			POOL_VALUES(f), DB_INT(f->grouped), DB_INT(f->nodes), DB_TEXT(f->code),
			DB_INT(f->failed_ms), DB_INT(f->until_ms)) < 0)
		return -1;
	if (f->grouped)
		return 0;
	return DB_RUN(db, err,
		"DELETE FROM pool_failure WHERE " SAME_POOL
		" AND grouped AND nodes >= ?7 AND until_ms <= ?8",
		POOL_VALUES(f), DB_INT(f->nodes), DB_INT(f->until_ms));
}

int pool_remember(struct db *db, const struct pool_failure *failure, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (check_scope(failure, err) < 0 || db_enter(db, &scope, err) < 0)
		return -1;
	rc = remember(db, failure, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct pool_failure f = {0};

	db_row_text(&row, f.region, sizeof(f.region));
	db_row_text(&row, f.az, sizeof(f.az));
	db_row_text(&row, f.type, sizeof(f.type));
	db_row_text(&row, f.subnet, sizeof(f.subnet));
	db_row_text(&row, f.family, sizeof(f.family));
	f.spot = db_row_int(&row) != 0;
	f.grouped = db_row_int(&row) != 0;
	f.nodes = (unsigned)db_row_int(&row);
	db_row_text(&row, f.code, sizeof(f.code));
	f.failed_ms = db_row_int(&row);
	f.until_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct pool_failure *)out = f;
	return 0;
}

int pool_failures(struct db *db, const char *region, int64_t now_ms, struct pool_failure **failures,
	size_t *n, struct err *err)
{
	static const struct db_list list = {sizeof(struct pool_failure), read_row, NULL};
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM pool_failure "
		"WHERE region = coalesce(?, region) AND until_ms > ? "
		"ORDER BY failed_ms DESC, region, az, type, subnet, family, spot, grouped",
		DB_TEXT(region), DB_INT(now_ms));

	return db_list_rows(db, stmt, &list, failures, n, err);
}

int pool_forget(struct db *db, const struct pool_failure *key, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	if (key)
		rc = DB_RUN(db, err, "DELETE FROM pool_failure WHERE " SAME_POOL, POOL_VALUES(key));
	else
		rc = db_run(db, err, "DELETE FROM pool_failure", NULL, 0);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}
