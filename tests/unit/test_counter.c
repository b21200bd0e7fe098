/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/counter.h"

#include "lib/base/clock.h"
#include "tests/unit/state_fixture.h"

START_TEST(counting)
{
	cleanup_free struct counter *list = NULL, *none = NULL;
	int64_t before_ms = clock_now_ms(), value = -1;
	size_t n = 9;

	ok(counter_list(state_db, &none, &n, &err));
	ck_assert_uint_eq(n, 0);
	ok(counter_get(state_db, "spot.notice", &value, &err));
	ck_assert_int_eq(value, 0);
	ok(counter_add(state_db, "spot.notice", 1, &err));
	ok(counter_add(state_db, "reconcile.row-gone", 3, &err));
	ok(counter_add(state_db, "spot.notice", 2, &err));
	ok(counter_add(state_db, "alarm.none", 0, &err));
	ok(counter_list(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].name, "alarm.none");
	ck_assert_int_eq(list[0].value, 0);
	ck_assert_str_eq(list[1].name, "reconcile.row-gone");
	ck_assert_int_eq(list[1].value, 3);
	ck_assert_str_eq(list[2].name, "spot.notice");
	ck_assert_int_eq(list[2].value, 3);
	ck_assert_int_ge(list[2].changed_ms, before_ms);
	ok(counter_get(state_db, "spot.notice", &value, &err));
	ck_assert_int_eq(value, 3);
}
END_TEST

START_TEST(what_cannot_be_counted)
{
	int64_t value;
	char name[100];

	memset(name, 'x', sizeof(name));
	name[64] = '\0';
	refused(counter_add(state_db, name, 1, &err), ERR_FATAL,
		"counter's name of 64 characters, at most 63");
	refused(counter_add(state_db, "", 1, &err), ERR_FATAL, "counter \"\": no name");
	refused(counter_add(state_db, "a", -1, &err), ERR_FATAL,
		"counter \"a\": no name, or fewer");
	ok(counter_add(state_db, "a", INT64_MAX, &err));
	ok(counter_add(state_db, "a", 5, &err));
	ok(counter_get(state_db, "a", &value, &err));
	ck_assert_int_eq(value, INT64_MAX);
	state_reopen(DB_READ_ONLY, false);
	refused(counter_add(state_db, "a", 1, &err), ERR_FATAL, "is opened for reading only");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("counter");
	TCase *tc = tcase_create("counter");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_add_test(tc, counting);
	tcase_add_test(tc, what_cannot_be_counted);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
