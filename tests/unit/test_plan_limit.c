/* SPDX-License-Identifier: Apache-2.0 */
/* What a cost limit for the whole job buys, and what disks add. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/bill.h"
#include "lib/plan/plan.h"

#define USD(x) ((int64_t)((x)*1000000))
#define A      "us-east-2a"

static const struct plan_choice choices[] = {
	{.type = "hpc7a.96xlarge",
		.subnet = "s-a",
		.az = A,
		.free_addresses = -1,
		.price_uusd_hr = USD(7.2)},
	{.type = "hpc6a.48xlarge",
		.subnet = "s-a",
		.az = A,
		.free_addresses = -1,
		.price_uusd_hr = USD(2.88)},
};

/* Ten nodes without a time limit, for 100 USD. */
static struct plan_request request_base(void)
{
	return (struct plan_request){
		.nodes = 10,
		.gang = true,
		.efa = EFA_DISABLED,
		.efa_why = "the user's --efa",
		.time_limit_s = -1,
		.boot_s = 600,
		.release_s = 300,
		.region = "us-east-2",
		.limit = {USD(100), false},
		.limit_ends = true,
		.least_time_s = 300,
		.choices = choices,
		.nchoices = ARRAY_SIZE(choices),
	};
}

START_TEST(money_rounds_down)
{
	static const struct {
		int64_t uusd, rate, count, seconds;
	} t[] = {
		{USD(100), USD(7.2), 10, 5000},
		{USD(100) - 1, USD(7.2), 10, 4999},
		{USD(100) + 1, USD(7.2), 10, 5000},
		{1, 3600, 1, 1},
		{1, 3601, 1, 0},
		{0, USD(1), 1, 0},
		{USD(1), 0, 10, INT64_MAX},
		{USD(1), USD(1), 0, INT64_MAX},
		/* products beyond 64 bits */
		{USD(1e9), USD(1e6), 4000, 900},
		{INT64_MAX, 1, 1, INT64_MAX},
		{INT64_MAX, INT64_MAX, 4000, 0},
		{INT64_MAX, INT64_MAX, 1, 3600},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t s = -1, cost;

		ck_assert_int_eq(money_buys(t[i].uusd, t[i].rate, t[i].count, &s, NULL), 0);
		ck_assert_int_eq(s, t[i].seconds);
		/* what it buys is never more than it */
		if (s < 1000000 && money_cost(t[i].rate, s, t[i].count, &cost, NULL) == 0)
			ck_assert_int_le(cost, t[i].uusd);
		if (s < 1000000 && t[i].rate && t[i].count &&
			money_cost(t[i].rate, s + 1, t[i].count, &cost, NULL) == 0)
			ck_assert_int_gt(cost, t[i].uusd);
	}
	ck_assert_int_eq(money_buys(-1, 1, 1, &(int64_t){0}, NULL), -1);
	ck_assert_int_eq(money_buys(1, -1, 1, &(int64_t){0}, NULL), -1);
	ck_assert_int_eq(money_buys(1, 1, -1, &(int64_t){0}, NULL), -1);
}
END_TEST

START_TEST(spans)
{
	static const struct {
		int64_t s;
		const char *text;
	} t[] = {{-5, "0 s"}, {0, "0 s"}, {59, "59 s"}, {60, "1 min"}, {3599, "59 min"},
		{3600, "1 h 0 min"}, {11579, "3 h 12 min"}, {172799, "47 h 59 min"},
		{172800, "2 d 0 h"}, {INT64_MAX, "106751991167300 d 15 h"}};
	char buf[CLOCK_SPAN_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_str_eq(clock_format_span(t[i].s, buf), t[i].text);
}
END_TEST

START_TEST(converted)
{
	static const struct {
		int64_t limit_uusd, spent_uusd, disk_uusd_hr, buys_s, worst_uusd;
		size_t npools;
		const char *reason;
	} t[] = {
		/* 100 USD at 72 USD/h are 5000 s, of which 900 are not the job's */
		{USD(100), 0, 0, 4100, USD(100), 2,
			"72.00 USD/h; no time limit, the limit buys 1 h 8 min after 600 s boot and "
			"300 s release; limit 100.00\n"},
		{USD(100), USD(50), 0, 1600, USD(100), 2, "release, 50.00 USD spent before; limit"},
		/* a second less than it would be */
		{USD(100) - 1, 0, 0, 4099, USD(99.98), 2, "buys 1 h 8 min"},
		{USD(100), 0, USD(0.8), 3600, USD(100), 2,
			"10 nodes at 7.20 USD/h at most and 0.80 for disks: 80.00 USD/h; no time"},
		/* 24 USD are 1200 s: exactly the least time; a micro-USD less is too little, and
		 * what is cheaper stays */
		{USD(24), 0, 0, 300, USD(24), 2, "the limit buys 5 min after"},
		{USD(24) - 1, 0, 0, 2099, USD(23.992), 1,
			"refused hpc7a.96xlarge s-a us-east-2a: at worst 24.00 USD for the "
			"shortest time (cost.least_time_s) is over the limit of 23.999999\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct plan_request request = request_base();
		CLEANUP(plan_release) struct plan plan = {0};
		struct err err = {0};

		request.limit.uusd = t[i].limit_uusd;
		request.spent_uusd = t[i].spent_uusd;
		request.disk_uusd_hr = t[i].disk_uusd_hr;
		ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%zu: %s", i, err.text);
		ck_assert_uint_eq(plan.npools, t[i].npools);
		ck_assert_int_eq(plan.buys_s, t[i].buys_s);
		ck_assert_int_eq(plan.worst_uusd, t[i].worst_uusd);
		ck_assert_int_le(plan.worst_uusd, t[i].limit_uusd);
		ck_assert_msg(strstr(plan.reasons, t[i].reason), "%zu: %s", i, plan.reasons);
	}
}
END_TEST

START_TEST(not_converted)
{
	struct plan_request request = request_base();
	CLEANUP(plan_release) struct plan plan = {0};
	struct err err = {0};

	request.limit.uusd = USD(9);
	request.spent_uusd = USD(0.5);
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	ck_assert_str_eq(err.text,
		"cost limit 9.00 USD: 10 x hpc6a.48xlarge, the cheapest allowed, cost 10.10 USD at "
		"worst (600 s boot, the shortest time of 300 s, 300 s release, 0.50 USD spent "
		"before); the job has no time limit, and a higher cost limit or fewer nodes would "
		"buy it time");
	/* more is spent than there is */
	request.spent_uusd = USD(10);
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	/* nobody would end it */
	request = request_base();
	request.limit_ends = false;
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "but the job has no time limit"));
	/* a time limit of its own, and a limit per hour, are as ever */
	request = request_base();
	request.time_limit_s = 600;
	ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
	ck_assert_int_eq(plan.buys_s, -1);
	ck_assert_int_eq(plan.worst_uusd, USD(30));
	plan_release(&plan);
	request.time_limit_s = -1;
	request.limit.per_hour = true;
	ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
	ck_assert_int_eq(plan.buys_s, -1);
	ck_assert_int_eq(plan.worst_uusd, -1);
}
END_TEST

/* Disks count in a limit per hour and in that of a job, whatever is asked. */
START_TEST(disks_count)
{
	struct plan_request request = request_base();
	struct plan plan = {0};
	struct err err = {0};

	request.nchoices = 1;
	request.time_limit_s = 2700;
	request.limit = (struct cost_limit){USD(72), true};
	ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
	plan_release(&plan);
	request.disk_uusd_hr = 1;
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_msg(strstr(err.text, "cost 72.00001 USD/h"), "%s", err.text);
	request.limit = (struct cost_limit){USD(72.00001), false};
	ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
	ck_assert_int_eq(plan.worst_uusd, USD(72.00001));
	plan_release(&plan);
	request.limit.uusd--;
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	request.disk_uusd_hr = INT64_MAX;
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
}
END_TEST

/* After the launch: by what came, at the most that it may come to. */
START_TEST(bought_by_what_came)
{
	struct plan_request request = request_base();
	struct plan plan = {0};
	struct plan_part parts[] = {
		{6, "hpc7a.96xlarge", A, false, USD(7.2), 0},
		{4, "c7i.48xlarge", A, true, USD(3), USD(7.2)},
	};
	cleanup_free char *text = NULL;

	ck_assert_int_eq(plan_buys_s(&request, parts, 2), 4100);
	parts[1].most_uusd_hr = 0;
	/* 55.20 USD/h */
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), 5621);
	text = plan_describe_parts(&plan, &request, parts, 2, NULL);
	ck_assert_str_eq(text,
		"6 x hpc7a.96xlarge on-demand us-east-2a, 4 x c7i.48xlarge spot us-east-2a, 55.20 "
		"USD/h, its limit of 100.00 USD buys 1 h 33 min");
	request.disk_uusd_hr = USD(0.1);
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), 5505);
	request.spent_uusd = USD(99);
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), 0);
	request.spent_uusd = USD(101);
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), 0);
	parts[0].rate_uusd_hr = -1;
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), -1);
	parts[0].rate_uusd_hr = 0;
	request.limit.per_hour = true;
	ck_assert_int_eq(plan_buys_s(&request, parts, 2), -1);
}
END_TEST

/* The disks of a run are divided by its time, whatever its rate did. */
START_TEST(disks_of_a_run)
{
	static const struct money_rate changes[] = {{1000 + 1800, USD(100)}};
	static const struct bill_use uses[] = {{1, 1000, 2800, 2}, {2, 1900, 4600, 1}};
	struct bill_run run = {.from_s = 1000,
		.to_s = 4600,
		.uusd_hr = USD(1),
		.changes = changes,
		.nchanges = 1,
		.od_uusd_hr = -1,
		.disk_uusd_hr = 1000};
	cleanup_free struct bill_part *parts = NULL;
	int64_t uusd, od, disks, sum = 0, sum_disks = 0, of_one = 0;
	size_t n;

	ck_assert_int_eq(bill_total(&run, &uusd, &od, NULL), 0);
	ck_assert_int_eq(bill_disks(&run, &disks, NULL), 0);
	ck_assert_int_eq(disks, 1000);
	ck_assert_int_eq(bill_split(&run, uses, 2, &parts, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		sum += parts[i].uusd;
		sum_disks += parts[i].disk_uusd;
		of_one += parts[i].job == 1 ? parts[i].disk_uusd : 0;
	}
	ck_assert_int_eq(sum, uusd);
	ck_assert_int_eq(sum_disks, 1000);
	/* a quarter alone, a quarter with two thirds */
	ck_assert_int_eq(of_one, 250 + 167);
	/* rounded up, of a minute at least */
	run.to_s = 1001;
	run.nchanges = 0;
	ck_assert_int_eq(bill_disks(&run, &disks, NULL), 0);
	ck_assert_int_eq(disks, 17);
}
END_TEST

/* 90 and 36 USD, 72 and 28.80 an hour. */
START_TEST(what_is_left_of_budgets)
{
	static const struct {
		struct plan_ceiling ceiling;
		size_t npools; /* 0: no plan */
		int64_t again_s;
		const char *text;
	} t[] = {
		{{"B", USD(90), false, USD(500), 1000}, 2, -1, "\nB\n"},
		{{"B", USD(90) - 1, false, USD(500), 1000}, 1, 1000,
			"refused hpc7a.96xlarge s-a us-east-2a: 10 x hpc7a.96xlarge may cost 90.00 "
			"USD, but B"},
		{{"B", USD(36), false, USD(500), 1000}, 1, 1000, "kept hpc6a.48xlarge"},
		{{"B", USD(36) - 1, false, USD(500), 1000}, 0, 1000,
			"B; 10 x hpc6a.48xlarge may cost 36.00 USD"},
		/* waiting does not help: a total, or more than the whole */
		{{"B", 0, false, USD(500), INT64_MAX}, 0, INT64_MAX,
			"B; 10 x hpc6a.48xlarge may cost 36.00 USD, the cheapest allowed; a "
			"shorter "
			"time limit, fewer nodes or a higher limit would meet it"},
		{{"B", 0, false, USD(36) - 1, 1000}, 0, INT64_MAX, "the cheapest allowed"},
		{{"B", USD(28.8), true, USD(500), 0}, 1, 0, "may cost 72.00 USD/h, but B"},
		{{"B", USD(28.8) - 1, true, USD(500), 0}, 0, 0, "may cost 28.80 USD/h"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct plan_request r = request_base();
		struct plan plan = {0};
		struct err err = {0};

		r.limit = (struct cost_limit){0};
		r.time_limit_s = 3600;
		r.ceilings = &t[i].ceiling;
		r.nceilings = 1;
		/* what was spent before is in what is left already */
		r.spent_uusd = USD(1000);
		ck_assert_int_eq(plan_make(&r, &plan, &err), t[i].npools ? 0 : -1);
		ck_assert_uint_eq(plan.npools, t[i].npools);
		ck_assert_msg(strstr(t[i].npools ? plan.reasons : err.text, t[i].text) != NULL,
			"%zu: %s", i, t[i].npools ? plan.reasons : err.text);
		if (!t[i].npools)
			ck_assert_int_eq(err.class, ERR_BUDGET);
		ck_assert_int_eq(plan_again_s(&r), t[i].again_s);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(no_end_and_two_limits)
{
	static const struct plan_ceiling ceiling = {"B", USD(500), false, USD(500), 1000};
	struct plan_request r = request_base();
	struct plan plan = {0};
	struct err err = {0};

	/* its limit is its end */
	r.ceilings = &ceiling;
	r.nceilings = 1;
	ck_assert_int_eq(plan_make(&r, &plan, &err), 0);
	plan_release(&plan);
	r.limit = (struct cost_limit){0};
	ck_assert_int_eq(plan_make(&r, &plan, &err), -1);
	ck_assert_str_eq(err.text, "B; the job has no time limit; give one (--time) or a limit for "
				   "the whole job (--burst-cost)");
	ck_assert_int_eq(plan_again_s(&r), INT64_MAX);
	/* the site's per hour beside its own for the whole */
	r = request_base();
	r.hour = (struct cost_limit){USD(20), true};
	r.hour_why = "the site's limit for a job";
	ck_assert_int_eq(plan_make(&r, &plan, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "the site's limit for a job is 20.00 USD/h; 10 x "
					       "hpc6a.48xlarge may cost 28.80 USD/h"));
	r.limit_why = r.hour_why;
	r.hour = (struct cost_limit){0};
	r.limit.uusd = USD(1);
	ck_assert_int_eq(plan_make(&r, &plan, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "the site's limit for a job, 1.00 USD: 10 x "));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_limit");
	TCase *tc = tcase_create("plan_limit");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, money_rounds_down);
	tcase_add_test(tc, what_is_left_of_budgets);
	tcase_add_test(tc, no_end_and_two_limits);
	tcase_add_test(tc, spans);
	tcase_add_test(tc, converted);
	tcase_add_test(tc, not_converted);
	tcase_add_test(tc, disks_count);
	tcase_add_test(tc, bought_by_what_came);
	tcase_add_test(tc, disks_of_a_run);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
