/* SPDX-License-Identifier: Apache-2.0 */
/* By which limit a running job is judged, and how one waits for a budget. */
#include <sys/stat.h>

#include "helper/budget.h"
#include "helper/survey_internal.h"
#include "lib/intent/record.h"
#include "lib/state/job_money.h"
#include "tests/unit/app_fixture.h"

#define USD INT64_C(1000000)

static struct conf_group group;
static struct budget bounds[2];
static struct job_facts job;
static char partition[] = "aws";

static void setup(void)
{
	app_setup();
	group = (struct conf_group){.partition = partition};
	conf.groups = &group;
	conf.ngroups = 1;
	bounds[0] = (struct budget){
		.scope = BUDGET_JOB, .period = BUDGET_TOTAL, .limit_uusd = 20 * USD};
	bounds[1] = (struct budget){
		.scope = BUDGET_JOB, .period = BUDGET_HOUR, .limit_uusd = 2 * USD};
	job = (struct job_facts){.job_id = 7,
		.name = "7",
		.user = "ada",
		.partition = "aws",
		.state = JOB_STATE_RUNNING,
		.time_limit_s = -1};
}

/* The limit that it is judged by; 0: by none. */
static int64_t limit_of(bool *warned)
{
	struct survey survey = {.jobs = &job, .njobs = 1, .jobs_known = true};
	int64_t uusd = 0;

	ok(survey_costs(&app, &survey, &err));
	if (survey.ncosts)
		uusd = survey.costs[0].limit_uusd;
	if (warned)
		*warned = survey.ncosts && survey.costs[0].warned;
	free(survey.costs);
	return uusd;
}

static void write_record(int64_t uusd, bool per_hour)
{
	struct record record = {.job_id = 7, .kind = RECORD_INTENT};

	record.intent.cost = (struct cost_limit){.uusd = uusd, .per_hour = per_hour};
	mkdir(state_path("intent"), 0700);
	ok(record_write(state_path("intent"), &record, &err));
}

/* It was given nodes that were up: nothing was written down when it started. */
START_TEST(on_nodes_of_others)
{
	ck_assert_int_eq(limit_of(NULL), 0);
	write_record(30 * USD, false);
	ck_assert_int_eq(limit_of(NULL), 30 * USD);
	/* the site's bound holds here, too */
	conf.limits = bounds;
	conf.nlimits = 2;
	ck_assert_int_eq(limit_of(NULL), 20 * USD);
	write_record(10 * USD, false);
	ck_assert_int_eq(limit_of(NULL), 10 * USD);
	write_record(USD, true);
	ck_assert_int_eq(limit_of(NULL), 20 * USD);
	job.restart = 1; /* without a record */
	ck_assert_int_eq(limit_of(NULL), 20 * USD);
	/* an hour's is kept by the choice of the type */
	conf.limits = &bounds[1];
	conf.nlimits = 1;
	ck_assert_int_eq(limit_of(NULL), 0);
}
END_TEST

START_TEST(as_it_was_told)
{
	struct job_money money = {
		.job_id = 7, .user = "ada", .limit_uusd = 5 * USD, .warned_ms = 1, .asked_s = -1};
	bool warned;

	conf.limits = bounds;
	conf.nlimits = 1;
	ok(job_money_put(state_db, &money, &err));
	ck_assert_int_eq(limit_of(&warned), 5 * USD);
	ck_assert(warned);
	/* who was to warn it died in it */
	money.warned_ms = -1;
	ok(job_money_put(state_db, &money, &err));
	ck_assert_int_eq(limit_of(&warned), 5 * USD);
	ck_assert(!warned);
	/* what runs is not what was told its cost in the end: slurmctld begins its ids anew */
	money.told_ms = 1;
	ok(job_money_put(state_db, &money, &err));
	ck_assert_int_eq(limit_of(&warned), 20 * USD);
	ck_assert(!warned);
}
END_TEST

START_TEST(waiting_for_a_budget)
{
	struct failure failure = {.class = ERR_BUDGET, .attempts = 1};
	struct demand_job first = {.facts = {.restart = 2}}, second = {.facts = {.restart = 9}};
	struct demand_job *jobs[] = {&first, &second};
	struct demand demand = {.jobs = jobs, .njobs = 2};

	/* held: more than the whole of it */
	budget_wait(&failure, &demand, true, INT64_MAX);
	budget_wait(&failure, &demand, false, 0);
	ck_assert(!failure.waits && failure.attempts == 1);
	/* an hour's: who has waited often asks seldom */
	budget_wait(&failure, &demand, true, 0);
	ck_assert(failure.waits && failure.uncounted);
	ck_assert_uint_eq(failure.attempts, 10);
	ck_assert_int_eq(failure.not_before_s, 0);
	budget_wait(&failure, &demand, true, 1000);
	ck_assert_int_eq(failure.not_before_s, 1000);
	failure = (struct failure){.class = ERR_CAPACITY, .attempts = 1};
	budget_wait(&failure, &demand, true, 0);
	ck_assert(!failure.waits && failure.attempts == 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("survey_cost");
	TCase *tc = tcase_create("survey_cost");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, app_teardown);
	tcase_add_test(tc, on_nodes_of_others);
	tcase_add_test(tc, as_it_was_told);
	tcase_add_test(tc, waiting_for_a_budget);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
