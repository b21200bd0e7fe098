/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/cache.h"

#include "lib/base/clock.h"
#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

static int64_t now_ms; /* of the test's begin: what expired long ago is deleted by the clock */

static void expect(const char *key, int64_t at_ms, const char *expected)
{
	char *value = (char[]){"untouched"};

	ok(cache_get(state_db, key, at_ms, &value, &err));
	if (expected)
		ck_assert_str_eq(value, expected);
	else
		ck_assert_ptr_null(value);
	free(value);
}

START_TEST(kept_until)
{
	now_ms = clock_now_ms();
	expect("k", now_ms, NULL);
	ok(cache_put(state_db, "k", "one", now_ms + 10, &err));
	expect("k", now_ms + 9, "one");
	expect("k", now_ms + 10, NULL);
	ok(cache_put(state_db, "k", "", now_ms + 5, &err)); /* over it, also with an earlier end */
	expect("k", now_ms + 4, "");
	expect("k", now_ms + 5, NULL);
	expect("K", now_ms, NULL);
}
END_TEST

START_TEST(forgotten_by_prefix)
{
	static const char *const keys[] = {"quota/us-east-2/a", "quota/us-east-2/b",
		"quota/us-west-2/a", "quotas", "q%", "Quota/us-east-2/c"};

	now_ms = clock_now_ms();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		ok(cache_put(state_db, keys[i], keys[i], now_ms + 10, &err));
	ok(cache_forget(state_db, "quota/us-east-2/", &err));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		expect(keys[i], now_ms, i < 2 ? NULL : keys[i]);
	ok(cache_forget(state_db, "q%", &err)); /* itself only */
	for (size_t i = 2; i < ARRAY_SIZE(keys); i++)
		expect(keys[i], now_ms, i == 4 ? NULL : keys[i]);
	ok(cache_forget(state_db, "none of that", &err));
	ok(cache_forget(state_db, "", &err));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		expect(keys[i], now_ms, NULL);
}
END_TEST

START_TEST(old_ones_go)
{
	int64_t left = 0, day_ms = INT64_C(24) * 3600 * 1000;

	now_ms = clock_now_ms();
	ok(cache_put(state_db, "older", "x", now_ms - day_ms - 60000, &err));
	ok(cache_put(state_db, "younger", "x", now_ms - day_ms + 60000, &err));
	expect("older", 0, NULL);
	ok(DB_SELECT_INT(
		state_db, &err, &left, "SELECT count(*) FROM cache WHERE key <> ?", DB_TEXT("")));
	ck_assert_int_eq(left, 1);
	expect("younger", 0, "x");
}
END_TEST

START_TEST(refusals)
{
	refused(cache_put(state_db, "", "x", 1, &err), ERR_FATAL, "without a key");
	state_reopen(DB_READ_ONLY, false);
	expect("k", 0, NULL);
	refused(cache_put(state_db, "k", "x", 1, &err), ERR_FATAL, "for reading only");
	refused(cache_forget(state_db, "k", &err), ERR_FATAL, "for reading only");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cache");
	TCase *tc = tcase_create("cache");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, kept_until);
	tcase_add_test(tc, forgotten_by_prefix);
	tcase_add_test(tc, old_ones_go);
	tcase_add_test(tc, refusals);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
