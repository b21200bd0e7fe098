/* SPDX-License-Identifier: Apache-2.0 */
/* Beside these: tests/e2e/cost_day.py calculates a day of a site once more, in fractions. */
#include "lib/plan/bill.h"

#include <check.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

#define DAY BILL_DAY_S

static struct err err;
static uint32_t state; /* of numbers that are the same in each run */

static int64_t chance(int64_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static struct bill_part *parts;
static size_t n;

static void split(const struct bill_run *run, const struct bill_use *uses, size_t nuses)
{
	free(parts);
	parts = NULL;
	err = (struct err){0};
	ck_assert_msg(bill_split(run, uses, nuses, &parts, &n, &err) == 0, "%s", err.text);
}

static void teardown(void)
{
	free(parts);
	parts = NULL;
}

static void is(size_t i, long job, int64_t from_s, int64_t to_s, int64_t seconds, int64_t uusd,
	int64_t od_uusd)
{
	ck_assert_uint_lt(i, n);
	ck_assert_int_eq(parts[i].job, job);
	ck_assert_int_eq(parts[i].from_s, from_s);
	ck_assert_int_eq(parts[i].to_s, to_s);
	ck_assert_int_eq(parts[i].seconds, seconds);
	ck_assert_int_eq(parts[i].uusd, uusd);
	ck_assert_int_eq(parts[i].od_uusd, od_uusd);
}

START_TEST(divide)
{
	static const struct {
		int64_t total;
		int64_t weights[4];
		size_t n;
		int64_t parts[4];
	} t[] = {
		{10, {1, 1, 1}, 3, {4, 3, 3}},
		{11, {1, 1, 1}, 3, {4, 4, 3}},
		{10, {0, 0, 0, 0}, 4, {3, 3, 2, 2}},
		{0, {3, 4}, 2, {0, 0}},
		/* 1.25, 3.75: the larger remainder gets what is left over */
		{5, {1, 3}, 2, {1, 4}},
		/* 0.9, 2.1 */
		{3, {3, 7}, 2, {1, 2}},
		{7, {0, 5}, 2, {0, 7}},
		{1, {0, 0, 1}, 3, {0, 0, 1}},
		/* products beyond 64 bits */
		{INT64_MAX, {INT64_MAX, INT64_MAX}, 2, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
		{5, {0}, 0, {0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t got[4] = {0};

		bill_divide(t[i].total, t[i].weights, t[i].n, got);
		for (size_t k = 0; k < 4; k++)
			ck_assert_msg(got[k] == t[i].parts[k], "%zu: part %zu is %lld", i, k,
				(long long)got[k]);
	}
}
END_TEST

START_TEST(divide_adds_up)
{
	state = 7;
	for (int round = 0; round < 2000; round++) {
		int64_t weights[12], got[12], sum = 0, total = chance(100000);
		size_t count = (size_t)(chance(12) + 1);

		for (size_t i = 0; i < count; i++)
			weights[i] = chance(3) ? chance(5000) : 0;
		bill_divide(total, weights, count, got);
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_ge(got[i], 0);
			sum += got[i];
		}
		ck_assert_int_eq(sum, total);
	}
}
END_TEST

START_TEST(total)
{
	static const struct money_rate changes[] = {{150, 7200}, {200, 3600}};
	struct bill_run run = {.from_s = 100, .to_s = 300, .uusd_hr = 3601, .od_uusd_hr = -1};
	int64_t uusd, od;

	/* 200 x 3601 / 3600 = 200.06, once rounded up */
	ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), 0);
	ck_assert_int_eq(uusd, 201);
	ck_assert_int_eq(od, -1);
	run.changes = changes;
	run.nchanges = 2;
	run.od_uusd_hr = 7200;
	/* 50 x 3601 + 50 x 7200 + 100 x 3600 = 250.01 */
	ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), 0);
	ck_assert_int_eq(uusd, 251);
	ck_assert_int_eq(od, 400);
	/* a minute at least, at the last rate */
	run.to_s = 110;
	run.nchanges = 0;
	run.uusd_hr = 3600;
	ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), 0);
	ck_assert_int_eq(uusd, 60);
	ck_assert_int_eq(od, 120);
	run.to_s = 99;
	ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_str_eq(err.text, "a run of negative length or rate");
	run.to_s = 1000000000000;
	run.uusd_hr = 1000000000;
	ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	ck_assert_str_eq(err.text, "cost beyond what can be counted");
}
END_TEST

START_TEST(job_then_idle)
{
	const struct bill_run run = {
		.from_s = 1000, .to_s = 1300, .uusd_hr = 3600, .od_uusd_hr = 7200};
	const struct bill_use uses[] = {{4, 1000, 1200, 0}};

	split(&run, uses, 1);
	ck_assert_uint_eq(n, 2);
	is(0, 4, 1000, 1200, 200, 200, 400);
	is(1, BILL_IDLE, 1200, 1300, 100, 100, 200);
	split(&run, NULL, 0);
	ck_assert_uint_eq(n, 1);
	is(0, BILL_IDLE, 1000, 1300, 300, 300, 600);
}
END_TEST

START_TEST(shared)
{
	const struct bill_run run = {
		.from_s = 1000, .to_s = 1100, .uusd_hr = 3600, .od_uusd_hr = -1};
	struct bill_use uses[] = {{9, 900, 1060, 3000}, {2, 1000, 2000, 1000}};

	split(&run, uses, 2);
	ck_assert_uint_eq(n, 3);
	/* of one time by the job's number */
	is(0, 2, 1000, 1060, 15, 15, -1);
	is(1, 9, 1000, 1060, 45, 45, -1);
	is(2, 2, 1060, 1100, 40, 40, -1);
	/* one whose share is not known: all alike */
	uses[0].weight = 0;
	split(&run, uses, 2);
	is(0, 2, 1000, 1060, 30, 30, -1);
	is(1, 9, 1000, 1060, 30, 30, -1);
	/* the same job by two records counts once */
	uses[0] = (struct bill_use){2, 1000, 1100, 1000};
	split(&run, uses, 2);
	ck_assert_uint_eq(n, 1);
	is(0, 2, 1000, 1100, 100, 100, -1);
}
END_TEST

START_TEST(days_and_rates)
{
	static const struct money_rate changes[] = {{0, 3600}, {DAY + 50, 7200}};
	const struct bill_run run = {.from_s = DAY - 100,
		.to_s = DAY + 100,
		.uusd_hr = 1,
		.changes = changes,
		.nchanges = 2,
		.od_uusd_hr = 36000};
	const struct bill_use use = {1, 0, 10 * DAY, 0};

	split(&run, &use, 1);
	ck_assert_uint_eq(n, 3);
	is(0, 1, DAY - 100, DAY, 100, 100, 1000);
	is(1, 1, DAY, DAY + 50, 50, 50, 500);
	is(2, 1, DAY + 50, DAY + 100, 50, 100, 500);
}
END_TEST

START_TEST(of_no_length)
{
	struct bill_run run = {.from_s = DAY, .to_s = DAY, .uusd_hr = 3600, .od_uusd_hr = -1};
	const struct bill_use use = {3, 1, 2, 0};

	split(&run, NULL, 0);
	ck_assert_uint_eq(n, 1);
	is(0, BILL_IDLE, DAY, DAY, 0, 60, -1);
	split(&run, &use, 1);
	is(0, 3, DAY, DAY, 0, 60, -1);
	/* what the minimum adds is the last piece's */
	run.to_s = DAY + 20;
	split(&run, (const struct bill_use[]){{3, DAY, DAY + 10, 0}}, 1);
	ck_assert_uint_eq(n, 2);
	is(0, 3, DAY, DAY + 10, 10, 10, -1);
	is(1, BILL_IDLE, DAY + 10, DAY + 20, 10, 50, -1);
	run.to_s = DAY - 1;
	ck_assert_int_eq(bill_split(&run, NULL, 0, &parts, &n, &err), -1);
	ck_assert_str_eq(err.text, "a run of negative length");
}
END_TEST

/* Whatever is on a machine: money and time of the parts are those of the run. */
START_TEST(parts_add_up)
{
	state = 11;
	for (int round = 0; round < 500; round++) {
		struct money_rate changes[3];
		struct bill_use uses[6];
		struct bill_run run = {.from_s = 1000 + chance(200000),
			.uusd_hr = chance(9000000),
			.changes = changes,
			.nchanges = (size_t)(chance(4)),
			.od_uusd_hr = chance(2) ? chance(9000000) : -1};
		size_t nuses = (size_t)(chance(7));
		int64_t uusd, od, seconds = 0, sum = 0, od_sum = 0;

		run.to_s = run.from_s + chance(chance(3) ? 100 : 200000);
		for (size_t i = 0; i < run.nchanges; i++)
			changes[i] = (struct money_rate){
				(i ? changes[i - 1].from_s : run.from_s - 50) + chance(500),
				chance(9000000)};
		for (size_t i = 0; i < nuses; i++) {
			uses[i].job = chance(4);
			uses[i].from_s = run.from_s - 100 + chance(1000);
			uses[i].to_s = uses[i].from_s + chance(100000);
			uses[i].weight = chance(4) * 1000;
		}
		split(&run, uses, nuses);
		ck_assert_int_eq(bill_total(&run, &uusd, &od, &err), 0);
		for (size_t i = 0; i < n; i++) {
			sum += parts[i].uusd;
			seconds += parts[i].seconds;
			od_sum += parts[i].od_uusd;
			ck_assert_int_eq(parts[i].od_uusd < 0, od < 0);
		}
		ck_assert_int_eq(sum, uusd);
		ck_assert_int_eq(seconds, run.to_s - run.from_s);
		if (od >= 0)
			ck_assert_int_eq(od_sum, od);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bill");
	TCase *tc = tcase_create("bill");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, divide);
	tcase_add_test(tc, divide_adds_up);
	tcase_add_test(tc, total);
	tcase_add_test(tc, job_then_idle);
	tcase_add_test(tc, shared);
	tcase_add_test(tc, days_and_rates);
	tcase_add_test(tc, of_no_length);
	tcase_add_test(tc, parts_add_up);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
