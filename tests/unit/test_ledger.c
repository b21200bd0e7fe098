/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/ledger.h"

#include "lib/state/price.h"
#include "tests/unit/state_fixture.h"

#define I1 "i-00000000000000001"
#define I2 "i-00000000000000002"

static void setup(void)
{
	struct instance list[2];

	state_setup_db();
	state_add_gang("7-a", "n[0-1]");
	state_to("7-a", GANG_LAUNCHING);
	state_add_launch("t1", "7-a");
	list[0] = state_instance(I1, "7-a", "n0");
	list[1] = state_instance(I2, "7-a", "n1");
	for (size_t i = 0; i < 2; i++) {
		list[i].spot = true;
		list[i].rate_uusd_hr = 3600;
		list[i].od_rate_uusd_hr = i ? 7200 : 0;
		list[i].launched_s = 1000;
		snprintf(list[i].launch, sizeof(list[i].launch), "t1");
		snprintf(list[i].region, sizeof(list[i].region), "us-east-2");
		snprintf(list[i].az, sizeof(list[i].az), "us-east-2a");
		snprintf(list[i].type, sizeof(list[i].type), "c5n.18xlarge");
	}
	ok(instance_insert(state_db, list, 2, false, &err));
}

static struct job_run a_run(uint32_t job_id, int64_t began_s, int64_t ended_s)
{
	static char nodes[] = "n[0-1]";
	struct job_run run = {
		.job_id = job_id, .nodes = nodes, .began_s = began_s, .ended_s = ended_s};

	snprintf(run.user, sizeof(run.user), "ada");
	return run;
}

static int note(struct job_run run)
{
	err = (struct err){0};
	return job_run_note(state_db, &run, &err);
}

START_TEST(a_start_is_written_once)
{
	struct job_run *runs = NULL, more = a_run(7, 5000, 0);
	size_t n = 0;

	ck_assert_int_eq(note(a_run(7, 5000, 0)), 1);
	ck_assert_int_eq(note(a_run(7, 5000, 0)), 0);
	/* slurmctld's time of the start is after the boot */
	ck_assert_int_eq(note(a_run(7, 5400, 0)), 0);
	/* what was not known is added, what was stays */
	more.cpus = 64;
	snprintf(more.name, sizeof(more.name), "7_1");
	snprintf(more.user, sizeof(more.user), "bob");
	ck_assert_int_eq(note(more), 1);
	more.ended_s = 9000;
	ck_assert_int_eq(note(more), 1);
	more.ended_s = 9999;
	ck_assert_int_eq(note(more), 0);
	/* slurmctld -c gives ids out again */
	ck_assert_int_eq(note(a_run(7, 500000, 0)), 1);
	ok(job_run_list(state_db, 0, INT64_MAX, &runs, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(runs[0].user, "ada");
	ck_assert_str_eq(runs[0].name, "7_1");
	ck_assert_str_eq(runs[0].nodes, "n[0-1]");
	ck_assert_uint_eq(runs[0].cpus, 64);
	ck_assert_int_eq(runs[0].began_s, 5000);
	ck_assert_int_eq(runs[0].ended_s, 9000);
	job_run_list_release(runs, n);
	ok(job_run_list_open(state_db, &runs, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(runs[0].began_s, 500000);
	job_run_list_release(runs, n);
	/* only those that had nodes then */
	ok(job_run_list(state_db, 9001, 500000, &runs, &n, &err));
	ck_assert_uint_eq(n, 0);
	job_run_list_release(runs, n);
	refused(note(a_run(0, 5000, 0)), ERR_FATAL, "a start of job 0 at no time");
	refused(note(a_run(7, 0, 0)), ERR_FATAL, "a start of job 7 at no time");
}
END_TEST

START_TEST(a_clock_set_back_ends_nothing_before_its_beginning)
{
	struct job_run *runs = NULL;
	size_t n = 0;

	ck_assert_int_eq(note(a_run(8, 5000, 4000)), 1);
	ck_assert_int_eq(note(a_run(9, 5000, 0)), 1);
	ck_assert_int_eq(note(a_run(9, 5000, 4000)), 1);
	ok(job_run_list(state_db, 0, INT64_MAX, &runs, &n, &err));
	ck_assert_int_eq(runs[0].ended_s, 5000);
	ck_assert_int_eq(runs[1].ended_s, 5000);
	job_run_list_release(runs, n);
}
END_TEST

static struct ledger_run *list(int64_t since_s, int64_t until_s, int64_t now_s, size_t expected)
{
	struct ledger_run *runs = NULL;
	size_t n = 0;

	ok(ledger_list(state_db, since_s, until_s, now_s * 1000, &runs, &n, &err));
	ck_assert_uint_eq(n, expected);
	return runs;
}

START_TEST(runs_of_a_period)
{
	cleanup_free struct ledger_run *runs = list(0, 5000, 2000, 2);

	ck_assert_str_eq(runs[0].instance.id, I1);
	ck_assert_int_eq(runs[0].from_s, 1000);
	ck_assert_int_eq(runs[0].to_s, 2000);
	ck_assert_str_eq(runs[0].user, "ada");
	ck_assert_int_eq(runs[0].job_id, 7);
	ck_assert_int_eq(runs[0].instance.od_rate_uusd_hr, -1);
	ck_assert_int_eq(runs[1].instance.od_rate_uusd_hr, 7200);
	ck_assert(!runs[0].in_vain);
	free(list(0, 1000, 2000, 0));
	free(list(2000, 9000, 2000, 0));
	ok(instance_set_terminated(state_db, I1, 1500, 1600000, &err));
	free(list(1400, 9000, 9000, 2));
	free(list(1500, 9000, 9000, 1));
}
END_TEST

START_TEST(in_vain)
{
	struct ledger_run *runs;

	/* before it was active, and not bound */
	ok(instance_set_terminated(state_db, I1, 1500, 1600000, &err));
	runs = list(0, 9000, 2000, 2);
	ck_assert(runs[0].in_vain);
	ck_assert(!runs[1].in_vain);
	free(runs);
	ck_assert_int_eq(gang_fail(state_db, "7-a", "no boot", &err), 1);
	runs = list(0, 9000, 2000, 2);
	ck_assert(runs[1].in_vain);
	free(runs);
}
END_TEST

START_TEST(not_in_vain_once_active)
{
	struct instance bound[2];
	struct ledger_run *runs;

	for (size_t i = 0; i < 2; i++)
		bound[i] = state_instance(i ? I2 : I1, "7-a", i ? "n1" : "n0");
	ok(instance_insert(state_db, bound, 2, true, &err));
	ok(instance_bind(state_db, bound, 2, 1010000, true, &err));
	ok(gang_advance(state_db, "7-a", GANG_BOUND, GANG_ANNOUNCED, &err));
	ok(gang_advance(state_db, "7-a", GANG_ANNOUNCED, GANG_ACTIVE, &err));
	ck_assert_int_eq(gang_fail(state_db, "7-a", "taken back", &err), 1);
	runs = list(0, INT64_MAX, 2000000000, 2);
	ck_assert(!runs[0].in_vain);
	free(runs);
	/* of a pool: it ended before the others were up */
	ok(instance_set_terminated(state_db, I1, 1500, 1600000, &err));
	runs = list(0, INT64_MAX, 2000000000, 2);
	ck_assert(runs[0].in_vain);
	ck_assert(!runs[1].in_vain);
	free(runs);
}
END_TEST

START_TEST(jobs_of_gangs)
{
	struct ledger_job *jobs = NULL;
	size_t n = 0;

	ok(gang_add_job(state_db, "7-a", 9, 2, "n1", &err));
	ok(ledger_jobs(state_db, 0, &jobs, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(jobs[0].gang, "7-a");
	ck_assert_uint_eq(jobs[0].job_id, 7);
	ck_assert_uint_eq(jobs[1].job_id, 9);
	ck_assert_uint_eq(jobs[1].restart, 2);
	ck_assert_str_eq(jobs[1].nodes, "n1");
	ledger_jobs_release(jobs, n);
}
END_TEST

static void spot_price(int64_t uusd_hr, int64_t priced_s)
{
	struct price price = {
		.spot = true, .currency = "USD", .uusd_hr = uusd_hr, .priced_s = priced_s};

	snprintf(price.az, sizeof(price.az), "us-east-2a");
	snprintf(price.type, sizeof(price.type), "c5n.18xlarge");
	ok(price_put_all(state_db, "us-east-2", true, &price, 1, 5000000, &err));
}

START_TEST(spot_prices_are_followed)
{
	cleanup_free struct ledger_rate *rates = NULL;
	struct instance x;
	int64_t uusd;
	size_t n = 0;

	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 0);
	spot_price(7200, 1500);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 2);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 0);
	/* older than what is known */
	spot_price(9999, 1400);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 0);
	ok(instance_set_terminated(state_db, I2, 1800, 1800000, &err));
	spot_price(36000, 2000);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 1);
	ok(ledger_rates(state_db, 0, &rates, &n, &err));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(rates[1].instance, I1);
	ck_assert_int_eq(rates[1].rate.from_s, 2000);
	ck_assert_int_eq(rates[1].rate.uusd_hr, 36000);
	ok(instance_get(state_db, I1, &x, &err));
	ok(ledger_cost(state_db, &x, 2100000, &uusd, &err));
	ck_assert_int_eq(uusd, 500 + 500 * 2 + 100 * 10);
	/* what a gang has cost follows them, too */
	ok(gang_cost(state_db, "7-a", 2100000, &uusd, NULL, &err));
	ck_assert_int_eq(uusd, 500 + 500 * 2 + 100 * 10 + 500 + 300 * 2);
}
END_TEST

START_TEST(the_first_price_is_that_of_a_launch_without)
{
	cleanup_free struct ledger_rate *rates = NULL;
	struct instance x;
	unsigned unpriced = 0;
	int64_t uusd;
	size_t n = 0;

	ok(instance_get(state_db, I1, &x, &err));
	snprintf(x.id, sizeof(x.id), "i-00000000000000003");
	x.node[0] = '\0';
	x.rate_uusd_hr = -1;
	ok(instance_insert(state_db, &x, 1, false, &err));
	ok(gang_cost(state_db, "7-a", 2000000, &uusd, &unpriced, &err));
	ck_assert_uint_eq(unpriced, 1);
	spot_price(3600, 1500);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 1);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 0);
	ok(ledger_rates(state_db, 0, &rates, &n, &err));
	ck_assert_uint_eq(n, 0);
	/* who asks what the gang cost, and what its job has spent, reads it, too */
	ok(gang_cost(state_db, "7-a", 2000000, &uusd, &unpriced, &err));
	ck_assert_uint_eq(unpriced, 0);
	ck_assert_int_eq(uusd, 3 * 1000);
}
END_TEST

static int64_t half(void *arg, const char *region, const char *type, int64_t uusd_hr)
{
	ck_assert_ptr_eq(arg, state_db);
	ck_assert_str_eq(region, "us-east-2");
	ck_assert_str_eq(type, "c5n.18xlarge");
	return uusd_hr / 2;
}

START_TEST(spot_prices_less_what_is_not_paid)
{
	cleanup_free struct ledger_rate *rates = NULL;
	size_t n = 0;

	spot_price(7200, 1500);
	ck_assert_int_eq(ledger_follow_prices(state_db, half, state_db, &err), 0);
	spot_price(7202, 1600);
	ck_assert_int_eq(ledger_follow_prices(state_db, half, state_db, &err), 2);
	ck_assert_int_eq(ledger_follow_prices(state_db, half, state_db, &err), 0);
	ok(ledger_rates(state_db, 0, &rates, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(rates[0].rate.uusd_hr, 3601);
}
END_TEST

/* No exchange rate is assumed: what AWS says in another currency is no rate of the ledger. */
START_TEST(another_currency_is_not_followed)
{
	struct price price = {.spot = true, .currency = "CNY", .uusd_hr = 7777, .priced_s = 1500};

	snprintf(price.az, sizeof(price.az), "us-east-2a");
	snprintf(price.type, sizeof(price.type), "c5n.18xlarge");
	ok(price_put_all(state_db, "us-east-2", true, &price, 1, 5000000, &err));
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 0);
}
END_TEST

START_TEST(a_price_older_than_the_launch_holds_from_it)
{
	cleanup_free struct ledger_rate *rates = NULL;
	size_t n = 0;

	spot_price(7200, 10);
	ck_assert_int_eq(ledger_follow_prices(state_db, NULL, NULL, &err), 2);
	ok(ledger_rates(state_db, 0, &rates, &n, &err));
	ck_assert_int_eq(rates[0].rate.from_s, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tc = tcase_create("ledger");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, state_teardown);
	tcase_add_test(tc, a_start_is_written_once);
	tcase_add_test(tc, a_clock_set_back_ends_nothing_before_its_beginning);
	tcase_add_test(tc, runs_of_a_period);
	tcase_add_test(tc, in_vain);
	tcase_add_test(tc, not_in_vain_once_active);
	tcase_add_test(tc, jobs_of_gangs);
	tcase_add_test(tc, spot_prices_are_followed);
	tcase_add_test(tc, the_first_price_is_that_of_a_launch_without);
	tcase_add_test(tc, spot_prices_less_what_is_not_paid);
	tcase_add_test(tc, another_currency_is_not_followed);
	tcase_add_test(tc, a_price_older_than_the_launch_holds_from_it);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
