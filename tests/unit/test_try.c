/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/try.h"

#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

static struct try a_try(const char *gang)
{
	struct try t = {.region = "us-east-2", .asked = "4 x c7i.48xlarge in us-east-2a, spot"};

	snprintf(t.gang, sizeof(t.gang), "%s", gang);
	return t;
}

START_TEST(every_field_comes_back)
{
	struct try t = a_try("a"), *list = NULL;
	size_t n = 9;

	state_add_gang("a", "n[1-4]");
	ok(try_list(state_db, "a", &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	try_list_release(list, n);
	t.reasons = (char[]){"c7i.48xlarge in us-east-2b: no subnet"};
	t.began_ms = 1000;
	t.number = 77; /* passed over */
	ok(try_begin(state_db, &t, &err));
	ck_assert_uint_eq(t.number, 1);
	ok(try_list(state_db, "a", &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(list[0].number, 1);
	ck_assert_str_eq(list[0].gang, "a");
	ck_assert_str_eq(list[0].region, "us-east-2");
	ck_assert_str_eq(list[0].asked, t.asked);
	ck_assert_str_eq(list[0].reasons, t.reasons);
	ck_assert_str_eq(list[0].launch, "");
	ck_assert_str_eq(list[0].class, "");
	ck_assert_str_eq(list[0].code, "");
	ck_assert_ptr_null(list[0].text);
	ck_assert_int_eq(list[0].began_ms, 1000);
	ck_assert_int_eq(list[0].ended_ms, 0);
	try_list_release(list, n);
	ok(try_end(state_db, "a", 1, "tok", "capacity", "InsufficientInstanceCapacity", "none left",
		2000, &err));
	ok(try_list(state_db, "a", &list, &n, &err));
	ck_assert_str_eq(list[0].launch, "tok");
	ck_assert_str_eq(list[0].class, "capacity");
	ck_assert_str_eq(list[0].code, "InsufficientInstanceCapacity");
	ck_assert_str_eq(list[0].text, "none left");
	ck_assert_int_eq(list[0].ended_ms, 2000);
	try_list_release(list, n);
	/* a later word counts; what is not said is empty */
	ok(try_end(state_db, "a", 1, NULL, NULL, NULL, NULL, 3000, &err));
	ok(try_list(state_db, "a", &list, &n, &err));
	ck_assert_str_eq(list[0].launch, "");
	ck_assert_str_eq(list[0].class, "");
	ck_assert_str_eq(list[0].code, "");
	ck_assert_ptr_null(list[0].text);
	ck_assert_int_eq(list[0].ended_ms, 3000);
	try_list_release(list, n);
}
END_TEST

START_TEST(numbers_count_within_a_gang)
{
	struct try a = a_try("a"), b = a_try("b"), *list = NULL;
	size_t n = 0;

	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	for (unsigned i = 1; i <= 40; i++) {
		ok(try_begin(state_db, &a, &err));
		ck_assert_uint_eq(a.number, i);
	}
	ok(try_begin(state_db, &b, &err));
	ck_assert_uint_eq(b.number, 1);
	ok(try_list(state_db, "a", &list, &n, &err));
	ck_assert_uint_eq(n, 40);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(list[i].number, i + 1);
	ck_assert_int_gt(list[0].began_ms, 1600000000000); /* 0 was given: now */
	try_list_release(list, n);
}
END_TEST

START_TEST(refusals)
{
	struct try t = a_try("x");
	char longer[80];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	t.number = 5;
	refused(try_begin(state_db, &t, &err), ERR_NOTFOUND, "no gang x to try a launch for");
	ck_assert_uint_eq(t.number, 5);
	state_add_gang("a", "n1");
	refused(try_end(state_db, "a", 1, "", "", "", "", 1, &err), ERR_NOTFOUND,
		"no try 1 of gang a");
	refused(try_end(state_db, "a", 1, longer, "", "", "", 1, &err), ERR_FATAL,
		"launch token of 79 characters");
	refused(try_end(state_db, "a", 1, "", longer, "", "", 1, &err), ERR_FATAL,
		"error class of 79 characters");
	refused(try_end(state_db, "a", 1, "", "", longer, "", 1, &err), ERR_FATAL,
		"error code of 79 characters");
}
END_TEST

START_TEST(a_row_that_cannot_be_ours)
{
	struct try t = a_try("a"), *list = NULL;
	size_t n = 7;

	state_add_gang("a", "n1");
	ok(try_begin(state_db, &t, &err));
	ok(try_begin(state_db, &t, &err));
	ok(try_end(state_db, "a", 2, "", "", "", "text to be freed", 1, &err));
	ok(db_exec(state_db, "UPDATE try SET class = printf('%.99c', 'x') WHERE number = 2", &err));
	refused(try_list(state_db, "a", &list, &n, &err), ERR_FATAL, "holds a class that is too");
	ck_assert_ptr_null(list);
	ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(within_a_transaction)
{
	struct try t = a_try("a");

	state_add_gang("a", "n1");
	ok(db_begin(state_db, &err));
	ok(try_begin(state_db, &t, &err));
	ok(try_end(state_db, "a", t.number, "", "", "", "", 1, &err));
	db_rollback(state_db);
	refused(try_end(state_db, "a", 1, "", "", "", "", 1, &err), ERR_NOTFOUND, "no try 1");
	state_reopen(DB_READ_ONLY, false);
	refused(try_begin(state_db, &t, &err), ERR_FATAL, "for reading only");
	refused(try_end(state_db, "a", 1, "", "", "", "", 1, &err), ERR_FATAL, "for reading only");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("try");
	TCase *tc = tcase_create("try");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_field_comes_back);
	tcase_add_test(tc, numbers_count_within_a_gang);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, a_row_that_cannot_be_ours);
	tcase_add_test(tc, within_a_transaction);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
