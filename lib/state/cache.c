/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/cache.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"

#define KEEP_EXPIRED_MS (INT64_C(24) * 3600 * 1000)

int cache_get(struct db *db, const char *key, int64_t now_ms, char **value, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT value FROM cache WHERE key = ? AND until_ms > ?", DB_TEXT(key),
		DB_INT(now_ms));
	struct db_row row = {.stmt = stmt};
	char *copy = NULL;
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc < 0)
		return -1;
	if (rc) {
		copy = db_row_dup(&row);
		if (!copy) /* the column is never NULL */
			return err_nomem(err);
	}
	*value = copy;
	return 0;
}

int cache_put(struct db *db, const char *key, const char *value, int64_t until_ms, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (!*key)
		return err_set(err, ERR_FATAL, "nothing is cached without a key");
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err, "DELETE FROM cache WHERE until_ms < ?",
		DB_INT(clock_now_ms() - KEEP_EXPIRED_MS));
	if (rc >= 0)
		rc = DB_RUN(db, err,
			"INSERT OR REPLACE INTO cache (key, value, until_ms) VALUES (?, ?, ?)",
			DB_TEXT(key), DB_TEXT(value), DB_INT(until_ms));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int cache_forget(struct db *db, const char *key_prefix, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	/* not LIKE: a key's '_' and '%' are themselves */
	rc = DB_RUN(db, err, "DELETE FROM cache WHERE substr(key, 1, length(?1)) = ?1",
		DB_TEXT(key_prefix));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}
