/* SPDX-License-Identifier: Apache-2.0 */
/* Statements, rows and SQLite's errors: the plumbing of db_internal.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/state/db_internal.h"

static const char damage_code[] = "damaged";

bool db_is_damage(const struct err *err)
{
	return err->class == ERR_FATAL && !strcmp(err->code, damage_code);
}

int db_error_of(
	const char *path, int rc, int sys_errno, const char *detail, int wait_ms, struct err *err)
{
	switch (rc) {
	case SQLITE_READONLY_ROLLBACK:
	case SQLITE_READONLY_RECOVERY:
	case SQLITE_READONLY_CANTINIT:
	case SQLITE_READONLY_CANTLOCK:
		/* a writer died in the middle: who only reads may not mend it */
		return err_set(err, ERR_BUSY,
			"%s waits to be mended by the next command that writes", path);
	}
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return err_set(err, ERR_BUSY, "%s is held by another process for more than %d ms",
			path, wait_ms);
	case SQLITE_FULL:
		return err_set(err, ERR_FATAL, "%s cannot grow, the disk is full: make room", path);
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return err_nomem(err);
		if (sys_errno == ENOSPC || sys_errno == EDQUOT)
			return err_set(err, ERR_FATAL,
				"%s cannot grow, the disk or the quota is full: make room", path);
		return err_set(err, ERR_FATAL, "%s cannot be read or written: %s", path,
			sys_errno ? strerror(sys_errno) : "input/output error");
	case SQLITE_READONLY:
		return err_set(err, ERR_FATAL,
			"%s cannot be written: it or its file system is read-only", path);
	case SQLITE_CANTOPEN:
		return err_set(err, ERR_FATAL, "%s or the files beside it cannot be opened: %s",
			path, sys_errno ? strerror(sys_errno) : detail);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		err_set(err, ERR_FATAL,
			"%s is damaged (%s): \"aws-slurm-burst reconcile --rebuild\" moves it away "
			"and begins a new one with what EC2 and Slurm know",
			path, detail);
		if (err)
			snprintf(err->code, sizeof(err->code), "%s", damage_code);
		return -1;
	case SQLITE_NOMEM:
		return err_nomem(err);
	default:
		return err_set(err, ERR_FATAL, "%s: %s (SQLite result %d)", path, detail, rc);
	}
}

int db_error(struct db *db, int rc, struct err *err)
{
	return db_error_of(db->path, rc, sqlite3_system_errno(db->sql), sqlite3_errmsg(db->sql),
		db->wait_ms, err);
}

int db_rebind(
	struct db *db, struct err *err, sqlite3_stmt *stmt, const struct db_value *values, size_t n)
{
	sqlite3_reset(stmt);
	for (size_t i = 0; i < n; i++) {
		int rc = SQLITE_OK;

		switch (values[i].kind) {
		case DB_VALUE_NULL:
			rc = sqlite3_bind_null(stmt, (int)i + 1);
			break;
		case DB_VALUE_INT:
			rc = sqlite3_bind_int64(stmt, (int)i + 1, values[i].i);
			break;
		case DB_VALUE_TEXT:
			rc = sqlite3_bind_text(stmt, (int)i + 1, values[i].s, -1, SQLITE_STATIC);
			break;
		}
		if (rc != SQLITE_OK)
			return db_error(db, rc, err);
	}
	return 0;
}

sqlite3_stmt *db_prepare(
	struct db *db, struct err *err, const char *sql, const struct db_value *values, size_t n)
{
	cleanup_stmt sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK) {
		db_error(db, rc, err);
		return NULL;
	}
	if (db_rebind(db, err, stmt, values, n) < 0)
		return NULL;
	return STEAL_POINTER(stmt);
}

int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return db_error(db, rc, err);
}

int db_run_stmt(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int rc;

	do {
		rc = db_step(db, stmt, err);
	} while (rc > 0);
	if (rc < 0)
		return -1;
	return sqlite3_changes(db->sql);
}

/* SQL as a statement, bound, that stays ours: db_put() it when done with it. */
static sqlite3_stmt *db_take(
	struct db *db, struct err *err, const char *sql, const struct db_value *values, size_t n)
{
	sqlite3_stmt **slot;

	for (size_t i = 0; i < ARRAY_SIZE(db->kept); i++)
		if (db->kept[i] && !strcmp(sqlite3_sql(db->kept[i]), sql))
			return db_rebind(db, err, db->kept[i], values, n) < 0 ? NULL : db->kept[i];
	slot = &db->kept[db->nkept++ % ARRAY_SIZE(db->kept)];
	sqlite3_finalize(*slot);
	*slot = db_prepare(db, err, sql, values, n);
	return *slot;
}

/* It holds no lock and none of the caller's texts any more. */
static void db_put(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

void db_drop_kept(struct db *db)
{
	for (size_t i = 0; i < ARRAY_SIZE(db->kept); i++) {
		sqlite3_finalize(db->kept[i]);
		db->kept[i] = NULL;
	}
}

int db_run(struct db *db, struct err *err, const char *sql, const struct db_value *values, size_t n)
{
	sqlite3_stmt *stmt = db_take(db, err, sql, values, n);
	int changed;

	if (!stmt)
		return -1;
	changed = db_run_stmt(db, stmt, err);
	db_put(stmt);
	return changed;
}

int db_select_int(struct db *db, struct err *err, int64_t *value, const char *sql,
	const struct db_value *values, size_t n)
{
	sqlite3_stmt *stmt = db_take(db, err, sql, values, n);
	int rc;

	if (!stmt)
		return -1;
	rc = db_step(db, stmt, err);
	if (rc >= 0)
		*value = rc ? sqlite3_column_int64(stmt, 0) : 0;
	db_put(stmt);
	return rc < 0 ? -1 : 0;
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_error(db, rc, err);
}

int64_t db_row_int(struct db_row *row)
{
	return sqlite3_column_int64(row->stmt, row->col++);
}

void db_row_text(struct db_row *row, char *buf, size_t size)
{
	int col = row->col++;
	const char *text = (const char *)sqlite3_column_text(row->stmt, col);
	size_t len = text ? strlen(text) : 0;

	if (!text && sqlite3_column_type(row->stmt, col) != SQLITE_NULL)
		row->nomem = true;
	if (len >= size) {
		row->too_long = sqlite3_column_name(row->stmt, col);
		len = 0;
	}
	if (len)
		memcpy(buf, text, len);
	buf[len] = '\0';
}

char *db_row_dup(struct db_row *row)
{
	int col = row->col++;
	const char *text = (const char *)sqlite3_column_text(row->stmt, col);
	char *copy = text ? strdup(text) : NULL;

	if (!copy && sqlite3_column_type(row->stmt, col) != SQLITE_NULL)
		row->nomem = true;
	return copy;
}

int db_row_check(struct db *db, const struct db_row *row, struct err *err)
{
	if (row->nomem)
		return err_nomem(err);
	if (row->too_long)
		return err_set(err, ERR_FATAL, "%s holds a %s that is too long to be ours",
			db->path, row->too_long);
	return 0;
}

int db_fits(const char *what, const char *text, size_t size, struct err *err)
{
	if (strlen(text) < size)
		return 0;
	return err_set(err, ERR_FATAL, "%s of %zu characters, at most %zu expected", what,
		strlen(text), size - 1);
}

/* Make room for one more element behind N in the heap array *ARRAY of ALLOC elements of SIZE. */
static int grow(void **array, size_t n, size_t *alloc, size_t size, struct err *err)
{
	size_t more = *alloc ? *alloc * 2 : 16;
	void *grown;

	if (n < *alloc)
		return 0;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return err_nomem(err);
	*array = grown;
	*alloc = more;
	return 0;
}

int db_list_more(struct db *db, sqlite3_stmt *stmt, const struct db_list *list, void **array,
	size_t *n, size_t *alloc, struct err *err)
{
	int rc;

	while ((rc = db_step(db, stmt, err)) > 0) {
		if (grow(array, *n, alloc, list->size, err) < 0 ||
			list->read(db, stmt, (char *)*array + *n * list->size, err) < 0)
			return -1;
		++*n;
	}
	return rc;
}

int db_list_rows(struct db *db, sqlite3_stmt *stmt, const struct db_list *list, void *array,
	size_t *n, struct err *err)
{
	void *found = NULL;
	size_t count = 0, alloc = 0;

	if (!stmt)
		return -1;
	if (db_list_more(db, stmt, list, &found, &count, &alloc, err) < 0) {
		db_list_release(list, found, count);
		return -1;
	}
	/* ARRAY is the address of a pointer to elements, of whatever type */
	memcpy(array, &found, sizeof(found));
	*n = count;
	return 0;
}

void db_list_release(const struct db_list *list, void *array, size_t n)
{
	for (size_t i = 0; list->release && i < n; i++)
		list->release((char *)array + i * list->size);
	free(array);
}

static int read_text(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	char *text = db_row_dup(&row);

	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(char **)out = text;
	return 0;
}

static void release_text(void *element)
{
	free(*(char **)element);
}

const struct db_list db_list_texts = {sizeof(char *), read_text, release_text};
