/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_internal: what the files of this room share: statements, rows, scopes, SQLite's errors.
 *
 * No text from outside ever becomes SQL: statements are string literals, values are bound.
 *
 *	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err, "SELECT a, b FROM t WHERE c = ?",
 *		DB_TEXT(c));
 *	...
 *	while ((rc = db_step(db, stmt, err)) > 0) {
 *		struct db_row row = {.stmt = stmt};
 *
 *		a = db_row_int(&row);
 *		db_row_text(&row, b, sizeof(b));
 *		if (db_row_check(db, &row, err) < 0)
 *			return -1;
 *	}
 */
#ifndef BURST_DB_INTERNAL_H
#define BURST_DB_INTERNAL_H

#include <sqlite3.h>
#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/state/db.h"
#include "lib/state/gang.h"

#define DB_APPLICATION_ID 0x42555253 /* "BURS" in the file's header: this database is ours */
#define DB_VERSION        2

struct db {
	sqlite3 *sql;
	char *path; /* of state.db, for messages */
	char host[65];
	bool read_only;
	bool is_new; /* this process made its tables */
	bool wrote;
	bool open_tx; /* between db_begin() and its end, also when SQLite has rolled back itself */
	int wait_ms;  /* for another process, at most */
	int64_t give_up_ms; /* of this wait */
	/* statements that have been run, to be run again: parsing one costs more than running it,
	 * and a large gang has one for each node */
	sqlite3_stmt *kept[16];
	unsigned nkept; /* ever kept, the oldest make room */
};

/* lib/state/schema.sql and schema_2.sql, made into C by the Makefile */
extern const char db_schema_sql[], db_schema_2_sql[];

/* One step of the migration: brings a database of the version before to VERSION. */
struct db_migration {
	int version;
	const char *sql;
};
/* Bring DB to STEPS[N - 1].version, each step and the version's number in one transaction. */
int db_migrate(struct db *db, const struct db_migration *steps, size_t n, struct err *err);

/* May a database on a file system of this kind (statfs f_type) have a write-ahead log? Pure. */
bool db_wal_fits(unsigned long fs_type);

/* What SQLite's result RC means to us, in ERR. SYS_ERRNO: sqlite3_system_errno(). Returns -1. */
int db_error_of(
	const char *path, int rc, int sys_errno, const char *detail, int wait_ms, struct err *err);
/* The same for the last call on DB, which gave RC. */
int db_error(struct db *db, int rc, struct err *err);

struct db_value {
	enum { DB_VALUE_NULL, DB_VALUE_INT, DB_VALUE_TEXT } kind;
	int64_t i;
	const char *s;
};

static inline struct db_value db_value_int(int64_t i)
{
	return (struct db_value){.kind = DB_VALUE_INT, .i = i};
}

/* NULL stays NULL. The text must live until the statement is reset. */
static inline struct db_value db_value_text(const char *s)
{
	return (struct db_value){.kind = s ? DB_VALUE_TEXT : DB_VALUE_NULL, .s = s};
}

#define DB_INT(v)  db_value_int(v)
#define DB_TEXT(v) db_value_text(v)
/* "" is NULL in the database: the references that may be empty. */
#define DB_REF(v) db_value_text(*(v) ? (v) : NULL)

#define DB_VALUES_(...)                                                                            \
	(const struct db_value[]){__VA_ARGS__},                                                    \
		sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

/* Prepare and bind; NULL on failure. */
#define DB_PREPARE(db, err, sql, ...) db_prepare(db, err, sql, DB_VALUES_(__VA_ARGS__))
sqlite3_stmt *db_prepare(
	struct db *db, struct err *err, const char *sql, const struct db_value *values, size_t n);
/* Bind again for another round of the same statement. */
#define DB_REBIND(db, err, stmt, ...) db_rebind(db, err, stmt, DB_VALUES_(__VA_ARGS__))
int db_rebind(struct db *db, struct err *err, sqlite3_stmt *stmt, const struct db_value *values,
	size_t n);
/* 1: a row, 0: the end, -1. */
int db_step(struct db *db, sqlite3_stmt *stmt, struct err *err);
/* End the statements that db_run() and db_select_int() keep; before the connection is closed. */
void db_drop_kept(struct db *db);
/* Run a statement that gives no rows; returns how many it changed, or -1. */
#define DB_RUN(db, err, sql, ...) db_run(db, err, sql, DB_VALUES_(__VA_ARGS__))
int db_run(
	struct db *db, struct err *err, const char *sql, const struct db_value *values, size_t n);
/* Step a bound statement that gives no rows to its end; how many it changed, or -1. */
int db_run_stmt(struct db *db, sqlite3_stmt *stmt, struct err *err);
/* The one integer of the first row; 0 where there is none. */
#define DB_SELECT_INT(db, err, value, sql, ...)                                                    \
	db_select_int(db, err, value, sql, DB_VALUES_(__VA_ARGS__))
int db_select_int(struct db *db, struct err *err, int64_t *value, const char *sql,
	const struct db_value *values, size_t n);
/* SQL without values, such as BEGIN and PRAGMA. */
int db_exec(struct db *db, const char *sql, struct err *err);

static inline void db_finalize_(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define cleanup_stmt CLEANUP(db_finalize_)

/* Reads the columns of a row from left to right; what goes wrong is told by db_row_check(). */
struct db_row {
	sqlite3_stmt *stmt;
	int col;
	const char *too_long; /* the column that does not fit */
	bool nomem;
};
int64_t db_row_int(struct db_row *row);
void db_row_text(struct db_row *row, char *buf, size_t size); /* NULL gives "" */
char *db_row_dup(struct db_row *row);                         /* NULL gives NULL; heap */
int db_row_check(struct db *db, const struct db_row *row, struct err *err);

/*
 * A scope: a transaction of its own, or, inside an open one, a savepoint: so that every function
 * happens whole or not at all in both. db_leave() with RC < 0 undoes; it returns RC, or -1 with ERR
 * where the commit failed.
 */
struct db_scope {
	bool own;
};
int db_enter(struct db *db, struct db_scope *scope, struct err *err);
int db_leave(struct db *db, const struct db_scope *scope, int rc, struct err *err);

/* Several reads of one moment: an open transaction if there is one, else a read transaction. */
int db_enter_read(struct db *db, struct db_scope *scope, struct err *err);
void db_leave_read(struct db *db, const struct db_scope *scope);

/* Refuse a text that would not fit in its struct again; WHAT names it. */
int db_fits(const char *what, const char *text, size_t size, struct err *err);

/*
 * All rows of STMT (NULL: that failed), which db_prepare() gave: *ARRAY is a heap array of *N
 * elements of SIZE bytes, each filled by READ from a row. When one fails those before are RELEASEd
 * (NULL: they own nothing) and *ARRAY and *N are untouched. db_list_more() puts the rows behind the
 * *N there are, and leaves it to the caller to release them all when it fails.
 */
struct db_list {
	size_t size;
	int (*read)(struct db *db, sqlite3_stmt *stmt, void *element, struct err *err);
	void (*release)(void *element);
};
int db_list_rows(struct db *db, sqlite3_stmt *stmt, const struct db_list *list, void *array,
	size_t *n, struct err *err);
int db_list_more(struct db *db, sqlite3_stmt *stmt, const struct db_list *list, void **array,
	size_t *n, size_t *alloc, struct err *err);
/* Release the N elements and the array. */
void db_list_release(const struct db_list *list, void *array, size_t n);
/* Of statements with one column of text: an array of heap strings. */
extern const struct db_list db_list_texts;

/* gang.c for launch.c and instance.c: the step of a gang inside the caller's scope. */
int gang_step(struct db *db, const char *id, const enum gang_state *from, size_t nfrom,
	enum gang_state to, struct err *err);
int gang_state_of_name(const char *name, enum gang_state *state);
/* gang_job.c for gang.c: the row of one job, over one that is there. */
int gang_job_write(struct db *db, const char *gang, uint32_t job_id, uint32_t restart,
	const char *nodes, struct err *err);

/* budget_settle.c for gang.c: the gang is over now, or it is not over any more. */
int hold_settle(struct db *db, const char *gang, struct err *err);
int hold_reopen(struct db *db, const char *gang, struct err *err);
/* … for instance.c: when it began or ended is known better, and its gang may be settled. */
int hold_instance_changed(struct db *db, const char *instance, struct err *err);
/*
 * What each of the N parts of GANG, in their order, cost before each of the moments UNTIL_S:
 * COSTS[part * nuntil + i].
 */
struct hold_part {
	uint32_t job_id, restart;
};
int hold_costs(struct db *db, const char *gang, const struct hold_part *parts, size_t n,
	const int64_t *until_s, size_t nuntil, int64_t now_ms, int64_t *costs, struct err *err);

#endif
