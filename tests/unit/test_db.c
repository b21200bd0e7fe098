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
#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"

#define NOBODY 65534

static void reopen(enum db_mode mode, bool shared)
{
	db_close(state_db);
	err = (struct err){0};
	state_db = db_open(state_dir, mode, shared, &err);
	ck_assert_msg(state_db != NULL, "%s", err.text);
}

/* db_open() as a call that gives 0 or -1; what it opened goes to state_db. */
static int open_rc(enum db_mode mode, bool shared, struct err *e)
{
	db_close(state_db);
	state_db = db_open(state_dir, mode, shared, e);
	return state_db ? 0 : -1;
}

static char *path_of(const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	return path;
}

/* The names in the directory, and assert that each belongs to UID and is nobody else's to read. */
static int count_files(uid_t uid)
{
	DIR *d = opendir(state_dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		n++;
		ck_assert_int_eq(lstat(path_of(e->d_name), &st), 0);
		ck_assert_msg(st.st_uid == uid, "%s belongs to %u", e->d_name, (unsigned)st.st_uid);
		ck_assert_msg((st.st_mode & 07777) == 0600, "%s has mode %04o", e->d_name,
			(unsigned)st.st_mode);
	}
	closedir(d);
	return n;
}

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

static size_t gangs(void)
{
	struct gang *list;
	size_t n;

	ok(gang_list(state_db, true, &list, &n, &err));
	gang_list_release(list, n);
	return n;
}

/* Run F in a child; returns its exit status. */
static int in_child(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		f();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(settings)
{
	reopen(DB_READ_WRITE, false);
	ck_assert_int_eq(pragma("PRAGMA user_version"), DB_VERSION);
	ck_assert_int_eq(pragma("PRAGMA application_id"), DB_APPLICATION_ID);
	ck_assert_int_eq(pragma("PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(pragma("PRAGMA synchronous"), 2);
	ck_assert_int_eq(state_db->wait_ms, 10000);
	ck_assert(journal_is("wal"));
	state_add_gang("a", "n1");
	count_files(geteuid());
	/* a site that moves the directory to a shared file system, and back */
	reopen(DB_READ_WRITE, true);
	ck_assert(journal_is("delete"));
	ck_assert_uint_eq(gangs(), 1);
	reopen(DB_READ_ONLY, true);
	ck_assert_int_eq(state_db->wait_ms, 200);
	reopen(DB_READ_WRITE, false);
	ck_assert(journal_is("wal"));
	ok(db_check(state_db, &err));
	db_close(NULL);
}
END_TEST

START_TEST(bad_directories)
{
	char link[sizeof(state_dir) + 8], real[sizeof(state_dir)];

	ck_assert_int_eq(chmod(state_dir, 0750), 0);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "has mode 0750: chmod 0700 it");
	ck_assert_int_eq(chmod(state_dir, 0700), 0);
	snprintf(real, sizeof(real), "%s", state_dir);
	snprintf(link, sizeof(link), "%s-link", state_dir);
	ck_assert_int_eq(symlink(real, link), 0);
	memcpy(state_dir, link, strlen(link) + 1);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a directory");
	unlink(link);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_NOTFOUND, "state directory /tmp");
	snprintf(state_dir, sizeof(state_dir), "%s", real);
	ck_assert_int_eq(count_files(geteuid()), 0);
}
END_TEST

static void write_file(const char *data, size_t len, off_t at, mode_t mode)
{
	cleanup_close int fd = open(path_of("state.db"), O_RDWR | O_CREAT, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(pwrite(fd, data, len, at), len);
}

START_TEST(bad_files)
{
	char noise[8192], path[400];

	memset(noise, 'x', sizeof(noise));
	write_file(noise, sizeof(noise), 0, 0600);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "state.db is damaged");
	refused(open_rc(DB_READ_ONLY, false, &err), ERR_FATAL,
		"end by hand the instances with the tag burst:cluster");
	ck_assert_int_eq(chmod(path_of("state.db"), 0644), 0);
	refused(open_rc(DB_READ_ONLY, false, &err), ERR_CONFIG, "has mode 0644: chmod 0600 it");
	snprintf(path, sizeof(path), "%s", path_of("state.db"));
	ck_assert_int_eq(rename(path, path_of("other")), 0);
	ck_assert_int_eq(symlink("other", path), 0);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a regular file");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "is not a regular file");
	rmdir(path);
	unlink(path_of("other"));
}
END_TEST

START_TEST(a_damaged_page_is_found)
{
	char noise[512];

	reopen(DB_READ_WRITE, true); /* no WAL: everything is in the file */
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
	reopen(DB_READ_WRITE, true);
	refused(db_check(state_db, &err), ERR_FATAL, "is damaged (");
}
END_TEST

static void raw(const char *sql)
{
	sqlite3 *sql3;

	ck_assert_int_eq(sqlite3_open(path_of("state.db"), &sql3), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(sql3, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(sql3));
	sqlite3_close(sql3);
}

START_TEST(not_ours)
{
	write_file("", 0, 0, 0600);
	raw("CREATE TABLE mine (a)");
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "but not one of aws-slurm-burst");
	raw("DROP TABLE mine; PRAGMA application_id = 99");
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "but not one of aws-slurm-burst");
}
END_TEST

START_TEST(a_newer_version_is_left_alone)
{
	reopen(DB_READ_WRITE, true);
	raw("PRAGMA user_version = 7");
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG,
		"has schema version 7, this program knows versions up to 1");
	refused(open_rc(DB_READ_ONLY, false, &err), ERR_CONFIG, "schema version 7");
	raw("PRAGMA user_version = 1");
	reopen(DB_READ_ONLY, false);
	ck_assert(journal_is("delete")); /* not even that was changed */
}
END_TEST

static const struct db_migration steps[] = {
	{1, db_schema_sql},
	{2, "ALTER TABLE gang ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'"},
	{3, "UPDATE gang SET colour = 'red' WHERE job_id = 7; CREATE TABLE t3 (a)"},
};

START_TEST(migration)
{
	static const struct db_migration broken[] = {
		steps[0], steps[1], steps[2], {4, "CREATE TABLE t4 (a); CREATE TABLE t3 (a)"}};
	int64_t n;

	reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	refused(db_migrate(state_db, broken, 4, &err), ERR_FATAL, "schema version 4: ");
	ck_assert_int_eq(pragma("PRAGMA user_version"), 1);
	ok(db_migrate(state_db, steps, 3, &err));
	ck_assert_int_eq(pragma("PRAGMA user_version"), 3);
	ck_assert_int_eq(pragma("SELECT count(*) FROM gang WHERE colour = 'red'"), 1);
	ok(db_migrate(state_db, steps, 3, &err)); /* another process was first: nothing to do */
	refused(db_migrate(state_db, broken, 4, &err), ERR_FATAL, "schema version 4: ");
	ck_assert_int_eq(pragma("PRAGMA user_version"), 3);
	n = pragma("SELECT count(*) FROM sqlite_master WHERE name = 't4'");
	ck_assert_int_eq(n, 0);
	refused(db_migrate(state_db, steps, 2, &err), ERR_CONFIG, "has schema version 3");
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG, "has schema version 3");
}
END_TEST

START_TEST(an_older_version_waits_for_a_writer)
{
	reopen(DB_READ_WRITE, false);
	/* version 0 with our mark: what a version before 1 would have been is "nothing yet" */
	raw("PRAGMA user_version = 0");
	refused(open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND, "nothing has been written yet");
}
END_TEST

START_TEST(transactions)
{
	reopen(DB_READ_WRITE, false);
	ok(db_begin(state_db, &err));
	refused(db_begin(state_db, &err), ERR_FATAL, "transaction inside a transaction");
	state_add_gang("a", "n1");
	db_rollback(state_db);
	db_rollback(state_db);
	db_rollback(NULL);
	ck_assert_uint_eq(gangs(), 0);
	refused(db_commit(state_db, &err), ERR_FATAL, "no transaction to commit");
	ok(db_begin(state_db, &err));
	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	refused(gang_set_plan(state_db, "x", "p", &err), ERR_NOTFOUND, "no gang x");
	ok(db_commit(state_db, &err));
	ck_assert_uint_eq(gangs(), 2);
	ok(db_begin(state_db, &err));
	state_add_gang("c", "n1");
	db_close(state_db); /* an open one is rolled back */
	state_db = NULL;
	reopen(DB_READ_WRITE, false);
	ck_assert_uint_eq(gangs(), 2);
}
END_TEST

START_TEST(disk_full)
{
	cleanup_free char *big = calloc(1, 400001);
	char pages[64];

	memset(big, 'x', 400000);
	reopen(DB_READ_WRITE, true);
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
	reopen(DB_READ_WRITE, true);
	state_add_gang("a", "n1");
	setrlimit(RLIMIT_FSIZE, &small);
	refused(gang_set_plan(state_db, "a", big, &err), ERR_FATAL, "state.db cannot ");
	db_close(state_db);
	state_db = NULL;
}

START_TEST(write_error)
{
	ck_assert_int_eq(in_child(hit_the_file_limit), 0);
	reopen(DB_READ_WRITE, true);
	ck_assert_uint_eq(gangs(), 1);
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
		{SQLITE_NOTADB, 0, ERR_FATAL, "P is damaged (detail): move it"},
		{SQLITE_CORRUPT_INDEX, 0, ERR_FATAL, "P is damaged (detail): move it"},
		{SQLITE_CONSTRAINT_CHECK, 0, ERR_FATAL, "P: detail (SQLite result 275)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		refused(db_error_of("P", t[i].rc, t[i].sys_errno, "detail", 5, &err), t[i].class,
			t[i].text);
}
END_TEST

START_TEST(rows_that_are_not_ours)
{
	struct gang g = {0}, *list;
	size_t n;

	reopen(DB_READ_WRITE, false);
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

	reopen(DB_READ_WRITE, false);
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

	reopen(DB_READ_WRITE, true);
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
	reopen(DB_READ_WRITE, true);
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
	reopen(DB_READ_ONLY, true); /* back on the first */
	ck_assert_int_eq(db_moved(state_db, &from, &err), 1);
	ck_assert_str_eq(from, "ctl2");
	free(from);
}
END_TEST

START_TEST(reader_makes_nothing)
{
	struct stat before, after;
	int files;

	refused(open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND, "state.db");
	ck_assert_int_eq(count_files(geteuid()), 0);
	write_file("", 0, 0, 0600);
	refused(open_rc(DB_READ_ONLY, false, &err), ERR_NOTFOUND, "nothing has been written yet");
	reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	db_close(state_db);
	state_db = NULL;
	files = count_files(geteuid());
	ck_assert_int_eq(files, 3); /* -wal and -shm have stayed */
	ck_assert_int_eq(stat(path_of("state.db"), &before), 0);
	reopen(DB_READ_ONLY, false);
	ck_assert_uint_eq(gangs(), 1);
	ck_assert_int_eq(count_files(geteuid()), files);
	refused(gang_set_plan(state_db, "a", "p", &err), ERR_FATAL, "is opened for reading only");
	refused(db_begin(state_db, &err), ERR_FATAL, "is opened for reading only");
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(count_files(geteuid()), files);
	ck_assert_int_eq(stat(path_of("state.db"), &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	/* the same with the rollback journal */
	reopen(DB_READ_WRITE, true);
	reopen(DB_READ_ONLY, true);
	ck_assert_uint_eq(gangs(), 1);
	ck_assert_int_eq(count_files(geteuid()), 1);
}
END_TEST

START_TEST(reading_during_writes)
{
	struct db *writer, *reader;
	int64_t start_ms;

	reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	writer = state_db;
	ok(db_begin(writer, &err));
	state_add_gang("b", "n2");
	state_db = NULL;
	start_ms = clock_mono_ms();
	reopen(DB_READ_ONLY, false);
	ck_assert_uint_eq(gangs(), 1); /* neither waits nor sees what is not committed */
	ck_assert_int_lt(clock_mono_ms() - start_ms, 150);
	ok(db_commit(writer, &err));
	ck_assert_uint_eq(gangs(), 2);
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

	reopen(DB_READ_WRITE, true);
	state_add_gang("a", "n1");
	writer = state_db;
	ok(db_exec(writer, "BEGIN EXCLUSIVE", &err)); /* as while committing */
	state_db = NULL;
	start_ms = clock_mono_ms();
	refused(open_rc(DB_READ_ONLY, true, &err), ERR_BUSY,
		"held by another process for more than 200 ms");
	ck_assert_int_ge(clock_mono_ms() - start_ms, 150);
	ck_assert_int_lt(clock_mono_ms() - start_ms, 2000);
	ok(db_exec(writer, "COMMIT", &err));
	reopen(DB_READ_ONLY, true);
	ok(db_exec(writer, "BEGIN EXCLUSIVE", &err));
	refused(gang_list(state_db, true, &list, &n, &err), ERR_BUSY, "held by another process");
	ok(db_exec(writer, "COMMIT", &err));
	ck_assert_uint_eq(gangs(), 1);
	db_close(writer);
}
END_TEST

/* One transaction, as a hook does it: open, look, write, close. */
static int write_one(int i, bool shared)
{
	int64_t start_ms = clock_mono_ms();
	struct err e = {0};
	struct db *db = db_open(state_dir, DB_READ_WRITE, shared, &e);
	char nodes[16];
	struct gang g = state_gang("", nodes);
	int rc = -1;

	snprintf(nodes, sizeof(nodes), "n%d", i);
	snprintf(g.id, sizeof(g.id), "g%d", i);
	if (db && db_begin(db, &e) == 0) {
		rc = gang_insert(db, &g, &e);
		if (rc == 0)
			rc = gang_advance(db, g.id, GANG_PLANNED, GANG_GROUP_READY, &e);
		if (rc == 0)
			rc = db_commit(db, &e);
	}
	if (rc < 0)
		fprintf(stderr, "writer %d after %d ms: %s\n", i, (int)(clock_mono_ms() - start_ms),
			e.text);
	db_close(db);
	return rc < 0;
}

#define WRITERS 200

START_TEST(many_writers)
{
	bool shared = _i != 0;
	pid_t pids[WRITERS];
	int failed = 0;

	/* nobody has made the file before: they also race for that */
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i])
			_exit(write_one(i, shared));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		failed += status != 0;
	}
	ck_assert_int_eq(failed, 0);
	reopen(DB_READ_WRITE, shared);
	ck_assert_uint_eq(gangs(), WRITERS);
	ok(db_check(state_db, &err));
	ck_assert_int_eq(count_files(geteuid()), shared ? 1 : 3);
}
END_TEST

static int ready_pipe[2];
static bool child_shared;

/* Write much more than the page cache holds, so that much is on the disk uncommitted, and wait. */
static void write_and_hang(void)
{
	cleanup_free char *big = calloc(1, 100001);

	memset(big, 'x', 100000);
	reopen(DB_READ_WRITE, child_shared);
	ok(db_exec(state_db, "PRAGMA cache_size = 10", &err));
	ok(db_begin(state_db, &err));
	for (int i = 0; i < 60; i++) {
		char id[16];

		snprintf(id, sizeof(id), "g%d", i);
		state_add_gang(id, "n[1-100]");
		ok(gang_set_plan(state_db, id, big, &err));
	}
	ok(gang_set_plan(state_db, "before", big, &err));
	if (write(ready_pipe[1], "x", 1) != 1)
		_exit(3);
	for (;;)
		pause();
}

START_TEST(killed_in_the_middle)
{
	struct stat st;
	struct gang g;
	pid_t pid;
	char c;

	child_shared = _i != 0;
	reopen(DB_READ_WRITE, child_shared);
	state_add_gang("before", "n1");
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(pipe(ready_pipe), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		write_and_hang();
		_exit(0);
	}
	close(ready_pipe[1]);
	ck_assert_int_eq(read(ready_pipe[0], &c, 1), 1);
	close(ready_pipe[0]);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(stat(path_of(child_shared ? "state.db" : "state.db-wal"), &st), 0);
	ck_assert_int_gt(st.st_size, 1000000); /* it was half done indeed */
	if (child_shared)                      /* a reader may not mend it */
		refused(open_rc(DB_READ_ONLY, true, &err), ERR_BUSY, "waits to be mended");
	else {
		reopen(DB_READ_ONLY, false);
		ck_assert_uint_eq(gangs(), 1);
	}
	reopen(DB_READ_WRITE, child_shared);
	ok(db_check(state_db, &err));
	ck_assert_uint_eq(gangs(), 1);
	ok(gang_get(state_db, "before", &g, &err));
	ck_assert_ptr_null(g.plan);
	gang_release(&g);
	state_add_gang("after", "n2");
	reopen(DB_READ_ONLY, child_shared);
	ck_assert_uint_eq(gangs(), 2);
}
END_TEST

static void as_slurm(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	reopen(DB_READ_WRITE, child_shared);
	state_add_gang("slurm", "n2");
	reopen(DB_READ_ONLY, child_shared);
	ck_assert_uint_eq(gangs(), 2);
	db_close(state_db);
	state_db = NULL;
}

START_TEST(root_leaves_nothing_of_its_own)
{
	child_shared = _i != 0;
	ck_assert_int_eq(chown(state_dir, NOBODY, NOBODY), 0);
	reopen(DB_READ_WRITE, child_shared); /* root is even the first */
	count_files(NOBODY);
	ok(db_begin(state_db, &err));
	state_add_gang("root", "n1");
	ck_assert_int_eq(count_files(NOBODY), child_shared ? 2 : 3); /* with the journal */
	ok(db_commit(state_db, &err));
	db_close(state_db);
	state_db = NULL;
	count_files(NOBODY);
	ck_assert_int_eq(in_child(as_slurm), 0);
	/* somebody cleared the side files; a reading root makes SlurmUser's */
	unlink(path_of("state.db-wal"));
	unlink(path_of("state.db-shm"));
	reopen(DB_READ_ONLY, child_shared);
	gangs();
	ck_assert_int_eq(count_files(NOBODY), child_shared ? 1 : 3);
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(chown(path_of("state.db"), 0, 0), 0);
	refused(open_rc(DB_READ_ONLY, child_shared, &err), ERR_CONFIG,
		"belongs to uid 0, its directory to uid 65534: chown it to 65534");
}
END_TEST

static void foreign_directory(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG,
		"belongs to uid 0, expected 65534");
}

START_TEST(others_open_only_their_own)
{
	ck_assert_int_eq(in_child(foreign_directory), 0);
}
END_TEST

static void read_only_directory(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	/* what is there can be read without the right to make files */
	reopen(DB_READ_ONLY, false);
	ck_assert_uint_eq(gangs(), 1);
	db_close(state_db);
	state_db = NULL;
	/* … and where nothing is there, no writer can begin */
	unlink(path_of("state.db"));
	ck_assert_int_eq(access(path_of("state.db"), F_OK), 0);
}

static void no_new_file(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	refused(open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "cannot make ");
}

START_TEST(reader_needs_no_right_to_the_directory)
{
	ck_assert_int_eq(chown(state_dir, NOBODY, NOBODY), 0);
	reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(chmod(state_dir, 0500), 0);
	ck_assert_int_eq(in_child(read_only_directory), 0);
	unlink(path_of("state.db"));
	ck_assert_int_eq(in_child(no_new_file), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("db");
	TCase *tc = tcase_create("db"), *slow = tcase_create("processes"),
	      *root = tcase_create("root");
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
	tcase_add_test(tc, an_older_version_waits_for_a_writer);
	tcase_add_test(tc, transactions);
	tcase_add_test(tc, disk_full);
	tcase_add_test(tc, write_error);
	tcase_add_test(tc, errors_in_plain_words);
	tcase_add_test(tc, rows_that_are_not_ours);
	tcase_add_test(tc, meta);
	tcase_add_test(tc, the_host_that_wrote_last);
	tcase_add_test(tc, reader_makes_nothing);
	tcase_add_test(tc, reading_during_writes);
	tcase_add_test(tc, reader_gives_up_soon);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(slow, state_setup, state_teardown);
	tcase_set_timeout(slow, 300);
	tcase_add_loop_test(slow, many_writers, 0, 2);
	tcase_add_loop_test(slow, killed_in_the_middle, 0, 2);
	suite_add_tcase(s, slow);
	/* needs a second user to be, and to give files to */
	tcase_add_checked_fixture(root, state_setup, state_teardown);
	tcase_set_timeout(root, 60);
	tcase_add_loop_test(root, root_leaves_nothing_of_its_own, 0, 2);
	tcase_add_test(root, others_open_only_their_own);
	tcase_add_test(root, reader_needs_no_right_to_the_directory);
	if (geteuid() == 0)
		suite_add_tcase(s, root);
	else
		fprintf(stderr, "test_db: the tests of ownership are skipped: they need root\n");
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
