/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/sorted.h"

static int compare(const void *key, const void *element)
{
	return *(const int *)key - *(const int *)element;
}

static const struct {
	int key;
	size_t first, count;
} cases[] = {
	{0, 0, 0},
	{1, 0, 1},
	{2, 1, 0},
	{3, 1, 3},
	{4, 4, 0},
	{5, 4, 2},
	{6, 6, 0},
};

START_TEST(all_that_have_the_key)
{
	static const int list[] = {1, 3, 3, 3, 5, 5};
	size_t count = 99;

	ck_assert_uint_eq(
		sorted_find(&cases[_i].key, list, ARRAY_SIZE(list), sizeof(*list), compare, &count),
		cases[_i].first);
	ck_assert_uint_eq(count, cases[_i].count);
	/* who asks for one need not have them counted */
	ck_assert_uint_eq(
		sorted_find(&cases[_i].key, list, ARRAY_SIZE(list), sizeof(*list), compare, NULL),
		cases[_i].first);
}
END_TEST

START_TEST(of_none)
{
	int key = 1;
	size_t count = 99;

	ck_assert_uint_eq(sorted_find(&key, &key, 0, sizeof(key), compare, &count), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sorted");
	TCase *t = tcase_create("sorted");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, all_that_have_the_key, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, of_none);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
