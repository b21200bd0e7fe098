/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/price.h"

#include <stdio.h>

#include "lib/base/strbuf.h"
#include "tests/unit/state_fixture.h"

#define R "us-east-2"

static const struct price lists[] = {
	{.type = "hpc7a.96xlarge",
		.currency = "USD",
		.uusd_hr = 7200000,
		.source = "pricing",
		.priced_s = 5},
	{.type = "c5.large", .currency = "USD", .uusd_hr = 85000, .source = "pricing"},
};
static const struct price spots[] = {
	{.type = "c5.large",
		.az = "us-east-2b",
		.currency = "USD",
		.uusd_hr = 31000,
		.source = "spot-history",
		.priced_s = 9},
	{.type = "c5.large",
		.az = "us-east-2a",
		.currency = "USD",
		.uusd_hr = 30000,
		.source = "spot-history"},
};

/* All that is known, in words. */
static char *known(const char *region, bool spot)
{
	static char text[2048];
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	cleanup_free struct price *prices = NULL;
	size_t n = 0;

	ok(price_list(state_db, region, spot, &prices, &n, &err));
	for (size_t i = 0; i < n; i++)
		strbuf_addf(&sb, "%s %s %s %s %lld %s %lld %lld\n", prices[i].region,
			*prices[i].az ? prices[i].az : "-", prices[i].type, prices[i].currency,
			(long long)prices[i].uusd_hr, prices[i].source,
			(long long)prices[i].priced_s, (long long)prices[i].fetched_ms);
	snprintf(text, sizeof(text), "%s", sb.buf);
	return text;
}

START_TEST(replaced_whole)
{
	int64_t ms = 7;

	ok(price_fetched(state_db, R, false, &ms, &err));
	ck_assert_int_eq(ms, 0);
	ok(price_put_all(state_db, R, false, lists, 2, 1000, &err));
	ok(price_put_all(state_db, R, true, spots, 2, 2000, &err));
	ok(price_put_all(state_db, "eu-west-1", false, lists, 1, 3000, &err));
	ck_assert_str_eq(known(R, false), R " - c5.large USD 85000 pricing 0 1000\n" R
					    " - hpc7a.96xlarge USD 7200000 pricing 5 1000\n");
	ck_assert_str_eq(known(NULL, false),
		"eu-west-1 - hpc7a.96xlarge USD 7200000 pricing 5 3000\n" R
		" - c5.large USD 85000 pricing 0 1000\n" R
		" - hpc7a.96xlarge USD 7200000 pricing 5 1000\n");
	ck_assert_str_eq(known(R, true), R " us-east-2a c5.large USD 30000 spot-history 0 2000\n" R
					   " us-east-2b c5.large USD 31000 spot-history 9 2000\n");
	/* the other market, and the other region, stay */
	ok(price_put_all(state_db, R, false, lists + 1, 1, 4000, &err));
	ck_assert_str_eq(known(R, false), R " - c5.large USD 85000 pricing 0 4000\n");
	ck_assert(strstr(known(R, true), "us-east-2b"));
	ck_assert(*known("eu-west-1", false));
	/* nothing is sold as Spot: an answer, and asked */
	ok(price_put_all(state_db, R, true, NULL, 0, 5000, &err));
	ck_assert_str_eq(known(R, true), "");
	ok(price_fetched(state_db, R, true, &ms, &err));
	ck_assert_int_eq(ms, 5000);
}
END_TEST

START_TEST(found)
{
	struct price p = {.uusd_hr = 42};

	ck_assert_int_eq(price_find(state_db, R, "", "c5.large", false, &p, &err), 0);
	ok(price_put_all(state_db, R, false, lists, 2, 1000, &err));
	ok(price_put_all(state_db, R, true, spots, 2, 2000, &err));
	ck_assert_int_eq(price_find(state_db, R, "us-east-2c", "c5.large", true, &p, &err), 0);
	ck_assert_int_eq(price_find(state_db, R, "", "c5.large", true, &p, &err), 0);
	ck_assert_int_eq(p.uusd_hr, 42);
	ck_assert_int_eq(price_find(state_db, R, "", "c5.large", false, &p, &err), 1);
	ck_assert(p.uusd_hr == 85000 && !p.spot && !*p.az && p.fetched_ms == 1000);
	ck_assert_int_eq(price_find(state_db, R, "us-east-2b", "c5.large", true, &p, &err), 1);
	ck_assert(p.uusd_hr == 31000 && p.spot && p.priced_s == 9);
}
END_TEST

START_TEST(refusals)
{
	struct price bad = lists[0], twice[] = {lists[1], lists[1]};

	ok(price_put_all(state_db, R, false, lists, 2, 1000, &err));
	refused(price_put_all(state_db, R, false, NULL, 0, 2000, &err), ERR_FATAL,
		"0 list prices of region \"us-east-2\"");
	refused(price_put_all(state_db, "", true, spots, 2, 2000, &err), ERR_FATAL, "region \"\"");
	refused(price_put_all(state_db, "a-region-with-a-name-that-is-too-long", true, spots, 2,
			2000, &err),
		ERR_FATAL, "region");
	bad.uusd_hr = 0;
	refused(price_put_all(state_db, R, false, &bad, 1, 2000, &err), ERR_FATAL,
		"0 micro-USD an hour is no list price of hpc7a.96xlarge in us-east-2");
	refused(price_put_all(state_db, R, false, spots, 1, 2000, &err), ERR_FATAL,
		"no list price of c5.large in us-east-2b");
	refused(price_put_all(state_db, R, true, lists, 1, 2000, &err), ERR_FATAL,
		"no Spot price of hpc7a.96xlarge");
	refused(price_put_all(state_db, R, false, twice, 2, 2000, &err), ERR_FATAL, "UNIQUE");
	/* and nothing has changed */
	ck_assert_str_eq(known(R, false), R " - c5.large USD 85000 pricing 0 1000\n" R
					    " - hpc7a.96xlarge USD 7200000 pricing 5 1000\n");
}
END_TEST

START_TEST(regions)
{
	char **names = NULL;
	size_t n = 7;

	ok(price_regions(state_db, &names, &n, &err));
	ck_assert_uint_eq(n, 0);
	price_regions_release(names, n);
	ok(price_put_all(state_db, R, false, lists, 2, 1000, &err));
	ok(price_put_all(state_db, R, true, spots, 2, 2000, &err));
	ok(price_put_all(state_db, "eu-west-1", true, NULL, 0, 3000, &err));
	ok(price_regions(state_db, &names, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "eu-west-1");
	ck_assert_str_eq(names[1], R);
	price_regions_release(names, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("price");
	TCase *tc = tcase_create("price");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_add_test(tc, replaced_whole);
	tcase_add_test(tc, found);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, regions);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
