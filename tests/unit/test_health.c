/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/health.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

static struct health get(const char *group)
{
	struct health h = {0};

	ok(health_get(state_db, group, &h, &err));
	return h;
}

/* One failure with protect_after 3 and 100 ms closed; did it close? */
static bool fail_at(const char *group, int64_t now_ms)
{
	bool closed = false;

	ok(health_failed(state_db, group, "no slurmd", 3, now_ms, now_ms + 100, &closed, &err));
	return closed;
}

START_TEST(nothing_known)
{
	struct health *list = NULL, h = get("aws-hpc");
	size_t n = 4;

	ck_assert_str_eq(h.group, "aws-hpc");
	ck_assert_uint_eq(h.failures, 0);
	ck_assert_int_eq(h.closed_ms, 0);
	ck_assert_int_eq(h.until_ms, 0);
	ck_assert_str_eq(h.reason, "");
	ck_assert(!health_closed(&h, 0));
	ok(health_good(state_db, "aws-hpc", &err));
	ok(health_list(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	free(list);
}
END_TEST

START_TEST(closes_after_some_in_a_row)
{
	struct health h;

	ck_assert(!fail_at("g", 1000));
	ck_assert(!fail_at("g", 1001));
	ok(health_good(state_db, "g", &err)); /* not in a row */
	ck_assert(!fail_at("g", 1002));
	ck_assert(!fail_at("g", 1003));
	ck_assert(!fail_at("other", 1003));
	h = get("g");
	ck_assert_uint_eq(h.failures, 2);
	ck_assert(!health_closed(&h, 1003));
	ck_assert(fail_at("g", 1004));
	h = get("g");
	ck_assert_uint_eq(h.failures, 3);
	ck_assert_int_eq(h.closed_ms, 1004);
	ck_assert_int_eq(h.until_ms, 1104);
	ck_assert_str_eq(h.reason, "no slurmd");
	ck_assert(health_closed(&h, 1103));
	ck_assert(!health_closed(&h, 1104));
	/* one under way when it closed fails too: the time that people were told stays */
	ck_assert(!fail_at("g", 1050));
	h = get("g");
	ck_assert_uint_eq(h.failures, 4);
	ck_assert_int_eq(h.closed_ms, 1004);
	ck_assert_int_eq(h.until_ms, 1104);
	/* and one more that succeeds does not open it */
	ok(health_good(state_db, "g", &err));
	h = get("g");
	ck_assert_uint_eq(h.failures, 0);
	ck_assert(health_closed(&h, 1103));
}
END_TEST

START_TEST(on_probation_when_time_has_passed)
{
	struct health h;

	for (int i = 0; i < 3; i++)
		fail_at("g", 1000);
	ck_assert(fail_at("g", 1100)); /* open since now: closes at once */
	h = get("g");
	ck_assert_int_eq(h.closed_ms, 1100);
	ck_assert_int_eq(h.until_ms, 1200);
	ok(health_good(state_db, "g", &err)); /* the next one goes well: that is over */
	ck_assert(!fail_at("g", 1300));
	h = get("g");
	ck_assert_uint_eq(h.failures, 1);
	ck_assert(!health_closed(&h, 1300));
}
END_TEST

START_TEST(never_closes)
{
	bool closed = true;

	for (int i = 0; i < 20; i++) {
		ok(health_failed(state_db, "g", "x", 0, 1000, 2000, &closed, &err));
		ck_assert(!closed);
	}
	ck_assert_uint_eq(get("g").failures, 20);
	/* then somebody sets a limit */
	ok(health_failed(state_db, "g", "x", 3, 1000, 2000, NULL, &err));
	ck_assert_int_eq(get("g").until_ms, 2000);
}
END_TEST

START_TEST(opened_by_a_person)
{
	int64_t now_ms = clock_now_ms();
	bool was = true;

	ok(health_open(state_db, "g", &was, &err));
	ck_assert(!was);
	for (int i = 0; i < 3; i++)
		ok(health_failed(state_db, "g", "x", 3, now_ms, now_ms + 100000, NULL, &err));
	ok(health_open(state_db, "g", &was, &err));
	ck_assert(was);
	ck_assert_uint_eq(get("g").failures, 0);
	ck_assert_int_eq(get("g").closed_ms, 0);
	ok(health_open(state_db, "g", NULL, &err));
	ck_assert(!fail_at("g", now_ms)); /* it begins anew */
	/* time alone has opened it */
	for (int i = 0; i < 3; i++)
		fail_at("h", now_ms - 1000);
	ok(health_open(state_db, "h", &was, &err));
	ck_assert(!was);
	ck_assert_uint_eq(get("h").failures, 0);
}
END_TEST

START_TEST(listed)
{
	struct health *list = NULL;
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		fail_at("b-closed", 1000);
	ok(health_good(state_db, "b-closed", &err));
	fail_at("c-good", 1000);
	ok(health_good(state_db, "c-good", &err));
	fail_at("a-failed", 1000);
	ok(health_list(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].group, "a-failed");
	ck_assert_uint_eq(list[0].failures, 1);
	ck_assert_str_eq(list[1].group, "b-closed");
	ck_assert_int_eq(list[1].until_ms, 1100);
	free(list);
}
END_TEST

START_TEST(refusals)
{
	struct health h, *list = NULL;
	char longer[400];
	bool was = true;
	size_t n;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	refused(health_get(state_db, "", &h, &err), ERR_FATAL, "a node group without a name");
	refused(health_get(state_db, longer, &h, &err), ERR_FATAL, "name of 399 characters");
	refused(health_failed(state_db, longer, "", 3, 1, 2, NULL, &err), ERR_FATAL,
		"name of 399 characters");
	refused(health_open(state_db, longer, &was, &err), ERR_FATAL, "name of 399 characters");
	ck_assert(was);
	ok(health_failed(state_db, "g", longer, 3, 1, 2, NULL, &err)); /* cut to fit */
	ck_assert_uint_eq(strlen(get("g").reason), sizeof(h.reason) - 1);
	ok(db_exec(state_db, "UPDATE health SET reason = printf('%.999c', 'x')", &err));
	refused(health_get(state_db, "g", &h, &err), ERR_FATAL, "holds a reason that is too long");
	refused(health_list(state_db, &list, &n, &err), ERR_FATAL, "holds a reason that is too");
	state_reopen(DB_READ_ONLY, false);
	refused(health_failed(state_db, "g", "", 3, 1, 2, NULL, &err), ERR_FATAL, "reading only");
	refused(health_good(state_db, "g", &err), ERR_FATAL, "reading only");
	refused(health_open(state_db, "g", NULL, &err), ERR_FATAL, "reading only");
}
END_TEST

#define WRITERS 30

/* Gangs of one group fail at the same moment, each in its own process; 2: this one closed it. */
static int fail_one(int i)
{
	struct err e = {0};
	struct db *db = db_open(state_dir, DB_READ_WRITE, false, &e);
	bool closed = false;
	int rc = -1;

	if (db)
		rc = health_failed(db, "g", "x", WRITERS / 2, 1000 + i, 9000, &closed, &e);
	if (rc < 0)
		fprintf(stderr, "writer %d: %s\n", i, e.text);
	db_close(db);
	return rc < 0 ? 1 : closed ? 2 : 0;
}

START_TEST(many_writers)
{
	pid_t pids[WRITERS];
	int closed = 0;

	db_close(state_db);
	state_db = NULL;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i])
			_exit(fail_one(i));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		closed += WEXITSTATUS(status) == 2;
	}
	state_reopen(DB_READ_ONLY, false);
	ck_assert_int_eq(closed, 1); /* only one tells the people */
	ck_assert_uint_eq(get("g").failures, WRITERS);
	ck_assert_int_eq(get("g").until_ms, 9000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("health");
	TCase *tc = tcase_create("health");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, nothing_known);
	tcase_add_test(tc, closes_after_some_in_a_row);
	tcase_add_test(tc, on_probation_when_time_has_passed);
	tcase_add_test(tc, never_closes);
	tcase_add_test(tc, opened_by_a_person);
	tcase_add_test(tc, listed);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, many_writers);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
