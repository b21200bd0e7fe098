/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/db.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"
#include "lib/state/owned_file.h"

#define FILE_NAME      "state.db"
#define WRITE_WAIT_MS  10000 /* 500 writers at once were measured to wait up to 4.6 s */
#define READ_WAIT_MS   200
#define CHECK_EVERY_MS 86400000

static const struct db_migration migrations[] = {
	{1, db_schema_sql},
	{2, db_schema_2_sql},
};

/*
 * SQLite calls this while another process holds the lock. Its own way of waiting asks seldom after
 * a while, so that under many writers whoever came first gets it last; here all ask alike.
 */
static int wait_turn(void *arg, int count)
{
	struct db *db = arg;

	if (!count)
		db->give_up_ms = clock_mono_ms() + db->wait_ms;
	if (clock_mono_ms() >= db->give_up_ms)
		return 0;
	clock_sleep_ms(1 + (int64_t)random_below(count < 5 ? 5 : 30));
	return 1;
}

static int open_file(struct db *db, struct err *err)
{
	int flags = db->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc;

#ifdef SQLITE_OPEN_NOFOLLOW /* 3.31; RHEL 8 has 3.26 */
	flags |= SQLITE_OPEN_NOFOLLOW;
#endif
	rc = sqlite3_open_v2(db->path, &db->sql, flags, NULL);
	if (!db->sql)
		return err_nomem(err);
	if (rc != SQLITE_OK)
		return db_error(db, rc, err);
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_handler(db->sql, wait_turn, db);
	/*
	 * The last to close would copy the WAL back under an exclusive lock, which the prolog's
	 * gate may run into, and remove -wal and -shm, which the next reader had to make again.
	 * db_close() copies past readers instead.
	 */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return db_exec(db,
		"PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
		"PRAGMA wal_autocheckpoint = 250; PRAGMA journal_size_limit = 4194304;",
		err);
}

static int read_pragma(struct db *db, const char *sql, int64_t *value, struct err *err)
{
	return db_select_int(db, err, value, sql, NULL, 0);
}

static int read_header(
	struct db *db, int64_t *version, int64_t *application, int64_t *tables, struct err *err)
{
	struct db_scope scope;
	int rc = -1;

	/* of one moment: another process may just be making the schema */
	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	if (read_pragma(db, "PRAGMA user_version", version, err) == 0 &&
		read_pragma(db, "PRAGMA application_id", application, err) == 0 &&
		read_pragma(db, "SELECT count(*) FROM sqlite_master", tables, err) == 0)
		rc = 0;
	db_leave_read(db, &scope);
	return rc;
}

/* Is it ours, and of which version? 0: empty. */
static int read_version(struct db *db, int newest, int64_t *version, struct err *err)
{
	int64_t application = 0, tables = 0;

	if (read_header(db, version, &application, &tables, err) < 0)
		return -1;
	if (application != DB_APPLICATION_ID && (application || *version || tables))
		return err_set(err, ERR_FATAL,
			"%s is a SQLite database, but not one of aws-slurm-burst: move it away",
			db->path);
	if (*version > newest)
		return err_set(err, ERR_CONFIG,
			"%s has schema version %" PRId64
			", this program knows versions up to %d: install the "
			"newer aws-slurm-burst that wrote it",
			db->path, *version, newest);
	return 0;
}

/*
 * Those known to be local, where mmap(2) and locks are one kernel's own: a list of what is not
 * would never be complete (NFS, Lustre, CephFS, GPFS, FUSE …), and the rollback journal is right on
 * all.
 */
bool db_wal_fits(unsigned long fs_type)
{
	static const uint32_t local[] = {
		0xef53,     /* ext2, ext3, ext4 */
		0x58465342, /* XFS */
		0x9123683e, /* btrfs */
		0xf2f52010, /* F2FS */
		0xca451a4e, /* bcachefs */
		0x2fc12fc1, /* ZFS */
		0x01021994, /* tmpfs */
		0x858458f6, /* ramfs */
		0x794c7630, /* overlayfs; its upper directory cannot be on NFS */
	};

	/* f_type is a signed long somewhere: compare what magic numbers have, 32 bits */
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((uint32_t)fs_type == local[i])
			return true;
	return false;
}

static bool wants_wal(const struct db *db, bool shared)
{
	struct statfs fs;

	return !shared && statfs(db->path, &fs) == 0 && db_wal_fits((unsigned long)fs.f_type);
}

/* Set the journal's mode unless it is so. Other openers may be at the same: wait for them. */
static int set_journal(struct db *db, bool wal, struct err *err)
{
	const char *want = wal ? "wal" : "delete";
	int64_t deadline_ms = clock_mono_ms() + db->wait_ms;
	struct err why = {0};
	int rc;

	for (bool set = false;; set = true) {
		cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, &why,
			!set  ? "PRAGMA journal_mode"
			: wal ? "PRAGMA journal_mode = WAL"
			      : "PRAGMA journal_mode = DELETE",
			NULL, 0);

		rc = stmt ? db_step(db, stmt, &why) : -1;
		if (rc > 0 && !strcmp((const char *)sqlite3_column_text(stmt, 0), want))
			return 0;
		if (rc > 0 && set)
			return err_set(err, ERR_FATAL,
				"%s cannot have a write-ahead log: say that the state directory is "
				"shared",
				db->path);
		if (rc < 0 && (why.class != ERR_BUSY || clock_mono_ms() >= deadline_ms)) {
			if (err)
				*err = why;
			return -1;
		}
		if (set)
			clock_sleep_ms(5 + (int64_t)random_below(20));
	}
}

static int begin_raw(struct db *db, struct err *err)
{
	return db_exec(db, "BEGIN IMMEDIATE", err);
}

static void rollback_raw(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

static int commit_raw(struct db *db, struct err *err)
{
	if (db_exec(db, "COMMIT", err) == 0) {
		db->wrote = true;
		return 0;
	}
	rollback_raw(db);
	return -1;
}

static int migrate_step(struct db *db, const struct db_migration *step, struct err *err)
{
	char pragma[96];

	if (db_exec(db, step->sql, err) < 0)
		return err_prefix(err, "schema version %d", step->version);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d; PRAGMA application_id = %d",
		step->version, DB_APPLICATION_ID);
	return db_exec(db, pragma, err);
}

int db_migrate(struct db *db, const struct db_migration *steps, size_t n, struct err *err)
{
	int newest = steps[n - 1].version;
	int64_t version;

	if (begin_raw(db, err) < 0)
		return -1;
	/* read again, now that no other process can be migrating */
	if (read_version(db, newest, &version, err) < 0)
		goto error;
	for (size_t i = 0; i < n; i++)
		if (steps[i].version > version && migrate_step(db, &steps[i], err) < 0)
			goto error;
	if (commit_raw(db, err) < 0)
		return -1;
	db->is_new = !version;
	return 0;
error:
	rollback_raw(db);
	return -1;
}

static int prepare_for_reading(struct db *db, int64_t version, struct err *err)
{
	if (!version)
		return err_set(
			err, ERR_NOTFOUND, "%s is empty: nothing has been written yet", db->path);
	if (version < DB_VERSION)
		return err_set(err, ERR_BUSY,
			"%s has schema version %" PRId64
			": the next command that writes brings it to %d",
			db->path, version, DB_VERSION);
	return 0;
}

static int prepare_for_writing(struct db *db, int64_t version, bool shared, struct err *err)
{
	if (set_journal(db, wants_wal(db, shared), err) < 0)
		return -1;
	if (version == DB_VERSION)
		return 0;
	return db_migrate(db, migrations, ARRAY_SIZE(migrations), err);
}

struct db *db_open(const char *dir, enum db_mode mode, bool shared, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int64_t version;

	if (!db) {
		err_nomem(err);
		return NULL;
	}
	db->read_only = mode == DB_READ_ONLY;
	db->wait_ms = db->read_only ? READ_WAIT_MS : WRITE_WAIT_MS;
	if (gethostname(db->host, sizeof(db->host) - 1) < 0)
		snprintf(db->host, sizeof(db->host), "localhost");
	if (owned_file_find(dir, FILE_NAME, mode == DB_READ_WRITE, &db->path, err) < 0 ||
		open_file(db, err) < 0 || read_version(db, DB_VERSION, &version, err) < 0)
		goto error;
	if (db->read_only ? prepare_for_reading(db, version, err) < 0
			  : prepare_for_writing(db, version, shared, err) < 0)
		goto error;
	return db;
error:
	db_close(db);
	return NULL;
}

void db_close(struct db *db)
{
	int saved = errno;

	if (!db)
		return;
	db_rollback(db);
	db_drop_kept(db);
	/* so that state.db is whole in itself, should somebody clear the files beside it; what
	 * cannot be copied now stays in the WAL */
	if (db->wrote)
		sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_close_v2(db->sql);
	free(db->path);
	free(db);
	errno = saved;
}

bool db_is_read_only(const struct db *db)
{
	return db->read_only;
}

bool db_is_new(const struct db *db)
{
	return db->is_new;
}

int db_has_room(struct db *db, int64_t bytes, struct err *err)
{
	struct statvfs fs;

	if (statvfs(db->path, &fs) < 0)
		return err_errno(err, ERR_FATAL, "%s", db->path);
	if (fs.f_flag & ST_RDONLY)
		return db_error_of(db->path, SQLITE_READONLY, 0, "", 0, err);
	/* not what is kept for root */
	if ((uint64_t)fs.f_bavail < (uint64_t)bytes / fs.f_frsize)
		return err_set(err, ERR_FATAL,
			"%s has only %llu KiB left on its disk, too few to launch safely: make "
			"room",
			db->path, (unsigned long long)((uint64_t)fs.f_bavail * fs.f_frsize / 1024));
	return 0;
}

/* Who wrote last: of two controllers only one knows. A move is kept until it is reconciled. */
static int stamp_host(struct db *db, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT value FROM meta WHERE key = 'host'", NULL, 0);
	char host[sizeof(db->host)];
	int rc;

	if (!stmt)
		return -1;
	rc = db_step(db, stmt, err);
	if (rc < 0)
		return -1;
	if (rc) {
		struct db_row row = {.stmt = stmt};

		db_row_text(&row, host, sizeof(host));
		if (!strcmp(host, db->host))
			return 0;
		if (DB_RUN(db, err,
			    "INSERT OR IGNORE INTO meta (key, value) VALUES ('moved_from', ?)",
			    DB_TEXT(host)) < 0)
			return -1;
	}
	return DB_RUN(db, err, "INSERT OR REPLACE INTO meta (key, value) VALUES ('host', ?)",
		       DB_TEXT(db->host)) < 0
		       ? -1
		       : 0;
}

static int begin_write(struct db *db, struct err *err)
{
	if (db->read_only)
		return err_set(err, ERR_FATAL, "%s is opened for reading only", db->path);
	if (begin_raw(db, err) < 0)
		return -1;
	if (stamp_host(db, err) < 0) {
		rollback_raw(db);
		return -1;
	}
	return 0;
}

int db_begin(struct db *db, struct err *err)
{
	if (db->open_tx)
		return err_set(err, ERR_FATAL, "%s: transaction inside a transaction", db->path);
	if (begin_write(db, err) < 0)
		return -1;
	db->open_tx = true;
	return 0;
}

/* SQLite itself rolls back when the disk is full or memory runs out: what follows must not
 * happen on its own. */
static int still_open(struct db *db, struct err *err)
{
	if (!sqlite3_get_autocommit(db->sql))
		return 0;
	return err_set(
		err, ERR_FATAL, "%s: the transaction was rolled back after an error", db->path);
}

int db_commit(struct db *db, struct err *err)
{
	if (!db->open_tx)
		return err_set(err, ERR_FATAL, "%s: no transaction to commit", db->path);
	db->open_tx = false;
	if (still_open(db, err) < 0)
		return -1;
	return commit_raw(db, err);
}

void db_rollback(struct db *db)
{
	if (!db || !db->open_tx)
		return;
	db->open_tx = false;
	rollback_raw(db);
}

int db_enter(struct db *db, struct db_scope *scope, struct err *err)
{
	scope->own = !db->open_tx;
	if (scope->own)
		return begin_write(db, err);
	if (still_open(db, err) < 0)
		return -1;
	return db_exec(db, "SAVEPOINT step", err);
}

int db_leave(struct db *db, const struct db_scope *scope, int rc, struct err *err)
{
	if (scope->own) {
		if (rc >= 0)
			return commit_raw(db, err) < 0 ? -1 : rc;
		rollback_raw(db);
		return rc;
	}
	if (rc >= 0)
		return db_exec(db, "RELEASE step", err) < 0 ? -1 : rc;
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK TO step; RELEASE step", NULL, NULL, NULL);
	return rc;
}

int db_enter_read(struct db *db, struct db_scope *scope, struct err *err)
{
	scope->own = sqlite3_get_autocommit(db->sql);
	return scope->own ? db_exec(db, "BEGIN", err) : 0;
}

void db_leave_read(struct db *db, const struct db_scope *scope)
{
	if (scope->own)
		rollback_raw(db);
}

int db_begin_read(struct db *db, struct err *err)
{
	if (!sqlite3_get_autocommit(db->sql))
		return err_set(err, ERR_FATAL, "%s: a transaction is open already", db->path);
	return db_exec(db, "BEGIN", err);
}

void db_end_read(struct db *db)
{
	if (!db->open_tx && !sqlite3_get_autocommit(db->sql))
		rollback_raw(db);
}

bool db_has_moved(const struct db *db)
{
	int moved = 0;

	return sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

int db_check(struct db *db, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err, "PRAGMA integrity_check(1)", NULL, 0);
	const char *text;
	int64_t orphans;

	if (!stmt || db_step(db, stmt, err) < 0)
		return -1;
	text = (const char *)sqlite3_column_text(stmt, 0);
	if (!text || strcmp(text, "ok"))
		return db_error_of(db->path, SQLITE_CORRUPT, 0, text ? text : "no answer", 0, err);
	if (read_pragma(db, "SELECT count(*) FROM pragma_foreign_key_check", &orphans, err) < 0)
		return -1;
	if (orphans)
		return db_error_of(
			db->path, SQLITE_CORRUPT, 0, "rows that belong to no gang", 0, err);
	return 0;
}

int db_check_daily(struct db *db, struct err *err)
{
	int64_t now_ms = clock_now_ms(), checked_ms = 0;
	char text[24];

	if (DB_SELECT_INT(db, err, &checked_ms,
		    "SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?",
		    DB_TEXT("checked_ms")) < 0)
		return -1;
	/* one in the future: the clock was set back */
	if (checked_ms <= now_ms && now_ms - checked_ms < CHECK_EVERY_MS)
		return 0;
	if (db_check(db, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%" PRId64, now_ms);
	return meta_set(db, "checked_ms", text, err);
}

int meta_get(struct db *db, const char *key, char **value, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT value FROM meta WHERE key = ?", DB_TEXT(key));
	struct db_row row = {.stmt = stmt};
	char *copy;
	int rc;

	if (!stmt)
		return -1;
	rc = db_step(db, stmt, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return err_set(err, ERR_NOTFOUND, "%s holds no \"%s\"", db->path, key);
	copy = db_row_dup(&row);
	if (!copy) /* the column is never NULL */
		return err_nomem(err);
	*value = copy;
	return 0;
}

int meta_set(struct db *db, const char *key, const char *value, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	if (value)
		rc = DB_RUN(db, err, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
			DB_TEXT(key), DB_TEXT(value));
	else
		rc = DB_RUN(db, err, "DELETE FROM meta WHERE key = ?", DB_TEXT(key));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int db_moved(struct db *db, char **from, struct err *err)
{
	cleanup_free char *host = NULL;
	struct err why = {0};

	if (meta_get(db, "moved_from", from, &why) == 0)
		return 1;
	if (why.class == ERR_NOTFOUND) {
		why = (struct err){0};
		if (meta_get(db, "host", &host, &why) == 0) {
			if (!strcmp(host, db->host))
				return 0;
			*from = STEAL_POINTER(host);
			return 1;
		}
	}
	if (why.class == ERR_NOTFOUND)
		return 0; /* nobody has written yet */
	if (err)
		*err = why;
	return -1;
}

int db_set_reconciled(struct db *db, struct err *err)
{
	return meta_set(db, "moved_from", NULL, err);
}
