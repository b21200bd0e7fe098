/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/job_money.h"

#include "lib/state/ledger.h"
#include "tests/unit/state_fixture.h"

#define USD(x) ((int64_t)((x)*1000000))

static struct job_money money(uint32_t restart)
{
	return (struct job_money){.job_id = 7,
		.restart = restart,
		.user = "ada",
		.limit_uusd = USD(10),
		.worst_uusd = -1,
		.asked_s = -1,
		.lowered_s = 600,
		.warned_ms = 1,
		.ended_ms = 2,
		.told_ms = 3};
}

START_TEST(kept)
{
	struct job_money in = money(0), out;

	refused(job_money_get(state_db, 7, 0, "ada", &out, &err), ERR_NOTFOUND, "job 7");
	ok(job_money_put(state_db, &in, &err));
	ok(job_money_get(state_db, 7, 0, "ada", &out, &err));
	ck_assert_int_eq(out.limit_uusd, USD(10));
	ck_assert_int_eq(out.worst_uusd, -1);
	ck_assert_int_eq(out.asked_s, -1);
	ck_assert_int_eq(out.lowered_s, 600);
	ck_assert_int_eq(out.warned_ms, 1);
	ck_assert_int_eq(out.ended_ms, 2);
	ck_assert_int_eq(out.told_ms, 3);
	/* that alone */
	ok(job_money_set_warned(state_db, 7, 0, 9, &err));
	ok(job_money_set_warned(state_db, 7, 1, 9, &err)); /* there is none */
	ok(job_money_get(state_db, 7, 0, "ada", &out, &err));
	ck_assert_int_eq(out.warned_ms, 9);
	ck_assert_int_eq(out.lowered_s, 600);
	/* its id was given out again */
	refused(job_money_get(state_db, 7, 0, "bob", &out, &err), ERR_NOTFOUND, "job 7");
	refused(job_money_get(state_db, 7, 1, "ada", &out, &err), ERR_NOTFOUND, "job 7");
	snprintf(in.user, sizeof(in.user), "bob");
	in.lowered_s = 0;
	ok(job_money_put(state_db, &in, &err));
	ok(job_money_get(state_db, 7, 0, "bob", &out, &err));
	ck_assert_int_eq(out.lowered_s, 0);
	in.job_id = 0;
	refused(job_money_put(state_db, &in, &err), ERR_FATAL, "job 0");
}
END_TEST

START_TEST(lowered)
{
	struct job_money in = money(1), out;

	ok(job_money_put(state_db, &in, &err));
	ok(job_money_lowered(state_db, 7, 2, "ada", 600, &out, &err));
	ck_assert_int_eq(out.asked_s, -1);
	/* a second slice of the same start */
	ok(job_money_lowered(state_db, 7, 1, "ada", 600, &out, &err));
	/* it has another limit now: a person's; another user's; a start before */
	refused(job_money_lowered(state_db, 7, 2, "ada", 540, &out, &err), ERR_NOTFOUND, "job 7");
	refused(job_money_lowered(state_db, 7, 2, "bob", 600, &out, &err), ERR_NOTFOUND, "job 7");
	refused(job_money_lowered(state_db, 7, 0, "ada", 600, &out, &err), ERR_NOTFOUND, "job 7");
	/* the youngest counts */
	in.restart = 2;
	in.asked_s = 7200;
	ok(job_money_put(state_db, &in, &err));
	ok(job_money_lowered(state_db, 7, 3, "ada", 600, &out, &err));
	ck_assert_int_eq(out.asked_s, 7200);
	/* not lowered is no limit of ours */
	in.restart = 3;
	in.lowered_s = 0;
	ok(job_money_put(state_db, &in, &err));
	refused(job_money_lowered(state_db, 7, 3, "ada", 0, &out, &err), ERR_NOTFOUND, "job 7");
}
END_TEST

static void add(const char *id, const char *gang, const char *node, bool spot, int64_t rate)
{
	struct instance x = state_instance(id, gang, node);

	x.spot = spot;
	x.rate_uusd_hr = rate;
	x.disk_uusd_hr = USD(0.36);
	x.launched_s = 1000;
	ok(instance_insert(state_db, &x, 1, false, &err));
}

/* What it costs until now, by what Spot costs now, in all of its starts. */
START_TEST(spent)
{
	static const char *const ended[] = {"i-1"};
	struct gang_spent s;
	struct instance x;
	int64_t uusd, rate;
	unsigned failures;

	state_add_gang("7-aaaaaaaaaa", "aws-hpc-0");
	state_to("7-aaaaaaaaaa", GANG_LAUNCHING);
	add("i-1", "7-aaaaaaaaaa", "", false, USD(3.6));
	ok(gang_spent(state_db, 7, 1100 * 1000, &s, &err));
	/* 100 s at 0.001 + 0.0001 */
	ck_assert_int_eq(s.uusd, USD(0.11));
	ck_assert_int_eq(s.rate_uusd_hr, USD(3.96));
	ck_assert_uint_eq(s.unpriced, 0);
	/* gang_history() has what has ended alone */
	ok(gang_history(state_db, 7, &failures, &uusd, &err));
	ck_assert_int_eq(uusd, 0);
	ok(instance_set_terminating(state_db, ended, 1, "test", 1100 * 1000, &err));
	ok(gang_spent(state_db, 7, 9999 * 1000, &s, &err));
	ck_assert_int_eq(s.uusd, USD(0.11));
	ck_assert_int_eq(s.rate_uusd_hr, 0);
	ok(gang_history(state_db, 7, &failures, &uusd, &err));
	ck_assert_int_eq(uusd, USD(0.11));
	/* a Spot one beside it whose price rises */
	add("i-2", "7-aaaaaaaaaa", "", true, USD(0.36));
	ok(instance_get(state_db, "i-2", &x, &err));
	ok(ledger_rate(state_db, &x, &rate, &err));
	ck_assert_int_eq(rate, USD(0.36));
	ok(gang_spent(state_db, 7, 1100 * 1000, &s, &err));
	ck_assert_int_eq(s.uusd, USD(0.11) + USD(0.02));
	ck_assert_int_eq(s.rate_uusd_hr, USD(0.72));
	/* and one whose rate nobody knows */
	add("i-3", "7-aaaaaaaaaa", "", true, -1);
	ok(gang_spent(state_db, 7, 1100 * 1000, &s, &err));
	ck_assert_uint_eq(s.unpriced, 1);
	ck_assert_int_eq(s.uusd, USD(0.13));
	/* another job's */
	ok(gang_spent(state_db, 8, 1100 * 1000, &s, &err));
	ck_assert_int_eq(s.uusd, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("job_money");
	TCase *tc = tcase_create("job_money");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_add_test(tc, kept);
	tcase_add_test(tc, lowered);
	tcase_add_test(tc, spent);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
