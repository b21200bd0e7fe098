/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/state_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"

static int64_t pragma(const char *sql)
{
	int64_t v = -1;

	ok(db_select_int(state_db, &err, &v, sql, NULL, 0));
	return v;
}

static bool journal_is(const char *mode)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		state_db, NULL, "PRAGMA journal_mode", NULL, 0);

	ck_assert_int_eq(db_step(state_db, stmt, NULL), 1);
	return !strcmp((const char *)sqlite3_column_text(stmt, 0), mode);
}

START_TEST(settings)
{
	state_reopen(DB_READ_WRITE, false);
	ck_assert(db_is_new(state_db));
	state_reopen(DB_READ_WRITE, false);
	ck_assert(!db_is_new(state_db));
	ck_assert_int_eq(pragma("PRAGMA user_version"), DB_VERSION);
	ck_assert_int_eq(pragma("PRAGMA application_id"), DB_APPLICATION_ID);
	ck_assert_int_eq(pragma("PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(pragma("PRAGMA synchronous"), 2);
	ck_assert_int_eq(state_db->wait_ms, 10000);
	ck_assert(journal_is("wal"));
	state_add_gang("a", "n1");
	state_count_files(geteuid());
	/* a site that moves the directory to a shared file system, and back */
	state_reopen(DB_READ_WRITE, true);
	ck_assert(journal_is("delete"));
	ck_assert_uint_eq(state_gangs(), 1);
	state_reopen(DB_READ_ONLY, true);
	ck_assert_int_eq(state_db->wait_ms, 200);
	state_reopen(DB_READ_WRITE, false);
	ck_assert(journal_is("wal"));
	ok(db_check(state_db, &err));
	db_close(NULL);
}
END_TEST

START_TEST(bad_directories)
{
	char link[sizeof(state_dir) + 8], real[sizeof(state_dir)];

	ck_assert_int_eq(chmod(state_dir, 0750), 0);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG,
		"has mode 0750: chmod 0700 it");
	ck_assert_int_eq(chmod(state_dir, 0700), 0);
	snprintf(real, sizeof(real), "%s", state_dir);
	snprintf(link, sizeof(link), "%s-link", state_dir);
	ck_assert_int_eq(symlink(real, link), 0);
	memcpy(state_dir, link, strlen(link) + 1);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a directory");
	unlink(link);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_NOTFOUND, "state directory /tmp");
	snprintf(state_dir, sizeof(state_dir), "%s", real);
	ck_assert_int_eq(state_count_files(geteuid()), 0);
}
END_TEST

static void write_file(const char *data, size_t len, off_t at, mode_t mode)
{
	cleanup_close int fd = open(state_path("state.db"), O_RDWR | O_CREAT, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(pwrite(fd, data, len, at), len);
}

START_TEST(bad_files)
{
	char noise[8192], path[400];

	memset(noise, 'x', sizeof(noise));
	write_file(noise, sizeof(noise), 0, 0600);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "state.db is damaged");
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_FATAL, "reconcile --rebuild");
	ck_assert_int_eq(chmod(state_path("state.db"), 0644), 0);
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_CONFIG,
		"has mode 0644: chmod 0600 it");
	snprintf(path, sizeof(path), "%s", state_path("state.db"));
	ck_assert_int_eq(rename(path, state_path("other")), 0);
	ck_assert_int_eq(symlink("other", path), 0);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a regular file");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a regular file");
	rmdir(path);
	unlink(state_path("other"));
}
END_TEST

START_TEST(a_damaged_page_is_found)
{
	char noise[512];

	state_reopen(DB_READ_WRITE, true); /* no WAL: everything is in the file */
	for (int i = 0; i < 50; i++) {
		char id[16];

		snprintf(id, sizeof(id), "gang-%d", i);
		state_add_gang(id, "n[1-20]");
	}
	ok(db_check(state_db, &err));
	db_close(state_db);
	state_db = NULL;
	memset(noise, 0x5a, sizeof(noise));
	for (off_t page = 4; page < 12; page++)
		write_file(noise, sizeof(noise), page * 4096, 0600);
	state_reopen(DB_READ_WRITE, true);
	refused(db_check(state_db, &err), ERR_FATAL, "is damaged (");
}
END_TEST

static void raw(const char *sql)
{
	sqlite3 *sql3;

	ck_assert_int_eq(sqlite3_open(state_path("state.db"), &sql3), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(sql3, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(sql3));
	sqlite3_close(sql3);
}

START_TEST(not_ours)
{
	write_file("", 0, 0, 0600);
	raw("CREATE TABLE mine (a)");
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_FATAL,
		"but not one of aws-slurm-burst");
	raw("DROP TABLE mine; PRAGMA application_id = 99");
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_FATAL,
		"but not one of aws-slurm-burst");
}
END_TEST

START_TEST(a_newer_version_is_left_alone)
{
	state_reopen(DB_READ_WRITE, true);
	raw("PRAGMA user_version = 7");
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG,
		"has schema version 7, this program knows versions up to 2");
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_CONFIG, "schema version 7");
	raw("PRAGMA user_version = 2");
	state_reopen(DB_READ_ONLY, false);
	ck_assert(journal_is("delete")); /* not even that was changed */
}
END_TEST

static const struct db_migration steps[] = {
	{1, db_schema_sql},
	{2, db_schema_2_sql},
	{3, "ALTER TABLE gang ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'"},
	{4, "UPDATE gang SET colour = 'red' WHERE job_id = 7; CREATE TABLE t3 (a)"},
};

START_TEST(migration)
{
	const struct db_migration broken[] = {steps[0], steps[1], steps[2], steps[3],
		{5, "CREATE TABLE t4 (a); CREATE TABLE t3 (a)"}};
	int64_t n;

	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	refused(db_migrate(state_db, broken, 5, &err), ERR_FATAL, "schema version 5: ");
	ck_assert_int_eq(pragma("PRAGMA user_version"), DB_VERSION);
	ok(db_migrate(state_db, steps, 4, &err));
	ck_assert_int_eq(pragma("PRAGMA user_version"), 4);
	ck_assert_int_eq(pragma("SELECT count(*) FROM gang WHERE colour = 'red'"), 1);
	ok(db_migrate(state_db, steps, 4, &err)); /* another process was first: nothing to do */
	refused(db_migrate(state_db, broken, 5, &err), ERR_FATAL, "schema version 5: ");
	ck_assert_int_eq(pragma("PRAGMA user_version"), 4);
	n = pragma("SELECT count(*) FROM sqlite_master WHERE name = 't4'");
	ck_assert_int_eq(n, 0);
	refused(db_migrate(state_db, steps, 3, &err), ERR_CONFIG, "has schema version 4");
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "has schema version 4");
}
END_TEST

static char *schema_of(struct db *db)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, NULL,
		"SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master "
		"ORDER BY type, name",
		NULL, 0);

	while (db_step(db, stmt, NULL) > 0)
		strbuf_addf(&text, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
	ck_assert(!text.failed);
	return strdup(text.buf);
}

/* One that a program of version 1 wrote, with a gang that is over and one that runs. */
START_TEST(version_1_becomes_version_2)
{
	cleanup_free char *sql = NULL, *fresh = NULL, *migrated = NULL;
	cleanup_free struct instance *list = NULL;
	CLEANUP(gang_release) struct gang g = {0};
	int64_t uusd = 0;
	size_t n;

	state_reopen(DB_READ_WRITE, false);
	fresh = schema_of(state_db);
	db_close(state_db);
	state_db = NULL;
	unlink(state_path("state.db"));
	unlink(state_path("state.db-wal"));
	unlink(state_path("state.db-shm"));
	ok(file_read(VECTORS "/state/v1.sql", 1 << 20, &sql, &n, &err));
	write_file("", 0, 0, 0600);
	raw(sql);
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_BUSY,
		"has schema version 1: the next command that writes brings it to 2");
	state_reopen(DB_READ_WRITE, false);
	ck_assert_int_eq(pragma("PRAGMA user_version"), 2);
	migrated = schema_of(state_db);
	ck_assert_str_eq(migrated, fresh);
	ok(db_check(state_db, &err));
	ok(gang_get(state_db, "2-59e452ec56", &g, &err));
	ck_assert_int_eq(g.state, GANG_ACTIVE);
	ok(instance_list(state_db, NULL, true, &list, &n, &err));
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(list[2].state, INSTANCE_RUNNING);
	ck_assert_str_eq(list[2].node, "aws-hpc-2");
	for (size_t i = 0; i < n; i++)
		ck_assert(!list[i].ended_s && !list[i].named);
	ok(gang_cost(state_db, "1-44c5ab3529", 0, &uusd, NULL, &err));
	ck_assert_int_gt(uusd, 0);
	/* what version 1 writes, while it still runs, is right for version 2 */
	ok(db_exec(state_db,
		"INSERT INTO instance (id, gang, launch, region, state, node, type, az, subnet, "
		"ip, "
		"spot, rate_uusd_hr, launched_s, bound_ms, end_asked_ms, last_asked_ms, "
		"terminated_ms, why) VALUES ('i-1', '2-59e452ec56', NULL, 'us-east-2', 'running', "
		"NULL, '', '', '', '', 0, -1, 0, 0, 0, 0, 0, '')",
		&err));
	db_close(state_db);
	state_db = NULL;
	state_reopen(DB_READ_ONLY, false);
}
END_TEST

START_TEST(an_older_version_waits_for_a_writer)
{
	state_reopen(DB_READ_WRITE, false);
	/* version 0 with our mark: what a version before 1 would have been is "nothing yet" */
	raw("PRAGMA user_version = 0");
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND,
		"nothing has been written yet");
}
END_TEST

START_TEST(transactions)
{
	state_reopen(DB_READ_WRITE, false);
	ok(db_begin(state_db, &err));
	refused(db_begin(state_db, &err), ERR_FATAL, "transaction inside a transaction");
	state_add_gang("a", "n1");
	db_rollback(state_db);
	db_rollback(state_db);
	db_rollback(NULL);
	ck_assert_uint_eq(state_gangs(), 0);
	refused(db_commit(state_db, &err), ERR_FATAL, "no transaction to commit");
	ok(db_begin(state_db, &err));
	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	refused(gang_set_plan(state_db, "x", "p", &err), ERR_NOTFOUND, "no gang x");
	ok(db_commit(state_db, &err));
	ck_assert_uint_eq(state_gangs(), 2);
	ok(db_begin(state_db, &err));
	state_add_gang("c", "n1");
	db_close(state_db); /* an open one is rolled back */
	state_db = NULL;
	state_reopen(DB_READ_WRITE, false);
	ck_assert_uint_eq(state_gangs(), 2);
}
END_TEST

START_TEST(reads_of_one_moment)
{
	struct db *writer;

	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	writer = state_db;
	state_db = NULL;
	state_db = db_open(state_dir, DB_READ_ONLY, false, &err);
	ck_assert_msg(state_db != NULL, "%s", err.text);
	ok(db_begin_read(state_db, &err));
	ck_assert_uint_eq(state_gangs(), 1);
	{
		char nodes[] = "n2";
		struct gang g = state_gang("b", nodes);

		ok(gang_insert(writer, &g, &err));
	}
	ck_assert_uint_eq(state_gangs(), 1);
	refused(db_begin_read(state_db, &err), ERR_FATAL, "a transaction is open already");
	db_end_read(state_db);
	ck_assert_uint_eq(state_gangs(), 2);
	db_end_read(state_db);
	db_close(state_db);
	state_db = writer;
	/* the end of reads is not that of a transaction */
	ok(db_begin(state_db, &err));
	state_add_gang("c", "n3");
	refused(db_begin_read(state_db, &err), ERR_FATAL, "a transaction is open already");
	db_end_read(state_db);
	ok(db_commit(state_db, &err));
	ck_assert_uint_eq(state_gangs(), 3);
}
END_TEST

/* More statements than are kept, each several times, and one that fails in between. */
START_TEST(statements_that_are_run_again)
{
	struct db *writer;
	int64_t v;

	state_reopen(DB_READ_WRITE, false);
	ok(db_exec(state_db, "CREATE TEMP TABLE t (k INTEGER PRIMARY KEY, v TEXT NOT NULL)", &err));
	for (int64_t round = 0; round < 3; round++)
		for (int64_t i = 0; i < 40; i++) {
			char sql[64], text[16];

			snprintf(sql, sizeof(sql), "SELECT ? + %d", (int)i);
			ok(DB_SELECT_INT(state_db, &err, &v, sql, DB_INT(round * 100)));
			ck_assert_int_eq(v, round * 100 + i);
			snprintf(text, sizeof(text), "%d", (int)(round * 100 + i));
			ck_assert_int_eq(DB_RUN(state_db, &err, "INSERT INTO t (v) VALUES (?)",
						 DB_TEXT(text)),
				1);
			memset(text, 'x', sizeof(text) - 1);
			refused(DB_RUN(state_db, &err, "INSERT INTO t (v) VALUES (?)",
					DB_TEXT(NULL)),
				ERR_FATAL, "NOT NULL");
		}
	ok(DB_SELECT_INT(state_db, &err, &v, "SELECT sum(v) FROM t WHERE k > ?", DB_INT(0)));
	ck_assert_int_eq(v, 3 * 780 + 40 * 300);
	ok(DB_SELECT_INT(state_db, &err, &v, "SELECT k FROM t WHERE k > ?", DB_INT(1000)));
	ck_assert_int_eq(v, 0);
	/* one that is kept keeps nobody from writing, nor what is there from being seen */
	ok(DB_SELECT_INT(
		state_db, &err, &v, "SELECT count(*) FROM gang WHERE id > ?", DB_TEXT("")));
	ck_assert_int_eq(v, 0);
	writer = state_db;
	state_db = NULL;
	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	ok(DB_SELECT_INT(writer, &err, &v, "SELECT count(*) FROM gang WHERE id > ?", DB_TEXT("")));
	ck_assert_int_eq(v, 1);
	db_close(writer);
}
END_TEST

/* reconcile --rebuild gives it another file under the feet of those that live long. */
START_TEST(replaced)
{
	char other[128];

	state_reopen(DB_READ_WRITE, false);
	ck_assert(!db_has_moved(state_db));
	ok(meta_set(state_db, "key", "value", &err));
	ck_assert(!db_has_moved(state_db));
	snprintf(other, sizeof(other), "%s", state_path("state.db.old"));
	ck_assert_int_eq(rename(state_path("state.db"), other), 0);
	ck_assert(db_has_moved(state_db));
	state_reopen(DB_READ_WRITE, false);
	ck_assert(!db_has_moved(state_db));
}
END_TEST

START_TEST(disk_full)
{
	cleanup_free char *big = calloc(1, 400001);
	char pages[64];

	memset(big, 'x', 400000);
	state_reopen(DB_READ_WRITE, true);
	state_add_gang("a", "n1");
	snprintf(pages, sizeof(pages), "PRAGMA max_page_count = %d",
		(int)pragma("PRAGMA page_count") + 2);
	ok(db_exec(state_db, pages, &err));
	refused(gang_set_plan(state_db, "a", big, &err), ERR_FATAL, "the disk is full: make room");
	ok(gang_set_plan(state_db, "a", "small", &err));
	/* SQLite rolls all of it back: nothing after that may happen on its own */
	ok(db_begin(state_db, &err));
	ok(gang_set_plan(state_db, "a", "lost", &err));
	ck_assert_int_eq(sqlite3_exec(state_db->sql, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	refused(gang_set_stop(state_db, "a", "x", &err), ERR_FATAL,
		"the transaction was rolled back after an error");
	refused(db_commit(state_db, &err), ERR_FATAL, "the transaction was rolled back");
	ok(gang_set_stop(state_db, "a", "y", &err));
}
END_TEST

static void hit_the_file_limit(void)
{
	struct rlimit small = {40000, 40000};
	cleanup_free char *big = calloc(1, 400001);

	memset(big, 'x', 400000);
	signal(SIGXFSZ, SIG_IGN);
	state_reopen(DB_READ_WRITE, true);
	state_add_gang("a", "n1");
	setrlimit(RLIMIT_FSIZE, &small);
	refused(gang_set_plan(state_db, "a", big, &err), ERR_FATAL, "state.db cannot ");
	db_close(state_db);
	state_db = NULL;
}

START_TEST(room)
{
	state_reopen(DB_READ_WRITE, false);
	ok(db_has_room(state_db, 4096, &err));
	refused(db_has_room(state_db, INT64_MAX, &err), ERR_FATAL,
		"KiB left on its disk, too few to launch safely: make room");
	unlink(state_path("state.db"));
	refused(db_has_room(state_db, 1, &err), ERR_FATAL, "state.db: No such file");
}
END_TEST

START_TEST(which_file_systems)
{
	static const struct {
		unsigned long type;
		bool fits;
	} t[] = {
		{0xef53, true},             /* ext4 */
		{0x58465342, true},         /* XFS */
		{0x9123683e, true},         /* btrfs */
		{0xffffffff9123683e, true}, /* … sign-extended */
		{0x01021994, true},         /* tmpfs */
		{0x6969, false},            /* NFS */
		{0xfe534d42, false},        /* SMB2 */
		{0x0bd00bd0, false},        /* Lustre */
		{0x00c36400, false},        /* CephFS */
		{0x47504653, false},        /* GPFS */
		{0x65735546, false},        /* FUSE */
		{0x01021997, false},        /* 9p */
		{0, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(db_wal_fits(t[i].type) == t[i].fits, "%lx", t[i].type);
}
END_TEST

START_TEST(checked_daily)
{
	char *value = NULL;

	state_reopen(DB_READ_WRITE, false);
	ok(db_check_daily(state_db, &err));
	ok(meta_get(state_db, "checked_ms", &value, &err));
	ck_assert_int_le(llabs(atoll(value) - clock_now_ms()), 60000);
	free(value);
	/* again only after a day: this would be found */
	ok(db_exec(state_db,
		"PRAGMA foreign_keys = OFF; INSERT INTO gang_job VALUES ('none', 1, 0, 'n')",
		&err));
	ok(db_check_daily(state_db, &err));
	ok(meta_set(state_db, "checked_ms", "1", &err));
	refused(db_check_daily(state_db, &err), ERR_FATAL, "rows that belong to no gang");
	ok(meta_set(state_db, "checked_ms", "99999999999999", &err)); /* a clock set back */
	refused(db_check_daily(state_db, &err), ERR_FATAL, "rows that belong to no gang");
	ck_assert(db_is_damage(&err));
	ck_assert(!db_is_read_only(state_db));
	state_reopen(DB_READ_ONLY, false);
	ck_assert(db_is_read_only(state_db));
}
END_TEST

START_TEST(write_error)
{
	ck_assert_int_eq(state_in_child(hit_the_file_limit), 0);
	state_reopen(DB_READ_WRITE, true);
	ck_assert_uint_eq(state_gangs(), 1);
	ok(db_check(state_db, &err));
}
END_TEST

START_TEST(errors_in_plain_words)
{
	static const struct {
		int rc, sys_errno;
		enum err_class class;
		const char *text;
	} t[] = {
		{SQLITE_BUSY, 0, ERR_BUSY, "P is held by another process for more than 5 ms"},
		{SQLITE_BUSY_RECOVERY, 0, ERR_BUSY, "held by another process"},
		{SQLITE_BUSY_SNAPSHOT, 0, ERR_BUSY, "held by another process"},
		{SQLITE_LOCKED, 0, ERR_BUSY, "held by another process"},
		{SQLITE_PROTOCOL, 0, ERR_BUSY, "held by another process"},
		{SQLITE_FULL, 0, ERR_FATAL, "the disk is full"},
		{SQLITE_IOERR_WRITE, EDQUOT, ERR_FATAL, "the disk or the quota is full"},
		{SQLITE_IOERR_WRITE, ENOSPC, ERR_FATAL, "the disk or the quota is full"},
		{SQLITE_IOERR_FSYNC, EIO, ERR_FATAL,
			"cannot be read or written: Input/output error"},
		{SQLITE_IOERR_READ, 0, ERR_FATAL, "cannot be read or written: input/output error"},
		{SQLITE_IOERR_NOMEM, 0, ERR_FATAL, "memory"},
		{SQLITE_NOMEM, 0, ERR_FATAL, "memory"},
		{SQLITE_READONLY, 0, ERR_FATAL, "it or its file system is read-only"},
		{SQLITE_READONLY_DBMOVED, 0, ERR_FATAL, "read-only"},
		{SQLITE_READONLY_ROLLBACK, 0, ERR_BUSY, "waits to be mended"},
		{SQLITE_READONLY_RECOVERY, 0, ERR_BUSY, "waits to be mended"},
		{SQLITE_CANTOPEN, EACCES, ERR_FATAL, "cannot be opened: Permission denied"},
		{SQLITE_CANTOPEN, 0, ERR_FATAL, "cannot be opened: detail"},
		{SQLITE_NOTADB, 0, ERR_FATAL,
			"P is damaged (detail): \"aws-slurm-burst reconcile --rebuild\""},
		{SQLITE_CORRUPT_INDEX, 0, ERR_FATAL,
			"P is damaged (detail): \"aws-slurm-burst reconcile --rebuild\""},
		{SQLITE_CONSTRAINT_CHECK, 0, ERR_FATAL, "P: detail (SQLite result 275)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		refused(db_error_of("P", t[i].rc, t[i].sys_errno, "detail", 5, &err), t[i].class,
			t[i].text);
	ck_assert(!db_is_damage(&err));
	db_error_of("P", SQLITE_CORRUPT, 0, "detail", 5, &err);
	ck_assert(db_is_damage(&err));
	ck_assert_int_eq(db_error_of("P", SQLITE_CORRUPT, 0, "detail", 5, NULL), -1);
}
END_TEST

START_TEST(rows_that_are_not_ours)
{
	struct gang g = {0}, *list;
	size_t n;

	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	ok(db_exec(state_db, "UPDATE gang SET user = hex(zeroblob(64))", &err));
	refused(gang_get(state_db, "a", &g, &err), ERR_FATAL,
		"state.db holds a user that is too long to be ours");
	refused(gang_list(state_db, true, &list, &n, &err), ERR_FATAL, "holds a user");
	refused(db_exec(state_db, "UPDATE gang SET state = 'flying'", &err), ERR_FATAL,
		"CHECK constraint failed");
	refused(db_exec(state_db, "DELETE FROM gang", &err), ERR_FATAL,
		"FOREIGN KEY constraint failed");
	ok(db_exec(state_db,
		"PRAGMA ignore_check_constraints = ON; UPDATE gang SET user = '', state = 'flying'",
		&err));
	refused(gang_get(state_db, "a", &g, &err), ERR_FATAL, "gang a in an unknown state");
	refused(gang_fail(state_db, "a", "x", &err), ERR_FATAL, "gang a in an unknown state");
	ok(db_exec(state_db, "PRAGMA foreign_keys = OFF; DELETE FROM gang", &err));
	refused(db_check(state_db, &err), ERR_FATAL, "is damaged (");
}
END_TEST

START_TEST(meta)
{
	char *v = NULL;

	state_reopen(DB_READ_WRITE, false);
	refused(meta_get(state_db, "k", &v, &err), ERR_NOTFOUND, "holds no \"k\"");
	ok(meta_set(state_db, "k", "'one'", &err));
	ok(meta_set(state_db, "k", "two", &err));
	ok(meta_get(state_db, "k", &v, &err));
	ck_assert_str_eq(v, "two");
	free(v);
	ok(meta_set(state_db, "k", NULL, &err));
	ok(meta_set(state_db, "k", NULL, &err));
	refused(meta_get(state_db, "k", &v, &err), ERR_NOTFOUND, "holds no \"k\"");
}
END_TEST

START_TEST(the_host_that_wrote_last)
{
	char *from = NULL;

	state_reopen(DB_READ_WRITE, true);
	ck_assert_int_eq(db_moved(state_db, &from, &err), 0); /* nobody has written */
	state_add_gang("a", "n1");
	ck_assert_int_eq(db_moved(state_db, &from, &err), 0);
	snprintf(state_db->host, sizeof(state_db->host), "ctl2"); /* the other controller */
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	ck_assert_ptr_nonnull(from);
	free(from);
	/* writes before it has reconciled do not hide it, nor does a rollback or a new start */
	ok(db_begin(state_db, &err));
	state_add_gang("b", "n1");
	db_rollback(state_db);
	state_add_gang("c", "n1");
	state_add_gang("d", "n1");
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	free(from);
	state_reopen(DB_READ_WRITE, true);
	snprintf(state_db->host, sizeof(state_db->host), "ctl3"); /* neither has the third */
	state_add_gang("e", "n1");
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	ck_assert_str_ne(from, "ctl2"); /* what is not reconciled goes back to the first */
	free(from);
	snprintf(state_db->host, sizeof(state_db->host), "ctl2");
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	free(from);
	ok(db_set_reconciled(state_db, &err));
	ck_assert_int_eq(db_moved(state_db, &from, &err), 0);
	state_reopen(DB_READ_ONLY, true); /* back on the first */
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	ck_assert_str_eq(from, "ctl2");
	free(from);
}
END_TEST

START_TEST(reader_makes_nothing)
{
	struct stat before, after;
	int files;

	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND, "state.db");
	ck_assert_int_eq(state_count_files(geteuid()), 0);
	write_file("", 0, 0, 0600);
	refused(state_open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND,
		"nothing has been written yet");
	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	db_close(state_db);
	state_db = NULL;
	files = state_count_files(geteuid());
	ck_assert_int_eq(files, 3); /* -wal and -shm have stayed */
	ck_assert_int_eq(stat(state_path("state.db"), &before), 0);
	state_reopen(DB_READ_ONLY, false);
	ck_assert_uint_eq(state_gangs(), 1);
	ck_assert_int_eq(state_count_files(geteuid()), files);
	refused(gang_set_plan(state_db, "a", "p", &err), ERR_FATAL, "is opened for reading only");
	refused(db_begin(state_db, &err), ERR_FATAL, "is opened for reading only");
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(state_count_files(geteuid()), files);
	ck_assert_int_eq(stat(state_path("state.db"), &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	/* the same with the rollback journal */
	state_reopen(DB_READ_WRITE, true);
	state_reopen(DB_READ_ONLY, true);
	ck_assert_uint_eq(state_gangs(), 1);
	ck_assert_int_eq(state_count_files(geteuid()), 1);
}
END_TEST

START_TEST(reading_during_writes)
{
	struct db *writer, *reader;

	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	writer = state_db;
	ok(db_begin(writer, &err));
	state_add_gang("b", "n2");
	state_db = NULL;
	state_reopen(DB_READ_ONLY, false);   /* would fail if it had to wait for the writer */
	ck_assert_uint_eq(state_gangs(), 1); /* … and does not see what is not committed */
	ok(db_commit(writer, &err));
	ck_assert_uint_eq(state_gangs(), 2);
	reader = state_db;
	state_db = writer;
	db_close(reader);
}
END_TEST

START_TEST(reader_gives_up_soon)
{
	struct gang *list;
	int64_t start_ms;
	struct db *writer;
	size_t n;

	state_reopen(DB_READ_WRITE, true);
	state_add_gang("a", "n1");
	writer = state_db;
	ok(db_exec(writer, "BEGIN EXCLUSIVE", &err)); /* as while committing */
	state_db = NULL;
	start_ms = clock_mono_ms();
	refused(state_open_rc(DB_READ_ONLY, true, &err), ERR_BUSY,
		"held by another process for more than 200 ms");
	ck_assert_int_ge(clock_mono_ms() - start_ms, 150);
	ck_assert_int_lt(clock_mono_ms() - start_ms, 8000); /* a writer waits for 10 s */
	ok(db_exec(writer, "COMMIT", &err));
	state_reopen(DB_READ_ONLY, true);
	ok(db_exec(writer, "BEGIN EXCLUSIVE", &err));
	refused(gang_list(state_db, true, &list, &n, &err), ERR_BUSY, "held by another process");
	ok(db_exec(writer, "COMMIT", &err));
	ck_assert_uint_eq(state_gangs(), 1);
	db_close(writer);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("db");
	TCase *tc = tcase_create("db");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, settings);
	tcase_add_test(tc, bad_directories);
	tcase_add_test(tc, bad_files);
	tcase_add_test(tc, a_damaged_page_is_found);
	tcase_add_test(tc, not_ours);
	tcase_add_test(tc, a_newer_version_is_left_alone);
	tcase_add_test(tc, migration);
	tcase_add_test(tc, version_1_becomes_version_2);
	tcase_add_test(tc, an_older_version_waits_for_a_writer);
	tcase_add_test(tc, transactions);
	tcase_add_test(tc, reads_of_one_moment);
	tcase_add_test(tc, statements_that_are_run_again);
	tcase_add_test(tc, disk_full);
	tcase_add_test(tc, replaced);
	tcase_add_test(tc, room);
	tcase_add_test(tc, which_file_systems);
	tcase_add_test(tc, checked_daily);
	tcase_add_test(tc, write_error);
	tcase_add_test(tc, errors_in_plain_words);
	tcase_add_test(tc, rows_that_are_not_ours);
	tcase_add_test(tc, meta);
	tcase_add_test(tc, the_host_that_wrote_last);
	tcase_add_test(tc, reader_makes_nothing);
	tcase_add_test(tc, reading_during_writes);
	tcase_add_test(tc, reader_gives_up_soon);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
