/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/caps.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"

#define USD INT64_C(1000000)

/* --- kinds of budgets ------------------------------------------------------------------------ */

START_TEST(alarms)
{
	static const struct {
		const char *text;
		int n;
		const char *back;
	} cases[] = {
		{"50,80,100", 3, "50,80,100"},
		{"1", 1, "1"},
		{"none", 0, "none"},
		{"", 0, "none"},
		{"100,1000", 2, "100,1000"},
		{"1,2,3,4,5,6,7,8", 8, "1,2,3,4,5,6,7,8"},
		{"1,2,3,4,5,6,7,8,9", -1, NULL},
		{"80,50", -1, NULL},
		{"50,50", -1, NULL},
		{"0", -1, NULL},
		{"1001", -1, NULL},
		{"50,", -1, NULL},
		{",50", -1, NULL},
		{"50 80", -1, NULL},
		{"-5", -1, NULL},
		{"99999999999999999999", -1, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned percents[BUDGET_ALARMS_MAX];
		struct err err = {0};
		size_t n = 77;
		char buf[48];
		int rc = budget_alarms_parse(cases[i].text, percents, &n, &err);

		ck_assert_msg(rc == (cases[i].n < 0 ? -1 : 0), "\"%s\"", cases[i].text);
		if (rc < 0) {
			ck_assert_int_eq(err.class, ERR_USAGE);
			ck_assert_ptr_nonnull(strstr(err.text, "expected such as 50,80,100"));
			ck_assert_uint_eq(n, 77);
			continue;
		}
		ck_assert_uint_eq(n, (size_t)cases[i].n);
		ck_assert_str_eq(
			budget_alarms_format(percents, n, buf, sizeof(buf)), cases[i].back);
	}
}
END_TEST

START_TEST(names)
{
	struct err err = {0};
	enum budget_scope scope = BUDGET_JOB;
	enum budget_period period = BUDGET_HOUR;
	char long_name[80];

	ck_assert(budget_name_fits("chem-2026.11_a"));
	ck_assert(!budget_name_fits(""));
	ck_assert(!budget_name_fits("a b"));
	ck_assert(!budget_name_fits("a/b"));
	memset(long_name, 'x', sizeof(long_name));
	long_name[41] = '\0';
	ck_assert(!budget_name_fits(long_name));
	long_name[40] = '\0';
	ck_assert(budget_name_fits(long_name));
	ck_assert(budget_who_fits("ada@site.org"));
	ck_assert(!budget_who_fits(""));
	ck_assert(!budget_who_fits("a b"));
	ck_assert(!budget_who_fits("a\x1b"));
	ck_assert(!budget_who_fits("\xc3\xa4"));
	ck_assert(!budget_who_fits("'"));
	for (int s = BUDGET_SITE; s < BUDGET_JOB; s++) {
		ck_assert_int_eq(
			budget_scope_parse(budget_scope_name((enum budget_scope)s), &scope, &err),
			0);
		ck_assert_int_eq(scope, s);
	}
	ck_assert_int_eq(budget_scope_parse("job", &scope, &err), -1);
	ck_assert_str_eq(err.text, "no such scope: expected site, user, account, qos or partition");
	for (int p = BUDGET_HOUR; p <= BUDGET_TOTAL; p++) {
		ck_assert_int_eq(budget_period_parse(
					 budget_period_name((enum budget_period)p), &period, &err),
			0);
		ck_assert_int_eq(period, p);
	}
	ck_assert_int_eq(budget_period_parse("year", &period, &err), -1);
	ck_assert_str_eq(err.text, "no such period: expected hour, day, month or total");
}
END_TEST

/* A budget of account Chem must count what slurmctld calls chem. */
START_TEST(as_slurm_writes_them)
{
	static const struct {
		enum budget_scope scope;
		const char *who;
	} cases[] = {
		{BUDGET_USER, "Ada@Site.org"},
		{BUDGET_ACCOUNT, "ada@site.org"},
		{BUDGET_QOS, "ada@site.org"},
		{BUDGET_PARTITION, "Ada@Site.org"},
	};
	char long_name[80];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct budget b = {.scope = cases[i].scope};

		budget_set_who(&b, "Ada@Site.org");
		ck_assert_str_eq(b.who, cases[i].who);
	}
	for (size_t i = 0; i < 2; i++) {
		struct budget b = {.scope = i ? BUDGET_ACCOUNT : BUDGET_USER};

		memset(long_name, 'a', sizeof(long_name));
		long_name[sizeof(long_name) - 1] = '\0';
		budget_set_who(&b, long_name);
		ck_assert_uint_eq(strlen(b.who), sizeof(b.who) - 1);
		budget_set_who(&b, "");
		ck_assert_str_eq(b.who, "");
	}
}
END_TEST

START_TEST(periods)
{
	static const struct {
		enum budget_period period;
		int64_t now_s, from_s, next_s;
	} cases[] = {
		/* 2026-11-22 15:48:00 */
		{BUDGET_HOUR, 1795362480, 1795359600, 1795363200},
		{BUDGET_DAY, 1795362480, 1795305600, 1795392000},
		{BUDGET_MONTH, 1795362480, 1793491200, 1796083200},
		/* the first and the last second of a month; December and February of a leap year */
		{BUDGET_MONTH, 1793491200, 1793491200, 1796083200},
		{BUDGET_MONTH, 1796083199, 1793491200, 1796083200},
		{BUDGET_MONTH, 1798761599, 1796083200, 1798761600},
		{BUDGET_MONTH, 1835395200, 1832976000, 1835481600},
		{BUDGET_DAY, 1795305600, 1795305600, 1795392000},
		{BUDGET_DAY, 1795305599, 1795219200, 1795305600},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct budget b = {.period = cases[i].period};
		int64_t from_s, next_s;

		budget_bounds(&b, cases[i].now_s, &from_s, &next_s);
		ck_assert_int_eq(from_s, cases[i].from_s);
		ck_assert_int_eq(next_s, cases[i].next_s);
	}
}
END_TEST

START_TEST(since_it_was_made)
{
	struct budget b = {.period = BUDGET_TOTAL, .made_s = 1795362480};
	int64_t from_s, next_s;

	budget_bounds(&b, 1795392000, &from_s, &next_s);
	ck_assert_int_eq(from_s, 1795305600);
	ck_assert_int_eq(next_s, INT64_MAX);
	b.made_s = 0;
	budget_bounds(&b, 1795392000, &from_s, &next_s);
	ck_assert_int_eq(from_s, 0);
}
END_TEST

/* --- whose money ----------------------------------------------------------------------------- */

START_TEST(which_apply)
{
	static const struct budget budgets[] = {
		{.name = "site", .scope = BUDGET_SITE},
		{.name = "ada", .scope = BUDGET_USER, .who = "ada"},
		{.name = "bob", .scope = BUDGET_USER, .who = "bob"},
		{.name = "each-account", .scope = BUDGET_ACCOUNT},
		{.name = "qos", .scope = BUDGET_QOS},
		{.name = "aws", .scope = BUDGET_PARTITION, .who = "aws"},
		{.name = "job", .scope = BUDGET_JOB},
	};
	const struct budget_payer ada = {"ada", "chem", "", "aws"}, nobody = {"", NULL, "", "aws"};
	size_t which[ARRAY_SIZE(budgets)];

	ck_assert_uint_eq(caps_which(budgets, ARRAY_SIZE(budgets), &ada, which), 4);
	ck_assert_uint_eq(which[0], 0);
	ck_assert_uint_eq(which[1], 1);
	ck_assert_uint_eq(which[2], 3);
	ck_assert_uint_eq(which[3], 5);
	/* nodes without a job cost the site and the partition, and no user */
	ck_assert_uint_eq(caps_which(budgets, ARRAY_SIZE(budgets), &nobody, which), 2);
	ck_assert_uint_eq(which[1], 5);
}
END_TEST

/* --- bounds of a job ------------------------------------------------------------------------- */

START_TEST(bounds_of_a_job)
{
	static const struct {
		struct cost_limit asked;
		int64_t site, site_hr; /* 0: none */
		struct cost_limit limit;
		bool site_limit;
		int64_t hour;
		bool site_hour;
	} cases[] = {
		{{0, false}, 0, 0, {0, false}, false, 0, false},
		{{250 * USD, false}, 0, 0, {250 * USD, false}, false, 0, false},
		/* the smaller one, and whose it is */
		{{250 * USD, false}, 100 * USD, 0, {100 * USD, false}, true, 0, false},
		{{50 * USD, false}, 100 * USD, 0, {50 * USD, false}, false, 0, false},
		{{100 * USD, false}, 100 * USD, 0, {100 * USD, false}, false, 0, false},
		{{0, false}, 100 * USD, 0, {100 * USD, false}, true, 0, false},
		{{30 * USD, true}, 0, 20 * USD, {20 * USD, true}, true, 0, false},
		{{10 * USD, true}, 0, 20 * USD, {10 * USD, true}, false, 0, false},
		/* both kinds */
		{{30 * USD, true}, 100 * USD, 0, {100 * USD, false}, true, 30 * USD, false},
		{{250 * USD, false}, 0, 20 * USD, {250 * USD, false}, false, 20 * USD, true},
		{{0, false}, 100 * USD, 20 * USD, {100 * USD, false}, true, 20 * USD, true},
		{{5 * USD, true}, 100 * USD, 20 * USD, {100 * USD, false}, true, 5 * USD, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct budget limits[4] = {{.scope = BUDGET_SITE, .limit_uusd = 1}};
		struct caps caps;
		size_t n = 1;

		if (cases[i].site) {
			/* the lowest of several */
			limits[n++] = (struct budget){.scope = BUDGET_JOB,
				.period = BUDGET_TOTAL,
				.limit_uusd = cases[i].site + 1};
			limits[n++] = (struct budget){.scope = BUDGET_JOB,
				.period = BUDGET_TOTAL,
				.limit_uusd = cases[i].site};
		}
		if (cases[i].site_hr)
			limits[n++] = (struct budget){.scope = BUDGET_JOB,
				.period = BUDGET_HOUR,
				.limit_uusd = cases[i].site_hr};
		caps_fold(i ? &cases[i].asked : NULL, limits, n, &caps);
		ck_assert_int_eq(caps.limit.uusd, cases[i].limit.uusd);
		ck_assert_int_eq(caps.limit.per_hour, cases[i].limit.per_hour);
		ck_assert_int_eq(caps.limit_why != NULL, cases[i].site_limit);
		ck_assert_int_eq(caps.hour.uusd, cases[i].hour);
		ck_assert_int_eq(caps.hour_why != NULL, cases[i].site_hour);
		if (caps.hour.uusd)
			ck_assert(caps.hour.per_hour);
		if (caps.limit_why)
			ck_assert_str_eq(caps.limit_why, "the site's limit for a job");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caps");
	TCase *tc = tcase_create("caps");
	SRunner *sr;
	int failed;

	/* whatever the machine's time zone is */
	setenv("TZ", "America/New_York", 1);
	tzset();
	tcase_add_test(tc, alarms);
	tcase_add_test(tc, names);
	tcase_add_test(tc, as_slurm_writes_them);
	tcase_add_test(tc, periods);
	tcase_add_test(tc, since_it_was_made);
	tcase_add_test(tc, which_apply);
	tcase_add_test(tc, bounds_of_a_job);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
