/* SPDX-License-Identifier: Apache-2.0 */
/* state.db between processes: many writers, killed ones, other users. */
#include "tests/unit/state_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"

#define NOBODY 65534

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
	state_reopen(DB_READ_WRITE, shared);
	ck_assert_uint_eq(state_gangs(), WRITERS);
	ok(db_check(state_db, &err));
	ck_assert_int_eq(state_count_files(geteuid()), shared ? 1 : 3);
}
END_TEST

static int ready_pipe[2];
static bool child_shared;

/* Write much more than the page cache holds, so that much is on the disk uncommitted, and wait. */
static void write_and_hang(void)
{
	cleanup_free char *big = calloc(1, 100001);

	memset(big, 'x', 100000);
	state_reopen(DB_READ_WRITE, child_shared);
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
	state_reopen(DB_READ_WRITE, child_shared);
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
	ck_assert_int_eq(stat(state_path(child_shared ? "state.db" : "state.db-wal"), &st), 0);
	ck_assert_int_gt(st.st_size, 1000000); /* it was half done indeed */
	if (child_shared)                      /* a reader may not mend it */
		refused(state_open_rc(DB_READ_ONLY, true, &err), ERR_BUSY, "waits to be mended");
	else {
		state_reopen(DB_READ_ONLY, false);
		ck_assert_uint_eq(state_gangs(), 1);
	}
	state_reopen(DB_READ_WRITE, child_shared);
	ok(db_check(state_db, &err));
	ck_assert_uint_eq(state_gangs(), 1);
	ok(gang_get(state_db, "before", &g, &err));
	ck_assert_ptr_null(g.plan);
	gang_release(&g);
	state_add_gang("after", "n2");
	state_reopen(DB_READ_ONLY, child_shared);
	ck_assert_uint_eq(state_gangs(), 2);
}
END_TEST

static void as_slurm(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	state_reopen(DB_READ_WRITE, child_shared);
	state_add_gang("slurm", "n2");
	state_reopen(DB_READ_ONLY, child_shared);
	ck_assert_uint_eq(state_gangs(), 2);
	db_close(state_db);
	state_db = NULL;
}

START_TEST(root_leaves_nothing_of_its_own)
{
	child_shared = _i != 0;
	ck_assert_int_eq(chown(state_dir, NOBODY, NOBODY), 0);
	state_reopen(DB_READ_WRITE, child_shared); /* root is even the first */
	state_count_files(NOBODY);
	ok(db_begin(state_db, &err));
	state_add_gang("root", "n1");
	ck_assert_int_eq(state_count_files(NOBODY), child_shared ? 2 : 3); /* with the journal */
	ok(db_commit(state_db, &err));
	db_close(state_db);
	state_db = NULL;
	state_count_files(NOBODY);
	ck_assert_int_eq(state_in_child(as_slurm), 0);
	/* somebody cleared the side files; a reading root makes SlurmUser's */
	unlink(state_path("state.db-wal"));
	unlink(state_path("state.db-shm"));
	state_reopen(DB_READ_ONLY, child_shared);
	state_gangs();
	ck_assert_int_eq(state_count_files(NOBODY), child_shared ? 1 : 3);
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(chown(state_path("state.db"), 0, 0), 0);
	refused(state_open_rc(DB_READ_ONLY, child_shared, &err), ERR_CONFIG,
		"belongs to uid 0, its directory to uid 65534: chown it to 65534");
}
END_TEST

static void foreign_directory(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_CONFIG,
		"belongs to uid 0, expected 65534");
}

START_TEST(others_open_only_their_own)
{
	ck_assert_int_eq(state_in_child(foreign_directory), 0);
}
END_TEST

static void read_only_directory(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	/* what is there can be read without the right to make files */
	state_reopen(DB_READ_ONLY, false);
	ck_assert_uint_eq(state_gangs(), 1);
	db_close(state_db);
	state_db = NULL;
	/* … and where nothing is there, no writer can begin */
	unlink(state_path("state.db"));
	ck_assert_int_eq(access(state_path("state.db"), F_OK), 0);
}

static void no_new_file(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	refused(state_open_rc(DB_READ_WRITE, false, &err), ERR_FATAL, "cannot make ");
}

START_TEST(reader_needs_no_right_to_the_directory)
{
	ck_assert_int_eq(chown(state_dir, NOBODY, NOBODY), 0);
	state_reopen(DB_READ_WRITE, false);
	state_add_gang("a", "n1");
	db_close(state_db);
	state_db = NULL;
	ck_assert_int_eq(chmod(state_dir, 0500), 0);
	ck_assert_int_eq(state_in_child(read_only_directory), 0);
	unlink(state_path("state.db"));
	ck_assert_int_eq(state_in_child(no_new_file), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("db processes");
	TCase *slow = tcase_create("processes"), *root = tcase_create("root");
	SRunner *sr;
	int failed;

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
		fprintf(stderr,
			"test_db_processes: the tests of ownership are skipped: they need root\n");
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
