/* SPDX-License-Identifier: Apache-2.0 */
/* A cost limit that is kept: Slurm's time limit, the watch's judgement, and what is told in the
 * end. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/final_cost.h"
#include "helper/judge.h"
#include "helper/limit.h"
#include "lib/base/cleanup.h"

#define USD(x) ((int64_t)((x)*1000000))
#define NOW_S  INT64_C(1795000000)

START_TEST(time_limits)
{
	static const struct {
		enum lower_time_limit policy;
		int64_t asked_s, has_s, buys_s, new_s;
	} t[] = {
		/* whole minutes, rounded down, at least one */
		{LOWER_UNLIMITED, -1, -1, 11579, 11520},
		{LOWER_UNLIMITED, -1, -1, 60, 60},
		{LOWER_UNLIMITED, -1, -1, 59, 60},
		{LOWER_UNLIMITED, -1, -1, 0, 60},
		/* nothing is known, or there is no limit */
		{LOWER_UNLIMITED, -1, -1, -1, -1},
		{LOWER_ALWAYS, -1, -1, -1, -1},
		/* who gave one keeps it, but for "always"; "never" */
		{LOWER_UNLIMITED, 7200, 7200, 600, -1},
		{LOWER_ALWAYS, 7200, 7200, 600, 600},
		{LOWER_NEVER, -1, -1, 600, -1},
		/* never raised, also where an earlier start lowered it */
		{LOWER_ALWAYS, 7200, 7200, 7200, -1},
		{LOWER_ALWAYS, 7200, 7200, 9000, -1},
		{LOWER_UNLIMITED, -1, 600, 9000, -1},
		{LOWER_UNLIMITED, -1, 600, 599, 540},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(limit_time_s(t[i].policy, t[i].asked_s, t[i].has_s, t[i].buys_s),
			t[i].new_s);
}
END_TEST

/* A job of 36 USD/h, a cent a second, with a limit of 10 USD. */
static struct job_facts job;
static struct survey_cost cost;
static struct survey survey;
static struct judge_rules rules;

static void setup(void)
{
	job = (struct job_facts){
		.job_id = 7, .name = "9_1", .state = JOB_STATE_RUNNING, .time_limit_s = -1};
	cost = (struct survey_cost){.job = &job,
		.gang = "7-0123456789",
		.limit_uusd = USD(10),
		.rate_uusd_hr = USD(36)};
	survey = (struct survey){
		.now_ms = NOW_S * 1000, .costs = &cost, .ncosts = 1, .jobs_known = true};
	rules = (struct judge_rules){.cost = {.interval_s = 60,
					     .release_s = 40,
					     .warn_percent = 80,
					     .at_limit = AT_LIMIT_CANCEL}};
}

/* "" or "rule subject: why" */
static const char *found(void)
{
	static char text[1024];
	struct findings findings = FINDINGS_INIT;
	struct err err = {0};
	char subject[320];

	*text = '\0';
	ck_assert_int_eq(judge_cost(&survey, &rules, &findings, &err), 0);
	ck_assert_uint_le(findings.n, 1);
	if (findings.n) {
		finding_subject(&findings.all[0], subject, sizeof(subject));
		snprintf(text, sizeof(text), "%s%s %s: %s", findings.all[0].alarm ? "ALARM " : "",
			finding_info(findings.all[0].rule)->name, subject, findings.all[0].why);
		ck_assert_int_eq(findings.all[0].number, 7);
		ck_assert_str_eq(findings.all[0].text, "9_1");
		ck_assert_str_eq(findings.all[0].gang, "7-0123456789");
	}
	findings_release(&findings);
	return text;
}

START_TEST(what_it_will_have_cost)
{
	/* the next pass is a minute away, and the instances end 40 s after it */
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(1));
	cost.uusd = USD(3) + 1;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(4) + 1);
	/* rounded up */
	cost.rate_uusd_hr = USD(36) + 1;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(4) + 2);
	cost.rate_uusd_hr = USD(36);
	/* slurmctld ends it before the next pass */
	job.time_limit_s = 3600;
	job.end_s = NOW_S + 10;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(3.5) + 1);
	job.end_s = NOW_S - 10;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(3.4) + 1);
	job.end_s = NOW_S + 61;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(4) + 1);
	/* slurmctld gives jobs without a limit an end in a year */
	job.time_limit_s = -1;
	job.end_s = NOW_S + 10;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), USD(4) + 1);
	cost.uusd = INT64_MAX;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), INT64_MAX);
	cost.uusd = 0;
	cost.rate_uusd_hr = INT64_MAX;
	ck_assert_int_eq(judge_cost_when_ended(&cost, &rules, NOW_S), INT64_MAX);
}
END_TEST

START_TEST(judged)
{
	cost.uusd = USD(7) - 1;
	ck_assert_str_eq(found(), "");
	cost.uusd = USD(7);
	ck_assert_str_eq(found(), "ALARM cost-warning job 9_1: it has cost 7.00 of 10.00 USD, and "
				  "at 36.00 USD/h its limit is used up in 3 min");
	/* once; or never */
	cost.warned = true;
	ck_assert_str_eq(found(), "");
	cost.warned = false;
	rules.cost.warn_percent = 0;
	ck_assert_str_eq(found(), "");
	rules.cost.warn_percent = 80;
	/* the last moment at which it can be left to the next pass */
	cost.uusd = USD(9);
	ck_assert_str_eq(found(), "ALARM cost-warning job 9_1: it has cost 9.00 of 10.00 USD, and "
				  "at 36.00 USD/h its limit is used up in 0 s");
	cost.uusd = USD(9) + 1;
	ck_assert_str_eq(found(), "cost-limit job 9_1: it has cost 9.000001 of 10.00 USD, and what "
				  "is left goes on the end of its instances");
	cost.warned = true;
	ck_assert_ptr_nonnull(strstr(found(), "cost-limit"));
	rules.cost.at_limit = AT_LIMIT_REQUEUE;
	ck_assert_ptr_nonnull(strstr(found(), "cost-limit"));
	/* nobody is to end it: it is told all the same */
	rules.cost.at_limit = AT_LIMIT_NONE;
	ck_assert_str_eq(found(), "");
	cost.warned = false;
	cost.uusd = USD(20);
	ck_assert_str_eq(found(), "ALARM cost-warning job 9_1: it has cost 20.00 of 10.00 USD, and "
				  "at 36.00 USD/h its limit is used up in 0 s");
	cost.uusd = INT64_MAX;
	ck_assert_ptr_nonnull(strstr(found(), "cost-warning"));
}
END_TEST

/* Is that sum what 60 s at most over the limit may be? A job that is ended at the first pass that
 * finds it has kept its limit, whatever the passes' distance, as long as that is the interval. */
START_TEST(the_limit_is_kept)
{
	for (int64_t interval_s = 1; interval_s <= 600; interval_s += 7) {
		int64_t at_s = 0, uusd = 0;

		rules.cost.interval_s = interval_s;
		cost.warned = true;
		for (;; at_s += interval_s) {
			uusd = at_s * USD(0.01);
			cost.uusd = uusd;
			if (*found())
				break;
		}
		/* ended there, its instances 40 s later */
		if (at_s)
			ck_assert_int_le(uusd + 40 * USD(0.01), cost.limit_uusd);
		/* and not earlier than by an interval */
		ck_assert_int_ge(uusd + (40 + 2 * interval_s) * USD(0.01), cost.limit_uusd);
	}
}
END_TEST

START_TEST(words_at_the_end)
{
	static const struct {
		struct job_money money;
		struct gang_spent spent;
		const char *nodes;
		int64_t ran_s;
		const char *before, *text;
	} t[] = {
		{{.worst_uusd = USD(20)}, {.uusd = USD(12.34)}, "16 x hpc7a.96xlarge", 3789,
			"burst: 16 x hpc7a.96xlarge on-demand us-east-2b, 115.20 USD/h",
			"cost 12.34 USD (estimate <= 20.00), 16 x hpc7a.96xlarge, 1 h 3 min"},
		{{.worst_uusd = USD(20), .limit_uusd = USD(25)}, {.uusd = 1234567}, "1 x a", 59,
			"burst: cost warning: it has cost 1.00 of 2.00 USD",
			"cost 1.234567 USD (estimate <= 20.00, limit 25.00), 1 x a, 59 s"},
		/* without time limit the limit is the estimate */
		{{.worst_uusd = USD(25), .limit_uusd = USD(25)}, {.uusd = USD(1)}, "1 x a", 60,
			NULL, "cost 1.00 USD (limit 25.00), 1 x a, 1 min"},
		/* why it ended is worth more than what came */
		{{.worst_uusd = -1}, {.uusd = USD(3), .unpriced = 2}, "", -1,
			"burst: ended: it has cost 3 of 3 USD",
			"ended: it has cost 3 of 3 USD; cost 3.00 USD (2 instance(s) of unknown "
			"rate not counted)"},
		/* somebody else's takes no part */
		{{.worst_uusd = -1}, {0}, "1 x a", 0, "{\"jobstats\": 1}",
			"cost 0.00 USD, 1 x a, 0 s"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		final_cost_words(
			&t[i].money, &t[i].spent, t[i].nodes, t[i].ran_s, t[i].before, &out);
		ck_assert_str_eq(out.buf, t[i].text);
	}
}
END_TEST

/* A comment has an end: what came before is cut, not the cost. */
START_TEST(after_a_long_story)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct job_money money = {.worst_uusd = -1};
	struct gang_spent spent = {.uusd = USD(12)};
	char before[COMMENT_SIZE];

	memset(before, 'x', sizeof(before) - 1);
	before[sizeof(before) - 1] = '\0';
	memcpy(before, "burst: ", 7);
	final_cost_words(&money, &spent, "16 x hpc7a.96xlarge", 3600, before, &out);
	ck_assert_uint_lt(out.len, COMMENT_SIZE - 100);
	ck_assert(strstr(out.buf, "x ...; cost 12.00 USD, 16 x hpc7a.96xlarge, 1 h") != NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit");
	TCase *tc = tcase_create("limit");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, time_limits);
	tcase_add_test(tc, what_it_will_have_cost);
	tcase_add_test(tc, judged);
	tcase_add_test(tc, the_limit_is_kept);
	tcase_add_test(tc, words_at_the_end);
	tcase_add_test(tc, after_a_long_story);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
